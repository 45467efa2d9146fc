"""What the commands on spreadsheets share: reading a file, progress, and tables of what is not understood."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from terminal.common import counted, fail

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from models.grid import Sheet
    from models.sheet_words import PassedOver, Remark

MOST = 200  # lines of a table; nobody mends more than that at once
LONGEST = 80  # of what stands in a cell: enough to know it again
AROUND = 3  # signs beside each column of a table
NAMED = 3  # cells of one kind of problem


def bytes_of(file: Path) -> bytes:
    """What a file holds, as far as one of them may go."""
    from records.sheets import LARGEST

    try:
        with file.open("rb") as opened:
            return opened.read(LARGEST + 1)
    except OSError as error:
        fail(f"{file}: {error.strerror}.")


def sheets_of(file: Path, raw: bytes) -> "Sequence[Sheet]":
    from records.sheets import NotASheet, read_sheets

    try:
        return read_sheets(raw, file.name)
    except NotASheet as wrong:
        fail(f"{file}: {wrong}")


@contextmanager
def progress() -> Iterator[Callable[[str, int, int], None]]:
    """Shows how far each thing is that is told, where somebody looks on."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as shown:
        tasks: dict[str, Any] = {}

        def tell(what: str, done: int, of: int) -> None:
            if what not in tasks:
                tasks[what] = shown.add_task(what)
            shown.update(tasks[what], completed=done, total=of)

        yield tell


def told_of(cases: "Sequence[str]", *, dry: bool) -> str:
    """How many cases were opened, or would be, and which are the first."""
    first = f" ({', '.join(cases[:NAMED])}{', ...' if len(cases) > NAMED else ''})" if cases else ""
    return f"{'Would open' if dry else 'Opened'}: {counted(len(cases), 'case')}{first}"


def told_of_changed(changed: "Sequence[str]", where: str) -> list[str]:
    """What is known already and says something else by now."""
    first = ", ".join(changed[:NAMED])
    told = f"Of these {len(changed)} say something else in the {where} now: {first}. Change them here."
    return [told] if changed else []


def judgement(console: Any, problems: "Sequence[Remark]") -> None:  # noqa: ANN401 -- rich is loaded late
    """What a mapping file can say of the problems, and how many there are."""
    if found := lines(problems):
        console.print(f"\nWhat a mapping file can say of these; put your own words for those in capitals:\n\n{found}")
    what = f"It has {counted(len(problems), 'problem')}: nothing of it would be taken."
    console.print(what if problems else "Everything is understood.")


def remarks(console: Any, title: str, found: "Iterable[Remark]") -> None:  # noqa: ANN401 -- rich is loaded late
    """What is said of many cells in the same words is told once, with the first of them."""
    together: dict[tuple[str, str, str], list[str]] = {}
    for one in found:
        together.setdefault((one.column, one.found, one.words), []).append(one.cell)
    rows = [(cells(where), column, short(said), words) for (column, said, words), where in together.items()]
    table(console, title, ("Cell", "Column", "Found", "What to do"), rows)


def table(console: Any, title: str, heads: "Sequence[str]", rows: "Sequence[Sequence[str]]") -> None:  # noqa: ANN401
    from rich.box import SIMPLE
    from rich.table import Table

    if not rows:
        return
    drawn = Table(title=title, title_justify="left", box=SIMPLE)
    for head, width in zip(heads, widths(heads, rows[:MOST], console.width), strict=True):
        drawn.add_column(head, overflow="fold", width=width)  # what has to be copied into a mapping file is never cut
    for row in rows[:MOST]:
        drawn.add_row(*map(plain, row))
    console.print(drawn)
    if len(rows) > MOST:
        console.print(f"and {len(rows) - MOST} more, which --json shows.")


def widths(heads: "Sequence[str]", rows: "Sequence[Sequence[str]]", room: int) -> list[int | None]:
    """How wide each column is so that no word is broken; of no width in particular where there is no room for that."""
    columns = list(zip(heads, *rows, strict=True))
    least = [max(len(word) for cell in cells for word in cell.split() or [""]) for cells in columns]
    more = [max(map(len, cells)) - width for cells, width in zip(columns, least, strict=True)]
    left = room - 1 - AROUND * len(heads) - sum(least)
    if left < 0 or left >= sum(more):
        return [None] * len(heads)
    return [width + left * wish // sum(more) for width, wish in zip(least, more, strict=True)]


def passed(one: "PassedOver") -> tuple[str, str, str]:
    return one.cell, short(one.found), one.words


def cells(where: list[str]) -> str:
    more = f" and {len(where) - NAMED} more" if len(where) > NAMED else ""
    return f"{', '.join(where[:NAMED])}{more}"


def plain(text: str) -> str:
    """Without signs that would steer the terminal."""
    return "".join(one if one.isprintable() else " " for one in text)


def short(text: str) -> str:
    return f"{text[:LONGEST]} ..." if len(text) > LONGEST else text


def lines(problems: "Iterable[Remark]") -> str:
    """All lines that were proposed for the mapping file, as one piece of it."""
    import yaml

    whole: dict[str, Any] = {}
    for one in problems:
        if one.mend:
            merge(whole, yaml.safe_load(one.mend))
    return yaml.safe_dump(whole, allow_unicode=True, sort_keys=False) if whole else ""


def merge(into: dict[str, Any], more: dict[str, Any]) -> None:
    for key, value in more.items():
        if isinstance(value, dict):
            merge(into.setdefault(key, {}), value)
        elif isinstance(value, list):
            there = into.setdefault(key, [])
            there += [one for one in value if one not in there]
        else:
            into[key] = value
