"""How well libraries find what was said before: `make bench ARGS=said_before`; its figures are in docs/said-before.md.

Libraries that the project does not use are compared where they are installed, and passed over where they are not.
"""

import csv
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from time import perf_counter
from typing import Any

from models.said_before import IDEA, Earlier, read

DATA = Path(__file__).parent.parent / "tests" / "data" / "recommendations"
FIRST = (1, 3, 5, 10)
TIMES = 10
"""The thousand, so many times over, are the ten thousand among which a question is timed."""

Asked = Callable[[str], Any]
"""From a text to the scores of all earlier ones, in their order."""


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def words(text: str) -> list[str]:
    return list(read(text).words)


def ideas(text: str) -> list[str]:
    return list(read(text).ideas)


def with_ideas(make: Callable[[list[str], Callable[[str], list[str]]], Asked], texts: list[str]) -> Asked:
    """Two indexes of one library, weighed as the project does."""
    by_words, by_ideas = make(texts, words), make(texts, ideas)
    return lambda text: by_words(text) + IDEA * by_ideas(text)


def rapidfuzz(texts: list[str], scorer: str, *, widened: bool) -> Asked:
    process, fuzz = import_module("rapidfuzz.process"), import_module("rapidfuzz.fuzz")

    def taken(text: str) -> str:
        return " ".join(words(text) + (ideas(text) if widened else []))

    earlier = [taken(text) for text in texts]
    return lambda text: process.cdist([taken(text)], earlier, scorer=getattr(fuzz, scorer))[0]


def tfidf(texts: list[str], analyzer: Any, **how: Any) -> Asked:  # noqa: ANN401 -- the library's own
    vectorizer = import_module("sklearn.feature_extraction.text").TfidfVectorizer(
        analyzer=analyzer, sublinear_tf=True, **how
    )
    earlier = vectorizer.fit_transform(texts).T
    return lambda text: (vectorizer.transform([text]) @ earlier).toarray()[0]


def rank_bm25(texts: list[str], split: Callable[[str], list[str]]) -> Asked:
    index = import_module("rank_bm25").BM25Okapi([split(text) for text in texts])
    return lambda text: index.get_scores(sorted(set(split(text))))


def bm25s(texts: list[str], split: Callable[[str], list[str]]) -> Asked:
    index = import_module("bm25s").BM25()
    index.index([split(text) for text in texts], show_progress=False)

    def asked(text: str) -> Any:  # noqa: ANN401 -- an array
        known = [token for token in sorted(set(split(text))) if token in index.vocab_dict]
        return index.get_scores(known or [""])

    return asked


WAYS: dict[str, Callable[[list[str]], Asked]] = {
    "rapidfuzz token_set_ratio, words": lambda texts: rapidfuzz(texts, "token_set_ratio", widened=False),
    "rapidfuzz token_set_ratio, with ideas": lambda texts: rapidfuzz(texts, "token_set_ratio", widened=True),
    "rapidfuzz token_sort_ratio, words": lambda texts: rapidfuzz(texts, "token_sort_ratio", widened=False),
    "rapidfuzz token_sort_ratio, with ideas": lambda texts: rapidfuzz(texts, "token_sort_ratio", widened=True),
    "scikit-learn TF-IDF, words": lambda texts: tfidf(texts, words),
    "scikit-learn TF-IDF, characters 3 to 5": lambda texts: tfidf(texts, "char_wb", ngram_range=(3, 5)),
    "scikit-learn TF-IDF, with ideas": lambda texts: with_ideas(tfidf, texts),
    "rank-bm25, words": lambda texts: rank_bm25(texts, words),
    "rank-bm25, with ideas": lambda texts: with_ideas(rank_bm25, texts),
    "bm25s, words": lambda texts: bm25s(texts, words),
    "bm25s, with ideas": lambda texts: with_ideas(bm25s, texts),
}


def places(asked: Asked, keys: list[str], questions: list[dict[str, str]]) -> Iterator[int]:
    """At which place the true one is found."""
    for question in questions:
        scores = asked(question["text"])
        yield 1 + sum(bool(score > scores[keys.index(question["says_again"])]) for score in scores)


def main() -> None:
    earlier = rows("earlier")
    keys, texts = [row["key"] for row in earlier], [row["text"] for row in earlier]
    asked_for = {name: rows(name) for name in ("reworded", "held_back")}
    print("true one among the first", FIRST, "of", {name: len(questions) for name, questions in asked_for.items()})
    for name, make in WAYS.items():
        try:
            asked = make(texts)
        except ImportError:
            print(f"{name:40} is not installed")
            continue
        found = [list(places(asked, keys, questions)) for questions in asked_for.values()]
        counts = [[sum(place <= first for place in one) for first in FIRST] for one in found]
        many = make(texts * TIMES)
        many(texts[0])
        start = perf_counter()
        for question in asked_for["held_back"]:
            many(question["text"])
        each = (perf_counter() - start) / len(asked_for["held_back"])
        print(f"{name:40}", *counts, f"{each * 1000:6.1f} ms a question among {len(texts) * TIMES:,}", flush=True)
    start = perf_counter()
    kept = Earlier((f"{row['key']}-{n}", row["text"]) for n in range(TIMES) for row in earlier)
    made = perf_counter() - start
    start = perf_counter()
    for question in asked_for["held_back"]:
        kept.like(question["text"])
    each = (perf_counter() - start) / len(asked_for["held_back"])
    print(f"as the project has it: index of {len(texts) * TIMES:,} made in {made:.1f} s, asked in {each * 1000:.1f} ms")


if __name__ == "__main__":
    main()
