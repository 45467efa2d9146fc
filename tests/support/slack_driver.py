"""What people do in Slack, as Slack sends it on to us.

All of this is ours, for the emulated Slack sends nothing by itself: the payloads (as docs.slack.dev shows them), their
form encoding, and their signature, which Slack's own library makes. The dialogs are the server's: it gives out the
trigger of each press of a button, refuses one that was used or has run out, and keeps every view that is opened,
changed or published. What a dialog shows is read from the server's answer, never from what we sent.

The emulated Slack has no Socket Mode either: `Socket` plays that part, by the protocol as docs.slack.dev describes it
(apps.connections.open, hello, envelopes that are acknowledged, disconnect), and passes every other call on.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import httpx2
from aiohttp import ClientSession, web
from slack_sdk.signature import SignatureVerifier
from starlette.types import ASGIApp

from tests.support.ports import free_port
from tests.support.slack import Workspace

SECRET = "0123456789abcdef0123456789abcdef"
APP_TOKEN = "xapp-not-a-secret"
SOON = 10.0
FORM = "application/x-www-form-urlencoded"


class Dialog:
    """A view as the server has it."""

    def __init__(self, view: dict[str, Any]) -> None:
        self.view = view

    @property
    def id(self) -> str:
        return str(self.view["id"])

    @property
    def text(self) -> str:
        """Everything that can be read in it, a line for each block."""
        return "\n".join(_text(block) for block in self.view["blocks"])

    @property
    def questions(self) -> set[str]:
        return {block["block_id"] for block in self.view["blocks"] if block["type"] == "input"}

    @property
    def sends(self) -> str:
        return str((self.view.get("submit") or {}).get("text", ""))

    @property
    def links(self) -> list[str]:
        """Where its buttons lead, and those beside its lines."""
        found = [one for block in self.view["blocks"] for one in block.get("elements", [block.get("accessory")]) if one]
        return [one["url"] for one in found if "url" in one]

    def options(self) -> dict[str, str]:
        """What can be chosen as a reason: titles by value."""
        (element,) = (block["element"] for block in self.view["blocks"] if block.get("block_id") == "reason")
        groups = element.get("option_groups") or [element]
        return {one["value"]: one["text"]["text"] for group in groups for one in group["options"]}

    def kept(self) -> dict[str, str]:
        """What is chosen already when it opens."""
        found: dict[str, str] = {}
        for block in self.view["blocks"]:
            element = block.get("element", {})
            if "initial_date" in element:
                found[block["block_id"]] = element["initial_date"]
            if "initial_option" in element:
                found[block["block_id"]] = element["initial_option"]["value"]
        return found

    def state(self, chosen: dict[str, str]) -> dict[str, Any]:
        """As Slack sends what was chosen: in every question's block, its element."""
        values: dict[str, Any] = {}
        for block in self.view["blocks"]:
            if block["type"] != "input":
                continue
            name, element = block["block_id"], block["element"]
            answer: dict[str, Any] = {"type": element["type"]}
            if element["type"] == "datepicker":
                answer["selected_date"] = chosen.get(name)
            else:
                value = chosen.get(name)
                title = self.options().get(value or "", "")
                answer["selected_option"] = (
                    {"text": {"type": "plain_text", "text": title, "emoji": False}, "value": value} if value else None
                )
            values[name] = {element["action_id"]: answer}
        return {"values": values}


class Driver:
    """Slack's side of one app: it signs and sends what people do, and shows what they then see."""

    def __init__(self, app: ASGIApp, slack: Workspace, secret: str = SECRET) -> None:
        self._slack, self._signs = slack, SignatureVerifier(secret)
        self._http = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://reviews.test")

    async def close(self) -> None:
        await self._http.aclose()

    # What goes over the wire

    def signed(self, body: str, *, age: float = 0) -> dict[str, str]:
        """The headers with which Slack sends this, so many seconds ago."""
        timestamp = str(int(time.time() - age))
        signature = self._signs.generate_signature(timestamp=timestamp, body=body)
        assert signature
        return {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": signature, "Content-Type": FORM}

    async def post(self, body: str, headers: dict[str, str] | None = None) -> httpx2.Response:
        return await self._http.post("/slack/events", content=body, headers=headers or self.signed(body))

    async def payload(self, payload: dict[str, Any]) -> httpx2.Response:
        return await self.post(form_of(payload))

    # What people do

    async def trigger(self, person: str) -> str:
        """What Slack gives along with a press of a button: it opens one dialog, within three seconds."""
        answer = await self._slack.call("views.generateTriggerId", {"user_id": person})
        return str(answer["trigger_id"])

    async def channel(self, person: str) -> str:
        """The conversation of the app with this person."""
        return str((await self._slack.call("conversations.open", {"users": person}))["channel"]["id"])

    def pressed(self, person: str, action: str, value: str, trigger: str, channel: str = "D1") -> dict[str, Any]:
        """A press of a button under a message."""
        return {
            "type": "block_actions",
            **_who(person),
            "trigger_id": trigger,
            "container": {"type": "message", "message_ts": "1.1", "channel_id": channel, "is_ephemeral": False},
            "channel": {"id": channel, "name": "directmessage"},
            "message": {"type": "message", "ts": "1.1", "text": "…"},
            "state": {"values": {}},
            "response_url": "https://hooks.slack.com/actions/T1/1/x",
            "actions": [
                {
                    "type": "button", "action_id": action, "block_id": "b", "value": value, "action_ts": "1.2",
                    "text": {"type": "plain_text", "text": "…", "emoji": False},
                }
            ],
        }  # fmt: skip

    async def press(self, person: str, action: str, value: str) -> Dialog:
        """Press a button, and read the dialog that opens."""
        seen = len(self._slack.shown)
        answer = await self.payload(self.pressed(person, action, value, await self.trigger(person)))
        assert (answer.status_code, answer.text) == (200, "")
        return await self.next_view("views.open", seen)

    def submission(self, person: str, dialog: Dialog, chosen: dict[str, str]) -> dict[str, Any]:
        view = {**dialog.view, "state": dialog.state(chosen)}
        return {"type": "view_submission", **_who(person), "trigger_id": _once(), "view": view, "response_urls": []}

    async def send(self, person: str, dialog: Dialog, **chosen: str) -> tuple[dict[str, str], Dialog | None]:
        """Send a dialog. Returns the words beside its questions, and the view by which it is replaced."""
        answer = await self.payload(self.submission(person, dialog, chosen))
        assert answer.status_code == 200, answer.text
        said = answer.json() if answer.text else {}
        if said.get("response_action") == "update":
            return {}, Dialog({**said["view"], "id": dialog.id})
        return said.get("errors", {}), None

    async def command(self, person: str, command: str, text: str = "") -> httpx2.Response:
        return await self.post(
            urlencode({
                "token": "x", "team_id": "T1", "channel_id": "C1", "user_id": person, "user_name": "x",
                "command": command, "text": text, "api_app_id": "A1", "response_url": "https://hooks.slack.com/x",
                "trigger_id": _once(),
            })
        )  # fmt: skip

    async def open_home(self, person: str) -> Dialog:
        """Open App Home, and read it. Events come as JSON."""
        seen = len(self._slack.shown)
        event = {"type": "app_home_opened", "user": person, "channel": "D1", "tab": "home", "event_ts": "1.1"}
        body = json.dumps({
            "type": "event_callback", "team_id": "T1", "api_app_id": "A1", "event": event, "event_id": f"Ev{seen}",
            "event_time": 1, "authorizations": [],
        })  # fmt: skip
        answer = await self.post(body, self.signed(body) | {"Content-Type": "application/json"})
        assert answer.status_code == 200
        return await self.next_view("views.publish", seen)

    # What people see

    async def next_view(self, method: str, seen: int) -> Dialog:
        """The next view that the server takes by this method, after so many."""
        _, answer = await self.next_shown(method, seen)
        assert answer["ok"], answer
        return Dialog(answer["view"])

    async def next_shown(self, method: str, seen: int) -> tuple[dict[str, Any], dict[str, Any]]:
        """(what was sent, the answer) of the next request by this method, after so many."""
        for _ in range(int(SOON / 0.02)):
            for name, sent, answer in self._slack.shown[seen:]:
                if name == method:
                    return sent, answer
            await asyncio.sleep(0.02)
        raise AssertionError(method)


class Socket:
    """Slack's side of Socket Mode, before the emulated workspace. Ours."""

    def __init__(self, slack: Workspace) -> None:
        self._slack, self._port = slack, free_port()
        self._http = ClientSession()
        self._runner: web.AppRunner | None = None
        self._answers: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self.open: list[web.WebSocketResponse] = []
        """Every connection that there has been, the newest last."""

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self._port}/api/"

    async def begin(self) -> None:
        app = web.Application()
        app.router.add_post("/api/apps.connections.open", self._opened)
        app.router.add_get("/link", self._linked)
        app.router.add_route("*", "/api/{method}", self._passed_on)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()

    async def end(self) -> None:
        """Cut every connection, and take no other until it begins again."""
        if self._runner:
            for one in self.open:
                await one.close()
            await self._runner.cleanup()
            self._runner = None

    async def close(self) -> None:
        await self.end()
        await self._http.close()

    async def connected(self, times: int) -> None:
        """Wait until there was a connection so many times."""
        async with asyncio.timeout(60):
            while len(self.open) < times:  # noqa: ASYNC110 -- a test may wait by looking
                await asyncio.sleep(0.05)

    async def send(self, kind: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Send an envelope by the newest connection. Returns what came back with its acknowledgement, within 3 s."""
        envelope = uuid4().hex
        self._answers[envelope] = asyncio.get_running_loop().create_future()
        accepts = kind != "events_api"
        await self.open[-1].send_json({
            "envelope_id": envelope, "type": kind, "payload": payload, "accepts_response_payload": accepts,
        })  # fmt: skip
        return await asyncio.wait_for(self._answers[envelope], 3)

    async def say_goodbye(self) -> None:
        """What Slack says some seconds before it ends a connection."""
        await self.open[-1].send_json({"type": "disconnect", "reason": "refresh_requested", "debug_info": {}})

    async def _opened(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {APP_TOKEN}":
            return web.json_response({"ok": False, "error": "not_allowed_token_type"})
        return web.json_response({"ok": True, "url": f"ws://127.0.0.1:{self._port}/link"})

    async def _linked(self, request: web.Request) -> web.WebSocketResponse:
        link = web.WebSocketResponse()
        await link.prepare(request)
        await link.send_json({"type": "hello", "num_connections": 1, "debug_info": {}, "connection_info": {}})
        self.open.append(link)
        async for message in link:
            said = message.json()
            waiting = self._answers.pop(said["envelope_id"], None)
            if waiting and not waiting.done():
                waiting.set_result(said.get("payload", {}))
        return link

    async def _passed_on(self, request: web.Request) -> web.Response:
        headers = {name: request.headers[name] for name in ("Authorization", "Content-Type") if name in request.headers}
        address = f"{self._slack.api}{request.match_info['method']}"
        body = await request.read()
        async with self._http.request(request.method, address, data=body, headers=headers) as answer:
            return web.Response(body=await answer.read(), status=answer.status, content_type=answer.content_type)


def form_of(payload: dict[str, Any]) -> str:
    """As Slack sends what people press and send: one field of a form, with JSON in it."""
    return urlencode({"payload": json.dumps(payload)})


@asynccontextmanager
async def driving(app: ASGIApp, slack: Workspace, secret: str = SECRET) -> AsyncIterator[Driver]:
    made = Driver(app, slack, secret)
    try:
        yield made
    finally:
        await made.close()


def _who(person: str) -> dict[str, Any]:
    return {
        "team": {"id": "T1", "domain": "harrowshire"},
        "user": {"id": person, "username": "x", "name": "x", "team_id": "T1"},
        "api_app_id": "A1", "token": "x", "enterprise": None, "is_enterprise_install": False,
    }  # fmt: skip


def _once() -> str:
    """Whatever somebody does has a trigger of its own, so that no two of Slack's requests are alike."""
    return f"1.1.{uuid4().hex}"


def _text(block: dict[str, Any]) -> str:
    parts = [block.get("text"), block.get("label"), *(one.get("text") for one in block.get("elements", ()))]
    return " ".join(one["text"] for one in parts if one)
