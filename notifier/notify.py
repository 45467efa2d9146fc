"""GOV.UK Notify: e-mail by its official client, each with its key as the reference, so that it can be looked for.

Notify keeps every request that it accepts as a message of its own, so nothing is sent again before it was looked for.
There is one template on its side, whose subject is ((subject)) and whose message is ((body)).
"""

import asyncio
import logging
import ssl
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

from notifications_python_client.errors import APIError
from notifications_python_client.notifications import NotificationsAPIClient
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from models.delivery import State
from models.directory import ChannelName, Person
from notifier.channels import Found, Parcel, Settled, Trouble
from records.settings import Settings

AT_MOST = 10.0
"""Seconds for all of a request; less than models.delivery.TIMEOUT."""
CONNECTING, ANSWERING = 3.0, 6.0
AT_ONCE = 8
"""So many requests at the same time; the client sleeps in a thread while it waits."""
TOO_OLD = timedelta(seconds=45)
"""Notify refuses a request that was signed more than 30 seconds ago, so what it has not after this it never gets."""
RATE, DAY = timedelta(minutes=1), timedelta(hours=1)
"""How long to leave it alone when its limit for a minute, or that for a day, is reached."""
NEVER_LEFT = (NewConnectionError, ConnectTimeoutError, ssl.SSLCertVerificationError)
"""What goes wrong before anything of a request has left."""
BECAME = {
    "created": State.SENT,
    "sending": State.SENT,
    "pending": State.SENT,
    "sent": State.SENT,
    "delivered": State.DELIVERED,
    "permanent-failure": State.FAILED_FOR_GOOD,
    "temporary-failure": State.FAILED_FOR_NOW,
    "technical-failure": State.FAILED_FOR_NOW,
}
"""What Notify says of a message. After a temporary failure (a full mailbox, say) and a technical one whoever sent it is
to try again; at a permanent one the address is wrong (docs.notifications.service.gov.uk: email status descriptions)."""
ERRORS = {
    "permanent-failure": "mailbox_unknown",
    "temporary-failure": "mailbox_refuses",
    "technical-failure": "not_now",
}


class NotAnswered(Exception):
    """The request may have left, and its answer did not come in time."""


class NotAsked(Exception):
    """The request did not leave: others were before it."""


WRONG = (APIError, NotAnswered, NotAsked)


class Notify:
    """One service of GOV.UK Notify, by one key."""

    name: str = ChannelName.NOTIFY.value
    looks, changes, follows = True, False, True

    def __init__(self, settings: Settings, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._settings, self._clock = settings, clock
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="notify")
        # The client logs what Notify answered, and that may hold an address.
        logging.getLogger("notifications_python_client").setLevel(logging.CRITICAL)

    def leads_to(self, person: Person) -> bool:
        return True

    async def send(self, person: Person, parcel: Parcel) -> Settled:
        said = {"subject": parcel.subject, "body": parcel.text}
        try:
            answer = await self._ask(
                lambda notify: notify.send_email_notification(
                    person.email, self._settings.notify_template, personalisation=said, reference=parcel.key
                )
            )
        except WRONG as error:
            return _settled(error)
        return Settled(state=State.SENT, place=_place(answer))

    async def look(self, person: Person, key: str, since: datetime) -> Settled:
        try:
            answer = await self._ask(lambda notify: notify.get_all_notifications(reference=key))
        except WRONG as error:
            return _settled(error).model_copy(update={"state": State.UNKNOWN})
        found = [one for one in answer.get("notifications", ()) if one.get("reference") == key]
        if not found:
            return _absent(since + TOO_OLD - self._clock())
        return _became(found)

    async def sent(self, person: Person, since: datetime) -> list[Found] | None:
        """As far back as Notify keeps what it sent: seven days."""

        def ours(notify: NotificationsAPIClient) -> dict[str, Any]:
            found = []
            for one in notify.get_all_notifications_iterator(template_type="email"):  # type: ignore[no-untyped-call]
                if datetime.fromisoformat(one["created_at"]) < since:
                    break
                if str(one.get("email_address", "")).casefold() == person.email.casefold():
                    found.append(one)
            return {"notifications": found}

        try:
            answer = await self._ask(ours)
        except WRONG:
            return None
        known = [one for one in answer["notifications"] if one.get("reference")]
        return [Found(key=one["reference"], place=_place(one)) for one in known]

    async def change(self, place: dict[str, Any], parcel: Parcel) -> Settled:
        """What has been sent stays as it is."""
        return Settled(state=State.SENT, place=place)

    async def check(self, people: Mapping[str, Person]) -> list[Trouble]:
        try:
            template = await self._ask(lambda notify: notify.get_template(self._settings.notify_template))
        except WRONG as error:
            return [_trouble(error)]
        wanted = {"subject": "((subject))", "body": "((body))"}
        if template.get("type") == "email" and all(word in template.get(at, "") for at, word in wanted.items()):
            return []
        return [
            Trouble(
                what="The template at GOV.UK Notify does not take our messages.",
                do="Make it an e-mail template whose subject is ((subject)) and whose message is ((body)), or set "
                "REVIEWS_NOTIFY_TEMPLATE to the id of one that is.",
            )
        ]

    async def _ask(self, ask: Callable[[Any], Any]) -> dict[str, Any]:
        """Ask in a thread, for the client waits where it stands. Raises WRONG; each request has a client of its own."""
        key, address = self._settings.notify_api_key.get_secret_value(), self._settings.notify_api

        def work() -> Any:  # noqa: ANN401 -- any JSON value
            limits = CONNECTING, ANSWERING
            return ask(NotificationsAPIClient(key, address, timeout=limits))  # type: ignore[no-untyped-call]

        future = self._threads.submit(work)
        try:
            async with asyncio.timeout(AT_MOST):
                answer = await asyncio.wrap_future(future)
        except TimeoutError:
            raise (NotAsked if future.cancel() else NotAnswered) from None
        if not isinstance(answer, dict):
            raise NotAnswered
        return answer


def _settled(error: Exception) -> Settled:
    """What an error says of the request: surely not accepted, or nobody knows. Of its words nothing is kept."""
    if isinstance(error, NotAsked):
        return Settled(state=State.FAILED_FOR_NOW, error="too_late")
    if not isinstance(error, APIError) or error.response is None:
        away = any(isinstance(one, NEVER_LEFT) for one in _causes(error))
        return Settled(
            state=State.FAILED_FOR_NOW if away else State.UNKNOWN, error="no_connection" if away else "no_answer"
        )
    match error.status_code:
        case HTTPStatus.TOO_MANY_REQUESTS:
            wait = DAY if "TooManyRequestsError" in _names(error) else RATE
            return Settled(state=State.FAILED_FOR_NOW, error="rate_limited", wait=wait)
        case HTTPStatus.FORBIDDEN | HTTPStatus.UNAUTHORIZED:
            return Settled(state=State.FAILED_FOR_GOOD, error="not_authorised")
        case code if HTTPStatus.BAD_REQUEST <= code < HTTPStatus.INTERNAL_SERVER_ERROR:
            return Settled(state=State.FAILED_FOR_GOOD, error="refused")
        case code:
            return Settled(state=State.UNKNOWN, error=f"http_{code}")


def _absent(rest: timedelta) -> Settled:
    """What it means that Notify has nothing. While some time rests it means nothing: it may still be on its way."""
    if rest > timedelta(0):
        return Settled(state=State.UNKNOWN, error="no_answer", wait=rest)
    return Settled(state=State.FAILED_FOR_NOW, error="not_there")


def _became(found: Sequence[Mapping[str, Any]]) -> Settled:
    """What became of all that was sent under one key: what goes on or has arrived counts before what failed."""
    best, said = max(((BECAME.get(one["status"], State.UNKNOWN), one) for one in found), key=lambda one: RANK[one[0]])
    return Settled(state=best, place=_place(said), error=ERRORS.get(said["status"], ""))


RANK = {
    state: rank
    for rank, state in enumerate(
        (State.FAILED_FOR_NOW, State.FAILED_FOR_GOOD, State.UNKNOWN, State.SENT, State.DELIVERED)
    )
}


def _place(said: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": said["id"]} if "id" in said else {}


def _causes(error: BaseException | None) -> list[BaseException]:
    """An error and all that led to it."""
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found


def _names(error: APIError) -> set[str]:
    """The classes of error that Notify names."""
    said = error.message
    return {one.get("error", "") for one in said} if isinstance(said, list) else set()


def _trouble(error: Exception) -> Trouble:
    match _settled(error).error:
        case "not_authorised":
            return Trouble(
                what="GOV.UK Notify does not take our key.",
                do="Look at REVIEWS_NOTIFY_API_KEY: whole, of this service, and not revoked. The clock of this machine "
                "must be right within 30 seconds.",
            )
        case "refused":
            return Trouble(
                what="GOV.UK Notify has no template under this id.",
                do="Set REVIEWS_NOTIFY_TEMPLATE to the id that stands on the template's page.",
            )
        case "rate_limited":
            return Trouble(what="GOV.UK Notify takes no more for now: a limit is reached.", do="Try again later.")
        case _:
            return Trouble(
                what="GOV.UK Notify does not answer.",
                do="See whether this machine may reach it; look at REVIEWS_NOTIFY_API and at https://status.notifications.service.gov.uk.",
            )
