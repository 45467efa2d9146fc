"""`reviews why` explains to an agency what it owes itself, and nothing of others."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from models.steps import came_about
from tests.records.test_directory_import import PASSWORD, addresses, signed_up
from tests.support.lives import CHAIR, ICB_AGENCY, MANAGER, POLICE, POLICE_AGENCY, Lives, other_rules
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


@pytest.mark.promise("F11")
async def test_why_says_what_moved_a_date_by_whom_and_until_when(tmp_path: Path) -> None:
    key = f"agency_return/{POLICE_AGENCY}"
    async with recording(tmp_path / "data") as made:
        made.now = datetime(2026, 7, 1, 8, 51, tzinfo=UTC)
        await signed_up(made, POLICE)
        ref = await Lives(made).asked()
        given: list[str | Path] = ["--data-dir", tmp_path / "data", "--as", (await addresses(made))[POLICE]]

        async def why() -> str:
            done = reviews("why", ref, key, *given, REVIEWS_PASSWORD=PASSWORD)
            assert done.returncode == 0, done.stderr
            return done.stdout

        assert "  Date  " not in await why(), "a date that nothing has moved is that of the rule"
        reason = {"obligation": key, "reason": "Quillon is on leave."}
        await made.act(POLICE, ref, "ask_time", until="2026-07-16", **reason)
        await made.act(CHAIR, ref, "answer_time", granted=False, **reason)
        await made.act(POLICE, ref, "ask_time", until="2026-07-17", **reason)
        made.now += timedelta(hours=1)
        await made.act(CHAIR, ref, "answer_time", granted=True, until="2026-07-17", **reason)
        said = await why()
        office = "agency contact for reviews"
        for line in (
            "01 Jul 2026 09:51  At first: due Wednesday 15 July 2026",
            f"More time was asked for by the {office}, until 16 July 2026: still due Wednesday 15 July 2026",
            "More time was refused by the independent chair: still due Wednesday 15 July 2026",
            f"More time was asked for by the {office}, until 17 July 2026: still due Wednesday 15 July 2026",
            "01 Jul 2026 10:51  More time was given by the independent chair, until 17 July 2026: due Friday 17 July",
            "  Due       Friday 17 July 2026",
            "  Counted   10 days:",
            "not Thu 16 Jul: more time was given",
        ):
            assert line in said, said
        assert "Quillon" not in said, "reasons are read beside the fact, by whoever may"


@pytest.mark.promise("F7", "F11")
async def test_what_a_suspension_a_correction_and_other_rules_did_to_a_date_is_said_with_it(tmp_path: Path) -> None:
    async with recording(tmp_path / "data") as made:
        made.now = datetime(2026, 7, 1, 8, 51, tzinfo=UTC)
        lives = Lives(made)
        ref = await lives.asked()
        key, reason = "submission", {"reason": "Known to all."}
        await made.act(CHAIR, ref, "suspend", obligation=key, review="2026-07-20", authority="The chair.", **reason)
        made.now += timedelta(days=2)
        await made.act(CHAIR, ref, "review_suspension", obligation=key, outcome="lift", **reason)
        made.now += timedelta(days=7)
        sent = made.now - timedelta(hours=1)
        await made.act(MANAGER, ref, "correct", mark="national_notification_sent", at=sent.isoformat(), **reason)
        _, calendar = await other_rules(made.there, made.now, holiday=date(2026, 7, 16))
        await made.act(MANAGER, ref, "adopt_calendar", calendar=calendar, **reason)
        case = await made.case(ref)
        steps = came_about(await made.facts(ref))[key]
        assert [step.words for step in steps] == [
            "At first",
            "The clock was suspended by the independent chair",
            "The suspension was ended by the independent chair",
            "A date was corrected by the business manager: when the notification was sent to the national panel",
            "Another calendar was adopted by the business manager (16 July 2026, A day proclaimed)",
        ]
        assert steps[1].due is None
        assert len({step.due for step in steps}) == len(steps)
        assert steps[-1].due == case.obligations[key].due
