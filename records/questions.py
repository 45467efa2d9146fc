"""What pages, JSON and the command line ask of the record. Reading only; each answer is fit for its reader."""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, String, and_, cast, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from models import shelf
from models.base import Message
from models.board import Boarded, Line, Shown, circle_by, line, line_of, part
from models.case import Case
from models.command import merged
from models.directory import Directory
from models.doing import Sight, doings, sight
from models.facts import Fact, Problem
from models.likeness import LIKELY, Likeness, likeness
from models.referral import Route, later, leads
from models.replaying import History
from models.rights import (
    AGENCY_OFFICES,
    REFERRER,
    Actor,
    access_by,
    access_of,
    asked_for,
    reads,
    relations,
    sees,
    whole,
)
from models.standing import Dated, Deadline, deadlines, is_invited, may, meetings, owed_dates
from models.tables import NAMING, BoardRow, CaseRow, ChildRow, FactRow, NoticeRow, ReadRow, TextRow
from models.time import at, day_of, in_full
from models.tracking import about
from records.audit import READS
from records.children import Kept, near
from records.facts import fact_from
from records.outbox import Outbox
from records.policies import in_force
from records.writing import Recorder

EVERY_READ = 20_000
"""How many reads an export holds: years of them."""


class Entry(Message):
    """One fact on the time line. `words` only for those who may read the whole case, or whose agency wrote it."""

    number: int
    kind: str
    at: datetime
    recorded: datetime
    who: str
    office: str
    agency: str
    data: dict[str, Any]
    words: dict[str, Any] | None
    corrected: str = ""


class Newer(Message):
    """Rules in force that a case does not follow. `kind`: the command by which it would; `name`: what that names."""

    kind: str
    name: str
    was: str
    then: str


class LikelySame(Message):
    """Another referral that may be about the same child, and what was decided about that (True: the same).

    `later`: whether it was received after the one on whose page it is shown; then it is the one that joins.
    """

    ref: str
    later: bool = False
    score: float
    because: list[str]
    decided: bool | None = None


class Read(Message):
    """Somebody opened something: a page, an export, a file, by whichever door. `case` is empty where it shows many."""

    number: int
    at: datetime
    person: str
    name: str
    case: str
    what: str


class Owed(Message):
    """Something that is owed, or waits for a decision, in a case of this kind."""

    case: str
    kind: str
    deadline: Deadline


class AskedAbout(Message):
    """What an agency that is asked for a return has to know: for what, of whom, of when, and what to look for."""

    kind: str
    children: list[dict[str, Any]]
    """Name, dates, address and NHS number alone: enough to find the right records."""
    incident_on: str
    words: list[str]


JOINING = ("referral", "child_death")
"""Kinds of case that may be of the same as another, and then join it."""
CHILD = ("name", "born", "expected", "died", "nhs_number", "address")


class CaseView(Message):
    ref: str
    kind: str
    parent: str | None
    children: list[str]
    state: Case
    whole: bool
    restricted: bool
    line: Line
    deadlines: list[Deadline]
    entries: list[Entry]
    may: list[str]
    """The commands that their office allows; whether the case takes one now is asked of models.doing."""
    asked: bool = False
    """Whether their own agency is asked for a return here."""
    invited: bool = False
    """Whether they are asked to the meeting, and so see its place and its papers."""
    newer: list[Newer] = []


class Questions:
    def __init__(self, recorder: Recorder) -> None:
        self._recorder, self._vault = recorder, recorder.vault

    async def directory(self) -> Directory | None:
        async with self._recorder.database.reading() as session:
            return await self._recorder.directory.read(session)

    async def board(
        self, actor: Actor, now: datetime, *, closed: tuple[datetime, datetime] | None = None, kind: str = ""
    ) -> list[Line]:
        """Every open case that this person may see, the slowest first: urgent, then by how long it is overdue.

        What only somebody outside is expected to do comes after what is owed here, and what has no date last.
        `closed`: also those that were closed from the one moment on and before the other. `kind`: of this kind alone.
        """
        async with self._recorder.database.reading() as session:
            directory = await self._recorder.directory.read(session)
            wholes, parts = await _boarded(session, actor, now, _of_board(closed, kind))
        mine = relations(actor)
        lines = [line(row, Shown(*row.shown), mine, now, directory, all_of_it=True) for row in wholes]
        lines += [line(row, part(row, mine), mine, now, directory, all_of_it=False) for row in parts]
        return sorted(
            lines,
            key=lambda line: (
                line.closed is not None,
                not line.urgent,
                line.due is None,
                line.expected,
                line.due or line.opened,
                line.ref,
            ),
        )

    async def first_closed(self) -> datetime | None:
        """When a case was closed first; None while none was."""
        async with self._recorder.database.reading() as session:
            return await session.scalar(select(func.min(BoardRow.closed)))

    async def case(
        self, ref: str, actor: Actor, now: datetime, *, for_meeting: bool = False
    ) -> CaseView | Problem | None:
        """The case, or the part to which this person's agency is party; a Problem if they may not; None: no case.

        `for_meeting`: whoever is asked to the meeting reads all of it, as its papers show it.
        """
        async with self._recorder.database.reading() as session:
            row = await session.get(CaseRow, ref)
            if row is None:
                return None
            case = Case.model_validate(row.state)
            access = access_of(case, now)
            if refusal := reads(actor, case, access):
                return refusal
            invited = is_invited(actor, case)
            all_of_it = whole(actor, case, access) or (for_meeting and invited)
            directory = await self._recorder.directory.read(session)
            of_it = (await session.scalars(select(CaseRow.ref).where(CaseRow.parent == ref))).all() if all_of_it else []
            children = [one for one in of_it if await self._opens(session, one, actor, now)]
            parent = row.parent if all_of_it and row.parent else None
            if parent and not await self._opens(session, parent, actor, now):
                parent = None
            newer = await self._newer(session, case) if all_of_it else []
            entries = await self._entries(session, case, actor, directory, all_of_it=all_of_it)
        return CaseView(
            ref=ref,
            kind=case.kind,
            parent=parent,
            children=children,
            state=case,
            whole=all_of_it,
            restricted=bool(case.said.get("restricted")),
            line=line_of(case, actor, now, directory, all_of_it=all_of_it),
            deadlines=_with_words(deadlines(case, actor, now, all_of_it=all_of_it), case, entries),
            entries=entries,
            may=may(case, actor, access),
            asked=asked_for(actor, case, access),
            invited=invited,
            newer=newer,
        )

    async def of_recommendation(self, ref: str, item: str, actor: Actor, now: datetime) -> list[Entry]:
        """What has happened about one recommendation, with its words; nothing for those who may not see it."""
        async with self._recorder.database.reading() as session:
            row = await session.get(CaseRow, ref)
            case = Case.model_validate(row.state) if row else None
            one = case.recommendations.get(item) if case else None
            if case is None or one is None:
                return []
            access = access_of(case, now)
            all_of_it = whole(actor, case, access)
            if reads(actor, case, access) or not sees(actor, all_of_it, one):
                return []
            directory = await self._recorder.directory.read(session)
            return await self._entries(session, case, actor, directory, all_of_it=all_of_it, item=item)

    @staticmethod
    async def _newer(session: AsyncSession, case: Case) -> list[Newer]:
        """The rules in force that this case does not follow: it began under others."""
        names = await in_force(session)
        if names is None or case.closed:
            return []
        policy, calendar = names
        found = []
        if policy != case.policy:
            was, then = (shelf.policy(name).version for name in (case.policy, policy))
            found.append(Newer(kind="adopt_policy", name=policy, was=f"policy {was}", then=f"policy {then}"))
        if calendar != case.calendar:
            was, then = (shelf.days(name).calendar.version for name in (case.calendar, calendar))
            found.append(Newer(kind="adopt_calendar", name=calendar, was=f"calendar {was}", then=f"calendar {then}"))
        return found

    async def note_read(self, person: str, case: str, what: str, now: datetime) -> None:
        """Who opened what is kept, as a link of the chain `reads`. `case`: its reference; empty where several show."""
        async with self._recorder.database.writing() as session:
            values = {"read": [person, case, what, now.timestamp()]}
            number = await self._recorder.auditor.append(session, READS, now, person, "read", values)
            session.add(ReadRow(number=number, person=person, case=case, what=what, at=now))

    async def note_first_read(self, person: str, case: str, what: str, now: datetime) -> None:
        """A reading that a device repeats by itself, as of a calendar: noted once on each day."""
        same = (ReadRow.person == person, ReadRow.case == case, ReadRow.what == what)
        today = select(ReadRow.number).where(*same, ReadRow.at >= at(day_of(now), time(0)))
        async with self._recorder.database.reading() as session:
            noted = (await session.scalars(today.limit(1))).first() is not None
        if not noted:
            await self.note_read(person, case, what, now)

    async def reads(self, actor: Actor, now: datetime, case: str, person: str, most: int) -> list[Read]:
        """Who opened what, the newest first, of one case or person if named.

        Nothing of cases that whoever asks may not open themselves.
        """
        found = select(ReadRow).order_by(ReadRow.number.desc()).limit(most)
        if case:
            found = found.where(ReadRow.case == case)
        if person:
            found = found.where(ReadRow.person == person)
        async with self._recorder.database.reading() as session:
            rows = (await session.scalars(found)).all()
            directory = await self._recorder.directory.read(session)
            theirs = {""}
            for row in await session.scalars(select(CaseRow).where(CaseRow.ref.in_({row.case for row in rows}))):
                state = Case.model_validate(row.state)
                theirs |= {row.ref} if reads(actor, state, access_of(state, now)) is None else set()
        return [
            Read(
                number=row.number, at=row.at, person=row.person, name=_name(row.person, directory), case=row.case,
                what=row.what,
            )
            for row in rows
            if row.case in theirs
        ]  # fmt: skip

    async def dates(self, actor: Actor, now: datetime) -> list[Dated]:
        """Every date that an office of this person owes, and the coming meetings of the cases that they may open."""
        async with self._recorder.database.reading() as session:
            rows = (await session.scalars(select(CaseRow).where(CaseRow.closed.is_(None)).order_by(CaseRow.ref))).all()
            arranged: dict[str, list[Fact]] = {}
            arrangements = select(FactRow).where(
                FactRow.kind == "meeting_arranged", FactRow.case.in_([row.ref for row in rows])
            )
            for row in await session.scalars(arrangements):
                arranged.setdefault(row.case, []).append(fact_from(row))
        found = []
        for case in (Case.model_validate(row.state) for row in rows):
            if reads(actor, case, access_of(case, now)) is None:
                found += owed_dates(actor, case)
                found += [
                    one for one in meetings(case, arranged.get(case.ref, [])) if one.at >= now - timedelta(days=1)
                ]
        return sorted(found, key=lambda one: (one.at, one.case, one.key))

    async def mine(self, actor: Actor, now: datetime) -> list[Owed]:
        """What this person owes or can decide now in every open case that they may open, by date."""
        seen = await self._sights(actor, now)
        return _by_date((one, doing.deadline) for one in seen for doing in doings(one, now)[0])

    async def outstanding(self, actor: Actor, now: datetime) -> list[Owed]:
        """Everything that is owed by anybody in every open case that this person may open, by date."""
        seen = await self._sights(actor, now)
        return _by_date((one, deadline) for one in seen for deadline in one.deadlines if not deadline.ended)

    async def _sights(self, actor: Actor, now: datetime) -> list[Sight]:
        async with self._recorder.database.reading() as session:
            rows = (await session.scalars(select(CaseRow).where(CaseRow.closed.is_(None)))).all()
        return [one for row in rows if (one := sight(Case.model_validate(row.state), actor, now))]

    async def children(self, ref: str) -> list[tuple[int, dict[str, Any]]]:
        """Who the children of a referral are. The caller has checked that the reader may know."""
        async with self._recorder.database.reading() as session:
            rows = await session.scalars(select(ChildRow).where(ChildRow.case == ref).order_by(ChildRow.number))
            return [(row.number, Kept(ref, row.number, row.sealed).opened(self._vault)) for row in rows.all()]

    async def asked_about(self, view: CaseView, actor: Actor, now: datetime) -> AskedAbout | None:
        """The child of whom this person's agency is asked, with the words of the request; a reading that is noted.

        None for everybody whose agency is not asked, and where a review was entered that came of no referral here.
        """
        if not view.asked or not view.state.said.get("children"):
            return None
        referral, wanted = str(view.state.said.get("referral", view.ref)), view.state.said["children"]
        people = [child for number, child in await self.children(referral) if number in wanted]
        own = {held.agency for held in actor.offices if held.office in AGENCY_OFFICES}
        requests = [
            await self.words(fact)
            for fact in await self.facts(view.ref)
            if fact.kind == "information_requested" and own & set(fact.data["agencies"])
        ]
        told = await self.words((await self.facts(referral))[0])
        await self.note_read(actor.person, view.ref, "children", now)
        return AskedAbout(
            kind=view.kind,
            children=[{name: child.get(name) for name in CHILD} for child in people],
            incident_on=str(told.get("incident_on", told.get("died"))),
            words=[said["words"] for said in requests if said.get("words")],
        )

    async def meeting(self, view: CaseView) -> dict[str, Any]:
        """The meeting as it was arranged last, with its place; empty for whoever is not asked to it."""
        arranged = [fact for fact in await self.facts(view.ref) if fact.kind == "meeting_arranged"]
        return await self.words(arranged[-1]) if arranged and (view.whole or view.invited) else {}

    async def referral(self, view: CaseView, actor: Actor, what: str, now: datetime) -> dict[str, Any]:
        """All that the referral of a case says; a reading that is noted. For those who see all of the case."""
        if not view.whole:
            return {}
        ref = str(view.state.said.get("referral", view.ref))
        await self.note_read(actor.person, ref, what, now)
        return await self.words((await self.facts(ref))[0])

    async def words(self, fact: Fact) -> dict[str, Any]:
        """All answers of a command, plain and private together."""
        async with self._recorder.database.reading() as session:
            return await self._words(session, fact)

    async def inbox(self, person: str | None) -> list[NoticeRow]:
        """The messages of one person, newest first; of everybody (demonstration only) if none is named."""
        found = select(NoticeRow).order_by(NoticeRow.written.desc(), NoticeRow.key).limit(300)
        if person is not None:
            found = found.where(NoticeRow.person == person)
        async with self._recorder.database.reading() as session:
            return list((await session.scalars(found)).all())

    async def note_seen(self, person: str, keys: Sequence[str], now: datetime) -> None:
        """These messages were on the page of whom they went to."""
        if keys:
            unseen = update(NoticeRow).where(NoticeRow.key.in_(keys), NoticeRow.person == person)
            async with self._recorder.database.writing() as session:
                await session.execute(unseen.where(NoticeRow.seen.is_(None)).values(seen=now))

    async def facts(self, ref: str) -> list[Fact]:
        async with self._recorder.database.reading() as session:
            rows = await session.scalars(select(FactRow).where(FactRow.case == ref).order_by(FactRow.number))
            return [fact_from(row) for row in rows.all()]

    async def histories(self, actor: Actor, now: datetime, since: datetime) -> tuple[list[History], int]:
        """Everything recorded of each case opened since, if they may see all of it; and how many they may not."""
        opened = select(CaseRow).where(CaseRow.opened >= since).order_by(CaseRow.opened, CaseRow.ref)
        async with self._recorder.database.reading() as session:
            cases = [Case.model_validate(row.state) for row in (await session.scalars(opened)).all()]
            theirs = {case.ref: case for case in cases if whole(actor, case, access_of(case, now))}
            facts: dict[str, list[Fact]] = {ref: [] for ref in theirs}
            for ref in theirs:
                rows = select(FactRow).where(FactRow.case == ref).order_by(FactRow.number)
                facts[ref] = [fact_from(row) for row in await session.scalars(rows)]
        found = [
            History(ref=case.ref, kind=case.kind, opened=case.opened, facts=tuple(facts[case.ref]))
            for case in theirs.values()
        ]
        return found, len(cases) - len(theirs)

    async def messages(self, ref: str, obligation: str) -> dict[tuple[int, int, str], str]:
        """What became of each message about an obligation, in words, by rung, round and office."""
        found = select(NoticeRow).where(
            NoticeRow.case == ref, NoticeRow.obligation == obligation, NoticeRow.kind == "owed"
        )
        async with self._recorder.database.reading() as session:
            rows = (await session.scalars(found)).all()
        trips = await Outbox(self._recorder.database).trips([row.key for row in rows])
        return {(row.rung, row.round, row.office): trips[row.key].words(in_full) for row in rows}

    async def likely_same(self, ref: str, actor: Actor, now: datetime) -> list[LikelySame]:
        """Other referrals that may be about a child of this one, and those of which it was decided. Likeliest first.

        Of cases that this person may not open nothing is said.
        """
        own = [child for _, child in await self.children(ref)]
        found = {one.ref: one for one in await self.like(own, actor, now) if one.ref != ref}
        async with self._recorder.database.reading() as session:
            decided = {
                case.ref: bool(case.said["duplicates"][ref])
                for case in await self._naming(session, ref)
                if ref in case.said.get("duplicates", {})
            }
            decided |= Case.model_validate((await session.get_one(CaseRow, ref)).state).said.get("duplicates", {})
            for other in decided.keys() - found.keys():
                if await self._opens(session, other, actor, now):
                    found[other] = LikelySame(ref=other, score=0, because=[])
            joined = await _joined(session, {ref, *found})
        if joined.get(ref):
            found = {other: one for other, one in found.items() if other == joined[ref]}
        # Of what has joined another, that other is asked about.
        found = {other: one for other, one in found.items() if joined.get(other, "") in {"", ref}}
        known = [
            one.model_copy(update={"decided": decided.get(one.ref), "later": later(one.ref, ref)})
            for one in found.values()
        ]
        return sorted(known, key=lambda one: -one.score)

    async def like(self, people: Sequence[Mapping[str, Any]], actor: Actor, now: datetime) -> list[LikelySame]:
        """Referrals that may be about one of these children, of those that this person may open."""
        async with self._recorder.database.reading() as session:
            rows = await near(session, self._vault, people)
            best = await asyncio.to_thread(self._alike, people, rows)
            return [
                LikelySame(ref=ref, score=one.score, because=list(one.because))
                for ref, one in best.items()
                if await self._opens(session, ref, actor, now)
            ]

    def _alike(self, people: Sequence[Mapping[str, Any]], rows: Iterable[Kept]) -> dict[str, Likeness]:
        """Of each case with a child that is likely one of these how alike the likeliest are."""
        best: dict[str, Likeness] = {}
        for row in rows:
            child = row.opened(self._vault)
            for one in (likeness(mine, child) for mine in people):
                if one.score >= LIKELY and (row.case not in best or one.score > best[row.case].score):
                    best[row.case] = one
        return best

    async def joined(self, ref: str, actor: Actor, now: datetime) -> list[str]:
        """Referrals that were found to belong to this case, or to the referral from which it came."""
        async with self._recorder.database.reading() as session:
            parent = await session.scalar(select(CaseRow.parent).where(CaseRow.ref == ref))
            joins = {
                one.ref
                for here in filter(None, (ref, parent))
                for one in await self._naming(session, here)
                if here in leads(one.said, Route.JOINED) or one.said.get("joined") == here
            }
            return sorted([one for one in joins if await self._opens(session, one, actor, now)])

    @staticmethod
    async def _naming(session: AsyncSession, ref: str) -> list[Case]:
        """Other referrals that say something of this case."""
        naming = select(FactRow.case).where(NAMING, cast(FactRow.data, String).contains(f'"{ref}"'))
        found = select(CaseRow.state).where(CaseRow.kind.in_(JOINING), CaseRow.ref != ref, CaseRow.ref.in_(naming))
        return [Case.model_validate(state) for state in (await session.scalars(found)).all()]

    @staticmethod
    async def _opens(session: AsyncSession, ref: str, actor: Actor, now: datetime) -> bool:
        """Whether there is such a case, and this person sees all of it."""
        state = await session.scalar(select(CaseRow.state).where(CaseRow.ref == ref))
        case = Case.model_validate(state) if state else None
        return case is not None and whole(actor, case, access_of(case, now))

    async def recorded(self, request: str) -> bool:
        """Whether what was asked under this request has become a fact."""
        async with self._recorder.database.reading() as session:
            return (await session.scalars(select(FactRow.number).where(FactRow.request == request))).first() is not None

    async def opened_by(self, ref: str) -> list[str]:
        """The cases that came of this one."""
        async with self._recorder.database.reading() as session:
            return list(
                (await session.scalars(select(CaseRow.ref).where(CaseRow.parent == ref).order_by(CaseRow.ref))).all()
            )

    async def state(self, ref: str) -> Case | None:
        async with self._recorder.database.reading() as session:
            row = await session.get(CaseRow, ref)
            return Case.model_validate(row.state) if row else None

    async def _entries(  # noqa: PLR0913 -- whose case, who reads it, and how much of it
        self,
        session: AsyncSession,
        case: Case,
        actor: Actor,
        directory: Directory | None,
        *,
        all_of_it: bool,
        item: str = "",
    ) -> list[Entry]:
        """What they may read of its facts; `item`: of those about this recommendation alone."""
        rows = (await session.scalars(select(FactRow).where(FactRow.case == case.ref).order_by(FactRow.number))).all()
        own = {held.agency for held in actor.offices if held.office in AGENCY_OFFICES}
        theirs = {item for item, one in case.recommendations.items() if sees(actor, all_of_it, one)}
        entries = []
        for row in rows:
            fact = fact_from(row)
            if item and about(fact.data) != item:
                continue
            if not all_of_it and fact.agency not in own and about(fact.data) not in theirs:
                continue
            words = await self._words(session, fact) if fact.text else None
            entries.append(
                Entry(
                    number=fact.number,
                    kind=fact.kind,
                    at=fact.occurred,
                    recorded=fact.recorded,
                    who="The notifier" if _is_notified(fact) else _name(fact.actor, directory),
                    office=fact.office,
                    agency=fact.agency,
                    data=fact.data,
                    words=words,
                )
            )
        return entries

    async def _words(self, session: AsyncSession, fact: Fact) -> dict[str, Any]:
        text = await session.get(TextRow, fact.text) if fact.text else None
        private = self._vault.unseal(text.sealed, f"texts.sealed/{text.id}") if text else {}
        both = merged(fact.data, private)
        return both if isinstance(both, dict) else {}


async def _joined(session: AsyncSession, refs: Collection[str]) -> dict[str, str]:
    """Which other case each of these has joined; empty: none."""
    joined = CaseRow.state["said"]["joined"].as_string()
    rows = await session.execute(select(CaseRow.ref, joined).where(CaseRow.ref.in_(refs)))
    return {ref: other or "" for ref, other in rows}


EVER: Final = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def _of_board(closed: tuple[datetime, datetime] | None, kind: str) -> ColumnElement[bool]:
    """Which lines of the board are asked for."""
    is_open = BoardRow.closed.is_(None)
    first, end = closed or EVER
    found = or_(is_open, and_(BoardRow.closed >= first, BoardRow.closed < end)) if closed else is_open
    return and_(found, BoardRow.kind == kind) if kind else found


async def _boarded(
    session: AsyncSession, actor: Actor, now: datetime, wanted: ColumnElement[bool]
) -> tuple[list[Boarded], list[Boarded]]:
    """The cases of which this person sees all, and those of which they see a part; of the latter also the parts."""
    columns = [getattr(BoardRow, name) for name in Boarded._fields if name != "shares"]
    found = select(*columns).where(wanted)
    wholes, parts = list[Boarded](), dict[str, Boarded]()
    for row in (Boarded._make((*kept, {})) for kept in await session.execute(found)):
        access, circle = access_by(row.guard["said"], now), circle_by(row.kind, row.guard)
        if whole(actor, circle, access):
            wholes.append(row)
        elif reads(actor, circle, access) is None:
            parts[row.case] = row
    names = list(parts)
    for begin in range(0, len(names), _AT_ONCE):
        of = BoardRow.case.in_(names[begin : begin + _AT_ONCE])
        for ref, shares in await session.execute(select(BoardRow.case, BoardRow.shares).where(of)):
            parts[ref] = parts[ref]._replace(shares=shares)
    return wholes, list(parts.values())


_AT_ONCE = 500
"""Databases bound how much one question names."""


def _with_words(found: list[Deadline], case: Case, entries: list[Entry]) -> list[Deadline]:
    """Each recommendation with the words in which it was made: several of one agency are told apart by them."""
    made = {entry.number: str(entry.words["action"]) for entry in entries if entry.words and "action" in entry.words}
    texts = {entry.number: str(entry.words["text"]) for entry in entries if entry.kind == "recommended" and entry.words}

    def words(one: Deadline) -> str:
        pursued = case.recommendation(case.obligations[one.key])
        return texts.get(pursued.fact, "") if pursued else made.get(case.obligations[one.key].since, "")

    return [one.model_copy(update={"words": words(one)}) for one in found]


def _by_date(found: Iterable[tuple[Sight, Deadline]]) -> list[Owed]:
    owed = [Owed(case=one.ref, kind=one.kind, deadline=deadline) for one, deadline in found]
    far = datetime.max.replace(tzinfo=UTC)
    return sorted(owed, key=lambda one: (one.deadline.due or far, one.case, one.deadline.key))


def _is_notified(fact: Fact) -> bool:
    """Whether somebody from outside told of a death."""
    return fact.kind == "death_notified" and fact.actor == REFERRER


def _name(person: str, directory: Directory | None) -> str:
    known = directory.people.get(person) if directory else None
    return known.name if known else {"engine": "The engine", "referrer": "The referrer"}.get(person, person)


def age_in_days(moment: datetime, now: datetime) -> int:
    return (day_of(now) - day_of(moment)).days
