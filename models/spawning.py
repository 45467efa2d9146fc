"""How one case opens another: a triaged referral a rapid review, and that by its decision a practice review."""

from typing import Any, NamedTuple

from models.case import Case
from models.facts import Fact
from models.rapid_review import Outcome, asked
from models.referral import Route
from models.shelf import policy


class Opening(NamedTuple):
    """A case to open: its kind, and what its first fact says beyond who acted."""

    kind: str
    data: dict[str, Any]


def opens(before: Case, fact: Fact) -> Opening | None:
    """The case that this fact opens: a rapid review for children without one, or the practice review of a review."""
    match fact.kind:
        case "triaged":
            children = _without_review(before, fact)
            return Opening(Route.RAPID_REVIEW.value, {"children": children}) if children else None
        case "decision_recorded" if fact.data["outcome"] == Outcome.PRACTICE_REVIEW and not before.said.get("reviewed"):
            known = "practice_review" in policy(before.policy).lifecycles
            return Opening("practice_review", _of_decision(before, fact)) if known else None
        case _:
            return None


def _without_review(before: Case, fact: Fact) -> list[int]:
    earlier, review = before.said.get("routes", {}), Route.RAPID_REVIEW
    return [
        int(row["child"])
        for row in fact.data["children"]
        if row["route"] == review and earlier.get(str(row["child"])) != review
    ]


def _of_decision(before: Case, fact: Fact) -> dict[str, Any]:
    agencies = [one for one in before.agencies if one in asked(before)]
    return {
        "from": before.ref, "children": before.said["children"], "agencies": agencies,
        "decided": fact.occurred.isoformat(),
    }  # fmt: skip


def opened(case: Case, fact: Fact, ref: str, opening: Opening) -> tuple[Case, Fact]:
    """The new case, empty, and its first fact. Who may not open the case that it comes from may not open it either."""
    fresh = Case(ref=ref, kind=opening.kind, policy=case.policy, calendar=case.calendar, opened=fact.recorded)
    data = {
        "referral": case.said.get("referral", case.ref), "aware": case.marks["awareness"].at.isoformat(),
        "restricted": bool(case.said.get("restricted")), "locked_out": list(case.said.get("locked_out", ())),
        **opening.data,
    }  # fmt: skip
    first = Fact(
        case=ref, number=1, kind="opened", actor=fact.actor, office=fact.office, occurred=fact.recorded,
        recorded=fact.recorded, data=data,
    )  # fmt: skip
    return fresh, first
