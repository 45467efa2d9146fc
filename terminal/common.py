"""What the commands of `reviews` share: an installation opened for one command, who gives it, and how it ends.

Exit codes: 0 it is done; 1 it cannot be done or something was found to be wrong, and the words say what; 2 the command
itself was not understood; 3 the door refused, and every problem is named; 4 nobody knows yet whether it was recorded:
give the same command again with the same `--request`. 130: stopped by Ctrl-C.
"""

import asyncio
import getpass
import json
import os
import sys
import warnings
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, Self, TypeVar
from uuid import uuid4

import typer

from records.settings import Settings
from records.trouble import FULL, MISUSED, WRONG, no_tables, trouble, unread
from records.typed import typed

if TYPE_CHECKING:
    from door.refusals import Refusal
    from models.directory import Directory
    from models.rights import Actor
    from policy.problems import Problem
    from records.accounts import Accounts

T = TypeVar("T")
REFUSED, NOT_CONFIRMED = 3, 4

DataDir = Annotated[
    Path, typer.Option("--data-dir", envvar=["DATA_DIR", "REVIEWS_DATA_DIR"], help="The folder of the installation.")
]
PolicyFile = Annotated[Path, typer.Argument(metavar="FILE", help="A policy file, such as policy/england.yaml.")]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON, for programs.")]
As = Annotated[
    str,
    typer.Option(
        "--as",
        envvar="REVIEWS_AS",
        help="The e-mail address with which you sign in. The password is asked for, or taken from REVIEWS_PASSWORD; so "
        "is the code of the second factor, from REVIEWS_CODE. Where people sign in with their organisation, "
        "REVIEWS_ACCESS_TOKEN holds an access token instead.",
    ),
]
Request = Annotated[
    str, typer.Option("--request", help="A name of your own for this request: the same name is never done twice.")
]


def run(work: Coroutine[Any, Any, T]) -> T:
    """Do it. A disk or a database that fails ends the command in words; what is logged stays out of its answer."""
    from records.logs import log_lines

    log_lines()
    try:
        return asyncio.run(work)
    except Exception as error:
        if words := trouble(error):
            fail(words)
        raise


def fail(words: str, code: int = WRONG) -> NoReturn:
    typer.echo(words, err=True)
    raise typer.Exit(code)


def say(found: Any, words: str, *, as_json: bool) -> None:  # noqa: ANN401 -- any JSON value
    typer.echo(json.dumps(found, indent=1, default=str) if as_json else words)


def judged(
    found: dict[str, Any], problems: "Sequence[Problem]", words: str, *, as_json: bool, good: bool = False
) -> None:
    """Say what was found in a file, and every problem of it."""
    listed = [{"line": one.line, "key": one.key, "words": one.words, "grave": one.grave} for one in problems]
    if as_json:
        say({**found, "good": good, "problems": listed}, "", as_json=True)
    else:
        typer.echo(words, err=not good)


def counted(count: int, what: str, several: str = "") -> str:
    """As in "1 message", "2 messages"."""
    return f"{count} {what if count == 1 else several or f'{what}s'}"


def text_of(file: Path) -> str:
    """The text of a file, or of standard input for `-`."""
    try:
        return sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        fail(f"{file}: {getattr(error, 'strerror', None) or 'this is not text in UTF-8'}.")


def answers_of(file: Path) -> dict[str, Any]:
    """The answers in a JSON file: an object with a name for each question."""
    try:
        found = json.loads(text_of(file))
    except json.JSONDecodeError as error:
        fail(f"{file}: this is not JSON. Line {error.lineno}, column {error.colno}: {error.msg}.")
    except RecursionError:
        fail(f"{file}: this is nested too deeply to be answers.")
    if not isinstance(found, dict):
        fail(f"{file}: answers are a JSON object, with a name for each question.")
    return found


def settings_of(data_dir: Path) -> Settings:
    """The settings of a folder: those of the environment, and where its engine and its portal listen while served."""
    try:
        noted = json.loads((data_dir / "processes.json").read_text())
        there = {"engine": str(noted["engine_at"]), "base_url": str(noted["portal_at"])}
    except (OSError, ValueError, KeyError):
        return settings_with(data_dir=data_dir)
    return settings_with(data_dir=data_dir, **there)


def settings_with(**decided: Any) -> Settings:  # noqa: ANN401 -- settings of any type
    """The settings of the environment, and what the command line decided. What was typed is never repeated."""
    from pydantic import ValidationError

    try:
        return Settings(**decided)
    except ValidationError as wrong:
        fail(unread(wrong), MISUSED)


def day(moment: datetime) -> str:
    """As in "Tuesday 3 March 2026", the day in London."""
    from models.time import london

    here = london(moment)
    return f"{here:%A} {here.day} {here:%B %Y}"


def moment(moment: datetime) -> str:
    from models.time import london

    return f"{london(moment):%d %b %Y %H:%M}"


def _typed(what: str, name: str) -> str:
    """A password or a code, typed unseen: never where it would be shown. `name`: the variable that can hold it."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", getpass.GetPassWarning)
        try:
            return getpass.getpass(f"{what}: ")
        except (getpass.GetPassWarning, EOFError):
            fail(f"There is no terminal in which to ask for the {what.lower()}. Give it in {name}.", MISUSED)


def typed_day(text: str) -> datetime:
    """A day as people type it on the command line."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        words = "write a day that exists as year-month-day, such as 2027-05-03."
        raise typer.BadParameter(words) from None


class Session:
    """An installation opened for one command, and the person who gives it."""

    def __init__(self, data_dir: Path) -> None:
        self.settings = settings_of(data_dir)

    async def __aenter__(self) -> Self:
        from temporalio.runtime import Runtime, TelemetryConfig

        from records.keys import CannotOpen
        from records.migrating import newest, standing
        from records.opening import open_installation

        with suppress(RuntimeError):  # somebody has chosen already
            # The client's own log goes to standard output, and would stand in the middle of an answer in JSON.
            Runtime.set_default(Runtime(telemetry=TelemetryConfig(logging=None)))
        if not self.settings.keys.exists() and not (self.settings.data_dir / "records.sqlite").exists():
            folder = self.settings.data_dir
            fail(f"There is no installation in {folder}. Start one: {typed('serve')} --data-dir {folder}")
        try:
            self.there = await open_installation(self.settings)
        except CannotOpen as problem:
            fail(str(problem))
        if await standing(self.there.database) != newest():
            await self.there.close()
            fail(no_tables())
        return self

    async def __aexit__(self, *exit_: object) -> None:
        await self.there.close()

    async def sign_in(self, email: str) -> str:
        """The person behind an e-mail address, who proves it with password and code, or with an access token."""
        from records.accounts import Accounts, SignInFailed

        if not email:
            fail("Say who you are: --as with your e-mail address.", MISUSED)
        there, now = self.there, datetime.now(UTC)
        accounts = Accounts(there.database, there.vault, there.auditor, there.settings.sign_in)
        try:
            token = await self._token(accounts, email, now)
        except SignInFailed as failed:
            fail(failed.words, REFUSED)
        async with there.database.reading() as reading:
            session = await accounts.session(reading, token, now)
        await accounts.end(token, now)
        assert session
        if session.person != await accounts.whose(email):
            fail("This access token is not of the address given with --as.", REFUSED)
        return session.person

    @staticmethod
    async def _token(accounts: "Accounts", email: str, now: datetime) -> str:
        """A session for this command. Raises SignInFailed."""
        from records.accounts import SecondFactorNeeded

        if access := os.environ.get("REVIEWS_ACCESS_TOKEN"):
            return await accounts.by_access_token(access, now)
        password = (
            ""
            if accounts.passwordless
            else os.environ.get("REVIEWS_PASSWORD") or _typed("Password", "REVIEWS_PASSWORD")
        )
        code = os.environ.get("REVIEWS_CODE", "")
        try:
            return await accounts.sign_in(email, password, now, code=code)
        except SecondFactorNeeded as needed:
            if needed.fresh:
                fail(needed.words, REFUSED)
        return await accounts.sign_in(email, password, now, code=_typed("Code", "REVIEWS_CODE"))

    async def directory(self) -> "Directory":
        async with self.there.database.reading() as session:
            found = await self.there.recorder.directory.read(session)
        return found or fail(f"There is no directory yet. Import one: {typed('directory import FILE')}")

    async def actor(self, email: str) -> "Actor":
        """Who this is, and which offices they hold today."""
        from models.rights import actor_of

        person = await self.sign_in(email)
        return actor_of(await self.directory(), person, datetime.now(UTC))

    async def act(  # noqa: PLR0913 -- a command and who gives it
        self, email: str, case: str, kind: str, answers: dict[str, Any], request: str = "", *, as_json: bool = False
    ) -> dict[str, Any]:
        """Ask the door, and say what came of it. Without a `case` the command opens one."""
        from door.door import Door
        from door.refusals import Refusal
        from models.lifecycles import REFERRING
        from notifier.receipts import receipt, status_link
        from records.questions import Questions

        request = request or f"c-{uuid4().hex}"
        door = Door(self.there.recorder, await self.there.connect(lazy=True), lambda: datetime.now(UTC))
        refers = kind == REFERRING and not case
        actor = await self.actor(email) if email or not refers else None
        try:
            if actor is None or refers:
                done = await door.refer(answers, request, actor.person if actor else "referrer")
            elif case:
                done = await door.act(actor, case, kind, answers, request)
            else:
                done = await door.open(actor, kind, answers, request)
        except Refusal as refusal:
            refused(refusal, request, as_json=as_json)
        fact = done.fact
        said = {"case": done.case, "fact": fact.number, "kind": fact.kind, "recorded": fact.recorded.isoformat()}
        if refers:
            token = await receipt(self.there, done.case, "referral", str(answers["referrer_email"]), datetime.now(UTC))
            said["status"] = status_link(self.there, token)
        if actor and refers:
            found = await Questions(self.there.recorder).likely_same(done.case, actor, datetime.now(UTC))
            said["likely"] = [{"case": one.ref, "because": one.because, "same": one.decided} for one in found]
        return said


NO_CASE = "There is no such case, or it is not yours to open."
UNSURE = (
    "Not yet confirmed: the engine did not answer. It may well be recorded later. Give the same command again "
    "with --request {request}\nand you learn what became of it; it is never recorded twice."
)
OTHER_BODY = "This --request was given before with other answers. Leave it out, or give another."


def refused(refusal: "Refusal", request: str, *, as_json: bool) -> NoReturn:
    """End with every problem that the door names; where its words are of pages, in words of the terminal."""
    from door.refusals import NotConfirmed, NotStored, NotThere, OtherBody
    from models.facts import Problem

    uncertain = isinstance(refusal, NotConfirmed)
    ours = {
        NotThere: NO_CASE, OtherBody: OTHER_BODY, NotStored: FULL, NotConfirmed: UNSURE.format(request=request),
    }.get(type(refusal))  # fmt: skip
    found = [Problem(words=ours)] if ours else refusal.problems
    if as_json:
        problems = [one.model_dump(mode="json") for one in found]
        typer.echo(
            json.dumps({"taken": None if uncertain else False, "request": request, "problems": problems}, indent=1)
        )
    elif uncertain:
        typer.echo(ours, err=True)
    else:
        lines = [f"  {one.field + ': ' if one.field else ''}{one.words}" for one in found]
        typer.echo("\n".join(["This was not taken:", *lines]), err=True)
    raise typer.Exit(NOT_CONFIRMED if uncertain else REFUSED)
