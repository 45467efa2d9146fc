"""The fixed rows of a form: which criteria, which children, which partners, which agencies."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from models.case import Case, whole_item
from models.child_death import waits
from models.child_death_commands import NOT_OURS, Criterion, WaitsFor
from models.children import OF_DEATHS
from models.directory import Directory
from models.offered import PURPOSES, decided_against, offered, retests, texts
from models.policy import Policy
from models.practice_review import MILESTONES, method_of, suspendable
from models.practice_review_commands import Proceeding, Role
from models.rapid_review import asked, owed_returns
from models.recommending import KINDS as ABOUT_ITEM
from models.recommending import Source, source_of
from models.rights import AGENCY_OFFICES, OF_OWN_AGENCY, Actor
from models.shelf import policy
from models.time import day_of
from models.titles import named
from portal.pages import day
from portal.questions import Rows
from records.questions import CaseView, Entry

RETURNS = {"submit_return", "return_form"}
Words = Mapping[int, Mapping[str, Any]]


def rows_for(  # noqa: PLR0913, PLR0917 -- for which command, about what, for whom
    case: Case,
    kind: str,
    directory: Directory,
    actor: Actor,
    children: list[tuple[int, dict[str, Any]]],
    about: str = "",
    said: Words | None = None,
) -> Rows:
    """Of everything that the command may name, what this person is shown, with its title and a word of help.

    `said`: the words of the case's facts by their numbers, as far as this person may read them.
    """
    names = offered(case, kind, directory, about)
    agencies, people, book = directory.agencies, directory.people, policy(case.policy)
    seats = book.quorums["rapid_review_meeting"].seats
    before = asked(case) if kind == "request_information" else ()
    found = rows_of_case(case, directory, book)
    return {
        **found,
        "children": [(str(number), child["name"], _born(child)) for number, child in children],
        "partners": [(name, agencies[name].name, "") for name in names["partners"]],
        "agency": [(name, agencies[name].name, "") for name in _own(case, kind, actor, directory)],
        "agencies": [(name, agencies[name].name, "") for name in names["agencies"] if name not in before],
        "owing": [(name, directory.called(name), "") for name in owed_returns(case)],
        "people": [(name, people[name].name if name in people else name, "") for name in names["people"]],
        "seats": [(name, seats[name].title, "") for name in names["seats"]],
        "regarded": [],
        "reviewers": [(name, people[name].name, interests(name, directory)) for name in names["reviewers"]],
        "contributors": [row for row in found["contributors"] if kind == "keep_quiet" or row[0] != "everybody"],
        "milestones": [row for row in found["milestones"] if row[0] in suspendable(case)],
        "panels": [row for row in found["panels"] if row[0] in names["panels"]],
        **_of_recommendation(case, kind, directory, names, about, said or {}),
        **{rows: [(one.id, one.text, "") for one in text.criteria] for rows, text in texts(case, kind).items()},
    }


def _titled(found: Mapping[str, str]) -> list[tuple[str, str, str]]:
    return [(name, title, "") for name, title in found.items()]


def interests(person: str, directory: Directory) -> str:
    """What a reviewer has declared."""
    one = directory.people[person]
    if one.declared is None:
        return "Has not declared their interests."
    named = ", ".join(directory.called(agency) for agency in one.interests) or "none"
    return f"Interests declared on {day(one.declared.isoformat())}: {named}."


def rows_of_case(case: Case, directory: Directory, book: Policy) -> Rows:
    """What a case has gathered or its policy lists, and its commands name: all of it, whoever may choose it now."""
    said, method, panel = case.said, method_of(case), book.quorums.get("child_death_panel")
    roles = {one.value: one.words for one in Role}
    kinds = {one.value: one.words for one in Proceeding}
    rows: dict[str, Callable[[str, Any], str]] = {
        "contributors": lambda name, one: f"{roles[one['role']]} ({name[1:]})",
        "proceedings": lambda name, one: f"{kinds[one['proceeding']]} ({name[1:]})",
        "requests": lambda name, one: f"Request {name[1:]}, by {day(one['by'])}",
        "coroners_reports": lambda name, _: f"Report {name[1:]}",
    }
    found = {
        where: [(name, title(name, one), "") for name, one in said.get(where, {}).items()]
        for where, title in rows.items()
    }
    milestones = [one.key for one in case.obligations.values() if one.block in MILESTONES]
    return {
        **found,
        "contributors": [("everybody", "Everybody", ""), *found["contributors"]],
        "milestones": [(key, named(case, key, directory), "") for key in milestones],
        "deliverables": _titled(method.deliverables if method else {}),
        "methods": _titled({name: one.title for name, one in book.methods.items()}),
        "recipients": _titled(book.publication.recipients if book.publication else {}),
        "checklist": _titled(book.publication.checklist if book.publication else {}),
        "themes": _titled(book.themes),
        **_of_deaths(case, book),
        "joint_response": [(one.value, one.words, "") for one in Criterion],
        "panel_seats": [(name, seat.title, "") for name, seat in panel.seats.items()] if panel else [],
        "waits": [(name, _wait(one), "") for name, one in waits(case).items()],
        **_of_evidence(case, book),
    }


def _of_deaths(case: Case, book: Policy) -> Rows:
    deaths = book.child_deaths
    questions = deaths.questions(case.said.get("forms", ())) if deaths else {}
    return {
        "areas": _titled({**deaths.areas, **NOT_OURS} if deaths else {}),
        "panels": _titled({name: one.title for name, one in deaths.panels.items()} if deaths else {}),
        "forms": _titled({name: form.title for name, form in deaths.forms.items()} if deaths else {}),
        "form_questions": [
            (key, question, f"{form}, if the answer above is yes" if key.rpartition("/")[0] in questions else form)
            for key, (form, question) in questions.items()
        ],
    }


def _wait(one: Mapping[str, Any]) -> str:
    return f"{WaitsFor(one['kind']).words}, since {day(one['since'])}"


def _of_evidence(case: Case, book: Policy) -> Rows:
    """Measures and evidence by their numbers, which are the same for every recommendation, and spans in words."""
    found = case.recommendations.values()
    evidence = _titled({name: f"Evidence {name[1:]}" for one in found for name in one.evidence})
    return {
        "measures": _titled({name: f"Measure {name[1:]}" for one in found for name in one.measures}),
        "evidence": evidence,
        "accepted": evidence,
        "retests": _titled({name: f"After {name.replace('_', ' ')}" for name in retests(book)}),
    }


def _of_recommendation(  # noqa: PLR0913, PLR0917 -- of which, for which command, in which words
    case: Case, kind: str, directory: Directory, names: Mapping[str, Any], about: str, said: Words
) -> Rows:
    one, gate = case.recommendations.get(whole_item(about)), policy(case.policy).gate
    people = directory.people
    words = said.get(one.fact, {}).get("measures", ()) if one else ()
    measures = {f"m{number}": str(row.get("measure", "")) for number, row in enumerate(words, start=1)}
    evidence = {
        name: f"{name[1:]}: {'delivery' if found.kind == 'delivery' else 'impact'}, measure {found.measure[1:]}"
        for name, found in (one.evidence if one else {}).items()
    }
    waiting = list(evidence) if kind == "amend_evidence" else one.waiting if one else []
    seats = policy(case.policy).quorums[gate.meeting].seats if gate else {}
    of = {who: directory.called(agency) for agency in directory.agencies for who in directory.people_of(agency)}
    return {
        "owners": [(who, people[who].name, "" if one else of[who]) for who in names["owners"]],
        "measures": [(name, measures.get(name) or f"Measure {name[1:]}", "") for name in names["measures"]],
        "evidence": [(name, evidence[name], "") for name in waiting],
        "accepted": [(name, evidence[name], "") for name in (one.accepted if one else [])],
        "closing_seats": [(name, seat.title, "") for name, seat in seats.items()],
    }


def with_evidence(rows: Rows, entries: Iterable[Entry], item: str) -> Rows:
    """Beside each piece of evidence what was written about it last, as far as this person may read it."""
    said = {
        str(one.data["evidence"]): str(one.words.get("words", ""))
        for one in entries
        if one.words and one.kind in {"evidence_given", "evidence_amended"} and one.data.get("item") == item
    }
    of_evidence = ("evidence", "accepted")
    return {**rows, **{name: [(key, title, said.get(key, "")) for key, title, _ in rows[name]] for name in of_evidence}}


def fixed_for(case: Case, kind: str, about: str, rows: Rows) -> dict[str, str]:
    """Answers that the page gives: the text decided against, what it is about, one's own agency."""
    if kind in ABOUT_ITEM:
        return {"item": about} if about else {}
    if kind in OF_OWN_AGENCY and len(rows["agency"]) == 1:
        return {"agency": rows["agency"][0][0]}
    if kind in PURPOSES:
        return {"criteria_set": decided_against(case, kind)[0]}
    named = {"correct": "mark", "decide_duplicate": "other", "adopt_policy": "policy", "adopt_calendar": "calendar"}
    if about and about not in case.obligations and kind not in named:
        return {"item": about}
    field = named.get(kind, "obligation")
    return {field: about} if about else {}


def suggested_for(view: CaseView, kind: str, about: str) -> dict[str, str]:
    """Answers that stand in a form before anything was typed, for whoever fills it in to confirm or change."""
    if kind == "triage":
        return {"aware_at": day_of(view.state.marks["awareness"].at).isoformat()}
    if kind == "decide_duplicate":
        return {"other": view.state.said.get("joined", "")}
    if kind == "amend_death":
        told = [entry.words for entry in view.entries if entry.kind in OF_DEATHS and entry.words]
        return {name: str(value) for said in told for name, value in said.items() if name != "reason" and value}
    one = view.state.recommendations.get(whole_item(about))
    if kind in {"recommend", "enter_recommendation"}:
        return {"source": Source.IMMEDIATE if _is_running(view.state) else source_of(view.state)}
    if kind == "assign_recommendation" and one:
        return {"owner": one.owner, "deputy": one.deputy, "sponsor": one.sponsor}
    asked_for = [one for one in view.entries if one.kind == "time_asked" and one.data["obligation"] == about]
    return {"until": str(asked_for[-1].data["until"])} if kind == "answer_time" and asked_for else {}


def _is_running(case: Case) -> bool:
    """Whether it is a rapid review before its decision: what it recommends now is learning that does not wait."""
    return case.kind == "rapid_review" and "decided" not in case.marks


def _own(case: Case, kind: str, actor: Actor, directory: Directory) -> list[str]:
    held = {held.agency for held in actor.offices if held.office in AGENCY_OFFICES}
    return [name for name in directory.agencies if name in held and (kind not in RETURNS or name in asked(case))]


def _born(child: dict[str, Any]) -> str:
    if child.get("born"):
        return f"Born {day(child['born'])}"
    return f"Expected {day(child['expected'])}" if child.get("expected") else ""
