"""The audit chains: one for each case, one each for sign-ins, reads and the directory.

A link is an HMAC over the link before it, its number, time, actor, kind and the commitments of its values. A value
enters as HMAC(its own salt, value): the chain says nothing of it, stays whole when keys are changed, and stays whole
when salt and value are lawfully destroyed. The heads of all chains are sealed in a file outside the database as well,
so that a case that was removed, or a chain whose end was cut off, is found.
"""

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from models.tables import HeadRow, LinkRow, SaltRow
from records.chains import DIRECTORY, READS, SIGN_INS, START, commit, mac_of
from records.keys import Keys
from records.sealing import Vault
from records.seals import Seals
from records.verifying import Broken, Verifier

__all__ = ["DIRECTORY", "READS", "SIGN_INS", "Auditor", "Broken"]


class Auditor:
    def __init__(self, keys: Keys) -> None:
        self._key, self._vault = keys.audit.get_secret_value(), Vault(keys)
        self._seals: dict[Path, Seals] = {}

    async def append(  # noqa: PLR0913, PLR0917 -- every part of a link
        self, session: AsyncSession, chain: str, at: datetime, actor: str, kind: str, values: Mapping[str, Any]
    ) -> int:
        """Add a link to a chain, and lock only that chain's head while doing so. Returns the link's number."""
        head = await self._head(session, chain)
        number, commitments = head.number + 1, {}
        for name, value in values.items():
            salt = os.urandom(16)
            commitments[name] = commit(salt, value)
            session.add(SaltRow(chain=chain, number=number, name=name, salt=salt))
        mac = mac_of(self._key, head.mac, chain, number, at, actor, kind, commitments)
        session.add(
            LinkRow(
                chain=chain,
                number=number,
                at=at,
                actor=actor,
                kind=kind,
                commitments=commitments,
                previous=head.mac,
                mac=mac,
            )
        )
        head.number, head.mac = number, mac
        return number

    async def _head(self, session: AsyncSession, chain: str) -> HeadRow:
        head = await session.get(HeadRow, chain, with_for_update=True)
        if head is None:
            with suppress(IntegrityError):  # another transaction may begin the same chain at this moment
                async with session.begin_nested():
                    session.add(HeadRow(chain=chain, number=0, mac=START))
            head = await session.get_one(HeadRow, chain, with_for_update=True)
        return head

    async def verify(
        self, session: AsyncSession, seals: Path, looked: Callable[[int, int], None] | None = None
    ) -> list[Broken]:
        """The first broken link of every chain, and every chain that a seal knows and the database does not.

        `looked` hears how many chains of how many have been looked at.
        """
        return await Verifier(session, self._key, self._vault).broken(Seals(seals, self._key), looked)

    async def seal(self, session: AsyncSession, seals: Path, at: datetime) -> bool:
        """Write a seal if any chain has grown since the last. Returns whether one was written."""
        rows = await session.execute(select(HeadRow.chain, HeadRow.number, HeadRow.mac))
        heads = {chain: (number, mac) for chain, number, mac in rows}
        return self._seals.setdefault(seals, Seals(seals, self._key)).append(heads, at)
