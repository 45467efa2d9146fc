"""Changing the rules of open cases: a new policy, or a proclaimed holiday. Shown first, then done case by case."""

from collections.abc import AsyncIterator
from datetime import date, datetime

from sqlalchemy import select

from door.door import Door
from door.refusals import NotAllowed, Refusal
from models import shelf
from models.answers import AdoptCalendar, AdoptPolicy
from models.base import Message
from models.case import Case
from models.policy import Force, Policy, Proclaimed
from models.preview import Move, preview
from models.rights import Actor
from models.tables import CaseRow
from records.audit import DIRECTORY
from records.policies import in_force, put_in_force
from records.writing import Recorder

MAY_ADOPT = frozenset({"administrator", "business_manager"})


class Adopted(Message):
    """What came of one case: recorded, or why not."""

    case: str
    problem: str = ""


class Adopting:
    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    async def open_cases(self) -> list[Case]:
        async with self._recorder.database.reading() as session:
            rows = await session.scalars(select(CaseRow).where(CaseRow.closed.is_(None)).order_by(CaseRow.ref))
            return [Case.model_validate(row.state) for row in rows.all()]

    async def present(self) -> Policy:
        """The policy in force, with its calendar."""
        async with self._recorder.database.reading() as session:
            names = await in_force(session)
        if names is None:
            message = "There is no policy in force."
            raise NotAllowed(message)
        return shelf.policy(names[0]).model_copy(update={"calendar": shelf.days(names[1]).calendar})

    async def keep(self, policy: Policy, actor: Actor, now: datetime) -> tuple[str, str]:
        """Put a policy in force for cases that start from now on. Open cases keep theirs until they adopt it."""
        if not actor.anywhere(MAY_ADOPT):
            message = "Only the administrator or the business manager may put a policy in force."
            raise NotAllowed(message)
        async with self._recorder.database.writing() as session:
            names = await put_in_force(session, policy, now)
            await self._recorder.auditor.append(
                session, DIRECTORY, now, actor.person, "policy_in_force", {"policy": "/".join(names)}
            )
        return names

    def moved(self, case: Case, policy: Policy, actor: str, now: datetime, *, calendar_only: bool) -> list[Move]:
        """Which dates of a case would move under this policy, or under its calendar alone."""
        name, calendar = shelf.put(policy)
        command = (
            AdoptCalendar(calendar=calendar, reason="-") if calendar_only else AdoptPolicy(policy=name, reason="-")
        )
        return preview(case, command, actor, now) or []

    async def apply(  # noqa: PLR0913 -- what is adopted, by whom, and why
        self, door: Door, actor: Actor, names: tuple[str, str], reason: str, cases: list[Case], *, calendar_only: bool
    ) -> AsyncIterator[Adopted]:
        """Adopt in each of these cases, one command each, repeatable without doing anything twice."""
        policy, calendar = names
        kind, name = ("adopt_calendar", calendar) if calendar_only else ("adopt_policy", policy)
        for case in cases:
            if (case.calendar if calendar_only else case.policy) == name:
                continue
            answers = {("calendar" if calendar_only else "policy"): name, "reason": reason}
            try:
                await door.act(actor, case.ref, kind, answers, request=f"{kind}-{name}-{case.ref}-{case.known}")
            except Refusal as refusal:
                yield Adopted(case=case.ref, problem=" ".join(one.words for one in refusal.problems))
            else:
                yield Adopted(case=case.ref)


def with_holiday(policy: Policy, day: date, title: str, source: str) -> Policy:
    """The same policy with one more proclaimed holiday. Raises ValueError if the day is one already, in words."""
    calendar = policy.calendar
    if any(one.day == day and not one.works for one in calendar.proclaimed):
        message = f"{day:%d %B %Y} is a proclaimed holiday already."
        raise ValueError(message)
    fresh = Proclaimed(day=day, title=title, source=source, force=Force.LAW)
    proclaimed = tuple(sorted((*calendar.proclaimed, fresh), key=lambda one: one.day))
    version = f"{calendar.version}+{day.isoformat()}"
    return policy.model_copy(
        update={"calendar": calendar.model_copy(update={"proclaimed": proclaimed, "version": version})}
    )
