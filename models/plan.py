"""The plan of a practice review as people read it: each milestone, and whether the report will be published in time.

A milestone is at risk while it is open and overdue, suspended, or due later than it was planned; the publication is at
risk while any milestone is (Working Together to Safeguard Children 2023, chapter 5: six months from the decision).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum

from models.base import Message
from models.case import Case
from models.clocks import Pause, days_used, due_time
from models.facts import Fact
from models.obligation import Ended, Obligation
from models.policy import Unit
from models.practice_review import MILESTONES, known_day
from models.practice_review_commands import Pace, Proceeding
from models.shelf import blocks, days
from models.time import day_of, end_of

PLANNED = (*MILESTONES[:-1], "advance_copies", MILESTONES[-1])
"""The blocks of the plan in their order; advance copies go before the publication."""
WEEK = 7


class Stands(StrEnum):
    """How a milestone stands. The word is what people read."""

    DONE = "Done"
    OFF = "Not needed any more"
    SUSPENDED = "Suspended"
    OVERDUE = "Overdue"
    LATER = "Later than planned"
    TO_COME = "To come"


AT_RISK = frozenset({Stands.SUSPENDED, Stands.OVERDUE, Stands.LATER})


class Milestone(Message):
    """One milestone. `planned`: the day of its first plan; `due`: the day now, none while its clock stands still.

    `used`, `budget` and `suspended` are counted in `unit`, "working days" or "days"; a budget of 0 is not told.
    `waited_for`: the proceedings for which it was suspended, in words.
    """

    key: str
    block: str
    title: str
    agency: str = ""
    stands: Stands
    planned: date | None = None
    due: date | None = None
    ended: date | None = None
    used: int = 0
    budget: int = 0
    suspended: int = 0
    unit: str = "days"
    waited_for: tuple[str, ...] = ()
    started: date | None = None
    pauses: tuple[Pause, ...] = ()

    @property
    def at_risk(self) -> bool:
        return self.stands in AT_RISK

    @property
    def clock(self) -> str:
        """As in "12 of 15 days used, 40 days suspended for inquest"; empty before it begins."""
        if not self.started:
            return ""
        budget = f" of {self.budget}" if self.budget else ""
        used = f"{self.used}{budget} {_unit(self.budget or self.used, self.unit)} used"
        if not self.suspended:
            return used
        because = " and ".join(f"{words[:1].lower()}{words[1:]}" for words in self.waited_for)
        stopped = f"{used}, {self.suspended} {_unit(self.suspended, self.unit)} suspended"
        return f"{stopped} for {because}" if because else stopped

    @property
    def risk(self) -> str:
        """What makes it one at risk: "overdue", "suspended", "11 days later than planned"."""
        later = f"{self.later} {_unit(self.later, 'days')} later than planned"
        return later if self.stands is Stands.LATER else self.stands.lower()

    @property
    def later(self) -> int:
        """By how many days it is due after the day of its plan."""
        return max((self.due - self.planned).days, 0) if self.due and self.planned else 0


class Publication(Message):
    """When the report is to be published, and what speaks against it.

    `due`: the last day of its six months, none while that clock stands still; `on`: the day that was set for it, or is
    expected. `settled`: when it was published or decided not to, none if nobody knows, with its `words`; `is_known`:
    whether anybody knows which. `late`: the milestones at risk; `risks`: what else speaks against it, in words.
    """

    due: date | None = None
    on: date | None = None
    is_settled: bool = False
    is_known: bool = True
    settled: date | None = None
    words: str = ""
    late: tuple[Milestone, ...] = ()
    risks: tuple[str, ...] = ()

    def days_left(self, now: datetime) -> int:
        return (self.due - day_of(now)).days if self.due else 0

    def weeks_left(self, now: datetime) -> int:
        """Whole weeks until the last day; below 0 once it has passed."""
        return self.days_left(now) // WEEK

    @property
    def at_risk(self) -> bool:
        return bool(self.late or self.risks)

    def is_late(self, now: datetime) -> bool:
        """Whether it is past its last day, or set or expected for a day after it."""
        return bool(not self.is_settled and self.due and max(self.on or self.due, day_of(now)) > self.due)


def milestones(case: Case, facts: Iterable[Fact], now: datetime) -> list[Milestone]:
    """The plan in its order, with what it will ask for once its time comes.

    `facts`: those of the case, as far as the reader may know them, of which suspensions are read.
    """
    waited = _waited(case, facts)
    found = []
    for block in PLANNED:
        of_block = sorted(case.of_block(block), key=lambda one: one.key)
        found += [_milestone(case, one, waited.get(one.key, ()), now) for one in of_block]
        on = case.said.get("plan", {}).get(block)
        if on and not of_block:
            title = blocks(case.policy, case.kind)[block].title
            day = date.fromisoformat(on)
            found.append(Milestone(key=block, block=block, title=title, stands=Stands.TO_COME, planned=day, due=day))
    return found


def publication(case: Case, plan: Sequence[Milestone], facts: Iterable[Fact], now: datetime) -> Publication:
    """How the publication stands, with what was said at the last check of time."""
    owed = next((one for one in plan if one.block == "publication"), None)
    on = case.said.get("publishes") or case.said.get("expected")
    settled = case.marks.get("publication_settled")
    if settled or case.said.get("discontinued"):
        words = (
            "Published" if "review_published" in case.marks
            else "Not published, with reasons" if "publication_withheld" in case.marks
            else "Whether it was published is not known"
        )  # fmt: skip
        return Publication(
            due=owed.due if owed else None,
            is_settled=True,
            is_known=bool({"review_published", "publication_withheld", "review_discontinued"} & case.marks.keys()),
            settled=known_day(case, "publication_settled" if settled else "review_discontinued"),
            words=words if settled else "Ended before its report",
        )
    found = Publication(
        due=owed.due if owed else None,
        on=date.fromisoformat(on) if on else None,
        late=tuple(one for one in plan if one.at_risk),
    )
    return found.model_copy(update={"risks": tuple(_risks(found, facts, now))})


def _milestone(case: Case, one: Obligation, waited_for: tuple[str, ...], now: datetime) -> Milestone:
    block, working = blocks(case.policy, case.kind)[one.block], days(case.calendar)
    unit = block.budget.unit if block.budget else Unit.DAYS
    planned = _planned(case, one)
    used, suspended = days_used(one.start, min(now, one.ended_at or now), unit, working, one.pauses)
    budget, _ = days_used(one.start, end_of(planned), unit, working) if planned else (0, 0)
    return Milestone(
        key=one.key,
        block=one.block,
        title=block.title,
        agency=one.agency,
        stands=_stands(one, planned, now),
        planned=planned,
        due=day_of(one.due) if one.due else None,
        ended=day_of(one.ended_at) if one.ended_at else None,
        used=used,
        budget=budget,
        suspended=suspended,
        unit="working days" if unit is Unit.WORKING_DAYS else "days",
        waited_for=waited_for,
        started=day_of(one.start),
        pauses=one.pauses,
    )


def _planned(case: Case, one: Obligation) -> date | None:
    """The day of the method's plan, or the last day of the budget as if nothing had ever stopped its clock."""
    if on := case.said.get("plan", {}).get(one.block):
        return date.fromisoformat(on)
    budget = blocks(case.policy, case.kind)[one.block].budget
    due = due_time(one.start, budget, days(case.calendar)) if budget else one.due
    return day_of(due) if due else None


def _stands(one: Obligation, planned: date | None, now: datetime) -> Stands:
    if one.ended:
        return Stands.DONE if one.ended is Ended.MET else Stands.OFF
    if one.paused:
        return Stands.SUSPENDED
    if one.overdue(now):
        return Stands.OVERDUE
    return Stands.LATER if planned and one.due and day_of(one.due) > planned else Stands.TO_COME


def _waited(case: Case, facts: Iterable[Fact]) -> Mapping[str, tuple[str, ...]]:
    """By its key, the proceedings for which each milestone waits or has waited."""
    known: Mapping[str, Mapping[str, str]] = case.said.get("proceedings", {})
    found: dict[str, tuple[str, ...]] = {}
    for fact in facts:
        if fact.kind == "milestones_suspended" and fact.data["item"] in known:
            words = Proceeding(known[fact.data["item"]]["proceeding"]).words
            for key in fact.data["milestones"]:
                found[key] = tuple(dict.fromkeys((*found.get(key, ()), words)))
    return found


def _risks(found: Publication, facts: Iterable[Fact], now: datetime) -> Iterator[str]:
    if found.on and found.due and found.on > found.due:
        yield "It is expected after its last day"
    checked = [fact for fact in facts if fact.kind == "review_checked"]
    if checked and checked[-1].data["pace"] != Pace.ON_TRACK:
        yield f"{Pace(checked[-1].data['pace']).words}, as the last check says"


def _unit(count: int, unit: str) -> str:
    return unit.removesuffix("s") if count == 1 else unit
