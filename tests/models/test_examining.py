"""What cannot be read and what cannot be are named at once, whichever answers are wrong, and each of them once."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.command import Command
from models.examining import ROWS, as_far_as_read, examined
from models.rapid_review import Decide, RecordMeeting, SubmitReturn
from models.referral import SubmitReferral, Triage
from tests.models.test_command import EVERY, KINDS, answers_to
from tests.support.core import MONDAY, decision_answers, referral_answers, triage_answers

pytestmark = pytest.mark.promise("A3", "J3")

LATER = "2026-11-30"
BEFORE = "Nobody can become aware before it happened. Check both dates."


def named(model: type[Command], answers: dict[str, Any]) -> dict[str, str]:
    """What is wrong, by its field. Fails if two problems stand beside one field."""
    command, found = examined(model, answers, MONDAY)
    fields = [one.field for one in found]
    assert len(fields) == len(set(fields)), fields
    assert command is None
    return {one.field: one.words for one in found}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"narrative": "Found\x07 there."}, "narrative"),
        ({"narrative": 5}, "narrative"),
        ({"narrative": None}, "narrative"),
        ({"colour": "red"}, "colour"),
        ({"others": "perhaps"}, "others"),
        ({"children": "one"}, "children"),
        ({"children": [{"name": "Q", "born": "2019-02-30"}]}, "children.0.born"),
    ],
)
def test_what_cannot_be_between_two_answers_is_named_while_another_cannot_be_read(
    wrong: dict[str, Any], field: str
) -> None:
    answers = {**referral_answers(MONDAY), "incident_on": "2026-10-31", "aware_at": "2026-10-30", **wrong}
    found = named(SubmitReferral, answers)
    assert found.keys() == {field, "aware_at"}
    assert found["aware_at"] == BEFORE


def test_what_cannot_be_between_two_answers_is_named_while_another_is_missing() -> None:
    answers = {**referral_answers(MONDAY), "incident_on": "2026-10-31", "aware_at": "2026-10-30"}
    del answers["event"]
    assert named(SubmitReferral, answers).keys() == {"event", "aware_at"}


def test_nothing_is_judged_by_an_answer_that_could_not_be_read() -> None:
    answers = {**referral_answers(MONDAY), "incident_on": "yesterday", "aware_at": "2026-10-30", "others": "yes"}
    assert named(SubmitReferral, {**answers, "siblings_safe": "?"}).keys() == {"incident_on", "siblings_safe"}


def test_each_child_is_judged_by_itself() -> None:
    children = [{"name": "Q", "born": 5, "died": LATER}, "R", {"name": "S", "born": "2019-02-03", "died": LATER}]
    found = named(SubmitReferral, {**referral_answers(MONDAY), "children": children})
    assert found.keys() == {"children.0.born", "children.0.died", "children.1", "children.2.died"}


@pytest.mark.parametrize(
    ("model", "answers", "fields"),
    [
        (
            Decide,
            {**decision_answers("parked", MONDAY), "passed_to": "all"},
            {"passed_to", "parked_on", "parked_review"},
        ),
        (
            Decide,
            {**decision_answers("joined", MONDAY), "decided_at": LATER + "T09:00:00Z", "facts": 1},
            {"decided_at", "joins", "facts"},
        ),
        (
            SubmitReturn,
            {"agency": "A A", "holds": "something", "events": [{"on": LATER}]},
            {"agency", "summary", "events.0.on", "events.0.event"},
        ),
        (RecordMeeting, {"held_at": LATER + "T09:00:00Z"}, {"held_at", "seats", "siblings_safe", "siblings_words"}),
        (
            Triage,
            {**triage_answers(), "restricted": "?", "children": [{"child": 1, "route": "joined"}]},
            {"restricted", "children.0.criteria", "children.0.reason", "children.0.joins"},
        ),
    ],
)
def test_every_command_is_judged_as_far_as_it_can_be_read(
    model: type[Command], answers: dict[str, Any], fields: set[str]
) -> None:
    assert named(model, answers).keys() == fields


@settings(max_examples=10)
@given(data=st.data())
@KINDS
def test_a_part_of_the_answers_says_nothing_that_the_whole_does_not_say(kind: str, data: st.DataObject) -> None:
    model = EVERY[kind]
    answers = data.draw(answers_to(model))
    whole = examined(model, answers, MONDAY)[1]
    lost = data.draw(st.sampled_from(sorted(model.model_fields)))
    part = as_far_as_read(model, {**answers, lost: "\x07"}).impossible(MONDAY)
    assert [one for one in part if one not in whole] == []
    assert [one for one in part if one.field == lost] == []


def test_of_a_list_without_end_only_a_part_is_looked_at() -> None:
    children = [{"name": "Q", "born": LATER}] * 100_000
    found = examined(SubmitReferral, {**referral_answers(MONDAY), "children": children}, MONDAY)[1]
    assert len(found) <= 1 + ROWS


@KINDS
def test_of_no_answers_nothing_is_impossible_that_was_not_said(kind: str) -> None:
    _, found = examined(EVERY[kind], {}, MONDAY)
    assert all(one.words for one in found)
    assert {one.field for one in found} == {name for name, one in EVERY[kind].model_fields.items() if one.is_required()}
