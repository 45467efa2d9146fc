"""What Slack takes as blocks: the limits of Block Kit, in one place, as docs.slack.dev/reference/block-kit names them.

Only what our templates use is allowed: header, section, actions with buttons, context.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

BLOCKS = 50
"""In one message (reference/block-kit/blocks)."""
HEADER = 150
"""Plain text of a header (blocks/header-block)."""
TEXT = 3000
"""Any text object, and so a section (composition-objects/text-object, blocks/section-block); at least one character."""
ELEMENTS, IN_CONTEXT = 25, 10
"""Of an actions block (blocks/actions-block), and of a context block (blocks/context-block)."""
BUTTON, LABEL = 75, 75
"""Text and accessibility label of a button (block-elements/button-element)."""
ID, VALUE, URL = 255, 2000, 3000
"""block_id and action_id, value and url of a button (block-elements/button-element)."""
ALTOGETHER = 12_000
"""Characters of all blocks as JSON. Not documented: Slack has refused more than some 13,000 as msg_blocks_too_long
(github.com/slackapi/bolt-js/issues/2509)."""


class Refused(Exception):
    """Slack would not take these blocks, and why."""

    def __init__(self, why: Sequence[str]) -> None:
        super().__init__("; ".join(why))


def cut(text: str, most: int) -> str:
    """No longer than that, cut between words."""
    if len(text) <= most:
        return text
    head, space, _ = text[: most - 1].rpartition(" ")
    return f"{head if space else text[: most - 1]}…"


def refused(blocks: Sequence[dict[str, Any]]) -> list[str]:
    """Every reason for which Slack would refuse these blocks, without repeating a word of them."""
    found = [] if 0 < len(blocks) <= BLOCKS else [f"{len(blocks)} blocks"]
    if len(json.dumps(blocks, ensure_ascii=False)) > ALTOGETHER:
        found.append("too long altogether")
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    if len(set(ids)) < len(ids):
        found.append("a block_id twice")
    for block in blocks:
        found += [f"{block.get('type')}: {words}" for words in _block(block)]
    return found


def _block(block: dict[str, Any]) -> Iterator[str]:
    yield from _fits(block, "block_id", ID)
    match block.get("type"):
        case "header":
            yield from _text(block.get("text"), HEADER, "plain_text")
        case "section":
            yield from _text(block.get("text"), TEXT)
        case "context":
            elements = block.get("elements", [])
            yield from _several(elements, IN_CONTEXT)
            for one in elements:
                yield from _text(one, TEXT)
        case "actions":
            elements = block.get("elements", [])
            yield from _several(elements, ELEMENTS)
            actions = [one.get("action_id") for one in elements]
            if len(set(actions)) < len(actions):
                yield "an action_id twice"
            for one in elements:
                yield from _button(one)
        case _:
            yield "a block that no template uses"


def _button(one: dict[str, Any]) -> Iterator[str]:
    if one.get("type") != "button" or not one.get("action_id"):
        yield "an element that is no button with an action_id"
    if one.get("style", "primary") not in {"primary", "danger"}:
        yield "a style that there is not"
    yield from _text(one.get("text"), BUTTON, "plain_text")
    for name, most in (("action_id", ID), ("value", VALUE), ("url", URL), ("accessibility_label", LABEL)):
        yield from _fits(one, name, most)


def _text(text: Any, most: int, *kinds: str) -> Iterator[str]:  # noqa: ANN401 -- any JSON value
    if not isinstance(text, dict) or text.get("type") not in (kinds or ("plain_text", "mrkdwn")):
        yield "no text of the right type"
    elif not isinstance(text.get("text"), str) or not 0 < len(text["text"]) <= most:
        yield f"a text that is empty or longer than {most}"


def _fits(holder: dict[str, Any], name: str, most: int) -> Iterator[str]:
    if name in holder and not 0 < len(str(holder[name])) <= most:
        yield f"a {name} that is empty or longer than {most}"


def _several(elements: Sequence[Any], most: int) -> Iterator[str]:
    if not 0 < len(elements) <= most:
        yield f"{len(elements)} elements"
