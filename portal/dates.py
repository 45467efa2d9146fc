"""Days and times as people type them: "27", "3" or "March", "2026", and "14:30" or "2.30pm"."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time

from models.time import at, london

PARTS = ("day", "month", "year")
CLOCK = "time"

_MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_TIME = re.compile(r"(?P<hour>\d{1,2})(?:[:.]?(?P<minute>\d{2}))? ?(?P<half>am|pm)?", re.ASCII | re.IGNORECASE)
_NOON = 12
_SHORTEST_MONTH = 3


@dataclass(frozen=True)
class Unreadable:
    """What is wrong with a date or a time, as the end of a sentence; `part` is the box to look at."""

    words: str
    part: str


def read_day(typed: dict[str, str]) -> date | Unreadable | None:
    """The date in three boxes; None when all of them are empty."""
    parts = {part: typed.get(part, "").strip() for part in PARTS}
    if not any(parts.values()):
        return None
    missing = [part for part in PARTS if not parts[part]]
    if missing:
        return Unreadable(f"the date must include a {' and a '.join(missing)}", missing[0])
    if not re.fullmatch(r"\d{4}", parts["year"], re.ASCII):
        return Unreadable("the year must have four figures", "year")
    month = _month(parts["month"])
    if month is None:
        return Unreadable("the month must be a number from 1 to 12, or its name", "month")
    try:
        return date(int(parts["year"]), month, _number(parts["day"]))
    except ValueError:
        return Unreadable("it must be a real date, for example 27 3 2026", "day")


def read_moment(typed: dict[str, str], *, clock_required: bool) -> datetime | Unreadable | None:
    """The moment at which London clocks show it. Without a time it is the start of the day, where that is enough."""
    day = read_day(typed)
    said = typed.get(CLOCK, "").strip()
    if day is None and said:
        return Unreadable("the date is missing", "day")
    if day is None or isinstance(day, Unreadable):
        return day
    if not said and clock_required:
        return Unreadable("the time is missing, for example 14:30", CLOCK)
    clock = _clock(said) if said else time(0)
    if clock is None:
        return Unreadable("the time must be written like 14:30 or 2:30pm", CLOCK)
    moment = at(day, clock)
    if london(moment).time() != clock:
        return Unreadable("there was no such time: the clocks went forward from 1am to 2am", CLOCK)
    return moment


def typed_day(day: date) -> dict[str, str]:
    return {"day": str(day.day), "month": str(day.month), "year": f"{day.year:04}"}


def typed_moment(moment: datetime) -> dict[str, str]:
    here = london(moment)
    return {**typed_day(here.date()), CLOCK: f"{here:%H:%M}"}


def _number(figures: str) -> int:
    if not re.fullmatch(r"\d{1,2}", figures, re.ASCII):
        raise ValueError
    return int(figures)


def _month(said: str) -> int | None:
    if re.fullmatch(r"\d{1,2}", said, re.ASCII):
        return int(said) if 1 <= int(said) <= len(_MONTHS) else None
    if len(said) < _SHORTEST_MONTH:
        return None
    return next((number for number, month in enumerate(_MONTHS, 1) if month.startswith(said.lower())), None)


def _clock(said: str) -> time | None:
    match = _TIME.fullmatch(said)
    if match is None or (match["minute"] is None and match["half"] is None):
        return None
    hour, minute, half = int(match["hour"]), int(match["minute"] or 0), (match["half"] or "").lower()
    if half and not 1 <= hour <= _NOON:
        return None
    if half:
        hour = hour % _NOON + (_NOON if half == "pm" else 0)
    try:
        return time(hour, minute)
    except ValueError:
        return None
