"""Writing to the record on behalf of a case's workflow. May run twice; what is written once is not repeated."""

from temporalio import activity

from models.batch import Batch, Written
from records.writing import Recorder


class Writing:
    """Holds the recorder of the process that runs the worker."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    @activity.defn
    async def write(self, batch: Batch) -> Written:
        """Write a command or the rungs that are due. Never fails for good: it is tried again without end."""
        return await self._recorder.write(batch)
