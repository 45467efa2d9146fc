"""Opening an installation: its keys, its database, its recorder; and its connection to the engine."""

import asyncio
from dataclasses import dataclass

from temporalio.client import Client

from records.audit import Auditor
from records.codec import converter
from records.database import Database
from records.migrating import migrate
from records.keys import Keys, KeysMissing, new_keys, read_keys
from records.policies import fill_shelf
from records.sealing import Vault
from records.settings import Settings
from records.writing import Recorder


@dataclass(frozen=True)
class Installation:
    """Everything that a process of one installation shares."""

    settings: Settings
    keys: Keys
    database: Database
    vault: Vault
    auditor: Auditor
    recorder: Recorder

    async def connect(self, patience: float = 30) -> Client:
        """A client of the engine, waiting for it to come up for at most `patience` seconds."""
        deadline = asyncio.get_running_loop().time() + patience
        while True:
            try:
                return await Client.connect(
                    self.settings.engine, namespace=self.settings.namespace, data_converter=converter(self.keys)
                )
            except RuntimeError:
                if asyncio.get_running_loop().time() > deadline:
                    raise
                await asyncio.sleep(0.1)

    async def close(self) -> None:
        await self.database.close()


def make_keys(settings: Settings) -> Keys:
    """The keys of this folder; new ones only where there are no records yet. Raises KeysMissing or KeysUnsafe."""
    if not settings.keys.exists():
        if (settings.data_dir / "records.sqlite").exists():
            read_keys(settings.keys)
            raise KeysMissing
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        new_keys().save(settings.keys)
    return read_keys(settings.keys)


async def prepare(settings: Settings) -> None:
    """Make what is missing and bring the tables up to date: once, before anything else is started."""
    make_keys(settings)
    database = Database(settings.database)
    await migrate(database)
    await database.close()


async def open_installation(settings: Settings) -> Installation:
    """Open what is there (see `reviews serve`, which makes it). Raises KeysMissing or KeysUnsafe."""
    keys = read_keys(settings.keys)
    database, vault, auditor = Database(settings.database), Vault(keys), Auditor(keys)
    installation = Installation(settings, keys, database, vault, auditor, Recorder(database, vault, auditor))
    async with database.reading() as session:
        await fill_shelf(session)
    return installation
