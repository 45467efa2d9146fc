"""Rehearsal: what would happen, and who would be told what and when, without an engine, a database or a message.

A scenario says who does what when, or stays silent. It is run through the very functions that the door, the workflows
and the writing transaction use: rights, judging, facts, the fold, the ladder and the notices.
"""

import heapq
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from pydantic import Field

from models import shelf
from models.awaited import ended_waits, settles
from models.base import Message, Word
from models.case import Case, whole_item
from models.child_death_commands import Criterion
from models.clocks import shifted
from models.command import Signed, split
from models.directory import Directory
from models.examining import examined
from models.facts import Fact, Problem
from models.family import access_moved, follows, unsaid
from models.fold import after
from models.judging import judge
from models.lifecycles import COMMANDS, LIFECYCLES, OPENINGS, REFERRING
from models.making import fact_of
from models.obligation import Told
from models.offered import decided_against, misnamed
from models.policy import Span, Unit
from models.recommending import closing_quorum
from models.referral import ELSEWHERE
from models.rights import Actor, Held, access_of, acts, may_open
from models.spawning import opened, opens
from models.telling import Notice, NoticeKind, notices, tell
from models.time import at, day_of
from models.titles import named

REFERRAL, REVIEW = "referral", "review"
KINDS: Mapping[str, str] = {
    REFERRAL: "referral", REVIEW: "rapid_review", "practice review": "practice_review", "register": "register",
    "disagreement": "disagreement", "child death": "child_death",
}  # fmt: skip
"""What a scenario calls each kind of case."""
ANYBODY = ("referrer", "notifier")
"""Who acts without any office: they refer, or notify a death."""
SHORT: Mapping[str, frozenset[str]] = {
    "triage": frozenset({"route", "body", "agency", "joins"}), "record_immediate_decisions": frozenset({"applies"}),
}  # fmt: skip
"""Answers of a scenario that stand for a whole table of a command's own."""
MATTER = re.compile(r"matter (\S+)")
NAMES = {kind: name for name, kind in KINDS.items()}
OF_ONE_FACT = frozenset({NoticeKind.MOVED, NoticeKind.ANSWERED, NoticeKind.INVITED, NoticeKind.RISK})
"""Messages whose key counts facts, of which other rules make more or fewer."""


class Act(Word):
    """Somebody does something: so long after the start, at an hour of that day in London.

    `who`: an office ("business_manager", "agency_contact/harrowshire-police"), or "referrer" or "notifier". `on`: the
    referral, the review that came from it, or another kind of case. `answers`: only those that matter; the rest is
    filled in plainly. In an answer, "+3 working days" is a day so long after the act, "now" its moment, and "matter 2"
    the case of that matter.
    """

    after: Span = Span(n=0, unit=Unit.DAYS)
    clock: time = time(10, 0)
    matter: str = "1"
    who: str
    do: str
    on: str = REVIEW
    answers: dict[str, Any] = {}


class Leaving(Word):
    """Somebody leaves the partnership: their deputies step into their offices, and nobody stands in as they did."""

    after: Span
    clock: time = time(7, 0)
    person: str


class Outage(Word):
    """A span in which no rung can speak."""

    after: Span
    clock: time = time(0, 0)
    lasts: Span


class Scenario(Word):
    """`lasts`: how long after the start the rehearsal looks on."""

    title: str
    words: str = ""
    starts: datetime
    lasts: Span
    acts: tuple[Act, ...] = Field(min_length=1)
    outages: tuple[Outage, ...] = ()
    leaves: tuple[Leaving, ...] = ()


class Step(Message):
    """One thing that happened, in the order of time: a fact, or a command that was refused."""

    at: datetime
    case: str
    what: str
    office: str = ""
    agency: str = ""
    refused: tuple[str, ...] = ()
    obligation: str = ""
    person: str = ""
    """Who did it; of a message, who it is for."""


Titles = dict[str, dict[str, str]]
"""What is owed in each case, by its key; also what a case has forgotten since, such as the first look at a wait."""


class Timeline(Message):
    """`titles`: what is owed, as people call it, by case and by its name there."""

    steps: tuple[Step, ...]
    notices: tuple[Notice, ...]
    titles: Titles = {}

    def by_office(self) -> dict[str, int]:
        """How many messages each office would get."""
        found: dict[str, int] = {}
        for notice in self.notices:
            found[notice.office] = found.get(notice.office, 0) + 1
        return dict(sorted(found.items()))


class Changed(Message):
    """A message that only one of two policies sends, or that they send at different times or to different offices."""

    key: str
    before: Notice | None
    after: Notice | None

    @property
    def at(self) -> datetime:
        """When it was sent; when it is, if it was not before."""
        sent = self.before or self.after
        assert sent is not None
        return sent.rung_at


def step_of(fact: Fact) -> Step:
    told = Told.model_validate(fact.data["told"]) if fact.kind == "told" else None
    heard = told.heard[0].person if told and told.heard else ""
    return Step(
        at=fact.recorded, case=fact.case, what=fact.kind, office=told.office if told else fact.office,
        agency=fact.agency, obligation=str(fact.data.get("obligation", "")), person=heard if told else fact.actor,
    )  # fmt: skip


def entitle(titles: Titles, case: Case, directory: Directory) -> None:
    """Note what everything that is owed now is called."""
    known = titles.setdefault(case.ref, {})
    known |= {one.key: named(case, one.key, directory) for one in case.open() if one.key not in known}


def difference(before: Timeline, after_: Timeline) -> list[Changed]:
    """What changes between two rehearsals of the same acts, in the order of time."""
    was, now = _named(before), _named(after_)
    found = [Changed(key=key, before=was.get(key), after=now.get(key)) for key in {**was, **now}]
    moved = [one for one in found if one.before is None or one.after is None or one.before.rung_at != one.after.rung_at]
    return sorted(moved, key=lambda one: (one.at, one.key))


def _named(line: Timeline) -> dict[str, Notice]:
    """Each message by a name that it has under any rules: where its key counts facts, it is counted among its kind."""
    found: dict[str, Notice] = {}
    counted: Counter[str] = Counter()
    for notice in line.notices:
        name = notice.key
        if notice.kind in OF_ONE_FACT or "handed_on" in notice.data:
            alike = f"{notice.case}/{notice.obligation}/{notice.kind}/{notice.office}/{notice.agency}"
            counted[alike] += 1
            name = f"{alike}/{counted[alike]}"
        found[name] = notice
    return found


def rehearse(
    scenario: Scenario, policy: str, calendar: str, directory: Directory, moments: Sequence[datetime] = ()
) -> Timeline:
    """Run a scenario under a policy and calendar (hashes on the shelf) with a directory.

    `moments`: when each act really happened, in the order of time, to compare with what an engine did. Raises
    ValueError, in words, for an act that makes no sense at all (an unknown command, an office nobody holds).
    """
    return Stage(scenario, policy, calendar, directory).play(moments)


def _empty(who: str, now: datetime) -> str:
    return f"nobody can act as {who}: the office is empty on {day_of(now)}"


class Stage:
    """The cases of one rehearsal, and its clock."""

    def __init__(self, scenario: Scenario, policy: str, calendar: str, directory: Directory) -> None:
        self.scenario, self.directory = scenario, directory
        self.policy, self.calendar = policy, calendar
        self.days = shelf.days(calendar)
        self.cases: dict[str, Case] = {}
        self.named: dict[tuple[str, str], str] = {}
        self.counted: dict[str, int] = {}
        self.steps: list[Step] = []
        self.told: list[Notice] = []
        self.titles: Titles = {}
        self.alarms: list[tuple[datetime, str]] = []
        self.gone: list[str] = []
        self.outages = [self._span(one) for one in scenario.outages]

    def play(self, moments: Sequence[datetime] = ()) -> Timeline:
        planned = self.planned()
        for number, (when, act) in enumerate(planned):
            really = moments[number] if moments else when
            self._let_leave(really)
            self._until(really, inclusive=False)
            self._act(act, really)
        self._let_leave(self.ends)
        self._until(self.ends, inclusive=True)
        return Timeline(steps=tuple(self.steps), notices=tuple(self.told), titles=self.titles)

    def leavings(self) -> list[tuple[datetime, str]]:
        """Who leaves when, in the order of time."""
        return sorted((self._moment(one.after, one.clock), one.person) for one in self.scenario.leaves)

    def _let_leave(self, before: datetime) -> None:
        """Let everybody leave whose day has come before this moment; what is due earlier is told to them still."""
        while len(self.gone) < len(self.scenario.leaves):
            moment, person = self.leavings()[len(self.gone)]
            if moment > before:
                return
            self._until(moment, inclusive=False)
            self.gone.append(person)
            self.directory = self.directory.left_by(person)

    def planned(self) -> list[tuple[datetime, Act]]:
        """The acts in the order of time, each with its moment."""
        found = [(self._moment(act.after, act.clock), act) for act in self.scenario.acts]
        return sorted(found, key=lambda one: one[0])

    @property
    def ends(self) -> datetime:
        return self._moment(self.scenario.lasts, time(23, 59))

    def _until(self, moment: datetime, *, inclusive: bool) -> None:
        """Let every rung speak whose time comes before; at the very moment of an act, the act counts first."""
        while self.alarms and (self.alarms[0][0] < moment or (inclusive and self.alarms[0][0] == moment)):
            alarm, ref = heapq.heappop(self.alarms)
            wakes = self.cases[ref].wakes
            if wakes is not None and self._awake(wakes) == alarm:
                self._speak(ref, alarm)

    def _act(self, act: Act, now: datetime) -> None:
        lifecycle = KINDS[act.on]
        if act.do not in COMMANDS[lifecycle]:
            message = f"{lifecycle} takes no command {act.do!r}"
            raise ValueError(message)
        model = COMMANDS[lifecycle][act.do]
        person, offices = self._who(act.who, now)
        opens = act.do in OPENINGS
        ref = self._begin(act, now) if opens else self.named.get((act.matter, act.on), "")
        if not ref:
            self._refuse(now, "", act, ["There is no such case at that time."])
            return
        case = self.cases[ref]
        command, wrong = examined(model, self.answers(act, case, now), now)
        if command is None:
            self._refuse(now, ref, act, [f"{one.field}: {one.words}" for one in wrong])
            return
        body = {**split(command)[0], **command.also()}
        office: str | Problem = "referrer"
        actor = Actor(person=person, offices=offices)
        if act.do != REFERRING:
            office = may_open(actor, act.do, body) if opens else acts(actor, case, access_of(case, now), act.do, body)
        found = [office] if isinstance(office, Problem) else wrong
        if not found and act.do != REFERRING:
            found = misnamed(model, case, body, self.directory) or judge(case, act.do, body, now)
        if found or isinstance(office, Problem):
            self._refuse(now, ref, act, [one.words for one in found])
            return
        number = case.known + 1
        signed = Signed(request=f"{ref}-{number}", case=ref, kind=act.do, actor=person, body=body, asked=now)
        self._apply(fact_of(case, signed, office, now))
        self._speak(ref, now)

    def _begin(self, act: Act, now: datetime) -> str:
        kind = OPENINGS[act.do]
        ref = self._ref(kind, now)
        self.cases[ref] = Case(ref=ref, kind=kind, policy=self.policy, calendar=self.calendar, opened=now)
        self.named[act.matter, NAMES[kind]] = ref
        return ref

    def _ref(self, kind: str, now: datetime) -> str:
        series = f"{LIFECYCLES[kind].prefix}-{now.year}"
        self.counted[series] = self.counted.get(series, 0) + 1
        return f"{series}-{self.counted[series]:04}"

    def _apply(self, fact: Fact) -> None:
        before = self.cases[fact.case]
        now = after(before, fact)
        self.cases[fact.case] = now
        self.steps.append(step_of(fact))
        self.told += notices(before, now, fact, self.directory)
        entitle(self.titles, now, self.directory)
        if access_moved(before, now):
            for ref in self._sisters(fact.case):
                for more in follows(before, now, self.cases[ref], fact):
                    self._apply(more)
        opening = opens(before, fact)
        if opening:
            fresh, first = opened(now, fact, self._ref(opening.kind, fact.recorded), opening)
            self.cases[fresh.ref] = fresh
            matter = next(matter for (matter, _), ref in self.named.items() if ref == fact.case)
            self.named[matter, NAMES[opening.kind]] = fresh.ref
            self._apply(first)
            for more in follows(unsaid(now), now, self.cases[fresh.ref], fact):
                self._apply(more)
            self._speak(fresh.ref, fact.recorded)
        if settles(before, now):
            family = {ref: self.cases[ref] for ref in (fact.case, *self._sisters(fact.case))}
            for case, more in list(ended_waits(family, fact)):
                self._apply(more)
                self._speak(case.ref, fact.recorded)

    def _sisters(self, ref: str) -> list[str]:
        """The other cases of the same matter."""
        matter = next(matter for (matter, _), named in self.named.items() if named == ref)
        return [named for (of, _), named in self.named.items() if of == matter and named != ref]

    def _speak(self, ref: str, now: datetime) -> None:
        """Say what is due now, unless nothing can be said, and wait for the next rung."""
        if self._awake(now) == now:
            for due in self.cases[ref].due(now):
                self._apply(tell(self.cases[ref], due, self.directory, now))
        wakes = self.cases[ref].wakes
        if wakes is not None:
            heapq.heappush(self.alarms, (self._awake(wakes), ref))

    def _awake(self, moment: datetime) -> datetime:
        """When the engine can speak for a rung of this time."""
        for begins, ends in self.outages:
            if begins <= moment < ends:
                return ends
        return moment

    def _refuse(self, now: datetime, ref: str, act: Act, words: Sequence[str]) -> None:
        self.steps.append(Step(at=now, case=ref, what=act.do, office=act.who, refused=tuple(words)))

    def _who(self, who: str, now: datetime) -> tuple[str, tuple[Held, ...]]:
        if who in ANYBODY:
            return who, ()
        office, _, agency = who.partition("/")
        person = self._holder(who, now)
        if person is None:
            raise ValueError(_empty(who, now))
        return person, (Held(office=office, agency=agency),)

    def _holder(self, who: str, now: datetime) -> str | None:
        office, _, agency = who.partition("/")
        return self.directory.look_up(office, agency or None, now).person

    def unheld(self) -> dict[int, str]:
        """Acts for which there is nobody on their day, in words, by their place in the scenario."""
        moments = [self._moment(act.after, act.clock) for act in self.scenario.acts]
        return {
            number: _empty(act.who, now)
            for number, (act, now) in enumerate(zip(self.scenario.acts, moments, strict=True))
            if act.who not in ANYBODY and self._holder(act.who, now) is None
        }

    def _moment(self, span: Span, clock: time) -> datetime:
        return at(self._day(span, self.scenario.starts), clock)

    def _span(self, one: Outage) -> tuple[datetime, datetime]:
        begins = self._moment(one.after, one.clock)
        return begins, at(self._day(one.lasts, begins), one.clock)

    def _day(self, span: Span, since: datetime) -> date:
        return day_of(shifted(since, span, self.days, time(12, 0)))

    def answers(self, act: Act, case: Case, now: datetime) -> dict[str, Any]:
        """The scenario's answers, completed plainly; a triage has its route, and whom it leads to, for every child."""
        complete, short = _complete(act, case, now, self.directory), SHORT.get(act.do, frozenset())
        own = {name: self._named(value, act.on) for name, value in act.answers.items()}
        return {name: self._said(value, now) for name, value in {**complete, **own}.items() if name not in short}

    def _named(self, value: Any, on: str) -> Any:  # noqa: ANN401 -- any plain value
        """The case of another matter, of the same kind."""
        found = MATTER.fullmatch(value) if isinstance(value, str) else None
        return self.named.get((found[1], on), value) if found else value

    def _said(self, value: Any, now: datetime) -> Any:  # noqa: ANN401 -- any plain value
        if value == "now":
            return now.isoformat()
        if isinstance(value, str) and value[:1] in "+-" and value[1:2].isdigit():
            return self._day(Span.model_validate(value.lstrip("+")), now).isoformat()
        if isinstance(value, Mapping):
            return {name: self._said(one, now) for name, one in value.items()}
        return [self._said(one, now) for one in value] if isinstance(value, list) else value


def _complete(act: Act, case: Case, now: datetime, directory: Directory) -> dict[str, Any]:
    """Plain answers to every question of a command, where the scenario says nothing else."""
    rules = shelf.policy(case.policy)
    agency = act.who.partition("/")[2]
    complete: dict[str, Callable[[], dict[str, Any]]] = {
        "submit_referral": lambda: {
            "event": "serious_harm", "incident_on": "-1 days", "aware_at": "-1 days", "in_area": "yes",
            "abuse_or_neglect": "yes",
            "narrative": "-", "children": [{"name": "-", "born": "2020-01-01"}], "others": "no", "referrer_name": "-",
            "referrer_role": "-", "referrer_agency": "-", "referrer_email": "referrer@example.org",
            "lead_agrees": "yes",
        },
        "triage": lambda: _triage(act, case),
        "answer_safety": lambda: {"siblings_safe": "yes", "words": "-"},
        "record_notification": lambda: {"sent_at": "now", "sent_by": "-", "reference": "-"},
        "notify_secretary_of_state": lambda: {"sent_at": "now", "sent_by": "-", "reference": "-"},
        "pass_on": lambda: {"sent_at": "now", "sent_to": "-"},
        "record_review_learning": lambda: {"learning": "-", "changes": "-"},
        "withdraw_notification": lambda: {"withdrawn_at": "now", "reason": "-"},
        "request_information": lambda: {"agencies": list(directory.agencies)},
        "submit_return": lambda: {"agency": agency, "holds": "nothing"},
        "record_analysis": lambda: {"facts": "-", "context": "-", "practice": "-", "learning": "-"},
        "arrange_meeting": lambda: {"at": (now + timedelta(days=2)).isoformat(), "place": "-"},
        "record_meeting": lambda: {
            "held_at": "now", "seats": list(rules.quorums["rapid_review_meeting"].seats), "siblings_safe": "yes",
            "siblings_words": "-",
        },
        "decide": lambda: _decision(case, directory),
        "record_submission": lambda: {"sent_at": "now", "siblings_safe": "yes", "siblings_words": "-"},
        "record_panel_answer": lambda: {"received_at": "now", "position": "agrees"},
        "send_information": lambda: {"sent_at": "now", "words": "-"},
        "record_event": lambda: {"event": "inquest", "happened_at": "now", "words": "-"},
        "tell_referrer": lambda: {"how": "email", "words": "-"},
        **_of_review(case, agency, directory),
        **_of_death(act, case, agency),
        **_of_recommendation(act, case, agency),
        "raise_disagreement": lambda: {
            "agency": agency, "challenged": "harrowshire-council", "at_risk": "no", "about": "-", "wanted": "-",
            "another": True,
        },
        "answer_disagreement": lambda: {"agency": agency, "answer": "disagrees", "words": "-"},
        "respond_disagreement": lambda: {"agency": agency, "outcome": "escalate", "words": "-"},
        "decide_disagreement": lambda: {"view": "partly", "words": "-"},
        "withdraw_disagreement": lambda: {"agency": agency},
        "change_risk": lambda: {"at_risk": "no" if case.said.get("at_risk") else "yes"},
        "dispute": lambda: {"ground": "not_ours", "words": "-"},
    }  # fmt: skip
    found = complete[act.do]() if act.do in complete else {}
    fields = COMMANDS[KINDS[act.on]][act.do].model_fields
    return {**({"reason": "-"} if "reason" in fields else {}), **found}


Answers = Mapping[str, Callable[[], dict[str, Any]]]


def _of_review(case: Case, agency: str, directory: Directory) -> Answers:
    """Plain answers to the commands of a practice review."""
    book = shelf.policy(case.policy)
    recipients = list(book.publication.recipients) if book.publication else []
    checks = [{"check": name, "done": "yes"} for name in book.publication.checklist] if book.publication else []
    partners = [{"partner": name, "position": "agrees"} for name, one in directory.agencies.items() if one.partner]
    agencies = list(case.said.get("agencies") or directory.agencies)
    return {
        "enter_review": lambda: {
            "name": "-", "origin": "practice_review", "decided_on": "-0 days", "reached": "decided",
            "agencies": agencies, "another": True,
        },
        "commission": lambda: {
            "method": "author_led", "scope_from": "2020-01-01", "scope_until": "2020-12-31", "terms": "-",
            "agencies": agencies, "budget": 0,
        },
        "appoint_reviewer": lambda: {"reviewer": directory.reviewers()[0], "suitability": "-", "waived": True},
        "announce_review": lambda: {"sent_at": "now", "recipients": recipients},
        "request_information": lambda: {"agencies": agencies},
        "check_review": lambda: {"pace": "on_track", "quality": "good", "words": "-"},
        "request_in_writing": lambda: {"words": "-", "by": "+10 working days"},
        "record_written_answer": lambda: {"item": "w1", "received_at": "now", "words": "-"},
        "hold_practitioner_event": lambda: {"held_at": "now", "attended": agencies, "words": "-"},
        "name_contributor": lambda: {"role": "mother", "name": "-"},
        "keep_quiet": lambda: {"first": "+1 days", "last": "+7 days"},
        "record_contact": lambda: {"item": "c1", "step": "invited", "on": "now", "how": "-"},
        "finish_family": lambda: {"words": "-"},
        "link_proceeding": lambda: {"proceeding": "criminal", "status": "open", "words": "-"},
        "update_proceeding": lambda: {"item": "p1", "status": "concluded", "words": "-"},
        "suspend_milestones": lambda: {
            "item": "p1", "milestones": ["publication"], "review": "+60 days", "authority": "-",
        },
        "review_milestones": lambda: {"item": "p1", "outcome": "lift"},
        "receive_draft": lambda: {"received_at": "now"},
        "sign_off": lambda: {
            "signed_at": "now", "positions": partners, "has_improvements": True, "has_analysis": True,
        },
        "foresee_delay": lambda: {"expected": "+90 days", "because": "proceedings", "words": "-"},
        "explain_delay": lambda: {"sent_at": "now", "recipients": recipients, "words": "-"},
        "plan_publication": lambda: {"on": "+20 working days"},
        "send_advance_copies": lambda: {"sent_at": "now", "recipients": recipients},
        "publish": lambda: {"published_at": "now", "address": "https://example.org/report", "checklist": checks},
        "withhold_publication": lambda: {"decided_at": "now", "reasons": "-", "improvements": "-"},
        "receive_deliverable": lambda: {"item": "report"},
        "confirm_dissemination": lambda: {"agency": agency, "reached_at": "now", "words": "-", "understood": "-"},
        "lodge_report": lambda: {"lodged_at": "now"},
        "check_availability": lambda: {"words": "-"},
        "record_coroners_report": lambda: {"agency": agency or agencies[0], "dated_at": "now", "words": "-"},
        "answer_coroner": lambda: {"item": "k1", "sent_at": "now", "words": "-"},
        "complete_review": lambda: {"words": "-"},
        "open_register": lambda: {"origin": "audit", "year": day_of(case.opened).year},
        "close_register": lambda: {"words": "-"},
    }  # fmt: skip


def _of_death(act: Act, case: Case, agency: str) -> Answers:
    """Plain answers to the commands of the review of a death: nothing applies, nothing is found, nobody waits."""
    book = shelf.policy(case.policy)
    seats = list(book.quorums["child_death_panel"].seats) if case.kind == "child_death" else []
    panels = book.child_deaths.panels_of(case.said.get("area", "")) if book.child_deaths else []
    applies = act.answers.get("applies", [])
    criteria = [{"criterion": one.value, "met": "yes" if one.value in applies else "no"} for one in Criterion]
    again = {"again": "+90 days"} if act.answers.get("outcome") in {"wait", "refer"} else {}
    known = dict.fromkeys(("coroner", "certificate", "patient_safety", "post_mortem", "others"), "no")
    return {
        "notify_death": lambda: {
            "name": "-", "born": "-400 days", "died": "-1 days", "died_known": "yes", "showed_life": "yes",
            "sex": "not_known", "ethnic_group": "not_known", "area": "harrowshire", "place_of_death": "not_known",
            "expected": "no", "circumstances": "-", "others": "no", "notifier_name": "-", "notifier_role": "-",
            "notifier_agency": "-", "notifier_email": "notifier@example.org",
        },
        "enter_death": lambda: {
            "name": "-", "born": "-400 days", "died": "-100 days", "sex": "not_known", "ethnic_group": "not_known",
            "area": "harrowshire", "place_of_death": "not_known", "notified_on": "-99 days", "reached": "asked",
        },
        "record_immediate_decisions": lambda: {"criteria": criteria, **known, "words": "-"},
        "record_database_notification": lambda: {"sent_at": "now"},
        "name_key_worker": lambda: {"name": "-", "contact": "-"},
        "record_joint_response": lambda: {"held_at": "now", "words": "-"},
        "return_form": lambda: {"agency": agency, "holds": "nothing"},
        "open_wait": lambda: {"kind": "inquest", "since": "+0 days", "holds": ["panel"], "review": "+60 days"},
        "review_wait": lambda: {"item": "w1", "outcome": "goes_on", "review": "+60 days"},
        "record_finding": lambda: {"source": "inquest", "abuse": "no", "panel": False, "words": "-"},
        "plan_meeting": lambda: {"on": "+40 days"},
        "record_death_meeting": lambda: {"held_at": "now", "words": "-"},
        "draft_analysis": lambda: {"summary": "-"},
        "list_for_panel": lambda: {"panel": panels[0], "on": "+28 days", "extra": True},
        "complete_analysis": lambda: {"held_at": "now", "seats": seats, "categories": ["6"], "modifiable": "none"},
        "submit_analysis": lambda: {"sent_at": "now"},
        "log_family_contact": lambda: {"contact": "feedback", "held_at": "now"},
        "consider_review": lambda: {"outcome": "not_met", "reasons": "-", **again},
        "hand_over": lambda: {"area": "-"},
        "confirm_hand_over": lambda: {"received_at": "now"},
    }  # fmt: skip


def _of_recommendation(act: Act, case: Case, agency: str) -> Answers:
    """Plain answers to the commands of a recommendation: the first of the case, if the scenario names none."""
    item = str(act.answers.get("item", "r1"))
    one, gate = case.recommendations.get(whole_item(item)), shelf.policy(case.policy).gate
    waiting = one.waiting[0] if one and one.waiting else "e1"
    return {
        "recommend": lambda: {
            "text": "-", "agency": agency, "by": "+180 days", "measures": [{"measure": "-", "baseline": "-"}],
            "seen": True, "another": True,
        },
        "enter_recommendation": lambda: {
            "text": "-", "evidence": "-", "agency": agency, "state": "open", "by": "+180 days", "another": True,
        },
        "assign_recommendation": lambda: {"item": item},
        "answer_recommendation": lambda: {"item": item, "answer": "accepts", "words": "-"},
        "answer_rejection": lambda: {"item": item, "outcome": "stands"},
        "give_progress": lambda: {"item": item, "forecast": "on_track", "words": "-"},
        "complete_action": lambda: {"item": f"{item}.a1", "words": "-"},
        "give_evidence": lambda: {"item": item, "measure": "m1", "shows": "delivery", "words": "-"},
        "amend_evidence": lambda: {"item": item, "evidence": waiting, "words": "-"},
        "accept_evidence": lambda: {"item": item, "evidence": waiting, "words": "-"},
        "return_evidence": lambda: {"item": item, "evidence": waiting},
        "close_recommendation": lambda: {
            "item": item, "decided_by": "meeting", "seats": list(closing_quorum(case).seats),
            "evidence": one.accepted if one else [], "words": "-",
            "retest": gate.retests[0].words.replace(" ", "_") if gate else "",
        },
        "retest_impact": lambda: {"item": item, "outcome": "sustained", "words": "-"},
        "reopen_recommendation": lambda: {"item": item},
        "override_colour": lambda: {"item": item, "axis": "delivery", "colour": "amber", "until": "+30 days"},
    }  # fmt: skip


def _triage(act: Act, case: Case) -> dict[str, Any]:
    name, criteria = decided_against(case, "triage")
    route = act.answers.get("route", "rapid_review")
    met = "yes" if route in ELSEWHERE else "no"
    answers = [{"criterion": one.id, "met": met, "reason": "-"} for one in criteria.criteria]
    more = {name: act.answers[name] for name in ("body", "agency", "joins") if name in act.answers}
    rows = [
        {"child": child, "criteria": answers, "route": route, "reason": "-", **more}
        for child in case.said.get("children", [1])
    ]
    return {"criteria_set": name, "children": rows, "siblings_safe": "yes", "siblings_words": "-"}


def _decision(case: Case, directory: Directory) -> dict[str, Any]:
    name, criteria = decided_against(case, "decide")
    partners = [name for name, agency in directory.agencies.items() if agency.partner]
    return {
        "decided_at": "now", "criteria_set": name, "outcome": "no_further_review", "reasons": "-",
        "criteria": [{"criterion": one.id, "met": "no", "reason": "-"} for one in criteria.criteria],
        "positions": [{"partner": partner, "position": "agrees"} for partner in partners],
    }  # fmt: skip
