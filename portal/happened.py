"""The time line of a case as people read it: what happened, with reminders in a row told as one quiet line."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Final

from models.case import Case
from models.command import Command
from models.directory import Directory
from models.disagreement import RISK, Risk
from models.lifecycles import COMMANDS
from models.obligation import Told
from models.policy import Policy, marks_of
from models.recommending import FACTS as RECOMMENDING
from models.shelf import days, policy
from models.time import day_of
from models.titles import about as item_words
from models.titles import named
from portal.pages import by, day
from portal.questions import asked_of
from portal.rows import rows_of_case
from portal.said import Names, Pair, answered
from records.questions import Entry

TITLES: Final[Mapping[str, str]] = {
    "opened": "The review was opened",
    "review_entered": "The review was entered here",
    "commissioned": "The review was commissioned",
    "reviewer_appointed": "The reviewer was appointed",
    "review_announced": "The panel, Ofsted and the department were told of the review",
    "practitioners_heard": "Practitioners were heard",
    "contributor_named": "Somebody was named who may contribute",
    "quiet_days_set": "Days were kept free of contact",
    "contributor_contacted": "Somebody who may contribute was contacted",
    "family_heard": "The family’s contribution was recorded",
    "review_checked": "Time and quality were checked",
    "requested_in_writing": "Something was asked for in writing",
    "written_request_answered": "A written request was answered",
    "proceeding_linked": "Other proceedings were linked",
    "proceeding_updated": "Other proceedings moved on",
    "milestones_suspended": "Milestones were suspended",
    "milestones_reviewed": "The suspension of milestones was reviewed",
    "draft_received": "The draft report came in",
    "report_signed_off": "The report was signed off",
    "delay_said": "It was said that the review will be late",
    "delay_explained": "The reasons for delay were sent",
    "publication_planned": "The day of publication was set",
    "advance_copies_sent": "The advance copies were sent",
    "review_published": "The report was published",
    "publication_withheld": "It was decided not to publish the report",
    "deliverable_received": "A deliverable came in",
    "learning_disseminated": "An agency confirmed that the learning reached its staff",
    "report_lodged": "The report was lodged with the national repository",
    "availability_checked": "It was looked whether the report stayed available",
    "coroners_report_received": "A coroner’s report to prevent future deaths came in",
    "coroner_answered": "The coroner was answered",
    "review_completed": "The review was completed",
    "review_discontinued": "The review was ended before its report",
    "register_opened": "The register was opened",
    "register_closed": "The register was closed",
    "disagreement_raised": "A disagreement was raised",
    "disagreement_answered": "The challenge was answered",
    "disagreement_responded": "The agency that raised it responded",
    "disagreement_decided": "The disagreement was decided",
    "disagreement_withdrawn": "The challenge was withdrawn",
    "risk_changed": "It was said anew whether a child is at risk now",
    "recommended": "A recommendation was made",
    "recommendation_entered": "An earlier recommendation was entered",
    "recommendation_assigned": "A recommendation got an owner",
    "recommendation_answered": "A recommendation was answered by its agency",
    "rejection_answered": "The rejection of a recommendation was answered",
    "progress_given": "It was said how a recommendation is going",
    "action_completed": "An action was done",
    "evidence_given": "Evidence was given",
    "evidence_amended": "Evidence was described anew",
    "evidence_accepted": "Evidence was accepted",
    "evidence_returned": "Evidence was returned",
    "recommendation_closed": "A recommendation was closed",
    "impact_retested": "Impact was tested again",
    "recommendation_reopened": "A recommendation was reopened",
    "colour_overridden": "A colour was set by hand",
    "told": "A reminder was sent",
    "death_notified": "The death was notified",
    "death_entered": "The review was entered here",
    "death_amended": "What is known of the child was amended",
    "immediate_decisions_recorded": "The immediate decisions were recorded",
    "national_database_notified": "The national child mortality database was notified",
    "key_worker_named": "The key worker was named",
    "joint_response_held": "The agencies met for their joint response",
    "wait_opened": "It was said for what the review waits",
    "wait_reviewed": "What the review waits for was looked at again",
    "finding_recorded": "It was recorded what came to light",
    "meeting_planned": "The day of the review meeting was set",
    "death_meeting_held": "The review meeting was held",
    "analysis_drafted": "The draft analysis was given",
    "panel_listed": "The death was listed for a panel",
    "panel_deferred": "The panel’s review was deferred",
    "panel_recorded": "The panel met on this death",
    "analysis_submitted": "The analysis was submitted to the national database",
    "family_contacted": "The key worker was in touch with the family",
    "review_considered": "The sub-group decided whether a practice review is considered",
    "death_handed_over": "The review was handed over to another area",
    "hand_over_received": "The other area has received the review",
    "referral_received": "The referral was received",
    "triaged": "The referral was triaged",
    "siblings_safety_answered": "The safety of the other children was answered",
    "secretary_of_state_notified": "The Secretary of State and Ofsted were notified",
    "passed_on": "The referral was passed to another body",
    "review_learning_recorded": "What the review has learnt was recorded",
    "duplicate_decided": "It was decided whether another case is about the same",
    "referrer_told": "The referrer was told",
    "national_notification_sent": "The national panel was notified",
    "national_notification_withdrawn": "The national notification was withdrawn",
    "information_requested": "Agencies were asked what they know",
    "request_withdrawn": "A request for information was withdrawn",
    "return_received": "A return came in",
    "return_not_given": "An agency did not contribute",
    "analysis_recorded": "The independent chair’s analysis was recorded",
    "meeting_arranged": "The meeting was arranged",
    "meeting_recorded": "The meeting was held",
    "decision_recorded": "The decision was recorded",
    "submission_sent": "The rapid review went to the national panel",
    "panel_answered": "The national panel answered",
    "panel_information_sent": "The national panel was sent what it asked for",
    "event_recorded": "An awaited event was recorded",
    "promised": "A date was promised",
    "disputed": "This was disputed",
    "dispute_settled": "The dispute was settled",
    "time_asked": "More time was asked for",
    "time_answered": "The request for more time was answered",
    "suspended": "A clock was suspended",
    "suspension_reviewed": "The suspension was reviewed",
    "corrected": "A date was corrected",
    "calendar_adopted": "The case follows a new calendar",
    "policy_adopted": "The case follows a new version of the policy",
    "restriction_set": "Who may open the case was decided",
    "locked_out": "Somebody was locked out, or let back",
    "let_in": "Somebody was let in for a time",
    "reopened": "The case was reopened",
}
"""What each fact says has happened."""


@dataclass(frozen=True)
class Dated:
    """A date that this fact brought, which can be corrected: the mark, and its words."""

    mark: str
    words: str
    at: datetime


@dataclass(frozen=True)
class Moved:
    """A correction: which date, what it was, what it is; of which fact, by which."""

    words: str
    was: datetime
    now: datetime
    of: int
    by: int


@dataclass(frozen=True)
class Happened:
    """One fact on the time line. `about`: the obligation in words. `later`: corrections of the dates it brought."""

    entry: Entry
    title: str
    about: str
    pairs: Sequence[Pair]
    note: str
    dates: Sequence[Dated]
    moved: Moved | None
    later: Sequence[Moved]


@dataclass(frozen=True)
class Reminder:
    """A rung that spoke: when, which offices were told together, of what."""

    number: int
    at: datetime
    office: str
    what: str
    nobody: bool


@dataclass(frozen=True)
class Reminders:
    """Rungs that spoke one after the other, with nothing between them."""

    said: Sequence[Reminder]


def names_of(case: Case, directory: Directory, rules: Policy, decided: str = "") -> Names:
    """What stands behind the references in answers, as people read it.

    `rules`: the policy under which they were given. `decided`: the text against which they were given; its words are
    shown, and those of no other text.
    """
    of_text = rules.criteria.get(decided)
    regarded = (
        rules.criteria_in_force("practice_review_regard", day_of(case.marks["awareness"].at)) if of_text else None
    )
    return {
        **{one.id: one.text for text in (regarded[1] if regarded else None, of_text) if text for one in text.criteria},
        **{name: seat.title for quorum in rules.quorums.values() for name, seat in quorum.seats.items()},
        **{name: agency.name for name, agency in directory.agencies.items()},
        **{name: person.name for name, person in directory.people.items()},
        **({decided: of_text.title} if of_text else {}),
        **{str(number): f"Child {number}" for number in case.said.get("children", ())},
    }


def time_line(
    case: Case, entries: Iterable[Entry], directory: Directory, known: Names | None = None
) -> list[Happened | Reminders]:
    """Newest first. Reminders that follow one another are one entry.

    `known`: what stands behind further references in the answers, such as the measures of a recommendation.
    """
    told = list(entries)
    moves = list(_corrections(case, told, directory))
    found: list[Happened | Reminders] = []
    for reminder, row in groupby(reversed(told), key=lambda entry: entry.kind == "told"):
        if reminder:
            found.append(Reminders([_reminder(case, entry, directory) for entry in row]))
        else:
            found += [_happened(case, entry, moves, directory, known or {}) for entry in row]
    return found


def mark_words(case: Case, mark: str, directory: Directory) -> str:
    """A date of a case in words: "the agency's return was received, Harrowshire Police"."""
    name, _, agency = mark.partition("#")[0].partition("/")
    words = marks_of(case.kind).get(name) or _lower_first(TITLES.get(name, name.replace("_", " ")))
    if name == "event":
        words, agency = f"the awaited event ({agency.replace('_', ' ')}) happened", ""
    return f"{words}, {directory.agencies[agency].name}" if agency in directory.agencies else words


def _lower_first(words: str) -> str:
    return words[:1].lower() + words[1:]


def _happened(case: Case, entry: Entry, moves: Sequence[Moved], directory: Directory, known: Names) -> Happened:
    command = next((one for one in COMMANDS[case.kind].values() if entry.kind == one.FACT), None)
    data = entry.words or entry.data
    owed = str(entry.data.get("obligation") or entry.data.get("recommendation") or "")
    about = named(case, owed, directory) or _recommendation(case, entry)
    brought = {name: mark for name, mark in case.marks.items() if mark.number == entry.number}
    told_apart = {
        "obligation",
        "mark",
        "agency",
        "policy",
        "calendar",
        "key",
        *(["item", "recommendation"] if about else []),
    }
    shown = {name: value for name, value in data.items() if name not in told_apart}
    rules = policy(case.followed(entry.number))
    names = {
        **names_of(case, directory, rules, str(data.get("criteria_set", ""))),
        **(_of_rows(command, case, directory, rules) if command else {}),
        **known,
    }
    return Happened(
        entry=entry,
        title=_title(entry),
        about=about,
        pairs=answered(command, shown, names=names) if command else [],
        note=_note(case, entry),
        dates=[Dated(name, mark_words(case, name, directory), mark.at) for name, mark in brought.items()],
        moved=next((move for move in moves if move.by == entry.number), None),
        later=[move for move in moves if move.of == entry.number],
    )


def _of_rows(command: type[Command], case: Case, directory: Directory, rules: Policy) -> dict[str, str]:
    """What stands behind the names in the lists from which this command chooses."""
    found = rows_of_case(case, directory, rules)
    parts = (one.part for one in asked_of(command) if one.part)
    lists = {one.rows for model in (command, *parts) for one in asked_of(model)}
    return {name: title for rows in lists & found.keys() for name, title, _ in found[rows]}


def _recommendation(case: Case, entry: Entry) -> str:
    """Which recommendation a fact is about, and which action of it; empty if it is about none."""
    return item_words(case, str(entry.data["item"])) if entry.kind in RECOMMENDING else ""


def _title(entry: Entry) -> str:
    if entry.kind == "time_answered":
        return (
            f"More time was given, until {day(entry.data['until'])}"
            if entry.data["granted"]
            else "More time was refused"
        )
    if entry.kind == "risk_changed":
        return RISK[Risk(entry.data["at_risk"])]
    return TITLES.get(entry.kind, entry.kind.replace("_", " ").capitalize())


QUORUMS: Final[Mapping[str, str]] = {"meeting_recorded": "rapid_review_meeting", "panel_recorded": "child_death_panel"}
"""What the policy calls the meetings that need a quorum, by the fact that records one."""


def quorum_words(case: Case, meeting: str = "rapid_review_meeting") -> str:
    """With how many seats a meeting can decide, and which of them are always needed."""
    quorum = policy(case.policy).quorums[meeting]
    always = ", ".join(quorum.seats[seat].title for seat in quorum.always)
    return f"A meeting can decide with {quorum.least} of its {len(quorum.seats)} seats filled, always with: {always}."


def _note(case: Case, entry: Entry) -> str:
    """What the engine worked out beside the answers: whether a meeting could decide, and why not."""
    if entry.kind == "policy_adopted":
        return f"It follows policy {policy(entry.data['policy']).version}."
    if entry.kind in {"calendar_adopted", "reopened"} and "calendar" in entry.data:
        return f"It follows calendar {days(entry.data['calendar']).calendar.version}."
    if entry.kind == "risk_changed" and "was" in entry.data:
        was = datetime.fromisoformat(entry.data["was"])
        return f"What is open is counted anew from then; it had been due {by(was)}."
    if entry.kind not in QUORUMS:
        return ""
    return "It had its quorum." if entry.data.get("quorate") else _no_quorum(case, entry)


def waits_for_quorum(case: Case, entries: Sequence[Entry]) -> str:
    """That the last meeting could not decide, why, and what to do; empty where none is awaited for that."""
    held = next((entry for entry in reversed(entries) if entry.kind in QUORUMS), None)
    if held is None or case.closed or held.data.get("quorate") or _was_held(case, held):
        return ""
    if held.kind == "panel_recorded":
        do = "It is on the list of another." if case.said.get("panel_on") else "List it for another panel."
        return f"The panel of {day(held.at)} is recorded. {_no_quorum(case, held)} {do}"
    arranged = case.marks.get("meeting_arranged")
    again = arranged is not None and arranged.number > held.number
    do = (
        "Another is arranged." if again else "Arrange another, or record it again if a seat that was filled is missing."
    )
    return f"The meeting of {day(held.at)} is recorded. {_no_quorum(case, held)} {do}"


def _was_held(case: Case, entry: Entry) -> bool:
    """Whether a meeting of this kind could decide before or since."""
    return entry.kind == "meeting_recorded" and "meeting_held" in case.marks


def _no_quorum(case: Case, entry: Entry) -> str:
    """Why a meeting could not decide."""
    quorum = policy(case.followed(entry.number)).quorums[QUORUMS[entry.kind]]
    left = entry.data.get("left", ())
    filled = [seat for seat in entry.data.get("seats", ()) if seat in quorum.seats and seat not in left]
    few = (
        [f"{len(filled)} of the {quorum.least} seats that it needs {'was' if len(filled) == 1 else 'were'} filled"]
        if len(filled) < quorum.least
        else []
    )
    empty = [
        f"“{quorum.seats[seat].title}” {'left' if seat in left else 'was empty'}"
        for seat in quorum.always
        if seat not in filled
    ]
    return f"It had no quorum, so it could not decide: {', and '.join([*few, *empty])}."


def _reminder(case: Case, entry: Entry, directory: Directory) -> Reminder:
    told = Told.model_validate(entry.data["told"])
    offices = [heard.office for heard in told.heard] or [told.office]
    return Reminder(
        number=entry.number,
        at=entry.recorded,
        office=policy(case.policy).together(*offices),
        what=named(case, entry.data["obligation"], directory),
        nobody=not told.heard,
    )


def _corrections(case: Case, entries: Sequence[Entry], directory: Directory) -> Iterator[Moved]:
    """Each correction with the date that stood there before."""
    for entry in entries:
        if entry.kind == "corrected":
            was, now = (datetime.fromisoformat(entry.data[name]) for name in ("was", "at"))
            words = mark_words(case, entry.data["mark"], directory)
            yield Moved(words, was, now, entry.data["fact"], entry.number)
