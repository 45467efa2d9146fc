"""How many decisions of a ladder the pure core makes in a second on one core, beside a bare loop of two comparisons.

A decision is what a wake asks of one obligation: which rung is due now, and when the next one speaks.
Run: `python -m benchmarks.core`.
"""

import time
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from benchmarks.stage import HOME
from models import shelf
from models.case import Case
from models.facts import Fact
from models.fold import after
from models.obligation import Obligation
from models.telling import tell
from policy.reading import read_directory_file, read_policy_file

STARTS = datetime(2026, 11, 2, 10, tzinfo=UTC)
WITHIN = timedelta(days=40)


class Decided(NamedTuple):
    """Decisions, and turns of the bare loop, per second."""

    decisions: float
    bare: float

    def __str__(self) -> str:
        ratio = self.bare / self.decisions
        return f"{self.decisions:,.0f} decisions/s; bare loop {self.bare:,.0f}/s, {ratio:.1f} times as fast"


def obligations() -> list[Obligation]:
    """What a review owes whose agencies were asked: fresh, chased, and with the last rung said again and again."""
    policy = read_policy_file(HOME / "policy" / "england.yaml")
    directory = read_directory_file(HOME / "policy" / "directory.example.yaml")
    policy_name, calendar = shelf.put(policy)
    case = Case(ref="RR-2026-0001", kind="rapid_review", policy=policy_name, calendar=calendar, opened=STARTS)
    happened: tuple[tuple[str, dict[str, Any]], ...] = (
        ("opened", {"aware": STARTS.isoformat(), "children": [1], "referral": "LR-2026-0001"}),
        ("national_notification_sent", {}),
        ("information_requested", {"agencies": list(directory.agencies)}),
    )
    for number, (kind, data) in enumerate(happened, start=1):
        fact = Fact(case=case.ref, number=number, kind=kind, actor="p-018", occurred=STARTS, recorded=STARTS, data=data)
        case = after(case, fact)
    found = list(case.open())
    while (wakes := case.wakes) and wakes < STARTS + WITHIN:
        for due in case.due(wakes):
            case = after(case, tell(case, due, directory, wakes))
        found += case.open()
    return found


def decisions_per_second(seconds: float = 2.0) -> Decided:
    """Ask every obligation at moments spread over forty days, in rounds, the bare loop in turn with it."""
    owed = obligations()
    asked = [(one, STARTS + WITHIN * n / len(owed)) for n, one in enumerate(owed)]
    decided = bare = 0.0
    rounds = 0
    while decided < seconds:
        began = time.perf_counter()
        for one, now in asked:
            one.due_rung(now)
            one.speaks()
        between = time.perf_counter()
        for one, now in asked:
            _ = one.opened <= now
            _ = one.ended is None
        decided += between - began
        bare += time.perf_counter() - between
        rounds += 1
    return Decided(decisions=rounds * len(asked) / decided, bare=rounds * len(asked) / bare)


def main() -> None:
    found = decisions_per_second()
    print(f"{found.decisions:,.0f} ladder decisions a second (at least 100,000); a bare loop {found.bare:,.0f}")


if __name__ == "__main__":
    main()
