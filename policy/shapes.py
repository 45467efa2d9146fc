"""From what is written to strict models: each misfit as a problem in plain words, with its line and key."""

import difflib
import json
import types
import typing
from collections.abc import Iterable
from typing import TypeVar

from pydantic import BaseModel, StringConstraints, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from models.directory import EMail, PersonId, SlackId, Slug
from models.policy import Name, Span
from policy.problems import Path, key_of
from policy.written import Value, Written

M = TypeVar("M", bound=BaseModel)
T = TypeVar("T")

_adapters: dict[type[object], TypeAdapter[object]] = {}  # costly to make, so made once for each kind

WRONG_KEY = "[key]"  # how pydantic marks that the key, not the value, is wrong

A_DAY = "Write a day that exists as year-month-day, such as 2026-11-21."
A_TIME = 'Write a time of day such as "09:00".'
KEYS = "Keys with values are expected here, one to a line."
A_SPAN = "Write a length of time such as `5 working days`, `48 hours`, `2 weeks`, `6 months` or `-1 working day`."

# What to do about a value of the wrong kind, by pydantic's name for the mistake.
WORDS = {
    "bool_type": "Write `true` or `false`.",
    "date_from_datetime_inexact": A_DAY,
    "date_from_datetime_parsing": A_DAY,
    "date_parsing": A_DAY,
    "date_type": A_DAY,
    "dict_type": KEYS,
    "enum": "Write one of: {expected}.",
    "greater_than_equal": "Write {ge} or more.",
    "int_type": "Write a whole number, without quotes and without a leading nought.",
    "less_than_equal": "Write {le} or less.",
    "literal_error": "Write one of: {expected}.",
    "missing": "This is missing. Add it.",
    "model_type": KEYS,
    "string_too_long": "Write at most {max_length} characters.",
    "string_too_short": "Write at least one word here.",
    "string_type": "Write text here; put a number or `true`, `false`, `null` that is meant as text in quotes.",
    "time_parsing": A_TIME,
    "time_type": A_TIME,
    "too_long": "At most {max_length} may stand here.",
    "too_short": "At least {min_length} must stand here.",
    "tuple_type": "A list is expected here: `[one, two]`, or a line with `- ` for each.",
}


def pattern_of(annotated: object) -> str:
    """The pattern of a kind of word that is declared with StringConstraints."""
    limits = typing.get_args(annotated)[1]
    return str(limits.pattern) if isinstance(limits, StringConstraints) else ""


PATTERNS = {
    pattern_of(Name): "Write small letters, digits and _ only, a letter first, such as `agency_lead`.",
    pattern_of(Slug): "Write small letters, digits and single hyphens only, a letter first: `harrowshire-council`.",
    pattern_of(PersonId): "Write `p-` and three to six digits, such as `p-001`.",
    pattern_of(EMail): "This is not an e-mail address. Write it as name@place.example.org.",
    pattern_of(SlackId): "Write the member id from the profile in Slack, such as `U012ABCDEF`, not the name.",
}


def shaped(model: type[M], value: Value) -> M:
    """The model of what is written, strictly: no text is taken for a number. Raises ValidationError."""
    return model.model_validate_json(json.dumps(value), strict=True)


def check_shape(model: type[BaseModel], written: Written) -> None:
    """Complain of all that does not fit the model, except where the reader of the text has complained already."""
    complained = {problem.key for problem in written.problems}
    try:
        shaped(model, written.root)
    except ValidationError as misfit:
        for error in misfit.errors(include_input=False, include_url=False):
            path: Path = tuple(part for part in error["loc"] if part != WRONG_KEY)
            if key_of(path) not in complained:
                written.complain(path, _words(error, path, model))


def fit(kind: type[T], value: Value) -> T | None:
    """The value as a `kind`, or None where it is none: so what is right is checked further, whatever else is wrong."""
    try:
        found = _adapter(kind).validate_json(json.dumps(value), strict=True)
    except ValidationError:
        return None
    return found if isinstance(found, kind) else None


def _adapter(kind: type[object]) -> TypeAdapter[object]:
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The end of a sentence about an unknown word: the one that was probably meant, or all that there are."""
    names = sorted(known)
    close = difflib.get_close_matches(word, names, n=1)
    if close:
        return f"Did you mean `{close[0]}`?"
    return f"Known are: {', '.join(names)}." if names else "None is declared."


def _words(error: ErrorDetails, path: Path, model: type[BaseModel]) -> str:
    limits = error.get("ctx", {})
    if error["type"] == "extra_forbidden":
        around = kind_at(model, path[:-1])
        fields = around.model_fields if isinstance(around, type) and issubclass(around, BaseModel) else ()
        return f"There is no such key here. {did_you_mean(str(path[-1]), fields)}"
    if error["type"] == "string_pattern_mismatch":
        return PATTERNS.get(str(limits["pattern"]), error["msg"])
    if error["type"] != "missing" and kind_at(model, path) is Span:
        return A_SPAN
    return WORDS.get(error["type"], f"{error['msg']}.").format(**limits)


def kind_at(kind: object, path: Path) -> object:
    """The type that the model wants at `path`; None where it wants nothing."""
    for part in path:
        kind = _inside(_plain(kind), part)
    return _plain(kind)


def _inside(kind: object, part: str | int) -> object:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        found = kind.model_fields.get(str(part))
        return found.annotation if found else None
    items = [one for one in typing.get_args(kind) if one is not Ellipsis]
    return items[-1] if items else None


def _plain(kind: object) -> object:
    """The kind without its limits, and without `| None`."""
    while typing.get_origin(kind) in (typing.Annotated, typing.Union, types.UnionType):
        kind = next(one for one in typing.get_args(kind) if one is not types.NoneType)
    return kind
