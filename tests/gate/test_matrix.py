"""Every person by every command about a recommendation, and every command of the new kinds of case, as the table says.

The pure form: rights, then state, as every door asks. What is expected stands in tests/gate/expected.py.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pytest

from models.case import Case
from models.doing import meets
from models.lifecycles import COMMANDS, OPENINGS, REFERRING
from models.recommending import KINDS
from models.rights import Access, acts, may_open
from tests.gate.expected import (
    HOLDERS,
    IN_DEPTH,
    LIFTS_RISK,
    OF_LEADS,
    ONCE,
    ONLY_WHERE_NAMED,
    OPENED_BY,
    PARTY,
    SUBGROUP,
    SUBGROUP_OWES,
    Why,
)
from tests.gate.people import OTHER, OWN, PEOPLE
from tests.gate.situations import READY, Roles, beside, brought_to, command_of, given_by, roles_with, second_rules
from tests.support.core import CALENDAR_NAME, MANAGER, MONDAY, POLICY, POLICY_NAME, Play, Refused

pytestmark = pytest.mark.promise("E3", "K2")
brought = cache(brought_to)


rules = cache(second_rules)


@cache
def answers_of(line: str) -> dict[str, Any]:
    """Good answers; a name that hangs on the rules is found out here."""
    named = dict(zip(("policy", "calendar"), rules(), strict=True))
    answers = dict(READY[line][1])
    return {name: named.get(name, said) if said == "another" else said for name, said in answers.items()}


def play_of(line: str, roles: Roles) -> Play:
    return beside(brought(READY[line][0], roles))


@cache
def restricted(line: str, roles: Roles) -> Play:
    play = play_of(line, roles)
    play.act(MANAGER, "restrict", restricted=True, reason="R.")
    return play


def why(problems: list[Any]) -> Why | str:
    """The kind of a refusal, by its words."""
    words = "; ".join(one.words for one in problems)
    return next((kind for kind in Why if kind in words), words)


def expected(line: str, who: str) -> Why | None:
    row = IN_DEPTH[line]
    if who in row.may:
        return None
    return next((kind for kind, people in row.why.items() if who in people), Why.OFFICE)


def cells(lines: Iterator[str] | None = None) -> Iterator[tuple[str, str]]:
    return ((line, who) for line in (lines or IN_DEPTH) for who in PEOPLE)


def found(play: Play, line: str, who: str) -> Why | str | None:
    """What the core says; if it refuses, nothing has changed."""
    before = play.case
    problems = given_by(PEOPLE[who].actor, play, command_of(line), answers_of(line))
    if problems:
        assert (play.case, play.facts) == (before, [])
        return why(problems)
    assert (len(play.facts), play.case.known) == (1, before.known + 1)
    return None


def told(wrong: Mapping[tuple[str, str], object]) -> str:
    return "\n".join(f"{line} by {who}: {said!s}" for (line, who), said in wrong.items())


def test_every_command_about_a_recommendation_has_its_line() -> None:
    asked_of_all = {kind for kind in COMMANDS["register"] if kind in COMMANDS["disagreement"]} - {"reopen"}
    missing = (KINDS | asked_of_all) ^ {command_of(line) for line in IN_DEPTH}
    assert not missing, f"Write in IN_DEPTH of tests/gate/expected.py who may give {sorted(missing)}, and who may not."
    assert set(READY) == set(IN_DEPTH), "Write in READY of tests/gate/situations.py where each line can be tried."


def test_every_office_of_the_policy_is_held_by_somebody_of_the_table() -> None:
    held = {one.office for somebody in PEOPLE.values() for one in somebody.offices}
    assert held == set(POLICY.offices), (
        "Seat somebody in it in tests/gate/people.py, and say in expected.py what they may."
    )


def test_the_table_names_only_people_that_there_are_and_nobody_twice() -> None:
    for line, row in IN_DEPTH.items():
        named = [*row.may, *(who for people in row.why.values() for who in people)]
        assert sorted(set(named)) == sorted(named), line
        assert set(named) <= set(PEOPLE), line


@pytest.mark.promise("E6")
def test_whoever_owes_something_of_a_recommendation_may_give_what_meets_it() -> None:
    cannot = {
        name: (block.owed_by, meets("register", block.met_by))
        for name, block in POLICY.lifecycles["recommendation"].items()
        if HOLDERS[block.owed_by] not in IN_DEPTH[meets("register", block.met_by)].may
    }
    assert cannot == {}


def test_whoever_is_not_expected_is_refused_with_the_reason_and_nothing_changes() -> None:
    wrong = {}
    for line, who in cells():
        said = found(play_of(line, roles_with(PEOPLE[who])), line, who)
        if said != expected(line, who):
            wrong[line, who] = said or "allowed"
    assert not wrong, told(wrong)


@pytest.mark.promise("K4")
def test_a_restricted_case_is_for_those_alone_who_are_named_there() -> None:
    wrong = {}
    for line, who in cells():
        play = restricted(line, roles_with(PEOPLE[who]))
        let = ONLY_WHERE_NAMED | PARTY | (SUBGROUP if line in SUBGROUP_OWES else frozenset())
        wanted = expected(line, who) if who in let else Why.RESTRICTED
        if (said := found(beside(play), line, who)) != wanted:
            wrong[line, who] = said or "allowed"
    assert not wrong, told(wrong)


@pytest.mark.promise("K4")
def test_whoever_is_locked_out_gives_nothing_whatever_they_are_to_it() -> None:
    wrong = {}
    for line, who in cells():
        play = play_of(line, roles_with(PEOPLE[who]))
        play.case = play.case.model_copy(update={"said": {**play.case.said, "locked_out": (PEOPLE[who].person,)}})
        if (said := found(beside(play), line, who)) is not Why.LOCKED_OUT:
            wrong[line, who] = said or "allowed"
    assert not wrong, told(wrong)


@pytest.mark.promise("K4")
def test_whoever_was_let_in_for_a_time_reads_and_gives_no_more_than_before() -> None:
    wrong = {}
    for line, who in cells():
        play = play_of(line, roles_with(PEOPLE[who]))
        until = {PEOPLE[who].person: (play.now.date()).isoformat()}
        play.case = play.case.model_copy(update={"said": {**play.case.said, "let_in": until}})
        wanted = expected(line, who)
        if (said := found(beside(play), line, who)) is wanted:
            continue
        # Read on, they hear whose it is.
        whose = {Why.ANOTHER_AGENCY, Why.OWN_AGENCY, Why.NAMED_FOR_IT}
        opened_up = wanted is Why.OFFICE and said in whose
        if not opened_up:
            wrong[line, who] = said or "allowed"
    assert not wrong, told(wrong)


def case_of(kind: str) -> Case:
    """A case of this kind that knows whom it is about; where it stands does not matter for who may."""
    police, other = {"agency": OWN}, {"agencies": (OTHER,)}
    about: dict[str, dict[str, Any]] = {
        "rapid_review": {"agencies": (OWN,)},
        "practice_review": {
            "agencies": (OWN, "harrowshire-council"),
            "said": {"reviewer": PEOPLE["reviewer"].person, "coroners_reports": {"k1": police}},
        },
        "child_death": {"agencies": (OWN,)},
        "register": {},
        "disagreement": {**other, "said": {"raised_by": OWN, "challenged": OTHER}},
    }
    return Case(
        ref="XX-2026-0001", kind=kind, policy=POLICY_NAME, calendar=CALENDAR_NAME, opened=MONDAY, known=1, **about[kind]
    )


ONE_HAT = [who for who, somebody in PEOPLE.items() if len(somebody.offices) < 2 and not somebody.relation]


def test_every_other_command_of_the_new_kinds_of_case_has_its_line() -> None:
    in_depth = {command_of(line) for line in IN_DEPTH}
    kinds = ("practice_review", "child_death", "register", "disagreement")
    new = {(kind, name) for kind in kinds for name in COMMANDS[kind]}
    missing = {one for one in new if one[1] not in in_depth} - ONCE.keys()
    assert not missing, f"Write in ONCE of tests/gate/expected.py who may give {sorted(missing)}."
    gone = {(kind, name) for kind, name in ONCE if name not in COMMANDS[kind]}
    assert not gone, f"There is no such command any more: {sorted(gone)}."
    assert set(OPENED_BY) == OPENINGS.keys() - {REFERRING}, "Write in OPENED_BY of tests/gate/expected.py who may."


@pytest.mark.parametrize(("kind", "command"), ONCE)
def test_the_commands_of_the_new_kinds_of_case_are_given_by_those_alone(kind: str, command: str) -> None:
    speaks = OTHER if command == "answer_disagreement" else OWN
    body = {"agency": speaks, "item": "k1"}
    said = {who: acts(PEOPLE[who].actor, case_of(kind), Access(), command, body) for who in ONE_HAT}
    assert {who for who, office in said.items() if isinstance(office, str)} == ONCE[kind, command]
    refused = {who: one.words for who, one in said.items() if not isinstance(one, str)}
    assert {who for who, words in refused.items() if not re.search("does not allow|your own agency", words)} == set()


@pytest.mark.promise("F14")
def test_a_disagreement_that_has_come_to_the_leads_is_theirs_alone() -> None:
    play = Play(Case(**{**case_of("disagreement").model_dump(), "known": 0, "said": {}}), MONDAY)
    play.actors = {one.person: one.actor for one in PEOPLE.values()}
    spoken: dict[str, tuple[str, dict[str, Any]]] = {
        "answer_disagreement": (OTHER, {"answer": "disagrees"}), "respond_disagreement": (OWN, {"outcome": "escalate"}),
    }  # fmt: skip
    of = {(OWN, "contact"): "contact", (OWN, "lead"): "lead", (OTHER, "contact"): "contact of another"}
    of[OTHER, "lead"] = "lead of another"

    def say(command: str, office: str) -> None:
        agency, answers = spoken[command]
        play.act(PEOPLE[of[agency, office]].person, command, agency=agency, words="W.", **answers)

    raised = {"agency": OWN, "challenged": OTHER, "at_risk": "no", "about": "A.", "wanted": "W."}
    play.act(PEOPLE["contact"].person, "raise_disagreement", **raised)
    for command in spoken:
        say(command, "contact")
    for command, (agency, _) in spoken.items():
        said = {who: acts(PEOPLE[who].actor, play.case, Access(), command, {"agency": agency}) for who in ONE_HAT}
        assert {who for who, office in said.items() if isinstance(office, str)} == OF_LEADS[command]
        with pytest.raises(Refused, match="Your agency’s lead, or their deputy, has to say this"):
            say(command, "contact")
        say(command, "lead")


@pytest.mark.promise("F14")
def test_that_no_child_is_at_risk_any_more_is_said_by_those_alone_and_never_by_the_side_that_is_challenged() -> None:
    case = case_of("disagreement")
    at_risk = case.model_copy(update={"said": {**case.said, "at_risk": True}})
    said = {who: acts(one.actor, at_risk, Access(), "change_risk", {}) for who, one in PEOPLE.items()}
    assert {who for who, office in said.items() if isinstance(office, str)} == LIFTS_RISK


@pytest.mark.parametrize("command", OPENED_BY)
def test_cases_are_opened_by_those_alone(command: str) -> None:
    said = {who: may_open(PEOPLE[who].actor, command, {"agency": OWN}) for who in ONE_HAT}
    assert {who for who, office in said.items() if isinstance(office, str)} == OPENED_BY[command]
