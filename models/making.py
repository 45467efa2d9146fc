"""How a command becomes a fact: the same words, with who did it in which office, when, and under which number."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from models import child_death, disagreement, practice_review, recommending
from models.case import Case, whole_item
from models.command import Signed
from models.facts import Fact
from models.lifecycles import COMMANDS
from models.shelf import policy


def fact_of(case: Case, signed: Signed, office: str, now: datetime) -> Fact:
    """The next fact of the case, made from a command that was allowed."""
    bare = made(case, signed.kind, signed.body, now)
    who = {"actor": signed.actor, "office": office, "request": signed.request, "text": signed.text}
    return bare.model_copy(update=who)


def made(case: Case, kind: str, body: dict[str, Any], now: datetime) -> Fact:
    """What the next fact would say, whoever did it: so it can be tried before it is allowed."""
    command = COMMANDS[case.kind][kind]
    said = body.get(command.OCCURRED) if command.OCCURRED else None
    return Fact(
        case=case.ref, number=case.known + 1, kind=command.FACT, actor="",
        agency=str(body.get("agency", "")) or _agency(case, body),
        occurred=datetime.fromisoformat(said) if said else now, recorded=now,
        data={**body, **_worked_out(case, kind, body, now)},
    )  # fmt: skip


def _agency(case: Case, body: dict[str, Any]) -> str:
    """Whose it is: that of the obligation, or of the recommendation, that it is about."""
    one = case.obligations.get(body.get("obligation", ""))
    pursued = case.recommendations.get(whole_item(str(body.get("item", ""))))
    return one.agency if one else pursued.agency if pursued else ""


_OF_KIND: Mapping[str, Callable[[Case, str, dict[str, Any], datetime], dict[str, Any]]] = {
    "practice_review": practice_review.worked_out,
    "child_death": child_death.worked_out,
    "disagreement": disagreement.worked_out,
}


def _worked_out(case: Case, kind: str, body: dict[str, Any], now: datetime) -> dict[str, Any]:
    if kind in recommending.KINDS:
        return recommending.worked_out(case, kind, body, now)
    if case.kind in _OF_KIND and (more := _OF_KIND[case.kind](case, kind, body, now)):
        return more
    if kind == "record_meeting":
        quorum = policy(case.policy).quorums["rapid_review_meeting"]
        seats = set(body["seats"])
        return {"quorate": len(seats & set(quorum.seats)) >= quorum.least and set(quorum.always) <= seats}
    if kind == "correct":
        was = case.marks[body["mark"]]
        return {"fact": was.number, "was": was.at.isoformat()}
    return {}
