"""The house's own calendar: it wakes for each regular report, and each day to see who holds which office."""

from datetime import datetime, timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.housekeeping import Housekeeping
    from workflows.options import WRITE_RETRY, WRITE_TIMEOUT


@workflow.defn(name="housekeeping")
class KeepHouse:
    @workflow.init
    def __init__(self) -> None:
        self.called = False
        self.again: datetime | None = None

    @workflow.signal
    def call(self) -> None:
        """Directory or policy have changed: look now."""
        self.called = True

    @workflow.query
    def looks(self) -> datetime | None:
        """When it looks next; none: it never has."""
        return self.again

    @workflow.run
    async def run(self) -> None:
        while not workflow.info().is_continue_as_new_suggested():
            self.called = False
            self.again = await workflow.execute_local_activity_method(
                Housekeeping.keep_house, workflow.now(), start_to_close_timeout=WRITE_TIMEOUT, retry_policy=WRITE_RETRY
            )
            try:
                span = max(self.again - workflow.now(), timedelta(seconds=1))
                await workflow.wait_condition(lambda: self.called, timeout=span)
            except TimeoutError:
                continue
        workflow.continue_as_new()
