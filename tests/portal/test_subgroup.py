"""The sub-group's pack, as page and as PDF, the list between meetings, and the plan on the page of a review."""

import html
import io
import re
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from importlib.machinery import ModuleSpec

import httpx2
import pytest
import pytest_asyncio
from pypdf import PdfReader
from sqlalchemy import select

from models.tables import ReadRow
from models.time import day_of
from policy.reading import read_policy_file
from portal.app import create_app
from portal.pages import short
from portal.visiting import SESSION
from records.accounts import Accounts
from records.policies import put_in_force
from tests.support import subgroup
from tests.support.house import POLICY, House, house
from tests.support.subgroup import CHAIR, HOSPITAL, MANAGER, POLICE, REVIEWER, SUBGROUP, Played

pytestmark = pytest.mark.asyncio(loop_scope="module")

STRANGER, CHILD, MOTHER = "p-017", "Quillon Zarbane", "Zephyrine Quill"


class Site:
    def __init__(self, made: House, played: Played) -> None:
        self.house, self.played = made, played
        self.app = create_app(made.there, made.client, lambda: made.now)
        self._files: dict[str, PdfReader] = {}

    async def printed(self, address: str) -> PdfReader:
        """As the business manager gets it; made once, for it takes a while."""
        if address not in self._files:
            self._files[address] = pdf(await self.read(MANAGER, address))
            assert (await self.last_read())[2].endswith("as PDF")
        return self._files[address]

    async def read(self, person: str, address: str) -> httpx2.Response:
        there = self.house.there
        async with there.database.writing() as session:
            token = await Accounts(there.database, there.vault, there.auditor).begin(session, person, self.house.now)
        transport = httpx2.ASGITransport(app=self.app)
        async with httpx2.AsyncClient(
            transport=transport, base_url="http://reviews.test", cookies={SESSION: token}
        ) as client:
            return await client.get(address)

    async def text(self, person: str, address: str) -> str:
        return plain((await self.read(person, address)).text)

    async def last_read(self) -> tuple[str, str, str]:
        async with self.house.there.database.reading() as session:
            row = (await session.scalars(select(ReadRow).order_by(ReadRow.number.desc()).limit(1))).one()
        return row.person, row.case, row.what


def plain(page: str) -> str:
    """What of a page is read, without what stands round it."""
    main = re.split(r"<main[^>]*>", page)[-1].partition("</main>")[0]
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", " ", main))).strip()


def letters(text: str) -> str:
    """A text without its spaces, which stand elsewhere where a line is broken."""
    return re.sub(r"\s+", "", text)


def pdf(answer: httpx2.Response) -> PdfReader:
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/pdf"
    return PdfReader(io.BytesIO(answer.content))


def read_aloud(made: PdfReader) -> str:
    return " ".join(sheet.extract_text() for sheet in made.pages)


def section(page: str, name: str) -> str:
    """The part of a pack under this head."""
    return page.partition(f'id="{name}"')[2].partition("<h2")[0]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    async with house(tmp_path_factory.mktemp("subgroup")) as made:
        yield Site(made, await subgroup.play(made))


@pytest.mark.promise("J4")
async def test_the_pack_holds_what_is_due_each_under_its_head_with_a_link_to_its_page(site: Site) -> None:
    page, played = (await site.read(SUBGROUP, "/subgroup")).text, site.played
    links = {
        "referrals": [f"/cases/{played.referral}"],
        "rapid": [],
        "reviews": [f"/cases/{played.review}"],
        "closures": [f"/cases/{played.register}/recommendations/r1"],
        "evidence": [f"/cases/{played.register}/recommendations/r2"],
        "overdue": [f"/cases/{played.register}/recommendations/{item}" for item in ("r2", "r3")],
        "times": [f"/cases/{played.review}"],
        "retests": [],
        "disagreements": [f"/cases/{played.disagreement}"],
    }
    for name, wanted in links.items():
        assert re.findall(r'href="(/cases/[^"]*)"', section(page, name)) == wanted, name
    assert played.disagreement not in section(page, "overdue")
    assert re.search(r"5[12] days suspended for criminal investigation or trial", section(page, "reviews"))
    assert await site.last_read() == (SUBGROUP, "", "sub-group pack")


@pytest.mark.promise("J4", "E6")
async def test_the_pack_says_on_what_evidence_a_recommendation_can_be_closed_and_who_gave_and_accepted_it(
    site: Site,
) -> None:
    said = plain("<main>" + section((await site.read(CHAIR, "/subgroup")).text, "closures") + "</main>")
    assert "Measure 1: More infants are seen again (r1)." in said
    day = short(day_of(site.house.now - timedelta(days=150)))
    for number, kind in ((1, "delivery"), (2, "impact")):
        wanted = f"Evidence {number} of {kind}: “ The audit of {kind} (r1). ”, given by Keziah Specimen on {day}"
        assert f"{wanted}; accepted by Tabitha Chairwell on {day}" in said


@pytest.mark.promise("J4", "F3")
async def test_who_was_told_again_and_again_is_told_with_how_often_and_when_last_and_a_late_answer_is_called_overdue(
    site: Site,
) -> None:
    page = (await site.read(CHAIR, "/subgroup")).text
    said = plain("<main>" + section(page, "overdue") + "</main>")
    day_ = r"\d+ [A-Z][a-z]+ \d{4}"
    assert re.search(rf"Independent chair \( ?[^)]*\): told \d+ times, first {day_}, last {day_}", said)
    assert not re.search(rf"told {day_}, {day_}", said)
    times = plain("<main>" + section(page, "times") + "</main>")
    assert re.search(r"To be answered by [^(]*\(overdue\) ?\.", times)


@pytest.mark.promise("J4")
async def test_until_another_day_more_is_due_and_a_day_that_is_none_is_refused(site: Site) -> None:
    later = (await site.read(MANAGER, f"/subgroup?until={day_of(site.house.now) + timedelta(days=60)}")).text
    assert f"/cases/{site.played.register}/recommendations/r4" in section(later, "retests")
    assert (await site.read(MANAGER, "/subgroup?until=soon")).status_code == 400


@pytest.mark.promise("J4")
async def test_the_pack_as_pdf_says_what_the_page_says_and_can_be_followed_by_a_screen_reader(site: Site) -> None:
    page, made = (await site.read(MANAGER, "/subgroup")).text, await site.printed("/subgroup.pdf")
    said = letters(read_aloud(made))
    rows = re.findall(
        r"<(?:li|td|th|h2|h3)\b[^>]*>(.*?)</(?:li|td|th|h2|h3)>",
        page.partition('id="referrals"')[2].partition("</main>")[0],
        re.DOTALL,
    )
    shown = [plain(f"<main>{row.partition('<ul')[0]}</main>") for row in rows]
    missing = [one for one in shown if one and letters(one.replace("•", "")) not in said]
    assert len(shown) > 40
    assert missing == []
    root = made.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]  # type: ignore[index]
    assert str(root["/Lang"]) == "en"  # type: ignore[index]
    assert made.metadata
    assert made.metadata.title == f"Sub-group pack, {short(day_of(site.house.now))}"
    notes = [one.get_object().get("/A", {}) for sheet in made.pages for one in sheet.get("/Annots", ())]
    links = [str(one["/URI"]) for one in notes if "/URI" in one]
    assert f"{site.house.there.settings.address}/cases/{site.played.review}" in links


@pytest.mark.promise("J4", "F3")
async def test_the_list_between_meetings_is_for_the_business_manager_and_the_sub_groups_chair(site: Site) -> None:
    for person in (MANAGER, SUBGROUP):
        said = await site.text(person, "/subgroup/between")
        assert await site.last_read() == (person, "", "list between meetings")
        assert "Harrowshire Police" in said
        assert "Independent chair" in said
        assert "The form is being written." in said
    printed = letters(read_aloud(await site.printed("/subgroup/between.pdf")))
    assert letters(f"{site.played.register} recommendation 3") in printed
    assert letters("The form is being written.") in printed
    assert site.played.disagreement not in printed
    for person in (CHAIR, POLICE, STRANGER):
        for address in ("/subgroup/between", "/subgroup/between.pdf"):
            assert (await site.read(person, address)).status_code == 403, (person, address)


@pytest.mark.promise("K3", "J4")
async def test_an_agency_finds_its_own_recommendations_in_the_pack_and_nothing_of_others(site: Site) -> None:
    theirs, police, stranger = [(await site.read(one, "/subgroup")).text for one in (HOSPITAL, POLICE, STRANGER)]
    assert "(r1)" in theirs
    assert "(r3)" not in theirs
    assert "(r3)" in police
    assert "(r1)" not in police
    assert site.played.disagreement in theirs
    assert site.played.disagreement not in police
    assert "/cases/" not in stranger.partition("<main")[2]
    assert "None that you may see." in stranger


@pytest.mark.promise("K8", "J4")
async def test_no_child_and_no_family_is_named_in_what_is_handed_round(site: Site) -> None:
    pages = [(await site.read(MANAGER, address)).text for address in ("/subgroup", "/subgroup/between")]
    files = [read_aloud(await site.printed(address)) for address in ("/subgroup.pdf", "/subgroup/between.pdf")]
    texts = [*pages, *files]
    assert all(len(text) > 500 for text in texts)
    assert all(name not in text for text in texts for name in (CHILD, MOTHER, "Norwen Tace"))


@pytest.mark.promise("J4")
async def test_where_pango_is_missing_it_is_said_in_words_and_the_page_works(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Missing:
        @staticmethod
        def find_spec(name: str, *_: object) -> ModuleSpec | None:
            if name.partition(".")[0] == "weasyprint":
                message = "cannot load library 'libpango-1.0-0'"
                raise OSError(message)
            return None

    for name in [one for one in sys.modules if one.partition(".")[0] == "weasyprint"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Missing, *sys.meta_path])
    answer = await site.read(SUBGROUP, "/subgroup.pdf")
    assert answer.status_code == 503
    assert "libpango-1.0-0" in answer.text
    assert "Print the page from the browser" in answer.text
    assert (await site.read(SUBGROUP, "/subgroup")).status_code == 200


@pytest.mark.promise("C3", "C5", "C7", "C8")
async def test_the_page_of_a_practice_review_begins_with_its_plan(site: Site) -> None:
    answer = await site.read(CHAIR, f"/cases/{site.played.review}")
    said = plain(answer.text)
    assert said.index("Plan of the review") < said.index("Dates")
    clock = r"Practitioner event \d+ of 74 days used, 5[12] days suspended for criminal investigation or trial"
    assert re.search(clock, said)
    assert "It may not be published in time" in said
    assert "Wilberforce Demo. Interests declared on" in said
    assert "Inquest: expected. Suspended for it: Draft report" in said
    assert re.search(rf"Mother \( {MOTHER}, by letter \): invited on", said)
    assert "The report: overdue since" in said
    assert answer.text.count('class="portal-picture__clock"') == 9
    assert plain((await site.read(REVIEWER, f"/cases/{site.played.review}")).text).count("Plan of the review") == 1


@pytest.mark.promise("C8", "K3")
async def test_an_agency_reads_of_the_plan_what_it_owes_itself_and_no_name(site: Site) -> None:
    said = await site.text(POLICE, f"/cases/{site.played.review}")
    assert "What the plan of the review asks of your agency" in said
    assert "1. Report of the agency, Harrowshire Police" in said
    assert "Harrowshire Council" not in said
    for others in ("Practitioner event", "Wilberforce", MOTHER, "Mother", "Inquest", "Criminal"):
        assert others not in said, others


@pytest.mark.promise("J4")
async def test_the_meetings_of_the_policy_say_what_is_new_and_until_when(site: Site) -> None:
    today = day_of(site.house.now)
    shipped = read_policy_file(POLICY)
    assert shipped.reports
    dates = (today + timedelta(days=1), today + timedelta(days=43))
    meetings = shipped.reports.model_copy(update={"subgroup_meetings": dates})
    fresh = shipped.model_copy(update={"version": "england-meets", "reports": meetings})
    async with site.house.there.database.writing() as session:
        await put_in_force(session, fresh, site.house.now)
    said = await site.text(MANAGER, "/subgroup")
    assert f"Sub-group pack, {short(dates[0])}" in said
    assert site.played.referral in said
    site.house.now += timedelta(days=2)
    said = await site.text(MANAGER, "/subgroup")
    assert f"New since the meeting of {short(dates[0])}, and due until {short(dates[1])}." in said
    assert "1. New referrals None." in said
    site.house.now -= timedelta(days=2)


@pytest.mark.promise("K4", "J4")
async def test_a_restricted_case_is_marked_in_the_pack_and_left_out_of_the_one_for_everybody(site: Site) -> None:
    await site.house.act(MANAGER, site.played.referral, "restrict", restricted=True, reason="Named people only.")
    until = day_of(site.house.now) + timedelta(days=1)
    marked = await site.text(MANAGER, f"/subgroup?until={until}")
    assert f"{site.played.referral} (restricted to named people)" in marked
    assert "This pack holds cases that not everybody at the meeting may know." in marked
    for address in (f"/subgroup?until={until}&for_all=yes", f"/subgroup.pdf?until={until}&for_all=yes"):
        answer = await site.read(MANAGER, address)
        text = read_aloud(pdf(answer)) if ".pdf" in address else plain(answer.text)
        assert letters(site.played.referral) not in letters(text)
        assert site.played.review in text
    assert site.played.referral not in await site.text(SUBGROUP, f"/subgroup?until={until}")
