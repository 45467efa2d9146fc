"""The tracker: lists and figures of recommendations, of those that their reader may see, made without looking at cases.

Colours hang on the time at which they are looked at, so each line holds when they turn (models/tracking.py).
"""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Select, String, and_, case, cast, false, func, or_, select, true, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from models.base import Message
from models.case import Case
from models.recommended import Colour, Kind, Override, Rag, Standing, Turn, shown_at
from models.rights import AGENCY_OFFICES, CASE_WIDE, NAMED_OFFICES, Actor, access_of, whole
from models.tables import CaseRow, RecommendationRow, RecommendationWordsRow
from models.time import day_of, end_of
from models.tracking import Tracked
from records.facts import sealed_at
from records.writing import Recorder

PAGE: Final = 50
OPEN: Final = (Standing.MADE, Standing.REJECTED, Standing.PURSUED)
AGES: Final = ((30, "0 to 30 days"), (90, "31 to 90 days"))
OLDER: Final = "Over 90 days"
_LINE, _WORDS = RecommendationRow, RecommendationWordsRow
_KEY = (RecommendationRow.case, RecommendationRow.item)
_WHOLE = select(_LINE, _WORDS).join(_WORDS, and_(_WORDS.case == _LINE.case, _WORDS.item == _LINE.item))
_AT_ONCE = 200
_SEVERITY = {Colour.RED: 0, Colour.AMBER: 1, Colour.GREY: 2, Colour.GREEN: 3, Colour.BLUE: 4}


@dataclass(frozen=True)
class Wanted:
    """The filters of the tracker, its order and its page. Empty: all. `state`: open, closed or withdrawn."""

    review: str = ""
    agency: str = ""
    theme: str = ""
    delivery: str = ""
    impact: str = ""
    owner: str = ""
    source: str = ""
    year: str = ""
    state: str = ""
    overdue: bool = False
    sort: str = "due"
    page: int = 1


class Line(Message):
    """One recommendation as a list shows it. `said`: what was said last of it, and `said_at` when."""

    of: Tracked
    delivery: Rag
    impact: Rag
    overdue: bool
    text: str
    paragraph: str
    measures: list[dict[str, Any]]
    actions: list[dict[str, Any]]
    said: str
    said_at: datetime | None
    said_kind: str

    @property
    def ref(self) -> str:
        return f"{self.of.case}/{self.of.item}"

    @property
    def address(self) -> str:
        return f"/cases/{self.of.case}/recommendations/{self.of.item}"


class Found(Message):
    """A page of lines, how many there are on all pages, and the years of everything that its reader may see.

    `page`: the one that is wanted, or the last where there are fewer.
    """

    lines: list[Line]
    count: int
    page: int
    years: tuple[int, ...]


class Themed(NamedTuple):
    """What is counted of the recommendations of one case that have the same themes."""

    case: str
    year: int
    themes: tuple[str, ...]
    lines: int
    open: int
    closed: int
    sustained: int
    reopened: int
    first_closed: datetime | None
    last_made: datetime


@dataclass
class Standings:
    """How the recommendations of one agency stand. `late`: those overdue, by age and by the office told last."""

    agency: str
    open: int = 0
    late: dict[str, int] = field(default_factory=dict)
    reached: dict[str, int] = field(default_factory=dict)
    closed: int = 0
    sustained: int = 0
    reopened: int = 0
    extensions: int = 0
    days: int = 0

    @property
    def overdue(self) -> int:
        return sum(self.late.values())

    @property
    def months(self) -> float | None:
        """On average from making to closing; none where nothing is closed."""
        return round(self.days / self.closed / 30.44, 1) if self.closed else None


class Tracker:
    """Asks the lines of recommendations; each answer is fit for its reader."""

    def __init__(self, recorder: Recorder) -> None:
        self._database, self._vault = recorder.database, recorder.vault

    async def find(self, actor: Actor, wanted: Wanted, now: datetime) -> Found:
        """The page that is wanted."""
        async with self._database.reading() as session:
            seen = await _seen(session, actor, now)
            which = and_(true(), *_filters(wanted, now))
            about = select(_count(which), func.min(_LINE.year), func.max(_LINE.year)).where(seen)
            count, first, last = (await session.execute(about)).one()
            page = min(wanted.page, pages_of(count))
            begin, end = PAGE * (page - 1), min(PAGE * page, count)
            # Whatever lies before a page is passed over line by line, so it is read from the nearer end.
            back = count - end < begin
            asked = _keys(seen, which, wanted.sort, now, back=back).limit(end - begin)
            keys = [(case, item) for case, item in await session.execute(asked.offset(count - end if back else begin))]
            lines = await self._lines(session, keys[::-1] if back else keys, now)
        years = tuple(range(first, last + 1)) if first else ()
        return Found(lines=lines, count=count, page=page, years=years)

    async def every(self, actor: Actor, wanted: Wanted, now: datetime) -> AsyncIterator[list[Line]]:
        """Everything that is wanted, on all pages, some lines at a time: which they are is settled at the beginning."""
        async with self._database.reading() as session:
            seen, which = await _seen(session, actor, now), and_(true(), *_filters(wanted, now))
            keys = [(case, item) for case, item in await session.execute(_keys(seen, which, wanted.sort, now))]

        async def read() -> AsyncIterator[list[Line]]:
            for begin in range(0, len(keys), _AT_ONCE):
                async with self._database.reading() as session:
                    lines = await self._lines(session, keys[begin : begin + _AT_ONCE], now)
                yield lines  # whoever reads slowly, or goes away, holds no connection meanwhile

        return read()

    async def of_case(self, ref: str, actor: Actor, now: datetime) -> list[Line]:
        """The recommendations of one case that this person may see, in the order in which they were made."""
        async with self._database.reading() as session:
            which = and_(_LINE.case == ref, await _seen(session, actor, now))
            rows = await session.execute(_WHOLE.where(which).order_by(_LINE.fact))
            return [self._line(row, words, now) for row, words in rows]

    async def named(self, keys: Sequence[tuple[str, str]], actor: Actor, now: datetime) -> list[Line]:
        """These recommendations (case, item), as far as this person may see them."""
        async with self._database.reading() as session:
            which = and_(tuple_(*_KEY).in_(keys), await _seen(session, actor, now))
            rows = await session.execute(_WHOLE.where(which)) if keys else ()
            return [self._line(row, words, now) for row, words in rows]

    async def figures(self, actor: Actor, now: datetime) -> list[Standings]:
        """By agency: what is open and overdue, by age and by the office reached; and what came of what was closed."""
        late = and_(_LINE.standing.in_(OPEN), _LINE.overdue_from < now)
        age = case(
            *((_LINE.overdue_from >= now - timedelta(days=most + 1), words) for most, words in AGES), else_=OLDER
        )
        async with self._database.reading() as session:
            seen = await _seen(session, actor, now)
            ages = await session.execute(
                select(_LINE.agency, age, _LINE.reached, func.count())
                .where(seen, late)
                .group_by(_LINE.agency, age, _LINE.reached)
            )
            closed = _LINE.standing == Standing.CLOSED
            others = await session.execute(
                select(
                    _LINE.agency,
                    _count(_LINE.standing.in_(OPEN)),
                    _count(closed),
                    _count(and_(closed, _LINE.retested == "sustained")),
                    _count(_LINE.round > 1),
                    func.coalesce(func.sum(_LINE.extensions), 0),
                    func.coalesce(func.sum(_LINE.days), 0),
                )
                .where(seen)
                .group_by(_LINE.agency)
            )
        made = {
            agency: Standings(agency, open_ or 0, {}, {}, shut or 0, held or 0, again or 0, more or 0, days or 0)
            for agency, open_, shut, held, again, more, days in others
        }
        for agency, words, reached, count in ages:
            one = made[agency]
            one.late[words] = one.late.get(words, 0) + count
            one.reached[reached] = one.reached.get(reached, 0) + count
        return [made[agency] for agency in sorted(made)]

    async def by_theme(self, actor: Actor, now: datetime) -> list[Themed]:
        """Everything that has a theme."""
        closed, kept = _LINE.closed.is_not(None), (_LINE.case, _LINE.year, cast(_LINE.themes, String))
        counted = (
            func.count(),
            _count(_LINE.standing.in_(OPEN)),
            _count(closed),
            _count(and_(closed, _LINE.retested == "sustained")),
            _count(_LINE.round > 1),
            func.min(_LINE.closed),
            func.max(_LINE.made),
        )
        async with self._database.reading() as session:
            which = and_(await _seen(session, actor, now), kept[-1] != "[]")
            rows = await session.execute(select(*kept, *counted).where(which).group_by(*kept))
            return [Themed(ref, year, tuple(json.loads(themes)), *figures) for ref, year, themes, *figures in rows]

    async def _lines(self, session: AsyncSession, keys: Sequence[tuple[str, str]], now: datetime) -> list[Line]:
        """These lines with their words, in this order. They are sorted before, without what is long."""
        found = await session.execute(_WHOLE.where(tuple_(*_KEY).in_(keys)))
        kept = {(row.case, row.item): self._line(row, words, now) for row, words in found}
        return [kept[key] for key in keys]

    def _line(self, row: RecommendationRow, beside: RecommendationWordsRow, now: datetime) -> Line:
        of = Tracked.model_construct(**{name: getattr(row, name) for name in Tracked.model_fields})
        words = self._unsealed(beside, "sealed", beside.sealed) or {}
        return Line.model_construct(
            of=of,
            delivery=_rag(of, beside.turns, Kind.DELIVERY, now),
            impact=_rag(of, beside.turns, Kind.IMPACT, now),
            overdue=of.standing in OPEN and of.overdue_from is not None and of.overdue_from < now,
            text=str(words.get("text", "")),
            paragraph=str(words.get("paragraph", "")),
            measures=list(words.get("measures", ())),
            actions=_rows_of(words.get("actions")),
            said=str(self._unsealed(beside, "said", beside.said) or ""),
            said_at=row.said_at,
            said_kind=row.said_kind,
        )

    def _unsealed(self, row: RecommendationWordsRow, column: str, sealed: bytes | None) -> Any:  # noqa: ANN401 -- any JSON value
        return self._vault.unseal(sealed, sealed_at(column, row.case, row.item)) if sealed else None


def _rows_of(actions: object) -> list[dict[str, Any]]:
    """Actions with their days; those of a recommendation that was kept elsewhere before are one text without."""
    if isinstance(actions, str):
        return [{"action": actions}] if actions else []
    return list(actions) if isinstance(actions, list) else []


def _rag(of: Tracked, made: Mapping[str, Any], axis: Kind, now: datetime) -> Rag:
    """What one axis shows now."""
    colour, until = getattr(of, f"{axis}_hand"), getattr(of, f"{axis}_until")
    hands = [Override(axis=axis, colour=colour, until=until)] if colour else []
    return shown_at([Turn.model_validate(one) for one in made[axis]], hands, axis, now)


def colour(axis: Kind, now: datetime) -> ColumnElement[str]:
    """The same as a condition of the database."""
    line: Mapping[str, Any] = {
        name: getattr(_LINE, f"{axis}{name}") for name in ("", "_amber", "_red", "_hand", "_until")
    }
    return case(
        (line["_until"] >= day_of(now), line["_hand"]),
        (line["_red"] < now, Colour.RED),
        (line["_amber"] < now, Colour.AMBER),
        else_=line[""],
    )


def _count(which: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((which, 1), else_=0)), 0)


def _filters(wanted: Wanted, now: datetime) -> list[ColumnElement[bool]]:
    states: dict[str, Sequence[str]] = {
        "open": OPEN, "closed": (Standing.CLOSED,), "withdrawn": (Standing.WITHDRAWN,),
        "past": (Standing.PAST,),
    }  # fmt: skip
    found = [
        column == value
        for column, value in (
            (_LINE.case, wanted.review.strip().upper()),
            (_LINE.agency, wanted.agency),
            (_LINE.owner, wanted.owner),
            (_LINE.source, wanted.source),
            (colour(Kind.DELIVERY, now), wanted.delivery),
            (colour(Kind.IMPACT, now), wanted.impact),
        )
        if value
    ]
    if wanted.year:
        found.append(_LINE.year == int(wanted.year) if wanted.year.isascii() and wanted.year.isdigit() else false())
    if wanted.theme:
        found.append(cast(_LINE.themes, String).contains(f'"{wanted.theme}"', autoescape=True))
    if wanted.state:
        found.append(_LINE.standing.in_(states.get(wanted.state, ())))
    if wanted.overdue:
        found += [_LINE.standing.in_(OPEN), _LINE.overdue_from < now]
    return found


def _keys(
    seen: ColumnElement[bool], which: ColumnElement[bool], sort: str, now: datetime, *, back: bool = False
) -> Select[str, str]:
    """Which lines these are, in their order: found and sorted without what is long. `back`: from the other end."""
    return select(*_KEY).where(seen, which).order_by(*_order(sort, now, back=back))


def _order(sort: str, now: datetime, *, back: bool) -> list[ColumnElement[Any]]:
    """What comes first; of equals by reference. All of it goes one way, so that an index is read along either way."""
    orders: Mapping[str, list[Any]] = {
        "due": [_LINE.due],
        "agency": [_LINE.agency],
        "year": [_LINE.year],
        "owner": [_LINE.owner == "", _LINE.owner],
        "delivery": [case(_SEVERITY, value=colour(Kind.DELIVERY, now))],
        "impact": [case(_SEVERITY, value=colour(Kind.IMPACT, now))],
        "said": [_LINE.said_at],
        "overdue": [_LINE.overdue_from],
    }
    newest = sort == "said"
    first, *others = (
        one.asc() if newest is back else one.desc() for one in (*orders.get(sort, ()), _LINE.case, _LINE.fact)
    )
    return [first.nulls_first() if back else first.nulls_last(), *others]


def pages_of(count: int) -> int:
    """How many pages so many lines take: one at least."""
    return max(1, -(-count // PAGE))


async def _seen(session: AsyncSession, actor: Actor, now: datetime) -> ColumnElement[bool]:
    """Which lines this person may see: what models.rights says (`sees`, of a case that they may read), as a condition.

    Only of cases about which something is particular is anything asked beside the lines themselves.
    """
    own = {held.agency for held in actor.offices if held.office in AGENCY_OFFICES}
    seated = {held.agency for held in actor.offices if held.agency}
    named = or_(_LINE.owner == actor.person, _LINE.deputy == actor.person, _LINE.sponsor == actor.person)
    kept_out, opened, closed = await _particular(session, actor, now)
    may = _LINE.case.not_in(kept_out) if kept_out else true()
    if actor.anywhere(CASE_WIDE) and not closed:  # who sees everything is asked nothing, so that indexes are used
        return may
    wide = _LINE.case.not_in(closed) if actor.anywhere(CASE_WIDE) else false()
    theirs = or_(
        wide, _LINE.case.in_(opened), _LINE.reviewer == actor.person, _LINE.agency.in_(own),
        and_(named, _LINE.agency.in_(seated)),
    )  # fmt: skip
    return and_(may, theirs)


async def _particular(session: AsyncSession, actor: Actor, now: datetime) -> tuple[set[str], set[str], set[str]]:
    """Of cases that are not like others: (those that are shut to them, those opened to them, those not seen whole)."""
    columns = (_LINE.case, _LINE.restricted, _LINE.locked_out, _LINE.let_in)
    rows = await session.execute(select(*columns).where(_LINE.particular.is_(True)))
    kept_out, opened, closed = set[str](), set[str](), set[str]()
    wide = actor.anywhere(CASE_WIDE) and not actor.anywhere(NAMED_OFFICES)
    for ref, restricted, locked_out, let_in in {row[0]: row for row in rows}.values():
        if actor.person in locked_out:
            kept_out.add(ref)
        elif actor.person in let_in and end_of(date.fromisoformat(let_in[actor.person])) >= now:
            opened.add(ref)
        elif restricted and wide and not await _whole(session, ref, actor, now):
            closed.add(ref)
    return kept_out, opened, closed


async def _whole(session: AsyncSession, ref: str, actor: Actor, now: datetime) -> bool:
    """Whether they see all of a restricted case: their agency, or an office of theirs, may have a part in it."""
    state = await session.scalar(select(CaseRow.state).where(CaseRow.ref == ref))
    found = Case.model_validate(state)
    return whole(actor, found, access_of(found, now))
