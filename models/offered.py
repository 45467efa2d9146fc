"""What a command may name: the criteria of the text in force, children, partners, agencies, seats, people.

A page offers nothing else. Door and transaction ask it of every command, so that no other way in names what is not
there, and none leaves out a criterion, a child or a partner for whom an answer is owed.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

from pydantic import BaseModel

from models.case import Case, whole_item
from models.child_death_commands import NOT_OURS, Criterion
from models.command import Command, part_of, said_of
from models.directory import Directory
from models.facts import Problem
from models.listed import all_of
from models.policy import CriteriaSet, Policy
from models.recommending import KINDS as OF_RECOMMENDATIONS
from models.recommending import NO_SUCH
from models.rights import MAY
from models.shelf import policy
from models.time import day_of

PURPOSES: Final[Mapping[str, str]] = {"triage": "national_notification", "decide": "practice_review"}
"""Commands that are decided against a text, and for which purpose that text must be."""

NOBODY_LEFT = (
    "Nobody would be left who can open this case and take this back. Give the office of business manager or "
    "independent chair another holder or deputy in the directory first."
)

Offered = Mapping[str, Sequence[str]]
"""What can be named, by the name that a command's question gives to its rows."""


def decided_against(case: Case, kind: str) -> tuple[str, CriteriaSet]:
    """The text against which this command decides: its name, and what it says."""
    return policy(case.policy).criteria_for(PURPOSES[kind], day_of(case.marks["awareness"].at))


def offered(case: Case, kind: str, directory: Directory, item: str = "") -> Offered:
    """Everything that this command may name in this case, and in this item of it."""
    book = policy(case.policy)
    found: dict[str, Sequence[str]] = {
        "agencies": list(directory.agencies),
        "agency": list(directory.agencies),
        "partners": [name for name, agency in directory.agencies.items() if agency.partner],
        "people": [*directory.people, *(_gone(case, directory) if kind == "lock_out" else ())],
        "seats": list(book.quorums["rapid_review_meeting"].seats),
        "methods": list(book.methods),
        "reviewers": directory.reviewers(),
        "recipients": list(book.publication.recipients) if book.publication else [],
        "checklist": list(book.publication.checklist) if book.publication else [],
        "themes": list(book.themes),
        "children": [str(number) for number in case.said.get("children", ())],
        **_of_deaths(case, book),
    }
    found |= {rows: [one.id for one in text.criteria] for rows, text in texts(case, kind).items()}
    return {**found, **_of_recommendation(case, directory, item)}


def _of_deaths(case: Case, book: Policy) -> dict[str, Sequence[str]]:
    panel, deaths = book.quorums.get("child_death_panel"), book.child_deaths
    return {
        "forms": list(deaths.forms) if deaths else [],
        "form_questions": list(deaths.questions(case.said.get("forms", ()))) if deaths else [],
        "areas": [*deaths.areas, *NOT_OURS] if deaths else [],
        "panels": deaths.panels_of(case.said.get("area", "")) if deaths else [],
        "joint_response": [one.value for one in Criterion],
        "panel_seats": list(panel.seats) if panel else [],
    }


def _of_recommendation(case: Case, directory: Directory, item: str) -> Offered:
    """What can be named about one recommendation. Of its evidence the state of the case says what can be named."""
    one, gate = case.recommendations.get(whole_item(item)), policy(case.policy).gate
    agencies = [one.agency] if one else list(directory.agencies)
    return {
        "owners": list(dict.fromkeys(who for agency in agencies for who in directory.people_of(agency))),
        "measures": list(one.measures) if one else [],
        "retests": retests(policy(case.policy)),
        "closing_seats": list(policy(case.policy).quorums[gate.meeting].seats) if gate else [],
    }


def retests(book: Policy) -> list[str]:
    """The spans after which impact may be tested again, as an answer names them: "6_months"."""
    return [span.words.replace(" ", "_") for span in book.gate.retests] if book.gate else []


def _gone(case: Case, directory: Directory) -> list[str]:
    """People who are locked out and have left the directory since: they can still be let go."""
    return [person for person in case.said.get("locked_out", ()) if person not in directory.people]


def texts(case: Case, kind: str) -> dict[str, CriteriaSet]:
    """The texts whose criteria a decision answers, by the name of their rows; what it must only regard may be none."""
    if kind == "triage":
        return {"notification_criteria": decided_against(case, kind)[1]}
    if kind != "decide":
        return {}
    aware = day_of(case.marks["awareness"].at)
    regarded = policy(case.policy).criteria_in_force("practice_review_regard", aware)
    return {"review_criteria": decided_against(case, kind)[1], **({"regarded": regarded[1]} if regarded else {})}


@cache
def names(model: type[BaseModel]) -> bool:
    """Whether a command asks for anything that is offered, and so needs the directory to be judged."""
    fields = model.model_fields.values()
    return any(said_of(field, "rows") for field in fields)


def misnamed(model: type[Command], case: Case, body: Mapping[str, Any], directory: Directory) -> list[Problem]:
    """Every plain answer that names what is not there, and every row that is missing or stands there twice."""
    if not names(model):
        return []
    item = str(body.get("item", ""))
    if model.KIND in OF_RECOMMENDATIONS and item and whole_item(item) not in case.recommendations:
        return [NO_SUCH]
    rows = offered(case, model.KIND, directory, item)
    found = list(_misnamed(model, body, rows, "", _titles(case, model.KIND, directory)))
    if model.KIND in {"recommend", "enter_recommendation"}:
        found += _of_other_agency(body, directory)
    if model.KIND == "appoint_reviewer":
        found += _interested(case, body, directory)
    if model.KIND in {"commission", "request_information"} and not case.said.get("interest_waived"):
        found += _of_the_appointed(case, body, directory)
    if model.KIND == "lock_out" and body["locked"] and not _keepers(case, directory) - {body["person"]}:
        found.append(Problem(field="person", words=NOBODY_LEFT))
    if model.KIND in PURPOSES:
        name, text = decided_against(case, model.KIND)
        if body["criteria_set"] != name:
            words = f"This is decided against “{text.title}” ({name}), the text in force when it became known."
            found.append(Problem(field="criteria_set", words=words))
    return found


def _of_other_agency(body: Mapping[str, Any], directory: Directory) -> Iterator[Problem]:
    """Whoever is named for a recommendation is of the agency that acts, if there is such an agency."""
    if body["agency"] not in directory.agencies:
        return
    for field in ("owner", "deputy", "sponsor"):
        if body.get(field) and body[field] not in directory.people_of(body["agency"]):
            words = f"They hold no office in {directory.called(body['agency'])}. Choose somebody who does, or nobody."
            yield Problem(field=field, words=words)


def _of_the_appointed(case: Case, body: Mapping[str, Any], directory: Directory) -> Iterator[Problem]:
    """An agency in which the reviewer who is appointed has declared an interest, unless that was waived."""
    reviewer = directory.people.get(case.said.get("reviewer", ""))
    touched = [directory.called(one) for one in body["agencies"] if reviewer and one in reviewer.interests]
    if touched:
        words = (
            f"The reviewer has declared an interest in {', '.join(touched)}. Appoint somebody else first, "
            "or appoint them again and waive it with a reason."
        )
        yield Problem(field="agencies", words=words)


def _interested(case: Case, body: Mapping[str, Any], directory: Directory) -> Iterator[Problem]:
    """A declared interest in an agency of the case stands against a reviewer, and so does none ever declared."""
    reviewer = directory.people.get(body["reviewer"])
    if reviewer is None or body["waived"]:
        return
    touched = [directory.called(one) for one in reviewer.interests if one in case.said.get("agencies", case.agencies)]
    if touched:
        words = f"They declared an interest in {', '.join(touched)}. Choose somebody else, or waive it with a reason."
        yield Problem(field="reviewer", words=words)
    elif reviewer.declared is None:
        words = "They have not declared their interests yet. Let the register say so first, or waive it with a reason."
        yield Problem(field="reviewer", words=words)


def _keepers(case: Case, directory: Directory) -> set[str]:
    """Everybody who can open the case and say who else may, now or when they come back."""
    held = [one for one in directory.holdings if one.office in MAY["lock_out"] and one.until is None]
    people = {one for holding in held for one in (holding.person, holding.deputy) if one}
    return people - set(case.said.get("locked_out", ()))


def _titles(case: Case, kind: str, directory: Directory) -> Mapping[str, str]:
    """What people call the rows for which an answer can be missing."""
    publication = policy(case.policy).publication
    return {
        **(publication.checklist if publication else {}),
        **{name: agency.name for name, agency in directory.agencies.items()},
        **{one.id: one.text for text in texts(case, kind).values() for one in text.criteria},
        **{one.value: one.words for one in Criterion},
    }


def _misnamed(
    model: type[BaseModel], body: Mapping[str, Any], rows: Offered, path: str, titles: Mapping[str, str]
) -> Iterator[Problem]:
    for name, field in model.model_fields.items():
        value, source, here = body.get(name), said_of(field, "rows"), f"{path}{name}"
        part = part_of(field)
        if part is not None and value is not None:
            if source in rows:
                key = next(iter(part.model_fields))
                named = [str(row[key]) for row in value]
                yield from _strange_rows(named, rows[source], here, key)
                yield from _missing_rows(named, rows[source] if field.is_required() else (), here, titles)
            for number, row in enumerate(value):
                yield from _misnamed(part, row, rows, f"{here}.{number}.", titles)
        elif source in rows:
            several = value if isinstance(value, list) else [value]
            unknown = [one for one in several if one not in (None, "") and one not in rows[source]]
            if unknown:
                yield Problem(field=here, words=_not_offered(*unknown))


def _strange_rows(named: Sequence[str], known: Sequence[str], path: str, key: str) -> Iterator[Problem]:
    for number, one in enumerate(named):
        if one not in known:
            yield Problem(field=f"{path}.{number}.{key}", words=_not_offered(one))
        elif one in named[:number]:
            yield Problem(field=f"{path}.{number}.{key}", words=f"“{one}” is answered twice. Answer it once.")


def _not_offered(*names: str) -> str:
    """The names are quoted: "none" is one that a program may send."""
    is_ = "is" if len(names) == 1 else "are"
    return f"{all_of(f'“{one}”' for one in names)} {is_} not offered here. Choose from what is."


def _missing_rows(
    named: Sequence[str], wanted: Sequence[str], path: str, titles: Mapping[str, str]
) -> Iterator[Problem]:
    """Each by its title, and by the name that a program has to send."""
    missing = [f"“{titles[one]}” ({one})" if one in titles else one for one in wanted if one not in named]
    if missing:
        yield Problem(field=path, words=f"An answer is missing for {all_of(missing)}.")
