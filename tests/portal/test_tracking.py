"""Recommendations on pages: the tracker and its export, the story of one, figures, themes, and the two registers."""

import csv
import html
import io
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta

import httpx2
import pytest
import pytest_asyncio
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from models.rights import actor_of
from models.tables import ReadRow
from models.tracking import about as item_of
from portal.app import create_app
from portal.doing import ABOUT_ITEM
from portal.recommendation import GATE, ORDER
from portal.tracking import COLUMNS
from portal.visiting import SESSION
from records.accounts import Accounts
from records.questions import CaseView, Questions
from tests.support import tracking
from tests.support.recording import Recording, recording
from tests.support.tracking import CHAIR, HOSPITALS, LEADS, MANAGER, OWNERS, PROBATION, SUBGROUP, Tracked, Tracking

pytestmark = pytest.mark.asyncio(loop_scope="module")
SHOWN = ("Reference", "Review", "Recommendation", "Agency", "Owner", "Due", "Delivery", "Impact", "Last word")
STRANGER = "p-017"


class Site:
    """The portal over a record alone: pages are read, and nothing is sent to an engine."""

    def __init__(self, made: Recording, found: Tracked) -> None:
        self.made, self.found = made, found
        self.app = create_app(made.there, None, lambda: made.now)  # type: ignore[arg-type]

    async def get(self, person: str, address: str) -> httpx2.Response:
        async with self.client(person) as client:
            return await client.get(address)

    async def send(self, person: str, address: str, **typed: str) -> str:
        """What a form answers to what was typed into it."""
        async with self.client(person) as client:
            token = re.search(r'name="_csrf" value="([^"]*)"', (await client.get(address)).text)
            assert token
            return (await client.post(address, data={"_csrf": token[1], "_request": "w-1", **typed})).text

    @asynccontextmanager
    async def client(self, person: str) -> AsyncIterator[httpx2.AsyncClient]:
        there = self.made.there
        async with there.database.writing() as session:
            token = await Accounts(there.database, there.vault, there.auditor).begin(session, person, self.made.now)
        transport = httpx2.ASGITransport(app=self.app)
        async with httpx2.AsyncClient(
            transport=transport, base_url="http://reviews.test", cookies={SESSION: token}
        ) as client:
            yield client

    async def page(self, person: str, address: str) -> str:
        answer = await self.get(person, address)
        assert answer.status_code == 200, (address, answer.status_code)
        return words(answer.text.partition("<main")[2])

    async def rows(self, person: str, address: str) -> dict[str, dict[str, str]]:
        """Each line of the tracker by its reference, with its cells as they read."""
        found = {}
        answer = await self.get(person, address)
        for row in re.findall(
            r'<tr class="govuk-table__row" role="row">\s*<th scope="row".*?</tr>', answer.text, re.DOTALL
        ):
            cells = [words(cell) for cell in re.findall(r"<t[hd] .*?</t[hd]>", row, re.DOTALL)]
            found[cells[0]] = dict(zip(SHOWN, cells, strict=True))
        return found


def words(text: str) -> str:
    whole = re.sub(r'<span class="portal-ref">(.*?)</span>', r"\1", text)
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", whole))).strip()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    async with recording(tmp_path_factory.mktemp("tracker")) as made:
        yield Site(made, await tracking.play(made))


# The tracker.


@pytest.mark.promise("D9")
async def test_the_tracker_shows_the_columns_that_people_know(site: Site) -> None:
    rows = await site.rows(MANAGER, "/recommendations?state=")
    assert len(rows) > 30
    late = rows[f"{site.found.first}/r7"]
    assert late["Review"] == "Practice review, 2023 Baby Q"
    assert late["Agency"] == "Harrowshire Council"
    assert late["Owner"] == "Barnaby Sampleton"
    assert late["Due"] == "12 March 2026 Oldest matter: 65 days overdue"
    assert (late["Delivery"], late["Impact"]) == ("Overdue", "Not yet due")
    assert rows[f"{site.found.second}/r1"]["Last word"] == "The form is late. 16 May 2026"
    moved = rows[f"{site.found.register}/r10"]
    assert moved["Due"] == "first: 15 July 2026 now: 24 August 2026", "the first date is never lost"


@pytest.mark.promise("D9")
@pytest.mark.parametrize(
    "query", ["", "agency=harrowshire-police&state=", "delivery=red", "impact=blue&state=", "overdue=yes"]
)
async def test_the_page_and_both_exports_hold_exactly_what_is_filtered(site: Site, query: str) -> None:
    shown = list(await site.rows(MANAGER, f"/recommendations?{query}"))
    asked = f"/recommendations?{query}&as="
    table = list(csv.reader(io.StringIO((await site.get(MANAGER, f"{asked}csv")).content.decode("utf-8-sig"))))
    sheet = CalamineWorkbook.from_filelike(io.BytesIO((await site.get(MANAGER, f"{asked}xlsx")).content))
    cells = sheet.get_sheet_by_index(0).to_python()
    assert table[0] == cells[0] == list(COLUMNS)
    assert shown
    assert [row[0] for row in table[1:]] == [row[0] for row in cells[1:]] == shown
    for row in cells[1:]:
        assert isinstance(row[COLUMNS.index("First due")], date)


@pytest.mark.promise("D9", "K6")
async def test_an_export_runs_no_formula_and_its_reading_is_noted(site: Site) -> None:
    await Tracking(site.made).recommend(site.found.register, text='=HYPERLINK("https://example.org")')
    answer = await site.get(MANAGER, "/recommendations?state=&as=csv")
    table = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    texts = [row[COLUMNS.index("Recommendation")] for row in table]
    assert '\'=HYPERLINK("https://example.org")' in texts
    async with site.made.there.database.reading() as session:
        noted = list(await session.scalars(select(ReadRow.what).where(ReadRow.person == MANAGER)))
    assert noted[-1] == "tracker exported"
    assert (await site.get(MANAGER, "/recommendations?as=exe")).status_code == 404


@pytest.mark.promise("D9", "K3", "K4")
async def test_an_agency_sees_its_own_recommendations_and_a_stranger_none(site: Site) -> None:
    theirs = await site.rows(OWNERS[HOSPITALS], "/recommendations?state=")
    assert {row["Agency"] for row in theirs.values()} == {"Harrow Vale Hospitals NHS Trust"}
    assert await site.rows(STRANGER, "/recommendations?state=") == {}
    assert not any(ref.startswith(site.found.secret) for ref in await site.rows("p-001", "/recommendations?state="))
    assert any(ref.startswith(site.found.secret) for ref in await site.rows(CHAIR, "/recommendations?state="))
    owners = (await site.get(OWNERS[HOSPITALS], "/recommendations")).text
    assert "Keziah Specimen" in owners
    assert "Barnaby Sampleton" not in owners, "not even among the answers of a filter"


@pytest.mark.promise("D9")
@pytest.mark.parametrize(
    "query", ["page=0", "page=x", "page=²", "page=99999999", "sort=x", "year=x", "state=x", "theme=%25"]
)
async def test_an_address_that_asks_for_nothing_sensible_is_answered(site: Site, query: str) -> None:
    assert (await site.get(MANAGER, f"/recommendations?{query}")).status_code == 200


@pytest.mark.promise("D9")
async def test_fifty_stand_on_a_page_with_the_way_to_the_next(tmp_path_factory: pytest.TempPathFactory) -> None:
    async with recording(tmp_path_factory.mktemp("pages")) as made:
        ref = (await made.open(MANAGER, "open_register", origin="audit", year=2026)).case
        for _ in range(52):
            await Tracking(made).recommend(ref)
        site = Site(made, Tracked(ref, ref, ref, ref, ref))
        first, second = [await site.rows(MANAGER, f"/recommendations?sort=reference&page={page}") for page in (1, 2)]
        assert (len(first), len(second)) == (50, 2)
        assert [*first, *second] == [f"{ref}/r{number}" for number in range(1, 53)]
        assert "52 recommendations, 51 to 52 on this page" in await site.page(
            MANAGER, "/recommendations?sort=reference&page=2"
        )
        html_ = (await site.get(MANAGER, "/recommendations?agency=harrow-vale-hospitals")).text
        assert 'href="/recommendations?agency=harrow-vale-hospitals&amp;state=open&amp;sort=due&amp;page=2"' in html_


@pytest.mark.promise("D9")
@pytest.mark.parametrize("typed", ["PR-2026-0002", "%20pr-2026-0002"])
async def test_the_recommendations_of_one_review_are_asked_for_by_its_reference(site: Site, typed: str) -> None:
    assert site.found.second == "PR-2026-0002"
    rows = await site.rows(MANAGER, f"/recommendations?review={typed}&sort=reference&state=")
    assert list(rows) == [f"{site.found.second}/r{number}" for number in range(1, 10)]
    late = await site.rows(MANAGER, f"/recommendations?review={typed}&agency=harrowshire-council")
    assert {row["Agency"] for row in late.values()} == {"Harrowshire Council"}


@pytest.mark.promise("D9")
async def test_a_reference_that_leads_to_nothing_is_said_beside_its_field_and_nothing_typed_is_lost(site: Site) -> None:
    asked = "review=pr-2026-9999&agency=harrowshire-police&state=closed"
    shown = (await site.get(MANAGER, f"/recommendations?{asked}")).text
    assert "<title>Error: Recommendations" in shown
    assert 'href="#review"' in shown
    beside = re.search(r'<p id="review-error".*?</p>.*?<input[^>]*id="review"[^>]*>', shown, re.DOTALL)
    assert beside
    assert "No recommendation that you may see comes from “pr-2026-9999”" in words(beside[0])
    assert 'value="pr-2026-9999"' in beside[0]
    for kept in ("harrowshire-police", "closed"):
        assert f'<option value="{kept}" selected>' in shown
    for review in (site.found.second, "", "%20"):
        empty = await site.get(MANAGER, f"/recommendations?review={review}&owner=nobody")
        assert "Error:" not in empty.text, "the other filters leave nothing, and the reference is right"


@pytest.mark.promise("D9", "K4")
async def test_the_filter_by_review_tells_nobody_of_a_case_that_they_may_not_see(site: Site) -> None:
    partner = "p-001"
    shut, none = [
        (await site.page(partner, f"/recommendations?review={ref}")).replace(ref, "it")
        for ref in (site.found.secret, "PR-2026-9999")
    ]
    assert "No recommendation that you may see comes from “it”" in shut
    assert shut == none


@pytest.mark.promise("D9", "K11")
async def test_no_name_of_a_review_is_sent_to_stand_in_an_address(site: Site) -> None:
    shown = (await site.get(MANAGER, "/recommendations")).text
    kind = re.search(r'<input[^>]*id="review"[^>]*>', shown)
    assert kind
    takes = re.search(r'pattern="([^"]*)"', kind[0])
    assert takes
    assert all(re.fullmatch(takes[1], ref) for ref in (*site.found.every, " pr-2026-0002 "))
    assert not re.fullmatch(takes[1], "Child R")


@pytest.mark.promise("D9")
async def test_from_a_case_leads_a_way_to_its_recommendations_in_the_tracker(site: Site) -> None:
    for ref in (site.found.second, site.found.register):
        page = (await site.get(MANAGER, f"/cases/{ref}")).text
        way = re.search(r'href="(/recommendations\?review=[^"]*)"', page)
        assert way, ref
        rows = await site.rows(MANAGER, html.unescape(way[1]))
        listed = re.findall(r"/recommendations/(r\d+)\"", page)
        assert set(rows) == {f"{ref}/{item}" for item in listed}, "closed or not"


# The story of one.


@pytest.mark.promise("D1", "E1", "E5")
async def test_a_recommendation_has_its_whole_story_on_one_page(site: Site) -> None:
    page = await site.page(SUBGROUP, f"/cases/{site.found.second}/recommendations/r4")
    for said in (
        tracking.TEXTS[3], "Delivery Evidence was returned", "Impact Not yet due", "Harrow Vale Hospitals NHS Trust",
        "Keziah Specimen", "Jolyon Madeup", "This review, 5.22", "Supervision and management oversight",
        "1. More children are seen within a week.", "At the start: Four of ten.", "Evidence 1 Returned",
        "Given by Keziah Specimen", "Returned by Tabitha Chairwell, 16 May 2026: It bears no date.",
        "1. Write it. By Tuesday 26 May 2026", "Give the evidence again that was returned", "Who is told when",
        "Evidence was returned : recommendation 4",
    ):  # fmt: skip
        assert said in page, said
    assert tracking.TEXTS[0] not in page, "nothing of its neighbours"


@pytest.mark.promise("D5", "F11")
async def test_who_was_told_is_told_with_the_time_of_the_telling_alone(site: Site) -> None:
    page = await site.page(SUBGROUP, f"/cases/{site.found.first}/recommendations/r7")
    told = page.partition("Who is told when")[2]
    assert "Saturday 16 May 2026 at 11:00am: Independent chair, was told; again Monday 15 June 2026 at 9:00am" in told
    assert "No message went out, because its time was past or because of a promise or a dispute, to: Owner" in told
    assert "silent" not in told


@pytest.mark.promise("D1")
async def test_what_was_left_empty_is_missing_and_breaks_nothing(site: Site) -> None:
    bare = {
        "paragraph": "",
        "owner": "",
        "sponsor": "",
        "themes": [],
        "measures": [{"measure": "Fewer.", "baseline": ""}],
    }
    item = await Tracking(site.made).recommend(site.found.register, **bare)
    page = await site.page(MANAGER, f"/cases/{site.found.register}/recommendations/{item}")
    assert "Nobody is named: the agency’s contact is asked" in page


@pytest.mark.promise("D7", "E7", "E8")
async def test_extensions_closure_tests_and_reopening_are_told(site: Site) -> None:
    moved = await site.page(MANAGER, f"/cases/{site.found.register}/recommendations/r10")
    assert "The first date was Wednesday 15 July 2026" in moved
    assert "asked for time until 24 August 2026: It moves. Tabitha Chairwell gave it, until 24 August 2026" in moved
    tested = await site.page(MANAGER, f"/cases/{site.found.first}/recommendations/r1")
    assert "Closed by an office alone , on evidence 1, 2" in tested
    assert "The difference has lasted Ten more were read." in tested
    again = await site.page(MANAGER, f"/cases/{site.found.second}/recommendations/r8")
    assert "It is pursued. It was reopened." in again
    assert again.count("Given before it was reopened; counts no more") == 2


@pytest.mark.promise("E5")
async def test_whoever_looks_at_evidence_reads_what_it_is_where_they_decide(site: Site) -> None:
    words = "The audit of the last quarter: nineteen of twenty records."
    for kind in ("accept_evidence", "return_evidence"):
        assert words in await site.page(SUBGROUP, f"/cases/{site.found.second}/{kind}?about=r3")


@pytest.mark.promise("E3")
async def test_the_page_says_in_words_why_somebody_may_not_pass_the_gate(site: Site) -> None:
    waiting = f"/cases/{site.found.second}/recommendations/r3"
    assert "Accept evidence Your office does not allow this." in await site.page(MANAGER, waiting)
    assert "/accept_evidence?about=r3" not in (await site.get(MANAGER, waiting)).text
    assert "/accept_evidence?about=r3" in (await site.get(SUBGROUP, waiting)).text
    own = await site.page("p-006", f"/cases/{site.found.second}/recommendations/r2")
    assert "somebody with no part in it has to do this" in own, (
        "deputises for the chair of the sub-group, and is of the police"
    )
    unproven = await site.page(CHAIR, f"/cases/{site.found.second}/recommendations/r5")
    assert "It cannot be closed: measure 1 has no accepted evidence of impact." in unproven


@pytest.mark.promise("D1")
async def test_every_command_about_one_recommendation_is_reached_from_its_page(site: Site) -> None:
    """By somebody, in some state: all are followed from the pages as they stand, and each opens its form."""
    second, register = site.found.second, site.found.register
    ways = {
        "answer_recommendation": (LEADS["harrowshire-police"], register, "r2"),
        "answer_rejection": (CHAIR, register, "r6"),
        "give_progress": (OWNERS[HOSPITALS], second, "r4"),
        "complete_action": (OWNERS[HOSPITALS], second, "r4"),
        "give_evidence": (OWNERS[HOSPITALS], second, "r4"),
        "amend_evidence": (OWNERS["harrowshire-icb"], second, "r3"),
        "assign_recommendation": (MANAGER, second, "r4"),
        "reopen_recommendation": (SUBGROUP, second, "r7"),
        "override_colour": (CHAIR, second, "r4"),
        "accept_evidence": (SUBGROUP, second, "r3"),
        "return_evidence": (SUBGROUP, second, "r3"),
        "close_recommendation": (MANAGER, second, "r6"),
        "retest_impact": (MANAGER, second, "r7"),
    }
    assert set(ways) == ABOUT_ITEM == {*ORDER, *GATE}
    for kind, (person, ref, item) in ways.items():
        page = (await site.get(person, f"/cases/{ref}/recommendations/{item}")).text
        link = re.search(rf'href="(/cases/{ref}/{kind}\?about={item}[^"]*)"', page)
        assert link, (kind, person, ref, item)
        form = await site.get(person, html.unescape(link[1]))
        assert form.status_code == 200, kind
        assert f'href="/cases/{ref}/recommendations/{item}"' in form.text, "and the way back is to its page"


@pytest.mark.promise("D1", "K3", "K4")
async def test_whoever_may_not_read_a_recommendation_finds_no_page(site: Site) -> None:
    address = f"/cases/{site.found.second}/recommendations"
    assert (await site.get(OWNERS[HOSPITALS], f"{address}/r4")).status_code == 200
    for person, item in (
        (OWNERS[HOSPITALS], "r1"),
        (STRANGER, "r4"),
        (MANAGER, "r99"),
        (MANAGER, "x"),
        (MANAGER, "r2.a1"),
    ):
        assert (await site.get(person, f"{address}/{item}")).status_code == 404, (person, item)
    assert (await site.get("p-001", f"/cases/{site.found.secret}/recommendations/r1")).status_code in {403, 404}


@pytest.mark.promise("E5")
async def test_the_owning_agency_reads_why_its_evidence_was_returned(site: Site) -> None:
    for person in (OWNERS[HOSPITALS], LEADS[HOSPITALS]):
        assert "It bears no date." in await site.page(person, f"/cases/{site.found.second}/recommendations/r4")


@pytest.mark.promise("D9")
async def test_the_page_of_a_case_lists_its_recommendations_with_both_colours(site: Site) -> None:
    page = await site.get(MANAGER, f"/cases/{site.found.second}")
    links = re.findall(rf'href="/cases/{site.found.second}/recommendations/(r\d+)"', page.text)
    assert links == [f"r{number}" for number in range(1, 10)]
    assert "Evidence was returned" in page.text
    theirs = (await site.get(OWNERS[HOSPITALS], f"/cases/{site.found.second}")).text
    assert re.findall(r"/recommendations/(r\d+)\"", theirs) == ["r4"]


# What was recommended before, beside a new recommendation.


async def before(site: Site, text: str) -> dict[str, str]:
    """What is shown of each earlier one, by its reference, to the chair who writes this."""
    page = await site.send(CHAIR, f"/cases/{site.found.register}/recommend", text=text, seen="true")
    found = page.partition('id="before"')[2].partition("Look at what came of these")[0]
    lines = [words(one) for one in found.split("<h3")[1:]]
    return {re.findall(r"[A-Z]{2}-[\d-]+/r\d+", one)[0]: one for one in lines}


@pytest.mark.promise("D3", "E7")
async def test_an_earlier_one_that_was_closed_says_by_whom_on_which_evidence_and_whether_it_lasted(site: Site) -> None:
    found = await before(site, tracking.TEXTS[0])
    for said in (
        "Closed 2 March 2026, by one office (Independent chair): Children are seen sooner.",
        "Evidence that it was done The audit of the last quarter: nineteen of twenty records.",
        "Evidence that it made a difference The audit of the last quarter: nineteen of twenty records.",
        "Tested again The difference has lasted, 16 May 2026, Chair of the case review sub-group: Ten more were read.",
    ):
        assert said in found[f"{site.found.first}/r1"], said
    untested = (await before(site, tracking.TEXTS[1]))[f"{site.found.first}/r2"]
    assert "Tested again Not yet; due 6 months after it was closed" in untested
    assert "Closed" not in found[f"{site.found.first}/r7"], "what is pursued was not closed"


@pytest.mark.promise("D3", "E8")
async def test_an_earlier_one_that_was_reopened_says_so_after_how_it_was_closed(site: Site) -> None:
    item = await Tracking(site.made).pursued(site.found.register, text="Photograph each bruise beside a ruler.")
    await Tracking(site.made).closed(site.found.register, item)
    await site.made.act(SUBGROUP, site.found.register, "reopen_recommendation", item=item, reason="No ruler is there.")
    found = (await before(site, "Photograph bruises with a ruler beside them."))[f"{site.found.register}/{item}"]
    assert found.index("Closed 16 May 2026") < found.index("Reopened 16 May 2026: No ruler is there.")
    assert "Tested again" not in found


@pytest.mark.promise("D3", "D8")
async def test_an_earlier_one_that_came_here_closed_is_not_taken_for_proven(site: Site) -> None:
    said = {
        "text": "Weigh every infant at every contact.", "agency": HOSPITALS, "state": "past",
        "evidence": "An email of 2019.",
    }  # fmt: skip
    item = (await site.made.act(MANAGER, site.found.register, "enter_recommendation", **said)).fact.data["item"]
    found = (await before(site, "Weigh each baby at each contact."))[f"{site.found.register}/{item}"]
    assert "Nothing was shown here, and nobody here closed it." in found
    assert "Named as evidence, as it came An email of 2019." in found


@pytest.mark.promise("D3", "K3", "K4")
async def test_evidence_of_earlier_ones_is_read_by_nobody_who_may_not_open_their_page(site: Site) -> None:
    questions, now, first = Questions(site.made.there.recorder), site.made.now, site.found.first
    directory = await questions.directory()
    assert directory
    for person, ref, item in (
        (OWNERS[HOSPITALS], first, "r1"), ("p-001", site.found.secret, "r1"), (STRANGER, first, "r1"),
        (MANAGER, first, "r99"), (MANAGER, "PR-2026-9999", "r1"),
    ):  # fmt: skip
        actor = actor_of(directory, person, now)
        assert await questions.of_recommendation(ref, item, actor, now) == [], (person, ref, item)
    theirs = actor_of(directory, OWNERS[HOSPITALS], now)
    told = await questions.of_recommendation(site.found.second, "r4", theirs, now)
    page = await questions.case(site.found.second, theirs, now)
    assert told
    assert isinstance(page, CaseView)
    assert told == [one for one in page.entries if item_of(one.data) == "r4"]


@pytest.mark.promise("D3", "K6")
async def test_reading_on_what_an_earlier_one_was_closed_is_noted_as_on_its_page(site: Site) -> None:
    await before(site, tracking.TEXTS[0])
    async with site.made.there.database.reading() as session:
        noted = (await session.execute(select(ReadRow.case, ReadRow.what).where(ReadRow.person == CHAIR))).all()
    assert (site.found.first, "recommendation r1") in [tuple(one) for one in noted]


@pytest.mark.promise("D2", "D3")
async def test_whoever_recommends_hears_of_every_mistake_at_once_with_the_advice_beside_it(site: Site) -> None:
    shown = await site.send(
        CHAIR, f"/cases/{site.found.second}/recommend", **{
            "text": tracking.TEXTS[1], "agency": "harrowshire-police", "owner": OWNERS[HOSPITALS],
            "by-day": "1", "by-month": "2", "by-year": "2020", "measures.0.measure": "More are seen.",
        }
    )  # fmt: skip
    problems = words(shown.partition("govuk-error-summary__list")[2].partition("</ul>")[0])
    for said in (
        "They hold no office in Harrowshire Police.",
        "The date must be today or later.",
        "tick that you have",
    ):
        assert said in problems, said
    assert "This is advice. You can send it as it is." in shown
    assert re.search(r'name="_shown" value=".+"', shown), "advice is given once"


# Figures and themes.


@pytest.mark.promise("D9", "J2", "J9")
async def test_figures_stand_in_a_picture_and_in_the_table_beside_it(site: Site) -> None:
    text = (await site.get(MANAGER, "/recommendations/figures")).text
    picture = re.search(r"<svg.*?</svg>", text, re.DOTALL)
    assert picture
    assert "Harrowshire Council: 1 not overdue, 3 overdue 31 to 90 days." in html.unescape(picture[0])
    assert "style=" not in picture[0]
    table = await site.page(MANAGER, "/recommendations/figures")
    assert "Harrowshire Council 4 1 0 3 0" in table
    assert "Business manager Agency lead and main board member Independent chair" in table
    assert "Harrowshire Police 1 0 1 0 1.3" in table
    assert "Harrowshire Council" not in await site.page(OWNERS[HOSPITALS], "/recommendations/figures")


@pytest.mark.promise("D10")
async def test_themes_that_come_back_are_shown_with_what_was_done_about_each(site: Site) -> None:
    page = await site.page(MANAGER, "/recommendations/themes")
    assert "Safer sleeping 2 3 1 4 5 1 0 1 Again after closure" in page
    assert "Pre-birth assessment 1 1 3 4 4 0 0 0 In several reviews" in page
    one = await site.page(MANAGER, "/recommendations/themes?theme=safer_sleeping")
    assert one.index("2023") < one.index("PR-2026-0001/r2") < one.index("2025") < one.index("PR-2026-0002/r2")
    assert "A recommendation was closed, 11 April 2026: Children are seen sooner." in one
    assert "There is no recommendation about this" in await site.page(
        STRANGER, "/recommendations/themes?theme=safer_sleeping"
    )


# The registers.


@pytest.mark.promise("C12")
async def test_the_register_says_what_is_published_what_is_not_and_why_and_what_is_awaited(site: Site) -> None:
    page = await site.page(MANAGER, "/reviews")
    assert "PR-2026-0001 Baby Q 1 May 2023 A serious case review Not recorded Published 1 February 2024" in page
    assert "Not published 1 November 2025 The family would be known at once." in page
    assert "Awaiting Due by 1 April 2026 45 days overdue" in page
    agency = await site.page(OWNERS[HOSPITALS], "/reviews")
    assert "Not published 1 November 2025" in agency
    assert "The family would be known" not in agency, "why is for those who see the whole case"
    assert "Child R" not in agency
    assert site.found.first not in await site.page(STRANGER, "/reviews")
    assert site.found.secret not in await site.page("p-001", "/reviews")
    published = await site.page(MANAGER, "/reviews?state=published")
    assert "1 of 3 reviews" in published
    table = (await site.get(MANAGER, "/reviews?year=2025&as=csv")).content.decode("utf-8-sig")
    assert [row[0] for row in csv.reader(io.StringIO(table))] == ["Reference", site.found.secret, site.found.second]


@pytest.mark.promise("C2")
async def test_the_register_of_reviewers_shows_interests_and_what_they_led(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    async with recording(tmp_path_factory.mktemp("reviewers")) as made:
        ref = (await made.open(
            MANAGER, "enter_review", name="Child T", origin="practice_review", decided_on="2026-01-05",
            reached="decided", agencies=[HOSPITALS, "lantern-young-people"],
        )).case  # fmt: skip
        waived = {"waived": True, "reason": "They left ten years ago."}
        await made.act(MANAGER, ref, "appoint_reviewer", reviewer="p-023", suitability="Knows the field.", **waived)
        site = Site(made, Tracked(ref, ref, ref, ref, ref))
        page = await site.page(CHAIR, "/reviewers")
        assert "Wilberforce Demo Lantern Young People's Charity 12 January 2026" in page
        assert f"{ref} Appointed 2 March 2026, an interest was waived" in page
        assert "They left ten years ago." not in page
        assert (await site.get(OWNERS[PROBATION], "/reviewers")).status_code == 403
        assert "/reviewers" not in (await site.get("p-023", "/reviews")).text


@pytest.mark.promise("D6")
async def test_colours_on_the_page_follow_the_hour_at_which_it_is_read(site: Site) -> None:
    made, was = site.made, site.made.now
    try:
        made.now = was + timedelta(days=60)
        red = await site.rows(MANAGER, f"/recommendations?review={site.found.second}&delivery=red&state=")
        assert {f"{site.found.second}/r1", f"{site.found.second}/r2"} <= set(red)
        assert {row["Delivery"] for row in red.values()} == {"Overdue"}
        assert "Overdue" in await site.page(MANAGER, f"/cases/{site.found.second}/recommendations/r1")
    finally:
        made.now = was


# What a page says of a recommendation wherever it is worked on.


@pytest.mark.promise("D9")
async def test_every_form_about_a_recommendation_shows_its_number_and_its_text(site: Site) -> None:
    for person, kind, about in (
        (OWNERS[HOSPITALS], "give_evidence", "r4"), (OWNERS[HOSPITALS], "give_progress", "r4"),
        (OWNERS[HOSPITALS], "promise", "deliver/r4"), (MANAGER, "close_recommendation", "r4"),
        (SUBGROUP, "accept_evidence", "r4"),
    ):  # fmt: skip
        page = await site.page(person, f"/cases/{site.found.second}/{kind}?about={about}")
        assert f"Recommendation 4 {tracking.TEXTS[3]}" in page, kind
    action = await site.page(OWNERS[HOSPITALS], f"/cases/{site.found.second}/complete_action?about=r4.a2")
    assert f"Recommendation 4, action 2 {tracking.TEXTS[3]} Use it." in action


@pytest.mark.promise("D9", "C12")
async def test_a_review_is_called_by_its_name_where_people_work_if_they_see_all_of_it(site: Site) -> None:
    ref = site.found.second
    for address in (f"/cases/{ref}", "/cases?closed=yes", "/recommendations?state=", "/subgroup",
                    f"/cases/{ref}/recommendations/r4"):  # fmt: skip
        assert "Child R" in await site.page(MANAGER, address), address
        assert "Child R" not in await site.page(OWNERS[HOSPITALS], address), address
        assert "Child S" not in await site.page("p-001", address), address
    table = (await site.get(MANAGER, f"/recommendations?review={ref}&state=&as=csv")).content.decode("utf-8-sig")
    assert {row[COLUMNS.index("Name")] for row in list(csv.reader(io.StringIO(table)))[1:]} == {"Child R"}


@pytest.mark.promise("D8", "D9")
async def test_what_a_register_holds_comes_from_where_the_register_says(site: Site) -> None:
    ref = site.found.register
    assert re.search(r'value="audit"[^>]*(checked|selected)', (await site.get(MANAGER, f"/cases/{ref}/recommend")).text)
    item = await Tracking(site.made).recommend(ref)
    assert "An audit, 5." in await site.page(MANAGER, f"/cases/{ref}/recommendations/{item}")


@pytest.mark.promise("D8")
async def test_no_key_of_an_earlier_tracker_stands_on_a_page(site: Site) -> None:
    said = {"text": "Write it down.", "agency": HOSPITALS, "state": "unproven", "key": "280911f0c8a2"}
    done = await site.made.act(MANAGER, site.found.register, "enter_recommendation", **said)
    item = str(done.fact.data["item"])
    for address in (f"/cases/{site.found.register}", f"/cases/{site.found.register}/recommendations/{item}"):
        assert "280911f0c8a2" not in await site.page(MANAGER, address)
