"""Invitations: nobody alone becomes the chair; with a mail server nobody but the person sees the link."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx2
import pytest
import pytest_asyncio
from sqlalchemy import select, update

from models.directory import Directory
from models.tables import LinkRow, MailRow, OneTimeRow
from notifier.post import Mail, Post
from notifier.receipts import STATUS, receipt
from portal.app import create_app
from portal.inviting import MAILED_AT_MOST
from portal.visiting import ANONYMOUS, SESSION
from records.accounts import Accounts
from records.settings import Settings
from tests.portal.scene import ADMINISTRATOR, CHAIR, MANAGER, PARTNER, POLICE, SUBGROUP
from tests.support.house import House, house

pytestmark = pytest.mark.asyncio(loop_scope="module")
PASSWORD = "three quiet lanterns"


class Site:
    """A house whose portal may have a mail server, or none."""

    def __init__(self, made: House, *, mails: bool = False) -> None:
        self.house, self.there = made, made.there
        if mails:
            settings = Settings.model_validate({**made.there.settings.model_dump(), "smtp_host": "mail.example.org"})
            self.there = replace(made.there, settings=settings)
        self.app = create_app(self.there, made.client, lambda: made.now, attempts=10_000)
        self.accounts = Accounts(made.there.database, made.there.vault, made.there.auditor)

    @asynccontextmanager
    async def browser(self, person: str = "") -> AsyncIterator["Browser"]:
        cookies, token = {}, ""
        if person:
            async with self.there.database.writing() as session:
                cookies[SESSION] = await self.accounts.begin(session, person, self.house.now)
        transport = httpx2.ASGITransport(app=self.app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://reviews.test", cookies=cookies) as client:
            page = await client.get("/sign-out" if person else "/sign-in")
            found = re.search(r'name="_csrf" value="([^"]+)"', page.text)
            token = found[1] if found else ""
            yield Browser(client, token)

    async def has_password(self, person: str) -> None:
        async with self.there.database.writing() as session:
            token = await self.accounts.link(session, "invitation", person, None)
        assert await self.accounts.set_password(token, PASSWORD, self.house.now) == person

    async def pressed(self, by: str, person: str, does: str = "invite") -> httpx2.Response:
        async with self.browser(by) as browser:
            return await browser.post(f"/people/{person}/{does}")

    async def directory(self) -> Directory:
        async with self.there.database.reading() as session:
            found = await self.there.recorder.directory.read(session)
        assert found
        return found

    async def mail(self) -> list[Mail]:
        return await Post(self.there.database, self.there.vault).read()

    async def links(self) -> list[tuple[str, str]]:
        async with self.there.database.reading() as session:
            found = select(LinkRow).where(LinkRow.chain == "sign-ins").order_by(LinkRow.number)
            return [(link.kind, link.actor) for link in await session.scalars(found)]


class Browser:
    def __init__(self, client: httpx2.AsyncClient, token: str) -> None:
        self.client, self._token = client, token

    async def post(self, address: str, **form: str) -> httpx2.Response:
        return await self.client.post(address, data={"_csrf": self._token, **form})


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def by_hand(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    async with house(tmp_path_factory.mktemp("by-hand")) as made:
        site = Site(made)
        for person in (ADMINISTRATOR, MANAGER, CHAIR):
            await site.has_password(person)
        yield site


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def by_mail(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    async with house(tmp_path_factory.mktemp("by-mail")) as made:
        yield Site(made, mails=True)


def link_in(answer: httpx2.Response) -> str:
    found = re.search(r"/invitation#([\w-]+)", answer.text)
    return found[1] if found else ""


@pytest.mark.promise("K1")
@pytest.mark.parametrize("decides", [CHAIR, SUBGROUP, PARTNER])
@pytest.mark.parametrize(("first", "second"), [(ADMINISTRATOR, MANAGER), (MANAGER, ADMINISTRATOR)])
async def test_the_link_of_somebody_who_decides_is_shown_to_a_second_person_after_another_has_asked(
    by_hand: Site, decides: str, first: str, second: str
) -> None:
    asked = await by_hand.pressed(first, decides)
    assert (asked.status_code, link_in(asked)) == (200, "")
    again = await by_hand.pressed(first, decides)
    assert (again.status_code, link_in(again)) == (403, ""), "pressing twice does not make two people"
    given = await by_hand.pressed(second, decides)
    token = link_in(given)
    assert await by_hand.accounts.peek(token, "invitation", by_hand.house.now) == decides
    assert (await by_hand.links())[-2:] == [("invitation_asked", first), ("invited", second)]
    assert link_in(await by_hand.pressed(second, decides)) == "", "each link takes two again"
    await by_hand.pressed(first, decides, "withdraw")


@pytest.mark.promise("K1")
async def test_nobody_gives_themself_a_second_office_of_the_two(by_hand: Site) -> None:
    assert link_in(await by_hand.pressed(ADMINISTRATOR, MANAGER)) == ""
    assert (await by_hand.pressed(MANAGER, MANAGER)).status_code == 403, "nor does anybody give their own"
    assert link_in(await by_hand.pressed(CHAIR, MANAGER)), "the chair can be the second"
    assert (await by_hand.pressed(CHAIR, SUBGROUP)).status_code == 403, "but asks for nothing"
    assert (await by_hand.pressed(POLICE, SUBGROUP)).status_code == 403
    assert link_in(await by_hand.pressed(ADMINISTRATOR, POLICE)), "an agency's contact takes one"


@pytest.mark.promise("K1")
async def test_whoever_is_to_be_invited_sees_it_and_can_withdraw_it(by_hand: Site) -> None:
    await by_hand.pressed(ADMINISTRATOR, CHAIR)
    async with by_hand.browser(CHAIR) as browser:
        assert "asks for an invitation for you" in (await browser.client.get("/inbox")).text
        await browser.post(f"/people/{CHAIR}/withdraw")
        assert "asks for an invitation" not in (await browser.client.get("/inbox")).text
    async with by_hand.browser(MANAGER) as browser:
        assert "asks for an invitation" not in (await browser.client.get("/inbox")).text
    assert link_in(await by_hand.pressed(MANAGER, CHAIR)) == "", "what was withdrawn is no first half"
    assert ("invitation_withdrawn", CHAIR) in await by_hand.links()
    async with by_hand.browser(ADMINISTRATOR) as browser:
        inbox = await browser.client.get("/inbox")
    assert "asks for an invitation for" in inbox.text
    assert (await by_hand.pressed(POLICE, CHAIR, "withdraw")).status_code == 403
    await by_hand.pressed(CHAIR, CHAIR, "withdraw")


@pytest.mark.promise("K1")
async def test_the_first_of_a_new_installation_is_invited_by_one(tmp_path_factory: pytest.TempPathFactory) -> None:
    async with house(tmp_path_factory.mktemp("new")) as made:
        site = Site(made)
        await site.has_password(ADMINISTRATOR)
        lonely = await site.pressed(ADMINISTRATOR, CHAIR)
        assert "nobody else has a password yet" in lonely.text
        assert link_in(await site.pressed(ADMINISTRATOR, MANAGER))


@pytest.mark.promise("K1")
async def test_with_a_mail_server_a_link_goes_to_the_person_and_nobody_else_sees_it(by_mail: Site) -> None:
    before = len(await by_mail.mail())
    answer = await by_mail.pressed(ADMINISTRATOR, CHAIR)
    assert (answer.status_code, link_in(answer), "goes to" in answer.text) == (200, "", True)
    mail = (await by_mail.mail())[: len(await by_mail.mail()) - before]
    assert [one.to for one in mail] == [(await email_of(by_mail, CHAIR))]
    token = re.search(r"/invitation#([\w-]+)", mail[0].text)
    assert token
    for reader in (MANAGER, ADMINISTRATOR):
        async with by_mail.browser(reader) as browser:
            page = await browser.client.get("/mail")
        assert (page.status_code, token[1] in page.text) == (200, False)
    assert await by_mail.accounts.set_password(token[1], PASSWORD, by_mail.house.now) == CHAIR


async def email_of(site: Site, person: str) -> str:
    return (await site.directory()).people[person].email


@pytest.mark.promise("K1")
async def test_a_forgotten_password_is_answered_alike_whoever_asks_and_mailed_to_the_person_alone(
    by_mail: Site,
) -> None:
    email, before = await email_of(by_mail, SUBGROUP), len(await by_mail.mail())
    said = set()
    async with by_mail.browser() as browser:
        assert "I have forgotten my password" in (await browser.client.get("/sign-in")).text
        for typed in (email, "nobody@example.org", "not an address", ""):
            answer = await browser.post("/forgotten", email=typed)
            said.add((answer.status_code, re.sub(r'(value|nonce)="[^"]*"', "", answer.text)))
        assert len(said) == 1
        mail = await by_mail.mail()
        assert [one.to for one in mail[: len(mail) - before]] == [email]
        assert all(one.private for one in mail[: len(mail) - before])
        for _ in range(2 * MAILED_AT_MOST):
            await browser.post("/forgotten", email=email.upper())
        assert len(await by_mail.mail()) - before == MAILED_AT_MOST, "nobody floods somebody's mail"
        token = re.search(r"/invitation#([\w-]+)", (await by_mail.mail())[0].text)
        assert token
        done = await browser.post("/invitation", token=token[1], password=PASSWORD)
        assert "Your password is set" in (await browser.client.get(done.headers["location"])).text
        entered = await browser.post("/sign-in", email=email, password=PASSWORD)
    assert entered.headers["location"] == "/cases"


async def test_without_a_mail_server_a_forgotten_password_leads_to_the_business_unit_by_name(by_hand: Site) -> None:
    directory = await by_hand.directory()
    async with by_hand.browser() as browser:
        page = (await browser.client.get("/forgotten")).text
        assert directory.people[MANAGER].name in page
        assert "Send me the link" not in page
        before = len(await by_hand.mail())
        assert (await browser.post("/forgotten", email=directory.people[CHAIR].email)).status_code == 303
    assert len(await by_hand.mail()) == before


@pytest.mark.promise("K1")
async def test_wrong_tries_of_others_leave_a_browser_alone_in_which_one_has_signed_in(by_hand: Site) -> None:
    email = await email_of(by_hand, CHAIR)
    async with by_hand.browser() as mine, by_hand.browser() as theirs:
        assert (await mine.post("/sign-in", email=email, password=PASSWORD)).status_code == 303
        mine.client.cookies.delete(SESSION)
        for _ in range(9):
            assert (await theirs.post("/sign-in", email=email, password="not this one")).status_code == 422
        assert (await theirs.post("/sign-in", email=email, password=PASSWORD)).status_code == 422
        assert ANONYMOUS in mine.client.cookies
        assert (await mine.post("/sign-in", email=email, password=PASSWORD)).status_code == 303


@pytest.mark.promise("A13")
async def test_without_a_mail_server_nothing_is_said_to_be_mailed_and_the_business_unit_is_told_urgently(
    by_hand: Site,
) -> None:
    async with by_hand.browser() as browser:
        await browser.post("/refer")
        said = await browser.post("/refer/later", email="nurse@hospital.example.org")
        start = (await browser.client.get("/refer")).text
    assert "The business unit sends you the link" in said.text
    assert "reviews@harrowshire.example.org" in said.text
    assert not {page for page in (said.text, start) if "We send" in page}
    async with by_hand.browser(MANAGER) as browser:
        assert "letter waits to be passed on" in (await browser.client.get("/inbox")).text
        page = (await browser.client.get("/mail")).text
        number = re.search(r"/mail/(\d+)/passed-on", page)
        assert number
        assert "waits to be passed on" in page
        await browser.post(f"/mail/{number[1]}/passed-on")
        assert "passed on" in (await browser.client.get("/mail")).text
        assert "Urgent:" not in (await browser.client.get("/inbox")).text
        assert (await browser.post("/mail/none/passed-on")).status_code == 404
    async with by_hand.browser(POLICE) as browser:
        assert "Urgent:" not in (await browser.client.get("/inbox")).text
        assert (await browser.post(f"/mail/{number[1]}/passed-on")).status_code == 403
    assert ("mail_passed_on", MANAGER) in await by_hand.links()


async def test_with_a_mail_server_the_link_of_a_referral_is_mailed_and_nobody_has_to_pass_it_on(by_mail: Site) -> None:
    async with by_mail.browser() as browser:
        await browser.post("/refer")
        assert "We send you a link" in (await browser.post("/refer/later", email="nurse@school.example.org")).text
    async with by_mail.browser(MANAGER) as browser:
        assert "Urgent:" not in (await browser.client.get("/inbox")).text
        page = (await browser.client.get("/mail")).text
    assert "waits to be sent" in page
    assert "has been passed on" not in page


async def begun(site: Site, email: str) -> None:
    """A referral is put off until its link comes."""
    async with site.browser() as browser:
        await browser.post("/refer")
        await browser.post("/refer/later", email=email)


async def listed(site: Site, email: str) -> tuple[int, int, str]:
    """How many letters to this address are to be passed on, how many are not, and the newest of these."""
    async with site.browser(MANAGER) as browser:
        page = (await browser.client.get("/mail")).text
    waiting, _, others = page.rpartition('<h2 class="govuk-heading-m">')
    if ">To be passed on<" not in waiting and "To be passed on<" in others:
        waiting, others = others, ""
    at = f"to {email}: "
    return waiting.count(at), others.count(at), others.partition(at)[2].partition("<")[0]


async def failed(site: Site) -> None:
    """The mail server, if there is one, has refused every letter for good."""
    if not site.there.settings.smtp_host:
        return
    async with site.there.database.writing() as session:
        await session.execute(update(MailRow).where(MailRow.state == "queued").values(state="failed"))


@pytest.mark.promise("A1", "A3")
async def test_a_letter_whose_link_was_used_or_has_run_out_waits_for_nobody(by_hand: Site, by_mail: Site) -> None:
    for site in (by_hand, by_mail):
        email = "midwife@hospital.example.org"
        await begun(site, email)
        await failed(site)
        assert await listed(site, email) == (1, 0, "")
        [mail] = [one for one in await site.mail() if one.to == email]
        token = mail.text.partition("#")[2].split()[0]
        async with site.browser() as browser:
            await browser.post("/refer/return", token=token)
        waiting, others, stands = await listed(site, email)
        assert (waiting, others) == (0, 1)
        assert re.fullmatch(r"used on \d+ \w+ \d{4}", stands)
        late = "dentist@hospital.example.org"
        await begun(site, late)
        await failed(site)
        waits = await Post(site.there.database, site.there.vault).waiting(site.there.settings, site.house.now)
        async with site.there.database.writing() as session:
            [mail] = [one for one in await site.mail() if one.to == late]
            run_out = update(OneTimeRow).where(OneTimeRow.id == mail.link).values(until=site.house.now)
            await session.execute(run_out)
        assert (await listed(site, late))[:2] == (0, 1)
        left = await Post(site.there.database, site.there.vault).waiting(site.there.settings, site.house.now)
        assert left == waits - 1


@pytest.mark.promise("A3")
async def test_the_receipt_says_of_its_link_what_is_done_with_it(by_hand: Site, by_mail: Site) -> None:
    for site, words in ((by_hand, "The business unit is asked to send it"), (by_mail, "it goes to your e-mail")):
        email = "practice.nurse@example.org"
        done = await site.house.refer()
        token = await receipt(site.there, done.case, "referral", email, site.house.now)
        async with site.browser() as browser:
            browser.client.cookies.set(STATUS, token)
            page = (await browser.client.get("/refer/received")).text
            assert words in page
            assert "no mail brings it" not in page
            [letter] = [one for one in await site.mail() if one.to == email and done.case in one.subject]
            assert f"<code>{letter.text.splitlines()[-1]}</code>" in page
            await failed(site)
            assert (await listed(site, email))[0] == 1
            await browser.post("/status", token=token)
        assert (await listed(site, email))[:2] == (0, 1), "whoever opens it has got it"
