"""YAML as a careful reader sees it: nothing is changed in silence, and every value knows its line.

Plain words stay words: YAML alone would turn `no` into false, `012` into 10 and `12:30` into 750. Only `true`, `false`,
`null` and plain whole numbers are more than text. Double keys, anchors, aliases and tags are refused.
"""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from policy.problems import Path, Problem, key_of

Value = str | int | bool | None | list["Value"] | dict[str, "Value"]

LONGEST = 500_000
DEEPEST = 20
WHOLE_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,14})", re.ASCII)
QUICKEST = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
"""The reader in C, where the library was built with it: every process reads the policy as it starts."""
PLAIN = (None, "")
"""The style of text without quotes, as either reader says it."""
QUOTES = ("'", '"')
UNCLOSED = "This quote does not end on its line. Close it; write long text below `>-`, without quotes."
NODES = (yaml.ScalarEvent, yaml.CollectionStartEvent, yaml.CollectionEndEvent)
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

    def text(self, *path: str | int) -> str:
        """The text at `path`; empty where no text is written."""
        value = self.at(*path)
        return value if isinstance(value, str) else ""

    def items(self, *path: str | int) -> list[Value]:
        """The list at `path`; empty where no list is written."""
        value = self.at(*path)
        return value if isinstance(value, list) else []

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
        events = _events(text, written)
    except yaml.YAMLError as error:
        if all(problem.words != UNCLOSED for problem in written.problems):  # what follows it is only its echo
            written.problems.append(_syntax(error, text))
        return written
    if not written.problems:
        nodes = (event for event in events if isinstance(event, NODES))
        written.root = _value(next(nodes, None), nodes, (), written)
        if written.root is None and not written.problems:
            written.complain((), "The file is empty.")
    return written


def _events(text: str, written: Written) -> list[yaml.Event]:
    """What stands in the text, in order; aliases, tags and great depth are found before anything is built."""
    events: list[yaml.Event] = []
    depth = documents = 0
    for event in yaml.parse(text, Loader=QUICKEST):
        events.append(event)
        line = _line(event)
        documents += isinstance(event, yaml.DocumentStartEvent)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if documents > 1:
            words = "A second document begins here. Keep one file to one."
        elif depth > DEEPEST:
            words = f"There are more than {DEEPEST} levels inside each other here. Is it the right file?"
        elif isinstance(event, yaml.ScalarEvent) and event.style in QUOTES and _line(event) != _last_line(event):
            words = UNCLOSED
        elif isinstance(event, yaml.AliasEvent):
            words = f"`*{event.anchor}` repeats another place unseen. Write the value out."
        elif isinstance(event, yaml.NodeEvent) and event.anchor is not None:
            words = f"`&{event.anchor}` marks a place to be repeated. Take it away, and write the value out."
        elif getattr(event, "tag", None) is not None:
            words = "A `!` asks for a special kind of value. Take it away."
        else:
            continue
        written.problems.append(Problem(line, "", words))
        if documents > 1 or depth > DEEPEST:
            break
    return events


def _value(event: yaml.Event | None, rest: Iterator[yaml.Event], path: Path, written: Written) -> Value:
    """The value that begins with `event`; `rest` is used up to its end."""
    if event is not None:
        written.lines.setdefault(path, _line(event))
    if isinstance(event, yaml.MappingStartEvent):
        return _mapping(rest, path, written)
    if isinstance(event, yaml.SequenceStartEvent):
        items = enumerate(_until(yaml.SequenceEndEvent, rest))
        return [_value(item, rest, (*path, index), written) for index, item in items]
    return _scalar(event, path, written) if isinstance(event, yaml.ScalarEvent) else None


def _mapping(rest: Iterator[yaml.Event], path: Path, written: Written) -> Value:
    values: dict[str, Value] = {}
    for key in _until(yaml.MappingEndEvent, rest):
        line = _line(key)
        if not isinstance(key, yaml.ScalarEvent):
            _value(key, rest, path, Written())
            _value(next(rest), rest, path, Written())
            written.problems.append(Problem(line, key_of(path), "A key must be one plain word."))
            continue
        inner = (*path, str(key.value))
        if key.value in values:
            _value(next(rest), rest, inner, Written())
            words = f"This key stands here twice (first on line {written.lines[inner]}). Keep one of the two."
            written.problems.append(Problem(line, key_of(inner), words))
            continue
        written.lines[inner] = line
        values[key.value] = _value(next(rest), rest, inner, written)
    return values


def _until(end: type[yaml.Event], rest: Iterator[yaml.Event]) -> Iterator[yaml.Event]:
    """The events up to the one that ends this part; each may be the beginning of a longer one."""
    return itertools.takewhile(lambda event: not isinstance(event, end), rest)


def _scalar(event: yaml.ScalarEvent, path: Path, written: Written) -> Value:
    text = str(event.value)
    if event.style not in PLAIN:
        return text
    if not text:
        written.complain(path, "Nothing is written here. Give a value, take the key away, or write `null` for none.")
        return None
    if text in WORDS_THAT_MEAN_MORE:
        return WORDS_THAT_MEAN_MORE[text]
    return int(text) if WHOLE_NUMBER.fullmatch(text) else text


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _last_line(event: yaml.Event) -> int:
    return event.end_mark.line + 1 if event.end_mark else 1


def _syntax(error: yaml.YAMLError, text: str) -> Problem:
    if isinstance(error, yaml.MarkedYAMLError):
        endless = error.problem == "found unexpected end of stream"
        mark = error.context_mark if endless else error.problem_mark or error.context_mark
        what = ", ".join(part for part in (error.context, error.problem) if part)
        line = mark.line + 1 if mark else 1
        words = f"This is not YAML: {what}. Look here and above for a missing quote, colon, bracket or indent."
        return Problem(line, "", words)
    position = getattr(error, "position", 0)
    line = text.count("\n", 0, position) + 1
    return Problem(line, "", "There is a character here that cannot stand in a text file. Delete it and type it again.")
