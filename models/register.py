"""A register: recommendations that come of no review here, but of audits, inspections, national reviews, or by hand.

One for each source and year. It holds what they recommend, and pursues it as a review does its own.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar

from pydantic import Field

from models.case import Case
from models.command import ANOTHER_CASE, Choice, Command, MaybeWords, Slug, Words, asks
from models.facts import Fact, Problem
from models.obligation import Ended
from models.recommending import OWN_KEY
from models.recommending import STORY as PURSUED


class Origin(Choice):
    AUDIT = "audit", "Audits"
    INSPECTION = "inspection", "Inspections"
    NATIONAL = "national_review", "National reviews"
    CHILD_DEATHS = "child_deaths", "Reviews of child deaths"
    OTHER = "other", "Something else"


class OpenRegister(Command):
    """Open a register for recommendations from one source in one year."""

    KIND: ClassVar[str] = "open_register"
    FACT: ClassVar[str] = "register_opened"
    TITLE: ClassVar[str] = "Open a register of recommendations"
    origin: Origin = asks("Where do its recommendations come from?")
    year: Annotated[int, Field(ge=1990, le=2199)] = asks("Of which year?", short=True)
    words: MaybeWords = asks("What is in it?", private=True, default="")
    key: Slug | None = asks(OWN_KEY, default=None)
    another: bool = asks(ANOTHER_CASE, back=True, default=False)


class CloseRegister(Command):
    """Close a register in which nothing is owed any more."""

    KIND: ClassVar[str] = "close_register"
    FACT: ClassVar[str] = "register_closed"
    TITLE: ClassVar[str] = "Close the register"
    words: Words = asks("What has come of it?", private=True)


class Register:
    """What a register's facts make true, and what it takes."""

    name = "register"
    prefix = "RG"
    commands: tuple[type[Command], ...] = (OpenRegister, CloseRegister)
    story: tuple[str, ...] = PURSUED
    said_dates: ClassVar[dict[str, str]] = {}
    follows: ClassVar[dict[str, tuple[str, ...]]] = {}

    def marks(self, case: Case, fact: Fact) -> dict[str, datetime]:
        return {fact.kind: fact.occurred}

    def said(self, case: Case, fact: Fact) -> dict[str, Any]:
        return {name: fact.data[name] for name in ("origin", "year", "key") if name in fact.data}

    def ends(self, case: Case, fact: Fact) -> Mapping[str, Ended]:
        return {}

    def judge(self, case: Case, kind: str, body: dict[str, Any], now: datetime) -> list[Problem]:
        if kind == "close_register" and case.open():
            return [Problem(words="Something is still owed in this register. It closes when nothing is.")]
        return []

    def reopens(self, case: Case) -> bool:
        return case.closed is not None

    def decided(self, case: Case) -> tuple[str, datetime] | None:
        return None

    def closes(self, case: Case) -> bool:
        shut, again = case.marks.get("register_closed"), case.marks.get("reopened")
        return shut is not None and (again is None or shut.number > again.number) and not case.open()
