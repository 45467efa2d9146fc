"""A bundle as it leaves: its notices in the words that are true now, in every form that a channel may want.

One matter is one full message; several are one message with a part for each. What cannot be made is left out: the
plain text goes out whatever happens, and says so (`Parcel.fell_back`).
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, NamedTuple

import structlog

from models.case import Case
from models.directory import Directory
from models.doing import ANSWERS, DECISIONS, Sight, doing, sight
from models.rights import access_of, actor_of, holds, look_up, shut_out
from models.shelf import policy
from models.tables import NoticeRow
from models.telling import Notice, NoticeKind
from notifier.block_kit import TEXT, Refused, cut, refused
from notifier.channels import Parcel
from notifier.templating import render
from notifier.words import NOT_YOURS, Bulletin, Button, Several, Shown, not_yours, shown, unreadable, worded
from records.faults import where

log = structlog.get_logger("rendering")
MOST = 20
"""Matters in one message; with their buttons, a head and a foot they are fewer than Slack's 50 blocks."""
ANSWERED_IN_CHAT = frozenset(kind for kind, _ in ANSWERS)
DONE_ELSEWHERE = frozenset({NoticeKind.OWED, NoticeKind.MOVED, NoticeKind.ANSWERED})
"""Kinds of notice about something that whoever reads may have to do."""
OF_ITS_OWN = frozenset({NoticeKind.EMPTY_OFFICE, NoticeKind.ANSWERED})
"""Kinds of notice that say something else than that a thing is owed, and so stand beside it."""


class Knowing(NamedTuple):
    """What messages are made from: the cases that they are about, who is who, and where the portal is."""

    cases: dict[str, Case]
    directory: Directory
    address: str
    now: datetime
    bulletins: Mapping[str, Bulletin] = MappingProxyType({})
    """What the notices of the house say, by their keys."""
    brief: bool = False
    """Whether several matters are one decision brief: decisions first, one button each."""


EACH = frozenset({NoticeKind.ASTRAY, NoticeKind.SELF_CHECK})
"""What the house says of one thing each time; of anything else the newest says all."""
MOMENT = timedelta(seconds=1)


class Part(NamedTuple):
    """One matter as it reads now, and until when. `broken`: its own words could not be made."""

    kind: str
    it: Shown
    due: datetime | None
    broken: bool = False
    until: datetime | None = None
    decides: bool = False


def parcel(key: str, notices: Sequence[NoticeRow], knowing: Knowing) -> Parcel:
    """What these notices, of one person, say now."""
    parts = _parts(notices, knowing)
    try:
        made = _whole(key, parts, knowing)
    except Exception as error:  # noqa: BLE001 -- whatever it is, the message has to go out
        note(key, error)
        return _bare(key, parts, knowing)
    return made.model_copy(
        update={
            "settled": all(part.it.final for part in parts),
            "fell_back": any(part.broken for part in parts),
            "until": min((part.until for part in parts if part.until), default=None),
        }
    )


def formed(key: str, it: Shown, kind: str) -> Parcel:
    """One thing in every form; in plain text alone if it cannot be laid out."""
    try:
        return _forms(key, it, kind, "layout")
    except Exception as error:  # noqa: BLE001 -- whatever it is, the message has to go out
        note(key, error)
        return Parcel(key=key, subject=it.subject, text="\n".join([it.subject, "", *it.lines]), fell_back=True)


def digest(parcel: Parcel) -> str:
    """By which it is known whether a message still says the same."""
    return hashlib.sha256(parcel.model_dump_json(exclude={"key", "of", "until"}).encode()).hexdigest()[:32]


def notice_of(row: NoticeRow) -> Notice:
    return Notice.model_validate({name: getattr(row, name) for name in Notice.model_fields})


# The matters of a bundle


def _parts(rows: Sequence[NoticeRow], knowing: Knowing) -> list[Part]:
    """Each matter once, as its newest notice has it: what asks for something first, the urgent before all, by date."""
    matters: dict[tuple[str, ...], list[NoticeRow]] = {}
    reader = _Reader(knowing)
    for row in sorted(rows, key=lambda row: (row.written, row.rung, row.key)):
        matters.setdefault(reader.matter(row), []).append(row)
    found = [reader.part(told[-1], len(told) - 1) for told in matters.values()]
    late = datetime.max.replace(tzinfo=UTC)
    return sorted(found, key=lambda part: (part.it.settled, not part.it.urgent, part.due or late))


class _Reader:
    """One person before their messages: each case is looked at once."""

    def __init__(self, knowing: Knowing) -> None:
        self._knowing = knowing
        self._seen: dict[tuple[str, str], Sight | None] = {}

    def matter(self, row: NoticeRow) -> tuple[str, ...]:
        """What a notice is about: two about the same are said once."""
        if not row.case:
            return (row.kind, row.key) if row.kind in EACH else (row.kind, row.office, row.agency)
        if self._is_shut(row):
            return (row.case,)
        own = row.kind if not row.obligation or row.kind in OF_ITS_OWN else ""
        return (row.case, row.obligation, own)

    def part(self, row: NoticeRow, earlier: int) -> Part:
        if not row.case:
            return self._of_the_house(row, earlier)
        case, knowing = self._knowing.cases[row.case], self._knowing
        shut = self._is_shut(row)
        inbox = f"{knowing.address}/inbox"
        try:
            notice = notice_of(row)
            if shut or not self._still_theirs(notice):
                it = worded(NOT_YOURS, not_yours(notice, case, shut=shut))
                return Part(NOT_YOURS, it.model_copy(update={"inbox": inbox}), None)
            it = worded(notice.kind, shown(notice, case, knowing.directory, knowing.now))
            sees = self._sight(notice)
            more = {
                "earlier": earlier,
                "inbox": inbox,
                "block": _block(row),
                "page": f"{knowing.address}/cases/{case.ref}" if sees else "",
                "buttons": self._buttons(notice, it, sees) if sees else (),
            }
            one = case.obligations.get(notice.obligation)
            promise = one.live_promise(knowing.now) if one else None
            later = promise.until if promise else one.due if one and it.later else None
            until = later + MOMENT if later else None
            decides = sees is not None and _decides(sees, notice, knowing.now)
            due = one.due if one else None
            return Part(notice.kind, it.model_copy(update=more), due, until=until, decides=decides)
        except Exception as error:  # noqa: BLE001 -- whatever it is, the message has to go out
            note(row.key, error)
            said = unreadable(row.case)
            page = "" if shut else f"{knowing.address}/cases/{row.case}"
            bare = Shown(
                case=row.case, case_kind="", office="", urgent=row.urgent, page=page, inbox=inbox,
                subject=said.subject, lines=(said.text,), earlier=earlier,
                buttons=(Button(kind="open", words=f"Open {row.case}", url=page),) if page else (), block=_block(row),
            )  # fmt: skip
            return Part(row.kind, bare, row.due, broken=True)

    def _of_the_house(self, row: NoticeRow, earlier: int) -> Part:
        """What the house itself says: its lines, and where all of it stands; nothing to who has left the office."""
        said, address = self._knowing.bulletins[row.key], self._knowing.address
        actor = actor_of(self._knowing.directory, row.person, self._knowing.now)
        if not actor.holds(row.office, row.agency):
            it = Shown(case="", case_kind="", office=said.office, state=NOT_YOURS, inbox=f"{address}/inbox")
            return Part(NOT_YOURS, worded(NOT_YOURS, it), None)
        page = f"{address}{said.page}"
        more = {
            "page": page,
            "earlier": earlier,
            "inbox": f"{address}/inbox",
            "block": _block(row),
            "buttons": (Button(kind="open", words="See all of it", url=page),),
        }
        return Part(row.kind, said.model_copy(update=more), None, broken=said.broken)

    def _buttons(self, notice: Notice, it: Shown, sees: Sight) -> tuple[Button, ...]:
        """What this very person could do now, as the page of the case offers it; nothing once it is settled.

        What is promised, or has more time, can be done all the same.
        """
        if it.settled and not it.later:
            return ()
        address = self._knowing.address
        can = doing(sees, notice.obligation, self._knowing.now) if notice.kind in DONE_ELSEWHERE else None
        act, asks = can.act if can else None, notice.kind is NoticeKind.OWED
        words, path = (act.words, act.address) if act else (f"Open {notice.case}", f"/cases/{notice.case}")
        answers = can.answers if can and asks else ()
        reasons = policy(self._knowing.cases[notice.case].policy).reasons
        here = act is not None and asks and reasons is not None and bool(reasons.of(act.kind))
        return (
            Button(
                kind=act.kind if act and here else "open",
                words=words,
                url=f"{address}{path}",
                value=notice.key if here else "",
            ),
            *(
                Button(kind=one.kind, words=one.words, url=f"{address}{one.address}", value=notice.key)
                for one in answers
                if one.kind in ANSWERED_IN_CHAT
            ),
        )

    def _sight(self, notice: Notice) -> Sight | None:
        which = (notice.case, notice.person)
        if which not in self._seen:
            actor = actor_of(self._knowing.directory, notice.person, self._knowing.now)
            self._seen[which] = sight(self._knowing.cases[notice.case], actor, self._knowing.now)
        return self._seen[which]

    def _is_shut(self, row: NoticeRow) -> bool:
        """Whether whoever reads takes no part in the case any more."""
        case, now = self._knowing.cases[row.case], self._knowing.now
        return shut_out(actor_of(self._knowing.directory, row.person, now), case, access_of(case, now)) is not None

    def _still_theirs(self, notice: Notice) -> bool:
        """Whether they hold the office, or deputise in it; an answer goes to whoever asked, in person."""
        directory, now, case = self._knowing.directory, self._knowing.now, self._knowing.cases[notice.case]
        actor, one = actor_of(directory, notice.person, now), case.obligations.get(notice.obligation)
        if notice.kind is NoticeKind.ANSWERED or one is None:
            return notice.kind is NoticeKind.ANSWERED or actor.holds(notice.office, notice.agency)
        named = look_up(case, one, notice.office, directory, now).person  # as the owner of a recommendation is
        return holds(actor, case, notice.office, one) or named == notice.person


def _block(row: NoticeRow) -> str:
    """By which Slack tells the buttons of this matter from those of another."""
    return f"act-{hashlib.sha256(row.key.encode()).hexdigest()[:16]}"


def _decides(sees: Sight, notice: Notice, now: datetime) -> bool:
    """Whether this waits for a decision of whoever reads it."""
    can = doing(sees, notice.obligation, now)
    return can is not None and can.act is not None and can.act.kind in DECISIONS


# The forms of a message


def _whole(key: str, parts: Sequence[Part], knowing: Knowing) -> Parcel:
    """Every form of it; of several matters as many as there is room for, and how many more there are."""
    if len(parts) == 1:
        return _forms(key, parts[0].it, parts[0].kind, "layout")
    asking = [part.it for part in parts if not part.it.settled]
    deciding = [part for part in parts if part.decides] if knowing.brief else []
    if knowing.brief:
        parts = [
            part._replace(it=part.it.model_copy(update={"buttons": part.it.buttons[:1]}))
            for part in (*deciding, *(part for part in parts if part not in deciding))
        ]
    it = Several(
        brief=knowing.brief,
        deciding=len(deciding),
        asking=len(asking),
        urgent=sum(one.urgent for one in asking),
        parts=tuple(part.it for part in parts),
        inbox=f"{knowing.address}/inbox",
    )
    it = it.model_copy(update={"subject": render("several/subject.txt.jinja", it)})
    for room in range(min(len(parts), MOST), 1, -1):
        fewer = it.model_copy(update={"parts": it.parts[:room], "more": len(parts) - room})
        try:
            return _forms(key, fewer, "several", "several")
        except Refused:
            continue
    return _forms(key, it.model_copy(update={"parts": it.parts[:1], "more": len(parts) - 1}), "several", "several")


def _forms(key: str, it: Shown | Several, kind: str, laid_out: str) -> Parcel:
    """Raises Refused if Slack would not take it."""
    text, html = render(f"{laid_out}/text.txt.jinja", it), render(f"{kind}/body.html.jinja", it)
    blocks: list[dict[str, Any]] = json.loads(render(f"{kind}/blocks.json.jinja", it))
    if wrong := [*refused(blocks), *(["text: too long"] if len(text) > TEXT else [])]:
        raise Refused(wrong)
    return Parcel(key=key, subject=it.subject, text=text, html=html, blocks=tuple(blocks))


def _bare(key: str, parts: Sequence[Part], knowing: Knowing) -> Parcel:
    """The plain text alone, without a template."""
    several = len(parts) > 1
    subject = f"{len(parts)} messages" if several else parts[0].it.subject
    said = [
        line
        for part in parts
        for line in (*([part.it.subject] if several else part.it.lines), *([part.it.page] if part.it.page else ()))
    ]
    text = cut("\n".join([subject, "", *said]), TEXT // 2)
    return Parcel(
        key=key, subject=subject, text=f"{text}\n\nAll your messages: {knowing.address}/inbox", fell_back=True
    )


def note(key: str, error: Exception) -> None:
    """In the log by class and place alone: the words of an error may be anybody's."""
    log.error("message not whole", about=key, error=type(error).__name__, where=where(error))
