"""A practice review on its pages: what waits for other proceedings, where it stands, and what can still be done."""

import re
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

import pytest
import pytest_asyncio

from models.lifecycles import COMMANDS
from models.rights import actor_of
from models.time import day_of
from models.why import explain
from portal.happened import Happened, time_line
from portal.pages import day, short
from records.questions import CaseView, Questions
from tests.portal.test_tracking import Site
from tests.support.lives import SOME_OR_ALL, Lives
from tests.support.lives_of_reviews import CHAIR, MANAGER, PracticeReviews
from tests.support.recording import Recording, recording
from tests.support.tracking import Tracked

pytestmark = pytest.mark.asyncio(loop_scope="module")
KEY = re.compile(r"[a-z0-9]+([_.#/-][a-z0-9]+)*")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def made(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Recording]:
    async with recording(tmp_path_factory.mktemp("reviews")) as found:
        yield found


@pytest.fixture(scope="module")
def site(made: Recording) -> Site:
    return Site(made, Tracked("", "", "", "", ""))


async def seen(made: Recording, ref: str, person: str = CHAIR) -> CaseView:
    questions = Questions(made.there.recorder)
    directory = await questions.directory()
    assert directory
    found = await questions.case(ref, actor_of(directory, person, made.now), made.now)
    assert isinstance(found, CaseView)
    return found


@SOME_OR_ALL
@pytest.mark.promise("J3")
async def test_no_answer_on_a_time_line_is_a_key_whatever_was_recorded(
    made: Recording, commands: Sequence[tuple[str, str]]
) -> None:
    directory, found = await Questions(made.there.recorder).directory(), set[tuple[str, str, str]]()
    assert directory
    for lifecycle, kind in commands:
        given = await Lives(made).ready(lifecycle, kind)
        done = await Lives(made).give(given)
        view = await seen(made, given.case or done.case)
        for one in time_line(view.state, view.entries, directory):
            for question, answer in one.pairs if isinstance(one, Happened) else ():
                for part in answer.split(", "):
                    if KEY.fullmatch(part) and not part.isdigit():
                        found.add((one.entry.kind, question, part))  # type: ignore[union-attr]
    assert not found


@pytest.mark.promise("C6", "C7")
async def test_a_milestone_that_waits_says_for_what_by_whom_on_whose_authority_and_until_which_review(
    made: Recording, site: Site
) -> None:
    ref = await PracticeReviews(Lives(made)).suspended()
    review = day(day_of(made.now) + timedelta(days=30))
    case = await site.page(MANAGER, f"/cases/{ref}")
    assert "Which milestones wait? Practitioner event, Publish the report" in case
    assert "For which proceedings? Criminal investigation or trial (1)" in case
    assert f"The clock stands still, and whether it goes on is reviewed by the end of {review}." in case
    assert f"Suspended for it: Practitioner event, Publish the report; to be reviewed by the end of {review}" in case
    deadlines = await site.page(MANAGER, f"/cases/{ref}/deadlines")
    assert "The clock was suspended by the independent chair: the clock stands still" in deadlines
    because = "until it is ended, for criminal investigation or trial (1), on the authority of: Words about authority."
    assert f"{because} To be reviewed by the end of {review}." in deadlines
    directory, view = await Questions(made.there.recorder).directory(), await seen(made, ref)
    assert directory
    why = explain(view.state, "publication", await made.facts(ref), {}, directory, made.now)
    (words,) = why.suspensions
    assert words.startswith(f"from {short(made.now)} until it is ended, for Criminal investigation or trial (1), by ")
    assert words.endswith(f" as Independent chair, to be reviewed by {review.partition(' ')[2]}")


@pytest.mark.promise("C7")
async def test_a_milestone_that_goes_on_says_by_whose_word_and_one_still_suspended_its_next_review(
    made: Recording, site: Site
) -> None:
    ref = await PracticeReviews(Lives(made)).suspended()
    later = day_of(made.now) + timedelta(days=40)
    await made.act(CHAIR, ref, "review_milestones", item="p1", outcome="continue", review=str(later), reason="-")
    assert f"To be reviewed by the end of {day(later)}." in await site.page(MANAGER, f"/cases/{ref}/deadlines")
    await made.act(CHAIR, ref, "review_milestones", item="p1", outcome="lift", reason="-")
    deadlines = await site.page(MANAGER, f"/cases/{ref}/deadlines")
    assert "The suspension was ended by the independent chair: due" in deadlines
    assert "To be reviewed" not in deadlines


@pytest.mark.promise("C6")
async def test_two_reports_of_agencies_that_can_wait_are_told_apart(made: Recording, site: Site) -> None:
    reviews = PracticeReviews(Lives(made))
    ref = await reviews.requested()
    await made.act(MANAGER, ref, "link_proceeding", **reviews.linking())
    form = await site.page(CHAIR, f"/cases/{ref}/suspend_milestones")
    assert "Report of the agency, Harrowshire Police" in form
    assert "Report of the agency, Harrowshire Integrated Care Board" in form


@pytest.mark.promise("J1", "J3")
async def test_a_review_stands_at_the_next_step_of_its_way_and_not_at_what_is_owed_beside_it(made: Recording) -> None:
    reviews = PracticeReviews(Lives(made))
    ref = await reviews.requested()
    said = {"pace": "on_track", "quality": "good", "words": "-"}
    await made.act(MANAGER, ref, "check_review", **said)
    assert (await seen(made, ref)).line.stage == "Report of the agency", "a check of time carries it no further"
    assert (await seen(made, await reviews.signed())).line.stage == "Publish the report"
    under_way = await reviews.entered("under_way")
    assert (await seen(made, under_way)).line.stage == "Under way"


@pytest.mark.promise("J3")
async def test_a_case_says_from_which_kind_of_case_it_came(made: Recording, site: Site) -> None:
    review = await PracticeReviews(Lives(made)).decided()
    rapid = (await seen(made, review)).parent
    assert rapid
    assert f"From rapid review {rapid}" in await site.page(MANAGER, f"/cases/{review}")
    assert re.search(r"From referral LR-\d{4}-\d{4}", await site.page(MANAGER, f"/cases/{rapid}"))


ON_THE_WAY = {"hold_practitioner_event", "receive_draft", "sign_off", "request_information", "appoint_reviewer"}


@pytest.mark.promise("C9", "J3")
@pytest.mark.parametrize("settled", ["published", "brought_home"])
async def test_of_a_review_that_is_settled_nothing_is_offered_that_leads_to_a_report(
    made: Recording, site: Site, settled: str
) -> None:
    ref = await getattr(PracticeReviews(Lives(made)), settled)()
    for person in (MANAGER, CHAIR):
        offered = set(re.findall(rf'href="/cases/{ref}/([a-z_]+)', (await site.get(person, f"/cases/{ref}")).text))
        assert not offered & ON_THE_WAY


@pytest.mark.promise("C3")
async def test_nobody_is_offered_a_deliverable_of_a_review_without_a_contract_nor_a_suspension_of_nothing(
    made: Recording, site: Site
) -> None:
    reviews = PracticeReviews(Lives(made))
    ref = await reviews.brought_home()
    await made.act(MANAGER, ref, "link_proceeding", **reviews.linking())
    for person, kind in ((MANAGER, "receive_deliverable"), (CHAIR, "suspend_milestones")):
        assert kind in COMMANDS["practice_review"]
        assert f"/cases/{ref}/{kind}" not in (await site.get(person, f"/cases/{ref}")).text
