"""The portal: every page, the JSON interface and the health of the process, in one application."""

from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.staticfiles import StaticFiles
from temporalio.client import Client

from door.refusals import NotStored
from portal import api, calendars, cases, front, giving, inbox, papers, reads, referring, register, signing_in
from portal.guarding import Calm, Headers, Limit, Often
from portal.pages import STATIC, Message
from portal.visiting import ForgedForm, NotSignedIn, Portal, wall_clock
from records.opening import Installation

GUARDED = ("/sign-in", "/invitation", "/refer/return", "/refer/later", "/refer/check", "/status", "/api/v1/session")
ATTEMPTS = 30


FORGED = (
    "This form was open for a long time, or you have signed in or out meanwhile. Go back, load the page again and send "
    "it once more. What was saved as a draft is still there."
)


def create_app(
    there: Installation, engine: Client, clock: Callable[[], datetime] = wall_clock, attempts: int = ATTEMPTS
) -> FastAPI:
    """The application over one installation. `attempts`: per minute and address, at doors that can be tried blindly."""
    portal = Portal(there, engine, clock)
    app = FastAPI(
        title="Case reviews",
        version="1",
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        exception_handlers=_answers(portal),
    )
    app.state.portal = portal
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.include_router(front.router(portal, engine))
    for room in (signing_in, referring, register, inbox, calendars, reads, api, cases, papers, giving):
        app.include_router(room.router(portal), include_in_schema=room is api)

    async def broken(request: Request) -> Response:
        if _is_json(request):
            return api.problem(500, "Something went wrong here. Try again in a moment.")
        return await portal.refuse(request, 500)

    app.add_middleware(Often, paths=GUARDED, most=attempts)
    app.add_middleware(Limit)
    app.add_middleware(Calm, answer=broken)
    app.add_middleware(Headers, secure=not there.settings.insecure_cookies)
    return app


def _answers(portal: Portal) -> dict[int | type[Exception], Callable[[Request, Any], Coroutine[Any, Any, Response]]]:
    """What is said to whoever did not get further, by the reason."""

    async def not_signed_in(request: Request, error: NotSignedIn) -> Response:
        if _is_json(request):
            return api.problem(401, "Sign in first.")
        asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        following = f"?next={quote(asked, safe='/')}" if request.method == "GET" else ""
        return RedirectResponse(f"/sign-in{following}", 303)

    async def forged(request: Request, error: ForgedForm) -> Response:
        return await portal.say(request, Message("This form is out of date", (FORGED,)), 403)

    async def gone(request: Request, error: ClientDisconnect) -> Response:
        """The browser went on to another page while a draft was being saved."""
        return Response(status_code=204)

    async def http(request: Request, error: HTTPException) -> Response:
        if _is_json(request):
            return api.problem(error.status_code, str(error.detail))
        return await portal.refuse(request, error.status_code)

    async def not_written(request: Request, error: DBAPIError) -> Response:
        """The database could not be written, as on a full disk: an act of the page's own, such as keeping a draft."""
        problems = NotStored().problems
        if _is_json(request):
            return api.problem(503, problems[0].words)
        return await portal.say(request, Message("This could not be stored", (problems[0].words,)), 503)

    return {
        NotSignedIn: not_signed_in,
        ForgedForm: forged,
        ClientDisconnect: gone,
        HTTPException: http,
        DBAPIError: not_written,
    }


def _is_json(request: Request) -> bool:
    return request.url.path.startswith("/api/")
