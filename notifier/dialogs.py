"""The dialogs in which Slack takes answers to what is owed, and to a disagreement, as plain data.

Nobody writes freely in them: a day is picked, and a reason is chosen from the policy's list. Whatever needs words of
one's own is written in the portal, to which every dialog has a link.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from models.answers import ANSWERS
from models.base import Message
from models.command import Command
from models.disagreement import AnswerDisagreement, RespondDisagreement
from models.facts import Problem
from models.obligation import Obligation
from models.policy import Reason, Reasons
from models.words import choices

View = dict[str, Any]
"""A dialog as Slack takes it (docs.slack.dev, views)."""

SEND: Final = {
    "promise": "Promise this date", "dispute": "Send the dispute", "ask_time": "Ask for this time",
    "answer_disagreement": "Send the answer", "respond_disagreement": "Send this",
}  # fmt: skip
_ALL: tuple[type[Command], ...] = (*ANSWERS, AnswerDisagreement, RespondDisagreement)
COMMANDS: Final[Mapping[str, type[Command]]] = {one.KIND: one for one in _ALL if one.KIND in SEND}
"""What can be answered in chat, by the name of the button."""
DATED: Final = frozenset({"promise", "ask_time"})
TURNS: Final = frozenset({"answer_disagreement", "respond_disagreement"})
"""Commands by which an agency takes its turn: the same one serves at the next level, which is another matter."""
ASKED: Final = {"promise": {"until"}, "ask_time": {"until", "reason"}}
"""The questions of a dialog, where it is not the reason alone."""
BESIDE: Final = {
    "until": "until",
    **dict.fromkeys(("reason", "words", "ground", "answer", "outcome"), "reason"),
}
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


def body(kind: str, one: Obligation) -> dict[str, str]:
    """What the command says of the obligation that it is about; in a disagreement, whose turn it is."""
    return {"obligation": one.key} if "obligation" in COMMANDS[kind].model_fields else {"agency": one.agency}


def answers(about: About, one: Obligation, chosen: Chosen) -> dict[str, str]:
    """What was chosen, as the command has it; what was not chosen is missed by the command itself."""
    found = body(about.kind, one)
    if about.kind in DATED and chosen.until:
        found["until"] = chosen.until
    reason = next((one for one in about.choices if one.id == chosen.reason), None)
    if reason and reason.SAYS:
        found |= {reason.SAYS: _said(reason), "words": reason.title}
    elif reason:
        found["reason"] = reason.title
    return found


def beside(kind: str, problems: Iterable[Problem]) -> dict[str, str]:
    """The words of each problem beside its question; empty if one of them belongs to no question of this dialog."""
    asked = ASKED.get(kind, {"reason"})
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
        "answer_disagreement": f"Your answer has been given: {chosen.title}. You will be told what follows.",
        "respond_disagreement": f"Your agency has said: {chosen.title}. The case says what follows.",
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
    says = about.choices[0].SAYS
    listed = choices(COMMANDS[about.kind].model_fields[says]) if says else None
    element: View = {"type": "static_select", "action_id": "reason", "placeholder": _plain("Choose a reason")}
    if kept.reason in options:
        element["initial_option"] = options[kept.reason]
    if listed:
        element["option_groups"] = [
            {"label": _plain(said.words), "options": of_it}
            for said in listed
            if (of_it := [options[one.id] for one in about.choices if _said(one) == said])
        ]
    else:
        element["options"] = list(options.values())
    return _input("reason", _question(about, says or "reason"), element)


def _said(reason: Reason) -> str:
    """The answer that goes with this reason."""
    return str(getattr(reason, reason.SAYS))


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
