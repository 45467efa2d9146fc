from datetime import timedelta
from pathlib import Path
from tests.support.house import house, triage, decision

async def test_walk(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        done = await h.refer()
        ref = done.case
        print(ref, [ (f.number,f.kind) for f in await h.facts(ref)])
        await h.act("p-018", ref, "triage", **triage())
        rr = await h.child_of(ref)
        await h.act("p-018", ref, "tell_referrer", how="email", words="A rapid review.")
        assert (await h.case(ref)).closed
        await h.act("p-001", rr, "record_notification", sent_at=h.now.isoformat(), sent_by="A", reference="B")
        await h.act("p-018", rr, "request_information", agencies=["harrowshire-police","harrowshire-icb"])
        await h.act("p-005", rr, "submit_return", agency="harrowshire-police", holds="nothing")
        await h.wait(timedelta(days=23))
        for n in await h.notices(rr): print(n.key, n.kind, n.person, n.rung_at, n.state)
        await h.act("p-007", rr, "submit_return", agency="harrowshire-icb", holds="something", summary="Known.", events=[{"on":"2020-02-02","event":"Seen"}])
        await h.act("p-021", rr, "record_analysis", facts="a", context="b", practice="c", learning="d")
        await h.act("p-018", rr, "record_meeting", held_at=h.now.isoformat(), seats=["independent_chair","police","icb"], siblings_safe="yes", siblings_words="n")
        await h.act("p-021", rr, "decide", **decision("no_further_review", h.now))
        await h.act("p-018", rr, "record_submission", sent_at=h.now.isoformat(), siblings_safe="yes", siblings_words="n")
        await h.act("p-018", rr, "record_panel_answer", received_at=h.now.isoformat(), position="agrees")
        await h.act("p-018", rr, "tell_referrer", how="email", words="x")
        c = await h.case(rr)
        print([ (o.key,o.ended) for o in c.obligations.values()])
        assert c.closed
        handle = h.client.get_workflow_handle(rr)
        assert await handle.result() == rr
        async with h.there.database.reading() as s:
            assert await h.there.auditor.verify(s, h.there.settings.seals) == []
