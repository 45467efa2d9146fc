"""How pages are made: the Jinja environment, the frame round every page, and the words of its errors.

A page is `env.get_template(name).render(page=Page(...), ...)`. Our templates are strict: what a page forgets to give is
an error. GOV.UK's macros are not written so; they live in an environment of their own and are called as functions.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from jinja2 import Environment, FileSystemLoader, PackageLoader, PrefixLoader, StrictUndefined

from models.command import Choice
from models.facts import Problem
from models.time import clock as hour
from models.time import day_of, is_whole_day
from portal import widgets
from portal.forms import Form

HERE = Path(__file__).parent
STATIC = HERE / "static"
GOVUK = "govuk_frontend_jinja"


class Link(NamedTuple):
    text: str
    href: str
    current: bool = False


@dataclass(frozen=True)
class Page:
    """The frame: what stands round the content. `nonce`: of this answer's content security policy."""

    title: str
    nonce: str
    service: str = "Case reviews"
    home: str = "/"
    organisation: str = "Safeguarding children partnership"
    navigation: tuple[Link, ...] = ()
    footer: tuple[Link, ...] = (Link("Accessibility statement", "/accessibility"), Link("Privacy", "/privacy"))
    back: str = ""
    wide: bool = False
    signed_in: str = ""
    demonstration: bool = False


@dataclass(frozen=True)
class Sheet:
    """A form on its way to a person: where it goes, and what travels with it unseen.

    `autosave`: the address that keeps a draft after each change; empty for none. `aside`: the button that keeps what
    is typed and leads elsewhere. `intro`: paragraphs before the
    questions. `step`: the page of a long form that is shown.
    """

    form: Form
    action: str
    csrf: str
    request: str
    button: str = "Send"
    autosave: str = ""
    aside: str = ""
    saved: str = ""
    step: str = ""
    caption: str = ""
    intro: tuple[str, ...] = ()
    warning: str = ""
    links: tuple[Link, ...] = ()


@dataclass(frozen=True)
class Message:
    """A page that only says something: a confirmation (`panel`), or why it went no further."""

    title: str
    words: tuple[str, ...] = ()
    panel: bool = False
    panel_words: str = ""
    problems: tuple[Problem, ...] = ()
    links: tuple[Link, ...] = ()


KEPT = "Nothing that you typed is lost."

_REFUSALS: Final[Mapping[int, tuple[str, ...]]] = {
    400: (
        "This request could not be understood",
        "Go back to the page before, load it again and try once more.",
    ),
    401: (
        "Sign in first",
        "You are not signed in, or it is too long ago. Sign in and you come back to this page.",
    ),
    403: (
        "You cannot open this",
        "Your role or your part in this case does not allow it.",
        "If you need it for your work, ask the partnership’s business unit.",
    ),
    404: (
        "Page not found",
        "Check the address if you typed it.",
        "If you followed a link, what it led to may have moved, or may not be yours to open.",
    ),
    405: (
        "This page cannot be used in that way",
        "Go back to the page before and use its buttons.",
    ),
    409: (
        "Something has changed meanwhile",
        "Somebody else has acted on this case since you opened the page. Load it again to see how it stands now.",
    ),
    413: (
        "That is too much at once",
        "What you sent is larger than this service takes.",
        "Go back, make it shorter, and send it again. What was saved as a draft is still there.",
    ),
    422: (
        "There is a problem",
        "Go back to the page before, look at what is said beside each question, and send it again.",
    ),
    429: (
        "Too many attempts",
        "Wait a minute, then try again.",
    ),
    500: (
        "Sorry, there is a problem with this service",
        "Something went wrong on our side. Try again in a few minutes.",
        "If you had sent something, look first whether it is recorded.",
        "If it happens again, tell the business unit what you did.",
    ),
    503: (
        "Sorry, the service cannot answer now",
        "It is not yet confirmed whether what you sent was recorded.",
        "Send it again in a minute: it is never recorded twice.",
    ),
}
_THEIRS, _OURS = 400, 500


def refusal(
    status: int, *, kept: bool = False, problems: tuple[Problem, ...] = (), links: tuple[Link, ...] = ()
) -> Message:
    """The words of an error page. `kept`: what was typed is in a draft or still in the form before, so say so."""
    title, *words = _REFUSALS.get(status, _REFUSALS[_OURS if status >= _OURS else _THEIRS])
    return Message(title, (*words, KEPT) if kept else tuple(words), problems=problems, links=links)


def templates() -> Environment:
    """The environment of all pages."""
    env = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        loader=FileSystemLoader(HERE / "templates"),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.globals.update(_govuk(), **widgets.ALL, static=static)
    env.filters.update(
        day=day,
        date=short,
        moment=moment,
        clock=clock,
        words=words,
        by=by,
        left=left,
        age=age,
        sentence=sentence,
        refs=widgets.refs,
    )
    env.filters["ended"] = ENDED.get
    return env


ENDED: Final[Mapping[str, str]] = {
    "met": "done",
    "withdrawn": "withdrawn",
    "not_given": "closed without it",
    "counted_anew": "counted anew",
}
"""What became of something that was owed."""


@cache
def static(name: str) -> str:
    """The address of a file of ours, which changes when the file does."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]
    return f"/static/{name}?v={digest}"


def day(value: date | datetime | str) -> str:
    """As in "Tuesday 3 March 2026"; a moment is the London day on which it falls. Plain data may hold it as text."""
    value = datetime.fromisoformat(value) if isinstance(value, str) else value
    on = day_of(value) if isinstance(value, datetime) and value.tzinfo else value
    return f"{on:%A} {on.day} {on:%B %Y}"


def short(value: date | datetime | str) -> str:
    """As in "3 March 2026"."""
    return day(value).partition(" ")[2]


def by(due: datetime) -> str:
    """As in "by the end of Tuesday 3 March 2026"; a clock that counts hours names its hour."""
    return f"by the end of {day(due)}" if is_whole_day(due) else f"by {moment(due)}"


def sentence(words: str) -> str:
    """With a capital at its beginning; the rest stays as it is."""
    return words[:1].upper() + words[1:]


def left(due: datetime, now: datetime, outside: object = "") -> str:
    """How far away a due time is: "3 days overdue", "due today", "due in 5 days"; of somebody outside "expected"."""
    days, word = (day_of(due) - day_of(now)).days, "expected" if outside else "due"
    late = f"{-days} {'day' if days == -1 else 'days'}"
    if due < now and outside:
        return f"expected {late} ago" if days else "expected today"
    if due < now:
        return f"{late} overdue" if days else "overdue since today"
    return {0: f"{word} today", 1: f"{word} tomorrow"}.get(days, f"{word} in {days} days")


def age(opened: datetime, now: datetime) -> str:
    """How long something has been open: "opened today", "open for 12 days"."""
    days = (day_of(now) - day_of(opened)).days
    return f"open for {days} {'day' if days == 1 else 'days'}" if days else "opened today"


def clock(value: datetime | str) -> str:
    """As in "2:05pm", "midday" and "midnight", London time."""
    return hour(datetime.fromisoformat(value) if isinstance(value, str) else value)


def moment(value: datetime | str) -> str:
    """As in "Tuesday 3 March 2026 at 2:05pm", London time."""
    return f"{day(value)} at {clock(value)}"


def words(value: object) -> str:
    """A choice, a yes or no, or nothing, as people read it."""
    if isinstance(value, Choice):
        return value.words
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return "Not answered" if value is None or value == "" else str(value)


def _govuk() -> dict[str, Callable[..., Any]]:
    """GOV.UK Frontend's macros by name: `govukRadios` and its sisters. Each is compiled when a page first uses it."""
    env = Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, loader=PrefixLoader({GOVUK: PackageLoader(GOVUK)})
    )

    def macro(path: str, name: str) -> Callable[..., Any]:
        compiled = cache(lambda: getattr(env.get_template(path).module, name))

        def rendered(*args: Any, **options: Any) -> Any:  # noqa: ANN401 -- whatever the macro takes and gives
            return compiled()(*args, **options)

        return rendered

    found = {}
    for path in env.list_templates(filter_func=lambda name: "/components/" in name):
        name = f"govuk{path.split('/')[2].title().replace('-', '')}"
        found[name] = macro(path, name)
    return found
