"""Answers without which nothing is taken, by whichever door it comes: page, JSON, command line, the door itself."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from door.refusals import Invalid
from tests.support.browsing import Served, picture, send, served, text_of
from tests.support.lives import CHAIR, MANAGER, Lives
from tests.support.running import MANAGER as MANAGER_EMAIL
from tests.support.running import PASSWORD, PEOPLE, reviews, write_json
from tests.support.sampling import sampled

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180), pytest.mark.browser]

EMAILS = {MANAGER: MANAGER_EMAIL, CHAIR: PEOPLE[CHAIR]}
CONTEXT = "Enter how race, inequality and protected characteristics shaped the child’s life and the practice."
SAFE = "Choose whether the other children are safe now."
SAFE_WORDS = "Enter who cares for the other children, and how you know."


@dataclass
class Site:
    """A referral that waits for its triage, a review that waits for its meeting, and one that was decided."""

    served: Served
    cases: dict[str, str]
    answers: dict[str, dict[str, Any]]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    async with served(tmp_path_factory.mktemp("required")) as made:
        lives = Lives(made.house)
        asked, decided = await lives.asked(), await lives.decided()
        referral = await lives.received()
        for person in EMAILS:
            async with made.house.there.database.writing() as session:
                token = await made.accounts.link(session, "invitation", person, None)
            await made.accounts.set_password(token, PASSWORD, made.house.now)
        cases = {"triage": referral, "record_meeting": asked, "record_analysis": asked, "record_submission": decided}
        answers = {
            "triage": lives.triaging(), "record_meeting": lives.meeting(), "record_analysis": lives.analysing(),
            "record_submission": lives.submitting(),
        }  # fmt: skip
        yield Site(made, cases, answers)


REQUIRED = [
    pytest.param(CHAIR, "record_analysis", "context", CONTEXT, id="context"),
    *(
        pytest.param(MANAGER, kind, field, words, id=f"{kind}-{field}")
        for kind in ("triage", "record_meeting", "record_submission")
        for field, words in (("siblings_safe", SAFE), ("siblings_words", SAFE_WORDS))
    ),
]


@pytest.mark.promise("B8", "B12")
@pytest.mark.parametrize(("person", "kind", "field", "words"), sampled(REQUIRED, 2))
@pytest.mark.parametrize("empty", sampled(["blank", "left out"], 2))
async def test_every_door_refuses_without_it_in_words_beside_its_field(  # noqa: PLR0913, PLR0917 -- one parameter for each part of a refusal
    site: Site, tmp_path: Path, person: str, kind: str, field: str, words: str, empty: str
) -> None:
    ref, house = site.cases[kind], site.served.house
    answers = {name: said for name, said in site.answers[kind].items() if name != field}
    if empty == "blank":
        answers[field] = "  " if field.endswith("words") or field == "context" else ""
        words = words if field != "siblings_safe" else "Choose whether the other children are safe now"
    facts = len(await house.facts(ref))

    with pytest.raises(Invalid) as refusal:
        await house.act(person, ref, kind, **answers)
    assert words in {one.field: one.words for one in refusal.value.problems}[field]

    token = (await (await site.served.context(person)).cookies())[0]["value"]
    async with httpx2.AsyncClient(base_url=site.served.address) as client:
        client.headers["authorization"] = f"Bearer {token}"
        answer = await client.post(f"/api/v1/cases/{ref}/{kind}", json=answers)
    assert answer.status_code == 422
    assert words in {one["field"]: one["words"] for one in answer.json()["problems"]}[field]

    file = write_json(tmp_path / "answers.json", answers)
    folder = house.there.settings.data_dir
    done = reviews("answer", ref, kind, file, "--data-dir", folder, "--as", EMAILS[person], REVIEWS_PASSWORD=PASSWORD)
    assert done.returncode == 3, done.stderr
    assert f"{field}: {words}" in done.stderr
    assert len(await house.facts(ref)) == facts


@pytest.mark.promise("B8", "B12")
@pytest.mark.parametrize(("person", "kind", "field", "words"), REQUIRED)
async def test_the_page_says_so_beside_the_question_and_in_its_summary(
    site: Site, person: str, kind: str, field: str, words: str
) -> None:
    page = await site.served.page(person)
    await page.goto(f"/cases/{site.cases[kind]}/{kind}")
    await send(page)
    await picture(page, f"required-{kind}")
    assert words.removesuffix(".") in await page.locator(f"[id='{field}-error']").inner_text()
    assert words.removesuffix(".") in await page.locator(".govuk-error-summary").inner_text()


@pytest.mark.promise("B8")
async def test_the_analysis_is_read_with_its_context_by_those_who_decide(site: Site) -> None:
    """It stands beside the form of the decision, and in the pack of the meeting."""
    house, lives = site.served.house, Lives(site.served.house)
    ref = await lives.asked()
    said = "Her deafness was noted once and never again; nobody booked an interpreter."
    await house.act(CHAIR, ref, "record_analysis", **{**lives.analysing(), "context": said})
    page = await site.served.page(CHAIR)
    for address in (f"/cases/{ref}", f"/cases/{ref}/decide", f"/cases/{ref}/pack"):
        shown = await text_of(page, address)
        assert "How did race, inequality and protected characteristics" in shown, address
        assert said in shown, address


@pytest.mark.promise("B12", "A13")
@pytest.mark.parametrize("kind", ["triage", "record_meeting", "record_submission"])
@pytest.mark.parametrize("answer", sampled(["not_known", "no"], 2))
async def test_children_who_are_not_known_to_be_safe_are_asked_after_at_once(
    site: Site, kind: str, answer: str
) -> None:
    """Whoever answers so at triage, meeting or submission makes the business unit's inbox ring, until they are safe."""
    house, lives = site.served.house, Lives(site.served.house)
    ref = await {"triage": lives.received, "record_meeting": lives.asked, "record_submission": lives.decided}[kind]()
    await house.act(MANAGER, ref, kind, **{**site.answers[kind], **_now(site, kind), "siblings_safe": answer})
    told = [one for one in await house.notices(ref) if one.obligation == "siblings_safety"]
    assert {(one.office, one.rung) for one in told} == {("business_manager", 0), ("administrator", 0)}
    manager = await site.served.page(MANAGER)
    await manager.goto("/inbox")
    message = manager.locator("article", has_text=f"({ref})").filter(
        has_text="Make sure that the other children are safe"
    )
    assert "Urgent." in await message.first.inner_text()
    await manager.goto(f"/cases/{ref}")
    await manager.get_by_role("button", name="Say whether they are safe").click()
    await manager.locator('[name="siblings_safe"][value="yes"]').check()
    await manager.fill('[name="words"]', "Their aunt has them; seen today.")
    await send(manager)
    assert await manager.locator(".govuk-notification-banner--success").count() == 1
    assert not (await house.case(ref)).is_open("siblings_safety")


def _now(site: Site, kind: str) -> dict[str, str]:
    when = {"record_meeting": "held_at", "record_submission": "sent_at"}.get(kind)
    return {when: site.served.house.now.isoformat()} if when else {}
