"""How a command becomes a fact: the same words, with who did it in which office, when, and under which number."""

from datetime import datetime
from typing import Any

from models.case import Case
from models.command import Signed
from models.facts import Fact
from models.lifecycles import COMMANDS
from models.shelf import policy


def fact_of(case: Case, signed: Signed, office: str, now: datetime) -> Fact:
    """The next fact of the case, made from a command that was allowed."""
    command = COMMANDS[case.kind][signed.kind]
    said = signed.body.get(command.OCCURRED) if command.OCCURRED else None
    data = {**signed.body, **_worked_out(case, signed)}
    return Fact(
        case=case.ref, number=case.known + 1, kind=command.FACT, actor=signed.actor, office=office,
        agency=str(signed.body.get("agency", "")) or _agency(case, signed), request=signed.request,
        occurred=datetime.fromisoformat(said) if said else now, recorded=now, data=data, text=signed.text,
    )  # fmt: skip


def _agency(case: Case, signed: Signed) -> str:
    one = case.obligations.get(signed.body.get("obligation", ""))
    return one.agency if one else ""


def _worked_out(case: Case, signed: Signed) -> dict[str, Any]:
    if signed.kind == "record_meeting":
        quorum = policy(case.policy).quorums["rapid_review_meeting"]
        seats = set(signed.body["seats"])
        return {"quorate": len(seats & set(quorum.seats)) >= quorum.least and set(quorum.always) <= seats}
    return {}
