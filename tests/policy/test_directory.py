"""A directory that a person wrote: every problem is named, and so is every office that would be told in vain."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.directory import Directory
from models.policy import Policy
from policy.problems import PolicyProblems, Problem
from policy.reading import check_against, read_directory, read_policy

SHIPPED = Path(__file__).parents[2] / "policy"
ENGLAND = (SHIPPED / "england.yaml").read_text(encoding="utf-8")
PLACE = (SHIPPED / "directory.example.yaml").read_text(encoding="utf-8")
POLICY = read_policy(ENGLAND, "england.yaml")
DIRECTORY = read_directory(PLACE, "directory.example.yaml", POLICY)
SLOW = settings(max_examples=min(settings().max_examples, 300), suppress_health_check=[HealthCheck.too_slow])


def changed(text: str, old: str, new: str) -> str:
    assert old in text, f"the shipped file no longer says {old!r}"
    return text.replace(old, new, 1)


def line_of(text: str, mark: str) -> int:
    """The line on which `mark` first stands."""
    return text[: text.index(mark)].count("\n") + 1


def problems_of_directory(text: str, policy: Policy | None = POLICY) -> tuple[Problem, ...]:
    with pytest.raises(PolicyProblems) as refused:
        read_directory(text, "place.yaml", policy)
    return refused.value.problems


DIRECTORY_FAULTS = {
    "an agency that stands twice": (
        "  harrowshire-police:", "  harrowshire-council:", "{name: Harrowshire Police", "agencies.harrowshire-council",
        "twice",
    ),
    "a person who stands twice": ("  p-002:", "  p-001:", "{name: Barnaby", "people.p-001", "twice"),
    "a person without a proper id": ("  p-023:", "  reviewer:", "  reviewer:", "people.reviewer", "such as `p-001`"),
    "an agency without a proper id": (
        "  lantern-young-people:", "  Lantern:", "  Lantern:", "agencies.Lantern", "small",
    ),
    "an unknown kind of agency": (
        "kind: probation", "kind: prison", "kind: prison", "agencies.harrowshire-probation.kind", "'probation'",
    ),
    "an address that is none": (
        "email: rosamund.testwick@partnership.example.org", "email: rosamund.testwick", "rosamund.testwick}",
        "people.p-018.email", "not an e-mail address",
    ),
    "one address for two": (
        "septimus.draftley@", "Rosamund.Testwick@", "Rosamund.Testwick@", "people.p-019.email", "`p-018` has the same",
    ),
    "a name for a Slack id": (
        "{name: Marigold Testwell,", "{slack_id: marigold, name: Marigold Testwell,", "marigold, name",
        "people.p-001.slack_id", "member id",
    ),
    "an unknown channel": (
        "{name: Marigold Testwell,", "{channels: [mail, pigeon], name: Marigold Testwell,", "pigeon",
        "people.p-001.channels[1]", "Write one of: 'slack', 'mail' or 'notify'",
    ),
    "a channel that stands twice": (
        "{name: Marigold Testwell,", "{channels: [mail, slack, mail], name: Marigold Testwell,", "[mail, slack, mail]",
        "people.p-001.channels[2]", "`mail` stands here twice",
    ),
    "an order without any channel": (
        "{name: Marigold Testwell,", "{channels: [], name: Marigold Testwell,", "channels: []",
        "people.p-001.channels", "At least 1 must stand here",
    ),
    "channels that are no list": (
        "{name: Marigold Testwell,", "{channels: mail, name: Marigold Testwell,", "channels: mail",
        "people.p-001.channels", "A list is expected here",
    ),
    "leave that ends before it starts": (
        "{name: Wilberforce Demo,", "{leave: [{first: 2026-08-14, last: 2026-08-01}], name: Wilberforce Demo,",
        "Wilberforce", "people.p-023.leave[0]", "ends before it starts",
    ),
    "leave on a day that does not exist": (
        "{name: Wilberforce Demo,", "{leave: [{first: 2026-02-29, last: 2026-08-01}], name: Wilberforce Demo,",
        "Wilberforce", "people.p-023.leave[0].first", "a day that exists",
    ),
    "a holder who is not there": (
        "person: p-020", "person: p-099", "person: p-099", "holdings[19].person",
        "`p-099` does not stand under `people`",
    ),
    "a deputy who is not there": (
        "deputy: p-019", "deputy: p-109", "deputy: p-109", "holdings[18].deputy",
        "`p-109` does not stand under `people`",
    ),
    "who deputises for themself": (
        "person: p-018, deputy: p-019", "person: p-018, deputy: p-018", "deputy: p-018, since", "holdings[18].deputy",
        "for themself",
    ),
    "an agency that is not there": (
        "agency: harrow-vale-hospitals, person: p-011", "agency: harrow-vale, person: p-011", "agency: harrow-vale,",
        "holdings[6].agency", "Did you mean",
    ),
    "an office that ends before it begins": (
        "person: p-020, deputy: p-006, since: 2025-01-01",
        "person: p-020, deputy: p-006, since: 2025-01-01, until: 2024-12-31", "2024-12-31", "holdings[19].until",
        "before `since`",
    ),
    "an unknown office": (
        "{office: reviewer,", "{office: reviewr,", "reviewr", "holdings[26].office", "Did you mean `reviewer`?",
    ),
    "an office of the partnership in an agency": (
        "{office: reviewer,", "{office: reviewer, agency: harrowshire-icb,", "{office: reviewer,",
        "holdings[26].agency", "Take `agency` away",
    ),
    "an agency's office in no agency": (
        "{office: agency_lead, agency: harrowshire-icb,", "{office: agency_lead,",
        "{office: agency_lead, person: p-007", "holdings[5].agency", "Say of which",
    ),
    "a partner's office elsewhere": (
        "kind: icb, partner: true", "kind: icb", "{office: safeguarding_partner, agency: harrowshire-icb",
        "holdings[16].agency", "Only safeguarding partners",
    ),
    "two in one office": (
        "{office: administrator, person: p-019, deputy: p-018,",
        "{office: business_manager, person: p-019, deputy: p-018,", "{office: business_manager, person: p-019",
        "holdings[22]", "Two people would hold `business_manager` on 1 January 2025",
    ),
    "an unknown key": (
        "{name: Harrowshire Council,", "{nick: HC, name: Harrowshire Council,", "nick: HC",
        "agencies.harrowshire-council.nick", "no such key",
    ),
    "holdings that are no list": (
        PLACE[PLACE.index("holdings:"):], "holdings: none\n", "holdings: none", "holdings", "A list is expected",
    ),
}  # fmt: skip


@pytest.mark.promise("F8")
@pytest.mark.parametrize("fault", DIRECTORY_FAULTS)
def test_a_fault_of_the_directory_is_named_with_its_line_and_key(fault: str) -> None:
    old, new, mark, key, words = DIRECTORY_FAULTS[fault]
    text = changed(PLACE, old, new)
    found = [one for one in problems_of_directory(text) if one.key == key and words in one.words]
    assert [one.line for one in found] == [line_of(text, mark)], problems_of_directory(text)


def test_all_problems_of_the_directory_are_named_at_once() -> None:
    faults = [
        "an address that is none", "a holder who is not there", "an unknown office", "two in one office",
        "leave that ends before it starts", "who deputises for themself", "an unknown kind of agency",
    ]  # fmt: skip
    text = PLACE
    for fault in faults:
        text = changed(text, DIRECTORY_FAULTS[fault][0], DIRECTORY_FAULTS[fault][1])
    assert {DIRECTORY_FAULTS[fault][3] for fault in faults} <= {one.key for one in problems_of_directory(text)}


def test_a_problem_never_repeats_a_persons_name_or_address() -> None:
    text = changed(PLACE, "email: rosamund.testwick@partnership.example.org", "email: rosamund.testwick")
    assert all("osamund" not in str(one) for one in problems_of_directory(text))


def test_a_slack_id_of_two_people_is_named() -> None:
    text = changed(PLACE, "{name: Marigold", "{slack_id: U0AAAAAAA, name: Marigold")
    text = changed(text, "{name: Barnaby", "{slack_id: U0AAAAAAA, name: Barnaby")
    (problem,) = problems_of_directory(text)
    assert problem.key == "people.p-002.slack_id"


def test_a_person_says_by_which_channels_and_in_which_order() -> None:
    text = changed(PLACE, "{name: Marigold", "{channels: [notify, slack], name: Marigold")
    people = read_directory(text, "place.yaml", POLICY).people
    assert people["p-001"].channels == ("notify", "slack")
    assert people["p-002"].channels is None


def test_without_a_policy_offices_are_not_judged() -> None:
    text = changed(PLACE, "{office: reviewer,", "{office: caretaker,")
    assert isinstance(read_directory(text, "place.yaml"), Directory)


def test_a_successor_from_the_day_after_is_no_second_holder() -> None:
    old = "{office: reviewer, person: p-023, deputy: p-022, since: 2025-01-01}"
    successor = "\n  - {office: reviewer, person: p-022, since: 2026-07-01}"
    text = changed(PLACE, old, old[:-1] + ", until: 2026-06-30}" + successor)
    assert len(read_directory(text, "place.yaml", POLICY).holdings) == len(DIRECTORY.holdings) + 1


@given(line=st.integers(0, PLACE.count("\n") - 1), at=st.integers(0, 90), typed=st.text(max_size=3))
@SLOW
def test_whatever_is_typed_into_a_directory_it_is_read_or_refused(line: int, at: int, typed: str) -> None:
    lines = PLACE.splitlines()
    lines[line] = lines[line][:at] + typed + lines[line][at + 1 :]
    try:
        read_directory("\n".join(lines), "place.yaml", POLICY)
    except PolicyProblems as refused:
        assert all(one.line >= 1 for one in refused.problems)  # noqa: PT017


# Policy and directory together


def without(office: str, agency: str | None = None) -> Directory:
    kept = tuple(one for one in DIRECTORY.holdings if one.office != office or (agency and one.agency != agency))
    return DIRECTORY.model_copy(update={"holdings": kept})


@pytest.mark.promise("F1", "F8")
def test_a_ladder_whose_last_rung_nobody_holds_does_not_pass() -> None:
    grave = [one for one in check_against(POLICY, without("independent_chair")) if one.grave]
    assert grave
    words = "The last rung, Independent chair, is held by nobody. Enter a holder in the directory."
    assert {one.words for one in grave} == {words}


@pytest.mark.promise("F1", "F8")
def test_every_ladder_that_ends_in_an_empty_office_is_named() -> None:
    grave = {one.key for one in check_against(POLICY, without("independent_chair")) if one.grave}
    assert grave == {
        f"ladders.{name}" for name, ladder in POLICY.ladders.items() if ladder.rungs[-1].office == "independent_chair"
    }


@pytest.mark.promise("F6")
def test_another_empty_office_is_a_warning() -> None:
    problem, seat = check_against(POLICY, without("subgroup_chair"))
    assert seat.key == "quorums.subgroup_meeting.seats.subgroup_chair"
    assert (problem.key, problem.grave) == ("offices.subgroup_chair", False)
    assert "Chair of the case review sub-group is held by nobody: its rungs are passed over" in problem.words
    assert (
        seat.words == "Nobody could fill the seat “Chair of the sub-group” of “Case review sub-group”. Enter a holder."
    )


@pytest.mark.promise("F6")
def test_an_office_that_is_empty_in_one_agency_is_named_with_the_agency() -> None:
    (problem,) = check_against(POLICY, without("agency_lead", "harrowshire-schools"))
    assert problem.key == "offices.agency_lead"
    assert problem.words.startswith("Agency lead and main board member is held by nobody in Harrowshire Schools")
    assert not problem.grave


@pytest.mark.promise("F1")
def test_a_last_rung_in_the_agencies_must_be_held_in_every_agency() -> None:
    text = changed(ENGLAND, "      - {office: independent_chair, delay: 3 working days}\n", "")
    ends_in_the_agency = read_policy(text, "")
    assert not check_against(ends_in_the_agency, DIRECTORY)
    (problem,) = check_against(ends_in_the_agency, without("agency_lead", "harrowshire-schools"))
    assert problem.grave
    assert problem.key == "ladders.agency_return"


def test_only_safeguarding_partners_need_a_partners_office() -> None:
    (office, seat) = check_against(POLICY, without("safeguarding_partner", "harrowshire-police"))
    assert "Delegated safeguarding partner is held by nobody in Harrowshire Police" in office.words
    assert seat.key == "quorums.rapid_review_meeting.seats.police"


def test_an_office_held_at_another_time_is_empty_today() -> None:
    assert not check_against(POLICY, DIRECTORY, on=date(2026, 11, 21))
    early = check_against(POLICY, DIRECTORY, on=date(2024, 12, 31))
    assert {one.key for one in early if one.grave} == {f"ladders.{name}" for name in POLICY.ladders}
