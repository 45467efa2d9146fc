"""Messages by e-mail, to a real mail server with encryption and sign-in."""

from collections.abc import AsyncIterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from time import monotonic

import pytest

from models.delivery import TIMEOUT, State
from models.directory import Person
from notifier import mail
from notifier.channels import Parcel, Settled
from notifier.mail import KEY, Mail, composed, hand_over
from tests.support.mailbox import Fault, Mailbox, cut, half_an_answer, mailbox, nonsense, part, silence
from tests.support.ports import free_port

PERSON = Person(name="Marigold Testwell", email="marigold.testwell@council.example.org", slack_id="U0AAAAAAA")
PARCEL = Parcel(
    key="b-0123456789abcdef01234567",
    subject="Return: due by the end of Friday 4 December 2026 – agency’s answer",
    text="Rapid review RR-2026-0004\nThe agency’s return is owed.\n\nhttps://reviews.example.org/inbox",
    html="<p>The agency’s return is owed.</p>",
)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Mailbox]:
    async with mailbox(tmp_path) as made:
        yield made


async def sent(server: Mailbox, parcel: Parcel = PARCEL, **settings: object) -> Settled:
    return await Mail(server.settings(**settings)).send(PERSON, parcel)


@pytest.mark.promise("G7")
async def test_a_message_arrives_once_with_both_parts_and_its_key(server: Mailbox) -> None:
    assert await sent(server) == Settled(state=State.SENT)
    (got,) = server.got
    assert got.get_content_type() == "multipart/alternative"
    assert part(got, "plain") == PARCEL.text
    assert part(got, "html") == PARCEL.html
    assert got["Subject"] == PARCEL.subject
    assert got["Message-ID"] == f"<{PARCEL.key}@partnership.example.org>"
    assert got[KEY] == PARCEL.key
    assert got["Auto-Submitted"] == "auto-generated"
    assert parsedate_to_datetime(got["Date"]).tzinfo


@pytest.mark.promise("G7")
async def test_without_html_the_text_is_alone(server: Mailbox) -> None:
    await sent(server, PARCEL.model_copy(update={"html": ""}))
    (got,) = server.got
    assert got.get_content_type() == "text/plain"
    assert part(got, "plain") == PARCEL.text


async def test_a_line_break_in_a_subject_starts_no_header(server: Mailbox) -> None:
    await sent(server, PARCEL.model_copy(update={"subject": "Owed\r\nBcc: everybody@example.org"}))
    (got,) = server.got
    assert got["Subject"] == "Owed Bcc: everybody@example.org"
    assert got["Bcc"] is None


@pytest.mark.promise("G8")
async def test_a_message_holds_nothing_of_its_person_but_the_address(server: Mailbox) -> None:
    await sent(server)
    (got,) = server.got
    assert got["To"] == PERSON.email
    del got["To"]
    rest = got.as_string().casefold()
    assert not [word for word in ("marigold", "testwell", "U0AAAAAAA".casefold()) if word in rest]


@pytest.mark.promise("G4")
@pytest.mark.parametrize(
    ("command", "fault", "state", "error"),
    [
        ("MAIL", "421 4.3.2 closing", State.FAILED_FOR_NOW, "not_now"),
        ("MAIL", "550 5.7.1 not you", State.FAILED_FOR_GOOD, "sender_refused"),
        ("MAIL", cut, State.FAILED_FOR_NOW, "not_now"),
        ("MAIL", half_an_answer, State.FAILED_FOR_NOW, "not_now"),
        ("RCPT", "450 4.2.0 come back", State.FAILED_FOR_NOW, "not_now"),
        ("RCPT", "550 5.1.1 no such user marigold", State.FAILED_FOR_GOOD, "mailbox_unknown"),
        ("RCPT", "554 5.7.1 not from here", State.FAILED_FOR_GOOD, "recipient_refused"),
        ("RCPT", cut, State.FAILED_FOR_NOW, "not_now"),
        ("RCPT", nonsense, State.FAILED_FOR_NOW, "not_now"),
        ("RCPT", silence, State.FAILED_FOR_NOW, "not_now"),
        ("DATA", "451 4.3.0 later", State.FAILED_FOR_NOW, "not_now"),
        ("DATA", "552 5.3.4 too big", State.FAILED_FOR_GOOD, "refused"),
        ("DATA", cut, State.UNKNOWN, "no_answer"),
        ("DATA", half_an_answer, State.UNKNOWN, "no_answer"),
        ("DATA", nonsense, State.UNKNOWN, "no_answer"),
        ("DATA", silence, State.UNKNOWN, "no_answer"),
    ],
)
async def test_what_an_answer_means_is_sure_or_left_open(  # noqa: PLR0913, PLR0917 -- one row of the table
    server: Mailbox, command: str, fault: Fault, state: State, error: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail, "AT_MOST", 0.5)
    server.faults[command] = fault
    assert await sent(server) == Settled(state=state, error=error)
    assert server.conversations == 1
    assert bool(server.got) is (state is State.UNKNOWN)


@pytest.mark.promise("G4")
@pytest.mark.parametrize("fault", [cut, half_an_answer, silence, "421 gone"])
async def test_what_was_taken_is_sent_whatever_the_server_says_at_parting(server: Mailbox, fault: Fault) -> None:
    server.faults["QUIT"] = fault
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mail, "FAREWELL", 0.2)
        assert await sent(server) == Settled(state=State.SENT)
    assert len(server.got) == 1


@pytest.mark.promise("G4")
async def test_a_refused_connection_a_wrong_password_and_a_stranger_are_no_send(server: Mailbox) -> None:
    assert await sent(server, smtp_port=free_port()) == Settled(state=State.FAILED_FOR_NOW, error="no_connection")
    assert await sent(server, smtp_password="guessed") == Settled(state=State.FAILED_FOR_NOW, error="not_authorised")
    assert await sent(server, smtp_ca_file=None) == Settled(state=State.FAILED_FOR_NOW, error="no_encryption")
    assert server.got == []


@pytest.mark.promise("G4")
async def test_an_address_that_this_server_cannot_write_to_is_refused_for_good(server: Mailbox) -> None:
    settings = server.settings()
    settled = await hand_over(composed("søren@example.org", "Owed", "Owed.", settings), settings)
    assert settled == Settled(state=State.FAILED_FOR_GOOD, error="recipient_refused")
    assert server.got == []


async def test_nothing_is_said_in_clear_to_a_server_without_encryption(tmp_path: Path) -> None:
    async with mailbox(tmp_path, encrypted=False) as server:
        assert await sent(server, smtp_ca_file=None) == Settled(state=State.FAILED_FOR_NOW, error="no_encryption")
        plain = await sent(server, smtp_ca_file=None, smtp_starttls=False, smtp_user="")
        assert plain == Settled(state=State.SENT)
        assert len(server.got) == 1


@pytest.mark.promise("G4")
async def test_a_call_ends_before_anybody_takes_it_for_lost(server: Mailbox) -> None:
    assert TIMEOUT.total_seconds() > mail.AT_MOST + mail.FAREWELL
    server.faults["RCPT"] = silence
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mail, "AT_MOST", 0.4)
        patch.setattr(mail, "FAREWELL", 0.2)
        began = monotonic()
        await sent(server)
    assert monotonic() - began < 1.5


@pytest.mark.promise("G4")
async def test_mail_is_never_looked_for_and_never_changed(server: Mailbox) -> None:
    channel = Mail(server.settings())
    assert (channel.looks, channel.changes) == (False, False)
    await channel.send(PERSON, PARCEL)
    assert (await channel.change({}, PARCEL)).state is State.SENT
    assert len(server.got) == 1
