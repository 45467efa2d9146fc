"""How an obligation moves along its ladder: opened, told, promised, disputed, extended, paused, corrected, ended.

Each function takes the obligation as it was and gives it as it is. The times of all rungs are a plan that `_planned`
makes from what has happened (opening, due time, suspensions, promise, dispute, the last rung's last word), and from
nothing else: whatever happens next, in whatever order, the plan is made anew from all of it, so nothing is forgotten.

Decided here, and tested in tests/models/test_ladder.py:

- Of several rungs whose time has come together only the highest speaks, and names what was missed below it.
- A command at the very moment of a rung counts first: the rung is judged again and stays silent if it became untrue.
  Two commands at once count in the order in which they take the case's pen; the second is judged after the first.
- A rung that a later fact puts into the past speaks at the moment of that fact, never before; of several the highest.
- A rung that has spoken, and that lies ahead again because the due time moved on, speaks again at its new time, in a
  new round; that the earlier message is untrue is said at once, in words (see telling.py).
- Nobody is gone over before they were asked: for what opens after its due time, the rungs after the due time count
  from the opening. Of the reminders that should have come before it, the highest speaks at the opening.
- The last rung is said again every `again` until somebody answers, counted from its own time unless it was said late.
  A dispute does not stop it.
- What is missed on a day is said at the hour of messages on the next day (working day, for a rung that counts in them);
  a rung in hours speaks at the very moment.
"""

from datetime import datetime, time, timedelta

from models.calendar import OutsideCalendar, WorkingDays
from models.clocks import Pause, due_time, pushed, shifted
from models.obligation import Dispute, Ended, Obligation, Promise, Told
from models.policy import Block, Ladder, Span, Unit
from models.time import at, day_of, end_of

FRIDAY = 4
KEPT = 8
"""How many of the last rungs that spoke, and of the last promises, the state carries; the record keeps all."""
IN_TIME = timedelta(minutes=1)
"""A rung for which the engine wakes less than this after its time was said in time: the next counts from that time."""


class Rules:
    """What the policy says of one obligation: its block, its ladder, the working days and the hour of messages."""

    __slots__ = ("block", "days", "ladder", "speaks")

    def __init__(self, block: Block, ladder: Ladder, days: WorkingDays, speaks: time) -> None:
        self.block, self.ladder, self.days, self.speaks = block, ladder, days, speaks

    @property
    def top(self) -> int:
        return len(self.ladder.rungs) - 1

    def office(self, rung: int) -> str:
        return self.ladder.rungs[rung].office

    def offices(self) -> list[str]:
        """Every office that the ladder tells, from below, each once."""
        return list(dict.fromkeys(office for rung in self.ladder.rungs for office in rung.offices))

    def upward(self, office: str) -> list[str]:
        """This office and those above it; one that is only told together with others stands alone."""
        climbing = [rung.office for rung in self.ladder.rungs]
        return list(dict.fromkeys(climbing[climbing.index(office) :])) if office in climbing else [office]


# What happens to an obligation.


def clocked(one: Obligation, rules: Rules) -> Obligation:
    """The same obligation with its due time and every rung's time worked out anew."""
    return _planned(one.model_copy(update={"due": _due(one, rules)}), rules)


def reclocked(one: Obligation, rules: Rules, now: datetime) -> Obligation:
    """After its date moved: what was said too early is said again at its new time, what is late is said now."""
    fresh = clocked(one, rules)
    return fresh if (fresh.rungs, fresh.mute) == (one.rungs, one.mute) else _moved(fresh, one.due, rules, now)


def told(one: Obligation, said: Told, rules: Rules) -> Obligation:
    """A rung spoke: the lower ones are overtaken. After the last it is said again, until somebody answers."""
    promises = one.promises
    if promises and not promises[-1].missed:
        promises = (*promises[:-1], promises[-1].model_copy(update={"missed": True}))
    top = said.rung >= rules.top
    changes = {
        "told": (*one.told, said)[-KEPT:],
        "promises": promises,
        "level": rules.top if top else said.rung + 1,
        "round": one.round + 1 if top else one.round,
        "again": (said.due if said.at - said.due < IN_TIME else said.at) if top else None,
    }
    return _planned(one.model_copy(update=changes), rules)


def promised(one: Obligation, promise: Promise, rules: Rules) -> Obligation:
    """Silence until the promised time. If it is missed, the next rung above the office that promised speaks.

    When it was promised for the due time or later, that rung speaks as soon as the promise is missed; when for an
    earlier day, at its own time.
    """
    return _promised(one, promise.model_copy(update={"pauses": len(one.pauses)}), rules)


def _promised(one: Obligation, promise: Promise, rules: Rules) -> Obligation:
    place = max((r for r in range(rules.top + 1) if rules.office(r) == promise.office), default=-1)
    higher = (r for r in range(max(one.level, place + 1), rules.top) if r not in one.mute)
    promise = promise.model_copy(update={"rung": next(higher, rules.top)})
    return _planned(one.model_copy(update={"promises": (*one.promises, promise)[-KEPT:]}), rules)


def hushed_until(one: Obligation, rules: Rules) -> datetime | None:
    """The moment until which the last promise keeps the ladder silent; none when no promise does."""
    if not one.promises or one.promises[-1].missed:
        return None
    return _next_chance(_promised_time(one), rules, one.promises[-1].rung)


def freed(one: Obligation, rules: Rules, now: datetime) -> Obligation:
    """The day for which it was arranged does not hold any more: what was silent until then speaks as it would have."""
    if not one.promises or one.promises[-1].missed:
        return one
    found = _planned(one.model_copy(update={"promises": one.promises[:-1]}), rules)
    return _moved(found, found.due, rules, now)


def disputed(one: Obligation, dispute: Dispute, rules: Rules) -> Obligation:
    """The disputed rung stops, with whatever else that office would hear; the rungs of other offices go on.

    The last rung is never stopped: the top of the ladder is always reached.
    """
    stopped = tuple(r for r in range(rules.top) if rules.office(r) == dispute.office)
    return _planned(one.model_copy(update={"dispute": dispute.model_copy(update={"stopped": stopped})}), rules)


def undisputed(one: Obligation, rules: Rules, now: datetime) -> Obligation:
    """A dispute that was not upheld: the disputed rung is said again at once, unless a higher one has spoken since.

    A promise goes on keeping silence.
    """
    dispute = one.dispute
    if dispute is None:
        return one
    freed = _planned(one.model_copy(update={"dispute": None}), rules)
    if one.paused:
        return freed
    spoken_since = any(said.rung > dispute.rung for said in one.told if said.round == one.round) or one.again
    if dispute.rung in dispute.stopped and dispute.rung < one.level and not spoken_since:
        freed = freed.model_copy(update={"level": dispute.rung, "round": one.round + 1})
    return _moved(freed, freed.due, rules, now)


def extended(one: Obligation, until: datetime, rules: Rules, now: datetime) -> Obligation:
    longer = one.model_copy(update={"said": until, "said_pauses": len(one.pauses), "extensions": one.extensions + 1})
    return reclocked(longer, rules, now)


def paused(one: Obligation, now: datetime) -> Obligation:
    return one.model_copy(update={"pauses": (*one.pauses, Pause(since=now)), "due": None})


def resumed(one: Obligation, rules: Rules, now: datetime) -> Obligation:
    if not one.paused:
        return one
    earlier, last = one.pauses[:-1], one.pauses[-1].model_copy(update={"until": now})
    was = _due(one.model_copy(update={"pauses": earlier}), rules)
    return _moved(clocked(one.model_copy(update={"pauses": (*earlier, last)}), rules), was, rules, now)


def restarted(one: Obligation, start: datetime, rules: Rules, now: datetime) -> Obligation:
    """The moment from which its clock counts was corrected. What has ended only learns when it had been due."""
    moved = one.model_copy(update={"start": start})
    if one.ended:
        return moved.model_copy(update={"due": _due(moved, rules)})
    return reclocked(moved, rules, now)


def reruled(one: Obligation, old: Rules, rules: Rules, now: datetime) -> Obligation:
    """Another policy version: the due time follows its budget. Another ladder goes on where this one stands.

    On another ladder, rungs whose time is past count as said if the highest of them tells an office that has heard;
    otherwise that one speaks now.
    """
    one = one.model_copy(update={"owed_by": rules.block.owed_by})
    if old.ladder == rules.ladder:
        return reclocked(one, rules, now)
    promise, dispute = one.promises[-1:], one.dispute
    fresh = _placed(one.model_copy(update={"promises": (), "dispute": None, "mute": ()}), rules, now)
    if promise and not promise[0].missed:
        fresh = _promised(fresh, promise[0], rules)
    if dispute is not None:
        rung = max((said.rung for said in fresh.told if said.office == dispute.office), default=-1)
        fresh = disputed(fresh, dispute.model_copy(update={"rung": max(rung, 0)}), rules)
    return fresh


def _placed(one: Obligation, rules: Rules, now: datetime) -> Obligation:
    """An obligation on another ladder, whose rungs have no places yet."""
    running = one.model_copy(update={"pauses": tuple(pause for pause in one.pauses if pause.until), "again": None})
    times = clocked(running, rules).rungs
    high = max((r for r, moment in enumerate(times) if moment <= now), default=-1)
    heard = {heard.office: said.at for said in one.told for heard in said.heard}
    said_at = heard.get(rules.office(high)) if high >= 0 else None
    changes = {
        "level": max(high, 0) if said_at is None else min(high + 1, rules.top),
        "again": said_at if high == rules.top else None,
        "round": one.round + 1,
        "moved": now,
        "rungs": times,
        "told": tuple(_moved_rung(said, rules, high) for said in one.told),
    }
    return clocked(one.model_copy(update=changes), rules)


def ended(one: Obligation, how: Ended, at_: datetime, by: int = 0) -> Obligation:
    """Nothing more is owed: what only the ladder needed is let go."""
    over = {"rungs": (), "mute": (), "again": None, "told": one.told[-3:], "promises": one.promises[-3:]}
    return one.model_copy(update={**over, "ended": how, "ended_at": at_, "ended_by": by})


def taken_up(one: Obligation, rules: Rules) -> Obligation:
    """What had ended is owed on as it stood: its date holds, and what has been said stays said."""
    last = one.told[-1] if one.told else None
    again = last.at if last and last.rung >= rules.top else None
    back = {"ended": None, "ended_at": None, "ended_by": 0, "again": again}
    return _planned(one.model_copy(update=back), rules)


# The plan: when it is due, and when each rung speaks.


def plan(one: Obligation, rules: Rules) -> tuple[datetime, ...]:
    """When each rung would speak, also for what has ended; nothing while the clock stands still."""
    return () if one.due is None else _planned(one.model_copy(update={"ended": None}), rules).rungs


def _due(one: Obligation, rules: Rules) -> datetime | None:
    if one.paused:
        return None
    if one.said is not None:
        return pushed(one.said, one.pauses[one.said_pauses :])
    if rules.block.budget is None:  # nobody said a date: it is owed on the day from which its clock counts
        return end_of(day_of(one.start))
    due, least = due_time(one.start, rules.block.budget, rules.days, one.pauses), asked_late(one, rules)
    return max(due, least) if due and least else due


def asked_late(one: Obligation, rules: Rules) -> datetime | None:
    """Before when it is never due: whoever is asked late has some days from then on, whenever the clock began."""
    least = rules.block.at_least
    return due_time(one.opened, least, rules.days, one.pauses) if least else None


def by_rule(one: Obligation, rules: Rules) -> datetime | None:
    """When it would be due, had nobody given more time."""
    return _due(one.model_copy(update={"said": None}), rules)


def _planned(one: Obligation, rules: Rules) -> Obligation:
    """The time of every rung, and which of them stay silent. A stopped clock keeps the plan that it had."""
    if one.ended or one.due is None:
        return one
    ladder = _by_the_ladder(one, one.due, rules)
    times, mute = list(ladder), set(one.dispute.stopped if one.dispute else ())
    if one.again is not None:
        times[-1] = _repeated(one.again, one, rules)
    if one.promises:
        times, hushed = _after_the_promise(times, ladder, one, one.due, rules)
        mute |= hushed
    floor = max(one.opened, one.moved or one.opened)
    times = [max(moment, floor) for moment in times]
    return one.model_copy(update={"rungs": tuple(times), "mute": tuple(sorted(mute))})


def _by_the_ladder(one: Obligation, due: datetime, rules: Rules) -> list[datetime]:
    """Each rung from its own anchor."""
    late = max(due, one.opened)
    times = []
    for rung in rules.ladder.rungs:
        anchor = one.opened if rung.after == "start" else late if rung.delay.n > 0 else due
        times.append(shifted(anchor, rung.delay, rules.days, rules.speaks, one.pauses))
    return times


def _after_the_promise(
    times: list[datetime], ladder: list[datetime], one: Obligation, due: datetime, rules: Rules
) -> tuple[list[datetime], set[int]]:
    """(times, hushed): silence until the promise has run out, then its rung; higher ones keep their distances.

    Of a distance counts what lies after the due time, or after the promise if that was for an earlier day.
    """
    until, own, hushed = _promised_time(one), one.promises[-1].rung, set[int]()
    missed_at = [_next_chance(until, rules, r) for r in range(len(times))]
    if not one.promises[-1].missed:
        hushed = {r for r in range(own) if times[r] <= missed_at[r]}
        times[own] = missed_at[own] if until >= due else max(times[own], missed_at[own])
    for r in range(own + 1, len(times)):
        lower = max(ladder[own], min(due, missed_at[own], ladder[r]))
        times[r] = max(times[r], _as_far_after(missed_at[own], lower, ladder[r], rules, r))
    return times, hushed


def _promised_time(one: Obligation) -> datetime:
    """Until when the last promise reaches: a suspension since then moves it on as it moves every date that was said."""
    promise = one.promises[-1]
    return pushed(promise.until, [pause for pause in one.pauses[promise.pauses :] if pause.until])


def _as_far_after(moment: datetime, lower: datetime, higher: datetime, rules: Rules, rung: int) -> datetime:
    """A rung as long after `moment` as it was after the lower one, counted as it counts, and by one at least."""
    span: Span = rules.ladder.rungs[rung].delay
    match span.unit:
        case Unit.HOURS:
            return moment + max(higher - lower, timedelta(hours=1))
        case Unit.WORKING_DAYS:
            apart = rules.days.counted_between(day_of(lower), day_of(higher))
            return at(rules.days.add(day_of(moment), max(apart, 1)), rules.speaks)
        case _:
            return at(day_of(moment) + max(day_of(higher) - day_of(lower), timedelta(days=1)), rules.speaks)


def _next_chance(moment: datetime, rules: Rules, rung: int) -> datetime:
    """When a rung may speak of something that ran out at `moment`."""
    span: Span = rules.ladder.rungs[rung].delay
    if span.unit is Unit.HOURS:
        return moment
    unit = Unit.WORKING_DAYS if span.unit is Unit.WORKING_DAYS else Unit.DAYS
    return shifted(moment, Span(n=1, unit=unit), rules.days, rules.speaks)


def _repeated(again: datetime, one: Obligation, rules: Rules) -> datetime:
    """The last rung once more. Beyond the calendar's end every weekday counts, for silence would be worse."""
    span = rules.ladder.again
    try:
        return shifted(again, span, rules.days, rules.speaks, one.pauses)
    except OutsideCalendar:
        day = day_of(again)
        for _ in range(span.n):
            day += timedelta(days=3 if day.weekday() == FRIDAY else 2 if day.weekday() == FRIDAY + 1 else 1)
        return at(day, rules.speaks)


# What a new plan means for what has been said already.


def _moved(one: Obligation, was: datetime | None, rules: Rules, now: datetime) -> Obligation:
    """Rungs that lie in the past speak now. If it is due later than it `was`, what lies ahead again is said again."""
    if one.due is None or was is None or one.due <= was:
        return _planned(one.model_copy(update={"moved": now}), rules)
    if one.again is not None and _by_the_ladder(one, one.due, rules)[-1] > now:
        one = _planned(one.model_copy(update={"again": None}), rules)
    ahead = [r for r in range(one.level) if one.rungs[r] > now and r not in one.mute]
    back = {"level": ahead[0], "round": one.round + 1} if ahead else {}
    return _planned(one.model_copy(update={**back, "moved": now}), rules)


def _moved_rung(said: Told, rules: Rules, high: int) -> Told:
    """The place of a rung on another ladder: the highest that tells its office and whose time had come; -1 for none."""
    rung = max((r for r in range(high + 1) if rules.office(r) == said.office), default=-1)
    return said.model_copy(update={"rung": rung})
