"""Who is told what because of a fact: pure, so that rehearsal lists the very notices that the engine hands over."""

from collections.abc import Container, Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from models import ladder, shelf
from models.base import Message
from models.case import Case
from models.directory import Answer, Directory
from models.facts import ENGINE, Fact
from models.fold import rules_of
from models.obligation import Due, Ended, Heard, Obligation, Told
from models.rapid_review import asked
from models.rights import KeptOut, look_up, waits_for
from models.time import day_of

MANAGER = "business_manager"
"""The office that hears of offices in which nobody could be reached."""
OFFICES_OF_THE_UNIT = (MANAGER, "administrator")
"""The business unit, in the order in which its offices are told what the house itself has to say."""

OF_AGENCY = ("agency_contact", "agency_lead")
"""The offices of an agency, in the order in which they are told what it has to know."""


class NoticeKind(StrEnum):
    OWED = "owed"
    """Something is owed, by when, and what can be answered: a rung, or what is handed on from whoever was told."""
    EMPTY_OFFICE = "empty_office"
    """To the business manager: a rung found nobody in an office and was said higher up."""
    MOVED = "moved"
    """What was said earlier is withdrawn: the date has moved, it had been done by then, or it is not owed any more."""
    ANSWERED = "answered"
    """A dispute or a request for time has been answered, or nobody has to answer it any more."""
    INVITED = "invited"
    """A meeting has been arranged."""
    RISK = "risk"
    """To the agency that raised a disagreement: somebody said anew whether a child is at risk now."""
    ASTRAY = "astray"
    """To the business unit: a message has not arrived, or nobody knows. Of no case, like those that follow."""
    TAKEN_OVER = "taken_over"
    """To whoever holds an office from now on: everything that it owes."""
    DIGEST = "digest"
    """Once a week: all that is outstanding."""
    READINESS = "readiness"
    """Once a week: empty offices, missing deputies, people whom no message can reach."""
    HEADLINES = "headlines"
    """Figures for the members of the board, before its meeting."""
    SELF_CHECK = "self_check"
    """To the business unit: the self-check has found something by which what is owed could be forgotten."""


OF_THE_HOUSE = frozenset({
    NoticeKind.ASTRAY, NoticeKind.TAKEN_OVER, NoticeKind.DIGEST, NoticeKind.READINESS, NoticeKind.HEADLINES,
    NoticeKind.SELF_CHECK,
})  # fmt: skip
"""Notices that no fact of a case tells; their `case` is empty."""


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
    urgent: bool = False
    """Whether the policy calls its matter urgent: it comes at night as well."""
    data: dict[str, Any] = {}


def unit(directory: Directory, now: datetime, but: Container[str] = ()) -> tuple[str, str]:
    """(office, person): who of the business unit is told now, but for these; empty if nobody is there."""
    for office in OFFICES_OF_THE_UNIT:
        if person := directory.look_up(office, None, now, but).person:
            return office, person
    return "", ""


def tell(case: Case, due: Due, directory: Directory, now: datetime) -> Fact:
    """The fact that a rung spoke: to whom the directory points now, over which empty offices, with what was missed."""
    one = case.obligations[due.key]
    rules = rules_of(case, one)
    rung = rules.ladder.rungs[due.rung]
    upward = dict.fromkeys(higher.office for higher in rules.ladder.rungs[due.rung :])
    but = KeptOut(case, directory, now, waits_for(case, one))
    answers: dict[str, Answer] = {}
    for higher in upward:
        answers[higher] = look_up(case, one, higher, directory, now, but)
        if answers[higher].person:
            break
    office = next(reversed(answers))
    passed = [name for name in answers if not answers[name].person]
    answers |= {name: look_up(case, one, name, directory, now, but) for name in rung.also if name not in answers}
    also = [Heard(office=name, person=answers[name].person or "") for name in rung.also if name != office]
    passed += [heard.office for heard in also if not heard.person and heard.office not in passed]
    told = Told(
        rung=due.rung, round=due.round, due=due.at, at=now, office=office, person=answers[office].person or "",
        also=tuple(heard for heard in also if heard.person),
    )  # fmt: skip
    return Fact(
        case=case.ref, number=case.known + 1, kind="told", actor=ENGINE, agency=one.agency, occurred=now, recorded=now,
        data={
            "obligation": due.key, "told": told.model_dump(mode="json"), "asked": rung.office,
            "reason": answers[office].reason.value, "passed_over": passed, "missed": list(due.missed),
            **({"item": one.item} if one.item else {}),
        },
    )  # fmt: skip


def _answer(case: Case, one: Obligation, office: str, directory: Directory, now: datetime) -> Answer:
    """Who is told for an office: nobody who may not open the case, nor who waits for this very answer."""
    return look_up(case, one, office, directory, now, KeptOut(case, directory, now, waits_for(case, one)))


def notices(before: Case, after: Case, fact: Fact, directory: Directory) -> list[Notice]:
    """Every notice that this fact sends, in a fixed order."""
    sent = list(_rung(after, fact, directory))
    if not only_spoke(after, fact):
        answered = list(_answered(before, after, fact, directory))
        sent += [
            *_handed_on(before, after, fact, directory),
            *_moved(before, after, fact, directory, {(one.obligation, one.person) for one in answered}),
            *answered,
            *_invited(after, fact, directory),
            *_risk(after, fact, directory),
        ]
    return [one.model_copy(update={"urgent": True}) if _is_urgent(after, one) else one for one in sent]


def only_spoke(after: Case, fact: Fact) -> bool:
    """Whether by this fact a rung spoke, and nothing else happened: what it is about is owed as before."""
    return fact.kind == "told" and after.obligations[fact.data["obligation"]].ended is None


def _is_urgent(case: Case, notice: Notice) -> bool:
    one = case.obligations.get(notice.obligation)
    return one is not None and shelf.blocks(case.policy, case.kind)[one.block].urgent


def _rung(case: Case, fact: Fact, directory: Directory) -> Iterator[Notice]:
    if fact.kind != "told":
        return
    told = Told.model_validate(fact.data["told"])
    one = case.obligations[fact.data["obligation"]]
    for heard in told.heard:
        yield Notice(
            key=f"{case.ref}/{one.key}/{told.rung}/{told.round}/{heard.office}", kind=NoticeKind.OWED, case=case.ref,
            fact=fact.number, obligation=one.key, office=heard.office, agency=one.agency, person=heard.person,
            rung=told.rung, round=told.round, rung_at=told.due, wake_at=told.at, due=one.due,
            data={"missed": len(fact.data["missed"]), "passed_over": fact.data["passed_over"]},
        )  # fmt: skip
    if fact.data["passed_over"] and MANAGER not in {heard.office for heard in told.heard}:
        empty = f"{told.rung}/{told.round}/empty"
        yield from _empty(case, one, fact, directory, empty, fact.data["passed_over"], told.due)


def _empty(  # noqa: PLR0913, PLR0917 -- what is said of an empty office
    case: Case, one: Obligation, fact: Fact, directory: Directory, key: str, offices: list[str], rung_at: datetime
) -> Iterator[Notice]:
    """The business manager hears that nobody was found in these offices."""
    manager = _answer(case, one, MANAGER, directory, fact.recorded)
    if manager.person:
        yield Notice(
            key=f"{case.ref}/{one.key}/{key}", kind=NoticeKind.EMPTY_OFFICE, case=case.ref, fact=fact.number,
            obligation=one.key, office=MANAGER, agency=one.agency, person=manager.person, rung_at=rung_at,
            wake_at=fact.recorded, due=one.due, data={"passed_over": offices},
        )  # fmt: skip


def _handed_on(before: Case, after: Case, fact: Fact, directory: Directory) -> Iterator[Notice]:
    """Whoever was told and may not open the case any more cannot act: what is open goes at once to whom it goes now.

    That is the deputy, or the next office up the ladder, as when a rung finds nobody.
    """
    if fact.kind not in {"locked_out", "restriction_set"}:
        return
    for one in after.open():
        told: set[str] = set()
        empty: list[str] = []
        for office in dict.fromkeys(heard.office for said in one.told for heard in said.heard):
            if not _left(before, after, one, office, directory, fact):
                continue
            upward = rules_of(after, one).upward(office)
            people = {name: _answer(after, one, name, directory, fact.recorded).person for name in upward}
            reached = next((name for name in upward if people[name]), "")
            passed = upward[: upward.index(reached)] if reached else upward
            empty += [name for name in passed if name not in empty]
            if reached and reached not in told:
                told.add(reached)
                yield Notice(
                    key=f"{after.ref}/{one.key}/handed_on/{fact.number}/{reached}", kind=NoticeKind.OWED,
                    case=after.ref, fact=fact.number, obligation=one.key, office=reached, agency=one.agency,
                    person=people[reached] or "", rung_at=fact.recorded, wake_at=fact.recorded, due=one.due,
                    data={"passed_over": passed, "handed_on": True},
                )  # fmt: skip
        if empty and MANAGER not in told:
            key = f"handed_on/{fact.number}/empty"
            yield from _empty(after, one, fact, directory, key, empty, fact.recorded)


def _left(before: Case, after: Case, one: Obligation, office: str, directory: Directory, fact: Fact) -> bool:  # noqa: PLR0913, PLR0917 -- what shows that somebody left
    """Whether somebody who heard of this for the office, or would have until now, is kept out by this fact."""
    heard = {heard.person for said in one.told for heard in said.heard if heard.office == office}
    heard |= {_answer(before, one, office, directory, fact.recorded).person or ""}
    was, now = (KeptOut(case, directory, fact.recorded) for case in (before, after))
    return any(person in now and person not in was for person in heard if person)


def _moved(
    before: Case, after: Case, fact: Fact, directory: Directory, answered: Container[tuple[str, str]]
) -> Iterator[Notice]:
    """Whoever was told hears that it holds no more. `answered`: (obligation, person) of those who hear it anyway."""
    for key, office in taken_back(before, after, fact):
        one = after.obligations[key]
        person = _answer(after, one, office, directory, fact.recorded).person
        own = _is_given_up(one) and person == fact.actor
        if person and not own and (key, person) not in answered:
            yield Notice(
                key=f"{after.ref}/{key}/moved/{fact.number}/{office}", kind=NoticeKind.MOVED, case=after.ref,
                fact=fact.number, obligation=key, office=office, agency=one.agency, person=person,
                rung_at=fact.recorded, wake_at=fact.recorded, due=one.due,
                data={"done": True} if one.ended is Ended.MET else {},
            )  # fmt: skip


_MOVING = frozenset({
    "corrected", "calendar_adopted", "policy_adopted", "time_answered", "suspension_reviewed", "wait_reviewed",
    "milestones_reviewed", "duplicate_decided",
})  # fmt: skip


def taken_back(before: Case, after: Case, fact: Fact) -> Iterator[tuple[str, str]]:
    """(obligation, office): whoever was told what this fact makes untrue hears so, once for each office."""
    answered = fact.data["obligation"] if fact.kind == "time_answered" else ""
    for key, was in before.obligations.items():
        one = after.obligations.get(key)
        if one is None or one is was:
            continue
        for office in dict.fromkeys(heard.office for told in _untrue(before, was, one, fact) for heard in told.heard):
            if key != answered or office != _asked(before, fact).office:
                yield key, office


def _is_given_up(one: Obligation) -> bool:
    """Whether it ended without having been done, whatever ended it."""
    return one.ended not in {None, Ended.MET}


def _untrue(before: Case, was: Obligation, one: Obligation, fact: Fact) -> tuple[Told, ...]:
    """What was said of an obligation and does not hold after this fact: another date, or that it was still owed."""
    if one.ended is Ended.MET and one.ended_at is not None and one.ended_at != was.ended_at:
        done = day_of(one.ended_at)  # the hour of what is entered late is often not known
        return tuple(told for told in was.told if day_of(told.at) > done)
    if _is_given_up(one) and not was.ended:
        return was.told
    if fact.kind == "duplicate_decided" and one.agency and one.paused != was.paused:
        return was.told  # while its case has joined another one the agency owes nothing here
    if one.ended or one.due is None or fact.kind not in _MOVING or one.due == _told_due(before, was):
        return ()
    return was.told


def _told_due(before: Case, was: Obligation) -> datetime | None:
    """The date that was true when it was last told: for a clock that stands still, the one before it was stopped."""
    if not was.paused:
        return was.due
    running = was.model_copy(update={"pauses": was.pauses[:-1]})
    return ladder.clocked(running, rules_of(before, was)).due


def _answered(before: Case, after: Case, fact: Fact, directory: Directory) -> Iterator[Notice]:
    """Whoever disputed, or asked for time, hears the answer; or that it is over, if it is not by their own act.

    In person, or else whoever holds their office now.
    """
    if fact.kind in _ANSWERING:
        key, asked = fact.data["obligation"], _asked(before, fact)
        data = {"outcome": str(fact.data.get("outcome", fact.data.get("granted")))}
        yield from _to_asker(after, key, asked, f"{key}/answered", fact, directory, data)
    over: set[tuple[str, Heard]] = set()
    for one in _unanswered(before, after):
        asked = _asker(before, one.block, one.of)
        if asked.person != fact.actor and (one.of, asked) not in over:
            over.add((one.of, asked))
            yield from _to_asker(after, one.of, asked, f"{one.key}/over", fact, directory, {})


_ANSWERING: Mapping[str, str] = {"dispute_settled": "dispute", "time_answered": "time_request"}
"""Facts that answer, each with what waited for it."""


def _unanswered(before: Case, after: Case) -> Iterator[Obligation]:
    """Disputes and requests for time that end without an answer, because what they are about has ended."""
    for key, was in before.obligations.items():
        one = after.obligations.get(key)
        if one is was or one is None:
            continue
        if was.ended is None and _is_given_up(one) and one.block in _ANSWERING.values():
            yield one


def _to_asker(  # noqa: PLR0913, PLR0917 -- what is said to whoever asked
    case: Case, key: str, asked: Heard, name: str, fact: Fact, directory: Directory, data: dict[str, Any]
) -> Iterator[Notice]:
    about, person = case.obligations[key], asked.person
    if person in KeptOut(case, directory, fact.recorded) or person not in directory.people:
        person = _answer(case, about, asked.office, directory, fact.recorded).person or ""
    if person:
        yield Notice(
            key=f"{case.ref}/{name}/{fact.number}", kind=NoticeKind.ANSWERED, case=case.ref, fact=fact.number,
            obligation=key, office=asked.office, agency=about.agency, person=person, rung_at=fact.recorded,
            wake_at=fact.recorded, due=None if about.ended else about.due, data=data,
        )  # fmt: skip


def _asked(before: Case, fact: Fact) -> Heard:
    """Who waits for this answer."""
    return _asker(before, _ANSWERING[fact.kind], fact.data["obligation"])


def _asker(before: Case, block: str, key: str) -> Heard:
    """Who disputes this, or asks for time for it."""
    if block == "dispute":
        dispute = before.obligations[key].dispute
        return Heard(office=dispute.office, person=dispute.person) if dispute else Heard(office="")
    return Heard.model_validate(before.said.get(f"time/{key}", {"office": ""}))


def _risk(case: Case, fact: Fact, directory: Directory) -> Iterator[Notice]:
    """The agency that raised a disagreement hears of the risk at once, whoever's turn it is, unless it is its own word.

    Its contact hears it, else its lead.
    """
    if fact.kind != "risk_changed":
        return
    agency, kept_out = case.said["raised_by"], KeptOut(case, directory, fact.recorded)
    people = {name: directory.look_up(name, agency, fact.recorded, kept_out).person for name in OF_AGENCY}
    office, person = next(((name, who) for name, who in people.items() if who), ("", ""))
    if person and person != fact.actor:
        yield Notice(
            key=f"{case.ref}/risk/{fact.number}", kind=NoticeKind.RISK, case=case.ref, fact=fact.number, office=office,
            agency=agency, person=person, rung_at=fact.recorded, wake_at=fact.recorded,
            urgent=bool(case.said.get("at_risk")),
        )  # fmt: skip


def _seats(case: Case, directory: Directory) -> Iterator[tuple[str, str]]:
    """Office and agency of everybody whose seat counts for the quorum, as the policy lists them."""
    for seat in shelf.policy(case.policy).quorums["rapid_review_meeting"].seats.values():
        kind = seat.kind
        for agency in sorted(name for name, one in directory.agencies.items() if one.kind == kind) if kind else [""]:
            yield seat.office, agency


def _invited(case: Case, fact: Fact, directory: Directory) -> Iterator[Notice]:
    if fact.kind != "meeting_arranged":
        return
    kept_out = KeptOut(case, directory, fact.recorded)
    contacts = [("agency_contact", agency) for agency in case.agencies if agency in asked(case)]
    told: set[str] = set()
    for office, agency in dict.fromkeys([*_seats(case, directory), ("subgroup_chair", ""), *contacts]):
        person = directory.look_up(office, agency or None, fact.recorded, kept_out).person
        if person and person not in told:
            told.add(person)
            yield Notice(
                key=f"{case.ref}/meeting/{fact.number}/{office}/{agency}", kind=NoticeKind.INVITED, case=case.ref,
                fact=fact.number, office=office, agency=agency, person=person, rung_at=fact.recorded,
                wake_at=fact.recorded, data={"at": fact.data["at"]},
            )  # fmt: skip
    yield from _seats_kept_out(case, fact, directory, kept_out)


def _seats_kept_out(case: Case, fact: Fact, directory: Directory, kept_out: KeptOut) -> Iterator[Notice]:
    """Of a seat that is held, but by nobody who may open the case, the business manager hears: they can let them in."""

    def held(office: str, agency: str, but: Container[str] = ()) -> bool:
        return directory.look_up(office, agency or None, fact.recorded, but).person is not None

    seats = [seat for seat in _seats(case, directory) if held(*seat) and not held(*seat, kept_out)]
    manager = directory.look_up(MANAGER, None, fact.recorded, kept_out).person
    if seats and manager:
        yield Notice(
            key=f"{case.ref}/meeting/{fact.number}/empty", kind=NoticeKind.EMPTY_OFFICE, case=case.ref,
            fact=fact.number, office=MANAGER, person=manager, rung_at=fact.recorded, wake_at=fact.recorded,
            data={"passed_over": list(dict.fromkeys(office for office, _ in seats))},
        )  # fmt: skip
