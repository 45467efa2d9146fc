"""A practice review from the decision to completion: the pure core, with every rule of its publication."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from models.case import Case
from models.facts import Fact
from models.rights import access_of, whole
from models.telling import NoticeKind
from models.time import day_of
from models.why import explain
from tests.support.core import CALENDAR_NAME, CHAIR, MANAGER, MONDAY, POLICY, POLICY_NAME, Play, Refused

REVIEWER, POLICE, POLICE_LEAD = "p-023", "p-005", "p-004"
COUNCIL, POLICE_AGENCY, LANTERN = "harrowshire-council", "harrowshire-police", "lantern-young-people"
PARTNERS = ("harrowshire-council", "harrowshire-police", "harrowshire-icb")
RECIPIENTS = ["national_panel", "secretary_of_state", "ofsted"]


def decided(now: datetime = MONDAY) -> Play:
    """A practice review that was decided just now."""
    data = {
        "aware": (now - timedelta(days=30)).isoformat(), "children": [1], "referral": "LR-2026-0001",
        "from": "RR-2026-0001", "agencies": [COUNCIL, POLICE_AGENCY], "decided": now.isoformat(),
    }  # fmt: skip
    play = Play(
        Case(ref="PR-2026-0001", kind="practice_review", policy=POLICY_NAME, calendar=CALENDAR_NAME, opened=now), now
    )
    play.happen(Fact(case=play.case.ref, number=1, kind="opened", actor=CHAIR, occurred=now, recorded=now, data=data))
    return play


def commissioning(**more: Any) -> dict[str, Any]:  # noqa: ANN401 -- the answers of a form
    return {
        "method": "author_led", "scope_from": "2024-01-01", "scope_until": "2026-10-01", "terms": "Why nobody asked.",
        "agencies": [COUNCIL, POLICE_AGENCY], "budget": 12000, **more,
    }  # fmt: skip


def commissioned(**more: Any) -> Play:  # noqa: ANN401 -- the answers of a form
    play = decided()
    play.act(MANAGER, "commission", **commissioning(**more))
    return play


def under_way() -> Play:
    play = commissioned()
    play.act(CHAIR, "appoint_reviewer", reviewer=REVIEWER, suitability="Long practice.")
    play.act(MANAGER, "announce_review", sent_at=play.now, recipients=RECIPIENTS)
    play.act(MANAGER, "request_information", agencies=[COUNCIL, POLICE_AGENCY])
    return play


def positions() -> list[dict[str, str]]:
    return [{"partner": one, "position": "agrees"} for one in PARTNERS]


def signed_off() -> Play:
    play = under_way()
    for person, agency in (("p-002", COUNCIL), (POLICE, POLICE_AGENCY)):
        play.act(person, "submit_return", agency=agency, holds="something", summary="Seen twice.")
    play.act(REVIEWER, "receive_draft", received_at=play.now)
    play.act(CHAIR, "sign_off", signed_at=play.now, positions=positions(), has_improvements=True, has_analysis=True)
    return play


def copies_sent() -> Play:
    play = signed_off()
    play.act(MANAGER, "plan_publication", on=day_of(play.now) + timedelta(days=30))
    play.act(MANAGER, "send_advance_copies", sent_at=play.now, recipients=RECIPIENTS)
    return play


def publishing(play: Play) -> dict[str, Any]:
    assert POLICY.publication
    checks = [{"check": name, "done": "yes"} for name in POLICY.publication.checklist]
    return {"published_at": play.now, "address": "https://example.org/reviews/1", "checklist": checks}


def owed(case: Case) -> set[str]:
    return {one.block for one in case.open()}


@pytest.mark.promise("C3")
def test_the_method_dates_every_milestone_from_the_day_of_the_decision() -> None:
    play = under_way()
    due = {one.key: day_of(one.due) - day_of(MONDAY) for one in play.case.open() if one.due}
    weeks = {key: days.days / 7 for key, days in due.items()}
    assert weeks["practitioner_event"] == 12
    assert weeks["draft_report"] == 18
    assert weeks["partners_sign_off"] == weeks["deliverable/report"] == 22
    assert weeks[f"agency_return/{POLICE_AGENCY}"] == 8
    assert day_of(play.case.obligations["publication"].due) == date(2027, 5, 2)  # type: ignore[arg-type]


@pytest.mark.promise("C3")
def test_a_method_without_an_event_asks_for_none() -> None:
    play = commissioned(method="single_agency_audit")
    assert "practitioner_event" not in owed(play.case)
    assert "family_contribution" not in owed(play.case)
    assert {one.item for one in play.case.of_block("deliverable")} == {"report", "briefing"}


@pytest.mark.promise("C2")
def test_a_declared_interest_in_an_agency_of_the_case_stands_against_a_reviewer_unless_waived_with_a_reason() -> None:
    play = commissioned(agencies=[COUNCIL, LANTERN])
    with pytest.raises(Refused, match="declared an interest in Lantern"):
        play.act(CHAIR, "appoint_reviewer", reviewer=REVIEWER, suitability="-")
    with pytest.raises(Refused, match="Say why the interest is waived"):
        play.act(CHAIR, "appoint_reviewer", reviewer=REVIEWER, suitability="-", waived=True)
    play.act(CHAIR, "appoint_reviewer", reviewer=REVIEWER, suitability="-", waived=True, reason="Ten years ago.")
    assert play.case.said["reviewer"] == REVIEWER


@pytest.mark.promise("C4")
def test_time_and_quality_are_checked_again_and_again_until_the_report_is_settled() -> None:
    play = commissioned()
    for _ in range(3):
        play.now += timedelta(days=28)
        play.act(MANAGER, "check_review", pace="on_track", quality="good", words="-")
        assert [day_of(one.due) for one in play.case.open() if one.block == "check_review"] == [  # type: ignore[arg-type]
            day_of(play.now + timedelta(days=28))
        ]


@pytest.mark.promise("C5")
def test_a_foreseen_delay_is_explained_to_the_panel_once() -> None:
    play = signed_off()
    play.act(MANAGER, "plan_publication", on=date(2027, 5, 2))
    assert "explain_delay" not in owed(play.case)
    play.act(MANAGER, "plan_publication", on=date(2027, 5, 4))
    assert "explain_delay" in owed(play.case)
    play.act(MANAGER, "explain_delay", sent_at=play.now, recipients=RECIPIENTS, words="The trial.")
    play.act(MANAGER, "plan_publication", on=date(2027, 6, 4))
    assert "explain_delay" not in owed(play.case)


@pytest.mark.promise("C9")
def test_nothing_is_published_before_seven_working_days_after_the_advance_copies() -> None:
    play = signed_off()
    with pytest.raises(Refused, match="advance copies have to be sent first"):
        play.act(MANAGER, "publish", **publishing(play))
    with pytest.raises(Refused, match="It has to go to Ofsted as well"):
        play.act(MANAGER, "send_advance_copies", sent_at=play.now, recipients=RECIPIENTS[:2])
    with pytest.raises(Refused, match=r"It has to go to The Secretary of State \(the department\) and Ofsted as well"):
        play.act(MANAGER, "send_advance_copies", sent_at=play.now, recipients=RECIPIENTS[:1])
    play.act(MANAGER, "send_advance_copies", sent_at=play.now, recipients=RECIPIENTS)
    play.now = MONDAY + timedelta(days=8, hours=5)  # Tuesday of the week after: the sixth working day
    with pytest.raises(Refused, match="not before 11 November 2026"):
        play.act(MANAGER, "publish", **publishing(play))
    play.now = MONDAY + timedelta(days=9)
    play.act(MANAGER, "publish", **publishing(play))
    assert play.case.said["publication"] == "published"


@pytest.mark.promise("C2")
@pytest.mark.parametrize("kind", ["commission", "request_information"])
def test_an_interest_stands_against_an_agency_that_is_named_after_the_reviewer_was_appointed(kind: str) -> None:
    play = under_way() if kind == "request_information" else decided()
    asked = {"agencies": [LANTERN]} if kind == "request_information" else commissioning(agencies=[COUNCIL, LANTERN])
    play.act(CHAIR, "appoint_reviewer", reviewer=REVIEWER, suitability="-")
    with pytest.raises(Refused, match="The reviewer has declared an interest in Lantern"):
        play.act(MANAGER, kind, **asked)
    waived = {"waived": True, "reason": "Ten years ago."}
    play.act(CHAIR, "appoint_reviewer", reviewer=REVIEWER, suitability="-", **waived)
    play.act(MANAGER, kind, **asked)


@pytest.mark.promise("C6", "C7", "C9")
def test_what_other_proceedings_let_wait_is_neither_signed_off_nor_published_in_the_meantime() -> None:
    play = signed_off()
    play.act(MANAGER, "send_advance_copies", sent_at=play.now, recipients=RECIPIENTS)
    play.act(MANAGER, "link_proceeding", proceeding="criminal", status="open", words="The police lead.")
    waits = {"review": day_of(play.now) + timedelta(days=60), "authority": "The prosecutor.", "reason": "They ask."}
    play.act(CHAIR, "suspend_milestones", item="p1", milestones=["publication"], **waits)
    play.wait(days=20)
    with pytest.raises(Refused, match="waits for other proceedings since 2 November 2026"):
        play.act(MANAGER, "publish", **publishing(play))
    play.act(CHAIR, "review_milestones", item="p1", outcome="lift", reason="It is over.")
    play.act(MANAGER, "publish", **publishing(play))


@pytest.mark.promise("C9")
def test_another_report_than_the_one_that_was_sent_needs_advance_copies_of_its_own() -> None:
    play = signed_off()
    play.act(MANAGER, "send_advance_copies", sent_at=play.now, recipients=RECIPIENTS)
    play.wait(days=12)
    play.act(REVIEWER, "receive_draft", received_at=play.now)
    said = {"positions": positions(), "has_improvements": True, "has_analysis": True}
    play.act(CHAIR, "sign_off", signed_at=play.now, **said)
    play.wait(days=1)
    with pytest.raises(Refused, match="signed off anew after the advance copies had gone out"):
        play.act(MANAGER, "publish", **publishing(play))
    play.act(MANAGER, "send_advance_copies", sent_at=play.now, recipients=RECIPIENTS)
    with pytest.raises(Refused, match="must have been there for 7 working days"):
        play.act(MANAGER, "publish", **publishing(play))


@pytest.mark.promise("C9")
def test_a_report_with_which_no_partner_agrees_is_not_signed_off() -> None:
    play = signed_off()
    against = [{**one, "position": "dissents", "words": "No."} for one in positions()]
    said = {"signed_at": play.now, "has_improvements": True, "has_analysis": True}
    with pytest.raises(Refused, match="No safeguarding partner agrees"):
        play.act(CHAIR, "sign_off", positions=against, **said)
    play.act(REVIEWER, "receive_draft", received_at=play.now)
    with pytest.raises(Refused, match="before"):
        play.act(
            CHAIR,
            "sign_off",
            positions=positions(),
            **{**said, "signed_at": play.now - timedelta(days=400), "late": "-"},
        )


@pytest.mark.promise("C5", "C9")
def test_a_day_that_is_not_late_is_no_delay_and_one_that_leaves_no_time_for_the_copies_is_not_planned() -> None:
    play = signed_off()
    soon = day_of(play.now) + timedelta(days=3)
    with pytest.raises(Refused, match="this day is not late"):
        play.act(MANAGER, "foresee_delay", expected=soon, because="review", words="-")
    with pytest.raises(Refused, match="advance copies would have had to go out by"):
        play.act(MANAGER, "plan_publication", on=soon)


@pytest.mark.promise("C5")
def test_no_delay_is_foreseen_of_a_publication_that_is_settled() -> None:
    play = signed_off()
    play.act(CHAIR, "withhold_publication", decided_at=play.now, reasons="-", improvements="-")
    with pytest.raises(Refused, match="settled already"):
        play.act(MANAGER, "foresee_delay", expected=date(2027, 6, 4), because="review", words="-")
    assert "explain_delay" not in owed(play.case)


@pytest.mark.promise("C3", "F2")
def test_a_milestone_of_the_methods_plan_is_told_with_the_plan_as_its_rule_and_not_with_the_law() -> None:
    play = under_way()
    told = explain(play.case, "partners_sign_off", play.facts, {}, play.directory, play.now)
    assert told.rule == "22 weeks from the decision to review, as the method “Author-led review” plans it"
    assert told.force == "local"
    asked = explain(play.case, "publication", play.facts, {}, play.directory, play.now)
    assert asked.force == "statutory guidance"


@pytest.mark.promise("F11")
def test_a_message_that_could_not_go_at_its_own_time_is_told_with_both_times() -> None:
    play = under_way()
    play.until(play.now)
    (first, *_) = explain(play.case, "draft_report", play.facts, {}, play.directory, play.now).rungs
    assert (first.said, first.at, first.late) == (play.now, play.now, False)
    told = [one for one in play.facts if one.kind == "told"]
    slept = [one.model_copy(update={"data": _later(one.data, hours=3)}) for one in told]
    (first, *to_come) = explain(play.case, "draft_report", slept, {}, play.directory, play.now).rungs
    assert (first.said, first.at, first.late) == (play.now + timedelta(hours=3), play.now, True)
    assert not any(one.said or one.late for one in to_come)


def _later(data: dict[str, Any], hours: int) -> dict[str, Any]:
    """A rung that spoke so much later than it was due."""
    at = datetime.fromisoformat(data["told"]["at"]) + timedelta(hours=hours)
    return {**data, "told": {**data["told"], "at": at.isoformat()}}


@pytest.mark.promise("C9")
def test_the_day_of_publication_says_by_when_the_copies_go() -> None:
    play = signed_off()
    play.act(MANAGER, "plan_publication", on=date(2027, 1, 6))
    due = [day_of(one.due) for one in play.case.open() if one.block == "advance_copies"]  # type: ignore[arg-type]
    assert due == [date(2026, 12, 23)]  # over Christmas and the New Year
    play.act(MANAGER, "plan_publication", on=date(2027, 1, 20))
    due = [day_of(one.due) for one in play.case.open() if one.block == "advance_copies"]  # type: ignore[arg-type]
    assert due == [date(2027, 1, 11)]


@pytest.mark.promise("C9")
def test_copies_that_went_out_stay_good_for_a_later_day_and_for_none_before_their_seven_working_days() -> None:
    play = signed_off()
    play.act(MANAGER, "plan_publication", on=date(2026, 12, 1))
    play.act(MANAGER, "send_advance_copies", sent_at=play.now, recipients=RECIPIENTS)
    play.act(MANAGER, "plan_publication", on=date(2027, 1, 20))
    assert "advance_copies" not in owed(play.case)
    words = "advance copies went out on 2 November 2026, and must have been there for 7 working days: not before 11 Nov"
    with pytest.raises(Refused, match=words):
        play.act(MANAGER, "plan_publication", on=date(2026, 11, 10))
    play.act(MANAGER, "plan_publication", on=date(2026, 11, 11))
    assert "advance_copies" not in owed(play.case)


@pytest.mark.promise("C6")
@pytest.mark.promise("C7")
def test_other_proceedings_let_named_milestones_wait_and_no_others() -> None:
    play = under_way()
    play.act(MANAGER, "link_proceeding", proceeding="criminal", status="open", words="The major crime team.")
    named = ["practitioner_event", "publication"]
    answers = {
        "item": "p1",
        "milestones": named,
        "authority": "The senior investigating officer.",
        "reason": "Witnesses.",
    }
    with pytest.raises(Refused, match="The policy allows a date up to"):
        play.act(CHAIR, "suspend_milestones", review=date(2028, 1, 1), **answers)
    play.act(CHAIR, "suspend_milestones", review=date(2027, 1, 20), **answers)
    assert {one.key for one in play.case.open() if one.paused} == set(named)
    with pytest.raises(Refused, match="“Practitioner event” is suspended already"):
        play.act(CHAIR, "suspend_milestones", review=date(2027, 1, 20), **answers)
    assert "milestones_review" in owed(play.case)
    before = play.case.obligations["draft_report"].due
    play.now += timedelta(days=40)
    play.act(CHAIR, "review_milestones", item="p1", outcome="lift", reason="The trial is over.")
    assert not any(one.paused for one in play.case.open())
    assert day_of(play.case.obligations["publication"].due) == date(2027, 5, 2) + timedelta(days=40)  # type: ignore[arg-type]  # the day of the decision itself never counted
    assert play.case.obligations["draft_report"].due == before
    assert "milestones_review" not in owed(play.case)


@pytest.mark.promise("C7")
def test_whoever_was_told_of_a_milestone_hears_its_new_date_once_the_suspension_is_lifted() -> None:
    play = under_way()
    play.act(MANAGER, "link_proceeding", proceeding="criminal", status="open", words="-")
    play.wait(days=150)
    told = [key for key in ("partners_sign_off", "publication") if play.case.obligations[key].told]
    assert told
    answers = {"item": "p1", "milestones": told, "authority": "a", "reason": "r"}
    play.act(CHAIR, "suspend_milestones", review=day_of(play.now) + timedelta(days=30), **answers)
    play.wait(days=20)
    play.act(CHAIR, "review_milestones", item="p1", outcome="lift", reason="The trial is over.")
    moved = {one.obligation for one in play.notices if one.kind is NoticeKind.MOVED and one.fact == play.case.known}
    assert moved >= set(told)


@pytest.mark.promise("C8")
def test_nobody_is_contacted_on_days_kept_free_and_steps_follow_each_other() -> None:
    play = under_way()
    play.act(MANAGER, "name_contributor", role="mother", name="-")
    quiet = {"first": date(2026, 11, 1), "last": date(2026, 11, 8), "reason": "The funeral."}
    play.act(MANAGER, "keep_quiet", **quiet)
    contact = {"item": "c1", "how": "A letter."}
    with pytest.raises(Refused, match="From 1 November 2026 to 8 November 2026 nobody may be contacted"):
        play.act(MANAGER, "record_contact", step="invited", on=play.now, **contact)
    with pytest.raises(Refused) as refused:
        play.act(MANAGER, "record_contact", step="heard", on=play.now, **contact)
    assert [one.field for one in refused.value.problems] == ["step", "on"], "both at once"
    play.now += timedelta(days=8)
    with pytest.raises(Refused, match="Record first: they were invited"):
        play.act(MANAGER, "record_contact", step="heard", on=play.now, **contact)
    with pytest.raises(Refused, match="neither answered nor been heard"):
        play.act(MANAGER, "finish_family", words="-")
    play.act(MANAGER, "record_contact", step="invited", on=play.now, **contact)
    play.act(MANAGER, "record_contact", step="heard", on=play.now, **contact)
    assert "feed_back" in owed(play.case)
    play.act(MANAGER, "finish_family", words="What she said.")
    play.act(MANAGER, "record_contact", step="fed_back", on=play.now, **contact)
    assert "feed_back" not in owed(play.case)


@pytest.mark.promise("C10")
@pytest.mark.promise("C11")
def test_a_review_is_complete_only_with_every_deliverable_and_every_agencys_confirmation() -> None:
    play = copies_sent()
    play.now += timedelta(days=20)
    play.act(MANAGER, "publish", **publishing(play))
    with pytest.raises(Refused, match="what the author owes by contract, and the confirmation of every agency"):
        play.act(CHAIR, "complete_review", words="That it took too long.")
    for item in ("report", "briefing", "practitioner_summary"):
        play.act(MANAGER, "receive_deliverable", item=item)
    play.act(MANAGER, "lodge_report", lodged_at=play.now)
    said = {"reached_at": play.now, "words": "In team meetings.", "understood": "They were asked."}
    play.act("p-002", "confirm_dissemination", agency=COUNCIL, **said)
    with pytest.raises(Refused, match="the confirmation of every agency"):
        play.act(CHAIR, "complete_review", words="That it took too long.")
    with pytest.raises(Refused, match="your own agency"):
        play.act("p-002", "confirm_dissemination", agency=POLICE_AGENCY, **said)
    play.act(POLICE, "confirm_dissemination", agency=POLICE_AGENCY, **said)
    play.act(CHAIR, "complete_review", words="That it took too long.")
    play.now += timedelta(days=365)
    play.act(MANAGER, "hold_practitioner_event", held_at=play.now, attended=[COUNCIL], words="-")
    play.act(MANAGER, "finish_family", words="Nobody could be found.")
    play.act(MANAGER, "check_availability", words="The whole year.")
    assert play.case.closed


@pytest.mark.promise("C14")
def test_a_coroners_report_is_answered_within_fifty_six_days_by_the_agency_it_names() -> None:
    play = under_way()
    play.act(MANAGER, "record_coroners_report", agency=POLICE_AGENCY, dated_at=play.now, words="Concerns.")
    one = play.case.obligations["coroner_reply/k1"]
    assert (one.agency, day_of(one.due) - day_of(MONDAY)) == (POLICE_AGENCY, timedelta(days=56))  # type: ignore[arg-type]
    with pytest.raises(Refused):
        play.act("p-002", "answer_coroner", item="k1", sent_at=play.now, words="-")
    play.act(POLICE_LEAD, "answer_coroner", item="k1", sent_at=play.now, words="It was changed.")
    assert "coroner_reply" not in owed(play.case)


@pytest.mark.promise("C13")
@pytest.mark.parametrize(
    ("reached", "settled", "owes"),
    [
        ("decided", None, {"commission", "appoint_reviewer", "publication"}),
        ("under_way", None, {"publication", "check_review"}),
        ("signed_off", None, {"publication", "check_review"}),
        ("published", "2019-03-01", set()),
        ("withheld", "2019-03-01", set()),
        ("over", None, set()),
    ],
)
def test_an_older_review_is_entered_at_its_stage_and_owes_only_what_is_still_to_come(
    reached: str, settled: str | None, owes: set[str]
) -> None:
    case = Case(ref="PR-2026-0002", kind="practice_review", policy=POLICY_NAME, calendar=CALENDAR_NAME, opened=MONDAY)
    play = Play(case, MONDAY)
    play.act(
        MANAGER, "enter_review", name="Baby Q", origin="serious_case_review", decided_on="2018-05-01", reached=reached,
        settled_on=settled, reasons="-", agencies=[COUNCIL],
    )  # fmt: skip
    assert owed(play.case) == owes
    assert (play.case.closed is None) is bool(owes), "it is closed as soon as nothing is owed, and not before"


def entered(reached: str = "published", **more: Any) -> Play:  # noqa: ANN401 -- the answers of a form
    case = Case(ref="PR-2026-0003", kind="practice_review", policy=POLICY_NAME, calendar=CALENDAR_NAME, opened=MONDAY)
    play = Play(case, MONDAY)
    said = {"name": "Baby Q", "origin": "serious_case_review", "reasons": "-", "agencies": [COUNCIL], **more}
    play.act(MANAGER, "enter_review", reached=reached, **said)
    return play


@pytest.mark.promise("C13")
def test_a_review_that_was_over_when_it_was_entered_is_open_while_what_it_recommended_is_owed() -> None:
    play = entered(settled_on="2019-03-01")
    kept = {"text": "Ask.", "agency": COUNCIL, "measures": [], "due": "2019-09-01"}
    play.act(MANAGER, "enter_recommendation", **kept, state="past", completed="2019-09-01", evidence="The audit.")
    assert play.case.closed is not None, "nothing is owed of what was closed before"
    play.act(MANAGER, "enter_recommendation", **kept, state="open", by="2027-02-01")
    assert not play.case.model_dump()["closed"]
    with pytest.raises(Refused, match="This case is closed"):
        entered(settled_on="2019-03-01").act(
            MANAGER, "link_proceeding", proceeding="criminal", status="open", words="-"
        )


@pytest.mark.promise("C13")
def test_a_review_that_was_signed_off_when_it_was_entered_takes_what_was_done_since_its_decision() -> None:
    play = entered("signed_off", decided_on=day_of(MONDAY) - timedelta(days=90))
    copies = {"recipients": RECIPIENTS, "late": "It was kept elsewhere."}
    with pytest.raises(Refused, match="before it was decided to review"):
        play.act(MANAGER, "send_advance_copies", sent_at=MONDAY - timedelta(days=91), **copies)
    play.act(MANAGER, "send_advance_copies", sent_at=MONDAY - timedelta(days=30), **copies)
    play.act(MANAGER, "publish", **publishing(play))
    assert play.case.marks["review_published"].at == MONDAY


@pytest.mark.promise("C9")
def test_a_report_is_signed_off_once_by_the_same_partners_until_another_draft_comes() -> None:
    play = signed_off()
    said = {"has_improvements": True, "has_analysis": True}
    with pytest.raises(Refused, match="signed this report off already"):
        play.act(CHAIR, "sign_off", signed_at=play.now, positions=positions(), **said)
    play.act(REVIEWER, "receive_draft", received_at=play.now)
    against = [*positions()[:2], {"partner": PARTNERS[2], "position": "dissents", "words": "Too early."}]
    play.act(CHAIR, "sign_off", signed_at=play.now, positions=against, **said)
    play.act(CHAIR, "sign_off", signed_at=play.now, positions=positions(), **said)


@pytest.mark.promise("C9")
@pytest.mark.parametrize(
    "address", ["not a link", "ftp://example.org/a", "https://", "javascript:alert(1)", "Our page"]
)
def test_where_a_report_can_be_read_is_the_address_of_a_page(address: str) -> None:
    play = copies_sent()
    play.wait(days=30)
    with pytest.raises(Refused, match="Enter the whole address of the page"):
        play.act(MANAGER, "publish", **{**publishing(play), "address": address})


def waiting(*keys: str) -> Play:
    play = signed_off()
    play.act(MANAGER, "link_proceeding", proceeding="criminal", status="open", words="The police lead.")
    waits = {"review": day_of(play.now) + timedelta(days=60), "authority": "The prosecutor.", "reason": "They ask."}
    play.act(CHAIR, "suspend_milestones", item="p1", milestones=list(keys), **waits)
    return play


@pytest.mark.promise("C7")
def test_a_suspension_is_looked_at_on_the_day_on_which_its_proceedings_are_concluded() -> None:
    play = waiting("practitioner_event")
    play.wait(days=5)
    play.act(MANAGER, "update_proceeding", item="p1", status="open", words="A date was set.")
    (one,) = [one for one in play.case.open() if one.block == "milestones_review"]
    assert day_of(one.due) == day_of(MONDAY) + timedelta(days=60)  # type: ignore[arg-type]
    play.act(MANAGER, "update_proceeding", item="p1", status="concluded", words="He was convicted.")
    (one,) = [one for one in play.case.open() if one.block == "milestones_review"]
    assert (day_of(one.due), one.item) == (day_of(play.now), "p1")  # type: ignore[arg-type]
    play.act(CHAIR, "review_milestones", item="p1", outcome="lift", reason="The trial is over.")
    assert "milestones_review" not in owed(play.case)


@pytest.mark.promise("C7")
def test_the_look_at_a_suspension_ends_with_the_last_milestone_that_waits() -> None:
    play = waiting("publication", "practitioner_event")
    play.act(CHAIR, "withhold_publication", decided_at=play.now, reasons="-", improvements="-")
    assert "milestones_review" in owed(play.case), "the event still waits"
    play = waiting("publication")
    play.act(CHAIR, "withhold_publication", decided_at=play.now, reasons="-", improvements="-")
    assert "milestones_review" not in owed(play.case)
    with pytest.raises(Refused, match="Nothing waits for these proceedings"):
        play.act(CHAIR, "review_milestones", item="p1", outcome="lift", reason="-")


def test_the_reviewer_sees_the_whole_of_the_review_until_it_is_complete_and_nobody_else_on_the_register_does() -> None:
    play = commissioned()
    actor = play.actor(REVIEWER)
    assert not whole(actor, play.case, access_of(play.case, play.now))
    play.act(CHAIR, "appoint_reviewer", reviewer=REVIEWER, suitability="-")
    assert whole(actor, play.case, access_of(play.case, play.now))


LEADS_TO_A_REPORT: tuple[tuple[str, str, dict[str, Any]], ...] = (
    (CHAIR, "appoint_reviewer", {"reviewer": REVIEWER, "suitability": "-"}),
    (MANAGER, "request_information", {"agencies": ["harrowshire-icb"]}),
    (MANAGER, "hold_practitioner_event", {"attended": [COUNCIL], "words": "-"}),
    (REVIEWER, "receive_draft", {}),
    (CHAIR, "sign_off", {"positions": positions(), "has_improvements": True, "has_analysis": True}),
)


@pytest.mark.promise("C9")
@pytest.mark.parametrize(("person", "kind", "answers"), LEADS_TO_A_REPORT)
def test_what_leads_to_a_report_is_refused_once_the_publication_is_settled(
    person: str, kind: str, answers: dict[str, Any]
) -> None:
    play = signed_off()
    play.act(MANAGER, "hold_practitioner_event", held_at=play.now, attended=[COUNCIL], words="-")
    play.act(CHAIR, "withhold_publication", decided_at=play.now, reasons="-", improvements="-")
    at = {"receive_draft": "received_at", "sign_off": "signed_at", "hold_practitioner_event": "held_at"}.get(kind)
    with pytest.raises(Refused, match="settled, so this is not recorded any more"):
        play.act(person, kind, **answers, **({at: play.now} if at else {}))


@pytest.mark.promise("C8", "C9")
def test_an_event_that_is_still_owed_is_recorded_after_the_publication_as_well() -> None:
    play = signed_off()
    play.act(CHAIR, "withhold_publication", decided_at=play.now, reasons="-", improvements="-")
    play.act(MANAGER, "hold_practitioner_event", held_at=play.now, attended=[COUNCIL], words="-")
    assert "practitioner_event" not in owed(play.case)
