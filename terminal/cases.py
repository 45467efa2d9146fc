"""Commands on cases: refer, open, answer, decide, status, why."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from terminal.common import (
    NO_CASE,
    REFUSED,
    As,
    AsJson,
    DataDir,
    Request,
    Session,
    answers_of,
    counted,
    day,
    fail,
    moment,
    run,
    say,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from models.steps import Step
    from models.why import Beside, Explanation, Spoken

Answers = Annotated[Path, typer.Argument(metavar="FILE", help="A JSON file with the answers; `-`: standard input.")]
Reference = Annotated[str, typer.Argument(metavar="REF", help="The case, such as RR-2026-0004.")]
HERE = Path("data")


def refer(
    file: Answers, data_dir: DataDir = HERE, as_: As = "", request: Request = "", *, as_json: AsJson = False
) -> None:
    """Submit a referral from a file. Without --as it comes from somebody without an account.

    `reviews questions submit_referral` shows what it asks.
    """
    from models.lifecycles import REFERRING

    done = _given(data_dir, as_, ("", REFERRING), answers_of(file), request=request, as_json=as_json)
    alike = [f"Perhaps the same: {one['case']} ({', '.join(one['because'])})." for one in done.get("likely", ())]
    words = [f"Referral {done['case']} is received. Its status, for whoever sent it: {done['status']}", *alike]
    say(done, "\n".join(words), as_json=as_json)


def open_(  # noqa: PLR0913 -- a command and who gives it
    command: Annotated[
        str, typer.Argument(metavar="COMMAND", help="enter_review, open_register or raise_disagreement.")
    ],
    file: Answers,
    data_dir: DataDir = HERE,
    request: Request = "",
    *,
    as_: As,
    as_json: AsJson = False,
) -> None:
    """Open a case of another kind than a referral. `reviews questions` shows what each of these commands asks."""
    from models.lifecycles import OPENS
    from policy.shapes import did_you_mean

    if command not in OPENS:
        fail(f"No case is opened by `{command}`. {did_you_mean(command, OPENS)}", REFUSED)
    done = _given(data_dir, as_, ("", command), answers_of(file), request=request, as_json=as_json)
    say(done, f"{done['case']}: opened.", as_json=as_json)


def answer(  # noqa: PLR0913 -- a command and who gives it
    case: Reference,
    command: Annotated[
        str, typer.Argument(metavar="COMMAND", help="What is asked for, such as submit_return, promise or triage.")
    ],
    file: Answers,
    data_dir: DataDir = HERE,
    request: Request = "",
    *,
    as_: As,
    as_json: AsJson = False,
) -> None:
    """Give any command on a case. `reviews questions` shows which there are, and what each asks."""
    from models.lifecycles import COMMANDS, LIFECYCLES
    from policy.shapes import did_you_mean

    for name, known in COMMANDS.items():
        if case.startswith(f"{LIFECYCLES[name].prefix}-") and command not in known:
            fail(f"A {name.replace('_', ' ')} takes no command `{command}`. {did_you_mean(command, known)}", REFUSED)
    done = _given(data_dir, as_, (case, command), answers_of(file), request=request, as_json=as_json)
    say(done, f"{done['case']}: recorded as fact {done['fact']}.", as_json=as_json)


def decide(  # noqa: PLR0913 -- a command and who gives it
    case: Reference, file: Answers, data_dir: DataDir = HERE, request: Request = "", *, as_: As, as_json: AsJson = False
) -> None:
    """Record the decision of a rapid review from a file. `reviews questions decide` shows what it asks."""
    answer(case, "decide", file, data_dir, request, as_=as_, as_json=as_json)


def _given(data_dir: Path, by: str, what: tuple[str, str], answers: dict[str, Any], **how: Any) -> dict[str, Any]:  # noqa: ANN401 -- request and form of the answer
    case, command = what

    async def work() -> dict[str, Any]:
        async with Session(data_dir) as session:
            return await session.act(by, case, command, answers, **how)

    return run(work())


def status(
    ref: Annotated[str, typer.Argument(metavar="REF", help="One case. Without it: every open case.")] = "",
    data_dir: DataDir = HERE,
    *,
    as_: As,
    as_json: AsJson = False,
) -> None:
    """Show what is open, and who owes what by when."""
    found = run(_one(data_dir, as_, ref) if ref else _board(data_dir, as_))
    lines = [f"{one.get('ref') or one['key']:40} {one['colour']:10} {_due(one):26} {_what(one)}" for one in found]
    say(found, "\n".join(lines) or "Nothing is open.", as_json=as_json)


async def _board(data_dir: Path, by: str) -> list[dict[str, Any]]:
    from records.questions import Questions

    async with Session(data_dir) as session:
        questions, now = Questions(session.there.recorder), datetime.now(UTC)
        actor = await session.actor(by)
        board = await questions.board(actor, now)
        await questions.note_read(actor.person, "", "status", now)
        return [line.model_dump(mode="json") for line in board]


async def _one(data_dir: Path, by: str, ref: str) -> list[dict[str, Any]]:
    """The deadlines of one case. Looking is a read, and is noted as one."""
    from models.facts import Problem
    from records.questions import Questions

    async with Session(data_dir) as session:
        actor, now = await session.actor(by), datetime.now(UTC)
        questions = Questions(session.there.recorder)
        found = await questions.case(ref, actor, now)
        if found is None or isinstance(found, Problem):
            fail(NO_CASE, REFUSED)
        await questions.note_read(actor.person, ref, "status", now)
        return [one.model_dump(mode="json") for one in found.deadlines]


def _what(one: dict[str, Any]) -> str:
    """Where a case stands, to what its date belongs if that is something else, what was decided; or what is owed."""
    stage, first = one.get("stage") or one["title"], one.get("next_title")
    first = f"; first due: {first}" if first and first != stage else ""
    if not one.get("decided"):
        return f"{stage}{first}"
    return f"{stage}{first} (decided {day(datetime.fromisoformat(one['decided_at']))}: {one['decided']})"


def _due(one: dict[str, Any]) -> str:
    return day(datetime.fromisoformat(one["due"])) if one.get("due") else "no date"


def why(
    case: Reference,
    obligation: Annotated[
        str,
        typer.Argument(metavar="OBLIGATION", help="As `reviews status REF` names it: agency_return/harrowshire-icb."),
    ],
    data_dir: DataDir = HERE,
    *,
    as_: As,
    as_json: AsJson = False,
) -> None:
    """Say why a message was or was not sent: the rule, the days counted, suspensions, and every rung."""
    found = run(_explained(data_dir, as_, case, obligation))
    say(found.model_dump(mode="json"), "\n".join(_explanation(found)), as_json=as_json)


async def _explained(data_dir: Path, by: str, case: str, obligation: str) -> "Explanation":
    from models.facts import Problem
    from models.why import explain
    from records.questions import Questions

    async with Session(data_dir) as session:
        actor, now, directory = await session.actor(by), datetime.now(UTC), await session.directory()
        questions = Questions(session.there.recorder)
        view = await questions.case(case, actor, now)
        if view is None or isinstance(view, Problem):
            fail(NO_CASE, REFUSED)
        state, known = view.state, sorted(one.key for one in view.deadlines)  # an agency's own, of those of the case
        if obligation not in known:
            fail(f"{case} has no such obligation. It has: {', '.join(known)}.", REFUSED)
        await questions.note_read(actor.person, case, "why", now)
        facts, messages = await questions.facts(case), await questions.messages(case, obligation)
        return explain(state, obligation, facts, messages, directory, now)


def _explanation(found: "Explanation") -> list[str]:
    when = moment if found.hourly else day
    days = ", ".join(f"{one.day:%a} {one.day.day} {one.day:%b}" for one in found.days if one.counted)
    lines = [
        f"{found.title}{', ' + found.agency if found.agency else ''} ({found.case} {found.obligation})",
        f"  Rule      {found.rule}",
        f"            {found.force}: {found.citation}",
        f"  Started   {when(found.started)}",
        f"  Due       {when(found.due) if found.due else 'no date: the clock stands still'}",
        *([f"  Ended     {found.ended}"] if found.ended else []),
        *(f"  Date      {_step(one, when)}" for one in found.steps),
        *(f"  Suspended {words}" for words in found.suspensions),
        *([f"  Counted   {counted(sum(one.counted for one in found.days), 'day')}: {days}"] if found.days else []),
    ]
    lines += [
        f"            not {one.day:%a} {one.day.day} {one.day:%b}: {one.because}"
        for one in found.days
        if not one.counted and one.because not in {"Saturday", "Sunday"}
    ]
    for rung in found.rungs:
        offices = ", together with ".join([_told(rung), *map(_told, rung.also)])
        over = f"; nobody in: {', '.join(rung.passed_over)}" if rung.passed_over else ""
        at = moment(rung.at) if rung.at else "-"
        again = f" (round {rung.round})" if rung.round > 1 else ""
        lines.append(f"  Rung {rung.rung + 1}{again}  {at}  {offices}: {rung.state}{over}")
    return [*lines, f"  Next      {found.next}"]


def _step(one: "Step", when: "Callable[[datetime], str]") -> str:
    """What happened to the date, and what it was from then on."""
    due = f"{'due' if one.moved else 'still due'} {when(one.due)}" if one.due else "the clock stands still"
    return f"{moment(one.at)}  {one.words}: {due}"


def _told(one: "Spoken | Beside") -> str:
    """An office, who was told for it, and what became of that message."""
    to = f", {one.person}" if one.person else ""
    return f"{one.office}{to}{f' [{one.message}]' if one.message else ''}"
