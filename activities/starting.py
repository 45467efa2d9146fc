"""Starting the workflow of a case that another case opened. If it runs already, that is well."""

from temporalio import activity
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy

from models.batch import TASK_TIMEOUT
from models.case import Case, packed
from records.settings import TASK_QUEUE


class Starting:
    """Holds the client of the process that runs the worker."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @activity.defn
    async def start(self, case: Case) -> None:
        """Start it beside the one that opened it, and not as its child: both live on their own."""
        await self._client.start_workflow(
            case.kind,
            packed(case),
            id=case.ref,
            task_queue=TASK_QUEUE,
            task_timeout=TASK_TIMEOUT,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        )
