"""Writing to the record on behalf of a case's workflow. May run twice; what is written once is not repeated."""

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError

from models.batch import Batch, Written
from records.faults import where
from records.writing import Recorder

log = structlog.get_logger("writing")


class Writing:
    """Holds the recorder of the process that runs the worker."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    @activity.defn
    async def write(self, batch: Batch) -> Written:
        """Write a command or the rungs that are due. Never fails for good: it is tried again without end.

        What fails leaves with its class and the reference alone, for its words may be about a child.
        """
        try:
            return await self._recorder.write(batch)
        except Exception as error:  # noqa: BLE001 -- it is raised again, without its words
            kind = type(error).__name__
            log.error("not written", case=batch.case, error=kind, where=where(error))  # noqa: TRY400 -- no words
            raise ApplicationError(f"{batch.case} was not written: {kind}", type=kind) from None
