"""A command that asks for a file, for tests: the promise of a date, with the letter in which it is made."""

from typing import ClassVar

import pytest

from models.answers import Promise
from models.command import FileId, asks
from models.lifecycles import COMMANDS


class PromiseByLetter(Promise):
    KIND: ClassVar[str] = "promise"
    FACT: ClassVar[str] = "promised"
    TITLE: ClassVar[str] = "Promise a date"
    letter: FileId = asks("The letter that says so", file=True, default="")


class NeedsLetter(Promise):
    KIND: ClassVar[str] = "promise"
    FACT: ClassVar[str] = "promised"
    TITLE: ClassVar[str] = "Promise a date"
    letter: FileId = asks("The letter that says so", file=True)


def takes_letters(patch: pytest.MonkeyPatch, model: type[Promise] = PromiseByLetter) -> None:
    """Rapid reviews take it in the place of the promise that is shipped."""
    patch.setitem(COMMANDS["rapid_review"], "promise", model)
