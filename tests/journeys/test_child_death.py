"""A child's death: notified by anybody, put before the sub-group, and waiting for the review that comes of it."""

import asyncio
from pathlib import Path

import pytest

from door.door import NO_SUCH_KIND
from door.refusals import Invalid, Refusal
from models.child_death import waits
from models.child_death_commands import Criterion
from models.recommended import Standing
from models.time import day_of
from records.policies import put_in_force
from records.questions import Questions
from tests.portal.test_deaths import read
from tests.support.house import House, house, shipped_policy, triage
from tests.support.lives import Lives
from tests.support.lives_of_deaths import COORDINATOR, PANEL, POLICE, SUBGROUP, Deaths
from tests.support.lives_of_reviews import Recommendations

MANAGER = "p-018"


@pytest.mark.promise("H12")
async def test_a_death_that_is_referred_opens_a_referral_and_its_panel_waits_until_that_is_settled(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as made:
        deaths = Deaths(Lives(made))
        death = await deaths.notified()
        told = deaths.deciding(Criterion.SUDDEN)
        await made.act(COORDINATOR, death, "record_immediate_decisions", **told)
        again = deaths.lives.day(90)
        await made.act(SUBGROUP, death, "consider_review", outcome="refer", again=again, reasons="Who knew?")
        referral = await made.child_of(death)
        assert referral.startswith("LR-")
        people = await Questions(made.there.recorder).children(referral)
        assert [child["name"] for _, child in people] == [child["name"] for _, child in await _children(made, death)]
        (wait,) = waits(await made.case(death)).values()
        assert (wait["kind"], wait["holds"]) == ("practice_review", ["panel"])
        await made.act(MANAGER, referral, "triage", **triage("no_further_action"))
        assert waits(await made.case(death)) == {}, "nothing more is decided, so nothing waits"
        ended = (await made.facts(death))[-1]
        assert (ended.kind, ended.actor, ended.data["ended_on"]) == (
            "wait_reviewed", MANAGER, day_of(made.now).isoformat(),
        )  # fmt: skip


@pytest.mark.promise("H12")
async def test_while_the_referral_leads_to_a_rapid_review_the_panel_waits_on(tmp_path: Path) -> None:
    async with house(tmp_path) as made:
        deaths = Deaths(Lives(made))
        death = await deaths.unexplained()
        again = deaths.lives.day(90)
        await made.act(SUBGROUP, death, "consider_review", outcome="refer", again=again, reasons="Who knew?")
        referral = await made.child_of(death)
        await made.act(MANAGER, referral, "triage", **triage("rapid_review"))
        review = await made.child_of(referral)
        assert review.startswith("RR-")
        assert len(waits(await made.case(death))) == 1
        async with made.there.database.reading() as session:
            assert list(await made.there.auditor.verify(session, made.there.settings.seals)) == []


@pytest.mark.promise("H10")
async def test_what_the_panel_recommends_is_in_the_tracker_and_closes_on_evidence_alone(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as made:
        deaths = Deaths(Lives(made))
        by_panel = Recommendations(deaths.lives, deaths.reviewed)
        death = await by_panel.fresh()
        await made.act(PANEL, death, "recommend", **by_panel.making())
        await made.act(POLICE, death, "answer_recommendation", item="r1", answer="accepts")
        sheet = (await read(made, MANAGER, "/recommendations?as=csv")).text
        assert death in sheet
        with pytest.raises(Refusal) as unproven:
            await made.act(MANAGER, death, "close_recommendation", **by_panel.closing())
        assert "evidence" in " ".join(one.words for one in unproven.value.problems)
        for shows, evidence in (("delivery", "e1"), ("impact", "e2")):
            await made.act(POLICE, death, "give_evidence", **by_panel.giving(shows))
            with pytest.raises(Refusal):
                await made.act(POLICE, death, "accept_evidence", **by_panel.accepting(evidence))
            await made.act(SUBGROUP, death, "accept_evidence", **by_panel.accepting(evidence))
        await made.act(MANAGER, death, "close_recommendation", **by_panel.closing())
        assert (await made.case(death)).recommendations["r1"].standing is Standing.CLOSED


@pytest.mark.promise("A6", "L5")
async def test_of_two_who_join_the_same_notifications_at_once_one_is_told_what_the_other_did(tmp_path: Path) -> None:
    async with house(tmp_path) as made:
        deaths = Deaths(Lives(made))
        first, second, third = [await deaths.notified() for _ in range(3)]
        joins = ((third, first), (third, second), (third, first))
        found = await asyncio.gather(
            *(
                made.act(COORDINATOR, one, "decide_duplicate", other=other, same=True, reason="r")
                for one, other in joins
            ),
            return_exceptions=True,
        )
        refused = [one for one in found if isinstance(one, Refusal)]
        assert len(refused) == len(joins) - 1
        case = await made.case(third)
        assert case.said["joined"] in {first, second}
        assert all(f"has joined {case.said['joined']}" in one.problems[0].words for one in refused)
        assert len([one for one in await made.facts(third) if one.kind == "duplicate_decided"]) == 1


@pytest.mark.promise("H1")
async def test_under_a_policy_from_before_there_were_reviews_of_deaths_none_is_opened_and_it_is_said_why(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as made:
        shipped = shipped_policy()
        kinds = {name: blocks for name, blocks in shipped.lifecycles.items() if name != "child_death"}
        before = shipped.model_copy(update={"version": "before", "child_deaths": None, "lifecycles": kinds})
        async with made.there.database.writing() as session:
            await put_in_force(session, before, made.now)
        with pytest.raises(Invalid) as refusal:
            await Deaths(Lives(made)).notified()
        assert [one.words for one in refusal.value.problems] == [NO_SUCH_KIND]
        page = (await read(made, COORDINATOR, "/notify")).text
        assert "this is not open yet" in page
        assert "<form" not in page.partition("<main")[2], "nobody types what is not taken"


async def _children(made: House, ref: str) -> list[tuple[int, dict[str, object]]]:
    return await Questions(made.there.recorder).children(ref)
