"""Histories that were recorded under a release, what they make the present code command, and how they are recorded."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from google.protobuf.json_format import MessageToDict
from temporalio.client import WorkflowHistory
from temporalio.converter import DataConverter
from temporalio.worker import (
    Replayer,
    UnsandboxedWorkflowRunner,
    WorkflowInstance,
    WorkflowInstanceDetails,
    WorkflowRunner,
)

from models import shelf
from models.policy import Policy
from records.codec import Messages
from worker import WORKFLOWS

HISTORIES = Path(__file__).parents[1] / "histories"
PLAIN = DataConverter(payload_converter_class=Messages)
"""As everywhere, but not encrypted: what is recorded holds invented cases only, and is read by people."""
RULES = "rules"
PASSING = frozenset({"lang_idempotency", "seq", "versioning_intent"})
"""What a command says of itself and not of what is to happen."""


class Listening(WorkflowRunner):
    """Runs workflows as a worker does, and notes every command that they give."""

    def __init__(self) -> None:
        self._runner = UnsandboxedWorkflowRunner()
        self.commands: list[str] = []

    def prepare_workflow(self, defn: Any) -> None:  # noqa: ANN401 -- the library's own
        self._runner.prepare_workflow(defn)

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        instance, commands = self._runner.create_instance(det), self.commands
        activate = instance.activate

        def noting(act: Any) -> Any:  # noqa: ANN401 -- the library's own
            done = activate(act)
            commands.extend(_said(one) for one in done.successful.commands)
            return done

        instance.activate = noting  # type: ignore[method-assign]
        return instance

    def set_worker_level_failure_exception_types(self, types: Any) -> None:  # noqa: ANN401 -- the library's own
        self._runner.set_worker_level_failure_exception_types(types)


def _said(command: Any) -> str:  # noqa: ANN401 -- a command of the library
    """One line: what is commanded, its times in full, and a digest of all that it says."""
    kind = command.WhichOneof("variant")
    body = MessageToDict(getattr(command, kind), preserving_proto_field_name=True)
    body = {name: value for name, value in body.items() if name not in PASSING}
    times = [f"{name}={value}" for name, value in sorted(body.items()) if "timeout" in name or name == "attempt"]
    named = [str(body[name]) for name in ("activity_type", "workflow_type", "patch_id") if name in body]
    digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:12]
    return " ".join([kind, *named, *times, digest])


def rules_of(folder: Path, digest: str) -> Path:
    """Where the policy and calendar of this name are kept."""
    return folder / RULES / f"{digest.replace('/', '-')}.json"


def shelved(folder: Path) -> None:
    """Lay the rules of this release on the shelf, as whoever starts a worker does."""
    for file in (folder / RULES).glob("*.json"):
        policy, _, calendar = file.stem.partition("-")
        shelf.lay(policy, calendar, Policy.model_validate_json(file.read_bytes()))


async def commanded(file: Path) -> list[str]:
    """Replay a recorded history under the present code. Returns its commands; raises where it cannot be replayed."""
    shelved(file.parent)
    listening = Listening()
    replayer = Replayer(workflows=WORKFLOWS, data_converter=PLAIN, workflow_runner=listening)
    await replayer.replay_workflow(_history(file))
    return listening.commands


def _history(file: Path) -> WorkflowHistory:
    return WorkflowHistory.from_json(file.stem, file.read_text())


def recorded() -> Iterator[Path]:
    """Every history of every release, the oldest first."""
    yield from sorted(HISTORIES.glob("*/*.json"))
