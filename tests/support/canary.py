"""A child who must be found nowhere outside the encrypted columns, and how it is looked for."""

import base64
import json
from collections.abc import Iterator
from html import escape
from typing import Any
from urllib.parse import quote, quote_plus

NAME, FIRST = "Zephyrwen Quaxolot-Öhlund", "Zephyrwen"
BORN, NHS = "2019-07-23", "943 476 5919"
ADDRESS = "17 Xylocarp Crescent, Wobbleton ZQ7 3XJ"
REFERRER, EMAIL, PHONE = "Tarquinelle Ffoulkes", "tarquinelle@canary-hospital.example.org", "01632 960998"
MARK = "Vexpernickel"
"""Stands in every free text."""


def words(field: str) -> str:
    """What is written into a private field: odd, and other for each."""
    return f"{MARK} of {field} saw {FIRST} at {ADDRESS}."


LINK = f"https://evidence.example.org/{quote(MARK)}"
"""For a private line that takes an address alone."""

REFERRAL: dict[str, Any] = {
    "narrative": words("narrative"), "place": words("place"), "harm": words("harm"),
    "agencies_involved": words("agencies_involved"), "referrer_name": REFERRER, "referrer_role": words("role"),
    "referrer_agency": words("agency"), "referrer_email": EMAIL, "referrer_phone": PHONE,
    "children": [
        {
            "name": NAME, "born": BORN, "sex": "female", "ethnic_group": words("ethnic_group"), "nhs_number": NHS,
            "disability": words("disability"), "address": ADDRESS, "legal_status": words("legal_status"),
        }
    ],
}  # fmt: skip

_PLAIN = (
    NAME, FIRST, "Quaxolot", NHS, NHS.replace(" ", ""), ADDRESS, "Xylocarp", "ZQ7 3XJ", REFERRER, "Tarquinelle", EMAIL,
    "canary-hospital", PHONE, PHONE.replace(" ", ""), MARK,
    BORN, "23/07/2019", "23 July 2019", "23 Jul 2019", "July 23, 2019", "20190723", "23.07.2019", "2019, 7, 23",
)  # fmt: skip


def _forms(text: str) -> Iterator[bytes]:
    """A text in every coat in which it could hide."""
    for coat in (
        text,
        text.lower(),
        text.upper(),
        text.casefold(),
        escape(text),
        quote(text),
        quote_plus(text),
        json.dumps(text)[1:-1],
    ):
        yield coat.encode()
        yield coat.encode("utf-16-le")
        yield coat.encode("utf-16-be")
    plain = text.encode()
    yield plain.hex().encode()
    for shift in range(3):  # wherever it begins in a longer text, base64 has one of three faces
        encoded = base64.b64encode(b"\0" * shift + plain).rstrip(b"=")
        yield encoded[(0, 2, 3)[shift] : -1]


NEEDLES = {form: text for text in _PLAIN for form in _forms(text) if len(form) >= 8}


def found_in(haystack: bytes | str) -> set[str]:
    """Which parts of the canary stand in this, in whatever coat."""
    hay = haystack.encode("utf-8", "surrogatepass") if isinstance(haystack, str) else haystack
    return {text for form, text in NEEDLES.items() if form in hay}
