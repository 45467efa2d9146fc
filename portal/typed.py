"""What a person typed into a form, kept as it was typed: a tree of inputs that JSON can hold, so that a draft can too.

An input has the name of its question; a date has one input for each box ("born-day"); a row of a list has the list's
name and its number before it ("children.0.born-day"). In the tree the rows are lists of trees.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, TypeGuard

from pydantic import BaseModel

from models.command import Part
from portal.dates import CLOCK, PARTS, typed_day, typed_moment
from portal.questions import Asked, Rows, Widget, asked_named, asked_of, given, key_of

Group = dict[str, Any]
"""Name of an input to its values (list of texts), or name of a list to its rows (list of groups)."""

_ROW = re.compile(r"(\d{1,6})\.(.+)", re.ASCII)


def inputs(asked: Asked) -> tuple[str, ...]:
    """The names of the inputs of one question."""
    match asked.widget:
        case Widget.DAY:
            return tuple(f"{asked.name}-{part}" for part in PARTS)
        case Widget.MOMENT:
            return tuple(f"{asked.name}-{part}" for part in (*PARTS, CLOCK))
        case _:
            return (asked.name,)


def planted(model: type[BaseModel], pairs: Iterable[tuple[str, str]]) -> tuple[Group, list[str]]:
    """The tree of what was posted, and the names that belong to no question."""
    group: Group = {}
    strange: list[str] = []
    rows: dict[str, dict[int, list[tuple[str, str]]]] = {}
    for name, value in pairs:
        head, dot, rest = name.partition(".")
        asked = asked_named(model, head.partition("-")[0])
        row = _ROW.fullmatch(rest)
        if asked and asked.part and row:
            rows.setdefault(asked.name, {}).setdefault(int(row[1]), []).append((row[2], value))
        elif asked and not asked.part and not dot and head in inputs(asked):
            group.setdefault(head, []).append(value)
        else:
            strange.append(name)
    for name, numbered in rows.items():
        planted_rows = [planted(_part(model, name), numbered[number]) for number in sorted(numbered)]
        group[name] = [one for one, _ in planted_rows]
        strange += [name for _, strangers in planted_rows for name in strangers]
    return group, strange


def of_answers(model: type[BaseModel], answers: Mapping[str, Any]) -> Group:
    """The tree that somebody would have typed to give these answers (plain data, as JSON has them)."""
    group: Group = {}
    for asked in asked_of(model):
        value = answers.get(asked.name)
        if value is None:
            continue
        if asked.part:
            group[asked.name] = [of_answers(asked.part, row) for row in value]
        else:
            group.update(_typed(asked, value))
    return group


def text_in(group: Group, name: str) -> str:
    """The text of one input; the last, should a hand-made form send more."""
    values = group.get(name)
    return values[-1] if _is_texts(values) and values else ""


def texts_in(group: Group, name: str) -> list[str]:
    values = group.get(name)
    return list(values) if _is_texts(values) else []


def rows_in(group: Group, name: str) -> list[Group]:
    """The rows of a list; none when something else stands there."""
    rows = group.get(name, [])
    return [row for row in rows if isinstance(row, dict)]


def aligned(model: type[BaseModel], group: Group, rows: Rows) -> tuple[Group, bool]:
    """The tree with exactly the rows that the page gives, and whether the form was made for other rows.

    Each row is found by what it is about, not by its number: an answer never moves to another child or criterion.
    """
    result, stale = dict(group), False
    for asked in asked_of(model):
        if asked.part is None:
            continue
        found = rows_in(group, asked.name)
        if asked.fixed_rows:
            key = key_of(asked.part)
            by_key = {text_in(row, key): row for row in found}
            wanted = [row.value for row in given(rows, asked.rows)]
            stale |= bool(found) and list(by_key) != wanted
            found = [{**by_key.get(value, {}), key: [value]} for value in wanted]
        inner = [aligned(asked.part, row, rows) for row in found]
        result[asked.name] = [row for row, _ in inner]
        stale |= any(late for _, late in inner)
    return result, stale


def without_blank_rows(model: type[BaseModel], group: Group) -> Group:
    """The tree without the rows of lists into which nothing was typed."""
    result = dict(group)
    for asked in asked_of(model):
        if asked.part and not asked.fixed_rows:
            rows = [without_blank_rows(asked.part, row) for row in rows_in(group, asked.name)]
            result[asked.name] = [row for row in rows if not _is_blank(asked.part, row)]
        elif asked.part:
            result[asked.name] = [without_blank_rows(asked.part, row) for row in rows_in(group, asked.name)]
    return result


def with_row(model: type[BaseModel], group: Group, path: str) -> Group:
    """The tree with one more empty row in the list at `path`."""
    return _reshaped(model, group, path.split("."), add=True)


def without_row(model: type[BaseModel], group: Group, path: str) -> Group:
    """The tree without the row at `path` ("children.1")."""
    return _reshaped(model, group, path.split("."), add=False)


def without_answer(group: Group, path: str) -> Group:
    """The tree without the answer at `path` ("evidence", "measures.1.evidence")."""
    name, _, rest = path.partition(".")
    number, _, inner = rest.partition(".")
    if not rest:
        return {key: value for key, value in group.items() if key != name}
    rows = [without_answer(row, inner) if str(at) == number else row for at, row in enumerate(rows_in(group, name))]
    return {**group, name: rows} if rows else group


def default_text(asked: Asked) -> str:
    """What stands in the form before anybody typed: the answer that would be recorded for a question passed over."""
    if isinstance(asked.default, bool):
        return "true" if asked.default else "false"
    return "" if asked.default in (None, ()) else str(asked.default)


def _typed(asked: Asked, value: Any) -> Group:  # noqa: ANN401 -- an answer in JSON
    match asked.widget:
        case Widget.DAY:
            boxes = typed_day(value if isinstance(value, date) else date.fromisoformat(value))
        case Widget.MOMENT:
            boxes = typed_moment(value if isinstance(value, datetime) else datetime.fromisoformat(value))
        case Widget.MANY_OF:
            return {asked.name: [str(one) for one in value]}
        case _ if isinstance(value, bool):
            return {asked.name: ["true" if value else "false"]}
        case _:
            return {asked.name: [str(value)]}
    return {f"{asked.name}-{part}": [text] for part, text in boxes.items()}


def _is_blank(part: type[Part], row: Group) -> bool:
    return all(
        (not rows_in(row, asked.name))
        if asked.part
        else all(text.strip() in ("", default_text(asked)) for name in inputs(asked) for text in texts_in(row, name))
        for asked in asked_of(part)
    )


def _is_texts(values: object) -> TypeGuard[list[str]]:
    return isinstance(values, list) and all(isinstance(one, str) for one in values)


def _part(model: type[BaseModel], name: str) -> type[Part]:
    asked = asked_named(model, name)
    assert asked is not None
    assert asked.part is not None
    return asked.part


def _reshaped(model: type[BaseModel], group: Group, path: list[str], *, add: bool) -> Group:
    """The tree with a row more or less. A path that leads nowhere changes nothing."""
    name, *rest = path
    asked = asked_named(model, name)
    if asked is None or asked.part is None:
        return group
    rows = rows_in(group, name)
    number = int(rest[0]) if rest and rest[0].isascii() and rest[0].isdigit() else -1
    if add and not rest and asked.widget is Widget.LIST:
        return {**group, name: [*rows, {}]}
    if not 0 <= number < len(rows):
        return group
    if not add and len(rest) == 1 and asked.widget is Widget.LIST:
        return {**group, name: rows[:number] + rows[number + 1 :]}
    if len(rest) > 1:
        rows[number] = _reshaped(asked.part, rows[number], rest[1:], add=add)
    return {**group, name: rows}
