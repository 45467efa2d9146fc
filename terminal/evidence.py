"""Files of evidence from the command line: kept first, then named by the answers of a command."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from terminal.common import NO_CASE, REFUSED, As, AsJson, DataDir, Session, fail, run, say

app = typer.Typer(no_args_is_help=True, help="Files of evidence: keep one, and get it back.")
HERE = Path("data")
PIECE = 64 * 1024


@app.command()
def keep(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to keep.")],
    case: Annotated[str, typer.Option("--case", metavar="REF", help="The case to which it belongs.")],
    data_dir: DataDir = HERE,
    *,
    as_: As,
    as_json: AsJson = False,
) -> None:
    """Keep a file in a case, and say the id by which a command names it."""
    from door.evidence import Evidence
    from door.refusals import NotThere
    from records.file_types import FileRefused

    async def work() -> dict[str, Any]:
        async with Session(data_dir) as session:
            actor = await session.actor(as_)
            evidence = Evidence(session.there.recorder, session.there.files)
            try:
                kept = await evidence.keep(actor, case, file.name, _bytes_of(file), datetime.now(UTC))
            except NotThere:
                fail(NO_CASE, REFUSED)
            except FileRefused as refusal:
                fail(refusal.words, REFUSED)
            return kept.model_dump(mode="json", include={"id", "case", "name", "media", "size", "state"})

    if not file.is_file():
        fail(f"{file}: there is no such file.")
    found = run(work())
    scanned = {"waiting": " It waits for the virus scanner.", "not_scanned": " It was not scanned: no scanner is set."}
    say(
        found,
        f"Kept as {found['id']} in {case}.{scanned.get(found['state'], '')} Name this id in the answers of a command.",
        as_json=as_json,
    )


@app.command()
def fetch(
    id_: Annotated[str, typer.Argument(metavar="ID", help="As `keep` has said it.")],
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="Where to write it; nothing is written over.")],
    data_dir: DataDir = HERE,
    *,
    as_: As,
) -> None:
    """Write a file that you gave, or may read, to this machine."""
    from door.evidence import Evidence
    from records.file_types import FileRefused

    async def work() -> None:
        async with Session(data_dir) as session:
            actor = await session.actor(as_)
            try:
                opened = await Evidence(session.there.recorder, session.there.files).open(actor, id_, datetime.now(UTC))
            except FileRefused as refusal:
                fail(refusal.words, REFUSED)
            with to.open("xb") as written:
                async for piece in opened.body:
                    written.write(piece)

    if to.exists():
        fail(f"{to}: there is a file of this name already.")
    run(work())
    typer.echo(f"Written to {to}.")


async def _bytes_of(file: Path) -> AsyncIterator[bytes]:
    with file.open("rb") as read:
        while piece := read.read(PIECE):
            yield piece
