"""What a list of past deaths says, in our words, and every cell that is not understood.

Names and numbers of children are personal detail: they are compared while a list is read, and kept of an open review
alone, sealed. `repr`, and so any log, leaves them out.
"""

from datetime import date
from typing import Generic, TypeVar

from models.base import Word
from models.child_death_commands import Category, Ethnic, Modifiable, Place, Reached, Step, WaitsFor
from models.referral import Sex
from models.sheet_mapping import spoken
from models.sheet_words import PassedOver, Private, Remark

T = TypeVar("T")

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


class Children(Generic[T]):
    """Which children are known, and where each stands.

    Two are the same by their NHS number; or by name and date of birth, unless their numbers differ: twins who died
    before they had names of their own are called alike.
    """

    def __init__(self) -> None:
        self._numbers: dict[str, T] = {}
        self._names: dict[tuple[str, date], list[tuple[str, T]]] = {}

    def add(self, number: str, name: str, born: date | None, where: T) -> T | None:
        """Where the same child stands already; None for one who was not known, and is from now on."""
        number = "".join(one for one in number if one.isdigit())
        words = " ".join(sorted(spoken(name).split()))  # whichever name stands first
        named = self._names.setdefault((words, born), []) if words and born else []
        alike = next((place for other, place in named if not (number and other and number != other)), None)
        if number and (place := self._numbers.get(number)) is not None:
            return place
        if alike is None:
            named.append((number, where))
            if number:
                self._numbers[number] = where
        return alike


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
