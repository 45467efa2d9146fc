"""The channels that the settings set up, in the order in which they are tried."""

from notifier.channels import Channel
from records.settings import Settings


def channels(settings: Settings) -> list[Channel]:
    """Every channel for which there is an account. None: people read their messages in the inbox."""
    found: list[Channel] = []
    if token := settings.slack_token.get_secret_value():
        # A channel's library loads slowly, and most processes hand nothing over.
        from notifier.slack import Slack  # noqa: PLC0415

        found.append(Slack(token, settings.slack_api))
    return found
