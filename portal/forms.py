"""The page of a command: what it asks, what was typed, what is wrong. Everything comes from the command model.

    form = Form.empty(Decide, rows, fixed)                     # the first time
    form = Form.posted(Decide, pairs, rows, fixed)             # each time after that
    if form.reshaped: show it again                            # "Add another" or "Remove" was pressed
    command, form = form.checked(now)                          # the command, or the form with its problems
    form = form.refused(problems)                              # what the door said; nothing typed is lost

`form.typed` is plain data: a draft keeps it, and `Form(command, rows, fixed, typed)` brings it back.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any, Final, Self

from models.command import Command
from models.examining import examined
from models.facts import Problem
from models.files import asks_files, files_named
from models.words import NOT_ASKED
from portal.questions import Rows, asked_of
from portal.reading import Read, read
from portal.showing import NO_FILES, Question, Showing, Summary, Uploads
from portal.typed import (
    Group,
    aligned,
    inputs,
    of_answers,
    planted,
    text_in,
    with_row,
    without_answer,
    without_blank_rows,
    without_row,
)

DO = "_do"
"""The name of the buttons that change the form instead of sending it. Names with `_` first are the page's own."""

CHANGED = (
    "What this page asks has changed since you opened it. Your answers are kept: check them beside the questions as "
    "they are now, then send it again."
)

STRANGE = "This page sent answers to questions that it does not ask. Open it anew and try again."

STEPS: Final[Mapping[str, str]] = {
    "incident": "What happened",
    "children": "The children",
    "safety": "Other children’s safety",
    "child": "The child",
    "death": "The death",
    "others": "Other children, and who knew this child",
    "you": "About you",
}


def steps(command: type[Command]) -> tuple[str, ...]:
    """The pages of a long form, in their order; none for a form of one page."""
    return tuple(dict.fromkeys(one.step for one in asked_of(command) if one.step))


@dataclass(frozen=True)
class Form:
    """`rows`: fixed rows by name. `fixed`: answers that the page gives, such as the obligation."""

    command: type[Command]
    rows: Rows
    fixed: Mapping[str, str]
    typed: Group = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    reshaped: bool = False
    strange: tuple[str, ...] = ()
    uploads: Uploads = NO_FILES

    @classmethod
    def empty(cls, command: type[Command], rows: Rows | None = None, fixed: Mapping[str, str] | None = None) -> Self:
        return cls.resumed(command, {}, rows, fixed)

    @classmethod
    def resumed(
        cls, command: type[Command], typed: Group, rows: Rows | None = None, fixed: Mapping[str, str] | None = None
    ) -> Self:
        """From a draft: what `typed` was before."""
        group, _ = aligned(command, typed, rows or {})
        return cls(command, rows or {}, fixed or {}, group)

    @classmethod
    def filled(
        cls,
        command: type[Command],
        answers: Mapping[str, Any],
        rows: Rows | None = None,
        fixed: Mapping[str, str] | None = None,
    ) -> Self:
        """From answers as JSON has them: a suggestion, or the earlier answers."""
        return cls.resumed(command, of_answers(command, answers), rows, fixed)

    @classmethod
    def posted(
        cls,
        command: type[Command],
        pairs: Iterable[tuple[str, str]],
        rows: Rows | None = None,
        fixed: Mapping[str, str] | None = None,
    ) -> Self:
        """From the inputs of a browser, in their order, names repeated where several answers were chosen."""
        rows, fixed, pairs = rows or {}, fixed or {}, list(pairs)
        asked = [pair for pair in pairs if not pair[0].startswith("_")]
        planted_group, strange = planted(command, asked)
        group, stale = aligned(command, planted_group, rows)
        stale |= any(name in group and text_in(group, name) != value for name, value in fixed.items())
        pressed = next((value for name, value in pairs if name == DO), "")
        group = _pressed(command, group, pressed)
        form = cls(command, rows, fixed, group, reshaped=bool(pressed), strange=tuple(strange))
        return replace(form, problems=(Problem(words=CHANGED),)) if stale else form

    def with_step(self, step: str, pairs: Iterable[tuple[str, str]]) -> Self:
        """This form with one of its pages typed anew; what was typed on the others stays."""
        own = {name for one in asked_of(self.command) if one.step == step for name in (one.name, *inputs(one))}
        other = {name: value for name, value in self.typed.items() if name not in own}
        page = self.posted(self.command, pairs, self.rows, self.fixed)
        here = {name: value for name, value in page.typed.items() if name in own}
        return replace(page, typed={**other, **here})

    @cached_property
    def read(self) -> Read:
        fixed = {name: [value] for name, value in self.fixed.items()}
        return read(self.command, {**self.typed, **fixed})

    @property
    def answers(self) -> dict[str, Any]:
        """Plain data for the door. What was not asked is left out; what cannot be read is refused there too."""
        return {**self.read.answers, **dict.fromkeys(self.strange, "")}

    def checked(self, now: datetime, step: str = "") -> tuple[Command | None, Self]:
        """The command, if every answer can be read; and the form with all that is wrong (on one page, if named)."""
        made, wrong = examined(self.command, self.answers, now)
        form = self.refused(wrong)
        return (None if self.problems else made), form.only(step) if step else form

    def refused(self, problems: Iterable[Problem]) -> Self:
        """The form with problems; what could not be read is said in the words of the reader."""
        unread = {one.field for one in (*self.problems, *self.read.problems) if one.field}
        given = [one for one in problems if one.field not in unread and one.words != NOT_ASKED]
        if self.strange:
            given.append(Problem(words=STRANGE))
        return replace(self, problems=tuple(dict.fromkeys((*self.problems, *self.read.problems, *given))))

    def only(self, step: str) -> Self:
        """The form with the problems of one of its pages, and those that belong to no question."""
        own = {one.name for one in asked_of(self.command) if one.step == step}
        here = tuple(one for one in self.problems if not one.field or one.field.split(".")[0] in own)
        return replace(self, problems=here)

    @property
    def step_at_fault(self) -> str:
        """The first page of a long form on which something is wrong; empty when nothing is."""
        return next((step for step in steps(self.command) if any(one.field for one in self.only(step).problems)), "")

    def questions(self, step: str = "") -> tuple[Question, ...]:
        """What the template shows; of one page, if named."""
        return self._showing.questions(step)

    def summary(self, step: str = "") -> tuple[Summary, ...]:
        """Every problem with the place of its question, in the order of the page; those without a place first."""
        return self._showing.summary(self.questions(step))

    @property
    def hidden(self) -> tuple[tuple[str, str], ...]:
        return tuple(self.fixed.items())

    @cached_property
    def files(self) -> set[str]:
        """The ids of all files that stand in the form."""
        return {one for _, one in files_named(self.command, self.answers)}

    @property
    def asks_files(self) -> bool:
        return asks_files(self.command)

    @cached_property
    def _showing(self) -> Showing:
        return Showing(
            command=self.command,
            typed=self.typed,
            rows=self.rows,
            fixed=self.fixed,
            problems=self.problems,
            boxes=self.read.boxes,
            uploads=self.uploads,
        )


def _pressed(command: type[Command], group: Group, pressed: str) -> Group:
    """What the button did to the form. Only then empty rows stay: somebody may be about to fill them."""
    verb, _, path = pressed.partition(":")
    match verb:
        case "add":
            return with_row(command, group, path)
        case "remove":
            return without_row(command, group, path)
        case "drop":
            return without_answer(group, path)
        case _:
            return without_blank_rows(command, group)
