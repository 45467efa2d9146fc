"""E-mail: one conversation with the mail server for each message, and what its end says of that message.

Mail cannot be looked into. What the server has surely not taken may be sent again. Once the message itself has left and
no final answer has come, nobody knows, and it is never sent again (RFC 5321, 4.2.1).
"""

import asyncio
import ssl
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import localtime, parseaddr
from enum import StrEnum
from typing import Any

import aiosmtplib

from models.delivery import State
from models.directory import ChannelName, Person
from notifier.channels import Found, Parcel, Settled, Trouble
from records.settings import Settings

AT_MOST, FAREWELL = 10.0, 1.0
"""Seconds for all of a conversation, and for its last word; together less than models.delivery.TIMEOUT."""
LATER, NEVER = 400, 500
"""Answers from here on mean: not now; not at all (RFC 5321, 4.2.1)."""
NO_MAILBOX = frozenset({550, 551, 553})
"""Answers to a recipient that mean: there is no such mailbox here."""
KEY = "Case-Review-Message"
"""The header by which a message is known as ours; the key stands in the Message-ID as well."""
WRONG = (aiosmtplib.SMTPException, OSError, ValueError)
"""Whatever a server, a network or an address can do to us; a time-out is an OSError."""
IMPOSSIBLE = (ValueError, aiosmtplib.SMTPNotSupported)
"""An address that cannot be written to at all, or not by this server."""


class Stage(StrEnum):
    """How far a conversation has come; its name is the error if it goes no further."""

    CONNECTING = "no_connection"
    ENCRYPTING = "no_encryption"
    SIGNING_IN = "not_authorised"
    SENDER = "sender_refused"
    RECIPIENT = "recipient_refused"
    MESSAGE = "refused"


class Conversation(aiosmtplib.SMTP):
    """One conversation with the mail server of the settings, that knows how far it has come."""

    def __init__(self, settings: Settings) -> None:
        authority = str(settings.smtp_ca_file) if settings.smtp_ca_file else None
        super().__init__(
            hostname=settings.smtp_host, port=settings.smtp_port, start_tls=False, timeout=AT_MOST,
            cert_bundle=authority,
        )  # fmt: skip
        self._given, self.stage = settings, Stage.CONNECTING

    async def begin(self) -> None:
        """Connect, encrypt and sign in, as far as the settings ask for it."""
        await self.connect()
        if self._given.smtp_starttls:
            self.stage = Stage.ENCRYPTING
            await self.starttls()
        if self._given.smtp_user:
            self.stage = Stage.SIGNING_IN
            await self.login(self._given.smtp_user, self._given.smtp_password.get_secret_value())
        if self.is_ehlo_or_helo_needed:
            await self.ehlo()
        self.stage = Stage.SENDER

    async def rcpt(self, *words: Any, **options: Any) -> aiosmtplib.SMTPResponse:  # noqa: ANN401 -- as the library's
        self.stage = Stage.RECIPIENT
        return await super().rcpt(*words, **options)

    async def data(self, *words: Any, **options: Any) -> aiosmtplib.SMTPResponse:  # noqa: ANN401 -- as the library's
        self.stage = Stage.MESSAGE
        return await super().data(*words, **options)

    async def end(self) -> None:
        """Take leave if the server listens. What it has taken it keeps, whether or not it answers."""
        with suppress(*WRONG):
            async with asyncio.timeout(FAREWELL):
                await self.quit()
        self.close()


async def hand_over(message: EmailMessage, settings: Settings) -> Settled:
    """Give the mail server this one message, once. Raises nothing that a server or a network can do."""
    conversation = Conversation(settings)
    try:
        async with asyncio.timeout(AT_MOST):
            await conversation.begin()
            await conversation.send_message(message)
    except WRONG as error:
        return _settled(conversation.stage, error)
    finally:
        await conversation.end()
    return Settled(state=State.SENT)


def composed(to: str, subject: str, text: str, settings: Settings) -> EmailMessage:
    """A letter as a program writes it: nobody's holiday answers it (RFC 3834, and the header that Exchange goes by)."""
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = settings.smtp_from, to, " ".join(subject.split())
    message["Date"], message["Auto-Submitted"] = localtime(), "auto-generated"
    message["X-Auto-Response-Suppress"] = "OOF, AutoReply"
    message.set_content(text)
    return message


def _settled(stage: Stage, error: Exception) -> Settled:
    """What the end of a conversation says of its message. The server's words may hold an address: none is kept."""
    code = _code(error)
    if stage is Stage.MESSAGE and code < LATER:
        return Settled(state=State.UNKNOWN, error="no_answer")
    if stage not in {Stage.SENDER, Stage.RECIPIENT, Stage.MESSAGE}:
        return Settled(state=State.FAILED_FOR_NOW, error=stage)
    if isinstance(error, IMPOSSIBLE):
        return Settled(state=State.FAILED_FOR_GOOD, error=Stage.RECIPIENT)
    if code < NEVER:
        return Settled(state=State.FAILED_FOR_NOW, error="not_now")
    unknown = stage is Stage.RECIPIENT and code in NO_MAILBOX
    return Settled(state=State.FAILED_FOR_GOOD, error="mailbox_unknown" if unknown else stage)


def _code(error: Exception) -> int:
    """What the server answered; nought where it gave no answer that can be read as one."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return error.recipients[0].code
    return error.code if isinstance(error, aiosmtplib.SMTPResponseException) else 0


class Mail:
    """The mail server of the settings, as a channel."""

    name: str = ChannelName.MAIL.value
    looks, changes, follows = False, False, False

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def leads_to(self, person: Person) -> bool:
        return True

    async def send(self, person: Person, parcel: Parcel) -> Settled:
        message = composed(person.email, parcel.subject, parcel.text, self._settings)
        host = parseaddr(self._settings.smtp_from)[1].rpartition("@")[2]
        message["Message-ID"], message[KEY] = f"<{parcel.key}@{host}>", parcel.key
        if parcel.html:
            message.add_alternative(parcel.html, subtype="html")
        return await hand_over(message, self._settings)

    async def look(self, person: Person, key: str, since: datetime) -> Settled:
        """Nobody can look into a mailbox."""
        return Settled(state=State.UNKNOWN, error="no_answer")

    async def sent(self, person: Person, since: datetime) -> list[Found] | None:
        return None

    async def change(self, place: dict[str, Any], parcel: Parcel) -> Settled:
        """What has been sent stays as it is."""
        return Settled(state=State.SENT, place=place)

    async def check(self, people: Mapping[str, Person]) -> list[Trouble]:
        conversation = Conversation(self._settings)
        try:
            async with asyncio.timeout(AT_MOST):
                await conversation.begin()
                await conversation.mail(self._settings.smtp_from)
        except WRONG as error:
            return [_trouble(conversation.stage, error, self._settings)]
        finally:
            await conversation.end()
        return []


def _trouble(stage: Stage, error: Exception, settings: Settings) -> Trouble:
    server = f"{settings.smtp_host}:{settings.smtp_port}"
    if stage is Stage.SIGNING_IN:
        return Trouble(
            what=f"The mail server {server} does not let us in.",
            do="Look at REVIEWS_SMTP_USER and REVIEWS_SMTP_PASSWORD, and whether this account may send by SMTP.",
        )
    if stage is Stage.ENCRYPTING and isinstance(error, ssl.SSLCertVerificationError):
        return Trouble(
            what=f"The mail server {server} cannot prove who it is: {_reason(error)}.",
            do="Set REVIEWS_SMTP_HOST to the name in its certificate. Where an authority of your own vouches for it, "
            "set REVIEWS_SMTP_CA_FILE to that authority's certificate.",
        )
    if stage is Stage.ENCRYPTING:
        return Trouble(
            what=f"The mail server {server} offers no encryption (STARTTLS).",
            do="Look at REVIEWS_SMTP_PORT: it is mostly 587. Only for a server on this machine set "
            "REVIEWS_SMTP_STARTTLS=false.",
        )
    if stage is Stage.SENDER:
        return Trouble(
            what=f"The mail server {server} does not take mail from {settings.smtp_from}.",
            do="Set REVIEWS_SMTP_FROM to an address from which this account may send.",
        )
    return Trouble(
        what=f"The mail server {server} does not answer.",
        do="Look at REVIEWS_SMTP_HOST and REVIEWS_SMTP_PORT (mostly 587; 465 is not spoken), and whether this machine "
        "may reach it.",
    )


def _reason(error: ssl.SSLCertVerificationError) -> str:
    return error.verify_message.rstrip(".") or "its certificate does not fit"
