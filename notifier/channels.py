"""A channel: one way by which messages leave the house. Slack, mail and GOV.UK Notify are each one."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol, runtime_checkable

from models.base import Message
from models.delivery import State
from models.directory import Person


class Parcel(Message):
    """A message as it leaves: the same words in every form that a channel may want. Nothing in it is personal."""

    key: str
    """Travels inside the message, so that it can be looked for."""
    subject: str
    text: str
    """All of it in plain text."""
    html: str = ""
    blocks: tuple[dict[str, Any], ...] = ()
    """Slack's Block Kit; none: the plain text is all that there is."""
    of: tuple[str, ...] = ()
    """The marks of the notices in it (records.outbox.mark_of), which travel inside as well."""
    settled: bool = False
    """Whether nothing of it will ever ask for anything again: it says so, and is not written anew."""
    until: datetime | None = None
    """When it stops being true although nothing happens: a promised day passes, or the time that was granted."""
    fell_back: bool = False
    """Whether something of it could not be made, so that it says less than it should: the business unit has to know."""


class Found(Message):
    """A message that a channel has: its key, and the marks of the notices in it, as far as it carries them."""

    key: str
    of: tuple[str, ...] = ()
    place: dict[str, Any] = {}


class Settled(Message):
    """What became of a request. `wait`: how long the channel says that it wants to be left alone."""

    state: State
    place: dict[str, Any] = {}
    error: str = ""
    wait: timedelta | None = None


class Trouble(Message):
    """What is wrong with a channel's setting, as `reviews doctor` says it."""

    what: str
    do: str
    why: str = ""
    """Why it matters; empty: nobody gets anything by this channel, and that is grave."""


@runtime_checkable
class Threaded(Protocol):
    """A channel that has rooms and threads, as Slack has."""

    def within(self, room: str, thread: str = "") -> "Channel":
        """The same, but everything goes into this room, and into this thread of it."""


class Channel(Protocol):
    """One way out. A call takes less than models.delivery.TIMEOUT, sleeps nowhere, and tries nothing twice."""

    name: str
    looks: bool
    """Whether it can be asked what it has."""
    changes: bool
    """Whether what has arrived can be changed in place."""
    follows: bool
    """Whether it says later what became of what it took: delivered, or reached nobody."""

    def leads_to(self, person: Person) -> bool:
        """Whether it has an address of this person."""

    async def send(self, person: Person, parcel: Parcel) -> Settled:
        """Ask the channel to take it. Raises nothing that a channel can do wrong."""

    async def look(self, person: Person, key: str, since: datetime) -> Settled:
        """What the channel has under this key since then: arrived, failed_for_now (it is not there), or unknown."""

    async def sent(self, person: Person, since: datetime) -> list[Found] | None:
        """Every message of ours to them that the channel has since then; none: it cannot say, now or ever."""

    async def change(self, place: dict[str, Any], parcel: Parcel) -> Settled:
        """Make a message that has arrived say this. Where a channel cannot, it says that it arrived."""

    async def check(self, people: Mapping[str, Person]) -> list[Trouble]:
        """Try the setting, and what it takes to reach these people, without sending anything to anybody."""
