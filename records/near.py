"""SQLite near at hand: what only touches memory is done at once, what may wait is done in the driver's thread.

aiosqlite sends every call to a thread and waits for the answer. A transaction has some sixty calls, nearly all of them
shorter than the way there and back, so that most of its time would go into waiting. What may really wait, for another
process that writes or for the disk, still goes to the thread, and so does all that ends writing, in its order.
"""

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiosqlite

MAY_WAIT = ("BEGIN IMMEDIATE", "PRAGMA")
CHUNK = 64
"""Rows at a time, where rows are streamed; as in aiosqlite."""


class Near(aiosqlite.Connection):
    """One connection. Never used by two tasks at once: SQLAlchemy's pool lends it to one."""

    def __init__(self, path: str, *, writes: bool) -> None:
        address = _address(Path(path))
        super().__init__(
            lambda: sqlite3.connect(
                address, isolation_level=None, check_same_thread=False, uri=address.startswith("file:")
            ),
            CHUNK,
        )
        self._thread.daemon = True
        self._at_once = {"cursor"} if writes else {"cursor", "rollback"}

    async def _execute(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 -- whatever the driver's call takes and gives
        on = getattr(fn, "__self__", None)
        over = fn.__name__ == "rollback" and isinstance(on, sqlite3.Connection) and not on.in_transaction
        in_memory = fn.__name__ in self._at_once or over or isinstance(on, sqlite3.Cursor)
        if in_memory and not (args and str(args[0]).startswith(MAY_WAIT)):
            return fn(*args, **kwargs)
        return await super()._execute(fn, *args, **kwargs)  # type: ignore[no-untyped-call]


def _address(path: Path) -> str:
    """What SQLite opens. A copy that may only be read is looked at as it lies there, and nothing is made beside it."""
    if os.access(path.parent, os.W_OK) and (os.access(path, os.W_OK) or not path.exists()):
        return str(path)
    waiting = path.with_name(f"{path.name}-wal")
    whole = not waiting.exists() or not waiting.stat().st_size
    # What still waits in the journal belongs to the records, and then SQLite has to be told to look there.
    return f"{path.resolve().as_uri()}?{'immutable=1' if whole else 'mode=ro'}"


async def near(path: str, *, writes: bool) -> Near:
    """Open the database at this path. `writes`: whether its transactions write; to end one that only reads is quick."""
    return await Near(path, writes=writes)  # type: ignore[return-value]
