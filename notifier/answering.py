"""What comes in from Slack: buttons, dialogs, commands and App Home, by signed HTTP or by Socket Mode.

Bolt reads, sorts and acknowledges what comes; what somebody asks for goes through the one door, as the person whom the
directory knows by this Slack account. Slack waits three seconds for an answer and then shows an error of its own: what
takes longer is answered "not yet confirmed", and the dialog is changed when it is settled.
"""

import asyncio
import hashlib
import json
import logging
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import date, datetime
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import parse_qs, quote

import structlog
from aiohttp import ClientError
from slack_bolt import BoltResponse
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.errors import SlackClientError
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from door.door import Door
from door.refusals import NotConfirmed, Refusal
from models.base import Message
from models.case import Case
from models.directory import Directory
from models.facts import Problem
from models.judging import CLOSED, reach, unanswerable
from models.obligation import Obligation
from models.rights import Actor, access_of, actor_of, acts
from models.shelf import blocks, policy
from models.tables import CaseRow, NoticeRow
from notifier import dialogs, home
from notifier.dialogs import COMMANDS, OPEN, About, Carried, Chosen, View
from notifier.rendering import notice_of
from notifier.words import shown
from records.faults import UNREADABLE, where
from records.opening import Installation
from records.questions import Questions

PATIENCE = 2.0
"""Seconds after which an answer is given whatever is settled by then: Slack waits for three, the way there and back
among them (docs.slack.dev, acknowledging requests)."""
REQUEST = 5
"""Seconds for one request of ours to Slack."""
REMEMBERED = 600.0
"""Seconds for which a signature is remembered; Slack's own is good for five minutes on either side of now."""
STALE = 30.0
"""Seconds after which a connection that does not come back by itself is made anew."""

FORGED = "This was not signed by Slack for this service, or too long ago, or it was sent before."
MALFORMED = "This is nothing that Slack sends."
GONE = "This message is not known any more. What is asked of you stands in the portal."
OLD_BUTTON = "This button is of an older kind of message. What is asked of you stands in the portal."
TOO_LATE = (
    "The dialog could not be opened in time, and nothing was recorded. Press the button again, or open the portal: "
)
WENT_WRONG = (
    "Something went wrong here, and it is not certain that this was recorded. Send it again in a moment: it will not "
    "be recorded twice. If this goes on, answer in the portal."
)
NOT_OPENED = "Something went wrong here, and nothing was recorded. Press the button again in a moment."
NOT_SHOWN = "This cannot be shown just now. What is asked of you stands in the portal: "
OVER = "This has been done meanwhile, or is not owed any more. What is asked of you now stands in the portal."
CANNOT = "This cannot be answered here"

log = structlog.get_logger("chat")
silent = logging.Logger("chat", logging.CRITICAL + 1)  # noqa: LOG001 -- the libraries' own logs repeat what people typed
Ask = Callable[[], Awaitable[object]]


class Malformed(ValueError):
    """Signed, and yet not what Slack sends."""


class Click(Message):
    """A button under a message was pressed."""

    person: str
    trigger: str
    kind: str
    notice: str
    channel: str = ""


class Given(Message):
    """A dialog was sent."""

    person: str
    view: str
    kind: str
    notice: str
    chosen: Chosen

    @property
    def request(self) -> str:
        """The same dialog with the same answers is the same request, however often it is sent."""
        said = json.dumps([self.view, self.kind, self.notice, self.chosen.until, self.chosen.reason])
        return f"chat-{hashlib.sha256(said.encode()).hexdigest()[:40]}"


class Somebody(NamedTuple):
    """Whom the directory knows by a Slack account."""

    directory: Directory
    actor: Actor


class Reply(NamedTuple):
    """How a dialog goes on: with words beside its questions, or as another view, which says the same."""

    view: View
    errors: dict[str, str]

    async def by(self, ack: AsyncAck) -> None:
        if self.errors:
            await ack(response_action="errors", errors=self.errors)
        else:
            await ack(response_action="update", view=self.view)


class Answering:
    """One workspace's answers. `door` and `clock` are those of the process in which it runs."""

    def __init__(
        self, there: Installation, door: Door, clock: Callable[[], datetime], patience: float = PATIENCE
    ) -> None:
        settings = there.settings
        self._there, self._door, self._clock, self._patience = there, door, clock, patience
        self._questions, self._address = Questions(there.recorder), settings.address
        self._token, self._app_token = (
            one.get_secret_value() for one in (settings.slack_token, settings.slack_app_token)
        )
        secret = settings.slack_signing_secret.get_secret_value()
        self._verifier = SignatureVerifier(secret) if secret else None  # Socket Mode needs none
        self._known = dict[str, float]()
        self._slack = AsyncWebClient(self._token, settings.slack_api, timeout=REQUEST, retry_handlers=[], logger=silent)
        self.app = self._listening(secret)
        self._handler = AsyncSlackRequestHandler(self.app)

    def _listening(self, secret: str) -> AsyncApp:
        async def authorize(team_id: str | None) -> AuthorizeResult:
            """The one token that there is; nobody is asked whether it is good while somebody waits."""
            return AuthorizeResult(enterprise_id=None, team_id=team_id, bot_token=self._token)

        app = AsyncApp(
            name="reviews",
            logger=silent,
            signing_secret=secret,
            request_verification_enabled=bool(secret),
            client=self._slack,
            authorize=authorize,
        )
        app.error(self._went_wrong)
        for kind in COMMANDS:
            app.action(kind)(self._clicked)
            app.view(kind)(self._sent)
        app.action(OPEN)(_noticed)
        app.action(re.compile(""))(self._old_button)
        app.command("/reviews")(self._figures)
        app.command("/refer")(self._refer)
        app.command("/challenge")(self._challenge)
        app.event("app_home_opened")(self._at_home)
        return app

    # Ways in

    async def take(self, request: Request) -> Response:
        """What Slack sends by HTTP, if it was signed by Slack, lately, and did not come before."""
        body = await request.body()
        # Slack looks at the certificate now and then, unsigned. Others may send any bytes.
        if parse_qs(body.decode("latin-1")).get("ssl_check") == ["1"]:
            return Response()
        if not self._genuine(body, request.headers):
            return PlainTextResponse(FORGED, HTTPStatus.UNAUTHORIZED)
        try:
            return await self._handler.handle(request)
        except UNREADABLE:
            return PlainTextResponse(MALFORMED, HTTPStatus.BAD_REQUEST)

    def _genuine(self, body: bytes, headers: Mapping[str, str]) -> bool:
        now = time.time()
        self._known = {one: until for one, until in self._known.items() if until > now}
        signature = headers.get("x-slack-signature", "")
        try:
            good = self._verifier is not None and self._verifier.is_valid_request(body, dict(headers))
        except UNREADABLE:
            return False
        if not good or signature in self._known:
            return False
        self._known[signature] = now + REMEMBERED
        return True

    async def listen(self) -> None:
        """Be connected by Socket Mode until cancelled. A connection that cannot be had is tried for again."""
        while True:
            try:
                await self._connected()
            except Exception as error:  # noqa: BLE001 -- whatever it is, the next connection may be had
                log.warning("not connected", error=type(error).__name__)
            await asyncio.sleep(1)

    async def _connected(self) -> None:
        """Connect, and return when the connection is lost for good."""
        handler = AsyncSocketModeHandler(self.app, self._app_token, logger=silent)
        try:
            async with asyncio.timeout(STALE):
                await handler.connect_async()  # type: ignore[no-untyped-call]
            log.info("listening")
            while await self._is_alive(handler):  # noqa: ASYNC110 -- the library has no event for it
                await asyncio.sleep(1)
            log.warning("connection lost")
        finally:
            await handler.close_async()  # type: ignore[no-untyped-call]

    @staticmethod
    async def _is_alive(handler: AsyncSocketModeHandler) -> bool:
        """Whether it is connected, or comes back by itself: the library does so, with an address that may be old."""
        for _ in range(int(STALE)):
            if await handler.client.is_connected():
                return True
            await asyncio.sleep(1)
        return False

    # Buttons

    async def _clicked(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        click = _click(body)
        await ack()
        view, case = await self._dialog(click)
        if await self._try(lambda: self._slack.views_open(trigger_id=click.trigger, view=view)):
            if case:
                await self._questions.note_read(case[0], case[1], f"{click.kind}, in Slack", self._clock())
        elif click.channel:
            words = f"{TOO_LATE}{self._address}/inbox"
            await self._try(
                lambda: self._slack.chat_postEphemeral(channel=click.channel, user=click.person, text=words)
            )

    async def _old_button(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        click = _click(body)
        await ack()
        await self._try(lambda: self._slack.views_open(trigger_id=click.trigger, view=self._said(CANNOT, OLD_BUTTON)))

    async def _dialog(self, click: Click) -> tuple[View, tuple[str, str] | None]:
        """What opens when a button is pressed; and who reads of which case in it, if anything of it is shown."""
        try:
            somebody, row, case = await self._about(click.person, click.notice)
            if somebody is None:
                return self._said("Not in the directory", home.UNKNOWN), None
            if row is None or case is None or row.obligation not in case.obligations:
                return self._said(CANNOT, GONE), None
            if words := self._barred(somebody.actor, case, click.kind, case.obligations[row.obligation]):
                return self._said(CANNOT, words), None
            about = self._words(click.kind, row, case, somebody.directory)
            return dialogs.form(about), (somebody.actor.person, case.ref)
        except Exception as error:  # noqa: BLE001 -- whatever it is, whoever pressed gets an answer without its words
            _note(error)
            return self._said(CANNOT, NOT_OPENED), None

    def _barred(self, actor: Actor, case: Case, kind: str, one: Obligation) -> str:
        """Why this person cannot answer so now, in the words of the door; empty if they can."""
        now = self._clock()
        office = acts(actor, case, access_of(case, now), kind, dialogs.body(kind, one))
        if isinstance(office, Problem):
            return office.words
        if case.closed:
            return CLOSED
        return unanswerable(case, kind, one.key, now) or (OVER if one.ended else "")

    # Dialogs

    async def _sent(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        given = _given(body)
        giving = asyncio.create_task(self._give(given))
        await asyncio.wait({giving}, timeout=self._patience)
        if giving.done():
            await giving.result().by(ack)
            return
        waiting = NotConfirmed(given.request).problems[0].words
        await ack(response_action="update", view=dialogs.again(given.kind, given.notice, given.chosen, [waiting]))
        view = (await giving).view
        await self._try(lambda: self._slack.views_update(view_id=given.view, view=view))

    async def _give(self, given: Given) -> Reply:
        """Ask at the door. Whatever comes of it is a view in which nothing that was chosen is lost."""
        try:
            return await self._given(given)
        except NotConfirmed as refusal:
            words = [one.words for one in refusal.problems]
        except Exception as error:  # noqa: BLE001 -- whatever it is, whoever sent it gets an answer without its words
            _note(error)
            words = [WENT_WRONG]
        return Reply(dialogs.again(given.kind, given.notice, given.chosen, words), {})

    async def _given(self, given: Given) -> Reply:
        somebody, row, case = await self._about(given.person, given.notice)
        if somebody is None:
            return Reply(self._said("Not in the directory", home.UNKNOWN), {})
        if row is None or case is None or row.obligation not in case.obligations:
            return Reply(self._said(CANNOT, GONE), {})
        one = case.obligations[row.obligation]
        if one.ended and given.kind in dialogs.TURNS and not await self._questions.recorded(given.request):
            return Reply(self._said(CANNOT, OVER), {})  # what is owed now is another matter, with a button of its own
        about = self._words(given.kind, row, case, somebody.directory)
        answers = dialogs.answers(about, one, given.chosen)
        try:
            await self._door.act(somebody.actor, row.case, given.kind, answers, given.request)
        except NotConfirmed:
            raise
        except Refusal as refusal:
            words = [one.words for one in refusal.problems]
            form = dialogs.form(about, given.chosen, words)
            return Reply(form, dialogs.beside(given.kind, refusal.problems))
        return Reply(dialogs.done(about, given.chosen), {})

    # Commands and App Home

    async def _figures(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        person = _text(body, "user_id")
        try:
            async with asyncio.timeout(self._patience):
                somebody = await self._who(person)
                mine = await self._questions.mine(somebody.actor, self._clock()) if somebody else []
        except Exception as error:  # noqa: BLE001 -- whatever it is, whoever asked gets an answer without its words
            _note(error)
            await ack(f"{NOT_SHOWN}{self._address}/inbox")
            return
        await ack(home.figures(mine, self._address) if somebody else home.UNKNOWN)

    async def _refer(self, ack: AsyncAck) -> None:
        await ack(home.refer(self._address))

    async def _challenge(self, ack: AsyncAck) -> None:
        await ack(home.challenge(self._address))

    async def _at_home(self, event: dict[str, Any]) -> None:
        slack_id, somebody = _text(event, "user"), None
        try:
            somebody = await self._who(slack_id)
            view = await self._home(somebody) if somebody else home.words(home.UNKNOWN)
        except Exception as error:  # noqa: BLE001 -- whatever it is, whoever looks sees so without its words
            _note(error)
            view = home.words(f"{NOT_SHOWN}{self._address}/inbox")
        if await self._try(lambda: self._slack.views_publish(user_id=slack_id, view=view)) and somebody:
            await self._questions.note_read(somebody.actor.person, "", "App Home in Slack", self._clock())

    async def _home(self, somebody: Somebody) -> View:
        mine = await self._questions.mine(somebody.actor, self._clock())
        return home.home(mine, somebody.directory, self._address)

    # What they share

    async def _who(self, slack_id: str) -> Somebody | None:
        """The one person whom the directory knows by this account."""
        directory = await self._questions.directory()
        known = [name for name, one in directory.people.items() if one.slack_id == slack_id] if directory else []
        if directory is None or len(known) != 1:
            return None
        return Somebody(directory, actor_of(directory, known[0], self._clock()))

    async def _about(self, slack_id: str, notice: str) -> tuple[Somebody | None, NoticeRow | None, Case | None]:
        somebody = await self._who(slack_id)
        async with self._there.database.reading() as session:
            row = await session.get(NoticeRow, notice)
            of = await session.get(CaseRow, row.case) if row else None
            return somebody, row, Case.model_validate(of.state) if of else None

    def _words(self, kind: str, row: NoticeRow, case: Case, directory: Directory) -> About:
        now, one = self._clock(), case.obligations[row.obligation]
        said = shown(notice_of(row), case, directory, now)
        urgent = blocks(case.policy, case.kind)[one.block].urgent
        return About(
            kind=kind,
            notice=row.key,
            case=row.case,
            title=f"{said.title}, {said.agency}" if said.agency and said.agency not in said.title else said.title,
            due=said.due,
            last=reach(case, kind, one, now),
            today_only=urgent and kind == "promise",
            reasons=policy(case.policy).reasons,
            page=f"{self._address}/cases/{row.case}",
            portal=f"{self._address}/cases/{row.case}/{kind}?about={quote(row.obligation, safe='/')}",
        )

    def _said(self, title: str, words: str) -> View:
        return dialogs.message(title, [words], f"{self._address}/inbox")

    async def _try(self, ask: Ask) -> bool:
        """Ask Slack for something. What cannot be had is noted by its kind; nothing hangs on it."""
        try:
            await ask()
        except (SlackClientError, ClientError, OSError, ValueError) as error:
            log.warning("Slack did not take it", error=type(error).__name__)
            return False
        return True

    async def _went_wrong(self, error: Exception) -> BoltResponse:
        """Of what was not foreseen the log has the kind and the place, and Slack nothing."""
        if isinstance(error, Malformed):
            return BoltResponse(status=HTTPStatus.BAD_REQUEST, body=MALFORMED)
        _note(error)
        return BoltResponse(status=HTTPStatus.INTERNAL_SERVER_ERROR, body="")


async def _noticed(ack: AsyncAck) -> None:
    await ack()


def _click(body: Mapping[str, Any]) -> Click:
    """Raises Malformed."""
    try:
        (action,) = body["actions"]
        return Click(
            person=body["user"]["id"],
            trigger=body["trigger_id"],
            kind=action["action_id"],
            notice=action.get("value", ""),
            channel=(body.get("channel") or {}).get("id", ""),
        )
    except UNREADABLE:
        raise Malformed from None


def _given(body: Mapping[str, Any]) -> Given:
    """Raises Malformed."""
    try:
        view = body["view"]
        carried = Carried.model_validate_json(view["private_metadata"])
        return Given(
            person=body["user"]["id"],
            view=view["id"],
            kind=view["callback_id"],
            notice=carried.notice,
            chosen=carried.chosen or _chosen(view["state"]["values"]),
        )
    except UNREADABLE:
        raise Malformed from None


def _chosen(values: Mapping[str, Any]) -> Chosen:
    until = values.get("until", {}).get("until", {}).get("selected_date") or ""
    if until:
        date.fromisoformat(until)
    option = values.get("reason", {}).get("reason", {}).get("selected_option") or {}
    return Chosen(until=until, reason=option.get("value", ""), title=option.get("text", {}).get("text", ""))


def _text(said: Mapping[str, Any], name: str) -> str:
    found = said.get(name)
    if not isinstance(found, str):
        raise Malformed
    return found


def _note(error: Exception) -> None:
    with suppress(OSError):  # a full disk
        log.error("answer from chat went wrong", error=type(error).__name__, where=where(error))
