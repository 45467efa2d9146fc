"""What a person can do about a case as a whole, and how the buttons of its forms are called."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from models.doing import Act, Doing, doings, stands_in_the_way
from models.judging import takes_closed
from models.lifecycles import COMMANDS, LIFECYCLES
from models.recommending import KINDS as RECOMMENDING
from records.questions import CaseView

BUTTONS: Final[Mapping[str, str]] = {
    "triage": "Record the triage",
    "promise": "Promise this date",
    "dispute": "Send the dispute",
    "settle_dispute": "Settle the dispute",
    "ask_time": "Ask for this time",
    "answer_time": "Send the answer",
    "suspend": "Suspend the clock",
    "review_suspension": "Record the review",
    "correct": "Correct the date",
    "adopt_policy": "Follow this policy",
    "adopt_calendar": "Count by this calendar",
    "request_information": "Ask these agencies",
    "withdraw_request": "Withdraw the request",
    "submit_return": "Send the return",
    "record_analysis": "Record the analysis",
    "arrange_meeting": "Send the invitations",
    "record_meeting": "Record the meeting",
    "decide": "Record the decision",
    "reopen": "Reopen the case",
    "enter_review": "Enter the review",
    "enter_death": "Enter the review",
    "open_register": "Open the register",
    "raise_disagreement": "Raise it",
    "change_risk": "Say so",
    "commission": "Commission the review",
    "appoint_reviewer": "Appoint them",
    "recommend": "Make this recommendation",
    "give_evidence": "Give this evidence",
    "accept_evidence": "Accept this evidence",
    "return_evidence": "Return this evidence",
    "close_recommendation": "Close the recommendation",
    "reopen_recommendation": "Reopen the recommendation",
    "publish": "Record the publication",
    "complete_review": "Complete the review",
    "discontinue": "End the review",
}
"""What the button of a form does; "Record this" where nothing better is said."""

ABOUT_ITEM: Final = RECOMMENDING - {"recommend", "enter_recommendation"}
"""Commands about one recommendation: they stand on its page."""

RARE: Final = frozenset({
    "restrict", "lock_out", "let_in", "withdraw_notification", "withdraw_request", "record_no_return",
    "decide_duplicate", "record_event", "reopen", "discontinue", "withhold_publication", "keep_quiet",
    "record_coroners_report", "foresee_delay", "request_in_writing", "withdraw_disagreement", "close_register",
    "enter_recommendation",
})  # fmt: skip


def others(view: CaseView, shown: Sequence[Doing], now: datetime) -> tuple[list[Act], list[Act]]:
    """Commands about the case as a whole that its state allows: (usual, rare)."""
    taken = {one.act.address for one in shown if one.act}
    found = [
        (kind, Act(command.TITLE, f"/cases/{view.ref}/{kind}"))
        for kind, command in COMMANDS[view.kind].items()
        if kind in view.may
        and kind not in {"correct", "adopt_policy", "adopt_calendar"}
        and not {"obligation", "recommendation"} & set(command.model_fields)
        and kind not in ABOUT_ITEM
        and (view.state.closed is None or takes_closed(view.state, kind))
        and (kind != "submit_return" or view.asked)
        and (kind != "reopen" or LIFECYCLES[view.kind].reopens(view.state))
        and f"/cases/{view.ref}/{kind}" not in taken
        and not stands_in_the_way(view, kind, "", now)
    ]
    rare = RARE if view.state.closed else RARE | {"reopen"}
    return [act for kind, act in found if kind not in rare], [act for kind, act in found if kind in rare]


def can(view: CaseView, now: datetime) -> list[str]:
    """Every command that this person can give now: those to which the page of the case has a link."""
    mine, rest = doings(view, now)
    usual, rare = others(view, [*mine, *rest], now)
    linked = [act for one in (*mine, *rest) for act in (*([one.act] if one.act else []), *one.answers)]
    found = {act.kind for act in (*linked, *usual, *rare)} | {one.kind for one in view.newer}
    if not view.state.closed:
        found.add("correct")
    return [kind for kind in view.may if kind in found]
