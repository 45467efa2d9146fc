"""Whether a case was opened before for the same: the same register, the same review, the same disagreement."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from models.case import Case
from models.command import Command, split
from models.likeness import plain
from models.tables import CaseRow, FactRow, TextRow
from records.sealing import Vault


class Alike(NamedTuple):
    """By which plain answers, and by which words, two of a kind are the same. `ends`: one that is closed is over."""

    answers: tuple[str, ...]
    words: tuple[str, ...] = ()
    ends: bool = False


ALIKE: Mapping[str, Alike] = {
    "open_register": Alike(("origin", "year")),
    "enter_review": Alike(("decided_on", "settled_on", "agencies"), ("name",)),
    "raise_disagreement": Alike(("agency", "challenged"), ("about",), ends=True),
}
"""Of each command that opens a case and asks back before it opens a second one."""


async def opened_before(session: AsyncSession, vault: Vault, command: Command) -> list[Case]:
    """The cases that were opened by an answer like this one, whoever may see them."""
    like, (answers, words) = ALIKE[command.KIND], split(command)
    wanted = _named(answers, like.answers), _words(words, like)
    facts = select(FactRow.case, FactRow.data, FactRow.text).where(FactRow.kind == command.FACT)
    found = []
    for ref, data, text in (await session.execute(facts)).all():
        if _named(data, like.answers) != wanted[0]:
            continue
        kept = await session.get(TextRow, text) if like.words else None
        said = vault.unseal(kept.sealed, f"texts.sealed/{text}") if kept and kept.sealed else {}
        if _words(said, like) == wanted[1]:
            found.append(Case.model_validate((await session.get_one(CaseRow, ref)).state))
    return [one for one in found if not (like.ends and one.closed)]


def _named(answers: Mapping[str, Any], names: tuple[str, ...]) -> list[Any]:
    values = (answers.get(name) for name in names)
    return [sorted(one) if isinstance(one, list) else one for one in values]


def _words(said: Mapping[str, Any], like: Alike) -> list[str]:
    return [plain(str(said.get(name, ""))) for name in like.words]
