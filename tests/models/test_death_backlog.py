"""The backlog: every open review once, by what it waits for and by its age."""

from datetime import date

import pytest

from models.death_backlog import UNDER_WAY, Open, backlog

pytestmark = pytest.mark.promise("H13")
TODAY = date(2026, 11, 23)


def test_what_most_wait_for_stands_first_and_every_open_review_is_counted_once() -> None:
    found = [
        Open(date(2026, 8, 1), "Inquest"), Open(date(2025, 1, 9), "Inquest"), Open(date(2026, 3, 1), ""),
    ]  # fmt: skip
    table = backlog(found, TODAY)
    assert [row.label for row in table.rows] == ["Inquest", UNDER_WAY]
    assert [cell.count for cell in table.rows[0].cells] == [1, 0, 1, 2]
    assert [cell.count for cell in table.rows[1].cells] == [0, 1, 0, 1]
    assert table.total
    assert [cell.count for cell in table.total.cells] == [1, 1, 1, 3]
    assert [row.cells[-1].percent for row in table.rows] == [67, 33]


@pytest.mark.parametrize(
    ("notified", "column"), [(date(2026, 5, 24), 0), (date(2026, 5, 23), 1), (date(2025, 11, 23), 2)]
)
def test_age_is_counted_in_whole_calendar_months_to_the_day(notified: date, column: int) -> None:
    cells = backlog([Open(notified, "")], TODAY).rows[0].cells
    assert [cell.count for cell in cells[:3]] == [int(place == column) for place in range(3)]


def test_without_an_open_review_there_is_a_total_of_nought() -> None:
    table = backlog([], TODAY)
    assert table.rows == ()
    assert table.total
    assert [cell.count for cell in table.total.cells] == [0, 0, 0, 0]
