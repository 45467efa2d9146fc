"""What a tracker says, in our words: reviews, their recommendations, and every cell that is not understood.

Names and words of a tracker are personal detail. They are shown to whoever imports it and kept sealed; `repr`, and so
any log, leaves them out.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from models.base import Word
from models.sheet_mapping import spoken
from models.sheet_words import PassedOver, Private, Remark
from models.tracker_mapping import ReviewKind, ReviewStatus

PrivateWords = Annotated[tuple[str, ...], Field(repr=False)]
_SOURCE = {"key", "stem", "sheet", "row", "rows", "digest"}


class Status(StrEnum):
    """How far a recommendation is, as its tracker has it. Nothing here closes anything: that is the gate's."""

    NOT_STARTED = "not_started"
    IN_PROGRESS = "in_progress"
    DELIVERED = "delivered"
    CLOSED_WITH_EVIDENCE = "closed_with_evidence"
    CLOSED_WITHOUT_EVIDENCE = "closed_without_evidence"
    WITHDRAWN = "withdrawn"

    @property
    def open(self) -> bool:
        """Whether something is still owed."""
        return self in {Status.NOT_STARTED, Status.IN_PROGRESS, Status.DELIVERED}


class Review(Word):
    """A review as the tracker has it. `name`: as written there; `key`: the same for the same name."""

    key: str
    name: Private
    kind: ReviewKind
    commissioned: date | None = None
    published: date | None = None
    status: ReviewStatus | None = None
    cell: str


class Recommendation(Word):
    """A recommendation with one owner and one date; where its rows have several, each is one of its own.

    `review`: the key of its review. `owner`, `deputy`, `sponsor`: ids of the directory. `stem`: the same for all that
    came of one review, number and text. `key`: the same whenever the row is read again, whatever else changes in it;
    where a stem has several, their actions (and agencies) tell them apart. `digest`: of everything that it says.
    `rows`: all its rows, as spreadsheets count them; `row` the first.
    """

    key: str
    stem: str
    digest: str
    review: str
    number: str
    paragraph: str = ""
    text: Private
    actions: PrivateWords = ()
    agency: str
    owner: str | None = None
    deputy: str | None = None
    sponsor: str | None = None
    measures: PrivateWords = ()
    baseline: Private = ""
    target: date | None = None
    revised: tuple[date, ...] = ()
    progress: PrivateWords = ()
    status: Status
    evidence: PrivateWords = ()
    themes: tuple[str, ...] = ()
    priority: str = ""
    completed: date | None = None
    sheet: str
    row: int
    rows: tuple[int, ...]

    @property
    def due(self) -> date | None:
        """The day that counts now: the last revised one, or the first that was set."""
        return self.revised[-1] if self.revised else self.target


class Tracker(Word):
    """All that was understood, and all that was not. With problems it is not whole: nothing of it is to be taken."""

    reviews: tuple[Review, ...]
    recommendations: tuple[Recommendation, ...]
    problems: tuple[Remark, ...]
    warnings: tuple[Remark, ...]
    passed_over: tuple[PassedOver, ...]


def key_of(*words: str) -> str:
    """The same for the same words, whatever their case, accents and signs."""
    return hashlib.sha256("\x1f".join(map(spoken, words)).encode()).hexdigest()[:32]


def digest_of(said: Mapping[str, object]) -> str:
    """SHA-256 of what a recommendation says, wherever it stands."""
    content = {name: value for name, value in said.items() if name not in _SOURCE}
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str, ensure_ascii=False).encode()).hexdigest()
