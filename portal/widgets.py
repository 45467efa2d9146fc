"""The options of GOV.UK's macros for a question, which the templates hand on."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from markupsafe import Markup, escape

from portal.dates import CLOCK, PARTS
from portal.questions import Widget
from portal.showing import Question, Summary

_REFERENCE: Final = re.compile(r"(?<![\w/#=-])[A-Z]{1,3}-\d{4}-\d{4,8}(?![\w-])", re.ASCII)
Options = dict[str, Any]

_WIDTHS: Final[Mapping[str, str]] = {"day": "2", "month": "2", "year": "4", CLOCK: "5"}


def refs(words: object) -> Markup:
    """Words in which each reference, such as LR-2026-0001, is never broken at a hyphen. An address is left alone."""
    return Markup(_REFERENCE.sub(r'<span class="portal-ref">\g<0></span>', str(escape(words))))  # noqa: S704 -- it is escaped


def text(words: str) -> Options | None:
    """A hint or what is wrong, in which a reference stays whole."""
    return {"html": refs(words)} if words else None


def label(one: Question) -> Options:
    return {"text": _asked(one), "classes": "" if one.plain else "govuk-label--s"}


def legend(one: Question) -> Options:
    return {"legend": {"text": _asked(one), "classes": "" if one.plain else "govuk-fieldset__legend--s"}}


def answers(one: Question) -> list[Options]:
    """The items of radios, checkboxes and selects."""
    return [
        {
            "value": item.value,
            "text": item.words,
            "hint": text(item.hint),
            "checked": item.chosen,
            "selected": item.chosen,
        }
        for item in one.items
    ]


def boxes(one: Question) -> list[Options]:
    """The boxes of a date, and of its time. Only the box that is wrong is marked, where that is known."""
    parts = (*PARTS, CLOCK) if one.widget is Widget.MOMENT else PARTS
    return [
        {
            "name": part,
            "value": one.boxes[part],
            "inputmode": "text" if part == CLOCK else "numeric",
            "classes": f"govuk-input--width-{_WIDTHS[part]}{_marked(one, part)}",
        }
        for part in parts
    ]


def summary_items(summary: Sequence[Summary]) -> list[Options]:
    return [{"html": refs(one.words), **({"href": f"#{one.place}"} if one.place else {})} for one in summary]


def link_items(links: Sequence[Any]) -> list[Options]:
    return [{"text": one.text, "href": one.href, "current": one.current} for one in links]


ALL: Final[Mapping[str, Callable[..., object]]] = {
    one.__name__: one for one in (text, label, legend, answers, boxes, summary_items, link_items)
}


def _marked(one: Question, part: str) -> str:
    return " govuk-input--error" if one.error and one.box in ("", part) else ""


def _asked(one: Question) -> str:
    return f"{one.label} (optional)" if one.optional else one.label
