"""How the workflow of a case is started from what the record says. If it runs already, that is well."""

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from models.batch import TASK_TIMEOUT
from models.case import Case, packed
from records.settings import TASK_QUEUE


async def start(client: Client, case: Case, *, anew: bool = False) -> bool:
    """Start it, packed as it is carried. `anew`: what runs of it is ended in the same step, and it begins again.

    Returns whether it was started: one that runs goes on. Raises RPCError where the engine does not answer.
    """
    policy = WorkflowIDConflictPolicy.TERMINATE_EXISTING if anew else WorkflowIDConflictPolicy.FAIL
    try:
        await client.start_workflow(
            case.kind,
            packed(case),
            id=case.ref,
            task_queue=TASK_QUEUE,
            task_timeout=TASK_TIMEOUT,
            id_conflict_policy=policy,
        )
    except WorkflowAlreadyStartedError:
        return False
    return True
