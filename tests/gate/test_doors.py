"""Every door there is, found in the registries of the program, has its line; and what it takes is no more than that."""

import ast
import re
from collections.abc import Iterator
from typing import Any
from unittest.mock import MagicMock

import pytest
import typer
from slack_bolt.async_app import AsyncApp

from cli import app as terminal
from door.door import Door
from models.lifecycles import COMMANDS
from models.recommended import Standing
from models.recommending import Entered
from notifier import answering, dialogs
from portal.app import create_app
from records.settings import Settings
from tests.gate.expected import CALLERS, CHAT, IMPORT, OPEN_CASES, ROUTES, TERMINAL
from tests.gate.people import OWN
from tests.portal.walking import routes
from tests.support.core import MANAGER, asked
from tests.support.house import ROOT

pytestmark = pytest.mark.promise("E2", "E3")
WRITE = "Write in {name} of tests/gate/expected.py what it takes: {what}."
KINDS = frozenset(kind for commands in COMMANDS.values() for kind in commands)
JSON, OPEN = "/api/v1/cases/{ref}/", "/api/v1/open/"


@pytest.fixture(scope="module")
def there() -> MagicMock:
    """An installation of which only the settings are looked at."""
    made = MagicMock()
    made.settings = Settings(slack_token="xoxb-1", slack_signing_secret="s")  # type: ignore[arg-type]
    return made


def compared(name: str, found: set[str], written: set[str]) -> None:
    assert not found - written, WRITE.format(name=name, what=sorted(found - written))
    assert not written - found, f"{name} of tests/gate/expected.py names what is there no more: {written - found}."


def test_every_route_that_takes_something_has_its_line(there: MagicMock) -> None:
    found = [path for method, path in routes(create_app(there, MagicMock())) if method != "GET"]
    of_cases, opening = (
        {path.removeprefix(at) for path in found if path.startswith(at)} & KINDS for at in (JSON, OPEN)
    )
    one_each = {f"{JSON}{kind}" for kind in of_cases} | {f"{OPEN}{kind}" for kind in opening}
    compared(
        "ROUTES", {path for path in found if path not in one_each} | {f"{JSON}COMMAND", f"{OPEN}COMMAND"}, set(ROUTES)
    )
    compared("OPEN_CASES", opening, set(OPEN_CASES))
    assert of_cases == KINDS - OPEN_CASES - {"submit_referral"}


def leaves(group: typer.Typer, path: str = "") -> Iterator[str]:
    for one in group.registered_commands:
        assert one.callback
        yield f"{path} {one.name or one.callback.__name__.replace('_', '-')}".strip()
    for inner in group.registered_groups:
        assert inner.typer_instance
        yield from leaves(inner.typer_instance, f"{path} {inner.name}".strip())


def test_every_command_of_the_terminal_has_its_line() -> None:
    compared("TERMINAL", set(leaves(terminal)), set(TERMINAL))


def test_everything_that_chat_can_send_has_its_line(there: MagicMock, monkeypatch: pytest.MonkeyPatch) -> None:
    heard = set[str]()

    def listening(kind: str) -> Any:  # noqa: ANN401 -- stands for a decorator of Bolt
        def register(self: object, what: object) -> Any:  # noqa: ANN401 -- as above
            heard.add(f"{kind} {'any other' if isinstance(what, re.Pattern) else what}")
            return lambda listener: listener

        return register

    with monkeypatch.context() as patch:
        for kind in ("action", "view", "command", "event", "shortcut", "options", "message", "function"):
            patch.setattr(AsyncApp, kind, listening(kind))
        answering.Answering(there, MagicMock(spec=Door), MagicMock())
    compared("CHAT", heard, set(CHAT))
    given = {said.removeprefix("gives ") for said in CHAT.values() if said.startswith("gives ")}
    disagreement = {"answer_disagreement", "respond_disagreement"}
    assert given == {"promise", "dispute", "ask_time", *disagreement} == set(dialogs.COMMANDS)


def test_an_import_gives_no_command_that_closes_or_accepts_anything() -> None:
    trees = [ast.parse((ROOT / "door" / f"{name}.py").read_text()) for name in ("taking_over", "taking_deaths_over")]
    nodes = (node for tree in trees for node in ast.walk(tree))
    named = {node.value for node in nodes if isinstance(node, ast.Constant) and node.value in KINDS}
    compared("IMPORT", named, set(IMPORT))


DOORS = {"act", "open", "refer"}


def asks_at_a_door(tree: ast.Module) -> bool:
    """Whether it gives a command: through something called `door`, or by taking over."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr=name, value=ast.Attribute(attr="door" | "_door"))) if name in DOORS:
                return True
            case ast.Call(func=ast.Attribute(attr=name, value=ast.Name(id="door"))) if name in DOORS:
                return True
            case ast.Call(func=ast.Name(id="TakingOver" | "TakingDeathsOver")):
                return True
            case _:
                pass
    return False


def test_whatever_asks_at_the_door_is_a_door_that_is_known() -> None:
    rooms = ("activities", "door", "notifier", "portal", "records", "terminal", "workflows")
    files = [*(path for room in rooms for path in (ROOT / room).rglob("*.py")), *ROOT.glob("*.py")]
    found = {str(path.relative_to(ROOT)) for path in files if asks_at_a_door(ast.parse(path.read_text()))}
    compared("CALLERS", found, set(CALLERS))


@pytest.mark.parametrize("state", Entered)
def test_what_is_entered_from_elsewhere_is_never_closed_here_whatever_was_said_of_it(state: Entered) -> None:
    play = asked()
    day = play.now.date()
    said = {
        "text": "Change it.",
        "agency": OWN,
        "state": state,
        "due": day,
        "evidence": "See e-mail.",
        "completed": day,
    }
    play.act(MANAGER, "enter_recommendation", **said, **({"by": day} if state is Entered.OPEN else {}))
    one = play.case.recommendations["r1"]
    assert one.standing is not Standing.CLOSED
    assert (one.evidence, one.closed, one.closed_on) == ({}, None, ())
