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

from portal import (
    api,
    api_files,
    astray,
    calendars,
    cases,
    chat,
    codec,
    deaths,
    files,
    front,
    giving,
    inbox,
    inviting,
    opening,
    organisation,
    panels,
    papers,
    reads,
    recommendation,
    referring,
    register,
    reviews,
    signed_in,
    signing_in,
    subgroup,
    tracking,
    watching,
)
from portal.guarding import LARGEST, Calm, Headers, Limit, Often, Seen
from portal.keeping import carried, keep_for_later, keep_of
from portal.pages import STATIC, Message, refusal
from portal.uploads import takes_files
from portal.visiting import ForgedForm, NotSignedIn, Portal, autosaving, one_of, typed, wall_clock
from records.files import TooLarge
from records.opening import Installation

GUARDED = (
    "/sign-in",
    "/invitation",
    "/forgotten",
    "/refer/return",
    "/refer/later",
    "/refer/check",
    "/status",
    "/api/v1/session",
)
ATTEMPTS = 30
TOO_LARGE = 413
DRAFT_IS_KEPT = "Go back, and choose another. What was saved as a draft is still there."


FORGED = (
    "This form was open for a long time, or you have signed in or out meanwhile. Go back, load the page again and send "
    "it once more. What was saved as a draft is still there."
)
SIGNED_OUT = Message(
    "You have been signed out",
    (
        "You were away for long. What you typed is kept.",
        "Press the button: you sign in, come back to this page, and go on.",
    ),
)
NOT_STORED = (
    "This could not be stored, so it is not recorded: the database cannot be written just now (its disk may be full). "
    "Tell whoever runs the service."
)
IN_JSON = {
    413: f"Too much was sent at once: a request holds at most {LARGEST} bytes.",
    429: "Too many attempts. Wait a minute, then try again.",
    500: "Something went wrong here. Try again in a moment.",
}
TRIED_AGAIN = "Keep this page open: it is tried again with your next change."


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
    for room in (
        signing_in,
        organisation,
        signed_in,
        inviting,
        referring,
        register,
        inbox,
        astray,
        watching,
        calendars,
        reads,
        subgroup,
        deaths,
        panels,
        api,
        api_files,
        files,
        cases,
        tracking,
        recommendation,
        reviews,
        papers,
        opening,
        giving,
        chat,
        codec,
    ):
        app.include_router(room.router(portal), include_in_schema=room in {api, api_files})

    async def refused(request: Request, status: int) -> Response:
        if status == TOO_LARGE and takes_files(request.scope):
            return await _file_too_large(portal, request)
        if _is_json(request):
            return api.problem(status, IN_JSON[status])
        if autosaving(request):
            return await portal.tell(request, refusal(status), status)
        return await portal.refuse(request, status)

    app.add_middleware(Often, answer=refused, paths=GUARDED, most=attempts)
    app.add_middleware(Limit, answer=refused, takes_files=takes_files)
    app.add_middleware(Calm, answer=refused)
    app.add_middleware(Headers, secure=not there.settings.insecure_cookies)
    app.add_middleware(Seen)
    return app


def _answers(portal: Portal) -> dict[int | type[Exception], Callable[[Request, Any], Coroutine[Any, Any, Response]]]:
    """What is said to whoever did not get further, by the reason."""

    async def not_signed_in(request: Request, error: NotSignedIn) -> Response:
        return api.problem(401, "Sign in first.") if _is_json(request) else await _to_sign_in(portal, request)

    async def forged(request: Request, error: ForgedForm) -> Response:
        visitor = await portal.visitor(request)
        if visitor and not autosaving(request) and await keep_of(portal, visitor, request):
            return RedirectResponse(f"{request.url.path}?{request.url.query}".rstrip("?"), 303)
        return await portal.tell(request, Message("This form is out of date", (FORGED,)), 403)

    async def gone(request: Request, error: ClientDisconnect) -> Response:
        """The browser went on to another page while a draft was being saved."""
        return Response(status_code=204)

    async def http(request: Request, error: HTTPException) -> Response:
        if _is_json(request):
            return api.problem(error.status_code, str(error.detail))
        return await portal.refuse(request, error.status_code)

    async def not_written(request: Request, error: DBAPIError) -> Response:
        """The database could not be written, as on a full disk: an act of the page's own, such as keeping a draft."""
        if _is_json(request):
            return api.problem(503, NOT_STORED)
        return await _unstored(portal, request)

    return {
        NotSignedIn: not_signed_in,
        ForgedForm: forged,
        ClientDisconnect: gone,
        HTTPException: http,
        DBAPIError: not_written,
    }


async def _to_sign_in(portal: Portal, request: Request) -> Response:
    """What was typed is kept where its session only ran out; else it goes along, for whoever typed it to sign in."""
    kept = request.method == "POST" and await keep_for_later(portal, request)
    if autosaving(request):
        return await portal.tell(request, SIGNED_OUT if kept else refusal(401), 401)
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    if request.method == "POST" and not kept and (typed_there := await carried(portal, request)):
        return await signing_in.sign_in_page(portal, request, asked, carried=typed_there)
    following = f"?next={quote(asked, safe='/')}" if kept or request.method == "GET" else ""
    return RedirectResponse(f"/sign-in{following}{'&kept=yes' if kept else ''}", 303)


async def _unstored(portal: Portal, request: Request) -> Response:
    """What was typed goes back with the words, so that it can be sent again from there."""
    if autosaving(request):
        return await portal.tell(request, Message("Not saved", (NOT_STORED, TRIED_AGAIN)), 503)
    pairs = await typed(request) if request.method == "POST" else []
    again = pairs if one_of(pairs, "_request") else []
    words = (NOT_STORED, "What you typed is in this page: keep it open, and press the button when it is mended.")
    message = Message("This could not be stored", words if again else (NOT_STORED, "Try again when it is mended."))
    return await portal.page(request, "unstored.html", message.title, status=503, message=message, again=again)


async def _file_too_large(portal: Portal, request: Request) -> Response:
    """Of a file so large that it was not even read to its end."""
    words = TooLarge(portal.there.files.most).words
    if _is_json(request):
        return api.problem(TOO_LARGE, words)
    return await portal.say(request, Message(refusal(TOO_LARGE).title, (words, DRAFT_IS_KEPT)), TOO_LARGE)


def _is_json(request: Request) -> bool:
    return request.url.path.startswith("/api/")
