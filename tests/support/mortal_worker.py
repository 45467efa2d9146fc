"""A worker that dies where a test says: at the commit of one command, or at a named point of a message's way.

Only tests start it. The file named by TEST_DEATH says where, and what dies there. It is taken away by whoever dies.
With TEST_HURRY the worker loses its patience sooner: every duration of posting is shorter, its order is the same.
"""

import asyncio
import functools
import os
import signal
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Insert, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

import worker
from activities import posting
from activities.posting import Posting
from models import delivery
from models.batch import Batch
from models.tables import FactRow
from notifier import slack
from notifier.slack import Slack
from records import outbox
from records.outbox import Outbox
from records.settings import Settings
from records.writing import Recorder
from workflows import correspondence

DEATH, HURRY = "TEST_DEATH", "TEST_HURRY"

POINTS: dict[str, tuple[type[object], str]] = {
    "the rung is written": (Recorder, "write"),
    "messages are made": (Posting, "_ready"),
    "a message is frozen": (Outbox, "freeze"),
    "an attempt is noted": (Outbox, "begin"),
    "it is sent": (Slack, "send"),
    "its answer is recorded": (Outbox, "settle"),
    "what it says is noted": (Outbox, "note"),
    "it is looked for": (Slack, "look"),
    "the step is over": (Posting, "_forward"),
}
"""What happens to a message between its rung and its receipt, in this order; a worker dies before or after each."""


def sentence(folder: Path) -> Path:
    return folder / "death"


def condemn(folder: Path, moment: str, request: str, with_it: int = 0) -> None:
    """Say when the worker of this folder dies, and with whom."""
    _sentence(folder, f"commit|{moment}|{request}|{with_it}")


def condemn_at(folder: Path, moment: str, point: str, what: str, engine: int = 0) -> None:
    """Say at which point something dies: the `worker`, the `engine`, `both`, or the connection to the `database`."""
    assert point in POINTS
    _sentence(folder, f"{point}|{moment}|{what}|{engine}")


def _sentence(folder: Path, said: str) -> None:
    made = sentence(folder).with_suffix(".new")
    made.write_text(said)
    made.rename(sentence(folder))


def _read() -> list[str]:
    path = Path(os.environ[DEATH])
    return path.read_text().split("|") if path.exists() else ["", "", "", "0"]


def _die(*, engine: int, worker_too: bool = True) -> None:
    Path(os.environ[DEATH]).unlink()
    if engine:
        os.kill(engine, signal.SIGKILL)
    if worker_too:
        os.kill(os.getpid(), signal.SIGKILL)


# At the commit of a command


def _begun(session: Session, _: Any, connection: Connection) -> None:  # noqa: ANN401 -- SQLAlchemy's own transaction
    connection.info["of"] = session.info


def _note(connection: Connection, statement: Any, rows: Any, row: Any, _: Any) -> None:  # noqa: ANN401 -- as SQLAlchemy hands it over
    if isinstance(statement, Insert) and statement.table.name == FactRow.__tablename__:
        requests = {one["request"] for one in (*rows, *([row] if row else []))}
        connection.info["of"].setdefault("requests", set()).update(requests)


def _at_commit(session: Session, moment: str) -> None:
    if session.in_nested_transaction():
        return
    where, said, request, engine = _read()
    if where == "commit" and said == moment and request in session.info.get("requests", ()):
        _die(engine=int(engine))


def _before(session: Session) -> None:
    _at_commit(session, "before")


def _after(session: Session) -> None:
    _at_commit(session, "after")


# At a point of a message's way


def _at_point(point: str, moment: str, given: tuple[Any, ...]) -> None:
    where, said, what, engine = _read()
    if (where, said) != (point, moment) or any(isinstance(one, Batch) and not one.due for one in given):
        return
    if what == "database":
        Path(os.environ[DEATH]).unlink()
        raise OperationalError("the connection is gone", None, ConnectionResetError())
    _die(engine=int(engine) if what in {"engine", "both"} else 0, worker_too=what != "engine")


def _mortal(of: type[object], name: str, point: str) -> None:
    """Let this method be a point at which somebody may die."""
    real: Callable[..., Any] = getattr(of, name)

    @functools.wraps(real)
    async def lived(*given: Any, **named: Any) -> Any:  # noqa: ANN401 -- whatever the method takes and gives
        _at_point(point, "before", given)
        answer = await real(*given, **named)
        _at_point(point, "after", given)
        return answer

    setattr(of, name, staticmethod(lived) if isinstance(of.__dict__[name], staticmethod) else lived)


def _hurry() -> None:
    for module, name, seconds in (
        (posting, "AT_ONCE", 0.5),
        (delivery, "TIMEOUT", 1.5),
        (delivery, "SOONEST", 0.3),
        (correspondence, "FORWARD_TIMEOUT", 2),
        (outbox, "OVERDUE", 4),
    ):
        setattr(module, name, timedelta(seconds=seconds))
    slack.REQUEST = 1


if __name__ == "__main__":
    event.listen(Session, "after_begin", _begun)
    event.listen(Engine, "before_execute", _note)
    event.listen(Session, "before_commit", _before)
    event.listen(Session, "after_commit", _after)
    for name, (of, method) in POINTS.items():
        _mortal(of, method, name)
    if os.environ.get(HURRY):
        _hurry()
    asyncio.run(worker.run(Settings()))
