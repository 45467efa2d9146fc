"""The durable shell that every kind of case lives in: one state, one pen, one timer.

A command becomes a fact while the pen is held, and is judged again before it is written. The one timer waits for the
next rung of any obligation; all that is due when it rings is said in one write, by the story itself, which is always
waiting for something. What a command says at the instant of a rung counts first, because the rung is judged again under
the pen. A case waits nearly all of its life, and is packed while it waits.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.starting import Starting
    from activities.writing import Writing
    from models.batch import Batch, Receipt, Written
    from models.case import Case, packed, unpacked
    from models.command import Signed
    from models.facts import Fact, Problem
    from models.fold import after
    from models.judging import judge
    from workflows.options import START_RETRY, START_TIMEOUT, WRITE_RETRY, WRITE_TIMEOUT

REFUSED = "Refused"
"""The type of the error by which a caller learns why a command was not taken."""


class NotOwed(RuntimeError):
    """The story waits for something that nobody owes: the policy does not fit the story."""


class Lifecycle:
    """What every kind of case has in common. A subclass tells the story; see RapidReview."""

    def __init__(self, kept: bytes) -> None:
        self._case: Case | None = None
        self._kept: bytes | None = kept
        self._known = self.case.known
        self.opens = self.case if self._known == 0 else None
        self.news = True
        """Whether something has happened, or a rung has come due, since the story last looked."""
        self.pen = asyncio.Lock()
        self.timer: asyncio.TimerHandle | None = None
        self.rings: datetime | None = None

    async def live(self, story: Callable[[], Coroutine[Any, Any, None]]) -> str:
        """Tell the story until it is told; again, if the case is reopened."""
        self._wind()
        while True:
            await story()
            await workflow.wait_condition(self._at_rest)
            if self.case.closed is not None:
                return self.case.ref

    @property
    def case(self) -> Case:
        """The state, unpacked from now on until the story waits again."""
        if self._case is None:
            assert self._kept is not None
            self._case = unpacked(self._kept)
        return self._case

    def _happened(self, fact: Fact) -> None:
        self._case, self._kept, self.news = after(self.case, fact), None, True
        self._known = fact.number

    def _rest(self) -> bytes:
        """Pack the state away, if it has been looked at since."""
        if self._kept is None:
            self._kept = packed(self.case)
        self._case = None
        return self._kept

    # The words of a story.

    def owed(self, block: str) -> Awaitable[None]:
        """Wait until everything that this block of the policy asks for has been met or withdrawn.

        What was behind a case when it was entered here is not waited for.
        """
        behind = block in self.case.said.get("passed", ())
        if not behind and not self.over() and not self.case.of_block(block):
            message = f"{self.case.ref}: nobody owes {block}"
            raise NotOwed(message)
        return self.until(lambda case: behind or case.done(block))

    def planned(self, block: str) -> Awaitable[None]:
        """Wait until this block has been met or withdrawn, where the plan of this case has it at all."""
        return self.until(lambda case: not case.is_open(block))

    def until(self, true: Callable[[Case], bool]) -> Awaitable[None]:
        """Wait for this, or for the end of the story."""
        return self._wait(lambda: true(self.case) or self.over())

    def over(self) -> bool:
        """Whether the rest of the story is not told: the case is closed, or was given up before its end."""
        return self.case.closed is not None

    def closed(self) -> Awaitable[None]:
        """Wait until nothing is owed any more; also when the story was given up before its end."""
        return self._wait(lambda: self.case.closed is not None)

    # What is said to the case, and asked of it.

    @workflow.update
    async def act(self, signed: Signed) -> Receipt:
        """Take a command. Returns when it is written, so that whoever acted sees the result at once."""
        return await self._write(
            lambda: Batch(case=self.case.ref, known=self._known, now=workflow.now(), command=signed, opens=self.opens),
            signed,
        )

    @act.validator
    def _judge(self, signed: Signed) -> None:
        """Refuse at once, without a trace in the history, what the state does not allow."""
        if self.opens is None and (problems := judge(self.case, signed.kind, signed.body, workflow.now())):
            self._rest()
            self._refuse(problems)

    @workflow.signal
    async def look(self, known: int) -> None:
        """The record knows more than we do: read what was missed."""
        if known > self._known:
            _ = await self._write(lambda: Batch(case=self.case.ref, known=self._known, now=workflow.now()))

    @workflow.query
    def known(self) -> int:
        """The number of the last fact that it knows."""
        return self._known

    @workflow.query
    def state(self) -> Case:
        case = self.case
        self._rest()
        return case

    # One pen, one timer.

    async def _wait(self, come: Callable[[], bool]) -> None:
        """Wait for this, and pursue whoever owes something in the meantime."""
        while not come():
            self._rest()
            await workflow.wait_condition(lambda: self.news or self._is_long())
            self.news = False
            if self._is_long():
                await workflow.wait_condition(self._at_rest)
                workflow.continue_as_new(self._rest())
            _ = await self._write(self._what_is_due)

    def _wind(self) -> None:
        """Keep one timer for the next rung. One that rings too early is wound again when it rings, not before."""
        alarm, now = self.case.wakes, workflow.now()
        if alarm is None or alarm <= now or (self.rings is not None and self.rings <= alarm):
            return
        if self.timer is not None:
            self.timer.cancel()
        self.rings = alarm
        self.timer = asyncio.get_running_loop().call_later((alarm - now).total_seconds(), self._ring)

    def _ring(self) -> None:
        self.timer, self.rings, self.news = None, None, True
        self._wind()

    @staticmethod
    def _is_long() -> bool:
        return workflow.info().is_continue_as_new_suggested()

    def _at_rest(self) -> bool:
        return workflow.all_handlers_finished() and not self.pen.locked()

    def _what_is_due(self) -> Batch | None:
        now = workflow.now()
        due = self.case.due(now)
        return Batch(case=self.case.ref, known=self._known, now=now, due=tuple(due)) if due else None

    async def _write(self, decide: Callable[[], Batch | None], signed: Signed | None = None) -> Receipt:
        """Write under the pen; a stale view is brought up to date and asked again."""
        number, made = 0, None
        async with self.pen:
            while batch := decide():
                if signed and batch.opens is None:
                    self._refuse(judge(self.case, signed.kind, signed.body, batch.now))
                written = await self._record(batch)
                number = written.number
                for fact in written.facts:
                    if fact.number > self._known:
                        self._happened(fact)
                    if signed and fact.request == signed.request:
                        number, made = fact.number, fact
                self.opens = None if self._known else self.opens
                self._wind()
                self._refuse(list(written.problems))
                for opened in written.opened:
                    await self._begin(opened)
                if not written.facts and (written.stale or batch.due):
                    message = f"{self.case.ref}: nothing could be written"
                    raise RuntimeError(message)
                if not written.stale or number:
                    break
        return Receipt(case=self.case.ref, number=number, facts=self._known, fact=made)

    async def _record(self, batch: Batch) -> Written:
        return await workflow.execute_local_activity_method(
            Writing.write, batch, start_to_close_timeout=WRITE_TIMEOUT, retry_policy=WRITE_RETRY
        )

    async def _begin(self, case: Case) -> None:
        """Start the workflow of a case that this one opened. If that fails, the reconciler starts what does not run."""
        try:
            await workflow.execute_local_activity_method(
                Starting.start, case, start_to_close_timeout=START_TIMEOUT, retry_policy=START_RETRY
            )
        except ActivityError as error:
            workflow.logger.info("the reconciler will start %s: %s", case.ref, type(error).__name__)

    @staticmethod
    def _refuse(problems: list[Problem]) -> None:
        if problems:
            details = [problem.model_dump(mode="json") for problem in problems]
            raise ApplicationError(REFUSED, details, type=REFUSED, non_retryable=True)
