"""A made-up case for the tests of forms: the rows and fixed answers of its pages, and good answers to every command."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from pydantic import BaseModel

from models.command import Command, part_of
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
}

_FIXED = {
    "obligation": "agency_return/police",
    "criteria_set": "notification_s16c",
    "mark": "national_notification_sent",
    "calendar": "england-2027",
    "policy": "england-2027-01",
}


def fixed_of(command: type[Command]) -> dict[str, str]:
    return {name: value for name, value in _FIXED.items() if name in command.model_fields}


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
    "request_information": {"agencies": ["police", "gp"], "words": ""},
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
    "agree_learning": {"agency": "gp", "action": "Records are flagged.", "by": "2026-04-30"},
    "learning_done": {
        "agency": "gp",
        "recommendation": "immediate_learning/gp",
        "done": "All records are flagged; an audit shows it.",
        **_at("done_at"),
    },
    "record_submission": {**_at("sent_at"), **_SAFE, "reference": ""},
    "record_panel_answer": {**_at("received_at"), "position": "more_information", "points": "When was it seen?"},
    "send_information": {**_at("sent_at"), "words": "The dates."},
    "record_event": {"event": "inquest", **_at("happened_at"), "words": "A narrative conclusion."},
}
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
