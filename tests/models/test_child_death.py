"""The review of a child's death, by the pure core: its way, and what it waits for."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Any

import pytest

from models import shelf
from models.answers import Correct
from models.awaited import ended_waits
from models.case import Case
from models.child_death_commands import (
    AmendDeath,
    DraftAnalysis,
    EnterDeath,
    NotifyDeath,
    OpenWait,
    RecordDatabaseNotification,
    RecordJointResponse,
    ReturnForm,
)
from models.children import against
from models.command import Command, Known
from models.death_bands import AgeBand, age_band
from models.examining import examined
from models.facts import Fact
from models.offered import offered
from models.panels import meetings
from models.policy import Panel
from models.spawning import opens
from models.telling import NoticeKind
from models.time import at, day_of, end_of
from tests.support import house
from tests.support.core import CALENDAR_NAME, DIRECTORY, MONDAY, POLICY_NAME, Play, Refused, fresh

COORDINATOR, DOCTOR, PANEL, SUBGROUP, CONTACT = "p-024", "p-025", "p-026", "p-020", "p-011"
HOSPITALS = "harrow-vale-hospitals"
CRITERIA = ("external", "sudden", "custody", "not_natural", "stillbirth")
SEATS = ["panel_chair", "local_authority", "icb", "police"]


def notifying(**more: Any) -> dict[str, Any]:  # noqa: ANN401 -- the answers of a form
    return {**house.notifying(MONDAY), **more}


def deciding(*applies: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 -- the answers of a form
    criteria = [{"criterion": one, "met": "yes" if one in applies else "no"} for one in CRITERIA]
    known = dict.fromkeys(("coroner", "certificate", "patient_safety", "post_mortem"), "no")
    return {"criteria": criteria, **known, "others": "no", "words": "w", **more}


def eighteen_years_before(day: date) -> date:
    return day.replace(year=day.year - 18)


def notified(**more: Any) -> Play:  # noqa: ANN401 -- the answers of a form
    return fresh("child_death", COORDINATOR, "notify_death", **notifying(**more))


def begun_at(moment: datetime, **more: Any) -> Play:  # noqa: ANN401 -- the answers of a form
    """A death that is notified at this moment."""
    case = Case(ref="XX-2026-0001", kind="child_death", policy=POLICY_NAME, calendar=CALENDAR_NAME, opened=moment)
    play = Play(case, moment)
    play.act(COORDINATOR, "notify_death", **{**house.notifying(moment), **more})
    return play


def waits(play: Play, kind: str, *holds: str) -> str:
    review = day_of(play.now) + timedelta(days=60)
    fact = play.act(COORDINATOR, "open_wait", kind=kind, since=day_of(play.now), holds=holds, review=review)
    return str(fact.data["item"])


def drafted(play: Play) -> None:
    play.act(COORDINATOR, "record_immediate_decisions", **deciding())
    play.act(COORDINATOR, "record_database_notification", sent_at=play.now)
    play.act(COORDINATOR, "name_key_worker", name="K", contact="c")
    play.act(COORDINATOR, "request_information", agencies=[HOSPITALS])
    play.act(CONTACT, "return_form", agency=HOSPITALS, holds="nothing")
    play.act(DOCTOR, "record_death_meeting", held_at=play.now, words="w")
    play.act(DOCTOR, "draft_analysis", summary="s")


def listed(play: Play) -> None:
    drafted(play)
    play.act(PANEL, "list_for_panel", panel="harrowshire", extra=True, on=day_of(play.now))


ANALYSIS = {"seats": SEATS, "categories": ["8", "5"], "modifiable": "none"}


def analysing(play: Play, **more: Any) -> dict[str, Any]:  # noqa: ANN401 -- the answers of a form
    return {"held_at": play.now, **ANALYSIS, **more}


@pytest.mark.promise("H2", "H3", "H4", "H6", "H9", "H11")
def test_a_death_goes_from_its_notification_by_the_panel_to_its_end() -> None:
    play = notified()
    assert {one.block for one in play.case.open()} == {
        "immediate_decisions", "national_database", "key_worker", "request_information", "meeting",
    }  # fmt: skip
    listed(play)
    play.act(PANEL, "complete_analysis", **analysing(play))
    play.act(COORDINATOR, "submit_analysis", sent_at=play.now)
    assert play.case.closed is None
    play.act(COORDINATOR, "log_family_contact", contact="feedback", held_at=play.now)
    assert play.case.closed == play.now


@pytest.mark.promise("H5")
def test_what_waits_for_a_post_mortem_is_never_late_and_is_looked_at_again_by_its_day() -> None:
    play = notified()
    item = waits(play, "post_mortem", "meeting")
    play.wait(days=180)
    meeting = play.case.obligations["meeting"]
    assert meeting.paused
    assert not meeting.overdue(play.now)
    assert not [one for one in play.notices if one.obligation == "meeting" and one.rung_at > MONDAY]
    heard = [office for _, office in play.said("wait_review/w1")]
    assert heard[:3] == ["child_death_coordinator", "designated_doctor", "panel_chair"], "a forgotten wait escalates"
    with pytest.raises(Refused, match="post-mortem report has not come"):
        play.act(DOCTOR, "record_death_meeting", held_at=play.now, words="w")
    play.act(COORDINATOR, "review_wait", item=item, outcome="ended", ended_on=day_of(play.now), abuse="no")
    due = play.case.obligations["meeting"].due
    assert due
    assert due > play.now + timedelta(days=80), "the time of waiting does not count"
    play.act(DOCTOR, "record_death_meeting", held_at=play.now, words="w")


@pytest.mark.promise("H5")
def test_when_a_wait_ends_whoever_was_told_of_the_meeting_hears_its_new_date_once() -> None:
    play = notified()
    play.speak()
    item = waits(play, "post_mortem", "meeting")
    play.wait(days=50)
    again = day_of(play.now) + timedelta(days=40)
    play.act(COORDINATOR, "review_wait", item=item, outcome="goes_on", review=again)
    assert not [one for one in play.notices if one.kind is NoticeKind.MOVED], "while it waits there is no date to name"
    play.wait(days=30)
    play.act(COORDINATOR, "review_wait", item=item, outcome="ended", ended_on=day_of(play.now), abuse="no")
    [moved] = [one for one in play.notices if one.kind is NoticeKind.MOVED]
    assert (moved.obligation, moved.person) == ("meeting", DOCTOR)
    assert moved.due == play.case.obligations["meeting"].due


@pytest.mark.promise("H5", "H7")
def test_a_panel_that_opens_while_an_inquest_goes_on_does_not_begin_to_run() -> None:
    play = notified()
    item = waits(play, "inquest", "panel")
    drafted(play)
    assert play.case.obligations["panel"].paused
    with pytest.raises(Refused, match="The panel waits for: Inquest"):
        play.act(
            COORDINATOR, "list_for_panel", panel="harrowshire", extra=True, on=day_of(play.now) + timedelta(days=30)
        )
    play.act(COORDINATOR, "review_wait", item=item, outcome="ended", ended_on=day_of(play.now), abuse="no")
    assert not play.case.obligations["panel"].paused


@pytest.mark.promise("H12")
def test_a_finding_of_neglect_opens_the_decision_also_where_none_was_ever_made() -> None:
    play = notified()
    play.act(COORDINATOR, "record_immediate_decisions", **deciding())
    assert not play.case.is_open("consider_review"), "nothing was unexplained"
    item = waits(play, "inquest", "panel")
    play.wait(days=50)
    play.act(COORDINATOR, "review_wait", item=item, outcome="ended", ended_on=day_of(play.now), abuse="yes")
    assert play.case.is_open("reconsider_review")
    play.act(SUBGROUP, "consider_review", outcome="refer", again=day_of(play.now) + timedelta(days=60), reasons="r")
    assert not play.case.is_open("reconsider_review")


@pytest.mark.promise("H12")
@pytest.mark.parametrize("criterion", ["sudden", "not_natural"])
def test_an_unexplained_death_is_put_before_the_sub_group(criterion: str) -> None:
    play = notified()
    play.act(COORDINATOR, "record_immediate_decisions", **deciding(criterion))
    assert play.case.is_open("consider_review")
    assert play.case.is_open("joint_response")


@pytest.mark.promise("H7")
def test_a_panel_without_its_quorum_has_reviewed_nothing() -> None:
    play = notified()
    listed(play)
    play.act(PANEL, "complete_analysis", **analysing(play, seats=["panel_chair", "icb", "police", "designated_doctor"]))
    assert play.case.is_open("panel")


@pytest.mark.promise("H7")
def test_whoever_declared_an_interest_and_left_does_not_count_for_the_quorum() -> None:
    play = notified()
    listed(play)
    with pytest.raises(Refused, match="Say which interest was declared"):
        play.act(PANEL, "complete_analysis", **analysing(play, left=["police"]))
    play.act(PANEL, "complete_analysis", **analysing(play, left=["police"], interests="Knew the family."))
    assert play.case.is_open("panel")


@pytest.mark.promise("H7")
def test_a_death_is_listed_before_the_panel_reviews_it_and_listed_anew_after_it_was_deferred() -> None:
    play = notified()
    drafted(play)
    with pytest.raises(Refused, match="List it for a panel first"):
        play.act(PANEL, "complete_analysis", **analysing(play))
    with pytest.raises(Refused, match="not on the list of a panel"):
        play.act(PANEL, "defer_panel", reason="r")
    play.act(PANEL, "list_for_panel", panel="harrowshire", extra=True, on=day_of(play.now))
    play.act(PANEL, "defer_panel", reason="r")
    with pytest.raises(Refused, match="List it for a panel first"):
        play.act(PANEL, "complete_analysis", **analysing(play))


@pytest.mark.promise("H1")
@pytest.mark.parametrize(
    ("answers", "field"),
    [
        ({"died": day_of(MONDAY) - timedelta(days=401)}, "died"),
        ({"born": day_of(MONDAY).replace(year=2008)}, "born"),
        ({"died": day_of(MONDAY) + timedelta(days=1)}, "died"),
        ({"born": day_of(MONDAY) + timedelta(days=30)}, "born"),
        ({"born": eighteen_years_before(day_of(MONDAY) - timedelta(days=1))}, "born"),
        ({"showed_life": "no", "born": day_of(MONDAY), "died": day_of(MONDAY)}, "attended"),
        ({"showed_life": "no", "born": day_of(MONDAY), "died": day_of(MONDAY), "attended": "yes"}, "attended"),
        ({"nhs_number": "9434765918"}, "nhs_number"),
    ],
)
def test_a_death_that_cannot_be_is_refused_beside_its_field(answers: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refusal:
        notified(**answers)
    assert [one.field for one in refusal.value.problems] == [field]


def test_the_reporting_form_is_due_after_fifteen_working_days() -> None:
    play = notified()
    play.act(COORDINATOR, "request_information", agencies=[HOSPITALS])
    assert play.case.obligations[f"agency_return/{HOSPITALS}"].due == end_of(day_of(MONDAY) + timedelta(days=21))


def another(play: Play) -> Play:
    """A second notification, received after the first."""
    second = notified()
    second.case = second.case.model_copy(update={"ref": "XX-2026-0002"})
    return second


@pytest.mark.promise("A6", "H1")
def test_the_later_notification_joins_the_earlier_one_and_its_clocks_stand_still() -> None:
    first = notified()
    second = another(first)
    with pytest.raises(Refused, match="was received later, so it joins this one"):
        first.act(COORDINATOR, "decide_duplicate", other=second.case.ref, same=True, reason="r")
    second.act(COORDINATOR, "decide_duplicate", other=first.case.ref, same=True, reason="r")
    assert second.case.closed
    assert all(one.paused for one in second.case.open())
    said = len(second.notices)
    second.wait(days=90)
    assert len(second.notices) == said, "nobody is told of what joined another review"


@pytest.mark.promise("A6")
def test_a_merge_is_undone_and_the_clocks_go_on_where_they_stood() -> None:
    first = notified()
    second = another(first)
    second.act(COORDINATOR, "record_immediate_decisions", **deciding())
    waits(second, "post_mortem", "meeting")
    before = {one.key: one.due - second.now for one in second.case.open() if one.due and not one.paused}
    second.act(COORDINATOR, "decide_duplicate", other=first.case.ref, same=True, reason="r")
    second.wait(days=30)
    with pytest.raises(Refused, match="has joined XX-2026-0001"):
        second.act(COORDINATOR, "decide_duplicate", other="XX-2026-0009", same=False, reason="r")
    second.act(COORDINATOR, "decide_duplicate", other=first.case.ref, same=False, reason="They were twins.")
    assert second.case.closed is None
    assert "immediate_decisions" not in {one.block for one in second.case.open()}, "what was done stays done"
    assert second.case.obligations["meeting"].paused, "what waits for the post-mortem report still does"
    after = {one.key: one.due - second.now for one in second.case.open() if one.due and not one.paused}
    assert after.keys() == before.keys()
    assert after["national_database"] == before["national_database"]


@pytest.mark.promise("H12")
def test_a_closed_review_is_reopened_by_what_an_inquest_finds_and_the_sub_group_decides_anew() -> None:
    play = notified()
    listed(play)
    play.act(PANEL, "complete_analysis", **analysing(play))
    play.act(COORDINATOR, "submit_analysis", sent_at=play.now)
    play.act(COORDINATOR, "log_family_contact", contact="feedback", held_at=play.now)
    assert play.case.closed
    play.wait(days=420)
    play.act(COORDINATOR, "reopen", reason="The inquest has ended.")
    assert play.case.is_open("record_finding")
    play.act(COORDINATOR, "record_finding", source="inquest", abuse="yes", panel=True, words="w")
    assert play.case.is_open("reconsider_review")
    assert play.case.is_open("panel_again")
    soon = day_of(play.now) + timedelta(days=60)
    referred = play.act(SUBGROUP, "consider_review", outcome="refer", again=soon, reasons="r")
    with pytest.raises(Refused, match="The panel waits for: Local child safeguarding practice review"):
        play.act(PANEL, "list_for_panel", panel="harrowshire", extra=True, on=day_of(play.now))
    for _, ended in list(ended_waits({play.case.ref: play.case}, referred)):
        play.happen(ended)
    play.act(PANEL, "list_for_panel", panel="harrowshire", extra=True, on=day_of(play.now))
    play.act(PANEL, "complete_analysis", **analysing(play))
    assert play.case.is_open("submit_analysis"), "the changed analysis goes to the national database as well"


@pytest.mark.promise("H12")
@pytest.mark.parametrize("by_its_wait", [True, False])
def test_a_referral_says_that_abuse_was_found_wherever_it_came_to_light(*, by_its_wait: bool) -> None:
    play = notified()
    if by_its_wait:
        item = waits(play, "inquest", "panel")
        play.act(COORDINATOR, "review_wait", item=item, outcome="ended", ended_on=day_of(play.now), abuse="yes")
    else:
        play.act(COORDINATOR, "record_finding", source="police", abuse="yes", panel=False, words="w")
    before = play.case
    opening = opens(before, refers(play))
    assert opening
    assert opening.data["abuse_or_neglect"] == "yes"


@pytest.mark.promise("H12")
def test_the_panel_goes_on_once_everything_is_settled_also_where_the_death_was_referred_twice() -> None:
    play = notified()
    drafted(play)
    play.act(COORDINATOR, "record_finding", source="police", abuse="yes", panel=False, words="w")
    refers(play)
    play.act(COORDINATOR, "record_finding", source="inquest", abuse="yes", panel=False, words="w")
    last = refers(play)
    assert stands_still(play, "panel")
    for _, fact in list(ended_waits({play.case.ref: play.case}, last)):
        play.happen(fact)
    assert not stands_still(play, "panel")
    assert not play.case.is_open("wait_review")


@pytest.mark.promise("A6", "H12")
def test_what_has_joined_another_review_stands_still_whatever_is_settled() -> None:
    second = another(notified())
    drafted(second)
    second.act(COORDINATOR, "record_finding", source="police", abuse="yes", panel=False, words="w")
    refers(second)
    last = second.act(COORDINATOR, "decide_duplicate", other="XX-2026-0001", same=True, reason="r")
    assert not list(ended_waits({second.case.ref: second.case}, last))


def stands_still(play: Play, key: str) -> bool:
    return play.case.obligations[key].paused


def refers(play: Play) -> Fact:
    again = day_of(play.now) + timedelta(days=90)
    return play.act(SUBGROUP, "consider_review", outcome="refer", again=again, reasons="r")


@pytest.mark.promise("H2")
def test_what_is_owed_in_days_is_said_at_the_hour_of_messages_and_not_at_midnight() -> None:
    play = notified()
    play.wait(days=20)
    for key in ("key_worker", "request_information"):
        said = [moment for moment, _ in play.said(key) if moment > MONDAY]
        assert said
        assert said == [at(day_of(moment), time(9)) for moment in said]
    due = play.case.obligations["national_database"].due
    assert play.said("national_database")[1] == (due, "child_death_coordinator"), "what is owed in hours, at its hour"


@pytest.mark.promise("A6")
def test_an_agency_that_was_asked_in_a_notification_that_joins_hears_that_it_is_not_owed_and_of_its_undoing() -> None:
    first = notified()
    second = another(first)
    second.act(COORDINATOR, "request_information", agencies=[HOSPITALS])
    second.wait(days=2)
    for same in (True, False):
        second.act(COORDINATOR, "decide_duplicate", other=first.case.ref, same=same, reason="r")
        moved = [one for one in second.notices if one.kind is NoticeKind.MOVED and one.fact == second.case.known]
        assert [(one.obligation, one.agency) for one in moved if one.agency] == [
            (f"agency_return/{HOSPITALS}", HOSPITALS)
        ]
        second.wait(days=3)


@pytest.mark.promise("H1")
def test_a_day_of_death_that_is_not_known_is_the_last_day_of_life_that_is_known_and_is_said_so() -> None:
    found, problems = examined(NotifyDeath, notifying(died_known="no"), MONDAY)
    assert isinstance(found, NotifyDeath)
    assert (found.died_known, problems) == (Known.NO, [])
    last = {"born": str(day_of(MONDAY)), "died": str(day_of(MONDAY)), "died_known": "not_known"}
    assert examined(NotifyDeath, notifying(**last), MONDAY)[1] == []


@pytest.mark.promise("H1")
@pytest.mark.parametrize(("place", "field"), [("abroad", []), ("home", ["died"])])
def test_abroad_it_may_be_tomorrow_already_and_nowhere_else(place: str, field: list[str]) -> None:
    late = at(day_of(MONDAY), time(22))
    tomorrow = day_of(MONDAY) + timedelta(days=1)
    _, problems = examined(NotifyDeath, notifying(died=str(tomorrow), place_of_death=place), late)
    assert [one.field for one in problems] == field


@pytest.mark.promise("H3", "G10")
@pytest.mark.parametrize(
    ("notified_at", "due"),
    [
        (
            datetime(2026, 10, 24, 17, tzinfo=UTC),
            datetime(2026, 10, 26, 17, tzinfo=UTC),
        ),  # six by summer time, then five
        (
            datetime(2027, 3, 27, 18, tzinfo=UTC),
            datetime(2027, 3, 29, 18, tzinfo=UTC),
        ),  # six, then seven by summer time
    ],
)
def test_forty_eight_hours_over_a_change_of_the_clocks_are_forty_eight_hours(
    notified_at: datetime, due: datetime
) -> None:
    play = begun_at(notified_at)
    assert play.case.obligations["national_database"].due == due


@pytest.mark.promise("H14")
def test_a_child_born_and_dead_in_the_night_of_the_change_has_lived_by_the_days_of_the_clock_on_the_wall() -> None:
    autumn = date(2026, 10, 25)
    assert age_band(autumn - timedelta(days=27), autumn) is AgeBand.NEONATAL
    assert age_band(autumn - timedelta(days=28), autumn) is not AgeBand.NEONATAL
    play = begun_at(datetime(2026, 10, 25, 0, 30, tzinfo=UTC), died=str(autumn), born=str(autumn))
    assert day_of(play.case.marks["death_notified"].at) == autumn


@pytest.mark.promise("H7")
def test_what_is_listed_for_a_panel_is_silent_until_its_day_and_speaks_after_it() -> None:
    play = notified()
    drafted(play)
    day = day_of(play.now) + timedelta(days=90)
    play.act(PANEL, "list_for_panel", panel="harrowshire", extra=True, on=day)
    spoken = len(play.said("panel"))
    play.wait(days=90)
    assert len(play.said("panel")) == spoken, "the panel meets later than its six weeks, and that is known"
    play.wait(days=10)
    assert len(play.said("panel")) > spoken, "the day has passed and nothing was recorded"


@pytest.mark.promise("H7")
def test_what_is_taken_off_the_list_of_a_panel_is_owed_as_before() -> None:
    play = notified()
    drafted(play)
    play.act(PANEL, "list_for_panel", panel="harrowshire", extra=True, on=day_of(play.now) + timedelta(days=90))
    play.wait(days=60)
    spoken = len(play.said("panel"))
    play.act(PANEL, "defer_panel", reason="r")
    play.wait(days=5)
    assert len(play.said("panel")) > spoken


@pytest.mark.promise("H6")
def test_a_meeting_that_has_its_day_is_not_asked_for_before_it() -> None:
    play = notified()
    day = day_of(play.now) + timedelta(days=130)
    play.act(DOCTOR, "plan_meeting", on=day)
    play.wait(days=129)
    assert [moment for moment, _ in play.said("meeting") if moment > MONDAY] == []


@pytest.mark.promise("H15")
def test_a_death_goes_to_a_panel_of_its_area_and_one_of_no_area_of_ours_to_any() -> None:
    assert offered(notified(area="lowmarsh").case, "list_for_panel", DIRECTORY)["panels"] == ["lowmarsh", "joint"]
    anywhere = offered(notified(area="not_known").case, "list_for_panel", DIRECTORY)["panels"]
    assert anywhere == ["harrowshire", "lowmarsh", "joint"]


@pytest.mark.promise("H4")
def test_what_is_asked_after_a_yes_is_left_out_where_the_answer_is_another_one() -> None:
    rows = [
        {"question": "asthma/plan", "answer": "no"}, {"question": "asthma/plan/shared", "answer": "yes"},
        {"question": "asthma/damp", "answer": "yes"}, {"question": "asthma/damp/told", "answer": "not_known"},
        {"question": "asthma/preventer"},
    ]  # fmt: skip
    given = ReturnForm.model_validate({"agency": "a", "holds": "something", "summary": "s", "answers": rows})
    assert {one.question: one.answer for one in given.answers} == {
        "asthma/plan": Known.NO, "asthma/damp": Known.YES, "asthma/damp/told": Known.NOT_KNOWN,
        "asthma/preventer": None,
    }  # fmt: skip


# A review that is under way elsewhere


def entering(**more: Any) -> dict[str, Any]:  # noqa: ANN401 -- the answers of a form
    told, today = notifying(), day_of(MONDAY)
    child = {name: told[name] for name in ("name", "sex", "ethnic_group", "area", "place_of_death")}
    days = {"born": today - timedelta(days=900), "died": today - timedelta(days=201)}
    return {**child, **days, "notified_on": today - timedelta(days=200), "reached": "asked", **more}


def entered(**more: Any) -> Play:  # noqa: ANN401 -- the answers of a form
    return fresh("child_death", COORDINATOR, "enter_death", **entering(**more))


def wait_since(days: int, *holds: str, kind: str = "inquest") -> dict[str, Any]:
    today = day_of(MONDAY)
    return {"kind": kind, "since": today - timedelta(days=days), "holds": holds, "review": today + timedelta(days=28)}


@pytest.mark.promise("H13")
@pytest.mark.parametrize(
    ("said", "owed"),
    [
        ({"reached": "notified"}, "immediate_decisions key_worker meeting national_database request_information"),
        ({"reached": "first_steps"}, "meeting request_information"),
        ({"reached": "asked"}, "meeting"),
        ({"reached": "asked", "agencies": [HOSPITALS]}, f"agency_return/{HOSPITALS} meeting"),
        ({"reached": "met", "met_on": 20}, "draft_analysis"),
        ({"reached": "drafted", "drafted_on": 5}, "panel"),
        ({"reached": "asked", "unexplained": True}, "consider_review meeting"),
        ({"reached": "asked", "area": "elsewhere"}, "hand_over meeting"),
    ],
)
def test_of_a_review_that_is_entered_at_a_step_what_comes_next_is_owed_and_nothing_behind_it(
    said: dict[str, Any], owed: str
) -> None:
    days = {name: day_of(MONDAY) - timedelta(days=ago) for name, ago in said.items() if name.endswith("_on")}
    play = entered(**{**said, **days})
    assert " ".join(sorted(one.key for one in play.case.open())) == owed
    assert play.case.marks["death_notified"].at == at(day_of(MONDAY) - timedelta(days=200), time(0))


@pytest.mark.promise("H13", "H5")
def test_what_waited_before_it_was_entered_stands_still_since_then_and_its_time_does_not_count() -> None:
    play = entered(waits=[wait_since(170, "meeting", "panel")])
    (meeting,) = [one for one in play.case.open() if one.block == "meeting"]
    assert meeting.paused
    play.wait(days=10)
    play.act(COORDINATOR, "review_wait", item="w1", outcome="ended", ended_on=day_of(play.now), abuse="no")
    due = play.case.obligations["meeting"].due
    assert due
    assert timedelta(days=58) < due - play.now < timedelta(days=64), "three months, of which thirty days had gone"


@pytest.mark.promise("H13", "H5")
def test_the_panel_of_a_review_that_was_entered_waiting_does_not_begin_to_run_when_its_draft_is_given() -> None:
    play = entered(reached="met", met_on=day_of(MONDAY) - timedelta(days=3), waits=[wait_since(90, "panel")])
    play.act(DOCTOR, "draft_analysis", summary="s")
    assert play.case.obligations["panel"].paused
    with pytest.raises(Refused, match="The panel waits for: Inquest"):
        play.act(PANEL, "list_for_panel", panel="harrowshire", extra=True, on=day_of(play.now))


@pytest.mark.promise("H13")
def test_a_review_that_was_entered_on_the_list_of_a_panel_is_completed_like_any_other() -> None:
    today = day_of(MONDAY)
    play = entered(reached="drafted", drafted_on=today - timedelta(days=5), panel_on=today)
    play.act(PANEL, "complete_analysis", **analysing(play))
    play.act(COORDINATOR, "submit_analysis", sent_at=play.now)
    play.act(COORDINATOR, "log_family_contact", contact="feedback", held_at=play.now)
    assert play.case.closed == play.now


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"died": 10, "notified_on": 11}, "notified_on"),
        ({"notified_on": -1}, "notified_on"),
        ({"born": 10, "died": 11, "notified_on": 9}, "died"),
        ({"reached": "met"}, "met_on"),
        ({"reached": "met", "met_on": 201}, "met_on"),
        ({"reached": "drafted"}, "drafted_on"),
        ({"reached": "first_steps", "agencies": [HOSPITALS]}, "agencies"),
        ({"reached": "drafted", "met_on": 10, "drafted_on": 11}, "drafted_on"),
        ({"reached": "drafted", "drafted_on": 11, "panel_on": 1}, "panel_on"),
        ({"reached": "drafted", "drafted_on": 11, "panel_on": -9, "agencies": [HOSPITALS]}, "panel_on"),
        ({"waits": [wait_since(901, "panel")]}, "waits.0.since"),
        ({"reached": "met", "met_on": 20, "waits": [wait_since(30, "meeting", kind="post_mortem")]}, "waits.0.holds"),
    ],
)
def test_what_cannot_be_of_a_review_that_is_entered_is_said_of_its_answer(said: dict[str, Any], field: str) -> None:
    dates = {name: day_of(MONDAY) - timedelta(days=ago) for name, ago in said.items() if isinstance(ago, int)}
    command, _ = examined(EnterDeath, {**entering(), **said, **dates}, MONDAY)
    assert command
    assert [one.field for one in command.impossible(MONDAY)] == [field]


@pytest.mark.promise("H15")
def test_where_the_child_lived_is_amended_and_the_hand_over_is_owed_or_not_with_it() -> None:
    play = notified()
    amending = {name: value for name, value in notifying().items() if name in AmendDeath.model_fields}
    play.act(COORDINATOR, "amend_death", **{**amending, "area": "elsewhere", "reason": "r"})
    assert play.case.is_open("hand_over")
    play.act(COORDINATOR, "amend_death", **{**amending, "area": "lowmarsh", "reason": "r"})
    assert not play.case.is_open("hand_over")
    with pytest.raises(Refused, match="an area of ours"):
        play.act(COORDINATOR, "hand_over", area="Another county")


@pytest.mark.promise("H7")
def test_what_is_listed_is_deferred_with_a_reason_before_it_is_listed_anew_or_by_another_area() -> None:
    play = notified()
    listed(play)
    with pytest.raises(Refused, match="Defer it first, with the reason"):
        play.act(PANEL, "list_for_panel", panel="joint", extra=True, on=day_of(play.now))
    amending = {name: value for name, value in notifying().items() if name in AmendDeath.model_fields}
    with pytest.raises(Refused, match="panel of another area"):
        play.act(COORDINATOR, "amend_death", **{**amending, "area": "lowmarsh", "reason": "r"})


@pytest.mark.promise("H15")
def test_what_the_panel_here_has_reviewed_is_not_handed_over_nor_twice() -> None:
    play = notified(area="not_known")
    listed(play)
    play.act(PANEL, "complete_analysis", **analysing(play))
    with pytest.raises(Refused, match="The panel here has reviewed this death"):
        play.act(COORDINATOR, "hand_over", area="Another county")
    other = notified(area="elsewhere")
    other.act(COORDINATOR, "hand_over", area="Another county")
    with pytest.raises(Refused, match="It has been handed over"):
        other.act(COORDINATOR, "hand_over", area="Another county")


@pytest.mark.promise("H5")
def test_a_wait_does_not_end_before_it_began() -> None:
    play = notified()
    item = waits(play, "inquest", "panel")
    before = day_of(play.now) - timedelta(days=1)
    with pytest.raises(Refused, match="before it began"):
        play.act(COORDINATOR, "review_wait", item=item, outcome="ended", ended_on=before, abuse="no")


@pytest.mark.promise("H7")
def test_only_who_sat_can_have_left() -> None:
    play = notified()
    listed(play)
    answers = analysing(play, seats=["police"], left=["panel_chair"], interests="i")
    with pytest.raises(Refused, match="Only who sat"):
        play.act(PANEL, "complete_analysis", **answers)


def panels() -> dict[str, Panel]:
    deaths = shelf.policy(POLICY_NAME).child_deaths
    assert deaths
    return deaths.panels


def _sunday(after: date) -> date:
    return after + timedelta(days=6 - after.weekday())


@pytest.mark.promise("H7")
def test_a_death_is_listed_for_one_of_the_days_of_its_panel_or_an_extra_meeting_is_meant() -> None:
    play = notified()
    drafted(play)
    first, second = islice(meetings(panels()["harrowshire"], day_of(play.now), shelf.days(CALENDAR_NAME)), 2)
    with pytest.raises(Refused, match=rf"meets next on \w+ {first.day} .* and \w+ {second.day} .* an extra meeting"):
        play.act(PANEL, "list_for_panel", panel="harrowshire", on=first - timedelta(days=1))
    play.act(PANEL, "list_for_panel", panel="harrowshire", on=first)
    play.act(PANEL, "defer_panel", reason="r")
    play.act(PANEL, "list_for_panel", panel="harrowshire", on=first + timedelta(days=1), extra=True)


@pytest.mark.promise("H7")
def test_a_panel_met_on_the_day_for_which_it_was_listed_or_it_is_said_that_it_moved() -> None:
    play = notified()
    drafted(play)
    play.act(PANEL, "list_for_panel", panel="harrowshire", on=day_of(play.now) + timedelta(days=7), extra=True)
    with pytest.raises(Refused, match=r"It is on the list for .* Check the day, or tick"):
        play.act(PANEL, "complete_analysis", **analysing(play))
    play.act(PANEL, "complete_analysis", **analysing(play, moved=True))
    assert play.case.marks["panel_reviewed"].at == play.now


@pytest.mark.promise("H7")
@pytest.mark.parametrize("panel", ["lowmarsh", "joint"])
@pytest.mark.parametrize("area", ["lowmarsh", "elsewhere"])
def test_what_is_entered_as_listed_is_on_the_list_of_the_panel_that_meets_on_that_day(area: str, panel: str) -> None:
    today = day_of(MONDAY)
    on = next(meetings(panels()[panel], today, shelf.days(CALENDAR_NAME)))
    assert entered(area=area, reached="drafted", drafted_on=today, panel_on=on).case.said["panel"] == panel


@pytest.mark.promise("H7")
def test_what_is_entered_as_listed_for_a_day_on_which_no_panel_meets_is_on_the_list_of_the_first() -> None:
    today = day_of(MONDAY)
    case = entered(area="lowmarsh", reached="drafted", drafted_on=today, panel_on=_sunday(today)).case
    assert case.said["panel"] == "lowmarsh"


def opening(kind: str, since: str) -> OpenWait:
    return OpenWait.model_validate({"kind": kind, "since": since, "holds": ["panel"], "review": "2026-06-01"})


NAMED = {"name": "Alba O’Brien-Lee Jo", "nhs_number": "943 476 5919"}


@pytest.mark.promise("H8")
@pytest.mark.parametrize(
    ("summary", "field"),
    [
        ("Alba was loved.", "no_name"),
        ("The girl (ALBA) was loved.", "no_name"),
        ("The family Brien were visited.", "no_name"),
        ("Her number is 943 476 5919.", "summary"),
        ("Her number is 9434765919.", "summary"),
        ("Her number is 943.476.5919.", "summary"),
        ("Her number is 943\n476\u00ad5919.", "summary"),
        ("See CD-2026-0001.", "summary"),
        ("See cd 2026/0001.", "summary"),
        ("Al\u00adba was loved.", "no_name"),
        ("ÁLBA was loved.", "no_name"),
        ("An albatross flew; Jo-Jo is too short a word.", ""),
        ("A girl of one year, found in the morning; 943 and 476 were counted.", ""),
    ],
)
def test_what_is_drafted_for_the_panel_names_neither_child_nor_number_nor_case(summary: str, field: str) -> None:
    found = against(DraftAnalysis(summary=summary), [NAMED], None, MONDAY)
    assert [one.field for one in found] == ([field] if field else [])


@pytest.mark.promise("H8")
def test_an_ordinary_word_that_is_also_in_the_name_passes_if_it_is_said_to_be_one_and_a_number_never() -> None:
    name = {"name": "Alba White", "nhs_number": "943 476 5919"}
    assert against(DraftAnalysis(summary="A White British girl."), [name], None, MONDAY)
    assert not against(DraftAnalysis(summary="A White British girl.", no_name=True), [name], None, MONDAY)
    assert against(DraftAnalysis(summary="A girl, 943 476 5919.", no_name=True), [name], None, MONDAY)


@pytest.mark.promise("H1")
def test_a_death_is_not_amended_to_a_day_after_its_notification_but_one_abroad_to_the_next() -> None:
    told = at(date(2026, 3, 3), time(12))

    def amended(died: int, place: str) -> list[str]:
        days = {"born": date(2025, 1, 1), "died": date(2026, 3, died)}
        same = {name: said for name, said in notifying().items() if name in AmendDeath.model_fields}
        command = AmendDeath.model_validate({**same, **days, "place_of_death": place, "reason": "r"})
        return [one.field for one in against(command, [], told, MONDAY)]

    assert amended(3, "home") == amended(4, "abroad") == []
    assert amended(4, "home") == amended(5, "abroad") == ["died"]


DIED = {"name": "A", "born": "2026-02-01", "died": "2026-03-01"}


@pytest.mark.promise("H2")
@pytest.mark.parametrize(
    ("command", "field"),
    [
        (RecordDatabaseNotification(sent_at=at(date(2026, 2, 28), time(10)), late="x"), "sent_at"),
        (RecordDatabaseNotification(sent_at=at(date(2026, 3, 1), time(10)), late="x"), ""),
        (RecordJointResponse(held_at=at(date(2026, 2, 28), time(10)), late="x", words="w"), "held_at"),
        (Correct(mark="death_notified", at=at(date(2026, 2, 28), time(10)), reason="r"), "at"),
        (opening("inquest", "2026-02-28"), "since"),
        (opening("inquest", "2026-03-01"), ""),
        (opening("police", "2026-02-02"), ""),
        (opening("police", "2026-01-31"), "since"),
    ],
)
def test_nothing_of_the_review_of_a_death_was_before_the_child_died(command: Command, field: str) -> None:
    found = against(command, [DIED], at(date(2026, 3, 2), time(10)), MONDAY)
    assert [one.field for one in found] == ([field] if field else [])


@pytest.mark.promise("H1")
def test_who_died_on_a_later_day_than_that_of_the_birth_was_born_alive() -> None:
    today = day_of(MONDAY)
    said = {"born": today - timedelta(days=3), "died": today - timedelta(days=1), "showed_life": "no", "attended": "no"}
    command, _ = examined(NotifyDeath, notifying(**said), MONDAY)
    assert command
    assert [one.field for one in command.impossible(MONDAY)] == ["showed_life"]


@pytest.mark.promise("H7")
def test_after_a_panel_without_its_quorum_nothing_is_silent_or_promised_any_more() -> None:
    play = notified()
    drafted(play)
    play.act(PANEL, "list_for_panel", panel="harrowshire", extra=True, on=day_of(play.now) + timedelta(days=90))
    (panel,) = [one for one in play.case.open() if one.block == "panel"]
    assert panel.live_promise(play.now)
    play.act(PANEL, "complete_analysis", **analysing(play, seats=["panel_chair"], moved=True))
    assert play.case.obligations[panel.key].live_promise(play.now) is None
    spoken = len(play.said("panel"))
    play.wait(days=80)
    assert len(play.said("panel")) > spoken, "it is owed as before it was listed"


@pytest.mark.promise("H12")
def test_the_referral_of_a_death_says_of_the_other_children_what_is_known_of_them() -> None:
    play = notified(others="yes", siblings_safe="no")
    play.act(COORDINATOR, "record_immediate_decisions", **deciding("sudden", others="yes", siblings_safe="not_known"))
    before = play.case
    fact = play.act(SUBGROUP, "consider_review", outcome="refer", again=day_of(play.now), reasons="r")
    opening_ = opens(before, fact)
    assert opening_
    assert (opening_.data["others"], opening_.data["siblings_safe"]) == ("yes", "not_known")


@pytest.mark.promise("H5")
def test_one_inquest_is_awaited_at_a_time_and_the_wait_for_a_practice_review_ends_by_itself_alone() -> None:
    play = notified()
    waits(play, "inquest", "panel")
    with pytest.raises(Refused, match="waits for this already"):
        waits(play, "inquest", "panel")
    waits(play, "police", "panel")
    waits(play, "police", "panel")
    play.act(COORDINATOR, "record_immediate_decisions", **deciding("sudden"))
    fact = play.act(SUBGROUP, "consider_review", outcome="refer", again=day_of(play.now), reasons="r")
    ended = {"outcome": "ended", "ended_on": day_of(play.now), "abuse": "no"}
    with pytest.raises(Refused, match="ends by itself"):
        play.act(COORDINATOR, "review_wait", item=fact.data["wait"], **ended)
