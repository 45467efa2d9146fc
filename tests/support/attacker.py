"""Who tries to get back what a publication withholds: exact, by bounds and a search of all that is possible.

Written without a look at how the tables are protected: he knows the printed numbers, what each mark means, that counts
are whole and not negative, and which are sums of which.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

Bounds = dict[str, tuple[int, int]]
Equation = Mapping[str, int]
"""Counts with their factors, of which the sum is nought."""

PLENTY = 10_000
"""More deaths than any test has."""
STEPS = 20_000


class Unsure(AssertionError):
    """He has not searched everything."""


class Attacker:
    def __init__(self, bounds: Bounds, equations: Sequence[Equation], truth: Mapping[str, int]) -> None:
        """`truth`: only for what is tried first; he must find it possible."""
        self.bounds = bounds
        self.equations = equations
        self.truth = truth
        self.of: dict[str, list[int]] = {}
        for number, equation in enumerate(equations):
            for name in equation:
                self.of.setdefault(name, []).append(number)
        assert all(low <= truth[name] <= high for name, (low, high) in bounds.items()), (
            "The truth is thought impossible."
        )
        assert all(sum(truth[name] * by for name, by in one.items()) == 0 for one in equations), "A sum does not hold."

    def got_back(self, wanted: Collection[str] | None = None) -> Iterator[str]:
        """The counts, of those he wants, that he knows for certain although they are not printed."""
        surely_not: set[str] = set()
        for name in self.bounds if wanted is None else sorted(wanted):
            low, high = self.bounds[name]
            if low == high or name in surely_not:
                continue
            other = self.another(name)
            if other is None:
                yield name
            else:
                surely_not |= {one for one, value in other.items() if value != self.truth[one]}

    def another(self, name: str) -> dict[str, int] | None:
        """All counts as they can be while this one is not what it is; none if it can be nothing else."""
        low, high = self.bounds[name]
        truth = self.truth[name]
        sides = [(truth + 1, high), (low, truth - 1)]
        found = (self._search({**self.bounds, name: side}, name) for side in sides if side[0] <= side[1])
        return next((one for one in found if one), None)

    def _search(self, bounds: Bounds, changed: str) -> dict[str, int] | None:
        stack: list[_Open] = [_Open(bounds, changed)]
        for _ in range(STEPS):
            if not stack:
                return None
            one = stack.pop()
            if not self._narrowed(one):
                continue
            near = {name: min(max(self.truth[name], low), high) for name, (low, high) in one.bounds.items()}
            branches = self._branches(one.bounds, near)
            if branches is None:
                return near
            stack += branches
        raise Unsure(changed)

    def _branches(self, bounds: Bounds, near: Mapping[str, int]) -> list["_Open"] | None:
        """The ways on at the first sum that does not hold near the truth; none if all hold. The last is tried first."""
        for equation in self.equations:
            much = sum(near[name] * by for name, by in equation.items())
            if much == 0:
                continue
            free = [name for name in equation if bounds[name][0] < bounds[name][1]]
            name = min(free, key=lambda one: (bounds[one][1] - bounds[one][0], one))
            (low, high), at = bounds[name], near[name]
            up, down = (at + 1, high), (low, at - 1)
            first, second = (up, down) if much * equation[name] < 0 else (down, up)
            sides = [(at, at), second, first] if len(free) == 1 else [second, (at, at), first]
            return [_Open({**bounds, name: side}, name) for side in sides if side[0] <= side[1]]
        return None

    def _narrowed(self, one: "_Open") -> bool:
        """Narrow what is possible by each sum, until it helps no more; false if nothing is possible."""
        todo = set(self.of.get(one.changed, ()))
        while todo:
            equation = self.equations[todo.pop()]
            least = sum(min(by * one.bounds[name][0], by * one.bounds[name][1]) for name, by in equation.items())
            most = sum(max(by * one.bounds[name][0], by * one.bounds[name][1]) for name, by in equation.items())
            if least > 0 or most < 0:
                return False
            for name, by in equation.items():
                low, high = one.bounds[name]
                room = (low, high) if by > 0 else (-high, -low)
                new = (max(room[0], room[1] - most), min(room[1], room[0] - least))
                found = new if by > 0 else (-new[1], -new[0])
                if found != (low, high):
                    one.bounds[name] = found
                    todo |= set(self.of[name])
        return True


class _Open(NamedTuple):
    bounds: Bounds
    changed: str
