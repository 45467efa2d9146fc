"""The order in which things happen: nothing is before what it follows, whether it is recorded late or corrected."""

from collections.abc import Iterator

from models.case import Case, base
from models.lifecycles import LIFECYCLES
from models.policy import MARKS
from models.time import precedes


def out_of_order(case: Case, then: Case) -> Iterator[str]:
    """Why a date that this brings or moves cannot be: before what it follows, or after what follows it."""
    known = {name: case.marks.get(name) or case.marks.get(name.partition("#")[0]) for name in then.marks}
    moved = {name for name, mark in then.marks.items() if mark != known[name]}
    follows = LIFECYCLES[case.kind].follows
    for name, mark in then.marks.items():
        if base(name) == "awareness":
            continue
        if name in moved and then.aware and precedes(mark.at, then.aware):
            yield "This is before anybody was aware of the incident. Check the date, or correct the other one."
        for aware in (then.marks[one] for one in moved if base(one) == "awareness"):
            if mark.number >= aware.number and precedes(mark.at, aware.at):
                yield "Something here was recorded as done before this. Correct that date first."
        for first in follows.get(base(name), ()):
            earlier = _last(then, first, mark.number)
            if earlier and not moved.isdisjoint({name, earlier}) and precedes(mark.at, then.marks[earlier].at):
                words = MARKS[case.kind]
                yield (
                    f"This is before {words[first]}. Check both dates."
                    if name in moved
                    else f"This is after {words[base(name)]}. Correct that date first."
                )


def _last(case: Case, mark: str, before: int) -> str:
    """The name under which the last mark of this kind stands that was made before this fact."""
    found = [(one.number, name) for name, one in case.marks.items() if base(name) == mark and one.number < before]
    return max(found)[1] if found else ""
