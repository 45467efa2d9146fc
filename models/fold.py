"""How a fact changes a case. The workflow, the writing transaction, rehearsal and rebuild all use this one fold."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time
from typing import Any

from models import ladder, recommending, shelf
from models.answers import Ground, ReviewOutcome, Settled
from models.case import Case, Mark, whole_item
from models.facts import Fact
from models.ladder import Rules
from models.lifecycles import LIFECYCLES
from models.obligation import Dispute, Ended, Obligation, Promise, Told
from models.policy import MARKS, Block
from models.time import at, day_of, end_of

GROWS = frozenset({"recommended", "recommendation_entered", "duplicate_decided"})
"""After these a closed case is open again, for as long as something is owed of them."""

ANEW = "risk_changed"
"""From this what is open counts anew, whatever else starts its clock."""


class OutOfOrder(RuntimeError):
    """A fact that is not the next one: the caller asks the record for what it has missed."""


def after(case: Case, fact: Fact) -> Case:
    """The case as it is once this fact, the next in number, has happened. Raises OutOfOrder.

    Raises OutsideCalendar when a clock would run beyond the calendar; such a command is refused (see judging.py).
    """
    if fact.number != case.known + 1:
        message = f"{case.ref} knows fact {case.known}, got {fact.number}"
        raise OutOfOrder(message)
    lifecycle = LIFECYCLES[case.kind]
    before = case
    case = case.model_copy(update={"known": fact.number, "closed": None if fact.kind in GROWS else case.closed})
    if answer := _ANSWERS.get(fact.kind):
        marks = _answer_marks(case, fact)
        case = answer(case, fact)
    elif fact.kind in recommending.FACTS:
        case = recommending.changed(case, fact)
        marks = recommending.marks(before, case, fact)
        case = _ended(case, recommending.ends(case, fact), fact)
    else:
        marks = lifecycle.marks(case, fact)
        over = lifecycle.ends(case, fact)
        case = _waits(_ended(_said(case, lifecycle.said(case, fact)), over, fact), fact)
    if not marks:
        return case
    made = {name: Mark(number=fact.number, at=at) for name, at in marks.items()}
    case = _orphans(_opened(_marked(_met(case, made, fact), made, fact), made, fact), fact)
    if case.closed is None and fact.kind != "reopened" and lifecycle.closes(case):
        return case.model_copy(update={"closed": fact.recorded})
    return case


def rules_of(case: Case, one: Obligation) -> Rules:
    return rules_for(case, one.block, one.of)


def rules_for(case: Case, block: str, about: str = "") -> Rules:
    """What the policy of this case says of a block; of a request for time, as far as what it is `about` says more."""
    asked = case.obligations.get(about) if block == "time_request" else None
    reach = shelf.blocks(case.policy, case.kind)[asked.block].reach if asked else None
    return shelf.rules(case.policy, case.calendar, case.kind, block, reach.extension_office if reach else "")


def _said(case: Case, said: dict[str, Any]) -> Case:
    return case.model_copy(update={"said": {**case.said, **said}}) if said else case


def _each(case: Case, found: Iterable[Obligation], change: Callable[[Obligation], Obligation]) -> Case:
    changed = {one.key: change(one) for one in found}
    return case.model_copy(update={"obligations": {**case.obligations, **changed}}) if changed else case


def _waits(case: Case, fact: Fact) -> Case:
    """Stop and start the clocks of what a fact names: milestones that wait for other proceedings.

    What it `arranges` for a day is silent until then, as if that had been promised; what it `frees` has none any more.
    """
    stops = [case.obligations[key] for key in fact.data.get("suspends", ())]
    goes_on = [case.obligations[key] for key in fact.data.get("resumes", ()) if not case.obligations[key].ended]
    arranged = [case.obligations[key] for key in fact.data.get("arranges", ())]
    freed = [case.obligations[key] for key in fact.data.get("frees", ())]
    case = _each(case, stops, lambda one: ladder.paused(one, fact.recorded))
    case = _each(case, arranged, lambda one: ladder.promised(one, _made(fact, fact.data["on"]), rules_of(case, one)))
    case = _each(case, freed, lambda one: ladder.freed(one, rules_of(case, one), fact.recorded))
    return _each(case, goes_on, lambda one: ladder.resumed(one, rules_of(case, one), fact.recorded))


def _made(fact: Fact, day: str) -> Promise:
    until = end_of(date.fromisoformat(day))
    return Promise(office=fact.office, person=fact.actor, made=fact.recorded, until=until)


def _ended(case: Case, over: Mapping[str, Ended], fact: Fact) -> Case:
    ending = [case.obligations[key] for key in over]
    return _each(case, ending, lambda one: ladder.ended(one, over[one.key], fact.recorded, fact.number))


def _withdrawn(one: Obligation, fact: Fact) -> Obligation:
    return ladder.ended(one, Ended.WITHDRAWN, fact.recorded, fact.number)


# What has happened, and what it ends and opens.


def _met(case: Case, made: Mapping[str, Mark], fact: Fact) -> Case:
    """End what this fact fulfils: for an answer only its own; of what each agency owes the oldest."""
    blocks = shelf.blocks(case.policy, case.kind)
    about, item = (str(fact.data.get(name, "")) for name in ("obligation", "item"))
    met: dict[str, Obligation] = {}
    for one in case.open():
        block = blocks[one.block]
        if block.met_by not in made or (one.of and one.of != about):
            continue
        if block.each == "agency":
            if one.agency == fact.agency:
                met.setdefault(one.block, one)
        elif block.each == "item":
            if one.item == item:
                met[one.key] = one
        else:
            met[one.key] = one
    return _each(case, met.values(), lambda one: ladder.ended(one, Ended.MET, fact.occurred, fact.number))


def _marked(case: Case, made: Mapping[str, Mark], fact: Fact) -> Case:
    """Remember what has happened; what an agency did, for that agency. Nothing later counts from answers.

    What happens again takes the name; the earlier date stays under its fact's number, for it can be corrected as well.
    What is about one of many items starts its own clocks alone, and nothing later counts from it.
    """
    if fact.data.get("item"):
        return case
    kept = {
        f"{name}/{fact.agency}" if fact.agency else name: mark
        for name, mark in made.items()
        if name not in MARKS["any"]
    }
    agencies = fact.data.get("agencies", ()) if fact.kind in {"information_requested", "death_entered"} else ()
    known = (*case.agencies, *(agency for agency in agencies if agency not in case.agencies))
    earlier = {f"{name}#{was.number}": was for name in kept if (was := case.marks.get(name))}
    return _started(case.model_copy(update={"marks": {**case.marks, **earlier, **kept}, "agencies": known}), made, fact)


def _started(case: Case, made: Mapping[str, Mark], fact: Fact) -> Case:
    """Clocks that counted from the opening, because what starts them had not happened, count from it now."""
    waiting = [
        one
        for one in case.open()
        if one.since == 0 and one.mark in made and (not one.agency or fact.agency in {"", one.agency})
    ]

    def start(one: Obligation) -> Obligation:
        mark = made[one.mark]
        one = one.model_copy(update={"since": mark.number})
        return ladder.restarted(one, mark.at, rules_of(case, one), fact.recorded)

    return _each(case, waiting, start)


def _opened(case: Case, made: Mapping[str, Mark], fact: Fact) -> Case:
    blocks = shelf.blocks(case.policy, case.kind)
    passed = {*case.said.get("passed", ()), *_replaced(case, blocks)}
    anew = _counted_anew(case, blocks, fact)
    for name, block in blocks.items():
        if (block.opens in made or name in anew) and name not in passed and not _asked_before(case, block, name):
            for agency, item in _each_of(case, name, block, fact):
                case = _open(case, name, block, agency, item, made, fact)
    return case


def _replaced(case: Case, blocks: Mapping[str, Block]) -> set[str]:
    """Of the steps that are taken otherwise while a child may be at risk now, those that do not hold for this case."""
    if case.said.get("at_risk"):
        return {block.instead_of for block in blocks.values()}
    return {name for name, block in blocks.items() if block.instead_of}


def _counted_anew(case: Case, blocks: Mapping[str, Block], fact: Fact) -> set[str]:
    """The other way to owe each step that this fact counts anew."""
    gone = {
        one.block
        for one in case.obligations.values()
        if one.ended is Ended.COUNTED_ANEW and one.ended_by == fact.number
    }
    sooner = {name for name, block in blocks.items() if block.instead_of in gone}
    return sooner | {blocks[name].instead_of for name in gone}


def _asked_before(case: Case, block: Block, name: str) -> bool:
    """Asking further agencies opens their returns, and not once more what was opened by asking the first."""
    return block.opens == "information_requested" and block.each != "agency" and bool(case.of_block(name))


def _each_of(case: Case, name: str, block: Block, fact: Fact) -> list[tuple[str, str]]:
    """(agency, item) of everything that this opens: one for all, one for each agency, or one for each item."""
    if block.each == "item":
        items = [item for item in _items(case, name, fact) if not block.planned or _dated(name, "", item, fact)]
        return [(_agency_of(case, item, fact), item) for item in items]
    agencies = list(fact.data.get("agencies", ())) or [fact.agency]
    if block.each != "agency":
        agencies = [fact.agency if block.opens in _OF_ANSWERS else ""]
    return [(agency, "") for agency in agencies if not block.planned or _dated(name, agency, "", fact)]


def _items(case: Case, name: str, fact: Fact) -> list[str]:
    """The items that a fact names for a block: those for which it has a day, else the one that it is about."""
    if name == "action_again":
        return recommending.to_do(case, whole_item(str(fact.data["item"])))
    dated = [key.partition("/")[2] for key in fact.data.get("dates", {}) if key.startswith(f"{name}/")]
    return dated or [str(item) for item in fact.data.get("items", ())] or [str(fact.data["item"])]


def _agency_of(case: Case, item: str, fact: Fact) -> str:
    found = case.recommendations.get(whole_item(item))
    return found.agency if found else fact.agency


def _dated(name: str, agency: str, item: str, fact: Fact) -> str:
    """The day that the fact itself counts for this; empty if it counts none."""
    dates = fact.data.get("dates", {})
    return str(dates.get(f"{name}/{item or agency}") or dates.get(name, ""))


def _open(case: Case, name: str, block: Block, agency: str, item: str, made: Mapping[str, Mark], fact: Fact) -> Case:  # noqa: PLR0913, PLR0917 -- all that makes an obligation
    about = fact.data.get("obligation", "") if block.opens in _OF_ANSWERS else ""
    whose = about.replace("#", ".") if about else item or agency
    base = f"{name}/{whose}" if whose else name
    earlier = [one for one in case.of_block(name) if one.key.split("#")[0] == base]
    field = date_said(case.kind, name)
    day = _dated(name, agency, item, fact) or (fact.data.get(field) if field else "")
    said = end_of(date.fromisoformat(day)) if day else None
    if not said and any(one.ended is None for one in earlier):
        return case
    nth = max((int(one.key.partition("#")[2] or 1) for one in earlier), default=0) + 1
    mark = ANEW if ANEW in made and block.instead_of else block.starts
    start = made.get(mark) or case.marks.get(mark)
    rules = rules_for(case, name, about)
    fresh = Obligation(
        key=base if nth == 1 else f"{base}#{nth}", block=name, agency=agency, owed_by=rules.block.owed_by, item=item,
        of=about, opened=fact.recorded, mark=mark, since=start.number if start else 0,
        start=start.at if start else fact.occurred, due=said, said=said, rungs=(),
    )  # fmt: skip
    was = next((one for one in case.obligations.values() if _is_counted_anew(one, fact, agency)), None)
    fresh = _otherwise(fresh, was, earlier, rules) if was else ladder.clocked(fresh, rules)
    if name in case.said.get("held", ()):
        fresh = ladder.paused(fresh, _stands_since(name, fresh, fact))
    # What ended by this very fact stays until the next time: that it is over is still to be written and said.
    gone = {one.key for one in earlier if (one.of or one.item) and one.ended and one.ended_by != fact.number}
    kept = {key: one for key, one in case.obligations.items() if key not in gone}
    return case.model_copy(update={"obligations": {**kept, fresh.key: fresh}})


def _stands_since(name: str, fresh: Obligation, fact: Fact) -> datetime:
    """Since when what opens stands still: of what was entered when it waited already, since it began to wait."""
    since = fact.data.get("held_since", {}).get(name)
    return max(fresh.start, at(date.fromisoformat(since), time(0))) if since else fact.recorded


def _is_counted_anew(one: Obligation, fact: Fact, agency: str) -> bool:
    return one.ended is Ended.COUNTED_ANEW and one.ended_by == fact.number and one.agency == agency


def _otherwise(fresh: Obligation, was: Obligation, earlier: list[Obligation], rules: Rules) -> Obligation:
    """The same step as it is owed from now on, since a child is at risk or none is any more; never later than it was.

    While one is, within hours, and by the ordinary date if that comes first. Once none is, by the ordinary date again,
    counted from the step's own beginning: whoever says that one is and none is gains no day and silences no rung.
    """
    if rules.block.instead_of:
        sooner = ladder.clocked(fresh, rules)
        passed = was.due is not None and sooner.due is not None and was.due < sooner.due
        return ladder.clocked(sooner.model_copy(update={"said": was.due}), rules) if passed else sooner
    if earlier:
        return ladder.taken_up(earlier[-1], rules)
    return ladder.clocked(fresh.model_copy(update={"mark": was.mark, "since": was.since, "start": was.start}), rules)


def _orphans(case: Case, fact: Fact) -> Case:
    """A dispute, a request for time or a suspension ends with what it is about; the last of it, where it is of many."""
    waited = case.said.get("suspended", {})
    gone = [
        one
        for one in case.open()
        if (one.of and case.obligations[one.of].ended)
        or (one.block == "milestones_review" and all(case.obligations[key].ended for key in waited.get(one.item, ())))
    ]
    return _each(case, gone, lambda one: _withdrawn(one, fact))


def is_dated(lifecycle: str, block: str) -> bool:
    """Whether somebody says, or a fact counts, when this block is due."""
    return bool(date_said(lifecycle, block)) or block in recommending.DATED


def date_said(lifecycle: str, block: str) -> str:
    """The answer that says when this block is due; empty where its budget does."""
    said = LIFECYCLES[lifecycle].said_dates if lifecycle in LIFECYCLES else {}
    return _DATES.get(block) or said.get(block, "")


# Answers: what is said about one obligation.


def _change(case: Case, fact: Fact, change: Callable[[Obligation, Rules], Obligation]) -> Case:
    one = case.obligations[fact.data["obligation"]]
    if one.ended:
        return case
    return _each(case, [one], lambda one: change(one, rules_of(case, one)))


def _told(case: Case, fact: Fact) -> Case:
    said = Told.model_validate(fact.data["told"])
    case = _change(case, fact, lambda one, rules: ladder.told(one, said, rules))
    if not _missed(case, fact):
        return case
    one = case.obligations[fact.data["obligation"]]
    over = _each(case, [one], lambda one: ladder.ended(one, Ended.NOT_GIVEN, fact.recorded, fact.number))
    return recommending.missed(over, one, fact)


def _missed(case: Case, fact: Fact) -> str:
    """The mark that is made because the last rung has spoken and nothing came; empty if there is none."""
    one = case.obligations[fact.data["obligation"]]
    rules = rules_of(case, one)
    return rules.block.missed if fact.data["told"]["rung"] >= rules.top and one.ended is None else ""


def _promised(case: Case, fact: Fact) -> Case:
    promise = _made(fact, fact.data["until"])
    return _change(case, fact, lambda one, rules: ladder.promised(one, promise, rules))


def _disputed(case: Case, fact: Fact) -> Case:
    def change(one: Obligation, rules: Rules) -> Obligation:
        heard = [said.rung for said in one.told if any(heard.office == fact.office for heard in said.heard)]
        dispute = Dispute(
            office=fact.office, person=fact.actor, ground=Ground(fact.data["ground"]),
            rung=heard[-1] if heard else max(one.level - 1, 0),
        )  # fmt: skip
        return ladder.disputed(one, dispute, rules)

    return _change(case, fact, change)


def _settled(case: Case, fact: Fact) -> Case:
    match Settled(fact.data["outcome"]):
        case Settled.NOT_OWED:
            return _change(case, fact, lambda one, _: _withdrawn(one, fact))
        case Settled.DONE:
            return _change(case, fact, lambda one, _: ladder.ended(one, Ended.MET, fact.recorded, fact.number))
        case Settled.STILL_OWED:
            return _change(case, fact, lambda one, rules: ladder.undisputed(one, rules, fact.recorded))


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
    """A date was wrong: every clock that counts from it is worked out anew, and what it ended has ended then."""
    at = datetime.fromisoformat(fact.data["at"])
    was = case.marks[fact.data["mark"]]
    names = [name for name, mark in case.marks.items() if is_moved(name, mark, fact.data["mark"], was)]
    marks = {**case.marks, **{name: was.model_copy(update={"at": at}) for name in names}}
    case = case.model_copy(update={"marks": marks})
    moved, blocks = {name.partition("#")[0].split("/")[0] for name in names}, shelf.blocks(case.policy, case.kind)

    def change(one: Obligation) -> Obligation:
        if one.ended_by == was.number and blocks[one.block].met_by in moved:
            one = one.model_copy(update={"ended_at": at})
        if one.since == was.number and one.mark in moved:
            one = ladder.restarted(one, at, rules_of(case, one), fact.recorded)
        return one

    about = [one for one in case.obligations.values() if was.number in {one.since, one.ended_by}]
    return _each(case, about, change)


def is_moved(name: str, mark: Mark, wrong: str, was: Mark) -> bool:
    """Whether a mark has the date that was wrong: one act may make several, of which awareness has its own date."""
    return name == wrong or (mark == was and "awareness" not in {name, wrong})


def _calendar(case: Case, fact: Fact) -> Case:
    case = case.model_copy(update={"calendar": fact.data["calendar"]})
    return _each(case, case.open(), lambda one: ladder.reclocked(one, rules_of(case, one), fact.recorded))


def _policy(case: Case, fact: Fact) -> Case:
    left = (*case.left, (fact.number, case.policy))
    new = case.model_copy(update={"policy": fact.data["policy"], "left": left})

    def change(one: Obligation) -> Obligation:
        rules = rules_of(new, one)
        return ladder.reruled(_counted_from(case, one, rules.block.starts), rules_of(case, one), rules, fact.recorded)

    return _each(new, case.open(), change)


def _counted_from(case: Case, one: Obligation, starts: str) -> Obligation:
    """The same obligation, its clock counting from what the policy now names: from the opening if that has not been."""
    if one.mark in {starts, ANEW}:
        return one
    mark = case.marks.get(f"{starts}/{one.agency}") or case.marks.get(starts)
    changes = {"mark": starts, "since": mark.number if mark else 0, "start": mark.at if mark else one.opened}
    return one.model_copy(update=changes)


def _reopened(case: Case, fact: Fact) -> Case:
    """Open again, by the calendar that is in force then; facts that name none are of before, or it is the same."""
    case = case.model_copy(update={"closed": None})
    return _calendar(case, fact) if fact.data.get("calendar") else case


# Who may open the case.


def _restricted(case: Case, fact: Fact) -> Case:
    return _said(case, {"restricted": fact.data["restricted"]})


def _locked_out(case: Case, fact: Fact) -> Case:
    person = fact.data["person"]
    others = [one for one in case.said.get("locked_out", ()) if one != person]
    return _said(case, {"locked_out": [*others, person] if fact.data["locked"] else others})


def _let_in(case: Case, fact: Fact) -> Case:
    today = day_of(fact.recorded).isoformat()
    still = {person: until for person, until in case.said.get("let_in", {}).items() if until >= today}
    return _said(case, {"let_in": {**still, fact.data["person"]: fact.data["until"]}})


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
    "restriction_set": _restricted,
    "locked_out": _locked_out,
    "let_in": _let_in,
    "reopened": _reopened,
}

_OF_ANSWERS = {"disputed", "time_asked", "suspended"}
"""Marks that open an obligation about another obligation."""

_DATES = {"suspension_review": "review"}


def _answer_marks(case: Case, fact: Fact) -> dict[str, datetime]:
    if fact.kind == "told":
        missed = _missed(case, fact)
        return dict.fromkeys([missed, *recommending.WITH.get(missed, ())], fact.recorded) if missed else {}
    if fact.kind not in {*MARKS["any"], "reopened"}:
        return {}
    marks = {fact.kind: fact.recorded}
    if fact.kind == "suspension_reviewed" and fact.data["outcome"] == ReviewOutcome.CONTINUE:
        marks["suspended"] = fact.recorded
    return marks
