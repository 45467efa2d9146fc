"""Opening an installation: its keys, its database, its recorder; and its connection to the engine."""

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from records.audit import Auditor
from records.database import Database
from records.files import Files
from records.keys import MOVED, Keys, RecordsMoved, make_keys, read_keys
from records.migrating import migrate, standing
from records.policies import fill_shelf
from records.sealing import Vault
from records.settings import Settings
from records.writing import Recorder

if TYPE_CHECKING:
    from temporalio.client import Client
    from temporalio.service import TLSConfig


class EngineSilent(RuntimeError):
    """The engine did not come up within our patience."""


@dataclass(frozen=True)
class Installation:
    """Everything that a process of one installation shares."""

    settings: Settings
    keys: Keys
    database: Database
    vault: Vault
    auditor: Auditor
    recorder: Recorder
    files: Files

    async def connect(self, patience: float = 30, *, lazy: bool = False) -> "Client":
        """A client of the engine, waiting for it to come up for at most `patience` seconds.

        Raises EngineSilent. A lazy one connects when it is first used: pages that only read are there while the
        engine is not.
        """
        # The engine's client loads slowly, and who only prepares the records needs none.
        from temporalio.client import Client  # noqa: PLC0415

        from records.codec import converter  # noqa: PLC0415

        deadline = asyncio.get_running_loop().time() + patience
        while True:
            try:
                return await Client.connect(
                    self.settings.engine,
                    namespace=self.settings.namespace,
                    tls=_tls(self.settings),
                    api_key=self.settings.engine_api_key.get_secret_value() or None,
                    data_converter=converter(self.keys, self.settings.keys),
                    lazy=lazy,
                )
            except RuntimeError:
                if asyncio.get_running_loop().time() > deadline:
                    message = (
                        f"The engine does not answer at {self.settings.engine}. See that it runs, and look at "
                        "REVIEWS_ENGINE."
                    )
                    raise EngineSilent(message) from None
                await asyncio.sleep(0.1)

    async def close(self) -> None:
        await self.database.close()


def _tls(settings: Settings) -> "TLSConfig | bool":
    if settings.engine_ca_file:
        from temporalio.service import TLSConfig  # noqa: PLC0415 -- as above

        return TLSConfig(server_root_ca_cert=settings.engine_ca_file.read_bytes())
    return settings.engine_tls or bool(settings.engine_api_key.get_secret_value())


async def prepare(settings: Settings) -> None:
    """Make what is missing and bring the tables up to date. Raises CannotOpen."""
    _see_where(settings)
    database = Database(settings.database)
    try:
        if not database.sqlite and await standing(database):
            read_keys(settings.keys)
        keys = make_keys(settings.keys, settings.data_dir / "records.sqlite")
        await migrate(database, Vault(keys))
    finally:
        await database.close()


async def open_installation(settings: Settings) -> Installation:
    """Open what is there (see `reviews serve`, which makes it). Raises CannotOpen."""
    _see_where(settings)
    keys = read_keys(settings.keys)
    database, vault, auditor = Database(settings.database), Vault(keys, settings.keys), Auditor(keys, settings.keys)
    recorder, files = Recorder(database, vault, auditor), Files(database, vault, settings)
    installation = Installation(settings, keys, database, vault, auditor, recorder, files)
    async with database.reading() as session:
        await fill_shelf(session)
    return installation


def _see_where(settings: Settings) -> None:
    """Nobody begins anew with an empty SQLite where the records were moved to another database. Raises RecordsMoved."""
    if not settings.database_url and (settings.data_dir / MOVED).exists():
        message = "The records of this folder were moved to another database. Set REVIEWS_DATABASE_URL to its address."
        raise RecordsMoved(message)
