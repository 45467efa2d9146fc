"""When one channel does not take a message the next one does: a house, and a peer for each channel."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from models.tables import AttemptRow, NoticeRow
from policy.reading import read_directory_file
from records.policies import put_in_force
from tests.portal.scene import ADMINISTRATOR
from tests.portal.test_inviting import Site
from tests.support.chat import Chatting, sleepless
from tests.support.house import DIRECTORY, house
from tests.support.mailbox import Mailbox, cut, mailbox, part
from tests.support.notify import Service, service
from tests.support.slack import TOKEN, refusing, workspace

MANAGER = "p-018"


class Town:
    """A house whose people can be reached by three channels."""

    def __init__(self, chat: Chatting, mail: Mailbox, notify: Service) -> None:
        self.chat, self.slack, self.mail, self.notify = chat, chat.slack, mail, notify

    async def told(self) -> tuple[list[str], dict[str, int]]:
        """Refer. What became of each try to tell the business manager, and by which channels they see it how often."""
        ref = (await self.chat.house.refer()).case
        said = {
            "slack": await self.chat.reads(MANAGER),
            "mail": [part(one, "plain") for one in self.mail.got],
            "notify": [f"{one['subject']} {one['body']}" for one in self.notify.got],
        }
        return await self._tries(ref), {name: sum(ref in text for text in texts) for name, texts in said.items()}

    async def _tries(self, ref: str) -> list[str]:
        mine = select(NoticeRow.bundle).where(NoticeRow.case == ref, NoticeRow.person == MANAGER)
        tries = select(AttemptRow).where(AttemptRow.bundle.in_(mine)).order_by(AttemptRow.number)
        async with self.chat.house.there.database.reading() as session:
            return [f"{one.channel} {one.state}" for one in await session.scalars(tries)]


@asynccontextmanager
async def town(folder: Path) -> AsyncIterator[Town]:
    directory = read_directory_file(DIRECTORY)
    async with workspace(folder, directory) as slack, mailbox(folder) as mail, service(folder) as notify:
        given: dict[str, Any] = {"slack_token": TOKEN, "slack_api": slack.api}
        for one in (mail.settings(), notify.settings()):
            given |= {name: getattr(one, name) for name in one.model_fields_set - {"data_dir"}}
        async with house(folder, **given) as made:
            async with made.there.database.writing() as session:
                await made.there.recorder.directory.replace(session, slack.joined(directory), MANAGER, made.now)
                await put_in_force(session, sleepless(), made.now)
            yield Town(Chatting(made, slack), mail, notify)


@pytest.mark.promise("G4", "G7")
async def test_what_one_channel_does_not_take_goes_by_the_next_and_nothing_goes_twice(tmp_path: Path) -> None:
    async with town(tmp_path) as one:
        assert await one.told() == (["slack sent"], {"slack": 1, "mail": 0, "notify": 0})

        one.slack.go_wrong("conversations.open", refusing("user_disabled"))
        assert await one.told() == (["slack failed_for_good", "mail sent"], {"slack": 0, "mail": 1, "notify": 0})
        (letter,) = one.mail.got
        words = f"{letter['Subject']} {part(letter, 'plain')} {part(letter, 'html')}".casefold()
        assert "<html" in words
        assert not [name for name in ("quillon", "zarbane", "rosamund", "testwick") if name in words]

        one.slack.go_wrong("chat.postMessage", refusing("channel_not_found"))
        one.mail.faults["RCPT"] = "550 5.1.1 no such mailbox"
        tries = ["slack failed_for_good", "mail failed_for_good", "notify sent"]
        assert await one.told() == (tries, {"slack": 0, "mail": 0, "notify": 1})

        one.slack.go_wrong("chat.postMessage", refusing("invalid_auth"))
        one.mail.faults = {"DATA": cut}
        tries = ["slack failed_for_good", "mail unknown", "notify sent"]
        assert await one.told() == (tries, {"slack": 0, "mail": 1, "notify": 1})
        async with Site(one.chat.house).browser(ADMINISTRATOR) as browser:
            shown = (await browser.client.get("/messages")).text
        assert "; not known whether e-mail has it" in shown, "though it has arrived by the next channel"
        assert "; sent by GOV.UK Notify" in shown
