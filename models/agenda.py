"""What the sub-group's next meeting has to look at, made of what is due in each case: pure, so that it can be tried.

`agenda_of` makes of one case what its reader may know of it; `together` puts the cases of a partnership in order. A
professional disagreement has a part of its own: it is never mixed with what is late.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from math import inf

from models.base import Message
from models.board import line_of
from models.case import Case, whole_item
from models.child_death import CONSIDERED
from models.directory import Directory
from models.doing import DECISIONS, meets
from models.facts import Fact
from models.ladder import KEPT
from models.obligation import Obligation, Told
from models.plan import Publication, milestones, publication
from models.practice_review import was_over
from models.recommended import NO_MEASURE, Kind, Looked, Recommendation
from models.recommending import STORY, Forecast
from models.referral import Event
from models.rights import Actor, access_of, is_of_it, reads, sees, whole
from models.shelf import blocks, policy
from models.time import day_of
from models.tracking import last_word

PURSUED = frozenset(STORY) - {"answer_rejection", "examine_evidence", "close_recommendation", "retest"}
"""What an agency owes of a recommendation; what the partnership owes has parts of its own."""
OWN_PART = frozenset({"accept_evidence", "close_recommendation", "answer_time", "decide_disagreement"})
"""Decisions that stand in a part of their own."""
READ = frozenset({
    "recommended", "recommendation_entered", "evidence_given", "evidence_amended", "evidence_accepted",
    "progress_given", "time_asked", "milestones_suspended", "review_checked",
})  # fmt: skip
"""Facts of which the agenda tells more than the case remembers."""

_OF_EVIDENCE = frozenset({"evidence_given", "evidence_amended", "evidence_accepted"})
ANYWAY = frozenset({"answer_rejection", "examine_evidence", "close_recommendation"})
"""What waits for the partnership stands on the agenda whenever it is due; what an agency owes once it is overdue."""


class Period(Message):
    """From which day on something is new, and until when something is due.

    `since` none: no meeting is known, and whatever is under way counts as new.
    """

    since: date | None
    until: date

    def is_new(self, case: Case) -> bool:
        """What came on the day of the last meeting may have come after it."""
        under_way = any(case.recommendation(one) is None for one in case.open())
        return day_of(case.opened) >= self.since if self.since else under_way


class Heard(Message):
    """Somebody who was told of something, in which office, when."""

    office: str
    person: str
    at: datetime


class Opened(Message):
    """A referral or a rapid review that is new. `event`: what the referral says has happened."""

    ref: str
    kind: str
    opened: datetime
    event: str = ""
    stage: str
    decided: str = ""


class Waits(Message):
    """Something for which somebody waits: a decision, a test, an answer. `item`: of which recommendation."""

    ref: str
    kind: str
    key: str
    item: str = ""
    title: str
    owed_by: str
    agency: str = ""
    due: datetime | None
    overdue: bool = False
    paused: bool = False


class TimeAsked(Message):
    """More time that somebody asks for. `title`: for what; `due`: its day now."""

    ref: str
    key: str
    item: str
    title: str
    agency: str
    due: datetime | None
    person: str
    until: date
    reason: str
    answer_by: datetime | None


class Review(Message):
    """A practice review that is under way. `risks`: its milestones at risk are in `publication.late`."""

    ref: str
    stage: str
    publication: Publication


class Piece(Message):
    """A piece of evidence: what it shows, who gave it when, who accepted it when."""

    name: str
    kind: Kind
    words: str
    by: str
    given: datetime
    accepted_by: str = ""
    accepted: datetime | None = None


class Measured(Message):
    """A success measure with its evidence."""

    name: str
    words: str
    pieces: tuple[Piece, ...]


class Shown(Message):
    """A recommendation whose evidence is to be looked at, or which can be closed on it."""

    ref: str
    item: str
    agency: str
    owner: str
    text: str
    measures: tuple[Measured, ...]
    due: datetime | None
    """When whoever looks at it, or closes it, has to have done so."""


class Late(Message):
    """One thing that is overdue of a recommendation, with everybody who has been told of it."""

    key: str
    title: str
    due: datetime
    heard: tuple[Heard, ...]
    next_at: datetime | None
    disputed: bool = False

    @property
    def rungs(self) -> list[tuple[str, str, list[datetime]]]:
        """Who has been told, in the order in which they first were: the office, the person, and when."""
        found: dict[tuple[str, str], list[datetime]] = {}
        for one in self.heard:
            found.setdefault((one.office, one.person), []).append(one.at)
        return [(office, person, moments) for (office, person), moments in found.items()]


class Overdue(Message):
    """A recommendation of which something is overdue; `first`: when it was due at first, which is never lost."""

    ref: str
    item: str
    agency: str
    owner: str
    text: str
    first: date | None
    late: tuple[Late, ...]
    forecast: str = ""
    last: datetime | None = None
    last_words: str = ""

    @property
    def since(self) -> datetime:
        return min(one.due for one in self.late)

    @property
    def rung(self) -> Heard | None:
        """Who heard of it last: how far up its ladder it has come."""
        return max((heard for one in self.late for heard in one.heard), key=lambda heard: heard.at, default=None)


class Challenge(Message):
    """A professional disagreement that is not resolved. `days`: for how long it has been open."""

    ref: str
    by: str
    challenged: str
    stage: str
    due: datetime | None
    overdue: bool
    days: int


class Agenda(Message):
    """What one meeting has to look at."""

    referrals: tuple[Opened, ...] = ()
    rapid_reviews: tuple[Opened, ...] = ()
    deaths: tuple[Waits, ...] = ()
    """Deaths that are put before the group: unexplained, or of which abuse or neglect has been found since."""
    decisions: tuple[Waits, ...] = ()
    reviews: tuple[Review, ...] = ()
    closures: tuple[Shown, ...] = ()
    evidence: tuple[Shown, ...] = ()
    overdue: tuple[Overdue, ...] = ()
    times: tuple[TimeAsked, ...] = ()
    retests: tuple[Waits, ...] = ()
    disagreements: tuple[Challenge, ...] = ()
    guarded: dict[str, str] = {}
    """Cases that not everybody of a meeting may know, by their reference: why, in words."""

    @property
    def cases(self) -> set[str]:
        """The references of everything that stands in it."""
        parts = (
            self.referrals, self.rapid_reviews, self.deaths, self.decisions, self.reviews, self.closures, self.evidence,
            self.overdue, self.times, self.retests, self.disagreements,
        )  # fmt: skip
        return {one.ref for part in parts for one in part}


def guard_of(case: Case) -> str:
    """Why a case is not for everybody who sees such cases; empty if it is."""
    if case.said.get("restricted"):
        return "restricted to named people"
    return "somebody is kept out of it" if case.said.get("locked_out") else ""


def period(meetings: Iterable[date], today: date, until: date | None = None) -> Period:
    """From the last meeting that has been to the next one, or to the day that somebody has named, or to today."""
    held = sorted(meetings)
    end = until or next((one for one in held if one >= today), today)
    before = [one for one in held if one <= today and one < end]
    return Period(since=before[-1] if before else None, until=end)


def concerned(case: Case, now: datetime) -> set[str]:
    """The recommendations whose words an agenda shows."""
    gate = {"examine_evidence", "close_recommendation"}
    return {whole_item(one.item) for one in case.open() if one.item and (one.block in gate or one.overdue(now))}


def outgrown(case: Case, now: datetime) -> bool:
    """Whether somebody was told so often of something overdue that only the record has all of it."""
    return any(len(one.told) >= KEPT for one in case.open() if one.block in PURSUED and one.overdue(now))


def agenda_of(  # noqa: PLR0913, PLR0917 -- of which case, for whom, from when until when
    case: Case, facts: Sequence[Fact], actor: Actor, directory: Directory | None, of: Period, now: datetime
) -> Agenda:
    """What this case puts before the meeting, as far as this person may know.

    `facts`: those of the kinds in `READ`, with the words that people wrote among their data; and of an outgrown case
    every rung that spoke.
    """
    access = access_of(case, now)
    if reads(actor, case, access) is not None:
        return Agenda()
    all_of_it = whole(actor, case, access)
    seen = [one for one in case.open() if all_of_it or is_of_it(actor, case, one)]
    known = {item: one for item, one in case.recommendations.items() if sees(actor, all_of_it, one)}
    told, why = _Told(case, facts), guard_of(case)
    guarded = {case.ref: why} if why else {}

    def shown(block: str) -> tuple[Shown, ...]:
        return tuple(told.shown(item, one, block) for item, one in known.items() if _is_owed(case, item, block))

    line = line_of(case, actor, now, directory, all_of_it=all_of_it)
    is_new = all_of_it and of.is_new(case)
    new = Opened(
        ref=case.ref, kind=case.kind, opened=case.opened, stage=line.stage if case.closed is None else "Closed",
        event=Event(case.said["event"]).words if case.kind == "referral" else "", decided=line.decided,
    )  # fmt: skip
    if case.kind == "disagreement":
        return Agenda(disagreements=_challenges(case, seen, line.stage, now) if all_of_it else (), guarded=guarded)
    return Agenda(
        guarded=guarded,
        referrals=(new,) if is_new and case.kind == "referral" else (),
        rapid_reviews=(new,) if is_new and case.kind == "rapid_review" else (),
        deaths=tuple(_waits(case, one, now) for one in seen if all_of_it and one.block in CONSIDERED),
        decisions=tuple(
            _waits(case, one, now)
            for one in seen
            if all_of_it and one.block not in CONSIDERED and _is_decision(case, one)
        ),
        reviews=_reviews(case, facts, line.stage, now) if all_of_it else (),
        closures=shown("close_recommendation"),
        evidence=shown("examine_evidence"),
        overdue=tuple(told.overdue(seen, now)),
        times=tuple(told.times(seen)),
        retests=tuple(
            _waits(case, one, now)
            for one in case.open()
            if one.block == "retest" and whole_item(one.item) in known and one.due and day_of(one.due) <= of.until
        ),
    )


def together(found: Iterable[Agenda]) -> Agenda:
    """All of it in the order in which a meeting takes it: what has waited longest first, what is overdue by agency."""
    every = list(found)

    def by_date(one: Waits | Shown | TimeAsked) -> tuple[float, str]:
        return one.due.timestamp() if one.due else inf, one.ref

    def arrived(one: Opened) -> tuple[datetime, str]:
        return one.opened, one.ref

    return Agenda(
        guarded={ref: why for of in every for ref, why in of.guarded.items()},
        referrals=tuple(sorted((one for of in every for one in of.referrals), key=arrived)),
        rapid_reviews=tuple(sorted((one for of in every for one in of.rapid_reviews), key=arrived)),
        deaths=tuple(sorted((one for of in every for one in of.deaths), key=by_date)),
        decisions=tuple(sorted((one for of in every for one in of.decisions), key=by_date)),
        reviews=tuple(
            sorted((one for of in every for one in of.reviews), key=lambda one: (not one.publication.at_risk, one.ref))
        ),
        closures=tuple(sorted((one for of in every for one in of.closures), key=by_date)),
        evidence=tuple(sorted((one for of in every for one in of.evidence), key=by_date)),
        overdue=tuple(
            sorted(
                (one for of in every for one in of.overdue), key=lambda one: (one.agency, one.since, one.ref, one.item)
            )
        ),
        times=tuple(sorted((one for of in every for one in of.times), key=by_date)),
        retests=tuple(sorted((one for of in every for one in of.retests), key=by_date)),
        disagreements=tuple(
            sorted((one for of in every for one in of.disagreements), key=lambda one: (-one.days, one.ref))
        ),
    )


class _Told:
    """One case with what people wrote in it, of recommendations, evidence and requests for time."""

    def __init__(self, case: Case, facts: Sequence[Fact]) -> None:
        self._case, self._facts = case, facts
        self._numbered = {fact.number: fact.data for fact in facts}
        self._last: dict[str, Fact] = {}
        self._spoke: dict[str, list[Told]] = {}
        self._about: dict[tuple[str, str], list[Fact]] = {}
        for fact in facts:
            if fact.kind == "progress_given" or (fact.kind == "recommendation_entered" and fact.data.get("progress")):
                self._last[fact.data["item"]] = fact
            elif fact.kind == "told":
                self._spoke.setdefault(fact.data["obligation"], []).append(Told.model_validate(fact.data["told"]))
            elif fact.kind in _OF_EVIDENCE:
                self._about.setdefault((fact.data["item"], fact.data["evidence"]), []).append(fact)
        self._titles = {name: block.title for name, block in blocks(case.policy, case.kind).items()}

    def shown(self, item: str, one: Recommendation, block: str) -> Shown:
        """With every piece that is accepted or waits; what was returned, or is void, shows nothing any more."""
        said = self._numbered.get(one.fact, {}).get("measures", ())
        words = [str(row.get("measure", "")) for row in said] or [NO_MEASURE] * len(one.measures)
        due = next(owed.due for owed in self._case.of_item(item) if owed.block == block and owed.ended is None)
        return Shown(
            ref=self._case.ref, item=item, agency=one.agency, owner=one.owner, text=self._text(one.fact), due=due,
            measures=tuple(
                Measured(name=name, words=written, pieces=tuple(self._pieces(item, one, name)))
                for name, written in zip(one.measures, words, strict=False)
            ),
        )  # fmt: skip

    def overdue(self, seen: Iterable[Obligation], now: datetime) -> Iterator[Overdue]:
        """Each recommendation once, with all that is overdue of it."""
        late: dict[str, list[Obligation]] = {}
        for owed in seen:
            if owed.block in PURSUED and owed.overdue(now):
                late.setdefault(whole_item(owed.item), []).append(owed)
        for item, found in late.items():
            one, last = self._case.recommendations[item], self._last.get(item)
            yield Overdue(
                ref=self._case.ref,
                item=item,
                agency=one.agency,
                owner=one.owner,
                text=self._text(one.fact),
                first=one.due,
                late=tuple(self._late(owed) for owed in found),
                forecast=Forecast(last.data["forecast"]).words if last and "forecast" in last.data else "",
                last=last.recorded if last else None,
                last_words=last_word(last.kind, last.data) if last else "",
            )

    def times(self, seen: Iterable[Obligation]) -> Iterator[TimeAsked]:
        asked = {fact.data["obligation"]: fact for fact in self._facts if fact.kind == "time_asked"}
        for one in seen:
            about = self._case.obligations.get(one.of)
            if one.block != "time_request" or about is None or one.of not in asked:
                continue
            fact = asked[one.of]
            yield TimeAsked(
                ref=self._case.ref, key=one.of, item=whole_item(about.item) if self._case.recommendation(about) else "",
                title=self._titles[about.block], agency=about.agency, due=about.due, person=fact.actor,
                until=date.fromisoformat(str(fact.data["until"])), reason=str(fact.data.get("reason", "")),
                answer_by=one.due,
            )  # fmt: skip

    def _late(self, one: Obligation) -> Late:
        book = policy(self._case.policy)
        every = {told.at: told for told in (*self._spoke.get(one.key, ()), *one.told)}
        heard = [
            Heard(office=book.titled(who.office), person=who.person, at=told.at)
            for told in every.values()
            for who in told.heard
        ]
        assert one.due is not None, "what has no date is not overdue"
        return Late(
            key=one.key, title=self._titles[one.block], due=one.due, next_at=one.speaks(),
            disputed=one.dispute is not None,
            heard=tuple(sorted(heard, key=lambda who: who.at)),
        )  # fmt: skip

    def _pieces(self, item: str, one: Recommendation, measure: str) -> Iterator[Piece]:
        for name, found in one.evidence.items():
            if found.measure != measure or found.state not in {Looked.GIVEN, Looked.ACCEPTED}:
                continue
            about = self._about.get((item, name), [])
            described = [fact for fact in about if fact.kind in {"evidence_given", "evidence_amended"}]
            accepted = next((fact for fact in about if fact.kind == "evidence_accepted"), None)
            yield Piece(
                name=name, kind=found.kind, words=str(described[-1].data.get("words", "")) if described else "",
                by=found.by, given=found.given, accepted_by=accepted.actor if accepted else "",
                accepted=accepted.recorded if accepted else None,
            )  # fmt: skip

    def _text(self, number: int) -> str:
        said = self._numbered.get(number, {})
        return str(said.get("text") or "")


def _is_owed(case: Case, item: str, block: str) -> bool:
    return any(one.block == block and one.ended is None for one in case.of_item(item))


def _is_decision(case: Case, one: Obligation) -> bool:
    block = blocks(case.policy, case.kind)[one.block]
    kind = meets(case.kind, block.met_by)
    return kind in DECISIONS - OWN_PART and not block.expected_of


def _waits(case: Case, one: Obligation, now: datetime) -> Waits:
    return Waits(
        ref=case.ref, kind=case.kind, key=one.key, item=whole_item(one.item) if case.recommendation(one) else "",
        title=blocks(case.policy, case.kind)[one.block].title, owed_by=policy(case.policy).titled(one.owed_by),
        agency=one.agency, due=one.due, overdue=one.overdue(now), paused=one.paused,
    )  # fmt: skip


def _reviews(case: Case, facts: Sequence[Fact], stage: str, now: datetime) -> tuple[Review, ...]:
    """A practice review until it is complete, if it was not when it was entered here."""
    over = case.closed or was_over(case) or case.marks.keys() & {"review_completed", "review_discontinued"}
    if case.kind != "practice_review" or over:
        return ()
    plan = milestones(case, facts, now)
    return (Review(ref=case.ref, stage=stage, publication=publication(case, plan, facts, now)),)


def _challenges(case: Case, seen: Sequence[Obligation], stage: str, now: datetime) -> tuple[Challenge, ...]:
    if not seen:
        return ()
    first = min(seen, key=lambda one: one.due.timestamp() if one.due else inf)
    return (
        Challenge(
            ref=case.ref, by=str(case.said["raised_by"]), challenged=str(case.said["challenged"]), stage=stage,
            due=first.due, overdue=first.overdue(now), days=(day_of(now) - day_of(case.opened)).days,
        ),
    )  # fmt: skip
