"""Signing in with the account of one's own organisation, and the way out again."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime, timedelta

import structlog
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from portal.inviting import UNIT
from portal.pages import Link, Message
from portal.provider import Attempt, NotVouched, Provider, ProviderSilent, attempt
from portal.visiting import SESSION, Portal, cookie, inside
from records.accounts import NotInDirectory
from records.sealing import CannotUnseal
from records.settings import SignIn

ATTEMPT, LASTS = "attempt", timedelta(minutes=10)
PLACE = "sign-in.attempt"
SILENT = Message(
    "You cannot sign in just now",
    (
        "The sign-in of your organisation does not answer.",
        "Try again in a few minutes. If it lasts, tell the IT support of your organisation, and the business unit.",
    ),
    links=(Link("Try again", "/sign-in"),),
)
NOT_OURS = Message(
    "You have not been signed in",
    (
        "What came back from your organisation is not of a sign-in that began in this browser just now.",
        "Or it does not say that your e-mail address has been verified.",
        "Try again. If it happens again, tell the IT support of your organisation.",
    ),
    links=(Link("Try again", "/sign-in"),),
)

log = structlog.get_logger("portal")


def router(portal: Portal) -> APIRouter:  # noqa: C901 -- one function for each page
    pages, provider = APIRouter(), Provider(portal.settings)
    if portal.settings.sign_in is not SignIn.OIDC:
        return pages

    @pages.get("/sign-in/organisation")
    async def leave(request: Request) -> Response:
        one = attempt(inside(request.query_params.get("next", "")))
        try:
            answer = portal.go(await provider.leads_to(one))
        except ProviderSilent:
            return await silent(request)
        body = {**one.model_dump(), "until": (portal.clock() + LASTS).isoformat()}
        sealed = urlsafe_b64encode(portal.there.vault.seal(body, PLACE)).decode()
        portal.give_cookie(request, answer, ATTEMPT, sealed, LASTS)
        return answer

    @pages.get("/sign-in/back")
    async def come_back(request: Request) -> Response:
        now, asked = portal.clock(), request.query_params
        try:
            one = _begun(portal, cookie(request, ATTEMPT), asked.get("state", ""), now)
            email = await provider.vouches_for(one, asked.get("code", ""))
            token = await portal.accounts.admit(email, now)
        except ProviderSilent:
            return await silent(request)
        except NotVouched:
            await portal.accounts.refused(now)
            answer: Response = await portal.say(request, NOT_OURS, 403)
        except NotInDirectory:
            answer = await portal.say(request, await unknown(), 403)
        else:
            answer = portal.go(one.following or "/cases")
            portal.give_cookie(request, answer, SESSION, token)
        portal.take_cookie(request, answer, ATTEMPT)
        return answer

    @pages.get("/signed-out")
    async def signed_out(request: Request) -> Response:
        there = await provider.signs_out()
        words: tuple[str, ...] = ("You are signed out of this service.",)
        if not there:
            return await portal.say(request, Message("You are signed out", words, links=(Link("Sign in", "/sign-in"),)))
        words = (
            *words,
            "You are still signed in with your organisation. On a computer that others use, sign out there too.",
        )
        link = Link("Sign out of your organisation’s account", there)
        return await portal.say(request, Message("You are signed out", words, links=(link,)))

    async def silent(request: Request) -> Response:
        log.warning("identity provider silent")
        return await portal.say(request, SILENT, 503)

    async def unknown() -> Message:
        directory = await portal.directory()
        held = dict.fromkeys(one.person for one in directory.holdings if one.office in UNIT)
        names = ", ".join(directory.people[one].name for one in held if one in directory.people)
        rules = await portal.rules()
        return Message(
            "You cannot use this service yet",
            (
                "Your organisation knows you. This service does not: your address is not in its directory, or no more.",
                f"If you need it for your work, ask the business unit: {names}, or {rules.area.contact_email}.",
                "Tell them the e-mail address with which you signed in.",
            ),
        )

    return pages


def _begun(portal: Portal, sealed: str, state: str, now: datetime) -> Attempt:
    """The attempt that this browser has begun. Raises NotVouched."""
    try:
        body = portal.there.vault.unseal(urlsafe_b64decode(sealed.encode()), PLACE)
        until = datetime.fromisoformat(body.pop("until"))
        one = Attempt.model_validate(body)
    except (CannotUnseal, ValueError):
        raise NotVouched from None
    if now > until or one.state != state:
        raise NotVouched
    return one
