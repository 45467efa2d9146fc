"""The JSON interface under /api/v1: the same commands, through the same door. Errors are problem+json (RFC 9457)."""

import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import uuid4

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from door.door import Done
from door.refusals import NotConfirmed, Refusal
from models.command import Command
from models.facts import Fact, Problem
from models.lifecycles import COMMANDS, OPENINGS, OPENS
from models.referral import SubmitReferral
from models.rights import Actor
from models.steps import came_about
from notifier.receipts import receipt, status_link
from portal.doing import can
from portal.guarding import PROBLEM
from portal.visiting import NotSignedIn, Portal, address_of, hidden
from records.accounts import SecondFactorNeeded, SignInFailed
from records.questions import CaseView, LikelySame
from records.sealing import fingerprint

_PROBLEM_SCHEMA = {
    "type": "object",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "key": {"type": "string", "description": "Not yet confirmed: send it again with this Idempotency-Key."},
        "problems": {
            "type": "array",
            "items": {"type": "object", "properties": {"field": {"type": "string"}, "words": {"type": "string"}}},
        },
    },
}
_DONE_SCHEMA = {
    "type": "object",
    "required": ["case", "fact", "kind", "recorded"],
    "properties": {
        "case": {"type": "string"},
        "fact": {"type": "integer", "description": "The number of the fact in its case."},
        "kind": {"type": "string"},
        "recorded": {"type": "string", "format": "date-time"},
    },
}

_LIKELY = {
    "type": "array",
    "description": "Referrals that may be about the same child, of those that you may open.",
    "items": {
        "type": "object",
        "properties": {
            "case": {"type": "string"},
            "because": {"type": "array", "items": {"type": "string"}},
            "same": {"type": ["boolean", "null"], "description": "What was decided; null: nothing yet."},
        },
    },
}
_STATUS = {"type": "string", "format": "uri", "description": "Where its sender sees how far it has come"}
_RECEIVED_SCHEMA = {"allOf": [_DONE_SCHEMA, {"type": "object", "properties": {"status": _STATUS, "likely": _LIKELY}}]}


WRONG = {"description": "Not done; the words say why", "content": {PROBLEM: {"schema": _PROBLEM_SCHEMA}}}
"""Every answer that is no good one. Said of the whole router, so that FastAPI describes no refusal of its own."""


Given = Callable[..., Awaitable[Response]]
"""What answers at the address of one command."""
KEY = "Idempotency-Key"
UNSURE = (
    f"Not yet confirmed. It is kept, and may well be recorded when the service is back. Wait a moment and send it "
    f"again with the {KEY} that this answer names: it will not be recorded twice."
)


def problem(status: int, title: str, problems: Sequence[Problem] = (), key: str = "") -> Response:
    body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status}
    if problems:
        body["problems"] = [one.model_dump() for one in problems]
    if key:
        body["key"] = key
    return JSONResponse(body, status, {KEY: key} if key else None, media_type=PROBLEM)


def responses(good: dict[str, Any]) -> dict[str, Any]:
    return {"200": {"description": "Recorded", "content": {"application/json": {"schema": good}}}, "default": WRONG}


def _dates(view: CaseView, facts: Sequence[Fact]) -> list[dict[str, Any]]:
    """Each date of a case, with the steps by which it came about."""
    steps = came_about(facts)
    return [
        {**one.model_dump(mode="json"), "steps": [step.model_dump(mode="json") for step in steps.get(one.key, ())]}
        for one in view.deadlines
    ]


def _described(model: type[Command], done: dict[str, Any] | None = None) -> dict[str, Any]:
    """How OpenAPI describes a command: from its own questions."""
    schema = model.model_json_schema(ref_template="#/$defs/{model}")
    definitions = schema.pop("$defs", {})
    return {
        "requestBody": {"required": True, "content": {"application/json": {"schema": _inlined(schema, definitions)}}},
        "parameters": [
            {
                "name": KEY,
                "in": "header",
                "required": False,
                "schema": {"type": "string", "maxLength": 100},
                "description": "The same key with the same body is done once. Without one, an answer that reads "
                "“not yet confirmed” (503) names the key with which to send it again.",
            }
        ],
        "security": [{"bearer": []}],
        "responses": responses(done or _DONE_SCHEMA),
    }


def _inlined(schema: Any, definitions: dict[str, Any]) -> Any:  # noqa: ANN401 -- any JSON value
    if isinstance(schema, dict):
        if "$ref" in schema:
            beside = {name: value for name, value in schema.items() if name != "$ref"}
            return _inlined({**definitions[schema["$ref"].removeprefix("#/$defs/")], **beside}, definitions)
        ours = {"private", "rows", "step", "when", "short", "back", "file"}
        plain = {name: value for name, value in schema.items() if name not in ours}
        return {name: _inlined(value, definitions) for name, value in plain.items()}
    return [_inlined(one, definitions) for one in schema] if isinstance(schema, list) else schema


async def who_asks(portal: Portal, request: Request) -> Actor:
    """By the token that they got when they signed in. Raises NotSignedIn."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    holder = await portal.holder(token) if kind.lower() == "bearer" else None
    if holder is None:
        raise NotSignedIn
    return holder.actor


def router(portal: Portal) -> APIRouter:  # noqa: C901, PLR0915 -- one function for each address
    pages = APIRouter(prefix="/api/v1", tags=["reviews"], responses={"default": WRONG})

    async def actor(request: Request) -> Actor:
        return await who_asks(portal, request)

    async def body(request: Request) -> dict[str, Any] | Response:
        try:
            found = json.loads(await request.body())
        except (json.JSONDecodeError, UnicodeDecodeError, RecursionError):
            return problem(400, "The body is not JSON.")
        return (
            found
            if isinstance(found, dict)
            else problem(400, "The body must be a JSON object with a name for each answer.")
        )

    async def through(
        work: Callable[[str], Awaitable[Done]],
        request: Request,
        who: Actor,
        ref: str = "",
        more: Callable[[Done], Awaitable[dict[str, Any]]] | None = None,
    ) -> Response:
        """What the door answers. `more`: what is said beside it once it is recorded.

        It is done once under the name that the sender gives it, apart for each person; or that we give it.
        """
        key = request.headers.get(KEY) or uuid4().hex
        try:
            done = await work(f"j-{fingerprint(f'{who.person} {key}')[:40]}")
        except NotConfirmed:
            return problem(NotConfirmed.status, UNSURE, [Problem(words=UNSURE)], key)
        except Refusal as refusal:
            if ref and await portal.hides(ref, who):
                return nowhere()
            return problem(refusal.status, _title(refusal), refusal.problems)
        return JSONResponse(
            {
                "case": done.case,
                "fact": done.fact.number,
                "kind": done.fact.kind,
                "recorded": done.fact.recorded.isoformat(),
                **(await more(done) if more else {}),
            }
        )

    @pages.post("/session", summary="Sign in; the token goes into `Authorization: Bearer`", openapi_extra=_SIGN_IN)
    async def sign_in(request: Request) -> Response:
        said = await body(request)
        if isinstance(said, Response):
            return said
        try:
            if access := said.get("access_token"):
                token = await portal.accounts.by_access_token(str(access), portal.clock())
            else:
                token = await portal.accounts.sign_in(
                    str(said.get("email", "")),
                    str(said.get("password", "")),
                    portal.clock(),
                    address=address_of(request),
                    code=str(said.get("code", "")),
                )
        except (SecondFactorNeeded, SignInFailed) as failed:
            return problem(401, failed.words)
        return JSONResponse({"token": token})

    @pages.get("/cases", summary="The cases that you may see, the slowest first", openapi_extra=_READING)
    async def cases(request: Request) -> Response:
        who = await actor(request)
        lines = await portal.questions.board(who, portal.clock())
        await portal.questions.note_read(who.person, "", "api board", portal.clock())
        return JSONResponse([line.model_dump(mode="json") for line in lines])

    @pages.get("/cases/{ref}", summary="Stage and deadlines of a case", openapi_extra=_READING)
    async def case(request: Request, ref: str) -> Response:
        who = await actor(request)
        found = await portal.questions.case(ref, who, portal.clock())
        if found is None or (isinstance(found, Problem) and hidden(found, who)):
            return nowhere()
        if isinstance(found, Problem):
            return problem(403, found.words)
        await portal.questions.note_read(who.person, ref, "api", portal.clock())
        shown = found.model_dump(mode="json", include={"ref", "kind", "parent", "children", "line"})
        dates = _dates(found, await portal.questions.facts(ref))
        likely = _likely(await portal.likely(found, who))
        shown["joined"] = found.state.said.get("joined") or None
        return JSONResponse({**shown, "deadlines": dates, "can": can(found, portal.clock()), "likely": likely})

    @pages.post("/referrals", summary=SubmitReferral.TITLE, openapi_extra=_described(SubmitReferral, _RECEIVED_SCHEMA))
    async def refer(request: Request) -> Response:
        who, said = await actor(request), await body(request)
        if isinstance(said, Response):
            return said

        async def more(done: Done) -> dict[str, Any]:
            token = await receipt(portal.there, done.case, "referral", str(said["referrer_email"]), portal.clock())
            alike = await portal.questions.likely_same(done.case, who, portal.clock())
            return {"status": status_link(portal.there, token), "likely": _likely(alike)}

        return await through(lambda once: portal.door.refer(said, once, who.person), request, who, more=more)

    def acting(model: type[Command]) -> Given:
        async def act(request: Request, ref: str) -> Response:
            who, said = await actor(request), await body(request)
            if isinstance(said, Response):
                return said
            return await through(lambda once: portal.door.act(who, ref, model.KIND, said, once), request, who, ref)

        return act

    def opening(model: type[Command]) -> Given:
        async def open_(request: Request) -> Response:
            who, said = await actor(request), await body(request)
            if isinstance(said, Response):
                return said
            return await through(lambda once: portal.door.open(who, model.KIND, said, once), request, who)

        return open_

    def add(below: str, given: Given, model: type[Command]) -> None:
        pages.add_api_route(
            f"{below}/{model.KIND}",
            given,
            methods=["POST"],
            summary=model.TITLE,
            name=model.KIND,
            openapi_extra=_described(model),
        )

    for kind, model in {kind: model for of_kind in COMMANDS.values() for kind, model in of_kind.items()}.items():
        if kind in OPENS:
            add("/open", opening(model), model)
        elif kind not in OPENINGS:
            add("/cases/{ref}", acting(model), model)
    return pages


def nowhere() -> Response:
    return problem(404, "There is no such case, or it is not yours to open.")


def _likely(found: Sequence[LikelySame]) -> list[dict[str, Any]]:
    """Referrals that may be about the same child, why, and what was decided of that."""
    return [{"case": one.ref, "because": one.because, "same": one.decided} for one in found]


def _title(refusal: Refusal) -> str:
    return refusal.problems[0].words if len(refusal.problems) == 1 else f"There are {len(refusal.problems)} problems."


_SIGN_IN: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "email": {"type": "string"},
                        "password": {"type": "string"},
                        "code": {"type": "string", "description": "Of the second factor, where one is asked for"},
                        "access_token": {
                            "type": "string",
                            "description": "Instead of all these, where people sign in with their organisation",
                        },
                    },
                }
            }
        },
    },
    "responses": responses({"type": "object", "properties": {"token": {"type": "string"}}}),
}
_READING: dict[str, Any] = {"security": [{"bearer": []}], "responses": responses({})}
