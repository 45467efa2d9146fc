"""Commands on the directory: check, import."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from terminal.common import REFUSED, As, DataDir, Session, fail, run, text_of

if TYPE_CHECKING:
    from models.directory import Directory

app = typer.Typer(no_args_is_help=True, help="Agencies, people, and who holds which office.")
HERE = Path("data")
MAY_CHANGE = frozenset({"administrator", "business_manager"})
NewAddress = Annotated[
    list[str] | None,
    typer.Option(metavar="ID", help="This person has another e-mail address now. May be given several times."),
]
DirectoryFile = Annotated[
    Path, typer.Argument(metavar="FILE", help="A directory file, such as policy/directory.example.yaml.")
]


@app.command()
def check(file: DirectoryFile) -> None:
    """Name every problem of a directory file, with its line."""
    found = _read(file)
    counted = f"{len(found.agencies)} agencies, {len(found.people)} people, {len(found.holdings)} offices held"
    typer.echo(f"{file.name}: {counted}. It is good.")


@app.command("import")
def import_(file: DirectoryFile, data_dir: DataDir = HERE, new_address: NewAddress = None, *, as_: As) -> None:
    """Put this directory in the place of the present one, as one step. It must fit the policy in force."""
    found = _read(file)
    run(_replace(data_dir, as_, found, new_address or []))
    typer.echo(f"{len(found.people)} people in {len(found.agencies)} agencies are in the directory now.")


def _read(file: Path) -> "Directory":
    from policy.problems import PolicyProblems
    from policy.reading import read_directory

    try:
        return read_directory(text_of(file), file.name)
    except PolicyProblems as problems:
        fail(str(problems))


async def _replace(data_dir: Path, by: str, directory: "Directory", new_address: list[str]) -> None:
    from models import shelf
    from policy.reading import check_against
    from records.accounts import Accounts
    from records.directory import actor_of, readdressed
    from records.policies import in_force

    async with Session(data_dir) as session:
        person, now = await session.sign_in(by), datetime.now(UTC)
        recorder = session.there.recorder
        async with session.there.database.writing() as writing:
            present, names = await recorder.directory.read(writing), await in_force(writing)
            if present and not actor_of(present, person, now).anywhere(MAY_CHANGE):
                fail("Only the administrator or the business manager may change the directory.", REFUSED)
            problems = check_against(shelf.policy(names[0]), directory, now.date()) if names else []
            unknown = (
                sorted({one.office for one in directory.holdings} - shelf.policy(names[0]).offices.keys())
                if names
                else []
            )
            wrong = [str(one) for one in problems if one.grave]
            wrong += [f"The policy in force has no office `{one}`." for one in unknown]
            if not any(actor_of(directory, one, now).anywhere(MAY_CHANGE) for one in directory.people):
                wrong.append(
                    "Nobody could change the directory any more: enter an administrator or a business manager."
                )
            moved = readdressed(present, directory) if present else []
            wrong += [
                f"{one} has another e-mail address than before. Is it still the same person? Then add --new-address "
                f"{one}: their sessions and password end, and they are invited again. Anybody else needs an id of "
                "their own."
                for one in moved
                if one not in new_address
            ]
            if wrong:
                fail("\n".join(["This directory was not taken:", *(f"  {one}" for one in wrong)]), REFUSED)
            accounts = Accounts(session.there.database, session.there.vault, session.there.auditor)
            for gone in sorted({*moved, *(present.people.keys() - directory.people.keys() if present else ())}):
                await accounts.close(writing, gone, now)
            await recorder.directory.replace(writing, directory, person, now)
        for one in problems:
            typer.echo(str(one), err=True)
