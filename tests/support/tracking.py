"""A tracker with something in every state: recommendations of several reviews, over years, in the record alone."""

from datetime import timedelta
from typing import Any, NamedTuple

from models.time import day_of
from tests.support.house import triage
from tests.support.recording import Recording

MANAGER, SUBGROUP, CHAIR, PARTNER = "p-018", "p-020", "p-021", "p-001"
COUNCIL, POLICE, ICB = "harrowshire-council", "harrowshire-police", "harrowshire-icb"
HOSPITALS, SCHOOLS, PROBATION = "harrow-vale-hospitals", "harrowshire-schools", "harrowshire-probation"
LEADS = {COUNCIL: "p-001", POLICE: "p-004", ICB: "p-007", HOSPITALS: "p-010", SCHOOLS: "p-012", PROBATION: "p-014"}
OWNERS = {COUNCIL: "p-002", POLICE: "p-005", ICB: "p-008", HOSPITALS: "p-011", SCHOOLS: "p-013", PROBATION: "p-015"}
SEATS = ["subgroup_chair", "local_authority", "police", "icb", "health_provider"]

TEXTS = (
    "Ask at every home visit who else lives in the home, and write down what was seen.",
    "Give every family one plan for safer sleep, agreed with everybody who cares for the baby.",
    "Tell the school within a day when a child comes under a plan.",
    "Hold a supervision every month in which the child’s own day is described.",
    "Check the records of fathers and other male carers before the pre-birth conference.",
    "Share the risk assessment when a case moves between teams.",
)
THEMES = (
    ("information_sharing", "professional_curiosity"), ("safer_sleeping",), ("information_sharing", "thresholds"),
    ("supervision", "voice_of_the_child"), ("fathers_and_male_carers", "pre_birth"), ("transitions",),
)  # fmt: skip


class Tracked(NamedTuple):
    """References of the cases from which the recommendations come."""

    first: str
    second: str
    secret: str
    register: str
    rapid: str

    @property
    def every(self) -> list[str]:
        return list(self)


class Tracking:
    """Makes recommendations and brings them to where a test wants them."""

    def __init__(self, made: Recording) -> None:
        self.made, self.count = made, 0

    def day(self, days: int) -> str:
        return str(day_of(self.made.now) + timedelta(days=days))

    async def recommend(self, ref: str, agency: str = HOSPITALS, by: int = 180, /, **more: Any) -> str:  # noqa: ANN401 -- the answers of a form
        n, self.count = self.count, self.count + 1
        measure = {"measure": "More children are seen within a week.", "baseline": "Four of ten."}
        answers = {
            "text": TEXTS[n % len(TEXTS)], "agency": agency, "owner": OWNERS[agency], "sponsor": LEADS[agency],
            "by": self.day(by), "measures": [measure], "themes": THEMES[n % len(THEMES)], "paragraph": f"5.{n + 1}",
            "seen": True,
        }  # fmt: skip
        return str((await self.made.act(MANAGER, ref, "recommend", **{**answers, **more})).fact.data["item"])

    async def pursued(self, ref: str, agency: str = HOSPITALS, by: int = 180, /, **more: Any) -> str:  # noqa: ANN401 -- the answers of a form
        item = await self.recommend(ref, agency, by, **more)
        await self.made.act(LEADS[agency], ref, "answer_recommendation", item=item, answer="accepts")
        return item

    async def given(self, ref: str, item: str, shows: str) -> str:
        owner = (await self.made.case(ref)).recommendations[item].owner
        words = "The audit of the last quarter: nineteen of twenty records."
        done = await self.made.act(owner, ref, "give_evidence", item=item, measure="m1", shows=shows, words=words)
        return str(done.fact.data["evidence"])

    async def accepted(self, ref: str, item: str, *kinds: str) -> None:
        for shows in kinds:
            name = await self.given(ref, item, shows)
            await self.made.act(SUBGROUP, ref, "accept_evidence", item=item, evidence=name, words="Ten were read.")

    async def closed(self, ref: str, item: str, retest: str = "6_months") -> None:
        await self.accepted(ref, item, "delivery", "impact")
        await self.shut(ref, item, retest)

    async def shut(self, ref: str, item: str, retest: str = "6_months") -> None:
        named = (await self.made.case(ref)).recommendations[item].accepted
        await self.made.act(
            CHAIR, ref, "close_recommendation", item=item, decided_by="office", evidence=named, retest=retest,
            words="Children are seen sooner.",
        )  # fmt: skip

    async def wait(self, refs: list[str], days: int) -> None:
        """The engine was down so long, and says then what is due."""
        self.made.now += timedelta(days=days)
        for ref in refs:
            await self.made.speak(ref)


async def play(made: Recording) -> Tracked:
    """36 recommendations of five cases, told in the order in which it happened."""
    all_of = Tracking(made)
    first = (await made.open(
        MANAGER, "enter_review", name="Baby Q", origin="serious_case_review", decided_on="2023-05-01",
        reached="published", settled_on="2024-02-01", agencies=[COUNCIL, POLICE],
    )).case  # fmt: skip
    second = (await made.open(
        MANAGER, "enter_review", name="Child R", origin="practice_review", decided_on="2025-02-01", reached="withheld",
        settled_on="2025-11-01", reasons="The family would be known at once.", agencies=[HOSPITALS],
    )).case  # fmt: skip
    secret = (await made.open(
        MANAGER, "enter_review", name="Child S", origin="practice_review", decided_on="2025-10-01",
        reached="under_way", agencies=[HOSPITALS, ICB],
    )).case  # fmt: skip
    register = (await made.open(MANAGER, "open_register", origin="audit", year=2026)).case
    referral = (await made.refer()).case
    await made.act(MANAGER, referral, "triage", **triage())
    found = Tracked(first, second, secret, register, await made.child_of(referral))
    await made.act(MANAGER, secret, "restrict", restricted=True, reason="Staff of the board are concerned.")
    await _early(all_of, found)
    await all_of.closed(first, "r1", retest="3_months")
    await all_of.wait(found.every, 40)
    await all_of.closed(first, "r2")
    await all_of.wait(found.every, 35)
    await _late(all_of, found)
    return found


async def _early(all_of: Tracking, found: Tracked) -> None:
    """What was made at the beginning: at the end of the play some of it is overdue, and some was never answered."""
    agencies = list(OWNERS)
    for number in range(8):
        await all_of.pursued(found.first, agencies[number % len(agencies)], (5, 30, 60, 90, 40, 200, 10, 150)[number])
    for number in range(5):
        await all_of.recommend(found.register, agencies[number], 120, source="audit")
    for by in (20, 45):
        await all_of.pursued(found.secret, HOSPITALS, by)
    await all_of.pursued(found.secret, ICB, 100, owner="", sponsor="")
    for agency in (COUNCIL, SCHOOLS):
        await all_of.pursued(found.rapid, agency, 15, source="immediate")


async def _late(all_of: Tracking, found: Tracked) -> None:
    """And what happened to the rest since."""
    act, second = all_of.made.act, found.second
    actions = [{"action": "Write it.", "by": all_of.day(10)}, {"action": "Use it.", "by": all_of.day(60)}]
    for number in range(9):
        await all_of.pursued(second, list(OWNERS)[number % len(OWNERS)], 20 + 30 * number, actions=actions)
    await act(OWNERS[COUNCIL], second, "give_progress", item="r1", forecast="at_risk", words="The form is late.")
    await act(OWNERS[POLICE], second, "complete_action", item="r2.a1", words="Written and sent out.")
    await all_of.given(second, "r3", "delivery")
    name = await all_of.given(second, "r4", "delivery")
    await act(SUBGROUP, second, "return_evidence", item="r4", evidence=name, reason="It bears no date.")
    await all_of.accepted(second, "r5", "delivery")
    await all_of.accepted(second, "r6", "delivery", "impact")
    for item in ("r7", "r8"):
        await all_of.closed(second, item)
    await act(SUBGROUP, second, "reopen_recommendation", item="r8", reason="It is not done any more.")
    await act(
        CHAIR, second, "override_colour", item="r9", axis="delivery", colour="red", until=all_of.day(30),
        reason="The money is gone.",
    )  # fmt: skip
    await act(SUBGROUP, found.first, "retest_impact", item="r1", outcome="sustained", words="Ten more were read.")
    late = await _rejected(all_of, found)
    key = f"deliver/{late}"
    await act(OWNERS[PROBATION], found.register, "ask_time", obligation=key, until=all_of.day(100), reason="It moves.")
    await act(
        SUBGROUP, found.register, "answer_time", obligation=key, granted=True, until=all_of.day(100), reason="Agreed."
    )


async def _rejected(all_of: Tracking, found: Tracked) -> str:
    """One that waits for the chair, one that was let go; and one of which more time will be given."""
    act = all_of.made.act
    for outcome in ("", "let_go"):
        item = await all_of.recommend(found.register, PROBATION, 90, source="inspection")
        await act(
            LEADS[PROBATION],
            found.register,
            "answer_recommendation",
            item=item,
            answer="rejects",
            words="Done already.",
        )
        if outcome:
            await act(CHAIR, found.register, "answer_rejection", item=item, outcome=outcome, reason="It is.")
    items = [await all_of.pursued(found.register, PROBATION, 60, source="national_review") for _ in range(3)]
    return items[-1]
