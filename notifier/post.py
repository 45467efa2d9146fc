"""Mail to people outside the directory: the link that proves a referrer's address, and their receipt.

Mail is written into the database, sealed, in the transaction that made the link, and sent from there. Where no mail
server is set up it stays readable for the business unit, who then tell the referrer by other means.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from models.base import Message
from models.tables import MailRow
from records.database import Database
from records.sealing import Vault


class Mail(Message):
    number: int = 0
    to: str
    subject: str
    text: str
    written: datetime
    state: str = "queued"


class Post:
    """The mail that waits, and what became of it."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database, self._vault = database, vault

    async def write(self, session: AsyncSession, mail: Mail) -> None:
        row = MailRow(written=mail.written, state="queued", sealed=b"")
        session.add(row)
        await session.flush()
        row.sealed = self._vault.seal(mail.model_dump(mode="json", include={"to", "subject", "text"}), f"mail.sealed/{row.number}")

    async def read(self, state: str = "") -> list[Mail]:
        found = select(MailRow).order_by(MailRow.number.desc()).limit(100)
        async with self._database.reading() as session:
            rows = (await session.scalars(found.where(MailRow.state == state) if state else found)).all()
        return [
            Mail(number=row.number, written=row.written, state=row.state, **self._vault.unseal(row.sealed, f"mail.sealed/{row.number}"))
            for row in rows
        ]
