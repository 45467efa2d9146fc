"""A thread for each case in the business unit's own channel: how it stands, and beneath it who was told what.

The first message is written anew whenever something happens in the case. Of a restricted case it says only that.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from models.board import line_of
from models.case import Case
from models.rights import CASE_WIDE, Actor, Held
from models.tables import NoticeRow
from models.time import in_full
from notifier.channels import Parcel
from notifier.rendering import Knowing, formed, note, notice_of
from notifier.words import KINDS, CaseThread, by, shown, unreadable, worded

UNIT_SEES = Actor(person="", offices=tuple(Held(office=one) for one in sorted(CASE_WIDE)))
"""The first message shows what the board shows to whoever sees every case."""


def head(key: str, case: Case, knowing: Knowing) -> Parcel:
    """How the case stands now."""
    line = line_of(case, UNIT_SEES, knowing.now, knowing.directory, all_of_it=True)
    restricted = line.restricted
    it = CaseThread(
        case=case.ref,
        case_kind=KINDS[case.kind],
        restricted=restricted,
        closed=case.closed is not None,
        stage="" if restricted else line.stage,
        next="" if restricted or line.next_title == line.stage else line.next_title,
        expected=line.expected,
        colour="" if restricted else line.colour,
        due="" if restricted or line.due is None else by(line.due),
        waiting_for="" if restricted else "; ".join(line.waiting_for),
        decided="" if restricted else line.decided,
    )
    return _made(key, "thread", it, knowing)


def reply(key: str, notices: Sequence[NoticeRow], at: Mapping[str, datetime], case: Case, knowing: Knowing) -> Parcel:
    """Who was told what, as it read then. `at`: when each was told, by its key."""
    told = []
    for row in notices:
        try:
            it = worded(row.kind, shown(notice_of(row), case, knowing.directory, at[row.key]))
        except Exception as error:  # noqa: BLE001 -- whatever it is, the others have to be said
            note(row.key, error)
            told.append(f"{in_full(at[row.key])}: {unreadable(case.ref).subject}")
            continue
        of = f" of {it.agency}" if it.agency else ""
        told.append(f"{in_full(at[row.key])}, to the {it.office}{of}: {it.subject}")
    it = CaseThread(case=case.ref, case_kind=KINDS[case.kind], told=tuple(told))
    return _made(key, "thread_reply", it, knowing).model_copy(update={"settled": True})


def _made(key: str, kind: str, it: CaseThread, knowing: Knowing) -> Parcel:
    address = knowing.address
    it = it.model_copy(update={"page": f"{address}/cases/{it.case}"})
    try:
        return formed(key, worded(kind, it), kind)
    except Exception as error:  # noqa: BLE001 -- whatever it is, the thread has to go on
        note(key, error)
        said = unreadable(it.case)
        return Parcel(key=key, subject=said.subject, text=f"{said.subject}\n\n{it.page}", fell_back=True)
