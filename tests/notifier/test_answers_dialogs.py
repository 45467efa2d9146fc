"""Every dialog and every App Home stays within what Slack takes, whatever the policy says."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from models.board import Colour
from models.facts import Problem
from models.policy import ChallengeReason, DisputeReason, Force, Reason, Reasons, ResponseReason
from models.standing import Deadline
from notifier import dialogs, home
from notifier.dialogs import About, Carried, Chosen, View
from policy.reading import read_directory_file
from records.questions import Owed
from tests.support.house import DIRECTORY

LONG = "R" * 75
MOST = 50
REASONS = Reasons(
    dispute=tuple(DisputeReason(id=f"d{n}", title=LONG, ground="done" if n % 2 else "not_ours") for n in range(MOST)),
    ask_time=tuple(Reason(id=f"t{n}", title=LONG) for n in range(MOST)),
    answer_disagreement=tuple(ChallengeReason(id=f"d{n}", title=LONG, answer="partly") for n in range(MOST)),
    respond_disagreement=tuple(ResponseReason(id=f"d{n}", title=LONG, outcome="escalate") for n in range(MOST)),
    source="local_escalation",
    force=Force.LOCAL,
)
CHOSEN = Chosen(until="2026-12-04", reason="d1", title=LONG)
BOUNDS = {"title": 24, "submit": 24, "close": 24, "private_metadata": 3000, "label": 2000, "value": 150, "text": 3000}
"""Characters (docs.slack.dev: views, input block, option, section). Checked for words of any length below."""


def about(kind: str, reasons: Reasons | None = REASONS) -> About:
    return About(
        kind=kind, notice="RR-2026-0004/" + "x" * 180, case="RR-2026-0004", title="T" * 400, due="the end of Friday",
        last=date(2026, 12, 4), today_only=kind == "promise", reasons=reasons, portal="http://p/c", page="http://p",
    )  # fmt: skip


def views(kind: str) -> Iterator[View]:
    problems = ["W" * 200] * 5
    for reasons in (REASONS, None):
        yield dialogs.form(about(kind, reasons))
        yield dialogs.form(about(kind, reasons), CHOSEN, problems)
    yield dialogs.again(kind, "RR-2026-0004/" + "x" * 180, CHOSEN, problems)
    yield dialogs.done(about(kind), CHOSEN)
    yield dialogs.message("This cannot be answered", problems, "http://p")


def too_long(value: Any, name: str = "") -> list[str]:  # noqa: ANN401 -- any JSON value
    """Every text that is longer than Slack takes where it stands."""
    if isinstance(value, dict):
        if value.get("type") == "plain_text":
            return [name] if len(value["text"]) > BOUNDS.get(name, 75) else []
        return [found for key, one in value.items() for found in too_long(one, "option" if "value" in value else key)]
    if isinstance(value, list):
        return [found for one in value for found in too_long(one, name)]
    return [name] if isinstance(value, str) and len(value) > BOUNDS.get(name, 3000) else []


@pytest.mark.promise("G2")
@pytest.mark.parametrize("kind", dialogs.COMMANDS)
def test_every_dialog_is_one_that_slack_takes(kind: str) -> None:
    for view in views(kind):
        assert too_long(view) == []
        assert len(view["blocks"]) <= 100
        asked = [one for one in view["blocks"] if one["type"] == "input"]
        assert bool(asked) <= ("submit" in view)
        for one in asked:
            groups = one["element"].get("option_groups") or [one["element"]]
            assert all(1 <= len(group.get("options", [0])) <= 100 for group in groups)


@pytest.mark.promise("G2")
@pytest.mark.parametrize("kind", dialogs.COMMANDS)
def test_a_dialog_knows_of_itself_only_its_message_and_what_was_chosen(kind: str) -> None:
    carried = Carried.model_validate_json(dialogs.form(about(kind))["private_metadata"])
    assert carried == Carried(notice="RR-2026-0004/" + "x" * 180)
    again = dialogs.again(kind, "RR-2026-0004/k", CHOSEN, ["Not yet confirmed."])
    assert Carried.model_validate_json(again["private_metadata"]) == Carried(notice="RR-2026-0004/k", chosen=CHOSEN)


@pytest.mark.promise("G2")
def test_no_dialog_has_a_place_to_write_freely() -> None:
    elements = {
        block["element"]["type"]
        for kind in dialogs.COMMANDS
        for view in views(kind)
        for block in view["blocks"]
        if block["type"] == "input"
    }
    assert elements == {"datepicker", "static_select"}


def test_a_problem_that_belongs_to_no_question_puts_none_beside_another() -> None:
    date_, whole = Problem(field="until", words="Too far."), Problem(words="Closed.")
    assert dialogs.beside("promise", [date_]) == {"until": "Too far."}
    assert dialogs.beside("promise", [date_, whole]) == {}
    assert dialogs.beside("promise", [Problem(field="reason", words="Choose.")]) == {}
    assert dialogs.beside("dispute", [Problem(field="ground", words="A"), Problem(field="words", words="B")]) == {
        "reason": "A"
    }


@pytest.mark.promise("G10")
def test_app_home_stays_within_what_slack_takes_and_says_what_is_left_out() -> None:
    directory = read_directory_file(DIRECTORY)
    due = Deadline(
        key="k", title="T", owed_by="o", agency="harrowshire-police", due=datetime(2026, 12, 4, 23, 59, 59, tzinfo=UTC),
        colour=Colour.RED, started=datetime(2026, 11, 4, tzinfo=UTC), budget="", used=0, suspended=0, citation="c",
        force="local", next_at=None, next_office="", ended="", ended_at=None, promised=None, disputed=False,
        paused=False, mine=True,
    )  # fmt: skip
    work = [Owed(case=f"RR-2026-{n:04}", kind="rapid_review", deadline=due) for n in range(200)]
    triage = due.model_copy(update={"met_by": "triaged"})
    decisions = [Owed(case=f"LR-2026-{n:04}", kind="referral", deadline=triage) for n in range(200)]
    view = home.home([*work, *decisions], directory, "http://p")
    assert len(view["blocks"]) <= 100
    assert too_long(view) == []
    said = [block["text"]["text"] for block in view["blocks"] if "text" in block]
    assert "RR-2026-0000: T, Harrowshire Police\nDue by the end of Friday 4 December 2026. Overdue." in said
    assert said.count("160 more stand in the portal.") == 2
    assert home.figures([*work, *decisions], "http://p").startswith(
        "You owe: 200. Waiting for your decision: 200. Of all these overdue: 400."
    )
