"""How one case opens another: a referral that is triaged as notifiable opens a rapid review for its children."""

from models.case import Case
from models.facts import Fact

OPENS = "rapid_review"


def opens(before: Case, fact: Fact) -> list[int]:
    """The children for whom this fact opens a rapid review: those who do not have one yet."""
    if fact.kind != "triaged":
        return []
    earlier = before.said.get("routes", {})
    return [
        int(row["child"])
        for row in fact.data["children"]
        if row["route"] == OPENS and earlier.get(str(row["child"])) != OPENS
    ]


def opened(case: Case, fact: Fact, ref: str, children: list[int]) -> tuple[Case, Fact]:
    """The new case, empty, and its first fact. Who may not open the referral may not open the review either."""
    fresh = Case(ref=ref, kind=OPENS, policy=case.policy, calendar=case.calendar, opened=fact.recorded)
    data = {
        "referral": case.ref, "children": children, "aware": case.marks["awareness"].at.isoformat(),
        "restricted": bool(case.said.get("restricted")), "locked_out": list(case.said.get("locked_out", ())),
    }  # fmt: skip
    first = Fact(
        case=ref, number=1, kind="opened", actor=fact.actor, office=fact.office, occurred=fact.recorded,
        recorded=fact.recorded, data=data,
    )  # fmt: skip
    return fresh, first
