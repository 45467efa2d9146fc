"""The command line, each command by a process of its own against a running installation."""

import json
import os
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from typer.testing import CliRunner

from cli import app
from models.lifecycles import COMMANDS
from records.trouble import NO_DATABASE, READ_ONLY
from terminal.common import counted
from tests.support.documents import PDF, PROGRAM
from tests.support.house import DIRECTORY, POLICY, ROOT, decision, referral, triage
from tests.support.ports import free_port
from tests.support.running import (
    ADMINISTRATOR,
    MANAGER,
    PASSWORD,
    PEOPLE,
    REVIEWS,
    Running,
    alone,
    environment,
    reviews,
    write_json,
)
from tests.support.sampling import sampled
from tests.test_documents import commands

pytestmark = [pytest.mark.timeout(240), pytest.mark.xdist_group("cli")]
TRACKER, PAST_DEATHS = (ROOT / "tests" / "data" / name for name in ("tracker", "past_deaths"))
CHAIR, AUTHORITY, POLICE = PEOPLE["p-021"], PEOPLE["p-001"], PEOPLE["p-005"]


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """An installation in which the administrator and four others have signed up."""
    with Running(tmp_path_factory.mktemp("cli") / "data") as running:
        running.ready()
        running.sign_up(*PEOPLE)
        yield running


@pytest.fixture(scope="module")
def review(here: Running, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A rapid review that was opened through the command line, with information asked of two agencies."""
    folder = tmp_path_factory.mktemp("review")
    ref = here.json("refer", write_json(folder / "refer.json", referral(datetime.now(UTC))))["case"]
    here.json("answer", ref, "triage", write_json(folder / "triage.json", triage()), by=MANAGER)
    (found,) = [line["ref"] for line in here.json("status", by=MANAGER) if line["kind"] == "rapid_review"]
    sent = {"sent_at": datetime.now(UTC), "sent_by": "The director", "reference": "N-1"}
    here.json("answer", found, "record_notification", write_json(folder / "sent.json", sent), by=AUTHORITY)
    asked = write_json(folder / "asked.json", {"agencies": ["harrowshire-police", "harrowshire-icb"]})
    here.json("answer", found, "request_information", asked, by=MANAGER)
    return str(found)


Write = Callable[..., Path]


@pytest.fixture
def told(here: Running) -> Write:
    """Answers in a file, as a command takes them."""

    def write(**answers: Any) -> Path:  # noqa: ANN401 -- the answers of a form
        return write_json(here.folder.parent / "answers.json", answers)

    return write


# Referring


@pytest.mark.promise("A3", "A11")
def test_a_referral_comes_in_by_file_and_its_sender_gets_one_private_link(here: Running, told: Write) -> None:
    answers = told(**referral(datetime.now(UTC)))
    done = here.reviews("refer", answers, "--request", "by-file-1")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Referral LR-")
    again = here.reviews("refer", answers, "--request", "by-file-1")
    assert again.stdout == done.stdout
    link = done.stdout.split()[-1]
    with httpx2.Client(follow_redirects=True, timeout=30) as sender:
        form = sender.get(link.partition("#")[0]).text
        csrf = re.search(r'name="_csrf" value="([^"]+)"', form)
        assert csrf
        seen = sender.post(link.partition("#")[0], data={"_csrf": csrf[1], "token": f" {link}"}).text
    assert "Considered by the business unit" in seen
    assert "Found with injuries" not in seen


@pytest.mark.promise("A6")
def test_whoever_may_know_is_told_of_likely_duplicates(here: Running, told: Write) -> None:
    child = {"name": "Peverell Ashdown", "born": "2018-01-01"}
    first = here.json("refer", told(**{**referral(datetime.now(UTC)), "children": [child]}))
    assert "likely" not in first, "somebody without an account learns of no other case"
    second = here.reviews("refer", told(**{**referral(datetime.now(UTC)), "children": [child]}), by=MANAGER)
    assert f"Perhaps the same: {first['case']} (names 100% alike, the same date of birth)." in second.stdout
    third = here.json("refer", told(**{**referral(datetime.now(UTC)), "children": [child]}), by=POLICE)
    assert third["likely"] == []


@pytest.mark.promise("A3")
def test_every_problem_of_a_referral_is_named_at_once(here: Running, told: Write) -> None:
    day_after = (datetime.now(UTC) + timedelta(days=2)).date()
    answers = {**referral(datetime.now(UTC)), "event": "nonsense", "aware_at": str(day_after), "colour": "red"}
    del answers["narrative"]
    done = here.reviews("refer", told(**answers))
    assert done.returncode == 3
    assert done.stdout == ""
    assert done.stderr.startswith("This was not taken:\n")
    for field in ("event:", "narrative:", "colour:"):
        assert field in done.stderr
    as_json = here.reviews("refer", told(**answers), "--json")
    assert as_json.returncode == 3
    assert {"event", "narrative", "colour"} <= {one["field"] for one in json.loads(as_json.stdout)["problems"]}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "this is not JSON. Line 1, column 2"),
        ('["a"]', "answers are a JSON object"),
        ("[" * 100_000, "this is nested too deeply"),
    ],
)
def test_what_is_not_a_set_of_answers_is_refused_in_words(here: Running, text: str, words: str) -> None:
    done = here.reviews("refer", "-", typed=text)
    assert done.returncode == 1
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_that_is_not_there_or_not_text_is_refused_in_words(here: Running, tmp_path: Path) -> None:
    (tmp_path / "picture").write_bytes(b"\x89PNG\xff\xfe")
    assert "No such file" in here.reviews("refer", tmp_path / "nothing").stderr
    assert "not text in UTF-8" in here.reviews("refer", tmp_path / "picture").stderr


def test_the_same_request_is_done_once_and_with_other_words_refused(here: Running, told: Write) -> None:
    answers = referral(datetime.now(UTC))
    first = here.json("refer", told(**answers), "--request", "mine-1")
    assert here.json("refer", told(**answers), "--request", "mine-1") == first
    other = here.reviews("refer", told(**{**answers, "narrative": "Other words."}), "--request", "mine-1")
    assert other.returncode == 3


# Acting on a case


def test_a_person_who_may_answers_and_one_who_may_not_is_refused(here: Running, review: str, told: Write) -> None:
    answers = {"agency": "harrowshire-police", "holds": "nothing"}
    refused = here.reviews(
        "answer", review, "submit_return", told(**answers | {"agency": "harrowshire-icb"}), by=POLICE
    )
    assert refused.returncode == 3
    taken = here.reviews("answer", review, "submit_return", told(**answers), by=POLICE)
    assert taken.returncode == 0, taken.stderr
    assert taken.stdout.startswith(f"{review}: recorded as fact ")


@pytest.mark.promise("E4", "E9")
def test_a_file_is_kept_and_got_back_by_those_who_may(here: Running, review: str, tmp_path: Path) -> None:
    given, back = tmp_path / "report.pdf", tmp_path / "back.pdf"
    given.write_bytes(PDF)
    kept = here.json("evidence", "keep", given, "--case", review, by=POLICE)
    assert (kept["case"], kept["name"], kept["state"]) == (review, "report.pdf", "not_scanned")
    assert here.reviews("evidence", "fetch", kept["id"], "--to", back, by=POLICE).returncode == 0
    assert back.read_bytes() == PDF
    assert "already" in here.reviews("evidence", "fetch", kept["id"], "--to", back, by=POLICE).stderr
    assert here.reviews("evidence", "fetch", kept["id"], "--to", tmp_path / "other.pdf", by=MANAGER).returncode == 0
    units = here.json("evidence", "keep", given, "--case", review, by=MANAGER)["id"]
    refused = here.reviews("evidence", "fetch", units, "--to", tmp_path / "third.pdf", by=POLICE)
    assert (refused.returncode, "not yours to open" in refused.stderr) == (3, True)
    given.write_bytes(PROGRAM)
    refused = here.reviews("evidence", "keep", given, "--case", review, by=POLICE)
    assert (refused.returncode, "What is taken: PDF" in refused.stderr) == (3, True)
    assert here.reviews("evidence", "keep", given, "--case", "RR-2000-0001", by=POLICE).returncode == 3


def test_a_command_or_a_case_that_does_not_exist_is_refused(here: Running, review: str, told: Write) -> None:
    assert here.reviews("answer", review, "abolish", told(), by=MANAGER).returncode == 3
    assert here.reviews("answer", "RR-2000-0001", "decide", told(), by=MANAGER).returncode == 3


def test_a_command_that_there_is_not_is_answered_with_those_that_there_are(here: Running, told: Write) -> None:
    for ref, command, words in (
        (
            "RR-2026-0001",
            "submit_retrun",
            "A rapid review takes no command `submit_retrun`. Did you mean `submit_r",
        ),
        ("LR-2026-0001", "decide", "A referral takes no command `decide`."),
        ("RR-2026-0001", "nonsense", "A rapid review takes no command `nonsense`. Known are: accept_evidence,"),
        ("RR-2000-0001", "decide", "There is no such case, or it is not yours to open."),
        ("nonsense", "decide", "There is no such case, or it is not yours to open."),
    ):
        done = here.reviews("answer", ref, command, told(), by=MANAGER)
        assert done.returncode == 3
        assert words in done.stderr
        assert "page" not in done.stderr


@pytest.mark.promise("F14", "L11")
def test_a_case_that_comes_of_no_referral_is_opened_from_a_file_once(here: Running, told: Write) -> None:
    register = told(origin="audit", year=2025)
    first = here.reviews("open", "open_register", register, "--request", "register-1", by=MANAGER)
    assert (first.returncode, first.stdout[:3], "opened" in first.stdout) == (0, "RG-", True), first.stderr
    again = here.reviews("open", "open_register", register, "--request", "register-1", by=MANAGER)
    assert again.stdout == first.stdout
    assert here.reviews("open", "open_register", register, by=POLICE).returncode == 3
    for command, words in (
        ("open_registre", "No case is opened by `open_registre`. Did you mean `open_register`?"),
        (
            "submit_referral",
            "No case is opened by `submit_referral`. Known are: enter_death, enter_review, notify_death",
        ),
    ):
        done = here.reviews("open", command, register, by=MANAGER)
        assert (done.returncode, words in done.stderr) == (3, True), done.stderr


@pytest.mark.promise("A3")
def test_every_command_shows_every_question_as_a_file_answers_it() -> None:
    every = reviews("questions").stdout
    for taken in COMMANDS.values():
        for kind, model in taken.items():
            assert f"  {kind:26} {model.TITLE}\n" in every
            asked = CliRunner().invoke(app, ["questions", kind]).output
            for name in model.model_fields:
                assert re.search(rf"^  {name} ", asked, re.MULTILINE), (kind, name)
    asked = reviews("questions", "submit_return").stdout
    assert re.search(r"^  holds +Does your agency hold information\? \(one of .*nothing", asked, re.MULTILINE)
    assert json.loads(reviews("questions", "promise", "--json").stdout)["properties"]["until"]["format"] == "date"
    unknown = reviews("questions", "promis")
    assert (unknown.returncode, unknown.stderr) == (2, "There is no command `promis`. Did you mean `promise`?\n")


def test_the_help_of_what_takes_answers_says_where_the_questions_are() -> None:
    for command in ("refer", "open", "answer", "decide"):
        assert "reviews questions" in reviews(command, "--help").stdout


def test_a_wrong_password_and_an_unknown_address_read_the_same(here: Running) -> None:
    wrong = reviews("status", "--data-dir", here.folder, "--as", MANAGER, REVIEWS_PASSWORD="wrong wrong wrong")
    unknown = reviews("status", "--data-dir", here.folder, "--as", "nobody@example.org", REVIEWS_PASSWORD="wrong wrong")
    assert (wrong.returncode, unknown.returncode) == (3, 3)
    assert wrong.stderr == unknown.stderr
    assert "password is not right" in wrong.stderr


def test_a_decision_is_recorded_by_the_chair_alone(here: Running, review: str, told: Write) -> None:
    meeting = {
        "held_at": datetime.now(UTC), "seats": ["independent_chair", "police", "icb"], "siblings_safe": "yes",
        "siblings_words": "There are none.",
    }  # fmt: skip
    analysis = {"facts": "Set out.", "context": "Looked at.", "practice": "Set out.", "learning": "Set out."}
    here.json("answer", review, "record_analysis", told(**analysis), by=CHAIR)
    here.json("answer", review, "record_meeting", told(**meeting), by=MANAGER)
    answers = decision("no_further_review", datetime.now(UTC))
    assert here.reviews("decide", review, told(**answers), by=POLICE).returncode == 3
    done = here.reviews("decide", review, told(**answers), by=CHAIR)
    assert done.returncode == 0, done.stderr


# Looking


def test_status_shows_what_this_person_may_see(here: Running, review: str) -> None:
    board = here.reviews("status", by=MANAGER)
    assert review in board.stdout
    deadlines = here.json("status", review, by=MANAGER)
    assert {"key", "due", "colour", "title"} <= deadlines[0].keys()
    assert "submission" in here.reviews("status", review, by=MANAGER).stdout
    referrals = [line for line in here.json("status", by=POLICE) if line["kind"] == "referral"]
    assert referrals == []
    assert here.reviews("status", "LR-2000-0001", by=POLICE).returncode == 3


@pytest.mark.promise("F11")
def test_why_says_rule_days_and_rungs(here: Running, review: str) -> None:
    done = here.reviews("why", review, "agency_return/harrowshire-icb", by=MANAGER)
    assert done.returncode == 0, done.stderr
    for words in ("Return of the agency", "Rule ", "Counted ", "Rung 1 ", "Next "):
        assert words in done.stdout
    assert here.json("why", review, "agency_return/harrowshire-icb", by=MANAGER)["obligation"].startswith(
        "agency_return"
    )
    unknown = here.reviews("why", review, "nothing", by=MANAGER)
    assert unknown.returncode == 3
    assert "agency_return/harrowshire-icb" in unknown.stderr


# Rehearsal


@pytest.mark.promise("F10")
def test_last_years_cases_are_rehearsed_under_a_draft_beside_today_and_nothing_leaves(
    here: Running, review: str, tmp_path: Path
) -> None:
    draft = tmp_path / "draft.yaml"
    first = "- {office: business_manager, after: start"
    draft.write_text(POLICY.read_text().replace(first, f"{first}, also: [subgroup_chair]"))
    before = kept(here)
    today = here.json("rehearse", "last-year", by=MANAGER)
    assert {key for key, case in before["notices"] if case == review} == {
        one["key"] for one in today["timeline"]["notices"] if one["case"] == review
    }, "under the policy of today it says what was said"
    under = here.json("rehearse", "last-year", "--policy", draft, by=MANAGER)
    more = [one["after"] for one in under["changes"] if one["after"]["case"] == review]
    assert {one["office"] for one in more} == {"subgroup_chair"}
    assert {"request_information", "meeting", "submission"} <= {one["obligation"] for one in more}
    assert all(one["before"] is None for one in under["changes"])
    told = here.reviews("rehearse", "last-year", "--policy", draft, by=MANAGER).stdout
    assert f"{len(under['changes'])} messages change under draft.yaml, beside today" in told
    about = told.partition("Chair of the case review sub-group\n")[2]
    assert f"{review}  Submit the rapid review to the national panel" in about, "people read titles"
    assert kept(here) == before
    assert here.reviews("rehearse", "last-year", by=POLICE).returncode == 3
    assert here.reviews("rehearse", "last-year").returncode == 2
    assert here.json("rehearse", "last-year", "--since", "2100-01-01", by=MANAGER)["timeline"]["steps"] == []


def kept(here: Running) -> dict[str, set[tuple[str, str]]]:
    """Everything that was recorded and everything that was sent."""
    with closing(sqlite3.connect(f"file:{here.folder / 'records.sqlite'}?mode=ro", uri=True)) as record:
        rows = {
            "facts": record.execute('SELECT number, "case" FROM facts'),
            "notices": record.execute('SELECT key, "case" FROM notices'),
        }
        return {name: set(found.fetchall()) for name, found in rows.items()}


# Policy and directory


def test_the_shipped_policy_is_good_and_shown(here: Running) -> None:
    done = reviews("policy", "check", POLICY, "--directory", DIRECTORY)
    assert done.returncode == 0, done.stderr
    assert "is good." in done.stdout
    shown = here.reviews("policy", "show")
    assert shown.returncode == 0
    assert "15 working days from national_notification_sent" in shown.stdout
    assert shown.stdout == reviews("policy", "show", POLICY).stdout


@pytest.mark.promise("F8")
def test_a_policy_shows_ladders_offices_quorums_and_criteria() -> None:
    shown = [" ".join(line.split()) for line in reviews("policy", "show", POLICY).stdout.splitlines()]
    for line in (
        "1 working day after due agency_lead",
        "then again every 5 working days",
        "at due local_authority_lead, business_manager",
        "recurrent_themes The case highlights or may highlight recurrent themes in the safeguarding and promotion",
        "independent_chair Independent chair: independent_chair, always",
        "19 September 2022: State funeral of Queen Elizabeth II",
    ):
        assert [one for one in shown if one.startswith(line)], line
    for beginning in (
        "agency_return: What an agency owes (local: Esc",
        "agency_contact Agency contact for reviews, of each",
    ):
        assert [one for one in shown if one.startswith(beginning)], beginning
    assert [one for one in shown if one.startswith("rapid_review_meeting: ") and "at least 3 seats filled" in one]
    assert [one for one in shown if one.startswith("serious_case_review_2006: ") and "until 28 June 2018" in one]


@pytest.mark.promise("F7")
def test_the_check_of_a_policy_warns_of_the_end_of_its_calendar(tmp_path: Path) -> None:
    file = tmp_path / "near.yaml"
    near = datetime.now(UTC).date() + timedelta(days=9)
    file.write_text(POLICY.read_text().replace("horizon: 2032-12-31", f"horizon: {near}"))
    done = reviews("policy", "check", file)
    assert done.returncode == 0, done.stderr
    assert re.search(r"calendar\.horizon: .* in [89] days", done.stdout)
    assert "calendar.horizon" not in reviews("policy", "check", POLICY).stdout


@pytest.mark.promise("F9")
@pytest.mark.parametrize(
    ("was", "now", "words"),
    [
        (
            "budget: 14 working days",
            "budget: 13 working days",
            "england-2026-11 is known here with other content. Give",
        ),
        (
            "horizon: 2032-12-31",
            "horizon: 2031-12-31",
            "known here with other content. Give the file another `calendar:",
        ),
    ],
)
def test_a_known_version_with_other_content_is_not_adopted(
    here: Running, tmp_path: Path, was: str, now: str, words: str
) -> None:
    text = POLICY.read_text()
    assert was in text
    file = tmp_path / "changed.yaml"
    file.write_text(text.replace(was, now))
    for more in ((), ("--apply",)):
        done = here.reviews("policy", "adopt", file, *more, by=MANAGER)
        assert done.returncode == 1
        assert words in done.stderr
    assert here.reviews("policy", "adopt", POLICY, "--apply", by=MANAGER).returncode == 0


@pytest.mark.promise("F8")
def test_every_problem_of_a_policy_is_named_with_its_line(tmp_path: Path) -> None:
    lines = POLICY.read_text().splitlines()
    wrong = [line.replace("budget: 2 working days", "budget: 2 fortnights") for line in lines]
    file = tmp_path / "wrong.yaml"
    file.write_text("\n".join([*wrong, "colour: red"]))
    done = reviews("policy", "check", file)
    assert done.returncode == 1
    assert f"line {len(lines) + 1}: colour" in done.stderr
    numbers = [number for number, line in enumerate(lines, start=1) if "budget: 2 working days" in line]
    assert all(f"line {number}: " in done.stderr for number in numbers)
    found = json.loads(reviews("policy", "check", file, "--json").stdout)
    assert found["good"] is False
    assert {one["line"] for one in found["problems"]} == {*numbers, len(lines) + 1}


def test_a_directory_is_checked(tmp_path: Path) -> None:
    assert "It is good." in reviews("directory", "check", DIRECTORY).stdout
    file = tmp_path / "wrong.yaml"
    file.write_text(DIRECTORY.read_text().replace("person: p-021", "person: p-999"))
    done = reviews("directory", "check", file)
    assert done.returncode == 1
    assert "p-999" in done.stderr


CHAIR_LINE = "  - {office: independent_chair, person: p-021, deputy: p-022, since: 2025-01-01}\n"
REVIEWER = "{office: reviewer, person: p-023"
DIRECTORY_FAULTS = {
    "an unknown office": (REVIEWER, "{office: reviewr, person: p-023", "Did you mean `reviewer`?"),
    "an agency's in none": ("{office: agency_lead, agency: harrowshire-icb,", "{office: agency_lead,", "Say of which"),
    "a partnership's in one": (REVIEWER, "{office: reviewer, agency: harrowshire-icb, person: p-023", "Take `agency`"),
    "nobody in the last office": (CHAIR_LINE, "", "The last rung, Independent chair, is held by nobody"),
}  # fmt: skip


@pytest.mark.promise("F8")
@pytest.mark.parametrize("fault", DIRECTORY_FAULTS)
def test_a_directory_is_checked_against_the_policy_and_nothing_refused_is_imported(
    here: Running, tmp_path: Path, fault: str
) -> None:
    old, new, words = DIRECTORY_FAULTS[fault]
    text = DIRECTORY.read_text()
    assert old in text
    file = tmp_path / "wrong.yaml"
    file.write_text(text.replace(old, new))
    checked = reviews("directory", "check", file)
    assert checked.returncode == 1
    assert words in checked.stderr
    found = json.loads(reviews("directory", "check", file, "--json").stdout)
    assert not found["good"]
    assert any(words in one["words"] for one in found["problems"] if one["grave"])
    taken = here.reviews("directory", "import", file, by=ADMINISTRATOR)
    assert taken.returncode == 3
    assert words in taken.stderr


def test_a_directory_that_nobody_could_change_any_more_is_refused(tmp_path: Path) -> None:
    lines = DIRECTORY.read_text().splitlines()
    file = tmp_path / "wrong.yaml"
    file.write_text("\n".join(line for line in lines if not re.search(r"\{office: (administrator|business_m)", line)))
    done = reviews("directory", "check", file)
    assert done.returncode == 1
    assert "Nobody could change the directory any more." in done.stderr


@pytest.mark.promise("F8")
def test_a_directory_is_checked_against_the_policy_that_is_named(tmp_path: Path) -> None:
    policy = tmp_path / "mine.yaml"
    policy.write_text(POLICY.read_text().replace("independent_chair", "scrutineer"))
    done = reviews("directory", "check", DIRECTORY, "--policy", policy)
    assert done.returncode == 1
    assert "The policy has no office `independent_chair`" in done.stderr
    policy.write_text("offices: none\n")
    assert reviews("directory", "check", DIRECTORY, "--policy", policy).returncode == 1


def test_a_directory_is_imported_by_who_may_and_never_without_its_last_rungs(here: Running, tmp_path: Path) -> None:
    assert here.reviews("directory", "import", DIRECTORY, by=POLICE).returncode == 3
    file = tmp_path / "empty.yaml"
    file.write_text(
        "\n".join(line for line in DIRECTORY.read_text().splitlines() if "{office: independent_chair" not in line)
    )
    refused = here.reviews("directory", "import", file, by=ADMINISTRATOR)
    assert refused.returncode == 3
    assert "Independent chair, is held by nobody" in refused.stderr
    done = here.reviews("directory", "import", DIRECTORY, by=ADMINISTRATOR)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("26 people in 7 agencies")


# Assurance


SHOWS_CASES: dict[str, tuple[str, ...]] = {
    "status": ("status", "status REF"),
    "why": ("why REF submission",),
    "rehearse": ("rehearse last-year",),
    "policy adopt": ("policy adopt POLICY",),
    "policy holiday": ("policy holiday 2027-05-04 Another",),
    "audit reads": ("audit reads REF",),
    "evidence fetch": ("evidence fetch ID --to FILE",),
    "held": ("held",),
}
"""What to type to see a case. Every other command shows none but the one that it has just been given."""
SHOWS_NONE = {
    "refer", "open", "answer", "decide", "questions", "serve", "prepare", "doctor", "audit verify", "policy check",
    "policy show", "directory check", "directory import", "tracker check", "tracker import", "deaths check",
    "deaths import", "deaths template", "evidence keep", "directory sign-out", "backup-key", "backup", "restore",
    "move", "rebuild", "release", "keys rotate", "keys forget",
}  # fmt: skip


@pytest.mark.promise("K6")
def test_every_command_that_shows_a_case_is_noted_as_a_read(here: Running, review: str, tmp_path: Path) -> None:
    (tmp_path / "report.pdf").write_bytes(PDF)
    file = here.json("evidence", "keep", tmp_path / "report.pdf", "--case", review, by=MANAGER)["id"]
    named = {"REF": review, "POLICY": str(POLICY), "ID": file, "FILE": str(tmp_path / "back.pdf")}
    assert SHOWS_CASES.keys() | SHOWS_NONE == {" ".join(words) for words in commands(app)}
    for typed in (one for several in SHOWS_CASES.values() for one in several):
        words = [named.get(word, word) for word in typed.split()]
        before = reads_of(here)
        done = here.reviews(*words, by=MANAGER)
        assert done.returncode == 0, done.stderr
        about = review if {"REF", "ID"} & set(typed.split()) else ""
        assert reads_of(here)[len(before) :] == [("p-018", about)], typed
    log = here.json("audit", "reads", review, by=MANAGER)
    assert {"status", "why", "reads"} <= {one["what"] for one in log}
    assert {one["case"] for one in log} == {review}
    assert here.reviews("audit", "reads", by=POLICE).returncode == 3
    assert here.reviews("policy", "holiday", "2027-05-04", "Another", by=POLICE).returncode == 3


def reads_of(here: Running) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(f"file:{here.folder / 'records.sqlite'}?mode=ro", uri=True)) as record:
        return list(record.execute('SELECT person, "case" FROM reads ORDER BY number'))


@pytest.mark.promise("K7")
def test_the_audit_is_verified(here: Running, review: str) -> None:
    done = here.reviews("audit", "verify")
    assert (done.returncode, done.stdout) == (0, "Every chain is whole.\n")
    assert here.json("audit", "verify") == []


def test_doctor_finds_nothing_grave_in_a_running_installation(here: Running) -> None:
    done = here.reviews("doctor")
    assert done.returncode == 0, done.stdout
    assert "GRAVE" not in done.stdout


# The command line itself


def test_a_process_of_its_own_ends_with_its_code_and_in_the_same_words(here: Running, told: Write) -> None:
    """Most commands above are given within the process of the tests; these as people give them."""
    for words, code in (
        (("status", "--as", MANAGER, "--data-dir", here.folder), 0),
        (("policy", "check", here.folder / "kind"), 1),
        (("status", "--data-dir", here.folder), 2),
        (("refer", told(event="nonsense"), "--data-dir", here.folder), 3),
    ):
        one, other = (give(*words, REVIEWS_PASSWORD=PASSWORD) for give in (alone, reviews))
        assert (one.returncode, other.returncode) == (code, code), one.stderr
        assert (one.stdout, one.stderr) == (other.stdout, other.stderr)


def test_every_command_has_help_and_an_unknown_one_is_refused() -> None:
    for words in ([], ["refer"], ["answer"], ["policy"], ["policy", "adopt"], ["audit", "verify"], ["doctor"]):
        done = reviews(*words, "--help")
        assert done.returncode == 0
        assert "Usage: reviews" in done.stdout
    assert "Exit codes" in reviews("--help").stdout
    assert reviews("nothing").returncode == 2


def test_a_folder_without_an_installation_is_said_and_not_made(tmp_path: Path) -> None:
    folder = tmp_path / "nowhere"
    done = reviews("status", "--data-dir", folder, "--as", MANAGER)
    assert done.returncode == 1
    assert "There is no installation in" in done.stderr
    assert not folder.exists()
    assert reviews("status", "--data-dir", folder).returncode == 2


SETTINGS = {
    "REVIEWS_SMTP_PORT": "abc",
    "REVIEWS_INSECURE_COOKIES": "perhaps",
}


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("command", [["serve"], ["prepare"], ["doctor"], ["audit", "verify"], ["policy", "show"]])
def test_a_setting_that_cannot_be_read_is_named_and_not_repeated(tmp_path: Path, command: list[str], name: str) -> None:
    done = reviews(*command, "--data-dir", tmp_path / "here", **{name: SETTINGS[name]})
    assert done.returncode == 2
    assert done.stderr.startswith(f"{name} cannot be read: ")
    assert "Set it right in the environment, or take it away." in done.stderr
    assert SETTINGS[name] not in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("prepared") / "data"
    assert reviews("prepare", "--data-dir", folder).returncode == 0
    return folder


@pytest.fixture
def folder(prepared: Path, tmp_path: Path) -> Path:
    """A folder that was prepared and in which nothing has happened yet."""
    return Path(shutil.copytree(prepared, tmp_path / "here"))


@pytest.mark.parametrize("command", [["audit", "verify"], ["policy", "show"], ["status", "--as", MANAGER], ["prepare"]])
def test_records_that_cannot_be_opened_are_said_in_words(folder: Path, command: list[str]) -> None:
    (folder / "records.sqlite-wal").mkdir()  # SQLite cannot write beside it, as in a folder that is for reading only
    done = reviews(*command, "--data-dir", folder, REVIEWS_PASSWORD="three words apart")
    assert (done.returncode, done.stderr) == (1, f"{READ_ONLY}\n")


@pytest.mark.parametrize("command", sampled([["audit", "verify"], ["prepare"], ["serve"]], 3))
@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("nonsense", NO_DATABASE),
        ("postgresql+asyncpg://nobody@127.0.0.1:1/none", "The database does not answer (ConnectionRefusedError)."),
    ],
)
def test_a_database_that_is_not_there_is_said_in_words(
    folder: Path, command: list[str], address: str, words: str
) -> None:
    port = {"PORT": str(free_port())} if command == ["serve"] else {}
    done = reviews(*command, "--data-dir", folder, REVIEWS_DATABASE_URL=address, **port)
    assert done.returncode == 1
    assert done.stderr.startswith(words)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["2027-05-03", ""], "Say what people call this holiday"),
        (["2027-05-03", " "], "Say what people call this holiday"),
        (["3 May", "Jubilee"], "write a day that exists as year-month-day, such as 2027-05-03."),
        (["2027-02-29", "Jubilee"], "write a day that exists as year-month-day, such as 2027-05-03."),
    ],
)
def test_a_holiday_without_a_day_or_a_name_is_not_understood(tmp_path: Path, given: list[str], words: str) -> None:
    done = reviews("policy", "holiday", *given, "--data-dir", tmp_path, "--as", MANAGER)
    assert done.returncode == 2
    assert words in done.stderr


def test_without_a_terminal_it_says_where_the_password_can_be_given(here: Running) -> None:
    done = subprocess.run(  # noqa: S603 -- our own command
        [REVIEWS, "status", "--data-dir", here.folder, "--as", MANAGER], env=environment(), capture_output=True,
        stdin=subprocess.DEVNULL, text=True, timeout=60, check=False, start_new_session=True,
    )  # fmt: skip
    words = "There is no terminal in which to ask for the password. Give it in REVIEWS_PASSWORD.\n"
    assert (done.returncode, done.stderr) == (2, words)


def test_one_is_never_called_several() -> None:
    assert [counted(n, "message") for n in (0, 1, 2)] == ["0 messages", "1 message", "2 messages"]
    assert [counted(n, "chain is", "chains are") for n in (1, 2)] == ["1 chain is", "2 chains are"]


@pytest.mark.promise("K11")
def test_a_password_is_never_shown(here: Running) -> None:
    done = here.reviews("status", "--json", by=MANAGER)
    assert "three words apart" not in done.stdout + done.stderr + here.said()


def as_read(folder: Path) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in folder.iterdir()}


def verified(folder: Path) -> subprocess.CompletedProcess[str]:
    """What `reviews audit verify` says to somebody who may read a folder and not write there."""
    for one in (*folder.iterdir(), folder):
        one.chmod(one.stat().st_mode & ~0o222)
    before = as_read(folder)
    plain = ("setpriv", "--bounding-set", "-dac_override,-dac_read_search") if os.geteuid() == 0 else ()
    done = subprocess.run(  # noqa: S603 -- our own
        [*plain, REVIEWS, "audit", "verify", "--data-dir", str(folder)],
        cwd=ROOT, env=environment(), check=False, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert as_read(folder) == before
    return done


@pytest.mark.promise("K7")
def test_a_copy_that_may_only_be_read_is_verified_where_it_lies(tmp_path: Path) -> None:
    folder = tmp_path / "here"
    assert reviews("prepare", "--data-dir", folder).returncode == 0
    shutil.copytree(folder, tmp_path / "whole")
    with closing(sqlite3.connect(folder / "records.sqlite")) as used:
        used.execute("PRAGMA journal_mode=WAL")
        used.execute("DELETE FROM audit_links")
        used.commit()
        for name in ("in use", "in part"):
            shutil.copytree(folder, tmp_path / name)
    (tmp_path / "in part" / "records.sqlite-shm").unlink()
    whole, used_, part = [verified(tmp_path / name) for name in ("whole", "in use", "in part")]
    assert (whole.returncode, whole.stdout) == (0, "Every chain is whole.\n"), whole.stderr
    assert (used_.returncode, "broken" in used_.stderr) == (1, True), used_.stderr  # also by what waits in the journal
    assert (part.returncode, part.stderr) == (1, f"{READ_ONLY}\n")


# The tracker that was a spreadsheet


def check(here: Running, *words: str | Path, by: str = MANAGER) -> subprocess.CompletedProcess[str]:
    return here.reviews("tracker", "check", *words, by=by)


@pytest.mark.promise("D8")
def test_a_dry_run_names_every_cell_that_is_not_understood_and_changes_nothing(here: Running) -> None:
    before = kept(here)
    done = check(here, TRACKER / "messy.xlsx", "--mapping", TRACKER / "mapping.yaml")
    assert done.returncode == 1, done.stderr
    assert "messy.xlsx: 16 reviews, 82 recommendations" in done.stdout
    for cell, found in (
        ("Tracker!H6", "31/04/2015"),
        ("Tracker!F89", "The new manager"),
        ("Reviews!C15", "early 2022"),
    ):
        assert re.search(rf"{re.escape(cell)} .*{found}", done.stdout), cell
    assert "It has 18 problems: nothing of it would be taken." in done.stdout
    assert kept(here) == before


@pytest.mark.promise("D8")
def test_a_tracker_that_is_understood_is_told_with_its_reviews_and_states(here: Running) -> None:
    done = check(here, TRACKER / "mended.xlsx", "--mapping", TRACKER / "mapping.yaml")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Everything is understood." in done.stdout
    assert re.search(r"SCR Child Alder +A serious case review +2014-03-10 +5 ", done.stdout)
    found = json.loads(check(here, TRACKER / "mended.csv", "--mapping", TRACKER / "mapping.yaml", "--json").stdout)
    assert (found["good"], len(found["reviews"]), found["recommendations"]) == (True, 16, 88)
    assert sum(found["states"].values()) == 88
    assert [one["cell"] for one in found["warnings"]] == ["mended!J5", "mended!J79"]


@pytest.mark.promise("D8")
def test_the_lines_that_a_dry_run_proposes_are_a_mapping_file_once_capitals_are_filled_in(
    here: Running, tmp_path: Path
) -> None:
    first = check(here, TRACKER / "mended.xlsx", "--json")
    assert first.returncode == 1
    proposed = json.loads(first.stdout)["mapping"]
    mine = tmp_path / "mine.yaml"
    mine.write_text(proposed)
    refused = check(here, TRACKER / "mended.xlsx", "--mapping", mine)
    assert refused.returncode == 1
    assert "agencies.AGENCY" in refused.stderr
    known = proposed.replace("AGENCY:", "harrowshire-council:").replace("NAME:", "SCR Child Cedar:")
    states, kinds = "statuses:\n  MEANING:", "kinds:\n  MEANING:"
    assert states in known
    assert kinds in known
    assert "themes:\n  MEANING:" in known
    known = known.replace("themes:\n  MEANING:", "themes:\n  non_accidental_injury:")
    mine.write_text(known.replace(states, "statuses:\n  in_progress:").replace(kinds, "kinds:\n  other:"))
    done = check(here, TRACKER / "mended.xlsx", "--mapping", mine)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_tracker_or_a_mapping_that_cannot_be_read_is_refused_in_words(here: Running, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("people:\n  p-999: [Somebody]\n")
    (tmp_path / "empty.csv").write_text("")
    for words, said in (
        ((tmp_path / "nothing.xlsx",), "No such file"),
        ((tmp_path,), "Is a directory"),
        ((tmp_path / "empty.csv",), "There is not one word in this file."),
        ((TRACKER / "mended.xlsx", "--mapping", wrong), "line 2: people.p-999: The directory has no `p-999`"),
        ((TRACKER / "mended.xlsx", "--mapping", tmp_path / "none.yaml"), "No such file"),
    ):
        done = check(here, *words)
        assert (done.returncode, done.stdout) == (1, "")
        assert said in done.stderr


def test_only_who_may_take_over_a_tracker_looks_at_it_against_the_directory(here: Running) -> None:
    assert check(here, TRACKER / "mended.xlsx", by=POLICE).returncode == 3
    assert check(here, TRACKER / "mended.xlsx", by="").returncode == 2


# The list of past deaths


def deaths(here: Running, *words: str | Path, by: str = MANAGER) -> subprocess.CompletedProcess[str]:
    return here.reviews("deaths", *words, by=by)


@pytest.mark.promise("H13", "H14")
def test_a_list_of_deaths_that_is_not_understood_is_named_by_its_cells_and_nothing_is_taken(
    here: Running,
) -> None:
    before, mapping = kept(here), ("--mapping", PAST_DEATHS / "mapping.yaml")
    for command in ("check", "import"):
        done = deaths(here, command, PAST_DEATHS / "messy.xlsx", *mapping)
        assert done.returncode == 1, done.stderr
        for cell, found in (("Deaths!E6", "31/04/2021"), ("Deaths!P33", "Heart"), ("Deaths!L50", "In limbo")):
            assert re.search(rf"{re.escape(cell)} .*{found}", done.stdout), cell
        assert "It has 19 problems: nothing of it would be taken." in done.stdout
    found = json.loads(deaths(here, "check", PAST_DEATHS / "messy.csv", *mapping, "--json").stdout)
    assert (found["good"], len(found["problems"])) == (False, 19)
    assert kept(here) == before


@pytest.mark.promise("H13", "H14")
def test_a_list_of_deaths_is_tried_and_then_taken_over_once(here: Running) -> None:
    mapping, before = ("--mapping", PAST_DEATHS / "mapping.yaml"), kept(here)
    tried = deaths(here, "import", PAST_DEATHS / "mended.xlsx", *mapping, "--dry-run")
    assert tried.returncode == 0, tried.stderr
    assert "Would open: 14 cases" in tried.stdout
    assert "Would count: 46 completed reviews" in tried.stdout
    assert kept(here) == before
    done = json.loads(deaths(here, "import", PAST_DEATHS / "mended.xlsx", *mapping, "--json").stdout)
    assert (len(done["cases"]), done["counted"], done["known"], done["dry_run"]) == (14, 46, 0, False)
    again = deaths(here, "import", PAST_DEATHS / "mended.csv", *mapping)
    assert again.returncode == 0, again.stderr
    assert again.stdout.splitlines() == [
        "Opened: 0 cases", "Counted: 0 completed reviews", "Known already, and left as they are: 60",
    ]  # fmt: skip
    assert here.reviews("audit", "verify").stdout == "Every chain is whole.\n"


def test_an_empty_list_of_deaths_names_its_columns_and_is_understood(here: Running, tmp_path: Path) -> None:
    file = tmp_path / "deaths.csv"
    assert reviews("deaths", "template", str(file)).returncode == 0
    assert file.read_text(encoding="utf-8-sig").startswith("Reference,NHS number,Name,Date of birth,")
    assert deaths(here, "check", file).returncode == 0
    again = reviews("deaths", "template", str(file))
    assert (again.returncode, "is there already" in " ".join(again.stderr.split())) == (1, True)


def test_only_who_reviews_deaths_or_the_business_unit_takes_a_list_of_them_over(here: Running) -> None:
    assert deaths(here, "check", PAST_DEATHS / "mended.xlsx", by=POLICE).returncode == 3
    assert deaths(here, "import", PAST_DEATHS / "mended.xlsx", by=CHAIR).returncode == 3


def test_what_stands_in_a_cell_does_not_steer_the_terminal(here: Running, tmp_path: Path) -> None:
    file = tmp_path / "odd.csv"
    file.write_text(
        "Review,Recommendation,Lead agency,Status\nSCR Child A,Ask.,\x1b[31m[bold]Police[/bold]\x07,Closed\n"
    )
    done = check(here, file)
    assert done.returncode == 1
    assert "[bold]Police[/bold]" in done.stdout
    assert not set("\x1b\x07") & set(done.stdout)
