"""Two referrals about one child: shown, decided with a reason, joined, and nothing lost."""

from pathlib import Path

import pytest

from records.questions import Questions
from tests.support.house import house, triage

MANAGER = "p-018"


@pytest.mark.promise("A6", "A4")
async def test_the_same_child_in_other_spelling_is_shown_and_the_decision_is_kept(tmp_path: Path) -> None:
    async with house(tmp_path) as made:
        first = (await made.refer()).case
        second = (await made.refer(children=[{"name": "Zarbain, Quillon", "born": "2019-03-02"}])).case
        third = (await made.refer(children=[{"name": "Norwen Other", "born": "2011-01-01"}])).case
        questions = Questions(made.there.recorder)
        found = await questions.likely_same(second)
        assert [one.ref for one in found] == [first]
        assert await questions.likely_same(third) == []

        await made.act(MANAGER, second, "decide_duplicate", other=first, same=True, reason="The mother confirmed it.")
        assert [(one.ref, one.decided) for one in await questions.likely_same(second)] == [(first, True)]

        await made.act(MANAGER, first, "triage", **triage())
        review = await made.child_of(first)
        joined = triage("joined")
        joined["children"][0]["joins"] = review
        await made.act(MANAGER, second, "triage", **joined)
        await made.act(MANAGER, second, "tell_referrer", how="phone", words="It belongs to a review that is under way.")
        assert (await made.case(second)).closed
        assert [name["name"] for _, name in await questions.children(second)] == ["Zarbain, Quillon"]
