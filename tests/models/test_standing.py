"""Where a case stands: its stage, its next date, for whom it waits and what was decided, on the board and its page."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import shelf
from models.board import GATHERED, PURSUED, SENT_BACK, Line, line_of, stage_of
from models.case import Case
from models.lifecycles import LIFECYCLES
from models.obligation import Ended, Obligation
from models.practice_review import BESIDE
from models.rapid_review import LASTING, Outcome
from models.rights import Actor
from models.standing import Rung, deadlines
from tests.support.core import (
    AUTHORITY,
    CALENDAR_NAME,
    CHAIR,
    DIRECTORY,
    MANAGER,
    MONDAY,
    POLICY,
    POLICY_NAME,
    Play,
    asked,
    decision_answers,
    holder,
    meeting_answers,
    referral,
    review,
    triage_answers,
)

HOSPITAL = "harrow-vale-hospitals"
WHOLE = Actor(person=MANAGER)
SAFE = {"siblings_safe": "yes", "siblings_words": "n"}
CONTACT = "Agency contact for reviews, Harrow Vale Hospitals NHS Trust"


def line(play: Play) -> Line:
    return line_of(play.case, WHOLE, play.now, DIRECTORY, all_of_it=True)


def met(play: Play) -> Play:
    play.act(CHAIR, "record_analysis", facts="f", context="c", practice="p", learning="l")
    play.act(MANAGER, "record_meeting", **meeting_answers(play.now))
    return play


def decided(play: Play, outcome: str = "no_further_review") -> Play:
    play.act(CHAIR, "decide", **decision_answers(outcome, play.now))
    return play


def submitted(play: Play) -> Play:
    play.act(MANAGER, "record_submission", sent_at=play.now, **SAFE)
    return play


@pytest.mark.promise("J1", "J3")
def test_a_silent_agency_does_not_hold_back_where_the_review_stands() -> None:
    play = asked(agencies=(HOSPITAL,))
    assert line(play).stage == "Return of the agency"
    assert line(met(play)).stage == "Decision of the rapid review"
    assert line(decided(play)).stage == "Submit the rapid review to the national panel"
    play.act(MANAGER, "tell_referrer", how="email", words="w")
    assert line(play).stage == "Submit the rapid review to the national panel"
    assert line(submitted(play)).stage == "Answer of the national panel"
    assert f"agency_return/{HOSPITAL}" in {one.key for one in play.case.open()}
    assert (line(play).next_title, line(play).waiting_for) == ("Return of the agency", [CONTACT, "The national panel"])


@pytest.mark.promise("B9", "J1", "J3")
def test_after_a_disagreement_the_fresh_decision_is_shown_and_what_is_owed_next_comes_first() -> None:
    play = submitted(decided(met(asked(agencies=(HOSPITAL,)))))
    first = play.now
    assert (line(play).decided, line(play).decided_at) == (Outcome.NO_FURTHER.words, first)
    play.act(MANAGER, "tell_referrer", how="email", words="w")
    play.wait(days=1)
    play.act(MANAGER, "record_panel_answer", received_at=play.now, position="disagrees", points="p")
    assert line(play).stage == "Decide again after the national panel disagreed"
    assert line(play).decided_at == first, "until it is decided again the decision stands"
    decided(play, "practice_review")
    shown = line(play)
    assert (shown.decided, shown.decided_at) == (Outcome.PRACTICE_REVIEW.words, play.now)
    assert shown.stage == shown.next_title == "Tell the national panel of the changed decision"
    assert shown.waiting_for == ["Business manager", CONTACT]


@pytest.mark.promise("J1")
def test_of_what_is_due_together_the_stage_itself_is_the_next_date() -> None:
    play = submitted(decided(met(asked())))
    play.act(MANAGER, "record_panel_answer", received_at=play.now, position="disagrees", points="p")
    shown = line(decided(play, "practice_review"))
    dues = [play.case.obligations[key].due for key in ("tell_referrer", "submit_changed_decision")]
    assert dues == [shown.due, shown.due]
    assert shown.next_title == shown.stage == "Tell the national panel of the changed decision"


@pytest.mark.promise("J1")
def test_what_is_withdrawn_or_parked_says_so_as_what_was_decided_and_a_referral_its_routes() -> None:
    assert line(asked()).decided == ""
    gone = review(MONDAY)
    gone.act(AUTHORITY, "record_notification", sent_at=MONDAY, sent_by="A", reference="B")
    gone.act(AUTHORITY, "withdraw_notification", withdrawn_at=MONDAY, reason="r")
    assert line(gone).decided == "The national notification was withdrawn"
    assert line(gone).stage == "Tell the referrer the decision"
    parked = met(asked())
    more = {"parked_on": "inquest", "parked_review": (MONDAY + timedelta(days=60)).date()}
    parked.act(CHAIR, "decide", **decision_answers("parked", parked.now, **more))
    assert (line(parked).decided, line(parked).stage) == (Outcome.PARKED.words, "Parked until the inquest concludes")
    first = referral()
    assert line(first).decided == ""
    first.act(MANAGER, "triage", **triage_answers("no_further_action"))
    assert (line(first).decided, line(first).decided_at) == ("No further action", first.now)
    nobody = line_of(parked.case, Actor(person="p-900"), parked.now, DIRECTORY, all_of_it=False)
    assert (nobody.decided, nobody.decided_at) == ("", None), "an agency is not told here what was decided"


@pytest.mark.promise("J1", "F5")
def test_whoever_settles_a_dispute_is_waited_for_without_the_agency_that_disputes() -> None:
    play = asked(agencies=(HOSPITAL,))
    contact = holder("agency_contact", HOSPITAL)
    play.act(contact, "dispute", obligation=f"agency_return/{HOSPITAL}", ground="not_ours", words="w")
    assert not [one for one in line(play).waiting_for if one.startswith("Business manager,")]


STATES = st.sampled_from(("never", "open", "met", "met and open", "withdrawn", "paused"))


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Any steps of a story in any state, with dates in any order."""
    kind = draw(st.sampled_from(sorted(LIFECYCLES)))
    found: dict[str, Obligation] = {}
    for block in LIFECYCLES[kind].story:
        state = draw(STATES)
        for number, part in enumerate([] if state == "never" else state.split(" and ")):
            due = MONDAY + timedelta(days=draw(st.integers(-9, 60)))
            ended = {"met": Ended.MET, "withdrawn": Ended.WITHDRAWN}.get(part)
            rule = shelf.blocks(POLICY_NAME, kind)[block]
            found[f"{block}#{number}"] = Obligation(
                key=f"{block}#{number}", block=block, agency=HOSPITAL if rule.each == "agency" else "",
                owed_by=rule.owed_by, opened=MONDAY, mark=rule.starts, start=MONDAY,
                due=None if part == "paused" else due, rungs=(), ended=ended, ended_at=MONDAY if ended else None,
            )  # fmt: skip
    return Case(
        ref="RR-2026-0001", kind=kind, policy=POLICY_NAME, calendar=CALENDAR_NAME, opened=MONDAY, obligations=found
    )


@pytest.mark.promise("J1")
def test_an_event_that_is_held_early_leaves_a_practice_review_at_the_reports_that_are_still_awaited() -> None:
    blocks, done = shelf.blocks(POLICY_NAME, "practice_review"), {"commission", "request_reports", "practitioner_event"}
    opened = {"agency_return", "family_contribution", "draft_report", "publication"}
    assert stage_of("practice_review", opened, done, blocks) == "agency_return"
    assert stage_of("practice_review", opened - {"agency_return"}, done, blocks) == "family_contribution"
    later = opened - {"agency_return", "draft_report"}
    assert stage_of("practice_review", later, done | {"draft_report"}, blocks) == "publication"


@pytest.mark.promise("J1")
@given(cases())
def test_the_stage_is_open_and_nothing_that_is_done_lies_between_it_and_what_is_open_after_it(case: Case) -> None:
    order, blocks = LIFECYCLES[case.kind].story, shelf.blocks(POLICY_NAME, case.kind)
    opened = {one.block for one in case.open()}
    met = {one.block for one in case.obligations.values() if one.ended is Ended.MET}
    stage = stage_of(case.kind, opened, met, blocks)
    assert stage in opened or not (stage or opened)
    if not stage or stage in SENT_BACK:
        return
    if stage in BESIDE:
        assert opened <= BESIDE, "what is owed beside the way is a stage only where nothing else is owed"
        return
    done = met - opened - LASTING - PURSUED - BESIDE - (GATHERED if opened & GATHERED else set())
    after = [name for name in order[order.index(stage) + 1 :] if name in opened - BESIDE]
    for name in after:
        between = set(order[order.index(stage) : order.index(name)])
        assert done.isdisjoint(between), "what is done lies between, so the case stands further on"


@pytest.mark.promise("J1")
@given(cases())
def test_whoever_owes_the_next_date_is_named_first_and_everybody_who_owes_something_once(case: Case) -> None:
    shown, blocks = line_of(case, WHOLE, MONDAY, DIRECTORY, all_of_it=True), shelf.blocks(POLICY_NAME, case.kind)

    def named(one: Obligation) -> str:
        block, title = blocks[one.block], POLICY.offices[one.owed_by].title
        outside = f"{block.expected_of[:1].upper()}{block.expected_of[1:]}"
        return outside or (f"{title}, {DIRECTORY.agencies[one.agency].name}" if one.agency else title)

    assert sorted(shown.waiting_for) == sorted({named(one) for one in case.open()})
    due: list[datetime] = [one.due for one in case.open() if one.due and not blocks[one.block].expected_of]
    if due:
        assert shown.due == min(due)
    if shown.due:
        owing = [one for one in case.open() if one.due == shown.due and blocks[one.block].title == shown.next_title]
        assert shown.waiting_for[0] in {named(one) for one in owing}


@pytest.mark.promise("F11")
def test_who_was_told_has_the_time_at_which_it_was_and_only_what_is_to_come_the_time_of_the_plan() -> None:
    play = referral()
    play.until(play.now)
    said_at = play.now
    play.now += timedelta(minutes=13)
    (key,) = (one.key for one in play.case.open() if one.block == "triage")
    before = rungs_of(play, key)
    assert (before[0].told_at, before[0].to_come) == (said_at, False)
    assert all(rung.to_come and not rung.told_at for rung in before[1:])
    why = {"authority": "The police.", "reason": "The interview first."}
    play.act(CHAIR, "suspend", obligation=key, review=(play.now + timedelta(days=9)).date(), **why)
    assert [rung.to_come for rung in rungs_of(play, key)] == [False], "nobody is told while the clock stands still"
    passed = play.case.obligations[key].model_copy(update={"pauses": (), "told": (), "level": 2})
    over = play.case.model_copy(update={"obligations": {**play.case.obligations, key: passed}})
    first, second, *rest = next(found for found in deadlines(over, WHOLE, play.now) if found.key == key).rungs
    assert {(one.told_at, one.to_come) for one in (first, second)} == {(None, False)}, "overtaken, and never told"
    assert all(rung.to_come for rung in rest)


def rungs_of(play: Play, key: str) -> list[Rung]:
    return next(one for one in deadlines(play.case, WHOLE, play.now) if one.key == key).rungs
