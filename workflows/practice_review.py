"""The life of a local child safeguarding practice review, in the order of Working Together 2023, chapter 5."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows.lifecycle import Lifecycle


@workflow.defn(name="practice_review")
class PracticeReview(Lifecycle):
    @workflow.init
    def __init__(self, kept: bytes) -> None:
        super().__init__(kept)

    @workflow.run
    async def run(self, kept: bytes) -> str:
        return await self.live(self._story)

    async def _story(self) -> None:
        await self.until(lambda case: "review_decided" in case.marks)
        await self.owed("commission")
        await self.owed("appoint_reviewer")
        await self.owed("announce_review")
        await self.owed("request_reports")
        await self.planned("agency_return")
        await self.planned("practitioner_event")
        await self.planned("family_contribution")
        await self.planned("draft_report")
        await self.planned("partners_sign_off")
        await self.owed("publication")
        await self.planned("dissemination")
        await self.owed("complete_review")
        await self.closed()

    def over(self) -> bool:
        """A review that was ended before its report is told no further; what it recommended is pursued on."""
        return super().over() or bool(self.case.said.get("discontinued"))
