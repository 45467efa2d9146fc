"""An id in the directory file is a person: who comes under the id of another does not come into their account."""

import json
import re
import subprocess
from pathlib import Path

import pytest
from sqlalchemy import select

from models.tables import AccountRow, SessionRow
from records.accounts import Accounts
from tests.support.house import DIRECTORY
from tests.support.lives import MANAGER, Lives
from tests.support.recording import START, Recording, recording
from tests.support.running import reviews

PASSWORD, POLICE = "three words apart", "p-005"


async def signed_up(made: Recording, *people: str) -> None:
    accounts = Accounts(made.there.database, made.there.vault, made.there.auditor)
    for person in people:
        async with made.there.database.writing() as session:
            token = await accounts.link(session, "invitation", person, None)
        assert await accounts.set_password(token, PASSWORD, START) == person
        async with made.there.database.writing() as session:
            await accounts.begin(session, person, START)


async def addresses(made: Recording) -> dict[str, str]:
    async with made.there.database.reading() as session:
        directory = await made.there.recorder.directory.read(session)
    assert directory
    return {name: one.email for name, one in directory.people.items()}


async def held(made: Recording) -> tuple[set[str], set[str]]:
    """(who has an account, who has a session that runs)."""
    async with made.there.database.reading() as session:
        accounts = set(await session.scalars(select(AccountRow.person)))
        return accounts, set(await session.scalars(select(SessionRow.person).where(SessionRow.ended.is_(None))))


@pytest.mark.promise("K1")
async def test_another_address_under_a_known_id_needs_a_word_and_ends_the_account(tmp_path: Path) -> None:
    async with recording(tmp_path / "data") as made:
        await signed_up(made, MANAGER, POLICE)
        known = await addresses(made)
        file = tmp_path / "directory.yaml"
        file.write_text(DIRECTORY.read_text().replace(known[POLICE], "somebody.else@example.org"))
        given: list[str | Path] = ["directory", "import", file, "--data-dir", tmp_path / "data", "--as", known[MANAGER]]
        refused = reviews(*given, REVIEWS_PASSWORD=PASSWORD)
        assert refused.returncode == 3, refused.stderr
        assert f"--new-address {POLICE}" in " ".join(refused.stderr.split())
        assert await addresses(made) == known
        assert POLICE in (await held(made))[0] & (await held(made))[1]
        done = reviews(*given, "--new-address", POLICE, REVIEWS_PASSWORD=PASSWORD)
        assert done.returncode == 0, done.stderr
        assert (await addresses(made))[POLICE] == "somebody.else@example.org"
        accounts, sessions = await held(made)
        assert POLICE not in accounts | sessions
        assert MANAGER in accounts & sessions
        assert await made.broken() == []


async def asked(made: Recording) -> None:
    ref = await Lives(made).notified()
    await made.act(MANAGER, ref, "request_information", agencies=["harrowshire-police", "harrow-vale-hospitals"])


async def put(made: Recording, file: Path, *more: str) -> subprocess.CompletedProcess[str]:
    known = await addresses(made)
    given: list[str | Path] = [
        "directory",
        "import",
        file,
        "--data-dir",
        made.there.settings.data_dir,
        "--as",
        known[MANAGER],
    ]
    return reviews(*given, *more, REVIEWS_PASSWORD=PASSWORD)


@pytest.mark.promise("F6")
async def test_who_leaves_while_something_is_owed_of_them_is_named_and_needs_a_word(tmp_path: Path) -> None:
    async with recording(tmp_path / "data") as made:
        await signed_up(made, MANAGER)
        await asked(made)
        lines = DIRECTORY.read_text().splitlines()
        kept = [line for line in lines if not re.search(r"p-01[01]|harrow-vale-hospitals|^  p-005:", line)]
        contact = "agency: harrowshire-police, person: p-005, deputy: p-006"
        text = "\n".join(kept).replace(contact, "agency: harrowshire-police, person: p-006")
        file = tmp_path / "directory.yaml"
        file.write_text(text.replace(", deputy: p-005", ""))
        refused = await put(made, file)
        assert refused.returncode == 3, refused.stderr
        assert "Harrow Vale Hospitals NHS Trust (harrow-vale-hospitals) would leave with 1 open" in refused.stderr
        assert "(p-005), agency_contact of Harrowshire Police, would leave with 1 open obligation" in refused.stderr
        assert "which would pass to Fitzroy Examplar." in refused.stderr
        assert "--yes" in refused.stderr
        assert "p-005" in await addresses(made)
        as_json = json.loads((await put(made, file, "--json")).stdout)
        assert as_json["taken"] is False
        assert [(one["id"], one["owes"]) for one in as_json["leaving"]] == [("harrow-vale-hospitals", 1), ("p-005", 1)]
        done = await put(made, file, "--yes", "--json")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["leaving"] == as_json["leaving"]
        assert "p-005" not in await addresses(made)
        assert await made.broken() == []


async def test_who_leaves_owing_nothing_needs_no_word(tmp_path: Path) -> None:
    async with recording(tmp_path / "data") as made:
        await signed_up(made, MANAGER)
        await asked(made)
        file = tmp_path / "directory.yaml"
        lines = DIRECTORY.read_text().replace("interests: [lantern-young-people]", "interests: []").splitlines()
        file.write_text("\n".join(line for line in lines if not re.search(r"p-01[67]|lantern", line)))
        done = await put(made, file)
        assert done.returncode == 0, done.stderr
        assert "lantern-young-people" not in done.stdout + done.stderr
