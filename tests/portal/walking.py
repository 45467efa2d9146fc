"""Walking through the portal without a browser: every address of the application, the links and forms of each page."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx2
from fastapi import FastAPI

_CASE, _KIND = re.compile(r"/(LR|RR)-\d{4}-\d{4}\b"), re.compile(r"\{[a-z_]+\}")


def routes(app: FastAPI) -> list[tuple[str, str]]:
    """Every (method, path) of the application; files are one mount, and HEAD is GET without its body."""
    return sorted({(method, path) for path, methods in _walk(app.routes) for method in methods if method != "HEAD"})


def _walk(found: Sequence[Any]) -> Iterator[tuple[str, set[str]]]:
    for route in found:
        if hasattr(route, "original_router"):
            yield from _walk(route.original_router.routes)
        elif getattr(route, "methods", None):
            yield route.path, route.methods


def route_of(app_routes: Sequence[tuple[str, str]], method: str, path: str) -> str:
    """The route that answers this path: one without a blank goes before one with blanks, as in the application."""
    fitting = [one for how, one in app_routes if how == method and re.fullmatch(_KIND.sub("[^/]+", one), path)]
    return min(fitting, key=lambda one: one.count("{"), default="")


def state_of(address: str) -> str:
    """What kind of page this is: the address without its case, its person and what it is about."""
    split = urlsplit(address)
    about = split.query.partition("about=")[2].split("/")[0].split("%2F")[0].split("&")[0]
    path = re.sub(r"/p-\d+", "/p", _CASE.sub(lambda found: f"/{found[1]}", split.path))
    return f"{path}?{about}" if about and "/correct" not in path else path


def form_of(action: str) -> str:
    """Which form this is: the command, whatever it is about; elsewhere the address."""
    return state_of(action).partition("?")[0].replace("/cases/LR/", "/cases/RR/")


@dataclass
class Form:
    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.forms: list[Form] = []
        self.errors = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a" and given.get("href", "").startswith(("/", "?")):
            self.links.append(given["href"])
        if tag == "form":
            self.forms.append(Form(given.get("action", ""), given.get("method", "get")))
        if tag == "input" and self.forms and given.get("type") == "hidden":
            self.forms[-1].fields.append((given.get("name", ""), given.get("value", "")))


@dataclass(frozen=True)
class Seen:
    """One answer: the address that was asked, its status, and what stands on the page."""

    address: str
    status: int
    text: str
    links: Sequence[str]
    forms: Sequence[Form]


class Walker:
    """One visitor without a browser. Follows each redirect itself, so that every answer is seen."""

    def __init__(self, address: str, cookies: dict[str, str], app: FastAPI | None = None) -> None:
        transport = httpx2.ASGITransport(app=app) if app else None
        self.client = httpx2.AsyncClient(
            base_url=address, cookies=cookies, follow_redirects=True, timeout=30, transport=transport
        )

    async def get(self, address: str) -> Seen:
        return _seen(address, await self.client.get(address))

    async def post(self, page: str, form: Form) -> Seen:
        """Send a form as it came, with nothing filled in."""
        answer = await self.client.post(urljoin(page, form.action).partition("#")[0], data=dict(form.fields))
        return _seen(form.action, answer)


def _seen(address: str, answer: httpx2.Response) -> Seen:
    reader = _Reader()
    if "html" in answer.headers.get("content-type", ""):
        reader.feed(answer.text)
    links = [urljoin(address.partition("#")[0], link).partition("#")[0] for link in reader.links]
    return Seen(
        address, answer.status_code, answer.text, [one for one in links if not one.startswith("/static/")], reader.forms
    )
