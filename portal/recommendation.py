"""The page of one recommendation: its whole story, and what its reader can do about it now, or why not."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from urllib.parse import quote

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from models.case import whole_item
from models.doing import VERBS, Act, Doing, doings, stands_in_the_way
from models.facts import Problem
from models.files import OPEN, KeptFile, may_open
from models.lifecycles import COMMANDS
from models.policy import Policy
from models.recommended import NO_MEASURE, Evidence, Kind, Looked, Recommendation, Standing, delivery, impact
from models.recommending import ACTIONS, Answer, Forecast, Retested, Source
from models.rights import Actor, access_of, acts, sees
from models.shelf import policy
from models.standing import Deadline
from models.tracking import about
from portal.happened import TITLES as HAPPENED
from portal.happened import time_line
from portal.visiting import TITLES, Portal
from records.files import in_words
from records.questions import CaseView, Entry

STANDINGS: Final[Mapping[str, str]] = {
    Standing.MADE: "It waits for the answer of its agency.",
    Standing.REJECTED: "Its agency does not accept it; the independent chair says whether it stands.",
    Standing.PURSUED: "It is pursued.",
    Standing.CLOSED: "It is closed, on accepted evidence of both kinds for every measure.",
    Standing.PAST: "It was called closed where it was kept before. Nothing was shown here, and nobody here closed it.",
    Standing.WITHDRAWN: "It was rejected and let go. Nothing was shown, so it is not called closed.",
}
LOOKED: Final[Mapping[str, str]] = {
    Looked.GIVEN: "Waits to be looked at",
    Looked.ACCEPTED: "Accepted",
    Looked.RETURNED: "Returned",
    Looked.VOID: "Given before it was reopened; counts no more",
}
RETESTED: Final[Mapping[str, str]] = {
    **{one.value: one.words for one in Retested},
    "missed": "It was not tested in time, so the recommendation is open again",
}
ORDER: Final = (
    "answer_recommendation", "answer_rejection", "give_progress", "complete_action", "give_evidence", "amend_evidence",
    "assign_recommendation", "reopen_recommendation", "override_colour",
)  # fmt: skip
"""What can be done about a recommendation outside the gate, in the order of its life."""
GATE: Final = ("accept_evidence", "return_evidence", "close_recommendation", "retest_impact")


@dataclass(frozen=True)
class Given:
    """One piece of evidence: what it is, who gave it, what became of it, and whether this reader can open its file."""

    id: str
    state: str
    words: str
    link: str
    who: str
    at: datetime
    amended: str
    file: KeptFile | None
    size: str
    opens: bool
    why_not: str
    """Why this reader cannot look at it; empty if they can, or if nobody has to any more."""
    looked: Entry | None
    """By what it was accepted or returned."""


@dataclass(frozen=True)
class Measure:
    """One success measure, with the evidence of each kind for it."""

    id: str
    words: str
    baseline: str
    delivery: Sequence[Given]
    impact: Sequence[Given]


@dataclass(frozen=True)
class Step:
    """An action on the way: by when, and whether it is done."""

    id: str
    words: str
    by: date
    deadline: Deadline | None
    done: Entry | None


@dataclass(frozen=True)
class Barred:
    """A command of the gate that this reader cannot give, and why."""

    title: str
    why: str


@dataclass(frozen=True)
class Extension:
    """A request for more time, and its answer; none while it waits."""

    asked: Entry
    answer: Entry | None


class Story:
    """One recommendation as one reader sees it."""

    def __init__(self, view: CaseView, item: str, actor: Actor, now: datetime) -> None:
        self.view, self.item, self.actor, self.now = view, item, actor, now
        self.case, self.one = view.state, view.state.recommendations[item]
        entries = (entry for entry in view.entries if about(entry.data) == item)
        self.entries = [one if one.words else one.model_copy(update={"words": {}}) for one in entries]
        made = next(entry for entry in self.entries if entry.number == self.one.fact)
        self.said: Mapping[str, Any] = made.words or made.data
        self.made = made

    def of(self, *kinds: str) -> list[Entry]:
        return [entry for entry in self.entries if entry.kind in kinds]

    def deadlines(self) -> list[Deadline]:
        """What is or was owed about it, what is about that among it."""
        mine = {one.key for one in self.view.deadlines if whole_item(one.item) == self.item}
        return [one for one in self.view.deadlines if one.key in mine or one.about in mine]

    def doings(self) -> tuple[list[Doing], list[Doing]]:
        keys = {one.key for one in self.deadlines()}
        mine, rest = doings(self.view, self.now)
        return [one for one in mine if one.deadline.key in keys], [one for one in rest if one.deadline.key in keys]

    # What can be done.

    def office(self, kind: str, **more: Any) -> str | Problem:  # noqa: ANN401 -- the answers of a command
        return acts(self.actor, self.case, access_of(self.case, self.now), kind, {"item": self.item, **more})

    def hindrance(self, kind: str) -> str:
        """Why they cannot give a command about it now, by their part in it or as it stands; empty if they can."""
        office = self.office(kind)
        if isinstance(office, Problem):
            return office.words
        if kind in {"accept_evidence", "return_evidence"} and self.one.waiting:
            barred = [self.office(kind, evidence=name) for name in self.one.waiting]
            if all(isinstance(found, Problem) for found in barred):
                return next(found.words for found in barred if isinstance(found, Problem))
        return stands_in_the_way(self.view, kind, self.one.agency, self.now, self.item)

    def commands(self, shown: Sequence[Doing]) -> list[Act]:
        """Everything outside the gate that they can do now, but for what stands in a button already."""
        taken = {one.act.address for one in shown if one.act}
        found = [act for kind in ORDER for act in self._acts(kind)]
        return [act for act in found if act.address not in taken]

    def _acts(self, kind: str) -> Iterator[Act]:
        if kind == "complete_action":
            for name in self.one.actions:
                item = f"{self.item}.{name}"
                free = isinstance(self.office(kind, item=item), str)
                if free and not stands_in_the_way(self.view, kind, self.one.agency, self.now, item):
                    yield Act(f"Record action {name[1:]} as done", self.address(kind, item))
        elif not self.hindrance(kind):
            yield Act(VERBS.get(kind, COMMANDS[self.view.kind][kind].TITLE), self.address(kind))

    def gate(self) -> tuple[list[Act], list[Barred]]:
        """Of the commands of the gate those that they can give now, and the others with what stands against them."""
        free, barred = list[Act](), list[Barred]()
        for kind in GATE:
            title, why = COMMANDS[self.view.kind][kind].TITLE, self.hindrance(kind)
            if why:
                barred.append(Barred(title, why))
            else:
                free.append(Act(title, self.address(kind)))
        return free, barred

    def address(self, kind: str, item: str = "") -> str:
        return f"/cases/{self.view.ref}/{kind}?about={quote(item or self.item, safe='/')}"

    # Its parts.

    def names(self) -> dict[str, str]:
        """What stands behind the names of its measures in the answers of its facts."""
        measures = zip(self.one.measures, self._rows("measures"), strict=False)
        return {name: str(row.get("measure", "")) for name, row in measures}

    def _rows(self, name: str) -> Sequence[Mapping[str, Any]]:
        rows = self.said.get(name, ())
        return rows if isinstance(rows, list) else ()

    def measures(self) -> list[tuple[str, Mapping[str, Any]]]:
        """Each measure with its words; one that came from elsewhere without any has none yet."""
        rows = self._rows("measures")
        return [(name, rows[number] if number < len(rows) else {}) for number, name in enumerate(self.one.measures)]

    def before(self) -> list[tuple[str, str]]:
        """What stood beside it where it was kept before: its actions, its progress, and what was named as evidence."""
        titles = {"actions": "Its actions", "progress": "Its progress", "evidence": "Named as evidence"}
        said = [(f"{title}, as it came", str(self.said.get(name) or "")) for name, title in titles.items()]
        return [one for one in said if one[1]] if self.made.kind == "recommendation_entered" else []

    def steps(self) -> list[Step]:
        owed = {one.item: one for one in reversed(self.deadlines()) if one.block in ACTIONS}  # what is open goes before
        done = {str(entry.data["item"]): entry for entry in self.of("action_completed")}
        found = []
        for name, row in zip(self.made.data.get("actions_named", ()), self._rows("actions"), strict=False):
            item = f"{self.item}.{name}"
            by = date.fromisoformat(row["by"])
            found.append(Step(name, str(row.get("action", "")), by, owed.get(item), done.get(item)))
        return found

    def extensions(self) -> list[Extension]:
        """Each request for more time with the answer that came next to the same obligation."""
        answers = self.of("time_answered")
        found = []
        for asked in self.of("time_asked"):
            same = (one for one in answers if one.number > asked.number)
            answer = next((one for one in same if one.data["obligation"] == asked.data["obligation"]), None)
            found.append(Extension(asked, answer))
        return found


def router(portal: Portal) -> APIRouter:
    pages = APIRouter()

    @pages.get("/cases/{ref}/recommendations/{item}")
    async def recommendation(request: Request, ref: str, item: str) -> Response:
        visitor, now = await portal.signed_in(request), portal.clock()
        view = await portal.seen(request, visitor, ref, "")
        if isinstance(view, Response):
            return view
        one = view.state.recommendations.get(item)
        if one is None or not sees(visitor.actor, view.whole, one):
            return await portal.refuse(request, 404)
        await portal.questions.note_read(visitor.person, ref, f"recommendation {item}", now)
        story, directory = Story(view, item, visitor.actor, now), await portal.directory()
        mine, rest = story.doings()
        free, barred = story.gate()
        owed = [found for found in view.state.of_item(item) if found.ended is None]
        shown = {found.act.address for found in (*mine, *rest) if found.act}
        done = next((entry for entry in story.entries if str(entry.number) == request.query_params.get("done")), None)
        return await portal.page(
            request,
            "recommendation.html",
            f"Recommendation {ref}/{item}",
            wide=True,
            back=f"/cases/{ref}",
            view=view,
            item=item,
            names=await portal.names([ref], visitor),
            one=one,
            said=story.said,
            before=story.before(),
            kind=TITLES[view.kind],
            source=_source(one),
            themes=policy(view.state.policy).themes,
            standing_words=STANDINGS[one.standing],
            delivery=delivery(one, owed, now),
            impact=impact(one, owed, now),
            hands=_overrides(story),
            mine=mine,
            rest=rest,
            ended=[found for found in story.deadlines() if found.ended],
            commands=story.commands([*mine, *rest]),
            free=[act for act in free if act.address not in shown],
            barred=barred,
            gate=_offices(policy(view.state.policy)),
            measures=await _measures(portal, story),
            steps=story.steps(),
            extensions=story.extensions(),
            progress=list(reversed(story.of("progress_given"))),
            forecasts={found.value: found.words for found in Forecast},
            answers=story.of("recommendation_answered", "rejection_answered"),
            answered={found.value: found.words for found in Answer},
            closings=story.of("recommendation_closed"),
            retests=story.of("impact_retested"),
            retested=RETESTED,
            looked_words=LOOKED,
            line=time_line(
                view.state, story.entries, directory, {**story.names(), **await portal.files(story.entries)}
            ),
            can=[],
            directory=directory,
            done=f"{HAPPENED.get(done.kind, 'Recorded')}. It is recorded." if done else "",
        )

    return pages


def _source(one: Recommendation) -> str:
    return Source(one.source).words if one.source in {found.value for found in Source} else one.source


def _overrides(story: Story) -> list[Entry]:
    return list(reversed(story.of("colour_overridden")))


def _offices(rules: Policy) -> tuple[str, str]:
    """Who looks at evidence, and who closes alone, in words."""
    if rules.gate is None:
        return "", ""
    accepts, closes = (
        " or ".join(rules.titled(name).lower() for name in names) for names in (rules.gate.accepts, rules.gate.closes)
    )
    return accepts, closes


async def _measures(portal: Portal, story: Story) -> list[Measure]:
    given = {name: await _given(portal, story, name, one) for name, one in story.one.evidence.items()}

    def of(measure: str, kind: Kind) -> list[Given]:
        found = story.one.evidence.items()
        return [given[name] for name, one in found if one.measure == measure and one.kind is kind]

    return [
        Measure(
            name,
            str(row.get("measure") or NO_MEASURE),
            str(row.get("baseline") or ""),
            of(name, Kind.DELIVERY),
            of(name, Kind.IMPACT),
        )
        for name, row in story.measures()
    ]


async def _given(portal: Portal, story: Story, name: str, one: Evidence) -> Given:
    mine = [entry for entry in story.entries if entry.data.get("evidence") == name]
    first = next(entry for entry in mine if entry.kind == "evidence_given")
    anew = [entry for entry in mine if entry.kind == "evidence_amended"]
    looked = [entry for entry in mine if entry.kind in {"evidence_accepted", "evidence_returned"}]
    words = first.words or {}
    kept = await portal.evidence.files.kept(one.file) if one.file else None
    office = story.office("accept_evidence", evidence=name)
    return Given(
        id=name,
        state=one.state,
        words=str(((anew[-1].words if anew else None) or words).get("words", "")),
        link=str(words.get("link") or ""),
        who=first.who,
        at=one.given,
        amended=anew[-1].who if anew else "",
        file=kept,
        size=in_words(kept.size) if kept else "",
        opens=kept is not None and kept.state in OPEN and may_open(story.actor, story.case, kept, story.now),
        why_not=office.words if isinstance(office, Problem) and one.state is Looked.GIVEN else "",
        looked=looked[-1] if looked else None,
    )
