"""The order in which things happen: nothing is before what it follows, whether it is recorded late or corrected.

What can only be done after something else is named by its lifecycle (`follows`). Nothing follows a day that nobody
knows, for which the entry of a review stands in. What is done once more is besides not
before what called for it: the mark that opened what it fulfils, such as a reopening or the panel's disagreement.
"""

from collections.abc import Iterator

from models import shelf
from models.case import Case, base
from models.lifecycles import LIFECYCLES
from models.obligation import Ended
from models.policy import marks_of
from models.practice_review import known_day
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
        for first in (*follows.get(base(name), ()), *_called_by(then, name)):
            earlier = _last(then, first, mark.number)
            if not earlier or moved.isdisjoint({name, earlier}) or known_day(then, earlier) is None:
                continue
            if precedes(mark.at, then.marks[earlier].at):
                words = marks_of(case.kind)
                yield (
                    f"This is before {words[first]}. Check both dates."
                    if name in moved
                    else f"This is after {words[base(name)]}. Correct that date first."
                )


def _called_by(case: Case, name: str) -> list[str]:
    """The marks that called for what this did, if it was done before: the first time may be recorded in any order."""
    mark, what = case.marks[name], name.partition("#")[0]
    again = any(one.number < mark.number for key, one in case.marks.items() if key.partition("#")[0] == what)
    beside = what == "siblings_safety_answered" and sum(one.number == mark.number for one in case.marks.values()) > 1
    if not again or beside:  # beside: what was said of other children in a meeting, which has a date of its own
        return []
    blocks = shelf.blocks(case.policy, case.kind)
    met = {one.block for one in case.obligations.values() if one.ended is Ended.MET and one.ended_by == mark.number}
    return [blocks[block].opens for block in met if blocks[block].met_by == base(name)]


def _last(case: Case, mark: str, before: int) -> str:
    """The name under which the last mark of this kind stands that was made before this fact."""
    found = [(one.number, name) for name, one in case.marks.items() if base(name) == mark and one.number < before]
    return max(found)[1] if found else ""
