"""The answers of a command as people read them: question and answer, one after the other."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from models.command import Command
from portal.pages import day, moment
from portal.questions import Asked, Widget, asked_of, singular

Pair = tuple[str, str]


def answered(command: type[Command], answers: Mapping[str, Any], step: str = "") -> list[Pair]:
    """Each question that was answered, with its answer in words; groups with their number before them."""
    return list(_pairs(command, answers, step))


def _pairs(model: type[BaseModel], answers: Mapping[str, Any], step: str = "") -> list[Pair]:
    found: list[Pair] = []
    for asked in asked_of(model):
        value = answers.get(asked.name)
        if (step and asked.step != step) or value in (None, "", [], ()):
            continue
        if asked.part and isinstance(value, (list, tuple)):
            for number, row in enumerate(value, start=1):
                name = f"{singular(asked.part)} {number}"
                found += [(f"{name}: {question}", answer) for question, answer in _pairs(asked.part, row)]
        else:
            found.append((asked.title, _words(asked, value)))
    return found


def _words(asked: Asked, value: Any) -> str:  # noqa: ANN401 -- any plain value
    if asked.boolean:
        return "Yes" if value in (True, "true") else "No"
    if asked.choice:
        return next((one.words for one in asked.choice if one.value == str(value)), str(value))
    if asked.widget is Widget.DAY:
        return day(value)
    if asked.widget is Widget.MOMENT:
        return moment(value)
    return ", ".join(str(one) for one in value) if isinstance(value, (list, tuple)) else str(value)
