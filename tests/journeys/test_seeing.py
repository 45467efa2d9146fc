"""A portal and a worker whose metrics, traces and logs are read from outside, while people do what they do."""

import asyncio
import json
import os
import re
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner

from records import metrics
from records.accounts import Accounts
from records.codec import converter
from records.policies import put_in_force
from records.traces import LEAVES, Tracing
from tests.support import canary
from tests.support.canary import found_in
from tests.support.chat import sleepless
from tests.support.collector import Collector, Span, collector
from tests.support.house import ROOT
from tests.support.lives import MANAGER, Lives
from tests.support.mailbox import mailbox
from tests.support.ports import free_port
from tests.support.real import SOON, Real, real
from worker import WORKFLOWS

PASSWORD = "three words apart"
DASHBOARD, GUIDE = ROOT / "docs" / "grafana" / "reviews.json", ROOT / "docs" / "monitoring.md"
OURS = re.compile(r"\b(?:reviews|temporal|process)_[a-z_]+\b")
LATER = re.compile(r"_(?:bucket|count|sum)$")
pytestmark = [pytest.mark.proof, pytest.mark.promise("L8"), pytest.mark.timeout(180)]


class Seen(NamedTuple):
    """What could be seen from outside of one journey."""

    metrics: Mapping[str, str]
    """What was scraped, by process."""
    spans: list[Span]
    bodies: list[bytes]
    logs: Mapping[str, list[str]]
    histories: list[WorkflowHistory]
    converter: Any
    ref: str

    def value(self, process: str, name: str, **labels: str) -> float | None:
        """The number of one line of what was scraped; none where it is not there."""
        for family in text_string_to_metric_families(self.metrics[process]):
            for sample in family.samples:
                if sample.name == name and labels.items() <= sample.labels.items():
                    return sample.value
        return None

    def names(self) -> set[str]:
        """Every name that is shown, and every kind of metric of ours that would be."""
        families = [one for text in self.metrics.values() for one in text_string_to_metric_families(text)]
        return {one.name for one in families} | {sample.name for one in families for sample in one.samples}

    def span(self, **said: str) -> Span:
        """The first span that says this of itself."""
        return next(one for one in self.spans if said.items() <= one.said.items())


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    return asyncio.run(journey(tmp_path_factory.mktemp("seeing")))


async def journey(folder: Path) -> Seen:
    """Refer and triage by the portal's own process, with the canary in every private field and in every address."""
    ports = {name: f"127.0.0.1:{free_port()}" for name in ("portal_metrics", "worker_metrics", "engine_metrics")}
    with collector(free_port()) as traces:
        async with (
            mailbox(folder, encrypted=False) as letters,
            real(
                folder / "data", worker=False, port=free_port(), traces=traces.endpoint, smtp_host="localhost",
                smtp_port=letters.port, smtp_starttls=False, **ports,
            ) as made,
        ):  # fmt: skip
            async with made.there.database.writing() as session:
                await put_in_force(session, sleepless(), made.now)
            os.environ["OTEL_BSP_SCHEDULE_DELAY"] = "200"
            await made.start_worker()
            del os.environ["OTEL_BSP_SCHEDULE_DELAY"]
            async with portal(made) as browser:
                ref = await live(made, browser)
                await until(lambda: bool(letters.got), "no message arrived")
                await until(lambda: any(one.links for one in traces.spans), "no message was traced to its cause")
                scraped = await scrape_all(made, ports)
            await until(lambda: settled(traces, ref), "the traces did not come")
            histories = [await made.client.get_workflow_handle(ref).fetch_history()]
            logs = {name: (made.folder / f"{name}.log").read_text().splitlines() for name in ("portal", "worker")}
            return Seen(scraped, traces.spans, traces.bodies, logs, histories, converter(made.there.keys), ref)


@asynccontextmanager
async def portal(made: Real) -> AsyncIterator[httpx2.AsyncClient]:
    """The portal as a process of its own."""
    given = made.there.settings
    mine = {name: getattr(given, name) for name in ("data_dir", "engine", "port", "portal_metrics", "traces")}
    environment = {"PATH": os.environ["PATH"], **{f"REVIEWS_{name.upper()}": str(one) for name, one in mine.items()}}
    with (made.folder / "portal.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "portal",
            cwd=ROOT,
            stdout=log,
            stderr=log,
            env=environment,
        )
    try:
        async with httpx2.AsyncClient(base_url=given.address, timeout=SOON) as browser:
            await until(lambda: answers(browser), "the portal does not answer")
            yield browser
    finally:
        await end(process)


async def end(process: Process) -> None:
    process.terminate()
    await process.wait()


async def answers(browser: httpx2.AsyncClient) -> bool:
    try:
        return (await browser.get("/health/ready")).status_code == 200
    except httpx2.TransportError:
        return False


async def live(made: Real, browser: httpx2.AsyncClient) -> str:
    """What people do, and what nobody should do. Returns the reference of the referral."""
    accounts, lives = Accounts(made.there.database, made.there.vault, made.there.auditor), Lives(made, canary.words)
    async with made.there.database.writing() as session:
        token = await accounts.link(session, "invitation", MANAGER, None)
    await accounts.set_password(token, PASSWORD, made.now)
    email = "rosamund.testwick@partnership.example.org"
    given = await browser.post("/api/v1/session", json={"email": email, "password": PASSWORD})
    signed_in = {"Authorization": f"Bearer {given.json()['token']}", "User-Agent": canary.MARK}
    sent = lives.referring(**canary.REFERRAL)
    done = await browser.post("/api/v1/referrals", json=sent, headers=signed_in)
    assert done.status_code == 200, done.text
    ref = str(done.json()["case"])
    named = quote(canary.NAME)
    for path in (f"/cases/{named}", f"/{named}", f"/cases?words={named}", f"/api/v1/cases/{named}"):
        await browser.get(path, headers=signed_in)
    for path in (f"/cases/{ref}/{canary.MARK}", f"/cases/{named}/triage", f"/cases/{ref}/triage"):
        refused = await browser.post(f"/api/v1{path}", json={"route": canary.NAME}, headers=signed_in)
        assert refused.status_code in {404, 422}
    async with made.there.database.writing() as session:
        await session.execute(text("CREATE TRIGGER no BEFORE INSERT ON facts BEGIN SELECT RAISE(ABORT, 'no'); END"))
    triaging = asyncio.create_task(
        browser.post(f"/api/v1/cases/{ref}/triage", json=lives.triaging(), headers=signed_in)
    )
    log = made.folder / "worker.log"
    await until(lambda: "not written" in log.read_text(), "the worker did not fail")
    async with made.there.database.writing() as session:
        await session.execute(text("DROP TRIGGER no"))
    assert (await triaging).status_code == 200, (await triaging).text
    return ref


def settled(traces: Collector, ref: str) -> bool:
    """Whether both commands have come from their request to their write."""
    kinds = {
        one.said.get("kind") for one in traces.spans if one.said.get("case") == ref and one.process != "reviews-portal"
    }
    asked = {one.said.get("kind") for one in traces.spans if one.name.startswith("command")}
    return {"submit_referral", "triage"} <= kinds & asked


async def scrape_all(made: Real, ports: Mapping[str, str]) -> dict[str, str]:
    """What each process shows, once the worker has counted what was done."""
    async with httpx2.AsyncClient() as scraper:

        async def shown(name: str) -> str:
            return (await scraper.get(f"http://{ports[f'{name}_metrics']}/metrics")).text

        async def has_counted() -> bool:
            return 'reviews_open_cases{kind="rapid_review"} 1.0' in await shown("worker")

        await until(has_counted, "the worker does not count")
        return {name: await shown(name) for name in ("portal", "worker", "engine")}


async def until(true: Callable[[], bool | Awaitable[bool]], words: str) -> None:
    for _ in range(int(SOON / 0.1)):
        found = true()
        if found if isinstance(found, bool) else await found:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(words)


# Metrics


def test_requests_are_counted_by_the_pattern_of_their_address(seen: Seen) -> None:
    name = "reviews_request_seconds_count"
    assert seen.value("portal", name, method="POST", route="/api/v1/referrals", status="200") == 1
    assert seen.value("portal", name, method="GET", route="none", status="404") == 1
    routes = set(re.findall(r'route="([^"]*)"', seen.metrics["portal"]))
    assert all(re.fullmatch(r"none|[a-z0-9/_.{}:-]+", one) for one in routes), routes
    assert not any("/health/" in one for one in routes)


def test_commands_are_counted_by_what_came_of_them(seen: Seen) -> None:
    name = "reviews_command_seconds_count"
    assert seen.value("portal", name, kind="submit_referral", outcome="done") == 1
    assert seen.value("portal", name, kind="triage", outcome="done") == 1
    assert seen.value("portal", name, kind="triage", outcome="Invalid") == 1
    assert seen.value("portal", name, kind="triage", outcome="NotThere") == 1


def test_writes_and_messages_are_counted_by_what_came_of_them(seen: Seen) -> None:
    assert seen.value("worker", "reviews_write_seconds_count", kind="triage", outcome="done") == 1
    assert (seen.value("worker", "reviews_write_seconds_count", kind="triage", outcome="IntegrityError") or 0) >= 1
    assert (seen.value("worker", "reviews_message_seconds_count", channel="mail", outcome="sent") or 0) >= 1


def test_the_worker_counts_what_stands_in_the_record(seen: Seen) -> None:
    shown = {f"reviews_{name}" for name in metrics.COUNTS}
    later = {"reviews_obligations_overdue", "reviews_self_check_timestamp_seconds"}
    assert shown <= seen.names() | later, "nothing is overdue yet, so no rung is shown, and nothing was checked"
    assert seen.value("worker", "reviews_open_cases", kind="referral") == 1
    assert seen.value("worker", "reviews_messages_astray") == 0
    assert (seen.value("worker", "reviews_disk_free_bytes") or 0) > 0
    assert (seen.value("worker", "reviews_database_bytes") or 0) > 0


def test_the_library_of_the_engine_shows_its_metrics(seen: Seen) -> None:
    assert (seen.value("engine", "temporal_request_latency_seconds_count") or 0) > 0


# Traces


def ancestors(span: Span, spans: list[Span]) -> Iterator[Span]:
    by_id = {one.id: one for one in spans}
    while span.parent in by_id:
        span = by_id[span.parent]
        yield span


@pytest.mark.parametrize(
    ("kind", "route"), [("submit_referral", "/api/v1/referrals"), ("triage", "/api/v1/cases/{ref}/triage")]
)
def test_one_trace_goes_from_the_request_through_the_workflow_to_the_write(seen: Seen, kind: str, route: str) -> None:
    write = next(one for one in seen.spans if one.name == f"write {kind}" and one.said["outcome"] == "done")
    above = [one.name for one in ancestors(write, seen.spans)]
    (run, start, update, *asked) = above
    assert (run, start) == ("RunActivity:write", "StartActivity:write")
    assert update in {"StartWorkflowUpdate:act", "StartUpdateWithStartWorkflow:referral"}
    assert asked == [f"command {kind}", f"request POST {route}"]
    assert write.said["case"] == seen.ref


def test_the_trace_of_a_message_leads_to_the_write_that_caused_it(seen: Seen) -> None:
    writes = {one.id for one in seen.spans if one.name.startswith("write")}
    messages = [one for one in seen.spans if one.name == "message mail"]
    caused = [one for one in messages if one.links]  # what the house says by itself has no cause in a trace
    assert {link for one in caused for link in one.links} <= writes
    assert {one.said["outcome"] for one in caused} == {"sent"}


def test_a_span_says_nothing_but_what_is_on_the_list(seen: Seen) -> None:
    assert {name for one in seen.spans for name in one.said} <= LEAVES
    assert {one.process for one in seen.spans} == {"reviews-portal", "reviews-worker"}
    assert not any(re.search(rb"\bp-\d{3}\b", body) for body in seen.bodies), "an id of a person"


async def test_a_history_that_carries_traces_replays_with_and_without_them(seen: Seen) -> None:
    for interceptors in ([], [Tracing()]):
        replayer = Replayer(
            workflows=WORKFLOWS, workflow_runner=UnsandboxedWorkflowRunner(), data_converter=seen.converter,
            interceptors=interceptors,
        )  # fmt: skip
        for history in seen.histories:
            assert (await replayer.replay_workflow(history)).replay_failure is None


# Logs


def test_each_line_of_a_log_is_json_with_its_event_level_and_time(seen: Seen) -> None:
    lines = {name: [json.loads(one) for one in logged] for name, logged in seen.logs.items()}
    assert all({"event", "level", "time"} <= one.keys() for logged in lines.values() for one in logged)
    (working,) = [one for one in lines["worker"] if one["event"] == "working"]
    assert working["level"] == "info"


def test_a_line_of_a_log_names_the_trace_to_which_it_belongs(seen: Seen) -> None:
    failed = [json.loads(one) for one in seen.logs["worker"] if "not written" in one]
    assert {one["trace"] for one in failed if "trace" in one} == {seen.span(kind="triage", outcome="done").trace}


# Nobody's name


@pytest.mark.promise("K11")
def test_no_metric_trace_or_log_holds_a_word_about_a_child_or_a_name(seen: Seen) -> None:
    assert found_in("\n".join(seen.metrics.values())) == set()
    assert set().union(*(found_in(one) for one in seen.bodies)) == set()
    assert found_in("\n".join(one for logged in seen.logs.values() for one in logged)) == set()
    labels = "\n".join(seen.metrics[one] for one in ("portal", "worker"))
    assert not re.search(r"\bp-\d{3}\b|testwick|[A-Z]{2}-20\d\d-\d{4}", labels), "a person or a case is no label"


# What is written about it


def named_in(path: Path) -> set[str]:
    return {LATER.sub("", one) for one in OURS.findall(path.read_text())}


def test_each_metric_of_the_dashboard_and_of_the_guide_is_shown(seen: Seen) -> None:
    shown = seen.names() | {f"reviews_{name}" for name in metrics.COUNTS}
    for path in (DASHBOARD, GUIDE):
        assert named_in(path), path
        assert named_in(path) - {LATER.sub("", one) for one in shown} == set(), path


def test_the_dashboard_is_one_that_grafana_can_read() -> None:
    panels = json.loads(DASHBOARD.read_text())["panels"]
    assert len({one["id"] for one in panels}) == len(panels) >= 10
    assert all(one["title"] and one["description"] for one in panels)
    assert all(OURS.search(target["expr"]) for one in panels for target in one["targets"])


def test_each_metric_of_ours_is_explained() -> None:
    ours = {f"reviews_{name}_seconds" for name in metrics.ACTS} | {f"reviews_{name}" for name in metrics.COUNTS}
    assert ours <= named_in(GUIDE)
