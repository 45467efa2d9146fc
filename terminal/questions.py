"""What each command asks: the names of its answers, as a file of answers has them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from records.trouble import MISUSED
from records.typed import typed
from terminal.common import AsJson, fail, say

if TYPE_CHECKING:
    from pydantic import BaseModel

KINDS = {
    "date": "a day such as 2026-03-27", "date-time": "a moment such as 2026-03-27T14:30:00+00:00",
    "boolean": "true or false", "integer": "a number", "array": "a list",
}  # fmt: skip


def questions(
    command: Annotated[str, typer.Argument(metavar="COMMAND", help="Without it: every command.")] = "",
    *,
    as_json: AsJson = False,
) -> None:
    """Show what can be recorded on a case, and what each command asks: the answers that a JSON file has to hold."""
    from models.lifecycles import COMMANDS
    from policy.shapes import did_you_mean

    every = {kind: model for taken in COMMANDS.values() for kind, model in taken.items()}
    if command and command not in every:
        fail(f"There is no command `{command}`. {did_you_mean(command, every)}", MISUSED)
    if not command:
        said = {name: {kind: one.TITLE for kind, one in taken.items()} for name, taken in COMMANDS.items()}
        lines = []
        for name, taken in said.items():
            lines += [f"On a {name.replace('_', ' ')}:", *(f"  {kind:26} {title}" for kind, title in taken.items()), ""]
        say(said, "\n".join([*lines, f"What one of them asks: {typed('questions COMMAND')}"]), as_json=as_json)
        return
    model = every[command]
    on = " or ".join(name.replace("_", " ") for name, taken in COMMANDS.items() if command in taken)
    text = "\n".join([f"{command}: {model.TITLE} (on a {on})", *_asked(model, "  ")])
    say(model.model_json_schema(), text, as_json=as_json)


def _asked(model: "type[BaseModel]", indent: str) -> Iterator[str]:
    from models.command import part_of, said_of
    from models.words import choices

    shapes = model.model_json_schema()["properties"]
    for name, field in model.model_fields.items():
        part, listed = part_of(field), choices(field)
        kind = "a list, of each" if part else f"one of {', '.join(listed)}" if listed else _kind(shapes[name])
        needed = "" if field.is_required() else "; may be left out"
        other, answers = said_of(field, "when") or ("", ())
        when = f"; asked if `{other}` is {' or '.join(answers)}" if other else ""
        yield f"{indent}{name:{28 - len(indent)}} {field.title or ''} ({kind}{needed}{when})"
        if part:
            yield from _asked(part, f"{indent}  ")


def _kind(shape: dict[str, Any]) -> str:
    plain = shape.get("anyOf", [shape])[0]
    return KINDS.get(plain.get("format", plain.get("type")), "text")
