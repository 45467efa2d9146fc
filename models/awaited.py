"""The review of a death waits for the reviews that came of it: that wait ends by itself when they are settled."""

from collections.abc import Iterator, Mapping

from models.case import Case
from models.child_death import goes_on, waits
from models.child_death_commands import WaitOutcome, WaitsFor
from models.facts import Fact
from models.fold import after
from models.rapid_review import Outcome
from models.time import day_of

OPEN_OUTCOMES = frozenset({Outcome.PARKED})
"""Decisions after which another decision follows."""


def settles(before: Case, case: Case) -> bool:
    """Whether a referral or a review has just come to what it decides; nothing may wait for it any more."""
    return settled(case) and not settled(before)


def settled(case: Case) -> bool:
    """Whether nothing more is decided in this case; what it leads to is a case of its own."""
    match case.kind:
        case "referral":
            return "triaged" in case.marks and not case.is_open("triage_again")
        case "rapid_review":
            outcome = case.said.get("outcome")
            return outcome is not None and outcome not in OPEN_OUTCOMES
        case "practice_review":
            return bool({"publication_settled", "review_discontinued", "review_completed"} & case.marks.keys())
        case _:
            return False


def ended_waits(family: Mapping[str, Case], fact: Fact) -> Iterator[tuple[Case, Fact]]:
    """For each death of this family that waits for its practice review, the next fact by which that wait is over.

    None while any referral or review of the family is not settled.
    """
    others = [case for case in family.values() if case.kind != "child_death"]
    if not all(settled(case) for case in others):
        return
    for case in family.values():
        held = [name for name, one in waits(case).items() if one["kind"] == WaitsFor.PRACTICE_REVIEW]
        for name in held if case.kind == "child_death" and case.closed is None else ():
            data = {
                "item": name, "outcome": WaitOutcome.ENDED.value, "review": None, "abuse": None,
                "ended_on": day_of(fact.occurred).isoformat(), "resumes": goes_on(case, name),
            }  # fmt: skip
            ended = Fact(
                case=case.ref, number=case.known + 1, kind="wait_reviewed", actor=fact.actor, office=fact.office,
                occurred=fact.recorded, recorded=fact.recorded, data=data,
            )  # fmt: skip
            yield case, ended
            case = after(case, ended)  # noqa: PLW2901 -- what two waits held goes on when the second ends
