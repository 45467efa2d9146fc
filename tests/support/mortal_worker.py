"""A worker that dies where a test says: just before, or just after, the commit of one command. Only tests start it.

The file named by TEST_DEATH says `before` or `after`, the request of the command, and which other process dies with it.
"""

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Insert, event
from sqlalchemy.orm import Session

import worker
from models.tables import FactRow
from records.settings import Settings

DEATH = "TEST_DEATH"


def sentence(folder: Path) -> Path:
    return folder / "death"


def condemn(folder: Path, moment: str, request: str, with_it: int = 0) -> None:
    """Say when the worker of this folder dies, and with whom."""
    made = sentence(folder).with_suffix(".new")
    made.write_text(f"{moment} {request} {with_it}")
    made.rename(sentence(folder))


def _begun(session: Session, _: Any, connection: Connection) -> None:  # noqa: ANN401 -- SQLAlchemy's own transaction
    connection.info["of"] = session.info


def _note(connection: Connection, statement: Any, rows: Any, row: Any, _: Any) -> None:  # noqa: ANN401 -- as SQLAlchemy hands it over
    if isinstance(statement, Insert) and statement.table.name == FactRow.__tablename__:
        requests = {one["request"] for one in (*rows, *([row] if row else []))}
        connection.info["of"].setdefault("requests", set()).update(requests)


def _die(session: Session, moment: str) -> None:
    path = Path(os.environ[DEATH])
    if session.in_nested_transaction() or not path.exists():
        return
    said, request, with_it = path.read_text().split()
    if said == moment and request in session.info.get("requests", ()):
        path.unlink()
        if int(with_it):
            os.kill(int(with_it), signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)


def _before(session: Session) -> None:
    _die(session, "before")


def _after(session: Session) -> None:
    _die(session, "after")


if __name__ == "__main__":
    event.listen(Session, "after_begin", _begun)
    event.listen(Engine, "before_execute", _note)
    event.listen(Session, "before_commit", _before)
    event.listen(Session, "after_commit", _after)
    asyncio.run(worker.run(Settings()))
