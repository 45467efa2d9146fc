"""The first start on an empty folder: keys, tables, the shipped policy and directory, a link for the administrator."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from models.tables import AccountRow
from records.accounts import Accounts
from records.audit import DIRECTORY, FIRST_START
from records.directory import invented
from records.opening import Installation, open_installation, prepare
from records.policies import in_force, put_in_force
from records.settings import Settings, SignIn
from records.typed import typed

SHIPPED = Path(__file__).parent / "policy"
INVITED_FOR = timedelta(days=7)


async def first_start(settings: Settings, *, link: bool = True) -> str:
    """Make what is missing, and say where to look and how to sign in. Safe to run at every start.

    Without `link` nothing is said that a log must not keep.
    """
    await prepare(settings)
    there = await open_installation(settings)
    try:
        await _furnish(there)
        return await _welcome(there, link=link)
    finally:
        await there.close()


async def _furnish(there: Installation) -> None:
    now = datetime.now(UTC)
    async with there.database.reading() as session:
        if await in_force(session) and await there.recorder.directory.read(session):
            return
    from policy.reading import read_directory_file, read_policy_file  # noqa: PLC0415 -- slow, and needed once

    async with there.database.writing() as session:
        if await in_force(session) is None:
            names = await put_in_force(session, read_policy_file(SHIPPED / "england.yaml"), now)
            in_place = {"policy": "/".join(names)}
            await there.auditor.append(session, DIRECTORY, now, FIRST_START, "policy_in_force", in_place)
        if await there.recorder.directory.read(session) is None:
            directory = read_directory_file(SHIPPED / "directory.example.yaml")
            await there.recorder.directory.replace(session, directory, FIRST_START, now)
        await there.auditor.seal(session, there.settings.seals, now)


async def _welcome(there: Installation, *, link: bool) -> str:
    now, settings = datetime.now(UTC), there.settings
    organisation = settings.sign_in is SignIn.OIDC
    lines = [f"The records are in {settings.data_dir}. Keep a copy of {settings.keys.name} elsewhere."]
    async with there.database.writing() as session:
        directory = await there.recorder.directory.read(session)
        administrators = [one for one in directory.holdings if one.office == "administrator"] if directory else []
        known = set(await session.scalars(select(AccountRow.person)))
        if directory and administrators and not known and not organisation:
            email = directory.people[administrators[0].person].email
            lines.append(f"Nobody can sign in yet. The administrator ({email}) sets a password here, once:")
            if link:
                accounts = Accounts(there.database, there.vault, there.auditor)
                token = await accounts.link(session, "invitation", administrators[0].person, now + INVITED_FOR)
                lines.append(f"  {settings.address}/invitation#{token}")
            else:
                lines.append("  (run this command in a terminal to see the link)")
    if directory and administrators and not settings.demonstration and invented(directory):
        email = directory.people[administrators[0].person].email
        lines += [
            "The directory is an example: its people are invented, and no message reaches them. Before the first real",
            f"case copy {SHIPPED / 'directory.example.yaml'}, and put your own agencies and people into it,",
            "with ids of their own from p-101 on. Then give these commands; everybody in it signs in with their"
            " organisation:"
            if organisation
            else "with ids of their own from p-101 on. When the administrator has a password, give these commands,\n"
            "and start again, for a link of your own:",
            f"  {typed('directory check FILE')}",
            f"  {typed('directory import FILE')} --data-dir {settings.data_dir} --as {email}",
        ]
    if settings.demonstration:
        lines.append("DEMONSTRATION: everybody's messages are shown to everybody. Never use it with real cases.")
    return "\n".join(lines)
