"""The channels that the settings set up, and those that lead to somebody, in the order in which they are tried."""

from collections.abc import Iterable

from models.directory import Person
from notifier.channels import Channel
from records.settings import Settings


def channels(settings: Settings) -> list[Channel]:
    """Every channel for which there is an account, in the usual order. None: people read messages in the inbox."""
    # A channel's library loads slowly, and most processes hand nothing over.
    found: list[Channel] = []
    if token := settings.slack_token.get_secret_value():
        from notifier.slack import Slack  # noqa: PLC0415

        found.append(Slack(token, settings.slack_api))
    if settings.smtp_host:
        from notifier.mail import Mail  # noqa: PLC0415

        found.append(Mail(settings))
    if settings.notify_api_key.get_secret_value():
        from notifier.notify import Notify  # noqa: PLC0415

        found.append(Notify(settings))
    return found


def leading_to(person: Person, channels: Iterable[Channel]) -> list[Channel]:
    """Those that lead to somebody, the first to be tried first: in their own order, or else as they are given."""
    ours = {one.name: one for one in channels if one.leads_to(person)}
    return [ours[name] for name in person.channels or ours if name in ours]
