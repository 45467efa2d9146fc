"""What a command is made of: questions with answers, of which the private ones never leave the encrypted columns.

A command is a frozen model. Each field is a question (`asks`), and from these questions come the page, the JSON
interface, the command line and the words of a refusal: one way to do each thing.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Self, get_args

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, StringConstraints
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError, PydanticKnownError

from models.base import Word
from models.facts import Fact, Problem
from models.time import day_of

_FIGURES = re.compile(r"[-+]?[0-9._]+", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]")


def _without_control(text: str) -> str:
    if _CONTROL.search(text):
        message = "has characters that cannot be shown"
        raise ValueError(message)
    return text.replace("\r\n", "\n")


def _on_one_line(text: str) -> str:
    return " ".join(text.split("\n"))


_BLANK_LETTERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and signs to Unicode that every font leaves empty."""


def _without_nothing(text: object) -> object:
    """A text in which nothing can be seen, such as a zero-width space alone, is no text."""
    if not isinstance(text, str) or _CONTROL.search(text):
        return text
    seen = any(unicodedata.category(one)[0] in "LNPS" and one not in _BLANK_LETTERS for one in text)
    return text if seen else ""


_SHOWN = AfterValidator(_without_control), BeforeValidator(_without_nothing)

ANOTHER_CASE = "This is another one, beside the one that is there"
PAST, TO_COME = "The date must be today or in the past.", "The date must be today or later."
NOT_NOW = "Leave all of it empty if it is now."
LINE, WORDS = 200, 20_000
_ONE_LINE = AfterValidator(_on_one_line)
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LINE), *_SHOWN, _ONE_LINE]
MaybeLine = Annotated[str, StringConstraints(strip_whitespace=True, max_length=LINE), *_SHOWN, _ONE_LINE]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=WORDS), *_SHOWN]
MaybeWords = Annotated[str, StringConstraints(strip_whitespace=True, max_length=WORDS), *_SHOWN]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_./#:-]*$", max_length=120)]
REFERENCE = r"^[A-Z]{1,3}-\d{4}-\d{4,}$"
Ref = Annotated[str, StringConstraints(pattern=REFERENCE, max_length=20)]
FileId = Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{32})?$")]
"""A file that was kept before (records/files.py); empty: none."""


def _written_out(wrong: Literal["date_type", "datetime_type"]) -> BeforeValidator:
    """Dates are written out: a number would be read as seconds since 1970, which nobody means."""

    def check(value: object) -> object:
        if isinstance(value, (int, float)) or (isinstance(value, str) and _FIGURES.fullmatch(value.strip())):
            raise PydanticKnownError(wrong)
        return value

    return BeforeValidator(check)


FIRST_YEAR, LAST_YEAR = 1900, 2199
YEARS_AHEAD = 20
"""No plan reaches further. With the years above, every date that is taken can be counted with and shown."""


def _within_reach(day: date) -> date:
    """The year as it is written: to count with a date at the end of the calendar is what has to be prevented."""
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        kind, message = "out_of_reach", "is out of reach"
        raise PydanticCustomError(kind, message)
    return day


Moment = Annotated[AwareDatetime, _written_out("datetime_type"), AfterValidator(_within_reach)]
Day = Annotated[date, _written_out("date_type"), AfterValidator(_within_reach)]


class Choice(StrEnum):
    """An answer from a list, with the words that people read."""

    words: str

    def __new__(cls, value: str, words: str = "") -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.words = words
        return member


class Known(Choice):
    """Yes, no, and not known: three answers, each apart from no answer at all."""

    YES = "yes", "Yes"
    NO = "no", "No"
    NOT_KNOWN = "not_known", "Not known"


def asks(  # noqa: PLR0913 -- one parameter for each thing a form may say about a question
    question: str,
    hint: str = "",
    *,
    private: bool = False,
    rows: str = "",
    step: str = "",
    when: tuple[str, tuple[str, ...]] | None = None,
    default: Any = ...,  # noqa: ANN401 -- pydantic's own type of a default
    short: bool = False,
    back: bool = False,
    file: bool = False,
) -> Any:  # noqa: ANN401 -- stands for a field of any type, as pydantic's Field does
    """A question of a command.

    `private`: the answer lives in an encrypted column only. `rows`: where the fixed rows of a list come from.
    `when`: shown only if the field named first has one of the answers. `step`: the page of a long form.
    `back`: a box to tick, with which a page asks back once the door wants it, and not before. `file`: the answer is
    a file, of which the command holds the id (FileId).
    """
    extra: dict[str, Any] = {
        "private": private, "rows": rows, "step": step, "when": when, "short": short, "back": back,
        "file": file,
    }  # fmt: skip
    return Field(default, title=question, description=hint or None, json_schema_extra=extra)


LATE: Any = asks(
    "If you record it on a later day: why?", "Only if the date above is before today.", private=True, default=""
)  # fmt: skip
"""Of every command that says when something happened. What is entered late moves dates, so it has a reason."""


def said_of(field: FieldInfo, name: str) -> Any:  # noqa: ANN401 -- one of the values given to `asks`
    extra = field.json_schema_extra
    return extra.get(name) if isinstance(extra, dict) else None


class Cannot(NamedTuple):
    """Something that cannot be: the field beside which it is said, in which words, and whether it is so."""

    field: str
    words: str
    is_so: Callable[[], object]


class Part(Word):
    """A group of questions inside a command: a child, a criterion, an event."""


class Command(Word):
    """What a person asks to happen. KIND names it at every door, FACT what it becomes."""

    KIND: ClassVar[str]
    FACT: ClassVar[str]
    TITLE: ClassVar[str]
    OCCURRED: ClassVar[str] = ""
    """The field that says when it happened; without one it happens now."""

    def occurred(self, now: datetime) -> datetime:
        moment = getattr(self, self.OCCURRED) if self.OCCURRED else now
        return moment if isinstance(moment, datetime) else now

    def also(self) -> dict[str, Any]:
        """Plain data worked out from private answers, such as how many children there are."""
        return {}

    @classmethod
    def names_cases(cls, answers: Mapping[str, Any]) -> list[tuple[str, str, str]]:  # noqa: ARG003 -- most name none
        """Of every other case in the answers: field, reference, and of which kind it must be (empty: of any)."""
        return []

    @property
    def of_agency(self) -> str:
        return getattr(self, "agency", "")

    def impossible(self, now: datetime) -> list[Problem]:
        """What cannot be, looking at the answers alone: a future date, an end before its beginning.

        Of a command that could be read only in part: what cannot be in that part (models/examining.py).
        """
        far = list(_too_far(self, day_of(now)))
        said = {one.field for one in far}
        return far + [
            Problem(field=one.field, words=one.words)
            for one in self.cannot(now)
            if one.field not in said and _is_so(one)
        ]

    def cannot(self, now: datetime) -> Iterator[Cannot]:
        """What is looked for. Each asks for answers only when it is tried, and is passed over if one was not read."""
        if self.OCCURRED:
            yield Cannot(self.OCCURRED, PAST, lambda: self.occurred(now) > now + timedelta(minutes=2))
            words = "Say why it is recorded on a later day than it happened."
            yield Cannot("late", words, lambda: self.is_late(now) and getattr(self, "late", None) == "")

    def is_late(self, now: datetime) -> bool:
        """Whether it is entered on a later day than it happened."""
        return bool(self.OCCURRED) and day_of(self.occurred(now)) < day_of(now)


def _is_so(one: Cannot) -> bool:
    with suppress(AttributeError):  # an answer that could not be read
        return bool(one.is_so())
    return False


def _too_far(model: Word, today: date, path: str = "") -> Iterator[Problem]:
    for name in type(model).model_fields:
        value = getattr(model, name, None)
        day = day_of(value) if isinstance(value, datetime) else value
        if isinstance(day, date) and (day.year - YEARS_AHEAD, day.month, day.day) > (
            today.year,
            today.month,
            today.day,
        ):
            yield Problem(field=path + name, words=f"This is more than {YEARS_AHEAD} years ahead. Check the year.")
        rows = value if isinstance(value, tuple) else ()
        for number, row in enumerate(row for row in rows if isinstance(row, Word)):
            yield from _too_far(row, today, f"{path}{name}.{number}.")


def split(model: Word) -> tuple[dict[str, Any], dict[str, Any]]:
    """(plain, private): the same shape twice, every answer in exactly one of them."""
    return _split(model, model.model_dump(mode="json"))


def _split(model: Word, dumped: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    plain: dict[str, Any] = {}
    private: dict[str, Any] = {}
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        if said_of(field, "private"):
            private[name] = dumped[name]
        elif isinstance(value, Word):
            plain[name], private[name] = _split(value, dumped[name])
        elif isinstance(value, tuple) and value and all(isinstance(row, Word) for row in value):
            halves = [_split(row, shown) for row, shown in zip(value, dumped[name], strict=True)]
            plain[name] = [half[0] for half in halves]
            if any(half[1] for half in halves):
                private[name] = [half[1] for half in halves]
        else:
            plain[name] = dumped[name]
    return plain, {name: value for name, value in private.items() if value not in ({}, [], "", None)}


def merged(plain: Any, private: Any) -> Any:  # noqa: ANN401 -- any JSON value
    """The whole again, from both halves of `split`."""
    if isinstance(plain, dict) and isinstance(private, dict):
        return {
            key: merged(plain.get(key), private.get(key)) for key in [*plain, *(k for k in private if k not in plain)]
        }
    if isinstance(plain, list) and isinstance(private, list) and len(plain) == len(private):
        return [merged(one, two) for one, two in zip(plain, private, strict=True)]
    return plain if private is None else private


def part_of(field: FieldInfo) -> type[Part] | None:
    """The model of a list's rows, when the field is such a list."""
    kinds = [kind for kind in get_args(field.annotation) if isinstance(kind, type) and issubclass(kind, Part)]
    return kinds[0] if kinds else None


class Signed(Word):
    """A command on its way: what is plain of it, the name of what is private, and the door's signature over both."""

    request: str
    case: str
    kind: str
    actor: str
    body: dict[str, Any]
    text: str = ""
    text_digest: str = ""
    asked: datetime
    signature: str = ""


class Judged(Word):
    """What came of a command: facts, or problems in words."""

    facts: tuple[Fact, ...] = ()
    problems: tuple[Problem, ...] = ()
