"""Reads what the engine keeps, for the engine's own web page: for an administrator who is signed in here.

The page is of another origin. It sends as JSON what it cannot read, with the cookie of this portal. Only the origin of
the settings is answered: no other page can send JSON with that cookie, or read what comes back.
"""

import re
import zlib
from collections.abc import Sequence
from contextlib import suppress
from http import HTTPStatus

from cryptography.exceptions import InvalidTag
from fastapi import APIRouter
from google.protobuf.json_format import MessageToJson, Parse, ParseError
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from temporalio.api.common.v1 import Payload, Payloads

from models.command import REFERENCE
from models.facts import Problem
from models.rights import LOCKED, NAMED
from portal.visiting import Portal, Visitor
from records.codec import EngineCodec

ANYWHERE = rf"\b{REFERENCE.strip('^$')}\b"
READERS = frozenset({"administrator"})
WHAT = "what the engine keeps"
NOT_SET_UP = "The engine's page is not set up here: docs/deploy.md says how."
ANOTHER_PAGE = "Another page than that of the settings asks."
SIGN_IN = "Sign in at the portal first."
NOT_YOURS = "Only an administrator can read what the engine keeps."
CLOSED = "This names a case that is closed to you."
NO_PAYLOADS = "This is not what the engine's page sends."


class Refused(Exception):
    """It is not read to this page or this person."""

    def __init__(self, status: HTTPStatus, words: str) -> None:
        self.status, self.words = status, words


def router(portal: Portal) -> APIRouter:
    pages = APIRouter()
    headers = {
        "Access-Control-Allow-Origin": portal.settings.engine_page,
        "Access-Control-Allow-Credentials": "true",
        "Access-Control-Allow-Headers": "content-type, x-namespace",
        "Vary": "Origin",
    }

    @pages.options("/engine/codec/decode")
    async def ask(request: Request) -> Response:
        """The browser asks which page may ask."""
        return Response(headers=headers) if portal.settings.engine_page else PlainTextResponse(NOT_SET_UP, 404)

    @pages.post("/engine/codec/decode")
    async def decode(request: Request) -> Response:
        try:
            visitor = await _administrator(portal, request)
            codec = EngineCodec(portal.there.keys, portal.settings.keys)
            read = [await _read(codec, one) for one in await _sent(request)]
            await _note(portal, visitor, read)
        except Refused as refused:
            return PlainTextResponse(refused.words, refused.status, headers)
        return Response(MessageToJson(Payloads(payloads=read)), headers=headers, media_type="application/json")

    return pages


async def _administrator(portal: Portal, request: Request) -> Visitor:
    """Who asks, through the engine's page. Raises Refused."""
    if not portal.settings.engine_page:
        raise Refused(HTTPStatus.NOT_FOUND, NOT_SET_UP)
    if request.headers.get("origin") != portal.settings.engine_page:
        raise Refused(HTTPStatus.FORBIDDEN, ANOTHER_PAGE)
    visitor = await portal.visitor(request)
    if visitor is None:
        raise Refused(HTTPStatus.UNAUTHORIZED, SIGN_IN)
    if not visitor.actor.anywhere(READERS):
        raise Refused(HTTPStatus.FORBIDDEN, NOT_YOURS)
    return visitor


async def _sent(request: Request) -> Sequence[Payload]:
    """What is to be read. Raises Refused."""
    if request.headers.get("content-type", "").partition(";")[0] != "application/json":
        raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, NO_PAYLOADS)
    try:
        return Parse(await request.body(), Payloads()).payloads
    except ParseError:
        raise Refused(HTTPStatus.BAD_REQUEST, NO_PAYLOADS) from None


async def _read(codec: EngineCodec, payload: Payload) -> Payload:
    """In the clear, and a case unpacked; as it is if it was not written by this installation."""
    try:
        (read,) = await codec.decode([payload])
    except (LookupError, InvalidTag):
        return payload
    with suppress(zlib.error):
        return Payload(metadata={"encoding": b"json/plain"}, data=zlib.decompress(read.data))
    return read


async def _note(portal: Portal, visitor: Visitor, read: Sequence[Payload]) -> None:
    """Note which cases are read, as far as they are named there: the engine's page asks for each value by itself.

    Raises Refused if one of them is closed to this person.
    """
    cases = sorted({ref for one in read for ref in re.findall(ANYWHERE, one.data.decode(errors="ignore"))})
    found = [await portal.questions.case(case, visitor.actor, portal.clock()) for case in cases]
    if any(isinstance(one, Problem) and one.words in {LOCKED, NAMED} for one in found):
        raise Refused(HTTPStatus.FORBIDDEN, CLOSED)
    for case in cases or [""]:
        await portal.questions.note_first_read(visitor.person, case, WHAT, portal.clock())
