"""Mail: the link that proves a referrer's address, their receipt, and the link by which somebody sets a password.

Mail is written into the database, sealed, in the transaction that made the link, and sent from there. Where no mail
server is set up it stays readable for the business unit, who then tell the referrer by other means. A link for a
password is written only where there is a server, and read by nobody on the way.
"""

from datetime import datetime, timedelta
from email.message import EmailMessage

import aiosmtplib
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from models.base import Message
from models.tables import MailRow
from records.database import Database
from records.sealing import Vault
from records.settings import Settings


class Mail(Message):
    number: int = 0
    to: str
    subject: str
    text: str
    written: datetime
    state: str = "queued"
    private: bool = False
    """Whether only whom it goes to may read it."""


class Post:
    """The mail that waits, and what became of it."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database, self._vault = database, vault

    async def write(self, session: AsyncSession, mail: Mail) -> None:
        row = MailRow(written=mail.written, state="queued", sealed=b"")
        session.add(row)
        await session.flush()
        row.sealed = self._vault.seal(
            mail.model_dump(mode="json", include={"to", "subject", "text", "private"}), f"mail.sealed/{row.number}"
        )

    async def read(self, state: str = "") -> list[Mail]:
        found = select(MailRow).order_by(MailRow.number.desc()).limit(100)
        async with self._database.reading() as session:
            rows = (await session.scalars(found.where(MailRow.state == state) if state else found)).all()
        return [
            Mail(
                number=row.number,
                written=row.written,
                state=row.state,
                **self._vault.unseal(row.sealed, f"mail.sealed/{row.number}"),
            )
            for row in rows
        ]

    async def waiting(self, settings: Settings) -> int:
        """How many letters somebody has to pass on: no server takes them, or it is not known that one did."""
        states = [state for state in TO_PASS_ON if state != "queued" or not settings.smtp_host]
        found = select(func.count()).select_from(MailRow).where(MailRow.state.in_(states))
        async with self._database.reading() as session:
            return await session.scalar(found) or 0

    async def pass_on(self, session: AsyncSession, number: int) -> bool:
        """Note that somebody has told the receiver by other means. Returns whether it still waited for that."""
        moved = update(MailRow).where(MailRow.number == number, MailRow.state.in_(TO_PASS_ON)).values(state="passed_on")
        return (await session.execute(moved.returning(MailRow.number))).first() is not None

    async def send(self, settings: Settings, now: datetime) -> int:
        """Send what is queued, each once at most: what was taken in hand and not settled is shown as unknown.

        Returns how many were sent. Does nothing where no mail server is set up.
        """
        if not settings.smtp_host:
            return 0
        async with self._database.writing() as session:
            lost = update(MailRow).where(MailRow.state == "sending", MailRow.written < now - LOST_AFTER)
            await session.execute(lost.values(state="unknown"))
        sent = 0
        for mail in reversed(await self.read("queued")):
            if await self._settle(mail, "queued", "sending"):
                state = await _send(mail, settings)
                await self._settle(mail, "sending", state)
                sent += state == "sent"
        return sent

    async def _settle(self, mail: Mail, was: str, state: str) -> bool:
        async with self._database.writing() as session:
            moved = update(MailRow).where(MailRow.number == mail.number, MailRow.state == was).values(state=state)
            return (await session.execute(moved.returning(MailRow.number))).first() is not None


LOST_AFTER = timedelta(minutes=10)
TO_PASS_ON = ("queued", "failed", "unknown")
"""States in which the receiver has not got it, or may not have."""


async def _send(mail: Mail, settings: Settings) -> str:
    """What became of it: sent, queued (refused for now, nothing was delivered), failed for good, or unknown."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = settings.smtp_from, mail.to, mail.subject
    message.set_content(mail.text)
    try:
        await aiosmtplib.send(
            message, hostname=settings.smtp_host, port=settings.smtp_port, start_tls=settings.smtp_starttls,
            username=settings.smtp_user or None, password=settings.smtp_password.get_secret_value() or None, timeout=20,
        )  # fmt: skip
    except aiosmtplib.SMTPRecipientsRefused:
        return "failed"
    except (aiosmtplib.SMTPConnectError, aiosmtplib.SMTPAuthenticationError):
        return "queued"
    except aiosmtplib.SMTPResponseException as error:
        return "queued" if error.code < PERMANENT else "failed"
    except (aiosmtplib.SMTPException, OSError):
        return "unknown"
    return "sent"


PERMANENT = 500
"""SMTP answers from here on are final (RFC 5321, 4.2.1)."""
