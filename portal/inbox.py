"""The local inbox: the messages that a person would get in chat, with the same buttons. Nothing in it says more."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from models.case import Case
from models.tables import NoticeRow
from models.telling import Notice, NoticeKind
from notifier.words import Said, say, state_of
from portal.visiting import Portal

BUTTONS = (("promise", "Promise a date"), ("dispute", "Dispute"), ("ask_time", "Ask for time"))


def router(portal: Portal) -> APIRouter:
    pages = APIRouter()

    async def messages(person: str | None, viewer: "CaseViewer") -> list[dict[str, object]]:
        directory, now, shown = await portal.directory(), portal.clock(), []
        for row in await portal.questions.inbox(person):
            case = await viewer.case(row.case)
            notice = _notice(row)
            one = case.obligations.get(notice.obligation)
            live = notice.kind is NoticeKind.OWED and one is not None and one.ended is None and not case.closed
            said: Said = say(notice, case, directory, now)
            buttons = [(kind, words, f"/cases/{row.case}/{kind}?about={notice.obligation}") for kind, words in BUTTONS]
            shown.append(
                {
                    "key": row.key, "subject": said.subject, "text": said.text, "at": row.written, "case": row.case,
                    "to": directory.people[row.person].name if row.person in directory.people else row.person,
                    "buttons": buttons if live and row.person == viewer.person and one and not state_of(one, now) else [],
                    "live": live,
                }  # fmt: skip
            )
        return shown

    @pages.get("/inbox")
    async def inbox(request: Request) -> Response:
        visitor = await portal.signed_in(request)
        everybody = portal.settings.demonstration and request.query_params.get("everybody") == "yes"
        shown = await messages(None if everybody else visitor.person, CaseViewer(portal, visitor.person))
        return await portal.page(request, "inbox.html", "Inbox", messages=shown, everybody=everybody)

    return pages


class CaseViewer:
    """The cases of one page of messages, each read once."""

    def __init__(self, portal: Portal, person: str) -> None:
        self._portal, self.person = portal, person
        self._read: dict[str, Case] = {}

    async def case(self, ref: str) -> Case:
        if ref not in self._read:
            found = await self._portal.questions.state(ref)
            assert found is not None, "a notice belongs to a case"
            self._read[ref] = found
        return self._read[ref]


def _notice(row: NoticeRow) -> Notice:
    return Notice.model_validate({name: getattr(row, name) for name in Notice.model_fields})


