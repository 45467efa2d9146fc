"""A local child safeguarding practice review: commissioned, run, checked, signed off, published or not, brought home.

Working Together to Safeguard Children 2023, chapter 5; SI 2018/789 reg 14 (time and quality are monitored, requests are
made in writing) and reg 15 (what a report says). Children Act 2004 s16F.
"""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any, ClassVar

from models.calendar import in_words
from models.case import Case
from models.clocks import shifted
from models.facts import Fact, Problem
from models.listed import all_of
from models.obligation import Ended, Obligation
from models.policy import Method, Publication, Span
from models.practice_review_commands import (
    COMMANDS,
    Contact,
    MilestonesOutcome,
    Pace,
    ProceedingStatus,
    Reached,
    Role,
)
from models.rapid_review import (
    Position,
    judge_returns,
    once,
    owed_returns,
)
from models.recommending import STORY as PURSUED
from models.referral import owed
from models.shelf import blocks, days, policy
from models.time import at, day_of, end_of

NOTHING_SUCH = "There is nothing of this name in this review."
NO_DELAY = "It is to be published by {day} at the latest, so this day is not late. Plan the publication for it instead."
NOBODY_AGREES = "No safeguarding partner agrees with this report, so it is not signed off."
OTHER_REPORT = "The report was signed off anew after the advance copies had gone out. Send those of this report first."
SETTLED = "The publication has been settled already."
SIGNED_OFF = "These partners have signed this report off already. If it has changed, record the new draft first."
TOO_LATE = "The publication is settled, so this is not recorded any more."
NO_DELIVERABLES = "No deliverables are known of this review: it was not commissioned here."
NONE_TO_SUSPEND = "No milestone is still to come that could wait."


MILESTONES = (
    "commission", "appoint_reviewer", "agency_return", "practitioner_event", "family_contribution", "draft_report",
    "partners_sign_off", "publication",
)  # fmt: skip
"""What other proceedings can let wait."""
RUN = (
    "commission", "appoint_reviewer", "announce_review", "request_reports", "agency_return", "practitioner_event",
    "family_contribution", "draft_report", "partners_sign_off", "deliverable",
)  # fmt: skip
"""The blocks of running a review, until its report is signed off."""
AFTERWARDS = ("lodge_report", "dissemination", "keep_available", "complete_review")
BESIDE = frozenset({
    "check_review", "written_request", "deliverable", "explain_delay", "milestones_review", "coroner_reply",
    "feed_back", "keep_available",
})  # fmt: skip
"""What is owed beside the way of a review, again and again or at any time: it is a stage only where nothing else is."""
FAMILY = frozenset(Role) - {Role.PRACTITIONER}

_NUMBERED: Mapping[str, tuple[str, str]] = {
    "name_contributor": ("contributors", "c"),
    "link_proceeding": ("proceedings", "p"),
    "request_in_writing": ("requests", "w"),
    "record_coroners_report": ("coroners_reports", "k"),
}
"""Commands that bring something new into the case: where it is remembered, and the letter of its name."""


def method_of(case: Case) -> Method | None:
    """The method by which this review is run; none before it is commissioned."""
    return policy(case.policy).methods.get(str(case.said.get("method", "")))


def planned_by(case: Case, block: str) -> tuple[Method, Span] | None:
    """The method whose plan gives this block its day, and how long after the decision to review that is.

    None where the day comes from the block itself or from what somebody said.
    """
    method = method_of(case)
    span = method.milestones.get("partners_sign_off" if block == "deliverable" else block) if method else None
    return (method, span) if method and span else None


def publication_of(case: Case) -> Publication:
    """What the policy asks for before a publication. Raises LookupError for a policy that knows none."""
    found = policy(case.policy).publication
    if found is None:
        message = "this policy knows no publication"
        raise LookupError(message)
    return found


def worked_out(  # noqa: PLR0911 -- one answer for each command
    case: Case, kind: str, body: dict[str, Any], now: datetime
) -> dict[str, Any]:
    """What the fact says beside the answers: names of what is new, days that are counted, what stops and goes on."""
    if kind in _NUMBERED:
        where, letter = _NUMBERED[kind]
        return {"item": f"{letter}{len(case.said.get(where, {})) + 1}"}
    match kind:
        case "commission":
            return {"dates": _plan(case, body["method"])}
        case "request_information":
            return (
                {"dates": {"agency_return": case.said["plan"]["agency_return"]}}
                if _plans(case, "agency_return")
                else {}
            )
        case "plan_publication" if "advance_copies_sent" not in case.marks:
            return {"dates": {"advance_copies": copies_by(case, date.fromisoformat(body["on"])).isoformat()}}
        case "publish" | "withhold_publication":
            return {"agencies": list(case.said.get("agencies", ()))}
        case "suspend_milestones":
            return {"suspends": body["milestones"]}
        case "update_proceeding" if _ends_its_reason(case, body, now):
            return {"dates": {f"milestones_review/{body['item']}": day_of(now).isoformat()}}
        case "review_milestones" if body["outcome"] == MilestonesOutcome.LIFT:
            return {"resumes": _waiting(case, body["item"])}
        case _:
            return {}


def _plans(case: Case, block: str) -> bool:
    return block in case.said.get("plan", {})


def _plan(case: Case, name: str) -> dict[str, str]:
    """The day of each milestone and deliverable, counted from the decision by the method's template."""
    method, since = policy(case.policy).methods[name], case.marks["review_decided"].at
    working, clock = days(case.calendar), policy(case.policy).message_time
    found = {block: day_of(shifted(since, span, working, clock)) for block, span in method.milestones.items()}
    signed = found.get("partners_sign_off", max(found.values()))
    dates = {block: on.isoformat() for block, on in found.items()}
    return dates | {f"deliverable/{one}": signed.isoformat() for one in method.deliverables}


def copies_by(case: Case, on: date) -> date:
    """The last day on which advance copies may be sent for a publication on this day."""
    notice = publication_of(case).notice
    back = notice.model_copy(update={"n": -notice.n})
    return day_of(shifted(at(on, time(12)), back, days(case.calendar), time(12)))


def published_from(case: Case) -> date | None:
    """The first day on which it may be published; none before the advance copies were sent."""
    sent = case.marks.get("advance_copies_sent")
    if sent is None:
        return None
    return day_of(shifted(sent.at, publication_of(case).notice, days(case.calendar), time(12)))


def _waiting(case: Case, item: str) -> list[str]:
    """The milestones that wait for these proceedings."""
    return [key for key in case.said.get("suspended", {}).get(item, ()) if not case.obligations[key].ended]


def _ends_its_reason(case: Case, body: dict[str, Any], now: datetime) -> bool:
    """Whether proceedings conclude for which milestones wait: that is looked at today, not on the day that was set."""
    was = case.said["proceedings"].get(body["item"], {}).get("status")
    review = next((one for one in case.open() if (one.block, one.item) == ("milestones_review", body["item"])), None)
    later = review and review.due and review.due > end_of(day_of(now))
    return bool(later and body["status"] == ProceedingStatus.CONCLUDED and was != ProceedingStatus.CONCLUDED)


class PracticeReview:
    """What a practice review's facts make true, and what it takes."""

    name = "practice_review"
    prefix = "PR"
    commands = COMMANDS
    story: tuple[str, ...] = (
        "commission", "appoint_reviewer", "announce_review", "request_reports", "agency_return", "check_review",
        "written_request", "practitioner_event", "family_contribution", "draft_report", "partners_sign_off",
        "deliverable", "explain_delay", "milestones_review", "advance_copies", "publication", "coroner_reply",
        "feed_back", "lodge_report", "dissemination", "complete_review", "complete_again", *PURSUED,
        "keep_available",
    )  # fmt: skip
    said_dates: ClassVar[dict[str, str]] = {"written_request": "by", "milestones_review": "review"}
    follows: ClassVar[dict[str, tuple[str, ...]]] = {
        "commissioned": ("review_decided",),
        "reviewer_appointed": ("review_decided",),
        "review_announced": ("reviewer_appointed",),
        "report_signed_off": ("review_decided", "draft_received"),
        "advance_copies_sent": ("report_signed_off", "review_decided"),
        "review_published": ("report_signed_off", "advance_copies_sent"),
        "publication_withheld": ("report_signed_off", "review_decided"),
        "report_lodged": ("review_published",),
        "review_completed": ("publication_settled",),
    }

    def ends(self, case: Case, fact: Fact) -> dict[str, Ended]:  # noqa: PLR0911 -- one answer for each fact
        match fact.kind:
            case "request_withdrawn":
                return {owed_returns(case)[fact.agency].key: Ended.WITHDRAWN}
            case "return_not_given":
                return {owed_returns(case)[fact.agency].key: Ended.NOT_GIVEN}
            case "publication_planned":
                return _ending(case, {"advance_copies"})
            case "proceeding_updated" if fact.data.get("dates"):
                set_for = _ending(case, {"milestones_review"})
                return {key: how for key, how in set_for.items() if case.obligations[key].item == fact.data["item"]}
            case "review_published" | "publication_withheld":
                return _ending(case, {"check_review", "explain_delay", "advance_copies"})
            case "review_discontinued":
                return _ending(case, set(self.story) - set(PURSUED))
            case _:
                return {}

    def marks(self, case: Case, fact: Fact) -> dict[str, datetime]:  # noqa: C901, PLR0911 -- one answer for each fact
        at_ = fact.occurred
        match fact.kind:
            case "opened":
                decided = datetime.fromisoformat(fact.data["decided"])
                aware = {"awareness": datetime.fromisoformat(fact.data["aware"])} if fact.data.get("aware") else {}
                return {"opened": at_, "review_decided": decided, **aware}
            case "review_entered":
                return _entered(fact)
            case "commissioned":
                return {"commissioned": at_, "check_due": at_}
            case "review_checked":
                late = {"delay_foreseen": at_} if _is_news(case) and fact.data["pace"] == Pace.LATE else {}
                return {"review_checked": at_, "check_due": at_, **late}
            case "delay_said":
                return {"delay_said": at_, "delay_foreseen": at_}
            case "publication_planned":
                return {"publication_planned": at_, **({"delay_foreseen": at_} if _plans_late(case, fact) else {})}
            case "proceeding_updated":
                return {"proceeding_updated": at_, **({"milestones_suspended": at_} if fact.data.get("dates") else {})}
            case "milestones_reviewed":
                again = fact.data["outcome"] == MilestonesOutcome.CONTINUE
                return {"milestones_reviewed": at_, **({"milestones_suspended": at_} if again else {})}
            case "contributor_contacted":
                heard = {Contact.HEARD: "contribution_heard", Contact.FED_BACK: "contributor_told"}
                step = Contact(fact.data["step"])
                return {"contributor_contacted": at_, **({heard[step]: at_} if step in heard else {})}
            case "review_published" | "publication_withheld":
                return {fact.kind: at_, "publication_settled": at_}
            case _:
                return {fact.kind: at_}

    def said(self, case: Case, fact: Fact) -> dict[str, Any]:  # noqa: C901, PLR0911, PLR0912 -- one answer for each fact
        data = fact.data
        match fact.kind:
            case "opened":
                kept = ("restricted", "locked_out", "children", "referral", "agencies", "from")
                return {name: data[name] for name in kept if data.get(name)}
            case "review_entered":
                return {
                    "agencies": data["agencies"],
                    "passed": passed(data["reached"]),
                    **_stands_in(fact),
                    "entered": data["origin"],
                    "key": data["key"],
                }
            case "commissioned":
                return {"method": data["method"], "agencies": data["agencies"], "plan": _of_blocks(data["dates"])}
            case "reviewer_appointed":
                return {"reviewer": data["reviewer"], "interest_waived": data["waived"]}
            case "contributor_named":
                return _kept(case, "contributors", data["item"], {"role": data["role"]})
            case "contributor_contacted":
                known = case.said["contributors"][data["item"]]
                answer = {"answer": data["answer"]} if data.get("answer") else {}
                on = day_of(fact.occurred).isoformat()
                return _kept(case, "contributors", data["item"], {**known, **answer, data["step"]: on})
            case "quiet_days_set":
                quiet = {"first": data["first"], "last": data["last"], "item": data["item"]}
                return {"quiet": [*case.said.get("quiet", ()), quiet]}
            case "proceeding_linked" | "proceeding_updated":
                known = case.said.get("proceedings", {}).get(data["item"], {})
                new = {name: data[name] for name in ("proceeding", "status") if name in data}
                return _kept(case, "proceedings", data["item"], {**known, **new})
            case "milestones_suspended":
                waiting = [*_waiting(case, data["item"]), *data["milestones"]]
                return _kept(case, "suspended", data["item"], list(dict.fromkeys(waiting)))
            case "milestones_reviewed" if data["outcome"] == MilestonesOutcome.LIFT:
                return _kept(case, "suspended", data["item"], [])
            case "requested_in_writing":
                return _kept(case, "requests", data["item"], {"by": data["by"]})
            case "coroners_report_received":
                return _kept(case, "coroners_reports", data["item"], {"agency": data["agency"]})
            case "delay_said":
                return {"expected": data["expected"]}
            case "publication_planned":
                return {"publishes": data["on"], "expected": data["on"]}
            case "deliverable_received":
                return {"delivered": list(dict.fromkeys((*case.said.get("delivered", ()), data["item"])))}
            case "report_signed_off":
                return {"signed": {one["partner"]: one["position"] for one in data.get("positions", ())}}
            case "review_published":
                return {"publication": "published"}
            case "publication_withheld":
                return {"publication": "withheld"}
            case "review_discontinued":
                return {"discontinued": True}
            case _:
                return {}

    def judge(self, case: Case, kind: str, body: dict[str, Any], now: datetime) -> list[Problem]:  # noqa: C901, PLR0911, PLR0912 -- one case for each command
        if case.said.get("discontinued") and kind != "complete_review":
            return [Problem(words="This review was ended before its report. Enter it anew to take it up again.")]
        if kind in _BEFORE_SETTLED and "publication_settled" in case.marks and not case.is_open(_BEFORE_SETTLED[kind]):
            return [Problem(words=TOO_LATE)]
        if kind in {"request_information", "withdraw_request", "record_no_return", "submit_return"}:
            return judge_returns(case, kind, body, now)
        if waits := _waits(case, kind, body):
            return waits
        match kind:
            case "commission":
                return owed(case, "commission", "This review has been commissioned already.")
            case "announce_review":
                return owed(
                    case, "announce_review", "Appoint the reviewer first, or it has been announced already."
                ) or (_to_all(case, body))
            case "check_review":
                return owed(case, "check_review", "The review is checked from its commissioning until its publication.")
            case "record_written_answer":
                return _known(case, "requests", body) or _still(
                    case, "written_request", body, "This has been answered."
                )
            case "record_contact":
                return _known(case, "contributors", body) or _contacted(case, body)
            case "keep_quiet" if body.get("item", "everybody") != "everybody":
                return _known(case, "contributors", body)
            case "update_proceeding":
                return _known(case, "proceedings", body)
            case "suspend_milestones":
                return _known(case, "proceedings", body) or _suspendable(case, body)
            case "review_milestones":
                words = "Nothing waits for these proceedings."
                return _known(case, "proceedings", body) or (
                    [] if _waiting(case, body["item"]) else [Problem(words=words)]
                )
            case "finish_family":
                return _unanswered(case)
            case "sign_off":
                if "draft_received" not in case.marks and not _was_past(case, "draft_report"):
                    return [Problem(words="Record the draft report first.")]
                agrees = any(one["position"] != Position.DISSENTS for one in body["positions"])
                if agrees and _signed_already(case, body):
                    return [Problem(words=SIGNED_OFF)]
                return [] if agrees else [Problem(field="positions", words=NOBODY_AGREES)]
            case "plan_publication" | "send_advance_copies" | "publish" | "withhold_publication":
                return self._judge_publication(case, kind, body, now)
            case "explain_delay":
                return owed(case, "explain_delay", "No delay is foreseen. Say first that it will be late.")
            case "foresee_delay":
                if "publication_settled" in case.marks:
                    return [Problem(words=SETTLED)]
                return _not_late(case, body)
            case "receive_deliverable":
                method = method_of(case)
                if method is None:
                    return [Problem(words=NO_DELIVERABLES)]
                words = "The author owes no such deliverable."
                return (
                    [] if body.get("item", "") in ("", *method.deliverables) else [Problem(field="item", words=words)]
                )
            case "confirm_dissemination":
                mine = case.obligations.get(f"dissemination/{body['agency']}")
                words = "This agency owes no confirmation in this review, or has given it."
                return [] if mine and not mine.ended else [Problem(field="agency", words=words)]
            case "lodge_report":
                return owed(case, "lodge_report", "It is lodged once it is published, and once only.")
            case "check_availability":
                return owed(case, "keep_available", "It is looked at once it is published, and once only.")
            case "answer_coroner":
                return _known(case, "coroners_reports", body) or _still(
                    case, "coroner_reply", body, "The coroner has been answered."
                )
            case "complete_review":
                return _completable(case)
            case "discontinue":
                words = "The report is settled, so the review cannot be ended before it."
                return [Problem(words=words)] if "publication_settled" in case.marks else []
            case _:
                return []

    def _judge_publication(self, case: Case, kind: str, body: dict[str, Any], now: datetime) -> list[Problem]:
        if "publication_settled" in case.marks:
            return [Problem(words=SETTLED)]
        if "report_signed_off" not in case.marks:
            return [Problem(words="The safeguarding partners have to sign the report off first.")]
        match kind:
            case "send_advance_copies":
                return _to_all(case, body)
            case "plan_publication":
                on = date.fromisoformat(body["on"]) if body.get("on") else None
                sent = "advance_copies_sent" in case.marks
                return _not_long_enough(case, "on", on) if sent else _no_time(case, on, now)
            case "publish":
                return _too_early(case, body)
            case _:
                return []

    def reopens(self, case: Case) -> bool:
        return case.closed is not None

    def decided(self, case: Case) -> tuple[str, datetime] | None:
        if case.said.get("discontinued"):
            return "Ended before its report", case.marks["review_discontinued"].at
        if known_day(case, "publication_settled") is None:
            return None
        words = "The report is published" if "review_published" in case.marks else "The report is not published"
        return words, case.marks["publication_settled"].at

    def closes(self, case: Case) -> bool:
        """Its story is told, and nothing is owed: of one that was over when it was entered, what it recommended."""
        over = {"review_completed", "review_discontinued"} & case.marks.keys()
        return bool(over or was_over(case)) and not case.open()


def _ending(case: Case, blocks: set[str]) -> dict[str, Ended]:
    return {one.key: Ended.WITHDRAWN for one in case.open() if one.block in blocks}


def _kept(case: Case, where: str, name: str, what: Any) -> dict[str, Any]:  # noqa: ANN401 -- any plain value
    return {where: {**case.said.get(where, {}), name: what}}


def _of_blocks(dates: Mapping[str, str]) -> dict[str, str]:
    return {name: on for name, on in dates.items() if "/" not in name}


# A review that was entered when it had come some way already.


def passed(reached: str) -> list[str]:
    """The blocks that are behind a review that was entered here at this stage, so that nobody owes them."""
    match Reached(reached):
        case Reached.DECIDED:
            return []
        case Reached.UNDER_WAY | Reached.SIGNED_OFF:
            return list(RUN)
        case Reached.PUBLISHED | Reached.WITHHELD | Reached.OVER:
            return [*RUN, "publication", *AFTERWARDS]


def _entered(fact: Fact) -> dict[str, datetime]:
    said = fact.data

    def on(day: str | None) -> datetime:
        return at(date.fromisoformat(day), time(0)) if day else fact.occurred

    found = {"opened": fact.occurred, "review_decided": on(said["decided_on"] or said["settled_on"])}
    match Reached(said["reached"]):
        case Reached.UNDER_WAY:
            return {**found, "check_due": fact.recorded}
        case Reached.SIGNED_OFF:
            return {**found, "report_signed_off": fact.occurred, "check_due": fact.recorded}
        case Reached.PUBLISHED:
            settled = on(said["settled_on"])
            return {**found, "report_signed_off": settled, "review_published": settled, "publication_settled": settled}
        case Reached.WITHHELD:
            settled = on(said["settled_on"])
            return {
                **found,
                "report_signed_off": settled,
                "publication_withheld": settled,
                "publication_settled": settled,
            }
        case Reached.OVER:
            return {**found, "publication_settled": fact.occurred}
        case Reached.DECIDED:
            return found


def _stands_in(fact: Fact) -> dict[str, str]:
    """The moment of entering, where it stands in for a day that nobody knows."""
    return {} if _says_its_days(fact.data) else {"stands_in": fact.occurred.isoformat()}


def _says_its_days(said: Mapping[str, Any]) -> bool:
    """Whether the day of everything is said that is behind a review: nobody is asked when a report was signed off."""
    match Reached(said["reached"]):
        case Reached.DECIDED | Reached.UNDER_WAY:
            return bool(said["decided_on"])
        case Reached.PUBLISHED | Reached.WITHHELD:
            return bool(said["decided_on"] and said["settled_on"])
        case Reached.SIGNED_OFF | Reached.OVER:
            return False


def known_day(case: Case, name: str) -> date | None:
    """The day on which this happened; none if it has not, or if the review was entered here without it."""
    mark = case.marks.get(name)
    return day_of(mark.at) if mark and mark.at.isoformat() != case.said.get("stands_in") else None


def is_under_way(case: Case) -> bool:
    """Whether the review was under way when it was entered here, and its report is still to be signed off."""
    return _was_past(case, "partners_sign_off") and not {"report_signed_off", "publication_settled"} & case.marks.keys()


def was_over(case: Case) -> bool:
    """Whether the review was finished when it was entered here."""
    return _was_past(case, "complete_review")


def _was_past(case: Case, block: str) -> bool:
    return block in case.said.get("passed", ())


# Time.


def _publication(case: Case) -> Obligation | None:
    return next((one for one in case.of_block("publication") if not one.ended), None)


def _is_news(case: Case) -> bool:
    """Whether a delay has not been explained to the panel yet."""
    return "delay_explained" not in case.marks and not case.is_open("explain_delay")


def _plans_late(case: Case, fact: Fact) -> bool:
    one = _publication(case)
    due = one.due if one else None
    return bool(due and end_of(date.fromisoformat(fact.data["on"])) > due and _is_news(case))


def _too_early(case: Case, body: dict[str, Any]) -> list[Problem]:
    if "advance_copies_sent" not in case.marks:
        return [Problem(words="The advance copies have to be sent first.")]
    signed = known_day(case, "report_signed_off") and case.marks["report_signed_off"].at
    if signed and case.marks["advance_copies_sent"].at < signed:
        return [Problem(words=OTHER_REPORT)]
    at_ = body.get("published_at")
    return _not_long_enough(case, "published_at", day_of(datetime.fromisoformat(at_)) if at_ else None)


def _not_long_enough(case: Case, field: str, on: date | None) -> list[Problem]:
    """Whoever has the advance copies reads them before anybody else does."""
    first = published_from(case)
    if on is None or first is None or on >= first:
        return []
    notice, sent = publication_of(case).notice.words, day_of(case.marks["advance_copies_sent"].at)
    words = (
        f"The advance copies went out on {sent.day} {sent:%B %Y}, and must have been there for {notice}: "
        f"not before {first.day} {first:%B %Y}."
    )
    return [Problem(field=field, words=words)]


def _no_time(case: Case, on: date | None, now: datetime) -> list[Problem]:
    """A day before which the advance copies cannot be there long enough any more is not planned."""
    if on is None or (by := copies_by(case, on)) >= day_of(now):
        return []
    words = f"The advance copies would have had to go out by {in_words(by)}. Choose a later day."
    return [Problem(field="on", words=words)]


def _not_late(case: Case, body: dict[str, Any]) -> list[Problem]:
    """A day by which the report is to be published anyhow is no delay."""
    found, expected = _publication(case), body.get("expected")
    if not found or not found.due or not expected or date.fromisoformat(expected) > day_of(found.due):
        return []
    return [Problem(field="expected", words=NO_DELAY.format(day=in_words(day_of(found.due))))]


# What the state allows.


def _to_all(case: Case, body: dict[str, Any]) -> list[Problem]:
    """Everybody whom the policy names has to have it."""
    wanted = publication_of(case).recipients
    missing = [title for name, title in wanted.items() if name not in body.get("recipients", wanted)]
    return [Problem(field="recipients", words=f"It has to go to {all_of(missing)} as well.")] if missing else []


def _known(case: Case, where: str, body: dict[str, Any]) -> list[Problem]:
    if not case.said.get(where):
        return [Problem(words=NOTHING_SUCH)]
    found = body.get("item", "") in ("", *case.said[where])
    return [] if found else [Problem(field="item", words=NOTHING_SUCH)]


_MEETS: Mapping[str, tuple[str, str]] = {
    "hold_practitioner_event": ("practitioner_event", "held_at"), "sign_off": ("partners_sign_off", "signed_at"),
    "publish": ("publication", "published_at"),
}  # fmt: skip
"""Which milestone a command meets, and which answer says when."""


def _waits(case: Case, kind: str, body: dict[str, Any]) -> list[Problem]:
    """What other proceedings let wait is not done in the meantime; what was done before they did is still recorded."""
    block, field = _MEETS.get(kind, ("", ""))
    since = [one.pauses[-1].since for one in case.of_block(block) if one.paused] if block else []
    said = body.get(field)
    if not since or (said and datetime.fromisoformat(str(said)) < since[0]):
        return []
    words = f"This waits for other proceedings since {in_words(day_of(since[0]))}. End its suspension first."
    return [Problem(words=words)]


_BEFORE_SETTLED: Mapping[str, str] = {
    "appoint_reviewer": "appoint_reviewer", "request_information": "request_reports",
    "hold_practitioner_event": "practitioner_event", "receive_draft": "draft_report", "sign_off": "partners_sign_off",
}  # fmt: skip
"""What leads to a report: once that is settled, it is recorded late only where it is still owed, as this block says."""


def _still(case: Case, block: str, body: dict[str, Any], words: str) -> list[Problem]:
    item = body.get("item", "")
    open_ = any(one.item in {item, item or one.item} and not one.ended for one in case.of_block(block))
    return [] if open_ else [Problem(words=words)]


_BEFORE: Mapping[str, str] = {
    Contact.ANSWERED: Contact.INVITED, Contact.HEARD: Contact.INVITED, Contact.FED_BACK: Contact.HEARD,
}  # fmt: skip


def _contacted(case: Case, body: dict[str, Any]) -> list[Problem]:
    """One step after the other, and nobody on a day that is kept free of contact."""
    if not body.get("item"):
        return []
    found = list[Problem]()
    known, step = case.said["contributors"][body["item"]], body.get("step", "")
    if _BEFORE.get(step) and _BEFORE[step] not in known:
        first = Contact(_BEFORE[step]).words
        found.append(Problem(field="step", words=f"This comes after another step. Record first: {first.lower()}."))
    on = day_of(datetime.fromisoformat(body["on"])).isoformat() if body.get("on") else ""
    for quiet in case.said.get("quiet", ()):
        if quiet["item"] in {"everybody", body["item"]} and quiet["first"] <= on <= quiet["last"]:
            words = f"From {_day(quiet['first'])} to {_day(quiet['last'])} nobody may be contacted."
            return [*found, Problem(field="on", words=words)]
    return found


def _day(said: str) -> str:
    day = date.fromisoformat(said)
    return f"{day.day} {day:%B %Y}"


def _unanswered(case: Case) -> list[Problem]:
    """Whoever of the family was invited has answered or been heard, before their part is called done."""
    waiting = [
        name
        for name, one in case.said.get("contributors", {}).items()
        if one["role"] in FAMILY and not {Contact.ANSWERED, Contact.HEARD} & one.keys()
    ]
    words = "Somebody of the family has been named and has neither answered nor been heard. Record that first."
    return [Problem(words=words)] if waiting else owed(case, "family_contribution", "This has been recorded already.")


def _suspendable(case: Case, body: dict[str, Any]) -> list[Problem]:
    if not suspendable(case):
        return [Problem(words=NONE_TO_SUSPEND)]
    named = body.get("milestones", ())
    if again := once("milestones", list(named)):
        return again
    for key in named:
        one = case.obligations.get(key)
        if one is None or one.block not in MILESTONES or one.ended:
            return [Problem(field="milestones", words=f"“{key}” is no milestone that is still to come.")]
        if one.paused:
            title = blocks(case.policy, case.kind)[one.block].title
            return [Problem(field="milestones", words=f"“{title}” is suspended already.")]
    return []


def suspendable(case: Case) -> list[str]:
    """The milestones that other proceedings can let wait."""
    return [one.key for one in case.open() if one.block in MILESTONES and not one.paused]


def _signed_already(case: Case, body: dict[str, Any]) -> bool:
    """Whether the same partners signed off with the same positions, and no draft has come since."""
    signed, draft = case.marks.get("report_signed_off"), case.marks.get("draft_received")
    same = case.said.get("signed") == {one["partner"]: one["position"] for one in body["positions"]}
    return bool(same and signed and not (draft and draft.number > signed.number))


def _completable(case: Case) -> list[Problem]:
    """Nothing is missing of what the author owes and of what each agency does with the learning."""
    if "publication_settled" not in case.marks and not case.said.get("discontinued"):
        return [Problem(words="The report has to be published first, or withheld with reasons.")]
    missing = {
        "deliverable": "what the author owes by contract",
        "dissemination": "the confirmation of every agency that the learning reached its staff",
        "lodge_report": "the lodging with the national repository",
        "feed_back": "word to those who contributed of what came of it",
        "coroner_reply": "an answer to the coroner",
        "milestones_review": "the review of a suspension",
    }
    left = [words for block, words in missing.items() if case.is_open(block)]
    if left:
        return [Problem(words=f"Before the review is complete there must be {', and '.join(left)}.")]
    done = "review_completed" in case.marks and not case.is_open("complete_again")
    return [Problem(words="The review is complete already.")] if done else []
