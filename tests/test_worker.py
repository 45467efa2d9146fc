"""What the watch of a worker does beside cases."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from models.files import FileState
from records.files import LEFT_BEHIND, PART
from tests.support.clamd import clamd
from tests.support.documents import PDF, pieces
from tests.support.house import furnished
from worker import Watch


@pytest.mark.promise("E4")
async def test_the_watch_has_scanned_what_waits_and_takes_away_what_was_left(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    no_engine: Any = None
    there = await furnished(tmp_path, now, clamd=str(tmp_path / "c"))
    watch = Watch(no_engine, there, lambda: now)
    id_ = await there.files.take("p-008", "RR-2026-0001", "a.pdf", pieces(PDF), now)
    left = there.settings.files / f"left{PART}"
    left.touch()
    old = (now - 2 * LEFT_BEHIND).timestamp()
    os.utime(left, (old, old))
    await watch.scan()
    assert (kept := await there.files.kept(id_))
    assert (kept.state, left.exists()) == (FileState.WAITING, False)
    async with clamd(tmp_path / "c"):
        await watch.scan()
    assert (kept := await there.files.kept(id_))
    assert kept.state == FileState.CLEAN
    await there.close()
