"""The life of a rapid review, told in the order of Working Together to Safeguard Children 2023, chapter 5."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from models.rapid_review import WITHDRAWN
    from workflows.lifecycle import Lifecycle


@workflow.defn(name="rapid_review")
class RapidReview(Lifecycle):
    @workflow.init
    def __init__(self, kept: bytes) -> None:
        super().__init__(kept)

    @workflow.run
    async def run(self, kept: bytes) -> str:
        return await self.live(self._story)

    async def _story(self) -> None:
        await self.owed("notify_national_panel")
        await self.owed("request_information")
        await self.owed("agency_return")
        await self.owed("independent_analysis")
        await self.owed("meeting")
        await self.owed("decision")
        await self.owed("submission")
        await self.owed("panel_answer")
        await self._decided_for_good()
        await self.owed("tell_referrer")
        await self.closed()

    def over(self) -> bool:
        """A withdrawn notification ends the review: only the referrer is owed an answer."""
        return super().over() or self.case.said.get("outcome") == WITHDRAWN

    async def _decided_for_good(self) -> None:
        """A parked decision waits here for its event, or for the day on which it is looked at again."""
        await self.until(lambda case: "decided" in case.marks)
