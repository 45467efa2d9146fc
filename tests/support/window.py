"""The portal as a browser speaks to it, without the browser: pages are opened, and their forms are sent."""

import re
from collections.abc import Iterator, Mapping
from html import unescape
from typing import Any
from uuid import uuid4

import httpx2
from pydantic import BaseModel

from models.command import Command
from models.lifecycles import COMMANDS
from models.referral import SubmitReferral
from notifier.post import Post
from portal.app import create_app
from portal.forms import steps
from portal.questions import asked_of
from portal.typed import Group, inputs, of_answers
from portal.visiting import SESSION
from records.accounts import Accounts
from tests.support.house import House, referral

_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


class Windows:
    """Opens windows onto the portal of a house."""

    def __init__(self, made: House) -> None:
        self.house = made
        self.app = create_app(made.there, made.client, lambda: made.now, attempts=10_000)

    async def open(self, person: str = "") -> "Window":
        """A window of its own; signed in as this person, if one is named."""
        there = self.house.there
        client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=self.app), base_url="http://reviews.test", follow_redirects=True
        )
        if person:
            async with there.database.writing() as session:
                accounts = Accounts(there.database, there.vault, there.auditor)
                token = await accounts.begin(session, person, await self.house.read_clock())
            client.cookies.set(SESSION, token)
        return Window(self.house, client)


class Window:
    def __init__(self, made: House, client: httpx2.AsyncClient) -> None:
        self.house, self.client = made, client
        self.last: tuple[str, str, type[Command]]

    async def read(self, address: str) -> str:
        """The words of a page, without its marks."""
        return words((await self._get(address)).text)

    async def json(self, address: str) -> Any:  # noqa: ANN401 -- whatever is answered
        return (await self._get(address)).json()

    async def _get(self, address: str) -> httpx2.Response:
        answer = await self.client.get(address)
        assert answer.status_code == 200, (address, answer.status_code)
        return answer

    async def give(self, ref: str, kind: str, about: str = "", **answers: Any) -> str:  # noqa: ANN401 -- the answers of a form
        """Open the page of a command, fill it in and send it. Returns the words of the page that follows."""
        command = next(commands[kind] for commands in COMMANDS.values() if kind in commands)
        address = f"/cases/{ref}/{kind}{f'?about={about}' if about else ''}"
        return await self.send(address, (await self._get(address)).text, command, answers)

    async def send(self, address: str, page: str, command: type[Command], answers: Mapping[str, Any]) -> str:
        """Send the form of a page that was opened. Returns the words of the page that follows."""
        hidden = _HIDDEN.findall(page.partition('<form method="post"')[2])
        inputs_ = {**dict(hidden), **dict(_pairs(command, of_answers(command, answers)))}
        answer = await self.client.post(address, data=inputs_)
        self.last = address, answer.text, command
        return words(answer.text)

    async def confirm(self, **answers: Any) -> str:  # noqa: ANN401 -- the answers of a form
        """Press the button of the page that showed what moves, with these answers in it."""
        return await self.send(*self.last, answers)

    async def press(self, page: str, address: str, **inputs_: str) -> httpx2.Response:
        """Press the button of a page that asks nothing, or one thing."""
        token = dict(_HIDDEN.findall((await self._get(page)).text))["_csrf"]
        return await self.client.post(address, data={"_csrf": token, "_request": f"w-{uuid4().hex}", **inputs_})

    async def refer(self, **answers: Any) -> str:  # noqa: ANN401 -- the answers of a form
        """Refer as somebody without an account does: page by page, proven by mail. Returns the reference."""
        said = {**referral(await self.house.read_clock()), **answers}
        await self.press("/refer", "/refer")
        for step in steps(SubmitReferral):
            own = {one.name for one in asked_of(SubmitReferral) if one.step == step}
            page = (await self._get(f"/refer/{step}")).text
            await self.send(f"/refer/{step}", page, SubmitReferral, {n: v for n, v in said.items() if n in own})
        await self.press("/refer/check", "/refer/check")
        await self.press("/refer/return", "/refer/return", token=await self._mailed("refer/return"))
        received = words((await self.press("/refer/check", "/refer/check")).text)
        found = re.search(r"LR-\d{4}-\d{4}", received)
        assert found, received
        return found[0]

    async def _mailed(self, part: str) -> str:
        """The token of the newest mailed link to this page."""
        there = self.house.there
        for mail in await Post(there.database, there.vault).read():
            if found := re.search(rf"{part}#(\S+)", mail.text):
                return found[1]
        raise AssertionError(part)


def words(html: str) -> str:
    """What people read of a page: its main part, without marks, on one line."""
    main = html.partition("<main")[2].partition(">")[2].partition("</main>")[0]
    inline = re.sub(r"</?(a|b|code|del|em|ins|span|strong)\b[^>]*>", "", main)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", inline)).split())


def _pairs(model: type[BaseModel], group: Group, path: str = "") -> Iterator[tuple[str, Any]]:
    """The inputs that a browser would send for what was typed."""
    for asked in asked_of(model):
        if asked.part:
            for number, row in enumerate(group.get(asked.name, ())):
                yield from _pairs(asked.part, row, f"{path}{asked.name}.{number}.")
        else:
            yield from ((f"{path}{name}", group[name]) for name in inputs(asked) if name in group)
