"""From what was typed to answers that the command takes, and what is wrong with the dates on the way.

A question that was not asked, because an earlier answer does not call for it, has no answer: what was typed there
stays in the form, but is not sent.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from pydantic import BaseModel

from models.command import Command
from models.facts import Problem
from models.words import enter
from portal.dates import CLOCK, PARTS, Unreadable, read_day, read_moment
from portal.questions import Asked, Widget, asked_named, asked_of
from portal.typed import Group, default_text, rows_in, text_in, texts_in


class Read(NamedTuple):
    """`boxes`: for a date with a problem, the box to look at."""

    answers: dict[str, Any]
    problems: tuple[Problem, ...]
    boxes: Mapping[str, str]


def read(command: type[Command], group: Group) -> Read:
    """The answers as plain data, as the JSON interface takes them."""
    reader = _Reader(command)
    return Read(reader.group(command, group, ""), tuple(reader.problems), reader.boxes)


def is_asked(model: type[BaseModel], asked: Asked, group: Group) -> bool:
    """Whether the earlier answers call for this question."""
    if asked.when is None:
        return True
    name, values = asked.when
    earlier = asked_named(model, name)
    return earlier is not None and is_asked(model, earlier, group) and value_of(earlier, group) in values


def value_of(asked: Asked, group: Group) -> str:
    """The text of a question with one input: what was typed, or what stood there from the beginning."""
    return text_in(group, asked.name) if asked.name in group else default_text(asked)


def clock_required(command: type[Command], asked: Asked) -> bool:
    """A moment in the past may be known by its day alone; one that is still to come needs its time."""
    return asked.name != command.OCCURRED


class _Reader:
    def __init__(self, command: type[Command]) -> None:
        self.command = command
        self.problems: list[Problem] = []
        self.boxes: dict[str, str] = {}

    def group(self, model: type[BaseModel], group: Group, path: str) -> dict[str, Any]:
        found = {}
        for asked in asked_of(model):
            if not is_asked(model, asked, group):
                continue
            answer = self._answer(model, asked, group, f"{path}{asked.name}")
            if answer is not None:
                found[asked.name] = answer
        return found

    def _answer(self, model: type[BaseModel], asked: Asked, group: Group, path: str) -> Any:  # noqa: ANN401 -- an answer in JSON
        match asked.widget:
            case Widget.GROUPS | Widget.LIST:
                return self._rows(asked, group, path)
            case Widget.MANY_OF:
                return texts_in(group, asked.name) or (None if asked.required else [])
            case Widget.DAY | Widget.MOMENT:
                return self._date(model, asked, group, path)
            case _:
                return _text(asked, group)

    def _rows(self, asked: Asked, group: Group, path: str) -> list[dict[str, Any]]:
        assert asked.part is not None
        rows = rows_in(group, asked.name)
        if not rows and asked.least:
            rows = [{}]  # so that the problems stand beside the questions of the first, empty row
        return [self.group(asked.part, row, f"{path}.{number}.") for number, row in enumerate(rows)]

    def _date(self, model: type[BaseModel], asked: Asked, group: Group, path: str) -> str | None:
        typed = {part: text_in(group, f"{asked.name}-{part}") for part in (*PARTS, CLOCK)}
        found: date | datetime | Unreadable | None
        if asked.widget is Widget.DAY:
            found = read_day(typed)
        else:
            found = read_moment(typed, clock_required=clock_required(self.command, asked))
        if isinstance(found, Unreadable):
            words = f"{enter(model.model_fields[asked.name])}: {found.words}."
            self.problems.append(Problem(field=path, words=words))
            self.boxes[path] = found.part
            return "unreadable"  # which no date is, so that the command cannot pass either
        return found.isoformat() if found else None


def _text(asked: Asked, group: Group) -> Any:  # noqa: ANN401 -- a text, or a yes or no
    """A text as it was typed. An empty one is no answer, except where it deletes what stood there."""
    said = value_of(asked, group)
    if not said.strip() and (asked.required or not default_text(asked)):
        return None
    if asked.boolean:
        return {"true": True, "false": False}.get(said, said)
    return said
