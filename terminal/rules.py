"""Commands on the policy: check, show, adopt, holiday."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from terminal.common import REFUSED, WRONG, As, AsJson, DataDir, Session, day, fail, run, say, text_of

if TYPE_CHECKING:
    from models.policy import Policy
    from policy.problems import Problem

app = typer.Typer(no_args_is_help=True, help="The policy: every figure, with its source.")
HERE = Path("data")
PolicyFile = Annotated[Path, typer.Argument(metavar="FILE", help="A policy file, such as policy/england.yaml.")]
Apply = Annotated[bool, typer.Option("--apply", help="Do it. Without this it only shows what would move.")]


@app.command()
def check(
    file: PolicyFile,
    directory: Annotated[Path | None, typer.Option(help="Also check it against this directory file.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Name every problem of a policy file, with its line. Advice does not make it bad; problems do."""
    from policy.problems import PolicyProblems
    from policy.reading import advice, check_against, read_directory, read_policy

    try:
        found = read_policy(text_of(file), file.name)
        problems = list(advice(found))
        if directory:
            problems += check_against(found, read_directory(text_of(directory), directory.name, found))
    except PolicyProblems as wrong:
        _judged("", wrong.problems, str(wrong), as_json=as_json)
        raise typer.Exit(WRONG) from None
    grave = any(one.grave for one in problems)
    words = f"{file.name}: version {found.version} is {'not good' if grave else 'good'}."
    _judged(found.version, problems, "\n".join([*map(str, problems), words]), as_json=as_json, good=not grave)
    raise typer.Exit(WRONG if grave else 0)


def _judged(
    version: str, problems: "tuple[Problem, ...] | list[Problem]", words: str, *, as_json: bool, good: bool = False
) -> None:
    listed = [{"line": one.line, "key": one.key, "words": one.words, "grave": one.grave} for one in problems]
    if as_json:
        say({"version": version, "good": good, "problems": listed}, "", as_json=True)
    else:
        typer.echo(words, err=not good)


@app.command()
def show(
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="Without it: the policy in force.")] = None,
    data_dir: DataDir = HERE,
    *,
    as_json: AsJson = False,
) -> None:
    """Show every deadline with its figure, trigger, ladder, force and citation."""
    from policy.problems import PolicyProblems
    from policy.reading import read_policy

    try:
        found = read_policy(text_of(file), file.name) if file else run(_present(data_dir))
    except PolicyProblems as wrong:
        fail(str(wrong))
    say(found.model_dump(mode="json"), "\n".join(_shown(found)), as_json=as_json)


async def _present(data_dir: Path) -> "Policy":
    from models import shelf
    from records.policies import in_force

    async with Session(data_dir) as session, session.there.database.reading() as reading:
        names = await in_force(reading)
        return shelf.policy(names[0]) if names else fail("No policy is in force.")


def _shown(policy: "Policy") -> list[str]:
    lines = [f"{policy.title}, version {policy.version}"]
    for lifecycle, blocks in policy.lifecycles.items():
        lines += ["", lifecycle.replace("_", " ")]
        for name, block in blocks.items():
            budget = block.budget
            figure = (
                f"{budget.n} {budget.unit.replace('_', ' ')} from {block.starts}" if budget else "a person says the day"
            )
            source = policy.sources[block.source]
            force = block.force.replace("_", " ")
            lines.append(f"  {name:26} {figure:48} {block.ladder:22} {force:20} {source.citation}, {source.edition}")
    return lines


@app.command()
def adopt(  # noqa: PLR0913 -- each is a choice of whoever adopts
    file: PolicyFile,
    data_dir: DataDir = HERE,
    reason: Annotated[str, typer.Option(help="Why open cases follow it.")] = "A new version of the policy.",
    *,
    as_: As,
    apply: Apply = False,
    open_cases: Annotated[
        bool, typer.Option("--open-cases", help="Open cases follow it too. Without this they keep theirs.")
    ] = False,
) -> None:
    """Show which open cases a policy would move and how; with --apply put it in force."""
    from policy.problems import PolicyProblems
    from policy.reading import read_policy

    try:
        found = read_policy(text_of(file), file.name)
    except PolicyProblems as problems:
        fail(str(problems))
    if apply and not open_cases:
        run(_in_force(data_dir, as_, found))
        return
    run(_changing(data_dir, as_, lambda _: found, reason, calendar_only=False, apply=apply))


@app.command()
def holiday(
    day: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], metavar="DAY", help="As in 2027-05-03.")],
    title: Annotated[str, typer.Argument(help="What people call it.")],
    data_dir: DataDir = HERE,
    *,
    as_: As,
    apply: Apply = False,
) -> None:
    """Proclaim a holiday: show which live deadlines move, and with --apply move them in every open case."""
    from door.adopting import with_holiday

    def make(policy: "Policy") -> "Policy":
        return with_holiday(policy, day.date(), title, "proclamation")

    run(_changing(data_dir, as_, make, title, calendar_only=True, apply=apply))


async def _changing(  # noqa: PLR0913 -- a change, and how far it goes
    data_dir: Path, by: str, make: Callable[[Any], Any], reason: str, *, calendar_only: bool, apply: bool
) -> None:
    """Show which dates of open cases would move; then, if asked, put it in force and do it case by case."""
    from rich.progress import track

    from door.adopting import Adopting
    from door.door import Door
    from door.refusals import NotAllowed

    async with Session(data_dir) as session:
        actor, now = await session.actor(by), datetime.now(UTC)
        adopting = Adopting(session.there.recorder)
        try:
            fresh = make(await adopting.present())
        except ValueError as wrong:
            fail(str(wrong))
        cases = await adopting.open_cases()
        for case in track(cases, description="Looking at open cases", disable=not sys.stdout.isatty()):
            for move in adopting.moved(case, fresh, actor.person, now, calendar_only=calendar_only):
                was, then = (day(one) if one else "no date" for one in (move.was, move.then))
                said = f" ({move.said} messages are taken back in words)" if move.said else ""
                agency = f", {move.agency}" if move.agency else ""
                typer.echo(f"{move.case} {move.title}{agency}: {was} -> {then}{said}")
        if not apply:
            typer.echo(f"{len(cases)} open cases looked at. Nothing is changed yet: add --apply to change it.")
            return
        try:
            names = await adopting.keep(fresh, actor, now)
        except NotAllowed as refusal:
            fail(refusal.problems[0].words, REFUSED)
        engine, problems = await session.there.connect(lazy=True), 0
        door = Door(session.there.recorder, engine, lambda: datetime.now(UTC))
        async for one in adopting.apply(door, actor, names, reason, cases, calendar_only=calendar_only):
            problems += bool(one.problem)
            typer.echo(f"{one.case}: {one.problem or 'done'}")
        if problems:
            fail(f"{problems} cases were not changed. Run the same command again.", REFUSED)


async def _in_force(data_dir: Path, by: str, policy: "Policy") -> None:
    from door.adopting import Adopting
    from door.refusals import NotAllowed

    async with Session(data_dir) as session:
        actor = await session.actor(by)
        try:
            await Adopting(session.there.recorder).keep(policy, actor, datetime.now(UTC))
        except NotAllowed as refusal:
            fail(refusal.problems[0].words, REFUSED)
    typer.echo(f"Version {policy.version} is in force for cases that start from now on.")
