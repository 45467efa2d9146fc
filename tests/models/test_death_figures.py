"""The figures of children's deaths: which death counts where, and what everybody may read of it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.child_death_commands import Category, Ethnic, Modifiable, Place
from models.clocks import add_months
from models.death_bands import (
    AgeBand,
    Begins,
    Counted,
    PlaceGroup,
    TimeTaken,
    Years,
    age_band,
    months_between,
    place_group,
    time_taken,
)
from models.death_figures import Cell, Row, Table, figures, percentage
from models.referral import Sex
from models.suppression import Mark
from tests.support.attacker import PLENTY, Attacker, Bounds, Equation

MAY = date(2024, 5, 1)
CALENDAR_2024 = Years(first=2024, last=2024, begins=Begins.JANUARY)


def counted(notified: date = MAY, months: int | None = None, **values: Any) -> Counted:  # noqa: ANN401 -- each field has its own type
    """One death; with `months` its review is complete, and found what most reviews find."""
    reviewed = None if months is None else add_months(notified, months)
    plain = Counted(
        notified, reviewed, months, AgeBand.NEONATAL, Sex.FEMALE, Ethnic.WHITE, PlaceGroup.HOSPITAL, "bucks",
        Category.PERINATAL if reviewed else None, Modifiable.NO if reviewed else None,
    )  # fmt: skip
    return plain._replace(**values)


def table(tables: Sequence[Table], name: str) -> Table:
    return next(one for one in tables if one.name == name)


def counts(table: Table, column: int = 0) -> dict[str, int | None]:
    return {row.label: row.cells[column].count for row in rows(table)}


def percents(table: Table, column: int = 0) -> dict[str, int | None]:
    return {row.label: row.cells[column].percent for row in rows(table)}


def rows(table: Table) -> list[Row]:
    return [*table.rows, *([table.total] if table.total else [])]


@pytest.mark.promise("H14")
@pytest.mark.parametrize(
    ("born", "died", "band"),
    [
        (date(2024, 3, 1), date(2024, 3, 1), AgeBand.NEONATAL),
        (date(2024, 3, 1), date(2024, 3, 28), AgeBand.NEONATAL),
        (date(2024, 3, 1), date(2024, 3, 29), AgeBand.INFANT),
        (date(2023, 3, 2), date(2024, 2, 29), AgeBand.INFANT),
        (date(2023, 3, 1), date(2024, 2, 29), AgeBand.INFANT),  # 365 days, and no birthday yet
        (date(2023, 3, 1), date(2024, 3, 1), AgeBand.UNDER_FIVE),
        (date(2022, 3, 1), date(2023, 2, 28), AgeBand.INFANT),
        (date(2022, 3, 1), date(2023, 3, 1), AgeBand.UNDER_FIVE),  # 365 days, and a birthday
        (date(2024, 2, 29), date(2025, 2, 28), AgeBand.INFANT),
        (date(2024, 2, 29), date(2025, 3, 1), AgeBand.UNDER_FIVE),
        (date(2019, 6, 2), date(2024, 6, 1), AgeBand.UNDER_FIVE),
        (date(2019, 6, 1), date(2024, 6, 1), AgeBand.UNDER_TEN),
        (date(2014, 6, 2), date(2024, 6, 1), AgeBand.UNDER_TEN),
        (date(2014, 6, 1), date(2024, 6, 1), AgeBand.UNDER_FIFTEEN),
        (date(2009, 6, 2), date(2024, 6, 1), AgeBand.UNDER_FIFTEEN),
        (date(2009, 6, 1), date(2024, 6, 1), AgeBand.UNDER_EIGHTEEN),
        (date(2006, 6, 2), date(2024, 6, 1), AgeBand.UNDER_EIGHTEEN),
    ],
)
def test_an_age_is_in_its_band_to_the_day(born: date, died: date, band: AgeBand) -> None:
    assert age_band(born, died) is band


@pytest.mark.promise("H14")
@pytest.mark.parametrize(("born", "died"), [("2024-06-02", "2024-06-01"), ("2006-06-01", "2024-06-01")])
def test_no_band_is_made_up_for_who_was_not_born_or_of_age(born: str, died: str) -> None:
    with pytest.raises(ValueError, match="eighteenth birthday"):
        age_band(date.fromisoformat(born), date.fromisoformat(died))


@pytest.mark.promise("H13")
@pytest.mark.parametrize(
    ("start", "end", "months"),
    [
        (date(2024, 1, 15), date(2024, 1, 15), 0),
        (date(2024, 1, 15), date(2024, 2, 14), 0),
        (date(2024, 1, 15), date(2024, 2, 15), 1),
        (date(2023, 1, 31), date(2023, 2, 27), 0),
        (date(2023, 1, 31), date(2023, 2, 28), 1),  # the month of February is over
        (date(2024, 1, 31), date(2024, 2, 28), 0),
        (date(2024, 1, 31), date(2024, 2, 29), 1),
        (date(2024, 2, 29), date(2024, 3, 28), 0),
        (date(2024, 2, 29), date(2025, 2, 28), 12),
        (date(2023, 10, 31), date(2024, 4, 29), 5),
        (date(2023, 10, 31), date(2024, 4, 30), 6),
        (date(2023, 12, 31), date(2024, 12, 30), 11),
        (date(2023, 12, 31), date(2024, 12, 31), 12),
    ],
)
def test_months_are_whole_calendar_months(start: date, end: date, months: int) -> None:
    assert months_between(start, end) == months


@pytest.mark.promise("H13")
@given(st.dates(date(2000, 1, 1), date(2030, 1, 1)), st.integers(0, 1500))
def test_months_are_counted_as_deadlines_in_months_are(start: date, days: int) -> None:
    end = start + timedelta(days=days)
    months = months_between(start, end)
    assert add_months(start, months) <= end < add_months(start, months + 1)


@pytest.mark.promise("H13")
def test_a_review_that_ends_before_it_was_notified_takes_no_time_at_all() -> None:
    with pytest.raises(ValueError, match="before the death was notified"):
        months_between(date(2024, 1, 2), date(2024, 1, 1))


@pytest.mark.promise("H13")
def test_every_number_of_months_is_in_one_band_and_twelve_is_long() -> None:
    bands = [time_taken(months) for months in range(40)]
    assert bands == [TimeTaken.SHORT] * 6 + [TimeTaken.MIDDLE] * 6 + [TimeTaken.LONG] * 28


@pytest.mark.promise("H14")
def test_every_place_is_in_a_group() -> None:
    assert {place_group(one) for one in Place} == set(PlaceGroup)


@pytest.mark.promise("H14")
@pytest.mark.parametrize(
    ("count", "of", "percent"), [(1, 8, 13), (1, 200, 1), (1, 201, 0), (0, 7, 0), (7, 7, 100), (5, 40, 13), (8, 49, 16)]
)
def test_percentages_are_rounded_a_half_upwards(count: int, of: int, percent: int) -> None:
    assert percentage(count, of) == percent


@pytest.mark.promise("H14")
def test_of_nothing_there_is_no_percentage() -> None:
    assert percentage(0, 0) is None
    assert set(percents(table(figures([], CALENDAR_2024).confidential(), "reviewed_sex")).values()) == {None}


@pytest.mark.promise("H14")
@pytest.mark.parametrize(
    ("begins", "march", "april"), [(Begins.APRIL, "2023/24", "2024/25"), (Begins.JANUARY, "2024", "2024")]
)
def test_a_year_begins_in_april_or_in_january(begins: Begins, march: str, april: str) -> None:
    years = Years(first=2023, last=2024, begins=begins)
    for day, year in ((date(2024, 3, 1), march), (date(2024, 4, 1), april)):
        flow = table(figures([counted(day)], years).confidential(), "flow")
        assert [cell.count for cell in flow.rows[1].cells] == [int(head == year) for head in flow.heads[1:-1]] + [1]


@pytest.mark.promise("H14")
def test_a_year_of_the_turn_of_the_century_has_two_digits() -> None:
    assert Years(first=1999, last=1999).span == "1999/00"


@pytest.mark.promise("H14")
def test_years_the_wrong_way_round_are_refused() -> None:
    with pytest.raises(ValueError, match="before the first"):
        Years(first=2024, last=2023)


@pytest.mark.promise("H13")
def test_a_death_is_open_from_its_notification_until_its_review() -> None:
    deaths = [counted(date(2023, 6, 1), 14), counted(date(2024, 5, 1)), counted(date(2024, 5, 1), 3)]
    flow = table(figures(deaths, Years(first=2022, last=2025)).confidential(), "flow")
    assert flow.heads == ("Deaths", "2022/23", "2023/24", "2024/25", "2025/26", "All years")
    assert {row.label: [cell.count for cell in row.cells] for row in flow.rows} == {
        "Open at the beginning": [0, 0, 1, 1, 0],
        "Notified": [0, 1, 2, 0, 3],
        "Reviewed": [0, 0, 2, 0, 2],
        "Open at the end": [0, 1, 1, 1, 1],
    }


@pytest.mark.promise("H13")
def test_the_time_taken_is_a_share_of_those_reviewed_and_not_of_those_notified() -> None:
    deaths = [counted(months=2), counted(date(2023, 1, 1), 12), counted(date(2023, 5, 1), 11), counted(), counted()]
    found = table(figures(deaths, CALENDAR_2024).confidential(), "reviewed_time")
    assert counts(found) == {
        "Under 6 months": 1, "6 to under 12 months": 1, "12 months or more": 1, "All deaths": 3,
    }  # fmt: skip
    assert set(percents(found).values()) == {33, None}
    assert "review was completed in the period" in found.denominator


@pytest.mark.promise("H14")
def test_several_years_stand_each_by_itself_or_together() -> None:
    deaths = [counted(date(year, 5, 1)) for year in (2022, 2022, 2023, 2024)]
    each = table(figures(deaths, Years(first=2022, last=2024)).confidential(), "notified_age")
    together = table(figures(deaths, Years(first=2022, last=2024, together=True)).confidential(), "notified_age")
    assert each.heads == ("Age at death", "2022/23", "2023/24", "2024/25", "All years")
    assert [cell.count for cell in each.rows[0].cells] == [2, 1, 1, 4]
    assert together.heads == ("Age at death", "2022/23 to 2024/25")
    assert [cell.count for cell in together.rows[0].cells] == [4]


@pytest.mark.promise("H14")
def test_nought_is_a_count_and_no_record_is_a_blank() -> None:
    years = Years(first=2021, last=2025, since=date(2022, 6, 1), until=date(2024, 11, 1))
    found = table(figures([counted(date(2023, 5, 1))], years).confidential(), "notified_age")
    assert [cell.count for cell in found.rows[0].cells] == [None, 0, 1, 0, None, 1]
    assert {cell.mark for row in rows(found) for cell in row.cells} == {Mark.SHOWN}
    assert "There are no figures before June 2022." in found.notes
    assert "There are no figures after November 2024." in found.notes


@pytest.mark.promise("H14")
def test_where_there_are_no_figures_at_all_every_cell_is_blank() -> None:
    years = Years(first=2020, last=2021, since=date(2024, 1, 1))
    for tables in (figures([counted()], years).confidential(), figures([counted()], years).public()):
        assert {cell for one in tables for row in rows(one) for cell in row.cells} == {Cell(None)}


@pytest.mark.promise("H14")
def test_a_whole_year_of_figures_needs_no_note_that_it_is_not() -> None:
    years = Years(first=2024, last=2024, since=date(2024, 4, 1), until=date(2025, 3, 1))
    assert not [note for note in figures([], years).confidential()[0].notes if "no figures" in note]


@pytest.mark.promise("H14")
def test_what_was_not_recorded_has_a_line_only_where_it_counts() -> None:
    plain = table(figures([counted(months=2)], CALENDAR_2024).confidential(), "reviewed_category")
    missing = table(figures([counted(months=2, category=None)], CALENDAR_2024).confidential(), "reviewed_category")
    assert "Not recorded" not in counts(plain)
    assert counts(missing)["Not recorded"] == 1


@pytest.mark.promise("H14")
def test_not_known_is_counted_among_ethnic_groups() -> None:
    deaths = [counted(months=2), counted(months=3, ethnic_group=Ethnic.NOT_KNOWN)]
    found = table(figures(deaths, CALENDAR_2024).confidential(), "reviewed_ethnic_group")
    assert counts(found)["Not known or not stated"] == 1
    assert percents(found)["Not known or not stated"] == 50


@pytest.mark.promise("H14")
def test_too_little_information_is_counted_apart_and_in_the_denominator() -> None:
    deaths = [counted(months=2, modifiable=one) for one in (*Modifiable, Modifiable.YES)]
    found = table(figures(deaths, CALENDAR_2024).confidential(), "reviewed_modifiable")
    assert list(counts(found).values()) == [2, 1, 1, 4]
    assert list(percents(found).values()) == [50, 25, 25, None]
    assert any("are among those that percentages are of" in note for note in found.notes)


@pytest.mark.promise("H14")
def test_the_modifiable_share_is_of_the_deaths_of_its_own_row() -> None:
    deaths = [
        counted(months=2, category=Category.TRAUMA, modifiable=Modifiable.YES),
        counted(months=2, category=Category.TRAUMA, modifiable=Modifiable.NO),
        counted(months=2, modifiable=Modifiable.NO),
    ]
    found = table(figures(deaths, CALENDAR_2024).confidential(), "modifiable_by_category")
    trauma = next(row for row in found.rows if row.label == Category.TRAUMA.words)
    assert [(cell.count, cell.percent) for cell in trauma.cells] == [(1, 50), (1, 50), (0, 0), (2, None)]
    assert found.total
    assert [(cell.count, cell.percent) for cell in found.total.cells] == [(1, 33), (2, 67), (0, 0), (3, None)]
    assert found.denominator == "In each row: deaths whose review was completed in the period, of that row."


months = st.integers(0, 47)


@st.composite
def deaths(draw: st.DrawFn) -> Counted:
    notified = add_months(date(2020, 4, 1), draw(months))
    taken = draw(st.none() | st.integers(0, 20))
    return counted(
        notified,
        taken,
        age_band=draw(st.sampled_from(AgeBand)),
        sex=draw(st.sampled_from([Sex.FEMALE, Sex.MALE])),
        ethnic_group=draw(st.sampled_from(Ethnic)),
        place=draw(st.sampled_from([PlaceGroup.HOSPITAL, PlaceGroup.HOME, PlaceGroup.PUBLIC])),
        **({} if taken is None else _found(draw)),
    )


def _found(draw: st.DrawFn) -> dict[str, object]:
    categories = [Category.TRAUMA, Category.CHRONIC, Category.PERINATAL, Category.INFECTION]
    return {"category": draw(st.sampled_from(categories)), "modifiable": draw(st.sampled_from(Modifiable))}


many_deaths = st.tuples(st.lists(deaths(), max_size=14), st.lists(st.integers(1, 12), min_size=14, max_size=14)).map(
    lambda both: [one for one, times in zip(*both, strict=False) for _ in range(times)]
)
all_years = st.sampled_from(
    [
        Years(first=2022, last=2022),
        Years(first=2020, last=2020),
        Years(first=2021, last=2022, begins=Begins.JANUARY),
        Years(first=2020, last=2024),
        Years(first=2021, last=2023, together=True),
    ]
)


@pytest.mark.promise("H14")
@settings(max_examples=60, deadline=None)
@given(many_deaths, all_years)
def test_every_table_adds_up_to_the_same_deaths(every: list[Counted], years: Years) -> None:
    tables = figures(every, years).confidential()
    notified, reviewed = (row.cells for row in table(tables, "flow").rows[1:3])
    for one in tables:
        for column in range(len(one.heads) - 1):
            if one.total:
                assert sum(row.cells[column].count or 0 for row in one.rows) == one.total.cells[column].count
        if one.total and one.name.startswith(("notified", "reviewed")):
            whole = notified if one.name.startswith("notified") else reviewed
            assert one.total.cells[-1].count == whole[-1].count
    assert reviewed[-1].count == sum(
        1 for one in every if one.reviewed and years.start(years.first) <= one.reviewed < years.start(years.last + 1)
    )


@pytest.mark.promise("H14")
@settings(max_examples=60, deadline=None)
@given(many_deaths, all_years, st.randoms(use_true_random=False))
def test_the_order_of_deaths_changes_no_table(every: list[Counted], years: Years, chance: object) -> None:
    backwards = [*reversed(every)]
    assert figures(every, years).public() == figures(backwards, years).public()
    assert figures(every, years).confidential() == figures(backwards, years).confidential()


@pytest.mark.promise("H14")
@settings(max_examples=100, deadline=None)
@given(many_deaths, all_years, st.sampled_from([3, 5, 10]))
def test_the_public_tables_print_no_small_count_and_nothing_else_that_is_wrong(
    every: list[Counted], years: Years, threshold: int
) -> None:
    made = figures(every, years)
    for true, public in zip(made.confidential(), made.public(threshold), strict=True):
        for row, printed in zip(rows(true), rows(public), strict=True):
            for one, cell in zip(row.cells, printed.cells, strict=True):
                assert cell.count is None or cell.count >= threshold or cell.count == 0
                assert cell.count in (None, one.count)
                assert cell.percent in (None, one.percent)
                assert (cell.mark is Mark.SHOWN) == (cell.count is not None)
                assert cell.count is not None or cell.percent is None


@pytest.mark.promise("H14")
@settings(max_examples=100, deadline=None)
@given(many_deaths, all_years)
def test_no_percentage_is_printed_of_what_is_withheld(every: list[Counted], years: Years) -> None:
    for one in figures(every, years).public()[1:]:
        assert one.total
        for row in one.rows:
            for column, cell in enumerate(row.cells):
                whole = row.cells[-1] if one.name.startswith("modifiable") else one.total.cells[column]
                assert cell.percent is None or whole.count is not None


class Published:
    """What everybody knows of a publication: a name for each cell, the printed numbers, and what adds up to what."""

    def __init__(self, every: Sequence[Counted], years: Years, threshold: int = 5) -> None:
        made = figures(every, years)
        self.threshold = threshold
        self.bounds: Bounds = {}
        self.truth: dict[str, int] = {}
        self.equations: list[Equation] = []
        self.tables = made.public(threshold)
        self.columns = self.tables[0].heads[1:]
        for true, public in zip(made.confidential(), self.tables, strict=True):
            self._read(true, public)
        for one in self.tables[1:]:
            self._add_up(one)
        self._flows(self.tables[0], every, years)

    def _read(self, true: Table, public: Table) -> None:
        for row, printed in zip(rows(true), rows(public), strict=True):
            for head, one, cell in zip(true.heads[1:], row.cells, printed.cells, strict=True):
                assert one.count is not None
                name = f"{true.name}/{row.label}/{head}"
                self.truth[name] = one.count
                self.bounds[name] = self._bounds(cell, one.count)

    def _bounds(self, cell: Cell, count: int) -> tuple[int, int]:
        match cell.mark:
            case Mark.FEW:
                return 1, self.threshold - 1
            case Mark.WITHHELD:
                return (1 if count < self.threshold else self.threshold), PLENTY
            case Mark.SHOWN:
                return count, count

    def _is(self, total: str, parts: Sequence[str]) -> None:
        self.equations.append({total: 1, **dict.fromkeys(parts, -1)})

    def _add_up(self, one: Table) -> None:
        labels, heads = [row.label for row in one.rows], one.heads[1:]
        for head in heads:
            self._is(f"{one.name}/All deaths/{head}", [f"{one.name}/{label}/{head}" for label in labels])
        for label in [*labels, "All deaths"] if heads[-1].startswith("All") else ():
            self._is(f"{one.name}/{label}/{heads[-1]}", [f"{one.name}/{label}/{head}" for head in heads[:-1]])
        if one.name.startswith("modifiable"):
            dimension = one.name.removeprefix("modifiable_by_")
            last = self._heads(f"reviewed_{dimension}")[-1]
            for label in [*labels, "All deaths"]:
                self._is(f"{one.name}/{label}/All deaths", [f"reviewed_{dimension}/{label}/{last}"])
            last = self._heads("reviewed_modifiable")[-1]
            for head in heads[:-1]:
                self._is(f"{one.name}/All deaths/{head}", [f"reviewed_modifiable/{head}/{last}"])
            return
        measure = one.name.split("_")[0].capitalize()
        for head in heads:
            flow = head if head in self.columns else self.columns[-1]
            self._is(f"{one.name}/All deaths/{head}", [f"flow/{measure}/{flow}"])

    def _heads(self, name: str) -> tuple[str, ...]:
        return table(self.tables, name).heads

    def _flows(self, flow: Table, every: Sequence[Counted], years: Years) -> None:
        """Also of each age band, and of long reviews, of which no table says how many were open."""
        each = self.columns[:-1] if self.columns[-1] == "All years" else self.columns
        begin, end = "Open at the beginning", "Open at the end"
        for head, after in pairwise(each):
            self._is(f"flow/{end}/{head}", [f"flow/{begin}/{after}"])
        if len(each) < len(self.columns):
            self._is(f"flow/{begin}/{each[0]}", [f"flow/{begin}/All years"])
            self._is(f"flow/{end}/{each[-1]}", [f"flow/{end}/All years"])
        bands = [row.label for row in table(self.tables, "notified_age").rows]
        opening = years.start(years.first)
        before = Counter(
            one.age_band.words
            for one in every
            if one.notified < opening and (one.reviewed is None or one.reviewed >= opening)
        )
        for band in bands:
            self._unseen(f"{begin}/{band}/{each[0]}", before[band])
        for number, head in enumerate(each):
            stocks = {f"flow/{begin}/{head}": 1, f"flow/{end}/{head}": -1}
            self.equations.append({**stocks, f"flow/Notified/{head}": 1, f"flow/Reviewed/{head}": -1})
            starts = [f"{begin}/{band}/{head}" for band in bands]
            ends = [f"{end}/{band}/{head}" for band in bands]
            for band, start, stop in zip(bands, starts, ends, strict=True):
                came, went = f"notified_age/{band}/{head}", f"reviewed_age/{band}/{head}"
                self._unseen(stop, self.truth[start] + self.truth[came] - self.truth[went])
                self.equations.append({start: 1, came: 1, stop: -1, went: -1})
                if number + 1 < len(each):
                    self._unseen(f"{begin}/{band}/{each[number + 1]}", self.truth[stop])
                    self._is(stop, [f"{begin}/{band}/{each[number + 1]}"])
            self._is(f"flow/{begin}/{head}", starts)
            self._is(f"flow/{end}/{head}", ends)
            if not years.together:
                long = f"reviewed_time/{TimeTaken.LONG.words}/{head}"
                self._unseen(f"not long/{head}", self.truth[f"flow/{begin}/{head}"] - self.truth[long])
                self._is(f"flow/{begin}/{head}", [long, f"not long/{head}"])

    def _unseen(self, name: str, count: int) -> None:
        self.truth[name] = count
        self.bounds[name] = (0, PLENTY)

    def got_back(self) -> Iterator[str]:
        unseen = {name for name, bounds in self.bounds.items() if bounds == (0, PLENTY)}
        attacker = Attacker(self.bounds, self.equations, self.truth)
        return (name for name in attacker.got_back(set(self.bounds) - unseen))


@pytest.mark.promise("H14")
@settings(max_examples=200, deadline=None)
@given(many_deaths, all_years)
def test_no_withheld_count_can_be_got_back_from_all_tables_at_once(every: list[Counted], years: Years) -> None:
    assert list(Published(every, years).got_back()) == []


def area(seed: int, size: int) -> list[Counted]:
    """Some years of an area: most deaths are of babies in hospital, as they are."""
    chance = Random(seed)  # noqa: S311 -- no secret
    every = []
    for _ in range(size):
        taken = chance.choice([None, *range(3, 20)])
        found = {
            "category": chance.choices(list(Category), [2, 3, 5, 7, 5, 6, 25, 33, 6, 8])[0],
            "modifiable": chance.choices(list(Modifiable), [30, 65, 5])[0],
        }
        one = counted(
            add_months(date(2020, 4, 1), chance.randrange(48)),
            taken,
            age_band=chance.choices(list(AgeBand), [43, 21, 12, 8, 8, 8])[0],
            sex=chance.choices(list(Sex), [45, 54, 1, 1])[0],
            ethnic_group=chance.choices(list(Ethnic), [60, 6, 15, 7, 3, 9])[0],
            place=chance.choices(list(PlaceGroup), [67, 22, 1, 4, 3, 2, 1])[0],
            **({} if taken is None else found),
        )
        every.append(one)
    return every


@pytest.mark.promise("H14")
@pytest.mark.parametrize("size", [6, 20, 60, 120])
@pytest.mark.parametrize("seed", range(6))
def test_nor_from_those_of_a_small_area_year_by_year(seed: int, size: int) -> None:
    assert list(Published(area(seed, size), Years(first=2020, last=2023)).got_back()) == []


@pytest.mark.promise("H14")
@pytest.mark.parametrize("size", [20, 60, 120])
@pytest.mark.parametrize("seed", range(3))
def test_a_small_area_still_reads_most_of_its_larger_counts(seed: int, size: int) -> None:
    """Of the counts that could be printed for themselves most are."""
    made = figures(area(seed, size), Years(first=2023, last=2023))
    both = zip(made.confidential(), made.public(), strict=True)
    cells = [pair for one, other in both for rows_of in zip(rows(one), rows(other), strict=True)
             for pair in zip(rows_of[0].cells, rows_of[1].cells, strict=True)]  # fmt: skip
    large = [printed.mark for true, printed in cells if true.count is None or true.count >= 5 or true.count == 0]
    assert large.count(Mark.SHOWN) > len(large) * 0.8


@pytest.mark.promise("H14")
@settings(max_examples=100, deadline=None)
@given(many_deaths, all_years)
def test_each_death_by_itself_counts_where_all_together_count(every: list[Counted], years: Years) -> None:
    made = figures(every, years)
    by_itself = Counter(key for one in every for kind in figures([one], years).kinds() for key in kind)
    assert by_itself == Counter({**made.counts, **made.unseen})


@pytest.mark.promise("H14")
def test_a_year_without_open_reviews_tells_nothing_by_its_notified_deaths() -> None:
    """Then deaths notified and deaths reviewed are the same, and one table must not print what the other withholds."""
    ages = [AgeBand.NEONATAL] * 9 + [AgeBand.INFANT] * 7 + [AgeBand.UNDER_FIVE] * 2 + [AgeBand.UNDER_TEN] * 8
    every = [counted(months=1, age_band=band) for band in ages]
    public = figures(every, CALENDAR_2024).public()
    notified, reviewed = (
        [row.cells[0].mark for row in table(public, name).rows] for name in ("notified_age", "reviewed_age")
    )
    assert notified == reviewed
    assert list(Published(every, CALENDAR_2024).got_back()) == []


@pytest.mark.promise("H13")
def test_the_open_reviews_at_the_beginning_do_not_tell_how_many_took_long() -> None:
    """No more reviews take 12 months than were open when the year began, and here all of those did."""
    every = [counted(date(2023, 5, 1), 14)] * 6 + [counted(months=8)] * 4 + [counted(months=2)] * 20
    years = Years(first=2024, last=2024)
    assert list(Published(every, years).got_back()) == []


@pytest.mark.promise("H14")
def test_a_small_total_is_withheld_in_every_table() -> None:
    every = [counted(months=1, age_band=band) for band in (AgeBand.NEONATAL, AgeBand.INFANT)]
    for one in figures(every, CALENDAR_2024).public()[1:]:
        assert one.total
        assert one.total.cells[-1] == Cell(None, None, Mark.FEW)


@pytest.mark.promise("H14")
def test_the_confidential_tables_print_every_count() -> None:
    tables = figures([counted(months=1)], CALENDAR_2024).confidential()
    assert {cell.mark for one in tables for row in rows(one) for cell in row.cells} == {Mark.SHOWN}
    assert all(cell.count is not None for one in tables for row in rows(one) for cell in row.cells)
