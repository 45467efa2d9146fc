"""A whole rapid review through the pages that people use: referred, triaged, asked, chased, decided, told."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import Page

from models.time import london
from notifier.post import Post
from tests.support.browsing import Served, fill, picture, press, send, served

MANAGER, CHAIR, AUTHORITY = "p-018", "p-021", "p-001"
POLICE, ICB, HOSPITAL, HOSPITAL_LEAD = "p-005", "p-008", "p-011", "p-010"
CRITERIA = ("abuse_or_neglect", "died_or_seriously_harmed", "in_the_area")


async def refer(site: Served) -> tuple[str, Page]:
    """Refer as a nurse without an account does; returns the reference and the page with the receipt."""
    today = london(site.house.now).date()
    page = await site.page()
    await page.goto("/refer")
    await press(page, "Start now")
    await fill(
        page,
        {
            "event": "serious_harm",
            "incident_on": str(today - timedelta(days=2)),
            "aware_at": str(today - timedelta(days=1)),
            "in_area": "yes",
            "abuse_or_neglect": "yes",
            "narrative": "Found with injuries that nobody could explain.",
        },
    )
    await picture(page, "refer-incident")
    await press(page, "Save and continue")
    await fill(page, {"children.0.name": "Quillon Zarbane", "children.0.born": "2019-02-03"})
    await press(page, "Save and continue")
    await fill(page, {"others": "no"})
    await press(page, "Save and continue")
    await fill(
        page,
        {
            "referrer_name": "Norwen Tace",
            "referrer_role": "Nurse",
            "referrer_agency": "Hospital",
            "referrer_email": "nurse@hospital.example.org",
            "lead_agrees": "yes",
        },
    )
    await press(page, "Save and continue")
    await picture(page, "refer-check")
    await press(page, "Send me the link")
    await page.goto(await mailed(site, "refer/return"))
    await press(page, "Go on with my referral")
    await press(page, "Send the referral")
    await picture(page, "refer-received")
    found = re.search(r"LR-\d{4}-\d{4}", await page.inner_text("main"))
    assert found
    return found[0], page


async def mailed(site: Served, part: str) -> str:
    """The newest mailed link to this page."""
    there = site.house.there
    for mail in await Post(there.database, there.vault).read():
        found = re.search(rf"http\S+{part}\S+", mail.text)
        if found:
            return found[0]
    message = f"no mail with {part}"
    raise AssertionError(message)


async def give(page: Page, ref: str, kind: str, answers: dict[str, str | bool | list[str]], about: str = "") -> None:
    """Open the page of a command, fill it in and send it."""
    await page.goto(f"/cases/{ref}/{kind}{f'?about={about}' if about else ''}")
    await fill(page, answers)
    await picture(page, f"give-{kind}")
    await send(page)
    assert await page.locator(".govuk-notification-banner--success").count() == 1, await page.inner_text("main")


@pytest.mark.browser
@pytest.mark.timeout(240)
@pytest.mark.promise("A1", "A7", "A11", "B1", "B2", "B3", "B4", "B5", "B6", "B7", "B9", "G12", "J1", "J3")
async def test_a_referral_becomes_a_decided_rapid_review_and_the_referrer_is_told(tmp_path: Path) -> None:
    async with served(tmp_path) as site:
        ref, receipt = await refer(site)
        manager, chair = await site.page(MANAGER), await site.page(CHAIR)
        await triage(manager, ref)
        review = await site.house.child_of(ref)
        await give(manager, ref, "tell_referrer", {"how": "email", "words": "A rapid review is held."})
        await receipt.goto("/status")
        assert "You are told the outcome" in await receipt.inner_text("main")
        await picture(receipt, "status")

        now = london(site.house.now)
        authority = await site.page(AUTHORITY)
        await give(
            authority,
            review,
            "record_notification",
            {"sent_at": f"{now:%Y-%m-%d %H:%M}", "sent_by": "The director", "reference": "N-1"},
        )
        await give(
            manager,
            review,
            "request_information",
            {"agencies": ["harrowshire-police", "harrowshire-icb", "harrow-vale-hospitals"]},
        )
        police, icb = await site.page(POLICE), await site.page(ICB)
        await give(police, review, "submit_return", {"holds": "nothing"})
        await give(
            icb,
            review,
            "submit_return",
            {
                "holds": "something",
                "summary": "Known to the practice.",
                "events.0.on": "2025-03-04",
                "events.0.event": "Seen by the practice.",
            },
        )

        await chased(site, review)
        # Seventeen days later everybody has to sign in again.
        hospital, manager, chair = await site.page(HOSPITAL), await site.page(MANAGER), await site.page(CHAIR)
        await give(
            hospital,
            review,
            "submit_return",
            {
                "holds": "something",
                "summary": "Seen twice.",
                "events.0.on": "2025-02-04",
                "events.0.event": "Brought to the department.",
            },
        )
        await manager.goto(f"/cases/{review}/chronology")
        events = await manager.locator("tbody tr td:nth-child(3)").all_inner_texts()
        assert events == ["Brought to the department.", "Seen by the practice."]
        await picture(manager, "chronology")

        await give(
            chair, review, "record_analysis", {"facts": "a", "context": "Looked at.", "practice": "c", "learning": "d"}
        )
        now = london(site.house.now)
        await give(
            manager,
            review,
            "record_meeting",
            {
                "held_at": f"{now:%Y-%m-%d %H:%M}",
                "seats": ["independent_chair", "police", "icb"],
                "siblings_safe": "yes",
                "siblings_words": "There are none.",
            },
        )
        await decide(chair, review, now.strftime("%Y-%m-%d %H:%M"))
        await give(
            manager,
            review,
            "record_submission",
            {"sent_at": f"{now:%Y-%m-%d %H:%M}", "siblings_safe": "yes", "siblings_words": "There are none."},
        )
        await give(
            manager, review, "record_panel_answer", {"received_at": f"{now:%Y-%m-%d %H:%M}", "position": "agrees"}
        )
        await give(
            manager, review, "tell_referrer", {"how": "phone", "words": "No further review; the learning is shared."}
        )
        assert "Closed on" in await manager.inner_text("main")
        await picture(manager, "case-closed")
        await manager.goto("/cases?closed=yes")
        await picture(manager, "board")
        async with site.house.there.database.reading() as session:
            assert await site.house.there.auditor.verify(session, site.house.there.settings.seals) == []


async def triage(page: Page, ref: str) -> None:
    answers: dict[str, str | bool | list[str]] = {
        "siblings_safe": "yes",
        "siblings_words": "There are none.",
        "restricted": False,
    }
    for row, _ in enumerate(CRITERIA):
        answers |= {
            f"children.0.criteria.{row}.met": "yes",
            f"children.0.criteria.{row}.reason": "The referral says so.",
        }
    await give(
        page, ref, "triage", {**answers, "children.0.route": "rapid_review", "children.0.reason": "All are met."}
    )


async def chased(site: Served, review: str) -> None:
    """The agency that stays silent is chased: its contact, then its lead, each in their own inbox."""
    await site.house.wait(timedelta(days=17))
    for person, words in ((HOSPITAL, "you owe this"), (HOSPITAL_LEAD, "owes this")):
        page = await site.page(person)
        await page.goto("/inbox")
        text = await page.inner_text("main")
        assert "Return of the agency" in text, text
        assert words in text, text
        assert await page.get_by_role("button", name="Promise a date").count() >= 1
        await picture(page, f"inbox-{person}")


async def decide(page: Page, review: str, at: str) -> None:
    answers: dict[str, str | bool | list[str]] = {
        "decided_at": at,
        "outcome": "no_further_review",
        "reasons": "The learning is shared.",
    }
    await page.goto(f"/cases/{review}/decide")
    for row in range(await page.locator('[name^="criteria."][name$=".reason"]').count()):
        answers |= {f"criteria.{row}.met": "no", f"criteria.{row}.reason": "Looked at."}
    for row in range(await page.locator('[name^="positions."][name$=".words"]').count()):
        answers |= {f"positions.{row}.position": "agrees"}
    await give(page, review, "decide", answers)
