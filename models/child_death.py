"""The review of a child's death: notified, answered jointly where it must be, met on, analysed by a panel.

Children Act 2004 s16M and s16N; Child Death Review: Statutory and Operational Guidance (England), 2018; Working
Together to Safeguard Children 2023, chapter 6. Every clock counts from the notification: the days of birth and death
are kept encrypted alone, and a notification is expected within 48 hours.

What the review waits for outside holds back its meeting or its panel and nothing else: those clocks stand still, nobody
is chased for them, and each wait has a day on which somebody looks at it again.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, ClassVar

from models.case import Case
from models.child_death_commands import (
    COMMANDS,
    ELSEWHERE,
    Category,
    Considered,
    Criterion,
    FamilyContact,
    Step,
    WaitOutcome,
    WaitsFor,
)
from models.command import Command, Known
from models.facts import Fact, Problem
from models.obligation import Ended
from models.rapid_review import judge_returns, owed_returns
from models.recommending import STORY as PURSUED
from models.referral import owed, safety
from models.shelf import policy
from models.time import day_of

NOTICE = timedelta(days=28)
UNEXPLAINED = frozenset({Criterion.SUDDEN, Criterion.NOT_NATURAL})
"""Criteria by which a death is put before the practice-review sub-group, unless it is known that they do not apply."""


def worked_out(case: Case, kind: str, body: dict[str, Any], now: datetime) -> dict[str, Any]:
    """What the fact says beside the answers: names of what is new, days, and what stands still and goes on."""
    match kind:
        case "open_wait":
            return {"item": _next_wait(case), "suspends": _stands_still(case, body["holds"])}
        case "record_immediate_decisions" if body["post_mortem"] == Known.YES:
            return {"item": _next_wait(case), "suspends": _stands_still(case, [Step.MEETING])}
        case "review_wait" if body["outcome"] == WaitOutcome.ENDED:
            return {"resumes": _goes_on(case, body["item"])}
        case "complete_analysis":
            quorum = policy(case.policy).quorums["child_death_panel"]
            seats = set(body["seats"]) - set(body["left"])
            return {"quorate": len(seats & set(quorum.seats)) >= quorum.least and set(quorum.always) <= seats}
        case _:
            return {}


def category(applies: list[str]) -> Category:
    """Of the categories that apply the one of the highest rank: they are listed by it."""
    return next(one for one in Category if one.value in applies)


def waits(case: Case) -> dict[str, dict[str, Any]]:
    """What the review waits for now, by name: for what, since when, and which steps it holds back."""
    return {name: one for name, one in case.said.get("waits", {}).items() if not one.get("ended")}


def _next_wait(case: Case) -> str:
    return f"w{len(case.said.get('waits', {})) + 1}"


def _held(case: Case, block: str, besides: str = "") -> bool:
    return any(block in one["holds"] for name, one in waits(case).items() if name != besides)


def _stands_still(case: Case, blocks: list[str]) -> list[str]:
    """Of these steps what is owed now and does not stand still yet."""
    return [one.key for one in case.open() if one.block in blocks and not one.paused]


def _goes_on(case: Case, item: str) -> list[str]:
    """What stood still for this alone, and is still owed."""
    holds = [block for block in case.said["waits"][item]["holds"] if not _held(case, block, besides=item)]
    return [one.key for one in case.open() if one.block in holds and one.paused]


class ChildDeath:
    """What the facts of the review of a child's death make true, and what it takes."""

    name = "child_death"
    prefix = "CD"
    commands: tuple[type[Command], ...] = COMMANDS
    story: tuple[str, ...] = (
        "immediate_decisions", "national_database", "siblings_safety", "key_worker", "joint_response",
        "request_information", "agency_return", "wait_review", "meeting", "draft_analysis", "panel", "panel_again",
        "record_finding", "consider_review", "consider_again", "reconsider_review", "submit_analysis",
        "family_feedback", "hand_over", "confirm_hand_over", *PURSUED,
    )  # fmt: skip
    said_dates: ClassVar[dict[str, str]] = {"wait_review": "review", "consider_again": "again"}
    follows: ClassVar[dict[str, tuple[str, ...]]] = {
        "meeting_held": ("death_notified",),
        "analysis_drafted": ("meeting_held",),
        "panel_recorded": ("analysis_drafted",),
        "panel_reviewed": ("analysis_drafted",),
        "analysis_submitted": ("panel_reviewed",),
    }

    def marks(self, case: Case, fact: Fact) -> dict[str, datetime]:  # noqa: PLR0911 -- one answer for each fact
        at, data = fact.occurred, fact.data
        match fact.kind:
            case "death_notified":
                elsewhere = {"death_elsewhere": at} if data["area"] == ELSEWHERE else {}
                return {"death_notified": at, **elsewhere, **safety(fact)}
            case "immediate_decisions_recorded":
                waits_ = {"wait_opened": at} if "item" in data else {}
                return {"immediate_decisions_recorded": at, **_called_for(fact), **waits_, **safety(fact)}
            case "siblings_safety_answered":
                return safety(fact)
            case "wait_reviewed":
                found = {"abuse_found": at} if data.get("abuse") == Known.YES else {}
                again = {"wait_opened": at} if data["outcome"] == WaitOutcome.GOES_ON else {}
                return {"wait_reviewed": at, **again, **found}
            case "finding_recorded":
                found = {"abuse_found": at} if data["abuse"] == Known.YES else {}
                return {"finding_recorded": at, **found, **({"panel_called_again": at} if data["panel"] else {})}
            case "death_meeting_held":
                return {"meeting_held": at}
            case "panel_recorded":
                return {"panel_recorded": at, **({"panel_reviewed": at} if data["quorate"] else {})}
            case "family_contacted":
                told = {"family_told": at} if data["contact"] == FamilyContact.FEEDBACK else {}
                return {"family_contacted": at, **told}
            case "review_considered":
                again = {"consideration_waits": at} if data["outcome"] == Considered.WAIT else {}
                return {"review_considered": at, **again}
            case _:
                return {fact.kind: at}

    def said(self, case: Case, fact: Fact) -> dict[str, Any]:  # noqa: PLR0911 -- one answer for each fact
        data = fact.data
        match fact.kind:
            case "death_notified":
                return {"children": data["children"], "area": data["area"]}
            case "immediate_decisions_recorded" if "item" in data:
                one = {"kind": WaitsFor.POST_MORTEM, "since": day_of(fact.occurred).isoformat(), "holds": [Step.MEETING]}
                return _waiting({**case.said.get("waits", {}), data["item"]: one})
            case "wait_opened":
                one = {"kind": data["kind"], "since": data["since"], "holds": data["holds"]}
                return _waiting({**case.said.get("waits", {}), data["item"]: one})
            case "wait_reviewed" if data["outcome"] == WaitOutcome.ENDED:
                one = {**case.said["waits"][data["item"]], "ended": data["ended_on"]}
                return _waiting({**case.said["waits"], data["item"]: one})
            case "meeting_planned":
                return {"meeting_on": data["on"]}
            case "panel_listed":
                return {"panel_on": data["on"], "theme": data["theme"]}
            case "panel_deferred" | "panel_recorded":
                return {"panel_on": ""}
            case "review_considered":
                return {"considered": data["outcome"]}
            case _:
                return {}

    def ends(self, case: Case, fact: Fact) -> Mapping[str, Ended]:
        match fact.kind:
            case "request_withdrawn":
                return {owed_returns(case)[fact.agency].key: Ended.WITHDRAWN}
            case "return_not_given":
                return {owed_returns(case)[fact.agency].key: Ended.NOT_GIVEN}
            case "hand_over_received":
                return {one.key: Ended.WITHDRAWN for one in case.open() if one.block != "confirm_hand_over"}
            case _:
                return {}

    def judge(  # noqa: C901, PLR0911 -- one answer for each command
        self, case: Case, kind: str, body: dict[str, Any], now: datetime
    ) -> list[Problem]:
        match kind:
            case "request_information" | "withdraw_request" | "record_no_return":
                return judge_returns(case, kind, body, now)
            case "return_form":
                return judge_returns(case, kind, body, now)
            case "review_wait":
                known = body["item"] in waits(case)
                words = "The review does not wait for this."
                return [] if known else [Problem(field="item", words=words)]
            case "plan_meeting":
                soon = date.fromisoformat(body["on"]) < day_of(now + NOTICE)
                words = "Say why it is sooner than in a month: those who knew the child have to be free."
                return [Problem(field="reason", words=words)] if soon and not body.get("reason") else []
            case "record_immediate_decisions":
                return owed(case, "immediate_decisions", "The immediate decisions have been recorded already.")
            case "record_database_notification":
                return owed(case, "national_database", "The national database has been notified already.")
            case "record_death_meeting":
                return _meets(case) or owed(case, "meeting", "The review meeting has been recorded already.")
            case "draft_analysis":
                words = "Record the review meeting first."
                return [] if "meeting_held" in case.marks else [Problem(words=words)]
            case "list_for_panel":
                return _ready(case)
            case "defer_panel":
                words = "It is not on the list of a panel."
                return [] if case.said.get("panel_on") else [Problem(words=words)]
            case "complete_analysis":
                words = "List it for a panel first."
                return _ready(case) or ([] if case.said.get("panel_on") else [Problem(words=words)])
            case "consider_review":
                due = {"consider_review", "consider_again", "reconsider_review"}
                words = "No decision is due on this death."
                return [] if any(case.is_open(block) for block in due) else [Problem(words=words)]
            case "answer_safety":
                return owed(case, "siblings_safety", "The safety of other children has been answered already.")
            case "submit_analysis":
                return owed(case, "submit_analysis", "There is no analysis to submit yet, or it has been submitted.")
            case "confirm_hand_over":
                return owed(case, "confirm_hand_over", "Hand it over first, or its receipt has been recorded.")
            case _:
                return []

    def reopens(self, case: Case) -> bool:
        return case.closed is not None

    def decided(self, case: Case) -> tuple[str, datetime] | None:
        at = case.marks.get("panel_reviewed")
        return ("Reviewed by the panel", at.at) if at else None

    def closes(self, case: Case) -> bool:
        return bool({"panel_reviewed", "hand_over_received"} & case.marks.keys()) and not case.open()


def _waiting(waits_: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """`held`: the blocks that stand still, so that also what opens later does not begin to run (models/fold.py)."""
    held = {block for one in waits_.values() if not one.get("ended") for block in one["holds"]}
    return {"waits": waits_, "held": sorted(held)}


def _called_for(fact: Fact) -> dict[str, datetime]:
    """A joint response where any criterion applies or may apply; the sub-group where the death is unexplained."""
    may_be = {Criterion(one["criterion"]) for one in fact.data["criteria"] if one["met"] != Known.NO}
    found = {"joint_response_due": fact.occurred} if may_be else {}
    return {**found, **({"death_unexplained": fact.occurred} if may_be & UNEXPLAINED else {})}


def _meets(case: Case) -> list[Problem]:
    if any(one["kind"] == WaitsFor.POST_MORTEM for one in waits(case).values()):
        return [Problem(words="The post-mortem report has not come. The meeting is held once it has.")]
    return []


def _ready(case: Case) -> list[Problem]:
    """Whether the panel can take it: the draft is there, every agency has answered, and nothing holds it back."""
    if "analysis_drafted" not in case.marks:
        return [Problem(words="Give the draft analysis first.")]
    if not case.is_open("panel") and not case.is_open("panel_again"):
        return [Problem(words="The panel has reviewed this death. It does so anew if something comes to light.")]
    if missing := sorted(owed_returns(case)):
        return [Problem(words=f"These agencies have not given their reporting form: {', '.join(missing)}.")]
    held = [WaitsFor(one["kind"]).words for one in waits(case).values() if "panel" in one["holds"]]
    return [Problem(words=f"The panel waits for: {', '.join(held)}.")] if held else []
