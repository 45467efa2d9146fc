"""YAML as a careful reader sees it: nothing is changed in silence, and every value knows its line.

Plain words stay words: YAML alone would turn `no` into false, `012` into 10 and `12:30` into 750. Only `true`, `false`,
`null` and plain whole numbers are more than text. Double keys, anchors, aliases and tags are refused.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from policy.problems import Path, Problem, key_of

Value = str | int | bool | None | list["Value"] | dict[str, "Value"]

LONGEST = 500_000
DEEPEST = 20
WHOLE_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,14})", re.ASCII)
WORDS_THAT_MEAN_MORE: dict[str, Value] = {"true": True, "false": False, "null": None}


@dataclass
class Written:
    """What a file says, and on which line each part of it stands."""

    root: Value = None
    lines: dict[Path, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def line(self, path: Path) -> int:
        """The line of `path`, or of the nearest part around it that is written."""
        while path not in self.lines and path:
            path = path[:-1]
        return self.lines.get(path, 1)

    def complain(self, path: Path, words: str, *, key: str | None = None, grave: bool = True) -> None:
        self.problems.append(Problem(self.line(path), key_of(path) if key is None else key, words, grave))

    def at(self, *path: str | int) -> Value:
        """The value at `path`, or None where nothing of that shape is written."""
        value = self.root
        for part in path:
            if isinstance(value, dict) and isinstance(part, str):
                value = value.get(part)
            elif isinstance(value, list) and isinstance(part, int) and part < len(value):
                value = value[part]
            else:
                return None
        return value

    def entries(self, *path: str | int) -> dict[str, Value]:
        """The keys and values at `path`; none where no keys are written."""
        value = self.at(*path)
        return value if isinstance(value, dict) else {}

    def walk(self) -> Iterator[tuple[Path, Value]]:
        """Every value with its path, from the outside in."""
        todo: list[tuple[Path, Value]] = [((), self.root)]
        while todo:
            path, value = todo.pop()
            yield path, value
            if isinstance(value, dict):
                todo.extend(((*path, key), inner) for key, inner in value.items())
            elif isinstance(value, list):
                todo.extend(((*path, index), inner) for index, inner in enumerate(value))


def read_yaml(text: str) -> Written:
    """Read YAML without changing anything in silence; what is wrong is in `problems` of the answer."""
    written = Written(lines={(): 1})
    if len(text) > LONGEST:
        written.complain((), f"The file is longer than {LONGEST:,} characters. Is it the right file?")
        return written
    try:
        _refuse_what_hides(text, written)
        node = None if written.problems else yaml.compose(text, Loader=yaml.BaseLoader)
    except yaml.YAMLError as error:
        written.problems.append(_syntax(error, text))
        return written
    if node is not None:
        written.root = _value(node, (), written)
    if written.root is None and not written.problems:
        written.complain((), "The file is empty.")
    return written


def _refuse_what_hides(text: str, written: Written) -> None:
    """Read the events once, without building anything, so that no alias or depth can hurt."""
    depth = documents = 0
    for event in yaml.parse(text, Loader=yaml.BaseLoader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                written.problems.append(Problem(line, "", "A second document begins here. Keep one file to one."))
        elif isinstance(event, yaml.AliasEvent):
            words = f"`*{event.anchor}` repeats another place unseen. Write the value out."
            written.problems.append(Problem(line, "", words))
        elif isinstance(event, yaml.NodeEvent):
            if event.anchor is not None:
                words = f"`&{event.anchor}` marks a place to be repeated. Take it away, and write the value out."
                written.problems.append(Problem(line, "", words))
            if getattr(event, "tag", None) not in (None, "!"):
                written.problems.append(Problem(line, "", "A `!` tag asks for a special kind of value. Take it away."))
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            written.problems.append(Problem(line, "", f"More than {DEEPEST} levels inside each other."))
            return


def _value(node: yaml.Node, path: Path, written: Written) -> Value:
    written.lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, written)
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*path, index), written) for index, item in enumerate(node.value)]
    return _scalar(node, path, written) if isinstance(node, yaml.ScalarNode) else None


def _mapping(node: yaml.MappingNode, path: Path, written: Written) -> Value:
    values: dict[str, Value] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            written.problems.append(Problem(line, key_of(path), "A key must be one plain word."))
            continue
        inner = (*path, key_node.value)
        if key_node.value in values:
            words = f"This key stands here twice (first on line {written.lines[inner]}). Keep one of the two."
            written.problems.append(Problem(line, key_of(inner), words))
            continue
        written.lines[inner] = line
        values[key_node.value] = _value(value_node, inner, written)
    return values


def _scalar(node: yaml.ScalarNode, path: Path, written: Written) -> Value:
    text: str = node.value
    if node.style is not None:
        return text
    if not text:
        written.complain(path, "Nothing is written here. Give a value, take the key away, or write `null` for none.")
        return None
    if text in WORDS_THAT_MEAN_MORE:
        return WORDS_THAT_MEAN_MORE[text]
    return int(text) if WHOLE_NUMBER.fullmatch(text) else text


def _syntax(error: yaml.YAMLError, text: str) -> Problem:
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        what = ", ".join(part for part in (error.context, error.problem) if part)
        line = mark.line + 1 if mark else 1
        return Problem(line, "", f"This is not YAML: {what}. Look for a missing quote, colon, bracket or indent here.")
    position = getattr(error, "position", 0)
    line = text.count("\n", 0, position) + 1
    return Problem(line, "", "There is a character here that cannot stand in a text file. Delete it and type it again.")
