"""`reviews why` explains to an agency what it owes itself, and nothing of others."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.records.test_directory_import import PASSWORD, addresses, signed_up
from tests.support.lives import ICB_AGENCY, MANAGER, POLICE, POLICE_AGENCY, Lives
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


@pytest.mark.promise("F11")
async def test_why_speaks_of_what_happened_and_in_the_time_of_london(tmp_path: Path) -> None:
    async with recording(tmp_path / "data") as made:
        made.now = datetime(2026, 7, 1, 8, 51, tzinfo=UTC)  # 9:51 in London
        await signed_up(made, MANAGER)
        ref = await Lives(made).received(others="yes", siblings_safe="not_known", safety_action="Visited today.")
        await made.speak(ref)
        given: list[str | Path] = ["--data-dir", tmp_path / "data", "--as", (await addresses(made))[MANAGER]]

        async def why(obligation: str) -> str:
            done = reviews("why", ref, obligation, *given, REVIEWS_PASSWORD=PASSWORD)
            assert done.returncode == 0, done.stderr
            return done.stdout

        hours = await why("siblings_safety")
        assert "4 hours, counted from when it was said that other children are not known to be safe\n" in hours
        assert "Started   01 Jul 2026 09:51" in hours
        assert "Due       01 Jul 2026 13:51" in hours
        assert "Counted" not in hours
        told = "Business manager, Rosamund Testwick [in the inbox], together with Administrator, Septimus Draftley"
        assert f"{told} [in the inbox]: sent 1 July 2026 09:51:00 to the holder\n" in hours
        days = await why("triage")
        assert "2 working days, counted from when the referral was received, that day not counted" in days
        assert "Due       Friday 3 July 2026" in days
        assert "Counted   2 days: Thu 2 Jul, Fri 3 Jul" in days
        assert "UTC" not in hours + days
