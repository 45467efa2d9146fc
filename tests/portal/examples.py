"""A made-up case for the tests of forms: the rows and fixed answers of its pages, and good answers to every command."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from pydantic import BaseModel

from models.command import Command, part_of, said_of
from models.facts import Problem
from models.lifecycles import COMMANDS
from portal.questions import Rows

NOW: Final = datetime(2026, 3, 3, 15, 0, tzinfo=UTC)
"""The moment at which the answers below are good."""

EVERY: Final[dict[str, type[Command]]] = {
    kind: command for commands in COMMANDS.values() for kind, command in commands.items()
}

ROWS: Final[Rows] = {
    "notification_criteria": [
        (
            "abuse_or_neglect",
            "The local authority knows or suspects that the child has been abused or neglected.",
            "Children Act 2004 s16C(1), as in force on the day of awareness",
        ),
        ("died_or_seriously_harmed", "The child has died or has been seriously harmed.", ""),
    ],
    "review_criteria": [
        ("abuse_or_neglect", "Abuse or neglect of the child is known or suspected.", ""),
        ("died_or_seriously_harmed", "The child has died or has been seriously harmed.", ""),
    ],
    "regarded": [
        ("single_agency", "There is cause for concern about the actions of a single agency.", ""),
        ("several_areas", "More than one area is involved.", ""),
    ],
    "children": [("1", "Child 1", "Girl, under 1 year"), ("2", "Child 2", "Boy, 4 years")],
    "partners": [("harrow-la", "Harrowshire Council", ""), ("police", "Harrowshire Police", ""), ("icb", "ICB", "")],
    "agencies": [
        ("police", "Harrowshire Police", ""),
        ("school", "Primary school", ""),
        ("gp", "General practice", ""),
    ],
    "agency": [("police", "Harrowshire Police", ""), ("gp", "General practice", "")],
    "owing": [("police", "Harrowshire Police", ""), ("gp", "General practice", "")],
    "people": [("p-005", "Esmeralda Dummett", ""), ("p-011", "Keziah Specimen", "")],
    "seats": [("local_authority", "Local authority", ""), ("police", "Police", ""), ("health", "Health", "")],
    "methods": [("author_led", "Author-led review", ""), ("thematic", "Thematic review", "")],
    "reviewers": [("p-023", "Wilberforce Demo", "Interests declared on 12 January 2026: none.")],
    "recipients": [("national_panel", "The national panel", ""), ("ofsted", "Ofsted", "")],
    "checklist": [("family_told", "The family has been told", ""), ("legal", "Legal advice has been heard", "")],
    "contributors": [("c1", "Mother (1)", ""), ("c2", "Practitioner (2)", "")],
    "requests": [("w1", "Request 1", "By 1 March 2026")],
    "proceedings": [("p1", "Inquest (1)", "Open")],
    "milestones": [("draft_report", "Draft report", ""), ("publication", "Publish the report", "")],
    "deliverables": [("report", "The report", ""), ("briefing", "Seven-minute briefing", "")],
    "coroners_reports": [("k1", "Report 1", "")],
    "owners": [("p-010", "Jolyon Madeup", ""), ("p-011", "Keziah Specimen", ""), ("p-012", "Lysander Trialby", "")],
    "forms": [("asthma", "Asthma and anaphylaxis", ""), ("infection", "Infection", "")],
    "form_questions": [("asthma/plan", "Was there a plan?", "Asthma"), ("asthma/damp", "Was there damp?", "Asthma")],
    "panels": [("harrowshire", "Harrowshire panel", ""), ("joint", "Joint themed panel", "")],
    "areas": [("harrowshire", "Harrowshire", ""), ("elsewhere", "In another area", "")],
    "joint_response": [("sudden", "It is sudden", ""), ("custody", "It occurred in custody", "")],
    "panel_seats": [("panel_chair", "Chair of the panel", ""), ("icb", "Integrated care board", "")],
    "waits": [("w1", "Inquest, since 1 March 2026", ""), ("w2", "Post-mortem report, since 2 March 2026", "")],
    "themes": [("neglect", "Neglect", ""), ("training", "Training and guidance", "")],
    "measures": [("m1", "Measure 1", ""), ("m2", "Measure 2", "")],
    "evidence": [("e1", "Evidence 1", ""), ("e2", "Evidence 2", "")],
    "accepted": [("e1", "Evidence 1", ""), ("e2", "Evidence 2", "")],
    "retests": [("6_months", "6 months", ""), ("12_months", "12 months", "")],
    "closing_seats": [("subgroup_chair", "Chair of the sub-group", ""), ("police", "Police", "")],
}

_FIXED = {
    "obligation": "agency_return/police",
    "criteria_set": "notification_s16c",
    "mark": "national_notification_sent",
    "calendar": "england-2027",
    "policy": "england-2027-01",
    "item": "r1",
}


def fixed_of(command: type[Command]) -> dict[str, str]:
    """What a page of this command does not ask, for it is about that: the item only where nobody chooses one."""
    fields = command.model_fields
    return {name: value for name, value in _FIXED.items() if name in fields and not said_of(fields[name], "rows")}


_CRITERIA = [
    {"criterion": "abuse_or_neglect", "met": "yes", "reason": "Two unexplained fractures."},
    {"criterion": "died_or_seriously_harmed", "met": "not_known", "reason": "The report is awaited."},
]
_SAFE = {"siblings_safe": "yes", "siblings_words": "With their aunt; seen by the health visitor."}


def _at(name: str) -> dict[str, str]:
    """When it happened, and why that is recorded later."""
    return {name: "2026-03-03T14:05:00+00:00", "late": "The letter came today."}


ANSWERS: Final[dict[str, dict[str, Any]]] = {
    "submit_referral": {
        "event": "serious_harm",
        "incident_on": "2026-02-27",
        "aware_at": "2026-03-02",
        "in_area": "yes",
        "abuse_or_neglect": "not_known",
        "place": "At home",
        "narrative": "First line.\nSecond line <b>& more</b>.",
        "harm": "A fracture.",
        "children": [
            {
                "name": "Zoë O’Example",
                "born": "2025-11-30",
                "sex": "female",
                "ethnic_group": "",
                "disability": "",
                "nhs_number": "999 000 0018",
                "address": "1 Example Road\nExampleton",
                "legal_status": "",
            },
            {
                "name": "Unborn child of the same family",
                "expected": "2026-06-01",
                "sex": "not_known",
                "ethnic_group": "",
                "disability": "",
                "nhs_number": "",
                "address": "",
                "legal_status": "",
            },
        ],
        "others": "yes",
        "carers": "Their aunt",
        "siblings_safe": "not_known",
        "safety_action": "A visit today",
        "agencies_involved": "",
        "referrer_name": "P. Person",
        "referrer_role": "Sergeant",
        "referrer_agency": "Harrowshire Police",
        "referrer_email": "p.person@police.example.org",
        "referrer_phone": "",
        "lead_agrees": "no",
    },
    "triage": {
        "criteria_set": "notification_s16c",
        "aware_at": "2026-03-01",
        "children": [
            {
                "child": "1",
                "criteria": _CRITERIA,
                "route": "pass_on",
                "body": "lado",
                "reason": "Because of the report.",
            },
            {"child": "2", "criteria": _CRITERIA, "route": "joined", "joins": "RR-2026-0004", "reason": "Same family."},
        ],
        **_SAFE,
        "restricted": True,
        **_at("decided_at"),
    },
    "answer_safety": {"siblings_safe": "no", "words": "Nobody yet.", **_at("known_at")},
    "notify_secretary_of_state": {**_at("sent_at"), "sent_by": "P. Person", "reference": "SN-1"},
    "pass_on": {"body": "lado", **_at("sent_at"), "sent_to": "The duty officer", "reference": ""},
    "record_review_learning": {"learning": "Two agencies did not speak.", "changes": "A joint rota."},
    "decide_duplicate": {"other": "LR-2026-0002", "same": False, "reason": "Another family."},
    "tell_referrer": {"how": "phone", "words": "The outcome.", **_at("told_at")},
    "promise": {"obligation": "agency_return/police", "until": "2026-03-20"},
    "dispute": {"obligation": "agency_return/police", "ground": "not_ours", "words": "It belongs to the neighbours."},
    "settle_dispute": {"obligation": "agency_return/police", "outcome": "still_owed", "reason": "It does not."},
    "ask_time": {"obligation": "agency_return/police", "until": "2026-03-25", "reason": "Records are in the archive."},
    "answer_time": {
        "obligation": "agency_return/police",
        "granted": True,
        "until": "2026-03-25",
        "reason": "Fair enough.",
    },
    "suspend": {
        "obligation": "agency_return/police",
        "review": "2026-04-01",
        "authority": "The senior investigating officer, by letter.",
        "reason": "A trial.",
    },
    "review_suspension": {
        "obligation": "agency_return/police",
        "outcome": "continue",
        "review": "2026-05-01",
        "reason": "The trial goes on.",
    },
    "correct": {"mark": "national_notification_sent", "at": "2026-03-03T09:30:00+00:00", "reason": "The letter."},
    "adopt_calendar": {"calendar": "england-2027", "reason": "A holiday was proclaimed."},
    "adopt_policy": {"policy": "england-2027-01", "reason": "A new edition."},
    "restrict": {"restricted": True, "reason": "A relative works here."},
    "lock_out": {"person": "p-005", "locked": True, "reason": "Their own practice is under review."},
    "let_in": {"person": "p-005", "until": "2026-12-01", "reason": "They review it for us."},
    "reopen": {"reason": "A new statement."},
    "record_notification": {**_at("sent_at"), "sent_by": "P. Person, manager", "reference": "SN-1"},
    "withdraw_notification": {**_at("withdrawn_at"), "reason": "The injury was an accident."},
    "request_information": {"agencies": ["police", "gp"], "words": "", "forms": ["asthma"]},
    "withdraw_request": {"agency": "police", "reason": "Another force covers the address."},
    "record_no_return": {"agency": "police", "reason": "It did not answer its lead or the chair."},
    "submit_return": {
        "agency": "police",
        "holds": "something",
        "summary": "Four contacts.",
        "voice": "",
        "practice": "",
        "learning": "",
        "events": [
            {"on": "2025-12-24", "event": "A call to the house.", "significance": "notable"},
            {"on": "2026-01-04", "event": "A visit.\nNobody in.", "significance": "routine"},
        ],
    },
    "record_analysis": {
        "facts": "What is known.",
        "context": "What was looked at.",
        "practice": "Two episodes.",
        "learning": "One question.",
        "immediate": "",
    },
    "arrange_meeting": {"at": "2026-06-10T09:00:00+00:00", "minutes": "90", "place": "Room 2"},
    "record_meeting": {
        **_at("held_at"),
        "seats": ["local_authority", "health"],
        "agencies": [],
        **_SAFE,
        "minutes": "",
    },
    "decide": {
        **_at("decided_at"),
        "criteria_set": "notification_s16c",
        "criteria": _CRITERIA,
        "regarded": [
            {"criterion": "single_agency", "applies": None, "words": ""},
            {"criterion": "several_areas", "applies": "yes", "words": "They moved in spring."},
        ],
        "positions": [
            {"partner": "harrow-la", "position": "agrees", "words": ""},
            {"partner": "police", "position": "dissents", "words": "We would wait."},
            {"partner": "icb", "position": "absent", "words": ""},
        ],
        "outcome": "parked",
        "reasons": "The inquest is open.",
        "parked_on": "inquest",
        "parked_review": "2026-09-01",
        "passed_to": ["cqc", "lado"],
    },
    "record_submission": {**_at("sent_at"), **_SAFE, "reference": ""},
    "record_panel_answer": {**_at("received_at"), "position": "more_information", "points": "When was it seen?"},
    "send_information": {**_at("sent_at"), "words": "The dates."},
    "record_event": {"event": "inquest", **_at("happened_at"), "words": "A narrative conclusion."},
    # Practice reviews
    "enter_review": {
        "name": "Baby Q", "origin": "serious_case_review", "decided_on": "2018-05-01", "reached": "withheld",
        "settled_on": "2019-03-01", "reasons": "The family asked for it.", "agencies": ["police", "gp"],
    },
    "commission": {
        "method": "thematic", "scope_from": "2024-01-01", "scope_until": "2026-02-01", "terms": "Why nobody asked.",
        "agencies": ["police", "school"], "budget": 12000, "media": "",
    },
    "appoint_reviewer": {
        "reviewer": "p-023", "suitability": "Long practice.", "waived": True, "reason": "It was ten years ago.",
    },
    "announce_review": {**_at("sent_at"), "recipients": ["national_panel", "ofsted"]},
    "hold_practitioner_event": {**_at("held_at"), "attended": ["police"], "words": "They were heard."},
    "name_contributor": {"role": "mother", "name": "A letter to her solicitor", "words": ""},
    "keep_quiet": {"first": "2026-04-01", "last": "2026-04-03", "item": "c1", "reason": "An anniversary."},
    "record_contact": {
        "item": "c1", "step": "answered", **_at("on"), "how": "By letter.", "answer": "later", "words": "In spring.",
    },
    "finish_family": {"words": "What she said."},
    "check_review": {"pace": "at_risk", "quality": "concerns", "words": "The second half is thin."},
    "request_in_writing": {"words": "Send the draft.", "by": "2026-04-01"},
    "record_written_answer": {"item": "w1", **_at("received_at"), "words": "It will come.", "file": ""},
    "link_proceeding": {"proceeding": "inquest", "status": "expected", "words": "The coroner's office."},
    "update_proceeding": {"item": "p1", "status": "open", "words": "It began."},
    "suspend_milestones": {
        "item": "p1", "milestones": ["draft_report", "publication"], "review": "2026-05-01",
        "authority": "The senior coroner, by letter.", "reason": "Witnesses are to be heard first.",
    },
    "review_milestones": {"item": "p1", "outcome": "continue", "review": "2026-06-01", "reason": "It goes on."},
    "receive_draft": {**_at("received_at"), "file": "", "words": ""},
    "sign_off": {
        **_at("signed_at"),
        "positions": [
            {"partner": "harrow-la", "position": "agrees", "words": ""},
            {"partner": "police", "position": "dissents", "words": "We would wait."},
            {"partner": "icb", "position": "absent", "words": ""},
        ],
        "has_improvements": True, "has_analysis": True,
    },
    "foresee_delay": {"expected": "2026-12-01", "because": "proceedings", "words": "The inquest."},
    "explain_delay": {**_at("sent_at"), "recipients": ["national_panel", "ofsted"], "words": "The inquest."},
    "plan_publication": {"on": "2026-06-01"},
    "send_advance_copies": {**_at("sent_at"), "recipients": ["national_panel", "ofsted"]},
    "publish": {
        **_at("published_at"), "address": "https://example.org/reviews/1",
        "checklist": [
            {"check": "family_told", "done": "yes", "words": ""},
            {"check": "legal", "done": "not_needed", "words": "Nothing is contested."},
        ],
    },
    "withhold_publication": {
        **_at("decided_at"), "reasons": "A child would be recognised.", "improvements": "A briefing is published.",
    },
    "receive_deliverable": {"item": "briefing", "words": "", "file": ""},
    "confirm_dissemination": {
        "agency": "gp", **_at("reached_at"), "words": "In team meetings.", "understood": "They were asked.",
    },
    "lodge_report": {**_at("lodged_at")},
    "check_availability": {"words": "On our page, the whole year."},
    "record_coroners_report": {"agency": "gp", **_at("dated_at"), "words": "Two concerns."},
    "answer_coroner": {"item": "k1", **_at("sent_at"), "words": "It was changed."},
    "complete_review": {"words": "That it took too long."},
    "discontinue": {"reason": "The partners changed their decision."},
    # Recommendations
    "recommend": {
        "text": "Change the discharge form.", "agency": "gp", "owner": "p-011", "deputy": "p-010", "sponsor": "",
        "by": "2026-09-01",
        "measures": [
            {"measure": "Infants are seen again.", "baseline": "Four of ten."},
            {"measure": "Nobody waits.\nNobody is sent away.", "baseline": "Nine wait."},
        ],
        "actions": [{"action": "Write it.", "by": "2026-05-01"}, {"action": "Use it.", "by": "2026-08-01"}],
        "themes": ["neglect"], "source": "coroner", "paragraph": "4.2",
    },
    "enter_recommendation": {
        "text": "Change the discharge form.", "agency": "gp", "owner": "p-011", "deputy": "", "sponsor": "",
        "state": "open", "due": "2025-09-01", "by": "2026-09-01",
        "measures": [{"measure": "Infants are seen again.", "baseline": "Four of ten."}],
        "actions": "Write it.", "progress": "It is written.", "evidence": "", "completed": "2025-12-01",
        "themes": ["training"], "source": "review", "paragraph": "", "key": "a-12",
    },
    "assign_recommendation": {
        "item": "r1", "owner": "p-011", "deputy": "p-010", "sponsor": "p-012", "reason": "They moved on.",
    },
    "answer_recommendation": {"item": "r1", "answer": "partly", "words": "Not in the night."},
    "answer_rejection": {"item": "r1", "outcome": "stands", "reason": "It is not done."},
    "give_progress": {"item": "r1", "forecast": "at_risk", "words": "The form is late."},
    "complete_action": {"item": "r1", "words": "It is written.", **_at("done_at")},
    "give_evidence": {
        "item": "r1", "measure": "m2", "shows": "impact", "words": "The audit of May.",
        "link": "https://audits.example.org/may", "file": "",
    },
    "amend_evidence": {"item": "r1", "evidence": "e1", "words": "The audit of June."},
    "accept_evidence": {"item": "r1", "evidence": "e1", "words": "Ten records were read."},
    "return_evidence": {"item": "r1", "evidence": "e2", "reason": "It has no date."},
    "close_recommendation": {
        "item": "r1", "decided_by": "meeting", "seats": ["subgroup_chair", "police"], **_at("decided_at"),
        "evidence": ["e1", "e2"], "retest": "6_months", "words": "Infants are seen again.",
    },
    "retest_impact": {
        "item": "r1", "outcome": "not_sustained", **_at("tested_at"), "words": "Two of ten.", "file": "",
    },
    "reopen_recommendation": {"item": "r1", "reason": "The form is not used."},
    "override_colour": {
        "item": "r1", "axis": "impact", "colour": "red", "until": "2026-04-01", "reason": "The funding went.",
    },
    # A child's death
    "notify_death": {
        "name": "Wilhelmina Anybody", "nhs_number": "943 476 5919", "born": "2025-01-05", "sex": "female",
        "ethnic_group": "mixed", "address": "1 Nowhere Lane", "area": "harrowshire", "care_status": "",
        "died": "2026-03-01", "died_known": "no", "showed_life": "not_known", "attended": "no",
        "place_of_death": "home", "where": "", "expected": "no", "circumstances": "She was found in the morning.",
        "others": "yes",
        "siblings_safe": "not_known", "professionals": "The health visitor.", "notifier_name": "Barnabas Nobody",
        "notifier_role": "Nurse", "notifier_agency": "The hospital", "notifier_email": "nurse@example.org",
        "notifier_phone": "",
    },
    "amend_death": {
        "name": "Rowan Larch", "nhs_number": "9434765919", "born": "2025-02-03", "sex": "male",
        "ethnic_group": "mixed", "address": "1 Example Road", "area": "harrowshire", "care_status": "None",
        "died": "2026-03-01", "place_of_death": "home", "reason": "The hospital has found the number.",
    },
    "enter_death": {
        "name": "Wilhelmina Anybody", "nhs_number": "943 476 5919", "born": "2023-01-05", "sex": "female",
        "ethnic_group": "mixed", "address": "1 Nowhere Lane", "area": "harrowshire", "care_status": "",
        "died": "2025-03-01", "place_of_death": "home", "circumstances": "", "notified_on": "2025-03-02",
        "reached": "drafted", "agencies": ["police"], "met_on": "2025-06-01", "drafted_on": "2025-07-01",
        "panel_on": None,
        "waits": [{"kind": "inquest", "since": "2025-04-01", "holds": ["panel"], "review": "2026-06-01"}],
        "unexplained": True, "key": None,
    },
    "record_immediate_decisions": {
        "criteria": [{"criterion": "sudden", "met": "yes"}, {"criterion": "custody", "met": "no"}],
        "coroner": "yes", "certificate": "no", "patient_safety": "not_known", "post_mortem": "yes",
        "review": "2026-05-01", "others": "yes", "siblings_safe": "yes", "words": "With their aunt.",
        **_at("decided_at"),
    },
    "record_database_notification": {**_at("sent_at"), "reference": ""},
    "name_key_worker": {"name": "Barnabas Nobody", "contact": "By telephone.", "cover": ""},
    "record_joint_response": {**_at("held_at"), "words": "The police and a nurse visit."},
    "return_form": {"agency": "police", "holds": "something", "summary": "We went there once.", "answers": [
        {"question": "asthma/plan", "answer": "yes", "words": "Since 2024."},
        {"question": "asthma/damp", "answer": "not_known", "words": ""},
    ]},
    "open_wait": {
        "kind": "inquest", "since": "2026-03-01", "holds": ["meeting", "panel"], "review": "2026-06-01",
        "words": "The coroner’s office.",
    },
    "review_wait": {"item": "w1", "outcome": "ended", "ended_on": "2026-03-02", "abuse": "not_known", "words": ""},
    "record_finding": {
        "source": "police", "abuse": "yes", "panel": True, "words": "What was found.", **_at("known_at"),
    },
    "plan_meeting": {"on": "2026-03-20", "reason": "Everybody is free."},
    "record_death_meeting": {**_at("held_at"), "agencies": ["police", "gp"], "words": "They asked why."},
    "draft_analysis": {"summary": "A child of one year.", "no_name": True},
    "list_for_panel": {"panel": "harrowshire", "on": "2026-05-01", "theme": "Infants", "extra": True},
    "defer_panel": {"reason": "The chair is ill."},
    "complete_analysis": {
        **_at("held_at"), "moved": True, "seats": ["panel_chair", "icb"], "left": ["icb"],
        "interests": "She knew the family.",
        "factors": [{"domain": "social", "factor": "Damp.", "influence": "1"}], "categories": ["6", "9"],
        "modifiable": "modifiable", "learning": "Ask about damp.",
    },
    "submit_analysis": _at("sent_at"),
    "log_family_contact": {"contact": "questions", **_at("held_at"), "words": "Why so late?"},
    "consider_review": {"outcome": "wait", "again": "2026-06-01", "reasons": "The inquest is open."},
    "hand_over": {"area": "Another county", "words": "All that is known."},
    "confirm_hand_over": _at("received_at"),
    # Registers and disagreements
    "open_register": {"origin": "audit", "year": 2025, "words": "Audits of the year."},
    "close_register": {"words": "All is done."},
    "raise_disagreement": {
        "agency": "police", "challenged": "school", "at_risk": "no", "about": "A plan that ended.",
        "wanted": "Another.",
    },
    "answer_disagreement": {"agency": "gp", "answer": "partly", "words": "It ends later."},
    "respond_disagreement": {"agency": "police", "outcome": "escalate", "words": "Not late enough."},
    "decide_disagreement": {"view": "partly", "words": "Meet again within a month."},
    "change_risk": {"at_risk": "yes", "reason": "She has been sent home."},
    "withdraw_disagreement": {"agency": "police", "reason": "It was settled on the telephone."},
}  # fmt: skip
"""As plain data, and as a browser would send it: every question that is asked is answered, if only with nothing."""


def wrong_everywhere(command: type[Command]) -> list[Problem]:
    """A problem for every field of the command's good answers."""
    return [Problem(field=path, words=f"Wrong at {path}.") for path in _paths(command, ANSWERS[command.KIND], "")]


def _paths(model: type[BaseModel], answers: dict[str, Any], before: str) -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield f"{before}{name}"
        part = part_of(field)
        for number, row in enumerate(answers.get(name, ()) if part else ()):
            assert part
            yield from _paths(part, row, f"{before}{name}.{number}.")
