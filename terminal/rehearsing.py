"""The command `rehearse`: a scenario, or last year's cases, run through the rules of the engine without an engine."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from terminal.common import REFUSED, As, AsJson, DataDir, Session, counted, fail, moment, run, text_of, typed_day

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from models.directory import Directory
    from models.policy import Policy
    from models.rehearsal import Changed, Scenario, Step, Timeline
    from models.telling import Notice

LAST_YEAR = "last-year"
A_YEAR = timedelta(days=365)


class Rehearsed(NamedTuple):
    """One rehearsal, what it is of, and what changes under another policy (named; empty where there is none).

    `policy` and `people`: by which offices, agencies and people are called. `titles`: as in Timeline, of all that is
    shown.
    """

    title: str
    words: str
    line: "Timeline"
    policy: "Policy"
    people: "Directory"
    titles: "Mapping[str, Mapping[str, str]]"
    changes: "Sequence[Changed]" = ()
    other: str = ""


def rehearse(  # noqa: PLR0913, PLR0917 -- what is rehearsed, under which rules, and by whom
    scenario: Annotated[
        str,
        typer.Argument(
            metavar="SCENARIO",
            help="A scenario file; a shipped one (smooth, silent-agency, parked, outage); `year`; `backlog`; or "
            "`last-year`: the cases recorded here.",
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
        typer.echo(_line(step, found))
    _say_messages(found)
    if found.other:
        typer.echo(f"\n{counted(len(found.changes), 'message changes', 'messages change')} under {found.other}:")
        for one in found.changes:
            typer.echo(f"  {_change(one, found)}")


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
        return Rehearsed(story.title, story.words, line, rules, people, line.titles)
    other = play(story, *shelf.put(_policy(compare)), people)
    titles = _together(line, other)
    return Rehearsed(story.title, story.words, line, rules, people, titles, difference(line, other), compare.name)


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
        return Rehearsed(title, words, present, shelf.policy(today[0]), people, present.titles)
    rules = _policy(draft)
    line = replay(histories, *shelf.put(rules), people, now)
    return Rehearsed(
        title, f"{words} Under {draft.name}.", line, rules, people, _together(present, line),
        difference(present, line), f"{draft.name}, beside today",
    )  # fmt: skip


def _together(*lines: "Timeline") -> dict[str, dict[str, str]]:
    """What is owed in any of them, by its title."""
    found: dict[str, dict[str, str]] = {}
    for line in lines:
        for ref, titles in line.titles.items():
            found.setdefault(ref, {}).update(titles)
    return found


def _policy(file: Path) -> "Policy":
    from policy.reading import read_policy

    return read_policy(text_of(file), file.name)


def _story(name: str, shipped: Path, rules: "Policy", people: "Directory") -> "Scenario":
    from policy.backlog import a_backlog
    from policy.reading import read_scenario
    from policy.year import a_year

    made = {"year": a_year, "backlog": a_backlog}
    if name in made:
        return made[name]()
    file = shipped / "scenarios" / f"{name}.yaml"
    if not file.exists() and name != "-" and not Path(name).exists():
        there = ", ".join((*sorted(one.stem for one in file.parent.glob("*.yaml")), *made))
        fail(f"There is no file {name}, and no scenario of this name. Shipped are: {there}; and {LAST_YEAR}.")
    return read_scenario(text_of(file if file.exists() else Path(name)), Path(name).name, rules, people)


def _line(step: "Step", found: Rehearsed) -> str:
    words = f"refused: {' '.join(step.refused)}" if step.refused else step.what.replace("_", " ")
    about = found.titles.get(step.case, {}).get(step.obligation) or found.people.called(step.agency)
    who = ", ".join(filter(None, (_office(step.office, found), _name(step.person, found))))
    return f"{moment(step.at):18} {step.case:13} {words}{f': {about}' if about else ''}{f' ({who})' if who else ''}"


def _office(name: str, found: Rehearsed) -> str:
    """Such as "Agency contact, Harrowshire Police" for `agency_contact/harrowshire-police`."""
    office, _, agency = name.partition("/")
    title = found.policy.titled(office)
    return f"{title}, {found.people.called(agency)}" if agency else title.replace("_", " ")


def _name(person: str, found: Rehearsed) -> str:
    """Of somebody in the directory; whoever referred is named by that alone."""
    return found.people.people[person].name if person in found.people.people else ""


def _about(notice: "Notice", found: Rehearsed) -> str:
    """What a message is about."""
    title = found.titles.get(notice.case, {}).get(notice.obligation)
    return title or f"{notice.kind.replace('_', ' ')} {found.people.called(notice.agency)}".strip()


def _say_messages(found: Rehearsed) -> None:
    """Every message, by the office that it goes to."""
    notices = found.line.notices
    typer.echo(f"\n{counted(len(notices), 'message')} would be sent:")
    for office, count in found.line.by_office().items():
        typer.echo(f"  {count:5} {_office(office, found)}")
        for notice in (one for one in notices if one.office == office):
            to = f", to {name}" if (name := _name(notice.person, found)) else ""
            typer.echo(f"        {moment(notice.rung_at):18} {notice.case:13} {_about(notice, found)}{to}")


def _change(one: "Changed", found: Rehearsed) -> str:
    before, after = (
        f"{moment(side.rung_at)} {_office(side.office, found)}" if side else "not sent"
        for side in (one.before, one.after)
    )
    sent = one.before or one.after
    what = f"{sent.case} {_about(sent, found)}" if sent else one.key
    return f"{what}: {before} -> {after}"
