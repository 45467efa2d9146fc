"""Records how the present code goes through every kind of process: `python -m tests.histories.record RELEASE`.

The rehearsals that are shipped are lived through in the engine, with one person told of each, and the histories of the
engine are kept beside what the code commanded. Everybody in them is invented. docs/changing-a-process.md says when.
"""

import asyncio
import json
import re
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import select

from models import shelf
from models.rehearsal import Stage
from models.tables import CaseRow, PolicyRow
from tests.support.chat import chatting
from tests.support.enacting import SHIPPED, next_monday, perform, shipped
from tests.support.house import House, example_directory, house, shipped_policy
from tests.support.replaying import HISTORIES, PLAIN, RULES, commanded, rules_of
from worker import Watch


async def record(release: str) -> None:
    folder = HISTORIES / release
    (folder / RULES).mkdir(parents=True)
    policy, calendar = shelf.put(shipped_policy())
    for path in SHIPPED:
        scenario, directory = shipped(path), example_directory()
        with TemporaryDirectory() as place:
            async with house(Path(place), encoded_by=PLAIN) as made:
                await Watch(made.client, made.there).keep_house()
                begins = scenario.model_copy(update={"starts": next_monday(await made.read_clock())})
                await perform(made, begins, Stage(begins, policy, calendar, directory))
                house_ = ["housekeeping"] if path.stem == "smooth" else []
                await keep(made, path.stem, folder, [*await every_case(made), *house_])
    with TemporaryDirectory() as place:
        async with chatting(Path(place), encoded_by=PLAIN) as chat:
            await chat.house.refer()
            await chat.posted()
            await chat.house.wait(timedelta(days=3))
            await chat.posted()
            await keep(chat.house, "told-in-chat", folder, ["post-p-018"])


async def keep(made: House, name: str, folder: Path, processes: Sequence[str]) -> None:
    """The history of each of these, what the code commanded, and the rules that they follow."""
    async with made.there.database.reading() as session:
        for row in await session.scalars(select(PolicyRow)):
            rules_of(folder, row.digest).write_text(json.dumps(row.body, sort_keys=True))
    for process in processes:
        history = await made.client.get_workflow_handle(process).fetch_history()
        file = folder / f"{name}.{process}.json"
        file.write_text(re.sub(r'"identity": "[^"]*"', '"identity": "recorded"', history.to_json()))
        file.with_suffix(".commands").write_text("\n".join(await commanded(file)) + "\n")
        print(f"{file.name:55} {file.stat().st_size:>9,}")  # noqa: T201 -- a script that says what it did


async def every_case(made: House) -> list[str]:
    async with made.there.database.reading() as session:
        return list(await session.scalars(select(CaseRow.ref).order_by(CaseRow.ref)))


if __name__ == "__main__":
    asyncio.run(record(sys.argv[1]))
