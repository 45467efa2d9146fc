"""Mail to referrers, over a real SMTP server."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from models.delivery import SOONEST
from notifier.mail import Conversation
from notifier.post import Mail, Post
from records.opening import Installation
from records.settings import Settings
from tests.support.house import furnished
from tests.support.ports import free_port


class Receiver:
    """Keeps what it is given; refuses with `answer` if there is one."""

    def __init__(self) -> None:
        self.got: list[str] = []
        self.answer = ""

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 -- the name is aiosmtpd's
        if self.answer:
            return self.answer
        self.got.append(
            (envelope.content or b"").decode() if isinstance(envelope.content, bytes) else str(envelope.content)
        )
        return "250 OK"


@pytest.fixture
async def there(tmp_path: Path) -> AsyncIterator[Installation]:
    installation = await furnished(tmp_path, datetime.now(UTC))
    yield installation
    await installation.close()


async def write(post: Post, there: Installation) -> None:
    async with there.database.writing() as session:
        await post.write(
            session,
            Mail(
                to="nurse@hospital.example.org", subject="Your referral", text="Go on here.", written=datetime.now(UTC)
            ),
        )


def settings(port: int, folder: Path) -> Settings:
    return Settings(data_dir=folder, smtp_host="127.0.0.1", smtp_port=port, smtp_starttls=False)


@pytest.mark.promise("A1")
async def test_mail_is_sent_once_and_a_refusal_for_now_is_tried_again(there: Installation, tmp_path: Path) -> None:
    receiver, post = Receiver(), Post(there.database, there.vault)
    controller = Controller(receiver, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        port = controller.port
        await write(post, there)
        receiver.answer = "451 try later"
        assert await post.send(settings(port, tmp_path), datetime.now(UTC)) == 0
        assert [mail.state for mail in await post.read()] == ["queued"]
        receiver.answer = ""
        assert await post.send(settings(port, tmp_path), datetime.now(UTC)) == 0, "not at once"
        later = datetime.now(UTC) + SOONEST
        assert await post.send(settings(port, tmp_path), later) == 1
        assert await post.send(settings(port, tmp_path), later) == 0
        assert len(receiver.got) == 1
        assert "Go on here." in receiver.got[0]
    finally:
        controller.stop()


async def test_a_server_that_lets_nobody_in_is_asked_once_for_all_letters_and_ever_later(
    there: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    async def nobody(self: Conversation) -> None:
        asked.append(self.stage)
        raise ConnectionRefusedError

    monkeypatch.setattr(Conversation, "begin", nobody)
    post, now = Post(there.database, there.vault), datetime.now(UTC)
    for _ in range(3):
        await write(post, there)
    for second in range(15):
        await post.send(settings(1, tmp_path), now + timedelta(seconds=second))
    assert len(asked) == 4, "at once, and 2, 6 and 14 seconds later"
    assert [mail.state for mail in await post.read()] == ["queued"] * 3


async def test_a_final_refusal_is_shown_as_failed_and_not_repeated(there: Installation, tmp_path: Path) -> None:
    receiver, post = Receiver(), Post(there.database, there.vault)
    receiver.answer = "550 no such mailbox"
    controller = Controller(receiver, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        await write(post, there)
        port = controller.port
        await post.send(settings(port, tmp_path), datetime.now(UTC))
        assert [mail.state for mail in await post.read()] == ["failed"]
    finally:
        controller.stop()


async def test_without_a_mail_server_mail_stays_readable_for_the_business_unit(
    there: Installation, tmp_path: Path
) -> None:
    post = Post(there.database, there.vault)
    await write(post, there)
    assert await post.send(Settings(data_dir=tmp_path), datetime.now(UTC)) == 0
    assert [mail.state for mail in await post.read()] == ["queued"]
