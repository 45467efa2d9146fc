"""An NHS number that cannot be one is told at once: a wrong one finds another child's records, or none."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.examining import examined
from models.nhs_number import can_be_nhs_number
from models.referral import SubmitReferral
from tests.support.core import MONDAY, referral_answers

pytestmark = pytest.mark.promise("A3", "A6")

NINE = st.text("0123456789", min_size=9, max_size=9).filter(lambda digits: len(set(digits)) > 1)
"""Ten equal digits are typed by people who have no number."""


def numbers(first: str) -> list[str]:
    """Those of the ten numbers that begin so which can be NHS numbers."""
    return [number for last in "0123456789" if can_be_nhs_number(number := first + last)]


@pytest.mark.parametrize(
    "number",
    [
        "9990000018",  # 90 + 81 + 72 + 2 = 245 = 22 * 11 + 3, and 11 - 3 = 8
        "999 000 0042",  # 90 + 81 + 72 + 4 * 2 = 251 = 22 * 11 + 9, and 11 - 9 = 2
        "999-000-0050",  # 90 + 81 + 72 + 5 * 2 = 253 = 23 * 11, and nothing is left
        " 9990000 018 ",
    ],
)
def test_ten_digits_whose_last_fits_can_be_one_however_they_are_spaced(number: str) -> None:
    assert can_be_nhs_number(number)


@pytest.mark.parametrize(
    "number",
    [
        "9990000000",  # 243 = 22 * 11 + 1, and 11 - 1 = 10, which is no digit
        "9990000019", "9990000108", "999000001", "99900000188", "999.000.0018", "999000001X", "٩٩٩٠٠٠٠٠١٨", "not known",
        "0000000000", "111 111 1111",
    ],
)  # fmt: skip
def test_anything_else_cannot(number: str) -> None:
    assert not can_be_nhs_number(number)


@given(NINE)
def test_nine_digits_have_one_check_digit_or_none(first: str) -> None:
    weighed = sum(int(digit) * weight for digit, weight in zip(first, range(10, 1, -1), strict=True))
    found = numbers(first)
    assert len(found) == (weighed % 11 != 1)
    assert all((weighed + int(number[-1])) % 11 == 0 for number in found)


@given(NINE, st.integers(0, 9), st.integers(1, 9))
def test_one_slip_of_a_digit_is_always_found(first: str, place: int, by: int) -> None:
    for number in numbers(first):
        slipped = str((int(number[place]) + by) % 10)
        assert not can_be_nhs_number(number[:place] + slipped + number[place + 1 :])


@given(NINE, st.integers(0, 8))
def test_two_neighbours_that_changed_places_are_always_found(first: str, place: int) -> None:
    for number in numbers(first):
        turned = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
        assert turned == number or not can_be_nhs_number(turned)


@pytest.mark.parametrize(
    ("number", "told"), [("12345", True), ("999 000 0019", True), ("999 000 0018", False), ("", False)]
)
def test_a_number_that_cannot_be_is_told_beside_its_field_with_how_to_go_on(number: str, *, told: bool) -> None:
    child: dict[str, Any] = {"name": "Q", "born": "2019-02-03", "nhs_number": number}
    _, found = examined(SubmitReferral, {**referral_answers(MONDAY), "children": [child]}, MONDAY)
    words = "This cannot be an NHS number. Check its ten digits, or leave it empty if you are not sure."
    assert [(one.field, one.words) for one in found] == ([("children.0.nhs_number", words)] if told else [])
