"""Answers from Slack, by the signed address of the real portal, with the dialogs of a Slack that nobody here wrote."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast
from urllib.parse import urlencode

import pytest
import pytest_asyncio
from pydantic import SecretStr
from sqlalchemy import text
from starlette.applications import Starlette
from starlette.routing import Route
from structlog.testing import capture_logs
from temporalio.client import Client

from door.door import Door
from door.refusals import NotConfirmed
from models.facts import Fact
from models.judging import CLOSED
from models.rights import LOCKED, NOT_YOURS
from models.time import day_of
from notifier import answering, dialogs, home
from notifier.answering import Answering
from notifier.rendering import Knowing, parcel
from portal.app import create_app
from portal.chat import NOT_SET_UP
from records.codec import converter
from records.policies import put_in_force
from records.questions import Questions
from tests.portal.scene import AUTHORITY, CHAIR, HOSPITAL, HOSPITAL_LEAD, ICB, MANAGER, POLICE, SCHOOLS, STRANGER
from tests.support.house import House, example_directory, house, shipped_policy, triage
from tests.support.ports import free_port
from tests.support.slack import TOKEN, Workspace, broken, refusing, workspace
from tests.support.slack_driver import FORM, SECRET, Dialog, Driver, driving, form_of

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(120)]

AGENCIES = {
    POLICE: "harrowshire-police",
    ICB: "harrowshire-icb",
    HOSPITAL: "harrow-vale-hospitals",
    SCHOOLS: "harrowshire-schools",
}
POLICE_LEAD, LEAD = "p-004", "p-007"
"""Of the police, and of the care board."""
LEFT = "p-016"
"""Somebody with an account in Slack of which the directory does not know."""
CANARY = "Zebedee Quoxwell"


class Chat:
    """A house whose people have accounts in one workspace, and what they do there."""

    def __init__(self, made: House, slack: Workspace, driver: Driver) -> None:
        self.house, self.slack, self.driver = made, slack, driver
        joined = slack.joined(example_directory())
        self.email = {name: one.email for name, one in joined.people.items()}
        left = {LEFT: joined.people[LEFT].model_copy(update={"slack_id": None})}
        self.directory = joined.model_copy(update={"people": {**joined.people, **left}})

    def id(self, person: str) -> str:
        return self.slack.people[self.email[person]]

    async def review(self) -> str:
        """A rapid review of which every one of the agencies owes a return, and has been told so."""
        ref = (await self.house.refer()).case
        await self.house.act(MANAGER, ref, "triage", **triage())
        found = await self.house.child_of(ref)
        now = self.house.now.isoformat()
        await self.house.act(
            AUTHORITY, found, "record_notification", sent_at=now, sent_by="The director", reference="N"
        )
        await self.house.act(MANAGER, found, "request_information", agencies=list(AGENCIES.values()))
        await self.house.wait(timedelta(seconds=2))
        await self.house.settled()
        return found

    async def notice(self, ref: str, person: str) -> str:
        """The message that asks this person for their agency's return."""
        return next(
            one.key
            for one in await self.house.notices(ref)
            if one.person == person and one.obligation == of(person) and one.kind == "owed"
        )

    async def press(self, ref: str, person: str, kind: str, by: str = "") -> Dialog:
        return await self.driver.press(self.id(by or person), kind, await self.notice(ref, person))

    async def send(self, person: str, dialog: Dialog, **chosen: str) -> tuple[dict[str, str], Dialog]:
        errors, then = await self.driver.send(self.id(person), dialog, **chosen)
        return errors, then or dialog

    async def facts(self, ref: str, kind: str, person: str) -> list[Fact]:
        """What this person has recorded of this kind."""
        return [one for one in await self.house.facts(ref) if (one.kind, one.actor) == (kind, person)]

    async def words(self, fact: Fact) -> dict[str, Any]:
        return await Questions(self.house.there.recorder).words(fact)

    def other(self, door: Any) -> Starlette:  # noqa: ANN401 -- a door, or what stands for a broken one
        """The address alone, before another door."""
        take = Answering(self.house.there, cast("Door", door), lambda: self.house.now).take
        return Starlette(routes=[Route("/slack/events", take, methods=["POST"])])

    def day(self, days: int) -> str:
        return str(day_of(self.house.now) + timedelta(days=days))


def of(person: str) -> str:
    return f"agency_return/{AGENCIES[person]}"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chat(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Chat]:
    folder = tmp_path_factory.mktemp("answers")
    async with (
        workspace(folder, example_directory()) as slack,
        house(folder, slack_token=TOKEN, slack_api=slack.api, slack_signing_secret=SECRET) as made,
        driving(create_app(made.there, made.client, lambda: made.now), slack) as driver,
    ):
        found = Chat(made, slack, driver)
        async with made.there.database.writing() as session:
            await made.there.recorder.directory.replace(session, found.directory, MANAGER, made.now)
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def review(chat: Chat) -> str:
    return await chat.review()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def fresh(chat: Chat) -> str:
    return await chat.review()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def third(chat: Chat) -> str:
    return await chat.review()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def fourth(chat: Chat) -> str:
    return await chat.review()


# Each of the three answers


@pytest.mark.promise("G2", "F4")
async def test_a_promise_is_given_in_a_dialog_that_says_how_far_it_may_reach(chat: Chat, review: str) -> None:
    dialog = await chat.press(review, HOSPITAL, "promise")
    due = (await chat.house.case(review)).obligations[of(HOSPITAL)].due
    assert due
    last = day_of(due)
    assert f"{review}: Return of the agency, Harrow Vale Hospitals NHS Trust" in dialog.text
    assert f"The policy lets a date reach to {last:%A} {last.day} {last:%B %Y}." in dialog.text
    assert (dialog.questions, dialog.sends) == ({"until"}, "Promise this date")
    errors, then = await chat.send(HOSPITAL, dialog, until=chat.day(2))
    assert errors == {}
    assert "Recorded. You have promised this by the end of" in then.text
    assert (then.sends, then.links) == ("", [f"http://127.0.0.1:8080/cases/{review}"])
    (fact,) = await chat.facts(review, "promised", HOSPITAL)
    assert (fact.actor, fact.office, fact.data["until"]) == (HOSPITAL, "agency_contact", chat.day(2))


@pytest.mark.promise("G2", "F5")
@pytest.mark.parametrize(
    ("reason", "ground", "title"),
    [
        ("other_agency", "not_ours", "This is for another agency"),
        ("sent", "done", "It is done and was sent to the business unit"),
    ],
)
async def test_a_dispute_says_its_ground_by_a_reason_of_the_policy(
    chat: Chat, review: str, reason: str, ground: str, title: str
) -> None:
    person = {"not_ours": POLICE, "done": ICB}[ground]
    dialog = await chat.press(review, person, "dispute")
    said = shipped_policy().reasons
    assert said
    assert dialog.options() == {one.id: one.title for one in said.dispute}
    assert (dialog.questions, dialog.sends) == ({"reason"}, "Send the dispute")
    errors, then = await chat.send(person, dialog, reason=reason)
    assert errors == {}
    assert f"Recorded. Your dispute has been sent: {title}." in then.text
    (fact,) = await chat.facts(review, "disputed", person)
    assert (fact.data["ground"], "words" in fact.data) == (ground, False)
    assert (await chat.words(fact))["words"] == title


@pytest.mark.promise("G2", "F5")
async def test_more_time_is_asked_for_with_a_day_and_a_reason_of_the_policy(chat: Chat, review: str) -> None:
    dialog = await chat.press(review, SCHOOLS, "ask_time")
    assert dialog.questions == {"until", "reason"}
    due = (await chat.house.case(review)).obligations[of(SCHOOLS)].due
    assert due
    later = str(day_of(due) + timedelta(days=3))
    errors, then = await chat.send(SCHOOLS, dialog, until=later, reason="away")
    assert errors == {}
    assert "Whoever knows the case is away" in then.text
    (fact,) = await chat.facts(review, "time_asked", SCHOOLS)
    assert (fact.data["until"], "reason" in fact.data) == (later, False)
    assert (await chat.words(fact))["reason"] == "Whoever knows the case is away"


@pytest.mark.promise("G2")
async def test_what_is_urgent_can_be_promised_for_today_only(chat: Chat) -> None:
    ref = (await chat.house.refer(others="yes", siblings_safe="not_known", carers="Not known")).case
    await chat.house.wait(timedelta(seconds=2))
    await chat.house.settled()
    row = next(one for one in await chat.house.notices(ref) if one.urgent)
    dialog = await chat.driver.press(chat.id(row.person), "promise", row.key)
    assert "This is urgent, so it can be promised for today only." in dialog.text
    errors, _ = await chat.send(row.person, dialog, until=chat.day(1))
    assert errors == {"until": "This is urgent, so it can be promised for today only."}


@pytest.mark.promise("G1", "G2")
async def test_every_button_of_a_message_opens_its_dialog(chat: Chat, fresh: str) -> None:
    """The message as it is rendered, so that what it asks of Slack and what Slack asks of us fit together."""
    rows = [one for one in await chat.house.notices(fresh) if one.person == HOSPITAL]
    knowing = Knowing({fresh: await chat.house.case(fresh)}, chat.directory, "http://127.0.0.1:8080", chat.house.now)
    message = parcel("b-1", rows, knowing)
    buttons = [one for block in message.blocks for one in block.get("elements", ()) if one["type"] == "button"]
    answered = {one["action_id"]: one["value"] for one in buttons if "value" in one}
    assert answered.keys() == dialogs.COMMANDS.keys() - dialogs.TURNS
    for kind, value in answered.items():
        opened = await chat.driver.press(chat.id(HOSPITAL), kind, value)
        assert (opened.view["callback_id"], bool(opened.questions)) == (kind, True)
    assert {one["action_id"] for one in buttons} - answered.keys() == {"open"}


# A disagreement: each agency takes its turn in chat

CHALLENGE = {
    "agency": AGENCIES[POLICE], "challenged": AGENCIES[ICB], "at_risk": "no", "about": "The plan was ended.",
    "wanted": "A new meeting.",
}  # fmt: skip


async def turn(chat: Chat, ref: str, person: str, owed: str) -> tuple[str, str, str]:
    """What the message about this thing owed asks of this person: its first button, which the message itself shows."""
    await chat.house.wait(timedelta(seconds=2))
    await chat.house.settled()
    rows = [one for one in await chat.house.notices(ref) if one.person == person and one.obligation.startswith(owed)]
    knowing = Knowing({ref: await chat.house.case(ref)}, chat.directory, "http://127.0.0.1:8080", chat.house.now)
    message = parcel("b-1", rows, knowing)
    button = next(one for block in message.blocks for one in block.get("elements", ()) if one["type"] == "button")
    return button["action_id"], button.get("value", ""), button["text"]["text"]


@pytest.mark.promise("F14", "G2")
async def test_a_disagreement_is_answered_and_resolved_in_chat_by_reasons_of_the_policy_each_agency_in_its_turn(
    chat: Chat,
) -> None:
    ref = (await chat.house.open(POLICE, "raise_disagreement", **CHALLENGE)).case
    kind, first, words = await turn(chat, ref, ICB, "answer/")
    assert (kind, words) == ("answer_disagreement", "Answer the challenge")
    strange = await chat.driver.press(chat.id(POLICE), kind, first)
    assert (strange.questions, "your own agency" in strange.text or NOT_YOURS in strange.text) == (set(), True)
    dialog = await chat.driver.press(chat.id(ICB), kind, first)
    assert (dialog.questions, dialog.sends) == ({"reason"}, "Send the answer")
    assert CHALLENGE["about"] not in json.dumps(dialog.view)
    assert f"http://127.0.0.1:8080/cases/{ref}/answer_disagreement?about=answer/{AGENCIES[ICB]}" in dialog.links
    errors, _ = await chat.send(ICB, dialog)
    assert list(errors) == ["reason"]
    late = await chat.driver.press(chat.id(ICB), kind, first)
    for _ in range(2):  # Slack may send it twice
        errors, then = await chat.send(ICB, dialog, reason="meet")
        assert (errors, "Recorded. Your answer has been given: We do part of it" in then.text) == ({}, True), then.text
    (answered,) = await chat.facts(ref, "disagreement_answered", ICB)
    assert (answered.data["answer"], answered.office) == ("partly", "agency_contact")
    assert (await chat.words(answered))["words"] == "We do part of it and offer a meeting on the rest"

    kind, second, words = await turn(chat, ref, POLICE, "respond/")
    assert (kind, words) == ("respond_disagreement", "Say if it is resolved")
    dialog = await chat.driver.press(chat.id(POLICE), kind, second)
    assert set(dialog.options().values()) >= {"The answer resolves it", "What the child needs is still not done"}
    await chat.send(POLICE, dialog, reason="child_waits")

    assert (await turn(chat, ref, LEAD, "answer_leads/"))[0] == "answer_disagreement"
    _, then = await chat.send(ICB, late, reason="as_asked")
    assert answering.OVER in then.text, "what was opened for one level is not given at the next"
    assert len(await chat.facts(ref, "disagreement_answered", ICB)) == 1
    kind, third, _ = await turn(chat, ref, LEAD, "answer_leads/")
    await chat.send(LEAD, await chat.driver.press(chat.id(LEAD), kind, third), reason="as_asked")
    kind, fourth, _ = await turn(chat, ref, POLICE_LEAD, "respond_leads/")
    _, then = await chat.send(POLICE_LEAD, await chat.driver.press(chat.id(POLICE_LEAD), kind, fourth), reason="agreed")
    assert "Recorded. Your agency has said: The answer resolves it." in then.text
    case = await chat.house.case(ref)
    assert (case.said["outcome"], bool(case.closed)) == ("Resolved between the agencies", True)


@pytest.mark.promise("F14", "G8")
async def test_what_the_chair_decides_of_a_disagreement_is_written_in_the_portal(chat: Chat) -> None:
    ref = (await chat.house.open(POLICE, "raise_disagreement", **CHALLENGE)).case
    answer = {"agency": AGENCIES[ICB], "answer": "disagrees", "words": "No."}
    again = {"agency": AGENCIES[POLICE], "outcome": "escalate", "words": "It waits."}
    for person, kind, said in (
        (ICB, "answer_disagreement", answer), (POLICE, "respond_disagreement", again),
        (LEAD, "answer_disagreement", answer), (POLICE_LEAD, "respond_disagreement", again),
    ):  # fmt: skip
        await chat.house.act(person, ref, kind, **said)
    assert (await turn(chat, ref, CHAIR, "decide_disagreement"))[0] == "open"


# What stands in the way is said in the dialog, beside its question, and nothing that was chosen is lost


@pytest.mark.promise("G2")
async def test_a_date_beyond_the_bound_is_refused_beside_it_and_another_goes_through(chat: Chat, fresh: str) -> None:
    dialog = await chat.press(fresh, HOSPITAL, "promise")
    errors, _ = await chat.send(HOSPITAL, dialog, until=chat.day(300))
    assert list(errors) == ["until"]
    assert errors["until"].startswith("The policy allows a date up to")
    errors, _ = await chat.send(HOSPITAL, dialog, until=chat.day(-1))
    assert errors == {"until": "The date must be today or later."}
    assert not await chat.facts(fresh, "promised", HOSPITAL)
    _, then = await chat.send(HOSPITAL, dialog, until=chat.day(1))
    assert "Recorded." in then.text
    assert len(await chat.facts(fresh, "promised", HOSPITAL)) == 1


@pytest.mark.promise("G2")
async def test_what_was_not_chosen_is_asked_for_beside_each_question(chat: Chat, fresh: str) -> None:
    dialog = await chat.press(fresh, ICB, "ask_time")
    errors, _ = await chat.send(ICB, dialog)
    assert set(errors) == {"until", "reason"}
    dialog = await chat.press(fresh, ICB, "dispute")
    errors, _ = await chat.send(ICB, dialog)
    assert set(errors) == {"reason"}


@pytest.mark.promise("G2")
async def test_what_belongs_to_no_question_stands_above_them_with_what_was_chosen(chat: Chat, fresh: str) -> None:
    dialog = await chat.press(fresh, POLICE, "promise")
    await chat.house.act(POLICE, fresh, "promise", obligation=of(POLICE), until=chat.day(1))
    errors, then = await chat.send(POLICE, dialog, until=chat.day(2))
    assert errors == {}
    assert then.text.startswith("A date has been promised already. Keep it, or ask for time.")
    assert (then.questions, then.kept()) == ({"until"}, {"until": chat.day(2)})
    assert len(await chat.facts(fresh, "promised", POLICE)) == 1


@pytest.mark.promise("G2")
async def test_what_cannot_be_answered_now_is_said_as_soon_as_the_button_is_pressed(chat: Chat, fresh: str) -> None:
    await chat.house.act(SCHOOLS, fresh, "promise", obligation=of(SCHOOLS), until=chat.day(1))
    dialog = await chat.press(fresh, SCHOOLS, "promise")
    assert dialog.text.startswith("A date has been promised already. Keep it, or ask for time.")
    assert (dialog.questions, dialog.sends) == (set(), "")


@pytest.mark.promise("G2")
async def test_an_old_policy_without_reasons_has_them_written_in_the_portal(chat: Chat) -> None:
    shipped = shipped_policy()
    async with chat.house.there.database.writing() as session:
        await put_in_force(session, shipped.model_copy(update={"reasons": None, "version": "old"}), chat.house.now)
    try:
        old = await chat.review()
    finally:
        async with chat.house.there.database.writing() as session:
            await put_in_force(session, shipped, chat.house.now)
    dialog = await chat.press(old, HOSPITAL, "dispute")
    assert "The reasons for this are written in the portal." in dialog.text
    assert (dialog.questions, dialog.sends) == (set(), "")
    assert dialog.links == [f"http://127.0.0.1:8080/cases/{old}/dispute?about={of(HOSPITAL)}"]
    assert (await chat.press(old, HOSPITAL, "promise")).questions == {"until"}


# Twice is once


@pytest.mark.promise("G2")
async def test_a_dialog_that_is_sent_twice_does_nothing_twice(chat: Chat, third: str) -> None:
    dialog = await chat.press(third, HOSPITAL, "promise")
    both = await asyncio.gather(*(chat.send(HOSPITAL, dialog, until=chat.day(1)) for _ in range(2)))
    again = await chat.send(HOSPITAL, dialog, until=chat.day(1))
    assert ["Recorded." in then.text for _, then in (*both, again)] == [True] * 3
    assert len(await chat.facts(third, "promised", HOSPITAL)) == 1


@pytest.mark.promise("G2")
async def test_two_dialogs_about_one_matter_do_nothing_twice(chat: Chat, third: str) -> None:
    dialogs = [await chat.press(third, POLICE, "dispute") for _ in range(2)]
    said = [await chat.send(POLICE, dialog, reason="no_part") for dialog in dialogs]
    assert ["Recorded." in then.text for _, then in said] == [True, False]
    assert said[1][1].text.startswith("This is disputed already and waits for an answer.")
    assert len(await chat.facts(third, "disputed", POLICE)) == 1


# Three seconds


@pytest.mark.promise("G2")
async def test_a_slow_door_is_not_yet_confirmed_in_time_and_the_dialog_says_later_what_came_of_it(
    chat: Chat, third: str
) -> None:
    dialog = await chat.press(third, ICB, "promise")
    seen, began = len(chat.slack.shown), time.monotonic()
    async with chat.house.there.database.writing() as session:
        await session.execute(text("SELECT 1"))  # nobody else writes meanwhile
        errors, then = await chat.send(ICB, dialog, until=chat.day(1))
        assert time.monotonic() - began < 3
    assert errors == {}
    assert then.text.startswith(NotConfirmed("").problems[0].words)
    assert f"You sent: {day_of(chat.house.now) + timedelta(days=1):%A}" in then.text
    later = await chat.driver.next_view("views.update", seen)
    assert (later.id, "Recorded." in later.text) == (dialog.id, True)
    assert len(await chat.facts(third, "promised", ICB)) == 1


@pytest.mark.promise("G2", "L5")
async def test_what_is_not_confirmed_is_sent_again_as_it_was_and_recorded_once(chat: Chat, third: str) -> None:
    there = chat.house.there
    nowhere = await Client.connect(f"127.0.0.1:{free_port()}", lazy=True, data_converter=converter(there.keys))
    door = Door(there.recorder, nowhere, lambda: chat.house.now, timedelta(seconds=0.3))
    dialog = await chat.press(third, SCHOOLS, "dispute")
    async with driving(chat.other(door), chat.slack) as without_engine:
        _, then = await without_engine.send(chat.id(SCHOOLS), dialog, reason="minuted")
    assert then
    assert then.text.startswith("Not yet confirmed.")
    assert "You sent: It is done and stands in the minutes of a meeting" in then.text
    assert (then.questions, then.sends) == (set(), "Send it again")
    _, done = await chat.send(SCHOOLS, then)
    assert "Recorded." in done.text
    assert len(await chat.facts(third, "disputed", SCHOOLS)) == 1


@pytest.mark.promise("G2")
@pytest.mark.parametrize("error", ["expired_trigger_id", "exchanged_trigger_id"])
async def test_a_trigger_that_cannot_open_a_dialog_any_more_is_answered_where_it_was_pressed(
    chat: Chat, fourth: str, error: str
) -> None:
    who, seen = chat.id(HOSPITAL), len(chat.slack.shown)
    trigger = await chat.driver.trigger(who)
    if error == "expired_trigger_id":
        chat.slack.go_wrong("views.open", refusing(error))
    else:
        await chat.driver.payload(chat.driver.pressed(who, "promise", "gone", trigger))
        await chat.driver.next_shown("views.open", seen)
    pressed = chat.driver.pressed(
        who, "promise", await chat.notice(fourth, HOSPITAL), trigger, await chat.driver.channel(who)
    )
    assert (await chat.driver.payload(pressed)).status_code == 200
    sent, answer = await chat.driver.next_shown("chat.postEphemeral", seen)
    assert answer["ok"], answer
    assert (sent["user"], sent["text"]) == (who, f"{answering.TOO_LATE}http://127.0.0.1:8080/inbox")


@pytest.mark.promise("G2")
async def test_slack_that_takes_no_dialog_and_no_words_breaks_nothing(chat: Chat, fourth: str) -> None:
    who = chat.id(HOSPITAL)
    chat.slack.go_wrong("views.open", broken)
    chat.slack.go_wrong("chat.postEphemeral", broken)
    pressed = chat.driver.pressed(who, "promise", await chat.notice(fourth, HOSPITAL), await chat.driver.trigger(who))
    before = chat.slack.asked["chat.postEphemeral"]
    assert (await chat.driver.payload(pressed)).status_code == 200
    for _ in range(500):
        if chat.slack.asked["chat.postEphemeral"] > before:
            break
        await asyncio.sleep(0.02)
    assert chat.slack.asked["chat.postEphemeral"] == before + 1
    assert (await chat.press(fourth, HOSPITAL, "promise")).questions == {"until"}


@pytest.mark.proof
@pytest.mark.promise("G2")
async def test_a_trigger_runs_out_after_three_seconds_and_is_answered_where_it_was_pressed(
    chat: Chat, fourth: str
) -> None:
    who, seen = chat.id(HOSPITAL), len(chat.slack.shown)
    trigger, channel = await chat.driver.trigger(who), await chat.driver.channel(who)
    await asyncio.sleep(4.1)  # the server counts whole seconds
    notice = await chat.notice(fourth, HOSPITAL)
    await chat.driver.payload(chat.driver.pressed(who, "promise", notice, trigger, channel))
    sent, answer = await chat.driver.next_shown("chat.postEphemeral", seen)
    assert answer["ok"], answer
    assert sent["text"].startswith(answering.TOO_LATE)


# Who may


@pytest.mark.promise("G2", "K3")
async def test_whoever_is_not_in_the_directory_is_told_so_and_shown_nothing(chat: Chat, fourth: str) -> None:
    dialog = await chat.press(fourth, HOSPITAL, "promise", by=LEFT)
    assert dialog.text.startswith(home.UNKNOWN)
    assert fourth not in dialog.text
    open_ = await chat.press(fourth, HOSPITAL, "promise")
    errors, then = await chat.send(LEFT, open_, until=chat.day(1))
    assert (errors, then.text.startswith(home.UNKNOWN)) == ({}, True)
    assert not await chat.facts(fourth, "promised", HOSPITAL)


@pytest.mark.promise("G2", "K3")
async def test_whoever_it_does_not_concern_is_refused_in_the_words_of_the_door(chat: Chat, fourth: str) -> None:
    dialog = await chat.press(fourth, HOSPITAL, "promise", by=STRANGER)
    assert dialog.text.startswith(NOT_YOURS)
    assert fourth not in dialog.text
    errors, then = await chat.send(STRANGER, await chat.press(fourth, HOSPITAL, "promise"), until=chat.day(1))
    assert (errors, then.text.startswith(NOT_YOURS)) == ({}, True)
    assert not await chat.facts(fourth, "promised", STRANGER)


@pytest.mark.promise("G2", "K4")
async def test_whoever_was_locked_out_meanwhile_is_refused_in_the_dialog(chat: Chat, fourth: str) -> None:
    open_ = await chat.press(fourth, POLICE, "dispute")
    await chat.house.act(MANAGER, fourth, "lock_out", person=POLICE, locked=True, reason="Their own practice.")
    errors, then = await chat.send(POLICE, open_, reason="no_part")
    assert (errors, then.text.startswith(LOCKED), then.kept()) == ({}, True, {"reason": "no_part"})
    assert (await chat.press(fourth, POLICE, "dispute")).text.startswith(LOCKED)
    assert not await chat.facts(fourth, "disputed", POLICE)


@pytest.mark.promise("G2")
async def test_a_deputy_lead_answers_by_the_relation_that_the_portal_knows(chat: Chat, fourth: str) -> None:
    dialog = await chat.press(fourth, HOSPITAL, "promise", by=HOSPITAL_LEAD)
    _, then = await chat.send(HOSPITAL_LEAD, dialog, until=chat.day(1))
    assert "Recorded." in then.text
    (fact,) = await chat.facts(fourth, "promised", HOSPITAL_LEAD)
    assert fact.actor == HOSPITAL_LEAD


# What is over


@pytest.mark.promise("G2")
async def test_a_closed_case_takes_no_answer_and_says_so(chat: Chat) -> None:
    ref = (await chat.house.refer(event="concern")).case
    await chat.house.wait(timedelta(days=3))
    await chat.house.settled()
    row = next(one for one in await chat.house.notices(ref) if one.kind == "owed")
    open_ = await chat.driver.press(chat.id(row.person), "promise", row.key)
    await chat.house.act(MANAGER, ref, "triage", **triage("no_further_action"))
    await chat.house.act(MANAGER, ref, "tell_referrer", how="phone", words="No review is needed.")
    assert (await chat.house.case(ref)).closed
    errors, then = await chat.send(row.person, open_, until=chat.day(1))
    assert (errors, then.text.startswith(CLOSED)) == ({}, True)
    assert (await chat.driver.press(chat.id(row.person), "promise", row.key)).text.startswith(CLOSED)


@pytest.mark.promise("G2")
async def test_a_message_that_is_gone_is_said_to_be(chat: Chat) -> None:
    dialog = await chat.driver.press(chat.id(HOSPITAL), "promise", "RR-2026-9999/nothing/0/0/agency_contact")
    assert dialog.text.startswith(answering.GONE)
    assert dialog.links == ["http://127.0.0.1:8080/inbox"]


async def test_a_button_of_another_time_leads_to_the_portal(chat: Chat) -> None:
    dialog = await chat.driver.press(chat.id(HOSPITAL), "acknowledge", "1")
    assert dialog.text.startswith(answering.OLD_BUTTON)


async def test_the_button_that_only_opens_the_portal_is_acknowledged_and_does_nothing(chat: Chat) -> None:
    seen = len(chat.slack.shown)
    pressed = chat.driver.pressed(chat.id(HOSPITAL), "open", "", await chat.driver.trigger(chat.id(HOSPITAL)))
    answer = await chat.driver.payload(pressed)
    assert (answer.status_code, answer.text) == (200, "")
    assert chat.slack.shown[seen:] == []


# What is not Slack's


@pytest.mark.promise("G2", "K11")
@pytest.mark.parametrize("how", ["forged", "another secret", "unsigned", "stale", "early", "no time", "other body"])
async def test_what_slack_did_not_sign_lately_is_turned_away(chat: Chat, fourth: str, how: str) -> None:
    dialog = await chat.press(fourth, ICB, "promise")
    body = form_of(chat.driver.submission(chat.id(ICB), dialog, {"until": chat.day(1)}))
    headers = {
        "forged": chat.driver.signed(body) | {"X-Slack-Signature": "v0=" + "0" * 64},
        "another secret": Driver(chat.other(None), chat.slack, "f" * 32).signed(body),
        "unsigned": {"Content-Type": FORM},
        "stale": chat.driver.signed(body, age=360),
        "early": chat.driver.signed(body, age=-360),
        "no time": chat.driver.signed(body) | {"X-Slack-Request-Timestamp": "soon"},
        "other body": chat.driver.signed(body + "&more=1"),
    }[how]
    answer = await chat.driver.post(body, headers)
    assert (answer.status_code, answer.text) == (401, answering.FORGED)
    assert not await chat.facts(fourth, "promised", ICB)


@pytest.mark.promise("G2", "K11")
async def test_what_came_once_is_turned_away_when_it_comes_again(chat: Chat, fourth: str) -> None:
    dialog = await chat.press(fourth, SCHOOLS, "promise")
    body = form_of(chat.driver.submission(chat.id(SCHOOLS), dialog, {"until": chat.day(1)}))
    headers = chat.driver.signed(body)
    first, second = [await chat.driver.post(body, headers) for _ in range(2)]
    assert (first.status_code, second.status_code, second.text) == (200, 401, answering.FORGED)
    assert len(await chat.facts(fourth, "promised", SCHOOLS)) == 1


MALFORMED: dict[str, str] = {
    "nothing": "",
    "no form": CANARY,
    "bytes that no form has": f"{CANARY} Öhlund",
    "half of JSON": urlencode({"payload": '{"type": "block_actions", "user": {"id"'}),
    "a list": urlencode({"payload": json.dumps([CANARY])}),
    "a number": urlencode({"payload": "7"}),
    "nobody": form_of({"type": "block_actions", "trigger_id": "1", "actions": [{"action_id": "promise"}]}),
    "no trigger": form_of({"type": "block_actions", "user": {"id": "U1"}, "actions": [{"action_id": "promise"}]}),
    "no button": form_of({"type": "block_actions", "user": {"id": "U1"}, "trigger_id": "1", "actions": []}),
    "no dialog": form_of({"type": "view_submission", "user": {"id": "U1"}, "view": {"callback_id": "promise"}}),
    "a dialog of nobody": form_of({"type": "view_submission", "view": {"callback_id": "promise", "id": "V1"}}),
    "a dialog of ours that is not": form_of({
        "type": "view_submission", "user": {"id": "U1"},
        "view": {"id": "V", "callback_id": "promise", "private_metadata": CANARY, "state": {"values": {}}},
    }),
    "a date that is none": form_of({
        "type": "view_submission", "user": {"id": "U1"},
        "view": {
            "id": "V", "callback_id": "promise", "private_metadata": '{"notice": "x"}',
            "state": {"values": {"until": {"until": {"selected_date": CANARY}}}},
        },
    }),
    "an unknown kind": form_of({"type": "shortcut", "callback_id": CANARY, "user": {"id": "U1"}}),
    "an unknown command": urlencode({"command": "/other", "text": CANARY, "user_id": "U1"}),
    "a command of nobody": urlencode({"command": "/reviews", "text": CANARY}),
}  # fmt: skip


@pytest.mark.promise("G2", "K11")
@pytest.mark.parametrize("what", MALFORMED)
async def test_what_slack_never_sends_is_refused_calmly(
    chat: Chat, what: str, caplog: pytest.LogCaptureFixture
) -> None:
    with capture_logs() as logs:
        answer = await chat.driver.post(MALFORMED[what])
    assert answer.status_code in {400, 404}
    assert CANARY not in answer.text + caplog.text + str(logs)
    assert "Traceback" not in answer.text


@pytest.mark.promise("G2")
async def test_what_nobody_foresaw_keeps_what_was_chosen_and_says_none_of_its_words(chat: Chat, fourth: str) -> None:
    class Broken:
        async def act(self, *_: object) -> None:
            raise RuntimeError(CANARY)

    dialog = await chat.press(fourth, ICB, "dispute")
    async with driving(chat.other(Broken()), chat.slack) as driver:
        with capture_logs() as logs:
            _, then = await driver.send(chat.id(ICB), dialog, reason="no_part")
    assert then
    assert then.text.startswith(answering.WENT_WRONG)
    assert "You sent: We hold no part in this case" in then.text
    assert ([one["error"] for one in logs], CANARY in str(logs) + then.text) == (["RuntimeError"], False)
    _, done = await chat.send(ICB, then)
    assert "Recorded." in done.text


@pytest.mark.promise("G10")
async def test_a_record_that_cannot_be_read_is_answered_with_the_way_to_the_portal(chat: Chat) -> None:
    class Broken:
        async def directory(self) -> None:
            raise RuntimeError(CANARY)

    made = Answering(chat.house.there, chat.house.door, lambda: chat.house.now)
    made._questions = cast("Questions", Broken())
    app = Starlette(routes=[Route("/slack/events", made.take, methods=["POST"])])
    async with driving(app, chat.slack) as driver:
        figures = await driver.command(chat.id(MANAGER), "/reviews")
        shown = await driver.open_home(chat.id(MANAGER))
        dialog = await driver.press(chat.id(MANAGER), "promise", "any")
    assert dialog.text.startswith(answering.NOT_OPENED)
    assert figures.text == shown.text == f"{answering.NOT_SHOWN}http://127.0.0.1:8080/inbox"


async def test_slack_finds_the_address_and_its_certificate_when_it_looks_for_them(chat: Chat) -> None:
    looked = await chat.driver.post("ssl_check=1&token=x", {"Content-Type": FORM})
    assert (looked.status_code, looked.text) == (200, "")
    body = json.dumps({"type": "url_verification", "challenge": "3eZbrw1aB", "token": "x"})
    found = await chat.driver.post(body, chat.driver.signed(body) | {"Content-Type": "application/json"})
    assert (found.status_code, found.json()) == (200, {"challenge": "3eZbrw1aB"})


@pytest.mark.promise("K11")
async def test_more_than_a_request_holds_is_refused(chat: Chat) -> None:
    assert (await chat.driver.post("payload=" + "x" * 1_000_001)).status_code == 413


async def test_without_a_signing_secret_the_address_says_that_slack_is_not_set_up(chat: Chat) -> None:
    there = chat.house.there
    bare = there.settings.model_copy(update={"slack_signing_secret": SecretStr("")})
    app = create_app(replace(there, settings=bare), chat.house.client, lambda: chat.house.now)
    async with driving(app, chat.slack) as driver:
        answer = await driver.command(chat.id(MANAGER), "/reviews")
    assert (answer.status_code, answer.text) == (404, NOT_SET_UP)


# Commands and App Home


@pytest.mark.promise("G10")
async def test_reviews_gives_figures_and_links_and_nothing_of_any_case(chat: Chat) -> None:
    mine = await Questions(chat.house.there.recorder).mine(await chat.house.actor(MANAGER), chat.house.now)
    said = (await chat.driver.command(chat.id(MANAGER), "/reviews", CANARY)).text
    deciding = sum(map(home.decides, mine))
    assert deciding
    assert len(mine) > deciding
    assert f"You owe: {len(mine) - deciding}. Waiting for your decision: {deciding}." in said
    assert "<http://127.0.0.1:8080/inbox|Your messages>" in said
    assert not [one.case for one in mine if one.case in said]
    assert (await chat.driver.command(chat.id(LEFT), "/reviews")).text == home.UNKNOWN


@pytest.mark.promise("G10", "G8", "F14")
@pytest.mark.parametrize(("command", "page"), [("/refer", "/refer"), ("/challenge", "/open/raise_disagreement")])
async def test_a_command_gives_the_link_and_keeps_nothing_of_what_was_typed(
    chat: Chat, caplog: pytest.LogCaptureFixture, command: str, page: str
) -> None:
    caplog.set_level(0)
    with capture_logs() as logs:
        answer = await chat.driver.command(chat.id(HOSPITAL), command, f"{CANARY}, aged 4, was found")
    assert f"http://127.0.0.1:8080{page}" in answer.text
    assert home.NO_DETAILS in answer.text
    assert CANARY not in answer.text + caplog.text + str(logs)
    kept = [path for path in chat.house.there.settings.data_dir.rglob("*") if path.is_file()]
    assert not [path for path in kept if CANARY.encode() in path.read_bytes()]


@pytest.mark.promise("G10")
async def test_app_home_shows_by_date_what_i_owe_and_what_waits_for_my_decision(chat: Chat) -> None:
    mine = await Questions(chat.house.there.recorder).mine(await chat.house.actor(MANAGER), chat.house.now)
    shown = await chat.driver.open_home(chat.id(MANAGER))
    lines = [one.splitlines()[0] for one in shown.text.splitlines() if one.startswith(("RR-", "LR-"))]
    work = [f"{one.case}: {one.deadline.title}" for one in mine if not home.decides(one)]
    decisions = [f"{one.case}: {one.deadline.title}" for one in mine if home.decides(one)]
    assert len(lines) == len([*work, *decisions])
    assert all(line.startswith(one) for line, one in zip(lines, [*work, *decisions], strict=True))
    assert set(shown.links) >= {f"http://127.0.0.1:8080/cases/{one.case}" for one in mine}
    assert (await chat.driver.open_home(chat.id(LEFT))).text == home.UNKNOWN
    assert "You owe nothing." in (await chat.driver.open_home(chat.id(STRANGER))).text


@pytest.mark.promise("K6", "G10")
async def test_opening_a_dialog_or_app_home_is_a_reading_that_is_kept(chat: Chat, fourth: str) -> None:
    questions, actor = Questions(chat.house.there.recorder), await chat.house.actor(MANAGER)
    await chat.press(fourth, SCHOOLS, "ask_time")
    await chat.driver.open_home(chat.id(SCHOOLS))
    found: set[tuple[str, str]] = set()
    for _ in range(100):
        found = {(one.case, one.what) for one in await questions.reads(actor, chat.house.now, "", SCHOOLS, 50)}
        if found >= {(fourth, "ask_time, in Slack"), ("", "App Home in Slack")}:
            return
        await asyncio.sleep(0.05)
    raise AssertionError(found)
