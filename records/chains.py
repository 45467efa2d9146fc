"""What an audit chain is made of: links, and the commitments by which a link stands for a value without saying it."""

import hmac
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from models.facts import Fact
from models.tables import FactRow, NoticeRow, ReadRow, TextRow
from models.telling import Notice
from records.sealing import canonical

START = "0" * 64
SIGN_INS, READS, DIRECTORY, MESSAGES = "sign-ins", "reads", "directory", "messages"
TAKEN_OVER = "taken-over"
"""What was taken over that is no case; each of its links stands for the setting of its name and number."""
FIRST_START = "first-start"
"""Who furnishes a new installation; it is sealed from then on."""
SEALED = "sealed"
"""The setting that keeps the end of the seals."""


def commit(salt: bytes, value: Any) -> str:  # noqa: ANN401 -- any JSON value
    return hmac.digest(salt, canonical(value), "sha256").hex()


def mac_of(  # noqa: PLR0913, PLR0917 -- every part of a link
    key: bytes,
    previous: str,
    chain: str,
    number: int,
    at: datetime,
    actor: str,
    kind: str,
    commitments: Mapping[str, str],
) -> str:
    body = canonical([previous, chain, number, at.timestamp(), actor, kind, dict(commitments)])
    return hmac.digest(key, body, "sha256").hex()


def of_fact(row: Fact | FactRow, text: TextRow | None, words: Any) -> dict[str, Any]:  # noqa: ANN401 -- any JSON value
    """What a fact commits itself to: what is plain of it, and apart from that the private words that belong to it."""
    moments = [row.occurred.timestamp(), row.recorded.timestamp()]
    plain = {
        "fact": [row.kind, row.actor, row.office, row.agency, *moments, row.request or None, row.text],
        "data": row.data,
    }
    if text is None:
        return plain
    return {**plain, "text": [text.id, text.digest, text.author, text.written.timestamp(), words]}


def of_notices(rows: Iterable[Notice | NoticeRow]) -> dict[str, Any]:
    """What a fact commits itself to of the notices that went out with it: all but what became of them."""
    told = [
        [
            one.key, one.kind, one.obligation, one.office, one.agency, one.person, one.rung, one.round,
            one.rung_at.timestamp(), one.wake_at.timestamp(), one.due.timestamp() if one.due else None, one.data,
            *(["urgent"] if one.urgent else []),
        ]
        for one in sorted(rows, key=lambda one: one.key)
    ]  # fmt: skip
    return {"notices": told} if told else {}


def of_read(row: ReadRow) -> dict[str, Any]:
    return {"read": [row.person, row.case, row.what, row.at.timestamp()]}


def of_directory(
    agencies: Mapping[str, Any], people: Mapping[str, tuple[Any, str]], holdings: Iterable[Any]
) -> dict[str, Any]:
    """What a directory commits itself to: `people` holds each with the key by which the e-mail address is found."""
    return {"directory": [dict(agencies), {name: list(one) for name, one in people.items()}, list(holdings)]}
