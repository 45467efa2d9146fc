"""What every test shares: the example counts of property tests, and the word about a missing browser."""

import os
import shutil

import pytest
from hypothesis import settings

settings.register_profile("quick", derandomize=True, max_examples=30, deadline=None, database=None)
settings.register_profile("proof", max_examples=5_000, deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def pytest_runtest_setup(item: pytest.Item) -> None:
    if CHROMIUM is None and item.get_closest_marker("browser"):
        missing = "Chromium is not installed, so this was not tried in a browser"
        if os.environ.get("REQUIRE_BROWSER"):
            pytest.fail(missing)
        pytest.skip(missing)
