"""A professional disagreement: one agency challenges another about a child, and it is taken up level by level.

Working Together to Safeguard Children 2023, chapter 4: disagreements between professionals are resolved timely, and
escalated where they are not. It has nothing to do with what is late: it is its own process, with its own ladder.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, ClassVar

from models import shelf
from models.case import Case
from models.command import ANOTHER_CASE, Cannot, Choice, Command, Known, MaybeWords, Slug, Words, asks
from models.facts import Fact, Problem
from models.obligation import Ended, Obligation


class Answered(Choice):
    AGREES = "agrees", "We agree, and do what is asked"
    PARTLY = "partly", "We agree in part"
    DISAGREES = "disagrees", "We do not agree"


class Response(Choice):
    RESOLVED = "resolved", "It is resolved"
    ESCALATE = "escalate", "It is not resolved: take it to the next level"


class View(Choice):
    CHALLENGE = "challenge", "The challenge is right"
    PARTLY = "partly", "Both are right in part"
    CHALLENGED = "challenged", "The agency that was challenged is right"


class Risk(Choice):
    NOW = "yes", "Yes, a child is at risk now"
    OVER = "no", "No, no child is at risk any more"


RISK: Mapping[Risk, str] = {Risk.NOW: "A child is at risk now", Risk.OVER: "No child is at risk any more"}
"""What it means for everybody that risk was said anew."""


class RaiseDisagreement(Command):
    """Challenge another agency about a child. It answers by a date; if that does not resolve it, it goes up."""

    KIND: ClassVar[str] = "raise_disagreement"
    FACT: ClassVar[str] = "disagreement_raised"
    TITLE: ClassVar[str] = "Raise a professional disagreement"
    agency: Slug = asks("For which agency do you speak?", rows="agency")
    challenged: Slug = asks("Whose practice or decision do you challenge?", rows="agencies")
    at_risk: Known = asks(
        "Is a child at risk now?",
        "If so, act at once by the usual ways; do not wait for an answer here. Each step is then taken the same day, "
        "and so it is if this is not known.",
    )
    about: Words = asks("What is it about?", "The child, the decision, and why you do not agree.", private=True)
    wanted: Words = asks("What do you ask for?", private=True)
    another: bool = asks(ANOTHER_CASE, back=True, default=False)

    def cannot(self, now: datetime) -> Iterator[Cannot]:
        yield from super().cannot(now)
        words = "Choose another agency than your own."
        yield Cannot("challenged", words, lambda: self.challenged == self.agency)


class AnswerDisagreement(Command):
    """Answer a challenge to your agency."""

    KIND: ClassVar[str] = "answer_disagreement"
    FACT: ClassVar[str] = "disagreement_answered"
    TITLE: ClassVar[str] = "Answer the challenge"
    agency: Slug = asks("Agency", rows="agency")
    answer: Answered = asks("What is your agency’s answer?")
    words: Words = asks("What will you do, and why?", private=True)


class RespondDisagreement(Command):
    """Say whether the answer resolves it. If not, it goes to the next level."""

    KIND: ClassVar[str] = "respond_disagreement"
    FACT: ClassVar[str] = "disagreement_responded"
    TITLE: ClassVar[str] = "Say if it is resolved"
    agency: Slug = asks("Agency", rows="agency")
    outcome: Response = asks("Does the answer resolve it?")
    words: MaybeWords = asks("What remains, or what was agreed?", private=True, default="")

    def cannot(self, now: datetime) -> Iterator[Cannot]:
        yield from super().cannot(now)
        words = "Say what remains."
        yield Cannot("words", words, lambda: self.outcome is Response.ESCALATE and not self.words)


class DecideDisagreement(Command):
    """The last level: what the independent chair advises both agencies to do."""

    KIND: ClassVar[str] = "decide_disagreement"
    FACT: ClassVar[str] = "disagreement_decided"
    TITLE: ClassVar[str] = "Decide the disagreement"
    view: View = asks("What is your view?")
    words: Words = asks("What is to be done, by whom, and what follows for practice?", private=True)


class ChangeRisk(Command):
    """Say that a child is at risk now, or that none is any more. What is open is counted anew from that moment."""

    KIND: ClassVar[str] = "change_risk"
    FACT: ClassVar[str] = "risk_changed"
    TITLE: ClassVar[str] = "Say if a child is at risk now"
    at_risk: Risk = asks(
        "Is a child at risk now?",
        "If so, act at once by the usual ways; do not wait for an answer here. Each step is then taken the same day.",
    )
    reason: Words = asks("What has changed?", private=True)


class WithdrawDisagreement(Command):
    """Take a challenge back."""

    KIND: ClassVar[str] = "withdraw_disagreement"
    FACT: ClassVar[str] = "disagreement_withdrawn"
    TITLE: ClassVar[str] = "Withdraw the challenge"
    agency: Slug = asks("Agency", rows="agency")
    reason: Words = asks("Why?", private=True)


ANSWERING = ("answer", "answer_leads")
RESPONDING = ("respond", "respond_leads")
TAKEN_SO: Mapping[bool, Mapping[str, str]] = {
    True: {Risk.NOW: "Each step is taken the same day already, because a child is or may be at risk now."},
    False: {Risk.OVER: "The steps are taken already as while no child is at risk."},
}
"""Why nothing would change, by whether a child is or may be at risk now."""
STEPS = ("answer", "respond", "answer_leads", "respond_leads", "decide_disagreement")


def at_risk(step: str) -> str:
    """The block by which this step is owed while a child is at risk now, or nobody knows that none is."""
    return f"{step}_at_risk"


def counted_anew(case: Case) -> list[Obligation]:
    """The steps that are open, and are owed by other dates while a child may be at risk now."""
    blocks = shelf.blocks(case.policy, case.kind)
    both_ways = {name for one, block in blocks.items() if block.instead_of for name in (one, block.instead_of)}
    return [one for one in case.open() if one.block in both_ways]


def steps_owed(case: Case, agency: str | None = None) -> set[str]:
    """The steps that are open, by their ordinary names, whether or not a child is at risk; of one agency, if named."""
    blocks = shelf.blocks(case.policy, case.kind)
    return {blocks[one.block].instead_of or one.block for one in case.open() if agency in {None, one.agency}}


class Disagreement:
    """What a disagreement's facts make true, and what it takes."""

    name = "disagreement"
    prefix = "PD"
    commands: tuple[type[Command], ...] = (
        RaiseDisagreement, AnswerDisagreement, RespondDisagreement, DecideDisagreement, ChangeRisk,
        WithdrawDisagreement,
    )  # fmt: skip
    story: tuple[str, ...] = (
        *(name for step in STEPS for name in (step, at_risk(step))),
        "decide_again",
    )
    said_dates: ClassVar[dict[str, str]] = {}
    follows: ClassVar[dict[str, tuple[str, ...]]] = {}

    def marks(self, case: Case, fact: Fact) -> dict[str, datetime]:
        at = fact.occurred
        match fact.kind:
            case "disagreement_answered":
                return {"answered" if "answer" in steps_owed(case) else "leads_answered": at}
            case "disagreement_responded":
                first = "respond" in steps_owed(case)
                mark, up = ("responded", "raised_to_leads") if first else ("leads_responded", "raised_to_chair")
                return {mark: at, **({up: at} if fact.data["outcome"] == Response.ESCALATE else {"resolved": at})}
            case "disagreement_decided":
                return {"disagreement_decided": at, "resolved": at}
            case _:
                return {fact.kind: at}

    def said(self, case: Case, fact: Fact) -> dict[str, Any]:
        match fact.kind:
            case "disagreement_raised":
                said = {"raised_by": fact.data["agency"], "challenged": fact.data["challenged"]}
                may_be = fact.data.get("at_risk") in {Known.YES, Known.NOT_KNOWN}
                return {**said, "at_risk": True} if may_be else said
            case "risk_changed":
                return {"at_risk": fact.data["at_risk"] == Risk.NOW}
            case "disagreement_decided":
                return {"outcome": View(fact.data["view"]).words}
            case "disagreement_responded" if fact.data["outcome"] == Response.RESOLVED:
                return {"outcome": "Resolved between the agencies"}
            case "disagreement_withdrawn":
                return {"outcome": "The challenge was withdrawn"}
            case _:
                return {}

    def ends(self, case: Case, fact: Fact) -> Mapping[str, Ended]:
        match fact.kind:
            case "disagreement_withdrawn":
                return {one.key: Ended.WITHDRAWN for one in case.open()}
            case "risk_changed":
                return {one.key: Ended.COUNTED_ANEW for one in counted_anew(case)}
            case _:
                return {}

    def judge(self, case: Case, kind: str, body: dict[str, Any], now: datetime) -> list[Problem]:
        agency = body.get("agency", "")
        match kind:
            case "answer_disagreement":
                return _turn(case, ANSWERING, agency, "It is not your agency’s turn to answer.")
            case "respond_disagreement":
                words = "The agency that raised it says whether it is resolved, each time that it was answered."
                return _turn(case, RESPONDING, agency, words)
            case "decide_disagreement":
                open_ = steps_owed(case) & {"decide_disagreement", "decide_again"}
                words = "It has not come to you, or you have decided already."
                return [] if open_ else [Problem(words=words)]
            case "change_risk":
                words = TAKEN_SO[bool(case.said.get("at_risk"))].get(body.get("at_risk", ""), "")
                return [Problem(field="at_risk", words=words)] if words else []
            case _:
                return []

    def reopens(self, case: Case) -> bool:
        return case.closed is not None

    def decided(self, case: Case) -> tuple[str, datetime] | None:
        found = case.said.get("outcome")
        at = case.last("resolved") or case.last("disagreement_withdrawn")
        return (found, at.at) if found and at else None

    def closes(self, case: Case) -> bool:
        return bool(case.said.get("outcome")) and not case.open()


def _turn(case: Case, blocks: tuple[str, ...], agency: str, words: str) -> list[Problem]:
    return [] if steps_owed(case, agency).intersection(blocks) else [Problem(words=words)]


def worked_out(case: Case, kind: str, body: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Whose turn it is next: the agency that was challenged answers, the one that raised it responds.

    Risk that is said anew leaves the turn as it is; by when it was owed until then is kept.
    """
    match kind:
        case "raise_disagreement":
            return {"agencies": [body["challenged"]]}
        case "respond_disagreement" if body["outcome"] == Response.ESCALATE:
            return {"agencies": [case.said["challenged"]]}
        case "answer_disagreement":
            return {"agencies": [case.said["raised_by"]]}
        case "change_risk":
            steps = counted_anew(case)
            due = next((one.due for one in steps if one.due), None)
            was = {"was": due.isoformat()} if due else {}
            return {"agencies": [one.agency for one in steps if one.agency], **was}
        case _:
            return {}
