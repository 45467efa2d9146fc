"""Files by the JSON interface: kept under /api/v1/cases/REF/files, to be named by a command, and given back."""

from typing import Any
from urllib.parse import unquote

from fastapi import APIRouter
from python_multipart.multipart import parse_options_header
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from door.refusals import NotThere
from models.files import FileState
from portal.api import WRONG, nowhere, problem, responses, who_asks
from portal.files import STATUS, attachment
from portal.visiting import Portal
from records.file_types import TAKEN, FileRefused

_FILE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": f"The bytes of the file. Taken are: {TAKEN}.",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    },
    "parameters": [
        {
            "name": "Content-Disposition",
            "in": "header",
            "required": False,
            "schema": {"type": "string", "maxLength": 1000},
            "description": 'The name of the file, as in `attachment; filename="report.pdf"`; percent-encoded where '
            "it has other letters than those of ASCII.",
        }
    ],
    "security": [{"bearer": []}],
    "responses": responses(
        {
            "type": "object",
            "required": ["id", "case", "name", "media", "size", "state"],
            "properties": {
                "id": {"type": "string", "description": "What a command names: the answer to a question for a file."},
                "case": {"type": "string"},
                "name": {"type": "string"},
                "media": {"type": "string"},
                "size": {"type": "integer"},
                "state": {"enum": [one.value for one in FileState]},
            },
        }
    ),
}
_BYTES: dict[str, Any] = {
    "security": [{"bearer": []}],
    "responses": {
        "200": {
            "description": "The file",
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        },
        "default": WRONG,
    },
}


def router(portal: Portal) -> APIRouter:
    pages = APIRouter(prefix="/api/v1", tags=["reviews"], responses={"default": WRONG})

    @pages.post("/cases/{ref}/files", summary="Keep a file, to be named by a command", openapi_extra=_FILE)
    async def keep(request: Request, ref: str) -> Response:
        who, stream = await who_asks(portal, request), request.stream()
        _, options = parse_options_header(request.headers.get("content-disposition"))
        name = unquote(options.get(b"filename", b"").decode(errors="replace"))
        try:
            kept = await portal.evidence.keep(who, ref, name, stream, portal.clock())
        except NotThere:
            return nowhere()
        except FileRefused as refusal:
            return problem(STATUS.get(type(refusal), 422), refusal.words)
        finally:
            async for _ in stream:  # a sender that is still sending hears no answer
                pass
        return JSONResponse(kept.model_dump(mode="json", include={"id", "case", "name", "media", "size", "state"}))

    @pages.get("/files/{id_}", summary="The bytes of a file", openapi_extra=_BYTES)
    async def file(request: Request, id_: str) -> Response:
        who = await who_asks(portal, request)
        try:
            return attachment(await portal.evidence.open(who, id_, portal.clock()))
        except FileRefused as refusal:
            return problem(STATUS.get(type(refusal), 422), refusal.words)

    return pages
