"""What the house itself says, of no case: put together when it is read, by the rights of whoever reads it.

Nothing in it but references, dates, offices and the policy's own titles. Whoever may not open a case does not find it
here either.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta

import structlog

from models.board import Colour, Line
from models.calendar import in_words
from models.directory import Directory, Person, Reason
from models.policy import Policy, Scope
from models.recommended import OWNER
from models.rights import actor_of
from models.shelf import policy
from models.standing import Dated, Deadline
from models.tables import NoticeRow
from models.telling import NoticeKind
from models.time import day_of
from models.watch import Matter, title
from notifier.words import Bulletin, Item, worded
from records.faults import where
from records.outbox import Outbox
from records.policies import in_force
from records.questions import Owed, Questions
from records.watching import key_of, last
from records.writing import Recorder

log = structlog.get_logger("bulletins")
MOST = 12
"""So many lines are said; the rest is counted."""
SOON = timedelta(days=7)
FORESEEN = 14
"""So many days ahead it is said that an office will be empty."""
NAMED = 4
"""So many offices or agencies are named in one line."""
UNSAID, UNREADABLE = (
    "A message of the house",
    "This message cannot be shown. Open its page to see what it is about.",
)


class Bulletins:
    """Answers what a notice of the house says. `reached`: whether any channel leads to somebody."""

    def __init__(self, recorder: Recorder, reached: Callable[[Person], bool]) -> None:
        self._recorder, self._questions, self._reached = recorder, Questions(recorder), reached

    async def read(self, row: NoticeRow, now: datetime) -> Bulletin:
        """What it says now, in words. `page` of it: where all of it stands."""
        async with self._recorder.database.reading() as session:
            directory, names = await self._recorder.directory.read(session), await in_force(session)
        assert directory
        assert names
        rules, kind = policy(names[0]), NoticeKind(row.kind)
        match kind:
            case NoticeKind.ASTRAY:
                it = await self._astray(row, rules, directory)
            case NoticeKind.TAKEN_OVER:
                it = await self._taken_over(row, rules, directory, now)
            case NoticeKind.DIGEST:
                owed = await self._questions.outstanding(actor_of(directory, row.person, now), now)
                it = _digest(owed, rules, directory, now)
            case NoticeKind.HEADLINES:
                it = _headlines(await self._board(row, directory, now), row)
            case NoticeKind.SELF_CHECK:
                it = await self._self_check(row)
            case _:
                it = _readiness(rules, directory, self._reached, now)
        it = it.model_copy(update={"office": rules.titled(row.office)})
        try:
            return worded(kind, it)
        except Exception as error:  # noqa: BLE001 -- whatever it is, the message has to go out
            name, place = type(error).__name__, where(error)
            log.error("message not whole", about=row.key, error=name, where=place)  # noqa: TRY400 -- no words
            return it.model_copy(update={"subject": UNSAID, "lines": (UNREADABLE,), "broken": True})

    async def _board(self, row: NoticeRow, directory: Directory, now: datetime) -> list[Line]:
        return await self._questions.board(actor_of(directory, row.person, now), now)

    async def _astray(self, row: NoticeRow, rules: Policy, directory: Directory) -> Bulletin:
        outbox, key = Outbox(self._recorder.database), str(row.data.get("bundle", ""))
        if not key:
            return Bulletin(plain=True, page="/inbox")
        inside = await outbox.notices((await outbox.bundle(key)).notices)
        offices = dict.fromkeys(
            rules.titled(one.office) + (f" of {directory.called(one.agency)}" if one.agency else "") for one in inside
        )
        return Bulletin(
            offices=" and the ".join(offices),
            cases=", ".join(sorted({one.case for one in inside if one.case})),
            found=not await outbox.is_astray(key),
            page="/messages",
        )

    async def _taken_over(self, row: NoticeRow, rules: Policy, directory: Directory, now: datetime) -> Bulletin:
        owed = await self._questions.dates(actor_of(directory, row.person, now), now)
        items = [
            Item(words=f"{_named(one, directory)}: {_when(one.at, now)}", page=f"/cases/{one.case}")
            for one in owed
            if not one.minutes
        ]
        agency = directory.called(row.agency) if row.agency else ""
        it = Bulletin(office=rules.titled(row.office), agency=agency, page="/cases?mine=yes")
        return _with(it, items)

    async def _self_check(self, row: NoticeRow) -> Bulletin:
        """What it has found, in numbers; which cases they are stands on the page. Or that it has been mended."""
        async with self._recorder.database.reading() as session:
            check = await last(session)
        matter = title(Matter(row.key.split("/")[1]))
        for one in check.found if check else ():
            if key_of(one) == row.key:
                return Bulletin(matter=matter, what=one.what, why=one.why, do=one.do, page="/watch")
        return Bulletin(matter=matter, mended=True, page="/watch")


def _digest(owed: Sequence[Owed], rules: Policy, directory: Directory, now: datetime) -> Bulletin:
    """Every matter that is overdue or due within a week, whoever owes it; in how many cases there are any."""
    late = [one for one in owed if one.deadline.colour is Colour.RED]
    coming = [one for one in owed if one not in late and _is_coming(one.deadline, now)]
    it = Bulletin(open=len({one.case for one in owed}), late=len(late), coming=len(coming), page="/cases")
    return _with(it, [_matter(one, rules, directory, now) for one in (*late, *coming)])


def _is_coming(one: Deadline, now: datetime) -> bool:
    return one.due is not None and one.due <= now + SOON and not (one.expected_of or one.paused)


def _headlines(lines: Sequence[Line], row: NoticeRow) -> Bulletin:
    return Bulletin(
        meeting=in_words(date.fromisoformat(row.key.split("/")[1])),
        referrals=sum(one.kind == "referral" for one in lines),
        reviews=sum(one.kind == "rapid_review" for one in lines),
        late=sum(one.colour is Colour.RED for one in lines),
        waiting=sum(one.colour in {Colour.PAUSED, Colour.AWAITED} for one in lines),
        page="/cases",
    )


def _readiness(rules: Policy, directory: Directory, reached: Callable[[Person], bool], now: datetime) -> Bulletin:
    """What keeps a message from its reader, the worst first: nobody there, or soon nobody; no channel; no deputy.

    A person whom nothing reaches is one line, and so is an office without deputies, in however many agencies.
    """
    empty, soon = list[str](), list[str]()
    unreached, alone = dict[str, list[str]](), dict[str, list[str]]()
    some = any(reached(one) for one in directory.people.values())
    for office, agency in _seats(rules, directory):
        named = rules.titled(office) + (f", {directory.called(agency)}" if agency else "")
        holding, answer = directory.holding(office, agency or None, now), directory.look_up(office, agency or None, now)
        if answer.person is None:
            away = ", for holder and deputy are away" if answer.reason is Reason.AWAY else ""
            empty.append(f"Nobody can be told{away}: {named}.")
        elif first := _first_without(directory, office, agency, now):
            soon.append(f"Nobody can be told from {in_words(first)}: {named}.")
        if holding is None:
            continue
        if holding.deputy is None:
            alone.setdefault(rules.titled(office), []).extend([directory.called(agency)] if agency else [])
        for who, person in (("holder", holding.person), ("deputy", holding.deputy)):
            if some and person in directory.people and not reached(directory.people[person]):
                unreached.setdefault(person, []).append(f"{named} ({who})")
    items = [*empty, *soon]
    items += [f"Neither chat nor mail leads to whoever is {_few(seats, '; ')}." for seats in unreached.values()]
    items += [f"No deputy: {title}{f' ({_few(places)})' if places else ''}." for title, places in alone.items()]
    if not some:
        items.append("No channel leads to anybody: messages are read in the inbox alone.")
    return _with(Bulletin(page="/people"), [Item(words=one, page="/people") for one in items])


def _first_without(directory: Directory, office: str, agency: str, now: datetime) -> date | None:
    """The first day of the coming two weeks on which neither holder nor deputy is there."""
    days = (day_of(now) + timedelta(days=n) for n in range(1, FORESEEN + 1))
    return next((day for day in days if directory.look_up(office, agency or None, day).person is None), None)


def _few(names: Sequence[str], between: str = ", ") -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{between.join(names[:NAMED])}{more}"


def _seats(rules: Policy, directory: Directory) -> Iterator[tuple[str, str]]:
    """Every office, in each agency that has to have it. For an owner that nobody is, the agency's contact is told."""
    for name, office in rules.offices.items():
        if name == OWNER:
            continue
        if office.scope is Scope.PARTNERSHIP:
            yield name, ""
        else:
            agencies = directory.agencies.items()
            yield from ((name, id_) for id_, one in agencies if one.partner or not office.partners_only)


def _named(one: Dated, directory: Directory) -> str:
    return f"{one.title}{f', {directory.called(one.agency)}' if one.agency else ''} ({one.case})"


def _matter(one: Owed, rules: Policy, directory: Directory, now: datetime) -> Item:
    of = f", {directory.called(one.deadline.agency)}" if one.deadline.agency else ""
    when = f": {_when(one.deadline.due, now)}" if one.deadline.due else ""
    words = f"{one.deadline.title}{of} ({one.case}), waits for {rules.titled(one.deadline.owed_by)}{when}"
    return Item(words=words, page=f"/cases/{one.case}")


def _when(due: datetime, now: datetime) -> str:
    late = (day_of(now) - day_of(due)).days
    if due < now and late:
        return f"was due on {in_words(day_of(due))}, {_counted(late, 'day')} ago"
    return f"due on {in_words(day_of(due))}"


def _with(it: Bulletin, items: Sequence[Item]) -> Bulletin:
    return it.model_copy(update={"items": tuple(items[:MOST]), "more": max(len(items) - MOST, 0)})


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
