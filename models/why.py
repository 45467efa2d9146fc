"""Why a message was or was not sent: the rule, the days counted, the suspensions, each rung and what became of it."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from models import shelf
from models.base import Message
from models.case import Case
from models.directory import Directory
from models.facts import Fact
from models.fold import rules_of
from models.ladder import Rules
from models.obligation import Obligation, Told
from models.policy import Unit
from models.time import day_of


class DayCounted(Message):
    """One day between start and due: counted, or why not."""

    day: date
    counted: bool
    because: str = ""


class Spoken(Message):
    """One rung: when it spoke or will, to whom, and what became of the message."""

    rung: int
    round: int
    office: str
    at: datetime | None
    state: str
    person: str = ""
    passed_over: tuple[str, ...] = ()
    message: str = ""


class Explanation(Message):
    case: str
    obligation: str
    title: str
    agency: str
    rule: str
    citation: str
    force: str
    trigger: str
    started: datetime
    due: datetime | None
    ended: str
    days: tuple[DayCounted, ...]
    suspensions: tuple[str, ...]
    rungs: tuple[Spoken, ...]
    next: str


def explain(  # noqa: PLR0913, PLR0917 -- everything that an obligation is explained from
    case: Case,
    key: str,
    facts: Sequence[Fact],
    messages: Mapping[tuple[int, int, str], str],
    directory: Directory,
    now: datetime,
) -> Explanation:
    """Explain one obligation. `messages`: the state of each notice by (rung, round, office).

    Raises KeyError for an obligation that the case does not have.
    """
    one, rules = case.obligations[key], rules_of(case, case.obligations[key])
    policy, block = shelf.policy(case.policy), rules_of(case, case.obligations[key]).block
    source, titles = policy.sources[block.source], policy_titles(case)
    budget = f"{block.budget.n} {block.budget.unit.replace('_', ' ')}" if block.budget else "a date that a person said"
    return Explanation(
        case=case.ref, obligation=key, title=block.title,
        agency=directory.called(one.agency),
        rule=f"{budget}, counted from “{block.starts.replace('_', ' ')}”, that day not counted",
        citation=f"{source.citation}, {source.edition}", force=block.force.replace("_", " "),
        trigger=one.mark, started=one.start,
        due=one.due, ended=f"{one.ended} {one.ended_at:%d %B %Y %H:%M} UTC" if one.ended and one.ended_at else "",
        days=_days(one, rules), suspensions=_suspensions(one, facts),
        rungs=(*_spoken(one, rules, facts, messages, directory, titles), *_to_come(one, rules, titles)),
        next=_next(one, now),
    )  # fmt: skip


def policy_titles(case: Case) -> dict[str, str]:
    return {name: office.title for name, office in shelf.policy(case.policy).offices.items()}


def _days(one: Obligation, rules: Rules) -> tuple[DayCounted, ...]:
    if one.due is None or rules.block.budget is None or rules.block.budget.unit is Unit.HOURS:
        return ()
    found, day, last = [], day_of(one.start), day_of(one.due)
    while day < last:
        day = date.fromordinal(day.toordinal() + 1)
        off = rules.days.day_off(day) if rules.block.budget.unit is Unit.WORKING_DAYS else None
        paused = any(pause.touches(day) for pause in one.pauses)
        because = str(off) if off else "suspended" if paused else ""
        found.append(DayCounted(day=day, counted=not because, because=because))
    return tuple(found)


def _suspensions(one: Obligation, facts: Sequence[Fact]) -> tuple[str, ...]:
    by = [fact for fact in facts if fact.kind == "suspended" and fact.data["obligation"] == one.key]
    return tuple(
        f"from {pause.since:%d %B %Y} until {f'{pause.until:%d %B %Y}' if pause.until else 'it is ended'}"
        + (
            f", by {by[n].actor} as {by[n].office.replace('_', ' ')}, to be reviewed on {by[n].data['review']}"
            if n < len(by)
            else ""
        )
        for n, pause in enumerate(one.pauses)
    )


def _spoken(  # noqa: PLR0913, PLR0917 -- everything that a rung is explained from
    one: Obligation,
    rules: Rules,
    facts: Sequence[Fact],
    messages: Mapping[tuple[int, int, str], str],
    directory: Directory,
    titles: Mapping[str, str],
) -> list[Spoken]:
    found = []
    for fact in facts:
        if fact.kind != "told" or fact.data["obligation"] != one.key:
            continue
        told = Told.model_validate(fact.data["told"])
        for missed in fact.data["missed"]:
            words = "not sent: a higher rung was due by the time the engine could speak"
            found.append(
                Spoken(rung=missed, round=told.round, office=titles[rules.office(missed)], at=None, state=words)
            )
        person = directory.people.get(told.person)
        sent = f"sent {told.at:%d %B %Y %H:%M:%S} UTC to the {fact.data['reason']}"
        spoken = Spoken(
            rung=told.rung, round=told.round, office=titles[told.office], at=told.due,
            state=sent if told.person else "nobody could be told", person=person.name if person else told.person,
            passed_over=tuple(titles[office] for office in fact.data["passed_over"]),
            message=messages.get((told.rung, told.round, told.office), ""),
        )  # fmt: skip
        found.append(spoken)
    return found


def _to_come(one: Obligation, rules: Rules, titles: Mapping[str, str]) -> list[Spoken]:
    found = []
    for rung in range(one.level, len(one.rungs)):
        if one.ended:
            state = "not sent: it had been done by then" if one.ended == "met" else "not sent: it was not owed any more"
        elif one.paused:
            state = "silent: the clock is suspended"
        elif rung in one.mute:
            state = "silent: disputed, or its time lay before the matter was opened"
        else:
            state = "will be sent"
        found.append(
            Spoken(rung=rung, round=one.round, office=titles[rules.office(rung)], at=one.rungs[rung], state=state)
        )
    return found


def _next(one: Obligation, now: datetime) -> str:
    if one.ended:
        return "Nothing: it is not owed any more."
    if one.paused:
        return "The clock is suspended; the suspension itself is reviewed."
    promise, speaks = one.live_promise(now), one.speaks()
    kept = f"Promised until {promise.until:%d %B %Y}. " if promise else ""
    return f"{kept}The next message goes out {speaks:%d %B %Y %H:%M} UTC." if speaks else "No message is to come."
