"""A mapping file that a person wrote: every mistake is named with its line."""

import pytest

from models.sheet_mapping import spoken
from models.tracker_mapping import Column, Meaning, TrackerMapping
from policy.problems import PolicyProblems
from policy.reading import read_tracker_mapping, shipped_tracker_mapping
from tests.support.house import example_directory
from tests.support.trackers import DATA

pytestmark = pytest.mark.promise("D8")
DIRECTORY = example_directory()
OWN = (DATA / "mapping.yaml").read_text(encoding="utf-8")

FAULTS = {
    "an unknown key": ("two_owners:", "two_owner:", "two_owner", "Did you mean `two_owners`?"),
    "an unknown state": ("  closed: [Compleet]", "  done: [Compleet]", "statuses.done", "Write one of: 'not_started'"),
    "an agency that is not there": (
        "  harrowshire-icb:", "  harrowshire-icbs:", "agencies.harrowshire-icbs", "Did you mean `harrowshire-icb`?",
    ),
    "a person who is not there": ("  p-005:", "  p-999:", "people.p-999", "The directory has no `p-999`"),
    "a word with two meanings": (
        "  closed: [Compleet]", "  closed: [compleet, wip]", "statuses.closed[1]",
        "under `statuses.in_progress[0]` already",
    ),
    "a person with two ids": ("[E. Dummett]", "[d placeholder]", "people.p-005[0]", "under `people.p-004[0]` already"),
    "one word where a list is": ("undated: [asap]", "undated: asap", "dates.undated", "A list is expected here"),
    "a day that is none": ("undated: [asap]", "earliest: 2014-02-30", "dates.earliest", "a day that exists"),
    "an unknown edge": ("month: last_day", "month: middle", "dates.month", "'first_day' or 'last_day'"),
    "a way of writing without a year": (
        "undated: [asap]", 'formats: ["%d/%m"]', "dates.formats[0]", "does not name day, month and year",
    ),
    "a way of writing that is none": ("undated: [asap]", "formats: [dd/mm]", "dates.formats[0]", "does not name day"),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "key", "words"), FAULTS.values(), ids=FAULTS)
def test_every_mistake_in_a_mapping_is_named_with_its_line(old: str, new: str, key: str, words: str) -> None:
    assert old in OWN
    text = OWN.replace(old, new, 1)
    with pytest.raises(PolicyProblems) as refused:
        read_tracker_mapping(text, "mine.yaml", DIRECTORY)
    (problem,) = refused.value.problems
    assert (problem.line, problem.key) == (text[: text.index(new)].count("\n") + 1, key)
    assert words in problem.words


def test_all_mistakes_are_named_at_once() -> None:
    text = OWN.replace("  p-005:", "  p-999:").replace("month: last_day", "month: middle").replace("two_owners", "two")
    with pytest.raises(PolicyProblems) as refused:
        read_tracker_mapping(text, "mine.yaml", DIRECTORY)
    assert {one.key for one in refused.value.problems} == {"people.p-999", "dates.month", "two"}


def test_a_first_day_after_the_last_is_named() -> None:
    with pytest.raises(PolicyProblems, match="before `earliest`"):
        read_tracker_mapping("dates: {earliest: 2024-01-01, latest: 2023-01-01}", "mine.yaml")


def test_the_shipped_mapping_names_every_column_and_every_meaning() -> None:
    shipped = shipped_tracker_mapping()
    assert set(shipped.columns) == set(Column)
    assert set(shipped.statuses) == set(Meaning)
    assert shipped.required_while_open == (Column.OWNER, Column.TARGET)


def test_what_a_mapping_leaves_out_is_as_in_the_shipped_one_and_what_it_says_wins() -> None:
    shipped = shipped_tracker_mapping()
    assert read_tracker_mapping("ignored_sheets: [Old]", "mine.yaml").columns == shipped.columns
    own = read_tracker_mapping("columns: {text: [Action]}\nignored_columns: [Priority]\n", "mine.yaml")
    assert "Action" in own.columns[Column.TEXT]
    assert "Action" not in own.columns[Column.ACTION]
    assert own.columns[Column.PRIORITY] == ()
    assert "Agreed action" in own.columns[Column.ACTION]
    assert TrackerMapping().over(shipped) == shipped


@pytest.mark.parametrize(("one", "other"), [("Due-date", "due  DATE"), ("Café", "cafe"), ("✓", " ✓ ")])
def test_words_are_compared_without_case_accents_and_signs(one: str, other: str) -> None:
    assert spoken(one) == spoken(other)
