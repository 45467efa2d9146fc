"""How to bring the review of a child's death to where it accepts a command: one way for each."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from models.child_death_commands import Criterion
from tests.support.house import notifying
from tests.support.lives_of_reviews import Recommendations, Way, to

if TYPE_CHECKING:
    from tests.support.lives import Lives

COORDINATOR, DOCTOR, PANEL, SUBGROUP, POLICE = "p-024", "p-025", "p-026", "p-020", "p-005"
POLICE_AGENCY = "harrowshire-police"
SEATS = ("panel_chair", "local_authority", "icb", "police")


class Deaths:
    """Reviews of deaths; the police have to answer."""

    def __init__(self, lives: "Lives") -> None:
        self.lives, self.act, self.words = lives, lives.doer.act, lives.words

    def notifying(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401 -- the answers of a form
        """Of a child of thirteen months; what the canary is looked for in is said of this child."""
        said = {name: self.words(name) for name in ("address", "care_status", "where", "circumstances")}
        said |= {name: self.words(name) for name in ("professionals", "notifier_role", "notifier_agency")}
        child = dict(self.lives.child)
        said |= {name: self.words(name) for name in ("name", "notifier_name")}
        return {**notifying(self.lives.doer.now), **said, **child, **more}

    async def notified(self, **more: Any) -> str:  # noqa: ANN401 -- the answers of a form
        return (await self.lives.doer.open(COORDINATOR, "notify_death", **self.notifying(**more))).case

    def amending(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401 -- the answers of a form
        who = ("name", "nhs_number", "born", "died", "sex", "ethnic_group")
        names = (*who, "address", "area", "care_status", "place_of_death")
        told = self.notifying()
        same = {name: told[name] for name in names if name in told}
        return {**same, "reason": self.words("reason"), **more}

    def deciding(self, *applies: Criterion, **more: Any) -> dict[str, Any]:  # noqa: ANN401 -- the answers of a form
        criteria = [{"criterion": one.value, "met": "yes" if one in applies else "no"} for one in Criterion]
        known = dict.fromkeys(("coroner", "certificate", "patient_safety", "post_mortem"), "no")
        return {"criteria": criteria, **known, "others": "no", "words": self.words("words"), **more}

    def entering(self) -> dict[str, Any]:
        """Of a review under way elsewhere: its meeting is behind it, and its panel waits for an inquest."""
        told = self.notifying()
        same = ("name", "nhs_number", "born", "sex", "ethnic_group", "address", "area", "care_status", "died")
        return {
            **{name: told[name] for name in (*same, "place_of_death", "circumstances") if name in told},
            "notified_on": self.lives.day(0), "reached": "met", "met_on": self.lives.day(0),
            "agencies": [POLICE_AGENCY],
            "waits": [{name: said for name, said in self.waiting().items() if name != "words"}],
        }  # fmt: skip

    async def unexplained(self) -> str:
        ref = await self.notified()
        await self.act(COORDINATOR, ref, "record_immediate_decisions", **self.deciding(Criterion.SUDDEN))
        return ref

    async def unsafe(self) -> str:
        return await self.notified(others="yes", siblings_safe="not_known")

    async def requested(self) -> str:
        ref = await self.notified()
        await self.act(COORDINATOR, ref, "request_information", **self.asking())
        return ref

    def asking(self) -> dict[str, Any]:
        return {"agencies": [POLICE_AGENCY], "words": self.words("words")}

    async def silent(self) -> str:
        ref = await self.notified()
        await self.lives.ask_in_vain(ref)
        return ref

    def returning(self) -> dict[str, Any]:
        return {"agency": POLICE_AGENCY, "holds": "something", "summary": self.words("summary")}

    def waiting(self) -> dict[str, Any]:
        return {
            "kind": "inquest", "since": self.lives.day(0), "holds": ["panel"], "review": self.lives.day(60),
            "words": self.words("words"),
        }  # fmt: skip

    async def waits(self) -> str:
        ref = await self.notified()
        await self.act(COORDINATOR, ref, "open_wait", **self.waiting())
        return ref

    def meeting(self) -> dict[str, Any]:
        return {"held_at": self.lives.moment(), "agencies": [POLICE_AGENCY], "words": self.words("words")}

    async def met(self) -> str:
        ref = await self.notified()
        await self.act(DOCTOR, ref, "record_death_meeting", **self.meeting())
        return ref

    async def drafted(self) -> str:
        ref = await self.met()
        await self.act(DOCTOR, ref, "draft_analysis", **self.drafting())
        return ref

    def drafting(self) -> dict[str, Any]:
        """What tests write into every private field may hold a part of the name that they made up."""
        return {"summary": self.words("summary"), "no_name": True}

    def listing(self) -> dict[str, Any]:
        return {"panel": "harrowshire", "on": self.lives.day(0), "theme": self.words("theme"), "extra": True}

    async def listed(self) -> str:
        ref = await self.drafted()
        await self.act(PANEL, ref, "list_for_panel", **self.listing())
        return ref

    def analysing(self) -> dict[str, Any]:
        factor = {"domain": "child", "factor": self.words("factor"), "influence": "1"}
        return {
            "held_at": self.lives.moment(), "seats": list(SEATS), "factors": [factor], "categories": ["8", "5"],
            "modifiable": "modifiable", "interests": self.words("interests"), "learning": self.words("learning"),
        }  # fmt: skip

    async def reviewed(self) -> str:
        ref = await self.listed()
        await self.act(PANEL, ref, "complete_analysis", **self.analysing())
        return ref

    def handing_over(self) -> dict[str, Any]:
        return {"area": self.words("area"), "words": self.words("words")}

    async def handed_over(self) -> str:
        ref = await self.notified(area="elsewhere")
        await self.act(COORDINATOR, ref, "hand_over", **self.handing_over())
        return ref

    async def over(self) -> str:
        """Reviewed by the area where the child lived."""
        ref = await self.handed_over()
        await self.act(COORDINATOR, ref, "confirm_hand_over", received_at=self.lives.moment())
        return ref

    def ways(self) -> Mapping[str, Way]:
        words, now, lives = self.words, self.lives.moment(), self.lives
        said = {"words": words("words")}
        about = {"agency": POLICE_AGENCY, "reason": words("reason")}
        again = {"item": "w1", "outcome": "goes_on", "review": lives.day(90), **said}
        worker = {name: words(name) for name in ("name", "contact", "cover")}
        notice = {"on": lives.day(10), "reason": words("reason")}

        async def notify() -> tuple[str, str, dict[str, Any]]:
            return COORDINATOR, "", self.notifying()

        async def enter() -> tuple[str, str, dict[str, Any]]:
            return COORDINATOR, "", self.entering()

        async def same() -> tuple[str, str, dict[str, Any]]:
            first, second = await self.notified(), await self.notified()
            return COORDINATOR, second, {"other": first, "same": True, "reason": words("reason")}

        return {
            "notify_death": notify,
            "enter_death": enter,
            "decide_duplicate": same,
            "amend_death": to(COORDINATOR, self.notified, self.amending),
            "record_immediate_decisions": to(COORDINATOR, self.notified, lambda: self.deciding(Criterion.SUDDEN)),
            "answer_safety": to(COORDINATOR, self.unsafe, lambda: {"siblings_safe": "yes", **said}),
            "record_database_notification": to(
                COORDINATOR, self.notified, lambda: {"sent_at": now, "reference": words("reference")}
            ),
            "name_key_worker": to(COORDINATOR, self.notified, lambda: worker),
            "request_information": to(COORDINATOR, self.notified, self.asking),
            "withdraw_request": to(COORDINATOR, self.requested, lambda: about),
            "record_no_return": to(COORDINATOR, self.silent, lambda: about),
            "return_form": to(POLICE, self.requested, self.returning),
            "record_joint_response": to(COORDINATOR, self.unexplained, lambda: {"held_at": now, **said}),
            "open_wait": to(COORDINATOR, self.notified, self.waiting),
            "review_wait": to(COORDINATOR, self.waits, lambda: again),
            "record_finding": to(
                COORDINATOR, self.notified, lambda: {"source": "police", "abuse": "not_known", "panel": False, **said}
            ),
            "plan_meeting": to(COORDINATOR, self.notified, lambda: notice),
            "record_death_meeting": to(DOCTOR, self.notified, self.meeting),
            "draft_analysis": to(DOCTOR, self.met, self.drafting),
            "list_for_panel": to(PANEL, self.drafted, self.listing),
            "defer_panel": to(PANEL, self.listed, lambda: {"reason": words("reason")}),
            "complete_analysis": to(PANEL, self.listed, self.analysing),
            "submit_analysis": to(COORDINATOR, self.reviewed, lambda: {"sent_at": now}),
            "log_family_contact": to(COORDINATOR, self.notified, lambda: {"contact": "first", "held_at": now, **said}),
            "consider_review": to(
                SUBGROUP, self.unexplained, lambda: {"outcome": "not_met", "reasons": words("reasons")}
            ),
            "hand_over": to(COORDINATOR, lambda: self.notified(area="elsewhere"), self.handing_over),
            "confirm_hand_over": to(COORDINATOR, self.handed_over, lambda: {"received_at": now}),
            **Recommendations(lives, self.notified).ways(),
        }


async def owing(lives: "Lives") -> tuple[str, str, str, str]:
    return COORDINATOR, await Deaths(lives).notified(), "national_database", "death_notified"
