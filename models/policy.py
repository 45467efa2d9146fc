"""The policy: every figure, trigger, ladder, office, quorum and criterion, each with its source. Data, not code.

Nothing here reads a file. `reviews policy check` reads the text and says which line is wrong (see policy/reading.py).
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date, time
from enum import StrEnum
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, StringConstraints, model_validator

from models.base import Word

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


SPAN_IN_WORDS = re.compile(
    r"(?P<n>-?(?:0|[1-9][0-9]{0,3})) (?P<unit>(?:hour|day|working[ _]day|week|month)s?)", re.ASCII
)


class Force(StrEnum):
    """How binding a figure is. Only `law` and `statutory_guidance` may be called a breach."""

    LAW = "law"
    STATUTORY_GUIDANCE = "statutory_guidance"
    PRACTICE_GUIDANCE = "practice_guidance"
    LOCAL = "local"


class Unit(StrEnum):
    HOURS = "hours"
    DAYS = "days"
    WORKING_DAYS = "working_days"
    WEEKS = "weeks"
    MONTHS = "months"


class Span(Word):
    """A length of time as guidance says it: a whole number and a unit. Negative counts back from its anchor.

    A policy file may write it as people do: `5 working days`, `-1 working day`, `48 hours`, `6 months`.
    """

    n: int = Field(ge=-5000, le=5000)
    unit: Unit

    @model_validator(mode="before")
    @classmethod
    def _from_words(cls, written: object) -> object:
        said = SPAN_IN_WORDS.fullmatch(written) if isinstance(written, str) else None
        if said is None:
            return written
        unit = said["unit"].replace(" ", "_")
        return {"n": int(said["n"]), "unit": unit if unit.endswith("s") else f"{unit}s"}

    @property
    def words(self) -> str:
        """As in "1 working day" and "15 working days"."""
        unit = self.unit.replace("_", " ")
        return f"{self.n} {unit.removesuffix('s') if self.n == 1 else unit}"


class Source(Word):
    """Where a figure comes from, in which edition, and who compared it with the text, when."""

    citation: Text
    edition: Text
    checked_by: str = ""
    checked_on: date | None = None


class Sourced(Word):
    """Anything that must be able to say where it comes from: the key of a source, and its force."""

    source: Name
    force: Force


class Scope(StrEnum):
    AGENCY = "agency"
    PARTNERSHIP = "partnership"


class AgencyKind(StrEnum):
    LOCAL_AUTHORITY = "local_authority"
    POLICE = "police"
    ICB = "icb"
    HEALTH_PROVIDER = "health_provider"
    EDUCATION = "education"
    PROBATION = "probation"
    VOLUNTARY = "voluntary"
    OTHER = "other"


class Office(Sourced):
    """A role held by a person with a deputy, in every agency or once in the partnership.

    `partners_only`: an agency office that only the statutory safeguarding partners have. `several`: more than one
    person of an agency may hold it at a time, as those who own recommendations do.
    """

    title: Text
    scope: Scope
    partners_only: bool = False
    several: bool = False


class Rung(Word):
    """Who is told, and how long before (negative) or after its anchor: the start of the clock, or the due time.

    `also`: offices that are told together with the rung's own.
    """

    office: Name
    also: tuple[Name, ...] = ()
    after: Literal["start", "due"] = "due"
    delay: Span

    @property
    def offices(self) -> tuple[str, ...]:
        return (self.office, *self.also)


class Ladder(Sourced):
    """Rungs in the order in which they speak. The last is said again every `again` until somebody answers."""

    title: Text
    rungs: tuple[Rung, ...] = Field(min_length=1, max_length=12)
    again: Span


class Reach(Word):
    """How far answers about one block may reach, where that differs from the policy's bounds (see `Bounds`)."""

    promise_most: Span
    extension_most: Span
    extensions_at_most: int = Field(ge=0)
    extension_office: Name


class Block(Sourced):
    """One thing that is owed: what opens it, from when its clock counts, how long it may take, who is chased.

    `opens` and `starts` and `met_by` name marks (things that happened). `budget` none: the due date is said by a
    person when the obligation opens. `at_least`: what whoever is asked late has from then on. `each` agency: one
    obligation for each agency that the case asks; `each` item: one for each recommendation, action, deliverable or
    whatever else the fact names. `instead_of`: the block in whose place this is owed while a child is said to be at
    risk now. `planned`: owed only where the method's plan has a date for it. `missed`: the mark
    that is made once the last rung has spoken and nothing came. `expected_of`: who outside the partnership is to do
    it, if nobody here is; then `owed_by` keeps an eye on it, and nobody is late.
    """

    title: Text
    owed_by: Name
    opens: Name
    starts: Name
    may_start: tuple[Name, ...] = ()
    met_by: Name
    budget: Span | None
    at_least: Span | None = None
    each: Literal["", "agency", "item"] = ""
    ladder: Name
    reach: Reach | None = None
    instead_of: Name | Literal[""] = ""
    planned: bool = False
    missed: Name | Literal[""] = ""
    urgent: bool = False
    expected_of: str = Field(default="", max_length=200)


class Criterion(Word):
    """One question of a decision. `required`: the decision cannot be taken while it is unanswered."""

    id: Name
    text: Text
    required: bool = False


class CriteriaSet(Sourced):
    """The criteria against which a decision is taken, word for word, in force from one date until another."""

    purpose: Literal["national_notification", "practice_review", "practice_review_regard"]
    title: Text
    in_force_from: date
    in_force_until: date | None = None
    criteria: tuple[Criterion, ...] = Field(min_length=1)

    def is_in_force(self, on: date) -> bool:
        """Tell whether this text was in force on that day; its first and last day are both in force."""
        return self.in_force_from <= on and (self.in_force_until is None or on <= self.in_force_until)


class Seat(Word):
    """A place at a meeting, filled by whoever holds `office`; for an agency's office, in an agency of this `kind`."""

    title: Text
    office: Name
    kind: AgencyKind | None = None


class Quorum(Sourced):
    """A meeting decides only with at least `least` seats filled, and always with each seat named in `always`."""

    title: Text
    seats: dict[Name, Seat] = Field(min_length=1)
    always: tuple[Name, ...]
    least: int = Field(ge=1)


class Bounds(Sourced):
    """How far a promise, more time, a suspension, a parked decision or a colour by hand may reach, and who decides."""

    promise_most: Span
    extension_most: Span
    extensions_at_most: int = Field(ge=0)
    extension_office: Name
    dispute_office: Name
    suspension_office: Name
    suspension_most: Span
    parked_most: Span
    by_hand_most: Span


class Gate(Sourced):
    """When a recommendation may be closed: who accepts evidence, who closes, and when its impact is tested again.

    `accepts`: offices that look at evidence; nobody of the owning agency ever does, whatever office they hold.
    `closes`: offices that close by themselves; anybody else of the business unit records what the `meeting` (one of
    the quorums) decided. `retests`: after how long impact may be tested again, the usual one first. `few`: more
    recommendations than this from one review are advised against.
    """

    accepts: tuple[Name, ...] = Field(min_length=1)
    closes: tuple[Name, ...]
    meeting: Name
    retests: tuple[Span, ...] = Field(min_length=1)
    few: int = Field(ge=1, le=100)


class Method(Sourced):
    """A way of reviewing: when each milestone is due, counted from the decision to review, and what the author owes."""

    title: Text
    milestones: dict[Name, Span] = Field(min_length=1)
    deliverables: dict[Name, Text]


class Publication(Sourced):
    """Before a report is published: who has it how long before, and what must have been looked at.

    `checklist`: what has to be answered before publication, by its id.
    """

    notice: Span
    recipients: dict[Name, Text] = Field(min_length=1)
    checklist: dict[Name, Text]


class Weekday(StrEnum):
    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"

    @property
    def number(self) -> int:
        """As `date.weekday` counts: Monday is 0."""
        return list(Weekday).index(self)


class Panel(Word):
    """A child death overview panel: for which areas, and when it meets.

    It meets, of every so many months from `since` on, on the first, second ... of this weekday. `themed`: what is about
    deaths of one kind, by its day.
    """

    title: Text
    areas: tuple[Name, ...] = Field(min_length=1)
    since: date
    every_months: int = Field(ge=1, le=12)
    week: int = Field(ge=1, le=4)
    weekday: Weekday
    themed: dict[date, Text] = {}


class Question(Word):
    """A question of a form, answered yes, no or not known; blank says that nobody has considered it.

    `then`: what is asked as well of whoever answers yes.
    """

    text: Text
    then: dict[Name, Text] = {}


class SupplementaryForm(Word):
    """What agencies are asked beside the reporting form after deaths of one kind."""

    title: Text
    questions: dict[Name, Question] = Field(min_length=1)


class ChildDeaths(Sourced):
    """What the review of children's deaths needs to know of the place.

    `areas`: the local authorities for whose children the partners review deaths.
    `panels`: one for all areas, or local ones, each for its own; a themed panel may be for all of them beside those.
    `forms`: the supplementary forms, by kind of death.
    """

    areas: dict[Name, Text] = Field(min_length=1)
    small_number: int = Field(default=5, ge=3, le=20)
    """Counts below it are not for everybody to read, unless they are nought."""
    forms: dict[Name, SupplementaryForm] = {}
    panels: dict[Name, Panel] = Field(min_length=1)

    @model_validator(mode="after")
    def _known(self) -> "ChildDeaths":
        strange = {area for one in self.panels.values() for area in one.areas} - self.areas.keys()
        if strange:
            message = f"A panel names areas that are not listed above it: {', '.join(sorted(strange))}."
            raise ValueError(message)
        if alone := self.areas.keys() - {area for one in self.panels.values() for area in one.areas}:
            message = f"No panel reviews the deaths of these areas: {', '.join(sorted(alone))}."
            raise ValueError(message)
        return self

    def panels_of(self, area: str) -> list[str]:
        """The panels that may review the death of a child of this area; all where it is no area of ours."""
        return [name for name, one in self.panels.items() if area in one.areas or area not in self.areas]

    def questions(self, forms: Iterable[str]) -> dict[str, tuple[str, str]]:
        """The questions of these forms by their names: (the title of the form, the question).

        The name of what is asked only after a yes begins with the name of the question before it: `asthma/plan/used`.
        """
        found: dict[str, tuple[str, str]] = {}
        for form in (name for name in forms if name in self.forms):
            title = self.forms[form].title
            for name, question in self.forms[form].questions.items():
                found[f"{form}/{name}"] = title, question.text
                found |= {f"{form}/{name}/{then}": (title, text) for then, text in question.then.items()}
        return found


class Brief(Word):
    """Offices that are interrupted `at_most` so often in a week, from Monday on; the rest is one message on one day."""

    offices: tuple[Name, ...] = Field(min_length=1)
    at_most: int = Field(ge=0, le=50)
    day: Weekday
    at: time


class Interruptions(Sourced):
    """When chat and mail may interrupt somebody with what is not urgent. The page of messages has all at once."""

    not_before: time
    not_after: time
    on_days_off: bool
    together_minutes: int = Field(ge=0, le=240)
    """What comes within so long after a message goes together into the next."""
    brief: Brief | None = None


class Weekly(Word):
    """A report that goes to these offices once a week."""

    offices: tuple[Name, ...] = Field(min_length=1)
    day: Weekday
    at: time


class Headlines(Word):
    """Headline figures that go to these offices before each meeting of the board."""

    offices: tuple[Name, ...] = Field(min_length=1)
    working_days_before: int = Field(ge=0, le=60)
    meetings: tuple[date, ...]


class Reports(Sourced):
    """What is said regularly, whatever happens: all that is outstanding, who cannot be reached, headline figures.

    `subgroup_meetings`: on which days the review sub-group meets. Its pack tells what is new since the last of them
    and what is due until the next; where none is named, what is under way today.
    """

    digest: Weekly
    readiness: Weekly
    headlines: Headlines
    subgroup_meetings: tuple[date, ...] = ()


class Reason(Word):
    """A reason as it is chosen in chat. Slack shows at most 75 characters of a choice (docs.slack.dev, option)."""

    SAYS: ClassVar[str] = ""
    """The question that is answered by choosing it; none where it is the whole answer."""
    id: Name
    title: Annotated[Text, Field(max_length=75)]


class DisputeReason(Reason):
    """`ground`: what a dispute says with this reason."""

    SAYS: ClassVar[str] = "ground"
    ground: Literal["not_ours", "done"]


class ChallengeReason(Reason):
    """`answer`: what the agency that was challenged says with this reason."""

    SAYS: ClassVar[str] = "answer"
    answer: Literal["agrees", "partly", "disagrees"]


class ResponseReason(Reason):
    """`outcome`: what the agency that raised a disagreement says of the answer with this reason."""

    SAYS: ClassVar[str] = "outcome"
    outcome: Literal["resolved", "escalate"]


class Reasons(Sourced):
    """From what people choose who answer in chat, where nobody writes freely."""

    dispute: tuple[DisputeReason, ...] = Field(min_length=1, max_length=50)
    ask_time: tuple[Reason, ...] = Field(min_length=1, max_length=50)
    answer_disagreement: tuple[ChallengeReason, ...] = Field(default=(), max_length=50)
    respond_disagreement: tuple[ResponseReason, ...] = Field(default=(), max_length=50)
    """Of a professional disagreement; none: it is answered in the portal only."""

    def of(self, kind: str) -> tuple[Reason, ...]:
        """The reasons for one kind of answer; none where it needs none."""
        found: dict[str, tuple[Reason, ...]] = {
            "dispute": self.dispute, "ask_time": self.ask_time, "answer_disagreement": self.answer_disagreement,
            "respond_disagreement": self.respond_disagreement,
        }  # fmt: skip
        return found.get(kind, ())


class Proclaimed(Sourced):
    """A one-off holiday, or a working day moved, by royal proclamation."""

    day: date
    title: Text
    works: bool = False


class Calendar(Word):
    """Working days of England and Wales by rule, plus proclamations, until a horizon beyond which we refuse.

    `begins`: the first day for which every proclaimed holiday is listed; earlier days are refused too.
    """

    version: Text
    source: Name | None = None
    force: Force = Force.LAW
    begins: date = Field(default=date(2000, 1, 1), ge=date(1978, 5, 1))
    horizon: date = Field(le=date(2099, 12, 31))
    warn_days: int = Field(ge=1)
    proclaimed: tuple[Proclaimed, ...] = ()


class Area(Word):
    """Words that differ from place to place. No person's name."""

    name: Text
    danger_words: Text
    local_number: Text
    local_number_title: Text
    contact_email: Text


RECOMMENDS: Final = frozenset({"rapid_review", "practice_review", "register", "child_death"})
"""Kinds of case that make recommendations and pursue them."""

# What can happen, by lifecycle: the marks that a block's `opens`, `starts` and `met_by` may name. `any`: in every case.
MARKS: Final[Mapping[str, Mapping[str, str]]] = {
    "referral": {
        "referral_received": "the referral was received",
        "awareness": "the local authority became aware of the incident",
        "triaged": "the referral was triaged",
        "siblings_not_known": "it was said that other children are not known to be safe",
        "siblings_safety_answered": "it was said that the other children are safe",
        "secretary_of_state_due": "the death of a looked-after child or a care leaver was recognised",
        "secretary_of_state_notified": "the Secretary of State and Ofsted were notified",
        "pass_on_due": "it was decided to pass the referral to another body",
        "passed_on": "the referral was passed to the other body",
        "review_below_criteria": "a review below the criteria was decided",
        "review_learning_recorded": "what the review has learnt was recorded",
        "referrer_told": "the referrer was told, or a reason for silence was recorded",
        "reopened": "the closed case was reopened",
    },
    "rapid_review": {
        "opened": "the rapid review was opened",
        "awareness": "the local authority became aware of the incident",
        "national_notification_sent": "the notification was sent to the national panel",
        "information_requested": "the agencies were asked for what they know",
        "return_received": "the agency's return was received",
        "analysis_recorded": "the independent chair's analysis was recorded",
        "meeting_recorded": "a rapid review meeting was recorded, with or without its quorum",
        "meeting_held": "the rapid review meeting was held with its quorum",
        "decision_recorded": "a decision was recorded, be it to park the decision",
        "decided": "the decision was taken",
        "submitted": "the rapid review was submitted to the national panel",
        "national_notification_withdrawn": "the notification was withdrawn",
        "panel_reply_expected": "something was sent to the national panel that it answers",
        "panel_answered": "the national panel answered",
        "panel_disagreed": "the national panel disagreed",
        "panel_asked_more": "the national panel asked for more information",
        "panel_information_sent": "the information was sent to the national panel",
        "parked": "the decision was parked until a named event",
        "parked_event_recorded": "the named event of the parked decision was recorded",
        "parked_reviewed": "the parked decision was looked at again",
        "changed_decision": "the decision was changed after it had been submitted",
        "changed_decision_submitted": "the changed decision was submitted to the national panel",
        "siblings_not_known": "it was said that other children are not known to be safe",
        "siblings_safety_answered": "it was said that the other children are safe",
        "referrer_told": "the referrer was told, or a reason for silence was recorded",
        "reopened": "the closed case was reopened",
    },
    "practice_review": {
        "opened": "the practice review was opened",
        "awareness": "the local authority became aware of the incident",
        "review_decided": "it was decided to review",
        "review_entered": "the review was entered here",
        "commissioned": "the review was commissioned",
        "reviewer_appointed": "the reviewer was appointed",
        "review_announced": "the panel, Ofsted and the department were told of the review",
        "information_requested": "the agencies were asked for their reports",
        "return_received": "the agency’s report was received",
        "practitioners_heard": "the practitioners were heard",
        "family_heard": "what the family contributes was recorded",
        "contributor_contacted": "somebody who contributes was contacted",
        "contribution_heard": "somebody who contributes was heard",
        "contributor_told": "somebody who contributed was told what came of it",
        "check_due": "the next check of time and quality was due",
        "review_checked": "time and quality were checked",
        "requested_in_writing": "a request was made in writing",
        "written_request_answered": "the written request was answered",
        "milestones_suspended": "milestones were suspended",
        "milestones_reviewed": "the suspension of milestones was looked at again",
        "draft_received": "the draft report was received",
        "report_signed_off": "the safeguarding partners signed the report off",
        "delay_said": "it was said that the review will be late",
        "delay_foreseen": "it was foreseen that the review will not be published in time",
        "delay_explained": "the reasons for delay were sent to the panel and the Secretary of State",
        "publication_planned": "the day of publication was set",
        "advance_copies_sent": "the advance copies were sent",
        "review_published": "the report was published",
        "publication_withheld": "it was decided not to publish the report",
        "publication_settled": "the report was published, or it was decided not to publish it",
        "deliverable_received": "a deliverable of the author’s contract was received",
        "learning_disseminated": "the agency confirmed that the learning reached its staff",
        "report_lodged": "the report was lodged with the national repository",
        "availability_checked": "it was looked whether the report stayed available",
        "coroners_report_received": "the coroner’s report to prevent future deaths was dated",
        "coroner_answered": "the coroner was answered",
        "review_completed": "the review was completed",
        "review_discontinued": "the review was ended before its report",
        "reopened": "the closed case was reopened",
    },
    "child_death": {
        "death_notified": "the death was notified",
        "death_entered": "the review of a death under way elsewhere was entered here",
        "death_amended": "what is known of the child was amended",
        "death_elsewhere": "the child lived in another area",
        "duplicate_decided": "it was decided whether another notification is of the same death",
        "immediate_decisions_recorded": "the immediate decisions were recorded",
        "siblings_not_known": "it was said that other children are not known to be safe",
        "siblings_safety_answered": "it was said that the other children are safe",
        "joint_response_due": "a criterion for a joint agency response applies, or may apply",
        "joint_response_held": "the agencies met for their joint response",
        "death_unexplained": "the death is unexplained, or may be",
        "national_database_notified": "the national database was notified",
        "key_worker_named": "the key worker was named",
        "information_requested": "the agencies were asked for their reporting forms",
        "return_received": "the agency’s reporting form was received",
        "wait_opened": "it was said for what the review waits",
        "wait_reviewed": "what the review waits for was looked at again",
        "abuse_found": "abuse or neglect was found",
        "finding_recorded": "it was recorded what came to light outside the review",
        "panel_called_again": "it was said that the panel must review the death anew",
        "meeting_planned": "the day of the review meeting was set",
        "meeting_held": "the review meeting was held",
        "analysis_drafted": "the draft analysis was given",
        "panel_listed": "the death was listed for a panel",
        "panel_deferred": "the panel’s review was deferred",
        "panel_recorded": "a panel was recorded, with or without its quorum",
        "panel_reviewed": "the panel has reviewed the death with its quorum",
        "analysis_submitted": "the analysis was submitted to the national database",
        "family_contacted": "the family was contacted",
        "family_told": "the family was told what the panel found",
        "review_considered": "the sub-group decided whether a practice review is considered",
        "consideration_waits": "the sub-group will decide when more is known",
        "death_handed_over": "the review was handed over to another area",
        "hand_over_received": "the other area has received the review",
        "reopened": "the closed review was reopened",
    },
    "register": {
        "register_opened": "the register was opened",
        "register_closed": "the register was closed",
        "reopened": "the closed register was reopened",
    },
    "disagreement": {
        "disagreement_raised": "the disagreement was raised",
        "answered": "the challenged agency answered",
        "responded": "the agency that raised it responded",
        "raised_to_leads": "it was taken to the leads of both agencies",
        "leads_answered": "the lead of the challenged agency answered",
        "leads_responded": "the lead of the agency that raised it responded",
        "raised_to_chair": "it was taken to the independent chair",
        "disagreement_decided": "the independent chair decided",
        "disagreement_withdrawn": "the challenge was withdrawn",
        "risk_changed": "it was said anew whether a child is at risk now",
        "resolved": "it was resolved",
        "reopened": "the closed disagreement was reopened",
    },
    "recommendation": {
        "recommended": "the recommendation was made",
        "recommendation_entered": "the recommendation was entered here",
        "recommendation_answered": "the agency answered the recommendation",
        "recommendation_accepted": "the recommendation was accepted, or stands although it was rejected",
        "recommendation_rejected": "the agency rejected the recommendation",
        "rejection_answered": "the rejection was answered",
        "progress_due": "the next word of how it is going was due",
        "progress_given": "it was said how it is going",
        "action_completed": "an action was done",
        "delivery_evidenced": "each measure had evidence that it was done",
        "impact_evidenced": "each measure had evidence that it made a difference",
        "evidence_given": "evidence was given",
        "evidence_given_again": "all evidence of its kind had been given again",
        "evidence_missing": "evidence was returned that nobody owed any more",
        "evidence_examined": "no evidence waited to be looked at any more",
        "evidence_accepted": "evidence was accepted",
        "evidence_returned": "evidence was returned",
        "recommendation_delivered": "the evidence that it was done was accepted",
        "recommendation_proven": "all evidence was accepted",
        "impact_due": "it was delivered, and its impact remained to be shown",
        "recommendation_closed": "the recommendation was closed",
        "impact_retested": "its impact was tested again",
        "recommendation_reopened": "the recommendation was reopened",
    },
    "any": {
        "disputed": "an agency disputed what it owes",
        "dispute_settled": "the dispute was settled",
        "time_asked": "somebody asked for time",
        "time_answered": "the request for time was answered",
        "suspended": "a clock was suspended",
        "suspension_reviewed": "the suspension was looked at again",
    },
}


def marks_of(lifecycle: str) -> dict[str, str]:
    """Everything that can happen in such a case, in words."""
    pursued = MARKS["recommendation"] if lifecycle in RECOMMENDS else {}
    return {**MARKS["any"], **pursued, **MARKS[lifecycle]}


ITEMS_OF_AN_AGENCY: Final = frozenset({"coroner_reply"})
"""Blocks for each of several items that name an agency, as recommendations all do; other items are of none."""

# The blocks for which the engine waits, by lifecycle: a policy may change what they say, but not leave one out.
STEPS: Final[Mapping[str, frozenset[str]]] = {
    "referral": frozenset(
        {
            "triage",
            "triage_again",
            "siblings_safety",
            "notify_secretary_of_state",
            "pass_on",
            "review_learning",
            "tell_referrer",
        }
    ),
    "rapid_review": frozenset(
        {
            "notify_national_panel",
            "request_information",
            "agency_return",
            "independent_analysis",
            "meeting",
            "decision",
            "submission",
            "panel_answer",
            "reconsider",
            "reassess",
            "decide_again",
            "parked_review",
            "submit_changed_decision",
            "panel_information",
            "siblings_safety",
            "tell_referrer",
        }
    ),
    "practice_review": frozenset(
        {
            "commission",
            "appoint_reviewer",
            "announce_review",
            "request_reports",
            "agency_return",
            "practitioner_event",
            "family_contribution",
            "check_review",
            "written_request",
            "draft_report",
            "partners_sign_off",
            "deliverable",
            "explain_delay",
            "milestones_review",
            "advance_copies",
            "publication",
            "coroner_reply",
            "feed_back",
            "lodge_report",
            "dissemination",
            "keep_available",
            "complete_review",
            "complete_again",
        }
    ),
    "child_death": frozenset(
        {
            "immediate_decisions",
            "national_database",
            "siblings_safety",
            "key_worker",
            "joint_response",
            "request_information",
            "agency_return",
            "wait_review",
            "record_finding",
            "panel_again",
            "meeting",
            "draft_analysis",
            "panel",
            "consider_review",
            "consider_again",
            "reconsider_review",
            "submit_analysis",
            "family_feedback",
            "hand_over",
            "confirm_hand_over",
        }
    ),
    "register": frozenset(),
    "disagreement": frozenset(
        {"answer", "respond", "answer_leads", "respond_leads", "decide_disagreement", "decide_again"}
    ),
    "recommendation": frozenset(
        {
            "answer_recommendation",
            "answer_rejection",
            "deliver",
            "deliver_again",
            "action",
            "action_again",
            "progress",
            "show_impact",
            "evidence_again",
            "examine_evidence",
            "close_recommendation",
            "retest",
        }
    ),
    "any": frozenset({"dispute", "time_request", "suspension_review"}),
}


class Policy(Word):
    """One partnership's rules in one version. A case keeps the version under which it started."""

    version: Text
    title: Text
    area: Area
    message_time: time
    sources: dict[Name, Source]
    calendar: Calendar
    offices: dict[Name, Office]
    ladders: dict[Name, Ladder]
    bounds: Bounds
    interruptions: Interruptions | None = None
    reports: Reports | None = None
    """None, as for `interruptions`: a policy from before there were channels."""
    reasons: Reasons | None = None
    """None: reasons are written in the portal only."""
    criteria: dict[Name, CriteriaSet]
    quorums: dict[Name, Quorum]
    gate: Gate | None = None
    """None, as for what follows: a policy from before there were practice reviews and recommendations."""
    methods: dict[Name, Method] = {}
    publication: Publication | None = None
    themes: dict[Name, Text] = {}
    """What a recommendation is about, so that what comes back across reviews is seen."""
    child_deaths: ChildDeaths | None = None
    """None: a policy from before children's deaths were reviewed here."""
    lifecycles: dict[Name, dict[Name, Block]]

    def titled(self, office: str) -> str:
        """The title of an office; of one that another version knew, its name."""
        return self.offices[office].title if office in self.offices else office

    def together(self, first: str, *rest: str) -> str:
        """Offices that are told as one, as the subject of a sentence."""
        others = " and ".join(self.titled(office) for office in rest)
        return f"{self.titled(first)} together with {others}" if rest else self.titled(first)

    def criteria_in_force(self, purpose: str, on: date) -> tuple[str, CriteriaSet] | None:
        """Give the name and the text of the criteria of one purpose that were in force on that day."""
        for name, criteria in self.criteria.items():
            if criteria.purpose == purpose and criteria.is_in_force(on):
                return name, criteria
        return None

    def criteria_for(self, purpose: str, aware: date) -> tuple[str, CriteriaSet]:
        """Give the text against which a case is decided, by the day on which the partnership became aware.

        Of what was known before the first text was in force, the first one asks.
        """
        found = sorted(
            ((name, one) for name, one in self.criteria.items() if one.purpose == purpose),
            key=lambda named: named[1].in_force_from,
        )
        return next((one for one in reversed(found) if one[1].in_force_from <= aware), found[0])
