"""Recorded cases lived again: the same under their own rules, and under a draft only what the draft changes."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from models import shelf
from models.case import Case
from models.facts import Fact
from models.policy import Policy, Span
from models.rehearsal import Changed, Timeline, difference
from models.replaying import History, replay
from models.telling import NoticeKind
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
    decision_answers,
    holder,
    meeting_answers,
    review,
)

pytestmark = pytest.mark.promise("F10")

POLICE, ICB = "harrowshire-police", "harrowshire-icb"
RETURN = f"agency_return/{POLICE}"


def history(play: Play) -> History:
    return History(ref=play.case.ref, kind=play.case.kind, opened=play.case.opened, facts=tuple(play.facts))


def again(play: Play, policy: str = POLICY_NAME) -> Timeline:
    return replay([history(play)], policy, CALENDAR_NAME, DIRECTORY, play.now)


def drafted(**budgets: str) -> str:
    """The shipped policy with other budgets for some blocks of a rapid review."""
    lifecycles = {name: dict(blocks) for name, blocks in POLICY.lifecycles.items()}
    for block, budget in budgets.items():
        changed = lifecycles["rapid_review"][block].model_copy(update={"budget": Span.model_validate(budget)})
        lifecycles["rapid_review"][block] = changed
    return laid(lifecycles=lifecycles)


def laid(**changes: Any) -> str:  # noqa: ANN401 -- any part of a policy
    draft: Policy = POLICY.model_copy(update={"version": f"draft {sorted(changes)}", **changes})
    return shelf.put(draft)[0]


class Awake(Play):
    """A case with an engine that is always awake: whatever is due is said at once."""

    def act(self, person: str, kind: str, /, **answers: Any) -> Fact:  # noqa: ANN401 -- the answers of a form
        fact = super().act(person, kind, **answers)
        self.speak()
        return fact


def begun(ref: str = "RR-2026-0001", *, now: datetime = MONDAY, agencies: tuple[str, ...] = (POLICE, ICB)) -> Awake:
    play = Awake(Case(ref=ref, kind="rapid_review", policy=POLICY_NAME, calendar=CALENDAR_NAME, opened=now), now)
    play.happen(review(now).facts[0].model_copy(update={"case": ref}))
    play.speak()
    play.act(AUTHORITY, "record_notification", sent_at=now, sent_by="A", reference="B")
    play.act(MANAGER, "request_information", agencies=agencies)
    return play


def lived(ref: str = "RR-2026-0001") -> Awake:
    """A month in which an agency is chased, promises, and answers late; and a date is corrected."""
    play = begun(ref)
    play.wait(days=3)
    play.act(MANAGER, "arrange_meeting", at=play.now + timedelta(days=9), place="Here")
    play.act(holder("agency_contact", ICB), "submit_return", agency=ICB, holds="nothing")
    play.wait(days=12)
    play.act(holder("agency_contact", POLICE), "promise", obligation=RETURN, until=date(2026, 11, 20))
    play.wait(days=5)
    play.act(holder("agency_contact", POLICE), "submit_return", agency=POLICE, holds="nothing")
    play.act(CHAIR, "record_analysis", facts="f", context="c", practice="p", learning="l")
    play.act(MANAGER, "record_meeting", **meeting_answers(play.now))
    play.act(
        MANAGER, "correct", mark="national_notification_sent", at=play.now - timedelta(days=19, hours=20), reason="r"
    )
    play.act(CHAIR, "decide", **decision_answers("no_further_review", play.now))
    play.wait(days=10)
    return play


def test_under_its_own_rules_a_case_says_what_it_said() -> None:
    play = lived()
    assert len(play.notices) > 20
    assert again(play).notices == tuple(sorted(play.notices, key=lambda one: one.wake_at))
    assert [step for step in again(play).steps if step.refused] == []


def test_nothing_changes_where_nothing_is_changed() -> None:
    play = lived()
    assert difference(again(play), again(play, laid(title="The same in other words"))) == []


def changed(play: Play, policy: str) -> list[Changed]:
    return difference(again(play), again(play, policy))


def test_a_longer_time_for_returns_changes_the_messages_about_returns_and_no_others() -> None:
    moved = changed(lived(), drafted(agency_return="14 working days"))
    assert moved
    assert {(one.before or one.after).obligation for one in moved} == {RETURN}  # type: ignore[union-attr]
    assert any(one.after is None for one in moved), "who answers within the longer time is chased less"


def test_messages_that_count_facts_are_not_taken_for_changed_ones() -> None:
    """A draft with fewer reminders has other numbers of facts, and the invitation is still the same message."""
    moved = changed(lived(), drafted(agency_return="14 working days"))
    assert [one for one in moved if NoticeKind.INVITED in one.key] == []


def test_an_answer_that_the_draft_would_not_have_taken_is_told_and_the_life_goes_on() -> None:
    bounds = POLICY.bounds.model_copy(update={"promise_most": Span.model_validate("1 working day")})
    line = again(lived(), laid(bounds=bounds))
    refused = [step for step in line.steps if step.refused]
    assert [(step.what, step.obligation) for step in refused] == [("promised", RETURN)]
    assert "The policy allows a date up to" in refused[0].refused[0]
    assert line.steps[-1].at > refused[0].at
    assert {step.what for step in line.steps} >= {"return_received", "decision_recorded"}


def test_a_life_under_several_policies_is_lived_again_under_one() -> None:
    play = begun()
    play.wait(days=1)
    longer = drafted(agency_return="14 working days")
    play.act(MANAGER, "adopt_policy", policy=longer, reason="r")
    play.wait(days=20)
    assert "policy_adopted" in {fact.kind for fact in play.facts}
    assert "policy_adopted" not in {step.what for step in again(play).steps}
    told = [one.rung_at for one in again(play, longer).notices if one.obligation == RETURN]
    assert told == [one.rung_at for one in again(fresh(play), longer).notices if one.obligation == RETURN]


def fresh(play: Play) -> Play:
    """The same life without the change of rules."""
    other = Play(play.case, play.now)
    other.facts = [fact for fact in play.facts if fact.kind != "policy_adopted"]
    return other


def test_a_case_that_would_leave_the_calendar_is_given_up_in_words_and_the_others_go_on() -> None:
    early, late = begun(), begun("RR-2026-0002", now=MONDAY + timedelta(days=14))
    ends = POLICY.calendar.model_copy(update={"horizon": date(2026, 11, 27), "version": "short"})
    line = replay([history(early), history(late)], POLICY_NAME, shelf.put_calendar(ends), DIRECTORY, MONDAY)
    [given_up] = [step for step in line.steps if step.refused]
    assert (given_up.case, given_up.what) == ("RR-2026-0002", "given up")
    assert "27 November 2026" in given_up.refused[0]
    assert [one for one in line.notices if one.case == early.case.ref and one.obligation == RETURN]


def test_cases_do_not_mix() -> None:
    one, other = lived(), lived("RR-2026-0002")
    both = replay([history(one), history(other)], POLICY_NAME, CALENDAR_NAME, DIRECTORY, one.now)
    alone = [*again(one).notices, *again(other).notices]
    assert sorted(both.notices, key=lambda told: told.key) == sorted(alone, key=lambda told: told.key)


@pytest.mark.promise("F7")
def test_a_calendar_taken_by_a_reopening_is_left_out_like_every_other_change_of_rules() -> None:
    play = lived()
    reopened = Fact(
        case=play.case.ref, number=play.case.known + 1, kind="reopened", actor=MANAGER, occurred=play.now,
        recorded=play.now,
    )  # fmt: skip
    calendar = shelf.put_calendar(
        POLICY.calendar.model_copy(update={"version": "later", "horizon": date(2026, 11, 30)})
    )
    play.case = play.case.model_copy(update={"closed": play.now})
    play.happen(reopened)
    other = history(play).facts[:-1], reopened.model_copy(update={"data": {"calendar": calendar}})
    lines = [
        replay([History.model_validate({**history(play).model_dump(), "facts": facts})], POLICY_NAME, CALENDAR_NAME,
               DIRECTORY, play.now + timedelta(days=60))
        for facts in (play.facts, [*other[0], other[1]])
    ]  # fmt: skip
    assert lines[0].notices[-1].wake_at > play.now, "it is chased after its reopening"
    assert lines[0] == lines[1]
