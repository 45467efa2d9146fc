"""How an obligation moves along its ladder: opened, told, promised, disputed, extended, paused, corrected, ended.

Each function takes the obligation as it was and gives it as it is; the times of all rungs are worked out here and
nowhere else. Ties: what a command says at the very moment of a rung counts first, so the rung stays silent when the
command made it untrue. Of several rungs whose time has come together only the highest speaks.
"""

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from models.calendar import WorkingDays
from models.clocks import Pause, due_time, shifted
from models.obligation import Dispute, Ended, Obligation, Promise, Told
from models.policy import Block, Ladder, Rung, Span, Unit
from models.time import at, day_of, end_of


class Rules:
    """What the policy says of one obligation: its block, its ladder, the working days and the hour of messages."""

    __slots__ = ("block", "days", "ladder", "speaks")

    def __init__(self, block: Block, ladder: Ladder, days: WorkingDays, speaks: time) -> None:
        self.block, self.ladder, self.days, self.speaks = block, ladder, days, speaks

    def office(self, rung: int) -> str:
        """The office of a rung; beyond the last, the last again."""
        return self.ladder.rungs[min(rung, len(self.ladder.rungs) - 1)].office


def clocked(one: Obligation, rules: Rules) -> Obligation:
    """The same obligation with its due time and every rung's time worked out anew from its start."""
    if one.said is not None:
        due = None if one.paused else _pushed(one.said, one.pauses[one.said_pauses :])
    elif rules.block.budget is not None:
        due = due_time(one.start, rules.block.budget, rules.days, one.pauses)
    else:
        due = one.due
    if one.paused or due is None:
        return one.model_copy(update={"due": due})
    times = [_time(rung, one.opened, due, rules) for rung in rules.ladder.rungs]
    times, mute = _not_before_opening(times, one.opened, due, rules)
    return one.model_copy(update={"due": due, "rungs": tuple(times), "mute": mute})


def reclocked(one: Obligation, rules: Rules, now: datetime) -> Obligation:
    """After its date moved: what was said too early may be said again at its new time (a new round); none is lost."""
    fresh = clocked(one, rules)
    if fresh.paused or fresh.ended:
        return fresh
    times = list(fresh.rungs)
    if promise := one.live_promise(now):
        times = [t if r < one.level else max(t, promise.until) for r, t in enumerate(times)]
    ahead = [said.rung for said in one.told if said.round == one.round and times[said.rung] > now]
    if ahead:
        return fresh.model_copy(update={"rungs": tuple(times), "level": min(ahead), "round": one.round + 1})
    if any(said.rung == len(times) - 1 for said in one.told):
        times[-1] = one.rungs[-1]
    return fresh.model_copy(update={"rungs": tuple(times), "level": one.level})


def told(one: Obligation, said: Told, rules: Rules) -> Obligation:
    """A rung spoke: the lower ones are overtaken. After the last it is said again, until somebody answers."""
    kept = (*one.told, said)[-12:]
    level, rungs, round_ = said.rung + 1, one.rungs, one.round
    if level >= len(rungs):
        again = shifted(max(said.at, one.rungs[said.rung]), rules.ladder.again, rules.days, rules.speaks)
        level, rungs, round_ = said.rung, (*rungs[:-1], again), one.round + 1
    return one.model_copy(update={"told": kept, "level": level, "rungs": rungs, "round": round_})


def promised(one: Obligation, promise: Promise, rules: Rules) -> Obligation:
    """Silence until the promised time. If it is missed, the next rung of another office speaks at that moment.

    A promise for a day before the due time does not bring any rung forward.
    """
    higher = [r for r in range(one.level, len(one.rungs)) if rules.office(r) != promise.office]
    top = len(one.rungs) - 1
    rung = higher[0] if higher else top
    again = not higher or one.level > top
    was = one.rungs[rung]
    resume = promise.until if one.due is None or promise.until > one.due else max(was, promise.until)
    times = list(one.rungs)
    for r in range(rung, len(times)):
        times[r] = max(times[r], _working(resume + (times[r] - was), rules, r))
    times[rung] = resume
    return one.model_copy(
        update={
            "promises": (*one.promises, promise),
            "rungs": tuple(times),
            "level": rung,
            "round": one.round + (1 if again else 0),
        }
    )


def disputed(one: Obligation, dispute: Dispute, rules: Rules) -> Obligation:
    """The disputed rung stops, with whatever else that office would hear; the rungs of other offices go on.

    The last rung is never stopped: the top of the ladder is always reached.
    """
    last = len(one.rungs) - 1
    stopped = tuple(r for r in range(last) if rules.office(r) == dispute.office and r not in one.mute)
    return one.model_copy(
        update={"dispute": dispute.model_copy(update={"stopped": stopped}), "mute": (*one.mute, *stopped)}
    )


def undisputed(one: Obligation, now: datetime) -> Obligation:
    """A dispute that was not upheld: the disputed rung is said again at once, unless a higher one has spoken since."""
    if one.dispute is None:
        return one
    rung, stopped = one.dispute.rung, one.dispute.stopped
    freed = one.model_copy(update={"dispute": None, "mute": tuple(r for r in one.mute if r not in stopped)})
    if one.level > rung + 1:
        return freed
    times = (*one.rungs[:rung], now, *one.rungs[rung + 1 :])
    return freed.model_copy(update={"rungs": times, "level": rung, "round": one.round + 1})


def extended(one: Obligation, until: datetime, rules: Rules, now: datetime) -> Obligation:
    longer = one.model_copy(
        update={"said": until, "said_pauses": len(one.pauses), "extensions": one.extensions + 1}
    )
    return reclocked(longer, rules, now)


def paused(one: Obligation, now: datetime) -> Obligation:
    return one.model_copy(update={"pauses": (*one.pauses, Pause(since=now))})


def resumed(one: Obligation, rules: Rules, now: datetime) -> Obligation:
    if not one.paused:
        return one
    last = one.pauses[-1].model_copy(update={"until": now})
    return reclocked(one.model_copy(update={"pauses": (*one.pauses[:-1], last)}), rules, now)


def ended(one: Obligation, how: Ended, at_: datetime) -> Obligation:
    return one.model_copy(update={"ended": how, "ended_at": at_})


def _time(rung: Rung, opened: datetime, due: datetime, rules: Rules) -> datetime:
    if rung.after == "start":
        return shifted(opened, rung.delay, rules.days, rules.speaks)
    return shifted(due, rung.delay, rules.days, rules.speaks)


def _not_before_opening(
    times: list[datetime], opened: datetime, due: datetime, rules: Rules
) -> tuple[list[datetime], tuple[int, ...]]:
    """Nobody is gone over before they were asked: rungs that lie before the opening are dropped or moved behind it.

    Reminders before the due time that lie in the past are dropped. Rungs after the due time start on the first
    working day after the opening and keep their distances.
    """
    early = [r for r, moment in enumerate(times) if moment < opened]
    mute = tuple(r for r in early if times[r] <= due)
    late = [r for r in early if times[r] > due]
    if late:
        first = times[late[0]]
        resume = at(rules.days.add(day_of(opened), 1), rules.speaks)
        for r in range(late[0], len(times)):
            times[r] = max(times[r], _working(resume + (times[r] - first), rules, r))
    return times, mute


def _working(moment: datetime, rules: Rules, rung: int) -> datetime:
    """A rung counted in working days never falls on a day that is none."""
    delay: Span = rules.ladder.rungs[min(rung, len(rules.ladder.rungs) - 1)].delay
    if delay.unit is not Unit.WORKING_DAYS or rules.days.is_working_day(day_of(moment)):
        return moment
    return at(rules.days.add(day_of(moment), 1), rules.speaks)


def _pushed(due: datetime, pauses: Sequence[Pause]) -> datetime:
    """A date that a person said moves on by each day that a suspension touched before it."""
    last = day_of(due)
    day = min((day_of(pause.since) for pause in pauses), default=last)
    while day <= last:
        if any(pause.touches(day) for pause in pauses):
            last += timedelta(days=1)
        day += timedelta(days=1)
    return end_of(last) if last != day_of(due) else due
