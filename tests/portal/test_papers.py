"""What is read and taken away: the meeting's pack and invitation, the pack for the notification, the exports."""

import csv
import io
import re
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zipfile import ZipFile

import httpx2
import pytest
import pytest_asyncio
from icalendar import Calendar
from sqlalchemy import select

from models.directory import Directory
from models.lifecycles import COMMANDS
from models.tables import NoticeRow, ReadRow
from models.time import day_of
from models.why import explain
from portal.app import create_app
from portal.exporting import Sheet, as_csv, as_xlsx, download
from portal.happened import TITLES
from portal.pages import day, short
from portal.visiting import SESSION
from records.accounts import Accounts
from records.questions import Questions
from tests.portal import scene
from tests.portal.scene import ADMINISTRATOR, CHAIR, HOSPITAL, LOCKED_OUT, MANAGER, POLICE, STRANGER, Scene
from tests.support.browsing import served
from tests.support.house import House, house, referral, triage
from tests.support.lives import Lives

pytestmark = pytest.mark.asyncio(loop_scope="module")


class Site:
    def __init__(self, made: House, played: Scene) -> None:
        self.house, self.scene = made, played
        self.app = create_app(made.there, made.client, lambda: made.now)

    async def read(self, person: str, address: str) -> httpx2.Response:
        there = self.house.there
        async with there.database.writing() as session:
            token = await Accounts(there.database, there.vault, there.auditor).begin(session, person, self.house.now)
        transport = httpx2.ASGITransport(app=self.app)
        async with httpx2.AsyncClient(
            transport=transport, base_url="http://reviews.test", cookies={SESSION: token}
        ) as client:
            return await client.get(address)

    async def reads(self) -> list[tuple[str, str, str]]:
        async with self.house.there.database.reading() as session:
            rows = (await session.scalars(select(ReadRow).order_by(ReadRow.number))).all()
        return [(row.person, row.case, row.what) for row in rows]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    async with house(tmp_path_factory.mktemp("papers")) as made:
        yield Site(made, await scene.play(made))


async def test_an_agency_that_has_left_the_directory_keeps_its_cases_readable(site: Site) -> None:
    review, recorder = site.scene.review, site.house.there.recorder
    async with site.house.there.database.writing() as session:
        present = await recorder.directory.read(session)
        assert present
        gone = (await site.house.case(review)).agencies
        left = {name: one for name, one in present.agencies.items() if name not in gone}
        fewer = present.model_copy(update={"agencies": left})
        await recorder.directory.replace(session, fewer, MANAGER, site.house.now)
    for page in ("", "/deadlines", "/chronology", "/chronology?as=csv", "/pack"):
        answer = await site.read(MANAGER, f"/cases/{review}{page}")
        assert answer.status_code == 200, page
        assert gone[0] in answer.text or not page, page
    async with site.house.there.database.writing() as session:
        await recorder.directory.replace(session, present, MANAGER, site.house.now)


async def test_a_message_that_cannot_be_shown_hides_no_other(site: Site) -> None:
    before = (await site.read(CHAIR, "/inbox")).text
    there = site.house.there
    async with there.database.writing() as session:
        found = select(NoticeRow).where(NoticeRow.person == CHAIR, NoticeRow.kind == "invited")
        row = (await session.scalars(found)).first()
        assert row is not None
        said = row.data
        row.data = {"at": "9999-12-31T23:30:00-12:00"}
    after = await site.read(CHAIR, "/inbox")
    async with there.database.writing() as session:
        (await session.get_one(NoticeRow, row.key)).data = said
    assert after.status_code == 200
    assert f"A message about {row.case}" in after.text
    assert before.count("portal-when") == after.text.count("portal-when")


@pytest.mark.promise("B6")
async def test_the_pack_says_what_is_in_and_what_is_missing(site: Site) -> None:
    text = (await site.read(CHAIR, f"/cases/{site.scene.review}/pack")).text
    missing, _, rest = text.partition("What is in")
    assert "Return of Harrow Vale Hospitals NHS Trust" in missing
    assert "Return of Harrowshire Schools Federation, its clock is suspended" in missing
    assert "The independent chair’s analysis" in missing
    assert "Return of Harrowshire Police" not in missing
    assert "Return of Harrowshire Police" in rest
    assert "Four calls to the house." in rest
    assert "A meeting can decide with 3 of its 4 seats filled, always with: Independent chair." in text


@pytest.mark.promise("B6", "K6")
async def test_the_pack_says_of_which_child_and_of_what_the_referral_told_but_not_who_sent_it(site: Site) -> None:
    said, review = referral(site.house.now), site.scene.review
    text = (await site.read(CHAIR, f"/cases/{review}/pack")).text
    assert said["children"][0]["name"] in text
    assert said["narrative"] in text
    assert said["referrer_name"] not in text
    assert said["referrer_email"] not in text
    assert (await site.reads())[-2:] == [(CHAIR, review, "pack"), (CHAIR, site.scene.referral, "pack")]


@pytest.mark.promise("B6", "K3")
async def test_whoever_is_asked_to_the_meeting_sees_its_place_and_its_papers_and_nobody_else_does(site: Site) -> None:
    review = site.scene.review
    case = (await site.read(POLICE, f"/cases/{review}")).text
    assert "Room 2, or by video" in case
    assert f'href="/cases/{review}/pack"' in case
    assert "Four calls to the house." in (await site.read(HOSPITAL, f"/cases/{review}/pack")).text
    for person, ref, status in (
        (POLICE, site.scene.parked, 403),
        (STRANGER, review, 404),
        (LOCKED_OUT, review, 403),
    ):
        assert (await site.read(person, f"/cases/{ref}/pack")).status_code == status, person


@pytest.mark.promise("A7")
async def test_a_decision_is_shown_with_the_words_of_the_text_against_which_it_was_decided(site: Site) -> None:
    text = (await site.read(CHAIR, f"/cases/{site.scene.referral}")).text
    assert "The local authority knows or suspects that the child has been abused or neglected" in text
    assert "Abuse or neglect of a child is known or suspected" not in text, "an older text uses the same name"


@pytest.mark.promise("B6")
async def test_a_meeting_without_its_quorum_is_recorded_and_says_why_it_could_not_decide(site: Site) -> None:
    text = (await site.read(CHAIR, f"/cases/{site.scene.parked}")).text
    few = "1 of the 3 seats that it needs was filled"
    assert f"It had no quorum, so it could not decide: {few}, and “Independent chair” was empty." in text
    assert "It had its quorum." in text
    assert "Independent chair, Police, Integrated care board" in text  # attendance by seat
    assert "Harrowshire Police" in text.partition("Which agencies attended?")[2][:200]  # and by agency


@pytest.mark.promise("B6")
async def test_the_invitation_is_a_calendar_file_without_anything_personal(site: Site) -> None:
    answer = await site.read(POLICE, f"/cases/{site.scene.review}/meeting.ics")
    event: Any = Calendar.from_ical(answer.content).walk("VEVENT")[0]
    case = await site.house.case(site.scene.review)
    begins = datetime.fromisoformat(case.said["meeting_at"])
    assert abs(event.decoded("dtstart") - begins) < timedelta(seconds=1)
    assert event.decoded("dtend") - event.decoded("dtstart") == timedelta(minutes=120)
    assert sorted(event.keys()) == ["DTEND", "DTSTAMP", "DTSTART", "SEQUENCE", "SUMMARY", "UID", "URL"]
    assert (str(event["summary"]), str(event["uid"])) == (
        f"Meeting {site.scene.review}",
        f"{site.scene.review}-meeting@case-reviews",
    )
    for private in ("Quillon", "Zarbane", "Room 2", "Rosamund"):
        assert private.encode() not in answer.content


@pytest.mark.promise("A9")
async def test_the_notification_pack_has_the_answers_of_the_referral_in_the_order_of_the_service(site: Site) -> None:
    text = (await site.read(CHAIR, f"/cases/{site.scene.review}/notification-pack")).text
    order = (
        "Notifying local authority",
        "Your name",
        "Date of the incident",
        "Date on which the local authority became aware",
        "Date of birth",
        "Ethnic group",
        "Home address",
        "Other children in the household",
        "What happened",
        "Agencies involved",
        "Media interest",
        "Are the criteria for a rapid review met",
    )
    places = [text.index(words) for words in order]
    assert places == sorted(places)
    for said in (
        "Harrowshire Council",
        "Ulysses Scrutton-Sample",
        "Quillon Zarbane",
        "Sunday 3 February 2019",
        referral(site.house.now)["narrative"],
    ):
        assert said in text
    assert (await site.read(POLICE, f"/cases/{site.scene.review}/notification-pack")).status_code == 403


@pytest.mark.promise("F15")
async def test_every_deadline_of_a_case_stands_on_one_page_with_its_rule_and_what_comes_next(site: Site) -> None:
    text = (await site.read(CHAIR, f"/cases/{site.scene.review}/deadlines")).text
    case = await site.house.case(site.scene.review)
    assert text.count('class="portal-card') == len(case.obligations)
    for said in (
        "10 working days, counted from",
        "Day-by-day plan for rapid reviews",
        "(practice guidance)",
        "of 10 working days used",
        "suspended",
        "The clock stands still",
        'on the authority of: <span class="portal-words">The senior investigating officer, by letter.',
        "To be reviewed by the end of",
        "Independent chair is told on",
        "not counted, Saturday",
        "Who is told when",
        "Promised",
    ):
        assert said.lower() in text.lower(), said
    own = (await site.read(POLICE, f"/cases/{site.scene.review}/deadlines")).text
    assert own.count('class="portal-card') == sum(
        one.agency == "harrowshire-police" for one in case.obligations.values()
    )


@pytest.mark.promise("F11", "F15")
async def test_whoever_is_told_together_with_an_office_is_named_beside_it(site: Site) -> None:
    ref, key = site.scene.urgent, "siblings_safety"
    case, directory = await site.house.case(ref), await read_directory(site)
    manager, other = (directory.people[person].name for person in (MANAGER, ADMINISTRATOR))
    line = (await site.read(CHAIR, f"/cases/{ref}")).text
    assert "Business manager together with Administrator was told" in line
    questions = Questions(site.house.there.recorder)
    messages = await questions.messages(ref, key)
    found = explain(case, key, await questions.facts(ref), messages, directory, site.house.now)
    first = found.rungs[0]
    assert (first.office, first.person) == ("Business manager", manager)
    assert [(one.office, one.person, one.message) for one in first.also] == [("Administrator", other, first.message)]
    assert first.message
    dates = " ".join((await site.read(CHAIR, f"/cases/{ref}/deadlines")).text.split())
    assert f"Business manager ({manager}) together with Administrator ({other}), {first.message}" in dates
    assert not found.rungs[1].also, "the next rung tells the business manager alone"


async def read_directory(site: Site) -> Directory:
    async with site.house.there.database.reading() as session:
        found = await site.house.there.recorder.directory.read(session)
    assert found is not None
    return found


# Exports


def rows_of(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


@pytest.mark.promise("B4")
async def test_the_chronology_is_filtered_and_exported_and_the_export_is_noted(site: Site) -> None:
    address = f"/cases/{site.scene.review}/chronology"
    rows = rows_of((await site.read(CHAIR, f"{address}?as=csv")).content)
    assert rows[0] == ["Date", "Agency", "Event", "Significance"]
    silent = [("", "")] * len([row for row in rows if row[2] == "has not answered yet"])
    assert len(silent) == 4
    assert [(row[0], row[3]) for row in rows[1:]] == [
        ("2024-11-02", "A key practice episode"),
        ("2025-01-19", "Routine contact"),
        *silent,
    ]
    key = rows_of((await site.read(CHAIR, f"{address}?as=csv&significance=key")).content)
    assert [(row[0], row[3]) for row in key[1:]] == [("2024-11-02", "A key practice episode"), *silent]
    assert (CHAIR, site.scene.review, "chronology exported") in await site.reads()
    xlsx = await site.read(CHAIR, f"{address}?as=xlsx")
    assert xlsx.headers["content-disposition"] == f'attachment; filename="chronology-{site.scene.review}.xlsx"'
    assert "the children were not seen" in texts_of(xlsx.content)
    assert (await site.read(CHAIR, f"{address}?as=exe")).status_code == 404
    own = await site.read("p-011", f"{address}?as=csv")  # the hospital has given no return yet
    assert rows_of(own.content) == [rows[0]]


async def test_a_date_in_an_export_is_a_date_and_a_time_is_londons() -> None:
    summer = datetime(2026, 7, 1, 12, 5, tzinfo=UTC)
    sheet = Sheet("dates", ("Day", "Moment", "Words"), [(summer.date(), summer, "2026-07-01")])
    assert rows_of(as_csv(sheet))[1] == ["2026-07-01", "2026-07-01 13:05", "2026-07-01"]
    with ZipFile(io.BytesIO(as_xlsx(sheet))) as book:
        page, styles = (book.read(f"xl/{name}.xml").decode() for name in ("worksheets/sheet1", "styles"))
    day = (summer.date() - date(1899, 12, 30)).days
    numbers = [float(found) for found in re.findall(r'<c r="[AB]2" s="\d"><v>([\d.]+)</v>', page)]
    assert numbers == [day, pytest.approx(day + (13 * 60 + 5) / (24 * 60))]
    assert 'formatCode="d mmm yyyy hh:mm"' in styles


@pytest.mark.promise("A12")
async def test_the_register_is_filtered_and_exported(site: Site) -> None:
    rows = rows_of((await site.read(MANAGER, "/register?as=csv")).content)
    assert rows[0] == ["Reference", "Received", "Event", "Children", "Outcome", "Reasons", "Opened", "Closed"]
    assert len(rows) == 1 + 5
    by_ref = {row[0]: row for row in rows[1:]}
    assert by_ref[site.scene.urgent][4] == "Not yet triaged"
    assert by_ref[site.scene.referral][6] == site.scene.review
    assert by_ref[site.scene.closed][5] == "One is not met."
    for query, found in (
        ("outcome=untriaged", {site.scene.urgent}),
        ("event=concern", {site.scene.closed}),
        ("year=1999", set()),
        ("outcome=single_agency_review", {site.scene.restricted}),
    ):
        rows = rows_of((await site.read(MANAGER, f"/register?as=csv&{query}")).content)
        assert {row[0] for row in rows[1:]} == found, query
    assert site.scene.urgent in texts_of((await site.read(MANAGER, "/register?as=xlsx")).content)
    assert (await site.read(POLICE, "/register?as=csv")).status_code == 403


def texts_of(xlsx: bytes) -> str:
    with ZipFile(io.BytesIO(xlsx)) as book:
        return book.read("xl/sharedStrings.xml").decode()


async def test_no_spreadsheet_runs_a_cell_as_a_formula() -> None:
    bad = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://x")')
    sheet = Sheet("s", ("One",), [(cell,) for cell in bad])
    assert all(row[0].startswith("'") for row in rows_of(as_csv(sheet))[1:])
    with ZipFile(io.BytesIO(as_xlsx(sheet))) as book:
        page = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in page
    assert page.count('t="s"') == 1 + len(bad)
    assert download(sheet, "pdf") is None


async def test_the_time_line_says_what_happened_in_words_and_shows_both_dates_of_a_correction(site: Site) -> None:
    text = (await site.read(CHAIR, f"/cases/{site.scene.review}")).text
    facts = await site.house.facts(site.scene.review)
    for kind in {fact.kind for fact in facts} - {"told"}:
        assert TITLES[kind] in text, kind
    corrected = text.partition("A date was corrected")[2][:900]
    assert corrected.count("2026") >= 2
    assert "<del>" in corrected
    assert "<ins>" in corrected
    assert "reminders" in text


async def test_every_kind_of_fact_has_its_words() -> None:
    assert {command.FACT for of_kind in COMMANDS.values() for command in of_kind.values()} - set(TITLES) == set()


@pytest.mark.promise("B6")
async def test_until_a_meeting_has_its_quorum_the_page_says_that_it_had_none_and_what_to_do(site: Site) -> None:
    none = "It had no quorum, so it could not decide: “Independent chair” was empty."
    _, review = await scene.opened(site.house)
    here = site.house.now.isoformat()
    held = {"held_at": here, "siblings_safe": "yes", "siblings_words": "Seen today."}
    done = await site.house.act(MANAGER, review, "record_meeting", **held, seats=["police", "icb", "local_authority"])
    banner = banner_of((await site.read(MANAGER, f"/cases/{review}?done={done.fact.number}")).text)
    assert none in banner
    assert "Arrange another" in banner
    later = (await site.read(CHAIR, f"/cases/{review}")).text.partition("What has happened")[0]
    assert none in later
    begins = (site.house.now + timedelta(days=1)).isoformat()
    await site.house.act(MANAGER, review, "arrange_meeting", at=begins, minutes=60, place="Room 1")
    assert "Another is arranged." in (await site.read(CHAIR, f"/cases/{review}")).text
    full = ["independent_chair", "police", "icb"]
    done = await site.house.act(MANAGER, review, "record_meeting", **held, seats=full)
    text = (await site.read(MANAGER, f"/cases/{review}?done={done.fact.number}")).text
    assert "The meeting was held. It is recorded." in banner_of(text)
    assert "It had no quorum" not in text.partition("What has happened")[0]


def banner_of(text: str) -> str:
    return text.partition("govuk-notification-banner__content")[2].partition("</p>")[0]


@pytest.mark.promise("B6")
async def test_a_meeting_that_was_held_is_not_announced_any_more_until_another_is_arranged(site: Site) -> None:
    made, lives = site.house, Lives(site.house)
    review = await lives.asked()
    for _ in range(2):
        begins = (made.now + timedelta(hours=1)).isoformat()
        await made.act(MANAGER, review, "arrange_meeting", at=begins, minutes=60, place="Room 1")
        assert "put it into your calendar" in (await site.read(CHAIR, f"/cases/{review}")).text
        await made.wait(timedelta(hours=3))
        held_at = (made.now - timedelta(hours=2)).isoformat()  # before midnight, at some hours of the day
        few = {**lives.meeting(), "held_at": held_at, "late": "It was late in the evening.", "seats": ["police"]}
        await made.act(MANAGER, review, "record_meeting", **few)
        assert "put it into your calendar" not in (await site.read(CHAIR, f"/cases/{review}")).text
        pack = (await site.read(CHAIR, f"/cases/{review}/pack")).text
        assert "The meeting was held on" in pack
        assert "Put it into your calendar" not in pack


@pytest.mark.promise("B6")
async def test_the_pack_keeps_what_is_not_asked_any_more_apart_and_says_of_the_other_children_what_is_known_last(
    site: Site,
) -> None:
    made = site.house
    done = await made.refer(others="yes", siblings_safe="not_known", carers="Not known")
    await made.act(
        MANAGER, done.case, "triage", **{**triage(), "siblings_safe": "no", "siblings_words": "Still there."}
    )
    review = await made.child_of(done.case)
    sent = {"sent_at": made.now.isoformat(), "sent_by": "The director", "reference": "N-1"}
    await made.act(scene.AUTHORITY, review, "record_notification", **sent)
    agencies = ["harrowshire-police", "harrowshire-schools"]
    await made.act(MANAGER, review, "request_information", agencies=agencies, words="")
    await made.act(MANAGER, review, "withdraw_request", agency="harrowshire-schools", reason="Another school.")
    for days in (1, 2):
        begins = (made.now + timedelta(days=days)).isoformat()
        await made.act(MANAGER, review, "arrange_meeting", at=begins, minutes=60, place="Room 1")
    text = (await site.read(CHAIR, f"/cases/{review}/pack")).text
    assert "Return of Harrowshire Schools Federation" not in text
    assert "Not asked any more: Harrowshire Schools Federation." in text
    assert "Are they safe now?" not in text, "the referral’s answer has been overtaken"
    last = text.partition("as it was answered last")[2].partition("</section>")[0]
    assert re.findall(r'<dd class="portal-words">([^<]+)', last) == ["No", "Still there."]
    heads = re.findall(r"<h2[^>]*>(.*?)</h2>", text, re.DOTALL)
    assert sum("The meeting was arranged" in one for one in heads) == 2
    assert len(set(heads)) == len(heads), "two parts of one page have one name"


@pytest.mark.browser
@pytest.mark.promise("A9")
@pytest.mark.asyncio(loop_scope="function")
async def test_an_answer_is_copied_by_a_button_and_selected_where_there_is_no_clipboard(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    async with served(tmp_path_factory.mktemp("copying")) as made:
        ref = (await made.house.refer()).case
        page = await made.page(MANAGER)
        await page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=made.address)
        await page.goto(f"/cases/{ref}/notification-pack")
        button = page.get_by_role("button", name=re.compile(r"Copy\W+Name$"))
        await button.click()
        await page.wait_for_function("document.getElementById('copied').textContent === 'Copied.'")
        assert await page.evaluate("navigator.clipboard.readText()") == "Quillon Zarbane"
        await page.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
        await page.reload()
        await button.click()
        assert "Selected" in await page.inner_text("#copied")
        assert await page.evaluate("getSelection().toString()") == "Quillon Zarbane"


@pytest.mark.promise("F11", "F15")
async def test_more_time_that_was_given_is_explained_beside_the_date_and_on_the_time_line(site: Site) -> None:
    _, ref = await scene.opened(site.house)
    await site.house.act(MANAGER, ref, "request_information", agencies=["harrow-vale-hospitals"], words="")
    key = "agency_return/harrow-vale-hospitals"
    due = (await site.house.case(ref)).obligations[key].due
    assert due
    first, until = day_of(due), day_of(due) + timedelta(days=3)
    reason = {"obligation": key, "reason": "Records of two practices."}
    await site.house.act(HOSPITAL, ref, "ask_time", until=str(until), **reason)
    await site.house.act(CHAIR, ref, "answer_time", granted=True, until=str(until), **reason)
    for person in (CHAIR, HOSPITAL):
        text = " ".join((await site.read(person, f"/cases/{ref}/deadlines")).text.split())
        for said in (
            f"At first: due by the end of {day(first)}",
            f"More time was asked for by the agency contact for reviews, until {short(until)}: still due by the end",
            f"More time was given by the independent chair, until {short(until)}: due by the end of {day(until)}",
            "0 of 10 working days used, and more time was given beyond them",
        ):
            assert said in text, said
        line = " ".join((await site.read(person, f"/cases/{ref}")).text.split())
        assert f"<strong>More time was given, until {day(until)}</strong>" in line
    there = site.house.there
    async with there.database.writing() as session:
        token = await Accounts(there.database, there.vault, there.auditor).begin(session, HOSPITAL, site.house.now)
    transport = httpx2.ASGITransport(app=site.app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://reviews.test") as client:
        answer = await client.get(f"/api/v1/cases/{ref}", headers={"Authorization": f"Bearer {token}"})
    (own,) = (one for one in answer.json()["deadlines"] if one["key"] == key)
    assert [step["moved"] for step in own["steps"]] == [True, False, True]
    assert own["steps"][-1]["due"] == own["due"]


@pytest.mark.promise("F7")
async def test_a_case_reopened_under_another_calendar_says_so_on_its_time_line(site: Site) -> None:
    ref = site.scene.closed
    before = (await site.house.case(ref)).calendar
    await site.house.act(MANAGER, ref, "reopen", reason="More came to light.")
    assert (await site.house.case(ref)).calendar != before, "the scene has put other rules in force meanwhile"
    text = (await site.read(MANAGER, f"/cases/{ref}")).text
    assert "It follows calendar england-and-wales-next." in text


@pytest.mark.promise("K3")
async def test_a_chronology_says_to_an_agency_that_it_is_its_own(site: Site) -> None:
    own = "This is the chronology of your own agency. What other agencies have sent is not shown here."
    address = f"/cases/{site.scene.review}/chronology"
    silent = (await site.read(HOSPITAL, address)).text
    assert own in silent
    assert "Your agency has not sent a return with events yet." in silent
    assert "No return with events has come in yet." not in silent, "the police have sent one"
    assert own in (await site.read(POLICE, address)).text
    assert own not in (await site.read(CHAIR, address)).text
