"""Signing in and out, setting a password, and what to do when it is forgotten."""

from collections.abc import Mapping

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from models.directory import Directory
from models.telling import MANAGER
from portal.inviting import Inviter
from portal.keeping import keep_carried
from portal.pages import Message
from portal.visiting import BROWSER, SESSION, Portal, address_of, code_in, cookie, one_of, titles, typed
from records.accounts import KNOWN_FOR, SHORTEST, SignInFailed, WeakPassword
from records.audit import SIGN_INS

FRESH, CARRIED = "set", "_carried"
"""Says in the address of the sign-in page that a password has just been set."""
MAILED = Message(
    "Look at your mail",
    (
        "If this is the address of somebody who may sign in, a link goes there now. It works once, within a day.",
        "If nothing comes, look among unwanted mail, or ask the business unit.",
    ),
)


async def sign_in_page(  # noqa: PLR0913 -- what the page says
    portal: Portal,
    request: Request,
    following: str,
    *,
    email: str = "",
    problem: str = "",
    kept: bool = False,
    fresh: bool = False,
    carried: str = "",
) -> Response:
    """`following`: where to go on. `carried`: what was typed there, kept for whoever signs in if it is theirs."""
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
        fresh=fresh,
        carried=carried,
    )


def router(portal: Portal) -> APIRouter:  # noqa: C901, PLR0915 -- one function for each page
    pages, inviter = APIRouter(), Inviter(portal)

    @pages.get("/sign-in")
    async def show(request: Request) -> Response:
        asked = request.query_params
        kept, fresh = bool(asked.get("kept")), bool(asked.get(FRESH))
        return await sign_in_page(portal, request, asked.get("next", ""), kept=kept, fresh=fresh)

    @pages.post("/sign-in")
    async def sign_in(request: Request) -> Response:
        pairs = await typed(request)
        portal.check_token(request, one_of(pairs, "_csrf"), await portal.visitor(request))
        email, now, browser = one_of(pairs, "email").strip(), portal.clock(), cookie(request, BROWSER)
        try:
            token = await portal.accounts.sign_in(
                email, one_of(pairs, "password"), now, address=address_of(request), browser=browser
            )
        except SignInFailed as failed:
            following, typed_there = one_of(pairs, "next"), one_of(pairs, CARRIED)
            return await sign_in_page(
                portal, request, following, email=email, problem=failed.words, carried=typed_there
            )
        answer = await enter(request, token, pairs)
        known = await portal.accounts.known_browser(token, browser, now)
        portal.give_cookie(request, answer, BROWSER, known, KNOWN_FOR)
        return answer

    async def enter(request: Request, token: str, pairs: list[tuple[str, str]]) -> Response:
        await keep_carried(portal, request, await portal.holder(token), one_of(pairs, CARRIED))
        answer = portal.go(_inside(one_of(pairs, "next")) or "/cases")
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
        return await enter(request, token, pairs)

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
        token, problem = code_in(pairs), ""
        try:
            if await portal.accounts.set_password(token, one_of(pairs, "password"), portal.clock()) is not None:
                return portal.go(f"/sign-in?{FRESH}=yes")
            problem = "This invitation has been used already or is too old. Ask the administrator for a new one."
        except WeakPassword as weak:
            problem = weak.words
        return await portal.page(
            request, "invitation.html", "Set your password", status=422, problem=problem, token=token, shortest=SHORTEST
        )

    @pages.get("/forgotten")
    async def forgotten(request: Request) -> Response:
        directory = await portal.directory()
        held = [one.person for one in directory.holdings if one.office in {MANAGER, "administrator"}]
        names = [directory.people[person].name for person in dict.fromkeys(held) if person in directory.people]
        return await portal.page(request, "forgotten.html", "Forgotten password", back="/sign-in", names=names)

    @pages.post("/forgotten")
    async def mail_link(request: Request) -> Response:
        """The answer is the same, whoever asks and whether or not there is such a person."""
        pairs = await typed(request)
        portal.check_token(request, one_of(pairs, "_csrf"), await portal.visitor(request))
        if not portal.mails:
            return portal.go("/forgotten")
        await inviter.forgotten(one_of(pairs, "email").strip())
        return await portal.say(request, MAILED)

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
