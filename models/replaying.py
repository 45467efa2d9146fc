"""Recorded cases lived again under other rules, without an engine, a database or a message.

What people did stays as it was, at its own times; what is owed, by when, and who is told of it follows the rules that
are rehearsed, by the very functions that the workflows use. An answer about one date (a promise, a dispute, time that
was asked for) is judged again, for the rehearsed date may be another. The engine is taken to be awake all the time, and
the directory to be the one that is given.
"""

from collections.abc import Iterable
from datetime import datetime

from models.base import Message
from models.calendar import OutsideCalendar
from models.case import Case
from models.directory import Directory
from models.facts import ENGINE, Fact
from models.fold import after
from models.judging import judge
from models.lifecycles import COMMANDS
from models.rehearsal import Step, Timeline, Titles, entitle, step_of
from models.telling import Notice, notices, tell

OTHER_RULES = frozenset({"policy_adopted", "calendar_adopted"})
"""What is left out, with the calendar by which a case was reopened: it is lived under one policy and one calendar."""


class History(Message):
    """A case and everything that was recorded of it, in the order of its facts."""

    ref: str
    kind: str
    opened: datetime
    facts: tuple[Fact, ...]


def replay(histories: Iterable[History], policy: str, calendar: str, directory: Directory, until: datetime) -> Timeline:
    """Who would have been told what and when, had these rules held from the beginning until that moment."""
    steps: list[Step] = []
    told: list[Notice] = []
    titles: Titles = {}
    for history in histories:
        life = _Life(history, policy, calendar, directory, titles)
        life.live(until)
        steps += life.steps
        told += life.told
    return Timeline(
        steps=tuple(sorted(steps, key=lambda step: step.at)), notices=tuple(sorted(told, key=lambda one: one.wake_at)),
        titles=titles,
    )  # fmt: skip


class _Life:
    """One case, lived again."""

    def __init__(self, history: History, policy: str, calendar: str, directory: Directory, titles: Titles) -> None:
        self.history, self.directory, self.titles = history, directory, titles
        self.case = Case(
            ref=history.ref, kind=history.kind, policy=policy, calendar=calendar, opened=history.opened
        )  # fmt: skip
        self.steps: list[Step] = []
        self.told: list[Notice] = []

    def live(self, until: datetime) -> None:
        """Until that moment, or until a date would leave the calendar: nothing can be said of what comes then."""
        now = self.history.opened
        try:
            for fact in self.history.facts:
                if fact.actor != ENGINE and fact.kind not in OTHER_RULES:
                    now = fact.recorded
                    self._wait(now)
                    self._happen(fact)
                    self._speak(now)
            self._wait(until)
            self._speak(until)
        except OutsideCalendar as error:
            self.steps.append(Step(at=now, case=self.case.ref, what="given up", refused=(str(error),)))

    def _wait(self, moment: datetime) -> None:
        """Let every rung speak whose time comes before; at the very moment of an act, the act counts first."""
        while (wakes := self.case.wakes) is not None and wakes < moment:
            self._speak(wakes)

    def _happen(self, fact: Fact) -> None:
        if fact.kind == "reopened":
            fact = fact.model_copy(update={"data": {k: v for k, v in fact.data.items() if k != "calendar"}})
        if problems := _refused(self.case, fact):
            self.steps.append(step_of(fact).model_copy(update={"refused": problems}))
        else:
            self._apply(fact.model_copy(update={"number": self.case.known + 1}))

    def _speak(self, now: datetime) -> None:
        for due in self.case.due(now):
            self._apply(tell(self.case, due, self.directory, now))

    def _apply(self, fact: Fact) -> None:
        before, self.case = self.case, after(self.case, fact)
        self.steps.append(step_of(fact))
        self.told += notices(before, self.case, fact, self.directory)
        entitle(self.titles, self.case, self.directory)


def _refused(case: Case, fact: Fact) -> tuple[str, ...]:
    """Why an answer about one date could not have been given under these rules."""
    if "obligation" not in fact.data:
        return ()
    kind = next(name for name, command in COMMANDS[case.kind].items() if fact.kind == command.FACT)
    return tuple(one.words for one in judge(case, kind, fact.data, fact.recorded))
