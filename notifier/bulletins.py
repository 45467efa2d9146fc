"""What the house itself says, of no case: put together when it is read, by the rights of whoever reads it.

Nothing in it but references, dates, offices and the policy's own titles. Whoever may not open a case does not find it
here either.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from models.base import Message
from models.calendar import in_words
from models.directory import Directory, Person
from models.policy import Policy, Scope
from models.rights import actor_of
from models.shelf import policy
from models.standing import Colour, Line
from models.tables import NoticeRow
from models.telling import NoticeKind
from models.time import day_of
from records.outbox import Outbox
from records.policies import in_force
from records.questions import Questions
from records.writing import Recorder

MOST = 12
"""So many lines are said; the rest is counted."""
SOON = timedelta(days=7)


class Item(Message):
    """One line, and the page on which it is seen to."""

    words: str
    page: str = ""


class Bulletin(Message):
    """What one of the house's own notices says now. `page`: where all of it stands."""

    subject: str
    intro: str
    items: tuple[Item, ...] = ()
    more: int = 0
    page: str = "/inbox"

    @property
    def lines(self) -> tuple[str, ...]:
        more = (f"And {self.more} more.",) if self.more else ()
        return (self.intro, *(f"• {one.words}" for one in self.items), *more)


class Bulletins:
    """Answers what a notice of the house says. `reached`: whether any channel leads to somebody."""

    def __init__(self, recorder: Recorder, reached: Callable[[Person], bool]) -> None:
        self._recorder, self._questions, self._reached = recorder, Questions(recorder), reached

    async def read(self, row: NoticeRow, now: datetime) -> Bulletin:
        async with self._recorder.database.reading() as session:
            directory, names = await self._recorder.directory.read(session), await in_force(session)
        assert directory
        assert names
        rules = policy(names[0])
        match NoticeKind(row.kind):
            case NoticeKind.ASTRAY:
                return await self._astray(row, rules, directory)
            case NoticeKind.TAKEN_OVER:
                return await self._taken_over(row, rules, directory, now)
            case NoticeKind.DIGEST:
                return _digest(await self._board(row, directory, now), now)
            case NoticeKind.HEADLINES:
                return _headlines(await self._board(row, directory, now), row, now)
            case _:
                return _readiness(rules, directory, self._reached, now)

    async def _board(self, row: NoticeRow, directory: Directory, now: datetime) -> list[Line]:
        return await self._questions.board(actor_of(directory, row.person, now), now)

    async def _astray(self, row: NoticeRow, rules: Policy, directory: Directory) -> Bulletin:
        outbox = Outbox(self._recorder.database)
        bundle = await outbox.bundle(row.key.partition("/")[2])
        inside = await outbox.notices(bundle.notices)
        offices = list(dict.fromkeys(rules.titled(one.office) for one in inside))
        cases = sorted({one.case for one in inside if one.case})
        about = f" about {', '.join(cases)}" if cases else ""
        if bundle.arrived or not await outbox.is_astray(bundle.key):
            return Bulletin(
                subject="A message has been found", page="/messages",
                intro=f"A message to the {', '.join(offices)}{about} was in doubt. That is settled; nothing is asked.",
            )  # fmt: skip
        return Bulletin(
            subject="A message did not arrive, or nobody knows", page="/messages",
            intro=f"It went to the {', '.join(offices)}{about}. Tell them by other means, or ask whether it is there.",
        )  # fmt: skip

    async def _taken_over(self, row: NoticeRow, rules: Policy, directory: Directory, now: datetime) -> Bulletin:
        of = f" of {directory.called(row.agency)}" if row.agency else ""
        actor = actor_of(directory, row.person, now)
        owed = [one for one in await self._questions.dates(actor, now) if not one.minutes]
        return _said(
            f"You now hold the office {rules.titled(row.office)}{of}",
            "This is owed by you now, the first due first." if owed else "Nothing is owed by you at the moment.",
            [
                Item(
                    words=f"{one.title}{f', {directory.called(one.agency)}' if one.agency else ''} ({one.case}): "
                    f"{_when(one.at, now)}",
                    page=f"/cases/{one.case}",
                )
                for one in owed
            ],
            "/cases?mine=yes",
        )


def _digest(lines: Sequence[Line], now: datetime) -> Bulletin:
    late = [one for one in lines if one.colour is Colour.RED]
    coming = [one for one in lines if one not in late and one.due and one.due <= now + SOON and not one.expected]
    intro = f"{_counted(len(lines), 'open case')}: {len(late)} overdue, {len(coming)} due within seven days."
    return _said("What is outstanding this week", intro, [_of_case(one, now) for one in (*late, *coming)], "/cases")


def _headlines(lines: Sequence[Line], row: NoticeRow, now: datetime) -> Bulletin:
    late = sum(one.colour is Colour.RED for one in lines)
    waiting = sum(one.colour in {Colour.PAUSED, Colour.AWAITED} for one in lines)
    meeting = datetime.fromisoformat(row.key.split("/")[1]).date()
    kinds = {kind: sum(one.kind == kind for one in lines) for kind in ("referral", "rapid_review")}
    intro = (
        f"For the meeting on {in_words(meeting)}, of what you may see. {_counted(kinds['referral'], 'open referral')}, "
        f"{_counted(kinds['rapid_review'], 'open rapid review')}: {late} overdue, {waiting} waiting for others or "
        "suspended."
    )
    return _said("Headline figures before the meeting", intro, [], "/cases")


def _readiness(rules: Policy, directory: Directory, reached: Callable[[Person], bool], now: datetime) -> Bulletin:
    """Offices in which a rung would find nobody or has nobody else to turn to, or whose holder no message reaches."""
    items = []
    some = any(reached(one) for one in directory.people.values())
    for office, agency in _seats(rules, directory):
        named = rules.titled(office) + (f", {directory.called(agency)}" if agency else "")
        holding = directory.holding(office, agency or None, now)
        if directory.look_up(office, agency or None, now).person is None:
            items.append(f"Nobody can be told: {named}.")
        elif holding and holding.deputy is None:
            items.append(f"No deputy: {named}.")
        held = (("holder", holding.person), ("deputy", holding.deputy)) if holding and some else ()
        items += [
            f"Neither chat nor mail leads to the {who}: {named}."
            for who, person in held
            if person in directory.people and not reached(directory.people[person])
        ]
    if not some:
        items.append("No channel leads to anybody: messages are read in the inbox alone.")
    intro = f"{_counted(len(items), 'thing')} to put right." if items else "Every office can be reached."
    return _said("Who could not be reached", intro, [Item(words=one, page="/people") for one in items], "/people")


def _seats(rules: Policy, directory: Directory) -> Iterator[tuple[str, str]]:
    """Every office, in each agency that has to have it."""
    for name, office in rules.offices.items():
        if office.scope is Scope.PARTNERSHIP:
            yield name, ""
        else:
            yield from (
                (name, id_) for id_, one in directory.agencies.items() if one.partner or not office.partners_only
            )


def _of_case(one: Line, now: datetime) -> Item:
    waits = f", waits for {one.waiting_for[0]}" if one.waiting_for else ""
    when = f": {_when(one.due, now)}" if one.due else ""
    return Item(words=f"{one.next_title or one.stage} ({one.ref}){waits}{when}", page=f"/cases/{one.ref}")


def _when(due: datetime, now: datetime) -> str:
    late = (day_of(now) - day_of(due)).days
    if due < now and late:
        return f"was due on {in_words(day_of(due))}, {_counted(late, 'day')} ago"
    return f"due on {in_words(day_of(due))}"


def _said(subject: str, intro: str, items: Sequence[Item], page: str) -> Bulletin:
    return Bulletin(subject=subject, intro=intro, items=tuple(items[:MOST]), more=max(len(items) - MOST, 0), page=page)


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
