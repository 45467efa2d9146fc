"""One rung, one message: whatever dies on the way, at every named point, and whatever a channel answers."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from models.delivery import State
from models.directory import ChannelName
from policy.reading import read_directory_file
from records.questions import Questions
from tests.support.house import DIRECTORY
from tests.support.mortal_worker import POINTS
from tests.support.perils import ANSWERS, MANAGER, THINGS, Perils, perils
from tests.support.real import real

WITHIN = timedelta(minutes=15)
"""So soon the business unit knows of what nobody else knows."""
SEVERAL_PAUSES = 150.0
"""Seconds. Where the machine has much else to do some of so many tries come too late, and their pauses double."""
IN_INBOX = ("the rung is written", "it stays in the inbox")
"""The points on the way of what no channel takes."""
BY_CHANNEL = {
    ChannelName.SLACK: [ChannelName.SLACK],
    ChannelName.NOTIFY: [ChannelName.NOTIFY],
    ChannelName.MAIL: [ChannelName.MAIL, ChannelName.NOTIFY],
}
"""Mail cannot be looked into, so what is unknown of it goes on by the next channel."""
FEW = (("a message is frozen", "worker"), ("an attempt is noted", "both"), ("its answer is recorded", "database"))
"""The points at which most can go wrong, and everything that can die; `make proof` tries each with each."""


def passed(by: ChannelName) -> list[str]:
    """The points that a message passes on its way by this channel."""
    other = {"it stays in the inbox"} | ({"it is looked for"} if by is ChannelName.MAIL else set())
    return [point for point in POINTS if point not in other]


def all_answers() -> list[tuple[ChannelName, str]]:
    return [(by, words) for by, answers in ANSWERS.items() for words in answers]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Perils]:
    async with perils(tmp_path_factory.mktemp("perils"), [BY_CHANNEL[by] for by, _ in all_answers()]) as made:
        yield made


async def everything_dies_once(one: Perils, by: ChannelName, deaths: list[tuple[str, str, str]]) -> None:
    there = one.peers[by]
    await one.go_by(*BY_CHANNEL[by])
    for point, moment, what in deaths:
        if point == "it is looked for":
            ANSWERS[by]["stored, and the answer never comes"](there)
        await one.dies_at(point, moment, what)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.timeout(300)
@pytest.mark.promise("G4", "G5")
async def test_whatever_the_channels_answer_a_rung_is_one_message_and_by_mail_never_two(house: Perils) -> None:
    """Every answer at once, each to another person."""
    review = await house.review()
    await house.arrived()
    for by, words in all_answers():
        ANSWERS[by][words](house.peers[by])
    await house.ask(review, [f"agency-{n}" for n, _ in enumerate(all_answers())])
    await house.arrived(patience=SEVERAL_PAUSES)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.timeout(180)
@pytest.mark.promise("G4", "L5")
async def test_whatever_dies_between_rung_and_receipt_a_rung_is_one_message(house: Perils) -> None:
    """By Slack; every way at every point is tried by `make proof`."""
    by = ChannelName.SLACK
    await everything_dies_once(house, by, [(point, "after", what) for point, what in FEW])
    await house.dies_while_it_is_with(house.peers[by], stored=True)


@pytest.mark.timeout(180)
@pytest.mark.promise("G4", "L5")
@pytest.mark.parametrize(
    "what", ["worker", *(pytest.param(one, marks=pytest.mark.proof) for one in ("engine", "both", "database"))]
)
async def test_without_any_channel_a_rung_is_one_notice_in_the_inbox_whatever_dies(tmp_path: Path, what: str) -> None:
    async with real(tmp_path, worker=False) as house:
        house.hurries = True
        await house.start_worker()
        one = Perils(house, read_directory_file(DIRECTORY), {})
        for point in IN_INBOX:
            for moment in ("before", "after"):
                await one.dies_at(point, moment, what)
        await each_is_in_the_inbox_once(one)


async def each_is_in_the_inbox_once(one: Perils) -> None:
    rows = await Questions(one.house.there.recorder).inbox(MANAGER)
    assert sorted(row.case for row in rows if row.case) == sorted(one.sent)
    assert {row.state for row in rows} == {State.DELIVERED}


@pytest.mark.proof
@pytest.mark.timeout(600)
@pytest.mark.promise("G4", "L5")
@pytest.mark.parametrize("what", THINGS)
@pytest.mark.parametrize("by", list(BY_CHANNEL))
async def test_a_death_at_any_point_between_rung_and_receipt_sends_one_message(
    tmp_path: Path, by: ChannelName, what: str
) -> None:
    async with perils(tmp_path) as one:
        deaths = [(point, moment, what) for point in passed(by) for moment in ("before", "after")]
        await everything_dies_once(one, by, deaths)


@pytest.mark.proof
@pytest.mark.timeout(600)
@pytest.mark.promise("G4", "L5")
@pytest.mark.parametrize("by", list(BY_CHANNEL))
async def test_whatever_one_channel_answers_or_who_dies_meanwhile_a_rung_is_one_message(
    tmp_path: Path, by: ChannelName
) -> None:
    async with perils(tmp_path) as one:
        await one.go_by(*BY_CHANNEL[by])
        for answer in ANSWERS[by].values():
            answer(one.peers[by])
            await one.refer()
            await one.arrived()
        for stored in (True, False):
            await one.dies_while_it_is_with(one.peers[by], stored=stored)
        await one.finds_nobody(one.peers[by])


@pytest.mark.proof
@pytest.mark.timeout(300)
@pytest.mark.promise("G4")
async def test_what_nobody_knows_of_a_letter_is_before_the_unit_soon_and_never_sent_twice(tmp_path: Path) -> None:
    async with perils(tmp_path) as one:
        await one.go_by(ChannelName.MAIL)
        for words in ("stored, and cut", "stored, and half an answer", "stored, and no answer in time"):
            ANSWERS[ChannelName.MAIL][words](one.peers[ChannelName.MAIL])
            ref = await one.refer()
            await one.arrived()
            bundle = await one.message_about(ref)
            assert [attempt.state for attempt in bundle.attempts] == [State.UNKNOWN]
            assert bundle.unit_told
            assert bundle.unit_told - bundle.made < WITHIN
            assert bundle.key in {lost.key for lost in await one.outbox.astray()}
