"""Whoever enters the same a second time is shown the first, and says that another is meant; nothing typed is lost."""

import re
from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import uuid4

import httpx2
import pytest
import pytest_asyncio

from door.refusals import Invalid
from models.rights import AsksBack
from portal.app import create_app
from portal.visiting import SESSION
from records.accounts import Accounts
from tests.support.house import House, house
from tests.support.tracking import HOSPITALS, ICB, MANAGER, OWNERS

pytestmark = pytest.mark.asyncio(loop_scope="module")
TEXT = "Ask at every home visit who else lives in the home."


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def made(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house(tmp_path_factory.mktemp("twice")) as found:
        yield found


@pytest_asyncio.fixture(loop_scope="module")
async def register(made: House) -> str:
    return (await made.open(MANAGER, "open_register", origin="audit", year=2020, another=True)).case


def entered(**more: Any) -> dict[str, Any]:  # noqa: ANN401 -- the answers of a form
    return {
        "text": TEXT, "agency": HOSPITALS, "owner": OWNERS[HOSPITALS], "state": "open", "by": "2031-01-01", **more,
    }  # fmt: skip


def recommended(**more: Any) -> dict[str, Any]:  # noqa: ANN401 -- the answers of a form
    measures = [{"measure": "More children are seen.", "baseline": "Four of ten."}]
    return {"text": TEXT, "agency": HOSPITALS, "by": "2031-01-01", "measures": measures, "seen": True, **more}


@pytest.mark.promise("D3")
@pytest.mark.parametrize(("kind", "answers"), [("enter_recommendation", entered), ("recommend", recommended)])
async def test_the_same_words_to_the_same_agency_in_the_same_case_ask_whether_another_is_meant(
    made: House, register: str, kind: str, answers: Callable[..., dict[str, Any]]
) -> None:
    await made.act(MANAGER, register, "enter_recommendation", **entered())
    with pytest.raises(Invalid) as caught:
        await made.act(MANAGER, register, kind, **answers(text=f"  {TEXT.upper()} "))
    (problem,) = caught.value.problems
    assert isinstance(problem, AsksBack)
    assert problem.field == "another"
    assert problem.words.startswith(f"{register}/r1: the same is said to the same agency.")
    await made.act(MANAGER, register, kind, **answers(another=True))
    with pytest.raises(Invalid) as caught:
        await made.act(MANAGER, register, kind, **answers())
    assert caught.value.problems[0].words.startswith(f"{register}/r1, {register}/r2: the same is said")


@pytest.mark.promise("D3")
@pytest.mark.parametrize(
    "text", [TEXT.removesuffix("."), TEXT.upper(), f" {TEXT.replace(' ', '  ')} ", TEXT.replace("visit", "visit,")]
)
async def test_stops_spaces_and_capitals_do_not_make_other_words(made: House, register: str, text: str) -> None:
    await made.act(MANAGER, register, "enter_recommendation", **entered())
    with pytest.raises(Invalid, match="Invalid") as caught:
        await made.act(MANAGER, register, "enter_recommendation", **entered(text=text))
    assert [one.field for one in caught.value.problems] == ["another"]


@pytest.mark.promise("D3")
async def test_other_words_another_agency_and_another_case_are_no_repetition(made: House, register: str) -> None:
    await made.act(MANAGER, register, "enter_recommendation", **entered())
    await made.act(MANAGER, register, "enter_recommendation", **entered(text=f"{TEXT} Write it down."))
    await made.act(MANAGER, register, "enter_recommendation", **entered(agency=ICB, owner=OWNERS[ICB]))
    other = (await made.open(MANAGER, "open_register", origin="audit", year=2020, another=True)).case
    await made.act(MANAGER, other, "enter_recommendation", **entered())


@pytest.mark.promise("C13", "D8")
async def test_a_review_that_was_over_takes_what_it_recommended_by_hand_though_it_is_closed(made: House) -> None:
    review = (await made.open(
        MANAGER, "enter_review", name="Baby Q", origin="serious_case_review", decided_on="2018-05-01", agencies=[ICB],
        reached="published", settled_on="2019-03-01",
    )).case  # fmt: skip
    assert (await made.case(review)).closed is not None, "nothing is owed"
    await made.act(MANAGER, review, "enter_recommendation", **entered(text="Ask who collects the child."))
    case = await made.case(review)
    assert case.closed is None
    assert [one.agency for one in case.open()] == [HOSPITALS] * len(case.open())
    await made.act(MANAGER, review, "enter_recommendation", **entered(text="Write down who was there."))
    assert list((await made.case(review)).recommendations) == ["r1", "r2"]


@pytest.mark.promise("D3")
async def test_a_second_register_of_the_same_source_and_year_asks_whether_another_is_meant(made: House) -> None:
    first = (await made.open(MANAGER, "open_register", origin="inspection", year=2024)).case
    with pytest.raises(Invalid) as caught:
        await made.open(MANAGER, "open_register", origin="inspection", year=2024)
    (problem,) = caught.value.problems
    assert problem.field == "another"
    assert problem.words.startswith(f"{first}: a register of the same source and year.")
    await made.open(MANAGER, "open_register", origin="inspection", year=2025)
    await made.open(MANAGER, "open_register", origin="inspection", year=2024, another=True)


@pytest.mark.promise("C1")
async def test_a_review_of_the_same_name_day_and_agencies_asks_whether_another_is_meant(made: House) -> None:
    review = {
        "name": "Child Rowan", "origin": "practice_review", "decided_on": "2026-01-05", "reached": "decided",
        "agencies": [HOSPITALS, ICB],
    }  # fmt: skip
    first = (await made.open(MANAGER, "enter_review", **review)).case
    with pytest.raises(Invalid) as caught:
        await made.open(MANAGER, "enter_review", **{**review, "name": "child rowan.", "agencies": [ICB, HOSPITALS]})
    (problem,) = caught.value.problems
    assert problem.field == "another"
    assert problem.words.startswith(f"{first}: a review of the same name, day and agencies.")
    await made.open(MANAGER, "enter_review", **review, another=True)
    for other in ({"name": "Child Ash"}, {"decided_on": "2026-01-06"}, {"agencies": [ICB]}):
        await made.open(MANAGER, "enter_review", **{**review, **other})


@pytest.mark.promise("F14")
async def test_a_challenge_in_the_same_words_asks_whether_another_is_meant_while_the_first_is_open(made: House) -> None:
    raiser = OWNERS[HOSPITALS]
    challenge = {
        "agency": HOSPITALS, "challenged": ICB, "at_risk": "yes", "about": "The plan was ended.", "wanted": "Another.",
    }  # fmt: skip
    first = (await made.open(raiser, "raise_disagreement", **challenge)).case
    with pytest.raises(Invalid) as caught:
        await made.open(raiser, "raise_disagreement", **{**challenge, "about": "the plan was ended"})
    (problem,) = caught.value.problems
    assert problem.field == "another"
    assert problem.words.startswith(f"{first}: the same challenge to the same agency is open.")
    await made.open(raiser, "raise_disagreement", **{**challenge, "about": "Another plan was ended."})
    second = (await made.open(raiser, "raise_disagreement", **challenge, another=True)).case
    for ref in (first, second):
        await made.act(raiser, ref, "withdraw_disagreement", agency=HOSPITALS, reason="It is mended.")
    await made.open(raiser, "raise_disagreement", **challenge)


@pytest.mark.promise("A3", "D3")
async def test_the_form_comes_back_with_all_that_was_typed_and_a_box_to_tick(made: House) -> None:
    first = (await made.open(MANAGER, "open_register", origin="child_deaths", year=2024)).case
    there, now = made.there, made.now
    accounts = Accounts(there.database, there.vault, there.auditor)
    async with there.database.writing() as session:
        token = await accounts.begin(session, MANAGER, now)
    async with there.database.reading() as reading:
        known = await accounts.session(reading, token, now)
    assert known
    transport = httpx2.ASGITransport(app=create_app(there, made.client, lambda: made.now))
    typed = {"origin": "child_deaths", "year": "2024", "words": "The panel’s actions.", "_csrf": known.form_token}
    async with httpx2.AsyncClient(
        transport=transport, base_url="http://reviews.test", cookies={SESSION: token}
    ) as client:
        blank = await client.get("/open/open_register")
        assert 'name="another"' not in blank.text, "nobody is asked before it is the case"
        back = await client.post("/open/open_register", data={**typed, "_request": uuid4().hex})
        assert back.status_code == 422
        assert f"{first}: a register" in re.sub(r"<[^>]*>", "", back.text)
        assert "The panel’s actions." in back.text
        assert 'name="another"' in back.text
        done = await client.post("/open/open_register", data={**typed, "_request": uuid4().hex, "another": "true"})
        assert done.status_code == 303


@pytest.mark.promise("K2")
@pytest.mark.parametrize(
    ("person", "kind", "answers"),
    [
        (OWNERS[HOSPITALS], "answer_recommendation", {"answer": "accepts"}),
        (MANAGER, "give_evidence", {"measure": "m1", "shows": "delivery", "words": "The audit of May."}),
    ],
)
async def test_whoever_names_a_recommendation_that_is_not_there_hears_just_that(
    made: House, register: str, person: str, kind: str, answers: dict[str, Any]
) -> None:
    await made.act(MANAGER, register, "enter_recommendation", **entered())
    with pytest.raises(Invalid) as caught:
        await made.act(person, register, kind, item="r77", **answers)
    (problem,) = caught.value.problems
    assert (problem.field, problem.words) == ("item", "There is no such recommendation in this case.")
