"""The review of a child's death: notified, answered jointly where it must be, met on, analysed by a panel.

Children Act 2004 s16M and s16N; Child Death Review: Statutory and Operational Guidance (England), 2018; Working
Together to Safeguard Children 2023, chapter 6. Every clock counts from the notification: the days of birth and death
are kept encrypted alone, and a notification is expected within 48 hours.

What the review waits for outside holds back its meeting or its panel and nothing else: those clocks stand still, nobody
is chased for them, and each wait has a day on which somebody looks at it again.
"""

from collections.abc import Mapping
from datetime import date, datetime, time
from itertools import islice
from typing import Any, ClassVar

from models.case import Case
from models.child_death_commands import (
    COMMANDS,
    ELSEWHERE,
    NOT_OURS,
    Category,
    Considered,
    Criterion,
    FamilyContact,
    Reached,
    Step,
    WaitOutcome,
    WaitsFor,
)
from models.command import Command, Known
from models.facts import Fact, Problem
from models.listed import all_of
from models.obligation import Ended, Obligation
from models.panels import meetings, meets, panel_of
from models.policy import ChildDeaths
from models.rapid_review import judge_returns, owed_returns
from models.recommending import STORY as PURSUED
from models.referral import later, owed, safety
from models.shelf import days, policy
from models.time import at, day, day_of

UNEXPLAINED = frozenset({Criterion.SUDDEN, Criterion.NOT_NATURAL})
"""Criteria by which a death is put before the practice-review sub-group, unless it is known that they do not apply."""


def worked_out(  # noqa: C901, PLR0911 -- one answer for each command
    case: Case, kind: str, body: dict[str, Any], now: datetime
) -> dict[str, Any]:
    """What the fact says beside the answers: names of what is new, days, and what stands still and goes on."""
    match kind:
        case "enter_death":
            return _under_way(body)
        case "decide_duplicate" if body["same"]:
            return {"suspends": [one.key for one in case.open() if not one.paused]}
        case "decide_duplicate" if case.said.get("joined") == body["other"]:
            return {"resumes": case.said["stopped"]}
        case "open_wait":
            return {"item": _next_wait(case), "suspends": _stands_still(case, body["holds"])}
        case "record_immediate_decisions" if body["post_mortem"] == Known.YES and not _waits_for(case, ONCE[0]):
            return _waits_from_now(case, Step.MEETING, body["review"])
        case "consider_review" if body["outcome"] == Considered.REFER:
            return _waits_from_now(case, Step.PANEL, body["again"])
        case "review_wait" if body["outcome"] == WaitOutcome.ENDED:
            return {"resumes": goes_on(case, body["item"])}
        case "plan_meeting" | "list_for_panel":
            return {"arranges": _runs(case, ("meeting",) if kind == "plan_meeting" else PANELS)}
        case "defer_panel":
            return {"frees": _runs(case, PANELS)}
        case "complete_analysis":
            quorum = policy(case.policy).quorums["child_death_panel"]
            seats = set(body["seats"]) - set(body["left"])
            quorate = len(seats & set(quorum.seats)) >= quorum.least and set(quorum.always) <= seats
            return {"quorate": quorate, **({} if quorate else {"frees": _runs(case, PANELS)})}
        case _:
            return {}


def category(applies: list[str]) -> Category:
    """Of the categories that apply the one of the highest rank: they are listed by it."""
    return next(one for one in Category if one.value in applies)


def waits(case: Case) -> dict[str, dict[str, Any]]:
    """What the review waits for now, by name: for what, since when, and which steps it holds back."""
    return waits_said(case.said)


def waits_said(said: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The same, of what a case has said alone."""
    return {name: one for name, one in said.get("waits", {}).items() if not one.get("ended")}


def awaited_since(one: Mapping[str, Any]) -> str:
    """A wait in words: inquest since 3 March 2026."""
    kind = WaitsFor(one["kind"]).words
    return f"{kind[:1].lower()}{kind[1:]} since {_in_words(date.fromisoformat(one['since']))}"


def awaiting(case: Case, one: Obligation) -> str:
    """For what a step of the review stands still, in words; empty if it does not, or for another reason."""
    held = [wait for wait in waits(case).values() if one.paused and one.block in wait["holds"]]
    return f"Awaiting {all_of(awaited_since(wait) for wait in held)}" if case.kind == "child_death" and held else ""


def _waits_from_now(case: Case, step: Step, review: str) -> dict[str, Any]:
    """What a fact says that also begins a wait: its name, when it is looked at again, what stands still."""
    name = _next_wait(case)
    return {"wait": name, "dates": {f"wait_review/{name}": review}, "suspends": _stands_still(case, [step])}


def _next_wait(case: Case) -> str:
    return f"w{len(case.said.get('waits', {})) + 1}"


def _held(case: Case, block: str, besides: str = "") -> bool:
    return any(block in one["holds"] for name, one in waits(case).items() if name != besides)


def _runs(case: Case, blocks: tuple[str, ...]) -> list[str]:
    return [one.key for one in case.open() if one.block in blocks and not one.paused]


def _stands_still(case: Case, blocks: list[str]) -> list[str]:
    """Of these steps what is owed now and does not stand still yet."""
    return _runs(case, tuple(blocks))


def goes_on(case: Case, item: str) -> list[str]:
    """What stood still for this alone, and is still owed."""
    holds = [block for block in case.said["waits"][item]["holds"] if not _held(case, block, besides=item)]
    return [one.key for one in case.open() if one.block in holds and one.paused]


PANELS = ("panel", "panel_again")
CONSIDERED = ("consider_review", "consider_again", "reconsider_review")
OWED: Mapping[str, tuple[str, str]] = {
    "record_immediate_decisions": ("immediate_decisions", "The immediate decisions have been recorded already."),
    "record_database_notification": ("national_database", "The national database has been notified already."),
    "answer_safety": ("siblings_safety", "The safety of other children has been answered already."),
    "record_death_meeting": ("meeting", "The review meeting has been recorded already."),
    "submit_analysis": ("submit_analysis", "There is no analysis to submit yet, or it has been submitted."),
    "confirm_hand_over": ("confirm_hand_over", "Hand it over first, or its receipt has been recorded."),
}
"""Commands that are given while a step is owed, and what whoever gives one at another time reads."""


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

    def marks(self, case: Case, fact: Fact) -> dict[str, datetime]:  # noqa: C901, PLR0911 -- one answer for each fact
        at, data = fact.occurred, fact.data
        match fact.kind:
            case "death_notified":
                elsewhere = {"death_elsewhere": at} if data["area"] == ELSEWHERE else {}
                return {"death_notified": at, **elsewhere, **safety(fact)}
            case "death_entered":
                return _entered(fact)
            case "death_amended":
                moved = data["area"] == ELSEWHERE != case.said["area"]
                return {"death_amended": at, **({"death_elsewhere": at} if moved else {})}
            case "immediate_decisions_recorded":
                waits_ = {"wait_opened": at} if "wait" in data else {}
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
                follows = {Considered.WAIT: "consideration_waits", Considered.REFER: "wait_opened"}
                outcome = Considered(data["outcome"])
                return {"review_considered": at, **({follows[outcome]: at} if outcome in follows else {})}
            case _:
                return {fact.kind: at}

    def said(self, case: Case, fact: Fact) -> dict[str, Any]:  # noqa: C901, PLR0911, PLR0912 -- one answer for each fact
        data = fact.data
        match fact.kind:
            case "death_notified":
                return {"children": data["children"], "area": data["area"], **_siblings(data)}
            case "death_entered":
                return _stands(case, data)
            case "death_amended":
                return {"area": data["area"]}
            case "information_requested":
                return {"forms": sorted({*case.said.get("forms", ()), *data["forms"]})}
            case "duplicate_decided":
                found = {**case.said.get("duplicates", {}), data["other"]: data["same"]}
                joins = {"joined": data["other"], "stopped": data["suspends"]} if data["same"] else {"joined": ""}
                return {"duplicates": found, **joins}
            case "immediate_decisions_recorded":
                waits_ = _also_waits(case, fact, WaitsFor.POST_MORTEM, Step.MEETING) if "wait" in data else {}
                return {**_siblings(data), **waits_}
            case "siblings_safety_answered":
                return {"siblings_safe": data["siblings_safe"]}
            case "wait_opened":
                one = {"kind": data["kind"], "since": data["since"], "holds": data["holds"]}
                return _waiting({**case.said.get("waits", {}), data["item"]: one})
            case "wait_reviewed" if data["outcome"] == WaitOutcome.ENDED:
                one = {**case.said["waits"][data["item"]], "ended": data["ended_on"]}
                return {**_waiting({**case.said["waits"], data["item"]: one}), **_found(data)}
            case "finding_recorded":
                return _found(data)
            case "meeting_planned":
                return {"meeting_on": data["on"]}
            case "panel_listed":
                return {"panel_on": data["on"], "panel": data["panel"]}
            case "panel_deferred" | "panel_recorded":
                return {"panel_on": "", "panel": ""}
            case "review_considered":
                refers = data["outcome"] == Considered.REFER
                waits_ = _also_waits(case, fact, WaitsFor.PRACTICE_REVIEW, Step.PANEL) if refers else {}
                return {"considered": data["outcome"], **waits_}
            case _:
                return {}

    def ends(self, case: Case, fact: Fact) -> Mapping[str, Ended]:
        match fact.kind:
            case "request_withdrawn":
                return {owed_returns(case)[fact.agency].key: Ended.WITHDRAWN}
            case "return_not_given":
                return {owed_returns(case)[fact.agency].key: Ended.NOT_GIVEN}
            case "death_amended" if fact.data["area"] != ELSEWHERE:
                return {one.key: Ended.WITHDRAWN for one in case.open() if one.block == "hand_over"}
            case "hand_over_received":
                return {one.key: Ended.WITHDRAWN for one in case.open() if one.block != "confirm_hand_over"}
            case _:
                return {}

    def judge(  # noqa: C901, PLR0911, PLR0912 -- one answer for each command
        self, case: Case, kind: str, body: dict[str, Any], now: datetime
    ) -> list[Problem]:
        if kind in OWED:
            return (_meets(case) if kind == "record_death_meeting" else []) or owed(case, *OWED[kind])
        match kind:
            case "request_information" | "withdraw_request" | "record_no_return" | "return_form":
                return judge_returns(case, kind, body, now)
            case "decide_duplicate":
                return _joins(case, body["other"], same=body["same"])
            case "open_wait" if body["kind"] in ONCE and _waits_for(case, body["kind"]):
                return [Problem(field="kind", words="The review waits for this already. Say there how far it is.")]
            case "review_wait" if not waits(case):
                return [Problem(words="The review waits for nothing.")]
            case "review_wait" if body["item"] not in waits(case):
                return [Problem(field="item", words="The review does not wait for this.")]
            case "review_wait" if body["outcome"] == WaitOutcome.ENDED and waits(case)[body["item"]].get("by_itself"):
                words = "This wait ends by itself once the referral and every review that came of it are settled."
                return [Problem(field="outcome", words=words)]
            case "review_wait" if body["ended_on"] and body["ended_on"] < waits(case)[body["item"]]["since"]:
                return [Problem(field="ended_on", words="This is before it began. Check the day.")]
            case "amend_death":
                return _stays_listed(case, body["area"])
            case "hand_over":
                return _leaves(case)
            case "list_for_panel" if on := case.said.get("panel_on"):
                listed = _in_words(date.fromisoformat(on))
                return [Problem(words=f"It is on the list for {listed}. Defer it first, with the reason.")]
            case "draft_analysis" if "meeting_held" not in case.marks:
                return [Problem(words="Record the review meeting first.")]
            case "list_for_panel":
                return _ready(case) or _meets_then(case, body)
            case "defer_panel" if not case.said.get("panel_on"):
                return [Problem(words="It is not on the list of a panel.")]
            case "complete_analysis":
                return _ready(case) or _listed_then(case, body)
            case "consider_review" if not any(case.is_open(block) for block in CONSIDERED):
                return [Problem(words="No decision is due on this death.")]
            case _:
                return []

    def reopens(self, case: Case) -> bool:
        return case.closed is not None and not case.said.get("joined")

    def decided(self, case: Case) -> tuple[str, datetime] | None:
        at = case.marks.get("panel_reviewed")
        return ("Reviewed by the panel", at.at) if at else None

    def closes(self, case: Case) -> bool:
        """What has joined another review is closed with its clocks standing still, so that they can go on."""
        reviewed = {"panel_reviewed", "hand_over_received"} & case.marks.keys()
        return bool(case.said.get("joined") or (reviewed and not case.open()))


def _joins(case: Case, other: str, *, same: bool) -> list[Problem]:
    """The later notification joins the earlier one, so that no two can join each other; one at a time."""
    joined = case.said.get("joined")
    if other == case.ref:
        return [Problem(field="other", words="This is the same review. Name the other one.")]
    if same and later(other, case.ref):
        words = f"{other} was received later, so it joins this one: say so on the page of {other}."
        return [Problem(field="same", words=words)]
    if joined and (same or other != joined):
        words = f"This notification has joined {joined}. If that is wrong, say first that it is not the same."
        return [Problem(field="other", words=words)]
    if not same and case.said.get("duplicates", {}).get(other) is False:
        return [Problem(field="same", words="It is recorded already that these two are not the same.")]
    return []


# A review that was entered when it had come some way already.

BEHIND: Mapping[Reached, tuple[str, ...]] = {
    Reached.NOTIFIED: (),
    Reached.FIRST_STEPS: ("immediate_decisions", "national_database", "key_worker"),
    Reached.ASKED: ("request_information",),
    Reached.MET: ("meeting",),
    Reached.DRAFTED: ("draft_analysis",),
}
"""The steps that each adds to what is behind a review: nobody owes them, and nobody is asked for them."""


def passed(reached: str) -> list[str]:
    """The blocks that are behind a review that was entered here at this step."""
    steps = list(BEHIND)
    return [block for step in steps[: steps.index(Reached(reached)) + 1] for block in BEHIND[step]]


def _under_way(body: Mapping[str, Any]) -> dict[str, Any]:
    """What the fact of entering says of its waits: their names and days, and since when each step stands still.

    One that is on the list of a panel already is due on the day of that panel.
    """
    waits_ = {f"w{number}": one for number, one in enumerate(body["waits"], 1)}
    held: dict[str, str] = {}
    for one in waits_.values():
        for block in one["holds"]:
            held[block] = min(held.get(block, one["since"]), one["since"])
    dates = {f"wait_review/{name}": one["review"] for name, one in waits_.items()}
    dates |= {"panel": body["panel_on"]} if body["panel_on"] else {}
    return {"dates": dates, "held_since": held} if dates else {}


def _entered(fact: Fact) -> dict[str, datetime]:
    """What was known already when a review was entered, on the days that are said; what is owed now counts from it."""
    data, reached = fact.data, Reached(fact.data["reached"])

    def on(name: str) -> datetime:
        return at(date.fromisoformat(data[name]), time(0))

    found = {"death_entered": fact.occurred, "death_notified": on("notified_on")}
    met = reached in {Reached.MET, Reached.DRAFTED}
    first = {
        "death_elsewhere": data["area"] == ELSEWHERE,
        "information_requested": bool(data["agencies"]),
        "wait_opened": bool(data["waits"]),
        "death_unexplained": data["unexplained"],
    }
    found |= {name: fact.occurred for name, is_so in first.items() if is_so}
    if met:
        found["meeting_held"] = on("met_on" if data["met_on"] else "drafted_on")
    if reached is Reached.DRAFTED:
        found["analysis_drafted"] = on("drafted_on")
    return found


def _stands(case: Case, data: Mapping[str, Any]) -> dict[str, Any]:
    """Where a review stands that was entered here, and on the list of which panel it is."""
    deaths, on = policy(case.policy).child_deaths, data["panel_on"] or ""
    waits_ = {
        f"w{number}": {name: one[name] for name in ("kind", "since", "holds")}
        for number, one in enumerate(data["waits"], 1)
    }
    return {
        "children": data["children"], "area": data["area"], "passed": passed(data["reached"]), "key": data["key"],
        "panel_on": on, "panel": _on_list_of(case, deaths, data["area"], on) if deaths and on else "",
        **(_waiting(waits_) if waits_ else {}),
    }  # fmt: skip


def _on_list_of(case: Case, deaths: ChildDeaths, area: str, on: str) -> str:
    return panel_of(deaths, area, date.fromisoformat(on), days(case.calendar))


def _stays_listed(case: Case, area: str) -> list[Problem]:
    """Whether the panel for which it is listed may review it, once it is known that the child lived there."""
    deaths = policy(case.policy).child_deaths
    if not deaths or not case.said.get("panel_on") or case.said["panel"] in deaths.panels_of(area):
        return []
    return [Problem(field="area", words="It is on the list of a panel of another area. Defer it there first.")]


def _leaves(case: Case) -> list[Problem]:
    """Whether the review can be handed over to another area."""
    if case.is_open("confirm_hand_over"):
        return [Problem(words="It has been handed over. Record that the other area has received it.")]
    if "panel_reviewed" in case.marks:
        return [Problem(words="The panel here has reviewed this death. Tell the other area of it in writing.")]
    if case.said.get("area") not in NOT_OURS:
        return [Problem(words="The child lived in an area of ours. If that is wrong, amend the child’s details first.")]
    return []


def _found(data: Mapping[str, Any]) -> dict[str, Any]:
    """That abuse or neglect was found is remembered, wherever it came to light: a referral of this death says so."""
    return {"abuse_found": True} if data.get("abuse") == Known.YES else {}


def _siblings(data: Mapping[str, Any]) -> dict[str, Any]:
    """Whether there are other children, and whether they are safe: a referral of this death says it as well."""
    return {"others": data["others"], "siblings_safe": data["siblings_safe"]}


def _also_waits(case: Case, fact: Fact, kind: WaitsFor, step: Step) -> dict[str, Any]:
    one: dict[str, Any] = {"kind": kind.value, "since": day_of(fact.occurred).isoformat(), "holds": [step.value]}
    one |= {"by_itself": True} if kind is WaitsFor.PRACTICE_REVIEW else {}
    return _waiting({**case.said.get("waits", {}), fact.data["wait"]: one})


def _waiting(waits_: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """`held`: the blocks that stand still, so that also what opens later does not begin to run (models/fold.py)."""
    held = {block for one in waits_.values() if not one.get("ended") for block in one["holds"]}
    return {"waits": waits_, "held": sorted(held)}


def _called_for(fact: Fact) -> dict[str, datetime]:
    """A joint response where any criterion applies or may apply; the sub-group where the death is unexplained."""
    may_be = {Criterion(one["criterion"]) for one in fact.data["criteria"] if one["met"] != Known.NO}
    found = {"joint_response_due": fact.occurred} if may_be else {}
    return {**found, **({"death_unexplained": fact.occurred} if may_be & UNEXPLAINED else {})}


ONCE = (WaitsFor.POST_MORTEM, WaitsFor.INQUEST)
"""Of these there is one at a time."""


def _waits_for(case: Case, kind: str) -> bool:
    return any(one["kind"] == kind for one in waits(case).values())


def _meets(case: Case) -> list[Problem]:
    if _waits_for(case, WaitsFor.POST_MORTEM):
        return [Problem(words="The post-mortem report has not come. The meeting is held once it has.")]
    return []


def _ready(case: Case) -> list[Problem]:
    """Whether the panel can take it: the draft is there, every agency has answered, and nothing holds it back."""
    if "analysis_drafted" not in case.marks:
        return [Problem(words="Give the draft analysis first.")]
    if not case.is_open("panel") and not case.is_open("panel_again"):
        return [Problem(words="The panel has reviewed this death. It does so anew if something comes to light.")]
    if missing := len(owed_returns(case)):
        words = "One reporting form is" if missing == 1 else f"{missing} reporting forms are"
        return [Problem(words=f"{words} still owed. Record it where an agency holds nothing, or will not give one.")]
    held = [WaitsFor(one["kind"]).words for one in waits(case).values() if "panel" in one["holds"]]
    return [Problem(words=f"The panel waits for: {', '.join(held)}.")] if held else []


def _meets_then(case: Case, body: Mapping[str, Any]) -> list[Problem]:
    """Whether the panel meets on that day by its rule, or an extra meeting is meant."""
    deaths, on, work = policy(case.policy).child_deaths, date.fromisoformat(body["on"]), days(case.calendar)
    if not deaths or body["extra"] or meets(deaths.panels[body["panel"]], on, work):
        return []
    near = islice(meetings(deaths.panels[body["panel"]], on, work), 2)
    words = f"The panel does not meet on this day. It meets next on {all_of(map(_in_words, near))}."
    return [Problem(field="extra", words=f"{words} Choose one of its days, or tick that this is an extra meeting.")]


def _listed_then(case: Case, body: Mapping[str, Any]) -> list[Problem]:
    """Whether the panel that met had it on its list for that day."""
    on = case.said.get("panel_on")
    if not on:
        return [Problem(words="List it for a panel first.")]
    held = day_of(datetime.fromisoformat(body["held_at"])).isoformat()
    if body["moved"] or held == on:
        return []
    words = f"It is on the list for {_in_words(date.fromisoformat(on))}."
    return [Problem(field="moved", words=f"{words} Check the day, or tick that the panel met on another one.")]


def _in_words(on: date) -> str:
    return day(at(on, time(0)))
