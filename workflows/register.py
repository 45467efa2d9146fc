"""The life of a register: it pursues what stands in it, until it is closed."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows.lifecycle import Lifecycle


@workflow.defn(name="register")
class Register(Lifecycle):
    @workflow.init
    def __init__(self, kept: bytes) -> None:
        super().__init__(kept)

    @workflow.run
    async def run(self, kept: bytes) -> str:
        return await self.live(self._story)

    async def _story(self) -> None:
        await self.until(lambda case: "register_opened" in case.marks)
        await self.closed()
