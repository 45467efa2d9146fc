"""How one case opens another: a triaged referral a rapid review, and that by its decision a practice review.

A child's death that the sub-group refers opens a referral, in the words of its notification.
"""

from collections.abc import Mapping
from datetime import time
from typing import Any, NamedTuple

from models.case import Case
from models.child_death_commands import Considered, Ethnic
from models.children import children_of
from models.command import Known
from models.facts import Fact
from models.rapid_review import Outcome, asked
from models.referral import Event, Route, SubmitReferral
from models.shelf import policy
from models.time import at, day_of


class Opening(NamedTuple):
    """A case to open: its kind, what its first fact says beyond who acted, and what that fact is."""

    kind: str
    data: dict[str, Any]
    fact: str = "opened"


def opens(before: Case, fact: Fact) -> Opening | None:
    """The case that this fact opens: a rapid review for children without one, or the practice review of a review."""
    match fact.kind:
        case "triaged":
            children = _without_review(before, fact)
            return Opening(Route.RAPID_REVIEW.value, {"children": children}) if children else None
        case "decision_recorded" if fact.data["outcome"] == Outcome.PRACTICE_REVIEW and not before.said.get("reviewed"):
            known = "practice_review" in policy(before.policy).lifecycles
            return Opening("practice_review", _of_decision(before, fact)) if known else None
        case "review_considered" if fact.data["outcome"] == Considered.REFER:
            return Opening("referral", _of_death(before, fact), SubmitReferral.FACT)
        case _:
            return None


def _of_death(before: Case, fact: Fact) -> dict[str, Any]:
    """What the referral of a death says openly: the sub-group knows of it since it decided."""
    day = day_of(fact.occurred)
    return {
        "from": before.ref, "children": before.said["children"], "aware": at(day, time(0)).isoformat(),
        "event": Event.DEATH.value, "aware_at": day.isoformat(), "in_area": Known.YES.value,
        "abuse_or_neglect": (Known.YES if before.said.get("abuse_found") else Known.NOT_KNOWN).value, "coroner": None,
        "others": before.said.get("others", Known.NOT_KNOWN.value), "siblings_safe": before.said.get("siblings_safe"),
        "lead_agrees": Known.NOT_KNOWN.value,
    }  # fmt: skip


NOT_TOLD = "See the review of the death, which was under way before it was entered here."


def as_referral(told: Mapping[str, Any]) -> dict[str, Any]:
    """The private words of that referral, from those of the notification of the death."""
    return {
        "incident_on": told["died"], "place": told.get("where", ""),
        "narrative": told.get("circumstances", NOT_TOLD), "harm": "",
        "children": [
            {**child, "ethnic_group": Ethnic(child["ethnic_group"]).words}
            for child in children_of("death_notified", told)
        ],
        "carers": "", "safety_action": "",
        "agencies_involved": told.get("professionals", ""), "referrer_name": told.get("notifier_name", ""),
        "referrer_role": told.get("notifier_role", ""), "referrer_agency": told.get("notifier_agency", ""),
        "referrer_email": told.get("notifier_email", ""), "referrer_phone": told.get("notifier_phone", ""),
    }  # fmt: skip


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
        "restricted": bool(case.said.get("restricted")), "locked_out": list(case.said.get("locked_out", ())),
        **(_of_referral(case) if opening.fact == "opened" else {}), **opening.data,
    }  # fmt: skip
    first = Fact(
        case=ref, number=1, kind=opening.fact, actor=fact.actor, office=fact.office, occurred=fact.recorded,
        recorded=fact.recorded, data=data,
    )  # fmt: skip
    return fresh, first


def _of_referral(case: Case) -> dict[str, Any]:
    """From which referral a review comes, and since when its matter is known."""
    return {"referral": case.said.get("referral", case.ref), "aware": case.marks["awareness"].at.isoformat()}
