"""A GOV.UK Notify of ours: nobody offers one, so this server speaks what its documentation describes of version 2.

It checks the signed token of each request by the client library's own function, knows one template, keeps every message
that it is given (the same one twice is two), and answers by reference. What goes wrong on the way is ours as well.
"""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from aiohttp import web
from notifications_python_client.authentication import decode_jwt_token, get_token_issuer
from notifications_python_client.errors import TokenError

from records.settings import Settings
from tests.support.ports import free_port
from tests.support.slack import Fault, Forward

SERVICE, SECRET, OTHER_SECRET, TEMPLATE = (f"00000000-0000-4000-8000-00000000000{n}" for n in range(1, 5))
KEY, OTHER_KEY = f"case_reviews-{SERVICE}-{SECRET}", f"case_reviews-{SERVICE}-{OTHER_SECRET}"
WANTED = {"subject", "body"}


class Service:
    """One service: its template, what it was given, what becomes of that, and what goes wrong on the way to it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.template = {"type": "email", "subject": "((subject))", "body": "((body))"}
        self.becomes = "created"
        """What it says of every message that it takes."""
        self.got: list[dict[str, Any]] = []
        self.faults: dict[str, list[Fault]] = {}
        """By what is asked (email, notifications, template), what is done to the next requests, one after the other."""
        self.asked: Counter[str] = Counter()
        self._runner: web.AppRunner | None = None

    def settings(self, **more: Any) -> Settings:  # noqa: ANN401 -- settings of any type
        given = {
            "data_dir": self.folder, "notify_api_key": KEY, "notify_template": TEMPLATE,
            "notify_api": f"http://127.0.0.1:{self.port}",
        }  # fmt: skip
        return Settings.model_validate({**given, **more})

    def go_wrong(self, asked: str, *faults: Fault) -> None:
        self.faults.setdefault(asked, []).extend(faults)

    def of(self, reference: str) -> list[dict[str, Any]]:
        """Every message under this reference, the newest first."""
        return [one for one in reversed(self.got) if one["reference"] == reference]

    async def open(self) -> None:
        """Listen, or listen again."""
        app = web.Application()
        app.router.add_post("/v2/notifications/{asked:email}", self._take)
        app.router.add_get("/v2/{asked:notifications}", self._take)
        app.router.add_get("/v2/{asked:template}/{id}", self._take)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()

    async def shut(self) -> None:
        """Refuse every connection until it is opened again."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _take(self, request: web.Request) -> web.StreamResponse:
        asked = request.match_info["asked"]
        self.asked[asked] += 1
        answer = {"email": self._send, "notifications": self._list, "template": self._describe}[asked]

        async def forward() -> web.Response:
            return _stranger(request) or await answer(request)

        waiting = self.faults.get(asked)
        return await (waiting.pop(0)(request, forward) if waiting else forward())

    async def _send(self, request: web.Request) -> web.Response:
        body = await request.json()
        if "@" not in body["email_address"]:
            return refusal(400, "ValidationError", "email_address Not a valid email address")
        if body["template_id"] != TEMPLATE:
            return refusal(400, "BadRequestError", "Template not found")
        said = body.get("personalisation", {})
        if missing := WANTED - said.keys():
            return refusal(400, "BadRequestError", f"Missing personalisation: {', '.join(sorted(missing))}")
        content = {at: self.template[at].replace(f"(({at}))", said[at]) for at in ("subject", "body")}
        kept = {
            "id": str(uuid4()), "reference": body.get("reference"), "email_address": body["email_address"],
            "type": "email", "status": self.becomes, "created_at": datetime.now(UTC).isoformat(), **content,
        }  # fmt: skip
        self.got.append(kept)
        template = {"id": TEMPLATE, "version": 1, "uri": f"{request.url.origin()}/v2/template/{TEMPLATE}"}
        made = {"id": kept["id"], "reference": kept["reference"], "content": content, "template": template}
        return web.json_response(made, status=201)

    async def _list(self, request: web.Request) -> web.Response:
        found = self.of(request.query["reference"])
        return web.json_response({"notifications": found, "links": {"current": str(request.url)}})

    async def _describe(self, request: web.Request) -> web.Response:
        if request.match_info["id"] != TEMPLATE:
            return refusal(404, "NoResultFound", "No result found")
        return web.json_response({"id": TEMPLATE, "name": "Messages", "version": 1, **self.template})


def _stranger(request: web.Request) -> web.Response | None:
    """A refusal for whoever cannot prove by a token of this half minute that they have the key."""
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    try:
        decode_jwt_token(token, SECRET)  # type: ignore[no-untyped-call]
        known = get_token_issuer(token) == SERVICE  # type: ignore[no-untyped-call]
    except TokenError:
        known = False
    return None if known else refusal(403, "AuthError", "Invalid token: API key not found")


def refusal(status: int, error: str, words: str) -> web.Response:
    return web.json_response({"status_code": status, "errors": [{"error": error, "message": words}]}, status=status)


def refusing(status: int, error: str, words: str) -> Fault:
    """Notify says no, by one of its documented errors."""

    async def refuse(request: web.Request, forward: Forward) -> web.StreamResponse:
        return refusal(status, error, words)

    return refuse


@asynccontextmanager
async def service(folder: Path) -> AsyncIterator[Service]:
    made = Service(folder)
    await made.open()
    try:
        yield made
    finally:
        await made.shut()
