"""What stands before every page: headers, a limit to what is sent and how often. Pure ASGI: nothing is read twice."""

import json
import secrets
import traceback
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from pathlib import Path

import structlog
from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from records.seeing import act

log = structlog.get_logger("portal")

PROBLEM = "application/problem+json"
Answer = Callable[[Request, int], Awaitable[Response]]
"""The page, or the problem as JSON has it, of a status."""

LARGEST = 1_000_000
"""Bytes of one request. A form with every answer at its longest stays far below."""
LARGEST_WITH_FILES = 300_000_000
"""Bytes of a request that may bring a file. Far more than is kept: what is too large is read and thrown away, for a
browser that is still sending hears no answer."""

POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "X-Robots-Tag": "noindex",
}


NOBODYS = ("/health/", "/static/")
"""What browsers and machines ask for by themselves."""


class Headers:
    """A nonce for the scripts of each page, and the headers that keep everything else out."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self._app, self._secure = app, secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["nonce"] = secrets.token_urlsafe(16)

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Content-Security-Policy", POLICY.format(nonce=scope["nonce"]))
                if not scope["path"].startswith("/static/"):
                    headers["Cache-Control"] = "no-store"
                if self._secure:
                    headers["Strict-Transport-Security"] = "max-age=31536000"
            await send(message)

        await self._app(scope, receive, sending)


class TooLarge(Exception):
    """More was sent than is taken."""


class Seen:
    """Measures and traces what people ask for, by the pattern of its address: an address may say what they look for."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(NOBODYS):
            await self._app(scope, receive, send)
            return
        with act("request", method=scope["method"]) as said:

            async def noting(message: Message) -> None:
                if message["type"] == "http.response.start":
                    said["status"] = str(message["status"])
                await send(message)

            await self._app(scope, receive, noting)
            said["route"] = getattr(scope.get("route"), "path", "") or "none"


class Limit:
    """Counts what is sent, whatever the request says of its own length. `takes_files`: where more may be sent."""

    def __init__(self, app: ASGIApp, answer: Answer, takes_files: Callable[[Scope], bool]) -> None:
        self._app, self._answer, self._takes_files = app, answer, takes_files

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        said = dict(scope["headers"]).get(b"content-length", b"0")
        largest = LARGEST_WITH_FILES if self._takes_files(scope) else LARGEST
        counted, started = 0, False

        async def counting() -> Message:
            nonlocal counted
            message = await receive()
            counted += len(message.get("body", b""))
            if counted > largest:
                raise TooLarge
            return message

        async def noting(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            if said.isdigit() and int(said) > largest:
                raise TooLarge  # noqa: TRY301 -- said and counted sizes have one answer
            await self._app(scope, counting, noting)
        except TooLarge:
            if not started:
                answer = await self._answer(Request(scope), 413)
                await answer(scope, receive, send)


class Calm:
    """What nobody foresaw becomes a page, inside the headers; the log names its kind and its place, and no words."""

    def __init__(self, app: ASGIApp, answer: Answer) -> None:
        self._app, self._answer = app, answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def noting(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, noting)
        except Exception as error:  # noqa: BLE001 -- whatever it is, a person gets an answer
            _note("broken", error)
            if scope["type"] == "http" and not started:
                await self._say(scope, receive, send)

    async def _say(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            answer = await self._answer(Request(scope), 500)
        except Exception as error:  # noqa: BLE001 -- the page could not be made either: the database may be away
            _note("broken page", error)
            await _plain(scope, send)
            return
        await answer(scope, receive, send)


def _note(what: str, error: Exception) -> None:
    """Say it in the log; where even that cannot be written, as on a full disk, whoever waits gets an answer first."""
    with suppress(OSError):
        log.error(what, error=type(error).__name__, where=_where(error))


def _where(error: BaseException) -> str:
    """The innermost place: file and line, without what was in hand there."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(frame.filename).name}:{frame.lineno} {frame.name}"


class Often:
    """At most so many requests a minute from one address to the doors that can be tried without a name."""

    def __init__(self, app: ASGIApp, answer: Answer, paths: Iterable[str], most: int) -> None:
        self._app, self._answer, self._paths, self._most = app, answer, tuple(paths), RateLimitItemPerMinute(most)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        guarded = scope["type"] == "http" and scope["method"] == "POST" and scope["path"].startswith(self._paths)
        if guarded and not await self._limiter.hit(self._most, (scope.get("client") or ("?",))[0]):
            answer = await self._answer(Request(scope), 429)
            await answer(scope, receive, send)
            return
        await self._app(scope, receive, send)


async def _plain(scope: Scope, send: Send) -> None:
    """An answer that needs nothing else to work: a bare page, or a problem as JSON has it."""
    words = "Sorry, there is a problem with this service. Try again in a few minutes."
    if scope["path"].startswith("/api/"):
        kind, body = PROBLEM, json.dumps({"type": "about:blank", "title": words, "status": 500})
    else:
        kind = "text/html; charset=utf-8"
        title, content = "<title>Sorry</title>", f"<main><h1>Sorry</h1><p>{words}</p></main>"
        body = f'<!DOCTYPE html><html lang="en">{title}{content}</html>'
    headers = [(b"content-type", kind.encode()), (b"content-length", str(len(body.encode())).encode())]
    await send({"type": "http.response.start", "status": 500, "headers": headers})
    await send({"type": "http.response.body", "body": body.encode()})
