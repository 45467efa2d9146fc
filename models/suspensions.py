"""What stops the clock of one thing owed: a suspension of its own, or of milestones that wait for other proceedings."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final, Protocol, TypeVar

from models.case import Case

STOPS: Final = frozenset({"suspended", "milestones_suspended"})


class Recorded(Protocol):
    """A fact, or what pages show of one."""

    @property
    def kind(self) -> str: ...
    @property
    def data(self) -> Mapping[str, Any]: ...


One = TypeVar("One", bound=Recorded)


def stopped_by(key: str, facts: Iterable[One]) -> list[One]:
    """The facts that stopped the clock of this, one for each of its pauses, in their order."""
    return [
        fact
        for fact in facts
        if fact.kind in STOPS and key in fact.data.get("milestones", (fact.data.get("obligation"),))
    ]


def proceedings_of(case: Case, key: str) -> list[str]:
    """The other proceedings for which this milestone waits now."""
    return [item for item, keys in case.said.get("suspended", {}).items() if key in keys]


def looked_at_again(case: Case, key: str) -> datetime | None:
    """By when the suspension of this clock is reviewed; none if nobody has to."""
    items = proceedings_of(case, key)
    reviews = (
        one.due
        for one in case.open()
        if (one.block == "suspension_review" and one.of == key)
        or (one.block == "milestones_review" and one.item in items)
    )
    return min((due for due in reviews if due), default=None)
