"""How an obligation moves along its ladder, by the shipped policy: what was decided, one rule after the other."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from models import ladder, shelf
from models.case import Case
from models.directory import Directory, Holding
from models.fold import rules_of
from models.obligation import Ended, Obligation
from models.policy import Rung, Span
from models.telling import tell
from models.time import at, day_of, end_of
from policy.problems import PolicyProblems
from policy.reading import read_policy
from tests.support.core import (
    AGENCIES,
    AUTHORITY,
    CALENDAR_NAME,
    CHAIR,
    DIRECTORY,
    MANAGER,
    MONDAY,
    POLICY,
    POLICY_NAME,
    Play,
    Refused,
    asked,
    decision_answers,
    holder,
    meeting_answers,
    referral,
    review,
)

RETURN = "agency_return/harrowshire-police"
CONTACT, LEAD = holder("agency_contact", "harrowshire-police"), holder("agency_lead", "harrowshire-police")
NINE = time(9)
ENGLAND = (Path(__file__).parents[2] / "policy" / "england.yaml").read_text()


def nine(month: int, day: int, year: int = 2026) -> datetime:
    return at(date(year, month, day), NINE)


def on(month: int, day: int, hour: int = 12) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


# The return of the police was asked for on Monday 2 November at ten; it is due by the end of Monday 16 November.

STARTED, THREE_BEFORE, DUE_DAY, LEAD_AT, CHAIR_AT = MONDAY, nine(11, 11), nine(11, 16), nine(11, 17), nine(11, 19)


@pytest.mark.promise("F1", "B3")
def test_a_silent_agency_is_chased_up_the_ladder_at_the_times_of_its_rungs() -> None:
    play = asked()
    play.until(on(11, 30))
    assert play.said(RETURN) == [
        (STARTED, "agency_contact"),
        (THREE_BEFORE, "agency_contact"),
        (DUE_DAY, "agency_contact"),
        (LEAD_AT, "agency_lead"),
        (CHAIR_AT, "independent_chair"),
        (nine(11, 26), "independent_chair"),
    ]


def test_the_last_rung_is_said_again_until_it_is_met() -> None:
    play = asked()
    play.until(on(12, 22))
    assert play.said(RETURN)[4:] == [
        (nine(*day), "independent_chair") for day in ((11, 19), (11, 26), (12, 3), (12, 10), (12, 17))
    ]
    play.act(CONTACT, "submit_return", agency="harrowshire-police", holds="nothing")
    play.until(on(12, 31))
    assert len(play.said(RETURN)) == 9


def test_nothing_is_said_after_it_was_met() -> None:
    play = asked()
    play.until(on(11, 12))
    play.act(CONTACT, "submit_return", agency="harrowshire-police", holds="nothing")
    play.until(on(12, 22))
    assert [moment for moment, _ in play.said(RETURN)] == [STARTED, THREE_BEFORE]


# Ties, outages, what is late


@pytest.mark.promise("F13")
def test_after_an_outage_the_highest_rung_is_said_once_with_what_was_missed() -> None:
    play = asked()
    play.speak()
    play.sleep_until(on(11, 18))
    [fact] = [one for one in play.speak() if one.data["obligation"] == RETURN]
    assert fact.data["told"]["rung"] == 3
    assert fact.data["missed"] == [1, 2]
    assert fact.recorded == on(11, 18)
    [notice] = [one for one in play.notices if one.obligation == RETURN and one.rung == 3]
    assert (notice.rung_at, notice.wake_at, notice.data["missed"]) == (LEAD_AT, on(11, 18), 2)
    play.until(on(11, 20))
    assert play.said(RETURN)[-1] == (CHAIR_AT, "independent_chair")


def test_what_is_met_at_the_very_moment_of_a_rung_is_not_chased() -> None:
    play = asked()
    play.until(THREE_BEFORE - timedelta(seconds=1))
    play.now = THREE_BEFORE
    play.act(CONTACT, "submit_return", agency="harrowshire-police", holds="nothing")
    assert [one for one in play.speak() if one.data["obligation"] == RETURN] == []


def test_a_promise_at_the_very_moment_of_a_rung_keeps_it_silent() -> None:
    play = asked()
    play.until(LEAD_AT - timedelta(seconds=1))
    play.now = LEAD_AT
    play.act(CONTACT, "promise", obligation=RETURN, until=date(2026, 11, 18))
    play.until(nine(11, 19) - timedelta(seconds=1))
    assert play.said(RETURN)[-1] == (DUE_DAY, "agency_contact")


def test_of_two_commands_at_once_the_second_is_judged_after_the_first() -> None:
    play = asked()
    play.act(CONTACT, "promise", obligation=RETURN, until=date(2026, 11, 4))
    with pytest.raises(Refused, match="promised already"):
        play.act(LEAD, "promise", obligation=RETURN, until=date(2026, 11, 5))
    play.act(CONTACT, "submit_return", agency="harrowshire-police", holds="nothing")
    with pytest.raises(Refused, match="not owed any more"):
        play.act(LEAD, "dispute", obligation=RETURN, ground="done", words="w")


def test_what_opens_after_its_due_time_goes_over_nobody() -> None:
    play = review(MONDAY, policy=with_return(at_least=None))
    play.act(AUTHORITY, "record_notification", sent_at=MONDAY, sent_by="A", reference="B")
    play.until(on(11, 20, 14))
    play.act(MANAGER, "request_information", agencies=["harrowshire-police"])
    asked_at = play.now
    play.until(on(11, 30))
    assert play.said(RETURN) == [
        (asked_at, "agency_contact"),
        (nine(11, 23), "agency_lead"),
        (nine(11, 25), "independent_chair"),
    ]


def test_a_ladder_of_one_rung_speaks_even_when_it_opens_late() -> None:
    play = asked()
    play.until(on(12, 14))
    play.act(CHAIR, "record_analysis", facts="a", context="b", practice="c", learning="d")
    play.act(MANAGER, "record_meeting", **{**meeting_answers(on(11, 3)), "late": "l"})
    play.act(CHAIR, "decide", **decision_answers("no_further_review", on(11, 3), late="l"))
    play.act(MANAGER, "record_submission", sent_at=on(11, 4), late="l", siblings_safe="yes", siblings_words="n")
    recorded = play.now
    play.speak()
    assert play.said("panel_answer") == [(recorded, "business_manager")]


def test_a_rung_never_speaks_before_the_opening() -> None:
    play = review(MONDAY, aware=MONDAY - timedelta(days=4))
    play.wait(days=60)
    assert all(moment >= MONDAY for moment, _ in play.said())


# Corrections


@pytest.mark.promise("A14")
def test_a_corrected_date_moves_the_clock_and_every_rung_that_is_still_to_come() -> None:
    play = asked()
    play.until(on(11, 10))
    play.act(MANAGER, "correct", mark="national_notification_sent", at=on(11, 1), reason="r")
    assert play.case.obligations[RETURN].due == end_of(date(2026, 11, 13))
    play.until(on(11, 30))
    assert [moment for moment, _ in play.said(RETURN)] == [
        STARTED, on(11, 10), nine(11, 13), nine(11, 16), nine(11, 18), nine(11, 25),
    ]  # fmt: skip


@pytest.mark.promise("A14")
def test_a_rung_that_was_said_too_early_is_withdrawn_in_words_and_said_again_at_its_new_time() -> None:
    play = asked()
    play.until(on(11, 17))
    before = len(play.notices)
    play.act(MANAGER, "correct", mark="awareness", at=on(10, 31), reason="r")
    assert play.notices[before:] == [], "nothing here counts from awareness any more"
    play.act(MANAGER, "correct", mark="national_notification_sent", at=on(11, 9), reason="r")
    moved = [(one.office, one.kind) for one in play.notices[before:] if one.obligation == RETURN]
    assert moved == [("agency_contact", "moved"), ("agency_lead", "moved")]
    one = play.case.obligations[RETURN]
    assert (one.due, one.round) == (end_of(date(2026, 11, 23)), 2)
    play.until(on(11, 30))
    assert play.said(RETURN)[4:] == [
        (nine(11, 18), "agency_contact"),
        (nine(11, 23), "agency_contact"),
        (nine(11, 24), "agency_lead"),
        (nine(11, 26), "independent_chair"),
    ]


def test_of_rungs_that_a_correction_puts_into_the_past_the_highest_speaks_at_its_moment() -> None:
    play = asked()
    play.until(on(11, 11))
    play.act(MANAGER, "correct", mark="awareness", at=on(10, 10), reason="r")
    play.act(MANAGER, "correct", mark="national_notification_sent", at=on(10, 25), reason="r")
    [fact] = [one for one in play.speak() if one.data["obligation"] == RETURN]
    assert (fact.data["told"]["rung"], fact.data["missed"]) == (4, [])
    assert play.said(RETURN)[-1] == (on(11, 11), "independent_chair")


def test_what_has_ended_follows_a_correction_in_its_dates_alone() -> None:
    play = review(MONDAY)
    play.act(AUTHORITY, "record_notification", sent_at=MONDAY, sent_by="A", reference="B")
    notified = play.case.obligations["notify_national_panel"]
    assert (notified.ended, notified.ended_at, notified.due) == (Ended.MET, MONDAY, end_of(date(2026, 11, 6)))
    before = len(play.notices)
    play.act(MANAGER, "correct", mark="awareness", at=on(10, 27), reason="r")
    play.act(MANAGER, "correct", mark="national_notification_sent", at=on(10, 30), reason="r")
    notified = play.case.obligations["notify_national_panel"]
    assert (notified.ended_at, notified.due) == (on(10, 30), end_of(date(2026, 11, 3)))
    assert notified.speaks() is None
    assert [one for one in play.notices[before:] if one.obligation == "notify_national_panel"] == []


def test_a_corrected_return_is_that_of_its_own_agency() -> None:
    play = asked(agencies=("harrowshire-police", "harrowshire-icb"))
    for agency in ("harrowshire-police", "harrowshire-icb"):
        play.act(holder("agency_contact", agency), "submit_return", agency=agency, holds="nothing")
    play.wait(days=2)
    play.act(MANAGER, "correct", mark="return_received/harrowshire-police", at=MONDAY + timedelta(hours=5), reason="r")
    assert play.case.obligations[RETURN].ended_at == MONDAY + timedelta(hours=5)
    assert play.case.obligations["agency_return/harrowshire-icb"].ended_at == MONDAY


def test_a_correction_moves_only_what_counts_from_the_fact_that_was_wrong() -> None:
    play = decided("parked")
    first = play.now
    play.wait(days=2)
    play.act(MANAGER, "record_event", event="inquest", happened_at=play.now, words="w")
    play.wait(hours=12)
    parked = {"parked_on": "inquest", "parked_review": date(2027, 3, 1)}
    play.act(CHAIR, "decide", **decision_answers("parked", play.now, **parked))
    corrected = play.now - timedelta(hours=9)
    play.act(MANAGER, "correct", mark="parked", at=corrected, reason="r")
    once, twice = play.case.obligations["parked_review"], play.case.obligations["parked_review#2"]
    assert (once.start, once.ended_at) == (first, corrected)
    assert twice.start == corrected


def test_a_corrected_decision_moves_everything_that_its_date_said() -> None:
    play = decided()
    when = play.now + timedelta(hours=5)
    play.wait(hours=30)
    play.act(MANAGER, "correct", mark="decided", at=when, reason="r")
    assert play.case.marks["decision_recorded"].at == when
    assert play.case.obligations["decision"].ended_at == when
    assert play.case.obligations["tell_referrer"].start == when


def decided(outcome: str = "no_further_review") -> Play:
    play = asked()
    play.act(CONTACT, "submit_return", agency="harrowshire-police", holds="nothing")
    play.wait(days=5)
    play.act(CHAIR, "record_analysis", facts="a", context="b", practice="c", learning="d")
    play.act(MANAGER, "record_meeting", **meeting_answers(play.now))
    parked = {"parked_on": "inquest", "parked_review": date(2027, 3, 1)} if outcome == "parked" else {}
    play.act(CHAIR, "decide", **decision_answers(outcome, play.now, **parked))
    return play


# Whoever is asked late


@pytest.mark.promise("F2", "B3")
def test_an_agency_that_is_asked_late_has_some_days_from_the_request_and_is_not_late_at_once() -> None:
    play = review()
    play.act(AUTHORITY, "record_notification", sent_at=MONDAY, sent_by="A", reference="B")
    play.wait(days=24)
    play.act(MANAGER, "request_information", agencies=["harrowshire-police"])
    assert play.case.obligations[RETURN].due == end_of(date(2026, 12, 1))
    play.act(CONTACT, "ask_time", obligation=RETURN, until=date(2026, 12, 3), reason="r")
    play.until(on(12, 5))
    assert play.said(RETURN) == [
        (on(11, 26, 10), "agency_contact"),
        (nine(12, 1), "agency_contact"),
        (nine(12, 2), "agency_lead"),
        (nine(12, 4), "independent_chair"),
    ]


# Promises


@pytest.mark.promise("F4")
def test_no_reminder_after_a_promise() -> None:
    play = asked()
    play.until(on(11, 10))
    play.act(CONTACT, "promise", obligation=RETURN, until=date(2026, 11, 16))
    play.until(on(11, 16, 23))
    assert play.said(RETURN) == [(STARTED, "agency_contact")]


@pytest.mark.promise("F4")
def test_a_missed_promise_resumes_one_rung_higher_on_the_next_working_morning() -> None:
    play = asked()
    play.until(on(11, 16))
    play.act(CONTACT, "promise", obligation=RETURN, until=date(2026, 11, 20))
    play.until(on(12, 6))
    assert play.said(RETURN)[3:] == [
        (nine(11, 23), "agency_lead"),
        (nine(11, 25), "independent_chair"),
        (nine(12, 2), "independent_chair"),
    ]


@pytest.mark.promise("F4")
def test_a_promise_may_always_reach_to_the_due_date_and_is_missed_after_it() -> None:
    play = asked()
    play.speak()
    with pytest.raises(Refused, match="up to 16 November 2026"):
        play.act(CONTACT, "promise", obligation=RETURN, until=date(2026, 11, 17))
    play.act(CONTACT, "promise", obligation=RETURN, until=date(2026, 11, 16))
    play.until(on(11, 18))
    assert play.said(RETURN)[1:] == [(nine(11, 17), "agency_lead")]


def test_a_promise_for_an_earlier_day_leaves_the_later_reminders() -> None:
    play = asked()
    play.speak()
    play.act(CONTACT, "promise", obligation=RETURN, until=date(2026, 11, 9))
    play.until(on(11, 20))
    assert play.said(RETURN)[1:] == [
        (THREE_BEFORE, "agency_contact"),
        (DUE_DAY, "agency_contact"),
        (LEAD_AT, "agency_lead"),
        (CHAIR_AT, "independent_chair"),
    ]


def test_the_second_office_that_promises_is_followed_by_the_third() -> None:
    play = asked()
    play.until(on(11, 17))
    play.act(LEAD, "promise", obligation=RETURN, until=date(2026, 11, 24))
    play.until(on(11, 26))
    assert play.said(RETURN)[4:] == [(nine(11, 25), "independent_chair")]


@pytest.mark.promise("F4")
def test_a_missed_promise_goes_above_the_office_that_gave_it_however_early_it_was_given() -> None:
    play = asked()
    play.act(LEAD, "promise", obligation=RETURN, until=date(2026, 11, 16))
    play.until(on(11, 18))
    assert play.said(RETURN) == [(nine(11, 17), "independent_chair")]


@pytest.mark.promise("F4", "F13")
@pytest.mark.parametrize("office", [CONTACT, LEAD, CHAIR])
def test_after_a_missed_promise_the_ladder_is_not_begun_anew_however_long_the_clock_stood_still(office: str) -> None:
    play = asked()
    play.act(office, "promise", obligation=RETURN, until=date(2026, 11, 5))
    play.act(CHAIR, "suspend", obligation=RETURN, review=date(2027, 1, 29), authority="a", reason="r")
    play.until(on(11, 2) + timedelta(days=88))
    play.act(CHAIR, "review_suspension", obligation=RETURN, outcome="lift", reason="r")
    assert play.case.obligations[RETURN].due == end_of(date(2027, 2, 12))
    play.until(datetime(2027, 2, 20, tzinfo=UTC))
    assert play.said(RETURN)[-2:] == [
        (nine(2, 15, 2027), "agency_lead"),
        (nine(2, 17, 2027), "independent_chair"),
    ]


def test_when_the_last_office_promises_and_misses_it_is_told_again() -> None:
    play = asked()
    play.until(on(11, 19))
    play.act(CHAIR, "promise", obligation=RETURN, until=date(2026, 11, 24))
    play.until(on(12, 3))
    assert play.said(RETURN)[5:] == [(nine(11, 25), "independent_chair"), (nine(12, 2), "independent_chair")]


@pytest.mark.promise("F4")
def test_a_promise_never_reaches_beyond_the_bound_of_the_policy() -> None:
    play = asked()
    play.until(on(11, 16))
    with pytest.raises(Refused, match="up to 23 November 2026"):
        play.act(CONTACT, "promise", obligation=RETURN, until=date(2026, 11, 24))
    with pytest.raises(Refused, match="today or later"):
        play.act(CONTACT, "promise", obligation=RETURN, until=date(2026, 11, 15))
    play.act(CONTACT, "promise", obligation=RETURN, until=date(2026, 11, 23))


def test_no_promise_follows_another_before_the_missed_one_was_said() -> None:
    play = asked()
    play.until(on(11, 16))
    play.act(CONTACT, "promise", obligation=RETURN, until=date(2026, 11, 18))
    play.until(on(11, 19, 2))
    with pytest.raises(Refused, match="promised already"):
        play.act(CONTACT, "promise", obligation=RETURN, until=date(2026, 11, 20))
    play.until(on(11, 19))
    assert play.said(RETURN)[-1] == (nine(11, 19), "agency_lead")
    play.act(CONTACT, "promise", obligation=RETURN, until=date(2026, 11, 20))
    play.until(on(11, 23))
    assert play.said(RETURN)[-1] == (nine(11, 23), "independent_chair")


def test_what_is_urgent_can_be_promised_for_the_same_day_only() -> None:
    play = referral(others="not_known", siblings_safe="not_known")
    with pytest.raises(Refused, match="for today only"):
        play.act(MANAGER, "promise", obligation="siblings_safety", until=date(2026, 11, 3))
    play.act(MANAGER, "promise", obligation="siblings_safety", until=date(2026, 11, 2))
    play.until(on(11, 3))
    assert play.said("siblings_safety")[0] == (end_of(date(2026, 11, 2)), "local_authority_lead")


def test_a_promise_goes_on_keeping_silence_when_the_date_moves() -> None:
    play = asked()
    play.until(on(11, 16))
    play.act(CONTACT, "promise", obligation=RETURN, until=date(2026, 11, 20))
    play.act(MANAGER, "correct", mark="national_notification_sent", at=on(11, 2, 9), reason="r")
    play.act(MANAGER, "correct", mark="awareness", at=on(10, 28), reason="r")
    play.act(MANAGER, "correct", mark="national_notification_sent", at=on(10, 29), reason="r")
    play.until(on(11, 23, 8))
    assert play.said(RETURN)[-1] == (DUE_DAY, "agency_contact")
    play.until(on(11, 23))
    assert play.said(RETURN)[-1] == (nine(11, 23), "agency_lead")


# Disputes


@pytest.mark.promise("F5")
def test_a_dispute_stops_that_office_alone_and_has_its_own_clock() -> None:
    play = asked()
    play.act(CONTACT, "dispute", obligation=RETURN, ground="not_ours", words="w")
    play.until(on(11, 20))
    assert play.said(RETURN) == [(LEAD_AT, "agency_lead"), (CHAIR_AT, "independent_chair")]
    assert play.said(f"dispute/{RETURN}")[0] == (STARTED, "business_manager")
    assert play.case.obligations[f"dispute/{RETURN}"].due == end_of(date(2026, 11, 4))


def test_a_dispute_that_is_not_upheld_says_the_disputed_rung_again_at_once() -> None:
    play = asked()
    play.speak()
    play.act(CONTACT, "dispute", obligation=RETURN, ground="not_ours", words="w")
    play.until(on(11, 12))
    play.act(MANAGER, "settle_dispute", obligation=RETURN, outcome="still_owed", reason="r")
    [fact] = [one for one in play.speak() if one.data["obligation"] == RETURN]
    assert (fact.data["told"]["rung"], fact.data["told"]["round"], fact.data["missed"]) == (1, 2, [])
    play.until(on(11, 17))
    assert play.said(RETURN) == [
        (STARTED, "agency_contact"),
        (on(11, 12), "agency_contact"),
        (DUE_DAY, "agency_contact"),
        (LEAD_AT, "agency_lead"),
    ]


def test_a_dispute_that_is_not_upheld_says_nothing_again_when_a_higher_rung_has_spoken() -> None:
    play = asked()
    play.speak()
    play.act(CONTACT, "dispute", obligation=RETURN, ground="not_ours", words="w")
    play.until(on(11, 18))
    play.act(MANAGER, "settle_dispute", obligation=RETURN, outcome="still_owed", reason="r")
    assert [one for one in play.speak() if one.data["obligation"] == RETURN] == []
    play.until(on(11, 19))
    assert play.said(RETURN)[-1] == (CHAIR_AT, "independent_chair")


def test_a_dispute_that_is_not_upheld_does_not_break_the_silence_of_a_promise() -> None:
    play = asked()
    play.speak()
    play.act(CONTACT, "dispute", obligation=RETURN, ground="not_ours", words="w")
    play.act(LEAD, "promise", obligation=RETURN, until=date(2026, 11, 9))
    play.act(MANAGER, "settle_dispute", obligation=RETURN, outcome="still_owed", reason="r")
    play.until(on(11, 10))
    assert play.said(RETURN) == [(STARTED, "agency_contact")]


def test_the_top_of_the_ladder_cannot_be_disputed_into_silence() -> None:
    play = asked()
    play.until(on(11, 19))
    play.act(CHAIR, "dispute", obligation=RETURN, ground="not_ours", words="w")
    play.until(on(11, 27))
    assert play.said(RETURN)[-1] == (nine(11, 26), "independent_chair")


def test_a_dispute_holds_when_the_date_moves() -> None:
    play = asked()
    play.speak()
    play.act(CONTACT, "dispute", obligation=RETURN, ground="not_ours", words="w")
    play.act(MANAGER, "adopt_calendar", calendar=with_a_day_off(date(2026, 11, 10)), reason="r")
    play.until(on(11, 19))
    assert play.said(RETURN) == [(STARTED, "agency_contact"), (nine(11, 18), "agency_lead")]


@pytest.mark.parametrize(("outcome", "ended"), [("not_owed", Ended.WITHDRAWN), ("done", Ended.MET)])
def test_a_dispute_that_is_upheld_ends_what_an_agency_owes(outcome: str, ended: Ended) -> None:
    play = asked()
    play.act(CONTACT, "dispute", obligation=RETURN, ground="done", words="w")
    play.act(MANAGER, "settle_dispute", obligation=RETURN, outcome=outcome, reason="r")
    assert play.case.obligations[RETURN].ended is ended
    assert play.case.obligations[f"dispute/{RETURN}"].ended is Ended.MET


# More time, suspensions


@pytest.mark.promise("F5")
def test_more_time_moves_the_date_and_what_was_said_too_early_is_said_again() -> None:
    play = asked()
    play.until(on(11, 12))
    play.act(CONTACT, "ask_time", obligation=RETURN, until=date(2026, 11, 20), reason="r")
    play.act(CHAIR, "answer_time", obligation=RETURN, granted=True, until=date(2026, 11, 20), reason="r")
    play.until(on(11, 24))
    assert play.said(RETURN)[2:] == [
        (nine(11, 17), "agency_contact"),
        (nine(11, 20), "agency_contact"),
        (nine(11, 23), "agency_lead"),
    ]
    assert play.case.obligations[f"time_request/{RETURN}"].ended is Ended.MET


def test_a_date_that_was_granted_is_not_moved_by_suspensions_before_it_was() -> None:
    play = asked()
    play.act(CHAIR, "suspend", obligation=RETURN, review=date(2026, 12, 1), authority="a", reason="r")
    play.until(on(11, 4))
    play.act(CHAIR, "review_suspension", obligation=RETURN, outcome="lift", reason="r")
    play.act(CONTACT, "ask_time", obligation=RETURN, until=date(2026, 11, 24), reason="r")
    play.act(CHAIR, "answer_time", obligation=RETURN, granted=True, until=date(2026, 11, 24), reason="r")
    assert play.case.obligations[RETURN].due == end_of(date(2026, 11, 24))
    play.act(CHAIR, "suspend", obligation=RETURN, review=date(2026, 12, 1), authority="a", reason="r")
    play.until(on(11, 5))
    play.act(CHAIR, "review_suspension", obligation=RETURN, outcome="lift", reason="r")
    assert play.case.obligations[RETURN].due == end_of(date(2026, 11, 26))


def test_a_suspended_clock_is_silent_and_goes_on_where_it_stood() -> None:
    play = asked()
    play.until(on(11, 9))
    play.act(CHAIR, "suspend", obligation=RETURN, review=date(2026, 12, 1), authority="a", reason="r")
    assert play.case.obligations[RETURN].due is None
    play.until(on(11, 25))
    assert play.said(RETURN) == [(STARTED, "agency_contact")]
    play.act(CHAIR, "review_suspension", obligation=RETURN, outcome="lift", reason="r")
    assert play.case.obligations[RETURN].due == end_of(date(2026, 12, 3)), "four of ten days were counted before"
    play.until(on(12, 8))
    assert play.said(RETURN)[1:] == [
        (nine(11, 30), "agency_contact"),
        (nine(12, 3), "agency_contact"),
        (nine(12, 4), "agency_lead"),
        (nine(12, 8), "independent_chair"),
    ]


def test_suspended_days_do_not_count_for_the_rungs_after_the_due_time() -> None:
    play = asked()
    play.until(on(11, 17))
    play.act(CHAIR, "suspend", obligation=RETURN, review=date(2026, 12, 1), authority="a", reason="r")
    play.until(on(11, 25))
    play.act(CHAIR, "review_suspension", obligation=RETURN, outcome="lift", reason="r")
    play.until(on(12, 10))
    assert play.said(RETURN)[4:] == [(nine(11, 30), "independent_chair"), (nine(12, 7), "independent_chair")]


def test_suspended_days_do_not_count_until_the_last_rung_is_said_again() -> None:
    play = asked()
    play.until(on(11, 20))
    play.act(CHAIR, "suspend", obligation=RETURN, review=date(2026, 12, 1), authority="a", reason="r")
    play.until(on(11, 24))
    play.act(CHAIR, "review_suspension", obligation=RETURN, outcome="lift", reason="r")
    play.until(on(12, 2))
    assert play.said(RETURN)[5:] == [(nine(12, 1), "independent_chair")]


def test_a_promise_moves_on_by_the_days_that_were_suspended_since() -> None:
    play = asked()
    play.until(on(11, 16))
    play.act(CONTACT, "promise", obligation=RETURN, until=date(2026, 11, 18))
    play.act(CHAIR, "suspend", obligation=RETURN, review=date(2026, 12, 1), authority="a", reason="r")
    play.until(on(11, 24))
    play.act(CHAIR, "review_suspension", obligation=RETURN, outcome="lift", reason="r")
    assert play.case.obligations[RETURN].due == end_of(date(2026, 11, 25))
    play.until(on(11, 30))
    assert play.said(RETURN)[3:] == [(nine(11, 30), "agency_lead")]


@pytest.mark.promise("F5")
def test_a_suspension_that_nobody_reviews_climbs_its_own_ladder() -> None:
    play = asked()
    play.until(on(11, 9))
    play.act(CHAIR, "suspend", obligation=RETURN, review=date(2026, 12, 1), authority="a", reason="r")
    play.until(on(12, 12))
    assert play.said(f"suspension_review/{RETURN}") == [
        (nine(11, 24), "business_manager"),
        (nine(12, 1), "business_manager"),
        (nine(12, 2), "subgroup_chair"),
        (nine(12, 4), "independent_chair"),
        (nine(12, 11), "independent_chair"),
    ]


def test_a_suspension_that_goes_on_is_reviewed_again() -> None:
    play = asked()
    play.act(CHAIR, "suspend", obligation=RETURN, review=date(2026, 12, 1), authority="a", reason="r")
    play.until(on(11, 30))
    play.act(CHAIR, "review_suspension", obligation=RETURN, outcome="continue", review=date(2027, 1, 15), reason="r")
    second = play.case.obligations[f"suspension_review/{RETURN}#2"]
    assert (second.ended, second.due) == (None, end_of(date(2027, 1, 15)))
    assert play.case.obligations[RETURN].paused


# The calendar and the policy change


def with_a_day_off(day: date) -> str:
    proclaimed = POLICY.calendar.proclaimed[0].model_copy(update={"day": day, "works": False})
    return shelf.put_calendar(
        POLICY.calendar.model_copy(
            update={"version": f"off-{day}", "proclaimed": (*POLICY.calendar.proclaimed, proclaimed)}
        )
    )


@pytest.mark.promise("F7")
def test_a_proclaimed_holiday_moves_what_counts_over_it_and_nothing_else() -> None:
    play = asked()
    play.until(on(11, 12))
    before = play.case.obligations
    play.act(MANAGER, "adopt_calendar", calendar=with_a_day_off(date(2027, 2, 10)), reason="r")
    assert play.case.obligations == before
    play.act(MANAGER, "adopt_calendar", calendar=with_a_day_off(date(2026, 11, 16)), reason="r")
    assert play.case.obligations[RETURN].due == end_of(date(2026, 11, 17))


def another_policy(*rungs: Rung) -> str:
    changed = POLICY.ladders["agency_return"].model_copy(update={"rungs": rungs})
    return shelf.put(
        POLICY.model_copy(update={"version": "new", "ladders": {**POLICY.ladders, "agency_return": changed}})
    )[0]


def with_return(**changes: Any) -> str:  # noqa: ANN401 -- values of a block
    """The shipped policy, but for the return of an agency."""
    blocks = POLICY.lifecycles["rapid_review"]
    changed = {**blocks, "agency_return": blocks["agency_return"].model_copy(update=changes)}
    lifecycles = {**POLICY.lifecycles, "rapid_review": changed}
    return shelf.put(POLICY.model_copy(update={"version": "other", "lifecycles": lifecycles}))[0]


@pytest.mark.promise("F9")
def test_under_another_policy_a_clock_counts_from_what_that_policy_names() -> None:
    play = asked()
    play.act(MANAGER, "adopt_policy", policy=with_return(starts="awareness"), reason="r")
    one = play.case.obligations[RETURN]
    assert (one.start, one.due) == (MONDAY - timedelta(days=1), end_of(date(2026, 11, 13)))
    play.act(MANAGER, "correct", mark="awareness", at=on(10, 29), reason="r")
    assert play.case.obligations[RETURN].due == end_of(date(2026, 11, 12))


@pytest.mark.promise("F9")
def test_under_another_policy_a_clock_whose_trigger_has_not_been_counts_from_the_opening_until_it_is() -> None:
    play = asked()
    play.act(MANAGER, "adopt_policy", policy=with_return(starts="analysis_recorded"), reason="r")
    assert play.case.obligations[RETURN].start == MONDAY
    play.until(on(11, 5))
    play.act(CHAIR, "record_analysis", facts="a", context="b", practice="c", learning="d")
    assert play.case.obligations[RETURN].start == on(11, 5)


def rung(office: str, delay: str) -> Rung:
    return Rung(office=office, delay=Span.model_validate(delay))


@pytest.mark.promise("F9")
def test_on_another_ladder_a_rung_counts_as_said_if_its_office_has_heard() -> None:
    play = asked()
    play.until(on(11, 17))
    policy = another_policy(rung("agency_lead", "1 working day"), rung("independent_chair", "5 working days"))
    play.act(MANAGER, "adopt_policy", policy=policy, reason="r")
    play.until(on(11, 24))
    assert play.said(RETURN)[3:] == [(LEAD_AT, "agency_lead"), (nine(11, 23), "independent_chair")]


@pytest.mark.promise("F9")
def test_on_another_ladder_an_office_whose_time_has_come_and_that_has_not_heard_is_told_now() -> None:
    play = asked()
    play.until(on(11, 17))
    policy = another_policy(rung("agency_contact", "0 working days"), rung("subgroup_chair", "1 working day"))
    play.act(MANAGER, "adopt_policy", policy=policy, reason="r")
    play.until(on(11, 25))
    assert play.said(RETURN)[4:] == [(on(11, 17), "subgroup_chair"), (nine(11, 24), "subgroup_chair")]


def test_on_another_ladder_promise_and_dispute_go_on() -> None:
    play = asked()
    play.until(on(11, 16))
    play.act(CONTACT, "promise", obligation=RETURN, until=date(2026, 11, 20))
    policy = another_policy(rung("agency_contact", "0 working days"), rung("subgroup_chair", "1 working day"))
    play.act(MANAGER, "adopt_policy", policy=policy, reason="r")
    play.until(on(11, 24))
    assert play.said(RETURN)[3:] == [(nine(11, 23), "subgroup_chair")]


def test_on_another_ladder_a_dispute_stops_the_same_office() -> None:
    play = asked()
    play.speak()
    play.act(CONTACT, "dispute", obligation=RETURN, ground="not_ours", words="w")
    policy = another_policy(
        rung("agency_contact", "-5 working days"),
        rung("agency_contact", "0 working days"),
        rung("subgroup_chair", "1 working day"),
    )
    play.act(MANAGER, "adopt_policy", policy=policy, reason="r")
    play.until(on(11, 16))
    assert play.said(RETURN) == [(STARTED, "agency_contact")]
    play.act(MANAGER, "settle_dispute", obligation=RETURN, outcome="still_owed", reason="r")
    play.until(on(11, 17))
    assert play.said(RETURN)[1:] == [(on(11, 16), "agency_contact"), (nine(11, 17), "subgroup_chair")]


def test_a_ladder_in_days_keeps_its_distances_after_a_missed_promise_over_a_change_of_the_clocks() -> None:
    slow = another_policy(
        rung("agency_contact", "0 days"),
        rung("agency_lead", "2 days"),
        rung("independent_chair", "1 week"),
    )
    start = datetime(2026, 10, 12, 10, tzinfo=UTC)
    play = review(start, policy=slow)
    play.act(AUTHORITY, "record_notification", sent_at=start, sent_by="A", reference="B")
    play.act(MANAGER, "request_information", agencies=["harrowshire-police"])
    play.until(on(10, 24))
    play.act(CONTACT, "promise", obligation=RETURN, until=date(2026, 10, 27))
    play.until(on(11, 3))
    assert play.said(RETURN) == [(nine(10, 28), "agency_lead"), (nine(11, 2), "independent_chair")]


# Together, by one rung


@pytest.mark.promise("F2")
def test_offices_that_are_told_together_hear_at_one_time_one_notice_each() -> None:
    play = review(MONDAY, aware=MONDAY - timedelta(days=3))
    play.until(on(11, 30))
    together = [one for one in play.notices if one.obligation == "notify_national_panel" and one.rung == 2]
    assert [(one.office, one.rung_at) for one in together] == [
        ("local_authority_lead", nine(11, 6)),
        ("business_manager", nine(11, 6)),
    ]
    assert len({one.key for one in together}) == 2


@pytest.mark.promise("A13")
def test_when_nobody_knows_whether_the_children_are_safe_the_business_unit_hears_at_once_and_in_hours() -> None:
    play = referral(others="not_known", siblings_safe="not_known")
    play.wait(hours=13)
    assert play.said("siblings_safety") == [
        (MONDAY, "business_manager"),
        (MONDAY, "administrator"),
        (MONDAY + timedelta(hours=2), "business_manager"),
        (MONDAY + timedelta(hours=4), "local_authority_lead"),
        (MONDAY + timedelta(hours=6), "independent_chair"),
        (MONDAY + timedelta(hours=10), "independent_chair"),
    ]


@pytest.mark.promise("F1", "F13")
@pytest.mark.parametrize(("late", "next_in"), [(timedelta(seconds=40), 4), (timedelta(hours=3), 7)])
def test_what_is_said_again_in_hours_counts_from_its_own_time_unless_it_was_said_late(
    late: timedelta, next_in: int
) -> None:
    """Else every wake of the engine would move it on by a little, and rehearsal would say another time."""
    play = referral(others="not_known", siblings_safe="not_known")
    play.wait(hours=5)
    sixth = MONDAY + timedelta(hours=6)
    play.sleep_until(sixth + late)
    play.speak()
    assert play.case.obligations["siblings_safety"].speaks() == sixth + timedelta(hours=next_in)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "{office: agency_lead, delay: 1 working day}\n      - {office: independent_chair, delay: 3 working days}",
            "{office: agency_lead, delay: 0 working days}\n      - {office: independent_chair, delay: 3 working days}",
            "`also: [agency_lead]`",
        ),
        (
            "- {office: business_manager, also: [subgroup_chair], delay: 14 days}",
            "- {office: business_manager, delay: 14 days}\n      - {office: subgroup_chair, delay: 2 weeks}",
            "`also: [subgroup_chair]`",
        ),
        ("also: [subgroup_chair], delay: 14", "also: [subgroup_char], delay: 14", "Did you mean `subgroup_chair`"),
        ("also: [subgroup_chair], delay: 14", "also: [business_manager], delay: 14", "Name it once"),
        ("also: [administrator], after: start", "also: [agency_lead], after: start", "tells agency_lead of an agency"),
        (
            "budget: 12 working days\n      ladder: chair",
            "budget: null\n      ladder: chair",
            "Nobody is asked for a date here",
        ),
    ],
    ids=["one time", "one time in two units", "unknown", "twice", "of an agency", "never due"],
)
@pytest.mark.promise("F8")
def test_a_policy_in_which_a_rung_would_be_lost_is_refused(old: str, new: str, words: str) -> None:
    assert ENGLAND.count(old) == 1
    with pytest.raises(PolicyProblems) as refused:
        read_policy(ENGLAND.replace(old, new), "england.yaml")
    told = [problem.words for problem in refused.value.problems]
    of_a_ladder = "tells agency_lead of an agency" in words  # told of each block that has this ladder
    assert len(told) == (ENGLAND.count("ladder: siblings_safety") if of_a_ladder else 1)
    assert all(words in one for one in told)


# The calendar's end, and bounded state


def test_beyond_the_end_of_the_calendar_the_last_rung_is_still_said_again() -> None:
    late = datetime(2032, 12, 1, 10, tzinfo=UTC)
    play = asked(late)
    play.until(late + timedelta(days=60))
    weekly = [date(2032, 12, 29), date(2033, 1, 5), date(2033, 1, 12), date(2033, 1, 19), date(2033, 1, 26)]
    assert [(day_of(moment), office) for moment, office in play.said(RETURN)[-5:]] == [
        (day, "independent_chair") for day in weekly
    ]


def test_a_command_that_the_calendar_cannot_count_is_refused_in_words() -> None:
    play = review(datetime(2032, 12, 29, 10, tzinfo=UTC), aware=datetime(2032, 12, 20, 10, tzinfo=UTC))
    known = play.case.known
    with pytest.raises(Refused, match="calendar"):
        play.act(AUTHORITY, "record_notification", sent_at=play.now, sent_by="A", reference="B")
    assert play.case.known == known


def with_twelve_agencies() -> tuple[Directory, tuple[str, ...]]:
    names = tuple(f"agency-{n:02}" for n in range(1, 13))
    body = DIRECTORY.agencies["harrowshire-schools"]
    held = [
        Holding(office=office, agency=name, person=person, deputy=deputy, since=date(2025, 1, 1))
        for name in names
        for office, person, deputy in (("agency_contact", "p-013", "p-012"), ("agency_lead", "p-012", "p-013"))
    ]
    return (
        DIRECTORY.model_copy(
            update={
                "agencies": {**DIRECTORY.agencies, **dict.fromkeys(names, body)},
                "holdings": (*DIRECTORY.holdings, *held),
            }
        ),
        names,
    )


def test_the_state_of_a_review_with_twelve_agencies_stays_small_over_years_of_everything() -> None:
    directory, names = with_twelve_agencies()
    play = review(MONDAY)
    play.directory = directory
    play.act(AUTHORITY, "record_notification", sent_at=MONDAY, sent_by="A", reference="B")
    play.act(MANAGER, "request_information", agencies=names)
    for month in range(30):
        for name in names:
            key = f"agency_return/{name}"
            play.act("p-013", "promise", obligation=key, until=day_of(play.now))
            play.act("p-013", "dispute", obligation=key, ground="not_ours", words="w")
            play.act(MANAGER, "settle_dispute", obligation=key, outcome="still_owed", reason="r")
            if month % 4 == 0:
                review_on = day_of(play.now) + timedelta(days=20)
                play.act(CHAIR, "suspend", obligation=key, review=review_on, authority="a", reason="r")
        play.wait(days=15)
        for name in names:
            if play.case.obligations[f"agency_return/{name}"].paused:
                play.act(CHAIR, "review_suspension", obligation=f"agency_return/{name}", outcome="lift", reason="r")
        play.wait(days=15)
    assert len(play.facts) > 3_000
    assert len(play.case.model_dump_json()) < 100_000
    assert Case.model_validate_json(play.case.model_dump_json()) == play.case


def test_what_has_ended_keeps_little_and_can_still_be_explained() -> None:
    play = asked()
    play.until(on(12, 22))
    play.act(CONTACT, "submit_return", agency="harrowshire-police", holds="nothing")
    one = play.case.obligations[RETURN]
    assert (one.rungs, one.mute, len(one.told)) == ((), (), 3)
    assert ladder.plan(one, rules_of(play.case, one))[:4] == (STARTED, THREE_BEFORE, DUE_DAY, LEAD_AT)


def test_without_a_said_date_it_is_due_on_the_day_from_which_it_counts() -> None:
    rules = shelf.rules(POLICY_NAME, CALENDAR_NAME, "rapid_review", "parked_review")
    bare = Obligation(
        key="x", block="parked_review", owed_by="business_manager", opened=MONDAY, mark="parked", start=MONDAY,
        due=None, rungs=(),
    )  # fmt: skip
    one = ladder.clocked(bare, rules)
    assert one.due == end_of(date(2026, 11, 2))
    assert one.speaks() == MONDAY


def test_independent_obligations_may_be_told_in_any_order() -> None:
    play = asked(agencies=AGENCIES)
    dues = play.case.due(play.now)
    assert len(dues) > len(AGENCIES)
    forward, backward = Play(play.case, play.now), Play(play.case, play.now)
    for stage, order in ((forward, dues), (backward, dues[::-1])):
        for due in order:
            stage.happen(tell(stage.case, due, DIRECTORY, stage.now))
    assert forward.case == backward.case
