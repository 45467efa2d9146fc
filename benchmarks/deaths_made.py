"""A record with every review of a child's death in England over ten years, made in minutes.

What is real: more than a hundred reviews go through the door's own signing and the record's own writing, command by
command at their own times, with every rung that speaks meanwhile. Each of them is then copied for the deaths that went
alike. What a copy varies is what is private: who the child was, where and of what they died, what the panel found;
sealed with the vault, committed to anew in its own audit chain. What is plain of it (times, steps, who was told) is as
in the life that it is copied from. So the whole is what the facts make of it, and is found whole when it is verified.

What is left out: the commands as they were asked (the facts name them), and the sending of messages.
"""

import hmac
import json
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any, Final, NamedTuple

from sqlalchemy import select

from benchmarks.deaths_drawn import A_YEAR, Alike, Death, alike, drawn
from models.child_death import category
from models.child_death_commands import Criterion, Place
from models.children import children_of
from models.death_bands import age_band, place_group
from models.directory import Directory
from models.lifecycles import COMMANDS
from models.tables import FactRow, NoticeRow, Table, TextRow
from models.time import day_of
from records.audit import SALT
from records.chains import START, mac_of, of_fact, of_notices
from records.children import child_row
from records.counted import place_of, row_of
from records.opening import Installation
from records.sealing import canonical
from tests.support.house import example_directory, notifying
from tests.support.recording import Recording, kept

LIVES = 120
"""So many reviews are written command by command, at most."""
COORDINATOR, DOCTOR, PANEL, SUBGROUP = "p-024", "p-025", "p-026", "p-020"
SEATS = ("panel_chair", "local_authority", "icb", "police")
KNOWN = {"summary": f"Known to us since birth. {'Seen several times in the year before. ' * 6}"}
MEETING = 80
"""Days after which the review meeting is held, if nothing is waited for."""


class Act(NamedTuple):
    """What somebody does, so many days after the notification."""

    after: float
    person: str
    kind: str
    answers: Mapping[str, Any]


def course(group: Alike, contacts: Mapping[str, str]) -> list[Act]:
    """Everything that is done in these reviews, in its order. `contacts`: of each agency who answers for it."""
    took, begun = float(group.took), day_of(group.notified)
    met = 0.5 * took if group.sudden else min(0.5 * took, MEETING)
    inquest = group.sudden or group.took > A_YEAR

    def on(days: float) -> str:
        return (begun + timedelta(days=round(days))).isoformat()

    def moment(days: float) -> str:
        return (group.notified + timedelta(days=days)).isoformat()

    met_by = [Criterion.SUDDEN] if group.sudden else []
    criteria = [{"criterion": one.value, "met": "yes" if one in met_by else "no"} for one in Criterion]
    known = dict.fromkeys(("coroner", "certificate", "patient_safety"), "no")
    examined = {"post_mortem": "yes", "review": on(0.3 * took)} if group.sudden else {"post_mortem": "no"}
    acts = [
        Act(0.05, COORDINATOR, "record_immediate_decisions", {
            "criteria": criteria, **known, **examined, "others": "no", "words": "Decided by telephone.",
        }),
        Act(0.2, COORDINATOR, "record_database_notification", {"sent_at": moment(0.2), "reference": "N-1"}),
        Act(0.3, COORDINATOR, "name_key_worker", {"name": "Tavor Holne", "contact": "By telephone", "cover": "Ward"}),
        Act(0.4, COORDINATOR, "request_information", {"agencies": list(contacts), "words": "All that you know."}),
        Act(2, COORDINATOR, "plan_meeting", {"on": on(max(met, 33))}),
        *(
            Act(4 + n, person, "return_form", {
                "agency": agency, "holds": "something" if n % 3 else "nothing",
                **(KNOWN if n % 3 else {}),
            })
            for n, (agency, person) in enumerate(contacts.items())
        ),
        Act(met, DOCTOR, "record_death_meeting", {
            "held_at": moment(met), "agencies": list(contacts)[:4], "words": "What was found is set out here. " * 8,
        }),
        Act(met + 1, DOCTOR, "draft_analysis", {"summary": "A child died in hospital after a short illness. " * 8}),
        Act(took - 9, PANEL, "list_for_panel", {"panel": "joint", "on": on(took), "theme": "", "extra": True}),
        Act(took, PANEL, "complete_analysis", {
            "held_at": moment(took), "seats": list(SEATS), **found(group.deaths[0]),
            "factors": [{"domain": "child", "factor": "Born early.", "influence": "2"}],
            "learning": "Earlier advice to the family would have helped. " * 3,
        }),
        Act(took + 0.2, COORDINATOR, "submit_analysis", {"sent_at": moment(took + 0.2)}),
        Act(took + 0.3, COORDINATOR, "log_family_contact", {"contact": "feedback", "held_at": moment(took + 0.3)}),
    ]  # fmt: skip
    if group.sudden:
        ended = {"outcome": "ended", "ended_on": on(0.3 * took), "abuse": "no"}
        acts += [
            Act(1, COORDINATOR, "record_joint_response", {"held_at": moment(1), "words": "Police and health visit."}),
            Act(20, SUBGROUP, "consider_review", {"outcome": "not_met", "reasons": "Nothing points to neglect."}),
            Act(0.3 * took, COORDINATOR, "review_wait", {"item": "w1", **ended}),
        ]
    if inquest:
        wait, ended = {"kind": "inquest", "since": on(3), "review": on(took - 12)}, {"ended_on": on(took - 12)}
        item = "w2" if group.sudden else "w1"
        acts += [
            Act(3, COORDINATOR, "open_wait", {**wait, "holds": ["panel"], "words": "Led by the coroner."}),
            Act(took - 12, COORDINATOR, "review_wait", {"item": item, "outcome": "ended", "abuse": "no", **ended}),
        ]
    return sorted(acts, key=lambda one: one.after)


def found(death: Death) -> dict[str, Any]:
    """What the panel finds of this death."""
    return {"categories": [death.category.value], "modifiable": death.modifiable.value}


async def made(there: Installation, size: int, end: datetime, lives: int = LIVES) -> list[Death]:
    """Fill a furnished record with so many deaths over ten years. Returns them as they were drawn."""
    directory = held_for_ever(example_directory())
    async with there.database.writing() as session:
        await there.recorder.directory.replace(session, directory, "p-018", end)
    deaths = drawn(size, day_of(end))
    for number, group in enumerate(alike(deaths, lives)):
        ref = await life(there, group, f"made-{number}", end, contacts_of(directory))
        await copied(there, ref, f"made-{number}", group)
    return deaths


def held_for_ever(directory: Directory) -> Directory:
    """The same people in the same offices, since before anybody died."""
    held = tuple(one.model_copy(update={"since": date(2000, 1, 1)}) for one in directory.holdings)
    return directory.model_copy(update={"holdings": held})


def contacts_of(directory: Directory) -> dict[str, str]:
    contacts = [one for one in directory.holdings if one.office == "agency_contact"]
    return {one.agency: one.person for one in contacts if one.agency}


async def life(there: Installation, group: Alike, name: str, end: datetime, contacts: Mapping[str, str]) -> str:
    """One review, written as it would have been. `name`: of its requests. Returns its reference."""
    doer, said = Recording(there, group.notified), notifying(group.notified) | private_of(group, group.deaths[0])
    first = COMMANDS["child_death"]["notify_death"].model_validate({**said, "area": "harrowshire"})
    ref = (await doer.write(await kept(doer._door, first, "", COORDINATOR, f"{name}/0"))).case  # noqa: SLF001 -- as its own
    for number, act in enumerate(course(group, contacts), start=1):
        moment = group.notified + timedelta(days=act.after)
        if moment >= end:
            break
        await until(doer, ref, moment)
        command = COMMANDS["child_death"][act.kind].model_validate(act.answers)
        await doer.write(await kept(doer._door, command, ref, act.person, f"{name}/{number}"))  # noqa: SLF001 -- as its own
    await until(doer, ref, end)
    return ref


async def until(doer: Recording, ref: str, moment: datetime) -> None:
    """Let time pass: each rung speaks at its own moment."""
    while (wakes := (await doer.case(ref)).wakes) is not None and wakes <= moment:
        doer.now = max(doer.now, wakes)
        await doer.speak(ref)
    doer.now = max(doer.now, moment)


def private_of(group: Alike, death: Death) -> dict[str, Any]:
    """What is said of this child at the notification; its days are moved with the day on which that came."""
    moved = day_of(group.notified) - death.notified
    return {
        "name": death.name, "nhs_number": death.nhs_number, "address": death.address, "sex": death.sex.value,
        "ethnic_group": death.ethnic_group.value, "place_of_death": death.place.value,
        "born": (death.born + moved).isoformat(), "died": (death.died + moved).isoformat(),
        "circumstances": "What is known of how it happened is set down here. " * 6,
    }  # fmt: skip


_KEYS: Final = {
    "cases": "ref", "facts": "case", "obligations": "case", "board": "case", "notices": "case",
}  # fmt: skip
"""Tables of which a copy has the same rows under its own name, and the column in which that stands."""


class _Link(NamedTuple):
    """A fact and what its link commits itself to: each value as it is signed, and the private words apart."""

    number: int
    at: datetime
    actor: str
    kind: str
    values: dict[str, str]
    text: TextRow | None
    words: dict[str, Any]


async def copied(there: Installation, ref: str, name: str, group: Alike) -> None:
    """This review once more for each other death of its group. `name`: of its requests."""
    links, year = await _links(there, ref), int(ref.split("-")[1])
    with closing(sqlite3.connect(there.settings.data_dir / "records.sqlite")) as one:
        one.execute("PRAGMA synchronous=OFF")
        rows = {table: _rows(one, table, f'"{key}" = ?', ref) for table, key in _KEYS.items()}
        counted = _rows(one, "counted_deaths", "id = ?", row_of(there.vault, ref))[0]
        (begun,) = one.execute("SELECT value FROM settings WHERE name = ?", (f"next/CD-{year}",)).fetchone()
        into: dict[str, list[tuple[Any, ...]]] = {}
        for number, death in enumerate(group.deaths[1:], start=1):
            fresh = f"CD-{year}-{int(begun) + number:04}"
            names = ((ref, fresh), (f"{name}/", f"{name}.{number}/"))
            for table, theirs in rows.items():
                into.setdefault(table, []).extend(tuple(_renamed(value, names) for value in row) for row in theirs)
            for table, row in _of_its_own(there, links, counted, fresh, private_of(group, death), found(death), names):
                into.setdefault(table, []).append(row)
        for table, theirs in into.items():
            marks = ",".join("?" * len(theirs[0]))
            one.executemany(f"INSERT INTO {table} ({_columns(table)}) VALUES ({marks})", theirs)  # noqa: S608 -- our own names
        one.execute(
            "UPDATE settings SET value = ? WHERE name = ?", (str(int(begun) + len(group.deaths) - 1), f"next/CD-{year}")
        )
        one.commit()


async def _links(there: Installation, ref: str) -> list[_Link]:
    async with there.database.reading() as session:
        facts = (await session.scalars(select(FactRow).where(FactRow.case == ref).order_by(FactRow.number))).all()
        texts = {one.id: one for one in await session.scalars(
            select(TextRow).where(TextRow.id.in_([fact.text for fact in facts]))
        )}  # fmt: skip
        told: dict[int, list[NoticeRow]] = {}
        for notice in await session.scalars(select(NoticeRow).where(NoticeRow.case == ref)):
            told.setdefault(notice.fact, []).append(notice)
    return [
        _Link(
            fact.number, fact.recorded, fact.actor, fact.kind,
            {
                name: canonical(value).decode()
                for name, value in (of_fact(fact, None, None) | of_notices(told.get(fact.number, ()))).items()
            },
            text := texts.get(fact.text),
            there.vault.unseal(text.sealed, f"texts.sealed/{text.id}") if text else {},
        )
        for fact in facts
    ]  # fmt: skip


def _rows(one: sqlite3.Connection, table: str, which: str, of: str) -> list[tuple[Any, ...]]:
    return one.execute(f"SELECT {_columns(table)} FROM {table} WHERE {which}", (of,)).fetchall()  # noqa: S608 -- our own names


@cache
def _columns(table: str) -> str:
    """In the order in which rows are made here; the database may have them in another."""
    return ", ".join(f'"{column.name}"' for column in Table.metadata.tables[table].columns)


def _renamed(value: Any, names: Sequence[tuple[str, str]]) -> Any:  # noqa: ANN401 -- whatever stands in a column
    if isinstance(value, str):
        for was, then in names:
            value = value.replace(was, then)
    return value


def _of_its_own(  # noqa: PLR0913, PLR0917 -- the life, and what is said of this death
    there: Installation, links: Sequence[_Link], counted: tuple[Any, ...], ref: str, child: Mapping[str, Any],
    panel: Mapping[str, Any], names: Sequence[tuple[str, str]],
) -> Iterator[tuple[str, tuple[Any, ...]]]:  # fmt: skip
    """The rows that say something of this child, or stand for what is said: table and row, in the tables' columns."""
    vault, key, previous = there.vault, there.keys.audit.get_secret_value(), START
    for link in links:
        values = {name: _renamed(value, names).encode() for name, value in link.values.items()}
        if link.text is not None:
            words = {**link.words, **{"death_notified": child, "panel_recorded": panel}.get(link.kind, {})}
            text, id_ = link.text, _renamed(link.text.id, names)
            digest = vault.sign(words)
            values["text"] = canonical([id_, digest, text.author, text.written.timestamp(), words])
            yield "texts", (id_, digest, text.author, _moment(text.written), vault.seal(words, f"texts.sealed/{id_}"))
            for number, one in enumerate(children_of(link.kind, words), start=1):
                yield "children", tuple(child_row(vault, ref, number, one).values())
        salts = {name: os.urandom(SALT) for name in values}
        commitments = {name: hmac.digest(salts[name], value, "sha256").hex() for name, value in values.items()}
        mac = mac_of(key, previous, ref, link.number, link.at, link.actor, link.kind, commitments)
        shown = json.dumps({name: salt.hex() for name, salt in salts.items()})
        yield "audit_links", (
            ref, link.number, _moment(link.at), link.actor, link.kind, json.dumps(commitments), shown, previous, mac,
        )  # fmt: skip
        previous = mac
    yield "audit_heads", (ref, len(links), previous)
    yield "counted_deaths", _counted(there, counted, ref, child, panel)


def _moment(at: datetime) -> str:
    """As SQLite keeps it."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def _counted(
    there: Installation, row: tuple[Any, ...], ref: str, child: Mapping[str, Any], panel: Mapping[str, Any]
) -> tuple[Any, ...]:
    id_, born, died = row_of(there.vault, ref), *(date.fromisoformat(child[name]) for name in ("born", "died"))
    _, _, notified, reviewed, months, _, _, _, _, area, _, _, counts = row
    what = (category(panel["categories"]), panel["modifiable"]) if reviewed else (None, None)
    return (
        id_, there.vault.seal(ref, place_of(id_)), notified, reviewed, months,
        age_band(born, died).value, child["sex"], child["ethnic_group"],
        place_group(Place(child["place_of_death"])).value, area, *what, counts,
    )  # fmt: skip
