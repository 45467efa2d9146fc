"""The command `rehearse`: a scenario, or last year's cases, run through the rules of the engine without an engine."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from terminal.common import REFUSED, As, AsJson, DataDir, Session, counted, fail, moment, run, text_of, typed_day

if TYPE_CHECKING:
    from models.directory import Directory
    from models.policy import Policy
    from models.rehearsal import Changed, Scenario, Step, Timeline

LAST_YEAR = "last-year"
A_YEAR = timedelta(days=365)


class Rehearsed(NamedTuple):
    """One rehearsal, what it is of, and what changes under another policy (named; empty where there is none)."""

    title: str
    words: str
    line: "Timeline"
    changes: "list[Changed]"
    other: str


def rehearse(  # noqa: PLR0913, PLR0917 -- what is rehearsed, under which rules, and by whom
    scenario: Annotated[
        str,
        typer.Argument(
            metavar="SCENARIO",
            help="A scenario file; a shipped one (smooth, silent-agency, parked, outage); `year`; or `last-year`: the "
            "cases recorded here.",
        ),
    ],
    policy: Annotated[
        Path | None,
        typer.Option(help="Rehearse under this policy file. Otherwise the shipped one; for `last-year` that in force."),
    ] = None,
    compare: Annotated[
        Path | None,
        typer.Option(help="Also under this one, and show the difference. `last-year` is compared with today's itself."),
    ] = None,
    directory: Annotated[
        Path | None,
        typer.Option(help="With this directory. Otherwise the shipped example; for `last-year` that of today."),
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option(
            parser=typed_day, metavar="DAY", help="For `last-year`: cases opened from this day on; else in 365 days."
        ),
    ] = None,
    data_dir: DataDir = Path("data"),
    *,
    as_: As = "",
    as_json: AsJson = False,
) -> None:
    """Who would be told what and when, and what another policy would change. No message leaves."""
    from policy.problems import PolicyProblems

    try:
        if scenario == LAST_YEAR:
            found = run(_last_year(data_dir, as_, (policy or compare, directory), since))
        else:
            found = _scenario(scenario, policy, compare, directory)
    except (PolicyProblems, ValueError) as problems:
        fail(str(problems))
    if as_json:
        timeline = found.line.model_dump(mode="json")
        moved = [one.model_dump(mode="json") for one in found.changes]
        typer.echo(json.dumps({"title": found.title, "timeline": timeline, "changes": moved}, indent=1))
        return
    typer.echo(f"{found.title}\n{found.words}\n")
    for step in found.line.steps:
        typer.echo(_line(step))
    _say_messages(found.line)
    if found.other:
        typer.echo(f"\n{counted(len(found.changes), 'message changes', 'messages change')} under {found.other}:")
        for one in found.changes:
            typer.echo(f"  {_change(one)}")


def _scenario(name: str, policy: Path | None, compare: Path | None, directory: Path | None) -> Rehearsed:
    from first_start import SHIPPED
    from models import shelf
    from models.rehearsal import difference
    from models.rehearsal import rehearse as play
    from policy.reading import read_directory

    rules = _policy(policy or SHIPPED / "england.yaml")
    book = directory or SHIPPED / "directory.example.yaml"
    people = read_directory(text_of(book), book.name)
    story = _story(name, SHIPPED, rules, people)
    line = play(story, *shelf.put(rules), people)
    if compare is None:
        return Rehearsed(story.title, story.words, line, [], "")
    changes = difference(line, play(story, *shelf.put(_policy(compare)), people))
    return Rehearsed(story.title, story.words, line, changes, compare.name)


async def _last_year(
    data_dir: Path, by: str, drafts: tuple[Path | None, Path | None], since: datetime | None
) -> Rehearsed:
    """The recorded cases, lived again under a draft and under the policy in force.

    `drafts`: of the policy, and of the directory; otherwise the people are those of today.
    """
    draft, book = drafts
    from models import shelf
    from models.rehearsal import difference
    from models.replaying import replay
    from models.time import at
    from policy.reading import read_directory
    from records.policies import in_force
    from records.questions import Questions

    async with Session(data_dir) as session:
        actor, now = await session.actor(by), datetime.now(UTC)
        async with session.there.database.reading() as reading:
            today = await in_force(reading) or fail("No policy is in force.")
        questions = Questions(session.there.recorder)
        people = read_directory(text_of(book), book.name) if book else await session.directory()
        begins = at(since.date(), since.time()) if since else now - A_YEAR
        histories, left_out = await questions.histories(actor, now, begins)
        if left_out and not histories:
            fail("Your office does not see whole cases, so there is nothing that you could rehearse.", REFUSED)
        await questions.note_read(actor.person, "", "rehearsal of recorded cases", now)
    present = replay(histories, *today, people, now)
    words = f"{counted(len(histories), 'case')}, with the people of {book.name if book else 'today'}."
    if left_out:
        words += f" Left out are {left_out} that are not yours to open."
    title = f"The cases recorded since {begins:%d %B %Y}"
    if draft is None:
        return Rehearsed(title, words, present, [], "")
    line = replay(histories, *shelf.put(_policy(draft)), people, now)
    return Rehearsed(
        title, f"{words} Under {draft.name}.", line, difference(present, line), f"{draft.name}, beside today"
    )


def _policy(file: Path) -> "Policy":
    from policy.reading import read_policy

    return read_policy(text_of(file), file.name)


def _story(name: str, shipped: Path, rules: "Policy", people: "Directory") -> "Scenario":
    from policy.reading import read_scenario
    from policy.year import a_year

    if name == "year":
        return a_year()
    file = shipped / "scenarios" / f"{name}.yaml"
    if not file.exists() and name != "-" and not Path(name).exists():
        there = ", ".join(sorted(one.stem for one in file.parent.glob("*.yaml")))
        fail(f"There is no file {name}, and no scenario of this name. Shipped are: {there}, year; and {LAST_YEAR}.")
    return read_scenario(text_of(file if file.exists() else Path(name)), Path(name).name, rules, people)


def _line(step: "Step") -> str:
    words = f"refused: {' '.join(step.refused)}" if step.refused else step.what.replace("_", " ")
    about = step.obligation or step.agency
    office = step.office.replace("_", " ")
    return (
        f"{moment(step.at):18} {step.case:13} {words}{f' {about}' if about else ''}{f' ({office})' if office else ''}"
    )


def _say_messages(line: "Timeline") -> None:
    """Every message, by the office that it goes to."""
    typer.echo(f"\n{counted(len(line.notices), 'message')} would be sent:")
    for office, count in line.by_office().items():
        typer.echo(f"  {count:5} {office.replace('_', ' ')}")
        for notice in (one for one in line.notices if one.office == office):
            about = notice.obligation or f"{notice.kind} {notice.agency}".strip()
            typer.echo(f"        {moment(notice.rung_at):18} {notice.case:13} {about}")


def _change(one: "Changed") -> str:
    before, after = (
        f"{moment(side.rung_at)} {side.office.replace('_', ' ')}" if side else "not sent"
        for side in (one.before, one.after)
    )
    return f"{one.key}: {before} -> {after}"
