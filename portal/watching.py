"""The self-check as the business unit sees it, and the address at which a monitor outside asks for it."""

import asyncio

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from models.rights import Actor
from models.watch import EVERY, Kept, Lasting, Standing, standing
from portal.inviting import UNIT
from portal.visiting import Portal
from records.questions import CaseView
from records.watching import last

PATIENCE = 3.0
"""Seconds within which a monitor has its answer, whatever hangs."""
NOBODY_KNOWS = "The self-check is silent."


def router(portal: Portal) -> APIRouter:
    pages = APIRouter()

    async def check() -> Kept | None:
        async with portal.there.database.reading() as session:
            return await last(session)

    @pages.get("/watch")
    async def watch(request: Request) -> Response:
        visitor = await portal.signed_in(request)
        if not visitor.actor.anywhere(UNIT):
            return await portal.refuse(request, 403)
        await portal.questions.note_read(visitor.person, "", "self-check", portal.clock())
        found = await check()
        return await portal.page(
            request,
            "watch.html",
            "Self-check",
            check=found,
            standing=standing(found, portal.clock()),
            cases={one.matter: await _seen(one, visitor.actor) for one in found.found} if found else {},
            minutes=int(EVERY.total_seconds() // 60),
        )

    async def _seen(one: Lasting, actor: Actor) -> list[str]:
        """Of the cases that it names, those that this person may open."""
        now = portal.clock()
        return [ref for ref in one.cases if isinstance(await portal.questions.case(ref, actor, now), CaseView)]

    @pages.get("/health/watch")
    async def health() -> Response:
        """Whether the self-check was made of late and found nothing. Says how much it found, and nothing of it."""
        try:
            async with asyncio.timeout(PATIENCE):
                found = await check()
        except Exception:  # noqa: BLE001 -- whatever it is, nobody knows
            found = None
        count = len(found.found) if found else 0
        match standing(found, portal.clock()):
            case Standing.WELL:
                return JSONResponse({"well": True, "says": "All that is owed is watched."})
            case Standing.FOUND:
                return JSONResponse({"well": False, "says": f"{count} finding{'' if count == 1 else 's'}."}, 503)
            case _:
                return JSONResponse({"well": False, "says": NOBODY_KNOWS}, 503)

    return pages
