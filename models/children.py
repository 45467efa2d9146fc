"""Who the children are of whom a referral or the notification of a death tells: kept apart from the case, sealed."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

from models.child_death_commands import AmendDeath, DraftAnalysis
from models.command import Command
from models.facts import Problem
from models.time import day

OF_DEATHS = frozenset({"death_notified", "death_entered", "death_amended"})
"""Facts that say who a child was who has died; the last of them in a case holds."""


def children_of(kind: str, words: Any) -> list[dict[str, Any]]:  # noqa: ANN401 -- any JSON value
    """Of a fact of this kind, in its own words; none of a fact that names no child.

    Each has `name`, `born`, `died`, `nhs_number`, `address`, `sex`, `ethnic_group` and `legal_status` at least.
    """
    match kind:
        case "referral_received":
            return list(words["children"])
        case _ if kind in OF_DEATHS:
            named = ("name", "born", "died", "nhs_number", "address", "sex", "ethnic_group")
            return [{**{one: words.get(one, "") for one in named}, "legal_status": words.get("care_status", "")}]
        case _:
            return []


ASKED_OF_CHILDREN = (DraftAnalysis, AmendDeath)
"""Commands that are judged also by what only the sealed columns and the private answers know."""
NAMED = "A part of the child’s name stands in this. Take it out, or tick that here it is an ordinary word."
NUMBERED = "The child’s NHS number stands in this. Take it out: the panel’s papers name nobody."
REFERRED = "A reference of a case stands in this. Take it out: the panel’s papers lead to no case."
_REFERENCE = re.compile(r"\b[A-Z]{2}-\d{4}-\d{4,}\b")
_SHORTEST = 3
"""Letters of a part of a name that is looked for: of shorter ones too many are ordinary words."""


def against(command: Command, children: Iterable[Mapping[str, Any]], notified: datetime | None) -> list[Problem]:
    """What these children say against the answers. `notified`: when the death was.

    What is drafted for the panel names nobody (Child Death Review guidance 2018, chapter 5: cases are anonymised), and
    no death is notified before its day.
    """
    match command:
        case DraftAnalysis():
            passed = getattr(command, "no_name", False)
            return list(_naming(getattr(command, "summary", ""), children, passed=passed))
        case AmendDeath(died=date() as died) if notified and died > command.latest(notified):
            words = f"The death was notified on {day(notified)}, which is before this day. Check it."
            return [Problem(field="died", words=words)]
        case _:
            return []


def _naming(text: str, children: Iterable[Mapping[str, Any]], *, passed: bool) -> Iterator[Problem]:
    words = {word.casefold() for word in re.findall(r"[^\W\d_]+", text)}
    digits = re.sub(r"(?<=\d)[ \u00a0-]+(?=\d)", "", text)
    for child in children:
        parts = {part.casefold() for part in re.findall(r"[^\W\d_]+", str(child.get("name", "")))}
        number = re.sub(r"\D", "", str(child.get("nhs_number") or ""))
        if number and number in digits:
            yield Problem(field="summary", words=NUMBERED)
            return
        if not passed and any(len(part) >= _SHORTEST and part in words for part in parts):
            yield Problem(field="no_name", words=NAMED)
            return
    if _REFERENCE.search(text):
        yield Problem(field="summary", words=REFERRED)
