"""Commands on the policy: check, show, adopt, holiday."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from terminal import adopting
from terminal.common import WRONG, AsJson, DataDir, PolicyFile, Session, fail, judged, run, say, text_of

if TYPE_CHECKING:
    from models.policy import Policy

app = typer.Typer(no_args_is_help=True, help="The policy: every figure, with its source.")
HERE = Path("data")


@app.command()
def check(
    file: PolicyFile,
    directory: Annotated[Path | None, typer.Option(help="Also check it against this directory file.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Name every problem of a policy file, with its line. Advice does not make it bad; problems do."""
    from policy.problems import PolicyProblems, together
    from policy.reading import advice, check_against, read_directory, read_policy

    try:
        found = read_policy(text_of(file), file.name)
        problems = list(advice(found))
        if directory:
            problems += check_against(found, read_directory(text_of(directory), directory.name, found))
    except PolicyProblems as wrong:
        judged({"version": ""}, wrong.problems, str(wrong), as_json=as_json)
        raise typer.Exit(WRONG) from None
    grave = any(one.grave for one in problems)
    words = f"{file.name}: version {found.version} is {'not good' if grave else 'good'}."
    listed = together(problems)
    judged({"version": found.version}, listed, "\n".join([*map(str, listed), words]), as_json=as_json, good=not grave)
    raise typer.Exit(WRONG if grave else 0)


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


app.command()(adopting.adopt)
app.command()(adopting.holiday)
