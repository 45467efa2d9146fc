"""What is found to be the same incident joins the earlier case: its own duties end, its referrer is told."""

import pytest

from models.family import kin
from models.referral import Route, later, leads
from tests.support.core import MANAGER, Play, Refused, referral, triage_answers

EARLIER = "LR-2025-0412"
pytestmark = pytest.mark.promise("A6")


def same(play: Play, other: str = EARLIER, *, is_same: bool = True) -> object:
    return play.act(MANAGER, "decide_duplicate", other=other, same=is_same, reason="The mother confirmed it.")


def owed(play: Play) -> set[str]:
    return {one.block for one in play.case.open()}


def test_a_referral_that_is_the_same_joins_the_earlier_case_and_owes_only_that_its_referrer_is_told() -> None:
    play = referral()
    same(play)
    assert leads(play.case.said, Route.JOINED) == {EARLIER}
    assert kin(play.case) == {EARLIER}
    assert owed(play) == {"tell_referrer"}
    play.act(MANAGER, "tell_referrer", how="phone", words="It belongs to a review.")
    assert play.case.closed


def test_children_who_are_not_known_to_be_safe_are_asked_after_all_the_same() -> None:
    play = referral(others="yes", siblings_safe="not_known")
    same(play)
    assert owed(play) == {"tell_referrer", "siblings_safety"}


@pytest.mark.parametrize("route", ["pass_on", "alternative_review"])
def test_what_its_triage_made_owed_ends_when_it_is_found_to_be_the_same(route: str) -> None:
    play = referral()
    play.act(MANAGER, "triage", **triage_answers(route))
    assert len(owed(play)) == 2
    same(play)
    assert owed(play) == {"tell_referrer"}


def test_what_has_a_review_of_its_own_keeps_it() -> None:
    play = referral()
    play.act(MANAGER, "triage", **triage_answers())
    same(play)
    assert play.case.said["routes"] == {"1": "rapid_review"}
    assert play.case.said["duplicates"] == {EARLIER: True}


def test_not_the_same_changes_nothing_but_is_kept() -> None:
    play = referral()
    before = owed(play)
    same(play, is_same=False)
    assert owed(play) == before
    assert play.case.said["duplicates"] == {EARLIER: False}


def test_the_earlier_referral_does_not_join_the_later() -> None:
    with pytest.raises(Refused, match="was received later"):
        same(referral(), "LR-2026-0002")


def test_what_has_joined_is_taken_apart_by_a_triage_of_its_own() -> None:
    play = referral()
    same(play)
    with pytest.raises(Refused, match="Reopen it"):
        same(play, is_same=False)
    play.act(MANAGER, "reopen", reason="They are cousins.")
    same(play, is_same=False)
    play.act(MANAGER, "triage", **triage_answers())
    assert play.case.said["routes"] == {"1": "rapid_review"}


def test_references_are_ordered_by_year_and_number() -> None:
    assert later("LR-2026-0001", "LR-2025-0412")
    assert later("LR-2026-10000", "LR-2026-9999")
    assert not later("LR-2026-0001", "LR-2026-0001")
    assert not later("RR-2026-0004", "LR-2026-0001")
