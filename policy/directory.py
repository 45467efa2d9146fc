"""What a directory must also be, beyond its shape: everybody named is there, nobody stands in for themself."""

from collections.abc import Mapping
from datetime import date
from itertools import combinations

from models.calendar import in_words
from models.directory import ChannelName, Holding
from models.policy import Office, Policy, Scope
from policy.problems import Path
from policy.shapes import did_you_mean, fit
from policy.written import Written


def cross_check_directory(written: Written, policy: Policy | None) -> None:
    """Complain of everything that does not hold together; with a policy, also of offices that it does not know."""
    for name in written.entries("people"):
        _check_leave(("people", name), written)
        _check_channels(("people", name, "channels"), written)
        _check_interests(("people", name, "interests"), written)
    _check_own("email", written)
    _check_own("slack_id", written)
    for index in range(len(written.items("holdings"))):
        _check_holding(("holdings", index), written)
        if policy is not None:
            _check_office(("holdings", index), policy.offices, written)
    several = {name for name, office in policy.offices.items() if office.several} if policy else set()
    _check_one_at_a_time(written, several)


def _check_leave(path: Path, written: Written) -> None:
    for index in range(len(written.items(*path, "leave"))):
        here = (*path, "leave", index)
        first, last = (fit(date, written.at(*here, key)) for key in ("first", "last"))
        if first and last and last < first:
            written.complain(here, "This leave ends before it starts. Check `first` and `last`.")


def _check_channels(path: Path, written: Written) -> None:
    named = [str(one) for one in written.items(*path)]
    for index, one in enumerate(named):
        if one in named[:index] and one in set(ChannelName):
            written.complain((*path, index), f"`{one}` stands here twice. Name each channel once, the first one first.")


def _check_interests(path: Path, written: Written) -> None:
    agencies = written.entries("agencies")
    for index, one in enumerate(written.items(*path)):
        if isinstance(one, str) and one not in agencies:
            words = f"`{one}` does not stand under `agencies`. {did_you_mean(one, agencies)}"
            written.complain((*path, index), words)


def _check_own(key: str, written: Written) -> None:
    """Two people with one address would read each other's messages."""
    owner: dict[str, str] = {}
    for name in written.entries("people"):
        value = written.text("people", name, key).casefold()
        if value and owner.setdefault(value, name) != name:
            words = f"`{owner[value]}` has the same. Give each person their own, or enter the person once."
            written.complain(("people", name, key), words)


def _check_holding(path: Path, written: Written) -> None:
    people, agencies = written.entries("people"), written.entries("agencies")
    for key, known, called in (
        ("person", people, "people"),
        ("deputy", people, "people"),
        ("agency", agencies, "agencies"),
    ):
        named = written.text(*path, key)
        if named and named not in known:
            words = f"`{named}` does not stand under `{called}`. {did_you_mean(named, known)}"
            written.complain((*path, key), words)
    if written.text(*path, "deputy") and written.text(*path, "deputy") == written.text(*path, "person"):
        words = "Nobody can deputise for themself. Name somebody else, or take `deputy` away."
        written.complain((*path, "deputy"), words)
    since, until = (fit(date, written.at(*path, key)) for key in ("since", "until"))
    if since and until and until < since:
        written.complain((*path, "until"), "This is before `since`. Check both days.")


def _check_office(path: Path, offices: Mapping[str, Office], written: Written) -> None:
    name, agency = written.text(*path, "office"), written.text(*path, "agency")
    office = offices.get(name)
    if office is None:
        if name:
            written.complain((*path, "office"), f"The policy has no office `{name}`. {did_you_mean(name, offices)}")
    elif office.scope is Scope.PARTNERSHIP and agency:
        written.complain((*path, "agency"), f"`{name}` is held once in the partnership. Take `agency` away.")
    elif office.scope is Scope.AGENCY and not agency:
        written.complain((*path, "agency"), f"`{name}` is an office of each agency. Say of which one.")
    elif office.partners_only and written.entries("agencies", agency) and not _is_partner(agency, written):
        words = f"Only safeguarding partners have a `{name}`. Write `partner: true` there, or take this away."
        written.complain((*path, "agency"), words)


def _is_partner(agency: str, written: Written) -> bool:
    return written.at("agencies", agency, "partner") is True


def _check_one_at_a_time(written: Written, several: set[str]) -> None:
    """Two holders on one day would make it a matter of chance who is told, but where that is of no account."""
    holdings = [(index, fit(Holding, one)) for index, one in enumerate(written.items("holdings"))]
    for (_, earlier), (index, later) in combinations(holdings, 2):
        if not earlier or not later or (earlier.office, earlier.agency) != (later.office, later.agency):
            continue
        if earlier.office in several and earlier.person != later.person:
            continue
        together = max(earlier.since, later.since)
        if earlier.covers(together) and later.covers(together):
            words = (
                f"Two people would hold `{later.office}` on {in_words(together)}. "
                "Say with `until` when the first one ended."
            )
            written.complain(("holdings", index), words)
