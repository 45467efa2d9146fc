"""`reviews why` explains to an agency what it owes itself, and nothing of others."""

from pathlib import Path

import pytest

from tests.records.test_directory_import import PASSWORD, addresses, signed_up
from tests.support.lives import ICB_AGENCY, POLICE, POLICE_AGENCY, Lives
from tests.support.recording import recording
from tests.support.running import reviews


@pytest.mark.promise("F11", "K3")
async def test_an_agency_learns_why_of_its_own_obligation_and_of_no_other(tmp_path: Path) -> None:
    async with recording(tmp_path / "data") as made:
        await signed_up(made, POLICE)
        ref = await Lives(made).asked()
        given: list[str | Path] = ["--data-dir", tmp_path / "data", "--as", (await addresses(made))[POLICE]]
        own = reviews("why", ref, f"agency_return/{POLICE_AGENCY}", *given, REVIEWS_PASSWORD=PASSWORD)
        assert own.returncode == 0, own.stderr
        assert "Return of the agency" in own.stdout
        for other in (f"agency_return/{ICB_AGENCY}", "submission"):
            refused = reviews("why", ref, other, *given, REVIEWS_PASSWORD=PASSWORD)
            assert refused.returncode == 3
            assert ICB_AGENCY not in refused.stderr.replace(other, "")
