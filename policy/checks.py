"""What a policy must also be, beyond its shape: every name is declared, every ladder is in order, every text has its day.

Each check looks at what is written and at those parts that have the right shape, so that all problems of a file are
found in one reading.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from models.calendar import holidays_by_rule, in_words
from models.policy import (
    MARKS,
    STEPS,
    Block,
    Bounds,
    Calendar,
    CriteriaSet,
    Ladder,
    Office,
    Quorum,
    Rung,
    Scope,
    Source,
    Span,
    Unit,
)
from policy.problems import Path
from policy.shapes import did_you_mean, fitting
from policy.written import Value, Written

# Keys whose value is the name of something declared elsewhere: where, and what it is called.
SOURCES, OFFICES, LADDERS = ("sources", "source"), ("offices", "office"), ("ladders", "ladder")
REFERENCES = {
    "source": SOURCES,
    "office": OFFICES,
    "owed_by": OFFICES,
    "extension_office": OFFICES,
    "dispute_office": OFFICES,
    "suspension_office": OFFICES,
    "ladder": LADDERS,
}
MARK_KEYS = ("opens", "starts", "met_by")
WEEKEND = 5
WITHOUT_CRITERIA_NOBODY_DECIDES = ("national_notification", "practice_review")


@dataclass
class Parts:
    """Those parts of a policy file that have the right shape."""

    offices: dict[str, Office]
    ladders: dict[str, Ladder]
    criteria: dict[str, CriteriaSet]
    quorums: dict[str, Quorum]
    blocks: dict[tuple[str, str], Block]
    calendar: Calendar | None
    bounds: Bounds | None

    @classmethod
    def of(cls, written: Written) -> "Parts":
        return cls(
            offices=fitting(Office, written.entries("offices")),
            ladders=fitting(Ladder, written.entries("ladders")),
            criteria=fitting(CriteriaSet, written.entries("criteria")),
            quorums=fitting(Quorum, written.entries("quorums")),
            blocks={
                (lifecycle, name): block
                for lifecycle in written.entries("lifecycles")
                for name, block in fitting(Block, written.entries("lifecycles", lifecycle)).items()
            },
            calendar=fitting(Calendar, {"calendar": written.at("calendar")}).get("calendar"),
            bounds=fitting(Bounds, {"bounds": written.at("bounds")}).get("bounds"),
        )
