"""A file that was given, as a download: never shown inside a page, and never run there."""

from typing import Final
from urllib.parse import quote

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from portal.pages import Message
from portal.visiting import Portal
from records.file_types import FileRefused
from records.files import HeldBack, NoSuchFile, NotStored, NotWhole, Opened, TooLarge

STATUS: Final[dict[type[FileRefused], int]] = {
    NoSuchFile: 404,
    HeldBack: 409,
    TooLarge: 413,
    NotWhole: 500,
    NotStored: 503,
}
"""Of what is wrong with a file; of anything else 422."""


def router(portal: Portal) -> APIRouter:
    pages = APIRouter()

    @pages.get("/files/{id_}")
    async def file(request: Request, id_: str) -> Response:
        visitor = await portal.signed_in(request)
        try:
            return attachment(await portal.evidence.open(visitor.actor, id_, portal.clock()))
        except NoSuchFile:
            return await portal.refuse(request, 404)
        except FileRefused as refusal:
            message = Message("This file cannot be opened", (refusal.words,))
            return await portal.say(request, message, STATUS[type(refusal)])

    return pages


def attachment(opened: Opened) -> Response:
    plain = "".join(one if one.isascii() and one not in '"\\%' else "_" for one in opened.name)
    return StreamingResponse(
        opened.body,
        media_type=opened.media,
        headers={
            "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(opened.name, safe='')}",
            "Content-Length": str(opened.size),
            "Content-Security-Policy": "sandbox; default-src 'none'",
        },
    )
