"""A file that a person wrote: every problem is named at once, with its line, its key and what to do."""

from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.policy import MARKS, STEPS
from policy.problems import PolicyProblems, Problem
from policy.reading import (
    advice,
    calendar_digest,
    policy_digest,
    read_directory,
    read_directory_file,
    read_policy,
    read_policy_file,
)

SHIPPED = Path(__file__).parents[2] / "policy"
ENGLAND = (SHIPPED / "england.yaml").read_text(encoding="utf-8")
PLACE = (SHIPPED / "directory.example.yaml").read_text(encoding="utf-8")
POLICY = read_policy(ENGLAND, "england.yaml")
DIRECTORY = read_directory(PLACE, "directory.example.yaml", POLICY)
SLOW = settings(max_examples=min(settings().max_examples, 300), suppress_health_check=[HealthCheck.too_slow])


def changed(text: str, old: str, new: str) -> str:
    assert old in text, f"the shipped file no longer says {old!r}"
    return text.replace(old, new, 1)


@cache
def problems_of_policy(text: str) -> tuple[Problem, ...]:
    with pytest.raises(PolicyProblems) as refused:
        read_policy(text, "mine.yaml")
    return refused.value.problems


def line_of(text: str, mark: str) -> int:
    """The line on which `mark` first stands."""
    return text[: text.index(mark)].count("\n") + 1


# One fault each: what is changed into what, the text that marks the line at fault, the key, and some of the words.
MET_BY_TRIAGED = """met_by: triaged
      budget: 2 working days
      ladder: business_manager
      source: local_plan
      force: local

"""
RETURN_BUDGET = "budget: 10 working days\n      ladder: agency_return"
TIME_REQUEST = "owed_by: independent_chair\n      opens: time_asked"
POLICY_FAULTS = {
    # The gate, the methods and the publication
    "an office of an agency at the gate": (
        "accepts: [subgroup_chair, independent_chair]", "accepts: [agency_lead, independent_chair]",
        "accepts: [agency_lead", "gate.accepts[0]", "no agency judges evidence",
    ),
    "an office at the gate that is not declared": (
        "closes: [independent_chair]", "closes: [chairman]", "closes: [chairman]", "gate.closes[0]",
        "no office `chairman`",
    ),
    "a gate whose meeting has no quorum": (
        "meeting: subgroup_meeting", "meeting: subgroup", "meeting: subgroup\n", "gate.meeting", "no quorum `subgroup`",
    ),
    "a test of impact at once": (
        "retests: [6 months,", "retests: [0 months,", "retests: [0", "gate.retests[0]", "more than nothing",
    ),
    "a milestone that waits for no plan": (
        "agency_return: 8 weeks", "agency_returns: 8 weeks", "agency_returns: 8",
        "methods.author_led.milestones.agency_returns",
        "Did you mean `agency_return`",
    ),
    "a method by which nobody signs off": (
        "      partners_sign_off: 22 weeks\n", "", "    milestones:\n      agency_return: 8",
        "methods.author_led.milestones",
        "nobody would sign the report off",
    ),
    "a milestone before the decision": (
        "practitioner_event: 12 weeks", "practitioner_event: -2 weeks", "practitioner_event: -2",
        "methods.author_led.milestones.practitioner_event", "more than nothing",
    ),
    "no notice before publication": (
        "notice: 7 working days", "notice: 0 working days", "notice: 0", "publication.notice", "more than nothing",
    ),
    # The text itself
    "a bracket that is not closed": ("[independent_chair]\n", "[independent_chair\n", "least: 3", "", "not YAML"),
    "a tab": ("\n  name: Harrow", "\n\tname: Harrow", "\tname: Harrow", "", "not YAML"),
    "a quote that is not closed": ("again: 4 hours", 'again: "4 hours', 'again: "4', "", "does not end on its line"),
    "a key that stands twice": (
        "force: law\n  begins", "version: 2\n  begins", "version: 2\n  begins", "calendar.version",
        "twice (first on line",
    ),
    "a part that stands twice": (
        "\nbounds:", "\narea:\n  name: Again\nbounds:", "area:\n  name: Again", "area", "twice",
    ),
    "an alias": ("source: local_plan", "source: *plan", "source: *plan", "", "`*plan`"),
    "an anchor": ("source: local_plan", "source: &plan local_plan", "source: &plan", "", "`&plan`"),
    "a merge of keys": (
        "    title: Agency contact", "    <<: {scope: agency}\n    title: Agency contact", "<<:",
        "offices.agency_contact.<<", "no such key",
    ),
    "a tag": ("title: Police,", "title: !!python/name:os.system Police,", "!!python", "", "Take it away"),
    "a second document": ("\nbounds:", "\n---\nbounds:", "---\nbounds:", "", "second document"),
    "a key that is a list": ("\nbounds:", "\n? [one, two]\n: three\nbounds:", "? [one", "", "one plain word"),
    "a control character": ("Harrowshire Safe", "Harrow\x07shire Safe", "\x07", "", "cannot stand in a text file"),
    # The shape
    "an unknown key": (
        "scope: partnership\n", "scope: partnership\n    colour: red\n", "colour: red",
        "offices.local_authority_lead.colour", "no such key",
    ),
    "a key that is nearly right": (
        "warn_days: 400", "warn_day: 400", "warn_day: 400", "calendar.warn_day", "Did you mean `warn_days`?",
    ),
    "a key that is missing": (
        "title: Rapid review meeting\n    ", "", "rapid_review_meeting:", "quorums.rapid_review_meeting.title",
        "This is missing",
    ),
    "a part that is missing": ("message_time: ", "message_tim: ", "# The rules", "message_time", "This is missing"),
    "a value that is missing": (
        "warn_days: 400", "warn_days:", "warn_days:", "calendar.warn_days", "Nothing is written",
    ),
    "a name with capitals": (
        "  agency_contact:\n", "  Agency_Contact:\n", "Agency_Contact:", "offices.Agency_Contact", "small letters",
    ),
    "text for a number": (
        "least: 3", "least: three", "least: three", "quorums.rapid_review_meeting.least", "whole number",
    ),
    "a number in quotes": (
        "least: 3", 'least: "3"', 'least: "3"', "quorums.rapid_review_meeting.least", "whole number",
    ),
    "a broken number": ("warn_days: 400", "warn_days: 400.5", "400.5", "calendar.warn_days", "whole number"),
    "an enormous number": ("warn_days: 400", "warn_days: 99999999999999999999", "9999", "calendar.warn_days", "whole"),
    "a number too small": ("least: 3", "least: 0", "least: 0", "quorums.rapid_review_meeting.least", "1 or more"),
    "a number for text": ("version: england-2026-11", "version: 7", "version: 7", "version", "in quotes"),
    "a list for text": ("version: england-2026-11", "version: [a]", "version: [a]", "version", "Write text"),
    "text for a list": (
        "always: [independent_chair]", "always: independent_chair", "always: ind",
        "quorums.rapid_review_meeting.always", "A list is expected",
    ),
    "text for keys": (
        "police: {title: Police, office: safeguarding_partner, kind: police}", "police: yes please",
        "police: yes please", "quorums.rapid_review_meeting.seats.police", "Keys with values",
    ),
    "an unknown force": (
        "force: practice_guidance", "force: strong", "force: strong", "lifecycles.rapid_review.submission.force",
        "'practice_guidance'",
    ),
    "an unknown unit": (
        "again: 4 hours", "again: 4 fortnights", "4 fortnights", "ladders.siblings_safety.again", "length of time",
    ),
    "a span without a unit": (
        "again: 4 hours", "again: 4", "again: 4\n", "ladders.siblings_safety.again", "length of time",
    ),
    "a day that does not exist": (
        "in_force_from: 2006-04-01", "in_force_from: 2006-02-30", "2006-02-30",
        "criteria.serious_case_review_2006.in_force_from", "a day that exists",
    ),
    "a day the other way round": (
        "in_force_from: 2006-04-01", "in_force_from: 01/04/2006", "01/04/2006",
        "criteria.serious_case_review_2006.in_force_from", "year-month-day",
    ),
    "a day as a number": (
        "in_force_from: 2006-04-01", "in_force_from: 20060401", "20060401",
        "criteria.serious_case_review_2006.in_force_from", "year-month-day",
    ),
    "empty text": (
        "title: Administrator", 'title: " "', 'title: " "', "offices.administrator.title", "at least one word",
    ),
    "a ladder without rungs": (
        "rungs:\n      - {office: business_manager, delay: 0 working days}\n", "rungs: []\n", "rungs: []",
        "ladders.expected_reply.rungs", "At least 1",
    ),
    # What YAML alone would change in silence
    "`no` is not false": (
        "partners_only: true", "partners_only: no", "partners_only: no", "offices.safeguarding_partner.partners_only",
        "`true` or `false`",
    ),
    "`yes` is not true": (
        "4 June, works: true", "4 June, works: yes", "works: yes", "calendar.proclaimed[0].works", "`true` or",
    ),
    "012 is not ten": ("warn_days: 400", "warn_days: 012", "012", "calendar.warn_days", "leading nought"),
    "0x10 is not sixteen": ("warn_days: 400", "warn_days: 0x10", "0x10", "calendar.warn_days", "whole number"),
    "1_000 is not a thousand": ("warn_days: 400", "warn_days: 1_000", "1_000", "calendar.warn_days", "whole number"),
    "12:30 is not 750": ("warn_days: 400", "warn_days: 12:30", "12:30", "calendar.warn_days", "whole number"),
    "a time without a nought": ('message_time: "09:00"', "message_time: 9:00", "9:00", "message_time", '"09:00"'),
    "a time that does not exist": ('message_time: "09:00"', "message_time: 25:00", "25:00", "message_time", '"09:00"'),
    "a time with a zone": ('message_time: "09:00"', "message_time: 09:00Z", "09:00Z", "message_time", "Europe/London"),
    "a time with seconds": ('message_time: "09:00"', "message_time: 09:00:30", "09:00:30", "message_time", "hour and"),
    # Names
    "a source that is not declared": (
        "source: panel_guidance", "source: panel_guidence", "panel_guidence",
        "lifecycles.rapid_review.submission.source", "Did you mean `panel_guidance`?",
    ),
    "an office that is not declared": (
        "owed_by: agency_contact", "owed_by: agency_contct", "agency_contct",
        "lifecycles.rapid_review.agency_return.owed_by", "Did you mean `agency_contact`?",
    ),
    "a ladder that is not declared": (
        "ladder: expected_reply", "ladder: expected", "ladder: expected\n",
        "lifecycles.rapid_review.panel_answer.ladder", "Did you mean `expected_reply`?",
    ),
    "a rung to nowhere": (
        "{office: business_manager, after: start, delay: 2", "{office: caretaker, after: start, delay: 2", "caretaker",
        "ladders.siblings_safety.rungs[1].office", "Known are:",
    ),
    "a last rung to nowhere": (
        "- {office: independent_chair, delay: 60 days}", "- {office: scrutineer, delay: 60 days}", "scrutineer",
        "ladders.recommendation.rungs[6].office", "the last rung",
    ),
    "a bound by nobody": (
        "suspension_office: independent_chair", "suspension_office: board", "suspension_office: board",
        "bounds.suspension_office", "no office `board`",
    ),
    "a seat of nobody": (
        "{title: Independent chair, office: independent_chair}", "{title: Independent chair, office: chair}",
        "office: chair}", "quorums.rapid_review_meeting.seats.independent_chair.office", "no office `chair`",
    ),
    "a mark that never happens": (
        "met_by: triaged", "met_by: triage", "met_by: triage\n", "lifecycles.referral.triage.met_by",
        "Did you mean `triaged`?",
    ),
    "a mark of another lifecycle": (
        "opens: triaged", "opens: submitted", "opens: submitted", "lifecycles.referral.tell_referrer.opens",
        "does not happen in `referral`",
    ),
    "an unknown mark among those allowed": (
        "may_start: [national_notification_sent, awareness]", "may_start: [national_notification_sent, aware]",
        "sent, aware]", "lifecycles.rapid_review.submission.may_start[1]", "`aware`",
    ),
    "an unknown lifecycle": (
        "\n  any:\n", "\n  marriage: {}\n  any:\n", "marriage:", "lifecycles.marriage", "Known are",
    ),
    "a block that is missing": (
        "    triage:\n", "    triaje:\n", "  referral:\n    tri", "lifecycles.referral.triage", "missing",
    ),
    "a lifecycle that is missing": (
        "  referral:\n    triage:", "  referal:\n    triage:", "lifecycles:", "lifecycles.referral",
        "This lifecycle is missing",
    ),
    # Ladders and blocks
    "rungs out of order": (
        "{office: agency_lead, delay: 1 working day}", "{office: agency_lead, delay: 4 working days}",
        "{office: independent_chair, delay: 3 working days}", "ladders.agency_return.rungs[4]",
        "(3 working days after due) does not surely come after",
    ),
    "rungs whose order hangs on the calendar": (
        "{office: independent_chair, delay: 3 working days}", "{office: independent_chair, delay: 3 days}",
        "{office: independent_chair, delay: 3 days}", "ladders.agency_return.rungs[4]", "in one unit",
    ),
    "a start after the due time": (
        "- {office: agency_lead, delay: 30 days}", "- {office: agency_lead, after: start, delay: 30 days}",
        "after: start, delay: 30 days", "ladders.recommendation.rungs[5]", "(30 days after start)",
    ),
    "a rung before the start": (
        "after: start, delay: 2 hours}", "after: start, delay: -2 hours}", "-2 hours",
        "ladders.siblings_safety.rungs[1].delay", "before it was asked",
    ),
    "a ladder that never stops": (
        "again: 4 hours", "again: 0 hours", "again: 0", "ladders.siblings_safety.again", "more than nothing",
    ),
    "a clock that may not start there": (
        "starts: national_notification_sent\n      may_start: [national_notification_sent, awareness]",
        "starts: opened\n      may_start: [national_notification_sent, awareness]", "starts: opened",
        "lifecycles.rapid_review.submission.starts", "only from one of: national_notification_sent, awareness",
    ),
    "a block that meets itself": (
        "met_by: referrer_told", "met_by: triaged", MET_BY_TRIAGED, "lifecycles.referral.tell_referrer.met_by",
        "never be owed",
    ),
    "no time at all": (
        RETURN_BUDGET, RETURN_BUDGET.replace("10", "0"), "0 working days\n      ladder: agency_return",
        "lifecycles.rapid_review.agency_return.budget", "`null` if a person says",
    ),
    "a reminder before the start": (
        RETURN_BUDGET, RETURN_BUDGET.replace("10", "3"), "3 working days\n      ladder: agency_return",
        "lifecycles.rapid_review.agency_return.budget", "3 working days before due",
    ),
    "a reminder that may lie before the start": (
        RETURN_BUDGET, RETURN_BUDGET.replace("10 working days", "4 days"), "4 days\n      ladder: agency_return",
        "lifecycles.rapid_review.agency_return.budget", "may be before the start",
    ),
    "a rung after the start beyond the due time": (
        "budget: 4 hours", "budget: 2 hours", "budget: 2 hours", "lifecycles.referral.siblings_safety.budget",
        "may be after the due time",
    ),
    "an agency's office that owes to nobody's agency": (
        "owed_by: business_manager\n      opens: suspended", "owed_by: agency_lead\n      opens: suspended",
        "owed_by: agency_lead\n      opens: suspended", "lifecycles.any.suspension_review.owed_by", "each: agency",
    ),
    "an agency's ladder without an agency": (
        "met_by: suspension_reviewed\n      budget: null\n      ladder: suspension_review",
        "met_by: suspension_reviewed\n      budget: null\n      ladder: agency_return",
        "ladder: agency_return\n      source: local_escalation",
        "lifecycles.any.suspension_review.ladder", "agency_contact, agency_lead",
    ),
    "an agency's ladder for an item of no agency": (
        "ladder: suspension_review", "ladder: agency_return", "ladder: agency_return\n      source: local_escalation",
        "lifecycles.practice_review.milestones_review.ladder", "agency_contact, agency_lead",
    ),
    "an item of no agency that an agency owes": (
        "owed_by: reviewer\n      each: item", "owed_by: agency_lead\n      each: item",
        "owed_by: agency_lead\n      each: item", "lifecycles.practice_review.written_request.owed_by",
        "office of each agency",
    ),
    # Criteria
    "criteria without any": (
        ENGLAND[ENGLAND.index("    criteria:\n      - id: single_agency"):ENGLAND.index("\nquorums:")],
        "    criteria: []\n", "criteria: []", "criteria.practice_review_regard.criteria", "At least 1",
    ),
    "a criterion that stands twice": (
        "- id: no_agency", "- id: single_agency", "- id: single_agency\n        text: There has",
        "criteria.practice_review_regard.criteria[1].id", "twice",
    ),
    # Reasons
    "a reason that stands twice": (
        "{id: sent, ground", "{id: minuted, ground", "{id: minuted, ground: done, title: It is done and stands",
        "reasons.dispute[5].id", "twice",
    ),
    "a dispute whose reason has no ground": (
        "{id: sent, ground: done, title", "{id: sent, title", "{id: sent, title", "reasons.dispute[4].ground",
        "This is missing",
    ),
    "a reason longer than chat shows it": (
        "Records are still being gathered", "R" * 76, "R" * 76, "reasons.ask_time[0].title", "at most 75 characters",
    ),
    "no reason at all": (
        ENGLAND[ENGLAND.index("  ask_time:\n") :].partition("  source:")[0], "  ask_time: []\n", "ask_time: []",
        "reasons.ask_time", "At least 1",
    ),
    "two texts in force at once": (
        "in_force_until: 2018-06-28", "in_force_until: 2018-06-29", "practice_review_reg11:",
        "criteria.practice_review_reg11", "both in force on 29 June 2018",
    ),
    "an old text without an end": (
        "    in_force_until: 2018-06-28\n", "", "practice_review_reg11:", "criteria.practice_review_reg11",
        "`in_force_until`",
    ),
    "a text that ends before it begins": (
        "in_force_until: 2018-06-28", "in_force_until: 2006-03-31", "2006-03-31",
        "criteria.serious_case_review_2006.in_force_until", "before `in_force_from`",
    ),
    "a gap between two texts": (
        "in_force_until: 2018-06-28", "in_force_until: 2018-06-27", "2018-06-27",
        "criteria.serious_case_review_2006.in_force_until", "until 29 June 2018",
    ),
    "a last text that ends": (
        "purpose: national_notification\n", "purpose: national_notification\n    in_force_until: 2026-12-31\n",
        "2026-12-31", "criteria.notification_s16c.in_force_until", "After 31 December 2026",
    ),
    "a decision without criteria": (
        "purpose: national_notification", "purpose: practice_review_regard", "criteria:", "criteria",
        "`national_notification`",
    ),
    # Quorum and bounds
    "a quorum larger than the table": (
        "least: 3", "least: 5", "least: 5", "quorums.rapid_review_meeting.least", "only 4 seats",
    ),
    "a seat that is always needed and not there": (
        "always: [independent_chair]", "always: [chair]", "always: [chair]", "quorums.rapid_review_meeting.always[0]",
        "no seat `chair`",
    ),
    "an agency's seat of no agency": (
        "office: safeguarding_partner, kind: icb}", "office: safeguarding_partner}", "{title: Integrated",
        "quorums.rapid_review_meeting.seats.icb", "with `kind`",
    ),
    "the partnership's seat of an agency": (
        "{title: Independent chair, office: independent_chair}", "{title: Chair, office: independent_chair, kind: icb}",
        "{title: Chair", "quorums.rapid_review_meeting.seats.independent_chair.kind", "Take `kind` away",
    ),
    "a bound of nothing": (
        "parked_most: 6 months", "parked_most: 0 months", "parked_most: 0", "bounds.parked_most", "more than nothing",
    ),
    "time granted by two offices": (
        TIME_REQUEST, TIME_REQUEST.replace("independent_chair", "business_manager"),
        "owed_by: business_manager\n      opens: time_asked", "lifecycles.any.time_request.owed_by",
        "`independent_chair` decides this",
    ),
    "disputes settled by two offices": (
        "dispute_office: business_manager", "dispute_office: subgroup_chair",
        "owed_by: business_manager\n      opens: disputed", "lifecycles.any.dispute.owed_by",
        "`subgroup_chair` decides this",
    ),
    # Calendar
    "a proclaimed day beyond the horizon": (
        "day: 2023-05-08", "day: 2033-05-09", "2033-05-09", "calendar.proclaimed[13].day",
        "beyond the horizon, 31 December 2032",
    ),
    "a brief at the hour of messages": (
        'thursday, at: "09:15"', 'thursday, at: "09:00"', 'thursday, at: "09:00"', "interruptions.brief.at",
        "Put it a little later",
    ),
    "a meeting of the board beyond the horizon": (
        "meetings: []", "meetings: [2032-06-03, 2033-06-03]", "2033-06-03", "reports.headlines.meetings[1]",
        "beyond the horizon, 31 December 2032",
    ),
    "a meeting of the sub-group beyond the horizon": (
        "subgroup_meetings: []", "subgroup_meetings: [2033-06-03]", "2033-06-03", "reports.subgroup_meetings[0]",
        "beyond the horizon, 31 December 2032",
    ),
    "a meeting of the sub-group that stands twice": (
        "subgroup_meetings: []", "subgroup_meetings: [2027-06-03, 2027-06-03]", "2027-06-03",
        "reports.subgroup_meetings[1]", "twice",
    ),
    "a proclaimed day before the beginning": (
        "day: 2002-06-03", "day: 1999-12-31", "1999-12-31", "calendar.proclaimed[1].day", "before the calendar begins",
    ),
    "a proclaimed day that stands twice": (
        "day: 2022-06-03", "day: 2022-06-02", "2022-06-02, title: Plat", "calendar.proclaimed[11].day", "twice",
    ),
    "a proclaimed day that is off by rule": (
        "day: 2023-05-08", "day: 2023-05-29", "2023-05-29", "calendar.proclaimed[13].day",
        "off by rule (Spring bank holiday)",
    ),
    "a proclaimed day on a weekend": (
        "day: 2023-05-08", "day: 2023-05-06", "2023-05-06", "calendar.proclaimed[13].day",
        "is a Saturday, which is off anyway",
    ),
    "a lost holiday that never was": (
        "day: 2022-05-30", "day: 2022-05-31", "2022-05-31", "calendar.proclaimed[9].day", "never a holiday",
    ),
    "a calendar that ends before it begins": (
        "horizon: 2032-12-31", "horizon: 1999-12-31", "horizon: 1999", "calendar.horizon", "ends before it begins",
    ),
    "a calendar without its source": (
        "  source: bank_holidays_act\n", "", "calendar:", "calendar.source", "is missing",
    ),
    "a horizon that nobody can know": (
        "horizon: 2032-12-31", "horizon: 2132-12-31", "2132", "calendar.horizon", "2099-12-31 or less",
    ),
}  # fmt: skip


@pytest.mark.promise("F8")
@pytest.mark.parametrize("fault", POLICY_FAULTS)
def test_a_fault_is_named_with_its_line_its_key_and_what_to_do(fault: str) -> None:
    old, new, mark, key, words = POLICY_FAULTS[fault]
    text = changed(ENGLAND, old, new)
    found = [one for one in problems_of_policy(text) if one.key == key and words in one.words]
    assert [one.line for one in found] == [line_of(text, mark)], problems_of_policy(text)
    assert found[0].grave


# Faults that rightly show in more than one place.
FOLLOWED = {
    "a key that is nearly right", "a part that is missing", "a name with capitals", "a block that is missing",
    "a lifecycle that is missing", "a merge of keys", "an unknown lifecycle", "a clock that may not start there",
    "a key that is a list", "a decision without criteria",
}  # fmt: skip


@pytest.mark.parametrize("fault", [fault for fault in POLICY_FAULTS if fault not in FOLLOWED])
def test_one_fault_is_one_problem(fault: str) -> None:
    old, new, *_ = POLICY_FAULTS[fault]
    assert len(problems_of_policy(changed(ENGLAND, old, new))) == 1


@pytest.mark.promise("F8")
def test_all_problems_are_named_at_once_in_the_order_of_their_lines() -> None:
    faults = [
        "a number for text", "a time without a nought", "text for a number", "an office that is not declared",
        "rungs out of order", "two texts in force at once", "a proclaimed day on a weekend", "a bound of nothing",
        "a mark that never happens", "a key that stands twice", "an unknown key", "`yes` is not true",
        "a ladder that is not declared", "a last rung to nowhere", "a seat that is always needed and not there",
    ]  # fmt: skip
    text = ENGLAND
    for fault in faults:
        text = changed(text, POLICY_FAULTS[fault][0], POLICY_FAULTS[fault][1])
    found = problems_of_policy(text)
    assert {one.key for one in found} >= {POLICY_FAULTS[fault][3] for fault in faults}
    assert [one.line for one in found] == sorted(one.line for one in found)


def test_the_words_are_ready_to_be_shown() -> None:
    text = changed(changed(ENGLAND, "least: 3", "least: 5"), "source: panel_guidance", "source: panel_guidence")
    with pytest.raises(PolicyProblems) as refused:
        read_policy(text, "mine.yaml")
    words = str(refused.value).splitlines()
    assert words[0] == "mine.yaml has 2 problems:"
    line = line_of(text, "least: 5")
    assert words[1].startswith(f"  line {line}: quorums.rapid_review_meeting.least: There are only 4 seats")
    assert len(words) == 3


def test_one_problem_is_called_one() -> None:
    with pytest.raises(PolicyProblems, match=r"mine\.yaml has 1 problem:"):
        read_policy(changed(ENGLAND, "least: 3", "least: 5"), "mine.yaml")


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "null", "~", "---\n...\n"])
def test_an_empty_file_is_refused(text: str) -> None:
    assert len(problems_of_policy(text)) == 1


@pytest.mark.parametrize("text", ["hello", "- one\n- two", "7", "true", "{}", "policy: {}"])
def test_a_file_of_another_kind_is_refused(text: str) -> None:
    assert problems_of_policy(text)


def test_a_file_that_is_far_too_long_is_refused_unread() -> None:
    (problem,) = problems_of_policy("#" * 500_001)
    assert "Is it the right file?" in problem.words


def test_a_file_that_is_far_too_deep_is_refused_unread() -> None:
    (problem,) = problems_of_policy("[" * 5000 + "]" * 5000)
    assert "levels" in problem.words


def test_aliases_that_would_grow_without_end_are_refused_unread() -> None:
    bomb = "a0: &a0 [x,x,x,x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1},*a{n - 1}]\n" for n in range(1, 30))
    assert problems_of_policy(bomb)[0].line == 1


def test_a_file_in_another_encoding_says_where(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_bytes(ENGLAND.replace("Harrowshire", "Härrowshire", 1).encode("latin-1"))
    with pytest.raises(PolicyProblems) as refused:
        read_policy_file(file)
    (problem,) = refused.value.problems
    assert problem.line == line_of(ENGLAND, "Harrowshire")
    assert "UTF-8" in problem.words


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("begins", ["", "\ufeff"])
def test_files_from_any_editor_are_read(tmp_path: Path, ends: str, begins: str) -> None:
    file = tmp_path / "mine.yaml"
    file.write_bytes((begins + ENGLAND).replace("\n", ends).encode())
    assert read_policy_file(file) == POLICY
    file.write_bytes((begins + PLACE).replace("\n", ends).encode())
    assert read_directory_file(file) == DIRECTORY


def test_plain_words_stay_words() -> None:
    for word in ("no", "yes", "on", "off", "0123 456", "12:30", "1.5", "=", "2026-11-21", "NO"):
        policy = read_policy(changed(ENGLAND, "title: Administrator", f"title: {word}"), "")
        assert policy.offices["administrator"].title == word


@given(line=st.integers(0, ENGLAND.count("\n") - 1), at=st.integers(0, 60), typed=st.text(max_size=3))
@SLOW
def test_whatever_is_typed_it_is_read_or_refused_with_a_line(line: int, at: int, typed: str) -> None:
    lines = ENGLAND.splitlines()
    lines[line] = lines[line][:at] + typed + lines[line][at + 1 :]
    try:
        read_policy("\n".join(lines), "mine.yaml")
    except PolicyProblems as refused:
        assert all(1 <= one.line <= len(lines) + 3 and one.words.endswith((".", "?")) for one in refused.problems)  # noqa: PT017


@given(text=st.text(alphabet="abc:- \n[]{}&*!|>'\"#%@`,?~0", max_size=80))
def test_nonsense_is_refused_in_words(text: str) -> None:
    assert problems_of_policy(text)


# Digests


def test_the_digest_names_the_content_and_not_the_layout() -> None:
    reordered = "\n".join(line for line in ENGLAND.splitlines() if not line.lstrip().startswith("#"))
    assert policy_digest(read_policy(reordered, "")) == policy_digest(POLICY)
    assert len(policy_digest(POLICY)) == len(calendar_digest(POLICY.calendar)) == 64


def test_the_calendar_is_versioned_apart() -> None:
    more = read_policy(changed(ENGLAND, "warn_days: 400", "warn_days: 300"), "")
    assert policy_digest(more) == policy_digest(POLICY)
    assert calendar_digest(more.calendar) != calendar_digest(POLICY.calendar)
    other = read_policy(changed(ENGLAND, "budget: 15 working days", "budget: 14 working days"), "")
    assert policy_digest(other) != policy_digest(POLICY)
    assert calendar_digest(other.calendar) == calendar_digest(POLICY.calendar)


def test_a_source_that_nobody_compared_is_a_warning() -> None:
    compared = {"bank_holidays_act"}
    assert {one.key for one in advice(POLICY)} == {f"sources.{name}" for name in POLICY.sources.keys() - compared}
    text = changed(
        ENGLAND,
        "    edition: December 2023\n",
        "    edition: December 2023\n    checked_by: Marigold Testwell\n    checked_on: 2026-11-21\n",
    )
    assert "sources.wt2023_ch5" not in {one.key for one in advice(read_policy(text, ""))}


AGENCY_RETURN = """      - {office: agency_contact, after: start, delay: 0 hours}
      - {office: agency_contact, delay: -3 working days}
      - {office: agency_contact, delay: 0 working days}
      - {office: agency_lead, delay: 1 working day}
"""
AT_START, BEFORE, AT_DUE, ABOVE = AGENCY_RETURN.splitlines(keepends=True)
TOGETHER = ABOVE.replace("agency_lead,", "agency_lead, also: [agency_contact],")


@pytest.mark.promise("F8", "F1")
@pytest.mark.parametrize(
    ("rungs", "advised"),
    [
        (AT_START + ABOVE, True),
        (AT_START + ABOVE.replace("1 working day", "-1 working day"), True),
        (AT_START + BEFORE + ABOVE, False),
        (AT_START + AT_DUE + ABOVE, False),
        (AT_START + AT_START.replace("0 hours", "4 hours") + ABOVE, False),
        (AT_START + TOGETHER, True),
        (AT_START + TOGETHER.replace("1 working day", "2 working days"), True),
        (AT_START + TOGETHER.replace("1 working day", "0 working days"), False),
        (AT_START + ABOVE.replace("1 working day", "-1 working day") + AT_DUE, False),
        (ABOVE, False),  # nobody was told at the start, so nobody was left without a reminder since
    ],
)
def test_whoever_owes_is_reminded_before_others_hear_or_the_check_advises_so(rungs: str, *, advised: bool) -> None:
    found = advice(read_policy(changed(ENGLAND, AGENCY_RETURN, rungs), ""))
    about = [one for one in found if one.key.startswith("ladders")]
    assert [one.key for one in about] == ["ladders.agency_return"] * advised
    assert all("`agency_contact` is told at start and not again by the due time" in one.words for one in about)
    assert not any(one.grave for one in about)


@pytest.mark.promise("F8")
def test_every_ladder_that_is_shipped_reminds_whoever_owes_before_others_hear_of_it() -> None:
    assert not [one for one in advice(POLICY) if one.key.startswith("ladders")]


def test_every_step_stands_in_the_words_of_the_marks() -> None:
    assert STEPS.keys() == MARKS.keys()
