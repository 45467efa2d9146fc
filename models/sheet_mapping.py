"""What every mapping of a sheet says that others have kept: what is left out, blank words, ways to write a day.

Words are compared without case, accents or signs, so "Due-date" is "due date".
"""

from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from typing import TypeVar

from models.base import Word
from models.likeness import plain
from models.policy import Text

K = TypeVar("K")


class Edge(StrEnum):
    """Which day is meant by a month or a quarter, where somebody has said so."""

    FIRST = "first_day"
    LAST = "last_day"


class Dates(Word):
    """How days are written. `formats` are those of strptime, each with day, month and year."""

    formats: tuple[Text, ...] = ()
    earliest: date | None = None
    latest: date | None = None
    serials: bool | None = None
    """Whether a bare number such as 45382 is a day as Excel counts them."""
    month: Edge | None = None
    quarter: Edge | None = None
    """Of the financial year, which begins in April: "Q3 23/24" is October to December 2023."""
    meant: dict[Text, date] = {}
    undated: tuple[Text, ...] = ()
    """Words in a column of days that name none, and are to be taken as nothing."""

    def over(self, shipped: "Dates") -> "Dates":
        return Dates(
            formats=self.formats or shipped.formats,
            earliest=self.earliest or shipped.earliest,
            latest=self.latest or shipped.latest,
            serials=shipped.serials if self.serials is None else self.serials,
            month=self.month or shipped.month,
            quarter=self.quarter or shipped.quarter,
            meant={**shipped.meant, **self.meant},
            undated=more(self.undated, shipped.undated),
        )


class SheetMapping(Word):
    ignored_columns: tuple[Text, ...] = ()
    ignored_sheets: tuple[Text, ...] = ()
    passed_over: tuple[Text, ...] = ()
    """A row whose first words begin with one of these is none of the list: a total, a note."""
    blank: tuple[Text, ...] = ()
    """Words that say no more than an empty cell."""
    dates: Dates = Dates()

    def beneath(self, columns: Mapping[K, tuple[str, ...]]) -> dict[K, tuple[str, ...]]:
        """The names of columns in the shipped mapping, without those that this leaves out."""
        ignored = {spoken(one) for one in self.ignored_columns}
        return {column: tuple(one for one in names if spoken(one) not in ignored) for column, names in columns.items()}


def spoken(words: str) -> str:
    """How words are compared; signs count only where there is nothing else."""
    return plain(words) or words.strip()


def meanings(words: Mapping[K, Iterable[str]]) -> dict[str, K]:
    """What each word means, by how words are compared."""
    return {spoken(word): meaning for meaning, several in words.items() for word in several}


def joined(own: Mapping[K, tuple[str, ...]], shipped: Mapping[K, tuple[str, ...]]) -> dict[K, tuple[str, ...]]:
    """Both, without what our own words mean otherwise."""
    taken = meanings(own)
    kept = {key: tuple(one for one in words if spoken(one) not in taken) for key, words in shipped.items()}
    return {key: (*own.get(key, ()), *kept.get(key, ())) for key in {**own, **kept}}


def more(own: tuple[str, ...], shipped: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*own, *shipped)))
