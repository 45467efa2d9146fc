"""A command names only what there is, and answers every row that it has to answer, whoever sends it by which door."""

from typing import Any

import pytest

from models.command import split
from models.lifecycles import COMMANDS
from models.offered import misnamed, texts
from models.rights import MAY, Actor
from portal.rows import rows_for
from tests.support.core import (
    DIRECTORY,
    MONDAY,
    Play,
    asked,
    decision_answers,
    meeting_answers,
    referral,
    triage_answers,
)
from tests.support.house import PARTNERS, route_of

CRITERIA = ("improvements", "recurrent_themes", "working_together", "panel_concluded")
TEXTS = {one.id: one.text for one in texts(asked().case, "decide")["review_criteria"].criteria}


def found(play: Play, kind: str, **answers: Any) -> list[tuple[str, str]]:  # noqa: ANN401 -- the answers of a form
    model = COMMANDS[play.case.kind][kind]
    plain, _ = split(model.model_validate(answers))
    return [(one.field, one.words) for one in misnamed(model, play.case, plain, DIRECTORY)]


def fields(play: Play, kind: str, **answers: Any) -> list[str]:  # noqa: ANN401 -- the answers of a form
    return [field for field, _ in found(play, kind, **answers)]


def decision(**more: Any) -> dict[str, Any]:  # noqa: ANN401 -- the answers of a form
    return {**decision_answers("no_further_review", MONDAY), **more}


def criteria(*names: str) -> list[dict[str, str]]:
    return [{"criterion": one, "met": "no", "reason": "Looked at."} for one in names]


@pytest.mark.promise("B7")
def test_a_decision_that_answers_every_criterion_for_every_partner_is_taken() -> None:
    assert found(asked(), "decide", **decision()) == []


@pytest.mark.promise("B7")
@pytest.mark.parametrize("left_out", CRITERIA)
def test_a_decision_that_leaves_out_a_criterion_is_refused(left_out: str) -> None:
    rest = criteria(*[one for one in CRITERIA if one != left_out])
    assert found(asked(), "decide", **decision(criteria=rest)) == [
        ("criteria", f"An answer is missing for “{TEXTS[left_out]}” ({left_out}).")
    ]


@pytest.mark.promise("B7")
@pytest.mark.parametrize("left_out", PARTNERS)
def test_a_decision_without_the_position_of_a_partner_is_refused(left_out: str) -> None:
    rest = [{"partner": one, "position": "agrees"} for one in PARTNERS if one != left_out]
    assert fields(asked(), "decide", **decision(positions=rest)) == ["positions"]


@pytest.mark.promise("B7")
def test_a_criterion_that_is_answered_twice_or_is_of_another_text_is_refused() -> None:
    twice = criteria(*CRITERIA, CRITERIA[0])
    assert fields(asked(), "decide", **decision(criteria=twice)) == ["criteria.4.criterion"]
    strange = criteria(*CRITERIA, "harmed_and_concern")
    assert fields(asked(), "decide", **decision(criteria=strange)) == ["criteria.4.criterion"]


@pytest.mark.promise("B7", "A7")
def test_a_decision_against_a_text_that_was_not_in_force_is_refused() -> None:
    old = decision(criteria_set="serious_case_review_2006")
    assert fields(asked(), "decide", **old) == ["criteria_set"]
    assert fields(referral(), "triage", **{**triage_answers(), "criteria_set": "practice_review_reg11"}) == [
        "criteria_set"
    ]


@pytest.mark.promise("A7")
def test_a_triage_leaves_out_no_criterion_and_no_child() -> None:
    assert found(referral(), "triage", **triage_answers()) == []
    answers = triage_answers()
    answers["children"][0]["criteria"] = answers["children"][0]["criteria"][1:]
    assert fields(referral(), "triage", **answers) == ["children.0.criteria"]
    assert fields(referral(), "triage", **triage_answers(children=2)) == ["children.1.child"]


def test_what_guidance_asks_to_regard_may_stay_unanswered_but_not_be_made_up() -> None:
    some = [{"criterion": "several_areas", "applies": "yes", "words": "They moved in spring."}]
    assert found(asked(), "decide", **decision(regarded=some)) == []
    assert fields(asked(), "decide", **decision(regarded=[{"criterion": "the_weather"}])) == ["regarded.0.criterion"]


@pytest.mark.promise("B2", "B10", "K4")
@pytest.mark.parametrize(
    ("kind", "answers", "field"),
    [
        ("request_information", {"agencies": ["harrowshire-police", "nowhere"]}, "agencies"),
        ("record_meeting", {**meeting_answers(MONDAY), "seats": ["the_throne"]}, "seats"),
        ("record_meeting", {**meeting_answers(MONDAY), "agencies": ["nowhere"]}, "agencies"),
        ("lock_out", {"person": "p-999", "locked": True, "reason": "r"}, "person"),
        ("let_in", {"person": "p-999", "until": "2026-12-01", "reason": "r"}, "person"),
    ],
)
def test_what_is_not_there_cannot_be_named(kind: str, answers: dict[str, Any], field: str) -> None:
    assert fields(asked(), kind, **answers) == [field]


def test_what_is_not_there_is_quoted_so_that_none_reads_as_a_name() -> None:
    recommended = {
        "text": "-", "agency": "none", "owner": "p-004", "by": "2031-01-01", "measures": [{"measure": "-"}],
    }  # fmt: skip
    assert found(asked(), "recommend", **recommended) == [
        ("agency", "“none” is not offered here. Choose from what is.")
    ]
    twice = criteria(*CRITERIA, "weather", "none")
    assert [words for _, words in found(asked(), "decide", **decision(criteria=twice))] == [
        "“weather” is not offered here. Choose from what is.", "“none” is not offered here. Choose from what is.",
    ]  # fmt: skip


@pytest.mark.promise("A4")
def test_a_review_of_its_own_is_given_only_to_an_agency_that_there_is() -> None:
    answers = triage_answers("single_agency_review")
    answers["children"][0] |= route_of("single_agency_review", agency="nowhere")
    assert fields(referral(), "triage", **answers) == ["children.0.agency"]


@pytest.mark.promise("K4")
def test_the_last_who_can_take_it_back_is_not_locked_out() -> None:
    play, keepers = asked(), ["p-022", "p-019", "p-021", "p-018"]
    assert {one.person for one in DIRECTORY.holdings if one.office in MAY["lock_out"]} <= set(keepers)
    for person in keepers[:-1]:
        play.act("p-018", "lock_out", person=person, locked=True, reason="r")
    last = {"person": "p-018", "locked": True, "sure": True, "reason": "r"}
    assert fields(play, "lock_out", **last) == ["person"]
    play.act("p-018", "lock_out", person="p-021", locked=False, reason="r")
    assert fields(play, "lock_out", **last) == []


@pytest.mark.promise("K4")
def test_whoever_has_left_the_directory_can_still_be_let_go() -> None:
    play = asked()
    play.act("p-018", "lock_out", person="p-004", locked=True, reason="r")
    left = DIRECTORY.model_copy(update={"people": {n: one for n, one in DIRECTORY.people.items() if n != "p-004"}})
    model = COMMANDS["rapid_review"]["lock_out"]
    assert misnamed(model, play.case, {"person": "p-004", "locked": False}, left) == []
    assert [one.field for one in misnamed(model, play.case, {"person": "p-999", "locked": False}, left)] == ["person"]
    rows = rows_for(play.case, "lock_out", left, Actor(person="p-018"), [])
    assert ("p-004", "p-004", "") in rows["people"], "and their page offers it"


@pytest.mark.promise("K2")
def test_of_a_recommendation_that_is_not_there_nothing_else_is_said() -> None:
    evidence = {"item": "r77", "measure": "m1", "shows": "delivery", "words": "-"}
    assert found(asked(), "give_evidence", **evidence) == [("item", "There is no such recommendation in this case.")]
