"""Several things in one sentence: "a, b and c", "a, b or c"."""

from collections.abc import Iterable


def all_of(words: Iterable[str]) -> str:
    return _listed(words, "and")


def one_of(words: Iterable[str]) -> str:
    return _listed(words, "or")


def _listed(words: Iterable[str], word: str) -> str:
    *most, last = words
    return f"{', '.join(most)} {word} {last}" if most else last
