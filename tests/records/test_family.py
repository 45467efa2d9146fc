"""Who is kept out of one case of a family is kept out of all, and whoever is let in is let in everywhere."""

from datetime import timedelta
from pathlib import Path

import pytest

from door.door import Done
from models.rights import LOCKED, Access, access_of, actor_of, reads
from tests.support.house import triage
from tests.support.lives import CHAIR, MANAGER, Lives
from tests.support.recording import Recording, recording

WHO, OTHER = "p-004", "p-023"


async def access(made: Recording, ref: str) -> Access:
    return access_of(await made.case(ref), made.now)


async def family(made: Recording) -> tuple[str, str]:
    """A referral and the review that came of it."""
    review = await Lives(made).opened()
    return (await made.case(review)).said["referral"], review


async def locked(made: Recording, ref: str, person: str = WHO, *, out: bool = True) -> Done:
    return await made.act(MANAGER, ref, "lock_out", person=person, locked=out, reason="Their own practice.")


@pytest.mark.promise("K4")
@pytest.mark.parametrize("on", ["referral", "review"])
async def test_what_is_said_of_access_in_one_case_holds_in_the_other(
    tmp_path: Path, database_url: str, on: str
) -> None:
    async with recording(tmp_path, database_url=database_url) as made:
        referral, review = await family(made)
        ref, sister = (referral, review) if on == "referral" else (review, referral)
        until = (made.now + timedelta(days=9)).date()
        await locked(made, ref)
        await made.act(CHAIR, ref, "restrict", restricted=True, reason="Known to many.")
        await made.act(CHAIR, ref, "let_in", person=OTHER, until=until, reason="She reviews it.")
        assert await access(made, sister) == Access(restricted=True, locked_out=(WHO,), let_in=(OTHER,))
        async with made.there.database.reading() as session:
            directory = await made.there.recorder.directory.read(session)
        assert directory
        refusal = reads(actor_of(directory, WHO, made.now), await made.case(sister), await access(made, sister))
        assert refusal is not None
        assert refusal.words == LOCKED
        await locked(made, sister, out=False)
        await made.act(MANAGER, sister, "restrict", restricted=False, reason="No more.")
        assert await access(made, ref) == Access(let_in=(OTHER,))
        assert await made.broken() == []


@pytest.mark.promise("K4")
async def test_the_sister_says_who_decided_it_and_why(tmp_path: Path, database_url: str) -> None:
    async with recording(tmp_path, database_url=database_url) as made:
        referral, review = await family(made)
        done = await locked(made, review)
        last = (await made.facts(referral))[-1]
        assert (last.kind, last.actor, last.office) == ("locked_out", MANAGER, "business_manager")
        assert last.data == {"person": WHO, "locked": True} == {name: done.fact.data[name] for name in last.data}
        assert last.text == done.fact.text


@pytest.mark.promise("K4")
async def test_a_closed_sister_is_reached(tmp_path: Path, database_url: str) -> None:
    async with recording(tmp_path, database_url=database_url) as made:
        lives = Lives(made)
        closed, late = await lives.closed("referral"), await lives.received()
        await made.act(MANAGER, late, "decide_duplicate", other=closed, same=True, reason="One incident.")
        await locked(made, late)
        assert (await access(made, closed)).locked_out == (WHO,)
        assert (await made.case(closed)).closed is not None
        await made.act(MANAGER, closed, "reopen", reason="More came to light.")
        assert await made.broken() == []


@pytest.mark.promise("K4")
async def test_a_review_that_is_opened_lets_in_whom_its_referral_let_in(tmp_path: Path, database_url: str) -> None:
    async with recording(tmp_path, database_url=database_url) as made:
        lives = Lives(made)
        referral = await lives.received()
        await locked(made, referral)
        until = (made.now + timedelta(days=9)).date()
        await made.act(CHAIR, referral, "let_in", person=OTHER, until=until, reason="She reviews it.")
        await made.act(MANAGER, referral, "triage", **lives.triaging())
        review = await made.child_of(referral)
        assert await access(made, review) == Access(locked_out=(WHO,), let_in=(OTHER,))
        assert await made.broken() == []


@pytest.mark.promise("K4")
@pytest.mark.parametrize("first", ["lock", "join"])
async def test_a_referral_that_joins_a_review_is_of_its_family(tmp_path: Path, database_url: str, first: str) -> None:
    async with recording(tmp_path, database_url=database_url) as made:
        elder, review = await family(made)
        late = await Lives(made).received()
        joining = triage("joined")
        joining["children"][0]["joins"] = review
        if first == "join":
            await made.act(MANAGER, late, "triage", **joining)
        await locked(made, late, OTHER)
        await locked(made, elder)
        if first == "lock":
            await made.act(MANAGER, late, "triage", **joining)
        for ref in (elder, review, late):
            assert set((await access(made, ref)).locked_out) == {WHO, OTHER}
        assert await made.broken() == []


@pytest.mark.promise("K4")
async def test_referrals_that_were_found_to_be_the_same_keep_out_the_same(tmp_path: Path, database_url: str) -> None:
    async with recording(tmp_path, database_url=database_url) as made:
        lives = Lives(made)
        one, two, other = await lives.received(), await lives.received(), await lives.received()
        await made.act(MANAGER, two, "decide_duplicate", other=one, same=True, reason="One incident.")
        await made.act(MANAGER, other, "decide_duplicate", other=one, same=False, reason="Another child.")
        await locked(made, one)
        assert (await access(made, two)).locked_out == (WHO,)
        assert (await access(made, other)).locked_out == ()
