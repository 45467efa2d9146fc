# ruff: noqa: E501, S608 -- these statements are the attack, one beside the other
"""Somebody with write access to the database changes the record: the verification names the first broken link."""

import asyncio
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from models.tables import Table
from records.accounts import Accounts
from records.policies import in_force
from records.questions import Questions
from tests.support.lives import MANAGER, POLICE, SUBGROUP, Lives
from tests.support.recording import START, Recording, recording, recording_again

LR, RR, OTHER = "LR-2026-0001", "RR-2026-0001", "LR-2026-0002"
ASKED, RETURNED, SECOND, ANALYSED, MET, LAST = 5, 11, 12, 13, 14, 15
"""Numbers of facts of the review: what people did. Between them stands whom that told at once."""
"""The number of the last fact of the review."""


class Kept(NamedTuple):
    """A record that was made once; each test changes a copy. `before` is the state of the review before its last fact."""

    folder: Path
    before: str


async def _made(folder: Path) -> str:
    async with recording(folder) as made:
        lives = Lives(made)
        review = await lives.met()
        await made.speak(review)
        assert (await made.refer()).case == OTHER
        await _in_place(made)
        questions = Questions(made.there.recorder)
        for number, person in enumerate((MANAGER, POLICE, SUBGROUP), start=1):
            await questions.note_read(person, RR, "case", START + timedelta(minutes=number))
        made.now += timedelta(minutes=1)
        before = json.dumps((await made.case(RR)).model_dump(mode="json"))
        await made.act(
            MANAGER, RR, "record_event", event="inquest", happened_at=START.isoformat(), words="An accident."
        )
        facts = await made.facts(RR)
        assert len(facts) == LAST, [one.kind for one in facts]
        assert await made.broken() == []
    return before


async def _in_place(made: Recording) -> None:
    """A policy that was put in force, and a manager who has set a password."""
    accounts = Accounts(made.there.database, made.there.vault, made.there.auditor)
    async with made.there.database.writing() as session:
        policy = {"policy": "/".join(await in_force(session) or ())}
        await made.there.auditor.append(session, "directory", START, MANAGER, "policy_in_force", policy)
        token = await accounts.link(session, "invitation", MANAGER, None)
    assert await accounts.set_password(token, "three words together", START) == MANAGER


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    folder = tmp_path_factory.mktemp("record")
    with ThreadPoolExecutor(1) as aside:
        return Kept(folder, aside.submit(asyncio.run, _made(folder)).result())


@pytest.fixture
def folder(kept: Kept, tmp_path: Path) -> Path:
    return Path(shutil.copytree(kept.folder, tmp_path / "copy"))


def change(folder: Path, *statements: str) -> None:
    """As somebody who can write to the database, and to nothing else."""
    with closing(sqlite3.connect(folder / "records.sqlite")) as connection, connection:
        for statement in statements:
            connection.execute(statement)
        assert connection.total_changes, statements


async def found(folder: Path) -> list[tuple[str, int, str]]:
    async with recording_again(folder) as made:
        return await made.broken()


async def seal(folder: Path) -> None:
    async with recording_again(folder) as made:
        assert await made.seal()


def swapped(table: str, first: int, second: int) -> list[str]:
    """Two rows of the review change places."""
    column = "chain" if table.startswith("audit") else '"case"'
    move = f"UPDATE {table} SET number = {{}} WHERE {column} = '{RR}' AND number = {{}}"
    return [move.format(-1, first), move.format(first, second), move.format(second, -1)]


def of(table: str, number: int, case: str = RR) -> str:
    column = "chain" if table == "audit_links" else '"case"'
    return f"{column} = '{case}' AND number = {number}"


def text_of(number: int, case: str = RR) -> str:
    return f"id = (SELECT text FROM facts WHERE {of('facts', number, case)})"


TOLD = 10
"""The number of a fact of the review that says whom a rung told."""
NOTICE = f"key = (SELECT min(key) FROM notices WHERE \"case\" = '{RR}' AND fact = {TOLD})"
NO_SALT = f"UPDATE audit_links SET salts = json_remove(salts, '$.text') WHERE {of('audit_links', RETURNED)}"

ALTERED, REMOVED, MISSING = "altered", "removed", "missing"

CHANGES: dict[str, tuple[list[str], str, int, str]] = {
    "the data of a fact": ([f"UPDATE facts SET data = json_set(data, '$.holds', 'nothing') WHERE {of('facts', RETURNED)}"], RR, RETURNED, ALTERED),
    "when it happened": ([f"UPDATE facts SET occurred = '2026-02-01 00:00:00.000000' WHERE {of('facts', 2)}"], RR, 2, ALTERED),
    "when it was recorded": ([f"UPDATE facts SET recorded = '2026-02-01 00:00:00.000000' WHERE {of('facts', 2)}"], RR, 2, ALTERED),
    "who did it": ([f"UPDATE facts SET actor = 'p-002' WHERE {of('facts', ANALYSED)}"], RR, ANALYSED, ALTERED),
    "in which office": ([f"UPDATE facts SET office = 'administrator' WHERE {of('facts', ANALYSED)}"], RR, ANALYSED, ALTERED),
    "for which agency": ([f"UPDATE facts SET agency = 'harrowshire-icb' WHERE {of('facts', RETURNED)}"], RR, RETURNED, ALTERED),
    "what kind of fact": ([f"UPDATE facts SET kind = 'told' WHERE {of('facts', ANALYSED)}"], RR, ANALYSED, ALTERED),
    "under which request": ([f"UPDATE facts SET request = 'another' WHERE {of('facts', ANALYSED)}"], RR, ANALYSED, ALTERED),
    "to which words it belongs": ([f"UPDATE facts SET text = (SELECT text FROM facts WHERE {of('facts', MET)}) WHERE {of('facts', ANALYSED)}"], RR, ANALYSED, ALTERED),
    "sealed words": ([f"UPDATE texts SET sealed = zeroblob(90) WHERE {text_of(RETURNED)}"], RR, RETURNED, ALTERED),
    "sealed words, by others": ([f"UPDATE texts SET sealed = (SELECT sealed FROM texts WHERE {text_of(ANALYSED)}) WHERE {text_of(RETURNED)}"], RR, RETURNED, ALTERED),
    "the digest of words": ([f"UPDATE texts SET digest = '0' WHERE {text_of(RETURNED)}"], RR, RETURNED, ALTERED),
    "the author of words": ([f"UPDATE texts SET author = 'p-002' WHERE {text_of(RETURNED)}"], RR, RETURNED, ALTERED),
    "words, removed": ([f"DELETE FROM texts WHERE {text_of(RETURNED)}"], RR, RETURNED, REMOVED),
    "words, emptied": ([f"UPDATE texts SET sealed = x'' WHERE {text_of(RETURNED)}"], RR, RETURNED, REMOVED),
    "a salt, to hide what was altered": (
        [f"UPDATE audit_links SET salts = '{{}}' WHERE {of('audit_links', RETURNED)}", f"UPDATE facts SET data = '{{}}' WHERE {of('facts', RETURNED)}"], RR, RETURNED, "salt",
    ),
    "a salt, of words that are there": ([NO_SALT], RR, RETURNED, "salt"),
    "a child, removed": ([f"DELETE FROM children WHERE \"case\" = '{LR}'"], LR, 1, ALTERED),
    "a child, by another": ([f"UPDATE children SET \"case\" = 'x' WHERE \"case\" = '{LR}'", f"UPDATE children SET \"case\" = '{LR}' WHERE \"case\" = '{OTHER}'"], LR, 1, ALTERED),
    "a fact, removed": ([f"DELETE FROM facts WHERE {of('facts', ASKED)}"], RR, ASKED, REMOVED),
    "the last fact, removed": ([f"DELETE FROM facts WHERE {of('facts', LAST)}"], RR, LAST, REMOVED),
    "a link, removed": ([f"DELETE FROM audit_links WHERE {of('audit_links', SECOND)}"], RR, SECOND, MISSING),
    "the first link, removed": ([f"DELETE FROM audit_links WHERE {of('audit_links', 1)}"], RR, 1, MISSING),
    "fact and link, removed": (
        [f"DELETE FROM facts WHERE {of('facts', SECOND)}", f"DELETE FROM audit_links WHERE {of('audit_links', SECOND)}"], RR, SECOND, MISSING,
    ),
    "every link, removed": ([f"DELETE FROM audit_links WHERE chain = '{RR}'"], RR, 1, "cut off"),
    "links and head, removed": (
        [f"DELETE FROM audit_links WHERE chain = '{RR}'", f"DELETE FROM audit_heads WHERE chain = '{RR}'"], RR, 1, "without a link",
    ),
    "two links, swapped": (swapped("audit_links", RETURNED, SECOND), RR, RETURNED, "does not follow"),
    "two facts, swapped": (swapped("facts", RETURNED, SECOND), RR, RETURNED, ALTERED),
    "the time of a link": ([f"UPDATE audit_links SET at = '2026-02-01 00:00:00.000000' WHERE {of('audit_links', RETURNED)}"], RR, RETURNED, ALTERED),
    "the actor of a link": ([f"UPDATE audit_links SET actor = 'p-002' WHERE {of('audit_links', RETURNED)}"], RR, RETURNED, ALTERED),
    "the commitments of a link": ([f"UPDATE audit_links SET commitments = '{{}}' WHERE {of('audit_links', RETURNED)}"], RR, RETURNED, ALTERED),
    "the HMAC of a link": ([f"UPDATE audit_links SET mac = '0' WHERE {of('audit_links', RETURNED)}"], RR, RETURNED, ALTERED),
    "the head of a chain": ([f"UPDATE audit_heads SET number = 3 WHERE chain = '{RR}'"], RR, LAST + 1, "cut off"),
    "the head of a chain, removed": ([f"DELETE FROM audit_heads WHERE chain = '{RR}'"], RR, LAST + 1, "cut off"),
    "a fact, added": (
        ["CREATE TEMP TABLE one AS SELECT * FROM facts WHERE " + of("facts", LAST), f"UPDATE one SET number = {LAST + 1}, request = 'forged'", "INSERT INTO facts SELECT * FROM one"],
        RR, LAST + 1, "without a link",
    ),
    "a read, removed": (["DELETE FROM reads WHERE number = 2"], "reads", 2, REMOVED),
    "a read, altered": (["UPDATE reads SET person = 'p-001' WHERE number = 2"], "reads", 2, ALTERED),
    "a read, added": (['INSERT INTO reads SELECT 4, person, "case", what, at FROM reads WHERE number = 2'], "reads", 4, "without a link"),
    "a read with its link, removed": (["DELETE FROM reads WHERE number = 3", "DELETE FROM audit_links WHERE chain = 'reads' AND number = 3"], "reads", 3, "cut off"),
    "the stored state": ([f"UPDATE cases SET state = json_set(state, '$.said.outcome', 'no_further_review') WHERE ref = '{RR}'"], RR, LAST, "said.outcome"),
    "a due date in the stored state": (
        [f"UPDATE cases SET state = json_set(state, '$.obligations.submission.due', '2027-01-01T00:00:00Z') WHERE ref = '{RR}'"], RR, LAST, "obligations.submission.due",
    ),
    "the policy of the stored state": ([f"UPDATE cases SET state = json_set(state, '$.policy', 'x') WHERE ref = '{RR}'"], RR, LAST, "policy"),
    "who is kept out, in the stored state": ([f"UPDATE cases SET state = json_set(state, '$.said.restricted', json('true')) WHERE ref = '{LR}'"], LR, 4, "said.restricted"),
    "the stored state, to nonsense": ([f"UPDATE cases SET state = '[]' WHERE ref = '{RR}'"], RR, LAST, "cannot be read"),
    "whether a case is closed": ([f"UPDATE cases SET closed = '2026-03-02 10:00:00.000000' WHERE ref = '{RR}'"], RR, LAST, "closed"),
    "the last number of a case": ([f"UPDATE cases SET known = 3 WHERE ref = '{RR}'"], RR, LAST, "known"),
    "where a case came from": ([f"UPDATE cases SET parent = '{OTHER}' WHERE ref = '{RR}'"], RR, LAST, "parent"),
    "the policy itself": (["UPDATE policies SET body = json_set(body, '$.title', 'Other rules')"], "policies", 1, "not what it was"),
    "the policy, to nonsense": (["UPDATE policies SET body = '[]'"], "policies", 1, "not what it was"),
    "a fact, added far beyond the end": (
        ["CREATE TEMP TABLE one AS SELECT * FROM facts WHERE " + of("facts", LAST), "UPDATE one SET number = 90000, request = 'forged'", "INSERT INTO facts SELECT * FROM one"],
        RR, 90000, "without a link",
    ),
    "a read, added far beyond the end": (['INSERT INTO reads SELECT 90000, person, "case", what, at FROM reads WHERE number = 2'], "reads", 90000, "without a link"),
    "a read, added before the beginning": (['INSERT INTO reads SELECT 0, person, "case", what, at FROM reads WHERE number = 2'], "reads", 0, "without a link"),
    "whom a notice went to": ([f"UPDATE notices SET person = 'p-002' WHERE {NOTICE}"], RR, TOLD, ALTERED),
    "of what a notice spoke": ([f"UPDATE notices SET obligation = 'decision' WHERE {NOTICE}"], RR, TOLD, ALTERED),
    "what a notice carried": ([f"UPDATE notices SET data = '{{}}' WHERE {NOTICE}"], RR, TOLD, ALTERED),
    "a notice, removed": ([f"DELETE FROM notices WHERE \"case\" = '{RR}' AND fact = {TOLD}"], RR, TOLD, REMOVED),
    "a notice, added": (
        [f"CREATE TEMP TABLE one AS SELECT * FROM notices WHERE {NOTICE}", "UPDATE one SET key = 'forged', fact = 2", "INSERT INTO notices SELECT * FROM one"], RR, 2, "added to",
    ),
    "a notice of a case that never was": (
        [f"CREATE TEMP TABLE one AS SELECT * FROM notices WHERE {NOTICE}", "UPDATE one SET key = 'forged', \"case\" = 'RR-2026-0009'", "INSERT INTO notices SELECT * FROM one"],
        "RR-2026-0009", TOLD, "without a link",
    ),
    "the line of an obligation": ([f"UPDATE obligations SET due = '2027-01-01 00:00:00.000000' WHERE \"case\" = '{RR}' AND key = 'submission'"], RR, LAST, "the line of submission"),
    "the line of an obligation, removed": ([f"DELETE FROM obligations WHERE \"case\" = '{RR}' AND key = 'submission'"], RR, LAST, "the line of submission"),
    "the line of an obligation, added": (
        [f"CREATE TEMP TABLE one AS SELECT * FROM obligations WHERE \"case\" = '{RR}' AND key = 'submission'", "UPDATE one SET key = 'forged'", "INSERT INTO obligations SELECT * FROM one"],
        RR, LAST, "the line of forged",
    ),
    "who holds an office": (["UPDATE holdings SET body = json_set(body, '$.person', 'p-017') WHERE number = 1"], "directory", 1, "directory"),
    "an office, removed": (["DELETE FROM holdings WHERE number = 1"], "directory", 1, "directory"),
    "an agency": (["UPDATE agencies SET body = json_set(body, '$.name', 'x')"], "directory", 1, "directory"),
    "a person, removed": (["DELETE FROM people WHERE id = 'p-018'"], "directory", 1, "directory"),
    "by which address a person signs in": (["UPDATE people SET email_key = 'x' WHERE id = 'p-018'"], "directory", 1, "directory"),
    "the sealed words of a person": (["UPDATE people SET sealed = zeroblob(90) WHERE id = 'p-018'"], "directory", 1, "directory"),
    "the policy in force": (["UPDATE settings SET value = 'x/y' WHERE name = 'policy_in_force'"], "directory", 2, "policy"),
    "a password": (["UPDATE accounts SET password = '$argon2id$other' WHERE person = 'p-018'"], "sign-ins", 1, "p-018"),
    "an account, removed": (["DELETE FROM accounts WHERE person = 'p-018'"], "sign-ins", 1, "p-018"),
    "an account, added": (["INSERT INTO accounts (person, password, failed) SELECT 'p-021', password, failed FROM accounts"], "sign-ins", 1, "p-021"),
    "an account, given to another": (["UPDATE accounts SET person = 'p-021'"], "sign-ins", 1, "p-0"),
    "a case, removed without its facts": ([f"DELETE FROM cases WHERE ref = '{RR}'"], RR, LAST, "not there"),
}  # fmt: skip


@pytest.mark.promise("K7")
@pytest.mark.parametrize("what", CHANGES)
async def test_what_was_changed_in_the_database_is_found_with_its_first_link(folder: Path, what: str) -> None:
    statements, chain, number, words = CHANGES[what]
    change(folder, *statements)
    broken = {one[0]: one for one in await found(folder)}
    assert chain in broken, broken
    assert broken[chain][1] == number, broken
    assert words in broken[chain][2], broken


@pytest.mark.promise("K7")
async def test_nothing_is_found_in_a_record_that_nobody_changed(folder: Path) -> None:
    assert await found(folder) == []
    await seal(folder)
    assert await found(folder) == []


@pytest.mark.promise("K7", "K9")
@pytest.mark.parametrize(
    "way", [f"DELETE FROM texts WHERE {text_of(RETURNED)}", f"UPDATE texts SET sealed = x'' WHERE {text_of(RETURNED)}"]
)
async def test_words_destroyed_with_their_salt_leave_the_chain_whole(folder: Path, way: str) -> None:
    await seal(folder)
    change(folder, NO_SALT, way)
    assert await found(folder) == []


# The end of a chain


def cut(before: str) -> list[str]:
    """The last fact of the review, as if it had never been: link and fact removed, head and state put right."""
    state = before.replace("'", "''")
    return [
        f"DELETE FROM audit_links WHERE {of('audit_links', LAST)}",
        f"DELETE FROM facts WHERE {of('facts', LAST)}",
        f"UPDATE audit_heads SET number = {LAST - 1}, mac = (SELECT mac FROM audit_links WHERE {of('audit_links', LAST - 1)}) WHERE chain = '{RR}'",
        f"UPDATE cases SET known = {LAST - 1}, state = '{state}' WHERE ref = '{RR}'",
    ]  # fmt: skip


FORGOTTEN = f"DELETE FROM commands WHERE \"case\" = '{RR}' AND kind = 'record_event'"


@pytest.mark.promise("K7")
async def test_an_end_cut_off_before_a_seal_is_found_by_the_state_or_the_command_that_remains(
    kept: Kept, folder: Path
) -> None:
    change(folder, *cut(kept.before)[:-1])
    assert [(chain, number) for chain, number, _ in await found(folder)] == [(RR, LAST - 1)]
    change(folder, cut(kept.before)[-1])
    assert await found(folder) == [(RR, LAST, "A command was recorded as done, and its fact is gone.")]


@pytest.mark.promise("K7")
async def test_an_end_cut_off_after_a_seal_is_found_however_well_it_was_hidden(kept: Kept, folder: Path) -> None:
    await seal(folder)
    change(folder, *cut(kept.before), FORGOTTEN)
    assert await found(folder) == [(RR, LAST, "The end of this chain was cut off after it was sealed.")]


@pytest.mark.promise("K7")
async def test_an_end_that_was_cut_off_and_has_grown_again_is_found(kept: Kept, folder: Path) -> None:
    await seal(folder)
    change(folder, *cut(kept.before), FORGOTTEN)
    async with recording_again(folder) as made:
        made.now = START + timedelta(hours=1)
        await made.act(
            MANAGER, RR, "record_event", event="police_outcome", happened_at=START.isoformat(), words="Otherwise."
        )
        await made.act(MANAGER, RR, "restrict", restricted=True, reason="So it is.")
        assert await made.seal()
        assert await made.broken() == [(RR, LAST, "This link is not the one that was sealed.")]


@pytest.mark.promise("K7")
async def test_a_case_that_was_removed_altogether_is_found_by_the_seal(folder: Path) -> None:
    await seal(folder)
    tables = ("facts", "obligations", "notices", "children", "commands", "reads", "board")
    change(
        folder, *(f"DELETE FROM {table} WHERE \"case\" = '{OTHER}'" for table in tables), f"DELETE FROM cases WHERE ref = '{OTHER}'",
        *(f"DELETE FROM {table} WHERE chain = '{OTHER}'" for table in ("audit_links", "audit_heads")),
    )  # fmt: skip
    assert await found(folder) == [(OTHER, 1, "This chain was sealed and is not in the database any more.")]


# Seals


async def sealed_thrice(folder: Path) -> Path:
    async with recording_again(folder) as made:
        for minute in range(1, 4):
            made.now = START + timedelta(hours=minute)
            await made.refer()
            assert await made.seal()
            assert not await made.seal(), "nothing has grown since"
        return made.there.settings.seals


def _altered(lines: list[str]) -> list[str]:
    return [lines[0], lines[1].replace(LR, OTHER) if LR in lines[1] else lines[1].replace("-0004", "-0005"), lines[2]]


SEALS: dict[str, tuple[Callable[[list[str]], list[str]], int]] = {
    "altered": (_altered, 2),
    "first removed": (lambda lines: lines[1:], 1),
    "one removed": (lambda lines: [lines[0], lines[2]], 2),
    "swapped": (lambda lines: [lines[0], lines[2], lines[1]], 2),
    "doubled": (lambda lines: [lines[0], lines[0], *lines[1:]], 2),
    "torn": (lambda lines: [*lines[:2], lines[2][:40]], 3),
    "nonsense": (lambda lines: [*lines, "[1]"], 4),
}


@pytest.mark.promise("K7")
@pytest.mark.parametrize("how", SEALS)
async def test_a_seal_that_was_changed_is_named(folder: Path, how: str) -> None:
    path = await sealed_thrice(folder)
    alter, number = SEALS[how]
    path.write_text("".join(f"{line}\n" for line in alter(path.read_text().splitlines())))
    assert await found(folder) == [("seals", number, "This seal was altered, or one before it is missing.")]


SEALS_GONE: dict[str, tuple[Callable[[Path], object], int, str]] = {
    "removed": (Path.unlink, 1, "missing"),
    "emptied": (lambda path: path.write_text(""), 1, "missing"),
    "cut": (lambda path: path.write_text("".join(path.read_text().splitlines(keepends=True)[:2])), 3, "cut off"),
}


@pytest.mark.promise("K7")
@pytest.mark.parametrize("how", SEALS_GONE)
async def test_seals_that_are_gone_are_missed_and_later_ones_do_not_cover_it(folder: Path, how: str) -> None:
    path = await sealed_thrice(folder)
    act, number, words = SEALS_GONE[how]
    act(path)
    [(chain, at, said)] = await found(folder)
    assert (chain, at) == ("seals", number)
    assert words in said
    async with recording_again(folder) as made:
        for hour in range(4, 8):
            made.now = START + timedelta(hours=hour)
            await made.refer()
            assert await made.seal()
            assert [one[0] for one in await made.broken()] == ["seals"]


async def test_a_seal_holds_only_what_has_grown_and_no_word_of_a_case(folder: Path) -> None:
    path = await sealed_thrice(folder)
    first, *later = (json.loads(line) for line in path.read_text().splitlines())
    assert {LR, RR, OTHER, "reads"} <= first["heads"].keys()
    assert [len(line["heads"]) for line in later] == [1, 1]
    assert path.stat().st_mode & 0o077 == 0


async def test_sealing_goes_on_where_another_process_stopped(folder: Path) -> None:
    await sealed_thrice(folder)
    async with recording_again(folder) as made:
        assert not await made.seal()
        await made.refer()
        assert await made.seal()
        assert await made.broken() == []


# Size, and the command


async def test_verification_holds_one_page_of_one_chain_at_a_time(folder: Path) -> None:
    async with recording_again(folder) as made:
        few = await _peak(made, 400)
        many = await _peak(made, 4_000)
    assert many < few * 1.5, (few, many)


async def _peak(made: Recording, reads: int) -> int:
    """The most memory that a verification takes with so many more reads."""
    async with made.there.database.writing() as session:
        for number in range(reads):
            await made.there.auditor.append(
                session, "sign-ins", START + timedelta(seconds=number), MANAGER, "signed_in", {}
            )
    tracemalloc.start()
    try:
        assert await made.broken() == []
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.fixture
def verify(folder: Path) -> Callable[[], subprocess.CompletedProcess[str]]:
    def run() -> subprocess.CompletedProcess[str]:
        reviews = Path(sys.executable).with_name("reviews")
        command = [str(reviews), "audit", "verify", "--data-dir", str(folder)]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)  # noqa: S603 -- our own command

    return run


@pytest.mark.promise("K7")
def test_the_command_says_whether_every_chain_is_whole(
    folder: Path, verify: Callable[[], subprocess.CompletedProcess[str]]
) -> None:
    whole = verify()
    assert (whole.returncode, whole.stdout.strip()) == (0, "Every chain is whole.")
    change(folder, *CHANGES["who did it"][0])
    broken = verify()
    assert broken.returncode == 1
    assert f"{RR}, link {ANALYSED}: What this link stands for was altered." in broken.stderr


# Cells in which somebody has put what is no value of their kind

UNCOVERED = {
    "commands": {"case", "kind", "digest", "signed", "state", "asked", "problems"},
    "notices": {"state", "written", "seen", "look_at", "bundle", "thread", "trace"}, "policies": {"what", "adopted"},
    "accounts": {"failed", "locked_until", "last_step"},
}  # fmt: skip
"""Columns that no chain stands for: what became of a message, and what only helps to find or to count."""
GARBAGE = ("'{'", "x'00ff'", "'zzz'")
COVERED = (
    "facts", "texts", "children", "cases", "obligations", "notices", "audit_links", "audit_heads",
    "reads", "policies", "agencies", "people", "holdings", "accounts", "commands",
)  # fmt: skip


def cells(table: str) -> list[str]:
    return [column.name for column in Table.metadata.tables[table].columns]


@pytest.mark.promise("K7")
@pytest.mark.parametrize("table", COVERED)
async def test_a_cell_that_cannot_be_read_is_named_and_blinds_nothing_else(folder: Path, table: str) -> None:
    change(folder, f"DELETE FROM facts WHERE {of('facts', 1, OTHER)}")
    spoilt = folder.parent / "spoilt"
    for column in cells(table):
        for garbage in GARBAGE[: None if os.environ.get("HYPOTHESIS_PROFILE") == "proof" else 1]:
            shutil.copytree(folder, spoilt)
            row = f"(SELECT min(rowid) FROM {table})"
            with closing(sqlite3.connect(spoilt / "records.sqlite")) as connection, connection:
                with suppress(sqlite3.IntegrityError):  # a number that is a row's own name takes nothing else
                    connection.execute(f'UPDATE {table} SET "{column}" = {garbage} WHERE rowid = {row}')
                changed = bool(connection.total_changes)
            named = {chain for chain, _, _ in await found(spoilt)}
            assert OTHER in named, (column, garbage)
            assert len(named) > 1 or not changed or column in UNCOVERED.get(table, ()), (column, garbage)
            shutil.rmtree(spoilt)


@pytest.mark.promise("K7")
@pytest.mark.parametrize(
    ("change_", "chain", "number"),
    [
        (f"UPDATE facts SET data = '{{' WHERE {of('facts', RETURNED)}", RR, RETURNED),
        (f"UPDATE facts SET occurred = 'zzz' WHERE {of('facts', RETURNED)}", RR, RETURNED),
        (f"UPDATE audit_links SET commitments = '{{' WHERE {of('audit_links', RETURNED)}", RR, RETURNED),
        (f"UPDATE audit_links SET salts = '{{' WHERE {of('audit_links', RETURNED)}", RR, RETURNED),
        (
            f"UPDATE audit_links SET salts = json_set(salts, '$.text', 'zz') WHERE {of('audit_links', RETURNED)}",
            RR,
            RETURNED,
        ),
        (f"UPDATE texts SET sealed = 'abc' WHERE {text_of(RETURNED)}", RR, RETURNED),
        (f"UPDATE notices SET data = '{{' WHERE {NOTICE}", RR, TOLD),
        (f"UPDATE cases SET state = '{{' WHERE ref = '{RR}'", RR, LAST),
    ],
)
async def test_the_link_whose_cell_cannot_be_read_is_the_one_that_is_named(
    folder: Path, change_: str, chain: str, number: int
) -> None:
    change(folder, change_)
    [(broken, at, words)] = await found(folder)
    assert (broken, at) == (chain, number)
    assert "cannot be read" in words or "altered" in words
