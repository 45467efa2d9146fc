"""Invitations to set a password, and the people who may sign in.

Where there is a mail server the link goes to the person alone, and nobody else sees it. Where there is none it is
shown to whoever passes it on; for those who decide, or see every case, only to a second person after another has asked
for it (docs/decisions/0013), for whoever holds the link can become them.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from fastapi import APIRouter
from sqlalchemy import Update, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from models.directory import Directory
from models.rights import CASE_WIDE
from models.tables import AccountRow, OneTimeRow, PersonRow, SessionRow
from notifier.post import Mail, Post
from portal.pages import Link, Message
from portal.visiting import Portal, Visitor, one_of, typed
from records.accounts import LONGEST
from records.audit import SIGN_INS
from records.sealing import fingerprint
from records.settings import SignIn

INVITED_FOR, FORGOTTEN_FOR = timedelta(days=7), timedelta(days=1)
MAILED_AT_MOST = 5
"""So many live links one person is mailed, whoever asks for them."""
BY_HAND = "Give them this link by a safe way, and be sure that it is them. It works once, for seven days."
INVITATION, ASKED = "invitation", "invitation_asked"
OFF_ASKED = "second_factor_off_asked"
"""The purpose of a second factor's end that waits for a second person."""
TAKEN_OFF = (
    "The second factor with which you sign in to case reviews was taken off, and you are signed out everywhere. You "
    "set up a new one when you sign in next.\n\nIf you did not ask for this, tell the business unit at once."
)
UNIT = frozenset({"administrator", "business_manager"})
TRUSTED = CASE_WIDE | UNIT
"""Whoever holds one of these can be the second person."""


class Waiting(NamedTuple):
    """What one person has asked for and a second one has to do: an invitation, or the end of a second factor."""

    person: str
    by: str


class Standing(NamedTuple):
    """What decides who may invite whom: who has a password, what waits for a second person, whether mail goes out."""

    directory: Directory
    known: set[str]
    waiting: Mapping[str, Waiting]
    mails: bool
    ending: Mapping[str, Waiting] = {}
    """Second factors that are to be taken off."""


class Inviter:
    """Links by which people set a password, and what is known of them."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self._post = Post(portal.there.database, portal.there.vault)

    async def known(self) -> set[str]:
        """Everybody who has a password."""
        async with self._portal.there.database.reading() as session:
            return set(await session.scalars(select(AccountRow.person)))

    async def secured(self) -> set[str]:
        """Everybody who has set up a second factor."""
        async with self._portal.there.database.reading() as session:
            return set(await session.scalars(select(AccountRow.person).where(AccountRow.second_factor.is_not(None))))

    async def inside(self) -> set[str]:
        """Everybody who has been signed in lately and not signed out."""
        lately = SessionRow.began > self._portal.clock() - LONGEST
        async with self._portal.there.database.reading() as session:
            return set(await session.scalars(select(SessionRow.person).where(lately, SessionRow.ended.is_(None))))

    async def standing(self) -> Standing:
        mails = self._portal.mails
        directory, known = await self._portal.directory(), await self.known()
        return Standing(directory, known, await self.waiting(), mails, await self.waiting(OFF_ASKED))

    async def waiting(self, purpose: str = ASKED) -> dict[str, Waiting]:
        """What waits for a second person, by whom it is for; nothing where mail goes out."""
        if self._portal.mails:
            return {}
        found = select(OneTimeRow).where(
            OneTimeRow.purpose == purpose, OneTimeRow.used.is_(None), OneTimeRow.until > self._portal.clock()
        )
        async with self._portal.there.database.reading() as session:
            rows = [row for row in await session.scalars(found) if self._portal.accounts.made(row)]
        asked = [Waiting(*row.subject.split("/", 1)) for row in rows]
        return {one.person: one for one in asked}

    async def link(self, person: str, by: str, *, asked_by: str = "") -> str:
        """The address of an invitation, for whoever passes it on."""
        now = self._portal.clock()
        async with self._portal.there.database.writing() as session:
            await session.execute(_settled(person, now))
            token = await self._portal.accounts.link(session, INVITATION, person, now + INVITED_FOR)
            values = {"person": person, "asked_by": asked_by}
            await self._portal.there.auditor.append(session, SIGN_INS, now, by, "invited", values)
        return f"{self._portal.settings.address}/invitation#{token}"

    async def ask(self, person: str, by: str, purpose: str = ASKED) -> None:
        """One of two people asks that this person be invited, or their second factor taken off."""
        now = self._portal.clock()
        async with self._portal.there.database.writing() as session:
            await session.execute(_settled(person, now, purpose))
            await self._portal.accounts.link(session, purpose, f"{person}/{by}", now + INVITED_FOR)
            await self._portal.there.auditor.append(session, SIGN_INS, now, by, purpose, {"person": person})

    async def withdraw(self, person: str, by: str) -> None:
        now = self._portal.clock()
        async with self._portal.there.database.writing() as session:
            for purpose in (ASKED, OFF_ASKED):
                await session.execute(_settled(person, now, purpose))
            values = {"person": person}
            await self._portal.there.auditor.append(session, SIGN_INS, now, by, "invitation_withdrawn", values)

    async def take_off(self, person: str, by: str) -> None:
        """End a second factor; whoever it was for learns of it by mail where there is any."""
        now = self._portal.clock()
        await self._portal.accounts.take_off(person, by, now)
        async with self._portal.there.database.writing() as session:
            await session.execute(_settled(person, now, OFF_ASKED))
            if self._portal.mails:
                to = (await self._portal.directory()).people[person].email
                mail = Mail(
                    to=to, subject="Your second factor was taken off", text=TAKEN_OFF, written=now, private=True
                )
                await self._post.write(session, mail)

    async def mail(self, person: str, by: str) -> None:
        """Mail a link to the person alone."""
        now = self._portal.clock()
        async with self._portal.there.database.writing() as session:
            await self._write(session, person, now, INVITED_FOR)
            await self._portal.there.auditor.append(session, SIGN_INS, now, by, "invited", {"person": person})

    async def forgotten(self, email: str) -> None:
        """Mail a link to whoever has forgotten their password. It is noted, whether or not there is such a person."""
        now = self._portal.clock()
        found = select(PersonRow.id).where(PersonRow.email_key == self._portal.there.vault.look_up(email))
        async with self._portal.there.database.writing() as session:
            person = (await session.scalars(found)).first()
            if person is not None and await self._live(session, person, now) < MAILED_AT_MOST:
                await self._write(session, person, now, FORGOTTEN_FOR)
            await self._portal.there.auditor.append(session, SIGN_INS, now, person or "unknown", "forgotten", {})

    @staticmethod
    async def _live(session: AsyncSession, person: str, now: datetime) -> int:
        mine = select(func.count()).where(OneTimeRow.purpose == INVITATION, OneTimeRow.subject == person)
        return await session.scalar(mine.where(OneTimeRow.used.is_(None), OneTimeRow.until > now)) or 0

    async def _write(self, session: AsyncSession, person: str, now: datetime, lasts: timedelta) -> None:
        directory = await self._portal.directory()
        token = await self._portal.accounts.link(session, INVITATION, person, now + lasts)
        days = f"{lasts.days} {'day' if lasts.days == 1 else 'days'}"
        text = (
            "With this link you set the password with which you sign in to case reviews. It works once, within "
            f"{days}:\n{self._portal.settings.address}/invitation#{token}\n\n"
            "If you do not know why you get this, tell the business unit, and do not open it."
        )
        mail = Mail(
            to=directory.people[person].email, subject="Set your password", text=text, written=now, private=True,
            link=fingerprint(token),
        )  # fmt: skip
        await self._post.write(session, mail)


def _settled(person: str, now: datetime, purpose: str = ASKED) -> Update:
    asked = update(OneTimeRow).where(OneTimeRow.purpose == purpose, OneTimeRow.subject.startswith(f"{person}/"))
    return asked.where(OneTimeRow.used.is_(None)).values(used=now)


def offices_of(directory: Directory, person: str) -> frozenset[str]:
    """Every office that somebody holds or in which they deputise, also one that begins later."""
    return frozenset(one.office for one in directory.holdings if person in {one.person, one.deputy})


def takes_two(person: str, by: str, now: Standing) -> bool:
    """Whether one person alone must not hold the link of this one, where links are passed on by hand.

    That is so of those who decide and see whole cases. Administrators and business managers are invited by one alone
    only while there is nobody who could be the second: each of them is one of the two.
    """
    offices = offices_of(now.directory, person)
    unit = person in now.known or bool(seconds(now, person, by))
    return not now.mails and (bool(offices & (CASE_WIDE - UNIT)) or (bool(offices & UNIT) and unit))


def seconds(now: Standing, *besides: str) -> list[str]:
    """The names of those who can be the second person."""
    people = now.directory.people
    found = [one for one in now.known - {*besides} if one in people and offices_of(now.directory, one) & TRUSTED]
    return sorted(people[one].name for one in found)


def router(portal: Portal) -> APIRouter:  # noqa: C901, PLR0915 -- one function for each page
    pages, inviter = APIRouter(), Inviter(portal)
    organisation = portal.settings.sign_in is SignIn.OIDC

    @pages.get("/people")
    async def people(request: Request) -> Response:
        visitor = await portal.signed_in(request)
        if not visitor.actor.anywhere(UNIT):
            return await portal.refuse(request, 403)
        return await show(request, visitor)

    async def show(request: Request, visitor: Visitor, said: str = "", link: str = "") -> Response:
        """`said`: what has become of the invitation that was asked for; `link`: to be passed on.

        Whoever is only the second person sees nothing but that.
        """
        if not visitor.actor.anywhere(UNIT):
            words = (BY_HAND, link)
            return await portal.say(request, Message(said, words, links=(Link("Back to your messages", "/inbox"),)))
        now = await inviter.standing()
        people = now.directory.people
        return await portal.page(
            request,
            "people.html",
            "People and offices",
            wide=True,
            directory=now.directory,
            known=now.known,
            waiting=_askers(visitor, now, now.waiting),
            organisation=organisation,
            can=set() if organisation else {one for one in people if _may_press(visitor, one, now)},
            secured=await inviter.secured(),
            inside=await inviter.inside(),
            ending=_askers(visitor, now, now.ending),
            may_end={one for one in people if _may_press(visitor, one, now, now.ending)},
            two={one for one in people if takes_two(one, visitor.person, now)},
            said=said,
            link=link,
            pass_it_on=BY_HAND,
        )

    @pages.post("/people/{person}/invite")
    async def invite(request: Request, person: str) -> Response:
        visitor = await portal.signed_in(request)
        portal.check_token(request, one_of(await typed(request), "_csrf"), visitor)
        now = await inviter.standing()
        if organisation or (visitor.actor.anywhere(TRUSTED) and person not in now.directory.people):
            return await portal.refuse(request, 404)
        if not _may_press(visitor, person, now):
            return await portal.refuse(request, 403)
        name, asked = now.directory.people[person].name, now.waiting.get(person)
        if now.mails:
            await inviter.mail(person, visitor.person)
            return await show(request, visitor, f"A link goes to {name} by mail, and to nobody else.")
        if asked or not takes_two(person, visitor.person, now):
            link = await inviter.link(person, visitor.person, asked_by=asked.by if asked else "")
            return await show(request, visitor, f"An invitation for {name}", link)
        await inviter.ask(person, visitor.person)
        return await show(request, visitor, _asks_for(name, seconds(now, person, visitor.person)))

    @pages.post("/people/{person}/sign-out")
    async def sign_out(request: Request, person: str) -> Response:
        """End every session of somebody, as when a computer was lost."""
        visitor = await portal.signed_in(request)
        portal.check_token(request, one_of(await typed(request), "_csrf"), visitor)
        if not visitor.actor.anywhere(UNIT):
            return await portal.refuse(request, 403)
        people = (await portal.directory()).people
        if person not in people:
            return await portal.refuse(request, 404)
        await portal.accounts.revoke(person, portal.clock(), visitor.person)
        if person == visitor.person:
            return portal.go("/sign-in")
        return await show(request, visitor, f"{people[person].name} is signed out everywhere.")

    @pages.post("/people/{person}/second-factor")
    async def take_off(request: Request, person: str) -> Response:
        """Take off a second factor that is lost. Where it takes two to invite somebody, it takes two here."""
        visitor = await portal.signed_in(request)
        portal.check_token(request, one_of(await typed(request), "_csrf"), visitor)
        now = await inviter.standing()
        if visitor.actor.anywhere(TRUSTED) and person not in now.directory.people:
            return await portal.refuse(request, 404)
        if person == visitor.person or not _may_press(visitor, person, now, now.ending):
            return await portal.refuse(request, 403)
        name = now.directory.people[person].name
        if takes_two(person, visitor.person, now) and person not in now.ending:
            await inviter.ask(person, visitor.person, OFF_ASKED)
            others = ", ".join(seconds(now, person, visitor.person)) or "nobody else can sign in yet who could"
            return await show(
                request, visitor, f"Asked. A second person takes the second factor of {name} off: {others}."
            )
        await inviter.take_off(person, visitor.person)
        said = f"The second factor of {name} is taken off. They set up a new one when they sign in next."
        return await show(request, visitor, said)

    @pages.post("/people/{person}/withdraw")
    async def withdraw(request: Request, person: str) -> Response:
        """Whoever is to be invited, or could be the second person, says that it is not wanted."""
        visitor = await portal.signed_in(request)
        portal.check_token(request, one_of(await typed(request), "_csrf"), visitor)
        if person != visitor.person and not visitor.actor.anywhere(TRUSTED):
            return await portal.refuse(request, 403)
        if person in {**await inviter.waiting(), **await inviter.waiting(OFF_ASKED)}:
            await inviter.withdraw(person, visitor.person)
        return portal.go("/inbox")

    return pages


def _may_press(visitor: Visitor, person: str, now: Standing, waiting: Mapping[str, Waiting] | None = None) -> bool:
    """Whether a press of this visitor's brings the invitation of this person further, or what else is `waiting`."""
    unit, asked = bool(visitor.actor.anywhere(UNIT)), (now.waiting if waiting is None else waiting).get(person)
    if not takes_two(person, visitor.person, now):
        return unit
    if person == visitor.person or not visitor.actor.anywhere(TRUSTED):
        return False
    return asked.by != visitor.person if asked else unit


def _askers(visitor: Visitor, now: Standing, waiting: Mapping[str, Waiting]) -> dict[str, str]:
    """Who has asked for what waits, by name, of people whom the directory knows."""
    people = now.directory.people
    return {
        person: "you" if one.by == visitor.person else people[one.by].name if one.by in people else one.by
        for person, one in waiting.items()
        if person in people
    }


def _asks_for(name: str, others: list[str]) -> str:
    if not others:
        return (
            f"Asked. The link for {name} is shown to a second person alone, and nobody else has a password yet who "
            "could be that. Invite the business manager or another administrator first, or set up a mail server."
        )
    return f"Asked. A second person gives the link for {name}, from their inbox or this page: {', '.join(others)}."
