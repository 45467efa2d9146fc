"""What every test shares: example counts of property tests, their order, and the word about a missing browser."""

import os
import shutil
from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher
from hypothesis import settings

from records import accounts
from records.trouble import settle
from tests.support.databases import database_url, empty_database, postgres

__all__ = ["database_url", "empty_database", "postgres"]

settings.register_profile("quick", derandomize=True, max_examples=30, deadline=None, database=None)
settings.register_profile("proof", max_examples=5_000, deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

LONGEST = (
    "test_serving.py", "test_canary.py", "test_cli.py", "test_decisions.py", "test_exactly_once.py",
    "test_kills.py", "test_by_browser.py", "test_templates.py", "test_recommendation_by_browser.py", "test_next.py",
    "test_rules_change.py", "test_late_and_corrected.py", "test_panel.py",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files come first: begun last, one of them would keep one worker busy while the others are done."""
    items.sort(key=lambda item: item.path.name not in LONGEST)


def pytest_collection_finish(session: pytest.Session) -> None:
    """As in every process of ours: what is loaded by now stays, and is not looked through at every turn."""
    settle()


def pytest_runtest_setup(item: pytest.Item) -> None:
    if CHROMIUM is None and item.get_closest_marker("browser"):
        missing = "Chromium is not installed, so this was not tried in a browser"
        if os.environ.get("REQUIRE_BROWSER"):
            pytest.fail(missing)
        pytest.skip(missing)


@pytest.fixture(scope="session", autouse=True)
def strong() -> Iterator[tuple[PasswordHasher, str]]:
    """Within this process passwords are hashed at little cost. Gives what hashes them everywhere else."""
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        real = accounts._hasher, accounts._NOBODY
        patch.setattr(accounts, "_hasher", cheap)
        patch.setattr(accounts, "_NOBODY", cheap.hash("a room for the same work as anybody"))
        yield real
