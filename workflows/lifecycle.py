"""The durable shell that every kind of case lives in: one state, one pen, one timer.

A command becomes a fact while the pen is held, and is judged again before it is written. The one timer waits for the
next rung of any obligation; all that is due when it fires is said in one write. What a command says at the instant of a
rung counts first, because the rung is judged again under the pen.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.starting import Starting
    from activities.writing import Writing
    from models.batch import Batch, Receipt, Written
    from models.case import Case
    from models.command import Signed
    from models.facts import Problem
    from models.fold import after
    from models.judging import judge
    from workflows.options import START_RETRY, START_TIMEOUT, WRITE_RETRY, WRITE_TIMEOUT

REFUSED = "Refused"
"""The type of the error by which a caller learns why a command was not taken."""


class NotOwed(RuntimeError):
    """The story waits for something that nobody owes: the policy does not fit the story."""


class Lifecycle:
    """What every kind of case has in common. A subclass tells the story; see RapidReview."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.opens = case if case.known == 0 else None
        self.pen = asyncio.Lock()

    async def live(self, story: Callable[[], Coroutine[Any, Any, None]]) -> str:
        """Tell the story and pursue whoever owes something, until it is told; again, if the case is reopened."""
        self.pursuit = asyncio.create_task(self._pursue())
        while True:
            await story()
            await workflow.wait_condition(self._at_rest)
            if self.case.closed is not None:
                return self.case.ref

    # The words of a story.

    async def owed(self, block: str) -> None:
        """Wait until everything that this block of the policy asks for has been met or withdrawn."""
        if not self.over() and not self.case.of_block(block):
            message = f"{self.case.ref}: nobody owes {block}"
            raise NotOwed(message)
        await self.until(lambda case: case.done(block))

    async def until(self, true: Callable[[Case], bool]) -> None:
        while not (true(self.case) or self.over()):
            await workflow.wait_condition(lambda: true(self.case) or self.over() or self._breaks_off())
            if self._breaks_off():
                await workflow.wait_condition(self._at_rest)
                if self.pursuit.done():
                    self.pursuit.result()
                workflow.continue_as_new(self.case)

    def over(self) -> bool:
        """Whether the rest of the story is not told: the case is closed, or was given up before its end."""
        return self.case.closed is not None

    async def closed(self) -> None:
        """Wait until nothing is owed any more."""
        await self.until(lambda case: case.closed is not None)

    def _breaks_off(self) -> bool:
        """Whether the story is told on elsewhere: the history has grown long, or the pursuit has failed."""
        return self.pursuit.done() or workflow.info().is_continue_as_new_suggested()

    def _at_rest(self) -> bool:
        return workflow.all_handlers_finished() and not self.pen.locked()

    # What is said to the case, and asked of it.

    @workflow.update
    async def act(self, signed: Signed) -> Receipt:
        """Take a command. Returns when it is written, so that whoever acted sees the result at once."""
        return await self._write(
            lambda: Batch(
                case=self.case.ref, known=self.case.known, now=workflow.now(), command=signed, opens=self.opens
            ),
            signed,
        )

    @act.validator
    def _judge(self, signed: Signed) -> None:
        """Refuse at once, without a trace in the history, what the state does not allow."""
        if self.opens is None:
            self._refuse(judge(self.case, signed.kind, signed.body, workflow.now()))

    @workflow.signal
    async def look(self, known: int) -> None:
        """The record knows more than we do: read what was missed."""
        if known > self.case.known:
            _ = await self._write(lambda: Batch(case=self.case.ref, known=self.case.known, now=workflow.now()))

    @workflow.query
    def state(self) -> Case:
        return self.case

    # One pen, one timer.

    async def _pursue(self) -> None:
        while True:
            await workflow.wait_condition(lambda: self.case.wakes is not None)
            alarm = self.case.wakes
            if alarm is not None and (ahead := alarm - workflow.now()) > timedelta(0):
                sooner = partial(self._rings_before, alarm)
                with suppress(TimeoutError):
                    await workflow.wait_condition(sooner, timeout=ahead, timeout_summary="next rung")
            _ = await self._write(self._what_is_due)

    def _rings_before(self, alarm: datetime) -> bool:
        return (self.case.wakes or alarm) < alarm

    def _what_is_due(self) -> Batch | None:
        now = workflow.now()
        due = self.case.due(now)
        return Batch(case=self.case.ref, known=self.case.known, now=now, due=tuple(due)) if due else None

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
                    if fact.number > self.case.known:
                        self.case = after(self.case, fact)
                    if signed and fact.request == signed.request:
                        number, made = fact.number, fact
                self.opens = None if self.case.known else self.opens
                self._refuse(list(written.problems))
                for opened in written.opened:
                    await self._begin(opened)
                if not written.facts and (written.stale or batch.due):
                    message = f"{self.case.ref}: nothing could be written"
                    raise RuntimeError(message)
                if not written.stale or number:
                    break
        return Receipt(case=self.case.ref, number=number, facts=self.case.known, fact=made)

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
