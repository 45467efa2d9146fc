"""Calendars: one meeting as a file, and every date of one person at an address to which a phone can subscribe.

An entry says a reference, the policy's own words and a date; whoever wants more follows its link and signs in. The
address is a secret of its own: it opens nothing else, it is shown once, and its holder ends it with a button.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from fastapi import APIRouter
from icalendar import Calendar, Event
from starlette.requests import Request
from starlette.responses import Response

from models.directory import Directory
from models.rights import actor_of
from models.standing import Dated
from models.time import day_of, is_whole_day
from portal.visiting import Portal, one_of, typed
from records.accounts import CALENDAR

KIND = "text/calendar; charset=utf-8"
FEED = "/calendar/feed"
REFRESH = timedelta(hours=1)
MOMENT = timedelta(minutes=15)
"""How long an entry lasts whose date is an hour and not a day."""


def router(portal: Portal) -> APIRouter:
    pages = APIRouter()

    async def page(request: Request, person: str, token: str = "") -> Response:
        return await portal.page(
            request,
            "calendar.html",
            "Your dates in your calendar",
            back="/inbox",
            active=await portal.accounts.has_link(CALENDAR, person),
            link=f"{portal.settings.address}{FEED}/{token}.ics" if token else "",
        )

    @pages.get("/calendar")
    async def show(request: Request) -> Response:
        return await page(request, (await portal.signed_in(request)).person)

    @pages.post("/calendar")
    async def make(request: Request) -> Response:
        """A new address; the one before ends."""
        visitor = await portal.signed_in(request)
        portal.check_token(request, one_of(await typed(request), "_csrf"), visitor)
        token = await portal.accounts.only_link(CALENDAR, visitor.person, portal.clock())
        return await page(request, visitor.person, token)

    @pages.post("/calendar/stop")
    async def stop(request: Request) -> Response:
        visitor = await portal.signed_in(request)
        portal.check_token(request, one_of(await typed(request), "_csrf"), visitor)
        await portal.accounts.end_links(CALENDAR, visitor.person, portal.clock())
        return portal.go("/calendar")

    @pages.get(FEED + "/{token}.ics")
    async def feed(request: Request, token: str) -> Response:
        """The dates of whoever made this address, as they are today; nothing once they have left."""
        now, directory = portal.clock(), await portal.directory()
        person = await portal.accounts.peek(token, CALENDAR, now)
        if person is None or person not in directory.people:
            return await portal.refuse(request, 404)
        dates = await portal.questions.dates(actor_of(directory, person, now), now)
        await portal.questions.note_first_read(person, "", "calendar", now)
        events = [event_of(one, directory, portal.settings.address, now) for one in dates]
        return Response(calendar_file(events, "Case reviews"), media_type=KIND)

    return pages


def event_of(one: Dated, directory: Directory, address: str, now: datetime) -> Event:
    """One date of a case: the whole day, or an hour where a clock counts hours."""
    if one.minutes:
        return meeting_event(one.case, one.at, one.minutes, address, now, one.times)
    agency = f", {directory.agencies[one.agency].name}" if one.agency in directory.agencies else ""
    event = _event(f"{one.case}/{one.key}", f"{one.title}{agency} ({one.case})", f"{address}/cases/{one.case}", now)
    if is_whole_day(one.at):
        event.add("dtstart", day_of(one.at))
    else:
        event.add("dtstart", one.at)
        event.add("duration", MOMENT)
    event.add("transp", "TRANSPARENT")
    return event


def meeting_event(  # noqa: PLR0913, PLR0917 -- what a calendar asks for
    ref: str, begins: datetime, minutes: int, address: str, now: datetime, times: int
) -> Event:
    """A meeting. `times`: how often it has been arranged, so that a later entry replaces an earlier."""
    event = _event(f"{ref}-meeting", f"Meeting {ref}", f"{address}/cases/{ref}", now)
    event.add("sequence", times - 1)
    event.add("dtstart", begins)
    event.add("dtend", begins + timedelta(minutes=minutes))
    return event


def calendar_file(events: Iterable[Event], name: str = "") -> bytes:
    """A file that any calendar reads. `name`: of a calendar that is asked again and again."""
    calendar = Calendar()
    calendar.add("prodid", "-//Case reviews//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    if name:
        calendar.add("x-wr-calname", name)
        calendar.add("refresh-interval", REFRESH, parameters={"value": "DURATION"})
        calendar.add("x-published-ttl", "PT1H")
    for event in events:
        calendar.add_component(event)
    written: bytes = calendar.to_ical()
    return written


def _event(name: str, summary: str, address: str, now: datetime) -> Event:
    event = Event()
    event.add("uid", f"{name}@case-reviews")
    event.add("dtstamp", now)
    event.add("summary", summary)
    event.add("url", address)
    return event
