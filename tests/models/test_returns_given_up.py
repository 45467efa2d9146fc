"""A request wrongly made is taken back; an agency that stays silent is recorded as not contributing."""

from collections.abc import Callable

import pytest

from models.obligation import Ended
from models.rapid_review import asked as asked_agencies
from models.rapid_review import gave_none
from models.rights import Actor, Held, access_of, asked_for, reads, whole
from models.telling import NoticeKind
from tests.support.core import (
    CHAIR,
    MANAGER,
    MONDAY,
    Play,
    Refused,
    asked,
    decision_answers,
    holder,
    meeting_answers,
)

POLICE, ICB = "harrowshire-police", "harrowshire-icb"
RETURN = f"agency_return/{POLICE}"
CONTACT = holder("agency_contact", POLICE)


def withdraw(play: Play) -> object:
    return play.act(MANAGER, "withdraw_request", agency=POLICE, reason="It covers another county.")


def give_up(play: Play) -> object:
    return play.act(MANAGER, "record_no_return", agency=POLICE, reason="No answer, from its board neither.")


def until_the_chair_is_told(play: Play) -> Play:
    while not play.case.obligations[RETURN].again:
        play.wait(days=1)
    return play


def taken_back(play: Play) -> set[str]:
    return {one.office for one in play.notices if one.kind is NoticeKind.MOVED and one.obligation == RETURN}


@pytest.mark.promise("B2")
def test_a_request_wrongly_made_is_owed_no_more_and_whoever_was_asked_is_told() -> None:
    play = asked(agencies=(POLICE, ICB))
    play.speak()
    withdraw(play)
    one = play.case.obligations[RETURN]
    assert (one.ended, one.speaks()) == (Ended.WITHDRAWN, None)
    assert taken_back(play) == {"agency_contact"}
    assert asked_agencies(play.case) == {ICB}


@pytest.mark.promise("B2")
def test_an_agency_that_is_not_asked_any_more_gives_no_return_and_is_not_invited_but_can_be_asked_again() -> None:
    play = asked(agencies=(POLICE, ICB))
    withdraw(play)
    with pytest.raises(Refused, match="has not been asked"):
        play.act(CONTACT, "submit_return", agency=POLICE, holds="nothing")
    play.act(MANAGER, "arrange_meeting", at=MONDAY.replace(day=12), place="Room 2")
    contacts = {one.agency for one in play.notices if one.kind is NoticeKind.INVITED and one.office == "agency_contact"}
    assert contacts == {ICB}
    play.act(MANAGER, "request_information", agencies=[POLICE])
    play.act(CONTACT, "submit_return", agency=POLICE, holds="nothing")


@pytest.mark.promise("B2")
def test_withdrawing_ends_the_dispute_that_says_the_same() -> None:
    play = asked(agencies=(POLICE, ICB))
    play.act(CONTACT, "dispute", obligation=RETURN, ground="not_ours", words="w")
    withdraw(play)
    assert all(one.ended for one in play.case.obligations.values() if one.agency == POLICE)


@pytest.mark.promise("B2")
@pytest.mark.parametrize("again", [withdraw, give_up])
def test_only_a_return_that_is_owed_is_given_up(again: Callable[[Play], object]) -> None:
    play = asked(agencies=(POLICE, ICB))
    play.act(CONTACT, "submit_return", agency=POLICE, holds="nothing")
    play.wait(days=30)
    with pytest.raises(Refused, match="owes no return"):
        again(play)
    withdrawn = asked()
    withdraw(withdrawn)
    with pytest.raises(Refused, match="No agency owes a return"):
        again(withdrawn)


@pytest.mark.promise("B3")
def test_no_agency_is_given_up_before_the_last_office_of_its_ladder_was_told() -> None:
    play = asked()
    with pytest.raises(Refused, match="overdue, everybody on its ladder"):
        give_up(play)
    due = play.case.obligations[RETURN].due
    assert due
    play.until(due.replace(microsecond=0))
    play.wait(hours=12)
    with pytest.raises(Refused, match="overdue, everybody on its ladder"):
        give_up(play)
    until_the_chair_is_told(play)
    give_up(play)
    one = play.case.obligations[RETURN]
    assert (one.ended, one.speaks()) == (Ended.NOT_GIVEN, None)
    assert taken_back(play) == {"agency_contact", "agency_lead", "independent_chair"}
    assert gave_none(play.case) == [POLICE]


@pytest.mark.promise("B3")
def test_an_agency_that_disputes_is_answered_before_it_is_given_up() -> None:
    play = until_the_chair_is_told(asked(agencies=(POLICE, ICB)))
    play.act(CONTACT, "dispute", obligation=RETURN, ground="not_ours", words="w")
    with pytest.raises(Refused, match="no dispute waits"):
        give_up(play)


@pytest.mark.promise("B3")
def test_a_return_that_comes_after_all_is_taken() -> None:
    play = until_the_chair_is_told(asked())
    give_up(play)
    play.act(CONTACT, "submit_return", agency=POLICE, holds="nothing")
    assert gave_none(play.case) == []


@pytest.mark.promise("B3")
def test_a_silent_agency_does_not_keep_a_review_open_for_ever() -> None:
    play = asked()
    play.act(CHAIR, "record_analysis", facts="f", context="c", practice="p", learning="l")
    play.act(MANAGER, "record_meeting", **meeting_answers(play.now))
    play.act(CHAIR, "decide", **decision_answers("no_further_review", play.now))
    play.act(MANAGER, "record_submission", sent_at=play.now, siblings_safe="yes", siblings_words="n")
    play.act(MANAGER, "record_panel_answer", received_at=play.now, position="agrees")
    play.act(MANAGER, "tell_referrer", how="email", words="w")
    until_the_chair_is_told(play)
    assert not play.case.closed
    give_up(play)
    assert play.case.closed


def dispute_upheld(play: Play) -> object:
    play.act(CONTACT, "dispute", obligation=RETURN, ground="not_ours", words="Another county.")
    return play.act(MANAGER, "settle_dispute", obligation=RETURN, outcome="not_owed", reason="It is not theirs.")


@pytest.mark.promise("B2", "K4")
@pytest.mark.parametrize("over", [withdraw, dispute_upheld])
def test_an_agency_that_was_asked_wrongly_keeps_its_own_part_of_a_restricted_case_and_no_more(
    over: Callable[[Play], object],
) -> None:
    play = asked(agencies=(POLICE, ICB))
    play.act(MANAGER, "restrict", restricted=True, reason="r")
    access = access_of(play.case, play.now)
    contact, partner = (
        Actor(person="p-900", offices=(Held(office=office, agency=POLICE),))
        for office in ("agency_contact", "safeguarding_partner")
    )
    assert (whole(contact, play.case, access), whole(partner, play.case, access)) == (False, True)
    over(play)
    for one in (contact, partner):
        assert reads(one, play.case, access) is None, "it can see that the request was withdrawn"
        assert not whole(one, play.case, access)
        assert not asked_for(one, play.case, access), "it sees no more of which child it was"
    play.act(MANAGER, "request_information", agencies=[POLICE])
    assert whole(partner, play.case, access)
