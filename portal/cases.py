"""The board of all cases, and the page of one: what I owe, the dates, the children, the time line."""

import re
from dataclasses import asdict, dataclass
from datetime import date, datetime, time
from typing import Final
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from door.adopting import MAY_ADOPT
from models.board import Colour, Line
from models.case import Case, whole_item
from models.clocks import add_months
from models.doing import doings
from models.lifecycles import COMMANDS, OPENINGS, OPENS, kind_of
from models.rapid_review import has_met
from models.referral import Route, leads
from models.rights import NAMED_OFFICES, may_open
from models.shelf import days, policy
from models.time import at, day_of
from portal.challenge import challenge_of
from portal.doing import can, others
from portal.giving import DONE
from portal.happened import QUORUMS, time_line, waits_for_quorum
from portal.happened import TITLES as HAPPENED
from portal.outcomes import outcomes
from portal.paging import page_of, paging
from portal.review import review_of
from portal.visiting import TITLES, Portal
from portal.ways_in import OPENED_AT
from records.questions import EVER, Entry
from records.tracking import PAGE, Tracker, pages_of

LAST_YEAR: Final = "yes"
"""Of the closed cases those of the last twelve months: of all years together there may be tens of thousands."""


@dataclass(frozen=True)
class Wanted:
    """The filters of the board, as its address has them."""

    kind: str
    colour: str
    stage: str
    waiting: str
    mine: bool
    closed: str
    """Which closed cases as well: none, those of the last year, or of a year by its number."""
    page: int

    def query(self, page: int) -> str:
        """The same as an address of that page."""
        said = {name: "yes" if value is True else value for name, value in asdict(self).items() if value}
        return f"/cases?{urlencode({**said, 'page': page})}"

    def were_closed(self, now: datetime) -> tuple[datetime, datetime] | None:
        """From when to when the closed cases were closed that are asked for."""
        if self.closed == LAST_YEAR:
            return at(add_months(day_of(now), -12), time(0)), EVER[1]
        if self.closed:
            return at(date(int(self.closed), 1, 1), time(0)), at(date(int(self.closed) + 1, 1, 1), time(0))
        return None

    def takes(self, line: Line) -> bool:
        return (
            self.kind in ("", line.kind)
            and self.colour in ("", line.colour.name.lower())
            and self.stage in ("", line.stage)
            and self.waiting in ("", *line.waiting_for)
            and (line.mine or not self.mine)
        )


def router(portal: Portal) -> APIRouter:
    pages, tracker = APIRouter(), Tracker(portal.there.recorder)

    @pages.get("/cases")
    async def board(request: Request) -> Response:
        visitor, asked = await portal.signed_in(request), request.query_params
        wanted = Wanted(
            asked.get("kind", ""),
            asked.get("colour", ""),
            asked.get("stage", ""),
            asked.get("waiting", ""),
            mine=bool(asked.get("mine")),
            closed=_years(asked.get("closed", "")),
            page=page_of(asked.get("page", "")),
        )
        now, began = portal.clock(), await portal.questions.first_closed()
        lines = await portal.questions.board(visitor.actor, now, closed=wanted.were_closed(now))
        await portal.questions.note_read(visitor.person, "", "board", portal.clock())
        found = [line for line in lines if wanted.takes(line)]
        page = min(wanted.page, pages_of(len(found)))
        first = PAGE * (page - 1)
        return await portal.page(
            request,
            "board.html",
            "Cases",
            wide=True,
            lines=found[first : first + PAGE],
            names=await portal.names((line.ref for line in found[first : first + PAGE]), visitor),
            first=first + 1,
            count=len(found),
            pages=paging(page, len(found), wanted.query),
            all=len(lines),
            mine=sum(line.mine for line in lines),
            wanted=wanted,
            titles=TITLES,
            states=[(one.name.lower(), one.value) for one in Colour],
            years=[(str(one), f"Of {one}") for one in _back_to(began, now)] if began else [],
            opens=[
                (OPENED_AT.get(kind, f"/open/{kind}"), COMMANDS[OPENINGS[kind]][kind].TITLE)
                for kind in OPENS
                if isinstance(may_open(visitor.actor, kind, {}), str)
            ],
            warning=await portal.calendar_warning() if visitor.actor.anywhere(MAY_ADOPT) else "",
            stages=sorted({(line.stage, line.stage) for line in lines}),
            waited=sorted({(one, one) for line in lines for one in line.waiting_for}),
        )

    @pages.get("/cases/{ref}")
    async def case(request: Request, ref: str) -> Response:
        visitor = await portal.signed_in(request)
        view = await portal.seen(request, visitor, ref, "case")
        if isinstance(view, Response):
            return view
        directory, now = await portal.directory(), portal.clock()
        people = await portal.questions.children(view.state.said.get("referral", ref)) if view.whole else []
        mine, rest = doings(view, now)
        pursued = {one.item for one in view.deadlines if whole_item(one.item) in view.state.recommendations}
        usual, rare = others(view, [*mine, *rest], now)
        done = next((one for one in view.entries if str(one.number) == request.query_params.get(DONE)), None)
        quorum = waits_for_quorum(view.state, view.entries)
        return await portal.page(
            request,
            "case.html",
            f"{TITLES[view.kind]} {ref}",
            wide=True,
            names=await portal.names([ref], visitor),
            back="/cases",
            view=view,
            titles=TITLES,
            kind_of=kind_of,
            mine=mine,
            rest=[one for one in rest if one.deadline.item not in pursued],
            elsewhere=sum(one.deadline.item in pursued for one in rest),
            ended=[one for one in view.deadlines if one.ended and one.item not in pursued],
            usual=usual,
            rare=rare,
            can=can(view, now),
            asked=None if view.whole else await portal.questions.asked_about(view, visitor.actor, now),
            meeting=await portal.questions.meeting(view),
            met=has_met(view.state),
            children=[(number, child) for number, child in people if number in view.state.said.get("children", [])],
            likely=await portal.likely(view, visitor.actor),
            joined=await portal.questions.joined(ref, visitor.actor, now) if view.whole else [],
            belongs=joins(view.state) if view.whole else [],
            rules=(policy(view.state.policy).version, days(view.state.calendar).calendar.version),
            outcomes=outcomes(view.state, directory),
            review=review_of(view, directory, now),
            challenge=challenge_of(view, directory),
            line=time_line(
                view.state, view.entries, directory, await portal.files(one for one in view.entries if one.words)
            ),
            recommendations=await tracker.of_case(ref, visitor.actor, now),
            directory=directory,
            sees_reads=bool(visitor.actor.anywhere(NAMED_OFFICES)),
            done=_done(done, quorum) if done else "",
            quorum=quorum,
        )

    return pages


def _years(said: str) -> str:
    """Which closed cases an address asks for; what is no year is not understood."""
    return said if said == LAST_YEAR or re.fullmatch(r"20[0-9]{2}", said) else ""


def _back_to(began: datetime, now: datetime) -> range:
    """The years from this one back to that."""
    return range(day_of(now).year, day_of(began).year - 1, -1)


def joins(case: Case) -> list[str]:
    """The cases that this one has joined."""
    found = leads(case.said, Route.JOINED) | {case.said.get("joined", "")}
    return sorted(found - {""})


def _done(entry: Entry, quorum: str) -> str:
    """What whoever has just recorded this reads at the head of the page."""
    if quorum and entry.kind in QUORUMS:
        return quorum
    words = HAPPENED.get(entry.kind, "Recorded")
    return f"{words}." if words.endswith("recorded") else f"{words}. It is recorded."
