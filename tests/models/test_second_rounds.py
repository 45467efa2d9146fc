"""What is done once more is not before what called for it: a reopening, an event, the panel's answer, a decision."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from models.case import base
from models.lifecycles import COMMANDS
from models.referral import Body
from tests.models.test_child_death import ANALYSIS, COORDINATOR, PANEL, listed, notified
from tests.models.test_practice_review import REVIEWER
from tests.models.test_practice_review import decided as practice_review
from tests.models.test_recommending import SUBGROUP
from tests.support.core import (
    AUTHORITY,
    CHAIR,
    MANAGER,
    Play,
    Refused,
    asked,
    decision_answers,
    meeting_answers,
    referral,
    review,
    triage_answers,
)

pytestmark = pytest.mark.promise("A14")
OTHER_BODY = next(one.value for one in Body if one.value != "police")
SENT = {"sent_by": "A", "reference": "B"}
TOLD = {"how": "phone", "words": "The outcome."}


def act(play: Play, person: str, kind: str, /, **answers: Any) -> None:  # noqa: ANN401 -- the answers of a form
    """Do it now, and let an hour pass."""
    play.act(person, kind, **answers)
    play.wait(hours=1)


def decided(outcome: str = "no_further_review", **more: Any) -> Play:  # noqa: ANN401 -- the answers of a form
    play = asked()
    play.wait(hours=1)
    act(play, CHAIR, "record_analysis", facts="a", context="b", practice="c", learning="d")
    act(play, MANAGER, "record_meeting", **meeting_answers(play.now))
    act(play, CHAIR, "decide", **decision_answers(outcome, play.now, **more))
    return play


def submitted() -> Play:
    play = decided()
    act(play, MANAGER, "record_submission", sent_at=play.now, siblings_safe="yes", siblings_words="w")
    return play


def answered(position: str) -> Play:
    play = submitted()
    act(play, MANAGER, "record_panel_answer", received_at=play.now, position=position)
    return play


def parked() -> Play:
    day = asked().now.date() + timedelta(days=30)
    play = decided("parked", parked_on="inquest", parked_review=day)
    act(play, MANAGER, "record_event", event="inquest", happened_at=play.now, words="w")
    return play


def reopened() -> Play:
    play = answered("agrees")
    act(play, CONTACT, "submit_return", agency="harrowshire-police", holds="nothing")
    act(play, MANAGER, "tell_referrer", **TOLD)
    assert play.case.closed
    act(play, MANAGER, "reopen", reason="r")
    return play


def withdrawn() -> Play:
    play = review()
    play.wait(hours=1)
    act(play, AUTHORITY, "record_notification", sent_at=play.now, **SENT)
    act(play, AUTHORITY, "withdraw_notification", withdrawn_at=play.now, reason="r")
    act(play, MANAGER, "tell_referrer", **TOLD)
    act(play, MANAGER, "reopen", reason="r")
    return play


def decided_again() -> Play:
    play = reopened()
    act(play, CHAIR, "decide", **decision_answers("practice_review", play.now))
    return play


def submitted_again() -> Play:
    play = decided_again()
    act(play, MANAGER, "record_submission", sent_at=play.now, siblings_safe="yes", siblings_words="w")
    return play


def asked_again() -> Play:
    """The panel has asked twice for more, and was sent it once."""
    play = answered("more_information")
    act(play, MANAGER, "send_information", sent_at=play.now, words="w")
    act(play, MANAGER, "record_panel_answer", received_at=play.now, position="more_information")
    return play


def triaged(route: str = "pass_on") -> Play:
    play = referral()
    play.wait(hours=1)
    act(play, MANAGER, "triage", **triage_answers(route))
    return play


def taken_up_again() -> Play:
    play = triaged()
    act(play, MANAGER, "reopen", reason="r")
    return play


def passed_once() -> Play:
    play = triaged()
    act(play, MANAGER, "pass_on", body="police", sent_at=play.now, sent_to="A")
    act(play, MANAGER, "reopen", reason="r")
    again = triage_answers("pass_on")
    again["children"][0]["body"] = OTHER_BODY
    act(play, MANAGER, "triage", **again)
    return play


def told_once() -> Play:
    play = triaged("no_further_action")
    act(play, MANAGER, "tell_referrer", **TOLD)
    act(play, MANAGER, "reopen", reason="r")
    act(play, MANAGER, "triage", **triage_answers("no_further_action"))
    return play


def unsafe_again() -> Play:
    play = referral(others="yes", siblings_safe="no", safety_action="Visited.")
    play.wait(hours=1)
    act(play, MANAGER, "answer_safety", siblings_safe="yes", words="w")
    act(play, MANAGER, "triage", **{**triage_answers("no_further_action"), "siblings_safe": "no"})
    return play


def meeting_unsafe_again() -> Play:
    play = asked()
    play.wait(hours=1)
    act(play, MANAGER, "record_meeting", **{**meeting_answers(play.now, quorate=False), "siblings_safe": "no"})
    act(play, AUTHORITY, "answer_safety", siblings_safe="yes", words="w")
    act(play, MANAGER, "record_meeting", **{**meeting_answers(play.now, quorate=False), "siblings_safe": "no"})
    return play


def appointed() -> Play:
    play = practice_review()
    play.wait(hours=1)
    act(play, CHAIR, "appoint_reviewer", reviewer=REVIEWER, suitability="s")
    act(play, MANAGER, "announce_review", sent_at=play.now, recipients=RECIPIENTS)
    return play


def another_reviewer() -> Play:
    play = appointed()
    act(play, CHAIR, "appoint_reviewer", reviewer=REVIEWER, suitability="The first one fell ill.")
    return play


def proven(play: Play) -> Play:
    """All evidence given and accepted, once or once more; one that was closed is reopened for it."""
    given = len(play.case.recommendations["r1"].evidence)
    if play.case.recommendations["r1"].closed:
        act(play, MANAGER, "reopen_recommendation", item="r1", reason="r")
    for number, shows in enumerate(("delivery", "impact"), start=given + 1):
        play.act(CONTACT, "give_evidence", item="r1", measure="m1", shows=shows, words="w")
        act(play, SUBGROUP, "accept_evidence", item="r1", evidence=f"e{number}", words="w")
    return play


def death_closed() -> Play:
    play = notified()
    listed(play)
    play.wait(hours=1)
    act(play, PANEL, "complete_analysis", held_at=play.now, **ANALYSIS)
    act(play, COORDINATOR, "submit_analysis", sent_at=play.now)
    act(play, COORDINATOR, "log_family_contact", contact="feedback", held_at=play.now)
    assert play.case.closed
    return play


def death_reopened() -> Play:
    play = death_closed()
    act(play, COORDINATOR, "reopen", reason="r")
    return play


def death_called_again() -> Play:
    play = death_reopened()
    play.act(COORDINATOR, "record_finding", source="inquest", abuse="no", panel=True, words="w")
    play.act(PANEL, "list_for_panel", panel="harrowshire", extra=True, on=play.now.date())
    play.wait(hours=1)
    return play


def death_reviewed_again() -> Play:
    play = death_called_again()
    act(play, PANEL, "complete_analysis", held_at=play.now, **ANALYSIS)
    return play


def closed_once() -> Play:
    play = review()
    by, measure = play.now.date() + timedelta(days=90), {"measure": "m", "baseline": "b"}
    play.act(MANAGER, "recommend", text="t", agency="harrowshire-police", by=by, measures=[measure])
    play.act(CONTACT, "answer_recommendation", item="r1", answer="accepts")
    closing = ITEMS["close_recommendation"][2]
    act(proven(play), MANAGER, "close_recommendation", **{**closing, "evidence": ["e1", "e2"]})
    return play


def sent_more() -> Play:
    play = answered("more_information")
    act(play, MANAGER, "send_information", sent_at=play.now, words="w")
    return play


def notified_again() -> Play:
    play = withdrawn()
    act(play, AUTHORITY, "record_notification", sent_at=play.now, **SENT)
    return play


CONTACT = "p-005"
SUBMIT = {"siblings_safe": "yes", "siblings_words": "w"}
SEATS = ["subgroup_chair", "local_authority", "police"]
RECIPIENTS = ["national_panel", "secretary_of_state", "ofsted"]
Again = tuple[Callable[[], Play], str, dict[str, Any]]

# By command and why it is due once more: how the case came there, who does it, and what is answered beside the date.
AGAIN: dict[str, Again] = {
    "decide, after the event": (parked, CHAIR, decision_answers("practice_review", asked().now)),
    "decide, after the panel disagreed": (
        lambda: answered("disagrees"), CHAIR, decision_answers("practice_review", asked().now),
    ),
    "decide, after a reopening": (reopened, CHAIR, decision_answers("practice_review", asked().now)),
    "record_submission, after a fresh decision": (decided_again, MANAGER, SUBMIT),
    "record_panel_answer, after a fresh submission": (submitted_again, MANAGER, {"position": "agrees"}),
    "record_panel_answer, after more was sent": (
        sent_more, MANAGER, {"position": "agrees"},
    ),
    "send_information, asked once more": (asked_again, MANAGER, {"words": "w"}),
    "record_notification, after it was withdrawn": (withdrawn, AUTHORITY, SENT),
    "withdraw_notification, of another notification": (notified_again, AUTHORITY, {"reason": "r"}),
    "tell_referrer, after a fresh decision": (decided_again, MANAGER, TOLD),
    "tell_referrer, after another triage": (told_once, MANAGER, TOLD),
    "answer_safety, after another doubt": (meeting_unsafe_again, AUTHORITY, {"siblings_safe": "yes", "words": "w"}),
    "answer_safety, after a triage": (unsafe_again, MANAGER, {"siblings_safe": "yes", "words": "w"}),
    "triage, after a reopening": (taken_up_again, MANAGER, triage_answers("no_further_action")),
    "announce_review, of another reviewer": (another_reviewer, MANAGER, {"recipients": RECIPIENTS}),
    "complete_analysis, called for anew": (death_called_again, PANEL, ANALYSIS),
    "submit_analysis, of the panel’s second review": (death_reviewed_again, COORDINATOR, {}),
    "log_family_contact, of the panel’s second review": (death_reviewed_again, COORDINATOR, {"contact": "feedback"}),
    "pass_on, to another body": (passed_once, MANAGER, {"sent_to": "A", "body": OTHER_BODY}),
}  # fmt: skip

# Of one item of its case, whose dates it remembers itself: how the case came there, who does it, what is answered
# beside the date, and what is called for by what happened last.
ITEMS: dict[str, Again] = {
    "close_recommendation": (
        lambda: proven(closed_once()), MANAGER,
        {"item": "r1", "decided_by": "meeting", "seats": SEATS, "evidence": ["e3", "e4"], "retest": "6_months",
         "words": "w"},
    ),
    "retest_impact": (closed_once, MANAGER, {"item": "r1", "outcome": "not_sustained", "words": "w"}),
}  # fmt: skip

AGO = {"record_notification, after it was withdrawn": 3}
"""Hours since what called for it; otherwise it is the last thing that happened. It is sent again before a reopening."""

ONCE = {
    "record_immediate_decisions": "they are recorded once; what is found later is recorded as a finding",
    "record_database_notification": "a death is notified once",
    "record_finding": "what came to light was known before the review was reopened for it",
    "record_joint_response": "what is recorded again is another meeting, and nothing calls for it",
    "record_death_meeting": "the meeting is held once",
    "confirm_hand_over": "a review is handed over once",
    "record_meeting": "no meeting calls for another before a decision; who was there first is recorded in any order",
    "record_event": "what happens outside is called for by nothing here",
    "notify_secretary_of_state": "a death is notified once",
    "complete_action": "each action is done once, by a day of its own",
    "hold_practitioner_event": "what is recorded again is another event, and nothing calls for it",
    "record_contact": "each step comes once after the other, and is refused before it",
    "record_written_answer": "each request is answered once, and an answer may be recorded before its request was",
    "receive_draft": "a later draft is called for by nothing here, and who was there first is recorded in any order",
    "sign_off": "nothing calls for a second sign-off",
    "explain_delay": "the panel is told of a delay once",
    "send_advance_copies": "they stay good for a later day, and an earlier one is refused: nothing calls for others",
    "publish": "a report is published once",
    "withhold_publication": "it is decided once, and instead of a publication",
    "confirm_dissemination": "each agency confirms it once, and what reached staff before the publication counts",
    "lodge_report": "a report is lodged once",
    "record_coroners_report": "what happens outside is called for by nothing here",
    "answer_coroner": "each report is answered once",
}
"""Dated acts that nothing calls for a second time, and why."""


def test_every_dated_act_has_a_second_round_or_a_reason_why_there_is_none() -> None:
    dated = {kind for kinds in COMMANDS.values() for kind, command in kinds.items() if command.OCCURRED}
    again = {name.split(",")[0] for name in AGAIN} | ITEMS.keys()
    assert again | ONCE.keys() == dated
    assert not again & ONCE.keys()


@pytest.mark.parametrize("name", AGAIN)
def test_what_is_done_again_is_not_dated_before_what_called_for_it(name: str) -> None:
    reach, person, answers = AGAIN[name]
    play, kind = reach(), name.split(",", maxsplit=1)[0]
    field = COMMANDS[play.case.kind][kind].OCCURRED
    called = play.now - timedelta(hours=AGO.get(name, 1))
    with pytest.raises(Refused, match="This is before"):
        play.act(person, kind, **{**answers, field: called - timedelta(minutes=30)})
    fact = play.act(person, kind, **{**answers, field: called})
    mark = next(
        mark for mark, one in play.case.marks.items() if one.number == fact.number and base(mark) != "awareness"
    )
    if play.case.closed:
        play.act(MANAGER, "reopen", reason="r")
    with pytest.raises(Refused, match="This is before"):
        play.act(MANAGER, "correct", mark=mark, at=called - timedelta(minutes=30), reason="r")


@pytest.mark.parametrize("kind", ITEMS)
def test_what_is_done_again_about_one_item_is_not_dated_before_what_called_for_it(kind: str) -> None:
    reach, person, answers = ITEMS[kind]
    play = reach()
    field, called = COMMANDS[play.case.kind][kind].OCCURRED, play.now - timedelta(hours=1)
    with pytest.raises(Refused, match="This is before"):
        play.act(person, kind, **{**answers, field: called - timedelta(minutes=30)})
    play.act(person, kind, **{**answers, field: called})


@pytest.mark.parametrize("mark", ["reopened", "panel_disagreed", "parked_event_recorded"])
def test_what_called_for_an_act_is_not_moved_behind_it(mark: str) -> None:
    reach = {"reopened": reopened, "panel_disagreed": lambda: answered("disagrees"), "parked_event_recorded": parked}
    play = reach[mark]()
    act(play, CHAIR, "decide", **decision_answers("practice_review", play.now))
    with pytest.raises(Refused, match="This is after"):
        play.act(MANAGER, "correct", mark=mark, at=play.now, reason="r")


def test_the_first_time_may_be_recorded_in_any_order() -> None:
    play = asked()
    play.wait(days=2)
    play.act(MANAGER, "record_meeting", **{**meeting_answers(play.now - timedelta(days=1)), "late": "Typed today."})
