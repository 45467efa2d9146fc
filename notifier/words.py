"""What a notice says. Templates see an allow-list of fields and nothing else: no name and no word about a child."""

from datetime import datetime
from functools import cache
from pathlib import Path

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from models import shelf
from models.base import Message
from models.case import Case
from models.directory import Directory
from models.obligation import Ended, Obligation
from models.policy import Scope
from models.rights import FOUR_EYES, WAITING
from models.telling import Notice, NoticeKind
from models.time import clock as hour
from models.time import day_of, is_whole_day, london

TEMPLATES = Path(__file__).parent / "templates"
ANSWERS = {WAITING[kind] for kind in FOUR_EYES}
KINDS = {"referral": "Referral", "rapid_review": "Rapid review"}


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
    urgent: bool = False
    over: bool = False
    """Whether it has ended, done or not."""
    done: str = ""
    """The day on which it was done, for whoever was told after it that it was still owed."""
    expected_of: str = ""
    """Who outside is to do it; then nobody here is late."""
    at: str = ""
    outcome: str = ""


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
        "at": clock(datetime.fromisoformat(notice.data["at"])) if "at" in notice.data else "",
        "outcome": _outcome(notice),
        "passed_over": ", ".join(policy.offices[office].title for office in notice.data.get("passed_over", ())),
    }
    one = case.obligations.get(notice.obligation)
    if one is None:
        return Shown.model_validate(base)
    block = shelf.blocks(case.policy, case.kind)[one.block]
    about = case.obligations.get(one.of)
    title = f"{block.title}: {shelf.blocks(case.policy, case.kind)[about.block].title}" if about else block.title
    title = f"{title}, {agency.name}" if about and agency else title
    owner = policy.offices[one.owed_by]
    of_agency = f" of {agency.name}" if agency and owner.scope is Scope.AGENCY else ""
    return Shown(
        **base,
        title=title,
        owed_by=f"{owner.title}{of_agency}",
        due=by(one.due) if one.due else "",
        overdue=one.overdue(now) and not block.expected_of,
        expected_of=block.expected_of,
        overdue_days=max((day_of(now) - day_of(one.due)).days, 0) if one.due and not one.ended else 0,
        missed=int(notice.data.get("missed", 0)),
        handed_on="handed_on" in notice.data and not base["passed_over"],
        others=notice.office != one.owed_by,
        state=state_of(one, now),
        urgent=block.urgent,
        over=one.ended is not None,
        done=day(one.ended_at) if notice.data.get("done") and one.ended_at else "",
    )


def say(notice: Notice, case: Case, directory: Directory, now: datetime) -> Said:
    """The message in plain text."""
    text = _environment().get_template(f"{notice.kind}.txt.jinja").render(it=shown(notice, case, directory, now))
    subject, _, rest = text.strip().partition("\n")
    return Said(subject=subject.strip(), text=rest.strip())


def state_of(one: Obligation, now: datetime) -> str:
    """What has become of an obligation, in words; empty while it is simply owed."""
    if one.ended is Ended.MET:
        return f"This has been {'answered' if one.block in ANSWERS else 'done'}. Nothing more is needed."
    if one.ended is Ended.WITHDRAWN:
        return "This is not owed any more."
    if one.ended is Ended.NOT_GIVEN:
        return "It was recorded that this did not come, and why."
    if one.paused:
        return "The clock of this is suspended."
    if one.dispute:
        return "This is disputed, and the dispute waits for an answer."
    promise = one.live_promise(now)
    return f"It is promised by the end of {day(promise.until)}." if promise else ""


def day(moment: datetime) -> str:
    local = london(moment)
    return f"{local:%A} {local.day} {local:%B %Y}"


def by(due: datetime) -> str:
    """As in "the end of Friday 4 December 2026"; a clock that counts hours names its hour."""
    return f"the end of {day(due)}" if is_whole_day(due) else clock(due)


def clock(moment: datetime) -> str:
    return f"{day(moment)} at {hour(moment)}"


def _outcome(notice: Notice) -> str:
    """What was answered; empty for what nobody has to answer any more."""
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


@cache
def _environment() -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
