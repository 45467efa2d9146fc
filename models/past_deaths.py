"""What a list of past deaths says, in our words, and every cell that is not understood.

Names and numbers of children are personal detail: they are compared while a list is read, and kept of an open review
alone, sealed. `repr`, and so any log, leaves them out.
"""

from datetime import date

from models.base import Word
from models.child_death_commands import Category, Ethnic, Modifiable, Place, Reached, Step, WaitsFor
from models.referral import Sex
from models.sheet_words import PassedOver, Private, Remark

HOLDS_MEETING = frozenset({WaitsFor.POST_MORTEM})
"""What the review meeting waits for, and the panel only by way of it."""


class Waiting(Word):
    kind: WaitsFor
    since: date

    def holds(self, reached: Reached) -> list[Step]:
        """What stands still for it: whatever is still to come."""
        if reached in {Reached.MET, Reached.DRAFTED}:
            return [Step.PANEL]
        return [Step.MEETING] if self.kind in HOLDS_MEETING else [Step.MEETING, Step.PANEL]


class PastDeath(Word):
    """One row. Of a completed review `panel`, `category` and `modifiable` are said; of an open one `reached`.

    `panel`: of an open one the day to come on which it is on the list. `rank` of several categories is the highest.
    """

    reference: Private
    nhs_number: Private = ""
    name: Private = ""
    born: date
    died: date
    notified: date
    sex: Sex
    ethnic_group: Ethnic
    place: Place
    area: str
    panel: date | None = None
    category: Category | None = None
    modifiable: Modifiable | None = None
    reached: Reached | None = None
    meeting: date | None = None
    analysis: date | None = None
    waits: tuple[Waiting, ...] = ()
    forms_owed: tuple[str, ...] = ()
    cell: str

    def __repr__(self) -> str:
        return f"PastDeath({self.cell})"

    @property
    def completed(self) -> bool:
        return self.reached is None


class PastDeaths(Word):
    """All that was understood, and all that was not. With problems it is not whole: nothing of it is to be taken."""

    deaths: tuple[PastDeath, ...]
    problems: tuple[Remark, ...]
    passed_over: tuple[PassedOver, ...]
