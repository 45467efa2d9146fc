"""What is held since a backup was put back is seen by the business unit, who say what was sent and release the rest."""

from pathlib import Path

import pytest
from sqlalchemy import select

from models.tables import NoticeRow
from tests.portal import scene
from tests.support.browsing import WIDTHS, Served, axe, picture, served, text_of

pytestmark = [pytest.mark.promise("L7", "K3", "K10"), pytest.mark.browser]


async def states(made: Served, keys: list[str]) -> list[str]:
    async with made.house.there.database.reading() as session:
        found = select(NoticeRow.state).where(NoticeRow.key.in_(keys)).order_by(NoticeRow.key)
        return list(await session.scalars(found))


async def test_the_business_unit_ticks_what_was_sent_and_releases_the_rest(tmp_path: Path) -> None:
    async with served(tmp_path) as made:
        played = await scene.play(made.house)
        keys = await scene.held_back(made.house, played.review, scene.HOSPITAL)
        known = min(keys)
        page = await made.page(scene.MANAGER)
        assert "2 messages are held since a backup was put back" in await text_of(page, "/inbox")
        await page.get_by_role("button", name="Look and release").click()
        for width in WIDTHS:
            await page.set_viewport_size({"width": width, "height": 900})
            assert await axe(page) == []
            await picture(page, f"held-{width}")
        await page.locator(f"input[name=sent][value='{known}']").check()
        await page.get_by_role("button", name="Release those that are not ticked").click()
        assert "What you looked at goes out now, but for what was sent already." in await text_of(page)
        assert "Held since a backup" not in await text_of(page)
        assert await states(made, keys) == ["delivered", "queued"]
        for person in (scene.CHAIR, scene.HOSPITAL):
            other = await made.page(person)
            answer = await other.goto("/messages")
            assert answer
            assert answer.status == 403
            assert "held since" not in await text_of(other, "/inbox")
