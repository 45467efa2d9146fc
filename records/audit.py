"""The audit chains: one for each case, one each for sign-ins, reads, the directory and lists that were taken over.

A link is an HMAC over the link before it, its number, time, actor, kind and the commitments of its values. A value
enters as HMAC(its own salt, value): the chain says nothing of it, stays whole when keys are changed, and stays whole
when salt and value are lawfully destroyed. The heads of all chains are sealed in a file outside the database as well,
so that a case that was removed, or a chain whose end was cut off, is found.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, func, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from models.tables import HeadRow, LinkRow, SettingRow
from records.chains import DIRECTORY, FIRST_START, READS, SEALED, SIGN_INS, START, commit, mac_of
from records.database import inserting
from records.keys import Keys
from records.sealing import Vault
from records.seals import Seals
from records.verifying import Broken, Verifier

__all__ = ["DIRECTORY", "FIRST_START", "READS", "SIGN_INS", "Auditor", "Broken", "Entry"]

SALT = 16
"""Bytes."""
AT_ONCE = 1000
"""So many chains are asked about in one question; that more than these are unsealed is the same news."""


class Entry(NamedTuple):
    """What a link is to say: `values` are JSON values by their names, committed to and not repeated."""

    chain: str
    at: datetime
    actor: str
    kind: str
    values: Mapping[str, Any]


class Auditor:
    def __init__(self, keys: Keys, file: Path | None = None) -> None:
        """`file`: where newer keys are found."""
        self._key, self._vault = keys.audit.get_secret_value(), Vault(keys, file)
        self._seals: dict[Path, Seals] = {}

    async def append(  # noqa: PLR0913, PLR0917 -- every part of a link
        self, session: AsyncSession, chain: str, at: datetime, actor: str, kind: str, values: Mapping[str, Any]
    ) -> int:
        """Add a link to a chain. Returns the link's number."""
        connection = await session.connection()
        (number,) = await connection.run_sync(self.extend, [Entry(chain, at, actor, kind, values)])
        return number

    def extend(self, connection: Connection, entries: Sequence[Entry]) -> list[int]:
        """Add links to their chains, in this order, and lock only the heads of these chains while doing so.

        Returns the numbers of the links. Costs as many statements for one link as for a hundred.
        """
        heads = self._heads(connection, sorted({entry.chain for entry in entries}))
        links: list[dict[str, Any]] = []
        for chain, at, actor, kind, values in entries:
            number, previous = heads[chain][0] + 1, heads[chain][1]
            salts = {name: os.urandom(SALT) for name in values}
            commitments = {name: commit(salt, values[name]) for name, salt in salts.items()}
            mac = mac_of(self._key, previous, chain, number, at, actor, kind, commitments)
            links.append({
                "chain": chain, "number": number, "at": at, "actor": actor, "kind": kind, "commitments": commitments,
                "salts": {name: salt.hex() for name, salt in salts.items()}, "previous": previous, "mac": mac,
            })  # fmt: skip
            heads[chain] = number, mac
        connection.execute(_LINKS, links)
        connection.execute(_MOVED, [{"of": chain, "n": n, "m": mac} for chain, (n, mac) in heads.items()])
        return [link["number"] for link in links]

    @staticmethod
    def _heads(connection: Connection, chains: Sequence[str]) -> dict[str, tuple[int, str]]:
        """The locked heads of these chains; those that begin now are made first, whoever else begins them as well."""
        found = connection.execute(_HEADS, {"of": chains})
        heads = {chain: (number, mac) for chain, number, mac in found}
        if new := [{"chain": chain, "number": 0, "mac": START} for chain in chains if chain not in heads]:
            connection.execute(inserting(HeadRow, connection.dialect.name).on_conflict_do_nothing(), new)
            found = connection.execute(_HEADS, {"of": chains})
            heads = {chain: (number, mac) for chain, number, mac in found}
        return heads

    async def verify(
        self, session: AsyncSession, seals: Path, looked: Callable[[int, int], None] | None = None
    ) -> list[Broken]:
        """The first broken link of every chain, and every chain that a seal knows and the database does not.

        `looked` hears how many chains of how many have been looked at.
        """
        return await Verifier(session, self._key, self._vault).broken(Seals(seals, self._key), looked)

    async def seal(self, session: AsyncSession, seals: Path, at: datetime) -> bool:
        """Write a seal if any chain has grown since the last. Returns whether one was written.

        The database keeps the end of the file, so that a file that was removed, emptied or cut is found.
        """
        rows = await session.execute(select(HeadRow.chain, HeadRow.number, HeadRow.mac))
        heads = {chain: (number, mac) for chain, number, mac in rows}
        file = self._seals.setdefault(seals, Seals(seals, self._key))
        row = await session.get(SettingRow, SEALED)
        follows = file.holds(row.value if row else "")
        if not file.append(heads, at):
            return False
        if follows:  # seals that were removed are not covered up by those that come after
            await session.merge(SettingRow(name=SEALED, value=file.end))
        return True

    async def unsealed(self, session: AsyncSession, seals: Path, before: datetime) -> int:
        """How many chains had grown before that moment, and are not sealed as far as that yet."""
        rows = await session.execute(select(HeadRow.chain, HeadRow.number, HeadRow.mac))
        heads = {chain: (number, mac) for chain, number, mac in rows}
        try:
            sealed = self._seals.setdefault(seals, Seals(seals, self._key)).heads
        except OSError:  # a file that cannot be read is none
            sealed = {}
        behind = [(chain, sealed.get(chain, (0, ""))[0] + 1) for chain in heads if sealed.get(chain) != heads[chain]]
        first = tuple_(LinkRow.chain, LinkRow.number).in_(behind[:AT_ONCE])
        return await session.scalar(select(func.count()).where(first, LinkRow.at < before)) or 0


_HEADS = (
    select(HeadRow.chain, HeadRow.number, HeadRow.mac)
    .where(HeadRow.chain.in_(bindparam("of", expanding=True)))
    .with_for_update()
)
_MOVED = update(HeadRow).where(HeadRow.chain == bindparam("of")).values(number=bindparam("n"), mac=bindparam("m"))
_LINKS = insert(LinkRow)
