"""An id in the directory file is a person: who comes under the id of another does not come into their account."""

from pathlib import Path

import pytest
from sqlalchemy import select

from models.tables import AccountRow, SessionRow
from records.accounts import Accounts
from tests.support.house import DIRECTORY
from tests.support.lives import MANAGER
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
