"""What lists know of a recommendation without looking into its case: made from the state, never read back into it."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, Final

from models.base import Message
from models.case import Case, whole_item
from models.fold import rules_of
from models.obligation import Obligation
from models.recommended import AGAIN, DOING, SHOWING, Colour, Kind, Recommendation, Turn, turns
from models.recommending import ACTIONS, FACTS
from models.rights import access_of
from models.time import day_of, end_of

OF_AGENCY: Final = DOING | AGAIN | SHOWING | ACTIONS | {"answer_recommendation"}
"""Blocks by which a recommendation is overdue: what its agency owes of it, but for news of how it is going."""


class Tracked(Message):
    """One line for each recommendation. `kind`: of its case. `source`: where it comes from. No word of anybody.

    `first_due`: the first date, which is never lost. `due`: the present one; none while its clock stands still.
    `next_due`: the earliest date of all that is open about it. `overdue_from`: from when it is called overdue.
    `level` and `reached`: how many rungs of what its agency owes have spoken, and the highest office that was told.
    """

    case: str
    item: str
    kind: str
    year: int
    source: str
    agency: str
    owner: str
    deputy: str
    sponsor: str
    themes: list[str]
    standing: str
    fact: int
    made: datetime
    first_due: date
    due: datetime | None
    next_due: datetime | None
    overdue_from: datetime | None
    level: int
    reached: str
    delivery: str
    """The colour at first; amber and red come after these moments, if nothing happens."""
    delivery_amber: datetime | None
    delivery_red: datetime | None
    delivery_hand: str
    delivery_until: date | None
    impact: str
    impact_amber: datetime | None
    impact_red: datetime | None
    impact_hand: str
    impact_until: date | None
    closed: datetime | None
    days: int | None
    """From its making to its closing."""
    retested: str
    round: int
    extensions: int
    restricted: bool
    locked_out: list[str]
    let_in: dict[str, str]
    particular: bool
    """Whether anything is particular about who may open its case."""
    reviewer: str


class Turning(Message):
    """What stands beside the line. `turns`: of each axis the colours with their words, in the order they come in."""

    case: str
    item: str
    turns: dict[str, Any]


def tracked(case: Case, item: str) -> tuple[Tracked, Turning]:
    """The line of one recommendation, and what is too long for it."""
    one = case.recommendations[item]
    every = case.of_item(item)
    owed = [found for found in every if found.ended is None]
    late = [found for found in owed if found.block in OF_AGENCY]
    access = access_of(case, case.opened)
    level, reached = _told(case, late)
    let_in = dict(case.said.get("let_in", {}))
    made = {axis: turns(one, owed, axis) for axis in Kind}
    line = Tracked(
        case=case.ref, item=item, kind=case.kind, year=year_of(case), source=one.source, agency=one.agency,
        owner=one.owner, deputy=one.deputy, sponsor=one.sponsor, themes=list(one.themes), standing=one.standing,
        fact=one.fact, made=one.made, first_due=one.due, due=_due(one, every), next_due=_earliest(owed),
        overdue_from=_earliest(late), level=level, reached=reached,
        **_colours(one, made, Kind.DELIVERY), **_colours(one, made, Kind.IMPACT),
        closed=one.closed, days=(day_of(one.closed) - day_of(one.made)).days if one.closed else None,
        retested=one.retested, round=one.round, extensions=sum(found.extensions for found in every),
        restricted=access.restricted, locked_out=list(access.locked_out), let_in=let_in,
        particular=bool(access.restricted or access.locked_out or let_in),
        reviewer="" if "review_completed" in case.marks else str(case.said.get("reviewer", "")),
    )  # fmt: skip
    written: dict[str, Any] = {axis: [_written(turn) for turn in found] for axis, found in made.items()}
    return line, Turning(case=case.ref, item=item, turns=written)


def reached(case: Case) -> dict[str, tuple[int, str]]:
    """Of each recommendation the highest rung that has spoken of what its agency owes, and its office; 0 for none."""
    late: dict[str, list[Obligation]] = {item: [] for item in case.recommendations}
    for one in case.open():
        if one.item and one.block in OF_AGENCY:
            late[whole_item(one.item)].append(one)
    return {item: _told(case, found) for item, found in late.items()}


def year_of(case: Case) -> int:
    """The year to which a case belongs: that of a register as it says, that of a review the year of its decision."""
    if "year" in case.said:
        return int(case.said["year"])
    decided = case.marks.get("review_decided")
    return day_of(decided.at if decided else case.opened).year


def _due(one: Recommendation, every: list[Obligation]) -> datetime | None:
    found = [owed for owed in every if owed.block in DOING]
    if not found:
        return end_of(one.due)
    return max(found, key=lambda owed: (owed.ended is None, owed.opened)).due


def _earliest(owed: list[Obligation]) -> datetime | None:
    return min((one.due for one in owed if one.due and not one.paused), default=None)


def _told(case: Case, owed: list[Obligation]) -> tuple[int, str]:
    """Of ladders of different length, the rung that has the fewest above it is the highest."""
    said = [
        (rules_of(case, one).top - told.rung, told.rung, rules_of(case, one).office(told.rung))
        for one in owed
        for told in one.told
    ]
    if not said:
        return 0, ""
    _, rung, office = min(said)
    return rung + 1, office


def _colours(one: Recommendation, made: dict[Kind, tuple[Turn, ...]], axis: Kind) -> dict[str, Any]:
    found = made[axis]
    hand = next((hand for hand in reversed(one.overrides) if hand.axis is axis), None)
    return {
        f"{axis}": str(found[0].rag.colour),
        f"{axis}_amber": next((turn.at for turn in found[1:] if turn.rag.colour is Colour.AMBER), None),
        f"{axis}_red": next((turn.at for turn in found[1:] if turn.rag.colour is Colour.RED), None),
        f"{axis}_hand": str(hand.colour) if hand else "",
        f"{axis}_until": hand.until if hand else None,
    }


def _written(turn: Turn) -> dict[str, Any]:
    return turn.model_dump(mode="json", exclude_defaults=True)


def touched(before: Case, case: Case) -> Iterator[str]:
    """The recommendations of which the line may say something else since."""
    if not case.recommendations:
        return
    moved = {
        whole_item(one.item)
        for key, one in case.obligations.items()
        if one.item and before.obligations.get(key) is not one
    }
    all_of_them = any(before.said.get(name) != case.said.get(name) for name in _OF_CASE) or (
        "review_completed" in case.marks and "review_completed" not in before.marks
    )
    for item, one in case.recommendations.items():
        if all_of_them or item in moved or before.recommendations.get(item) is not one:
            yield item


_OF_CASE = ("restricted", "locked_out", "let_in", "reviewer")


def about(data: dict[str, Any]) -> str:
    """The recommendation that a fact is about, by the plain answers of the fact; empty if it is about none."""
    item = whole_item(str(data.get("item", "")))
    if item:
        return item
    for part in str(data.get("obligation", "")).split("/")[1:]:
        name = part.partition("#")[0].partition(".")[0]
        if name[:1] == "r" and name[1:].isdigit():
            return name
    return ""


MADE: Final = frozenset({"recommended", "recommendation_entered"})
"""Facts that bring a recommendation, with its text, its measures and its actions."""


def last_word(kind: str, words: dict[str, Any]) -> str:
    """What was said by this fact of how it stands; empty for whatever else happens."""
    if kind not in FACTS - {"evidence_amended"}:
        return ""
    return str(words.get("words") or words.get("reason") or words.get("progress") or "")
