"""Forms that somebody has begun: saved field by field, sealed, and found again on another device or after a restart."""

import secrets
from datetime import datetime
from typing import Any

from sqlalchemy import select

from models.base import Message
from models.tables import DraftRow
from records.database import Database
from records.sealing import Vault, fingerprint


class Draft(Message):
    """What has been typed so far, as the page sends it, and the request under which it will be sent."""

    id: str
    owner: str
    case: str
    kind: str
    saved: datetime
    done: str = ""
    typed: dict[str, Any] = {}
    request: str


class Drafts:
    def __init__(self, database: Database, vault: Vault) -> None:
        self._database, self._vault = database, vault

    async def begin(self, owner: str, case: str, kind: str, now: datetime, draft_id: str = "") -> Draft:
        """A new draft. Its request id is made with it, so that sending twice is doing once."""
        fresh = Draft(
            id=draft_id or secrets.token_hex(16),
            owner=owner,
            case=case,
            kind=kind,
            saved=now,
            request=f"f-{secrets.token_hex(16)}",
        )
        return await self.save(fresh, now)

    async def save(self, draft: Draft, now: datetime) -> Draft:
        fresh = draft.model_copy(update={"saved": now})
        sealed = self._vault.seal(
            fresh.model_dump(mode="json", include={"typed", "request"}), f"drafts.sealed/{draft.id}"
        )
        async with self._database.writing() as session:
            await session.merge(
                DraftRow(
                    id=draft.id,
                    owner=draft.owner,
                    case=draft.case,
                    kind=draft.kind,
                    saved=now,
                    done=draft.done,
                    sealed=sealed,
                )
            )
        return fresh

    async def type(self, draft: Draft, typed: dict[str, Any], now: datetime) -> Draft:
        """Keep what was typed; fields that are not on this page stay as they are."""
        return await self.save(draft.model_copy(update={"typed": {**draft.typed, **typed}}), now)

    async def read(self, draft_id: str, owner: str) -> Draft | None:
        """Only its owner can read a draft."""
        async with self._database.reading() as session:
            row = await session.get(DraftRow, draft_id)
        return self._draft(row) if row is not None and row.owner == owner else None

    async def hand_over(self, draft_id: str, owner: str, now: datetime) -> Draft:
        """Give a draft to the holder of a proven link. The browser that began it keeps no part in it."""
        async with self._database.reading() as session:
            row = await session.get_one(DraftRow, draft_id)
        return await self.save(self._draft(row).model_copy(update={"owner": owner}), now)

    async def open(self, owner: str, case: str, kind: str) -> Draft | None:
        """The form of this kind that its owner has begun and not sent."""
        async with self._database.reading() as session:
            found = select(DraftRow).where(
                DraftRow.owner == owner, DraftRow.case == case, DraftRow.kind == kind, DraftRow.done == ""
            )
            row = (await session.scalars(found.order_by(DraftRow.saved.desc()).limit(1))).first()
        return self._draft(row) if row is not None else None

    def _draft(self, row: DraftRow) -> Draft:
        kept: dict[str, Any] = self._vault.unseal(row.sealed, f"drafts.sealed/{row.id}")
        return Draft(id=row.id, owner=row.owner, case=row.case, kind=row.kind, saved=row.saved, done=row.done, **kept)


def owner_of(token: str) -> str:
    """How a referrer without an account owns a form: by the secret in their link."""
    return f"link:{fingerprint(token)}"
