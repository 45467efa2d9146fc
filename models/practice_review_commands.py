"""What people say to a practice review: its commands and their choices. What they change stands in practice_review.

SI 2018/789 reg 14 (time and quality are monitored, requests are made in writing) and reg 15 (what a report says).
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, ClassVar

from pydantic import Field

from models.command import (
    ANOTHER_CASE,
    LATE,
    PAST,
    TO_COME,
    Cannot,
    Choice,
    Command,
    Day,
    FileId,
    Line,
    MaybeLine,
    MaybeWords,
    Moment,
    Part,
    Slug,
    Words,
    asks,
)
from models.rapid_review import (
    PartnerPosition,
    RecordNoReturn,
    RequestInformation,
    SubmitReturn,
    WithdrawRequest,
)
from models.recommending import OWN_KEY
from models.time import day_of


class Origin(Choice):
    SERIOUS_CASE_REVIEW = "serious_case_review", "A serious case review"
    PRACTICE_REVIEW = "practice_review", "A local child safeguarding practice review"
    RAPID_REVIEW = "rapid_review", "A rapid review"
    LEARNING_REVIEW = "learning_review", "Another learning review"


class Reached(Choice):
    """How far a review had come when it was entered here."""

    DECIDED = "decided", "It is decided, and not commissioned yet"
    UNDER_WAY = "under_way", "It is under way"
    SIGNED_OFF = "signed_off", "Its report is signed off"
    PUBLISHED = "published", "It is published"
    WITHHELD = "withheld", "It is finished and not published"
    OVER = "over", "It is finished; whether it was published is not known"


class Pace(Choice):
    ON_TRACK = "on_track", "It will be published in time"
    AT_RISK = "at_risk", "It may not be published in time"
    LATE = "late", "It will not be published in time"


class Quality(Choice):
    GOOD = "good", "It is as it should be"
    CONCERNS = "concerns", "There are concerns"


class Role(Choice):
    MOTHER = "mother", "Mother"
    FATHER = "father", "Father"
    CARER = "carer", "Carer"
    CHILD = "child", "The child"
    SIBLING = "sibling", "Brother or sister"
    FAMILY = "family", "Other family"
    PRACTITIONER = "practitioner", "Practitioner"


class Contact(Choice):
    INVITED = "invited", "They were invited"
    ANSWERED = "answered", "They answered"
    HEARD = "heard", "They were heard"
    FED_BACK = "fed_back", "They were told what came of it"


class TakesPart(Choice):
    YES = "yes", "They take part"
    NO = "no", "They do not want to take part"
    LATER = "later", "They want to be asked again later"


class Proceeding(Choice):
    CRIMINAL = "criminal", "Criminal investigation or trial"
    INQUEST = "inquest", "Inquest"
    DOMESTIC_HOMICIDE = "domestic_homicide", "Domestic homicide review"
    MENTAL_HEALTH_HOMICIDE = "mental_health_homicide", "Mental health homicide review"
    CARE = "care", "Care proceedings"
    PATIENT_SAFETY = "patient_safety", "Patient safety incident investigation"
    REGULATOR = "regulator", "Regulator or inspectorate"
    ADULT_REVIEW = "adult_review", "Safeguarding adults review"
    EMPLOYMENT = "employment", "Allegation against staff, or employment"
    OTHER = "other", "Other"


class ProceedingStatus(Choice):
    EXPECTED = "expected", "Expected"
    OPEN = "open", "Open"
    CONCLUDED = "concluded", "Concluded"


class MilestonesOutcome(Choice):
    LIFT = "lift", "End the suspension: the clocks go on"
    CONTINUE = "continue", "Keep the suspension until a new review date"


class Because(Choice):
    PROCEEDINGS = "proceedings", "Other proceedings"
    REVIEW = "review", "The review itself"


class Checked(Choice):
    YES = "yes", "Done"
    NOT_NEEDED = "not_needed", "Not needed here"


class EnterReview(Command):
    """Enter a review that was decided elsewhere or earlier, at the stage in which it is."""

    KIND: ClassVar[str] = "enter_review"
    FACT: ClassVar[str] = "review_entered"
    TITLE: ClassVar[str] = "Enter a review"
    name: Line = asks("What is it called?", "As it is known, such as its pseudonym.", private=True)
    origin: Origin = asks("What kind of review is it?")
    decided_on: Day | None = asks("When was it decided?", "Of one that is finished, if that is known.", default=None)
    reached: Reached = asks("How far has it come?")
    settled_on: Day | None = asks(
        "When was it published, or decided not to, if that is known?",
        default=None,
        when=("reached", ("published", "withheld")),
    )
    reasons: MaybeWords = asks("Why is it not published?", private=True, default="", when=("reached", ("withheld",)))
    agencies: tuple[Slug, ...] = asks("Which agencies take part?", rows="agencies", default=())
    key: Slug | None = asks(OWN_KEY, default=None)
    another: bool = asks(ANOTHER_CASE, back=True, default=False)

    def cannot(self, now: datetime) -> Iterator[Cannot]:
        yield from super().cannot(now)
        over = {Reached.PUBLISHED, Reached.WITHHELD, Reached.OVER}
        words = "Enter when it was decided: its clock counts from that day."
        yield Cannot("decided_on", words, lambda: self.reached not in over and self.decided_on is None)
        yield Cannot("decided_on", PAST, lambda: self.decided_on and self.decided_on > day_of(now))
        words = "This is before the review was decided. Check both dates."
        yield Cannot(
            "settled_on", words, lambda: self.settled_on and self.decided_on and self.settled_on < self.decided_on
        )
        words = "Say why it is not published."
        yield Cannot("reasons", words, lambda: self.reached is Reached.WITHHELD and not self.reasons)


class Commission(Command):
    """Commission the review: its scope, its terms of reference, its method and what it may cost."""

    KIND: ClassVar[str] = "commission"
    FACT: ClassVar[str] = "commissioned"
    TITLE: ClassVar[str] = "Commission the review"
    method: Slug = asks(
        "By which method?", "Its plan dates the milestones from the day of the decision.", rows="methods"
    )
    scope_from: Day = asks("Which time does it look at, from")
    scope_until: Day = asks("and until")
    terms: Words = asks(
        "Terms of reference", "Why this review, its lines of enquiry, what it does not look at.", private=True
    )
    agencies: Annotated[tuple[Slug, ...], Field(min_length=1, max_length=40)] = asks(
        "Which agencies take part?", rows="agencies"
    )
    budget: Annotated[int, Field(ge=0, le=10_000_000)] = asks("What may it cost, in pounds?", short=True)
    media: MaybeWords = asks("Who answers the press, and what is said?", private=True, default="")

    def cannot(self, now: datetime) -> Iterator[Cannot]:
        yield from super().cannot(now)
        words = "This is before the time begins that the review looks at."
        yield Cannot("scope_until", words, lambda: self.scope_until < self.scope_from)


class AppointReviewer(Command):
    """Appoint who leads the review. A declared interest in an agency of the case stands against it, unless waived."""

    KIND: ClassVar[str] = "appoint_reviewer"
    FACT: ClassVar[str] = "reviewer_appointed"
    TITLE: ClassVar[str] = "Appoint the reviewer"
    reviewer: Slug = asks("Who is it?", "From the register of reviewers.", rows="reviewers")
    suitability: Words = asks(
        "Why are they suited to this review?",
        "Their knowledge of practice and research, and how they work with families and practitioners.", private=True,
    )  # fmt: skip
    waived: bool = asks("Is an interest that they have declared waived?", default=False)
    reason: MaybeWords = asks("Why is it waived?", private=True, default="", when=("waived", ("true",)))

    def cannot(self, now: datetime) -> Iterator[Cannot]:
        yield from super().cannot(now)
        yield Cannot("reason", "Say why the interest is waived.", lambda: self.waived and not self.reason)


class AnnounceReview(Command):
    """Record that the panel, Ofsted and the department were told of the review and of its reviewer."""

    KIND: ClassVar[str] = "announce_review"
    FACT: ClassVar[str] = "review_announced"
    TITLE: ClassVar[str] = "Record who was told of the review"
    OCCURRED: ClassVar[str] = "sent_at"
    sent_at: Moment = asks("When was it sent?")
    late: MaybeLine = LATE
    recipients: tuple[Slug, ...] = asks("To whom?", rows="recipients")


class CheckReview(Command):
    """Record a check of time and quality, as the regulations require at regular intervals (SI 2018/789 reg 14)."""

    KIND: ClassVar[str] = "check_review"
    FACT: ClassVar[str] = "review_checked"
    TITLE: ClassVar[str] = "Check time and quality"
    pace: Pace = asks("Will it be published in time?")
    quality: Quality = asks("How is its quality?")
    words: Words = asks("What was looked at, and what follows?", private=True)


class RequestInWriting(Command):
    """Record a written request to the reviewer, for information or for a draft (SI 2018/789 reg 14)."""

    KIND: ClassVar[str] = "request_in_writing"
    FACT: ClassVar[str] = "requested_in_writing"
    TITLE: ClassVar[str] = "Record a written request"
    words: Words = asks("What was asked for?", "In the words of the letter.", private=True)
    by: Day = asks("By when?")

    def cannot(self, now: datetime) -> Iterator[Cannot]:
        yield from super().cannot(now)
        yield Cannot("by", TO_COME, lambda: self.by < day_of(now))


class RecordWrittenAnswer(Command):
    """Record what came of a written request."""

    KIND: ClassVar[str] = "record_written_answer"
    FACT: ClassVar[str] = "written_request_answered"
    TITLE: ClassVar[str] = "Record the answer to a written request"
    OCCURRED: ClassVar[str] = "received_at"
    item: Slug = asks("Which request?", rows="requests")
    received_at: Moment = asks("When did it arrive?")
    late: MaybeLine = LATE
    words: Words = asks("What does it say?", private=True)
    file: FileId = asks("A file", default="", file=True)


class HoldPractitionerEvent(Command):
    """Record the event at which practitioners were heard, without fear of blame for what they did in good faith."""

    KIND: ClassVar[str] = "hold_practitioner_event"
    FACT: ClassVar[str] = "practitioners_heard"
    TITLE: ClassVar[str] = "Record the practitioner event"
    OCCURRED: ClassVar[str] = "held_at"
    held_at: Moment = asks("When was it held?")
    late: MaybeLine = LATE
    attended: tuple[Slug, ...] = asks("Which agencies were there?", rows="agencies")
    words: Words = asks("What did practitioners say?", private=True)


class NameContributor(Command):
    """Name somebody whom the review asks to contribute."""

    KIND: ClassVar[str] = "name_contributor"
    FACT: ClassVar[str] = "contributor_named"
    TITLE: ClassVar[str] = "Name somebody who may contribute"
    role: Role = asks("Who are they to the child?")
    name: Line = asks("Name, and how to reach them", private=True)
    words: MaybeWords = asks("What has to be borne in mind?", private=True, default="")


class KeepQuiet(Command):
    """Days on which nobody may be contacted, such as an anniversary or a trial."""

    KIND: ClassVar[str] = "keep_quiet"
    FACT: ClassVar[str] = "quiet_days_set"
    TITLE: ClassVar[str] = "Keep days free of contact"
    first: Day = asks("From which day?")
    last: Day = asks("Until which day?")
    item: Slug = asks(
        "Whom does it concern?", "Leave it empty for everybody.", rows="contributors", default="everybody"
    )
    reason: Words = asks("Why?", private=True)

    def cannot(self, now: datetime) -> Iterator[Cannot]:
        yield from super().cannot(now)
        yield Cannot("last", "This is before the first day.", lambda: self.last < self.first)


class RecordContact(Command):
    """Record that somebody was invited, answered, was heard, or was told what came of it."""

    KIND: ClassVar[str] = "record_contact"
    FACT: ClassVar[str] = "contributor_contacted"
    TITLE: ClassVar[str] = "Record a contact with somebody who contributes"
    OCCURRED: ClassVar[str] = "on"
    item: Slug = asks("With whom?", rows="contributors")
    step: Contact = asks("What happened?")
    on: Moment = asks("When?")
    late: MaybeLine = LATE
    how: Line = asks(
        "How, and by whom?", "By letter, by telephone, on a visit, through their key worker.", private=True
    )
    answer: TakesPart | None = asks("What did they answer?", default=None, when=("step", ("answered",)))
    words: MaybeWords = asks("What was said", private=True, default="")

    def cannot(self, now: datetime) -> Iterator[Cannot]:
        yield from super().cannot(now)
        words = "Choose what they answered."
        yield Cannot("answer", words, lambda: self.step is Contact.ANSWERED and self.answer is None)


class FinishFamily(Command):
    """Record how the family's view reached the review, or why it did not."""

    KIND: ClassVar[str] = "finish_family"
    FACT: ClassVar[str] = "family_heard"
    TITLE: ClassVar[str] = "Record the family’s contribution"
    words: Words = asks("What did the family say, or why did nobody contribute?", private=True)


class LinkProceeding(Command):
    """Link other proceedings that run beside the review."""

    KIND: ClassVar[str] = "link_proceeding"
    FACT: ClassVar[str] = "proceeding_linked"
    TITLE: ClassVar[str] = "Link other proceedings"
    proceeding: Proceeding = asks("What kind of proceedings?")
    status: ProceedingStatus = asks("How do they stand?")
    words: Words = asks("Who leads them, under which reference?", private=True)


class UpdateProceeding(Command):
    """Say how linked proceedings stand now."""

    KIND: ClassVar[str] = "update_proceeding"
    FACT: ClassVar[str] = "proceeding_updated"
    TITLE: ClassVar[str] = "Say how proceedings stand"
    item: Slug = asks("Which proceedings?", rows="proceedings")
    status: ProceedingStatus = asks("How do they stand?")
    words: Words = asks("What has happened?", private=True)


class SuspendMilestones(Command):
    """Let named milestones wait for other proceedings, on somebody's authority, until a review date."""

    KIND: ClassVar[str] = "suspend_milestones"
    FACT: ClassVar[str] = "milestones_suspended"
    TITLE: ClassVar[str] = "Suspend milestones"
    item: Slug = asks("For which proceedings?", rows="proceedings")
    milestones: Annotated[tuple[Slug, ...], Field(min_length=1, max_length=20)] = asks(
        "Which milestones wait?", "Only these: all other clocks go on.", rows="milestones"
    )
    review: Day = asks("When will the suspension be reviewed?", "A suspension without a review date is not possible.")
    authority: Words = asks(
        "On whose authority?", "For example the senior investigating officer, by letter of a date.", private=True
    )
    reason: Words = asks("Why must they wait?", private=True)


class ReviewMilestones(Command):
    """Say whether milestones that wait for other proceedings go on."""

    KIND: ClassVar[str] = "review_milestones"
    FACT: ClassVar[str] = "milestones_reviewed"
    TITLE: ClassVar[str] = "Review a suspension of milestones"
    item: Slug = asks("Of which proceedings?", rows="proceedings")
    outcome: MilestonesOutcome = asks("What happens now?")
    review: Day | None = asks("Next review date", when=("outcome", ("continue",)), default=None)
    reason: Words = asks("Your reasons", private=True)

    def cannot(self, now: datetime) -> Iterator[Cannot]:
        yield from super().cannot(now)
        words = "Enter the next review date."
        yield Cannot("review", words, lambda: self.outcome is MilestonesOutcome.CONTINUE and self.review is None)


class ReceiveDraft(Command):
    """Record that the draft report came in."""

    KIND: ClassVar[str] = "receive_draft"
    FACT: ClassVar[str] = "draft_received"
    TITLE: ClassVar[str] = "Record the draft report"
    OCCURRED: ClassVar[str] = "received_at"
    received_at: Moment = asks("When did it arrive?")
    late: MaybeLine = LATE
    file: FileId = asks("The draft", default="", file=True)
    words: MaybeWords = asks("What remains to be done?", private=True, default="")


class SignOff(Command):
    """The safeguarding partners sign the report off, each with their position."""

    KIND: ClassVar[str] = "sign_off"
    FACT: ClassVar[str] = "report_signed_off"
    TITLE: ClassVar[str] = "Record the sign-off"
    OCCURRED: ClassVar[str] = "signed_at"
    signed_at: Moment = asks("When was it signed off?")
    late: MaybeLine = LATE
    positions: tuple[PartnerPosition, ...] = asks("The safeguarding partners", rows="partners")
    has_improvements: bool = asks("Does the report sum up the improvements that it recommends?")
    has_analysis: bool = asks("Does it analyse the systemic or underlying reasons for what was done or not done?")

    def cannot(self, now: datetime) -> Iterator[Cannot]:
        yield from super().cannot(now)
        words = "A report has to say this before it is signed off (SI 2018/789 reg 15)."
        yield Cannot("has_improvements", words, lambda: not self.has_improvements)
        yield Cannot("has_analysis", words, lambda: not self.has_analysis)
        for row, one in enumerate(self.positions):
            yield one.cannot(f"positions.{row}")


class ForeseeDelay(Command):
    """Say that the review will not be published within six months, and why; the panel is told by letter."""

    KIND: ClassVar[str] = "foresee_delay"
    FACT: ClassVar[str] = "delay_said"
    TITLE: ClassVar[str] = "Say that it will be late"
    expected: Day = asks("When is it expected to be published?")
    because: Because = asks("What delays it?")
    words: Words = asks("Why?", private=True)

    def cannot(self, now: datetime) -> Iterator[Cannot]:
        yield from super().cannot(now)
        yield Cannot("expected", TO_COME, lambda: self.expected < day_of(now))


class ExplainDelay(Command):
    """Record the letter to the panel and the Secretary of State with the reasons for the delay."""

    KIND: ClassVar[str] = "explain_delay"
    FACT: ClassVar[str] = "delay_explained"
    TITLE: ClassVar[str] = "Record the letter of reasons for delay"
    OCCURRED: ClassVar[str] = "sent_at"
    sent_at: Moment = asks("When was it sent?")
    late: MaybeLine = LATE
    recipients: tuple[Slug, ...] = asks("To whom?", rows="recipients")
    words: Words = asks("Which reasons does it give?", private=True)


class PlanPublication(Command):
    """Set the day of publication; from it follows by when the advance copies have to be sent.

    Copies that have gone out stay good for a later day, and for none before they have been there long enough.
    """

    KIND: ClassVar[str] = "plan_publication"
    FACT: ClassVar[str] = "publication_planned"
    TITLE: ClassVar[str] = "Plan the publication"
    on: Day = asks("On which day will it be published?")

    def cannot(self, now: datetime) -> Iterator[Cannot]:
        yield from super().cannot(now)
        yield Cannot("on", TO_COME, lambda: self.on < day_of(now))


class SendAdvanceCopies(Command):
    """Record that the full report went to everybody who has it before it is published."""

    KIND: ClassVar[str] = "send_advance_copies"
    FACT: ClassVar[str] = "advance_copies_sent"
    TITLE: ClassVar[str] = "Record the advance copies"
    OCCURRED: ClassVar[str] = "sent_at"
    sent_at: Moment = asks("When were they sent?")
    late: MaybeLine = LATE
    recipients: tuple[Slug, ...] = asks("To whom?", rows="recipients")


class ChecklistAnswer(Part):
    check: Slug = asks("What")
    done: Checked = asks("Is it done?")
    words: MaybeWords = asks("Who did it, or why it is not needed", private=True, default="")

    def cannot(self, path: str) -> Cannot:
        words = "Say why this is not needed here."
        return Cannot(f"{path}.words", words, lambda: self.done is Checked.NOT_NEEDED and not self.words)


class Publish(Command):
    """Record that the report is published. Not earlier than seven working days after the advance copies."""

    KIND: ClassVar[str] = "publish"
    FACT: ClassVar[str] = "review_published"
    TITLE: ClassVar[str] = "Record the publication"
    OCCURRED: ClassVar[str] = "published_at"
    published_at: Moment = asks("When was it published?")
    late: MaybeLine = LATE
    address: Line = asks("Where can it be read?", private=True)
    checklist: tuple[ChecklistAnswer, ...] = asks("Before publication", rows="checklist")

    def cannot(self, now: datetime) -> Iterator[Cannot]:
        yield from super().cannot(now)
        words = "Enter the whole address of the page, such as https://www.example.org/report."
        yield Cannot("address", words, lambda: not re.match(r"https?://[^\s/]+\.[^\s]+$", self.address))
        for row, one in enumerate(self.checklist):
            yield one.cannot(f"checklist.{row}")


class WithholdPublication(Command):
    """Decide not to publish the report, with reasons that the panel and the Secretary of State read."""

    KIND: ClassVar[str] = "withhold_publication"
    FACT: ClassVar[str] = "publication_withheld"
    TITLE: ClassVar[str] = "Decide not to publish"
    OCCURRED: ClassVar[str] = "decided_at"
    decided_at: Moment = asks("When was it decided?")
    late: MaybeLine = LATE
    reasons: Words = asks("Why is it inappropriate to publish it?", private=True)
    improvements: Words = asks("Which information about improvements is published instead?", private=True)


class ReceiveDeliverable(Command):
    """Record what the author owes by contract beside the draft: the report, the briefing, the summary."""

    KIND: ClassVar[str] = "receive_deliverable"
    FACT: ClassVar[str] = "deliverable_received"
    TITLE: ClassVar[str] = "Record a deliverable of the contract"
    item: Slug = asks("Which deliverable?", rows="deliverables")
    words: MaybeWords = asks("Anything to say about it", private=True, default="")
    file: FileId = asks("The file", default="", file=True)


class ConfirmDissemination(Command):
    """Say how and by when the learning reached your agency's staff."""

    KIND: ClassVar[str] = "confirm_dissemination"
    FACT: ClassVar[str] = "learning_disseminated"
    TITLE: ClassVar[str] = "Confirm that the learning reached staff"
    OCCURRED: ClassVar[str] = "reached_at"
    agency: Slug = asks("Agency", rows="agency")
    reached_at: Moment = asks("By when had it reached them?")
    late: MaybeLine = LATE
    words: Words = asks("How did it reach them, and whom?", private=True)
    understood: Words = asks("How do you know that it was understood?", private=True)


class LodgeReport(Command):
    """Record that the report was lodged with the national repository of case reviews."""

    KIND: ClassVar[str] = "lodge_report"
    FACT: ClassVar[str] = "report_lodged"
    TITLE: ClassVar[str] = "Record that the report was lodged"
    OCCURRED: ClassVar[str] = "lodged_at"
    lodged_at: Moment = asks("When was it lodged?")
    late: MaybeLine = LATE


class CheckAvailability(Command):
    """Record that the report was available to the public for the whole year."""

    KIND: ClassVar[str] = "check_availability"
    FACT: ClassVar[str] = "availability_checked"
    TITLE: ClassVar[str] = "Record that it stayed available"
    words: Words = asks("Where, and until when?", private=True)


class RecordCoronersReport(Command):
    """Record a coroner's report to prevent future deaths; whoever it is addressed to answers within 56 days."""

    KIND: ClassVar[str] = "record_coroners_report"
    FACT: ClassVar[str] = "coroners_report_received"
    TITLE: ClassVar[str] = "Record a coroner’s report to prevent future deaths"
    OCCURRED: ClassVar[str] = "dated_at"
    agency: Slug = asks("To which agency is it addressed?", rows="agencies")
    dated_at: Moment = asks("Which date does it bear?")
    late: MaybeLine = LATE
    words: Words = asks("Which concerns does it raise?", private=True)


class AnswerCoroner(Command):
    """Record that the coroner's report was answered."""

    KIND: ClassVar[str] = "answer_coroner"
    FACT: ClassVar[str] = "coroner_answered"
    TITLE: ClassVar[str] = "Record the answer to the coroner"
    OCCURRED: ClassVar[str] = "sent_at"
    item: Slug = asks("Which report?", rows="coroners_reports")
    sent_at: Moment = asks("When was it sent?")
    late: MaybeLine = LATE
    words: Words = asks("What was answered?", private=True)


class CompleteReview(Command):
    """Complete the review: everything was delivered, everybody told. Its recommendations are pursued on."""

    KIND: ClassVar[str] = "complete_review"
    FACT: ClassVar[str] = "review_completed"
    TITLE: ClassVar[str] = "Complete the review"
    words: Words = asks("What did this review itself teach the partnership?", private=True)


class Discontinue(Command):
    """End a review before its report, for instance because the decision to review was changed."""

    KIND: ClassVar[str] = "discontinue"
    FACT: ClassVar[str] = "review_discontinued"
    TITLE: ClassVar[str] = "End the review before its report"
    reason: Words = asks("Why does it end, and who has agreed?", private=True)


COMMANDS: tuple[type[Command], ...] = (
    EnterReview, Commission, AppointReviewer, AnnounceReview, RequestInformation, WithdrawRequest, SubmitReturn,
    RecordNoReturn, HoldPractitionerEvent, NameContributor, KeepQuiet, RecordContact, FinishFamily, CheckReview,
    RequestInWriting, RecordWrittenAnswer, LinkProceeding, UpdateProceeding, SuspendMilestones, ReviewMilestones,
    ReceiveDraft, SignOff, ForeseeDelay, ExplainDelay, PlanPublication, SendAdvanceCopies, Publish,
    WithholdPublication, ReceiveDeliverable, ConfirmDissemination, LodgeReport, CheckAvailability,
    RecordCoronersReport, AnswerCoroner, CompleteReview, Discontinue,
)  # fmt: skip
