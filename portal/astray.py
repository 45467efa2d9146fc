"""Messages that did not arrive, or of which nobody knows: the business unit settles each; nothing is sent blindly."""

import re

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from models.delivery import CHANNELS, State
from models.rights import access_of, reads
from models.telling import Notice
from models.time import in_full
from notifier.words import UNSAYABLE, say, unreadable
from portal.inviting import UNIT
from portal.visiting import Portal, Visitor, one_of, typed
from records.chains import MESSAGES
from records.outbox import Bundle, Outbox

KEY = re.compile(r"b-[0-9a-f]{24}")
ACTS = ("arrived", "again", "told")
DONE = {
    "arrived": "It is noted that the message arrived.",
    "again": "The message is sent again.",
    "told": "It is noted that they have been told by other means.",
    "already": "Somebody has settled this message already, so nothing was changed.",
}
"""What whoever has just settled a message reads at the head of the page."""


def router(portal: Portal) -> APIRouter:
    pages, outbox = APIRouter(), Outbox(portal.there.database)

    @pages.get("/messages")
    async def astray(request: Request, done: str = "") -> Response:
        visitor = await portal.signed_in(request)
        if not visitor.actor.anywhere(UNIT):
            return await portal.refuse(request, 403)
        await portal.questions.note_read(visitor.person, "", "messages that did not arrive", portal.clock())
        found, directory = await outbox.astray(), await portal.directory()
        cases = {one.key: [row.case for row in await outbox.notices(one.notices)] for one in found}
        told = {one.key: await _subjects(portal, visitor, one) for one in found}
        trips = {one.key: (await outbox.trips(one.notices[:1]))[one.notices[0]].words(in_full) for one in found}
        return await portal.page(
            request,
            "astray.html",
            "Messages that did not arrive",
            lost=found,
            done=DONE.get(done, ""),
            already=DONE["already"],
            told=told,
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
        return portal.go(f"/messages?done={act if done else 'already'}")

    return pages


async def _subjects(portal: Portal, visitor: Visitor, bundle: Bundle) -> list[tuple[str, str]]:
    """What a message was about, each matter once, with the page of its case; only its case to whom that is closed."""
    directory, found = await portal.directory(), dict[tuple[str, str], None]()
    for row in await Outbox(portal.there.database).notices(bundle.notices):
        case = await portal.questions.state(row.case) if row.case else None
        if case is None:
            found[(await portal.bulletins.read(row, portal.clock())).subject, ""] = None
        elif reads(visitor.actor, case, access_of(case, portal.clock())) is None:
            notice = Notice.model_validate({name: getattr(row, name) for name in Notice.model_fields})
            try:
                subject = say(notice, case, directory, portal.clock()).subject
            except UNSAYABLE:  # the inbox says so in the log; here it must not hide the others
                subject = unreadable(case.ref).subject
            found[subject, f"/cases/{case.ref}"] = None
        else:
            found[f"A message about {case.ref}", ""] = None
    return list(found)


def _unsure(bundle: Bundle) -> list[str]:
    """The channels of which nobody knows whether they have it."""
    names = [one.channel for one in bundle.attempts if one.state is State.UNKNOWN]
    return [CHANNELS.get(name, name) for name in dict.fromkeys(names)]
