"""Local accounts, sessions that live on the server, and links that are used up by a button.

Passwords: argon2id (RFC 9106). Sessions and links are kept as a digest of their token, of no use to whoever reads the
database, and with a keyed digest of whose they are, so that whoever writes into it makes none. Every sign-in, failed or
not, is a link of the chain `sign-ins`.

Whoever guesses waits, and whom they guess at does not. Wrong tries are counted by account and address; a browser in
which somebody has signed in before is counted for itself (OWASP calls this a device cookie), so that it goes on
whatever others try. Only where one account is tried from many addresses do all wait that are not known.
"""

import asyncio
import hmac
import secrets
from contextlib import suppress
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import Row, Update, bindparam, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from models.base import Message
from models.tables import AccountRow, OneTimeRow, PersonRow, SessionRow
from records.audit import SIGN_INS, Auditor
from records.database import Database
from records.sealing import Vault, fingerprint

IDLE, LONGEST = timedelta(hours=2), timedelta(hours=12)
STILL_THEIRS = timedelta(days=3)
"""So long after a session ran out, over a weekend, what was typed in it is kept for whoever it was."""
CALENDAR = "calendar"
"""The purpose of the address to which a person's calendar subscribes; it lasts until it is ended."""
BROWSER = "browser"
"""The purpose of what a browser keeps in which somebody has signed in, so that it is known again."""
REPLACED = "referral_ended"
"""The purpose of a referral's link since another was sent in its place."""
KNOWN_FOR = timedelta(days=180)
TRIES, LOCK = 8, timedelta(minutes=15)
"""So many wrong tries at one account, from one address or in one known browser, and how long these then wait."""
EVERYWHERE, LONG_LOCK = 40, timedelta(hours=1)
"""So many wrong tries at one account from wherever, and how long every browser then waits that is not known."""
SHORTEST = 12
_hasher = PasswordHasher()
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$dGhlLXNhbWUtd29yay1hcy13aXRoLWFuLWFjY291bnQ"


_Kept = Row[str, str, datetime, datetime, datetime | None]


class SignInFailed(Exception):
    """The words do not say which of the two was wrong."""

    words = "The e-mail address or the password is not right. After eight wrong tries you have to wait fifteen minutes."


class WeakPassword(Exception):
    words = f"Choose a password of {SHORTEST} characters or more. Three words that do not belong together are good."


class Session(Message):
    person: str
    form_token: str


class Tries:
    """The wrong tries of the last quarter of an hour, by account and where they came from. Kept in memory alone."""

    def __init__(self) -> None:
        self._wrong: dict[str, list[datetime]] = {}

    def enough(self, where: str, now: datetime) -> bool:
        return len([at for at in self._wrong.get(where, ()) if now - at < LOCK]) >= TRIES

    def wrong(self, where: str, now: datetime) -> None:
        """One more; while somebody waits nothing is counted, so that the waiting ends."""
        if not self.enough(where, now):
            self._wrong = {key: times for key, times in self._wrong.items() if now - times[-1] < LOCK}
            self._wrong.setdefault(where, []).append(now)


class Accounts:
    def __init__(self, database: Database, vault: Vault, auditor: Auditor) -> None:
        self._database, self._vault, self._auditor = database, vault, auditor
        self._tries = Tries()

    async def link(
        self, session: AsyncSession, purpose: str, subject: str, until: datetime | None, token: str = ""
    ) -> str:
        """A new link's token, by chance unless it is given; only its digest is kept."""
        token = token or secrets.token_urlsafe(32)
        id_ = fingerprint(token)
        mac = self._vault.sign(["link", id_, purpose, subject])
        session.add(OneTimeRow(id=id_, purpose=purpose, subject=subject, until=until, used=None, mac=mac))
        return token

    def made(self, row: OneTimeRow) -> bool:
        """Whether we made this link, for this purpose and subject, and nobody wrote it into the database."""
        return self._vault.signed(["link", row.id, row.purpose, row.subject], row.mac)

    async def kept(self, session: AsyncSession, token: str, purpose: str, *, to_use: bool = False) -> OneTimeRow | None:
        """The link of this token, whether or not it was used, if it is of this purpose."""
        row = await session.get(OneTimeRow, fingerprint(token), with_for_update=to_use or None)
        return row if row is not None and row.purpose == purpose and self.made(row) else None

    async def peek(self, token: str, purpose: str, now: datetime) -> str | None:
        """What a link is for, without using it up: a mail scanner's visit changes nothing."""
        async with self._database.reading() as session:
            row = await self.kept(session, token, purpose)
        good = row and row.used is None and (row.until is None or row.until > now)
        return row.subject if row and good else None

    async def use(self, session: AsyncSession, token: str, purpose: str, now: datetime) -> str | None:
        """Use a link up. Returns its subject, once."""
        row = await self.kept(session, token, purpose, to_use=True)
        if row is None or row.used or (row.until and row.until <= now):
            return None
        row.used = now
        return row.subject

    async def only_link(self, purpose: str, person: str, now: datetime) -> str:
        """A link that lasts, in place of every earlier one of this purpose: its token."""
        async with self._database.writing() as session:
            await session.execute(_ended(purpose, person, now))
            token = await self.link(session, purpose, person, None)
            await self._auditor.append(session, SIGN_INS, now, person, f"{purpose}_address_made", {})
        return token

    async def end_links(self, purpose: str, person: str, now: datetime) -> None:
        async with self._database.writing() as session:
            await session.execute(_ended(purpose, person, now))
            await self._auditor.append(session, SIGN_INS, now, person, f"{purpose}_address_ended", {})

    async def has_link(self, purpose: str, person: str) -> bool:
        mine = select(OneTimeRow.id).where(
            OneTimeRow.purpose == purpose, OneTimeRow.subject == person, OneTimeRow.used.is_(None)
        )
        async with self._database.reading() as session:
            return (await session.scalars(mine)).first() is not None

    async def set_password(self, token: str, password: str, now: datetime) -> str | None:
        """Use up an invitation, with every other one of this person; set the password.

        Their sessions end with it, their calendar's address, and what their browsers are known by.

        Returns the person; none if the link is spent. Raises WeakPassword.
        """
        if len(password) < SHORTEST:
            raise WeakPassword
        hashed = await asyncio.to_thread(_hasher.hash, password)
        async with self._database.writing() as session:
            person = await self.use(session, token, "invitation", now)
            if person is None:
                return None
            await session.merge(AccountRow(person=person, password=hashed, failed=0, locked_until=None))
            for purpose in ("invitation", CALENDAR, BROWSER):
                await session.execute(_ended(purpose, person, now))
            ended = update(SessionRow).where(SessionRow.person == person, SessionRow.ended.is_(None)).values(ended=now)
            await session.execute(ended)
            await self._auditor.append(session, SIGN_INS, now, person, "password_set", {"password": hashed})
        return person

    async def sign_in(self, email: str, password: str, now: datetime, *, address: str = "", browser: str = "") -> str:
        """Returns the session's token. `address`: from where it is tried; `browser`: by what it may be known.

        Raises SignInFailed.
        """
        async with self._database.reading() as session:
            found = select(PersonRow.id).where(PersonRow.email_key == self._vault.look_up(email))
            person = (await session.scalars(found)).first()
            account = await session.get(AccountRow, person) if person else None
        hashed = account.password if account else _NOBODY
        right = await asyncio.to_thread(_verify, hashed, password)
        known = bool(browser and person) and await self.peek(browser, BROWSER, now) == person
        where = f"{person}/{fingerprint(browser) if known else address}"
        locked = account is not None and account.locked_until is not None and account.locked_until > now
        waits = self._tries.enough(where, now) or (locked and not known)
        async with self._database.writing() as session:
            if right and not waits and person is not None:
                token = await self.begin(session, person, now)
                if not known:
                    fresh = update(AccountRow).where(AccountRow.person == person)
                    await session.execute(fresh.values(failed=0, locked_until=None))
                await self._auditor.append(session, SIGN_INS, now, person, "signed_in", {})
                return token
            await self._failed(session, person, now, counts=not known and not waits)
        if not right:
            self._tries.wrong(where, now)
        raise SignInFailed

    async def _failed(self, session: AsyncSession, person: str | None, now: datetime, *, counts: bool) -> None:
        account = await session.get(AccountRow, person, with_for_update=True) if person else None
        if account is not None and counts:
            account.failed += 1
            if account.failed % EVERYWHERE == 0:
                account.locked_until = now + LONG_LOCK
        await self._auditor.append(session, SIGN_INS, now, person or "unknown", "sign_in_failed", {})

    async def known_browser(self, token: str, browser: str, now: datetime) -> str:
        """What a browser keeps in which somebody has just signed in: what it is known by already, or something new."""
        async with self._database.writing() as session:
            person = (await session.get_one(SessionRow, fingerprint(token))).person
            row = await self.kept(session, browser, BROWSER) if browser else None
            if row is None or row.subject != person or row.used:
                return await self.link(session, BROWSER, person, now + KNOWN_FOR)
            row.until = now + KNOWN_FOR
            return browser

    async def begin(self, session: AsyncSession, person: str, now: datetime) -> str:
        token = secrets.token_urlsafe(32)
        id_ = fingerprint(token)
        form_token = self._form_token(id_, person, now)
        session.add(SessionRow(id=id_, person=person, form_token=form_token, began=now, seen=now, ended=None))
        return token

    def _form_token(self, session: str, person: str, began: datetime) -> str:
        """What every form of a session carries, and by which the session itself is known as ours."""
        return self._vault.sign(["session", session, person, began.timestamp()])

    async def session(self, reading: AsyncSession, token: str, now: datetime) -> Session | None:
        """Who this is, if the session still runs; it ends after two idle hours, or twelve."""
        mine = fingerprint(token)
        row = await self._genuine(reading, mine)
        if row is None or row.ended or now - row.seen > IDLE or now - row.began > LONGEST:
            return None
        if now - row.seen > timedelta(minutes=5):
            with suppress(DBAPIError):  # a full disk stops no reading
                async with self._database.writing() as session:
                    await session.execute(update(SessionRow).where(SessionRow.id == mine).values(seen=now))
        return Session(person=row.person, form_token=row.form_token)

    async def lately(self, reading: AsyncSession, token: str, now: datetime) -> Session | None:
        """Whose session this was: what they typed into its forms is theirs for a while after it ran out by itself."""
        row = await self._genuine(reading, fingerprint(token))
        if row is None or row.ended or now - row.seen > STILL_THEIRS:
            return None
        return Session(person=row.person, form_token=row.form_token)

    async def _genuine(self, reading: AsyncSession, id_: str) -> _Kept | None:
        """The row of a session, if it is of our making and not of somebody who writes into the database."""
        row = (await (await reading.connection()).execute(_SESSION, {"of": id_})).first()
        known = row is not None and hmac.compare_digest(row.form_token, self._form_token(id_, row.person, row.began))
        return row if known else None

    async def end(self, token: str, now: datetime) -> None:
        async with self._database.writing() as session:
            await session.execute(update(SessionRow).where(SessionRow.id == fingerprint(token)).values(ended=now))

    async def close(self, session: AsyncSession, person: str, now: datetime) -> None:
        """End the account of a person, with every session and every invitation: they have to be invited anew."""
        account = await session.get(AccountRow, person)
        running = update(SessionRow).where(SessionRow.person == person, SessionRow.ended.is_(None))
        await session.execute(running.values(ended=now))
        for purpose in ("invitation", BROWSER):
            await session.execute(_ended(purpose, person, now))
        if account is not None:
            await session.delete(account)
            await self._auditor.append(session, SIGN_INS, now, person, "account_ended", {})

    async def revoke(self, person: str, now: datetime) -> None:
        """End every session of a person."""
        async with self._database.writing() as session:
            await session.execute(
                update(SessionRow).where(SessionRow.person == person, SessionRow.ended.is_(None)).values(ended=now)
            )
            await self._auditor.append(session, SIGN_INS, now, person, "sessions_revoked", {})


_SESSION = select(SessionRow.person, SessionRow.form_token, SessionRow.began, SessionRow.seen, SessionRow.ended).where(
    SessionRow.id == bindparam("of")
)


def _ended(purpose: str, person: str, now: datetime) -> Update:
    """Every link of this purpose that still leads somewhere ends."""
    mine = update(OneTimeRow).where(OneTimeRow.purpose == purpose, OneTimeRow.subject == person)
    return mine.where(OneTimeRow.used.is_(None)).values(used=now)


def _verify(hashed: str, password: str) -> bool:
    try:
        return _hasher.verify(hashed, password)
    except (VerifyMismatchError, InvalidHashError):
        return False
