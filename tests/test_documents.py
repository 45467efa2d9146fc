"""The documents say what is there: links lead somewhere, and every command is described as it is."""

import re
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from cli import app

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
LINK = re.compile(r"\]\(([^)#\s]+)(#[^)]*)?\)")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_to_a_file(document: Path) -> None:
    targets = [found[1] for found in LINK.finditer(document.read_text())]
    local = [target for target in targets if not re.match(r"https?:", target)]
    assert [target for target in local if not (document.parent / target).exists()] == []


def commands(group: typer.Typer, before: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    found = set()
    for one in group.registered_commands:
        assert one.callback
        found.add((*before, one.name or one.callback.__name__))
    for inner in group.registered_groups:
        assert inner.typer_instance
        assert inner.name
        found |= commands(inner.typer_instance, (*before, inner.name))
    return found


def test_every_command_is_described_with_an_example_and_no_other() -> None:
    text = (ROOT / "docs" / "cli.md").read_text()
    examples = [line.split()[1:] for line in text.splitlines() if line.startswith("reviews ")]
    there = commands(app)
    described = {words for line in examples for words in there if tuple(line[: len(words)]) == words}
    assert there - described == set()
    assert [line for line in examples if not any(tuple(line[: len(words)]) == words for words in there)] == []


def test_every_option_of_an_example_exists() -> None:
    text = (ROOT / "docs" / "cli.md").read_text()
    for line in text.splitlines():
        if not line.startswith("reviews ") or "COMMAND" in line:
            continue
        words = line.split()[1:]
        name = next(one for one in sorted(commands(app), key=len, reverse=True) if tuple(words[: len(one)]) == one)
        helped = CliRunner().invoke(app, [*name, "--help"], env={"COLUMNS": "200"}).output
        assert [word for word in words if word.startswith("--") and word not in helped] == [], line


def test_every_decision_is_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = set(LINK.findall((folder / "README.md").read_text()))
    assert {name for name, _ in listed} == {path.name for path in folder.glob("0*.md")}


def test_the_map_of_the_readme_names_every_room() -> None:
    text = (ROOT / "README.md").read_text()
    rooms = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    assert {room for room in rooms if f"`{room}/`" not in text} == set()
    tops = {path.name for path in ROOT.glob("*.py")}
    assert {top for top in tops if f"`{top}`" not in text} == set()
