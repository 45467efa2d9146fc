"""Which files a command names, and which of them it may."""

from typing import ClassVar

import pytest

from models.case import Case
from models.command import Command, FileId, Line, Part, asks
from models.files import (
    FOUND_BAD,
    NOT_SCANNED,
    STRANGE,
    FileState,
    KeptFile,
    accepted_file,
    asks_files,
    files_named,
    may_open,
    strange_files,
    unread,
)  # fmt: skip
from models.recommended import Evidence, Kind, Recommendation
from models.rights import Actor, Held
from tests.support.core import CALENDAR_NAME, MONDAY, POLICY_NAME

pytestmark = pytest.mark.promise("E4")
ONE, TWO = "1" * 32, "2" * 32


class Measure(Part):
    name: Line = asks("What was measured")
    proof: FileId = asks("What shows it", file=True, default="")


class Attach(Command):
    KIND: ClassVar[str] = "attach"
    FACT: ClassVar[str] = "attached"
    TITLE: ClassVar[str] = "Attach evidence"
    report: FileId = asks("The report", file=True)
    measures: tuple[Measure, ...] = asks("The measures", default=())


class Plain(Command):
    KIND: ClassVar[str] = "plain"
    FACT: ClassVar[str] = "plain"
    TITLE: ClassVar[str] = "Plain"
    words: Line = asks("What happened")


BODY = {"report": ONE, "measures": [{"name": "a", "proof": ""}, {"name": "b", "proof": TWO}]}


def test_every_file_that_a_command_names_is_found_also_in_rows() -> None:
    assert asks_files(Attach)
    assert list(files_named(Attach, BODY)) == [("report", ONE), ("measures.1.proof", TWO)]
    assert not asks_files(Plain)
    assert list(files_named(Plain, {"words": ONE})) == []


def test_a_file_that_is_not_among_those_that_can_be_given_is_said_beside_its_question() -> None:
    assert strange_files(Attach, BODY, {ONE, TWO}) == []
    assert [(one.field, one.words) for one in strange_files(Attach, BODY, {ONE})] == [("measures.1.proof", STRANGE)]
    assert len(strange_files(Attach, BODY, ())) == 2


@pytest.mark.parametrize("wrong", ["report.pdf", "../" + "1" * 29, "1" * 33, "A" * 32, f"{ONE}\n"])
def test_an_id_is_written_as_it_was_given(wrong: str) -> None:
    with pytest.raises(ValueError, match="report"):
        Attach(report=wrong)
    assert Attach(report="").report == ""


def shown(agency: str = "harrowshire-police") -> Case:
    """A register with one recommendation, for which somebody gave a file as evidence."""
    given = Evidence(measure="m1", kind=Kind.DELIVERY, by="p-900", given=MONDAY, file=ONE)
    one = Recommendation(agency=agency, due=MONDAY.date(), made=MONDAY, fact=2, evidence={"e1": given, "e2": given})
    return Case(
        ref="RG-2026-0001", kind="register", policy=POLICY_NAME, calendar=CALENDAR_NAME, opened=MONDAY,
        recommendations={"r1": one},
    )  # fmt: skip


def test_only_accepting_evidence_asks_for_its_file_and_only_if_it_has_one() -> None:
    case, body = shown(), {"item": "r1", "evidence": "e1"}
    assert accepted_file(case, "accept_evidence", body) == ONE
    assert accepted_file(case, "return_evidence", body) == ""
    assert accepted_file(case, "accept_evidence", {"item": "r1", "evidence": "e9"}) == ""
    assert accepted_file(case, "accept_evidence", {"item": "r9", "evidence": "e1"}) == ""


@pytest.mark.parametrize("state", [*FileState, None])
def test_what_nobody_can_have_read_is_not_accepted(state: FileState | None) -> None:
    said = [(one.field, one.words) for one in unread(state)]
    words = {FileState.WAITING: NOT_SCANNED, FileState.REFUSED: FOUND_BAD, None: FOUND_BAD}
    assert said == ([("evidence", words[state])] if state in words else [])


@pytest.mark.promise("E9")
@pytest.mark.parametrize(
    ("person", "office", "agency", "may"),
    [
        ("p-900", "", "", True),  # who gave it, and holds nothing any more
        ("p-901", "agency_contact", "harrowshire-police", True),
        ("p-901", "agency_lead", "harrowshire-police", True),
        ("p-901", "subgroup_chair", "", True),
        ("p-901", "agency_contact", "harrowshire-schools", False),
        ("p-901", "administrator", "", False),
        ("p-901", "", "", False),
    ],
)
def test_evidence_is_read_by_whoever_gave_it_its_agency_and_whoever_sees_the_whole_case(
    person: str,
    office: str,
    agency: str,
    may: bool,  # noqa: FBT001 -- expected
) -> None:
    held = (Held(office=office, agency=agency),) if office else ()
    file = KeptFile(
        id=ONE, case="RG-2026-0001", owner="p-900", kept=MONDAY, size=1, media="-", state=FileState.CLEAN, name="-"
    )
    actor = Actor(person=person, offices=held)
    assert may_open(actor, shown(), file, MONDAY) is may
    locked = shown().model_copy(update={"said": {"locked_out": (person,)}})
    assert may_open(actor, locked, file, MONDAY) is (person == file.owner)


def test_a_file_that_is_evidence_of_nothing_is_not_read_by_the_agency() -> None:
    file = KeptFile(
        id=TWO, case="RG-2026-0001", owner="p-900", kept=MONDAY, size=1, media="-", state=FileState.CLEAN, name="-"
    )
    contact = Actor(person="p-901", offices=(Held(office="agency_contact", agency="harrowshire-police"),))
    assert not may_open(contact, shown(), file, MONDAY)
