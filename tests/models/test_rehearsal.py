"""A rehearsal says who would be told what and when, by the rules of the engine, and what another policy changes."""

from collections import Counter
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest

from models import shelf
from models.directory import Directory
from models.policy import Span
from models.rehearsal import REFERRAL, Act, Outage, Scenario, Timeline, difference, rehearse
from models.telling import NoticeKind
from models.time import at, day_of
from policy.backlog import a_backlog
from policy.reading import PolicyProblems, read_scenario
from policy.year import a_year, only
from tests.support.core import CALENDAR_NAME, DIRECTORY, POLICY, POLICY_NAME

SHIPPED = Path(__file__).parents[2] / "policy" / "scenarios"
HOSPITAL = "harrow-vale-hospitals"
STARTS = datetime(2026, 3, 2, 9, tzinfo=UTC)


def span(words: str) -> Span:
    return Span.model_validate(words)


def shipped(name: str) -> Scenario:
    return read_scenario((SHIPPED / f"{name}.yaml").read_text(), f"{name}.yaml")


def run(scenario: Scenario, policy: str = POLICY_NAME, directory: Directory = DIRECTORY) -> Timeline:
    return rehearse(scenario, policy, CALENDAR_NAME, directory)


def begun(*more: Act, lasts: str = "30 days", outages: tuple[Outage, ...] = ()) -> Scenario:
    """A referral that becomes a review on the next working day, and what comes after."""
    acts = (
        Act(who="referrer", do="submit_referral", on=REFERRAL),
        Act(after=span("1 working day"), who="business_manager", do="triage", on=REFERRAL),
        Act(after=span("1 working day"), clock=time(11), who="local_authority_lead", do="record_notification"),
        *more,
    )
    return Scenario(title="t", starts=STARTS, lasts=span(lasts), acts=acts, outages=outages)


def nine(month: int, day: int) -> datetime:
    return at(date(2026, month, day), time(9))


def owed(line: Timeline, block: str) -> list[tuple[datetime, str]]:
    return [
        (one.rung_at, one.office)
        for one in line.notices
        if one.kind is NoticeKind.OWED and one.obligation.startswith(block)
    ]


# The shipped scenarios


@pytest.mark.promise("F10")
@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_scenario_runs_without_a_refusal(path: Path) -> None:
    line = run(shipped(path.stem))
    assert [step for step in line.steps if step.refused] == []
    assert [step.at for step in line.steps] == sorted(step.at for step in line.steps)
    assert len({notice.key for notice in line.notices}) == len(line.notices)
    assert [one for one in line.notices if one.obligation and not line.titles[one.case].get(one.obligation)] == []


def test_in_a_smooth_review_nobody_is_told_of_anything_overdue() -> None:
    line = run(shipped("smooth"))
    assert [one for one in line.notices if one.kind is NoticeKind.OWED and one.due and one.rung_at > one.due] == []
    assert "safeguarding_partner_chair" not in line.by_office()


@pytest.mark.promise("F10", "B3")
def test_a_silent_agency_is_chased_to_the_top_and_the_others_are_not() -> None:
    line = run(shipped("silent-agency"))
    offices = [office for _, office in owed(line, f"agency_return/{HOSPITAL}")]
    assert offices[:5] == ["agency_contact"] * 3 + ["agency_lead", "independent_chair"]
    assert set(offices[5:]) == {"independent_chair"}
    assert len(owed(line, "agency_return/harrowshire-police")) == 1


@pytest.mark.promise("F10", "B11")
def test_a_parked_decision_comes_back_when_its_event_is_recorded() -> None:
    line = run(shipped("parked"))
    [event] = [step.at for step in line.steps if step.what == "event_recorded"]
    assert owed(line, "reassess")[0] == (event, "independent_chair")


@pytest.mark.promise("F10", "F13")
def test_after_an_outage_one_message_goes_out_for_each_matter_with_what_was_missed() -> None:
    scenario = shipped("outage")
    line = run(scenario)
    late = [one for one in line.notices if one.wake_at > one.rung_at]
    assert late
    assert len({one.wake_at for one in late}) == 1
    assert len({one.obligation for one in late}) == len(late)
    assert any(one.data["missed"] for one in late)


@pytest.mark.promise("F10")
def test_a_year_is_the_same_year_for_the_same_seed() -> None:
    assert a_year(20) == a_year(20)
    assert a_year(20) != a_year(20, seed=8)
    ten = only(a_year(20), {str(number) for number in range(1, 11)})
    line = run(ten)
    assert [step for step in line.steps if step.refused] == []
    assert len({step.case for step in line.steps if step.case.startswith("LR")}) == 10
    assert run(ten) == line


@pytest.mark.promise("F10", "H7")
def test_a_backlog_of_deaths_is_gone_after_its_panels_and_only_the_panel_is_late() -> None:
    line = run(a_backlog())
    assert [step for step in line.steps if step.refused] == []
    deaths = {step.case for step in line.steps if step.what == "death_notified"}
    assert len(deaths) == 42
    panels = Counter(day_of(step.at) for step in line.steps if step.what == "panel_recorded")
    assert set(panels.values()) == {3}
    late = {one.obligation for one in line.notices if one.kind is NoticeKind.OWED and one.due and one.rung_at > one.due}
    assert late == {"panel"}
    last = max(step.at for step in line.steps if step.what != "told")
    assert not [one for one in line.notices if one.rung_at > last], "once it is gone nobody hears of it any more"
    assert run(a_backlog()) == line


@pytest.mark.promise("F10", "H5")
def test_in_a_death_with_an_inquest_the_meeting_is_never_late_before_the_post_mortem_report() -> None:
    line = run(shipped("inquest"))
    assert not [one for one in line.notices if one.obligation == "meeting" and one.rung > 0]
    looked = [step.at for step in line.steps if step.what == "wait_reviewed"]
    assert len(looked) == 7
    assert owed(line, "wait_review/w1#2")[-1][1] == "designated_doctor", "a forgotten wait climbs"
    [found, settled] = looked[-2:]
    assert owed(line, "reconsider_review") == [(found, "subgroup_chair"), (found, "child_death_coordinator")]
    heard = [moment for moment, _ in owed(line, "panel") if moment > found]
    assert not [moment for moment in heard if moment < settled], "it waits for the rapid review"
    assert not heard, "the day after it was settled it was listed, and until that day nobody is chased"


@pytest.mark.promise("F10", "A6", "H1")
def test_of_three_notifications_the_one_whose_join_was_undone_is_reviewed_by_itself() -> None:
    line = run(shipped("same-death"))
    by_case = Counter(step.case for step in line.steps if step.what == "return_received")
    assert sorted(case[-4:] for case in by_case) == ["0001", "0003"]
    joined = next(step.at for step in line.steps if step.what == "duplicate_decided")
    assert not [one for one in line.notices if one.case.endswith("0002") and one.rung_at > joined]


@pytest.mark.promise("F10", "B3")
def test_a_form_that_never_comes_climbs_to_the_chair_of_the_panel_until_it_is_given_up() -> None:
    line = run(shipped("silent-form"))
    offices = [office for _, office in owed(line, f"agency_return/{HOSPITAL}")]
    assert list(dict.fromkeys(offices)) == ["agency_contact", "agency_lead", "panel_chair"]
    [over] = [step.at for step in line.steps if step.what == "return_not_given"]
    assert max(moment for moment, _ in owed(line, f"agency_return/{HOSPITAL}")) <= over


# How a scenario is told


def test_what_opens_at_once_is_told_at_once() -> None:
    line = run(begun())
    opened = at(date(2026, 3, 3), time(10))
    assert owed(line, "notify_national_panel") == [(opened, "local_authority_lead")]
    assert [step.what for step in line.steps][:4] == ["referral_received", "told", "triaged", "opened"]


def test_an_act_at_the_moment_of_a_rung_counts_first() -> None:
    asked = Act(
        after=span("1 working day"), clock=time(12), who="business_manager", do="request_information",
        answers={"agencies": [HOSPITAL]},
    )  # fmt: skip
    at_nine = Act(after=span("8 working days"), clock=time(9), who=f"agency_contact/{HOSPITAL}", do="submit_return")
    assert (nine(3, 12), "agency_contact") in owed(run(begun(asked)), "agency_return")
    assert (nine(3, 12), "agency_contact") not in owed(run(begun(asked, at_nine)), "agency_return")


def test_days_and_moments_in_answers_count_from_the_act() -> None:
    ask = Act(
        after=span("2 working days"), who="business_manager", do="promise",
        answers={"obligation": "request_information", "until": "+2 working days"},
    )  # fmt: skip
    line = run(begun(ask))
    assert [step.refused for step in line.steps if step.refused] == []
    assert owed(line, "request_information")[2] == (nine(3, 9), "subgroup_chair")


def test_a_refused_act_stands_in_the_time_line_with_its_words_and_changes_nothing() -> None:
    twice = Act(after=span("2 working days"), who="local_authority_lead", do="record_notification")
    line = run(begun(twice))
    [refused] = [step for step in line.steps if step.refused]
    assert refused.refused == ("The notification has been recorded already. Correct its date if it is wrong.",)
    assert [one for one in line.steps if not one.refused] == list(run(begun()).steps)
    assert line.notices == run(begun()).notices


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (Act(who="agency_contact/harrowshire-police", do="triage", on=REFERRAL), "office does not allow"),
        (Act(who="business_manager", do="decide", matter="9"), "no such case"),
        (Act(who="business_manager", do="arrange_meeting", after=span("2 days"), answers={"minutes": 3}), "minutes"),
    ],
)
def test_who_may_not_and_what_cannot_be_is_refused_in_words(act: Act, words: str) -> None:
    [refused] = [step.refused for step in run(begun(act)).steps if step.refused]
    assert words in " ".join(refused)


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (Act(who="business_manager", do="sing"), "takes no command 'sing'"),
        (Act(who="agency_contact/nowhere", do="submit_return"), "nobody can act as agency_contact/nowhere"),
    ],
)
def test_an_act_that_makes_no_sense_is_named(act: Act, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        run(begun(act))


def test_a_mistake_in_a_scenario_is_named_with_its_line() -> None:
    text = (SHIPPED / "smooth.yaml").read_text().replace("lasts: 60 days", "lasts: sixty days")
    with pytest.raises(PolicyProblems) as refused:
        read_scenario(text, "mine.yaml")
    assert [(one.key, one.line) for one in refused.value.problems] == [("lasts", 4)]


@pytest.mark.promise("F13")
def test_nothing_is_said_while_the_engine_is_out() -> None:
    out = Outage(after=span("1 working day"), clock=time(9, 30), lasts=span("7 days"))
    line = run(begun(outages=(out,)))
    begins, ends = at(date(2026, 3, 3), time(9, 30)), at(date(2026, 3, 10), time(9, 30))
    assert [one for one in line.notices if begins <= one.wake_at < ends] == []
    assert [one for one in line.notices if one.wake_at == ends] != []


def test_messages_are_counted_by_office() -> None:
    line = run(shipped("silent-agency"))
    counted = line.by_office()
    assert sum(counted.values()) == len(line.notices)
    assert list(counted) == sorted(counted)


# Two policies


def patient(office: str = "independent_chair") -> str:
    """The agencies' ladder with one working day more before the top, which may be another office."""
    old = POLICY.ladders["agency_return"]
    last = old.rungs[-1].model_copy(update={"delay": span("4 working days"), "office": office})
    ladder = old.model_copy(update={"rungs": (*old.rungs[:-1], last)})
    changed = POLICY.model_copy(
        update={"version": f"patient-{office}", "ladders": {**POLICY.ladders, "agency_return": ladder}}
    )
    return shelf.put(changed)[0]


@pytest.mark.promise("F10")
def test_the_difference_of_a_policy_to_itself_is_nothing() -> None:
    line = run(shipped("silent-agency"))
    assert difference(line, line) == []


@pytest.mark.promise("F10")
def test_the_difference_names_every_message_that_moves() -> None:
    before, after = run(shipped("silent-agency")), run(shipped("silent-agency"), patient())
    changes = difference(before, after)
    assert {one.key.rsplit("/", 3)[0].split("/", 1)[1] for one in changes} == {f"agency_return/{HOSPITAL}"}
    first = changes[0]
    assert first.before is not None
    assert first.after is not None
    assert first.before.rung_at < first.after.rung_at
    assert [one.at for one in changes] == sorted(one.at for one in changes)


@pytest.mark.promise("F10")
def test_the_difference_names_who_hears_no_more_and_who_hears_instead() -> None:
    before, after = run(shipped("silent-agency")), run(shipped("silent-agency"), patient("subgroup_chair"))
    gone = {one.before.office for one in difference(before, after) if one.before and not one.after}
    new = {one.after.office for one in difference(before, after) if one.after and not one.before}
    assert (gone, new) == ({"independent_chair"}, {"subgroup_chair"})


@pytest.mark.promise("F10", "K4")
def test_who_is_locked_out_of_the_referral_hears_nothing_of_the_review() -> None:
    manager = DIRECTORY.look_up("business_manager", None, STARTS).person
    answers = {"person": manager, "locked": True, "reason": "-"}
    lock = Act(after=span("2 working days"), who="independent_chair", do="lock_out", on=REFERRAL, answers=answers)
    assert manager in {one.person for one in run(begun()).notices if one.case.startswith("RR")}
    line = run(begun(lock))
    locked = next(step.at for step in line.steps if step.what == "locked_out")
    assert manager not in {one.person for one in line.notices if one.case.startswith("RR") and one.wake_at > locked}
