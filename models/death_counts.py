"""Every count of the figures of children's deaths, once and under one key, and what is known to be the sum of what."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import product
from typing import Final

from models.child_death_commands import Category, Ethnic, Modifiable
from models.command import Choice
from models.death_bands import AgeBand, Counted, PlaceGroup, TimeTaken, Years, time_taken
from models.referral import Sex
from models.suppression import Key, Relation

NOTIFIED: Final = "notified"
REVIEWED: Final = "reviewed"
_OPEN: Final = "open"
ALL: Final = ""
NOTHING: Final = ""
"""Of a reviewed death, in the place of what was not recorded."""

DIMENSIONS: Final[Mapping[str, tuple[Choice, ...]]] = {
    "time": tuple(TimeTaken),
    "age": tuple(AgeBand),
    "category": tuple(Category),
    "place": tuple(PlaceGroup),
    "ethnic_group": tuple(Ethnic),
    "sex": tuple(Sex),
    "modifiable": tuple(Modifiable),
}
BY_YEAR: Final[Mapping[str, tuple[str, ...]]] = {
    NOTIFIED: ("age",),
    REVIEWED: ("time", "age", "place", "ethnic_group", "sex"),
}
_CROSSED: Final = ("category", "age")
"""By these the modifiable share is printed."""


def _values(dimension: str) -> tuple[str, ...]:
    return (*(str(one) for one in DIMENSIONS[dimension]), NOTHING)


def _whens(years: Years) -> tuple[str, ...]:
    """Of a count by year: each year, and all."""
    return (*(str(year) for year in years.recorded() if years.several), ALL)


def weight_of(key: Key) -> int:
    """Totals are dearer than cells, the more so the more tables they stand in."""
    measure, when, *dimensions = key
    if dimensions:
        return 3 if when == ALL and len(dimensions) == len(("dimension", "value")) else 1
    if measure == _OPEN:
        return 3
    return 20 if when != ALL else 60


def counts_of(every: Sequence[Counted], years: Years) -> Counter[Key]:
    """Every count of the tables, noughts too: deaths are counted for each table at once, not one by one."""
    found: Counter[Key] = Counter(dict.fromkeys(_keys(years), 0))
    if not years.recorded():
        return found
    _count_notified(found, every, years)
    _count_reviewed(found, every, years)
    found[_OPEN, str(years.recorded().start)] = len(_open_before(every, years))
    for before, after, when in flows_of(years):
        found[after] = found[before] + found[NOTIFIED, when] - found[REVIEWED, when]
    return found


def _open_before(every: Sequence[Counted], years: Years) -> list[Counted]:
    """Those whose review was open when the first year began."""
    day = years.start(years.recorded().start)
    return [one for one in every if _is_open(one, day)]


def unseen_of(counts: Mapping[Key, int], every: Sequence[Counted], years: Years) -> dict[Key, int]:
    """How many reviews were open of each age band, and how many of those at the beginning did not end as long ones.

    No table says so, but whoever subtracts knows that they are not negative: if none were open before and after a year,
    the deaths notified in it and those reviewed in it are the same.
    """
    if not years.recorded():
        return {}
    bands = Counter(str(one.age_band) for one in _open_before(every, years))
    found: dict[Key, int] = {(_OPEN, str(years.recorded().start), "age", band): bands[band] for band in _values("age")}
    for before, after, when in flows_of(years):
        for band in _values("age"):
            of = ("age", band)
            found[*after, *of] = found[*before, *of] + counts[NOTIFIED, when, *of] - counts[REVIEWED, when, *of]
        if _is_a_year(years):
            found[*before, "not long"] = counts[before] - counts[REVIEWED, when, "time", TimeTaken.LONG]
    return found


def _is_a_year(years: Years) -> bool:
    """Whether each column is of one year: then a review of 12 months and more was open before it."""
    return years.several or years.first == years.last


def _count_notified(found: Counter[Key], every: Sequence[Counted], years: Years) -> None:
    within = _year_names({one.notified for one in every}, years)
    when = [within[one.notified] for one in every]
    _count_by_year(found, NOTIFIED, when, years, age=[one.age_band for one in every])


def _count_reviewed(found: Counter[Key], every: Sequence[Counted], years: Years) -> None:
    within = _year_names({one.reviewed for one in every if one.reviewed}, years)
    reviewed = [one for one in every if one.reviewed and within[one.reviewed]]
    when = [within[one.reviewed] for one in reviewed if one.reviewed]
    values = _columns_reviewed(reviewed)
    _count_by_year(found, REVIEWED, when, years, **{name: values[name] for name in BY_YEAR[REVIEWED]})
    for dimension in ("category", "modifiable"):
        for value, many in Counter(values[dimension]).items():
            found[REVIEWED, ALL, dimension, value] += many
    for dimension in _CROSSED:
        for (value, modifiable), many in Counter(zip(values[dimension], values["modifiable"], strict=True)).items():
            found[REVIEWED, ALL, dimension, value, "modifiable", modifiable] += many


def _columns_reviewed(reviewed: Sequence[Counted]) -> dict[str, Sequence[str]]:
    """Of every reviewed death its value in each dimension. A choice is counted as it is: it is the text of its key."""
    taken = {one: str(time_taken(one)) for one in {one.months for one in reviewed} if one is not None}
    return {
        "time": [NOTHING if one.months is None else taken[one.months] for one in reviewed],
        "age": [one.age_band for one in reviewed],
        "category": [one.category or NOTHING for one in reviewed],
        "place": [one.place for one in reviewed],
        "ethnic_group": [one.ethnic_group for one in reviewed],
        "sex": [one.sex for one in reviewed],
        "modifiable": [one.modifiable or NOTHING for one in reviewed],
    }


def _reviewed_values(death: Counted) -> dict[str, str]:
    return {
        "time": NOTHING if death.months is None else str(time_taken(death.months)),
        "age": str(death.age_band),
        "category": str(death.category or NOTHING),
        "place": str(death.place),
        "ethnic_group": str(death.ethnic_group),
        "sex": str(death.sex),
        "modifiable": str(death.modifiable or NOTHING),
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
    return (year, ALL) if years.several else (ALL,)


def _keys(years: Years) -> Iterator[Key]:
    if not years.recorded():
        return
    for measure, dimensions in BY_YEAR.items():
        for when in _whens(years):
            yield measure, when
            for dimension in dimensions:
                yield from ((measure, when, dimension, value) for value in _values(dimension))
    for dimension in ("category", "modifiable"):
        yield from ((REVIEWED, ALL, dimension, value) for value in _values(dimension))
    for dimension in _CROSSED:
        for value, modifiable in product(_values(dimension), _values("modifiable")):
            yield REVIEWED, ALL, dimension, value, "modifiable", modifiable
    for before, after, _ in flows_of(years):
        yield before
        yield after


def flows_of(years: Years) -> Iterator[tuple[Key, Key, str]]:
    """Of each period how many were open before and after it, and when that was."""
    recorded = years.recorded()
    if years.several:
        for year in recorded:
            yield (_OPEN, str(year)), (_OPEN, str(year + 1)), str(year)
    elif recorded:
        yield (_OPEN, str(recorded.start)), (_OPEN, str(recorded.stop)), ALL


def coarse(death: Counted) -> Counted:
    """The same without its area, by which nothing is printed."""
    return death._replace(area="")


def keys_of(death: Counted, years: Years) -> Iterator[Key]:
    """The counts in which one death counts, those too that stand in no table."""
    for when in _whens_of(death.notified, years):
        yield NOTIFIED, when
        yield NOTIFIED, when, "age", str(death.age_band)
    yield from _stocks_of(death, years)
    if death.reviewed is None:
        return
    values = _reviewed_values(death)
    for when in _whens_of(death.reviewed, years):
        yield REVIEWED, when
        yield from ((REVIEWED, when, dimension, values[dimension]) for dimension in BY_YEAR[REVIEWED])
        if when == ALL:
            yield from ((REVIEWED, ALL, one, values[one]) for one in ("category", "modifiable"))
            for one in _CROSSED:
                yield REVIEWED, ALL, one, values[one], "modifiable", values["modifiable"]


def _whens_of(day: date, years: Years) -> tuple[str, ...]:
    return _columns_of(_year_names([day], years)[day], years)


def _stocks_of(death: Counted, years: Years) -> Iterator[Key]:
    band = str(death.age_band)
    for number, (before, after, when) in enumerate(flows_of(years)):
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


def relations_of(years: Years) -> Iterator[Relation]:
    """What everybody knows of these counts: which are sums of which. Those of one table stand together."""
    if not years.recorded():
        return
    for measure, dimensions in BY_YEAR.items():
        for dimension in dimensions:
            yield from _over_the_years(years, measure, dimension)
        if years.several:
            yield _sum((measure, ALL), ((measure, when) for when in _whens(years) if when))
    for dimension in ("category", "modifiable"):
        yield _sum((REVIEWED, ALL), ((REVIEWED, ALL, dimension, value) for value in _values(dimension)))
    for dimension in _CROSSED:
        yield from _by_modifiable(dimension)
    for before, after, when in flows_of(years):
        yield Relation((before, (NOTIFIED, when)), (after, (REVIEWED, when)))
    yield from _unseen_relations(years)


def _unseen_relations(years: Years) -> Iterator[Relation]:
    stocks = dict.fromkeys(stock for before, after, _ in flows_of(years) for stock in (before, after))
    for stock in stocks:
        yield _sum(stock, ((*stock, "age", band) for band in _values("age")))
    for before, after, when in flows_of(years):
        for band in _values("age"):
            of = ("age", band)
            yield Relation(((*before, *of), (NOTIFIED, when, *of)), ((*after, *of), (REVIEWED, when, *of)))
        if _is_a_year(years):
            yield _sum(before, ((*before, "not long"), (REVIEWED, when, "time", TimeTaken.LONG)))


def _over_the_years(years: Years, measure: str, dimension: str) -> Iterator[Relation]:
    for when in _whens(years):
        yield _sum((measure, when), ((measure, when, dimension, value) for value in _values(dimension)))
    for value in _values(dimension) if years.several else ():
        each = ((measure, when, dimension, value) for when in _whens(years) if when)
        yield _sum((measure, ALL, dimension, value), each)


def _by_modifiable(dimension: str) -> Iterator[Relation]:
    for value in _values(dimension):
        cells = ((REVIEWED, ALL, dimension, value, "modifiable", one) for one in _values("modifiable"))
        yield _sum((REVIEWED, ALL, dimension, value), cells)
    for one in _values("modifiable"):
        cells = ((REVIEWED, ALL, dimension, value, "modifiable", one) for value in _values(dimension))
        yield _sum((REVIEWED, ALL, "modifiable", one), cells)


def _sum(total: Key, parts: Iterable[Key]) -> Relation:
    return Relation((total,), tuple(parts))
