"""The command `reviews`: everything that can be done from a terminal, through the same door as everywhere else."""

import asyncio
import getpass
import json
import os
import sys
from collections.abc import Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar
from uuid import uuid4

import typer

from records.settings import Settings

if TYPE_CHECKING:
    from serving import Supervisor

T = TypeVar("T")
app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help="The case-review engine.")
policy_app = typer.Typer(no_args_is_help=True, help="The policy: every figure, with its source.")
directory_app = typer.Typer(no_args_is_help=True, help="Agencies, people, and who holds which office.")
audit_app = typer.Typer(no_args_is_help=True, help="The audit chains.")
app.add_typer(policy_app, name="policy")
app.add_typer(directory_app, name="directory")
app.add_typer(audit_app, name="audit")

DataDir = Annotated[Path, typer.Option("--data-dir", envvar=["DATA_DIR", "REVIEWS_DATA_DIR"], help="The folder of this installation.")]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON, for programs.")]
As = Annotated[str, typer.Option("--as", help="The e-mail address under which you sign in.", envvar="REVIEWS_AS")]


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


def fail(words: str, code: int = 1) -> NoReturn:
    typer.echo(words, err=True)
    raise typer.Exit(code)


def main() -> None:
    """Run the command, and leave without waiting for the engine client's threads: they can abort at interpreter exit."""
    code = 0
    try:
        app(standalone_mode=False)
    except typer.Exit as exit_:
        code = exit_.exit_code
    except typer.Abort:
        code = 130
    except Exception as error:
        if hasattr(error, "show"):
            error.show()
            code = 2
        else:
            raise
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


# serve


@app.command()
def serve(
    data_dir: DataDir = Path("data"),
    port: Annotated[int, typer.Option(envvar=["PORT", "REVIEWS_PORT"], help="Where the portal listens.")] = 8080,
    *,
    demonstration: Annotated[bool, typer.Option("--demonstration", help="Everybody's messages are shown. Never with real cases.")] = False,
    engine_page: Annotated[int, typer.Option(help="Port of the engine's own web page; off without it.")] = 0,
) -> None:
    """Start everything on this machine, and keep it running until Ctrl-C."""
    import serving
    from records.keys import KeysMissing, KeysUnsafe, make_keys

    os.umask(0o077)
    settings = Settings(data_dir=data_dir, port=port, demonstration=demonstration)
    try:
        held = serving.lock(settings.data_dir)
        serving.check_port(settings.host, port)
        make_keys(settings.keys, settings.data_dir / "records.sqlite")
        supervisor = serving.Supervisor(settings, typer.echo, web_port=engine_page)
    except (serving.CannotServe, KeysMissing, KeysUnsafe) as problem:
        fail(str(problem))
    run(_serve(supervisor))
    held.close()


async def _serve(supervisor: "Supervisor") -> None:
    """Engine, worker and portal load while the folder is being prepared here; then they are kept until Ctrl-C."""
    import signal

    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    await supervisor.begin()
    try:
        from first_start import first_start

        welcome = await first_start(supervisor.settings)
        await supervisor.prepared()
        starting = asyncio.create_task(supervisor.ready())
        await asyncio.wait((starting, asyncio.create_task(stop.wait())), return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            logs = supervisor.settings.data_dir / "logs"
            typer.echo(welcome if starting.result() else f"{welcome}\nThe portal does not answer yet. See {logs}.")
        await stop.wait()
    finally:
        await supervisor.end()
    typer.echo("Stopped. Start again with the same command: everything goes on where it was.")


# What needs an installation


class Session:
    """An installation opened for one command, and the person who gives it."""

    def __init__(self, data_dir: Path) -> None:
        noted = data_dir / "processes.json"
        engine = json.loads(noted.read_text()).get("engine_at", "") if noted.exists() else ""
        self.settings = Settings(data_dir=data_dir, **({"engine": engine} if engine else {}))

    async def __aenter__(self) -> "Session":
        from records.opening import open_installation

        if not self.settings.keys.exists():
            fail(f"There is no installation in {self.settings.data_dir}. Start one: reviews serve --data-dir {self.settings.data_dir}")
        self.there = await open_installation(self.settings)
        return self

    async def __aexit__(self, *exit_: object) -> None:
        await self.there.close()

    async def sign_in(self, email: str) -> str:
        """The person behind an e-mail address, who proves it with their password (REVIEWS_PASSWORD, or asked for)."""
        from records.accounts import Accounts, SignInFailed

        password = os.environ.get("REVIEWS_PASSWORD") or getpass.getpass("Password: ")
        accounts, now = Accounts(self.there.database, self.there.vault, self.there.auditor), datetime.now(UTC)
        try:
            token = await accounts.sign_in(email, password, now)
        except SignInFailed as failed:
            fail(failed.words)
        session = await accounts.session(token, now)
        await accounts.end(token, now)
        assert session
        return session.person

    async def act(self, email: str, case: str, kind: str, answers: dict[str, Any]) -> dict[str, Any]:
        """Ask the door, and say what came of it."""
        from door.door import Door
        from door.refusals import Refusal
        from records.directory import actor_of

        person = await self.sign_in(email) if email else "referrer"
        door = Door(self.there.recorder, await self.there.connect(5), lambda: datetime.now(UTC))
        request = str(answers.pop("request", "") or f"c-{uuid4().hex}")
        try:
            if kind == "submit_referral":
                done = await door.refer(answers, request, person)
            else:
                async with self.there.database.reading() as session:
                    directory = await self.there.recorder.directory.read(session)
                assert directory
                done = await door.act(actor_of(directory, person, datetime.now(UTC)), case, kind, answers, request)
        except Refusal as refusal:
            lines = [f"{one.field + ': ' if one.field else ''}{one.words}" for one in refusal.problems]
            fail("\n".join(["This was not taken:", *lines]), 3)
        return {"case": done.case, "fact": done.fact.number, "kind": done.fact.kind, "recorded": done.fact.recorded.isoformat()}


def _answers(file: Path) -> dict[str, Any]:
    """Answers from a JSON or YAML file, or from standard input (-)."""
    text = sys.stdin.read() if str(file) == "-" else _text(file)
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        fail(f"{file}: this is not JSON. Line {error.lineno}, column {error.colno}: {error.msg}.")
    if not isinstance(found, dict):
        fail(f"{file}: answers are a JSON object, a name for each question.")
    return found


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        fail(f"{file}: {getattr(error, 'strerror', None) or 'this is not text in UTF-8'}.")


def _say(found: dict[str, Any], words: str, *, as_json: bool) -> None:
    typer.echo(json.dumps(found, indent=1, default=str) if as_json else words)


@app.command()
def refer(file: Path, data_dir: DataDir = Path("data"), as_: As = "", *, as_json: AsJson = False) -> None:
    """Submit a referral from a JSON file with an answer to each question."""

    async def work() -> dict[str, Any]:
        async with Session(data_dir) as session:
            return await session.act(as_, "", "submit_referral", _answers(file))

    done = run(work())
    _say(done, f"Referral {done['case']} is received.", as_json=as_json)


@app.command()
def answer(case: str, command: str, file: Path, as_: As, data_dir: DataDir = Path("data"), *, as_json: AsJson = False) -> None:
    """Give any command on a case, with its answers from a JSON file (`-`: standard input)."""

    async def work() -> dict[str, Any]:
        async with Session(data_dir) as session:
            return await session.act(as_, case, command, _answers(file))

    done = run(work())
    _say(done, f"{done['case']}: recorded as fact {done['fact']}.", as_json=as_json)


@app.command()
def decide(case: str, file: Path, as_: As, data_dir: DataDir = Path("data"), *, as_json: AsJson = False) -> None:
    """Record the decision of a rapid review from a JSON file."""
    answer(case, "decide", file, as_, data_dir, as_json=as_json)


@app.command()
def status(ref: Annotated[str, typer.Argument()] = "", as_: As = "", data_dir: DataDir = Path("data"), *, as_json: AsJson = False) -> None:
    """What is open, and who owes what by when; of one case, if you name it."""
    from models.time import london
    from records.directory import actor_of
    from records.questions import Questions

    async def work() -> list[dict[str, Any]]:
        async with Session(data_dir) as session:
            person, now = await session.sign_in(as_), datetime.now(UTC)
            questions = Questions(session.there.recorder)
            directory = await questions.directory()
            assert directory
            actor = actor_of(directory, person, now)
            if not ref:
                return [line.model_dump(mode="json") for line in await questions.board(actor, now)]
            found = await questions.case(ref, actor, now)
            if found is None or not hasattr(found, "deadlines"):
                fail("There is no such case, or it is not yours to open.", 3)
            await questions.note_read(person, ref, "status", now)
            return [one.model_dump(mode="json") for one in found.deadlines]

    found = run(work())
    if as_json:
        typer.echo(json.dumps(found, indent=1))
        return
    for one in found:
        due = f"{london(datetime.fromisoformat(one['due'])):%a %d %b %Y}" if one.get("due") else "no date"
        typer.echo(f"{one.get('ref') or one['key']:40} {one['colour']:10} {due:16} {one.get('stage') or one['title']}")
    if not found:
        typer.echo("Nothing is open.")


# policy, directory, audit


@policy_app.command("check")
def policy_check(file: Path, directory: Annotated[Path | None, typer.Option(help="Also check it against this directory.")] = None, *, as_json: AsJson = False) -> None:
    """Name every problem of a policy file, with its line."""
    from policy.problems import PolicyProblems
    from policy.reading import advice, check_against, read_directory, read_policy

    try:
        found = read_policy(_text(file), file.name)
        more = [*advice(found), *(check_against(found, read_directory(_text(directory), directory.name, found)) if directory else [])]
    except PolicyProblems as problems:
        if as_json:
            typer.echo(json.dumps([str(one) for one in problems.problems]))
        else:
            typer.echo(str(problems), err=True)
        raise typer.Exit(1) from None
    for one in more:
        typer.echo(str(one), err=True)
    _say({"version": found.version, "good": True}, f"{file.name}: version {found.version} is good.", as_json=as_json)


@policy_app.command("show")
def policy_show(file: Annotated[Path | None, typer.Argument()] = None, data_dir: DataDir = Path("data"), *, as_json: AsJson = False) -> None:
    """Show every deadline with its figure, trigger, ladder, force and citation."""
    from models import shelf
    from policy.reading import read_policy
    from records.policies import in_force

    async def of_installation() -> Any:  # noqa: ANN401 -- a policy
        async with Session(data_dir) as session, session.there.database.reading() as reading:
            names = await in_force(reading)
            return shelf.policy(names[0]) if names else fail("No policy is in force.")

    found = read_policy(_text(file), file.name) if file else run(of_installation())
    if as_json:
        typer.echo(found.model_dump_json(indent=1))
        return
    typer.echo(f"{found.title}, version {found.version}")
    for lifecycle, blocks in found.lifecycles.items():
        typer.echo(f"\n{lifecycle}")
        for name, block in blocks.items():
            budget = f"{block.budget.n} {block.budget.unit.replace('_', ' ')} from {block.starts}" if block.budget else "date said by a person"
            source = found.sources[block.source]
            typer.echo(f"  {name:26} {budget:56} {block.force.replace('_', ' '):20} {source.citation}, {source.edition}")


@directory_app.command("check")
def directory_check(file: Path) -> None:
    """Name every problem of a directory file, with its line."""
    from policy.problems import PolicyProblems
    from policy.reading import read_directory

    try:
        found = read_directory(_text(file), file.name)
    except PolicyProblems as problems:
        fail(str(problems))
    typer.echo(f"{file.name}: {len(found.agencies)} agencies, {len(found.people)} people, {len(found.holdings)} offices held. It is good.")


@directory_app.command("import")
def directory_import(file: Path, as_: As, data_dir: DataDir = Path("data")) -> None:
    """Put this directory in the place of the present one."""
    from policy.problems import PolicyProblems
    from policy.reading import read_directory
    from records.audit import DIRECTORY
    from records.directory import actor_of

    try:
        found = read_directory(_text(file), file.name)
    except PolicyProblems as problems:
        fail(str(problems))

    async def work() -> None:
        async with Session(data_dir) as session:
            person, now = await session.sign_in(as_), datetime.now(UTC)
            async with session.there.database.writing() as writing:
                present = await session.there.recorder.directory.read(writing)
                if present and not actor_of(present, person, now).anywhere(frozenset({"administrator", "business_manager"})):
                    fail("Only the administrator or the business manager may change the directory.", 3)
                await session.there.recorder.directory.replace(writing, found)
                await session.there.auditor.append(writing, DIRECTORY, now, person, "directory_replaced", {})

    run(work())
    typer.echo(f"{len(found.people)} people in {len(found.agencies)} agencies are in the directory now.")


@audit_app.command("verify")
def audit_verify(data_dir: DataDir = Path("data"), *, as_json: AsJson = False) -> None:
    """Check every chain, link by link, against the record and the seals outside the database."""

    async def work() -> list[dict[str, Any]]:
        async with Session(data_dir) as session, session.there.database.reading() as reading:
            return [one.model_dump() for one in await session.there.auditor.verify(reading, session.settings.seals)]

    broken = run(work())
    if as_json:
        typer.echo(json.dumps(broken))
    for one in [] if as_json else broken:
        typer.echo(f"{one['chain']}, link {one['number']}: {one['words']}", err=True)
    if broken:
        raise typer.Exit(1)
    if not as_json:
        typer.echo("Every chain is whole.")


# why, and changing the rules


@app.command()
def why(case: str, obligation: str, as_: As, data_dir: DataDir = Path("data"), *, as_json: AsJson = False) -> None:
    """Why a message was or was not sent: the rule, the days counted, suspensions, and every rung."""
    from models.rights import access_of, whole
    from models.why import Explanation, explain
    from records.directory import actor_of
    from records.questions import Questions

    async def work() -> Explanation:
        async with Session(data_dir) as session:
            person, now = await session.sign_in(as_), datetime.now(UTC)
            questions = Questions(session.there.recorder)
            directory, state = await questions.directory(), await questions.state(case)
            assert directory
            if state is None or not whole(actor_of(directory, person, now), state, access_of(state, now)):
                fail("There is no such case, or it is not yours to open.", 3)
            if obligation not in state.obligations:
                fail(f"{case} has no such obligation. It has: {', '.join(sorted(state.obligations))}.", 3)
            await questions.note_read(person, case, "why", now)
            return explain(state, obligation, await questions.facts(case), await questions.messages(case, obligation), directory, now)

    found = run(work())
    if as_json:
        typer.echo(found.model_dump_json(indent=1))
        return
    typer.echo(f"{found.title}{', ' + found.agency if found.agency else ''} ({found.case} {found.obligation})")
    typer.echo(f"  Rule      {found.rule}\n            {found.force}: {found.citation}")
    typer.echo(f"  Started   {_day(found.started)}")
    typer.echo(f"  Due       {_day(found.due) if found.due else 'no date: the clock stands still'}")
    if found.ended:
        typer.echo(f"  Ended     {found.ended}")
    for words in found.suspensions:
        typer.echo(f"  Suspended {words}")
    counted = [one for one in found.days if one.counted]
    typer.echo(f"  Counted   {len(counted)} days: {', '.join(f'{one.day:%a} {one.day.day} {one.day:%b}' for one in counted)}")
    for one in found.days:
        if not one.counted and one.because not in {"Saturday", "Sunday"}:
            typer.echo(f"            not {one.day:%a} {one.day.day} {one.day:%b}: {one.because}")
    for rung in found.rungs:
        at = _moment(rung.at) if rung.at else "-"
        to = f", {rung.person}" if rung.person else ""
        over = f"; nobody in: {', '.join(rung.passed_over)}" if rung.passed_over else ""
        message = f" [{rung.message}]" if rung.message else ""
        typer.echo(f"  Rung {rung.rung + 1}.{rung.round}  {at}  {rung.office}{to}: {rung.state}{over}{message}")
    typer.echo(f"  Next      {found.next}")


def _day(moment: datetime) -> str:
    from models.time import london

    return f"{london(moment):%A} {london(moment).day} {london(moment):%B %Y}"


def _moment(moment: datetime) -> str:
    from models.time import london

    return f"{london(moment):%d %b %Y %H:%M}"


async def _changing(data_dir: Path, as_: str, make: Any, reason: str, *, calendar_only: bool, apply: bool) -> None:  # noqa: ANN401 -- the change, given the present policy
    """Show which dates of open cases would move; then, if asked, put it in force and do it case by case."""
    from rich.progress import track

    from door.adopting import Adopting
    from door.door import Door
    from records.directory import actor_of
    from records.questions import Questions

    async with Session(data_dir) as session:
        person, now = await session.sign_in(as_), datetime.now(UTC)
        directory = await Questions(session.there.recorder).directory()
        assert directory
        actor, adopting = actor_of(directory, person, now), Adopting(session.there.recorder)
        try:
            fresh = make(await adopting.present())
        except ValueError as wrong:
            fail(str(wrong))
        cases = await adopting.open_cases()
        for case in track(cases, description="Looking at open cases", disable=not sys.stdout.isatty()):
            for move in adopting.moved(case, fresh, person, now, calendar_only=calendar_only):
                was, then = (_day(one) if one else "no date" for one in (move.was, move.then))
                said = f" ({move.said} messages are taken back in words)" if move.said else ""
                typer.echo(f"{move.case} {move.title}{', ' + move.agency if move.agency else ''}: {was} -> {then}{said}")
        if not apply:
            typer.echo(f"{len(cases)} open cases looked at. Nothing is changed yet: add --apply to change it.")
            return
        from door.refusals import NotAllowed

        try:
            names = await adopting.keep(fresh, actor, now)
        except NotAllowed as refusal:
            fail(refusal.problems[0].words, 3)
        door, problems = Door(session.there.recorder, await session.there.connect(5), lambda: datetime.now(UTC)), 0
        async for one in adopting.apply(door, actor, names, reason, cases, calendar_only=calendar_only):
            problems += bool(one.problem)
            typer.echo(f"{one.case}: {one.problem or 'done'}")
        if problems:
            fail(f"{problems} cases were not changed. Run the same command again.", 3)


@policy_app.command("adopt")
def policy_adopt(
    file: Path, as_: As, data_dir: DataDir = Path("data"), reason: str = "A new version of the policy.",
    *, apply: Annotated[bool, typer.Option("--apply", help="Do it; without this only show what would move.")] = False,
    open_cases: Annotated[bool, typer.Option("--open-cases", help="Open cases follow it too; without this they keep theirs.")] = False,
) -> None:  # fmt: skip
    """Show which open cases a policy would move and how; with --apply put it in force."""
    from policy.problems import PolicyProblems
    from policy.reading import read_policy

    try:
        found = read_policy(_text(file), file.name)
    except PolicyProblems as problems:
        fail(str(problems))
    if apply and not open_cases:
        run(_in_force(data_dir, as_, found))
        return
    run(_changing(data_dir, as_, lambda _: found, reason, calendar_only=False, apply=apply))


async def _in_force(data_dir: Path, as_: str, policy: Any) -> None:  # noqa: ANN401 -- a policy
    from door.adopting import Adopting
    from door.refusals import NotAllowed
    from records.directory import actor_of
    from records.questions import Questions

    async with Session(data_dir) as session:
        person, now = await session.sign_in(as_), datetime.now(UTC)
        directory = await Questions(session.there.recorder).directory()
        assert directory
        try:
            await Adopting(session.there.recorder).keep(policy, actor_of(directory, person, now), now)
        except NotAllowed as refusal:
            fail(refusal.problems[0].words, 3)
    typer.echo(f"Version {policy.version} is in force for cases that start from now on.")


@policy_app.command("holiday")
def policy_holiday(
    day: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="As in 2027-05-03.")], title: str, as_: As,
    data_dir: DataDir = Path("data"), *, apply: Annotated[bool, typer.Option("--apply", help="Do it; without this only show what would move.")] = False,
) -> None:  # fmt: skip
    """Proclaim a holiday: show which live deadlines move, and with --apply move them in every open case."""
    from door.adopting import with_holiday

    run(_changing(data_dir, as_, lambda policy: with_holiday(policy, day.date(), title, "proclamation"), title, calendar_only=True, apply=apply))
