"""The table of which the figures of deaths are made: coarse values of each death, apart from its case.

A row has no reference of its case. Its name is a keyed digest of that reference, by which whoever holds the key finds
it again; which case it is stands in it sealed. So the table can be counted, and says of nobody who they were.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from models.case import Case
from models.child_death import category
from models.child_death_commands import Category, Ethnic, Modifiable, Place
from models.death_backlog import Open
from models.death_bands import AgeBand, Counted, PlaceGroup, Years, age_band, months_between, place_group
from models.facts import Fact
from models.past_deaths import PastDeath
from models.referral import Sex
from models.sheet_mapping import spoken
from models.tables import BoardRow, CaseRow, CountedRow
from models.time import day_of
from records.sealing import Vault

OURS = CountedRow.counts.is_(True)


async def counted(session: AsyncSession, years: Years | None = None, area: str = "") -> list[Counted]:
    """Every death that counts here, in no order; of `years`: without those that count in none of their figures.

    `area`: those of this one alone.

    Those were reviewed before the first of these years, or notified after the last.
    """
    found = select(*(getattr(CountedRow, name) for name in Counted._fields)).where(OURS)
    if years is not None:
        open_since = or_(CountedRow.reviewed.is_(None), CountedRow.reviewed >= years.start(years.first))
        found = found.where(open_since, CountedRow.notified < years.start(years.last + 1))
    if area:
        found = found.where(CountedRow.area == area)
    # Without the session's own loading, which takes as long again over ten years of a country.
    connection = await session.connection()
    return [
        Counted(
            notified, reviewed, months, _AGES[age], _SEXES[sex], _ETHNIC[ethnic], _PLACES[place], where,
            _CATEGORIES[cause] if cause else None, _MODIFIABLE[modifiable] if modifiable else None,
        )
        for notified, reviewed, months, age, sex, ethnic, place, where, cause, modifiable
        in await connection.execute(found)
    ]  # fmt: skip


# Of each value that the table keeps its choice: to look it up is quick, to ask the class for it is not.
_AGES = {one.value: one for one in AgeBand}
_SEXES = {one.value: one for one in Sex}
_ETHNIC = {one.value: one for one in Ethnic}
_PLACES = {one.value: one for one in PlaceGroup}
_CATEGORIES = {one.value: one for one in Category}
_MODIFIABLE = {one.value: one for one in Modifiable}


async def open_reviews(session: AsyncSession, area: str = "") -> list[Open]:
    """Every review of a death that is open today, by what its line on the board says that it waits for."""
    notified = CaseRow.state["marks"]["death_notified"]["at"].as_string()
    found = select(notified, BoardRow.shares["parked"].as_string()).join(CaseRow, CaseRow.ref == BoardRow.case)
    found = found.where(BoardRow.kind == "child_death", BoardRow.closed.is_(None))
    if area:
        found = found.where(CaseRow.state["said"]["area"].as_string() == area)
    return [Open(day_of(datetime.fromisoformat(at)), _awaits(parked)) for at, parked in await session.execute(found)]


def _awaits(said: str) -> str:
    """Of "Awaiting inquest since Tuesday 3 March 2026" what is awaited."""
    kind = said.partition(" since ")[0].removeprefix("Awaiting ")
    return f"{kind[:1].upper()}{kind[1:]}"


def count(connection: Connection, vault: Vault, steps: Iterable[tuple[Case, Fact, Any]]) -> None:
    """What these facts change in the table. `steps`: the case after each fact, the fact, and its private words."""
    for case, fact, words in steps:
        values, id_ = said_of_row(case, fact, words), row_of(vault, case.ref)
        if values and fact.kind in BEGINNINGS:
            sealed = vault.seal(case.ref, place_of(id_))
            connection.execute(insert(CountedRow).values(id=id_, sealed=sealed, **values))
        elif values:
            connection.execute(update(CountedRow).where(CountedRow.id == id_).values(values))


BEGINNINGS = frozenset({"death_notified", "death_entered"})
"""Facts with which the row of a death begins."""


def place_of(row: str) -> str:
    """Where it is sealed of which case a row is."""
    return f"counted_deaths.sealed/{row}"


def row_of(vault: Vault, case: str) -> str:
    return vault.look_up(f"death {case}")


def _of_child(words: Mapping[str, Any]) -> dict[str, Any]:
    born, died = (date.fromisoformat(str(words[name])) for name in ("born", "died"))
    return {
        "age_band": age_band(born, died), "sex": words["sex"], "ethnic_group": words["ethnic_group"],
        "place": place_group(Place(words["place_of_death"])),
    }  # fmt: skip


def past_row(vault: Vault, reference: str) -> str:
    """The name of the row of a death that was reviewed before, by its reference in the list from which it came."""
    return vault.look_up(f"past death {spoken(reference)}")


def of_past(vault: Vault, one: PastDeath) -> dict[str, Any]:
    """The row of a completed review of a list: coarse values, and nothing by which anybody finds the child."""
    assert one.panel
    assert one.category
    assert one.modifiable
    return {
        "id": past_row(vault, one.reference), "notified": one.notified.replace(day=1),
        "reviewed": one.panel.replace(day=1), "months": months_between(one.notified, one.panel),
        "age_band": age_band(one.born, one.died).value, "sex": one.sex.value,
        "ethnic_group": one.ethnic_group.value, "place": place_group(one.place).value, "area": one.area,
        "category": one.category.value, "modifiable": one.modifiable.value, "counts": True,
    }  # fmt: skip


def said_of_row(  # noqa: PLR0911 -- one answer for each fact
    case: Case,
    fact: Fact,
    words: Any,  # noqa: ANN401 -- any JSON value
) -> dict[str, Any]:
    """What this fact says of the row of its death, by its columns; of another case, or where it changes nothing: {}.

    `case`: as it is after the fact. `words`: the private ones of the fact.
    """
    if case.kind != "child_death":
        return {}
    match fact.kind:
        case "death_notified" | "death_entered":
            found = {"category": None, "modifiable": None, "counts": True}
            return {**_times(case), **_of_child(words), "area": fact.data["area"], **found}
        case "panel_recorded" if fact.data["quorate"]:
            return {"category": category(words["categories"]), "modifiable": words["modifiable"], **_times(case)}
        case "corrected":
            return _times(case)
        case "death_amended":
            return {**_of_child(words), "area": fact.data["area"]}
        case "duplicate_decided":
            return {"counts": not case.said["joined"]}
        case "hand_over_received":
            return {"counts": False}
        case _:
            return {}


def _times(case: Case) -> dict[str, Any]:
    """When the death was notified and first reviewed: what the panel reviews anew was complete before."""
    since = day_of(case.marks["death_notified"].at)
    reviews = [mark for name, mark in case.marks.items() if name.partition("#")[0] == "panel_reviewed"]
    if not reviews:
        return {"notified": since.replace(day=1), "reviewed": None, "months": None}
    day = day_of(min(reviews, key=lambda mark: mark.number).at)
    return {"notified": since.replace(day=1), "reviewed": day.replace(day=1), "months": months_between(since, day)}
