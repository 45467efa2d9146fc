"""Commands for whoever looks after an installation: backup, restore, move, rebuild."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from records.trouble import MISUSED
from records.typed import typed
from terminal.common import REFUSED, As, AsJson, DataDir, Session, counted, fail, moment, run, say, settings_with

if TYPE_CHECKING:
    from models.directory import Directory

keys = typer.Typer(no_args_is_help=True, help="The keys under which everything personal is sealed.")
HERE = Path("data")
SECRET = "REVIEWS_RESTORE_KEY"  # noqa: S105 -- the name of a variable


@contextmanager
def progress(words: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on the terminal for as long as this takes; nothing where nobody looks."""
    from rich.console import Console
    from rich.progress import Progress

    shown = Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty())
    with shown as bar:
        task = bar.add_task(words)
        yield lambda done, of: bar.update(task, completed=done, total=of)


def backup_key() -> None:
    """Make a pair of keys for backups. Keep the secret one away from this machine: without it no backup opens."""
    from records.backup import new_identity

    public, secret = new_identity()
    typer.echo(f"Public key, for REVIEWS_BACKUP_KEY on this machine:\n{public}\n")
    typer.echo(f"Secret key, for a safe that is not on this machine; {typed('restore')} asks for it:\n{secret}")


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The new file, such as reviews-2026-03-09.backup")],
    key: Annotated[
        str, typer.Option("--key", envvar="REVIEWS_BACKUP_KEY", help="The public key for which it is sealed.")
    ] = "",
    data_dir: DataDir = HERE,
) -> None:
    """Back up everything into one sealed file, while the service runs: records, files, keys and seals."""
    from records.backup import About, CannotBackUp, back_up

    if not key:
        fail(f"Say for which public key: --key, or REVIEWS_BACKUP_KEY. {typed('backup-key')} makes a pair.", MISUSED)

    async def work() -> About:
        async with Session(data_dir) as session:
            with progress("Backing up") as looked:
                return await back_up(session.settings, session.there.database, key, file, datetime.now(UTC), looked)

    try:
        about = run(work())
    except CannotBackUp as problem:
        fail(str(problem))
    held = f"{counted(about.rows, 'row')} and {counted(about.files, 'file')}"
    typer.echo(f"{file}: {held}, as of {moment(about.made)}. Try from time to time whether it can be restored.")


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The backup.")],
    data_dir: DataDir = HERE,
    *,
    identity: Annotated[
        Path | None,
        typer.Option("--identity", help=f"The file with the secret key; without it the key is in {SECRET}."),
    ] = None,
) -> None:
    """Put a backup into an empty folder, and an empty database. Sending is held until somebody releases it."""
    from records.backup import CannotRestore, Restored
    from records.backup import restore as put_back

    os.umask(0o077)
    try:
        secret = _secret_in(identity.read_text()) if identity else os.environ.get(SECRET, "")
    except OSError as error:
        fail(f"{identity}: {error.strerror}.")
    if not secret:
        fail(f"Say with which secret key: --identity with its file, or {SECRET}.", MISUSED)
    if not file.is_file():
        fail(f"{file}: there is no such file.")

    async def work() -> Restored:
        with progress("Restoring") as looked:
            return await put_back(settings_with(data_dir=data_dir), file, secret, datetime.now(UTC), looked)

    try:
        found = run(work())
    except CannotRestore as problem:
        fail(str(problem))
    typer.echo(
        f"{counted(found.rows, 'row')} and {counted(found.files, 'file')} are back in {data_dir}, as of "
        f"{moment(found.made)}; each was compared with the backup.\n"
        f"Start the service; if the engine is not new, first: {typed('rebuild --anew')}\n"
        f"What fell due since the backup may have been sent before. It is held: {typed('held')} shows it."
    )


def _secret_in(text: str) -> str:
    """The key in a file such as age-keygen writes, with comments."""
    return next((line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")), "")


def move(
    data_dir: DataDir = HERE,
    *,
    to: Annotated[
        str,
        typer.Option("--to", metavar="URL", help="An empty database: postgresql+asyncpg://reviews@host/reviews"),
    ],
) -> None:
    """Move the records from SQLite to PostgreSQL, while the service is stopped; every row is counted and compared.

    The password is that of REVIEWS_DATABASE_PASSWORD. The old file stays, under a name that nothing opens.
    """
    import serving
    from records.copying import Digest
    from records.moving import CannotMove
    from records.moving import move as carry

    os.umask(0o077)
    try:
        lock = serving.lock(data_dir)
    except serving.CannotServe as problem:
        fail(str(problem))

    async def work() -> dict[str, Digest]:
        with progress("Moving") as looked:
            return await carry(settings_with(data_dir=data_dir, database_url=to), looked)

    try:
        tables = run(work())
    except CannotMove as problem:
        fail(str(problem))
    lock.close()
    lines = [f"{name:22} {one.rows:>10,}  {one.sum[:16]}" for name, one in tables.items()]
    rows = sum(one.rows for one in tables.values())
    typer.echo("\n".join([f"{'Table':22} {'Rows':>10}  Digest, the same on both sides", *lines]))
    typer.echo(f"{counted(rows, 'row is', 'rows are')} there. From now on set REVIEWS_DATABASE_URL to this address.")


@keys.command("rotate")
def rotate(data_dir: DataDir = HERE) -> None:
    """Make new keys, and seal everything anew under them while the service runs. Safe to give again at any time.

    What the engine's cases are told from now on is written under its new key as well. Back up afterwards.
    """
    from records.keys import read_keys
    from records.rotating import seal_anew

    async def work() -> int:
        async with Session(data_dir) as session:
            path = session.settings.keys
            fresh = read_keys(path).with_new()
            fresh.save(path, instead=True)
            with progress("Sealing anew") as looked:
                return await seal_anew(session.there.database, session.there.vault, list(fresh.sealing)[-1], looked)

    found = run(work())
    older = f"Older keys still read; {typed('keys forget')} drops them."
    typer.echo(f"{counted(found, 'value is', 'values are')} sealed under a new key. {older}")


@keys.command("forget")
def forget(data_dir: DataDir = HERE) -> None:
    """Drop all keys but the newest. Give `reviews rebuild --anew` first: what the engine holds is under older ones."""
    from records.keys import read_keys
    from records.rotating import under_old

    async def work() -> int:
        async with Session(data_dir) as session:
            path = session.settings.keys
            kept = read_keys(path)
            if left := await under_old(session.there.database, list(kept.sealing)[-1]):
                values = counted(left, "value is", "values are")
                fail(f"{values} sealed under an older key still. First: {typed('keys rotate')}")
            kept.newest_alone().save(path, instead=True)
            return len(kept.sealing) + len(kept.engine) - 2

    typer.echo(f"{counted(run(work()), 'key is', 'keys are')} gone. What they have written cannot be read any more.")


def rebuild(
    data_dir: DataDir = HERE,
    *,
    anew: Annotated[
        bool, typer.Option("--anew", help="End what runs in the engine first: after a backup was put back.")
    ] = False,
) -> None:
    """See that every open case runs in the engine, from what the record says. Safe to give again at any time."""
    from temporalio.service import RPCError

    from records.opening import EngineSilent
    from records.rebuilding import Rebuilt
    from records.rebuilding import rebuild as start_all

    async def work() -> Rebuilt:
        async with Session(data_dir) as session:
            client = await session.there.connect(patience=10)
            with progress("Starting every open case") as looked:
                return await start_all(client, session.there.database, anew=anew, looked=looked)

    try:
        found = run(work())
    except (EngineSilent, RPCError) as problem:
        words = str(problem) if isinstance(problem, EngineSilent) else "The engine went away."
        fail(f"{words} Give the same command again: what runs already goes on.")
    ended = f" {counted(found.ended, 'other process was', 'other processes were')} ended." if anew else ""
    typer.echo(
        f"{counted(found.cases, 'open case runs', 'open cases run')}; {found.started} of them started now.{ended}"
    )


def held(data_dir: DataDir = HERE, *, as_: As, as_json: AsJson = False) -> None:
    """Show the messages that are held since a backup was put back, by person, with the key of each."""
    from records.holding import held as waiting
    from records.questions import Questions

    async def work() -> list[dict[str, str]]:
        async with Session(data_dir) as session:
            person, directory = await _of_the_unit(session, as_)
            questions, now = Questions(session.there.recorder), datetime.now(UTC)
            await questions.note_read(person, "", "messages that are held", now)
            async with session.there.database.reading() as reading:
                rows = await waiting(reading)
            names = {id_: one.name for id_, one in directory.people.items()}
            return [
                {
                    "key": row.key, "to": names.get(row.person, row.person), "case": row.case, "kind": row.kind,
                    "fell_due": row.rung_at.isoformat(),
                }
                for row in rows
            ]  # fmt: skip

    found = run(work())
    lines = [f"{one['to']:28} {one['case']:13} {one['fell_due'][:16]}  {one['key']}" for one in found]
    say(found, "\n".join(lines) or "Nothing is held.", as_json=as_json)


def release(
    sent: Annotated[
        list[str] | None, typer.Option("--sent", help="The key of one that was sent before; may be given again.")
    ] = None,
    data_dir: DataDir = HERE,
    *,
    as_: As,
) -> None:
    """Let what is held go out, but for what was sent before. Look at it first."""
    from records.holding import held as waiting
    from records.holding import release as let_go

    async def work() -> tuple[int, int]:
        async with Session(data_dir) as session:
            person, _ = await _of_the_unit(session, as_)
            async with session.there.database.writing() as writing:
                listed = [row.key for row in await waiting(writing)]
                if strange := sorted(set(sent or ()) - set(listed)):
                    fail(f"These are not held: {', '.join(strange)}. Nothing was released.")
                now, auditor = datetime.now(UTC), session.there.auditor
                return await let_go(writing, auditor, person, now, listed, sent or ())

    goes, stays = run(work())
    typer.echo(f"{counted(goes, 'message goes', 'messages go')} out now; {stays} stay in the inbox alone.")


async def _of_the_unit(session: Session, by: str) -> "tuple[str, Directory]":
    """Who gives the command, if they are of the business unit, and the directory."""
    from models.telling import OFFICES_OF_THE_UNIT

    actor, directory = await session.actor(by), await session.directory()
    if not actor.anywhere(frozenset(OFFICES_OF_THE_UNIT)):
        fail("Only the business unit may see and release what is held.", REFUSED)
    return actor.person, directory
