"""The fixed rows of a form: which criteria, which children, which partners, which agencies."""

from typing import Any

from models.case import Case
from models.directory import Directory
from models.offered import PURPOSES, decided_against, offered, texts
from models.rapid_review import asked, owed_returns
from models.rights import AGENCY_OFFICES, OF_OWN_AGENCY, Actor
from models.shelf import policy
from models.time import day_of
from portal.pages import day
from portal.questions import Rows
from records.questions import CaseView


def rows_for(
    case: Case, kind: str, directory: Directory, actor: Actor, children: list[tuple[int, dict[str, Any]]]
) -> Rows:
    """Of everything that the command may name, what this person is shown, with its title and a word of help."""
    agencies, people, names = directory.agencies, directory.people, offered(case, kind, directory)
    seats = policy(case.policy).quorums["rapid_review_meeting"].seats
    before = asked(case) if kind == "request_information" else ()
    return {
        "children": [(str(number), child["name"], _born(child)) for number, child in children],
        "partners": [(name, agencies[name].name, "") for name in names["partners"]],
        "agency": [(name, agencies[name].name, "") for name in _own(case, kind, actor, directory)],
        "agencies": [(name, agencies[name].name, "") for name in names["agencies"] if name not in before],
        "owing": [(name, directory.called(name), "") for name in owed_returns(case)],
        "people": [(name, people[name].name if name in people else name, "") for name in names["people"]],
        "seats": [(name, seats[name].title, "") for name in names["seats"]],
        "regarded": [],
        **{rows: [(one.id, one.text, "") for one in text.criteria] for rows, text in texts(case, kind).items()},
    }


def fixed_for(case: Case, kind: str, about: str, rows: Rows) -> dict[str, str]:
    """Answers that the page gives: the text decided against, what it is about, one's own agency."""
    if kind == "learning_done" and about in case.obligations:
        return {"agency": case.obligations[about].agency, "recommendation": about}
    if kind in OF_OWN_AGENCY and len(rows["agency"]) == 1:
        return {"agency": rows["agency"][0][0]}
    if kind in PURPOSES:
        return {"criteria_set": decided_against(case, kind)[0]}
    named = {"correct": "mark", "decide_duplicate": "other", "adopt_policy": "policy", "adopt_calendar": "calendar"}
    field = named.get(kind, "obligation")
    return {field: about} if about else {}


def suggested_for(view: CaseView, kind: str, about: str) -> dict[str, str]:
    """Answers that stand in a form before anything was typed, for whoever fills it in to confirm or change."""
    if kind == "triage":
        return {"aware_at": day_of(view.state.marks["awareness"].at).isoformat()}
    asked_for = [one for one in view.entries if one.kind == "time_asked" and one.data["obligation"] == about]
    return {"until": str(asked_for[-1].data["until"])} if kind == "answer_time" and asked_for else {}


def _own(case: Case, kind: str, actor: Actor, directory: Directory) -> list[str]:
    if kind == "agree_learning":
        return list(directory.agencies)
    held = {held.agency for held in actor.offices if held.office in AGENCY_OFFICES}
    return [name for name in directory.agencies if name in held and (kind == "learning_done" or name in asked(case))]


def _born(child: dict[str, Any]) -> str:
    if child.get("born"):
        return f"Born {day(child['born'])}"
    return f"Expected {day(child['expected'])}" if child.get("expected") else ""
