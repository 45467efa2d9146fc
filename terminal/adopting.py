"""Commands that change the rules of open cases: a policy, or a proclaimed holiday. They show first what would move."""

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from records.trouble import MISUSED
from records.typed import typed
from terminal.common import (
    REFUSED,
    As,
    AsJson,
    DataDir,
    PolicyFile,
    Session,
    counted,
    day,
    fail,
    moment,
    run,
    say,
    text_of,
    typed_day,
)

if TYPE_CHECKING:
    from door.adopting import Adopting
    from models.case import Case
    from models.directory import Directory
    from models.policy import Policy
    from models.rights import Actor

T = TypeVar("T")
HERE = Path("data")
THEIRS = "open cases are not yours to open, and stay as they are"
Apply = Annotated[bool, typer.Option("--apply", help="Do it. Without this it only shows what would move.")]


@dataclass(frozen=True)
class Change:
    """A policy or a holiday, why it comes, and how far it goes. `refs`: these cases alone; empty for all."""

    make: "Callable[[Policy], Policy]"
    reason: str
    apply: bool
    to_cases: bool
    refs: tuple[str, ...] = ()
    calendar_only: bool = False


def adopt(  # noqa: PLR0913 -- each is a choice of whoever adopts
    file: PolicyFile,
    data_dir: DataDir = HERE,
    reason: Annotated[str, typer.Option(help="Why open cases follow it; recorded in each of them.")] = "",
    case: Annotated[
        list[str] | None, typer.Option(metavar="REF", help="This open case follows it. May be given several times.")
    ] = None,
    *,
    as_: As,
    apply: Apply = False,
    open_cases: Annotated[
        bool, typer.Option("--open-cases", help="All open cases follow it. Without this they keep theirs.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show which open cases a policy would move and how; with --apply put it in force."""
    from policy.problems import PolicyProblems
    from policy.reading import read_policy

    try:
        found = read_policy(text_of(file), file.name)
    except PolicyProblems as problems:
        fail(str(problems))
    if apply and (open_cases or case) and not reason.strip():
        fail("Say why open cases follow it: --reason.", MISUSED)
    refs = tuple(case or ())
    run(_change(data_dir, as_, Change(lambda _: found, reason, apply, open_cases or bool(refs), refs), as_json=as_json))


def holiday(  # noqa: PLR0913 -- each is a choice of whoever proclaims
    day: Annotated[datetime, typer.Argument(parser=typed_day, metavar="DAY", help="As in 2027-05-03.")],
    title: Annotated[str, typer.Argument(metavar="TITLE", help="What people call it.")],
    data_dir: DataDir = HERE,
    *,
    as_: As,
    apply: Apply = False,
    as_json: AsJson = False,
) -> None:
    """Proclaim a holiday: show which live deadlines move, and with --apply move them in every open case."""
    from door.adopting import with_holiday

    if not title.strip():
        fail(f'Say what people call this holiday, such as: {typed("policy holiday 2027-05-03")} "Coronation"', MISUSED)

    def make(policy: "Policy") -> "Policy":
        return with_holiday(policy, day.date(), title, "proclamation")

    run(_change(data_dir, as_, Change(make, title, apply, to_cases=True, calendar_only=True), as_json=as_json))


async def _change(data_dir: Path, by: str, change: Change, *, as_json: bool) -> None:
    """Show which dates of open cases would move; then, if asked, put it in force and do it case by case."""
    from door.adopting import Adopting
    from door.refusals import NotAllowed
    from records.questions import Questions

    async with Session(data_dir) as session:
        actor, now = await session.actor(by), datetime.now(UTC)
        rules = Adopting(session.there.recorder)
        try:
            cases, hidden = await rules.open_cases(actor, now)
            await Questions(session.there.recorder).note_read(actor.person, "", "what a policy would move", now)
            present = await rules.present()
            fresh = change.make(present)
            if not change.calendar_only:
                await rules.check_version(fresh)
        except NotAllowed as refusal:
            fail(refusal.problems[0].words, REFUSED)
        except ValueError as wrong:
            fail(str(wrong))
        if unknown := sorted(set(change.refs) - {case.ref for case in cases}):
            fail(f"There is no such open case, or it is not yours to open: {', '.join(unknown)}.", REFUSED)
        cases = [case for case in cases if not change.refs or case.ref in change.refs]
        found = {"open_cases": len(cases), "not_yours": hidden, **_looked_at(cases, present, fresh, actor, now, change)}
        if not as_json:
            typer.echo("\n".join(_shown(found, await session.directory())))
        if change.apply:
            found["done"] = await _applied(session, rules, actor, fresh, cases if change.to_cases else [], change)
        say(found, "\n".join(_outcome(found, fresh, change)), as_json=as_json)
        if any(one["problem"] for one in found.get("done", ())):
            raise typer.Exit(REFUSED)


def _looked_at(  # noqa: PLR0913, PLR0917 -- the rules before and after, for whom, when
    cases: "Sequence[Case]", present: "Policy", fresh: "Policy", actor: "Actor", now: datetime, change: Change
) -> dict[str, Any]:
    """What would move, which cases cannot follow, and which proclaimed holidays would no longer count."""
    from door.adopting import adoptions
    from models import shelf
    from models.preview import CannotBe, preview

    names, moves, cannot = shelf.put(fresh), [], {}
    for case in _track(cases, "Looking at open cases"):
        try:
            moves += preview(case, adoptions(case, names, "-", calendar_only=change.calendar_only), actor.person, now)
        except CannotBe as refusal:
            cannot[case.ref] = str(refusal)
    kept = {one.day for one in fresh.calendar.proclaimed}
    return {
        "moves": [one.model_dump(mode="json") for one in moves],
        "cannot": cannot,
        "holidays_lost": [f"{one.day} {one.title}" for one in present.calendar.proclaimed if one.day not in kept],
    }


async def _applied(  # noqa: PLR0913, PLR0917 -- what is adopted, by whom, where
    session: Session, rules: "Adopting", actor: "Actor", fresh: "Policy", cases: "Sequence[Case]", change: Change
) -> list[dict[str, Any]]:
    """Put it in force, and let these cases follow, each with the reason. What came of each."""
    from door.door import Door

    names = await rules.keep(fresh, actor, datetime.now(UTC), calendar_only=change.calendar_only)
    door = Door(session.there.recorder, await session.there.connect(lazy=True), lambda: datetime.now(UTC))
    done = []
    for case in _track(cases, "Changing open cases"):
        problem = await rules.apply(door, actor, names, change.reason, case, calendar_only=change.calendar_only)
        if problem is not None:
            done.append({"case": case.ref, "problem": problem})
    return done


def _track(cases: Iterable[T], words: str) -> Iterable[T]:
    from rich.progress import track

    return track(cases, description=words, disable=not sys.stdout.isatty())


def _shown(found: dict[str, Any], directory: "Directory") -> list[str]:
    lines = [_move(one, directory) for one in found["moves"]]
    lines += [f"{ref} cannot follow: {words}" for ref, words in found["cannot"].items()]
    lines += [f"No longer a holiday, because the file does not name it: {one}" for one in found["holidays_lost"]]
    if found["not_yours"]:
        hidden = counted(found["not_yours"], "open case is not yours to open, and stays as it is", THEIRS)
        lines.append(f"{hidden}.")
    return [*lines, f"{counted(found['open_cases'], 'open case')} looked at."]


def _move(one: dict[str, Any], directory: "Directory") -> str:
    agency = f", {directory.called(one['agency'])}" if one["agency"] else ""
    said = f" ({one['said']} taken back in words)" if one["said"] else ""
    if one["was"] != one["then"]:
        return f"{one['case']} {one['title']}{agency}: {_due(one['was'])} -> {_due(one['then'])}{said}"
    next_was, next_then = (_moment(one[name]) for name in ("next_was", "next_then"))
    return f"{one['case']} {one['title']}{agency}: next message {next_was} -> {next_then}{said}"


def _due(said: str | None) -> str:
    from models.time import is_whole_day

    due = datetime.fromisoformat(said) if said else None
    return "no date" if due is None else day(due) if is_whole_day(due) else moment(due)


def _moment(said: str | None) -> str:
    return moment(datetime.fromisoformat(said)) if said else "none"


def _outcome(found: dict[str, Any], fresh: "Policy", change: Change) -> list[str]:
    """What came of it, after what would move has been shown."""
    from models.calendar import WorkingDays

    if not change.apply:
        return ["Nothing is changed yet: add --apply to change it."]
    done = found["done"]
    lines = [f"{one['case']}: {one['problem'] or 'done'}" for one in done]
    if failed := sum(bool(one["problem"]) for one in done):
        lines.append(f"{counted(failed, 'case was', 'cases were')} not changed. Run the same command again.")
    in_force = f"Version {fresh.version} with calendar {fresh.calendar.version} is in force for new cases."
    warning = WorkingDays(fresh.calendar).warning(datetime.now(UTC).date())
    return [*lines, in_force, *([warning] if warning else [])]
