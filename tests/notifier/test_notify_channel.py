"""Messages by GOV.UK Notify: its official client, and a server of ours that speaks its documented interface."""

import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from time import monotonic

import pytest
from pydantic import ValidationError

from models.delivery import TIMEOUT, State
from models.directory import Person
from notifier import notify
from notifier.channels import Parcel, Settled
from notifier.notify import BECAME, Notify
from records.settings import Settings
from tests.support.notify import KEY, OTHER_KEY, Service, refusing, service
from tests.support.slack import (
    Fault,
    broken,
    half_an_answer,
    hanging,
    lost,
    stored_and_broken,
    stored_and_hanging,
    stored_and_silent,
)

PERSON = Person(name="Marigold Testwell", email="marigold.testwell@council.example.org", slack_id="U0AAAAAAA")
PARCEL = Parcel(
    key="b-0123456789abcdef01234567",
    subject="Return: due by the end of Friday 4 December 2026",
    text="Rapid review RR-2026-0004\nThe agency’s return is owed.\n\nhttps://reviews.example.org/inbox",
)
LONG_AGO = timedelta(minutes=1)


@pytest.fixture
async def there(tmp_path: Path) -> AsyncIterator[Service]:
    async with service(tmp_path) as made:
        yield made


async def sent(there: Service, **settings: object) -> Settled:
    return await Notify(there.settings(**settings)).send(PERSON, PARCEL)


async def looked(there: Service, ago: timedelta = LONG_AGO) -> Settled:
    return await Notify(there.settings()).look(PERSON, PARCEL.key, datetime.now(UTC) - ago)


@pytest.mark.promise("G7")
async def test_a_message_arrives_once_with_its_words_and_its_key(there: Service) -> None:
    settled = await sent(there)
    (got,) = there.got
    assert settled == Settled(state=State.SENT, place={"id": got["id"]})
    assert (got["subject"], got["body"]) == (PARCEL.subject, PARCEL.text)
    assert (got["email_address"], got["reference"]) == (PERSON.email, PARCEL.key)


@pytest.mark.promise("G8")
async def test_a_message_holds_nothing_of_its_person_but_the_address(there: Service) -> None:
    await sent(there)
    (got,) = there.got
    del got["email_address"]
    rest = str(got).casefold()
    assert not [word for word in ("marigold", "testwell", "u0aaaaaaa") if word in rest]


@pytest.mark.promise("G4")
@pytest.mark.parametrize(
    ("fault", "state", "error", "stored"),
    [
        (stored_and_silent, State.UNKNOWN, "no_answer", True),
        (half_an_answer, State.UNKNOWN, "no_answer", True),
        (lost, State.UNKNOWN, "no_answer", False),
        (broken, State.UNKNOWN, "http_500", False),
        (stored_and_broken, State.UNKNOWN, "http_500", True),
        (hanging, State.UNKNOWN, "no_answer", False),
        (stored_and_hanging, State.UNKNOWN, "no_answer", True),
        (refusing(503, "Exception", "Service unavailable"), State.UNKNOWN, "http_503", False),
        (refusing(400, "BadRequestError", "Can’t send to this recipient"), State.FAILED_FOR_GOOD, "refused", False),
        (refusing(403, "AuthError", "Invalid token: expired"), State.FAILED_FOR_GOOD, "not_authorised", False),
    ],
)
async def test_what_an_answer_means_is_sure_or_left_open_and_then_looked_for(  # noqa: PLR0913, PLR0917 -- one row of the table
    there: Service,
    fault: Fault,
    state: State,
    error: str,
    stored: bool,  # noqa: FBT001
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(notify, "ANSWERING", 0.3)
    there.go_wrong("email", fault)
    assert await sent(there) == Settled(state=state, error=error)
    assert there.asked["email"] == 1
    found = await looked(there)
    assert found.state is (State.SENT if stored else State.FAILED_FOR_NOW)
    assert found.error == ("" if stored else "not_there")


@pytest.mark.promise("G5")
@pytest.mark.parametrize(
    ("error", "wait"), [("RateLimitError", timedelta(minutes=1)), ("TooManyRequestsError", timedelta(hours=1))]
)
async def test_a_limit_is_kept_to(there: Service, error: str, wait: timedelta) -> None:
    there.go_wrong("email", refusing(429, error, "Exceeded"))
    assert await sent(there) == Settled(state=State.FAILED_FOR_NOW, error="rate_limited", wait=wait)
    assert there.got == []


@pytest.mark.promise("G4")
async def test_a_refused_connection_is_surely_no_send(there: Service) -> None:
    await there.shut()
    assert await sent(there) == Settled(state=State.FAILED_FOR_NOW, error="no_connection")
    assert (await looked(there)).state is State.UNKNOWN


@pytest.mark.promise("G4")
async def test_whoever_has_another_key_is_refused_for_good(there: Service) -> None:
    settled = await sent(there, notify_api_key=OTHER_KEY)
    assert settled == Settled(state=State.FAILED_FOR_GOOD, error="not_authorised")


@pytest.mark.promise("G4")
async def test_what_is_not_there_is_not_sent_again_while_its_request_could_still_be_taken(there: Service) -> None:
    early = await looked(there, timedelta(seconds=20))
    assert early.state is State.UNKNOWN
    assert early.wait
    assert timedelta(seconds=20) < early.wait < timedelta(seconds=26)
    assert (await looked(there)).error == "not_there"


@pytest.mark.promise("G4", "G9")
@pytest.mark.parametrize(
    ("status", "state", "error"),
    [
        ("created", State.SENT, ""),
        ("sending", State.SENT, ""),
        ("pending", State.SENT, ""),
        ("sent", State.SENT, ""),
        ("delivered", State.DELIVERED, ""),
        ("permanent-failure", State.FAILED_FOR_GOOD, "mailbox_unknown"),
        ("temporary-failure", State.FAILED_FOR_NOW, "mailbox_refuses"),
        ("technical-failure", State.FAILED_FOR_NOW, "not_now"),
        ("a-status-of-tomorrow", State.UNKNOWN, ""),
    ],
)
async def test_looking_says_what_notify_says(there: Service, status: str, state: State, error: str) -> None:
    await sent(there)
    there.got[0]["status"] = status
    assert await looked(there) == Settled(state=state, error=error, place={"id": there.got[0]["id"]})
    assert status in BECAME or state is State.UNKNOWN


@pytest.mark.promise("G4")
async def test_of_two_tries_the_one_that_goes_on_counts(there: Service) -> None:
    await sent(there)
    there.got[0]["status"] = "technical-failure"
    await sent(there)
    found = await looked(there)
    assert (found.state, found.place) == (State.SENT, {"id": there.got[1]["id"]})
    there.got[0]["status"], there.got[1]["status"] = "delivered", "permanent-failure"
    assert (await looked(there)).state is State.DELIVERED


@pytest.mark.promise("G4")
@pytest.mark.parametrize("fault", [broken, lost, half_an_answer, refusing(429, "RateLimitError", "Exceeded")])
async def test_a_look_that_fails_leaves_it_open(there: Service, fault: Fault) -> None:
    await sent(there)
    there.go_wrong("notifications", fault)
    assert (await looked(there)).state is State.UNKNOWN


@pytest.mark.promise("G4")
async def test_a_call_ends_before_anybody_takes_it_for_lost(there: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    assert TIMEOUT.total_seconds() > notify.AT_MOST
    monkeypatch.setattr(notify, "AT_MOST", 0.2)
    monkeypatch.setattr(notify, "ANSWERING", 1.0)
    there.go_wrong("email", hanging)
    began = monotonic()
    assert await sent(there) == Settled(state=State.UNKNOWN, error="no_answer")
    assert monotonic() - began < 1


@pytest.mark.promise("G4")
async def test_what_waited_for_a_thread_for_too_long_never_leaves(
    there: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notify, "AT_MOST", 0.2)
    channel, free = Notify(there.settings()), Event()
    for _ in range(notify.AT_ONCE):
        channel._threads.submit(free.wait, 10)
    assert await channel.send(PERSON, PARCEL) == Settled(state=State.FAILED_FOR_NOW, error="too_late")
    free.set()
    channel._threads.shutdown(wait=True)
    assert there.asked["email"] == 0


@pytest.mark.promise("G8")
async def test_what_notify_answers_is_in_no_log_and_no_error(there: Service, caplog: pytest.LogCaptureFixture) -> None:
    there.go_wrong("email", refusing(400, "ValidationError", f"{PERSON.email} is not in your team"))
    with caplog.at_level(logging.INFO):
        settled = await sent(there)
    assert settled.error == "refused"
    assert PERSON.email not in caplog.text


@pytest.mark.parametrize("key", ["nonsense", KEY[1:-1], f"{KEY} "])
def test_a_key_that_is_not_whole_is_refused_at_the_start_and_not_repeated(key: str) -> None:
    with pytest.raises(ValidationError, match="joined by hyphens") as refused:
        Settings.model_validate({"notify_api_key": key})
    assert key not in str(refused.value)
