"""What the house says by itself: once a week what is outstanding, and to whoever takes over an office what it owes."""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime, time, timedelta

import pytest
import pytest_asyncio
from sqlalchemy import select

from models.delivery import ARRIVED
from models.directory import Directory
from models.policy import Headlines
from models.tables import BundleRow, NoticeRow
from models.telling import OF_THE_HOUSE, NoticeKind
from models.time import at, day_of
from models.watch import EVERY
from records.policies import put_in_force
from tests.portal.scene import MANAGER, SUBGROUP
from tests.support import slack as peer
from tests.support.chat import Chatting, chatting, sleepless
from worker import Watch

pytestmark = pytest.mark.asyncio(loop_scope="module")
PARTNER_MANAGER, LEAD = "p-022", "p-004"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chat(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Chatting]:
    async with chatting(tmp_path_factory.mktemp("house")) as made:
        await made.keeps_house()
        yield made


async def said(chat: Chatting, kind: NoticeKind) -> list[NoticeRow]:
    async with chat.house.there.database.reading() as session:
        found = select(NoticeRow).where(NoticeRow.kind == kind).order_by(NoticeRow.written, NoticeRow.key)
        return list(await session.scalars(found))


async def until(chat: Chatting, weekday: int, hour: time) -> datetime:
    """Let time pass until just after the next such hour."""
    day = day_of(chat.house.now) + timedelta(days=1)
    while day.weekday() != weekday:
        day += timedelta(days=1)
    await chat.house.wait_until(at(day, hour) + timedelta(seconds=5))
    return chat.house.now


async def replaced(chat: Chatting, directory: Directory) -> None:
    there = chat.house.there
    async with there.database.writing() as session:
        await there.recorder.directory.replace(session, directory, MANAGER, chat.house.now)
    chat.directory = directory
    await chat.keeps_house()


@pytest.mark.promise("G4", "G7")
async def test_the_unit_hears_once_of_a_message_that_did_not_arrive(chat: Chatting) -> None:
    await chat.posted()
    chat.slack.go_wrong("chat.postMessage", peer.refusing("channel_not_found"))
    await chat.house.refer()
    await chat.posted()
    (told,) = await said(chat, NoticeKind.ASTRAY)
    assert told.person != MANAGER, "it was the manager whom it did not reach"
    text = [one for one in await chat.reads(told.person) if "A message did not arrive, or nobody knows" in one]
    assert len(text) == 1


@pytest.mark.promise("G11")
async def test_once_a_week_manager_and_chair_hear_of_all_that_is_outstanding(chat: Chatting) -> None:
    ref = (await chat.house.refer()).case
    before = Counter(row.person for row in await said(chat, NoticeKind.DIGEST))
    for week in range(1, 4):
        now = await until(chat, 0, time(9))
        digests = await said(chat, NoticeKind.DIGEST)
        after = Counter(row.person for row in digests)
        assert {person: after[person] - before[person] for person in after} == {MANAGER: week, SUBGROUP: week}
        assert digests[-1].rung_at == at(day_of(now), time(9))
        await chat.posted()
    found = [text for text in await chat.reads(SUBGROUP) if "What is outstanding this week" in text]
    assert len(found) == before[SUBGROUP] + week, "one a week"
    assert "2 matters overdue and 0 due within seven days. Something is owed in 2 cases." in found[-1]
    assert f"Triage the referral ({ref})" in found[-1]


@pytest.mark.promise("F6")
async def test_the_weekly_report_names_empty_offices_missing_deputies_and_whom_nothing_reaches(chat: Chatting) -> None:
    people = {**chat.directory.people, MANAGER: chat.directory.people[MANAGER]}
    people[LEAD] = people[LEAD].model_copy(update={"slack_id": None})
    fewer = [one for one in chat.directory.holdings if one.office != "safeguarding_partner_chair"]
    alone = [one.model_copy(update={"deputy": None}) if one.person == SUBGROUP else one for one in fewer]
    kept = chat.directory
    await replaced(chat, chat.directory.model_copy(update={"people": people, "holdings": tuple(alone)}))
    await until(chat, 0, time(9))
    report = [text for text in await chat.reads(MANAGER) if "Not everybody can be reached" in text][-1]
    assert "Nobody can be told: Chair of the safeguarding partners." in report
    assert "No deputy: Chair of the case review sub-group." in report
    assert (
        "Neither chat nor mail leads to whoever is Agency lead and main board member, Harrowshire Police (holder); "
        "Delegated safeguarding partner, Harrowshire Police (holder)." in report
    )
    await replaced(chat, kept)


@pytest.mark.promise("F12", "G3")
async def test_what_the_self_check_finds_is_told_once_when_it_lasts_and_mended_in_its_place(chat: Chatting) -> None:
    await chat.posted()
    watch = Watch(chat.house.client, chat.house.there, lambda: chat.house.now)

    async def checked() -> list[str]:
        """What the manager has heard of it after one more check."""
        await chat.house.wait(EVERY)
        await watch.reconcile()
        await watch.seal()
        await watch.check()
        return [text for text in await chat.reads(MANAGER) if "regular reports" in text]

    await chat.house.client.get_workflow_handle("housekeeping").terminate("gone")
    assert await checked() == [], "it may be mended by itself"
    (text,) = await checked()
    assert "What wakes for regular reports, and when an office changes hands, does not run." in text
    assert "What to do, with whoever runs the service: It is started anew every five minutes by itself" in text
    assert await checked() == [text], "once"
    await chat.keeps_house()
    (text,) = await checked()
    assert "Mended: Nobody looks after regular reports" in text
    await chat.house.client.get_workflow_handle("housekeeping").terminate("gone again")
    await checked()
    assert len(await checked()) == 2, "what comes back is news"
    await chat.keeps_house()
    await checked()


@pytest.mark.promise("G11")
async def test_board_members_get_headline_figures_before_each_meeting_and_only_once(chat: Chatting) -> None:
    today = day_of(chat.house.now)
    meeting = today + timedelta(days=(2 - today.weekday()) % 7 + 14)
    rules = sleepless()
    assert rules.reports
    lines = Headlines(offices=("agency_lead", "independent_chair"), working_days_before=5, meetings=(meeting,))
    reports = rules.reports.model_copy(update={"headlines": lines})
    async with chat.house.there.database.writing() as session:
        await put_in_force(session, rules.model_copy(update={"reports": reports}), chat.house.now)
    await chat.keeps_house()
    assert await said(chat, NoticeKind.HEADLINES) == []
    await chat.house.wait_until(at(meeting - timedelta(days=7), time(9, 1)))
    told = await said(chat, NoticeKind.HEADLINES)
    seats = [(one.office, one.agency) for one in chat.directory.holdings if one.office in lines.offices]
    assert sorted((row.office, row.agency or None) for row in told) == sorted(seats)
    await chat.house.wait(timedelta(days=6))
    assert len(await said(chat, NoticeKind.HEADLINES)) == len(told)
    text = next(text for text in await chat.reads(LEAD) if "Headline figures before the meeting on" in text)
    assert "Of what you may see:" in text


@pytest.mark.promise("G13")
async def test_whoever_takes_over_an_office_gets_one_message_with_everything_that_it_owes(chat: Chatting) -> None:
    ref = (await chat.house.refer()).case
    before = next(one for one in await chat.sees(MANAGER) if ref in one["text"])
    assert "promise" in str(before["blocks"])
    new = [
        one.model_copy(update={"person": PARTNER_MANAGER, "deputy": None}) if one.office == "business_manager" else one
        for one in chat.directory.holdings
    ]
    await replaced(chat, chat.directory.model_copy(update={"holdings": tuple(new)}))
    found = [text for text in await chat.reads(PARTNER_MANAGER) if "You now hold the office Business manager" in text]
    assert len(found) == 1
    assert f"Triage the referral ({ref})" in found[0]
    (after,) = [one for one in await chat.sees(MANAGER) if one["ts"] == before["ts"]]
    assert "promise" not in str(after["blocks"]), "the predecessor’s buttons are gone"
    await chat.keeps_house()
    await chat.house.wait(timedelta(days=2))
    assert len(await said(chat, NoticeKind.TAKEN_OVER)) == 1, "once"


@pytest.mark.promise("G3", "G13")
async def test_whoever_is_taken_out_of_the_directory_keeps_no_buttons_and_nothing_of_theirs_is_lost(
    chat: Chatting,
) -> None:
    ref = (await chat.house.refer()).case
    before = next(one for one in await chat.sees(PARTNER_MANAGER) if ref in one["text"])
    assert "promise" in str(before["blocks"])
    kept, their_id = chat.directory, chat.slack.people[chat.directory.people[PARTNER_MANAGER].email]
    people = {id_: one for id_, one in kept.people.items() if id_ != PARTNER_MANAGER}
    left = [
        one.model_copy(update={"deputy": None}) if one.deputy == PARTNER_MANAGER else one
        for one in kept.holdings
        if one.person != PARTNER_MANAGER
    ]
    await replaced(chat, kept.model_copy(update={"people": people, "holdings": tuple(left)}))
    await chat.posted()
    (after,) = [one for one in await chat.slack.sees(their_id) if one["ts"] == before["ts"]]
    assert "promise" not in str(after["blocks"])
    assert "No longer asked of you" in after["text"]
    async with chat.house.there.database.reading() as session:
        mine = select(BundleRow.state).where(BundleRow.person == PARTNER_MANAGER)
        assert set(await session.scalars(mine)) <= ARRIVED, "what arrived has arrived"
    await replaced(chat, kept)


@pytest.mark.promise("K7")
async def test_what_the_house_says_is_of_no_case_and_breaks_no_chain(chat: Chatting) -> None:
    async with chat.house.there.database.reading() as session:
        rows = (await session.scalars(select(NoticeRow).where(NoticeRow.case == ""))).all()
        assert {row.kind for row in rows} == OF_THE_HOUSE
        assert await chat.house.there.auditor.verify(session, chat.house.there.settings.seals) == []
