"""Days and moments as people in England read them. Aware datetimes only; Europe/London for people, UTC inside."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


def day_of(moment: datetime) -> date:
    """The London day on which a moment falls."""
    return moment.astimezone(LONDON).date()


def at(day: date, clock: time) -> datetime:
    """The moment (UTC) at which London clocks show `clock` on `day`; the first of the two when clocks go back."""
    return datetime.combine(day, clock, LONDON).astimezone(UTC)


def end_of(day: date) -> datetime:
    """The last second of a London day: a deadline "by Tuesday" runs out then."""
    return at(day, time(23, 59, 59))


def is_whole_day(due: datetime) -> bool:
    """Whether something is due on a day, and not at an hour of it."""
    return london(due).time().replace(microsecond=0) == time(23, 59, 59)


def precedes(one: datetime, other: datetime) -> bool:
    """Whether `one` was surely before `other`: by minutes, for nobody is asked for seconds; by days at midnight.

    What is known by its day alone is kept as the start of it.
    """
    if time(0) in {london(one).time(), london(other).time()}:
        return day_of(one) < day_of(other)
    return one < other.replace(second=0, microsecond=0)


def london(moment: datetime) -> datetime:
    return moment.astimezone(LONDON)


def day(moment: datetime) -> str:
    """As in "Tuesday 3 March 2026"."""
    here = london(moment)
    return f"{here:%A} {here.day} {here:%B %Y}"


def clock(moment: datetime) -> str:
    """The hour as people read it, in London: "2:05pm", "midday" and "midnight"."""
    here = london(moment)
    if here.minute == 0 and here.hour in _NAMED:
        return _NAMED[here.hour]
    return f"{here.hour % 12 or 12}:{here:%M}{'am' if here.hour < _NOON else 'pm'}"


def in_full(moment: datetime) -> str:
    """As in "Tuesday 3 March 2026 at 2:05pm", London time."""
    return f"{day(moment)} at {clock(moment)}"


_NOON = 12
_NAMED = {0: "midnight", _NOON: "midday"}
