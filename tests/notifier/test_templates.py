"""What a message looks like in every channel: each form of each kind, what Slack takes, what nobody smuggles in."""

import json
import re
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment, meta, nodes
from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement
from sqlalchemy import select

from models.case import Case
from models.directory import Directory, Holding
from models.doing import doings
from models.judging import unanswerable
from models.obligation import Dispute, Ended, Promise
from models.rights import access_of, actor_of, acts
from models.tables import CaseRow, NoticeRow
from models.telling import OF_THE_HOUSE, Notice, NoticeKind
from models.time import day_of, end_of
from notifier import dialogs, templating
from notifier.block_kit import ALTOGETHER, BLOCKS, BUTTON, ELEMENTS, HEADER, ID, TEXT, URL, VALUE, cut, refused
from notifier.bulletins import Bulletins
from notifier.channels import Parcel
from notifier.rendering import MOST, Knowing, digest, parcel
from notifier.templating import TEMPLATES, mrkdwn, render
from notifier.threads import reply
from notifier.words import NOT_YOURS, Bulletin, Button, CaseThread, Item, Several, Shown, worded
from records.questions import CaseView, Questions
from tests.notifier.test_words import DIRECTORY, NOW, WHOLE, every
from tests.support.lives import MANAGER, SOME_OR_ALL, Lives
from tests.support.recording import Recording, recording

pytestmark = pytest.mark.promise("G1", "G8")

ANSWERED = ("disagreement", "answer_disagreement")
"""After this the agency that raised a disagreement has its turn: one of the buttons that are looked for."""

ADDRESS = "https://reviews.example.org"
THREADS = ("thread", "thread_reply")
KINDS = (*NoticeKind, NOT_YOURS, *THREADS)
FORMS = {"subject.txt.jinja", "text.txt.jinja", "blocks.json.jinja", "body.html.jinja"}
HOSTILE = "<b>&\"'</p><script>*a* _b_ ~c~ `d` :e: <!channel> <@U1> @here http://evil.example {{ it }} \\ \u2028"


def row(notice: Notice, written: datetime = NOW, **more: Any) -> NoticeRow:  # noqa: ANN401 -- columns of any type
    return NoticeRow(**{**notice.model_dump(), "state": "queued", "written": written, "seen": None, **more})


def told(directory: Directory, notice: Notice) -> Notice:
    """To whoever holds its office."""
    person = directory.look_up(notice.office, notice.agency or None, NOW).person
    return notice.model_copy(update={"person": person or ""})


def known(cases: Sequence[Case], directory: Directory = DIRECTORY, now: datetime = NOW) -> Knowing:
    return Knowing({case.ref: case for case in cases}, directory, ADDRESS, now)


@WHOLE
def samples(request: pytest.FixtureRequest) -> list[tuple[str, str, Notice, Case]]:
    """Every kind of notice about everything in every state, once each, to whoever holds its office."""
    found: dict[tuple[str, str], tuple[str, str, Notice, Case]] = {}
    for name, state, notice, case in every(whole=request.param):
        if (name, notice.office) not in found:
            found[name, notice.office] = (name, state, told(DIRECTORY, notice), case)
    return list(found.values())


def owed(samples: list[tuple[str, str, Notice, Case]], state: str = "owed") -> tuple[Notice, Case]:
    """A notice to the business manager that they owe the submission."""
    notice, case = next(
        (notice, case)
        for name, _, notice, case in samples
        if name == f"rapid_review owed submission {state}" and notice.office == "business_manager"
    )
    return notice.model_copy(update={"due": case.obligations["submission"].due}), case


# What a template may use


def fields_of(path: Path) -> set[str]:
    model = _object_of(path.parent.name)
    return {*model.model_fields, *(name for name in vars(model) if isinstance(vars(model)[name], property))}


def _object_of(kind: str) -> type[Shown] | type[Several]:
    """The allow-list of a kind."""
    if kind == "several":
        return Several
    return Bulletin if kind in OF_THE_HOUSE else CaseThread if kind in THREADS else Shown


def test_each_kind_is_a_folder_with_every_form() -> None:
    assert {path.name for path in TEMPLATES.iterdir()} == {*KINDS, "several", "layout"}
    for kind in (*KINDS, "several"):
        assert {path.name for path in (TEMPLATES / kind).iterdir()} == FORMS, kind
    assert {path.name for path in (TEMPLATES / "layout").iterdir()} == FORMS - {"subject.txt.jinja"}


def test_templates_use_only_the_fields_of_the_allow_list() -> None:
    """Of the one object that they are given, with three filters, and with no call, no index and no other file."""
    env = Environment(autoescape=False)  # noqa: S701 -- only parsed
    env.filters |= dict.fromkeys(("plain", "under", "link"), str)
    shown = {*Shown.model_fields, *(name for name in vars(Shown) if isinstance(vars(Shown)[name], property))}
    for path in TEMPLATES.rglob("*.jinja"):
        tree = env.parse(path.read_text())
        allowed = {
            "it": fields_of(path), "one": shown, "button": set(Button.model_fields), "loop": {"first", "last"},
            "item": set(Item.model_fields),
        }  # fmt: skip
        assert meta.find_undeclared_variables(tree) <= {"it"}, path
        for node in tree.find_all(nodes.Getattr):
            assert isinstance(node.node, nodes.Name), path
            assert node.attr in allowed[node.node.name], (path, node.attr)
        calls = [*tree.find_all(nodes.Call), *tree.find_all(nodes.Getitem), *tree.find_all(nodes.Include)]
        assert not [*calls, *tree.find_all(nodes.Import), *tree.find_all(nodes.FromImport)], path
        assert {one.name for one in tree.find_all(nodes.Filter)} <= {"plain", "under", "link", "lower"}, path
        for parent in tree.find_all(nodes.Extends):
            assert isinstance(parent.template, nodes.Const), path
            assert parent.template.value == f"layout/{path.name}", path


def test_what_is_not_on_the_list_is_an_error(broken: Path) -> None:
    (broken / "owed" / "text.txt.jinja").write_text("{{ it.child }}")
    with pytest.raises(Exception, match="has no attribute 'child'"):
        worded("owed", Shown(case="RR-2026-0004", case_kind="Rapid review", office="Somebody"))


# Escaping


class Reading(HTMLParser):
    """The text of a page, its elements, and where its links lead."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.links: list[str] = []
        self.attributes: set[str] = set()
        self.texts: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


ELEMENTS_OF_MAIL = {"html", "head", "meta", "title", "body", "h1", "h2", "p", "ul", "li", "a", "hr"}
LINK = re.compile(r"<(https://reviews\.example\.org/[^<>|]*)\|([^<>|]+)>")


def texts(blocks: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Every text object, wherever it is."""
    for block in blocks:
        yield from [block["text"]] if "text" in block else []
        for one in block.get("elements", ()):
            yield one if "verbatim" in one else one["text"]


def assert_safe(made: Parcel) -> None:
    """Nothing in it is read as anything but itself, and nothing leads anywhere but to the portal."""
    page = Reading(made.html)
    assert set(page.elements) <= ELEMENTS_OF_MAIL
    assert page.attributes <= {"lang", "charset", "name", "content", "style", "href"}
    assert all(link.startswith(f"{ADDRESS}/") for link in page.links), page.links
    for text in texts(made.blocks):
        if text["type"] == "plain_text":
            assert text["emoji"] is False
            continue
        assert text["verbatim"] is True
        left = LINK.sub("", text["text"])
        assert not re.search(r"[<>]|&(?!amp;|lt;|gt;)", left), left
        head, _, rest = left.partition("\n") if left.startswith("*") else ("", "", left)
        assert not re.search(r"[*_~`]", f"{head.removeprefix('*').removesuffix('*')}{rest}"), left
        assert not re.search(r":[\w+'-]+:", left), left


ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
WORDS = st.sampled_from([HOSTILE, "", "Agency return"]) | ANY
LINE = WORDS.map(lambda text: " ".join(text.split())).filter(bool)


def shown_things(model: type[Shown] = Shown) -> st.SearchStrategy[Shown]:
    """The allow-list with anything in any of its fields."""
    counts = ("open", "late", "coming", "waiting", "referrals", "reviews", "more")
    items = st.lists(st.builds(Item, words=LINE, page=st.just("/cases")), max_size=3).map(tuple)
    of_the_house: dict[str, Any] = {
        **dict.fromkeys(("offices", "cases", "meeting"), WORDS),
        **dict.fromkeys(counts, st.integers(0, 400)),
        "found": st.booleans(),
        "items": items,
    }
    of_a_thread: dict[str, Any] = {
        **dict.fromkeys(("stage", "colour", "waiting_for", "decided"), WORDS),
        **dict.fromkeys(("restricted", "closed"), st.booleans()),
        "told": st.lists(LINE, max_size=3).map(tuple),
    }
    buttons = st.builds(
        Button,
        kind=st.sampled_from(["open", "promise", "dispute", "ask_time"]),
        words=LINE,
        url=st.just(f"{ADDRESS}/cases/RR-2026-0004/promise?about=agency_return/a&b=1"),
        value=LINE,
    )
    words = dict.fromkeys(
        ("case", "case_kind", "title", "office", "owed_by", "agency", "due", "passed_over", "state", "status"), WORDS
    )
    return st.builds(
        model,
        **(of_the_house if model is Bulletin else of_a_thread if model is CaseThread else {}),
        **words,
        **dict.fromkeys(("done", "expected_of", "at", "outcome"), WORDS),
        **dict.fromkeys(("overdue", "handed_on", "others", "urgent", "over", "filled", "shut"), st.booleans()),
        **dict.fromkeys(("overdue_days", "missed", "earlier"), st.integers(0, 400)),
        subject=LINE,
        lines=st.lists(LINE, min_size=1, max_size=3).map(tuple),
        buttons=st.lists(buttons, max_size=4, unique_by=lambda one: one.kind).map(tuple),
        block=st.integers(0).map(lambda number: f"act-{number}"),
        page=st.sampled_from(["", f"{ADDRESS}/cases/RR-2026-0004"]),
        inbox=st.just(f"{ADDRESS}/inbox"),
    )


def made_of(kind: str, it: Shown | Several, text: str) -> Parcel:
    blocks = json.loads(render(f"{kind}/blocks.json.jinja", it))
    return Parcel(
        key="b-1", subject=it.subject, text=render(f"{text}/text.txt.jinja", it), blocks=tuple(blocks),
        html=render(f"{kind}/body.html.jinja", it),
    )  # fmt: skip


@given(st.sampled_from(KINDS), st.data())
def test_whatever_stands_in_a_field_is_read_as_itself(kind: str, data: st.DataObject) -> None:
    model = _object_of(kind)
    assert issubclass(model, Shown)
    it = data.draw(shown_things(model))
    made = made_of(kind, it, "layout")
    assert_safe(made)
    assert refused(made.blocks) == []
    said = [text["text"] for text in texts(made.blocks)]
    assert all(mrkdwn(line) in said for line in it.lines)
    read = " ".join("".join(Reading(made.html).texts).split())
    assert all(" ".join(line.split()) in read for line in (it.subject, *it.lines))
    assert worded(kind, it).inbox == it.inbox


@given(parts=st.lists(shown_things(), min_size=2, max_size=4, unique_by=lambda one: one.block))
def test_several_matters_are_read_as_themselves(parts: list[Shown]) -> None:
    it = Several(asking=2, urgent=1, parts=tuple(parts), inbox=f"{ADDRESS}/inbox")
    it = it.model_copy(update={"subject": render("several/subject.txt.jinja", it)})
    made = made_of("several", it, "several")
    assert_safe(made)
    assert refused(made.blocks) == []


def test_text_for_slack_means_nothing_but_itself() -> None:
    assert mrkdwn("A & B <!channel> *a* :smile: 9:30am") == "A &amp; B &lt;!channel&gt; ∗a∗ :\u200bsmile: 9:30am"


# Every message that there can be


@pytest.fixture(scope="module")
def made(samples: list[tuple[str, str, Notice, Case]]) -> list[tuple[str, str, Notice, Parcel]]:
    several = {name: (name, state, notice, case) for name, state, notice, case in samples}
    return [
        (name, state, notice, parcel("b-1", [row(notice)], known([case])))
        for name, state, notice, case in several.values()
    ]


def test_every_message_is_whole_in_every_form(made: list[tuple[str, str, Notice, Parcel]]) -> None:
    assert {notice.kind for _, _, notice, _ in made} == set(NoticeKind) - OF_THE_HOUSE
    for name, _, notice, one in made:
        assert not one.fell_back, name
        assert one.text.startswith(one.subject), name
        assert one.text.endswith(f"All your messages: {ADDRESS}/inbox"), name
        assert len(one.text) <= TEXT, name
        assert notice.case in one.subject, name
        assert refused(one.blocks) == [], name
        assert_safe(one)
        html = Reading(one.html)
        assert html.elements.count("h1") == 1, name
        assert one.html.startswith("<!doctype html>\n<html lang="), name


def test_slacks_own_library_takes_every_message(made: list[tuple[str, str, Notice, Parcel]]) -> None:
    for name, _, _, one in made:
        found = Block.parse_all([*one.blocks])
        assert len(found) == len(one.blocks), name
        for block in found:
            block.validate_json()
            for button in block.elements if isinstance(block, ActionsBlock) else ():
                assert isinstance(button, ButtonElement), name
                button.validate_json()


SETTLED = {"done", "withdrawn", "suspended", "disputed"}


@pytest.mark.promise("G3")
def test_a_chat_never_shows_buttons_for_what_is_settled(made: list[tuple[str, str, Notice, Parcel]]) -> None:
    offered = set()
    for name, state, notice, one in made:
        if notice.kind in {NoticeKind.OWED, NoticeKind.MOVED}:
            has = any(block["type"] == "actions" for block in one.blocks)
            assert has != (state in SETTLED), name
            offered.add((notice.kind, has))
    assert offered == {(kind, has) for kind in (NoticeKind.OWED, NoticeKind.MOVED) for has in (True, False)}


# What a bundle says


@pytest.mark.promise("G5")
def test_a_decision_brief_has_one_button_each_and_decisions_first(samples: list[tuple[str, str, Notice, Case]]) -> None:
    notice, case = owed(samples)
    more = [notice.model_copy(update={"key": f"{notice.key}/{name}", "obligation": name}) for name in case.obligations]
    made = parcel("b-1", [row(one) for one in more], known([case])._replace(brief=True))
    assert made.subject.startswith("Your decision brief: ")
    actions = [block["elements"] for block in made.blocks if block["type"] == "actions"]
    assert actions
    assert all(len(elements) == 1 for elements in actions)
    usual = parcel("b-1", [row(one) for one in more], known([case]))
    assert any(len(block["elements"]) > 1 for block in usual.blocks if block["type"] == "actions")


@pytest.mark.promise("G4")
def test_each_lost_message_is_said_for_itself(samples: list[tuple[str, str, Notice, Case]]) -> None:
    notice, case = owed(samples)
    lost = [
        notice.model_copy(update={"key": f"astray/b-{n}", "kind": NoticeKind.ASTRAY, "case": "", "obligation": ""})
        for n in range(3)
    ]
    said = {one.key: worded(NoticeKind.ASTRAY, Bulletin(offices=one.key, page="/messages")) for one in lost}
    made = parcel("b-1", [row(one) for one in lost], known([case])._replace(bulletins=said))
    assert made.subject == "3 matters need your attention"
    assert all(one.key in made.text for one in lost)


@pytest.mark.promise("G1")
def test_a_reply_in_a_thread_whose_words_cannot_be_made_goes_out_with_the_others(
    samples: list[tuple[str, str, Notice, Case]], broken: Path
) -> None:
    notice, case = owed(samples)
    (broken / "owed" / "text.txt.jinja").write_text("{{ it.nothing }}")
    templating._environment.cache_clear()
    made = reply("r-1", [row(notice)], {notice.key: NOW}, case, known([case]))
    assert f"A message about {case.ref}" in made.text
    (broken / "thread_reply" / "text.txt.jinja").write_text("{{ it.nothing }}")
    templating._environment.cache_clear()
    bare = reply("r-1", [row(notice)], {notice.key: NOW}, case, known([case]))
    assert (bare.fell_back, bare.subject) == (True, f"A message about {case.ref}")


def test_one_notice_is_one_full_message(samples: list[tuple[str, str, Notice, Case]]) -> None:
    notice, case = owed(samples)
    one = parcel("b-1", [row(notice)], known([case]))
    assert one.subject == "Submit the rapid review to the national panel (RR-2026-0004)"
    assert [block["type"] for block in one.blocks] == ["header", "section", "actions", "context"]
    (actions,) = (block for block in one.blocks if block["type"] == "actions")
    assert [button["action_id"] for button in actions["elements"]] == ["open", "promise", "dispute", "ask_time"]
    assert {button.get("value", notice.key) for button in actions["elements"]} == {notice.key}
    assert re.fullmatch(r"act-[0-9a-f]{16}", actions["block_id"])
    links = [link.removeprefix(ADDRESS) for link in Reading(one.html).links]
    assert links == [
        "/cases/RR-2026-0004",
        *(f"/cases/RR-2026-0004/{kind}?about=submission" for kind in ("promise", "dispute", "ask_time")),
        "/inbox",
    ]


@pytest.mark.promise("G5")
def test_several_notices_are_one_message_that_counts_them(samples: list[tuple[str, str, Notice, Case]]) -> None:
    found = {
        notice.obligation: (notice.model_copy(update={"key": f"k{number}"}), case)
        for number, (name, state, notice, case) in enumerate(samples)
        if notice.kind is NoticeKind.OWED and state == "owed" and name.startswith("rapid_review")
        and notice.person == MANAGER and not notice.data["missed"] and not notice.data["passed_over"]
    }  # fmt: skip
    assert len(found) > 4
    (case, *_) = [case for _, case in found.values()]
    due = {"due": end_of(day_of(NOW + timedelta(days=4))), "ended": None, "ended_at": None}
    all_ = {key: one.model_copy(update=due) for key, one in case.obligations.items()}
    done = "submission"
    all_[done] = all_[done].model_copy(update={"ended": Ended.MET, "ended_at": NOW})
    made = parcel(
        "b-1", [row(one) for one, _ in found.values()], known([case.model_copy(update={"obligations": all_})])
    )
    assert made.subject == f"{len(found) - 1} matters need your attention, 1 of them urgently"
    header, *parts, foot = made.blocks
    assert header["text"]["text"] == made.subject
    assert len([block for block in parts if block["type"] == "section"]) == len(found) - 1
    assert len({block["block_id"] for block in parts if block["type"] == "actions"}) == len(found) - 1
    settled = [block for block in parts if block["type"] == "context"]
    assert settled == [parts[-1]]
    assert "This has been done. Nothing more is needed." in settled[0]["elements"][0]["text"]
    assert f"<{ADDRESS}/inbox|" in foot["elements"][-1]["text"]
    assert refused(made.blocks) == []
    assert_safe(made)


@pytest.mark.promise("F13", "G5")
def test_a_matter_is_said_once_in_place_of_the_earlier(samples: list[tuple[str, str, Notice, Case]]) -> None:
    notice, case = owed(samples)
    rungs = [
        row(notice.model_copy(update={"key": f"k{rung}", "rung": rung}), NOW + timedelta(hours=rung))
        for rung in range(3)
    ]
    one = parcel("b-1", [rungs[2], rungs[0], rungs[1]], known([case]))
    assert "This comes once, in place of 2 earlier messages." in one.text
    (actions,) = (block for block in one.blocks if block["type"] == "actions")
    assert actions["elements"][1]["value"] == "k2", "the newest"
    answer = Notice.model_validate(
        {**notice.model_dump(), "key": "a", "kind": "answered", "data": {"outcome": "False"}}
    )
    both = parcel("b-1", [*rungs, row(answer)], known([case]))
    assert both.subject == "2 matters need your attention", "an answer says something else"
    assert "In place of 2 earlier." in both.text
    assert "You have not been given more time." in both.text


def test_what_is_urgent_stands_first(samples: list[tuple[str, str, Notice, Case]]) -> None:
    notice, case = owed(samples)
    urgent, other = next(
        (notice, case) for name, state, notice, case in samples
        if name.startswith("referral owed siblings") and state == "owed"
    )  # fmt: skip
    late = row(urgent.model_copy(update={"key": "u", "person": notice.person, "office": "business_manager"}), NOW)
    made = parcel("b-1", [row(notice), late], known([case, other]))
    assert made.subject == "2 matters need your attention, 1 of them urgently"
    assert made.blocks[1]["text"]["text"].startswith("*Urgent. ")


def test_however_much_there_is_it_fits(samples: list[tuple[str, str, Notice, Case]]) -> None:
    notice, case = owed(samples)
    many = [case.model_copy(update={"ref": f"RR-2026-{number:04}"}) for number in range(300)]
    rows = [row(notice.model_copy(update={"case": one.ref, "key": one.ref})) for one in many]
    made = parcel("b-1", rows, known(many))
    assert made.subject == "300 matters need your attention"
    assert not made.fell_back
    assert refused(made.blocks) == []
    assert len(made.text) <= TEXT
    parts = sum(block["type"] == "section" for block in made.blocks)
    assert 5 < parts <= MOST
    assert f"And {300 - parts} more." in made.text
    assert len(json.dumps(made.blocks)) <= ALTOGETHER


@pytest.mark.promise("G3")
def test_the_words_follow_what_becomes_of_the_matter(samples: list[tuple[str, str, Notice, Case]]) -> None:
    notice, case = owed(samples)
    one = case.obligations["submission"]
    before = parcel("b-1", [row(notice)], known([case]))

    def after(**change: Any) -> Parcel:  # noqa: ANN401 -- fields of any type
        changed = {**case.obligations, "submission": one.model_copy(update=change)}
        return parcel("b-1", [row(notice)], known([case.model_copy(update={"obligations": changed})]))

    promise = Promise(office="business_manager", person=MANAGER, made=NOW, until=end_of(day_of(NOW)))
    dispute = Dispute(office="business_manager", person=MANAGER, ground="done", rung=0)
    longer = after(due=end_of(day_of(NOW + timedelta(days=11))))
    found = {
        "done": after(ended=Ended.MET, ended_at=NOW),
        "not owed any more": after(ended=Ended.WITHDRAWN, ended_at=NOW),
        "promised": after(promises=(promise,)),
        "disputed": after(dispute=dispute),
        "more time": longer,
    }
    for words, made in found.items():
        assert f": {words} (" in made.subject, words
        can = any(block["type"] == "actions" for block in made.blocks)
        assert can == (words in {"promised", "more time"}), "what is not asked for now can be done all the same"
        assert digest(made) != digest(before), words
    assert "There is more time for this now: it is due by the end of Thursday 2 April 2026." in longer.text
    changed = {**case.obligations, "submission": one.model_copy(update={"due": NOW + timedelta(days=11)})}
    late = known([case.model_copy(update={"obligations": changed})], now=NOW + timedelta(days=12))
    assert ": overdue (" in parcel("b-1", [row(notice)], late).subject, "that time is over as well"


@pytest.mark.promise("G13", "K4")
def test_whoever_is_shut_out_or_holds_the_office_no_more_reads_nothing_of_the_matter(
    samples: list[tuple[str, str, Notice, Case]],
) -> None:
    notice, case = owed(samples)
    out = case.model_copy(update={"said": {**case.said, "locked_out": [notice.person]}})
    shut = parcel(
        "b-1", [row(notice), row(notice.model_copy(update={"key": "k2", "obligation": "triage"}))], known([out])
    )
    assert shut.subject == "You no longer take part in RR-2026-0004"
    holdings = tuple(
        Holding.model_validate({**one.model_dump(), "person": "p-005", "deputy": None})
        if one.office == "business_manager" else one
        for one in DIRECTORY.holdings
    )  # fmt: skip
    handed = parcel("b-1", [row(notice)], known([case], DIRECTORY.model_copy(update={"holdings": holdings})))
    assert handed.subject == "No longer asked of you (RR-2026-0004)"
    for made in (shut, handed):
        assert not made.fell_back
        assert "Submit" not in made.model_dump_json()
        assert not any(block["type"] == "actions" for block in made.blocks)
        assert Reading(made.html).links == [f"{ADDRESS}/inbox"]


# Buttons that can be pressed


@pytest.fixture
async def lived(tmp_path: Path, commands: Sequence[tuple[str, str]]) -> AsyncIterator[Recording]:
    """Whole lives of every lifecycle, with every rung said that was due on the way."""
    async with recording(tmp_path) as made:
        lives = Lives(made)
        for lifecycle, kind in dict.fromkeys((*commands, ANSWERED)):
            ready = await lives.ready(lifecycle, kind)
            if ready.case:
                await made.speak(ready.case)
            await made.speak((await lives.give(ready)).case)
        yield made


@SOME_OR_ALL
@pytest.mark.promise("G2")
async def test_a_button_is_offered_exactly_where_that_person_could_give_the_command_now(lived: Recording) -> None:
    questions, pressed = Questions(lived.there.recorder), Counter[str]()
    directory = await questions.directory()
    assert directory
    async with lived.there.database.reading() as session:
        rows = (await session.scalars(select(NoticeRow))).all()
        cases = [Case.model_validate(one.state) for one in await session.scalars(select(CaseRow))]
    for now in (lived.now, lived.now + timedelta(days=9)):
        knowing = known(cases, directory, now)
        for one in rows:
            case, actor = knowing.cases[one.case], actor_of(directory, one.person, now)
            buttons = buttons_of(parcel("b-1", [one], knowing))
            view = await questions.case(one.case, actor, now)
            page = [act for part in (doings(view, now) if isinstance(view, CaseView) else ()) for act in part]
            offered = next((act for act in page if act.deadline.key == one.obligation), None)
            opens = {f"/cases/{one.case}", offered.act.address if offered and offered.act else ""}
            for button in buttons:
                pressed[button["action_id"]] += 1
                if button["action_id"] == "open":
                    assert button["url"].removeprefix(ADDRESS) in opens, one.key
                    continue
                body = dialogs.body(button["action_id"], case.obligations[one.obligation])
                assert isinstance(acts(actor, case, access_of(case, now), button["action_id"], body), str), one.key
                assert unanswerable(case, button["action_id"], one.obligation, now) == "", one.key
                assert button["value"] == one.key
            answers = {act.kind for act in offered.answers} - {"suspend"} if offered and one.kind == "owed" else set()
            if buttons:
                act = offered.act.kind if offered and offered.act and one.kind == "owed" else ""
                leads = act if act in dialogs.TURNS else "open"
                assert {button["action_id"] for button in buttons} == {leads, *answers}, one.key
    assert min(pressed[kind] for kind in ("open", "promise", "dispute", "ask_time")) > 5, pressed
    assert min(pressed[kind] for kind in dialogs.TURNS) > 0, pressed


def buttons_of(made: Parcel) -> list[dict[str, Any]]:
    assert not made.fell_back
    return [button for block in made.blocks if block["type"] == "actions" for button in block["elements"]]


# What Slack would refuse


def button(**more: Any) -> dict[str, Any]:  # noqa: ANN401 -- any JSON value
    return {"type": "button", "action_id": "a", "text": {"type": "plain_text", "text": "b"}, **more}


def actions(*buttons: dict[str, Any], **more: Any) -> dict[str, Any]:  # noqa: ANN401 -- any JSON value
    return {"type": "actions", "elements": list(buttons), **more}


def text(length: int, kind: str = "plain_text") -> dict[str, str]:
    return {"type": kind, "text": "x" * length}


def section(length: int = 1) -> dict[str, Any]:
    return {"type": "section", "text": text(length, "mrkdwn")}


AT_MOST: list[tuple[str, list[dict[str, Any]], list[dict[str, Any]]]] = [
    ("blocks", [section()] * BLOCKS, [section()] * (BLOCKS + 1)),
    ("none", [section()], []),
    ("header", [{"type": "header", "text": text(HEADER)}], [{"type": "header", "text": text(HEADER + 1)}]),
    ("header in mrkdwn", [{"type": "header", "text": text(1)}], [{"type": "header", "text": text(1, "mrkdwn")}]),
    ("text", [section(TEXT)], [section(TEXT + 1)]),
    ("empty text", [section(1)], [section(0)]),
    ("elements", [actions(*(button(action_id=str(n)) for n in range(ELEMENTS)))],
     [actions(*(button(action_id=str(n)) for n in range(ELEMENTS + 1)))]),
    ("button", [actions(button(text=text(BUTTON)))], [actions(button(text=text(BUTTON + 1)))]),
    ("value", [actions(button(value="x" * VALUE))], [actions(button(value="x" * (VALUE + 1)))]),
    ("url", [actions(button(url="x" * URL))], [actions(button(url="x" * (URL + 1)))]),
    ("action_id", [actions(button(action_id="x" * ID))], [actions(button(action_id="x" * (ID + 1)))]),
    ("block_id", [actions(button(), block_id="x" * ID)], [actions(button(), block_id="x" * (ID + 1))]),
    ("label", [actions(button(accessibility_label="x" * 75))], [actions(button(accessibility_label="x" * 76))]),
    ("one block_id", [actions(button(), block_id="a"), actions(button(), block_id="b")],
     [actions(button(), block_id="a"), actions(button(), block_id="a")]),
    ("one action_id", [actions(button(), button(action_id="b"))], [actions(button(), button())]),
    ("a style", [actions(button(style="primary"))], [actions(button(style="quiet"))]),
    ("context", [{"type": "context", "elements": [text(1)] * 10}], [{"type": "context", "elements": [text(1)] * 11}]),
    ("known", [section()], [{"type": "image"}]),
    ("altogether", [section(TEXT)] * 3, [section(TEXT)] * 4),
]  # fmt: skip


@pytest.mark.parametrize(("name", "taken", "too_much"), AT_MOST, ids=[name for name, _, _ in AT_MOST])
def test_a_limit_is_kept_to_the_last_character(
    name: str, taken: list[dict[str, Any]], too_much: list[dict[str, Any]]
) -> None:
    assert refused(taken) == []
    assert len(refused(too_much)) == 1, name
    assert not re.search("xx", " ".join(refused(too_much))), "what is refused is not repeated"


def test_what_is_too_long_is_cut_between_words() -> None:
    assert cut("one two three", 13) == "one two three"
    assert cut("one two three", 12) == "one two…"
    assert cut("onetwothree", 5) == "onet…"


# Templates that fail


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The templates, to be broken."""
    shutil.copytree(TEMPLATES, tmp_path / "templates")
    monkeypatch.setattr(templating, "TEMPLATES", tmp_path / "templates")
    return tmp_path / "templates"


FAULTS = {
    "a field that is not there": "{{ it.nothing }}",
    "no template": "{% if %}",
    "no JSON": "[{]",
    "a division": "{{ 1 // it.missed }}",
    "too much for Slack": '[{"type": "header", "text": {"type": "plain_text", "text": {{ "x" * 151 }}}}]',
}


@pytest.mark.parametrize("fault", FAULTS)
def test_where_a_template_fails_the_plain_text_goes_out(
    samples: list[tuple[str, str, Notice, Case]], broken: Path, fault: str, capsys: pytest.CaptureFixture[str]
) -> None:
    notice, case = owed(samples)
    whole = parcel("b-1", [row(notice)], known([case]))
    templating._environment.cache_clear()
    (broken / "owed" / "blocks.json.jinja").write_text(FAULTS[fault])
    made = parcel("b-1", [row(notice)], known([case]))
    assert (made.fell_back, whole.fell_back) == (True, False)
    assert (made.subject, made.blocks, made.html) == (whole.subject, (), "")
    assert "you owe this by the end of Thursday 26 March 2026." in made.text
    assert f"{ADDRESS}/inbox" in made.text
    assert digest(made) != digest(whole)
    assert "you owe" not in capsys.readouterr().out, "the log has no words"


def test_a_message_without_words_hides_no_other(samples: list[tuple[str, str, Notice, Case]], broken: Path) -> None:
    notice, case = owed(samples)
    (broken / "answered" / "text.txt.jinja").write_text("{{ it.nothing }}")
    answer = notice.model_copy(update={"key": "a", "kind": NoticeKind.ANSWERED, "data": {"outcome": "False"}})
    alone = parcel("b-1", [row(answer)], known([case]))
    assert alone.fell_back
    assert alone.subject == "A message about RR-2026-0004"
    assert "Open the case to see what is asked of you." in alone.text
    both = parcel("b-1", [row(notice), row(answer)], known([case]))
    assert both.fell_back
    assert "You owe this" in both.text
    assert "A message about RR-2026-0004" in both.text
    (broken / "several" / "subject.txt.jinja").write_text("{{ it.nothing }}")
    templating._environment.cache_clear()
    bare = parcel("b-1", [row(notice), row(answer)], known([case]))
    assert (bare.fell_back, bare.blocks, bare.subject) == (True, (), "2 messages")
    assert "Submit the rapid review" in bare.text


async def test_what_the_house_says_goes_out_though_its_template_fails(tmp_path: Path, broken: Path) -> None:
    async with recording(tmp_path / "data") as made:
        told = Notice(
            key="digest/2026-03-09/business_manager", kind=NoticeKind.DIGEST, case="", fact=0,
            office="business_manager", person=MANAGER, rung_at=made.now, wake_at=made.now,
        )  # fmt: skip
        bulletins = Bulletins(made.there.recorder, lambda _: True)
        whole = await bulletins.read(row(told), made.now)
        (broken / "digest" / "text.txt.jinja").write_text("{{ it.nothing }}")
        templating._environment.cache_clear()
        said = await bulletins.read(row(told), made.now)
        knowing = Knowing({}, DIRECTORY, ADDRESS, made.now, {told.key: said})
        sent = parcel("b-1", [row(told)], knowing)
        assert (sent.fell_back, sent.subject) == (True, "A message of the house")
        assert f"{ADDRESS}/cases" in sent.text
        assert "open cases" not in sent.text
        assert not parcel("b-1", [row(told)], knowing._replace(bulletins={told.key: whole})).fell_back
