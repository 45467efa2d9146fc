"""The audit chains: one for each case, one each for sign-ins, reads and the directory.

A link is an HMAC over the link before it, its number, time, actor, kind and the commitments of its values. A value
enters as HMAC(its own salt, value): the chain says nothing of it, stays whole when keys are changed, and stays whole
when salt and value are lawfully destroyed. A seal is a digest over all heads; it is kept outside the database as well,
so that a case that was removed, or a chain whose end was cut off, is found.
"""

import hashlib
import hmac
import json
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from models.base import Message
from models.tables import CaseRow, FactRow, HeadRow, LinkRow, ReadRow, SaltRow, TextRow
from records.keys import Keys
from records.sealing import canonical

START = "0" * 64
SIGN_INS, READS, DIRECTORY = "sign-ins", "reads", "directory"


class Broken(Message):
    """The first thing that is wrong with a chain, in words."""

    chain: str
    number: int
    words: str


class Auditor:
    def __init__(self, keys: Keys) -> None:
        self._key = keys.audit.get_secret_value()

    async def append(
        self, session: AsyncSession, chain: str, at: datetime, actor: str, kind: str, values: Mapping[str, Any]
    ) -> int:
        """Add a link to a chain, and lock only that chain's head while doing so. Returns the link's number."""
        head = await session.get(HeadRow, chain, with_for_update=True)
        if head is None:
            head = HeadRow(chain=chain, number=0, mac=START)
            session.add(head)
        number, commitments = head.number + 1, {}
        for name, value in values.items():
            salt = os.urandom(16)
            commitments[name] = commit(salt, value)
            session.add(SaltRow(chain=chain, number=number, name=name, salt=salt))
        mac = self._mac(head.mac, chain, number, at, actor, kind, commitments)
        session.add(
            LinkRow(chain=chain, number=number, at=at, actor=actor, kind=kind, commitments=commitments, previous=head.mac, mac=mac)
        )
        head.number, head.mac = number, mac
        return number

    def _mac(  # noqa: PLR0913 -- every part of a link
        self, previous: str, chain: str, number: int, at: datetime, actor: str, kind: str, commitments: Mapping[str, str]
    ) -> str:
        body = canonical([previous, chain, number, at.timestamp(), actor, kind, dict(commitments)])
        return hmac.new(self._key, body, hashlib.sha256).hexdigest()

    async def verify(self, session: AsyncSession, seals: Path) -> list[Broken]:
        """The first broken link of every chain, and every chain that the newest seal knows and the database does not."""
        broken = []
        heads = {head.chain: head for head in (await session.scalars(select(HeadRow))).all()}
        with_links = set(await session.scalars(select(LinkRow.chain).distinct()))
        cases = set(await session.scalars(select(CaseRow.ref)))
        for chain in sorted(heads.keys() | with_links | cases):
            if wrong := await self._chain(session, chain, heads.get(chain)):
                broken.append(wrong)
        return [*broken, *self._against_seals(heads, seals)]

    async def _chain(self, session: AsyncSession, chain: str, head: HeadRow | None) -> Broken | None:
        values = await _values(session, chain)
        salts: dict[int, dict[str, bytes]] = {}
        for salt in (await session.scalars(select(SaltRow).where(SaltRow.chain == chain))).all():
            salts.setdefault(salt.number, {})[salt.name] = salt.salt
        previous, number = START, 0
        for link in (await session.scalars(select(LinkRow).where(LinkRow.chain == chain).order_by(LinkRow.number))).all():
            number += 1
            if link.number != number:
                return Broken(chain=chain, number=number, words="This link is missing.")
            if link.previous != previous:
                return Broken(chain=chain, number=number, words="This link does not follow the one before it.")
            if link.mac != self._mac(previous, chain, number, link.at, link.actor, link.kind, link.commitments):
                return Broken(chain=chain, number=number, words="This link was altered.")
            if words := _compare(link, values, salts.get(number, {})):
                return Broken(chain=chain, number=number, words=words)
            previous = link.mac
        if head is None or (head.number, head.mac) != (number, previous):
            return Broken(chain=chain, number=number + 1, words="The end of this chain was cut off or replaced.")
        extra = [one for one in values or {} if one > number]
        if extra:
            return Broken(chain=chain, number=min(extra), words="This was recorded without a link.")
        return None

    # Seals: a digest over all heads, chained, and written outside the database.

    async def seal(self, session: AsyncSession, seals: Path, at: datetime) -> bool:
        """Write a seal if any chain has grown since the last. Returns whether one was written."""
        heads = {head.chain: [head.number, head.mac] for head in (await session.scalars(select(HeadRow))).all()}
        last = _last_seal(seals)
        if last and last["heads"] == heads:
            return False
        body = {"number": (last["number"] if last else 0) + 1, "at": at.isoformat(), "heads": heads, "previous": last["mac"] if last else START}
        line = json.dumps({**body, "mac": hmac.new(self._key, canonical(body), hashlib.sha256).hexdigest()})
        descriptor = os.open(seals, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "a") as file:
            file.write(line + "\n")
            file.flush()
            os.fsync(file.fileno())
        return True

    def _against_seals(self, heads: Mapping[str, HeadRow], seals: Path) -> list[Broken]:
        broken, previous, last = [], START, None
        for number, seal in enumerate(_seals(seals), start=1):
            body = {name: seal[name] for name in ("number", "at", "heads", "previous")}
            mac = hmac.new(self._key, canonical(body), hashlib.sha256).hexdigest()
            if seal["mac"] != mac or seal["previous"] != previous or seal["number"] != number:
                broken.append(Broken(chain="seals", number=number, words="This seal was altered, or one before it is missing."))
                break
            previous, last = mac, seal
        for chain, (number, _) in (last["heads"] if last else {}).items():
            head = heads.get(chain)
            if head is None:
                broken.append(Broken(chain=chain, number=1, words="This chain was sealed and is not in the database any more."))
            elif head.number < number:
                broken.append(Broken(chain=chain, number=head.number + 1, words="The end of this chain was cut off after it was sealed."))
        return broken


def commit(salt: bytes, value: Any) -> str:  # noqa: ANN401 -- any JSON value
    return hmac.new(salt, canonical(value), hashlib.sha256).hexdigest()


def of_fact(row: FactRow, digest: str) -> dict[str, Any]:
    """What a fact commits itself to."""
    return {
        "fact": [row.kind, row.actor, row.office, row.agency, row.occurred.timestamp(), row.request],
        "data": row.data, "text": [row.text, digest],
    }  # fmt: skip


async def _values(session: AsyncSession, chain: str) -> dict[int, dict[str, Any]] | None:
    """What the links of this chain stand for, as the database holds it now; none for chains that commit to nothing."""
    if chain in {SIGN_INS, DIRECTORY}:
        return None
    if chain == READS:
        rows = (await session.scalars(select(ReadRow))).all()
        return {row.number: {"read": [row.person, row.case, row.what, row.at.timestamp()]} for row in rows}
    texts = {row[0]: row[1] for row in await session.execute(select(TextRow.id, TextRow.digest))}
    facts = (await session.scalars(select(FactRow).where(FactRow.case == chain))).all()
    return {row.number: of_fact(row, texts.get(row.text, "")) for row in facts}


def _compare(link: LinkRow, values: dict[int, dict[str, Any]] | None, salts: Mapping[str, bytes]) -> str:
    if values is None:
        return ""
    recorded = values.get(link.number)
    if recorded is None:
        return "What this link stands for was removed."
    for name, commitment in link.commitments.items():
        if name in salts and commit(salts[name], recorded[name]) != commitment:
            return "What this link stands for was altered."
    return ""


def _seals(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def _last_seal(path: Path) -> dict[str, Any] | None:
    seals = _seals(path)
    return seals[-1] if seals else None
