"""Commands that look whether all is well: audit verify, doctor."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from terminal.common import WRONG, AsJson, DataDir, Session, run, settings_of

if TYPE_CHECKING:
    from records.audit import Broken

audit = typer.Typer(no_args_is_help=True, help="The audit chains.")
HERE = Path("data")


@audit.command()
def verify(data_dir: DataDir = HERE, *, as_json: AsJson = False) -> None:
    """Check every chain, link by link, against the record and the seals outside the database."""
    broken = run(_broken(data_dir))
    if as_json:
        typer.echo(json.dumps([one.model_dump(mode="json") for one in broken], indent=1))
    else:
        for one in broken:
            typer.echo(f"{one.chain}, link {one.number}: {one.words}", err=True)
        typer.echo("Every chain is whole." if not broken else f"{len(broken)} chains are broken.", err=bool(broken))
    raise typer.Exit(WRONG if broken else 0)


async def _broken(data_dir: Path) -> "list[Broken]":
    from rich.console import Console
    from rich.progress import Progress

    shown = Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty())
    async with Session(data_dir) as session, session.there.database.reading() as reading:
        with shown as progress:
            task = progress.add_task("Looking at every chain")
            return await session.there.auditor.verify(
                reading, session.settings.seals, lambda done, of: progress.update(task, completed=done, total=of)
            )


def doctor(data_dir: DataDir = HERE, *, as_json: AsJson = False) -> None:
    """Name what is misconfigured, why it matters and how to mend it. Exit code 1 if anything is grave."""
    import doctor as room

    found = run(room.examine(settings_of(data_dir)))
    if as_json:
        typer.echo(json.dumps([one.model_dump() for one in found], indent=1))
    else:
        typer.echo(room.report(found))
    raise typer.Exit(WRONG if any(one.grave for one in found) else 0)
