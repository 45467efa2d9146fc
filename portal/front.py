"""The pages that belong to nobody's work: the first page, the statements, and the health of the process."""

import asyncio
import shutil
from datetime import date, timedelta

from fastapi import APIRouter
from sqlalchemy import text
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from temporalio.client import Client

from portal.visiting import Portal

PREPARED = date(2026, 11, 22)
"""When the accessibility statement was written, or last looked at."""
SOON = 3.0
"""Seconds within which whoever asks whether we are ready has an answer, whatever hangs."""

LEAST_ROOM = 50_000_000
"""Bytes that have to be free on the disk of the folder; below that it is a matter of hours until nothing is taken."""


def router(portal: Portal, engine: Client) -> APIRouter:
    pages = APIRouter(include_in_schema=False)

    @pages.get("/")
    async def home(request: Request) -> Response:
        return await portal.page(request, "home.html", "Case reviews")

    @pages.get("/accessibility")
    async def accessibility(request: Request) -> Response:
        return await portal.page(request, "accessibility.html", "Accessibility statement", prepared=PREPARED)

    @pages.get("/privacy")
    async def privacy(request: Request) -> Response:
        return await portal.page(request, "privacy.html", "Privacy")

    @pages.get("/health/live")
    async def live() -> Response:
        return JSONResponse({"live": True})

    @pages.get("/health/ready")
    async def ready() -> Response:
        """Whether the database answers, the engine is reached, and there is room to write."""
        room = shutil.disk_usage(portal.settings.data_dir).free >= LEAST_ROOM
        found = {"database": False, "engine": False, "room": room}
        try:
            async with asyncio.timeout(SOON):
                async with portal.there.database.reading() as session:
                    await session.execute(text("SELECT 1"))
                found["database"] = True
                found["engine"] = await engine.service_client.check_health(timeout=timedelta(seconds=SOON))
        except Exception:  # noqa: BLE001 -- whatever it is, we are not ready
            found["engine"] = False
        return JSONResponse(found, 200 if all(found.values()) else 503)

    return pages
