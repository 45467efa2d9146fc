"""A refusal names the question, says how to go on, comes all at once, and never repeats what was typed."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from models.command import _SHOWN, Command, part_of, said_of
from models.disagreement import RespondDisagreement
from models.facts import Problem
from models.lifecycles import COMMANDS
from models.rapid_review import ArrangeMeeting, RecordMeeting, RequestInformation
from models.recommending import EnterRecommendation
from models.referral import DecideDuplicate, SubmitReferral, Triage
from models.said import ENTER
from models.words import MOST, NOT_ASKED, problems

EVERY = {kind: command for commands in COMMANDS.values() for kind, command in commands.items()}
WINTER = "2026-03-27T14:30:00+00:00"
CANARY = "Zebedee Quillfeather 1999"


def refused(command: type[Command], answers: Any) -> list[Problem]:  # noqa: ANN401 -- wrong answers of any type
    with pytest.raises(ValidationError) as caught:
        command.model_validate(answers)
    return problems(caught.value, command)


def words_at(command: type[Command], answers: dict[str, Any], field: str) -> list[str]:
    return [one.words for one in refused(command, answers) if one.field == field]


def titles(model: type[BaseModel]) -> set[str]:
    found = set()
    for field in model.model_fields.values():
        found.add(field.title or "")
        part = part_of(field)
        found |= titles(part) if part else set()
    return found


def test_every_question_has_its_sentence() -> None:
    asked = {title for command in EVERY.values() for title in titles(command)}
    assert sorted(title for title in asked if title.endswith("?") and title not in ENTER) == []


def test_no_sentence_outlives_its_question() -> None:
    asked = {title for command in EVERY.values() for title in titles(command)}
    assert sorted(set(ENTER) - asked) == []


@pytest.mark.parametrize("kind", EVERY)
def test_every_unanswered_question_is_named_at_once(kind: str) -> None:
    command = EVERY[kind]
    found = refused(command, {})
    assert [one.field for one in found] == [name for name, one in command.model_fields.items() if one.is_required()]
    assert all(one.words.startswith(("Enter ", "Choose ", "Answer ", "Record ", "Tell ")) for one in found)
    assert all(one.words.endswith(".") and len(one.words) > len("Enter x.") for one in found)


def test_an_empty_text_is_an_unanswered_question() -> None:
    assert words_at(SubmitReferral, {"referrer_name": "  "}, "referrer_name") == ["Enter your name."]


@pytest.mark.parametrize(
    ("command", "field", "answer", "words"),
    [
        (SubmitReferral, "referrer_name", "x" * 201, "Your name must be 200 characters or fewer."),
        (
            SubmitReferral,
            "place",
            "x" * 201,
            "Your answer to “Where did it happen?” must be 200 characters or fewer.",
        ),
        (
            SubmitReferral,
            "narrative",
            "x" * 20_001,
            "Your answer to “What do you know about what happened?” must be 20,000 characters or fewer.",
        ),
        (SubmitReferral, "referrer_role", 7, "Your role must be text."),
        (
            SubmitReferral,
            "referrer_role",
            "a\x00b",
            "Your role has characters that cannot be shown. Type it again, or paste it as plain text.",
        ),
        (
            SubmitReferral,
            "referrer_email",
            "nobody",
            "Enter your work e-mail address in full, like name@example.org.",
        ),
        (
            SubmitReferral,
            "others",
            "perhaps",
            "Choose whether there are other children in the household, or in the same care: yes, no or not_known.",
        ),
        (
            SubmitReferral,
            "incident_on",
            "2026-02-30",
            "Enter when it happened: it must be a real date, for example 2026-03-27.",
        ),
        (SubmitReferral, "children", {}, "The children must be a list."),
        (SubmitReferral, "children", [], "Enter at least one child."),
        (
            ArrangeMeeting,
            "at",
            "2026-13-01T10:00:00Z",
            "Enter when it begins: it must be a real date and time, for example 2026-03-27T14:30:00+00:00.",
        ),
        (
            ArrangeMeeting,
            "at",
            "2026-03-01T10:00:00",
            f"Enter when it begins: the time must say its zone, for example {WINTER} or 2026-07-27T14:30:00+01:00.",
        ),
        (ArrangeMeeting, "minutes", 14, "Your answer to “How many minutes?” must be 15 or more."),
        (ArrangeMeeting, "minutes", 601, "Your answer to “How many minutes?” must be 600 or less."),
        (
            ArrangeMeeting,
            "minutes",
            "soon",
            "Your answer to “How many minutes?” must be a whole number, such as 60.",
        ),
        (RequestInformation, "agencies", [], "Choose at least one agency."),
        (
            RequestInformation,
            "agencies",
            ["a"] * 41,
            "Your answer to “Which agencies do you ask?” must have 40 entries or fewer.",
        ),
        (DecideDuplicate, "same", "perhaps", "Choose whether it is the same: true or false."),
        (
            DecideDuplicate,
            "other",
            "the one of Tuesday",
            "Enter the other case: the reference of a case is written like RR-2026-0004.",
        ),
        (RecordMeeting, "unheard_of", 1, NOT_ASKED),
    ],
)
def test_the_words_say_how_to_go_on(command: type[Command], field: str, answer: object, words: str) -> None:
    assert words_at(command, {field: answer}, field) == [words]


@pytest.mark.parametrize("blank", ["\u200b", "\u200b \ufeff", "\u2060\u00ad", "\u3164", "\u2800", "\ufe0f"])
def test_a_text_in_which_nothing_can_be_seen_is_no_text(blank: str) -> None:
    assert words_at(EnterRecommendation, {"text": blank}, "text") == ["Enter what is recommended."]
    assert words_at(SubmitReferral, {"referrer_name": blank}, "referrer_name") == ["Enter your name."]
    optional = {"agency": "a", "outcome": "resolved", "words": blank}
    assert not RespondDisagreement.model_validate(optional).words
    seen = RespondDisagreement.model_validate({**optional, "words": f"Fine{blank}"})
    assert seen.words.startswith("Fine")


def test_a_problem_in_a_row_has_its_number_in_the_path() -> None:
    rows = [{"child": 1, "criteria": [{"criterion": "x", "met": "yes", "reason": ""}]}, 5]
    found = {one.field: one.words for one in refused(Triage, {"children": rows})}
    assert found["children.0.criteria.0.reason"] == "Enter why."
    assert found["children.0.route"] == "Choose what happens next for this child."
    assert "groups of answers" in found["children.1"]
    assert "children" not in found, "rows with problems are not too few rows as well"


def test_answers_that_are_no_group_are_refused_in_words() -> None:
    assert [one.field for one in refused(SubmitReferral, [1, 2])] == [""]


def test_unknown_names_are_shown_only_if_they_cannot_be_somebodys() -> None:
    found = refused(RequestInformation, {"agencies": ["x"], "extra": 1, CANARY: 1})
    assert [(one.field, one.words) for one in found] == [("extra", NOT_ASKED), ("", NOT_ASKED)]


def test_a_hostile_number_of_problems_is_cut_short() -> None:
    found = refused(SubmitReferral, {f"name_{number}": 1 for number in range(5_000)})
    assert len(found) == MOST + 1
    assert "there are more" in found[-1].words


@pytest.mark.parametrize("kind", EVERY)
@pytest.mark.parametrize(
    "answer", [CANARY, CANARY * 9999, [CANARY], {CANARY: CANARY}, [{CANARY: CANARY}], CANARY + "\x00"]
)
def test_what_was_typed_is_never_repeated(kind: str, answer: Any) -> None:  # noqa: ANN401 -- wrong answers of any type
    command = EVERY[kind]
    found = refused(command, {**dict.fromkeys(command.model_fields, answer), CANARY: CANARY})
    assert "Zebedee" not in repr(found)


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(kind=st.sampled_from(sorted(EVERY)), data=st.data())
def test_anything_at_all_is_accepted_or_refused_in_words(kind: str, data: st.DataObject) -> None:
    command = EVERY[kind]
    answers = {name: data.draw(json) for name in command.model_fields}
    try:
        command.model_validate(answers)
    except ValidationError as error:
        found = problems(error, command)
        assert found
        assert all(one.words.endswith(".") for one in found)


@pytest.mark.promise("K8")
def test_no_question_that_is_answered_in_free_words_is_kept_outside_the_encrypted_columns() -> None:
    plain = {name for command in EVERY.values() for name in _plain_words(command, command.__name__, private=False)}
    assert plain == set()


def _plain_words(model: type[BaseModel], path: str, *, private: bool) -> Iterator[str]:
    """Every answer of free words that no question above it or of its own calls private."""
    for name, field in model.model_fields.items():
        kept = private or bool(said_of(field, "private"))
        if part := part_of(field):
            yield from _plain_words(part, f"{path}.{name}", private=kept)
        elif not kept and _SHOWN[0] in field.metadata:
            yield f"{path}.{name}"
