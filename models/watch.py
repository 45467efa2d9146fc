"""The self-check: whether anything that is owed could be forgotten. What was seen becomes findings in plain words.

Pure, and the only judgement there is: the watch of the worker keeps what it says, the page shows it, the address for
an outside monitor counts it, and `reviews doctor` says it. Nothing in it but references and counts.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from models.base import Message

EVERY = timedelta(minutes=3)
"""How often it is looked."""
LATE = timedelta(minutes=5)
"""So long after its time something may be on its way; then it is a finding."""
ROUND = timedelta(minutes=10)
"""Within this time all open cases have been asked whether they live."""
SILENT = timedelta(minutes=15)
"""A self-check older than this says nothing any more."""
LASTS = 2
"""In so many checks, one after the other, a finding has been seen before anybody is sent a message about it."""
MOST = 10
"""So many cases are named; the rest is counted."""


class Matter(StrEnum):
    """What may be wrong, the worst first. The value stands in keys of notices, and is never changed."""

    UNSAID = "unsaid"
    UNWATCHED = "unwatched"
    LAGGING = "lagging"
    UNASKED = "unasked"
    IDLE = "idle"
    UNSETTLED = "unsettled"
    UNSENT = "unsent"
    HOUSE = "house"
    UNSEALED = "unsealed"


OF_THE_ENGINE = frozenset({Matter.LAGGING, Matter.UNASKED, Matter.HOUSE})
"""What only a watch can know that asks the engine, minute by minute."""


class _Words(NamedTuple):
    """`what`: of one and of several."""

    title: str
    what: tuple[str, str]
    why: str
    do: str


_WORKER = "See that engine and worker run, and look into the log of the worker; then start it anew."
_WORDS: Mapping[Matter, _Words] = {
    Matter.LAGGING: _Words(
        "A case is not watched",
        (
            "1 open case is not watched by the engine, or not as it stands in the record",
            "{} open cases are not watched by the engine, or not as they stand in the record",
        ),
        "Nobody is told what is owed there, and its deadlines pass in silence.",
        "This is tried anew each minute by itself, and that has not helped. " + _WORKER,
    ),
    Matter.UNASKED: _Words(
        "Nobody knows whether all cases are watched",
        ("The open cases could not all be asked for ten minutes whether they are watched",) * 2,
        "A case of which nobody knows whether it is watched may be forgotten.",
        _WORKER,
    ),
    Matter.UNSAID: _Words(
        "A reminder was not given in time",
        (
            "1 reminder was due more than five minutes ago and has not been given",
            "{} reminders were due more than five minutes ago and have not been given",
        ),
        "Whoever was to hear of it does not know that it is owed.",
        "Tell them by other means. " + _WORKER,
    ),
    Matter.UNWATCHED: _Words(
        "A deadline is watched by nobody",
        (
            "1 open deadline has no next step: nobody would ever be told of it again",
            "{} open deadlines have no next step: nobody would ever be told of them again",
        ),
        "A deadline that nothing watches is forgotten.",
        "Write its date into your own calendar, and report it as a fault of the program.",
    ),
    Matter.IDLE: _Words(
        "Nothing is owed in an open case",
        (
            "1 case is open and nobody owes anything in it, so nothing would ever be said of it",
            "{} cases are open and nobody owes anything in them, so nothing would ever be said of them",
        ),
        "A case ends when nothing is owed any more; one that does neither stands still.",
        "Look at what has been recorded last in it, and report it as a fault of the program.",
    ),
    Matter.UNSENT: _Words(
        "Messages do not leave",
        (
            "1 message was to leave more than five minutes ago and is still here",
            "{} messages were to leave more than five minutes ago and are still here",
        ),
        "Whoever is to read them reads them only if they open their inbox here.",
        _WORKER + " Messages go out by themselves then, and none twice.",
    ),
    Matter.HOUSE: _Words(
        "Nobody looks after regular reports",
        ("What wakes for regular reports, and when an office changes hands, does not run",) * 2,
        "No weekly report goes out, and whoever takes over an office does not hear what it owes.",
        "It is started anew every five minutes by itself, and that has not helped. " + _WORKER,
    ),
    Matter.UNSETTLED: _Words(
        "What was asked for is not confirmed",
        ("1 command has waited for more than five minutes", "{} commands have waited for more than five minutes"),
        "People were told that these are not yet confirmed.",
        "Mend engine and worker; they are sent again by themselves, and none is done twice.",
    ),
    Matter.UNSEALED: _Words(
        "What is recorded is not sealed",
        (
            "What has grown was not sealed for five minutes: 1 audit chain",
            "What has grown was not sealed for five minutes: {} audit chains",
        ),
        "What is not sealed outside the database could be cut off without being found.",
        "See that a worker runs and may write the file of seals.",
    ),
}


def title(matter: Matter) -> str:
    """What is wrong, in a few words that hold for one and for several, and also when it has been mended."""
    return _WORDS[matter].title


class Some(Message):
    """How many were found, the first of the cases that they are of, and how many more cases there are."""

    count: int = 0
    cases: tuple[str, ...] = ()
    more: int = 0


def some(count: int, cases: Iterable[str]) -> Some:
    named = sorted(set(cases))
    return Some(count=count, cases=tuple(named[:MOST]), more=max(len(named) - MOST, 0))


class Recorded(Message):
    """What the record shows by itself, whether engine and worker run or not."""

    unsaid: Some = Some()
    unwatched: Some = Some()
    idle: Some = Some()
    unsent: Some = Some()
    unsettled: Some = Some()
    unsealed: Some = Some()


class Running(Message):
    """What the watch knows of the engine. `lagging`: cases that do not agree with the record, and since when.

    `asked`: when all open cases had last been asked. `house_looks`: when the house looks next; none: it does not run.
    """

    lagging: dict[str, datetime]
    asked: datetime
    house_looks: datetime | None


class Finding(Some):
    """One thing that is wrong, as often as it was found."""

    matter: Matter

    @property
    def title(self) -> str:
        return title(self.matter)

    @property
    def what(self) -> str:
        one, several = _WORDS[self.matter].what
        return f"{one if self.count == 1 else several.format(self.count)}."

    @property
    def why(self) -> str:
        return _WORDS[self.matter].why

    @property
    def do(self) -> str:
        return _WORDS[self.matter].do


class Lasting(Finding):
    """A finding with the check that saw it first, and how many have seen it since, one after the other."""

    since: datetime
    times: int = 1

    @property
    def lasts(self) -> bool:
        return self.times >= LASTS


class Kept(Message):
    """The last self-check: when it was made, and what it found."""

    at: datetime
    found: tuple[Lasting, ...] = ()


class Standing(StrEnum):
    """What the last self-check says about now."""

    WELL = "well"
    FOUND = "found"
    SILENT = "silent"
    """It is too long ago to say anything."""
    NEVER = "never"
    """There was none yet: it begins a few moments after the first start."""


def standing(check: Kept | None, now: datetime) -> Standing:
    if check is None:
        return Standing.NEVER
    if now - check.at > SILENT:
        return Standing.SILENT
    return Standing.FOUND if check.found else Standing.WELL


def judge(recorded: Recorded) -> list[Finding]:
    """What is wrong by the record alone."""
    seen = (
        (Matter.UNSAID, recorded.unsaid),
        (Matter.UNWATCHED, recorded.unwatched),
        (Matter.IDLE, recorded.idle),
        (Matter.UNSENT, recorded.unsent),
        (Matter.UNSETTLED, recorded.unsettled),
        (Matter.UNSEALED, recorded.unsealed),
    )
    return [Finding(matter=matter, **those.model_dump()) for matter, those in seen if those.count]


def judge_running(running: Running, now: datetime) -> Iterator[Finding]:
    """What is wrong by what the watch knows of the engine."""
    late = [ref for ref, since in running.lagging.items() if now - since > LATE]
    if late:
        yield Finding(matter=Matter.LAGGING, **some(len(late), late).model_dump())
    if now - running.asked > ROUND:
        yield Finding(matter=Matter.UNASKED, count=1)
    if running.house_looks is None or now - running.house_looks > LATE:
        yield Finding(matter=Matter.HOUSE, count=1)


def kept(found: Iterable[Finding], before: Kept | None, now: datetime) -> Kept:
    """The self-check of now, in which each finding knows how long it has lasted."""
    earlier = {one.matter: one for one in before.found} if before else {}
    lasting = []
    for one in sorted(found, key=lambda one: list(Matter).index(one.matter)):
        was = earlier.get(one.matter)
        since, times = (was.since, was.times + 1) if was else (now, 1)
        lasting.append(Lasting(**one.model_dump(), since=since, times=times))
    return Kept(at=now, found=tuple(lasting))
