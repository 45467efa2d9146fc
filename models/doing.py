"""What a person can do in a case now: what meets each thing owed, in which words, and what stands in its way.

Pages and messages ask here alike, so that a button in chat leads where the page of the case does, and to nothing else.
"""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol
from urllib.parse import quote

from models import recommending
from models.case import Case
from models.command import Command
from models.judging import OF_CLOSED, closed_words, takes_closed, unanswerable
from models.lifecycles import COMMANDS, LIFECYCLES
from models.rapid_review import has_met
from models.recommending import KINDS as RECOMMENDING
from models.rights import ASKED_YOURSELF, WAITING, Access, Actor, access_of, reads, whole
from models.standing import Deadline, allows, deadlines
from models.time import in_full

MET_BY: Final[Mapping[str, str]] = {
    "meeting_held": "record_meeting",
    "submitted": "record_submission",
    "changed_decision_submitted": "record_submission",
    "parked_reviewed": "decide",
    "delivery_evidenced": "give_evidence",
    "impact_evidenced": "give_evidence",
    "evidence_given_again": "give_evidence",
    "evidence_examined": "accept_evidence",
    "publication_settled": "publish",
    "contributor_told": "record_contact",
    "answered": "answer_disagreement",
    "leads_answered": "answer_disagreement",
    "responded": "respond_disagreement",
    "leads_responded": "respond_disagreement",
}
"""Marks that another fact makes than the one of their name."""

VERBS: Final[Mapping[str, str]] = {
    "triage": "Triage the referral",
    "answer_safety": "Say whether they are safe",
    "tell_referrer": "Record how the referrer was told",
    "submit_return": "Give the return",
    "record_analysis": "Write the analysis",
    "decide": "Record the decision",
    "record_review_learning": "Record the learning",
    "answer_recommendation": "Answer the recommendation",
    "answer_rejection": "Say whether it stands",
    "give_evidence": "Give evidence",
    "accept_evidence": "Look at the evidence",
    "close_recommendation": "Decide on closing",
    "answer_disagreement": "Answer the challenge",
    "settle_dispute": "Settle the dispute",
    "answer_time": "Answer the request",
    "review_suspension": "Review the suspension",
}
"""The first word on a case's page, where the title of the command is not a good one."""

DECISIONS: Final = frozenset({
    *WAITING, "triage", "decide", "sign_off", "answer_rejection", "accept_evidence", "close_recommendation",
    "complete_review", "review_milestones", "decide_disagreement",
})  # fmt: skip
"""Commands by which somebody decides; whatever else is owed is work."""

ANSWERS: Final = (("promise", "Promise a date"), ("dispute", "Dispute"), ("ask_time", "Ask for time"))


class View(Protocol):
    """A case as one person sees it: records.questions.CaseView for pages, `Sight` for messages."""

    @property
    def ref(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def state(self) -> Case: ...
    @property
    def may(self) -> Container[str]: ...
    @property
    def deadlines(self) -> list[Deadline]: ...


@dataclass(frozen=True)
class Allowed(Container[str]):
    """The commands that the office of somebody allows, each found out when it is asked for."""

    case: Case
    actor: Actor
    access: Access

    def __contains__(self, kind: object) -> bool:
        return allows(self.case, self.actor, self.access, str(kind))


@dataclass(frozen=True)
class Sight:
    """As much of a case as is needed to say what somebody can do in it."""

    state: Case
    may: Container[str]
    deadlines: list[Deadline]

    @property
    def ref(self) -> str:
        return self.state.ref

    @property
    def kind(self) -> str:
        return self.state.kind


def sight(case: Case, actor: Actor, now: datetime) -> Sight | None:
    """The case as this person sees it now; none if they may not open it."""
    access = access_of(case, now)
    if reads(actor, case, access) is not None:
        return None
    all_of_it = whole(actor, case, access)
    return Sight(case, Allowed(case, actor, access), deadlines(case, actor, now, all_of_it=all_of_it))


@dataclass(frozen=True)
class Act:
    """A command as a link. `about`: the obligation, for those who cannot see where the link stands."""

    words: str
    address: str

    @property
    def kind(self) -> str:
        """The command to which it leads."""
        return self.address.partition("?")[0].rpartition("/")[2]


@dataclass(frozen=True)
class Doing:
    """Something owed, with what this person can do about it. `why_not`: what has to happen first."""

    deadline: Deadline
    act: Act | None
    why_not: str
    answers: Sequence[Act]


def meets(kind: str, mark: str) -> str:
    """The command that makes a mark in this kind of case; empty if it comes about otherwise."""
    found = MET_BY.get(mark, "")
    return found or next((one.KIND for one in COMMANDS[kind].values() if mark == one.FACT), "")


def doings(view: View, now: datetime) -> tuple[list[Doing], list[Doing]]:
    """(what this person owes or can decide now, everything else that is open), each by date, the urgent first.

    Of what has joined another case nothing: there it goes on.
    """
    if view.state.closed and view.state.said.get("joined"):
        return [], []
    open_ = [_doing(view, one, now) for one in view.deadlines if not one.ended]
    mine = [one for one in open_ if _is_mine(view, one.deadline)]
    return sorted(mine, key=lambda one: not one.deadline.urgent), [one for one in open_ if one not in mine]


def doing(view: View, key: str, now: datetime) -> Doing | None:
    """What they can do about one thing that is open; none if it is not, or not for them to see."""
    return next((_doing(view, one, now) for one in view.deadlines if one.key == key and not one.ended), None)


def stands_in_the_way(view: View, kind: str, agency: str, now: datetime, about: str = "") -> str:
    """What has to happen before this can be recorded, whatever is answered; empty if nothing does."""
    if view.state.closed and not takes_closed(view.state, kind):
        return closed_words(view.state)
    if view.state.closed and kind in OF_CLOSED:
        return ""
    if about in view.state.obligations and (words := unanswerable(view.state, kind, about, now)):
        return words
    pursues = kind in RECOMMENDING
    if not pursues and kind not in {one.KIND for one in LIFECYCLES[view.kind].commands}:
        return ""
    here = now.isoformat()
    good = {
        "sent_at": here,
        "held_at": here,
        "received_at": here,
        "withdrawn_at": here,
        "agency": agency,
        "agencies": (),
        "item": about,
        "children": [{"child": number} for number in view.state.said.get("children", ())],
    }
    try:
        judge = recommending.judge if pursues else LIFECYCLES[view.kind].judge
        found = judge(view.state, kind, good, now)
    except KeyError:
        return ""
    return next((one.words for one in found if not one.field), "")


def answers_to(view: View, one: Deadline, now: datetime) -> list[Act]:
    """Promise, dispute, ask for time: what the state of this obligation still takes."""
    if one.expected_of:
        return []

    def taken(kind: str) -> bool:
        return not unanswerable(view.state, kind, one.key, now) and not (kind == "ask_time" and one.disputed)

    found = [
        _about(view, kind, words, one.key)
        for kind, words in ANSWERS
        if (one.yours or one.told_me) and kind in view.may and taken(kind)
    ]
    if "suspend" in view.may and taken("suspend"):
        found.append(_about(view, "suspend", "Suspend", one.key))
    return found


def _is_mine(view: View, one: Deadline) -> bool:
    kind = meets(view.kind, one.met_by)
    if one.asked_by_me:
        return False
    return one.yours or (kind in WAITING and kind in view.may and one.told_me and not one.not_yet)


def _doing(view: View, one: Deadline, now: datetime) -> Doing:
    kind = meets(view.kind, one.met_by)
    command = COMMANDS[view.kind].get(kind)
    if one.asked_by_me:
        return Doing(one, None, ASKED_YOURSELF, [])
    if (
        command is None
        or kind not in view.may
        or one.not_yet
        or (one.agency and not one.mine and not one.item and not _is_about_one(command))
    ):
        return Doing(one, None, "", answers_to(view, one, now))
    words = VERBS.get(kind, command.TITLE)
    if _is_about_one(command):
        return Doing(one, _about(view, kind, words, one.about), "", [])
    if kind == "record_meeting":
        kind, words = _next_of_meeting(view, now)
    why_not = stands_in_the_way(view, kind, one.agency, now, one.item)
    if not why_not and kind == "record_meeting" and not _is_over(view, now):
        begins = datetime.fromisoformat(view.state.said["meeting_at"])
        why_not = f"It is arranged for {in_full(begins)}; record it when it was held."
    if why_not:
        return Doing(one, None, why_not, answers_to(view, one, now))
    about = {"recommendation": one.key, "item": one.item}
    named = next((value for field, value in about.items() if field in command.model_fields and value), "")
    act = _about(view, kind, words, named) if named else Act(words, f"/cases/{view.ref}/{kind}")
    return Doing(one, act, "", answers_to(view, one, now))


def _next_of_meeting(view: View, now: datetime) -> tuple[str, str]:
    """A meeting is arranged before it is recorded; one that was held without its quorum is arranged again."""
    waits = "meeting_arranged" in view.state.marks and not has_met(view.state)
    kind = "record_meeting" if waits and "record_meeting" in view.may else "arrange_meeting"
    return kind, COMMANDS[view.kind][kind].TITLE


def _is_over(view: View, now: datetime) -> bool:
    begins = view.state.said.get("meeting_at")
    return begins is None or datetime.fromisoformat(begins) <= now


def _about(view: View, kind: str, words: str, key: str) -> Act:
    return Act(words, f"/cases/{view.ref}/{kind}?about={quote(key, safe='/')}")


def _is_about_one(command: type[Command]) -> bool:
    return "obligation" in command.model_fields
