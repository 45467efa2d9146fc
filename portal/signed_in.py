"""Where one is signed in: every session of one's own, and how to end it; and the access token for one's programs."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from portal.visiting import SESSION, Portal, cookie, one_of, typed
from records.accounts import ACCESS, ACCESS_FOR
from records.sealing import fingerprint
from records.settings import SignIn


def router(portal: Portal) -> APIRouter:
    pages = APIRouter()
    tokens = portal.settings.sign_in is SignIn.OIDC

    async def show(request: Request, access: str = "") -> Response:
        visitor = await portal.signed_in(request)
        return await portal.page(
            request,
            "signed_in.html",
            "Where you are signed in",
            running=await portal.accounts.running(visitor.person, portal.clock()),
            here=fingerprint(cookie(request, SESSION)),
            tokens=tokens,
            has_token=await portal.accounts.has_link(ACCESS, visitor.person),
            access=access,
            lasts=ACCESS_FOR.days,
        )

    @pages.get("/sessions")
    async def sessions(request: Request) -> Response:
        return await show(request)

    @pages.post("/sessions/end")
    async def end(request: Request) -> Response:
        """One session, by its digest; without one all others than this."""
        visitor, pairs = await portal.signed_in(request), await typed(request)
        portal.check_token(request, one_of(pairs, "_csrf"), visitor)
        one, here = one_of(pairs, "session"), fingerprint(cookie(request, SESSION))
        await portal.accounts.revoke(visitor.person, portal.clock(), only=one, besides="" if one else here)
        return portal.go("/sessions")

    @pages.post("/sessions/token")
    async def token(request: Request) -> Response:
        """Make an access token, which is shown once and ends the one before; or end it."""
        visitor, pairs = await portal.signed_in(request), await typed(request)
        portal.check_token(request, one_of(pairs, "_csrf"), visitor)
        now = portal.clock()
        if one_of(pairs, "do") == "end":
            await portal.accounts.end_links(ACCESS, visitor.person, now)
            return portal.go("/sessions")
        if not tokens:
            return await portal.refuse(request, 404)
        return await show(request, await portal.accounts.only_link(ACCESS, visitor.person, now, now + ACCESS_FOR))

    return pages
