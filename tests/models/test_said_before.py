"""Whether something was recommended before, in whatever words; the figures are in docs/said-before.md."""

import csv
import runpy
from collections import Counter
from pathlib import Path
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.field_words import IDEAS
from models.said_before import Earlier

DATA = Path(__file__).parent.parent / "data" / "recommendations"


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def earlier() -> Earlier:
    return Earlier((row["key"], row["text"]) for row in rows("earlier"))


def found(earlier: Earlier, name: str) -> int:
    """For how many questions of a file the true one is among the first five."""
    return sum(row["says_again"] in {said.key for said in earlier.like(row["text"], 5)} for row in rows(name))


@pytest.mark.promise("D3")
def test_of_sixty_reworded_ones_among_a_thousand_fifty_are_found_in_the_first_five(earlier: Earlier) -> None:
    assert len(rows("reworded")) == 60
    assert found(earlier, "reworded") >= 50


@pytest.mark.promise("D3")
def test_as_many_are_found_of_those_that_no_word_was_chosen_for(earlier: Earlier) -> None:
    assert len(rows("held_back")) == 30
    assert found(earlier, "held_back") >= 25


def test_the_thousand_are_what_their_topics_make_and_each_question_has_hard_neighbours() -> None:
    written = {name: [tuple(row.values()) for row in rows(name)] for name in ("earlier", "reworded")}
    made = runpy.run_path(str(DATA / "compose.py"))["compose"]()
    assert {f"{name}.csv": there for name, there in written.items()} == {
        name: there[1:] for name, there in made.items()
    }
    topics = {row["key"]: row["topic"] for row in rows("earlier")}
    texts = {row["text"] for row in rows("earlier")}
    assert len(topics) == len(texts) == 1_000
    near = Counter(topics.values())
    assert all(near[topics[row["says_again"]]] > 2 for name in ("reworded", "held_back") for row in rows(name))


@pytest.mark.promise("D3")
@pytest.mark.parametrize(
    ("then", "now"),
    [
        ("Findings of each serious case review go to all schools.", "LCSPR findings reach every college."),
        ("Screen every child for CSE.", "Look for signs of child sexual exploitation."),
        ("Review each sudden unexpected death in infancy.", "SUDI cases are looked at."),
        ("Give the referrer an answer from the MASH.", "The multi-agency safeguarding hub replies."),
        ("Hold a conference for each child on a CP plan.", "Every child protection plan is talked about."),
        ("Tell the LADO of each allegation.", "Inform the designated officer."),
        ("CAMHS sees them in a week.", "Child and adolescent mental health meets them within seven days."),
        ("Record when a child did not attend.", "Say that the boy was not brought."),
        ("Recognise and prioritise trauma.", "Recognizing trauma and prioritizing it."),
        ("Supervise students.", "Students need supervising."),
    ],
)
def test_abbreviations_older_names_spellings_and_endings_are_one(then: str, now: str) -> None:
    others = [
        ("other", "Publish the yearly budget of the business unit."),
        ("parks", "Mend the fence of the car park."),
    ]
    assert Earlier([*others, ("true", then)]).like(now)[0].key == "true"


@pytest.mark.promise("D3")
def test_the_same_words_score_one_and_show_what_is_shared(earlier: Earlier) -> None:
    text = rows("earlier")[0]["text"]
    first, second, *_ = earlier.like(text)
    assert (first.key, first.score) == ("E0001", 1.0)
    assert second.score < 1
    assert first.shared


@pytest.mark.promise("D3")
def test_what_is_shared_is_named_by_the_field_s_word_or_as_the_new_text_spells_it() -> None:
    one = Earlier([("a", "Midwives ask about whippets in the infant's home."), ("b", "Mend the fence.")])
    assert set(one.like("Does the newborn live with a whippet?")[0].shared) == {"baby", "whippet"}


def test_where_nothing_is_shared_nothing_is_shown() -> None:
    some = Earlier([("a", "Mend the fence.")])
    assert some.like("Zebras graze.") == ()
    assert some.like("") == ()
    assert some.like("The and of should.") == ()
    assert Earlier([]).like("Mend the fence.") == ()
    assert Earlier([("a", ""), ("b", "12 — !")]).like("Mend the fence.") == ()


def test_nothing_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    Earlier([("a", "Mend the fence.")]).like("Mend the fence.")
    assert caplog.records == []


def test_of_equal_ones_the_earlier_given_comes_first_and_no_more_than_asked_for() -> None:
    same = Earlier((str(number), "Mend the fence.") for number in range(20))
    assert [said.key for said in same.like("Mend the fence.", 3)] == ["0", "1", "2"]


@given(
    st.lists(st.text(alphabet="abc defg&-0’\n", max_size=30), max_size=8), st.text(alphabet="abc defg&0’", max_size=30)
)
def test_any_text_is_answered_best_first_with_scores_from_nought_to_one(texts: list[str], new: str) -> None:
    said = Earlier((str(number), text) for number, text in enumerate(texts)).like(new)
    assert all(0 < one.score <= 1 for one in said)
    assert [one.score for one in said] == sorted((one.score for one in said), reverse=True)
    assert all(one.shared for one in said)


def test_no_idea_has_two_lines_and_none_is_empty() -> None:
    names = [line.split(":")[0] for line in IDEAS.splitlines() if not line.startswith("#") and line]
    assert [name for name, times in Counter(names).items() if times > 1] == []
    assert [
        line for line in IDEAS.splitlines() if line and not line.startswith("#") and not line.partition(": ")[2]
    ] == []


@pytest.mark.promise("D3")
def test_ten_thousand_are_asked_in_less_than_three_tenths_of_a_second() -> None:
    texts = [row["text"] for row in rows("earlier")]
    many = Earlier((f"{n}-{number}", text) for n in range(10) for number, text in enumerate(texts))
    start = perf_counter()
    assert many.like(rows("held_back")[0]["text"])
    assert perf_counter() - start < 0.3
