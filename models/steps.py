"""How the dates of a case came about: what moved each of them, when, and by which office."""

from collections.abc import Sequence
from datetime import date, datetime

from models import shelf
from models.base import Message
from models.calendar import in_words
from models.case import Case, base
from models.facts import Fact
from models.fold import after
from models.obligation import Obligation
from models.policy import marks_of


class Step(Message):
    """One step by which a date came about: what happened, and when it was due from then on."""

    at: datetime
    words: str
    due: datetime | None
    moved: bool = True
    """Whether it was due at another time before."""


def came_about(facts: Sequence[Fact]) -> dict[str, list[Step]]:
    """How each date of a case came about, by the fold of its facts; nothing of those that nothing has moved.

    Of whom it is told by office: the reasons that people gave are read beside the fact, by whoever may.
    """
    begins = facts[0].data.get("begins") if facts else None
    if not isinstance(begins, dict):
        return {}
    before, steps = Case(ref=facts[0].case, **begins), dict[str, list[Step]]()
    try:
        for fact in facts:
            then = after(before, fact)
            for key, one in then.obligations.items():
                was = before.obligations.get(key)
                if was is None:
                    found = Step(at=fact.recorded, words="At first", due=one.due)
                elif was.due != one.due or (fact.kind in ASKED and fact.data["obligation"] == key):
                    words, moved = _step(before, then, fact, one), was.due != one.due
                    found = Step(at=fact.recorded, words=words, due=one.due, moved=moved)
                else:
                    continue
                steps.setdefault(key, []).append(found)
            before = then
    except shelf.NotOnShelf:  # rules that cannot be read any more: nothing can be said of them
        return {}
    return {key: row for key, row in steps.items() if len(row) > 1}


ASKED = frozenset({"time_asked", "time_answered"})
"""Told also where they leave the date as it was."""


def _step(  # noqa: PLR0911 -- one answer for each fact
    before: Case, then: Case, fact: Fact, one: Obligation
) -> str:
    """What this fact did to the date."""
    book = shelf.policy(then.policy)
    by = f" by the {_lower(book.titled(fact.office))}" if fact.office else ""
    words = marks_of(then.kind)
    match fact.kind:
        case "time_asked":
            return f"More time was asked for{by}, until {_day(fact.data['until'])}"
        case "time_answered" if fact.data["granted"]:
            return f"More time was given{by}, until {_day(fact.data['until'])}"
        case "time_answered":
            return f"More time was refused{by}"
        case "suspended" | "milestones_suspended":
            return f"The clock was suspended{by}"
        case "suspension_reviewed" | "milestones_reviewed":
            return f"The suspension was ended{by}"
        case "corrected":
            wrong = base(fact.data["mark"])
            return f"A date was corrected{by}: when {words.get(wrong, wrong.replace('_', ' '))}"
        case "policy_adopted":
            return f"Policy {book.version} was adopted{by}"
        case "calendar_adopted":
            return f"Another calendar was adopted{by}{_holidays(before, then)}"
        case _:
            return f"It was recorded{by} that {words.get(one.mark, one.mark.replace('_', ' '))}"


def _holidays(before: Case, then: Case) -> str:
    """What was proclaimed between two calendars."""
    was, new = (shelf.days(case.calendar).calendar.proclaimed for case in (before, then))
    fresh = [f"{in_words(one.day)}, {one.title}" for one in new if one not in was]
    return f" ({'; '.join(fresh)})" if fresh else ""


def _day(said: str) -> str:
    return in_words(date.fromisoformat(said))


def _lower(words: str) -> str:
    """As within a sentence; an abbreviation stays as it is."""
    return words if words[1:2].isupper() else words[:1].lower() + words[1:]
