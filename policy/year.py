"""A year of a busy partnership, for rehearsal: most are answered in time, some late, some never."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, time

from models.policy import Span, Unit
from models.rehearsal import REFERRAL, Act, Scenario

AGENCIES = (
    "harrowshire-council",
    "harrowshire-police",
    "harrowshire-icb",
    "harrow-vale-hospitals",
    "harrowshire-schools",
)
STARTS = datetime(2026, 1, 5, 9, tzinfo=UTC)


def a_year(cases: int = 200, seed: int = 7) -> Scenario:
    """Always the same year for the same seed."""
    chance = random.Random(seed)  # noqa: S311 -- a rehearsal keeps no secret
    acts = [act for number in range(1, cases + 1) for act in _matter(str(number), chance)]
    return Scenario(
        title=f"A year with {cases} cases", words="Most answer in time, some late, some never.", starts=STARTS,
        lasts=Span(n=14, unit=Unit.MONTHS), acts=tuple(acts),
    )  # fmt: skip


def only(scenario: Scenario, matters: set[str]) -> Scenario:
    """The same scenario with only these of its matters."""
    return scenario.model_copy(update={"acts": tuple(act for act in scenario.acts if act.matter in matters)})


def _matter(matter: str, chance: random.Random) -> Iterator[Act]:
    begins = chance.randrange(0, 250)

    def act(after: float, who: str, do: str, on: str = "review", **answers: object) -> Act:
        minutes = chance.randrange(8 * 60, 18 * 60)
        return Act(
            after=Span(n=begins + round(after), unit=Unit.WORKING_DAYS),
            clock=time(minutes // 60, minutes % 60, chance.randrange(60)),
            matter=matter, who=who, do=do, on=on, answers=answers,
        )  # fmt: skip

    yield act(0, "referrer", "submit_referral", REFERRAL)
    route = chance.choices(("rapid_review", "alternative_review", "no_further_action"), (60, 20, 20))[0]
    yield act(1, "business_manager", "triage", REFERRAL, route=route)
    yield act(chance.randrange(2, 5), "business_manager", "tell_referrer", REFERRAL)
    if route != "rapid_review":
        return
    yield act(2, "local_authority_lead", "record_notification")
    asked = chance.sample(AGENCIES, chance.randrange(2, 6))
    yield act(3, "business_manager", "request_information", agencies=asked)
    for agency in asked:
        if chance.random() < 0.85:  # noqa: PLR2004 -- the others never answer
            yield act(chance.randrange(5, 18), f"agency_contact/{agency}", "submit_return")
    yield act(19, "independent_chair", "record_analysis")
    yield act(20, "business_manager", "record_meeting")
    yield act(21, "independent_chair", "decide")
    if chance.random() < 0.95:  # noqa: PLR2004 -- the others are forgotten
        yield act(22, "business_manager", "record_submission")
        yield act(23, "business_manager", "tell_referrer")
        if chance.random() < 0.9:  # noqa: PLR2004 -- sometimes the panel is slow
            yield act(chance.randrange(28, 50), "business_manager", "record_panel_answer")
