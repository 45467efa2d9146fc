"""What a case's workflow hands to the record, and what comes back."""

from datetime import datetime, timedelta

from models.base import Message
from models.case import Case
from models.command import Signed
from models.facts import Fact, Problem
from models.obligation import Due

TASK_TIMEOUT = timedelta(seconds=3)
"""How soon the engine gives a step of a case to another worker, when one was killed in the middle of it."""


class Batch(Message):
    """`known`: the last fact that the workflow knows. A record that is ahead writes nothing and says what was missed.

    `opens`: the case as it begins, when its first fact is still to be written.
    """

    case: str
    known: int
    now: datetime
    command: Signed | None = None
    due: tuple[Due, ...] = ()
    opens: Case | None = None


class Written(Message):
    """Every fact after `known`, oldest first; `opened`: new cases. `stale`: nothing was written, so judge again.

    `number`: the fact that the command has become, now or earlier.
    """

    facts: tuple[Fact, ...] = ()
    stale: bool = False
    problems: tuple[Problem, ...] = ()
    opened: tuple[Case, ...] = ()
    number: int = 0


class Receipt(Message):
    """What whoever acted is told: the number of their fact, and what the case is now."""

    case: str
    number: int
    facts: int
    fact: Fact | None = None
    """The fact itself, when it was written just now; an earlier one is read from the record."""
