"""The one way to write: facts, their audit links, the present state and the notices to send, in one transaction."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from models.batch import Batch, Written
from models.case import Case
from models.command import Signed
from models.directory import Directory
from models.facts import Fact, Problem
from models.fold import after
from models.judging import judge
from models.lifecycles import LIFECYCLES
from models.making import fact_of
from models.obligation import Obligation
from models.rights import access_of, acts
from models.tables import (
    CaseRow,
    ChildRow,
    CommandRow,
    FactRow,
    NoticeRow,
    ObligationRow,
    SettingRow,
    TextRow,
)
from models.spawning import opened, opens
from models.telling import Notice, notices, tell
from records.audit import Auditor, of_fact
from records.database import Database
from records.directory import DirectoryRecord, actor_of
from records.sealing import Vault

UNSIGNED = "This was not sent through the door, so it is not taken."
OPENING = frozenset({"submit_referral"})
"""Commands that anybody may give, signed in or not: they open a case."""


class NoDirectory(RuntimeError):
    """The directory is empty: nobody can be told anything."""


class Recorder:
    """Writes for all cases of one installation."""

    def __init__(self, database: Database, vault: Vault, auditor: Auditor) -> None:
        self.database, self.vault, self.auditor = database, vault, auditor
        self.directory = DirectoryRecord(vault)

    async def write(self, batch: Batch) -> Written:
        """Write what the batch asks for, or nothing. May run twice: what is written already is returned, not repeated."""
        async with self.database.writing() as session:
            return await _Writing(self, session, batch).done()


class _Writing:
    """One transaction on one case."""

    def __init__(self, recorder: Recorder, session: AsyncSession, batch: Batch) -> None:
        self.vault, self.auditor, self.session, self.batch = recorder.vault, recorder.auditor, session, batch
        self.recorder = recorder
        self.facts: list[Fact] = []
        self.opened: list[Case] = []

    async def done(self) -> Written:
        batch = self.batch
        row = await self.session.get(CaseRow, batch.case, with_for_update=True)
        if row is not None and row.known > batch.known:
            return Written(facts=tuple(await facts_after(self.session, batch.case, batch.known)), stale=True)
        if row is None:
            if batch.opens is None:
                return Written(problems=(Problem(words=f"There is no case {batch.case}."),))
            row = _row(batch.opens)
            self.session.add(row)
        case = Case.model_validate(row.state)
        directory = await self.recorder.directory.read(self.session)
        if directory is None:
            raise NoDirectory
        if batch.command is not None:
            problems, case = await self._take(batch.command, case, row, directory)
            if problems:
                if row in self.session.new:
                    self.session.expunge(row)
                await self._refused(batch.command, problems)
                return Written(problems=tuple(problems))
        for due in batch.due:
            if case.obligations[due.key].due_rung(batch.now) == due:
                case = await self._apply(tell(case, due, directory, batch.now), case, directory)
        _keep(row, case)
        return Written(facts=tuple(self.facts), opened=tuple(self.opened))

    async def _take(self, signed: Signed, case: Case, row: CaseRow, directory: Directory) -> tuple[list[Problem], Case]:
        """Signature, rights and state once more, inside the transaction; then the command is a fact."""
        text = await self.session.get(TextRow, signed.text) if signed.text else None
        unsigned = signed.model_copy(update={"signature": ""}).model_dump(mode="json")
        if not self.vault.signed(unsigned, signed.signature) or signed.case != case.ref or (signed.text and text is None):
            return [Problem(words=UNSIGNED)], case
        if text is not None and text.digest != signed.text_digest:
            return [Problem(words=UNSIGNED)], case
        if signed.kind in OPENING:
            office: str | Problem = "referrer"
            problems = [Problem(words="This referral has been received already.")] if case.known else []
        else:
            actor = actor_of(directory, signed.actor, self.batch.now)
            office = acts(actor, case, access_of(case, self.batch.now), signed.kind, signed.body)
            problems = [] if isinstance(office, Problem) else judge(case, signed.kind, signed.body, self.batch.now)
        if isinstance(office, Problem):
            return [office], case
        if problems:
            return problems, case
        fact = fact_of(case, signed, office, self.batch.now)
        case = await self._apply(fact, case, directory, text.digest if text else "")
        settled = update(CommandRow).where(CommandRow.request == signed.request).values(state="done")
        await self.session.execute(settled)
        return [], case

    async def _refused(self, signed: Signed, problems: Iterable[Problem]) -> None:
        said = [problem.model_dump(mode="json") for problem in problems]
        changed = update(CommandRow).where(CommandRow.request == signed.request, CommandRow.state == "asked")
        await self.session.execute(changed.values(state="refused", problems=said))

    async def _apply(self, fact: Fact, before: Case, directory: Directory, digest: str = "") -> Case:
        """One fact: its row, its audit link, what it changes, and whom it tells."""
        now = after(before, fact)
        row = FactRow(**fact.model_dump(exclude={"request"}), request=fact.request or None)
        self.session.add(row)
        await self.auditor.append(self.session, fact.case, fact.recorded, fact.actor, fact.kind, of_fact(row, digest))
        for notice in notices(before, now, fact, directory):
            self.session.add(_notice_row(notice, fact.recorded))
        await self._obligations(before, now)
        if fact.kind == "referral_received":
            await self._children(fact)
        await self._open_next(before, now, fact, directory)
        self.facts.append(fact)
        return now

    async def _obligations(self, before: Case, now: Case) -> None:
        for key, one in now.obligations.items():
            was = before.obligations.get(key)
            if was is one:
                continue
            await self.session.merge(_obligation_row(now, one))
            if one.ended and was is not None and not was.ended:
                moved = update(NoticeRow).where(NoticeRow.case == now.ref, NoticeRow.obligation == key)
                await self.session.execute(moved.values(state="superseded"))

    async def _children(self, fact: Fact) -> None:
        """Who the children are stands apart from the case, sealed, under the numbers that the case knows."""
        text = await self.session.get_one(TextRow, fact.text)
        words = self.vault.unseal(text.sealed, f"texts.sealed/{text.id}")
        for number, child in enumerate(words["children"], start=1):
            sealed = self.vault.seal(child, f"children.sealed/{fact.case}/{number}")
            self.session.add(ChildRow(case=fact.case, number=number, sealed=sealed))

    async def _open_next(self, before: Case, case: Case, fact: Fact, directory: Directory) -> None:
        """A referral that needs a rapid review opens one in the same transaction, for children who do not have one yet."""
        children = opens(before, fact)
        if not children:
            return
        ref = await next_ref(self.session, LIFECYCLES["rapid_review"].prefix, fact.recorded)
        fresh, opening = opened(case, fact, ref, children)
        row = _row(fresh, parent=case.ref)
        self.session.add(row)
        await self.session.flush()
        kept, self.facts = self.facts, []
        fresh = await self._apply(opening, fresh, directory)
        self.facts = kept
        _keep(row, fresh)
        self.opened.append(fresh)


async def facts_after(session: AsyncSession, case: str, number: int) -> list[Fact]:
    found = select(FactRow).where(FactRow.case == case, FactRow.number > number).order_by(FactRow.number)
    return [fact_from(row) for row in (await session.scalars(found)).all()]


def fact_from(row: FactRow) -> Fact:
    return Fact(
        case=row.case, number=row.number, kind=row.kind, actor=row.actor, office=row.office, agency=row.agency,
        request=row.request or "", occurred=row.occurred, recorded=row.recorded, data=row.data, text=row.text,
    )  # fmt: skip


async def next_ref(session: AsyncSession, prefix: str, now: datetime) -> str:
    """The next reference of a series: LR-2026-0004. Numbers are never used twice."""
    name = f"next/{prefix}-{now.year}"
    row = await session.get(SettingRow, name, with_for_update=True)
    if row is None:
        row = SettingRow(name=name, value="0")
        session.add(row)
    row.value = str(int(row.value) + 1)
    return f"{prefix}-{now.year}-{int(row.value):04}"


def _row(case: Case, parent: str | None = None) -> CaseRow:
    return CaseRow(
        ref=case.ref, kind=case.kind, known=case.known, state=case.model_dump(mode="json"), opened=case.opened,
        closed=case.closed, parent=parent,
    )  # fmt: skip


def _keep(row: CaseRow, case: Case) -> None:
    row.known, row.state, row.closed = case.known, case.model_dump(mode="json"), case.closed


def _obligation_row(case: Case, one: Obligation) -> ObligationRow:
    state = one.ended or ("paused" if one.paused else "disputed" if one.dispute else "open")
    return ObligationRow(
        case=case.ref, key=one.key, block=one.block, agency=one.agency, owed_by=one.owed_by, due=one.due,
        speaks=one.speaks(), level=one.level, state=str(state),
    )  # fmt: skip


def _notice_row(notice: Notice, now: datetime) -> NoticeRow:
    body: dict[str, Any] = notice.model_dump()
    return NoticeRow(**body, state="queued", written=now, seen=None)

