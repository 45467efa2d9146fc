"""Who is at the door, and how they are answered: sessions, the token of each form, and the frame of every page."""

import secrets
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from jinja2 import Environment
from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from temporalio.client import Client

from door.door import Door
from door.evidence import Evidence
from models.children import children_of
from models.command import Command
from models.directory import Directory
from models.facts import Problem
from models.policy import Policy
from models.rights import CASE_WIDE, LOCKED, NAMED_OFFICES, OF_DEATHS, Actor, actor_of
from models.shelf import days, policy
from models.tables import SessionRow
from models.time import day_of
from notifier.bulletins import Bulletins
from notifier.ways import channels, leading_to
from portal.pages import Link, Message, Page, refusal, templates
from records.accounts import Accounts
from records.drafts import Drafts
from records.opening import Installation
from records.policies import in_force
from records.publication import Publications
from records.questions import JOINING, CaseView, Entry, LikelySame, Questions

SESSION, ANONYMOUS, FORM, BROWSER = "session", "anonymous", "form", "browser"
TITLES = {
    "referral": "Referral", "rapid_review": "Rapid review", "practice_review": "Practice review",
    "child_death": "Child death", "register": "Register of recommendations",
    "disagreement": "Professional disagreement",
}  # fmt: skip


def wall_clock() -> datetime:
    return datetime.now(UTC)


class NotSignedIn(Exception):
    """The page is for people whom we know."""


class ForgedForm(Exception):
    """A form that did not come from a page of ours."""


@dataclass(frozen=True)
class Visitor:
    """Somebody signed in: what they are today, and the token that their forms carry."""

    person: str
    name: str
    actor: Actor
    form_token: str


class Portal:
    """What every page needs. One for each process."""

    def __init__(self, there: Installation, engine: Client, clock: Callable[[], datetime] = wall_clock) -> None:
        self.there, self.settings, self.clock = there, there.settings, clock
        self.door = Door(there.recorder, engine, clock)
        self.questions = Questions(there.recorder)
        self.accounts = Accounts(there.database, there.vault, there.auditor, there.settings.sign_in)
        self.publications = Publications(there.recorder)
        self.drafts = Drafts(there.database, there.vault)
        self.evidence = Evidence(there.recorder, there.files)
        self.pages: Environment = templates()
        out = channels(there.settings)
        self.bulletins = Bulletins(there.recorder, lambda person: bool(leading_to(person, out)))

    @property
    def mails(self) -> bool:
        """Whether there is a mail server; where there is none, the business unit passes on what would be mailed."""
        return bool(self.settings.smtp_host)

    async def directory(self) -> Directory:
        found = await self.questions.directory()
        assert found, "first_start puts a directory in place"
        return found

    async def rules(self) -> Policy:
        async with self.there.database.reading() as session:
            names = await in_force(session)
        assert names, "first_start puts a policy in force"
        return policy(names[0])

    async def calendar_warning(self) -> str:
        """What has to be done before the working days run out; empty while there is time."""
        async with self.there.database.reading() as session:
            names = await in_force(session)
        return (days(names[1]).warning(day_of(self.clock())) or "") if names else ""

    async def visitor(self, request: Request) -> Visitor | None:
        return await self.holder(cookie(request, SESSION))

    async def holder(self, token: str) -> Visitor | None:
        """Whose session this is, as long as it runs and the directory knows them."""
        if not token:
            return None
        async with self.there.database.reading() as reading:
            session = await self.accounts.session(reading, token, self.clock())
            directory = await self.there.recorder.directory.read(reading) if session else None
        return self._known(directory, session.person, session.form_token) if session and directory else None

    async def lately(self, request: Request, form_token: str) -> Visitor | None:
        """Who typed into this form until their session ran out; nobody if it was ended, or the form is not of it."""
        async with self.there.database.reading() as reading:
            session = await self.accounts.lately(reading, cookie(request, SESSION), self.clock())
            directory = await self.there.recorder.directory.read(reading)
        if session is None or directory is None:
            return None
        visitor = self._known(directory, session.person, session.form_token)
        with suppress(ForgedForm):
            self.check_token(request, form_token, visitor)
            return visitor
        return None

    async def typed_by(self, request: Request, form_token: str) -> str:
        """Who opened a form that carries this token, in whichever session of theirs; empty if nobody did."""
        if from_elsewhere(request):
            return ""
        whose = select(SessionRow.person).where(SessionRow.form_token == form_token)
        async with self.there.database.reading() as reading:
            return (await reading.scalars(whose)).first() or ""

    def _known(self, directory: Directory, person: str, form_token: str) -> Visitor | None:
        if person not in directory.people:
            return None
        return Visitor(person, directory.people[person].name, actor_of(directory, person, self.clock()), form_token)

    async def signed_in(self, request: Request) -> Visitor:
        visitor = await self.visitor(request)
        if visitor is None:
            raise NotSignedIn
        return visitor

    async def seen(
        self, request: Request, visitor: Visitor, ref: str, what: str, *, for_meeting: bool = False
    ) -> CaseView | Response:
        """The case as this visitor may see it, with the reading noted; or the page that says why not.

        `what`: what is shown of it; empty if nothing is, as when a draft is saved. `for_meeting`: its papers.
        """
        found = await self.questions.case(ref, visitor.actor, self.clock(), for_meeting=for_meeting)
        if found is None:
            return await self.refuse(request, 404)
        if isinstance(found, Problem):
            if hidden(found, visitor.actor):
                return await self.refuse(request, 404)
            return await self.say(request, Message("You cannot open this case", (found.words,)), 403)
        if what:
            await self.questions.note_read(visitor.person, ref, what, self.clock())
        return found

    async def names(self, refs: Iterable[str], visitor: Visitor) -> dict[str, str]:
        """As what the reviews among these cases are known, to show beside their references."""
        return await self.publications.names(refs, visitor.actor, self.clock())

    async def files(self, entries: Iterable[Entry]) -> dict[str, str]:
        """The names of the files that came with these facts, for whoever reads the answers of the facts."""
        kept = [await self.evidence.files.kept(str(one.data["file"])) for one in entries if one.data.get("file")]
        return {one.id: one.name for one in kept if one}

    async def hides(self, ref: str, actor: Actor) -> bool:
        """Whether there is no such case, or none of which this person may know."""
        found = await self.questions.case(ref, actor, self.clock())
        return found is None or (isinstance(found, Problem) and hidden(found, actor))

    async def likely(self, view: CaseView, actor: Actor) -> list[LikelySame]:
        """Referrals that may be about the same child as this one, for those who see all of it."""
        seen = view.whole and view.kind in JOINING
        return await self.questions.likely_same(view.ref, actor, self.clock()) if seen else []

    async def like(self, referral: Command, actor: Actor) -> list[LikelySame]:
        """Referrals that may be about the same child as one that is being entered, for those who see whole cases."""
        if not actor.anywhere(CASE_WIDE | OF_DEATHS):
            return []
        children = children_of(referral.FACT, referral.model_dump(mode="json"))
        return await self.questions.like(children, actor, self.clock())

    # Answers

    async def page(  # noqa: PLR0913 -- the parts of a page
        self,
        request: Request,
        template: str,
        title: str,
        *,
        status: int = 200,
        back: str = "",
        wide: bool = False,
        **data: Any,  # noqa: ANN401 -- what the template shows
    ) -> HTMLResponse:
        """A page in its frame."""
        visitor = await self.visitor(request)
        rules = await self.rules()
        frame = Page(
            title=title,
            nonce=request.scope["nonce"],
            organisation=rules.area.name,
            signed_in=_who(visitor, rules),
            navigation=self._navigation(visitor, request.url.path),
            back=back,
            wide=wide,
            demonstration=self.settings.demonstration,
            home="/cases" if visitor else "/",
        )
        html = self.pages.get_template(template).render(
            page=frame,
            visitor=visitor,
            demonstration=self.settings.demonstration,
            mails=self.mails,
            area=rules.area,
            offices=titles(rules),
            now=self.clock(),
            csrf=self.token(request, visitor),
            **data,
        )
        answer = HTMLResponse(html, status)
        if visitor is None and not cookie(request, ANONYMOUS):
            self.give_cookie(request, answer, ANONYMOUS, self.token(request, None))
        return answer

    async def say(self, request: Request, message: Message, status: int = 200) -> HTMLResponse:
        return await self.page(request, "message.html", message.title, status=status, message=message)

    async def refuse(
        self, request: Request, status: int, *, kept: bool = False, links: tuple[Link, ...] = ()
    ) -> HTMLResponse:
        return await self.say(request, refusal(status, kept=kept, links=links), status)

    async def fragment(self, template: str, **data: Any) -> HTMLResponse:  # noqa: ANN401 -- what the template shows
        """A part of a page, for htmx."""
        return HTMLResponse(self.pages.get_template(template).render(**data))

    async def tell(self, request: Request, message: Message, status: int) -> Response:
        """Why it went no further: on a page, or in a line beside the button where a form saves itself."""
        if autosaving(request):
            return PlainTextResponse(f"{message.title}. {' '.join(message.words)}", status)
        return await self.say(request, message, status)

    def go(self, address: str) -> Response:
        return RedirectResponse(address, 303)

    def give_cookie(
        self, request: Request, answer: Response, name: str, value: str, lasts: timedelta | None = None
    ) -> None:
        answer.set_cookie(
            cookie_name(request.headers.get("host", ""), name),
            value,
            httponly=True,
            samesite="lax",
            secure=not self.settings.insecure_cookies,
            max_age=int(lasts.total_seconds()) if lasts else None,
            path="/",
        )

    def take_cookie(self, request: Request, answer: Response, name: str) -> None:
        answer.delete_cookie(cookie_name(request.headers.get("host", ""), name), path="/")

    # The token that a form carries

    def token(self, request: Request, visitor: Visitor | None) -> str:
        if visitor is not None:
            return visitor.form_token
        made: str = cookie(request, ANONYMOUS) or request.scope.setdefault("anonymous", secrets.token_urlsafe(24))
        return made

    def check_token(self, request: Request, token: str, visitor: Visitor | None) -> None:
        """Raises ForgedForm unless the form came from one of our own pages, opened by the same browser."""
        expected = visitor.form_token if visitor else cookie(request, ANONYMOUS)
        known = bool(expected) and secrets.compare_digest(token.encode(), expected.encode())
        if from_elsewhere(request) or not known:
            raise ForgedForm

    def _navigation(self, visitor: Visitor | None, path: str) -> tuple[Link, ...]:
        if visitor is None:
            links: Sequence[Link] = (
                Link("Refer an incident", "/refer"),
                Link("Notify a death", "/notify"),
                Link("Sign in", "/sign-in"),
            )
        else:
            links = [Link("Cases", "/cases"), Link("Inbox", "/inbox"), Link("Refer", "/refer")]
            if visitor.actor.offices:
                links += [Link("Recommendations", "/recommendations"), Link("Reviews", "/reviews")]
            if visitor.actor.anywhere(NAMED_OFFICES | {"subgroup_chair"}):
                links += [Link("Sub-group", "/subgroup")]
            if visitor.actor.anywhere(OF_DEATHS):
                links += [Link("Deaths", "/deaths")]
            if visitor.actor.anywhere(NAMED_OFFICES):
                links += [Link("Reads", "/reads")]
            if visitor.actor.anywhere(frozenset({"administrator", "business_manager"})):
                links += [Link("Register", "/register"), Link("People", "/people")]
            links += [Link("Sign out", "/sign-out")]
        return tuple(link._replace(current=path == link.href or path.startswith(link.href + "/")) for link in links)


def from_elsewhere(request: Request) -> bool:
    """Whether the browser says that a page of somebody else sent this."""
    site, origin = request.headers.get("sec-fetch-site", "same-origin"), request.headers.get("origin")
    other = origin is not None and origin.split("//")[-1] != request.headers.get("host")
    return other or site not in {"same-origin", "none"}


def titles(rules: Policy) -> dict[str, str]:
    """What each office is called."""
    return {name: office.title for name, office in rules.offices.items()}


def _who(visitor: Visitor | None, rules: Policy) -> str:
    """Name and offices of whoever is signed in."""
    if visitor is None:
        return ""
    held = dict.fromkeys(titles(rules).get(one.office, one.office) for one in visitor.actor.offices)
    return ", ".join((visitor.name, *held))


def hidden(refusal: Problem, actor: Actor) -> bool:
    """Whether it is not even said that there is such a case: to those who would see no case but their own anyway."""
    return refusal.words != LOCKED and not actor.anywhere(CASE_WIDE)


def cookie_name(host: str, name: str) -> str:
    """A browser keeps cookies by host and not by port, so the name says the port: two installations on one machine.

    The anonymous token belongs to the browser; it opens nothing, and they share it.
    """
    if name == ANONYMOUS:
        return name
    port = host.rpartition(":")[2]
    return f"{name}-{port}" if port.isascii() and port.isdigit() and port != host else name


def cookie(request: Request, name: str) -> str:
    return request.cookies.get(cookie_name(request.headers.get("host", ""), name), "")


def address_of(request: Request) -> str:
    """From where this was asked."""
    return request.client.host if request.client else ""


async def typed(request: Request) -> list[tuple[str, str]]:
    """Every input of a form, in the order of the page. A form with files has been read before, by portal.uploads."""
    if hasattr(request.state, "received"):
        return list(request.state.received)
    form = await request.form(max_files=0, max_fields=5000)
    return [(name, value) for name, value in form.multi_items() if isinstance(value, str)]


def autosaving(request: Request) -> bool:
    """Whether a form saves itself while somebody types: the answer is a line beside its button, not a page."""
    return request.method == "POST" and request.url.path.endswith("/save")


def code_in(pairs: Sequence[tuple[str, str]]) -> str:
    """The secret of a link that we sent, of which somebody has typed that part or the whole."""
    return one_of(pairs, "token").strip().rpartition("#")[2]


def inside(address: str) -> str:
    """An address of ours to go on to; never one of somebody else's."""
    return address if address.startswith("/") and not address.startswith(("//", "/\\")) else ""


def one_of(pairs: Sequence[tuple[str, str]], name: str) -> str:
    return next((value for key, value in pairs if key == name), "")
