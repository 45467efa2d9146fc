"""A bundle as it leaves: its notices in the words that are true now, in every form that a channel may want."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

from models.case import Case
from models.directory import Directory
from models.tables import NoticeRow
from models.telling import Notice
from notifier.bulletins import Bulletin
from notifier.channels import Parcel
from notifier.words import Said, say


class Knowing(NamedTuple):
    """What messages are made from: the cases that they are about, who is who, and where the portal is."""

    cases: dict[str, Case]
    directory: Directory
    address: str
    now: datetime
    bulletins: Mapping[str, Bulletin] = MappingProxyType({})
    """What the notices of the house say, by their keys."""


def parcel(key: str, notices: Sequence[NoticeRow], knowing: Knowing) -> Parcel:
    """What these notices, of one person, say now."""
    cases, directory, address, now, bulletins = knowing
    said = [
        Said(subject=bulletins[row.key].subject, text=bulletins[row.key].text)
        if row.key in bulletins
        else say(notice_of(row), cases[row.case], directory, now)
        for row in notices
    ]
    subject = said[0].subject if len(said) == 1 else f"{len(said)} matters need your attention"
    text = "\n\n".join(f"{one.subject}\n{one.text}" for one in said)
    return Parcel(key=key, subject=subject, text=f"{text}\n\n{address}/inbox")


def digest(parcel: Parcel) -> str:
    """By which it is known whether a message still says the same."""
    return hashlib.sha256(parcel.model_dump_json(exclude={"key"}).encode()).hexdigest()[:32]


def notice_of(row: NoticeRow) -> Notice:
    return Notice.model_validate({name: getattr(row, name) for name in Notice.model_fields})
