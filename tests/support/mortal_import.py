"""An import of a tracker from the command line, during which somebody dies where a test says: itself, or who is named.

Only tests start it, in a process of its own.
"""

import functools
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import door.taking_over
from cli import app
from door.taking_over import Over
from records.taking import Taking

NOBODY = -1
ITSELF = 0


class Point(NamedTuple):
    """Before or after so many calls of this."""

    of: object
    name: str
    moment: str
    calls: int = 1


MOMENTS: dict[str, Point] = {
    "before it is written": Point(Taking, "write", "before"),
    "written, and not committed": Point(Taking, "write", "after"),
    "committed, and nothing started": Point(Over, "_begun", "before"),
    "one has started": Point(door.taking_over, "start", "after", 1),
    "half have started": Point(door.taking_over, "start", "after", 8),
    "all have started": Point(Over, "_begun", "after"),
}
"""In the order in which an import passes them."""
COMMITTED = tuple(MOMENTS)[2:]


def _mortal(point: Point, victim: int) -> None:
    real: Callable[..., Any] = getattr(point.of, point.name)
    calls = 0

    @functools.wraps(real)
    async def lived(*given: Any, **named: Any) -> Any:  # noqa: ANN401 -- whatever it takes and gives
        nonlocal calls
        calls += 1
        if point.moment == "before" and calls == point.calls:
            os.kill(victim or os.getpid(), signal.SIGKILL)
        answer = await real(*given, **named)
        if point.moment == "after" and calls == point.calls:
            os.kill(victim or os.getpid(), signal.SIGKILL)
        return answer

    setattr(point.of, point.name, lived)


def take_over(environment: dict[str, str], log: Path, words: list[str], moment: str, victim: int) -> None:
    """Give the command. `victim`: the process that dies at this moment."""
    os.environ.update(environment)
    with log.open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    if victim != NOBODY:
        _mortal(MOMENTS[moment], victim)
    app(words)
