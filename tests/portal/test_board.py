"""The board: every case with its stage, next date, colour in a word and whom it waits for; the slowest first."""

import html
import re
from collections.abc import AsyncIterator, Callable
from datetime import time, timedelta

import httpx2
import pytest
import pytest_asyncio

from models.board import Colour, Line
from models.clocks import add_months
from models.rights import Actor, Held
from models.time import at, day_of
from portal.app import create_app
from portal.cases import Wanted
from portal.pages import day as long
from portal.pages import short
from portal.visiting import SESSION
from records.accounts import Accounts
from records.questions import EVER, Questions
from tests.portal import scene
from tests.portal.scene import HOSPITAL, MANAGER, Scene
from tests.support.house import House, decision, house, triage

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.promise("J1")]

COLUMNS = ("Case", "Stage", "Next date", "State", "Waiting for")


class Site:
    def __init__(self, made: House, played: Scene, submitted: str) -> None:
        self.house, self.scene, self.submitted = made, played, submitted
        self.app = create_app(made.there, made.client, lambda: made.now)

    async def page(self, person: str, address: str = "/cases") -> str:
        there = self.house.there
        async with there.database.writing() as session:
            token = await Accounts(there.database, there.vault, there.auditor).begin(session, person, self.house.now)
        async with httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=self.app), base_url="http://reviews.test", cookies={SESSION: token}
        ) as client:
            return (await client.get(address)).text

    async def rows(self, person: str, address: str = "/cases") -> dict[str, dict[str, str]]:
        """Each case of the board by its reference, with its cells as they read."""
        found = {}
        for row in re.findall(
            r'<tr class="govuk-table__row" role="row">\s*<th scope="row".*?</tr>',
            await self.page(person, address),
            re.DOTALL,
        ):
            cells = re.findall(r"<t[hd] .*?</t[hd]>", row, re.DOTALL)
            texts = [html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", cell))).strip() for cell in cells]
            found[texts[0].split()[0]] = dict(zip(COLUMNS, texts, strict=True))
        return found

    async def lines(self, person: str) -> list[Line]:
        questions = Questions(self.house.there.recorder)
        return await questions.board(await self.house.actor(person), self.house.now, closed=EVER)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    async with house(tmp_path_factory.mktemp("board")) as made:
        submitted = await _submitted(made)
        await made.wait(timedelta(days=30))
        yield Site(made, await scene.play(made), submitted)


async def _submitted(made: House) -> str:
    """A review of which only the national panel's answer is awaited."""
    ref = (await made.refer()).case
    await made.act(MANAGER, ref, "triage", **triage())
    review, now = await made.child_of(ref), made.now.isoformat()
    await made.act(scene.AUTHORITY, review, "record_notification", sent_at=now, sent_by="A", reference="B")
    await made.act(MANAGER, review, "request_information", agencies=["harrowshire-police"])
    await made.act(scene.POLICE, review, "submit_return", agency="harrowshire-police", holds="nothing")
    await made.act(scene.CHAIR, review, "record_analysis", facts="f", context="c", practice="p", learning="l")
    safe = {"siblings_safe": "yes", "siblings_words": "None."}
    seats = ["independent_chair", "police", "icb"]
    await made.act(MANAGER, review, "record_meeting", held_at=made.now.isoformat(), seats=seats, **safe)
    await made.act(scene.CHAIR, review, "decide", **decision("no_further_review", made.now))
    await made.act(MANAGER, review, "record_submission", sent_at=made.now.isoformat(), **safe)
    await made.act(MANAGER, review, "tell_referrer", how="email", words="No further review.")
    return review


async def test_every_open_case_stands_on_the_board_with_everything_that_is_asked_of_it(site: Site) -> None:
    rows = await site.rows(MANAGER)
    assert set(rows) == set(await site.house.open_cases())
    for ref, row in rows.items():
        assert all(row.values()), (ref, row)
        assert row["State"].removeprefix("Urgent ") in {one.value for one in Colour}, row
    review = rows[site.scene.review]
    assert review["Stage"] == "Return of the agency"
    assert "days overdue" in review["Next date"]
    assert review["State"] == "Overdue"
    assert "Agency contact for reviews, Harrow Vale Hospitals NHS Trust" in review["Waiting for"]
    assert "open for 17 days" in review["Case"]


async def test_the_slowest_stands_first(site: Site) -> None:
    """The urgent before all, then what is overdue the longest; what only others can hasten, after what we owe."""
    lines = [line for line in await site.lines(MANAGER) if line.closed is None]
    assert list(await site.rows(MANAGER)) == [line.ref for line in lines]
    assert lines[0].ref == site.scene.urgent
    owed = [line.due for line in lines[1:] if line.due and not line.expected]
    assert owed == sorted(owed)
    places = {line.ref: number for number, line in enumerate(lines)}
    assert places[site.scene.review] < places[site.scene.parked] < places[site.submitted]


async def test_what_is_awaited_from_outside_is_never_overdue_on_the_board(site: Site) -> None:
    row = (await site.rows(MANAGER))[site.submitted]
    assert row["State"] == "Awaited"
    assert row["Waiting for"] == "The national panel"
    assert "expected" in row["Next date"]
    assert "overdue" not in row["Next date"]
    due = (await site.house.case(site.submitted)).obligations["panel_answer"].due
    assert due is not None
    assert day_of(due) < day_of(site.house.now)


async def test_what_is_owed_here_is_told_before_what_is_awaited_from_outside(site: Site) -> None:
    await site.house.act(
        MANAGER, site.submitted, "recommend", text="A change.", agency="harrowshire-police",
        by=str(day_of(site.house.now) + timedelta(days=9)), measures=[{"measure": "It is changed."}],
    )  # fmt: skip
    row = (await site.rows(MANAGER))[site.submitted]
    assert row["Stage"].startswith("Recommendations are pursued")
    assert row["Waiting for"] == "Agency lead and main board member, Harrowshire Police The national panel"
    assert row["State"] == "Awaited"


async def test_board_and_page_say_what_was_decided_and_when_in_the_words_of_the_outcome(site: Site) -> None:
    words = "No further review: the learning is shared"
    decided = (await site.house.case(site.submitted)).marks["decision_recorded"].at
    assert (await site.rows(MANAGER))[site.submitted]["Stage"].endswith(f"Decided {short(decided)}: {words}")
    assert f"Decided on {long(decided)}: {words}." in await site.page(MANAGER, f"/cases/{site.submitted}")
    assert words not in await site.page(scene.POLICE, f"/cases/{site.submitted}"), "an agency sees its own part"
    assert "Decided on" not in await site.page(MANAGER, f"/cases/{site.scene.review}")


async def test_closed_cases_come_when_asked_for_and_last(site: Site) -> None:
    rows = await site.rows(MANAGER, "/cases?closed=yes")
    assert list(rows)[-1] == site.scene.closed
    assert rows[site.scene.closed]["State"] == "Closed"


async def test_closed_cases_are_those_of_the_last_twelve_months_or_of_a_year_by_its_number(site: Site) -> None:
    async def shown(asked: str) -> bool:
        return site.scene.closed in await site.rows(MANAGER, f"/cases?closed={asked}")

    closed = (await site.house.case(site.scene.closed)).closed
    assert closed
    page = await site.page(MANAGER, "/cases")
    assert f'<option value="{closed.year}">Of {closed.year}</option>' in page
    assert f'value="{closed.year - 1}"' not in page, "nothing was closed before"
    asked = (str(closed.year), str(closed.year - 1), "yes", "", "x", "0", "²²²²")
    assert [one for one in asked if await shown(one)] == [str(closed.year), "yes"]
    wanted = Wanted("", "", "", "", mine=False, closed="yes", page=1)
    for months, shows in ((11, True), (13, False)):
        first, end = wanted.were_closed(at(add_months(day_of(closed), months), time(12))) or EVER
        assert (first <= closed < end) == shows


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("kind=referral", lambda row: row["Case"].startswith("LR-")),
        ("kind=rapid_review", lambda row: row["Case"].startswith("RR-")),
        ("colour=red", lambda row: "Overdue" in row["State"]),
        ("colour=awaited", lambda row: row["State"] == "Awaited"),
        ("stage=Return+of+the+agency", lambda row: row["Stage"] == "Return of the agency"),
        ("waiting=Business+manager", lambda row: "Business manager" in row["Waiting for"]),
        ("waiting=The+national+panel&colour=awaited", lambda row: "The national panel" in row["Waiting for"]),
        ("stage=Nothing+of+this+name", lambda row: row["Stage"] == "Nothing of this name"),
    ],
)
async def test_the_board_is_filtered_by_kind_stage_state_and_whom_it_waits_for(
    site: Site, query: str, kept: Callable[[dict[str, str]], bool]
) -> None:
    rows = await site.rows(MANAGER)
    assert set(await site.rows(MANAGER, f"/cases?{query}")) == {ref for ref, row in rows.items() if kept(row)}
    assert f"of {len(rows)} cases" in await site.page(MANAGER, f"/cases?{query}")


async def test_what_i_owe_is_a_filter_too(site: Site) -> None:
    lines = await site.lines(HOSPITAL)
    assert set(await site.rows(HOSPITAL, "/cases?mine=yes")) == {line.ref for line in lines if line.mine}
    assert site.scene.review in await site.rows(HOSPITAL, "/cases?mine=yes")


async def test_an_agency_sees_what_it_owes_itself_and_nothing_of_others(site: Site) -> None:
    rows = await site.rows(HOSPITAL)
    assert set(rows) == {site.scene.review}
    assert rows[site.scene.review]["Waiting for"] == "Agency contact for reviews, Harrow Vale Hospitals NHS Trust"
    nobody = Actor(person="p-017", offices=(Held(office="agency_contact", agency="lantern-young-people"),))
    assert await Questions(site.house.there.recorder).board(nobody, site.house.now) == []


async def test_a_long_board_comes_in_pages_and_each_line_stands_on_one(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = list(await site.rows(MANAGER))
    monkeypatch.setattr("portal.cases.PAGE", 3)
    monkeypatch.setattr("records.tracking.PAGE", 3)
    first = await site.page(MANAGER)
    assert f"{len(every)} of {len(every)} cases, the slowest first; 1 to 3 on this page" in first
    assert 'href="/cases?page=2"' in first
    pages = range(1, -(-len(every) // 3) + 1)
    found = [ref for page in pages for ref in await site.rows(MANAGER, f"/cases?page={page}")]
    assert found == every
    assert 'href="/cases?closed=yes&amp;page=2"' in await site.page(MANAGER, "/cases?closed=yes&page=x")
