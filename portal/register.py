"""The referral register: every referral, what became of it and why, filtered and exported; and the mail that waits."""

import re
from collections.abc import Mapping

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from models.case import Case
from models.facts import Fact
from models.referral import Event, Route
from models.time import day_of
from notifier.post import Post
from portal.exporting import Cell, Sheet, download
from portal.inviting import UNIT
from portal.outcomes import outcomes
from portal.pages import short
from portal.visiting import Portal, one_of, typed
from records.audit import SIGN_INS
from records.questions import EVER

COLUMNS = ("Reference", "Received", "Event", "Children", "Outcome", "Reasons", "Opened", "Closed")
UNTRIAGED = "untriaged"
ANYBODY = "anybody"
"""Somebody at the demonstration who has not signed in."""


def router(portal: Portal) -> APIRouter:  # noqa: C901 -- one function for each page
    pages = APIRouter()
    post = Post(portal.there.database, portal.there.vault)

    async def line(case: Case) -> dict[str, Cell]:
        """One referral, with the reasons of its last triage."""
        triaged = [fact for fact in await portal.questions.facts(case.ref) if fact.kind == "triaged"]
        found = outcomes(case, await portal.directory())
        return {
            "Reference": case.ref,
            "Received": day_of(case.opened),
            "Event": Event(case.said["event"]).words,
            "Children": str(len(case.said["children"])),
            "Outcome": _by_child(found) or "Not yet triaged",
            "Reasons": await reasons(triaged[-1]) if triaged else "",
            "Opened": ", ".join(await portal.questions.opened_by(case.ref)),
            "Closed": day_of(case.closed) if case.closed else "",
        }

    async def reasons(fact: Fact) -> str:
        said = await portal.questions.words(fact)
        return _by_child({row["child"]: str(row.get("reason", "")) for row in said.get("children", ())}, " ")

    async def matching(request: Request, refs: list[str]) -> list[dict[str, Cell]]:
        event, outcome = request.query_params.get("event", ""), request.query_params.get("outcome", "")
        year = request.query_params.get("year", "")
        found = []
        for ref in refs:
            case = await portal.questions.state(ref)
            assert case is not None, "the board names cases that there are"
            routes = set(case.said.get("routes", {}).values()) or {UNTRIAGED}
            if (
                event in ("", case.said["event"])
                and (not outcome or outcome in routes)
                and year in ("", str(case.opened.year))
            ):
                found.append(await line(case))
        return sorted(found, key=lambda row: str(row["Reference"]), reverse=True)

    @pages.get("/register")
    async def register(request: Request) -> Response:
        visitor = await portal.signed_in(request)
        if not visitor.actor.anywhere(UNIT):
            return await portal.refuse(request, 403)
        asked = request.query_params
        lines = await portal.questions.board(visitor.actor, portal.clock(), closed=EVER, kind="referral")
        rows, form = await matching(request, [one.ref for one in lines]), asked.get("as", "")
        await portal.questions.note_read(
            visitor.person, "", "register exported" if form else "register", portal.clock()
        )
        if form:
            sheet = Sheet("referral-register", COLUMNS, [[row[name] for name in COLUMNS] for row in rows])
            return download(sheet, form) or await portal.refuse(request, 404)
        return await portal.page(
            request,
            "register.html",
            "Referral register",
            wide=True,
            rows=[{name: cell if isinstance(cell, str) else short(cell) for name, cell in row.items()} for row in rows],
            columns=COLUMNS,
            all=len(lines),
            events=[(one.value, one.words) for one in Event],
            outcomes=[(UNTRIAGED, "Not yet triaged"), *((one.value, one.words) for one in Route)],
            years=[(year, year) for year in sorted({str(one.opened.year) for one in lines}, reverse=True)],
            wanted={name: asked.get(name, "") for name in ("event", "outcome", "year")},
        )

    async def shown(request: Request, *, passes: bool) -> Response:
        """What has to be passed on first, then all other mail."""
        written, now = await post.read(), portal.clock()
        waiting = [mail for mail in written if mail.waits(portal.settings, now)]
        return await portal.page(
            request,
            "mail.html",
            "Mail to referrers",
            waiting=waiting,
            others=[mail for mail in written if mail not in waiting],
            passes=passes,
        )

    @pages.get("/mail")
    async def mail(request: Request) -> Response:
        """Mail that no server has taken: the business unit tells its receivers by other means."""
        visitor = await portal.signed_in(request)
        if not visitor.actor.anywhere(UNIT):
            return await portal.refuse(request, 403)
        await portal.questions.note_read(visitor.person, "", "mail", portal.clock())
        return await shown(request, passes=True)

    @pages.post("/mail/{number}/passed-on")
    async def passed_on(request: Request, number: str) -> Response:
        """The receiver has got it from somebody; it is noted who says so."""
        visitor = await portal.signed_in(request)
        portal.check_token(request, one_of(await typed(request), "_csrf"), visitor)
        if not visitor.actor.anywhere(UNIT):
            return await portal.refuse(request, 403)
        if not re.fullmatch(r"\d{1,9}", number, re.ASCII):
            return await portal.refuse(request, 404)
        async with portal.there.database.writing() as session:
            if await post.pass_on(session, int(number)):
                values = {"mail": int(number)}
                await portal.there.auditor.append(
                    session, SIGN_INS, portal.clock(), visitor.person, "mail_passed_on", values
                )
        return portal.go("/mail")

    @pages.get("/demonstration/mail")
    async def everybody(request: Request) -> Response:
        """In the labelled demonstration there is no mail server, so that mail is read here."""
        if not portal.settings.demonstration:
            return await portal.refuse(request, 404)
        visitor = await portal.visitor(request)
        await portal.questions.note_read(visitor.person if visitor else ANYBODY, "", "mail", portal.clock())
        return await shown(request, passes=False)

    return pages


def _by_child(words: Mapping[int, str], between: str = "; ") -> str:
    """What is the same for all children once, and what differs with the child before it."""
    if len(set(words.values())) <= 1:
        return next(iter(words.values()), "")
    return between.join(f"Child {number}: {said}" for number, said in sorted(words.items()))
