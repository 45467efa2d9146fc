"""What is expected of every door, command and person at the gate of evidence: written by hand, never computed.

Read policy/england.yaml (`gate`, `offices`, the ladders) and docs/features.md E beside it. A command, a door, an office
or a button in chat that is added without its line here fails tests/gate; so this is where it is written down.

A cell that is not named in `may` is refused. With which words stands in `why`; whoever is not named there either is
refused for their office.
"""

from enum import StrEnum
from typing import Final, NamedTuple


class Why(StrEnum):
    """The kinds of refusal, each by words that only it has."""

    OFFICE = "Your office does not allow this"
    ANOTHER_AGENCY = "is another agency’s. You can only answer for your own"
    OWN_AGENCY = "is your own agency’s, so somebody"
    NAMED_FOR_IT = "You are named for this recommendation, so somebody else"
    OWNED_THEN = "You owned this recommendation when this evidence was given, so somebody else"
    OWN_WORK = "You had a hand in this evidence, so somebody else"
    MEETING_ONLY = "Your office records what a meeting decided. Only independent chair can close"
    NOT_YOURS = "There is nothing of this name in the case that is yours to answer"
    ASKED_YOURSELF = "You asked this yourself, so somebody else"
    NOT_TOLD = "Your office can once it has been told that an answer waits"
    LOCKED_OUT = "because your own practice is part of it"
    RESTRICTED = "This case is restricted to named people"


class Row(NamedTuple):
    """Of one command in one situation (tests/gate/situations.py): who may, and why others may not."""

    may: frozenset[str]
    why: dict[Why, frozenset[str]] = {}


# By hats. Whoever wears two stands twice.
MANAGERS = frozenset({
    "manager", "colleague and manager", "manager and independent chair", "gave it, still manager",
})  # fmt: skip
SUBGROUP = frozenset({
    "sub-group chair", "contact and sub-group chair", "owner and sub-group chair",
    "lead of another and sub-group chair", "deputy who left, now sub-group chair", "gave it, now sub-group chair",
    "described it, now sub-group chair", "owned it then, now sub-group chair",
})  # fmt: skip
CHAIRS = frozenset({
    "independent chair", "lead and independent chair", "manager and independent chair",
    "owner who left, now independent chair", "sponsor who left, now independent chair",
    "gave it, now independent chair", "owned it then, now independent chair",
})  # fmt: skip
CONTACTS = frozenset({"contact", "contact and sub-group chair"})
LEADS = frozenset({"lead", "lead and independent chair"})
OWNERS = frozenset({"owner", "deputy", "owner and sub-group chair"})
OTHER_CONTACTS = frozenset({"contact of another"})
OTHER_LEADS = frozenset({"lead of another", "lead of another and sub-group chair"})

# By relation.
OF_OWNING_AGENCY = frozenset({
    "owner", "deputy", "sponsor", "colleague", "contact", "lead", "partner", "contact and sub-group chair",
    "lead and independent chair", "colleague and manager", "owner and sub-group chair",
})  # fmt: skip
NAMED_AND_LEFT = frozenset({
    "owner who left, now independent chair", "deputy who left, now sub-group chair",
    "sponsor who left, now independent chair",
})  # fmt: skip
HANDS_IN_IT = frozenset({
    "gave it, now sub-group chair", "gave it, now independent chair", "described it, now sub-group chair",
})  # fmt: skip

OWNED_IT_THEN = frozenset({"owned it then, now sub-group chair", "owned it then, now independent chair"})
TWO_HATS = frozenset({
    "contact and sub-group chair", "lead and independent chair", "colleague and manager", "owner and sub-group chair",
})  # fmt: skip
"""Of the owning agency, and in an office of the partnership as well."""

ANYBODY_UP_THE_LADDER = MANAGERS | SUBGROUP | CHAIRS
OF_ITS_OWN = MANAGERS | CONTACTS | LEADS | OWNERS
"""Who gives what a recommendation needs: the business unit, its agency, and whoever is named for it there."""

ANOTHERS = {Why.ANOTHER_AGENCY: OTHER_CONTACTS | OTHER_LEADS}

LOOKS = Row(
    may=frozenset({
        "sub-group chair", "independent chair", "manager and independent chair", "lead of another and sub-group chair",
    }),
    why={
        Why.OWN_AGENCY: OF_OWNING_AGENCY - {"colleague"},  # who cannot even open the case
        Why.NAMED_FOR_IT: NAMED_AND_LEFT,
        Why.OWNED_THEN: OWNED_IT_THEN,
        Why.OWN_WORK: HANDS_IN_IT | {"gave it, still manager"},
    },
)  # fmt: skip
"""The policy names the sub-group’s chair and the independent chair to look at evidence; four eyes by relation."""

ANSWERS_FOR_IT = Row(
    may=OWNERS | CONTACTS | LEADS | ANYBODY_UP_THE_LADDER,
    why={
        Why.NOT_YOURS: frozenset({
            "partner chair", "authority", "administrator", "reviewer", "coordinator", "designated doctor",
            "panel chair", "sponsor", "colleague", "partner",
            "contact of another", "lead of another", "partner of another", "contact of a third", "lead of a third",
            "colleague of a third", "owner who left", "nobody", "referrer",
        }),
    },
)  # fmt: skip
"""Whoever owes it, its agency, and whoever the ladder of recommendations tells."""

IN_DEPTH: Final[dict[str, Row]] = {
    "recommend": Row(ANYBODY_UP_THE_LADDER),
    "enter_recommendation": Row(MANAGERS),
    "assign_recommendation": Row(MANAGERS | LEADS, {Why.ANOTHER_AGENCY: OTHER_LEADS}),
    "answer_recommendation": Row(CONTACTS | LEADS, ANOTHERS),
    "answer_rejection": Row(
        CHAIRS - TWO_HATS - NAMED_AND_LEFT,
        {
            Why.OWN_AGENCY: frozenset({"lead and independent chair"}),
            Why.NAMED_FOR_IT: frozenset({
                "owner who left, now independent chair", "sponsor who left, now independent chair",
            }),
        },
    ),
    "give_progress": Row(OF_ITS_OWN, ANOTHERS),
    "complete_action": Row(OF_ITS_OWN, ANOTHERS),
    "give_evidence": Row(OF_ITS_OWN, ANOTHERS),
    "amend_evidence": Row(OF_ITS_OWN, ANOTHERS),
    "accept_evidence": LOOKS,
    "return_evidence": LOOKS,
    # The business unit, the chair of the sub-group and the independent chair record what the meeting decided; nobody
    # of them who has a part in it, or in the evidence.
    "close_recommendation": Row(
        frozenset({
            "manager", "sub-group chair", "independent chair", "manager and independent chair",
            "lead of another and sub-group chair",
        }),
        {
            Why.OWN_AGENCY: OF_OWNING_AGENCY - {"colleague"},  # who cannot even open the case
            Why.NAMED_FOR_IT: NAMED_AND_LEFT,
            Why.OWNED_THEN: OWNED_IT_THEN,
            Why.OWN_WORK: HANDS_IN_IT | {"gave it, still manager"},
        },
    ),
    # Alone only the independent chair closes: `closes` of the gate.
    "close_recommendation, alone": Row(
        frozenset({"independent chair", "manager and independent chair"}),
        {
            Why.MEETING_ONLY: frozenset({"manager", "sub-group chair", "lead of another and sub-group chair"}),
            Why.OWN_AGENCY: OF_OWNING_AGENCY - {"colleague"},  # who cannot even open the case
            Why.NAMED_FOR_IT: NAMED_AND_LEFT,
            Why.OWNED_THEN: OWNED_IT_THEN,
            Why.OWN_WORK: HANDS_IN_IT | {"gave it, still manager"},
        },
    ),
    # Whether the difference has lasted is not said by those whose work it was, nor by whoever showed it.
    "retest_impact": Row(
        frozenset({
            "manager", "sub-group chair", "independent chair", "manager and independent chair",
            "lead of another and sub-group chair",
        }),
        {
            Why.OWN_AGENCY: OF_OWNING_AGENCY - {"colleague"},  # who cannot even open the case
            Why.NAMED_FOR_IT: NAMED_AND_LEFT,
            Why.OWNED_THEN: OWNED_IT_THEN,
            Why.OWN_WORK: HANDS_IN_IT | {"gave it, still manager"},
        },
    ),
    "reopen_recommendation": Row(ANYBODY_UP_THE_LADDER),
    # Nobody of the work makes it look better, or stops its clock.
    "override_colour": Row(
        ANYBODY_UP_THE_LADDER - TWO_HATS - NAMED_AND_LEFT,
        {Why.OWN_AGENCY: TWO_HATS, Why.NAMED_FOR_IT: NAMED_AND_LEFT},
    ),
    # About what is owed for it: to carry it out.
    "promise": ANSWERS_FOR_IT,
    "dispute": ANSWERS_FOR_IT,
    "ask_time": ANSWERS_FOR_IT,
    "suspend": Row(
        CHAIRS - TWO_HATS - NAMED_AND_LEFT,
        {
            Why.OWN_AGENCY: frozenset({"lead and independent chair"}),
            Why.NAMED_FOR_IT: frozenset({
                "owner who left, now independent chair", "sponsor who left, now independent chair",
            }),
        },
    ),
    "review_suspension": Row(
        ANYBODY_UP_THE_LADDER - TWO_HATS - NAMED_AND_LEFT,
        {Why.OWN_AGENCY: TWO_HATS, Why.NAMED_FOR_IT: NAMED_AND_LEFT},
    ),
    # Its owner disputes, or asks for time. Nobody of the work answers; others only once they have been told.
    "settle_dispute": Row(
        MANAGERS - OF_OWNING_AGENCY,
        {Why.OWN_AGENCY: frozenset({"colleague and manager"}), Why.NOT_TOLD: (SUBGROUP | CHAIRS) - MANAGERS},
    ),
    # The policy names the chair of the sub-group, who is told first; whoever is above has not heard of it yet.
    "answer_time": Row(
        SUBGROUP - TWO_HATS - NAMED_AND_LEFT,
        {
            Why.ASKED_YOURSELF: frozenset({"owner and sub-group chair"}),
            Why.OWN_AGENCY: frozenset({"contact and sub-group chair"}),
            Why.NAMED_FOR_IT: frozenset({"deputy who left, now sub-group chair"}),
            Why.NOT_TOLD: MANAGERS | CHAIRS | {"partner chair"},
        },
    ),
    # About the whole case.
    "correct": Row(MANAGERS),
    "adopt_calendar": Row(MANAGERS),
    "adopt_policy": Row(MANAGERS),
    "restrict": Row(MANAGERS | CHAIRS),
    "lock_out": Row(MANAGERS | CHAIRS),
    "let_in": Row(MANAGERS | CHAIRS),
}  # fmt: skip
"""About one recommendation of a rapid review, by everybody, and each cell carried out if it is allowed."""

ONLY_WHERE_NAMED: Final = MANAGERS | CHAIRS
"""Whoever opens a restricted case by their office alone."""
PARTY: Final = OF_ITS_OWN | frozenset({
    "sponsor", "partner", "contact of another", "lead of another", "partner of another",
    "lead of another and sub-group chair", "authority",
})  # fmt: skip
"""Whoever opens it as well: their agency owns the recommendation or was asked, or they owe something in the case."""
SUBGROUP_OWES: Final = frozenset({
    "amend_evidence", "accept_evidence", "return_evidence", "close_recommendation", "close_recommendation, alone",
    "retest_impact", "reopen_recommendation", "answer_time",
})  # fmt: skip
"""Where the chair of the sub-group is asked for this or for more time, they are party to a restricted case too."""

HOLDERS: Final[dict[str, str]] = {
    "recommendation_owner": "owner", "agency_lead": "lead", "business_manager": "manager",
    "subgroup_chair": "sub-group chair", "independent_chair": "independent chair",
}  # fmt: skip
"""For each office that owes something of a recommendation, somebody who holds it and has no other part in it."""

# Every other command of the new kinds of case, once: by everybody who holds one office. The police and the council are
# agencies of the review; the reviewer was appointed to it. The police challenge the integrated care board.

UNIT = frozenset({"manager"})
UNIT_AND_CHAIR = frozenset({"manager", "independent chair"})
UNIT_AND_REVIEWER = frozenset({"manager", "reviewer"})
THE_CHAIR = frozenset({"independent chair"})
PARTNERS_SIGN = frozenset({"independent chair", "partner chair"})
ITS_AGENCY = frozenset({"contact", "lead"})
DEATHS = frozenset({"coordinator", "designated doctor"})
DEATHS_AND_PANEL = DEATHS | {"panel chair"}
NOBODY = frozenset[str]()
"""It opens a case, so nobody gives it in one that is there."""

ONCE: Final[dict[tuple[str, str], frozenset[str]]] = {
    ("practice_review", "enter_review"): NOBODY,
    ("practice_review", "commission"): UNIT_AND_CHAIR,
    ("practice_review", "appoint_reviewer"): UNIT_AND_CHAIR,
    ("practice_review", "announce_review"): UNIT,
    ("practice_review", "request_information"): UNIT,
    ("practice_review", "withdraw_request"): UNIT,
    ("practice_review", "submit_return"): ITS_AGENCY,
    ("practice_review", "record_no_return"): UNIT,
    ("practice_review", "hold_practitioner_event"): UNIT_AND_REVIEWER,
    ("practice_review", "name_contributor"): UNIT_AND_REVIEWER,
    ("practice_review", "keep_quiet"): UNIT_AND_REVIEWER,
    ("practice_review", "record_contact"): UNIT_AND_REVIEWER,
    ("practice_review", "finish_family"): UNIT_AND_REVIEWER,
    ("practice_review", "check_review"): UNIT_AND_CHAIR,
    ("practice_review", "request_in_writing"): UNIT_AND_CHAIR,
    ("practice_review", "record_written_answer"): UNIT_AND_REVIEWER,
    ("practice_review", "link_proceeding"): UNIT,
    ("practice_review", "update_proceeding"): UNIT,
    ("practice_review", "suspend_milestones"): THE_CHAIR,
    ("practice_review", "review_milestones"): THE_CHAIR,
    ("practice_review", "receive_draft"): UNIT_AND_REVIEWER,
    ("practice_review", "sign_off"): PARTNERS_SIGN,
    ("practice_review", "foresee_delay"): UNIT_AND_CHAIR,
    ("practice_review", "explain_delay"): UNIT,
    ("practice_review", "plan_publication"): UNIT_AND_CHAIR,
    ("practice_review", "send_advance_copies"): UNIT,
    ("practice_review", "publish"): UNIT,
    ("practice_review", "withhold_publication"): PARTNERS_SIGN,
    ("practice_review", "receive_deliverable"): UNIT_AND_REVIEWER,
    ("practice_review", "confirm_dissemination"): ITS_AGENCY,
    ("practice_review", "lodge_report"): UNIT,
    ("practice_review", "check_availability"): UNIT,
    ("practice_review", "record_coroners_report"): UNIT,
    ("practice_review", "answer_coroner"): UNIT | ITS_AGENCY,
    ("practice_review", "complete_review"): THE_CHAIR,
    ("practice_review", "discontinue"): PARTNERS_SIGN,
    ("child_death", "notify_death"): NOBODY,
    ("child_death", "enter_death"): NOBODY,
    ("child_death", "decide_duplicate"): UNIT | DEATHS,
    ("child_death", "amend_death"): DEATHS,
    ("child_death", "record_immediate_decisions"): DEATHS,
    ("child_death", "answer_safety"): UNIT | DEATHS | {"authority"},
    ("child_death", "record_database_notification"): DEATHS,
    ("child_death", "name_key_worker"): DEATHS,
    ("child_death", "request_information"): UNIT | DEATHS,
    ("child_death", "withdraw_request"): UNIT | DEATHS,
    ("child_death", "record_no_return"): UNIT | DEATHS,
    ("child_death", "return_form"): ITS_AGENCY,
    ("child_death", "record_joint_response"): DEATHS,
    ("child_death", "open_wait"): DEATHS,
    ("child_death", "review_wait"): DEATHS,
    ("child_death", "record_finding"): DEATHS,
    ("child_death", "plan_meeting"): DEATHS,
    ("child_death", "record_death_meeting"): DEATHS,
    ("child_death", "draft_analysis"): DEATHS,
    ("child_death", "list_for_panel"): DEATHS_AND_PANEL,
    ("child_death", "defer_panel"): DEATHS_AND_PANEL,
    ("child_death", "complete_analysis"): DEATHS_AND_PANEL,
    ("child_death", "submit_analysis"): DEATHS,
    ("child_death", "log_family_contact"): DEATHS,
    ("child_death", "consider_review"): UNIT | {"sub-group chair"},
    ("child_death", "hand_over"): DEATHS,
    ("child_death", "confirm_hand_over"): DEATHS,
    ("child_death", "reopen"): UNIT_AND_CHAIR | DEATHS_AND_PANEL,
    ("register", "open_register"): NOBODY,
    ("register", "close_register"): UNIT,
    ("disagreement", "raise_disagreement"): NOBODY,
    ("disagreement", "answer_disagreement"): frozenset({"contact of another", "lead of another"}),
    ("disagreement", "respond_disagreement"): ITS_AGENCY,
    ("disagreement", "decide_disagreement"): THE_CHAIR,
    ("disagreement", "withdraw_disagreement"): ITS_AGENCY,
    # That one is. That none is any more: see LIFTS_RISK.
    ("disagreement", "change_risk"): ITS_AGENCY | THE_CHAIR | {"contact of another", "lead of another"},
    ("practice_review", "reopen"): UNIT_AND_CHAIR,
    ("register", "reopen"): UNIT_AND_CHAIR,
    ("disagreement", "reopen"): UNIT_AND_CHAIR,
    ("rapid_review", "reopen"): UNIT_AND_CHAIR,
}

OF_LEADS: Final[dict[str, frozenset[str]]] = {
    "answer_disagreement": frozenset({"lead of another"}),
    "respond_disagreement": frozenset({"lead"}),
}
"""Who speaks for an agency once a disagreement has come to the leads: its contact does not."""

LIFTS_RISK: Final = frozenset({
    "contact", "lead", "contact and sub-group chair", "lead and independent chair", "independent chair",
    "manager and independent chair", "owner who left, now independent chair", "sponsor who left, now independent chair",
    "gave it, now independent chair", "owned it then, now independent chair",
})  # fmt: skip
"""Who says that no child is at risk any more: who raised it or decides it, and nobody of the agency challenged."""

EVERYBODY = frozenset({
    "manager", "sub-group chair", "independent chair", "partner chair", "authority", "administrator", "reviewer",
    "coordinator", "designated doctor", "panel chair", "colleague", "contact", "lead", "partner", "contact of another",
    "lead of another", "partner of another", "contact of a third", "lead of a third", "colleague of a third", "nobody",
    "referrer",
})  # fmt: skip
OPENED_BY: Final[dict[str, frozenset[str]]] = {
    "enter_review": UNIT,
    "open_register": UNIT,
    "raise_disagreement": ITS_AGENCY,
    "notify_death": EVERYBODY,
    "enter_death": UNIT | DEATHS,
}
"""Who opens a case so; the police are the agency that speaks. Anybody may refer."""


# Doors. Each takes these commands, and no others: a route, a button, a command of the terminal or an import that is new
# has to be written down here, with what it takes.

ANY: Final = "any command of a case that is there"
OPENS: Final = "any command that opens a case, but a referral"
REFERS: Final = "a referral"
NOTIFIES: Final = "the notification of a death"
ANSWERS: Final = "promise, dispute, ask_time, answer_disagreement and respond_disagreement"
NOTHING: Final = "no command"

ROUTES: Final[dict[str, str]] = {
    "/api/v1/cases/{ref}/COMMAND": ANY,
    "/cases/{ref}/{kind}": ANY,
    "/open/{kind}": OPENS,
    "/api/v1/open/COMMAND": OPENS,
    "/api/v1/referrals": REFERS,
    "/refer": NOTHING,  # begins a draft
    "/refer/{step}": NOTHING,
    "/refer/{step}/save": NOTHING,
    "/refer/check": REFERS,
    "/refer/later": NOTHING,
    "/refer/return": NOTHING,
    "/notify": NOTHING,
    "/notify/{step}": NOTHING,
    "/notify/{step}/save": NOTHING,
    "/notify/check": NOTIFIES,
    "/notify/later": NOTHING,
    "/notify/return": NOTHING,
    "/slack/events": ANSWERS,
    "/cases/{ref}/{kind}/save": NOTHING,  # keeps a draft
    "/open/{kind}/save": NOTHING,
    "/api/v1/cases/{ref}/files": NOTHING,  # keeps a file, that a command may name
    "/api/v1/session": NOTHING,
    "/sign-in": NOTHING,
    "/sign-in/code": NOTHING,
    "/sign-in/demonstration": NOTHING,
    "/sign-in/set-up": NOTHING,
    "/sessions/end": NOTHING,
    "/sessions/token": NOTHING,
    "/people/{person}/second-factor": NOTHING,
    "/people/{person}/sign-out": NOTHING,
    "/sign-out": NOTHING,
    "/invitation": NOTHING,
    "/forgotten": NOTHING,
    "/people/{person}/invite": NOTHING,
    "/people/{person}/withdraw": NOTHING,
    "/calendar": NOTHING,
    "/calendar/stop": NOTHING,
    "/mail/{number}/passed-on": NOTHING,
    "/messages/release": NOTHING,
    "/messages/{key}/{act}": NOTHING,  # leads to the page of the command
    "/status": NOTHING,
    "/engine/codec/decode": NOTHING,
}
"""Every address that takes more than a reading. COMMAND stands for the name of each command of the JSON interface."""

OPEN_CASES: Final = frozenset({"enter_death", "enter_review", "notify_death", "open_register", "raise_disagreement"})
"""What the JSON interface takes at /api/v1/open, of no case that is there. A referral has an address of its own."""

TERMINAL: Final[dict[str, str]] = {
    "answer": ANY,
    "decide": "decide",
    "open": OPENS,
    "refer": REFERS,
    "tracker import": "enter_review, open_register and enter_recommendation",
    "deaths import": "enter_death",
    "policy adopt": "adopt_policy and adopt_calendar",
    "policy holiday": "adopt_calendar",
    **dict.fromkeys((
        "serve", "prepare", "questions", "status", "why", "rehearse", "doctor", "policy check", "policy show",
        "directory check", "directory import", "directory sign-out",
        "audit verify", "audit reads", "evidence keep", "evidence fetch",
        "tracker check", "deaths check", "deaths template",
        "backup-key", "backup", "restore", "move", "rebuild", "held", "release", "keys rotate", "keys forget",
    ), NOTHING),
}  # fmt: skip

CHAT: Final[dict[str, str]] = {
    "action promise": "asks", "view promise": "gives promise",
    "action dispute": "asks", "view dispute": "gives dispute",
    "action ask_time": "asks", "view ask_time": "gives ask_time",
    "action answer_disagreement": "asks", "view answer_disagreement": "gives answer_disagreement",
    "action respond_disagreement": "asks", "view respond_disagreement": "gives respond_disagreement",
    "action open": NOTHING, "action any other": NOTHING,
    "command /reviews": NOTHING, "command /refer": NOTHING, "command /challenge": NOTHING,
    "event app_home_opened": NOTHING,
}  # fmt: skip
"""What Slack can send. Nothing of the gate is given in chat: it asks for words of one’s own, and for the evidence."""

IMPORT: Final = frozenset({"enter_review", "open_register", "enter_recommendation", "enter_death"})
"""What taking over a tracker or a list of deaths gives. Nothing is closed by it: there is no evidence here."""

CALLERS: Final = frozenset({
    "door/adopting.py", "notifier/answering.py", "portal/api.py", "portal/giving.py", "portal/opening.py",
    "portal/referring.py", "terminal/common.py", "terminal/deaths.py", "terminal/tracker.py",
})  # fmt: skip
"""Every file that asks at the one door, or takes over many things at once: what is new here is a new door."""
