"""Processes that began under an earlier release go on under the present code, and command what they commanded then."""

from datetime import timedelta
from pathlib import Path

import pytest
from temporalio import workflow

from tests.support.replaying import commanded, recorded
from worker import WORKFLOWS
from workflows.lifecycle import Lifecycle

pytestmark = pytest.mark.promise("L4")
EVERY = [pytest.param(file, id=f"{file.parent.name} {file.stem}") for file in recorded()]
SMOOTH = next(file for file in recorded() if file.name.startswith("smooth.RR-"))


@pytest.mark.parametrize("file", EVERY)
async def test_a_recorded_history_is_replayed_and_commands_the_same(file: Path) -> None:
    assert await commanded(file) == file.with_suffix(".commands").read_text().splitlines()


def test_every_kind_of_process_has_a_history() -> None:
    kinds = {getattr(one, "__temporal_workflow_definition").name for one in WORKFLOWS}
    begun = {file.name: file.read_text() for file in recorded()}
    assert {kind for kind in kinds if any(f'"name": "{kind}"' in body for body in begun.values())} == kinds


async def test_a_command_that_is_left_out_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Lifecycle, "_wind", lambda _: None)
    with pytest.raises(workflow.NondeterminismError):
        await commanded(SMOOTH)


async def test_a_time_that_is_changed_is_found_though_the_engine_replays_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine compares the kinds of commands and not what they say."""
    monkeypatch.setattr("workflows.lifecycle.WRITE_TIMEOUT", timedelta(seconds=31))
    assert await commanded(SMOOTH) != SMOOTH.with_suffix(".commands").read_text().splitlines()
