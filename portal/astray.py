"""Messages that did not arrive, or of which nobody knows: the business unit settles each; nothing is sent blindly."""

import re

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from models.delivery import CHANNELS, State
from models.time import in_full
from portal.inviting import UNIT
from portal.visiting import Portal, one_of, typed
from records.chains import MESSAGES
from records.outbox import Bundle, Outbox

KEY = re.compile(r"b-[0-9a-f]{24}")
ACTS = ("arrived", "again", "told")


def router(portal: Portal) -> APIRouter:
    pages, outbox = APIRouter(), Outbox(portal.there.database)

    @pages.get("/messages")
    async def astray(request: Request) -> Response:
        visitor = await portal.signed_in(request)
        if not visitor.actor.anywhere(UNIT):
            return await portal.refuse(request, 403)
        await portal.questions.note_read(visitor.person, "", "messages that did not arrive", portal.clock())
        found, directory = await outbox.astray(), await portal.directory()
        cases = {one.key: [row.case for row in await outbox.notices(one.notices)] for one in found}
        trips = {one.key: (await outbox.trips(one.notices[:1]))[one.notices[0]].words(in_full) for one in found}
        return await portal.page(
            request,
            "astray.html",
            "Messages that did not arrive",
            lost=found,
            cases={key: sorted({ref for ref in refs if ref}) for key, refs in cases.items()},
            trips=trips,
            names={id_: one.name for id_, one in directory.people.items()},
            unsure={one.key: ", ".join(_unsure(one)) for one in found},
        )

    @pages.post("/messages/{key}/{act}")
    async def settle(request: Request, key: str, act: str) -> Response:
        """Somebody has looked, or has told them by other means; it is noted who says so."""
        visitor = await portal.signed_in(request)
        portal.check_token(request, one_of(await typed(request), "_csrf"), visitor)
        if not visitor.actor.anywhere(UNIT):
            return await portal.refuse(request, 403)
        if not KEY.fullmatch(key) or act not in ACTS:
            return await portal.refuse(request, 404)
        now = portal.clock()
        async with portal.there.database.writing() as session:
            if act == "told":
                done = await outbox.passed_on(session, key)
            else:
                done = await outbox.found(session, key, now, arrived=act == "arrived")
            if done:
                values = {"message": [key, act]}
                await portal.there.auditor.append(session, MESSAGES, now, visitor.person, "message_settled", values)
        return portal.go("/messages")

    return pages


def _unsure(bundle: Bundle) -> list[str]:
    """The channels of which nobody knows whether they have it."""
    names = [one.channel for one in bundle.attempts if one.state is State.UNKNOWN]
    return [CHANNELS.get(name, name) for name in dict.fromkeys(names)]
