"""Pages over many recommendations: the tracker, its filters and exports, figures, themes and the board of cases.

Each is asked for as a browser does, in process, by somebody who sees everything and by somebody of one agency. Beside
it stand the processor time of it, which other work on the machine lengthens less, the bare query of the same lines, and
the slowest statement of the page.
"""

import asyncio
import os
import sqlite3
import statistics
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, NamedTuple

import httpx2
from sqlalchemy import event
from temporalio.client import Client

from benchmarks.recommendations import MANAGER
from benchmarks.stage import Figures, installed
from benchmarks.trackers import HOME, tracker
from door.taking_over import TakingOver
from models.time import day_of
from policy.reading import read_policy_file
from portal.app import create_app
from portal.visiting import SESSION
from records.accounts import Accounts
from records.opening import Installation
from records.trouble import settle

SIZES = (100, 1_000, 10_000)
WARM, TIMES = 5, 50
BOUND, STATEMENT = 100, 10
"""Milliseconds that a page, and each statement of it, may take."""
WIDE, NARROW = "p-018", "p-011"
"""Who is over all of it, and who is the contact of one agency."""

LINES = "SELECT * FROM recommendations WHERE standing IN ('made', 'rejected', 'pursued')"
ONE_PAGE = f"{LINES} ORDER BY due LIMIT 50"
EVERY = f"{LINES} ORDER BY due"
COUNTED = "SELECT agency, count(*), sum(overdue_from < datetime('now')) FROM recommendations GROUP BY agency"
THEMES = "SELECT themes, year, standing, closed FROM recommendations"
CASES = 'SELECT ref, kind, opened, closed, min(due), count(*) FROM cases JOIN obligations ON "case" = ref GROUP BY ref'


class Asked(NamedTuple):
    """A page, who asks for it, and the bare query of the lines that it shows."""

    name: str
    address: str
    bare: str
    person: str = WIDE


TRACKER = "/recommendations"
PAGES = (
    Asked("tracker", TRACKER, ONE_PAGE),
    Asked("tracker, last page", f"{TRACKER}?page={{last}}", ONE_PAGE),
    Asked("tracker of one agency's contact", TRACKER, ONE_PAGE, NARROW),
    Asked("filter: agency", f"{TRACKER}?agency=harrowshire-police", ONE_PAGE),
    Asked("filter: owner", f"{TRACKER}?owner=p-011", ONE_PAGE),
    Asked("filter: theme", f"{TRACKER}?theme=neglect", ONE_PAGE),
    Asked("filter: delivery red", f"{TRACKER}?delivery=red", ONE_PAGE),
    Asked("filter: impact grey", f"{TRACKER}?impact=grey", ONE_PAGE),
    Asked("filter: source and year", f"{TRACKER}?source=review&year=2018", ONE_PAGE),
    Asked("filter: overdue, the longest first", f"{TRACKER}?overdue=yes&sort=overdue", ONE_PAGE),
    Asked("order: delivery, the worst first", f"{TRACKER}?sort=delivery", ONE_PAGE),
    Asked("order: last word", f"{TRACKER}?sort=said", ONE_PAGE),
    Asked("export as csv, first byte", f"{TRACKER}?as=csv", EVERY),
    Asked("figures", f"{TRACKER}/figures", COUNTED),
    Asked("themes", f"{TRACKER}/themes", THEMES),
    Asked("one theme", f"{TRACKER}/themes?theme=neglect", THEMES),
    Asked("board", "/cases", CASES),
    Asked("board of one agency's contact", "/cases", CASES, NARROW),
    Asked("board: overdue", "/cases?colour=red", CASES),
    Asked("board: owed by me", "/cases?mine=yes", CASES),
)


class Statements:
    """The slowest statement of a page, in seconds, with the fetching of its rows.

    What begins a transaction is passed over: it waits for whoever writes.
    """

    def __init__(self) -> None:
        self._began, self.slowest, self.text = 0.0, 0.0, ""

    def before(self, *_: object) -> None:
        self._began = time.perf_counter()

    def after(self, _connection: object, _cursor: object, statement: str, *_: object) -> None:
        took = time.perf_counter() - self._began
        if took > self.slowest and not statement.startswith("BEGIN"):
            self.slowest, self.text = took, statement

    def forget(self) -> None:
        self.slowest, self.text = 0.0, ""


@contextmanager
def listening(there: Installation) -> Iterator[Statements]:
    """Every statement of this installation is timed."""
    heard, engines = Statements(), [engine.sync_engine for engine in there.database.engines]
    for engine in engines:
        event.listen(engine, "before_cursor_execute", heard.before)
        event.listen(engine, "after_cursor_execute", heard.after)
    yield heard
    for engine in engines:
        event.remove(engine, "before_cursor_execute", heard.before)
        event.remove(engine, "after_cursor_execute", heard.after)


def bare(there: Installation, query: str) -> Figures:
    """The same lines without a page: what the database takes to give them at all."""
    found = []
    with closing(sqlite3.connect(there.settings.data_dir / "records.sqlite")) as one:
        for _ in range(TIMES):
            began = time.perf_counter()
            one.execute(query).fetchall()
            found.append(time.perf_counter() - began)
    return Figures(found)


class Visiting:
    """Somebody's browser, in the same process as the portal."""

    def __init__(self, app: Any, token: str) -> None:  # noqa: ANN401 -- an ASGI application
        self._app, self._cookie = app, f"{SESSION}={token}"

    async def first_byte(self, address: str) -> float:
        """Seconds until the answer begins; a page is sent as a whole, and an export while it is made."""
        began, path = time.perf_counter(), httpx2.URL(f"http://reviews.test{address}")
        found: list[float] = []
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
            "path": path.path, "raw_path": path.raw_path, "query_string": path.query, "root_path": "",
            "headers": [(b"host", b"reviews.test"), (b"cookie", self._cookie.encode())],
            "client": ("127.0.0.1", 1), "server": ("reviews.test", 80), "state": {},
        }  # fmt: skip

        begun = asyncio.Event()
        asked = iter([{"type": "http.request", "body": b"", "more_body": False}])

        async def receive() -> dict[str, Any]:
            for one in asked:
                return one
            await begun.wait()  # whoever has the first byte of an export hangs up: the rest is not measured
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                assert message["status"] == HTTPStatus.OK, message["status"]
            elif message.get("body") and not found:
                found.append(time.perf_counter() - began)
                begun.set()

        await self._app(scope, receive, send)
        return found[0]

    async def whole(self, address: str) -> bytes:
        """The answer to its last byte."""
        transport = httpx2.ASGITransport(app=self._app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://reviews.test") as browser:
            answer = await browser.get(address, headers={"cookie": self._cookie})
        assert answer.status_code == HTTPStatus.OK, answer.status_code
        return answer.content


async def visiting(there: Installation, app: Any, person: str) -> Visiting:  # noqa: ANN401 -- an ASGI application
    async with there.database.writing() as session:
        accounts = Accounts(there.database, there.vault, there.auditor)
        return Visiting(app, await accounts.begin(session, person, datetime.now(UTC)))


async def measured(there: Installation, client: Client, size: int) -> dict[str, float]:
    """What each page takes at this size: the p50 by its name."""
    app, found = create_app(there, client), {}
    settle()
    with listening(there) as heard:
        for asked in PAGES:
            visitor = await visiting(there, app, asked.person)
            address = asked.address.format(last=size // 50)
            for _ in range(WARM):
                await visitor.first_byte(address)
            took, busy, statements = [], [], []
            for _ in range(TIMES):
                heard.forget()
                before = time.process_time()
                took.append(await visitor.first_byte(address))
                busy.append(time.process_time() - before)
                statements.append((heard.slowest * 1000, heard.text))
            times, least, (slowest, text) = Figures(took), bare(there, asked.bare), sorted(statements)[TIMES // 2]
            over = times.p99 * 1000 > BOUND or slowest > STATEMENT
            print(
                f"    {asked.name:36} {times}; CPU {Figures(busy)}; slowest statement p50 {slowest:.1f}, at most "
                f"{max(statements)[0]:.1f} ms, "
                f"{times.p50 / least.p50:.0f} times the bare query ({least.p50 * 1000:.2f} ms)"
                f"{'  OVER' if over else ''}",
                flush=True,
            )
            if slowest > STATEMENT:
                print(f"      {' '.join(text.split())[:400]}")
            found[asked.name] = times.p50
    return found


async def run() -> None:
    found: dict[int, dict[str, float]] = {}
    now = datetime.now(UTC)
    targets = [day_of(now) + timedelta(days=days) for days in (-400, -60, 5, 40, 200, 900, 1500)]
    themes = list(read_policy_file(HOME / "policy" / "england.yaml").themes)[:7]
    sizes = [int(size) for size in os.environ.get("SIZES", "").split()] or SIZES
    for size in sizes:
        async with installed() as (there, client):
            # No workflow is started: nothing but the pages is to be at work.
            done = await TakingOver(there.recorder, None).take(MANAGER, tracker(size, targets, themes), now)
            print(f"  {size} over {len(done.cases)} cases, load average {os.getloadavg()[0]:.1f}")
            found[size] = await measured(there, client, size)
    print("  growth of p50: " + ", ".join(f"from {one}" for one in sizes))
    for name in found[sizes[0]]:
        print(f"    {name:36} " + ", ".join(f"{found[size][name] * 1000:.1f} ms" for size in sizes))
    median = {size: statistics.median(found[size].values()) * 1000 for size in sizes}
    print(f"    {'the page in the middle':36} " + ", ".join(f"{median[size]:.1f} ms" for size in sizes))
