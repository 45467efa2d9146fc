"""Many commands of one person at once, on new cases and on old ones: judged as any others are, and written together."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from models.case import Case
from models.command import Signed, split
from models.examining import examined
from models.facts import Problem
from models.lifecycles import COMMANDS, LIFECYCLES, OPENINGS
from models.rights import Actor
from models.tables import TextRow
from records.writing import NoDirectory, Recorder, Step, Writing, judged_again, next_ref


class Taking:
    """`names`: policy and calendar for what is new. `cases`: those that may grow, locked by the transaction."""

    def __init__(  # noqa: PLR0913, PLR0917 -- who does what, when, by which rules, to which cases
        self,
        recorder: Recorder,
        session: AsyncSession,
        actor: Actor,
        now: datetime,
        names: tuple[str, str],
        cases: Mapping[str, Case],
    ) -> None:
        self._recorder, self._session, self._actor, self._names = recorder, session, actor, names
        self.cases, self.now = dict(cases), now
        self._steps: list[Step] = []
        self._begin: dict[str, str] = {}
        self._texts: list[dict[str, Any]] = []
        self._all = f"t-{uuid4().hex}"

    async def open(self, kind: str, answers: Mapping[str, Any]) -> str | list[Problem]:
        """Open a case by this command. Returns its reference, or why it cannot be."""
        of = OPENINGS[kind]
        ref = await next_ref(self._session, LIFECYCLES[of].prefix, self.now)
        policy, calendar = self._names
        self.cases[ref] = Case(ref=ref, kind=of, policy=policy, calendar=calendar, opened=self.now)
        if wrong := await self.give(ref, kind, answers):
            del self.cases[ref]
            return wrong
        self._begin[ref] = ""
        return ref

    async def give(self, ref: str, kind: str, answers: Mapping[str, Any]) -> list[Problem]:
        """Give one command. Returns what is wrong with it; then nothing has changed."""
        case = self.cases[ref]
        command, wrong = examined(COMMANDS[case.kind][kind], answers, self.now)
        if command is None or wrong:
            return wrong
        directory = await self._recorder.directory.read(self._session)
        if directory is None:
            raise NoDirectory
        (plain, private), vault = split(command), self._recorder.vault
        request = f"{self._all}-{len(self._steps) + 1}"
        text, digest = (request, vault.sign(private)) if private else ("", "")
        signed = Signed(
            request=request, case=ref, kind=kind, actor=self._actor.person, body={**plain, **command.also()}, text=text,
            text_digest=digest, asked=self.now,
        )  # fmt: skip
        judged = judged_again(signed, case, directory, self.now, [])
        if not isinstance(judged, Step):
            return judged
        row = None
        if private:
            sealed = vault.seal(private, f"texts.sealed/{text}")
            row = {"id": text, "digest": digest, "author": self._actor.person, "written": self.now, "sealed": sealed}
            self._texts.append(row)
        self._steps.append(judged._replace(text=TextRow(**row) if row else None, words=private or None))
        self.cases[ref] = judged.case
        return []

    async def write(self) -> None:
        """Write all that was given, in the transaction of the session."""
        connection = await self._session.connection()
        if self._texts:
            await connection.execute(insert(TextRow), self._texts)
        await Writing(self._recorder, self._session, connection).write(self._steps, self._begin)
