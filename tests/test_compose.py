"""The production form, read by the real compose program: pinned, closed, checked, and with no secret written down."""

import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import compose
import pytest
import yaml
from pydantic import SecretStr

from records.settings import Settings
from serving import TUNED, program

ROOT = Path(__file__).parents[1]
COMPOSE = Path(compose.__file__).with_name("docker-compose")
ONCE = {"prepare", "engine-schema", "engine-namespace"}
LIVE = {"portal", "worker", "engine", "postgres"}

pytestmark = pytest.mark.promise("L2")


def config(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Ask the program itself: the script beside it hides its exit code."""
    return subprocess.run(  # noqa: S603 -- a program of the environment
        [COMPOSE, "--file", ROOT / "docker-compose.yml", *words], env={"PATH": os.environ["PATH"], **environment},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def services() -> Mapping[str, Mapping[str, Any]]:
    done = config("--profile", "*", "config", "--format", "json", BASE_URL="https://reviews.example.org")
    assert done.returncode == 0, done.stderr
    found: Mapping[str, Mapping[str, Any]] = json.loads(done.stdout)["services"]
    return found


def test_it_is_valid_and_asks_for_its_address() -> None:
    assert config("config", "--quiet", BASE_URL="https://reviews.example.org").returncode == 0
    without = config("config", "--quiet")
    assert without.returncode != 0
    assert "Set BASE_URL to the address that people type" in without.stderr


def test_every_image_is_pinned_and_the_engine_is_the_one_that_the_tests_run(services: Mapping[str, Any]) -> None:
    images = {name: one["image"] for name, one in services.items()}
    assert all(re.fullmatch(r"[\w./-]+:\d+\.\d+(\.\d+)?", image) for image in images.values()), images
    said = subprocess.run([program("temporal"), "--version"], capture_output=True, text=True, check=True).stdout  # noqa: S603
    versions = re.search(r"Server ([\d.]+), UI ([\d.]+)", said)
    assert versions
    assert images["engine"] == f"temporalio/server:{versions[1]}"
    assert images["engine-schema"] == images["engine-namespace"] == f"temporalio/admin-tools:{versions[1]}"
    assert images["engine-page"] == f"temporalio/ui:{versions[2]}"


def test_what_is_published_is_published_to_this_machine_only(services: Mapping[str, Any]) -> None:
    ports = {name: one["ports"] for name, one in services.items() if one.get("ports")}
    assert ports.keys() == {"portal", "engine-page"}
    assert {port["host_ip"] for of_one in ports.values() for port in of_one} == {"127.0.0.1"}
    assert services["engine-page"]["profiles"] == ["engine-page"]
    assert all(list(services[name]["networks"]) == ["inside"] for name in ("engine", "postgres"))


@pytest.mark.promise("L8")
def test_metrics_are_shown_and_not_published(services: Mapping[str, Any]) -> None:
    for name in ("portal", "worker"):
        shown = {one for one in services[name]["environment"] if one.endswith("_METRICS")}
        assert shown == {"REVIEWS_PORTAL_METRICS", "REVIEWS_WORKER_METRICS", "REVIEWS_ENGINE_METRICS"}
    published = [port["target"] for one in services.values() for port in one.get("ports", ())]
    assert sorted(published) == [8080, 8080]


def test_whatever_goes_on_is_checked_and_whatever_ends_is_waited_for(services: Mapping[str, Any]) -> None:
    assert services.keys() == ONCE | LIVE | {"engine-page"}
    assert all("test" in services[name]["healthcheck"] for name in LIVE)
    waits = {
        (name, other, how["condition"])
        for name, one in services.items()
        for other, how in one.get("depends_on", {}).items()
    }
    for name in ("portal", "worker"):
        assert {(name, "prepare", "service_completed_successfully")} <= waits
        assert {(name, "engine-namespace", "service_completed_successfully")} <= waits
    assert ("engine", "engine-schema", "service_completed_successfully") in waits
    assert all(condition != "service_started" for _, _, condition in waits)


def test_every_service_runs_as_an_ordinary_user_and_writes_nothing_but_its_volumes(services: Mapping[str, Any]) -> None:
    for name, one in services.items():
        assert one["cap_drop"] == ["ALL"]
        assert one["security_opt"] == ["no-new-privileges:true"]
        if name != "engine-page":
            assert one["read_only"] is True
            assert one["user"].split(":")[0] not in {"", "0", "root"}
        assert "privileged" not in one


def test_no_password_is_written_down(services: Mapping[str, Any]) -> None:
    done = config("config", "--format", "json", BASE_URL="https://x")
    secrets = json.loads(done.stdout)["secrets"]
    assert all(Path(one["file"]).parent.name == "secrets" for one in secrets.values())
    assert "/secrets/" in (ROOT / ".gitignore").read_text()
    for one in services.values():
        for name, value in (one.get("environment") or {}).items():
            assert not re.search(r"passw|pwd|secret", name, re.IGNORECASE) or name.endswith("_FILE"), name
            assert not re.search(r"//[^/@:]+:[^@]+@", value or ""), name


def test_every_secret_setting_comes_from_a_file_for_worker_portal_and_preparation(services: Mapping[str, Any]) -> None:
    secret = {f"reviews_{name}" for name, one in Settings.model_fields.items() if one.annotation is SecretStr}
    assert {"reviews_slack_token", "reviews_notify_api_key", "reviews_smtp_password"} <= secret
    for name in ("portal", "worker", "prepare"):
        assert secret <= {one["source"] for one in services[name]["secrets"]}


def test_the_engine_is_tuned_as_the_embedded_one_is() -> None:
    written = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["configs"]["tuned"]["content"]
    tuned = {name: values[0]["value"] for name, values in yaml.safe_load(written).items()}
    embedded = {
        name: str(value).strip('"')
        for name, value in TUNED.items()
        if name != "system.forceSearchAttributesCacheRefreshOnRead"
    }
    assert {name: str(value) for name, value in tuned.items()} == embedded


def test_cookies_and_demonstration_are_those_of_production(services: Mapping[str, Any]) -> None:
    for name in ("portal", "worker", "prepare"):
        environment = services[name]["environment"]
        assert environment["REVIEWS_INSECURE_COOKIES"] == "false"
        assert "REVIEWS_DEMONSTRATION" not in environment
        assert (environment["REVIEWS_PRODUCTION"], environment["REVIEWS_SIGN_IN"]) == ("true", "second_factor")


def test_the_image_has_an_ordinary_user_and_a_pinned_base() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    assert {line.split()[1] for line in lines if line.startswith("FROM")} == {"python:3.11.14-slim-bookworm"}
    assert [line for line in lines if line.startswith("USER")] == ["USER 10001:10001"]
    assert any("--require-hashes" in line for line in lines)


def test_what_is_installed_holds_every_room(tmp_path: Path) -> None:
    """Pages, templates, policy and migrations travel with the code; the build context has all that is asked for."""
    subprocess.run(  # noqa: S603 -- our own build
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path],
        cwd=ROOT, check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        names = set(packed.namelist())
    needed = {
        "cli.py", "doctor.py", "worker.py", "serving.py", "terminal/cases.py", "policy/england.yaml",
        "portal/templates/board.html", "portal/static/govuk-frontend.min.css", "notifier/templates/owed/text.txt.jinja",
        "migrations/env.py",
    }  # fmt: skip
    assert needed <= names
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    tops = {name.split("/")[0] for name in names if not name.startswith("reviews-")}
    assert tops <= allowed


@pytest.mark.promise("K8")
def test_the_engines_page_asks_the_portal_to_read_and_sends_its_cookie(services: Mapping[str, Any]) -> None:
    page = services["engine-page"]["environment"]
    assert page["TEMPORAL_CODEC_ENDPOINT"] == "https://reviews.example.org/engine/codec"
    assert page["TEMPORAL_CODEC_INCLUDE_CREDENTIALS"] == "true"
    assert services["portal"]["environment"]["REVIEWS_ENGINE_PAGE"] == ""  # the portal reads to no page unasked


def test_the_example_for_services_elsewhere_is_valid_and_leaves_ours_alone(tmp_path: Path) -> None:
    written = re.search(r"```yaml\n(.*?)```", (ROOT / "docs" / "deploy.md").read_text(), re.DOTALL)
    assert written
    (tmp_path / "override.yaml").write_text(written[1])
    override = ("--file", str(tmp_path / "override.yaml"))
    done = config(*override, "--profile", "*", "config", "--format", "json", BASE_URL="https://reviews.example.org")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["services"]
    assert found.keys() == {"portal", "worker", "prepare"}
    settings = {
        name.removeprefix("REVIEWS_").lower()
        for name in yaml.safe_load(re.sub("!(override|reset)", "", written[1]))["x-elsewhere"]
    }
    assert settings <= Settings.model_fields.keys()
    assert found["worker"]["environment"]["REVIEWS_ENGINE_TLS"] == "true"
