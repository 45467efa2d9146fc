"""The national notification: its five working days from awareness, who sent it when, and what a withdrawal does."""

import re
from collections.abc import AsyncIterator
from datetime import date, time, timedelta
from typing import Any

import holidays
import pytest
import pytest_asyncio

from models.time import at, day_of, end_of
from portal.pages import day as day_words
from tests.support.house import House, house, triage
from tests.support.window import Windows

pytestmark = pytest.mark.asyncio(loop_scope="module")
MANAGER, AUTHORITY, CHAIR, POLICE = "p-018", "p-001", "p-021", "p-005"
PUBLISHED = holidays.country_holidays("GB", subdiv="ENG", years=range(2026, 2033))
"""The bank holidays as an independent library has them."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def windows(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Windows]:
    async with house(tmp_path_factory.mktemp("notification")) as made:
        yield Windows(made)


def works(day: date) -> bool:
    return day.weekday() < 5 and day not in PUBLISHED


def holiday_after(day: date) -> date:
    """The next bank holiday that falls on a weekday."""
    return next(one for n in range(400) if (one := day + timedelta(n)).weekday() < 5 and one in PUBLISHED)


def working_days_after(day: date, n: int) -> date:
    while n:
        day += timedelta(days=1)
        n -= works(day)
    return day


def working_days_before(day: date, n: int = 1) -> date:
    while n:
        day -= timedelta(days=1)
        n -= works(day)
    return day


async def opened(made: House, **answers: Any) -> str:  # noqa: ANN401 -- the answers of a form
    ref = (await made.refer(**answers)).case
    await made.act(MANAGER, ref, "triage", **triage())
    return await made.child_of(ref)


@pytest.mark.promise("A8")
async def test_five_working_days_from_awareness_pass_over_a_bank_holiday(windows: Windows) -> None:
    """Aware on one day, triaged two days later: the clock counts from the first, and not the holiday between."""
    made = windows.house
    holiday = holiday_after(day_of(await made.read_clock()) + timedelta(days=14))
    aware = holiday - timedelta(days=3)
    await made.wait_until(at(aware + timedelta(days=2), time(10)))
    review = await opened(made, incident_on=str(aware - timedelta(days=5)), aware_at=str(aware))
    due = working_days_after(aware, 5)
    assert (due - aware).days > 7, "a weekend and a holiday lie between"
    assert (await made.case(review)).obligations["notify_national_panel"].due == end_of(due)

    manager = await windows.open(MANAGER)
    assert f"by the end of {due:%A} {due.day} {due:%B %Y}" in await manager.read(f"/cases/{review}")
    days = await manager.read(f"/cases/{review}/deadlines")
    assert f"{holiday:%A} {holiday.day} {holiday:%B %Y}: not counted, " in days
    became_aware = "the local authority became aware of the incident"
    assert f"5 working days, counted from when {became_aware}, that day not counted" in days
    assert "Working Together to Safeguard Children 2023, chapter 5 (December 2023) (statutory guidance)" in days

    before, late = working_days_before(due), working_days_after(due, 1)
    await made.wait_until(at(late, time(12)))
    await made.settled()
    notices = [one for one in await made.notices(review) if one.obligation == "notify_national_panel"]
    told = [(one.rung_at, one.office) for one in notices]
    assert told[1:] == [
        (at(before, time(9)), "local_authority_lead"),
        (at(due, time(9)), "business_manager"),
        (at(due, time(9)), "local_authority_lead"),
        (at(late, time(9)), "independent_chair"),
    ]
    inbox = await (await windows.open(CHAIR)).read("/inbox")
    assert f"Notify the national panel: overdue ({review})" in inbox

    authority = await windows.open(AUTHORITY)
    sent = (made.now - timedelta(hours=1)).replace(second=0, microsecond=0)
    await authority.give(
        review, "record_notification", sent_at=sent.isoformat(), sent_by="The director of services", reference="SIN-77"
    )
    case = await (await windows.open(MANAGER)).read(f"/cases/{review}")
    for words in ("The national panel was notified", "The director of services", "SIN-77"):
        assert words in case
    assert (await made.case(review)).marks["national_notification_sent"].at == sent
    assert f"Notify the national panel: overdue ({review})" not in await (await windows.open(CHAIR)).read("/inbox")


@pytest.mark.promise("A8")
@pytest.mark.parametrize("event", ["looked_after_death", "care_leaver_death"])
async def test_the_death_of_a_looked_after_child_or_a_care_leaver_is_notified_even_below_the_criteria(
    windows: Windows, event: str
) -> None:
    made = windows.house
    yesterday = day_of(await made.read_clock()) - timedelta(days=1)
    ref = (await made.refer(event=event, coroner="yes", aware_at=str(yesterday))).case
    manager, authority = await windows.open(MANAGER), await windows.open(AUTHORITY)
    await manager.give(ref, "triage", **triage("alternative_review"))
    due = working_days_after(yesterday, 5)
    one = (await made.case(ref)).obligations["notify_secretary_of_state"]
    assert (one.owed_by, one.due) == ("local_authority_lead", end_of(due))
    title = "Notify the Secretary of State and Ofsted"
    assert title in (await authority.read(f"/cases/{ref}")).partition("What has happened")[0]
    assert f"{title} ({ref})" in await authority.read("/inbox")

    await manager.give(ref, "tell_referrer", how="phone", words="A learning review is held.")
    await manager.give(ref, "record_review_learning", learning="l", changes="c")
    assert (await made.case(ref)).closed is None, "the notification is still owed"
    await authority.give(
        ref, "notify_secretary_of_state", sent_at=made.now.isoformat(), sent_by="The director", reference="N-5"
    )
    assert (await made.case(ref)).closed


@pytest.mark.promise("A8", "A9")
async def test_triage_asks_when_the_local_authority_became_aware_and_offers_what_the_referral_says(
    windows: Windows,
) -> None:
    made = windows.house
    today = day_of(await made.read_clock())
    ref = (await made.refer()).case
    manager = await windows.open(MANAGER)
    form = (await manager.client.get(f"/cases/{ref}/triage")).text
    assert "When did the local authority become aware of it?" in form
    yesterday = today - timedelta(days=1)
    for part in ("day", "month", "year"):
        assert re.search(rf'name="aware_at-{part}"[^>]*value="{getattr(yesterday, part)}"', form), part
    await manager.give(ref, "triage", **triage(), aware_at=str(today))
    review = await made.child_of(ref)
    due = (await made.case(review)).obligations["notify_national_panel"].due
    assert due == end_of(working_days_after(today, 5))
    assert f"local authority became aware {day_words(today)}" in await manager.read(
        f"/cases/{review}/notification-pack"
    )


@pytest.mark.promise("A9", "A13")
async def test_what_is_copied_to_the_panel_says_of_the_other_children_what_was_answered_last(windows: Windows) -> None:
    made, manager = windows.house, await windows.open(MANAGER)
    ref = (await made.refer(others="yes", carers="An aunt.", siblings_safe="yes")).case
    await manager.give(ref, "triage", **{**triage(), "siblings_safe": "no", "siblings_words": "Nobody, since today."})
    review = await made.child_of(ref)
    pack = await manager.read(f"/cases/{review}/notification-pack")
    assert re.search(r"Are they safe\W+No\b", pack), pack
    assert "Nobody, since today." in pack
    assert "An aunt." not in pack
    safe = {"siblings_safe": "yes", "words": "With their grandmother."}
    await (await windows.open(AUTHORITY)).give(ref, "answer_safety", **safe)
    pack = await manager.read(f"/cases/{review}/notification-pack")
    assert re.search(r"Are they safe\W+Yes\b", pack), pack
    assert "With their grandmother." in pack


@pytest.mark.promise("A8")
async def test_the_triage_can_recognise_what_the_referrer_did_not_know(windows: Windows) -> None:
    """A nurse says that a child has died; the unit knows that the child was looked after."""
    made = windows.house
    ref = (await made.refer(event="death", coroner="yes")).case
    await (await windows.open(MANAGER)).give(ref, "triage", **triage("notify_only"))
    assert (await made.case(ref)).is_open("notify_secretary_of_state")


@pytest.mark.promise("A10")
async def test_a_withdrawn_notification_ends_what_the_review_asked_for_and_the_referrer_hears(windows: Windows) -> None:
    made = windows.house
    review = await opened(made)
    manager, authority = await windows.open(MANAGER), await windows.open(AUTHORITY)
    sent = made.now.isoformat()
    page = await authority.give(review, "record_notification", sent_at=sent, sent_by="", reference="")
    assert "Enter who sent it, and in what role" in page
    assert "Enter the reference given by the service" in page
    await authority.give(review, "record_notification", sent_at=sent, sent_by="The director", reference="SIN-4711")
    await manager.give(review, "request_information", agencies=["harrowshire-police", "harrowshire-icb"])
    police = await windows.open(POLICE)
    assert f"Return of the agency ({review})" in (await police.read("/inbox")).partition("Earlier")[0]

    withdrawn = made.now.isoformat()
    assert "Enter which criterion is not met" in await authority.give(
        review, "withdraw_notification", withdrawn_at=withdrawn, reason=""
    )
    before = (made.now - timedelta(hours=1)).isoformat()
    assert "This is before the notification was sent to the national panel. Check both dates." in await authority.give(
        review, "withdraw_notification", withdrawn_at=before, reason="Tests show an illness."
    )
    case = await authority.give(
        review, "withdraw_notification", withdrawn_at=withdrawn, reason="Tests show an illness and no injury."
    )
    assert "The national notification was withdrawn. It is recorded." in case
    for words in ("SIN-4711", "The director", "Tests show an illness and no injury."):
        assert words in case
    assert {one.key for one in (await made.case(review)).open()} == {"tell_referrer"}
    ended = {one.key: one.ended for one in (await made.case(review)).obligations.values()}
    assert ended["agency_return/harrowshire-police"] == ended["submission"] == "withdrawn"
    assert ended["notify_national_panel"] == "met"

    inbox = await police.read("/inbox")
    assert f"Taken back: Return of the agency ({review})" in inbox
    assert "An earlier message asked for this. This is not owed any more." in inbox
    assert "This is not owed any more." in inbox
    refused = await police.give(review, "submit_return", agency="harrowshire-police", holds="nothing")
    assert "The notification was withdrawn, so nothing more is owed but telling the referrer." in refused

    assert (
        "Tell the referrer the decision" in (await manager.read(f"/cases/{review}")).partition("What has happened")[0]
    )
    closed = await manager.give(review, "tell_referrer", how="phone", words="The criteria were found not to be met.")
    assert "Closed on" in closed
    spoken = len(await made.notices(review))
    await made.wait(timedelta(days=30))
    assert len(await made.notices(review)) == spoken, "a closed review is silent"
