"""What can be answered in every case: a promise, a dispute, more time, a suspension, a correction, a reopening."""

from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar

from models.command import PAST, TO_COME, Cannot, Choice, Command, Day, Moment, Slug, Words, asks
from models.time import day_of, end_of


class Ground(Choice):
    NOT_OURS = "not_ours", "This is not ours to answer"
    DONE = "done", "It is done, and here is the evidence"


class Settled(Choice):
    NOT_OWED = "not_owed", "Upheld: the office does not owe this"
    DONE = "done", "Upheld: it has been done"
    STILL_OWED = "still_owed", "Not upheld: it is still owed"


class ReviewOutcome(Choice):
    LIFT = "lift", "End the suspension: the clock goes on"
    CONTINUE = "continue", "Keep the suspension until a new review date"


class Promise(Command):
    """Say by when it will be done. Reminders stop until then."""

    KIND: ClassVar[str] = "promise"
    FACT: ClassVar[str] = "promised"
    TITLE: ClassVar[str] = "Promise a date"
    obligation: Slug = asks("What is promised")
    until: Day = asks("By which day will it be done?", "The policy says how far ahead a promise may reach.")


class DisputeIt(Command):
    """Say that it is not yours, or that it is done. It goes to the business manager, who has a clock of their own."""

    KIND: ClassVar[str] = "dispute"
    FACT: ClassVar[str] = "disputed"
    TITLE: ClassVar[str] = "Dispute this"
    obligation: Slug = asks("What is disputed")
    ground: Ground = asks("Why do you dispute it?")
    words: Words = asks("Tell us more", "For example who it belongs to, or where the evidence is.", private=True)


class SettleDispute(Command):
    KIND: ClassVar[str] = "settle_dispute"
    FACT: ClassVar[str] = "dispute_settled"
    TITLE: ClassVar[str] = "Settle a dispute"
    obligation: Slug = asks("What was disputed")
    outcome: Settled = asks("What is your answer to the dispute?")
    reason: Words = asks("Your reasons", private=True)


class AskTime(Command):
    KIND: ClassVar[str] = "ask_time"
    FACT: ClassVar[str] = "time_asked"
    TITLE: ClassVar[str] = "Ask for more time"
    obligation: Slug = asks("What needs more time")
    until: Day = asks("Until which day do you need?")
    reason: Words = asks("Why is more time needed?", private=True)


class AnswerTime(Command):
    KIND: ClassVar[str] = "answer_time"
    FACT: ClassVar[str] = "time_answered"
    TITLE: ClassVar[str] = "Answer a request for time"
    obligation: Slug = asks("What needs more time")
    granted: bool = asks("Do you give more time?")
    until: Day | None = asks("New date", "By the end of this day.", when=("granted", ("true",)), default=None)
    reason: Words = asks("Your reasons", private=True)

    def cannot(self, now: datetime) -> Iterator[Cannot]:
        yield from super().cannot(now)
        yield Cannot("until", "Enter the new date.", lambda: self.granted and self.until is None)


class Suspend(Command):
    """Stop the clock of one obligation until a review date, on somebody's authority."""

    KIND: ClassVar[str] = "suspend"
    FACT: ClassVar[str] = "suspended"
    TITLE: ClassVar[str] = "Suspend a clock"
    obligation: Slug = asks("Which clock stops")
    review: Day = asks("When will the suspension be reviewed?", "A suspension without a review date is not possible.")
    authority: Words = asks(
        "On whose authority?", "For example the senior investigating officer, by letter of a date.", private=True
    )
    reason: Words = asks("Why must it wait?", private=True)


class ReviewSuspension(Command):
    KIND: ClassVar[str] = "review_suspension"
    FACT: ClassVar[str] = "suspension_reviewed"
    TITLE: ClassVar[str] = "Review a suspension"
    obligation: Slug = asks("Which clock stands still")
    outcome: ReviewOutcome = asks("What happens now?")
    review: Day | None = asks("Next review date", when=("outcome", ("continue",)), default=None)
    reason: Words = asks("Your reasons", private=True)

    def cannot(self, now: datetime) -> Iterator[Cannot]:
        yield from super().cannot(now)
        words = "Enter the next review date."
        yield Cannot("review", words, lambda: self.outcome is ReviewOutcome.CONTINUE and self.review is None)


class Correct(Command):
    """Correct the date of something recorded earlier. Both dates stay visible; clocks and messages follow."""

    KIND: ClassVar[str] = "correct"
    FACT: ClassVar[str] = "corrected"
    TITLE: ClassVar[str] = "Correct a date"
    mark: Slug = asks("Which date is wrong")
    at: Moment = asks("When did it really happen?")
    reason: Words = asks("How do you know?", private=True)

    def cannot(self, now: datetime) -> Iterator[Cannot]:
        yield from super().cannot(now)
        yield Cannot("at", PAST, lambda: self.at > now)


class Restrict(Command):
    """Let only named people open this case, or lift that."""

    KIND: ClassVar[str] = "restrict"
    FACT: ClassVar[str] = "restriction_set"
    TITLE: ClassVar[str] = "Restrict this case"
    restricted: bool = asks("Is the case restricted to named people?")
    reason: Words = asks("Why?", private=True)


class LockOut(Command):
    """Keep somebody out whose own practice is under review, or lift that."""

    KIND: ClassVar[str] = "lock_out"
    FACT: ClassVar[str] = "locked_out"
    TITLE: ClassVar[str] = "Lock somebody out"
    person: Slug = asks("Who?", rows="people")
    locked: bool = asks("Are they kept out of this case?")
    reason: Words = asks("Why?", private=True)
    sure: bool = asks("I know that I can then no longer open this case", back=True, default=False)


class LetIn(Command):
    """Let somebody open this case until a day, who could not otherwise."""

    KIND: ClassVar[str] = "let_in"
    FACT: ClassVar[str] = "let_in"
    TITLE: ClassVar[str] = "Let somebody in for a time"
    person: Slug = asks("Who?", rows="people")
    until: Day = asks("Until which day?", "Access ends with this day. It can be given again.")
    reason: Words = asks("Why do they need it?", private=True)

    def cannot(self, now: datetime) -> Iterator[Cannot]:
        yield from super().cannot(now)
        yield Cannot("until", TO_COME, lambda: self.until < day_of(now))


class Reopen(Command):
    """Beside those about who may read it, the one command that a closed case takes."""

    KIND: ClassVar[str] = "reopen"
    FACT: ClassVar[str] = "reopened"
    TITLE: ClassVar[str] = "Reopen this case"
    reason: Words = asks("What has come to light?", private=True)


class AdoptCalendar(Command):
    """Count this case by the calendar that is in force: a holiday was proclaimed, or its end was moved."""

    KIND: ClassVar[str] = "adopt_calendar"
    FACT: ClassVar[str] = "calendar_adopted"
    TITLE: ClassVar[str] = "Count by another calendar"
    calendar: Slug = asks("Which calendar")
    reason: Words = asks("Why does this case follow it?", private=True)


class AdoptPolicy(Command):
    """Let this case follow another version of the policy than that under which it started."""

    KIND: ClassVar[str] = "adopt_policy"
    FACT: ClassVar[str] = "policy_adopted"
    TITLE: ClassVar[str] = "Follow another version of the policy"
    policy: Slug = asks("Which policy")
    reason: Words = asks("Why does this case follow it?", private=True)


ANSWERS: tuple[type[Command], ...] = (
    Promise, DisputeIt, SettleDispute, AskTime, AnswerTime, Suspend, ReviewSuspension, Correct, AdoptCalendar,
    AdoptPolicy, Restrict, LockOut, LetIn, Reopen,
)  # fmt: skip


def reaches(day: Day, bound: Day, now: datetime) -> str:
    """Words when a date lies outside of what the policy allows; empty when it does not."""
    if end_of(day) < now or day < day_of(now):
        return TO_COME
    if day > bound:
        return f"The policy allows a date up to {bound.day} {bound:%B %Y}."
    return ""
