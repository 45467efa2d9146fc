"""The state of a case: everything that is open, small enough to be carried for years, made of facts alone."""

import zlib
from datetime import datetime
from typing import Any

from models.base import Message
from models.obligation import Due, Obligation
from models.recommended import Recommendation


class Mark(Message):
    """Something that has happened, by the fact that said so. A correction moves `at`; the number stays."""

    number: int
    at: datetime


def base(mark: str) -> str:
    """What happened, whichever agency did it, and whether or not it has happened again since."""
    return mark.partition("#")[0].partition("/")[0]


def whole_item(item: str) -> str:
    """The recommendation to which an action belongs, `r1.a2`; anything else by itself."""
    return item.partition(".")[0]


class Case(Message):
    """`known` is the number of the last fact that is folded in; `said` holds the lifecycle's own choices."""

    ref: str
    kind: str
    policy: str
    calendar: str
    opened: datetime
    known: int = 0
    marks: dict[str, Mark] = {}
    obligations: dict[str, Obligation] = {}
    agencies: tuple[str, ...] = ()
    said: dict[str, Any] = {}
    recommendations: dict[str, Recommendation] = {}
    closed: datetime | None = None
    left: tuple[tuple[int, str], ...] = ()
    """Policies that it followed before, each with the number of the fact by which it left them."""

    def followed(self, number: int) -> str:
        """The policy that it followed when this fact was recorded: old answers are read in the words of their time."""
        return next((policy for until, policy in self.left if number < until), self.policy)

    def open(self) -> list[Obligation]:
        return [one for one in self.obligations.values() if one.ended is None]

    def of_block(self, block: str) -> list[Obligation]:
        return [one for one in self.obligations.values() if one.block == block]

    def of_item(self, item: str) -> list[Obligation]:
        """What is owed, or was last, about a recommendation and its actions."""
        return [one for one in self.obligations.values() if one.item and whole_item(one.item) == item]

    def recommendation(self, one: Obligation) -> Recommendation | None:
        """The recommendation about which this is owed; none if it is about none."""
        return self.recommendations.get(whole_item(one.item)) if one.item else None

    def last(self, mark: str) -> Mark | None:
        """The last time that this happened, whichever agency did it."""
        found = [one for name, one in self.marks.items() if base(name) == mark]
        return max(found, key=lambda one: one.number, default=None)

    def is_open(self, block: str) -> bool:
        return any(one.ended is None for one in self.of_block(block))

    def done(self, block: str) -> bool:
        """Every obligation of this block has been met or withdrawn, and there was at least one."""
        found = self.of_block(block)
        return bool(found) and all(one.ended for one in found)

    @property
    def aware(self) -> datetime | None:
        """When anybody was aware first. The local authority's own awareness may be said anew at triage."""
        return min((mark.at for name, mark in self.marks.items() if base(name) == "awareness"), default=None)

    @property
    def wakes(self) -> datetime | None:
        """When the next rung of any obligation speaks."""
        return min((moment for one in self.obligations.values() if (moment := one.speaks())), default=None)

    def due(self, now: datetime) -> list[Due]:
        """All rungs whose time has come, each obligation at most once, in the order of their times, then names."""
        found = [due for one in self.obligations.values() if (due := one.due_rung(now))]
        return sorted(found, key=lambda due: (due.at, due.key))


def packed(case: Case) -> bytes:
    """A case as its workflow carries it: a sixtieth of what it takes while it is looked at."""
    return zlib.compress(case.model_dump_json(exclude_defaults=True).encode(), level=1)


def unpacked(kept: bytes) -> Case:
    return Case.model_validate_json(zlib.decompress(kept))
