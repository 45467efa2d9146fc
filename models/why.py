"""Why a message was or was not sent: the rule, the days counted, suspensions, each rung and what became of it."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import zip_longest

from models import shelf
from models.base import Message
from models.calendar import in_words
from models.case import Case
from models.directory import Directory
from models.facts import Fact
from models.fold import rules_of
from models.ladder import Rules, asked_late, by_rule
from models.obligation import Heard, Obligation, Told
from models.policy import Block, Policy, Unit, marks_of
from models.practice_review import planned_by
from models.steps import Step, came_about
from models.suspensions import looked_at_again, stopped_by
from models.time import day_of, london
from models.titles import about, titled

GIVEN = "more time was given"


class DayCounted(Message):
    """One day between start and due: counted, or why not."""

    day: date
    counted: bool
    because: str = ""


class Beside(Message):
    """An office that is told together with another, and what became of its message."""

    office: str
    person: str = ""
    message: str = ""


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
    also: tuple[Beside, ...] = ()
    said: datetime | None = None
    """When it really spoke, which is later than `at` where nobody could speak then."""

    @property
    def late(self) -> bool:
        """Whether it spoke at another minute than its own, so that two times are told."""
        return bool(self.said and self.at and self.said - self.at >= timedelta(minutes=1))


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
    steps: tuple[Step, ...]
    """How its date came about, if it is not simply that of the rule."""
    rungs: tuple[Spoken, ...]
    next: str
    hourly: bool = False
    """Whether it is counted in hours, so that moments matter and no day is counted."""


def explain(  # noqa: PLR0913, PLR0917 -- everything that an obligation is explained from
    case: Case,
    key: str,
    facts: Sequence[Fact],
    messages: Mapping[tuple[int, int, str], str],
    directory: Directory,
    now: datetime,
    steps: Mapping[str, Sequence[Step]] | None = None,
) -> Explanation:
    """Explain one obligation. `messages`: the state of each notice by (rung, round, office).

    `steps`: how the dates of this case came about, if that has been worked out already.
    Raises KeyError for an obligation that the case does not have.
    """
    one, rules = case.obligations[key], rules_of(case, case.obligations[key])
    policy, block = shelf.policy(case.policy), rules_of(case, case.obligations[key]).block
    planned = planned_by(case, one.block)
    rule = planned[0] if planned else block
    source = policy.sources[rule.source]
    return Explanation(
        case=case.ref, obligation=key, title=titled(case, one),
        agency=directory.called(one.agency),
        rule=_rule(case, one, block), hourly=_hourly(block),
        citation=f"{source.citation}, {source.edition}", force=rule.force.replace("_", " "),
        trigger=one.mark, started=one.start,
        due=one.due, ended=f"{one.ended} {_said(one.ended_at)}" if one.ended and one.ended_at else "",
        days=_days(one, rules), suspensions=_suspensions(case, one, facts, directory),
        steps=tuple((came_about(facts) if steps is None else steps).get(key, ())),
        rungs=(*_spoken(one, rules, facts, messages, directory, policy), *_to_come(one, rules, policy)),
        next=_next(one, now),
    )  # fmt: skip


def _hourly(block: Block) -> bool:
    return block.budget is not None and block.budget.unit is Unit.HOURS


def _rule(case: Case, one: Obligation, block: Block) -> str:
    """How long, and from when, in the words of the guidance."""
    if planned := planned_by(case, one.block):
        method, span = planned
        return f"{span.words} from the decision to review, as the method “{method.title}” plans it"
    if block.budget is None:
        return "by the day that a person said"
    began = marks_of(case.kind).get(one.mark, one.mark)
    counts = f"{block.budget.words}, counted from when {began}{'' if _hourly(block) else ', that day not counted'}"
    if one.block == "answer_recommendation":
        return f"{counts}; no later than the recommendation itself is due"
    return f"{counts}; at least {block.at_least.words} from the request" if block.at_least else counts


def _said(moment: datetime, *, seconds: bool = False) -> str:
    """A moment in London."""
    here = london(moment)
    return f"{here.day} {here:%B %Y %H:%M:%S}" if seconds else f"{here.day} {here:%B %Y %H:%M}"


def _days(one: Obligation, rules: Rules) -> tuple[DayCounted, ...]:
    if one.due is None or rules.block.budget is None or rules.block.budget.unit is Unit.HOURS:
        return ()
    ruled = by_rule(one, rules) if one.extensions else one.due
    late = (one.extensions or one.said is None) and ruled == asked_late(one, rules)
    found, day, last = [], day_of(one.opened if late else one.start), day_of(one.due)
    while day < last:
        day = date.fromordinal(day.toordinal() + 1)
        off = rules.days.day_off(day) if rules.block.budget.unit is Unit.WORKING_DAYS else None
        paused = any(pause.touches(day) for pause in one.pauses)
        given = ruled is not None and day > day_of(ruled)
        because = str(off) if off else "suspended" if paused else GIVEN if given else ""
        found.append(DayCounted(day=day, counted=not because, because=because))
    return tuple(found)


def _suspensions(case: Case, one: Obligation, facts: Sequence[Fact], directory: Directory) -> tuple[str, ...]:
    book, review, found = shelf.policy(case.policy), looked_at_again(case, one.key), []
    for pause, fact in zip_longest(one.pauses, stopped_by(one.key, facts)[: len(one.pauses)]):
        until = in_words(day_of(pause.until)) if pause.until else "it is ended"
        words = f"from {in_words(day_of(pause.since))} until {until}"
        if fact:
            who = directory.people[fact.actor].name if fact.actor in directory.people else fact.actor
            items = [fact.data["item"]] if fact.kind == "milestones_suspended" else []
            because = "".join(f", for {about(case, item)}" for item in items)
            words += f"{because}, by {who} as {book.titled(fact.office)}"
        if review and pause.until is None:
            words += f", to be reviewed by {in_words(day_of(review))}"
        found.append(words)
    return tuple(found)


def _spoken(  # noqa: PLR0913, PLR0917 -- everything that a rung is explained from
    one: Obligation,
    rules: Rules,
    facts: Sequence[Fact],
    messages: Mapping[tuple[int, int, str], str],
    directory: Directory,
    policy: Policy,
) -> list[Spoken]:
    found, people = [], directory.people
    for fact in facts:
        if fact.kind != "told" or fact.data["obligation"] != one.key:
            continue
        told = Told.model_validate(fact.data["told"])
        for missed in fact.data["missed"]:
            words = "not sent: a higher rung was due by the time the engine could speak"
            found.append(_rung(missed, told.round, None, words, rules, policy))
        first, *also = [
            Beside(
                office=policy.titled(heard.office),
                person=people[heard.person].name if heard.person in people else LEFT,
                message=messages.get((told.rung, told.round, heard.office), ""),
            )
            for heard in told.heard or [Heard(office=told.office)]
        ]  # fmt: skip
        sent = f"sent {_said(told.at, seconds=True)} to the {fact.data['reason']}"
        spoken = Spoken(
            rung=told.rung, round=told.round, office=first.office, at=told.due,
            state=sent if told.heard else "nobody could be told", person=first.person,
            passed_over=tuple(policy.titled(office) for office in fact.data["passed_over"]),
            message=first.message, also=tuple(also), said=told.at,
        )  # fmt: skip
        found.append(spoken)
    return found


LEFT = "somebody who has left the directory"


def _to_come(one: Obligation, rules: Rules, policy: Policy) -> list[Spoken]:
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
        found.append(_rung(rung, one.round, one.rungs[rung], state, rules, policy))
    return found


def _rung(  # noqa: PLR0913, PLR0917 -- what is known of a rung before anybody was looked up
    rung: int, round_: int, at: datetime | None, state: str, rules: Rules, policy: Policy
) -> Spoken:
    first, *also = (Beside(office=policy.titled(office)) for office in rules.ladder.rungs[rung].offices)
    return Spoken(rung=rung, round=round_, office=first.office, at=at, state=state, also=tuple(also))


def _next(one: Obligation, now: datetime) -> str:
    if one.ended:
        return "Nothing: it is not owed any more."
    if one.paused:
        return "The clock is suspended; the suspension itself is reviewed."
    promise, speaks = one.live_promise(now), one.speaks()
    kept = f"Promised until {in_words(day_of(promise.until))}. " if promise else ""
    return f"{kept}The next message goes out {_said(speaks)}." if speaks else "No message is to come."
