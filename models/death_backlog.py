"""The reviews of deaths that are open today: how long, and what they wait for. For those who may know every count."""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from models.death_bands import TimeTaken, months_between, time_taken
from models.death_figures import Cell, Row, Table, percentage

UNDER_WAY = "Nothing outside"
"""What a review waits for that nothing outside holds back."""


class Open(NamedTuple):
    """One open review: the day of its notification, and for what outside it waits (empty: for nothing)."""

    notified: date
    awaits: str


def backlog(found: Iterable[Open], today: date) -> Table:
    """By what they wait for and by whole calendar months since the notification; what most wait for stands first."""
    counts = Counter((one.awaits or UNDER_WAY, time_taken(months_between(one.notified, today))) for one in found)
    of = Counter[str]()
    for (awaits, _), count in counts.items():
        of[awaits] += count
    every = sum(of.values())

    def row(label: str, awaits: Iterable[str]) -> Row:
        names = list(awaits)
        each = [sum(counts[name, time] for name in names) for time in TimeTaken]
        total = sum(each)
        cells = (*(Cell(count) for count in each), Cell(total, percentage(total, every)))
        return Row(label, cells)

    return Table(
        name="backlog",
        title="Open today, by what they wait for",
        heads=("Waits for", *(time.words for time in TimeTaken), "All open"),
        rows=tuple(row(name, [name]) for name, _ in of.most_common()),
        total=row("All open reviews", list(of)),
        denominator="Reviews that are open today, by the time since their notification.",
        notes=(),
    )
