"""Mail: the link that proves a referrer's address, their receipt, and the link by which somebody sets a password.

Mail is written into the database, sealed, in the transaction that made the link, and sent from there. Where no mail
server is set up it stays readable for the business unit, who then tell the referrer by other means, until its link was
used or has run out. A link for a password is written only where there is a server, and read by nobody on the way.
"""

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from models.base import Message
from models.delivery import State, pause
from models.tables import MailRow, OneTimeRow
from notifier.channels import Settled
from notifier.mail import Stage, composed, hand_over
from records.accounts import REPLACED
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
    link: str = ""
    """By what the link in it is known (records.sealing.fingerprint)."""
    used: datetime | None = None
    """When its link was first used: then its receiver has got it, by whichever way."""
    until: datetime | None = None
    """Until when its link leads anywhere; none: for ever."""

    def is_over(self, now: datetime) -> bool:
        """Whether its link leads nowhere any more, though nobody has used it: it has run out, or was replaced."""
        return self.used is None and self.until is not None and self.until <= now

    def waits(self, settings: Settings, now: datetime) -> bool:
        """Whether somebody has to pass it on: no server takes it, or it is not known that one did."""
        by_hand = self.state in TO_PASS_ON and (self.state != "queued" or not settings.smtp_host)
        return by_hand and self.used is None and not self.is_over(now)


class Post:
    """The mail that waits, and what became of it."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database, self._vault = database, vault
        self._refused: dict[int, tuple[int, datetime]] = {}
        """How often each letter was refused for now, and when it is tried again; SERVER for every letter."""

    async def write(self, session: AsyncSession, mail: Mail) -> None:
        row = MailRow(written=mail.written, state="queued", sealed=b"")
        session.add(row)
        await session.flush()
        row.sealed = self._vault.seal(
            mail.model_dump(mode="json", include={"to", "subject", "text", "private", "link"}),
            f"mail.sealed/{row.number}",
        )

    async def read(self, *states: str, most: int | None = 100) -> list[Mail]:
        """The newest first, in these states or in any, each with what has become of its link."""
        found = select(MailRow).order_by(MailRow.number.desc()).limit(most)
        async with self._database.reading() as session:
            rows = (await session.scalars(found.where(MailRow.state.in_(states)) if states else found)).all()
            written = [
                Mail(
                    number=row.number,
                    written=row.written,
                    state=row.state,
                    **self._vault.unseal(row.sealed, f"mail.sealed/{row.number}"),
                )
                for row in rows
            ]
            mine = select(OneTimeRow).where(OneTimeRow.id.in_([mail.link for mail in written if mail.link]))
            links = {link.id: link for link in await session.scalars(mine)}
        return [_followed(mail, links.get(mail.link)) for mail in written]

    async def waiting(self, settings: Settings, now: datetime) -> int:
        """How many letters somebody has to pass on."""
        return sum(mail.waits(settings, now) for mail in await self.read(*TO_PASS_ON, most=None))

    async def pass_on(self, session: AsyncSession, number: int) -> bool:
        """Note that somebody has told the receiver by other means. Returns whether it still waited for that."""
        moved = update(MailRow).where(MailRow.number == number, MailRow.state.in_(TO_PASS_ON)).values(state="passed_on")
        return (await session.execute(moved.returning(MailRow.number))).first() is not None

    async def send(self, settings: Settings, now: datetime) -> int:
        """Send what is queued, each once at most: what was taken in hand and not settled is shown as unknown.

        What is refused for now is tried again after a while, ever later; where the server itself lets nobody in,
        nothing else is tried meanwhile, or it might close the account. Returns how many were sent. Does nothing where
        no mail server is set up.
        """
        if not settings.smtp_host:
            return 0
        async with self._database.writing() as session:
            lost = update(MailRow).where(MailRow.state == "sending", MailRow.written < now - LOST_AFTER)
            await session.execute(lost.values(state="unknown"))
        sent = 0
        for mail in reversed(await self.read("queued")):
            if self._rests(SERVER, now):
                break
            if not self._rests(mail.number, now) and await self._settle(mail, "queued", "sending"):
                became = await hand_over(composed(mail.to, mail.subject, mail.text, settings), settings)
                await self._settle(mail, "sending", BECAME[became.state])
                self._note(mail.number, became, now)
                sent += became.state is State.SENT
        return sent

    def _rests(self, number: int, now: datetime) -> bool:
        return number in self._refused and now < self._refused[number][1]

    def _note(self, number: int, became: Settled, now: datetime) -> None:
        """Remember what was refused for now: by the server whatever the letter, or this letter."""
        which = SERVER if became.error in LETS_NOBODY_IN else number
        if became.state is State.FAILED_FOR_NOW:
            tries = self._refused.get(which, (0, now))[0] + 1
            self._refused[which] = tries, now + pause(tries)
        else:
            self._refused.pop(number, None)
        if which != SERVER:
            self._refused.pop(SERVER, None)

    async def _settle(self, mail: Mail, was: str, state: str) -> bool:
        async with self._database.writing() as session:
            moved = update(MailRow).where(MailRow.number == mail.number, MailRow.state == was).values(state=state)
            return (await session.execute(moved.returning(MailRow.number))).first() is not None


def _followed(mail: Mail, link: OneTimeRow | None) -> Mail:
    """The letter with what has become of its link; one that was replaced has led nowhere since."""
    if link is None:
        return mail
    until = mail.written if link.purpose == REPLACED else link.until
    return mail.model_copy(update={"used": link.used, "until": until})


SERVER = 0
LETS_NOBODY_IN = frozenset({Stage.CONNECTING, Stage.ENCRYPTING, Stage.SIGNING_IN})
LOST_AFTER = timedelta(minutes=10)
TO_PASS_ON = ("queued", "failed", "unknown")
"""States in which the receiver has not got it, or may not have."""


BECAME = {
    State.SENT: "sent",
    State.FAILED_FOR_NOW: "queued",
    State.FAILED_FOR_GOOD: "failed",
    State.UNKNOWN: "unknown",
}
