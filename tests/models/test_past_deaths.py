"""A list of past deaths, as people keep it: what is understood, and what is named, cell by cell."""

from collections.abc import Mapping
from datetime import date

import pytest

from models import past_deaths_reading as reading
from models.child_death_commands import Category, Ethnic, Modifiable, Place, Reached, Step, WaitsFor
from models.grid import Sheet, Value, place
from models.past_deaths import Children, PastDeath, PastDeaths, Waiting
from models.past_deaths_mapping import Column
from models.past_deaths_reading import BLANK, read_past_deaths
from models.referral import Sex
from models.sheet_dates import NO_SUCH_DAY
from policy.problems import PolicyProblems
from policy.reading import read_directory_file, read_past_deaths_mapping, shipped_past_deaths_mapping
from tests.support.house import DIRECTORY
from tests.support.past_deaths import AREAS, COMPLETED, DATA, FILES, FIRST, HOPELESS, OPEN, SAME_CHILD, understood

pytestmark = pytest.mark.promise("H13", "H14")
TODAY = date(2026, 1, 2)
NAMES = {
    "reference": "Ref", "number": "NHS number", "name": "Name", "born": "DOB", "died": "DOD", "notified": "Notified",
    "sex": "Sex", "group": "Ethnicity", "place": "Place of death", "area": "Area", "stage": "Status",
    "meeting": "CDRM date", "analysis": "Draft analysis", "panel": "Panel date", "category": "Category",
    "modifiable": "Modifiable", "waits": "Awaiting", "since": "Waiting since", "forms": "Forms outstanding",
}  # fmt: skip
DONE: Mapping[str, Value] = {
    "reference": "A/1", "number": "943 476 5919", "name": "Quillon Notareal", "born": "05/01/2021",
    "died": "06/04/2024", "notified": "08/04/2024", "sex": "M", "group": "White British", "place": "NNU",
    "area": "Harrowshire", "panel": "09/10/2024", "category": 8, "modifiable": "N",
}  # fmt: skip
UNDER_WAY: Mapping[str, Value] = {
    **{name: DONE[name] for name in ("reference", "number", "name", "born", "died", "notified")},
    "stage": "Forms requested",
}  # fmt: skip


def listed(*rows: Mapping[str, Value]) -> PastDeaths:
    cells = [tuple(row.get(name) for name in NAMES) for row in rows]
    sheet = Sheet("Deaths", (tuple(NAMES.values()), *cells))
    mapping, directory = shipped_past_deaths_mapping(), read_directory_file(DIRECTORY)
    return read_past_deaths([sheet], mapping, directory, AREAS, TODAY)


def one(row: Mapping[str, Value], **said: Value) -> PastDeath:
    found = listed({**row, **said})
    assert [(remark.cell, remark.words) for remark in found.problems] == []
    return found.deaths[0]


def wrong(row: Mapping[str, Value], **said: Value) -> list[tuple[str, str]]:
    """The columns of which something is said, and what."""
    return [(remark.column, remark.words) for remark in listed({**row, **said}).problems]


def test_what_is_shipped_as_an_example_is_what_is_made() -> None:
    assert {name: (DATA / name).read_bytes() for name in FILES} == {name: make() for name, make in FILES.items()}


@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_of_a_messy_list_every_fault_is_named_once_and_of_the_mended_one_none(form: str) -> None:
    messy, mended = (understood(f"{name}.{form}", TODAY) for name in ("messy", "mended"))
    rows = sorted(place(remark.cell)[1] - FIRST for remark in messy.problems)
    assert rows == sorted([*HOPELESS, SAME_CHILD])
    assert mended.problems == ()
    assert [death.completed for death in mended.deaths].count(True) == COMPLETED
    assert len(mended.deaths) == COMPLETED + len(OPEN)


def test_a_completed_review_is_understood() -> None:
    death = one(DONE)
    assert (death.born, death.died, death.notified) == (date(2021, 1, 5), date(2024, 4, 6), date(2024, 4, 8))
    assert (death.sex, death.ethnic_group, death.place) == (Sex.MALE, Ethnic.WHITE, Place.NEONATAL)
    assert (death.panel, death.category, death.modifiable) == (date(2024, 10, 9), Category.PERINATAL, Modifiable.NO)
    assert death.completed
    assert "Quillon" not in repr(death)
    assert "2021" not in repr(death)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("8", Category.PERINATAL), (8, Category.PERINATAL), ("NND", Category.PERINATAL), ("Cat 8", Category.PERINATAL),
        ("8 - Perinatal", Category.PERINATAL), ("8. Perinatal/neonatal event", Category.PERINATAL),
        ("10", Category.UNEXPLAINED), ("SUDI", Category.UNEXPLAINED), ("1", Category.INFLICTED),
        ("Chromosomal, genetic and congenital anomalies", Category.GENETIC),
    ],
)  # fmt: skip
def test_a_category_is_understood_by_number_or_name(written: Value, meant: Category) -> None:
    assert one(DONE, category=written).category is meant


@pytest.mark.parametrize(
    ("column", "written", "meant"),
    [
        ("sex", "Boy", Sex.MALE), ("sex", "girl", Sex.FEMALE), ("sex", None, Sex.NOT_KNOWN),
        ("group", "Pakistani", Ethnic.ASIAN), ("group", None, Ethnic.NOT_KNOWN),
        ("group", "Not stated", Ethnic.NOT_KNOWN),
        ("place", "A&E", Place.EMERGENCY), ("place", "Own home", Place.HOME), ("place", None, Place.NOT_KNOWN),
        ("modifiable", "Not enough information", Modifiable.TOO_LITTLE), ("modifiable", "Y", Modifiable.YES),
    ],
)  # fmt: skip
def test_other_spellings_are_understood(column: str, written: Value, meant: object) -> None:
    death = one(DONE, **{column: written})
    assert meant in {death.sex, death.ethnic_group, death.place, death.modifiable}


@pytest.mark.parametrize(
    ("said", "column", "words"),
    [
        ({"reference": None}, "Ref", BLANK[Column.REFERENCE]),
        ({"number": "943 476 5918"}, "NHS number", reading.NOT_A_NUMBER),
        ({"born": "31/04/2021"}, "DOB", NO_SUCH_DAY),
        ({"born": "Not known"}, "DOB", BLANK[Column.BORN]),
        ({"died": "04/01/2021"}, "DOD", reading.BEFORE_BIRTH),
        ({"born": "06/04/2006"}, "DOB", reading.OF_AGE_BY_THEN),
        ({"notified": "05/04/2024"}, "Notified", reading.BEFORE_DEATH),
        ({"notified": None}, "Notified", BLANK[Column.NOTIFIED]),
        ({"panel": "07/04/2024"}, "Panel date", reading.BEFORE_NOTIFIED),
        ({"panel": None}, "Panel date", BLANK[Column.PANEL]),
        ({"modifiable": None}, "Modifiable", BLANK[Column.MODIFIABLE]),
        ({"category": "8 - Malignancy"}, "Category", reading.NUMBER_AND_NAME),
        ({"stage": "CDRM held"}, "Category", reading.OPEN_AND_DONE),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_of_its_cell(said: dict[str, Value], column: str, words: str) -> None:
    assert (column, words) in wrong(DONE, **said)


def test_the_eve_of_an_eighteenth_birthday_is_a_childs_death_and_the_birthday_is_not() -> None:
    assert one(DONE, born="07/04/2006").born == date(2006, 4, 7)
    assert wrong(DONE, born="06/04/2006") == [("DOB", reading.OF_AGE_BY_THEN)]


def test_a_panel_to_come_has_completed_no_review() -> None:
    assert wrong(DONE, panel="09/10/2027") == [("Panel date", reading.TO_COME)]


@pytest.mark.parametrize(("column", "written"), [("category", "Heart"), ("place", "the usual"), ("sex", "X")])
def test_of_a_word_that_is_not_understood_it_is_said_what_would_be_and_what_to_add(column: str, written: str) -> None:
    (remark,) = listed({**DONE, column: written}).problems
    assert "MEANING is one of: " in remark.words
    assert remark.mend.endswith(f'- "{written}"')


def test_the_same_reference_and_the_same_child_are_each_said() -> None:
    other = {**DONE, "reference": "A/2", "number": None, "name": "Zephira Inventedson"}
    again = listed(DONE, {**other, "reference": "a / 1"}).problems
    assert [remark.words for remark in again] == [reading.SAME_REFERENCE.format(cell="Deaths!A2")]
    by_number = listed(DONE, {**other, "number": "9434765919"}).problems
    by_name = listed({**DONE, "number": None}, {**other, "name": "notareal, Quillon", "number": None}).problems
    assert [remark.words for remark in by_number] == [reading.SAME_CHILD.format(row=2)]
    assert [remark.words for remark in by_name] == [reading.SAME_CHILD.format(row=2)], "whichever name stands first"


def test_twins_who_have_no_names_yet_are_two_by_their_numbers() -> None:
    known = Children[int]()
    day = date(2026, 1, 2)
    assert known.add("943 476 5919", "Baby Zarbane", day, 1) is None
    assert known.add("943 476 5870", "Baby Zarbane", day, 2) is None
    assert known.add("9434765870", "Baby Zarbane", day, 3) == 2
    assert known.add("", "baby zarbane", day, 4) == 1


@pytest.mark.parametrize(
    ("said", "reached", "holds"),
    [
        ({"stage": "New"}, Reached.NOTIFIED, []),
        ({"stage": "JAR held"}, Reached.FIRST_STEPS, []),
        ({}, Reached.ASKED, []),
        ({"stage": "CDRM held", "meeting": "01/07/2024"}, Reached.MET, []),
        ({"stage": "Ready for panel", "analysis": "01/08/2024"}, Reached.DRAFTED, []),
        ({"stage": "Awaiting PM", "since": "01/05/2024"}, Reached.ASKED, [[Step.MEETING]]),
        ({"stage": "Awaiting inquest", "since": "01/05/2024"}, Reached.ASKED, [[Step.MEETING, Step.PANEL]]),
        (
            {"stage": "On hold", "waits": "CPS", "since": "1 May 2024", "meeting": "01/07/2024"}, Reached.MET,
            [[Step.PANEL]],
        ),
        (
            {"stage": None, "waits": "Inquest; PSII", "since": "01/05/2024"}, Reached.ASKED,
            [[Step.MEETING, Step.PANEL], [Step.MEETING, Step.PANEL]],
        ),
    ],
)  # fmt: skip
def test_where_an_open_review_stands_is_understood(
    said: dict[str, Value], reached: Reached, holds: list[list[Step]]
) -> None:
    death = one(UNDER_WAY, **said)
    assert (death.reached, [wait.holds(reached) for wait in death.waits]) == (reached, holds)


def test_each_wait_has_its_own_day_or_all_of_them_one() -> None:
    death = one(UNDER_WAY, waits="Inquest; police", since="01/05/2024; 02/05/2024")
    assert death.waits == (
        Waiting(kind=WaitsFor.INQUEST, since=date(2024, 5, 1)), Waiting(kind=WaitsFor.POLICE, since=date(2024, 5, 2)),
    )  # fmt: skip
    assert wrong(UNDER_WAY, waits="Inquest; police; PM", since="01/05/2024; 02/05/2024") == [
        ("Waiting since", BLANK[Column.WAITS_SINCE])
    ]


@pytest.mark.parametrize(
    ("said", "column", "words"),
    [
        ({"name": None}, "Name", BLANK[Column.NAME]),
        ({"stage": None}, "Status", BLANK[Column.STAGE]),
        ({"stage": "On hold"}, "Awaiting", BLANK[Column.WAITS_FOR]),
        ({"stage": "Awaiting inquest"}, "Waiting since", BLANK[Column.WAITS_SINCE]),
        ({"stage": "CDRM held"}, "CDRM date", BLANK[Column.MEETING]),
        ({"stage": "Ready for panel"}, "Draft analysis", BLANK[Column.ANALYSIS]),
        ({"meeting": "01/07/2024"}, "CDRM date", reading.NOT_HELD),
        ({"analysis": "01/07/2024"}, "Draft analysis", reading.NOT_DRAFTED),
        ({"panel": "01/07/2027"}, "Panel date", reading.NOT_DRAFTED),
        ({"panel": "01/07/2024"}, "Panel date", reading.BEFORE_PANEL_DAY),
        ({"stage": "CDRM held", "meeting": "01/07/2027"}, "CDRM date", reading.TO_COME),
        ({"stage": "Awaiting inquest", "since": "01/05/2027"}, "Waiting since", reading.TO_COME),
    ],
)  # fmt: skip
def test_what_cannot_be_of_an_open_review_is_said_of_its_cell(said: dict[str, Value], column: str, words: str) -> None:
    assert wrong(UNDER_WAY, **said) == [(column, words)]


def test_a_column_that_is_not_there_is_said_once_for_all_rows() -> None:
    rows = (("Ref", "DOB", "DOD"), ("A/1", "05/01/2021", "06/04/2024"), ("A/2", "05/01/2021", "06/04/2024"))
    mapping, directory = shipped_past_deaths_mapping(), read_directory_file(DIRECTORY)
    found = read_past_deaths([Sheet("Deaths", rows)], mapping, directory, AREAS, TODAY)
    assert found.deaths == ()
    assert sorted(remark.mend.split()[1] for remark in found.problems) == ["name:", "notified:", "stage:"]


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("sexes:\n  male: [F]\n  female: [F]\n", "sexes.female[0]: This stands under `sexes.male[0]` already"),
        ("areas:\n  nowhere: [HCC]\n", "areas.nowhere: The policy has no `nowhere`."),
        ("agencies:\n  nobody: [HCC]\n", "agencies.nobody: The directory has no `nobody`."),
        ("sexes:\n  boy: [B]\n", "line 2"),
        ("dates:\n  formats: ['%d %m']\n", "dates.formats[0]: This does not name day, month and year."),
    ],
)
def test_a_mistake_in_a_mapping_file_is_named_with_its_line(written: str, words: str) -> None:
    with pytest.raises(PolicyProblems, match="line") as refused:
        read_past_deaths_mapping(written, "mine.yaml", read_directory_file(DIRECTORY), AREAS)
    assert words in str(refused.value)


def test_ones_own_words_win() -> None:
    mapping = read_past_deaths_mapping("sexes:\n  female: [M]\n", "mine.yaml", read_directory_file(DIRECTORY), AREAS)
    assert "M" in mapping.sexes[Sex.FEMALE]
    assert "M" not in mapping.sexes[Sex.MALE]
