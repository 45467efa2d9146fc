"""Whether two children may be one: a name spelt otherwise, names the other way round, a slip in a date.

Looks at what was decrypted in memory; nothing is kept. A person decides, this only points.
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from typing import Any

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from models.base import Message

LIKELY = 0.8
NAME, BORN = 0.6, 0.4


class Likeness(Message):
    """`score` from 0 to 1; from LIKELY on it is worth a person's look."""

    score: float
    because: tuple[str, ...]


def likeness(one: Mapping[str, Any], other: Mapping[str, Any]) -> Likeness:
    """How alike two children are, by NHS number, name and date of birth; or whether they live together.

    Of one incident two people may name different children of a household. Plain answers of `Child`.
    """
    numbers = [_digits(child.get("nhs_number") or "") for child in (one, other)]
    if numbers[0] and numbers[0] == numbers[1]:
        return Likeness(score=1.0, because=("the same NHS number",))
    name = _name(str(one.get("name", "")), str(other.get("name", "")))
    born, words = _born(one, other)
    because = [f"names {round(name * 100)}% alike"] if name >= LIKELY else []
    if words:
        because.append(words)
    score = round(NAME * name + (BORN * born if name >= LIKELY else 0), 3)  # many children share a date of birth
    if _same_home(one, other):
        score, because = max(score, LIKELY), [*because, "the same home address"]
    return Likeness(score=score, because=tuple(because))


def plain(text: str) -> str:
    """Letters and figures only, without accents or case: O’Neill and o'neill are one, with or without a full stop."""
    letters = unicodedata.normalize("NFKD", text).casefold()
    if not letters.isascii():
        letters = "".join(c for c in letters if not unicodedata.combining(c) and c != "’")
    return _APART.sub(" ", letters.replace("'", "")).strip()


_APART = re.compile(r"[\W_]+")
"""What is neither a letter nor a figure."""


def _name(one: str, other: str) -> float:
    """Spelling and the order of names are forgiven."""
    one, other = plain(one), plain(other)
    return (
        max(fuzz.token_sort_ratio(one, other), fuzz.token_set_ratio(one, other) * 0.95) / 100 if one and other else 0.0
    )


def _same_home(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Without a number an address may be no more than "not known"."""
    home, there = (plain(str(child.get("address") or "")) for child in (one, other))
    return home == there and any(letter.isdigit() for letter in home)


def _born(one: Mapping[str, Any], other: Mapping[str, Any]) -> tuple[float, str]:
    days = [_day(child.get("born") or child.get("expected")) for child in (one, other)]
    if days[0] is None or days[1] is None:
        return 0.5, ""
    if days[0] == days[1]:
        return 1.0, "the same date of birth"
    if OSA.distance(days[0].isoformat(), days[1].isoformat()) == 1 or (days[0].day, days[0].month) == (
        days[1].month,
        days[1].day,
    ):
        return 0.8, "dates of birth that differ by one slip"
    expected = bool(one.get("expected")) != bool(other.get("expected"))
    if expected and abs((days[0] - days[1]).days) <= 60:  # noqa: PLR2004 -- a birth may be two months from its expected date
        return 0.8, "a birth near the expected date"
    return 0.0, ""


def _day(value: object) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) and value else value if isinstance(value, date) else None


def _digits(text: str) -> str:
    return "".join(c for c in text if c.isdigit())
