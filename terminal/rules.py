"""Commands on the policy: check, show, adopt, holiday."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from records.trouble import WRONG
from terminal import adopting
from terminal.common import AsJson, DataDir, PolicyFile, Session, counted, fail, judged, run, say, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.policy import Policy, Sourced

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
    from models.time import day_of
    from policy.problems import PolicyProblems, together
    from policy.reading import advice, check_against, read_directory, read_policy

    try:
        found = read_policy(text_of(file), file.name)
        problems = advice(found, day_of(datetime.now(UTC)))
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
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="Without it: the policy in force.")] = None,
    data_dir: DataDir = HERE,
    *,
    as_json: AsJson = False,
) -> None:
    """Show every deadline, ladder, office, bound, quorum and criterion, each with its force and citation."""
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
        names = await in_force(reading) or fail("No policy is in force.")
        return shelf.policy(names[0]).model_copy(update={"calendar": shelf.days(names[1]).calendar})


def _shown(policy: "Policy") -> list[str]:
    from models.calendar import in_words

    calendar = policy.calendar
    known = f"working days are known from {in_words(calendar.begins)} to {in_words(calendar.horizon)}"
    lines = [f"{policy.title}, version {policy.version}", f"Calendar {calendar.version}: {known}"]
    lines += [
        f"  {in_words(one.day)}: {one.title}{', worked' if one.works else ''}{_source(policy, one)}"
        for one in calendar.proclaimed
    ]
    for lifecycle, blocks in policy.lifecycles.items():
        lines += ["", f"What is owed: {_plain(lifecycle)}{' case' if lifecycle == 'any' else ''}"]
        for name, block in blocks.items():
            figure = f"{block.budget.words} from {block.starts}" if block.budget else "a person says the day"
            figure += f", at least {block.at_least.words}" if block.at_least else ""
            source = policy.sources[block.source]
            where = f"{_plain(block.force):20} {source.citation}, {source.edition}"
            lines.append(f"  {name:26} {figure:48} {block.ladder:22} {where}")
    return [*lines, *_ladders(policy), *_offices(policy), *_bounds(policy), *_quorums(policy), *_criteria(policy)]


def _ladders(policy: "Policy") -> "Iterator[str]":
    from policy.ladders import in_words

    yield from ("", "Ladders")
    for name, ladder in policy.ladders.items():
        yield f"  {name}: {ladder.title}{_source(policy, ladder)}"
        for rung in ladder.rungs:
            yield f"    {in_words(rung):30} {', '.join(rung.offices)}"
        yield f"    then again every {ladder.again.words}"


def _offices(policy: "Policy") -> "Iterator[str]":
    yield from ("", "Offices")
    for name, office in policy.offices.items():
        each = "each safeguarding partner" if office.partners_only else "each agency"
        of = each if office.scope == "agency" else "the partnership"
        yield f"  {name:30} {office.title}, of {of}{_source(policy, office)}"


def _bounds(policy: "Policy") -> "Iterator[str]":
    bounds = policy.bounds
    yield from ("", f"Bounds{_source(policy, bounds)}")
    yield f"  A promise: at most {bounds.promise_most.words}."
    yield (
        f"  More time: at most {bounds.extension_most.words}, {counted(bounds.extensions_at_most, 'time')}, "
        f"from {bounds.extension_office}."
    )
    yield f"  A suspension: at most {bounds.suspension_most.words}, by {bounds.suspension_office}."
    yield f"  A parked decision: at most {bounds.parked_most.words}. A dispute goes to {bounds.dispute_office}."
    yield f"  A colour set by hand: at most {bounds.by_hand_most.words}."


def _quorums(policy: "Policy") -> "Iterator[str]":
    yield from ("", "Quorums")
    for name, quorum in policy.quorums.items():
        yield f"  {name}: {quorum.title}, at least {counted(quorum.least, 'seat')} filled{_source(policy, quorum)}"
        for seat, one in quorum.seats.items():
            always = ", always" if seat in quorum.always else ""
            yield f"    {seat:30} {one.title}: {one.office}{f' of {_plain(one.kind)}' if one.kind else ''}{always}"


def _criteria(policy: "Policy") -> "Iterator[str]":
    from models.calendar import in_words

    yield from ("", "Criteria")
    for name, one in policy.criteria.items():
        until = f" until {in_words(one.in_force_until)}" if one.in_force_until else ""
        yield f"  {name}: {one.title}, in force from {in_words(one.in_force_from)}{until}{_source(policy, one)}"
        for criterion in one.criteria:
            yield f"    {criterion.id:30} {criterion.text}{' (must be answered)' if criterion.required else ''}"


def _source(policy: "Policy", one: "Sourced") -> str:
    source = policy.sources.get(one.source)
    return f" ({_plain(one.force)}{f': {source.citation}, {source.edition}' if source else ''})"


def _plain(name: str) -> str:
    return name.replace("_", " ")


app.command()(adopting.adopt)
app.command()(adopting.holiday)
