"""Taking over a list of past deaths: all of it in one transaction, or nothing.

A completed review becomes a row of coarse values, of which figures are made, and nothing else of it is kept. An open
one becomes a case at the step that it has reached. A row is known again by a keyed digest of its reference in the list,
so that it is never entered twice; one that says something else by then is named, and what is here is not touched.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from door.refusals import Invalid, NotAllowed
from door.taking_over import TOLD_EACH, Opened, Over, Plan, Tell, named
from models.facts import Problem
from models.past_deaths import Children, PastDeath, PastDeaths
from models.rights import Actor, may_open
from models.tables import CaseRow, ChildRow, CountedRow, SettingRow
from models.time import day_of
from records.chains import TAKEN_OVER
from records.counted import of_past, past_row
from records.sealing import Vault
from records.taking import Taking
from records.writing import Recorder

LOOKED_AT_AGAIN: Final = timedelta(days=28)
"""When somebody looks at what a review that was taken over waits for: lists seldom say it."""
HERE = "The review of the death of the same child is here already: {ref}. Leave this row out."


class TakenDeaths(Opened):
    """What was taken over: the cases that are new, and how many rows were counted, known and changed in the list."""

    counted: int = 0
    """Completed reviews that are rows of coarse values now."""
    known: int = 0
    changed: tuple[str, ...] = ()
    """Rows that say something else than when they were taken over (by their address): what is here is not touched."""


class TakingDeathsOver(Over):
    """One for each list."""

    async def take(
        self, actor: Actor, found: PastDeaths, file: str, now: datetime, *, dry: bool = False
    ) -> TakenDeaths:
        """Take all of it over, or nothing. Raises Invalid, with what is wrong at which row, or NotAllowed.

        `file`: the SHA-256 of the file, which the audit chain keeps. `dry`: everything is tried, and nothing is kept.
        """
        if isinstance(refusal := may_open(actor, "enter_death", {}), Problem):
            raise NotAllowed([refusal])
        if found.problems:
            raise Invalid([Problem(field=one.cell, words=one.words) for one in found.problems])

        async def planned(session: AsyncSession, names: tuple[str, str]) -> _Plan:
            taking = Taking(self._recorder, session, actor, now, names, {})
            return await _Plan(found.deaths, taking, self._recorder, session, (actor, file)).known_before()

        return await self._all_or_nothing(planned, dry=dry)


class _Plan(Plan[TakenDeaths]):
    """Which rows are still to be counted, and which cases to be opened. `by`: who does it, and from which file."""

    def __init__(
        self,
        deaths: Sequence[PastDeath],
        taking: Taking,
        recorder: Recorder,
        session: AsyncSession,
        by: tuple[Actor, str],
    ) -> None:
        self.deaths, self.taking, self.recorder, self.session, self.by = deaths, taking, recorder, session, by
        self.vault = recorder.vault
        self.problems: list[Problem] = []
        self.rows: list[dict[str, Any]] = []
        self.opened: list[str] = []
        self.cases = dict[str, str]()
        self.counted = dict[str, dict[str, Any]]()
        self.children = Children[str]()

    async def known_before(self) -> "_Plan":
        """Look up what was taken over before, and which children have a review here."""
        key = CaseRow.state["said"]["key"].as_string()
        keys = await self.session.scalars(select(key).where(CaseRow.kind == "child_death"))
        self.cases = {own: digest for own, _, digest in (str(key).partition("/") for key in keys if key)}
        names = {past_row(self.vault, one.reference) for one in self.deaths}
        columns = [column for column in CountedRow.__table__.columns if column.name != "sealed"]
        for said in (await self.session.execute(select(*columns))).mappings():
            if said["id"] in names:
                self.counted[str(said["id"])] = dict(said)
        of_deaths = select(ChildRow).where(ChildRow.case.startswith("CD-"))
        for row in await self.session.scalars(of_deaths):
            child = self.vault.unseal(row.sealed, f"children.sealed/{row.case}/{row.number}")
            born = date.fromisoformat(str(child["born"]))
            self.children.add(str(child.get("nhs_number") or ""), str(child["name"]), born, row.case)
        return self

    async def enter(self, tell: Tell) -> TakenDeaths:
        changed, known = list[str](), 0
        for number, one in enumerate(self.deaths):
            if number % TOLD_EACH == 0:
                tell("Entering", number, len(self.deaths))
            same = self._known(one)
            if same is None:
                await self._enter(one)
                continue
            known += 1
            changed += [] if same else [one.cell]
        tell("Entering", len(self.deaths), len(self.deaths))
        return TakenDeaths(cases=tuple(self.opened), counted=len(self.rows), known=known, changed=tuple(changed))

    async def write(self) -> None:
        """The cases, the rows, and a link that says who took over how many from which file."""
        await self.taking.write()
        if self.rows:
            await self.session.execute(insert(CountedRow), self.rows)
        if self.rows or self.opened:
            actor, file = self.by
            said = f"{len(self.rows)} counted, {len(self.opened)} opened, SHA-256 {file}"
            auditor, now = self.recorder.auditor, self.taking.now
            number = await auditor.append(
                self.session, TAKEN_OVER, now, actor.person, "past_deaths_taken_over", {"taken": said}
            )
            self.session.add(SettingRow(name=f"{TAKEN_OVER}/{number}", value=said))

    def _known(self, one: PastDeath) -> bool | None:
        """Whether it says the same as when it was taken over; None if it was not."""
        id_, own = past_row(self.vault, one.reference), self._own(one)
        if own in self.cases:
            return self.cases[own] == self._digest(one)
        if id_ in self.counted:
            return one.completed and of_past(self.vault, one) == self.counted[id_]
        return None

    async def _enter(self, one: PastDeath) -> None:
        if ref := self.children.add(one.nhs_number, one.name, one.born, ""):
            self.problems.append(Problem(field=one.cell, words=HERE.format(ref=ref)))
        elif one.completed:
            self.rows.append({**of_past(self.vault, one), "sealed": self.vault.seal("", _sealed_at(self.vault, one))})
        else:
            key = f"{self._own(one)}/{self._digest(one)}"
            found = await self.taking.open("enter_death", _entering(one, key, day_of(self.taking.now)))
            if isinstance(found, str):
                self.opened.append(found)
            else:
                self.problems += [Problem(field=one.cell, words=f"{named(wrong)}{wrong.words}") for wrong in found]

    def _own(self, one: PastDeath) -> str:
        return past_row(self.vault, one.reference)[:32]

    def _digest(self, one: PastDeath) -> str:
        return self.vault.look_up(one.model_dump_json(exclude={"cell"}))[:32]


def _sealed_at(vault: Vault, one: PastDeath) -> str:
    return f"counted_deaths.sealed/{past_row(vault, one.reference)}"


def _entering(one: PastDeath, key: str, today: date) -> dict[str, Any]:
    """The answers that an open review gives."""
    assert one.reached
    waits = [
        {
            "kind": each.kind.value, "since": each.since.isoformat(), "holds": each.holds(one.reached),
            "review": (today + LOOKED_AT_AGAIN).isoformat(),
        }
        for each in one.waits
    ]  # fmt: skip
    said = {"met_on": one.meeting, "drafted_on": one.analysis, "panel_on": one.panel}
    return {
        "name": one.name, "nhs_number": one.nhs_number, "born": one.born.isoformat(), "sex": one.sex.value,
        "ethnic_group": one.ethnic_group.value, "area": one.area, "died": one.died.isoformat(),
        "place_of_death": one.place.value, "notified_on": one.notified.isoformat(), "reached": one.reached.value,
        **{name: day.isoformat() for name, day in said.items() if day},
        "agencies": list(one.forms_owed), "waits": waits, "key": key,
    }  # fmt: skip
