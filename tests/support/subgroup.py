"""A sub-group with something to look at: a practice review that waits, recommendations in every state, a disagreement.

All of it goes through the door, over eight months.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from models.time import day_of
from tests.support.house import House

MANAGER, SUBGROUP, CHAIR, REVIEWER = "p-018", "p-020", "p-021", "p-023"
POLICE, POLICE_LEAD, HOSPITAL, HOSPITAL_LEAD, COUNCIL = "p-005", "p-004", "p-011", "p-010", "p-002"
POLICE_AGENCY, HOSPITALS, COUNCIL_AGENCY = "harrowshire-police", "harrow-vale-hospitals", "harrowshire-council"
RECIPIENTS = ["national_panel", "secretary_of_state", "ofsted"]


@dataclass(frozen=True)
class Played:
    """References. Of the register: `r1` is proven, `r2` has evidence that waits, `r3` is overdue, `r4` closed."""

    review: str
    register: str
    referral: str
    disagreement: str
    asked: str
    """What the police have asked more time for."""


async def play(house: House) -> Played:
    asked = f"agency_return/{POLICE_AGENCY}"
    register = (await house.open(MANAGER, "open_register", origin="audit", year=house.now.year)).case
    for number, agency in enumerate((HOSPITALS, HOSPITALS, POLICE_AGENCY, HOSPITALS), start=1):
        await recommended(house, register, f"r{number}", agency, day_of(house.now) + timedelta(days=60))
    for item in ("r1", "r4"):
        for shows in ("delivery", "impact"):
            await shown(house, register, item, shows)
    await close(house, register, "r4")
    await house.act(
        POLICE, register, "give_progress", item="r3", forecast="at_risk", words="The form is being written."
    )
    review = await reviewed(house)
    await house.wait(timedelta(days=40))
    await house.act(MANAGER, review, "link_proceeding", proceeding="criminal", status="open", words="The police lead.")
    await suspended(house, review, "p1", "practitioner_event", asked)
    await house.wait(timedelta(days=50))
    await house.act(
        HOSPITAL, register, "give_evidence", item="r2", measure="m1", shows="delivery", words="The new form."
    )
    await house.act(CHAIR, review, "review_milestones", item="p1", outcome="lift", reason="The trial is over.")
    await house.act(MANAGER, review, "link_proceeding", proceeding="inquest", status="expected", words="In spring.")
    await suspended(house, review, "p2", "draft_report")
    until = day_of(house.now) + timedelta(days=20)
    await house.act(POLICE, review, "ask_time", obligation=asked, until=str(until), reason="Two archives.")
    await house.wait(timedelta(days=60))
    referral = (await house.refer()).case
    challenge = {"agency": COUNCIL_AGENCY, "challenged": HOSPITALS, "at_risk": "no"}
    raised = await house.open(
        COUNCIL, "raise_disagreement", about="The plan was ended.", wanted="A new meeting.", **challenge
    )
    await house.wait(timedelta(seconds=10))
    return Played(review, register, referral, raised.case, asked)


async def recommended(house: House, ref: str, item: str, agency: str, by: date) -> None:
    """Made, and accepted by its agency."""
    hospital = agency == HOSPITALS
    measures = [{"measure": f"More infants are seen again ({item}).", "baseline": "Four of ten."}]
    await house.act(
        MANAGER, ref, "recommend", text=f"Change the form of discharge ({item}).", agency=agency,
        owner=HOSPITAL if hospital else POLICE, by=str(by), measures=measures, themes=["non_accidental_injury"],
        seen=True,
    )  # fmt: skip
    await house.act(
        HOSPITAL_LEAD if hospital else POLICE_LEAD, ref, "answer_recommendation", item=item, answer="accepts"
    )


async def shown(house: House, ref: str, item: str, shows: str) -> None:
    """Evidence of the hospitals for the first measure, given and accepted."""
    words = f"The audit of {shows} ({item})."
    await house.act(HOSPITAL, ref, "give_evidence", item=item, measure="m1", shows=shows, words=words)
    evidence = list((await house.case(ref)).recommendations[item].evidence)[-1]
    await house.act(SUBGROUP, ref, "accept_evidence", item=item, evidence=evidence, words="Ten records were read.")


async def close(house: House, ref: str, item: str) -> None:
    accepted = (await house.case(ref)).recommendations[item].accepted
    await house.act(
        MANAGER, ref, "close_recommendation", item=item, decided_by="meeting", evidence=accepted, retest="6_months",
        seats=["subgroup_chair", "local_authority", "police"], words="Infants are seen again.",
    )  # fmt: skip


async def reviewed(house: House) -> str:
    """A practice review that is under way, with its reviewer, a mother who was invited, and other proceedings."""
    decided = day_of(house.now) - timedelta(days=10)
    entered = await house.open(
        MANAGER, "enter_review", name="Willow", origin="practice_review", decided_on=str(decided), reached="decided",
        agencies=[COUNCIL_AGENCY, POLICE_AGENCY],
    )  # fmt: skip
    ref = entered.case
    await house.act(
        MANAGER, ref, "commission", method="author_led", scope_from="2024-01-01", scope_until="2025-10-01",
        terms="Why nobody asked.", agencies=[COUNCIL_AGENCY, POLICE_AGENCY], budget=12000,
    )  # fmt: skip
    await house.act(CHAIR, ref, "appoint_reviewer", reviewer=REVIEWER, suitability="Long practice.")
    await house.act(MANAGER, ref, "announce_review", sent_at=house.now.isoformat(), recipients=RECIPIENTS)
    await house.act(MANAGER, ref, "request_information", agencies=[COUNCIL_AGENCY, POLICE_AGENCY])
    await house.act(MANAGER, ref, "name_contributor", role="mother", name="Zephyrine Quill, by letter")
    await house.act(
        MANAGER, ref, "record_contact", item="c1", step="invited", on=house.now.isoformat(), how="By letter"
    )
    await house.act(COUNCIL, ref, "submit_return", agency=COUNCIL_AGENCY, holds="something", summary="Seen twice.")
    await house.act(
        MANAGER, ref, "record_coroners_report", agency=POLICE_AGENCY, dated_at=house.now.isoformat(), words="-"
    )
    return ref


async def suspended(house: House, ref: str, item: str, *milestones: str) -> None:
    """These milestones wait for other proceedings."""
    await house.act(
        CHAIR, ref, "suspend_milestones", item=item, milestones=milestones,
        review=str(day_of(house.now) + timedelta(days=50)), authority="The senior investigating officer.",
        reason="Witnesses.",
    )  # fmt: skip
