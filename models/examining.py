"""What is wrong in the answers to a command, all at once: what cannot be read, and what cannot be in the rest.

So that nobody mends one answer only to hear of the next. Every door asks here.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from functools import cache
from typing import Annotated, Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from models.base import Word
from models.command import Command, part_of
from models.facts import Problem
from models.words import MOST, problems

ROWS = 500
"""Of a list that cannot be taken as it is so many are looked at; none takes as many."""

Asked = TypeVar("Asked", bound=Word)


def examined(model: type[Command], answers: Mapping[str, Any], now: datetime) -> tuple[Command | None, list[Problem]]:
    """The command, unless an answer cannot be read; and every problem with the dotted path of its field."""
    try:
        command = model.model_validate(dict(answers))
    except ValidationError as error:
        unread = problems(error, model)
        return None, unread if len(unread) > MOST else unread + as_far_as_read(model, answers).impossible(now)
    return command, command.impossible(now)


def as_far_as_read(model: type[Asked], answers: object) -> Asked:
    """What can be read of these answers. What cannot is no attribute of it, so that nothing is judged by it."""
    read: dict[str, Any] = {}
    if isinstance(answers, Mapping):
        read = {name: value for name in model.model_fields for value in _read(model, name, answers)}
    found = model.model_construct(**read)
    for name in model.model_fields.keys() - read.keys():
        found.__dict__.pop(name, None)  # else it would have the answer of a question passed over
    assert isinstance(found, model)
    return found


def _read(model: type[Word], name: str, answers: Mapping[str, Any]) -> list[Any]:
    """The answer to one question, or of a list the rows as far as they can be read; nothing if it cannot be read."""
    field = model.model_fields[name]
    with suppress(ValidationError):
        if name in answers:
            return [_reader(model, name).validate_python(answers[name])]
        if not field.is_required():
            return [field.get_default()]
    part, rows = part_of(field), answers.get(name)
    if part is None:
        return []
    return [tuple(as_far_as_read(part, row) for row in rows[:ROWS]) if isinstance(rows, list) else ()]


@cache
def _reader(model: type[Word], name: str) -> TypeAdapter[Any]:
    field = model.model_fields[name]
    annotation: Any = Annotated[field.annotation, field]
    return TypeAdapter(annotation)
