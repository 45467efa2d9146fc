"""Whether a ladder speaks in the order in which it is written, and whether a block and its ladder fit each other."""

import math

from models.fold import is_dated
from models.policy import ITEMS_OF_AN_AGENCY, Ladder, Rung, Scope, Span, Unit
from policy.problems import Path
from policy.shapes import did_you_mean, fit
from policy.written import Written

HOURS_OF = {Unit.HOURS: (1, 1), Unit.DAYS: (24, 24), Unit.WEEKS: (168, 168), Unit.MONTHS: (28 * 24, 31 * 24)}
MOST_HOLIDAYS = ((10, 4), (60, 6))  # in so many working days there were never more: Easter and what was proclaimed
UNTIL_THE_MESSAGE_TIME = 24  # a rung in days speaks at the message time of its day, one in hours at its very moment


def check_ladder(path: Path, written: Written) -> None:
    """Complain of rungs that are not in the order of their times, and of a last rung that would not stop speaking."""
    again = fit(Span, written.at(*path, "again"))
    if again and again.n <= 0:
        written.complain((*path, "again"), "This must be more than nothing, such as `5 working days`.")
    before: Rung | None = None
    for index, rung in _rungs(path, written):
        here: Path = (*path, "rungs", index)
        if rung.after == "start" and rung.delay.n < 0:
            written.complain((*here, "delay"), "Nobody can be told before it was asked. Take the minus away.")
            continue
        _check_also((*here, "also"), rung, written)
        if before and speak_together(before, rung):
            words = (
                f"This rung speaks together with the one before it ({in_words(before)}), so only one would be said. "
                f"Write `also: [{rung.office}]` into that one, or give this one another time."
            )
            written.complain(here, words)
        elif before and not is_surely_in_order(before, rung):
            words = (
                f"This rung ({in_words(rung)}) does not surely come after the one before it ({in_words(before)}). "
                "Put the rungs in the order of their times, in one unit."
            )
            written.complain(here, words)
        before = rung


def check_block(path: Path, written: Written) -> None:
    """Complain of a block that could not be owed, met or chased as it is written."""
    starts, may_start = written.text(*path, "starts"), written.items(*path, "may_start")
    if starts and may_start and starts not in may_start:
        allowed = ", ".join(str(mark) for mark in may_start)
        written.complain((*path, "starts"), f"This clock may start only from one of: {allowed} (see `may_start`).")
    met_by = written.text(*path, "met_by")
    if met_by and met_by == written.text(*path, "opens"):
        written.complain((*path, "met_by"), "What opens it would also end it, so it would never be owed. Name another.")
    budget = fit(Span, written.at(*path, "budget"))
    if budget and budget.n <= 0:
        written.complain((*path, "budget"), "This must be more than nothing; write `null` if a person says the date.")
    elif budget:
        _check_rungs_within(path, budget, written)
    elif _says_null(path, written) and not (written.at(*path, "planned") or is_dated(str(path[1]), str(path[2]))):
        written.complain(
            (*path, "budget"), "Nobody is asked for a date here, so it would never be due. Write how long."
        )
    least = fit(Span, written.at(*path, "at_least"))
    if least and least.n <= 0:
        written.complain((*path, "at_least"), "This must be more than nothing; leave it out if nobody is asked late.")
    if not _is_of_an_agency(path, written):
        _check_no_agency_offices(path, written)


def _is_of_an_agency(path: Path, written: Written) -> bool:
    """Whether what is owed by this block is owed within one agency, so that an office of an agency is somebody's."""
    _, lifecycle, name = path
    match written.text(*path, "each"):
        case "agency":
            return True
        case "item":
            return lifecycle == "recommendation" or name in ITEMS_OF_AN_AGENCY
        case _:
            return False


def _says_null(path: Path, written: Written) -> bool:
    block = written.entries(*path)
    return "budget" in block and block["budget"] is None


def speak_together(before: Rung, after: Rung) -> bool:
    """Whether the two rungs speak at one time, so that only the higher would be said."""
    fixed = Unit.HOURS, Unit.DAYS, Unit.WEEKS
    alike = before.delay == after.delay or (
        before.delay.unit in fixed
        and after.delay.unit in fixed
        and not _slack(before.delay, after.delay)
        and reach(before.delay) == reach(after.delay)
    )
    return before.after == after.after and alike


def is_surely_in_order(before: Rung, after: Rung) -> bool:
    """Whether the second rung never speaks before the first, whatever the calendar says."""
    if before.after != after.after:
        return before.after == "start"
    if before.delay.unit is after.delay.unit:
        return before.delay.n <= after.delay.n
    return reach(before.delay)[1] + _slack(before.delay, after.delay) <= reach(after.delay)[0]


def unreminded(ladder: Ladder) -> Rung | None:
    """The rung after the first, where whoever owes it is told at the start and then no more by the due time."""
    first, *later = ladder.rungs
    by_due = (rung for rung in later if rung.after == "start" or rung.delay.n <= 0)
    if first.after == "due" or not later or any(first.office in rung.offices for rung in by_due):
        return None
    return later[0]


def reach(span: Span) -> tuple[int, int]:
    """The fewest and the most hours, in whole days, that a span can be away from its anchor."""
    if span.unit is Unit.WORKING_DAYS:
        near, far = 24 * abs(span.n), 24 * _longest(abs(span.n))
    else:
        least, most = HOURS_OF[span.unit]
        near, far = abs(span.n) * least, abs(span.n) * most
    return (near, far) if span.n >= 0 else (-far, -near)


def _longest(working_days: int) -> int:
    """More days than so many working days ever took, with their weekends and holidays."""
    (few, least), (many, most) = MOST_HOLIDAYS
    weekdays = working_days + (least if working_days <= few else most * math.ceil(working_days / many))
    return weekdays + 2 * math.ceil(weekdays / 5) if working_days else 0


def in_words(rung: Rung) -> str:
    """When a rung speaks: `3 working days before due`, `at start`."""
    count, unit = abs(rung.delay.n), rung.delay.unit.replace("_", " ")
    if not count:
        return f"at {rung.after}"
    side = "after" if rung.delay.n > 0 else "before"
    return f"{count} {unit.removesuffix('s') if count == 1 else unit} {side} {rung.after}"


def _slack(one: Span, other: Span) -> int:
    return UNTIL_THE_MESSAGE_TIME if (one.unit is Unit.HOURS) != (other.unit is Unit.HOURS) else 0


def _check_rungs_within(path: Path, budget: Span, written: Written) -> None:
    """A reminder before the due time must lie after the start, and a rung after the start before the due time."""
    name = written.text(*path, "ladder")
    for _, rung in _rungs(("ladders", name), written):
        away = Span(n=abs(rung.delay.n), unit=rung.delay.unit)
        if rung.after == "due" and rung.delay.n < 0 and not _is_shorter(away, budget):
            words = f"Ladder `{name}` speaks {in_words(rung)}, which may be before the start. Take another ladder."
            written.complain((*path, "budget"), words)
            return
        if rung.after == "start" and rung.delay.n > 0 and not _is_shorter(away, budget):
            words = f"Ladder `{name}` speaks {in_words(rung)}, which may be after the due time. Take another ladder."
            written.complain((*path, "budget"), words)
            return


def _is_shorter(span: Span, budget: Span) -> bool:
    if span.unit is budget.unit:
        return span.n < budget.n
    return reach(span)[1] < reach(budget)[0]


def _check_no_agency_offices(path: Path, written: Written) -> None:
    """Without `each: agency` it is not known in which agency to look for an agency's office."""

    def is_an_agencys(office: str) -> bool:
        return written.text("offices", office, "scope") == Scope.AGENCY

    owed_by = written.text(*path, "owed_by")
    if is_an_agencys(owed_by):
        words = f"`{owed_by}` is an office of each agency. Add `each: agency`, or name one of the partnership."
        written.complain((*path, "owed_by"), words)
    rungs = _rungs(("ladders", written.text(*path, "ladder")), written)
    told = sorted({name for _, rung in rungs for name in rung.offices if is_an_agencys(name)})
    if told:
        words = f"This ladder tells {', '.join(told)} of an agency. Add `each: agency`, or take another ladder."
        written.complain((*path, "ladder"), words)


def _check_also(path: Path, rung: Rung, written: Written) -> None:
    """Offices that are told together must be declared, each once."""
    seen = {rung.office}
    for index, office in enumerate(rung.also):
        if office not in written.entries("offices"):
            known = did_you_mean(office, written.entries("offices"))
            written.complain((*path, index), f"There is no office `{office}` under `offices`. {known}")
        elif office in seen:
            written.complain((*path, index), f"`{office}` is told by this rung already. Name it once.")
        seen.add(office)


def _rungs(path: Path, written: Written) -> list[tuple[int, Rung]]:
    """The rungs of a ladder that have the right shape, with their places."""
    found = ((index, fit(Rung, rung)) for index, rung in enumerate(written.items(*path, "rungs")))
    return [(index, rung) for index, rung in found if rung]
