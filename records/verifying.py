"""Verifying the record: every chain link by link, what its links stand for, the stored states, and the seals outside.

One page of one chain is held at a time, however much there is.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

from sqlalchemy import exists, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from models import shelf
from models.base import Message
from models.case import Case
from models.children import OF_DEATHS, children_of
from models.command import merged
from models.fold import after
from models.obligation import Ended
from models.shelf import NotOnShelf
from models.tables import (
    AccountRow,
    AgencyRow,
    BoardRow,
    CaseRow,
    ChildRow,
    CommandRow,
    CountedRow,
    FactRow,
    FileRow,
    HeadRow,
    HoldingRow,
    LinkRow,
    NoticeRow,
    ObligationRow,
    PersonRow,
    PolicyRow,
    ReadRow,
    RecommendationRow,
    RecommendationWordsRow,
    SettingRow,
    TextRow,
)
from models.tracking import MADE, about, last_word
from records.chains import (
    DIRECTORY,
    FIRST_START,
    MESSAGES,
    READS,
    SEALED,
    SIGN_INS,
    START,
    TAKEN_OVER,
    commit,
    mac_of,
    of_directory,
    of_fact,
    of_notices,
    of_read,
)
from records.children import Kept, nhs_key
from records.counted import place_of, row_of, said_of_row
from records.facts import board_row, fact_from, obligation_row, recommendation_rows, sealed_at
from records.faults import UNREADABLE
from records.files import is_committed
from records.policies import IN_FORCE, fill_shelf
from records.sealing import CannotUnseal, Vault
from records.seals import Head, Seals

PAGE = 200
_FILES = select(FileRow).order_by(FileRow.id).limit(PAGE)


POLICIES, COMMANDS, FILES, SEALS = "policies", "commands", "files", "seals"
"""What is looked at beside the chains, by the name under which it is found broken."""


class Broken(Message):
    """The first thing that is wrong with a chain, in words."""

    chain: str
    number: int
    words: str


class Verifier:
    """One look at the whole record. Nothing is changed by it."""

    def __init__(self, session: AsyncSession, key: bytes, vault: Vault) -> None:
        self._session, self._key, self._vault = session, key, vault

    async def broken(self, seals: Seals, looked: Callable[[int, int], None] | None = None) -> list[Broken]:
        """The first broken link of every chain; none when the record is whole. `looked`: (chains done, of how many)."""
        await fill_shelf(self._session)
        found: dict[str, Broken] = {}
        chains = await self._chains()
        for number, chain in enumerate(chains, start=1):
            if looked:
                looked(number, len(chains))
            if wrong := await _Chain(self._session, self._key, self._vault, chain).wrong():
                found[chain] = wrong
        for chain, look, what in (
            (POLICIES, self._policies(), "policies"),
            (COMMANDS, self._missing_facts(), "commands"),
            (DIRECTORY, self._in_place(), "directory, or what is in force,"),
            (SIGN_INS, self._accounts(), "accounts"),
            (TAKEN_OVER, self._taken_over(), "lists that were taken over"),
            (FILES, self._files(), "files of evidence"),
            (SEALS, self._against(seals), "seals"),
        ):
            try:
                async for wrong in look:
                    found.setdefault(wrong.chain, wrong)
            except UNREADABLE:
                found.setdefault(chain, Broken(chain=chain, number=1, words=f"The {what} cannot be read."))
        return list(found.values())

    async def _chains(self) -> list[str]:
        everywhere = (
            HeadRow.chain, LinkRow.chain, CaseRow.ref, FactRow.case, NoticeRow.case, ObligationRow.case,
            RecommendationRow.case, RecommendationWordsRow.case, BoardRow.case,
        )  # fmt: skip
        found = {READS}
        for column in everywhere:
            found |= {str(one) for one in await self._session.scalars(select(column).distinct())}
        return sorted(found - {""})  # what is said by the house belongs to no case

    async def _policies(self) -> AsyncIterator[Broken]:
        """Policies are named by the hash of what they say."""
        digests = await self._session.scalars(select(PolicyRow.digest))
        for number, digest in enumerate(sorted(map(str, digests)), start=1):
            if not await self._is_what_it_says(digest):
                words = f"The policy {digest[:12]} is not what it was when it was put in force."
                yield Broken(chain=POLICIES, number=number, words=words)

    async def _is_what_it_says(self, digest: str) -> bool:
        with suppress(*UNREADABLE):
            row = await self._session.get(PolicyRow, digest)
            body: Any = row.body if row else None  # whatever somebody has put there
            return isinstance(body, dict) and "calendar" in body and digest == "/".join(shelf.names(body))
        return False

    async def _missing_facts(self) -> AsyncIterator[Broken]:
        """Commands that were recorded as done, and whose facts are not there."""
        fact = exists().where(FactRow.request == CommandRow.request)
        lost = select(CommandRow.case).where(CommandRow.state == "done", ~fact).distinct().order_by(CommandRow.case)
        for case in (await self._session.scalars(lost)).all():
            known = await self._session.scalar(select(func.max(FactRow.number)).where(FactRow.case == case)) or 0
            yield Broken(chain=case, number=known + 1, words="A command was recorded as done, and its fact is gone.")

    async def _files(self) -> AsyncIterator[Broken]:
        """A file is named by what stands for its bytes; the bytes themselves are looked at whenever it is opened."""
        last = ""
        while rows := (await self._session.scalars(_FILES.where(FileRow.id > last))).all():
            for number, row in enumerate(rows, start=1):
                if not is_committed(self._vault, row):
                    words = f"What is noted of the file {row.id} is not what it was when it was kept."
                    yield Broken(chain=FILES, number=number, words=words)
            last = rows[-1].id

    async def _in_place(self) -> AsyncIterator[Broken]:
        """The directory and the policy in force are those that were last put in place."""
        agencies = {row.id: row.body for row in await self._session.scalars(select(AgencyRow))}
        rows = (await self._session.scalars(select(HoldingRow).order_by(HoldingRow.number))).all()
        value = of_directory(agencies, await self._people(), [row.body for row in rows])
        row = await self._session.get(SettingRow, IN_FORCE)
        for kind, now, words in (
            ("directory_replaced", value, "The directory is not the one that was put in place."),
            ("policy_in_force", {"policy": row.value if row else ""}, "Another policy is in force than was put there."),
        ):
            last = await self._last(DIRECTORY, kind)
            unlinked = last is None and kind == "directory_replaced" and bool(agencies)
            if unlinked or (last is not None and not _stands_for(last, now)):
                yield Broken(chain=DIRECTORY, number=last.number if last else 1, words=words)

    async def _taken_over(self) -> AsyncIterator[Broken]:
        """What is noted of each list that was taken over is what was noted then."""
        for link in await self._session.scalars(select(LinkRow).where(LinkRow.chain == TAKEN_OVER)):
            row = await self._session.get(SettingRow, f"{TAKEN_OVER}/{link.number}")
            if not _stands_for(link, {"taken": row.value if row else ""}):
                words = "What is noted of this list is not what was noted when it was taken over."
                yield Broken(chain=TAKEN_OVER, number=link.number, words=words)

    async def _people(self) -> dict[str, tuple[Any, str]]:
        found: dict[str, tuple[Any, str]] = {}
        for row in await self._session.scalars(select(PersonRow)):
            try:
                found[row.id] = self._vault.unseal(row.sealed, f"people.sealed/{row.id}"), row.email_key
            except CannotUnseal:
                found[row.id] = None, row.email_key
        return found

    async def _accounts(self) -> AsyncIterator[Broken]:
        """Every password was set by whoever had the link to it; an account ends only where that is said.

        So with second factors: nobody takes one off, or puts their own in its place, unseen.
        """
        password, factor, ended = "password_set", "second_factor_set", "account_ended"
        kinds = (password, factor, "second_factor_ended", ended)
        links = select(LinkRow).where(LinkRow.chain == SIGN_INS, LinkRow.kind.in_(kinds)).order_by(LinkRow.number)
        last: dict[str, dict[str, LinkRow]] = {password: {}, factor: {}}
        for link in (await self._session.scalars(links)).all():
            of = (password, factor) if link.kind == ended else (password if link.kind == password else factor,)
            for one in of:
                last[one][link.actor] = link
        rows = (await self._session.scalars(select(AccountRow))).all()
        kept = {
            password: {row.person: {"password": row.password} for row in rows},
            factor: {row.person: {"secret": self._secret(row)} for row in rows if row.second_factor is not None},
        }
        for what, words in ((password, "The account"), (factor, "The second factor")):
            said = last[what]
            for person in sorted(kept[what].keys() | {one for one, link in said.items() if link.kind == what}):
                by, value = said.get(person), kept[what].get(person)
                if by is None or by.kind != what or value is None or not _stands_for(by, value):
                    number = by.number if by else 1
                    words_ = f"{words} of {person} was added, changed or removed."
                    yield Broken(chain=SIGN_INS, number=number, words=words_)

    def _secret(self, row: AccountRow) -> Any:  # noqa: ANN401 -- any JSON value
        try:
            return self._vault.unseal(row.second_factor or b"", f"accounts.second_factor/{row.person}")
        except CannotUnseal:
            return None

    async def _last(self, chain: str, kind: str) -> LinkRow | None:
        found = select(LinkRow).where(LinkRow.chain == chain, LinkRow.kind == kind)
        return (await self._session.scalars(found.order_by(LinkRow.number.desc()).limit(1))).first()

    async def _against(self, seals: Seals) -> AsyncIterator[Broken]:
        row = await self._session.get(SettingRow, SEALED)
        number, _, mac = row.value.partition("/") if row else ("0", "", "")
        begun = select(LinkRow.number).where(LinkRow.chain == DIRECTORY, LinkRow.actor == FIRST_START).limit(1)
        least = max(int(number), 0 if await self._session.scalar(begun) is None else 1)
        sealed: list[tuple[str, Head]] = []
        last = 0
        for line in seals.lines():
            last = line.number
            if not line.good or (last == int(number) and line.mac != mac):
                yield Broken(
                    chain=SEALS, number=line.number, words="This seal was altered, or one before it is missing."
                )
            sealed += line.heads.items()
            if len(sealed) >= PAGE:
                async for wrong in self._unlike(sealed):
                    yield wrong
                sealed = []
        async for wrong in self._unlike(sealed):
            yield wrong
        if last < least:
            words = "The end of the seals was cut off." if last else "The seals are missing, or the file is empty."
            yield Broken(chain=SEALS, number=last + 1, words=words)

    async def _unlike(self, sealed: list[tuple[str, Head]]) -> AsyncIterator[Broken]:
        """Sealed heads that are not links of the record any more."""
        places = [(chain, number) for chain, (number, _) in sealed]
        columns = (LinkRow.chain, LinkRow.number)
        found = select(*columns, LinkRow.mac).where(tuple_(*columns).in_(places))
        macs = {(chain, number): mac for chain, number, mac in await self._session.execute(found)}
        for chain, (number, mac) in sealed:
            if macs.get((chain, number)) != mac:
                yield await self._lost(chain, number)

    async def _lost(self, chain: str, number: int) -> Broken:
        last = await self._session.scalar(select(func.max(LinkRow.number)).where(LinkRow.chain == chain)) or 0
        if last == 0:
            return Broken(chain=chain, number=1, words="This chain was sealed and is not in the database any more.")
        if last < number:
            return Broken(chain=chain, number=last + 1, words="The end of this chain was cut off after it was sealed.")
        return Broken(chain=chain, number=number, words="This link is not the one that was sealed.")


class _Chain:
    """One chain: its links, what they stand for, and the state that its facts make."""

    def __init__(self, session: AsyncSession, key: bytes, vault: Vault, chain: str) -> None:
        self._session, self._key, self._vault, self.chain = session, key, vault, chain
        self._case: Case | None = None
        self._said_of: dict[str, Any] = {}
        """What was said of each recommendation, by the place where its line keeps it."""
        self._counted: dict[str, Any] | None = {}
        """What was said of its row among the figures of deaths; None once words of it are lawfully gone."""
        self._good = 0
        """The last link that was looked at and found whole."""
        self._values: Callable[[int, int], Awaitable[dict[int, dict[str, Any]]]] | None = self._of_facts
        if chain in {SIGN_INS, DIRECTORY, MESSAGES, TAKEN_OVER}:
            self._values = None
        if chain == READS:
            self._values = self._of_reads

    async def wrong(self) -> Broken | None:
        """The first thing that is wrong; where something cannot be read, it is looked for link by link."""
        with suppress(*UNREADABLE):
            return await self._look(PAGE)
        self._case = None
        try:
            return await self._look(1)
        except UNREADABLE:
            return self._broken(self._good + 1, "This link, or what it stands for, cannot be read.")

    async def _look(self, page: int) -> Broken | None:
        previous, number = START, 0
        while links := await self._links(number, page):
            values = await self._values(number, links[-1].number) if self._values else None
            for link in links:
                number += 1
                if words := self._link(link, number, previous) or _value(link, values):
                    return self._broken(number, words)
                previous, self._good = link.mac, number
        head = await self._session.get(HeadRow, self.chain)
        if (head.number, head.mac) != (number, previous) if head else number:
            return self._broken(number + 1, "The end of this chain was cut off or replaced.")
        if (extra := await self._beyond(number)) is not None:
            return self._broken(extra, "This was recorded without a link.")
        if self._values == self._of_facts and (words := await self._state()):
            return self._broken(number, words)
        return None

    async def _beyond(self, last: int) -> int | None:
        """The first number of what stands in this chain's tables and in none of its links."""
        found = []
        if self._values == self._of_reads:
            found = [select(func.min(ReadRow.number)).where(_outside(ReadRow.number, last))]
        if self._values == self._of_facts:
            found = [
                select(func.min(FactRow.number)).where(FactRow.case == self.chain, _outside(FactRow.number, last)),
                select(func.min(NoticeRow.fact)).where(NoticeRow.case == self.chain, _outside(NoticeRow.fact, last)),
            ]
        numbers = [await self._session.scalar(one) for one in found]
        return min((number for number in numbers if number is not None), default=None)

    def _broken(self, number: int, words: str) -> Broken:
        return Broken(chain=self.chain, number=number, words=words)

    def _link(self, link: LinkRow, number: int, previous: str) -> str:
        if link.number != number:
            return "This link is missing."
        if link.previous != previous:
            return "This link does not follow the one before it."
        mac = mac_of(self._key, previous, self.chain, number, link.at, link.actor, link.kind, link.commitments)
        return "" if link.mac == mac else "This link was altered."

    async def _links(self, beyond: int, most: int) -> list[LinkRow]:
        found = select(LinkRow).where(LinkRow.chain == self.chain, LinkRow.number > beyond)
        return list(await self._session.scalars(found.order_by(LinkRow.number).limit(most)))

    async def _of_reads(self, beyond: int, last: int) -> dict[int, dict[str, Any]]:
        found = select(ReadRow).where(ReadRow.number > beyond, ReadRow.number <= last)
        return {row.number: of_read(row) for row in await self._session.scalars(found)}

    async def _of_facts(self, beyond: int, last: int) -> dict[int, dict[str, Any]]:
        """What the record holds for these links. A text whose words are gone has no value."""
        found = select(FactRow).where(FactRow.case == self.chain, FactRow.number > beyond, FactRow.number <= last)
        facts = list(await self._session.scalars(found.order_by(FactRow.number)))
        texts = {
            row.id: row
            for row in await self._session.scalars(
                select(TextRow).where(TextRow.id.in_([str(one.text) for one in facts]))
            )
        }
        told: dict[int, list[NoticeRow]] = {}
        sent = select(NoticeRow).where(NoticeRow.case == self.chain, NoticeRow.fact > beyond, NoticeRow.fact <= last)
        for notice in await self._session.scalars(sent):
            told.setdefault(notice.fact, []).append(notice)
        values = {}
        for row in facts:
            text = texts.get(row.text)
            text = text if text is not None and text.sealed else None
            words = await self._words(row, text) if text else None
            self._note(row, words)
            fact = of_fact(row, text, words)
            values[row.number] = fact | of_notices(told.get(row.number, ()))
            self._fold(row)
            self._count(row, words)
        return values

    def _note(self, row: FactRow, words: Any) -> None:  # noqa: ANN401 -- any JSON value
        """What the line of a recommendation has to say once this is recorded."""
        item = about(row.data)
        if not item or not isinstance(words, dict):
            return
        if row.kind in MADE:
            self._said_of[sealed_at("sealed", row.case, item)] = merged(row.data, words)
        if said := last_word(row.kind, words):
            self._said_of[sealed_at("said", row.case, item)] = said

    async def _words(self, row: FactRow, text: TextRow) -> Any:  # noqa: ANN401 -- any JSON value
        try:
            words = self._vault.unseal(text.sealed, f"texts.sealed/{text.id}")
            named = children_of(row.kind, words)
            if named and not await self._amended_since(row) and named != await self._children():
                return ["the children are not those who were named"]
        except CannotUnseal:
            return ["altered"]
        return words

    async def _amended_since(self, row: FactRow) -> bool:
        """Whether a later fact says who the child was."""
        later = select(FactRow.number).where(FactRow.case == row.case, FactRow.number > row.number)
        found = await self._session.scalars(later.where(FactRow.kind.in_(OF_DEATHS)).limit(1))
        return row.kind in OF_DEATHS and found.first() is not None

    async def _children(self) -> list[Any]:
        """Who they are; nobody in the place of one who would not be found by the NHS number."""
        found = select(ChildRow).where(ChildRow.case == self.chain).order_by(ChildRow.number)
        rows = list(await self._session.scalars(found))
        children = [Kept(self.chain, row.number, row.sealed).opened(self._vault) for row in rows]
        return [
            child if row.nhs_key in {None, nhs_key(self._vault, child)} else None
            for row, child in zip(rows, children, strict=True)
        ]

    def _fold(self, row: FactRow) -> None:
        """The state that the facts make; none when they cannot be folded, which the comparison then says."""
        if row.number == 1 and isinstance(begins := row.data.get("begins"), dict):
            self._case = Case(ref=self.chain, **begins)
        try:
            self._case = after(self._case, fact_from(row)) if self._case else None
        except (NotOnShelf, LookupError, ValueError, RuntimeError):
            self._case = None

    def _count(self, row: FactRow, words: Any) -> None:  # noqa: ANN401 -- any JSON value
        """What the row of a death has to say once this is recorded."""
        if self._case is None or self._counted is None:
            return
        if row.text and not isinstance(words, dict):
            self._counted = None
        else:
            self._counted |= said_of_row(self._case, fact_from(row), words)

    async def _state(self) -> str:
        """In which place the stored state is not what the facts make; empty when it is."""
        with suppress(*UNREADABLE):
            return await self._unlike_its_facts()
        return "The stored state cannot be read."

    async def _unlike_its_facts(self) -> str:
        row = await self._session.get(CaseRow, self.chain)
        if row is None:
            return "The case of these facts is not there."
        if self._case is None:
            return "The state cannot be made from these facts: one of them, or its policy, is not what it was."
        stored = Case.model_validate(row.state)
        made = {"ref": row.ref, "kind": row.kind, "known": row.known, "opened": row.opened, "closed": row.closed}
        place = difference(self._case.model_dump(include=set(made)), made)
        place = place or difference(self._case.model_dump(), stored.model_dump())
        if place is None and row.parent != self._case.said.get("from", self._case.said.get("referral")):
            place = "parent"
        for lines in (self._board, self._obligations, self._recommendations, self._figures):
            place = place or await lines(self._case)
        return "" if place is None else f"The stored state is not what its facts make of it: {place}."

    async def _board(self, case: Case) -> str | None:
        made, row = board_row(case), await self._session.get(BoardRow, case.ref)
        kept = {name: getattr(row, name) for name in made} if row else {}
        return None if difference(made, kept) is None else "the line of the board"

    async def _obligations(self, case: Case) -> str | None:
        """The first line kept of an obligation that says other than its case; ended ones may outlive it there."""
        names = [column.name for column in ObligationRow.__table__.columns]
        rows = await self._session.scalars(select(ObligationRow).where(ObligationRow.case == case.ref))
        kept = {row.key: {name: getattr(row, name) for name in names} for row in rows}
        for key, one in case.obligations.items():
            if difference(obligation_row(case, one), kept.pop(key, {})) is not None:
                return f"the line of {key}"
        return next((f"the line of {key}" for key, row in kept.items() if row["state"] not in set(Ended)), None)

    async def _recommendations(self, case: Case) -> str | None:
        """The first line kept of a recommendation that says other than its case, or other words than were said."""
        kept: dict[str, list[RecommendationRow | RecommendationWordsRow]] = {}
        for line in await self._session.scalars(select(RecommendationRow).where(RecommendationRow.case == case.ref)):
            kept.setdefault(line.item, []).append(line)
        words = select(RecommendationWordsRow).where(RecommendationWordsRow.case == case.ref)
        for beside in await self._session.scalars(words):
            kept.setdefault(beside.item, []).append(beside)
        for item in case.recommendations:
            found, made = kept.pop(item, []), recommendation_rows(case, item)
            if [type(row) for row in found] != [RecommendationRow, RecommendationWordsRow] or any(
                difference(one, {name: getattr(row, name) for name in one}) is not None
                for row, one in zip(found, made, strict=True)
            ):
                return f"the line of {item}"
            if not all(self._says(found[1], name) for name in ("sealed", "said")):
                return f"the words of {item}"
        return next((f"the line of {item}" for item in kept), None)

    async def _figures(self, case: Case) -> str | None:
        """Whether the row of a death, of which figures are made, says what its facts say, and of which case it is."""
        if not self._counted:
            return None
        id_ = row_of(self._vault, case.ref)
        row, of_case = await self._session.get(CountedRow, id_), ""
        kept = {name: getattr(row, name) for name in self._counted} if row else {}
        with suppress(CannotUnseal):
            of_case = self._vault.unseal(row.sealed, place_of(id_)) if row else ""
        is_whole = difference(self._counted, kept) is None and of_case == case.ref
        return None if is_whole else "the row among the figures"

    def _says(self, row: RecommendationRow | RecommendationWordsRow, name: str) -> bool:
        """Whether the words kept beside a line are those of its facts; of what is lawfully gone nothing is asked."""
        place, sealed = sealed_at(name, row.case, row.item), getattr(row, name)
        if place not in self._said_of:
            return True
        return sealed is not None and self._vault.unseal(sealed, place) == self._said_of[place]


def _outside(number: Any, last: int) -> Any:  # noqa: ANN401 -- a column, and a condition on it
    return or_(number > last, number < 1)


def _value(link: LinkRow, values: Mapping[int, Mapping[str, Any]] | None) -> str:
    """What is wrong with what a link stands for. Salt and value may be gone together, and only of private words."""
    if values is None:
        return ""
    recorded = values.get(link.number)
    if recorded is None:
        return "What this link stands for was removed."
    for name, commitment in link.commitments.items():
        if name not in recorded and name not in link.salts:
            continue
        if name not in recorded:
            return "What this link stands for was removed."
        if name not in link.salts:
            return "The salt of what this link stands for was removed."
        if commit(bytes.fromhex(link.salts[name]), recorded[name]) != commitment:
            return "What this link stands for was altered."
    return "" if recorded.keys() <= link.commitments.keys() else "What this link stands for was added to."


def _stands_for(link: LinkRow, value: Mapping[str, Any]) -> bool:
    return not _value(link, {link.number: value}) and link.commitments.keys() == value.keys()


def difference(one: Any, other: Any, place: str = "") -> str | None:  # noqa: ANN401 -- any plain values
    """The first place in which two values differ, as a path; none if they are equal."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in [*one, *(key for key in other if key not in one)]:
            path = f"{place}.{key}" if place else str(key)
            if key not in one or key not in other:
                return path
            if (found := difference(one[key], other[key], path)) is not None:
                return found
        return None
    if isinstance(one, list | tuple) and isinstance(other, list | tuple) and len(one) == len(other):
        pairs = (difference(a, b, f"{place}.{n}") for n, (a, b) in enumerate(zip(one, other, strict=True)))
        return next((found for found in pairs if found is not None), None)
    return None if one == other else place
