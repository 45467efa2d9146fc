"""Taking over what was kept as a spreadsheet: all of it in one transaction, or nothing.

What a tracker says becomes the same commands as anybody gives, under the same rights, and each a fact of its case. A
tracker can be taken over again: what is here already is known by its key, and is not entered twice.
"""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from itertools import count
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio.client import Client
from temporalio.service import RPCError

from door.door import NO_RULES
from door.refusals import Invalid, NotAllowed
from models.base import Message
from models.case import Case
from models.facts import Problem
from models.practice_review_commands import Reached
from models.recommending import AT_MOST, Entered
from models.rights import Actor, may_open
from models.tables import CaseRow, SettingRow
from models.time import day_of
from models.tracker import Recommendation, Review, Status, Tracker
from models.tracker_mapping import ReviewKind, ReviewStatus
from records.policies import IN_FORCE, in_force
from records.starting import start
from records.taking import Taking
from records.writing import Recorder

Tell = Callable[[str, int, int], None]
"""Hears what is being done, how much of it is done, and of how much."""

T = TypeVar("T", bound="Opened")

ORIGINS: Final[Mapping[ReviewKind, str]] = {
    ReviewKind.SERIOUS_CASE_REVIEW: "serious_case_review", ReviewKind.LCSPR: "practice_review",
    ReviewKind.RAPID_REVIEW: "rapid_review", ReviewKind.OTHER: "learning_review",
}  # fmt: skip
REACHED: Final[Mapping[ReviewStatus, Reached]] = {
    ReviewStatus.UNDER_WAY: Reached.UNDER_WAY, ReviewStatus.PUBLISHED: Reached.PUBLISHED,
    ReviewStatus.NOT_PUBLISHED: Reached.WITHHELD, ReviewStatus.OVER: Reached.OVER,
}  # fmt: skip
SETTLED: Final = frozenset({Reached.PUBLISHED, Reached.WITHHELD})
STATES: Final[Mapping[Status, Entered]] = {
    Status.NOT_STARTED: Entered.OPEN, Status.IN_PROGRESS: Entered.OPEN, Status.DELIVERED: Entered.UNPROVEN,
    Status.CLOSED_WITHOUT_EVIDENCE: Entered.UNPROVEN, Status.CLOSED_WITH_EVIDENCE: Entered.PAST,
    Status.WITHDRAWN: Entered.WITHDRAWN,
}  # fmt: skip

TOLD_EACH = 100
NOT_SAID = "The tracker that was taken over does not say why."


class Opened(Message):
    """The cases that are new."""

    cases: tuple[str, ...] = ()
    grown: tuple[str, ...] = ()
    """Cases that were here before and have more recommendations now."""


class Taken(Opened):
    """What was taken over: the cases that are new, and how many recommendations are new, known and changed there."""

    entered: int = 0
    known: int = 0
    changed: tuple[str, ...] = ()
    """Rows that say something else than when they were taken over (by their address): what is here is not touched."""


class Plan(ABC, Generic[T]):
    """Which commands a file amounts to, and which of them are still to be given."""

    taking: Taking
    problems: list[Problem]

    @abstractmethod
    async def enter(self, tell: Tell) -> T:
        """Give every command that is still to be given; what is wrong stands in `problems` afterwards."""

    async def write(self) -> None:
        """Write all that was given."""
        await self.taking.write()


class Over:
    """Whatever is taken over from a file. `tell` hears how far it is."""

    def __init__(self, recorder: Recorder, engine: Client | None, tell: Tell = lambda *_: None) -> None:
        self._recorder, self._engine, self._tell = recorder, engine, tell

    async def _all_or_nothing(
        self, planned: Callable[[AsyncSession, tuple[str, str]], Awaitable[Plan[T]]], *, dry: bool
    ) -> T:
        """Write all that is planned, or nothing, and start what is new. Raises Invalid.

        `planned`: the plan, by the policy and calendar in force. `dry`: everything is tried, and nothing is kept.
        """
        async with self._recorder.database.writing() as session:
            names = await in_force(session)
            if names is None:
                raise Invalid(NO_RULES)
            # Two imports at once come one after the other: the second finds what the first has entered.
            await session.execute(select(SettingRow.name).where(SettingRow.name == IN_FORCE).with_for_update())
            plan = await planned(session, names)
            taken = await plan.enter(self._tell)
            if plan.problems:
                raise Invalid(plan.problems)
            if dry:
                await session.rollback()
                return taken
            self._tell("Writing", 0, 1)
            await plan.write()
            self._tell("Writing", 1, 1)
        await self._begun([plan.taking.cases[ref] for ref in taken.cases], taken.grown)
        return taken

    async def _begun(self, fresh: Sequence[Case], grown: Iterable[str]) -> None:
        """Start what is new and wake what has grown. What is not reached now the reconciler reaches later."""
        if self._engine is None:
            return
        try:
            for number, case in enumerate(fresh):
                self._tell("Starting", number, len(fresh))
                await start(self._engine, case)
            if fresh:
                self._tell("Starting", len(fresh), len(fresh))
            for ref in grown:
                with suppress(RPCError):  # its workflow has ended where it was closed
                    await self._engine.get_workflow_handle(ref).signal("look", 1 << 30)
        except (RPCError, RuntimeError):  # the second: no engine yet
            return


class TakingOver(Over):
    """One for each tracker."""

    async def take(self, actor: Actor, tracker: Tracker, now: datetime, *, dry: bool = False) -> Taken:
        """Take all of it over, or nothing. Raises Invalid, with what is wrong at which row, or NotAllowed.

        `dry`: everything is tried, and nothing is kept.
        """
        if isinstance(refusal := may_open(actor, "enter_review", {}), Problem):
            raise NotAllowed([refusal])
        if tracker.problems:
            raise Invalid([Problem(field=one.cell, words=one.words) for one in tracker.problems])

        async def planned(session: AsyncSession, names: tuple[str, str]) -> _Plan:
            cases = {
                case.ref: case
                for state in await session.scalars(select(CaseRow.state).with_for_update())
                if (case := Case.model_validate(state)).said.get("key") or case.kind == "register"
            }
            taking = Taking(self._recorder, session, actor, now, names, cases)
            return _Plan(tracker, taking, lambda words: self._recorder.vault.look_up(words)[:32])

        return await self._all_or_nothing(planned, dry=dry)


class _Plan(Plan[Taken]):
    """Which commands a tracker amounts to, and which of them are still to be given."""

    def __init__(self, tracker: Tracker, taking: Taking, keyed: Callable[[str], str]) -> None:
        self.tracker, self.taking, self.keyed = tracker, taking, keyed
        self.problems: list[Problem] = []
        self.homes = {str(case.said["key"]): ref for ref, case in taking.cases.items() if case.said.get("key")}
        self.known, self.numbered = dict[str, str](), dict[str, set[str]]()
        for earlier in (one.key for case in taking.cases.values() for one in case.recommendations.values() if one.key):
            own, _digest, words, number = earlier.split("/")
            self.known[own] = earlier
            self.numbered.setdefault(number, set()).add(words)

    async def enter(self, tell: Tell) -> Taken:
        reviews, every = {one.key: one for one in self.tracker.reviews}, self.tracker.recommendations
        fresh, grown, changed, known = dict[str, None](), dict[str, None](), list[str](), 0
        for number, one in enumerate(every):
            if number % TOLD_EACH == 0:
                tell("Entering", number, len(every))
            cell, name = f"{one.sheet}!{one.row}", self._name(one)
            if (earlier := self.known.get(name.partition("/")[0])) or self._was_reworded(one, name):
                known += 1
                changed += [cell] if earlier != name else []
                continue
            ref = await self._home(reviews[one.review], fresh)
            if ref:
                wrong = await self.taking.give(ref, "enter_recommendation", _entering(one, name))
                self.problems += [Problem(field=cell, words=f"{named(wrong_)}{wrong_.words}") for wrong_ in wrong]
                if ref not in fresh:
                    grown[ref] = None
        tell("Entering", len(every), len(every))
        return Taken(
            cases=tuple(fresh), grown=tuple(grown), entered=len(every) - known, known=known, changed=tuple(changed)
        )

    def _name(self, one: Recommendation) -> str:
        """By what a row is known again: as a whole, all that it says, its words, and its number in its review."""
        own, digest = self.keyed(one.key), self.keyed(one.digest)
        return f"{own}/{digest}/{self.keyed(one.stem)[:16]}/{self.keyed(f'{one.review}/{one.number}')[:16]}"

    def _was_reworded(self, one: Recommendation, name: str) -> bool:
        """Whether this number of this review was taken over in other words: it is shown as changed, not doubled."""
        *_, words, number = name.split("/")
        return bool(one.number) and words not in self.numbered.get(number, {words})

    async def _home(self, review: Review, fresh: dict[str, None]) -> str:
        """The case to which recommendations of this review go, opened if there is none; empty if it cannot be."""
        kind, answers, own = self._opening(review)
        keys = (self.keyed(own if place == 1 else f"{own}/{place}") for place in count(1))
        key = next(key for key in keys if self._has_room(self.homes.get(key)))
        if (home := self.homes.get(key)) is not None:
            return home
        found = await self.taking.open(kind, {**answers, "key": key})
        if isinstance(found, str):
            fresh[found] = None
        else:
            self.problems += [Problem(field=review.cell, words=f"{named(one)}{one.words}") for one in found]
        self.homes[key] = found if isinstance(found, str) else ""
        return self.homes[key]

    def _has_room(self, home: str | None) -> bool:
        """Whether more can go there: it is not open yet, could not be opened, or is not full."""
        return not home or len(self.taking.cases[home].recommendations) < AT_MOST

    def _opening(self, review: Review) -> tuple[str, dict[str, Any], str]:
        """The command that opens the home of a review, its answers, and the name by which that home is known."""
        if review.kind is ReviewKind.AUDIT:
            year = (review.commissioned or review.published or day_of(self.taking.now)).year
            return "open_register", {"origin": "audit", "year": year}, f"audits/{year}"
        agencies = {one.agency for one in self.tracker.recommendations if one.review == review.key}
        reached = _reached(review)
        return (
            "enter_review",
            {
                "name": review.name, "origin": ORIGINS[review.kind], "decided_on": _said(review.commissioned),
                "reached": reached.value, "settled_on": _said(review.published) if reached in SETTLED else None,
                "reasons": NOT_SAID if reached is Reached.WITHHELD else "", "agencies": sorted(agencies),
            },
            review.key,
        )  # fmt: skip


def _reached(review: Review) -> Reached:
    """How far a review has come; without a word of that, a day of publication says it."""
    said = REACHED[review.status] if review.status else Reached.UNDER_WAY
    is_open_which = review.status in {None, ReviewStatus.OVER}
    return Reached.PUBLISHED if is_open_which and review.published else said


def _entering(one: Recommendation, name: str) -> dict[str, Any]:
    """The answers that a row gives."""
    state = STATES[one.status]
    measures = [{"measure": words, "baseline": one.baseline} for words in one.measures]
    paragraph = " ".join(filter(None, (one.number, one.paragraph)))
    return {
        "text": one.text, "agency": one.agency, "owner": one.owner or "", "deputy": one.deputy or "",
        "sponsor": one.sponsor or "", "state": state.value, "due": _said(one.target),
        "by": _said(one.due) if state is Entered.OPEN else None, "measures": measures,
        "actions": "\n".join(one.actions), "progress": "\n".join(one.progress), "evidence": "\n".join(one.evidence),
        "completed": _said(one.completed), "paragraph": paragraph, "key": name,
        "themes": list(one.themes),
    }  # fmt: skip


def _said(day: date | None) -> str | None:
    return day.isoformat() if day else None


def named(problem: Problem) -> str:
    """The answer that is wrong, where only one is."""
    return f"{problem.field}: " if problem.field else ""
