"""Whether a ladder speaks in the order in which it is written, and whether a block and its ladder fit each other."""

from collections.abc import Mapping

from models.policy import Block, Ladder, Office, Rung, Scope, Span, Unit
from policy.problems import Path
from policy.written import Written

HOURS_OF = {Unit.HOURS: (1, 1), Unit.DAYS: (24, 24), Unit.WEEKS: (168, 168), Unit.MONTHS: (28 * 24, 31 * 24)}
MOST_DAYS_OFF = 6  # beyond the weekends, in any one stretch: Christmas and New Year, or Easter and what was proclaimed
UNTIL_THE_MESSAGE_TIME = 24  # a rung in days speaks at the message time of its day, one in hours at its very moment


def check_ladder(name: str, ladder: Ladder, written: Written) -> None:
    """Complain of rungs that are not in the order of their times, and of a last rung that would not stop speaking."""
    path: Path = ("ladders", name)
    if ladder.again.n <= 0:
        written.complain((*path, "again"), "This must be more than nothing, such as `5 working days`.")
    for index, rung in enumerate(ladder.rungs):
        here: Path = (*path, "rungs", index)
        if rung.after == "start" and rung.delay.n < 0:
            written.complain((*here, "delay"), "Nobody can be told before it was asked. Take the minus away.")
        if index and not is_surely_in_order(ladder.rungs[index - 1], rung):
            words = (
                f"This rung ({in_words(rung)}) does not surely come after the one before it "
                f"({in_words(ladder.rungs[index - 1])}). Put the rungs in the order of their times, in one unit."
            )
            written.complain(here, words)


def check_block(
    path: Path, block: Block, ladder: Ladder | None, offices: Mapping[str, Office], written: Written
) -> None:
    """Complain of a block that could not be owed, met or chased as it is written."""
    if block.may_start and block.starts not in block.may_start:
        allowed = ", ".join(block.may_start)
        written.complain((*path, "starts"), f"This clock may start only from one of: {allowed} (see `may_start`).")
    if block.met_by == block.opens:
        written.complain((*path, "met_by"), "What opens it would also end it, so it would never be owed.")
    if block.budget and block.budget.n <= 0:
        written.complain((*path, "budget"), "This must be more than nothing; write `null` if a person says the date.")
    elif block.budget and ladder:
        _check_rungs_within(path, block.budget, block.ladder, ladder, written)
    if block.each != "agency":
        _check_no_agency_offices(path, block, ladder, offices, written)


def is_surely_in_order(before: Rung, after: Rung) -> bool:
    """Whether the second rung never speaks before the first, whatever the calendar says."""
    if before.after != after.after:
        return before.after == "start"
    if before.delay.unit is after.delay.unit:
        return before.delay.n <= after.delay.n
    return reach(before.delay)[1] + _slack(before.delay, after.delay) <= reach(after.delay)[0]


def reach(span: Span) -> tuple[int, int]:
    """The fewest and the most hours, in whole days, that a span can be away from its anchor."""
    if span.unit is Unit.WORKING_DAYS:
        days = abs(span.n)
        near, far = 24 * days, 24 * (days + 2 * -(-days // 5) + MOST_DAYS_OFF * -(-days // 60)) if days else 0
    else:
        least, most = HOURS_OF[span.unit]
        near, far = abs(span.n) * least, abs(span.n) * most
    return (near, far) if span.n >= 0 else (-far, -near)


def in_words(rung: Rung) -> str:
    """When a rung speaks: `3 working days before due`, `at start`."""
    count, unit = abs(rung.delay.n), rung.delay.unit.replace("_", " ")
    if not count:
        return f"at {rung.after}"
    side = "after" if rung.delay.n > 0 else "before"
    return f"{count} {unit.removesuffix('s') if count == 1 else unit} {side} {rung.after}"


def _slack(one: Span, other: Span) -> int:
    return UNTIL_THE_MESSAGE_TIME if (one.unit is Unit.HOURS) != (other.unit is Unit.HOURS) else 0


def _check_rungs_within(path: Path, budget: Span, name: str, ladder: Ladder, written: Written) -> None:
    """A reminder before the due time must lie after the start, and a rung after the start before the due time."""
    for rung in ladder.rungs:
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


def _check_no_agency_offices(
    path: Path, block: Block, ladder: Ladder | None, offices: Mapping[str, Office], written: Written
) -> None:
    """Without `each: agency` it is not known in which agency to look for an agency's office."""

    def is_an_agencys(office: str) -> bool:
        return office in offices and offices[office].scope is Scope.AGENCY

    if is_an_agencys(block.owed_by):
        words = f"`{block.owed_by}` is an office of each agency. Add `each: agency`, or name one of the partnership."
        written.complain((*path, "owed_by"), words)
    told = sorted({rung.office for rung in ladder.rungs if is_an_agencys(rung.office)}) if ladder else []
    if told:
        words = f"This ladder tells {', '.join(told)} of an agency. Add `each: agency`, or take another ladder."
        written.complain((*path, "ladder"), words)
