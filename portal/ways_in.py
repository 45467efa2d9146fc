"""The forms that anybody can send: which questions each asks, where it stands, and what it is called."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from models.child_death_commands import NOT_OURS, NotifyDeath
from models.command import Command
from models.policy import Policy
from models.referral import SubmitReferral
from portal.questions import Rows


@dataclass(frozen=True)
class WayIn:
    """One form. `path`: where its pages begin. `cookie`: the secret of what is being written.

    `email`: the question whose answer is proven by a link. `thing`: what is sent, as in "your referral". `start` and
    `received`: the templates of its first page and of its receipt.
    """

    command: type[Command]
    path: str
    cookie: str
    email: str
    thing: str
    title: str
    start: str
    received: str

    def rows(self, rules: Policy) -> Rows:
        """What its questions offer, as the policy in force has it."""
        areas: Mapping[str, str] = {**rules.child_deaths.areas, **NOT_OURS} if rules.child_deaths else {}
        return {"areas": [(name, title, "") for name, title in areas.items()]}


REFERRAL: Final = WayIn(
    SubmitReferral, "/refer", "referral", "referrer_email", "referral", "Refer a serious incident", "refer_start.html",
    "refer_received.html",
)  # fmt: skip
DEATH: Final = WayIn(
    NotifyDeath, "/notify", "notification", "notifier_email", "notification", "Notify the death of a child",
    "notify_start.html", "notify_received.html",
)  # fmt: skip
WAYS: Final = (REFERRAL, DEATH)
OPENED_AT: Final[Mapping[str, str]] = {way.command.KIND: way.path for way in WAYS}
"""Where the form of a command stands that anybody can send."""
