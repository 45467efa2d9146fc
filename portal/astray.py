"""Messages that did not arrive, or of which nobody knows: the business unit settles each; nothing is sent blindly."""

import re
from collections.abc import Sequence

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from models.delivery import CHANNELS, State
from models.rights import access_of, reads
from models.tables import NoticeRow
from models.telling import Notice
from models.time import in_full
from notifier.words import UNSAYABLE, say, unreadable
from portal.inviting import UNIT
from portal.visiting import Portal, Visitor, one_of, typed
from records.chains import MESSAGES
from records.holding import held, hold_of, release, waiting
from records.outbox import Bundle, Outbox

KEY = re.compile(r"b-[0-9a-f]{24}")
MOST = 500
"""So many of those that are held stand on one page; the next come when these are released."""
ACTS = ("arrived", "again", "told")
DONE = {
    "arrived": "It is noted that the message arrived.",
    "again": "The message is sent again.",
    "told": "It is noted that they have been told by other means.",
    "released": "What you looked at goes out now, but for what was sent already.",
    "already": "Somebody has settled this message already, so nothing was changed.",
}
"""What whoever has just settled a message reads at the head of the page."""
UNCHANGED = DONE["already"]


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
        async with portal.there.database.reading() as session:
            hold, waits, of_held = await hold_of(session), await held(session, MOST), await waiting(session)
        trips = {one.key: (await outbox.trips(one.notices[:1]))[one.notices[0]].words(in_full) for one in found}
        return await portal.page(
            request,
            "astray.html",
            "Messages that did not arrive",
            lost=found,
            hold=hold,
            of_held=of_held,
            held=[(row, await _subject(portal, visitor, row)) for row in waits],
            done=DONE.get(done, ""),
            unchanged=UNCHANGED,
            told=told,
            cases={key: sorted({ref for ref in refs if ref}) for key, refs in cases.items()},
            trips=trips,
            names={id_: one.name for id_, one in directory.people.items()},
            unsure={one.key: ", ".join(_unsure(one)) for one in found},
        )

    @pages.post("/messages/release")
    async def let_go(request: Request) -> Response:
        """Somebody has looked at what is held: what they ticked was sent, the rest of what they were shown goes out."""
        visitor = await portal.signed_in(request)
        answers = await typed(request)
        portal.check_token(request, one_of(answers, "_csrf"), visitor)
        if not visitor.actor.anywhere(UNIT):
            return await portal.refuse(request, 403)
        now, listed, sent = portal.clock(), several(answers, "listed"), several(answers, "sent")
        async with portal.there.database.writing() as session:
            goes, stays = await release(session, portal.there.auditor, visitor.person, now, listed, sent)
        return portal.go(f"/messages?done={'released' if goes or stays else 'already'}")

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
    """What a message was about, each matter once, with the page of its case."""
    rows = await Outbox(portal.there.database).notices(bundle.notices)
    return list(dict.fromkeys([await _subject(portal, visitor, row) for row in rows]))


async def _subject(portal: Portal, visitor: Visitor, row: NoticeRow) -> tuple[str, str]:
    """What a notice is about, with the page of its case; only its case to whom that is closed."""
    case = await portal.questions.state(row.case) if row.case else None
    if case is None:
        return (await portal.bulletins.read(row, portal.clock())).subject, ""
    if reads(visitor.actor, case, access_of(case, portal.clock())) is not None:
        return f"A message about {case.ref}", ""
    notice = Notice.model_validate({name: getattr(row, name) for name in Notice.model_fields})
    try:
        subject = say(notice, case, await portal.directory(), portal.clock()).subject
    except UNSAYABLE:  # the inbox says so in the log; here it must not hide the others
        subject = unreadable(case.ref).subject
    return subject, f"/cases/{case.ref}"


def several(pairs: Sequence[tuple[str, str]], name: str) -> list[str]:
    return [value for key, value in pairs if key == name]


def _unsure(bundle: Bundle) -> list[str]:
    """The channels of which nobody knows whether they have it."""
    names = [one.channel for one in bundle.attempts if one.state is State.UNKNOWN]
    return [CHANNELS.get(name, name) for name in dict.fromkeys(names)]
