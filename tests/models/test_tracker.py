"""The tracker of tests/data/tracker, and small ones: what is read, and what is named. The expectations are by hand."""

from cProfile import Profile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from models.grid import BROKEN, Sheet, Value, place
from models.sheet_dates import MONTH, NO_SUCH_DAY, NOT_A_DAY, OUT_OF_REACH, QUARTER, SERIAL, Days, NotADay
from models.sheet_mapping import Dates, Edge
from models.tracker import Recommendation, Status, Tracker
from models.tracker_mapping import ReviewKind, ReviewStatus, TrackerMapping
from models.tracker_reading import read_tracker
from policy.reading import read_tracker_mapping, shipped_tracker_mapping
from records.sheets import read_sheets
from tests.support.house import example_directory, shipped_policy
from tests.support.trackers import DATA, FILES, many

pytestmark = pytest.mark.promise("D8")
ROOT = Path(__file__).parents[2]
DIRECTORY = example_directory()
SHIPPED = shipped_tracker_mapping()
OWN = (DATA / "mapping.yaml").read_text(encoding="utf-8")
MAPPING = read_tracker_mapping(OWN, "mapping.yaml", DIRECTORY)


def read(name: str, mapping: TrackerMapping = MAPPING) -> Tracker:
    return read_tracker(read_sheets((DATA / name).read_bytes(), name), mapping, DIRECTORY)


def at(tracker: Tracker, row: int) -> Recommendation:
    (found,) = [one for one in tracker.recommendations if row in one.rows]
    return found


# The shipped tracker


@pytest.mark.parametrize("name", FILES)
def test_the_shipped_trackers_are_what_the_script_makes(name: str) -> None:
    assert (DATA / name).read_bytes() == FILES[name]()


ONLY_THE_SHEET_CAN_SAY = {
    "H6": ("31/04/2015", "no such day"),
    "E22": ("Police / Health", "No agency of the directory"),
    "E34": ("All agencies", "No agency of the directory"),
    "N43": ("see minutes", "cannot be read as a day"),
    "F49": ("Keziah Specimen, Jolyon Madeup and Horatio Fictley", "More than two people"),
    "F58": ("", "Fill it in"),
    "J59": ("", "a colour alone is not read"),
    "J63": ("", "a colour alone is not read"),
    "H76": ("11/04/2204", "Is the year right?"),
    "L82": (BROKEN, "formula in this cell has failed"),
    "F89": ("The new manager", "Nobody of the directory"),
    "P92": ("chase!", "without a heading"),
    "C98": ("", "no recommendation in this row"),
    "H110": ("", "Fill it in"),
    "E117": ("", "cannot be guessed"),
    "A127": ("RT to chase Police before June", "no recommendation in this row"),
}


def test_every_cell_that_cannot_be_read_is_named_in_the_order_of_the_sheet_and_no_other() -> None:
    wanted = {
        "Reviews!C15": ("early 2022", "cannot be read as a day"),
        **{f"Tracker!{cell}": said for cell, said in ONLY_THE_SHEET_CAN_SAY.items()},
        "Tracker!B37": ("2017-02-01", "made a date when it was typed"),
    }
    found = read("messy.xlsx").problems
    assert {one.cell: one.found for one in found} == {cell: said for cell, (said, _) in wanted.items()}
    assert [one.cell for one in found if wanted[one.cell][1] not in one.words] == []
    assert len(found) == len(wanted)
    rows = [int("".join(filter(str.isdigit, one.cell))) for one in found if one.cell.startswith("Tracker")]
    assert rows == sorted(rows)
    assert next(one for one in found if one.cell == "Tracker!H6").column == "Due date"


def test_the_same_as_text_has_the_same_problems_at_the_same_cells() -> None:
    wanted = {f"messy!{cell}": said for cell, (said, _) in ONLY_THE_SHEET_CAN_SAY.items()}
    assert {one.cell: one.found for one in read("messy.csv").problems} == {**wanted, "messy!B37": "01/02/2017"}


def test_what_may_be_wrong_and_can_be_taken_is_a_warning() -> None:
    assert [(one.cell, one.words) for one in read("messy.xlsx").warnings] == [
        ("Tracker!J5", "This is closed, and nothing is named that shows it."),
        ("Tracker!J79", "This is closed, and nothing is named that shows it."),
        ("Tracker!H100", "This is before the review was commissioned."),
    ]


def test_what_is_left_out_is_told() -> None:
    assert [(one.cell, one.found) for one in read("messy.xlsx").passed_over] == [
        ("Tracker!A70", "Case"),
        ("Tracker!A124", "Total"),
        ("Tracker!A126", "Notes from the sub-group: blue means closed"),
        ("Lookups!A1", "Lookups"),
        ("Sheet3!A1", "Sheet3"),
    ]


def test_the_mended_tracker_is_read_whole() -> None:
    found = read("mended.xlsx")
    assert (len(found.reviews), len(found.recommendations), found.problems) == (16, 88, ())
    assert sum(len(one.actions) for one in found.recommendations) == 117
    assert len({one.key for one in found.recommendations}) == 88
    assert sorted(row for one in found.recommendations for row in one.rows) == [*range(5, 70), *range(71, 123)]


def test_the_mended_tracker_says_the_same_as_text() -> None:
    book, text = read("mended.xlsx"), read("mended.csv")
    assert text.problems == ()
    assert [(one.key, one.digest) for one in text.recommendations] == [
        (one.key, one.digest) for one in book.recommendations
    ]
    assert [(one.key, one.kind) for one in text.reviews] == [(one.key, one.kind) for one in book.reviews]


def test_reviews_are_read_with_their_kind_and_days() -> None:
    found = {one.name: one for one in read("mended.xlsx").reviews}
    alder, elder, event = found["SCR Child Alder"], found["SCR Siblings Elder"], found["Neonatal learning event"]
    assert (alder.kind, alder.commissioned, alder.published, alder.status, alder.cell) == (
        ReviewKind.SERIOUS_CASE_REVIEW, date(2014, 3, 10), date(2015, 2, 2), ReviewStatus.PUBLISHED, "Reviews!A4",
    )  # fmt: skip
    assert (elder.published, elder.status, event.kind) == (None, ReviewStatus.NOT_PUBLISHED, ReviewKind.OTHER)
    assert found["Audit of neglect"].kind is ReviewKind.AUDIT


def test_words_of_many_hands_are_read_with_the_mapping() -> None:
    found = read("mended.xlsx")
    assert at(found, 5).status is Status.CLOSED_WITHOUT_EVIDENCE  # Complete - see email
    assert at(found, 6).status is Status.CLOSED_WITH_EVIDENCE
    assert at(found, 7).agency == "harrowshire-icb"
    assert at(found, 10).owner == "p-013"  # surname first
    assert at(found, 15).owner == "p-005"
    assert at(found, 23).review == at(found, 22).review  # Child Cedar, spelt otherwise
    assert [at(found, row).target for row in (26, 27, 28, 30, 31)] == [
        date(2017, 3, 31), date(2016, 12, 31), date(2017, 3, 31), date(2017, 2, 20), date(2017, 3, 31),
    ]  # fmt: skip
    assert (at(found, 32).owner, at(found, 55).target) == (None, None)
    assert (at(found, 35).owner, at(found, 35).deputy) == ("p-008", "p-009")
    assert at(found, 66).revised == (date(2022, 3, 1), date(2022, 9, 30))
    assert at(found, 66).due == date(2022, 9, 30)
    assert at(found, 51).status is Status.IN_PROGRESS  # WIP
    assert (at(found, 105).owner, at(found, 105).deputy) == ("p-004", "p-005")
    assert at(found, 94).progress == (
        'Update March 2024: Discussed; chair not content.\n- Ask again in "May", said the sub-group',
    )


def test_rows_that_were_merged_are_one_recommendation() -> None:
    found = at(read("mended.xlsx"), 8)
    assert (found.row, found.rows, found.number) == (7, (7, 8), "3")
    assert found.actions == ("Audit twenty records", "Change the template of the assessment")
    assert found.themes == ("information_sharing", "neglect")


def test_a_theme_is_one_of_the_policys_by_its_words_or_none_where_the_mapping_says_so() -> None:
    mapping = over(themes={"supervision": ["Oversight"]}, no_theme=["Miscellaneous"])

    def themed(words: str) -> Recommendation:
        (one,) = read_tracker([Sheet("T", ((*HEADS, "Theme"), (*row(), words)))], mapping, DIRECTORY).recommendations
        return one

    assert themed("Oversight; NAI\nmiscellaneous").themes == ("supervision", "non_accidental_injury")
    policy = shipped_policy()
    assert set(SHIPPED.themes) == set(policy.themes), "every theme of the shipped policy can be written"
    for theme, title in policy.themes.items():
        assert themed(title).themes == (theme,)


def test_without_a_mapping_every_local_word_is_named_with_the_lines_that_say_it() -> None:
    found = read("mended.xlsx", SHIPPED).problems
    babies = {one.cell for one in found if one.found == "Babies"}
    assert len(babies) > 10
    assert {one.mend for one in found if one.cell in babies} == {'themes:\n  MEANING:\n    - "Babies"'}
    assert {one.cell for one in found} - babies == {
        "Reviews!B15", "Tracker!G4", "Tracker!E7", "Tracker!E10", "Tracker!E14", "Tracker!E15", "Tracker!F15",
        "Tracker!E18", "Tracker!A23", "Tracker!H27", "Tracker!H28", "Tracker!F32", "Tracker!F35", "Tracker!J51",
        "Tracker!H55", "Tracker!J62", "Tracker!J72", "Tracker!J79", "Tracker!F105", "Tracker!A126", "Sheet3!C5",
        "Tracker!E8", "Tracker!H29", "Tracker!F33", "Tracker!F36", "Tracker!J52", "Tracker!F106",
    }  # fmt: skip
    by_cell = {one.cell: one.mend for one in found}
    assert by_cell["Tracker!F15"] == 'people:\n  p-005:\n    - "E. Dummett"'
    assert by_cell["Tracker!F35"] == "two_owners: owner_and_deputy"
    assert by_cell["Tracker!H27"] == "dates:\n  quarter: last_day"
    assert by_cell["Tracker!J51"] == 'statuses:\n  MEANING:\n    - "WIP"'
    assert by_cell["Tracker!A126"] == 'passed_over:\n  - "Notes from the sub-group: blue means closed"'


@pytest.mark.parametrize(
    "cell", ["Tracker!G4", "Tracker!F15", "Tracker!F35", "Tracker!H27", "Tracker!H55", "Sheet3!C5"]
)
def test_the_lines_that_are_proposed_make_the_cell_readable(cell: str) -> None:
    (mend,) = [one.mend for one in read("mended.xlsx", SHIPPED).problems if one.cell == cell]
    mapping = read_tracker_mapping(mend, "mine.yaml", DIRECTORY)
    assert cell not in {one.cell for one in read("mended.xlsx", mapping).problems}


def test_no_word_of_a_tracker_is_in_what_a_log_would_show() -> None:
    found = read("messy.xlsx")
    shown = repr(found)
    for word in ("Alder", "Keziah", "bruising", "chase", "sub-group", "Write the guidance"):
        assert word not in shown
    assert "Tracker!H6" in shown


# Small trackers

HEADS = ("Review", "No", "Recommendation", "Action", "Agency", "Owner", "Due date", "Status", "Evidence")
POLICE = "Harrowshire Police"


def row(**other: Value) -> tuple[Value, ...]:
    usual: dict[str, Value] = {
        "Review": "SCR Child A", "No": 1, "Recommendation": "Ask about sleep.", "Action": "Train.", "Agency": POLICE,
        "Owner": "Esmeralda Dummett", "Due date": date(2024, 3, 31), "Status": "In progress", "Evidence": None,
    }  # fmt: skip
    said = usual | {name.replace("_", " "): value for name, value in other.items()}
    return tuple(said[name] for name in HEADS)


def small(*rows: tuple[Value, ...], mapping: TrackerMapping | None = None, name: str = "Tracker") -> Tracker:
    return read_tracker([Sheet(name, (HEADS, *rows))], mapping or over(), DIRECTORY)


def over(**own: Any) -> TrackerMapping:  # noqa: ANN401 -- parts of a mapping
    return read_tracker_mapping(yaml.safe_dump({"reviews_over": True, **own}), "mine.yaml", DIRECTORY)


def continued(**said: Value) -> tuple[Value, ...]:
    blank: dict[str, Value] = {name.replace(" ", "_"): None for name in HEADS}
    return row(**(blank | said))


ROWS = [
    row(),
    row(No=2, Recommendation="Audit.", Owner="Digby Placeholder"),
    row(Review="SCR Child B", Recommendation="Audit."),
]


def test_a_row_keeps_its_key_in_any_order_and_whatever_else_changes() -> None:
    before = {one.key for one in small(*ROWS).recommendations}
    assert {one.key for one in small(*reversed(ROWS)).recommendations} == before
    changed = [
        row(Action="Other.", Owner=None, Status="Closed", Evidence="Audit", Due_date="1 May 2025"),
        *ROWS[1:],
    ]
    assert {one.key for one in small(*changed).recommendations} == before
    assert {one.key for one in small(row(Recommendation="ASK about  sleep"), *ROWS[1:]).recommendations} == before
    assert {one.key for one in small(row(Recommendation="Ask about food."), *ROWS[1:]).recommendations} != before


def test_a_digest_changes_with_every_word_and_with_no_place() -> None:
    first = {one.key: one.digest for one in small(*ROWS).recommendations}
    assert {one.key: one.digest for one in small(*reversed(ROWS)).recommendations} == first
    changed = {one.key: one.digest for one in small(row(Evidence="Audit"), *ROWS[1:]).recommendations}
    assert [key for key in first if first[key] != changed[key]] == [small(ROWS[0]).recommendations[0].key]


def test_what_continues_with_the_same_owner_adds_to_the_recommendation() -> None:
    (found,) = small(
        row(), continued(Action="Audit."), continued(Action="Report.", Agency="harrowshire-police")
    ).recommendations
    assert (found.actions, found.rows) == (("Train.", "Audit.", "Report."), (2, 3, 4))


def test_what_continues_with_another_owner_or_date_is_one_of_its_own_with_a_key_that_lasts() -> None:
    other = continued(
        Action="Audit.", Agency="harrowshire-icb", Owner="Horatio Fictley", Due_date="1/6/2024", Status="Not started"
    )
    first, second = small(row(), other).recommendations
    assert (first.stem, first.text, first.number) == (second.stem, second.text, second.number)
    assert (second.owner, second.target, second.status) == ("p-008", date(2024, 6, 1), Status.NOT_STARTED)
    full = row(
        Action="Audit.", Agency="harrowshire-icb", Owner="Horatio Fictley", Due_date="1/6/2024", Status="Not started"
    )
    assert {one.key: one.owner for one in small(full, row()).recommendations} == {
        first.key: first.owner, second.key: second.owner,
    }  # fmt: skip
    assert small(row()).recommendations[0].key == first.stem


def test_the_same_action_for_each_agency_is_told_apart_by_the_agency() -> None:
    rows = [row(), row(Agency="harrowshire-icb", Owner="Horatio Fictley")]
    found = small(*rows)
    assert (len({one.key for one in found.recommendations}), found.problems) == (2, ())
    (problem,) = small(row(), row(Due_date="1/6/2024")).problems
    assert (problem.cell, problem.words.endswith("The other is row 2.")) == ("Tracker!C3", True)


def test_a_row_that_stands_there_twice_is_read_once_and_said() -> None:
    found = small(*ROWS, row())
    assert len(found.recommendations) == 3
    assert [(one.cell, one.words) for one in found.warnings] == [
        ("Tracker!C5", "Row 2 says the same already. It is read once.")
    ]


def test_nothing_of_owner_date_or_state_is_taken_from_the_row_above() -> None:
    found = small(row(), continued(No=2, Recommendation="Audit.", Action="x"))
    assert [one.cell for one in found.problems] == ["Tracker!E3", "Tracker!H3"]
    assert [one.number for one in found.recommendations] == ["1"]


@pytest.mark.parametrize(
    ("evidence", "status"),
    [("Audit of May", Status.CLOSED_WITH_EVIDENCE), (None, Status.CLOSED_WITHOUT_EVIDENCE),
     ("see e-mail", Status.CLOSED_WITHOUT_EVIDENCE),
     ("E-mail of 3 May", Status.CLOSED_WITH_EVIDENCE), ("See email", Status.CLOSED_WITHOUT_EVIDENCE)],
)  # fmt: skip
def test_closed_is_with_evidence_only_where_the_column_names_some(evidence: str | None, status: Status) -> None:
    assert small(row(Status="Closed", Evidence=evidence)).recommendations[0].status is status


def test_owner_and_date_may_be_blank_once_nothing_is_owed_or_when_the_mapping_says_so() -> None:
    assert small(row(Status="Withdrawn", Owner=None, Due_date=None)).problems == ()
    assert [one.cell for one in small(row(Owner="TBC", Due_date=None)).problems] == ["Tracker!F2", "Tracker!G2"]
    assert small(row(Owner=None, Due_date=None), mapping=over(required_while_open=[])).problems == ()


def test_a_review_of_which_nothing_says_how_far_it_has_come_is_named_unless_the_mapping_calls_such_over() -> None:
    (said,) = small(row(), mapping=over(reviews_over=False)).problems
    assert (said.cell, said.found, said.mend) == ("Tracker!A2", "SCR Child A", "reviews_over: true")
    (review,) = small(row()).reviews
    assert review.status is ReviewStatus.OVER
    listed = ("Review", "Commissioned", "Published", "Review status")
    for known in ((date(2018, 3, 1), None, None), (None, date(2019, 3, 1), None), (None, None, "Published")):
        sheets = [Sheet("Reviews", (listed, ("SCR Child A", *known))), Sheet("Tracker", (HEADS, row()))]
        assert read_tracker(sheets, SHIPPED, DIRECTORY).problems == ()


def test_a_review_is_said_once_and_the_same() -> None:
    heads = ("Review", "Recommendation", "Agency", "Status", "Date published")
    rows = [("SCR Child A", f"Do {n}.", POLICE, "Closed", day) for n, day in enumerate(("1/2/2020", "2/2/2020"))]
    (problem,) = read_tracker([Sheet("Tracker", (heads, *rows))], SHIPPED, DIRECTORY).problems
    assert problem.cell == "Tracker!E3"
    assert "Tracker!E2 says otherwise" in problem.words


def test_a_review_that_the_list_of_reviews_has_not_is_named() -> None:
    listed = Sheet("Reviews", (("Case name", "Type of review"), ("Child A", "SCR")))
    found = read_tracker([listed, Sheet("Tracker", (HEADS, row(Review="Child B")))], over(), DIRECTORY)
    assert [one.cell for one in found.problems] == ["Tracker!A2", "Tracker!A2"]
    assert "not on the sheet of reviews" in found.problems[1].words


def test_a_review_may_be_named_by_the_sheet_or_by_a_line_above() -> None:
    by_sheet = small(row(Review=None), mapping=over(review_named="sheet"), name="SCR Child Q")
    assert ([one.name for one in by_sheet.reviews], by_sheet.problems) == (["SCR Child Q"], ())
    line = continued(Review="SCR Child R")
    above = small(line, row(Review=None), row(Review=None, No=2), mapping=over(review_named="line_above"))
    assert ([one.name for one in above.reviews], len(above.recommendations), above.problems) == (["SCR Child R"], 2, ())


def test_a_sheet_without_headings_or_without_a_needed_column_is_named_once() -> None:
    (problem,) = read_tracker([Sheet("Odd", ((None, "some"), ("words", "here")))], over(), DIRECTORY).problems
    assert (problem.cell, problem.mend) == ("Odd!B1", 'ignored_sheets:\n  - "Odd"')
    rows = [("SCR Child A", f"Do {n}.", "Closed") for n in range(9)]
    found = read_tracker([Sheet("Tracker", (("Review", "Recommendation", "Status"), *rows))], over(), DIRECTORY)
    assert [(one.cell, one.mend) for one in found.problems] == [("Tracker!A1", 'columns:\n  agency:\n    - "HEADING"')]


def test_what_an_agency_owns_is_not_passed_over_however_it_begins() -> None:
    total = row(Review=None, No=None, Recommendation="Total harm should be counted.")
    found = small(row(), total, continued(Action="Total it."), continued(Review="Total", Status=3))
    assert [one.rows for one in found.recommendations] == [(2,), (3, 4)]
    assert [one.cell for one in found.passed_over] == ["Tracker!A5"]


def test_ten_times_the_rows_take_ten_times_as_many_steps() -> None:
    def steps(count: int) -> int:
        """Counted, for a time would hang on what else the machine does."""
        profile, raw = Profile(), many(count)
        found = profile.runcall(lambda: read_tracker(read_sheets(raw, "many.xlsx"), MAPPING, DIRECTORY))
        assert (len(found.recommendations), found.problems) == (count, ())
        return sum(one.callcount for one in profile.getstats())

    assert steps(300) < 10.5 * steps(30)


def test_a_second_heading_with_other_columns_is_named() -> None:
    other = (*reversed(HEADS),)
    assert [one.cell for one in small(row(), other).problems] == ["Tracker!A3"]


def test_a_column_that_stands_there_twice_is_named() -> None:
    sheet = Sheet("Tracker", ((*HEADS, "Lead"), (*row(), "Digby Placeholder")))
    assert [one.cell for one in read_tracker([sheet], over(), DIRECTORY).problems] == ["Tracker!J1"]


def test_the_progress_of_reading_is_told() -> None:
    told: list[tuple[int, int]] = []
    read_tracker([Sheet("Tracker", (HEADS, *ROWS))], SHIPPED, DIRECTORY, lambda done, of: told.append((done, of)))
    assert told == [(2, 4), (3, 4), (4, 4)]


def test_words_of_ones_own_win_over_the_shipped_ones() -> None:
    own = over(statuses={"delivered": ["Closed"]}, ignored_columns=["Evidence"], agencies={"harrowshire-icb": [POLICE]})
    (found,) = small(row(Status="closed", Evidence="Audit"), mapping=own).recommendations
    assert (found.status, found.evidence, found.agency) == (Status.DELIVERED, (), "harrowshire-icb")
    assert small(row(Status="Complete")).recommendations[0].status is Status.CLOSED_WITHOUT_EVIDENCE


POOL: dict[str, list[Value]] = {
    "Review": ["SCR Child A", "SCR Child B", "Total", 3],
    "No": [1, 2, "2a", date(2024, 1, 2)],
    "Recommendation": ["Ask about sleep.", "Audit.", "Total harm.", True],
    "Action": ["Train.", "Total it.", "Audit."],
    "Agency": [POLICE, "harrowshire-icb", "Police / ICB", "-"],
    "Owner": ["Digby Placeholder", "D Placeholder / Esmeralda Dummett", "TBC"],
    "Due date": ["31/04/2024", "1/5/2024", 45382, "asap"],
    "Status": ["Closed", "Open", "Green", "???", "Withdrawn"],
    "Evidence": ["Audit", "see email", BROKEN],
}
ANY_ROW = st.tuples(*(st.sampled_from([None, None, *POOL[name]]) for name in HEADS))
USUAL = dict(zip(HEADS, row(), strict=True))
LIKELY_ROW = st.tuples(
    *(st.sampled_from([USUAL[name], USUAL[name], None]) for name in HEADS[:3]),
    st.sampled_from(["Train.", "Audit.", "Total it.", None]),
    st.sampled_from([POLICE, POLICE, "harrowshire-icb"]),
    *(st.sampled_from([USUAL[name], USUAL[name], POOL[name][0]]) for name in HEADS[5:6]),
    *(st.sampled_from([USUAL[name]]) for name in HEADS[6:8]),
    st.sampled_from([None, "Audit"]),
)


@given(st.lists(st.one_of(LIKELY_ROW, st.just(HEADS)), max_size=6), st.booleans())
def test_without_a_problem_no_row_is_lost_and_no_key_is_given_twice(rows: list[tuple[Value, ...]], more: bool) -> None:  # noqa: FBT001
    found = small(row(), *rows, *([row(No=9)] if more else []))
    taken = [number for one in found.recommendations for number in one.rows]
    passed = [place(one.cell)[1] + 1 for one in found.passed_over]
    if not found.problems:
        assert sorted([*taken, *passed]) == list(range(2, 3 + len(rows) + more))
        assert len({one.key for one in found.recommendations}) == len(found.recommendations)
    else:
        assert {place(one.cell)[1] + 1 for one in found.problems} <= set(range(2, 3 + len(rows)))


@given(st.lists(st.one_of(ANY_ROW, st.just(HEADS)), max_size=8))
def test_whatever_stands_in_a_row_it_is_taken_once_or_not_at_all(rows: list[tuple[Value, ...]]) -> None:
    found = small(*rows)
    taken = [number for one in found.recommendations for number in one.rows]
    assert len(taken) == len(set(taken))
    lost = {number for number, one in enumerate(rows, start=2) if any(cell is not None for cell in one)} - set(taken)
    assert not lost or found.problems or found.passed_over


def test_a_row_of_the_list_of_reviews_without_a_review_is_named() -> None:
    listed = Sheet("Reviews", (("Case name", "Type of review"), ("SCR Child A", "SCR"), (None, "LCSPR")))
    assert [one.cell for one in read_tracker([listed], over(), DIRECTORY).problems] == ["Reviews!A3"]


# Days

READ = {
    "31/03/2024": date(2024, 3, 31), "31.3.24": date(2024, 3, 31), "31-03-2024": date(2024, 3, 31),
    "2024-03-31": date(2024, 3, 31), "31st March 2024": date(2024, 3, 31), "Sunday 31 March 2024": date(2024, 3, 31),
    "Sun, 31 Mar 2024": date(2024, 3, 31), "1 Sept 2023": date(2023, 9, 1), "March 31, 2024": date(2024, 3, 31),
    "end of February 2024": date(2024, 2, 29), "End of the year": NOT_A_DAY, "beginning of May 2024": date(2024, 5, 1),
    "45382": date(2024, 3, 31), 45382: date(2024, 3, 31), 45382.5: NOT_A_DAY, True: NOT_A_DAY, None: None,
    "31/04/2023": NO_SUCH_DAY, "29/02/2023": NO_SUCH_DAY, "12/31/2023": NO_SUCH_DAY, "March 2024": MONTH,
    "Q3 23/24": QUARTER, "Q3 2023/24": QUARTER, "Q3 23/25": NOT_A_DAY, "ongoing": NOT_A_DAY, "asap": NOT_A_DAY,
    "Easter 2024": NOT_A_DAY, "31/03/2204": OUT_OF_REACH, "01/01/1900": OUT_OF_REACH, "12": NOT_A_DAY,
    "31/03/2024 or later": NOT_A_DAY, "31/3": NOT_A_DAY, "99999": OUT_OF_REACH,
}  # fmt: skip


@pytest.mark.parametrize(("written", "wanted"), READ.items())
def test_a_day_is_read_exactly_or_named_and_never_guessed(written: Value, wanted: object) -> None:
    try:
        found: object = Days(SHIPPED.dates).read(written)
    except NotADay as wrong:
        found = wrong.words
    assert found == wanted


@pytest.mark.parametrize(
    ("written", "first", "last"),
    [
        ("March 2024", date(2024, 3, 1), date(2024, 3, 31)),
        ("Q1 23/24", date(2023, 4, 1), date(2023, 6, 30)),
        ("Quarter 3 of 2023/24", date(2023, 10, 1), date(2023, 12, 31)),
        ("Q4 23/24", date(2024, 1, 1), date(2024, 3, 31)),
    ],
)
def test_a_month_and_a_quarter_are_the_day_that_the_mapping_says(written: str, first: date, last: date) -> None:
    found = [
        Days(Dates(formats=SHIPPED.dates.formats, month=edge, quarter=edge)).read(written)
        for edge in (Edge.FIRST, Edge.LAST)
    ]
    assert found == [first, last]


def test_a_mapping_may_say_which_day_words_mean_or_that_they_mean_none() -> None:
    days = Days(Dates(meant={"Easter 2024": date(2024, 3, 31)}, undated=("asap",)))
    assert (days.read("easter 2024"), days.read("ASAP!")) == (date(2024, 3, 31), None)
    with pytest.raises(NotADay, match=SERIAL[:20]):
        days.read(45382)
