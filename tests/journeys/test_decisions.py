"""A decision of a rapid review in each of its outcomes, from its page to the closed case.

It is kept with everything that was said, shown to those who may read it, followed by what is owed next, and told to
the referrer.
"""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from playwright.async_api import Page

from door.refusals import Invalid
from models.rapid_review import Alternative, AwaitedEvent, Outcome
from models.referral import Body
from models.time import london
from notifier.receipts import STATUS
from portal.visiting import cookie_name
from tests.support.browsing import Served, fill, picture, send, served, text_of
from tests.support.lives import CHAIR, MANAGER, Lives
from tests.support.sampling import sampled

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]

CRITERIA = ("improvements", "recurrent_themes", "working_together", "panel_concluded")
DISSENT = "We think that a practice review would find more."


@dataclass(frozen=True)
class Case:
    """One outcome: what is answered beside it, what is then owed besides the submission, and what is read."""

    outcome: Outcome
    answers: dict[str, str | bool | list[str]] = field(default_factory=dict)
    owed: frozenset[str] = frozenset({"tell_referrer"})
    read: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.outcome.value


CASES = [
    Case(Outcome.PRACTICE_REVIEW),
    Case(Outcome.ALTERNATIVE, {"alternative": "appreciative"}, read=(Alternative.APPRECIATIVE.words,)),
    Case(Outcome.JOINED, {"joins": "The thematic review of 2026"}, read=("The thematic review of 2026",)),
    Case(Outcome.NO_FURTHER, {"passed_to": ["cqc", "lado"]}, read=(f"{Body.CQC.words}, {Body.LADO.words}",)),
    Case(Outcome.NATIONAL),
    Case(
        Outcome.PARKED,
        {"parked_on": "inquest", "parked_review": "+60"},
        owed=frozenset({"parked_review"}),
        read=(AwaitedEvent.INQUEST.words,),
    ),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    async with served(tmp_path_factory.mktemp("decisions")) as made:
        yield made


async def decide(site: Served, page: Page, ref: str, case: Case) -> None:
    """Answer each criterion with a reason of its own; one partner agrees, one does not and says why, one is silent."""
    now = london(site.house.now)
    ahead = {name: int(said) for name, said in case.answers.items() if isinstance(said, str) and said[0] == "+"}
    later = {name: str(now.date() + timedelta(days=days)) for name, days in ahead.items()}
    answers: dict[str, str | bool | list[str]] = {"decided_at": f"{now:%Y-%m-%d %H:%M}"}
    for row, criterion in enumerate(CRITERIA):
        answers |= {f"criteria.{row}.met": "no" if row else "yes", f"criteria.{row}.reason": f"Because of {criterion}."}
    answers |= {"regarded.2.applies": "yes", "regarded.2.words": "They moved twice."}
    answers |= {
        "positions.0.position": "agrees", "positions.1.position": "dissents", "positions.1.words": DISSENT,
        "positions.2.position": "absent",
    }  # fmt: skip
    answers |= {
        "outcome": case.outcome.value,
        "reasons": "As the national panel will read them.",
        **case.answers,
        **later,
    }
    await page.goto(f"/cases/{ref}/decide")
    await fill(page, answers)
    await picture(page, f"decide-{case}")
    await send(page)
    assert await page.locator(".govuk-notification-banner--success").count() == 1, await page.inner_text("main")


def open_in(case: Any) -> set[str]:  # noqa: ANN401 -- the state of a case
    return {one.block for one in case.open()}


@pytest.mark.browser
@pytest.mark.promise("B7", "A11")
@pytest.mark.parametrize("case", sampled(CASES, len(CASES)), ids=str)
async def test_each_outcome_is_decided_kept_shown_told_and_closed(site: Served, case: Case) -> None:
    house, lives = site.house, Lives(site.house)
    ref = await lives.met()
    chair = await site.page(CHAIR)
    await decide(site, chair, ref, case)

    # It is kept and shown: every criterion with its reason, every position, the dissent in its own words.
    shown = await text_of(chair, f"/cases/{ref}")
    for criterion in CRITERIA:
        assert f"Because of {criterion}." in shown
    assert "Criteria that the safeguarding partners must take into account" in shown  # the text decided against
    assert "They moved twice." in shown
    for words in (
        "Harrowshire Council: Position Agrees",
        "Harrowshire Police: Position Does not agree",
        "Has not answered",
    ):
        assert words in shown, words
    assert DISSENT in shown
    assert case.outcome.words in shown
    assert all(words in shown for words in case.read)
    assert DISSENT not in await text_of(await site.page("p-005"), f"/cases/{ref}"), "an agency sees its own part only"

    # What is owed next, and what the referrer may be told.
    state = await house.case(ref)
    assert open_in(state) == {"submission"} | case.owed
    assert state.said["outcome"] == case.outcome.value
    if case.outcome is Outcome.PARKED:
        await brought_back(site, ref)
    await house.act(MANAGER, ref, "record_submission", **lives.submitting())
    assert open_in(await house.case(ref)) == {"panel_answer", "tell_referrer"}
    manager = await site.page(MANAGER)
    beside = await text_of(manager, f"/cases/{ref}/tell_referrer")
    assert "As the national panel will read them." in beside, "the decision stands beside what is told"
    await house.act(MANAGER, ref, "record_panel_answer", **lives.answering())
    assert (await house.case(ref)).closed is None, "the referrer has not been told"
    await fill(manager, {"how": "phone", "words": f"Told: {case.outcome.words}."})
    await send(manager)
    assert "Closed on" in await manager.inner_text("main")
    assert f"Told: {case.outcome.words}." in await text_of(manager, f"/cases/{ref}")
    assert (await house.case(ref)).closed is not None


async def brought_back(site: Served, ref: str) -> None:
    """The inquest is recorded; the parked decision comes back with the old one beside it, and is taken."""
    house, lives = site.house, Lives(site.house)
    event = {"event": "inquest", "happened_at": house.now.isoformat(), "words": "A narrative conclusion."}
    await house.act(MANAGER, ref, "record_event", **event)
    assert "reassess" in open_in(await house.case(ref))
    chair = await site.page(CHAIR)
    beside = await text_of(chair, f"/cases/{ref}/decide")
    assert DISSENT in beside
    assert "A narrative conclusion." in beside
    await house.act(CHAIR, ref, "decide", **lives.deciding("practice_review"))
    assert open_in(await house.case(ref)) == {"submission", "tell_referrer"}


@pytest.mark.browser
@pytest.mark.promise("B7", "A11")
async def test_the_referrer_sees_by_their_link_that_they_are_told_and_nothing_of_the_decision(site: Served) -> None:
    house, lives = site.house, Lives(site.house)
    ref = await lives.received()
    await house.act(MANAGER, ref, "triage", **lives.triaging())
    async with house.there.database.writing() as session:
        token = await site.accounts.link(session, STATUS, ref, None)
    context = await site.context()
    await context.add_cookies([{"name": cookie_name(site.address, STATUS), "value": token, "url": site.address}])
    page = await context.new_page()
    assert "You are told the outcome In hand" in await text_of(page, "/status")
    await house.act(MANAGER, ref, "tell_referrer", how="email", words="A rapid review is held.")
    told = await text_of(page, "/status")
    assert re.search("You are told the outcome .* Done", told)
    assert "rapid review" not in told.lower()


@pytest.mark.promise("B7")
async def test_every_door_refuses_a_decision_that_is_not_complete_in_words_beside_its_field(site: Served) -> None:
    house, lives = site.house, Lives(site.house)
    ref = await lives.met()
    whole = lives.deciding()
    token = (await (await site.context(CHAIR)).cookies())[0]["value"]
    first, *others = whole["criteria"]
    silent = [{**one, "position": "dissents", "words": ""} for one in whole["positions"]]
    wrong: list[tuple[dict[str, Any], str, str]] = [
        ({"criteria": others}, "criteria", "(improvements)"),
        ({"criteria": [{**first, "reason": " "}, *others]}, "criteria.0.reason", "Enter why"),
        ({"positions": whole["positions"][1:]}, "positions", "(harrowshire-council)"),
        ({"positions": silent}, "positions.2.words", "Record why this partner does not agree"),
        ({"outcome": "alternative_review"}, "alternative", "Choose the kind of review"),
        ({"outcome": "joined"}, "joins", "Say which review it joins"),
        ({"outcome": "parked"}, "parked_on", "Choose the event"),
        ({"outcome": "parked", "parked_on": "inquest"}, "parked_review", "Enter the day"),
        ({"reasons": ""}, "reasons", "Enter the reasons"),
        ({"regarded": [{"criterion": "no_agency", "applies": "yes"}]}, "regarded.0.words", "Say how it applies"),
        ({"criteria_set": "serious_case_review_2006"}, "criteria_set", "the text in force"),
    ]  # fmt: skip
    async with httpx2.AsyncClient(base_url=site.address, headers={"authorization": f"Bearer {token}"}) as client:
        for change, at, words in wrong:
            with pytest.raises(Invalid) as refusal:
                await house.act(CHAIR, ref, "decide", **{**whole, **change})
            assert words in {one.field: one.words for one in refusal.value.problems}.get(at, ""), (at, refusal.value)
            answer = await client.post(f"/api/v1/cases/{ref}/decide", json={**whole, **change})
            assert answer.status_code == 422
            assert words in {one["field"]: one["words"] for one in answer.json()["problems"]}[at]
    assert "decision_recorded" not in (await house.case(ref)).marks
