"""Rules that are put in force and followed: the same wish is the same request, another wish is not."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from door.adopting import Adopting, with_holiday
from door.door import Done, Door
from door.refusals import NotConfirmed
from models.case import Case
from models.command import Signed
from models.facts import Fact
from models.judging import NO_CALENDAR, judge
from models.rights import Actor, Held
from models.tables import CommandRow
from tests.support.lives import MANAGER, Lives
from tests.support.recording import Recording, recording

UNIT = Actor(person=MANAGER, offices=(Held(office="business_manager"),))


class Silent(Door):
    """Keeps what is asked. What becomes of it is written at once, or only when the engine is back."""

    def __init__(self, made: Recording) -> None:
        super().__init__(made.there.recorder, None, lambda: made.now)  # type: ignore[arg-type]
        self._made, self.hears = made, False

    async def send(self, signed: Signed, running: Case | None = None) -> Done:
        if not self.hears:
            raise NotConfirmed(signed.request)
        return await self._made.write(signed)


@pytest.fixture
async def made(tmp_path: Path) -> AsyncIterator[Recording]:
    async with recording(tmp_path) as found:
        yield found


async def asked(made: Recording) -> list[tuple[str, str]]:
    """(request, state) of every change of rules that was asked for."""
    kinds = ("adopt_calendar", "adopt_policy")
    found = select(CommandRow.request, CommandRow.state).where(CommandRow.kind.in_(kinds)).order_by(CommandRow.asked)
    async with made.there.database.reading() as session:
        return [(request, state) for request, state in await session.execute(found)]


async def proclaimed(made: Recording, rules: Adopting, day: date) -> tuple[str, str]:
    holiday = with_holiday(await rules.present(), day, "A day of thanks", "proclamation")
    return await rules.keep(holiday, UNIT, made.now, calendar_only=True)


@pytest.mark.promise("F9")
async def test_following_rules_that_was_not_confirmed_is_the_same_request_when_it_is_asked_again(
    made: Recording,
) -> None:
    ref, rules, door = await Lives(made).opened(), Adopting(made.there.recorder), Silent(made)
    names = await proclaimed(made, rules, date(2026, 3, 10))

    async def follow() -> str | None:
        return await rules.apply(door, UNIT, names, "Proclaimed.", await made.case(ref), calendar_only=True)

    assert await follow()
    assert await follow()
    ((request, state),) = await asked(made)
    assert state == "asked"
    door.hears = True
    made.now += timedelta(minutes=1)
    assert not await follow()
    assert [fact.request for fact in await made.facts(ref) if fact.kind == "calendar_adopted"] == [request]
    assert await follow() is None, "it follows already"


@pytest.mark.promise("F9")
async def test_going_back_to_rules_that_were_followed_before_is_another_request(made: Recording) -> None:
    ref, rules, door = await Lives(made).opened(), Adopting(made.there.recorder), Silent(made)
    door.hears = True
    before = (await made.case(ref)).policy, (await made.case(ref)).calendar
    names = await proclaimed(made, rules, date(2026, 3, 10))
    for wanted in (names, before, names):
        assert not await rules.apply(door, UNIT, wanted, "Again.", await made.case(ref), calendar_only=True)
        assert (await made.case(ref)).calendar == wanted[1]
    assert len({request for request, _ in await asked(made)}) == 3


async def reopened(made: Recording, ref: str) -> Fact:
    facts: list[Fact] = await made.facts(ref)
    return next(fact for fact in reversed(facts) if fact.kind == "reopened")


@pytest.mark.promise("F7")
@pytest.mark.parametrize("lifecycle", ["referral", "rapid_review"])
async def test_a_case_that_is_reopened_counts_a_holiday_that_was_proclaimed_while_it_was_closed(
    made: Recording, lifecycle: str
) -> None:
    slept, counted = await Lives(made).closed(lifecycle), await Lives(made).closed(lifecycle)
    await made.act(MANAGER, counted, "reopen", reason="More came to light.")
    assert "calendar" not in (await reopened(made, counted)).data, "the same calendar is not named"
    names = await proclaimed(made, Adopting(made.there.recorder), date(2026, 3, 3))
    await made.act(MANAGER, slept, "reopen", reason="More came to light.")
    case, fact = await made.case(slept), await reopened(made, slept)
    assert (case.calendar, fact.data["calendar"]) == (names[1], names[1])
    (again,) = case.open()
    (before,) = (await made.case(counted)).open()
    assert again.block == before.block
    assert again.due
    assert before.due
    assert again.due == before.due + timedelta(days=1)
    assert not await made.broken(), "the facts still make the state"


@pytest.mark.promise("F7")
async def test_a_case_that_is_reopened_while_open_keeps_its_calendar_until_it_adopts_another(made: Recording) -> None:
    ref = await Lives(made).received()
    await made.act(MANAGER, ref, "triage", **Lives(made).triaging("no_further_action"))
    before = (await made.case(ref)).calendar
    await proclaimed(made, Adopting(made.there.recorder), date(2026, 3, 10))
    await made.act(MANAGER, ref, "reopen", reason="More came to light.")
    assert (await made.case(ref)).calendar == before


@pytest.mark.promise("F7")
async def test_a_reopening_by_a_calendar_that_is_not_kept_is_refused(made: Recording) -> None:
    case = await made.case(await Lives(made).closed("referral"))
    (problem,) = judge(case, "reopen", {"calendar": "nowhere"}, made.now)
    assert problem.words == NO_CALENDAR
