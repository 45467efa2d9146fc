"""Signing in and out, setting a password, and what to do when it is forgotten."""

from collections.abc import Mapping

import segno
from fastapi import APIRouter
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from models.directory import Directory
from models.telling import MANAGER
from portal.inviting import Inviter
from portal.keeping import keep_carried
from portal.pages import Link, Message
from portal.visiting import BROWSER, SESSION, Portal, address_of, code_in, cookie, inside, one_of, titles, typed
from records.accounts import (
    HALFWAY,
    KNOWN_FOR,
    SHORTEST,
    PasswordsOff,
    SecondFactorNeeded,
    SignInFailed,
    TooLate,
    WeakPassword,
)
from records.audit import SIGN_INS
from records.second_factor import for_the_app
from records.settings import SignIn

FRESH, CARRIED = "set", "_carried"
"""Says in the address of the sign-in page that a password has just been set."""
NO_PASSWORDS = Message(
    "There are no passwords here",
    ("You sign in with the account of your organisation. If you forgot its password, ask the IT support there.",),
    links=(Link("Sign in", "/sign-in"),),
)
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
        organisation=portal.settings.sign_in is SignIn.OIDC,
        next=inside(following),
        kept=kept,
        fresh=fresh,
        carried=carried,
    )


def router(portal: Portal) -> APIRouter:  # noqa: C901, PLR0915 -- one function for each page
    pages, inviter = APIRouter(), Inviter(portal)
    organisation = portal.settings.sign_in is SignIn.OIDC

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
        except SecondFactorNeeded as needed:
            half = await portal.accounts.halfway(needed.person, now)
            return await second(request, pairs, half, "set_up.html" if needed.fresh else "code.html")
        except SignInFailed as failed:
            return await again(request, pairs, failed)
        return await known(request, token, await enter(request, token, pairs))

    async def again(request: Request, pairs: list[tuple[str, str]], failed: SignInFailed) -> Response:
        return await sign_in_page(
            portal,
            request,
            one_of(pairs, "next"),
            email=one_of(pairs, "email").strip(),
            problem=failed.words,
            carried=one_of(pairs, CARRIED),
        )

    async def second(
        request: Request, pairs: list[tuple[str, str]], half: str, template: str, problem: str = ""
    ) -> Response:
        """The page on which one gives a code, or sets up the second factor first."""
        directory = await portal.directory()
        person = directory.people.get(await portal.accounts.peek(half, HALFWAY, portal.clock()) or "")
        if person is None:
            return await again(request, pairs, TooLate())
        secret, fresh = portal.accounts.offered(half), template == "set_up.html"
        link = for_the_app(secret, person.email, "Case reviews")
        return await portal.page(
            request,
            template,
            "Set up your second factor" if fresh else "Your code",
            status=422 if problem else 200,
            back="/sign-in",
            half=half,
            problem=problem,
            link=link if fresh else "",
            secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)) if fresh else "",
            qr=_picture(link) if fresh else "",
            names=await unit(directory),
            next=inside(one_of(pairs, "next")),
            carried=one_of(pairs, CARRIED),
        )

    @pages.post("/sign-in/code")
    async def give_code(request: Request) -> Response:
        pairs = await typed(request)
        portal.check_token(request, one_of(pairs, "_csrf"), await portal.visitor(request))
        half, code = one_of(pairs, "half"), one_of(pairs, "recovery") or one_of(pairs, "code")
        where = {"address": address_of(request), "browser": cookie(request, BROWSER)}
        try:
            token = await portal.accounts.second_step(half, code, portal.clock(), **where)
        except SignInFailed as failed:
            return await second(request, pairs, half, "code.html", failed.words)
        return await known(request, token, await enter(request, token, pairs))

    @pages.post("/sign-in/set-up")
    async def set_up(request: Request) -> Response:
        """The recovery codes are shown once, in the answer to this."""
        pairs = await typed(request)
        portal.check_token(request, one_of(pairs, "_csrf"), await portal.visitor(request))
        half, where = one_of(pairs, "half"), {"address": address_of(request), "browser": cookie(request, BROWSER)}
        try:
            token, codes = await portal.accounts.set_up(half, one_of(pairs, "code"), portal.clock(), **where)
        except SignInFailed as failed:
            return await second(request, pairs, half, "set_up.html", failed.words)
        await keep_carried(portal, request, await portal.holder(token), one_of(pairs, CARRIED))
        following = inside(one_of(pairs, "next")) or "/cases"
        answer = await portal.page(request, "recovery.html", "Keep these codes", codes=codes, following=following)
        portal.give_cookie(request, answer, SESSION, token)
        return await known(request, token, answer)

    async def known(request: Request, token: str, answer: Response) -> Response:
        """The answer, with what this browser is known by from now on."""
        browser = await portal.accounts.known_browser(token, cookie(request, BROWSER), portal.clock())
        portal.give_cookie(request, answer, BROWSER, browser, KNOWN_FOR)
        return answer

    async def enter(request: Request, token: str, pairs: list[tuple[str, str]]) -> Response:
        await keep_carried(portal, request, await portal.holder(token), one_of(pairs, CARRIED))
        answer = portal.go(inside(one_of(pairs, "next")) or "/cases")
        portal.give_cookie(request, answer, SESSION, token)
        return answer

    async def unit(directory: Directory) -> list[str]:
        """The names of those whom one asks."""
        held = [one.person for one in directory.holdings if one.office in {MANAGER, "administrator"}]
        return [directory.people[person].name for person in dict.fromkeys(held) if person in directory.people]

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
        answer = portal.go("/signed-out" if organisation else "/")
        portal.take_cookie(request, answer, SESSION)
        return answer

    @pages.get("/invitation")
    async def invited(request: Request) -> Response:
        if organisation:
            return await portal.say(request, NO_PASSWORDS)
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
        except PasswordsOff:
            return await portal.say(request, NO_PASSWORDS, 403)
        except WeakPassword as weak:
            problem = weak.words
        return await portal.page(
            request, "invitation.html", "Set your password", status=422, problem=problem, token=token, shortest=SHORTEST
        )

    @pages.get("/forgotten")
    async def forgotten(request: Request) -> Response:
        if organisation:
            return await portal.say(request, NO_PASSWORDS)
        names = await unit(await portal.directory())
        return await portal.page(request, "forgotten.html", "Forgotten password", back="/sign-in", names=names)

    @pages.post("/forgotten")
    async def mail_link(request: Request) -> Response:
        """The answer is the same, whoever asks and whether or not there is such a person."""
        pairs = await typed(request)
        portal.check_token(request, one_of(pairs, "_csrf"), await portal.visitor(request))
        if organisation or not portal.mails:
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


def _picture(link: str) -> Markup:
    """A QR code, drawn in the page itself: it holds a secret, so that no other address serves it."""
    drawn = segno.make(link, error="m", micro=False).svg_inline(
        border=4, light="#fff", svgclass="portal-qr", omitsize=True
    )
    return Markup(drawn)  # noqa: S704 -- lines and numbers of the library's own making
