"""Days and moments as people read them, and the words of pages that only say something."""

from datetime import UTC, date, datetime

import pytest
from jinja2 import UndefinedError

from models.command import Known
from models.time import in_full as said_in_messages
from portal.pages import KEPT, Link, Message, Page, clock, day, moment, refusal, static, templates, words
from records.questions import AskedAbout

ENV = templates()


def shown(message: Message) -> str:
    return ENV.get_template("message.html").render(page=Page("Title", "nonce-1"), message=message)


def test_days_and_moments_are_londons() -> None:
    assert day(date(2026, 3, 3)) == "Tuesday 3 March 2026"
    assert moment(datetime(2026, 3, 3, 14, 5, tzinfo=UTC)) == "Tuesday 3 March 2026 at 2:05pm"
    assert moment("2026-06-30T23:30:00+00:00") == "Wednesday 1 July 2026 at 12:30am"
    assert day("2026-06-30T23:30:00+00:00") == "Wednesday 1 July 2026"
    assert day("2026-06-30") == "Tuesday 30 June 2026"


@pytest.mark.parametrize(
    ("hour", "said"), [(0, "midnight"), (1, "1:00am"), (11, "11:00am"), (12, "midday"), (13, "1:00pm"), (23, "11:00pm")]
)
def test_the_clock_names_midday_and_midnight(hour: int, said: str) -> None:
    assert clock(datetime(2026, 1, 5, hour, tzinfo=UTC)) == said


@pytest.mark.parametrize("hour", range(24))
def test_a_message_names_the_hour_as_pages_do(hour: int) -> None:
    when = datetime(2026, 7, 1, hour, 51, tzinfo=UTC)
    assert said_in_messages(when) == moment(when)


def test_choices_are_read_in_words() -> None:
    assert [words(one) for one in (Known.NOT_KNOWN, True, False, None, "", 7)] == [
        "Not known",
        "Yes",
        "No",
        "Not answered",
        "Not answered",
        "7",
    ]


def test_what_a_page_forgets_to_give_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        ENV.get_template("message.html").render(page=Page("Title", "n"))
    with pytest.raises(UndefinedError):
        ENV.from_string("{{ page.forgotten }}").render(page=Page("Title", "n"))


def test_words_are_escaped() -> None:
    html = shown(Message("<b>", ("<i>",), panel=True, panel_words="<u>", links=(Link("<s>", '/"x'),)))
    assert not [tag for tag in ("<b>", "<i>", "<u>", "<s>", '/"x') if tag in html]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 413, 418, 422, 429, 500, 502, 503])
def test_every_refusal_says_how_to_go_on(status: int) -> None:
    message = refusal(status)
    assert message.title
    assert message.words
    assert KEPT not in message.words
    assert KEPT in refusal(status, kept=True).words
    assert message.title in shown(message)


def test_the_frame_has_no_crown_no_inline_style_and_scripts_only_with_the_nonce() -> None:
    html = shown(Message("Title"))
    assert html.count("<script") == html.count('nonce="nonce-1"')
    assert not [word for word in ("style=", "<style", "crown", "onclick", "GOV.UK") if word in html]
    assert '<html lang="en"' in html


def test_the_address_of_a_file_changes_with_the_file() -> None:
    assert static("portal.css").startswith("/static/portal.css?v=")
    assert static("portal.css") != static("portal.js")


@pytest.mark.promise("L14")
@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Ask (LR-2026-0001)", 'Ask (<span class="portal-ref">LR-2026-0001</span>)'),
        ("<b>RR-2026-12345.", '&lt;b&gt;<span class="portal-ref">RR-2026-12345</span>.'),
        ("https://here/cases/RR-2026-0001", "https://here/cases/RR-2026-0001"),
        ("RR-2026-0001-X and 2026-0001", "RR-2026-0001-X and 2026-0001"),
        (f"RR-2026-{'1' * 90}", f"RR-2026-{'1' * 90}"),  # or it would push the page wide
    ],
)
def test_a_reference_stays_whole_wherever_it_stands_in_words(said: str, shown: str) -> None:
    assert str(templates().from_string("{{ said | refs }}").render(said=said)) == shown


@pytest.mark.promise("C1")
@pytest.mark.parametrize(
    ("kind", "held"),
    [
        ("rapid_review", "A rapid review"),
        ("practice_review", "A local child safeguarding practice review"),
    ],
)
def test_an_agency_reads_for_which_kind_of_review_it_is_asked_and_by_which_law(kind: str, held: str) -> None:
    page = ENV.from_string('{% from "parts.html" import asked_about with context %}{{ asked_about(one) }}')
    text = page.render(one=AskedAbout(kind=kind, children=[], incident_on="2026-10-01", words=[]))
    assert f"{held} is held of a serious incident" in text
    assert "Children Act 2004, section 16H" in text
