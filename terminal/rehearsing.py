"""The command `rehearse`: a scenario run through the very rules of the engine, without an engine."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from terminal.common import AsJson, fail, moment, text_of

if TYPE_CHECKING:
    from models.rehearsal import Changed, Scenario, Step, Timeline


def rehearse(
    scenario: Annotated[
        str, typer.Argument(help="A scenario file; a shipped one (smooth, silent-agency, parked, outage); or `year`.")
    ],
    policy: Annotated[
        Path | None, typer.Option(help="Rehearse under this policy file; the shipped one otherwise.")
    ] = None,
    compare: Annotated[Path | None, typer.Option(help="Also under this one, and show the difference.")] = None,
    directory: Annotated[Path | None, typer.Option(help="With this directory; the shipped example otherwise.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Who would be told what and when, and what another policy would change. No message leaves."""
    from first_start import SHIPPED
    from models import shelf
    from models.rehearsal import difference
    from models.rehearsal import rehearse as play
    from policy.problems import PolicyProblems
    from policy.reading import read_directory, read_policy

    try:
        story = _story(scenario, SHIPPED)
        people = read_directory(text_of(directory or SHIPPED / "directory.example.yaml"), "the directory")
        files = [policy or SHIPPED / "england.yaml", *([compare] if compare else [])]
        lines = [play(story, *shelf.put(read_policy(text_of(file), file.name)), people) for file in files]
    except (PolicyProblems, ValueError) as problems:
        fail(str(problems))
    changes = difference(lines[0], lines[1]) if compare else []
    if as_json:
        timeline, moved = lines[0].model_dump(mode="json"), [one.model_dump(mode="json") for one in changes]
        typer.echo(json.dumps({"title": story.title, "timeline": timeline, "changes": moved}, indent=1))
        return
    typer.echo(f"{story.title}\n{story.words}\n")
    for step in lines[0].steps:
        typer.echo(_line(step))
    _say_messages(lines[0])
    if compare:
        typer.echo(f"\n{len(changes)} messages change under {compare.name}:")
        for one in changes:
            typer.echo(f"  {_change(one)}")


def _story(name: str, shipped: Path) -> "Scenario":
    from policy.reading import read_scenario
    from policy.year import a_year

    if name == "year":
        return a_year()
    file = shipped / "scenarios" / f"{name}.yaml"
    return read_scenario(text_of(file if file.exists() else Path(name)), Path(name).name)


def _line(step: "Step") -> str:
    words = f"refused: {' '.join(step.refused)}" if step.refused else step.what.replace("_", " ")
    about = step.obligation or step.agency
    office = step.office.replace("_", " ")
    return (
        f"{moment(step.at):18} {step.case:13} {words}{f' {about}' if about else ''}{f' ({office})' if office else ''}"
    )


def _say_messages(line: "Timeline") -> None:
    typer.echo(f"\n{len(line.notices)} messages would be sent:")
    for office, count in line.by_office().items():
        typer.echo(f"  {count:5} {office.replace('_', ' ')}")


def _change(one: "Changed") -> str:
    before, after = (
        f"{moment(side.rung_at)} {side.office.replace('_', ' ')}" if side else "not sent"
        for side in (one.before, one.after)
    )
    return f"{one.key}: {before} -> {after}"
