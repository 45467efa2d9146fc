"""A command in two halves, the plain and the private one: nothing is lost, nothing private is in the plain half."""

import types
import typing
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from annotated_types import Ge, Le
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, StringConstraints, ValidationError
from pydantic.fields import FieldInfo

from models.answers import AnswerTime, Correct, ReviewSuspension
from models.command import Choice, Command, Part, merged, part_of, said_of, split
from models.facts import Problem
from models.lifecycles import COMMANDS
from models.rapid_review import ArrangeMeeting, Decide, RecordNotification, SubmitReturn
from models.referral import SubmitReferral, TellReferrer, Triage
from models.words import problems
from tests.support.core import (
    MONDAY,
    POLICY,
    decision_answers,
    referral_answers,
    triage_answers,
)

EVERY = {command.KIND: command for commands in COMMANDS.values() for command in commands.values()}
KINDS = pytest.mark.parametrize("kind", sorted(EVERY))

BLANK = "\u115f\u1160\u2800\u3164\uffa0"  # letters and signs that are shown as nothing
printable = st.text(
    st.characters(codec="utf-8", categories=["L", "N", "P", "S"], exclude_characters=BLANK), min_size=1, max_size=30
)
slugs = st.sampled_from(["a", "agency_return/harrowshire-police", "panel_answer#2", "harrowshire-council"])
refs = st.sampled_from(["RR-2026-0004", "LR-2027-12345"])
days = st.dates(date(2000, 1, 1), date(2032, 1, 1))
moments = st.datetimes(datetime(2000, 1, 1), datetime(2032, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 -- aware by timezones


def answers_to(model: type[BaseModel]) -> st.SearchStrategy[dict[str, Any]]:
    """Any answers of the right shape to all questions of a command."""
    fields = {name: answer_to(field.annotation, field) for name, field in model.model_fields.items()}
    needed = {name: found for name, found in fields.items() if model.model_fields[name].is_required()}
    optional = {name: found for name, found in fields.items() if name not in needed}
    return st.fixed_dictionaries(needed, optional=optional)


def answer_to(kind: Any, field: FieldInfo | None = None) -> st.SearchStrategy[Any]:  # noqa: ANN401, PLR0911 -- any annotation, one answer each
    limits = [one for one in (field.metadata if field else []) if isinstance(one, StringConstraints)]
    origin = typing.get_origin(kind)
    if origin is typing.Annotated:
        base, *more = typing.get_args(kind)
        found = [one for one in more if isinstance(one, StringConstraints)]
        return answer_to(base, FieldInfo(annotation=base, metadata=found)) if not found else text(found[0])
    if origin in (types.UnionType, typing.Union):
        return st.one_of(*(answer_to(one, field) for one in typing.get_args(kind)))
    if origin is tuple:
        row = typing.get_args(kind)[0]
        return st.lists(answer_to(row), min_size=1, max_size=3)
    if isinstance(kind, type) and issubclass(kind, Choice):
        return st.sampled_from([str(one) for one in kind])
    if isinstance(kind, type) and issubclass(kind, Part):
        return answers_to(kind)
    if kind is types.NoneType:
        return st.none()
    plain: dict[Any, st.SearchStrategy[Any]] = {bool: st.booleans(), date: days, int: whole_number(field)}
    if kind in plain:
        return plain[kind]
    if kind is str:
        return text(limits[0]) if limits else printable
    return moments if kind is datetime or "Aware" in str(kind) else st.just("referrer@example.org")


def whole_number(field: FieldInfo | None) -> st.SearchStrategy[int]:
    """Any number within the bounds of the question; where it names none, one as people give it."""
    bounds = field.metadata if field else []
    least = next((one.ge for one in bounds if isinstance(one, Ge)), 1)
    most = next((one.le for one in bounds if isinstance(one, Le)), 600)
    return st.integers(typing.cast("int", least), typing.cast("int", most))


def text(limits: StringConstraints) -> st.SearchStrategy[str]:
    pattern = str(limits.pattern or "")
    if pattern.startswith("^[A-Z]"):
        return refs
    return slugs if pattern else printable


@cache
def any_of(command: type[Command]) -> st.SearchStrategy[Command]:
    def fits(answers: dict[str, Any]) -> Command | None:
        try:
            return command.model_validate(answers)
        except ValidationError:
            return None

    made: st.SearchStrategy[Command | None] = answers_to(command).map(fits)
    return typing.cast("st.SearchStrategy[Command]", made.filter(lambda one: one is not None))


@KINDS
@given(data=st.data())
def test_both_halves_together_are_the_whole(kind: str, data: st.DataObject) -> None:
    command = data.draw(any_of(EVERY[kind]))
    assert EVERY[kind].model_validate(merged(*split(command))) == command


@KINDS
@given(data=st.data())
def test_nothing_private_is_in_the_plain_half(kind: str, data: st.DataObject) -> None:
    command = data.draw(any_of(EVERY[kind]))
    plain, private = split(command)
    assert not private_names(EVERY[kind]) & set(names_in(plain))
    assert set(names_in(private)) <= private_names(EVERY[kind]) | set(lists_with_private(EVERY[kind]))


def private_names(model: type[BaseModel]) -> set[str]:
    """The private questions of a command, and everything inside of a private list."""
    found = set()
    for name, field in model.model_fields.items():
        part = part_of(field)
        if said_of(field, "private"):
            found |= {name} | (set(part.model_fields) if part else set())
        elif part:
            found |= private_names(part)
    return found


def lists_with_private(model: type[BaseModel]) -> list[str]:
    found = []
    for name, field in model.model_fields.items():
        if part := part_of(field):
            found += [name, *lists_with_private(part)]
    return found


def names_in(half: Any) -> list[str]:  # noqa: ANN401 -- any JSON value
    if isinstance(half, dict):
        return [*half, *(name for value in half.values() for name in names_in(value))]
    return [name for value in half for name in names_in(value)] if isinstance(half, list) else []


def test_rows_keep_their_places_when_only_some_have_private_words() -> None:
    answers = decision_answers("no_further_review", MONDAY)
    answers["positions"] = [
        {"partner": "harrowshire-council", "position": "agrees"},
        {"partner": "harrowshire-police", "position": "dissents", "words": "We would review."},
    ]
    plain, private = split(Decide.model_validate(answers))
    assert private["positions"] == [{}, {"words": "We would review."}]
    assert plain["positions"][1] == {"partner": "harrowshire-police", "position": "dissents"}


def test_what_is_worked_out_from_private_answers_is_plain() -> None:
    command = SubmitReferral.model_validate(referral_answers(MONDAY))
    assert command.also() == {"children": [1], "aware": "2026-11-01T00:00:00+00:00"}
    assert "children" not in split(command)[0]


def test_every_command_has_its_own_name_and_its_own_words() -> None:
    for commands in COMMANDS.values():
        assert len({command.FACT for command in commands.values()}) == len(commands)
        assert len({command.TITLE for command in commands.values()}) == len(commands)


def test_a_date_of_when_it_happened_is_one_of_the_questions() -> None:
    for command in EVERY.values():
        assert not command.OCCURRED or command.OCCURRED in command.model_fields


# What cannot be, looking at the answers alone

TODAY, TOMORROW, YESTERDAY = MONDAY.date(), MONDAY.date() + timedelta(days=1), MONDAY.date() - timedelta(days=1)
NOTIFIED: dict[str, Any] = {"sent_by": "A", "reference": "B"}


def without_target(route: str) -> dict[str, Any]:
    """A triage that does not say to whom this route leads."""
    said = triage_answers(route)
    for child in said["children"]:
        child.pop("body", None)
        child.pop("agency", None)
    return said


def answered(route: str, met: str) -> dict[str, Any]:
    """A triage with this route and this answer to every criterion."""
    said = triage_answers(route)
    for child in said["children"]:
        child["criteria"] = [{**one, "met": met} for one in child["criteria"]]
    return said


@pytest.mark.parametrize(
    ("model", "answers", "fields"),
    [
        (RecordNotification, {**NOTIFIED, "sent_at": MONDAY + timedelta(hours=1)}, ["sent_at"]),
        (RecordNotification, {**NOTIFIED, "sent_at": MONDAY + timedelta(minutes=1)}, []),  # clocks differ a little
        (SubmitReferral, {**referral_answers(MONDAY), "incident_on": TOMORROW}, ["incident_on", "aware_at"]),
        (SubmitReferral, {**referral_answers(MONDAY), "incident_on": TODAY}, ["aware_at"]),
        (SubmitReferral, {**referral_answers(MONDAY), "others": "yes"}, ["siblings_safe"]),
        (SubmitReferral, {**referral_answers(MONDAY), "others": "yes", "siblings_safe": "not_known"}, []),
        (RecordNotification, {**NOTIFIED, "sent_at": MONDAY - timedelta(days=1)}, ["late"]),
        (RecordNotification, {**NOTIFIED, "sent_at": MONDAY - timedelta(days=1), "late": "It was a Sunday."}, []),
        (TellReferrer, {"how": "phone", "words": "w"}, []),
        (TellReferrer, {"how": "phone", "words": "w", "told_at": MONDAY - timedelta(days=1)}, ["late"]),
        (Triage, without_target("pass_on"), ["children.0.body"]),
        (Triage, without_target("single_agency_review"), ["children.0.agency"]),
        (Triage, answered("rapid_review", "no"), ["children.0.route"]),
        (Triage, answered("no_further_action", "yes"), ["children.0.route"]),
        (Triage, answered("notify_only", "yes"), ["children.0.route"]),
        (Triage, answered("no_further_action", "not_known"), []),
        (Triage, {**triage_answers("joined")}, ["children.0.joins"]),
        (Decide, decision_answers("parked", MONDAY), ["parked_on", "parked_review"]),
        (Decide, decision_answers("joined", MONDAY), ["joins"]),
        (SubmitReturn, {"agency": "a", "holds": "something"}, ["summary"]),
        (ArrangeMeeting, {"at": MONDAY - timedelta(hours=1), "place": "p"}, ["at"]),
        (AnswerTime, {"obligation": "a", "granted": True, "reason": "r"}, ["until"]),
        (AnswerTime, {"obligation": "a", "granted": False, "reason": "r"}, []),
        (ReviewSuspension, {"obligation": "a", "outcome": "continue", "reason": "r"}, ["review"]),
        (Correct, {"mark": "awareness", "at": MONDAY + timedelta(hours=1), "reason": "r"}, ["at"]),
    ],
)
def test_what_cannot_be_is_named_with_its_field(
    model: type[Command], answers: dict[str, Any], fields: list[str]
) -> None:
    assert [one.field for one in model.model_validate(answers).impossible(MONDAY)] == fields


@pytest.mark.parametrize(
    "child", [{"born": TOMORROW}, {"died": TOMORROW, "born": YESTERDAY}, {"died": date(2018, 1, 1)}]
)
def test_a_childs_impossible_dates_are_named_beside_the_child(child: dict[str, date]) -> None:
    answers = referral_answers(MONDAY)
    answers["children"] = [{"name": "Q", "born": date(2019, 2, 3), **child}]
    found = SubmitReferral.model_validate(answers).impossible(MONDAY)
    assert [one.field for one in found] == [f"children.0.{'died' if 'died' in child else 'born'}"]


DIED = {"died": date(2026, 11, 1)}


@pytest.mark.promise("A5")
@pytest.mark.parametrize(
    ("event", "child", "fields"),
    [
        ("death", {"born": date(1950, 1, 1), **DIED}, ["children.0.born"]),
        ("death", {"born": date(2008, 11, 1), **DIED}, ["children.0.born"]),
        ("death", {"born": date(2008, 11, 2), **DIED}, []),
        ("care_leaver_death", {"born": date(2001, 11, 1), **DIED}, ["children.0.born"]),
        ("care_leaver_death", {"born": date(2001, 11, 2), **DIED}, []),
        ("death", {"born": date(2019, 2, 3), "died": date(2026, 10, 31)}, ["children.0.died"]),
        ("death", {"born": date(2019, 2, 3), "died": date(2026, 11, 1)}, []),
    ],
)
def test_a_child_was_a_child_and_alive_when_it_happened(event: str, child: dict[str, date], fields: list[str]) -> None:
    answers = {**referral_answers(MONDAY), "event": event, "children": [{"name": "Q", **child}]}
    assert answers["incident_on"] == date(2026, 11, 1)
    assert [one.field for one in SubmitReferral.model_validate(answers).impossible(MONDAY)] == fields


@pytest.mark.promise("A5")
@pytest.mark.parametrize("event", ["death", "looked_after_death", "care_leaver_death"])
@pytest.mark.parametrize(
    ("children", "fields"),
    [
        ([{}], ["children.0.died"]),
        ([{}, {}], ["children.0.died"]),
        ([DIED], []),
        ([{}, DIED], []),
        ([{"born": None, "expected": date(2026, 12, 1)}], []),
        ([{"born": None, "expected": date(2026, 12, 1), **DIED}], []),
    ],
)
def test_of_a_death_the_date_is_asked_for_beside_the_child(
    event: str, children: list[dict[str, date | None]], fields: list[str]
) -> None:
    born = date(2002, 2, 3) if event == "care_leaver_death" else date(2019, 2, 3)
    rows = [{"name": "Q", "born": born, **child} for child in children]
    answers = {**referral_answers(MONDAY), "event": event, "children": rows}
    found = SubmitReferral.model_validate(answers).impossible(MONDAY)
    assert [one.field for one in found] == fields
    assert all("If you only know it roughly, give the earliest day." in one.words for one in found)
    harmed = SubmitReferral.model_validate({**answers, "event": "serious_harm"})
    assert [one for one in harmed.impossible(MONDAY) if one.field.endswith("died")] == []


@pytest.mark.promise("A5")
@pytest.mark.parametrize(
    ("weeks", "fields"), [(-4, ["children.0.expected"]), (-2, []), (0, []), (40, []), (43, ["children.0.expected"])]
)
def test_an_unborn_child_is_expected_about_the_time_at_which_it_can_be(weeks: int, fields: list[str]) -> None:
    answers = referral_answers(MONDAY)
    answers["children"] = [{"name": "Q", "expected": answers["incident_on"] + timedelta(weeks=weeks)}]
    assert [one.field for one in SubmitReferral.model_validate(answers).impossible(MONDAY)] == fields


@pytest.mark.promise("A5")
@pytest.mark.parametrize("dates", [{}, {"born": YESTERDAY - timedelta(days=3), "expected": TODAY}])
def test_a_child_has_a_date_of_birth_or_an_expected_date_and_not_both(dates: dict[str, date]) -> None:
    answers = {**referral_answers(MONDAY), "children": [{"name": "Q", **dates}]}
    assert [one.field for one in SubmitReferral.model_validate(answers).impossible(MONDAY)] == ["children.0.born"]


def test_the_texts_of_the_policy_ask_for_the_criteria_that_the_tests_answer() -> None:
    asked = {one.id for one in POLICY.criteria["practice_review_reg11"].criteria}
    assert asked == {row["criterion"] for row in decision_answers("parked", MONDAY)["criteria"]}


def date_questions(model: type[BaseModel], path: str = "") -> list[str]:
    """The dotted path of every question that is answered with a day or a moment."""
    found = []
    for name, field in model.model_fields.items():
        part = part_of(field)
        if part:
            found += date_questions(part, f"{path}{name}.0.")
        elif any(kind in str(field.annotation) for kind in ("AwareDatetime", "datetime.date")):
            found.append(path + name)
    return found


DATES = [(kind, path) for kind in sorted(EVERY) for path in date_questions(EVERY[kind])]


@settings(max_examples=3)  # the dates are given, only what stands beside them varies
@given(data=st.data())
@pytest.mark.parametrize(("kind", "path"), DATES)
@pytest.mark.parametrize("year", ["0001", "1899", "2200", "9999"])
def test_no_date_is_taken_with_which_nothing_can_be_counted(
    kind: str, path: str, year: str, data: st.DataObject
) -> None:
    answers = data.draw(asking(kind, path)).model_dump()
    for text_ in (f"{year}-01-01", f"{year}-12-31T23:30:00-12:00", f"{year}-01-01T00:30:00+12:00"):
        with pytest.raises(ValidationError) as refused:
            EVERY[kind].model_validate(_with(answers, path, text_))
        said = {one.field: one.words for one in problems(refused.value, EVERY[kind])}
        assert path in said
        assert said[path]


@settings(max_examples=3)
@given(data=st.data())
@pytest.mark.parametrize(("kind", "path"), DATES)
def test_no_date_is_taken_more_than_twenty_years_ahead(kind: str, path: str, data: st.DataObject) -> None:
    answers = data.draw(asking(kind, path)).model_dump()
    clock = (
        "T09:00:00Z"
        if "AwareDatetime" in str(EVERY[kind].model_fields[path.split(".", maxsplit=1)[0]].annotation)
        else ""
    )
    far, near = f"2046-11-03{clock}", f"2046-11-02{clock}"

    def said(day: str) -> list[Problem]:
        found = EVERY[kind].model_validate(_with(answers, path, day)).impossible(MONDAY)
        return [one for one in found if one.field == path and "20 years ahead" in one.words]

    assert said(far)
    assert not said(near)


@cache
def asking(kind: str, path: str) -> st.SearchStrategy[Command]:
    """Commands of this kind in which the question is answered."""
    return any_of(EVERY[kind]).filter(lambda one: _has(one, path))


def _has(command: Command, path: str) -> bool:
    name, _, rest = path.partition(".")
    return not rest or bool(getattr(command, name))


def _with(answers: dict[str, Any], path: str, value: str) -> dict[str, Any]:
    name, _, rest = path.partition(".")
    if not rest:
        return {**answers, name: value}
    first, *others = answers[name]
    return {**answers, name: [{**first, rest.partition(".")[2]: value}, *others]}
