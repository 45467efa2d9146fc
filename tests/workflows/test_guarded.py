"""The clock and chance are kept out of what the engine replays: the workflows, and the models that they use."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GUARDED = sorted([*(ROOT / "workflows").glob("*.py"), *(ROOT / "models").glob("*.py")])
FORBIDDEN_MODULES = {"random", "secrets", "uuid", "time", "os", "pathlib", "socket", "threading", "subprocess"}
FORBIDDEN_CALLS = {"now", "utcnow", "today", "uuid4", "uuid1", "urandom", "getenv", "monotonic", "perf_counter"}
FORBIDDEN_FUNCTIONS = {"open", "input", "print"}


def found_in(path: Path) -> list[str]:
    tree = ast.parse(path.read_text())
    wrong = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            wrong += [f"import {one.name}" for one in node.names if one.name.split(".")[0] in FORBIDDEN_MODULES]
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in FORBIDDEN_MODULES:
            wrong.append(f"from {node.module}")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in FORBIDDEN_CALLS:
            owner = ast.unparse(node.func.value)
            if owner != "workflow":
                wrong.append(f"{owner}.{node.func.attr}()")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FORBIDDEN_FUNCTIONS:
            wrong.append(f"{node.func.id}()")
    return wrong


@pytest.mark.parametrize("path", GUARDED, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_nothing_that_is_replayed_asks_the_clock_chance_or_the_world(path: Path) -> None:
    assert found_in(path) == []


def test_the_guard_sees_what_it_forbids(tmp_path: Path) -> None:
    bad = tmp_path / "bad.py"
    bad.write_text("import random\nfrom datetime import datetime\nx = datetime.now()\nopen('x')\n")
    assert found_in(bad) == ["import random", "datetime.now()", "open()"]
