"""Commands for whoever looks after an installation: backup, restore, move, rebuild."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from records.trouble import MISUSED
from records.typed import typed
from terminal.common import DataDir, Session, counted, fail, moment, run, settings_with

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
                return await back_up(session.settings, session.there.database, key, file, looked)

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
            return await put_back(settings_with(data_dir=data_dir), file, secret, looked)

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
    ended = f" {counted(found.ended, 'process was', 'processes were')} ended before." if anew else ""
    typer.echo(f"{counted(found.cases, 'open case runs', 'open cases run')}; {found.started} did not before.{ended}")
