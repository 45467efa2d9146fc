"""A request that went wrong is withdrawn, and a silent agency is recorded as not having contributed, on the pages."""

import csv
import io
from collections.abc import AsyncIterator
from zipfile import ZipFile

import pytest
import pytest_asyncio

from tests.support.house import house
from tests.support.lives import ICB, ICB_AGENCY, MANAGER, POLICE, POLICE_AGENCY, Lives
from tests.support.window import Window, Windows

pytestmark = [pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def windows(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Windows]:
    async with house(tmp_path_factory.mktemp("silent")) as made:
        yield Windows(made)


async def exported(window: Window, ref: str, form: str) -> bytes:
    return bytes((await window.client.get(f"/cases/{ref}/chronology", params={"as": form})).content)


@pytest.mark.promise("B2")
async def test_an_agency_that_was_asked_by_mistake_reads_that_it_is_not_asked_any_more(windows: Windows) -> None:
    made, manager, police = windows.house, await windows.open(MANAGER), await windows.open(POLICE)
    ref = await Lives(made).asked()
    assert "Whom this is about" in await police.read(f"/cases/{ref}")
    assert "Record that an agency did not contribute" not in await manager.read(f"/cases/{ref}"), "nobody is late"
    page = await manager.give(ref, "withdraw_request", agency=POLICE_AGENCY, reason="")
    assert "Enter why the request was wrong" in page
    page = await manager.give(ref, "withdraw_request", agency=POLICE_AGENCY, reason="Another force covers it.")
    assert "A request for information was withdrawn" in page
    assert "Another force covers it." in page
    assert "This is not owed any more" in await police.read("/inbox")
    [back] = [one for one in await made.notices(ref) if one.kind == "moved"]
    assert (back.person, back.state) == (POLICE, "queued"), "a message of its own, beside the demand that is over"
    page = await police.read(f"/cases/{ref}")
    assert "Nothing is owed by your agency" in page
    assert "Whom this is about" not in page
    assert "Not asked any more: Harrowshire Police." in await manager.read(f"/cases/{ref}/pack")


@pytest.mark.promise("B3", "B4", "B6")
async def test_a_silent_agency_is_named_with_the_reason_in_chronology_pack_and_time_line(windows: Windows) -> None:
    made, manager = windows.house, await windows.open(MANAGER)
    ref = await Lives(made).silent()
    page = await manager.give(ref, "record_no_return", agency=POLICE_AGENCY, reason="")
    assert "Enter why it did not contribute" in page
    reason = "Neither its contact nor its board answered."
    page = await manager.give(ref, "record_no_return", agency=POLICE_AGENCY, reason=reason)
    assert "An agency did not contribute, Harrowshire Police" in page
    for paper in ("", "/pack", "/chronology"):
        assert reason in await manager.read(f"/cases/{ref}{paper}"), paper
    assert "Return of Harrowshire Police, which did not contribute" in await manager.read(f"/cases/{ref}/pack")
    assert "closed without it" in await manager.read(f"/cases/{ref}/deadlines")
    rows = list(csv.reader(io.StringIO((await exported(manager, ref, "csv")).decode("utf-8-sig"))))
    assert ["", "Harrowshire Police", f"did not contribute: {reason}", ""] in rows
    awaited = [row for row in rows if row[2] == "has not answered yet"]
    assert {row[1] for row in awaited} == {"Harrowshire Integrated Care Board"}
    with ZipFile(io.BytesIO(await exported(manager, ref, "xlsx"))) as book:
        assert 'name="Not in it"' in book.read("xl/workbook.xml").decode()
        assert "xl/worksheets/sheet2.xml" in book.namelist()
        assert f"did not contribute: {reason}" in book.read("xl/sharedStrings.xml").decode()
    other = await windows.open(ICB)
    assert reason not in (await exported(other, ref, "csv")).decode(), "nothing of another agency"
    for paper in ("", "/chronology"):
        assert reason not in await other.read(f"/cases/{ref}{paper}"), "nothing of another agency"
    await made.act(POLICE, ref, "submit_return", **Lives(made).returning())
    await made.act(ICB, ref, "submit_return", agency=ICB_AGENCY, holds="nothing")
    assert "did not contribute:" not in await manager.read(f"/cases/{ref}/chronology"), "it came after all"
