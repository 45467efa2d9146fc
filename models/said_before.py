"""Whether something like it was recommended before: the earlier texts nearest to a new one, and what they share.

A text is taken as the stems of its words and as the ideas of the field behind them (`models/field_words.py`), so that
"infant" finds "baby" and "CAMHS" finds "child and adolescent mental health". Both are weighed by BM25: what few say
counts for more. How well that does is told, with its measurement, in docs/said-before.md.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from logging import WARNING, getLogger
from math import log
from typing import Any, NamedTuple

from pydantic import Field

from models.base import Message
from models.field_words import IDEAS

AT_MOST = 5
SHOWN = 8
"""As many shared words as a reader takes in."""
IDEA = 2.0
"""What a shared idea weighs beside a shared word."""
K1, B = 1.5, 0.75
"""BM25's usual values: how soon repetition stops to count, and how much the length of a text does."""
NOTHING = 1e-4
"""A score that would be shown as nought."""


class Said(Message):
    """An earlier text: `score` is 1 for the same words; `shared` tells why it was found, what weighs most first."""

    key: str
    score: float = Field(gt=0, le=1)
    shared: tuple[str, ...]


class Read(NamedTuple):
    """A text as it is compared: stems without the words that every text has, ideas, and how a stem was spelt."""

    words: tuple[str, ...]
    ideas: tuple[str, ...]
    spelt: dict[str, str]


class Earlier:
    """All earlier texts, ready to be asked. To make it of 10,000 takes some seconds; it can be kept and shared."""

    def __init__(self, texts: Iterable[tuple[str, str]]) -> None:
        """Takes pairs of a key and a text; keys come back as they are."""
        pairs = list(texts)
        self._keys = [key for key, _ in pairs]
        self._read = [read(text) for _, text in pairs]
        self._words = _Weighed([read.words for read in self._read])
        self._ideas = _Weighed([read.ideas for read in self._read])

    def like(self, text: str, at_most: int = AT_MOST) -> tuple[Said, ...]:
        """The earlier texts most like this one, best first, and of equal ones the earlier given.

        None that has nothing in common with it, so perhaps none at all.
        """
        new = read(text)
        scores = self._words.scores(new.words) + IDEA * self._ideas.scores(new.ideas)
        if isinstance(scores, float):
            return ()
        whole = self._words.of_itself(new.words) + IDEA * self._ideas.of_itself(new.ideas)
        best = [(number, float(scores[number]) / whole) for number in (-scores).argsort(kind="stable")[:at_most]]
        return tuple(
            Said(key=self._keys[number], score=round(min(score, 1.0), 4), shared=self._shared(new, self._read[number]))
            for number, score in best
            if score > NOTHING
        )

    def _shared(self, new: Read, earlier: Read) -> tuple[str, ...]:
        """Ideas by their name, other words as the new text spells them."""
        found = {idea: IDEA * self._ideas.rarity(idea) for idea in set(new.ideas) & set(earlier.ideas)}
        told = {_stem(word) for idea in found for word in _split(idea)}
        for stem in set(new.words) & set(earlier.words) - told:
            if not set(_ideas().get((stem,), ())) & set(found):
                found[new.spelt[stem]] = self._words.rarity(stem)
        return tuple(sorted(found, key=lambda word: (-found[word], word))[:SHOWN])


class _Weighed:
    """One BM25 index. The library gives the scores of all texts; what a text would score against itself is added."""

    def __init__(self, texts: Sequence[Sequence[str]]) -> None:
        from bm25s import BM25  # noqa: PLC0415 -- a third of a second that only who asks has to wait

        getLogger("bm25s").setLevel(WARNING)  # it takes itself to be worth debugging wherever it is used

        self._texts = len(texts)
        self._in_texts = Counter(token for text in texts for token in set(text))
        self._length = sum(map(len, texts)) / max(len(texts), 1)
        self._index: Any = BM25(method="lucene", k1=K1, b=B)
        if self._in_texts:
            self._index.index([list(text) for text in texts], show_progress=False)

    def scores(self, tokens: Iterable[str]) -> Any:  # noqa: ANN401 -- the library has no types
        """An array with the score of each text, or 0.0 where no text has any of these."""
        known = sorted({token for token in tokens if token in self._in_texts})
        return self._index.get_scores(known) if known else 0.0

    def of_itself(self, tokens: Sequence[str]) -> float:
        longer = K1 * (1 - B + B * len(tokens) / (self._length or 1))
        return sum(self.rarity(token) * n / (n + longer) for token, n in Counter(tokens).items())

    def rarity(self, token: str) -> float:
        having = self._in_texts[token]
        return log(1 + (self._texts - having + 0.5) / (having + 0.5))


@lru_cache(maxsize=50_000)
def _stem(word: str) -> str:
    """A stemmer keeps what it works on, so each word gets its own: threads may ask at once."""
    from snowballstemmer import stemmer  # noqa: PLC0415 -- brings all its languages

    return str(stemmer("english").stemWord(word))


def _split(text: str) -> list[str]:
    """Small letters and figures; the endings -ize and -ise are one."""
    return re.findall(r"[a-z0-9&]+", re.sub(r"(?<=\w{3})iz(?=e|ing|ation)", "is", text.casefold()))


@cache
def _ideas() -> dict[tuple[str, ...], tuple[str, ...]]:
    """The ideas for which each phrase of stems stands."""
    found: defaultdict[tuple[str, ...], dict[str, None]] = defaultdict(dict)
    for line in IDEAS.splitlines():
        name, _, others = line.partition(":")
        for phrase in [name, *others.split(",")] if others else []:
            found[tuple(map(_stem, _split(phrase)))][name] = None
    return {phrase: tuple(names) for phrase, names in found.items()}


@cache
def _empty() -> frozenset[str]:
    """Words that say nothing in a recommendation."""
    from bm25s.stopwords import STOPWORDS_EN_PLUS  # noqa: PLC0415 -- as above

    return frozenset(STOPWORDS_EN_PLUS) | {
        "should",
        "must",
        "need",
        "needs",
        "ought",
        "require",
        "required",
        "requires",
    }


def read(text: str) -> Read:
    """A text as it is compared."""
    spelt = _split(text)
    stems = [_stem(word) for word in spelt]
    kept = [(stem, word) for stem, word in zip(stems, spelt, strict=True) if word not in _empty() and len(word) > 1]
    return Read(tuple(stem for stem, _ in kept), tuple(_ideas_in(stems)), dict(kept))


def _ideas_in(stems: Sequence[str]) -> Iterable[str]:
    """The longest phrase that begins at each place counts, and what is inside it does not count again."""
    known, place = _ideas(), 0
    longest = max(map(len, known))
    while place < len(stems):
        length = next((n for n in range(longest, 0, -1) if tuple(stems[place : place + n]) in known), 0)
        if length:
            yield from known[tuple(stems[place : place + length])]
        place += max(length, 1)
