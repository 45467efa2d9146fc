"""Facts: what happened. Numbered by case, never changed; references and choices, never words about a person."""

from datetime import datetime
from typing import Any

from models.base import Message

ENGINE = "engine"
"""The actor of what happens by itself: a rung that speaks."""


class Fact(Message):
    """`occurred` is what a person said, `recorded` the engine's time. `text` names the encrypted words, if any."""

    case: str
    number: int
    kind: str
    actor: str
    office: str = ""
    agency: str = ""
    request: str = ""
    occurred: datetime
    recorded: datetime
    data: dict[str, Any] = {}
    text: str = ""


class Problem(Message):
    """Something that stops a command: the field it belongs to (empty: the whole), and words that say how to go on."""

    field: str = ""
    words: str
