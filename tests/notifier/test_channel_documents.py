"""docs/slack.md and docs/channels.md say what the code does: scopes, settings, states and errors."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from models.delivery import State
from notifier import mail, notify, slack
from notifier.slack import SCOPES
from records.settings import Settings
from tests.support.mortal_worker import POINTS

ROOT = Path(__file__).parents[2]
SLACK, CHANNELS = ((ROOT / "docs" / name).read_text() for name in ("slack.md", "channels.md"))
MANIFESTS = re.findall(r"```yaml\n(.*?)```", SLACK, re.DOTALL)
SOCKET, SIGNED = (yaml.safe_load(one) for one in MANIFESTS)
FREE = {"auth.test", "views.open", "views.publish", "views.push", "views.update"}
"""Methods for which Slack asks for no scope."""


def table(text: str, first: str) -> dict[str, str]:
    """The rows of the table whose head begins so: what stands in the first cell, and the rest."""
    rows = text.split(f"| {first} |", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    return {name.strip(): rest for _, name, rest in (row.split("|", 2) for row in rows)}


@pytest.mark.parametrize("manifest", [SOCKET, SIGNED], ids=["socket", "signed"])
def test_the_app_asks_for_the_scopes_that_the_code_uses_and_no_other(manifest: dict[str, Any]) -> None:
    assert set(manifest["oauth_config"]["scopes"]) == {"bot"}
    assert sorted(manifest["oauth_config"]["scopes"]["bot"]) == sorted(SCOPES)


def test_every_method_that_is_called_has_a_scope_and_every_scope_a_use() -> None:
    source = "".join(path.read_text() for path in ROOT.glob("notifier/*.py"))
    called = {f"{room}.{rest}" for room, rest in re.findall(r"\.(auth|chat|conversations|users|views)_(\w+)\b", source)}
    called = {re.sub(r"_(\w)", lambda found: found[1].upper(), one) for one in called}
    assert called - FREE == {method for methods in SCOPES.values() for method in methods}
    assert {scope for scope, methods in SCOPES.items() if not methods} == {"users:read.email", "commands"}


@pytest.mark.parametrize("text", MANIFESTS, ids=["socket", "signed"])
def test_every_scope_and_event_has_its_reason(text: str) -> None:
    asked = [line for line in text.splitlines() if re.match(r"\s+- (?!command:)", line)]
    assert [line for line in asked if not re.search(r" # \w+", line)] == []
    assert set(table(SLACK, "scope")) == {f"`{one}`" for one in SCOPES}
    assert "`app_home_opened`" in table(SLACK, "event or way in")


def test_the_two_manifests_differ_only_in_the_way_in() -> None:
    assert SOCKET["settings"].pop("socket_mode_enabled") is True
    assert SIGNED["settings"].pop("socket_mode_enabled") is False
    places = [*SIGNED["features"]["slash_commands"], SIGNED["settings"]["interactivity"]]
    urls = [one.pop("url", None) or one.pop("request_url") for one in places]
    urls.append(SIGNED["settings"]["event_subscriptions"].pop("request_url"))
    assert set(urls) == {"https://reviews.example.org/slack/events"}
    assert SOCKET == SIGNED
    assert [one["command"] for one in SOCKET["features"]["slash_commands"]] == ["/reviews", "/refer", "/challenge"]
    assert SOCKET["settings"]["event_subscriptions"]["bot_events"] == ["app_home_opened"]
    assert SOCKET["settings"]["interactivity"]["is_enabled"] is True
    assert SOCKET["features"]["app_home"]["messages_tab_read_only_enabled"] is True


def test_there_are_ten_steps() -> None:
    steps = SLACK.split("## Ten steps", 1)[1].split("\n## ", 1)[0]
    assert [int(number) for number in re.findall(r"^(\d+)\. ", steps, re.MULTILINE)] == list(range(1, 11))


def test_every_setting_of_a_channel_is_described() -> None:
    ours = {f"`REVIEWS_{name.upper()}`" for name in Settings.model_fields if re.match(r"(slack|smtp|notify)_", name)}
    assert ours - table(CHANNELS, "setting").keys() == set()


def test_every_state_is_described_and_no_other() -> None:
    assert list(table(CHANNELS, "state")) == [f"`{one}`" for one in State]


def test_every_error_of_ours_is_described() -> None:
    source = "".join(Path(str(room.__file__)).read_text() for room in (mail, notify, slack))
    ours = {*re.findall(r'error="(\w+)"', source), *mail.Stage, *notify.ERRORS.values(), "mailbox_unknown", "too_late"}
    assert {one for one in ours if f"`{one}`" not in CHANNELS} == set()


def test_every_point_at_which_something_dies_is_described_in_order_and_there_are_twelve_at_least() -> None:
    described = table((ROOT / "docs" / "reliability.md").read_text(), "point")
    assert list(described) == [f"`{one}`" for one in POINTS]
    assert len(POINTS) >= 12
