"""Recommendations: made, answered by their agency, carried out, shown to have worked, closed on evidence, tested again.

Each is an item of the case that made it, long after the rest of that case is done. Working Together to Safeguard
Children 2023, chapter 5: recommendations say what is required of whom and by when, and partners follow up that their
findings make a real impact.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Annotated, Any, ClassVar

from pydantic import Field

from models.calendar import in_words
from models.case import Case, whole_item
from models.clocks import furthest, shifted
from models.command import (
    LATE,
    NOT_NOW,
    PAST,
    TO_COME,
    Cannot,
    Choice,
    Command,
    Day,
    FileId,
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
from models.policy import Gate, Quorum, Span
from models.recommended import Colour, Evidence, Kind, Looked, Override, Recommendation, Standing
from models.shelf import blocks, days, policy
from models.time import day_of, precedes

AT_MOST = 200
"""Recommendations of one case: it is carried whole, for years."""
ITEM = "Which recommendation?"
ANOTHER = "This is another one, beside the one that says the same"
OWN_KEY = "Its own name where it was kept, if it has one"
NO_OWNER = "Without an owner the agency’s contact is asked."


class Source(Choice):
    """Where a recommendation comes from."""

    REVIEW = "review", "This review"
    IMMEDIATE = "immediate", "Learning of this review that does not wait for its end"
    NATIONAL = "national_review", "A national review"
    CORONER = "coroner", "A coroner’s report to prevent future deaths"
    AUDIT = "audit", "An audit"
    INSPECTION = "inspection", "An inspection"
    OTHER = "other", "Something else"


class Entered(Choice):
    """How a recommendation stood where it was kept before."""

    OPEN = "open", "It is being carried out"
    UNPROVEN = "unproven", "It is called complete, without evidence"
    PAST = "past", "It was closed there on evidence"
    WITHDRAWN = "withdrawn", "It was withdrawn"


class Answer(Choice):
    ACCEPTS = "accepts", "We accept it"
    PARTLY = "partly", "We accept it in part"
    REJECTS = "rejects", "We do not accept it"


class Stands(Choice):
    STANDS = "stands", "The recommendation stands"
    LET_GO = "let_go", "The recommendation is withdrawn"


class Forecast(Choice):
    ON_TRACK = "on_track", "It will be done in time"
    AT_RISK = "at_risk", "It may not be done in time"
    LATE = "late", "It will not be done in time"


class Shows(Choice):
    DELIVERY = "delivery", "That it has been done"
    IMPACT = "impact", "That it has made a difference"


class ClosedBy(Choice):
    MEETING = "meeting", "A meeting with its quorum"
    OFFICE = "office", "My own office"


class Retested(Choice):
    SUSTAINED = "sustained", "The difference has lasted"
    NOT_SUSTAINED = "not_sustained", "The difference has not lasted: the recommendation is reopened"


class Axis(Choice):
    DELIVERY = "delivery", "Delivery"
    IMPACT = "impact", "Impact"


class ByHand(Choice):
    GREY = "grey", "Grey: not started"
    GREEN = "green", "Green: on track"
    AMBER = "amber", "Amber: at risk"
    RED = "red", "Red: off track"


Person = Annotated[str, Field(pattern=r"^(p-[0-9]{3,6})?$", max_length=20)]
"""Somebody of the directory; empty for nobody."""


class SuccessMeasure(Part):
    measure: Words = asks(
        "How will you know that it made a difference?", "What is better for children, and how is that seen?",
        private=True,
    )  # fmt: skip
    baseline: MaybeWords = asks(
        "How is it now?", "The figure or the finding from which you start.", private=True, default=""
    )


class Action(Part):
    action: Words = asks("What is done?", private=True)
    by: Day = asks("By when?")


class Recommend(Command):
    """Make a recommendation: who changes what by when, and how it will be known that it made a difference."""

    KIND: ClassVar[str] = "recommend"
    FACT: ClassVar[str] = "recommended"
    TITLE: ClassVar[str] = "Make a recommendation"
    text: Words = asks("What is recommended?", "One thing that changes, as the agency will read it.", private=True)
    agency: Slug = asks("Which agency acts?", rows="agencies")
    owner: Person = asks("Who owns it there?", NO_OWNER, rows="owners", default="")
    deputy: Person = asks("Who stands in for the owner?", rows="owners", default="")
    sponsor: Person = asks("Which board member sponsors it?", rows="owners", default="")
    by: Day = asks("By when?")
    measures: Annotated[tuple[SuccessMeasure, ...], Field(min_length=1, max_length=8)] = asks(
        "Success measures", "Each needs evidence that it was done and that it made a difference."
    )
    actions: Annotated[tuple[Action, ...], Field(max_length=12)] = asks(
        "Actions and milestones", "What is done on the way, each by a day of its own.", default=()
    )
    themes: tuple[Slug, ...] = asks("What is it about?", rows="themes", default=())
    source: Source = asks("Where does it come from?", default=Source.REVIEW)
    paragraph: MaybeLine = asks("Where does it stand there?", "Chapter, paragraph or number.", private=True, default="")
    seen: bool = asks("I have seen what was recommended before", back=True, default=False)
    another: bool = asks(ANOTHER, back=True, default=False)

    def cannot(self, now: datetime) -> Iterator[Cannot]:
        yield from super().cannot(now)
        yield Cannot("by", TO_COME, lambda: self.by < day_of(now))
        words = "The deputy has to be somebody else."
        yield Cannot("deputy", words, lambda: self.deputy and self.deputy == self.owner)
        for row, action in enumerate(self.actions):
            late = "This is after the recommendation itself is due."
            yield Cannot(f"actions.{row}.by", late, lambda action=action: action.by > self.by)  # type: ignore[misc]


class EnterRecommendation(Command):
    """Enter a recommendation that was kept elsewhere before, as it stands there. Nothing is called closed by that."""

    KIND: ClassVar[str] = "enter_recommendation"
    FACT: ClassVar[str] = "recommendation_entered"
    TITLE: ClassVar[str] = "Enter an earlier recommendation"
    text: Words = asks("What is recommended?", "One thing that changes, as the agency will read it.", private=True)
    agency: Slug = asks("Which agency acts?", rows="agencies")
    owner: Person = asks("Who owns it there?", NO_OWNER, rows="owners", default="")
    deputy: Person = asks("Who stands in for the owner?", rows="owners", default="")
    sponsor: Person = asks("Which board member sponsors it?", rows="owners", default="")
    state: Entered = asks("How does it stand?")
    due: Day | None = asks("When was it due at first?", default=None)
    by: Day | None = asks("By when is it due now?", default=None, when=("state", ("open",)))
    measures: Annotated[tuple[SuccessMeasure, ...], Field(max_length=8)] = asks("Success measures", default=())
    actions: MaybeWords = asks("Its actions", private=True, default="")
    progress: MaybeWords = asks("What was said of its progress", private=True, default="")
    evidence: MaybeWords = asks("What was named as evidence", private=True, default="")
    completed: Day | None = asks("When was it called complete?", default=None)
    themes: tuple[Slug, ...] = asks("What is it about?", rows="themes", default=())
    source: Source = asks("Where does it come from?", default=Source.REVIEW)
    paragraph: MaybeLine = asks("Where does it stand there?", "Chapter, paragraph or number.", private=True, default="")
    key: Slug | None = asks(OWN_KEY, default=None)
    another: bool = asks(ANOTHER, back=True, default=False)

    def cannot(self, now: datetime) -> Iterator[Cannot]:
        yield from super().cannot(now)
        yield Cannot("by", "Enter by when it is due now.", lambda: self.state is Entered.OPEN and self.by is None)
        yield Cannot("completed", PAST, lambda: self.completed and self.completed > day_of(now))
        words = "Say what was named as evidence; or enter it as one of which nothing was shown."
        yield Cannot("evidence", words, lambda: self.state is Entered.PAST and not self.evidence)


class AssignRecommendation(Command):
    """Name who owns a recommendation from now on."""

    KIND: ClassVar[str] = "assign_recommendation"
    FACT: ClassVar[str] = "recommendation_assigned"
    TITLE: ClassVar[str] = "Name the owner of a recommendation"
    item: Slug = asks(ITEM)
    owner: Person = asks("Who owns it there?", NO_OWNER, rows="owners", default="")
    deputy: Person = asks("Who stands in for the owner?", rows="owners", default="")
    sponsor: Person = asks("Which board member sponsors it?", rows="owners", default="")
    reason: MaybeWords = asks("Why does it change?", private=True, default="")

    def cannot(self, now: datetime) -> Iterator[Cannot]:
        yield from super().cannot(now)
        words = "The deputy has to be somebody else."
        yield Cannot("deputy", words, lambda: self.deputy and self.deputy == self.owner)


class AnswerRecommendation(Command):
    """Say whether your agency accepts a recommendation. A rejection goes to the independent chair."""

    KIND: ClassVar[str] = "answer_recommendation"
    FACT: ClassVar[str] = "recommendation_answered"
    TITLE: ClassVar[str] = "Answer a recommendation"
    item: Slug = asks(ITEM)
    answer: Answer = asks("Does your agency accept it?")
    words: MaybeWords = asks("Your reasons, and what you will do", private=True, default="")

    def cannot(self, now: datetime) -> Iterator[Cannot]:
        yield from super().cannot(now)
        words = "Say what your agency does not accept, and why."
        yield Cannot("words", words, lambda: self.answer is not Answer.ACCEPTS and not self.words)


class AnswerRejection(Command):
    """Say whether a recommendation stands that its agency has rejected."""

    KIND: ClassVar[str] = "answer_rejection"
    FACT: ClassVar[str] = "rejection_answered"
    TITLE: ClassVar[str] = "Answer a rejection"
    item: Slug = asks(ITEM)
    outcome: Stands = asks("Does the recommendation stand?")
    reason: Words = asks("Your reasons", private=True)


class GiveProgress(Command):
    """Say how a recommendation is going."""

    KIND: ClassVar[str] = "give_progress"
    FACT: ClassVar[str] = "progress_given"
    TITLE: ClassVar[str] = "Say how it is going"
    item: Slug = asks(ITEM)
    forecast: Forecast = asks("Will it be done in time?")
    words: Words = asks("What has been done since, and what comes next?", private=True)


class CompleteAction(Command):
    """Say that an action of a recommendation is done."""

    KIND: ClassVar[str] = "complete_action"
    FACT: ClassVar[str] = "action_completed"
    TITLE: ClassVar[str] = "Record an action as done"
    OCCURRED: ClassVar[str] = "done_at"
    item: Slug = asks("Which action?")
    words: Words = asks("What was done?", private=True)
    done_at: Moment | None = asks("When was it done, if not now?", NOT_NOW, default=None)
    late: MaybeLine = LATE


class GiveEvidence(Command):
    """Show that it was done, or that it made a difference: with a file, a link or a statement."""

    KIND: ClassVar[str] = "give_evidence"
    FACT: ClassVar[str] = "evidence_given"
    TITLE: ClassVar[str] = "Give evidence"
    item: Slug = asks(ITEM)
    measure: Slug = asks("For which success measure?", rows="measures")
    shows: Shows = asks("What does it show?")
    words: Words = asks("What is it, and what does it show?", "A statement may be the evidence itself.", private=True)
    link: MaybeLine = asks("Where can it be read, if it has an address?", private=True, default="")
    file: FileId = asks("A file", default="", file=True)

    def cannot(self, now: datetime) -> Iterator[Cannot]:
        yield from super().cannot(now)
        words = "Enter an address that begins with https://, or leave this empty."
        yield Cannot("link", words, lambda: self.link and not self.link.startswith("https://"))


class AmendEvidence(Command):
    """Put right how a piece of evidence is described. What was given stays as it is."""

    KIND: ClassVar[str] = "amend_evidence"
    FACT: ClassVar[str] = "evidence_amended"
    TITLE: ClassVar[str] = "Describe evidence anew"
    item: Slug = asks(ITEM)
    evidence: Slug = asks("Which evidence?", rows="evidence")
    words: Words = asks("What is it, and what does it show?", private=True)


class AcceptEvidence(Command):
    """Accept a piece of evidence, independently of whoever gave it."""

    KIND: ClassVar[str] = "accept_evidence"
    FACT: ClassVar[str] = "evidence_accepted"
    TITLE: ClassVar[str] = "Accept evidence"
    item: Slug = asks(ITEM)
    evidence: Slug = asks("Which evidence?", rows="evidence")
    words: Words = asks("What convinces you?", private=True)


class ReturnEvidence(Command):
    """Give a piece of evidence back, with reasons. Its owner has to show it again, by a new date."""

    KIND: ClassVar[str] = "return_evidence"
    FACT: ClassVar[str] = "evidence_returned"
    TITLE: ClassVar[str] = "Return evidence"
    item: Slug = asks(ITEM)
    evidence: Slug = asks("Which evidence?", rows="evidence")
    reason: Words = asks("What is missing?", "The owner reads this.", private=True)


class CloseRecommendation(Command):
    """Close a recommendation on accepted evidence of delivery and of impact for every measure."""

    KIND: ClassVar[str] = "close_recommendation"
    FACT: ClassVar[str] = "recommendation_closed"
    TITLE: ClassVar[str] = "Close a recommendation"
    OCCURRED: ClassVar[str] = "decided_at"
    item: Slug = asks(ITEM)
    decided_by: ClosedBy = asks("Who decides?")
    seats: tuple[Slug, ...] = asks(
        "Which seats were filled?", rows="closing_seats", default=(), when=("decided_by", ("meeting",))
    )
    decided_at: Moment | None = asks("When was it decided, if not now?", NOT_NOW, default=None)
    late: MaybeLine = LATE
    evidence: Annotated[tuple[Slug, ...], Field(min_length=1, max_length=80)] = asks(
        "On which evidence?", rows="accepted"
    )
    retest: Slug = asks("When is its impact tested again?", rows="retests")
    words: Words = asks("What has changed for children?", private=True)


class RetestImpact(Command):
    """Record whether the difference has lasted, months after the recommendation was closed."""

    KIND: ClassVar[str] = "retest_impact"
    FACT: ClassVar[str] = "impact_retested"
    TITLE: ClassVar[str] = "Test the impact again"
    OCCURRED: ClassVar[str] = "tested_at"
    item: Slug = asks(ITEM)
    outcome: Retested = asks("Has the difference lasted?")
    tested_at: Moment | None = asks("When was it tested, if not now?", NOT_NOW, default=None)
    late: MaybeLine = LATE
    words: Words = asks("How was it tested, and what was found?", private=True)
    file: FileId = asks("A file", default="", file=True)


class ReopenRecommendation(Command):
    """Reopen a closed recommendation. What was accepted counts no more: fresh evidence is needed."""

    KIND: ClassVar[str] = "reopen_recommendation"
    FACT: ClassVar[str] = "recommendation_reopened"
    TITLE: ClassVar[str] = "Reopen a recommendation"
    item: Slug = asks(ITEM)
    reason: Words = asks("What has come to light?", private=True)


class OverrideColour(Command):
    """Show another colour than the one that dates and evidence give, for a reason and until a day."""

    KIND: ClassVar[str] = "override_colour"
    FACT: ClassVar[str] = "colour_overridden"
    TITLE: ClassVar[str] = "Set a colour by hand"
    item: Slug = asks(ITEM)
    axis: Axis = asks("Which colour?")
    colour: ByHand = asks("What is it?")
    until: Day = asks("Until which day?", "From the next day on it follows dates and evidence again.")
    reason: Words = asks("Why?", private=True)

    def cannot(self, now: datetime) -> Iterator[Cannot]:
        yield from super().cannot(now)
        yield Cannot("until", TO_COME, lambda: self.until < day_of(now))


COMMANDS: tuple[type[Command], ...] = (
    Recommend, EnterRecommendation, AssignRecommendation, AnswerRecommendation, AnswerRejection, GiveProgress,
    CompleteAction, GiveEvidence,
    AmendEvidence, AcceptEvidence, ReturnEvidence, CloseRecommendation, RetestImpact, ReopenRecommendation,
    OverrideColour,
)  # fmt: skip
KINDS = frozenset(one.KIND for one in COMMANDS)
FACTS = frozenset(one.FACT for one in COMMANDS)
GATED = frozenset({"accept_evidence", "return_evidence", "close_recommendation", "retest_impact"})
"""Commands of the gate: nobody gives them who had a hand in the evidence or belongs to the owning agency."""

STORY = (
    "answer_recommendation", "answer_rejection", "deliver", "deliver_again", "action", "action_again", "progress",
    "show_impact", "evidence_again", "examine_evidence", "close_recommendation", "retest",
)  # fmt: skip
"""Blocks of every recommendation, in the order of its life."""
ACTIONS = frozenset({"action", "action_again"})
"""Blocks of its actions: by the day that each has, and once more when it is reopened before they were done."""
DATED = frozenset({"deliver", "action", "retest"})
"""Blocks for which the fact that opens them says the day."""
WITH: Mapping[str, tuple[str, ...]] = {
    "recommendation_accepted": ("progress_due",), "recommendation_reopened": ("progress_due",),
}  # fmt: skip
"""Marks that are made together with another."""


# What a command becomes.


def source_of(case: Case, said: str = Source.REVIEW) -> str:
    """Where a recommendation comes from: a register is no review, so what comes of "this review" is of its origin."""
    origin = case.said.get("origin")
    if case.kind != "register" or said != Source.REVIEW or origin is None:
        return said
    return str(origin) if origin in {one.value for one in Source} else Source.OTHER.value


def worked_out(  # noqa: PLR0911 -- one answer for each command
    case: Case, kind: str, body: dict[str, Any], now: datetime
) -> dict[str, Any]:
    """What the fact says beside the answers: the names of what is new, and the days that are counted for it."""
    match kind:
        case "enter_recommendation":
            item = f"r{len(case.recommendations) + 1}"
            dates = {f"deliver/{item}": body["by"]} if body["state"] == Entered.OPEN else {}
            return {"item": item, "dates": dates, "source": source_of(case, body["source"])}
        case "recommend":
            item = f"r{len(case.recommendations) + 1}"
            actions = [f"a{number}" for number, _ in enumerate(body["actions"], start=1)]
            return {
                "item": item, "actions_named": actions, "source": source_of(case, body["source"]),
                "dates": _answered_first(case, item, date.fromisoformat(body["by"]), now),
            }  # fmt: skip
        case "answer_recommendation" if body["answer"] != Answer.REJECTS:
            return _accepted(case, body["item"])
        case "answer_rejection" if body["outcome"] == Stands.STANDS:
            return _accepted(case, body["item"])
        case "give_evidence":
            return {"evidence": f"e{len(case.recommendations[body['item']].evidence) + 1}"}
        case "close_recommendation":
            quorum, seats = closing_quorum(case), set(body["seats"])
            after = Span.model_validate(body["retest"].replace("_", " "))
            since = datetime.fromisoformat(body["decided_at"]) if body.get("decided_at") else now
            on = day_of(shifted(since, after, days(case.calendar), policy(case.policy).message_time))
            return {"quorate": holds_quorum(quorum, seats), "dates": {f"retest/{body['item']}": on.isoformat()}}
        case _:
            return {}


def _answered_first(case: Case, item: str, by: date, now: datetime) -> dict[str, str]:
    """The day of the answer, where the recommendation is to be carried out before the answer had to come."""
    budget = blocks(case.policy, case.kind)["answer_recommendation"].budget
    sooner = budget is not None and by < furthest(now, budget, days(case.calendar))
    return {f"answer_recommendation/{item}": by.isoformat()} if sooner else {}


def _accepted(case: Case, item: str) -> dict[str, Any]:
    """What has to be done from now on, and by when: the recommendation itself, and each of its actions."""
    one = case.recommendations[item]
    dates = {f"deliver/{item}": one.due.isoformat()}
    actions = {f"action/{item}.{action}": on.isoformat() for action, on in one.actions.items()}
    return {"dates": {**dates, **actions}}


def holds_quorum(quorum: Quorum, seats: set[str]) -> bool:
    return len(seats & set(quorum.seats)) >= quorum.least and set(quorum.always) <= seats


def closing_quorum(case: Case) -> Quorum:
    """The meeting that may close a recommendation."""
    return policy(case.policy).quorums[gate_of(case).meeting]


def gate_of(case: Case) -> Gate:
    """What closing needs, by the case's own policy. Raises LookupError for a policy that knows no recommendations."""
    gate = policy(case.policy).gate
    if gate is None:
        message = "this policy knows no recommendations"
        raise LookupError(message)
    return gate


def pursues(case: Case) -> bool:
    """Whether the policy of the case knows recommendations: an old case follows one from before there were any."""
    return policy(case.policy).gate is not None and "deliver" in blocks(case.policy, case.kind)


# What a fact makes true.


def changed(case: Case, fact: Fact) -> Case:
    """The case with the recommendation as it is after this fact."""
    item = whole_item(str(fact.data["item"]))
    now = _first(fact) if fact.kind in _FIRST else _after(case.recommendations[item], fact)
    return case.model_copy(update={"recommendations": {**case.recommendations, item: now}})


def _first(fact: Fact) -> Recommendation:
    return _made(fact) if fact.kind == "recommended" else _entered(fact)


_FIRST = frozenset({"recommended", "recommendation_entered"})
_STANDS: Mapping[str, Standing] = {
    Entered.OPEN: Standing.PURSUED, Entered.UNPROVEN: Standing.PURSUED, Entered.PAST: Standing.PAST,
    Entered.WITHDRAWN: Standing.WITHDRAWN,
}  # fmt: skip


def _entered(fact: Fact) -> Recommendation:
    said = fact.data
    due = said["due"] or said["by"] or said["completed"]
    return Recommendation(
        agency=said["agency"], owner=said["owner"], deputy=said["deputy"], sponsor=said["sponsor"],
        source=said["source"], themes=tuple(said["themes"]),
        measures=tuple(f"m{number}" for number in range(1, max(len(said["measures"]), 1) + 1)),
        due=date.fromisoformat(due) if due else day_of(fact.occurred), made=fact.occurred, fact=fact.number,
        standing=_STANDS[said["state"]], key=said["key"] or "",
    )  # fmt: skip


def _made(fact: Fact) -> Recommendation:
    said = fact.data
    return Recommendation(
        agency=said["agency"], owner=said["owner"], deputy=said["deputy"], sponsor=said["sponsor"],
        source=said["source"], themes=tuple(said["themes"]),
        measures=tuple(f"m{number}" for number, _ in enumerate(said["measures"], start=1)),
        actions={
            name: date.fromisoformat(row["by"])
            for name, row in zip(said["actions_named"], said["actions"], strict=True)
        },
        due=date.fromisoformat(said["by"]), made=fact.occurred, fact=fact.number,
    )  # fmt: skip


def _after(one: Recommendation, fact: Fact) -> Recommendation:  # noqa: C901, PLR0911, PLR0912 -- one answer for each fact
    said = fact.data

    def with_(**changes: Any) -> Recommendation:  # noqa: ANN401 -- the fields of a recommendation
        return one.model_copy(update=changes)

    def looked(state: Looked) -> Recommendation:
        seen = one.evidence[said["evidence"]].model_copy(update={"state": state})
        return with_(evidence={**one.evidence, said["evidence"]: seen})

    match fact.kind:
        case "recommendation_assigned":
            return with_(owner=said["owner"], deputy=said["deputy"], sponsor=said["sponsor"])
        case "recommendation_answered":
            rejected = said["answer"] == Answer.REJECTS
            return with_(standing=Standing.REJECTED if rejected else Standing.PURSUED)
        case "rejection_answered":
            lets_go = said["outcome"] == Stands.LET_GO
            return with_(standing=Standing.WITHDRAWN if lets_go else Standing.PURSUED)
        case "progress_given":
            return with_(forecast=said["forecast"], progress=fact.recorded)
        case "action_completed":
            done = str(said["item"]).partition(".")[2]
            return with_(actions={name: on for name, on in one.actions.items() if name != done})
        case "evidence_given":
            given = Evidence(
                measure=said["measure"], kind=Kind(said["shows"]), by=fact.actor, given=fact.recorded,
                file=said.get("file", ""), owners=one.owners,
            )  # fmt: skip
            return with_(evidence={**one.evidence, said["evidence"]: given})
        case "evidence_amended":
            seen = one.evidence[said["evidence"]]
            anew = seen.model_copy(update={"editors": tuple(dict.fromkeys((*seen.editors, fact.actor)))})
            return with_(evidence={**one.evidence, said["evidence"]: anew})
        case "evidence_accepted":
            return looked(Looked.ACCEPTED)
        case "evidence_returned":
            return looked(Looked.RETURNED)
        case "recommendation_closed":
            return with_(
                standing=Standing.CLOSED, closed=fact.occurred, closed_on=tuple(said["evidence"]), retested="",
                forecast="",
            )  # fmt: skip
        case "impact_retested":
            tested = with_(retested=said["outcome"])
            return tested if said["outcome"] == Retested.SUSTAINED else reopened(tested)
        case "recommendation_reopened":
            return reopened(one)
        case "colour_overridden":
            hand = Override(
                axis=Kind(said["axis"]), colour=Colour(said["colour"]), until=date.fromisoformat(said["until"])
            )
            return with_(overrides=(*[other for other in one.overrides if other.axis is not hand.axis], hand))
        case _:
            return one


def reopened(one: Recommendation) -> Recommendation:
    """Pursued once more: what was given before is void or stays returned, so that a closure needs fresh evidence."""
    void = {
        name: found if found.state is Looked.RETURNED else found.model_copy(update={"state": Looked.VOID})
        for name, found in one.evidence.items()
    }
    return one.model_copy(
        update={
            "standing": Standing.PURSUED,
            "evidence": void,
            "closed": None,
            "closed_on": (),
            "round": one.round + 1,
        }
    )


def to_do(case: Case, item: str) -> list[str]:
    """The actions of a recommendation that are still to be done."""
    return [f"{item}.{action}" for action in case.recommendations[item].actions]


def missed(case: Case, one: Obligation, fact: Fact) -> Case:
    """What it means that the last rung has spoken and nothing came: a test of impact that is missed reopens."""
    item = whole_item(one.item)
    if one.block != "retest" or item not in case.recommendations:
        return case
    was = case.recommendations[item].model_copy(update={"retested": "missed"})
    return case.model_copy(update={"recommendations": {**case.recommendations, item: reopened(was)}})


def marks(before: Case, case: Case, fact: Fact) -> dict[str, datetime]:
    """What has happened by this fact to its recommendation, `case` being what it is after it."""
    item = whole_item(str(fact.data["item"]))
    one, at = case.recommendations[item], fact.occurred
    was = before.recommendations.get(item)
    names = [fact.kind, *_also(case, was, one, item, fact)]
    return dict.fromkeys(names, at)


def _also(  # noqa: C901, PLR0912 -- one case for each fact
    case: Case, was: Recommendation | None, one: Recommendation, item: str, fact: Fact
) -> Iterator[str]:
    pursued = one.standing is Standing.PURSUED
    match fact.kind:
        case "recommendation_entered" if fact.data["state"] == Entered.UNPROVEN:
            yield from ("recommendation_reopened", *WITH["recommendation_reopened"])
        case "recommendation_entered" | "recommendation_answered" | "rejection_answered" if pursued:
            yield from ("recommendation_accepted", *WITH["recommendation_accepted"])
        case "recommendation_answered":
            yield "recommendation_rejected"
        case "progress_given" if pursued and not one.is_given(Kind.DELIVERY):
            yield "progress_due"
        case "evidence_given":
            for kind in Kind:
                if one.is_given(kind) and was and not was.is_given(kind):
                    yield f"{kind}_evidenced"
            if not any(_is_missing(case, item, one, kind) for kind in Kind):
                yield "evidence_given_again"
        case "evidence_accepted":
            if not one.waiting:
                yield "evidence_examined"
            if was and one.is_accepted(Kind.DELIVERY) and not was.is_accepted(Kind.DELIVERY):
                yield "recommendation_delivered"
                if not one.is_given(Kind.IMPACT):
                    yield "impact_due"
            if one.is_proven and was and not was.is_proven:
                yield "recommendation_proven"
        case "evidence_returned":
            if not one.waiting:
                yield "evidence_examined"
            if _is_missing(case, item, one, one.evidence[fact.data["evidence"]].kind):
                yield "evidence_missing"
        case "impact_retested" if pursued:
            yield from ("recommendation_reopened", *WITH["recommendation_reopened"])
        case "recommendation_reopened":
            yield from WITH["recommendation_reopened"]
        case _:
            return


_SHOWN_BY: Mapping[Kind, tuple[str, ...]] = {Kind.DELIVERY: ("deliver", "deliver_again"), Kind.IMPACT: ("show_impact",)}


def _is_missing(case: Case, item: str, one: Recommendation, kind: Kind) -> bool:
    """Whether evidence of this kind was returned, and nothing that is owed anyway would bring it again."""
    returned = any(found.kind is kind and found.state is Looked.RETURNED for found in one.evidence.values())
    owed = any(found.ended is None and found.block in _SHOWN_BY[kind] for found in case.of_item(item))
    return returned and not one.is_given(kind) and not owed


def ends(case: Case, fact: Fact) -> dict[str, Ended]:
    """What is not owed any more because of this fact, though it was not done; `case` is what it is after it."""
    item = whole_item(str(fact.data["item"]))
    gone = _gone(case.recommendations[item], fact)
    return {one.key: Ended.WITHDRAWN for one in case.of_item(item) if one.ended is None and one.block in gone}


def _gone(one: Recommendation, fact: Fact) -> frozenset[str]:
    every = frozenset(STORY)
    match fact.kind:
        case "rejection_answered" if one.standing is Standing.WITHDRAWN:
            return every - {"answer_rejection"}
        case "recommendation_closed":
            return every - {"close_recommendation"}
        case "recommendation_reopened":
            return every
        case "evidence_accepted" if one.is_accepted(Kind.DELIVERY):
            return ACTIONS | {"progress"}
        case _:
            return frozenset()


# What the state of a case allows.


NO_SUCH = Problem(field="item", words="There is no such recommendation in this case.")


def judge(case: Case, kind: str, body: dict[str, Any], now: datetime) -> list[Problem]:
    """Why the state does not allow this; nothing if it does."""
    if not pursues(case):
        words = "This case follows a policy from before there were recommendations. Let it follow the one in force."
        return [Problem(words=words)]
    if kind in {"recommend", "enter_recommendation"}:
        words = f"One case pursues at most {AT_MOST} recommendations."
        return [Problem(words=words)] if len(case.recommendations) >= AT_MOST else []
    one = case.recommendations.get(whole_item(str(body.get("item", ""))))
    return _judge(case, one, kind, body, now) if one else [NO_SUCH]


def _judge(  # noqa: C901, PLR0911 -- one case for each command
    case: Case, one: Recommendation, kind: str, body: dict[str, Any], now: datetime
) -> list[Problem]:
    pursued = one.standing is Standing.PURSUED
    match kind:
        case "assign_recommendation":
            over = one.standing is Standing.WITHDRAWN
            return [Problem(words=_NOT_PURSUED[one.standing])] if over else []
        case "answer_recommendation":
            done = one.standing is not Standing.MADE
            return [Problem(words="The agency has answered this recommendation already.")] if done else []
        case "answer_rejection":
            words = "This recommendation is not rejected, or the rejection has been answered."
            return [] if one.standing is Standing.REJECTED else [Problem(words=words)]
        case "give_progress" | "complete_action" | "give_evidence" if not pursued:
            return [Problem(words=_NOT_PURSUED[one.standing])]
        case "complete_action":
            return _doable(case, one, str(body["item"]))
        case "give_evidence":
            known = body.get("measure", one.measures[0]) in one.measures
            return [] if known else [Problem(field="measure", words="This recommendation has no such measure.")]
        case "amend_evidence" | "accept_evidence" | "return_evidence":
            return _looked_at(one, body)
        case "close_recommendation":
            return _closable(case, one, body)
        case "retest_impact":
            return _testable(case, one, body, now)
        case "reopen_recommendation":
            words = "Only a recommendation that is closed can be reopened."
            return [] if one.standing in {Standing.CLOSED, Standing.PAST} else [Problem(words=words)]
        case _:
            return []


def _doable(case: Case, one: Recommendation, item: str) -> list[Problem]:
    """What is owed can be done; delivery that was accepted goes for all of its actions, until it is reopened."""
    if item.partition(".")[2] not in one.actions:
        return [Problem(field="item", words="There is no such action, or it is done already.")]
    owed = any(
        found.block in ACTIONS and found.item == item and not found.ended for found in case.of_item(whole_item(item))
    )
    words = "This action is owed no more: it was accepted that the recommendation is carried out."
    return [] if owed else [Problem(words=words)]


_NOT_PURSUED: Mapping[Standing, str] = {
    Standing.MADE: "The agency has to answer this recommendation first.",
    Standing.REJECTED: "The agency has rejected this recommendation, and the independent chair has to answer first.",
    Standing.CLOSED: "This recommendation is closed. It can be reopened, with a reason.",
    Standing.WITHDRAWN: "This recommendation was withdrawn.",
    Standing.PAST: "This recommendation was closed before it came here. It can be reopened, with a reason.",
}


def _looked_at(one: Recommendation, body: dict[str, Any]) -> list[Problem]:
    """Evidence is looked at once; what was accepted stays accepted until the recommendation is reopened."""
    if one.standing is not Standing.PURSUED:
        return [Problem(words=_NOT_PURSUED[one.standing])]
    if not one.waiting:
        return [Problem(words="No evidence waits to be looked at.")]
    found = one.evidence.get(str(body.get("evidence", one.waiting[0])))
    if found is None:
        return [Problem(field="evidence", words="There is no such evidence.")]
    words = "This evidence has been looked at already."
    return [] if found.state is Looked.GIVEN else [Problem(field="evidence", words=words)]


def _testable(case: Case, one: Recommendation, body: dict[str, Any], now: datetime) -> list[Problem]:
    """That a difference has lasted is seen once months have passed: from the first reminder on, and not before.

    That it has not lasted can be said as soon as it is seen.
    """
    owed = next(
        (found for found in case.of_item(str(body["item"])) if found.block == "retest" and not found.ended), None
    )
    if owed is None:
        return [Problem(words="Its impact is not to be tested again now.")]
    tested = datetime.fromisoformat(body["tested_at"]) if body.get("tested_at") else now
    soonest = day_of(min(moment for moment in (*owed.rungs, owed.due) if moment))
    if body.get("outcome", Retested.SUSTAINED) == Retested.SUSTAINED and day_of(tested) < soonest:
        words = f"Whether it has lasted is tested from {in_words(soonest)} on. If it has not lasted, say so now."
        return [Problem(field="outcome", words=words)]
    return _dated_before(body, "tested_at", one.closed, "closed")


def _proven(case: Case, body: dict[str, Any]) -> datetime | None:
    """When the last of its evidence was accepted; none where that is not known."""
    found = (one for one in case.of_item(str(body["item"])) if one.block == "close_recommendation" and not one.ended)
    return max((one.opened for one in found), default=None)


def _closable(case: Case, one: Recommendation, body: dict[str, Any]) -> list[Problem]:
    """No closure without accepted evidence of delivery and of impact for every measure, named by whoever closes."""
    if one.standing is not Standing.PURSUED:
        return [Problem(words=_NOT_PURSUED[one.standing])]
    if missing := list(lacking(one)):
        return [Problem(words=f"It cannot be closed: {'; '.join(missing)}.")]
    if one.waiting:
        return [Problem(words="Evidence waits to be looked at. Accept or return it first.")]
    found = _dated_before(body, "decided_at", _proven(case, body), "shown by accepted evidence")
    named = [name for name in body.get("evidence", one.accepted) if name in one.accepted]
    only = one.model_copy(update={"evidence": {name: one.evidence[name] for name in named}})
    if len(named) < len(body.get("evidence", ())):
        found.append(Problem(field="evidence", words="Name evidence that has been accepted."))
    elif not only.is_proven:
        words = "; ".join(lacking(only))
        found.append(Problem(field="evidence", words=f"What you name does not show all of it: {words}."))
    if body.get("decided_by") == ClosedBy.MEETING and not holds_quorum(closing_quorum(case), set(body["seats"])):
        found.append(Problem(field="seats", words=quorum_words(closing_quorum(case))))
    return found


def _dated_before(body: dict[str, Any], field: str, since: datetime | None, what: str) -> list[Problem]:
    """What is done once more is not dated before what called for it."""
    if not (body.get(field) and since and precedes(datetime.fromisoformat(body[field]), since)):
        return []
    return [Problem(field=field, words=f"This is before the recommendation was {what}. Check the date.")]


def quorum_words(quorum: Quorum) -> str:
    always = ", ".join(quorum.seats[seat].title for seat in quorum.always)
    with_ = f", always with: {always}" if always else ""
    return f"It has no quorum, so it cannot close. It needs {quorum.least} of its {len(quorum.seats)} seats{with_}."


def lacking(one: Recommendation) -> Iterator[str]:
    """In words, each measure and kind for which no evidence has been accepted."""
    for number, measure in enumerate(one.measures, start=1):
        for kind in Kind:
            if not any(
                found.measure == measure and found.kind is kind and found.state is Looked.ACCEPTED
                for found in one.evidence.values()
            ):
                yield f"measure {number} has no accepted evidence of {kind}"
