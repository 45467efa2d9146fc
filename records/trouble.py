"""What a person can do about a setting, a disk, a folder or a database that is wrong: words instead of a traceback."""

import errno
import gc
import sys
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn

from pydantic import ValidationError

from records.gate import wait_at_gate
from records.production import refusal
from records.settings import Settings
from records.typed import typed

WRONG, MISUSED = 1, 2
SELDOM = 10_000, 50, 1_000
"""How many objects are made, and looks at the younger ones taken, before the next look for cycles."""
FULL = (
    "The disk takes nothing more. Make room, or see what else is wrong with it, and give the same command again: "
    "nothing is half recorded."
)
READ_ONLY = (
    "The records cannot be opened for writing. If they are a copy, put it into a folder that you may write to, and "
    "name that with --data-dir. `reviews audit verify` looks at a copy where it lies; if that was made while the "
    "records were in use, with records.sqlite-wal and records.sqlite-shm beside it."
)
NO_DATABASE = (
    "REVIEWS_DATABASE_URL is not the address of a database, such as postgresql+asyncpg://reviews@host/reviews. "
    "Set it right, or take it away for SQLite."
)
NO_INSTALLATION = (
    "There is no installation in {folder}. Set REVIEWS_DATA_DIR to the folder of one, or make one there: "
    "{prepare} --data-dir {folder}"
)
DAMAGED = (
    "The records are damaged: the database file cannot be read as one. Stop the service, keep everything as it is, and "
    "put back the newest backup."
)
NO_TABLE = ("no such table", "UndefinedTableError")
KNOWN = {
    frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, "database or disk is full", "disk I/O error"}): FULL,
    frozenset({errno.EROFS, "unable to open database file", "attempt to write a readonly database"}): READ_ONLY,
    frozenset({"file is not a database", "database disk image is malformed"}): DAMAGED,
}
"""What a system call or a database says, and what that means for whoever reads it."""


def settle() -> None:
    """What is loaded by now stays; to look through it for cycles at every turn takes a fifth of a busy worker's time.

    In the portal it would hold up a page for 0.1 s.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*SELDOM)


def start(run: Callable[[Settings], Coroutine[Any, Any, None]]) -> None:
    """Run a process of its own with the settings of the environment. What keeps it from starting is said in words."""
    # What opens an installation loads slowly, and whoever only wants the words needs none of it.
    import uvloop  # noqa: PLC0415

    from records.keys import CannotOpen  # noqa: PLC0415
    from records.opening import EngineSilent  # noqa: PLC0415
    from records.seeing import CannotListen  # noqa: PLC0415

    wait_at_gate()
    try:
        settings = Settings()
    except ValidationError as wrong:
        _end(unread(wrong), MISUSED)
    if words := refusal(settings):
        _end(words, MISUSED)
    if not settings.database_url and not (settings.keys.exists() or (settings.data_dir / "records.sqlite").exists()):
        _end(NO_INSTALLATION.format(folder=settings.data_dir, prepare=typed("prepare")), MISUSED)
    settle()
    try:
        uvloop.run(run(settings))
    except CannotOpen as wrong:
        _end(f"{wrong}\nThe folder is {settings.data_dir}, by REVIEWS_DATA_DIR.", MISUSED)
    except CannotListen as wrong:
        _end(str(wrong), MISUSED)
    except EngineSilent as wrong:
        _end(str(wrong), WRONG)
    except Exception as error:
        if words := trouble(error):
            _end(words, MISUSED if words == NO_DATABASE else WRONG)
        raise


def unread(wrong: ValidationError) -> str:
    """Which settings cannot be read. What was typed is never repeated."""
    lines = [f"REVIEWS_{str(one['loc'][0]).upper()} cannot be read: {one['msg']}." for one in wrong.errors()]
    return "\n".join([*lines, "Set it right in the environment, or take it away."])


def trouble(error: Exception) -> str:
    """What a person can do about a disk, a folder or a database that fails; empty for an error of ours."""
    # Loads slowly, and most commands end well.
    from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError  # noqa: PLC0415
    from sqlalchemy.exc import TimeoutError as NeverFree  # noqa: PLC0415

    said = str(error.orig) if isinstance(error, DBAPIError) else ""
    why = error.errno if isinstance(error, OSError) else said
    if known := next((words for reasons, words in KNOWN.items() if why in reasons), ""):
        return known
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename} cannot be used: {error.strerror}."
    if isinstance(error, ArgumentError):
        return NO_DATABASE
    if any(words in said for words in NO_TABLE):
        return no_tables()
    silent = isinstance(error, OSError | OperationalError | InterfaceError | NeverFree) or _of_postgres(error)
    if not silent or isinstance(error, BrokenPipeError):  # or whoever read our answer has gone
        return ""
    return (
        f"The database does not answer ({type(error).__name__}). See that it runs, and look at "
        f"REVIEWS_DATABASE_URL; `{typed('doctor')}` says more."
    )


def no_tables() -> str:
    return f"The tables are not up to date. Start `{typed('serve')}` once, or see: {typed('doctor')}"


def _of_postgres(error: Exception) -> bool:
    """Whether the driver refused before SQLAlchemy had a connection: a wrong password, an unknown database."""
    return type(error).__module__.partition(".")[0] == "asyncpg"


def _end(words: str, code: int) -> NoReturn:
    sys.stderr.write(f"{words}\n")
    raise SystemExit(code)
