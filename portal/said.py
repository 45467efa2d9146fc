"""The answers of a command as people read them: question and answer, one after the other."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel

from models.command import Command
from portal.pages import day, moment
from portal.questions import Asked, Widget, asked_of, key_of, singular

Pair = tuple[str, str]
BLANK: Final = "Left blank"
"""What stands beside a question to which there is no answer, not even that it is not known."""
Names = Mapping[str, str]
"""What stands behind the references in answers: agencies, people, seats, criteria."""


def answered(
    command: type[Command], answers: Mapping[str, Any], step: str = "", names: Names | None = None
) -> list[Pair]:
    """Each question that was answered, with its answer in words; groups with their name or number before them."""
    return list(_pairs(command, answers, step, names or {}))


def _pairs(model: type[BaseModel], answers: Mapping[str, Any], step: str, names: Names) -> list[Pair]:
    found: list[Pair] = []
    for asked in asked_of(model):
        value = answers.get(asked.name)
        not_asked_back = asked.back and not value
        if (step and asked.step != step) or value in (None, "", [], ()) or not_asked_back:
            continue
        if asked.part and isinstance(value, (list, tuple)):
            for number, row in enumerate(value, start=1):
                name, rest = _row(asked, row, number, names)
                said = [(f"{name}: {question}", answer) for question, answer in _pairs(asked.part, rest, "", names)]
                found += said or [(name, BLANK)]
        else:
            found.append((asked.title, _words(asked, value, names)))
    return found


def _row(asked: Asked, row: Mapping[str, Any], number: int, names: Names) -> tuple[str, Mapping[str, Any]]:
    """The name of a row, and its answers without the one that is its name."""
    assert asked.part is not None
    key = key_of(asked.part) if asked.fixed_rows else ""
    known = names.get(str(row.get(key, "")), "") if key else ""
    if not known:
        return f"{singular(asked.part)} {number}", row
    return known.rstrip("."), {name: value for name, value in row.items() if name != key}


def _words(asked: Asked, value: Any, names: Names) -> str:  # noqa: ANN401 -- any plain value
    if asked.boolean:
        return "Yes" if value in (True, "true") else "No"
    if asked.choice:
        words = {one.value: one.words for one in asked.choice}
        chosen = value if isinstance(value, (list, tuple)) else [value]
        return ", ".join(words.get(str(one), str(one)) for one in chosen)
    if asked.widget is Widget.DAY:
        return day(value)
    if asked.widget is Widget.MOMENT:
        return moment(value)
    if asked.widget is Widget.FILE:
        return names.get(str(value), "It is kept here")
    known = names if asked.rows or asked.name == "criteria_set" else {}
    several = value if isinstance(value, (list, tuple)) else [value]
    return ", ".join(known.get(str(one), str(one)) for one in several)
