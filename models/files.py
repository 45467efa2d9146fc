"""Files that people give as evidence: what is known of one beside its bytes, who may open it, and who may name it."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel

from models.base import Message
from models.case import Case, whole_item
from models.command import Command, part_of, said_of
from models.facts import Problem
from models.rights import Actor, access_of, reads, sees, whole

STRANGE = (
    "This file is not kept here, or is not yours to give: a file is given by whoever kept it, in the case for which "
    "they did. Choose it again."
)

NOT_SCANNED = (
    "The file of this evidence waits for the virus scanner, so nobody can have read it yet. Accept it once it can be "
    "opened."
)
FOUND_BAD = (
    "The virus scanner found something in the file of this evidence, so nobody can read it. Return the evidence, and "
    "ask for another file."
)


class FileState(StrEnum):
    WAITING = "waiting"
    """Not looked at yet by the virus scanner: nobody can open it."""
    CLEAN = "clean"
    """The scanner found nothing in it."""
    NOT_SCANNED = "not_scanned"
    """No scanner was set when it came, so nothing is known of it; it can be opened."""
    REFUSED = "refused"
    """The scanner found something in it: nobody can open it any more."""


OPEN = frozenset({FileState.CLEAN, FileState.NOT_SCANNED})
"""What can be opened: the scanner found nothing, or there is none."""


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

    What was given as evidence of a recommendation is read by its agency, and by whoever is named for it, as well.
    `case`: the one to which the file belongs.
    """
    access = access_of(case, now)
    if file.owner == actor.person or whole(actor, case, access):
        return True
    shown = (one for one in case.recommendations.values() if any(file.id == e.file for e in one.evidence.values()))
    return reads(actor, case, access) is None and any(sees(actor, all_of_it=False, one=one) for one in shown)


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


def accepted_file(case: Case, kind: str, body: Mapping[str, Any]) -> str:
    """The file of the evidence that a command would accept; empty if it accepts none, or none with a file."""
    one = case.recommendations.get(whole_item(str(body.get("item", "")))) if kind == "accept_evidence" else None
    found = one.evidence.get(str(body.get("evidence", ""))) if one else None
    return found.file if found else ""


def unread(state: str | None) -> list[Problem]:
    """Why evidence whose file is in this state cannot be accepted; nothing if it can. None: the file is not kept."""
    if state in OPEN:
        return []
    return [Problem(field="evidence", words=NOT_SCANNED if state == FileState.WAITING else FOUND_BAD)]
