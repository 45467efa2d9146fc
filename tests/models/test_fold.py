"""How facts change a case: what they open, meet, withdraw and close; and that the same facts make the same case."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from models import shelf
from models.case import Case
from models.facts import Fact
from models.fold import OutOfOrder, after, date_said
from models.obligation import Ended
from models.spawning import Opening, opened, opens
from models.time import end_of
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
from tests.support.house import route_of

POLICE, ICB = "harrowshire-police", "harrowshire-icb"
RETURN = f"agency_return/{POLICE}"
CONTACT, LEAD = holder("agency_contact", POLICE), holder("agency_lead", POLICE)


def owed(play: Play) -> set[str]:
    return {one.key for one in play.case.open()}


def ready_to_decide() -> Play:
    play = asked()
    play.act(CHAIR, "record_analysis", facts="a", context="b", practice="c", learning="d")
    play.act(MANAGER, "record_meeting", **meeting_answers(play.now))
    return play


def decide(play: Play, outcome: str = "no_further_review") -> None:
    parked = {"parked_on": "inquest", "parked_review": date(2027, 3, 1)} if outcome == "parked" else {}
    play.act(CHAIR, "decide", **decision_answers(outcome, play.now, **parked))


def submit(play: Play) -> None:
    play.act(MANAGER, "record_submission", sent_at=play.now, siblings_safe="yes", siblings_words="n")


def answer(play: Play, position: str) -> None:
    play.act(MANAGER, "record_panel_answer", received_at=play.now, position=position)


# The number of a fact


def test_a_fact_that_is_not_the_next_one_is_refused() -> None:
    play = review()
    for number in (1, 3):
        wrong = Fact(case=play.case.ref, number=number, kind="x", actor="a", occurred=MONDAY, recorded=MONDAY)
        with pytest.raises(OutOfOrder, match="knows fact 1"):
            after(play.case, wrong)


def test_the_same_facts_make_the_same_case() -> None:
    play = ready_to_decide()
    decide(play, "parked")
    play.wait(days=40)
    again = Case(
        ref=play.case.ref, kind="rapid_review", policy=play.case.policy, calendar=play.case.calendar, opened=MONDAY
    )
    for fact in play.facts:
        again = after(again, Fact.model_validate_json(fact.model_dump_json()))
    assert again == play.case


# What a fact opens and meets


def test_each_fact_opens_what_the_policy_says_and_ends_what_it_meets() -> None:
    play = review()
    assert owed(play) == {"notify_national_panel"}
    play.act(AUTHORITY, "record_notification", sent_at=play.now, sent_by="A", reference="B")
    assert owed(play) == {"request_information", "submission"}
    play.act(MANAGER, "request_information", agencies=[POLICE, ICB])
    returns = {RETURN, f"agency_return/{ICB}"}
    assert owed(play) == {"submission", *returns, "independent_analysis", "meeting", "decision"}
    play.act(CONTACT, "submit_return", agency=POLICE, holds="nothing")
    assert owed(play) == {"submission", f"agency_return/{ICB}", "independent_analysis", "meeting", "decision"}


def test_a_meeting_without_its_quorum_leaves_the_meeting_owed() -> None:
    play = asked()
    play.act(MANAGER, "record_meeting", **meeting_answers(play.now, quorate=False))
    assert "meeting" in owed(play)
    play.act(MANAGER, "record_meeting", **meeting_answers(play.now))
    assert "meeting" not in owed(play)


def test_clocks_count_from_what_was_said_and_not_from_when_it_was_recorded() -> None:
    play = review(MONDAY, aware=MONDAY - timedelta(days=10))
    sent = MONDAY - timedelta(days=7)
    play.act(AUTHORITY, "record_notification", sent_at=sent, late="l", sent_by="A", reference="B")
    assert play.case.obligations["submission"].due == end_of(date(2026, 11, 16))
    assert play.case.obligations["notify_national_panel"].ended_at == MONDAY - timedelta(days=7)


def test_asking_further_agencies_opens_their_returns_and_nothing_once_more() -> None:
    play = ready_to_decide()
    decide(play)
    play.act(MANAGER, "request_information", agencies=[ICB])
    assert f"agency_return/{ICB}" in owed(play)
    assert not {"meeting#2", "independent_analysis#2", "decision#2"} & owed(play)


def test_what_has_not_started_counts_from_its_opening_until_it_has() -> None:
    lifecycles = {name: dict(blocks) for name, blocks in POLICY.lifecycles.items()}
    meeting = lifecycles["rapid_review"]["meeting"].model_copy(update={"starts": "analysis_recorded"})
    lifecycles["rapid_review"]["meeting"] = meeting
    name, _ = shelf.put(POLICY.model_copy(update={"version": "later", "lifecycles": lifecycles}))
    play = review(policy=name)
    play.act(AUTHORITY, "record_notification", sent_at=play.now, sent_by="A", reference="B")
    play.act(MANAGER, "request_information", agencies=[POLICE])
    assert play.case.obligations["meeting"].due == end_of(date(2026, 11, 18))
    play.wait(days=7)
    play.act(CHAIR, "record_analysis", facts="a", context="b", practice="c", learning="d")
    assert play.case.obligations["meeting"].due == end_of(date(2026, 11, 25))


def test_the_dates_that_people_say_are_those_of_the_lifecycles() -> None:
    assert date_said("rapid_review", "parked_review") == "parked_review"
    assert date_said("any", "suspension_review") == "review"
    assert date_said("rapid_review", "decision") == ""


# Answers about an obligation


def test_a_dispute_ends_with_what_it_is_about() -> None:
    play = asked()
    play.act(CONTACT, "dispute", obligation=RETURN, ground="done", words="w")
    play.act(CONTACT, "ask_time", obligation=RETURN, until=date(2026, 11, 20), reason="r")
    play.act(CHAIR, "suspend", obligation=RETURN, review=date(2026, 12, 1), authority="a", reason="r")
    about = {f"{block}/{RETURN}" for block in ("dispute", "time_request", "suspension_review")}
    assert about <= owed(play)
    play.act(CONTACT, "submit_return", agency=POLICE, holds="nothing")
    assert not about & owed(play)
    assert {play.case.obligations[key].ended for key in about} == {Ended.WITHDRAWN}


def test_an_answer_is_that_to_its_own_question() -> None:
    play = asked(agencies=(POLICE, ICB))
    other = holder("agency_contact", ICB)
    play.act(CONTACT, "dispute", obligation=RETURN, ground="done", words="w")
    play.act(other, "dispute", obligation=f"agency_return/{ICB}", ground="done", words="w")
    play.act(MANAGER, "settle_dispute", obligation=RETURN, outcome="still_owed", reason="r")
    assert f"dispute/{RETURN}" not in owed(play)
    assert f"dispute/agency_return/{ICB}" in owed(play)


def test_answers_about_two_obligations_of_one_block_do_not_meet_each_other() -> None:
    play = ready_to_decide()
    decide(play)
    submit(play)
    play.act(MANAGER, "dispute", obligation="panel_answer", ground="not_ours", words="w")
    play.act("p-019", "settle_dispute", obligation="panel_answer", outcome="still_owed", reason="r")
    play.act(MANAGER, "dispute", obligation="panel_answer", ground="not_ours", words="w")
    second = "dispute/panel_answer#2"
    assert second in owed(play)
    answer(play, "more_information")
    play.act(MANAGER, "send_information", sent_at=play.now, words="w")
    assert "panel_answer#2" in owed(play)
    play.act(MANAGER, "dispute", obligation="panel_answer#2", ground="not_ours", words="w")
    assert "dispute/panel_answer.2" in owed(play)
    assert play.case.obligations["dispute/panel_answer.2"].of == "panel_answer#2"
    assert play.case.obligations[second].of == "panel_answer"


def test_only_the_last_of_the_ended_answers_about_one_obligation_is_kept() -> None:
    play = asked()
    for _ in range(5):
        play.act(CONTACT, "dispute", obligation=RETURN, ground="done", words="w")
        play.act(MANAGER, "settle_dispute", obligation=RETURN, outcome="still_owed", reason="r")
        play.wait(days=1)
    assert [key for key in play.case.obligations if key.startswith("dispute/")] == [f"dispute/{RETURN}#5"]


# At one moment

AT_ONCE: dict[str, Callable[[Play, str], object]] = {
    "return": lambda play, agency: play.act(
        holder("agency_contact", agency), "submit_return", agency=agency, holds="nothing"
    ),
    "promise": lambda play, agency: play.act(
        holder("agency_contact", agency), "promise", obligation=f"agency_return/{agency}", until=date(2026, 11, 4)
    ),
    "dispute": lambda play, agency: play.act(
        holder("agency_lead", agency), "dispute", obligation=f"agency_return/{agency}", ground="done", words="w"
    ),
    "request for time": lambda play, agency: play.act(
        holder("agency_contact", agency), "ask_time", obligation=f"agency_return/{agency}", until=date(2026, 11, 18),
        reason="r",
    ),
    "suspension": lambda play, agency: play.act(
        CHAIR, "suspend", obligation=f"agency_return/{agency}", review=date(2026, 12, 1), authority="a", reason="r"
    ),
    "event": lambda play, agency: play.act(
        MANAGER, "record_event", event="inquest" if agency == ICB else "police_outcome", happened_at=play.now, words="w"
    ),
}  # fmt: skip


def without_numbers(value: Any) -> Any:  # noqa: ANN401 -- any JSON value
    """All but the numbers of the facts, which say in which order they were written."""
    if isinstance(value, dict):
        return {key: without_numbers(one) for key, one in value.items() if key not in {"since", "ended_by", "number"}}
    return [without_numbers(one) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize("one", AT_ONCE)
@pytest.mark.parametrize("other", AT_ONCE)
def test_of_two_acts_at_one_moment_about_two_agencies_the_order_does_not_matter(one: str, other: str) -> None:
    start = asked(agencies=(POLICE, ICB))
    start.until(MONDAY + timedelta(days=1))
    cases = []
    for order in (((one, POLICE), (other, ICB)), ((other, ICB), (one, POLICE))):
        play = Play(start.case, start.now)
        for act, agency in order:
            AT_ONCE[act](play, agency)
        cases.append(without_numbers(play.case.model_dump(mode="json")))
    assert cases[0] == cases[1]


# Lives of cases


@pytest.mark.promise("B11")
def test_a_parked_decision_comes_back_when_its_event_is_recorded() -> None:
    play = ready_to_decide()
    decide(play, "parked")
    assert "parked_review" in owed(play)
    play.act(MANAGER, "record_event", event="police_outcome", happened_at=play.now, words="w")
    assert "reassess" not in owed(play), "it is parked until the inquest"
    play.act(MANAGER, "record_event", event="inquest", happened_at=play.now, words="w")
    assert {"reassess", "parked_review"} <= owed(play)
    decide(play)
    assert not {"reassess", "parked_review"} & owed(play)


@pytest.mark.promise("B9")
def test_a_disagreement_of_the_panel_opens_a_fresh_decision_and_its_submission() -> None:
    play = ready_to_decide()
    decide(play)
    submit(play)
    answer(play, "disagrees")
    assert "reconsider" in owed(play)
    decide(play, "practice_review")
    assert "submit_changed_decision" in owed(play)
    submit(play)
    assert {"reconsider", "submit_changed_decision"}.isdisjoint(owed(play))
    assert "panel_answer#2" in owed(play)


@pytest.mark.promise("A10")
def test_a_withdrawn_notification_leaves_only_the_referrer_to_be_told() -> None:
    play = asked()
    play.act(MANAGER, "withdraw_notification", withdrawn_at=play.now, reason="r")
    assert owed(play) == {"tell_referrer"}
    play.act(MANAGER, "tell_referrer", how="email", words="w")
    assert play.case.closed == play.now


def recommended(play: Play) -> None:
    """Learning that does not wait for the end of the review; the police have accepted it."""
    measure = {"measure": "m", "baseline": "b"}
    by = date(2026, 11, 20)
    play.act(MANAGER, "recommend", text="t", agency=POLICE, by=by, measures=[measure], source="immediate")
    play.act(LEAD, "answer_recommendation", item="r1", answer="accepts")


@pytest.mark.promise("A10", "B10")
def test_a_recommendation_outlives_a_withdrawn_notification_with_what_is_asked_about_it() -> None:
    play = asked()
    recommended(play)
    play.act(LEAD, "ask_time", obligation="deliver/r1", until=date(2026, 11, 23), reason="r")
    play.act(MANAGER, "withdraw_notification", withdrawn_at=play.now, reason="r")
    assert owed(play) == {"tell_referrer", "deliver/r1", "progress/r1", "time_request/deliver/r1"}
    play.act(MANAGER, "tell_referrer", how="email", words="w")
    assert play.case.closed is None


@pytest.mark.promise("A10")
def test_a_review_whose_notification_was_withdrawn_can_be_taken_up_again() -> None:
    play = asked()
    play.act(MANAGER, "withdraw_notification", withdrawn_at=play.now, reason="r")
    play.act(MANAGER, "tell_referrer", how="email", words="w")
    play.act(MANAGER, "reopen", reason="The post-mortem shows otherwise.")
    assert owed(play) == {"decide_again"}
    play.act(AUTHORITY, "record_notification", sent_at=play.now, sent_by="A", reference="B")
    assert owed(play) == {"decide_again", "request_information#2", "submission#2"}
    play.act(MANAGER, "request_information", agencies=(POLICE,))
    play.act(holder("agency_contact", POLICE), "submit_return", agency=POLICE, holds="nothing")
    play.act(CHAIR, "record_analysis", facts="a", context="b", practice="c", learning="d")
    play.act(MANAGER, "record_meeting", **meeting_answers(play.now))
    play.act(CHAIR, "decide", **decision_answers("no_further_review", play.now))
    play.act(MANAGER, "record_submission", sent_at=play.now, siblings_safe="yes", siblings_words="n")
    play.act(MANAGER, "record_panel_answer", received_at=play.now, position="agrees")
    play.act(MANAGER, "tell_referrer", how="email", words="w")
    assert play.case.closed == play.now


@pytest.mark.promise("A10")
def test_a_notification_cannot_be_withdrawn_before_it_was_sent() -> None:
    play = asked()
    with pytest.raises(Refused, match="before the notification was sent"):
        play.act(MANAGER, "withdraw_notification", withdrawn_at=MONDAY - timedelta(hours=1), reason="r")


# Below the criteria


@pytest.mark.promise("A4")
def test_what_is_passed_on_is_owed_until_every_body_has_it() -> None:
    play = referral(children=[{"name": "Q", "born": date(2019, 2, 3)}, {"name": "R", "born": date(2020, 2, 3)}])
    answers = triage_answers("pass_on", children=2)
    answers["children"][1]["body"] = "cqc"
    play.act(MANAGER, "triage", **answers)
    with pytest.raises(Refused, match="Care Quality Commission, Police"):
        play.act(MANAGER, "pass_on", body="hse", sent_at=play.now, sent_to="A")
    play.act(MANAGER, "pass_on", body="police", sent_at=play.now, sent_to="A")
    assert owed(play) == {"pass_on", "tell_referrer"}
    with pytest.raises(Refused, match="still has to be passed to: Care Quality Commission"):
        play.act(MANAGER, "pass_on", body="police", sent_at=play.now, sent_to="A")
    play.act(MANAGER, "pass_on", body="cqc", sent_at=play.now, sent_to="A")
    assert owed(play) == {"tell_referrer"}


@pytest.mark.promise("A4")
def test_another_triage_owes_only_what_is_new() -> None:
    play = referral(event="looked_after_death")
    play.act(MANAGER, "triage", **triage_answers("pass_on"))
    play.act(AUTHORITY, "notify_secretary_of_state", sent_at=play.now, sent_by="A", reference="B")
    play.act(MANAGER, "pass_on", body="police", sent_at=play.now, sent_to="A")
    play.act(MANAGER, "tell_referrer", how="email", words="w")
    play.act(MANAGER, "reopen", reason="r")
    answers = triage_answers("pass_on")
    play.act(MANAGER, "triage", **answers)
    assert owed(play) == {"tell_referrer#2"}
    play.act(MANAGER, "tell_referrer", how="email", words="w")
    play.act(MANAGER, "reopen", reason="r")
    answers["children"][0]["body"] = "cqc"
    play.act(MANAGER, "triage", **answers)
    assert owed(play) == {"tell_referrer#3", "pass_on#2"}


@pytest.mark.promise("A4")
def test_a_triage_is_taken_up_again_while_the_referral_is_open_and_withdraws_what_is_not_asked_for_any_more() -> None:
    play = referral()
    play.act(MANAGER, "triage", **triage_answers("single_agency_review"))
    with pytest.raises(Refused, match="triaged already"):
        play.act(MANAGER, "triage", **triage_answers("pass_on"))
    play.act(MANAGER, "reopen", reason="r")
    play.act(MANAGER, "triage", **triage_answers("pass_on"))
    assert owed(play) == {"tell_referrer", "pass_on"}
    assert play.case.obligations["review_learning"].ended == "withdrawn"


@pytest.mark.promise("A8")
@pytest.mark.parametrize("event", ["looked_after_death", "care_leaver_death"])
@pytest.mark.parametrize(
    ("route", "owed_here"),
    [
        ("alternative_review", True), ("pass_on", True), ("notify_only", True),
        ("rapid_review", False),
    ],
)  # fmt: skip
def test_the_death_of_a_looked_after_child_or_care_leaver_is_notified_whatever_becomes_of_it(
    event: str, route: str, *, owed_here: bool
) -> None:
    """A rapid review has the national notification, which the Secretary of State and Ofsted get as well."""
    play = referral(event=event)
    play.act(MANAGER, "triage", **triage_answers(route))
    assert ("notify_secretary_of_state" in owed(play)) == owed_here


@pytest.mark.promise("A8")
@pytest.mark.parametrize("event", ["looked_after_death", "care_leaver_death"])
def test_the_death_of_a_looked_after_child_or_care_leaver_is_never_without_further_action(event: str) -> None:
    play = referral(event=event, children=[{"name": "Q", "born": "2010-02-03"}, {"name": "R", "born": "2012-02-03"}])
    with pytest.raises(Refused, match="Notify the Secretary of State and Ofsted only"):
        play.act(MANAGER, "triage", **triage_answers("no_further_action", children=2))
    answers = triage_answers("no_further_action", children=2)
    answers["children"][0] |= route_of("notify_only")
    play.act(MANAGER, "triage", **answers)
    assert "notify_secretary_of_state" in owed(play)


@pytest.mark.promise("A8")
@pytest.mark.parametrize(
    ("aware", "due"),
    [
        (None, date(2026, 11, 6)),
        ("2026-10-30", date(2026, 11, 6)),
        ("2026-11-02", date(2026, 11, 9)),
        ("2026-10-28", date(2026, 11, 4)),
    ],
)
def test_the_notification_counts_from_the_day_on_which_the_local_authority_became_aware(
    aware: str | None, due: date
) -> None:
    """The referrer was aware on Friday 30 October; the triage says when the local authority was."""
    day = date(2026, 10, 30)
    play = referral(event="looked_after_death", incident_on=date(2026, 10, 27), aware_at=day)
    fact = play.act(MANAGER, "triage", **triage_answers("notify_only"), aware_at=aware)
    one = play.case.obligations["notify_secretary_of_state"]
    assert one.due == end_of(due)
    assert play.case.marks["awareness"].number == (1 if aware in {None, "2026-10-30"} else fact.number)


@pytest.mark.promise("A8")
def test_the_review_has_the_awareness_of_the_local_authority() -> None:
    play = referral()
    before = play.case
    fact = play.act(MANAGER, "triage", **triage_answers(), aware_at="2026-11-02")
    opening = opens(before, fact)
    assert opening
    review = after(*opened(play.case, fact, "RR-2026-0001", opening))
    assert review.obligations["notify_national_panel"].due == end_of(date(2026, 11, 9))


def test_the_local_authority_cannot_become_aware_after_the_triage_and_a_later_one_does_not_move_it() -> None:
    play = referral()
    with pytest.raises(Refused, match="after the triage"):
        play.act(MANAGER, "triage", **triage_answers("no_further_action"), aware_at="2026-11-03")
    play.act(MANAGER, "triage", **triage_answers("no_further_action"), aware_at="2026-11-02")
    play.act(MANAGER, "reopen", reason="r")
    with pytest.raises(Refused, match="Correct that date"):
        play.act(MANAGER, "triage", **triage_answers("no_further_action"), aware_at="2026-11-01")
    play.act(MANAGER, "correct", mark="awareness", at=datetime(2026, 11, 1, tzinfo=UTC), reason="r")
    play.wait(days=1)
    with pytest.raises(Refused, match="recorded as done before this"):
        play.act(MANAGER, "correct", mark="awareness#1", at=play.now, reason="r")


# Corrections


@pytest.mark.promise("A14")
def test_the_date_of_what_has_happened_again_since_can_still_be_corrected() -> None:
    play = asked()
    play.act(MANAGER, "record_meeting", **meeting_answers(play.now, quorate=False))
    first = play.case.known
    play.wait(days=3)
    play.act(MANAGER, "record_meeting", **meeting_answers(play.now))
    second = play.case.marks["meeting_recorded"]
    moment = play.now - timedelta(days=4)
    fact = play.act(MANAGER, "correct", mark=f"meeting_recorded#{first}", at=moment, reason="r")
    assert play.case.marks[f"meeting_recorded#{first}"].at == moment
    assert play.case.marks["meeting_recorded"] == second
    assert (fact.data["fact"], fact.data["was"]) == (first, MONDAY.isoformat())


@pytest.mark.promise("A11")
def test_a_case_closes_when_nothing_is_owed_and_not_before_the_referrer_was_told() -> None:
    play = referral()
    play.act(MANAGER, "triage", **triage_answers("no_further_action"))
    assert play.case.closed is None
    play.wait(hours=3)
    play.act(MANAGER, "tell_referrer", how="silence", words="w")
    assert play.case.closed == play.now
    play.wait(days=100)
    assert play.facts[-1].kind == "referrer_told", "nothing is said of a closed case"


def test_a_closed_case_that_is_reopened_owes_again() -> None:
    play = referral()
    play.act(MANAGER, "triage", **triage_answers("no_further_action"))
    play.act(MANAGER, "tell_referrer", how="email", words="w")
    play.act(MANAGER, "reopen", reason="r")
    assert play.case.closed is None
    assert owed(play) == {"triage_again"}
    play.act(MANAGER, "triage", **triage_answers("no_further_action"))
    assert owed(play) == {"tell_referrer#2"}


def test_a_fact_changes_nothing_of_a_case_that_it_is_not_about() -> None:
    play = asked(agencies=(POLICE, ICB))
    before = play.case.obligations[f"agency_return/{ICB}"]
    play.act(CONTACT, "promise", obligation=RETURN, until=date(2026, 11, 4))
    play.act(CONTACT, "dispute", obligation=RETURN, ground="done", words="w")
    play.act(CONTACT, "submit_return", agency=POLICE, holds="nothing")
    assert play.case.obligations[f"agency_return/{ICB}"] is before


# One case opens another


@pytest.mark.promise("A5", "A8")
def test_a_triage_opens_a_review_for_the_children_that_need_one_and_have_none() -> None:
    children = [{"name": "Q", "born": date(2019, 2, 3)}, {"name": "R", "born": date(2020, 2, 3)}]
    play = referral(children=children)
    answers = triage_answers(children=2)
    answers["children"][1] |= route_of("single_agency_review")
    before = play.case
    fact = play.act(MANAGER, "triage", **answers)
    opening = opens(before, fact)
    assert opening == Opening("rapid_review", {"children": [1]})
    fresh, first = opened(play.case, fact, "RR-2026-0001", opening)
    started = after(fresh, first)
    assert started.said["referral"] == play.case.ref
    assert started.obligations["notify_national_panel"].start == play.case.marks["awareness"].at
    play.act(MANAGER, "tell_referrer", how="email", words="w")
    play.act(MANAGER, "reopen", reason="r")
    before = play.case
    assert opens(before, play.act(MANAGER, "triage", **triage_answers(children=2))) == Opening(
        "rapid_review", {"children": [2]}
    )


# Whether the other children are safe


@pytest.mark.promise("B12", "A13")
@pytest.mark.parametrize("answer", ["no", "not_known"])
def test_whoever_is_not_known_to_be_safe_is_asked_after_at_once_and_until_they_are(answer: str) -> None:
    play = referral(others="yes", siblings_safe=answer)
    assert play.said("siblings_safety") == []
    play.speak()
    assert [office for _, office in play.said("siblings_safety")] == ["business_manager", "administrator"]
    play.act(MANAGER, "triage", **{**triage_answers(), "siblings_safe": answer})
    play.act(MANAGER, "answer_safety", siblings_safe=answer, words="w")
    assert "siblings_safety" in owed(play)
    play.act(MANAGER, "answer_safety", siblings_safe="yes", words="w")
    assert "siblings_safety" not in owed(play)


@pytest.mark.promise("B12")
@pytest.mark.parametrize("answer", ["no", "not_known"])
def test_a_triage_that_does_not_know_them_safe_has_them_asked_after(answer: str) -> None:
    play = referral()
    assert "siblings_safety" not in owed(play)
    play.act(MANAGER, "triage", **{**triage_answers(), "siblings_safe": answer})
    assert "siblings_safety" in owed(play)


@pytest.mark.promise("B12")
@pytest.mark.parametrize("answer_given", ["no", "not_known"])
def test_the_meeting_and_every_submission_ask_after_them(answer_given: str) -> None:
    play = ready_to_decide()
    play.act(MANAGER, "record_meeting", **{**meeting_answers(play.now), "siblings_safe": answer_given})
    assert "siblings_safety" in owed(play)
    decide(play)
    submit(play)
    assert "siblings_safety" not in owed(play), "by the submission they were safe"
    answer(play, "disagrees")
    decide(play)
    play.act(MANAGER, "record_submission", sent_at=play.now, siblings_safe=answer_given, siblings_words="w")
    assert "siblings_safety#2" in owed(play)


@pytest.mark.promise("B12", "B10")
def test_a_withdrawn_notification_makes_nobody_safe_and_undoes_no_recommendation() -> None:
    play = asked()
    play.act(MANAGER, "record_meeting", **{**meeting_answers(play.now), "siblings_safe": "no"})
    recommended(play)
    play.act(MANAGER, "withdraw_notification", withdrawn_at=play.now, reason="r")
    assert owed(play) == {"tell_referrer", "siblings_safety", "deliver/r1", "progress/r1"}
    play.act(MANAGER, "tell_referrer", how="email", words="w")
    play.act(MANAGER, "answer_safety", siblings_safe="yes", words="w")
    assert owed(play) == {"deliver/r1", "progress/r1"}
    assert play.case.closed is None
