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
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, Insert, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from temporalio.client import Client
from temporalio.common import RetryPolicy

import worker
from activities import posting
from activities.posting import Posting
from models import delivery
from models.batch import Batch
from models.tables import FactRow
from notifier import mail, notify, slack
from notifier.mail import Mail
from notifier.notify import Notify
from notifier.slack import Slack
from records import outbox
from records.outbox import Outbox
from records.settings import Settings
from records.writing import Recorder
from workflows import correspondence

DEATH, HURRY = "TEST_DEATH", "TEST_HURRY"


class Point(NamedTuple):
    """A method that a message passes on its way. `only`: with what it is given it counts."""

    of: tuple[type[object], ...]
    method: str
    only: Callable[[tuple[Any, ...]], bool] = bool


def _speaks(given: tuple[Any, ...]) -> bool:
    return all(one.due or one.command for one in given if isinstance(one, Batch))


def _of_a_correspondence(given: tuple[Any, ...]) -> bool:
    return "correspondence" in given


def _of_somebody(given: tuple[Any, ...]) -> bool:
    return bool(given[1])


POINTS: dict[str, Point] = {
    "the rung is written": Point((Recorder,), "write", _speaks),
    "its correspondence is called": Point((Client,), "start_workflow", _of_a_correspondence),
    "messages are made": Point((Posting,), "_ready"),
    "a message is frozen": Point((Outbox,), "freeze"),
    "a message is read": Point((Outbox,), "bundle"),
    "its step is taken": Point((Posting,), "_step"),
    "its words are made": Point((Posting,), "_parcel"),
    "an attempt is noted": Point((Outbox,), "begin"),
    "it is sent": Point((Slack, Mail, Notify), "send"),
    "its answer is recorded": Point((Outbox,), "settle"),
    "what it says is noted": Point((Outbox,), "note"),
    "it is looked for": Point((Slack, Notify), "look"),
    "the business unit is told if it has to be": Point((Posting,), "_look_on"),
    "the step is over": Point((Posting,), "_forward"),
    "it stays in the inbox": Point((Outbox,), "shelve", _of_somebody),
}
"""What happens to a message between its rung and its receipt, in this order; something dies before or after each."""


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
    if (where, said) != (point, moment) or not POINTS[point].only(given):
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
        (delivery, "TIMEOUT", 1.7),
        (delivery, "SOONEST", 0.2),
        (correspondence, "FORWARD_TIMEOUT", 2),
        (notify, "TOO_OLD", 2),
        (notify, "RATE", 1),
        (outbox, "OVERDUE", 2.5),
        (worker, "TASK_TIMEOUT", 1),
    ):
        setattr(module, name, timedelta(seconds=seconds))
    for at, name, seconds in (
        (slack, "REQUEST", 0.8),
        (notify, "CONNECTING", 0.8),
        (notify, "ANSWERING", 0.8),
        (notify, "AT_MOST", 1),
        (mail, "AT_MOST", 1),
        (mail, "FAREWELL", 0.2),
    ):
        setattr(at, name, seconds)
    soon = RetryPolicy(initial_interval=timedelta(seconds=0.2), maximum_interval=timedelta(seconds=2))
    setattr(correspondence, "FORWARD_RETRY", soon)  # noqa: B010 -- it belongs to another room


def work(environment: dict[str, str], log: Path) -> None:
    """Be a worker, in a process of its own that was forked for it."""
    os.environ.update(environment)
    with log.open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    event.listen(Session, "after_begin", _begun)
    event.listen(Engine, "before_execute", _note)
    event.listen(Session, "before_commit", _before)
    event.listen(Session, "after_commit", _after)
    for name, point in POINTS.items():
        for of in point.of:
            _mortal(of, point.method, name)
    if os.environ.get(HURRY):
        _hurry()
    asyncio.run(worker.run(Settings()))
