"""Signing in and out, and the invitation by which a person sets a password."""

from collections.abc import Mapping
from datetime import timedelta

from fastapi import APIRouter
from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import Response

from models.directory import Directory
from models.tables import AccountRow
from portal.visiting import SESSION, Portal, cookie, one_of, titles, typed
from records.accounts import SHORTEST, SignInFailed, WeakPassword
from records.audit import SIGN_INS

INVITED_FOR = timedelta(days=7)


def router(portal: Portal) -> APIRouter:  # noqa: C901, PLR0915 -- one function for each page
    pages = APIRouter()

    async def sign_in_page(
        request: Request, following: str, *, email: str = "", problem: str = "", kept: bool = False
    ) -> Response:
        people = parts(await portal.directory(), titles(await portal.rules())) if portal.settings.demonstration else {}
        return await portal.page(
            request,
            "sign_in.html",
            "Sign in",
            status=422 if problem else 200,
            email=email,
            problem=problem,
            people=people,
            next=_inside(following),
            kept=kept,
        )

    @pages.get("/sign-in")
    async def show(request: Request) -> Response:
        asked = request.query_params
        return await sign_in_page(request, asked.get("next", ""), kept=bool(asked.get("kept")))

    @pages.post("/sign-in")
    async def sign_in(request: Request) -> Response:
        pairs = await typed(request)
        portal.check_token(request, one_of(pairs, "_csrf"), await portal.visitor(request))
        email = one_of(pairs, "email").strip()
        try:
            token = await portal.accounts.sign_in(email, one_of(pairs, "password"), portal.clock())
        except SignInFailed as failed:
            return await sign_in_page(request, one_of(pairs, "next"), email=email, problem=failed.words)
        return enter(request, token, _inside(one_of(pairs, "next")))

    def enter(request: Request, token: str, address: str) -> Response:
        answer = portal.go(address or "/cases")
        portal.give_cookie(request, answer, SESSION, token)
        return answer

    @pages.post("/sign-in/demonstration")
    async def demonstrate(request: Request) -> Response:
        """In the labelled demonstration anybody may be anybody; nowhere else."""
        pairs = await typed(request)
        portal.check_token(request, one_of(pairs, "_csrf"), await portal.visitor(request))
        person = one_of(pairs, "person")
        if not portal.settings.demonstration or person not in (await portal.directory()).people:
            return await portal.refuse(request, 404)
        async with portal.there.database.writing() as session:
            token = await portal.accounts.begin(session, person, portal.clock())
            await portal.there.auditor.append(session, SIGN_INS, portal.clock(), person, "demonstration", {})
        return enter(request, token, _inside(one_of(pairs, "next")))

    @pages.get("/sign-out")
    async def ask_sign_out(request: Request) -> Response:
        await portal.signed_in(request)
        return await portal.page(request, "sign_out.html", "Sign out", back="/cases")

    @pages.post("/sign-out")
    async def sign_out(request: Request) -> Response:
        visitor = await portal.signed_in(request)
        portal.check_token(request, one_of(await typed(request), "_csrf"), visitor)
        await portal.accounts.end(cookie(request, SESSION), portal.clock())
        answer = portal.go("/")
        portal.take_cookie(request, answer, SESSION)
        return answer

    @pages.get("/invitation")
    async def invited(request: Request) -> Response:
        return await portal.page(
            request, "invitation.html", "Set your password", problem="", token="", shortest=SHORTEST
        )

    @pages.post("/invitation")
    async def set_password(request: Request) -> Response:
        pairs = await typed(request)
        portal.check_token(request, one_of(pairs, "_csrf"), await portal.visitor(request))
        token, problem = one_of(pairs, "token").strip(), ""
        try:
            if await portal.accounts.set_password(token, one_of(pairs, "password"), portal.clock()) is not None:
                return portal.go("/sign-in")
            problem = "This invitation has been used already or is too old. Ask the administrator for a new one."
        except WeakPassword as weak:
            problem = weak.words
        return await portal.page(
            request, "invitation.html", "Set your password", status=422, problem=problem, token=token, shortest=SHORTEST
        )

    @pages.get("/people")
    async def people(request: Request) -> Response:
        visitor = await portal.signed_in(request)
        if not visitor.actor.anywhere(frozenset({"administrator", "business_manager"})):
            return await portal.refuse(request, 403)
        return await _people(request)

    async def _people(request: Request, link: str = "", invited_name: str = "") -> Response:
        directory = await portal.directory()
        async with portal.there.database.reading() as session:
            known = set(await session.scalars(select(AccountRow.person)))
        return await portal.page(
            request,
            "people.html",
            "People and offices",
            wide=True,
            directory=directory,
            known=known,
            link=link,
            invited=invited_name,
        )

    @pages.post("/people/{person}/invite")
    async def invite(request: Request, person: str) -> Response:
        visitor = await portal.signed_in(request)
        portal.check_token(request, one_of(await typed(request), "_csrf"), visitor)
        directory = await portal.directory()
        if not visitor.actor.anywhere(frozenset({"administrator", "business_manager"})):
            return await portal.refuse(request, 403)
        if person not in directory.people:
            return await portal.refuse(request, 404)
        now = portal.clock()
        async with portal.there.database.writing() as session:
            token = await portal.accounts.link(session, "invitation", person, now + INVITED_FOR)
            await portal.there.auditor.append(session, SIGN_INS, now, visitor.person, "invited", {"person": person})
        return await _people(request, f"{portal.settings.address}/invitation#{token}", directory.people[person].name)

    return pages


def parts(directory: Directory, offices: Mapping[str, str]) -> dict[str, str]:
    """Whom a demonstration lets one be: each person with the offices that they hold."""
    found = {}
    for id_, person in directory.people.items():
        held = [one for one in directory.holdings if one.person == id_]
        theirs = sorted({f"{offices.get(one.office, one.office)}{_of(directory, one.agency)}" for one in held})
        found[id_] = f"{person.name}{': ' if theirs else ''}{', '.join(theirs)}"
    return found


def _of(directory: Directory, agency: str | None) -> str:
    return f" of {directory.called(agency)}" if agency else ""


def _inside(address: str) -> str:
    """An address of ours to go on to; never one of somebody else's."""
    return address if address.startswith("/") and not address.startswith(("//", "/\\")) else ""
