"""What is wrong with a file that a person wrote: every problem at once, each with its line, its key and what to do."""

from collections.abc import Iterable
from dataclasses import dataclass

Path = tuple[str | int, ...]


@dataclass(frozen=True, order=True)
class Problem:
    """One thing to mend. `line` counts from 1, and is 0 where no single line is to blame; not `grave`: a warning."""

    line: int
    key: str
    words: str
    grave: bool = True

    def __str__(self) -> str:
        place = f"line {self.line}: " if self.line else ""
        named = f"{self.key}: " if self.key else ""
        return f"{place}{named}{self.words}"


class PolicyProblems(ValueError):
    """A policy or directory file that cannot be used yet; `problems` are in the order of their lines."""

    def __init__(self, name: str, problems: Iterable[Problem]) -> None:
        self.name = name
        self.problems = tuple(sorted(problems))
        count = "1 problem" if len(self.problems) == 1 else f"{len(self.problems)} problems"
        super().__init__("\n".join((f"{name} has {count}:", *(f"  {problem}" for problem in self.problems))))


def together(problems: Iterable[Problem]) -> list[Problem]:
    """The same problems; those of one line and in the same words are told once, with all their keys."""
    found: dict[tuple[int, str, bool], list[str]] = {}
    for one in problems:
        found.setdefault((one.line, one.words, one.grave), []).append(one.key)
    return [Problem(line, ", ".join(keys), words, grave) for (line, words, grave), keys in found.items()]


def key_of(path: Path) -> str:
    """The path as people write it: `ladders.agency_return.rungs[2].office`."""
    words = ""
    for part in path:
        words += f"[{part}]" if isinstance(part, int) else f".{part}"
    return words.removeprefix(".")
