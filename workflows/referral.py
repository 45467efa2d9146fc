"""The life of a referral, told in the order of Working Together to Safeguard Children 2023, chapter 5."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows.lifecycle import Lifecycle


@workflow.defn(name="referral")
class Referral(Lifecycle):
    @workflow.init
    def __init__(self, kept: bytes) -> None:
        super().__init__(kept)

    @workflow.run
    async def run(self, kept: bytes) -> str:
        return await self.live(self._story)

    async def _story(self) -> None:
        await self.until(lambda case: "referral_received" in case.marks)
        await self.owed("triage")
        await self.owed("tell_referrer")
        await self.closed()
