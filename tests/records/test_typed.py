"""A command that a person is told to give can be typed from where the service was started."""

import sys
from pathlib import Path

import pytest

from records.typed import typed


@pytest.fixture
def ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation in a folder whose name has a space, as `make` would lay it."""
    script = tmp_path / "case reviews" / ".venv" / "bin" / "reviews"
    script.parent.mkdir(parents=True)
    script.touch(0o755)
    monkeypatch.setattr(sys, "executable", str(script.with_name("python")))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.chdir(tmp_path)
    return script


@pytest.mark.promise("L9")
def test_a_command_is_named_from_the_folder_in_which_one_is(ours: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert typed("doctor") == "'case reviews/.venv/bin/reviews' doctor"
    monkeypatch.chdir(ours.parents[2])
    assert typed("doctor") == ".venv/bin/reviews doctor"
    monkeypatch.chdir(ours.parent)
    assert typed("doctor") == "./reviews doctor"
    monkeypatch.chdir("/")
    assert typed() == f"'{str(ours)[1:]}'"


@pytest.mark.promise("L9")
def test_the_short_name_is_given_only_where_it_leads_to_this_installation(
    ours: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other" / "reviews"
    other.parent.mkdir()
    other.touch(0o755)
    monkeypatch.setenv("PATH", str(other.parent))
    assert typed("doctor") != "reviews doctor"
    monkeypatch.setenv("PATH", f"{ours.parent}:{other.parent}")
    assert typed("doctor") == "reviews doctor"
