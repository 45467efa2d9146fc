"""Policies and calendars by the hash of their content, so that a case carries a hash and not a rule book.

What lies on the shelf never changes (the name is the content), so reading it is as pure as reading an argument. Whoever
starts a process fills it from the database. A workflow that meets a hash that is not there yet raises NotOnShelf: its
task is tried again until the worker has loaded it.
"""

import hashlib
from datetime import date
from functools import lru_cache

from models.base import Word
from models.calendar import WorkingDays
from models.ladder import Rules
from models.policy import Block, Calendar, Policy

_policies: dict[str, Policy] = {}
_calendars: dict[str, WorkingDays] = {}


APART = date(2000, 1, 1)
"""Stands in for the horizon of a calendar that is kept apart from its policy."""


class NotOnShelf(LookupError):
    """No policy or calendar with this hash has been loaded in this process yet."""


def digest(word: Word) -> str:
    return hashlib.sha256(word.model_dump_json().encode()).hexdigest()[:16]


def put(policy: Policy) -> tuple[str, str]:
    """Lay a policy and its calendar on the shelf. Returns (policy hash, calendar hash)."""
    without = policy.model_copy(update={"calendar": Calendar(version="apart", horizon=APART, warn_days=1)})
    name = digest(without)
    _policies.setdefault(name, policy)
    return name, put_calendar(policy.calendar)


def put_calendar(calendar: Calendar) -> str:
    name = digest(calendar)
    if name not in _calendars:
        _calendars[name] = WorkingDays(calendar)
    return name


def policy(name: str) -> Policy:
    if name not in _policies:
        message = f"policy {name} is not loaded"
        raise NotOnShelf(message)
    return _policies[name]


def days(name: str) -> WorkingDays:
    if name not in _calendars:
        message = f"calendar {name} is not loaded"
        raise NotOnShelf(message)
    return _calendars[name]


@lru_cache(maxsize=256)
def blocks(name: str, lifecycle: str) -> dict[str, Block]:
    """The blocks of a lifecycle, with those that answers open in every case."""
    lifecycles = policy(name).lifecycles
    return {**lifecycles["any"], **lifecycles[lifecycle]}


@lru_cache(maxsize=4096)
def rules(policy_name: str, calendar_name: str, lifecycle: str, block: str) -> Rules:
    book = policy(policy_name)
    found = blocks(policy_name, lifecycle)[block]
    return Rules(found, book.ladders[found.ladder], days(calendar_name), book.message_time)
