"""What is entered late and what was wrong: a reason, the dates that move before anything is recorded, both kept."""

import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from door.refusals import Invalid
from models.lifecycles import COMMANDS
from models.time import day_of, london
from portal.pages import day, moment
from tests.support.browsing import Served, fill, picture, served
from tests.support.house import House, house
from tests.support.lives import ALL, Lives, Next
from tests.support.lives_of_reviews import OWING, Disagreements, PracticeReviews
from tests.support.sampling import sampled
from tests.support.window import Windows

pytestmark = [pytest.mark.promise("A14"), pytest.mark.timeout(240)]
MANAGER, CHAIR, AUTHORITY, SUBGROUP = "p-018", "p-021", "p-001", "p-020"
HOSPITAL, HOSPITAL_LEAD, POLICE, POLICE_LEAD = "p-011", "p-010", "p-005", "p-004"
RETURN = "agency_return/harrow-vale-hospitals"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    async with served(tmp_path_factory.mktemp("late")) as made:
        yield made


@pytest.mark.browser
@pytest.mark.asyncio(loop_scope="module")
async def test_a_corrected_date_is_previewed_and_whoever_was_told_the_old_one_reads_that_it_does_not_hold(
    site: Served,
) -> None:
    made = site.house
    review = await asked(made)
    await made.wait_until(rung(await made.case(review), 3))
    await made.settled()
    before = await made.case(review)
    sent, due = before.marks["national_notification_sent"].at, before.obligations[RETURN].due
    assert due
    really = sent + timedelta(days=4)

    manager = await site.page(MANAGER)
    await manager.goto(f"/cases/{review}")
    entry = manager.locator("li", has_text="The national panel was notified").last
    await entry.locator("summary").click()
    await entry.get_by_role("link", name="Correct the date on which").click()
    await expect(manager.get_by_text(f"on {moment(sent)}.")).to_be_visible()
    await fill(manager, {"at": f"{london(really):%Y-%m-%d %H:%M}"})
    await press_last(manager)
    await expect(manager.locator(".govuk-error-summary")).to_contain_text("Enter how you know")
    await fill(manager, {"reason": "The receipt of the service says so."})
    await press_last(manager)

    preview = manager.locator("#moves")
    await expect(preview).to_contain_text("Nothing is recorded yet.")
    await picture(manager, "correction-preview")
    words = await preview.inner_text()
    assert "Return of the agency, Harrow Vale Hospitals NHS Trust" in words
    assert day(due) in words
    assert "2 offices hear that what they were told does not hold" in words
    assert (await made.case(review)) == before, "nothing is recorded before it is confirmed"

    await manager.get_by_role("button", name="Yes, correct the date").last.click()
    await expect(manager.locator(".govuk-notification-banner--success")).to_contain_text("A date was corrected")
    after = await made.case(review)
    later = after.obligations[RETURN].due
    assert later
    assert later > due
    await both_are_shown(manager, moment(sent), moment(really.replace(second=0, microsecond=0)))
    await picture(manager, "case-corrected")

    for person in (HOSPITAL, HOSPITAL_LEAD):
        page = await site.page(person, width=360)
        await page.goto("/inbox")
        for summary in await page.locator("summary").all():
            await summary.click()
        text = await page.inner_text("main")
        assert f"A date has moved: Return of the agency ({review})" in text
        assert "An earlier message named another date for this. That no longer holds." in text
        assert f"It is due by the end of {day(later)}." in text
        assert f"by the end of {day(due)}" not in text, "no message shows the old date any more"
        await picture(page, f"inbox-corrected-{person}")


async def both_are_shown(page: Page, was: str, now: str) -> None:
    """At the fact that was corrected and at the correction: the old date struck out, the new one beside it."""
    for title in ("The national panel was notified", "A date was corrected"):
        entry = page.locator("li", has_text=title).filter(has=page.locator("del")).first
        await expect(entry.locator("del").first).to_contain_text(was)
        await expect(entry.locator("ins").first).to_contain_text(now)


async def press_last(page: Page) -> None:
    async with page.expect_navigation():
        await page.locator("main form .govuk-button-group button").first.click()


@pytest.mark.browser
@pytest.mark.asyncio(loop_scope="module")
async def test_a_meeting_entered_late_has_a_reason_and_takes_back_what_was_said_meanwhile(site: Served) -> None:
    made = site.house
    review = await asked(made)
    one = (await made.case(review)).obligations["meeting"]
    assert one.due
    await made.wait_until(one.rungs[-1] + timedelta(hours=3))
    await made.settled()
    held = one.due - timedelta(days=1)

    manager = await site.page(MANAGER)
    await manager.goto(f"/cases/{review}/record_meeting")
    answers: dict[str, str | bool | list[str]] = {
        "held_at": f"{london(held):%Y-%m-%d}", "seats": ["independent_chair", "police", "icb"],
        "siblings_safe": "yes", "siblings_words": "There are none.",
    }  # fmt: skip
    await fill(manager, answers)
    await press_last(manager)
    summary = manager.locator(".govuk-error-summary")
    await expect(summary).to_contain_text("Say why it is recorded on a later day than it happened.")
    await fill(manager, {"late": "The minutes came today."})
    await press_last(manager)
    preview = manager.locator("#moves")
    await expect(preview).to_contain_text(f"Done on {day(held)}, before it was last asked for")
    await expect(preview).to_contain_text("3 offices hear")
    await picture(manager, "late-preview")
    assert not (await made.case(review)).done("meeting")
    await press_last(manager)
    case = await manager.inner_text("main")
    assert re.search(rf"The meeting was held\s+{day(held)} at midnight, recorded {day(made.now)}", case)
    await manager.get_by_text("What was recorded: The meeting was held").click()
    assert "The minutes came today." in await manager.inner_text("main")
    await picture(manager, "case-late")

    for person in (SUBGROUP, CHAIR):
        page = await site.page(person)
        await page.goto("/inbox")
        for summary in await page.locator("summary").all():
            await summary.click()
        text = await page.inner_text("main")
        assert f"Taken back: Rapid review meeting ({review})" in text
        assert f"It had been done by then, on {day(held)}." in text
        assert f"Rapid review meeting: overdue ({review})" not in text


async def asked(made: House) -> str:
    """A review of which two agencies were asked for what they know."""
    lives = Lives(made, answers=known_for(made, 10))
    review = await lives.notified()
    agencies = ["harrowshire-police", "harrow-vale-hospitals"]
    await made.act(MANAGER, review, "request_information", agencies=agencies)
    await made.act(POLICE, review, "submit_return", agency="harrowshire-police", holds="nothing")
    return review


def known_for(made: House, days: int) -> dict[str, Any]:
    """The answers of a referral about something known for so long."""
    aware = str(day_of(made.now) - timedelta(days=days))
    return {"incident_on": aware, "aware_at": aware}


def rung(case: Any, number: int) -> datetime:  # noqa: ANN401 -- a case
    moment_: datetime = case.obligations[RETURN].rungs[number]
    return moment_


# Every dated fact


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def windows(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Windows]:
    async with house(tmp_path_factory.mktemp("dated")) as made:
        yield Windows(made)


DATED = [(lifecycle, kind) for lifecycle, kind in ALL if COMMANDS[lifecycle][kind].OCCURRED]
"""Every command that says when something happened, in each kind of case that takes it."""
LATE = sampled([pytest.param(*one, id=" ".join(one)) for one in DATED], 12)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def happened(windows: Windows, request: pytest.FixtureRequest) -> tuple[datetime, dict[tuple[str, str], Next]]:
    """When all of it happened, two days ago, and the case in which each is still to be recorded."""
    made = windows.house
    lives = Lives(made, answers=known_for(made, 10))
    tried = {
        one.callspec.id
        for one in request.session.items
        if isinstance(one, pytest.Function) and hasattr(one, "callspec")
    }
    found = {one: await lives.ready(*one) for one in DATED if " ".join(one) in tried}
    moment_ = await made.read_clock()
    await made.wait(timedelta(days=2))
    return moment_, found


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(("lifecycle", "kind"), LATE)
async def test_every_dated_fact_can_be_entered_late_with_a_reason(
    windows: Windows, happened: tuple[datetime, dict[tuple[str, str], Next]], lifecycle: str, kind: str
) -> None:
    made, (earlier, waiting) = windows.house, happened
    command = waiting[lifecycle, kind]
    answers = {**command.answers, COMMANDS[lifecycle][kind].OCCURRED: earlier.isoformat()}
    with pytest.raises(Invalid) as refused:
        await made.act(command.person, command.case, kind, **answers)
    assert [one.field for one in refused.value.problems] == ["late"]
    done = await made.act(command.person, command.case, kind, **answers, late="The letter came today.")
    assert (done.fact.occurred, day_of(done.fact.recorded)) == (earlier, day_of(made.now))
    page = await (await windows.open(MANAGER)).read(f"/cases/{command.case}")
    assert f"{moment(earlier)}, recorded {moment(done.fact.recorded)}" in page
    assert "The letter came today." in page


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("lifecycle", sampled(COMMANDS, len(COMMANDS)))
async def test_the_date_of_every_fact_can_be_corrected_and_both_stay_visible(windows: Windows, lifecycle: str) -> None:
    made = windows.house
    await made.read_clock()
    ref = await long_life(made, lifecycle)
    manager = await windows.open(MANAGER)
    case = await made.case(ref)
    undated = {"told", "promised", "locked_out"}  # nor has what is about one of several items a date of the case
    facts = [fact for fact in await made.facts(ref) if fact.kind not in undated and not fact.data.get("item")]
    dated = {fact.number for fact in facts}
    assert {mark.number for mark in case.marks.values()} == dated, "every fact has a date that can be corrected"
    for name, mark in sorted(case.marks.items(), key=lambda one: (one[0] == "awareness", one[1].number)):
        at = (mark.at - timedelta(hours=1)).replace(second=0, microsecond=0)
        about = name.replace("#", "%23")
        known = (await made.case(ref)).marks[name].at
        if known == at:  # made by the same act as one that was corrected before
            continue
        seen = await manager.give(ref, "correct", about=about, at=at.isoformat(), reason=f"Proof of {name}.")
        assert "What this moves" in seen, name
        assert "Nothing is recorded yet." in seen, name
        assert (await made.case(ref)).marks[name].at == known, name
        done = await manager.confirm(at=at.isoformat(), reason=f"Proof of {name}.")
        assert "A date was corrected. It is recorded." in done, name
        assert f"before: {moment(known)} now: {moment(at)}" in done, name
        assert f"Proof of {name}." in done, name
        assert (await made.case(ref)).marks[name].at == at, name


@pytest.mark.asyncio(loop_scope="module")
async def test_a_date_that_is_changed_after_it_was_shown_is_shown_again(windows: Windows) -> None:
    made = windows.house
    await made.read_clock()
    ref = await Lives(made, answers=known_for(made, 10)).asked()
    manager, mark = await windows.open(MANAGER), "national_notification_sent"
    first, second = (made.now - timedelta(days=days) for days in (1, 2))
    await manager.give(ref, "correct", about=mark, at=first.isoformat(), reason="The receipt.")
    again = await manager.confirm(at=second.isoformat(), reason="The receipt, read twice.")
    assert "Nothing is recorded yet." in again
    assert day_of((await made.case(ref)).marks[mark].at) == day_of(made.now)
    assert "It is recorded." in await manager.confirm(at=second.isoformat(), reason="The receipt, read once more.")
    assert day_of((await made.case(ref)).marks[mark].at) == day_of(second)


async def long_life(made: House, lifecycle: str) -> str:
    """A case in which almost everything has happened, some of it twice."""
    lives = Lives(made, answers=known_for(made, 10))
    if lifecycle == "referral":
        ref = await lives.received(event="looked_after_death", others="yes", siblings_safe="not_known")
        await made.act(AUTHORITY, ref, "answer_safety", siblings_safe="yes", words="With their aunt.")
        await made.act(MANAGER, ref, "triage", **lives.triaging("pass_on"))
        await made.act(MANAGER, ref, "pass_on", body="police", sent_at=made.now.isoformat(), sent_to="The desk")
        await made.act(AUTHORITY, ref, "notify_secretary_of_state", **lives.notifying())
        return ref
    if lifecycle in LATER:
        return await LATER[lifecycle](lives)
    ref = await lives.asked()
    await made.act(POLICE, ref, "submit_return", **lives.returning())
    await made.act(CHAIR, ref, "record_analysis", **lives.analysing())
    await made.act(MANAGER, ref, "record_meeting", **{**lives.meeting(), "seats": ["police"]})
    await made.act(MANAGER, ref, "record_meeting", **lives.meeting())
    more = {"parked_on": "inquest", "parked_review": str(day_of(made.now) + timedelta(days=60))}
    await made.act(CHAIR, ref, "decide", **lives.deciding("parked", **more))
    await made.act(MANAGER, ref, "record_submission", **lives.submitting())
    await made.act(MANAGER, ref, "record_panel_answer", **lives.answering("more_information"))
    await made.act(MANAGER, ref, "send_information", sent_at=made.now.isoformat(), words="The dates.")
    await made.act(MANAGER, ref, "record_event", event="inquest", happened_at=made.now.isoformat(), words="Natural.")
    await made.act(CHAIR, ref, "decide", **lives.deciding())
    await made.act(MANAGER, ref, "record_submission", **lives.submitting())
    await made.act(MANAGER, ref, "record_panel_answer", **lives.answering())
    return ref


async def long_practice_review(lives: Lives) -> str:
    reviews, act = PracticeReviews(lives), lives.doer.act
    ref, said = await reviews.commissioned(ago=10), {"words": "As it was said."}
    await act(CHAIR, ref, "appoint_reviewer", **reviews.appointing())
    await act(MANAGER, ref, "announce_review", **reviews.told())
    await act(MANAGER, ref, "request_information", **lives.asking())
    await act(POLICE, ref, "submit_return", **lives.returning())
    await act(MANAGER, ref, "hold_practitioner_event", held_at=lives.moment(), attended=[], **said)
    await act(MANAGER, ref, "finish_family", **said)
    for pace in ("on_track", "late"):
        await act(MANAGER, ref, "check_review", pace=pace, quality="good", **said)
    await act(MANAGER, ref, "explain_delay", **reviews.told(), **said)
    await act(MANAGER, ref, "receive_draft", received_at=lives.moment())
    await act(CHAIR, ref, "sign_off", **reviews.signing())
    await act(MANAGER, ref, "plan_publication", on=lives.day(30))
    await act(MANAGER, ref, "send_advance_copies", **reviews.told())
    await act(CHAIR, ref, "withhold_publication", **reviews.withholding())
    await act(POLICE, ref, "confirm_dissemination", **reviews.confirming())
    return ref


async def long_register(lives: Lives) -> str:
    _, ref, _, _ = await OWING["register"](lives)
    return ref


async def long_disagreement(lives: Lives) -> str:
    return await Disagreements(lives).with_the_chair()


LATER = {
    "practice_review": long_practice_review, "register": long_register, "disagreement": long_disagreement,
}  # fmt: skip
