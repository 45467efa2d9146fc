"""A professional disagreement while a child may be at risk now: each step the same day, at any hour, told at once."""

from datetime import datetime, timedelta

import pytest

from models import shelf
from models.board import line_of
from models.disagreement import STEPS, at_risk
from models.doing import doings, sight
from models.facts import Problem
from models.obligation import Ended, Obligation
from models.rights import Access, Actor, Held, acts
from models.telling import NoticeKind
from models.why import explain
from notifier.words import say, state_of
from tests.support.core import CHAIR, DIRECTORY, MANAGER, MONDAY, POLICY, Play, Refused, fresh, holder

RAISER, CHALLENGED = "harrowshire-police", "harrowshire-council"
POLICE, COUNCIL = holder("agency_contact", RAISER), holder("agency_contact", CHALLENGED)
POLICE_LEAD, COUNCIL_LEAD = holder("agency_lead", RAISER), holder("agency_lead", CHALLENGED)


def raised(risk: str) -> Play:
    return fresh(
        "disagreement", POLICE, "raise_disagreement", agency=RAISER, challenged=CHALLENGED, at_risk=risk, about="a",
        wanted="w",
    )  # fmt: skip


def to_the_chair(play: Play) -> list[tuple[str, timedelta]]:
    """Nobody agrees: each step that was owed, with how long there was for it."""
    steps = []
    for kind, person, answers in (
        ("answer", COUNCIL, {"agency": CHALLENGED, "answer": "disagrees"}),
        ("respond", POLICE, {"agency": RAISER, "outcome": "escalate"}),
        ("answer", COUNCIL_LEAD, {"agency": CHALLENGED, "answer": "disagrees"}),
        ("respond", POLICE_LEAD, {"agency": RAISER, "outcome": "escalate"}),
    ):
        steps += [(one.block, one.due - one.start) for one in play.case.open() if one.due]
        play.act(person, f"{kind}_disagreement", words="-", **answers)
    return [*steps, *((one.block, one.due - one.start) for one in play.case.open() if one.due)]


@pytest.mark.promise("F14")
@pytest.mark.parametrize("risk", ["yes", "not_known"])
def test_while_a_child_is_or_may_be_at_risk_every_level_together_takes_no_more_than_a_day(risk: str) -> None:
    steps = to_the_chair(raised(risk))
    assert [name for name, _ in steps] == [
        "answer_at_risk", "respond_at_risk", "answer_leads_at_risk", "respond_leads_at_risk",
        "decide_disagreement_at_risk",
    ]  # fmt: skip
    assert sum((how_long for _, how_long in steps), timedelta()) <= timedelta(days=1)


@pytest.mark.promise("F14")
def test_while_no_child_is_at_risk_the_steps_are_counted_in_working_days() -> None:
    steps = to_the_chair(raised("no"))
    assert [name for name, _ in steps] == [
        "answer", "respond", "answer_leads", "respond_leads", "decide_disagreement",
    ]  # fmt: skip
    assert all(how_long > timedelta(days=1) for _, how_long in steps)


@pytest.mark.promise("F14", "F1")
@pytest.mark.parametrize("risk", ["yes", "not_known"])
def test_contact_lead_and_business_manager_hear_at_once_that_a_child_may_be_at_risk_and_it_is_urgent(
    risk: str,
) -> None:
    play = raised(risk)
    play.until(play.now)
    (key,) = (one.key for one in play.case.open())
    said = play.said(key)
    assert {at for at, _ in said} == {MONDAY}
    assert {office for _, office in said} == {"agency_contact", "agency_lead", "business_manager"}
    line = line_of(play.case, Actor(person=MANAGER), play.now, DIRECTORY, all_of_it=True)
    assert line.urgent
    assert line.stage == "A child may be at risk now: answer the challenge"
    view = sight(play.case, play.actor(COUNCIL), play.now)
    assert view
    (mine,), _ = doings(view, play.now)
    assert mine.act
    assert mine.act.kind == "answer_disagreement"
    play.until(MONDAY + timedelta(hours=6))
    assert "independent_chair" in {office for _, office in play.said(key)}


@pytest.mark.promise("F14", "F7")
def test_more_time_is_not_given_and_nothing_promised_beyond_today_while_a_child_is_at_risk() -> None:
    play = raised("yes")
    (key,) = (one.key for one in play.case.open())
    tomorrow = (play.now + timedelta(days=1)).date()
    with pytest.raises(Refused, match="as often as the policy allows"):
        play.act(COUNCIL, "ask_time", obligation=key, until=tomorrow, reason="-")
    with pytest.raises(Refused, match="for today only"):
        play.act(COUNCIL, "promise", obligation=key, until=tomorrow)


@pytest.mark.promise("F14")
def test_at_the_level_of_the_leads_a_contact_answers_no_more_and_the_chair_decides() -> None:
    play = raised("yes")
    play.act(COUNCIL, "answer_disagreement", agency=CHALLENGED, answer="disagrees", words="-")
    play.act(POLICE, "respond_disagreement", agency=RAISER, outcome="escalate", words="-")
    contact = Actor(person="p-900", offices=(Held(office="agency_contact", agency=CHALLENGED),))
    barred = acts(contact, play.case, Access(), "answer_disagreement", {"agency": CHALLENGED})
    assert isinstance(barred, Problem)
    play.act(COUNCIL_LEAD, "answer_disagreement", agency=CHALLENGED, answer="disagrees", words="-")
    play.act(POLICE_LEAD, "respond_disagreement", agency=RAISER, outcome="escalate", words="-")
    play.act(CHAIR, "decide_disagreement", view="challenge", words="-")
    assert play.case.closed


TURNS = (
    (COUNCIL, "answer_disagreement", {"agency": CHALLENGED, "answer": "disagrees"}),
    (POLICE, "respond_disagreement", {"agency": RAISER, "outcome": "escalate"}),
    (COUNCIL_LEAD, "answer_disagreement", {"agency": CHALLENGED, "answer": "disagrees"}),
    (POLICE_LEAD, "respond_disagreement", {"agency": RAISER, "outcome": "escalate"}),
)
LEVELS = range(len(TURNS) + 1)


def at_level(level: int, risk: str) -> Play:
    play = raised(risk)
    for person, kind, answers in TURNS[:level]:
        play.act(person, kind, words="-", **answers)
    return play


def open_(play: Play) -> Obligation:
    (one,) = play.case.open()
    return one


@pytest.mark.promise("F14")
@pytest.mark.parametrize("level", LEVELS)
def test_once_it_is_said_that_a_child_is_at_risk_the_open_step_is_due_within_hours_from_then(level: int) -> None:
    play = at_level(level, "no")
    before = open_(play)
    play.until(play.now + timedelta(hours=7))
    play.act(POLICE, "change_risk", at_risk="yes", reason="-")
    one = open_(play)
    assert (one.block, one.agency) == (f"{before.block}_at_risk", before.agency)
    assert (one.start, one.mark) == (play.now, "risk_changed")
    assert one.due
    assert timedelta() < one.due - play.now <= timedelta(hours=12)
    assert play.case.obligations[before.key].ended is Ended.COUNTED_ANEW
    assert play.case.obligations[before.key].due == before.due  # the history keeps it
    assert datetime.fromisoformat(play.facts[-1].data["was"]) == before.due
    play.until(play.now)
    assert "business_manager" in {office for _, office in play.said(one.key)}


@pytest.mark.promise("F14")
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("late", [timedelta(minutes=5), timedelta(days=9)])
def test_once_no_child_is_at_risk_the_open_step_is_due_as_if_none_had_been_and_nothing_is_overdue_by_it(
    level: int, late: timedelta
) -> None:
    play, plain = at_level(level, "not_known"), at_level(level, "no")
    play.until(play.now + late)
    before = open_(play)
    play.act(CHAIR, "change_risk", at_risk="no", reason="-")
    one = open_(play)
    assert (one.block, one.due, one.start) == (open_(plain).block, open_(plain).due, open_(plain).start)
    assert before.overdue(play.now) or not one.overdue(play.now)


@pytest.mark.promise("F14")
def test_saying_again_and_again_that_a_child_is_at_risk_and_is_not_gains_no_day_and_keeps_the_chair_from_nothing() -> (
    None
):
    play, plain = raised("no"), raised("no")
    due = open_(play).due
    assert due
    for _ in range(4):
        play.until(play.now + timedelta(days=3))
        play.act(COUNCIL, "change_risk", at_risk="yes", reason="-")
        at_once = open_(play).due
        assert at_once
        assert at_once <= max(due, play.now)
        play.until(play.now + timedelta(minutes=30))
        play.act(CHAIR, "change_risk", at_risk="no", reason="-")
        assert open_(play).due == due
    plain.until(play.now)
    heard = [office for _, office in play.said(open_(play).key)]
    assert "independent_chair" in heard
    assert set(heard) == {office for _, office in plain.said(open_(plain).key)}


@pytest.mark.promise("F14")
def test_after_risk_was_said_anew_the_later_steps_follow_it_and_it_goes_on_to_its_end() -> None:
    play = raised("no")
    play.act(COUNCIL, "change_risk", at_risk="yes", reason="-")
    assert {name for name, _ in to_the_chair(play)} == {at_risk(step) for step in STEPS}
    play.act(POLICE_LEAD, "change_risk", at_risk="no", reason="-")
    assert open_(play).block == "decide_disagreement"
    play.act(POLICE_LEAD, "change_risk", at_risk="yes", reason="-")
    assert open_(play).key == "decide_disagreement_at_risk#2"
    play.act(CHAIR, "decide_disagreement", view="partly", words="-")
    assert play.case.closed


@pytest.mark.promise("F14")
def test_who_was_told_of_the_old_date_hears_that_it_is_another_now() -> None:
    play = raised("no")
    play.until(play.now)
    (before,) = play.case.open()
    play.act(POLICE, "change_risk", at_risk="yes", reason="-")
    (moved,) = [one for one in play.notices if one.kind is NoticeKind.MOVED]
    assert (moved.obligation, moved.office) == (before.key, "agency_contact")
    assert state_of(play.case.obligations[before.key], play.now).startswith("This is owed by another date")


@pytest.mark.promise("F14")
@pytest.mark.parametrize(("risk", "again"), [("yes", "yes"), ("not_known", "yes"), ("no", "no")])
def test_what_is_taken_so_already_is_not_said_anew(risk: str, again: str) -> None:
    play = raised(risk)
    with pytest.raises(Refused, match="already"):
        play.act(POLICE, "change_risk", at_risk=again, reason="-")


@pytest.mark.promise("F14")
def test_the_agency_that_is_challenged_says_that_a_child_is_at_risk_and_never_that_none_is_any_more() -> None:
    play = raised("no")
    play.act(COUNCIL, "change_risk", at_risk="yes", reason="-")
    with pytest.raises(Refused, match="nobody of your agency"):
        play.act(COUNCIL_LEAD, "change_risk", at_risk="no", reason="-")
    play.act(POLICE, "change_risk", at_risk="no", reason="-")


@pytest.mark.promise("F14", "F9")
def test_another_policy_goes_on_counting_from_when_risk_was_said_anew() -> None:
    play = raised("yes")
    play.until(play.now + timedelta(days=5))
    play.act(POLICE, "change_risk", at_risk="no", reason="-")
    due, other = open_(play).due, POLICY.model_copy(update={"version": "other"})
    play.act(MANAGER, "adopt_policy", policy=shelf.put(other)[0], reason="-")
    assert open_(play).due == due


@pytest.mark.promise("F14", "F15")
def test_the_date_says_that_it_counts_from_when_risk_was_said_anew() -> None:
    play = raised("no")
    play.act(POLICE, "change_risk", at_risk="yes", reason="-")
    said = explain(play.case, open_(play).key, play.facts, {}, DIRECTORY, play.now)
    assert said.rule == "4 hours, counted from when it was said anew whether a child is at risk now"


@pytest.mark.promise("F14")
@pytest.mark.parametrize("level", LEVELS)
def test_whoever_raised_it_hears_at_once_what_somebody_else_says_of_the_risk(level: int) -> None:
    play = at_level(level, "no")
    play.act(COUNCIL, "change_risk", at_risk="yes", reason="-")
    play.act(CHAIR, "change_risk", at_risk="no", reason="-")
    heard = [one for one in play.notices if one.kind is NoticeKind.RISK]
    assert [(one.person, one.agency, one.urgent) for one in heard] == [(POLICE, RAISER, True), (POLICE, RAISER, False)]
    assert {one.wake_at for one in heard} == {play.now}


@pytest.mark.promise("F14")
def test_nobody_is_told_of_the_risk_that_they_said_themselves() -> None:
    play = raised("no")
    play.act(POLICE, "change_risk", at_risk="yes", reason="-")
    assert [one for one in play.notices if one.kind is NoticeKind.RISK] == []


@pytest.mark.promise("F14")
def test_what_is_said_of_the_risk_reads_as_it_is_by_now() -> None:
    play = raised("no")
    play.act(COUNCIL, "change_risk", at_risk="yes", reason="-")
    (heard,) = (one for one in play.notices if one.kind is NoticeKind.RISK)
    assert say(heard, play.case, DIRECTORY, play.now).subject.startswith("A child is at risk now (")
    play.act(CHAIR, "change_risk", at_risk="no", reason="-")
    assert say(heard, play.case, DIRECTORY, play.now).subject.startswith("No child is at risk any more (")
