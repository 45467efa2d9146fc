"""The one way to write: facts, their audit links, the present state and the notices to send, in one transaction."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import structlog
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
from models.shelf import NotOnShelf
from models.spawning import opened, opens
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
from models.telling import Notice, notices, tell
from records.audit import Auditor
from records.chains import of_fact
from records.database import Database
from records.directory import DirectoryRecord, actor_of
from records.facts import facts_after
from records.faults import where
from records.sealing import CannotUnseal, Vault

log = structlog.get_logger("records")

UNSIGNED = "This was not sent through the door, so it is not taken."
UNKNOWN_RULES = "There is no policy or calendar of this name here. Put it in force first."
FAULT = (
    "This cannot be recorded, because of a fault in the program. Nothing was changed; what you typed is kept. "
    "Tell whoever runs the service."
)
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
        """Write what the batch asks for, or nothing. May run twice: what is written already is not written again."""
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
        if row is None and batch.opens is None:
            return Written(problems=(Problem(words=f"There is no case {batch.case}."),))
        case = Case.model_validate(row.state) if row is not None else batch.opens
        assert case is not None
        directory = await self.recorder.directory.read(self.session)
        if directory is None:
            raise NoDirectory
        if batch.command is not None:
            return await self._commanded(batch.command, case, row, directory)
        for due in batch.due:
            if case.obligations[due.key].due_rung(batch.now) == due:
                case = await self._apply(tell(case, due, directory, batch.now), case, directory)
        if row is not None:
            _keep(row, case)
        return Written(facts=tuple(self.facts))

    async def _commanded(self, signed: Signed, case: Case, row: CaseRow | None, directory: Directory) -> Written:
        """Signature, rights and state once more, inside the transaction; then the command is a fact."""
        genuine, text, words = await self._genuine(signed, case)
        if not genuine:
            return Written(problems=(Problem(words=UNSIGNED),))
        earlier = select(FactRow.number).where(FactRow.request == signed.request)
        if number := (await self.session.scalars(earlier)).first():
            return Written(number=number)
        judged = judged_again(signed, case, directory, self.batch.now)
        if not isinstance(judged, Fact):
            await self._refused(signed, judged)
            return Written(problems=tuple(judged))
        if row is None:
            row = _row(case)
            self.session.add(row)
        _keep(row, await self._apply(judged, case, directory, text, words))
        settled = update(CommandRow).where(CommandRow.request == signed.request).values(state="done")
        await self.session.execute(settled)
        return Written(facts=tuple(self.facts), opened=tuple(self.opened), number=judged.number)

    async def _genuine(self, signed: Signed, case: Case) -> tuple[bool, TextRow | None, Any]:
        """Whether the door signed this command for this case, and the private words that belong to it."""
        unsigned = signed.model_copy(update={"signature": ""}).model_dump(mode="json")
        if not self.vault.signed(unsigned, signed.signature) or signed.case != case.ref:
            return False, None, None
        if not signed.text:
            return True, None, None
        text = await self.session.get(TextRow, signed.text)
        if text is None or text.digest != signed.text_digest:
            return False, None, None
        try:
            words = self.vault.unseal(text.sealed, f"texts.sealed/{text.id}")
        except CannotUnseal:
            return False, None, None
        return self.vault.signed(words, text.digest), text, words

    async def _refused(self, signed: Signed, problems: Iterable[Problem]) -> None:
        said = [problem.model_dump(mode="json") for problem in problems]
        changed = update(CommandRow).where(CommandRow.request == signed.request, CommandRow.state == "asked")
        await self.session.execute(changed.values(state="refused", problems=said))

    async def _apply(
        self,
        fact: Fact,
        before: Case,
        directory: Directory,
        text: TextRow | None = None,
        words: Any = None,  # noqa: ANN401 -- any JSON value
    ) -> Case:
        """One fact: its row, its audit link, what it changes, and whom it tells."""
        if fact.number == 1:
            fact = fact.model_copy(update={"data": {**fact.data, "begins": begins(before)}})
        now = after(before, fact)
        row = FactRow(**fact.model_dump(exclude={"request"}), request=fact.request or None)
        self.session.add(row)
        await self.auditor.append(
            self.session, fact.case, fact.recorded, fact.actor, fact.kind, of_fact(row, text, words)
        )
        for notice in notices(before, now, fact, directory):
            if await self.session.get(NoticeRow, notice.key) is None:
                self.session.add(_notice_row(notice, fact.recorded))
        await self._obligations(before, now)
        if fact.kind == "referral_received":
            self._children(fact, words)
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

    def _children(self, fact: Fact, words: Any) -> None:  # noqa: ANN401 -- any JSON value
        """Who the children are stands apart from the case, sealed, under the numbers that the case knows."""
        for number, child in enumerate(words["children"], start=1):
            sealed = self.vault.seal(child, f"children.sealed/{fact.case}/{number}")
            self.session.add(ChildRow(case=fact.case, number=number, sealed=sealed))

    async def _open_next(self, before: Case, case: Case, fact: Fact, directory: Directory) -> None:
        """A referral that needs a rapid review opens one in the same transaction, for children without one."""
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


def judged_again(signed: Signed, case: Case, directory: Directory, now: datetime) -> Fact | list[Problem]:
    """The fact that this command becomes, or why it cannot.

    What the core cannot take is a problem too, never an error: the write is tried again for ever while the case's pen
    is held, so that an error here would stop the case for good.
    """
    try:
        return _judged(signed, case, directory, now)
    except NotOnShelf:
        return [Problem(words=UNKNOWN_RULES)]
    except Exception as error:  # noqa: BLE001 -- whatever it is, the case has to go on
        log.error("cannot be taken", case=case.ref, kind=signed.kind, error=type(error).__name__, where=where(error))  # noqa: TRY400 -- no words
        return [Problem(words=FAULT)]


def _judged(signed: Signed, case: Case, directory: Directory, now: datetime) -> Fact | list[Problem]:
    office: str | Problem = "referrer"
    if signed.kind in OPENING:
        problems = [Problem(words="This referral has been received already.")] if case.known else []
    else:
        office = acts(actor_of(directory, signed.actor, now), case, access_of(case, now), signed.kind, signed.body)
        problems = [office] if isinstance(office, Problem) else judge(case, signed.kind, signed.body, now)
    if problems or isinstance(office, Problem):
        return problems
    fact = fact_of(case, signed, office, now)
    notices(case, after(case, fact), fact, directory)
    return fact


def begins(case: Case) -> dict[str, Any]:
    """Under which rules a case began: with its facts, all that is needed to fold it again."""
    return {"kind": case.kind, "policy": case.policy, "calendar": case.calendar, "opened": case.opened.isoformat()}


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
