"""Cases about the same children are one family: who is locked out of one, or let in, is so in all of them.

Otherwise the story that a restricted review keeps could be read in the referral from which it came.
"""

from collections.abc import Iterator
from typing import Any

from models.case import Case
from models.facts import Fact
from models.referral import Route, leads
from models.time import day_of

ACCESS = ("restricted", "locked_out", "let_in")


def kin(case: Case) -> set[str]:
    """The cases that this one names as its own: from which it came, what it joins or was found to be."""
    same = {ref for ref, found_same in case.said.get("duplicates", {}).items() if found_same}
    came_from = {case.said[name] for name in ("referral", "from") if case.said.get(name)}
    return same | leads(case.said, Route.JOINED) | came_from


def grows(before: Case, case: Case) -> bool:
    """Whether a case has just been found to belong to this one."""
    return bool(kin(case) - kin(before))


def access_moved(before: Case, case: Case) -> bool:
    return any(before.said.get(name) != case.said.get(name) for name in ACCESS)


def unsaid(case: Case) -> Case:
    """The case as if nobody had been kept out of it, or let in."""
    return case.model_copy(update={"said": {name: said for name, said in case.said.items() if name not in ACCESS}})


def follows(before: Case, case: Case, other: Case, fact: Fact) -> Iterator[Fact]:
    """The next facts of `other`, so that it keeps and lets in as `case` does since `before`.

    Who acted is who acted there, and the reason is the one given there.
    """
    told = (fact.kind, fact.text) if fact.kind in {"restriction_set", "locked_out", "let_in"} else ("", "")
    for number, (kind, data) in enumerate(_moves(before, case, other, fact), start=other.known + 1):
        yield Fact(
            case=other.ref, number=number, kind=kind, actor=fact.actor, office=fact.office, occurred=fact.recorded,
            recorded=fact.recorded, data=data, text=told[1] if kind == told[0] else "",
        )  # fmt: skip


def _moves(before: Case, case: Case, other: Case, fact: Fact) -> Iterator[tuple[str, dict[str, Any]]]:
    was, now, there = (bool(one.said.get("restricted")) for one in (before, case, other))
    if was != now != there:
        yield "restriction_set", {"restricted": now}
    out, kept, others = (set(one.said.get("locked_out", ())) for one in (before, case, other))
    for person in sorted((kept - out) - others):
        yield "locked_out", {"person": person, "locked": True}
    for person in sorted((out - kept) & others):
        yield "locked_out", {"person": person, "locked": False}
    earlier, let_in, known = (one.said.get("let_in", {}) for one in (before, case, other))
    for person, until in sorted(let_in.items()):
        if earlier.get(person) != until != known.get(person) and until >= day_of(fact.recorded).isoformat():
            yield "let_in", {"person": person, "until": until}
