"""A professional disagreement while a child may be at risk now: each step the same day, at any hour, told at once."""

from datetime import timedelta

import pytest

from models.board import line_of
from models.doing import doings, sight
from models.facts import Problem
from models.rights import Access, Actor, Held, acts
from tests.models.test_rights import fresh
from tests.support.core import CHAIR, DIRECTORY, MANAGER, MONDAY, Play, Refused, holder

RAISER, CHALLENGED = "harrowshire-police", "harrowshire-council"
POLICE, COUNCIL = holder("agency_contact", RAISER), holder("agency_contact", CHALLENGED)
POLICE_LEAD, COUNCIL_LEAD = holder("agency_lead", RAISER), holder("agency_lead", CHALLENGED)


def raised(at_risk: str) -> Play:
    return fresh(
        "disagreement", POLICE, "raise_disagreement", agency=RAISER, challenged=CHALLENGED, at_risk=at_risk, about="a",
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
@pytest.mark.parametrize("at_risk", ["yes", "not_known"])
def test_while_a_child_is_or_may_be_at_risk_every_level_together_takes_no_more_than_a_day(at_risk: str) -> None:
    steps = to_the_chair(raised(at_risk))
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
@pytest.mark.parametrize("at_risk", ["yes", "not_known"])
def test_contact_lead_and_business_manager_hear_at_once_that_a_child_may_be_at_risk_and_it_is_urgent(
    at_risk: str,
) -> None:
    play = raised(at_risk)
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
