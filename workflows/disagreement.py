"""The life of a professional disagreement: level by level, until it is resolved."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from models.disagreement import STEPS, at_risk
    from workflows.lifecycle import Lifecycle


@workflow.defn(name="disagreement")
class Disagreement(Lifecycle):
    @workflow.init
    def __init__(self, kept: bytes) -> None:
        super().__init__(kept)

    @workflow.run
    async def run(self, kept: bytes) -> str:
        return await self.live(self._story)

    async def _story(self) -> None:
        await self.until(lambda case: case.last("disagreement_raised") is not None)
        for step in STEPS:
            await self.planned(step)
            await self.planned(at_risk(step))
        await self.closed()
