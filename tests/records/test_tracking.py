"""The tracker's lines: made from the state, seen by whoever may see them, filtered as the pure functions have it."""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product

import pytest
import pytest_asyncio
from sqlalchemy import select, text, update
from sqlalchemy.pool import QueuePool

import records.tracking
from models.board import Line as BoardLine
from models.board import line_of
from models.case import Case
from models.recommended import Colour, Kind, Rag, delivery, impact
from models.rights import (
    AGENCY_OFFICES,
    CASE_WIDE,
    Actor,
    Held,
    access_of,
    actor_of,
    holders,
    holds,
    reads,
    relations,
    sees,
    whole,
)
from models.tables import BoardRow, CaseRow, RecommendationRow, RecommendationWordsRow, Table
from records.facts import recommendation_rows
from records.questions import EVER, Questions
from records.tracking import OPEN, PAGE, Line, Tracker, Wanted
from tests.support import tracking
from tests.support.house import example_directory
from tests.support.recording import Recording, recording
from tests.support.tracking import CHAIR, HOSPITALS, MANAGER, OWNERS, POLICE, SUBGROUP, Tracked, Tracking

pytestmark = pytest.mark.asyncio(loop_scope="module")
PEOPLE = example_directory()
REVIEWER = "p-023"


class Site:
    def __init__(self, made: Recording, found: Tracked) -> None:
        self.made, self.found, self.tracker = made, found, Tracker(made.there.recorder)

    def actor(self, person: str) -> Actor:
        return actor_of(PEOPLE, person, self.made.now)

    async def cases(self) -> list[Case]:
        return [await self.made.case(ref) for ref in self.found.every]

    async def lines(
        self, wanted: Wanted | None = None, person: str = MANAGER, now: datetime | None = None
    ) -> list[Line]:
        asked = self.actor(person), wanted or Wanted(), now or self.made.now
        lines = [line async for some in await self.tracker.every(*asked) for line in some]
        found = await self.tracker.find(*asked)
        assert (found.count, found.lines) == (len(lines), lines[:PAGE])
        return lines


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    async with recording(tmp_path_factory.mktemp("tracking")) as made:
        found = await tracking.play(made)
        act = made.act
        await act(MANAGER, found.first, "lock_out", person="p-004", locked=True, reason="Led the team.")
        until = tracking.Tracking(made).day(9)
        await act(MANAGER, found.second, "let_in", person="p-017", until=until, reason="Advises.")
        await act(MANAGER, found.secret, "let_in", person="p-009", until=until, reason="Advises.")
        yield Site(made, found)


@pytest.mark.promise("D9")
async def test_there_is_one_line_for_each_recommendation_and_it_says_what_its_case_says(site: Site) -> None:
    lines = {line.ref: line for line in await site.lines()}
    said = {
        f"{case.ref}/{item}": recommendation_rows(case, item)[0]
        for case in await site.cases()
        for item in case.recommendations
    }
    assert len(said) > 30
    assert {ref: dict(line.of) for ref, line in lines.items()} == said
    assert await site.made.broken() == []


@pytest.mark.promise("D9", "K3", "K4")
async def test_everybody_sees_the_lines_of_what_they_may_read_and_no_other(site: Site) -> None:
    """For each person of the directory the condition of the database and the rule of models.rights say the same."""
    counts = Counter[str]()
    for person in PEOPLE.people:
        actor, expected = site.actor(person), set[str]()
        for case in await site.cases():
            access = access_of(case, site.made.now)
            if reads(actor, case, access) is None:
                all_of_it = whole(actor, case, access)
                seen = (item for item, one in case.recommendations.items() if sees(actor, all_of_it, one))
                expected |= {f"{case.ref}/{item}" for item in seen}
        assert {line.ref for line in await site.lines(person=person)} == expected, person
        counts[person] = len(expected)
    assert counts[MANAGER] > counts[SUBGROUP] > 0
    assert not any(line.of.case == site.found.first for line in await site.lines(person="p-004"))
    assert {line.of.case for line in await site.lines(person="p-017")} == {site.found.second}


@pytest.mark.promise("J1", "K3", "K4")
async def test_the_board_shows_everybody_of_each_case_what_they_may_know_and_no_more(site: Site) -> None:
    """Its own lines and the rules of rights and standing, asked of the case itself, say the same of every person."""
    questions, now, seen = Questions(site.made.there.recorder), site.made.now, Counter[bool]()
    async with site.made.there.database.reading() as session:
        refs = (await session.scalars(select(CaseRow.ref))).all()
    for person in PEOPLE.people:
        actor, expected = site.actor(person), []
        for case in [await site.made.case(ref) for ref in refs]:
            access = access_of(case, now)
            if reads(actor, case, access) is None:
                all_of_it = whole(actor, case, access)
                expected.append(line_of(case, actor, now, PEOPLE, all_of_it=all_of_it))
                seen[all_of_it] += 1
        found = await questions.board(actor, now, closed=EVER)
        assert sorted(found, key=_ref) == sorted(expected, key=_ref), person
    assert min(seen[True], seen[False]) > 20


def _ref(line: BoardLine) -> str:
    return line.ref


@pytest.mark.promise("J1", "K3", "K4")
async def test_a_relation_that_is_kept_is_the_rule_itself_for_every_person_and_office(site: Site) -> None:
    agencies, offices = ["", HOSPITALS, POLICE], sorted({*CASE_WIDE, *AGENCY_OFFICES, "reviewer", "administrator"})
    held = [Held(office=office, agency=agency) for office in offices for agency in agencies]
    actors = [Actor(person=person, offices=(one,)) for person in (OWNERS[HOSPITALS], REVIEWER, MANAGER) for one in held]
    said = Counter[bool]()
    for case in await site.cases():
        for one, actor in product(case.obligations.values(), actors):
            mine = holds(actor, case, one.owed_by, one)
            assert mine == (not relations(actor).isdisjoint(holders(case, one.owed_by, one))), (one.key, actor)
            said[mine] += 1
    assert min(said.values()) > 300


@pytest.mark.promise("C2", "D9")
async def test_whoever_leads_a_review_sees_its_recommendations_until_it_is_complete(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    async with recording(tmp_path_factory.mktemp("reviewer")) as made:
        ref = (await made.open(
            MANAGER, "enter_review", name="Child T", origin="practice_review", decided_on="2026-01-05",
            reached="decided", agencies=[HOSPITALS],
        )).case  # fmt: skip
        item = await Tracking(made).recommend(ref)
        one = Site(made, Tracked(ref, ref, ref, ref, ref))
        assert await one.lines(person=REVIEWER) == []
        words = {"suitability": "Knows the field.", "waived": False}
        await made.act(MANAGER, ref, "appoint_reviewer", reviewer=REVIEWER, **words)
        assert [line.ref for line in await one.lines(person=REVIEWER)] == [f"{ref}/{item}"]
        assert await made.broken() == []


def colours(case: Case, item: str, now: datetime) -> tuple[Rag, Rag]:
    one, owed = case.recommendations[item], [found for found in case.of_item(item) if found.ended is None]
    return delivery(one, owed, now), impact(one, owed, now)


@pytest.mark.promise("D6", "D9")
async def test_a_colour_asked_for_is_the_colour_shown_whenever_it_is_looked_at(site: Site) -> None:
    """The condition of the database, the words of the page and the rule itself, just where a colour turns."""
    cases = {case.ref: case for case in await site.cases()}
    turning = {one.due for case in cases.values() for one in case.open() if one.due}
    span = (timedelta(days=28), timedelta(0))
    moments = {due - before + edge for due in sorted(turning)[::6] for before in span for edge in _EDGES}
    for now in sorted({site.made.now, *moments}):
        lines = {line.ref: line for line in await site.lines(now=now)}
        for ref, line in lines.items():
            case, _, item = ref.partition("/")
            assert (line.delivery, line.impact) == colours(cases[case], item, now), (ref, now)
        for colour in Colour:
            for axis in Kind:
                asked = await site.lines(_of(axis, colour), now=now)
                assert {line.ref for line in asked} == {
                    ref for ref, line in lines.items() if getattr(line, axis).colour is colour
                }, (axis, colour, now)


def _of(axis: Kind, colour: Colour) -> Wanted:
    return Wanted(delivery=colour) if axis is Kind.DELIVERY else Wanted(impact=colour)


_EDGES = (-timedelta.resolution, timedelta(0), timedelta.resolution)


@pytest.mark.promise("D9")
@pytest.mark.parametrize(
    ("wanted", "kept"),
    [
        (Wanted(review="pr-2026-0001 "), lambda line: line.of.case == "PR-2026-0001"),
        (Wanted(agency=POLICE), lambda line: line.of.agency == POLICE),
        (Wanted(theme="safer_sleeping"), lambda line: "safer_sleeping" in line.of.themes),
        (Wanted(owner=OWNERS[HOSPITALS]), lambda line: line.of.owner == OWNERS[HOSPITALS]),
        (Wanted(source="audit"), lambda line: line.of.source == "audit"),
        (Wanted(year="2023"), lambda line: line.of.year == 2023),
        (Wanted(state="open"), lambda line: line.of.standing in OPEN),
        (Wanted(state="closed"), lambda line: line.of.standing == "closed"),
        (Wanted(state="withdrawn"), lambda line: line.of.standing == "withdrawn"),
        (Wanted(overdue=True), lambda line: line.overdue),
        (Wanted(agency=POLICE, state="open", overdue=True), lambda line: line.of.agency == POLICE and line.overdue),
    ],
)
async def test_the_tracker_is_filtered_by_each_column(site: Site, wanted: Wanted, kept: object) -> None:
    assert callable(kept)
    expected = {line.ref for line in await site.lines() if kept(line)}
    assert 0 < len(expected) < len(await site.lines())
    assert {line.ref for line in await site.lines(wanted)} == expected


@pytest.mark.promise("D9")
@pytest.mark.parametrize(
    "wanted", [Wanted(year="x"), Wanted(year="²"), Wanted(state="x"), Wanted(theme='%"'), Wanted(review="'")]
)
async def test_a_filter_that_nothing_fits_finds_nothing(site: Site, wanted: Wanted) -> None:
    assert await site.lines(wanted) == []


@pytest.mark.promise("D9")
async def test_lines_come_in_the_order_asked_for_and_in_pages(site: Site) -> None:
    dues = [line.of.due for line in await site.lines(Wanted(sort="due")) if line.of.due]
    assert dues == sorted(dues)
    by_agency = [line.of.agency for line in await site.lines(Wanted(sort="agency"))]
    assert by_agency == sorted(by_agency)
    reds = [line.delivery.colour for line in await site.lines(Wanted(sort="delivery"))]
    assert reds[0] is Colour.RED
    assert reds[-1] is Colour.BLUE
    refs = [line.ref for line in await site.lines(Wanted(sort="reference"))]
    assert refs.index("RG-2026-0001/r10") == refs.index("RG-2026-0001/r9") + 1


SORTS = ("due", "agency", "year", "owner", "delivery", "impact", "said", "overdue", "reference")


@pytest.mark.promise("D9")
@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("sort", SORTS)
async def test_each_line_stands_on_exactly_one_page_of_each_order(
    site: Site, monkeypatch: pytest.MonkeyPatch, sort: str, size: int
) -> None:
    """Many of them are equal in what they are ordered by; the later pages are read from the other end."""
    monkeypatch.setattr("records.tracking.PAGE", size)
    await _paged(site, Wanted(sort=sort))
    await _paged(site, Wanted(sort=sort, state="open", agency=HOSPITALS))


async def _paged(site: Site, wanted: Wanted) -> list[str]:
    """Every line in its order, after it was found once on the page on which it belongs."""
    asked = site.actor(MANAGER), wanted, site.made.now
    every = [line.ref async for some in await site.tracker.every(*asked) for line in some]
    size, count = records.tracking.PAGE, len(every)
    last = -(-count // size)
    assert last > 1
    for page in range(1, last + 1):
        found = await site.tracker.find(asked[0], replace(wanted, page=page), asked[2])
        assert (found.page, found.count) == (page, count)
        assert [line.ref for line in found.lines] == every[size * (page - 1) : size * page], page
    beyond = await site.tracker.find(asked[0], replace(wanted, page=last + 5), asked[2])
    assert (beyond.page, [line.ref for line in beyond.lines]) == (last, every[size * (last - 1) :])
    return every


@pytest.mark.promise("D9", "L3")
async def test_who_takes_an_export_slowly_or_goes_away_holds_no_connection(site: Site) -> None:
    """There are few: four who hang up in the middle would keep everybody from every page."""
    parts = await site.tracker.every(site.actor(MANAGER), Wanted(), site.made.now)
    assert await anext(parts)
    pools = [engine.sync_engine.pool for engine in site.made.there.database.engines]
    assert [pool.checkedout() for pool in pools if isinstance(pool, QueuePool)] == [0, 0]
    await parts.aclose()  # type: ignore[attr-defined]


@pytest.mark.promise("D9")
async def test_what_has_no_date_no_owner_and_no_word_comes_last_and_on_one_page_on_both_databases(
    tmp_path_factory: pytest.TempPathFactory, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("records.tracking.PAGE", 2)
    async with recording(tmp_path_factory.mktemp("pages"), database_url=database_url) as made:
        ref = (await made.open(MANAGER, "open_register", origin="audit", year=2026)).case
        play, one = Tracking(made), Site(made, Tracked(ref, ref, ref, ref, ref))
        for agency, days in ((HOSPITALS, 20), (POLICE, 20), (HOSPITALS, 20), (HOSPITALS, 90), (POLICE, 5)):
            await play.pursued(ref, agency, days)
        items = [f"r{number}" for number in range(1, 6)]
        async with made.there.database.writing() as session:
            row = RecommendationRow
            missing = {"due": None, "overdue_from": None, "owner": ""}
            await session.execute(update(row).where(row.item.in_(items[:2])).values(missing))
            await session.execute(update(row).where(row.item.in_(items[1:4])).values(said_at=made.now))
            await session.execute(update(row).where(row.item == items[4]).values(said_at=made.now + timedelta(days=1)))
        orders = {sort: [of.partition("/")[2] for of in await _paged(one, Wanted(sort=sort))] for sort in SORTS}
        assert orders["due"] == orders["overdue"] == ["r5", "r3", "r4", "r1", "r2"]
        assert orders["owner"] == ["r5", "r3", "r4", "r1", "r2"]
        assert orders["said"] == ["r5", "r4", "r3", "r2", "r1"], "the newest first, and of equals what was made last"
        assert orders["reference"] == items


@pytest.mark.promise("D9")
async def test_themes_count_what_the_lines_say(site: Site) -> None:
    lines, themed = await site.lines(), await site.tracker.by_theme(site.actor(MANAGER), site.made.now)
    for theme in {theme for line in lines for theme in line.of.themes}:
        mine = [line.of for line in lines if theme in line.of.themes]
        kept = [one for one in themed if theme in one.themes]
        closed = [line.closed for line in mine if line.closed]
        assert {one.case for one in kept} == {line.case for line in mine}
        years = Counter[int]()
        for one in kept:
            years[one.year] += one.lines
        assert years == Counter(line.year for line in mine)
        assert sum(one.open for one in kept) == sum(line.standing in OPEN for line in mine)
        assert sum(one.closed for one in kept) == len(closed)
        assert sum(one.sustained for one in kept) == sum(line.retested == "sustained" for line in mine if line.closed)
        assert sum(one.reopened for one in kept) == sum(line.round > 1 for line in mine)
        assert min((one.first_closed for one in kept if one.first_closed), default=None) == min(closed, default=None)
        assert max(one.last_made for one in kept) == max(line.made for line in mine)
    assert sum(one.closed for one in themed) > 0


@pytest.mark.promise("K8")
async def test_no_word_of_a_recommendation_stands_in_clear(site: Site) -> None:
    async with site.made.there.database.reading() as session:
        tables = ("recommendations", "recommendation_words")
        kept = repr([(await session.execute(text(f"SELECT * FROM {one}"))).all() for one in tables])  # noqa: S608 -- our own
    assert "harrowshire" in kept
    for words in (*tracking.TEXTS, "Four of ten.", "The money is gone.", "It bears no date."):
        assert words not in kept
    line = (await site.lines(Wanted(review=site.found.second)))[0]
    assert line.text in tracking.TEXTS
    assert line.measures[0]["baseline"] == "Four of ten."


@pytest.mark.promise("K7")
@pytest.mark.parametrize(
    ("table", "altered", "words"),
    [
        (BoardRow, {"decided": ["Published", "2026-01-01T00:00:00+00:00"]}, "the line of the board"),
        (RecommendationRow, {"agency": "harrowshire-police"}, "the line of r1"),
        (RecommendationWordsRow, {"turns": {}}, "the line of r1"),
        (RecommendationWordsRow, {"said": None}, "the words of r1"),
        (RecommendationWordsRow, {"sealed": None}, "the words of r1"),
    ],
)
async def test_a_line_that_says_other_than_its_facts_is_found(
    tmp_path_factory: pytest.TempPathFactory, table: type[Table], altered: dict[str, object], words: str
) -> None:
    async with recording(tmp_path_factory.mktemp("altered")) as made:
        ref = (await made.open(MANAGER, "open_register", origin="audit", year=2026)).case
        item = await Tracking(made).pursued(ref)
        await made.act(
            CHAIR, ref, "override_colour", item=item, axis="impact", colour="red", until="2026-04-01", reason="-"
        )
        assert await made.broken() == []
        async with made.there.database.writing() as session:
            await session.execute(update(table).values(altered))
        assert [found for _, _, found in await made.broken()] == [
            f"The stored state is not what its facts make of it: {words}."
        ]


@pytest.mark.promise("D9")
async def test_lines_are_written_on_both_databases(tmp_path_factory: pytest.TempPathFactory, database_url: str) -> None:
    async with recording(tmp_path_factory.mktemp("both"), database_url=database_url) as made:
        ref = (await made.open(MANAGER, "open_register", origin="audit", year=2026)).case
        item = await Tracking(made).pursued(ref, HOSPITALS, 20, themes=["neglect"])
        made.now += timedelta(days=60)
        await made.speak(ref)
        one = Site(made, Tracked(ref, ref, ref, ref, ref))
        wanted = Wanted(
            review=ref, agency=HOSPITALS, theme="neglect", delivery="red", impact="grey", owner="p-011",
            source="audit", year="2026", state="open", overdue=True, sort="impact",
        )  # fmt: skip
        assert [line.ref for line in await one.lines(wanted)] == [f"{ref}/{item}"]
        (figures,) = await one.tracker.figures(one.actor(MANAGER), made.now)
        assert (figures.open, figures.late, figures.reached) == (1, {"31 to 90 days": 1}, {"agency_lead": 1})
        assert (await one.tracker.find(one.actor(MANAGER), wanted, made.now)).years == (2026,)
        (themed,) = await one.tracker.by_theme(one.actor(MANAGER), made.now)
        assert (themed.case, themed.year, themed.themes, themed.lines, themed.open) == (ref, 2026, ("neglect",), 1, 1)
        assert await made.broken() == []


@pytest.mark.promise("D9", "J2")
async def test_figures_count_what_the_lines_say(site: Site) -> None:
    lines = await site.lines()
    figures = {one.agency: one for one in await site.tracker.figures(site.actor(MANAGER), site.made.now)}
    for agency, one in figures.items():
        mine = [line for line in lines if line.of.agency == agency]
        assert one.open == sum(line.of.standing in OPEN for line in mine)
        assert one.overdue == sum(line.overdue for line in mine) == sum(one.reached.values())
        assert one.closed == sum(line.of.standing == "closed" for line in mine)
        assert one.reopened == sum(line.of.round > 1 for line in mine)
    assert sum(one.extensions for one in figures.values()) == 1
    assert figures[POLICE].reopened == 1
    assert figures[POLICE].months == 1.3
