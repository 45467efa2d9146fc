"""The pure core as the record drives it: a command is shaped, allowed, judged and folded; what is due is told."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from models import shelf
from models.calendar import WorkingDays
from models.case import Case
from models.command import Signed, split
from models.directory import Directory
from models.facts import Fact, Problem
from models.fold import after
from models.judging import judge
from models.lifecycles import COMMANDS
from models.making import fact_of
from models.offered import misnamed
from models.policy import Policy
from models.rights import Access, Actor, Held, acts, may_open
from models.telling import Notice, notices, tell
from tests.support.house import PARTNERS, example_directory, shipped_policy, triage

ROOT = Path(__file__).parents[2]
POLICY: Policy = shipped_policy()
DIRECTORY: Directory = example_directory()
POLICY_NAME, CALENDAR_NAME = shelf.put(POLICY)
DAYS: WorkingDays = shelf.days(CALENDAR_NAME)
AGENCIES = tuple(DIRECTORY.agencies)
MANAGER, CHAIR, AUTHORITY = "p-018", "p-021", "p-001"
DEPUTIES = {"p-018": "p-019", "p-021": "p-022", "p-001": "p-003"}
MONDAY = datetime(2026, 11, 2, 10, 0, tzinfo=UTC)


class Refused(Exception):
    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("; ".join(one.words for one in self.problems))


def holder(office: str, agency: str = "") -> str:
    found = DIRECTORY.holding(office, agency or None, MONDAY)
    assert found, (office, agency)
    return found.person


class Play:
    """One case, the clock of the engine, and everything that was said. Nothing speaks unless it is let."""

    def __init__(self, case: Case, now: datetime, directory: Directory = DIRECTORY) -> None:
        self.case, self.now, self.directory = case, now, directory
        self.facts: list[Fact] = []
        self.notices: list[Notice] = []
        self.actors: dict[str, Actor] = {}

    def happen(self, fact: Fact) -> None:
        before, self.case = self.case, after(self.case, fact)
        self.facts.append(fact)
        self.notices += notices(before, self.case, fact, self.directory)

    def actor(self, person: str) -> Actor:
        """Everything that this person holds or deputises in, whatever the day."""
        if person not in self.actors:
            held = [one for one in self.directory.holdings if person in {one.person, one.deputy}]
            offices = tuple(Held(office=one.office, agency=one.agency or "") for one in held)
            self.actors[person] = Actor(person=person, offices=offices)
        return self.actors[person]

    def act(self, person: str, kind: str, /, **answers: Any) -> Fact:  # noqa: ANN401 -- the answers of a form
        """Do it now. Raises Refused, and then nothing has changed."""
        command = COMMANDS[self.case.kind][kind].model_validate(answers)
        if impossible := command.impossible(self.now):
            raise Refused(impossible)
        plain, _ = split(command)
        body = {**plain, **command.also()}
        who = self.actor(person)
        office = acts(who, self.case, Access(), kind, body) if self.case.known else may_open(who, kind, body)
        if isinstance(office, Problem):
            raise Refused([office])
        model = COMMANDS[self.case.kind][kind]
        if problems := misnamed(model, self.case, body, self.directory) or judge(self.case, kind, body, self.now):
            raise Refused(problems)
        request = f"r-{self.case.known}"
        signed = Signed(request=request, case=self.case.ref, kind=kind, actor=person, body=body, asked=self.now)
        fact = fact_of(self.case, signed, office, self.now)
        self.happen(fact)
        return fact

    def speak(self) -> list[Fact]:
        """Say all that is due now, as one wake of the workflow does."""
        said = []
        for due in self.case.due(self.now):
            said.append(tell(self.case, due, self.directory, self.now))
            self.happen(said[-1])
        return said

    def until(self, moment: datetime) -> None:
        """Let time pass while the engine is up: each rung speaks at its own moment."""
        self.speak()
        while (wakes := self.case.wakes) is not None and wakes <= moment:
            self.now = max(self.now, wakes)
            self.speak()
        self.now = max(self.now, moment)

    def wait(self, **span: float) -> None:
        self.until(self.now + timedelta(**span))

    def sleep_until(self, moment: datetime) -> None:
        """Let time pass while the engine is down."""
        self.now = max(self.now, moment)

    def said(self, key: str = "") -> list[tuple[datetime, str]]:
        """When which office was told, of one obligation or of all."""
        return [
            (one.rung_at, one.office)
            for one in self.notices
            if one.kind == "owed" and (not key or one.obligation == key)
        ]


def fresh(kind: str, person: str, command: str, /, **answers: Any) -> Play:  # noqa: ANN401 -- the answers of a form
    """A case that this command opens."""
    play = Play(Case(ref="XX-2026-0001", kind=kind, policy=POLICY_NAME, calendar=CALENDAR_NAME, opened=MONDAY), MONDAY)
    play.act(person, command, **answers)
    return play


def review(now: datetime = MONDAY, aware: datetime | None = None, policy: str = POLICY_NAME) -> Play:
    """A rapid review that has just been opened."""
    data = {"aware": (aware or now - timedelta(days=1)).isoformat(), "children": [1], "referral": "LR-2026-0001"}
    case = Case(ref="RR-2026-0001", kind="rapid_review", policy=policy, calendar=CALENDAR_NAME, opened=now)
    play = Play(case, now)
    play.happen(Fact(case=case.ref, number=1, kind="opened", actor=MANAGER, occurred=now, recorded=now, data=data))
    return play


def asked(now: datetime = MONDAY, agencies: tuple[str, ...] = ("harrowshire-police",)) -> Play:
    """A rapid review whose agencies have been asked for what they know."""
    play = review(now)
    play.act(AUTHORITY, "record_notification", sent_at=now, sent_by="A", reference="B")
    play.act(MANAGER, "request_information", agencies=agencies)
    return play


def referral(now: datetime = MONDAY, **answers: Any) -> Play:  # noqa: ANN401 -- the answers of a form
    """A referral about one child that has just been received."""
    given = {**referral_answers(now), **answers}
    case = Case(ref="LR-2026-0001", kind="referral", policy=POLICY_NAME, calendar=CALENDAR_NAME, opened=now)
    play = Play(case, now)
    command = COMMANDS["referral"]["submit_referral"].model_validate(given)
    body = {**split(command)[0], **command.also()}
    signed = Signed(request="r-0", case=case.ref, kind="submit_referral", actor="referrer", body=body, asked=now)
    play.happen(fact_of(case, signed, "referrer", now))
    return play


def referral_answers(now: datetime) -> dict[str, Any]:
    day = (now - timedelta(days=1)).date()
    return {
        "event": "serious_harm", "incident_on": day, "aware_at": day, "in_area": "yes", "abuse_or_neglect": "yes",
        "narrative": "Found with injuries.", "children": [{"name": "Quillon Zarbane", "born": "2019-02-03"}],
        "others": "no",
        "referrer_name": "Norwen Tace", "referrer_role": "Nurse", "referrer_agency": "Hospital",
        "referrer_email": "nurse@example.org", "lead_agrees": "yes",
    }  # fmt: skip


def triage_answers(route: str = "rapid_review", children: int = 1) -> dict[str, Any]:
    return triage(route, children)


def decision_answers(outcome: str, now: datetime, **more: Any) -> dict[str, Any]:  # noqa: ANN401 -- the answers of a form
    criteria = ("improvements", "recurrent_themes", "working_together", "panel_concluded")
    return {
        "decided_at": now, "criteria_set": "practice_review_reg11",
        "criteria": [{"criterion": one, "met": "no", "reason": "Looked at."} for one in criteria],
        "positions": [{"partner": one, "position": "agrees"} for one in PARTNERS], "outcome": outcome,
        "reasons": "Set out.", **more,
    }  # fmt: skip


def meeting_answers(now: datetime, *, quorate: bool = True) -> dict[str, Any]:
    seats = ["independent_chair", "police", "icb"] if quorate else ["police"]
    return {"held_at": now, "seats": seats, "siblings_safe": "yes", "siblings_words": "None."}
