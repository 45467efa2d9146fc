"""The one door. Page, chat button, JSON, command line and import all ask here, with the same command.

Shape and rights are judged here; state by the case's workflow; rights and state again inside the transaction. What is
asked is stored before it is sent, so that a sweeper can send it again: the same request is never done twice.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeVar

import structlog
from pydantic import ValidationError
from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowHandle,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from door.refusals import Invalid, MovedOn, NotAllowed, NotConfirmed, NotStored, NotThere, OtherBody
from models import shelf
from models.answers import Reopen
from models.base import Message
from models.batch import TASK_TIMEOUT, Receipt
from models.case import Case, packed
from models.children import against
from models.command import Command, Signed, split
from models.examining import examined
from models.facts import Fact, Problem
from models.judging import NO_CALENDAR, NO_POLICY, beside, closed_words, judge, takes_closed
from models.lifecycles import COMMANDS, LIFECYCLES, OPENINGS, REFERRING
from models.offered import misnamed, names
from models.recommending import EnterRecommendation, Recommend
from models.rights import BY_RELATION, Actor, AsksBack, access_of, acts, may_open, reads
from models.tables import CaseRow, CommandRow, FactRow, TextRow
from records import seeing
from records.children import kept_children
from records.facts import fact_from
from records.naming import file_not_clean, files_not_theirs, has_joined, strange_cases
from records.opened_before import ALIKE, opened_before
from records.policies import in_force
from records.said_before import SaidBefore
from records.settings import TASK_QUEUE
from records.writing import Recorder, next_ref

PATIENCE = timedelta(seconds=10)
"""How long a person waits for the engine before reading "not yet confirmed"."""

LOADED_WITHIN = 10
"""Seconds within which every worker knows rules that were put in force."""

AT_ONCE = 200
"""How many commands one sweep sends again."""

LOOKS_AGAIN = (0.1, 0.5)
"""Seconds that a workflow which lags behind the record gets to look, before it is asked again."""
log = structlog.get_logger("door")
Asked = TypeVar("Asked")
REFERRER = "referrer"
SEEN = "Something like it was recommended before: {refs}. Look at what came of that, and tick that you have seen it."
SAME = "{refs}: the same is said to the same agency. Go on with that, or say below that this is another one."
GO_ON = "Go on with it, or say below that this is another one."
SAME_CASE = {
    "open_register": f"{{refs}}: a register of the same source and year. {GO_ON}",
    "enter_review": f"{{refs}}: a review of the same name, day and agencies. {GO_ON}",
    "raise_disagreement": f"{{refs}}: the same challenge to the same agency is open. {GO_ON}",
}
NO_RULES = "There is no policy in force yet. The administrator has to put one in force first."
NO_SUCH_KIND = (
    "The policy in force does not know this kind of case. The administrator has to put one in force that does."
)
OVERTAKING = BY_RELATION | {"submit_return", "tell_referrer"}
"""What may be sent from a page that is not quite up to date."""


class Done(Message):
    """What was asked is recorded, as this fact."""

    case: str
    fact: Fact


class Door:
    """One for each process that lets people in. `clock` is the wall clock, but for tests."""

    def __init__(
        self, recorder: Recorder, engine: Client, clock: Callable[[], datetime], patience: timedelta = PATIENCE
    ) -> None:
        self._recorder, self._engine, self._clock, self._patience = recorder, engine, clock, patience
        self.said_before = SaidBefore(recorder)

    async def refer(self, answers: Mapping[str, Any], request: str, actor: str = REFERRER) -> Done:
        """Open a referral, as anybody may. Raises Invalid, OtherBody, NotStored or NotConfirmed."""
        return await self.open(Actor(person=actor), REFERRING, answers, request)

    async def open(self, actor: Actor, kind: str, answers: Mapping[str, Any], request: str) -> Done:
        """Open a case by this command. Raises Invalid, NotAllowed, OtherBody, NotStored or NotConfirmed."""
        with seeing.act("command", kind=kind) as said:
            done = await self._open(actor, kind, answers, request)
            said["case"] = done.case
        return done

    async def _open(self, actor: Actor, kind: str, answers: Mapping[str, Any], request: str) -> Done:
        model = COMMANDS[OPENINGS[kind]][kind]

        async def ask(session: AsyncSession) -> Signed | Done:
            command, wrong = self._read(model, answers)
            earlier = await earlier_of(session, request)
            if earlier and earlier.number:
                return await self._same(session, earlier, "", actor.person, command)
            wrong = wrong or await self._not_opened(session, actor, command)
            if wrong := wrong or await self._there_already(session, command, actor):
                raise Invalid(wrong)
            return await self._kept(session, command, "", actor.person, request, earlier)

        asked = await self._asked(ask)
        return asked if isinstance(asked, Done) else await self.send(asked)

    async def _not_opened(self, session: AsyncSession, actor: Actor, command: Command) -> list[Problem]:
        """What is wrong with opening a case so. Raises NotAllowed."""
        plain, now, names = split(command)[0], self._clock(), await in_force(session)
        office = may_open(actor, command.KIND, plain)
        if isinstance(office, Problem):
            raise NotAllowed([office])
        directory = await self._recorder.directory.read(session)
        if names is None or directory is None:
            return [Problem(words=NO_RULES)]
        if OPENINGS[command.KIND] not in shelf.policy(names[0]).lifecycles:
            return [Problem(words=NO_SUCH_KIND)]
        fresh = Case(ref="", kind=OPENINGS[command.KIND], policy=names[0], calendar=names[1], opened=now)
        return misnamed(type(command), fresh, plain, directory)

    async def act(  # noqa: PLR0913, PLR0917 -- who asks what of which case, and from which page
        self, actor: Actor, case: str, kind: str, answers: Mapping[str, Any], request: str, seen: int | None = None
    ) -> Done:
        """Ask for a command on a case. `seen` is the last fact on the page from which it was sent.

        Raises a Refusal: NotThere, Invalid, NotAllowed, MovedOn, OtherBody, NotStored or NotConfirmed.
        """
        with seeing.act("command", kind=kind, case=case):
            return await self._act_soon(actor, case, kind, answers, request, seen)

    async def _act_soon(  # noqa: PLR0913, PLR0917 -- who asks what of which case, and from which page
        self, actor: Actor, case: str, kind: str, answers: Mapping[str, Any], request: str, seen: int | None
    ) -> Done:
        """As soon as the worker knows the rules that were put in force a moment ago."""
        for _ in range(LOADED_WITHIN):
            try:
                return await self._act(actor, case, kind, answers, request, seen)
            except Invalid as refusal:
                if not _soon_known(kind, answers, refusal):
                    raise
            await asyncio.sleep(1)
        return await self._act(actor, case, kind, answers, request, seen)

    async def _act(  # noqa: PLR0913, PLR0917 -- who asks what of which case, and from which page
        self, actor: Actor, case: str, kind: str, answers: Mapping[str, Any], request: str, seen: int | None
    ) -> Done:
        async def ask(session: AsyncSession) -> tuple[Signed, Case | None] | Done:
            row = (await (await session.connection()).execute(_CASE, {"of": case})).first()
            if row is None or kind not in COMMANDS[row.kind]:
                raise NotThere
            model, state = COMMANDS[row.kind][kind], Case.model_validate(row.state)
            (command, wrong), now = self._read(model, answers), self._clock()
            earlier = await earlier_of(session, request)
            if earlier and earlier.number:
                return await self._same(session, earlier, case, actor.person, command)
            plain = split(command)[0]
            office = acts(actor, state, access_of(state, now), kind, plain)
            if isinstance(office, Problem):
                raise _refusal(office, wrong)
            if state.closed and not takes_closed(state, kind):
                raise Invalid(wrong or closed_words(state))
            if not wrong and seen is not None and kind not in OVERTAKING and await _news(session, case, seen):
                raise MovedOn
            directory = await self._recorder.directory.read(session) if names(model) else None
            named = model.names_cases(command.model_dump(mode="json"))
            strange = await strange_cases(session, case, named, actor, now)
            strange += await files_not_theirs(session, model, plain, actor.person, case)
            strange += await file_not_clean(session, state, kind, plain)
            strange += await self._against_children(session, state, command, now)
            strange += await has_joined(session, command)
            strange += misnamed(model, state, plain, directory) if directory else []
            wrong = _with(_with(wrong, strange), await self._said_before(session, state, command, actor))
            if wrong:
                # What names nothing that is there is not judged by it.
                forbidden = [] if strange else beside(state, kind, {**plain, **command.also()}, now, wrong)
                raise Invalid([*wrong, *forbidden])
            signed = await self._kept(session, command, case, actor.person, request, earlier)
            return signed, None if state.closed else state

        asked = await self._asked(ask)
        return asked if isinstance(asked, Done) else await self.send(*asked)

    async def _against_children(
        self, session: AsyncSession, case: Case, command: Command, now: datetime
    ) -> list[Problem]:
        """What only the sealed columns know of a child who has died: their name, and the day on which that was."""
        if case.kind != "child_death":
            return []
        notified = case.marks.get("death_notified")
        children = await kept_children(session, self._recorder.vault, case.ref)
        return against(command, children, notified.at if notified else None, now)

    async def _said_before(self, session: AsyncSession, case: Case, command: Command, actor: Actor) -> list[Problem]:
        """Whoever recommends what was recommended before says that they have seen it; of the same, that it is meant."""
        asks_back = list[Problem]()
        if isinstance(command, (Recommend, EnterRecommendation)) and not command.another:
            refs = ", ".join(await self.said_before.same(session, case, command.text, command.agency))
            asks_back += [AsksBack(field="another", words=SAME.format(refs=refs))] if refs else []
        if isinstance(command, Recommend) and not command.seen:
            found = await self.said_before.like(command.text, actor, self._clock())
            refs = ", ".join(one.line.ref for one in found)
            asks_back += [AsksBack(field="seen", words=SEEN.format(refs=refs))] if refs else []
        return asks_back

    async def _there_already(self, session: AsyncSession, command: Command, actor: Actor) -> list[Problem]:
        """Whoever opens a case beside one that was opened for the same says that it is meant."""
        if command.KIND not in ALIKE or getattr(command, "another", False):
            return []
        now = self._clock()
        every = await opened_before(session, self._recorder.vault, command)
        refs = ", ".join(sorted(one.ref for one in every if reads(actor, one, access_of(one, now)) is None))
        return [AsksBack(field="another", words=SAME_CASE[command.KIND].format(refs=refs))] if refs else []

    def _read(self, model: type[Command], answers: Mapping[str, Any]) -> tuple[Command, list[Problem]]:
        """The command, and what is impossible in it. Raises Invalid, with all that is wrong, if it cannot be read."""
        command, wrong = examined(model, answers, self._clock())
        if command is None:
            raise Invalid(wrong)
        return command, wrong

    def _digest(self, command: Command, case: str, actor: str) -> str:
        """Stands for the whole of what is asked: who asks what of which case, in which words."""
        plain, private = split(command)
        return self._recorder.vault.sign([command.KIND, case, actor, {**plain, **command.also()}, private])

    async def _asked(self, ask: Callable[[AsyncSession], Awaitable[Asked]]) -> Asked:
        """Judge what is asked and keep it, in one transaction. Raises what `ask` raises, and NotStored."""
        with _in_words():
            try:
                async with self._recorder.database.writing() as session:
                    return await ask(session)
            except IntegrityError:  # the same request at the same moment: now the other one is there
                async with self._recorder.database.writing() as session:
                    return await ask(session)

    async def _kept(  # noqa: PLR0913, PLR0917 -- who asks what of which case, and what was asked before
        self, session: AsyncSession, command: Command, case: str, actor: str, request: str, earlier: "Earlier | None"
    ) -> Signed:
        """Keep what is asked before it is sent; the same request with the same words is what was kept before."""
        vault, now, digest = self._recorder.vault, self._clock(), self._digest(command, case, actor)
        plain, private = split(command)
        text, text_digest = (request, vault.sign(private)) if private else ("", "")
        if earlier and earlier.digest != digest:
            raise OtherBody
        if earlier and earlier.state != "refused":
            return Signed.model_validate(earlier.signed)
        connection = await session.connection()
        if earlier is None and private:
            sealed = vault.seal(private, f"texts.sealed/{text}")
            row = {"id": text, "digest": text_digest, "author": actor, "written": now, "sealed": sealed}
            await connection.execute(_TEXT, row)
        case = case or (earlier.case if earlier else await next_ref(session, prefix_of(command), now))
        signed = Signed(
            request=request, case=case, kind=command.KIND, actor=actor,
            body={**plain, **command.also(), **await _woken(session, command, case)}, text=text,
            text_digest=text_digest, asked=now,
        )  # fmt: skip
        signed = signed.model_copy(update={"signature": vault.sign(signed.model_dump(mode="json"))})
        asked = {"signed": signed.model_dump(mode="json"), "state": "asked", "asked": now, "problems": []}
        if earlier is None:
            row = {"request": request, "case": case, "kind": command.KIND, "digest": digest, **asked}
            await connection.execute(_ASKED, row)
        else:
            await connection.execute(update(CommandRow).where(CommandRow.request == request).values(asked))
        return signed

    async def send(self, signed: Signed, running: Case | None = None) -> Done:
        """Hand a stored command to the case's workflow, and say what came of it. Raises Invalid or NotConfirmed.

        `running`: the open case, when the caller has just read it and knows that this is not recorded yet.
        """
        try:
            return await self._sent(signed, running)
        except (DBAPIError, PoolTimeout) as error:
            log.error("not confirmed", error=type(error).__name__)  # noqa: TRY400 -- a traceback could repeat what was written
            raise NotConfirmed(signed.request) from None

    async def _sent(self, signed: Signed, running: Case | None) -> Done:
        start = running
        if start is None:
            async with self._recorder.database.reading() as session:
                if done := await _done(session, signed.request):
                    return Done(case=done.case, fact=done)
                start = await self._as_it_is(session, await session.get(CaseRow, signed.case), signed)
        said = await self._answer(signed, start)
        for wait in LOOKS_AGAIN:
            if isinstance(said, Invalid) and await self._lags(signed):
                await asyncio.sleep(wait)
                said = await self._answer(signed, start)
        if isinstance(said, Done):
            return said
        if isinstance(said, Invalid):
            await self._refused(signed, said)
        raise said

    async def _answer(self, signed: Signed, start: Case) -> Done | Invalid | NotConfirmed:
        """What came of it: what the workflow says, but first of all what the record says."""
        refusal: Invalid | NotConfirmed = NotConfirmed(signed.request)
        try:
            async with asyncio.timeout(self._patience.total_seconds()):
                receipt = await self._update(signed, start, running=start.known > 0 and start.closed is None)
                if receipt.fact is not None:
                    return Done(case=signed.case, fact=receipt.fact)
        except WorkflowUpdateFailedError as error:
            refusal = _why(signed, error)
        except (
            RPCError,
            WorkflowUpdateRPCTimeoutOrCancelledError,
            TimeoutError,
            RuntimeError,
        ):  # the last: no engine yet
            pass
        async with self._recorder.database.reading() as session:
            done = await _done(session, signed.request)
        return Done(case=done.case, fact=done) if done is not None else refusal

    async def _lags(self, signed: Signed) -> bool:
        """Whether the workflow refuses what the record would take: it has missed something, and is told to look."""
        async with self._recorder.database.reading() as session:
            row = await session.get(CaseRow, signed.case)
        if row is None or judge(Case.model_validate(row.state), signed.kind, signed.body, self._clock()):
            return False
        with suppress(RPCError):
            handle = self._engine.get_workflow_handle(signed.case)
            await handle.signal("look", row.known, rpc_timeout=self._patience)
        return True

    async def _as_it_is(self, session: AsyncSession, row: CaseRow | None, signed: Signed) -> Case:
        if row is not None:
            return Case.model_validate(row.state)
        names = await in_force(session)
        if names is None:
            raise Invalid(NO_RULES)
        return Case(
            ref=signed.case, kind=OPENINGS[signed.kind], policy=names[0], calendar=names[1], opened=signed.asked
        )

    async def _update(self, signed: Signed, start: Case, *, running: bool) -> Receipt:
        """Send to the running workflow; if there is none, start it from the record and send with the start."""
        if running:
            handle: WorkflowHandle[Any, Any] = self._engine.get_workflow_handle(signed.case)
            try:
                receipt: Receipt = await handle.execute_update(
                    "act", signed, id=signed.signature, result_type=Receipt, rpc_timeout=self._patience
                )
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:
                    raise
            else:
                return receipt
        operation: WithStartWorkflowOperation[Any, Any] = WithStartWorkflowOperation(
            start.kind, packed(start), id=start.ref, task_queue=TASK_QUEUE, task_timeout=TASK_TIMEOUT,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        )  # fmt: skip
        try:
            receipt = await self._engine.execute_update_with_start_workflow(
                "act", signed, start_workflow_operation=operation, id=signed.signature, result_type=Receipt,
                rpc_timeout=self._patience,
            )  # fmt: skip
        except (RPCError, WorkflowUpdateRPCTimeoutOrCancelledError):
            # The client keeps this error twice, and both must be taken.
            with suppress(RPCError, asyncio.CancelledError):
                await operation.workflow_handle()
            raise
        return receipt

    async def _refused(self, signed: Signed, refusal: Invalid) -> None:
        async with self._recorder.database.writing() as session:
            row = await session.get(CommandRow, signed.request, with_for_update=True)
            if row is not None and row.state == "asked":
                row.state, row.problems = "refused", [one.model_dump(mode="json") for one in refusal.problems]

    async def _same(self, session: AsyncSession, earlier: "Earlier", case: str, actor: str, command: Command) -> Done:
        """The same request again: the same answer if the words are the same, a refusal if they are not."""
        if earlier.digest != self._digest(command, case, actor):
            raise OtherBody
        row = await session.get_one(FactRow, (earlier.case, earlier.number))
        return Done(case=row.case, fact=fact_from(row))

    async def settle(self, older_than: timedelta) -> int:
        """Send again what was asked and never settled. Returns how many were."""
        async with self._recorder.database.reading() as session:
            waiting = select(CommandRow).where(
                CommandRow.state == "asked", CommandRow.asked < self._clock() - older_than
            )
            oldest_first = waiting.order_by(CommandRow.asked).limit(AT_ONCE)
            found = (await session.scalars(oldest_first)).all()
        for row in found:
            with suppress(Invalid, NotConfirmed, ValidationError):
                await self.send(Signed.model_validate(row.signed))
        return len(found)


def prefix_of(command: Command) -> str:
    """Of the references of the cases that this command opens."""
    return LIFECYCLES[OPENINGS[command.KIND]].prefix


_CASE = select(CaseRow.kind, CaseRow.state).where(CaseRow.ref == bindparam("of"))
_EARLIER = (
    select(CommandRow.digest, CommandRow.state, CommandRow.signed, CommandRow.case, FactRow.number)
    .outerjoin(FactRow, FactRow.request == CommandRow.request)
    .where(CommandRow.request == bindparam("of"))
    .with_for_update(of=CommandRow)
)
_TEXT, _ASKED = insert(TextRow), insert(CommandRow)


class Earlier(NamedTuple):
    """What was asked under the same request before, and the number of the fact that it became."""

    digest: str
    state: str
    signed: dict[str, Any]
    case: str
    number: int | None


async def earlier_of(session: AsyncSession, request: str) -> Earlier | None:
    row = (await (await session.connection()).execute(_EARLIER, {"of": request})).first()
    return Earlier(*row) if row else None


def _soon_known(kind: str, answers: Mapping[str, Any], refusal: Invalid) -> bool:
    """Whether the worker only does not know yet the rules that were put in force a moment ago."""
    unknown = {one.words for one in refusal.problems} & {NO_POLICY, NO_CALENDAR}
    known_here = {"adopt_policy": shelf.holds_policy, "adopt_calendar": shelf.holds_calendar}.get(kind)
    named_here = kind == Reopen.KIND or (known_here and known_here(str(answers.get(kind.removeprefix("adopt_")))))
    return bool(unknown and named_here)


async def _woken(session: AsyncSession, command: Command, case: str) -> dict[str, str]:
    """The calendar in force, for a closed case that is reopened: it did not hear of what was proclaimed meanwhile."""
    if command.KIND != Reopen.KIND:
        return {}
    row, names = await session.get_one(CaseRow, case), await in_force(session)
    counts_by = Case.model_validate(row.state).calendar
    return {"calendar": names[1]} if row.closed and names and names[1] != counts_by else {}


async def _news(session: AsyncSession, case: str, seen: int) -> bool:
    found = select(FactRow.number).where(FactRow.case == case, FactRow.number > seen, FactRow.kind != "told").limit(1)
    return (await session.scalars(found)).first() is not None


async def _done(session: AsyncSession, request: str) -> Fact | None:
    row = (await session.scalars(select(FactRow).where(FactRow.request == request))).first()
    return fact_from(row) if row else None


def _refusal(office: Problem, wrong: list[Problem]) -> Invalid | NotAllowed:
    """What is said to whoever may not do this: what is wrong with the answers, else that, or who asks back."""
    if isinstance(office, AsksBack):
        return Invalid([*wrong, office])
    return Invalid(wrong) if wrong else NotAllowed([office])


def _with(wrong: list[Problem], more: list[Problem]) -> list[Problem]:
    """Both, so that nobody mends one answer only to hear of the next; of each answer one thing is said."""
    fields = {one.field for one in wrong}
    return [*wrong, *(one for one in more if one.field not in fields)]


def _why(signed: Signed, error: WorkflowUpdateFailedError) -> Invalid | NotConfirmed:
    """What the workflow said; anything but a refusal leaves open whether it was written."""
    cause = error.cause
    if not isinstance(cause, ApplicationError) or cause.type != "Refused":
        return NotConfirmed(signed.request)
    return Invalid([Problem.model_validate(one) for one in cause.details[0]])


@contextmanager
def _in_words() -> Iterator[None]:
    """A database that cannot be written or read (a full disk, say) is told in words, without what was being written."""
    try:
        yield
    except (DBAPIError, PoolTimeout) as error:
        log.error("not stored", error=type(error).__name__)  # noqa: TRY400 -- a traceback could repeat what was written
        raise NotStored from None
