"""Commands that look whether all is well: audit verify, doctor."""

import json
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from records.trouble import WRONG
from terminal.common import REFUSED, As, AsJson, DataDir, Session, counted, fail, moment, run, say, settings_of

if TYPE_CHECKING:
    from records.audit import Broken
    from records.questions import Read

audit = typer.Typer(no_args_is_help=True, help="The audit chains, and who opened what.")
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
        words = f"{counted(len(broken), 'chain is', 'chains are')} broken." if broken else "Every chain is whole."
        typer.echo(words, err=bool(broken))
    raise typer.Exit(WRONG if broken else 0)


@audit.command()
def reads(
    case: Annotated[str, typer.Argument(metavar="CASE", help="Only of this case.")] = "",
    person: Annotated[str, typer.Option(help="Only by this person, by their id in the directory.")] = "",
    data_dir: DataDir = HERE,
    *,
    as_: As,
    as_json: AsJson = False,
) -> None:
    """Show who opened what, by whichever door, the newest first."""
    found = run(_read(data_dir, as_, case, person))
    lines = [f"{moment(one.at):18} {one.name:28} {one.case:13} {one.what.replace('_', ' ')}" for one in found]
    say([one.model_dump(mode="json") for one in found], "\n".join(lines) or "Nothing was opened.", as_json=as_json)


async def _read(data_dir: Path, by: str, case: str, person: str) -> "list[Read]":
    from models.command import REFERENCE
    from models.rights import NAMED_OFFICES
    from records.questions import EVERY_READ, Questions

    async with Session(data_dir) as session:
        actor, now = await session.actor(by), datetime.now(UTC)
        if not actor.anywhere(NAMED_OFFICES):
            fail("Only the business manager and the independent chair may see who opened what.", REFUSED)
        questions = Questions(session.there.recorder)
        about = case if re.fullmatch(REFERENCE, case) else ""  # what somebody typed may be a name
        await questions.note_read(actor.person, about, "reads", now)
        return await questions.reads(actor, now, case, person, most=EVERY_READ)


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
