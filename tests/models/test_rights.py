"""Who may do what: a matrix typed by hand, every command by every office, in its own and in another agency.

A command that is added without its line here fails the first test.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from models import shelf
from models.case import Case
from models.directory import Directory
from models.facts import Problem
from models.fold import after
from models.lifecycles import COMMANDS
from models.rights import LOCKED, MAY, NAMED, NO, Access, Actor, Held, access_of, acts, reads, whole
from models.spawning import opened, opens
from tests.models.test_child_death import notifying
from tests.support.core import (
    DIRECTORY,
    MONDAY,
    POLICY,
    Play,
    Refused,
    asked,
    fresh,
    referral,
    triage_answers,
)

OWN, ASKED, OTHER = "harrowshire-police", "harrowshire-icb", "harrowshire-schools"
RETURN, CHALLENGE = f"agency_return/{OWN}", f"answer/{ASKED}"

# Everybody, by what they hold. "own" is the agency that the command is about, "asked" another one that takes part in
# the case, "other" one that does not.
ACTORS = {
    "manager": Held(office="business_manager"),
    "subgroup chair": Held(office="subgroup_chair"),
    "chair": Held(office="independent_chair"),
    "partner chair": Held(office="safeguarding_partner_chair"),
    "authority": Held(office="local_authority_lead"),
    "administrator": Held(office="administrator"),
    "reviewer": Held(office="reviewer"),
    "coordinator": Held(office="child_death_coordinator"),
    "doctor": Held(office="designated_doctor"),
    "panel chair": Held(office="panel_chair"),
    "contact, own": Held(office="agency_contact", agency=OWN),
    "contact, asked": Held(office="agency_contact", agency=ASKED),
    "contact, other": Held(office="agency_contact", agency=OTHER),
    "lead, own": Held(office="agency_lead", agency=OWN),
    "lead, asked": Held(office="agency_lead", agency=ASKED),
    "lead, other": Held(office="agency_lead", agency=OTHER),
    "partner, own": Held(office="safeguarding_partner", agency=OWN),
    "partner, asked": Held(office="safeguarding_partner", agency=ASKED),
    "partner, other": Held(office="safeguarding_partner", agency=OTHER),
    "owner, own": Held(office="recommendation_owner", agency=OWN),
    "owner, asked": Held(office="recommendation_owner", agency=ASKED),
    "nobody": None,
}
PARTY = {"contact, own", "contact, asked", "lead, own", "lead, asked", "partner, own", "partner, asked"}

BY_THE_UNIT = {"manager"}
BY_UNIT_OR_CHAIR = {"manager", "chair"}
BY_THE_AUTHORITY = {"manager", "authority"}
UP_THE_LADDER = {"manager", "subgroup chair", "chair"}
BY_THE_AGENCY = {"contact, own", "lead, own"}
BY_CHAIR_OR_PARTNERS = {"chair", "partner chair"}
BY_UNIT_OR_REVIEWER = {"manager", "reviewer"}
BY_THE_OWNER = {"manager", "contact, own", "lead, own", "owner, own"}
OF_THE_OWNERS_LADDER = UP_THE_LADDER | {"contact, own", "lead, own", "owner, own"}

# (lifecycle, command, what it is about): who may.
ANSWERS = {
    ("correct", ""): BY_THE_UNIT,
    ("adopt_calendar", ""): BY_THE_UNIT,
    ("adopt_policy", ""): BY_THE_UNIT,
    ("restrict", ""): BY_UNIT_OR_CHAIR,
    ("lock_out", ""): BY_UNIT_OR_CHAIR,
    ("let_in", ""): BY_UNIT_OR_CHAIR,
    ("reopen", ""): BY_UNIT_OR_CHAIR,
}
# Of a recommendation to "own", which names its owner there; what waits to be looked at was given by somebody else.
RECOMMENDATION: dict[tuple[str, str], set[str]] = {
    ("recommend", ""): UP_THE_LADDER,
    ("enter_recommendation", ""): BY_THE_UNIT,
    ("assign_recommendation", "r1"): {"manager", "lead, own"},
    ("answer_recommendation", "r1"): BY_THE_AGENCY,
    ("answer_rejection", "r1"): {"chair"},
    ("give_progress", "r1"): BY_THE_OWNER,
    ("complete_action", "r1.a1"): BY_THE_OWNER,
    ("give_evidence", "r1"): BY_THE_OWNER,
    ("amend_evidence", "r1"): BY_THE_OWNER,
    ("accept_evidence", "r1"): {"subgroup chair", "chair"},
    ("return_evidence", "r1"): {"subgroup chair", "chair"},
    # What a meeting decided is recorded by the unit, or by whoever chairs it; alone only the chair closes.
    ("close_recommendation", "r1"): UP_THE_LADDER,
    ("close_recommendation", "r1 alone"): {"chair"},
    ("retest_impact", "r1"): UP_THE_LADDER,
    ("reopen_recommendation", "r1"): UP_THE_LADDER,
    ("override_colour", "r1"): UP_THE_LADDER,
    # Whoever owes it, or is told of it; for an agency also its contact and its lead.
    ("promise", "progress/r1"): OF_THE_OWNERS_LADDER,
    ("dispute", "progress/r1"): OF_THE_OWNERS_LADDER,
    ("ask_time", "deliver/r1"): OF_THE_OWNERS_LADDER,
    ("promise", "examine_evidence/r1"): UP_THE_LADDER | BY_THE_AGENCY,
    ("settle_dispute", "progress/r1"): {"manager"},
    ("answer_time", "progress/r1"): {"chair"},
    ("answer_time", "deliver/r1"): {"subgroup chair"},
    ("suspend", "deliver/r1"): {"chair"},
    ("review_suspension", "deliver/r1"): UP_THE_LADDER,
}
REVIEW: dict[tuple[str, str], set[str]] = {
    **ANSWERS,
    **RECOMMENDATION,
    ("record_notification", ""): BY_THE_AUTHORITY,
    ("withdraw_notification", ""): BY_THE_AUTHORITY,
    ("request_information", ""): BY_THE_UNIT,
    ("withdraw_request", ""): BY_THE_UNIT,
    ("record_no_return", ""): BY_THE_UNIT,
    ("submit_return", ""): BY_THE_AGENCY,
    ("record_analysis", ""): {"chair"},
    ("arrange_meeting", ""): BY_THE_UNIT,
    ("record_meeting", ""): BY_THE_UNIT,
    ("decide", ""): {"chair"},
    ("record_submission", ""): BY_THE_UNIT,
    ("record_panel_answer", ""): BY_THE_UNIT,
    ("send_information", ""): BY_THE_UNIT,
    ("record_event", ""): BY_THE_UNIT,
    ("answer_safety", ""): BY_THE_AUTHORITY,
    ("tell_referrer", ""): BY_THE_UNIT,
    # Whoever owes it, or is told of it on its ladder.
    ("promise", RETURN): {"contact, own", "lead, own", "chair"},
    ("dispute", RETURN): {"contact, own", "lead, own", "chair"},
    ("ask_time", RETURN): {"contact, own", "lead, own", "chair"},
    ("promise", "submission"): {"manager", "subgroup chair", "chair"},
    ("dispute", "submission"): {"manager", "subgroup chair", "chair"},
    ("ask_time", "submission"): {"manager", "subgroup chair", "chair"},
    ("promise", "decision"): {"chair", "manager", "partner chair"},
    ("promise", "notify_national_panel"): {"authority", "manager", "chair"},
    ("promise", "nothing of this name"): set(),
    # The office that the policy names; who else once they are told stands in TOLD below.
    ("settle_dispute", RETURN): {"manager"},
    ("answer_time", RETURN): {"chair"},
    ("suspend", RETURN): {"chair"},
    ("review_suspension", RETURN): UP_THE_LADDER,
}
REFERRAL: dict[tuple[str, str], set[str]] = {
    **ANSWERS,
    ("submit_referral", ""): set(),  # opens a case; nobody does it to one that is there
    ("triage", ""): {"manager", "subgroup chair"},
    ("answer_safety", ""): BY_THE_AUTHORITY,
    ("notify_secretary_of_state", ""): BY_THE_AUTHORITY,
    ("pass_on", ""): BY_THE_UNIT,
    ("record_review_learning", ""): BY_THE_UNIT,
    ("decide_duplicate", ""): BY_THE_UNIT,
    ("tell_referrer", ""): BY_THE_UNIT,
    ("promise", "triage"): {"manager", "subgroup chair", "chair"},
    ("dispute", "triage"): {"manager", "subgroup chair", "chair"},
    ("ask_time", "triage"): {"manager", "subgroup chair", "chair"},
    # The administrator hears of it together with the business manager, and so can answer.
    ("promise", "siblings_safety"): {"manager", "administrator", "authority", "chair"},
    ("settle_dispute", "triage"): {"manager"},
    ("answer_time", "triage"): {"chair"},
    ("suspend", "triage"): {"chair"},
    ("review_suspension", "triage"): UP_THE_LADDER,
}
PRACTICE: dict[tuple[str, str], set[str]] = {
    **ANSWERS,
    **RECOMMENDATION,
    ("enter_review", ""): set(),  # opens a case
    ("commission", ""): BY_UNIT_OR_CHAIR,
    ("appoint_reviewer", ""): BY_UNIT_OR_CHAIR,
    ("announce_review", ""): BY_THE_UNIT,
    ("request_information", ""): BY_THE_UNIT,
    ("withdraw_request", ""): BY_THE_UNIT,
    ("record_no_return", ""): BY_THE_UNIT,
    ("submit_return", ""): BY_THE_AGENCY,
    ("hold_practitioner_event", ""): BY_UNIT_OR_REVIEWER,
    ("name_contributor", ""): BY_UNIT_OR_REVIEWER,
    ("keep_quiet", ""): BY_UNIT_OR_REVIEWER,
    ("record_contact", ""): BY_UNIT_OR_REVIEWER,
    ("finish_family", ""): BY_UNIT_OR_REVIEWER,
    ("check_review", ""): BY_UNIT_OR_CHAIR,
    ("request_in_writing", ""): BY_UNIT_OR_CHAIR,
    ("record_written_answer", ""): BY_UNIT_OR_REVIEWER,
    ("link_proceeding", ""): BY_THE_UNIT,
    ("update_proceeding", ""): BY_THE_UNIT,
    ("suspend_milestones", ""): {"chair"},
    ("review_milestones", ""): {"chair"},
    ("receive_draft", ""): BY_UNIT_OR_REVIEWER,
    ("sign_off", ""): BY_CHAIR_OR_PARTNERS,
    ("foresee_delay", ""): BY_UNIT_OR_CHAIR,
    ("explain_delay", ""): BY_THE_UNIT,
    ("plan_publication", ""): BY_UNIT_OR_CHAIR,
    ("send_advance_copies", ""): BY_THE_UNIT,
    ("publish", ""): BY_THE_UNIT,
    ("withhold_publication", ""): BY_CHAIR_OR_PARTNERS,
    ("receive_deliverable", ""): BY_UNIT_OR_REVIEWER,
    ("confirm_dissemination", ""): BY_THE_AGENCY,
    ("lodge_report", ""): BY_THE_UNIT,
    ("check_availability", ""): BY_THE_UNIT,
    ("record_coroners_report", ""): BY_THE_UNIT,
    ("answer_coroner", "k1"): {"manager", "contact, own", "lead, own"},  # it is addressed to "own"
    ("complete_review", ""): {"chair"},
    ("discontinue", ""): BY_CHAIR_OR_PARTNERS,
    ("promise", RETURN): {"contact, own", "lead, own", "chair"},
    ("promise", "publication"): UP_THE_LADDER | {"partner chair"},
    ("promise", "draft_report"): UP_THE_LADDER | {"reviewer"},
    ("answer_time", "draft_report"): {"chair"},
}
REGISTER: dict[tuple[str, str], set[str]] = {
    **ANSWERS,
    **RECOMMENDATION,
    ("open_register", ""): set(),  # opens a case
    ("close_register", ""): BY_THE_UNIT,
}
# Raised by "own" against "asked". Whose turn it is, its state says; here only who speaks for an agency.
DISAGREEMENT: dict[tuple[str, str], set[str]] = {
    **ANSWERS,
    ("raise_disagreement", ""): set(),  # opens a case
    ("answer_disagreement", ""): BY_THE_AGENCY,
    ("respond_disagreement", ""): BY_THE_AGENCY,
    ("decide_disagreement", ""): {"chair"},
    ("withdraw_disagreement", ""): BY_THE_AGENCY,
    ("change_risk", ""): {"contact, own", "lead, own", "contact, asked", "lead, asked", "chair"},
    ("promise", CHALLENGE): {"contact, asked", "lead, asked", "chair", "manager"},
    ("dispute", CHALLENGE): {"contact, asked", "lead, asked", "chair", "manager"},
    ("ask_time", CHALLENGE): {"contact, asked", "lead, asked", "chair", "manager"},
    ("settle_dispute", CHALLENGE): {"manager"},
    ("answer_time", CHALLENGE): {"chair"},
    ("suspend", CHALLENGE): {"chair"},
    ("review_suspension", CHALLENGE): UP_THE_LADDER,
}
# Of the review of a child's death: those who run it do there what the unit does elsewhere, the panel's chair what the
# chair does.
BY_THE_COORDINATOR = {"coordinator", "doctor"}
BY_THE_PANEL = BY_THE_COORDINATOR | {"panel chair"}
FORM = RETURN
DEATH: dict[tuple[str, str], set[str]] = {
    **{one: may | BY_THE_COORDINATOR for one, may in ANSWERS.items()},
    **{(kind, ""): BY_UNIT_OR_CHAIR | BY_THE_PANEL for kind in ("restrict", "lock_out", "let_in", "reopen")},
    **RECOMMENDATION,
    ("recommend", ""): UP_THE_LADDER | BY_THE_PANEL,
    ("enter_recommendation", ""): BY_THE_UNIT | BY_THE_COORDINATOR,
    ("answer_rejection", "r1"): {"chair", "panel chair"},
    ("reopen_recommendation", "r1"): UP_THE_LADDER | BY_THE_PANEL,
    ("override_colour", "r1"): UP_THE_LADDER | BY_THE_PANEL,
    ("notify_death", ""): set(),  # opens a case
    ("enter_death", ""): set(),  # opens a case
    ("decide_duplicate", ""): BY_THE_UNIT | BY_THE_COORDINATOR,
    ("amend_death", ""): BY_THE_COORDINATOR,
    ("record_immediate_decisions", ""): BY_THE_COORDINATOR,
    ("answer_safety", ""): BY_THE_AUTHORITY | BY_THE_COORDINATOR,
    ("record_database_notification", ""): BY_THE_COORDINATOR,
    ("name_key_worker", ""): BY_THE_COORDINATOR,
    ("request_information", ""): BY_THE_UNIT | BY_THE_COORDINATOR,
    ("withdraw_request", ""): BY_THE_UNIT | BY_THE_COORDINATOR,
    ("record_no_return", ""): BY_THE_UNIT | BY_THE_COORDINATOR,
    ("return_form", ""): BY_THE_AGENCY,
    ("record_joint_response", ""): BY_THE_COORDINATOR,
    ("open_wait", ""): BY_THE_COORDINATOR,
    ("review_wait", ""): BY_THE_COORDINATOR,
    ("record_finding", ""): BY_THE_COORDINATOR,
    ("plan_meeting", ""): BY_THE_COORDINATOR,
    ("record_death_meeting", ""): BY_THE_COORDINATOR,
    ("draft_analysis", ""): BY_THE_COORDINATOR,
    ("list_for_panel", ""): BY_THE_PANEL,
    ("defer_panel", ""): BY_THE_PANEL,
    ("complete_analysis", ""): BY_THE_PANEL,
    ("submit_analysis", ""): BY_THE_COORDINATOR,
    ("log_family_contact", ""): BY_THE_COORDINATOR,
    # Whether it is one for a practice review: the sub-group decides, and nobody who reviews the death.
    ("consider_review", ""): {"manager", "subgroup chair"},
    ("hand_over", ""): BY_THE_COORDINATOR,
    ("confirm_hand_over", ""): BY_THE_COORDINATOR,
    ("promise", FORM): {"contact, own", "lead, own", "panel chair"},
    ("dispute", FORM): {"contact, own", "lead, own", "panel chair"},
    ("ask_time", FORM): {"contact, own", "lead, own", "panel chair"},
    ("promise", "national_database"): BY_THE_PANEL,
    ("promise", "meeting"): BY_THE_PANEL,
    ("settle_dispute", FORM): {"manager"},
    ("answer_time", FORM): {"chair"},
    ("suspend", FORM): {"chair"},
    ("review_suspension", FORM): UP_THE_LADDER,
}
# Who may answer an agency that waits since Monday, day by day as the rungs tell that it waits, and for good.
TOLD: dict[str, dict[int, set[str]]] = {
    "settle_dispute": {
        0: {"manager"}, 2: {"manager"}, 3: {"manager", "subgroup chair"}, 4: UP_THE_LADDER, 90: UP_THE_LADDER,
    },
    "answer_time": {
        0: {"chair"}, 1: {"chair"}, 2: {"chair", "manager"}, 3: {"chair", "manager", "partner chair"},
        90: {"chair", "manager", "partner chair"},
    },
}  # fmt: skip
MATRIX = {
    "rapid_review": REVIEW, "referral": REFERRAL, "practice_review": PRACTICE, "register": REGISTER,
    "disagreement": DISAGREEMENT, "child_death": DEATH,
}  # fmt: skip
ROWS = [(kind, command, about) for kind, table in MATRIX.items() for command, about in table]

# Who may open the case at all: the whole of it, or the part of their own agency.
WHOLE = {
    "manager", "subgroup chair", "chair", "partner chair", "authority", "partner, own", "partner, asked",
    "partner, other",
}  # fmt: skip
OF_DEATHS = {"coordinator", "doctor", "panel chair", "manager", "chair", "subgroup chair", "authority"}
ALL_OF_IT = {
    "rapid_review": WHOLE,
    "referral": WHOLE,
    "practice_review": WHOLE | {"reviewer"},
    "register": WHOLE,
    "disagreement": WHOLE | PARTY,  # both agencies read all that passes between them
    "child_death": OF_DEATHS,
}
OWNING = {"contact, own", "lead, own", "partner, own", "owner, own"}
READ = {
    "rapid_review": WHOLE | PARTY | OWNING,
    "referral": WHOLE,
    "practice_review": WHOLE | PARTY | OWNING | {"reviewer"},
    "register": WHOLE | OWNING,
    "disagreement": WHOLE | PARTY,
    "child_death": OF_DEATHS | PARTY | OWNING,
}
# Of a restricted case whoever is named, and whoever owes something there: the sub-group's chair evidence to look at.
NAMED_TO_READ = {
    "rapid_review": {"manager", "subgroup chair", "chair", "authority"} | PARTY | OWNING,
    "referral": {"manager", "chair"},
    "practice_review": {"manager", "subgroup chair", "chair", "reviewer"} | PARTY | OWNING,
    "register": {"manager", "subgroup chair", "chair"} | OWNING,
    "disagreement": {"manager", "chair"} | PARTY,
    # Neither the panel's chair nor the authority owes anything there yet; the sub-group's has evidence to look at.
    "child_death": {"coordinator", "doctor", "manager", "subgroup chair", "chair"} | PARTY | OWNING,
}


def actor(who: str) -> Actor:
    held = ACTORS[who]
    return Actor(person=f"p-{who}", offices=(held,) if held else ())


@pytest.fixture(scope="module")
def cases() -> dict[str, Case]:
    unsafe = referral(others="not_known", siblings_safe="not_known")
    return {
        "rapid_review": recommended(asked(agencies=(OWN, ASKED))),
        "referral": unsafe.case,
        "practice_review": recommended(practice()),
        "register": recommended(fresh("register", "p-018", "open_register", origin="audit", year=2026)),
        "disagreement": fresh(
            "disagreement", "p-005", "raise_disagreement", agency=OWN, challenged=ASKED, at_risk="no", about="a",
            wanted="w",
        ).case,
        "child_death": recommended(death()),
    }  # fmt: skip


def death() -> Play:
    """The review of a child's death, for which two agencies are asked for their reporting forms."""
    play = fresh("child_death", "p-024", "notify_death", **notifying())
    play.act("p-024", "request_information", agencies=[OWN, ASKED])
    return play


def practice() -> Play:
    """A practice review under way, of which the "reviewer" above is the reviewer, with a coroner's report to "own"."""
    day = MONDAY.date()
    play = fresh(
        "practice_review", "p-018", "enter_review", name="n", origin="practice_review", decided_on=day,
        reached="decided", agencies=[OWN, ASKED],
    )  # fmt: skip
    play.act(
        "p-018", "commission", method="practice_event", scope_from=date(2025, 1, 1), scope_until=day, terms="t",
        agencies=[OWN, ASKED], budget=1,
    )  # fmt: skip
    play.act("p-021", "appoint_reviewer", reviewer="p-023", suitability="s")
    play.act("p-018", "request_information", agencies=[OWN, ASKED])
    play.act("p-018", "record_coroners_report", agency=OWN, dated_at=MONDAY, words="w")
    play.case = play.case.model_copy(update={"said": {**play.case.said, "reviewer": actor("reviewer").person}})
    return play


def recommended(play: Play) -> Case:
    """The case with a recommendation to "own", owned by "owner, own", of which evidence waits to be looked at."""
    by, measure = date(2027, 5, 4), {"measure": "m", "baseline": "b"}
    play.act("p-018", "recommend", text="t", agency=OWN, by=by, measures=[measure], actions=[{"action": "a", "by": by}])
    play.act("p-005", "answer_recommendation", item="r1", answer="accepts")
    play.act("p-005", "give_evidence", item="r1", measure="m1", shows="delivery", words="w")
    owned = play.case.recommendations["r1"].model_copy(update={"owner": actor("owner, own").person})
    return play.case.model_copy(update={"recommendations": {"r1": owned}})


def about_what(about: str) -> dict[str, Any]:
    """What a command says of what it is about: an item of the case, something that is owed, or an agency."""
    item, _, alone = about.partition(" ")
    if item.partition(".")[0] in {"r1", "k1"}:
        return {"item": item, "evidence": "e1", "decided_by": "office" if alone else "meeting"}
    return {"obligation": about} if about else {"agency": OWN}


def may(case: Case, who: str, command: str, about: str, access: Access | None = None) -> bool:
    body = about_what(about)
    return isinstance(acts(actor(who), case, access or Access(), command, body), str)


def test_every_command_has_its_line_in_the_matrix() -> None:
    for kind, table in MATRIX.items():
        assert {command for command, _ in table} == set(COMMANDS[kind])
    assert set(MAY) == {command for commands in COMMANDS.values() for command in commands}


def test_every_office_of_the_policy_has_its_column() -> None:
    assert {held.office for held in ACTORS.values() if held} == set(POLICY.offices)


@pytest.mark.promise("K2", "K3")
@pytest.mark.parametrize(("kind", "command", "about"), ROWS)
def test_who_may(cases: dict[str, Case], kind: str, command: str, about: str) -> None:
    allowed = {who for who in ACTORS if may(cases[kind], who, command, about)}
    assert allowed == MATRIX[kind][command, about]


@pytest.mark.promise("K4")
@pytest.mark.parametrize(("kind", "command", "about"), ROWS)
def test_who_is_locked_out_may_nothing(cases: dict[str, Case], kind: str, command: str, about: str) -> None:
    for who in ACTORS:
        locked = Access(locked_out=(actor(who).person,), let_in=(actor(who).person,))
        assert not may(cases[kind], who, command, about, locked)


@pytest.mark.promise("K4")
@pytest.mark.parametrize(("kind", "command", "about"), ROWS)
def test_who_may_in_a_restricted_case(cases: dict[str, Case], kind: str, command: str, about: str) -> None:
    allowed = {who for who in ACTORS if may(cases[kind], who, command, about, Access(restricted=True))}
    assert allowed == MATRIX[kind][command, about] & NAMED_TO_READ[kind]


@pytest.mark.parametrize(("kind", "command", "about"), ROWS)
def test_being_let_in_is_leave_to_read_and_not_an_office(
    cases: dict[str, Case], kind: str, command: str, about: str
) -> None:
    for who in ACTORS:
        let_in = Access(restricted=True, let_in=(actor(who).person,))
        assert may(cases[kind], who, command, about, let_in) is (who in MATRIX[kind][command, about])


@pytest.mark.promise("K3")
@pytest.mark.parametrize("kind", MATRIX)
def test_who_may_open_a_case(cases: dict[str, Case], kind: str) -> None:
    case = cases[kind]
    assert {who for who in ACTORS if reads(actor(who), case, Access()) is None} == READ[kind]
    assert {who for who in ACTORS if whole(actor(who), case, Access())} == ALL_OF_IT[kind]
    restricted = Access(restricted=True)
    assert {who for who in ACTORS if reads(actor(who), case, restricted) is None} == NAMED_TO_READ[kind]


@pytest.mark.promise("C2", "K3")
def test_whoever_is_on_the_register_of_reviewers_and_not_appointed_may_nothing(cases: dict[str, Case]) -> None:
    another = cases["practice_review"].model_copy(update={"said": {}})
    assert reads(actor("reviewer"), another, Access()) is not None
    assert not {(command, about) for command, about in PRACTICE if may(another, "reviewer", command, about)}


@pytest.mark.promise("D2", "K3")
def test_whoever_owns_one_recommendation_has_no_part_in_another_of_their_agency(cases: dict[str, Case]) -> None:
    for kind in ("rapid_review", "practice_review", "register", "child_death"):
        case = cases[kind]
        others = case.recommendations["r1"].model_copy(update={"owner": "p-somebody-else"})
        without = case.model_copy(update={"recommendations": {"r1": others}})
        assert not [one for one in RECOMMENDATION if may(without, "owner, own", *one)]


@pytest.mark.parametrize(
    ("who", "access", "words"),
    [
        ("manager", Access(locked_out=("p-manager",)), LOCKED),
        ("partner chair", Access(restricted=True), NAMED),
        ("reviewer", Access(), NO),
    ],
)
def test_a_closed_door_says_why(cases: dict[str, Case], who: str, access: Access, words: str) -> None:
    assert reads(actor(who), cases["rapid_review"], access) == Problem(words=words)


def test_another_agencys_return_is_refused_with_the_field_that_is_wrong(cases: dict[str, Case]) -> None:
    refusal = acts(actor("contact, asked"), cases["rapid_review"], Access(), "submit_return", {"agency": OWN})
    assert refusal == Problem(field="agency", words="You can only answer for your own agency.")


def test_whoever_acts_acts_in_the_office_that_allows_it(cases: dict[str, Case]) -> None:
    both = Actor(person="p", offices=(Held(office="reviewer"), Held(office="agency_lead", agency=OWN)))
    case = cases["rapid_review"]
    assert acts(both, case, Access(), "submit_return", {"agency": OWN}) == "agency_lead"
    assert acts(both, case, Access(), "promise", {"obligation": RETURN}) == "agency_lead"


def test_an_agency_with_a_recommendation_takes_part_although_it_was_not_asked() -> None:
    play = asked(agencies=(OWN,))
    assert reads(actor("lead, other"), play.case, Access()) is not None
    play.act("p-018", "recommend", text="t", agency=OTHER, by=date(2026, 12, 1), measures=[{"measure": "m"}])
    assert reads(actor("lead, other"), play.case, Access()) is None
    answer = {"item": "r1", "answer": "accepts"}
    assert acts(actor("lead, other"), play.case, Access(), "answer_recommendation", answer) == "agency_lead"


@pytest.mark.promise("K2")
def test_only_whoever_may_say_it_of_some_recommendation_hears_that_there_is_none_of_this_name() -> None:
    play = asked(agencies=(OWN,))
    play.act("p-018", "recommend", text="t", agency=OTHER, by=date(2026, 12, 1), measures=[{"measure": "m"}])
    answer = {"item": "r77", "answer": "accepts"}
    assert acts(actor("lead, other"), play.case, Access(), "answer_recommendation", answer) == "agency_lead"
    for who in ("reviewer", "chair"):
        assert isinstance(acts(actor(who), play.case, Access(), "answer_recommendation", answer), Problem)
    elsewhere = asked(agencies=(OTHER,)).case
    assert isinstance(acts(actor("lead, own"), elsewhere, Access(), "answer_recommendation", answer), Problem)


# Four eyes: whoever asked does not answer, in whatever other office


@pytest.mark.promise("K2")
def test_nobody_settles_their_own_dispute() -> None:
    play = asked()
    play.act("p-018", "dispute", obligation="submission", ground="not_ours", words="w")
    both = Actor(person="p-018", offices=(Held(office="business_manager"),))
    refusal = acts(both, play.case, Access(), "settle_dispute", {"obligation": "submission"})
    assert isinstance(refusal, Problem)
    assert "yourself" in refusal.words
    deputy = Actor(person="p-019", offices=(Held(office="business_manager"),))
    assert acts(deputy, play.case, Access(), "settle_dispute", {"obligation": "submission"}) == "business_manager"


@pytest.mark.promise("K2")
def test_nobody_gives_time_to_themself() -> None:
    play = asked()
    play.act("p-021", "ask_time", obligation="decision", until=date(2026, 11, 24), reason="r")
    same = Actor(person="p-021", offices=(Held(office="independent_chair"),))
    assert isinstance(acts(same, play.case, Access(), "answer_time", {"obligation": "decision"}), Problem)
    deputy = Actor(person="p-022", offices=(Held(office="independent_chair"),))
    assert acts(deputy, play.case, Access(), "answer_time", {"obligation": "decision"}) == "independent_chair"


@pytest.mark.promise("F5")
@pytest.mark.parametrize(
    ("asks", "kind", "about", "answers", "waits"),
    [
        ("p-018", "dispute", "submission", {"ground": "done", "words": "w"}, "dispute/submission"),
        ("p-021", "ask_time", "decision", {"until": date(2026, 11, 24), "reason": "r"}, "time_request/decision"),
    ],
)
def test_whoever_is_told_that_an_answer_waits_can_give_it(
    asks: str, kind: str, about: str, answers: dict[str, Any], waits: str
) -> None:
    play = asked()
    play.act(asks, kind, obligation=about, **answers)
    play.until(MONDAY + timedelta(days=30))
    heard = {(one.office, one.person) for one in play.notices if one.obligation == waits}
    assert len({office for office, _ in heard}) == 3
    assert asks not in {person for _, person in heard}
    reply = {"dispute": "settle_dispute", "ask_time": "answer_time"}[kind]
    for office, person in heard:
        who = Actor(person=person, offices=(Held(office=office),))
        may_answer = isinstance(acts(who, play.case, Access(), reply, {"obligation": about}), str)
        assert may_answer, (office, person)


@pytest.mark.promise("F5", "K3")
def test_no_agency_settles_its_own_dispute_although_a_ladder_tells_it() -> None:
    rungs = [*POLICY.ladders["dispute"].rungs]
    told = rungs[0].model_copy(update={"also": ("agency_lead",)})
    ladders = {**POLICY.ladders, "dispute": POLICY.ladders["dispute"].model_copy(update={"rungs": (told, *rungs[1:])})}
    name, _ = shelf.put(POLICY.model_copy(update={"version": "tells the agency", "ladders": ladders}))
    play = asked(agencies=(OWN,))
    play.act("p-005", "dispute", obligation=RETURN, ground="not_ours", words="w")
    play.act("p-018", "adopt_policy", policy=name, reason="r")
    assert not may(play.case, "lead, own", "settle_dispute", RETURN)


def waiting(kind: str, *, directory: Directory = DIRECTORY) -> Play:
    """The police dispute their return, or ask for more time for it."""
    play = asked(agencies=(OWN,))
    play.directory = directory
    how: dict[str, tuple[str, dict[str, Any]]] = {
        "settle_dispute": ("dispute", {"ground": "not_ours", "words": "w"}),
        "answer_time": ("ask_time", {"until": date(2026, 11, 17), "reason": "r"}),
    }
    play.act("p-005", how[kind][0], obligation=RETURN, **how[kind][1])
    play.speak()
    return play


@pytest.mark.promise("F5", "K2")
@pytest.mark.parametrize(("kind", "days"), [(kind, days) for kind, table in TOLD.items() for days in table])
def test_an_office_answers_once_it_was_told_that_the_answer_waits_and_the_named_one_at_once(
    kind: str, days: int
) -> None:
    play = waiting(kind)
    play.wait(days=days)
    assert {who for who in ACTORS if may(play.case, who, kind, RETURN)} == TOLD[kind][days]


@pytest.mark.promise("F5")
def test_an_office_that_was_not_told_yet_reads_who_answers() -> None:
    refusal = acts(actor("manager"), waiting("answer_time").case, Access(), "answer_time", {"obligation": RETURN})
    assert refusal == Problem(
        words="Independent chair answers this. Your office can once it has been told that an answer waits."
    )


@pytest.mark.promise("F5")
@pytest.mark.parametrize(("kind", "gone", "next_"), [
    ("settle_dispute", "business_manager", "subgroup chair"), ("answer_time", "independent_chair", "manager"),
])  # fmt: skip
def test_for_an_office_that_is_empty_the_next_is_told_and_answers_at_once(kind: str, gone: str, next_: str) -> None:
    left = tuple(one for one in DIRECTORY.holdings if one.office != gone)
    play = waiting(kind, directory=DIRECTORY.model_copy(update={"holdings": left}))
    assert may(play.case, next_, kind, RETURN)
    assert not may(waiting(kind).case, next_, kind, RETURN)


@pytest.mark.promise("F5", "K4")
@pytest.mark.parametrize("before", [True, False])
def test_for_an_office_that_is_locked_out_the_next_answers_whether_it_was_told_before_or_not(*, before: bool) -> None:
    play = asked(agencies=(OWN,)) if before else waiting("answer_time")
    for person in ("p-021", "p-022"):
        play.act("p-018", "lock_out", person=person, locked=True, reason="r")
    if before:
        play.act("p-005", "ask_time", obligation=RETURN, until=date(2026, 11, 17), reason="r")
        play.speak()
    assert ("business_manager", "p-018") in {
        (one.office, one.person) for one in play.notices if one.obligation == f"time_request/{RETURN}"
    }
    assert may(play.case, "manager", "answer_time", RETURN)


@pytest.mark.promise("F5", "K2")
def test_whoever_waits_for_an_answer_is_not_told_that_it_waits_but_the_deputy_or_the_next_office() -> None:
    alone = tuple(
        one.model_copy(update={"deputy": None}) if one.office == "independent_chair" else one
        for one in DIRECTORY.holdings
    )
    for holdings, told in ((DIRECTORY.holdings, "independent_chair"), (alone, "business_manager")):
        play = asked()
        play.directory = DIRECTORY.model_copy(update={"holdings": holdings})
        play.act("p-021", "ask_time", obligation="decision", until=date(2026, 11, 24), reason="r")
        play.until(MONDAY + timedelta(days=30))
        waits = [one for one in play.notices if one.obligation == "time_request/decision"]
        assert "p-021" not in {one.person for one in waits}
        assert waits[0].office == told


# What the facts of a case say about access


@pytest.mark.promise("K4")
def test_restriction_lock_out_and_leave_for_a_time_are_facts_of_the_case() -> None:
    play = asked()
    play.act("p-018", "restrict", restricted=True, reason="r")
    play.act("p-021", "lock_out", person="p-004", locked=True, reason="r")
    play.act("p-021", "lock_out", person="p-005", locked=True, reason="r")
    play.act("p-018", "let_in", person="p-023", until=date(2026, 11, 4), reason="r")
    assert access_of(play.case, play.now) == Access(restricted=True, locked_out=("p-004", "p-005"), let_in=("p-023",))
    assert access_of(play.case, datetime(2026, 11, 4, 23, 59, tzinfo=UTC)).let_in == ("p-023",)
    assert access_of(play.case, datetime(2026, 11, 5, 0, 1, tzinfo=UTC)).let_in == ()
    play.act("p-021", "lock_out", person="p-004", locked=False, reason="r")
    play.act("p-018", "restrict", restricted=False, reason="r")
    assert access_of(play.case, play.now) == Access(locked_out=("p-005",), let_in=("p-023",))


@pytest.mark.promise("K4")
@pytest.mark.parametrize("person", ["p-018", "p-021"])
def test_whoever_locks_themselves_out_says_that_they_know_what_it_means(person: str) -> None:
    play = asked()
    with pytest.raises(Refused) as caught:
        play.act(person, "lock_out", person=person, locked=True, reason="r")
    assert [one.field for one in caught.value.problems] == ["sure"]
    play.act(person, "lock_out", person="p-004", locked=True, reason="r")
    play.act(person, "lock_out", person=person, locked=False, reason="r")
    play.act(person, "lock_out", person=person, locked=True, reason="r", sure=True)
    assert access_of(play.case, play.now).locked_out == ("p-004", person)


@pytest.mark.promise("K4")
def test_whoever_may_lock_nobody_out_is_not_asked_whether_they_mean_it() -> None:
    with pytest.raises(Refused) as caught:
        asked().act("p-005", "lock_out", person="p-005", locked=True, reason="r")
    assert [one.words for one in caught.value.problems] == [NO]


def test_leave_that_has_ended_is_forgotten_when_the_next_is_given() -> None:
    play = asked()
    play.act("p-018", "let_in", person="p-023", until=date(2026, 11, 4), reason="r")
    play.wait(days=5)
    play.act("p-018", "let_in", person="p-022", until=date(2026, 11, 20), reason="r")
    assert play.case.said["let_in"] == {"p-022": "2026-11-20"}


@pytest.mark.promise("K4")
def test_who_is_locked_out_hears_nothing_and_the_deputy_hears_instead() -> None:
    play = Play(asked().case, MONDAY)
    play.act("p-018", "lock_out", person="p-005", locked=True, reason="r")
    play.speak()
    [notice] = [one for one in play.notices if one.obligation == RETURN]
    assert (notice.office, notice.person) == ("agency_contact", "p-006")
    play.act("p-018", "lock_out", person="p-006", locked=True, reason="r")
    play.until(MONDAY + timedelta(days=30))
    assert not {"p-005", "p-006"} & {one.person for one in play.notices[1:]}


def test_a_review_inherits_who_may_not_open_the_referral() -> None:
    play = referral()
    play.act("p-018", "lock_out", person="p-004", locked=True, reason="r")
    before = play.case
    fact = play.act("p-018", "triage", **triage_answers(), restricted=True)
    opening = opens(before, fact)
    assert opening
    fresh, first = opened(play.case, fact, "RR-2026-0001", opening)
    expected = Access(restricted=True, locked_out=("p-004",))
    assert access_of(play.case, play.now) == access_of(after(fresh, first), play.now) == expected
