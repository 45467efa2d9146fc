"""The referral register: every referral, what became of it, when; filtered and exported. For the business unit."""

import csv
import io

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from models.referral import Event, Route
from notifier.post import Post
from portal.visiting import Portal

UNIT = frozenset({"business_manager", "administrator"})
COLUMNS = ("Reference", "Received", "Event", "Children", "Outcome", "Closed")


def router(portal: Portal) -> APIRouter:
    pages = APIRouter()
    post = Post(portal.there.database, portal.there.vault)

    async def rows(actor_sees: list[str], event: str, outcome: str) -> list[dict[str, str]]:
        found = []
        for ref in actor_sees:
            case = await portal.questions.state(ref)
            assert case is not None
            routes = sorted(set(case.said.get("routes", {}).values()))
            row = {
                "Reference": ref, "Received": case.opened.date().isoformat(), "Event": Event(case.said["event"]).words,
                "Children": str(len(case.said["children"])), "Outcome": ", ".join(Route(route).words for route in routes) or "Not yet triaged",
                "Closed": case.closed.date().isoformat() if case.closed else "",
            }  # fmt: skip
            if event in ("", case.said["event"]) and (not outcome or outcome in routes):
                found.append(row)
        return found

    @pages.get("/register")
    async def register(request: Request) -> Response:
        visitor = await portal.signed_in(request)
        if not visitor.actor.anywhere(UNIT):
            return await portal.refuse(request, 403)
        lines = await portal.questions.board(visitor.actor, portal.clock(), closed=True)
        event, outcome = request.query_params.get("event", ""), request.query_params.get("outcome", "")
        shown = await rows([line.ref for line in lines if line.kind == "referral"], event, outcome)
        if request.query_params.get("as") == "csv":
            return Response(_csv(shown), media_type="text/csv", headers={"Content-Disposition": 'attachment; filename="referral-register.csv"'})
        return await portal.page(
            request, "register.html", "Referral register", wide=True, rows=shown, columns=COLUMNS, events=list(Event), routes=list(Route),
            event=event, outcome=outcome,
        )  # fmt: skip

    @pages.get("/mail")
    async def mail(request: Request) -> Response:
        """Mail that no server has taken: the business unit tells its receivers by other means."""
        visitor = await portal.signed_in(request)
        if not visitor.actor.anywhere(UNIT):
            return await portal.refuse(request, 403)
        return await portal.page(request, "mail.html", "Mail to referrers", wide=True, mails=await post.read())

    @pages.get("/demonstration/mail")
    async def everybody(request: Request) -> Response:
        """In the labelled demonstration there is no mail server, so that mail is read here."""
        if not portal.settings.demonstration:
            return await portal.refuse(request, 404)
        return await portal.page(request, "mail.html", "Mail to referrers", wide=True, mails=await post.read())

    return pages


def _csv(rows: list[dict[str, str]]) -> bytes:
    """For spreadsheets: a byte-order mark, and no cell that a spreadsheet would run as a formula."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    for row in rows:
        writer.writerow({name: f"'{value}" if value[:1] in {"=", "+", "-", "@", "\t"} else value for name, value in row.items()})
    return text.getvalue().encode("utf-8-sig")
