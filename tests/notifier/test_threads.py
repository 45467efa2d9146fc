"""In the business unit's own channel each case has one thread: how it stands now, and who was told what, once."""

from collections.abc import AsyncIterator
from datetime import time, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from models.time import at, day_of
from tests.portal.scene import MANAGER
from tests.support import slack as peer
from tests.support.chat import Chatting, chatting, sleepless
from tests.support.house import triage

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chat(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Chatting]:
    async with chatting(tmp_path_factory.mktemp("threads"), threads=True) as made:
        yield made


async def thread(chat: Chatting, ref: str) -> tuple[str, list[str]]:
    """The first message of the thread of a case, and those beneath it."""
    await chat.posted(timedelta(seconds=20))
    ((head, told),) = [(head, told) for head, told in (await chat.slack.threads()).items() if ref in head]
    return head, told


@pytest.mark.promise("G1", "G3")
async def test_a_case_has_one_thread_whose_first_message_is_kept_true(chat: Chatting) -> None:
    ref = (await chat.house.refer()).case
    head, told = await thread(chat, ref)
    assert f"Referral {ref}" in head
    assert "Triage the referral: due by" in head
    assert "It waits for: Business manager" in head
    assert len(told) == 1
    assert "to the Business manager: Triage the referral" in told[0]
    await chat.house.act(MANAGER, ref, "triage", **triage("single_agency_review"))
    head, told = await thread(chat, ref)
    assert "Triage" not in head
    assert "It waits for: Business manager" in head
    assert len(told) == 2, "now the referrer is to be told"


@pytest.mark.promise("G3")
async def test_a_date_of_something_else_than_the_stage_is_said_with_what_it_is_of(chat: Chatting) -> None:
    ref = (await chat.house.refer(others="yes", siblings_safe="not_known", safety_action="A visit.")).case
    head, _ = await thread(chat, ref)
    assert "Triage the referral. First due is: Make sure that the other children are safe, by " in head
    assert "Triage the referral: due" not in head
    assert "All your messages" not in head


@pytest.mark.promise("G3")
async def test_nobody_is_said_to_have_been_told_before_they_are_nor_of_what_was_over_by_then(tmp_path: Path) -> None:
    rules = sleepless()
    assert rules.interruptions
    late = rules.interruptions.model_copy(update={"not_before": time(23, 30)})
    async with chatting(tmp_path, rules.model_copy(update={"interruptions": late}), threads=True) as chat:
        now = await chat.house.read_clock()
        await chat.house.wait(at(day_of(now) + timedelta(days=1), time(10, 0)) - now)  # whenever it is run
        ref = (await chat.house.refer()).case
        await chat.posted()
        await chat.house.act(MANAGER, ref, "triage", **triage("single_agency_review"))
        await chat.posted()
        assert await chat.slack.threads() == {}
        morning = at(day_of(await chat.house.read_clock()), time(23, 31))
        await chat.house.wait(morning - await chat.house.read_clock())
        _, (told,) = await thread(chat, ref)
        assert "to the Business manager: Tell the referrer" in told
        assert "at 11:30pm" in told
        assert "Triage" not in told


@pytest.mark.promise("G4")
@pytest.mark.parametrize("fault", [peer.stored_and_silent, peer.lost, peer.stored_and_broken, peer.busy])
async def test_whatever_slack_answers_nothing_stands_twice_in_a_thread(chat: Chatting, fault: peer.Fault) -> None:
    chat.slack.go_wrong("chat.postMessage", *[fault] * 3)  # the message itself, the head of the thread, the reply
    _, told = await thread(chat, (await chat.house.refer()).case)
    assert len(told) == 1


@pytest.mark.promise("K4", "G8")
async def test_of_a_restricted_case_the_thread_says_no_more_than_that(chat: Chatting) -> None:
    ref = (await chat.house.refer()).case
    _, before = await thread(chat, ref)
    await chat.house.act(MANAGER, ref, "triage", **{**triage("single_agency_review"), "restricted": True})
    head, told = await thread(chat, ref)
    assert head.startswith(f"Referral {ref}: restricted")
    assert "Nothing of it is said here." in head
    assert "waits" not in head
    assert told == before, "and from now on nothing beneath it"
