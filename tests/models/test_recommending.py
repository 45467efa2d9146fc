"""A recommendation from its making to its closure, and back: the pure core, with every rule of the gate."""

from datetime import date, timedelta
from typing import Any

import pytest

from models import shelf
from models.case import Case
from models.recommended import Kind, Looked, Standing, delivery, impact, turns
from models.rights import Held
from models.time import day_of, end_of
from tests.support.core import CHAIR, DAYS, MANAGER, MONDAY, POLICY, Play, Refused, review

POLICE_LEAD, POLICE, POLICE_DEPUTY = "p-004", "p-005", "p-006"
HOSPITAL_LEAD, HOSPITAL = "p-010", "p-011"
SUBGROUP = "p-020"
HOSPITALS, POLICE_AGENCY = "harrow-vale-hospitals", "harrowshire-police"
DUE = MONDAY.date() + timedelta(days=180)


def making(agency: str = HOSPITALS, **more: Any) -> dict[str, Any]:  # noqa: ANN401 -- the answers of a form
    measure = {"measure": "More infants are seen again within a week.", "baseline": "Four of ten."}
    return {
        "text": "Change the discharge form.", "agency": agency, "owner": HOSPITAL if agency == HOSPITALS else POLICE,
        "by": DUE, "measures": [measure], "themes": ["non_accidental_injury"], **more,
    }  # fmt: skip


def made(**more: Any) -> Play:  # noqa: ANN401 -- the answers of a form
    play = review()
    play.act(MANAGER, "recommend", **making(**more))
    return play


def pursued(**more: Any) -> Play:  # noqa: ANN401 -- the answers of a form
    play = made(**more)
    lead = HOSPITAL_LEAD if more.get("agency", HOSPITALS) == HOSPITALS else POLICE_LEAD
    play.act(lead, "answer_recommendation", item="r1", answer="accepts")
    return play


def given(play: Play, shows: str, measure: str = "m1", person: str = HOSPITAL) -> str:
    fact = play.act(person, "give_evidence", item="r1", measure=measure, shows=shows, words="The audit of May.")
    return str(fact.data["evidence"])


def accepted(play: Play, *names: str) -> None:
    for name in names:
        play.act(SUBGROUP, "accept_evidence", item="r1", evidence=name, words="Ten records were read.")


def proven(**more: Any) -> Play:  # noqa: ANN401 -- the answers of a form
    play = pursued(**more)
    for shows in ("delivery", "impact"):
        for measure in one(play).measures:
            accepted(play, given(play, shows, measure))
    return play


def closing(play: Play, **more: Any) -> dict[str, Any]:  # noqa: ANN401 -- the answers of a form
    seats = ["subgroup_chair", "local_authority", "police"]
    return {
        "item": "r1", "decided_by": "meeting", "seats": seats, "evidence": one(play).accepted, "retest": "6_months",
        "words": "Infants are seen again.", **more,
    }  # fmt: skip


def closed(**more: Any) -> Play:  # noqa: ANN401 -- the answers of a form
    play = proven(**more)
    play.act(MANAGER, "close_recommendation", **closing(play))
    return play


def one(play: Play) -> Any:  # noqa: ANN401 -- a recommendation
    return play.case.recommendations["r1"]


def owed(case: Case) -> set[str]:
    return {found.block for found in case.of_item("r1") if found.ended is None}


@pytest.mark.promise("D1")
def test_a_recommendation_is_answered_carried_out_shown_and_closed_on_evidence_of_both_kinds() -> None:
    play = made()
    assert owed(play.case) == {"answer_recommendation"}
    play.act(HOSPITAL_LEAD, "answer_recommendation", item="r1", answer="accepts")
    assert owed(play.case) == {"deliver", "progress"}
    done = given(play, "delivery")
    assert owed(play.case) == {"progress", "examine_evidence"}
    accepted(play, done)
    assert owed(play.case) == {"show_impact"}
    accepted(play, given(play, "impact"))
    assert owed(play.case) == {"close_recommendation"}
    play.act(MANAGER, "close_recommendation", **closing(play))
    assert one(play).standing is Standing.CLOSED
    assert one(play).closed_on == ("e1", "e2")
    assert owed(play.case) == {"retest"}
    play.wait(days=170)
    play.act(SUBGROUP, "retest_impact", item="r1", outcome="sustained", words="Read again.")
    assert owed(play.case) == set()


@pytest.mark.promise("D1")
@pytest.mark.parametrize(("days", "owed"), [(0, 0), (1, 1), (13, 13), (14, 14), (15, 14), (180, 14)])
def test_the_answer_is_due_no_later_than_the_recommendation_itself(days: int, owed: int) -> None:
    answer = made(by=MONDAY.date() + timedelta(days=days)).case.obligations["answer_recommendation/r1"]
    assert answer.due == end_of(MONDAY.date() + timedelta(days=owed))


@pytest.mark.promise("D1")
@pytest.mark.parametrize("days", [0, 1])
def test_whoever_is_asked_for_what_is_due_at_once_hears_it_when_it_is_due_and_others_after_them(days: int) -> None:
    play, by = made(by=MONDAY.date() + timedelta(days=days)), MONDAY.date() + timedelta(days=days)
    play.wait(days=21)
    said = play.said("answer_recommendation/r1")
    assert {day_of(moment) for moment, office in said if office == "agency_lead"} == {MONDAY.date(), by}
    assert min(day_of(moment) for moment, office in said if office == "business_manager") == DAYS.add(by, 2)


@pytest.mark.promise("D1")
def test_each_action_is_owed_by_its_own_day() -> None:
    actions = [{"action": "Write it.", "by": DUE - timedelta(days=90)}, {"action": "Use it.", "by": DUE}]
    play = pursued(actions=actions)
    dates = {found.item: found.due.date() for found in play.case.of_item("r1") if found.block == "action" and found.due}
    assert dates == {"r1.a1": DUE - timedelta(days=90), "r1.a2": DUE}
    play.act(HOSPITAL, "complete_action", item="r1.a1", words="Written.")
    assert [found.item for found in play.case.of_item("r1") if found.block == "action" and not found.ended] == ["r1.a2"]
    with pytest.raises(Refused, match="done already"):
        play.act(HOSPITAL, "complete_action", item="r1.a1", words="Written.")


@pytest.mark.promise("D4")
def test_a_rejection_goes_to_the_chair_and_the_recommendation_stands_or_is_let_go() -> None:
    for outcome, left in (("stands", {"deliver", "progress"}), ("let_go", set())):
        play = made()
        play.act(HOSPITAL_LEAD, "answer_recommendation", item="r1", answer="rejects", words="It is done already.")
        assert owed(play.case) == {"answer_rejection"}
        with pytest.raises(Refused, match="independent chair has to answer first"):
            given(play, "delivery")
        play.act(CHAIR, "answer_rejection", item="r1", outcome=outcome, reason="It is not.")
        assert owed(play.case) == left


@pytest.mark.promise("E2")
def test_nothing_closes_while_a_measure_has_no_accepted_evidence_of_either_kind() -> None:
    two = [{"measure": "One.", "baseline": "-"}, {"measure": "Two.", "baseline": "-"}]
    play = pursued(measures=two)
    with pytest.raises(
        Refused, match=r"measure 1 has no accepted evidence of delivery; measure 1 .* of impact; measure 2"
    ):
        play.act(CHAIR, "close_recommendation", **closing(play, evidence=["e1"]))
    for shows, measure in (("delivery", "m1"), ("impact", "m1"), ("delivery", "m2")):
        accepted(play, given(play, shows, measure))
    with pytest.raises(Refused, match=r"^It cannot be closed: measure 2 has no accepted evidence of impact\.$"):
        play.act(CHAIR, "close_recommendation", **closing(play))
    last = given(play, "impact", "m2")
    with pytest.raises(Refused, match="measure 2 has no accepted evidence of impact"):
        play.act(CHAIR, "close_recommendation", **closing(play))
    accepted(play, last)
    with pytest.raises(
        Refused, match="What you name does not show all of it: measure 2 has no accepted evidence of impact"
    ):
        play.act(MANAGER, "close_recommendation", **closing(play, evidence=["e1", "e2", "e3"]))
    play.act(MANAGER, "close_recommendation", **closing(play))


@pytest.mark.promise("E3")
def test_nobody_accepts_who_gave_it_or_described_it_or_is_named_or_is_of_the_owning_agency() -> None:
    play = pursued(agency=POLICE_AGENCY)
    name = given(play, "delivery", person=POLICE)
    with pytest.raises(Refused, match="your own agency"):  # deputises for the chair of the sub-group as well
        play.act(POLICE_DEPUTY, "accept_evidence", item="r1", evidence=name, words="-")
    with pytest.raises(Refused, match="Your office does not allow"):
        play.act(MANAGER, "accept_evidence", item="r1", evidence=name, words="-")
    accepted(play, name)


@pytest.mark.promise("E5")
def test_returned_evidence_has_reasons_and_a_clock_of_its_own() -> None:
    play = pursued()
    name = given(play, "delivery")
    play.act(SUBGROUP, "return_evidence", item="r1", evidence=name, reason="It has no date.")
    assert owed(play.case) == {"progress", "evidence_again"}
    again = given(play, "delivery")
    assert owed(play.case) == {"progress", "examine_evidence"}
    play.act(SUBGROUP, "return_evidence", item="r1", evidence=again, reason="It is the same.")
    assert one(play).evidence[again].state is Looked.RETURNED
    assert owed(play.case) == {"progress", "evidence_again"}


@pytest.mark.promise("E6")
def test_a_meeting_closes_with_its_quorum_and_an_office_only_if_the_policy_names_it() -> None:
    play = proven()
    with pytest.raises(Refused, match="It has no quorum"):
        play.act(MANAGER, "close_recommendation", **closing(play, seats=["local_authority", "police", "icb"]))
    with pytest.raises(Refused, match="Only independent chair can close a recommendation alone"):
        play.act(MANAGER, "close_recommendation", **closing(play, decided_by="office", seats=[]))
    play.act(CHAIR, "close_recommendation", **closing(play, decided_by="office", seats=[]))


@pytest.mark.promise("E2", "E6", "E8")
def test_a_closure_hears_at_once_that_its_date_its_evidence_and_its_quorum_are_wrong() -> None:
    play = closed()
    play.now += timedelta(days=10)
    play.act(SUBGROUP, "reopen_recommendation", item="r1", reason="It is not done any more.")
    for shows in ("delivery", "impact"):
        accepted(play, given(play, shows))
    wrong = {"evidence": one(play).accepted[:1], "seats": ["police"], "decided_at": play.now - timedelta(days=5)}
    with pytest.raises(Refused) as refused:
        play.act(MANAGER, "close_recommendation", **closing(play, **wrong, late="-"))
    assert [found.field for found in refused.value.problems] == ["decided_at", "evidence", "seats"]


@pytest.mark.promise("E6")
def test_the_chair_of_the_meeting_that_closes_records_what_it_decided_and_does_not_close_alone() -> None:
    play = proven()
    with pytest.raises(Refused, match="Only independent chair can close a recommendation alone"):
        play.act(SUBGROUP, "close_recommendation", **closing(play, decided_by="office", seats=[]))
    play.act(SUBGROUP, "close_recommendation", **closing(play))
    assert one(play).standing is Standing.CLOSED


@pytest.mark.promise("D4")
def test_nobody_of_the_agency_answers_its_own_rejection_whatever_their_office() -> None:
    play = made(agency=POLICE_AGENCY)
    play.act(POLICE_LEAD, "answer_recommendation", item="r1", answer="rejects", words="It is done already.")
    play.actors[POLICE] = play.actor(POLICE).model_copy(
        update={"offices": (*play.actor(POLICE).offices, Held(office="independent_chair"))}
    )
    with pytest.raises(Refused, match="your own agency"):
        play.act(POLICE, "answer_rejection", item="r1", outcome="let_go", reason="It is done.")
    play.act(CHAIR, "answer_rejection", item="r1", outcome="stands", reason="It is not.")


def seated(play: Play, person: str, *offices: str) -> None:
    """They hold these offices of the partnership from now on, and no other."""
    play.actors[person] = play.actor(person).model_copy(update={"offices": tuple(Held(office=one) for one in offices)})


@pytest.mark.promise("E3")
def test_whoever_owned_it_when_evidence_was_given_does_not_judge_that_evidence_when_somebody_else_owns_it() -> None:
    play = pursued(owner=HOSPITAL)
    early = given(play, "delivery", person=MANAGER)
    play.act(HOSPITAL_LEAD, "assign_recommendation", item="r1", owner=HOSPITAL_LEAD, reason="They moved.")
    late = given(play, "impact", person=HOSPITAL_LEAD)
    seated(play, HOSPITAL, "subgroup_chair")
    for kind, words in (("accept_evidence", {"words": "Read."}), ("return_evidence", {"reason": "No date."})):
        with pytest.raises(Refused, match=r"You owned this recommendation when this evidence was given.* or chair of"):
            play.act(HOSPITAL, kind, item="r1", evidence=early, **words)
    play.act(HOSPITAL, "accept_evidence", item="r1", evidence=late, words="Read.")


@pytest.mark.promise("E3", "E6", "E7")
def test_whoever_gave_the_evidence_neither_closes_on_it_nor_tests_the_impact_again() -> None:
    play = pursued()
    accepted(play, given(play, "delivery", person=MANAGER), given(play, "impact"))
    with pytest.raises(Refused, match=r"had a hand in this evidence.* business manager, independent chair or"):
        play.act(MANAGER, "close_recommendation", **closing(play))
    play.act(SUBGROUP, "close_recommendation", **closing(play))
    play.wait(days=170)
    with pytest.raises(Refused, match="had a hand in this evidence"):
        play.act(MANAGER, "retest_impact", item="r1", outcome="sustained", words="Read again.")
    play.act(SUBGROUP, "retest_impact", item="r1", outcome="sustained", words="Read again.")


@pytest.mark.promise("D6", "E3")
def test_nobody_of_the_agency_sets_its_colour_or_stops_its_clock_whatever_their_office() -> None:
    play = pursued(agency=POLICE_AGENCY)
    both = (*play.actor(POLICE).offices, Held(office="independent_chair"))
    play.actors[POLICE] = play.actor(POLICE).model_copy(update={"offices": both})
    until, own = (
        MONDAY.date() + timedelta(days=20),
        "your own agency’s, so somebody with no part in it .* as independent",
    )
    colour = {"item": "r1", "axis": "delivery", "colour": "green", "until": until, "reason": "It goes well."}
    pause = {"obligation": "deliver/r1", "review": until, "authority": "The police.", "reason": "They asked."}
    with pytest.raises(Refused, match=r"your own agency’s, so somebody with no part in it .* as business manager, "):
        play.act(POLICE, "override_colour", **colour)
    with pytest.raises(Refused, match=own):
        play.act(POLICE, "suspend", **pause)
    play.act(CHAIR, "override_colour", **colour)
    play.act(CHAIR, "suspend", **pause)
    with pytest.raises(Refused, match="your own agency’s"):
        play.act(POLICE, "review_suspension", obligation="deliver/r1", outcome="lift", reason="Done.")


@pytest.mark.promise("D7")
def test_nobody_of_the_agency_gives_it_more_time_whatever_their_office() -> None:
    play = pursued(agency=POLICE_AGENCY)
    key, later = "deliver/r1", DUE + timedelta(days=60)
    play.act(POLICE, "ask_time", obligation=key, until=later, reason="The ward moves.")
    with pytest.raises(Refused, match="your own agency"):  # deputises for the chair of the sub-group as well
        play.act(POLICE_DEPUTY, "answer_time", obligation=key, granted=True, until=later, reason="Agreed.")
    play.act(SUBGROUP, "answer_time", obligation=key, granted=True, until=later, reason="Agreed.")


@pytest.mark.promise("E7")
@pytest.mark.promise("E8")
def test_a_failed_test_of_impact_leaves_returned_what_was_returned() -> None:
    play = pursued()
    back = given(play, "delivery")
    play.act(SUBGROUP, "return_evidence", item="r1", evidence=back, reason="It has no date.")
    names = [given(play, kind) for kind in ("delivery", "impact")]
    accepted(play, *names)
    play.act(MANAGER, "close_recommendation", **closing(play, evidence=names))
    play.act(SUBGROUP, "retest_impact", item="r1", outcome="not_sustained", words="Two of ten.")
    assert {name: found.state for name, found in one(play).evidence.items()} == {
        back: Looked.RETURNED, **dict.fromkeys(names, Looked.VOID),
    }  # fmt: skip


@pytest.mark.promise("E7")
def test_that_a_difference_has_lasted_is_not_said_before_the_months_have_passed_and_that_it_has_not_at_once() -> None:
    play = closed()
    lasts = {"item": "r1", "outcome": "sustained", "words": "Read again."}
    with pytest.raises(Refused, match=r"is tested from \d+ \w+ \d{4} on. If it has not lasted, say so now"):
        play.act(SUBGROUP, "retest_impact", **lasts)
    play.wait(days=100)
    with pytest.raises(Refused, match="is tested from"):
        play.act(SUBGROUP, "retest_impact", **lasts)
    play.act(SUBGROUP, "retest_impact", **{**lasts, "outcome": "not_sustained"})
    assert one(play).standing is Standing.PURSUED


@pytest.mark.promise("E2", "F9")
def test_a_case_with_recommendations_follows_no_policy_that_has_no_gate() -> None:
    name, _ = shelf.put(POLICY.model_copy(update={"version": "no gate", "gate": None}))
    play = made()
    with pytest.raises(Refused, match="no gate of evidence"):
        play.act(MANAGER, "adopt_policy", policy=name, reason="r")
    review().act(MANAGER, "adopt_policy", policy=name, reason="r")


@pytest.mark.promise("E2", "E6")
def test_it_is_not_closed_for_a_day_before_its_evidence_was_accepted() -> None:
    play = pursued()
    play.wait(days=10)
    accepted(play, given(play, "delivery"), given(play, "impact"))
    play.wait(days=3)
    late = {"decided_at": play.now - timedelta(days=4), "late": "The minutes came today."}
    with pytest.raises(Refused, match="before the recommendation was shown by accepted evidence"):
        play.act(MANAGER, "close_recommendation", **closing(play), **late)
    play.act(MANAGER, "close_recommendation", **closing(play), **{**late, "decided_at": play.now - timedelta(days=2)})


@pytest.mark.promise("E8")
def test_a_failed_test_of_impact_reopens_and_voids_what_was_accepted() -> None:
    play = closed()
    play.act(SUBGROUP, "retest_impact", item="r1", outcome="not_sustained", words="Two of ten.")
    assert {found.state for found in one(play).evidence.values()} == {Looked.VOID}
    assert owed(play.case) == {"deliver_again", "progress"}
    with pytest.raises(Refused, match="no accepted evidence of delivery"):
        play.act(CHAIR, "close_recommendation", **closing(play, evidence=["e1", "e2"], decided_by="office", seats=[]))
    accepted(play, given(play, "delivery"), given(play, "impact"))
    play.act(MANAGER, "close_recommendation", **closing(play))


@pytest.mark.promise("E8", "D1")
@pytest.mark.parametrize("how", ["reopened", "tested", "missed"])
def test_actions_that_were_not_done_are_owed_again_when_it_is_reopened_and_those_done_stay_done(how: str) -> None:
    steps = [{"action": f"Step {number}.", "by": DUE} for number in range(3)]
    play = pursued(actions=steps)
    play.act(HOSPITAL, "complete_action", item="r1.a1", words="Written.")
    accepted(play, given(play, "delivery"), given(play, "impact"))
    with pytest.raises(Refused, match="owed no more: it was accepted that the recommendation is carried out"):
        play.act(HOSPITAL, "complete_action", item="r1.a2", words="Written.")
    play.act(SUBGROUP, "close_recommendation", **closing(play))
    if how == "reopened":
        play.act(SUBGROUP, "reopen_recommendation", item="r1", reason="It came back.")
    elif how == "tested":
        play.act(SUBGROUP, "retest_impact", item="r1", outcome="not_sustained", words="Two of ten.")
    else:
        play.wait(days=250)
    assert {found.item for found in play.case.of_item("r1") if found.block == "action_again" and not found.ended} == {
        "r1.a2", "r1.a3",
    }  # fmt: skip
    play.act(HOSPITAL, "complete_action", item="r1.a2", words="Written.")
    for item in ("r1.a1", "r1.a2"):
        with pytest.raises(Refused, match="no such action, or it is done already"):
            play.act(HOSPITAL, "complete_action", item=item, words="Written.")
    accepted(play, given(play, "delivery"))
    assert "action_again" not in owed(play.case)


@pytest.mark.promise("E7")
def test_a_missed_test_of_impact_reopens_once_its_last_rung_has_spoken() -> None:
    play = closed()
    due = next(found.due for found in play.case.of_item("r1") if found.block == "retest")
    assert due is not None
    play.until(due + timedelta(days=29))
    assert one(play).standing is Standing.CLOSED
    play.until(due + timedelta(days=31))
    assert one(play).standing is Standing.PURSUED
    assert one(play).retested == "missed"
    assert owed(play.case) == {"deliver_again", "progress"}


@pytest.mark.promise("D4", "D6")
def test_what_its_agency_never_answers_turns_red() -> None:
    play = made()

    def rag() -> tuple[str, str]:
        found = delivery(one(play), [one_ for one_ in play.case.of_item("r1") if one_.ended is None], play.now)
        return str(found.colour), found.words

    assert rag() == ("grey", "Not answered yet")
    play.sleep_until(MONDAY + timedelta(days=30))
    assert rag() == ("red", "Not answered in time")
    assert [str(turn.rag.colour) for turn in turns(one(play), play.case.open(), Kind.DELIVERY)] == ["grey", "red"]


@pytest.mark.promise("D6")
def test_delivery_and_impact_are_two_colours_that_follow_dates_and_evidence() -> None:
    play = pursued()

    def rag() -> tuple[str, str]:
        found = [one_ for one_ in play.case.of_item("r1") if one_.ended is None]
        return delivery(one(play), found, play.now).words, impact(one(play), found, play.now).words

    assert rag() == ("On track", "Not yet due")
    play.act(HOSPITAL, "give_progress", item="r1", forecast="at_risk", words="The form is late.")
    assert rag() == ("At risk", "Not yet due")
    play.sleep_until(MONDAY + timedelta(days=181))
    assert rag() == ("Overdue", "Not yet due")
    accepted(play, given(play, "delivery"))
    assert rag() == ("Delivered", "Being shown")
    accepted(play, given(play, "impact"))
    assert rag() == ("Delivered", "Shown")


@pytest.mark.promise("D6")
def test_a_colour_set_by_hand_has_an_end() -> None:
    play = pursued()
    far = {"item": "r1", "axis": "delivery", "colour": "red", "until": date(2033, 11, 20), "reason": "Funding went."}
    with pytest.raises(Refused, match="2 February 2027"):
        play.act(CHAIR, "override_colour", **far)
    until = date(2026, 11, 20)
    play.act(CHAIR, "override_colour", item="r1", axis="delivery", colour="red", until=until, reason="Funding went.")
    assert delivery(one(play), [], play.now).words == "Off track"
    play.sleep_until(MONDAY + timedelta(days=19))
    assert delivery(one(play), [], play.now).words == "On track"
    assert impact(one(play), [], play.now).by_hand is None


@pytest.mark.promise("D7")
def test_the_first_date_is_never_lost_when_more_time_is_given() -> None:
    play = pursued()
    key = next(found.key for found in play.case.of_item("r1") if found.block == "deliver")
    later = DUE + timedelta(days=60)
    play.act(HOSPITAL, "ask_time", obligation=key, until=later, reason="The ward moves.")
    with pytest.raises(Refused, match=r"does not allow|answers this"):
        play.act(CHAIR, "answer_time", obligation=key, granted=True, until=later, reason="-")
    play.act(SUBGROUP, "answer_time", obligation=key, granted=True, until=later, reason="Agreed.")
    assert play.case.obligations[key].due.date() == later  # type: ignore[union-attr]
    assert one(play).due == DUE


@pytest.mark.promise("D7", "F3")
def test_a_request_for_time_is_told_first_to_whoever_may_answer_it_and_then_up_its_ladder() -> None:
    play = pursued()
    play.act(HOSPITAL, "ask_time", obligation="deliver/r1", until=DUE + timedelta(days=60), reason="The ward moves.")
    play.until(MONDAY + timedelta(days=5))
    assert [office for _, office in play.said("time_request/deliver/r1")] == [
        "subgroup_chair", "independent_chair", "business_manager", "safeguarding_partner_chair",
    ]  # fmt: skip
    play.act(SUBGROUP, "answer_time", obligation="deliver/r1", granted=False, reason="Not yet.")


def test_a_policy_that_names_another_office_for_more_time_tells_that_one_what_waits() -> None:
    play = pursued()
    play.act(HOSPITAL, "ask_time", obligation="deliver/r1", until=DUE + timedelta(days=60), reason="The ward moves.")
    pursue = POLICY.lifecycles["recommendation"]
    reach = pursue["deliver"].reach
    assert reach
    deliver = pursue["deliver"].model_copy(
        update={"reach": reach.model_copy(update={"extension_office": "business_manager"})}
    )
    lifecycles = {**POLICY.lifecycles, "recommendation": {**pursue, "deliver": deliver}}
    name, _ = shelf.put(POLICY.model_copy(update={"version": "by the unit", "lifecycles": lifecycles}))
    play.act(MANAGER, "adopt_policy", policy=name, reason="R.")
    play.speak()
    assert play.case.obligations["time_request/deliver/r1"].owed_by == "business_manager"
    assert [office for _, office in play.said("time_request/deliver/r1")] == ["business_manager"]


@pytest.mark.promise("F3")
def test_silence_goes_up_from_the_owner_to_the_business_manager_the_main_board_member_and_the_chair() -> None:
    play = pursued()
    play.until(MONDAY + timedelta(days=180 + 61))
    key = next(found.key for found in play.case.of_item("r1") if found.block == "deliver")
    said = [(at.date() - DUE, office) for at, office in play.said(key) if at.date() >= DUE]
    assert [(days.days, office) for days, office in said] == [
        (0, "recommendation_owner"), (14, "business_manager"), (14, "subgroup_chair"), (30, "agency_lead"),
        (60, "independent_chair"),
    ]  # fmt: skip
    told = {notice.office: notice.person for notice in play.notices if notice.obligation == key}
    assert told["recommendation_owner"] == HOSPITAL
    assert told["agency_lead"] == HOSPITAL_LEAD


def test_years_of_monthly_news_do_not_make_the_case_grow() -> None:
    play = pursued(by=date(2029, 11, 2))
    sizes = []
    for _ in range(36):
        play.now += timedelta(days=30)
        play.act(HOSPITAL, "give_progress", item="r1", forecast="on_track", words="It goes on.")
        sizes.append(len(play.case.model_dump_json(exclude_defaults=True)))
    assert sizes[-1] - sizes[2] < 100
    keys = {notice.key for notice in play.notices}
    assert len(keys) == len(play.notices)


@pytest.mark.promise("D8", "E3")
def test_what_was_closed_elsewhere_is_entered_with_what_was_named_as_its_evidence_and_not_in_time_to_come() -> None:
    play = made()
    past = {"text": "Change it.", "agency": HOSPITALS, "state": "past"}
    with pytest.raises(Refused, match="what was named as evidence"):
        play.act(MANAGER, "enter_recommendation", **past)
    with pytest.raises(Refused, match="today or in the past"):
        play.act(MANAGER, "enter_recommendation", **past, evidence="Audit of May.", completed=DUE)
    play.act(MANAGER, "enter_recommendation", **past, evidence="Audit of May.", completed=date(2026, 10, 1))
