"""What a form's template shows: each question with its words, its widget, what was typed, and what is wrong with it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from pydantic import BaseModel

from models.command import Command, Known, Part
from models.facts import Problem
from portal.dates import CLOCK, PARTS
from portal.questions import RADIOS_AT_MOST, Asked, Row, Rows, Widget, asked_named, asked_of, given, key_of, singular
from portal.reading import clock_required, is_asked, value_of
from portal.typed import Group, default_text, rows_in, text_in, texts_in

WITHOUT_TIME = "If you do not know the time, give the day alone: the start of the day is recorded."

_SHORT_TITLE = 40
_SHORT_ROW = 3
_INLINE_AT_MOST, _INLINE_WORDS = 3, 12

_AUTOCOMPLETE: Final[Mapping[str, str]] = {
    "referrer_name": "name",
    "referrer_role": "organization-title",
    "referrer_agency": "organization",
    "referrer_email": "email",
    "referrer_phone": "tel",
}
"""Questions about whoever fills in the form (WCAG 1.3.5)."""


@dataclass(frozen=True)
class Item:
    """One answer to choose."""

    value: str
    words: str
    hint: str
    chosen: bool


@dataclass(frozen=True)
class Reveal:
    """Questions that are shown while the question above has one of these answers."""

    name: str
    values: tuple[str, ...]
    shown: bool
    questions: tuple["Question", ...]


@dataclass(frozen=True)
class Section:
    """A row: a child, a criterion, an event. `key`: the hidden input that says which. `large`: it is long itself.

    `after`: the input of the row before that has to be answered with yes for this one to be asked; empty if none has.
    """

    id: str
    title: str
    hint: str
    key: tuple[str, str] | None
    removable: bool
    large: bool
    questions: tuple["Question", ...]
    after: str = ""
    shown: bool = True


@dataclass(frozen=True)
class Question:
    """`place`: the id of the input to which a problem leads. `box`: the part of a date that is wrong. `kept`: the file.

    `plain`: its title is not set in bold, for it stands in a small row that has a bold title itself.
    """

    name: str
    place: str
    label: str
    hint: str
    widget: Widget
    error: str
    optional: bool
    value: str
    boxes: Mapping[str, str]
    box: str
    items: tuple[Item, ...]
    select: bool
    inline: bool
    short: bool
    plain: bool
    autocomplete: str
    groups: tuple[Section, ...]
    row_word: str
    full: bool
    kept: str
    reveals: tuple[Reveal, ...]


@dataclass(frozen=True)
class Uploads:
    """Of the files of a form: what is taken, and for each id that its reader may see what it is."""

    hint: str
    kept: Mapping[str, str]


NO_FILES: Final = Uploads("", {})


@dataclass(frozen=True)
class Summary:
    """A line of the error summary; `place` empty when it belongs to no question of this page."""

    words: str
    place: str


class Showing:
    """One rendering of a form."""

    def __init__(  # noqa: PLR0913 -- the parts of a form
        self,
        *,
        command: type[Command],
        typed: Group,
        rows: Rows,
        fixed: Mapping[str, str],
        problems: Sequence[Problem],
        boxes: Mapping[str, str],
        uploads: Uploads = NO_FILES,
    ) -> None:
        self.uploads = uploads
        self.command, self.typed, self.rows, self.fixed, self.boxes = command, typed, rows, fixed, boxes
        self.problems = [(place_of(command, one.field), one.words) for one in problems]
        self.errors: dict[str, str] = {}
        for place, words in self.problems:
            self.errors[place] = f"{self.errors[place]} {words}" if place in self.errors else words

    def questions(self, step: str = "") -> tuple[Question, ...]:
        shown = [
            one
            for one in asked_of(self.command)
            if one.name not in self.fixed
            and step in ("", one.step)
            and (one.required or not one.fixed_rows or given(self.rows, one.rows))
            and (not one.back or one.name in self.errors or one.name in self.typed)
        ]
        return self._questions(self.command, shown, self.typed, "")

    def summary(self, questions: Sequence[Question]) -> tuple[Summary, ...]:
        places = {one.name: (before, one.place) for before, one in _all(questions)}
        lost = [Summary(words, "") for place, words in self.problems if place not in places]
        found = [
            Summary(f"{before}{words}", link)
            for name, (before, link) in places.items()
            for place, words in self.problems
            if place == name
        ]
        return (*lost, *found)

    def _questions(
        self, model: type[BaseModel], shown: Sequence[Asked], group: Group, path: str
    ) -> tuple[Question, ...]:
        """A question that waits for another's answer stands right below it, if that is on the same page."""
        names = {one.name for one in shown}
        return tuple(
            self._question(model, one, shown, group, path)
            for one in shown
            if one.when is None or one.when[0] not in names
        )

    def _question(
        self, model: type[BaseModel], asked: Asked, shown: Sequence[Asked], group: Group, path: str
    ) -> Question:
        name = f"{path}{asked.name}"
        items = self._items(asked, group)
        select = len(items) > RADIOS_AT_MOST
        groups = self._groups(asked, group, name)
        return Question(
            name=name,
            place=_place(asked, name, self.boxes.get(name, "day")),
            label=asked.title,
            hint=self._hint(asked),
            widget=asked.widget,
            error=self.errors.get(name, ""),
            optional=is_optional(model, asked),
            value="" if asked.part or asked.widget is Widget.MANY_OF else value_of(asked, group),
            boxes={part: text_in(group, f"{asked.name}-{part}") for part in (*PARTS, CLOCK)},
            box=self.boxes.get(name, ""),
            items=items,
            select=select,
            inline=len(items) <= _INLINE_AT_MOST and all(len(one.words) <= _INLINE_WORDS for one in items),
            short=asked.short,
            plain=bool(path) and not _is_large(model),
            autocomplete=_AUTOCOMPLETE.get(asked.name, ""),
            groups=groups,
            row_word=singular(asked.part) if asked.part else "",
            full=bool(asked.longest) and len(groups) >= asked.longest,
            kept=self.uploads.kept.get(text_in(group, asked.name), "") if asked.widget is Widget.FILE else "",
            reveals=tuple(self._reveals(model, asked, shown, group, path)),
        )

    def _reveals(
        self, model: type[BaseModel], asked: Asked, shown: Sequence[Asked], group: Group, path: str
    ) -> Iterator[Reveal]:
        waiting = [one for one in shown if one.when and one.when[0] == asked.name]
        for values in dict.fromkeys(one.when[1] for one in waiting if one.when):
            together = [one for one in waiting if one.when and one.when[1] == values]
            yield Reveal(
                name=f"{path}{asked.name}",
                values=values,
                shown=is_asked(model, together[0], group),
                questions=tuple(self._question(model, one, shown, group, path) for one in together),
            )

    def _items(self, asked: Asked, group: Group) -> tuple[Item, ...]:
        if asked.part:
            return ()
        many = asked.widget is Widget.MANY_OF
        chosen = texts_in(group, asked.name) if many else [value_of(asked, group)]
        return tuple(Item(row.value, row.title, row.hint, row.value in chosen) for row in asked.answers(self.rows))

    def _hint(self, asked: Asked) -> str:
        if asked.widget is Widget.MOMENT and not clock_required(self.command, asked):
            return f"{asked.hint} {WITHOUT_TIME}".strip()
        if asked.widget is Widget.FILE:
            return f"{asked.hint} {self.uploads.hint}".strip()
        return asked.hint

    def _groups(self, asked: Asked, group: Group, name: str) -> tuple[Section, ...]:
        if asked.part is None:
            return ()
        rows = rows_in(group, asked.name)
        if asked.fixed_rows:
            wanted = given(self.rows, asked.rows)
            rows += [{}] * (len(wanted) - len(rows))
            places = {row.value: number for number, row in enumerate(wanted)}
            sections = []
            for number, row in enumerate(wanted):
                section = self._group(asked, row, rows[number], f"{name}.{number}")
                before = places.get(row.value.rpartition("/")[0])
                sections.append(
                    section if before is None else self._after(asked.part, section, rows[before], f"{name}.{before}")
                )
            return tuple(sections)
        return tuple(
            self._group(
                asked, Row("", f"{singular(asked.part)} {number + 1}"), row, f"{name}.{number}", several=len(rows) > 1
            )
            for number, row in enumerate(rows or [{}])
        )

    @staticmethod
    def _after(part: type[Part], section: Section, before: Group, path: str) -> Section:
        """A row whose name begins with that of another one is asked where that other one is answered with yes."""
        answer = asked_of(part)[1].name
        return replace(section, after=f"{path}.{answer}", shown=text_in(before, answer) == Known.YES)

    def _group(self, asked: Asked, row: Row, group: Group, path: str, *, several: bool = False) -> Section:
        assert asked.part is not None
        key = key_of(asked.part) if asked.fixed_rows else ""
        shown = [one for one in asked_of(asked.part) if one.name != key]
        return Section(
            id=path,
            title=row.title,
            hint=row.hint,
            key=(f"{path}.{key}", row.value) if key else None,
            removable=several,
            large=_is_large(asked.part),
            questions=self._questions(asked.part, shown, group, f"{path}."),
        )


def place_of(command: type[Command], field: str) -> str:
    """The question beside which a problem stands: the field's own, or the nearest around it that a page shows."""
    model: type[BaseModel] | None = command
    place, path, hidden = "", "", ""
    for step in field.split("."):
        path = f"{path}.{step}" if path else step
        if model is None or step.isdigit():
            continue
        asked = asked_named(model, step)
        if asked is None or step == hidden:
            break
        place, model = path, asked.part
        hidden = key_of(asked.part) if asked.part and asked.fixed_rows else ""
    return place


def _is_large(model: type[BaseModel]) -> bool:
    """Whether a row is a long form of its own; a short one is a criterion, a position or an event."""
    return len(asked_of(model)) > _SHORT_ROW


def _place(asked: Asked, name: str, box: str) -> str:
    return f"{name}-{box}" if asked.widget in {Widget.DAY, Widget.MOMENT} else name


NEEDED: Final = frozenset({
    "Child.born", "SubmitReferral.siblings_safe", "ChildTriage.agency", "ChildTriage.body", "ChildTriage.joins",
    "AnswerTime.until", "ReviewSuspension.review", "SubmitReturn.summary", "PartnerPosition.words", "Regarded.words",
    "Decide.alternative", "Decide.parked_on", "Decide.parked_review", "Decide.joins",
    "EnterReview.settled_on", "EnterReview.reasons", "AppointReviewer.reason", "RecordContact.answer",
    "ReviewMilestones.review", "ChecklistAnswer.words", "AnswerRecommendation.words", "EnterRecommendation.by",
    "RespondDisagreement.words", "CloseRecommendation.seats", "EnterDeath.met_on", "EnterDeath.drafted_on",
    "NotifyDeath.attended", "NotifyDeath.siblings_safe",
    "RecordImmediateDecisions.review", "RecordImmediateDecisions.siblings_safe", "ReturnForm.summary",
    "ReviewWait.review", "ReviewWait.ended_on", "ReviewWait.abuse", "CompleteAnalysis.interests",
    "CompleteAnalysis.factors", "ConsiderReview.again",
})  # fmt: skip
"""What a model leaves open and its command then asks for, as an earlier answer has it."""


def is_optional(model: type[BaseModel], asked: Asked) -> bool:
    """Whether to say so. Not where an answer stands there already, or the title says by itself when it applies."""
    said = ", if " in asked.title or asked.title.startswith("If ")
    return not (asked.required or said or f"{model.__name__}.{asked.name}" in NEEDED or default_text(asked))


def _all(questions: Sequence[Question], before: str = "") -> Iterator[tuple[str, Question]]:
    """Every question in the order of the page, with the words that say in which row it stands."""
    for one in questions:
        yield before, one
        short = all(len(section.title) <= _SHORT_TITLE for section in one.groups)
        for number, section in enumerate(one.groups, 1):
            title = section.title if short else f"{one.row_word.split()[0]} {number}"
            inner = f"{before.removesuffix(': ')}, {title}" if before else title
            yield from _all(section.questions, f"{inner}: ")
        for reveal in one.reveals:
            yield from _all(reveal.questions, before)
