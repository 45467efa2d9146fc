"""Rules that change while cases are open: shown first, followed case by case with a reason; and a new holiday.

On a running installation, by the command line and by the pages.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any

import httpx2
import pytest

from models.time import day_of
from tests.support.house import POLICY, referral, triage
from tests.support.running import ADMINISTRATOR, MANAGER, PASSWORD, PEOPLE, Running
from tests.support.window import words

pytestmark = [pytest.mark.proof, pytest.mark.timeout(240), pytest.mark.xdist_group("rules")]
AUTHORITY, POLICE = PEOPLE["p-001"], PEOPLE["p-005"]
RETURN = "Return of the agency, Harrowshire Police"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with Running(tmp_path_factory.mktemp("rules") / "data") as running:
        running.ready()
        running.sign_up("p-001", "p-005", "p-018")
        yield running


@pytest.fixture(scope="module")
def reviews(here: Running) -> tuple[str, str]:
    """Two rapid reviews, each of which has asked the police for a return."""
    for _ in range(2):
        ref = ask(here, MANAGER, "/referrals", referral(datetime.now(UTC)))["case"]
        ask(here, MANAGER, f"/cases/{ref}/triage", triage())
    one, two = sorted(line["ref"] for line in ask(here, MANAGER, "/cases") if line["kind"] == "rapid_review")
    for ref in (one, two):
        sent_ = {"sent_at": datetime.now(UTC).isoformat(), "sent_by": "A", "reference": "B"}
        ask(here, AUTHORITY, f"/cases/{ref}/record_notification", sent_)
        ask(here, MANAGER, f"/cases/{ref}/request_information", {"agencies": ["harrowshire-police"]})
    return one, two


def ask(here: Running, email: str, path: str, answers: dict[str, Any] | None = None) -> Any:  # noqa: ANN401 -- what is answered
    """Through the JSON interface, which needs no process of its own."""
    header = {"authorization": f"Bearer {token(here.address, email)}"}
    how = "POST" if answers else "GET"
    answer = httpx2.request(how, f"{here.address}/api/v1{path}", json=answers, headers=header, timeout=30)
    assert answer.status_code == 200, answer.text
    return answer.json()


@cache
def token(address: str, email: str) -> str:
    said = {"email": email, "password": PASSWORD}
    return str(httpx2.post(f"{address}/api/v1/session", json=said, timeout=30).json()["token"])


def due(here: Running, ref: str, key: str = "agency_return/harrowshire-police") -> date:
    """The day on which something is due."""
    deadlines = {one["key"]: one["due"] for one in ask(here, MANAGER, f"/cases/{ref}")["deadlines"]}
    return day_of(datetime.fromisoformat(deadlines[key]))


def written(here: Running, *changes: tuple[str, str]) -> Path:
    """A policy file that differs from the shipped one in these words."""
    text = POLICY.read_text()
    for was, now in changes:
        assert text.count(was) == 1, was
        text = text.replace(was, now)
    file = here.folder.parent / "policy.yaml"
    file.write_text(text)
    return file


SHORTER = (
    "met_by: return_received\n      budget: 10 working days",
    "met_by: return_received\n      budget: 8 working days",
)


@pytest.mark.promise("F9")
def test_a_policy_is_shown_first_and_followed_case_by_case_with_a_reason(
    here: Running, reviews: tuple[str, str]
) -> None:
    one, two = reviews
    before = due(here, one)
    file = written(here, ("version: england-2026-11", "version: england-shorter"), SHORTER)

    shown = here.reviews("policy", "adopt", file, by=MANAGER)
    assert shown.returncode == 0, shown.stderr
    for ref in reviews:
        assert re.search(rf"^{ref} {RETURN}: .+ -> .+ \(1 taken back in words\)$", shown.stdout, re.MULTILINE)
    assert "Submit the rapid review" not in shown.stdout, "what does not move is not named"
    assert "Nothing is changed yet: add --apply to change it." in shown.stdout
    assert due(here, one) == before
    found = here.json("policy", "adopt", file, by=MANAGER)
    assert {move["case"] for move in found["moves"]} == set(reviews)

    refused = here.reviews("policy", "adopt", file, by=POLICE)
    assert (refused.returncode, refused.stdout) == (3, "")
    assert one not in refused.stderr

    in_force = here.reviews("policy", "adopt", file, "--apply", by=MANAGER)
    assert in_force.returncode == 0, in_force.stderr
    assert "Version england-shorter" in in_force.stdout
    assert (due(here, one), due(here, two)) == (before, before), "open cases keep the version under which they started"

    without = here.reviews("policy", "adopt", file, "--apply", "--case", one, by=MANAGER)
    assert without.returncode == 2
    assert "Say why open cases follow it" in without.stderr
    unknown = here.reviews("policy", "adopt", file, "--apply", "--case", "RR-2000-0001", "--reason", "r", by=MANAGER)
    assert unknown.returncode == 3
    done = here.reviews("policy", "adopt", file, "--apply", "--case", one, "--reason", "Agreed in May.", by=MANAGER)
    assert done.returncode == 0, done.stderr
    assert f"{one}: done" in done.stdout
    assert (due(here, one) < before, due(here, two)) == (True, before), "the other case keeps its version"


@pytest.mark.promise("F9")
def test_the_page_of_a_case_shows_what_would_move_there_and_lets_it_follow(
    here: Running, reviews: tuple[str, str]
) -> None:
    """Put in force by another process, the policy is known to the pages at once."""
    _, two = reviews
    file = written(here, ("version: england-2026-11", "version: england-page"), SHORTER)
    assert here.reviews("policy", "adopt", file, "--apply", by=MANAGER).returncode == 0
    before = due(here, two)
    with signed_in(here, MANAGER) as manager:
        case = manager.get(f"/cases/{two}").text
        assert "This case follows policy england-2026-11" in words(case)
        assert "Policy england-page is in force: see what it would move here" in words(case)
        address = re.search(rf'href="(/cases/{two}/adopt_policy\?about=[^"]+)"', case)
        assert address
        form = manager.get(unescape(address[1])).text
        assert "This case follows policy england-2026-11. In force now is policy england-page." in words(form)
        assert "Return of the agency, Harrowshire Police" in words(form)
        assert "Nothing is recorded yet." in words(form)
        assert due(here, two) == before
        assert "Enter why this case follows it" in words(sent(manager, unescape(address[1]), form, reason="").text)
        done = sent(manager, unescape(address[1]), form, reason="The partners agreed it in May.")
        assert "The case follows a new version of the policy. It is recorded." in words(done.text)
        assert "It follows policy england-page." in words(done.text)
        assert "The partners agreed it in May." in words(done.text)
        assert "This case follows policy england-page" in words(done.text)
        assert manager.get(unescape(address[1])).status_code == 404, "there is nothing left to follow"
    assert due(here, two) < before
    with signed_in(here, POLICE) as police:
        assert "This case follows" not in words(police.get(f"/cases/{two}").text)
        assert police.get(unescape(address[1])).status_code in {403, 404}


@pytest.mark.promise("F7")
def test_a_proclaimed_holiday_shows_which_live_deadlines_move_and_then_moves_them(
    here: Running, reviews: tuple[str, str]
) -> None:
    before = {ref: due(here, ref) for ref in reviews}
    submission = due(here, reviews[0], "submission")
    day = min(before.values()) - timedelta(days=1)
    while day.weekday() > 4:  # a day that is worked, before every one of these dates
        day -= timedelta(days=1)
    shown = here.reviews("policy", "holiday", str(day), "A day of thanks", by=MANAGER)
    assert shown.returncode == 0, shown.stderr
    for ref in reviews:
        assert f"{ref} {RETURN}: " in shown.stdout
        assert f"{ref} Submit the rapid review to the national panel: " in shown.stdout
    assert "Nothing is changed yet" in shown.stdout
    assert {ref: due(here, ref) for ref in reviews} == before

    saturday = day + timedelta(days=(5 - day.weekday()) % 7)
    weekend = here.reviews("policy", "holiday", str(saturday), "A Saturday", by=MANAGER)
    assert weekend.returncode == 1
    assert "is not a working day anyway: Saturday." in weekend.stderr
    assert here.reviews("policy", "holiday", str(day), "A day of thanks", "--apply", by=POLICE).returncode == 3

    done = here.reviews("policy", "holiday", str(day), "A day of thanks", "--apply", by=MANAGER)
    assert done.returncode == 0, done.stdout + done.stderr
    for ref in reviews:
        assert f"{ref}: done" in done.stdout
        assert due(here, ref) > before[ref]
    assert due(here, reviews[0], "submission") > submission
    why = here.reviews("why", reviews[0], "submission", by=MANAGER)
    assert f"not {day:%a} {day.day} {day:%b}: A day of thanks" in why.stdout
    again = here.json("policy", "holiday", str(day), "A day of thanks", "--apply", by=MANAGER)
    assert (again["moves"], again["done"]) == ([], []), "the same command again changes nothing"
    with signed_in(here, MANAGER) as manager:
        case = words(manager.get(f"/cases/{reviews[0]}").text)
    assert "The case follows a new calendar" in case
    assert "A day of thanks" in case
    without = here.reviews("policy", "adopt", POLICY, by=MANAGER)
    assert f"No longer a holiday, because the file does not name it: {day} A day of thanks" in without.stdout


@pytest.mark.promise("F7")
def test_a_warning_comes_before_the_working_days_run_out(here: Running, reviews: tuple[str, str]) -> None:
    """At every door at which somebody looks who can do something about it; and its advice works."""
    year = datetime.now(UTC).year + 1
    near = written(
        here,
        ("version: england-2026-11", "version: england-near"),
        ("version: england-and-wales-2026-11", "version: england-and-wales-near"),
        ("horizon: 2032-12-31", f"horizon: {year}-10-31"),
    )
    done = here.reviews("policy", "adopt", near, "--apply", "--open-cases", "--reason", "A trial.", by=MANAGER)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"ends on 31 October {year}" in done.stdout
    advice = json.loads(here.reviews("doctor", "--json").stdout)
    assert [one for one in advice if f"ends on 31 October {year}" in one["what"]]
    for person, warned in ((MANAGER, True), (ADMINISTRATOR, True), (POLICE, False)):
        with signed_in(here, person) as someone:
            assert (f"ends on 31 October {year}" in words(someone.get("/cases").text)) == warned

    far = written(here, ("version: england-2026-11", "version: england-far"))
    done = here.reviews("policy", "adopt", far, "--apply", "--open-cases", "--reason", "More holidays.", by=MANAGER)
    assert done.returncode == 0, done.stdout + done.stderr
    for ref in reviews:
        assert f"{ref}: done" in done.stdout
    with signed_in(here, MANAGER) as manager:
        assert "ends on" not in words(manager.get("/cases").text)
        assert "calendar england-and-wales-2026-11" in words(manager.get(f"/cases/{reviews[0]}").text)


@contextmanager
def signed_in(here: Running, email: str) -> Iterator[httpx2.Client]:
    """A window in which this person has signed in."""
    with httpx2.Client(base_url=here.address, timeout=30, follow_redirects=True) as client:
        client.get("/sign-in")
        form = {"_csrf": client.cookies["anonymous"], "email": email, "password": PASSWORD}
        assert client.post("/sign-in", data=form).status_code == 200
        yield client


def sent(client: httpx2.Client, address: str, page: str, **answers: str) -> httpx2.Response:
    """Send the form of a page with these answers."""
    form = page.partition('<form method="post"')[2]
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)
    return client.post(address, data={**dict(hidden), **answers})
