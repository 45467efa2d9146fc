"""The kinds of case that there are. A new kind is added here, with its policy block, its workflow and its templates."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Protocol

from models.answers import ANSWERS
from models.case import Case
from models.child_death import ChildDeath
from models.command import Command
from models.disagreement import Disagreement
from models.facts import Fact, Problem
from models.obligation import Ended
from models.policy import RECOMMENDS
from models.practice_review import PracticeReview
from models.rapid_review import RapidReview
from models.recommending import COMMANDS as RECOMMENDING
from models.referral import Referral
from models.register import Register


class Lifecycle(Protocol):
    """What the facts of a kind of case make true, and which commands it takes in which state. Pure."""

    name: str
    prefix: str
    commands: tuple[type[Command], ...]
    story: tuple[str, ...]
    """Its blocks in the guidance's order: the first that is open after the last that is done is the stage."""
    said_dates: ClassVar[dict[str, str]]
    """For blocks without a budget: the answer that says the due day."""
    follows: ClassVar[dict[str, tuple[str, ...]]]
    """Marks that cannot be before others, each before which they cannot be."""

    def marks(self, case: Case, fact: Fact) -> dict[str, datetime]:
        """What has happened by this fact, and when."""

    def said(self, case: Case, fact: Fact) -> dict[str, Any]:
        """The choices of this fact that the case must remember."""

    def ends(self, case: Case, fact: Fact) -> Mapping[str, Ended]:
        """Obligations, by their keys, that this fact ends although they were not done, and how."""

    def judge(self, case: Case, kind: str, body: dict[str, Any], now: datetime) -> list[Problem]:
        """Why the state of the case does not allow this command; nothing if it does."""

    def reopens(self, case: Case) -> bool:
        """Whether it can be taken up again, for a reason."""

    def decided(self, case: Case) -> tuple[str, datetime] | None:
        """What was decided last, in the outcome's own words, and when; nothing before."""

    def closes(self, case: Case) -> bool:
        """Decided, the story told, and nothing owed."""


_ALL: tuple[Lifecycle, ...] = (Referral(), RapidReview(), PracticeReview(), ChildDeath(), Register(), Disagreement())
LIFECYCLES: dict[str, Lifecycle] = {one.name: one for one in _ALL}


REFERRING = "submit_referral"
OPENINGS: dict[str, str] = {
    REFERRING: "referral", "enter_review": "practice_review", "notify_death": "child_death",
    "enter_death": "child_death", "open_register": "register", "raise_disagreement": "disagreement",
}  # fmt: skip
"""Commands that open a case, each with its kind."""
OPENS = tuple(kind for kind in OPENINGS if kind != REFERRING)
"""Those of people who are signed in. A referral is anybody's, and has ways in of its own."""


def kind_of(ref: str) -> str:
    """Of which kind a case of this reference is: RR-2026-0001 is a rapid review."""
    return next(one.name for one in _ALL if ref.startswith(f"{one.prefix}-"))


def command(kind: str, lifecycle: str) -> type[Command] | None:
    """The command of this name that such a case takes."""
    return COMMANDS[lifecycle].get(kind)


COMMANDS: dict[str, dict[str, type[Command]]] = {
    name: {one.KIND: one for one in (*lifecycle.commands, *(RECOMMENDING if name in RECOMMENDS else ()), *ANSWERS)}
    for name, lifecycle in LIFECYCLES.items()
}
