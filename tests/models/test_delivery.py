"""What is done next for a message: it is never sent where it may have arrived, and it ends nowhere unseen."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.delivery import (
    ARRIVED,
    FOLLOWED,
    LOOKED_FOR,
    PATIENCE,
    TIMEOUT,
    Attempt,
    Look,
    Lost,
    Nowhere,
    Reached,
    Send,
    State,
    Wait,
    Way,
    follow_again,
    is_stuck,
    next_step,
    pause,
)

START = datetime(2026, 3, 3, 9, tzinfo=UTC)
SLACK, MAIL, NOTIFY = Way("slack", looks=True), Way("mail", looks=False), Way("notify", looks=True)
OUTCOMES = [State.SENT, State.DELIVERED, State.FAILED_FOR_NOW, State.FAILED_FOR_GOOD, State.UNKNOWN, State.SENDING]


def tried(state: State, channel: str = "slack", number: int = 1, began: datetime = START, **more: object) -> Attempt:
    return Attempt.model_validate({"number": number, "channel": channel, "state": state, "began": began, **more})


@pytest.mark.promise("G1", "G7")
def test_the_first_channel_comes_first_and_the_next_only_when_it_has_refused_for_good() -> None:
    ways = [SLACK, MAIL]
    assert next_step([], ways, START) == Send("slack", 1)
    assert next_step([tried(State.FAILED_FOR_GOOD)], ways, START) == Send("mail", 2)
    refused = [tried(State.FAILED_FOR_GOOD), tried(State.FAILED_FOR_GOOD, "mail", 2)]
    assert next_step(refused, ways, START) == Nowhere()
    assert next_step([], [], START) == Nowhere()


@pytest.mark.promise("G4")
def test_an_answer_that_never_came_is_looked_for_only_after_its_time_out() -> None:
    sending = tried(State.SENDING)
    assert next_step([sending], [SLACK], START + timedelta(seconds=1)) == Wait(START + TIMEOUT)
    assert next_step([sending], [SLACK], START + TIMEOUT) == Look(sending)


@pytest.mark.promise("G4", "G7")
def test_where_a_channel_cannot_be_looked_into_the_next_one_is_tried_and_it_is_never_sent_again() -> None:
    sending = tried(State.SENDING, "mail")
    assert next_step([sending], [MAIL, NOTIFY], START + TIMEOUT) == Lost(sending)
    unknown = tried(State.UNKNOWN, "mail")
    assert next_step([unknown], [MAIL, NOTIFY], START + TIMEOUT) == Send("notify", 2)
    for later in (TIMEOUT, PATIENCE, timedelta(days=400)):
        assert next_step([unknown], [MAIL], START + later) == Nowhere()


@pytest.mark.promise("G4", "G7")
def test_a_look_that_finds_nothing_out_for_long_lets_the_next_channel_go_on() -> None:
    unknown = tried(State.UNKNOWN, again=START + timedelta(seconds=30))
    assert next_step([unknown], [SLACK, MAIL], START + timedelta(seconds=20)) == Wait(START + timedelta(seconds=30))
    assert next_step([unknown], [SLACK, MAIL], START + timedelta(seconds=30)) == Look(unknown)
    assert next_step([unknown], [SLACK, MAIL], START + LOOKED_FOR) == Send("mail", 2)


@pytest.mark.promise("G5", "G7")
def test_a_channel_that_says_when_is_asked_then_and_one_that_stays_busy_is_passed_over_and_not_forgotten() -> None:
    busy = tried(State.FAILED_FOR_NOW, again=START + timedelta(seconds=30))
    assert next_step([busy], [SLACK, MAIL], START + timedelta(seconds=29)) == Wait(START + timedelta(seconds=30))
    assert next_step([busy], [SLACK, MAIL], START + timedelta(seconds=30)) == Send("slack", 2)
    assert next_step([busy], [SLACK, MAIL], START + PATIENCE) == Send("mail", 2)
    gone = tried(State.FAILED_FOR_GOOD, "mail", 2)
    assert next_step([busy, gone], [SLACK, MAIL], START + PATIENCE) == Send("slack", 3)


@pytest.mark.promise("G4", "G7")
def test_the_unit_hears_within_a_quarter_of_an_hour_of_a_send_of_which_nobody_knows() -> None:
    ways = [SLACK, MAIL]
    unknown, letter = tried(State.UNKNOWN), tried(State.UNKNOWN, "mail")
    assert timedelta(minutes=15) > LOOKED_FOR + TIMEOUT
    assert not is_stuck([unknown], ways, START), "it is being looked for"
    assert is_stuck([unknown], ways, START + LOOKED_FOR)
    assert is_stuck([unknown, tried(State.SENT, "mail", 2)], ways, START + LOOKED_FOR), "though the next channel has it"
    assert is_stuck([letter], ways, START), "nobody can look into a mailbox"
    assert is_stuck([letter, tried(State.SENT, "notify", 2)], ways, START)
    assert not is_stuck([tried(State.SENT)], ways, START + PATIENCE)
    assert is_stuck([tried(State.FAILED_FOR_NOW)], ways, START + PATIENCE)


@pytest.mark.promise("G7", "G9")
def test_what_a_channel_has_taken_is_followed_until_it_says_what_became_of_it_or_its_time_is_over() -> None:
    notify = Way("notify", looks=True, follows=True)
    sent = tried(State.SENT, "notify", again=START + timedelta(minutes=1))
    assert next_step([sent], [notify], START) == Wait(START + timedelta(minutes=1))
    assert next_step([sent], [notify], START + timedelta(minutes=1)) == Look(sent)
    assert next_step([sent], [notify], START + FOLLOWED) == Reached()
    asked, times = START, 0
    while asked < START + FOLLOWED:
        asked, times = follow_again(START, asked), times + 1
    assert times < 25, "and less and less often"
    assert next_step([tried(State.DELIVERED, "notify")], [notify], START) == Reached()
    nobody = tried(State.FAILED_FOR_GOOD, "notify", error="mailbox_unknown")
    assert next_step([nobody], [notify, MAIL], START) == Send("mail", 2)
    assert next_step([tried(State.SENT)], [SLACK, MAIL], START) == Reached(), "others say nothing later"


def test_what_has_arrived_is_sent_by_no_other_channel_whatever_order_its_reader_has_since() -> None:
    taken = tried(State.SENT, "notify")
    follows = Way("notify", looks=True, follows=True)
    assert next_step([taken], [MAIL, follows], START + timedelta(hours=1)) == Look(taken)
    assert next_step([taken], [MAIL], START + timedelta(hours=1)) == Reached()


def test_pauses_grow_and_have_an_end() -> None:
    pauses = [pause(tries) for tries in range(1, 40)]
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (timedelta(seconds=2), timedelta(minutes=15))


def _goes(ways: Sequence[Way], outcomes: Sequence[State], looks: Sequence[State]) -> tuple[list[Attempt], list[str]]:
    """Walk a message through these answers. Returns its attempts, and what each channel has stored."""
    attempts: list[Attempt] = []
    stored: list[str] = []
    now, answers, found = START, list(outcomes), list(looks)
    for _ in range(200):
        match next_step(attempts, ways, now):
            case Send(channel, number):
                state = answers.pop(0) if answers else State.SENT
                if state in ARRIVED or (state in {State.UNKNOWN, State.SENDING} and number % 2):
                    stored.append(channel)
                attempts.append(tried(state, channel, number, now, again=now + pause(number)))
            case Look(attempt):
                sure = found.pop(0) if found else State.SENT
                there = State.SENT if attempt.number % 2 else State.FAILED_FOR_NOW
                said = State.UNKNOWN if sure is State.UNKNOWN else there
                attempts[-1] = attempt.model_copy(update={"state": said, "again": now + timedelta(seconds=30)})
            case Lost(attempt):
                attempts[-1] = attempt.model_copy(update={"state": State.UNKNOWN})
            case Wait(until):
                assert until > now, "it waits for nothing"
                now = until
            case Reached() | Nowhere():
                return attempts, stored
    raise AssertionError(attempts)


@pytest.mark.promise("G4", "G7")
@given(
    st.lists(st.sampled_from(OUTCOMES), max_size=12),
    st.lists(st.sampled_from([State.SENT, State.UNKNOWN]), max_size=40),
    st.sampled_from(list(product([SLACK, NOTIFY], [MAIL]))),
)
def test_no_channel_stores_a_message_twice_and_every_message_comes_to_an_end(
    outcomes: list[State], looks: list[State], ways: tuple[Way, ...]
) -> None:
    attempts, stored = _goes(ways, outcomes, looks)
    assert len(stored) == len(set(stored)), (attempts, stored)
    assert [one.number for one in attempts] == list(range(1, len(attempts) + 1))
    arrived = [one for one in attempts if one.state in ARRIVED]
    assert len(arrived) <= 1
    unknown = [one.channel for one in attempts if one.state is State.UNKNOWN]
    assert arrived or is_stuck(attempts, ways, START + timedelta(days=9)), "no message ends unseen"
    assert not unknown or is_stuck(attempts, ways, START + timedelta(days=9))
