"""How a recommendation comes to where it takes each command, by the pure core; and the answers that are good there."""

from collections.abc import Mapping
from copy import copy
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from models import shelf
from models.command import split
from models.examining import examined
from models.facts import Problem
from models.judging import judge
from models.lifecycles import COMMANDS
from models.making import made
from models.offered import misnamed
from models.rights import Actor, access_of, acts
from tests.gate.people import OWN, PEOPLE, Somebody, directory_of, then
from tests.support.core import CHAIR, MANAGER, MONDAY, POLICY, Play, asked

LEAD, SUBGROUP = "p-004", "p-020"
DELIVER = "deliver/r1"
SEATS = ("subgroup_chair", "local_authority", "police")


class Roles(NamedTuple):
    """Who is what to the recommendation."""

    owner: str
    deputy: str
    sponsor: str
    owned: str
    gave: str
    described: str


USUAL = Roles(
    PEOPLE["owner"].person, PEOPLE["deputy"].person, PEOPLE["sponsor"].person,
    PEOPLE["owned it then, now sub-group chair"].person, PEOPLE["gave it, still manager"].person,
    PEOPLE["described it, now sub-group chair"].person,
)  # fmt: skip


def roles_with(somebody: Somebody) -> Roles:
    """The usual people, but for the one relation that this person has."""
    return USUAL._replace(**{somebody.relation: somebody.person}) if somebody.relation else USUAL


def month(now: datetime) -> date:
    return now.date() + timedelta(days=30)


def due(now: datetime) -> date:
    return now.date() + timedelta(days=180)


def later(now: datetime) -> date:
    return due(now) + timedelta(days=60)


def making(now: datetime = MONDAY) -> dict[str, Any]:
    measure = {"measure": "More infants are seen again within a week.", "baseline": "Four of ten."}
    action = {"action": "Write the form.", "by": due(now)}
    return {
        "text": "Change the form.",
        "agency": OWN,
        "by": due(now),
        "measures": [measure],
        "actions": [action],
        "seen": True,
        "another": True,
    }


class Story:
    """One recommendation on its way, with these people."""

    def __init__(self, roles: Roles, now: datetime = MONDAY) -> None:
        self.roles = roles
        people = [somebody for somebody in PEOPLE.values() if somebody.person in roles]
        hats = {one.person: then(one) for one in people}
        self.directory = directory_of(*hats.items())
        self.play = asked(now, agencies=("harrowshire-icb",))
        self.play.directory = self.directory
        self.play.actors = {person: Actor(person=person, offices=held) for person, held in hats.items()}

    def made(self) -> None:
        named = {"owner": self.roles.owner, "deputy": self.roles.deputy, "sponsor": self.roles.sponsor}
        self.play.act(MANAGER, "recommend", **making(self.play.now), **named)

    def rejected(self) -> None:
        self.made()
        self.play.act(LEAD, "answer_recommendation", item="r1", answer="rejects", words="It is done.")

    def pursued(self) -> None:
        self.made()
        self.play.act(LEAD, "answer_recommendation", item="r1", answer="accepts")

    def assigned(self, owner: str) -> None:
        named = {"owner": owner, "deputy": self.roles.deputy, "sponsor": self.roles.sponsor}
        self.play.act(MANAGER, "assign_recommendation", item="r1", **named, reason="They moved.")

    def given(self) -> None:
        self.pursued()
        self.assigned(self.roles.owned)
        for shows in ("delivery", "impact"):
            fact = self.play.act(
                self.roles.gave, "give_evidence", item="r1", measure="m1", shows=shows, words="The audit of May."
            )
            about = {"item": "r1", "evidence": str(fact.data["evidence"])}
            self.play.act(self.roles.described, "amend_evidence", **about, words="The audit of June.")
        self.assigned(self.roles.owner)

    def proven(self) -> None:
        self.given()
        for name in ("e1", "e2"):
            self.play.act(SUBGROUP, "accept_evidence", item="r1", evidence=name, words="Ten records were read.")

    def closed(self) -> None:
        self.proven()
        self.play.act(MANAGER, "close_recommendation", **CLOSING)

    def disputed(self) -> None:
        self.pursued()
        self.play.act(self.roles.owner, "dispute", obligation=DELIVER, ground="done", words="It was done in May.")
        self.play.speak()

    def time_asked(self) -> None:
        self.pursued()
        self.play.act(
            self.roles.owner, "ask_time", obligation=DELIVER, until=later(self.play.now), reason="The ward moves."
        )
        self.play.speak()

    def suspended(self) -> None:
        self.pursued()
        self.play.act(CHAIR, "suspend", **suspending(self.play.now))


def suspending(now: datetime) -> dict[str, Any]:
    review = now.date() + timedelta(days=30)
    return {"obligation": DELIVER, "review": review, "authority": "The police.", "reason": "They have asked."}


CLOSING = {
    "item": "r1", "decided_by": "meeting", "seats": SEATS, "evidence": ("e1", "e2"), "retest": "6_months",
    "words": "Infants are seen again.",
}  # fmt: skip
ABOUT = {"item": "r1"}
WORDS = {"words": "As the paper says."}
REASON = {"reason": "As the paper says."}
FIRST = {"item": "r1", "evidence": "e1"}


def ready(now: datetime) -> dict[str, tuple[str, Mapping[str, Any]]]:
    """For each line of the table: where the recommendation is, and the answers that are good there."""
    return {
        "recommend": ("made", making(now)),
        "enter_recommendation": ("made", {"text": "Change it.", "agency": OWN, "state": "unproven", "another": True}),
        "assign_recommendation": ("pursued", ABOUT),
        "answer_recommendation": ("made", {**ABOUT, "answer": "accepts"}),
        "answer_rejection": ("rejected", {**ABOUT, "outcome": "stands", **REASON}),
        "give_progress": ("pursued", {**ABOUT, "forecast": "on_track", **WORDS}),
        "complete_action": ("pursued", {"item": "r1.a1", **WORDS}),
        "give_evidence": ("pursued", {**ABOUT, "measure": "m1", "shows": "delivery", **WORDS}),
        "amend_evidence": ("given", {**FIRST, **WORDS}),
        "accept_evidence": ("given", {**FIRST, **WORDS}),
        "return_evidence": ("given", {**FIRST, **REASON}),
        "close_recommendation": ("proven", CLOSING),
        "close_recommendation, alone": ("proven", {**CLOSING, "decided_by": "office", "seats": ()}),
        "retest_impact": ("closed", {**ABOUT, "outcome": "not_sustained", **WORDS}),
        "reopen_recommendation": ("closed", {**ABOUT, **REASON}),
        "override_colour": ("pursued", {**ABOUT, "axis": "delivery", "colour": "amber", "until": month(now), **REASON}),
        "promise": ("pursued", {"obligation": DELIVER, "until": now.date() + timedelta(days=7)}),
        "dispute": ("pursued", {"obligation": DELIVER, "ground": "done", **WORDS}),
        "ask_time": ("pursued", {"obligation": DELIVER, "until": later(now), **REASON}),
        "suspend": ("pursued", suspending(now)),
        "review_suspension": ("suspended", {"obligation": DELIVER, "outcome": "lift", **REASON}),
        "settle_dispute": ("disputed", {"obligation": DELIVER, "outcome": "still_owed", **REASON}),
        "answer_time": ("time_asked", {"obligation": DELIVER, "granted": True, "until": later(now), **REASON}),
        "correct": ("pursued", {"mark": "national_notification_sent", "at": now - timedelta(hours=1), **REASON}),
        "restrict": ("pursued", {"restricted": True, **REASON}),
        "lock_out": ("pursued", {"person": "p-008", "locked": True, **REASON}),
        "let_in": ("pursued", {"person": "p-013", "until": now.date() + timedelta(days=5), **REASON}),
        "adopt_calendar": ("pursued", {"calendar": "another", **REASON}),
        "adopt_policy": ("pursued", {"policy": "another", **REASON}),
    }


READY = ready(MONDAY)


def command_of(line: str) -> str:
    """A line of the table may say in which way a command is given."""
    return line.partition(",")[0]


def brought_to(place: str, roles: Roles) -> Play:
    story = Story(roles)
    getattr(story, place)()
    return story.play


def given_by(actor: Actor, play: Play, kind: str, answers: Mapping[str, Any]) -> list[Problem]:
    """Why the core does not take this, in the order in which the door asks; nothing if it does."""
    model = COMMANDS[play.case.kind][kind]
    command, wrong = examined(model, answers, play.now)
    if command is None or wrong:
        return wrong
    plain, case = {**split(command)[0], **command.also()}, play.case
    office = acts(actor, case, access_of(case, play.now), kind, plain)
    if isinstance(office, Problem):
        return [office]
    problems = misnamed(model, case, plain, play.directory) or judge(case, kind, plain, play.now)
    if not problems:
        play.happen(made(case, kind, plain, play.now).model_copy(update={"actor": actor.person, "office": office}))
    return problems


def beside(play: Play) -> Play:
    """Another play that goes on from the same state."""
    other = copy(play)
    other.facts, other.notices = [], []
    return other


def second_rules() -> tuple[str, str]:
    """A policy and a calendar that no case follows yet."""
    calendar = POLICY.calendar.model_copy(update={"version": "another"})
    return shelf.put(POLICY.model_copy(update={"version": "another", "calendar": calendar}))
