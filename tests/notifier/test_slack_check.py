"""What `reviews doctor` finds out about Slack, without sending anything to anybody."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from models.directory import Directory
from notifier import slack as room
from notifier.channels import Trouble
from notifier.slack import Slack, check_around
from records.settings import Settings
from tests.support.house import example_directory
from tests.support.ports import free_port
from tests.support.slack import TOKEN, Fault, Workspace, broken, busy, half_an_answer, hanging, refusing, workspace

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.promise("L9")]
PLACE = example_directory()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def slack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Workspace]:
    async with workspace(tmp_path_factory.mktemp("slack"), PLACE) as made:
        yield made


async def checked(slack: Workspace, directory: Directory) -> list[Trouble]:
    """What is found; nothing may be sent for it, and no conversation opened."""
    before = slack.asked["chat.postMessage"] + slack.asked["conversations.open"]
    found = await Slack(TOKEN, slack.api).check(directory.people)
    assert slack.asked["chat.postMessage"] + slack.asked["conversations.open"] == before
    return found


def with_ids(directory: Directory, **ids: str | None) -> Directory:
    """The directory in which these people have these member ids."""
    changed = {
        name.replace("_", "-"): directory.people[name.replace("_", "-")].model_copy(update={"slack_id": one})
        for name, one in ids.items()
    }
    return directory.model_copy(update={"people": {**directory.people, **changed}})


async def test_where_all_is_well_nothing_is_said(slack: Workspace) -> None:
    assert await checked(slack, slack.joined(PLACE)) == []


@pytest.mark.parametrize("word", ["invalid_auth", "not_authed", "account_inactive", "token_revoked"])
async def test_a_token_that_slack_does_not_take_is_named(slack: Workspace, word: str) -> None:
    slack.go_wrong("auth.test", refusing(word))
    (trouble,) = await checked(slack, PLACE)
    assert trouble.what == f"Slack does not take our token: {word}."
    assert "REVIEWS_SLACK_TOKEN" in trouble.do
    assert not trouble.why


async def test_a_slack_that_cannot_be_reached_is_no_wrong_token(slack: Workspace) -> None:
    (trouble,) = await Slack(TOKEN, f"http://127.0.0.1:{free_port()}/api/").check({})
    assert trouble.what == "Slack cannot be reached."
    assert not trouble.why


@pytest.mark.parametrize("fault", [broken, busy, half_an_answer, hanging])
async def test_a_slack_that_fails_is_no_wrong_token(
    slack: Workspace, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "REQUEST", 2)
    slack.go_wrong("auth.test", fault)
    (trouble,) = await checked(slack, PLACE)
    assert "token" not in trouble.what
    assert not trouble.why


async def test_scopes_that_are_missing_are_named(slack: Workspace) -> None:
    slack.scopes -= {"im:history", "im:write"}
    try:
        (trouble,) = await checked(slack, slack.joined(PLACE))
    finally:
        slack.scopes |= {"im:history", "im:write"}
    assert trouble.what == "Our token may not do all that it has to in Slack: im:history, im:write."
    assert "install it to the workspace again" in trouble.do


async def test_who_has_a_member_id_of_nobody_or_of_somebody_else_is_named_by_id(slack: Workspace) -> None:
    here = slack.joined(PLACE)
    theirs = here.people["p-003"].slack_id
    nobody, other = await checked(slack, with_ids(here, p_001="U0NOBODY00", p_002=None, p_004=theirs))
    assert nobody.what == "Slack has no account under the member id of: p-001."
    assert other.what.endswith("another e-mail address than in the directory: p-004.")
    assert "another channel" in nobody.why
    assert "Somebody else may read" in other.why


async def test_at_most_ten_are_named(slack: Workspace) -> None:
    ids = {name.replace("-", "_"): f"U0NOBODY{name[-2:]}" for name in PLACE.people}
    (trouble,) = await checked(slack, with_ids(PLACE, **ids))
    assert trouble.what.count("p-0") == 10


async def test_a_limit_ends_the_looking_and_what_was_found_is_said(slack: Workspace) -> None:
    here = with_ids(slack.joined(PLACE), p_001="U0NOBODY00")
    slack.go_wrong("users.info", refusing("user_not_found"), busy)
    before = slack.asked["users.info"]
    (trouble,) = await checked(slack, here)
    assert "p-001" in trouble.what
    assert slack.asked["users.info"] == before + 2


async def around(slack: Workspace, **given: str) -> list[Trouble]:
    return await check_around(Settings.model_validate({"slack_token": TOKEN, "slack_api": slack.api, **given}))


async def test_a_slack_by_which_no_answer_can_come_in_is_named(slack: Workspace) -> None:
    (trouble,) = await around(slack)
    assert "REVIEWS_SLACK_APP_TOKEN or REVIEWS_SLACK_SIGNING_SECRET" in trouble.do
    assert await around(slack, slack_signing_secret="not-a-secret") == []


@pytest.mark.parametrize("word", ["channel_not_found", "not_in_channel", "is_archived"])
async def test_a_channel_of_the_business_unit_into_which_we_do_not_come_is_named(slack: Workspace, word: str) -> None:
    given = {"slack_signing_secret": "not-a-secret", "slack_unit_channel": "C0UNIT0001"}
    slack.go_wrong("conversations.history", refusing(word))
    (trouble,) = await around(slack, **given)
    assert trouble.what == f"Slack does not let us into the business unit's channel C0UNIT0001: {word}."
    slack.go_wrong("conversations.history", broken)
    assert await around(slack, **given) == [], "that Slack fails is said elsewhere"


async def test_an_app_level_token_that_slack_does_not_take_is_named(slack: Workspace) -> None:
    slack.go_wrong("apps.connections.open", refusing("invalid_auth"))
    (trouble,) = await around(slack, slack_app_token="xapp-not-a-secret")
    assert trouble.what == "Slack does not take our app-level token: invalid_auth."
    assert "connections:write" in trouble.do
