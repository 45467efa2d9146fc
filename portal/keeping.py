"""What was typed into the form of a case is kept, though the session ended before it was sent."""

import json
import re
from collections.abc import Sequence
from contextlib import suppress

from starlette.requests import Request

from models.lifecycles import COMMANDS
from portal.forms import DO
from portal.giving import Giver, Giving
from portal.visiting import Portal, Visitor, one_of, typed
from records.questions import CaseView

Pairs = Sequence[tuple[str, str]]
FORM = re.compile(r"/cases/(?P<ref>[^/]+)/(?P<kind>[a-z_]+)")


async def keep_for_later(portal: Portal, request: Request) -> bool:
    """Keep it as the draft of whoever typed it. Returns whether there was anything that was theirs to type."""
    pairs = await typed(request)
    visitor = await portal.lately(request, one_of(pairs, "_csrf"))
    return bool(visitor) and await _keep(
        portal, visitor, request.url.path, request.query_params.get("about", ""), pairs
    )


async def keep_of(portal: Portal, visitor: Visitor, request: Request) -> bool:
    """The same of a form that they opened in an earlier session of theirs."""
    pairs = await typed(request)
    mine = await portal.typed_by(request, one_of(pairs, "_csrf")) == visitor.person
    return mine and await _keep(portal, visitor, request.url.path, request.query_params.get("about", ""), pairs)


async def carried(portal: Portal, request: Request) -> str:
    """What was typed, to be taken along by whoever signs in to go on; empty if it is of no form that we gave out."""
    pairs = await typed(request)
    if not FORM.fullmatch(request.url.path) or not await portal.typed_by(request, one_of(pairs, "_csrf")):
        return ""
    return json.dumps({"path": request.url.path, "about": request.query_params.get("about", ""), "pairs": pairs})


async def keep_carried(portal: Portal, request: Request, visitor: Visitor | None, said: str) -> bool:
    """Keep what was taken along, if whoever has signed in is who typed it."""
    with suppress(ValueError, LookupError, TypeError):
        found = json.loads(said)
        pairs = [(str(name), str(value)) for name, value in found["pairs"]]
        if visitor and await portal.typed_by(request, one_of(pairs, "_csrf")) == visitor.person:
            return await _keep(portal, visitor, str(found["path"]), str(found["about"]), pairs)
    return False


async def _keep(portal: Portal, visitor: Visitor | None, path: str, about: str, pairs: Pairs) -> bool:
    form = FORM.fullmatch(path.removesuffix("/save"))
    if visitor is None or form is None or await portal.questions.recorded(one_of(pairs, "_request")):
        return False
    view, kind = await portal.questions.case(form["ref"], visitor.actor, portal.clock()), form["kind"]
    if not isinstance(view, CaseView) or kind not in COMMANDS[view.kind] or kind not in view.may:
        return False
    giver, giving = Giver(portal), Giving(visitor, view, kind, about)
    await giver.keep(giving, await giver.form(giving, [pair for pair in pairs if pair[0] != DO]))
    return True
