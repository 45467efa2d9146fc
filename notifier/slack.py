"""Slack: direct messages by its Web API, each with its key in the metadata, so that it can be looked for.

An answer says surely yes or surely no, or it leaves open whether the message was stored: then nothing is sent again
before the history of the conversation was read (chat.postMessage has no key of its own against doubles).
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from aiohttp import ClientConnectorError, ClientError
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from models.delivery import State
from models.directory import Person
from notifier.channels import Found, Parcel, Settled, Trouble
from records.settings import Settings

EVENT = "case_review_message"
"""The type of the metadata by which a message is known as ours."""
REQUEST = 6
"""Seconds for one request: with opening the conversation less than models.delivery.TIMEOUT."""
NOT_NOW = frozenset({"ratelimited", "rate_limited", "service_unavailable", "team_added_to_org", "accesslimited"})
"""Errors that say: nothing was done, try again (docs.slack.dev, chat.postMessage)."""
NOT_SURE = frozenset({"internal_error", "fatal_error", "request_timeout"})
"""Errors after which some of what was asked may have been done."""
EARLIER = timedelta(minutes=5)
"""Slack's clock and ours may differ by less than this."""
PAGE = 200
WRONG = (SlackClientError, ClientError, OSError, ValueError)
"""Whatever a request can end with that has no answer of ours; a time-out is an OSError."""
SCOPES = {
    "chat:write": ("chat.postMessage", "chat.update", "chat.postEphemeral"),
    "im:write": ("conversations.open",),
    "im:history": ("conversations.history",),
    "groups:history": ("conversations.history", "conversations.replies"),
    "users:read": ("users.info",),
    "users:read.email": (),
    "commands": (),
}
"""What the token has to be allowed, and for which methods. By `users:read.email` the answer of users.info says whose
account it is; by `commands` Slack sends us /reviews and /refer."""
NOBODY = frozenset({"user_not_found", "user_not_visible", "users_not_found"})
MOST_MARKS = 200
"""So many notices of one message are named in its metadata: Slack takes no more than some kilobytes there."""
LOOKING, MOST_NAMED = 20.0, 10
"""Seconds in which member ids are looked up, and how many of the wrong ones are named."""


def _metadata(parcel: Parcel) -> dict[str, Any]:
    """By what a message is known again, and what is in it."""
    payload = {"key": parcel.key, **({"of": list(parcel.of[:MOST_MARKS])} if parcel.of else {})}
    return {"event_type": EVENT, "event_payload": payload}


class Slack:
    """One workspace, by one bot token."""

    name = "slack"
    looks, changes, follows = True, True, False

    def __init__(self, token: str, base_url: str = AsyncWebClient.BASE_URL, room: str = "", thread: str = "") -> None:
        """`room`, `thread`: a channel, and a message of it, into which everything goes. None: to each person alone."""
        self._token, self._base_url, self._room, self._thread = token, base_url, room, thread
        self.client = AsyncWebClient(token, base_url, timeout=REQUEST, retry_handlers=[])

    def within(self, room: str, thread: str = "") -> "Slack":
        return Slack(self._token, self._base_url, room, thread)

    def leads_to(self, person: Person) -> bool:
        return bool(self._room) or person.slack_id is not None

    async def send(self, person: Person, parcel: Parcel) -> Settled:
        opened = await self._open(person)
        if opened.state is not State.SENT:
            return opened
        channel = opened.place["channel"]
        return await _asked(
            lambda: self.client.chat_postMessage(
                channel=channel,
                text=_literal(parcel.text),
                blocks=list(parcel.blocks) or None,
                metadata=_metadata(parcel),
                thread_ts=self._thread or None,
                unfurl_links=False,
                unfurl_media=False,
            )
        )

    async def look(self, person: Person, key: str, since: datetime) -> Settled:
        opened = await self._open(person)
        if opened.state is not State.SENT:
            return opened.model_copy(update={"state": State.UNKNOWN})
        try:
            async for one in self._ours(opened.place["channel"], since):
                if one.key == key:
                    return Settled(state=State.SENT, place=one.place)
        except WRONG as error:
            return _settled(error).model_copy(update={"state": State.UNKNOWN})
        return Settled(state=State.FAILED_FOR_NOW, error="not_there")

    async def sent(self, person: Person, since: datetime) -> list[Found] | None:
        opened = await self._open(person)
        if opened.state is not State.SENT:
            return None
        try:
            return [one async for one in self._ours(opened.place["channel"], since)]
        except WRONG:
            return None

    async def _ours(self, channel: str, since: datetime) -> AsyncIterator[Found]:
        """The messages there that carry a key of ours. Raises one of WRONG."""
        oldest, cursor = f"{(since - EARLIER).timestamp():.6f}", ""
        while True:
            page = await self._page(channel, oldest, cursor)
            for message in page["messages"]:
                said = message.get("metadata") or {}
                carried = said.get("event_payload", {})
                if said.get("event_type") == EVENT and carried.get("key"):
                    place = {"channel": channel, "ts": message["ts"]}
                    yield Found(key=carried["key"], of=tuple(carried.get("of", ())), place=place)
            cursor = (page.get("response_metadata") or {}).get("next_cursor", "")
            if not cursor:
                return

    def _page(self, channel: str, oldest: str, cursor: str) -> Awaitable[AsyncSlackResponse]:
        """What was said since then, in the conversation or in its thread."""
        if self._thread:
            return self.client.conversations_replies(
                channel=channel, ts=self._thread, oldest=oldest, limit=PAGE, include_all_metadata=True,
                cursor=cursor or None,
            )  # fmt: skip
        return self.client.conversations_history(
            channel=channel, oldest=oldest, limit=PAGE, include_all_metadata=True, cursor=cursor or None
        )

    async def change(self, place: dict[str, Any], parcel: Parcel) -> Settled:
        return await _asked(
            lambda: self.client.chat_update(
                channel=place["channel"],
                ts=place["ts"],
                text=_literal(parcel.text),
                blocks=list(parcel.blocks),
                metadata=_metadata(parcel),
            )
        )

    async def check(self, people: Mapping[str, Person]) -> list[Trouble]:
        try:
            answer = await self.client.auth_test()
        except WRONG as error:
            return [_trouble(_settled(error))]
        granted = {one.strip() for one in _header(answer.headers, "x-oauth-scopes").split(",")}
        if missing := sorted(SCOPES.keys() - granted):
            return [
                Trouble(
                    what=f"Our token may not do all that it has to in Slack: {', '.join(missing)}.",
                    do="Give the app these scopes (docs/slack.md has them all), and install it to the workspace again.",
                )
            ]
        return [one async for one in self._strangers(people)]

    async def _strangers(self, people: Mapping[str, Person]) -> AsyncIterator[Trouble]:
        """Whose member id leads to nobody, or to somebody else: as many as are found in time, and are worth naming."""
        nobody: list[str] = []
        others: list[str] = []
        with suppress(*WRONG):
            async with asyncio.timeout(LOOKING):
                for id_, person in sorted(people.items()):
                    if len(nobody) + len(others) < MOST_NAMED and self.leads_to(person):
                        found = await self._account(person)
                        if found is None or found.get("deleted"):
                            nobody.append(id_)
                        elif found.get("profile", {}).get("email", person.email).casefold() != person.email.casefold():
                            others.append(id_)
        do = "Write the member id from their profile in Slack as `slack_id` into the directory file, and import it."
        if nobody:
            what = f"Slack has no account under the member id of: {', '.join(nobody)}."
            yield Trouble(what=what, do=do, why="Their messages go by another channel, or stay in the inbox.")
        if others:
            what = (
                f"In Slack the account of these has another e-mail address than in the directory: {', '.join(others)}."
            )
            yield Trouble(what=what, do=f"See that it is theirs. {do}", why="Somebody else may read their messages.")

    async def _account(self, person: Person) -> dict[str, Any] | None:
        try:
            answer = await self.client.users_info(user=person.slack_id or "")
        except SlackApiError as error:
            if _settled(error).error in NOBODY:
                return None
            raise
        found: dict[str, Any] = answer["user"]
        return found

    async def _open(self, person: Person) -> Settled:
        """The conversation with this person; opened again it is the same. Nothing is sent by it, so unsure is no."""
        if self._room:
            return Settled(state=State.SENT, place={"channel": self._room})
        opened = await _asked(lambda: self.client.conversations_open(users=[person.slack_id or ""]))
        if opened.state is State.UNKNOWN:
            return opened.model_copy(update={"state": State.FAILED_FOR_NOW})
        return opened


async def check_around(settings: Settings) -> list[Trouble]:
    """What else keeps Slack from being of use: the business unit's channel, and the way by which answers come in."""
    token = settings.slack_token.get_secret_value()
    client = AsyncWebClient(token, settings.slack_api, timeout=REQUEST, retry_handlers=[])
    room, app_token = settings.slack_unit_channel, settings.slack_app_token.get_secret_value()
    found = []
    if room and (said := await _refusal(client.conversations_history(channel=room, limit=1))):
        found.append(
            Trouble(
                what=f"Slack does not let us into the business unit's channel {room}: {said}.",
                why="The cases have no threads there.",
                do="Set REVIEWS_SLACK_UNIT_CHANNEL to the channel's id (in its details), and invite the app to it.",
            )
        )
    if app_token and (said := await _refusal(client.apps_connections_open(app_token=app_token))):
        found.append(
            Trouble(
                what=f"Slack does not take our app-level token: {said}.",
                why="Whatever people press or type in Slack does not reach us.",
                do="Set REVIEWS_SLACK_APP_TOKEN to the token that begins with xapp- and has connections:write.",
            )
        )
    if not app_token and not settings.slack_signing_secret.get_secret_value():
        found.append(
            Trouble(
                what="Nothing that people press or type in Slack can come in.",
                why="Buttons in messages answer with an error of Slack's; the links in them work.",
                do="Set REVIEWS_SLACK_APP_TOKEN or REVIEWS_SLACK_SIGNING_SECRET: docs/slack.md says which.",
            )
        )
    return found


async def _refusal(asked: Awaitable[AsyncSlackResponse]) -> str:
    """Why Slack refuses this for good; whether it can be reached at all is found out elsewhere."""
    try:
        await asked
    except WRONG as error:
        settled = _settled(error)
        return settled.error if settled.state is State.FAILED_FOR_GOOD else ""
    return ""


async def _asked(ask: Callable[[], Awaitable[AsyncSlackResponse]]) -> Settled:
    try:
        answer = await ask()
    except WRONG as error:
        return _settled(error)
    channel = answer.get("channel")
    place = {"channel": channel["id"] if isinstance(channel, dict) else channel, "ts": answer.get("ts")}
    return Settled(state=State.SENT, place={name: value for name, value in place.items() if value})


def _settled(error: Exception) -> Settled:
    """What an error says of the request: surely not done, or nobody knows."""
    if isinstance(error, ClientConnectorError):
        return Settled(state=State.FAILED_FOR_NOW, error="no_connection")
    if not isinstance(error, SlackApiError):
        return Settled(state=State.UNKNOWN, error=type(error).__name__)
    status, headers = error.response.status_code, error.response.headers
    said = error.response.data.get("error", "") if isinstance(error.response.data, dict) else ""
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Settled(state=State.FAILED_FOR_NOW, error="rate_limited", wait=_wait(headers))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or said in NOT_SURE or not said:
        return Settled(state=State.UNKNOWN, error=said or f"http_{status}")
    return Settled(state=State.FAILED_FOR_NOW if said in NOT_NOW else State.FAILED_FOR_GOOD, error=said)


def _literal(text: str) -> str:
    """Plain text, which Slack reads as mrkdwn: its three characters are escaped, so that none begins a mention."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _wait(headers: Any) -> timedelta:  # noqa: ANN401 -- the library's own mapping
    said = _header(headers, "retry-after")
    return timedelta(seconds=int(said) if said.isdigit() else 30)


def _header(headers: Any, wanted: str) -> str:  # noqa: ANN401 -- the library's own mapping
    """A header by its name in small letters; some versions of the library give lists."""
    said = next((value for name, value in dict(headers).items() if name.lower() == wanted), "")
    return str(said[0] if isinstance(said, list) else said)


def _trouble(found: Settled) -> Trouble:
    if found.state is State.FAILED_FOR_GOOD:
        return Trouble(
            what=f"Slack does not take our token: {found.error}.",
            do="Set REVIEWS_SLACK_TOKEN to the bot's token. docs/slack.md says where it stands in Slack's settings.",
        )
    if found.error == "no_connection":
        return Trouble(
            what="Slack cannot be reached.",
            do="See whether this machine may reach Slack; REVIEWS_SLACK_API is mostly not to be set.",
        )
    return Trouble(
        what=f"Slack does not answer as it should: {found.error}.",
        do="Try again in some minutes; https://slack-status.com says whether it is in order.",
    )
