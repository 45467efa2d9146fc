"""The shipped policy and directory: each figure as the guidance has it, and nothing in the file that does not count."""

import copy
from collections.abc import Iterator
from datetime import date, time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from models.directory import Reason
from models.policy import MARKS, STEPS, AgencyKind, Calendar, Force, Policy, Scope, Span, Unit
from models.recommended import OWNER
from policy.checks import cross_check
from policy.problems import Path as Place
from policy.problems import key_of
from policy.reading import (
    calendar_digest,
    check_against,
    policy_digest,
    read_directory_file,
    read_policy_file,
)
from policy.shapes import check_shape, fit
from policy.written import Value, Written, read_yaml

SHIPPED = Path(__file__).parents[2] / "policy"
POLICY = read_policy_file(SHIPPED / "england.yaml")
DIRECTORY = read_directory_file(SHIPPED / "directory.example.yaml", POLICY)
WRITTEN = read_yaml((SHIPPED / "england.yaml").read_text(encoding="utf-8"))

LAW, STATUTORY, PANEL, LOCAL = Force.LAW, Force.STATUTORY_GUIDANCE, Force.PRACTICE_GUIDANCE, Force.LOCAL
WT2023 = "Working Together to Safeguard Children 2023, chapter 5"
PANEL_GUIDANCE = "Child Safeguarding Practice Review Panel, guidance for safeguarding partners, rapid reviews"
PLAN = "Day-by-day plan for rapid reviews, agreed by the safeguarding partners"
REVIEW_PLAN = "Plan for local child safeguarding practice reviews, agreed by the safeguarding partners"
CHANGE = "Procedure for recommendations and their evidence, agreed by the safeguarding partners"
ESCALATION = "Escalation procedure, agreed by the safeguarding partners"
ARRANGEMENTS = "Published multi-agency safeguarding arrangements (Children Act 2004 s16E and s16G)"
DEATH_REVIEW = "Child Death Review: Statutory and Operational Guidance (England)"
OF_DEATHS = "Procedure for the review of child deaths, agreed by the child death review partners"
REGULATIONS = "(Child Safeguarding Practice Review and Relevant Agency (England) Regulations 2018)"
REG14, REG15 = f"SI 2018/789 reg 14 {REGULATIONS}", f"SI 2018/789 reg 15 {REGULATIONS}"
CORONERS = "SI 2013/1629 reg 29 (Coroners (Investigations) Regulations 2013)"

# Typed by hand from the guidance, not from the file: what is owed, by whom, in how long, from when, and on whose word.
FIGURES = [
    ("referral", "triage", "2 working days", "referral_received", "business_manager", LOCAL, PLAN),
    ("referral", "siblings_safety", "4 hours", "siblings_not_known", "business_manager", LOCAL, PLAN),
    ("referral", "notify_secretary_of_state", "5 working days", "awareness", "local_authority_lead", STATUTORY, WT2023),
    ("referral", "pass_on", "1 working day", "triaged", "business_manager", LOCAL, PLAN),
    ("referral", "review_learning", "3 months", "triaged", "business_manager", LOCAL, PLAN),
    ("referral", "tell_referrer", "2 working days", "triaged", "business_manager", LOCAL, PLAN),
    ("rapid_review", "siblings_safety", "4 hours", "siblings_not_known", "business_manager", LOCAL, PLAN),
    ("rapid_review", "notify_national_panel", "5 working days", "awareness", "local_authority_lead", STATUTORY, WT2023),
    ("rapid_review", "request_information", "1 working day", "national_notification_sent", "business_manager", LOCAL,
     PLAN),
    ("rapid_review", "agency_return", "10 working days", "national_notification_sent", "agency_contact", LOCAL, PLAN),
    ("rapid_review", "independent_analysis", "12 working days", "national_notification_sent", "independent_chair",
     LOCAL, PLAN),
    ("rapid_review", "meeting", "12 working days", "national_notification_sent", "business_manager", LOCAL, PLAN),
    ("rapid_review", "decision", "14 working days", "national_notification_sent", "independent_chair", LOCAL, PLAN),
    ("rapid_review", "submission", "15 working days", "national_notification_sent", "business_manager", PANEL,
     PANEL_GUIDANCE),
    ("rapid_review", "panel_answer", "15 working days", "panel_reply_expected", "business_manager", PANEL,
     PANEL_GUIDANCE),
    ("rapid_review", "reconsider", "10 working days", "panel_disagreed", "independent_chair", LOCAL, PLAN),
    ("rapid_review", "reassess", "10 working days", "parked_event_recorded", "independent_chair", LOCAL, PLAN),
    ("rapid_review", "parked_review", None, "parked", "business_manager", LOCAL, PLAN),
    ("rapid_review", "submit_changed_decision", "2 working days", "changed_decision", "business_manager", LOCAL, PLAN),
    ("rapid_review", "panel_information", "5 working days", "panel_asked_more", "business_manager", LOCAL, PLAN),
    ("rapid_review", "tell_referrer", "2 working days", "decided", "business_manager", LOCAL, PLAN),
    # Of a practice review: six calendar months from the decision to the publication, and what they are told of it.
    ("practice_review", "commission", "20 working days", "review_decided", "business_manager", LOCAL, REVIEW_PLAN),
    ("practice_review", "appoint_reviewer", "20 working days", "review_decided", "business_manager", STATUTORY, WT2023),
    ("practice_review", "announce_review", "2 working days", "reviewer_appointed", "business_manager", STATUTORY,
     WT2023),
    ("practice_review", "request_reports", "5 working days", "commissioned", "business_manager", LOCAL, REVIEW_PLAN),
    ("practice_review", "agency_return", None, "information_requested", "agency_contact", LOCAL, REVIEW_PLAN),
    ("practice_review", "practitioner_event", None, "commissioned", "business_manager", STATUTORY, WT2023),
    ("practice_review", "family_contribution", None, "commissioned", "business_manager", STATUTORY, WT2023),
    ("practice_review", "check_review", "4 weeks", "check_due", "business_manager", LAW, REG14),
    ("practice_review", "written_request", None, "requested_in_writing", "reviewer", LAW, REG14),
    ("practice_review", "draft_report", None, "commissioned", "reviewer", LOCAL, REVIEW_PLAN),
    ("practice_review", "partners_sign_off", None, "commissioned", "independent_chair", LAW, REG15),
    ("practice_review", "deliverable", None, "commissioned", "reviewer", LOCAL, REVIEW_PLAN),
    ("practice_review", "explain_delay", "5 working days", "delay_foreseen", "business_manager", STATUTORY, WT2023),
    ("practice_review", "milestones_review", None, "milestones_suspended", "independent_chair", LOCAL, ESCALATION),
    ("practice_review", "advance_copies", None, "publication_planned", "business_manager", STATUTORY, WT2023),
    ("practice_review", "publication", "6 months", "review_decided", "business_manager", STATUTORY, WT2023),
    ("practice_review", "coroner_reply", "56 days", "coroners_report_received", "agency_lead", LAW, CORONERS),
    ("practice_review", "feed_back", "3 months", "contribution_heard", "business_manager", STATUTORY, WT2023),
    ("practice_review", "lodge_report", "10 working days", "review_published", "business_manager", LOCAL, ARRANGEMENTS),
    ("practice_review", "dissemination", "2 months", "publication_settled", "agency_contact", STATUTORY, WT2023),
    ("practice_review", "keep_available", "12 months", "review_published", "business_manager", STATUTORY, WT2023),
    ("practice_review", "complete_review", "3 months", "publication_settled", "independent_chair", LOCAL, REVIEW_PLAN),
    # Of a child's death, from its notification to the panel and back to the family.
    ("child_death", "immediate_decisions", "24 hours", "death_notified", "child_death_coordinator", STATUTORY,
     DEATH_REVIEW),
    ("child_death", "siblings_safety", "4 hours", "siblings_not_known", "child_death_coordinator", LOCAL, OF_DEATHS),
    ("child_death", "national_database", "48 hours", "death_notified", "child_death_coordinator", STATUTORY,
     DEATH_REVIEW),
    ("child_death", "key_worker", "2 working days", "death_notified", "child_death_coordinator", STATUTORY,
     DEATH_REVIEW),
    ("child_death", "joint_response", "2 working days", "joint_response_due", "child_death_coordinator", STATUTORY,
     DEATH_REVIEW),
    ("child_death", "request_information", "3 working days", "death_notified", "child_death_coordinator", LOCAL,
     OF_DEATHS),
    ("child_death", "agency_return", "15 working days", "information_requested", "agency_contact", LOCAL, OF_DEATHS),
    ("child_death", "wait_review", None, "wait_opened", "child_death_coordinator", LOCAL, OF_DEATHS),
    ("child_death", "meeting", "3 months", "death_notified", "designated_doctor", STATUTORY, DEATH_REVIEW),
    ("child_death", "draft_analysis", "10 working days", "meeting_held", "designated_doctor", LOCAL, OF_DEATHS),
    ("child_death", "panel", "6 weeks", "analysis_drafted", "panel_chair", STATUTORY, DEATH_REVIEW),
    ("child_death", "panel_again", "3 months", "panel_called_again", "panel_chair", LOCAL, OF_DEATHS),
    ("child_death", "consider_review", "20 working days", "death_unexplained", "subgroup_chair", LOCAL, OF_DEATHS),
    ("child_death", "consider_again", None, "consideration_waits", "subgroup_chair", LOCAL, OF_DEATHS),
    ("child_death", "reconsider_review", "5 working days", "abuse_found", "subgroup_chair", STATUTORY, WT2023),
    ("child_death", "submit_analysis", "10 working days", "panel_reviewed", "child_death_coordinator", STATUTORY,
     DEATH_REVIEW),
    ("child_death", "family_feedback", "20 working days", "panel_reviewed", "child_death_coordinator", STATUTORY,
     DEATH_REVIEW),
    ("child_death", "hand_over", "5 working days", "death_elsewhere", "child_death_coordinator", STATUTORY,
     DEATH_REVIEW),
    ("child_death", "confirm_hand_over", "10 working days", "death_handed_over", "child_death_coordinator", LOCAL,
     OF_DEATHS),
    # Of each recommendation: an answer, news, proof that it was done and that it made a difference, a second look.
    ("recommendation", "answer_recommendation", "10 working days", "recommended", "agency_lead", LOCAL, CHANGE),
    ("recommendation", "answer_rejection", "10 working days", "recommendation_rejected", "independent_chair", LOCAL,
     CHANGE),
    ("recommendation", "deliver", None, "recommendation_accepted", "recommendation_owner", STATUTORY, WT2023),
    ("recommendation", "deliver_again", "3 months", "recommendation_reopened", "recommendation_owner", LOCAL, CHANGE),
    ("recommendation", "action", None, "recommendation_accepted", "recommendation_owner", LOCAL, CHANGE),
    ("recommendation", "action_again", "3 months", "recommendation_reopened", "recommendation_owner", LOCAL, CHANGE),
    ("recommendation", "progress", "2 months", "progress_due", "recommendation_owner", LOCAL, CHANGE),
    ("recommendation", "show_impact", "3 months", "impact_due", "recommendation_owner", STATUTORY, WT2023),
    ("recommendation", "evidence_again", "20 working days", "evidence_missing", "recommendation_owner", LOCAL, CHANGE),
    ("recommendation", "examine_evidence", "10 working days", "evidence_given", "subgroup_chair", LOCAL, CHANGE),
    ("recommendation", "close_recommendation", "40 working days", "recommendation_proven", "subgroup_chair", LOCAL,
     CHANGE),
    ("recommendation", "retest", None, "recommendation_closed", "business_manager", STATUTORY, WT2023),
    # Between two agencies, in days: they answer each other, then their leads, then the chair decides.
    ("disagreement", "answer", "2 working days", "disagreement_raised", "agency_contact", LOCAL, ESCALATION),
    ("disagreement", "respond", "2 working days", "answered", "agency_contact", LOCAL, ESCALATION),
    ("disagreement", "answer_leads", "3 working days", "raised_to_leads", "agency_lead", LOCAL, ESCALATION),
    ("disagreement", "respond_leads", "2 working days", "leads_answered", "agency_lead", LOCAL, ESCALATION),
    ("disagreement", "decide_disagreement", "5 working days", "raised_to_chair", "independent_chair", LOCAL,
     ESCALATION),
    # While a child is at risk now, all of it within a day.
    ("disagreement", "answer_at_risk", "4 hours", "disagreement_raised", "agency_contact", LOCAL, ESCALATION),
    ("disagreement", "respond_at_risk", "2 hours", "answered", "agency_contact", LOCAL, ESCALATION),
    ("disagreement", "answer_leads_at_risk", "4 hours", "raised_to_leads", "agency_lead", LOCAL, ESCALATION),
    ("disagreement", "respond_leads_at_risk", "2 hours", "leads_answered", "agency_lead", LOCAL, ESCALATION),
    ("disagreement", "decide_disagreement_at_risk", "12 hours", "raised_to_chair", "independent_chair", LOCAL,
     ESCALATION),
    ("any", "dispute", "2 working days", "disputed", "business_manager", LOCAL, ESCALATION),
    ("any", "time_request", "1 working day", "time_asked", "independent_chair", LOCAL, ESCALATION),
    ("any", "suspension_review", None, "suspended", "business_manager", LOCAL, ESCALATION),
]  # fmt: skip


def span(words: str | None) -> Span | None:
    return Span.model_validate(words) if words else None


@pytest.mark.promise("F8", "B1")
@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: f"{figure[0]}.{figure[1]}")
def test_what_is_owed_is_as_the_guidance_has_it(
    figure: tuple[str, str, str | None, str, str, Force, str],
) -> None:
    lifecycle, name, budget, starts, owed_by, force, citation = figure
    block = POLICY.lifecycles[lifecycle][name]
    assert block.budget == span(budget)
    assert (block.starts, block.owed_by, block.force) == (starts, owed_by, force)
    assert POLICY.sources[block.source].citation == citation


def test_only_what_is_typed_above_or_reopened_is_owed() -> None:
    typed = {(lifecycle, name) for lifecycle, name, *_ in FIGURES}
    owed = {
        (lifecycle, name): block for lifecycle, blocks in POLICY.lifecycles.items() for name, block in blocks.items()
    }
    assert typed <= owed.keys()
    assert all(owed[other].opens == "reopened" for other in owed.keys() - typed)


@pytest.mark.promise("B1")
def test_the_trigger_of_the_rapid_review_is_a_setting() -> None:
    blocks = POLICY.lifecycles["rapid_review"]
    assert blocks["submission"].may_start == ("national_notification_sent", "awareness")
    assert blocks["agency_return"].may_start == ("national_notification_sent", "awareness", "information_requested")


@pytest.mark.promise("B2")
def test_each_agency_owes_its_return() -> None:
    each = {name for name, block in POLICY.lifecycles["rapid_review"].items() if block.each == "agency"}
    assert each == {"agency_return"}


# Rungs, typed by hand: (office, anchor, delay).
LADDERS = {
    "agency_return": [
        ("agency_contact", "start", "0 hours"),
        ("agency_contact", "due", "-3 working days"),
        ("agency_contact", "due", "0 working days"),
        ("agency_lead", "due", "1 working day"),
        ("independent_chair", "due", "3 working days"),
    ],
    "business_manager": [
        ("business_manager", "start", "0 hours"),
        ("business_manager", "due", "0 working days"),
        ("subgroup_chair", "due", "1 working day"),
        ("independent_chair", "due", "2 working days"),
    ],
    "chair": [
        ("independent_chair", "start", "0 hours"),
        ("independent_chair", "due", "-1 working day"),
        ("independent_chair", "due", "0 working days"),
        ("business_manager", "due", "1 working day"),
        ("safeguarding_partner_chair", "due", "2 working days"),
    ],
    "national_notification": [
        ("local_authority_lead", "start", "0 hours"),
        ("local_authority_lead", "due", "-1 working day"),
        ("local_authority_lead", "due", "0 working days"),
        ("business_manager", "due", "0 working days"),
        ("independent_chair", "due", "1 working day"),
    ],
    "expected_reply": [("business_manager", "due", "0 working days")],
    # Warned three months, six weeks and two weeks ahead.
    "publication": [
        ("business_manager", "due", "-90 days"),
        ("business_manager", "due", "-42 days"),
        ("subgroup_chair", "due", "-42 days"),
        ("business_manager", "due", "-14 days"),
        ("independent_chair", "due", "-14 days"),
        ("independent_chair", "due", "1 day"),
        ("safeguarding_partner_chair", "due", "14 days"),
    ],
    # The owner, the unit with the sub-group's chair, the agency's main board member, the independent chair.
    "recommendation": [
        ("recommendation_owner", "start", "0 days"),
        ("recommendation_owner", "due", "-28 days"),
        ("recommendation_owner", "due", "-7 days"),
        ("recommendation_owner", "due", "0 days"),
        ("business_manager", "due", "14 days"),
        ("subgroup_chair", "due", "14 days"),
        ("agency_lead", "due", "30 days"),
        ("independent_chair", "due", "60 days"),
    ],
}


@pytest.mark.promise("F1", "F3", "B3")
@pytest.mark.parametrize("name", LADDERS)
def test_a_ladder_climbs_as_agreed(name: str) -> None:
    ladder = POLICY.ladders[name]
    rungs = [(office, rung.after, rung.delay) for rung in ladder.rungs for office in (rung.office, *rung.also)]
    assert rungs == [(office, after, span(delay)) for office, after, delay in LADDERS[name]]
    # What only the national panel owes, or what takes months, is recalled once in four weeks; all else each week.
    seldom = {"expected_reply", "recommendation", "publication"}
    assert ladder.again == Span(n=20 if name in seldom else 5, unit=Unit.WORKING_DAYS)


@pytest.mark.promise("B12", "A13")
@pytest.mark.parametrize("lifecycle", ["referral", "rapid_review"])
def test_children_who_may_not_be_safe_are_asked_after_in_hours(lifecycle: str) -> None:
    block = POLICY.lifecycles[lifecycle]["siblings_safety"]
    ladder = POLICY.ladders[block.ladder]
    assert block.urgent
    assert all(rung.delay.unit is Unit.HOURS for rung in ladder.rungs)
    assert ladder.again.unit is Unit.HOURS
    assert ladder.rungs[0].office == "business_manager"
    assert (ladder.rungs[0].after, ladder.rungs[0].delay.n) == ("start", 0)


@pytest.mark.promise("F4", "F5", "C7")
def test_bounds_are_as_agreed() -> None:
    bounds = POLICY.bounds
    assert bounds.promise_most == span("5 working days")
    assert (bounds.extension_most, bounds.extensions_at_most) == (span("5 working days"), 1)
    assert bounds.extension_office == "independent_chair"
    assert bounds.suspension_most == span("3 months")
    assert bounds.parked_most == span("6 months")
    assert bounds.by_hand_most == span("3 months")
    assert POLICY.message_time == time(9)


@pytest.mark.promise("B9")
def test_the_panels_answer_is_never_overdue_of_anybody_but_told_to_the_business_manager() -> None:
    ladder = POLICY.ladders[POLICY.lifecycles["rapid_review"]["panel_answer"].ladder]
    assert {rung.office for rung in ladder.rungs} == {"business_manager"}


# Criteria


@pytest.mark.promise("A7")
def test_the_notification_is_decided_by_the_three_limbs_of_the_act() -> None:
    found = POLICY.criteria_in_force("national_notification", date(2026, 11, 21))
    assert found is not None
    name, criteria = found
    assert (name, criteria.force) == ("notification_s16c", LAW)
    assert POLICY.sources[criteria.source].citation == "Children Act 2004 s16C(1)"
    assert [one.id for one in criteria.criteria] == ["abuse_or_neglect", "died_or_seriously_harmed", "in_the_area"]
    assert all(one.required for one in criteria.criteria)


@pytest.mark.promise("B7")
def test_the_practice_review_is_decided_by_the_four_limbs_of_the_regulation() -> None:
    found = POLICY.criteria_in_force("practice_review", date(2026, 11, 21))
    assert found is not None
    name, criteria = found
    assert (name, criteria.force, len(criteria.criteria)) == ("practice_review_reg11", LAW, 4)
    assert POLICY.sources[criteria.source].citation.startswith("SI 2018/789 reg 11(2)")
    assert "including where those improvements have been previously identified" in criteria.criteria[0].text
    assert "two or more organisations or agencies" in criteria.criteria[2].text


def test_what_should_also_be_regarded_is_guidance_and_need_not_be_answered() -> None:
    criteria = POLICY.criteria["practice_review_regard"]
    assert criteria.force is STATUTORY
    assert not any(one.required for one in criteria.criteria)


@pytest.mark.promise("A7")
@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2006, 3, 31), None),
        (date(2006, 4, 1), "serious_case_review_2006"),
        (date(2018, 6, 28), "serious_case_review_2006"),
        (date(2018, 6, 29), "practice_review_reg11"),
        (date(2099, 1, 1), "practice_review_reg11"),
    ],
)
def test_a_case_is_decided_against_the_text_in_force_at_the_time(day: date, name: str | None) -> None:
    found = POLICY.criteria_in_force("practice_review", day)
    assert (found[0] if found else None) == name


@pytest.mark.promise("B6")
def test_the_meeting_needs_its_chair_and_has_a_seat_for_each_partner() -> None:
    quorum = POLICY.quorums["rapid_review_meeting"]
    kinds = {seat.kind for seat in quorum.seats.values()}
    assert kinds == {None, AgencyKind.LOCAL_AUTHORITY, AgencyKind.POLICE, AgencyKind.ICB}
    assert quorum.always == ("independent_chair",)
    assert quorum.least == 3


# Everything has its source


def inside(model: BaseModel, path: str = "") -> Iterator[tuple[str, object, tuple[BaseModel, ...]]]:
    """Every value with the models around it, the nearest last."""
    todo: list[tuple[str, object, tuple[BaseModel, ...]]] = [(path, model, ())]
    while todo:
        where, value, around = todo.pop()
        yield where, value, around
        if isinstance(value, BaseModel):
            around = (*around, value)
            todo.extend((f"{where}.{name}", getattr(value, name), around) for name in type(value).model_fields)
        elif isinstance(value, dict):
            todo.extend((f"{where}.{name}", one, around) for name, one in value.items())
        elif isinstance(value, tuple):
            todo.extend((f"{where}[{index}]", one, around) for index, one in enumerate(value))


@pytest.mark.promise("F8")
def test_every_figure_has_a_source_and_a_force() -> None:
    figures = [
        (where, around)
        for where, value, around in inside(POLICY)
        if isinstance(value, Span) or (isinstance(value, int) and not isinstance(value, bool))
    ]
    assert len(figures) > 60
    for where, around in figures:
        named = [getattr(one, "source", None) for one in around]
        assert any(source in POLICY.sources for source in named), where
        assert any(isinstance(getattr(one, "force", None), Force) for one in around), where


def test_every_source_is_used_and_says_its_edition() -> None:
    used = {getattr(value, "source", None) for _, value, _ in inside(POLICY) if isinstance(value, BaseModel)}
    assert used - {None} == POLICY.sources.keys()
    assert all(source.citation and source.edition for source in POLICY.sources.values())


def test_nobody_is_said_to_have_compared_the_texts_who_has_not() -> None:
    assert all((source.checked_by == "") == (source.checked_on is None) for source in POLICY.sources.values())


def test_what_is_local_may_not_be_called_a_breach() -> None:
    for where, value, _ in inside(POLICY):
        source = getattr(value, "source", None)
        if isinstance(value, BaseModel) and isinstance(source, str) and source.startswith("local_"):
            assert getattr(value, "force", None) is LOCAL, where


def test_every_ladder_is_used() -> None:
    assert {block.ladder for blocks in POLICY.lifecycles.values() for block in blocks.values()} == POLICY.ladders.keys()


def test_every_mark_of_the_file_is_one_that_happens() -> None:
    for lifecycle, blocks in POLICY.lifecycles.items():
        assert blocks.keys() >= STEPS[lifecycle]
        for block in blocks.values():
            assert {block.opens, block.starts, block.met_by, *block.may_start} <= MARKS[lifecycle].keys()


# The example directory


@pytest.mark.promise("F1", "F8")
def test_the_shipped_files_pass_together() -> None:
    assert check_against(POLICY, DIRECTORY) == []


def test_the_example_has_an_agency_of_each_kind_and_the_three_partners() -> None:
    assert len(DIRECTORY.agencies) == 7
    assert {one.kind for one in DIRECTORY.agencies.values()} == set(AgencyKind) - {AgencyKind.OTHER}
    partners = {one.kind for one in DIRECTORY.agencies.values() if one.partner}
    assert partners == {AgencyKind.LOCAL_AUTHORITY, AgencyKind.POLICE, AgencyKind.ICB}


@pytest.mark.promise("F2")
def test_everybody_is_reached_in_every_agency_and_has_a_deputy() -> None:
    day = date(2026, 11, 21)
    for name, office in POLICY.offices.items():
        if name == OWNER:  # whom a recommendation names; otherwise it is the agency's contact who is told
            continue
        agencies = [key for key, one in DIRECTORY.agencies.items() if one.partner or not office.partners_only]
        for agency in agencies if office.scope is Scope.AGENCY else [None]:
            assert DIRECTORY.look_up(name, agency, day).reason is Reason.HOLDER
            held = DIRECTORY.holding(name, agency, day)
            assert held is not None
            assert held.deputy is not None


def test_nobody_in_the_example_could_be_a_real_address() -> None:
    assert all(one.email.endswith(".example.org") for one in DIRECTORY.people.values())
    assert POLICY.area.contact_email.endswith(".example.org")
    assert POLICY.area.local_number.startswith("01632 960")  # kept by the regulator for fiction


# Nothing in the file is idle: whatever is changed is either refused at its line, or makes another policy

PLACES = [place for place, _ in WRITTEN.walk() if place]
IDLE_TO_DELETE = {
    "calendar.force",
    "calendar.begins",
    "reports.subgroup_meetings",
}  # what the shipped file says is also what holds when it is silent
REFERENCES = {
    "source", "office", "owed_by", "ladder", "opens", "starts", "met_by", "force", "scope", "unit", "purpose",
    "extension_office", "dispute_office", "suspension_office", "kind", "after", "each",
}  # fmt: skip


def with_value(place: Place, *change: Value) -> Written:
    """The shipped file with one value changed, or deleted when no other is given."""
    mutant = Written(root=copy.deepcopy(WRITTEN.root), lines=WRITTEN.lines)
    around: Any = mutant.at(*place[:-1])
    if change:
        around[place[-1]] = change[0]
    else:
        del around[place[-1]]
    return mutant


def judged(mutant: Written) -> bool:
    """Whether the change is noticed: refused, or another policy or calendar."""
    check_shape(Policy, mutant)
    cross_check(mutant)
    if mutant.problems:
        return True
    changed = fit(Policy, mutant.root)
    assert changed is not None
    return policy_digest(changed) != policy_digest(POLICY) or calendar_digest(changed.calendar) != calendar_digest(
        POLICY.calendar
    )


def other_than(value: Value) -> Value:
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case str():
            return value + "x"
        case _:
            return "something else"


def check_that_a_change_is_noticed(place: Place) -> None:
    assert judged(with_value(place, other_than(WRITTEN.at(*place)))), f"{key_of(place)} could be anything"
    assert judged(with_value(place, ["wrong", {"kind": "of thing"}])), f"{key_of(place)} could have any shape"
    if key_of(place) not in IDLE_TO_DELETE:
        assert judged(with_value(place)), f"{key_of(place)} could be left out"


@pytest.mark.promise("F8")
@given(st.sampled_from(PLACES))
@settings(max_examples=min(settings().max_examples, 60))
def test_no_value_can_be_changed_unnoticed(place: Place) -> None:
    check_that_a_change_is_noticed(place)


@pytest.mark.proof
@pytest.mark.timeout(600)
@pytest.mark.promise("F8")
def test_no_value_at_all_can_be_changed_unnoticed() -> None:
    for place in PLACES:
        check_that_a_change_is_noticed(place)


def names() -> dict[str | int, list[Place]]:
    """Where the shipped file names something that is defined elsewhere, by what it is called there."""
    found: dict[str | int, list[Place]] = {}
    for place in PLACES:
        value = WRITTEN.at(*place)
        if place[-1] in REFERENCES and isinstance(value, str) and value and place[:1] != ("sources",):
            found.setdefault(place[-1], []).append(place)
    return found


@pytest.mark.promise("F8")
@pytest.mark.parametrize(
    "each", [pytest.param(7, id="some of each"), pytest.param(1, id="all", marks=pytest.mark.proof)]
)
def test_a_name_that_is_mistyped_is_refused_at_its_line(each: int) -> None:
    assert sum(map(len, names().values())) > 200
    for place in (place for places in names().values() for place in places[::each]):
        mutant = with_value(place, f"{WRITTEN.at(*place)}x")
        check_shape(Policy, mutant)
        cross_check(mutant)
        assert WRITTEN.line(place) in {problem.line for problem in mutant.problems}, key_of(place)


def test_the_calendar_that_a_policy_carries_is_a_calendar_of_its_own() -> None:
    assert Calendar.model_validate_json(POLICY.calendar.model_dump_json()) == POLICY.calendar
    assert Policy.model_validate_json(POLICY.model_dump_json()) == POLICY
