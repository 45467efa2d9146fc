"""Commands on the directory: check, import."""

import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple, NoReturn

import typer

from records.trouble import WRONG
from records.typed import typed
from terminal.common import REFUSED, As, AsJson, DataDir, Session, counted, fail, judged, run, say, text_of

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from models.directory import Directory
    from models.policy import Policy
    from policy.problems import Problem
    from records.directory import Leaving

app = typer.Typer(no_args_is_help=True, help="Agencies, people, and who holds which office.")
HERE = Path("data")
MAY_CHANGE = frozenset({"administrator", "business_manager"})
NewAddress = Annotated[
    list[str] | None,
    typer.Option(metavar="ID", help="This person has another e-mail address now. May be given several times."),
]
DirectoryFile = Annotated[
    Path, typer.Argument(metavar="FILE", help="A directory file, such as policy/directory.example.yaml.")
]


@app.command()
def check(
    file: DirectoryFile,
    policy: Annotated[
        Path | None, typer.Option(help="Check it against this policy. Otherwise the shipped one.")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Name every problem of a directory file, with its line. Advice does not make it bad; problems do."""
    from first_start import SHIPPED
    from models.time import day_of
    from policy.problems import PolicyProblems
    from policy.reading import read_policy

    text, rules = text_of(file), policy or SHIPPED / "england.yaml"
    try:
        against = read_policy(text_of(rules), rules.name)
    except PolicyProblems as wrong:
        fail(str(wrong))
    try:
        found, problems = _looked_at(text, file.name, against, day_of(datetime.now(UTC)))
    except PolicyProblems as wrong:
        judged({}, wrong.problems, str(wrong), as_json=as_json)
        raise typer.Exit(WRONG) from None
    good = not any(one.grave for one in problems)
    sizes = {"agencies": len(found.agencies), "people": len(found.people), "offices_held": len(found.holdings)}
    held = counted(len(found.holdings), "office held", "offices held")
    words = f"{file.name}: {_sizes(found)}, {held}. It is {'good' if good else 'not good'}."
    judged(sizes, problems, "\n".join([*map(str, problems), words]), as_json=as_json, good=good)
    raise typer.Exit(0 if good else WRONG)


@app.command("import")
def import_(  # noqa: PLR0913 -- each is a word about the import
    file: DirectoryFile,
    data_dir: DataDir = HERE,
    new_address: NewAddress = None,
    *,
    as_: As,
    yes: Annotated[
        bool, typer.Option("--yes", help="Also if agencies or people leave of whom something is still owed.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Put this directory in the place of the present one, as one step. It must fit the policy in force."""
    from policy.problems import PolicyProblems
    from policy.reading import read_directory

    text = text_of(file)
    try:
        read_directory(text, file.name)  # what is no directory at all is said before anybody types a password
    except PolicyProblems as problems:
        fail(str(problems))
    plan, anybody = run(_replace(data_dir, as_, Import(text, file.name, frozenset(new_address or ()), yes, as_json)))
    found = plan.directory
    words = f"{_sizes(found)}: this is the directory now."
    if not anybody:
        words += (
            f" Nobody can sign in any more: start `{typed('serve')}` again, which prints a link for the administrator."
        )
    said = {"taken": True, "agencies": len(found.agencies), "people": len(found.people), **_said(plan)}
    say(said, "\n".join([*map(str, plan.problems), words]), as_json=as_json)


@app.command("sign-out")
def sign_out(
    person: Annotated[str, typer.Argument(metavar="ID", help="The person's id in the directory, such as p-101.")],
    data_dir: DataDir = HERE,
    *,
    as_: As,
    as_json: AsJson = False,
) -> None:
    """End every session of somebody, and their access token, as when a computer was lost."""
    run(_sign_out(data_dir, as_, person))
    say({"signed_out": person}, f"{person} is signed out everywhere.", as_json=as_json)


async def _sign_out(data_dir: Path, by: str, person: str) -> None:
    from records.accounts import Accounts

    async with Session(data_dir) as session:
        actor = await session.actor(by)
        if not actor.anywhere(MAY_CHANGE):
            fail("Only the administrator or the business manager may sign others out.", REFUSED)
        if person not in (await session.directory()).people:
            fail(f"Nobody in the directory has the id {person}.")
        there = session.there
        await Accounts(there.database, there.vault, there.auditor).revoke(person, datetime.now(UTC), actor.person)


class Import(NamedTuple):
    """What is to be imported, and what was agreed to beforehand."""

    text: str
    name: str
    new_address: frozenset[str]
    yes: bool
    as_json: bool


class Plan(NamedTuple):
    """What an import would do: the directory, advice about it, whose account ends, who leaves owing something."""

    directory: "Directory"
    problems: "list[Problem]"
    closed: frozenset[str]
    leaving: "list[Leaving]"


def _looked_at(text: str, name: str, policy: "Policy", on: date) -> "tuple[Directory, list[Problem]]":
    """The directory, and what a check and an import say about it alike. Raises PolicyProblems, with each line."""
    from models.rights import actor_of
    from policy.problems import Problem, together
    from policy.reading import check_against, read_directory

    found = read_directory(text, name, policy)
    problems = check_against(policy, found, on)
    noon = datetime(on.year, on.month, on.day, 12, tzinfo=UTC)
    if not any(actor_of(found, one, noon).anywhere(MAY_CHANGE) for one in found.people):
        words = "Nobody could change the directory any more. Enter an administrator or a business manager."
        problems.append(Problem(0, "holdings", words))
    return found, sorted(together(problems), key=lambda one: not one.grave)


def _sizes(directory: "Directory") -> str:
    people, agencies = len(directory.people), len(directory.agencies)
    return f"{counted(people, 'person', 'people')} in {counted(agencies, 'agency', 'agencies')}"


async def _replace(data_dir: Path, by: str, wanted: Import) -> tuple[Plan, bool]:
    """Look, ask about those who leave, look again, and do it: nothing is held while a person thinks.

    Returns what was done, and whether anybody can still sign in.
    """
    from sqlalchemy import select

    from models.tables import AccountRow
    from records.accounts import Accounts
    from records.settings import SignIn

    async with Session(data_dir) as session:
        person, now = await _who(session, by), datetime.now(UTC)
        async with session.there.database.reading() as reading:
            agreed = await _plan(session, reading, person, now, wanted)
        _agree(agreed, wanted)
        async with session.there.database.writing() as writing:
            plan = await _plan(session, writing, person, now, wanted)
            if plan.leaving != agreed.leaving:
                _refused(["What is owed has changed meanwhile. Give the same command again."], plan, wanted)
            accounts = Accounts(session.there.database, session.there.vault, session.there.auditor)
            for gone in sorted(plan.closed):
                await accounts.close(writing, gone, now)
            await session.there.recorder.directory.replace(writing, plan.directory, person, now)
            anybody = await writing.scalar(select(AccountRow.person).limit(1)) is not None
            return plan, anybody or session.settings.sign_in is SignIn.OIDC


async def _who(session: Session, by: str) -> str:
    """Who changes the directory.

    Where people sign in with their organisation nobody can while the example stands that the first start put there,
    for its people are invented: then it is whoever holds the folder with its keys, on record as that first start.
    """
    from sqlalchemy import select

    from models.tables import SessionRow
    from records.audit import FIRST_START
    from records.directory import invented
    from records.settings import SignIn

    if session.settings.sign_in is SignIn.OIDC:
        directory = await session.directory()
        async with session.there.database.reading() as reading:
            used = await reading.scalar(select(SessionRow.id).limit(1))
        if used is None and len(invented(directory)) == len(directory.people):
            return FIRST_START
    return await session.sign_in(by)


async def _plan(session: Session, open_: "AsyncSession", person: str, now: datetime, wanted: Import) -> Plan:
    """What the import would do, or the end of the command with everything that speaks against it."""
    from models import shelf
    from models.rights import actor_of
    from models.time import day_of
    from policy.problems import PolicyProblems
    from records.audit import FIRST_START
    from records.directory import leaving, readdressed
    from records.policies import in_force

    present, names = await session.there.recorder.directory.read(open_), await in_force(open_)
    if present and person != FIRST_START and not actor_of(present, person, now).anywhere(MAY_CHANGE):
        fail("Only the administrator or the business manager may change the directory.", REFUSED)
    if names is None:
        fail(f"No policy is in force, so it is not known which offices there are. Start `{typed('serve')}` once.")
    today = day_of(now)
    try:
        found, problems = _looked_at(wanted.text, wanted.name, shelf.policy(names[0]), today)
    except PolicyProblems as wrong:
        _refused([str(one) for one in wrong.problems], None, wanted)
    moved = readdressed(present, found) if present else []
    against = [str(one) for one in problems if one.grave]
    against += [
        f"{one} has another e-mail address than before. Is it still the same person? Then add --new-address "
        f"{one}: their sessions and password end, and they are invited again. Anybody else needs an id of "
        "their own."
        for one in moved
        if one not in wanted.new_address
    ]
    gone = present.people.keys() - found.people.keys() if present else set()
    leave = await leaving(open_, present, found, today) if present else []
    plan = Plan(found, problems, frozenset({*moved, *gone}), leave)
    if against:
        _refused(against, plan, wanted)
    return plan


def _agree(plan: Plan, wanted: Import) -> None:
    """Go on if nobody leaves of whom something is owed, or if that is wanted; otherwise ask, or say what to add."""
    if not plan.leaving or wanted.yes:
        return
    lines = [_leaves(one) for one in plan.leaving]
    if sys.stdin.isatty() and not wanted.as_json:
        typer.echo("\n".join(lines), err=True)
        if typer.confirm("Go on all the same?", err=True):
            return
        fail("Nothing was changed.", REFUSED)
    _refused([*lines, "If that is right, give the same command with --yes."], plan, wanted)


def _refused(words: list[str], plan: Plan | None, wanted: Import) -> NoReturn:
    if wanted.as_json:
        say({"taken": False, "problems": words, **(_said(plan) if plan else {"leaving": []})}, "", as_json=True)
    else:
        typer.echo("\n".join(["This directory was not taken:", *(f"  {one}" for one in words)]), err=True)
    raise typer.Exit(REFUSED)


def _said(plan: Plan) -> dict[str, list[dict[str, object]]]:
    return {"leaving": [one.model_dump() for one in plan.leaving]}


def _leaves(one: "Leaving") -> str:
    owed = counted(one.owes, "open obligation")
    if not one.office:
        return f"{one.name} ({one.id}) would leave with {owed}: nobody there could be told of them any more."
    office = f"{one.office}{f' of {one.agency}' if one.agency else ''}"
    return f"{one.name} ({one.id}), {office}, would leave with {owed}, which would pass to {one.then or 'nobody'}."
