"""What a meeting of the sub-group has to look at, case by case: the pure part."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from models.agenda import Agenda, Period, agenda_of, concerned, outgrown, period, together
from models.time import day_of
from tests.models.test_practice_review import under_way
from tests.models.test_recommending import HOSPITAL, HOSPITAL_LEAD, HOSPITALS, closed, given, made, proven, pursued
from tests.support.core import CHAIR, DIRECTORY, MANAGER, MONDAY, POLICY, Play, asked, referral, review

POLICE, SUBGROUP = "p-005", "p-020"


def agenda(play: Play, person: str = MANAGER, since: date | None = None, days: int = 0) -> Agenda:
    of = Period(since=since, until=day_of(play.now) + timedelta(days=days))
    return agenda_of(play.case, play.facts, play.actor(person), DIRECTORY, of, play.now)


MEETINGS = [date(2027, 3, 4), date(2027, 1, 21)]


@pytest.mark.parametrize(
    ("today", "until", "since", "end"),
    [
        (date(2027, 2, 1), None, date(2027, 1, 21), date(2027, 3, 4)),
        (date(2027, 3, 4), None, date(2027, 1, 21), date(2027, 3, 4)),
        (date(2027, 1, 1), None, None, date(2027, 1, 21)),
        (date(2027, 3, 5), None, date(2027, 3, 4), date(2027, 3, 5)),
        (date(2027, 1, 10), date(2027, 3, 4), None, date(2027, 3, 4)),
        (date(2027, 3, 5), date(2027, 4, 1), date(2027, 3, 4), date(2027, 4, 1)),
    ],
)
def test_a_pack_reaches_from_the_last_meeting_that_was_held_to_the_next(
    today: date, until: date | None, since: date | None, end: date
) -> None:
    assert period(MEETINGS, today, until) == Period(since=since, until=end)


def test_what_came_on_the_day_of_the_last_meeting_is_new_and_what_came_before_is_not() -> None:
    play = referral()
    assert [one.ref for one in agenda(play, since=day_of(MONDAY)).referrals] == ["LR-2026-0001"]
    assert agenda(play, since=day_of(MONDAY) + timedelta(days=1)).referrals == ()
    assert agenda(play).referrals[0].event == "A child has been seriously harmed"
    assert [one.ref for one in agenda(review()).rapid_reviews] == ["RR-2026-0001"]


def test_without_a_meeting_a_review_is_new_while_it_is_under_way_and_not_while_only_its_recommendations_are() -> None:
    play = pursued()
    assert [one.ref for one in agenda(play).rapid_reviews] == ["RR-2026-0001"]
    over = {key: one for key, one in play.case.obligations.items() if one.item}
    play.case = play.case.model_copy(update={"obligations": over})
    assert agenda(play).rapid_reviews == ()
    assert [one.ref for one in agenda(play, since=day_of(MONDAY)).rapid_reviews] == ["RR-2026-0001"]


def test_a_decision_that_waits_is_told_and_what_has_a_part_of_its_own_is_not_told_twice() -> None:
    assert [one.title for one in agenda(referral()).decisions] == ["Triage the referral"]
    play = pursued()
    given(play, "delivery")
    assert [one.key for one in agenda(play).decisions if one.item] == []
    rejected = made()
    rejected.act(HOSPITAL_LEAD, "answer_recommendation", item="r1", answer="rejects", words="It is done already.")
    assert [one.item for one in agenda(rejected).decisions if one.item] == ["r1"]


@pytest.mark.promise("E6")
def test_a_recommendation_for_closure_comes_with_each_measure_each_piece_and_who_gave_and_accepted_it() -> None:
    play = proven(measures=[{"measure": "One.", "baseline": "-"}, {"measure": "Two.", "baseline": "-"}])
    (one,) = agenda(play).closures
    assert [measure.name for measure in one.measures] == ["m1", "m2"]
    pieces = [piece for measure in one.measures for piece in measure.pieces]
    assert [(piece.name, piece.kind, piece.by, piece.accepted_by) for piece in pieces] == [
        ("e1", "delivery", HOSPITAL, SUBGROUP), ("e3", "impact", HOSPITAL, SUBGROUP),
        ("e2", "delivery", HOSPITAL, SUBGROUP), ("e4", "impact", HOSPITAL, SUBGROUP),
    ]  # fmt: skip
    assert agenda(play).evidence == ()
    assert agenda(closed()).closures == ()


def test_evidence_that_was_returned_is_not_among_what_waits() -> None:
    play = pursued()
    given(play, "delivery")
    assert [piece.name for one in agenda(play).evidence for piece in one.measures[0].pieces] == ["e1"]
    play.act(SUBGROUP, "return_evidence", item="r1", evidence="e1", reason="Not dated.")
    given(play, "delivery")
    assert [piece.name for one in agenda(play).evidence for piece in one.measures[0].pieces] == ["e2"]


@pytest.mark.promise("F3")
def test_an_overdue_recommendation_stands_once_with_all_that_is_late_and_everybody_who_was_told() -> None:
    play = pursued()
    play.act(HOSPITAL, "give_progress", item="r1", forecast="at_risk", words="-")
    assert agenda(play).overdue == ()
    play.until(MONDAY + timedelta(days=240))
    (one,) = agenda(play).overdue
    assert (one.ref, one.item, one.agency) == ("RR-2026-0001", "r1", HOSPITALS)
    assert {late.key for late in one.late} == {"deliver/r1", "progress/r1#2"}
    heard = sorted((who.at, who.office) for late in one.late for who in late.heard)
    said = [(at, POLICY.titled(office)) for late in one.late for at, office in play.said(late.key)]
    assert heard == sorted(said)
    assert outgrown(play.case, play.now)
    assert one.rung
    assert one.rung.office == "Independent chair"
    assert one.forecast == "It may not be done in time"
    assert concerned(play.case, play.now) == {"r1"}


@pytest.mark.promise("E7")
def test_a_test_of_impact_is_told_once_it_is_due_by_the_meeting() -> None:
    play = closed()
    due = next(one.due for one in play.case.open() if one.block == "retest")
    assert due
    days = (day_of(due) - day_of(play.now)).days
    assert agenda(play, days=days - 1).retests == ()
    assert [one.item for one in agenda(play, days=days).retests] == ["r1"]


@pytest.mark.promise("C5")
def test_a_practice_review_is_told_until_it_ends() -> None:
    play = under_way()
    assert [one.ref for one in agenda(play).reviews] == ["PR-2026-0001"]
    play.act(CHAIR, "discontinue", reason="The decision was changed.")
    assert agenda(play).reviews == ()


@pytest.mark.promise("K3")
def test_an_agency_reads_of_its_own_recommendations_and_of_nothing_else() -> None:
    play = proven()
    play.until(MONDAY + timedelta(days=1))
    theirs, others = agenda(play, HOSPITAL), agenda(play, POLICE)
    assert [one.item for one in theirs.closures] == ["r1"]
    assert not theirs.rapid_reviews
    assert not theirs.decisions
    assert others == Agenda()


@pytest.mark.promise("K4")
@pytest.mark.parametrize(
    ("kind", "answers", "words"),
    [
        ("restrict", {"restricted": True, "reason": "-"}, "restricted to named people"),
        ("lock_out", {"person": "p-006", "locked": True, "reason": "-"}, "somebody is kept out of it"),
    ],
)
def test_a_case_that_not_everybody_may_know_is_marked(kind: str, answers: dict[str, object], words: str) -> None:
    play = asked()
    assert agenda(play).guarded == {}
    play.act(MANAGER, kind, **answers)
    assert agenda(play).guarded == {play.case.ref: words}
    assert agenda(play, SUBGROUP).guarded == ({} if kind == "restrict" else {play.case.ref: words})


def test_the_cases_are_put_in_order_overdue_by_agency_and_what_waited_longest_first() -> None:
    def late(make: Callable[[], Play], days: int) -> Agenda:
        play = make()
        play.now = MONDAY + timedelta(days=days)
        return agenda(play)

    police = late(lambda: pursued(agency="harrowshire-police"), 200)
    hospitals = late(pursued, 200)
    every = together([police, hospitals])
    assert [one.agency for one in every.overdue] == [HOSPITALS, "harrowshire-police"]
    assert len(every.rapid_reviews) == 2


def test_the_pack_has_the_last_word_that_came_with_an_earlier_recommendation() -> None:
    play = asked()
    said = {"text": "T.", "agency": HOSPITALS, "state": "open", "by": day_of(MONDAY) + timedelta(days=30)}
    fact = play.act(MANAGER, "enter_recommendation", **said)
    fact.data["progress"] = "Half of it is written."  # as the record reads it, with the words beside it
    play.until(MONDAY + timedelta(days=60))
    (one,) = (one for one in agenda(play).overdue if one.item)
    assert (one.forecast, one.last_words) == ("", "Half of it is written.")
    play.act(HOSPITAL_LEAD, "give_evidence", item="r1", measure="m1", shows="delivery", words="W.")
    assert [measure.words for measure in agenda(play).evidence[0].measures] == ["No measure was named."]


def test_an_overdue_recommendation_that_is_disputed_is_marked_as_such() -> None:
    play = pursued()
    play.until(MONDAY + timedelta(days=240))
    assert not any(late.disputed for late in agenda(play).overdue[0].late)
    play.act(HOSPITAL, "dispute", obligation="deliver/r1", ground="done", words="It was done.")
    (late,) = (late for late in agenda(play).overdue[0].late if late.key == "deliver/r1")
    assert late.disputed
