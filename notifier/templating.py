"""How templates become text: sandboxed, strict, and escaped for where the text goes, which no template can forget.

A template's name says what it makes. Plain text is not escaped; HTML is escaped by Jinja; in JSON whatever a template
puts out becomes a JSON value with Slack's three characters escaped, and only `plain` (for fields that Slack does not
read as mrkdwn), `under` and `link` make it anything else.
"""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from models.base import Message
from notifier.block_kit import cut

TEMPLATES = Path(__file__).parent / "templates"


class _Ready(str):
    """Text that is escaped already, or is not to be."""

    __slots__ = ()


def render(name: str, it: Message) -> str:
    """The text that a template makes of an allow-list object, its only name."""
    return _environment(name.split(".", 1)[1], TEMPLATES).get_template(name).render(it=it).strip()


def mrkdwn(text: str) -> str:
    """Text for Slack that means nothing but itself: no link, mention, emoji or formatting comes of it.

    Slack asks for three characters to be escaped (docs.slack.dev/messaging/formatting-message-text) and has no escape
    for those that format, so that a likeness stands for each.
    """
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _EMOJI.sub(":\u200b", escaped.translate(_FORMATTING))


_FORMATTING = str.maketrans({"*": "\u2217", "_": "\uff3f", "~": "\u223c", "`": "\u2018"})
_EMOJI = re.compile(r":(?=[\w+'-]+:)")


def _under(text: str, head: str) -> str:
    """Text in mrkdwn below a line in bold."""
    return _Ready(f"*{mrkdwn(head)}*\n{mrkdwn(text)}")


def _link(text: str, url: str) -> str:
    """A link in mrkdwn. What would end it is written as an address may write it as well."""
    address = url.replace("&", "&amp;").replace("<", "%3C").replace(">", "%3E").replace("|", "%7C")
    return _Ready(f"<{address}|{mrkdwn(text).replace('|', '/')}>")


def _plain(text: str, most: int = 3000) -> str:
    return _Ready(cut(text, most))


def _json(value: Any) -> str:  # noqa: ANN401 -- whatever a template puts out
    if isinstance(value, Undefined):
        return str(value)  # raises, as it is strict
    if isinstance(value, str):
        return json.dumps(str(value) if isinstance(value, _Ready) else mrkdwn(value), ensure_ascii=False)
    return json.dumps(value)


@cache
def _environment(form: str, folder: Path) -> ImmutableSandboxedEnvironment:
    """One for each form: `txt.jinja`, `html.jinja`, `json.jinja`."""
    made = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        autoescape=form == "html.jinja",
        finalize=_json if form == "json.jinja" else None,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"plain": _plain, "under": _under, "link": _link}
    return made
