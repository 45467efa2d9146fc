"""The dialogs in which a promise, a dispute and a request for time are given in Slack, as plain data.

Nobody writes freely in them: a day is picked, and a reason is chosen from the policy's list. Whatever needs words of
one's own is written in the portal, to which every dialog has a link.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from models.answers import ANSWERS, Ground
from models.base import Message
from models.command import Command
from models.facts import Problem
from models.policy import DisputeReason, Reason, Reasons

View = dict[str, Any]
"""A dialog as Slack takes it (docs.slack.dev, views)."""

COMMANDS: Final[Mapping[str, type[Command]]] = {
    one.KIND: one for one in ANSWERS if one.KIND in {"promise", "dispute", "ask_time"}
}
"""What can be answered in chat, by the name of the button."""
SEND: Final = {"promise": "Promise this date", "dispute": "Send the dispute", "ask_time": "Ask for this time"}
DATED: Final = frozenset({"promise", "ask_time"})
BESIDE: Final = {"until": "until", "reason": "reason", "words": "reason", "ground": "reason"}
"""Beside which question of a dialog a problem with this field of the command is said."""
OPEN = "open"
"""The button that only leads to the portal."""
NO_REASONS = "The reasons for this are written in the portal."
IN_PORTAL = "Write more in the portal"


class Chosen(Message):
    """What somebody has chosen in a dialog. `title`: the reason as they read it."""

    until: str = ""
    reason: str = ""
    title: str = ""


class Carried(Message):
    """What a dialog knows of itself when it comes back. `chosen`: of one that asks only to be sent again."""

    notice: str
    chosen: Chosen | None = None


class About(Message):
    """What a dialog is about, in the words of the message from which it was opened. Nothing in it is personal."""

    kind: str
    notice: str
    case: str
    title: str
    due: str
    last: date | None
    """How far the policy lets a date reach."""
    today_only: bool
    reasons: Reasons | None
    portal: str
    """The same in the portal."""
    page: str
    """The case in the portal."""

    @property
    def choices(self) -> Sequence[Reason]:
        return self.reasons.of(self.kind) if self.reasons else ()

    @property
    def in_chat(self) -> bool:
        """Whether it can be answered in chat at all."""
        return self.kind == "promise" or bool(self.choices)


def answers(about: About, obligation: str, chosen: Chosen) -> dict[str, str]:
    """What was chosen, as the command has it; what was not chosen is missed by the command itself."""
    found = {"obligation": obligation}
    if about.kind in DATED and chosen.until:
        found["until"] = chosen.until
    reason = next((one for one in about.choices if one.id == chosen.reason), None)
    if isinstance(reason, DisputeReason):
        found |= {"ground": reason.ground, "words": reason.title}
    elif reason:
        found["reason"] = reason.title
    return found


def beside(kind: str, problems: Iterable[Problem]) -> dict[str, str]:
    """The words of each problem beside its question; empty if one of them belongs to no question of this dialog."""
    asked = {"promise": {"until"}, "dispute": {"reason"}, "ask_time": {"until", "reason"}}[kind]
    found: dict[str, str] = {}
    for one in problems:
        place = BESIDE.get(one.field, "")
        if place not in asked:
            return {}
        found.setdefault(place, one.words)
    return found


def form(about: About, chosen: Chosen | None = None, words: Sequence[str] = ()) -> View:
    """The questions, with what was chosen before, and above them what stood in the way."""
    kept = chosen or Chosen()
    head = [*map(_line, words), _line(f"{about.case}: {about.title}"), *map(_line, _bounds(about))]
    if not about.in_chat:
        return _view(about, [*head, _line(NO_REASONS), _link(about.portal, IN_PORTAL)])
    asks = [_date(about, kept)] if about.kind in DATED else []
    asks += [_reasons(about, kept)] if about.choices else []
    carried = Carried(notice=about.notice)
    return _view(about, [*head, *asks, _link(about.portal, IN_PORTAL)], carried, SEND[about.kind])


def again(kind: str, notice: str, chosen: Chosen, words: Sequence[str]) -> View:
    """What was sent, as it was sent, to be sent once more: the same request, so that it is not done twice."""
    sent = [_line(f"You sent: {line}") for line in (chosen.until and _read(chosen.until), chosen.title) if line]
    carried = Carried(notice=notice, chosen=chosen)
    return _frame(kind, COMMANDS[kind].TITLE, [*map(_line, words), *sent], carried, "Send it again")


def done(about: About, chosen: Chosen) -> View:
    """What has been recorded."""
    until = _read(chosen.until) if chosen.until else ""
    said = {
        "promise": f"You have promised this by the end of {until}. Reminders stop until then.",
        "dispute": f"Your dispute has been sent: {chosen.title}. You will be told what comes of it.",
        "ask_time": f"You have asked for time until {until}: {chosen.title}. You will be told the answer.",
    }[about.kind]
    head = _line(f"{about.case}: {about.title}")
    return _view(about, [head, _line(f"Recorded. {said}"), _link(about.page, "Open the case")])


def message(title: str, words: Sequence[str], portal: str) -> View:
    """Something to be read, and a link."""
    return _frame("", title, [*map(_line, words), _link(portal, "Open the portal")])


def _bounds(about: About) -> list[str]:
    due = [f"It is due by {about.due}."] if about.due else []
    if about.kind not in DATED:
        return due
    if about.today_only:
        return [*due, "This is urgent, so it can be promised for today only."]
    return [*due, f"The policy lets a date reach to {_day(about.last)}."] if about.last else due


def _date(about: About, kept: Chosen) -> View:
    chosen = {"initial_date": kept.until} if kept.until else {}
    return _input("until", _question(about, "until"), {"type": "datepicker", "action_id": "until", **chosen})


def _reasons(about: About, kept: Chosen) -> View:
    options = {one.id: {"text": _plain(one.title), "value": one.id} for one in about.choices}
    element: View = {"type": "static_select", "action_id": "reason", "placeholder": _plain("Choose a reason")}
    if kept.reason in options:
        element["initial_option"] = options[kept.reason]
    if about.kind == "dispute":
        element["option_groups"] = [
            {"label": _plain(ground.words), "options": of_it}
            for ground in Ground
            if (of_it := [options[one.id] for one in about.choices if _ground(one) == ground])
        ]
    else:
        element["options"] = list(options.values())
    return _input("reason", _question(about, "ground" if about.kind == "dispute" else "reason"), element)


def _ground(reason: Reason) -> str:
    return reason.ground if isinstance(reason, DisputeReason) else ""


def _question(about: About, field: str) -> str:
    return COMMANDS[about.kind].model_fields[field].title or ""


def _view(about: About, blocks: list[View], carried: Carried | None = None, send: str = "") -> View:
    return _frame(about.kind, COMMANDS[about.kind].TITLE, blocks, carried, send)


def _frame(kind: str, title: str, blocks: list[View], carried: Carried | None = None, send: str = "") -> View:
    """One without `send` is only to be read and closed."""
    made: View = {"type": "modal", "title": _plain(title), "close": _plain("Close"), "blocks": blocks}
    if carried is not None:
        made |= {"callback_id": kind, "submit": _plain(send), "private_metadata": carried.model_dump_json()}
    return made


def _input(name: str, label: str, element: View) -> View:
    return {"type": "input", "block_id": name, "label": _plain(label), "element": element}


def _line(words: str) -> View:
    return {"type": "section", "text": _plain(words)}


def _link(address: str, words: str) -> View:
    return {
        "type": "actions",
        "elements": [{"type": "button", "action_id": OPEN, "text": _plain(words), "url": address}],
    }


def _plain(words: str) -> View:
    """Text in which Slack reads neither marks nor names."""
    return {"type": "plain_text", "text": words, "emoji": False}


def _day(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B %Y}"


def _read(until: str) -> str:
    return _day(date.fromisoformat(until))
