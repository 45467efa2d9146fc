"""The register of publication: every practice review and what became of its report; and the register of reviewers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from models.case import Case
from models.directory import Directory
from models.facts import Fact
from models.practice_review import known_day, method_of, published_from
from models.practice_review_commands import Origin
from models.rights import CASE_WIDE
from models.time import day_of
from models.tracking import year_of
from portal.exporting import Cell, Sheet, download
from portal.visiting import Portal
from records.publication import Published

STATES: Final[Mapping[str, str]] = {
    "published": "Published", "withheld": "Not published", "ended": "Ended before its report", "awaiting": "Awaiting",
    "unknown": "Not known",
}  # fmt: skip
COLUMNS: Final = (
    "Reference", "Name", "Kind", "Method", "Decided", "Reviewer", "State", "Due", "Expected", "Settled",
    "Where it can be read", "Why it is not published",
)  # fmt: skip


@dataclass(frozen=True)
class Review:
    """One line of the register. `name` and `reasons` are empty for those who may not know."""

    ref: str
    name: str
    kind: str
    method: str
    decided: date | None
    year: int
    reviewer: str
    state: str
    due: datetime | None
    expected: date | None
    earliest: date | None
    settled: date | None
    address: str
    reasons: str
    restricted: bool

    @property
    def words(self) -> str:
        return STATES[self.state]

    @property
    def is_settled(self) -> bool:
        return self.state in {"published", "withheld"}

    def row(self) -> list[Cell]:
        dates = (self.decided, day_of(self.due) if self.due else None, self.expected, self.settled)
        decided, due, expected, settled = (one or "" for one in dates)
        settled = settled or ("Day not known" if self.is_settled else "")
        return [
            self.ref, self.name, self.kind, self.method, decided, self.reviewer, self.words, due, expected, settled,
            self.address, self.reasons,
        ]  # fmt: skip


def review(one: Published, directory: Directory) -> Review:
    """A line of the register, from a review and what its facts say of its publication."""
    case = one.case
    owed = next((found for found in case.of_block("publication") if not found.ended), None)
    method, expected = method_of(case), case.said.get("expected")
    awaiting = "publication_settled" not in case.marks and not case.said.get("discontinued")
    reviewer = str(case.said.get("reviewer", ""))
    return Review(
        ref=case.ref,
        name=one.name,
        kind=Origin(case.said["entered"]).words if case.said.get("entered") else Origin.PRACTICE_REVIEW.words,
        method=method.title if method else "",
        decided=known_day(case, "review_decided"),
        year=year_of(case),
        reviewer=_named(reviewer, directory),
        state=_state(case),
        due=owed.due if owed else None,
        expected=date.fromisoformat(expected) if expected and awaiting else None,
        earliest=published_from(case) if awaiting else None,
        settled=known_day(case, "publication_settled"),
        address=one.address,
        reasons=one.reasons,
        restricted=bool(case.said.get("restricted")),
    )


def _state(case: Case) -> str:
    if case.said.get("discontinued"):
        return "ended"
    if "review_published" in case.marks:
        return "published"
    if "publication_withheld" in case.marks:
        return "withheld"
    return "unknown" if "publication_settled" in case.marks else "awaiting"


def _named(person: str, directory: Directory) -> str:
    return directory.people[person].name if person in directory.people else person


@dataclass(frozen=True)
class Led:
    """A review that somebody leads or led, and whether an interest was waived for it."""

    ref: str
    since: date
    waived: bool
    still: bool


@dataclass(frozen=True)
class Reviewer:
    """A reviewer of the register: when they declared their interests last, in which agencies, and what they led."""

    name: str
    declared: date | None
    interests: list[str]
    led: list[Led]


def reviewers(directory: Directory, appointed: list[tuple[Case, Fact]]) -> list[Reviewer]:
    """Everybody who is on the register, or has been appointed to a review that whoever asks may see."""
    names = dict.fromkeys([*directory.reviewers(), *(str(fact.data["reviewer"]) for _, fact in appointed)])
    found = []
    for name in names:
        person = directory.people.get(name)
        led = [
            Led(case.ref, day_of(fact.occurred), bool(fact.data["waived"]), case.said.get("reviewer") == name)
            for case, fact in appointed
            if fact.data["reviewer"] == name
        ]
        interests = [directory.called(one) for one in person.interests] if person else []
        found.append(Reviewer(_named(name, directory), person.declared if person else None, interests, led))
    return sorted(found, key=lambda one: one.name)


def router(portal: Portal) -> APIRouter:
    pages, publications = APIRouter(), portal.publications

    @pages.get("/reviews")
    async def register(request: Request) -> Response:
        visitor, now = await portal.signed_in(request), portal.clock()
        directory, asked = await portal.directory(), request.query_params
        every = [review(one, directory) for one in await publications.reviews(visitor.actor, now)]
        state, year, form = (asked.get(name, "") for name in ("state", "year", "as"))
        found = [one for one in every if state in {"", one.state} and year in {"", str(one.year)}]
        await portal.questions.note_read(visitor.person, "", "publications exported" if form else "publications", now)
        if form:
            sheet = Sheet("publication-register", COLUMNS, [one.row() for one in found])
            return download(sheet, form) or await portal.refuse(request, 404)
        return await portal.page(
            request,
            "reviews.html",
            "Publication of reviews",
            wide=True,
            here="/reviews",
            found=found,
            all=len(every),
            states=list(STATES.items()),
            years=[(one, one) for one in sorted({str(one.year) for one in every}, reverse=True)],
            wanted={"state": state, "year": year},
            sees_reviewers=bool(visitor.actor.anywhere(CASE_WIDE)),
        )

    @pages.get("/reviewers")
    async def register_of_reviewers(request: Request) -> Response:
        visitor, now = await portal.signed_in(request), portal.clock()
        if not visitor.actor.anywhere(CASE_WIDE):
            return await portal.refuse(request, 403)
        appointed = await publications.appointments(visitor.actor, now)
        await portal.questions.note_read(visitor.person, "", "reviewers", now)
        return await portal.page(
            request,
            "reviewers.html",
            "Reviewers",
            wide=True,
            back="/reviews",
            found=reviewers(await portal.directory(), appointed),
        )

    return pages
