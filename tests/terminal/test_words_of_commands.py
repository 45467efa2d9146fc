"""What a command prints for people names things and people as they are called; programs read their names in JSON."""

import json
from io import StringIO

import pytest
from rich.console import Console

from models.tracker_mapping import ReviewKind
from terminal.sheets import table
from terminal.tracker import _kind
from tests.support.running import reviews


@pytest.mark.promise("F10")
def test_a_rehearsal_names_what_is_owed_the_office_and_whoever_hears() -> None:
    told = reviews("rehearse", "owner-leaves").stdout
    title = "Carry out the recommendation and show that it is done: recommendation 1, Harrowshire Police"
    first, later = f"{title}, to Digby Placeholder", f"{title}, to Fitzroy Examplar"
    assert 0 < told.index(first) < told.index(later), "the owner, and after the owner has left the deputy"
    assert f"told: {title} (Owner of the recommendation, Fitzroy Examplar)" in told
    assert "recommended: Harrowshire Police (Business manager, Rosamund Testwick)" in told
    for name in ("deliver/r1", "harrowshire-police", "business_manager", "p-0"):
        assert name not in told
    found = json.loads(reviews("rehearse", "owner-leaves", "--json").stdout)
    assert {"obligation": "deliver/r1", "office": "recommendation_owner"}.items() <= found["timeline"]["steps"][
        4
    ].items()


def test_a_kind_of_review_is_called_as_the_form_calls_it() -> None:
    assert [_kind(one) for one in ReviewKind] == [
        "A serious case review", "A local child safeguarding practice review", "A rapid review", "Audit",
        "Another learning review",
    ]  # fmt: skip


@pytest.mark.parametrize("width", [72, 73, 79, 80, 120])
def test_no_word_of_a_table_is_broken_where_there_is_room_for_it(width: int) -> None:
    words = (
        "Say in the mapping file which agency this is: one of harrow-vale-hospitals, harrowshire-council, and others"
    )
    console = Console(file=StringIO(), width=width, highlight=False, markup=False)
    row = (
        "Tracker!C12, Tracker!C14, Tracker!C15 and 12 more",
        "Owner agency",
        "The trust in the vale of Harrow",
        words,
    )
    table(console, "Problems", ("Cell", "Column", "Found", "What to do"), [row])
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    for whole in ("Tracker!C12", "harrow-vale-hospitals", "harrowshire-council"):
        assert whole in shown
    assert "..." not in shown, "and none is cut"
