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
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum, auto
from itertools import count as counting
from typing import Final, NamedTuple

Key = tuple[str, ...]
"""What a count counts: the same key in every table in which it stands."""

Kind = tuple[Key, ...]
"""All counts in which a death of this kind counts: one more of them, and every relation still holds."""

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


class Published(NamedTuple):
    """What is to be printed, and what everybody knows of it.

    `unseen`: counts in relations that stand in no table, but cannot be negative. `kinds`: every kind of death that was
    counted, asked for only where a search takes too long: one death more, or of another kind, is another truth as well.
    `weights`: how dear it is to readers to lose a count, if more than 1, as a total is.
    """

    counts: Mapping[Key, int]
    relations: Sequence[Relation]
    unseen: Mapping[Key, int] = {}
    kinds: Callable[[], Iterable[Kind]] = tuple
    weights: Mapping[Key, int] = {}


def protected(what: Published, threshold: int) -> dict[Key, Mark]:
    """Of each count that is not printed its mark; the same for the same counts, and few more than need be.

    Raises ValueError for a threshold so low that "fewer than" would tell the count.
    """
    if threshold < LEAST_THRESHOLD:
        raise ValueError(f"The threshold of small numbers is {LEAST_THRESHOLD} or more, not {threshold}.")
    search = _Search(what, threshold)
    search.protect()
    search.show_again()
    return search.marks


_CELL: Final = 1000
"""The price of one count more that is not printed; among several the smallest is taken."""
_NOT_EVEN_FEW: Final = 10 * _CELL
"""The price of saying of a small count not even that it is small: rather a cell more, but not a total of a year."""
_PATIENCE: Final = 150
"""How many steps a search may take for the cheapest way, and then again for any."""
_OTHERS: Final = 500
"""With how many other kinds of death one is then compared."""

_Debts = frozenset[tuple[int, int]]
"""The relations (by their number) that do not hold yet, each with what is too much on its first side."""


class _Search:
    """Looks for other truths. A shortest way: its places are the sums that do not hold yet, its steps are counts."""

    def __init__(self, what: Published, threshold: int) -> None:
        self._counts = {**what.counts, **what.unseen}
        self._threshold = threshold
        self._unseen = what.unseen
        self._small = {key for key, count in what.counts.items() if 0 < count < threshold and key not in what.unseen}
        self._weights = {
            key: what.weights.get(key, 1) * _CELL + min(count, _CELL - 1) for key, count in self._counts.items()
        }
        self._ask_kinds = what.kinds
        self._kinds: tuple[Kind, ...] | None = None
        self._sides = self._signed(what.relations)
        self._touches: dict[Key, list[tuple[int, int]]] = {}
        for number, side in enumerate(self._sides):
            for key, sign in side:
                self._touches.setdefault(key, []).append((number, sign))
        self._ways: dict[Key, Way] = {}
        self.marks = {key: Mark.FEW for key in what.counts if key in self._small}

    def protect(self) -> None:
        """Find another truth for each small count, and withhold what differs in it."""
        for key in list(self.marks):
            if key in self._ways:
                continue
            way = self._way(key) or self._way_of_a_death(key)
            if way is None:
                self._withhold_everything()
                return
            self._take(way)

    def show_again(self) -> None:
        """Print what need not be withheld after all, since what was withheld later protects enough."""
        if not self._ways:
            return
        more = [key for key, mark in self.marks.items() if mark is Mark.WITHHELD and key not in self._small]
        for key in sorted(more, key=lambda one: (-self._weights[one], one)):
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
        """Another truth in which this count differs, at a price up to `most`: the cheapest, or if that takes long, any.

        None if none is found soon.
        """
        if most == 0:
            return self._found(key, most, _PATIENCE, cheapest=False)
        found = self._found(key, most, _PATIENCE, cheapest=True)
        return found or self._found(key, most, 4 * _PATIENCE, cheapest=False)

    def _found(self, key: Key, most: int | None, patience: int, *, cheapest: bool) -> Way | None:
        """Look first at the cheapest way so far, or at the one that lacks least."""
        order = counting()
        queue: list[tuple[tuple[int, int], int, int, _Debts, dict[Key, int]]] = []

        def put(paid: int, debts: _Debts, way: dict[Key, int]) -> None:
            if most is None or paid <= most:
                rank = (paid, len(debts)) if cheapest else (len(debts), paid)
                heapq.heappush(queue, (rank, next(order), paid, debts, way))

        for by in (-1, 1):
            if (price := self._price(key, by)) is not None:
                put(price, self._owed(frozenset(), key, by), {key: by})
        been: set[_Debts] = set()
        while queue and len(been) < patience:
            _, _, paid, debts, way = heapq.heappop(queue)
            if not debts:
                return _differing(way)
            if debts in been:
                continue
            been.add(debts)
            for other, by, price in self._steps(debts, way, key):
                after = self._owed(debts, other, by)
                if after not in been:
                    put(paid + price, after, {**way, other: way.get(other, 0) + by})
        return None

    def _way_of_a_death(self, key: Key) -> Way | None:
        """The cheapest other truth by one death of those in this count: one more or fewer, or one of another kind."""
        if self._kinds is None:
            self._kinds = tuple(dict.fromkeys(self._ask_kinds()))
        ways = [_moved(more, fewer) for more, fewer in _changes(key, self._kinds)]
        priced = [(price, number) for number, way in enumerate(ways) if (price := self._price_of(way)) is not None]
        return ways[min(priced)[1]] if priced else None

    def _price_of(self, way: Way) -> int | None:
        paid = 0
        for key, by in way.items():
            if (price := self._price(key, by)) is None:
                return None
            paid += price
        return paid

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
        count = self._counts[key]
        if key in self._unseen:
            return 0 if count + by >= 0 else None
        mark = self.marks.get(key, Mark.SHOWN)
        least = 1 if key in self._small else self._threshold
        if by == 0:
            return 0
        if count == 0 or count + by < least:
            return None
        if mark is Mark.FEW and count + by >= self._threshold:
            return _NOT_EVEN_FEW
        return self._weights[key] if mark is Mark.SHOWN else 0

    def _signed(self, relations: Sequence[Relation]) -> list[list[tuple[Key, int]]]:
        """Of each relation its counts with their signs. Noughts are left out: they are printed and do not differ."""
        sides = [((one.counts, 1), (one.others, -1)) for one in relations]
        return [
            [(key, sign) for keys, sign in both for key in keys if self._counts[key] or key in self._unseen]
            for both in sides
        ]


def _changes(key: Key, kinds: Sequence[Kind]) -> Iterator[tuple[Kind, Kind]]:
    """What can have been otherwise of one death in this count: the kind that there is one more of, and one fewer of."""
    others = [one for one in kinds if key not in one][:_OTHERS]
    for one in kinds:
        if key in one:
            yield one, ()
            yield (), one
            for other in others:
                yield one, other
                yield other, one


def _moved(more: Kind, fewer: Kind) -> Way:
    return {**dict.fromkeys(set(more).difference(fewer), 1), **dict.fromkeys(set(fewer).difference(more), -1)}


def _differing(way: Way) -> Way:
    return {key: by for key, by in way.items() if by}
