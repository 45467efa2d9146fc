"""The table of which the figures of deaths are made: coarse values of each death, apart from its case.

A row has no reference of its case. Its name is a keyed digest of that reference, by which whoever holds the key finds
it again; which case it is stands in it sealed. So the table can be counted, and says of nobody who they were.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Update, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from models.case import Case
from models.child_death import category
from models.child_death_commands import Category, Ethnic, Modifiable, Place
from models.death_backlog import Open
from models.death_bands import AgeBand, Counted, PlaceGroup, age_band, months_between, place_group
from models.facts import Fact
from models.referral import Sex
from models.tables import BoardRow, CaseRow, CountedRow
from models.time import day_of
from records.sealing import Vault

OURS = CountedRow.counts.is_(True)


async def counted(session: AsyncSession) -> list[Counted]:
    """Every death that counts here, in no order."""
    columns = (getattr(CountedRow, name) for name in Counted._fields)
    return [_made(*row) for row in await session.execute(select(*columns).where(OURS))]


async def open_reviews(session: AsyncSession) -> list[Open]:
    """Every review of a death that is open today, by what its line on the board says that it waits for."""
    notified = CaseRow.state["marks"]["death_notified"]["at"].as_string()
    found = select(notified, BoardRow.shares).join(CaseRow, CaseRow.ref == BoardRow.case)
    found = found.where(BoardRow.kind == "child_death", BoardRow.closed.is_(None))
    return [
        Open(day_of(datetime.fromisoformat(at)), _awaits(shares["parked"]))
        for at, shares in await session.execute(found)
    ]


def _awaits(said: str) -> str:
    """Of "Awaiting inquest since Tuesday 3 March 2026" what is awaited."""
    kind = said.partition(" since ")[0].removeprefix("Awaiting ")
    return f"{kind[:1].upper()}{kind[1:]}"


def _made(  # noqa: PLR0913, PLR0917 -- the columns of a row
    notified: date, reviewed: date | None, months: int | None, age: str, sex: str, ethnic: str, place: str, area: str,
    cause: str | None, modifiable: str | None,
) -> Counted:  # fmt: skip
    return Counted(
        notified, reviewed, months, AgeBand(age), Sex(sex), Ethnic(ethnic), PlaceGroup(place), area,
        Category(cause) if cause else None, Modifiable(modifiable) if modifiable else None,
    )  # fmt: skip


def count(connection: Connection, vault: Vault, steps: Iterable[tuple[Case, Fact, Any]]) -> None:
    """What these facts change in the table. `steps`: the case after each fact, the fact, and its private words."""
    for case, fact, words in steps:
        if fact.kind in {"death_notified", "death_entered"}:
            connection.execute(insert(CountedRow).values(_notified(vault, case, fact, words)))
        elif case.kind == "child_death":
            here = update(CountedRow).where(CountedRow.id == row_of(vault, case.ref))
            for change in _changes(here, case, fact, words):
                connection.execute(change)


def row_of(vault: Vault, case: str) -> str:
    return vault.look_up(f"death {case}")


def _notified(vault: Vault, case: Case, fact: Fact, words: Mapping[str, Any]) -> dict[str, Any]:
    id_, born, died = row_of(vault, fact.case), *(date.fromisoformat(str(words[name])) for name in ("born", "died"))
    notified = day_of(case.marks["death_notified"].at)
    return {
        "id": id_, "sealed": vault.seal(fact.case, f"counted_deaths.sealed/{id_}"),
        "notified": notified.replace(day=1), "age_band": age_band(born, died), "sex": words["sex"],
        "ethnic_group": words["ethnic_group"], "place": place_group(Place(words["place_of_death"])),
        "area": fact.data["area"], "counts": True,
    }  # fmt: skip


def _changes(here: Update, case: Case, fact: Fact, words: Any) -> Iterator[Update]:  # noqa: ANN401 -- any JSON value
    match fact.kind:
        case "panel_recorded" if fact.data["quorate"]:
            day, since = day_of(fact.occurred), day_of(case.marks["death_notified"].at)
            found = {"category": category(words["categories"]), "modifiable": words["modifiable"]}
            yield here.values(found)
            # What the panel reviews anew was complete before: how long that took stays as it was.
            took = {"reviewed": day.replace(day=1), "months": months_between(since, day)}
            yield here.where(CountedRow.reviewed.is_(None)).values(took)
        case "duplicate_decided":
            yield here.values(counts=not case.said["joined"])
        case "hand_over_received":
            yield here.values(counts=False)
        case _:
            pass
