"""Who the children are of whom a referral or the notification of a death tells: kept apart from the case, sealed."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from models.answers import Correct
from models.child_death_commands import AmendDeath, DraftAnalysis, OpenWait, WaitsFor
from models.command import Command
from models.facts import Problem
from models.time import day, day_of

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


NAMED = "A part of the child’s name stands in this. Take it out, or tick that it is an ordinary word here."
NUMBERED = "The child’s NHS number stands in this. Take it out: the panel’s papers name nobody."
REFERRED = "A reference of a case stands in this. Take it out: the panel’s papers lead to no case."
BEFORE_DEATH = "This is before the child died. Check the day."
_BETWEEN = r"[\W_]*"
"""Whatever people put between the digits of a number, or the parts of a reference."""
_PREFIXES = "CD|LR|RR|PR|RG|PD"
_REFERENCE = re.compile(rf"\b(?:{_PREFIXES}){_BETWEEN}20\d\d{_BETWEEN}\d{{4,}}\b", re.IGNORECASE)
_SHORTEST = 3
"""Letters of a part of a name that is looked for: of shorter ones too many are ordinary words."""
_OUTSIDE = frozenset({WaitsFor.POST_MORTEM, WaitsFor.INQUEST})
"""What begins with a death, and never before it."""


def against(
    command: Command, children: Sequence[Mapping[str, Any]], notified: datetime | None, now: datetime
) -> list[Problem]:
    """What is known of these children speaks against the answers. `notified`: when the death was.

    What is drafted for the panel names nobody (Child Death Review guidance 2018, chapter 5: cases are anonymised); no
    death is notified before its day, and nothing that its review records has happened before it.
    """
    match command:
        case DraftAnalysis():
            passed = getattr(command, "no_name", False)
            return list(_naming(getattr(command, "summary", ""), children, passed=passed))
        case AmendDeath(died=date() as died) if notified and died > command.latest(notified):
            words = f"The death was notified on {day(notified)}, which is before this day. Check it."
            return [Problem(field="died", words=words)]
        case OpenWait(since=date() as since):
            return _too_early("since", since, children, "died" if command.kind in _OUTSIDE else "born")
        case Correct():
            return _too_early("at", day_of(command.at), children, "died")
        case _ if isinstance(getattr(command, command.OCCURRED, None), datetime):
            return _too_early(command.OCCURRED, day_of(command.occurred(now)), children, "died")
        case _:
            return []


def _too_early(field: str, on: date, children: Sequence[Mapping[str, Any]], than: str) -> list[Problem]:
    words = BEFORE_DEATH if than == "died" else "This is before the child was born. Check the day."
    days = [date.fromisoformat(str(child[than])) for child in children if child.get(than)]
    return [Problem(field=field, words=words)] if days and on < min(days) else []


def _naming(text: str, children: Sequence[Mapping[str, Any]], *, passed: bool) -> Iterator[Problem]:
    text = _seen(text)
    words = set(_words(text))
    for child in children:
        number = re.sub(r"\D", "", str(child.get("nhs_number") or ""))
        if number and re.search(_BETWEEN.join(number), text):
            yield Problem(field="summary", words=NUMBERED)
            return
        if not passed and any(len(part) >= _SHORTEST and part in words for part in _words(str(child.get("name", "")))):
            yield Problem(field="no_name", words=NAMED)
            return
    if _REFERENCE.search(text):
        yield Problem(field="summary", words=REFERRED)


def _seen(text: str) -> str:
    """The text as a reader sees it: what takes no room, such as a soft hyphen, is gone, and widths are one."""
    found = unicodedata.normalize("NFKC", text)
    return "".join(one for one in found if unicodedata.category(one) != "Cf")


def _words(text: str) -> list[str]:
    """Its words without case and accents, so that Zoe is found where Zoë is meant."""
    bare = unicodedata.normalize("NFKD", _seen(text))
    plain = "".join(one for one in bare if not unicodedata.combining(one))
    return [word.casefold() for word in re.findall(r"[^\W\d_]+", plain)]
