"""Two referrals about one child: shown to whoever may know, decided with a reason, joined, and nothing lost."""

import re
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx2
import pytest
import pytest_asyncio

from door.refusals import Invalid
from models.referral import SubmitReferral
from portal.forms import steps
from portal.questions import asked_of
from records.accounts import Accounts
from tests.support.house import House, house, referral, route_of, triage
from tests.support.window import Window, Windows

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.promise("A6")]
MANAGER, SUBGROUP, POLICE = "p-018", "p-020", "p-005"
SAME = {"name": "Zarbain, Quillon", "born": "2019-03-02"}
"""Quillon Zarbane, born on 3 February 2019, as somebody else wrote it down."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def windows(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Windows]:
    async with house(tmp_path_factory.mktemp("duplicates")) as made:
        yield Windows(made)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def first(windows: Windows) -> str:
    return (await windows.house.refer()).case


async def checked(windows: Windows, person: str, **answers: Any) -> Window:  # noqa: ANN401 -- the answers of a form
    """Somebody signed in has filled in a referral, up to the check of the answers."""
    window = await windows.open(person)
    said = {**referral(await windows.house.read_clock()), **answers}
    await window.press("/refer", "/refer")
    for step in steps(SubmitReferral):
        own = {one.name: said[one.name] for one in asked_of(SubmitReferral) if one.step == step and one.name in said}
        page = (await window.client.get(f"/refer/{step}")).text
        await window.send(f"/refer/{step}", page, SubmitReferral, own)
    return window


async def test_whoever_sees_whole_cases_is_told_before_the_referral_is_sent(windows: Windows, first: str) -> None:
    manager = await checked(windows, MANAGER, children=[SAME])
    page = await manager.read("/refer/check")
    assert "Perhaps we know of this already" in page
    assert re.search(rf"{first}: names \d\d% alike, dates of birth that differ by one slip", page)


@pytest.mark.parametrize("person", ["", POLICE])
async def test_nobody_else_learns_at_entry_that_there_is_such_a_case(windows: Windows, first: str, person: str) -> None:
    if person:
        page = await (await checked(windows, person, children=[SAME])).read("/refer/check")
    else:
        window = await windows.open()
        ref = await window.refer(children=[SAME])
        page = await window.read("/status")
        assert ref in page
    assert "Perhaps" not in page
    assert first not in page


@pytest.mark.promise("A6", "L11")
async def test_json_names_likely_duplicates_to_whoever_may_open_them(windows: Windows, first: str) -> None:
    answers = {**referral(windows.house.now), "children": [SAME]}
    told = await post(windows, MANAGER, "/referrals", answers)
    assert first in {one["case"] for one in told["likely"]}
    assert {one["same"] for one in told["likely"]} == {None}
    assert (await post(windows, POLICE, "/referrals", answers))["likely"] == []
    case = await get(windows, MANAGER, f"/cases/{told['case']}")
    assert first in {one["case"] for one in case["likely"]}


async def test_the_other_is_shown_at_triage_and_the_decision_on_both_pages(windows: Windows) -> None:
    made, manager = windows.house, await windows.open(MANAGER)
    child = {"name": "Thessaly Grobnik", "born": "2015-06-07", "address": "14 Elder Row, Harrow Vale"}
    one = (await made.refer(children=[child])).case
    two = (await made.refer(children=[{**child, "name": "Tessaly Grobnick"}])).case
    third = (await made.refer(children=[{"name": "Ferelith Oduya", "born": "2011-01-01"}])).case
    form = await manager.read(f"/cases/{two}/triage")
    assert f"Perhaps the same {one}: names" in form
    assert third not in form
    assert f"{one}: names" in await manager.read(f"/cases/{two}")
    assert "Say whether it is the same" in await manager.read(f"/cases/{one}")

    page = await manager.give(two, "decide_duplicate", about=one, same=True, reason="")
    assert "Enter how you know" in page
    await manager.give(two, "decide_duplicate", about=one, same=True, reason="The mother confirmed it.")
    for ref, other in ((one, two), (two, one)):
        page = await manager.read(f"/cases/{ref}")
        assert f"{other}: names" in page
        assert "Decided: the same." in page
    assert "The mother confirmed it." in await manager.read(f"/cases/{two}")
    assert [fact.kind for fact in await made.facts(two)].count("duplicate_decided") == 1


async def test_not_the_same_is_kept_as_well(windows: Windows) -> None:
    made, manager = windows.house, await windows.open(MANAGER)
    child = {"name": "Ludovika Fenn", "born": "2016-01-02"}
    one, two = [(await made.refer(children=[child])).case for _ in range(2)]
    await manager.give(one, "decide_duplicate", about=two, same=False, reason="Cousins of one name.")
    for ref in (one, two):
        assert "Decided: not the same." in await manager.read(f"/cases/{ref}")


async def test_another_child_of_the_same_address_is_shown(windows: Windows) -> None:
    """One incident, told by two people who name different children of the household."""
    made, manager = windows.house, await windows.open(MANAGER)
    one = (
        await made.refer(children=[{"name": "Osric Vane", "born": "2014-01-02", "address": "3 Mill Lane, Ash"}])
    ).case
    two = (
        await made.refer(children=[{"name": "Wynn Vane", "born": "2018-09-09", "address": "3, Mill Lane\nASH"}])
    ).case
    assert f"{one}: the same home address" in await manager.read(f"/cases/{two}/triage")


async def test_what_is_the_same_joins_the_earlier_case_and_loses_nothing(windows: Windows) -> None:
    """The other notifier's words, child and sender stay, and the case that it joins shows where they are."""
    made, manager = windows.house, await windows.open(MANAGER)
    child = {"name": "Merrin Askew", "born": "2017-03-04"}
    one = (await made.refer(children=[child])).case
    await made.act(MANAGER, one, "triage", **triage())
    review = await made.child_of(one)
    other = await windows.open()
    two = await other.refer(
        children=[{**child, "name": "Askew, Merin"}], narrative="A neighbour heard it.", referrer_name="Perpetua Loom"
    )
    page = await manager.give(one, "decide_duplicate", about=two, same=True, reason="The same night.")
    assert f"{two} was received later, so it joins this one" in page
    page = await manager.give(two, "decide_duplicate", about=one, same=True, reason="The same night.")
    assert f"Belongs to a case that we have already: {one}" in page
    assert [one.block for one in (await made.case(two)).open()] == ["tell_referrer"], "the triage is over"
    assert "Closed on" in await manager.give(two, "tell_referrer", how="phone", words="It belongs to another review.")

    assert f"Joined by referral {two}, which is about the same" in await manager.read(f"/cases/{review}")
    kept = await manager.read(f"/cases/{two}")
    for words in ("Askew, Merin", "A neighbour heard it.", "Perpetua Loom", f"Belongs to {one}"):
        assert words in kept
    assert "You are told the outcome" in await other.read("/status")
    assert two in await manager.read("/register?outcome=joined")


async def test_a_link_to_say_that_it_is_the_same_leads_to_the_later_referral(windows: Windows) -> None:
    made, manager = windows.house, await windows.open(MANAGER)
    child = {"name": "Ottoline Birch", "born": "2013-05-06"}
    one, two = [(await made.refer(children=[child])).case for _ in range(2)]
    for ref in (one, two):
        page = (await manager.client.get(f"/cases/{ref}")).text
        assert f'href="/cases/{two}/decide_duplicate?about={one}"' in page


@pytest.mark.parametrize("wrong", ["RR-2026-9999", "itself"])
async def test_a_referral_joins_only_a_case_that_there_is(windows: Windows, wrong: str) -> None:
    made = windows.house
    ref = (await made.refer()).case
    to = ref if wrong == "itself" else wrong
    answers = triage()
    answers["children"][0] |= {**route_of("joined"), "joins": to}
    with pytest.raises(Invalid) as refused:
        await made.act(MANAGER, ref, "triage", **answers)
    assert [one.field for one in refused.value.problems] == ["children.0.joins"]
    with pytest.raises(Invalid) as refused:
        await made.act(MANAGER, ref, "decide_duplicate", other=to, same=True, reason="r")
    assert [one.field for one in refused.value.problems] == ["other"]


@pytest.mark.promise("A6", "K4")
async def test_a_restricted_case_is_not_named_to_whoever_may_not_open_it(windows: Windows) -> None:
    made = windows.house
    child = {"name": "Jocasta Wrenfield", "born": "2012-12-12"}
    hidden = (await made.refer(children=[child])).case
    await made.act(MANAGER, hidden, "restrict", restricted=True, reason="A relative works here.")
    ref = (await made.refer(children=[child])).case
    assert hidden in await (await windows.open(MANAGER)).read(f"/cases/{ref}/triage")
    page = await (await windows.open(SUBGROUP)).read(f"/cases/{ref}/triage")
    assert hidden not in page
    assert "Perhaps" not in page


async def token(made: House, person: str) -> str:
    there = made.there
    async with there.database.writing() as session:
        return await Accounts(there.database, there.vault, there.auditor).begin(session, person, made.now)


async def post(windows: Windows, person: str, path: str, body: dict[str, Any]) -> Any:  # noqa: ANN401 -- what is answered
    async with await api(windows, person) as client:
        answer = await client.post(path, json=body, headers={"idempotency-key": uuid4().hex})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def get(windows: Windows, person: str, path: str) -> Any:  # noqa: ANN401 -- what is answered
    async with await api(windows, person) as client:
        return (await client.get(path)).json()


async def api(windows: Windows, person: str) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=windows.app), base_url="http://reviews.test/api/v1",
        headers={"authorization": f"Bearer {await token(windows.house, person)}"},
    )  # fmt: skip
