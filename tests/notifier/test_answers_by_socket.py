"""Answers by Socket Mode, where Slack cannot reach the portal from outside: the socket is ours, the dialogs are not."""

from datetime import timedelta
from pathlib import Path

import pytest

from models.time import day_of
from policy.reading import read_directory_file
from portal.app import create_app
from portal.chat import listening
from tests.portal.scene import AUTHORITY, HOSPITAL, MANAGER
from tests.support.house import DIRECTORY, house, triage
from tests.support.slack import TOKEN, workspace
from tests.support.slack_driver import APP_TOKEN, Dialog, Driver, Socket

HOSPITAL_RETURN = "agency_return/harrow-vale-hospitals"


@pytest.mark.proof
@pytest.mark.timeout(300)
@pytest.mark.promise("G2", "G10")
async def test_a_promise_by_socket_mode_and_by_the_next_connection_after_each_that_ends(tmp_path: Path) -> None:
    directory = read_directory_file(DIRECTORY)
    async with workspace(tmp_path, directory) as slack:
        socket = Socket(slack)
        async with house(tmp_path, slack_token=TOKEN, slack_api=socket.api, slack_app_token=APP_TOKEN) as made:
            async with made.there.database.writing() as session:
                joined = slack.joined(directory)
                await made.there.recorder.directory.replace(session, joined, MANAGER, made.now)
            ref = (await made.refer()).case
            await made.act(MANAGER, ref, "triage", **triage())
            review, now = await made.child_of(ref), made.now.isoformat()
            await made.act(AUTHORITY, review, "record_notification", sent_at=now, sent_by="A", reference="N")
            await made.act(MANAGER, review, "request_information", agencies=["harrow-vale-hospitals"])
            await made.wait(timedelta(seconds=2))
            await made.settled()
            notice = next(one for one in await made.notices(review) if one.obligation == HOSPITAL_RETURN)
            app = create_app(made.there, made.client, lambda: made.now)
            driver, who = Driver(app, slack), str(joined.people[HOSPITAL].slack_id)

            async def press(kind: str) -> Dialog:
                seen = len(slack.shown)
                pressed = driver.pressed(who, kind, notice.key, await driver.trigger(who))
                assert await socket.send("interactive", pressed) == {}
                return await driver.next_view("views.open", seen)

            async with listening(app.state.portal):
                await socket.begin()  # later than whoever wants to connect
                await socket.connected(1)
                dialog = await press("promise")
                day = str(day_of(made.now) + timedelta(days=300))
                said = await socket.send("interactive", driver.submission(who, dialog, {"until": day}))
                assert said["response_action"] == "errors"
                assert said["errors"]["until"].startswith("The policy allows a date up to")
                day = str(day_of(made.now) + timedelta(days=1))
                said = await socket.send("interactive", driver.submission(who, dialog, {"until": day}))
                assert said["response_action"] == "update"
                assert "Recorded." in Dialog({**said["view"], "id": dialog.id}).text
                assert [one.kind for one in await made.facts(review)].count("promised") == 1

                await socket.say_goodbye()
                await socket.connected(2)
                figures = await socket.send("slash_commands", {"command": "/reviews", "user_id": who, "text": ""})
                assert figures["text"].startswith("You owe: 1.")

                await socket.end()
                await socket.begin()
                await socket.connected(3)
                assert (await press("dispute")).questions == {"reason"}
            await driver.close()
        await socket.close()
