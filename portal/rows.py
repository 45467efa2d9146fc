"""The fixed rows of a form: which criteria, which children, which partners, which agencies."""

from datetime import datetime
from typing import Any

from models.case import Case
from models.directory import Directory
from models.policy import CriteriaSet, Policy
from models.rapid_review import asked
from models.rights import AGENCY_OFFICES, OF_OWN_AGENCY, Actor
from models.shelf import policy
from models.time import day_of
from portal.pages import day
from portal.questions import Rows

PURPOSES = {"triage": "national_notification", "decide": "practice_review"}


def criteria_in_force(rules: Policy, purpose: str, at: datetime) -> tuple[str, CriteriaSet]:
    """The text in force when the partnership became aware."""
    day = day_of(at)
    for name, one in rules.criteria.items():
        if (
            one.purpose == purpose
            and one.in_force_from <= day
            and (one.in_force_until is None or day <= one.in_force_until)
        ):
            return name, one
    message = f"no criteria for {purpose} are in force"
    raise LookupError(message)


def rows_for(
    case: Case, kind: str, directory: Directory, actor: Actor, children: list[tuple[int, dict[str, Any]]]
) -> Rows:
    rules = policy(case.policy)
    made: dict[str, list[tuple[str, str, str]]] = {
        "children": [(str(number), child["name"], _born(child)) for number, child in children],
        "partners": [(name, agency.name, "") for name, agency in directory.agencies.items() if agency.partner],
        "agency": [(name, directory.agencies[name].name, "") for name in _own(case, kind, actor, directory)],
        "agencies": [
            (name, agency.name, "")
            for name, agency in directory.agencies.items()
            if kind != "request_information" or name not in asked(case)
        ],
        "people": [(name, person.name, "") for name, person in directory.people.items()],
        "seats": [(name, seat.title, "") for name, seat in rules.quorums["rapid_review_meeting"].seats.items()],
    }
    if kind in PURPOSES:
        _, found = criteria_in_force(rules, PURPOSES[kind], case.marks["awareness"].at)
        texts = [(one.id, one.text, "") for one in found.criteria]
        made["notification_criteria" if kind == "triage" else "review_criteria"] = texts
    return made


def fixed_for(case: Case, kind: str, about: str, rows: Rows) -> dict[str, str]:
    """Answers that the page gives: the text decided against, what it is about, one's own agency."""
    if kind in OF_OWN_AGENCY and len(rows["agency"]) == 1:
        return {"agency": rows["agency"][0][0]}
    if kind in PURPOSES:
        return {"criteria_set": criteria_in_force(policy(case.policy), PURPOSES[kind], case.marks["awareness"].at)[0]}
    named = {"correct": "mark", "decide_duplicate": "other", "adopt_policy": "policy", "adopt_calendar": "calendar"}
    field = named.get(kind, "obligation")
    return {field: about} if about else {}


def _own(case: Case, kind: str, actor: Actor, directory: Directory) -> list[str]:
    if kind == "agree_learning":
        return list(directory.agencies)
    held = {held.agency for held in actor.offices if held.office in AGENCY_OFFICES}
    return [name for name in directory.agencies if name in held and (name in case.agencies or kind == "learning_done")]


def _born(child: dict[str, Any]) -> str:
    if child.get("born"):
        return f"Born {day(child['born'])}"
    return f"Expected {day(child['expected'])}" if child.get("expected") else ""
