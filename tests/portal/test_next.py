"""A case's page begins with what is owed next by the one who looks, and offers nobody what is not theirs."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from models.judging import OF_CLOSED
from models.lifecycles import COMMANDS
from models.time import day_of
from portal.app import create_app
from records.accounts import Accounts
from records.questions import CaseView, Questions
from tests.portal import scene
from tests.portal.scene import CHAIR, HOSPITAL, MANAGER, POLICE
from tests.portal.test_papers import Site
from tests.support.house import house, referral, triage

pytestmark = pytest.mark.asyncio(loop_scope="module")
DEPUTY = "p-019"
BUTTON = re.compile(r'<a class="govuk-button portal-act"[^>]*href="/cases/[^/]+/([a-z_]+)')


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    async with house(tmp_path_factory.mktemp("next")) as made:
        yield Site(made, await scene.play(made))


async def buttons(site: Site, person: str, ref: str) -> list[str]:
    return BUTTON.findall((await site.read(person, f"/cases/{ref}")).text)


@pytest.mark.promise("J3")
async def test_a_meeting_is_arranged_before_it_is_recorded_and_recorded_once_it_has_begun(site: Site) -> None:
    made = site.house
    review = (await scene.opened(made))[1]
    await made.act(MANAGER, review, "request_information", agencies=["harrowshire-police"])
    assert await buttons(site, MANAGER, review) == ["arrange_meeting"]
    begins = (made.now + timedelta(hours=3)).isoformat()
    await made.act(MANAGER, review, "arrange_meeting", at=begins, minutes=60, place="Room 2")
    page = (await site.read(MANAGER, f"/cases/{review}")).text
    assert BUTTON.findall(page) == []
    assert "record it when it was held" in page
    await made.wait(timedelta(hours=3, minutes=1))
    assert await buttons(site, MANAGER, review) == ["record_meeting"]
    safe = {"siblings_safe": "yes", "siblings_words": "A social worker saw them."}
    await made.act(MANAGER, review, "record_meeting", held_at=made.now.isoformat(), seats=["police"], **safe)
    assert await buttons(site, MANAGER, review) == ["arrange_meeting"], "it had no quorum, so it is held again"


@pytest.mark.promise("K3")
async def test_a_return_is_offered_only_to_whoever_was_asked(site: Site) -> None:
    made, parked = site.house, site.scene.parked
    measures, by = [{"measure": "They ask."}], str(scene.day(made, 9))
    await made.act(MANAGER, parked, "recommend", text="Ask.", agency="harrow-vale-hospitals", by=by, measures=measures)
    page = await site.read(HOSPITAL, f"/cases/{parked}")
    assert page.status_code == 200, "it owes what was recommended to it"
    assert "submit_return" not in page.text
    assert (await site.read(HOSPITAL, f"/cases/{parked}/submit_return")).status_code == 403
    assert "submit_return" in (await site.read(POLICE, f"/cases/{parked}")).text


@pytest.mark.promise("J1", "J3")
async def test_a_parked_case_says_that_it_is_parked_and_until_when(site: Site) -> None:
    words = "Parked until the inquest concludes"
    for address in (f"/cases/{site.scene.parked}", "/cases"):
        assert words in (await site.read(CHAIR, address)).text


@pytest.mark.promise("J3")
async def test_a_form_of_a_closed_case_says_so_before_anything_is_typed(site: Site) -> None:
    ref = (await site.house.refer(event="concern")).case
    await site.house.act(MANAGER, ref, "triage", **triage("no_further_action"))
    words = "This case is closed. It can be reopened, with a reason."
    assert words not in (await site.read(MANAGER, f"/cases/{ref}/tell_referrer")).text
    await site.house.act(MANAGER, ref, "tell_referrer", how="email", words="It was not taken up.")
    assert words in (await site.read(MANAGER, f"/cases/{ref}/tell_referrer")).text
    assert words not in (await site.read(MANAGER, f"/cases/{ref}/restrict")).text


@pytest.mark.promise("J3")
async def test_an_answer_that_is_not_taken_says_so_before_anything_is_typed_and_names_no_past_day(site: Site) -> None:
    owed, reach = "agency_return/harrow-vale-hospitals", "The policy lets a date reach to"
    for kind, key, person, words in (
        ("ask_time", owed, HOSPITAL, "More time has to be asked for before the due date. Promise a date instead."),
        ("promise", owed, HOSPITAL, "A date has been promised already. Keep it, or ask for time."),
        ("dispute", "agency_return/harrowshire-probation", "p-015", "This is disputed already"),
        ("suspend", "agency_return/harrowshire-schools", CHAIR, "This clock is suspended already."),
    ):
        text = (await site.read(person, f"/cases/{site.scene.review}/{kind}?about={key}")).text
        assert words in text, kind
        assert reach not in text, kind
    later = (await site.read(CHAIR, f"/cases/{site.scene.review}/suspend?about=submission")).text
    assert reach in later
    assert "govuk-warning-text" not in later


@pytest.mark.promise("A11", "K6")
async def test_whoever_tells_the_referrer_sees_whom_and_it_is_noted(site: Site) -> None:
    said, ref = referral(site.house.now), (await site.house.refer(event="concern")).case
    await site.house.act(MANAGER, ref, "triage", **triage("no_further_action"))
    text = (await site.read(MANAGER, f"/cases/{ref}/tell_referrer")).text
    for name in ("referrer_name", "referrer_role", "referrer_agency", "referrer_email"):
        assert said[name] in text, name
    assert (await site.reads())[-1] == (MANAGER, ref, "referrer")
    assert said["referrer_email"] not in (await site.read(MANAGER, f"/cases/{ref}/correct?about=awareness")).text


@pytest.mark.promise("K10")
async def test_the_accessibility_statement_has_its_date_and_the_way_to_enforcement(site: Site) -> None:
    text = (await site.read(MANAGER, "/accessibility")).text
    assert "It was prepared on 22 November 2026" in text
    assert 'href="https://www.equalityadvisoryservice.com/"' in text


@pytest.mark.promise("F5", "K2")
async def test_whoever_disputes_is_offered_no_settling_of_it_on_page_inbox_or_form(site: Site) -> None:
    made = site.house
    review = (await scene.opened(made))[1]
    await made.act(MANAGER, review, "request_information", agencies=["harrowshire-police"])
    await made.act(MANAGER, review, "dispute", obligation="meeting", ground="not_ours", words="w")
    await made.settled()
    settle = f"/cases/{review}/settle_dispute"
    for page in (f"/cases/{review}", "/inbox"):
        assert settle not in (await site.read(MANAGER, page)).text, page
    assert (await site.read(MANAGER, f"{settle}?about=meeting")).status_code == 403
    assert settle in (await site.read(DEPUTY, f"/cases/{review}")).text
    assert (await site.read(DEPUTY, f"{settle}?about=meeting")).status_code == 200


@pytest.mark.promise("F5")
async def test_an_answer_is_offered_to_the_office_that_the_policy_names_and_to_others_once_they_are_told(
    site: Site,
) -> None:
    made, key = site.house, "agency_return/harrowshire-police"
    review = (await scene.opened(made))[1]
    await made.act(MANAGER, review, "request_information", agencies=["harrowshire-police"])
    due = (await made.case(review)).obligations[key].due
    assert due
    later = str(day_of(due) + timedelta(days=1))
    await made.act("p-005", review, "ask_time", obligation=key, until=later, reason="r")
    await made.settled()
    answer = f"/cases/{review}/answer_time"
    for person, offered in ((CHAIR, True), (MANAGER, False)):
        assert (answer in (await site.read(person, f"/cases/{review}")).text) is offered, person
        assert (await site.read(person, f"{answer}?about={key}")).status_code == (200 if offered else 403), person
    form = (await site.read(CHAIR, f"{answer}?about={key}")).text
    day = day_of(due) + timedelta(days=1)
    for part in ("day", "month", "year"):
        shown = rf'name="until-{part}"[^>]*value="{getattr(day, part)}"'
        assert re.search(shown, form), "the day that was asked for stands in the form, to be confirmed or changed"
    await made.wait(timedelta(days=6))  # over a weekend and a holiday as well
    await made.settled()
    assert answer in (await site.read(MANAGER, f"/cases/{review}")).text
    given = {"obligation": key, "granted": False, "reason": "r"}
    await made.act(MANAGER, review, "answer_time", **given)
    assert "This has been answered. Nothing more is needed." in (await site.read(CHAIR, "/inbox")).text


def breakable(text: str) -> list[str]:
    """References on a page, as far as they are shown, that a narrow column could break at a hyphen."""
    unseen = r'<(title|option|textarea|script)\b.*?</\1>|<span class="govuk-visually-hidden">.*?</span>'
    whole = r'<span class="portal-ref">[^<]*</span>'
    return re.findall(r"\b[LR]R-\d{4}-\d{4}", re.sub(rf"(?s){unseen}|{whole}|<[^>]*>", " ", text))


@pytest.mark.promise("L14")
async def test_no_page_breaks_a_reference(site: Site) -> None:
    seen, scene_ = "", site.scene
    ref = (await site.house.refer(narrative=f"As in {scene_.review}.")).case
    pages = [f"/cases/{scene_.review}{more}" for more in (
        "", "/deadlines", "/chronology", "/pack", "/notification-pack", "/promise?about=submission", "/restrict",
    )]  # fmt: skip
    pages += [f"/cases/{one}" for one in (scene_.referral, scene_.closed, scene_.restricted, ref)]
    for address in (*pages, f"/cases/{ref}/triage", "/cases", "/inbox", "/register", "/mail", "/reads"):
        answer = await site.read(MANAGER, address)
        assert answer.status_code == 200, address
        assert breakable(answer.text) == [], address
        seen += answer.text
    assert f'As in <span class="portal-ref">{scene_.review}</span>.' in seen
    assert breakable(f"<p>{ref}</p>") == [ref]


@pytest.mark.promise("B2", "K3")
async def test_an_agency_that_was_asked_wrongly_sees_what_it_wrote_and_the_withdrawal_and_nothing_that_came_after(
    site: Site,
) -> None:
    made, questions = site.house, Questions(site.house.there.recorder)
    review = (await scene.opened(made))[1]
    await made.act(MANAGER, review, "request_information", agencies=["harrowshire-police", "harrow-vale-hospitals"])
    promised = {"obligation": "agency_return/harrow-vale-hospitals", "until": day_of(made.now).isoformat()}
    await made.act(HOSPITAL, review, "promise", **promised)
    await made.act(MANAGER, review, "withdraw_request", agency="harrow-vale-hospitals", reason="Another county.")

    async def seen() -> tuple[list[str], list[str]]:
        view = await questions.case(review, await made.actor(HOSPITAL), made.now)
        assert isinstance(view, CaseView)
        assert not view.asked
        return [one.kind for one in view.entries], [one.key for one in view.deadlines]

    kinds, keys = await seen()
    assert {"promised", "request_withdrawn"} <= set(kinds)
    assert keys == ["agency_return/harrow-vale-hospitals"]
    await made.act(POLICE, review, "submit_return", agency="harrowshire-police", holds="nothing")
    begins = (made.now + timedelta(days=1)).isoformat()
    await made.act(MANAGER, review, "arrange_meeting", at=begins, minutes=60, place="Room 2")
    await made.settled()
    assert await seen() == (kinds, keys)


async def told(site: Site, person: str, ref: str) -> dict[str, Any]:
    """What JSON says of a case to this person."""
    made = site.house
    async with made.there.database.writing() as session:
        accounts = Accounts(made.there.database, made.there.vault, made.there.auditor)
        token = await accounts.begin(session, person, made.now)
    header = {"authorization": f"Bearer {token}"}
    transport = httpx2.ASGITransport(app=create_app(made.there, made.client, lambda: made.now))
    async with httpx2.AsyncClient(transport=transport, base_url="http://reviews.test", headers=header) as client:
        found: dict[str, Any] = (await client.get(f"/api/v1/cases/{ref}")).json()
        return found


@pytest.mark.promise("L11", "J3")
async def test_json_names_the_commands_to_which_the_page_has_a_link_and_no_others(site: Site) -> None:
    commands = {kind for of_kind in COMMANDS.values() for kind in of_kind}
    here = site.scene
    for person in (MANAGER, CHAIR, HOSPITAL, POLICE, scene.PARTNER, scene.AUTHORITY):
        for ref in (here.review, here.referral, here.parked, here.closed, here.urgent):
            page = await site.read(person, f"/cases/{ref}")
            if page.status_code == 200:
                linked = set(re.findall(rf'href="/cases/{ref}/([a-z_]+)', page.text)) & commands
                assert set((await told(site, person, ref))["can"]) == linked, (person, ref)


@pytest.mark.promise("L11")
async def test_json_of_a_closed_case_names_only_what_a_closed_case_takes(site: Site) -> None:
    assert set((await told(site, MANAGER, site.scene.closed))["can"]) == OF_CLOSED
    assert (await told(site, scene.AUTHORITY, site.scene.closed))["can"] == []


@pytest.mark.promise("L11", "K3")
async def test_json_tells_an_agency_of_no_recommendation_that_it_does_not_owe_and_of_no_case_that_it_may_not_open(
    site: Site,
) -> None:
    review = (await scene.opened(site.house))[1]
    agencies = ["harrow-vale-hospitals"]
    await site.house.act(MANAGER, review, "request_information", agencies=agencies)
    asked = await told(site, HOSPITAL, review)
    assert "submit_return" in asked["can"]
    assert "answer_recommendation" not in asked["can"]
    assert (asked["parent"], (await told(site, MANAGER, review))["parent"]) == (None, await referral_of(site, review))
    said = {"text": "Ask.", "agency": agencies[0], "by": str(scene.day(site.house, 9)), "measures": [{"measure": "-"}]}
    await site.house.act(MANAGER, review, "recommend", **said, seen=True, another=True)
    lead = (await told(site, scene.HOSPITAL_LEAD, review))["can"]
    assert "answer_recommendation" in lead


async def referral_of(site: Site, review: str) -> str:
    return str((await site.house.case(review)).said["referral"])
