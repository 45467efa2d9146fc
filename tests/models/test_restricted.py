"""Of a case that not everybody may open nobody hears who could not open what they are told of."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import count

import pytest

from models.case import Case
from models.directory import Directory, Holding, Person
from models.facts import Fact
from models.policy import Scope
from models.rights import access_of, actor_of, reads
from models.telling import OF_THE_HOUSE, NoticeKind
from tests.support.core import CALENDAR_NAME, DIRECTORY, MONDAY, POLICY, POLICY_NAME, Play, asked, referral

AGENCY = "harrowshire-police"
RETURN = f"agency_return/{AGENCY}"
SPRING = date(2025, 1, 1)


def apart() -> Directory:
    """Every office, of the partnership and of each agency, held by somebody who has no other, with such a deputy."""
    people: dict[str, Person] = {}
    numbers = count(100)

    def somebody() -> str:
        name = f"p-{next(numbers)}"
        people[name] = Person(name=f"Somebody {name}", email=f"{name}@example.org")
        return name

    def holdings() -> Iterator[Holding]:
        for office, one in POLICY.offices.items():
            for agency in DIRECTORY.agencies if one.scope is Scope.AGENCY else (None,):
                if not one.partners_only or (agency and DIRECTORY.agencies[agency].partner):
                    yield Holding(office=office, agency=agency, person=somebody(), deputy=somebody(), since=SPRING)

    held = tuple(holdings())
    return Directory(agencies=DIRECTORY.agencies, people=people, holdings=held)


APART = apart()


def who(office: str, agency: str | None = None) -> str:
    found = APART.holding(office, agency, SPRING)
    assert found
    return found.person


class Watched(Play):
    """Whatever is said is held against what its reader may open at that moment."""

    def __init__(self, play: Play) -> None:
        super().__init__(play.case, play.now, APART)
        self.strangers: list[tuple[str, str]] = []

    def happen(self, fact: Fact) -> None:
        sent = len(self.notices)
        super().happen(fact)
        for one in self.notices[sent:]:
            reader = actor_of(APART, one.person, self.now)
            if reads(reader, self.case, access_of(self.case, self.now)) is not None:
                self.strangers.append((str(one.kind), one.office))


def restricted(play: Watched) -> None:
    play.act(who("business_manager"), "restrict", restricted=True, reason="r")


def life(play: Watched) -> None:
    """Everything of which anybody hears anything, and then a long silence."""
    contact, manager, chair = who("agency_contact", AGENCY), who("business_manager"), who("independent_chair")
    play.act(contact, "dispute", obligation=RETURN, ground="not_ours", words="w")
    play.wait(days=7)
    play.act(manager, "settle_dispute", obligation=RETURN, outcome="still_owed", reason="r")
    due = play.case.obligations[RETURN].due
    assert due
    play.act(contact, "ask_time", obligation=RETURN, until=due.date() + timedelta(days=4), reason="r")
    play.wait(days=6)
    play.act(chair, "answer_time", obligation=RETURN, granted=False, reason="r")
    later = play.now.date() + timedelta(days=10)
    play.act(chair, "suspend", obligation=RETURN, review=later, authority="a", reason="r")
    play.wait(days=30)
    play.act(chair, "review_suspension", obligation=RETURN, outcome="lift", reason="r")
    play.act(manager, "arrange_meeting", at=play.now + timedelta(days=3), minutes=60, place="p")
    play.wait(days=40)


def review_of(restrict: bool) -> Watched:  # noqa: FBT001 -- whether it is restricted
    play = Watched(asked(MONDAY, (AGENCY,)))
    if restrict:
        restricted(play)
    life(play)
    return play


def unsafe(restrict: bool) -> Watched:  # noqa: FBT001 -- whether it is restricted
    play = Watched(referral(others="not_known", siblings_safe="not_known"))
    if restrict:
        restricted(play)
    play.wait(days=10)
    return play


def disagreed(restrict: bool) -> Watched:  # noqa: FBT001 -- whether it is restricted
    """A disagreement in which the other agency says that a child is at risk now, and then a long silence."""
    council = "harrowshire-council"
    play = Watched(
        Play(
            Case(ref="XX-2026-0001", kind="disagreement", policy=POLICY_NAME, calendar=CALENDAR_NAME, opened=MONDAY),
            MONDAY,
        )
    )
    play.act(
        who("agency_contact", AGENCY), "raise_disagreement", agency=AGENCY, challenged=council, at_risk="no", about="a",
        wanted="w",
    )  # fmt: skip
    if restrict:
        restricted(play)
    play.act(who("agency_contact", council), "change_risk", at_risk="yes", reason="r")
    play.wait(days=10)
    return play


LIVES = (review_of, unsafe, disagreed)


@pytest.mark.promise("K4")
def test_of_a_restricted_case_nobody_is_sent_anything_that_they_cannot_open() -> None:
    plays = [life_of(restrict=True) for life_of in LIVES]
    assert [play.strangers for play in plays] == [[] for _ in LIVES]
    assert {one.kind for play in plays for one in play.notices} == set(NoticeKind) - OF_THE_HOUSE


@pytest.mark.promise("K4")
def test_the_same_life_of_an_open_case_tells_offices_that_would_be_strangers_to_a_restricted_one() -> None:
    open_ = {one.office for life_of in LIVES for one in life_of(restrict=False).notices}
    shut = {one.office for life_of in LIVES for one in life_of(restrict=True).notices}
    assert open_ - shut >= {"subgroup_chair", "safeguarding_partner_chair", "administrator"}


@pytest.mark.promise("K4", "F6")
def test_what_the_subgroup_chair_may_not_open_goes_to_the_next_office_and_the_business_manager_hears_why() -> None:
    play = review_of(restrict=True)
    climbed = [one for one in play.notices if one.data.get("passed_over") == ["subgroup_chair"]]
    assert {(one.kind, one.office) for one in climbed} == {
        (NoticeKind.OWED, "independent_chair"),
        (NoticeKind.EMPTY_OFFICE, "business_manager"),
    }


@pytest.mark.promise("K4")
def test_somebody_who_was_let_in_hears_again() -> None:
    play = Watched(asked(MONDAY, (AGENCY,)))
    restricted(play)
    play.act(who("business_manager"), "let_in", person=who("subgroup_chair"), until=date(2027, 2, 1), reason="r")
    life(play)
    assert play.strangers == []
    assert "subgroup_chair" in {one.office for one in play.notices}


@pytest.mark.promise("K4")
def test_what_somebody_was_told_before_the_case_was_restricted_goes_at_once_to_the_next_office() -> None:
    play = Watched(asked(MONDAY, (AGENCY,)))
    play.act(who("agency_contact", AGENCY), "dispute", obligation=RETURN, ground="not_ours", words="w")
    play.wait(days=9)
    dispute = next(one for one in play.case.open() if one.of == RETURN)
    assert "subgroup_chair" in {said.office for said in dispute.told}
    said = len(play.notices)
    restricted(play)
    handed = [one for one in play.notices[said:] if one.obligation == dispute.key]
    assert (NoticeKind.OWED, "independent_chair") in {(one.kind, one.office) for one in handed}
    assert play.strangers == []


@pytest.mark.promise("K4", "B6")
def test_of_a_seat_whose_holder_may_not_open_the_case_the_business_manager_hears() -> None:
    play = review_of(restrict=True)
    [notice] = [one for one in play.notices if one.kind is NoticeKind.EMPTY_OFFICE and not one.obligation]
    assert (notice.office, notice.data["passed_over"]) == ("business_manager", ["safeguarding_partner"])
