"""What the board knows of a case without looking into it: made from the state, never read back into it.

How much somebody sees hangs on who looks, and colours on when. So what is kept says whose each thing is that is owed
(models.rights.relations) and from when it is late; what those see who see everything is worked out beforehand.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final, NamedTuple

from models import shelf
from models.base import Message
from models.case import Case
from models.child_death import awaited_since, waits
from models.directory import Directory
from models.lifecycles import LIFECYCLES
from models.obligation import Ended, Obligation
from models.policy import Block, Policy
from models.practice_review import BESIDE, is_under_way
from models.practice_review_commands import Reached
from models.rapid_review import LASTING, AwaitedEvent
from models.recommending import STORY
from models.rights import AGENCY_OFFICES, Actor, Circle, circle_of, holders, of_part, relations
from models.titles import titled


class Colour(StrEnum):
    """Derived from dates, never typed. No colour stands without its word. What is awaited from outside is never red."""

    RED = "Overdue"
    AMBER = "Due soon"
    PAUSED = "Suspended"
    AWAITED = "Awaited"
    GREEN = "On time"
    GREY = "Closed"


SOON = timedelta(days=3)
PURSUED = frozenset(STORY)
"""Blocks of recommendations: they go on long after the case's own story, and carry it no further."""
SENT_BACK = frozenset({"siblings_safety", "triage_again", "reassess", "reconsider", "decide_again"})
"""Steps to which a case goes back when it was further already; they go before a parked decision's waiting as well."""
GATHERED = frozenset({"request_reports", "agency_return", "practitioner_event", "family_contribution"})
"""What a practice review gathers side by side: one of them that is done early leaves it at the first that is not."""


HELD_BACK = frozenset({"wait_review", "meeting", "draft_analysis", "panel", "panel_again"})
"""Steps of the review of a death that may wait for something outside: then that is where it stands."""


class Line(Message):
    """One case on the board."""

    ref: str
    kind: str
    stage: str
    due: datetime | None
    colour: Colour
    waiting_for: list[str]
    """Everybody who owes something open; first whoever owes what is due next."""
    restricted: bool
    opened: datetime
    closed: datetime | None
    next_title: str = ""
    """What is due next."""
    expected: bool = False
    """Whether that is expected of somebody outside, so that nobody here is late."""
    urgent: bool = False
    mine: bool = False
    """Whether something open is owed by an office of whoever looks."""
    decided: str = ""
    """What was decided last, in the outcome's own words, for those who see the whole case."""
    decided_at: datetime | None = None


class Open(NamedTuple):
    """What is open of one block for the same people: the earliest of it, where it is owed more than once.

    `holders`: the relations of those who owe it. `due`: in ISO 8601.
    """

    block: str
    owed_by: str
    agency: str
    holders: list[str]
    paused: bool
    due: str | None
    title: str


class Done(NamedTuple):
    """A step of the story that whoever owed it has done."""

    block: str
    agency: str
    holders: list[str]


class Shown(NamedTuple):
    """Where a case stands for somebody, before it is known when they look.

    `late_from`: from when something of it is overdue. `waiting`: whoever owes something, each as title and agency.
    """

    stage: str
    due: str | None
    next_title: str
    expected: bool
    urgent: bool
    waiting: list[list[str]]
    late_from: str | None
    paused: bool
    awaited: bool
    holders: list[str]


class Boarded(NamedTuple):
    """The row that is kept of a case. `policy`: its own. `guard`: what decides who may see it, and how much.

    `decided`: what was decided last, and when. `shown`: what those see who see all of it. `shares`: of what a part is
    made for the others, apart by whose it is.
    """

    case: str
    kind: str
    policy: str
    opened: datetime
    closed: datetime | None
    guard: dict[str, Any]
    decided: list[str]
    shown: list[Any]
    shares: dict[str, Any]


def boarded(case: Case) -> Boarded:
    """What the board keeps of a case."""
    is_elsewhere = case.closed and case.said.get("joined")  # what is owed of it is owed there
    opened, done, parked = [] if is_elsewhere else _opened(case), _done(case), _parked(case)
    words = LIFECYCLES[case.kind].decided(case)
    said = {name: case.said[name] for name in _GUARDING if case.said.get(name)}
    circle = circle_of(case)
    return Boarded(
        case=case.ref, kind=case.kind, policy=case.policy, opened=case.opened, closed=case.closed,
        guard={
            "said": said, "reviewer": circle.reviewer, "part": sorted(circle.part),
            "withdrawn": sorted(circle.part - circle.still),
        },
        decided=[words[0], words[1].isoformat()] if words else [],
        shown=list(_shown(case.kind, case.policy, opened, {one.block for one in done}, parked)),
        shares={"parked": parked, "open": _apart(opened), "done": _apart(done)},
    )  # fmt: skip


def _apart(found: Iterable[Open | Done]) -> list[list[Any]]:
    """What is of the same people together, as a text beside them: whoever looks takes apart only what is theirs."""
    kept: dict[tuple[str, ...], list[list[Any]]] = {}
    for place, one in enumerate(found):
        kept.setdefault((of_part(one.agency), *one.holders), []).append([place, *one])
    return [[list(whose), json.dumps(rows)] for whose, rows in kept.items()]


def _of_them(mine: frozenset[str], kept: Iterable[Sequence[Any]]) -> list[list[Any]]:
    """Of what was put apart what is theirs, in its order."""
    rows = [row for whose, text in kept if not mine.isdisjoint(whose) for row in json.loads(text)]
    return [row for _, *row in sorted(rows)]


def circle_by(kind: str, guard: Mapping[str, Any]) -> Circle:
    """Whoever has a part in a case, as it is kept."""
    part = frozenset(guard["part"])
    return Circle(kind, guard["reviewer"], part, part.difference(guard["withdrawn"]))


_GUARDING: Final = ("restricted", "locked_out", "let_in")


def _opened(case: Case) -> list[Open]:
    """Everything open, the earliest first; of the same for the same people only what is due first."""
    blocks = shelf.blocks(case.policy, case.kind)
    found: dict[tuple[Any, ...], Open] = {}
    far = case.opened
    for one in sorted(
        case.open(), key=lambda one: (one.due is None, bool(blocks[one.block].expected_of), one.due or far)
    ):
        theirs = holders(case, one.owed_by, one)
        key = (one.block, one.owed_by, one.agency, *theirs, one.paused)
        if key not in found:
            due = one.due.isoformat() if one.due else None
            found[key] = Open(one.block, one.owed_by, one.agency, theirs, one.paused, due, titled(case, one))
    return list(found.values())


def _done(case: Case) -> list[Done]:
    story = frozenset(LIFECYCLES[case.kind].story) - LASTING - PURSUED
    found: dict[tuple[str, ...], Done] = {}
    for one in case.obligations.values():
        if one.ended is Ended.MET and one.block in story:
            theirs = holders(case, one.owed_by, one)
            found[one.block, one.agency, *theirs] = Done(one.block, one.agency, theirs)
    return list(found.values())


def _shown(kind: str, name: str, opened: Collection[Open], done: Collection[str], parked: str) -> Shown:
    """What stands on the board for somebody who sees these, the earliest first."""
    policy, blocks = shelf.policy(name), shelf.blocks(name, kind)
    stage = _stage(kind, name, frozenset(one.block for one in opened), frozenset(done), parked)
    expected = {one.block: bool(blocks[one.block].expected_of) for one in opened}
    # What is due together stands together; of that the stage itself goes first.
    ordered = sorted(
        opened,
        key=lambda one: (one.due is None, expected[one.block], _moment(one.due) or _NEVER, one.block != stage),
    )
    first = ordered[0] if ordered and ordered[0].due else None
    waits_outside = bool(parked) and kind == "child_death"
    late = (_moment(one.due) for one in ordered if not (one.paused or expected[one.block]))
    late_from = min((due for due in late if due), default=None)
    return Shown(
        stage=_staged(blocks, stage, parked),
        due=first.due if first else None,
        next_title=first.title if first else "",
        expected=bool(first and expected[first.block]),
        urgent=any(blocks[one.block].urgent for one in ordered),
        waiting=_waiting(ordered, policy, blocks),
        late_from=late_from.isoformat() if late_from else None,
        paused=any(one.paused for one in ordered) and not waits_outside,
        awaited=waits_outside or any(expected[one.block] and not one.paused for one in ordered),
        holders=sorted({one for owed in ordered for one in owed.holders}),
    )


@lru_cache(maxsize=4096)
def _stage(kind: str, policy: str, opened: frozenset[str], done: frozenset[str], parked: str) -> str:
    """The same for every case that is so far."""
    return stage_of(kind, opened, done, shelf.blocks(policy, kind), parked)


_NEVER = datetime.max.replace(tzinfo=UTC)


def _moment(said: str | None) -> datetime | None:
    return datetime.fromisoformat(said) if said else None


def line_of(case: Case, actor: Actor, now: datetime, directory: Directory | None, *, all_of_it: bool) -> Line:
    """Where the case stands, the earliest date of all, and everybody for whom it waits, whoever owes that date first.

    What is only expected of somebody outside is told when nothing is owed here.

    An agency sees there what it owes itself, and nothing of others.
    """
    row, mine = boarded(case), relations(actor)
    return line(row, Shown(*row.shown) if all_of_it else part(row, mine), mine, now, directory, all_of_it=all_of_it)


def part(row: Boarded, mine: frozenset[str]) -> Shown:
    """What somebody sees who sees only what is their own agency's, or theirs. `mine`: models.rights.relations."""
    opened = [Open(*one) for one in _of_them(mine, row.shares["open"])]
    done = {Done(*one).block for one in _of_them(mine, row.shares["done"])}
    return _shown(row.kind, row.policy, opened, done, row.shares["parked"])


def line(  # noqa: PLR0913 -- what is kept, for whom, and when
    row: Boarded, shown: Shown, mine: frozenset[str], now: datetime, directory: Directory | None, *, all_of_it: bool
) -> Line:
    """The line of a case, for whoever looks now."""
    nothing = "Nothing is owed" if all_of_it or row.closed else "Nothing is owed by your agency"
    decided, decided_at = (all_of_it and row.decided) or ("", None)
    return Line(
        ref=row.case,
        kind=row.kind,
        stage=shown.stage or nothing,
        due=_moment(shown.due),
        colour=Colour.GREY if row.closed else _worst(shown, now),
        waiting_for=_named(shown.waiting, directory),
        restricted=bool(row.guard["said"].get("restricted")),
        opened=row.opened,
        closed=row.closed,
        next_title=shown.next_title,
        expected=shown.expected,
        urgent=shown.urgent,
        mine=not mine.isdisjoint(shown.holders),
        decided=decided,
        decided_at=_moment(decided_at),
    )


def _worst(shown: Shown, now: datetime) -> Colour:
    late = _moment(shown.late_from)
    if late and now > late:
        return Colour.RED
    if late and late - now < SOON:
        return Colour.AMBER
    if shown.paused:
        return Colour.PAUSED
    return Colour.AWAITED if shown.awaited else Colour.GREEN


def stage_of(
    kind: str, opened: Collection[str], done: Collection[str], blocks: Mapping[str, Block], parked: str = ""
) -> str:
    """The block at which a case stands: in the order of its story the first open one after the last that is done.

    What is open further back holds it there only if the case was sent back to it, or if nothing is open after it.
    What lasts whatever becomes of the review, and what is owed beside its way, carries it no further when it is done.
    Empty where nothing is open.
    """
    order = LIFECYCLES[kind].story
    opened = {name for name in opened if name in order}
    opened = opened - BESIDE or opened
    done = {name for name in done if name in order} - opened - LASTING - PURSUED - BESIDE
    first = next((name for name in order if name in GATHERED & opened), "")
    done -= {name for name in GATHERED & done if first and order.index(name) > order.index(first)}
    reached = max((order.index(name) for name in done), default=-1)
    if back := [name for name in order[: reached + 1] if name in opened & SENT_BACK]:
        return back[0]
    if parked and "parked_review" in opened and SENT_BACK.isdisjoint(opened):
        return "parked_review"
    for place in [*sorted(map(order.index, done), reverse=True), -1]:
        if further := [name for name in order[place + 1 :] if name in opened]:
            return min(further, key=lambda name: (bool(blocks[name].expected_of), order.index(name)))
    return ""


def _parked(case: Case) -> str:
    """For what its decision is parked; of a review that was entered under way, that its way is not known.

    Of the review of a death what it has waited for longest, as it is shown.
    """
    if case.kind == "child_death":
        first = min(waits(case).values(), key=lambda one: str(one["since"]), default=None)
        return f"Awaiting {awaited_since(first)}" if first else ""
    return str(case.said.get("parked_on") or (Reached.UNDER_WAY if is_under_way(case) else ""))


def _staged(blocks: Mapping[str, Block], stage: str, parked: str) -> str:
    """Its own story is told, or at one of its blocks, or that the decision waits, and for what."""
    if stage == "publication" and parked == Reached.UNDER_WAY:
        return "Under way"
    if stage in HELD_BACK and parked:
        return parked
    if stage == "parked_review" and parked:
        event = AwaitedEvent(parked).words
        return f"Parked until {event[:1].lower()}{event[1:]}"
    if stage in PURSUED:
        return "Recommendations are pursued"
    return blocks[stage].title if stage else ""


def _waiting(opened: Iterable[Open], policy: Policy, blocks: Mapping[str, Block]) -> list[list[str]]:
    """The offices that owe these, or who outside is to do it, each once; an agency's office with its agency."""
    found = {
        (awaited(one, policy, blocks[one.block]), one.agency if one.owed_by in AGENCY_OFFICES else ""): None
        for one in opened
    }
    return [list(one) for one in found]


def _named(waiting: Iterable[Iterable[str]], directory: Directory | None) -> list[str]:
    known = directory.agencies if directory else {}
    found = (
        f"{title}, {known[agency].name if agency in known else agency}" if agency else title
        for title, agency in waiting
    )
    return list(dict.fromkeys(found))


def awaited(one: Obligation | Open, policy: Policy, block: Block) -> str:
    """Of whom this is awaited: the office that owes it, or somebody outside."""
    outside = block.expected_of
    return f"{outside[:1].upper()}{outside[1:]}" if outside else policy.offices[one.owed_by].title
