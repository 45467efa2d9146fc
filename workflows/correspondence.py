"""What is sent to one person, one message after the other: it waits while nothing may go, and ends when nothing waits.

Everything that was decided stands in the record; so a lost workflow is started again, and goes on where it was.
"""

from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.posting import Posting
    from workflows.options import FORWARD_PAUSE, FORWARD_RETRY, FORWARD_TIMEOUT, WRITE_RETRY, WRITE_TIMEOUT


@workflow.defn(name="correspondence")
class Correspondence:
    @workflow.init
    def __init__(self, person: str) -> None:
        self.person = person
        self.called = True

    @workflow.signal
    def call(self) -> None:
        """There is something new for this person."""
        self.called = True

    @workflow.run
    async def run(self, person: str) -> None:
        while True:
            self.called = False
            ready = await workflow.execute_local_activity_method(
                Posting.ready,
                args=(person, workflow.now()),
                start_to_close_timeout=WRITE_TIMEOUT,
                retry_policy=WRITE_RETRY,
            )
            failed = [key for key in ready.bundles if not await self._forwarded(key)]
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(person)
            if failed:
                await self._rest(FORWARD_PAUSE)
            elif not ready.bundles and not self.called:
                if ready.again is None:
                    return
                await self._rest(ready.again - workflow.now())

    async def _forwarded(self, key: str) -> bool:
        """Do the next thing for one message. Returns whether that was possible: one that is not holds up no other."""
        try:
            await workflow.execute_activity_method(
                Posting.forward, key, start_to_close_timeout=FORWARD_TIMEOUT, retry_policy=FORWARD_RETRY
            )
        except ActivityError:
            return False
        return True

    async def _rest(self, span: timedelta) -> None:
        """Wait for so long, or until somebody calls."""
        if span > timedelta(0):
            try:
                await workflow.wait_condition(lambda: self.called, timeout=span)
            except TimeoutError:
                return
