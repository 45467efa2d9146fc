"""docs/features.md says what the product promises; nothing may be called done there that no test proves."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TESTS = Path(__file__).parent
FEATURES = TESTS.parent / "docs" / "features.md"
STATES = {"done", "partly", "planned"}


@dataclass(frozen=True)
class Promise:
    number: str
    words: str
    state: str


@dataclass(frozen=True)
class Marker:
    numbers: tuple[str, ...]
    where: str
    on_a_test: bool


def promises() -> list[Promise]:
    rows = (line.strip("|").split("|") for line in FEATURES.read_text().splitlines() if re.match(r"\| [A-Z]\d", line))
    return [Promise(*(cell.strip() for cell in row)) for row in rows]


def is_promise(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.promise"


def calls_that_mark_tests(tree: ast.Module) -> set[ast.AST]:
    """The promise calls that pytest will see on a test: decorators of tests, and assignments to `pytestmark`."""
    marking: list[ast.AST] = []
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) if name.startswith("test"):
                marking += node.decorator_list
            case ast.ClassDef(name=name) if name.startswith("Test"):
                marking += node.decorator_list
            case ast.Assign(targets=[ast.Name(id="pytestmark")], value=value):
                marking += value.elts if isinstance(value, ast.List | ast.Tuple) else [value]
            case _:
                pass
    return {node for node in marking if is_promise(node)}


def markers_in(source: str, file: str) -> Iterator[Marker]:
    tree = ast.parse(source)
    on_tests = calls_that_mark_tests(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and is_promise(node):
            numbers = tuple(ast.literal_eval(argument) for argument in node.args)
            yield Marker(numbers, f"{file}:{node.lineno}", node in on_tests)


@cache
def markers() -> tuple[Marker, ...]:
    return tuple(
        marker
        for path in sorted(TESTS.rglob("test_*.py"))
        for marker in markers_in(path.read_text(), str(path.relative_to(TESTS)))
    )


def test_every_promise_has_its_own_number_words_and_a_known_state() -> None:
    listed = promises()
    assert listed
    numbers = [promise.number for promise in listed]
    assert sorted({number for number in numbers if numbers.count(number) > 1}) == []
    assert [promise.number for promise in listed if promise.state not in STATES or not promise.words] == []


def test_every_promise_marked_done_has_a_test() -> None:
    proved = {number for marker in markers() if marker.on_a_test for number in marker.numbers}
    assert [promise.number for promise in promises() if promise.state == "done" and promise.number not in proved] == []


def test_what_the_document_says_to_type_finds_a_test_of_every_promise_marked_done() -> None:
    """It looks for the number in double quotes, as every marker has it."""
    said = re.search(r"`grep -rn '\"(A1)\"' tests`", FEATURES.read_text())
    assert said
    written = "".join(path.read_text() for path in TESTS.rglob("test_*.py"))
    assert [one.number for one in promises() if one.state == "done" and f'"{one.number}"' not in written] == []


def test_every_marker_names_promises_that_exist() -> None:
    known = {promise.number for promise in promises()}
    unknown = {marker.where: set(marker.numbers) - known for marker in markers()}
    assert {where: numbers for where, numbers in unknown.items() if numbers} == {}


def test_every_marker_stands_on_a_test_and_names_a_promise() -> None:
    assert [marker.where for marker in markers() if not marker.on_a_test or not marker.numbers] == []


def test_markers_are_found_on_functions_classes_and_modules_only() -> None:
    source = """
pytestmark = [pytest.mark.browser, pytest.mark.promise("A1")]
@pytest.mark.promise("A2", "A3")
async def test_one(): ...
@pytest.mark.promise("A4")
class TestMany:
    pytestmark = pytest.mark.promise("A5")
@pytest.mark.promise("A6")
def helper(): ...
"""
    found = {marker.numbers: marker.on_a_test for marker in markers_in(source, "x.py")}
    assert found == {("A1",): True, ("A2", "A3"): True, ("A4",): True, ("A5",): True, ("A6",): False}
