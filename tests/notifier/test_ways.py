"""Which channels there are by the settings, and which of them lead to whom, in which order."""

import pytest

from models.directory import ChannelName, Person
from notifier.ways import channels, leading_to
from records.settings import Settings
from tests.support.notify import KEY

ALL = Settings.model_validate(
    {"slack_token": "xoxb-not-a-secret", "smtp_host": "mail.example.org", "notify_api_key": KEY}
)
SOMEBODY = Person(name="Marigold Testwell", email="marigold.testwell@council.example.org", slack_id="U0AAAAAAA")


def ways(person: Person, settings: Settings = ALL) -> list[str]:
    return [one.name for one in leading_to(person, channels(settings))]


def of(person: Person, *order: str, **more: object) -> Person:
    return Person.model_validate({**person.model_dump(), **({"channels": order} if order else {}), **more})


def test_without_an_account_there_is_no_channel() -> None:
    assert channels(Settings()) == []


@pytest.mark.promise("G7")
def test_the_usual_order_is_that_of_the_names() -> None:
    assert [one.name for one in channels(ALL)] == list(ChannelName)
    assert ways(SOMEBODY) == ["slack", "mail", "notify"]


@pytest.mark.promise("G7")
def test_a_persons_own_order_goes_first_and_leaves_out_what_it_does_not_name() -> None:
    assert ways(of(SOMEBODY, "notify", "slack")) == ["notify", "slack"]
    assert ways(of(SOMEBODY, "mail")) == ["mail"]


@pytest.mark.promise("G7")
def test_a_channel_that_is_not_set_up_or_has_no_address_is_passed_over() -> None:
    mail_only = Settings(smtp_host="mail.example.org")
    assert ways(of(SOMEBODY, "slack", "mail"), mail_only) == ["mail"]
    assert ways(of(SOMEBODY, "slack"), mail_only) == []
    assert ways(of(SOMEBODY, slack_id=None)) == ["mail", "notify"]
