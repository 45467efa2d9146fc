"""SQLite near at hand: what only touches memory is done at once, what may wait is done in the driver's thread.

aiosqlite sends every call to a thread and waits for the answer. A transaction has some sixty calls, nearly all of them
shorter than the way there and back, so that most of its time would go into waiting. What may really wait, for another
process that writes or for the disk, still goes to the thread, and so does all that ends writing, in its order.
"""

import sqlite3
from collections.abc import Callable
from typing import Any

import aiosqlite

MAY_WAIT = ("BEGIN IMMEDIATE", "PRAGMA")
CHUNK = 64
"""Rows at a time, where rows are streamed; as in aiosqlite."""


class Near(aiosqlite.Connection):
    """One connection. Never used by two tasks at once: SQLAlchemy's pool lends it to one."""

    def __init__(self, path: str, *, writes: bool) -> None:
        super().__init__(lambda: sqlite3.connect(path, isolation_level=None, check_same_thread=False), CHUNK)
        self._thread.daemon = True
        self._at_once = {"cursor"} if writes else {"cursor", "rollback"}

    async def _execute(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 -- whatever the driver's call takes and gives
        in_memory = fn.__name__ in self._at_once or isinstance(getattr(fn, "__self__", None), sqlite3.Cursor)
        if in_memory and not (args and str(args[0]).startswith(MAY_WAIT)):
            return fn(*args, **kwargs)
        return await super()._execute(fn, *args, **kwargs)  # type: ignore[no-untyped-call]


async def near(path: str, *, writes: bool) -> Near:
    """Open the database at this path. `writes`: whether its transactions write; to end one that only reads is quick."""
    return await Near(path, writes=writes)  # type: ignore[return-value]
