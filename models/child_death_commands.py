"""What people say to the review of a child's death: its commands and their choices. What they change: child_death.py.

Children Act 2004 s16M and s16N; Child Death Review: Statutory and Operational Guidance (England), 2018.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from functools import partial
from typing import Annotated, Any, ClassVar

from pydantic import EmailStr, Field, field_validator

from models.clocks import add_months
from models.command import (
    LATE,
    NOT_NOW,
    PAST,
    TO_COME,
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
from models.nhs_number import can_be_nhs_number
from models.rapid_review import Holds, RecordNoReturn, RequestInformation, WithdrawRequest
from models.recommending import OWN_KEY
from models.referral import OF_AGE, AnswerSafety, DecideDuplicate, Sex
from models.time import day_of


class Place(Choice):
    """Where a child is believed to have died, as the national reporting form has it."""

    EMERGENCY = "emergency_department", "Hospital: emergency department"
    WARD = "paediatric_ward", "Hospital: children’s ward"
    NEONATAL = "neonatal_unit", "Hospital: neonatal unit"
    INTENSIVE = "intensive_care", "Hospital: intensive care unit"
    HOSPITAL = "hospital_other", "Hospital: elsewhere"
    HOME = "home", "Home of normal residence"
    PRIVATE = "other_private", "Other private residence"
    FOSTER = "foster_home", "Foster home"
    RESIDENTIAL = "residential_care", "Residential care"
    PUBLIC = "public_place", "Public place"
    SCHOOL = "school", "School"
    HOSPICE = "hospice", "Hospice"
    MENTAL_HEALTH = "mental_health_unit", "Mental health inpatient unit"
    ABROAD = "abroad", "Abroad"
    OTHER = "other", "Elsewhere"
    NOT_KNOWN = "not_known", "Not known"


class Ethnic(Choice):
    """Ethnic groups in the five in which figures are published."""

    WHITE = "white", "White"
    MIXED = "mixed", "Mixed"
    ASIAN = "asian", "Asian or Asian British"
    BLACK = "black", "Black or Black British"
    OTHER = "other", "Other"
    NOT_KNOWN = "not_known", "Not known or not stated"


class Criterion(Choice):
    """When the agencies respond jointly and at once (Child Death Review guidance 2018, chapter 2)."""

    EXTERNAL = "external", "It is or could be due to external causes"
    SUDDEN = "sudden", "It is sudden and there is no immediately apparent cause"
    CUSTODY = "custody", "It occurred in custody, or while the child was detained under the Mental Health Act"
    NOT_NATURAL = "not_natural", "The first circumstances raise a suspicion that it may not have been natural"
    STILLBIRTH = "stillbirth", "It was a stillbirth at which no health professional was present"


ELSEWHERE = "elsewhere"
"""Where a child lived, if in no area of ours; another area then reviews the death."""
NOT_OURS: Mapping[str, str] = {ELSEWHERE: "In another area", "not_known": "Not known"}


class WaitsFor(Choice):
    """What goes on elsewhere, and for which the review may have to wait."""

    POST_MORTEM = "post_mortem", "Post-mortem report"
    INQUEST = "inquest", "Inquest"
    POLICE = "police", "Police investigation or prosecution"
    PATIENT_SAFETY = "patient_safety", "Patient safety incident investigation"
    PERINATAL = "perinatal", "Perinatal mortality review"
    MATERNITY = "maternity", "Maternity and newborn safety investigation"
    PRACTICE_REVIEW = "practice_review", "Local child safeguarding practice review"
    OTHER = "other", "Another investigation or review"


class Step(Choice):
    """What a wait holds back: of the review's own way, never what an agency owes."""

    MEETING = "meeting", "The child death review meeting"
    PANEL = "panel", "The panel"


class WaitOutcome(Choice):
    GOES_ON = "goes_on", "It goes on: look again on another day"
    ENDED = "ended", "It has ended"


class Domain(Choice):
    CHILD = "child", "Factors intrinsic to the child"
    SOCIAL = "social", "Social environment, with family and parenting"
    PHYSICAL = "physical", "Physical environment"
    SERVICE = "service", "Service provision"


class Influence(Choice):
    NONE = "0", "0: no information, or none identified"
    VULNERABILITY = "1", "1: may have contributed to vulnerability, ill health or death"
    SUFFICIENT = "2", "2: provides a complete and sufficient explanation for the death"


class Category(Choice):
    """Categories of death. Of those that apply the first here counts: they are listed by rank."""

    INFLICTED = "1", "Deliberately inflicted injury, abuse or neglect"
    SELF_HARM = "2", "Suicide or deliberate self-inflicted harm"
    TRAUMA = "3", "Trauma and other external factors"
    MALIGNANCY = "4", "Malignancy"
    ACUTE = "5", "Acute medical or surgical condition"
    CHRONIC = "6", "Chronic medical condition"
    GENETIC = "7", "Chromosomal, genetic and congenital anomalies"
    PERINATAL = "8", "Perinatal or neonatal event"
    INFECTION = "9", "Infection"
    UNEXPLAINED = "10", "Sudden unexpected, unexplained death"


class Modifiable(Choice):
    YES = "modifiable", "Modifiable factors were identified"
    NO = "none", "No modifiable factors were identified"
    TOO_LITTLE = "too_little", "There was not enough information to say"


class Considered(Choice):
    """What the practice-review sub-group decides on a death that was put before it."""

    REFER = "refer", "It is referred: its referral is opened, and the panel waits for what comes of it"
    NOT_MET = "not_met", "The criteria are not met"
    WAIT = "wait", "It is decided when more is known"


class FamilyContact(Choice):
    FIRST = "first", "First contact"
    QUESTIONS = "questions", "Their questions for the review were heard"
    MEETING = "meeting", "After the review meeting"
    FEEDBACK = "feedback", "They were told what the panel found"
    OTHER = "other", "Something else"


class _OfChild(Command):
    """Who the child was whose death a command tells of, and when they died: private, as in every such command."""

    name: Line = asks("Full name of the child", private=True, step="child")
    nhs_number: MaybeLine = asks(
        "NHS number, if you have it", "It keeps one death from being counted twice.", private=True, default="",
        short=True, step="child",
    )  # fmt: skip
    born: Day = asks("Date of birth", private=True, step="child")
    sex: Sex = asks("Sex", private=True, step="child")
    ethnic_group: Ethnic = asks("Ethnic group", private=True, step="child")
    address: MaybeWords = asks("Home address", private=True, default="", step="child")
    area: Slug = asks("Where did the child normally live?", rows="areas", step="child")
    care_status: MaybeLine = asks(
        "Care or protection status", "For example child protection plan, child in need, looked after.", private=True,
        default="", step="child",
    )  # fmt: skip
    died: Day = asks(
        "Date of death", "If it is not known, the last day on which the child was known to be alive.", private=True,
        step="death",
    )  # fmt: skip

    def cannot(self, now: datetime) -> Iterator[Cannot]:
        yield from super().cannot(now)
        words = "By these dates they were 18 or older. Deaths of adults are not reviewed here. Check both dates."
        yield Cannot("born", words, lambda: age(self.born, self.died) >= OF_AGE)
        words = "This cannot be an NHS number. Check its ten digits, or leave it empty if you are not sure."
        yield Cannot("nhs_number", words, lambda: self.nhs_number and not can_be_nhs_number(self.nhs_number))


class NotifyDeath(_OfChild):
    """Tell the child death review partners that a child has died. Any professional does, within 48 hours."""

    KIND: ClassVar[str] = "notify_death"
    FACT: ClassVar[str] = "death_notified"
    TITLE: ClassVar[str] = "Notify the death of a child"
    died_known: Known = asks("Is that day certain?", private=True, step="death")
    showed_life: Known = asks("Was the child born alive?", private=True, step="death")
    attended: Known | None = asks(
        "Was a health professional present at the birth?", private=True, default=None,
        when=("showed_life", ("no", "not_known")), step="death",
    )  # fmt: skip
    place_of_death: Place = asks("Where did the child die?", private=True, step="death")
    where: MaybeLine = asks("Name of the place", private=True, default="", step="death")
    expected: Known = asks(
        "Was the death expected?", "Whether it was anticipated as a significant possibility 24 hours before.",
        private=True, step="death",
    )  # fmt: skip
    circumstances: Words = asks("What is known of how the child died?", private=True, step="death")
    others: Known = asks("Are there other children in the household, or in the same care?", step="others")
    siblings_safe: Known | None = asks(
        "Are they safe now?", "Unless you answer yes, we ask after them as soon as you send this.", step="others",
        default=None, when=("others", ("yes", "not_known")),
    )  # fmt: skip
    professionals: MaybeWords = asks(
        "Who knew the child?",
        "General practitioner, health visitor, school, consultant and everybody else, with how to reach them. They are "
        "asked for what they know.", private=True, default="", step="others",
    )  # fmt: skip
    notifier_name: Line = asks("Your name", private=True, step="you")
    notifier_role: Line = asks("Your role", private=True, step="you")
    notifier_agency: Line = asks("Your organisation", private=True, step="you")
    notifier_email: EmailStr = asks(
        "Your work e-mail address", "A link that is sent there proves that it is yours.", private=True, step="you"
    )
    notifier_phone: MaybeLine = asks("A phone number for questions", private=True, step="you", default="", short=True)

    def also(self) -> dict[str, Any]:
        return {"children": [1]}

    def cannot(self, now: datetime) -> Iterator[Cannot]:
        yield from super().cannot(now)
        words = (
            "This date of birth is to come. The death of a child who was not born is not reviewed here: check the "
            "date, or tell the maternity service."
        )
        yield Cannot("born", words, lambda: self.born > _latest(self.place_of_death, now))
        yield Cannot("died", PAST, lambda: self.died > _latest(self.place_of_death, now))
        words = "The date of death is before the date of birth. Check both dates."
        yield Cannot("died", words, lambda: self.died < self.born <= _latest(self.place_of_death, now))
        words = "A child who died on a later day than that of the birth was born alive. Check these answers."
        yield Cannot("showed_life", words, lambda: self.showed_life is Known.NO and self.died > self.born)
        words = "Say whether a health professional was present at the birth, or “Not known”."
        yield Cannot("attended", words, lambda: self.showed_life is not Known.YES and self.attended is None)
        words = (
            "A stillbirth at which a health professional was present is not reviewed here. Tell the perinatal "
            "mortality review of the hospital. If the child showed any sign of life, change the answer above."
        )
        yield Cannot("attended", words, lambda: self.showed_life is Known.NO and self.attended is Known.YES)
        words = "Say whether the other children are safe, or “Not known”."
        yield Cannot("siblings_safe", words, lambda: self.others is not Known.NO and self.siblings_safe is None)


def _latest(place: Place, now: datetime) -> date:
    """The last day that it can be anywhere: abroad it may be tomorrow already."""
    return day_of(now + timedelta(hours=14)) if place is Place.ABROAD else day_of(now)


def age(born: date, until: date) -> int:
    """Whole years of age on a day. Who was born on 29 February is a year older on 1 March."""
    return until.year - born.year - ((until.month, until.day) < (born.month, born.day))


class Reached(Choice):
    """How far the review of a death had come when it was entered here: with each step those before it are behind."""

    NOTIFIED = "notified", "The death is notified, and nothing else is done"
    FIRST_STEPS = "first_steps", "The first hours are over, the national database is told, the key worker is named"
    ASKED = "asked", "The agencies are asked for their reporting forms"
    MET = "met", "The review meeting was held"
    DRAFTED = "drafted", "The analysis is drafted"


TOO_FAR = "This is more than a year ahead. Choose a nearer day, and ask then how far it is."
"""Said of the day on which somebody looks at a wait again: put out of sight, it would be forgotten."""


def _is_too_far(on: date | None, now: datetime) -> bool:
    return on is not None and on > add_months(day_of(now), 12)


ASKED_ALREADY, MET_ALREADY = ("asked", "met", "drafted"), ("met", "drafted")


class Wait(Part):
    kind: WaitsFor = asks("What does the review wait for?")
    since: Day = asks("Since when is it under way?")
    holds: Annotated[tuple[Step, ...], Field(min_length=1, max_length=2)] = asks("What waits for it?")
    review: Day = asks("When do you look at it again?", "Ask then how far it is.")

    def cannot(self, path: str, today: date) -> Iterator[Cannot]:
        yield Cannot(f"{path}.since", PAST, lambda: self.since > today)
        yield Cannot(f"{path}.review", TO_COME, lambda: self.review < today)
        yield Cannot(f"{path}.review", TOO_FAR, lambda: self.review > add_months(today, 12))


class EnterDeath(_OfChild):
    """Enter the review of a death that was notified elsewhere or earlier, at the step that it has reached."""

    KIND: ClassVar[str] = "enter_death"
    FACT: ClassVar[str] = "death_entered"
    TITLE: ClassVar[str] = "Enter the review of a death that is under way"
    place_of_death: Place = asks("Where did the child die?", private=True)
    circumstances: MaybeWords = asks("What is known of how the child died?", private=True, default="")
    notified_on: Day = asks("When was the death notified?", "Everything counts from that day.")
    reached: Reached = asks("How far has the review come?")
    agencies: tuple[Slug, ...] = asks(
        "Which agencies still owe their reporting form?", "They are asked for it. Nobody else is.", rows="agencies",
        default=(), when=("reached", ASKED_ALREADY),
    )  # fmt: skip
    met_on: Day | None = asks("On which day was the review meeting?", default=None, when=("reached", MET_ALREADY))
    drafted_on: Day | None = asks(
        "On which day was the analysis drafted?", default=None, when=("reached", ("drafted",))
    )
    panel_on: Day | None = asks(
        "Of the panel of its area, on which day, is it on the list, if it is?",
        default=None,
        when=("reached", ("drafted",)),
    )
    waits: Annotated[tuple[Wait, ...], Field(max_length=8)] = asks(
        "What does the review wait for outside?", "Nobody is chased for what waits.", default=()
    )
    unexplained: bool = asks("The sub-group still has to decide whether it is one for a practice review", default=False)
    key: Slug | None = asks(OWN_KEY, default=None)

    def also(self) -> dict[str, Any]:
        return {"children": [1]}

    def cannot(self, now: datetime) -> Iterator[Cannot]:
        yield from super().cannot(now)
        today = day_of(now)
        for field in ("born", "died", "notified_on", "met_on", "drafted_on"):
            yield Cannot(field, PAST, partial(self._is_to_come, field, today))
        words = "The date of death is before the date of birth. Check both dates."
        yield Cannot("died", words, lambda: self.died < self.born <= today)
        words = "This is before the death. Check both dates."
        yield Cannot("notified_on", words, lambda: self.notified_on < self.died <= today)
        words = "This is before the death was notified. Check both dates."
        yield Cannot("met_on", words, lambda: self.met_on and self.met_on < self.notified_on)
        words = "No agency owes a form before it was asked for one. Say that they were asked, or name none."
        yield Cannot("agencies", words, lambda: self.agencies and self.reached.value not in ASKED_ALREADY)
        words = "Enter the day of the review meeting: the draft of the analysis is due after it."
        yield Cannot("met_on", words, lambda: self.reached is Reached.MET and self.met_on is None)
        words = "This is before the death was notified, or before the review meeting. Check these dates."
        yield Cannot(
            "drafted_on",
            words,
            lambda: self.drafted_on and self.drafted_on < max(self.notified_on, self.met_on or self.died),
        )
        words = "Enter the day of the draft: the panel is due after it."
        yield Cannot("drafted_on", words, lambda: self.reached is Reached.DRAFTED and self.drafted_on is None)
        yield Cannot("panel_on", TO_COME, lambda: self.panel_on and self.panel_on < today)
        words = "Nothing is on the list of a panel while a wait or a form holds it back. Leave one of the two out."
        yield Cannot("panel_on", words, lambda: self.panel_on and (self.agencies or _hold(self.waits, Step.PANEL)))
        for number, one in enumerate(getattr(self, "waits", ())):
            yield from one.cannot(f"waits.{number}", today)
            words = "This is before the child was born. Check both dates."
            yield Cannot(f"waits.{number}.since", words, partial(self._is_before_birth, one))
            words = "The review meeting is behind this review, so nothing holds it back. Choose the panel, or neither."
            yield Cannot(f"waits.{number}.holds", words, partial(self._holds_what_is_behind, one))

    def _is_before_birth(self, one: Wait) -> bool:
        return one.since < self.born

    def _holds_what_is_behind(self, one: Wait) -> bool:
        return Step.MEETING in one.holds and self.reached.value in MET_ALREADY

    def _is_to_come(self, field: str, today: date) -> bool:
        day = getattr(self, field)
        return bool(day and day > today)


class AmendDeath(_OfChild):
    """Amend who the child was and when they died, as it is known better: the spelling of the name, the NHS number."""

    KIND: ClassVar[str] = "amend_death"
    FACT: ClassVar[str] = "death_amended"
    TITLE: ClassVar[str] = "Amend the child’s details"
    place_of_death: Place = asks("Where did the child die?", private=True, step="death")
    reason: Line = asks("What is amended, and how is it known?", private=True, step="death")

    def cannot(self, now: datetime) -> Iterator[Cannot]:
        yield from super().cannot(now)
        yield Cannot("died", PAST, lambda: self.died > self.latest(now))
        words = "The date of death is before the date of birth. Check both dates."
        yield Cannot("died", words, lambda: self.died < self.born)

    def latest(self, told: datetime) -> date:
        """The last day on which somebody can have died of whom is told then."""
        return _latest(self.place_of_death, told)


def _hold(waits: Iterable[Wait], step: Step) -> bool:
    return any(step in one.holds for one in waits)


class DecideSameDeath(DecideDuplicate):
    """Say whether another notification is of the same death. If it is, this one joins it, and nothing of it is lost."""

    same: bool = asks(
        "Is it the same?",
        "If it is the same death, this notification joins the other review: all clocks of this one stand still. If "
        "that turns out to be wrong, say here that it is not the same, and they go on.",
    )

    @classmethod
    def names_cases(cls, answers: Mapping[str, Any]) -> list[tuple[str, str, str]]:
        return [("other", answers["other"], "child_death")]


class CriterionAnswer(Part):
    criterion: Criterion = asks("Criterion")
    met: Known = asks("Does it apply?")


class RecordImmediateDecisions(Command):
    """Record what was decided in the first hours: joint response, coroner, certificate, key worker, other children."""

    KIND: ClassVar[str] = "record_immediate_decisions"
    FACT: ClassVar[str] = "immediate_decisions_recorded"
    TITLE: ClassVar[str] = "Record the immediate decisions"
    OCCURRED: ClassVar[str] = "decided_at"
    criteria: tuple[CriterionAnswer, ...] = asks("Criteria for a joint agency response", rows="joint_response")
    coroner: Known = asks("Has the coroner been told?", private=True)
    certificate: Known = asks("Is a medical certificate of cause of death issued?", private=True)
    patient_safety: Known = asks("Does anything in the care call for a patient safety investigation?", private=True)
    post_mortem: Known = asks(
        "Is there a post-mortem examination?", "If so, the review meeting waits for its report, and nobody is chased."
    )
    review: Day | None = asks("When do you ask how far the report is?", default=None, when=("post_mortem", ("yes",)))
    others: Known = asks("Are there other children in the household, or in the same care?")
    siblings_safe: Known | None = asks("Are they safe now?", default=None, when=("others", ("yes", "not_known")))
    words: Words = asks("Who decided this, who cares for the other children, and how is that known?", private=True)
    decided_at: Moment | None = asks("When was it decided, if not now?", NOT_NOW, default=None)
    late: MaybeLine = LATE

    def cannot(self, now: datetime) -> Iterator[Cannot]:
        yield from super().cannot(now)
        words = "Say whether the other children are safe, or “Not known”."
        yield Cannot("siblings_safe", words, lambda: self.others is not Known.NO and self.siblings_safe is None)
        words = "Enter the day on which you ask how far the report of the post-mortem examination is."
        yield Cannot("review", words, lambda: self.post_mortem is Known.YES and self.review is None)
        yield Cannot("review", TO_COME, lambda: self.review and self.review < day_of(now))
        yield Cannot("review", TOO_FAR, lambda: _is_too_far(self.review, now))


class RecordDatabaseNotification(Command):
    """Record that the national child mortality database was notified."""

    KIND: ClassVar[str] = "record_database_notification"
    FACT: ClassVar[str] = "national_database_notified"
    TITLE: ClassVar[str] = "Record the notification to the national database"
    OCCURRED: ClassVar[str] = "sent_at"
    sent_at: Moment = asks("When was it sent?")
    late: MaybeLine = LATE
    reference: MaybeLine = asks("Reference of the database", private=True, default="", short=True)


class NameKeyWorker(Command):
    """Name who is there for the family throughout the review."""

    KIND: ClassVar[str] = "name_key_worker"
    FACT: ClassVar[str] = "key_worker_named"
    TITLE: ClassVar[str] = "Name the key worker"
    name: Line = asks("Who is the key worker?", private=True)
    contact: Line = asks("How can they be reached?", private=True)
    cover: MaybeLine = asks("Who stands in for them?", private=True, default="")


class RecordJointResponse(Command):
    """Record that the agencies met for their joint response."""

    KIND: ClassVar[str] = "record_joint_response"
    FACT: ClassVar[str] = "joint_response_held"
    TITLE: ClassVar[str] = "Record the joint agency response"
    OCCURRED: ClassVar[str] = "held_at"
    held_at: Moment = asks("When did they meet?")
    late: MaybeLine = LATE
    words: Words = asks("What was agreed, and who visits?", private=True)


class RequestForms(RequestInformation):
    """Ask agencies for their reporting forms, and for the supplementary forms of this kind of death."""

    TITLE: ClassVar[str] = "Ask agencies for their reporting forms"
    forms: tuple[Slug, ...] = asks(
        "Which supplementary forms do they fill in as well?", "By the kind of death.", rows="forms", default=()
    )


class FormAnswer(Part):
    """A question of a supplementary form. Blank: nobody has considered it; that it is not known is an answer.

    One whose name begins with that of another question is asked where that other one is answered with yes.
    """

    question: Slug = asks("Question")
    answer: Known | None = asks("Answer", private=True, default=None)
    words: MaybeWords = asks("What is known of it?", private=True, default="", when=("answer", ("yes",)))


class ReturnForm(Command):
    """Give the reporting form of your agency. That it holds nothing is an answer."""

    KIND: ClassVar[str] = "return_form"
    FACT: ClassVar[str] = "return_received"
    TITLE: ClassVar[str] = "Give the reporting form"
    agency: Slug = asks("Agency", rows="agency")
    holds: Holds = asks("Does your agency hold information?")
    summary: MaybeWords = asks(
        "What your agency knows and did", private=True, default="", when=("holds", ("something",))
    )
    answers: tuple[FormAnswer, ...] = asks(
        "Supplementary questions", "Leave blank what you have not considered.", rows="form_questions", default=(),
        when=("holds", ("something",)),
    )  # fmt: skip

    @field_validator("answers")
    @classmethod
    def _asked(cls, given: tuple[FormAnswer, ...]) -> tuple[FormAnswer, ...]:
        """Without what was not asked: whoever changes a yes may leave answers behind."""
        named = {one.question: one.answer for one in given}
        before = {name: name.rpartition("/")[0] for name in named}
        return tuple(one for one in given if named.get(before[one.question], Known.YES) is Known.YES)

    def cannot(self, now: datetime) -> Iterator[Cannot]:
        yield from super().cannot(now)
        words = "Enter a summary, or say that your agency holds nothing."
        yield Cannot("summary", words, lambda: self.holds is Holds.SOMETHING and not self.summary)


class OpenWait(Command):
    """Say that the review waits for something outside. It is looked at again on a day."""

    KIND: ClassVar[str] = "open_wait"
    FACT: ClassVar[str] = "wait_opened"
    TITLE: ClassVar[str] = "Record what the review waits for"
    kind: WaitsFor = asks("What does the review wait for?")
    since: Day = asks("Since when is it under way?")
    holds: Annotated[tuple[Step, ...], Field(min_length=1, max_length=2)] = asks("What waits for it?")
    review: Day = asks("When do you look at it again?", "Ask then how far it is.")
    words: MaybeWords = asks("Who leads it, and under which reference?", private=True, default="")

    def cannot(self, now: datetime) -> Iterator[Cannot]:
        yield from super().cannot(now)
        yield Cannot("since", PAST, lambda: self.since > day_of(now))
        yield Cannot("review", TO_COME, lambda: self.review < day_of(now))
        yield Cannot("review", TOO_FAR, lambda: _is_too_far(self.review, now))


class ReviewWait(Command):
    """Say how far something is for which the review waits, or that it has ended and what it found."""

    KIND: ClassVar[str] = "review_wait"
    FACT: ClassVar[str] = "wait_reviewed"
    TITLE: ClassVar[str] = "Look at what the review waits for"
    item: Slug = asks("Which wait is it?", rows="waits")
    outcome: WaitOutcome = asks("How far has it come there?")
    review: Day | None = asks("When do you look at it again?", default=None, when=("outcome", ("goes_on",)))
    ended_on: Day | None = asks("On which day did it end?", default=None, when=("outcome", ("ended",)))
    abuse: Known | None = asks("Does it find abuse or neglect?", default=None, when=("outcome", ("ended",)))
    words: MaybeWords = asks("What is known of it now?", private=True, default="")

    def cannot(self, now: datetime) -> Iterator[Cannot]:
        yield from super().cannot(now)
        words = "Enter the day on which you look at it again."
        yield Cannot("review", words, lambda: self.outcome is WaitOutcome.GOES_ON and self.review is None)
        yield Cannot("review", TO_COME, lambda: self.review and self.review < day_of(now))
        yield Cannot("review", TOO_FAR, lambda: _is_too_far(self.review, now))
        words = "Enter the day on which it ended."
        yield Cannot("ended_on", words, lambda: self.outcome is WaitOutcome.ENDED and self.ended_on is None)
        yield Cannot("ended_on", PAST, lambda: self.ended_on and self.ended_on > day_of(now))
        words = "Say whether it finds abuse or neglect, or “Not known”."
        yield Cannot("abuse", words, lambda: self.outcome is WaitOutcome.ENDED and self.abuse is None)


class RecordFinding(Command):
    """Record what came to light outside the review: also after it was closed, once it has been reopened."""

    KIND: ClassVar[str] = "record_finding"
    FACT: ClassVar[str] = "finding_recorded"
    TITLE: ClassVar[str] = "Record what came to light"
    OCCURRED: ClassVar[str] = "known_at"
    source: WaitsFor = asks("Where did it come to light?")
    abuse: Known = asks("Does it find abuse or neglect?")
    panel: bool = asks("Must the panel review the death anew?")
    words: Words = asks("What was found?", private=True)
    known_at: Moment | None = asks("When was it known, if not now?", NOT_NOW, default=None)
    late: MaybeLine = LATE


class PlanMeeting(Command):
    """Set the day of the child death review meeting."""

    KIND: ClassVar[str] = "plan_meeting"
    FACT: ClassVar[str] = "meeting_planned"
    TITLE: ClassVar[str] = "Set the day of the review meeting"
    on: Day = asks("On which day?", "Those who knew the child need at least a month’s notice.")
    reason: MaybeLine = asks("If it is sooner than in a month: why?", private=True, default="")

    def cannot(self, now: datetime) -> Iterator[Cannot]:
        yield from super().cannot(now)
        yield Cannot("on", TO_COME, lambda: self.on < day_of(now))
        words = "This is more than a year ahead. Choose a nearer day, or record what the review waits for."
        yield Cannot("on", words, lambda: self.on > add_months(day_of(now), 12))
        words = "Say why it is sooner than in a month: those who knew the child have to be free."
        yield Cannot("reason", words, lambda: self.on < add_months(day_of(now), 1) and not self.reason)


class RecordDeathMeeting(Command):
    """Record the child death review meeting, and what it passes on to the panel."""

    KIND: ClassVar[str] = "record_death_meeting"
    FACT: ClassVar[str] = "death_meeting_held"
    TITLE: ClassVar[str] = "Record the review meeting"
    OCCURRED: ClassVar[str] = "held_at"
    held_at: Moment = asks("When was it held?")
    late: MaybeLine = LATE
    agencies: tuple[Slug, ...] = asks("Which agencies took part?", rows="agencies", default=())
    words: Words = asks("What was found, and what did the family ask?", private=True)


class DraftAnalysis(Command):
    """Give the draft of the analysis to the panel, without any name."""

    KIND: ClassVar[str] = "draft_analysis"
    FACT: ClassVar[str] = "analysis_drafted"
    TITLE: ClassVar[str] = "Give the draft analysis"
    summary: Words = asks(
        "Summary for the panel", "As short as possible, and without names, places and dates.", private=True
    )
    no_name: bool = asks("It is an ordinary word here, and names nobody", back=True, default=False)


class ListForPanel(Command):
    """Put the death on the list of a panel."""

    KIND: ClassVar[str] = "list_for_panel"
    FACT: ClassVar[str] = "panel_listed"
    TITLE: ClassVar[str] = "List for a panel"
    panel: Slug = asks("Which panel?", rows="panels")
    on: Day = asks("On which of its days?", "Until then nobody is chased for the panel’s review.")
    theme: MaybeLine = asks("Theme of the panel, if it has one", private=True, default="", short=True)
    extra: bool = asks("This is a meeting beside those that are planned", back=True, default=False)

    def cannot(self, now: datetime) -> Iterator[Cannot]:
        yield from super().cannot(now)
        yield Cannot("on", TO_COME, lambda: self.on < day_of(now))
        words = "This is more than a year ahead. Choose a nearer day, or record what the review waits for."
        yield Cannot("on", words, lambda: self.on > add_months(day_of(now), 12))


class DeferPanel(Command):
    """Take the death off the list of a panel, with the reason."""

    KIND: ClassVar[str] = "defer_panel"
    FACT: ClassVar[str] = "panel_deferred"
    TITLE: ClassVar[str] = "Defer the panel’s review"
    reason: Words = asks("Why, and what has to come first?", private=True)


class FactorFound(Part):
    domain: Domain = asks("Domain")
    factor: Words = asks("Factor", private=True)
    influence: Influence = asks("Influence")


class CompleteAnalysis(Command):
    """Record the panel’s review: who sat, the factors, the category, whether anything could have been changed."""

    KIND: ClassVar[str] = "complete_analysis"
    FACT: ClassVar[str] = "panel_recorded"
    TITLE: ClassVar[str] = "Record the panel’s review"
    OCCURRED: ClassVar[str] = "held_at"
    held_at: Moment = asks("When did the panel meet?")
    late: MaybeLine = LATE
    moved: bool = asks("It met on another day than the list says", back=True, default=False)
    seats: Annotated[tuple[Slug, ...], Field(min_length=1, max_length=20)] = asks("Who sat?", rows="panel_seats")
    left: tuple[Slug, ...] = asks(
        "Who declared an interest and left?", "They do not count for the quorum.", rows="panel_seats", default=()
    )
    interests: MaybeWords = asks("Which interests were declared?", private=True, default="")
    factors: Annotated[tuple[FactorFound, ...], Field(max_length=40)] = asks("Factors", private=True, default=())
    categories: Annotated[tuple[Category, ...], Field(min_length=1, max_length=10)] = asks(
        "Which categories apply?", "Of several the one that stands first counts.", private=True
    )
    modifiable: Modifiable = asks("Could anything have been changed?", private=True)
    learning: MaybeWords = asks("What is learnt from this death?", private=True, default="")

    def cannot(self, now: datetime) -> Iterator[Cannot]:
        yield from super().cannot(now)
        words = "Name the factors that could be changed."
        yield Cannot("factors", words, lambda: self.modifiable is Modifiable.YES and not self.factors)
        words = "Only who sat can have left. Tick them above as well."
        yield Cannot("left", words, lambda: set(self.left) - set(self.seats))
        words = "Say which interest was declared."
        yield Cannot("interests", words, lambda: self.left and not self.interests)


class SubmitAnalysis(Command):
    """Record that the completed analysis went to the national database."""

    KIND: ClassVar[str] = "submit_analysis"
    FACT: ClassVar[str] = "analysis_submitted"
    TITLE: ClassVar[str] = "Record the submission of the analysis"
    OCCURRED: ClassVar[str] = "sent_at"
    sent_at: Moment = asks("When was it sent?")
    late: MaybeLine = LATE


class LogFamilyContact(Command):
    """Log a contact of the key worker with the family."""

    KIND: ClassVar[str] = "log_family_contact"
    FACT: ClassVar[str] = "family_contacted"
    TITLE: ClassVar[str] = "Log a contact with the family"
    OCCURRED: ClassVar[str] = "held_at"
    contact: FamilyContact = asks("What was it about?")
    held_at: Moment = asks("When was it?")
    late: MaybeLine = LATE
    words: MaybeWords = asks("What was said and asked?", private=True, default="")


class ConsiderReview(Command):
    """Decide in the sub-group whether the death is one for a practice review."""

    KIND: ClassVar[str] = "consider_review"
    FACT: ClassVar[str] = "review_considered"
    TITLE: ClassVar[str] = "Decide whether a practice review is considered"
    outcome: Considered = asks("What did the sub-group decide?")
    again: Day | None = asks(
        "When do you look at it again, or decide at the latest?",
        "If it is referred, the panel waits for the review, and nobody is chased.", default=None,
        when=("outcome", ("wait", "refer")),
    )  # fmt: skip
    reasons: Words = asks("Why?", private=True)

    def cannot(self, now: datetime) -> Iterator[Cannot]:
        yield from super().cannot(now)
        words = "Enter the day on which you look at it again, or by which it is decided."
        yield Cannot("again", words, lambda: self.outcome is not Considered.NOT_MET and self.again is None)
        yield Cannot("again", TO_COME, lambda: self.again and self.again < day_of(now))
        yield Cannot("again", TOO_FAR, lambda: _is_too_far(self.again, now))


class HandOver(Command):
    """Hand the review over to the area where the child lived."""

    KIND: ClassVar[str] = "hand_over"
    FACT: ClassVar[str] = "death_handed_over"
    TITLE: ClassVar[str] = "Hand over to another area"
    area: Line = asks("To which area?", private=True)
    words: MaybeWords = asks("What went with it?", private=True, default="")


class ConfirmHandOver(Command):
    """Record that the other area has received the review."""

    KIND: ClassVar[str] = "confirm_hand_over"
    FACT: ClassVar[str] = "hand_over_received"
    TITLE: ClassVar[str] = "Record that the other area has received it"
    OCCURRED: ClassVar[str] = "received_at"
    received_at: Moment = asks("When did they confirm it?")
    late: MaybeLine = LATE


COMMANDS: tuple[type[Command], ...] = (
    NotifyDeath, EnterDeath, AmendDeath, DecideSameDeath, RecordImmediateDecisions, AnswerSafety,
    RecordDatabaseNotification, NameKeyWorker, RequestForms, WithdrawRequest, RecordNoReturn, ReturnForm,
    RecordJointResponse, OpenWait, ReviewWait, RecordFinding, PlanMeeting, RecordDeathMeeting, DraftAnalysis,
    ListForPanel, DeferPanel, CompleteAnalysis, SubmitAnalysis, LogFamilyContact, ConsiderReview, HandOver,
    ConfirmHandOver,
)  # fmt: skip
