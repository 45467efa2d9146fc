"""A rapid review: notify, ask, analyse, meet, decide, submit, hear the answer, tell the referrer.

Working Together to Safeguard Children 2023, chapter 5; Child Safeguarding Practice Review Panel guidance for
safeguarding partners; SI 2018/789 reg 11 (criteria).
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Annotated, Any, ClassVar

from pydantic import Field

from models.case import Case
from models.command import (
    LATE,
    PAST,
    Cannot,
    Choice,
    Command,
    Day,
    Known,
    Line,
    MaybeLine,
    MaybeWords,
    Moment,
    Part,
    Slug,
    Words,
    asks,
)
from models.facts import Fact, Problem
from models.obligation import Ended, Obligation
from models.recommending import STORY as PURSUED
from models.referral import SAFE_HINT, AnswerSafety, Body, CriterionAnswer, Referral, TellReferrer, owed, safety
from models.time import day_of

WITHDRAWN = "notification_withdrawn"
"""The outcome of a review whose notification was withdrawn: the criteria were found not to be met."""


class Holds(Choice):
    SOMETHING = "something", "We hold information"
    NOTHING = "nothing", "We hold nothing about this family"


class Outcome(Choice):
    PRACTICE_REVIEW = "practice_review", "A local child safeguarding practice review"
    ALTERNATIVE = "alternative_review", "An alternative learning review"
    JOINED = "joined", "Join another review"
    NO_FURTHER = "no_further_review", "No further review: the learning is shared"
    NATIONAL = "national_review_suggested", "Suggest a national review"
    PARKED = "parked", "Park the decision until a named event"


class Alternative(Choice):
    """What a partnership does instead of a practice review (its learning framework names the same kinds)."""

    MULTI_AGENCY = "multi_agency", "Multi-agency learning review"
    PARTNERSHIP = "partnership", "Partnership review"
    SINGLE_AGENCY = "single_agency", "Single-agency review or audit"
    THEMATIC = "thematic", "Thematic review"
    APPRECIATIVE = "appreciative", "Appreciative enquiry"


class AwaitedEvent(Choice):
    INQUEST = "inquest", "The inquest concludes"
    POLICE = "police_outcome", "The police investigation has an outcome"
    POST_MORTEM = "post_mortem", "The post-mortem report arrives"


class Position(Choice):
    AGREES = "agrees", "Agrees"
    DISSENTS = "dissents", "Does not agree"
    ABSENT = "absent", "Has not answered"


class PanelPosition(Choice):
    AGREES = "agrees", "The panel agrees"
    DISAGREES = "disagrees", "The panel does not agree"
    MORE = "more_information", "The panel asks for more information"
    NATIONAL = "national_review", "The panel holds a national review"


class Significance(Choice):
    ROUTINE = "routine", "Routine contact"
    NOTABLE = "notable", "Notable"
    KEY = "key", "A key practice episode"


class RecordNotification(Command):
    """Record that the serious incident notification was sent to the national panel (Children Act 2004 s16C)."""

    KIND: ClassVar[str] = "record_notification"
    FACT: ClassVar[str] = "national_notification_sent"
    TITLE: ClassVar[str] = "Record the national notification"
    OCCURRED: ClassVar[str] = "sent_at"
    sent_at: Moment = asks("When was it sent?")
    late: MaybeLine = LATE
    sent_by: Line = asks("Who sent it, and in what role?", private=True)
    reference: Line = asks("Reference given by the service", private=True)


class WithdrawNotification(Command):
    """Record that the notification was withdrawn because the criteria were found not to be met."""

    KIND: ClassVar[str] = "withdraw_notification"
    FACT: ClassVar[str] = "national_notification_withdrawn"
    TITLE: ClassVar[str] = "Withdraw the national notification"
    OCCURRED: ClassVar[str] = "withdrawn_at"
    withdrawn_at: Moment = asks("When was it withdrawn?")
    late: MaybeLine = LATE
    reason: Words = asks("Which criterion is not met, and how was that found?", private=True)


class RequestInformation(Command):
    """Ask agencies what they know of the family and the incident."""

    KIND: ClassVar[str] = "request_information"
    FACT: ClassVar[str] = "information_requested"
    TITLE: ClassVar[str] = "Ask agencies for information"
    agencies: Annotated[tuple[Slug, ...], Field(min_length=1, max_length=40)] = asks(
        "Which agencies do you ask?", "Each gets its own form and date.", rows="agencies"
    )
    words: MaybeWords = asks("Anything they should look for", private=True, default="")


class WithdrawRequest(Command):
    """Take back a request that went to the wrong agency. It owes nothing more here, and is told so."""

    KIND: ClassVar[str] = "withdraw_request"
    FACT: ClassVar[str] = "request_withdrawn"
    TITLE: ClassVar[str] = "Withdraw a request for information"
    agency: Slug = asks("Which agency is not asked any more?", rows="owing")
    reason: Words = asks("Why was the request wrong?", "The agency can read this.", private=True)


class RecordNoReturn(Command):
    """Close the return of an agency that did not contribute, so that the review can close. It stays in the record."""

    KIND: ClassVar[str] = "record_no_return"
    FACT: ClassVar[str] = "return_not_given"
    TITLE: ClassVar[str] = "Record that an agency did not contribute"
    agency: Slug = asks("Which agency did not contribute?", rows="owing")
    reason: Words = asks(
        "Why did it not contribute?",
        "The rapid review names the agencies that did not contribute, and why. The agency can read this.",
        private=True,
    )


class ChronologyEvent(Part):
    on: Day = asks("Date", private=True)
    event: Words = asks("What happened, and who was involved by role?", private=True)
    significance: Significance | None = asks("Significance", private=True, default=None)

    def cannot(self, path: str, today: date) -> Cannot:
        return Cannot(f"{path}.on", PAST, lambda: self.on > today)


class SubmitReturn(Command):
    """Tell the review what your agency knows and did."""

    KIND: ClassVar[str] = "submit_return"
    FACT: ClassVar[str] = "return_received"
    TITLE: ClassVar[str] = "Agency return"
    agency: Slug = asks("Agency", rows="agency")
    holds: Holds = asks("Does your agency hold information?")
    summary: MaybeWords = asks("Summary of involvement", private=True, default="", when=("holds", ("something",)))
    voice: MaybeWords = asks(
        "What was life like for the child, in their own words where you have them?", private=True, default="",
        when=("holds", ("something",)),
    )  # fmt: skip
    practice: MaybeWords = asks(
        "What went well, and what could have been done otherwise?",
        private=True,
        default="",
        when=("holds", ("something",)),
    )
    learning: MaybeWords = asks(
        "Learning, and what has been changed already", private=True, default="", when=("holds", ("something",))
    )
    events: Annotated[tuple[ChronologyEvent, ...], Field(max_length=200)] = asks(
        "Chronology", "One line for each contact or event.", private=True, default=(), when=("holds", ("something",))
    )

    def cannot(self, now: datetime) -> Iterator[Cannot]:
        yield from super().cannot(now)
        words = "Enter a summary, or say that your agency holds nothing."
        yield Cannot("summary", words, lambda: self.holds is Holds.SOMETHING and not self.summary)
        for row, event in enumerate(self.events):
            yield event.cannot(f"events.{row}", day_of(now))


class RecordAnalysis(Command):
    """The independent chair's reading of the returns before the meeting."""

    KIND: ClassVar[str] = "record_analysis"
    FACT: ClassVar[str] = "analysis_recorded"
    TITLE: ClassVar[str] = "Independent chair's analysis"
    facts: Words = asks("The facts, as far as they can be established", private=True)
    context: Words = asks(
        "How did race, inequality and protected characteristics, disability among them, shape the child's life and the "
        "practice?",
        "If there is no sign that they did, say what you looked at.", private=True,
    )  # fmt: skip
    practice: Words = asks("Key practice episodes and what they show", private=True)
    learning: Words = asks("Key learning for the discussion", private=True)
    immediate: MaybeWords = asks(
        "Anything that cannot wait for the meeting",
        "Recommend it to an agency as well, so that it is owed by a date.", private=True, default="",
    )  # fmt: skip


class ArrangeMeeting(Command):
    """Set the date of the rapid review meeting; the invitations go out."""

    KIND: ClassVar[str] = "arrange_meeting"
    FACT: ClassVar[str] = "meeting_arranged"
    TITLE: ClassVar[str] = "Arrange the meeting"
    at: Moment = asks("When does it begin?")
    minutes: Annotated[int, Field(ge=15, le=600)] = asks("How many minutes?", default=120, short=True)
    place: Line = asks("Where, or how to join", private=True)

    def cannot(self, now: datetime) -> Iterator[Cannot]:
        yield from super().cannot(now)
        yield Cannot("at", "A meeting is arranged for a time to come.", lambda: self.at <= now)


class RecordMeeting(Command):
    """Who was there, and whether the meeting could decide."""

    KIND: ClassVar[str] = "record_meeting"
    FACT: ClassVar[str] = "meeting_recorded"
    TITLE: ClassVar[str] = "Record the meeting"
    OCCURRED: ClassVar[str] = "held_at"
    held_at: Moment = asks("When was it held?")
    late: MaybeLine = LATE
    seats: tuple[Slug, ...] = asks("Which seats were filled?", rows="seats")
    agencies: tuple[Slug, ...] = asks("Which agencies attended?", rows="agencies", default=())
    siblings_safe: Known = asks("Are the other children safe now?", SAFE_HINT)
    siblings_words: Words = asks("Who cares for them, and how do you know?", private=True)
    minutes: MaybeWords = asks("Notes of the discussion", private=True, default="")


class PartnerPosition(Part):
    partner: Slug = asks("Partner")
    position: Position = asks("Position")
    words: MaybeWords = asks("Their words, above all if they do not agree", private=True, default="")

    def cannot(self, path: str) -> Cannot:
        words = "Record why this partner does not agree."
        return Cannot(f"{path}.words", words, lambda: self.position is Position.DISSENTS and not self.words)


class Regarded(Part):
    """A circumstance to which the partners should have regard. Guidance, so it may stay unanswered."""

    criterion: Slug = asks("Circumstance")
    applies: Known | None = asks("Does it apply?", default=None)
    words: MaybeWords = asks("How?", private=True, default="", when=("applies", ("yes",)))

    def cannot(self, path: str) -> Cannot:
        return Cannot(f"{path}.words", "Say how it applies.", lambda: self.applies is Known.YES and not self.words)


class Decide(Command):
    """The decision, with every criterion answered and reasoned, and the partners' positions."""

    KIND: ClassVar[str] = "decide"
    FACT: ClassVar[str] = "decision_recorded"
    TITLE: ClassVar[str] = "Record the decision"
    OCCURRED: ClassVar[str] = "decided_at"
    decided_at: Moment = asks("When was it decided?")
    late: MaybeLine = LATE
    criteria_set: Slug = asks("Decided against")
    criteria: tuple[CriterionAnswer, ...] = asks("The criteria", rows="review_criteria")
    regarded: tuple[Regarded, ...] = asks(
        "Circumstances to have regard to", "Guidance asks you to think of them.", rows="regarded", default=()
    )
    positions: tuple[PartnerPosition, ...] = asks("The safeguarding partners", rows="partners")
    outcome: Outcome = asks("What is the decision?")
    alternative: Alternative | None = asks(
        "Which kind of review?", default=None, when=("outcome", ("alternative_review",))
    )
    reasons: Words = asks("The reasons, as the national panel will read them", private=True)
    joins: MaybeLine = asks(
        "Which review does it join?", "A reference of ours, such as RR-2026-0004, or the name of a review elsewhere.",
        private=True, default="", when=("outcome", ("joined",)),
    )  # fmt: skip
    parked_on: AwaitedEvent | None = asks("Until which event?", default=None, when=("outcome", ("parked",)))
    parked_review: Day | None = asks(
        "When do you look again, if the event has not come?", default=None, when=("outcome", ("parked",))
    )
    passed_to: tuple[Body, ...] = asks("Which other bodies have been told of a concern?", default=())

    def cannot(self, now: datetime) -> Iterator[Cannot]:
        yield from super().cannot(now)
        words = "Choose the kind of review."
        yield Cannot("alternative", words, lambda: self.outcome is Outcome.ALTERNATIVE and self.alternative is None)
        words = "Choose the event that the decision waits for."
        yield Cannot("parked_on", words, lambda: self.outcome is Outcome.PARKED and self.parked_on is None)
        words = "Enter the day on which you look again."
        yield Cannot("parked_review", words, lambda: self.outcome is Outcome.PARKED and self.parked_review is None)
        words = "Say which review it joins."
        yield Cannot("joins", words, lambda: self.outcome is Outcome.JOINED and not self.joins)
        for row, one in enumerate(self.positions):
            yield one.cannot(f"positions.{row}")
        for row, regarded in enumerate(self.regarded):
            yield regarded.cannot(f"regarded.{row}")

    @classmethod
    def names_cases(cls, answers: Mapping[str, Any]) -> list[tuple[str, str, str]]:
        """A reference of ours alone: a review elsewhere is named in words that nobody here can look up."""
        ours = rf"({Referral.prefix}|{RapidReview.prefix})-\d{{4}}-\d{{4,}}"
        ref = answers.get("joins", "").upper()
        return [("joins", ref, "")] if re.fullmatch(ours, ref, re.ASCII) else []


class RecordSubmission(Command):
    """Record that the rapid review, or a changed decision, was sent to the national panel."""

    KIND: ClassVar[str] = "record_submission"
    FACT: ClassVar[str] = "submission_sent"
    TITLE: ClassVar[str] = "Record the submission to the national panel"
    OCCURRED: ClassVar[str] = "sent_at"
    sent_at: Moment = asks("When was it sent?")
    late: MaybeLine = LATE
    siblings_safe: Known = asks("Are the other children safe now?", SAFE_HINT)
    siblings_words: Words = asks("Who cares for them, and how do you know?", private=True)
    reference: MaybeLine = asks("Reference, if the panel gave one", private=True, default="")


class RecordPanelAnswer(Command):
    """Record what the national panel answered."""

    KIND: ClassVar[str] = "record_panel_answer"
    FACT: ClassVar[str] = "panel_answered"
    TITLE: ClassVar[str] = "Record the panel's answer"
    OCCURRED: ClassVar[str] = "received_at"
    received_at: Moment = asks("When did it arrive?")
    late: MaybeLine = LATE
    position: PanelPosition = asks("What does the panel say?")
    points: MaybeWords = asks("The points it raises", private=True, default="")


class SendInformation(Command):
    """Record that the panel was sent the further information for which it asked."""

    KIND: ClassVar[str] = "send_information"
    FACT: ClassVar[str] = "panel_information_sent"
    TITLE: ClassVar[str] = "Record further information sent to the panel"
    OCCURRED: ClassVar[str] = "sent_at"
    sent_at: Moment = asks("When was it sent?")
    late: MaybeLine = LATE
    words: Words = asks("What was sent?", private=True)


class RecordEvent(Command):
    """Record an inquest's conclusion, a police outcome or a post-mortem report."""

    KIND: ClassVar[str] = "record_event"
    FACT: ClassVar[str] = "event_recorded"
    TITLE: ClassVar[str] = "Record an awaited event"
    OCCURRED: ClassVar[str] = "happened_at"
    event: AwaitedEvent = asks("What has happened?")
    happened_at: Moment = asks("When?")
    late: MaybeLine = LATE
    words: Words = asks("What does it say?", private=True)


COMMANDS: tuple[type[Command], ...] = (
    RecordNotification, WithdrawNotification, RequestInformation, WithdrawRequest, SubmitReturn, RecordNoReturn,
    RecordAnalysis, ArrangeMeeting, RecordMeeting, Decide, RecordSubmission, RecordPanelAnswer,
    SendInformation, RecordEvent, AnswerSafety, TellReferrer,
)  # fmt: skip


LASTING = frozenset({"siblings_safety"})
"""What has nothing to do with the criteria: it stays owed when the notification is withdrawn, as recommendations do."""
AFTER_WITHDRAWAL = {"tell_referrer", "answer_safety"}


class RapidReview:
    """What a rapid review's facts make true, and what it takes."""

    name = "rapid_review"
    prefix = "RR"
    commands = COMMANDS
    story: tuple[str, ...] = (
        "siblings_safety", "notify_national_panel", "request_information", "agency_return", "independent_analysis",
        "meeting", "decision", "parked_review", "reassess", "decide_again", "submission", "panel_answer",
        "panel_information", "reconsider", "submit_changed_decision", "tell_referrer",
        *PURSUED,
    )  # fmt: skip

    said_dates: ClassVar[dict[str, str]] = {"parked_review": "parked_review"}
    follows: ClassVar[dict[str, tuple[str, ...]]] = {
        "national_notification_sent": ("national_notification_withdrawn",),
        "national_notification_withdrawn": ("national_notification_sent",),
        "decision_recorded": ("meeting_held",),
        "submitted": ("national_notification_sent", "meeting_held", "decision_recorded"),
        "changed_decision_submitted": ("decision_recorded",),
        "panel_answered": ("panel_reply_expected",),
        "panel_information_sent": ("panel_asked_more",),
        "referrer_told": ("decided",),
    }

    def ends(self, case: Case, fact: Fact) -> dict[str, Ended]:
        """After a withdrawn notification only the referrer is to be told; what was learnt and who is not safe stays."""
        match fact.kind:
            case "national_notification_withdrawn":
                return {one.key: Ended.WITHDRAWN for one in case.open() if not _lasts(case, one)}
            case "request_withdrawn":
                return {owed_returns(case)[fact.agency].key: Ended.WITHDRAWN}
            case "return_not_given":
                return {owed_returns(case)[fact.agency].key: Ended.NOT_GIVEN}
            case _:
                return {}

    def marks(self, case: Case, fact: Fact) -> dict[str, datetime]:  # noqa: C901, PLR0911 -- one answer for each fact
        at = fact.occurred
        match fact.kind:
            case "opened":
                return {"opened": at, "awareness": datetime.fromisoformat(fact.data["aware"])}
            case "national_notification_withdrawn":
                return {"national_notification_withdrawn": at, "decision_recorded": at, "decided": at}
            case "meeting_recorded":
                return {
                    "meeting_recorded": at,
                    **({"meeting_held": at} if fact.data["quorate"] else {}),
                    **safety(fact),
                }
            case "siblings_safety_answered":
                return safety(fact)
            case "decision_recorded":
                again = {"changed_decision": at} if "submitted" in case.marks else {}
                if fact.data["outcome"] == Outcome.PARKED:
                    return {"decision_recorded": at, "parked_reviewed": at, "parked": at, **again}
                return {"decision_recorded": at, "parked_reviewed": at, "decided": at, **again}
            case "submission_sent":
                sent = "submitted" if case.is_open("submission") else "changed_decision_submitted"
                return {sent: at, "panel_reply_expected": at, **safety(fact)}
            case "panel_answered":
                follows = {PanelPosition.DISAGREES: "panel_disagreed", PanelPosition.MORE: "panel_asked_more"}
                position = PanelPosition(fact.data["position"])
                return {"panel_answered": at, **({follows[position]: at} if position in follows else {})}
            case "panel_information_sent":
                return {"panel_information_sent": at, "panel_reply_expected": at}
            case "event_recorded":
                parked = case.said.get("parked_on") == fact.data["event"]
                return {f"event/{fact.data['event']}": at, **({"parked_event_recorded": at} if parked else {})}
            case _:
                return {fact.kind: at}

    def said(self, case: Case, fact: Fact) -> dict[str, Any]:
        match fact.kind:
            case "opened":
                inherited = {name: fact.data[name] for name in ("restricted", "locked_out") if fact.data.get(name)}
                return {"children": fact.data["children"], "referral": fact.data["referral"], **inherited}
            case "national_notification_withdrawn":
                return {"outcome": WITHDRAWN, "parked_on": ""}
            case "national_notification_sent":
                return {"outcome": None} if case.said.get("outcome") == WITHDRAWN else {}
            case "meeting_arranged":
                return {"meeting_at": fact.data["at"]}
            case "decision_recorded":
                parked = fact.data["outcome"] == Outcome.PARKED
                commissions = {"reviewed": True} if fact.data["outcome"] == Outcome.PRACTICE_REVIEW else {}
                said = {"outcome": fact.data["outcome"], "parked_on": fact.data["parked_on"] if parked else ""}
                return {**said, **commissions}
            case _:
                return {}

    def judge(self, case: Case, kind: str, body: dict[str, Any], now: datetime) -> list[Problem]:  # noqa: C901, PLR0911, PLR0912 -- one case for each command
        sent = "national_notification_sent" in case.marks
        if not sent and kind != "record_notification":
            return [Problem(words="The national notification has not been recorded yet. Record it first.")]
        withdrawn, reopened = case.said.get("outcome") == WITHDRAWN, case.is_open("decide_again")
        if withdrawn and not reopened and kind not in AFTER_WITHDRAWAL:
            return [Problem(words="The notification was withdrawn, so nothing more is owed but telling the referrer.")]
        match kind:
            case "record_notification":
                words = "The notification has been recorded already. Correct its date if it is wrong."
                return [] if withdrawn else owed(case, "notify_national_panel", words)
            case "request_information" | "withdraw_request" | "record_no_return" | "submit_return":
                return judge_returns(case, kind, body, now)
            case "record_meeting":
                return once("seats", body["seats"]) or once("agencies", body["agencies"])
            case "decide":
                return self._judge_decision(case, body)
            case "record_submission":
                if "decision_recorded" not in case.marks or withdrawn:
                    return [Problem(words="Record the decision first: the submission carries it.")]
                if not case.is_open("submission") and not case.is_open("submit_changed_decision"):
                    return [Problem(words="The submission has been recorded already.")]
            case "record_panel_answer":
                words = "No answer of the panel is expected now. Record the submission first."
                return owed(case, "panel_answer", words)
            case "send_information":
                return owed(case, "panel_information", "The panel has not asked for more information.")
            case "answer_safety":
                return owed(case, "siblings_safety", "The safety of other children has been answered already.")
            case "tell_referrer":
                words = "There is no decision to tell yet, or the referrer has been told already."
                return owed(case, "tell_referrer", words)
            case _:
                pass
        return []

    def _judge_decision(self, case: Case, body: dict[str, Any]) -> list[Problem]:
        missing = [
            words
            for mark, words in (
                ("analysis_recorded", "the independent chair's analysis"),
                ("meeting_held", "a meeting with its quorum"),
            )
            if mark not in case.marks
        ]
        if missing:
            return [Problem(words=f"Before the decision there must be {' and '.join(missing)}.")]
        waiting = any(
            case.is_open(block) for block in ("decision", "reconsider", "reassess", "parked_review", "decide_again")
        )
        return (
            []
            if waiting
            else [
                Problem(
                    words="The decision is recorded already. It opens again when an event or the panel calls for it."
                )
            ]
        )

    def reopens(self, case: Case) -> bool:
        return case.closed is not None

    def decided(self, case: Case) -> tuple[str, datetime] | None:
        outcome = case.said.get("outcome")
        if outcome is None:
            return None
        words = "The national notification was withdrawn" if outcome == WITHDRAWN else Outcome(outcome).words
        return words, case.marks["decision_recorded"].at

    def closes(self, case: Case) -> bool:
        final = case.said.get("outcome") not in {None, Outcome.PARKED}
        return final and not case.open()


def once(field: str, names: list[str]) -> list[Problem]:
    """Nobody is named twice: it would count twice, or be asked twice."""
    again = sorted({one for one in names if names.count(one) > 1})
    return [Problem(field=field, words=f"Named more than once: {', '.join(again)}.")] if again else []


def has_met(case: Case) -> bool:
    """Whether the meeting that was arranged last has been recorded as held, with its quorum or without."""
    arranged, recorded = (case.marks.get(name) for name in ("meeting_arranged", "meeting_recorded"))
    return arranged is not None and recorded is not None and recorded.number > arranged.number


def asked(case: Case) -> set[str]:
    """The agencies that owe a return, or gave it; one whose return was withdrawn can be asked again."""
    return {one.agency for one in case.of_block("agency_return") if one.ended is not Ended.WITHDRAWN}


def owed_returns(case: Case) -> dict[str, Obligation]:
    """The returns that are still owed, by agency."""
    return {one.agency: one for one in case.of_block("agency_return") if not one.ended}


def gave_none(case: Case) -> list[str]:
    """Agencies that did not contribute, and have not done so since."""
    gone = [one.agency for one in case.of_block("agency_return") if one.ended is Ended.NOT_GIVEN]
    return [agency for agency in gone if f"return_received/{agency}" not in case.marks]


def judge_returns(case: Case, kind: str, body: dict[str, Any], now: datetime) -> list[Problem]:
    """Why the state does not allow this about what agencies are asked; also of a practice review."""
    match kind:
        case "request_information":
            again = [one for one in body["agencies"] if one in asked(case)]
            words = f"Already asked: {', '.join(again)}."
            return [Problem(field="agencies", words=words)] if again else once("agencies", body["agencies"])
        case "withdraw_request":
            return _owes_return(owed_returns(case), body["agency"])
        case "record_no_return":
            return _given_up(case, body["agency"], now)
        case _ if body["agency"] not in asked(case):
            return [Problem(field="agency", words="This agency has not been asked for a return in this review.")]
        case _:
            return []


def _owes_return(owing: dict[str, Obligation], agency: str) -> list[Problem]:
    if not owing:
        return [Problem(words="No agency owes a return now.")]
    return [] if agency in owing else [Problem(field="agency", words="This agency owes no return in this review.")]


def silent(case: Case, now: datetime) -> list[str]:
    """Agencies whose return is overdue although everybody on its ladder has been told, and who dispute nothing."""
    owing = owed_returns(case).items()
    return [agency for agency, one in owing if one.overdue(now) and one.again and not one.dispute]


def _given_up(case: Case, agency: str, now: datetime) -> list[Problem]:
    owing, late = owed_returns(case), silent(case, now)
    words = "A return is given up once it is overdue, everybody on its ladder has been told, and no dispute waits."
    if owing and not late:
        return [Problem(words=words)]
    return _owes_return(owing, agency) or ([] if agency in late else [Problem(field="agency", words=words)])


def _lasts(case: Case, one: Obligation) -> bool:
    """Whether this, or what it asks about, stays owed when the notification is withdrawn."""
    about = case.obligations[one.of] if one.of else one
    return about.block in LASTING or case.recommendation(about) is not None
