"""Files that people give as evidence: what is known of one beside its bytes, who may open it, and who may name it."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel

from models.base import Message
from models.case import Case
from models.command import Command, part_of, said_of
from models.facts import Problem
from models.rights import Actor, access_of, whole

STRANGE = (
    "This file is not kept here, or is not yours to give: a file is given by whoever kept it, in the case for which "
    "they did. Choose it again."
)


class FileState(StrEnum):
    WAITING = "waiting"
    """Not looked at yet by the virus scanner: nobody can open it."""
    CLEAN = "clean"
    REFUSED = "refused"
    """The scanner found something in it: nobody can open it any more."""


class KeptFile(Message):
    """A file that is kept. `owner` is the person who gave it; `name` what they called it, for people to read."""

    id: str
    case: str
    owner: str
    kept: datetime
    size: int
    media: str
    state: FileState
    name: str


def may_open(actor: Actor, case: Case, file: KeptFile, now: datetime) -> bool:
    """Whoever gave it always, even from a case that they may not open any more; others if they see the whole case.

    `case`: the one to which the file belongs.
    """
    return file.owner == actor.person or whole(actor, case, access_of(case, now))


def asks_files(model: type[BaseModel]) -> bool:
    """Whether a command asks for a file, in itself or in a row of a list."""
    fields = model.model_fields.values()
    return any(said_of(one, "file") or ((part := part_of(one)) is not None and asks_files(part)) for one in fields)


def files_named(model: type[BaseModel], body: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    """Every file that the plain answers of a command name: the field, and the id."""
    for name, field in model.model_fields.items():
        value, part = body.get(name), part_of(field)
        if part is not None and asks_files(part):
            for number, row in enumerate(value or ()):
                yield from files_named(part, row, f"{path}{name}.{number}.")
        elif said_of(field, "file") and value:
            yield f"{path}{name}", value


def strange_files(model: type[Command], body: Mapping[str, Any], known: Collection[str]) -> list[Problem]:
    """What is said against files that a command names. `known`: those of this person in this case that can be given."""
    return [Problem(field=field, words=STRANGE) for field, one in files_named(model, body) if one not in known]
