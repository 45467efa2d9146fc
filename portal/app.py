"""The portal: every page, the JSON interface and the health of the process, in one application."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from urllib.parse import quote

from fastapi import FastAPI
from sqlalchemy import text
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles
from temporalio.client import Client

from portal import api, cases, giving, inbox, papers, referring, register, signing_in
from portal.guarding import Calm, Headers, Limit, Often
from portal.pages import STATIC, Message
from portal.visiting import ForgedForm, NotSignedIn, Portal, wall_clock
from records.opening import Installation

GUARDED = ("/sign-in", "/invitation", "/refer/return", "/refer/later", "/status", "/api/v1/session")
ATTEMPTS = 30


def create_app(there: Installation, engine: Client, clock: Callable[[], datetime] = wall_clock, attempts: int = ATTEMPTS) -> FastAPI:
    """The application over one installation. `attempts`: per minute and address, at doors that can be tried blindly."""
    portal = Portal(there, engine, clock)

    @asynccontextmanager
    async def living(app: FastAPI) -> AsyncIterator[None]:
        yield

    async def broken(request: Request) -> Response:
        if request.url.path.startswith("/api/"):
            return api.problem(500, "Something went wrong here. Try again in a moment.")
        return await portal.refuse(request, 500)

    app = FastAPI(title="Case reviews", version="1", openapi_url="/api/v1/openapi.json", docs_url=None, redoc_url=None, lifespan=living)
    app.state.portal = portal
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    for room in (signing_in, referring, register, inbox, api, cases, papers, giving):
        app.include_router(room.router(portal), include_in_schema=room is api)
    app.add_middleware(Often, paths=GUARDED, most=attempts)
    app.add_middleware(Limit)
    app.add_middleware(Calm, answer=broken)
    app.add_middleware(Headers, secure=not there.settings.insecure_cookies)

    @app.get("/", include_in_schema=False)
    async def home(request: Request) -> Response:
        return await portal.page(request, "home.html", "Case reviews")

    @app.get("/accessibility", include_in_schema=False)
    async def accessibility(request: Request) -> Response:
        return await portal.page(request, "accessibility.html", "Accessibility statement")

    @app.get("/privacy", include_in_schema=False)
    async def privacy(request: Request) -> Response:
        return await portal.page(request, "privacy.html", "Privacy")

    @app.get("/health/live", include_in_schema=False)
    async def live() -> Response:
        return JSONResponse({"live": True})

    @app.get("/health/ready", include_in_schema=False)
    async def ready() -> Response:
        """Whether the database answers and the engine is reached."""
        found = {"database": False, "engine": False}
        try:
            async with there.database.reading() as session:
                await session.execute(text("SELECT 1"))
            found["database"] = True
            found["engine"] = await engine.service_client.check_health()
        except Exception:  # noqa: BLE001 -- whatever it is, we are not ready
            found["engine"] = False
        return JSONResponse(found, 200 if all(found.values()) else 503)

    @app.exception_handler(NotSignedIn)
    async def not_signed_in(request: Request, error: NotSignedIn) -> Response:
        if request.url.path.startswith("/api/"):
            return api.problem(401, "Sign in first.")
        asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/sign-in?next={quote(asked, safe='/')}" if request.method == "GET" else "/sign-in", 303)

    @app.exception_handler(ForgedForm)
    async def forged(request: Request, error: ForgedForm) -> Response:
        words = (
            "This form was open for a long time, or you have signed in or out meanwhile. "
            "Go back, load the page again and send it once more. What was saved as a draft is still there.",
        )
        return await portal.say(request, Message("This form is out of date", words), 403)

    @app.exception_handler(ClientDisconnect)
    async def gone(request: Request, error: ClientDisconnect) -> Response:
        """The browser went on to another page while a draft was being saved."""
        return Response(status_code=204)

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        if request.url.path.startswith("/api/"):
            return api.problem(error.status_code, str(error.detail))
        return await portal.refuse(request, error.status_code)

    return app
