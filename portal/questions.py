"""How each question of a command is put to a person: which widget, which list of answers, under which condition.

Worked out once from the command model, so that a page cannot ask anything else than the model takes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Any, NamedTuple, get_args

from pydantic import AwareDatetime, BaseModel, EmailStr
from pydantic.fields import FieldInfo

from models.command import LINE, Choice, Part, part_of, said_of
from models.words import choices

RADIOS_AT_MOST = 7
"""A longer list of answers is a select."""


class Widget(StrEnum):
    LINE = "line"
    FILE = "file"
    TICK = "tick"
    """One box, with which a page asks back."""
    WORDS = "words"
    EMAIL = "email"
    NUMBER = "number"
    DAY = "day"
    MOMENT = "moment"
    ONE_OF = "one_of"
    MANY_OF = "many_of"
    GROUPS = "groups"
    """A group of questions for each row that the page gives: a child, a criterion, a partner."""
    LIST = "list"
    """As many groups of questions as the person adds."""


class Row(NamedTuple):
    """A fixed row, or an answer to choose: what is recorded, what people read, and a word of help."""

    value: str
    title: str
    hint: str = ""


Rows = Mapping[str, Sequence[tuple[str, str, str]]]
"""Where fixed rows come from, by the name that the command gives them: (value, title, hint)."""

BOOLEAN = (Row("true", "Yes"), Row("false", "No"))


@dataclass(frozen=True)
class Asked:
    """One question of a command or of a group in it."""

    name: str
    title: str
    hint: str
    widget: Widget
    step: str
    when: tuple[str, tuple[str, ...]] | None
    rows: str
    choice: type[Choice] | None
    boolean: bool
    part: type[Part] | None
    required: bool
    default: Any
    least: int
    longest: int
    short: bool
    back: bool

    @property
    def fixed_rows(self) -> bool:
        return self.widget is Widget.GROUPS

    def answers(self, rows: Rows) -> tuple[Row, ...]:
        """What can be chosen."""
        if self.choice:
            return tuple(Row(one.value, one.words) for one in self.choice)
        if self.boolean:
            return BOOLEAN
        return given(rows, self.rows) if self.rows else ()


class RowsMissing(LookupError):
    """A page asks with rows that it did not bring: a mistake of the page, not of a person."""


def given(rows: Rows, name: str) -> tuple[Row, ...]:
    if name not in rows:
        raise RowsMissing(f"this page must give the rows named {name!r}")
    return tuple(Row(*row) for row in rows[name])


@cache
def asked_of(model: type[BaseModel]) -> tuple[Asked, ...]:
    """The questions of a command, or of a group in it, in their order."""
    return tuple(_asked(name, field) for name, field in model.model_fields.items())


def asked_named(model: type[BaseModel], name: str) -> Asked | None:
    return next((one for one in asked_of(model) if one.name == name), None)


def key_of(part: type[Part]) -> str:
    """The field that says to which fixed row a group belongs: its first."""
    return asked_of(part)[0].name


def singular(part: type[Part]) -> str:
    """What one row of a list is called: "Child", "Chronology event"."""
    spaced = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in part.__name__).strip()
    return spaced.capitalize()


def _asked(name: str, field: FieldInfo) -> Asked:
    part = part_of(field)
    default = None if field.is_required() else field.default
    return Asked(
        name=name,
        title=field.title or name,
        hint=field.description or "",
        widget=_widget(field, part),
        step=said_of(field, "step") or "",
        when=said_of(field, "when"),
        rows=said_of(field, "rows") or "",
        choice=choices(field),
        boolean=field.annotation is bool,
        part=part,
        required=field.is_required(),
        default=default,
        least=max((one.min_length for one in field.metadata if hasattr(one, "min_length") and part), default=0),
        longest=_longest(field),
        short=bool(said_of(field, "short")),
        back=bool(said_of(field, "back")),
    )


def _widget(field: FieldInfo, part: type[Part] | None) -> Widget:  # noqa: PLR0911 -- one answer for each kind of question
    kinds = set(_kinds(field.annotation))
    rows = said_of(field, "rows")
    if part:
        return Widget.GROUPS if rows else Widget.LIST
    if said_of(field, "file"):
        return Widget.FILE
    if said_of(field, "back"):
        return Widget.TICK
    if tuple in kinds:
        return Widget.MANY_OF
    if choices(field) or bool in kinds or rows:
        return Widget.ONE_OF
    if date in kinds:
        return Widget.DAY
    if AwareDatetime in kinds:
        return Widget.MOMENT
    if EmailStr in kinds:
        return Widget.EMAIL
    if int in kinds:
        return Widget.NUMBER
    return Widget.WORDS if _longest(field) > LINE else Widget.LINE


def _kinds(annotation: Any) -> Iterator[Any]:  # noqa: ANN401 -- an annotation may be any object
    yield annotation
    if getattr(annotation, "__origin__", None) is tuple:
        yield tuple
    for inner in get_args(annotation):
        yield from _kinds(inner)


def _longest(field: FieldInfo) -> int:
    """The most characters that a text may have; 0 when the model does not say."""
    constraints = [*field.metadata, *_kinds(field.annotation)]
    return max((getattr(one, "max_length", None) or 0 for one in constraints), default=0)
