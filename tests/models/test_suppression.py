"""What is withheld in a table for everybody cannot be got back; somebody tries, who knows all the rules."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.suppression import Key, Mark, Published, Relation, protected
from tests.support.attacker import PLENTY, Attacker

Grid = Sequence[Sequence[int]]
ALL = "all"
counts_of_a_cell = st.one_of(st.integers(0, 4), st.integers(0, 9), st.integers(0, 40))


@st.composite
def grids(draw: st.DrawFn, rows: int | None = None) -> Grid:
    height, width = rows or draw(st.integers(1, 5)), draw(st.integers(1, 5))
    row = st.lists(counts_of_a_cell, min_size=width, max_size=width)
    return draw(st.lists(row, min_size=height, max_size=height))


@st.composite
def linked_grids(draw: st.DrawFn) -> tuple[Grid, Grid]:
    """Two tables of the same deaths with the same rows, as by age and year and by age and what was found."""
    one = draw(grids(rows=draw(st.integers(1, 4))))
    width = draw(st.integers(1, 4))
    other = [[0] * width for _ in one]
    for row, cells in zip(other, one, strict=True):
        for _ in range(sum(cells)):
            row[draw(st.integers(0, width - 1))] += 1
    return one, other


def cell(table: str, row: object, column: object) -> Key:
    """Totals of rows, and that of all, are the same in every table."""
    return ("" if column == ALL else table, str(row), str(column))


def table_of(name: str, grid: Grid) -> tuple[dict[Key, int], list[Relation]]:
    rows, columns = range(len(grid)), range(len(grid[0]))
    counts = {cell(name, row, column): grid[row][column] for row in rows for column in columns}
    counts |= {cell(name, row, ALL): sum(grid[row]) for row in rows}
    counts |= {cell(name, ALL, column): sum(grid[row][column] for row in rows) for column in columns}
    counts[cell(name, ALL, ALL)] = sum(map(sum, grid))
    relations = [
        Relation((cell(name, row, ALL),), tuple(cell(name, row, column) for column in columns)) for row in [*rows, ALL]
    ]
    relations += [
        Relation((cell(name, ALL, column),), tuple(cell(name, row, column) for row in rows))
        for column in [*columns, ALL]
    ]
    return counts, relations


def together(*grids: Grid) -> tuple[dict[Key, int], list[Relation]]:
    counts: dict[Key, int] = {}
    relations: list[Relation] = []
    for number, grid in enumerate(grids):
        found, sums = table_of(f"table {number}", grid)
        counts |= found
        relations += sums
    return counts, relations


def attacker(counts: dict[Key, int], relations: list[Relation], marks: dict[Key, Mark], threshold: int = 5) -> Attacker:
    """Of a withheld count that is not small he has even guessed that it is not."""

    def bounds(key: Key, count: int) -> tuple[int, int]:
        match marks.get(key, Mark.SHOWN):
            case Mark.FEW:
                return 1, threshold - 1
            case Mark.WITHHELD:
                return (1 if count < threshold else threshold), PLENTY
            case Mark.SHOWN:
                return count, count

    equations = [
        {**{"/".join(key): 1 for key in one.counts}, **{"/".join(key): -1 for key in one.others}} for one in relations
    ]
    return Attacker(
        {"/".join(key): bounds(key, count) for key, count in counts.items()},
        equations,
        {"/".join(key): count for key, count in counts.items()},
    )


def grid_marks(grid: Grid, threshold: int = 5) -> list[list[str]]:
    """The marks of a table with its totals, shortened: a number, "few" or "-"."""
    counts, relations = together(grid)
    marks = protected(Published(counts, relations), threshold)
    short = {Mark.FEW: "few", Mark.WITHHELD: "-"}
    return [
        [
            short.get(marks.get(cell("table 0", row, column), Mark.SHOWN), str(counts[cell("table 0", row, column)]))
            for column in [*range(len(grid[0])), ALL]
        ]
        for row in [*range(len(grid)), ALL]
    ]


@pytest.mark.promise("H14")
@settings(max_examples=400, deadline=None)
@given(grids(), st.integers(3, 10))
def test_no_withheld_count_of_a_table_can_be_got_back(grid: Grid, threshold: int) -> None:
    counts, relations = together(grid)
    marks = protected(Published(counts, relations), threshold)
    assert list(attacker(counts, relations, marks, threshold).got_back()) == []


@pytest.mark.promise("H14")
@settings(max_examples=300, deadline=None)
@given(linked_grids())
def test_nor_from_another_table_with_the_same_totals(linked: tuple[Grid, Grid]) -> None:
    counts, relations = together(*linked)
    marks = protected(Published(counts, relations), 5)
    assert list(attacker(counts, relations, marks).got_back()) == []


@pytest.mark.promise("H14")
@settings(max_examples=200, deadline=None)
@given(linked_grids(), st.integers(3, 10))
def test_every_small_count_is_withheld_and_no_nought(linked: tuple[Grid, Grid], threshold: int) -> None:
    counts, relations = together(*linked)
    marks = protected(Published(counts, relations), threshold)
    assert {key for key, count in counts.items() if 0 < count < threshold} <= marks.keys()
    assert [key for key in marks if counts[key] == 0] == []
    assert [key for key, mark in marks.items() if mark is Mark.FEW and counts[key] >= threshold] == []


@pytest.mark.promise("H14")
@settings(max_examples=100, deadline=None)
@given(linked_grids())
def test_the_same_counts_give_the_same_marks(linked: tuple[Grid, Grid]) -> None:
    counts, relations = together(*linked)
    assert protected(Published(counts, relations), 5) == protected(Published(dict(counts), list(relations)), 5)


@pytest.mark.promise("H14")
@settings(max_examples=100, deadline=None)
@given(grids())
def test_nothing_is_withheld_where_no_count_is_small(grid: Grid) -> None:
    counts, relations = together([[count * 5 for count in row] for row in grid])
    assert protected(Published(counts, relations), 5) == {}


def test_the_attacker_gets_back_what_stands_alone() -> None:
    counts, relations = together([[3, 8], [9, 7]])
    only_small = {cell("table 0", 0, 0): Mark.FEW}
    assert list(attacker(counts, relations, only_small).got_back()) == ["table 0/0/0"]


def test_the_attacker_gets_back_small_counts_that_are_all_as_large_as_they_can_be() -> None:
    counts, relations = together([[4, 4]])
    row = {cell("table 0", 0, column): Mark.FEW for column in range(2)}
    row |= {cell("table 0", ALL, column): Mark.FEW for column in range(2)}
    assert set(attacker(counts, relations, row).got_back()) == {
        "table 0/0/0", "table 0/0/1", "table 0/all/0", "table 0/all/1",
    }  # fmt: skip


@pytest.mark.promise("H14")
def test_three_cells_more_protect_one_in_the_middle_of_a_table() -> None:
    assert grid_marks([[3, 8, 20], [9, 7, 20], [30, 30, 30]]) == [
        ["few", "-", "20", "31"],
        ["-", "-", "20", "36"],
        ["30", "30", "30", "90"],
        ["42", "45", "70", "157"],
    ]


@pytest.mark.promise("H14")
def test_small_counts_that_protect_each_other_need_no_other() -> None:
    assert grid_marks([[2, 3, 20], [3, 2, 20], [30, 30, 30]]) == [
        ["few", "few", "20", "25"],
        ["few", "few", "20", "25"],
        ["30", "30", "30", "90"],
        ["35", "35", "70", "140"],
    ]


@pytest.mark.promise("H14")
def test_a_small_total_is_withheld_and_noughts_beside_it_are_not() -> None:
    assert grid_marks([[3, 0], [0, 0], [6, 9]])[0:2] == [["few", "0", "few"], ["0", "0", "0"]]


@pytest.mark.promise("H14")
def test_totals_are_withheld_where_nothing_else_protects() -> None:
    assert grid_marks([[2]]) == [["few", "few"], ["few", "few"]]
    assert grid_marks([[1, 9]])[0][1:] == ["-", "10"]
    assert grid_marks([[1], [1], [1], [1], [1]])[-1] == ["-", "-"]


@pytest.mark.promise("H14")
def test_of_a_small_count_not_even_that_is_said_where_it_would_tell() -> None:
    """Two of four, and eight of one, are the same eight: with "fewer than 5" only these can be."""
    counts, relations = together([[4, 4]], [[1] * 8])
    marks = protected(Published(counts, relations), 5)
    assert list(attacker(counts, relations, marks).got_back()) == []
    assert Mark.WITHHELD in {marks[cell("table 0", 0, 0)], marks[cell("table 0", 0, 1)]}


@pytest.mark.promise("H14")
def test_a_threshold_that_would_itself_tell_the_count_is_refused() -> None:
    with pytest.raises(ValueError, match="3 or more"):
        protected(Published({("a",): 1}, []), 2)
