"""What a policy must also be, beyond its shape: every name is declared, and every text has its day.

Each check looks at what is written and at those parts that have the right shape, so that all problems of a file are
found in one reading.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from itertools import combinations, zip_longest

from models.calendar import SATURDAY, holidays_by_rule, in_words
from models.policy import MARKS, STEPS, Scope, Source, Span
from policy.ladders import check_block, check_ladder
from policy.problems import Path
from policy.shapes import did_you_mean, fit
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
MEETINGS: tuple[Path, ...] = (("reports", "headlines", "meetings"), ("reports", "subgroup_meetings"))
MARK_KEYS = ("opens", "starts", "met_by")
CLOCK_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]", re.ASCII)
FIRST_YEAR_OF_ALL_HOLIDAYS = date(1978, 5, 1)
LAST_MILESTONE = "partners_sign_off"
WITHOUT_CRITERIA_NOBODY_DECIDES = ("national_notification", "practice_review")


def cross_check(written: Written) -> None:
    """Complain of everything that does not hold together."""
    _check_references(written)
    _check_marks(written)
    _check_steps(written)
    _check_instead(written)
    for name in written.entries("ladders"):
        check_ladder(("ladders", name), written)
    for lifecycle in written.entries("lifecycles"):
        for name in written.entries("lifecycles", lifecycle):
            check_block(("lifecycles", lifecycle, name), written)
    _check_criteria(written)
    for name in written.entries("quorums"):
        _check_quorum(("quorums", name), written)
    _check_bounds(written)
    _check_gate(written)
    _check_methods(written)
    _check_publication(written)
    for kind in written.entries("reasons"):
        _check_ids(("reasons", kind), "reason", written)
    _check_calendar(written)
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
    return path[3] == len(written.items(*path[:3])) - 1


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
    for index, mark in enumerate(written.items(*path, "may_start")):
        if isinstance(mark, str):
            yield (*path, "may_start", index), mark


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


def _check_instead(written: Written) -> None:
    """What is owed in place of another block takes its part in the story: the same opens it, and the same ends it."""
    for lifecycle in written.entries("lifecycles"):
        blocks = written.entries("lifecycles", lifecycle)
        for name in blocks:
            path: Path = ("lifecycles", lifecycle, name)
            of = written.text(*path, "instead_of")
            if of and of not in blocks:
                words = f"There is no block `{of}` in `{lifecycle}`. {did_you_mean(of, set(blocks))}"
                written.complain((*path, "instead_of"), words)
            for key in ("opens", "met_by", "each") if of in blocks else ():
                if written.text(*path, key) != written.text("lifecycles", lifecycle, of, key):
                    written.complain(
                        (*path, "instead_of"), f"`{key}` must be that of `{of}`, in whose place it stands."
                    )


# Criteria, quorums, bounds


def _check_criteria(written: Written) -> None:
    for name in written.entries("criteria"):
        path: Path = ("criteria", name)
        first, last = _in_force(path, written)
        if last < first:
            written.complain((*path, "in_force_until"), "This is before `in_force_from`. Check both days.")
        _check_ids((*path, "criteria"), "criterion", written)
    for earlier, later in combinations(written.entries("criteria"), 2):
        _check_overlap(earlier, later, written)
    _check_gaps(written)
    purposes = {written.text("criteria", name, "purpose") for name in written.entries("criteria")}
    for purpose in WITHOUT_CRITERIA_NOBODY_DECIDES:
        if purposes and purpose not in purposes:
            written.complain(("criteria",), f"There are no criteria for the purpose `{purpose}`. Add a set.")


def _in_force(path: Path, written: Written) -> tuple[date, date]:
    """The first and the last day on which a text is in force; with a first day that is none, it never is."""
    first = fit(date, written.at(*path, "in_force_from"))
    until = fit(date, written.at(*path, "in_force_until"))
    return (first, until or date.max) if first else (date.max, date.max)


def _check_overlap(earlier: str, later: str, written: Written) -> None:
    purpose = written.text("criteria", later, "purpose")
    if purpose != written.text("criteria", earlier, "purpose"):
        return
    (from_one, until_one), (from_other, until_other) = (
        _in_force(("criteria", one), written) for one in (earlier, later)
    )
    together = max(from_one, from_other)
    if together <= min(until_one, until_other) and together < date.max:
        words = (
            f"`{earlier}` and this are both in force on {in_words(together)} for the purpose `{purpose}`. "
            "Say with `in_force_until` when the older one ended."
        )
        written.complain(("criteria", later), words)


def _check_gaps(written: Written) -> None:
    """From the first text of a purpose on there is one on every day, or somebody could not decide."""
    by_purpose: dict[str, list[str]] = {}
    for name in sorted(written.entries("criteria"), key=lambda name: _in_force(("criteria", name), written)):
        by_purpose.setdefault(written.text("criteria", name, "purpose"), []).append(name)
    for purpose, names in by_purpose.items():
        for name, later in zip_longest(names, names[1:]):
            first, last = _in_force(("criteria", name), written)
            begins = _in_force(("criteria", later), written)[0] if later else date.max
            if first <= last < date.max and (begins - last).days > 1:
                words = (
                    f"After {in_words(last)} no text is in force for the purpose `{purpose}`"
                    f"{f' until {in_words(begins)}' if later else ''}. Let one follow on the day after."
                )
                written.complain(("criteria", name, "in_force_until"), words)


def _check_quorum(path: Path, written: Written) -> None:
    seats = written.entries(*path, "seats")
    least = fit(int, written.at(*path, "least"))
    if seats and least and least > len(seats):
        words = f"There are only {len(seats)} seats, so this meeting could never decide. Write {len(seats)} or less."
        written.complain((*path, "least"), words)
    for index, seat in enumerate(written.items(*path, "always")):
        if isinstance(seat, str) and seat not in seats:
            written.complain((*path, "always", index), f"There is no seat `{seat}`. {did_you_mean(seat, seats)}")
    for seat in seats:
        here = (*path, "seats", seat)
        office, kind = written.text(*here, "office"), written.at(*here, "kind")
        scope = written.text("offices", office, "scope")
        if scope == Scope.AGENCY and kind is None:
            written.complain(here, f"`{office}` is an office of each agency. Say with `kind` of which kind of agency.")
        if scope == Scope.PARTNERSHIP and kind is not None:
            written.complain((*here, "kind"), f"`{office}` is an office of the partnership. Take `kind` away.")


def _check_ids(path: Path, called: str, written: Written) -> None:
    ids: set[str] = set()
    for index in range(len(written.items(*path))):
        here = (*path, index, "id")
        name = written.text(*here)
        if name and name in ids:
            written.complain(here, f"`{name}` stands here twice. Give each {called} its own id.")
        ids.add(name)


def _check_bounds(written: Written) -> None:
    for key in ("promise_most", "extension_most", "suspension_most", "parked_most", "by_hand_most"):
        span = fit(Span, written.at("bounds", key))
        if span and span.n <= 0:
            written.complain(("bounds", key), "This must be more than nothing, such as `5 working days`.")
    for step, key in (("time_request", "extension_office"), ("dispute", "dispute_office")):
        path: Path = ("lifecycles", "any", step, "owed_by")
        owed_by, office = written.text(*path), written.text("bounds", key)
        if owed_by and office and owed_by != office:
            words = f"`bounds.{key}` says that `{office}` decides this. Let both name the same office."
            written.complain(path, words)


# Practice reviews and recommendations


def _check_gate(written: Written) -> None:
    """Whoever looks at evidence is independent of the agencies, and a meeting that closes is one of the quorums."""
    offices, quorums = written.entries("offices"), written.entries("quorums")
    for key in ("accepts", "closes"):
        for index, office in enumerate(written.items("gate", key)):
            here: Path = ("gate", key, index)
            if isinstance(office, str) and office not in offices:
                written.complain(
                    here, f"There is no office `{office}` under `offices`. {did_you_mean(office, offices)}"
                )
            elif isinstance(office, str) and written.text("offices", office, "scope") == Scope.AGENCY:
                words = f"`{office}` is an office of each agency, and no agency judges evidence. Name another."
                written.complain(here, words)
    meeting = written.text("gate", "meeting")
    if meeting and meeting not in quorums:
        words = f"There is no quorum `{meeting}` under `quorums`. {did_you_mean(meeting, quorums)}"
        written.complain(("gate", "meeting"), words)
    for index in range(len(written.items("gate", "retests"))):
        span = fit(Span, written.at("gate", "retests", index))
        if span and span.n <= 0:
            written.complain(("gate", "retests", index), "This must be more than nothing, such as `6 months`.")


def _check_methods(written: Written) -> None:
    """A plan dates blocks that wait for a plan, and each is due before the review has to be published."""
    blocks = written.entries("lifecycles", "practice_review")
    planned = {name for name in blocks if written.at("lifecycles", "practice_review", name, "planned") is True}
    for method in written.entries("methods"):
        milestones: Path = ("methods", method, "milestones")
        for name in written.entries(*milestones):
            if blocks and name not in planned:
                words = f"No block `{name}` of `practice_review` is `planned`. {did_you_mean(name, planned)}"
                written.complain((*milestones, name), words)
            span = fit(Span, written.at(*milestones, name))
            if span and span.n <= 0:
                written.complain((*milestones, name), "This must be more than nothing, such as `8 weeks`.")
        if blocks and written.entries(*milestones) and LAST_MILESTONE not in written.entries(*milestones):
            words = (
                f"Without `{LAST_MILESTONE}` nobody would sign the report off, and it could not be published. Add it."
            )
            written.complain(milestones, words)


def _check_publication(written: Written) -> None:
    span = fit(Span, written.at("publication", "notice"))
    if span and span.n <= 0:
        written.complain(("publication", "notice"), "This must be more than nothing, such as `7 working days`.")


# Calendar and hour


def _check_calendar(written: Written) -> None:
    if written.entries("calendar") and "source" not in written.entries("calendar"):
        written.complain(("calendar", "source"), "This is missing. Say where the yearly holidays come from.")
    begins = fit(date, written.at("calendar", "begins")) or FIRST_YEAR_OF_ALL_HOLIDAYS
    horizon = fit(date, written.at("calendar", "horizon")) or date.max
    if horizon < begins:
        written.complain(("calendar", "horizon"), "The calendar ends before it begins. Check both days.")
        return
    seen: set[date] = set()
    for index in range(len(written.items("calendar", "proclaimed"))):
        path: Path = ("calendar", "proclaimed", index, "day")
        day = fit(date, written.at(*path))
        works = fit(bool, written.entries(*path[:-1]).get("works", False))
        if day is None or works is None:
            continue
        words = (
            f"{in_words(day)} stands here twice. Keep one of the two."
            if day in seen
            else _outside(day, begins, horizon) or _no_use(day, works=works)
        )
        if words:
            written.complain(path, words)
        seen.add(day)
    for meetings in MEETINGS:
        named: set[date] = set()
        for index in range(len(written.items(*meetings))):
            meeting = fit(date, written.at(*meetings, index))
            twice = f"{in_words(meeting)} stands here twice. Keep one of the two." if meeting in named else ""
            if meeting and (words := twice or _outside(meeting, begins, horizon)):
                written.complain((*meetings, index), words)
            named |= {meeting} if meeting else set()


def _outside(day: date, begins: date, horizon: date) -> str:
    if day > horizon:
        return f"{in_words(day)} is beyond the horizon, {in_words(horizon)}. Move `horizon` first."
    if day < begins:
        return f"{in_words(day)} is before the calendar begins, {in_words(begins)}. Move `begins` first."
    return ""


def _no_use(day: date, *, works: bool) -> str:
    by_rule = holidays_by_rule(day.year).get(day)
    if works:
        return (
            "" if by_rule else f"{in_words(day)} was never a holiday by rule, so it cannot have lost it. Check the day."
        )
    if by_rule:
        return f"{in_words(day)} is off by rule ({by_rule}). Take this line away."
    if day.weekday() >= SATURDAY:
        return f"{in_words(day)} is a {day:%A}, which is off anyway. Write the weekday that people have off."
    return ""


def _check_message_time(written: Written) -> None:
    value = written.at("message_time")
    complained = any(problem.key == "message_time" for problem in written.problems)
    if isinstance(value, str) and not complained and not CLOCK_TIME.fullmatch(value):
        written.complain(("message_time",), 'Write the hour and minute in Europe/London, such as "09:00".')
    brief: Path = ("interruptions", "brief", "at")
    if value and written.at(*brief) == value:
        words = "At this hour messages are written, so those of the day would wait for a week. Put it a little later."
        written.complain(brief, words)


def uncompared(sources: Mapping[str, Source]) -> list[str]:
    """The sources whose text nobody has yet laid beside this file."""
    return [name for name, source in sources.items() if not source.checked_by or source.checked_on is None]
