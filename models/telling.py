"""Who is told what because of a fact: pure, so that rehearsal lists the very notices that the engine would hand over."""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import Any

from models.base import Message
from models.case import Case
from models.directory import Directory, Reason
from models.facts import ENGINE, Fact
from models.fold import rules_of
from models.obligation import Due, Obligation, Told


class NoticeKind(StrEnum):
    OWED = "owed"
    """A rung: something is owed, by when, and what can be answered."""
    EMPTY_OFFICE = "empty_office"
    """To the business manager: a rung found nobody in an office and was said higher up."""
    MOVED = "moved"
    """What was said earlier is withdrawn: the date has moved."""
    ANSWERED = "answered"
    """A dispute or a request for time has been answered."""
    INVITED = "invited"
    """A meeting has been arranged."""


class Notice(Message):
    """A message to an office, with nothing in it but references, dates and the policy's own words."""

    key: str
    kind: NoticeKind
    case: str
    fact: int
    obligation: str = ""
    office: str
    agency: str = ""
    person: str
    rung: int = -1
    round: int = 0
    rung_at: datetime
    """The time of the rung itself: what simulation and engine agree on."""
    wake_at: datetime
    due: datetime | None = None
    data: dict[str, Any] = {}


def tell(case: Case, due: Due, directory: Directory, now: datetime) -> Fact:
    """The fact that a rung spoke: to whom the directory points now, over which empty offices, with what was missed."""
    one = case.obligations[due.key]
    rules = rules_of(case, one)
    passed: list[str] = []
    office, person, reason = rules.office(due.rung), "", Reason.EMPTY
    for rung in range(due.rung, len(rules.ladder.rungs)):
        office = rules.office(rung)
        if office in passed:
            continue
        answer = directory.look_up(office, one.agency or None, now, locked_out(case))
        person, reason = answer.person or "", answer.reason
        if person:
            break
        passed.append(office)
    told = Told(rung=due.rung, round=due.round, due=due.at, at=now, office=office, person=person)
    return Fact(
        case=case.ref, number=case.known + 1, kind="told", actor=ENGINE, agency=one.agency, occurred=now, recorded=now,
        data={
            "obligation": due.key, "told": told.model_dump(mode="json"), "asked": rules.office(due.rung),
            "reason": reason.value, "passed_over": passed, "missed": list(due.missed),
        },
    )  # fmt: skip


def locked_out(case: Case) -> list[str]:
    """People who hear nothing of this case, because their own practice is part of it."""
    return list(case.said.get("locked_out", ()))


def notices(before: Case, after: Case, fact: Fact, directory: Directory) -> list[Notice]:
    """Every notice that this fact sends, in a fixed order."""
    return [*_rung(after, fact, directory), *_moved(before, after, fact), *_answered(before, fact), *_invited(after, fact, directory)]


def _rung(case: Case, fact: Fact, directory: Directory) -> Iterator[Notice]:
    if fact.kind != "told":
        return
    told = Told.model_validate(fact.data["told"])
    one = case.obligations[fact.data["obligation"]]
    if told.person:
        yield Notice(
            key=f"{case.ref}/{one.key}/{told.rung}/{told.round}/{told.office}", kind=NoticeKind.OWED, case=case.ref,
            fact=fact.number, obligation=one.key, office=told.office, agency=one.agency, person=told.person, rung=told.rung,
            round=told.round, rung_at=told.due, wake_at=told.at, due=one.due,
            data={"missed": len(fact.data["missed"]), "passed_over": fact.data["passed_over"]},
        )  # fmt: skip
    if fact.data["passed_over"]:
        manager = directory.look_up("business_manager", None, fact.recorded, locked_out(case))
        if manager.person and told.office != "business_manager":
            yield Notice(
                key=f"{case.ref}/{one.key}/{told.rung}/{told.round}/empty", kind=NoticeKind.EMPTY_OFFICE, case=case.ref,
                fact=fact.number, obligation=one.key, office="business_manager", agency=one.agency, person=manager.person,
                rung_at=told.due, wake_at=told.at, due=one.due, data={"passed_over": fact.data["passed_over"]},
            )  # fmt: skip


def _moved(before: Case, after: Case, fact: Fact) -> Iterator[Notice]:
    """A rung that was said, and whose time now lies ahead again, is taken back in words."""
    if fact.kind not in {"corrected", "calendar_adopted", "policy_adopted", "time_answered", "suspension_reviewed"}:
        return
    for key, was in before.obligations.items():
        one = after.obligations[key]
        if one.ended or one.round == was.round:
            continue
        for told in was.told:
            if told.person and told.round == was.round and told.rung >= one.level:
                yield Notice(
                    key=f"{after.ref}/{key}/moved/{fact.number}/{told.office}", kind=NoticeKind.MOVED, case=after.ref,
                    fact=fact.number, obligation=key, office=told.office, agency=one.agency, person=told.person,
                    rung_at=fact.recorded, wake_at=fact.recorded, due=one.due,
                )  # fmt: skip


def _answered(before: Case, fact: Fact) -> Iterator[Notice]:
    if fact.kind not in {"dispute_settled", "time_answered"}:
        return
    about: Obligation = before.obligations[fact.data["obligation"]]
    if fact.kind == "dispute_settled" and about.dispute:
        office, person = about.dispute.office, about.dispute.person
    else:
        asked = before.said.get(f"time/{about.key}", {})
        office, person = asked.get("office", ""), asked.get("person", "")
    if person:
        yield Notice(
            key=f"{before.ref}/{about.key}/answered/{fact.number}", kind=NoticeKind.ANSWERED, case=before.ref, fact=fact.number,
            obligation=about.key, office=office, agency=about.agency, person=person, rung_at=fact.recorded,
            wake_at=fact.recorded, due=about.due, data={"outcome": str(fact.data.get("outcome", fact.data.get("granted")))},
        )  # fmt: skip


def _invited(case: Case, fact: Fact, directory: Directory) -> Iterator[Notice]:
    if fact.kind != "meeting_arranged":
        return
    asked = [("independent_chair", ""), ("subgroup_chair", ""), *(("agency_contact", agency) for agency in case.agencies)]
    for office, agency in asked:
        person = directory.look_up(office, agency or None, fact.recorded, locked_out(case)).person
        if person:
            yield Notice(
                key=f"{case.ref}/meeting/{fact.number}/{office}/{agency}", kind=NoticeKind.INVITED, case=case.ref,
                fact=fact.number, office=office, agency=agency, person=person, rung_at=fact.recorded, wake_at=fact.recorded,
                data={"at": fact.data["at"]},
            )  # fmt: skip
