"""The second factor of a local account: codes that an app on a phone shows, and codes for when the phone is lost.

The app's codes are TOTP (RFC 6238): six digits from a shared secret and the half minute in which they are made.
"""

import hmac
import secrets
from base64 import b32encode
from datetime import datetime

import pyotp

STEP = 30
"""Seconds for which the app shows a code."""
RECOVERY_CODES = 10
_LENGTH = 10
"""Bytes of chance in a recovery code: far too many to be guessed, so that its bare digest may be kept."""


def shared_secret(digest: str) -> str:
    """The secret that the app is given, of a digest that nobody else can make: 160 bits, as the standard wants it."""
    return b32encode(bytes.fromhex(digest)[:20]).decode()


def for_the_app(secret: str, email: str, service: str) -> str:
    """What the QR code says, and what a link on a phone opens."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=service)


def step_of(secret: str, code: str, now: datetime, after: int) -> int | None:
    """The half minute whose code this is: the present one or one to either side, for clocks differ a little.

    Only one later than `after` counts, for no code works twice. None: the code is not right.
    """
    present, typed = int(now.timestamp()) // STEP, plain(code).encode()
    made = (
        (step, pyotp.TOTP(secret).generate_otp(step).encode())
        for step in (present - 1, present, present + 1)
        if step > after
    )
    return next((step for step, right in made if hmac.compare_digest(right, typed)), None)


def recovery_codes() -> list[str]:
    """New ones, in groups that can be copied by hand."""
    fresh = (b32encode(secrets.token_bytes(_LENGTH)).decode().lower() for _ in range(RECOVERY_CODES))
    return ["-".join(code[at : at + 4] for at in range(0, len(code), 4)) for code in fresh]


def plain(code: str) -> str:
    """A code as it is compared, however it was typed."""
    return "".join(code.split()).replace("-", "").lower()
