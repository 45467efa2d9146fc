"""The ways to commands of practice reviews, recommendations, registers and disagreements, as Lives goes them."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from models.policy import RECOMMENDS
from tests.support.house import PARTNERS, shipped_policy

if TYPE_CHECKING:
    from tests.support.lives import Lives

MANAGER, CHAIR, SUBGROUP, POLICE, ICB, REVIEWER = "p-018", "p-021", "p-020", "p-005", "p-008", "p-023"
POLICE_AGENCY, ICB_AGENCY = "harrowshire-police", "harrowshire-icb"

Step = tuple[str, str, dict[str, Any]]
"""Who gives the command, in which case (none for one that opens a case), and with which answers."""
Way = Callable[[], Awaitable[Step]]


def ways(lives: "Lives", lifecycle: str) -> Mapping[str, Way]:
    """A way to each command that such a case takes beside those that every case takes."""
    own: dict[str, Callable[[Lives], Mapping[str, Way]]] = {
        "practice_review": lambda lives: PracticeReviews(lives).ways(),
        "register": _of_registers,
        "disagreement": lambda lives: Disagreements(lives).ways(),
    }
    found = own[lifecycle](lives) if lifecycle in own else {}
    if lifecycle not in RECOMMENDS:
        return found
    fresh = {
        "rapid_review": lives.opened,
        "practice_review": PracticeReviews(lives).entered,
        "register": _opened(lives),
    }
    return {**found, **Recommendations(lives, fresh[lifecycle]).ways()}


class Recommendations:
    """Of a case that is brought about by `fresh`; the police have to act."""

    def __init__(self, lives: "Lives", fresh: Callable[[], Awaitable[str]]) -> None:
        self.lives, self.act, self.words, self.fresh = lives, lives.doer.act, lives.words, fresh

    def making(self) -> dict[str, Any]:
        words = self.words
        return {
            "text": words("text"), "agency": POLICE_AGENCY, "owner": POLICE, "by": self.lives.day(90),
            "measures": [{"measure": words("measure"), "baseline": words("baseline")}],
            "actions": [{"action": words("action"), "by": self.lives.day(60)}], "themes": ["neglect"],
            "paragraph": words("paragraph"), "seen": True, "another": True,
        }  # fmt: skip

    def entering(self) -> dict[str, Any]:
        words = {name: self.words(name) for name in ("text", "actions", "progress", "evidence", "paragraph")}
        due, by = self.lives.day(-200), self.lives.day(30)
        return {"agency": POLICE_AGENCY, "owner": POLICE, "state": "open", "due": due, "by": by, **words}

    async def made(self) -> str:
        ref = await self.fresh()
        await self.act(MANAGER, ref, "recommend", **self.making())
        return ref

    async def pursued(self) -> str:
        ref = await self.made()
        await self.act(POLICE, ref, "answer_recommendation", item="r1", answer="accepts")
        return ref

    async def rejected(self) -> str:
        ref = await self.made()
        await self.act(POLICE, ref, "answer_recommendation", **self.rejecting())
        return ref

    def rejecting(self) -> dict[str, Any]:
        return {"item": "r1", "answer": "rejects", "words": self.words("words")}

    def giving(self, shows: str = "delivery") -> dict[str, Any]:
        return {"item": "r1", "measure": "m1", "shows": shows, "words": self.words("words")}

    async def shown(self) -> str:
        ref = await self.pursued()
        await self.act(POLICE, ref, "give_evidence", **self.giving())
        return ref

    def accepting(self, evidence: str = "e1") -> dict[str, Any]:
        return {"item": "r1", "evidence": evidence, "words": self.words("words")}

    async def proven(self) -> str:
        ref = await self.shown()
        await self.act(SUBGROUP, ref, "accept_evidence", **self.accepting())
        await self.act(POLICE, ref, "give_evidence", **self.giving("impact"))
        await self.act(SUBGROUP, ref, "accept_evidence", **self.accepting("e2"))
        return ref

    def closing(self) -> dict[str, Any]:
        seats = ["subgroup_chair", "local_authority", "police"]
        return {
            "item": "r1", "decided_by": "meeting", "seats": seats, "evidence": ["e1", "e2"], "retest": "6_months",
            "words": self.words("words"),
        }  # fmt: skip

    async def closed(self) -> str:
        ref = await self.proven()
        await self.act(MANAGER, ref, "close_recommendation", **self.closing())
        return ref

    def ways(self) -> Mapping[str, Way]:
        reason = {"reason": self.words("reason")}
        described = {"item": "r1", "evidence": "e1", "words": self.words("words")}
        colour = {"item": "r1", "axis": "impact", "colour": "amber", "until": self.lives.day(20), **reason}
        news = {"item": "r1", "forecast": "at_risk", "words": self.words("words")}
        tested = {"item": "r1", "outcome": "not_sustained", "words": self.words("words")}
        named = {"item": "r1", "owner": "", **reason}
        return {
            "recommend": to(MANAGER, self.fresh, self.making),
            "enter_recommendation": to(MANAGER, self.fresh, self.entering),
            "assign_recommendation": to(MANAGER, self.made, lambda: named),
            "answer_recommendation": to(POLICE, self.made, self.rejecting),
            "answer_rejection": to(CHAIR, self.rejected, lambda: {"item": "r1", "outcome": "stands", **reason}),
            "give_progress": to(POLICE, self.pursued, lambda: news),
            "complete_action": to(POLICE, self.pursued, lambda: {"item": "r1.a1", "words": self.words("words")}),
            "give_evidence": to(POLICE, self.pursued, self.giving),
            "amend_evidence": to(POLICE, self.shown, lambda: described),
            "accept_evidence": to(SUBGROUP, self.shown, self.accepting),
            "return_evidence": to(SUBGROUP, self.shown, lambda: {"item": "r1", "evidence": "e1", **reason}),
            "close_recommendation": to(MANAGER, self.proven, self.closing),
            "retest_impact": to(MANAGER, self.closed, lambda: tested),
            "reopen_recommendation": to(MANAGER, self.closed, lambda: {"item": "r1", **reason}),
            "override_colour": to(CHAIR, self.made, lambda: colour),
        }


class PracticeReviews:
    """Practice reviews of the police and the care board. Most begin as entered here: the way there is the shortest."""

    def __init__(self, lives: "Lives") -> None:
        self.lives, self.doer, self.act, self.words = lives, lives.doer, lives.doer.act, lives.words

    def _ago(self, days: int) -> str:
        return (self.doer.now - timedelta(days=days)).isoformat()

    def entering(self, reached: str = "decided", ago: int = 0) -> dict[str, Any]:
        return {
            "name": self.words("name"), "origin": "practice_review", "decided_on": self.lives.day(-ago),
            "reached": reached, "agencies": [POLICE_AGENCY, ICB_AGENCY], "another": True,
        }  # fmt: skip

    async def entered(self, reached: str = "decided", ago: int = 0) -> str:
        return (await self.doer.open(MANAGER, "enter_review", **self.entering(reached, ago))).case

    async def decided(self) -> str:
        """Opened by the decision of a rapid review."""
        ref = await self.lives.met()
        await self.act(CHAIR, ref, "decide", **self.lives.deciding("practice_review"))
        return await self.doer.child_of(ref)

    def commissioning(self) -> dict[str, Any]:
        return {
            "method": "practice_event", "scope_from": "2024-01-01", "scope_until": self.lives.day(-1),
            "terms": self.words("terms"), "agencies": [POLICE_AGENCY, ICB_AGENCY], "budget": 12_000,
            "media": self.words("media"),
        }  # fmt: skip

    async def commissioned(self, ago: int = 0) -> str:
        ref = await self.entered(ago=ago)
        await self.act(MANAGER, ref, "commission", **self.commissioning())
        return ref

    def appointing(self) -> dict[str, Any]:
        return {"reviewer": REVIEWER, "suitability": self.words("suitability")}

    async def appointed(self) -> str:
        ref = await self.entered()
        await self.act(CHAIR, ref, "appoint_reviewer", **self.appointing())
        return ref

    async def requested(self) -> str:
        ref = await self.commissioned()
        await self.act(MANAGER, ref, "request_information", **self.lives.asking())
        return ref

    async def silent(self) -> str:
        """Decided so long ago that a return is overdue as soon as it is asked for."""
        ref = await self.commissioned(ago=300)
        await self.lives.ask_in_vain(ref)
        return ref

    async def after(self, kind: str, answers: dict[str, Any], person: str = MANAGER) -> str:
        """A review that is commissioned, and this done as well."""
        ref = await self.commissioned()
        await self.act(person, ref, kind, **answers)
        return ref

    def asking(self) -> dict[str, Any]:
        return {"words": self.words("words"), "by": self.lives.day(10)}

    def naming(self) -> dict[str, Any]:
        return {"role": "mother", "name": self.words("name"), "words": self.words("words")}

    def linking(self) -> dict[str, Any]:
        return {"proceeding": "criminal", "status": "open", "words": self.words("words")}

    def suspending(self) -> dict[str, Any]:
        return {
            "item": "p1", "milestones": ["practitioner_event", "publication"], "review": self.lives.day(30),
            "authority": self.words("authority"), "reason": self.words("reason"),
        }  # fmt: skip

    async def suspended(self) -> str:
        ref = await self.after("link_proceeding", self.linking())
        await self.act(CHAIR, ref, "suspend_milestones", **self.suspending())
        return ref

    def coroner(self) -> dict[str, Any]:
        return {"agency": POLICE_AGENCY, "dated_at": self.lives.moment(), "words": self.words("words")}

    def delaying(self) -> dict[str, Any]:
        return {"expected": self.lives.day(250), "because": "proceedings", "words": self.words("words")}

    def told(self) -> dict[str, Any]:
        return {"sent_at": self.lives.moment(), "recipients": ["national_panel", "secretary_of_state", "ofsted"]}

    def signing(self) -> dict[str, Any]:
        first, *others = [{"partner": one, "position": "agrees"} for one in PARTNERS]
        positions = [{**first, "position": "dissents", "words": self.words("position")}, *others]
        return {
            "signed_at": self.lives.moment(), "positions": positions, "has_improvements": True, "has_analysis": True,
        }  # fmt: skip

    async def signed(self) -> str:
        """A report that was signed off a month ago, so that it can be published today."""
        ref = await self.entered("under_way", ago=90)
        late = {"signed_at": self._ago(30), "late": self.words("late")}
        await self.act(CHAIR, ref, "sign_off", **{**self.signing(), **late})
        return ref

    async def copied(self) -> str:
        ref = await self.signed()
        late = {"sent_at": self._ago(20), "late": self.words("late")}
        await self.act(MANAGER, ref, "send_advance_copies", **{**self.told(), **late})
        return ref

    def publishing(self) -> dict[str, Any]:
        asked = shipped_policy().publication
        assert asked
        first, *others = asked.checklist
        checks = [{"check": first, "done": "not_needed", "words": self.words("check")}]
        checks += [{"check": one, "done": "yes"} for one in others]
        return {
            "published_at": self.lives.moment(),
            "address": f"https://example.org/{quote(self.words('address'))}",
            "checklist": checks,
        }

    async def published(self) -> str:
        ref = await self.copied()
        await self.act(MANAGER, ref, "publish", **self.publishing())
        return ref

    def withholding(self) -> dict[str, Any]:
        words = {name: self.words(name) for name in ("reasons", "improvements")}
        return {"decided_at": self.lives.moment(), **words}

    def confirming(self, agency: str = POLICE_AGENCY) -> dict[str, Any]:
        words = {name: self.words(name) for name in ("words", "understood")}
        return {"agency": agency, "reached_at": self.lives.moment(), **words}

    async def brought_home(self) -> str:
        """Nothing is left but to call it complete."""
        ref = await self.signed()
        await self.act(CHAIR, ref, "withhold_publication", **self.withholding())
        for person, agency in ((POLICE, POLICE_AGENCY), (ICB, ICB_AGENCY)):
            await self.act(person, ref, "confirm_dissemination", **self.confirming(agency))
        return ref

    def ways(self) -> Mapping[str, Way]:
        words, now, lives = self.words, self.lives.moment(), self.lives
        said, reason = {"words": words("words")}, {"reason": words("reason")}
        contact = {"item": "c1", "step": "invited", "on": now, "how": words("how"), **said}
        quiet = {"first": lives.day(3), "last": lives.day(4), **reason}
        again = {"item": "p1", "outcome": "continue", "review": lives.day(40), **reason}
        about = {"agency": POLICE_AGENCY, **reason}

        async def enter() -> Step:
            passed = {**self.entering("withheld", 400), "settled_on": lives.day(-200), "reasons": words("reasons")}
            return MANAGER, "", passed

        return {
            "enter_review": enter,
            "commission": to(MANAGER, self.decided, self.commissioning),
            "appoint_reviewer": to(CHAIR, self.entered, self.appointing),
            "announce_review": to(MANAGER, self.appointed, self.told),
            "request_information": to(MANAGER, self.commissioned, lives.asking),
            "withdraw_request": to(MANAGER, self.requested, lambda: about),
            "record_no_return": to(MANAGER, self.silent, lambda: about),
            "submit_return": to(POLICE, self.requested, lives.returning),
            "hold_practitioner_event": to(
                MANAGER, self.commissioned, lambda: {"held_at": now, "attended": [POLICE_AGENCY], **said}
            ),
            "name_contributor": to(MANAGER, self.commissioned, self.naming),
            "keep_quiet": to(MANAGER, self.commissioned, lambda: quiet),
            "record_contact": to(MANAGER, lambda: self.after("name_contributor", self.naming()), lambda: contact),
            "finish_family": to(MANAGER, self.commissioned, lambda: said),
            "check_review": to(MANAGER, self.commissioned, lambda: {"pace": "late", "quality": "concerns", **said}),
            "request_in_writing": to(MANAGER, self.appointed, self.asking),
            "record_written_answer": to(
                MANAGER, lambda: self.after("request_in_writing", self.asking()),
                lambda: {"item": "w1", "received_at": lives.moment(), **said},
            ),
            "link_proceeding": to(MANAGER, self.commissioned, self.linking),
            "update_proceeding": to(
                MANAGER, lambda: self.after("link_proceeding", self.linking()),
                lambda: {"item": "p1", "status": "concluded", **said},
            ),
            "suspend_milestones": to(
                CHAIR, lambda: self.after("link_proceeding", self.linking()), self.suspending
            ),
            "review_milestones": to(CHAIR, self.suspended, lambda: again),
            "receive_draft": to(MANAGER, self.commissioned, lambda: {"received_at": lives.moment(), **said}),
            "sign_off": to(
                CHAIR, lambda: self.after("receive_draft", {"received_at": lives.moment(), **said}), self.signing
            ),
            "foresee_delay": to(MANAGER, self.commissioned, self.delaying),
            "explain_delay": to(
                MANAGER, lambda: self.after("foresee_delay", self.delaying()), lambda: {**self.told(), **said}
            ),
            "plan_publication": to(MANAGER, self.signed, lambda: {"on": lives.day(30)}),
            "send_advance_copies": to(MANAGER, self.signed, self.told),
            "publish": to(MANAGER, self.copied, self.publishing),
            "withhold_publication": to(CHAIR, self.signed, self.withholding),
            "receive_deliverable": to(MANAGER, self.commissioned, lambda: {"item": "report", **said}),
            "confirm_dissemination": to(POLICE, self.published, self.confirming),
            "lodge_report": to(MANAGER, self.published, lambda: {"lodged_at": lives.moment()}),
            "check_availability": to(MANAGER, self.published, lambda: said),
            "record_coroners_report": to(MANAGER, self.commissioned, self.coroner),
            "answer_coroner": to(
                POLICE, lambda: self.after("record_coroners_report", self.coroner()),
                lambda: {"item": "k1", "sent_at": lives.moment(), **said},
            ),
            "complete_review": to(CHAIR, self.brought_home, lambda: said),
            "discontinue": to(CHAIR, self.entered, lambda: reason),
        }  # fmt: skip


class Disagreements:
    """The police challenge the care board."""

    def __init__(self, lives: "Lives") -> None:
        self.lives, self.act, self.words = lives, lives.doer.act, lives.words

    def raising(self) -> dict[str, Any]:
        words = {name: self.words(name) for name in ("about", "wanted")}
        return {"agency": POLICE_AGENCY, "challenged": ICB_AGENCY, "at_risk": "no", "another": True, **words}

    async def raised(self) -> str:
        return (await self.lives.doer.open(POLICE, "raise_disagreement", **self.raising())).case

    def answering(self) -> dict[str, Any]:
        return {"agency": ICB_AGENCY, "answer": "disagrees", "words": self.words("words")}

    def responding(self) -> dict[str, Any]:
        return {"agency": POLICE_AGENCY, "outcome": "escalate", "words": self.words("words")}

    async def answered(self) -> str:
        ref = await self.raised()
        await self.act(ICB, ref, "answer_disagreement", **self.answering())
        return ref

    async def with_the_chair(self) -> str:
        ref = await self.answered()
        await self.act(POLICE, ref, "respond_disagreement", **self.responding())
        await self.act(ICB, ref, "answer_disagreement", **self.answering())
        await self.act(POLICE, ref, "respond_disagreement", **self.responding())
        return ref

    async def withdrawn(self) -> str:
        ref = await self.raised()
        await self.act(POLICE, ref, "withdraw_disagreement", **self.withdrawing())
        return ref

    def withdrawing(self) -> dict[str, Any]:
        return {"agency": POLICE_AGENCY, "reason": self.words("reason")}

    def ways(self) -> Mapping[str, Way]:
        async def raise_() -> Step:
            return POLICE, "", self.raising()

        return {
            "raise_disagreement": raise_,
            "answer_disagreement": to(ICB, self.raised, self.answering),
            "respond_disagreement": to(POLICE, self.answered, self.responding),
            "decide_disagreement": to(
                CHAIR, self.with_the_chair, lambda: {"view": "partly", "words": self.words("words")}
            ),
            "change_risk": to(ICB, self.raised, lambda: {"at_risk": "yes", "reason": self.words("reason")}),
            "withdraw_disagreement": to(POLICE, self.raised, self.withdrawing),
        }


def _opening_register(lives: "Lives") -> dict[str, Any]:
    return {"origin": "audit", "year": lives.doer.now.year, "words": lives.words("words"), "another": True}


def _opened(lives: "Lives") -> Callable[[], Awaitable[str]]:
    async def opened() -> str:
        return (await lives.doer.open(MANAGER, "open_register", **_opening_register(lives))).case

    return opened


def _of_registers(lives: "Lives") -> Mapping[str, Way]:
    async def open_() -> Step:
        return MANAGER, "", _opening_register(lives)

    said = {"words": lives.words("words")}
    return {"open_register": open_, "close_register": to(MANAGER, _opened(lives), lambda: said)}


def to(person: str, state: Callable[[], Awaitable[str]], answers: Callable[[], dict[str, Any]]) -> Way:
    async def way() -> Step:
        ref = await state()
        return person, ref, answers()

    return way


# What every case takes: where somebody owes something, and how a case comes to its end.


async def _review_owing(lives: "Lives") -> tuple[str, str, str, str]:
    return MANAGER, await PracticeReviews(lives).commissioned(), "publication", "commissioned"


async def _register_owing(lives: "Lives") -> tuple[str, str, str, str]:
    ref = await Recommendations(lives, _opened(lives)).made()
    return POLICE, ref, "answer_recommendation/r1", "register_opened"


async def _disagreement_owing(lives: "Lives") -> tuple[str, str, str, str]:
    return ICB, await Disagreements(lives).raised(), f"answer/{ICB_AGENCY}", f"disagreement_raised/{POLICE_AGENCY}"


async def _review_over(lives: "Lives") -> str:
    ref = await PracticeReviews(lives).brought_home()
    await lives.doer.act(CHAIR, ref, "complete_review", words=lives.words("words"))
    return ref


async def _register_over(lives: "Lives") -> str:
    ref = await _opened(lives)()
    await lives.doer.act(MANAGER, ref, "close_register", words=lives.words("words"))
    return ref


OWING: Mapping[str, Callable[["Lives"], Awaitable[tuple[str, str, str, str]]]] = {
    "practice_review": _review_owing, "register": _register_owing, "disagreement": _disagreement_owing,
}  # fmt: skip
OVER: Mapping[str, Callable[["Lives"], Awaitable[str]]] = {
    "practice_review": _review_over, "register": _register_over,
    "disagreement": lambda lives: Disagreements(lives).withdrawn(),
}  # fmt: skip
