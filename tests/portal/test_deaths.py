"""The figures of deaths: who sees them, and that page, spreadsheet and print say the same numbers."""

import csv
import io
import re
from collections.abc import AsyncIterator
from datetime import date

import httpx2
import pytest
import pytest_asyncio
from fastapi import FastAPI
from pypdf import PdfReader
from sqlalchemy import insert

from models.child_death_commands import Category, Ethnic, Modifiable
from models.death_bands import AgeBand, PlaceGroup
from models.referral import Sex
from models.tables import CountedRow
from portal.app import create_app
from portal.visiting import SESSION
from records.accounts import Accounts
from tests.support.house import House, house

pytestmark = pytest.mark.asyncio(loop_scope="module")

COORDINATOR, SUBGROUP, CONTACT, PARTNER = "p-024", "p-020", "p-011", "p-004"
INFANTS, OLDER = 31, 3


def row(number: int, age: AgeBand) -> dict[str, object]:
    return {
        "id": f"{number:x}", "sealed": b"-", "notified": date(2026, 5, 1), "reviewed": date(2026, 9, 1), "months": 4,
        "age_band": age.value, "sex": Sex.FEMALE.value, "ethnic_group": Ethnic.WHITE.value,
        "place": PlaceGroup.HOSPITAL.value, "area": "harrowshire", "category": Category.PERINATAL.value,
        "modifiable": Modifiable.NO.value, "counts": True,
    }  # fmt: skip


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def made(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house(tmp_path_factory.mktemp("figures")) as one:
        rows = [row(number, AgeBand.NEONATAL) for number in range(INFANTS)]
        rows += [row(INFANTS + number, AgeBand.UNDER_TEN) for number in range(OLDER)]
        async with one.there.database.writing() as session:
            await session.execute(insert(CountedRow), rows)
        yield one


APPS: dict[int, tuple[House, FastAPI]] = {}
"""The portal of the house that was read last: to make one takes longer than a page."""


async def visitor(made: House, person: str) -> httpx2.AsyncClient:
    if id(made) not in APPS:
        APPS.clear()
        APPS[id(made)] = made, create_app(made.there, made.client, lambda: made.now)
    _, app = APPS[id(made)]
    async with made.there.database.writing() as session:
        accounts = Accounts(made.there.database, made.there.vault, made.there.auditor)
        token = await accounts.begin(session, person, made.now)
    transport = httpx2.ASGITransport(app=app)
    return httpx2.AsyncClient(transport=transport, base_url="http://reviews", cookies={SESSION: token})


async def read(made: House, person: str, address: str) -> httpx2.Response:
    async with await visitor(made, person) as client:
        return await client.get(address)


def colours(pdf: bytes) -> set[str]:
    """Every colour with which something is drawn or filled that is no shade of grey, and every picture."""
    found = set()
    for page in PdfReader(io.BytesIO(pdf)).pages:
        drawn = page.get_contents()
        assert drawn is not None
        for red, green, blue in re.findall(rb"([\d.]+) ([\d.]+) ([\d.]+) (?:rg|RG)\b", drawn.get_data()):
            found |= {f"{red} {green} {blue}"} if not red == green == blue else set()
        found |= {one.name for one in page.images}
    return found


@pytest.mark.promise("K3")
@pytest.mark.parametrize("person", [CONTACT, PARTNER])
@pytest.mark.parametrize("address", ["/deaths", "/deaths?public=yes", "/deaths?as=csv", "/deaths.pdf"])
async def test_whoever_sees_no_whole_review_of_a_death_sees_no_figures_of_them(
    made: House, person: str, address: str
) -> None:
    assert (await read(made, person, address)).status_code == 403


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ("first=1989", "first"), ("first=2026&last=2025", "first"), ("last=2199", "last"), ("first=x", "first"),
        ("begins=7", "begins"), ("first=1990&last=2025", "first"), ("area=nowhere", "area"),
        ("area=lowmarsh&public=yes", "area"),
    ],
)  # fmt: skip
async def test_figures_that_cannot_be_are_refused_beside_the_field_with_what_was_typed(
    made: House, asked: str, field: str
) -> None:
    answer = await read(made, COORDINATOR, f"/deaths?{asked}")
    assert answer.status_code == 400
    assert f'href="#{field}"' in answer.text
    assert f'id="{field}-error"' in answer.text
    assert "<table" not in answer.text
    if "=x" in asked:
        assert 'value="x"' in answer.text


@pytest.mark.parametrize("address", ["/deaths?first=x&as=csv", "/deaths.pdf?first=x", "/deaths?as=doc"])
async def test_no_file_is_made_of_figures_that_cannot_be(made: House, address: str) -> None:
    assert (await read(made, COORDINATOR, address)).status_code == 400


@pytest.mark.promise("H15")
async def test_the_figures_of_one_area_count_its_deaths_alone(made: House) -> None:
    everywhere = (await read(made, COORDINATOR, "/deaths?first=2026&last=2026")).text
    here = (await read(made, COORDINATOR, "/deaths?first=2026&last=2026&area=harrowshire")).text
    there = (await read(made, COORDINATOR, "/deaths?first=2026&last=2026&area=lowmarsh")).text
    cells = [re.findall(r'<td class="[^"]*numeric">([^<]*)</td>', page) for page in (everywhere, here, there)]
    assert cells[0] == cells[1]
    assert {one for one in cells[2] if one != "–"} == {"0"}
    assert "Deaths of children, Harrowshire, 2026/27" in here


@pytest.mark.promise("H14")
@pytest.mark.parametrize("asked", ["first=2026&last=2026", "first=2025&last=2026&together=yes&public=yes"])
async def test_page_spreadsheet_chart_and_print_say_the_same_numbers(made: House, asked: str) -> None:
    page = (await read(made, SUBGROUP, f"/deaths?{asked}")).text
    sheet = list(csv.reader(io.StringIO((await read(made, SUBGROUP, f"/deaths?{asked}&as=csv")).text.lstrip("\ufeff"))))
    cells = re.findall(r'<td class="[^"]*numeric">([^<]*)</td>', page)
    said = [one for line in sheet for one in line[1:] if re.match(r"\d+( \(|$)|fewer|withheld", one)]
    assert [one for one in cells if one != "–"] == said
    charts = re.findall(r'<div class="portal-bar__words">([^<]*)</div>', page)
    assert set(charts) <= set(cells)
    assert len(charts) > len(cells) // 4
    assert "Percentages are rounded" in page
    made_pdf = await read(made, SUBGROUP, f"/deaths.pdf?{asked}")
    text = " ".join("".join(one.extract_text() for one in PdfReader(io.BytesIO(made_pdf.content)).pages).split())
    assert not [one for one in said if one not in text]
    assert colours(made_pdf.content) == set(), "what is printed in grey says the same"


@pytest.mark.promise("H13")
async def test_the_backlog_is_shown_to_those_who_may_know_every_count_and_to_nobody_else(made: House) -> None:
    title = "Open today, by what they wait for"
    assert title in (await read(made, COORDINATOR, "/deaths")).text
    assert title not in (await read(made, COORDINATOR, "/deaths?public=yes")).text


@pytest.mark.promise("H14")
async def test_what_is_for_everybody_says_no_small_number_and_none_from_which_it_follows(made: House) -> None:
    everybody = (await read(made, COORDINATOR, "/deaths?first=2026&last=2026&public=yes")).text
    assert "fewer than 5" in everybody
    cells = re.findall(r'<td class="[^"]*numeric">([^<]*)</td>', everybody)
    assert not {str(OLDER), f"{OLDER} (9%)", str(INFANTS)} & {*cells}
    known = (await read(made, COORDINATOR, "/deaths?first=2026&last=2026")).text
    assert f"{OLDER} (9%)" in known
    assert "Confidential" in known
