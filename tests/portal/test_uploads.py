"""Files by page and by JSON: kept first, named by a command then, and given to nobody but those who may read them."""

import re
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx2
import pytest
import pytest_asyncio
from sqlalchemy import func, select, update

from models.files import FileState
from models.tables import CommandRow, FileRow, ReadRow
from models.time import day_of
from portal.app import create_app
from portal.guarding import LARGEST_WITH_FILES
from portal.visiting import SESSION
from records.accounts import IDLE, Accounts
from tests.portal.scene import AUTHORITY, HOSPITAL, ICB, MANAGER, POLICE, SCHOOLS, STRANGER
from tests.support import documents
from tests.support.documents import PDF
from tests.support.evidence import NeedsLetter, takes_letters
from tests.support.house import House, house, triage

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.promise("E4", "E9")]
RETURNS = {
    HOSPITAL: "agency_return/harrow-vale-hospitals",
    POLICE: "agency_return/harrowshire-police",
    ICB: "agency_return/harrowshire-icb",
    SCHOOLS: "agency_return/harrowshire-schools",
}
"""A date is promised once, so that each test that ends with a promise has somebody else make it."""
BOUNDARY = "a-line-that-stands-between"


class Site:
    def __init__(self, made: House) -> None:
        self.house = made
        self.app = create_app(made.there, made.client, lambda: made.now, attempts=10_000)
        self.accounts = Accounts(made.there.database, made.there.vault, made.there.auditor)
        self.review = ""

    async def visitor(self, person: str) -> "Visitor":
        there = self.house.there
        async with there.database.writing() as session:
            token = await self.accounts.begin(session, person, await self.house.read_clock())
        client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=self.app), base_url="http://reviews.test",
            headers={"authorization": f"Bearer {token}"},
        )  # fmt: skip
        client.cookies.set(SESSION, token)
        async with there.database.reading() as reading:
            known = await self.accounts.session(reading, token, self.house.now)
        assert known
        return Visitor(self, client, known.form_token, RETURNS.get(person, RETURNS[HOSPITAL]))

    async def asked(self) -> int:
        async with self.house.there.database.reading() as session:
            return await session.scalar(select(func.count()).select_from(CommandRow)) or 0

    async def promised(self) -> dict[str, Any]:
        return [one for one in await self.house.facts(self.review) if one.kind == "promised"][-1].data


class Visitor:
    def __init__(self, site: Site, client: httpx2.AsyncClient, token: str, about: str) -> None:
        self.site, self.client, self.token, self.about = site, client, token, about

    @property
    def form(self) -> str:
        return f"/cases/{self.site.review}/promise?about={self.about}"

    async def send(self, *files: tuple[str, bytes], token: str = "", path: str = "", **more: str) -> httpx2.Response:
        """The form as a browser sends it: its inputs, and at the end what was chosen as a file."""
        day = day_of(self.site.house.now) + timedelta(days=2)
        inputs = {
            "_csrf": token or self.token, "_request": f"w-{uuid4().hex}", "obligation": self.about,
            "until-day": str(day.day), "until-month": str(day.month), "until-year": str(day.year), **more,
        }  # fmt: skip
        chosen = [("_file:letter", (name, data, "text/html")) for name, data in files or (("", b""),)]
        return await self.client.post(path or self.form, data=inputs, files=chosen)

    async def keep(self, data: bytes = PDF, name: str = "report.pdf", ref: str = "") -> httpx2.Response:
        return await self.client.post(
            f"/api/v1/cases/{ref or self.site.review}/files", content=data,
            headers={"content-disposition": f'attachment; filename="{name}"'},
        )  # fmt: skip

    async def kept(self, **how: Any) -> str:  # noqa: ANN401 -- of a file
        answer = await self.keep(**how)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])


@pytest.fixture(scope="module", autouse=True)
def letters() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        takes_letters(patch)
        yield patch


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory, letters: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    async with house(tmp_path_factory.mktemp("uploads"), file_most_mb=2) as made:
        found = Site(made)
        ref = (await made.refer()).case
        await made.act(MANAGER, ref, "triage", **triage())
        found.review = await made.child_of(ref)
        now = made.now.isoformat()
        await made.act(
            AUTHORITY, found.review, "record_notification", sent_at=now, sent_by="The director", reference="N-1"
        )
        await made.act(
            MANAGER, found.review, "request_information", agencies=[one.partition("/")[2] for one in RETURNS.values()]
        )
        yield found


def standing(page: httpx2.Response) -> str:
    """The id of the file that stands in a form; empty for none."""
    found = re.search(r'name="letter" value="([0-9a-f]{32})"', page.text)
    return found[1] if found else ""


# The form


async def test_a_form_that_asks_for_a_file_says_what_is_taken_and_needs_no_script(site: Site) -> None:
    visitor = await site.visitor(HOSPITAL)
    page = await visitor.client.get(visitor.form)
    assert 'enctype="multipart/form-data"' in page.text
    assert re.search(r'<input class="govuk-file-upload" id="letter" name="_file:letter" type="file"', page.text)
    assert "At most 2 MB: PDF, Word" in page.text


async def test_a_file_that_comes_with_a_form_becomes_part_of_the_fact(site: Site) -> None:
    visitor = await site.visitor(HOSPITAL)
    answer = await visitor.send(("our letter.pdf", PDF))
    assert answer.status_code == 303, answer.text
    id_ = (await site.promised())["letter"]
    given = await visitor.client.get(f"/files/{id_}")
    assert given.content == PDF
    schools = await site.visitor(SCHOOLS)
    assert (await schools.send()).status_code == 303
    assert (await site.promised())["letter"] == ""  # none was chosen, and none was needed


async def test_what_is_wrong_elsewhere_in_the_form_loses_no_file(site: Site) -> None:
    visitor = await site.visitor(POLICE)
    answer = await visitor.send(("our letter.pdf", PDF), **{"until-year": "soon"})
    assert answer.status_code == 422
    assert "our letter.pdf, 48 bytes" in answer.text
    assert (id_ := standing(answer))
    assert standing(await visitor.client.get(visitor.form)) == id_  # the draft holds it
    assert (await visitor.send(letter=id_)).status_code == 303
    assert (await site.promised())["letter"] == id_


async def test_another_file_takes_the_place_of_the_one_that_is_kept_or_it_is_taken_out(site: Site) -> None:
    visitor = await site.visitor(HOSPITAL)
    first = standing(await visitor.send(("a.pdf", PDF), **{"until-year": "soon"}))
    answer = await visitor.send(("b.pdf", PDF + b"2"), **{"until-year": "soon", "letter": first})
    assert "b.pdf, 49 bytes" in answer.text
    assert "a.pdf" not in answer.text
    answer = await visitor.send(letter=standing(answer), _do="drop:letter")
    assert (answer.status_code, standing(answer)) == (200, "")
    assert standing(await visitor.client.get(visitor.form)) == ""


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "This file is empty"),
        (documents.PROGRAM, "This type of file is not taken"),
        (documents.bomb(), "unpacks to far more"),
        (PDF + bytes(2_000_000), "at most 2 MB are taken"),
    ],
    ids=["empty", "renamed program", "zip bomb", "too large"],
)
async def test_what_is_wrong_with_a_file_stands_beside_its_question_and_nothing_typed_is_lost(
    site: Site, data: bytes, words: str
) -> None:
    visitor = await site.visitor(HOSPITAL)
    facts = len(await site.house.facts(site.review))
    answer = await visitor.send(("report.pdf", data))
    assert answer.status_code == 422
    beside = re.search(r'<p id="letter-error" class="govuk-error-message">(.*?)</p>', answer.text, re.DOTALL)
    assert beside
    assert words in beside[1]
    assert 'href="#letter"' in answer.text
    assert re.search(r'name="until-year" type="text" value="20\d\d"', answer.text)
    assert len(await site.house.facts(site.review)) == facts


async def test_a_file_that_is_needed_is_asked_for_once(site: Site, letters: pytest.MonkeyPatch) -> None:
    with pytest.MonkeyPatch.context() as patch:
        takes_letters(patch, NeedsLetter)
        visitor = await site.visitor(HOSPITAL)
        answer = await visitor.send()
        assert (answer.status_code, answer.text.count("Choose the letter that says so.")) == (422, 2)
        answer = await visitor.send(("a.pdf", documents.PROGRAM))
        assert "Choose the letter" not in answer.text


async def test_two_hundred_megabytes_are_answered_in_words_beside_the_question(site: Site) -> None:
    visitor = await site.visitor(HOSPITAL)

    async def coming() -> AsyncIterator[bytes]:
        head = (
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="_csrf"\r\n\r\n{visitor.token}\r\n--{BOUNDARY}\r\n'
        )
        yield f'{head}Content-Disposition: form-data; name="_file:letter"; filename="a.pdf"\r\n\r\n'.encode()
        for _ in range(200):
            yield bytes(1_000_000)
        yield f"\r\n--{BOUNDARY}--\r\n".encode()

    headers = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}
    answer = await visitor.client.post(visitor.form, content=coming(), headers=headers)
    assert answer.status_code == 422
    assert "at most 2 MB are taken" in answer.text


@pytest.mark.parametrize("path", ["", "/api/v1/cases/{ref}/files"])
async def test_what_no_browser_would_send_is_not_read_to_its_end(site: Site, path: str) -> None:
    visitor = await site.visitor(HOSPITAL)
    headers = {
        "content-type": f"multipart/form-data; boundary={BOUNDARY}",
        "content-length": str(LARGEST_WITH_FILES + 1),
    }
    address = path.format(ref=site.review) or visitor.form
    answer = await visitor.client.post(address, content=b"x", headers=headers)
    assert answer.status_code == 413
    assert "at most 2 MB are taken" in answer.text


async def test_other_addresses_take_no_more_than_before(site: Site) -> None:
    visitor = await site.visitor(HOSPITAL)
    for address in (f"/cases/{site.review}/dispute", f"/cases/{site.review}/promise/save", "/refer"):
        assert (await visitor.client.post(address, content=bytes(1_000_001))).status_code == 413, address


@pytest.mark.parametrize(
    "rest",
    [
        "no such thing",
        'Content-Disposition: form-data; name="_file:letter"; filename="a.pdf"\r\n\r\n%PDF-1.7\n',
        ":\r\n",
    ],
    ids=["no head", "cut off", "no name"],
)
async def test_what_is_not_a_whole_form_is_answered_calmly_and_keeps_nothing(site: Site, rest: str) -> None:
    visitor, before = await site.visitor(HOSPITAL), await kept(site)
    token = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="_csrf"\r\n\r\n{visitor.token}\r\n'
    headers = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}
    body = f"{token}--{BOUNDARY}\r\n{rest}".encode()
    assert (await visitor.client.post(visitor.form, content=body, headers=headers)).status_code == 400
    headers = {"content-type": "multipart/form-data"}
    assert (await visitor.client.post(visitor.form, content=body, headers=headers)).status_code == 400
    assert await kept(site) == before


async def test_a_session_that_has_ended_loses_no_file(site: Site) -> None:
    visitor = await site.visitor(HOSPITAL)
    site.house.now += IDLE + timedelta(minutes=5)
    answer = await visitor.send(("after lunch.pdf", PDF))
    assert (answer.status_code, "/sign-in" in answer.headers["location"]) == (303, True)
    again = await site.visitor(HOSPITAL)
    assert "after lunch.pdf, 48 bytes" in (await again.client.get(again.form)).text


async def test_a_form_that_is_not_ours_keeps_no_file(site: Site) -> None:
    visitor, before = await site.visitor(HOSPITAL), await kept(site)
    assert (await visitor.send(("a.pdf", PDF), token="made up")).status_code == 403
    assert (
        await visitor.send(("a.pdf", PDF), path=f"/cases/RR-2026-9999/promise?about={visitor.about}")
    ).status_code == 404
    assert await kept(site) == before


async def kept(site: Site) -> set[str]:
    async with site.house.there.database.reading() as session:
        return set(await session.scalars(select(FileRow.id)))


# Whose it is


async def test_a_file_of_somebody_else_of_another_case_or_of_none_is_refused_at_every_door(site: Site) -> None:
    hospital, police, manager = [await site.visitor(one) for one in (HOSPITAL, POLICE, MANAGER)]
    referral = (await site.house.case(site.review)).said["referral"]
    day = (day_of(site.house.now) + timedelta(days=2)).isoformat()
    asked = await site.asked()
    for id_ in (await police.kept(), await manager.kept(ref=referral), "0" * 32):
        page = await hospital.send(letter=id_)
        assert page.status_code == 422
        assert "is not yours to give" in page.text
        assert not standing(page)
        answer = await hospital.client.post(
            f"/api/v1/cases/{site.review}/promise", json={"obligation": hospital.about, "until": day, "letter": id_}
        )
        assert answer.status_code == 422
        assert [one["field"] for one in answer.json()["problems"]] == ["letter"]
    answer = await hospital.client.post(
        f"/api/v1/cases/{site.review}/promise",
        json={"obligation": hospital.about, "until": day, "letter": "report.pdf"},
    )
    assert "the id that was given when it was kept" in answer.text
    assert await site.asked() == asked  # nothing of it was even sent on


async def test_a_file_is_read_by_its_owner_and_by_those_who_see_the_whole_case_and_every_reading_is_noted(
    site: Site,
) -> None:
    hospital, police, stranger, manager = [await site.visitor(one) for one in (HOSPITAL, POLICE, STRANGER, MANAGER)]
    id_ = await hospital.kept()
    for visitor, status in ((hospital, 200), (manager, 200), (police, 404), (stranger, 404)):
        for path in ("/files", "/api/v1/files"):
            assert (await visitor.client.get(f"{path}/{id_}")).status_code == status
    async with site.house.there.database.reading() as session:
        noted = (
            await session.execute(select(ReadRow.person, ReadRow.case).where(ReadRow.what == f"file {id_[:8]}"))
        ).all()
    assert [tuple(one) for one in noted] == [(HOSPITAL, site.review)] * 2 + [(MANAGER, site.review)] * 2


async def test_nobody_is_locked_out_of_what_they_gave(site: Site) -> None:
    police, manager = await site.visitor(POLICE), await site.visitor(MANAGER)
    id_ = await police.kept()
    for locked in (True, False):
        await site.house.act(MANAGER, site.review, "lock_out", person=POLICE, locked=locked, reason="Was on duty.")
        assert (await police.client.get(f"/files/{id_}")).status_code == 200
        assert (await police.client.get(f"/cases/{site.review}")).status_code == (403 if locked else 200)
        assert (await police.keep()).status_code == (404 if locked else 200)
    assert (await manager.client.get(f"/files/{id_}")).status_code == 200


async def test_a_file_is_only_ever_saved_and_runs_nowhere(site: Site) -> None:
    visitor = await site.visitor(HOSPITAL)
    given = await visitor.client.get(f"/files/{await visitor.kept(name='R%C3%A9sum%C3%A9 %22x%22.pdf')}")
    assert given.headers["content-disposition"] == (
        "attachment; filename=\"R_sum_ _x_.pdf\"; filename*=UTF-8''R%C3%A9sum%C3%A9%20%22x%22.pdf"
    )
    assert given.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert given.headers["x-content-type-options"] == "nosniff"
    assert (given.headers["content-type"], given.headers["content-length"]) == ("application/pdf", str(len(PDF)))


async def test_a_file_that_is_held_back_or_lost_is_answered_in_words(site: Site) -> None:
    visitor, there = await site.visitor(HOSPITAL), site.house.there
    id_ = await visitor.kept()
    async with there.database.writing() as session:
        await session.execute(update(FileRow).where(FileRow.id == id_).values(state=FileState.WAITING))
    answer = await visitor.client.get(f"/files/{id_}")
    assert (answer.status_code, "waits for the virus scanner" in answer.text) == (409, True)
    async with there.database.writing() as session:
        await session.execute(update(FileRow).where(FileRow.id == id_).values(state=FileState.CLEAN))
    (there.settings.files / id_).unlink()
    answer = await visitor.client.get(f"/files/{id_}")
    assert (answer.status_code, "not in its place" in answer.text) == (500, True)


# JSON


async def test_json_keeps_a_file_and_a_command_names_it(site: Site) -> None:
    visitor = await site.visitor(ICB)
    sent = documents.workbook()
    answer = await visitor.keep(sent, "../audit.xlsx")
    said = answer.json()
    assert (said["name"], said["case"], said["state"]) == ("audit.xlsx", site.review, "not_scanned")
    day = (day_of(site.house.now) + timedelta(days=2)).isoformat()
    body = {"obligation": visitor.about, "until": day, "letter": said["id"]}
    assert (await visitor.client.post(f"/api/v1/cases/{site.review}/promise", json=body)).status_code == 200
    assert (await site.promised())["letter"] == said["id"]
    got = await visitor.client.get(f"/api/v1/files/{said['id']}")
    assert got.content == sent


@pytest.mark.parametrize(
    ("data", "status", "words"),
    [(b"", 422, "is empty"), (documents.PROGRAM, 422, "What is taken"), (bytes(2_000_001), 413, "at most 2 MB")],
)
async def test_json_says_what_is_wrong_with_a_file(site: Site, data: bytes, status: int, words: str) -> None:
    answer = await (await site.visitor(HOSPITAL)).keep(data)
    assert (answer.status_code, words in answer.json()["title"]) == (status, True)


async def test_json_keeps_nothing_where_one_may_not_look(site: Site) -> None:
    before, stranger = await kept(site), await site.visitor(STRANGER)
    assert (await stranger.keep()).status_code == 404
    assert (await stranger.keep(ref="RR-2026-9999")).status_code == 404
    stranger.client.headers.pop("authorization")
    assert (await stranger.keep()).status_code == 401
    assert await kept(site) == before
