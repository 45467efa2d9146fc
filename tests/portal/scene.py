"""A house in the middle of its work, for pages to be looked at: cases in every state, something of each kind owed."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import update

from models.delivery import Attempt, State
from models.tables import NoticeRow
from models.time import day_of
from records import holding
from records.outbox import Outbox, key_of
from records.policies import put_in_force
from tests.support.house import House, decision, shipped_policy, triage

MANAGER, SUBGROUP, CHAIR, PARTNER = "p-018", "p-020", "p-021", "p-004"
AUTHORITY, ADMINISTRATOR = "p-001", "p-019"
POLICE, ICB, HOSPITAL, HOSPITAL_LEAD, SCHOOLS = "p-005", "p-008", "p-011", "p-010", "p-013"
STRANGER = "p-017"
"""The contact of an agency that is party to nothing."""
LOCKED_OUT = "p-007"
"""The lead of an agency of the review, whose own practice is under review."""

_SAFE = {"siblings_safe": "yes", "siblings_words": "Their aunt cares for them; a social worker saw them today."}


@dataclass(frozen=True)
class Scene:
    """References of the cases. `review` is the busy one; `urgent` waits for the safety of other children."""

    review: str
    referral: str
    urgent: str
    parked: str
    closed: str
    restricted: str


async def play(house: House) -> Scene:
    """Seventeen days of a small partnership."""
    referral, review = await opened(house)
    await _asked(house, review)
    parked = await _parked(house)
    await house.wait(timedelta(days=9))
    await house.act(
        POLICE, review, "submit_return", agency="harrowshire-police", **_told("Four calls to the house.", "2024-11-02")
    )
    await house.act(
        CHAIR,
        review,
        "suspend",
        obligation="agency_return/harrowshire-schools",
        review=str(day(house, 20)),
        authority="The senior investigating officer, by letter.",
        reason="Staff are witnesses.",
    )
    due = (await house.case(review)).obligations["agency_return/harrowshire-icb"].due
    assert due
    later = str(day_of(due) + timedelta(days=1))
    await house.act(
        ICB,
        review,
        "ask_time",
        obligation="agency_return/harrowshire-icb",
        until=later,
        reason="Records of two practices.",
    )
    closed = await _closed(house)
    await house.wait(timedelta(days=8))
    await house.act(
        HOSPITAL, review, "promise", obligation="agency_return/harrow-vale-hospitals", until=str(day(house, 2))
    )
    await house.act(
        "p-015",
        review,
        "dispute",
        obligation="agency_return/harrowshire-probation",
        ground="not_ours",
        words="They moved away.",
    )
    await house.act(MANAGER, review, "arrange_meeting", at=_at(house, days=3), minutes=120, place="Room 2, or by video")
    await house.act(
        MANAGER,
        review,
        "recommend",
        text="Every call is logged with the child's name.",
        agency="harrowshire-police",
        by=str(day(house, 5)),
        measures=[{"measure": "Ten calls of ten name the child."}],
        source="immediate",
    )
    await house.act(
        MANAGER,
        review,
        "correct",
        mark="national_notification_sent",
        at=_at(house, days=-17, hours=-3),
        reason="The receipt says so.",
    )
    restricted = (await house.refer()).case
    await house.act(MANAGER, restricted, "triage", **{**triage("single_agency_review"), "restricted": True})
    locked = {"person": LOCKED_OUT, "locked": True, "reason": "Managed the team concerned."}
    await house.door.act(await house.actor(MANAGER), review, "lock_out", locked, "scene-lock-out")
    urgent = (await house.refer(others="yes", siblings_safe="not_known", carers="Not known")).case
    await house.wait(timedelta(seconds=10))
    await astray(house, review, HOSPITAL)
    await _new_rules(house)
    return Scene(review, referral, urgent, parked, closed, restricted)


async def astray(house: House, review: str, person: str) -> None:
    """A message to them of which nobody knows whether it has arrived."""
    sent = [one for one in await house.notices(review) if one.person == person][:1]
    outbox, now = Outbox(house.there.database), house.now
    async with house.there.database.writing() as session:
        waits = update(NoticeRow).where(NoticeRow.key.in_([one.key for one in sent])).values(state=State.QUEUED)
        await session.execute(waits)  # there is no channel here, so that it was in the inbox already
        await outbox.freeze(session, person, [one.key for one in sent], now, urgent=False)
    key = key_of([one.key for one in sent])
    assert await outbox.begin(key, 1, "mail", now)
    unknown = Attempt(number=1, channel="mail", state=State.UNKNOWN, began=now, settled=now, error="no_answer")
    await outbox.settle(key, unknown)
    async with house.there.database.writing() as session:
        await outbox.note(session, key, open=False, live=False, unit_told=now)


async def held_back(house: House, review: str, person: str) -> list[str]:
    """A backup two days old was put back: two messages to them may have been sent before. Returns their keys."""
    async with house.there.database.writing() as session:
        readable = update(NoticeRow).where(
            NoticeRow.state == State.QUEUED
        )  # without a channel the inbox is all there is
        await session.execute(readable.values(state=State.DELIVERED))
        await (await session.connection()).run_sync(holding.begin, house.now - timedelta(days=2), house.now)
        keys = [one.key for one in await house.notices(review) if one.person == person][-2:]
        await session.execute(update(NoticeRow).where(NoticeRow.key.in_(keys)).values(state=State.QUEUED, bundle=None))
        await holding.keep(session, keys)
    return keys


async def _new_rules(house: House) -> None:
    """Rules are put in force that none of these cases follows yet, by a calendar that soon runs out."""
    shipped = shipped_policy()
    horizon = day_of(house.now) + timedelta(days=300)
    calendar = shipped.calendar.model_copy(update={"version": "england-and-wales-next", "horizon": horizon})
    fresh = shipped.model_copy(update={"version": "england-next", "calendar": calendar})
    async with house.there.database.writing() as session:
        await put_in_force(session, fresh, house.now)


async def opened(house: House) -> tuple[str, str]:
    referral = (await house.refer()).case
    await house.act(MANAGER, referral, "triage", **triage())
    await house.act(MANAGER, referral, "tell_referrer", how="email", words="A rapid review is held.")
    review = await house.child_of(referral)
    await house.act(
        AUTHORITY, review, "record_notification", sent_at=_at(house), sent_by="The director", reference="N-1"
    )
    return referral, review


async def _asked(house: House, review: str) -> None:
    agencies = [
        "harrowshire-police",
        "harrowshire-icb",
        "harrow-vale-hospitals",
        "harrowshire-schools",
        "harrowshire-probation",
    ]
    await house.act(MANAGER, review, "request_information", agencies=agencies, words="")


async def _parked(house: House) -> str:
    _, review = await opened(house)
    await house.act(MANAGER, review, "request_information", agencies=["harrowshire-police"])
    await house.act(POLICE, review, "submit_return", agency="harrowshire-police", holds="nothing")
    await house.act(
        CHAIR,
        review,
        "record_analysis",
        facts="Known facts.",
        context="Looked at.",
        practice="Two episodes.",
        learning="One question.",
    )
    seats = ["independent_chair", "police", "icb"]
    await house.act(MANAGER, review, "record_meeting", held_at=_at(house), seats=["police"], **_SAFE)
    await house.act(
        MANAGER, review, "record_meeting", held_at=_at(house), seats=seats, agencies=["harrowshire-police"], **_SAFE
    )
    more = {"parked_on": "inquest", "parked_review": str(day(house, 60))}
    await house.act(CHAIR, review, "decide", **decision("parked", house.now, **more))
    return review


async def _closed(house: House) -> str:
    referral = (await house.refer(event="concern")).case
    await house.act(MANAGER, referral, "triage", **triage("no_further_action"))
    await house.act(MANAGER, referral, "tell_referrer", how="phone", words="No review is needed.")
    return referral


def _told(summary: str, day: str) -> dict[str, Any]:
    event = {
        "on": day,
        "event": "Officers spoke to the mother at the door; the children were not seen.",
        "significance": "key",
    }
    return {
        "holds": "something",
        "summary": summary,
        "events": [event, {"on": "2025-01-19", "event": "A call by a neighbour.", "significance": "routine"}],
    }


def day(house: House, days: int) -> Any:  # noqa: ANN401
    return day_of(house.now) + timedelta(days=days)


def _at(house: House, **span: float) -> str:
    return (house.now + timedelta(**span)).isoformat()
