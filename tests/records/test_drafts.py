"""Drafts: kept sealed, found by their owner alone, on another device and after a restart."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from models.tables import DraftRow
from records.drafts import Drafts, owner_of
from tests.support.canary import NAME, found_in
from tests.support.recording import START, recording, recording_again

KIND = "submit_referral"


@pytest.mark.promise("A2")
async def test_what_was_typed_is_there_after_a_week_and_a_restart(tmp_path: Path) -> None:
    owner = owner_of("secret")
    async with recording(tmp_path) as made:
        drafts = Drafts(made.there.database, made.there.vault)
        draft = await drafts.begin(owner, "", KIND, START)
        draft = await drafts.type(draft, {"narrative": [NAME]}, START)
        await drafts.type(draft, {"place": ["At home"]}, START)
    async with recording_again(tmp_path) as made:
        drafts = Drafts(made.there.database, made.there.vault)
        found = await drafts.open(owner, "", KIND)
        assert found
        assert found.typed == {"narrative": [NAME], "place": ["At home"]}
        assert found.request == draft.request
        later = await drafts.type(found, {"place": [""]}, START + timedelta(days=7))
        assert (await drafts.read(later.id, owner) or later).typed["place"] == [""]


@pytest.mark.promise("K8")
async def test_a_draft_says_nothing_in_clear_and_its_owner_is_not_a_secret_that_opens_it(tmp_path: Path) -> None:
    async with recording(tmp_path) as made:
        drafts = Drafts(made.there.database, made.there.vault)
        await drafts.type(await drafts.begin(owner_of("secret"), "", KIND, START), {"narrative": [NAME]}, START)
        async with made.there.database.reading() as session:
            row = (await session.scalars(select(DraftRow))).one()
        assert "secret" not in row.owner
    assert all(found_in(content) == set() for content in contents(tmp_path))


def contents(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in folder.iterdir() if path.is_file()]


async def test_a_draft_is_read_by_its_owner_alone(tmp_path: Path) -> None:
    async with recording(tmp_path) as made:
        drafts = Drafts(made.there.database, made.there.vault)
        draft = await drafts.begin("p-001", "LR-2026-0001", "triage/", START)
        assert await drafts.read(draft.id, "p-001") == draft
        for other in ("p-002", "", owner_of("x")):
            assert await drafts.read(draft.id, other) is None
        assert await drafts.open("p-002", "LR-2026-0001", "triage/") is None
        assert await drafts.read("nothing", "p-001") is None


async def test_whoever_proves_the_address_owns_the_draft_and_the_first_browser_no_more(tmp_path: Path) -> None:
    async with recording(tmp_path) as made:
        drafts = Drafts(made.there.database, made.there.vault)
        first, second = owner_of("one"), owner_of("two")
        draft = await drafts.begin(first, "", KIND, START)
        handed = await drafts.hand_over(draft.id, second, START)
        assert handed.request == draft.request
        assert await drafts.read(draft.id, first) is None
        assert await drafts.open(first, "", KIND) is None
        assert await drafts.read(draft.id, second) == handed


async def test_a_form_that_was_sent_is_not_open_any_more_and_the_newest_is_found_first(tmp_path: Path) -> None:
    async with recording(tmp_path) as made:
        drafts = Drafts(made.there.database, made.there.vault)
        old = await drafts.begin("p-001", "", KIND, START)
        new = await drafts.begin("p-001", "", KIND, START + timedelta(minutes=1))
        assert await drafts.open("p-001", "", KIND) == new
        await drafts.save(new.model_copy(update={"done": "LR-2026-0001"}), START + timedelta(minutes=2))
        assert await drafts.open("p-001", "", KIND) == old
        assert old.request != new.request
