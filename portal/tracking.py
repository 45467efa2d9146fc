"""The tracker: recommendations with the columns that people know, filtered and exported; their figures and themes."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from models.directory import Directory
from models.recommended import Colour
from models.recommending import Source
from models.rights import CASE_WIDE, Actor
from models.time import day_of
from portal.exporting import Cell, export
from portal.happened import TITLES as HAPPENED
from portal.paging import page_of, paging
from portal.visiting import TITLES, Portal
from records.tracking import AGES, OLDER, OPEN, PAGE, Line, Standings, Themed, Tracker, Wanted

SORTS: Final[Mapping[str, str]] = {
    "due": "Due first", "overdue": "Longest overdue first", "delivery": "Delivery, the worst first",
    "impact": "Impact, the worst first", "agency": "By agency", "owner": "By owner", "reference": "By reference",
    "said": "Last word, the newest first",
}  # fmt: skip
STATES: Final[Mapping[str, str]] = {
    "open": "Open", "closed": "Closed", "withdrawn": "Withdrawn", "past": "Closed before it came here",
}  # fmt: skip
COLUMNS: Final = (
    "Reference", "Review", "Name", "Year", "Source", "Paragraph", "Recommendation", "Agency", "Owner", "Deputy",
    "Sponsor", "Themes", "Success measures", "Actions", "Made", "First due", "Due", "Delivery", "Delivery colour",
    "Impact", "Impact colour", "Overdue since", "Told last", "State", "Closed", "Last word", "Last word on",
)  # fmt: skip
THEMES: Final = "/recommendations/themes"
SOURCES: Final[Mapping[str, str]] = {one.value: one.words for one in Source}


def wanted(asked: QueryParams) -> Wanted:
    """What an address asks for. An order or a page that there is not is the first."""
    sort = asked.get("sort", "")
    texts = ("review", "agency", "theme", "delivery", "impact", "owner", "source", "year")
    return Wanted(
        **{name: asked.get(name, "") for name in texts},
        state=asked.get("state", "open"),
        overdue=bool(asked.get("overdue")),
        sort=sort if sort in SORTS else "due",
        page=page_of(asked.get("page", "")),
    )


def query_of(one: Wanted, page: int = 0) -> str:
    """The same as the part of an address; `page`: another page of it, or none for an export."""
    said = {name: "yes" if value is True else value for name, value in asdict(one).items() if value and name != "page"}
    return urlencode({**said, "state": one.state, **({"page": page} if page > 1 else {})})


def router(portal: Portal) -> APIRouter:
    pages, tracker = APIRouter(), Tracker(portal.there.recorder)

    async def unknown(actor: Actor, review: str, now: datetime) -> str:
        """Why a reference leads to nothing; empty if it leads somewhere. A case shut to them is as if not there."""
        if not review.strip() or (await tracker.find(actor, Wanted(review=review), now)).count:
            return ""
        return f"No recommendation that you may see comes from “{review}”. A reference reads like PR-2026-0001"

    @pages.get("/recommendations")
    async def recommendations(request: Request) -> Response:
        visitor, now = await portal.signed_in(request), portal.clock()
        asked, form = wanted(request.query_params), request.query_params.get("as", "")
        directory, rules = await portal.directory(), await portal.rules()
        await portal.questions.note_read(visitor.person, "", "tracker exported" if form else "tracker", now)
        if form:
            offices = {name: office.title for name, office in rules.offices.items()}
            words = Words(directory, rules.themes, offices)
            every = await tracker.every(visitor.actor, asked, now)

            async def rows() -> AsyncIterator[list[list[Cell]]]:
                async for lines in every:
                    names = await portal.names({line.of.case for line in lines}, visitor)
                    yield [words.row(line, names.get(line.of.case, "")) for line in lines]

            return await export("recommendations", COLUMNS, rows(), form) or await portal.refuse(request, 404)
        found = await tracker.find(visitor.actor, asked, now)
        return await portal.page(
            request,
            "tracker.html",
            "Recommendations",
            wide=True,
            here="/recommendations",
            found=found,
            problem="" if found.count else await unknown(visitor.actor, asked.review, now),
            names=await portal.names({line.of.case for line in found.lines}, visitor),
            wanted=asked,
            first=PAGE * (found.page - 1) + 1,
            query=query_of(asked),
            pages=paging(found.page, found.count, lambda page: f"/recommendations?{query_of(asked, page)}"),
            options=_options(visitor.actor, found.years, directory, rules.themes),
            titles=TITLES,
            themes=rules.themes,
            directory=directory,
        )

    @pages.get("/recommendations/figures")
    async def figures(request: Request) -> Response:
        visitor, now = await portal.signed_in(request), portal.clock()
        found = await tracker.figures(visitor.actor, now)
        rules, directory = await portal.rules(), await portal.directory()
        await portal.questions.note_read(visitor.person, "", "figures", now)
        return await portal.page(
            request,
            "figures.html",
            "Figures of recommendations",
            wide=True,
            back="/recommendations",
            here="/recommendations/figures",
            found=found,
            ages=AGE_WORDS,
            reached=[(name, rules.titled(name) if name else "Nobody yet") for name in _reached(found)],
            bars=bars(found, directory),
            directory=directory,
        )

    @pages.get(THEMES)
    async def themes(request: Request) -> Response:
        visitor, now = await portal.signed_in(request), portal.clock()
        rules, asked = await portal.rules(), request.query_params.get("theme", "")
        lines = [] if asked else await tracker.by_theme(visitor.actor, now)
        of_it = Wanted(theme=asked, sort="year", page=page_of(request.query_params.get("page", "")))
        found = await tracker.find(visitor.actor, of_it, now) if asked else None
        await portal.questions.note_read(visitor.person, "", "themes", now)
        return await portal.page(
            request,
            "themes.html",
            "Themes of recommendations",
            wide=True,
            back=THEMES if asked else "/recommendations",
            here="" if asked else THEMES,
            found=recurring(lines, rules.themes),
            years=sorted({line.year for line in lines}),
            chosen=asked,
            of_it=found,
            first=PAGE * (found.page - 1) + 1 if found else 1,
            pages=paging(found.page, found.count, lambda page: f"{THEMES}?{urlencode({'theme': asked, 'page': page})}")
            if found
            else {},
            themes=rules.themes,
            titles=TITLES,
            happened=HAPPENED,
            directory=await portal.directory(),
        )

    return pages


def _options(
    actor: Actor, years: Sequence[int], directory: Directory, themes: Mapping[str, str]
) -> dict[str, list[tuple[str, str]]]:
    """What each filter can be set to: (value, words). Owners are offered of the agencies whose lines they may see."""
    own = [held.agency for held in actor.offices if held.agency in directory.agencies]
    agencies = list(directory.agencies) if actor.anywhere(CASE_WIDE) else list(dict.fromkeys(own))
    people = {who: directory.people[who].name for agency in agencies for who in directory.people_of(agency)}
    return {
        "agency": _by_words({name: directory.agencies[name].name for name in agencies}),
        "owner": _by_words(people),
        "theme": _by_words(themes),
        "colour": [(one.value, one.value.capitalize()) for one in Colour],
        "source": list(SOURCES.items()),
        "year": [(str(year), str(year)) for year in reversed(years)],
        "state": list(STATES.items()),
        "sort": list(SORTS.items()),
    }


def _by_words(found: Mapping[str, str]) -> list[tuple[str, str]]:
    return sorted(found.items(), key=lambda one: one[1])


@dataclass(frozen=True)
class Words:
    """What stands in the cells of an export."""

    directory: Directory
    themes: Mapping[str, str]
    offices: Mapping[str, str]

    def row(self, line: Line, name: str) -> list[Cell]:
        of = line.of
        cells: list[Cell] = [
            line.ref,
            TITLES[of.kind],
            name,
            str(of.year),
            SOURCES.get(of.source, of.source),
            line.paragraph,
            line.text,
            self.directory.called(of.agency),
            *(self._person(one) for one in (of.owner, of.deputy, of.sponsor)),
            "; ".join(self.themes.get(one, one) for one in of.themes),
            "\n".join(_measure(one) for one in line.measures),
            "\n".join(_action(one) for one in line.actions),
            day_of(of.made),
            of.first_due,
            day_of(of.due) if of.due else "",
            line.delivery.words,
            line.delivery.colour.capitalize(),
            line.impact.words,
            line.impact.colour.capitalize(),
            day_of(of.overdue_from) if line.overdue and of.overdue_from else "",
            self.offices.get(of.reached, of.reached),
            STATES["open"] if of.standing in OPEN else STATES[of.standing],
            day_of(of.closed) if of.closed else "",
            line.said,
            day_of(line.said_at) if line.said_at else "",
        ]
        return cells

    def _person(self, one: str) -> str:
        return self.directory.people[one].name if one in self.directory.people else one


def _measure(one: Mapping[str, Any]) -> str:
    return f"{one.get('measure', '')} Now: {one['baseline']}" if one.get("baseline") else str(one.get("measure", ""))


def _action(one: Mapping[str, Any]) -> str:
    return f"{one['by']}: {one['action']}" if one.get("by") else str(one["action"])


# Figures.

AGE_WORDS: Final = (*(words for _, words in AGES), OLDER)
_ROW, _BAR, _LEFT, _WIDE = 34, 22, 250, 560


@dataclass(frozen=True)
class Part:
    """A part of a bar: which of the kinds it shows, where it begins, how wide it is, and how many it stands for."""

    kind: int
    x: float
    width: float
    count: int


@dataclass(frozen=True)
class Bar:
    """What is open of one agency: not overdue, and overdue by age."""

    label: str
    y: int
    parts: list[Part]
    total: int


def bars(found: list[Standings], directory: Directory) -> list[Bar]:
    """The picture of what is open, agency by agency; who has most overdue stands first."""
    shown = sorted((one for one in found if one.open), key=lambda one: (-one.overdue, -one.open, one.agency))
    most = max((one.open for one in shown), default=1)
    return [
        Bar(directory.called(one.agency), number * _ROW, list(_parts(one, most)), one.open)
        for number, one in enumerate(shown)
    ]


def _parts(one: Standings, most: int) -> Iterator[Part]:
    x = float(_LEFT)
    for kind, count in enumerate((one.open - one.overdue, *(one.late.get(words, 0) for words in AGE_WORDS))):
        if count:
            width = round(count / most * _WIDE, 1)
            yield Part(kind, round(x, 1), width, count)
            x += width


def _reached(found: list[Standings]) -> list[str]:
    """Every office that was told of something overdue, the lowest first as far as ladders have them."""
    names = {name for one in found for name in one.reached}
    return sorted(names, key=lambda name: (LADDER.index(name) if name in LADDER else len(LADDER), name))


LADDER: Final = ("", "recommendation_owner", "agency_contact", "business_manager", "subgroup_chair", "agency_lead")
"""The order in which offices stand in a table; who is not among them comes last, as the independent chair does."""


# Themes.


@dataclass(frozen=True)
class Recurring:
    """A theme: how often it was recommended in each year and by how many reviews, and what came of it.

    `again`: it was recommended once more after something of it had been closed as done.
    """

    theme: str
    words: str
    years: Mapping[int, int]
    reviews: int
    open: int
    closed: int
    sustained: int
    reopened: int
    again: bool

    @property
    def count(self) -> int:
        return sum(self.years.values())

    @property
    def recurs(self) -> bool:
        """Whether more than one review has come to it."""
        return self.reviews > 1


def recurring(lines: list[Themed], themes: Mapping[str, str]) -> list[Recurring]:
    """Every theme of which there is a recommendation; what most reviews came to stands first."""
    by_theme: dict[str, list[Themed]] = {}
    for line in lines:
        for theme in line.themes:
            by_theme.setdefault(theme, []).append(line)
    found = [_recurring(theme, themes.get(theme, theme), mine) for theme, mine in by_theme.items()]
    return sorted(found, key=lambda one: (-one.reviews, -one.count, one.words))


def _recurring(theme: str, words: str, mine: list[Themed]) -> Recurring:
    years: dict[int, int] = {}
    for line in mine:
        years[line.year] = years.get(line.year, 0) + line.lines
    first = min((line.first_closed for line in mine if line.first_closed), default=None)
    return Recurring(
        theme, words, years,
        reviews=len({line.case for line in mine}),
        open=sum(line.open for line in mine),
        closed=sum(line.closed for line in mine),
        sustained=sum(line.sustained for line in mine),
        reopened=sum(line.reopened for line in mine),
        again=first is not None and any(line.last_made > first for line in mine),
    )  # fmt: skip
