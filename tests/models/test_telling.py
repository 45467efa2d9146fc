"""Who is told what because of a fact: offices that are empty, people who are away, dates that moved, answers."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from models.directory import Directory, Holding, Leave
from models.telling import Notice, NoticeKind
from tests.support.core import (
    AUTHORITY,
    CHAIR,
    DIRECTORY,
    MANAGER,
    MONDAY,
    Play,
    asked,
    holder,
    meeting_answers,
    referral,
    review,
)

POLICE = "harrowshire-police"
RETURN = f"agency_return/{POLICE}"
CONTACT, LEAD = holder("agency_contact", POLICE), holder("agency_lead", POLICE)
FAR = date(2030, 1, 1)


def without(*offices: str, agency: str | None = None) -> Directory:
    """The example directory with these offices empty; an agency's only there."""
    gone = {(office, agency) for office in offices}
    kept = tuple(one for one in DIRECTORY.holdings if (one.office, one.agency) not in gone)
    return DIRECTORY.model_copy(update={"holdings": kept})


def away(*people: str) -> Directory:
    leave = (Leave(first=date(2026, 1, 1), last=FAR),)
    absent = {person: DIRECTORY.people[person].model_copy(update={"leave": leave}) for person in people}
    return DIRECTORY.model_copy(update={"people": {**DIRECTORY.people, **absent}})


def chased(directory: Directory, days: int = 30) -> list[Notice]:
    """What is said of a silent agency's return while this directory holds."""
    play = Play(asked().case, MONDAY, directory)
    play.wait(days=days)
    return [one for one in play.notices if one.obligation == RETURN]


def owed(notices: list[Notice]) -> list[tuple[int, str, str]]:
    return [(one.rung, one.office, one.person) for one in notices if one.kind is NoticeKind.OWED]


@pytest.mark.promise("F2")
def test_a_rung_tells_whoever_holds_the_office_when_it_speaks() -> None:
    holdings = [one for one in DIRECTORY.holdings if (one.office, one.agency) != ("agency_contact", POLICE)]
    first, second = (
        Holding(office="agency_contact", agency=POLICE, person=person, since=since, until=until)
        for person, since, until in (
            ("p-005", date(2025, 1, 1), date(2026, 11, 10)),
            ("p-006", date(2026, 11, 11), None),
        )
    )
    directory = DIRECTORY.model_copy(update={"holdings": (*holdings, first, second)})
    assert owed(chased(directory, 15)) == [
        (0, "agency_contact", "p-005"),
        (1, "agency_contact", "p-006"),
        (2, "agency_contact", "p-006"),
        (3, "agency_lead", "p-004"),
    ]


@pytest.mark.promise("F2")
def test_the_deputy_hears_for_a_holder_on_leave() -> None:
    assert owed(chased(away("p-005"), 1)) == [(0, "agency_contact", "p-006")]


@pytest.mark.promise("F6")
def test_an_empty_office_is_passed_over_at_once_and_the_business_manager_hears_of_it() -> None:
    said = chased(without("agency_contact", agency=POLICE), 1)
    assert [(one.kind, one.office, one.person) for one in said] == [
        (NoticeKind.OWED, "agency_lead", LEAD),
        (NoticeKind.EMPTY_OFFICE, "business_manager", MANAGER),
    ]
    assert said[0].rung_at == said[0].wake_at == MONDAY, "an empty rung does not wait out its delay"
    assert said[0].data["passed_over"] == said[1].data["passed_over"] == ["agency_contact"]


@pytest.mark.promise("F6")
def test_people_on_leave_with_their_deputies_are_passed_over_too() -> None:
    said = chased(away("p-005", "p-006"), 1)
    assert owed(said) == [(0, "agency_lead", LEAD)]
    assert said[1].kind is NoticeKind.EMPTY_OFFICE


def test_an_office_that_was_told_early_is_told_again_at_its_own_rung() -> None:
    said = chased(without("agency_contact", agency=POLICE), 16)
    assert [rung for rung, office, _ in owed(said) if office == "agency_lead"] == [0, 1, 2, 3]
    assert len({one.key for one in said}) == len(said)


def test_the_business_manager_is_not_told_twice_when_they_are_who_was_reached() -> None:
    play = Play(review(MONDAY).case, MONDAY, without("local_authority_lead"))
    play.wait(days=3)
    play.until(datetime(2026, 11, 6, 12, tzinfo=UTC))
    said = [one for one in play.notices if one.rung == 2]
    assert [(one.kind, one.office) for one in said] == [
        (NoticeKind.OWED, "independent_chair"),
        (NoticeKind.OWED, "business_manager"),
    ]
    assert said[0].data["passed_over"] == ["local_authority_lead"]


def test_when_all_offices_above_are_empty_the_rung_is_recorded_and_the_business_manager_hears() -> None:
    nobody = without("agency_contact", "agency_lead", agency=POLICE)
    nobody = nobody.model_copy(
        update={"holdings": tuple(one for one in nobody.holdings if one.office != "independent_chair")}
    )
    play = Play(asked().case, MONDAY, nobody)
    [fact] = [one for one in play.speak() if one.data["obligation"] == RETURN]
    assert fact.data["told"]["person"] == ""
    assert fact.data["passed_over"] == ["agency_contact", "agency_lead", "independent_chair"]
    [notice] = [one for one in play.notices if one.obligation == RETURN]
    assert (notice.kind, notice.office) == (NoticeKind.EMPTY_OFFICE, "business_manager")


def test_with_nobody_at_all_the_ladder_still_climbs() -> None:
    empty = DIRECTORY.model_copy(update={"holdings": ()})
    play = Play(asked().case, MONDAY, empty)
    play.wait(days=30)
    assert play.notices == []
    told = [one.data["told"]["rung"] for one in play.facts if one.data.get("obligation") == RETURN]
    assert told == [0, 1, 2, 3, 4, 4]


@pytest.mark.promise("F2")
def test_what_the_directory_answered_is_recorded_with_the_rung() -> None:
    play = Play(asked().case, MONDAY, away("p-005"))
    [fact] = [one for one in play.speak() if one.data["obligation"] == RETURN]
    assert fact.data["asked"] == "agency_contact"
    assert fact.data["reason"] == "deputy"
    assert fact.data["passed_over"] == []


# Offices that are told together


def test_an_empty_office_of_several_that_are_told_together_is_reported_and_the_others_hear() -> None:
    play = Play(unsafe().case, MONDAY, without("administrator"))
    play.speak()
    said = [one for one in play.notices if one.obligation == "siblings_safety"]
    assert [(one.kind, one.office) for one in said] == [(NoticeKind.OWED, "business_manager")]
    assert said[0].data["passed_over"] == ["administrator"]


def test_when_the_first_of_several_is_empty_the_next_rung_hears_as_well() -> None:
    play = Play(unsafe().case, MONDAY, without("business_manager"))
    play.speak()
    said = [one.office for one in play.notices if one.obligation == "siblings_safety"]
    assert said == ["local_authority_lead", "administrator"]


def unsafe() -> Play:
    return referral(others="not_known", siblings_safe="not_known")


# Dates that moved


def granted(play: Play) -> None:
    play.act(CONTACT, "ask_time", obligation=RETURN, until=date(2026, 11, 20), reason="r")
    play.act(CHAIR, "answer_time", obligation=RETURN, granted=True, until=date(2026, 11, 20), reason="r")


def lifted(play: Play) -> None:
    play.act(CHAIR, "suspend", obligation=RETURN, review=date(2026, 12, 1), authority="a", reason="r")
    play.wait(days=2)
    play.act(CHAIR, "review_suspension", obligation=RETURN, outcome="lift", reason="r")


def earlier(play: Play) -> None:
    play.act(MANAGER, "correct", mark="awareness", at=datetime(2026, 10, 28, tzinfo=UTC), reason="r")
    play.act(MANAGER, "correct", mark="national_notification_sent", at=datetime(2026, 10, 30, tzinfo=UTC), reason="r")


@pytest.mark.promise("A14")
@pytest.mark.parametrize(
    ("move", "offices"),
    [
        (granted, ["agency_lead"]),
        (lifted, ["agency_lead", "agency_contact"]),
        (earlier, ["agency_lead", "agency_contact"]),
    ],
)
def test_whoever_was_told_a_date_hears_once_that_it_moved(move: Callable[[Play], None], offices: list[str]) -> None:
    play = Play(asked().case, MONDAY, away("p-005", "p-006"))
    play.speak()
    play.directory = DIRECTORY
    play.until(datetime(2026, 11, 12, 12, tzinfo=UTC))
    move(play)
    moved = [one for one in play.notices if one.kind is NoticeKind.MOVED and one.obligation == RETURN]
    assert [one.office for one in moved] == offices
    assert {one.due for one in moved} == {play.case.obligations[RETURN].due}


def test_nobody_hears_of_a_date_that_did_not_move() -> None:
    play = asked()
    play.until(datetime(2026, 11, 12, 12, tzinfo=UTC))
    play.act(MANAGER, "correct", mark="awareness", at=datetime(2026, 10, 28, tzinfo=UTC), reason="r")
    play.act(CHAIR, "suspend", obligation=RETURN, review=date(2026, 12, 1), authority="a", reason="r")
    assert [one for one in play.notices if one.kind is NoticeKind.MOVED] == []


def test_a_suspension_after_the_due_date_moves_no_date_that_anybody_was_told() -> None:
    play = asked()
    play.until(datetime(2026, 11, 18, 12, tzinfo=UTC))
    lifted(play)
    assert [one for one in play.notices if one.kind is NoticeKind.MOVED] == []


def test_nobody_hears_of_a_date_that_they_were_never_told() -> None:
    play = asked()
    granted(play)
    assert [one for one in play.notices if one.kind is NoticeKind.MOVED] == []


@pytest.mark.promise("A14")
def test_whoever_was_told_that_it_was_still_owed_hears_that_it_had_been_done_by_then() -> None:
    play = asked()
    play.until(datetime(2026, 11, 18, 12, tzinfo=UTC))
    told = {one.office for one in play.notices if one.obligation == RETURN and one.rung_at.day > 12}
    play.act(CONTACT, "submit_return", agency=POLICE, holds="nothing")
    assert taken_back(play) == []
    given = datetime(2026, 11, 12, 15, tzinfo=UTC)
    play.act(MANAGER, "correct", mark=f"return_received/{POLICE}", at=given, reason="It came by post.")
    assert {one.office for one in taken_back(play)} == told == {"agency_contact", "agency_lead"}
    assert all(one.data == {"done": True} for one in taken_back(play))


@pytest.mark.promise("A14")
def test_what_is_entered_late_takes_back_what_was_said_after_it() -> None:
    play = asked()
    play.until(datetime(2026, 11, 27, 12, tzinfo=UTC))
    play.act(MANAGER, "record_meeting", **{**meeting_answers(datetime(2026, 11, 16, tzinfo=UTC)), "late": "l"})
    meeting = [(one.obligation, one.office) for one in taken_back(play)]
    assert meeting == [("meeting", office) for office in ("business_manager", "subgroup_chair", "independent_chair")]


def test_nothing_is_taken_back_from_whoever_was_told_on_the_day_on_which_it_was_done() -> None:
    """The hour of what is entered late is often not known."""
    play = asked()
    play.until(datetime(2026, 11, 16, 12, tzinfo=UTC))
    midnight = datetime(2026, 11, 16, tzinfo=UTC)
    play.act(CONTACT, "submit_return", agency=POLICE, holds="nothing")
    play.act(MANAGER, "correct", mark=f"return_received/{POLICE}", at=midnight, reason="r")
    assert taken_back(play) == []


def taken_back(play: Play) -> list[Notice]:
    return [one for one in play.notices if one.kind is NoticeKind.MOVED]


# What nobody owes any more


def notification_withdrawn(play: Play) -> None:
    play.act(AUTHORITY, "withdraw_notification", withdrawn_at=play.now, reason="It was no serious harm.")


def request_withdrawn(play: Play) -> None:
    play.act(MANAGER, "withdraw_request", agency=POLICE, reason="Another county.")


def dispute_upheld(play: Play) -> None:
    play.act(CONTACT, "dispute", obligation=RETURN, ground="not_ours", words="w")
    play.act(MANAGER, "settle_dispute", obligation=RETURN, outcome="not_owed", reason="r")


def return_not_given(play: Play) -> None:
    while not play.case.obligations[RETURN].again:
        play.wait(days=1)
    play.act(MANAGER, "record_no_return", agency=POLICE, reason="r")


@pytest.mark.promise("B2", "F5")
@pytest.mark.parametrize("end", [notification_withdrawn, request_withdrawn, dispute_upheld, return_not_given])
def test_whatever_ends_it_whoever_was_told_that_it_is_owed_hears_once_that_it_is_not_any_more(
    end: Callable[[Play], None],
) -> None:
    play = asked()
    play.until(datetime(2026, 11, 18, 12, tzinfo=UTC))
    owing, end_of = {one.key: one for one in play.case.open()}, len(play.notices)
    end(play)
    gone = {key for key in owing if play.case.obligations[key].ended}
    told = {
        (one.obligation, one.person)
        for one in play.notices
        if one.kind is NoticeKind.OWED and one.obligation in gone and one.person != play.facts[-1].actor
    }
    heard = [
        (one.obligation, one.person)
        for one in play.notices[end_of:]
        if one.kind in {NoticeKind.MOVED, NoticeKind.ANSWERED}
    ]
    assert RETURN in gone
    assert len(heard) == len(set(heard)), "once"
    assert set(heard) == told
    assert {(RETURN, CONTACT), (RETURN, LEAD)} <= told


@pytest.mark.promise("B2")
def test_nobody_hears_that_their_own_act_ended_what_they_were_reminded_of() -> None:
    play = asked()
    play.until(datetime(2026, 11, 20, 12, tzinfo=UTC))
    assert MANAGER in {one.person for one in play.notices if one.obligation == "meeting"}
    play.act(MANAGER, "withdraw_notification", withdrawn_at=play.now, reason="r")
    assert not [one for one in taken_back(play) if one.person == MANAGER]
    assert CHAIR in {one.person for one in taken_back(play) if one.obligation == "independent_analysis"}


@pytest.mark.promise("F5")
@pytest.mark.parametrize("ask", ["dispute", "ask_time"])
@pytest.mark.parametrize("end", [notification_withdrawn, request_withdrawn, "submit_return"])
def test_whoever_waits_for_an_answer_hears_that_nobody_has_to_give_it_any_more(
    ask: str, end: Callable[[Play], None] | str
) -> None:
    play = asked()
    answers = {"ground": "not_ours", "words": "w"} if ask == "dispute" else {"until": date(2026, 11, 20), "reason": "r"}
    play.act(CONTACT, ask, obligation=RETURN, **answers)
    play.speak()
    [waits] = [one for one in play.case.open() if one.of == RETURN]
    before = len(play.notices)
    if isinstance(end, str):
        play.act(LEAD, end, agency=POLICE, holds="nothing")
    else:
        end(play)
    said = play.notices[before:]
    assert [(one.kind, one.data) for one in said if one.person == CONTACT] == [(NoticeKind.ANSWERED, {})]
    asked_to = {heard.person for told in waits.told for heard in told.heard} - {play.facts[-1].actor}
    assert {one.person for one in said if one.obligation == waits.key} == asked_to


@pytest.mark.promise("F5")
def test_whoever_gives_what_they_disputed_needs_no_word_that_the_dispute_is_over() -> None:
    play = asked()
    play.act(CONTACT, "dispute", obligation=RETURN, ground="not_ours", words="w")
    play.speak()
    play.act(CONTACT, "submit_return", agency=POLICE, holds="nothing")
    assert [one.person for one in play.notices if one.kind is NoticeKind.ANSWERED] == []
    assert [(one.obligation, one.person) for one in taken_back(play)] == [(f"dispute/{RETURN}", MANAGER)]


# Answers and invitations


@pytest.mark.promise("F5")
@pytest.mark.parametrize("outcome", ["not_owed", "done", "still_owed"])
def test_whoever_disputed_hears_the_answer(outcome: str) -> None:
    play = asked()
    play.act(CONTACT, "dispute", obligation=RETURN, ground="done", words="w")
    play.act(MANAGER, "settle_dispute", obligation=RETURN, outcome=outcome, reason="r")
    [notice] = [one for one in play.notices if one.kind is NoticeKind.ANSWERED]
    assert (notice.person, notice.office, notice.data["outcome"]) == (CONTACT, "agency_contact", outcome)
    assert (notice.due is None) == (outcome != "still_owed"), "what is not owed any more has no date"


def test_whoever_asked_for_time_hears_the_new_date() -> None:
    play = asked()
    granted(play)
    [notice] = [one for one in play.notices if one.kind is NoticeKind.ANSWERED]
    assert (notice.person, notice.data["outcome"]) == (CONTACT, "True")
    assert notice.due == play.case.obligations[RETURN].due


def test_the_answer_goes_to_the_successor_of_who_has_left() -> None:
    play = asked()
    play.act(CONTACT, "dispute", obligation=RETURN, ground="done", words="w")
    people = {name: person for name, person in DIRECTORY.people.items() if name != CONTACT}
    play.directory = DIRECTORY.model_copy(update={"people": people})
    play.act(MANAGER, "settle_dispute", obligation=RETURN, outcome="still_owed", reason="r")
    [notice] = [one for one in play.notices if one.kind is NoticeKind.ANSWERED]
    assert notice.person == "p-006"


@pytest.mark.promise("B6")
def test_a_meeting_invites_every_seat_of_the_quorum_the_chairs_and_every_agency_that_was_asked() -> None:
    play = asked(agencies=(POLICE, "harrowshire-icb"))
    play.act(MANAGER, "arrange_meeting", at=MONDAY + timedelta(days=3), place="p")
    invited = [(one.office, one.agency) for one in play.notices if one.kind is NoticeKind.INVITED]
    assert invited == [
        ("independent_chair", ""),
        ("safeguarding_partner", "harrowshire-council"),
        ("safeguarding_partner", POLICE),
        ("safeguarding_partner", "harrowshire-icb"),
        ("subgroup_chair", ""),
        ("agency_contact", POLICE),
        ("agency_contact", "harrowshire-icb"),
    ]


def test_facts_of_other_kinds_tell_nobody() -> None:
    play = review(MONDAY)
    play.act(AUTHORITY, "record_notification", sent_at=MONDAY, sent_by="A", reference="B")
    assert play.notices == []


# Somebody who was told takes no part any more


def locked_out(play: Play, *people: str) -> list[tuple[NoticeKind, str, str]]:
    """What is said of the return at the moment at which the last of these people is locked out."""
    said = 0
    for person in people:
        said = len(play.notices)
        play.act(CHAIR, "lock_out", person=person, locked=True, reason="Their own practice.")
    return [(one.kind, one.office, one.person) for one in play.notices[said:] if one.obligation == RETURN]


@pytest.mark.promise("K4", "F2")
def test_what_is_open_goes_at_once_to_the_deputy_of_whoever_is_locked_out() -> None:
    play = asked()
    play.speak()
    assert locked_out(play, CONTACT) == [(NoticeKind.OWED, "agency_contact", "p-006")]
    assert play.notices[-1].rung_at == play.now
    assert play.speak() == [], "no rung speaks before its time"


@pytest.mark.promise("K4", "F6")
def test_without_a_deputy_it_goes_to_the_next_office_and_the_business_manager_hears_of_the_empty_one() -> None:
    play = asked()
    play.speak()
    assert locked_out(play, CONTACT, "p-006") == [
        (NoticeKind.OWED, "agency_lead", LEAD),
        (NoticeKind.EMPTY_OFFICE, "business_manager", MANAGER),
    ]
    assert play.notices[-2].data["passed_over"] == ["agency_contact"]


@pytest.mark.promise("K4", "F6")
def test_with_nobody_left_on_the_ladder_the_business_manager_hears_at_once() -> None:
    nobody = without("agency_lead", agency=POLICE)
    nobody = nobody.model_copy(
        update={"holdings": tuple(one for one in nobody.holdings if one.office != "independent_chair")}
    )
    play = Play(asked().case, MONDAY, nobody)
    play.speak()
    play.notices.clear()
    for person in (CONTACT, "p-006"):
        play.act(MANAGER, "lock_out", person=person, locked=True, reason="Their own practice.")
    said = [(one.kind, one.office) for one in play.notices if one.obligation == RETURN]
    assert said == [(NoticeKind.OWED, "agency_contact"), (NoticeKind.EMPTY_OFFICE, "business_manager")]


@pytest.mark.promise("K4")
def test_every_office_of_whoever_is_locked_out_is_handed_on_once_and_nothing_that_is_done() -> None:
    play = asked()
    play.until(datetime(2026, 11, 18, 12, tzinfo=UTC))
    play.act(CONTACT, "submit_return", agency=POLICE, holds="nothing")
    owed_by_manager = {one.key for one in play.case.open() if any(said.person == MANAGER for said in one.told)}
    play.act(CHAIR, "lock_out", person=MANAGER, locked=True, reason="Their own practice.")
    handed = [one for one in play.notices if one.data.get("handed_on")]
    assert {one.obligation for one in handed} == owed_by_manager
    assert {(one.office, one.person) for one in handed} == {("business_manager", "p-019")}
    assert len(handed) == len(owed_by_manager) > 0


@pytest.mark.promise("K4")
def test_nobody_is_told_anew_when_somebody_is_let_back_or_had_heard_of_nothing() -> None:
    play = asked()
    play.speak()
    assert locked_out(play, LEAD) == []
    said = len(play.notices)
    play.act(CHAIR, "lock_out", person=LEAD, locked=False, reason="It was somebody else.")
    assert len(play.notices) == said
