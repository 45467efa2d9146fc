"""The one way to write: facts, their audit links, the present state and the notices to send, in one transaction.

What is to be written is worked out first and then written in bulk, so that a hundred rungs cost as many statements as
one.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from itertools import groupby
from types import MappingProxyType
from typing import Any, NamedTuple

import structlog
from sqlalchemy import (
    BindParameter,
    Connection,
    Executable,
    Integer,
    Update,
    bindparam,
    cast,
    delete,
    insert,
    select,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from models.awaited import ended_waits, settles
from models.batch import Batch, Written
from models.board import Boarded
from models.case import Case
from models.children import OF_DEATHS, children_of
from models.command import Signed, merged
from models.delivery import State
from models.directory import Directory
from models.facts import Fact, Problem
from models.family import access_moved, follows, grows, unsaid
from models.fold import after
from models.judging import judge
from models.lifecycles import COMMANDS, LIFECYCLES, OPENINGS
from models.making import fact_of
from models.obligation import Due, Obligation
from models.offered import misnamed
from models.referral import SubmitReferral
from models.rights import access_of, actor_of, acts, may_open
from models.shelf import NotOnShelf
from models.spawning import as_referral, opened, opens
from models.tables import (
    BoardRow,
    BundleRow,
    CaseRow,
    ChildRow,
    CommandRow,
    FactRow,
    NoticeRow,
    ObligationRow,
    RecommendationRow,
    RecommendationWordsRow,
    SettingRow,
    Table,
    TextRow,
)
from models.telling import Notice, notices, only_spoke, tell
from models.tracking import MADE, Tracked, Turning, about, last_word, touched
from records.audit import Auditor, Entry
from records.chains import of_fact, of_notices
from records.children import child_row
from records.counted import count
from records.database import Database, inserting
from records.directory import DirectoryRecord
from records.facts import board_row, facts_after, obligation_row, reached_rows, recommendation_rows, sealed_at
from records.family import relatives
from records.faults import where
from records.naming import file_not_clean, files_not_theirs, strange_cases
from records.outbox import CHANGED
from records.sealing import CannotUnseal, Vault
from records.seeing import TOLD, act, here

log = structlog.get_logger("records")

UNSIGNED = "This was not sent through the door, so it is not taken."
UNKNOWN_RULES = "There is no policy or calendar of this name here. Put it in force first."
FAULT = (
    "This cannot be recorded, because of a fault in the program. Nothing was changed; what you typed is kept. "
    "Tell whoever runs the service."
)


TOGETHER = 10
"""Cases whose rungs are written in one transaction at most: short enough for a command that comes meanwhile."""

MOMENT = 0.005
"""Seconds in which those that are due at the same instant find each other."""


class NoDirectory(RuntimeError):
    """The directory is empty: nobody can be told anything."""


class Step(NamedTuple):
    """One fact: the case before and after it, whom it tells, and the private words that belong to it."""

    fact: Fact
    before: Case
    case: Case
    notices: list[Notice]
    text: TextRow | None = None
    words: Any = None


def step(case: Case, fact: Fact, directory: Directory) -> Step:
    """What this fact, the next of the case, changes. The first one also says under which rules the case began."""
    if fact.number == 1:
        fact = fact.model_copy(update={"data": {**fact.data, "begins": begins(case)}})
    now = after(case, fact)
    return Step(fact, case, now, notices(case, now, fact, directory))


class Stretch(NamedTuple):
    """Steps of a case that follow each other. `spoken`: rungs spoke, and nothing else happened."""

    before: Case
    case: Case
    spoken: bool


def stretches_of(steps: Iterable[Step]) -> Iterator[Stretch]:
    """The steps as stretches: what rungs say changes nothing but their obligations, however many speak."""
    for (_, spoken), found in groupby(steps, lambda one: (one.case.ref, only_spoke(one.case, one.fact))):
        first, *others = found
        yield Stretch(first.before, (others or [first])[-1].case, spoken)


class Recorder:
    """Writes for all cases of one installation."""

    def __init__(self, database: Database, vault: Vault, auditor: Auditor) -> None:
        self.database, self.vault, self.auditor = database, vault, auditor
        self.directory = DirectoryRecord(vault, auditor)
        self._turn = asyncio.Lock()
        self._waiting: dict[asyncio.Future[Written], Batch] = {}
        """What is to be written without a command, and by whom it is awaited."""

    async def write(self, batch: Batch) -> Written:
        """Write what the batch asks for, or nothing. May run twice: what is written already is not written again."""
        if batch.command is not None:
            return (await self._done([batch]))[0]
        return await self._gathered(batch)

    async def _gathered(self, batch: Batch) -> Written:
        """What cases say that fall due together is written together, for a transaction costs more than its rows.

        Whoever's turn it is writes for all who wait. If that fails, each is written alone, so that one case which
        cannot be written keeps no other from it.
        """
        written: asyncio.Future[Written] = asyncio.get_running_loop().create_future()
        self._waiting[written] = batch
        try:
            async with self._turn:
                if not written.done():
                    await asyncio.sleep(MOMENT)
                    await self._write_waiting(written)
            return written.result()
        finally:
            del self._waiting[written]

    async def _write_waiting(self, mine: asyncio.Future[Written]) -> None:
        group = {self._waiting[mine].case: mine}  # each case once: the same again is an attempt that came later
        for one, batch in self._waiting.items():
            if len(group) < TOGETHER and not one.done() and batch.case not in group:
                group[batch.case] = one
        try:
            done = await self._done([self._waiting[one] for one in group.values()])
        except Exception:
            if len(group) == 1:
                raise
            group = {self._waiting[mine].case: mine}
            done = await self._done([self._waiting[mine]])
        for one, written in zip(group.values(), done, strict=True):
            one.set_result(written)

    async def _done(self, batches: Sequence[Batch]) -> list[Written]:
        first = batches[0]
        with act("write", case=first.case, kind=first.command.kind if first.command else TOLD) as said:
            async with self.database.writing() as session:
                done = await Writing(self, session, await session.connection()).done(batches)
            if done[0].problems:
                said["outcome"] = "refused"
            return done


class Writing:
    """One transaction: what it changes is worked out first, and then written table by table."""

    def __init__(self, recorder: Recorder, session: AsyncSession, connection: AsyncConnection) -> None:
        self.recorder, self.vault, self.auditor = recorder, recorder.vault, recorder.auditor
        self.session, self.connection = session, connection

    async def done(self, batches: Sequence[Batch]) -> list[Written]:
        """What has become of each batch, each of another case."""
        found = await self.connection.execute(_LOCKED, {"of": [batch.case for batch in batches]})
        rows = {ref: (known, state) for ref, known, state in found}
        directory = await self.recorder.directory.read(self.session)
        if directory is None:
            raise NoDirectory
        written, told = [], []
        for batch in batches:
            known, state = rows.get(batch.case, (0, None))
            if known > batch.known:
                missed = await facts_after(self.session, batch.case, batch.known)
                written.append(Written(facts=tuple(missed), stale=True))
                continue
            case = Case.model_validate(state) if state is not None else batch.opens
            if case is None:
                written.append(Written(problems=(Problem(words=f"There is no case {batch.case}."),)))
            elif batch.command is not None:
                written.append(await self._commanded(batch.command, case, directory, batch.now, new=state is None))
            else:
                steps = self._told(case, batch.due, directory, batch.now)
                written.append(Written(facts=tuple(one.fact for one in steps)))
                told += steps
        await self.write(told)
        return written

    def _told(self, case: Case, due: Iterable[Due], directory: Directory, now: datetime) -> list[Step]:
        """The rungs that speak now, as far as they are still due."""
        steps: list[Step] = []
        for one in due:
            if case.obligations[one.key].due_rung(now) == one:
                steps.append(step(case, tell(case, one, directory, now), directory))
                case = steps[-1].case
        return steps

    async def _commanded(
        self, signed: Signed, case: Case, directory: Directory, now: datetime, *, new: bool
    ) -> Written:
        """Signature, rights and state once more, inside the transaction; then the command is a fact."""
        genuine, text, words = await self._genuine(signed, case)
        if not genuine:
            return Written(problems=(Problem(words=UNSIGNED),))
        if number := await self.connection.scalar(_RECORDED, {"of": signed.request}):
            return Written(number=number)
        model = COMMANDS[case.kind][signed.kind]
        named = model.names_cases(merged(signed.body, words))
        actor = actor_of(directory, signed.actor, now)
        strange = await strange_cases(self.session, case.ref, named, actor, now)
        strange += await files_not_theirs(self.session, model, signed.body, signed.actor, case.ref)
        strange += await file_not_clean(self.session, case, signed.kind, signed.body)
        judged = judged_again(signed, case, directory, now, strange)
        if not isinstance(judged, Step):
            await self._settle(signed, "refused", judged)
            return Written(problems=tuple(judged))
        judged = judged._replace(text=text, words=words)
        opened = await self._opened(judged, directory)
        begins = {case.ref: ""} if new else {}
        shared = await self._shared(judged, opened, directory)
        then = next((one.case for one in reversed(shared) if one.case.ref == case.ref), judged.case)
        told = self._told(then, then.due(now), directory, now)  # what is said at once is said in the same write
        await self.write([judged, *opened, *shared, *told], begins | {o.case.ref: case.ref for o in opened})
        await self._settle(signed, "done")
        states = {one.case.ref: one.case for one in (*opened, *shared)}
        return Written(
            facts=(judged.fact, *(one.fact for one in (*shared, *told) if one.case.ref == case.ref)),
            opened=tuple(states[one.case.ref] for one in opened),
            number=judged.fact.number,
        )

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

    async def _opened(self, one: Step, directory: Directory) -> list[Step]:
        """What this fact opens begins in the same transaction."""
        opening = opens(one.before, one.fact)
        if opening is None:
            return []
        ref = await next_ref(self.session, LIFECYCLES[opening.kind].prefix, one.fact.recorded)
        fresh, first = opened(one.case, one.fact, ref, opening)
        if first.kind != SubmitReferral.FACT:
            return [step(fresh, first, directory)]
        text, words = await self._as_referral(one.fact)
        first = first.model_copy(update={"text": text.id})
        return [step(fresh, first, directory)._replace(text=text, words=words)]

    async def _as_referral(self, fact: Fact) -> tuple[TextRow, dict[str, Any]]:
        """The words of the referral that this fact makes of the notification of a death, kept as its own."""
        told: dict[str, Any] = {}
        for one in await facts_after(self.session, fact.case, 0):
            if one.kind in OF_DEATHS:  # what was amended later goes before what was notified
                text = await self.session.get_one(TextRow, one.text)
                told |= self.vault.unseal(text.sealed, f"texts.sealed/{text.id}")
        words = as_referral(told)
        id_ = f"{fact.case}/{fact.number}"
        text = TextRow(
            id=id_, digest=self.vault.sign(words), author=fact.actor, written=fact.recorded,
            sealed=self.vault.seal(words, f"texts.sealed/{id_}"),
        )  # fmt: skip
        self.session.add(text)
        await self.session.flush()
        return text, words

    async def _shared(self, one: Step, opened: Sequence[Step], directory: Directory) -> list[Step]:
        """What this fact means for the other cases of its family.

        Who may open one of them may open all; and the review of a death waits no longer for reviews that are settled.
        """
        grown = grows(one.before, one.case) or bool(opened)
        moved, settled = access_moved(one.before, one.case), settles(one.before, one.case)
        if not (grown or moved or settled):
            return []
        cases = {one.case.ref: one.case, **await relatives(self.session, one.case)}
        cases |= {fresh.case.ref: fresh.case for fresh in opened}
        sources = [(unsaid(case), case) for case in cases.values()] if grown else [(one.before, one.case)]
        steps = []
        for case, fact in ended_waits(cases, one.fact) if settled else ():
            steps.append(step(case, fact, directory))
            cases[case.ref] = steps[-1].case
        for before, case in sources:
            for ref in cases:
                for fact in follows(before, case, cases[ref], one.fact):
                    text, words = (one.text, one.words) if fact.text else (None, None)
                    steps.append(step(cases[ref], fact, directory)._replace(text=text, words=words))
                    cases[ref] = steps[-1].case
        return steps

    async def _settle(self, signed: Signed, state: str, problems: Iterable[Problem] = ()) -> None:
        said = [problem.model_dump(mode="json") for problem in problems]
        await self.connection.execute(_SETTLED, {"of": signed.request, "to": state, "said": said})

    async def write(self, steps: Sequence[Step], begin: Mapping[str, str] = MappingProxyType({})) -> None:
        """Everything that these steps change. `begin`: cases that are new, each with the case from which it came."""
        if steps:
            await self.connection.run_sync(self._write, steps, begin)

    def _write(self, connection: Connection, steps: Sequence[Step], begin: Mapping[str, str]) -> None:
        stretches = list(stretches_of(steps))
        cases = {one.case.ref: one.case for one in steps}
        if begin:
            rows = [{**_case_row(cases[ref]), "parent": parent or None} for ref, parent in begin.items()]
            connection.execute(_BEGUN, rows)
        if kept := [_case_row(case) for ref, case in cases.items() if ref not in begin]:
            connection.execute(_KEEP, [{f"new_{name}": value for name, value in row.items()} for row in kept])
        if moved := {one.case.ref for one in stretches if not one.spoken}:
            connection.execute(_boarded(connection.dialect.name), [board_row(cases[ref]) for ref in moved])
        connection.execute(_FACTS, [{**vars(one.fact), "request": one.fact.request or None} for one in steps])
        # What was told of what has ended is out of date, but not what is told now: so the one before the other.
        self._obligations(connection, stretches)
        self._recommendations(connection, stretches)
        self._words_of_recommendations(connection, steps)
        self._children(connection, steps)
        count(connection, self.vault, [(one.case, one.fact, one.words) for one in steps])
        told = self._notices(connection, steps)
        self.auditor.extend(
            connection,
            [
                Entry(
                    fact.case,
                    fact.recorded,
                    fact.actor,
                    fact.kind,
                    of_fact(fact, text, words) | of_notices(told.get((fact.case, fact.number), ())),
                )
                for fact, _before, _case, _notices, text, words in steps
            ],
        )

    def _children(self, connection: Connection, steps: Sequence[Step]) -> None:
        """Who the children are stands apart from the case, sealed, under the numbers that the case knows."""
        rows = [
            child_row(self.vault, ref, n, child)
            for ref, kind, words in ((one.fact.case, one.fact.kind, one.words) for one in steps)
            for n, child in enumerate(children_of(kind, words), start=1)
        ]
        if rows:
            known = tuple_(ChildRow.case, ChildRow.number).in_([(row["case"], row["number"]) for row in rows])
            connection.execute(delete(ChildRow).where(known))  # of whom more is known by now
            connection.execute(insert(ChildRow), rows)

    def _obligations(self, connection: Connection, stretches: Sequence[Stretch]) -> None:
        changed: dict[tuple[str, str], tuple[Case, Obligation]] = {}
        moot: list[tuple[str, str]] = []
        for before, case, _ in stretches:
            for key, one in case.obligations.items():
                was = before.obligations.get(key)
                if was is not one:
                    changed[case.ref, key] = case, one
                    if one.ended and was is not None and not was.ended:
                        moot.append((case.ref, key))
        if changed:
            rows = [obligation_row(case, one) for case, one in changed.values()]
            connection.execute(_owed(connection.dialect.name), rows)
        if moot:
            told = update(NoticeRow).where(tuple_(NoticeRow.case, NoticeRow.obligation).in_(moot))
            connection.execute(told.values(state=State.SUPERSEDED))
        connection.execute(_LIVE, [{"of_case": ref} for ref in {one.case.ref for one in stretches}])

    def _recommendations(self, connection: Connection, stretches: Sequence[Stretch]) -> None:
        """The line of each recommendation that these steps touch; of what was only told, how high it has come."""
        latest = {one.case.ref: one.case for one in stretches}
        changed = dict.fromkeys(
            (one.case.ref, item) for one in stretches if not one.spoken for item in touched(one.before, one.case)
        )
        heard = dict.fromkeys(one.case.ref for one in stretches if one.spoken)
        if rows := [row for ref in heard for row in reached_rows(latest[ref])]:
            connection.execute(_REACHED, rows)
        if changed:
            made = [recommendation_rows(latest[ref], item) for ref, item in changed]
            for statement, rows in zip(_pursued(connection.dialect.name), zip(*made, strict=True), strict=True):
                connection.execute(statement, list(rows))

    def _words_of_recommendations(self, connection: Connection, steps: Sequence[Step]) -> None:
        """The words that these steps say of recommendations, sealed beside their lines."""
        worded, said = [], {}
        for one in steps:
            item, fact = about(one.fact.data), one.fact
            if item not in one.case.recommendations or not isinstance(one.words, dict):
                continue
            key = {"of_case": fact.case, "of_item": item}
            if fact.kind in MADE:
                words = self.vault.seal(merged(fact.data, one.words), sealed_at("sealed", fact.case, item))
                worded.append({**key, "words": words})
            if last := last_word(fact.kind, one.words):
                words = self.vault.seal(last, sealed_at("said", fact.case, item))
                said[fact.case, item] = {**key, "words": words, "on": fact.recorded, "as": fact.kind}
        if worded:
            connection.execute(_WORDED, worded)
        if said:
            connection.execute(_SAID, list(said.values()))
            connection.execute(_SAID_AT, list(said.values()))

    def _notices(self, connection: Connection, steps: Sequence[Step]) -> dict[tuple[str, int], list[Notice]]:
        """Write what is told, by the facts that tell it. What was told already, under its key, is not told again."""
        place = here()
        rows = [
            {**vars(notice), "state": State.QUEUED, "written": one.fact.recorded, "trace": place}
            for one in steps
            for notice in one.notices
        ]
        told: dict[tuple[str, int], list[Notice]] = {}
        if not rows:
            return told
        fresh = set(connection.execute(_told(connection.dialect.name), rows).scalars())
        for notice in (notice for one in steps for notice in one.notices if notice.key in fresh):
            told.setdefault((notice.case, notice.fact), []).append(notice)
        return told


def judged_again(
    signed: Signed, case: Case, directory: Directory, now: datetime, strange: list[Problem]
) -> Step | list[Problem]:
    """What this command changes as the next fact, or why it cannot. `strange`: what is said against cases it names.

    What the core cannot take is a problem too, never an error: the write is tried again for ever while the case's pen
    is held, so that an error here would stop the case for good.
    """
    try:
        return _judged(signed, case, directory, now, strange)
    except NotOnShelf:
        return [Problem(words=UNKNOWN_RULES)]
    except Exception as error:  # noqa: BLE001 -- whatever it is, the case has to go on
        log.error("cannot be taken", case=case.ref, kind=signed.kind, error=type(error).__name__, where=where(error))  # noqa: TRY400 -- no words
        return [Problem(words=FAULT)]


def _judged(
    signed: Signed, case: Case, directory: Directory, now: datetime, strange: list[Problem]
) -> Step | list[Problem]:
    actor = actor_of(directory, signed.actor, now)
    if signed.kind in OPENINGS:
        if case.known:
            return [Problem(words="This has been received already.")]
        office = may_open(actor, signed.kind, signed.body)
    else:
        office = acts(actor, case, access_of(case, now), signed.kind, signed.body)
    if isinstance(office, Problem):
        return [office]
    model = COMMANDS[case.kind][signed.kind]
    if (
        problems := strange
        or misnamed(model, case, signed.body, directory)
        or judge(case, signed.kind, signed.body, now)
    ):
        return problems
    return step(case, fact_of(case, signed, office, now), directory)


def begins(case: Case) -> dict[str, Any]:
    """Under which rules a case began: with its facts, all that is needed to fold it again."""
    return {"kind": case.kind, "policy": case.policy, "calendar": case.calendar, "opened": case.opened.isoformat()}


async def next_ref(session: AsyncSession, prefix: str, now: datetime) -> str:
    """The next reference of a series: LR-2026-0004. Numbers are never used twice."""
    counter = {"name": f"next/{prefix}-{now.year}", "value": "1"}
    first = inserting(SettingRow, session.get_bind().dialect.name).values(counter)
    next_ = cast(cast(SettingRow.value, Integer) + 1, SettingRow.value.type)
    counted = first.on_conflict_do_update(index_elements=["name"], set_={"value": next_}).returning(SettingRow.value)
    return f"{prefix}-{now.year}-{int(await session.scalar(counted) or 0):04}"


def _case_row(case: Case) -> dict[str, Any]:
    return {
        "ref": case.ref, "kind": case.kind, "known": case.known, "opened": case.opened, "closed": case.closed,
        "state": case.model_dump(mode="json", exclude_defaults=True),
    }  # fmt: skip


# Statements are built once: building one costs about as much as its part of the transaction.

_LOCKED = (
    select(CaseRow.ref, CaseRow.known, CaseRow.state)
    .where(CaseRow.ref.in_(bindparam("of", expanding=True)))
    .order_by(CaseRow.ref)
    .with_for_update()
)
_RECORDED = select(FactRow.number).where(FactRow.request == bindparam("of"))
_SETTLED = (
    update(CommandRow)
    .where(CommandRow.request == bindparam("of"), CommandRow.state == "asked")
    .values(state=bindparam("to"), problems=bindparam("said"))
)
_BEGUN = insert(CaseRow)
_KEEP = (
    update(CaseRow)
    .where(CaseRow.ref == bindparam("new_ref"))
    .values({name: bindparam(f"new_{name}") for name in ("known", "state", "closed")})
)
_FACTS = insert(FactRow)
_HERE: BindParameter[str] = bindparam("of_case")
_TOLD_OF = select(NoticeRow.bundle).where(NoticeRow.case == _HERE)
_LIVE = update(BundleRow).where(BundleRow.live, BundleRow.key.in_(_TOLD_OF) | (BundleRow.case == _HERE)).values(CHANGED)


def _of_item(table: type[RecommendationRow | RecommendationWordsRow]) -> Update:
    return update(table).where(table.case == bindparam("of_case"), table.item == bindparam("of_item"))


_REACHED = _of_item(RecommendationRow).values(level=bindparam("rung"), reached=bindparam("office"))
_WORDED = _of_item(RecommendationWordsRow).values(sealed=bindparam("words"))
_SAID = _of_item(RecommendationWordsRow).values(said=bindparam("words"))
_SAID_AT = _of_item(RecommendationRow).values(said_at=bindparam("on"), said_kind=bindparam("as"))


@cache
def _boarded(dialect: str) -> Executable:
    """What the board shows of a case now, whether it is new or was there."""
    return _kept(BoardRow, Boarded._fields, ("case",), dialect)


@cache
def _owed(dialect: str) -> Executable:
    """What an obligation is now, whether it is new or was there."""
    new = inserting(ObligationRow, dialect)
    anew = {name: new.excluded[name] for name in ("owed_by", "due", "speaks", "level", "state")}
    return new.on_conflict_do_update(index_elements=["case", "key"], set_=anew)


@cache
def _pursued(dialect: str) -> tuple[Executable, Executable]:
    """What a recommendation is now, its line and what stands beside it, whether they are new or were there."""
    key = ("case", "item")
    return (
        _kept(RecommendationRow, Tracked.model_fields, key, dialect),
        _kept(RecommendationWordsRow, Turning.model_fields, key, dialect),
    )


def _kept(table: type[Table], columns: Iterable[str], key: Sequence[str], dialect: str) -> Executable:
    new = inserting(table, dialect)
    anew = {name: new.excluded[name] for name in columns if name not in key}
    return new.on_conflict_do_update(index_elements=key, set_=anew)


@cache
def _told(dialect: str) -> Executable:
    """Notices that were not told before, each with its key."""
    return inserting(NoticeRow, dialect).on_conflict_do_nothing().returning(NoticeRow.key)
