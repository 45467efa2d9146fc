"""Working days of England and Wales: by rule, with what was proclaimed, until a horizon beyond which we refuse.

A working day is any day but Saturday, Sunday, Good Friday, Christmas Day and the bank holidays. Good Friday and
Christmas Day are holidays at common law and stand in no statute, so a table made from the Act alone lacks them.

Source: Banking and Financial Dealings Act 1971 s1 and Sch 1 (Easter Monday, the last Mondays of May and August,
26 December and 27 December); royal proclamations under s1 of that Act (New Year's Day or its substitute, the first
Monday of May, substitutes for 25 and 26 December, and the one-offs that the policy lists).
"""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import lru_cache

from models.policy import Calendar

MONDAY, SATURDAY = 0, 5
ONE_DAY = timedelta(days=1)


class OutsideCalendar(ValueError):
    """A working day was asked for that the calendar cannot know."""


class BeyondHorizon(OutsideCalendar):
    """The answer lies after the last day for which the bank holidays are known."""

    def __init__(self, calendar: Calendar) -> None:
        """Say which calendar ran out, when, and what to do."""
        super().__init__(
            f"The working-day calendar {calendar.version} ends on {in_words(calendar.horizon)}. "
            "Add the holidays that were proclaimed for later years to `calendar: proclaimed:` in the policy file, "
            "move `calendar: horizon:`, and run `reviews policy check`."
        )


class BeforeBeginning(OutsideCalendar):
    """The answer lies before the first day for which the proclaimed holidays are listed."""

    def __init__(self, calendar: Calendar) -> None:
        """Say where the calendar begins, and what to do."""
        super().__init__(
            f"The working-day calendar {calendar.version} begins on {in_words(calendar.begins)}. "
            "Give a later date, or add the holidays proclaimed before then to the policy file and move "
            "`calendar: begins:`."
        )


class WorkingDays:
    """All working days of one calendar, counted once: every question is then a look into a list.

    The day from which one counts is itself never counted (compare Children and Young Persons Act 2008 s31:
    "beginning with the day after").
    """

    def __init__(self, calendar: Calendar) -> None:
        """Count all days from the calendar's beginning to its horizon; prefer `working_days`, which keeps them."""
        self.calendar = calendar
        self._first = calendar.begins.toordinal()
        self._off = dict(_days_off(calendar))
        self._days: list[date] = []
        self._until: list[int] = []  # by day since the beginning: working days up to and including it
        for ordinal in range(self._first, calendar.horizon.toordinal() + 1):
            day = date.fromordinal(ordinal)
            if day.weekday() < SATURDAY and day not in self._off:
                self._days.append(day)
            self._until.append(len(self._days))

    def is_working_day(self, day: date) -> bool:
        """Tell whether `day` is worked. Raises BeyondHorizon or BeforeBeginning."""
        return self._before(day) != self._up_to(day)

    def day_off(self, day: date) -> str | None:
        """Say why `day` is not worked ("Saturday", "Good Friday"), or None when it is."""
        self._up_to(day)
        return self._off.get(day) or (day.strftime("%A") if day.weekday() >= SATURDAY else None)

    def holidays(self, year: int) -> dict[date, str]:
        """Give the weekdays of `year` that are off, with their names: substitutes, but no Saturday and no Sunday."""
        if date(year, 12, 31) < self.calendar.begins:
            raise BeforeBeginning(self.calendar)
        if date(year, 1, 1) > self.calendar.horizon:
            raise BeyondHorizon(self.calendar)
        return {day: title for day, title in sorted(self._off.items()) if day.year == year}

    def add(self, day: date, n: int) -> date:
        """Give the n-th working day after `day` (before it, when n is negative); `day` itself when n is 0."""
        if n == 0:
            self._up_to(day)
            return day
        return self._at(self._up_to(day) + n - 1 if n > 0 else self._before(day) + n)

    def nth_counted(self, start: date, n: int, counts: Callable[[date], bool]) -> date:
        """Give the n-th working day after `start` that `counts`: so a suspended day is passed over, not counted."""
        if n == 0:
            self._up_to(start)
            return start
        at, step = (self._up_to(start), 1) if n > 0 else (self._before(start) - 1, -1)
        left = abs(n)
        while True:
            day = self._at(at)
            left -= counts(day)
            if not left:
                return day
            at += step

    def counted(self, after: date, until: date) -> tuple[date, ...]:
        """List the working days after `after`, up to and including `until`: the days that a clock counted."""
        return tuple(self._days[self._up_to(after) : self._up_to(until)])

    def counted_between(self, a: date, b: date) -> int:
        """Count the working days from `a` to `b` so that `add(a, n)` is n away; negative when `b` is before `a`."""
        return self._up_to(b) - self._up_to(a) if b >= a else self._before(b) - self._before(a)

    def warning(self, today: date) -> str | None:
        """Say that the calendar will soon run out (or has), from `warn_days` before its horizon on; else None."""
        left = (self.calendar.horizon - today).days
        if left > self.calendar.warn_days:
            return None
        when = f"ends on {in_words(self.calendar.horizon)}, in {left} days" if left >= 0 else "has run out"
        return (
            f"The working-day calendar {self.calendar.version} {when}. Deadlines beyond its end cannot be counted. "
            "Whoever keeps the policy file has to add the holidays proclaimed since, and to move `calendar: horizon:`."
        )

    def _up_to(self, day: date) -> int:
        since = day.toordinal() - self._first
        if since < 0:
            raise BeforeBeginning(self.calendar)
        if since >= len(self._until):
            raise BeyondHorizon(self.calendar)
        return self._until[since]

    def _before(self, day: date) -> int:
        up_to = self._up_to(day)
        return up_to - 1 if up_to and self._days[up_to - 1] == day else up_to

    def _at(self, index: int) -> date:
        if index < 0:
            raise BeforeBeginning(self.calendar)
        if index >= len(self._days):
            raise BeyondHorizon(self.calendar)
        return self._days[index]


@lru_cache(maxsize=16)
def working_days(calendar: Calendar) -> WorkingDays:
    """Give the working days of `calendar`, counted once for all calendars of equal content."""
    return WorkingDays(calendar)


def holidays_by_rule(year: int) -> dict[date, str]:
    """Name the weekdays that are off in every year by rule, before anything is proclaimed for that year alone."""
    easter = easter_sunday(year)
    holidays = {
        easter - 2 * ONE_DAY: "Good Friday",
        easter + ONE_DAY: "Easter Monday",
        _monday_on_or_after(date(year, 5, 1)): "Early May bank holiday",
        _monday_on_or_after(date(year, 5, 25)): "Spring bank holiday",
        _monday_on_or_after(date(year, 8, 25)): "Summer bank holiday",
    }
    fixed = {
        date(year, 1, 1): "New Year's Day",
        date(year, 12, 25): "Christmas Day",
        date(year, 12, 26): "Boxing Day",
    }
    holidays |= {day: title for day, title in fixed.items() if day.weekday() < SATURDAY}
    for day, title in fixed.items():
        if day.weekday() >= SATURDAY:
            holidays[_next_free_weekday(day, holidays)] = f"{title} (substitute day)"
    return holidays


def easter_sunday(year: int) -> date:
    """Give Easter Sunday by the Gregorian computus (Calendar (New Style) Act 1750, schedule)."""
    century, of_century = divmod(year, 100)
    golden = year % 19
    corrected = (8 * century + 13) // 25
    moon = (19 * golden + century - century // 4 - corrected + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (of_century // 4) - moon - of_century % 4) % 7
    late = (golden + 11 * moon + 22 * weekday) // 451
    month, day = divmod(moon + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def in_words(day: date) -> str:
    """Write a date as people read it: 4 May 2026."""
    return f"{day.day} {day:%B %Y}"


def _days_off(calendar: Calendar) -> Iterator[tuple[date, str]]:
    off = {
        day: title
        for year in range(calendar.begins.year, calendar.horizon.year + 1)
        for day, title in holidays_by_rule(year).items()
    }
    for proclaimed in calendar.proclaimed:
        if proclaimed.works:
            off.pop(proclaimed.day, None)
        elif proclaimed.day.weekday() < SATURDAY:
            off[proclaimed.day] = proclaimed.title
    return ((day, title) for day, title in off.items() if calendar.begins <= day <= calendar.horizon)


def _monday_on_or_after(day: date) -> date:
    return day + (MONDAY - day.weekday()) % 7 * ONE_DAY


def _next_free_weekday(day: date, taken: dict[date, str]) -> date:
    while day.weekday() >= SATURDAY or day in taken:
        day += ONE_DAY
    return day
