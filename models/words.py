"""The words of a refusal: what pydantic found wrong with a command's answers, said as a person would say it.

Each problem names the question and says how to go on. What was typed is never repeated: it may be about a child.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from models.command import FIRST_YEAR, LAST_YEAR, Choice, Command, part_of, said_of
from models.facts import Problem
from models.listed import one_of
from models.said import ENTER

MOST = 100
"""Problems that are told one by one; nobody reads more, and a hostile body may have a million."""

NOT_ASKED = "This is not a question of this form. Leave it out."
UNSHOWABLE = "has characters that cannot be shown. Type it again, or paste it as plain text"

_FIELD = re.compile(r"[a-z][a-z0-9_]{0,40}", re.ASCII)

_MOMENT = "2026-03-27T14:30:00+00:00"

Loc = tuple[int | str, ...]


def problems(error: ValidationError, command: type[Command]) -> list[Problem]:
    """Every problem of the answers, all at once, each with the dotted path of its field ("children.0.born")."""
    details = _own(error.errors(include_url=False, include_input=False))
    found = [Problem(field=_path(one), words=_words(one, command)) for one in details[:MOST]]
    if len(details) > MOST:
        words = f"These are the first {MOST} problems; there are more. Put these right and send it again."
        found.append(Problem(words=words))
    return found


def _own(details: list[ErrorDetails]) -> list[ErrorDetails]:
    """Without the lists that are said to be too short only because their entries have problems."""
    above = {one["loc"][:depth] for one in details for depth in range(1, len(one["loc"]))}
    return [one for one in details if one["type"] != "too_short" or one["loc"] not in above]


def enter(field: FieldInfo) -> str:
    """What to do about an unanswered question: "Enter when it was sent", without the full stop."""
    title = field.title or ""
    if title in ENTER:
        return ENTER[title]
    if title.endswith("?"):
        return f"Answer the question “{title}”"
    verb = "Choose" if choices(field) or said_of(field, "file") else "Enter"
    return f"{verb} {_lower_first(title)}"


def choices(field: FieldInfo) -> type[Choice] | None:
    """The list from which the answer is chosen, when there is one."""
    kinds = (field.annotation, *get_args(field.annotation))
    return next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Choice)), None)


def _path(detail: ErrorDetails) -> str:
    """The dotted path. A name that we did not give is shown only if it looks like one, for it may be somebody's."""
    loc = detail["loc"]
    if detail["type"] == "extra_forbidden" and not _FIELD.fullmatch(str(loc[-1])):
        loc = loc[:-1]
    return ".".join(str(step) for step in loc)


def _words(detail: ErrorDetails, command: type[Command]) -> str:
    field = _question(detail["loc"], command)
    if detail["type"] == "extra_forbidden":
        return NOT_ASKED
    if field is None:
        return "Send the answers as one group: the name of each question with its answer."
    say = _SAYINGS.get(detail["type"], _check)
    return f"{say(field, detail.get('ctx', {}))}."


def _question(loc: Loc, command: type[BaseModel]) -> FieldInfo | None:
    """The question at which a path ends; for a place inside of a plain list, the question of the list."""
    model: type[BaseModel] | None = command
    field: FieldInfo | None = None
    for step in loc:
        if isinstance(step, str) and model is not None and step in model.model_fields:
            field = model.model_fields[step]
            model = part_of(field)
    return field


def subject(field: FieldInfo) -> str:
    """The question as the subject of a sentence: "Your name", or "Your answer to “By when?”"."""
    title = field.title or "This"
    return f"Your answer to “{title}”" if title.endswith("?") else title


Context = Mapping[str, Any]
Saying = Callable[[FieldInfo, Context], str]


def _missing(field: FieldInfo, context: Context) -> str:
    return enter(field)


def _listed(field: FieldInfo, context: Context) -> str:
    listed = choices(field)
    return f"{enter(field)}: {one_of(one.value for one in listed)}" if listed else _check(field, context)


def _boolean(field: FieldInfo, context: Context) -> str:
    return f"{enter(field)}: true or false"


def _day(field: FieldInfo, context: Context) -> str:
    return f"{enter(field)}: it must be a real date, for example 2026-03-27"


def _moment(field: FieldInfo, context: Context) -> str:
    return f"{enter(field)}: it must be a real date and time, for example {_MOMENT}"


def _out_of_reach(field: FieldInfo, context: Context) -> str:
    return f"{enter(field)}: the year must be between {FIRST_YEAR} and {LAST_YEAR}"


def _zone(field: FieldInfo, context: Context) -> str:
    return f"{enter(field)}: the time must say its zone, for example {_MOMENT} or 2026-07-27T14:30:00+01:00"


def _too_long(field: FieldInfo, context: Context) -> str:
    return f"{subject(field)} must be {context['max_length']:,} characters or fewer"


def _too_many(field: FieldInfo, context: Context) -> str:
    return f"{subject(field)} must have {context['max_length']} entries or fewer"


def _at_least(field: FieldInfo, context: Context) -> str:
    return f"{subject(field)} must be {context['ge']} or more"


def _at_most(field: FieldInfo, context: Context) -> str:
    return f"{subject(field)} must be {context['le']} or less"


def _number(field: FieldInfo, context: Context) -> str:
    return f"{subject(field)} must be a whole number, such as 60"


def _pattern(field: FieldInfo, context: Context) -> str:
    if said_of(field, "file"):
        return f"{enter(field)}: the id that was given when it was kept"
    if context["pattern"].startswith("^[A-Z]"):
        return f"{enter(field)}: the reference of a case is written like RR-2026-0004"
    return f"{subject(field)} must be one of the short names that this case uses: small letters, digits and - _ . / # :"


def _text(field: FieldInfo, context: Context) -> str:
    return f"{subject(field)} must be text"


def _list(field: FieldInfo, context: Context) -> str:
    return f"{subject(field)} must be a list"


def _group(field: FieldInfo, context: Context) -> str:
    return f"{subject(field)} must be a list of groups of answers: the name of each question with its answer"


def _characters(field: FieldInfo, context: Context) -> str:
    return f"{subject(field)} {UNSHOWABLE}"


def _value(field: FieldInfo, context: Context) -> str:
    """Our own checks raise ValueError: characters that cannot be shown, and e-mail addresses that are none."""
    if "reason" in context:
        return f"{enter(field)} in full, like name@example.org"
    return _characters(field, context)


def _check(field: FieldInfo, context: Context) -> str:
    return f"{enter(field)}: check what is there now"


_SAYINGS: Mapping[str, Saying] = {
    "missing": _missing,
    "string_too_short": _missing,
    "too_short": _missing,
    "none_required": _missing,
    "enum": _listed,
    "bool_type": _boolean,
    "bool_parsing": _boolean,
    "date_type": _day,
    "date_parsing": _day,
    "date_from_datetime_parsing": _day,
    "date_from_datetime_inexact": _day,
    "datetime_type": _moment,
    "datetime_parsing": _moment,
    "datetime_from_date_parsing": _moment,
    "datetime_object_invalid": _moment,
    "timezone_aware": _zone,
    "out_of_reach": _out_of_reach,
    "string_too_long": _too_long,
    "too_long": _too_many,
    "greater_than_equal": _at_least,
    "less_than_equal": _at_most,
    "int_type": _number,
    "int_parsing": _number,
    "int_parsing_size": _number,
    "int_from_float": _number,
    "string_pattern_mismatch": _pattern,
    "string_type": _text,
    "string_unicode": _characters,
    "tuple_type": _list,
    "model_type": _group,
    "model_attributes_type": _group,
    "value_error": _value,
}


def _lower_first(title: str) -> str:
    """The title in the middle of a sentence: "your name", while "NHS number" stays as it is."""
    return title if title[:2].isupper() else title[:1].lower() + title[1:]
