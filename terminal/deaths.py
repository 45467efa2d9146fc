"""Commands on a list of past deaths: check, import, template."""

import hashlib
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from records.trouble import WRONG
from terminal.common import REFUSED, As, AsJson, DataDir, Session, counted, fail, refused, run, say, text_of
from terminal.sheets import (
    bytes_of,
    judgement,
    lines,
    passed,
    plain,
    progress,
    remarks,
    sheets_of,
    table,
    told_of,
    told_of_changed,
)

if TYPE_CHECKING:
    from door.taking_deaths_over import TakenDeaths
    from models.directory import Directory
    from models.past_deaths import PastDeaths
    from models.past_deaths_mapping import PastDeathsMapping

app = typer.Typer(no_args_is_help=True, help="The list of past deaths, before it is taken over.")
HERE = Path("data")
List = Annotated[Path, typer.Argument(metavar="FILE", help="The list of past deaths, as .xlsx or .csv.")]
Mapping = Annotated[
    Path | None, typer.Option(help="What its words mean, where that differs from policy/past_deaths.yaml.")
]


@app.command()
def template(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it, as .csv; a new file.")],
) -> None:
    """Write an empty list with the names of all columns, to be filled in."""
    import csv

    from models.past_deaths_mapping import Column
    from policy.reading import shipped_past_deaths_mapping

    names = shipped_past_deaths_mapping().columns
    if file.suffix.lower() != ".csv":
        fail(f"{file}: the list is written as .csv, which Excel opens as well. Choose a name that ends so.")
    try:
        with file.open("x", encoding="utf-8-sig", newline="") as opened:  # by the mark Excel knows that it is UTF-8
            csv.writer(opened).writerow([names[column][0] for column in Column])
    except FileExistsError:
        fail(f"{file} is there already, and is not written over. Choose another name.")
    except OSError as error:
        fail(f"{file}: {error.strerror}.")


@app.command()
def check(file: List, mapping: Mapping = None, data_dir: DataDir = HERE, *, as_: As, as_json: AsJson = False) -> None:
    """Say what an import would find, and name every cell that is not understood. Nothing is changed by it."""
    _, found = _found(file, mapping, data_dir, as_)
    _judge(found, file.name, as_json=as_json)
    raise typer.Exit(WRONG if found.problems else 0)


@app.command(name="import")
def take_over(  # noqa: PLR0913 -- the parts of a command line
    file: List,
    mapping: Mapping = None,
    data_dir: DataDir = HERE,
    *,
    as_: As,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Try all of it, and keep nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Take over a list of past deaths: all of it, or nothing. What was taken over before is not entered twice."""
    raw, found = _found(file, mapping, data_dir, as_)
    if found.problems:
        _judge(found, file.name, as_json=as_json)
        raise typer.Exit(WRONG)
    digest = hashlib.sha256(raw).hexdigest()
    taken = run(_take(data_dir, as_, found, digest, dry=dry_run, as_json=as_json))
    told = {**taken.model_dump(mode="json", exclude={"grown"}), "dry_run": dry_run}
    say(told, "" if as_json else _told(taken, dry=dry_run), as_json=as_json)


def _found(file: Path, mapping: Path | None, data_dir: Path, by: str) -> "tuple[bytes, PastDeaths]":
    """The bytes of the file, and what they say."""
    from datetime import UTC, datetime

    from models.past_deaths_reading import read_past_deaths
    from models.time import day_of

    raw = bytes_of(file)
    sheets, written = sheets_of(file, raw), text_of(mapping) if mapping else ""
    directory, areas = run(_known(data_dir, by))
    words = _mapping(written, mapping, directory, areas)
    with progress() as tell:
        today, told = day_of(datetime.now(UTC)), partial(tell, "Reading the rows")
        return raw, read_past_deaths(sheets, words, directory, areas, today, told)


async def _known(data_dir: Path, by: str) -> "tuple[Directory, dict[str, str]]":
    """The agencies of the directory, and the areas of the policy in force."""
    from models.facts import Problem
    from models.rights import may_open
    from models.shelf import policy
    from records.policies import fill_shelf, in_force

    async with Session(data_dir) as session:
        if isinstance(may_open(await session.actor(by), "enter_death", {}), Problem):
            words = (
                "Only the child death review coordinator, the designated doctor or the business manager may do this."
            )
            fail(words, REFUSED)
        async with session.there.database.reading() as reading:
            names = await in_force(reading)
            await fill_shelf(reading)
        deaths = policy(names[0]).child_deaths if names else None
        if deaths is None:
            fail("The policy in force has no reviews of children's deaths. Put one in force that has them.")
        return await session.directory(), dict(deaths.areas)


async def _take(  # noqa: PLR0913 -- the parts of a command line
    data_dir: Path, by: str, found: "PastDeaths", digest: str, *, dry: bool, as_json: bool
) -> "TakenDeaths":
    from datetime import UTC, datetime

    from door.refusals import Refusal
    from door.taking_deaths_over import TakingDeathsOver

    async with Session(data_dir) as session:
        actor = await session.actor(by)
        engine = None if dry else await session.there.connect(lazy=True)
        with progress() as tell:
            try:
                over = TakingDeathsOver(session.there.recorder, engine, tell)
                return await over.take(actor, found, digest, datetime.now(UTC), dry=dry)
            except Refusal as refusal:
                refused(refusal, "", as_json=as_json)


def _told(taken: "TakenDeaths", *, dry: bool) -> str:
    """What was done, or would have been."""
    return "\n".join(
        [
            told_of(taken.cases, dry=dry),
            f"{'Would count' if dry else 'Counted'}: {counted(taken.counted, 'completed review')}",
            f"Known already, and left as they are: {taken.known}",
            *told_of_changed(taken.changed, "list"),
        ]
    )


def _mapping(text: str, file: Path | None, directory: "Directory", areas: dict[str, str]) -> "PastDeathsMapping":
    from policy.problems import PolicyProblems
    from policy.reading import read_past_deaths_mapping, shipped_past_deaths_mapping

    try:
        return read_past_deaths_mapping(text, file.name, directory, areas) if file else shipped_past_deaths_mapping()
    except PolicyProblems as problems:
        fail(str(problems))


def _judge(found: "PastDeaths", name: str, *, as_json: bool) -> None:
    completed = sum(one.completed for one in found.deaths)
    if as_json:
        say(_as_json(found, completed), "", as_json=True)
        return
    from rich.console import Console

    console = Console(highlight=False, markup=False)
    sizes = f"{counted(completed, 'completed review')}, {counted(len(found.deaths) - completed, 'open review')}"
    console.print(f"{plain(name)}: {sizes} understood")
    remarks(console, "Problems", found.problems)
    table(console, "Passed over", ("Cell", "Found", "Why"), [passed(one) for one in found.passed_over])
    judgement(console, found.problems)


def _as_json(found: "PastDeaths", completed: int) -> dict[str, Any]:
    return {
        "good": not found.problems,
        "completed": completed,
        "open": len(found.deaths) - completed,
        "problems": [one.model_dump(mode="json") for one in found.problems],
        "passed_over": [one.model_dump(mode="json") for one in found.passed_over],
        "mapping": lines(found.problems),
    }
