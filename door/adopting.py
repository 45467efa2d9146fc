"""Changing the rules of open cases: a new policy, or a proclaimed holiday. Shown first, then done case by case."""

import hashlib
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from door.door import Door
from door.refusals import NotAllowed, Refusal
from models import shelf
from models.answers import AdoptCalendar, AdoptPolicy
from models.calendar import WorkingDays
from models.case import Case
from models.command import Command
from models.policy import Force, Policy, Proclaimed
from models.rights import Actor, access_of, reads
from models.tables import CaseRow, FactRow, PolicyRow
from records.audit import DIRECTORY
from records.policies import in_force, put_in_force
from records.writing import Recorder

MAY_ADOPT = frozenset({"administrator", "business_manager"})
NOT_YOURS = "Only the administrator or the business manager may put a policy in force."


class OtherContent(ValueError):
    """This version is known, and says something else: nobody could tell any more what a case follows."""

    def __init__(self, key: str, version: str) -> None:
        super().__init__(
            f"Version {version} is known here with other content. Give the file another `{key}`: an open case "
            "says under which one it started."
        )


def adoptions(case: Case, names: tuple[str, str], reason: str, *, calendar_only: bool) -> list[Command]:
    """What has to be recorded so that the case follows this policy and this calendar, or the calendar alone."""
    policy, calendar = names
    wanted: list[Command] = []
    if case.calendar != calendar:
        wanted.append(AdoptCalendar(calendar=calendar, reason=reason))
    if case.policy != policy and not calendar_only:
        wanted.append(AdoptPolicy(policy=policy, reason=reason))
    return wanted


class Adopting:
    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    async def open_cases(self, actor: Actor, now: datetime) -> tuple[list[Case], int]:
        """(the open cases that this person may open, how many others there are). Raises NotAllowed."""
        if not actor.anywhere(MAY_ADOPT):
            raise NotAllowed(NOT_YOURS)
        async with self._recorder.database.reading() as session:
            states = await session.scalars(select(CaseRow.state).where(CaseRow.closed.is_(None)).order_by(CaseRow.ref))
            found = [Case.model_validate(state) for state in states.all()]
        seen = [case for case in found if reads(actor, case, access_of(case, now)) is None]
        return seen, len(found) - len(seen)

    async def present(self) -> Policy:
        """The policy in force, with its calendar."""
        async with self._recorder.database.reading() as session:
            names = await in_force(session)
        if names is None:
            message = "There is no policy in force."
            raise NotAllowed(message)
        return shelf.policy(names[0]).model_copy(update={"calendar": shelf.days(names[1]).calendar})

    async def check_version(self, policy: Policy) -> None:
        """Raises OtherContent if the version of the policy, or of its calendar, is known to say something else."""
        async with self._recorder.database.reading() as session:
            await _check_version(session, policy)

    async def keep(
        self, policy: Policy, actor: Actor, now: datetime, *, calendar_only: bool = False
    ) -> tuple[str, str]:
        """Put a policy in force for cases that start from now on. Open cases keep theirs until they adopt it.

        `calendar_only`: it is the policy in force with a holiday more. Raises OtherContent.
        """
        if not actor.anywhere(MAY_ADOPT):
            raise NotAllowed(NOT_YOURS)
        async with self._recorder.database.writing() as session:
            if not calendar_only:
                await _check_version(session, policy)
            names = await put_in_force(session, policy, now)
            await self._recorder.auditor.append(
                session, DIRECTORY, now, actor.person, "policy_in_force", {"policy": "/".join(names)}
            )
        return names

    async def apply(  # noqa: PLR0913 -- what is adopted, by whom, and why
        self, door: Door, actor: Actor, names: tuple[str, str], reason: str, case: Case, *, calendar_only: bool
    ) -> str | None:
        """Let a case follow these rules. Returns why it could not (empty: it does), None if it did already."""
        commands = adoptions(case, names, reason, calendar_only=calendar_only)
        problems = [problem for one in commands if (problem := await self._adopted(door, actor, case.ref, one))]
        return " ".join(problems) if commands else None

    async def _adopted(self, door: Door, actor: Actor, case: str, command: Command) -> str:
        """Why a case could not adopt these rules; empty when it did."""
        answers = command.model_dump(mode="json")
        try:
            await door.act(actor, case, command.KIND, answers, await self._request(case, actor.person, command))
        except Refusal as refusal:
            return " ".join(one.words for one in refusal.problems)
        return ""

    async def _request(self, case: str, person: str, command: Command) -> str:
        """The same for the same wish, so that giving it again is no other: its words, and how often rules changed."""
        adopted = select(func.count()).where(FactRow.case == case, FactRow.kind == command.FACT)
        async with self._recorder.database.reading() as session:
            before = await session.scalar(adopted)
        wish = f"{case}/{before}/{person}/{command.KIND}/{command.model_dump_json()}"
        return f"adopt-{hashlib.sha256(wish.encode()).hexdigest()[:32]}"


async def _check_version(session: AsyncSession, policy: Policy) -> None:
    for body in (await session.scalars(select(PolicyRow.body))).all():
        try:
            known = Policy.model_validate(body)
        except ValueError:  # `reviews audit verify` names it
            continue
        if known.version == policy.version and known.model_copy(update={"calendar": policy.calendar}) != policy:
            raise OtherContent("version", policy.version)
        if known.calendar.version == policy.calendar.version and known.calendar != policy.calendar:
            raise OtherContent("calendar: version", policy.calendar.version)


def with_holiday(policy: Policy, day: date, title: str, source: str) -> Policy:
    """The same policy with one more proclaimed holiday; unchanged if it has been proclaimed already.

    Raises ValueError, in words, for a day that nobody works anyway.
    """
    calendar = policy.calendar
    if any(one.day == day and not one.works for one in calendar.proclaimed):
        return policy
    if off := WorkingDays(calendar).day_off(day):
        message = f"{day.day} {day:%B %Y} is not a working day anyway: {off}."
        raise ValueError(message)
    fresh = Proclaimed(day=day, title=title, source=source, force=Force.LAW)
    proclaimed = tuple(sorted((*calendar.proclaimed, fresh), key=lambda one: one.day))
    version = f"{calendar.version}+{day.isoformat()}"
    return policy.model_copy(
        update={"calendar": calendar.model_copy(update={"proclaimed": proclaimed, "version": version})}
    )
