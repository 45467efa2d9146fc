"""What the state of a case does not allow: each refusal in words that say how to go on."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from models import shelf
from models.judging import CLOSED, judge
from models.lifecycles import COMMANDS
from tests.support.core import (
    AUTHORITY,
    CHAIR,
    MANAGER,
    MONDAY,
    POLICY,
    Play,
    Refused,
    asked,
    decision_answers,
    holder,
    meeting_answers,
    referral,
    review,
    triage_answers,
)

POLICE = "harrowshire-police"
RETURN = f"agency_return/{POLICE}"
CONTACT = holder("agency_contact", POLICE)
DEPUTY = "p-019"


def act(person: str, kind: str, /, **answers: object) -> Callable[[Play], object]:
    return lambda play: play.act(person, kind, **answers)


def wait(**span: float) -> Callable[[Play], object]:
    return lambda play: play.wait(**span)


def day(n: int) -> date:
    return date(2026, 11, n)


def moment(n: int, month: int = 11) -> datetime:
    return datetime(2026, month, n, 9, tzinfo=UTC)


def met(play: Play) -> None:
    play.act(CHAIR, "record_analysis", facts="a", context="b", practice="c", learning="d")
    play.act(MANAGER, "record_meeting", **meeting_answers(play.now))


def decided(play: Play) -> None:
    met(play)
    play.act(CHAIR, "decide", **decision_answers("no_further_review", play.now))


ABOUT_RETURN = {"obligation": RETURN}
PROMISE = act(CONTACT, "promise", **ABOUT_RETURN, until=day(4))
DISPUTE = act(CONTACT, "dispute", **ABOUT_RETURN, ground="done", words="w")
ASK = act(CONTACT, "ask_time", **ABOUT_RETURN, until=day(18), reason="r")
SUSPEND = act(CHAIR, "suspend", **ABOUT_RETURN, review=day(20), authority="a", reason="r")
SUBMIT = act(CONTACT, "submit_return", agency=POLICE, holds="nothing")
NOTIFY = act(AUTHORITY, "record_notification", sent_at=MONDAY, sent_by="A", reference="B")
GRANT = act(CHAIR, "answer_time", **ABOUT_RETURN, granted=True, until=day(18), reason="r")
DECIDE = act(CHAIR, "decide", **decision_answers("no_further_review", MONDAY))

# What was done before, what is asked then, and the words of the refusal; all on a review whose police were asked.
REFUSALS: dict[str, tuple[list[Callable[[Play], object]], Callable[[Play], object], str]] = {
    "a promise on nothing": ([], act(CONTACT, "promise", obligation="x", until=day(4)), "nothing of this name"),
    "a promise on what was met": ([SUBMIT], PROMISE, "not owed any more"),
    "a promise after a promise": ([PROMISE], PROMISE, "promised already"),
    "a promise on a suspended clock": ([SUSPEND], PROMISE, "clock of this is suspended"),
    "a promise too far": ([], act(CONTACT, "promise", **ABOUT_RETURN, until=day(17)), "up to 16 November 2026"),
    "a promise for yesterday": ([], act(CONTACT, "promise", **ABOUT_RETURN, until=day(1)), "today or later"),
    "a second dispute": ([DISPUTE], DISPUTE, "disputed already"),
    "a dispute about a dispute": (
        [DISPUTE],
        act(MANAGER, "dispute", obligation=f"dispute/{RETURN}", ground="done", words="w"),
        "Give it instead",
    ),
    "settling what nobody disputes": (
        [], act(MANAGER, "settle_dispute", **ABOUT_RETURN, outcome="done", reason="r"), "Nobody disputes this",
    ),
    "upholding a dispute about a step of the case": (
        [act(MANAGER, "dispute", obligation="submission", ground="done", words="w")],
        act(DEPUTY, "settle_dispute", obligation="submission", outcome="done", reason="r"),
        "cannot go on without this",
    ),
    "withdrawing a step of the case": (
        [act(MANAGER, "dispute", obligation="submission", ground="not_ours", words="w")],
        act(DEPUTY, "settle_dispute", obligation="submission", outcome="not_owed", reason="r"),
        "cannot go on without this",
    ),
    "time for an answer": (
        [DISPUTE],
        act(MANAGER, "ask_time", obligation=f"dispute/{RETURN}", until=day(6), reason="r"),
        "Give it instead",
    ),
    "time after the due date": ([wait(days=16)], ASK, "before the due date"),
    "time on a suspended clock": ([SUSPEND], ASK, "stands still"),
    "time that is asked for twice": ([ASK], ASK, "asked for already"),
    "time beyond the bound": (
        [], act(CONTACT, "ask_time", **ABOUT_RETURN, until=day(24), reason="r"), "up to 23 November 2026",
    ),
    "time until before the present date": (
        [], act(CONTACT, "ask_time", **ABOUT_RETURN, until=day(16), reason="r"), "after the present one",
    ),
    "more time than the policy allows": (
        [ASK, GRANT], act(CONTACT, "ask_time", **ABOUT_RETURN, until=day(20), reason="r"), "as often as the policy",
    ),
    "giving time that nobody asked for": ([], GRANT, "Nobody has asked"),
    "giving time until before the present date": (
        [ASK],
        act(CHAIR, "answer_time", **ABOUT_RETURN, granted=True, until=day(16), reason="r"),
        "after the present one",
    ),
    "giving time beyond the bound": (
        [ASK],
        act(CHAIR, "answer_time", **ABOUT_RETURN, granted=True, until=day(24), reason="r"),
        "up to 23 November 2026",
    ),
    "giving time on a suspended clock": ([ASK, SUSPEND], GRANT, "End the suspension first"),
    "suspending twice": ([SUSPEND], SUSPEND, "suspended already"),
    "suspending an answer": (
        [DISPUTE],
        act(CHAIR, "suspend", obligation=f"dispute/{RETURN}", review=day(20), authority="a", reason="r"),
        "cannot be suspended",
    ),
    "suspending too long": (
        [],
        act(CHAIR, "suspend", **ABOUT_RETURN, review=date(2027, 2, 3), authority="a", reason="r"),
        "up to 2 February 2027",
    ),
    "reviewing what is not suspended": (
        [], act(CHAIR, "review_suspension", **ABOUT_RETURN, outcome="lift", reason="r"), "not suspended",
    ),
    "going on too long": (
        [SUSPEND],
        act(CHAIR, "review_suspension", **ABOUT_RETURN, outcome="continue", review=date(2027, 2, 3), reason="r"),
        "up to 2 February 2027",
    ),
    "correcting what never was": (
        [], act(MANAGER, "correct", mark="decided", at=MONDAY, reason="r"), "Nothing of this name",
    ),
    "correcting an answer": (
        [DISPUTE], act(MANAGER, "correct", mark="disputed", at=MONDAY, reason="r"), "Nothing of this name",
    ),
    "correcting to the same": (
        [], act(MANAGER, "correct", mark="national_notification_sent", at=MONDAY, reason="r"), "recorded already",
    ),
    "correcting to before awareness": (
        [],
        act(MANAGER, "correct", mark="national_notification_sent", at=moment(1, 10), reason="r"),
        "before anybody was aware",
    ),
    "awareness after what followed it": (
        [wait(days=1)], act(MANAGER, "correct", mark="awareness", at=moment(3), reason="r"), "Correct that date first",
    ),
    "the calendar that holds": (
        [], lambda play: play.act(MANAGER, "adopt_calendar", calendar=play.case.calendar, reason="r"), "already",
    ),
    "a calendar that there is not": (
        [], act(MANAGER, "adopt_calendar", calendar="0" * 16, reason="r"), "no calendar of this name",
    ),
    "the policy that holds": (
        [], lambda play: play.act(MANAGER, "adopt_policy", policy=play.case.policy, reason="r"), "already",
    ),
    "a policy that there is not": (
        [], act(MANAGER, "adopt_policy", policy="0" * 16, reason="r"), "no policy of this name",
    ),
    "reopening what is open": ([], act(MANAGER, "reopen", reason="r"), "nothing to reopen"),
    "a decision before the meeting": ([], DECIDE, "the independent chair's analysis and a meeting with its quorum"),
    "a second decision": ([decided], DECIDE, "recorded already"),
    "a decision parked for too long": (
        [met],
        act(CHAIR, "decide", **decision_answers(
            "parked", MONDAY, parked_on="inquest", parked_review=date(2027, 5, 3))),
        "up to 2 May 2027",
    ),
    "a decision parked until yesterday": (
        [met],
        act(CHAIR, "decide", **decision_answers("parked", MONDAY, parked_on="inquest", parked_review=day(1))),
        "today or later",
    ),
    "a second notification": ([], NOTIFY, "recorded already"),
    "asking an agency twice": ([], act(MANAGER, "request_information", agencies=[POLICE]), "Already asked"),
    "a submission before the decision": (
        [], act(MANAGER, "record_submission", sent_at=MONDAY, siblings_safe="yes", siblings_words="n"), "first",
    ),
    "a submission before the notification": (
        [decided, wait(days=1)],
        act(
            MANAGER, "record_submission", sent_at=datetime(2026, 11, 1, 12, tzinfo=UTC), late="l", siblings_safe="yes",
            siblings_words="n",
        ),
        "before the notification was sent",
    ),
    "an awaited event before anybody was aware": (
        [], act(MANAGER, "record_event", event="inquest", happened_at=moment(1, 10), late="l", words="w"),
        "before anybody was aware",
    ),
    "an answer of the panel before it was asked": (
        [decided, act(MANAGER, "record_submission", sent_at=MONDAY, siblings_safe="yes", siblings_words="n"),
         wait(days=1)],
        act(MANAGER, "record_panel_answer", received_at=moment(2), late="l", position="agrees"),
        "before something was sent to the national panel",
    ),
    "a decision before its meeting": (
        [met, wait(days=1)],
        act(CHAIR, "decide", **{**decision_answers("no_further_review", moment(2)), "late": "l"}),
        "before the rapid review meeting was held",
    ),
    "telling a decision that was not taken yet": (
        [decided, wait(days=1)],
        act(MANAGER, "tell_referrer", how="phone", words="w", told_at=moment(2), late="l"),
        "before the decision was taken",
    ),
    "correcting the decision to before the meeting": (
        [decided], act(MANAGER, "correct", mark="decided", at=moment(2), reason="r"),
        "before the rapid review meeting was held",
    ),
    "correcting the meeting to after the decision": (
        [decided, wait(days=2)], act(MANAGER, "correct", mark="meeting_held", at=moment(3), reason="r"),
        "after a decision was recorded.* Correct that date first",
    ),
    "an answer of the panel to nothing": (
        [], act(MANAGER, "record_panel_answer", received_at=MONDAY, position="agrees"), "No answer of the panel",
    ),
}  # fmt: skip


@pytest.mark.promise("F4", "F5")
@pytest.mark.parametrize("name", REFUSALS)
def test_it_is_refused_in_words_and_nothing_has_changed(name: str) -> None:
    before, then, words = REFUSALS[name]
    play = asked()
    play.speak()
    for done in before:
        done(play)
    case = play.case
    with pytest.raises(Refused, match=words):
        then(play)
    assert play.case is case


def test_the_state_is_judged_whatever_the_door_has_judged_before() -> None:
    case = asked().case
    [unknown] = judge(case, "promise", {"obligation": "x", "until": "2026-11-04"}, MONDAY)
    assert (unknown.field, unknown.words) == ("obligation", "There is nothing of this name in the case.")
    later = (MONDAY + timedelta(days=1)).isoformat()
    [future] = judge(case, "correct", {"mark": "awareness", "at": later}, MONDAY)
    assert (future.field, future.words) == ("at", "The date must be today or in the past.")


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("correct", {"mark": "national_notification_sent", "at": "0001-01-01T00:00:00+14:00"}),
        (
            "recommend",
            {
                **dict.fromkeys(("text", "owner", "deputy", "sponsor", "paragraph"), ""),
                "agency": POLICE,
                "by": "9999-12-31",
                "measures": [{"measure": "m"}],
                "actions": [],
                "themes": [],
                "source": "review",
            },
        ),
        ("promise", {"obligation": RETURN, "until": "9999-12-31"}),
    ],
)
def test_a_date_that_no_calendar_reaches_is_a_refusal_and_never_an_error(kind: str, body: dict[str, str]) -> None:
    """Whatever came past the door: an error would leave the command asked, and sent again, for ever."""
    assert judge(asked().case, kind, body, MONDAY)


def test_everything_before_the_notification_waits_for_it() -> None:
    play = review()
    with pytest.raises(Refused, match="Record it first"):
        play.act(MANAGER, "request_information", agencies=[POLICE])


@pytest.mark.parametrize("kind", sorted(COMMANDS["rapid_review"]))
def test_a_closed_case_takes_nothing_but_who_may_read_it_and_to_be_reopened(kind: str) -> None:
    play = asked()
    play.act(MANAGER, "withdraw_notification", withdrawn_at=play.now, reason="r")
    play.act(MANAGER, "tell_referrer", how="email", words="w")
    about = {"obligation": RETURN, "restricted": True, "person": "p-004", "locked": True, "until": "2026-12-01"}
    found = judge(play.case, kind, about, play.now)
    taken = {"reopen", "restrict", "lock_out", "let_in"}
    assert [one.words for one in found] == ([] if kind in taken else [CLOSED])


def test_a_policy_that_does_not_know_what_the_case_has_asked_for_is_refused() -> None:
    lifecycles = {name: dict(blocks) for name, blocks in POLICY.lifecycles.items()}
    del lifecycles["rapid_review"]["agency_return"]
    name, _ = shelf.put(POLICY.model_copy(update={"version": "less", "lifecycles": lifecycles}))
    with pytest.raises(Refused, match="agency_return"):
        asked().act(MANAGER, "adopt_policy", policy=name, reason="r")


@pytest.mark.promise("F7")
def test_what_would_run_beyond_the_calendar_is_refused_and_the_case_goes_on() -> None:
    play = review(datetime(2032, 12, 20, 10, tzinfo=UTC))
    with pytest.raises(Refused, match="calendar england-and-wales"):
        play.act(AUTHORITY, "record_notification", sent_at=play.now, sent_by="A", reference="B")
    assert play.speak() != []


@pytest.mark.promise("F7")
def test_a_promise_whose_bound_the_calendar_does_not_know_is_refused() -> None:
    play = asked(datetime(2032, 12, 1, 10, tzinfo=UTC))
    play.until(datetime(2032, 12, 30, 10, tzinfo=UTC))
    with pytest.raises(Refused, match="calendar england-and-wales"):
        play.act(CONTACT, "promise", **ABOUT_RETURN, until=date(2033, 1, 3))
    play.wait(days=30)
    assert play.now > datetime(2033, 1, 1, tzinfo=UTC)


def test_a_correction_to_before_the_calendar_begins_is_refused() -> None:
    play = review()
    with pytest.raises(Refused, match="begins on 1 January 2000"):
        play.act(MANAGER, "correct", mark="awareness", at=datetime(1999, 12, 1, tzinfo=UTC), reason="r")


def test_a_triage_whose_review_could_not_be_counted_is_refused() -> None:
    play = referral(incident_on=date(1999, 1, 1), aware_at=date(1999, 1, 2))
    with pytest.raises(Refused, match="begins on 1 January 2000"):
        play.act(MANAGER, "triage", **triage_answers())
    play.act(MANAGER, "triage", **triage_answers("no_further_action"))


def criteria(*names: str) -> list[dict[str, str]]:
    return [{"criterion": one, "met": "not_known", "reason": "r"} for one in names]


ALL_MET = ("abuse_or_neglect", "died_or_seriously_harmed", "in_the_area")


@pytest.mark.promise("A4", "A7")
@pytest.mark.parametrize(
    ("more", "child", "field", "words"),
    [
        ({"criteria_set": "nonsense"}, {}, "criteria_set", "notification_s16c"),
        ({"criteria_set": "practice_review_reg11"}, {}, "criteria_set", "notification_s16c"),
        ({}, {"criteria": []}, "children.0.criteria", r"missing for .*\(abuse_or_neglect\)"),
        ({}, {"criteria": criteria(*ALL_MET[:1])}, "children.0.criteria", "in_the_area"),
        ({}, {"criteria": criteria(*ALL_MET, ALL_MET[0])}, "children.0.criteria.3.criterion", "once"),
        (
            {},
            {"criteria": criteria(*ALL_MET, "improvements")},
            "children.0.criteria.3.criterion",
            "“improvements” is not",
        ),
        ({}, {"route": "notify_only"}, "children.0.route", "nobody has died"),
    ],
)
def test_a_triage_answers_each_criterion_of_the_text_in_force_once(
    more: dict[str, str], child: dict[str, object], field: str, words: str
) -> None:
    answers = triage_answers("no_further_action")
    answers["children"][0] |= child
    with pytest.raises(Refused, match=words) as refused:
        referral().act(MANAGER, "triage", **{**answers, **more})
    assert [one.field for one in refused.value.problems] == [field]


@pytest.mark.promise("A7")
@pytest.mark.parametrize("aware", [date(2018, 6, 28), date(2006, 3, 31), date(2001, 1, 2)])
def test_what_was_known_before_the_first_text_is_decided_against_the_first(aware: date) -> None:
    play = referral(incident_on=aware, aware_at=aware, children=[{"name": "Q", "born": aware}])
    play.act(MANAGER, "triage", **triage_answers("no_further_action"))
    assert play.case.said["criteria_set"] == "notification_s16c"


@pytest.mark.promise("B6")
@pytest.mark.parametrize(
    ("answers", "field", "words"),
    [
        ({"seats": ["independent_chair", "police", "king"]}, "seats", "“king” is not offered here"),
        ({"seats": ["independent_chair", "police", "police", "icb"]}, "seats", "more than once: police"),
        ({"agencies": [POLICE, POLICE]}, "agencies", f"more than once: {POLICE}"),
    ],
)
def test_a_meeting_has_the_seats_of_its_quorum_each_once(answers: dict[str, list[str]], field: str, words: str) -> None:
    with pytest.raises(Refused, match=words) as refused:
        asked().act(MANAGER, "record_meeting", **{**meeting_answers(MONDAY), **answers})
    assert [one.field for one in refused.value.problems] == [field]


def test_no_agency_is_asked_twice_at_once() -> None:
    with pytest.raises(Refused, match="more than once"):
        asked().act(MANAGER, "request_information", agencies=["harrowshire-icb", "harrowshire-icb"])


def test_a_triage_decides_for_every_child_once() -> None:
    play = referral()
    with pytest.raises(Refused, match="“2” is not offered here"):
        play.act(MANAGER, "triage", **triage_answers(children=2))


def test_a_granted_extension_is_counted() -> None:
    play = asked()
    ASK(play)
    play.act(CHAIR, "answer_time", **ABOUT_RETURN, granted=False, reason="r")
    assert play.case.obligations[RETURN].extensions == 0
    ASK(play)
    GRANT(play)
    assert play.case.obligations[RETURN].extensions == 1


def test_time_may_be_asked_for_until_the_last_second() -> None:
    play = asked()
    due = play.case.obligations[RETURN].due
    assert due
    play.until(due)
    ASK(play)
    late = asked()
    late.until(due + timedelta(seconds=1))
    with pytest.raises(Refused, match="before the due date"):
        ASK(late)
