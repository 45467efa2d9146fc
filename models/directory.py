"""Agencies, people and the offices they hold: who is told, when an office is to be told something.

Rungs address offices, never people; the directory answers when a rung fires. Days are inclusive and read in
Europe/London. Nothing here reads a file or a clock.
"""

from collections.abc import Container
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from models.base import Message, Word
from models.policy import AgencyKind, Name, Text
from models.time import day_of

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=60)]
PersonId = Annotated[str, StringConstraints(pattern=r"^p-[0-9]{3,6}$")]
EMail = Annotated[
    str,
    StringConstraints(
        pattern=r"^[A-Za-z0-9](?:[A-Za-z0-9._%+'-]*[A-Za-z0-9_+])?@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}$",
        max_length=254,
    ),
]
SlackId = Annotated[str, StringConstraints(pattern=r"^[UW][A-Z0-9]{2,20}$")]


class ChannelName(StrEnum):
    """A way by which people can be told something, besides their inbox; the usual order."""

    SLACK = "slack"
    MAIL = "mail"
    NOTIFY = "notify"


class Agency(Word):
    """A body that takes part. `partner`: one of the statutory safeguarding partners (Children Act 2004 s16E(3))."""

    name: Text
    kind: AgencyKind
    partner: bool = False


class Leave(Word):
    """Days on which a person is away, the first and the last among them."""

    first: date
    last: date

    def covers(self, day: date) -> bool:
        """Tell whether the person is away on `day`."""
        return self.first <= day <= self.last


class Person(Word):
    """Somebody who can be told something."""

    name: Text
    email: EMail
    slack_id: SlackId | None = None
    channels: Annotated[tuple[ChannelName, ...], Field(min_length=1)] | None = None
    """By which of them, in this order; none said: by all that are set up, in the usual order."""
    leave: tuple[Leave, ...] = ()
    interests: tuple[Slug, ...] = ()
    """Of a reviewer: agencies in which they have declared an interest, such as having worked there."""
    declared: date | None = None
    """When they last declared their interests; none: they never have."""

    def is_away(self, day: date) -> bool:
        """Tell whether any leave of this person covers `day`."""
        return any(leave.covers(day) for leave in self.leave)


class Holding(Word):
    """One person in one office, with a deputy, from the first day to the last. No agency: once in the partnership."""

    office: Name
    agency: Slug | None = None
    person: PersonId
    deputy: PersonId | None = None
    since: date
    until: date | None = None

    def covers(self, day: date) -> bool:
        """Tell whether the office is held so on `day`."""
        return self.since <= day and (self.until is None or day <= self.until)


class Reason(StrEnum):
    """Why the directory answered as it did."""

    HOLDER = "holder"
    DEPUTY = "deputy"
    EMPTY = "empty"
    AWAY = "away"


class Answer(Message):
    """Who is told, and why: the holder; the deputy for a holder on leave; nobody, for all are away or none holds it."""

    person: str | None
    reason: Reason


class Directory(Word):
    """One partnership's agencies, people and who holds which office."""

    agencies: dict[Slug, Agency] = Field(min_length=1)
    people: dict[PersonId, Person] = Field(min_length=1)
    holdings: tuple[Holding, ...]

    def called(self, agency: str) -> str:
        """Name an agency; one that has left the directory keeps the name under which its cases know it."""
        return self.agencies[agency].name if agency in self.agencies else agency

    def holding(self, office: str, agency: str | None, on: datetime | date) -> Holding | None:
        """Find who holds `office` in `agency` on that day; an office of the whole partnership ignores the agency."""
        day = london_day(on)
        for holding in self.holdings:
            if holding.office == office and holding.agency in (None, agency) and holding.covers(day):
                return holding
        return None

    def look_up(self, office: str, agency: str | None, on: datetime | date, but: Container[str] = ()) -> Answer:
        """Say who is to be told for `office` of `agency` on that day (aware time, or a date in Europe/London).

        `but`: people who are kept out of the matter, and count as away.
        """
        day = london_day(on)
        holding = self.holding(office, agency, day)
        if holding is None:
            return Answer(person=None, reason=Reason.EMPTY)
        if holding.person not in but and self.is_there(holding.person, day):
            return Answer(person=holding.person, reason=Reason.HOLDER)
        if holding.deputy is not None and holding.deputy not in but and self.is_there(holding.deputy, day):
            return Answer(person=holding.deputy, reason=Reason.DEPUTY)
        return Answer(person=None, reason=Reason.AWAY)

    def left_by(self, person: str) -> "Directory":
        """This directory without somebody: their deputies hold their offices, and nobody stands in as they did."""
        kept = []
        for one in self.holdings:
            holder = one.deputy if one.person == person else one.person
            if holder is not None:
                deputy = None if one.deputy in {person, holder} else one.deputy
                kept.append(one.model_copy(update={"person": holder, "deputy": deputy}))
        people = {name: known for name, known in self.people.items() if name != person}
        return self.model_copy(update={"people": people, "holdings": tuple(kept)})

    def is_of(self, person: str, agency: str, day: date) -> bool:
        """Tell whether somebody who is there on that day holds, or deputises in, an office of this agency."""
        seated = any(
            one.agency == agency and person in {one.person, one.deputy} and one.covers(day) for one in self.holdings
        )
        return seated and self.is_there(person, day)

    def reviewers(self) -> list[str]:
        """The register of reviewers: everybody who holds that office, and has no end in it yet."""
        held = (one.person for one in self.holdings if one.office == "reviewer" and one.until is None)
        return list(dict.fromkeys(who for who in held if who in self.people))

    def people_of(self, agency: str) -> list[str]:
        """Everybody who holds, or deputises in, an office of this agency that has no end yet, each once."""
        held = (one for one in self.holdings if one.agency == agency and one.until is None)
        found = (who for one in held for who in (one.person, one.deputy) if who)
        return list(dict.fromkeys(who for who in found if who in self.people))

    def is_there(self, person: str, day: date) -> bool:
        """Tell whether somebody is in the directory, and not away on that day."""
        return person in self.people and not self.people[person].is_away(day)


class NaiveTimeError(ValueError):
    """A time without its zone was given: it is not known which day it is in Europe/London."""

    def __init__(self) -> None:
        """Say what to give instead."""
        super().__init__("A time without a zone has no day. Give an aware time (UTC or Europe/London), or a date.")


def london_day(on: datetime | date) -> date:
    """Give the day in Europe/London. Raises NaiveTimeError for a time without a zone."""
    if not isinstance(on, datetime):
        return on
    if on.tzinfo is None:
        raise NaiveTimeError
    return day_of(on)
