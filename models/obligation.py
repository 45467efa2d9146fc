"""What an office owes by a time, and how far up its ladder it has been chased.

Everything a wake needs is worked out when something happens (a fact), so that asking "what now?" costs almost nothing:
`rungs` holds the moment at which each rung speaks, `level` the lowest that may still speak, `mute` those that stay
silent: stopped by a dispute or hushed by a promise.
"""

from datetime import datetime
from enum import StrEnum

from models.base import Message
from models.clocks import Pause


class Ended(StrEnum):
    MET = "met"
    WITHDRAWN = "withdrawn"
    NOT_GIVEN = "not_given"
    """It was owed to the end, and it was recorded why it did not come."""
    COUNTED_ANEW = "counted_anew"
    """The same is owed by another block from then on: it was said anew whether a child is at risk now."""


class Heard(Message):
    """An office that was told, and whom the directory named for it; nobody, if it was empty."""

    office: str
    person: str = ""


class Told(Message):
    """One rung that spoke: its own time, the time of the wake, and who was told; `also`: told together with them."""

    rung: int
    round: int
    due: datetime
    at: datetime
    office: str
    person: str = ""
    also: tuple[Heard, ...] = ()

    @property
    def heard(self) -> list[Heard]:
        """Every office that somebody was told for, each once."""
        return [one for one in (Heard(office=self.office, person=self.person), *self.also) if one.person]


class Promise(Message):
    """A dated acknowledgement by an office. Silence until then; if it is missed the ladder goes on one rung higher.

    `rung`: the one that speaks when it is missed. `missed`: some rung has spoken since, so it hushes nothing any more.
    `pauses`: how many suspensions there had been by then; only later ones move the date.
    """

    office: str
    person: str
    made: datetime
    until: datetime
    rung: int = 0
    missed: bool = False
    pauses: int = 0


class Dispute(Message):
    office: str
    person: str
    ground: str
    rung: int
    stopped: tuple[int, ...] = ()


class Due(Message):
    """A rung whose time has come, with the lower ones that were missed while nothing could speak."""

    key: str
    rung: int
    round: int
    at: datetime
    missed: tuple[int, ...] = ()


class Obligation(Message):
    key: str
    block: str
    agency: str = ""
    owed_by: str
    item: str = ""
    """What in the case it is about, where it is owed once for each: a recommendation `r1`, its action `r1.a2`."""
    of: str = ""
    """The obligation that this one is about (its dispute, its request for time, the review of its suspension)."""
    opened: datetime
    mark: str
    """The mark from which the clock counts."""
    since: int = 0
    """The fact that made this mark; 0: it has not happened yet, so the clock counts from the opening until it does."""
    start: datetime
    due: datetime | None
    said: datetime | None = None
    """A due time that a person said (or granted later); it goes before the budget."""
    said_pauses: int = 0
    """How many suspensions there had been by then: only later ones move that date."""
    extensions: int = 0
    rungs: tuple[datetime, ...]
    level: int = 0
    round: int = 1
    """Counted up whenever a rung may be said once more, so that (rung, round) is said once for ever."""
    mute: tuple[int, ...] = ()
    moved: datetime | None = None
    """When a fact last moved its rungs: what that puts into the past speaks then, and not before."""
    again: datetime | None = None
    """When the last rung was last said; from then on it is said again and again."""
    told: tuple[Told, ...] = ()
    promises: tuple[Promise, ...] = ()
    dispute: Dispute | None = None
    pauses: tuple[Pause, ...] = ()
    ended: Ended | None = None
    ended_at: datetime | None = None
    ended_by: int = 0
    """The fact that ended it."""

    @property
    def paused(self) -> bool:
        return bool(self.pauses) and self.pauses[-1].until is None

    def speaks(self) -> datetime | None:
        """When the next rung speaks; none when nothing is owed or the clock is stopped."""
        if self.ended or self.paused:
            return None
        return min([self.rungs[r] for r in range(self.level, len(self.rungs)) if r not in self.mute], default=None)

    def due_rung(self, now: datetime) -> Due | None:
        """The highest rung whose time has come, once, with what was missed below it; none before its time."""
        if self.ended or self.paused:
            return None
        come = [r for r in range(self.level, len(self.rungs)) if self.rungs[r] <= now and r not in self.mute]
        if not come:
            return None
        high, at = come[-1], self.rungs[come[-1]]
        missed = tuple(r for r in come[:-1] if self.rungs[r] < at)
        return Due(key=self.key, rung=high, round=self.round, at=at, missed=missed)

    def overdue(self, now: datetime) -> bool:
        return self.ended is None and not self.paused and self.due is not None and now > self.due

    def live_promise(self, now: datetime) -> Promise | None:
        return self.promises[-1] if self.promises and now <= self.promises[-1].until and not self.ended else None
