"""`reviews doctor` names each misconfiguration, says why it matters and what to do, and changes nothing."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from sqlalchemy import delete, text, update

import doctor
from doctor import Finding, examine, report
from models import shelf
from models.directory import ChannelName, Directory
from models.tables import CommandRow, HeadRow, LinkRow, SettingRow
from models.watch import EVERY, LATE, SILENT, Running
from notifier.post import Mail, Post
from policy.reading import read_directory_file, read_policy_file
from records.accounts import Accounts
from records.audit import SIGN_INS
from records.files import Files
from records.opening import Installation
from records.policies import IN_FORCE, put_in_force
from records.settings import Settings
from records.watching import Watching
from serving import engine_command
from tests.support.clamd import EICAR, clamd
from tests.support.documents import pieces
from tests.support.house import DIRECTORY, POLICY, furnished, shipped_policy
from tests.support.mailbox import mailbox
from tests.support.notify import OTHER_KEY, service
from tests.support.ports import free_port
from tests.support.slack import TOKEN, refusing, workspace

pytestmark = pytest.mark.promise("L9")


@pytest.fixture
async def there(tmp_path: Path) -> Any:  # noqa: ANN401 -- an installation, closed afterwards
    tmp_path.chmod(0o700)  # noqa: ASYNC240 -- a moment, in a test
    installation = await furnished(tmp_path, datetime.now(UTC), engine=f"127.0.0.1:{free_port()}")
    yield installation
    await installation.close()


async def found(there: Installation, words: str) -> Finding:
    """The one finding that has these words."""
    (one,) = [one for one in await examine(there.settings) if words in one.what]
    assert one.why
    assert one.do
    return one


async def nothing(there: Installation, words: str) -> bool:
    return not [one for one in await examine(there.settings) if words in one.what]


async def test_without_a_folder_it_says_how_to_begin_and_makes_nothing(tmp_path: Path) -> None:
    (one,) = await examine(Settings(data_dir=tmp_path / "nowhere"))
    assert one.grave
    assert "reviews serve --data-dir" in one.do
    assert not (tmp_path / "nowhere").exists()


async def test_a_new_installation_without_engine_has_one_grave_finding(there: Installation) -> None:
    grave = [one.what for one in await examine(there.settings) if one.grave]
    assert grave == [f"The engine does not answer at {there.settings.engine}."]


@pytest.mark.parametrize(
    ("name", "mode", "words", "do"),
    [
        ("", 0o755, "may look into", "chmod 700"),
        ("keys.json", 0o640, "may have read", "chmod 600"),
    ],
)
async def test_what_others_may_read_is_grave(there: Installation, name: str, mode: int, words: str, do: str) -> None:
    (there.settings.data_dir / name).chmod(mode)
    one = await found(there, words)
    assert one.grave
    assert one.do.startswith(do)


async def test_a_missing_and_a_spoilt_key_file_are_told_apart(there: Installation) -> None:
    there.settings.keys.write_text("{}")
    assert "cannot be read as a key file" in (await found(there, "keys.json")).what
    there.settings.keys.unlink()
    assert "from your backup" in (await found(there, "keys.json is missing")).do


async def test_a_full_disk_is_grave_and_a_nearly_full_one_worth_a_look(
    there: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def free(megabytes: int) -> Callable[[Path], SimpleNamespace]:
        return lambda _: SimpleNamespace(free=megabytes * doctor.MEGABYTE)

    monkeypatch.setattr(shutil, "disk_usage", free(100))
    assert (await found(there, "Only 100 MB")).grave
    monkeypatch.setattr(shutil, "disk_usage", free(1000))
    assert not (await found(there, "Only 1000 MB")).grave
    monkeypatch.setattr(shutil, "disk_usage", free(5000))
    assert await nothing(there, "are free")


@pytest.mark.parametrize(("version", "words"), [("0000", "The tables stand at 0000"), ("9999", "are newer (9999)")])
async def test_tables_of_another_version_are_grave(there: Installation, version: str, words: str) -> None:
    async with there.database.writing() as session:
        await session.execute(text("UPDATE alembic_version SET version_num = :v"), {"v": version})
    assert (await found(there, words)).grave


async def test_a_database_that_does_not_answer_is_grave(there: Installation) -> None:
    url = f"postgresql+asyncpg://nobody@127.0.0.1:{free_port()}/none"
    settings = there.settings.model_copy(update={"database_url": url})
    (one,) = [one for one in await examine(settings) if "The database cannot be opened" in one.what]
    assert one.grave


async def test_an_address_that_is_none_of_a_database_is_grave(there: Installation) -> None:
    settings = there.settings.model_copy(update={"database_url": "nonsense"})
    (one,) = [one for one in await examine(settings) if "not the address of a database" in one.what]
    assert one.grave


async def test_people_of_the_example_are_not_ready_for_real_cases(there: Installation) -> None:
    one = await found(there, "Not ready for real cases")
    assert "Harrowshire Council" in one.what
    assert "Marigold Testwell" in one.what
    async with there.database.reading() as session:
        directory = await there.recorder.directory.read(session)
    assert directory
    real = directory.model_copy(
        update={
            "agencies": {id_: two.model_copy(update={"name": f"Our {id_}"}) for id_, two in directory.agencies.items()},
            "people": {
                id_: two.model_copy(update={"name": f"Person {id_}", "email": f"{id_}@harrowshire.gov.uk"})
                for id_, two in directory.people.items()
            },
        }
    )
    await put(there, real)
    assert await nothing(there, "Not ready")
    left = real.people | {"p-018": directory.people["p-018"].model_copy(update={"email": "a@harrowshire.gov.uk"})}
    left |= {"p-019": real.people["p-019"].model_copy(update={"email": "b@council.example"})}
    await put(there, real.model_copy(update={"people": left}))
    words = "invented, or with an address at example.org: Rosamund Testwick, Person p-019."
    assert (await found(there, "Not ready")).what.endswith(words)
    demonstration = there.settings.model_copy(update={"demonstration": True})
    assert not [one for one in await examine(demonstration) if "Not ready" in one.what]


async def test_without_a_policy_or_a_directory_nothing_can_be_opened_or_told(there: Installation) -> None:
    async with there.database.writing() as session:
        await session.execute(delete(SettingRow).where(SettingRow.name == IN_FORCE))
        await session.execute(delete(SettingRow).where(SettingRow.name == "directory_version"))
    assert (await found(there, "No policy is in force")).grave
    assert (await found(there, "There is no directory")).grave


async def test_a_calendar_that_ends_is_said_early_and_grave_at_its_end(there: Installation) -> None:
    policy, today = read_policy_file(POLICY), datetime.now(UTC).date()
    assert await nothing(there, "calendar")
    for days, grave in ((300, False), (30, True)):
        calendar = policy.calendar.model_copy(update={"horizon": today + timedelta(days=days)})
        async with there.database.writing() as session:
            await put_in_force(session, policy.model_copy(update={"calendar": calendar}), datetime.now(UTC))
        one = await found(there, f"in {days} days")
        assert one.grave is grave
        assert "move `calendar: horizon:`" in one.do


async def test_sources_that_nobody_compared_are_worth_a_look(there: Installation) -> None:
    one = await found(there, "compared")
    assert not one.grave
    assert "Child Safeguarding Practice Review Panel, guidance for safeguarding partners" in one.what
    assert "panel_guidance" not in one.what, "people read what it is called"


async def test_an_empty_last_rung_is_grave_another_empty_office_is_not(there: Installation) -> None:
    full = read_directory_file(DIRECTORY)
    await put(there, without(full, "independent_chair"))
    assert (await found(there, "The last rung, Independent chair, is held by nobody")).grave
    await put(there, without(full, "subgroup_chair"))
    assert not (await found(there, "Chair of the case review sub-group is held by nobody")).grave


async def test_an_office_without_a_deputy_is_worth_a_look(there: Installation) -> None:
    full = read_directory_file(DIRECTORY)
    alone = [one.model_copy(update={"deputy": None}) if one.office == "reviewer" else one for one in full.holdings]
    await put(there, full.model_copy(update={"holdings": tuple(alone)}))
    assert "Independent reviewer" in (await found(there, "1 office has no deputy")).what


async def test_offices_and_agencies_are_named_as_people_call_them(there: Installation) -> None:
    full = read_directory_file(DIRECTORY)
    alone = [one.model_copy(update={"deputy": None}) for one in full.holdings if one.office == "agency_lead"]
    await put(there, full.model_copy(update={"holdings": tuple(alone)}))
    said = " ".join(one.what for one in await examine(there.settings))
    assert "The last rung, Independent chair, is held by nobody" in said
    assert "Agency lead and main board member in Harrowshire Police" in said
    keys = {*shipped_policy().offices, *shipped_policy().ladders, *full.agencies}
    assert {key for key in keys if re.search("[_-]", key) and key in said} == set()


def without(directory: Directory, office: str) -> Directory:
    return directory.model_copy(update={"holdings": tuple(one for one in directory.holdings if one.office != office)})


async def put(there: Installation, directory: Directory) -> None:
    async with there.database.writing() as session:
        await there.recorder.directory.replace(session, directory, "p-018", datetime.now(UTC))


async def test_who_cannot_sign_in_is_named(there: Installation) -> None:
    assert "administrator's link" in (await found(there, "Nobody can sign in yet")).do
    accounts, now = Accounts(there.database, there.vault, there.auditor), datetime.now(UTC)
    async with there.database.writing() as session:
        token = await accounts.link(session, "invitation", "p-019", now + timedelta(days=1))
    await accounts.set_password(token, "three words apart", now)
    one = await found(there, "cannot sign in:")
    assert "Ulysses Scrutton-Sample" in one.what
    assert "Septimus Draftley" not in one.what


async def said(there: Installation, peer: Settings) -> dict[str, Finding]:
    """What is found with the channels of these settings, by its words; nothing is said but with a reason and a way."""
    mine = {name: value for name, value in peer if name.startswith(("slack_", "smtp_", "notify_"))}
    found = await examine(there.settings.model_copy(update=mine))
    assert all(one.why and one.do for one in found)
    return {one.what: one for one in found}


async def test_without_any_channel_the_inbox_is_all_and_that_is_worth_a_look(there: Installation) -> None:
    one = await found(there, "No channel is set up")
    assert not one.grave
    assert "docs/channels.md" in one.do
    assert not (await found(there, "No mail server is set up")).grave
    assert await nothing(there, "No channel leads to")


async def test_a_mail_server_that_lets_us_in_is_no_finding_and_gets_no_message(
    there: Installation, tmp_path: Path
) -> None:
    async with mailbox(tmp_path) as server:
        assert not [what for what in await said(there, server.settings()) if "mail" in what.casefold()]
        assert server.conversations == 1
        assert server.got == []


@pytest.mark.parametrize(
    ("wrong", "words", "do"),
    [
        ({"smtp_port": 0}, "does not answer", "REVIEWS_SMTP_HOST"),
        ({"smtp_password": "guessed"}, "does not let us in", "REVIEWS_SMTP_PASSWORD"),
        ({"smtp_ca_file": None}, "cannot prove who it is: self-signed certificate", "REVIEWS_SMTP_CA_FILE"),
    ],
)
async def test_what_is_wrong_with_the_mail_server_is_grave_and_told_apart(
    there: Installation, tmp_path: Path, wrong: dict[str, Any], words: str, do: str
) -> None:
    wrong = {**wrong, **({"smtp_port": free_port()} if "smtp_port" in wrong else {})}
    async with mailbox(tmp_path) as server:
        (one,) = [
            one for what, one in (await said(there, server.settings(**wrong))).items() if "The mail server" in what
        ]
    assert words in one.what
    assert do in one.do
    assert one.grave


async def test_a_sender_that_the_mail_server_does_not_take_is_grave(there: Installation, tmp_path: Path) -> None:
    async with mailbox(tmp_path) as server:
        server.faults["MAIL"] = "550 5.7.1 not your address"
        (one,) = [
            one for what, one in (await said(there, server.settings())).items() if "does not take mail from" in what
        ]
    assert one.grave
    assert "REVIEWS_SMTP_FROM" in one.do


async def test_a_mail_server_under_another_name_is_grave(there: Installation, tmp_path: Path) -> None:
    async with mailbox(tmp_path, host="mail.elsewhere.example.org") as server:
        (one,) = [one for what, one in (await said(there, server.settings())).items() if "cannot prove" in what]
    assert "Hostname mismatch" in one.what
    assert "the name in its certificate" in one.do


async def test_a_mail_server_without_encryption_gets_no_password(there: Installation, tmp_path: Path) -> None:
    async with mailbox(tmp_path, encrypted=False) as server:
        (one,) = [
            one
            for what, one in (await said(there, server.settings(smtp_ca_file=None))).items()
            if "offers no encryption" in what
        ]
    assert one.grave


@pytest.mark.parametrize(("host", "grave"), [("mail.example.org", True), ("localhost", False)])
async def test_mail_that_travels_in_clear_is_grave_unless_it_stays_on_this_machine(
    tmp_path: Path, host: str, *, grave: bool
) -> None:
    given = Settings(data_dir=tmp_path / "nowhere", smtp_host=host, smtp_starttls=False)
    assert [one.grave for one in await examine(given) if "travels in clear" in one.what] == [True] * grave


async def test_letters_that_wait_though_there_is_a_server_are_grave(there: Installation, tmp_path: Path) -> None:
    for minutes in (1, 10):
        written = datetime.now(UTC) - timedelta(minutes=minutes)
        async with there.database.writing() as session:
            letter = Mail(to="nurse@hospital.example.org", subject="S", text="T", written=written)
            await Post(there.database, there.vault).write(session, letter)
    assert "2 letters wait." in (await found(there, "No mail server is set up")).what
    async with mailbox(tmp_path) as server:
        assert (await said(there, server.settings()))["1 letter has waited for more than five minutes."].grave


async def test_a_notify_that_takes_our_key_and_template_is_no_finding_and_gets_no_message(
    there: Installation, tmp_path: Path
) -> None:
    async with service(tmp_path) as notify:
        assert not [what for what in await said(there, notify.settings()) if "Notify" in what]
        assert notify.asked == {"template": 1}


@pytest.mark.parametrize(
    ("wrong", "words", "do"),
    [
        ({"notify_api_key": OTHER_KEY}, "does not take our key", "REVIEWS_NOTIFY_API_KEY"),
        ({"notify_template": OTHER_KEY[-36:]}, "has no template under this id", "REVIEWS_NOTIFY_TEMPLATE"),
        ({"notify_template": ""}, "has no template under this id", "REVIEWS_NOTIFY_TEMPLATE"),
        ({"notify_api": "http://127.0.0.1:1"}, "does not answer", "may reach it"),
    ],
)
async def test_what_is_wrong_with_notify_is_grave_and_told_apart(
    there: Installation, tmp_path: Path, wrong: dict[str, Any], words: str, do: str
) -> None:
    async with service(tmp_path) as notify:
        (one,) = [one for what, one in (await said(there, notify.settings(**wrong))).items() if "Notify" in what]
    assert words in one.what
    assert do in one.do
    assert one.grave


@pytest.mark.parametrize(("at", "instead"), [("subject", "A message"), ("body", "Dear ((name))"), ("type", "sms")])
async def test_a_template_that_does_not_take_our_words_is_grave(
    there: Installation, tmp_path: Path, at: str, instead: str
) -> None:
    async with service(tmp_path) as notify:
        notify.template[at] = instead
        one = (await said(there, notify.settings()))["The template at GOV.UK Notify does not take our messages."]
    assert one.grave
    assert "((subject))" in one.do


async def test_a_slack_that_refuses_our_token_is_grave(there: Installation, tmp_path: Path) -> None:
    async with workspace(tmp_path, read_directory_file(DIRECTORY)) as slack:
        given = Settings.model_validate({"slack_token": TOKEN, "slack_api": slack.api})
        slack.go_wrong("auth.test", refusing("invalid_auth"))
        assert (await said(there, given))["Slack does not take our token: invalid_auth."].grave
        assert not [what for what in await said(there, given) if "token" in what]


@pytest.mark.promise("F6", "L9")
async def test_whom_no_channel_leads_to_is_named_by_id(there: Installation, tmp_path: Path) -> None:
    full = read_directory_file(DIRECTORY)
    people = full.people | {
        "p-001": full.people["p-001"].model_copy(update={"channels": (ChannelName.SLACK,)}),
        "p-004": full.people["p-004"].model_copy(update={"channels": (ChannelName.NOTIFY, ChannelName.SLACK)}),
        "p-099": full.people["p-005"].model_copy(
            update={"channels": (ChannelName.SLACK,), "email": "no.office@example.org"}
        ),
    }
    await put(there, full.model_copy(update={"people": people}))
    async with mailbox(tmp_path) as server:
        one = (await said(there, server.settings()))["No channel leads to 2 people who hold an office: p-001, p-004."]
    assert not one.grave


async def test_a_virus_scanner_that_is_down_and_files_that_wait_for_it_are_told(
    there: Installation, tmp_path: Path
) -> None:
    scanned = Files(there.database, there.vault, Settings(data_dir=tmp_path, clamd=str(tmp_path / "c")))
    early = datetime.now(UTC) - timedelta(minutes=10)
    id_ = await scanned.take("p-008", "RR-2026-0001", "a.txt", pieces(EICAR), early)
    object.__setattr__(there, "settings", there.settings.model_copy(update={"clamd": str(tmp_path / "c")}))
    assert (await found(there, "virus scanner does not answer")).grave
    assert "StreamMaxLength" in (await found(there, "1 file waits for the virus scanner")).do
    async with clamd(tmp_path / "c"):
        assert await nothing(there, "does not answer at /")
        assert await scanned.scan_waiting() == 1
        assert await nothing(there, "waits for the virus scanner")
        assert "RR-2026-0001" in (await found(there, "found something in a file")).what
    (tmp_path / "files" / id_).unlink()
    one = await found(there, "1 file of evidence is not in their place")
    assert one.grave
    assert id_ in one.what


async def test_a_folder_of_evidence_that_is_open_to_others_is_worth_a_look(
    there: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    there.settings.files.mkdir(0o755)
    assert (await found(there, "files.")).do == f"chmod 700 {there.settings.files}"
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: path != there.settings.files and access(path, mode))
    assert (await found(there, "files cannot be written to")).grave


async def test_commands_that_wait_are_grave(there: Installation) -> None:
    asked = datetime.now(UTC) - timedelta(minutes=10)
    row = CommandRow(
        request="r", case="LR-1", kind="triage", digest="", signed={}, state="asked", asked=asked, problems=[]
    )
    async with there.database.writing() as session:
        session.add(row)
    assert (await found(there, "1 command has waited")).grave


async def test_a_portal_for_others_needs_https_and_no_demonstration(there: Installation) -> None:
    outside = {"host": "0.0.0.0", "demonstration": True}  # noqa: S104 -- what is tried
    settings = there.settings.model_copy(update=outside)
    said = {one.what: one.grave for one in await examine(settings)}
    assert said["Sign-in cookies may travel unencrypted."]
    assert said["Demonstration is switched on."]
    assert "The address under which people reach the portal is not set." in said


async def chained(there: Installation, at: datetime) -> None:
    async with there.database.writing() as session:
        await there.auditor.append(session, SIGN_INS, at, "p-001", "signed_in", {})


async def checked(there: Installation, before: timedelta) -> None:
    """A self-check so long ago that found a case of which the engine knew nothing."""
    at = datetime.now(UTC) - before
    running = Running(lagging={"RR-2026-0004": at - 2 * LATE}, asked=at, house_looks=at)
    await Watching(there.database, there.auditor, there.recorder.directory, there.settings).check(running, at)


@pytest.mark.promise("F12")
async def test_what_the_last_self_check_knew_of_the_engine_is_grave(there: Installation) -> None:
    await sealed(there)
    await checked(there, EVERY)
    one = await found(there, "1 open case is not watched by the engine")
    assert one.grave
    assert "(RR-2026-0004)" in one.what
    assert await nothing(there, "The self-check is silent")


@pytest.mark.promise("F12")
async def test_a_self_check_that_is_silent_is_grave_and_what_it_knew_of_the_engine_is_old(there: Installation) -> None:
    await sealed(there)
    await checked(there, SILENT + EVERY)
    assert (await found(there, "The self-check is silent since")).grave
    assert await nothing(there, "not watched by the engine")


async def sealed(there: Installation) -> None:
    async with there.database.reading() as session:
        await there.auditor.seal(session, there.settings.seals, datetime.now(UTC))


async def test_what_nobody_sealed_for_five_minutes_is_grave(there: Installation) -> None:
    await chained(there, datetime.now(UTC) - timedelta(minutes=10))
    assert (await found(there, "not sealed for five minutes")).grave
    await sealed(there)
    assert await nothing(there, "sealed")
    await chained(there, datetime.now(UTC))
    assert await nothing(there, "sealed")


async def test_a_chain_that_was_cut_and_a_seal_that_was_altered_are_grave(there: Installation) -> None:
    for _ in range(3):
        await chained(there, datetime.now(UTC))
    await sealed(there)
    async with there.database.writing() as session:
        await session.execute(delete(LinkRow).where(LinkRow.chain == SIGN_INS, LinkRow.number == 3))
        await session.execute(update(HeadRow).where(HeadRow.chain == SIGN_INS).values(number=2))
    assert SIGN_INS in (await found(there, "1 chain ends before the point")).what
    seals = there.settings.seals
    seals.write_text(seals.read_text().replace('"number": 1', '"number": 2'))
    assert (await found(there, "was altered")).grave


async def test_a_clock_that_went_back_is_grave(there: Installation) -> None:
    await chained(there, datetime.now(UTC) + timedelta(hours=1))
    assert (await found(there, "The clock of this machine is behind")).grave


async def test_looking_changes_nothing(there: Installation) -> None:
    before = {path: path.read_bytes() for path in there.settings.data_dir.iterdir() if "-shm" not in path.name}
    await examine(there.settings)
    assert {path: path.read_bytes() for path in before} == before


def test_the_report_puts_the_grave_first_and_counts() -> None:
    assert report([]) == "Nothing is wrong."
    grave = Finding(what="W.", why="Y.", do="D.", grave=True)
    words = report([grave, grave.model_copy(update={"grave": False})])
    assert words.startswith("GRAVE")
    assert words.endswith("1 grave, 1 worth a look.")


async def test_an_engine_without_a_worker_and_one_that_hangs_are_grave(there: Installation, tmp_path: Path) -> None:
    port = int(there.settings.engine.split(":")[1])
    engine = psutil.Popen(engine_command(tmp_path / "engine.sqlite", port), stdout=subprocess.DEVNULL)
    try:
        await there.connect()
        assert "worker.log" in (await found(there, "No worker asks the engine for work")).do
        engine.suspend()
        assert (await found(there, "The engine does not answer")).grave
    finally:
        engine.kill()
        engine.wait(10)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE settings SET value = '{'",
        "UPDATE settings SET value = 'a/b' WHERE name = 'policy_in_force'",
        "UPDATE holdings SET body = '{' WHERE number = 1",
        "UPDATE people SET sealed = x'00'",
        "UPDATE policies SET body = '{'",
        "UPDATE audit_links SET at = 'zzz'",
    ],
)
async def test_what_cannot_be_read_is_grave_and_hides_nothing_else(
    there: Installation, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with there.database.writing() as session:
        await session.execute(text(change))
    monkeypatch.setattr(shelf, "_policies", {})  # as in a process of its own
    assert any("cannot be read" in one.what and one.grave for one in await examine(there.settings))
    assert (await found(there, "The engine does not answer")).grave
