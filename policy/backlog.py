"""A backlog of child deaths, for rehearsal: no panel sat for months, and now two a month work it off."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, time

from models.policy import Span, Unit
from models.rehearsal import Act, Scenario

AGENCIES = ("harrowshire-council", "harrowshire-police", "harrowshire-icb", "harrow-vale-hospitals")
STARTS = datetime(2026, 1, 5, 9, tzinfo=UTC)
CASES, EACH = 42, 3
"""How many deaths there are, and how many of them one panel reviews."""
DRAFTED, PANEL_SITS, FORTNIGHT = 110, 130, 10
"""Working days from the start: by when every draft is there, when a panel first sits, and how long until the next."""
COORDINATOR, DOCTOR, PANEL = "child_death_coordinator", "designated_doctor", "panel_chair"


def a_backlog(cases: int = CASES, seed: int = 42) -> Scenario:
    """Always the same backlog for the same seed: everything is in time but the panel."""
    chance = random.Random(seed)  # noqa: S311 -- a rehearsal keeps no secret
    acts = [act for place in range(cases) for act in _death(place, chance)]
    return Scenario(
        title=f"A backlog of {cases} child deaths",
        words=f"Forms and drafts are there. Two panels a month review {EACH} deaths each, the oldest first.",
        starts=STARTS, lasts=Span(n=PANEL_SITS + FORTNIGHT * (cases // EACH) + 30, unit=Unit.WORKING_DAYS),
        acts=tuple(acts),
    )  # fmt: skip


def _death(place: int, chance: random.Random) -> Iterator[Act]:
    """One of them, by its place in the backlog."""
    begins = place + chance.randrange(0, 8)

    def act(after: int, who: str, do: str, **answers: object) -> Act:
        minutes = chance.randrange(14 * 60, 18 * 60) if after == begins else chance.randrange(8 * 60, 18 * 60)
        return Act(
            after=Span(n=after, unit=Unit.WORKING_DAYS),
            clock=time(minutes // 60, minutes % 60, chance.randrange(60)),
            matter=str(place + 1), who=who, do=do, on="child death", answers=answers,
        )  # fmt: skip

    yield act(begins, "notifier", "notify_death").model_copy(update={"clock": time(11, place)})
    yield act(begins, COORDINATOR, "record_immediate_decisions")
    yield act(begins, COORDINATOR, "record_database_notification")
    yield act(begins + 1, COORDINATOR, "name_key_worker")
    asked = chance.sample(AGENCIES, chance.randrange(1, 4))
    yield act(begins + 2, COORDINATOR, "request_information", agencies=asked)
    for agency in asked:
        yield act(begins + chance.randrange(6, 17), f"agency_contact/{agency}", "return_form")
    met = begins + chance.randrange(35, 55)
    yield act(met, DOCTOR, "record_death_meeting")
    yield act(min(met + chance.randrange(3, 10), DRAFTED), DOCTOR, "draft_analysis")
    sits = PANEL_SITS + FORTNIGHT * (place // EACH)
    yield act(sits - 15, COORDINATOR, "list_for_panel", on="+15 working days")
    yield act(sits, PANEL, "complete_analysis")
    yield act(sits + chance.randrange(1, 9), COORDINATOR, "submit_analysis")
    yield act(sits + chance.randrange(3, 18), COORDINATOR, "log_family_contact")
