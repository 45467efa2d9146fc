"""Commands on a tracker that was kept as a spreadsheet: check, import."""

from collections import Counter
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
    from collections.abc import Sequence

    from door.taking_over import Taken
    from models.directory import Directory
    from models.grid import Sheet
    from models.tracker import Tracker
    from models.tracker_mapping import ReviewKind, TrackerMapping

app = typer.Typer(no_args_is_help=True, help="The tracker that was kept as a spreadsheet, before it is taken over.")
HERE = Path("data")
MAY_IMPORT = frozenset({"administrator", "business_manager"})


@app.command()
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The tracker, as .xlsx or .csv.")],
    mapping: Annotated[
        Path | None, typer.Option(help="What its words mean, where that differs from policy/tracker.yaml.")
    ] = None,
    data_dir: DataDir = HERE,
    *,
    as_: As,
    as_json: AsJson = False,
) -> None:
    """Say what an import would find, and name every cell that is not understood. Nothing is changed by it."""
    written = text_of(mapping) if mapping else ""
    sheets = sheets_of(file, bytes_of(file))
    directory = run(_directory(data_dir, as_))
    found = _read(sheets, _mapping(written, mapping, directory), directory)
    if as_json:
        say(_as_json(found), "", as_json=True)
    else:
        _show(found, file.name)
    raise typer.Exit(WRONG if found.problems else 0)


@app.command(name="import")
def take_over(  # noqa: PLR0913 -- the parts of a command line
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The tracker, as .xlsx or .csv.")],
    mapping: Annotated[
        Path | None, typer.Option(help="What its words mean, where that differs from policy/tracker.yaml.")
    ] = None,
    data_dir: DataDir = HERE,
    *,
    as_: As,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Try all of it, and keep nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Take over a tracker: all of it, or nothing. What was taken over before is not entered twice."""
    sheets = sheets_of(file, bytes_of(file))
    written = text_of(mapping) if mapping else ""
    directory = run(_directory(data_dir, as_))
    found = _read(sheets, _mapping(written, mapping, directory), directory)
    if found.problems:
        if as_json:
            say(_as_json(found), "", as_json=True)
        else:
            _show(found, file.name)
        raise typer.Exit(WRONG)
    taken = run(_take(data_dir, as_, found, dry=dry_run, as_json=as_json))
    told = {**taken.model_dump(mode="json"), "dry_run": dry_run}
    say(told, "" if as_json else _told(taken, dry=dry_run), as_json=as_json)


async def _take(data_dir: Path, by: str, found: "Tracker", *, dry: bool, as_json: bool) -> "Taken":
    from datetime import UTC, datetime

    from door.refusals import Refusal
    from door.taking_over import TakingOver

    async with Session(data_dir) as session:
        actor = await session.actor(by)
        engine = None if dry else await session.there.connect(lazy=True)
        with progress() as tell:
            try:
                over = TakingOver(session.there.recorder, engine, tell)
                return await over.take(actor, found, datetime.now(UTC), dry=dry)
            except Refusal as refusal:
                refused(refusal, "", as_json=as_json)


def _told(taken: "Taken", *, dry: bool) -> str:
    """What was done, or would have been."""
    return "\n".join(
        [
            told_of(taken.cases, dry=dry),
            f"{'Would enter' if dry else 'Entered'}: {counted(taken.entered, 'recommendation')}",
            f"Known already, and left as they are: {taken.known}",
            *told_of_changed(taken.changed, "tracker"),
        ]
    )


async def _directory(data_dir: Path, by: str) -> "Directory":
    async with Session(data_dir) as session:
        actor = await session.actor(by)
        if not actor.anywhere(MAY_IMPORT):
            fail("Only the administrator or the business manager may take over a tracker.", REFUSED)
        return await session.directory()


def _mapping(text: str, file: Path | None, directory: "Directory") -> "TrackerMapping":
    from policy.problems import PolicyProblems
    from policy.reading import read_tracker_mapping, shipped_tracker_mapping

    try:
        return read_tracker_mapping(text, file.name, directory) if file else shipped_tracker_mapping()
    except PolicyProblems as problems:
        fail(str(problems))


def _read(sheets: "Sequence[Sheet]", mapping: "TrackerMapping", directory: "Directory") -> "Tracker":
    from models.tracker_reading import read_tracker

    with progress() as tell:
        return read_tracker(sheets, mapping, directory, partial(tell, "Reading the rows"))


def _as_json(found: "Tracker") -> dict[str, Any]:
    return {
        "good": not found.problems,
        "reviews": [one.model_dump(mode="json") for one in found.reviews],
        "recommendations": len(found.recommendations),
        "states": Counter(one.status for one in found.recommendations),
        "problems": [one.model_dump(mode="json") for one in found.problems],
        "warnings": [one.model_dump(mode="json") for one in found.warnings],
        "passed_over": [one.model_dump(mode="json") for one in found.passed_over],
        "mapping": lines(found.problems),
    }


def _show(found: "Tracker", name: str) -> None:
    from rich.console import Console

    console = Console(highlight=False, markup=False)
    states = Counter(one.status.replace("_", " ") for one in found.recommendations)
    sizes = f"{counted(len(found.reviews), 'review')}, {counted(len(found.recommendations), 'recommendation')}"
    console.print(f"{plain(name)}: {sizes}", *[f"  {state:28} {count}" for state, count in states.items()], sep="\n")
    of = Counter(one.review for one in found.recommendations)
    rows = [(one.name, _kind(one.kind), str(one.commissioned or ""), str(of[one.key])) for one in found.reviews]
    table(console, "Reviews", ("Review", "Kind", "Commissioned", "Recommendations"), rows)
    remarks(console, "Problems", found.problems)
    remarks(console, "Warnings", found.warnings)
    table(console, "Passed over", ("Cell", "Found", "Why"), [passed(one) for one in found.passed_over])
    judgement(console, found.problems)


def _kind(kind: "ReviewKind") -> str:
    """As a form calls it."""
    from door.taking_over import ORIGINS
    from models.practice_review_commands import Origin

    return Origin(ORIGINS[kind]).words if kind in ORIGINS else kind.replace("_", " ").capitalize()
