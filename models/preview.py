"""What would move if something were recorded: shown before anybody confirms it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

from models.base import Message
from models.case import Case
from models.command import Command, Signed, split
from models.facts import Problem
from models.fold import after
from models.judging import judge
from models.making import fact_of
from models.obligation import Ended, Obligation
from models.telling import taken_back
from models.titles import titled


class Move(Message):
    """One date before and after. `said`: how many offices would hear that what they were told does not hold."""

    case: str
    key: str
    title: str
    agency: str = ""
    was: datetime | None
    then: datetime | None
    opens: bool = False
    """Whether it is not owed yet, and would be."""
    ends: bool = False
    given_up: bool = False
    """Whether it ends without having been done."""
    said: int = 0
    next_was: datetime | None = None
    next_then: datetime | None = None
    """When the next message goes out."""


class CannotBe(ValueError):
    """The state of the case does not allow what is previewed."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(" ".join(one.words for one in problems))


def preview(case: Case, commands: Sequence[Command], actor: str, now: datetime) -> list[Move]:
    """The dates that these commands, one after the other, would move, open or end. Raises CannotBe."""
    then, taken = case, Counter[str]()
    for command in commands:
        body = {**split(command)[0], **command.also()}
        if problems := judge(then, command.KIND, body, now):
            raise CannotBe(problems)
        signed = Signed(request="preview", case=case.ref, kind=command.KIND, actor=actor, body=body, asked=now)
        before, fact = then, fact_of(then, signed, "", now)
        then = after(before, fact)
        taken.update(key for key, _ in taken_back(before, then, fact))
    return list(_moves(case, then, taken))


def _moves(before: Case, then: Case, taken: Counter[str]) -> Iterator[Move]:
    for key, later in then.obligations.items():
        one = before.obligations.get(key)
        if not (taken[key] or (later.ended is None and (one is None or _dates(one) != _dates(later)))):
            continue
        yield Move(
            case=then.ref,
            key=key,
            title=titled(then, later),
            agency=later.agency,
            was=one.due if one else None,
            then=later.ended_at if later.ended else later.due,
            opens=one is None,
            ends=later.ended is not None,
            given_up=later.ended not in {None, Ended.MET},
            said=taken[key],
            next_was=one.speaks() if one else None,
            next_then=later.speaks(),
        )


def _dates(one: Obligation) -> tuple[datetime | None, datetime | None]:
    """When it is due, and when the next message about it goes out."""
    return one.due, one.speaks()
