"""What a policy must also be, beyond its shape: every name is declared, and every text has its day.

Each check looks at what is written and at those parts that have the right shape, so that all problems of a file are
found in one reading.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from models.calendar import holidays_by_rule, in_words
from models.policy import (
    MARKS,
    STEPS,
    Block,
    Bounds,
    Calendar,
    CriteriaSet,
    Ladder,
    Office,
    Quorum,
    Scope,
    Source,
)
from policy.ladders import check_block, check_ladder
from policy.problems import Path
from policy.shapes import did_you_mean, fitting
from policy.written import Written

# Keys whose value is the name of something declared elsewhere: where, and what it is called.
SOURCES, OFFICES, LADDERS = ("sources", "source"), ("offices", "office"), ("ladders", "ladder")
REFERENCES = {
    "source": SOURCES,
    "office": OFFICES,
    "owed_by": OFFICES,
    "extension_office": OFFICES,
    "dispute_office": OFFICES,
    "suspension_office": OFFICES,
    "ladder": LADDERS,
}
MARK_KEYS = ("opens", "starts", "met_by")
WEEKEND = 5
CLOCK_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]", re.ASCII)
WITHOUT_CRITERIA_NOBODY_DECIDES = ("national_notification", "practice_review")


@dataclass
class Parts:
    """Those parts of a policy file that have the right shape."""

    offices: dict[str, Office]
    ladders: dict[str, Ladder]
    criteria: dict[str, CriteriaSet]
    quorums: dict[str, Quorum]
    blocks: dict[tuple[str, str], Block]
    calendar: Calendar | None
    bounds: Bounds | None

    @classmethod
    def of(cls, written: Written) -> "Parts":
        return cls(
            offices=fitting(Office, written.entries("offices")),
            ladders=fitting(Ladder, written.entries("ladders")),
            criteria=fitting(CriteriaSet, written.entries("criteria")),
            quorums=fitting(Quorum, written.entries("quorums")),
            blocks={
                (lifecycle, name): block
                for lifecycle in written.entries("lifecycles")
                for name, block in fitting(Block, written.entries("lifecycles", lifecycle)).items()
            },
            calendar=fitting(Calendar, {"calendar": written.at("calendar")}).get("calendar"),
            bounds=fitting(Bounds, {"bounds": written.at("bounds")}).get("bounds"),
        )


def cross_check(written: Written) -> None:
    """Complain of everything that does not hold together."""
    parts = Parts.of(written)
    _check_references(written)
    _check_marks(written)
    _check_steps(written)
    for name, ladder in parts.ladders.items():
        check_ladder(name, ladder, written)
    for (lifecycle, name), block in parts.blocks.items():
        check_block(("lifecycles", lifecycle, name), block, parts.ladders.get(block.ladder), parts.offices, written)
    _check_criteria(parts.criteria, written)
    for name, quorum in parts.quorums.items():
        _check_quorum(name, quorum, parts.offices, written)
    if parts.bounds:
        _check_bounds(parts.bounds, parts.blocks, written)
    if parts.calendar:
        _check_calendar(parts.calendar, written)
    _check_message_time(written)


# Names


def _check_references(written: Written) -> None:
    """Sources, offices and ladders that are named must be declared, whatever else is wrong around them."""
    for path, value in written.walk():
        if not path or not isinstance(value, str) or path[:1] == ("sources",):
            continue
        section, called = REFERENCES.get(str(path[-1]), ("", ""))
        if section and value not in written.entries(section):
            last = " It is the last rung, so nobody would be left to tell." if _is_last_rung(path, written) else ""
            known = did_you_mean(value, written.entries(section))
            written.complain(path, f"There is no {called} `{value}` under `{section}`. {known}{last}")


def _is_last_rung(path: Path, written: Written) -> bool:
    if len(path) != 5 or path[0] != "ladders" or path[2] != "rungs":  # noqa: PLR2004 -- ladders.NAME.rungs[N].office
        return False
    rungs = written.at(*path[:3])
    return isinstance(rungs, list) and path[3] == len(rungs) - 1


def _check_marks(written: Written) -> None:
    for lifecycle in written.entries("lifecycles"):
        if lifecycle not in MARKS:
            written.complain(("lifecycles", lifecycle), f"There is no such lifecycle. {did_you_mean(lifecycle, MARKS)}")
            continue
        for name in written.entries("lifecycles", lifecycle):
            for path, mark in _marks_of(("lifecycles", lifecycle, name), written):
                if mark not in MARKS[lifecycle]:
                    words = f"`{mark}` does not happen in `{lifecycle}`. {did_you_mean(mark, MARKS[lifecycle])}"
                    written.complain(path, words)


def _marks_of(path: Path, written: Written) -> Iterator[tuple[Path, str]]:
    for key, value in written.entries(*path).items():
        if key in MARK_KEYS and isinstance(value, str):
            yield (*path, key), value
        if key == "may_start" and isinstance(value, list):
            yield from (((*path, key, index), mark) for index, mark in enumerate(value) if isinstance(mark, str))


def _check_steps(written: Written) -> None:
    """The engine waits for each of these blocks: without it a case would stand still."""
    for lifecycle, steps in STEPS.items():
        path: Path = ("lifecycles", lifecycle)
        if path[:1] not in written.lines:
            continue
        if path not in written.lines:
            written.complain(path, "This lifecycle is missing. Add it with its blocks.")
            continue
        for step in sorted(steps - written.entries(*path).keys()):
            written.complain((*path, step), "This block is missing, and every such case waits for it. Add it.")


# Criteria, quorums, bounds


def _check_criteria(sets: Mapping[str, CriteriaSet], written: Written) -> None:
    for name, one in sets.items():
        path: Path = ("criteria", name)
        if one.in_force_until and one.in_force_until < one.in_force_from:
            written.complain((*path, "in_force_until"), "This is before `in_force_from`. Check both days.")
        first: dict[str, int] = {}
        for index, criterion in enumerate(one.criteria):
            if first.setdefault(criterion.id, index) != index:
                here = (*path, "criteria", index, "id")
                written.complain(here, f"`{criterion.id}` stands here twice. Give each criterion its own id.")
    _check_overlaps(sets, written)
    if ("criteria",) in written.lines and isinstance(written.at("criteria"), dict):
        purposes = {written.at("criteria", name, "purpose") for name in written.entries("criteria")}
        for purpose in WITHOUT_CRITERIA_NOBODY_DECIDES:
            if purpose not in purposes:
                written.complain(("criteria",), f"There are no criteria for the purpose `{purpose}`. Add a set.")


def _check_overlaps(sets: Mapping[str, CriteriaSet], written: Written) -> None:
    for name, one in sets.items():
        for earlier_name, earlier in sets.items():
            if earlier_name == name:
                break
            together = max(one.in_force_from, earlier.in_force_from)
            if one.purpose == earlier.purpose and one.is_in_force(together) and earlier.is_in_force(together):
                words = (
                    f"`{earlier_name}` and this are both in force on {in_words(together)} for the purpose "
                    f"`{one.purpose}`. Say with `in_force_until` when the older one ended."
                )
                written.complain(("criteria", name), words)


def _check_quorum(name: str, quorum: Quorum, offices: Mapping[str, Office], written: Written) -> None:
    path: Path = ("quorums", name)
    if quorum.least > len(quorum.seats):
        words = f"There are only {len(quorum.seats)} seats, so this meeting could never decide."
        written.complain((*path, "least"), words)
    for index, seat_name in enumerate(quorum.always):
        if seat_name not in quorum.seats:
            words = f"There is no seat `{seat_name}`. {did_you_mean(seat_name, quorum.seats)}"
            written.complain((*path, "always", index), words)
    for seat_name, seat in quorum.seats.items():
        office = offices.get(seat.office)
        if office and office.scope is Scope.AGENCY and seat.kind is None:
            words = f"`{seat.office}` is an office of each agency. Say with `kind` of which kind of agency."
            written.complain((*path, "seats", seat_name), words)
        if office and office.scope is Scope.PARTNERSHIP and seat.kind is not None:
            words = f"`{seat.office}` is an office of the partnership. Take `kind` away."
            written.complain((*path, "seats", seat_name, "kind"), words)


def _check_bounds(bounds: Bounds, blocks: Mapping[tuple[str, str], Block], written: Written) -> None:
    for key in ("promise_most", "extension_most", "suspension_most", "parked_most"):
        if getattr(bounds, key).n <= 0:
            written.complain(("bounds", key), "This must be more than nothing, such as `5 working days`.")
    for step, key, office in (
        ("time_request", "extension_office", bounds.extension_office),
        ("dispute", "dispute_office", bounds.dispute_office),
    ):
        block = blocks.get(("any", step))
        if block and block.owed_by != office:
            words = f"`bounds.{key}` says that `{office}` decides this. Let both name the same office."
            written.complain(("lifecycles", "any", step, "owed_by"), words)


# Calendar and hour


def _check_calendar(calendar: Calendar, written: Written) -> None:
    path: Path = ("calendar",)
    if calendar.source is None:
        written.complain((*path, "source"), "This is missing. Say where the yearly holidays come from.")
    if calendar.horizon < calendar.begins:
        written.complain((*path, "horizon"), "The calendar ends before it begins. Check both days.")
        return
    seen: dict[date, int] = {}
    for index, proclaimed in enumerate(calendar.proclaimed):
        here: Path = (*path, "proclaimed", index, "day")
        day = proclaimed.day
        if seen.setdefault(day, index) != index:
            written.complain(here, f"{in_words(day)} stands here twice. Keep one of the two.")
        elif day > calendar.horizon:
            words = f"{in_words(day)} is beyond the horizon, {in_words(calendar.horizon)}. Move `horizon` first."
            written.complain(here, words)
        elif day < calendar.begins:
            words = f"{in_words(day)} is before the calendar begins, {in_words(calendar.begins)}. Move `begins` first."
            written.complain(here, words)
        elif proclaimed.works and day not in holidays_by_rule(day.year):
            words = f"{in_words(day)} was never a holiday by rule, so it cannot have lost it. Check the day."
            written.complain(here, words)
        elif not proclaimed.works and day.weekday() >= WEEKEND:
            words = f"{in_words(day)} is a {day:%A}, which is off anyway. Write the weekday that people have off."
            written.complain(here, words)
        elif not proclaimed.works and day in holidays_by_rule(day.year):
            words = f"{in_words(day)} is off by rule ({holidays_by_rule(day.year)[day]}). Take this line away."
            written.complain(here, words)


def _check_message_time(written: Written) -> None:
    value = written.at("message_time")
    complained = any(problem.key == "message_time" for problem in written.problems)
    if isinstance(value, str) and not complained and not CLOCK_TIME.fullmatch(value):
        written.complain(("message_time",), 'Write the hour and minute in Europe/London, such as "09:00".')


def uncompared(sources: Mapping[str, Source]) -> list[str]:
    """The sources whose text nobody has yet laid beside this file."""
    return [name for name, source in sources.items() if not source.checked_by or source.checked_on is None]
