"""The same table through the real doors: page, JSON, terminal and chat, on the real engine. And two people at once."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import update

import door.door
from models.files import FileState
from models.recommended import Looked, Standing
from models.tables import FileRow
from tests.gate.expected import IN_DEPTH, OPENED_BY, Why
from tests.gate.people import OTHER, OWN, PEOPLE, everybody, slack_id
from tests.gate.site import ITEMS, SECRET, Heard, Site, refused_at
from tests.gate.situations import USUAL, later
from tests.gate.test_matrix import expected
from tests.support.documents import PDF
from tests.support.real import real
from worker import make_worker

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(600), pytest.mark.promise("E2", "E3"),
    pytest.mark.xdist_group("gate"),
]  # fmt: skip
GATE = ("accept_evidence", "return_evidence", "close_recommendation", "close_recommendation, alone", "retest_impact")
SUBGROUP, CHAIR, MANAGER = (PEOPLE[who].person for who in ("sub-group chair", "independent chair", "manager"))
WORDS = {"words": "As the paper says."}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    folder = tmp_path_factory.mktemp("gate")
    slack = {"slack_token": "xoxb-1", "slack_signing_secret": SECRET, "slack_api": "http://127.0.0.1:9/api/"}
    async with real(folder, worker=False, **slack) as made, make_worker(made.client, made.there):
        found = Site(made)
        await found.build()
        yield found


def one_of_them(line: str, turn: int) -> str:
    """One of those who are refused, another for each door: of the gate somebody of the work rather than a stranger."""
    refused = refused_at(line, IN_DEPTH)
    close = [who for who in refused if expected(line, who) is not Why.OFFICE] or refused
    return close[turn % len(close)]


def is_refused(heard: Heard, line: str, who: str) -> bool:
    """In the words of the table; to whoever may not even know that the case is there, in those for one that is not."""
    why = expected(line, who)
    hidden = why in {Why.OFFICE, Why.NOT_YOURS} and "There is no such case, or it is not yours to open" in heard.words
    return not heard.done and (hidden or str(why) in heard.words)


async def test_json_refuses_each_command_with_the_reason_and_nothing_changes(site: Site) -> None:
    before, wrong = await site.known(), {}
    for line, (kind, answers) in site.answers.items():
        who = one_of_them(line, 0)
        heard = await site.by_json(PEOPLE[who].person, kind, answers)
        if not is_refused(heard, line, who):
            wrong[line, who] = heard
    assert wrong == {}
    assert await site.known() == before


async def test_pages_refuse_each_command_and_nothing_changes(site: Site) -> None:
    before, wrong = await site.known(), {}
    for line, (kind, answers) in site.answers.items():
        who = one_of_them(line, 1)
        heard = await site.by_page(PEOPLE[who].person, kind, answers)
        if heard.done or not (is_refused(heard, line, who) or heard.turned_away):
            wrong[line, who] = heard.words[-600:]
    assert wrong == {}
    assert await site.known() == before


async def test_the_terminal_refuses_what_passes_the_gate_with_the_reason_and_nothing_changes(
    site: Site, tmp_path: Path
) -> None:
    before, wrong = await site.known(), {}
    for line in GATE:
        who, (kind, answers) = one_of_them(line, 2), site.answers[line]
        heard = await site.by_terminal(PEOPLE[who].person, kind, answers, tmp_path)
        if not is_refused(Heard(heard.done, " ".join(heard.words.split())), line, who):
            wrong[line, who] = heard
    assert wrong == {}
    assert await site.known() == before


async def test_no_door_closes_what_has_no_accepted_evidence_whoever_asks(site: Site, tmp_path: Path) -> None:
    before = await site.known()
    for place, lacks in (("pursued", "measure 1 has no accepted evidence of delivery"), ("given", "of impact")):
        item = ITEMS[place]
        for line, person in (("close_recommendation", MANAGER), ("close_recommendation, alone", CHAIR)):
            kind, good = site.answers[line]
            closing = {**good, "item": item}
            for heard in (
                await site.by_json(person, kind, closing), await site.by_page(person, kind, closing),
                await site.by_terminal(person, kind, closing, tmp_path),
            ):  # fmt: skip
                assert not heard.done
                assert lacks in " ".join(heard.words.split()), heard.words[-400:]
    assert await site.known() == before


@pytest.mark.promise("E3", "G2")
async def test_chat_answers_for_those_alone_who_may_and_passes_nothing_of_the_gate(site: Site) -> None:
    notice = await site.told(f"deliver/{ITEMS['pursued']}")
    day = {"until": {"until": {"type": "datepicker", "selected_date": str(site.house.now.date() + timedelta(days=7))}}}
    before, colleague = await site.known(), slack_id(PEOPLE["colleague"].person)
    heard = await site.by_chat(colleague, "promise", notice, day)
    assert (heard.done, Why.NOT_YOURS in heard.words) == (False, True), heard
    for line in GATE:
        kind = site.answers[line][0]
        for who in ("sub-group chair", "owner"):
            heard = await site.by_chat(slack_id(PEOPLE[who].person), kind, notice, {})
            assert not heard.done, (line, who)
    assert await site.known() == before
    assert (await site.by_chat(slack_id(USUAL.owner), "promise", notice, day)).done
    assert await site.known() == before + 1


# What opens a case

OPENING: dict[str, dict[str, Any]] = {
    "enter_review": {
        "name": "Oak", "origin": "practice_review", "decided_on": "2026-01-05", "reached": "under_way",
        "agencies": [OWN], "another": True,
    },
    "open_register": {"origin": "audit", "year": 2025, "another": True},
    "enter_death": {
        "name": "Wilhelmina Anybody", "born": "2023-01-05", "sex": "female", "ethnic_group": "mixed",
        "area": "harrowshire", "died": "2024-03-01", "place_of_death": "home", "notified_on": "2024-03-02",
        "reached": "asked",
    },
    "raise_disagreement": {
        "agency": OWN, "challenged": OTHER, "at_risk": "no", "about": "The plan.", "wanted": "Meet.", "another": True,
    },
}  # fmt: skip
ELSEWHERE = "You can only speak for your own agency"
NOT_THEIRS = ("contact", "contact of another", "manager", "partner chair", "administrator", "nobody")


@pytest.mark.promise("F14", "D8", "K3")
@pytest.mark.parametrize("kind", OPENING)
async def test_no_door_opens_a_case_for_whoever_may_not(site: Site, tmp_path: Path, kind: str) -> None:
    before, wrong = await site.known(), {}
    for turn, who in enumerate(one for one in NOT_THEIRS if one not in OPENED_BY[kind]):
        person, answers = PEOPLE[who].person, OPENING[kind]
        speaks = kind == "raise_disagreement" and who == "contact of another"
        heard = [await site.by_page(person, kind, answers), await site.by_json(person, kind, answers)]
        if speaks or turn == 0:
            heard.append(await site.by_terminal(person, kind, answers, tmp_path))
        words = ELSEWHERE if speaks else str(Why.OFFICE)
        if not all(words in " ".join(one.words.split()) for one in heard[1:]) or any(one.done for one in heard):
            wrong[who] = heard
    assert wrong == {}
    assert await site.known() == before


@pytest.mark.promise("F14", "D8", "L11")
@pytest.mark.parametrize("kind", OPENING)
async def test_whoever_may_opens_a_case_by_json_and_by_terminal(site: Site, tmp_path: Path, kind: str) -> None:
    before = await site.known()
    for who in sorted(OPENED_BY[kind]):
        person, answers = PEOPLE[who].person, OPENING[kind]
        for heard in await site.by_json(person, kind, answers), await site.by_terminal(person, kind, answers, tmp_path):
            assert heard.done, heard.words
    assert await site.known() == before + 2 * len(OPENED_BY[kind])


# Two at once


@pytest.mark.promise("E5")
async def test_of_two_who_look_at_the_same_evidence_at_once_one_is_recorded_and_the_other_hears_it(site: Site) -> None:
    item = await site.another("given")
    about = {"item": item, "evidence": "e1"}
    before = await site.known()
    accepted, returned = await asyncio.gather(
        site.by_json(SUBGROUP, "accept_evidence", {**about, **WORDS}),
        site.by_page(CHAIR, "return_evidence", {**about, "reason": "It has no date."}),
    )
    assert accepted.done is not returned.done
    late = returned if accepted.done else accepted
    assert "looked at already" in late.words or "Something has happened in this case" in late.words
    assert await site.known() == before + 1
    state = (await site.house.case(site.ref)).recommendations[item].evidence["e1"].state
    assert state is (Looked.ACCEPTED if accepted.done else Looked.RETURNED)


@pytest.mark.promise("E6")
async def test_of_two_who_close_at_once_one_is_recorded_and_the_other_hears_that_it_is_closed(site: Site) -> None:
    item = await site.another("proven")
    (kind, by_meeting), (_, alone) = (
        site.answers[line] for line in ("close_recommendation", "close_recommendation, alone")
    )
    before = await site.known()
    met, decided = await asyncio.gather(
        site.by_json(MANAGER, kind, {**by_meeting, "item": item}), site.by_page(CHAIR, kind, {**alone, "item": item})
    )
    assert met.done is not decided.done
    assert "is closed. It can be reopened" in (decided if met.done else met).words
    assert await site.known() == before + 1
    assert (await site.house.case(site.ref)).recommendations[item].standing is Standing.CLOSED


@pytest.mark.promise("D7")
async def test_more_time_past_its_bound_is_refused_at_page_and_json_with_the_last_day(site: Site) -> None:
    far = str(later(site.house.now) + timedelta(days=60))
    asked = {"obligation": f"deliver/{ITEMS['pursued']}", "until": far, "reason": "The ward moves."}
    granted = {"obligation": f"deliver/{ITEMS['time_asked']}", "granted": True, "until": far, "reason": "Agreed."}
    before = await site.known()
    for heard in (
        await site.by_json(USUAL.owner, "ask_time", asked), await site.by_page(USUAL.owner, "ask_time", asked),
        await site.by_json(SUBGROUP, "answer_time", granted),
    ):  # fmt: skip
        assert not heard.done
        assert "policy" in heard.words, heard.words[-400:]
    assert await site.known() == before


# Files of evidence


async def kept(site: Site, person: str) -> str:
    async with await site.client(person) as client:
        headers = {"content-disposition": 'attachment; filename="audit.pdf"'}
        answer = await client.post(f"/api/v1/cases/{site.ref}/files", content=PDF, headers=headers)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


async def given_with_file(site: Site) -> tuple[str, str]:
    """A recommendation for which its owner gave a file as evidence: its name, and the file."""
    item, id_ = await site.another("pursued"), await kept(site, USUAL.owner)
    said = {"item": item, "measure": "m1", "shows": "delivery", "file": id_, **WORDS}
    assert (await site.by_json(USUAL.owner, "give_evidence", said)).done
    return item, id_


async def scanned(site: Site, id_: str, state: FileState) -> None:
    async with site.house.there.database.writing() as session:
        await session.execute(update(FileRow).where(FileRow.id == id_).values(state=state))


@pytest.mark.promise("E4")
async def test_evidence_whose_file_is_not_scanned_or_not_clean_is_accepted_by_no_door(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    item, id_ = await given_with_file(site)
    accepting = {"item": item, "evidence": "e1", **WORDS}
    before = await site.known()
    for state, words in ((FileState.WAITING, "waits for the virus scanner"), (FileState.REFUSED, "found something")):
        await scanned(site, id_, state)
        for heard in (
            await site.by_json(SUBGROUP, "accept_evidence", accepting),
            await site.by_page(SUBGROUP, "accept_evidence", accepting),
        ):
            assert (heard.done, words in heard.words) == (False, True), heard.words[-400:]

    async def looked_away(*_: object) -> list[object]:
        return []

    with monkeypatch.context() as patch:  # the transaction asks for itself
        patch.setattr(door.door, "file_not_clean", looked_away)
        heard = await site.by_json(SUBGROUP, "accept_evidence", accepting)
    assert (heard.done, "found something" in heard.words) == (False, True), heard
    assert await site.known() == before
    await scanned(site, id_, FileState.CLEAN)
    assert (await site.by_json(SUBGROUP, "accept_evidence", accepting)).done


async def opens(site: Site, person: str, id_: str) -> bool:
    async with await site.client(person) as client:
        answers = [await client.get(f"{path}/{id_}") for path in ("/files", "/api/v1/files")]
    assert {one.status_code for one in answers} in ({200}, {404})
    assert all(one.content == PDF for one in answers if one.status_code == 200)
    return answers[0].status_code == 200


@pytest.mark.promise("E9")
async def test_whoever_gave_a_file_reads_it_always_and_so_do_its_agency_and_whoever_looks_at_the_evidence(
    site: Site,
) -> None:
    _, id_ = await given_with_file(site)
    readers = {"owner", "deputy", "sponsor", "contact", "lead", "sub-group chair", "independent chair", "manager"}
    others = {"colleague", "contact of another", "contact of a third", "administrator", "nobody"}
    assert {who for who in readers | others if await opens(site, PEOPLE[who].person, id_)} == readers
    act, owner = site.house.act, USUAL.owner
    for locked in (True, False):
        await act(MANAGER, site.ref, "lock_out", person=owner, locked=locked, reason="Was on duty.")
        assert await opens(site, owner, id_)
    await act(MANAGER, site.ref, "restrict", restricted=True, reason="The press has asked.")
    unnamed = {"partner chair", "partner of another"}
    assert {who for who in readers | unnamed if await opens(site, PEOPLE[who].person, id_)} >= readers
    assert not await opens(site, PEOPLE["partner chair"].person, id_)
    seated = everybody(before=False)
    left = tuple(one for one in seated.holdings if owner not in {one.person, one.deputy})
    await site.directory(seated.model_copy(update={"holdings": left}))
    assert await opens(site, owner, id_)
    await act(MANAGER, site.ref, "restrict", restricted=False, reason="It is over.")
    await site.directory(seated)


def is_usual(who: str) -> bool:
    return not PEOPLE[who].relation or PEOPLE[who].person in USUAL


def item_of(answers: dict[str, Any]) -> str:
    """The recommendation that these answers are about; empty if they make a new one."""
    found = re.search(r"r\d+", str(answers.get("item", answers.get("obligation", ""))))
    return found[0] if found else ""


def about(fresh: str, old: str, said: str) -> str:
    return re.sub(rf"\b{old}\b", fresh, said)


@pytest.mark.proof
async def test_every_person_by_every_command_at_page_and_json(site: Site) -> None:
    wrong = {}
    for line, (kind, answers) in site.answers.items():
        for who in refused_at(line, IN_DEPTH):
            before = await site.known()
            heard = await site.by_json(PEOPLE[who].person, kind, answers)
            page = await site.by_page(PEOPLE[who].person, kind, answers)
            good = is_refused(heard, line, who) and (is_refused(page, line, who) or page.turned_away)
            if not good or await site.known() != before:
                wrong[line, who] = (heard.words, page.words[-300:])
    assert wrong == {}


@pytest.mark.proof
async def test_whoever_may_gives_each_command_by_json_and_by_terminal(site: Site, tmp_path: Path) -> None:
    wrong = {}
    places = {item: place for place, item in ITEMS.items()}
    for line, (kind, answers) in site.answers.items():
        if kind in {"adopt_policy", "adopt_calendar", "correct", "restrict", "lock_out", "let_in"}:
            continue  # about the whole case, and tried elsewhere
        who = next(one for one in sorted(IN_DEPTH[line].may) if is_usual(one))
        old = item_of(answers)
        for by_terminal in (False, True):
            fresh = await site.another(places[old]) if old else ""
            said = {
                name: about(fresh, old, one) if name in {"item", "obligation"} else one for name, one in answers.items()
            }
            person = PEOPLE[who].person
            heard = await (
                site.by_terminal(person, kind, said, tmp_path) if by_terminal else site.by_json(person, kind, said)
            )
            if not heard.done:
                wrong[line, who, by_terminal] = heard.words
    assert wrong == {}
