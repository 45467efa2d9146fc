"""From a file that a person wrote to a policy that the engine can trust, or to a list of everything that is wrong.

Nothing is half read: either a whole Policy or Directory, or PolicyProblems with every problem of the file at once.
"""

import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from models.calendar import WorkingDays
from models.directory import Directory
from models.past_deaths_mapping import PastDeathsMapping
from models.policy import Calendar, Ladder, Office, Policy, Scope
from models.recommended import OWNER
from models.rehearsal import Scenario
from models.tracker_mapping import TrackerMapping
from policy.acts import cross_check_scenario
from policy.checks import cross_check, uncompared
from policy.directory import cross_check_directory
from policy.ladders import in_words, unreminded
from policy.mappings import cross_check_past_deaths, cross_check_tracker
from policy.problems import PolicyProblems, Problem
from policy.shapes import check_shape, shaped
from policy.written import Written, read_yaml

__all__ = [
    "PolicyProblems",
    "Problem",
    "advice",
    "calendar_digest",
    "check_against",
    "policy_digest",
    "read_directory",
    "read_directory_file",
    "read_past_deaths_mapping",
    "read_policy",
    "read_policy_file",
    "read_scenario",
    "read_tracker_mapping",
    "shipped_past_deaths_mapping",
    "shipped_tracker_mapping",
]

SHIPPED_MAPPING, SHIPPED_PAST_DEATHS = (Path(__file__).with_name(f"{name}.yaml") for name in ("tracker", "past_deaths"))

M = TypeVar("M", bound=BaseModel)


def read_policy(text: str, name: str) -> Policy:
    """The policy that `text` says. Raises PolicyProblems, which names every problem with its line and key."""
    return _read(Policy, text, name, cross_check)


def read_directory(text: str, name: str, policy: Policy | None = None) -> Directory:
    """The directory that `text` says, its offices checked against `policy` if given. Raises PolicyProblems."""
    return _read(Directory, text, name, lambda written: cross_check_directory(written, policy))


def read_scenario(text: str, name: str, policy: Policy | None = None, directory: Directory | None = None) -> Scenario:
    """Read a rehearsal's scenario, whoever acts checked against `policy` and `directory` if given.

    Raises PolicyProblems, naming every problem with its line.
    """
    return _read(Scenario, text, name, lambda written: cross_check_scenario(written, policy, directory))


def read_tracker_mapping(text: str, name: str, directory: Directory | None = None) -> TrackerMapping:
    """What words of a tracker mean, over the shipped mapping; its agencies and people checked against `directory`.

    Raises PolicyProblems, naming every problem with its line.
    """
    own = _read(TrackerMapping, text, name, lambda written: cross_check_tracker(written, directory))
    return own.over(shipped_tracker_mapping())


def shipped_tracker_mapping() -> TrackerMapping:
    """The mapping without anybody's own words."""
    return _read(
        TrackerMapping,
        _text_of(SHIPPED_MAPPING),
        SHIPPED_MAPPING.name,
        lambda written: cross_check_tracker(written, None),
    )


def read_past_deaths_mapping(
    text: str, name: str, directory: Directory | None = None, areas: Collection[str] = ()
) -> PastDeathsMapping:
    """What words of a list of past deaths mean, over the shipped mapping; its agencies and areas checked if given.

    Raises PolicyProblems, naming every problem with its line.
    """
    own = _read(PastDeathsMapping, text, name, lambda written: cross_check_past_deaths(written, directory, areas))
    return own.over(shipped_past_deaths_mapping())


def shipped_past_deaths_mapping() -> PastDeathsMapping:
    """The mapping without anybody's own words."""
    name = SHIPPED_PAST_DEATHS.name
    return _read(PastDeathsMapping, _text_of(SHIPPED_PAST_DEATHS), name, cross_check_past_deaths)


def read_policy_file(path: Path) -> Policy:
    """The policy in a file. Raises PolicyProblems, and OSError where there is no such file."""
    return read_policy(_text_of(path), path.name)


def read_directory_file(path: Path, policy: Policy | None = None) -> Directory:
    """The directory in a file. Raises PolicyProblems, and OSError where there is no such file."""
    return read_directory(_text_of(path), path.name, policy)


def advice(policy: Policy, on: date | None = None) -> list[Problem]:
    """What is allowed but better mended.

    A calendar that ends soon, ladders that remind nobody, and sources that nobody compared with their text.
    """
    ends = WorkingDays(policy.calendar).warning(on) if on else None
    horizon = [Problem(0, "calendar.horizon", ends, grave=False)] if ends else []
    words = "Nobody has said that this was compared with the text. Do it, then fill in `checked_by` and `checked_on`."
    unread = [Problem(0, f"sources.{name}", words, grave=False) for name in uncompared(policy.sources)]
    return [*horizon, *_without_reminder(policy.ladders), *unread]


def check_against(policy: Policy, directory: Directory, on: date | None = None) -> list[Problem]:
    """Whether somebody holds the offices that the policy names: on that day, or ever when none is given.

    A ladder whose last rung nobody holds is grave: it would end in silence. Other empty offices are warnings.
    """
    problems = []
    for name, office in policy.offices.items():
        if name == OWNER:  # whom a recommendation names; for one that names nobody the agency's contact is told
            continue
        ends_here = [ladder for ladder, one in policy.ladders.items() if one.rungs[-1].office == name]
        for place in _empty_places(name, office, directory, on):
            words = f"The last rung, {office.title}, is held by nobody{place}. Enter a holder in the directory."
            problems += [Problem(0, f"ladders.{ladder}", words) for ladder in ends_here]
            if not ends_here:
                empty = f"{office.title} is held by nobody{place}: its rungs are passed over."
                words = f"{empty} Enter a holder in the directory."
                problems.append(Problem(0, f"offices.{name}", words, grave=False))
    return problems + _empty_seats(policy, directory, on)


def policy_digest(policy: Policy) -> str:
    """SHA-256 of the policy's content without its calendar, which is versioned apart from it."""
    return _digest(policy.model_dump(mode="json", exclude={"calendar"}))


def calendar_digest(calendar: Calendar) -> str:
    """SHA-256 of the calendar's content."""
    return _digest(calendar.model_dump(mode="json"))


def _read(model: type[M], text: str, name: str, check: Callable[[Written], None]) -> M:
    written = read_yaml(text)
    if written.root is not None:
        check_shape(model, written)
        check(written)
    if written.problems:
        raise PolicyProblems(name, written.problems)
    return shaped(model, written.root)


def _text_of(path: Path) -> str:
    raw = path.read_bytes()
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        words = "There is a character here that is not UTF-8. Save the file as UTF-8 text."
        raise PolicyProblems(path.name, [Problem(line, "", words)]) from None


def _empty_places(name: str, office: Office, directory: Directory, on: date | None) -> list[str]:
    """Where an office is held by nobody, as the end of a sentence: nothing for the partnership, or ` in` the agency."""
    held = {one.agency for one in directory.holdings if one.office == name and (on is None or one.covers(on))}
    if office.scope is Scope.PARTNERSHIP:
        return [] if held else [""]
    agencies = {id_: one.name for id_, one in directory.agencies.items() if one.partner or not office.partners_only}
    return [f" in {called}" for id_, called in agencies.items() if id_ not in held and None not in held]


def _empty_seats(policy: Policy, directory: Directory, on: date | None) -> list[Problem]:
    held = {
        (one.office, directory.agencies[one.agency].kind if one.agency in directory.agencies else None)
        for one in directory.holdings
        if on is None or one.covers(on)
    }
    return [
        Problem(
            0,
            f"quorums.{name}.seats.{seat_name}",
            f"Nobody could fill the seat “{seat.title}” of “{quorum.title}”. Enter a holder.",
            grave=False,
        )
        for name, quorum in policy.quorums.items()
        for seat_name, seat in quorum.seats.items()
        if (seat.office, seat.kind) not in held
    ]


def _without_reminder(ladders: Mapping[str, Ladder]) -> Iterator[Problem]:
    for name, ladder in ladders.items():
        if rung := unreminded(ladder):
            owes = ladder.rungs[0].office
            words = (
                f"`{owes}` is told {in_words(ladder.rungs[0])} and not again by the due time: what anybody hears next "
                f"goes to `{rung.office}` ({in_words(rung)}). Let a rung remind `{owes}` by then, such "
                "as at `delay: 0 working days`."
            )
            yield Problem(0, f"ladders.{name}", words, grave=False)


def _digest(content: object) -> str:
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()
