"""Days as people write them in a sheet: what can be read exactly is read; anything else is named, never guessed."""

import calendar
import re
from datetime import date, datetime, timedelta

from models.grid import BROKEN, Value
from models.sheet_mapping import Dates, Edge, spoken

_EPOCH = date(1899, 12, 30)  # day nought of Excel, whose 1900 had a day too many
_ORDINAL = re.compile(r"(?<=\d)(st|nd|rd|th)\b")
_WEEKDAY = re.compile(r"^(mon|tues?|wed(nes)?|thu(rs?)?|fri|sat(ur)?|sun)(day)? ")
_MONTH = re.compile(r"(?:(?:the )?(?P<edge>end|beginning|start) of )?(?P<month>[a-z]+) (?P<year>\d{4})")
_QUARTER = re.compile(r"(?:quarter |q ?)(?P<quarter>[1-4])(?: of)? (?:20)?(?P<year>\d\d) (?:20)?(?P<next>\d\d)")
_NUMBERS = re.compile(r"\d{1,2} \d{1,2} \d{2}(\d{2})?")
_SERIAL = re.compile(r"\d{5}")
_MONTHS = {
    name.casefold(): number
    for names in (calendar.month_name, calendar.month_abbr)
    for number, name in enumerate(names)
    if name
} | {"sept": 9}
_IN_A_QUARTER, _IN_A_YEAR = 3, 12

NO_SUCH_DAY = "There is no such day. Write one that exists."
MONTH = "A month is not a day. Write the day, or say in the mapping file which day of a month is meant."
QUARTER = "A quarter is not a day. Write the day, or say in the mapping file which day of a quarter is meant."
SERIAL = "This is a bare number. Give the cell the format of a date, or say in the mapping file that it is a day."
NOT_A_DAY = "This cannot be read as a day. Write it as 31/03/2024, or say in the mapping file what it means."
OUT_OF_REACH = "This day is outside the years that are looked for. Is the year right?"
FAILED = "The formula in this cell has failed. Write the day."


class NotADay(ValueError):
    """What stands there is no day that can be read exactly. `mend`: what to add to the mapping file, if that helps."""

    def __init__(self, words: str, mend: str = "") -> None:
        super().__init__(words)
        self.words, self.mend = words, mend


class Days:
    """How one sheet writes its days; each way of writing is looked at once."""

    def __init__(self, dates: Dates) -> None:
        self._dates = dates
        self._meant = {spoken(words): day for words, day in dates.meant.items()}
        self._undated = {spoken(words) for words in dates.undated}
        self._kept: dict[str, date | NotADay | None] = {}

    def read(self, value: Value) -> date | None:
        """The day that a cell says; None where it says none. Raises NotADay."""
        if isinstance(value, date):
            return self._within(value.date() if isinstance(value, datetime) else value)
        if value is None:
            return None
        text = str(value)
        if text not in self._kept:
            self._kept[text] = self._once(text)
        found = self._kept[text]
        if isinstance(found, NotADay):
            raise NotADay(found.words, found.mend)
        return found

    def _once(self, text: str) -> date | NotADay | None:
        try:
            found = self._said(text)
            return None if found is None else self._within(found)
        except NotADay as wrong:
            return wrong

    def _said(self, text: str) -> date | None:
        words = spoken(text)
        if words in self._undated:
            return None
        if words in self._meant:
            return self._meant[words]
        if text == BROKEN:
            raise NotADay(FAILED)
        if found := self._written_out(text):
            return found
        if _SERIAL.fullmatch(text):
            return self._counted(int(text))
        if month := _MONTH.fullmatch(words):
            return self._of_month(month)
        if quarter := _QUARTER.fullmatch(words):
            return self._of_quarter(quarter)
        if _NUMBERS.fullmatch(words):
            raise NotADay(NO_SUCH_DAY)
        raise NotADay(NOT_A_DAY, "undated")

    def _written_out(self, text: str) -> date | None:
        plainly = _ORDINAL.sub("", " ".join(text.casefold().replace(",", " ").split()))
        plainly = re.sub(r"\bsept\b", "sep", _WEEKDAY.sub("", plainly))
        for form in self._dates.formats:
            try:
                return datetime.strptime(plainly, form).date()  # noqa: DTZ007 -- a day, without an hour
            except ValueError:
                continue
        return None

    def _counted(self, number: int) -> date:
        if not self._dates.serials:
            raise NotADay(SERIAL, "serials: true")
        return _EPOCH + timedelta(days=number)

    def _of_month(self, found: re.Match[str]) -> date:
        month = _MONTHS.get(found["month"])
        if month is None:
            raise NotADay(NOT_A_DAY, "undated")
        said = {None: self._dates.month, "end": Edge.LAST}.get(found["edge"], Edge.FIRST)
        if said is None:
            raise NotADay(MONTH, "month: last_day")
        return _edge(int(found["year"]), month, month, said)

    def _of_quarter(self, found: re.Match[str]) -> date:
        year, following = int(found["year"]), int(found["next"])
        if (year + 1) % 100 != following:
            raise NotADay(NOT_A_DAY, "undated")
        if self._dates.quarter is None:
            raise NotADay(QUARTER, "quarter: last_day")
        first = 1 + int(found["quarter"]) * _IN_A_QUARTER  # the financial year begins in April
        if first > _IN_A_YEAR:
            first, year = first - _IN_A_YEAR, year + 1
        return _edge(2000 + year, first, first + _IN_A_QUARTER - 1, self._dates.quarter)

    def _within(self, day: date) -> date:
        if (self._dates.earliest and day < self._dates.earliest) or (self._dates.latest and day > self._dates.latest):
            raise NotADay(OUT_OF_REACH)
        return day


def _edge(year: int, first: int, last: int, edge: Edge) -> date:
    """The first or the last day of some months of a year."""
    return date(year, first, 1) if edge is Edge.FIRST else date(year, last, calendar.monthrange(year, last)[1])
