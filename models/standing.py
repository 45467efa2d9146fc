"""How a case stands at a moment, for whoever looks: every date, and what they may do."""

from datetime import datetime
from itertools import islice

from models import shelf
from models.base import Message
from models.board import SOON, Colour, awaited
from models.case import Case
from models.child_death import awaiting
from models.clocks import Pause, days_used
from models.facts import Fact, Problem
from models.fold import rules_of
from models.ladder import Rules
from models.lifecycles import COMMANDS, OPENINGS
from models.obligation import Obligation
from models.policy import Block, Policy, Unit
from models.practice_review import planned_by
from models.rapid_review import asked
from models.rights import (
    BY_RELATION,
    FOUR_EYES,
    WAITING,
    Access,
    Actor,
    acts,
    holds,
    is_of_it,
    second,
    waits_for,
)
from models.suspensions import looked_at_again
from models.titles import titled


class Rung(Message):
    """One step of a ladder as it stands for one obligation: who is told, when, and whether that has been."""

    office: str
    at: datetime
    told_at: datetime | None = None
    muted: bool = False
    to_come: bool = False
    """Whether it will speak at `at`; one that has spoken may do so again, at a date that was moved."""


class Deadline(Message):
    """One obligation with everything that a person asks about a date."""

    key: str
    title: str
    owed_by: str
    agency: str
    due: datetime | None
    colour: Colour
    started: datetime
    budget: str
    at_least: str = ""
    """What whoever is asked late has from then on."""
    used: int
    suspended: int
    citation: str
    force: str
    next_at: datetime | None
    next_office: str
    ended: str
    ended_at: datetime | None
    promised: datetime | None
    disputed: bool
    paused: bool
    review: datetime | None = None
    """By when its suspension is looked at again."""
    awaits: str = ""
    """For what outside it stands still, and since when."""
    mine: bool
    """Whether an office of whoever looks owes it, or is told of it: they may answer."""
    about: str = ""
    item: str = ""
    """What in the case it is about: a recommendation, an action of it, a deliverable."""
    words: str = ""
    """What was recommended, for those who may read it."""
    block: str = ""
    met_by: str = ""
    told_me: bool = False
    """Whether a rung has told whoever looks, or somebody in an office of theirs who takes no part any more."""
    yours: bool = False
    """Whether an office of whoever looks owes it."""
    asked_by_me: bool = False
    """Whether it is an answer for which whoever looks has asked: somebody else has to give it."""
    not_yet: bool = False
    """Whether it is an answer that the office of whoever looks cannot give, or not before it is told that it waits."""
    urgent: bool = False
    expected_of: str = ""
    """Who outside is to do it; nobody here is late."""
    pauses: list[Pause] = []
    rungs: list[Rung] = []


class Dated(Message):
    """One date for one person's calendar: what an office of theirs owes, or (with `minutes`) a meeting."""

    case: str
    key: str
    title: str
    agency: str
    at: datetime
    minutes: int = 0
    times: int = 1
    """How often a meeting has been arranged."""


def deadlines(case: Case, actor: Actor, now: datetime, *, all_of_it: bool = True) -> list[Deadline]:
    """Every obligation that this person may see: open ones by date, then those that have ended."""
    policy, blocks = shelf.policy(case.policy), shelf.blocks(case.policy, case.kind)
    seen = [one for one in case.obligations.values() if all_of_it or is_of_it(actor, case, one)]
    made = [_deadline(case, one, policy, blocks[one.block], actor, now) for one in seen]
    return sorted(made, key=lambda one: (bool(one.ended), one.due is None, one.due or one.started, one.key))


def is_invited(actor: Actor, case: Case) -> bool:
    """Whether a meeting is arranged to which the contact of each agency asked is invited, and they are one."""
    return "meeting_at" in case.said and any(actor.holds("agency_contact", agency) for agency in asked(case))


def owed_dates(actor: Actor, case: Case) -> list[Dated]:
    return [
        Dated(case=case.ref, key=one.key, title=titled(case, one), agency=one.agency, at=one.due)
        for one in case.open()
        if one.due and holds(actor, case, one.owed_by, one)
    ]


def meetings(case: Case, arranged: list[Fact]) -> list[Dated]:
    """The meeting as it was arranged last."""
    if not arranged:
        return []
    last = max(arranged, key=lambda fact: fact.number).data
    begins = datetime.fromisoformat(last["at"])
    return [
        Dated(
            case=case.ref, key="meeting", title="Meeting", agency="", at=begins, minutes=int(last["minutes"]),
            times=len(arranged),
        )
    ]  # fmt: skip


def colour(one: Obligation, block: Block, now: datetime, awaits: str = "") -> Colour:
    """`awaits`: for what outside it stands still."""
    if one.ended:
        return Colour.GREY
    if one.paused:
        return Colour.AWAITED if awaits else Colour.PAUSED
    if block.expected_of:
        return Colour.AWAITED
    if one.overdue(now):
        return Colour.RED
    return Colour.AMBER if one.due is not None and one.due - now < SOON else Colour.GREEN


def _deadline(  # noqa: PLR0913, PLR0917 -- everything that a date is explained from
    case: Case, one: Obligation, policy: Policy, block: Block, actor: Actor, now: datetime
) -> Deadline:
    rules = rules_of(case, one)
    rungs = rules.ladder.rungs
    unit = block.budget.unit if block.budget else Unit.DAYS
    used, suspended = days_used(one.start, min(now, one.ended_at or now), unit, shelf.days(case.calendar), one.pauses)
    planned = planned_by(case, one.block)
    rule = planned[0] if planned else block
    speaks, source = one.speaks(), policy.sources[rule.source]
    due_rung = next((r for r in range(one.level, len(rungs)) if r not in one.mute), len(rungs) - 1)
    promise = one.live_promise(now)
    return Deadline(
        key=one.key,
        title=titled(case, one),
        owed_by=awaited(one, policy, block),
        agency=one.agency,
        due=one.due,
        colour=colour(one, block, now, awaits := awaiting(case, one)),
        awaits=awaits,
        started=one.start,
        budget=block.budget.words if block.budget else "",
        at_least=block.at_least.words if block.at_least else "",
        used=used,
        suspended=suspended,
        citation=f"{source.citation} ({source.edition})",
        force=rule.force.replace("_", " "),
        next_at=speaks,
        next_office=policy.together(*rungs[due_rung].offices) if speaks else "",
        ended=str(one.ended or ""),
        ended_at=one.ended_at,
        promised=promise.until if promise else None,
        disputed=one.dispute is not None,
        paused=one.paused,
        review=looked_at_again(case, one.key) if one.paused else None,
        about=one.of,
        item=one.item,
        mine=any(
            holds(actor, case, office, one)
            for office in {one.owed_by, *(office for rung in rungs for office in rung.offices)}
        ),
        told_me=any(
            heard.person == actor.person
            or (heard.person in case.said.get("locked_out", ()) and holds(actor, case, heard.office, one))
            for told in one.told
            for heard in told.heard
        ),
        block=one.block,
        met_by=block.met_by,
        yours=holds(actor, case, one.owed_by, one),
        asked_by_me=waits_for(case, one) == actor.person,
        not_yet=any(
            one.block == WAITING[kind] and isinstance(second(actor, case, kind, one.of), Problem) for kind in FOUR_EYES
        ),
        urgent=block.urgent,
        expected_of=block.expected_of,
        pauses=list(one.pauses),
        rungs=_rungs(one, policy, rules),
    )


def _rungs(one: Obligation, policy: Policy, rules: Rules) -> list[Rung]:
    """The ladder as it stands now; where the clock stands still, only what was said."""
    said = {told.rung: told.at for told in one.told}
    still = set() if one.ended or one.paused else {*range(one.level, len(one.rungs))} - {*one.mute}
    return [
        Rung(
            office=policy.together(*rung.offices),
            at=at,
            told_at=said.get(number),
            muted=number in one.mute,
            to_come=number in still,
        )
        for number, (rung, at) in enumerate(zip(rules.ladder.rungs, one.rungs, strict=False))
        if not one.paused or number in said
    ]


def may(case: Case, actor: Actor, access: Access) -> list[str]:
    """Which commands the office of this person allows; the state decides when they are sent."""
    return [kind for kind in COMMANDS[case.kind] if allows(case, actor, access, kind)]


def allows(case: Case, actor: Actor, access: Access, kind: str) -> bool:
    """Whether the office of this person allows this command in this case."""
    if kind in OPENINGS or kind not in COMMANDS[case.kind]:
        return False
    agencies = [held.agency for held in actor.offices if held.agency] or [""]
    return any(_may(case, actor, access, kind, agency) for agency in agencies)


def _may(case: Case, actor: Actor, access: Access, kind: str, agency: str) -> bool:
    if "obligation" in COMMANDS[case.kind][kind].model_fields:
        others = (one for one in case.open() if not (one.agency and actor.belongs_to(one.agency)))
        asked = case.open() if kind in BY_RELATION | FOUR_EYES else islice(others, 1)
        return any(isinstance(acts(actor, case, access, kind, {"obligation": one.key}), str) for one in asked)
    if "item" in COMMANDS[case.kind][kind].model_fields:
        items = case.recommendations or ("",)
        return any(isinstance(acts(actor, case, access, kind, {"item": item}), str) for item in items)
    return isinstance(acts(actor, case, access, kind, {"agency": agency}), str)
