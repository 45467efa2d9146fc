"""The local inbox: the messages that a person would get in chat, with the same buttons. Nothing in it says more."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import structlog
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from models.case import Case
from models.directory import Directory
from models.doing import Act, Doing, doings
from models.rights import access_of, shut_out
from models.shelf import blocks
from models.tables import NoticeRow
from models.telling import Notice, NoticeKind
from models.watch import standing
from notifier.post import Post
from notifier.words import UNSAYABLE, Item, Said, meeting_over, say, shut, state_of, unreadable
from portal.inviting import ASKED, OFF_ASKED, TRUSTED, UNIT, Inviter
from portal.visiting import Portal, Visitor
from records.faults import where
from records.holding import waiting
from records.outbox import Outbox
from records.questions import CaseView
from records.watching import last

log = structlog.get_logger("portal")


@dataclass(frozen=True)
class Shown:
    """A message as it reads now. `live`: it still asks for something, and says so for the last time so far.

    `fresh`: it asks for nothing, and has to be read: it stays until it was. `urgent`: it stands before everything else.
    `shut`: it is about a case that whoever reads it cannot open.
    """

    row: NoticeRow
    said: Said
    to: str
    live: bool
    fresh: bool
    act: Act | None
    answers: tuple[Act, ...]
    urgent: bool = False
    due: datetime | None = None
    shut: bool = False
    page: str = ""
    """Where it is seen to, if it is of no case."""
    items: tuple[Item, ...] = ()


class Asked(NamedTuple):
    """What somebody has asked for and a second person does: an invitation, or the end of a second factor (`off`)."""

    person: str
    name: str
    by: str
    off: bool


def router(portal: Portal) -> APIRouter:
    pages, inviter = APIRouter(), Inviter(portal)
    post, outbox = Post(portal.there.database, portal.there.vault), Outbox(portal.there.database)

    async def invitations(visitor: Visitor, directory: Directory) -> list[Asked]:
        """Those that wait for a second person, for whoever can be that; and one's own, so that it is no surprise."""
        asked = [
            (one, off)
            for off, of in ((False, ASKED), (True, OFF_ASKED))
            for one in (await inviter.waiting(of)).values()
        ]
        trusted = visitor.actor.anywhere(TRUSTED)
        return [
            Asked(one.person, directory.people[one.person].name, directory.people[one.by].name, off)
            for one, off in asked
            if {one.person, one.by} <= directory.people.keys()
            and (one.person == visitor.person or (trusted and one.by != visitor.person))
        ]

    async def watched(visitor: Visitor) -> str:
        """What the last self-check says, for the business unit; empty for everybody else."""
        if not visitor.actor.anywhere(UNIT):
            return ""
        async with portal.there.database.reading() as session:
            return standing(await last(session), portal.clock())

    @pages.get("/inbox")
    async def inbox(request: Request) -> Response:
        visitor = await portal.signed_in(request)
        everybody = portal.settings.demonstration and request.query_params.get("everybody") == "yes"
        rows = await portal.questions.inbox(None if everybody else visitor.person)
        await portal.questions.note_read(
            visitor.person, "", "everybody’s messages" if everybody else "inbox", portal.clock()
        )
        directory = await portal.directory()
        messages = await _Reader(portal, visitor, directory).read(rows)
        own = [one.row.key for one in messages if one.fresh and one.row.person == visitor.person]
        await portal.questions.note_seen(visitor.person, own, portal.clock())
        live = sorted((one for one in messages if one.live), key=_first_due)
        return await portal.page(
            request,
            "inbox.html",
            "Everybody’s messages" if everybody else "Inbox",
            everybody=everybody,
            letters=await post.waiting(portal.settings, portal.clock()) if visitor.actor.anywhere(UNIT) else 0,
            unit=bool(visitor.actor.anywhere(UNIT)),
            held=await _held(portal) if visitor.actor.anywhere(UNIT) else 0,
            astray=len(await outbox.astray()) if visitor.actor.anywhere(UNIT) else 0,
            watched=await watched(visitor),
            invitations=await invitations(visitor, directory),
            urgent=[one for one in live if one.urgent],
            live=[one for one in live if not one.urgent],
            fresh=[one for one in messages if one.fresh],
            over=[one for one in messages if not one.live and not one.fresh],
        )

    return pages


async def _held(portal: Portal) -> int:
    async with portal.there.database.reading() as session:
        return await waiting(session)


class _Reader:
    """One reading of an inbox: each case is looked up once."""

    def __init__(self, portal: Portal, visitor: Visitor, directory: Directory) -> None:
        self._portal, self._visitor, self._directory = portal, visitor, directory
        self._cases: dict[str, Case] = {}
        self._can: dict[str, dict[str, Doing]] = {}
        self._asked: set[tuple[str, str, str]] = set()

    async def read(self, rows: list[NoticeRow]) -> list[Shown]:
        """Each message; of a case in which whoever reads takes no part any more one line, which asks for nothing."""
        told: set[str] = set()
        found = []
        for row in rows:
            if not row.case:
                found.append(await self._of_the_house(row))
            elif not await self._is_shut(row):
                found.append(await self._readable(row))
            elif row.case not in told:
                told.add(row.case)
                said = shut(await self._case(row.case), _notice(row))
                found.append(_nothing(row, said, shut=True))
        return found

    async def _of_the_house(self, row: NoticeRow) -> Shown:
        said = await self._portal.bulletins.read(row, self._portal.clock())
        person = self._directory.people.get(row.person)
        return Shown(
            row=row, said=Said(subject=said.subject, text=said.lines[0]), to=person.name if person else row.person,
            live=False, fresh=row.seen is None, act=None, answers=(), page=said.page, items=said.items,
        )  # fmt: skip

    async def _is_shut(self, row: NoticeRow) -> bool:
        """Whether it is about a case in which whoever reads it takes no part: locked out, or not among the named."""
        visitor, case = self._visitor, await self._case(row.case)
        own = row.person == visitor.person
        return own and shut_out(visitor.actor, case, access_of(case, self._portal.clock())) is not None

    async def _readable(self, row: NoticeRow) -> Shown:
        """A message whose words cannot be made still says which case it is about, and hides no other."""
        try:
            return await self._shown(row)
        except UNSAYABLE as error:
            kind, place = type(error).__name__, where(error)
            log.error("unreadable message", case=row.case, kind=row.kind, error=kind, where=place)  # noqa: TRY400 -- no words
            return _nothing(row, unreadable(row.case))

    async def _shown(self, row: NoticeRow) -> Shown:
        case, notice, now = await self._case(row.case), _notice(row), self._portal.clock()
        one = case.obligations.get(notice.obligation)
        owed = notice.kind is NoticeKind.OWED and one is not None and one.ended is None and not case.closed
        asked = (row.person, row.case, notice.obligation)
        promised = one is not None and one.live_promise(now) is not None and not one.dispute and not one.paused
        live = owed and one is not None and (promised or not state_of(one, now)) and asked not in self._asked
        news = notice.kind is not NoticeKind.OWED and not meeting_over(case, notice)[0]
        fresh = news and row.seen is None and row.state != "superseded"
        self._asked |= {asked} if owed else set()
        doing = (
            (await self._doings(row.case)).get(notice.obligation)
            if live and row.person == self._visitor.person
            else None
        )
        person = self._directory.people.get(row.person)
        return Shown(
            row=row,
            said=say(notice, case, self._directory, now),
            to=person.name if person else row.person,
            live=live,
            fresh=fresh,
            act=doing.act if doing else None,
            answers=tuple(act for act in doing.answers if not act.address.startswith(f"/cases/{row.case}/suspend"))
            if doing
            else (),
            urgent=one is not None and blocks(case.policy, case.kind)[one.block].urgent,
            due=one.due if one else None,
        )

    async def _case(self, ref: str) -> Case:
        if ref not in self._cases:
            found = await self._portal.questions.state(ref)
            assert found is not None, "a notice belongs to a case"
            self._cases[ref] = found
        return self._cases[ref]

    async def _doings(self, ref: str) -> dict[str, Doing]:
        """What the visitor can do about each obligation of a case that they may open."""
        if ref not in self._can:
            view = await self._portal.questions.case(ref, self._visitor.actor, self._portal.clock())
            found = doings(view, self._portal.clock()) if isinstance(view, CaseView) else ([], [])
            self._can[ref] = {one.deadline.key: one for part in found for one in part}
        return self._can[ref]


def _nothing(row: NoticeRow, said: Said, *, shut: bool = False) -> Shown:
    """A message that asks for nothing."""
    return Shown(row=row, said=said, to=row.person, live=False, fresh=False, act=None, answers=(), shut=shut)


def _first_due(one: Shown) -> tuple[bool, datetime]:
    """What is due first comes first; what has no date comes last."""
    return (one.due is None, one.due or one.row.written)


def _notice(row: NoticeRow) -> Notice:
    return Notice.model_validate({name: getattr(row, name) for name in Notice.model_fields})
