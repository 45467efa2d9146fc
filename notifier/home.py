"""What somebody owes and has to decide, as Slack shows it: App Home by date, and `/reviews` in figures."""

from collections.abc import Sequence
from typing import Any

from models.board import Colour
from models.directory import Directory
from models.doing import DECISIONS, meets
from models.time import day
from notifier.dialogs import OPEN, View
from notifier.words import by
from records.questions import Owed

MOST = 40
"""Lines of each list: a view of Slack holds 100 blocks (docs.slack.dev, views)."""
UNKNOWN = (
    "This Slack account is not in the directory of the partnership, so nothing can be shown or answered here. "
    "The business unit can enter it."
)
NO_DETAILS = "No details are taken in chat: write nothing about a child or a family here."


def decides(one: Owed) -> bool:
    return meets(one.kind, one.deadline.met_by) in DECISIONS


def figures(mine: Sequence[Owed], address: str) -> str:
    """The answer to `/reviews`: figures and links, nothing of any case."""
    deciding = sum(map(decides, mine))
    overdue = sum(one.deadline.colour is Colour.RED for one in mine)
    owed = f"You owe: {len(mine) - deciding}. Waiting for your decision: {deciding}. Of all these overdue: {overdue}."
    return f"{owed}\n<{address}/inbox|Your messages> · <{address}/cases|Your cases>"


def refer(address: str) -> str:
    """The answer to `/refer`, whatever was typed behind it."""
    return f"Refer an incident here: <{address}/refer>\n{NO_DETAILS}"


def challenge(address: str) -> str:
    """The answer to `/challenge`, whatever was typed behind it."""
    return f"Raise a professional disagreement here: <{address}/open/raise_disagreement>\n{NO_DETAILS}"


def home(mine: Sequence[Owed], directory: Directory, address: str) -> View:
    """App Home of one person: two lists by date, each line with a way into the portal."""
    work = [one for one in mine if not decides(one)]
    decisions = [one for one in mine if decides(one)]
    blocks: list[View] = []
    for title, nothing, some in (
        ("What you owe", "You owe nothing.", work),
        ("What waits for your decision", "Nothing waits for your decision.", decisions),
    ):
        blocks.append({"type": "header", "text": _plain(title)})
        blocks += [_line(one, directory, address) for one in some[:MOST]] or [_text(nothing)]
        if len(some) > MOST:
            blocks.append(_text(f"{len(some) - MOST} more stand in the portal.", _button(f"{address}/cases")))
    blocks += [
        {"type": "divider"},
        _text(f"{NO_DETAILS} Refer an incident in the portal.", _button(f"{address}/refer")),
        _text("Challenge another agency about a child in the portal.", _button(f"{address}/open/raise_disagreement")),
    ]
    return {"type": "home", "blocks": blocks}


def words(said: str) -> View:
    """App Home of somebody who cannot be shown anything else."""
    return {"type": "home", "blocks": [_text(said)]}


def _line(one: Owed, directory: Directory, address: str) -> View:
    due = one.deadline
    agency = f", {directory.called(due.agency)}" if due.agency else ""
    when = f"Due by {by(due.due)}" if due.due else "No date"
    promised = f" Promised for {day(due.promised)}." if due.promised else ""
    disputed = " Disputed." if due.disputed else ""
    return _text(
        f"{one.case}: {due.title}{agency}\n{when}. {due.colour.value}.{promised}{disputed}",
        _button(f"{address}/cases/{one.case}"),
    )


def _text(said: str, accessory: dict[str, Any] | None = None) -> View:
    beside = {"accessory": accessory} if accessory else {}
    return {"type": "section", "text": _plain(said), **beside}


def _button(address: str) -> View:
    return {"type": "button", "action_id": OPEN, "text": _plain("Open"), "url": address}


def _plain(said: str) -> View:
    return {"type": "plain_text", "text": said, "emoji": False}
