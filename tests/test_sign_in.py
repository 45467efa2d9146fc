"""The production form does not start with a sign-in that is too weak; programs of the terminal sign in as people do."""

import importlib
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyotp
import pytest

from doctor import examine
from records.accounts import Accounts
from records.production import refusal
from records.settings import Settings
from records.trouble import start
from tests.support.house import furnished
from tests.support.provider import settings_for
from tests.support.running import MANAGER, PASSWORD, reviews

pytestmark = pytest.mark.promise("K1")
PRODUCTION = {"production": True, "insecure_cookies": False, "sign_in": "second_factor"}
PROVIDER = settings_for("https://login.example.org")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"sign_in": "password"}, "REVIEWS_SIGN_IN"),
        ({"insecure_cookies": True}, "REVIEWS_INSECURE_COOKIES"),
        ({"demonstration": True}, "REVIEWS_DEMONSTRATION"),
        ({**PROVIDER, "oidc_issuer": ""}, "REVIEWS_OIDC_ISSUER"),
        ({**PROVIDER, "oidc_client_id": ""}, "REVIEWS_OIDC_CLIENT_ID"),
        ({**PROVIDER, "oidc_client_secret": ""}, "REVIEWS_OIDC_CLIENT_SECRET"),
        ({**PROVIDER, "oidc_issuer": "http://login.example.org"}, "https://"),
    ],
)
async def test_production_refuses_to_start_and_the_doctor_says_the_same(
    tmp_path: Path, wrong: dict[str, Any], words: str
) -> None:
    settings = Settings(data_dir=tmp_path, **{**PRODUCTION, **wrong})
    assert words in refusal(settings)
    assert any(one.grave and words in one.what + one.do for one in await examine(settings))


@pytest.mark.parametrize("good", [PRODUCTION, {**PRODUCTION, **PROVIDER}, {}], ids=["codes", "provider", "one machine"])
def test_what_is_strong_enough_starts_and_one_machine_is_free(tmp_path: Path, good: dict[str, Any]) -> None:
    assert refusal(Settings(data_dir=tmp_path, **good)) == ""


@pytest.mark.parametrize("process", ["portal.__main__", "worker"])
def test_portal_and_worker_end_with_words_on_how_to_mend_it(
    process: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REVIEWS_PRODUCTION", "true")
    monkeypatch.setenv("REVIEWS_DATA_DIR", str(tmp_path))
    module = importlib.import_module(process)
    assert module.start is start, "both begin by the same check"
    with pytest.raises(SystemExit) as ended:
        start(module.run if hasattr(module, "run") else module.main)
    assert ended.value.code == 2
    assert "Set REVIEWS_SIGN_IN to second_factor" in capsys.readouterr().err


async def test_the_terminal_asks_for_the_code_and_signs_others_out(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    there = await furnished(tmp_path / "data", now, sign_in="second_factor")
    accounts = Accounts(there.database, there.vault, there.auditor, there.settings.sign_in)
    await accounts.set_password(await accounts.only_link("invitation", "p-018", now), PASSWORD, now)
    half = await accounts.halfway("p-018", now)
    secret = accounts.offered(half)

    def ask(code: str = "") -> subprocess.CompletedProcess[str]:
        given = {"REVIEWS_SIGN_IN": "second_factor", "REVIEWS_PASSWORD": PASSWORD, "REVIEWS_CODE": code}
        words = ("directory", "sign-out", "p-005", "--data-dir", tmp_path / "data", "--as", MANAGER)
        return reviews(*words, **given)

    fresh = ask()
    assert fresh.returncode == 3
    assert "Sign in on the page first" in fresh.stderr
    await accounts.set_up(half, pyotp.TOTP(secret).at(now), now)
    async with there.database.writing() as session:
        lost = await accounts.begin(session, "p-005", now)
    assert ask("000000").returncode == 3
    done = ask(pyotp.TOTP(secret).at(int(time.time()) + 30))
    assert (done.returncode, done.stdout.strip()) == (0, "p-005 is signed out everywhere."), done.stderr
    async with there.database.reading() as session:
        assert await accounts.session(session, lost, now) is None
    await there.close()


async def test_with_an_identity_provider_the_terminal_takes_an_access_token_and_no_password(tmp_path: Path) -> None:
    now, folder = datetime.now(UTC), tmp_path / "data"
    there = await furnished(folder, now, **PROVIDER)
    accounts = Accounts(there.database, there.vault, there.auditor, there.settings.sign_in)
    access = await accounts.only_link("access_token", "p-018", now)
    async with there.database.writing() as session:
        await accounts.begin(session, "p-005", now)
    words = ("directory", "sign-out", "p-005", "--data-dir", str(folder), "--as")
    given = {f"REVIEWS_{name.upper()}": str(value) for name, value in PROVIDER.items()}
    by_password = reviews(*words, MANAGER, **given, REVIEWS_PASSWORD=PASSWORD)
    assert (by_password.returncode, "access token" in by_password.stderr) == (3, True)
    given["REVIEWS_ACCESS_TOKEN"] = access
    assert reviews(*words, MANAGER, **given).returncode == 0
    other = reviews(*words, "esmeralda.dummett@police.example.org", **given)
    assert (other.returncode, "not of the address" in other.stderr) == (3, True)
    await there.close()


async def test_with_an_identity_provider_the_first_directory_is_put_in_by_whoever_holds_the_folder(
    tmp_path: Path,
) -> None:
    folder, mine = tmp_path / "data", tmp_path / "directory.yaml"
    there = await furnished(folder, datetime.now(UTC), **PROVIDER)
    await there.close()
    example = Path(__file__).parents[1] / "policy" / "directory.example.yaml"
    mine.write_text(example.read_text().replace("@partnership.example.org", "@partnership.gov.uk"))
    given = {f"REVIEWS_{name.upper()}": str(value) for name, value in PROVIDER.items()}
    moved = [one for number in range(1, 60) for one in ("--new-address", f"p-{number:03}")]
    words = ("directory", "import", str(mine), "--data-dir", str(folder), "--as", MANAGER, "--yes", *moved)
    first = reviews(*words, **given)
    assert first.returncode == 0, first.stderr
    assert reviews(*words, **given).returncode == 3, "then it is somebody's, and takes a sign-in"
