"""Child deaths of England: 3,500 a year for ten years, 1,200 reviews open at once, seven agencies asked in each.

Each page is asked for as a browser does, in process, to its last byte: the figures for the usual three years and for
all ten, for everybody and for those who may know, as page and as file; the panels, the board and the page of one death.
Beside each stand a bare query of the same lines in the same run, and the processor time of it, which other work on the
machine lengthens less; at the end how it grows from 350 over 3,500 to 35,000 reviews. `SIZES="350 3500"` asks for some
of these alone.
"""

import asyncio
import os
import time
from datetime import UTC, datetime
from typing import NamedTuple

from temporalio.client import Client

from benchmarks.deaths_drawn import YEARS
from benchmarks.deaths_made import COORDINATOR, PANEL, made
from benchmarks.pages import Statements, Visiting, bare, listening, visiting
from benchmarks.stage import Figures, installed
from models.death_bands import Counted
from models.rights import actor_of
from portal.app import create_app
from records.children import near
from records.opening import Installation
from records.questions import Questions
from records.trouble import settle

SIZES = (350, 3_500, 35_000)
WARM, TIMES = 5, 100
FIGURES, STATISTICS, BOARD = 300, 1000, 150
"""Milliseconds that these may take at most, in ninety-nine visits of a hundred."""
CONTACT = "p-005"
"""Who answers for one agency."""
COLUMNS = ", ".join(Counted._fields)
DEATHS = f"SELECT {COLUMNS} FROM counted_deaths WHERE counts"  # noqa: S608 -- our own names
THREE_YEARS = f"{DEATHS} AND (reviewed IS NULL OR reviewed >= date('now', '-3 years'))"
PANELS = "SELECT \"case\" FROM obligations WHERE block = 'panel' AND state IN ('open', 'paused', 'disputed')"
LINES = "SELECT * FROM board WHERE closed IS NULL"
CLOSED_LINES = "SELECT * FROM board WHERE closed IS NULL OR closed >= date('now', '-1 year')"
FACTS = 'SELECT * FROM facts WHERE "case" = (SELECT "case" FROM board WHERE closed IS NULL LIMIT 1)'


class Asked(NamedTuple):
    """A page, the bare query of its lines, who asks, and how many milliseconds it may take (0: no bound is set)."""

    name: str
    address: str
    bare: str
    bound: int
    person: str = COORDINATOR


def pages(this: int, death: str) -> list[Asked]:
    """`this`: the year of today. `death`: an open review."""
    ten = f"/deaths?begins=1&first={this - YEARS + 1}&last={this}"
    return [
        Asked("figures of three years", "/deaths", THREE_YEARS, FIGURES),
        Asked("the same for everybody", "/deaths?public=yes", THREE_YEARS, FIGURES),
        Asked("the same together, for everybody", "/deaths?together=yes&public=yes", THREE_YEARS, FIGURES),
        Asked("the same as csv", "/deaths?as=csv", THREE_YEARS, FIGURES),
        Asked("the same as xlsx", "/deaths?as=xlsx", THREE_YEARS, FIGURES),
        Asked("figures of ten years", ten, DEATHS, STATISTICS),
        Asked("the same for everybody", f"{ten}&public=yes", DEATHS, STATISTICS),
        Asked("ten years together", f"{ten}&together=yes", DEATHS, STATISTICS),
        Asked("the same for everybody", f"{ten}&together=yes&public=yes", DEATHS, STATISTICS),
        Asked("ten years as csv", f"{ten}&as=csv", DEATHS, STATISTICS),
        Asked("ten years as xlsx", f"{ten}&as=xlsx", DEATHS, STATISTICS),
        Asked("panels", "/deaths/panels", PANELS, FIGURES, PANEL),
        Asked("board of the coordinator", "/cases", LINES, BOARD),
        Asked("board of the panel's chair", "/cases", LINES, BOARD, PANEL),
        Asked("board of one agency's contact", "/cases", LINES, BOARD, CONTACT),
        Asked("board: overdue", "/cases?colour=red", LINES, BOARD),
        Asked("board with what was closed in a year", f"/cases?closed={this - 1}", CLOSED_LINES, FIGURES),
        Asked("a death's page, with who may be the same", f"/cases/{death}", FACTS, 0),
    ]


async def run() -> None:
    found: dict[int, list[tuple[str, float]]] = {}
    sizes = [int(size) for size in os.environ.get("SIZES", "").split()] or SIZES
    for size in sizes:
        # No workflow is started: nothing but the pages is to be at work.
        async with installed() as (there, client):
            began = time.perf_counter()
            await made(there, size, datetime.now(UTC))
            took = time.perf_counter() - began
            file = (there.settings.data_dir / "records.sqlite").stat().st_size / 1e6
            print(f"  {size} deaths: made in {took:.0f} s, {file:.0f} MB, load average {os.getloadavg()[0]:.1f}")
            found[size] = await measured(there, client)
    print("  growth of p50, in ms: " + ", ".join(f"at {one}" for one in sizes))
    for rows in zip(*found.values(), strict=True):
        print(f"    {rows[0][0]:42} " + ", ".join(f"{p50 * 1000:.1f}" for _, p50 in rows))


async def measured(there: Installation, client: Client) -> list[tuple[str, float]]:
    """The p50 of each page, by its name."""
    app, questions, found = create_app(there, client), Questions(there.recorder), list[tuple[str, float]]()
    settle()
    directory = await questions.directory()
    assert directory
    coordinator = actor_of(directory, COORDINATOR, datetime.now(UTC))
    death = (await questions.board(coordinator, datetime.now(UTC)))[-1].ref
    with listening(there) as heard:
        for asked in pages(datetime.now(UTC).year, death):
            visitor = await visiting(there, app, asked.person)
            found.append((asked.name, await _one(there, heard, visitor, asked)))
    found.append(("who may be the same as one who is notified", await _same(there, questions)))
    return found


async def _one(there: Installation, heard: Statements, visitor: Visiting, asked: Asked) -> float:
    took, busy, slowest = [], [], 0.0
    for number in range(WARM + (TIMES if asked.bound else TIMES // 5)):
        heard.forget()
        began, worked = time.perf_counter(), time.process_time()
        await visitor.whole(asked.address)
        if number >= WARM:
            took.append(time.perf_counter() - began)
            busy.append(time.process_time() - worked)
            slowest = max(slowest, heard.slowest)
    times, least = Figures(took), bare(there, asked.bare)
    more = f"; CPU {Figures(busy)}; slowest statement {slowest * 1000:.0f} ms"
    _say(asked.name, times, least, more, asked.bound)
    return times.p50


async def _same(there: Installation, questions: Questions) -> float:
    """Somebody notifies a death: its child beside all those among whom it may be. The bare minimum unseals them."""
    directory = await questions.directory()
    assert directory
    coordinator = actor_of(directory, COORDINATOR, datetime.now(UTC))
    child = {"name": "Quilwen Norsa Zarbane", "born": "2026-03-04", "nhs_number": "", "address": "4 Zarbane Road"}
    took, least = [], []
    for _ in range(TIMES):
        began = time.perf_counter()
        await questions.like([child], coordinator, datetime.now(UTC))
        took.append(time.perf_counter() - began)
    async with there.database.reading() as session:
        rows = await near(session, there.vault, [child])
    for _ in range(TIMES // 10):
        began = time.perf_counter()
        for row in rows:
            row.opened(there.vault)
        least.append(time.perf_counter() - began)
    times = Figures(took)
    _say("who may be the same as one who is notified", times, Figures(least), f"; {len(rows)} children unsealed", 0)
    return times.p50


def _say(name: str, times: Figures, least: Figures, more: str, bound: int) -> None:
    over = "" if not bound else f", bound {bound} ms{'  OVER' if times.p99 * 1000 > bound else ''}"
    print(
        f"    {name:42} {times}{over}; {times.p50 / least.p50:.1f} times the bare minimum ({least.p50 * 1000:.2f} ms)"
        f"{more}", flush=True,
    )  # fmt: skip


if __name__ == "__main__":
    asyncio.run(run())
