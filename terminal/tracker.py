"""Commands on a tracker that was kept as a spreadsheet: check, import."""

import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from records.trouble import WRONG
from terminal.common import REFUSED, As, AsJson, DataDir, Session, counted, fail, refused, run, say, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from door.taking_over import Taken
    from models.directory import Directory
    from models.grid import Sheet
    from models.tracker import PassedOver, Remark, Tracker
    from models.tracker_mapping import ReviewKind, TrackerMapping

app = typer.Typer(no_args_is_help=True, help="The tracker that was kept as a spreadsheet, before it is taken over.")
HERE = Path("data")
MAY_IMPORT = frozenset({"administrator", "business_manager"})
MOST = 200  # lines of a table; nobody mends more than that at once
LONGEST = 80  # of what stands in a cell: enough to know it again
AROUND = 3  # signs beside each column of a table
NAMED = 3  # cells of one kind of problem


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
    sheets = _sheets(file)
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
    sheets = _sheets(file)
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

    from rich.console import Console
    from rich.progress import Progress

    from door.refusals import Refusal
    from door.taking_over import TakingOver

    shown = Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty())
    async with Session(data_dir) as session:
        actor = await session.actor(by)
        with shown as progress:
            tasks: dict[str, Any] = {}

            def tell(what: str, done: int, of: int) -> None:
                if what not in tasks:
                    tasks[what] = progress.add_task(what)
                progress.update(tasks[what], completed=done, total=of)

            engine = None if dry else await session.there.connect(lazy=True)
            try:
                over = TakingOver(session.there.recorder, engine, tell)
                return await over.take(actor, found, datetime.now(UTC), dry=dry)
            except Refusal as refusal:
                refused(refusal, "", as_json=as_json)


def _told(taken: "Taken", *, dry: bool) -> str:
    """What was done, or would have been."""
    lines = [
        f"{'Would open' if dry else 'Opened'}: {counted(len(taken.cases), 'case')}"
        + (f" ({', '.join(taken.cases[:NAMED])}{', ...' if len(taken.cases) > NAMED else ''})" if taken.cases else ""),
        f"{'Would enter' if dry else 'Entered'}: {counted(taken.entered, 'recommendation')}",
        f"Known already, and left as they are: {taken.known}",
    ]
    if taken.changed:
        first = ", ".join(taken.changed[:NAMED])
        lines.append(f"Of these {len(taken.changed)} say something else in the tracker now: {first}. Change them here.")
    return "\n".join(lines)


def _sheets(file: Path) -> "Sequence[Sheet]":
    from records.sheets import LARGEST, NotASheet, read_sheets

    try:
        with file.open("rb") as opened:
            return read_sheets(opened.read(LARGEST + 1), file.name)
    except OSError as error:
        fail(f"{file}: {error.strerror}.")
    except NotASheet as wrong:
        fail(f"{file}: {wrong}")


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
    from rich.console import Console
    from rich.progress import Progress

    from models.tracker_reading import read_tracker

    shown = Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty())
    with shown as progress:
        task = progress.add_task("Reading the rows")
        return read_tracker(
            sheets, mapping, directory, lambda done, of: progress.update(task, completed=done, total=of)
        )


def _as_json(found: "Tracker") -> dict[str, Any]:
    return {
        "good": not found.problems,
        "reviews": [one.model_dump(mode="json") for one in found.reviews],
        "recommendations": len(found.recommendations),
        "states": Counter(one.status for one in found.recommendations),
        "problems": [one.model_dump(mode="json") for one in found.problems],
        "warnings": [one.model_dump(mode="json") for one in found.warnings],
        "passed_over": [one.model_dump(mode="json") for one in found.passed_over],
        "mapping": _lines(found.problems),
    }


def _show(found: "Tracker", name: str) -> None:
    from rich.console import Console

    console = Console(highlight=False, markup=False)
    states = Counter(one.status.replace("_", " ") for one in found.recommendations)
    sizes = f"{counted(len(found.reviews), 'review')}, {counted(len(found.recommendations), 'recommendation')}"
    console.print(f"{_plain(name)}: {sizes}", *[f"  {state:28} {count}" for state, count in states.items()], sep="\n")
    of = Counter(one.review for one in found.recommendations)
    rows = [(one.name, _kind(one.kind), str(one.commissioned or ""), str(of[one.key])) for one in found.reviews]
    _table(console, "Reviews", ("Review", "Kind", "Commissioned", "Recommendations"), rows)
    _remarks(console, "Problems", found.problems)
    _remarks(console, "Warnings", found.warnings)
    _table(console, "Passed over", ("Cell", "Found", "Why"), [_passed(one) for one in found.passed_over])
    if lines := _lines(found.problems):
        console.print(f"\nWhat a mapping file can say of these; put your own words for those in capitals:\n\n{lines}")
    what = f"It has {counted(len(found.problems), 'problem')}: nothing of it would be taken."
    console.print(what if found.problems else "Everything is understood.")


def _kind(kind: "ReviewKind") -> str:
    """As a form calls it."""
    from door.taking_over import ORIGINS
    from models.practice_review_commands import Origin

    return Origin(ORIGINS[kind]).words if kind in ORIGINS else kind.replace("_", " ").capitalize()


def _remarks(console: Any, title: str, remarks: "Iterable[Remark]") -> None:  # noqa: ANN401 -- rich is loaded late
    """What is said of many cells in the same words is told once, with the first of them."""
    together: dict[tuple[str, str, str], list[str]] = {}
    for one in remarks:
        together.setdefault((one.column, one.found, one.words), []).append(one.cell)
    rows = [(_cells(cells), column, _short(found), words) for (column, found, words), cells in together.items()]
    _table(console, title, ("Cell", "Column", "Found", "What to do"), rows)


def _table(console: Any, title: str, heads: "Sequence[str]", rows: "Sequence[Sequence[str]]") -> None:  # noqa: ANN401
    from rich.box import SIMPLE
    from rich.table import Table

    if not rows:
        return
    table = Table(title=title, title_justify="left", box=SIMPLE)
    for head, width in zip(heads, _widths(heads, rows[:MOST], console.width), strict=True):
        table.add_column(head, overflow="fold", width=width)  # what has to be copied into a mapping file is never cut
    for row in rows[:MOST]:
        table.add_row(*map(_plain, row))
    console.print(table)
    if len(rows) > MOST:
        console.print(f"and {len(rows) - MOST} more, which --json shows.")


def _widths(heads: "Sequence[str]", rows: "Sequence[Sequence[str]]", room: int) -> list[int | None]:
    """How wide each column is so that no word is broken; of no width in particular where there is no room for that."""
    columns = list(zip(heads, *rows, strict=True))
    least = [max(len(word) for cell in cells for word in cell.split() or [""]) for cells in columns]
    more = [max(map(len, cells)) - width for cells, width in zip(columns, least, strict=True)]
    left = room - 1 - AROUND * len(heads) - sum(least)
    if left < 0 or left >= sum(more):
        return [None] * len(heads)
    return [width + left * wish // sum(more) for width, wish in zip(least, more, strict=True)]


def _passed(one: "PassedOver") -> tuple[str, str, str]:
    return one.cell, _short(one.found), one.words


def _cells(cells: list[str]) -> str:
    more = f" and {len(cells) - NAMED} more" if len(cells) > NAMED else ""
    return f"{', '.join(cells[:NAMED])}{more}"


def _plain(text: str) -> str:
    """Without signs that would steer the terminal."""
    return "".join(one if one.isprintable() else " " for one in text)


def _short(text: str) -> str:
    return f"{text[:LONGEST]} ..." if len(text) > LONGEST else text


def _lines(problems: "Iterable[Remark]") -> str:
    """All lines that were proposed for the mapping file, as one piece of it."""
    import yaml

    whole: dict[str, Any] = {}
    for one in problems:
        if one.mend:
            _merge(whole, yaml.safe_load(one.mend))
    return yaml.safe_dump(whole, allow_unicode=True, sort_keys=False) if whole else ""


def _merge(into: dict[str, Any], more: dict[str, Any]) -> None:
    for key, value in more.items():
        if isinstance(value, dict):
            _merge(into.setdefault(key, {}), value)
        elif isinstance(value, list):
            there = into.setdefault(key, [])
            there += [one for one in value if one not in there]
        else:
            into[key] = value
