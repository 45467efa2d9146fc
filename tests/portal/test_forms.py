"""From a command to its page and back: nothing asked that the model does not take, nothing typed lost."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from models.answers import AnswerTime, DisputeIt, Promise
from models.command import Choice, Command, Part, asks
from models.facts import Problem
from models.rapid_review import ArrangeMeeting, Decide, RecordNotification, RequestInformation, SubmitReturn
from models.recommending import CloseRecommendation
from models.referral import SubmitReferral, Triage
from portal.forms import CHANGED, STEPS, STRANGE, Form, steps
from portal.questions import RowsMissing, Widget, asked_of
from portal.showing import is_optional
from portal.uploads import FILE
from tests.portal.browsing import Pairs, seen
from tests.portal.examples import ANSWERS, EVERY, NOW, ROWS, fixed_of, wrong_everywhere


def filled(kind: str) -> Form:
    return Form.filled(EVERY[kind], ANSWERS[kind], ROWS, fixed_of(EVERY[kind]))


def empty(kind: str) -> Form:
    return Form.empty(EVERY[kind], ROWS, fixed_of(EVERY[kind]))


def posted(kind: str, pairs: Pairs) -> Form:
    return Form.posted(EVERY[kind], pairs, ROWS, fixed_of(EVERY[kind]))


def changed(pairs: Pairs, **new: str) -> Pairs:
    """The pairs with other values; `children__0__name` stands for "children.0.name"."""
    named = {name.replace("__", ".").replace("ZZ", "-"): value for name, value in new.items()}
    return [pair for pair in pairs if pair[0] not in named] + list(named.items())


def problem_words(form: Form) -> list[str]:
    return [one.words for one in form.summary()]


@pytest.mark.parametrize("kind", EVERY)
def test_good_answers_go_to_the_page_and_come_back_as_the_command(kind: str) -> None:
    sent = seen(filled(kind)).pairs
    command, form = posted(kind, sent).checked(NOW)
    assert form.problems == ()
    assert command == EVERY[kind].model_validate(ANSWERS[kind])


@pytest.mark.parametrize("kind", EVERY)
def test_an_empty_form_shows_every_problem_in_the_summary_and_beside_its_question(kind: str) -> None:
    command, form = posted(kind, seen(empty(kind)).pairs).checked(NOW)
    fields, given = EVERY[kind].model_fields.items(), fixed_of(EVERY[kind])
    assert command is None or not [name for name, one in fields if one.is_required() and name not in given]
    page = seen(form)
    beside = [words.removeprefix("Error: ") for words in page.errors.values()]
    for problem in form.problems:
        assert [words for words in beside if problem.words in words], problem.field
    assert len(page.places) - len(["skip link"]) == len(form.problems)
    assert set(page.places) - {"main-content"} <= set(page.ids)


@pytest.mark.parametrize("kind", EVERY)
def test_a_problem_of_any_field_is_shown_where_it_belongs(kind: str) -> None:
    refused = [Problem(words="Wrong at ."), *wrong_everywhere(EVERY[kind])]
    form = filled(kind).refused(refused)
    page = seen(form)
    assert sorted(one.words.rpartition(": ")[2] for one in form.summary()) == sorted(one.words for one in refused)
    assert {one.place for one in form.summary() if one.place} <= set(page.ids)
    hidden = {"", *fixed_of(EVERY[kind])}
    assert all(
        any(f"Wrong at {one.field}." in words for words in page.errors.values())
        for one in refused
        if one.field not in hidden
    )


@pytest.mark.parametrize("kind", EVERY)
def test_ids_are_used_once_and_inputs_of_another_page_do_not_leak_in(kind: str) -> None:
    page = seen(filled(kind))
    assert sorted(set(page.ids)) == sorted(page.ids)


@pytest.mark.parametrize("kind", EVERY)
def test_whatever_is_typed_stays_in_the_form(kind: str) -> None:
    page = seen(filled(kind))
    kept = [pair for pair in page.answers if pair[0] not in {*page.boxes, *page.areas, *page.choices}]
    boxes = [name for name in page.boxes if not name.startswith(FILE)]  # no page says again which file was chosen
    nonsense: Pairs = [(name, f"  32nd of “{name}” <script> & {{{{ 7 }}}} {{}} ") for name in boxes]
    nonsense += [(name, f"  “{name}” <script>\n\n  </textarea> & {{{{ 7 }}}} {{}}\n\t") for name in page.areas]
    last = [(name, values[-1]) for name, values in page.choices.items()]
    _, form = posted(kind, [*kept, *nonsense, *last]).checked(NOW)
    assert sorted(seen(form).answers) == sorted([*kept, *nonsense, *last])


@settings(max_examples=min(300, settings().max_examples))  # each renders two long pages
@given(text=st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\t"), max_size=300))
def test_any_text_comes_back_as_it_was_typed(text: str) -> None:
    line = text.replace("\n", " ")
    pairs = changed(seen(filled("submit_referral")).pairs, narrative=text, children__1__address=text, place=line)
    page = seen(posted("submit_referral", pairs))
    sent = dict(page.answers)
    assert (sent["children.1.address"], sent["place"]) == (text.removeprefix("\n"), line)
    command, _ = posted("submit_referral", page.pairs).checked(NOW)
    if command is not None:
        assert isinstance(command, SubmitReferral)
        assert command.narrative == text.strip()


def test_a_draft_is_plain_data_and_brings_everything_back() -> None:
    _, form = posted("submit_referral", changed(seen(filled("submit_referral")).pairs, born="x", event="")).checked(NOW)
    again = Form.resumed(SubmitReferral, form.typed)
    assert seen(again).answers == seen(posted("submit_referral", seen(again).pairs)).answers


# Questions that wait for an answer


def test_answers_to_questions_that_were_not_asked_are_not_sent_but_stay_typed() -> None:
    pairs = changed(seen(filled("submit_referral")).pairs, event="concern", others="no")
    form = posted("submit_referral", pairs)
    unasked = {"harm", "coroner", "carers", "siblings_safe", "safety_action"}
    assert unasked.isdisjoint(form.answers)
    assert dict(seen(form).answers)["safety_action"] == "A visit today"
    back = posted("submit_referral", changed(seen(form).pairs, others="yes", event="serious_harm"))
    assert (back.answers["harm"], back.answers["safety_action"]) == ("A fracture.", "A visit today")


def test_a_list_that_is_not_asked_is_left_out() -> None:
    form = posted("submit_return", changed(seen(filled("submit_return")).pairs, holds="nothing"))
    assert form.answers == {"agency": "police", "holds": "nothing"}


def test_a_condition_in_a_row_looks_at_its_own_row() -> None:
    form = posted("triage", seen(filled("triage")).pairs)
    first, second = form.answers["children"]
    assert ("body" in first, "joins" in first) == (True, False)
    assert ("body" in second, "joins" in second) == (False, True)


def test_yes_and_no_reveal_too() -> None:
    pairs = changed(seen(filled("answer_time")).pairs, granted="false")
    assert "until" not in Form.posted(AnswerTime, pairs, fixed=fixed_of(AnswerTime)).answers


# Rows


def test_a_row_is_added_and_removed_without_losing_anything() -> None:
    before = seen(filled("submit_referral"))
    assert [one for one in before.buttons if one] == ["remove:children.0", "remove:children.1", "add:children"]
    more = posted("submit_referral", [*before.pairs, ("_do", "add:children")])
    assert more.reshaped
    assert more.problems == ()
    after = dict(seen(more).answers)
    assert after["children.1.name"] == "Unborn child of the same family"
    assert after["children.2.name"] == ""
    fewer = posted("submit_referral", [*seen(more).pairs, ("_do", "remove:children.0")])
    assert dict(seen(fewer).answers)["children.0.name"] == "Unborn child of the same family"


def test_one_row_cannot_be_removed_and_no_more_than_the_model_takes_can_be_added() -> None:
    form = empty("submit_referral")
    assert seen(form).buttons == ["add:children"]
    for _ in range(15):
        form = posted("submit_referral", [*seen(form).pairs, ("_do", "add:children")])
        if "add:children" not in seen(form).buttons:
            break
    assert len(form.typed["children"]) == 12


def test_rows_without_anything_are_left_out_and_the_numbers_of_problems_fit() -> None:
    pairs = [
        ("events.0.on-day", ""),
        ("events.0.event", " "),
        ("events.0.significance", ""),
        ("events.4.on-day", "3"),
        ("events.4.event", "A call."),
    ]
    form = posted("submit_return", [("holds", "something"), ("summary", "x"), ("agency", "gp"), *pairs])
    _, form = form.checked(NOW)
    assert [one.field for one in form.problems] == ["events.0.on"]
    assert dict(seen(form).answers)["events.0.event"] == "A call."
    assert problem_words(form) == ["Chronology event 1: Enter the date: the date must include a month and a year."]


@pytest.mark.parametrize(
    "pressed",
    [
        "add:",
        "add:event",
        "add:children.0",
        "remove:children",
        "remove:children.9",
        "remove:x.1",
        "dance:children",
        "add:children.9.name",
        "remove:children.-1",
        "remove:children.²",
        ":",
        "add:children.0.sex.1",
    ],
)
def test_a_button_that_was_made_up_changes_nothing(pressed: str) -> None:
    pairs = seen(filled("submit_referral")).pairs
    assert posted("submit_referral", [*pairs, ("_do", pressed)]).typed == posted("submit_referral", pairs).typed


def test_a_row_far_away_does_not_make_all_rows_before_it() -> None:
    form = posted("submit_return", [("holds", "something"), ("events.999999.event", "Last.")])
    assert form.answers["events"] == [{"event": "Last.", "significance": "routine"}] or len(form.answers["events"]) == 1


def test_answers_follow_the_criterion_and_not_its_place() -> None:
    other = {
        **ROWS,
        "notification_criteria": [("new", "A new criterion.", ""), *reversed(ROWS["notification_criteria"])],
    }
    form = Form.posted(Triage, seen(filled("triage")).pairs, other, fixed_of(Triage))
    rows = form.answers["children"][0]["criteria"]
    assert [(row["criterion"], row.get("met")) for row in rows] == [
        ("new", None),
        ("died_or_seriously_harmed", "not_known"),
        ("abuse_or_neglect", "yes"),
    ]
    command, form = form.checked(NOW)
    assert command is None
    assert CHANGED in problem_words(form)


def test_a_page_for_another_obligation_is_not_taken_for_this_one() -> None:
    pairs = changed(seen(filled("promise")).pairs, obligation="agency_return/gp")
    command, form = Form.posted(Promise, pairs, fixed=fixed_of(Promise)).checked(NOW)
    assert command is None
    assert problem_words(form) == [CHANGED]
    again, _ = Form.posted(Promise, seen(form).pairs, fixed=fixed_of(Promise)).checked(NOW)
    assert isinstance(again, Promise)
    assert again.obligation == "agency_return/police"


def test_a_page_that_forgets_its_rows_is_told_so() -> None:
    with pytest.raises(RowsMissing, match="agencies"):
        Form.empty(RequestInformation).questions()


# Names that nobody asked for


@pytest.mark.parametrize(
    "name",
    [
        "zebedee",
        "children",
        "children.0",
        "children.0.zebedee",
        "children.x.name",
        "event.0.x",
        "born-day",
        "event-day",
    ],
)
def test_an_answer_to_no_question_is_refused_without_repeating_it(name: str) -> None:
    command, form = posted("submit_referral", [*seen(filled("submit_referral")).pairs, (name, "Quillfeather")]).checked(
        NOW
    )
    assert command is None
    assert STRANGE in problem_words(form)
    assert "zebedee" not in repr(form.summary())
    assert "Quillfeather" not in repr(form.summary())


# Dates


def at_meeting(**boxes: str) -> Form:
    return Form.posted(ArrangeMeeting, [*[(f"at-{part}", text) for part, text in boxes.items()], ("place", "Here")])


@pytest.mark.parametrize(
    ("boxes", "words"),
    [
        ({"day": "3"}, "the date must include a month and a year"),
        ({"month": "3", "year": "2026"}, "the date must include a day"),
        ({"day": "31", "month": "2", "year": "2026", "time": "9am"}, "it must be a real date, for example 27 3 2026"),
        ({"day": "x", "month": "2", "year": "2026", "time": "9am"}, "it must be a real date, for example 27 3 2026"),
        ({"day": "3", "month": "13", "year": "2026"}, "the month must be a number from 1 to 12, or its name"),
        ({"day": "3", "month": "ma", "year": "2026"}, "the month must be a number from 1 to 12, or its name"),
        ({"day": "3", "month": "3", "year": "26"}, "the year must have four figures"),
        ({"day": "3", "month": "3", "year": "٢٠٢٦"}, "the year must have four figures"),
        ({"day": "3", "month": "3", "year": "0000", "time": "9am"}, "it must be a real date, for example 27 3 2026"),
        ({"day": "3", "month": "3", "year": "2026"}, "the time is missing, for example 14:30"),
        ({"time": "14:30"}, "the date is missing"),
        (
            {"day": "29", "month": "3", "year": "2026", "time": "1:30"},
            "there was no such time: the clocks went forward from 1am to 2am",
        ),
        ({"day": "3", "month": "3", "year": "2026", "time": "25:00"}, "the time must be written like 14:30 or 2:30pm"),
        ({"day": "3", "month": "3", "year": "2026", "time": "13pm"}, "the time must be written like 14:30 or 2:30pm"),
        ({"day": "3", "month": "3", "year": "2026", "time": "9"}, "the time must be written like 14:30 or 2:30pm"),
    ],
)
def test_a_date_that_cannot_be_read_says_what_is_wrong(boxes: dict[str, str], words: str) -> None:
    command, form = at_meeting(**boxes).checked(NOW)
    assert command is None
    assert problem_words(form) == [f"Enter when it begins: {words}."]
    assert {f"at-{part}": text for part, text in boxes.items()}.items() <= dict(seen(form).answers).items()


@pytest.mark.parametrize(
    ("day", "month", "clock", "utc"),
    [
        ("3", "3", "14:30", "2026-03-03T14:30:00+00:00"),
        ("03", "March", "2:30pm", "2026-03-03T14:30:00+00:00"),
        ("3", "mar", "2.30 PM", "2026-03-03T14:30:00+00:00"),
        ("3", "sept", "1430", "2026-09-03T13:30:00+00:00"),
        ("1", "7", "00:10", "2026-06-30T23:10:00+00:00"),
        ("1", "7", "12am", "2026-06-30T23:00:00+00:00"),
        ("1", "7", "12pm", "2026-07-01T11:00:00+00:00"),
        ("25", "10", "01:30", "2026-10-25T00:30:00+00:00"),
    ],
)
def test_a_moment_is_read_as_london_clocks_show_it(day: str, month: str, clock: str, utc: str) -> None:
    form = at_meeting(day=day, month=month, year="2026", time=clock)
    assert form.answers["at"] == utc


def test_the_time_of_something_past_may_be_left_out_and_the_page_says_so() -> None:
    pairs = changed(seen(filled("record_notification")).pairs, sent_atZZtime="")
    form = posted("record_notification", pairs)
    assert form.answers["sent_at"] == "2026-03-03T00:00:00+00:00"
    assert "start of the day" in form.questions()[0].hint
    assert "start of the day" not in Form.empty(ArrangeMeeting).questions()[0].hint


def test_all_boxes_empty_is_no_answer() -> None:
    assert "at" not in at_meeting(day=" ", month="", year="", time=" ").answers


# Widgets


class Colour(Choice):
    A = "a", "Amber"
    B = "b", "Blue"
    C = "c", "Cyan"
    D = "d", "Dun"
    E = "e", "Ecru"
    F = "f", "Flax"
    G = "g", "Grey"
    H = "h", "Hazel"


class Plank(Part):
    colour: Colour | None = asks("Colour", default=None)
    other: str = asks("Other", when=("colour", ("h",)), default="")


class Paint(Command):
    KIND = "paint"
    FACT = "painted"
    TITLE = "Paint a fence"
    colour: Colour = asks("Which colour?")
    planks: tuple[Plank, ...] = asks("The planks", default=())


def test_a_long_list_of_answers_is_a_select() -> None:
    page = seen(Form.empty(Paint))
    assert page.choices["colour"] == ["", *"abcdefgh"]
    form = Form.posted(Paint, [("colour", "h"), ("planks.0.colour", "h"), ("planks.0.other", "rust")])
    assert dict(seen(form).answers)["colour"] == "h"
    assert form.answers == {"colour": "h", "planks": [{"colour": "h", "other": "rust"}]}


def test_each_question_has_the_widget_that_fits() -> None:
    widgets = {one.name: one.widget for command in EVERY.values() for one in asked_of(command)}
    expected = {
        "event": Widget.ONE_OF,
        "incident_on": Widget.DAY,
        "narrative": Widget.WORDS,
        "place": Widget.LINE,
        "referrer_email": Widget.EMAIL,
        "minutes": Widget.WORDS,
        "sent_at": Widget.MOMENT,
        "criteria": Widget.GROUPS,
        "events": Widget.LIST,
        "seats": Widget.MANY_OF,
        "agency": Widget.ONE_OF,
        "restricted": Widget.ONE_OF,
        "other": Widget.LINE,
    }
    assert {name: widgets[name] for name in expected} == expected
    assert Form.empty(ArrangeMeeting).questions()[1].widget is Widget.NUMBER


def test_what_stands_in_a_fresh_form_is_what_would_be_recorded() -> None:
    page = dict(seen(empty("arrange_meeting")).answers)
    assert page["minutes"] == "120"
    _, form = Form.posted(ArrangeMeeting, [("minutes", "")]).checked(NOW)
    assert "Your answer to “How many minutes?” must be a whole number, such as 60." in problem_words(form)
    assert dict(seen(empty("triage")).answers)["restricted"] == "false"


def test_optional_is_said_only_where_it_is_true() -> None:
    optional = {one.name for one in Form.empty(SubmitReferral).questions() if one.optional}
    assert optional == {"place", "agencies_involved", "referrer_phone"}


def test_seats_are_not_called_optional_where_a_meeting_without_them_cannot_close() -> None:
    optional = {asked.name for asked in asked_of(CloseRecommendation) if is_optional(CloseRecommendation, asked)}
    assert "seats" not in optional


@pytest.mark.parametrize("kind", EVERY)
def test_what_is_called_optional_can_be_left_out(kind: str) -> None:
    now, command = datetime(2027, 1, 1, tzinfo=UTC), EVERY[kind]
    answers = {**fixed_of(command), **ANSWERS[kind]}
    before = command.model_validate(answers).impossible(now)
    for name, left in _left_out(command, answers):
        found = command.model_validate(left).impossible(now)
        assert [one for one in found if one not in before] == [], name


def _left_out(model: type[BaseModel], answers: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """These answers without each of those that are called optional, one at a time."""
    for asked in asked_of(model):
        rows = answers.get(asked.name, ())
        if asked.name in answers and is_optional(model, asked):
            yield asked.name, {name: value for name, value in answers.items() if name != asked.name}
        for number, row in enumerate(rows if asked.part else ()):
            assert asked.part
            for name, less in _left_out(asked.part, row):
                yield name, {**answers, asked.name: [*rows[:number], less, *rows[number + 1 :]]}


def test_a_person_who_fills_in_their_own_details_is_helped_by_the_browser() -> None:
    found = {one.name: one.autocomplete for one in Form.empty(SubmitReferral).questions() if one.autocomplete}
    assert found["referrer_email"] == "email"
    assert not [name for name in found if not name.startswith("referrer_")]


# Long forms, page by page


def test_a_long_form_has_pages_and_each_has_a_title() -> None:
    assert steps(SubmitReferral) == ("incident", "children", "safety", "you")
    assert set(steps(SubmitReferral)) <= set(STEPS)
    assert steps(Decide) == ()


def test_a_page_shows_and_judges_its_own_questions_and_keeps_the_others() -> None:
    form = Form.empty(SubmitReferral)
    for step in steps(SubmitReferral):
        asked = {name.split(".")[0].split("-")[0] for name, _ in seen(form, step).answers}
        assert asked <= {name for name, one in SubmitReferral.model_fields.items() if step in repr(one)}
        _, judged = form.checked(NOW, step)
        assert {one.place for one in judged.summary(step)} <= set(seen(judged, step).ids)
    whole = seen(filled("submit_referral")).pairs
    for step in reversed(steps(SubmitReferral)):
        shown = {name for name, _ in seen(filled("submit_referral"), step).pairs}
        form = form.with_step(step, [pair for pair in whole if pair[0] in shown])
    command, _ = form.checked(NOW)
    assert command == SubmitReferral.model_validate(ANSWERS["submit_referral"])


def test_a_page_typed_anew_forgets_what_is_no_longer_chosen() -> None:
    form = filled("submit_referral")
    assert isinstance(form.typed["others"], list)
    assert "others" not in form.with_step("safety", [("agencies_involved", "")]).typed
    assert form.with_step("safety", [("agencies_involved", "")]).typed["referrer_name"] == ["P. Person"]


def test_the_first_page_with_a_problem_is_named() -> None:
    _, form = Form.filled(SubmitReferral, {**ANSWERS["submit_referral"], "others": None}).checked(NOW)
    assert form.step_at_fault == "safety"
    assert filled("submit_referral").step_at_fault == ""


def test_the_doors_problems_join_those_of_the_reader() -> None:
    form = posted("dispute", changed(seen(filled("dispute")).pairs, words=""))
    _, form = form.checked(NOW)
    both = form.refused([Problem(words="The case is closed."), Problem(field="ground", words="Not this.")])
    assert problem_words(both) == ["The case is closed.", "Not this.", "Tell us more about why you dispute it."]
    assert DisputeIt.KIND == "dispute"


def test_the_notification_is_one_page_of_four_questions_at_most() -> None:
    assert [one.name for one in empty("record_notification").questions()] == list(RecordNotification.model_fields)
    assert len(Form.empty(SubmitReturn, ROWS).questions()) == 2, "the rest waits for the answer"


@pytest.mark.promise("A3", "J3")
def test_what_cannot_be_stands_beside_what_cannot_be_read_on_the_form_of_every_command() -> None:
    pairs = changed(seen(filled("submit_return")).pairs, summary="", learning="Rang\x07.")
    command, form = posted("submit_return", pairs).checked(NOW)
    assert command is None
    assert {one.field for one in form.problems} == {"summary", "learning"}
