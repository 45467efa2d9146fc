"""What a command may name: the criteria of the text in force, children, partners, agencies, seats, people.

A page offers nothing else. The door asks it of every command, so that no other way in names what is not there, and
none leaves out a criterion, a child or a partner for whom an answer is owed.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Final

from pydantic import BaseModel

from models.case import Case
from models.command import Command, part_of, said_of
from models.directory import Directory
from models.facts import Problem
from models.policy import CriteriaSet
from models.rapid_review import owed_returns
from models.shelf import policy
from models.time import day_of

PURPOSES: Final[Mapping[str, str]] = {"triage": "national_notification", "decide": "practice_review"}
"""Commands that are decided against a text, and for which purpose that text must be."""

Offered = Mapping[str, Sequence[str]]
"""What can be named, by the name that a command's question gives to its rows."""


def decided_against(case: Case, kind: str) -> tuple[str, CriteriaSet]:
    """The text against which this command decides: its name, and what it says."""
    return policy(case.policy).criteria_for(PURPOSES[kind], day_of(case.marks["awareness"].at))


def offered(case: Case, kind: str, directory: Directory) -> Offered:
    """Everything that this command may name in this case."""
    quorum = policy(case.policy).quorums["rapid_review_meeting"]
    found: dict[str, Sequence[str]] = {
        "agencies": list(directory.agencies),
        "agency": list(directory.agencies),
        "owing": list(owed_returns(case)),
        "partners": [name for name, agency in directory.agencies.items() if agency.partner],
        "people": list(directory.people),
        "seats": list(quorum.seats),
        "children": [str(number) for number in case.said.get("children", ())],
    }
    found |= {rows: [one.id for one in text.criteria] for rows, text in texts(case, kind).items()}
    return found


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


def misnamed(case: Case, command: Command, directory: Directory) -> list[Problem]:
    """Every answer that names what is not there, and every row that is missing or stands there twice."""
    found = list(_misnamed(command, offered(case, command.KIND, directory), ""))
    if command.KIND in PURPOSES:
        name, text = decided_against(case, command.KIND)
        if getattr(command, "criteria_set", name) != name:
            words = f"This is decided against “{text.title}” ({name}), the text in force when it became known."
            found.append(Problem(field="criteria_set", words=words))
    return found


def _misnamed(model: BaseModel, rows: Offered, path: str) -> Iterator[Problem]:
    for name, field in type(model).model_fields.items():
        value, source, here = getattr(model, name), said_of(field, "rows"), f"{path}{name}"
        part = part_of(field)
        if part is not None:
            if source in rows:
                key = next(iter(part.model_fields))
                named = [str(getattr(row, key)) for row in value]
                yield from _strange_rows(named, rows[source], here, key)
                yield from _missing_rows(named, rows[source] if field.is_required() else (), here)
            for number, row in enumerate(value):
                yield from _misnamed(row, rows, f"{here}.{number}.")
        elif source in rows:
            several = value if isinstance(value, tuple) else (value,)
            unknown = [one for one in several if one is not None and one not in rows[source]]
            if unknown:
                yield Problem(field=here, words=f"There is no {', '.join(unknown)} here. Choose from those offered.")


def _strange_rows(named: Sequence[str], known: Sequence[str], path: str, key: str) -> Iterator[Problem]:
    for number, one in enumerate(named):
        if one not in known:
            yield Problem(field=f"{path}.{number}.{key}", words=f"There is no {one} here. Choose from those offered.")
        elif one in named[:number]:
            yield Problem(field=f"{path}.{number}.{key}", words=f"{one} is answered twice. Answer it once.")


def _missing_rows(named: Sequence[str], wanted: Sequence[str], path: str) -> Iterator[Problem]:
    missing = [one for one in wanted if one not in named]
    if missing:
        yield Problem(field=path, words=f"An answer is missing for: {', '.join(missing)}.")
