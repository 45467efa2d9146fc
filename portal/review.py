"""How a practice review runs, for its page: its plan with a picture, who leads it, who contributes, what is awaited."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, NamedTuple

from models.directory import Directory
from models.facts import Fact
from models.plan import Milestone, Publication, milestones, publication
from models.practice_review import method_of
from models.practice_review_commands import Contact, Proceeding, ProceedingStatus, Role, TakesPart
from models.shelf import blocks
from models.standing import Deadline
from models.suspensions import looked_at_again
from models.time import day_of
from portal.pages import short
from portal.rows import interests
from records.questions import CaseView, Entry

WIDTH, LEFT, RIGHT, TOP, ROW = 360, 34, 12, 26, 24
"""The picture in its own units: narrow enough to be read on a telephone. `LEFT` holds the numbers of the rows."""
MONTHS_AT_MOST = 6
STEPS: Final = (
    (Contact.INVITED, "invited"), (Contact.ANSWERED, "answered"), (Contact.HEARD, "heard"),
    (Contact.FED_BACK, "told what came of it"),
)  # fmt: skip


class Bar(NamedTuple):
    """One milestone in the picture: where its clock begins and ends, its plan, and the days that did not count."""

    number: int
    y: int
    begins: float
    ends: float
    planned: float | None
    stands: str
    stopped: tuple[tuple[float, float], ...]


class Tick(NamedTuple):
    x: float
    words: str


@dataclass(frozen=True)
class Picture:
    """The plan as a drawing, in which each bar has the number of its row in the table."""

    width: int
    height: int
    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]
    today: float


@dataclass(frozen=True)
class Contributor:
    """Somebody who contributes, for those who see the whole case."""

    who: str
    name: str
    steps: tuple[str, ...]


class Waited(NamedTuple):
    """Other proceedings: what they are, how they stand, which milestones wait for them, and until which review."""

    what: str
    status: str
    waiting: str
    review: datetime | None


@dataclass(frozen=True)
class Owed:
    """Something that is awaited from somebody, in a sentence: a deliverable, a confirmation, an answer."""

    who: str
    words: str
    late: bool


@dataclass(frozen=True)
class Review:
    """`publication` and what follows `plan` only for those who see the whole case, but for what their agency owes."""

    plan: tuple[Milestone, ...]
    picture: Picture | None
    publication: Publication | None
    weeks: str
    method: str
    reviewer: str
    interests: str
    contributors: tuple[Contributor, ...]
    quiet: tuple[str, ...]
    proceedings: tuple[Waited, ...]
    coroners: tuple[Owed, ...]
    deliverables: tuple[Owed, ...]
    dissemination: tuple[Owed, ...]


def review_of(view: CaseView, directory: Directory, now: datetime) -> Review | None:
    """What this reader may know of how the review runs; None for a case of another kind."""
    if view.kind != "practice_review":
        return None
    case, seen = view.state, {one.key for one in view.deadlines}
    facts = [_fact(view.ref, one) for one in view.entries]
    every = milestones(case, facts, now)
    plan = tuple(one for one in every if view.whole or one.key in seen)
    found = publication(case, every, facts, now) if view.whole else None
    method, reviewer = method_of(case), str(case.said.get("reviewer", ""))
    return Review(
        plan=plan,
        picture=picture(plan, now) if view.whole else None,
        publication=found,
        weeks=weeks_left(found, now) if found else "",
        method=method.title if method else "",
        reviewer=_name(reviewer, directory) if view.whole else "",
        interests=interests(reviewer, directory) if reviewer in directory.people and view.whole else "",
        contributors=tuple(_contributors(view)) if view.whole else (),
        quiet=tuple(_quiet(view)) if view.whole else (),
        proceedings=tuple(_proceedings(view)) if view.whole else (),
        coroners=tuple(_owed(view, "coroner_reply", directory, "answered")),
        deliverables=tuple(_owed(view, "deliverable", directory, "received")),
        dissemination=tuple(_owed(view, "dissemination", directory, "confirmed")),
    )


def weeks_left(one: Publication, now: datetime) -> str:
    """How long there is until the last day of publication, in a sentence; empty once it is settled."""
    if one.is_settled or not one.due:
        return ""
    days, weeks = one.days_left(now), one.weeks_left(now)
    if days < 0:
        return f"{-days} {'day' if days == -1 else 'days'} over."
    return (
        f"{weeks} {'week' if weeks == 1 else 'weeks'} left."
        if weeks
        else f"{days} {'day' if days == 1 else 'days'} left."
    )


def picture(plan: Sequence[Milestone], now: datetime) -> Picture | None:
    """The plan drawn from its first day to its last, or today if that is later; nothing where nothing has a day."""
    today = day_of(now)
    days = [day for one in plan for day in (one.started, one.planned, one.due, one.ended) if day]
    if not days:
        return None
    first, last = min(days), max(*days, today)
    length = max((last - first).days, 1)

    def x(day: date) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * (min(max(day, first), last) - first).days / length, 1)

    bars = tuple(
        Bar(
            number=number,
            y=TOP + ROW * number - ROW // 2,
            begins=x(one.started or one.planned or first),
            ends=x(one.ended or one.due or today),
            planned=x(one.planned) if one.planned else None,
            stands=one.stands.name.lower(),
            stopped=tuple((x(day_of(pause.since)), x(day_of(pause.until or now))) for pause in one.pauses),
        )
        for number, one in enumerate(plan, start=1)
    )
    return Picture(
        WIDTH,
        TOP + ROW * len(bars) + 8,
        bars,
        tuple(Tick(x(day), f"{day:%b}") for day in _months(first, last)),
        x(today),
    )


def _months(first: date, last: date) -> Iterator[date]:
    """The first days of months between two days, at most a handful of them."""
    months = (last.year - first.year) * 12 + last.month - first.month
    step = max(-(-months // MONTHS_AT_MOST), 1)
    for number in range(1, months + 1, step):
        year, month = divmod(first.year * 12 + first.month - 1 + number, 12)
        yield date(year, month + 1, 1)


def _fact(ref: str, one: Entry) -> Fact:
    return Fact(
        case=ref, number=one.number, kind=one.kind, actor="", occurred=one.at, recorded=one.recorded, data=one.data
    )


def _name(person: str, directory: Directory) -> str:
    return directory.people[person].name if person in directory.people else person


def _contributors(view: CaseView) -> Iterator[Contributor]:
    named = {
        one.data["item"]: str((one.words or {}).get("name", ""))
        for one in view.entries
        if one.kind == "contributor_named"
    }
    for item, known in view.state.said.get("contributors", {}).items():
        steps = [f"{words} on {short(known[step])}" for step, words in STEPS if step in known]
        answer = [TakesPart(known["answer"]).words.lower()] if known.get("answer") else []
        yield Contributor(
            Role(known["role"]).words, named.get(item, ""), tuple([*steps, *answer] or ["not invited yet"])
        )


def _quiet(view: CaseView) -> Iterator[str]:
    """The days to come on which nobody may be contacted."""
    roles = view.state.said.get("contributors", {})
    for one in view.state.said.get("quiet", ()):
        whom = (
            "Everybody"
            if one["item"] == "everybody"
            else f"{Role(roles[one['item']]['role']).words} ({one['item'][1:]})"
        )
        yield f"{whom}: from {short(one['first'])} to {short(one['last'])}"


def _proceedings(view: CaseView) -> Iterator[Waited]:
    case, titles = view.state, blocks(view.state.policy, view.kind)
    for item, known in case.said.get("proceedings", {}).items():
        keys = [key for key in case.said.get("suspended", {}).get(item, ()) if not case.obligations[key].ended]
        waiting = ", ".join(dict.fromkeys(titles[case.obligations[key].block].title for key in keys))
        review = looked_at_again(case, keys[0]) if keys else None
        what, status = Proceeding(known["proceeding"]).words, ProceedingStatus(known["status"]).words
        yield Waited(what, status, waiting, review)


def _owed(view: CaseView, block: str, directory: Directory, done: str) -> Iterator[Owed]:
    """What is owed of one block, once for each agency or deliverable: done, due or overdue."""
    method = method_of(view.state)
    titles: Mapping[str, str] = method.deliverables if method else {}
    for one in view.deadlines:
        if one.block == block:
            who = titles.get(one.item, "") or directory.called(one.agency)
            yield Owed(who, _how(one, done), late=one.colour.name == "RED")


def _how(one: Deadline, done: str) -> str:
    if one.ended and one.ended_at:
        return f"{done if one.ended == 'met' else 'not needed any more'}, {short(one.ended_at)}"
    if one.paused or not one.due:
        return "its clock stands still" if one.paused else "no date"
    return f"{'overdue since' if one.colour.name == 'RED' else 'due'} {short(one.due)}"
