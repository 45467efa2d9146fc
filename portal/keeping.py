"""What was typed into the form of a case is kept, though the session ran out before it was sent."""

from starlette.requests import Request

from models.lifecycles import COMMANDS
from portal.forms import DO
from portal.giving import Giver, Giving
from portal.visiting import Portal, one_of, typed
from records.questions import CaseView


async def keep_for_later(portal: Portal, request: Request) -> bool:
    """Keep it as the draft of whoever typed it. Returns whether there was anything that was theirs to type."""
    pairs, ref, kind = await typed(request), *(request.path_params.get(name, "") for name in ("ref", "kind"))
    visitor = await portal.lately(request, one_of(pairs, "_csrf"))
    view = await portal.questions.case(ref, visitor.actor, portal.clock()) if visitor and ref else None
    if visitor is None or not isinstance(view, CaseView) or kind not in COMMANDS[view.kind] or kind not in view.can:
        return False
    if await portal.questions.recorded(one_of(pairs, "_request")):
        return False
    giver, giving = Giver(portal), Giving(visitor, view, kind, request.query_params.get("about", ""))
    await giver.keep(giving, await giver.form(giving, [pair for pair in pairs if pair[0] != DO]))
    return True
