"""What a notice says. Templates see an allow-list of fields and nothing else: no name and no word about a child."""

from datetime import datetime
from typing import TypeVar

from jinja2 import TemplateError

from models import shelf
from models.base import Message
from models.case import Case
from models.directory import Directory
from models.disagreement import RISK, Risk
from models.obligation import Ended, Obligation
from models.policy import Policy, Scope
from models.rights import AGENCY_OFFICES, FOUR_EYES, WAITING, KeptOut
from models.telling import Notice, NoticeKind
from models.time import day, day_of, in_full, is_whole_day
from models.titles import titled
from notifier.templating import render

ANSWERS = {WAITING[kind] for kind in FOUR_EYES}
KINDS = {
    "referral": "Referral", "rapid_review": "Rapid review", "practice_review": "Practice review",
    "child_death": "Child death", "register": "Register", "disagreement": "Disagreement",
}  # fmt: skip
NOT_YOURS = "not_yours"
"""The words for whoever has nothing to do with the matter any more, whatever it was."""
UNREADABLE = "This message cannot be shown. Open the case to see what is asked of you."
UNSAYABLE = (ArithmeticError, LookupError, ValueError, TemplateError)
"""What goes wrong with a single message: a date beyond the calendar, an office that no policy names any more."""


class Button(Message):
    """What can be done about a matter, as a button or as a link. `kind`: open, or the command that chat takes."""

    kind: str
    words: str
    url: str
    value: str = ""
    """The key of the notice, for whatever answers in the chat itself."""


class Shown(Message):
    """Every field that a template may use."""

    case: str
    case_kind: str
    title: str = ""
    office: str
    owed_by: str = ""
    agency: str = ""
    due: str = ""
    overdue: bool = False
    overdue_days: int = 0
    missed: int = 0
    passed_over: str = ""
    handed_on: bool = False
    """Whether it was told before to somebody of the same office who takes no part any more."""
    others: bool = False
    """Whether the office that is told is another than the one that owes it."""
    state: str = ""
    """What has become of the matter since: empty while it is owed."""
    status: str = ""
    """The same in a word or two."""
    later: bool = False
    """Whether it waits for a promised day, or has more time: nothing is asked now, but it can be done."""
    lapsed: str = ""
    """The promised day that has passed without its being done."""
    waits_for: str = ""
    """The office that has a request for more time to answer."""
    urgent: bool = False
    over: bool = False
    """Whether it has ended, done or not."""
    done: str = ""
    """The day on which it was done, for whoever was told after it that it was still owed."""
    expected_of: str = ""
    """Who outside is to do it; then nobody here is late."""
    at: str = ""
    outcome: str = ""
    filled: bool = False
    """Whether somebody can be told again in the offices that were passed over."""
    shut: bool = False
    """Whether whoever reads takes no part in the case any more."""
    subject: str = ""
    lines: tuple[str, ...] = ()
    """What the kind's own words say, for the forms that are laid out around them."""
    earlier: int = 0
    """Messages about the same matter in whose place this one is."""
    buttons: tuple[Button, ...] = ()
    block: str = ""
    """By which Slack tells the buttons of one matter from those of another."""
    page: str = ""
    """Where the case is; empty for whoever may not open it."""
    inbox: str = ""

    @property
    def link(self) -> str:
        """Where the case is, if no button leads there."""
        return "" if any(one.url == self.page for one in self.buttons) else self.page

    @property
    def instead(self) -> str:
        """Of what this is in place; empty if it is the only message about its matter."""
        several = "" if self.earlier == 1 else "s"
        said = f"This comes once, in place of {self.earlier} earlier message{several}."
        return said if self.earlier and not self.settled else ""

    @property
    def brief(self) -> str:
        """What it says in one line, among others, below a subject that names its case."""
        first = self.lines[0].removeprefix(f"{self.case_kind} {self.case}: ") if self.lines else ""
        again = f"In place of {self.earlier} earlier." if self.earlier and not self.settled else ""
        return " ".join(filter(None, [f"{first[:1].upper()}{first[1:]}", again]))

    @property
    def brief_lines(self) -> list[str]:
        return self.brief.splitlines()

    @property
    def settled(self) -> bool:
        """Whether it asks for nothing now."""
        return bool(self.state or self.over or self.done or self.filled)

    @property
    def final(self) -> bool:
        """Whether it never asks for anything again: what is promised, disputed or suspended may still."""
        return self.settled and (self.over or not self.title)


class Item(Message):
    """One line of a bulletin, and the page on which it is seen to."""

    words: str
    page: str = ""


class Bulletin(Shown):
    """Every field that a template may use that says something of no case: what the house says by itself.

    `found`: a message that was in doubt is so no more. `plain`: messages went out without their layout. `matter`: what
    the self-check is about; then `what` it found, `why` that matters and what to `do`, or it is `mended`. `more`: so
    many items have no room.
    `broken`: its words could not be made.
    """

    case: str = ""
    case_kind: str = ""
    office: str = ""
    offices: str = ""
    cases: str = ""
    found: bool = False
    plain: bool = False
    matter: str = ""
    what: str = ""
    why: str = ""
    do: str = ""
    mended: bool = False
    open: int = 0
    late: int = 0
    coming: int = 0
    waiting: int = 0
    referrals: int = 0
    reviews: int = 0
    meeting: str = ""
    items: tuple[Item, ...] = ()
    more: int = 0
    broken: bool = False

    @property
    def settled(self) -> bool:
        return self.found or self.mended

    @property
    def final(self) -> bool:
        return self.settled

    @property
    def brief(self) -> str:
        """All of it, also among others: there is no other place for it."""
        return "\n".join(self.lines)


class CaseThread(Shown):
    """Every field that a template may use for the thread of a case. `told`: who was told what, a line each.

    `next`: to what the date belongs, where that is not the stage. `expected`: of somebody outside.
    """

    office: str = ""
    restricted: bool = False
    closed: bool = False
    stage: str = ""
    next: str = ""
    expected: bool = False
    colour: str = ""
    waiting_for: str = ""
    decided: str = ""
    told: tuple[str, ...] = ()


class Several(Message):
    """Every field that a template about several matters may use: each of them, and how many of them ask for something.

    `more`: so many have no room. `brief`: it is the decision brief of somebody who is seldom interrupted; then
    `deciding` of them wait for their decision.
    """

    asking: int
    urgent: int
    brief: bool = False
    deciding: int = 0
    parts: tuple[Shown, ...]
    more: int = 0
    subject: str = ""
    inbox: str


Worded = TypeVar("Worded", bound=Shown)


class Said(Message):
    """A message as people read it."""

    subject: str
    text: str


def shown(notice: Notice, case: Case, directory: Directory, now: datetime) -> Shown:
    """The allow-list, filled with what is true now and not when the notice was written."""
    policy = shelf.policy(case.policy)
    agency = directory.agencies.get(notice.agency)
    base = {
        "case": notice.case,
        "case_kind": KINDS[case.kind],
        "office": policy.offices[notice.office].title,
        "agency": agency.name if agency else "",
        "at": in_full(datetime.fromisoformat(notice.data["at"])) if "at" in notice.data else "",
        "outcome": _outcome(notice, case),
        "urgent": notice.urgent,
        "passed_over": ", ".join(policy.offices[office].title for office in notice.data.get("passed_over", ())),
        "filled": notice.kind is NoticeKind.EMPTY_OFFICE and _is_filled(notice, case, directory, now),
    }
    one = case.obligations.get(notice.obligation)
    if one is None:
        status, state = disagreement_over(case) if notice.kind is NoticeKind.RISK else meeting_over(case, notice)
        return Shown.model_validate({**base, "state": state, "status": status})
    block = shelf.blocks(case.policy, case.kind)[one.block]
    about = case.obligations.get(one.of)
    title = f"{block.title}: {titled(case, about)}" if about else titled(case, one)
    if agency and (about or notice.office not in AGENCY_OFFICES):  # within an agency everybody knows whose it is
        title = f"{title}, {agency.name}"
    owner = policy.offices[one.owed_by]
    of_agency = f" of {agency.name}" if agency and owner.scope is Scope.AGENCY else ""
    state, status = state_of(one, now), status_of(one, now)
    if not state and notice.kind is NoticeKind.OWED and (longer := _longer(notice, one, now)):
        state, status = longer, "more time"
    return Shown.model_validate(
        {
            **base,
            "title": title,
            "owed_by": f"{owner.title}{of_agency}",
            "due": by(one.due) if one.due else "",
            "overdue": one.overdue(now) and not block.expected_of,
            "expected_of": block.expected_of,
            "overdue_days": _days_late(one, now),
            "missed": int(notice.data.get("missed", 0)),
            "handed_on": "handed_on" in notice.data and not base["passed_over"],
            "others": notice.office != one.owed_by,
            "later": status in {"promised", "more time"},
            "lapsed": _lapsed(one, now),
            "waits_for": _asks_time(case, one, policy),
            "state": state,
            "status": status,
            "urgent": block.urgent,
            "over": one.ended is not None,
            "done": day(one.ended_at) if notice.data.get("done") and one.ended_at else "",
        }
    )


def _lapsed(one: Obligation, now: datetime) -> str:
    last = one.promises[-1] if one.promises and not one.ended else None
    return day(last.until) if last and last.until < now else ""


def _asks_time(case: Case, one: Obligation, policy: Policy) -> str:
    """The office for whose answer a request for more time about this waits; empty if there is none."""
    found = (other for other in case.open() if other.of == one.key and other.block == "time_request")
    return next((policy.titled(other.owed_by) for other in found), "")


def _days_late(one: Obligation, now: datetime) -> int:
    """Days since the due day; of a clock that counts hours the whole days since its hour."""
    if one.due is None or one.ended or now < one.due:
        return 0
    return (day_of(now) - day_of(one.due)).days if is_whole_day(one.due) else (now - one.due).days


def not_yours(notice: Notice, case: Case, *, shut: bool) -> Shown:
    """What is left to say to whoever takes no part any more (`shut`), or holds another office: nothing of the matter.

    `state` is set, so that it asks for nothing.
    """
    office = "" if shut else shelf.policy(case.policy).offices[notice.office].title
    return Shown(case=notice.case, case_kind=KINDS[case.kind], office=office, shut=shut, state=NOT_YOURS)


def worded(kind: str, it: Worded) -> Worded:
    """With its subject and its lines, in the words of this kind."""
    subject, text = render(f"{kind}/subject.txt.jinja", it), render(f"{kind}/text.txt.jinja", it)
    lines = tuple(" ".join(line.split()) for line in text.splitlines() if line.strip())
    return it.model_copy(update={"subject": " ".join(subject.split()), "lines": lines})


def say(notice: Notice, case: Case, directory: Directory, now: datetime) -> Said:
    """The message in plain text."""
    return said(worded(notice.kind, shown(notice, case, directory, now)))


def shut(case: Case, notice: Notice) -> Said:
    """What whoever takes no part in the case any more reads in its place."""
    return said(worded(NOT_YOURS, not_yours(notice, case, shut=True)))


def said(it: Shown) -> Said:
    return Said(subject=it.subject, text="\n".join(it.lines))


def unreadable(case: str) -> Said:
    """In place of a message whose words cannot be made: it still says which case it is about."""
    return Said(subject=f"A message about {case}", text=UNREADABLE)


def state_of(one: Obligation, now: datetime) -> str:
    """What has become of an obligation, in words; empty while it is simply owed."""
    if one.ended:
        return {
            Ended.MET: f"This has been {_done(one)}. Nothing more is needed.",
            Ended.WITHDRAWN: "This is not owed any more.",
            Ended.NOT_GIVEN: "It was recorded that this did not come, and why.",
            Ended.COUNTED_ANEW: "This is owed by another date: it was said anew whether a child is at risk now.",
        }[one.ended]
    if one.paused:
        return "The clock of this is suspended."
    if one.dispute:
        return "This is disputed, and the dispute waits for an answer."
    promise = one.live_promise(now)
    return f"It is promised by the end of {day(promise.until)}." if promise else ""


def status_of(one: Obligation, now: datetime) -> str:
    """The same in a word or two, for the head of a message."""
    if one.ended:
        return {
            Ended.MET: _done(one), Ended.WITHDRAWN: "not owed any more", Ended.NOT_GIVEN: "did not come",
            Ended.COUNTED_ANEW: "owed by another date",
        }[one.ended]  # fmt: skip
    if one.paused:
        return "suspended"
    if one.dispute:
        return "disputed"
    return "promised" if one.live_promise(now) else ""


def _done(one: Obligation) -> str:
    return "answered" if one.block in ANSWERS else "done"


def _longer(notice: Notice, one: Obligation, now: datetime) -> str:
    """That it is due later than this notice said, whoever gave the time; empty once that has run out as well."""
    if one.due is None or notice.due is None or one.due <= notice.due or one.overdue(now):
        return ""
    return f"There is more time for this now: it is due by {by(one.due)}."


def meeting_over(case: Case, notice: Notice) -> tuple[str, str]:
    """Why nobody can come any more to the meeting to which this asks, in a word and in a sentence.

    Empty if they can, and for any other notice.
    """
    if notice.kind is not NoticeKind.INVITED:
        return "", ""
    since = {name for name, mark in case.marks.items() if mark.number > notice.fact}
    if "meeting_recorded" in since:
        return "recorded", "This meeting has been recorded."
    if "meeting_arranged" in since:
        return "arranged anew", "The meeting has been arranged anew, so this date does not hold any more."
    return ("called off", "The case is closed, so there is no meeting.") if case.closed else ("", "")


def disagreement_over(case: Case) -> tuple[str, str]:
    """That a disagreement is closed, in a word and in a sentence; empty while it goes on."""
    return ("closed", "The disagreement is closed.") if case.closed else ("", "")


def _is_filled(notice: Notice, case: Case, directory: Directory, now: datetime) -> bool:
    """Whether every office that was passed over has somebody now. Of a seat it is not known of which agency it was."""
    offices = notice.data.get("passed_over", ())
    if not notice.obligation and AGENCY_OFFICES.intersection(offices):
        return False
    kept_out = KeptOut(case, directory, now)
    return all(directory.look_up(office, notice.agency or None, now, kept_out).person for office in offices)


def by(due: datetime) -> str:
    """As in "the end of Friday 4 December 2026"; a clock that counts hours names its hour."""
    return f"the end of {day(due)}" if is_whole_day(due) else in_full(due)


def _outcome(notice: Notice, case: Case) -> str:
    """What was answered, or is so of the risk by now; empty for what nobody has to answer any more."""
    if notice.kind is NoticeKind.RISK:
        return RISK[Risk.NOW if case.said.get("at_risk") else Risk.OVER]
    if notice.kind is not NoticeKind.ANSWERED or "outcome" not in notice.data:
        return ""
    words = {
        "not_owed": "Your dispute was upheld: this is not owed.",
        "done": "Your dispute was upheld: it counts as done.",
        "still_owed": "Your dispute was not upheld: it is still owed.",
        "True": "You have been given more time.",
        "False": "You have not been given more time.",
    }
    return words[notice.data["outcome"]]
