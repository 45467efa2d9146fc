"""A scenario that a person wrote: every mistake is named with its line, before anything is rehearsed."""

from pathlib import Path

import pytest

from policy.problems import PolicyProblems
from policy.reading import read_scenario
from tests.support.house import POLICY, example_directory, shipped_policy

RULES, PEOPLE = shipped_policy(), example_directory()
SHIPPED = sorted((POLICY.parent / "scenarios").glob("*.yaml"))
GOOD = """title: Mine
starts: 2026-03-02T09:00:00+00:00
lasts: 60 days
outages:
  - {after: 8 working days, lasts: 10 days}
acts:
  - {who: referrer, do: submit_referral, on: referral}
  - {after: 1 working day, who: business_manager, do: triage, on: referral}
  - {after: 2 working days, who: agency_contact/harrowshire-police, do: submit_return}
"""
FAULTS = {
    "an unknown office": ("business_manager,", "busines_manager,", 8, "acts[1].who", "mean `business_manager`?"),
    "an unknown agency": ("harrowshire-police,", "harowshire-police,", 9, "acts[2].who", "Did you mean `harr"),
    "an agency's office without one": ("agency_contact/harrowshire-police", "agency_contact", 9, "acts[2].who", "Say"),
    "an office that is held once": ("business_manager,", "business_manager/x,", 8, "acts[1].who", "once in"),
    "a referrer of an agency": ("who: referrer,", "who: referrer/x,", 7, "acts[0].who", "no office `referrer`"),
    "an unknown command": ("do: triage", "do: triag", 8, "acts[1].do", "Did you mean `triage`?"),
    "a command of another kind": ("do: triage", "do: decide", 8, "acts[1].do", "A referral takes no command `decide`"),
    "an unknown kind": ("triage, on: referral", "triage, on: matter", 8, "acts[1].on", "There is no `matter`"),
    "a length that is negative": ("lasts: 60 days", "lasts: -60 days", 3, "lasts", "Take the minus away"),
    "a length of nothing": ("lasts: 60 days", "lasts: 0 days", 3, "lasts", "more than nothing"),
    "an outage that is negative": ("lasts: 10 days", "lasts: -10 days", 5, "outages[0].lasts", "Take the minus away"),
    "an act before the start": ("after: 1 working day", "after: -1 working day", 8, "acts[1].after", "Take the minus"),
    "a start without a zone": ("09:00:00+00:00", "09:00:00", 2, "starts", "This time has no zone"),
}  # fmt: skip


@pytest.mark.promise("F10")
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_a_scenario_is_named_with_its_line(fault: str) -> None:
    was, now, line, key, words = FAULTS[fault]
    assert GOOD.count(was) == 1
    with pytest.raises(PolicyProblems) as refused:
        read_scenario(GOOD.replace(was, now), "mine.yaml", RULES, PEOPLE)
    (problem,) = refused.value.problems
    assert (problem.line, problem.key) == (line, key)
    assert words in problem.words


@pytest.mark.promise("F10")
def test_all_faults_of_a_scenario_are_named_at_once() -> None:
    text = GOOD.replace("busines", "x").replace("do: triage", "do: triag").replace("09:00:00+00:00", "09:00:00")
    with pytest.raises(PolicyProblems) as refused:
        read_scenario(text, "mine.yaml", RULES, PEOPLE)
    assert [one.line for one in refused.value.problems] == [2, 8, 8]


@pytest.mark.promise("F10")
def test_every_act_for_which_nobody_is_there_on_its_day_is_named_with_its_line() -> None:
    empty = PEOPLE.model_copy(
        update={"holdings": tuple(one for one in PEOPLE.holdings if one.office != "agency_contact")}
    )
    text = GOOD + "  - {after: 3 working days, who: agency_contact/harrowshire-icb, do: submit_return}\n"
    with pytest.raises(PolicyProblems) as refused:
        read_scenario(text, "mine.yaml", RULES, empty)
    assert [(one.line, one.key, one.words) for one in refused.value.problems] == [
        (9, "acts[2].who", "Nobody can act as agency_contact/harrowshire-police: the office is empty on 2026-03-04."),
        (10, "acts[3].who", "Nobody can act as agency_contact/harrowshire-icb: the office is empty on 2026-03-05."),
    ]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_scenario_is_good(path: Path) -> None:
    assert read_scenario(path.read_text(), path.name, RULES, PEOPLE).acts
    assert read_scenario(GOOD, "mine.yaml", RULES, PEOPLE).acts
