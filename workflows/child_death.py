"""The review of a child's death, in the order of the Child Death Review guidance 2018."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows.lifecycle import Lifecycle


@workflow.defn(name="child_death")
class ChildDeath(Lifecycle):
    @workflow.init
    def __init__(self, kept: bytes) -> None:
        super().__init__(kept)

    @workflow.run
    async def run(self, kept: bytes) -> str:
        return await self.live(self._story)

    async def _story(self) -> None:
        await self.until(lambda case: "death_notified" in case.marks)
        await self.owed("immediate_decisions")
        await self.owed("national_database")
        await self.owed("key_worker")
        await self.planned("joint_response")
        await self.owed("request_information")
        await self.planned("agency_return")
        await self.owed("meeting")
        await self.owed("draft_analysis")
        await self.owed("panel")
        await self.owed("submit_analysis")
        await self.owed("family_feedback")
        await self.planned("consider_review")
        await self.closed()

    def over(self) -> bool:
        """A death that was handed over to another area is reviewed there."""
        return super().over() or "hand_over_received" in self.case.marks
