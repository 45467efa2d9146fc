"""Who may be the same child: spelling, order of names and slips are forgiven; a person decides."""

import pytest

from models.likeness import LIKELY, likeness


@pytest.mark.promise("A6")
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"name": "Siobhán O’Neill", "born": "2019-03-02"}, {"name": "Siobhan ONeill", "born": "2019-03-02"}),
        ({"name": "Quillon Zarbane", "born": "2019-03-02"}, {"name": "Zarbane Quillon", "born": "2019-03-02"}),
        ({"name": "Quillon Zarbane", "born": "2019-03-02"}, {"name": "Quilon Zarbaine", "born": "2019-02-03"}),
        ({"name": "Quillon Zarbane", "born": "2019-03-02"}, {"name": "Quillon Zarbane", "born": "2019-03-12"}),
        ({"name": "Baby Zarbane", "expected": "2026-05-01"}, {"name": "Baby Zarbane", "born": "2026-04-20"}),
        ({"name": "A", "nhs_number": "943 476 5919"}, {"name": "B", "nhs_number": "9434765919"}),
    ],
)
def test_a_slip_or_another_spelling_is_found(one: dict[str, str], other: dict[str, str]) -> None:
    found = likeness(one, other)
    assert found.score >= LIKELY
    assert found.because


@pytest.mark.promise("A6")
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"name": "Quillon Zarbane", "born": "2019-03-02"}, {"name": "Norwen Tace", "born": "2019-03-02"}),
        ({"name": "Quillon Zarbane", "born": "2019-03-02"}, {"name": "Quillon Tace", "born": "2011-11-30"}),
        ({"name": "Oliver Hartley", "born": "2019-03-02"}, {"name": "Amelia Hartley", "born": "2019-03-02"}),
        ({"name": "Quillon Hartley", "born": "2019-03-02"}, {"name": "Colin Hartley", "born": "2019-03-02"}),
        ({"name": "Quillon Zarbane", "born": "2010-01-01"}, {"name": "Quillon Zarbane", "born": "2019-03-27"}),
    ],
)
def test_another_child_is_not_pointed_at(one: dict[str, str], other: dict[str, str]) -> None:
    assert likeness(one, other).score < LIKELY


def test_likeness_does_not_depend_on_who_came_first() -> None:
    one, other = {"name": "Quillon Zarbane", "born": "2019-03-02"}, {"name": "Quilon Zarbane", "born": "2019-02-03"}
    assert likeness(one, other).score == likeness(other, one).score
