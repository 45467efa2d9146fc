"""The command `reviews`: everything that can be done from a terminal, through the same door as everywhere else.

`serve` stands here; the other commands stand in terminal/, by what they are about.
"""

import asyncio
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from records.production import refusal
from records.trouble import MISUSED, trouble
from terminal import assurance, cases, deaths, evidence, keeping, people, questions, rehearsing, rules, tracker
from terminal.common import DataDir, fail, run, settings_with

if TYPE_CHECKING:
    from serving import Supervisor

EXITS = (
    "Exit codes: 0 done; 1 not possible, or something was found to be wrong; 2 not understood; 3 refused, with every "
    "problem named; 4 not yet confirmed, so ask again with the same --request."
)
app = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, epilog=EXITS,
    help="Case reviews of a safeguarding children partnership: from referral to proven learning.",
)  # fmt: skip


def main() -> None:
    """Run the command, and leave at once: the threads of the engine's client can abort at interpreter exit."""
    code: object = 0
    try:
        app()
    except SystemExit as end:
        code = end.code or 0
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 1)


@app.command()
def serve(
    data_dir: DataDir = Path("data"),
    port: Annotated[
        int, typer.Option(envvar=["PORT", "REVIEWS_PORT"], min=1, max=65535, help="Where the portal listens.")
    ] = 8080,
    *,
    demonstration: Annotated[
        bool,
        typer.Option(
            "--demonstration",
            envvar="REVIEWS_DEMONSTRATION",
            help="Everybody's messages are shown, and anybody may sign in as anybody. Never with real cases.",
        ),
    ] = False,
    engine_page: Annotated[
        int, typer.Option(min=0, max=65535, help="Port of the engine's own web page; off without it.")
    ] = 0,
) -> None:
    """Start everything on this machine, and keep it running until Ctrl-C."""
    import serving
    from records.keys import CannotOpen, make_keys

    os.umask(0o077)
    settings = settings_with(data_dir=data_dir, port=port, demonstration=demonstration)
    if words := refusal(settings):
        fail(words, MISUSED)
    try:
        if not data_dir.exists():
            serving.check_ports(settings, engine_page)  # before anything is made: a refused start leaves no folder
        held = serving.lock(data_dir)
        serving.check_ports(settings, engine_page)
        serving.check_kind(data_dir, demonstration=demonstration)
        make_keys(settings.keys, data_dir / "records.sqlite")
        supervisor = serving.Supervisor(settings, typer.echo, web_port=engine_page)
    except (serving.CannotServe, CannotOpen) as problem:
        fail(str(problem))
    except OSError as problem:
        fail(trouble(problem))
    run(_serve(supervisor))
    held.close()


@app.command()
def prepare(data_dir: DataDir = Path("data")) -> None:
    """Make what is missing and bring the tables up to date, without starting anything: for the production form."""
    import serving
    from first_start import first_start
    from records.keys import CannotOpen

    os.umask(0o077)
    settings = settings_with(data_dir=data_dir)
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        serving.check_kind(data_dir, demonstration=settings.demonstration)
        welcome = run(first_start(settings, link=sys.stdout.isatty()))
    except (serving.CannotServe, CannotOpen) as problem:
        fail(str(problem))
    except OSError as problem:
        fail(trouble(problem))
    typer.echo(welcome)


for command in (
    cases.refer, cases.answer, cases.decide, questions.questions, cases.status, cases.why, rehearsing.rehearse,
    assurance.doctor, keeping.backup, keeping.restore, keeping.move, keeping.rebuild, keeping.held, keeping.release,
):  # fmt: skip
    app.command()(command)
app.command("open")(cases.open_)
app.command("backup-key")(keeping.backup_key)
app.add_typer(rules.app, name="policy")
app.add_typer(people.app, name="directory")
app.add_typer(assurance.audit, name="audit")
app.add_typer(keeping.keys, name="keys")
app.add_typer(evidence.app, name="evidence")
app.add_typer(tracker.app, name="tracker")
app.add_typer(deaths.app, name="deaths")


async def _serve(supervisor: "Supervisor") -> None:
    """Engine, worker and portal load while the folder is being prepared here; then they are kept until Ctrl-C."""
    import signal

    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    await supervisor.begin()
    try:
        from first_start import first_start

        welcome = f"The portal is at {supervisor.settings.address}\n{await first_start(supervisor.settings)}"
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
