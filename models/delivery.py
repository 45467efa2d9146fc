"""What becomes of a bundle of notices on its way to one person, and what is to be done next: pure decisions.

A channel is tried until it has the bundle, refuses it for good, or has had its time; then the next. A send of which
nobody knows whether it arrived is looked for before anything is sent again, once its own time-out has passed; where
a channel cannot be looked into nothing is sent by it again.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from models.base import Message

TIMEOUT = timedelta(seconds=15)
"""After so long no request that was sent can still be on its way."""
PATIENCE, URGENT_PATIENCE = timedelta(hours=1), timedelta(minutes=5)
"""So long one channel is tried before the next one is; afterwards it is tried again only if no other takes it."""
LOOKED_FOR = timedelta(minutes=10)
"""So long an uncertain send is looked for; then a person is asked. With TIMEOUT less than a quarter of an hour."""
FOLLOWED = timedelta(days=3)
"""So long a channel may try to deliver what it has taken (GOV.UK Notify: 72 hours)."""
FOLLOW_SOONEST = timedelta(minutes=1)
SOONEST, SLOWEST = timedelta(seconds=2), timedelta(minutes=15)


class State(StrEnum):
    """What is known of a bundle, or of one attempt to send it."""

    QUEUED = "queued"
    """Nothing has been sent yet."""
    SENDING = "sending"
    """A request was about to leave, or has left; nobody has recorded its answer."""
    SENT = "sent"
    """The channel has accepted it."""
    DELIVERED = "delivered"
    """The channel says that it has reached its person."""
    SUPERSEDED = "superseded"
    """All that it said was over before anything was sent."""
    FAILED_FOR_NOW = "failed_for_now"
    """Surely not accepted; it is tried again."""
    FAILED_FOR_GOOD = "failed_for_good"
    """Surely not accepted, and trying again would not help."""
    UNKNOWN = "unknown"
    """It may have been accepted. Never sent again by this channel, unless it was looked for and is not there."""
    HELD = "held"
    """It fell due before a backup was put back, so it may have been sent by what was lost: a person decides."""
    PASSED_ON = "passed_on"
    """The business unit has told its person by other means."""


ARRIVED = frozenset({State.SENT, State.DELIVERED})


class Attempt(Message):
    """One try by one channel."""

    number: int
    channel: str
    state: State
    began: datetime
    settled: datetime | None = None
    again: datetime | None = None
    place: dict[str, Any] = {}
    error: str = ""


class Way(NamedTuple):
    """A channel by which somebody can be reached. `looks`: it can be asked whether it has a message.

    `follows`: what it has taken may still turn out to reach nobody, and it can be asked for that.
    """

    name: str
    looks: bool
    follows: bool = False


class Send(NamedTuple):
    """Send it by this channel, as the attempt of this number."""

    channel: str
    number: int


class Look(NamedTuple):
    """Look whether the channel has what this attempt sent."""

    attempt: Attempt


class Lost(NamedTuple):
    """The answer to this attempt never came, and the channel cannot be looked into."""

    attempt: Attempt


class Wait(NamedTuple):
    """Nothing before then."""

    until: datetime


class Reached(NamedTuple):
    """It has arrived; nothing more is to be done."""


class Nowhere(NamedTuple):
    """No channel can take it."""


Step = Send | Look | Lost | Wait | Reached | Nowhere


def next_step(attempts: Sequence[Attempt], ways: Sequence[Way], now: datetime, *, urgent: bool = False) -> Step:
    """What to do now for a bundle with these attempts, for somebody whom these ways lead to, in their order."""
    arrived = next((one for one in attempts if one.state in ARRIVED), None)
    if arrived is not None:  # whatever order of channels its reader has since
        by = next((way for way in ways if way.name == arrived.channel), Way(arrived.channel, looks=False))
        return _followed(arrived, by, now)
    patience = URGENT_PATIENCE if urgent else PATIENCE
    refused: list[Attempt] = []
    for way in ways:
        tried = [one for one in attempts if one.channel == way.name]
        if not tried:
            return Send(way.name, len(attempts) + 1)
        last = tried[-1]
        step = _uncertain(last, way, now)
        if step is not None:
            return step
        if last.state is State.FAILED_FOR_NOW:
            if now - tried[0].began < patience:
                return _again(last, len(attempts), now)
            refused.append(last)
    if refused:
        return min((_again(one, len(attempts), now) for one in refused), key=lambda step: _when(step, now))
    return Nowhere()


def is_stuck(attempts: Sequence[Attempt], ways: Sequence[Way], now: datetime, *, urgent: bool = False) -> bool:
    """Whether the business unit has to know: it is uncertain where it is, or it has gone nowhere for too long.

    Also when the next channel has it: whoever reads may have got it twice, and only a person can find out.
    """
    looked_for = {way.name for way in ways if way.looks}
    for one in attempts:
        if one.state is State.UNKNOWN and (one.channel not in looked_for or now - one.began >= LOOKED_FOR):
            return True
    if any(one.state in ARRIVED for one in attempts):
        return False
    patience = URGENT_PATIENCE if urgent else PATIENCE
    return bool(attempts) and now - attempts[0].began >= patience


def follow_again(began: datetime, now: datetime) -> datetime:
    """When to ask again what became of something that a channel took then, less and less often."""
    return now + max((now - began) / 2, FOLLOW_SOONEST)


def look_again(began: datetime, now: datetime) -> datetime:
    """When to look again for what was sent then, less and less often; the first time is over at LOOKED_FOR."""
    again = now + max((now - began) / 2, SOONEST)
    return min(again, began + LOOKED_FOR) if now < began + LOOKED_FOR else again


def pause(tries: int) -> timedelta:
    """How long to wait after so many tries that a channel refused without saying how long."""
    doubled: timedelta = SOONEST * (1 << min(tries - 1, 12))
    return min(doubled, SLOWEST)


CHANNELS = {"slack": "Slack", "mail": "e-mail", "notify": "GOV.UK Notify"}
"""The channels as people call them."""
_OF_ATTEMPT = {
    State.SENDING: "is being sent by {by}",
    State.SENT: "sent by {by}",
    State.DELIVERED: "delivered by {by}",
    State.FAILED_FOR_NOW: "not taken yet by {by}, tried again",
    State.FAILED_FOR_GOOD: "refused by {by}",
    State.UNKNOWN: "not known whether {by} has it",
}


_WHY = {
    "no_answer": "it never answered",
    "no_connection": "it could not be reached",
    "rate_limited": "it asked to wait",
    "mailbox_unknown": "there is no such mailbox",
    "mailbox_refuses": "the mailbox takes nothing",
    "not_authorised": "it does not take our password or key",
    "invalid_auth": "it does not take our token",
    "channel_not_found": "there is no such account",
    "user_not_found": "there is no such account",
    "user_disabled": "the account was closed",
    "account_inactive": "it does not take our token",
    "no_encryption": "it does not encrypt",
    "not_there": "it was looked for and is not there",
    "too_late": "it did not leave in time",
}
"""The usual errors as people read them; another stands in the channel's own word (docs/channels.md)."""


class Trip(Message):
    """What became of one notice: its own state, and that of the bundle in which it went."""

    state: str
    bundle: str = ""
    look_at: datetime | None = None
    bundled: State = State.QUEUED
    attempts: tuple[Attempt, ...] = ()

    def words(self, at: Callable[[datetime], str]) -> str:
        """As people read it; `at` writes a moment."""
        said = [f"{_of(one)} on {at(one.settled or one.began)}" for one in self.attempts]
        if self.bundled is State.PASSED_ON:
            said.append("told by other means")
        if self.state == State.SUPERSEDED:
            said.append("the matter has moved on")
        elif self.state == State.HELD:
            said.append("held, for it may have been sent before a backup was put back")
        elif not self.bundle:
            waits = f", and waits until {at(self.look_at)}" if self.look_at else ""
            said.append(f"in the inbox{waits}")
        elif not self.attempts:
            said.append("waits to be sent")
        return "; ".join(said)


def _of(one: Attempt) -> str:
    """What became of one attempt, and why, in words."""
    words = _OF_ATTEMPT[one.state].format(by=CHANNELS.get(one.channel, one.channel))
    return f"{words} ({_WHY.get(one.error, one.error)})" if one.error and one.state not in ARRIVED else words


def _followed(last: Attempt, way: Way, now: datetime) -> Step:
    """What was taken is done with, unless the channel may still say that it reached nobody."""
    if last.state is State.DELIVERED or not way.follows or now - last.began >= FOLLOWED:
        return Reached()
    again = last.again or now
    return Look(last) if again <= now else Wait(again)


def _uncertain(last: Attempt, way: Way, now: datetime) -> Step | None:
    if last.state is State.SENDING:
        if now < last.began + TIMEOUT:
            return Wait(last.began + TIMEOUT)
        return Look(last) if way.looks else Lost(last)
    if last.state is State.UNKNOWN and way.looks and now - last.began < LOOKED_FOR:
        soonest = max(last.again or last.began, last.began + TIMEOUT)
        return Look(last) if soonest <= now else Wait(soonest)
    return None


def _again(last: Attempt, tries: int, now: datetime) -> Send | Wait:
    if last.again is not None and now < last.again:
        return Wait(last.again)
    return Send(last.channel, tries + 1)


def _when(step: Send | Wait, now: datetime) -> datetime:
    return step.until if isinstance(step, Wait) else now
