"""Which files a command names, and which of them it may."""

from typing import ClassVar

import pytest

from models.command import Command, FileId, Line, Part, asks
from models.files import STRANGE, asks_files, files_named, strange_files

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
