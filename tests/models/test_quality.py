"""What is said of a draft recommendation while it is written; the examples stand in tests/data/quality."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from models.quality import Draft, Lack, Measure, findings

EXAMPLES = yaml.safe_load(
    (Path(__file__).parent.parent / "data" / "quality" / "examples.yaml").read_text(encoding="utf-8")
)
FEW = 6


def draft(example: dict[str, Any]) -> Draft:
    return Draft.model_validate({**EXAMPLES["sound"], **example})


def seen(example: dict[str, Any]) -> list[str]:
    return [f"{finding.field} {finding.lack}" for finding in findings(draft(example), few=FEW)]


def called(example: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in example.items() if name != "finds")


@pytest.mark.promise("D2")
@pytest.mark.parametrize("example", [EXAMPLES["sound"], *EXAMPLES["good"]], ids=called)
def test_of_a_good_recommendation_nothing_is_said(example: dict[str, Any]) -> None:
    assert seen(example) == []


@pytest.mark.promise("D2")
@pytest.mark.parametrize("example", EXAMPLES["bad"], ids=called)
def test_of_a_bad_one_exactly_what_it_lacks_is_said(example: dict[str, Any]) -> None:
    assert seen(example) == example["finds"]


@pytest.mark.promise("D2")
def test_each_lack_has_an_example() -> None:
    assert {one.split()[1] for example in EXAMPLES["bad"] for one in example["finds"]} == set(Lack)


@pytest.mark.promise("D2")
def test_few_enough_is_what_the_partnership_s_policy_says() -> None:
    assert [finding.lack for finding in findings(draft({"in_case": 4}), few=3)] == [Lack.TOO_MANY]
    assert findings(draft({"in_case": 4}), few=4) == ()


@pytest.mark.promise("D2")
def test_what_is_said_quotes_the_draft_and_says_how_to_go_on() -> None:
    (finding,) = findings(draft({"text": "The trust should review, update and disseminate its policy."}), few=FEW)
    assert finding.words == "It asks for several things: review, update, disseminate."
    assert finding.go_on.startswith("Keep the one that makes the difference")


PIECES = st.text(alphabet="abc ,.;:/&’“\n", max_size=12) | st.sampled_from(
    [
        "should",
        "must",
        "and",
        "the police",
        "review",
        "be",
        "ensure",
        "children",
        "training delivered",
        "TBC",
        "to",
        "so that",
    ]
)
WORDS = st.lists(PIECES, max_size=10).map(" ".join)


@given(
    st.builds(
        Draft,
        text=WORDS,
        actions=st.lists(WORDS, max_size=2).map(tuple),
        measures=st.lists(st.builds(Measure, words=WORDS, baseline=WORDS), max_size=3).map(tuple),
        due=st.none() | st.dates(),
        owner=WORDS,
        in_case=st.integers(0, 20),
    )
)
def test_any_draft_gets_advice_and_each_piece_names_a_field_of_it(one: Draft) -> None:
    fields = {*Draft.model_fields} | {
        f"measures.{place}.{name}" for place in range(len(one.measures)) for name in Measure.model_fields
    }
    for finding in findings(one, few=FEW):
        assert finding.field in fields
        assert finding.words.endswith(".")
        assert finding.go_on.endswith((".", "?"))


@given(WORDS)
def test_a_date_ends_the_finding_about_the_date_and_no_other(text: str) -> None:
    without = findings(Draft(text=text), few=FEW)
    dated = findings(Draft(text=text, due=date(2027, 1, 1)), few=FEW)
    assert [finding for finding in without if finding.lack is not Lack.NO_DATE] == list(dated)
