"""The figures of children's deaths: from coarse values of each death to tables, confidential or for everybody.

Decided here, and tested in tests/models/test_death_figures.py:

- A death counts as notified in the year in which its first notification came, as reviewed in the year in which the
  panel completed its review, and as open at the beginning of a year if it was notified before and not yet reviewed.
- Months are whole ones by the rule of `months_between`. A review took under 6 months (fewer than 6 whole months), 6 to
  under 12 (6 to 11 whole months), or 12 months and more: one that took 12 months to the day counts as long.
- Counts come first. A percentage is rounded to a whole number, a half upwards, and so a column may not add up to 100.
  Of nothing there is no percentage.
- Where no figures exist, for a year before records began or after they end, a cell is blank; nought is a count.
- With several years each by itself, category and modifiable factors are of all years together. By year as well they
  would be three tables over the same three things, of which more can be worked out than their sums say.
- What everybody may read says no count of 1 to 4 (or below another threshold), nor what it follows from:
  models/suppression.py. That holds for the tables of one call. Tables of other years, or of some of the areas, can be
  subtracted from each other: print one set, or compare them first.

Child Death Review: Statutory and Operational Guidance (England), 2018, chapters 5 and 6.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import product
from typing import Final, NamedTuple

from models.child_death_commands import Category, Ethnic, Modifiable, Place, age
from models.clocks import add_months
from models.command import Choice
from models.referral import OF_AGE, Sex
from models.suppression import Key, Kind, Mark, Published, Relation, protected


class AgeBand(Choice):
    """The age at death, in the bands in which figures are printed."""

    NEONATAL = "0-27d", "0 to 27 days"
    INFANT = "28-364d", "28 to 364 days"
    UNDER_FIVE = "1-4", "1 to 4 years"
    UNDER_TEN = "5-9", "5 to 9 years"
    UNDER_FIFTEEN = "10-14", "10 to 14 years"
    UNDER_EIGHTEEN = "15-17", "15 to 17 years"


class PlaceGroup(Choice):
    """Where children died, in groups that do not point at one house or ward."""

    HOSPITAL = "hospital", "Hospital"
    HOME = "home", "Home of normal residence"
    OTHER_HOME = "other_home", "Another home, with foster and residential care"
    PUBLIC = "public", "Public place or school"
    HOSPICE = "hospice", "Hospice"
    OTHER = "other", "Elsewhere, or abroad"
    NOT_KNOWN = "not_known", "Not known"


class TimeTaken(Choice):
    """From notification to the panel's completed review."""

    SHORT = "short", "Under 6 months"
    MIDDLE = "middle", "6 to under 12 months"
    LONG = "long", "12 months or more"


_GROUPS: Final[Mapping[Place, PlaceGroup]] = {
    Place.EMERGENCY: PlaceGroup.HOSPITAL,
    Place.WARD: PlaceGroup.HOSPITAL,
    Place.NEONATAL: PlaceGroup.HOSPITAL,
    Place.INTENSIVE: PlaceGroup.HOSPITAL,
    Place.HOSPITAL: PlaceGroup.HOSPITAL,
    Place.MENTAL_HEALTH: PlaceGroup.HOSPITAL,
    Place.HOME: PlaceGroup.HOME,
    Place.PRIVATE: PlaceGroup.OTHER_HOME,
    Place.FOSTER: PlaceGroup.OTHER_HOME,
    Place.RESIDENTIAL: PlaceGroup.OTHER_HOME,
    Place.PUBLIC: PlaceGroup.PUBLIC,
    Place.SCHOOL: PlaceGroup.PUBLIC,
    Place.HOSPICE: PlaceGroup.HOSPICE,
    Place.ABROAD: PlaceGroup.OTHER,
    Place.OTHER: PlaceGroup.OTHER,
    Place.NOT_KNOWN: PlaceGroup.NOT_KNOWN,
}
_LAST_NEONATAL_DAY: Final = 27
_YEARS_BELOW: Final = (
    (1, AgeBand.INFANT),
    (5, AgeBand.UNDER_FIVE),
    (10, AgeBand.UNDER_TEN),
    (15, AgeBand.UNDER_FIFTEEN),
)
_HALF_A_YEAR: Final = 6
_A_YEAR: Final = 12


def place_group(place: Place) -> PlaceGroup:
    return _GROUPS[place]


def age_band(born: date, died: date) -> AgeBand:
    """The band of the age at death. A year of age begins on the birthday, however many days the year before had.

    So who died on the eve of a first birthday is in the band of infants also after 365 days, as it can be over a
    29 February. Raises ValueError for a death before birth or at 18 and over, which no review counts.
    """
    years, days = age(born, died), (died - born).days
    if days < 0 or years >= OF_AGE:
        raise ValueError("Deaths are counted from birth until the eighteenth birthday.")
    if days <= _LAST_NEONATAL_DAY:
        return AgeBand.NEONATAL
    return next((band for below, band in _YEARS_BELOW if years < below), AgeBand.UNDER_EIGHTEEN)


def months_between(start: date, end: date) -> int:
    """Whole calendar months from one day to another, by the rule by which deadlines in months are counted.

    A month is over on the same day of the next month, or on its last day where that day does not exist: 31 January to
    28 February is one month, so that a review done on the last day of its time was in time here too. Raises ValueError
    if the end comes first.
    """
    if end < start:
        raise ValueError("A review cannot be complete before the death was notified.")
    months = (end.year - start.year) * 12 + end.month - start.month
    return months if add_months(start, months) <= end else months - 1


def time_taken(months: int) -> TimeTaken:
    """The band of so many whole months. Each number is in one band."""
    if months < _HALF_A_YEAR:
        return TimeTaken.SHORT
    return TimeTaken.MIDDLE if months < _A_YEAR else TimeTaken.LONG


def percentage(count: int, of: int) -> int | None:
    """Rounded to a whole number, a half upwards; none of nothing."""
    return (200 * count + of) // (2 * of) if of else None


class Counted(NamedTuple):
    """The coarse values of one death. `notified` and `reviewed` are the first days of their months.

    `reviewed` is never before `notified`. None: the review is open, or nothing was recorded.
    """

    notified: date
    reviewed: date | None
    months: int | None
    age_band: AgeBand
    sex: Sex
    ethnic_group: Ethnic
    place: PlaceGroup
    area: str
    category: Category | None
    modifiable: Modifiable | None


class Begins(Choice):
    """When a year begins, by the number of the month."""

    JANUARY = "1", "1 January"
    APRIL = "4", "1 April"


@dataclass(frozen=True, kw_only=True)
class Years:
    """The years of the tables, each named by the year in which it begins.

    `together`: as one period, otherwise each by itself with all of them at the end. `since`, `until`: the first and
    the last month for which there are figures at all.
    """

    first: int
    last: int
    begins: Begins = Begins.APRIL
    together: bool = False
    since: date | None = None
    until: date | None = None

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError("The last year is before the first.")

    def of(self, day: date) -> int:
        return day.year if day.month >= int(self.begins) else day.year - 1

    def start(self, year: int) -> date:
        return date(year, int(self.begins), 1)

    def words(self, year: int) -> str:
        return str(year) if self.begins is Begins.JANUARY else f"{year}/{(year + 1) % 100:02}"

    def recorded(self) -> range:
        """The years of which figures exist, at least of some months."""
        first = max(self.first, self.of(self.since)) if self.since else self.first
        last = min(self.last, self.of(self.until)) if self.until else self.last
        return range(first, last + 1)

    @property
    def span(self) -> str:
        return self.words(self.first) + (f" to {self.words(self.last)}" if self.first != self.last else "")

    @property
    def several(self) -> bool:
        """Whether there is a column for each year."""
        return self.first != self.last and not self.together


@dataclass(frozen=True)
class Cell:
    """What is printed. `count`: none if it is blank or not for everybody to read. `percent`: where one is asked for."""

    count: int | None
    percent: int | None = None
    mark: Mark = Mark.SHOWN


class Row(NamedTuple):
    label: str
    cells: tuple[Cell, ...]


class Table(NamedTuple):
    """`heads`: of the column of labels, and of each column of cells. `denominator`: what percentages are of."""

    name: str
    title: str
    heads: tuple[str, ...]
    rows: tuple[Row, ...]
    total: Row | None
    denominator: str
    notes: tuple[str, ...]


class _Slot(NamedTuple):
    """Which count stands in a cell, and of which other one it is a share."""

    key: Key | None
    of: Key | None = None


_Line = tuple[str, tuple[_Slot, ...]]


class _Layout(NamedTuple):
    name: str
    title: str
    heads: tuple[str, ...]
    lines: tuple[_Line, ...]
    total: _Line | None
    denominator: str
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Figures:
    """Every count once, and the tables in which they stand.

    `unseen`: counts that stand in none, but cannot be negative. `deaths`: those that were counted.
    """

    counts: Mapping[Key, int]
    unseen: Mapping[Key, int]
    deaths: tuple[Counted, ...]
    years: Years
    relations: tuple[Relation, ...]
    layouts: tuple[_Layout, ...]

    def kinds(self) -> Iterator[Kind]:
        """In which counts the deaths of each kind count, in an order that is not that of the deaths."""
        each = Counter(_coarse(one) for one in self.deaths)
        return (kind for kind in sorted({tuple(_keys_of(one, self.years)) for one in each}) if kind)

    def confidential(self) -> tuple[Table, ...]:
        """Every count. It may show who a child was, and is for those who may know."""
        return tuple(_printed(one, self.counts, {}, ()) for one in self.layouts)

    def public(self, threshold: int = 5) -> tuple[Table, ...]:
        """For everybody: no count from 1 to one below the threshold, nor what it could be worked out from."""
        weights = {key: _weight(key) for key in self.counts}
        marks = protected(Published(self.counts, self.relations, self.unseen, self.kinds, weights), threshold)
        note = (
            f"Counts from 1 to {threshold - 1} are not printed, nor are others from which they could be worked out. "
            "Noughts are printed. A percentage is left out with its count, and with the count that it is of."
        )
        return tuple(_printed(one, self.counts, marks, (note,)) for one in self.layouts)


def figures(deaths: Iterable[Counted], years: Years) -> Figures:
    """All tables of these deaths. Deaths that were neither notified nor reviewed in these years count as open only."""
    every = tuple(deaths)
    counts = _counts(every, years)
    unseen, layouts = _unseen(counts, every, years), tuple(_layouts(counts, years))
    return Figures(counts, unseen, every, years, tuple(_relations(years)), layouts)


_NOTIFIED: Final = "notified"
_REVIEWED: Final = "reviewed"
_OPEN: Final = "open"
_ALL: Final = ""
_NOTHING: Final = ""
"""Of a reviewed death, in the place of what was not recorded."""

_DIMENSIONS: Final[Mapping[str, tuple[Choice, ...]]] = {
    "time": tuple(TimeTaken),
    "age": tuple(AgeBand),
    "category": tuple(Category),
    "place": tuple(PlaceGroup),
    "ethnic_group": tuple(Ethnic),
    "sex": tuple(Sex),
    "modifiable": tuple(Modifiable),
}
_BY_YEAR: Final[Mapping[str, tuple[str, ...]]] = {
    _NOTIFIED: ("age",),
    _REVIEWED: ("time", "age", "place", "ethnic_group", "sex"),
}
_CROSSED: Final = ("category", "age")
"""By these the modifiable share is printed."""


def _values(dimension: str) -> tuple[str, ...]:
    return (*(str(one) for one in _DIMENSIONS[dimension]), _NOTHING)


def _whens(years: Years) -> tuple[str, ...]:
    """Of a count by year: each year, and all."""
    return (*(str(year) for year in years.recorded() if years.several), _ALL)


def _weight(key: Key) -> int:
    """Totals are dearer than cells, the more so the more tables they stand in."""
    measure, when, *dimensions = key
    if dimensions:
        return 3 if when == _ALL and len(dimensions) == len(("dimension", "value")) else 1
    if measure == _OPEN:
        return 3
    return 20 if when != _ALL else 60


def _counts(every: Sequence[Counted], years: Years) -> Counter[Key]:
    """Every count of the tables, noughts too: deaths are counted for each table at once, not one by one."""
    found: Counter[Key] = Counter(dict.fromkeys(_keys(years), 0))
    if not years.recorded():
        return found
    _count_notified(found, every, years)
    _count_reviewed(found, every, years)
    found[_OPEN, str(years.recorded().start)] = len(_open_before(every, years))
    for before, after, when in _flows(years):
        found[after] = found[before] + found[_NOTIFIED, when] - found[_REVIEWED, when]
    return found


def _open_before(every: Sequence[Counted], years: Years) -> list[Counted]:
    """Those whose review was open when the first year began."""
    day = years.start(years.recorded().start)
    return [one for one in every if _is_open(one, day)]


def _unseen(counts: Mapping[Key, int], every: Sequence[Counted], years: Years) -> dict[Key, int]:
    """How many reviews were open of each age band, and how many of those at the beginning did not end as long ones.

    No table says so, but whoever subtracts knows that they are not negative: if none were open before and after a year,
    the deaths notified in it and those reviewed in it are the same.
    """
    if not years.recorded():
        return {}
    bands = Counter(str(one.age_band) for one in _open_before(every, years))
    found: dict[Key, int] = {(_OPEN, str(years.recorded().start), "age", band): bands[band] for band in _values("age")}
    for before, after, when in _flows(years):
        for band in _values("age"):
            of = ("age", band)
            found[*after, *of] = found[*before, *of] + counts[_NOTIFIED, when, *of] - counts[_REVIEWED, when, *of]
        if _is_a_year(years):
            found[*before, "not long"] = counts[before] - counts[_REVIEWED, when, "time", TimeTaken.LONG]
    return found


def _is_a_year(years: Years) -> bool:
    """Whether each column is of one year: then a review of 12 months and more was open before it."""
    return years.several or years.first == years.last


def _count_notified(found: Counter[Key], every: Sequence[Counted], years: Years) -> None:
    within = _year_names({one.notified for one in every}, years)
    when = [within[one.notified] for one in every]
    _count_by_year(found, _NOTIFIED, when, years, age=[str(one.age_band) for one in every])


def _count_reviewed(found: Counter[Key], every: Sequence[Counted], years: Years) -> None:
    within = _year_names({one.reviewed for one in every if one.reviewed}, years)
    reviewed = [one for one in every if one.reviewed and within[one.reviewed]]
    when = [within[one.reviewed] for one in reviewed if one.reviewed]
    each = [_reviewed_values(one) for one in reviewed]
    values = {name: [one[name] for one in each] for name in _DIMENSIONS}
    _count_by_year(found, _REVIEWED, when, years, **{name: values[name] for name in _BY_YEAR[_REVIEWED]})
    for dimension in ("category", "modifiable"):
        for value, many in Counter(values[dimension]).items():
            found[_REVIEWED, _ALL, dimension, value] += many
    for dimension in _CROSSED:
        for (value, modifiable), many in Counter(zip(values[dimension], values["modifiable"], strict=True)).items():
            found[_REVIEWED, _ALL, dimension, value, "modifiable", modifiable] += many


def _reviewed_values(death: Counted) -> dict[str, str]:
    return {
        "time": _NOTHING if death.months is None else str(time_taken(death.months)),
        "age": str(death.age_band),
        "category": str(death.category or _NOTHING),
        "place": str(death.place),
        "ethnic_group": str(death.ethnic_group),
        "sex": str(death.sex),
        "modifiable": str(death.modifiable or _NOTHING),
    }


def _count_by_year(
    found: Counter[Key], measure: str, when: Sequence[str], years: Years, **values: Sequence[str]
) -> None:
    """Count, in each year and in all, every death and its values; those of other years have no name for their year."""
    for year, many in Counter(when).items():
        for one in _columns_of(year, years):
            found[measure, one] += many
    for dimension, each in values.items():
        for (year, value), many in Counter(zip(when, each, strict=True)).items():
            for one in _columns_of(year, years):
                found[measure, one, dimension, value] += many


def _year_names(days: Iterable[date], years: Years) -> dict[date, str]:
    """The year of each day, as it stands in keys; empty if it is none of the recorded ones."""
    recorded = years.recorded()
    return {day: str(years.of(day)) if years.of(day) in recorded else "" for day in days}


def _columns_of(year: str, years: Years) -> tuple[str, ...]:
    if not year:
        return ()
    return (year, _ALL) if years.several else (_ALL,)


def _keys(years: Years) -> Iterator[Key]:
    if not years.recorded():
        return
    for measure, dimensions in _BY_YEAR.items():
        for when in _whens(years):
            yield measure, when
            for dimension in dimensions:
                yield from ((measure, when, dimension, value) for value in _values(dimension))
    for dimension in ("category", "modifiable"):
        yield from ((_REVIEWED, _ALL, dimension, value) for value in _values(dimension))
    for dimension in _CROSSED:
        for value, modifiable in product(_values(dimension), _values("modifiable")):
            yield _REVIEWED, _ALL, dimension, value, "modifiable", modifiable
    for before, after, _ in _flows(years):
        yield before
        yield after


def _flows(years: Years) -> Iterator[tuple[Key, Key, str]]:
    """Of each period how many were open before and after it, and when that was."""
    recorded = years.recorded()
    if years.several:
        for year in recorded:
            yield (_OPEN, str(year)), (_OPEN, str(year + 1)), str(year)
    elif recorded:
        yield (_OPEN, str(recorded.start)), (_OPEN, str(recorded.stop)), _ALL


def _coarse(death: Counted) -> Counted:
    """The same without its area, by which nothing is printed."""
    return death._replace(area="")


def _keys_of(death: Counted, years: Years) -> Iterator[Key]:
    """The counts in which one death counts, those too that stand in no table."""
    for when in _whens_of(death.notified, years):
        yield _NOTIFIED, when
        yield _NOTIFIED, when, "age", str(death.age_band)
    yield from _stocks_of(death, years)
    if death.reviewed is None:
        return
    values = _reviewed_values(death)
    for when in _whens_of(death.reviewed, years):
        yield _REVIEWED, when
        yield from ((_REVIEWED, when, dimension, values[dimension]) for dimension in _BY_YEAR[_REVIEWED])
        if when == _ALL:
            yield from ((_REVIEWED, _ALL, one, values[one]) for one in ("category", "modifiable"))
            for one in _CROSSED:
                yield _REVIEWED, _ALL, one, values[one], "modifiable", values["modifiable"]


def _whens_of(day: date, years: Years) -> tuple[str, ...]:
    return _columns_of(_year_names([day], years)[day], years)


def _stocks_of(death: Counted, years: Years) -> Iterator[Key]:
    band = str(death.age_band)
    for number, (before, after, when) in enumerate(_flows(years)):
        if _is_open(death, years.start(int(before[1]))):
            if number == 0:
                yield from (before, (*before, "age", band))
            if _is_a_year(years) and not _ends_long(death, years, when):
                yield *before, "not long"
        if _is_open(death, years.start(int(after[1]))):
            yield from (after, (*after, "age", band))


def _is_open(death: Counted, day: date) -> bool:
    return death.notified < day and (death.reviewed is None or death.reviewed >= day)


def _ends_long(death: Counted, years: Years, when: str) -> bool:
    if death.reviewed is None or death.months is None or when not in _whens_of(death.reviewed, years):
        return False
    return time_taken(death.months) is TimeTaken.LONG


def _relations(years: Years) -> Iterator[Relation]:
    """What everybody knows of these counts: which are sums of which. Those of one table stand together."""
    if not years.recorded():
        return
    for measure, dimensions in _BY_YEAR.items():
        for dimension in dimensions:
            yield from _over_the_years(years, measure, dimension)
        if years.several:
            yield _sum((measure, _ALL), ((measure, when) for when in _whens(years) if when))
    for dimension in ("category", "modifiable"):
        yield _sum((_REVIEWED, _ALL), ((_REVIEWED, _ALL, dimension, value) for value in _values(dimension)))
    for dimension in _CROSSED:
        yield from _by_modifiable(dimension)
    for before, after, when in _flows(years):
        yield Relation((before, (_NOTIFIED, when)), (after, (_REVIEWED, when)))
    yield from _unseen_relations(years)


def _unseen_relations(years: Years) -> Iterator[Relation]:
    stocks = dict.fromkeys(stock for before, after, _ in _flows(years) for stock in (before, after))
    for stock in stocks:
        yield _sum(stock, ((*stock, "age", band) for band in _values("age")))
    for before, after, when in _flows(years):
        for band in _values("age"):
            of = ("age", band)
            yield Relation(((*before, *of), (_NOTIFIED, when, *of)), ((*after, *of), (_REVIEWED, when, *of)))
        if _is_a_year(years):
            yield _sum(before, ((*before, "not long"), (_REVIEWED, when, "time", TimeTaken.LONG)))


def _over_the_years(years: Years, measure: str, dimension: str) -> Iterator[Relation]:
    for when in _whens(years):
        yield _sum((measure, when), ((measure, when, dimension, value) for value in _values(dimension)))
    for value in _values(dimension) if years.several else ():
        each = ((measure, when, dimension, value) for when in _whens(years) if when)
        yield _sum((measure, _ALL, dimension, value), each)


def _by_modifiable(dimension: str) -> Iterator[Relation]:
    for value in _values(dimension):
        cells = ((_REVIEWED, _ALL, dimension, value, "modifiable", one) for one in _values("modifiable"))
        yield _sum((_REVIEWED, _ALL, dimension, value), cells)
    for one in _values("modifiable"):
        cells = ((_REVIEWED, _ALL, dimension, value, "modifiable", one) for value in _values(dimension))
        yield _sum((_REVIEWED, _ALL, "modifiable", one), cells)


def _sum(total: Key, parts: Iterable[Key]) -> Relation:
    return Relation((total,), tuple(parts))


_OF_REVIEWED: Final = "Deaths whose review was completed in the period."
_OF_NOTIFIED: Final = "Deaths notified in the period."
_ROUNDED: Final = "Percentages are rounded to whole numbers, a half upwards, and may not add up to 100."
_BY_DIMENSION: Final = (
    (_NOTIFIED, "age", "Deaths notified, by age at death", "Age at death"),
    (_REVIEWED, "time", "Reviews completed, by time since notification", "Time taken"),
    (_REVIEWED, "age", "Deaths reviewed, by age at death", "Age at death"),
    (_REVIEWED, "category", "Deaths reviewed, by category", "Category of death"),
    (_REVIEWED, "place", "Deaths reviewed, by place of death", "Place of death"),
    (_REVIEWED, "ethnic_group", "Deaths reviewed, by ethnic group", "Ethnic group"),
    (_REVIEWED, "sex", "Deaths reviewed, by sex", "Sex"),
    (_REVIEWED, "modifiable", "Deaths reviewed, by whether anything could have been changed", "Modifiable factors"),
)
_EXTRA_NOTES: Final[Mapping[str, str]] = {
    "time": "Counted in whole calendar months. A review that took 12 months to the day counts as 12 months or more.",
    "age": "A year of age begins on the birthday.",
    "category": "Of several categories that apply, the one of the highest rank counts.",
    "modifiable": "Deaths on which there was not enough information are counted apart, and are among those that "
    "percentages are of.",
}


def _layouts(counts: Mapping[Key, int], years: Years) -> Iterator[_Layout]:
    yield _flow_layout(years)
    for measure, dimension, title, head in _BY_DIMENSION:
        yield _layout(counts, years, (measure, dimension), title, head)
    for dimension, head in (("category", "Category of death"), ("age", "Age at death")):
        yield _crossed_layout(counts, years, dimension, head)


def _columns(years: Years) -> tuple[tuple[str, str | None], ...]:
    """The heads of the columns of time, each with when it is; None where there are no figures."""
    recorded = years.recorded()
    if not years.several:
        return ((years.span, _ALL if recorded else None),)
    each = [(years.words(year), str(year) if year in recorded else None) for year in range(years.first, years.last + 1)]
    return (*each, ("All years", _ALL if recorded else None))


def _flow_layout(years: Years) -> _Layout:
    columns = _columns(years)
    stocks: dict[str, tuple[Key, Key]] = {when: (before, after) for before, after, when in _flows(years)}
    if years.several and stocks:
        each = list(stocks.values())
        stocks[_ALL] = (each[0][0], each[-1][1])
    before = tuple(_Slot(stocks[when][0] if when is not None else None) for _, when in columns)
    after = tuple(_Slot(stocks[when][1] if when is not None else None) for _, when in columns)
    lines = (
        ("Open at the beginning", before),
        ("Notified", _slots(_NOTIFIED, columns)),
        ("Reviewed", _slots(_REVIEWED, columns)),
        ("Open at the end", after),
    )
    notes = ("Open: notified, and not yet reviewed by the panel.", *_notes(years))
    heads = ("Deaths", *(head for head, _ in columns))
    return _Layout("flow", f"Deaths notified, reviewed and open, {years.span}", heads, lines, None, "", notes)


def _slots(measure: str, columns: Sequence[tuple[str, str | None]], *cell: str) -> tuple[_Slot, ...]:
    """A line of counts; with a `cell` each is a share of all of its column."""
    return tuple(
        _Slot(None) if when is None else _Slot((measure, when, *cell), (measure, when) if cell else None)
        for _, when in columns
    )


def _layout(counts: Mapping[Key, int], years: Years, what: tuple[str, str], title: str, head: str) -> _Layout:
    measure, dimension = what
    columns = _columns(years)
    if dimension not in _BY_YEAR[measure]:
        columns = ((years.span, columns[-1][1]),)
    lines = tuple(
        (label, _slots(measure, columns, dimension, value)) for label, value in _labels(counts, measure, dimension)
    )
    notes = (*(_EXTRA_NOTES[one] for one in (dimension,) if one in _EXTRA_NOTES), _ROUNDED, *_notes(years))
    heads = (head, *(words for words, _ in columns))
    denominator = _OF_NOTIFIED if measure == _NOTIFIED else _OF_REVIEWED
    total = ("All deaths", _slots(measure, columns))
    return _Layout(f"{measure}_{dimension}", f"{title}, {years.span}", heads, lines, total, denominator, notes)


def _crossed_layout(counts: Mapping[Key, int], years: Years, dimension: str, head: str) -> _Layout:
    crossed = _labels(counts, _REVIEWED, "modifiable")
    recorded = bool(years.recorded())

    def line(label: str, *row: str) -> _Line:
        of = (_REVIEWED, _ALL, *row)
        cells = [_Slot((*of, "modifiable", value), of) for _, value in crossed]
        slots = (*cells, _Slot(of))
        return label, slots if recorded else tuple(_Slot(None) for _ in slots)

    lines = tuple(line(label, dimension, value) for label, value in _labels(counts, _REVIEWED, dimension))
    notes = (_EXTRA_NOTES[dimension], _EXTRA_NOTES["modifiable"], _ROUNDED, *_notes(years))
    heads = (head, *(label for label, _ in crossed), "All deaths")
    title = f"Modifiable factors of deaths reviewed, by {head.lower()}, {years.span}"
    denominator = f"In each row: {_OF_REVIEWED[0].lower()}{_OF_REVIEWED[1:-1]}, of that row."
    return _Layout(f"modifiable_by_{dimension}", title, heads, lines, line("All deaths"), denominator, notes)


def _labels(counts: Mapping[Key, int], measure: str, dimension: str) -> tuple[tuple[str, str], ...]:
    """Every value with its words, also where nobody is; "Not recorded" only where somebody is."""
    each = [(one.words, str(one)) for one in _DIMENSIONS[dimension]]
    if counts.get((measure, _ALL, dimension, _NOTHING)):
        each.append(("Not recorded", _NOTHING))
    return tuple(each)


def _notes(years: Years) -> Iterator[str]:
    yield f"Years begin on {years.begins.words}."
    if years.since and years.since > years.start(years.first):
        yield f"There are no figures before {years.since:%B %Y}."
    if years.until and add_months(years.until, 1) < years.start(years.last + 1):
        yield f"There are no figures after {years.until:%B %Y}."


def _printed(layout: _Layout, counts: Mapping[Key, int], marks: Mapping[Key, Mark], notes: tuple[str, ...]) -> Table:
    def row(line: _Line) -> Row:
        label, slots = line
        return Row(label, tuple(_cell(slot, counts, marks) for slot in slots))

    lines, total = tuple(map(row, layout.lines)), row(layout.total) if layout.total else None
    texts = (*layout.notes, *notes)
    return Table(layout.name, layout.title, layout.heads, lines, total, layout.denominator, texts)


def _cell(slot: _Slot, counts: Mapping[Key, int], marks: Mapping[Key, Mark]) -> Cell:
    if slot.key is None:
        return Cell(None)
    mark = marks.get(slot.key, Mark.SHOWN)
    if mark is not Mark.SHOWN:
        return Cell(None, None, mark)
    count = counts[slot.key]
    share = slot.of is not None and slot.of not in marks
    return Cell(count, percentage(count, counts[slot.of]) if share and slot.of else None)
