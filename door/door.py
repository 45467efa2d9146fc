"""The one door. Page, chat button, JSON, command line and import all ask here, with the same command.

Shape and rights are judged here; state by the case's workflow; rights and state again inside the transaction. What is
asked is stored before it is sent, so that a sweeper can send it again: the same request is never done twice.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from door.refusals import Invalid, MovedOn, NotAllowed, NotConfirmed, NotThere, OtherBody
from models.base import Message
from models.batch import Receipt
from models.case import Case
from models.command import Command, Signed, split
from models.facts import Fact, Problem
from models.judging import CLOSED
from models.lifecycles import COMMANDS, LIFECYCLES
from models.rights import BY_RELATION, Actor, access_of, acts
from models.tables import CaseRow, CommandRow, FactRow, TextRow
from models.words import problems
from records.policies import in_force
from records.settings import TASK_QUEUE
from records.writing import Recorder, fact_from, next_ref

PATIENCE = timedelta(seconds=10)
"""How long a person waits for the engine before reading "not yet confirmed"."""

REFERRER = "referrer"
OVERTAKING = BY_RELATION | {"submit_return", "learning_done", "tell_referrer"}
"""What may be sent from a page that is not quite up to date."""


class Done(Message):
    """What was asked is recorded, as this fact."""

    case: str
    fact: Fact


class Door:
    """One for each process that lets people in. `clock` is the wall clock, but for tests."""

    def __init__(self, recorder: Recorder, engine: Client, clock: Callable[[], datetime], patience: timedelta = PATIENCE) -> None:
        self._recorder, self._engine, self._clock, self._patience = recorder, engine, clock, patience

    async def refer(self, answers: Mapping[str, Any], request: str, actor: str = REFERRER) -> Done:
        """Open a referral. Raises Invalid, OtherBody or NotConfirmed."""
        command = self._shape("referral", "submit_referral", answers)
        return await self._ask(command, "", actor, request, opens="referral")

    async def act(
        self, actor: Actor, case: str, kind: str, answers: Mapping[str, Any], request: str, seen: int | None = None
    ) -> Done:
        """Ask for a command on a case. `seen` is the last fact on the page from which it was sent.

        Raises a Refusal: NotThere, Invalid, NotAllowed, MovedOn, OtherBody or NotConfirmed.
        """
        async with self._recorder.database.reading() as session:
            row = await session.get(CaseRow, case)
            if row is None or kind not in COMMANDS[row.kind]:
                raise NotThere
            state = Case.model_validate(row.state)
            access = access_of(state, self._clock())
            if done := await self._done(session, request):
                return await self._same(session, done, case, kind, answers)
            moved = seen is not None and kind not in OVERTAKING and await _news(session, case, seen)
        command = self._shape(row.kind, kind, answers)
        office = acts(actor, state, access, kind, split(command)[0])
        if isinstance(office, Problem):
            raise NotAllowed([office])
        if state.closed and kind != "reopen":
            raise Invalid(CLOSED)
        if moved:
            raise MovedOn
        return await self._ask(command, case, actor.person, request)

    def _shape(self, lifecycle: str, kind: str, answers: Mapping[str, Any]) -> Command:
        model = COMMANDS[lifecycle][kind]
        try:
            command = model.model_validate(dict(answers))
        except ValidationError as error:
            raise Invalid(problems(error, model)) from None
        if impossible := command.impossible(self._clock()):
            raise Invalid(impossible)
        return command

    async def _ask(self, command: Command, case: str, actor: str, request: str, opens: str = "") -> Done:
        """Store what is asked, then send it; the same request with the same words is sent on, with other words refused."""
        plain, private = split(command)
        body = {**plain, **command.also()}
        vault = self._recorder.vault
        digest = vault.sign([command.KIND, case, actor, body, private])
        async with self._recorder.database.writing() as session:
            earlier = await session.get(CommandRow, request)
            if earlier is not None and earlier.digest != digest:
                raise OtherBody
            if earlier is None or earlier.state == "refused":
                case = case or (earlier.case if earlier else await next_ref(session, LIFECYCLES[opens].prefix, self._clock()))
                text = f"{request}" if private else ""
                if private and earlier is None:
                    sealed = vault.seal(private, f"texts.sealed/{text}")
                    session.add(TextRow(id=text, digest=vault.sign(private), author=actor, written=self._clock(), sealed=sealed))
                signed = Signed(
                    request=request, case=case, kind=command.KIND, actor=actor, body=body, text=text,
                    text_digest=vault.sign(private) if private else "", asked=self._clock(),
                )  # fmt: skip
                signed = signed.model_copy(update={"signature": vault.sign(signed.model_dump(mode="json"))})
                stored = CommandRow(
                    request=request, case=case, kind=command.KIND, digest=digest, signed=signed.model_dump(mode="json"),
                    state="asked", asked=self._clock(), problems=[],
                )  # fmt: skip
                await session.merge(stored)
            else:
                signed = Signed.model_validate(earlier.signed)
        return await self.send(signed)

    async def send(self, signed: Signed) -> Done:
        """Hand a stored command to the case's workflow, and say what came of it. Raises Invalid or NotConfirmed."""
        async with self._recorder.database.reading() as session:
            if done := await self._done(session, signed.request):
                return Done(case=done.case, fact=done)
            row = await session.get(CaseRow, signed.case)
            start = await self._as_it_is(session, row, signed)
        try:
            await self._update(signed, start, running=row is not None and row.closed is None)
        except WorkflowUpdateFailedError as error:
            raise await self._why(signed, error) from None
        except (RPCError, WorkflowUpdateRPCTimeoutOrCancelledError, TimeoutError):
            pass
        async with self._recorder.database.reading() as session:
            done = await self._done(session, signed.request)
        if done is None:
            raise NotConfirmed(signed.request)
        return Done(case=done.case, fact=done)

    async def _as_it_is(self, session: AsyncSession, row: CaseRow | None, signed: Signed) -> Case:
        if row is not None:
            return Case.model_validate(row.state)
        names = await in_force(session)
        if names is None:
            raise Invalid("There is no policy in force yet. The administrator has to put one in force first.")
        return Case(ref=signed.case, kind="referral", policy=names[0], calendar=names[1], opened=signed.asked)

    async def _update(self, signed: Signed, start: Case, *, running: bool) -> Receipt:
        """Send to the running workflow; if there is none, start it from the record and send with the start."""
        if running:
            try:
                return await self._engine.get_workflow_handle(signed.case).execute_update(
                    "act", signed, id=signed.request, result_type=Receipt, rpc_timeout=self._patience
                )
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:
                    raise
        operation = WithStartWorkflowOperation(
            start.kind, start, id=start.ref, task_queue=TASK_QUEUE, id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING
        )
        return await self._engine.execute_update_with_start_workflow(
            "act", signed, start_workflow_operation=operation, id=signed.request, result_type=Receipt, rpc_timeout=self._patience
        )

    async def _why(self, signed: Signed, error: WorkflowUpdateFailedError) -> Invalid | NotConfirmed:
        cause = error.cause
        if not isinstance(cause, ApplicationError) or cause.type != "Refused":
            return NotConfirmed(signed.request)
        found = [Problem.model_validate(one) for one in cause.details[0]]
        async with self._recorder.database.writing() as session:
            row = await session.get(CommandRow, signed.request)
            if row is not None and row.state == "asked":
                row.state, row.problems = "refused", [one.model_dump(mode="json") for one in found]
        return Invalid(found)

    async def _done(self, session: AsyncSession, request: str) -> Fact | None:
        row = (await session.scalars(select(FactRow).where(FactRow.request == request))).first()
        return fact_from(row) if row else None

    async def _same(self, session: AsyncSession, done: Fact, case: str, kind: str, answers: Mapping[str, Any]) -> Done:
        """The same request again: the same answer if the words are the same, a refusal if they are not."""
        earlier = await session.get(CommandRow, done.request)
        row = await session.get_one(CaseRow, done.case)
        command = self._shape(row.kind, kind, answers)
        plain, private = split(command)
        digest = self._recorder.vault.sign([kind, case, done.actor, {**plain, **command.also()}, private])
        if earlier is None or earlier.digest != digest:
            raise OtherBody
        return Done(case=done.case, fact=done)

    async def settle(self, older_than: timedelta) -> int:
        """Send again what was asked and never settled. Returns how many were."""
        async with self._recorder.database.reading() as session:
            waiting = select(CommandRow).where(CommandRow.state == "asked", CommandRow.asked < self._clock() - older_than)
            found = [Signed.model_validate(row.signed) for row in (await session.scalars(waiting.limit(200))).all()]
        for signed in found:
            try:
                await self.send(signed)
            except (Invalid, NotConfirmed):
                continue
        return len(found)


async def _news(session: AsyncSession, case: str, seen: int) -> bool:
    found = select(FactRow.number).where(FactRow.case == case, FactRow.number > seen, FactRow.kind != "told").limit(1)
    return (await session.scalars(found)).first() is not None


