"""A child with odd names goes through whole lives by every door, and is then looked for everywhere."""

import asyncio
import base64
import io
import json
import re
import subprocess
import sys
import zlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, redirect_stderr, redirect_stdout
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx2
import pytest
from sqlalchemy import LargeBinary, select, text, true
from temporalio.api.common.v1 import Payload
from temporalio.client import WorkflowHistory

import records.writing
from activities.writing import Writing
from models.batch import Batch
from models.case import Case
from models.directory import Directory
from models.tables import CaseRow, NoticeRow, Table
from models.telling import OF_THE_HOUSE, Notice, NoticeKind
from notifier.block_kit import refused
from notifier.bulletins import Bulletins
from notifier.post import Post
from notifier.rendering import Knowing, parcel
from notifier.words import Bulletin
from portal.app import create_app
from records.accounts import Accounts
from records.codec import EngineCodec
from records.database import Database
from tests.support import canary
from tests.support.canary import found_in
from tests.support.documents import PDF
from tests.support.house import ROOT
from tests.support.lives import ALL, EACH, MANAGER, POLICE_AGENCY, SOME_OR_ALL, Doer, Lives, Next
from tests.support.real import Real, real
from tests.support.recording import recording
from tests.support.running import reviews as within

PASSWORD = "three words apart"
TEXTS = r'"((?:[^"\\]|\\.)*)"'


@asynccontextmanager
async def browser(made: Real, log: list[str]) -> AsyncIterator[httpx2.AsyncClient]:
    """The portal, asked as a browser asks. Every address that is asked for or named in an answer goes into the log."""

    async def noting(response: httpx2.Response) -> None:
        log.append(str(response.request.url))
        log.append(response.headers.get("location", ""))

    app = create_app(made.there, made.client, attempts=10_000)
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(
        transport=transport, base_url="http://reviews", event_hooks={"response": [noting]}
    ) as client:
        yield client


async def refer_by_pages(client: httpx2.AsyncClient, made: Doer) -> str:
    """As a professional without an account does: page by page, proven by a mailed link. Returns the reference."""

    async def send(path: str, **answers: str) -> httpx2.Response:
        token = client.cookies.get("anonymous") or ""
        return await client.post(path, data={"_csrf": token, **answers})

    await client.get("/refer")
    await send("/refer")
    child = canary.REFERRAL["children"][0]
    day, month, year = "23", "7", "2019"
    today = {"day": str(made.now.day), "month": str(made.now.month), "year": str(made.now.year)}
    dates = {f"{name}-{part}": value for name in ("incident_on", "aware_at") for part, value in today.items()}
    pages: dict[str, dict[str, str]] = {
        "incident": {
            "event": "serious_harm", **dates, "in_area": "yes", "abuse_or_neglect": "yes",
            "narrative": canary.words("narrative"), "place": canary.words("place"), "harm": canary.words("harm"),
        },
        "children": {
            **{f"children.0.{name}": str(value) for name, value in child.items() if name != "born"},
            "children.0.born-day": day, "children.0.born-month": month, "children.0.born-year": year,
        },
        "safety": {"others": "no", "agencies_involved": canary.words("agencies")},
        "you": {
            "referrer_name": canary.REFERRER, "referrer_role": "Nurse", "referrer_agency": "Hospital",
            "referrer_email": canary.EMAIL, "referrer_phone": canary.PHONE, "lead_agrees": "yes",
        },
    }  # fmt: skip
    for step, answers in pages.items():
        await send(f"/refer/{step}/save", **answers)
        answer = await send(f"/refer/{step}", **answers)
        assert answer.status_code == 303, answer.text
    await send("/refer/check")
    (mail, *_) = await Post(made.there.database, made.there.vault).read()
    found = re.search(r"/refer/return#(\S+)", mail.text)
    assert found
    await send("/refer/return", token=found[1])
    assert (await send("/refer/check")).headers["location"] == "/refer/received"
    received = re.search(r"LR-\d{4}-\d{4}", (await client.get("/refer/received")).text)
    assert received
    return received[0]


async def password_of(made: Real, person: str) -> str:
    """Let somebody sign in. Returns their e-mail address."""
    accounts = Accounts(made.there.database, made.there.vault, made.there.auditor)
    async with made.there.database.writing() as session:
        token = await accounts.link(session, "invitation", person, None)
        directory = await made.there.recorder.directory.read(session)
    assert directory
    await accounts.set_password(token, PASSWORD, made.now)
    return directory.people[person].email


async def reviews(made: Real, *given: str, typed: str = "") -> subprocess.CompletedProcess[bytes]:
    """The command line, as a process of its own."""
    noted = {"engine_at": made.there.settings.engine, "portal_at": made.there.settings.address}
    (made.folder / "processes.json").write_text(json.dumps(noted))
    process = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("reviews")), *given, "--data-dir", str(made.folder), cwd=ROOT,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={"PATH": "/usr/bin:/bin", "REVIEWS_PASSWORD": PASSWORD, "LANG": "C.UTF-8"},
    )  # fmt: skip
    out, error = await asyncio.wait_for(process.communicate(typed.encode()), 60)
    return subprocess.CompletedProcess(given, process.returncode or 0, out, error)


def answers_of(made: Real, lives: Lives) -> dict[str, Any]:
    return lives.referring(**canary.REFERRAL)


async def every_command(made: Real, commands: Sequence[tuple[str, str]]) -> None:
    """Whole lives of every kind of case: these commands, the canary in every private field.

    What was told so far is read after each command, as it then stands.
    """
    lives = Lives(made, canary.words, canary.REFERRAL)
    for lifecycle, kind in commands:
        done = await lives.give(await lives.ready(lifecycle, kind))
        assert await in_messages(made, done.case) == set(), f"after {kind}"
    ref = await lives.asked()
    for person in await in_office(made, "agency_contact", POLICE_AGENCY):
        await made.act(MANAGER, ref, "lock_out", person=person, locked=True, reason=canary.words("reason"))


async def in_office(made: Real, office: str, agency: str) -> list[str]:
    """Its holder and its deputy, if it has one: without them nobody can be told there."""
    held = (await directory_of(made)).holding(office, agency, made.now)
    return [one for one in (held.person, held.deputy) if one] if held else []


# Where it is looked for


async def in_plain_columns(database: Database) -> set[str]:
    found: set[str] = set()
    async with database.reading() as session:
        for table in Table.metadata.sorted_tables:
            plain = [column for column in table.columns if not isinstance(column.type, LargeBinary)]
            for row in await session.execute(select(*plain)):
                found |= found_in(json.dumps(list(row), default=str, ensure_ascii=False))
    return found


async def in_histories(made: Real) -> set[str]:
    found, seen = set[str](), 0
    async for kept in histories(made):
        found |= found_in(kept)
        seen += isinstance(kept, bytes)
    assert seen > len(EACH), "the histories hold what was sent"
    return found


async def histories(made: Real) -> AsyncIterator[str | bytes]:
    """Every workflow's id, memo, search attributes and history as the engine keeps it; as bytes what was sealed."""
    codec = EngineCodec(made.there.keys)
    async for one in made.client.list_workflows():
        yield f"{one.id} {one.workflow_type} {await one.memo()} {one.search_attributes} {one.raw_info}"
        history: WorkflowHistory = await made.client.get_workflow_handle(one.id, run_id=one.run_id).fetch_history()
        yield history.to_json()
        for payload in _payloads(history.to_json_dict()):
            (decoded,) = await codec.decode([payload])
            yield _unpacked(decoded.data)


def _unpacked(data: bytes) -> bytes:
    """The state of a case is carried compressed; whatever else was sent is as it was."""
    try:
        return zlib.decompress(data)
    except zlib.error:
        return data


def _payloads(body: Any) -> list[Payload]:  # noqa: ANN401 -- any JSON value
    """Every encrypted payload within a history."""
    if isinstance(body, Mapping):
        if "metadata" in body and "data" in body and "encoding" in body["metadata"]:
            metadata = {name: base64.b64decode(value) for name, value in body["metadata"].items()}
            return [Payload(metadata=metadata, data=base64.b64decode(body["data"]))]
        return [one for value in body.values() for one in _payloads(value)]
    return [one for value in body for one in _payloads(value)] if isinstance(body, list) else []


async def in_messages(made: Real, only: str | None = None, *, by_turns: bool = False) -> set[str]:
    """Every form of every message that can be made of what was told: alone and with all else of its person.

    As it reads now, later, and when nobody holds an office any more. `only`: of this case, as it reads now.
    `by_turns`: what is told alone reads as of one of these moments, the next as of the next.
    """
    found, directory = set[str](), await directory_of(made)
    async with made.there.database.reading() as session:
        told_of = true() if only is None else NoticeRow.case == only
        rows = list(await session.scalars(select(NoticeRow).where(told_of).order_by(NoticeRow.written)))
        known = select(CaseRow).where(true() if only is None else CaseRow.ref == only)
        cases = {one.ref: Case.model_validate(one.state) for one in await session.scalars(known)}
    assert only is not None or {row.kind for row in rows if row.case} == set(NoticeKind) - OF_THE_HOUSE
    of: dict[str, list[NoticeRow]] = {}
    for row in rows:
        of.setdefault(row.person, []).append(row)
    bulletins = Bulletins(made.there.recorder, lambda _: True)
    said = {row.key: await bulletins.read(row, made.now) for row in rows if not row.case}  # as the worker has told it
    bundles: list[list[NoticeRow]] = []
    if only is None:
        for row, bulletin in await of_the_house(made):
            said[row.key] = bulletin
            bundles.append([row])
    bundles += of.values()
    alone = [[row] for told in of.values() for row in told if len(told) > 1]
    nobody = directory.model_copy(update={"holdings": ()})
    moments = ((0, directory), (3, directory), (40, directory), (0, nobody))
    for turn, (later, people) in enumerate(moments if only is None else moments[:1]):
        knowing = Knowing(cases, people, made.there.settings.address, made.now + timedelta(days=later))
        knowing = knowing._replace(bulletins=said)
        for told in (*bundles, *(alone[turn :: len(moments)] if by_turns else alone)):
            one = parcel(f"b-{told[0].key}", told, knowing)
            assert not one.fell_back, told[0].key
            assert all((one.subject, one.text, one.html, one.blocks)), told[0].key
            assert refused(one.blocks) == [], told[0].key
            blocks = json.dumps(one.blocks, ensure_ascii=False)
            found |= found_in(f"{one.key} {one.subject} {one.text} {one.html} {blocks} {one.model_dump_json()}")
    return found


async def of_the_house(made: Real) -> list[tuple[NoticeRow, Bulletin]]:
    """What the house would say to the manager now, of every case that there is."""
    found = []
    for kind in (NoticeKind.DIGEST, NoticeKind.HEADLINES, NoticeKind.READINESS, NoticeKind.TAKEN_OVER):
        notice = Notice(
            key=f"{kind}/2026-03-09/business_manager", kind=kind, case="", fact=0, office="business_manager",
            person=MANAGER, rung_at=made.now, wake_at=made.now,
        )  # fmt: skip
        row = NoticeRow(**notice.model_dump(), state="queued", written=made.now)
        found.append((row, await Bulletins(made.there.recorder, lambda _: True).read(row, made.now)))
    return found


async def directory_of(made: Real) -> Directory:
    async with made.there.database.reading() as session:
        directory = await made.there.recorder.directory.read(session)
    assert directory
    return directory


def in_files(folder: Path) -> dict[str, set[str]]:
    """Every file of the installation and its name: databases, journals, engine's store, logs, seals, byte by byte."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {"records.sqlite", "engine.sqlite", "worker.log"} <= {path.name for path in files}
    return {path.name: found for path in files if (found := found_in(str(path)) | found_in(path.read_bytes()))}


@SOME_OR_ALL
@pytest.mark.timeout(300)
@pytest.mark.promise("K8", "G8", "K11")
async def test_a_child_is_found_nowhere_outside_the_encrypted_columns(
    tmp_path: Path, commands: Sequence[tuple[str, str]]
) -> None:
    addresses: list[str] = []
    async with real(tmp_path / "data") as made:
        await every_command(made, commands)
        lives = Lives(made, canary.words, canary.REFERRAL)
        email = await password_of(made, MANAGER)
        async with browser(made, addresses) as client:
            ref = await refer_by_pages(client, made)
            for path in ("/", "/status", "/refer", "/cases", f"/cases/{ref}"):
                assert found_in((await client.get(path)).text) == set(), f"{path}, not signed in"
            token = (await client.post("/api/v1/session", json={"email": email, "password": PASSWORD})).json()["token"]
            signed_in = {"Authorization": f"Bearer {token}"}
            done = await client.post("/api/v1/referrals", json=answers_of(made, lives), headers=signed_in)
            assert done.status_code == 200, done.text
            for path in ("/api/v1/cases", f"/api/v1/cases/{ref}", "/api/v1/openapi.json"):
                assert found_in((await client.get(path, headers=signed_in)).text) == set(), path
            triaged = await client.post(f"/api/v1/cases/{ref}/triage", json=lives.triaging(), headers=signed_in)
            assert (triaged.status_code, found_in(triaged.text)) == (200, set())
        file = tmp_path / "answers.json"
        file.write_text(json.dumps(answers_of(made, lives)))
        given = await reviews(made, "refer", str(file))
        assert (given.returncode, found_in(given.stdout + given.stderr)) == (0, set()), given
        status = await reviews(made, "status", ref, "--as", email, "--json")
        assert (status.returncode, found_in(status.stdout + status.stderr)) == (0, set()), status
        async with made.there.database.reading() as session:
            await made.there.auditor.seal(session, made.there.settings.seals, made.now)
        assert await in_plain_columns(made.there.database) == set()
        assert await in_histories(made) == set()
        assert await in_messages(made, by_turns=commands is not ALL) == set()
        assert found_in("\n".join(addresses)) == set()
        assert await made.broken() == []
        held = await Post(made.there.database, made.there.vault).read()
        assert any(found_in(mail.to) for mail in held), "the canary was there: sealed mail holds it"
    assert in_files(tmp_path / "data") == {}


@pytest.mark.promise("K8", "E4")
async def test_the_name_of_a_file_of_evidence_stands_in_no_history_of_the_engine(tmp_path: Path) -> None:
    async with real(tmp_path / "data") as made:
        ready = await Lives(made).ready("rapid_review", "give_evidence")
        email = await password_of(made, ready.person)
        async with browser(made, []) as client:
            token = (await client.post("/api/v1/session", json={"email": email, "password": PASSWORD})).json()["token"]
            named = f'attachment; filename="{quote(f"{canary.NAME} {canary.MARK}.pdf")}"'
            kept = await client.post(
                f"/api/v1/cases/{ready.case}/files", content=PDF,
                headers={"Authorization": f"Bearer {token}", "content-disposition": named},
            )  # fmt: skip
        assert canary.MARK in kept.text, "whoever gave it reads its name"
        file = kept.json()["id"]
        await made.act(ready.person, ready.case, ready.kind, **{**ready.answers, "file": file})
        seen = [one async for one in histories(made)]
        assert any(file.encode() in one for one in seen if isinstance(one, bytes)), (
            "the engine knows the file by its id"
        )
        assert set.union(*(found_in(one) for one in seen)) == set()


@pytest.mark.timeout(300)
@pytest.mark.promise("K11")
async def test_a_refusal_repeats_nothing_of_what_was_sent_at_any_door(tmp_path: Path) -> None:
    async with real(tmp_path / "data") as made:
        email, lives = await password_of(made, MANAGER), Lives(made, canary.words, canary.REFERRAL)
        good = answers_of(made, lives)
        bad: list[Any] = [
            {**good, "event": canary.NAME}, {**good, "aware_at": canary.NAME}, {**good, canary.NAME: "x"},
            {**good, "children": canary.NAME},
            {**good, "referrer_email": canary.NAME}, {**good, "narrative": canary.words("x") * 2_000}, [canary.NAME],
            canary.NAME,
        ]  # fmt: skip
        ref = await lives.received()
        async with browser(made, []) as client:
            token = (await client.post("/api/v1/session", json={"email": email, "password": PASSWORD})).json()["token"]
            signed_in = {"Authorization": f"Bearer {token}"}
            for path in ("/api/v1/referrals", f"/api/v1/cases/{ref}/triage", f"/api/v1/cases/{ref}/promise"):
                for body in bad:
                    answer = await client.post(path, json=body, headers=signed_in)
                    assert answer.status_code in {400, 403, 422}, answer.text
                    assert found_in(answer.text) == set()
            broken = await client.post("/api/v1/referrals", content=f'{{"narrative": "{canary.NAME}', headers=signed_in)
            assert (broken.status_code, found_in(broken.text)) == (400, set())
        for number, body in enumerate([*bad, None]):
            file = tmp_path / f"{number}.json"
            file.write_text(json.dumps(body) if body is not None else f'{{"narrative": "{canary.NAME}')
            said = await asyncio.to_thread(within, "refer", file, "--data-dir", made.folder)
            assert said.returncode != 0
            assert found_in(said.stdout + said.stderr) == set(), said
    assert in_files(tmp_path / "data") == {}


FAULTS = {
    "the database refuses the fact": "CREATE TRIGGER no BEFORE INSERT ON facts BEGIN SELECT RAISE(ABORT, 'no'); END",
    "the database refuses the words": "CREATE TRIGGER no BEFORE INSERT ON texts BEGIN SELECT RAISE(ABORT, 'no'); END",
    "the table of facts is gone": "ALTER TABLE facts RENAME TO facts_gone",
    "the table of texts is gone": "ALTER TABLE texts RENAME TO texts_gone",
    "the table of drafts is gone": "ALTER TABLE drafts RENAME TO drafts_gone",
}


@pytest.mark.parametrize(
    "faults",
    [
        pytest.param(["the database refuses the fact"], id="one of them"),
        pytest.param(list(FAULTS), id="all", marks=pytest.mark.proof),
    ],
)
@pytest.mark.timeout(300)
@pytest.mark.promise("K11")
async def test_what_is_made_to_fail_prints_no_word_about_a_child(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, faults: Sequence[str]
) -> None:
    out, error = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(error):
        async with real(tmp_path / "data") as made:
            lives = Lives(made, canary.words, canary.REFERRAL)
            referring = Next("referrer", "", "submit_referral", answers_of(made, lives))
            file = tmp_path / "answers.json"
            file.write_text(json.dumps(dict(referring.answers)))
            said: list[bytes] = []
            for fault in map(FAULTS.__getitem__, faults):
                ref = await lives.received()
                async with made.there.database.writing() as session:
                    await session.execute(text(fault))
                answer = await made.told(referring, uuid4().hex, patience=1)
                said.append(
                    repr(answer).encode() + " ".join(one.words for one in getattr(answer, "problems", [])).encode()
                )
                async with browser(made, []) as client:
                    await client.get("/refer")
                    page = await client.post("/refer", data={"_csrf": client.cookies.get("anonymous") or ""})
                    said.append(page.content)
                given = await reviews(made, "refer", str(file))
                assert (given.returncode == 0) == ("drafts" in fault), given
                said += [given.stdout, given.stderr]
                async with made.there.database.writing() as session:
                    for undo in _undo(fault):
                        await session.execute(text(undo))
                assert (await made.case(ref)).known
            assert [one for one in said if found_in(one)] == []
    printed = out.getvalue() + error.getvalue() + caplog.text
    assert found_in(printed) == set()
    logs = {path.name: found_in(path.read_bytes()) for path in (tmp_path / "data").glob("*.log")}
    assert set.union(*logs.values()) == set(), logs
    assert b"not written" in (tmp_path / "data" / "worker.log").read_bytes(), "the worker did fail"


def _undo(fault: str) -> list[str]:
    if fault.startswith("CREATE TRIGGER"):
        return ["DROP TRIGGER no"]
    table = fault.split()[2]
    return [f"ALTER TABLE {table}_gone RENAME TO {table}"]


async def test_a_failing_activity_says_its_class_and_the_reference_alone(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    def faulty(*_: object) -> None:
        raise ValueError(canary.words("fault"))

    async with recording(tmp_path) as made:
        ref = await Lives(made).received()
        monkeypatch.setattr(records.writing, "facts_after", faulty)
        with pytest.raises(Exception, match=f"{ref} was not written: ValueError") as caught:
            await Writing(made.there.recorder).write(Batch(case=ref, known=0, now=made.now))
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__
    shown = capsys.readouterr()
    assert found_in(shown.out + shown.err + caplog.text) == set()
    assert "ValueError" in shown.out + shown.err + caplog.text


def test_the_search_finds_the_canary_in_every_coat() -> None:
    coats: list[bytes] = [
        f"said {canary.NAME} here".encode(), canary.NAME.encode("utf-16-le"), quote(canary.NAME).encode(),
        json.dumps(canary.NAME).encode(),
        *(base64.b64encode(b"x" * shift + canary.ADDRESS.encode() + b"yy") for shift in range(3)),
        b"born 23/07/2019", b"9434765919",
        f"{canary.MARK.upper()}".encode(),
    ]  # fmt: skip
    assert all(found_in(coat) for coat in coats)
    assert found_in(b"RR-2026-0004 is due on 23 July 2026") == set()
