"""Old answers are read in the words under which they were given, whatever the case follows since."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from models.policy import Policy
from policy.reading import read_policy_file
from records.policies import put_in_force
from tests.support.house import POLICY, house
from tests.support.lives import CHAIR, MANAGER, Lives
from tests.support.window import Windows

pytestmark = [pytest.mark.asyncio(loop_scope="module")]
OLD, NEW = "The child has died or has been seriously harmed", "Words of a later edition"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def windows(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Windows]:
    async with house(tmp_path_factory.mktemp("words")) as made:
        yield Windows(made)


def reworded() -> Policy:
    """The shipped policy with other words, a title and a criterion more in each text, and other seats."""
    shipped = read_policy_file(POLICY)
    texts = {
        name: text.model_copy(
            update={
                "title": f"{text.title}, later",
                "criteria": tuple(one.model_copy(update={"text": NEW}) for one in text.criteria),
            }
        )
        for name, text in shipped.criteria.items()
    }
    quorums = {
        name: quorum.model_copy(
            update={
                "seats": {
                    seat: one.model_copy(update={"title": f"{one.title}, later"}) for seat, one in quorum.seats.items()
                }
            }
        )
        for name, quorum in shipped.quorums.items()
    }
    return shipped.model_copy(update={"version": "later", "criteria": texts, "quorums": quorums})


@pytest.mark.promise("F9")
async def test_old_answers_are_read_in_the_words_that_were_in_force_when_they_were_given(windows: Windows) -> None:
    made, lives = windows.house, Lives(windows.house)
    review = await lives.decided()
    referral = str((await made.case(review)).said["referral"])
    chair = await windows.open(CHAIR)
    before = {ref: await chair.read(f"/cases/{ref}") for ref in (referral, review)}
    assert OLD in before[referral]
    async with made.there.database.writing() as session:
        policy, _ = await put_in_force(session, reworded(), made.now)
    for ref in (referral, review):
        if (await made.case(ref)).closed is None:
            await made.act(MANAGER, ref, "adopt_policy", policy=policy, reason="A new edition.")
    for ref in (referral, review):
        assert (await made.case(ref)).policy == policy, ref
        page = await chair.read(f"/cases/{ref}")
        assert "It follows policy later." in page
        assert NEW not in page
        assert ", later" not in page.replace("It follows policy later.", "")
    assert OLD in await chair.read(f"/cases/{referral}")
