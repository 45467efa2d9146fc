"""What was recommended before, beside what is being written: how it was closed, on which evidence, and what lasted."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from textwrap import shorten
from typing import Final

from models.recommended import Kind, Standing
from models.tracking import Tracked
from portal.pages import short
from portal.recommendation import RETESTED, STANDINGS
from portal.said import Pair
from records.questions import Entry
from records.said_before import Before

SHOWS: Final[Mapping[str, str]] = {
    Kind.DELIVERY: "Evidence that it was done", Kind.IMPACT: "Evidence that it made a difference",
}  # fmt: skip
MOST: Final = 3
"""So many pieces of evidence of a kind are told; whoever wants all opens the page of the recommendation."""


@dataclass(frozen=True)
class Earlier:
    """A recommendation that is like the new one, and what came of it: empty if it was never closed."""

    found: Before
    came: Sequence[Pair]


def was_closed(of: Tracked) -> bool:
    """Whether it is closed, or was before it was taken up again."""
    return of.closed is not None or of.round > 1 or of.standing == Standing.PAST


def came_of(of: Tracked, entries: Sequence[Entry], offices: Mapping[str, str]) -> list[Pair]:
    """How it was closed last and what was found since, by what has happened about it that its reader may see."""
    closing = next((one for one in reversed(entries) if one.kind == "recommendation_closed"), None)
    if closing is None:
        return [*_past(entries)] if of.standing == Standing.PAST else []
    return [_closed(closing, offices), *_shown(closing, entries), *_since(of, closing, entries, offices)]


def _past(entries: Sequence[Entry]) -> Iterator[Pair]:
    yield "Closed", STANDINGS[Standing.PAST]
    named = next((_said(one, "evidence") for one in entries if one.kind == "recommendation_entered"), "")
    if named:
        yield "Named as evidence, as it came", named


def _closed(closing: Entry, offices: Mapping[str, str]) -> Pair:
    office = offices.get(closing.office, closing.office)
    by = f"a meeting (recorded by: {office})" if closing.data["decided_by"] == "meeting" else f"one office ({office})"
    return "Closed", f"{short(closing.at)}, by {by}: {_said(closing)}"


def _shown(closing: Entry, entries: Sequence[Entry]) -> Iterator[Pair]:
    """The evidence on which it was closed, of each kind, as it was described last."""
    about = [one for one in entries if one.data.get("evidence") in closing.data["evidence"]]
    kinds = {one.data["evidence"]: one.data["shows"] for one in about if one.kind == "evidence_given"}
    described = {one.data["evidence"]: one for one in about if one.kind in {"evidence_given", "evidence_amended"}}
    for kind, title in SHOWS.items():
        words = [_said(described[name]) for name, shows in kinds.items() if shows == kind]
        more = [f"{len(words) - MOST} more on its page"] if len(words) > MOST else []
        yield title, "\n".join([*words[:MOST], *more])


def _since(of: Tracked, closing: Entry, entries: Sequence[Entry], offices: Mapping[str, str]) -> Iterator[Pair]:
    """Whether its impact was tested again, and whether it was reopened."""
    since = [one for one in entries if one.number > closing.number]
    tests = [one for one in since if one.kind == "impact_retested"]
    for one in tests:
        office = offices.get(one.office, one.office)
        yield "Tested again", f"{RETESTED[one.data['outcome']]}, {short(one.at)}, {office}: {_said(one)}"
    if of.retested == "missed":
        yield "Tested again", RETESTED["missed"]
    elif of.closed and not tests:
        yield "Tested again", f"Not yet; due {closing.data['retest'].replace('_', ' ')} after it was closed"
    for one in since:
        if one.kind == "recommendation_reopened":
            yield "Reopened", f"{short(one.at)}: {_said(one, 'reason')}"


def _said(entry: Entry, name: str = "words") -> str:
    return shorten(str((entry.words or {}).get(name) or ""), 200, placeholder=" …")
