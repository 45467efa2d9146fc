"""The receipt of what anybody sent us: its reference, and the private link by which they see how far it has come.

The same by whichever door it came in. Asked for again it is the same link, and nothing is mailed twice.
"""

from datetime import datetime

from models.tables import OneTimeRow
from notifier.post import Mail, Post
from records.accounts import Accounts
from records.opening import Installation
from records.sealing import fingerprint

STATUS = "status"
"""The purpose of the link. It opens no page but the status, which says nothing of the content, as often as one likes;
it counts as used since it was first opened."""


async def receipt(there: Installation, case: str, thing: str, email: str, now: datetime) -> str:
    """Mail the receipt to the sender, once. Returns the link's token, which only the key of the door can make.

    `thing`: what they sent, a referral or a notification.
    """
    token = there.vault.sign([STATUS, case])
    accounts, post = Accounts(there.database, there.vault, there.auditor), Post(there.database, there.vault)
    async with there.database.writing() as session:
        if await session.get(OneTimeRow, fingerprint(token)) is None:
            await accounts.link(session, STATUS, case, None, token)
            text = (
                f"We have received your {thing}. Its reference is {case}.\n\n"
                "See its status here at any time; keep this link to yourself:\n"
                f"{status_link(there, token)}"
            )
            subject, link = f"{thing.capitalize()} {case} received", fingerprint(token)
            await post.write(session, Mail(to=email, subject=subject, text=text, written=now, link=link))
    return token


def status_link(there: Installation, token: str) -> str:
    """The address of the status page: the secret stands after the # sign, so that no server's log has it."""
    return f"{there.settings.address}/status#{token}"
