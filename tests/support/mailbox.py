"""A real mail server (aiosmtpd), with encryption and sign-in, that keeps what it takes.

What goes wrong at a stage is ours: an answer in words, or something done to the connection.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from records.settings import Settings

USER, PASSWORD = "reviews", "not a secret"
Fault = str | Callable[[SMTP], Awaitable[str]]
"""What the server answers at this stage, or what it does instead."""


class Mailbox:
    """One server: what it has taken, and what goes wrong at which of its commands."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, 0
        self.got: list[EmailMessage] = []
        self.conversations = 0
        self.faults: dict[str, Fault] = {}
        """By command, what is done to every message from now on."""
        self.once: dict[str, list[Fault]] = {}
        """By command, what is done to the next messages, one after the other; then all is well."""
        self.answer: Callable[[], SMTP]
        self._listening: asyncio.Server | None = None

    def settings(self, **more: Any) -> Settings:  # noqa: ANN401 -- settings of any type
        given = {
            "data_dir": self.folder, "smtp_host": "localhost", "smtp_port": self.port, "smtp_user": USER,
            "smtp_password": PASSWORD, "smtp_ca_file": self.folder / "authority.pem",
            "smtp_from": "Case reviews <case-reviews@partnership.example.org>",
        }  # fmt: skip
        return Settings.model_validate({**given, **more})

    def go_wrong(self, command: str, *faults: Fault) -> None:
        self.once.setdefault(command, []).extend(faults)

    async def open(self) -> None:
        """Listen, or listen again."""
        self._listening = await asyncio.get_running_loop().create_server(self.answer, "127.0.0.1", self.port)
        self.port = self._listening.sockets[0].getsockname()[1]

    async def shut(self) -> None:
        """Refuse every connection until it is opened again."""
        if self._listening is not None:
            self._listening.close()
            self._listening = None
        await asyncio.sleep(0)

    def _fault(self, command: str) -> Fault:
        waiting = self.once.get(command)
        return waiting.pop(0) if waiting else self.faults.get(command, "")

    async def _goes_wrong(self, command: str, server: SMTP) -> str:
        fault = self._fault(command)
        return fault if isinstance(fault, str) else await fault(server)

    # What aiosmtpd calls, by its names

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if said := await self._goes_wrong("MAIL", server):
            return said
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if said := await self._goes_wrong("RCPT", server):
            return said
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        fault = self._fault("DATA")
        if isinstance(fault, str) and fault:
            return fault
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=default)
        assert isinstance(message, EmailMessage)
        self.got.append(message)
        return "250 OK" if isinstance(fault, str) else await fault(server)

    async def handle_QUIT(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        return await self._goes_wrong("QUIT", server) or "221 Bye"


def _let_in(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:  # noqa: ANN401 -- aiosmtpd's
    right = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=right, handled=False)


@asynccontextmanager
async def mailbox(folder: Path, *, encrypted: bool = True, host: str = "localhost") -> AsyncIterator[Mailbox]:
    made, loop = Mailbox(folder), asyncio.get_running_loop()
    context = certified(folder, host) if encrypted else None

    def answer() -> SMTP:
        made.conversations += 1
        return SMTP(
            made, tls_context=context, require_starttls=encrypted, authenticator=_let_in if encrypted else None,
            auth_required=encrypted, hostname="mail.example.org", loop=loop,
        )  # fmt: skip

    made.answer = answer
    await made.open()
    try:
        yield made
    finally:
        await made.shut()


def part(message: EmailMessage, kind: str) -> str:
    """What a message says in this form: plain or html."""
    found = message.get_body((kind,))
    assert isinstance(found, EmailMessage)
    return "\n".join(str(found.get_content()).splitlines())


def certified(folder: Path, host: str) -> ssl.SSLContext:
    """A server of this host, by a certificate for which only an authority of its own vouches (authority.pem)."""
    authority, server = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ours = x509.SubjectKeyIdentifier.from_public_key(authority.public_key())
    vouching = x509.BasicConstraints(ca=True, path_length=0)
    signing = x509.KeyUsage(
        digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    root = _named("An authority of our own", authority).add_extension(ours, critical=False)
    root = root.add_extension(vouching, critical=True).add_extension(signing, critical=True)
    leaf = _named(host, server).add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
    leaf = leaf.add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(ours), critical=False)
    secret = server.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "authority.pem").write_bytes(_signed(root, authority))
    (folder / "server.pem").write_bytes(secret + _signed(leaf, authority) + (folder / "authority.pem").read_bytes())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    return context


def _named(name: str, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "An authority of our own")]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
    )


def _signed(one: x509.CertificateBuilder, authority: ec.EllipticCurvePrivateKey) -> bytes:
    return one.sign(authority, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


# What a server may do instead of answering. Each is ours.


async def cut(server: SMTP) -> str:
    """The connection is cut where the answer should come."""
    assert isinstance(server.transport, asyncio.WriteTransport)
    server.transport.abort()
    return "250 OK"


async def half_an_answer(server: SMTP) -> str:
    """The first half of the answer comes, then the end of the connection."""
    assert isinstance(server.transport, asyncio.WriteTransport)
    server.transport.write(b"250-O")
    server.transport.close()
    return "250 OK"


async def nonsense(server: SMTP) -> str:
    """An answer comes that is none."""
    return "OK, thank you"


async def silence(server: SMTP) -> str:
    """No answer comes while anybody waits for it."""
    await asyncio.sleep(60)
    return "250 OK"
