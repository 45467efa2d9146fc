"""Policies and calendars by the hash of their content, so that a case carries a hash and not a rule book.

What lies on the shelf never changes (the name is the content), so reading it is as pure as reading an argument. Whoever
starts a process fills it from the database. A workflow that meets a hash that is not there yet raises NotOnShelf: its
task is tried again until the worker has loaded it.
"""

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from models.calendar import WorkingDays
from models.ladder import Rules
from models.policy import RECOMMENDS, Block, Calendar, Policy

_policies: dict[str, Policy] = {}
_calendars: dict[str, WorkingDays] = {}


class NotOnShelf(LookupError):
    """No policy or calendar with this hash has been loaded in this process yet."""


def digest(body: Mapping[str, Any]) -> str:
    """The name of what is written here. It hangs on the words alone, not on the program that reads them."""
    plain = json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(plain.encode()).hexdigest()[:16]


def names(body: Mapping[str, Any]) -> tuple[str, str]:
    """(policy hash, calendar hash) of a policy as it is written down."""
    return digest({name: value for name, value in body.items() if name != "calendar"}), digest(body["calendar"])


def put(policy: Policy) -> tuple[str, str]:
    """Lay a policy and its calendar on the shelf. Returns (policy hash, calendar hash)."""
    named = names(policy.model_dump(mode="json"))
    lay(*named, policy)
    return named


def lay(name: str, calendar_name: str, policy: Policy) -> None:
    """Lay a policy and its calendar under the names that they once got, whatever this program would call them."""
    _policies.setdefault(name, policy)
    if calendar_name not in _calendars:
        _calendars[calendar_name] = WorkingDays(policy.calendar)


def holds_policy(name: str) -> bool:
    return name in _policies


def holds_calendar(name: str) -> bool:
    return name in _calendars


def put_calendar(calendar: Calendar) -> str:
    name = digest(calendar.model_dump(mode="json"))
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
    """The blocks of a lifecycle, with those that answers open in every case, and recommendations where it makes any."""
    lifecycles = policy(name).lifecycles
    pursued = lifecycles.get("recommendation", {}) if lifecycle in RECOMMENDS else {}
    return {**lifecycles["any"], **pursued, **lifecycles.get(lifecycle, {})}


@lru_cache(maxsize=4096)
def rules(policy_name: str, calendar_name: str, lifecycle: str, block: str, owed_by: str = "") -> Rules:
    """What the policy says of a block. `owed_by`: who owes it here, if not the block's office: they are told first."""
    book = policy(policy_name)
    found = blocks(policy_name, lifecycle)[block]
    ladder = book.ladders[found.ladder]
    if owed_by not in {"", found.owed_by}:
        first, *others = ladder.rungs
        ladder = ladder.model_copy(update={"rungs": (first.model_copy(update={"office": owed_by}), *others)})
        found = found.model_copy(update={"owed_by": owed_by})
    return Rules(found, ladder, days(calendar_name), book.message_time)
