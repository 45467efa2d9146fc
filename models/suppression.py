"""Disclosure control: which counts of a set of linked tables may be printed where everybody reads them.

A count from 1 to one below the threshold is never printed: it says "fewer than". Others are withheld with it, so that
none can be got back from sums, nor from another table in which the same count stands: a count has one key, wherever it
stands, and one mark.

A count is safe if the truth can be another without a printed number being another. So for every small count one such
other truth is looked for, one death more or fewer in some counts, and the counts that differ in it are not printed.
Whoever tries knows all that is printed, that "fewer than 5" means 1 to 4, and which rules are followed here; he may
guess that a withheld count is not small, and so no other truth that is looked for makes it so.

Noughts are printed: nobody is among them.
"""

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum, auto
from itertools import count as counting
from typing import Final, NamedTuple

Key = tuple[str, ...]
"""What a count counts: the same key in every table in which it stands."""

Way = Mapping[Key, int]
"""Another truth: of each count that differs in it, by how much. All relations hold in it."""

LEAST_THRESHOLD: Final = 3
"""Below it "fewer than 2" would say "1"."""


class Mark(StrEnum):
    """What stands in the place of a count."""

    SHOWN = auto()
    FEW = auto()
    """From 1 to one below the threshold."""
    WITHHELD = auto()
    """Not nought; any other number."""


class Relation(NamedTuple):
    """Counts whose sum is that of others, as everybody knows: parts and their total, or a stock and its flows."""

    counts: tuple[Key, ...]
    others: tuple[Key, ...]


def protected(
    counts: Mapping[Key, int],
    relations: Sequence[Relation],
    threshold: int,
    *,
    unseen: Mapping[Key, int] | None = None,
    weights: Mapping[Key, int] | None = None,
) -> dict[Key, Mark]:
    """Of each count that is not printed its mark; the same for the same counts, and few more than need be.

    `unseen`: counts in relations that stand in no table, of which everybody knows that they are not negative.
    `weights`: how dear it is to readers to lose a count, if more than 1, as a total is. Raises ValueError for a
    threshold so low that "fewer than" would tell the count.
    """
    if threshold < LEAST_THRESHOLD:
        raise ValueError(f"The threshold of small numbers is {LEAST_THRESHOLD} or more, not {threshold}.")
    search = _Search({**counts, **(unseen or {})}, relations, threshold, frozenset(unseen or ()), weights or {})
    search.protect()
    search.show_again()
    return search.marks


_CELL: Final = 1000
"""The price of one count more that is not printed; among several the smallest is taken."""
_NOT_EVEN_FEW: Final = 10 * _CELL
"""The price of saying of a small count not even that it is small: rather a cell more, but not a total of a year."""
_PATIENCE: Final = 400
"""How many steps the search for the cheapest way may take before any way will do."""
_LAST_PATIENCE: Final = 4000
"""How many steps that may take before everything is withheld."""

_Debts = frozenset[tuple[int, int]]
"""The relations (by their number) that do not hold yet, each with what is too much on its first side."""


class _Search:
    """Looks for other truths. A shortest way: its places are the sums that do not hold yet, its steps are counts."""

    def __init__(
        self,
        counts: Mapping[Key, int],
        relations: Sequence[Relation],
        threshold: int,
        unseen: frozenset[Key],
        weights: Mapping[Key, int],
    ) -> None:
        self._counts = counts
        self._threshold = threshold
        self._unseen = unseen
        self._weights = weights
        self._sides = self._signed(relations)
        self._touches: dict[Key, list[tuple[int, int]]] = {}
        for number, side in enumerate(self._sides):
            for key, sign in side:
                self._touches.setdefault(key, []).append((number, sign))
        self._ways: dict[Key, Way] = {}
        self.marks = {key: Mark.FEW for key in counts if self._is_small(key)}

    def protect(self) -> None:
        """Find another truth for each small count, and withhold what differs in it."""
        for key in list(self.marks):
            if key in self._ways:
                continue
            way = self._way(key)
            if way is None:
                self._withhold_everything()
                return
            self._take(way)

    def show_again(self) -> None:
        """Print what need not be withheld after all, since what was withheld later protects enough."""
        if not self._ways:
            return
        more = [key for key, mark in self.marks.items() if mark is Mark.WITHHELD and not self._is_small(key)]
        for key in sorted(more, key=lambda one: (-self._weight(one), one)):
            del self.marks[key]
            leaning = [one for one in self.marks if key in self._ways.get(one, {})]
            found = self._free_ways(leaning)
            if found is None:
                self.marks[key] = Mark.WITHHELD
            else:
                self._ways.update(found)

    def _free_ways(self, keys: Iterable[Key]) -> dict[Key, Way] | None:
        """Another truth for each, in which nothing that is printed differs; none if one of them has none."""
        found: dict[Key, Way] = {}
        for key in keys:
            way = self._way(key, most=0)
            if way is None:
                return None
            found[key] = way
        return found

    def _take(self, way: Way) -> None:
        for key, by in way.items():
            if key in self._unseen:
                continue
            if key not in self.marks or not self._may_say_few(key, by):
                self.marks[key] = Mark.WITHHELD
            self._ways.setdefault(key, way)

    def _may_say_few(self, key: Key, by: int) -> bool:
        return self.marks[key] is Mark.FEW and self._counts[key] + by < self._threshold

    def _withhold_everything(self) -> None:
        """Then one death more, like one there was, is another truth: every sum holds for each death by itself."""
        self.marks = {key: Mark.WITHHELD for key, count in self._counts.items() if count and key not in self._unseen}
        self._ways = {}

    def _way(self, key: Key, most: int | None = None) -> Way | None:
        """Another truth in which this count differs: the cheapest, or after a long search any, at a price up to `most`.

        None if there is none at this price, or none was found.
        """
        if most == 0:
            return self._found(key, most, _PATIENCE, cheapest=False)
        return self._found(key, most, _PATIENCE, cheapest=True) or self._found(
            key, most, _LAST_PATIENCE, cheapest=False
        )

    def _found(self, key: Key, most: int | None, patience: int, *, cheapest: bool) -> Way | None:
        """Look at the cheapest way so far first, or at the one that lacks least."""
        order = counting()
        queue: list[tuple[tuple[int, int], int, int, _Debts, dict[Key, int]]] = []

        def put(paid: int, debts: _Debts, way: dict[Key, int]) -> None:
            if most is None or paid <= most:
                lacks = len(debts)
                rank = (paid, lacks) if cheapest else (lacks, paid)
                heapq.heappush(queue, (rank, next(order), paid, debts, way))

        for by in (-1, 1):
            if (price := self._price(key, by)) is not None:
                put(price, self._owed(frozenset(), key, by), {key: by})
        been: set[_Debts] = set()
        while queue and len(been) < patience:
            _, _, paid, debts, way = heapq.heappop(queue)
            if not debts:
                return {one: by for one, by in way.items() if by}
            if debts in been:
                continue
            been.add(debts)
            for other, by, price in self._steps(debts, way, key):
                after = self._owed(debts, other, by)
                if after not in been:
                    put(paid + price, after, {**way, other: way.get(other, 0) + by})
        return None

    def _steps(self, debts: _Debts, way: Way, start: Key) -> Iterator[tuple[Key, int, int]]:
        """The counts that can make the first sum hold, by how much each differs then, and at what price."""
        number, too_much = min(debts)
        for key, sign in self._sides[number]:
            by = -sign if too_much > 0 else sign
            if key == start:
                continue
            before = way.get(key, 0)
            price = self._price(key, before + by)
            if price is not None:
                yield key, by, max(0, price - (self._price(key, before) or 0))

    def _owed(self, debts: _Debts, key: Key, by: int) -> _Debts:
        after = dict(debts)
        for number, sign in self._touches.get(key, ()):
            after[number] = after.get(number, 0) + sign * by
        return frozenset((number, much) for number, much in after.items() if much)

    def _price(self, key: Key, by: int) -> int | None:
        """What it costs to let this count differ by so much; none if whoever knows the rules sees that it cannot."""
        count, mark = self._counts[key], self.marks.get(key, Mark.SHOWN)
        if key in self._unseen:
            return 0 if count + by >= 0 else None
        least = 1 if self._is_small(key) else self._threshold
        if by == 0:
            return 0
        if count == 0 or count + by < least:
            return None
        if mark is Mark.FEW and count + by >= self._threshold:
            return _NOT_EVEN_FEW
        return self._weight(key) if mark is Mark.SHOWN else 0

    def _is_small(self, key: Key) -> bool:
        return 0 < self._counts[key] < self._threshold and key not in self._unseen

    def _weight(self, key: Key) -> int:
        return self._weights.get(key, 1) * _CELL + min(self._counts[key], _CELL - 1)

    def _signed(self, relations: Sequence[Relation]) -> list[list[tuple[Key, int]]]:
        """Of each relation its counts with their signs. Noughts are left out: they are printed and do not differ."""
        sides = [((one.counts, 1), (one.others, -1)) for one in relations]
        return [
            [(key, sign) for keys, sign in both for key in keys if self._counts[key] or key in self._unseen]
            for both in sides
        ]
