"""A tracker of twelve years is taken over: all of it or nothing, once, and the first morning is calm."""

import re
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from datetime import datetime, time, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from door.refusals import Invalid, NotAllowed
from door.taking_over import TakingOver
from models.recommended import Standing
from models.tables import CaseRow, FactRow, NoticeRow
from models.time import at, day_of
from models.tracker import Status, Tracker, key_of
from models.tracker_mapping import ReviewStatus
from models.tracker_reading import read_tracker
from notifier.rendering import MOST
from policy.reading import read_directory_file, read_policy_file, read_tracker_mapping
from records.sheets import read_sheets
from tests.support.chat import Chatting, chatting
from tests.support.house import DIRECTORY, POLICY, House, house
from tests.support.trackers import DATA

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180), pytest.mark.promise("D8")]
MANAGER, CHAIR = "p-018", "p-021"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def made(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house(tmp_path_factory.mktemp("tracker")) as there:
        yield there


def tracker(name: str) -> Tracker:
    directory = read_directory_file(DIRECTORY)
    mapping = read_tracker_mapping((DATA / "mapping.yaml").read_text(encoding="utf-8"), "mapping.yaml", directory)
    return read_tracker(read_sheets((DATA / name).read_bytes(), name), mapping, directory)


async def counts(made: House) -> tuple[int, int]:
    async with made.there.database.reading() as session:
        cases = await session.scalar(select(func.count()).select_from(CaseRow))
        facts = await session.scalar(select(func.count()).select_from(FactRow).where(FactRow.kind != "told"))
    return cases or 0, facts or 0


async def test_a_tracker_with_a_problem_is_not_taken_at_all_and_every_cell_is_named(made: House) -> None:
    over, messy = TakingOver(made.there.recorder, made.client), tracker("messy.xlsx")
    with pytest.raises(Invalid) as refused:
        await over.take(await made.actor(MANAGER), messy, made.now)
    assert {one.field for one in refused.value.problems} == {one.cell for one in messy.problems}
    assert await counts(made) == (0, 0)


async def test_only_the_business_unit_takes_a_tracker_over(made: House) -> None:
    over = TakingOver(made.there.recorder, made.client)
    with pytest.raises(NotAllowed):
        await over.take(await made.actor(CHAIR), tracker("mended.xlsx"), made.now)
    assert await counts(made) == (0, 0)


async def test_a_trial_keeps_nothing_and_says_what_would_be_taken(made: House) -> None:
    over, mended = TakingOver(made.there.recorder, made.client), tracker("mended.xlsx")
    taken = await over.take(await made.actor(MANAGER), mended, made.now, dry=True)
    assert (len(taken.cases), taken.entered, taken.known) == (16, len(mended.recommendations), 0)
    assert await counts(made) == (0, 0)


@pytest.mark.promise("C13")
@pytest.mark.promise("G4")
async def test_it_is_taken_over_once_however_often_it_is_asked_and_owners_are_asked_first(made: House) -> None:
    mended, manager, progress = tracker("mended.xlsx"), await made.actor(MANAGER), dict[str, tuple[int, int]]()

    def tell(what: str, done: int, of: int) -> None:
        progress[what] = done, of

    over = TakingOver(made.there.recorder, made.client, tell)
    taken = await over.take(manager, mended, await made.read_clock())
    assert (len(taken.cases), taken.entered) == (16, len(mended.recommendations))
    assert progress == {"Entering": (taken.entered, taken.entered), "Writing": (1, 1), "Starting": (16, 16)}
    homes = [await made.case(ref) for ref in taken.cases]
    themes = Counter(theme for case in homes for one in case.recommendations.values() for theme in one.themes)
    assert themes == Counter(theme for one in mended.recommendations for theme in one.themes)
    assert themes["non_accidental_injury"] > 10, "by the words that the mapping file gives"
    cases, facts = await counts(made)
    assert all(bool(case.closed) is not bool(case.open()) for case in homes), "closed where nothing is owed"
    assert (cases, facts) == (16, 16 + taken.entered)
    again = await over.take(manager, tracker("mended.csv"), made.now)
    assert (again.cases, again.entered, again.known, again.changed) == ((), 0, taken.entered, ())
    one = next(one for one in mended.recommendations if one.number)
    words = "Train all health visitors."
    reworded = one.model_copy(update={"text": words, "key": key_of(words), "stem": key_of(words), "digest": "other"})
    fresh = reworded.model_copy(update={"number": "99", "key": key_of(words, "99"), "stem": key_of(words, "99")})
    third = await over.take(manager, mended.model_copy(update={"recommendations": (reworded,)}), made.now)
    assert (third.entered, third.known, third.changed) == (0, 1, (f"{one.sheet}!{one.row}",)), "not doubled, but told"
    tried = await over.take(manager, mended.model_copy(update={"recommendations": (fresh,)}), made.now, dry=True)
    assert (tried.entered, tried.known) == (1, 0), "another number is another recommendation"
    assert await counts(made) == (cases, facts)

    here = [await made.case(ref) for ref in taken.cases]
    standing = Counter(one.standing for case in here for one in case.recommendations.values())
    said = Counter(str(one.status) for one in mended.recommendations)
    assert standing[Standing.PAST] == said["closed_with_evidence"]
    assert standing[Standing.WITHDRAWN] == said["withdrawn"]
    assert standing[Standing.CLOSED] == 0, "nothing is called closed that was not shown here"

    await made.settled()
    await made.wait(timedelta(days=1))
    async with made.there.database.reading() as session:
        heard = Counter(await session.scalars(select(NoticeRow.person)))
    assert sum(heard.values()) > 40, "half of it was overdue long ago"
    assert heard[CHAIR] <= 2, "nobody is gone over before their owners were asked"


@pytest.mark.promise("C13")
async def test_of_a_review_that_is_over_nothing_is_said_of_its_publication_but_what_the_tracker_says(
    tmp_path: Path,
) -> None:
    mended, over = tracker("mended.xlsx"), {"status": ReviewStatus.OVER, "commissioned": None}
    said = [one for one in mended.reviews if one.published][:2]
    reviews = (said[0].model_copy(update=over), said[1].model_copy(update={**over, "published": None}))
    keys = {one.key for one in reviews}
    of_them = tuple(one for one in mended.recommendations if one.review in keys)
    async with house(tmp_path) as made:
        taking = TakingOver(made.there.recorder, made.client)
        two = mended.model_copy(update={"reviews": reviews, "recommendations": of_them})
        taken = await taking.take(await made.actor(MANAGER), two, await made.read_clock())
        found = [(await made.case(ref)).marks.keys() for ref in taken.cases]
    assert sorted("review_published" in marks for marks in found) == [False, True]
    assert not any("publication_withheld" in marks for marks in found)


# The first morning, by chat, under the policy as it is shipped

OPEN = {Status.NOT_STARTED, Status.IN_PROGRESS}
DUE = re.compile(r"by the end of \w+ (\d+ \w+ \d{4})")


async def first_morning(chat: Chatting, taken: Tracker) -> dict[str, str]:
    """Take it over in the evening. Returns what each person finds in chat in the morning, which is one message."""
    made = chat.house
    evening = at(day_of(await made.read_clock()), time(21))
    await made.wait_until(evening)
    await TakingOver(made.there.recorder, made.client).take(await made.actor(MANAGER), taken, made.now)
    await made.settled()
    await chat.posted()
    await made.wait_until(at(day_of(evening) + timedelta(days=1), time(8, 55)))
    everybody = sorted({one.person for one in await notices(made)})
    assert [person for person in everybody if await chat.sees(person)] == [], "nobody is woken"
    await made.wait(timedelta(hours=4))
    await chat.posted()
    found = {person: await chat.reads(person) for person in sorted({one.person for one in await notices(made)})}
    assert {person: len(said) for person, said in found.items()} == dict.fromkeys(found, 1)
    return {person: said[0] for person, said in found.items()}


async def notices(made: House) -> list[NoticeRow]:
    async with made.there.database.reading() as session:
        return list(await session.scalars(select(NoticeRow)))


def overdue(taken: Tracker, now: datetime) -> int:
    """How many recommendations of a tracker are open and late, as anybody counts them who reads it."""
    late = [one for one in taken.recommendations if one.status in OPEN and one.due and one.due < day_of(now)]
    return len(late)


def dues(said: str) -> list[datetime]:
    """The days on which the matters of a message are due, in the order in which it tells them."""
    return [datetime.strptime(one, "%d %B %Y") for one in DUE.findall(said)]  # noqa: DTZ007 -- a day


@pytest.mark.asyncio(loop_scope="function")
@pytest.mark.promise("G5")
async def test_the_first_morning_is_one_message_a_person_that_says_how_many_the_oldest_first_and_where_all_stand(
    tmp_path: Path,
) -> None:
    mended = tracker("mended.xlsx")
    async with chatting(tmp_path, read_policy_file(POLICY)) as chat:
        said = await first_morning(chat, mended)
        matters = defaultdict[str, set[tuple[str, str]]](set)
        for one in await notices(chat.house):
            matters[one.person].add((one.case, one.obligation))
        late = overdue(mended, chat.house.now)
    assert late > len(mended.recommendations) / 3
    assert sum(words.count(": overdue (") for words in said.values()) >= late, "every overdue one stands in a message"
    for person, words in said.items():
        several = len(matters[person])
        assert several == 1 or words.startswith(f"{several} matters need your attention"), words
        assert dues(words) == sorted(dues(words)), "the oldest first"
        assert len(dues(words)) == several
        assert "/inbox" in words.splitlines()[-1]


@pytest.mark.proof
@pytest.mark.asyncio(loop_scope="function")
@pytest.mark.promise("G5")
async def test_of_hundreds_that_are_overdue_the_oldest_are_named_and_the_rest_are_counted(tmp_path: Path) -> None:
    mended = tracker("mended.xlsx")
    several = tuple(
        one.model_copy(
            update={"key": f"{one.key}{turn}", "text": f"{one.text} {turn}", "number": f"{one.number}.{turn}"}
        )
        for one in mended.recommendations
        for turn in range(6)
    )
    large = mended.model_copy(update={"recommendations": several})
    async with chatting(tmp_path, read_policy_file(POLICY)) as chat:
        said = await first_morning(chat, large)
        told = Counter(one.person for one in await notices(chat.house))
    busy = {person: words for person, words in said.items() if told[person] > MOST}
    assert len(busy) > 3
    for person, words in busy.items():
        assert words.startswith(f"{told[person]} matters need your attention")
        assert dues(words) == sorted(dues(words))
        assert f"And {told[person] - len(dues(words))} more" in words
        assert "/inbox" in words.splitlines()[-1]
