"""What the words in one cell of a sheet mean, or what is to be said of them."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Annotated, TypeVar

from pydantic import Field

from models.base import Word
from models.command import Choice
from models.grid import BROKEN
from models.sheet_dates import FAILED, Days, NotADay
from models.sheet_heads import Spot
from models.sheet_mapping import SheetMapping, spoken

K = TypeVar("K", bound=str)
Private = Annotated[str, Field(repr=False)]
_SIGNS = 10  # how much longer a word may be with spaces and signs about it


class Remark(Word):
    """What is to be said of one cell: its address, its column as it is headed, what stands there, and what to do.

    `mend`: lines for the mapping file that make it readable; empty where only the sheet can be mended.
    """

    cell: str
    column: str
    found: Private
    words: str
    mend: Private = ""


class PassedOver(Word):
    """A row that was left out because its words say that it is none of the list; or a whole sheet (no row)."""

    cell: str
    found: Private
    words: str


class SheetWords:
    """The words of a mapping. What is not understood becomes a problem."""

    def __init__(self, mapping: SheetMapping) -> None:
        self._blank = {spoken(one) for one in mapping.blank}
        self._longest = max(map(len, mapping.blank), default=0) + _SIGNS
        self._days = Days(mapping.dates)
        self.problems: list[Remark] = []

    def complain(self, spot: Spot, words: str, mend: str = "", found: str | None = None) -> None:
        said = spot.text if found is None else found
        self.problems.append(Remark(cell=spot.cell, column=spot.heading, found=said, words=words, mend=mend))

    def text(self, spot: Spot) -> str:
        """The words of a cell; empty for what says no more than an empty one."""
        if spot.value == BROKEN:
            self.complain(spot, FAILED.replace("the day", "what it should say"))
            return ""
        return "" if self.is_blank(spot) else spot.text

    def is_blank(self, spot: Spot) -> bool:
        text = spot.text
        return not text or (len(text) <= self._longest and spoken(text) in self._blank)

    def day(self, spot: Spot, part: str | None = None) -> date | None:
        """The day of a cell, or of a part of it; None for none, or for what becomes a problem."""
        try:
            return None if self.is_blank(spot) else self._days.read(spot.value if part is None else part)
        except NotADay as wrong:
            said = spot.text if part is None else part
            self.complain(spot, wrong.words, of_dates(wrong.mend, said), said)
            return None

    def one_of(self, spot: Spot, known: Mapping[str, K], key: str, part: str | None = None) -> K | None:
        """What a cell, or a part of it, means of what is known; None for nothing, or for what becomes a problem."""
        text = self.text(spot) if part is None else part
        if not text:
            return None
        if found := known.get(spoken(text)):
            return found
        self.complain(spot, self.unknown(known), line((key, "MEANING"), text), text)
        return None

    @staticmethod
    def unknown(known: Mapping[str, str]) -> str:
        every = [one for one in dict.fromkeys(known.values()) if isinstance(one, Choice)]
        what = "; ".join(f"{one} ({one.words})" for one in every) or ", ".join(sorted(set(known.values())))
        return f"It is not known what this means. Say it in the mapping file; MEANING is one of: {what}."


def line(keys: tuple[str, ...], word: str = "") -> str:
    """What to write in the mapping file: under these keys, this word in a list."""
    above = "\n".join(f"{'  ' * depth}{key}:" for depth, key in enumerate(keys))
    return f"{above}\n{'  ' * len(keys)}- {json.dumps(word, ensure_ascii=False)}"


def of_dates(mend: str, text: str) -> str:
    return line(("dates", "undated"), text) if mend == "undated" else f"dates:\n  {mend}" if mend else ""
