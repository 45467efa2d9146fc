"""How a fact changes a case. The workflow, the writing transaction, rehearsal and rebuild all use this one fold."""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any

from models import ladder, shelf
from models.answers import Ground, ReviewOutcome, Settled
from models.case import Case, Mark
from models.facts import Fact
from models.ladder import Rules
from models.lifecycles import LIFECYCLES
from models.obligation import Dispute, Ended, Obligation, Promise, Told
from models.policy import Block
from models.time import end_of


class OutOfOrder(RuntimeError):
    """A fact that is not the next one: the caller asks the record for what it has missed."""


def after(case: Case, fact: Fact) -> Case:
    """The case as it is once this fact, the next in number, has happened."""
    if fact.number != case.known + 1:
        message = f"{case.ref} knows fact {case.known}, got {fact.number}"
        raise OutOfOrder(message)
    lifecycle = LIFECYCLES[case.kind]
    case = case.model_copy(update={"known": fact.number})
    if answer := _ANSWERS.get(fact.kind):
        case = answer(case, fact)
        marks = _answer_marks(fact)
    else:
        marks = lifecycle.marks(case, fact)
        withdrawn = lifecycle.withdraws(case, fact)
        case = _said(case, lifecycle.said(case, fact))
        case = _each(case, (case.obligations[key] for key in withdrawn), lambda one: ladder.ended(one, Ended.WITHDRAWN, fact.recorded))
    case = _marked(_met(case, marks, fact), marks, fact)
    case = _orphans(_opened(case, marks, fact), fact)
    closed = case.closed or (fact.recorded if lifecycle.closes(case) else None)
    return case.model_copy(update={"closed": closed if fact.kind != "reopened" else None})


def rules_of(case: Case, one: Obligation) -> Rules:
    return shelf.rules(case.policy, case.calendar, case.kind, one.block)


def _said(case: Case, said: dict[str, Any]) -> Case:
    return case.model_copy(update={"said": {**case.said, **said}}) if said else case


def _each(case: Case, found: Iterable[Obligation], change: Callable[[Obligation], Obligation]) -> Case:
    changed = {one.key: change(one) for one in found}
    return case.model_copy(update={"obligations": {**case.obligations, **changed}}) if changed else case


def _marked(case: Case, marks: dict[str, datetime], fact: Fact) -> Case:
    made = {name: Mark(number=fact.number, at=at) for name, at in marks.items()}
    agencies = fact.data.get("agencies", ()) if fact.kind == "information_requested" else ()
    known = (*case.agencies, *(agency for agency in agencies if agency not in case.agencies))
    return case.model_copy(update={"marks": {**case.marks, **made}, "agencies": known})


def _met(case: Case, marks: dict[str, datetime], fact: Fact) -> Case:
    """End what this fact fulfils: for an obligation of each agency, only that agency's; for an answer, only its own."""
    blocks = shelf.blocks(case.policy, case.kind)
    about = fact.data.get("obligation", "")
    met = [
        one
        for one in case.open()
        if blocks[one.block].met_by in marks
        and (not one.agency or blocks[one.block].each != "agency" or one.agency == fact.agency)
        and (not one.of or one.of == about)
    ]
    return _each(case, met, lambda one: ladder.ended(one, Ended.MET, fact.occurred))


def _orphans(case: Case, fact: Fact) -> Case:
    """A dispute, a request for time or a suspension ends with what it is about."""
    gone = [one for one in case.open() if one.of and case.obligations[one.of].ended]
    return _each(case, gone, lambda one: ladder.ended(one, Ended.WITHDRAWN, fact.recorded))


def _opened(case: Case, marks: dict[str, datetime], fact: Fact) -> Case:
    for name, block in shelf.blocks(case.policy, case.kind).items():
        if block.opens in marks:
            for agency in _agencies(block, fact):
                case = _open(case, name, block, agency, fact)
    return case


def _agencies(block: Block, fact: Fact) -> list[str]:
    if block.each != "agency":
        return [fact.agency if block.opens in _OF_ANSWERS else ""]
    return list(fact.data.get("agencies", ())) or [fact.agency]


def _open(case: Case, name: str, block: Block, agency: str, fact: Fact) -> Case:
    about = fact.data.get("obligation", "") if block.opens in _OF_ANSWERS else ""
    key = f"{name}/{about}" if about else f"{name}/{agency}" if agency else name
    nth = sum(1 for one in case.of_block(name) if one.key.split("#")[0] == key)
    if nth and any(one.ended is None and one.key.split("#")[0] == key for one in case.of_block(name)):
        return case
    key = f"{key}#{nth + 1}" if nth else key
    start = case.marks.get(block.starts)
    field = _DATES.get(name) or LIFECYCLES[case.kind].said_dates.get(name, "")
    said = end_of(date.fromisoformat(fact.data[field])) if field and fact.data.get(field) else None
    fresh = Obligation(
        key=key, block=name, agency=agency, owed_by=block.owed_by, of=about, opened=fact.recorded, mark=block.starts,
        start=start.at if start else fact.occurred, due=said, said=said, rungs=(),
    )  # fmt: skip
    fresh = ladder.clocked(fresh, shelf.rules(case.policy, case.calendar, case.kind, name))
    return case.model_copy(update={"obligations": {**case.obligations, key: fresh}})


# Answers: what is said about one obligation.


def _change(case: Case, fact: Fact, change: Callable[[Obligation, Rules], Obligation], key: str = "") -> Case:
    one = case.obligations[key or fact.data["obligation"]]
    if one.ended:
        return case
    return _each(case, [one], lambda one: change(one, rules_of(case, one)))


def _told(case: Case, fact: Fact) -> Case:
    said = Told.model_validate(fact.data["told"])
    return _change(case, fact, lambda one, rules: ladder.told(one, said, rules))


def _promised(case: Case, fact: Fact) -> Case:
    promise = Promise(
        office=fact.office, person=fact.actor, made=fact.recorded, until=end_of(date.fromisoformat(fact.data["until"]))
    )
    return _change(case, fact, lambda one, rules: ladder.promised(one, promise, rules))


def _disputed(case: Case, fact: Fact) -> Case:
    def change(one: Obligation, rules: Rules) -> Obligation:
        dispute = Dispute(
            office=fact.office, person=fact.actor, ground=Ground(fact.data["ground"]),
            rung=max((said.rung for said in one.told if said.office == fact.office), default=max(one.level - 1, 0)),
        )  # fmt: skip
        return ladder.disputed(one, dispute, rules)

    return _change(case, fact, change)


def _settled(case: Case, fact: Fact) -> Case:
    match Settled(fact.data["outcome"]):
        case Settled.NOT_OWED:
            return _change(case, fact, lambda one, _: ladder.ended(one, Ended.WITHDRAWN, fact.recorded))
        case Settled.DONE:
            return _change(case, fact, lambda one, _: ladder.ended(one, Ended.MET, fact.recorded))
        case Settled.STILL_OWED:
            return _change(case, fact, lambda one, _: ladder.undisputed(one, fact.recorded))


def _time_asked(case: Case, fact: Fact) -> Case:
    return _said(case, {f"time/{fact.data['obligation']}": {"person": fact.actor, "office": fact.office}})


def _time_answered(case: Case, fact: Fact) -> Case:
    if not fact.data["granted"]:
        return case
    until = end_of(date.fromisoformat(fact.data["until"]))
    return _change(case, fact, lambda one, rules: ladder.extended(one, until, rules, fact.recorded))


def _suspended(case: Case, fact: Fact) -> Case:
    return _change(case, fact, lambda one, _: ladder.paused(one, fact.recorded))


def _reviewed(case: Case, fact: Fact) -> Case:
    if fact.data["outcome"] == ReviewOutcome.CONTINUE:
        return case
    return _change(case, fact, lambda one, rules: ladder.resumed(one, rules, fact.recorded))


def _corrected(case: Case, fact: Fact) -> Case:
    """A date was wrong: every clock that counts from it is worked out anew."""
    name, at = fact.data["mark"], datetime.fromisoformat(fact.data["at"])
    moved = case.marks[name].model_copy(update={"at": at})
    case = case.model_copy(update={"marks": {**case.marks, name: moved}})
    counting = [one for one in case.open() if one.mark == name]

    def change(one: Obligation) -> Obligation:
        return ladder.reclocked(one.model_copy(update={"start": at}), rules_of(case, one), fact.recorded)

    return _each(case, counting, change)


def _calendar(case: Case, fact: Fact) -> Case:
    return _reclocked(case.model_copy(update={"calendar": fact.data["calendar"]}), fact)


def _policy(case: Case, fact: Fact) -> Case:
    return _reclocked(case.model_copy(update={"policy": fact.data["policy"]}), fact)


def _reclocked(case: Case, fact: Fact) -> Case:
    return _each(case, case.open(), lambda one: ladder.reclocked(one, rules_of(case, one), fact.recorded))


def _reopened(case: Case, fact: Fact) -> Case:
    return case.model_copy(update={"closed": None})


_ANSWERS: dict[str, Callable[[Case, Fact], Case]] = {
    "told": _told,
    "promised": _promised,
    "disputed": _disputed,
    "dispute_settled": _settled,
    "time_asked": _time_asked,
    "time_answered": _time_answered,
    "suspended": _suspended,
    "suspension_reviewed": _reviewed,
    "corrected": _corrected,
    "calendar_adopted": _calendar,
    "policy_adopted": _policy,
    "reopened": _reopened,
}

_OF_ANSWERS = {"disputed", "time_asked", "suspended"}
"""Marks that open an obligation about another obligation."""

_DATES = {"suspension_review": "review"}


def _answer_marks(fact: Fact) -> dict[str, datetime]:
    if fact.kind in {"told", "corrected", "calendar_adopted", "policy_adopted", "promised"}:
        return {}
    marks = {fact.kind: fact.recorded}
    if fact.kind == "suspension_reviewed" and fact.data["outcome"] == ReviewOutcome.CONTINUE:
        marks["suspended"] = fact.recorded
    return marks
