"""What a case remembers of one recommendation: who owns it, what shows that it worked, and what has been accepted."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from models.base import Message
from models.time import day_of

OWNER = "recommendation_owner"
"""The office of whoever is named for a recommendation: its owner, else the deputy, else the contact of the agency."""

NO_MEASURE: Final = "No measure was named."
"""What stands for the measure of a recommendation that came from elsewhere without any."""


class Kind(StrEnum):
    """What evidence shows: that it was done, or that it made a difference."""

    DELIVERY = "delivery"
    IMPACT = "impact"


class Standing(StrEnum):
    """What has become of a recommendation."""

    MADE = "made"
    """It waits for the answer of its agency."""
    REJECTED = "rejected"
    """The agency does not accept it, and the independent chair has to say whether it stands."""
    PURSUED = "pursued"
    CLOSED = "closed"
    """On accepted evidence of both kinds for every measure."""
    PAST = "past"
    """It was called closed where it was kept before; nothing was shown here, and nobody here has closed it."""
    WITHDRAWN = "withdrawn"
    """It was rejected, and the independent chair let it go. Nothing was shown, and nothing is called closed."""


class Looked(StrEnum):
    """What has become of one piece of evidence."""

    GIVEN = "given"
    ACCEPTED = "accepted"
    RETURNED = "returned"
    VOID = "void"
    """It was accepted once; the recommendation was reopened since, and needs fresh evidence."""


class Evidence(Message):
    """`by`: who gave it. `editors`: who has changed its description since. `file`: the opaque id of what was kept.

    `owners`: who owned the recommendation when it was given, whoever does by now.
    """

    measure: str
    kind: Kind
    by: str
    given: datetime
    state: Looked = Looked.GIVEN
    file: str = ""
    editors: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()


class Override(Message):
    """A colour that somebody has set by hand, with a reason, until a day."""

    axis: Kind
    colour: str
    until: date


class Recommendation(Message):
    """`due`: the first date, which is never lost. `evidence` by its id; `actions`: those still to be done, by id.

    `round`: counted up when it is reopened. `forecast`: what its owner said last of whether it will be on time.
    """

    agency: str
    owner: str = ""
    deputy: str = ""
    sponsor: str = ""
    source: str = ""
    themes: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()
    actions: dict[str, date] = {}
    due: date
    made: datetime
    fact: int
    """The fact by which it was made: its words are found under it."""
    standing: Standing = Standing.MADE
    key: str = ""
    """A keyed digest by which a row of a tracker that was taken over is known again."""
    evidence: dict[str, Evidence] = {}
    forecast: str = ""
    progress: datetime | None = None
    """When its owner last said how it is going."""
    closed: datetime | None = None
    closed_on: tuple[str, ...] = ()
    """The evidence on which it was closed."""
    retested: str = ""
    """What came of the last test of its impact after closure: sustained, not_sustained or missed."""
    round: int = 1
    overrides: tuple[Override, ...] = ()

    def shown(self, kind: Kind, *states: Looked) -> bool:
        """Whether each measure has evidence of this kind in one of these states."""
        found = {one.measure for one in self.evidence.values() if one.kind is kind and one.state in states}
        return bool(self.measures) and found.issuperset(self.measures)

    def is_given(self, kind: Kind) -> bool:
        return self.shown(kind, Looked.GIVEN, Looked.ACCEPTED)

    def is_accepted(self, kind: Kind) -> bool:
        return self.shown(kind, Looked.ACCEPTED)

    @property
    def is_proven(self) -> bool:
        """Whether every measure has accepted evidence of delivery and of impact: what closure needs."""
        return self.is_accepted(Kind.DELIVERY) and self.is_accepted(Kind.IMPACT)

    @property
    def waiting(self) -> list[str]:
        """Evidence that nobody has looked at yet."""
        return [name for name, one in self.evidence.items() if one.state is Looked.GIVEN]

    @property
    def accepted(self) -> list[str]:
        return [name for name, one in self.evidence.items() if one.state is Looked.ACCEPTED]

    @property
    def owners(self) -> tuple[str, ...]:
        """The people named for it, in the order in which they are told."""
        return tuple(filter(None, (self.owner, self.deputy)))

    @property
    def hands(self) -> set[str]:
        """Everybody named for it; none of them accepts its evidence."""
        return {*self.owners, *filter(None, (self.sponsor,))}


class Colour(StrEnum):
    """Derived from dates and evidence. The word is the colour's name to people; no colour stands without it."""

    GREY = "grey"
    GREEN = "green"
    AMBER = "amber"
    RED = "red"
    BLUE = "blue"


class Rag(Message):
    """One axis of how a recommendation stands. `by_hand`: set by a person, until that day."""

    colour: Colour
    words: str
    by_hand: date | None = None


class Turn(Message):
    """What one axis shows from a moment on, if nothing else happens; `at` is none for what it shows at first."""

    at: datetime | None = None
    rag: Rag


SOON = timedelta(days=28)


class Dated(Protocol):
    """An open obligation of a recommendation, as far as its colour hangs on it."""

    @property
    def block(self) -> str: ...
    @property
    def due(self) -> datetime | None: ...
    @property
    def paused(self) -> bool: ...


DOING = frozenset({"deliver", "deliver_again"})
SHOWING = frozenset({"show_impact"})
AGAIN = frozenset({"evidence_again"})


def delivery(one: Recommendation, owed: Iterable[Dated], now: datetime) -> Rag:
    """How far it is carried out: from its dates and its evidence, unless a person has said otherwise for a time."""
    return _by_hand(one, Kind.DELIVERY, now) or _delivery(one, list(owed), now)


def impact(one: Recommendation, owed: Iterable[Dated], now: datetime) -> Rag:
    """Whether it has made a difference: from its dates and its evidence, unless a person has said otherwise."""
    return _by_hand(one, Kind.IMPACT, now) or _impact(one, list(owed), now)


def turns(one: Recommendation, owed: Iterable[Dated], axis: Kind) -> tuple[Turn, ...]:
    """How one axis changes while time alone passes, whatever was set by hand: the same rule, asked ahead of time.

    Lists are filtered by it without looking into cases. It turns just after each moment that is named.
    """
    found, of = list(owed), _delivery if axis is Kind.DELIVERY else _impact
    dues = {one.due for one in found if one.due}
    moments = sorted(dues | {due - SOON for due in dues})
    made = [Turn(rag=of(one, found, _FIRST))]
    for moment in moments:
        rag = of(one, found, moment + timedelta.resolution)
        if rag != made[-1].rag:
            made.append(Turn(at=moment, rag=rag))
    return tuple(made)


def shown_at(made: Sequence[Turn], hands: Iterable[Override], axis: Kind, now: datetime) -> Rag:
    """What one axis shows at a moment: what was set by hand, or how far it has turned by itself."""
    return _hand(hands, axis, now) or [one.rag for one in made if one.at is None or one.at < now][-1]


_FIRST = datetime.min.replace(tzinfo=UTC) + timedelta(days=1)


def _by_hand(one: Recommendation, axis: Kind, now: datetime) -> Rag | None:
    return _hand(one.overrides, axis, now)


def _hand(hands: Iterable[Override], axis: Kind, now: datetime) -> Rag | None:
    said = [hand for hand in hands if hand.axis is axis and hand.until >= day_of(now)]
    return Rag(colour=Colour(said[-1].colour), words=WORDS[said[-1].colour], by_hand=said[-1].until) if said else None


WORDS: Mapping[str, str] = {
    "grey": "Not started", "green": "On track", "amber": "At risk", "red": "Off track", "blue": "Done",
}  # fmt: skip
"""The words of a colour that was set by hand."""


_BEFORE: Mapping[Standing, tuple[Colour, str]] = {
    Standing.WITHDRAWN: (Colour.GREY, "Withdrawn"),
    Standing.PAST: (Colour.GREY, "Closed before it came here"),
    Standing.MADE: (Colour.GREY, "Not answered yet"),
    Standing.REJECTED: (Colour.AMBER, "Rejected by its agency"),
}


def _delivery(  # noqa: PLR0911 -- one answer for each way to stand
    one: Recommendation, owed: list[Dated], now: datetime
) -> Rag:
    if one.standing is Standing.MADE and any(
        date_.block == "answer_recommendation" and date_.due and date_.due < now for date_ in owed
    ):
        return Rag(colour=Colour.RED, words="Not answered in time")
    if one.standing in _BEFORE:
        colour, words = _BEFORE[one.standing]
        return Rag(colour=colour, words=words)
    if one.is_accepted(Kind.DELIVERY):
        return Rag(colour=Colour.BLUE, words="Delivered")
    doing = [date_ for date_ in owed if date_.block in DOING | AGAIN]
    if any(date_.paused for date_ in doing):
        return Rag(colour=Colour.GREY, words="Suspended")
    if any(date_.due and date_.due < now for date_ in doing):
        return Rag(colour=Colour.RED, words="Overdue")
    if one.is_given(Kind.DELIVERY):
        return Rag(colour=Colour.GREEN, words="Evidence waits to be accepted")
    late = any(date_.block == "progress" and date_.due and date_.due < now for date_ in owed)
    near = any(date_.due and date_.due - now < SOON for date_ in doing)
    if late or near or one.forecast in {"at_risk", "late"} or any(date_.block in AGAIN for date_ in doing):
        words = "No news" if late else "Evidence was returned" if any(d.block in AGAIN for d in doing) else "At risk"
        return Rag(colour=Colour.AMBER, words="Due soon" if words == "At risk" and near else words)
    return Rag(colour=Colour.GREEN, words="On track")


def _impact(  # noqa: PLR0911 -- one answer for each way to stand
    one: Recommendation, owed: list[Dated], now: datetime
) -> Rag:
    if one.standing in {Standing.WITHDRAWN, Standing.PAST}:
        colour, words = _BEFORE[one.standing]
        return Rag(colour=colour, words=words)
    if one.standing is Standing.CLOSED:
        if one.retested == "sustained":
            return Rag(colour=Colour.BLUE, words="Sustained")
        late = any(date_.block == "retest" and date_.due and date_.due < now for date_ in owed)
        return Rag(colour=Colour.AMBER, words="Test again overdue") if late else Rag(colour=Colour.BLUE, words="Shown")
    if one.is_accepted(Kind.IMPACT):
        return Rag(colour=Colour.BLUE, words="Shown")
    if one.is_given(Kind.IMPACT):
        return Rag(colour=Colour.GREEN, words="Evidence waits to be accepted")
    showing = [date_ for date_ in owed if date_.block in SHOWING]
    if any(date_.due and date_.due < now for date_ in showing):
        return Rag(colour=Colour.RED, words="Not shown in time")
    if one.retested in {"not_sustained", "missed"}:
        return Rag(colour=Colour.AMBER, words="Not sustained")
    return Rag(colour=Colour.GREEN, words="Being shown") if showing else Rag(colour=Colour.GREY, words="Not yet due")
