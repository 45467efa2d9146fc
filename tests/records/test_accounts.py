"""Accounts: strong passwords, locks, sessions that end, links that are used once, and a link in the chain for each."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple, NoReturn

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.profiles import RFC_9106_LOW_MEMORY
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from models.tables import AccountRow, LinkRow, OneTimeRow, SessionRow
from records.accounts import (
    EVERYWHERE,
    IDLE,
    LOCK,
    LONG_LOCK,
    LONGEST,
    SHORTEST,
    TRIES,
    Accounts,
    Session,
    SignInFailed,
    WeakPassword,
)
from records.sealing import fingerprint
from tests.support.recording import START, Recording, recording

PASSWORD, PERSON, EMAIL = "three words apart", "p-018", "rosamund.testwick@partnership.example.org"


class Kept(NamedTuple):
    made: Recording
    accounts: Accounts

    async def invited(self, person: str = PERSON) -> str:
        async with self.made.there.database.writing() as session:
            return await self.accounts.link(session, "invitation", person, START + timedelta(days=7))

    async def session(self, token: str, now: datetime = START) -> Session | None:
        async with self.made.there.database.reading() as reading:
            return await self.accounts.session(reading, token, now)

    async def links(self) -> list[tuple[str, str]]:
        async with self.made.there.database.reading() as session:
            found = select(LinkRow).where(LinkRow.chain == "sign-ins").order_by(LinkRow.number)
            return [(link.kind, link.actor) for link in await session.scalars(found)]


@pytest.fixture
async def kept(tmp_path: Path) -> AsyncIterator[Kept]:
    async with recording(tmp_path) as made:
        yield Kept(made, Accounts(made.there.database, made.there.vault, made.there.auditor))
        assert await made.broken() == []


@pytest.mark.promise("K1")
async def test_an_invitation_sets_a_password_once_and_with_it_one_signs_in(kept: Kept) -> None:
    token = await kept.invited()
    assert await kept.accounts.peek(token, "invitation", START) == PERSON
    assert await kept.accounts.peek(token, "invitation", START) == PERSON, "looking uses nothing up"
    assert await kept.accounts.set_password(token, PASSWORD, START) == PERSON
    assert await kept.accounts.set_password(token, PASSWORD, START) is None
    session = await kept.accounts.sign_in(EMAIL.upper(), PASSWORD, START)
    found = await kept.session(session)
    assert found
    assert found.person == PERSON
    assert await kept.links() == [("password_set", PERSON), ("signed_in", PERSON)]


@pytest.mark.promise("K1")
async def test_an_invitation_ends_and_serves_no_other_purpose(kept: Kept) -> None:
    token = await kept.invited()
    late = START + timedelta(days=7)
    assert await kept.accounts.peek(token, "referral", START) is None
    assert await kept.accounts.peek(token, "invitation", late) is None
    assert await kept.accounts.set_password(token, PASSWORD, late) is None
    assert await kept.accounts.set_password("made up", PASSWORD, START) is None
    with pytest.raises(WeakPassword):
        await kept.accounts.set_password(token, "x" * (SHORTEST - 1), START)


@pytest.mark.promise("K1")
async def test_one_invitation_used_twice_at_once_sets_one_password(kept: Kept) -> None:
    token = await kept.invited()
    found = await asyncio.gather(*(kept.accounts.set_password(token, f"{PASSWORD} {n}", START) for n in range(2)))
    assert sorted(one or "" for one in found) == ["", PERSON]


@pytest.mark.promise("K1", "K11")
async def test_passwords_and_tokens_are_kept_as_digests_alone(kept: Kept) -> None:
    invitation = await kept.invited()
    await kept.accounts.set_password(invitation, PASSWORD, START)
    token = await kept.accounts.sign_in(EMAIL, PASSWORD, START)
    async with kept.made.there.database.reading() as session:
        account = await session.get_one(AccountRow, PERSON)
        known = [*await session.scalars(select(SessionRow.id)), *await session.scalars(select(OneTimeRow.id))]
    assert account.password.startswith("$argon2id$")
    assert not any(secret in text for secret in (PASSWORD, token, invitation) for text in (account.password, *known))


@pytest.mark.promise("K1")
def test_a_password_costs_a_guesser_as_much_as_rfc_9106_says_also_for_a_stranger(
    strong: tuple[PasswordHasher, str],
) -> None:
    hasher, nobody = strong
    assert extract_parameters(hasher.hash(PASSWORD)) == extract_parameters(nobody) == RFC_9106_LOW_MEMORY


@pytest.mark.promise("K1")
async def test_eight_wrong_tries_lock_for_a_quarter_of_an_hour_even_with_the_right_password(kept: Kept) -> None:
    await kept.accounts.set_password(await kept.invited(), PASSWORD, START)
    for _ in range(TRIES):
        with pytest.raises(SignInFailed):
            await kept.accounts.sign_in(EMAIL, "wrong words here", START)
    with pytest.raises(SignInFailed):
        await kept.accounts.sign_in(EMAIL, PASSWORD, START + LOCK - timedelta(seconds=1))
    assert await kept.accounts.sign_in(EMAIL, PASSWORD, START + LOCK)
    assert [kind for kind, _ in await kept.links()].count("sign_in_failed") == TRIES + 1


async def wrong(kept: Kept, times: int, now: datetime = START, *, address: str = "", browser: str = "") -> None:
    for _ in range(times):
        with pytest.raises(SignInFailed):
            await kept.accounts.sign_in(EMAIL, "wrong words here", now, address=address, browser=browser)


@pytest.mark.promise("K1")
async def test_whoever_guesses_waits_and_whom_they_guess_at_does_not(kept: Kept) -> None:
    await kept.accounts.set_password(await kept.invited(), PASSWORD, START)
    await wrong(kept, TRIES, address="10.0.0.1")
    with pytest.raises(SignInFailed):
        await kept.accounts.sign_in(EMAIL, PASSWORD, START, address="10.0.0.1")
    assert await kept.accounts.sign_in(EMAIL, PASSWORD, START, address="10.0.0.2")


@pytest.mark.promise("K1")
async def test_a_known_browser_goes_on_whatever_others_try_from_wherever(kept: Kept) -> None:
    await kept.accounts.set_password(await kept.invited(), PASSWORD, START)
    token = await kept.accounts.sign_in(EMAIL, PASSWORD, START, address="10.0.0.9")
    known = await kept.accounts.known_browser(token, "", START)
    assert await kept.accounts.known_browser(token, known, START) == known
    for number in range(EVERYWHERE // (TRIES - 1) + 1):
        await wrong(kept, TRIES - 1, address=f"10.0.1.{number}")
    with pytest.raises(SignInFailed):
        await kept.accounts.sign_in(EMAIL, PASSWORD, START + LONG_LOCK - LOCK, address="10.0.0.9")
    assert await kept.accounts.sign_in(EMAIL, PASSWORD, START, address="10.0.0.9", browser=known)
    with pytest.raises(SignInFailed):
        await kept.accounts.sign_in(EMAIL, PASSWORD, START, address="10.0.0.9", browser="made up")
    assert await kept.accounts.sign_in(EMAIL, PASSWORD, START + LONG_LOCK, address="10.0.0.9")


@pytest.mark.promise("K1")
async def test_a_known_browser_is_no_way_to_guess_and_is_of_one_person(kept: Kept) -> None:
    await kept.accounts.set_password(await kept.invited(), PASSWORD, START)
    token = await kept.accounts.sign_in(EMAIL, PASSWORD, START)
    known = await kept.accounts.known_browser(token, "", START)
    await wrong(kept, TRIES, browser=known)
    with pytest.raises(SignInFailed):
        await kept.accounts.sign_in(EMAIL, PASSWORD, START, browser=known)
    assert await kept.accounts.sign_in(EMAIL, PASSWORD, START), "no other browser waits for it"
    async with kept.made.there.database.writing() as session:
        other = await kept.accounts.begin(session, "p-021", START)
    assert await kept.accounts.known_browser(other, known, START) != known
    await kept.accounts.set_password(await kept.invited(), PASSWORD, START)
    await wrong(kept, TRIES)
    with pytest.raises(SignInFailed):
        await kept.accounts.sign_in(EMAIL, PASSWORD, START, browser=known)


async def test_a_full_disk_stops_no_reading(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    await kept.accounts.set_password(await kept.invited(), PASSWORD, START)
    token, tried = await kept.accounts.sign_in(EMAIL, PASSWORD, START), []

    def full() -> NoReturn:
        tried.append(True)
        raise OperationalError("UPDATE", {}, OSError("No space left on device"))

    monkeypatch.setattr(kept.made.there.database, "writing", full)
    assert await kept.session(token, START + timedelta(minutes=10)) is not None
    assert tried
    monkeypatch.undo()


async def test_a_stranger_fails_in_the_same_words_and_no_less_slowly(kept: Kept) -> None:
    await kept.accounts.set_password(await kept.invited(), PASSWORD, START)
    said = set()
    for email in (EMAIL, "nobody@example.org", ""):
        with pytest.raises(SignInFailed) as caught:
            await kept.accounts.sign_in(email, "wrong words here", START)
        said.add((str(caught.value), caught.value.words))
    assert len(said) == 1
    assert [actor for _, actor in await kept.links()] == [PERSON, PERSON, "unknown", "unknown"]


@pytest.mark.promise("K1")
async def test_a_session_ends_when_idle_when_long_when_signed_out_and_when_revoked(kept: Kept) -> None:
    await kept.accounts.set_password(await kept.invited(), PASSWORD, START)
    idle, long, out, revoked = [await kept.accounts.sign_in(EMAIL, PASSWORD, START) for _ in range(4)]
    session = kept.session
    assert await session(idle, START + IDLE + timedelta(seconds=1)) is None
    moment = START
    while moment - START <= LONGEST:
        assert await session(long, moment)
        moment += timedelta(minutes=90)
    assert await session(long, moment) is None
    await kept.accounts.end(out, START)
    assert await session(out, START) is None
    assert await session(revoked, START)
    await kept.accounts.revoke(PERSON, START)
    assert await session(revoked, START) is None
    assert await session("made up", START) is None


@pytest.mark.promise("K1")
async def test_a_new_password_ends_every_session_and_every_other_invitation(kept: Kept) -> None:
    first, second, third = await kept.invited(), await kept.invited(), await kept.invited()
    await kept.accounts.set_password(first, PASSWORD, START)
    assert await kept.accounts.set_password(second, "other words apart", START) is None, "one password ends the others"
    token = await kept.accounts.sign_in(EMAIL, PASSWORD, START)
    fresh = await kept.invited()
    await kept.accounts.set_password(fresh, "other words apart", START)
    assert await kept.session(token) is None
    with pytest.raises(SignInFailed):
        await kept.accounts.sign_in(EMAIL, PASSWORD, START)
    assert await kept.accounts.peek(third, "invitation", START) is None


@pytest.mark.promise("K1", "K7")
@pytest.mark.parametrize(
    "forged",
    [
        "UPDATE sessions SET person = 'p-021'",
        "UPDATE sessions SET began = '2030-01-01 00:00:00.000000', seen = '2030-01-01 00:00:00.000000'",
        "UPDATE sessions SET id = :digest",
        "UPDATE one_time_links SET subject = 'p-021'",
        "UPDATE one_time_links SET purpose = 'calendar'",
        "UPDATE one_time_links SET id = :digest",
    ],
)
async def test_whoever_writes_into_the_database_makes_no_session_and_no_link(kept: Kept, forged: str) -> None:
    async with kept.made.there.database.writing() as session:
        mine = await kept.accounts.begin(session, PERSON, START)
        link = await kept.accounts.link(session, "invitation", PERSON, None)
    assert await kept.session(mine)
    async with kept.made.there.database.reading() as reading:
        assert await kept.accounts.lately(reading, mine, START)
    assert await kept.accounts.peek(link, "invitation", START) == PERSON
    async with kept.made.there.database.writing() as session:
        given = {"digest": fingerprint("a token of one's own")} if ":digest" in forged else {}
        await session.execute(text(forged), given)
    if "sessions" in forged:
        assert [await kept.session(one) for one in (mine, "a token of one's own")] == [None, None]
        async with kept.made.there.database.reading() as reading:
            assert await kept.accounts.lately(reading, mine, START) is None
            assert await kept.accounts.lately(reading, "a token of one's own", START) is None
    else:
        tried = [(one, purpose) for one in (link, "a token of one's own") for purpose in ("invitation", "calendar")]
        assert [await kept.accounts.peek(*one, START) for one in tried] == [None] * len(tried)
