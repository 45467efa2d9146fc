"""Starting the workflow of a case that another case opened."""

from temporalio import activity
from temporalio.client import Client

from models.case import Case
from records import starting


class Starting:
    """Holds the client of the process that runs the worker."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @activity.defn
    async def start(self, case: Case) -> None:
        """Start it beside the one that opened it, and not as its child: both live on their own."""
        await starting.start(self._client, case)
