"""What would move if something were recorded: shown before anybody confirms it."""

from collections.abc import Iterable
from datetime import datetime

from models import shelf
from models.base import Message
from models.case import Case
from models.command import Command, Signed, split
from models.fold import after
from models.judging import judge
from models.making import fact_of


class Move(Message):
    """One date before and after. `said`: how many messages would be taken back."""

    case: str
    key: str
    title: str
    agency: str = ""
    was: datetime | None
    then: datetime | None
    said: int = 0


def preview(case: Case, command: Command, actor: str, now: datetime) -> list[Move] | None:
    """The dates that this command would move; None if the state of the case does not allow it."""
    body = {**split(command)[0], **command.also()}
    if judge(case, command.KIND, body, now):
        return None
    signed = Signed(request="preview", case=case.ref, kind=command.KIND, actor=actor, body=body, asked=now)
    return list(moves(case, after(case, fact_of(case, signed, "", now))))


def moves(before: Case, then: Case) -> Iterable[Move]:
    blocks = shelf.blocks(then.policy, then.kind)
    for key, one in before.obligations.items():
        later = then.obligations[key]
        if one.ended is None and later.due != one.due:
            taken_back = sum(1 for told in one.told if told.round == one.round and later.round > one.round)
            yield Move(
                case=then.ref,
                key=key,
                title=blocks[one.block].title,
                agency=one.agency,
                was=one.due,
                then=later.due,
                said=taken_back,
            )
