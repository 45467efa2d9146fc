"""A referral: somebody says that something serious happened, it is decided what it is, the referrer is told.

Children Act 2004 s16C (duty to notify); Working Together to Safeguard Children 2023, chapter 5.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Annotated, Any, ClassVar

from pydantic import EmailStr, Field

from models.case import Case
from models.command import (
    LATE,
    NOT_NOW,
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
    Ref,
    Slug,
    Words,
    asks,
)
from models.facts import Fact, Problem
from models.nhs_number import can_be_nhs_number
from models.obligation import Ended
from models.time import at, day_of


class Event(Choice):
    DEATH = "death", "A child has died"
    HARM = "serious_harm", "A child has been seriously harmed"
    LOOKED_AFTER = "looked_after_death", "A looked-after child has died"
    CARE_LEAVER = "care_leaver_death", "A care leaver aged under 25 has died"
    CONCERN = "concern", "Something else that we should learn from"


SAFE_HINT = "If there are none, answer yes. Anything but yes is taken up at once, day and night."


class Sex(Choice):
    FEMALE = "female", "Female"
    MALE = "male", "Male"
    OTHER = "indeterminate", "Indeterminate"
    NOT_KNOWN = "not_known", "Not known"


class Route(Choice):
    """What becomes of a referral for one child."""

    RAPID_REVIEW = "rapid_review", "Notify the national panel and hold a rapid review"
    NOTIFY_ONLY = "notify_only", "Notify the Secretary of State and Ofsted only (looked-after child or care leaver)"
    ALTERNATIVE = "alternative_review", "Alternative learning review"
    SINGLE_AGENCY = "single_agency_review", "Single-agency review"
    PASS_ON = "pass_on", "Pass to another body"
    JOINED = "joined", "Belongs to a case that we have already"
    NO_ACTION = "no_further_action", "No further action"


BELOW = frozenset({Route.ALTERNATIVE, Route.SINGLE_AGENCY})
"""Reviews of what is below the criteria: what they learn is heard before the referral closes."""
CARE = frozenset({Event.LOOKED_AFTER, Event.CARE_LEAVER})
"""Deaths of which the Secretary of State and Ofsted hear, whether or not abuse or neglect is suspected."""
DEATHS = CARE | {Event.DEATH}
"""The referrer may not know that a child who has died was looked after."""
ELSEWHERE = frozenset({Route.RAPID_REVIEW, Route.JOINED})
"""Where the national notification is made in another case; it reaches the Secretary of State and Ofsted as well."""


class Body(Choice):
    CQC = "cqc", "Care Quality Commission"
    OFSTED = "ofsted", "Ofsted"
    LADO = "lado", "Local authority designated officer"
    HSE = "hse", "Health and Safety Executive"
    POLICE = "police", "Police"
    COMMISSIONER = "commissioner", "Commissioner of the service"


class ToldHow(Choice):
    EMAIL = "email", "By e-mail"
    PHONE = "phone", "By phone"
    MEETING = "meeting", "In person"
    SILENCE = "silence", "Not told, for a reason"


class Child(Part):
    """A child whom the incident concerns. An unborn child has an expected date instead of a date of birth."""

    name: Line = asks("Full name", private=True)
    born: Day | None = asks(
        "Date of birth", "Leave this empty for a child who was not yet born when it happened.", private=True,
        default=None,
    )  # fmt: skip
    expected: Day | None = asks("Expected date of birth, if not yet born when it happened", private=True, default=None)
    died: Day | None = asks(
        "Date of death, if the child has died", "If you only know roughly, give the earliest day.", private=True,
        default=None,
    )  # fmt: skip
    sex: Sex | None = asks("Sex", private=True, default=None)
    ethnic_group: MaybeLine = asks("Ethnic group", private=True, default="")
    disability: MaybeLine = asks("Disability or health condition", private=True, default="")
    nhs_number: MaybeLine = asks("NHS number, if you have it", private=True, default="", short=True)
    address: MaybeWords = asks("Home address", private=True, default="")
    legal_status: MaybeLine = asks(
        "Care or protection status", "For example child protection plan, child in need, looked after.",
        private=True, default="",
    )  # fmt: skip

    def cannot(self, path: str, told: "SubmitReferral", today: date) -> Iterator[Cannot]:
        words = "Enter the date of birth, or the expected date for a child who was not yet born. Enter one of the two."
        yield Cannot(f"{path}.born", words, lambda: (self.born is None) == (self.expected is None))
        words = (
            "The child was born after the incident. Check both dates. "
            "For a child who was not yet born when it happened, enter the expected date instead."
        )
        yield Cannot(f"{path}.born", words, lambda: self.born and self.born > told.incident_on)
        for below, in_care in ((OF_AGE, False), (OF_AGE_IN_CARE, True)):
            words = f"By this date of birth they were {below} or older when it happened. Check both dates."
            yield Cannot(f"{path}.born", words, partial(self._is_of_age, told, below, in_care=in_care))
        words = "This cannot be an NHS number. Check its ten digits, or leave it empty if you are not sure."
        yield Cannot(f"{path}.nhs_number", words, lambda: self.nhs_number and not can_be_nhs_number(self.nhs_number))
        words = "A child who was not yet born when it happened cannot have been expected then. Check both dates."
        yield Cannot(f"{path}.expected", words, lambda: self.expected and not _unborn(self.expected, told.incident_on))
        yield Cannot(f"{path}.died", PAST, lambda: self.died and self.died > today)
        words = "The date of death is before the date of birth. Check both dates."
        yield Cannot(f"{path}.died", words, lambda: self._died_unborn)
        words = "The child died before it happened. Check both dates."
        yield Cannot(
            f"{path}.died", words, lambda: self.died and self.died < told.incident_on and not self._died_unborn
        )

    def _is_of_age(self, told: "SubmitReferral", below: int, *, in_care: bool) -> bool:
        if self.born is None or (told.event is Event.CARE_LEAVER) is not in_care:
            return False
        born, incident = self.born, told.incident_on
        return (incident.year - below, incident.month, incident.day) >= (born.year, born.month, born.day)

    @property
    def _died_unborn(self) -> bool:
        return bool(self.born and self.died and self.died < self.born)


class SubmitReferral(Command):
    """Tell the partnership that something serious happened to a child."""

    KIND: ClassVar[str] = "submit_referral"
    FACT: ClassVar[str] = "referral_received"
    TITLE: ClassVar[str] = "Refer a serious incident"
    event: Event = asks("What has happened?", step="incident")
    incident_on: Day = asks(
        "When did it happen?", "If you only know roughly, give the earliest day.", private=True, step="incident"
    )
    aware_at: Day = asks(
        "When did your organisation become aware of it?",
        "The local authority may have known earlier or later: its own day is asked for at triage.",
        step="incident",
    )  # fmt: skip
    in_area: Known = asks("Did it happen in our area?", step="incident")
    abuse_or_neglect: Known = asks("Is abuse or neglect known or suspected?", step="incident")
    place: MaybeLine = asks("Where did it happen?", private=True, step="incident", default="")
    narrative: Words = asks(
        "What do you know about what happened?", "Facts, in your own words.", private=True, step="incident"
    )
    coroner: Known | None = asks(
        "Has the coroner been told?", step="incident", default=None,
        when=("event", ("death", "looked_after_death", "care_leaver_death")),
    )  # fmt: skip
    harm: MaybeWords = asks(
        "What harm, and is it likely to last?",
        private=True,
        step="incident",
        default="",
        when=("event", ("serious_harm",)),
    )
    children: Annotated[tuple[Child, ...], Field(min_length=1, max_length=12)] = asks(
        "The children", private=True, step="children"
    )
    others: Known = asks("Are there other children in the household, or in the same care?", step="safety")
    carers: MaybeWords = asks(
        "Who cares for them now?", private=True, step="safety", default="", when=("others", ("yes", "not_known"))
    )
    siblings_safe: Known | None = asks(
        "Are they safe now?",
        "Unless you answer yes, the business unit is told at once when you send the referral.",
        step="safety",
        default=None,
        when=("others", ("yes", "not_known")),
    )
    safety_action: MaybeWords = asks(
        "What is being done to make them safe?", private=True, step="safety", default="",
        when=("siblings_safe", ("no", "not_known")),
    )  # fmt: skip
    agencies_involved: MaybeWords = asks("Which agencies know the family?", private=True, step="safety", default="")
    referrer_name: Line = asks("Your name", private=True, step="you")
    referrer_role: Line = asks("Your role", private=True, step="you")
    referrer_agency: Line = asks("Your organisation", private=True, step="you")
    referrer_email: EmailStr = asks(
        "Your work e-mail address", "A link that is sent there proves that it is yours.", private=True, step="you"
    )
    referrer_phone: MaybeLine = asks("A phone number for questions", private=True, step="you", default="", short=True)
    lead_agrees: Known = asks("Have you agreed this referral with your safeguarding lead?", step="you")

    def also(self) -> dict[str, Any]:
        return {"children": list(range(1, len(self.children) + 1)), "aware": at(self.aware_at, time(0)).isoformat()}

    def cannot(self, now: datetime) -> Iterator[Cannot]:
        yield from super().cannot(now)
        today = day_of(now)
        yield Cannot("incident_on", PAST, lambda: self.incident_on > today)
        yield Cannot("aware_at", PAST, lambda: self.aware_at > today)
        words = "Nobody can become aware before it happened. Check both dates."
        yield Cannot("aware_at", words, lambda: self.aware_at < self.incident_on)
        for row, child in enumerate(self.children):
            yield from child.cannot(f"children.{row}", self, today)
        words = (
            "You said that a child has died. Enter the date of death of the child who died. If you only know it "
            "roughly, give the earliest day. If no child has died, change what has happened."
        )
        yield Cannot("children.0.died", words, lambda: self.event in DEATHS and not self._says_who_died)
        words = "Say whether the other children are safe, or “Not known”."
        yield Cannot("siblings_safe", words, lambda: self.others is not Known.NO and self.siblings_safe is None)

    @property
    def _says_who_died(self) -> bool:
        """Whether a child has a date of death, or was not yet born; so too while no child could be read."""
        return not self.children or any(child.died or child.expected for child in self.children)


OF_AGE, OF_AGE_IN_CARE = 18, 25
"""Who is a child (Children Act 1989 s105), and until when somebody has left care as a child did."""
PREGNANCY, OVERDUE = timedelta(weeks=42), timedelta(weeks=3)
"""How long before the expected date a child can be spoken of, and how long after it one may still be unborn."""


def _unborn(expected: date, incident: date) -> bool:
    return incident - OVERDUE <= expected <= incident + PREGNANCY


class CriterionAnswer(Part):
    criterion: Slug = asks("Criterion")
    met: Known = asks("Is it met?")
    reason: Words = asks("Why?", private=True)


class ChildTriage(Part):
    """The decision for one child, criterion by criterion."""

    child: int = asks("Child")
    criteria: tuple[CriterionAnswer, ...] = asks("The criteria", rows="notification_criteria")
    route: Route = asks("What happens next for this child?")
    agency: Slug | None = asks(
        "Which agency reviews its own work?", default=None, when=("route", ("single_agency_review",)), rows="agencies"
    )
    body: Body | None = asks("Which body?", default=None, when=("route", ("pass_on",)))
    joins: Ref | None = asks(
        "Which case?", "For example RR-2026-0004.", default=None, when=("route", ("joined",)), short=True
    )
    reason: Words = asks("Your reasons for this", private=True)

    def cannot(self, path: str) -> Iterator[Cannot]:
        words = "Choose the agency that reviews its work."
        yield Cannot(f"{path}.agency", words, lambda: self.route is Route.SINGLE_AGENCY and self.agency is None)
        words = "Choose the body that it is passed to."
        yield Cannot(f"{path}.body", words, lambda: self.route is Route.PASS_ON and self.body is None)
        words = "Enter the reference of the case that it joins."
        yield Cannot(f"{path}.joins", words, lambda: self.route is Route.JOINED and self.joins is None)
        words = "A criterion is answered “No”, and a national notification needs all of them. Choose another route."
        yield Cannot(
            f"{path}.route",
            words,
            lambda: self.route is Route.RAPID_REVIEW and any(one.met is Known.NO for one in self.criteria),
        )
        words = (
            "Every criterion is answered “Yes”, so the local authority has to notify the national panel. "
            "Choose that, or look at the criteria again."
        )
        yield Cannot(
            f"{path}.route",
            words,
            lambda: self.route not in ELSEWHERE and {one.met for one in self.criteria} == {Known.YES},
        )


class Triage(Command):
    """Decide for each child, criterion by criterion, what the referral is and what happens next."""

    KIND: ClassVar[str] = "triage"
    FACT: ClassVar[str] = "triaged"
    TITLE: ClassVar[str] = "Triage the referral"
    OCCURRED: ClassVar[str] = "decided_at"
    criteria_set: Slug = asks("Decided against")
    aware_at: Day | None = asks(
        "When did the local authority become aware of it?",
        "The five working days of the national notification count from this day (Working Together to Safeguard "
        "Children 2023, chapter 5). If you leave it empty, the day that the referral says holds.",
        default=None,
    )
    children: Annotated[tuple[ChildTriage, ...], Field(min_length=1, max_length=12)] = asks(
        "The children", rows="children"
    )
    siblings_safe: Known = asks("Are the other children safe now?", SAFE_HINT)
    siblings_words: Words = asks("Who cares for them, and how do you know?", private=True)
    restricted: bool = asks("Must this case be restricted to named people?", default=False)
    decided_at: Moment | None = asks("When was it decided, if not now?", NOT_NOW, default=None)
    late: MaybeLine = LATE

    def cannot(self, now: datetime) -> Iterator[Cannot]:
        yield from super().cannot(now)
        words = "The local authority cannot become aware after the triage. Check the date."
        yield Cannot("aware_at", words, lambda: self.aware_at and self.aware_at > day_of(self.occurred(now)))
        for row, child in enumerate(self.children):
            yield from child.cannot(f"children.{row}")

    @classmethod
    def names_cases(cls, answers: Mapping[str, Any]) -> list[tuple[str, str, str]]:
        return [
            (f"children.{row}.joins", child["joins"], Route.RAPID_REVIEW)
            for row, child in enumerate(answers["children"])
            if child.get("joins")
        ]


class NotifySecretaryOfState(Command):
    """Record the notification of the death of a looked-after child or a care leaver."""

    KIND: ClassVar[str] = "notify_secretary_of_state"
    FACT: ClassVar[str] = "secretary_of_state_notified"
    TITLE: ClassVar[str] = "Record the notification to the Secretary of State and Ofsted"
    OCCURRED: ClassVar[str] = "sent_at"
    sent_at: Moment = asks("When was it sent?")
    late: MaybeLine = LATE
    sent_by: Line = asks("Who sent it?", private=True)
    reference: Line = asks("Reference given by the service", private=True)


class PassOn(Command):
    """Record that the referral went to the other body to which it was to be passed."""

    KIND: ClassVar[str] = "pass_on"
    FACT: ClassVar[str] = "passed_on"
    TITLE: ClassVar[str] = "Record that it was passed to the other body"
    OCCURRED: ClassVar[str] = "sent_at"
    body: Body = asks("Which body?")
    sent_at: Moment = asks("When was it passed on?")
    late: MaybeLine = LATE
    sent_to: Line = asks("Who received it there?", private=True)
    reference: MaybeLine = asks("Their reference, if they gave one", private=True, default="", short=True)


class RecordLearning(Command):
    """Record what a review below the criteria has learnt, so that it is not lost."""

    KIND: ClassVar[str] = "record_review_learning"
    FACT: ClassVar[str] = "review_learning_recorded"
    TITLE: ClassVar[str] = "Record what the review has learnt"
    learning: Words = asks("What has the review learnt?", private=True)
    changes: Words = asks("What changes because of it?", private=True)


class AnswerSafety(Command):
    """Say whether other children are safe, once it is known."""

    KIND: ClassVar[str] = "answer_safety"
    FACT: ClassVar[str] = "siblings_safety_answered"
    TITLE: ClassVar[str] = "Say whether other children are safe"
    OCCURRED: ClassVar[str] = "known_at"
    siblings_safe: Known = asks("Are the other children safe now?")
    words: Words = asks("Who cares for them, and how do you know?", private=True)
    known_at: Moment | None = asks("When was it known, if not now?", NOT_NOW, default=None)
    late: MaybeLine = LATE


class TellReferrer(Command):
    """Record how the referrer learnt the outcome, or why they did not."""

    KIND: ClassVar[str] = "tell_referrer"
    FACT: ClassVar[str] = "referrer_told"
    TITLE: ClassVar[str] = "Tell the referrer"
    OCCURRED: ClassVar[str] = "told_at"
    how: ToldHow = asks("How was the referrer told?")
    words: Words = asks("What were they told, or why not?", private=True)
    told_at: Moment | None = asks("When were they told, if not now?", NOT_NOW, default=None)
    late: MaybeLine = LATE


class DecideDuplicate(Command):
    """Say whether another referral or case is about the same child and incident. If it is, this one joins it."""

    KIND: ClassVar[str] = "decide_duplicate"
    FACT: ClassVar[str] = "duplicate_decided"
    TITLE: ClassVar[str] = "Same or not the same"
    other: Ref = asks("The other case")
    same: bool = asks(
        "Is it the same?",
        "If it is the same incident, this referral joins the other case: nothing more is owed here but to tell the "
        "referrer, and to know that other children are safe.",
    )
    reason: Words = asks("How do you know?", private=True)

    @classmethod
    def names_cases(cls, answers: Mapping[str, Any]) -> list[tuple[str, str, str]]:
        return [("other", answers["other"], "")]


COMMANDS: tuple[type[Command], ...] = (
    SubmitReferral, Triage, AnswerSafety, NotifySecretaryOfState, PassOn, RecordLearning, DecideDuplicate, TellReferrer,
)  # fmt: skip


class Referral:
    """What a referral's facts make true, and what it takes."""

    name = "referral"
    prefix = "LR"
    commands = COMMANDS
    story: tuple[str, ...] = (
        "triage", "triage_again", "siblings_safety", "notify_secretary_of_state", "pass_on", "tell_referrer",
        "review_learning",
    )  # fmt: skip

    said_dates: ClassVar[dict[str, str]] = {}
    follows: ClassVar[dict[str, tuple[str, ...]]] = {"referrer_told": ("triaged",)}

    def ends(self, case: Case, fact: Fact) -> dict[str, Ended]:
        """What another triage does not ask for any more."""
        needed: Mapping[str, bool] = {}
        if fact.kind == "triaged":
            needed = _needed(case, fact.data)
        elif fact.kind == "duplicate_decided" and joins(case, fact.data):
            needed = dict.fromkeys(OF_ROUTES, False)
        return {one.key: Ended.WITHDRAWN for one in case.open() if not needed.get(one.block, True)}

    def marks(self, case: Case, fact: Fact) -> dict[str, datetime]:
        when = fact.occurred
        match fact.kind:
            case "referral_received":
                received = {"referral_received": when, "awareness": datetime.fromisoformat(fact.data["aware"])}
                return {**received, **safety(fact)}
            case "triaged":
                opens = dict.fromkeys(_opened_by(case, fact.data), when)
                return {"triaged": when, **_awareness(case, fact.data), **opens, **safety(fact)}
            case "passed_on":
                body = fact.data["body"]
                return {"passed_on": when} if _to_pass(case) == {body} else {f"passed_on/{body}": when}
            case "duplicate_decided":
                return {"triaged": when} if joins(case, fact.data) else {}
            case "siblings_safety_answered":
                return safety(fact)
            case _:
                return {fact.kind: when}

    def said(self, case: Case, fact: Fact) -> dict[str, Any]:
        match fact.kind:
            case "referral_received":
                kept = ("children", "event", "from", "restricted", "locked_out")
                return {name: fact.data[name] for name in kept if fact.data.get(name)}
            case "triaged":
                restricted = bool(fact.data.get("restricted") or case.said.get("restricted"))
                return {
                    "routes": routes(fact.data),
                    "to": towards(fact.data),
                    "criteria_set": fact.data["criteria_set"],
                    "restricted": restricted,
                }
            case "passed_on":
                return {"passed": [*case.said.get("passed", ()), fact.data["body"]]}
            case "referrer_told":
                return {"told": fact.data["how"]}
            case "duplicate_decided":
                children, other = [str(number) for number in case.said["children"]], fact.data["other"]
                joined = {"routes": dict.fromkeys(children, Route.JOINED.value), "to": dict.fromkeys(children, other)}
                return {
                    "duplicates": {**case.said.get("duplicates", {}), other: fact.data["same"]},
                    **(joined if joins(case, fact.data) else {}),
                }
            case _:
                return {}

    def judge(  # noqa: PLR0911 -- one answer for each command
        self, case: Case, kind: str, body: dict[str, Any], now: datetime
    ) -> list[Problem]:
        match kind:
            case "triage":
                if not case.is_open("triage") and not case.is_open("triage_again"):
                    return [
                        Problem(words="This referral has been triaged already. To change it, reopen it with a reason.")
                    ]
                return _triaged(case, body)
            case "answer_safety":
                return owed(case, "siblings_safety", "The safety of other children has been answered already.")
            case "pass_on":
                return owed(case, "pass_on") or _passed(case, body["body"])
            case "record_review_learning":
                return owed(case, "review_learning")
            case "notify_secretary_of_state":
                return owed(case, "notify_secretary_of_state")
            case "decide_duplicate":
                return _duplicate(case, body["other"], same=body["same"])
            case "tell_referrer" if "triaged" not in case.marks:
                return [Problem(words="Triage the referral first: there is no outcome to tell yet.")]
            case "tell_referrer":
                return owed(case, "tell_referrer", "The referrer has been told already.")
            case _:
                pass
        return []

    def reopens(self, case: Case) -> bool:
        """Also while it is open: a triage is taken up again as soon as something else comes to light."""
        return "triaged" in case.marks and not case.is_open("triage_again")

    def decided(self, case: Case) -> tuple[str, datetime] | None:
        found = dict.fromkeys(Route(route).words for route in case.said.get("routes", {}).values())
        return ("; ".join(found), case.marks["triaged"].at) if found else None

    def closes(self, case: Case) -> bool:
        return "triaged" in case.marks and not case.open()


def safety(fact: Fact) -> dict[str, datetime]:
    """What an answer about the other children brings: only that they are safe ends the asking, all else begins it."""
    match fact.data["siblings_safe"]:
        case None:
            return {}
        case Known.YES:
            return {"siblings_safety_answered": fact.occurred}
        case _:
            return {"siblings_not_known": fact.occurred}


def _awareness(case: Case, data: dict[str, Any]) -> dict[str, datetime]:
    """The local authority's own awareness, where it is another day than the one that the referral says."""
    day = date.fromisoformat(data["aware_at"]) if data.get("aware_at") else None
    return {"awareness": at(day, time(0))} if day and day != day_of(case.marks["awareness"].at) else {}


def _triaged(case: Case, body: dict[str, Any]) -> list[Problem]:
    """Only a death is notified by itself, and never left unnotified; awareness is said once."""
    found = []
    if "triaged" in case.marks and _awareness(case, body):
        words = "When the local authority became aware has been recorded already. Correct that date on the case’s page."
        found.append(Problem(field="aware_at", words=words))
    if case.said["event"] in CARE and {child["route"] for child in body["children"]} == {Route.NO_ACTION}:
        words = (
            "The Secretary of State and Ofsted have to hear of the death of a looked-after child or a care leaver. "
            "Choose “Notify the Secretary of State and Ofsted only”, or a review."
        )
        found += [Problem(field=f"children.{row}.route", words=words) for row in range(len(body["children"]))]
    for row, child in enumerate(body["children"]):
        if child["route"] == Route.NOTIFY_ONLY and case.said["event"] not in DEATHS:
            words = "Only the death of a looked-after child or a care leaver is notified so, and nobody has died here."
            found.append(Problem(field=f"children.{row}.route", words=words))
    return found


def routes(data: dict[str, Any]) -> dict[str, str]:
    """The route decided for each child."""
    return {str(row["child"]): str(row["route"]) for row in data["children"]}


def towards(data: dict[str, Any]) -> dict[str, str]:
    """Where each child's route leads, when it leads to somebody: to a body, an agency, or another case."""
    named = {Route.PASS_ON: "body", Route.SINGLE_AGENCY: "agency", Route.JOINED: "joins"}
    return {str(row["child"]): str(row[named[row["route"]]]) for row in data["children"] if row["route"] in named}


def leads(said: dict[str, Any], route: Route) -> set[str]:
    """To whom the children lead who take this route."""
    return {to for child, to in said.get("to", {}).items() if said["routes"][child] == route}


def joins(case: Case, data: dict[str, Any]) -> bool:
    """Whether a referral that was found to be the same joins the other: not when it has, or opened, a review."""
    return bool(data["same"]) and ELSEWHERE.isdisjoint(case.said.get("routes", {}).values())


def later(ref: str, other: str) -> bool:
    """Whether the first of two cases of one kind was received after the second."""
    (kind, *number), (other_kind, *other_number) = ref.split("-"), other.split("-")
    return kind == other_kind and [int(n) for n in number] > [int(n) for n in other_number]


def _duplicate(case: Case, other: str, *, same: bool) -> list[Problem]:
    """The later referral joins the earlier case; what joined it does so until it is triaged again."""
    if same and later(other, case.ref):
        words = f"{other} was received later, so it joins this one: say so on the page of {other}."
        return [Problem(field="same", words=words)]
    if not same and other in leads(case.said, Route.JOINED) and not case.is_open("triage_again"):
        words = f"This referral joins {other}. Reopen it, and triage it by itself."
        return [Problem(field="same", words=words)]
    return []


def _needed(case: Case, data: dict[str, Any]) -> dict[str, bool]:
    """What this triage makes owed beyond telling the referrer, by block, unless it has been done already."""
    now, to = routes(data), towards(data)
    notified_here = Route.NOTIFY_ONLY in now.values() or (
        case.said["event"] in CARE and not ELSEWHERE.issuperset(now.values())
    )
    return {
        "notify_secretary_of_state": notified_here and "secretary_of_state_notified" not in case.marks,
        "pass_on": bool(leads({"routes": now, "to": to}, Route.PASS_ON) - set(case.said.get("passed", ()))),
        "review_learning": any(route in BELOW for route in now.values()),
    }


OF_ROUTES = ("notify_secretary_of_state", "pass_on", "review_learning")
"""What a triage makes owed beyond telling the referrer, by its routes."""


def _opened_by(case: Case, data: dict[str, Any]) -> list[str]:
    """The marks by which a triage opens what it makes owed; of a review below the criteria only one that is new."""
    needed, earlier = _needed(case, data), case.said.get("routes", {})
    fresh = any(route in BELOW and earlier.get(child) != route for child, route in routes(data).items())
    found = {
        "secretary_of_state_due": needed["notify_secretary_of_state"],
        "pass_on_due": needed["pass_on"],
        "review_below_criteria": fresh,
    }
    return [mark for mark, opens in found.items() if opens]


def _to_pass(case: Case) -> set[str]:
    """The bodies to which it still has to be passed."""
    return leads(case.said, Route.PASS_ON) - set(case.said.get("passed", ()))


def _passed(case: Case, body: str) -> list[Problem]:
    waiting = [one.words for one in Body if one in _to_pass(case)]
    if body in _to_pass(case):
        return []
    return [Problem(field="body", words=f"It still has to be passed to: {', '.join(waiting)}.")]


def owed(
    case: Case, block: str, words: str = "This is not owed now: it has been done already, or its time has not come."
) -> list[Problem]:
    return [] if case.is_open(block) else [Problem(words=words)]
