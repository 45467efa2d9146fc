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


def london(moment: datetime) -> datetime:
    return moment.astimezone(LONDON)
