"""A case under the shipped policy lives through whatever people, calendars and outages do to it.

Every step checks what must hold whatever happened: nothing is said before its time, late, twice, after the end or in a
suspension; suspended time never counts; a promise never reaches beyond its bound; nothing open is without a next step.
At the end nobody answers any more, and the top of every ladder must be reached.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from models import shelf
from models.case import Case
from models.clocks import furthest
from models.facts import Fact
from models.fold import after, rules_of
from models.judging import reach_of
from models.ladder import hushed_until
from models.obligation import Due, Obligation, Told
from models.policy import Force, Ladder, Proclaimed, Rung, Span, Unit
from models.telling import tell
from models.time import at, day_of, end_of
from tests.support.core import (
    AGENCIES,
    AUTHORITY,
    CALENDAR_NAME,
    CHAIR,
    DEPUTIES,
    DIRECTORY,
    MANAGER,
    POLICY,
    POLICY_NAME,
    Play,
    Refused,
    decision_answers,
    holder,
    meeting_answers,
    referral,
    review,
    triage_answers,
)

NINE = time(9)
HOLIDAYS = tuple(
    Proclaimed(day=day, title="A day off", source="proclamation", force=Force.LAW)
    for day in (date(2026, 11, 12), date(2027, 3, 30), date(2027, 10, 27), date(2028, 3, 1))
)
OTHER_CALENDAR = shelf.put_calendar(
    POLICY.calendar.model_copy(update={"version": "other", "proclaimed": (*POLICY.calendar.proclaimed, *HOLIDAYS)})
)


def quicker() -> str:
    """Another version of the policy: fewer days for a return, and another ladder for it."""
    lifecycles = {name: dict(blocks) for name, blocks in POLICY.lifecycles.items()}
    block = lifecycles["rapid_review"]["agency_return"]
    lifecycles["rapid_review"]["agency_return"] = block.model_copy(update={"budget": Span(n=7, unit=Unit.WORKING_DAYS)})
    old = POLICY.ladders["agency_return"]
    rungs = (Rung(office="agency_lead", delay=Span(n=0, unit=Unit.WORKING_DAYS)), *old.rungs[3:])
    ladders: dict[str, Ladder] = {**POLICY.ladders, "agency_return": old.model_copy(update={"rungs": rungs})}
    return shelf.put(POLICY.model_copy(update={"version": "other", "lifecycles": lifecycles, "ladders": ladders}))[0]


OTHER_POLICY = quicker()
picks = st.integers(0, 40)
FEW_DAYS = st.integers(-1, 9)
STARTS = st.datetimes(datetime(2026, 3, 20), datetime(2027, 4, 10), timezones=st.just(UTC))  # noqa: DTZ001 -- aware by timezones


class Life(RuleBasedStateMachine):
    """`down_since`: the engine cannot speak; what comes due meanwhile is said when it is back."""

    play: Play

    def __init__(self) -> None:
        super().__init__()
        self.down_since: datetime | None = None
        self.spoken: set[tuple[str, int, int, str]] = set()
        self.seen = 0
        self.ordered = 0

    # Time

    @rule(hours=st.integers(0, 24 * 12))
    def time_passes(self, hours: int) -> None:
        self.back_up()
        self.until(self.play.now + timedelta(hours=hours))

    @rule()
    def until_the_next_rung(self) -> None:
        """Stop at the very moment at which a rung is due, before it has spoken: what follows is a tie."""
        self.back_up()
        self.speak()
        if self.play.case.wakes is not None:
            self.play.now = max(self.play.now, self.play.case.wakes)

    @rule(hours=st.integers(1, 24 * 20))
    def outage(self, hours: int) -> None:
        self.speak()
        if self.down_since is None:
            self.down_since = self.play.now
        self.play.sleep_until(self.play.now + timedelta(hours=hours))

    def back_up(self) -> None:
        if self.down_since is not None:
            self.speak()
            self.down_since = None

    def until(self, moment: datetime) -> None:
        self.speak()
        while (wakes := self.play.case.wakes) is not None and wakes <= moment:
            self.play.now = max(self.play.now, wakes)
            self.speak()
        self.play.now = max(self.play.now, moment)

    def speak(self) -> None:
        """One wake, with all that must hold of what it says."""
        dues = self.play.case.due(self.play.now)
        if len(dues) > 1:
            self.orders_commute(dues[0], dues[1])
        for due in dues:
            self.may_speak(due)
        for fact in self.play.speak():
            told = Told.model_validate(fact.data["told"])
            for heard in told.heard:
                said = (fact.data["obligation"], told.rung, told.round, heard.office)
                assert said not in self.spoken, f"said twice: {said}"
                self.spoken.add(said)
        assert self.play.case.due(self.play.now) == [], "one wake says all that is due"

    def may_speak(self, due: Due) -> None:
        one, now = self.play.case.obligations[due.key], self.play.now
        assert one.ended is None
        assert not one.paused
        assert one.opened <= due.at <= now, "no rung before its time"
        if self.down_since is None:
            assert due.at == now, f"late although the engine was up: {due} at {now}"
        assert all(one.rungs[rung] < due.at for rung in due.missed)
        rules = rules_of(self.play.case, one)
        hushed = hushed_until(one, rules)
        if hushed is not None:
            assert due.at >= hushed, "a promise keeps silence"
        if rules.ladder.rungs[due.rung].delay.unit is Unit.WORKING_DAYS and due.at > one.opened:
            assert shelf.days(self.play.case.calendar).is_working_day(day_of(due.at)) or due.at in self.decided()

    def decided(self) -> set[datetime]:
        """Moments at which somebody did something: a rung may speak at once then, whatever the day."""
        return {fact.recorded for fact in self.play.facts}

    def orders_commute(self, one: Due, other: Due) -> None:
        """Two rungs at one moment: whichever is folded first, the case is the same."""
        if self.ordered > 3:
            return
        self.ordered += 1
        states = []
        for order in ((one, other), (other, one)):
            case = self.play.case
            for due in order:
                case = after(case, tell(case, due, DIRECTORY, self.play.now))
            states.append(case)
        assert states[0] == states[1]

    # Acts

    def owes(self, *blocks: str) -> bool:
        return any(self.play.case.is_open(block) for block in blocks)

    def act(self, person: str, kind: str, **answers: Any) -> bool:  # noqa: ANN401 -- the answers of a form
        before = self.play.case
        for who in (person, DEPUTIES.get(person, person)):
            try:
                self.play.act(who, kind, **answers)
            except Refused:
                assert self.play.case is before
            else:
                return True
        return False

    def pick(self, number: int) -> Obligation | None:
        found = sorted(self.play.case.open(), key=lambda one: one.key)
        return found[number % len(found)] if found else None

    def day(self, days: int) -> date:
        return day_of(self.play.now) + timedelta(days=days)

    # Answers

    def somebody(self, one: Obligation, office: int) -> str:
        offices = [one.owed_by, *rules_of(self.play.case, one).offices()]
        return self.holder(offices[office % len(offices)], one)

    def holder(self, office: str, one: Obligation) -> str:
        named = self.play.case.recommendation(one)
        return named.owner if named and office == "recommendation_owner" else holder(office, one.agency)

    @rule(number=picks, office=st.integers(0, 5), days=FEW_DAYS)
    def promise(self, number: int, office: int, days: int) -> None:
        one, now = self.pick(number), self.play.now
        if one is None or not self.act(self.somebody(one, office), "promise", obligation=one.key, until=self.day(days)):
            return
        case = self.play.case
        bound = furthest(now, reach_of(case, one).promise_most, shelf.days(case.calendar))
        bound = max(bound, day_of(one.due)) if one.due else bound
        later = case.obligations[one.key]
        hushed, speaks = hushed_until(later, rules_of(case, later)), later.speaks()
        assert hushed is not None
        assert speaks is not None
        assert later.promises[-1].until <= end_of(bound), "a promise never reaches beyond its bound"
        assert hushed <= at(shelf.days(case.calendar).add(bound, 1), NINE)
        assert hushed <= speaks <= max(hushed, one.rungs[later.promises[-1].rung])

    @rule(number=picks, office=st.integers(0, 5), ground=st.sampled_from(["not_ours", "done"]))
    def dispute(self, number: int, office: int, ground: str) -> None:
        if one := self.pick(number):
            self.act(self.somebody(one, office), "dispute", obligation=one.key, ground=ground, words="w")

    @precondition(lambda self: any(one.dispute for one in self.play.case.open()))
    @rule(number=picks, outcome=st.sampled_from(["still_owed", "still_owed", "not_owed", "done"]))
    def settle(self, number: int, outcome: str) -> None:
        disputed = sorted(one.key for one in self.play.case.open() if one.dispute)
        if disputed:
            key = disputed[number % len(disputed)]
            self.act(MANAGER, "settle_dispute", obligation=key, outcome=outcome, reason="r")

    @rule(number=picks, days=st.integers(0, 9))
    def ask_time(self, number: int, days: int) -> None:
        owing = [one for one in self.play.case.open() if one.due and one.due > self.play.now and not one.of]
        if owing:
            one = owing[number % len(owing)]
            assert one.due
            until = day_of(one.due) + timedelta(days=days)
            self.act(self.holder(one.owed_by, one), "ask_time", obligation=one.key, until=until, reason="r")

    @precondition(lambda self: self.owes("time_request"))
    @rule(number=picks, granted=st.booleans(), days=st.integers(0, 7))
    def answer_time(self, number: int, days: int, *, granted: bool) -> None:
        waiting = sorted(one.of for one in self.play.case.open() if one.block == "time_request")
        if waiting:
            key = waiting[number % len(waiting)]
            due = self.play.case.obligations[key].due or self.play.now
            until = day_of(due) + timedelta(days=days) if granted else None
            self.act(CHAIR, "answer_time", obligation=key, granted=granted, until=until, reason="r")

    @rule(number=picks, days=st.integers(0, 60))
    def suspend(self, number: int, days: int) -> None:
        if one := self.pick(number):
            self.act(CHAIR, "suspend", obligation=one.key, review=self.day(days), authority="a", reason="r")

    @precondition(lambda self: any(one.paused for one in self.play.case.open()))
    @rule(number=picks, days=st.integers(-1, 60))
    def review(self, number: int, days: int) -> None:
        paused = sorted(one.key for one in self.play.case.open() if one.paused)
        if paused:
            more = {"outcome": "continue", "review": self.day(days)} if days > 30 else {"outcome": "lift"}
            self.act(CHAIR, "review_suspension", obligation=paused[number % len(paused)], reason="r", **more)

    @rule(number=picks, hours=st.integers(0, 24 * 15))
    def correct(self, number: int, hours: int) -> None:
        names = sorted(self.play.case.marks)
        self.act(
            MANAGER, "correct", mark=names[number % len(names)], at=self.play.now - timedelta(hours=hours), reason="r"
        )

    @precondition(lambda self: self.play.case.known % 5 == 0)  # not often
    @rule()
    def another_calendar(self) -> None:
        other = OTHER_CALENDAR if self.play.case.calendar == CALENDAR_NAME else CALENDAR_NAME
        self.act(MANAGER, "adopt_calendar", calendar=other, reason="r")

    @precondition(lambda self: self.play.case.known % 7 == 0)  # not often
    @rule()
    def another_policy(self) -> None:
        other = OTHER_POLICY if self.play.case.policy == POLICY_NAME else POLICY_NAME
        self.act(MANAGER, "adopt_policy", policy=other, reason="r")

    # What always holds

    @invariant()
    def nothing_open_is_without_a_next_step(self) -> None:
        case = self.play.case
        for one in case.open():
            if one.paused:
                assert one.speaks() is None
                assert any(other.of == one.key and other.block == "suspension_review" for other in case.open())
            else:
                assert one.speaks() is not None, one
                assert one.due is not None
            if one.dispute:
                assert any(other.of == one.key and other.block == "dispute" for other in case.open())

    @invariant()
    def an_open_case_always_owes_something(self) -> None:
        assert bool(self.play.case.closed) != bool(self.play.case.open())

    @invariant()
    def what_has_ended_is_silent_and_small(self) -> None:
        for one in self.play.case.obligations.values():
            if one.ended:
                assert one.speaks() is None
                assert one.rungs == ()

    @invariant()
    def suspended_time_never_counts(self) -> None:
        for one in self.play.case.open():
            block = rules_of(self.play.case, one).block
            if one.due and one.said is None and block.budget and block.budget.unit is Unit.WORKING_DAYS:
                day = counted_by_hand(self.play.case, one, one.start, block.budget.n)
                if block.at_least:
                    day = max(day, counted_by_hand(self.play.case, one, one.opened, block.at_least.n))
                assert one.due == end_of(day)

    @invariant()
    def the_plan_fits_the_ladder(self) -> None:
        for one in self.play.case.open():
            rules = rules_of(self.play.case, one)
            assert len(one.rungs) == len(rules.ladder.rungs)
            assert one.level <= rules.top
            assert rules.top not in one.mute

    @invariant()
    def no_message_has_the_key_of_another(self) -> None:
        fresh, self.seen = self.play.notices[self.seen :], len(self.play.notices)
        assert len({one.key for one in fresh}) == len(fresh)
        earlier = {one.key for one in self.play.notices[: self.seen - len(fresh)]}
        assert not earlier & {one.key for one in fresh}

    def teardown(self) -> None:
        """Nobody answers any more: each ladder's top is reached, and said again and again."""
        if not hasattr(self, "play"):
            return
        self.back_up()
        self.speak()
        case = self.play.case
        assert Case.model_validate_json(case.model_dump_json()) == case
        assert len(case.model_dump_json()) < 100_000
        assert self.told_again() == case, "the same facts make the same case"
        waiting = {one.key for one in case.open() if not one.paused}
        start, told = self.play.now, len(self.play.facts)
        last = max((one.due for one in case.open() if one.due), default=start)
        self.until(max(start, last) + timedelta(days=100))
        for key in waiting:
            rules = rules_of(self.play.case, self.play.case.obligations[key])
            tops = [fact for fact in self.play.facts[told:] if top_of(fact, key, rules.top)]
            assert len(tops) > 1, f"the top of {key} is reached, and told again"

    def told_again(self) -> Case:
        """The case made once more from the facts as the record keeps them."""
        first = self.play.facts[0]
        kind = self.play.case.kind
        case = Case(ref=first.case, kind=kind, policy=POLICY_NAME, calendar=CALENDAR_NAME, opened=first.recorded)
        for fact in self.play.facts:
            case = after(case, Fact.model_validate_json(fact.model_dump_json()))
        return case


class Review(Life):
    """A rapid review, from its opening to its end and back again."""

    @initialize(
        start=STARTS,
        aware=st.integers(0, 20),
        stage=st.integers(0, 5),
    )
    def open(self, start: datetime, aware: int, stage: int) -> None:
        """A review that has come so far: opened, notified, asked, met, decided or parked, sent to the panel."""
        now = start.replace(second=0, microsecond=0)
        self.play = review(now, now - timedelta(days=aware))
        if stage > 0:
            self.notify(0)
        if stage > 1:
            self.request(0, 3)
        if stage > 2:
            self.analyse()
            self.meet(quorate=True)
        if stage > 3:
            self.decide("parked" if aware % 2 else "no_further_review", 30)
        if stage > 4:
            self.send()

    def may_decide(self) -> bool:
        return self.owes("decision", "reconsider", "reassess", "decide_again", "parked_review") and {
            "analysis_recorded", "meeting_held",
        } <= set(self.play.case.marks)  # fmt: skip

    @precondition(lambda self: self.owes("notify_national_panel"))
    @rule(hours=st.integers(0, 60))
    def notify(self, hours: int) -> None:
        self.act(
            AUTHORITY,
            "record_notification",
            sent_at=self.play.now - timedelta(hours=hours),
            late="l",
            sent_by="A",
            reference="B",
        )

    @precondition(lambda self: "national_notification_sent" in self.play.case.marks)
    @rule(first=st.integers(0, 5), many=st.integers(1, 3))
    def request(self, first: int, many: int) -> None:
        self.act(MANAGER, "request_information", agencies=AGENCIES[first : first + many])

    @precondition(lambda self: self.owes("agency_return"))
    @rule(number=picks)
    def submit(self, number: int) -> None:
        if self.play.case.agencies:
            agency = self.play.case.agencies[number % len(self.play.case.agencies)]
            self.act(holder("agency_contact", agency), "submit_return", agency=agency, holds="nothing")

    @precondition(lambda self: self.owes("independent_analysis"))
    @rule()
    def analyse(self) -> None:
        self.act(CHAIR, "record_analysis", facts="a", context="b", practice="c", learning="d")

    @precondition(lambda self: self.owes("meeting"))
    @rule(quorate=st.booleans())
    def meet(self, *, quorate: bool) -> None:
        self.act(MANAGER, "record_meeting", **meeting_answers(self.play.now, quorate=quorate))

    @precondition(lambda self: self.may_decide())
    @rule(outcome=st.sampled_from(["parked", "no_further_review", "practice_review"]), days=st.integers(-1, 200))
    def decide(self, outcome: str, days: int) -> None:
        parked = {"parked_on": "inquest", "parked_review": self.day(days)} if outcome == "parked" else {}
        self.act(CHAIR, "decide", **decision_answers(outcome, self.play.now, **parked))

    @precondition(lambda self: self.owes("submission", "submit_changed_decision"))
    @rule()
    def send(self) -> None:
        self.act(MANAGER, "record_submission", sent_at=self.play.now, siblings_safe="yes", siblings_words="n")

    @precondition(lambda self: self.owes("panel_answer"))
    @rule(position=st.sampled_from(["agrees", "disagrees", "more_information"]))
    def panel(self, position: str) -> None:
        self.act(MANAGER, "record_panel_answer", received_at=self.play.now, position=position)
        self.act(MANAGER, "send_information", sent_at=self.play.now, words="n")

    @precondition(lambda self: self.play.case.known % 11 == 0)  # not often, for it ends a review
    @rule()
    def withdraw(self) -> None:
        self.act(MANAGER, "withdraw_notification", withdrawn_at=self.play.now, reason="r")

    @rule()
    def inquest(self) -> None:
        self.act(MANAGER, "record_event", event="inquest", happened_at=self.play.now, words="n")

    @precondition(lambda self: len(self.play.case.recommendations) < 3)
    @rule(first=st.integers(0, 6), days=st.integers(0, 30))
    def learn(self, first: int, days: int) -> None:
        owner = holder("agency_contact", AGENCIES[first])
        said = {"text": "t", "measures": [{"measure": "m"}], "source": "immediate", "by": self.day(days)}
        self.act(MANAGER, "recommend", agency=AGENCIES[first], owner=owner, **said)

    @precondition(lambda self: self.owes("answer_recommendation"))
    @rule(number=picks)
    def learnt(self, number: int) -> None:
        owing = [one for one in self.play.case.of_block("answer_recommendation") if not one.ended]
        one = owing[number % len(owing)]
        self.act(holder("agency_lead", one.agency), "answer_recommendation", item=one.item, answer="accepts")

    @precondition(lambda self: self.owes("tell_referrer"))
    @rule()
    def tell_referrer(self) -> None:
        self.act(MANAGER, "tell_referrer", how="email", words="w")

    @precondition(lambda self: self.play.case.closed)
    @rule()
    def reopen(self) -> None:
        self.act(CHAIR, "reopen", reason="r")


class Referral(Life):
    """A referral, with a clock in hours for children of whom nobody knows whether they are safe."""

    @initialize(
        start=STARTS,
        safe=st.sampled_from(["yes", "not_known"]),
    )
    def open(self, start: datetime, safe: str) -> None:
        begins = start.replace(second=0, microsecond=0)
        self.play = referral(begins, event="looked_after_death", others="yes", siblings_safe=safe)

    @precondition(lambda self: self.owes("triage", "triage_again"))
    @rule(
        route=st.sampled_from(["notify_only", "pass_on", "alternative_review", "single_agency_review"]),
        safe=st.sampled_from(["yes", "not_known"]),
    )
    def triage(self, route: str, safe: str) -> None:
        self.act(MANAGER, "triage", **{**triage_answers(route), "siblings_safe": safe})

    @precondition(lambda self: self.owes("pass_on"))
    @rule()
    def pass_on(self) -> None:
        self.act(MANAGER, "pass_on", body="police", sent_at=self.play.now, sent_to="A")

    @precondition(lambda self: self.owes("review_learning"))
    @rule()
    def learnt(self) -> None:
        self.act(MANAGER, "record_review_learning", learning="l", changes="c")

    @precondition(lambda self: self.owes("siblings_safety"))
    @rule(safe=st.sampled_from(["no", "not_known"]))
    def answer_safety(self, safe: str) -> None:
        self.act(AUTHORITY, "answer_safety", siblings_safe=safe, words="w")

    @precondition(lambda self: self.owes("notify_secretary_of_state"))
    @rule(hours=st.integers(0, 60))
    def notify(self, hours: int) -> None:
        sent = self.play.now - timedelta(hours=hours)
        self.act(AUTHORITY, "notify_secretary_of_state", sent_at=sent, sent_by="A", reference="B")

    @precondition(lambda self: self.owes("tell_referrer"))
    @rule()
    def tell_referrer(self) -> None:
        self.act(MANAGER, "tell_referrer", how="email", words="w")

    @precondition(lambda self: self.play.case.closed)
    @rule()
    def reopen(self) -> None:
        self.act(CHAIR, "reopen", reason="r")


def top_of(fact: Fact, key: str, top: int) -> bool:
    return fact.kind == "told" and fact.data["obligation"] == key and fact.data["told"]["rung"] == top


def counted_by_hand(case: Case, one: Obligation, start: datetime, n: int) -> date:
    """The n-th working day after `start` that no suspension touches, by walking through the days."""
    days, day = shelf.days(case.calendar), day_of(start)
    while n:
        day += timedelta(days=1)
        if days.is_working_day(day) and not any(pause.touches(day) for pause in one.pauses):
            n -= 1
    return day


def live(kind: type[Life], *, lives: int, steps: int, always_the_same: bool) -> None:
    calm = settings(
        max_examples=lives, stateful_step_count=steps, derandomize=always_the_same, database=None, deadline=None,
        suppress_health_check=list(HealthCheck), report_multiple_bugs=False, phases=(Phase.generate,), print_blob=True,
    )  # fmt: skip
    run_state_machine_as_test(kind, settings=calm)


@pytest.mark.promise("F4", "F5", "F13")
@pytest.mark.parametrize(("kind", "lives"), [(Review, 60), (Referral, 30)])
def test_whatever_happens_the_ladder_keeps_its_word(kind: type[Life], lives: int) -> None:
    live(kind, lives=lives, steps=40, always_the_same=True)


@pytest.mark.proof
@pytest.mark.timeout(1800)
@pytest.mark.promise("F4", "F5", "F13")
@pytest.mark.parametrize(("kind", "lives"), [(Review, 2_500), (Referral, 1_000)])
def test_whatever_happens_a_hundred_thousand_times_the_ladder_keeps_its_word(kind: type[Life], lives: int) -> None:
    live(kind, lives=lives, steps=50, always_the_same=False)
