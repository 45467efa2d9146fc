"""Worker and engine are killed at the commit of a command: record and workflow agree afterwards, nothing is doubled."""

from pathlib import Path
from uuid import uuid4

import pytest

from door.door import Done
from door.refusals import NotConfirmed
from models.lifecycles import COMMANDS
from tests.support.lives import ALL, Lives, Next
from tests.support.real import Real, real

FEW = [
    ("referral", "triage"), ("referral", "tell_referrer"), ("rapid_review", "reopen"),
    ("practice_review", "enter_review"), ("register", "close_recommendation"),
]  # fmt: skip
"""One that opens another case, one that closes, one on a closed case, one that opens a case of its own, one about an
item of its case; `make proof` tries them all."""


async def killed_at(house: Real, command: Next, moment: str, *, engine: bool = True) -> None:
    request = f"k-{uuid4().hex}"
    answer = await house.killed(moment, command, request, engine=engine)
    if moment == "after":
        assert isinstance(answer, Done), "what was committed is found, though the engine is gone"
    else:
        assert isinstance(answer, NotConfirmed), answer
    if engine:
        await house.start_engine()
    await house.start_worker()
    again = await house.told(command, request)
    assert isinstance(again, Done), again
    assert answer == again or moment == "before"
    await nothing_is_doubled(house, again, request)


async def nothing_is_doubled(house: Real, done: Done, request: str) -> None:
    await house.agree(done.case)
    facts = await house.facts(done.case)
    assert [fact.number for fact in facts] == list(range(1, len(facts) + 1))
    assert [fact.number for fact in facts if fact.request == request] == [done.fact.number]
    notices = [
        (one.kind, one.obligation, one.rung, one.round, one.office, one.agency, one.fact)
        for one in await house.notices(done.case)
    ]
    assert sorted(notices) == sorted(set(notices))
    if done.fact.kind == "triaged":
        for opened in await house.children_of(done.case):
            await house.agree(opened)


@pytest.mark.timeout(180)
@pytest.mark.promise("L5")
async def test_a_kill_between_commit_and_answer_loses_and_doubles_nothing(tmp_path: Path) -> None:
    async with real(tmp_path) as house:
        lives = Lives(house)
        for lifecycle, kind in FEW:
            await killed_at(house, await lives.ready(lifecycle, kind), "after")
        assert await house.broken() == []


@pytest.mark.timeout(180)
@pytest.mark.promise("L5")
async def test_a_kill_of_the_worker_or_before_the_commit_is_made_good_by_asking_again(tmp_path: Path) -> None:
    async with real(tmp_path) as house:
        lives = Lives(house)
        await killed_at(house, await lives.ready("referral", "submit_referral"), "after", engine=False)
        await killed_at(house, await lives.ready("rapid_review", "record_analysis"), "before")
        assert await house.broken() == []


@pytest.mark.proof
@pytest.mark.timeout(1200)
@pytest.mark.promise("L5")
@pytest.mark.parametrize("of", COMMANDS)
async def test_a_kill_at_every_kind_of_command_loses_and_doubles_nothing(tmp_path: Path, of: str) -> None:
    async with real(tmp_path) as house:
        lives = Lives(house)
        for lifecycle, kind in ALL:
            if lifecycle == of:
                await killed_at(house, await lives.ready(lifecycle, kind), "after")
        assert await house.broken() == []


@pytest.mark.proof
@pytest.mark.timeout(600)
@pytest.mark.parametrize("engine", [True, False], ids=["with its engine", "alone"])
async def test_a_worker_killed_before_the_commit_leaves_the_command_to_be_done_once(
    tmp_path: Path, *, engine: bool
) -> None:
    async with real(tmp_path) as house:
        lives = Lives(house)
        for lifecycle, kind in (
            *FEW,
            ("referral", "submit_referral"),
            ("rapid_review", "decide"),
            ("rapid_review", "promise"),
        ):
            await killed_at(house, await lives.ready(lifecycle, kind), "before", engine=engine)
        assert await house.broken() == []
