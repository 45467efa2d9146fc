"""What messages say: every kind in every state, in plain words, from an allow-list of fields and from nothing else."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from models import shelf
from models.case import Case
from models.clocks import Pause
from models.directory import Directory
from models.obligation import Dispute, Ended, Obligation, Promise
from models.policy import RECOMMENDS, Scope
from models.telling import OF_THE_HOUSE, Notice, NoticeKind
from models.time import at, day_of, end_of
from notifier.templating import TEMPLATES
from notifier.words import KINDS, NOT_YOURS, Button, Said, Several, Shown, say
from tests.support.house import example_directory, shipped_policy

pytestmark = pytest.mark.promise("G8", "G1")

ROOT = Path(__file__).parents[2]
BEGAN = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
NOW = BEGAN + timedelta(days=20)
CANARY = "Zebedee Quoxwell"
POLICY, CALENDAR = shelf.put(shipped_policy())
DIRECTORY: Directory = example_directory()
AGENCY = "harrowshire-police"
AWAITED = "panel_answer"
"""What somebody outside is to do."""
SETTLED = {"done", "withdrawn", "suspended", "disputed", "promised"}

STATES: dict[str, dict[str, Any]] = {
    "owed": {"due": end_of(day_of(NOW + timedelta(days=4)))},
    "due within the hour": {"due": NOW + timedelta(hours=1)},
    "overdue since this morning": {"due": NOW - timedelta(hours=1)},
    "overdue for a day": {"due": end_of(day_of(NOW - timedelta(days=1)))},
    "overdue for long": {"due": end_of(day_of(NOW - timedelta(days=9)))},
    "without a date": {"due": None},
    "done": {"due": NOW, "ended": Ended.MET, "ended_at": NOW},
    "withdrawn": {"due": NOW, "ended": Ended.WITHDRAWN, "ended_at": NOW},
    "suspended": {"due": None, "pauses": (Pause(since=BEGAN),)},
    "disputed": {"due": NOW, "dispute": Dispute(office="agency_contact", person=CANARY, ground="not_ours", rung=0)},
    "promised": {
        "due": NOW,
        "promises": (Promise(office="agency_contact", person=CANARY, made=BEGAN, until=NOW + timedelta(days=2)),),
    },
    "promised in vain": {
        "due": NOW,
        "promises": (Promise(office="agency_contact", person=CANARY, made=BEGAN, until=BEGAN, missed=True),),
    },
}
DATA: dict[NoticeKind, list[dict[str, Any]]] = {
    NoticeKind.OWED: [
        {"missed": missed, "passed_over": passed}
        for missed in (0, 3)
        for passed in ([], ["agency_contact"], ["agency_contact", "agency_lead"])
    ]
    + [{"handed_on": True, "passed_over": passed} for passed in ([], ["agency_contact"])],
    NoticeKind.EMPTY_OFFICE: [{"passed_over": ["agency_contact"]}, {"passed_over": ["agency_contact", "agency_lead"]}],
    NoticeKind.MOVED: [{}, {"done": True}],
    NoticeKind.ANSWERED: [
        {},
        *({"outcome": outcome} for outcome in ("not_owed", "done", "still_owed", "True", "False")),
    ],
    NoticeKind.RISK: [{}],
    NoticeKind.INVITED: [{"at": at(day_of(NOW), BEGAN.time()).isoformat()}],
}


def obligations(lifecycle: str) -> Iterator[Obligation]:
    """One of each block that this kind of case has; an answer is about something that the first agency owes."""
    answers = shelf.policy(POLICY).lifecycles["any"]
    for name, block in shelf.blocks(POLICY, lifecycle).items():
        agency = AGENCY if block.each == "agency" or name in answers else ""
        yield Obligation(
            key=name,
            block=name,
            owed_by=block.owed_by,
            agency=agency,
            of="triage" if name in answers and lifecycle == "referral" else "agency_return" if name in answers else "",
            opened=BEGAN,
            mark=block.starts,
            start=BEGAN,
            due=None,
            rungs=(),
        )


def elsewhere(lifecycle: str, block: str) -> bool:
    """Whether what several kinds of case may owe is owed in another of them, when they take turns."""
    book = shelf.policy(POLICY).lifecycles
    of_each = {"recommendation": sorted(RECOMMENDS), "any": ["practice_review", "register", "disagreement"]}
    for part, kinds in of_each.items():
        if block in book[part] and lifecycle in kinds:
            return kinds[list(book[part]).index(block) % len(kinds)] != lifecycle
    return False


WHOLE = pytest.fixture(
    scope="module", params=[pytest.param(False, id="by turns"), pytest.param(True, id="whole", marks=pytest.mark.proof)]
)
"""For what is made of every notice: shared blocks in one kind of case each, or in every one."""


def every(*, whole: bool = True) -> Iterator[tuple[str, str, Notice, Case]]:
    """Every notice that there can be: by kind of case, by kind of notice, by what it is about and how that stands."""
    for lifecycle in KINDS:
        owed = {one.key: one for one in obligations(lifecycle)}
        for key, one in owed.items():
            if not whole and elsewhere(lifecycle, one.block):
                continue
            for state, change in STATES.items():
                told = {**owed, key: one.model_copy(update=change)}
                ref = "LR-2026-0007" if lifecycle == "referral" else "RR-2026-0004"
                case = Case(
                    ref=ref,
                    kind=lifecycle,
                    policy=POLICY,
                    calendar=CALENDAR,
                    opened=BEGAN,
                    obligations=told,
                    said={"event": CANARY, "children": [CANARY]},
                )
                for kind, data in ((kind, one) for kind, several in DATA.items() for one in several):
                    for office in dict.fromkeys((one.owed_by, "independent_chair")):
                        notice = Notice(
                            key="k",
                            kind=kind,
                            case=ref,
                            fact=7,
                            obligation=key,
                            office=office,
                            agency=one.agency,
                            person="p-005",
                            rung_at=NOW,
                            wake_at=NOW,
                            due=one.due,
                            data={**data, "words": CANARY, "name": CANARY},
                        )
                        yield f"{lifecycle} {kind} {key} {state}", state, notice, case


@WHOLE
def said(request: pytest.FixtureRequest) -> list[tuple[str, str, Notice, Said]]:
    all_of_it = every(whole=request.param)
    return [(name, state, notice, say(notice, case, DIRECTORY, NOW)) for name, state, notice, case in all_of_it]


def test_every_kind_in_every_state_can_be_said(said: list[tuple[str, str, Notice, Said]]) -> None:
    """Templates are strict: a field that is not there would be an error."""
    assert len(said) > 5_000
    assert {notice.kind for _, _, notice, _ in said} == set(NoticeKind) - OF_THE_HOUSE
    assert {path.name for path in TEMPLATES.iterdir()} == {
        *NoticeKind,
        NOT_YOURS,
        "several",
        "layout",
        "thread",
        "thread_reply",
    }


def test_nothing_personal_gets_in(said: list[tuple[str, str, Notice, Said]]) -> None:
    """Not a child, not what somebody wrote, and of people not even who holds an office."""
    names = {CANARY, *(person.name for person in DIRECTORY.people.values()), *DIRECTORY.people}
    for name, _, _, one in said:
        assert not [word for word in names if word in f"{one.subject} {one.text}"], name


MACHINE = re.compile(r"[{}<>_%|]|\b(None|True|False|undefined|null|nan)\b|\d{4}-\d{2}-\d{2}|  |\.\.|,\.|\( *\)| [,.:]")


def test_what_is_said_is_plain(said: list[tuple[str, str, Notice, Said]]) -> None:
    for name, _, notice, one in said:
        assert notice.case in one.subject, name
        assert one.text, name
        assert "\n" not in one.subject, name
        assert len(one.subject) <= 160, (name, one.subject)
        for line in (one.subject, *one.text.splitlines()):
            assert not MACHINE.search(line), (name, line)
        for line in filter(None, one.text.splitlines()):
            assert line[0].isupper(), (name, line)
            assert line.endswith("."), (name, line)
            for sentence in re.split(r"(?<=[.])\s+", line):
                assert len(sentence.split()) <= 45, (name, sentence)


def test_a_demand_says_how_the_matter_stands_now(said: list[tuple[str, str, Notice, Said]]) -> None:
    """A message never shows an open demand for something done, and never two answers at once."""
    words = {
        "done": "This has been done.",
        "withdrawn": "This is not owed any more.",
        "suspended": "suspended",
        "disputed": "disputed",
        "promised": "It is promised",
        "overdue for long": "9 days ago",
        "overdue for a day": "1 day ago",
        "owed": "by the end of",
        "due within the hour": "at 11:00am",
        "overdue since this morning": "it was due by",
    }
    for name, state, notice, one in said:
        if notice.kind is not NoticeKind.OWED or notice.obligation == AWAITED:
            continue
        answered = state == "done" and notice.obligation.partition("/")[0] in {"dispute", "time_request"}
        assert ("This has been answered." if answered else words.get(state, "")) in one.text, (name, one.text)
        settled = state in SETTLED
        assert ("owe this" in one.text or "owes this" in one.text) != settled, (name, one.text)
        assert ("overdue" in one.subject) == state.startswith("overdue") or state == "promised in vain", (
            name,
            one.subject,
        )


@pytest.mark.promise("B9")
def test_what_is_awaited_from_outside_is_never_overdue_of_anybody(said: list[tuple[str, str, Notice, Said]]) -> None:
    about = ((state, notice, one) for _, state, notice, one in said if notice.kind is NoticeKind.OWED)
    awaited = [(state, one) for state, notice, one in about if notice.obligation == AWAITED]
    assert {state for state, _ in awaited} >= {"owed", "overdue for long"}
    for state, one in awaited:
        assert not re.search("overdue|owes? this", f"{one.subject} {one.text}"), one.text
        assert ("waits for the national panel" in one.text) != (state in SETTLED), one.text


def test_an_agency_is_named_only_with_offices_of_an_agency(said: list[tuple[str, str, Notice, Said]]) -> None:
    offices = shelf.policy(POLICY).offices
    alone = [office.title for office in offices.values() if office.scope is Scope.PARTNERSHIP]
    for name, _, _, one in said:
        assert not [title for title in alone if f"{title} of Harrowshire" in one.text], (name, one.text)


def test_the_allow_list_has_no_place_for_words_of_a_person() -> None:
    """Each field is a reference, a date, a count, a yes or no, or a word of the policy or the directory of agencies."""
    assert set(Shown.model_fields) == {
        "case",
        "case_kind",
        "title",
        "office",
        "owed_by",
        "agency",
        "due",
        "overdue",
        "overdue_days",
        "missed",
        "passed_over",
        "later",
        "lapsed",
        "waits_for",
        "handed_on",
        "others",
        "state",
        "urgent",
        "done",
        "expected_of",
        "at",
        "outcome",
        "over",
        "status",
        "filled",
        "shut",
        "subject",
        "lines",
        "earlier",
        "buttons",
        "block",
        "page",
        "inbox",
    }
    assert set(Button.model_fields) == {"kind", "words", "url", "value"}
    assert set(Several.model_fields) == {
        "asking", "urgent", "brief", "deciding", "parts", "more", "subject", "inbox",
    }  # fmt: skip
