"""Who may ask for what, by office and by relation to the case. Asked at the door, and again inside the transaction.

The tables are written by hand, for people to read; tests/models/test_rights.py holds the matrix that they are compared
with. Whoever is told of something can answer for it, unless they are locked out or the case is restricted.
"""

from collections.abc import Container, Iterable, Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from models.base import Message
from models.case import Case, whole_item
from models.directory import Answer, Directory, Reason, london_day
from models.disagreement import steps_owed
from models.facts import Problem
from models.fold import rules_for, rules_of
from models.ladder import Rules
from models.lifecycles import OPENINGS
from models.listed import one_of
from models.obligation import Ended, Heard, Obligation
from models.practice_review import was_over
from models.rapid_review import asked
from models.recommended import OWNER, Recommendation
from models.recommending import GATED, ClosedBy
from models.shelf import policy
from models.time import end_of

AGENCY_OFFICES = frozenset({"agency_contact", "agency_lead", "safeguarding_partner"})
UNIT = frozenset({"business_manager"})
CHAIR = frozenset({"independent_chair"})
AUTHORITY = frozenset({"local_authority_lead", "business_manager"})
AGENCY = frozenset({"agency_contact", "agency_lead"})
REVIEWER = frozenset({"reviewer"})
"""Of a review whoever was appointed there; whoever else is on the register has no part in it."""
DEATHS = frozenset({"child_death_coordinator", "designated_doctor"})
"""In the review of a child's death they do what the business unit does elsewhere."""
PANEL = frozenset({"panel_chair"})
OF_DEATHS = DEATHS | PANEL | UNIT | CHAIR | {"subgroup_chair", "local_authority_lead"}
"""Offices that see the whole review of a child's death: who reviews it, or decides whether it is reviewed further."""
CASE_WIDE = frozenset({
    "business_manager", "subgroup_chair", "independent_chair", "local_authority_lead", "safeguarding_partner_chair",
    "safeguarding_partner",
})  # fmt: skip
"""Offices that see whole cases; the others see what their own agency is party to."""
NAMED_OFFICES = frozenset({"business_manager", "independent_chair"})
"""Offices that see a restricted case without being party to it."""

MAY: dict[str, frozenset[str]] = {
    "submit_referral": frozenset(),  # opens a case: nobody asks it of one that is there
    "triage": UNIT | {"subgroup_chair"},
    "answer_safety": AUTHORITY,
    "notify_secretary_of_state": AUTHORITY,
    "pass_on": UNIT,
    "record_review_learning": UNIT,
    "decide_duplicate": UNIT,
    "tell_referrer": UNIT,
    "record_notification": AUTHORITY,
    "withdraw_notification": AUTHORITY,
    "request_information": UNIT,
    "withdraw_request": UNIT,
    "record_no_return": UNIT,
    "submit_return": AGENCY,
    "record_analysis": CHAIR,
    "arrange_meeting": UNIT,
    "record_meeting": UNIT,
    "decide": CHAIR,
    "record_submission": UNIT,
    "record_panel_answer": UNIT,
    "send_information": UNIT,
    "record_event": UNIT,
    "notify_death": frozenset(),
    "enter_death": UNIT | DEATHS,
    "amend_death": DEATHS,
    "record_immediate_decisions": DEATHS,
    "record_database_notification": DEATHS,
    "name_key_worker": DEATHS,
    "record_joint_response": DEATHS,
    "return_form": AGENCY,
    "open_wait": DEATHS,
    "review_wait": DEATHS,
    "record_finding": DEATHS,
    "plan_meeting": DEATHS,
    "record_death_meeting": DEATHS,
    "draft_analysis": DEATHS,
    "list_for_panel": DEATHS | PANEL,
    "defer_panel": DEATHS | PANEL,
    "complete_analysis": DEATHS | PANEL,
    "submit_analysis": DEATHS,
    "log_family_contact": DEATHS,
    "consider_review": UNIT | {"subgroup_chair"},
    "hand_over": DEATHS,
    "confirm_hand_over": DEATHS,
    "open_register": UNIT,
    "close_register": UNIT,
    "raise_disagreement": AGENCY,
    "answer_disagreement": AGENCY,
    "respond_disagreement": AGENCY,
    "decide_disagreement": CHAIR,
    "withdraw_disagreement": AGENCY,
    "change_risk": AGENCY | CHAIR,  # that no child is at risk any more: nobody of the agency that is challenged
    "enter_review": UNIT,
    "commission": UNIT | CHAIR,
    "appoint_reviewer": UNIT | CHAIR,
    "announce_review": UNIT,
    "hold_practitioner_event": UNIT | REVIEWER,
    "name_contributor": UNIT | REVIEWER,
    "keep_quiet": UNIT | REVIEWER,
    "record_contact": UNIT | REVIEWER,
    "finish_family": UNIT | REVIEWER,
    "check_review": UNIT | CHAIR,
    "request_in_writing": UNIT | CHAIR,
    "record_written_answer": UNIT | REVIEWER,
    "link_proceeding": UNIT,
    "update_proceeding": UNIT,
    "suspend_milestones": frozenset(),  # the office that the policy names for suspensions
    "review_milestones": frozenset(),
    "receive_draft": UNIT | REVIEWER,
    "sign_off": CHAIR | {"safeguarding_partner_chair"},
    "foresee_delay": UNIT | CHAIR,
    "explain_delay": UNIT,
    "plan_publication": UNIT | CHAIR,
    "send_advance_copies": UNIT,
    "publish": UNIT,
    "withhold_publication": CHAIR | {"safeguarding_partner_chair"},
    "receive_deliverable": UNIT | REVIEWER,
    "confirm_dissemination": AGENCY,
    "lodge_report": UNIT,
    "check_availability": UNIT,
    "record_coroners_report": UNIT,
    "answer_coroner": UNIT | AGENCY,
    "complete_review": CHAIR,
    "discontinue": CHAIR | {"safeguarding_partner_chair"},
    "recommend": UNIT | CHAIR | {"subgroup_chair"},
    "enter_recommendation": UNIT,
    "assign_recommendation": UNIT | {"agency_lead"},
    "answer_recommendation": AGENCY,
    "answer_rejection": CHAIR,
    "give_progress": UNIT | AGENCY,
    "complete_action": UNIT | AGENCY,
    "give_evidence": UNIT | AGENCY,
    "amend_evidence": UNIT | AGENCY,
    "accept_evidence": frozenset(),  # the offices that the policy names, but nobody who had a hand in it
    "return_evidence": frozenset(),
    # Who records what a meeting decided; by themselves only the offices that the policy names.
    "close_recommendation": UNIT | {"subgroup_chair"},
    "retest_impact": UNIT,  # and whoever accepts evidence
    "reopen_recommendation": UNIT | CHAIR | {"subgroup_chair"},
    "override_colour": UNIT | CHAIR | {"subgroup_chair"},
    "suspend": frozenset(),  # the office that the policy names; the next three also whoever is told that they wait
    "review_suspension": frozenset(),
    "settle_dispute": frozenset(),
    "answer_time": frozenset(),
    "promise": frozenset(),  # whoever owes it, or was told of it
    "dispute": frozenset(),
    "ask_time": frozenset(),
    "correct": UNIT,
    "adopt_calendar": UNIT,
    "adopt_policy": UNIT,
    "restrict": UNIT | CHAIR,
    "lock_out": UNIT | CHAIR,
    "let_in": UNIT | CHAIR,
    "reopen": UNIT | CHAIR,
}

OF_OWN_AGENCY = frozenset(
    {
        "submit_return",
        "return_form",
        "confirm_dissemination",
        "raise_disagreement",
        "answer_disagreement",
        "respond_disagreement",
        "withdraw_disagreement",
    }
)
OF_ITEM = frozenset({
    "assign_recommendation", "answer_recommendation", "give_progress", "complete_action", "give_evidence",
    "amend_evidence",
})  # fmt: skip
"""About one recommendation: offices of an agency give these for their own agency's alone."""
OF_OWNER = frozenset({"give_progress", "complete_action", "give_evidence", "amend_evidence"})
"""What also whoever is named for the recommendation gives, whatever office they hold in its agency."""
BY_RELATION = frozenset({"promise", "dispute", "ask_time"})
FOUR_EYES = frozenset({"settle_dispute", "answer_time"})
NOT_OF_IT = frozenset({"answer_rejection", "override_colour", "suspend", "review_suspension"})
"""What nobody who has a part in a recommendation gives about it, whatever their office; nor any of the gate."""
OF_LEADS: Mapping[str, str] = {"answer_disagreement": "answer_leads", "respond_disagreement": "respond_leads"}
"""What the lead of an agency alone says, or their deputy, once this is owed."""
WAITING: Mapping[str, str] = {
    "settle_dispute": "dispute", "answer_time": "time_request", "review_suspension": "suspension_review",
}  # fmt: skip
"""What waits for each of these answers. It climbs a ladder, and an office that hears of it there can give it."""


class Held(Message):
    office: str
    agency: str = ""


class Actor(Message):
    """Somebody who asks, and what they are today: the offices they hold or deputise in."""

    person: str
    offices: tuple[Held, ...] = ()

    def holds(self, office: str, agency: str = "") -> bool:
        return any(
            held.office == office and (office not in AGENCY_OFFICES or held.agency == agency) for held in self.offices
        )

    def of_agency(self, agency: str) -> bool:
        return any(held.office in AGENCY_OFFICES and held.agency == agency for held in self.offices)

    def belongs_to(self, agency: str) -> bool:
        """Whether any office of theirs is one of this agency."""
        return any(held.agency == agency for held in self.offices)

    def anywhere(self, offices: frozenset[str]) -> str:
        """The first of these offices that they hold, in any agency."""
        return next((held.office for held in self.offices if held.office in offices), "")


def actor_of(directory: Directory, person: str, day: datetime) -> Actor:
    """What this person is on that day: every office that they hold, or in which they deputise."""
    on = london_day(day)
    held = tuple(
        Held(office=one.office, agency=one.agency or "")
        for one in directory.holdings
        if person in {one.person, one.deputy} and one.covers(on)
    )
    return Actor(person=person, offices=held)


class Access(Message):
    """What is particular about a case: restricted to named people, some locked out, some let in for a time."""

    restricted: bool = False
    locked_out: tuple[str, ...] = ()
    let_in: tuple[str, ...] = ()


class AsksBack(Problem):
    """Nothing forbids it, but it has to be said that it is meant."""


NO = "Your office does not allow this. Ask the business unit if you think that it should."
NO_GATE = "Your office does not allow this. It is for {offices}, if they have no part in it."
LOCKED = "You cannot open this case, because your own practice is part of it. The business unit can tell you more."
NAMED = "This case is restricted to named people. The business unit can tell you more."
NOT_YOURS = "There is nothing of this name in the case that is yours to answer."
ASKED_YOURSELF = "You asked this yourself, so somebody else has to answer it."
NOT_YET = "{office} answers this. Your office can once it has been told that an answer waits."
OWN_WORK = "You had a hand in this evidence, so somebody else has to do this, as {offices}."
OWNED_THEN = (
    "You owned this recommendation when this evidence was given, so somebody else has to do this, as {offices}."
)
OWN_RECOMMENDATION = "You are named for this recommendation, so somebody else has to do this, as {offices}."
OWN_AGENCY = "This recommendation is your own agency’s, so somebody with no part in it has to do this, as {offices}."
LEADS_NOW = "The leads of both agencies answer each other now. Your agency’s lead, or their deputy, has to say this."
MEETING_ONLY = "Your office records what a meeting decided. Only {offices} can close a recommendation alone."
NOT_RAISED = "Only the agency that raised it can take it back."
NOT_LIFTED = (
    "A child is or may be at risk now. Only the agency that raised this, or the independent chair, says that none is "
    "any more, and nobody of your agency."
)
YOURSELF = "This keeps you out yourself. Tick that you know that you can then no longer open this case."


class Circle(NamedTuple):
    """Whoever has a part in a case, by their relations to it: all that decides who may see it beside its Access.

    `still`: without those of whom all that was asked has been withdrawn. `reviewer`: until the review is complete.
    """

    kind: str
    reviewer: str
    part: frozenset[str]
    still: frozenset[str]


def access_of(case: Case, now: datetime) -> Access:
    """What is particular about who may open this case now, as its facts say."""
    return access_by(case.said, now)


def access_by(said: Mapping[str, Any], now: datetime) -> Access:
    """The same of what was said in a case."""
    let_in = said.get("let_in", {})
    return Access(
        restricted=bool(said.get("restricted")),
        locked_out=tuple(said.get("locked_out", ())),
        let_in=tuple(person for person, until in let_in.items() if end_of(date.fromisoformat(until)) >= now),
    )


def reads(actor: Actor, case: Case | Circle, access: Access) -> Problem | None:
    """Why this person may not open the case; nothing if they may."""
    if refusal := shut_out(actor, case, access):
        return refusal
    if actor.person in access.let_in or actor.anywhere(_wide(case)) or is_reviewer(actor, case) or _party(actor, case):
        return None
    return Problem(words=NO)


def _wide(case: Case | Circle) -> frozenset[str]:
    """The offices that see all of such a case: of a child's death those who review it, and the business unit."""
    return OF_DEATHS if case.kind == "child_death" else CASE_WIDE


def shut_out(actor: Actor, case: Case | Circle, access: Access) -> Problem | None:
    """Why they take no part in this case, whatever their offices; nothing if they may."""
    if actor.person in access.locked_out:
        return Problem(words=LOCKED)
    if actor.person in access.let_in or not access.restricted or is_reviewer(actor, case):
        return None
    named = actor.anywhere(NAMED_OFFICES) or _party(actor, case)
    return None if named else Problem(words=NAMED)


class KeptOut:
    """Whoever may not open a case at a time: they are locked out, or it is restricted. They hear nothing of it.

    `waits`: somebody who waits for the answer of which others are told.
    """

    __slots__ = ("_access", "_at", "_case", "_directory", "_waits")

    def __init__(self, case: Case, directory: Directory, at: datetime, waits: str = "") -> None:
        self._case, self._directory, self._at, self._access = case, directory, at, access_of(case, at)
        self._waits = waits

    def __contains__(self, person: object) -> bool:
        if self._waits and person == self._waits:
            return True
        if not self._access.restricted:
            return person in self._access.locked_out
        return shut_out(actor_of(self._directory, str(person), self._at), self._case, self._access) is not None


def whole(actor: Actor, case: Case | Circle, access: Access) -> bool:
    """Whether they see all of the case, and not only what their own agency owes and gave.

    Of a restricted case a partner whose agency was asked wrongly keeps its own part, as any agency does, and no more.
    """
    if reads(actor, case, access) is not None:
        return False
    if actor.person in access.let_in or is_reviewer(actor, case):
        return True
    if case.kind == "disagreement" and _party(actor, case):  # both agencies read all that passes between them
        return True
    named = not access.restricted or actor.anywhere(NAMED_OFFICES) or _party(actor, case, still=True)
    return bool(named and actor.anywhere(_wide(case)))


def asked_for(actor: Actor, case: Case, access: Access) -> bool:
    """Whether an agency of theirs owes or gave a return: they have to know of which child they are asked."""
    return reads(actor, case, access) is None and any(actor.of_agency(agency) for agency in asked(case))


def acts(actor: Actor, case: Case, access: Access, kind: str, body: dict[str, Any]) -> str | Problem:
    """The office in which this person may do this; or why they may not, or not without saying that they mean it."""
    office = _office(actor, case, access, kind, body)
    if isinstance(office, str) and kind == "lock_out" and _locks_themselves_out(actor, body):
        return AsksBack(field="sure", words=YOURSELF)
    return office


ANYBODY = frozenset({"submit_referral", "notify_death"})
"""What any professional tells us, whether we know them or not."""
REFERRER = "referrer"
"""In which office they do."""


def may_open(actor: Actor, kind: str, body: Mapping[str, Any]) -> str | Problem:
    """The office in which this person may open a case by this command; or why they may not."""
    if kind in ANYBODY:
        return REFERRER
    allowed = MAY[kind]
    for held in actor.offices:
        if held.office in allowed and (kind not in OF_OWN_AGENCY or held.agency == body.get("agency", held.agency)):
            return held.office
    if kind in OF_OWN_AGENCY and actor.anywhere(allowed):
        return Problem(field="agency", words="You can only speak for your own agency.")
    return Problem(words=NO)


def _office(  # noqa: C901, PLR0911, PLR0912 -- one answer for each relation
    actor: Actor, case: Case, access: Access, kind: str, body: dict[str, Any]
) -> str | Problem:
    if kind in OPENINGS:  # nobody asks it of a case that is there
        return Problem(words=NO)
    if kind in BY_RELATION:
        return shut_out(actor, case, access) or _related(actor, case, body["obligation"])
    if refusal := reads(actor, case, access):
        return refusal
    if kind in FOUR_EYES:
        return second(actor, case, kind, body["obligation"])
    if kind in GATED:
        return _gated(actor, case, kind, body)
    if kind in OF_ITEM:
        return _of_item(actor, case, kind, body)
    if kind == "change_risk":
        return _says_risk(actor, case)
    allowed = MAY[kind] | (_for_deaths(kind) if case.kind == "child_death" else frozenset())
    if kind in {"suspend", "review_suspension", "suspend_milestones", "review_milestones"}:
        allowed = frozenset({policy(case.policy).bounds.suspension_office})
    if kind == "review_suspension":
        waits = rules_for(case, WAITING[kind])
        allowed |= {waits.block.owed_by, *waits.offices()}
    if kind == "complete_review" and was_over(case):  # which is only to say that nothing is owed
        allowed |= UNIT
    if kind == "answer_coroner" and not _is_addressed(actor, case, body):
        allowed -= AGENCY_OFFICES
    of_leads = kind in OF_LEADS and OF_LEADS[kind] in steps_owed(case)
    if of_leads:
        allowed = frozenset({"agency_lead"})
    for held in actor.offices:
        if held.office in REVIEWER and not is_reviewer(actor, case):
            continue
        if held.office in allowed and (kind not in OF_OWN_AGENCY or held.agency == body["agency"]):
            if kind == "withdraw_disagreement" and held.agency != case.said["raised_by"]:
                return Problem(field="agency", words=NOT_RAISED)
            return (kind in NOT_OF_IT and _part_of_it(actor, case, _pursued(case, body), allowed)) or held.office
    if of_leads and actor.holds("agency_contact", body["agency"]):
        return Problem(words=LEADS_NOW)
    if kind in OF_OWN_AGENCY and actor.anywhere(MAY[kind]):
        return Problem(field="agency", words="You can only answer for your own agency.")
    return Problem(words=NO)


def _for_deaths(kind: str) -> frozenset[str]:
    """Who does there what elsewhere the business unit does, or the chair; not what the sub-group decides on a death."""
    if kind == "consider_review":
        return frozenset()
    return frozenset().union(*(theirs for whose, theirs in ((UNIT, DEATHS), (CHAIR, PANEL)) if whose <= MAY[kind]))


def _says_risk(actor: Actor, case: Case) -> str | Problem:
    """The office in which they say whether a child is at risk now: one of either agency, or that which decides."""
    sides = {case.said["raised_by"], case.said["challenged"]}
    for held in actor.offices:
        if held.office in MAY["change_risk"] and (held.office not in AGENCY_OFFICES or held.agency in sides):
            lifts = case.said.get("at_risk") and actor.belongs_to(case.said["challenged"])
            return Problem(words=NOT_LIFTED) if lifts else held.office
    return Problem(words=NO)


def _of_item(actor: Actor, case: Case, kind: str, body: dict[str, Any]) -> str | Problem:
    """The office in which they may say this of one recommendation: one of its agency, the unit, or its named owner."""
    one = _pursued(case, body)
    agency = one.agency if one else ""
    for held in actor.offices:
        if held.office in MAY[kind] and (held.office not in AGENCY_OFFICES or held.agency == agency):
            return held.office
    if one is None and body.get("item"):  # whoever may say it of some is told that there is none of this name
        return actor.anywhere(MAY[kind]) or Problem(words=NO)
    if one and kind in OF_OWNER and _is_named(actor, one):
        return OWNER
    if one and actor.anywhere(MAY[kind] & AGENCY_OFFICES):
        return Problem(field="item", words="This recommendation is another agency’s. You can only answer for your own.")
    return Problem(words=NO)


def _pursued(case: Case, body: Mapping[str, Any]) -> Recommendation | None:
    """The recommendation that a command names, or about which something is owed that it names."""
    about = case.obligations.get(str(body.get("obligation", "")))
    return case.recommendation(about) if about else case.recommendations.get(whole_item(str(body.get("item", ""))))


def _part_of_it(
    actor: Actor, case: Case, one: Recommendation | None, offices: frozenset[str], shown: Iterable[str] = ()
) -> Problem | None:
    """Why they do not judge what is said or shown of this recommendation, whatever their office, and who can.

    `shown`: the evidence by which it is judged.
    """
    if one is None:
        return None
    evidence = [one.evidence[name] for name in shown if name in one.evidence]
    words = ""
    if actor.belongs_to(one.agency):
        words = OWN_AGENCY
    elif actor.person in one.hands:
        words = OWN_RECOMMENDATION
    elif any(actor.person in {found.by, *found.editors} for found in evidence):
        words = OWN_WORK
    elif any(actor.person in found.owners for found in evidence):
        words = OWNED_THEN
    return Problem(words=words.format(offices=_any_of(case, offices))) if words else None


def _any_of(case: Case, offices: Iterable[str]) -> str:
    return one_of([policy(case.policy).titled(name).lower() for name in sorted(offices)] or ["nobody"])


def _gated(actor: Actor, case: Case, kind: str, body: dict[str, Any]) -> str | Problem:
    """The office in which they may pass the gate; four eyes by relation: nobody of the work looks at the work."""
    gate = policy(case.policy).gate
    if gate is None:
        return Problem(words=NO)
    alone = frozenset(gate.closes if kind == "close_recommendation" else gate.accepts)
    recorded = alone | MAY[kind]
    by_office = kind == "close_recommendation" and body.get("decided_by") == ClosedBy.OFFICE
    one, offices = _pursued(case, body), alone if by_office else recorded
    if one and (refusal := _part_of_it(actor, case, one, offices, _shown(one, kind, body))):
        return refusal
    if not actor.anywhere(recorded):
        return Problem(words=NO_GATE.format(offices=_any_of(case, offices)))
    return actor.anywhere(offices) or Problem(
        field="decided_by", words=MEETING_ONLY.format(offices=_any_of(case, alone))
    )


def _shown(one: Recommendation, kind: str, body: dict[str, Any]) -> Iterable[str]:
    """The evidence that is judged by this command: the piece that it names, or all on which it closes or was closed."""
    match kind:
        case "close_recommendation":
            return one.accepted
        case "retest_impact":
            return one.closed_on
        case _:
            return (str(body.get("evidence", "")),)


def is_reviewer(actor: Actor, case: Case | Circle) -> bool:
    """Whether they were appointed to this review, and it is not complete yet."""
    return actor.person == (case.reviewer if isinstance(case, Circle) else _reviewer(case))


def _reviewer(case: Case) -> str:
    return "" if "review_completed" in case.marks else str(case.said.get("reviewer") or "")


def _is_addressed(actor: Actor, case: Case, body: dict[str, Any]) -> bool:
    """Whether the coroner's report went to an agency of theirs."""
    reports = case.said.get("coroners_reports", {})
    found = [reports[body["item"]]] if body.get("item") in reports else reports.values()
    return any(actor.of_agency(one["agency"]) for one in found)


def _is_named(actor: Actor, one: Recommendation) -> bool:
    """Whether they own this recommendation, or stand in for its owner, and are still of its agency."""
    return actor.person in one.owners and actor.belongs_to(one.agency)


def holds(actor: Actor, case: Case, office: str, one: Obligation) -> bool:
    """Whether this office is theirs for this obligation; the owner of a recommendation is an office of its own."""
    if office in REVIEWER:
        return is_reviewer(actor, case)
    if office != OWNER:
        return actor.holds(office, one.agency)
    pursued = case.recommendation(one)
    if pursued is None:
        return False
    return _is_named(actor, pursued) or (not pursued.owners and actor.holds("agency_contact", pursued.agency))


def look_up(  # noqa: PLR0913, PLR0917 -- of what, for whom, in which directory, when
    case: Case, one: Obligation, office: str, directory: Directory, now: datetime, but: Container[str] = ()
) -> Answer:
    """Who is told for an office of this obligation now; for an owner who is not there, their deputy or the contact.

    `but`: people who are kept out, and count as away.
    """
    if office in REVIEWER:
        person = str(case.said.get("reviewer", ""))
        there = person and person not in but and directory.is_there(person, london_day(now))
        return Answer(person=person, reason=Reason.HOLDER) if there else Answer(person=None, reason=Reason.EMPTY)
    if office != OWNER:
        return directory.look_up(office, one.agency or None, now, but)
    pursued, day = case.recommendation(one), london_day(now)
    named = ((Reason.HOLDER, pursued.owner), (Reason.DEPUTY, pursued.deputy)) if pursued else ()
    for reason, person in named:
        if person and person not in but and directory.is_of(person, one.agency, day):
            return Answer(person=person, reason=reason)
    return directory.look_up("agency_contact", one.agency or None, now, but)


def sees(actor: Actor, all_of_it: bool, one: Recommendation) -> bool:  # noqa: FBT001 -- whether they see the whole case
    """Whether they may read a recommendation: with the whole case, as its agency, or named for it."""
    return all_of_it or actor.of_agency(one.agency) or (actor.person in one.hands and actor.belongs_to(one.agency))


def is_of_it(actor: Actor, case: Case, one: Obligation) -> bool:
    """Whether this is owed by their own agency, or by themselves."""
    own = {held.agency for held in actor.offices if held.office in AGENCY_OFFICES}
    return one.agency in own or holds(actor, case, one.owed_by, one)


def _locks_themselves_out(actor: Actor, body: dict[str, Any]) -> bool:
    """Whether they are about to, and have not said that they know it."""
    return bool(body.get("locked")) and body.get("person") == actor.person and not body.get("sure")


def _party(actor: Actor, case: Case | Circle, *, still: bool = False) -> bool:
    """Whether an agency of theirs was asked, or an office of theirs owes something here.

    `still`: an agency of which all that was asked has been withdrawn does not count; what it disputed is no demand.
    """
    found = (case.still if still else case.part) if isinstance(case, Circle) else _parties(case, still=still)
    return not found.isdisjoint(relations(actor))


def circle_of(case: Case) -> Circle:
    """Who has a part in a case, for a list that has to know without looking into it."""
    return Circle(case.kind, _reviewer(case), _parties(case), _parties(case, still=True))


def _parties(case: Case, *, still: bool = False) -> frozenset[str]:
    owed = [
        one
        for one in case.obligations.values()
        if not (still and one.agency and (one.of or one.ended is Ended.WITHDRAWN))
    ]
    pursued = case.recommendations.values()
    agencies = {*(() if still else case.agencies), *(one.agency for one in owed if one.agency)}
    agencies |= {case.said[name] for name in ("raised_by", "challenged") if name in case.said}
    agencies |= {one.agency for one in pursued}
    found = {of_part(agency) for agency in agencies}
    found |= {theirs for one in owed for theirs in holders(case, one.owed_by, one)}
    return frozenset(found | {_of_person(person, one.agency) for one in pursued for person in one.hands})


# Relations. What may be somebody's is said as a text for each way in which it may, so that lists can keep it.


@lru_cache(maxsize=256)
def relations(actor: Actor) -> frozenset[str]:
    """Every way in which something of a case may be theirs: see `holders` and `of_part`. Lists ask it of every line."""
    found = {f"reviewer {actor.person}"}
    for held in actor.offices:
        found.add(_of_person(actor.person, held.agency))
        found.add(_of_office(held.office, held.agency))
        if held.office in AGENCY_OFFICES:
            found.add(of_part(held.agency))
    return frozenset(found)


def holders(case: Case, office: str, one: Obligation) -> list[str]:
    """The relations in which this office is somebody's for this obligation: who `holds` it has one of them."""
    if office in REVIEWER:
        reviewer = _reviewer(case)
        return [f"reviewer {reviewer}"] if reviewer else []
    if office != OWNER:
        return [_of_office(office, one.agency)]
    pursued = case.recommendation(one)
    if pursued is None:
        return []
    named = [_of_person(person, pursued.agency) for person in pursued.owners]
    return named or [_of_office("agency_contact", pursued.agency)]


def of_part(agency: str) -> str:
    """The relation of those who see the part of this agency in every case."""
    return f"part of {agency}"


def _of_office(office: str, agency: str) -> str:
    return f"office {office} of {agency}" if office in AGENCY_OFFICES else f"office {office}"


def _of_person(person: str, agency: str) -> str:
    return f"person {person} of {agency}"


def _related(actor: Actor, case: Case, key: str) -> str | Problem:
    """The office by which they may answer for this; the words do not tell whether others owe something of this name."""
    one = case.obligations.get(key)
    offices = (one.owed_by, *rules_of(case, one).offices()) if one else ()
    offices = (*offices, "agency_contact", "agency_lead") if one and one.item else offices
    mine = next((office for office in offices if one and holds(actor, case, office, one)), "")
    return mine or Problem(field="obligation", words=NOT_YOURS)


def second(actor: Actor, case: Case, kind: str, key: str) -> str | Problem:
    """The office in which they may answer somebody else: the one that owes the answer, or one that was told of it.

    Whoever asked does not answer. An agency never answers itself, so no office of an agency does, nor for one of its
    recommendations anybody of it in another office.
    """
    about, waits = case.obligations.get(key), rules_for(case, WAITING[kind], key)
    named = waits.block.owed_by
    told = _told(case, waits, WAITING[kind], key) - AGENCY_OFFICES
    office = named if actor.holds(named) else actor.anywhere(told)
    if office and asked_by(case, kind, key) == actor.person:
        return Problem(words=ASKED_YOURSELF)
    if office and about and (refusal := _part_of_it(actor, case, case.recommendation(about), told | {named})):
        return refusal
    if not office and actor.anywhere(frozenset(waits.offices()) - AGENCY_OFFICES):
        return Problem(words=NOT_YET.format(office=policy(case.policy).titled(named)))
    return office or Problem(words=NO)


def _told(case: Case, waits: Rules, block: str, key: str) -> frozenset[str]:
    """Every office that has heard that this answer waits; at the end of the ladder these are all on it.

    Whoever was told and takes no part any more has been followed by an office above theirs (models/telling.py).
    """
    found = [one for one in case.obligations.values() if (one.block, one.of) == (block, key)]
    if not found:
        return frozenset()
    if found[-1].again:  # the state keeps only what was said last
        return frozenset(waits.offices())
    heard = [heard for told in found[-1].told for heard in told.heard]
    above = (office for one in heard if _takes_no_part(case, one) for office in waits.upward(one.office))
    return frozenset({*(one.office for one in heard), *above})


def _takes_no_part(case: Case, heard: Heard) -> bool:
    if heard.person in case.said.get("locked_out", ()):
        return True
    if not case.said.get("restricted") or heard.person in case.said.get("let_in", {}):
        return False
    return heard.office not in {*NAMED_OFFICES, *(one.owed_by for one in case.obligations.values())}


def asked_by(case: Case, kind: str, key: str) -> str:
    """Who waits for this answer about an obligation, and so cannot give it; empty if nobody does."""
    if kind == "settle_dispute":
        one = case.obligations.get(key)
        return one.dispute.person if one and one.dispute else ""
    return str(case.said.get(f"time/{key}", {}).get("person", "")) if kind == "answer_time" else ""


def waits_for(case: Case, one: Obligation) -> str:
    """Who waits for the answer that this is, and so is not told of it; empty for whatever else is owed."""
    return next((asked_by(case, kind, one.of) for kind, block in WAITING.items() if block == one.block), "")
