import json
import logging
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError
from sqlalchemy import select

from models.tables import NoticeRow
from records.counting import counted
from records.logs import LIBRARIES
from records.metrics import COUNTS
from records.seeing import _plain, act, here
from records.settings import Settings
from tests.support.house import ROOT
from tests.support.lives import Lives
from tests.support.ports import free_port
from tests.support.recording import recording

pytestmark = pytest.mark.promise("L8")


async def test_the_record_is_counted_by_kind_rung_and_age(tmp_path: Path, database_url: str) -> None:
    async with recording(tmp_path, database_url=database_url) as made:
        database, settings = made.there.database, made.there.settings
        empty = await counted(database, settings, made.now)
        assert empty.keys() <= COUNTS.keys()
        assert empty["open_cases"] == empty["obligations_overdue"] == {}
        assert empty["notices_late_seconds"] == {"": 0}
        ref = await Lives(made).received()
        async with database.reading() as session:
            written = list(await session.scalars(select(NoticeRow).where(NoticeRow.case == ref)))
        later = made.now + timedelta(days=60)
        found = await counted(database, settings, later)
        assert found["open_cases"] == {"referral": 1}
        assert sum(found["obligations_overdue"].values()) >= 1
        assert found["notices_queued"] == {"": len(written)}
        assert found["notices_late_seconds"] == {"": timedelta(days=60).total_seconds()}
        assert found["database_bytes"][""] > 100_000
        assert set(found["self_check_findings"].values()) == {0}


def test_what_somebody_else_chooses_is_said_only_where_it_is_a_word_of_ours() -> None:
    said = {"kind": "Mary Smith", "method": "MARY", "case": "Mary Smith", "route": "/cases/{ref}"}
    assert _plain(said) == {"kind": "other", "method": "other", "route": "/cases/{ref}", "outcome": "done"}
    assert _plain({"kind": "triage", "case": "LR-2026-0004"})["case"] == "LR-2026-0004"


def test_nothing_is_measured_or_traced_unless_asked_for() -> None:
    with act("command", kind="triage") as said:
        assert here() is None
    assert said == {"kind": "triage"}


def test_of_what_a_library_logs_only_the_first_line_and_the_class_of_an_error_are_kept() -> None:
    error = ValueError("Mary Smith")
    record = logging.LogRecord(
        "library", logging.ERROR, "", 0, "It failed: %s.\nMary Smith", ("soon",), (ValueError, error, None)
    )
    line = json.loads(LIBRARIES.format(record))
    assert line.pop("time")
    assert line == {
        "event": "It failed: soon.", "error": "ValueError", "where": [], "level": "error", "logger": "library",
    }  # fmt: skip


@pytest.mark.parametrize("wrong", ["9101", "localhost:9101", "127.0.0.1:0", "127.0.0.1:70000", "127.0.0.1", ":9101"])
def test_an_address_for_metrics_is_an_address_and_a_port(wrong: str) -> None:
    with pytest.raises(ValidationError, match=r"such as 127\.0\.0\.1:9101"):
        Settings(portal_metrics=wrong)


@pytest.mark.parametrize("wrong", ["127.0.0.1:4318", "http://127.0.0.1:4318", "grpc://127.0.0.1:4317/v1/traces"])
def test_a_collector_is_named_with_its_whole_address(wrong: str) -> None:
    with pytest.raises(ValidationError, match="/v1/traces"):
        Settings(traces=wrong)


def alone(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    given = {"PATH": os.environ["PATH"], **environment}
    return subprocess.run(  # noqa: S603 -- our own process
        [sys.executable, *words], cwd=ROOT, env=given, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.proof
@pytest.mark.parametrize(("process", "setting"), [("portal", "PORTAL"), ("worker", "ENGINE")])
def test_a_process_whose_metrics_have_no_place_says_so_and_ends(tmp_path: Path, process: str, setting: str) -> None:
    port = f"127.0.0.1:{free_port()}"
    (tmp_path / "records.sqlite").touch()
    taken = {"REVIEWS_WORKER_METRICS": port, "REVIEWS_ENGINE_METRICS": port, "REVIEWS_PORTAL_METRICS": "192.0.2.1:9"}
    done = alone("-m", process, REVIEWS_DATA_DIR=str(tmp_path), **taken)
    assert done.returncode == 2
    assert f"Look at REVIEWS_{setting}_METRICS" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.proof
def test_nothing_of_it_is_loaded_unless_asked_for() -> None:
    heavy = "{'prometheus_client', 'opentelemetry.sdk', 'opentelemetry.exporter', 'temporalio.contrib.opentelemetry'}"
    code = f"import sys, worker, portal.__main__; print({heavy} & sys.modules.keys())"
    assert alone("-c", code).stdout == "set()\n"
