"""A referral below the criteria is welcome: each of its ways on, from the triage to the closed referral."""

import csv
import io
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import pytest
import pytest_asyncio

from tests.support.house import House, house, route_of, triage
from tests.support.window import Windows

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("below criteria")]
MANAGER = "p-018"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def windows(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Windows]:
    async with house(tmp_path_factory.mktemp("below")) as made:
        yield Windows(made)


class Way(NamedTuple):
    """One way on: what is asked for at triage, how the register names it, and what is owed beside telling."""

    route: str
    missing: str
    in_register: str
    owed: str
    block: str
    command: str
    answers: dict[str, Any]


WAYS = [
    Way(
        "alternative_review", "", "Alternative learning review",
        "Hear what the review below the criteria has learnt", "review_learning",
        "record_review_learning", {"learning": "Two services did not speak.", "changes": "They share one rota."},
    ),
    Way(
        "single_agency_review", "Choose the agency that reviews its work.",
        "Single-agency review: Harrow Vale Hospitals NHS Trust",
        "Hear what the review below the criteria has learnt", "review_learning",
        "record_review_learning", {"learning": "Nobody was asked twice.", "changes": "Everybody is."},
    ),
    Way(
        "pass_on", "Choose the body that it is passed to.", "Pass to another body: Police",
        "Pass the referral to the other body", "pass_on",
        "pass_on", {"body": "police", "sent_to": "The public protection desk"},
    ),
    Way("no_further_action", "", "No further action", "", "", "", {}),
]  # fmt: skip


@pytest.mark.promise("A4")
@pytest.mark.parametrize("way", WAYS, ids=[way.route for way in WAYS])
async def test_a_referral_below_the_criteria_goes_its_own_way(windows: Windows, way: Way) -> None:
    made, reason = windows.house, f"It is not serious enough for a review, so: {way.route}."
    referrer, manager = await windows.open(), await windows.open(MANAGER)
    ref = await referrer.refer()
    assert "Considered by the business unit In hand You are told the outcome Not yet" in await referrer.read("/status")

    child = {**route_of(way.route), "reason": ""}
    answers = triage()
    if way.missing:
        bare = {**child, "agency": None, "body": None, "reason": reason}
        assert way.missing in await manager.give(ref, "triage", **{**answers, "children": [{"child": 1, **bare}]})
    without = await manager.give(ref, "triage", **{**answers, "children": [{"child": 1, **child}]})
    assert "Enter your reasons for this" in without
    case = await manager.give(ref, "triage", **{**answers, "children": [{"child": 1, **child, "reason": reason}]})
    assert "The referral was triaged. It is recorded." in case
    assert f"Quillon Zarbane, born 3 February 2019: {way.in_register}" in case
    assert reason in case
    mine, _, _ = case.partition("What has happened")
    assert "Tell the referrer what became of the referral" in mine
    assert way.owed in mine
    assert (await owed(made, ref)) == {"tell_referrer", *([way.block] if way.block else [])}

    waiting = await referrer.read("/status")
    assert "Considered by the business unit" in waiting
    assert "You are told the outcome In hand" in waiting
    for word in (way.in_register, reason, "Quillon", "police"):
        assert word not in waiting

    if way.command:
        now = {"sent_at": made.now.isoformat()} if way.command == "pass_on" else {}
        told = await manager.give(ref, "tell_referrer", how="phone", words="What becomes of it.")
        assert "Closed on" not in told
        assert "The referral is closed Not yet" in await referrer.read("/status")
        assert "Closed on" in await manager.give(ref, way.command, **way.answers, **now)
    else:
        assert "Closed on" in await manager.give(ref, "tell_referrer", how="phone", words="What becomes of it.")

    closed = await referrer.read("/status")
    assert "You are told the outcome" in closed
    assert "In hand" not in closed
    assert "Not yet" not in closed
    row = next(row for row in await register(windows) if row["Reference"] == ref)
    assert (row["Outcome"], row["Reasons"], bool(row["Closed"])) == (way.in_register, reason, True)
    assert ref in [row["Reference"] for row in await register(windows, outcome=way.route)]


async def owed(made: House, ref: str) -> set[str]:
    return {one.key for one in (await made.case(ref)).open()}


async def register(windows: Windows, **filters: str) -> list[dict[str, str]]:
    """The register as it is exported."""
    manager = await windows.open(MANAGER)
    text = await manager.client.get("/register", params={**filters, "as": "csv"})
    return list(csv.DictReader(io.StringIO(text.content.decode("utf-8-sig"))))


@pytest.mark.promise("A4")
async def test_a_referral_above_the_criteria_cannot_be_taken_below_them(windows: Windows) -> None:
    made, manager = windows.house, await windows.open(MANAGER)
    ref = (await made.refer()).case
    met = triage()
    for route in ("alternative_review", "single_agency_review", "pass_on", "no_further_action", "notify_only"):
        child = {**met["children"][0], **{k: v for k, v in route_of(route).items() if k != "criteria"}}
        page = await manager.give(ref, "triage", **{**met, "children": [child]})
        assert "the local authority has to notify the national panel" in page, route
    assert not (await made.case(ref)).done("triage")


@pytest.mark.promise("A4", "A11")
async def test_silence_has_a_reason_and_the_private_link_does_not_say_that_the_referrer_was_told(
    windows: Windows,
) -> None:
    referrer, manager = await windows.open(), await windows.open(MANAGER)
    ref = await referrer.refer()
    await manager.give(ref, "triage", **triage("no_further_action"))
    assert "Enter what they were told, or why not" in await manager.give(ref, "tell_referrer", how="silence", words="")
    assert "Closed on" in await manager.give(ref, "tell_referrer", how="silence", words="A court order forbids it.")
    status = await referrer.read("/status")
    assert "You are not told the outcome, for a reason that is on record." in status
    assert "court" not in status


@pytest.mark.promise("A4")
async def test_what_is_not_passed_on_is_chased(windows: Windows) -> None:
    """One working day, then the chair of the sub-group hears of it, then the independent chair."""
    made = windows.house
    ref = (await made.refer()).case
    await made.act(MANAGER, ref, "triage", **triage("pass_on"))
    await made.act(MANAGER, ref, "tell_referrer", how="phone", words="The police have it.")
    one = (await made.case(ref)).obligations["pass_on"]
    assert one.due
    await made.wait_until(one.rungs[-1])
    await made.settled()
    told = [notice.office for notice in await made.notices(ref) if notice.obligation == "pass_on"]
    assert told == ["business_manager", "business_manager", "subgroup_chair", "independent_chair"]
    assert "Pass the referral to the other body: overdue" in await (await windows.open("p-021")).read("/inbox")
