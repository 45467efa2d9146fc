"""Local accounts, sessions that live on the server, and links that are used up by a button.

Passwords: argon2id (RFC 9106). Sessions and links are kept as a digest of their token, of no use to whoever reads the
database, and with a keyed digest of whose they are, so that whoever writes into it makes none. Every sign-in, failed or
not, is a link of the chain `sign-ins`.

Whoever guesses waits, and whom they guess at does not. Wrong tries are counted by account and address; a browser in
which somebody has signed in before is counted for itself (OWASP calls this a device cookie), so that it goes on
whatever others try. Only where one account is tried from many addresses do all wait that are not known.

Where a second factor is asked for, a right password alone leads half the way: to the code, or to setting it up. With an
identity provider passwords open nothing at any door; whoever it vouches for is looked up in our own directory.
"""

import asyncio
import hmac
import secrets
from contextlib import suppress
from datetime import datetime, timedelta
from typing import NamedTuple

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import Row, Update, bindparam, func, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from models.base import Message
from models.tables import AccountRow, OneTimeRow, PersonRow, SessionRow
from records.audit import SIGN_INS, Auditor
from records.database import Database
from records.sealing import Vault, fingerprint
from records.second_factor import plain, recovery_codes, shared_secret, step_of
from records.settings import SignIn

IDLE, LONGEST = timedelta(hours=2), timedelta(hours=12)
STILL_THEIRS = timedelta(days=3)
"""So long after a session ran out, over a weekend, what was typed in it is kept for whoever it was."""
CALENDAR = "calendar"
"""The purpose of the address to which a person's calendar subscribes; it lasts until it is ended."""
BROWSER = "browser"
"""The purpose of what a browser keeps in which somebody has signed in, so that it is known again."""
HALFWAY, HALFWAY_FOR = "halfway", timedelta(minutes=10)
"""The purpose of what whoever gave the right password carries to the page of the second factor, and its life."""
RECOVERY = "recovery_code"
"""The purpose of a code that stands in for the app on a phone, once."""
ACCESS, ACCESS_FOR = "access_token", timedelta(days=90)
"""The purpose of what a program signs in with for a person, where there are no passwords; and its life."""
OF_ACCOUNT = ("invitation", BROWSER, HALFWAY, ACCESS)
"""What ends with an account, and with a new password."""
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


class WrongCode(SignInFailed):
    words = (
        "This code is not right, or has been used. Wait until the app shows the next one. After eight wrong tries you "
        "have to wait fifteen minutes."
    )


class TooLate(SignInFailed):
    words = "It took too long. Sign in again with your password."


class PasswordsOff(SignInFailed):
    words = (
        "Passwords are not used here: people sign in on the page, with the account of their organisation. A program "
        "signs in with an access token, which you make there under “Where you are signed in”."
    )


class NotInDirectory(Exception):
    """An identity provider vouches for somebody whom our directory does not know."""


class SecondFactorNeeded(Exception):
    """The password is right, and a code is needed as well; `fresh`: the second factor has to be set up first."""

    def __init__(self, person: str, *, fresh: bool) -> None:
        super().__init__()
        self.person, self.fresh = person, fresh

    @property
    def words(self) -> str:
        if self.fresh:
            return "Sign in on the page first: there you set up the second factor, which is asked for at every sign-in."
        return "The code that your authenticator app shows is needed as well, or one of your recovery codes."


class WeakPassword(Exception):
    words = f"Choose a password of {SHORTEST} characters or more. Three words that do not belong together are good."


class Session(Message):
    person: str
    form_token: str


class Running(NamedTuple):
    """A session that goes on: when it began, and its last use, to five minutes."""

    id: str
    began: datetime
    seen: datetime


class _Try(NamedTuple):
    """Somebody tries to sign in: whom they say they are, where tries are counted, and whether they have to wait."""

    person: str | None
    account: AccountRow | None
    where: str
    known: bool
    waits: bool


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
    def __init__(self, database: Database, vault: Vault, auditor: Auditor, way: SignIn = SignIn.PASSWORD) -> None:
        self._database, self._vault, self._auditor, self._way = database, vault, auditor, way
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

    async def only_link(self, purpose: str, person: str, now: datetime, until: datetime | None = None) -> str:
        """A link that lasts, in place of every earlier one of this purpose: its token."""
        async with self._database.writing() as session:
            await session.execute(_ended(purpose, person, now))
            token = await self.link(session, purpose, person, until)
            await self._auditor.append(session, SIGN_INS, now, person, f"{purpose}_address_made", {})
        return token

    async def end_links(self, purpose: str, person: str, now: datetime) -> None:
        async with self._database.writing() as session:
            await session.execute(_ended(purpose, person, now))
            await self._auditor.append(session, SIGN_INS, now, person, f"{purpose}_address_ended", {})

    async def has_link(self, purpose: str, person: str) -> bool:
        return bool(await self.left(purpose, person))

    async def left(self, purpose: str, person: str) -> int:
        """How many links of this purpose are not used up."""
        mine = select(func.count()).where(
            OneTimeRow.purpose == purpose, OneTimeRow.subject == person, OneTimeRow.used.is_(None)
        )
        async with self._database.reading() as session:
            return await session.scalar(mine) or 0

    async def set_password(self, token: str, password: str, now: datetime) -> str | None:
        """Use up an invitation, with every other one of this person; set the password.

        Their sessions end with it, their calendar's address, and what their browsers are known by. A second factor
        stays: whoever reads somebody's mail does not get past it.

        Returns the person; none if the link is spent. Raises WeakPassword, PasswordsOff.
        """
        if self.passwordless:
            raise PasswordsOff
        if len(password) < SHORTEST:
            raise WeakPassword
        hashed = await asyncio.to_thread(_hasher.hash, password)
        async with self._database.writing() as session:
            person = await self.use(session, token, "invitation", now)
            if person is None:
                return None
            await session.merge(AccountRow(person=person, password=hashed, failed=0, locked_until=None))
            for purpose in (*OF_ACCOUNT, CALENDAR):
                await session.execute(_ended(purpose, person, now))
            await session.execute(_all_of(person, now))
            await self._auditor.append(session, SIGN_INS, now, person, "password_set", {"password": hashed})
        return person

    async def sign_in(  # noqa: PLR0913 -- what is shown, and from where
        self, email: str, password: str, now: datetime, *, address: str = "", browser: str = "", code: str = ""
    ) -> str:
        """Returns the session's token. `address`: from where it is tried; `browser`: by what it may be known.

        Raises SignInFailed; SecondFactorNeeded where the password is right and a `code` is needed as well.
        """
        if self.passwordless:
            raise PasswordsOff
        person = await self.whose(email)
        tried = await self._tried(person, now, address, browser)
        right = await asyncio.to_thread(_verify, tried.account.password if tried.account else _NOBODY, password)
        if not right or tried.waits or tried.account is None:
            await self._failed(tried, now, wrong=not right)
            raise SignInFailed
        if self._way is SignIn.PASSWORD:
            async with self._database.writing() as session:
                return await self._entered(session, tried, now)
        if not code or tried.account.second_factor is None:
            raise SecondFactorNeeded(tried.account.person, fresh=tried.account.second_factor is None)
        return await self._by_code(tried, code, now)

    @property
    def passwordless(self) -> bool:
        """Whether passwords open nothing, because an identity provider says who somebody is."""
        return self._way is SignIn.OIDC

    async def whose(self, email: str) -> str | None:
        async with self._database.reading() as session:
            return await self._whose(session, email)

    async def _whose(self, session: AsyncSession, email: str) -> str | None:
        """The person of the directory who has this address."""
        return (
            await session.scalars(select(PersonRow.id).where(PersonRow.email_key == self._vault.look_up(email)))
        ).first()

    async def _tried(self, person: str | None, now: datetime, address: str, browser: str) -> _Try:
        async with self._database.reading() as session:
            account = await session.get(AccountRow, person) if person else None
        known = bool(browser and person) and await self.peek(browser, BROWSER, now) == person
        where = f"{person}/{fingerprint(browser) if known else address}"
        locked = account is not None and account.locked_until is not None and account.locked_until > now
        return _Try(person, account, where, known, self._tries.enough(where, now) or (locked and not known))

    async def _entered(self, session: AsyncSession, tried: _Try, now: datetime) -> str:
        assert tried.person
        if not tried.known:
            fresh = update(AccountRow).where(AccountRow.person == tried.person)
            await session.execute(fresh.values(failed=0, locked_until=None))
        await self._auditor.append(session, SIGN_INS, now, tried.person, "signed_in", {})
        return await self.begin(session, tried.person, now)

    async def _failed(self, tried: _Try, now: datetime, *, wrong: bool) -> None:
        """Note it, and count it where something was wrong: a password and a code alike."""
        async with self._database.writing() as session:
            account = await session.get(AccountRow, tried.person, with_for_update=True) if tried.person else None
            if account is not None and not tried.known and not tried.waits:
                account.failed += 1
                if account.failed % EVERYWHERE == 0:
                    account.locked_until = now + LONG_LOCK
            await self._auditor.append(session, SIGN_INS, now, tried.person or "unknown", "sign_in_failed", {})
        if wrong:
            self._tries.wrong(tried.where, now)

    # The second factor

    async def halfway(self, person: str, now: datetime) -> str:
        """What whoever gave the right password of this person carries to the page of the second factor."""
        async with self._database.writing() as session:
            return await self.link(session, HALFWAY, person, now + HALFWAY_FOR)

    def offered(self, half: str) -> str:
        """The secret that is offered to the app of whoever carries this: the same until it is taken or too late."""
        return shared_secret(self._vault.sign(["second factor", fingerprint(half)]))

    async def second_step(self, half: str, code: str, now: datetime, *, address: str = "", browser: str = "") -> str:
        """Go the other half of the way. Returns the session's token. Raises WrongCode, TooLate."""
        tried = await self._halfway(half, now, address, browser)
        return await self._by_code(tried, code, now, half)

    async def set_up(
        self, half: str, code: str, now: datetime, *, address: str = "", browser: str = ""
    ) -> tuple[str, list[str]]:
        """Keep the secret that was offered, once a code shows that the app has it; never over one that is there.

        Returns the session's token, and the recovery codes, of which digests alone are kept. Raises WrongCode, TooLate.
        """
        tried, secret, codes = await self._halfway(half, now, address, browser), self.offered(half), recovery_codes()
        step = step_of(secret, code, now, 0)
        async with self._database.writing() as session:
            account = await session.get_one(AccountRow, tried.person, with_for_update=True)
            free = account.second_factor is None and not tried.waits
            if step and free and await self.use(session, half, HALFWAY, now):
                account.second_factor = self._vault.seal(secret, f"accounts.second_factor/{account.person}")
                account.last_step = step
                for one in codes:
                    await self.link(session, RECOVERY, account.person, None, plain(one))
                chosen = {"secret": secret}
                await self._auditor.append(session, SIGN_INS, now, account.person, "second_factor_set", chosen)
                return await self._entered(session, tried, now), codes
        await self._failed(tried, now, wrong=step is None)
        raise WrongCode

    async def take_off(self, person: str, by: str, now: datetime) -> None:
        """A second factor is lost: it ends, with every session; its person sets up another at the next sign-in."""
        async with self._database.writing() as session:
            account = await session.get(AccountRow, person, with_for_update=True)
            if account is None or account.second_factor is None:
                return
            account.second_factor = account.last_step = None
            for purpose in (RECOVERY, HALFWAY):
                await session.execute(_ended(purpose, person, now))
            await session.execute(_all_of(person, now))
            await self._auditor.append(session, SIGN_INS, now, person, "second_factor_ended", {"by": by})
            await self._auditor.append(session, SIGN_INS, now, by, "second_factor_taken_off", {"person": person})

    async def _halfway(self, half: str, now: datetime, address: str, browser: str) -> _Try:
        person = await self.peek(half, HALFWAY, now)
        tried = await self._tried(person, now, address, browser)
        if tried.account is None:
            raise TooLate
        return tried

    async def _by_code(self, tried: _Try, code: str, now: datetime, half: str = "") -> str:
        async with self._database.writing() as session:
            if not tried.waits and await self._spend(session, str(tried.person), code, now):
                if half:
                    await self.use(session, half, HALFWAY, now)
                return await self._entered(session, tried, now)
        await self._failed(tried, now, wrong=True)
        raise WrongCode

    async def _spend(self, session: AsyncSession, person: str, code: str, now: datetime) -> bool:
        """Whether this code is right, which is then so for the last time."""
        account = await session.get(AccountRow, person, with_for_update=True)
        if account is None or account.second_factor is None:
            return False
        secret = self._vault.unseal(account.second_factor, f"accounts.second_factor/{person}")
        if step := step_of(secret, code, now, account.last_step or 0):
            account.last_step = step
            return True
        row = await self.kept(session, plain(code), RECOVERY, to_use=True)
        if row is None or row.subject != person or row.used:
            return False
        row.used = now
        await self._auditor.append(session, SIGN_INS, now, person, "recovery_code_used", {})
        return True

    # Without a password

    async def admit(self, email: str, now: datetime) -> str:
        """Begin a session for whoever the identity provider vouches for. Returns its token. Raises NotInDirectory."""
        async with self._database.writing() as session:
            if person := await self._whose(session, email):
                await self._auditor.append(session, SIGN_INS, now, person, "signed_in", {})
                return await self.begin(session, person, now)
        await self.refused(now)
        raise NotInDirectory

    async def refused(self, now: datetime) -> None:
        """Note that somebody came from the identity provider and was not let in."""
        async with self._database.writing() as session:
            await self._auditor.append(session, SIGN_INS, now, "unknown", "sign_in_failed", {})

    async def by_access_token(self, access: str, now: datetime) -> str:
        """Begin a session for a program. Returns its token. Raises SignInFailed."""
        person = await self.peek(access, ACCESS, now) if self.passwordless else None
        async with self._database.writing() as session:
            if person and (await session.scalars(select(PersonRow.id).where(PersonRow.id == person))).first():
                await self._auditor.append(session, SIGN_INS, now, person, "signed_in", {})
                return await self.begin(session, person, now)
        await self.refused(now)
        raise SignInFailed

    # Sessions

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
        await session.execute(_all_of(person, now))
        for purpose in (*OF_ACCOUNT, RECOVERY):
            await session.execute(_ended(purpose, person, now))
        if account is not None:
            await session.delete(account)
            await self._auditor.append(session, SIGN_INS, now, person, "account_ended", {})

    async def running(self, person: str, now: datetime) -> list[Running]:
        """Every session of a person that goes on, the newest first."""
        mine = select(SessionRow).where(SessionRow.person == person, SessionRow.ended.is_(None))
        lasting = mine.where(SessionRow.seen >= now - IDLE, SessionRow.began >= now - LONGEST)
        async with self._database.reading() as session:
            rows = (await session.scalars(lasting.order_by(SessionRow.began.desc()))).all()
        return [
            Running(one.id, one.began, one.seen)
            for one in rows
            if hmac.compare_digest(one.form_token, self._form_token(one.id, one.person, one.began))
        ]

    async def revoke(self, person: str, now: datetime, by: str = "", *, only: str = "", besides: str = "") -> None:
        """End every session of a person, and every access token; `only` one of them, or all `besides` one.

        `by`: who does it, if it is not the person.
        """
        running = _all_of(person, now)
        if only:
            running = running.where(SessionRow.id == only)
        if besides:
            running = running.where(SessionRow.id != besides)
        async with self._database.writing() as session:
            await session.execute(running)
            if not only and not besides:
                await session.execute(_ended(ACCESS, person, now))
            values = {"person": person}
            await self._auditor.append(session, SIGN_INS, now, by or person, "sessions_revoked", values)


_SESSION = select(SessionRow.person, SessionRow.form_token, SessionRow.began, SessionRow.seen, SessionRow.ended).where(
    SessionRow.id == bindparam("of")
)


def _all_of(person: str, now: datetime) -> Update:
    """Every session of a person that has not ended ends."""
    return update(SessionRow).where(SessionRow.person == person, SessionRow.ended.is_(None)).values(ended=now)


def _ended(purpose: str, person: str, now: datetime) -> Update:
    """Every link of this purpose that still leads somewhere ends."""
    mine = update(OneTimeRow).where(OneTimeRow.purpose == purpose, OneTimeRow.subject == person)
    return mine.where(OneTimeRow.used.is_(None)).values(used=now)


def _verify(hashed: str, password: str) -> bool:
    try:
        return _hasher.verify(hashed, password)
    except (VerifyMismatchError, InvalidHashError):
        return False
