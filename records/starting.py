"""How the workflow of a case is started from what the record says. If it runs already, that is well."""

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy

from models.batch import TASK_TIMEOUT
from models.case import Case, packed
from records.settings import TASK_QUEUE


async def start(client: Client, case: Case) -> None:
    """Start it, packed as it is carried. Raises RPCError where the engine does not answer."""
    await client.start_workflow(
        case.kind,
        packed(case),
        id=case.ref,
        task_queue=TASK_QUEUE,
        task_timeout=TASK_TIMEOUT,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
    )
