"""The plan of a practice review: each milestone with its day, its state and its days, and the early warning."""

from datetime import date, timedelta

import pytest

from models.agenda import Period, agenda_of
from models.lifecycles import LIFECYCLES
from models.plan import Milestone, Publication, Stands, milestones, publication
from models.time import day_of
from portal.reviews import COLUMNS, review
from records.publication import Published
from tests.models.test_practice_review import (
    COUNCIL,
    POLICE_AGENCY,
    RECIPIENTS,
    commissioned,
    decided,
    entered,
    publishing,
    under_way,
)
from tests.support.core import CHAIR, MANAGER, MONDAY, Play, Refused

REPORT = f"agency_return/{POLICE_AGENCY}"


def plan(play: Play) -> dict[str, Milestone]:
    return {one.key: one for one in milestones(play.case, play.facts, play.now)}


def warned(play: Play) -> Publication:
    return publication(play.case, list(plan(play).values()), play.facts, play.now)


def suspended(play: Play, *keys: str, days: int = 60) -> None:
    play.act(MANAGER, "link_proceeding", proceeding="criminal", status="open", words="The police lead.")
    play.act(
        CHAIR, "suspend_milestones", item="p1", milestones=list(keys), review=day_of(play.now) + timedelta(days=days),
        authority="The senior investigating officer.", reason="Witnesses.",
    )  # fmt: skip


@pytest.mark.promise("C3")
def test_the_plan_stands_in_the_order_of_the_guidance_and_names_what_is_still_to_come() -> None:
    found = plan(commissioned())
    assert list(found) == [
        "commission", "appoint_reviewer", "agency_return", "practitioner_event", "family_contribution", "draft_report",
        "partners_sign_off", "publication",
    ]  # fmt: skip
    assert found["commission"].stands is Stands.DONE
    assert found["agency_return"].stands is Stands.TO_COME
    assert found["agency_return"].due == date(2026, 12, 28)
    assert plan(under_way())[REPORT].due == date(2026, 12, 28)


@pytest.mark.promise("C7")
def test_a_milestone_says_how_many_of_its_days_are_used_and_how_many_it_waited_for_which_proceedings() -> None:
    play = under_way()
    play.now = MONDAY + timedelta(days=12)
    suspended(play, REPORT)
    play.now += timedelta(days=39)
    one = plan(play)[REPORT]
    assert one.stands is Stands.SUSPENDED
    assert one.due is None
    assert one.clock == "11 of 56 days used, 40 days suspended for criminal investigation or trial"
    play.act(CHAIR, "review_milestones", item="p1", outcome="lift", reason="The trial is over.")
    after = plan(play)[REPORT]
    assert (after.used, after.suspended, after.stands) == (11, 40, Stands.LATER)
    assert after.due == date(2026, 12, 28) + timedelta(days=40)
    assert after.later == 40
    assert plan(play)["draft_report"].suspended == 0


@pytest.mark.promise("C5")
def test_the_publication_is_at_risk_as_soon_as_a_milestone_is_and_says_which() -> None:
    play = under_way()
    assert not warned(play).at_risk
    assert warned(play).due == date(2027, 5, 2)
    assert warned(play).weeks_left(play.now) == 25
    suspended(play, "practitioner_event")
    assert [(one.key, one.risk) for one in warned(play).late] == [("practitioner_event", "suspended")]
    play.now += timedelta(days=10)
    play.act(CHAIR, "review_milestones", item="p1", outcome="lift", reason="It is over.")
    assert [one.risk for one in warned(play).late] == ["11 days later than planned"]
    assert not warned(play).is_late(play.now)


@pytest.mark.promise("C5")
def test_a_check_that_sees_a_delay_is_a_risk_until_a_later_check_sees_none() -> None:
    play = under_way()
    play.act(MANAGER, "check_review", pace="at_risk", quality="good", words="-")
    assert warned(play).risks == ("It may not be published in time, as the last check says",)
    play.act(MANAGER, "check_review", pace="on_track", quality="good", words="-")
    assert warned(play).risks == ()


@pytest.mark.promise("C5")
def test_a_publication_that_is_expected_after_its_last_day_is_late_and_one_that_is_settled_is_not() -> None:
    play = under_way()
    play.act(MANAGER, "foresee_delay", expected=date(2027, 5, 3), because="review", words="-")
    assert warned(play).is_late(play.now)
    assert "It is expected after its last day" in warned(play).risks
    play.act(MANAGER, "explain_delay", sent_at=play.now, recipients=RECIPIENTS, words="-")
    play.act(CHAIR, "discontinue", reason="The decision was changed.")
    assert warned(play).settled == day_of(play.now)
    assert not warned(play).is_late(play.now)
    assert warned(play).risks == ()


@pytest.mark.promise("C5")
def test_a_publication_that_is_later_than_planned_is_itself_at_risk() -> None:
    play = under_way()
    play.wait(days=1)
    suspended(play, "publication")
    play.act(CHAIR, "review_milestones", item="p1", outcome="lift", reason="It is over.")
    assert plan(play)["publication"].stands is Stands.LATER
    assert [one.key for one in warned(play).late] == ["publication"]


@pytest.mark.promise("C13")
@pytest.mark.parametrize(
    ("reached", "words"), [("published", "Published"), ("withheld", "Not published, with reasons")]
)
@pytest.mark.parametrize("on", ["2023-05-04", None])
def test_a_review_that_was_entered_when_it_was_over_says_what_became_of_its_report_and_never_a_day_that_nobody_knows(
    reached: str, words: str, on: str | None
) -> None:
    play = entered(reached, settled_on=on)
    found, day = warned(play), date.fromisoformat(on) if on else None
    assert (found.is_settled, found.settled, found.words) == (True, day, words)
    decided_ = LIFECYCLES["practice_review"].decided(play.case)
    assert (decided_ and day_of(decided_[1])) == day
    play.act(
        MANAGER, "enter_recommendation", text="-", agency=COUNCIL, measures=[], state="open", due="2024-01-01",
        by="2027-02-01",
    )  # fmt: skip
    pack = agenda_of(
        play.case, play.facts, play.actor(MANAGER), play.directory, Period(since=None, until=day_of(play.now)), play.now
    )
    assert play.case.open(), "what it recommended is pursued"
    assert pack.reviews == (), "but it runs no more"
    line = review(Published(play.case, "", "", ""), play.directory)
    assert (line.state, line.settled, line.decided) == (reached, day, day)
    assert line.row()[COLUMNS.index("Settled")] == (day or "Day not known")


@pytest.mark.promise("C13")
@pytest.mark.parametrize("on", ["2022-05-04", None])
def test_nothing_is_claimed_of_the_publication_of_a_review_of_which_nobody_said_whether_it_was_published(
    on: str | None,
) -> None:
    play = entered("over", decided_on=on, reasons="")
    found = warned(play)
    assert play.case.closed, "nothing is owed of it"
    assert (found.is_settled, found.is_known, found.settled) == (True, False, None)
    assert found.words == "Whether it was published is not known"
    assert LIFECYCLES["practice_review"].decided(play.case) is None
    line = review(Published(play.case, "", "", ""), play.directory)
    assert (line.words, line.settled, line.decided) == ("Not known", None, date.fromisoformat(on) if on else None)
    assert line.row()[COLUMNS.index("Settled")] == ""
    play.act(
        MANAGER, "enter_recommendation", text="-", agency=COUNCIL, measures=[], state="open", due="2024-01-01",
        by="2027-02-01",
    )  # fmt: skip
    with pytest.raises(Refused, match="settled already"):
        play.act(MANAGER, "publish", **publishing(play))


def test_a_day_late_is_overdue_and_no_milestone_is_lost_before_it_is_commissioned() -> None:
    play = decided()
    assert list(plan(play)) == ["commission", "appoint_reviewer", "publication"]
    play.now = MONDAY + timedelta(days=29)
    assert plan(play)["commission"].stands is Stands.OVERDUE
    assert plan(play)["commission"].clock == "21 of 20 working days used"
