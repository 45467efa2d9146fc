"""The directory in the database: agencies, people, who holds which office. Read as one value, kept while it stands.

Whoever reads it also learns the rules that another process has put in force meanwhile, in the same question: a case is
never met under rules that are not on the shelf.
"""

import re
from datetime import date, datetime

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.base import Message
from models.directory import Agency, Directory, Holding, Person
from models.obligation import Ended
from models.tables import AgencyRow, HoldingRow, ObligationRow, PersonRow, PolicyRow, SettingRow
from records.audit import DIRECTORY, Auditor
from records.chains import of_directory
from records.policies import fill_shelf
from records.sealing import Vault

VERSION = "directory_version"
NOBODY_LIVES_THERE = re.compile(r"[@.]((example|test|invalid|localhost)|example\.(com|net|org))$", re.IGNORECASE)
_RULES = select(func.count()).select_from(PolicyRow).scalar_subquery()
_STANDING = select(SettingRow.value, _RULES).where(SettingRow.name == VERSION)


class DirectoryRecord:
    """Reads the directory again only after it has changed."""

    def __init__(self, vault: Vault, auditor: Auditor) -> None:
        self._vault, self._auditor = vault, auditor
        self._kept: tuple[str, Directory] | None = None
        self._rules = 0

    async def read(self, session: AsyncSession) -> Directory | None:
        row = (await (await session.connection()).execute(_STANDING)).first()
        if row is None:
            return None
        version, kept = row
        if kept != self._rules:
            await fill_shelf(session)
            self._rules = kept
        if self._kept is None or self._kept[0] != version:
            self._kept = version, await self._load(session)
        return self._kept[1]

    async def _load(self, session: AsyncSession) -> Directory:
        people = (await session.scalars(select(PersonRow))).all()
        return Directory(
            agencies={
                row.id: Agency.model_validate(row.body) for row in (await session.scalars(select(AgencyRow))).all()
            },
            people={
                row.id: Person.model_validate(self._vault.unseal(row.sealed, f"people.sealed/{row.id}"))
                for row in people
            },
            holdings=tuple(
                Holding.model_validate(row.body)
                for row in await session.scalars(select(HoldingRow).order_by(HoldingRow.number))
            ),
        )

    async def replace(self, session: AsyncSession, directory: Directory, by: str, now: datetime) -> None:
        """Put this directory in the place of the one before, as one step, with its link in the audit chain."""
        for table in (AgencyRow, PersonRow, HoldingRow):
            await session.execute(delete(table))
        agencies = {name: one.model_dump(mode="json") for name, one in directory.agencies.items()}
        people = {
            name: (one.model_dump(mode="json"), self._vault.look_up(one.email))
            for name, one in directory.people.items()
        }
        holdings = [one.model_dump(mode="json") for one in directory.holdings]
        session.add_all(AgencyRow(id=name, body=body) for name, body in agencies.items())
        session.add_all(
            PersonRow(id=name, email_key=key, sealed=self._vault.seal(person, f"people.sealed/{name}"))
            for name, (person, key) in people.items()
        )
        session.add_all(HoldingRow(number=number, body=body) for number, body in enumerate(holdings, start=1))
        values = of_directory(agencies, people, holdings)
        await self._auditor.append(session, DIRECTORY, now, by, "directory_replaced", values)
        version = await session.get(SettingRow, VERSION)
        if version is None:
            session.add(SettingRow(name=VERSION, value="1"))
        else:
            version.value = str(int(version.value) + 1)


def invented(directory: Directory) -> list[str]:
    """People whose address is of those in which nobody lives (RFC 2606), as in the example that is shipped."""
    return sorted(name for name, one in directory.people.items() if NOBODY_LIVES_THERE.search(one.email))


def readdressed(present: Directory, coming: Directory) -> list[str]:
    """People who keep their id and get another e-mail address: the same person, or somebody else under an old id."""
    return sorted(
        name
        for name, one in coming.people.items()
        if name in present.people and present.people[name].email.casefold() != one.email.casefold()
    )


class Leaving(Message):
    """An agency or a person of whom something is still owed, and who would not be in the directory any more."""

    id: str
    name: str
    office: str = ""
    """The person's, in `agency` or in the partnership; empty for an agency."""
    agency: str = ""
    owes: int
    """How many open obligations, in all cases together."""
    then: str = ""
    """Who holds the office in the directory that comes; empty if nobody does."""


async def leaving(session: AsyncSession, present: Directory, coming: Directory, on: date) -> list[Leaving]:
    """Who would leave while something is still owed of them: agencies first, then people of what remains."""
    columns = (ObligationRow.agency, ObligationRow.owed_by)
    owed = select(*columns, func.count()).where(ObligationRow.state.not_in(tuple(Ended))).group_by(*columns)
    agencies: dict[str, int] = {}
    people = []
    for agency, office, count in (await session.execute(owed.order_by(*columns))).all():
        who = present.look_up(office, agency or None, on).person
        if agency in present.agencies and agency not in coming.agencies:
            agencies[agency] = agencies.get(agency, 0) + count
        elif who and who not in coming.people:
            then = coming.look_up(office, agency or None, on).person
            name = coming.people[then].name if then else ""
            of = present.called(agency) if agency else ""
            people.append(
                Leaving(id=who, name=present.people[who].name, office=office, agency=of, owes=count, then=name)
            )
    return [Leaving(id=one, name=present.called(one), owes=count) for one, count in agencies.items()] + people
