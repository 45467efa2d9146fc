"""What a directory must also be, beyond its shape: everybody named is there, nobody stands in for themself."""

from collections.abc import Mapping
from itertools import combinations

from models.directory import Agency, Holding, Person
from models.policy import Office, Policy, Scope
from policy.problems import Path
from policy.shapes import did_you_mean, fitting
from policy.written import Written


def cross_check_directory(written: Written, policy: Policy | None) -> None:
    """Complain of everything that does not hold together; with a policy, also of offices that it does not know."""
    people = fitting(Person, written.entries("people"))
    agencies = fitting(Agency, written.entries("agencies"))
    listed = written.at("holdings")
    holdings = fitting(Holding, {str(n): one for n, one in enumerate(listed if isinstance(listed, list) else [])})
    for name, person in people.items():
        _check_leave(("people", name), person, written)
    _check_own("email", {name: person.email.casefold() for name, person in people.items()}, written)
    _check_own("slack_id", {name: person.slack_id for name, person in people.items() if person.slack_id}, written)
    for index, holding in holdings.items():
        path: Path = ("holdings", int(index))
        _check_holding(path, holding, written)
        if policy is not None:
            _check_office(path, holding, policy.offices, agencies, written)
    _check_one_at_a_time({int(index): one for index, one in holdings.items()}, written)


def _check_leave(path: Path, person: Person, written: Written) -> None:
    for index, leave in enumerate(person.leave):
        if leave.last < leave.first:
            written.complain((*path, "leave", index), "This leave ends before it starts. Check `first` and `last`.")


def _check_own(key: str, values: Mapping[str, str], written: Written) -> None:
    """Two people with one address would read each other's messages."""
    owner: dict[str, str] = {}
    for name, value in values.items():
        if owner.setdefault(value, name) != name:
            words = f"`{owner[value]}` has the same. Give each person their own, or enter the person once."
            written.complain(("people", name, key), words)


def _check_holding(path: Path, holding: Holding, written: Written) -> None:
    people, agencies = written.entries("people"), written.entries("agencies")
    for key, named in (("person", holding.person), ("deputy", holding.deputy)):
        if named is not None and named not in people:
            words = f"There is no person `{named}` under `people`. {did_you_mean(named, people)}"
            written.complain((*path, key), words)
    if holding.agency is not None and holding.agency not in agencies:
        words = f"There is no agency `{holding.agency}` under `agencies`. {did_you_mean(holding.agency, agencies)}"
        written.complain((*path, "agency"), words)
    if holding.deputy == holding.person:
        words = "Nobody can deputise for themself. Name somebody else, or take `deputy` away."
        written.complain((*path, "deputy"), words)
    if holding.until is not None and holding.until < holding.since:
        written.complain((*path, "until"), "This is before `since`. Check both days.")


def _check_office(
    path: Path, holding: Holding, offices: Mapping[str, Office], agencies: Mapping[str, Agency], written: Written
) -> None:
    office = offices.get(holding.office)
    if office is None:
        words = f"The policy has no office `{holding.office}`. {did_you_mean(holding.office, offices)}"
        written.complain((*path, "office"), words)
    elif office.scope is Scope.PARTNERSHIP and holding.agency is not None:
        words = f"`{holding.office}` is held once in the partnership. Take `agency` away."
        written.complain((*path, "agency"), words)
    elif office.scope is Scope.AGENCY and holding.agency is None:
        written.complain((*path, "agency"), f"`{holding.office}` is an office of each agency. Say of which one.")
    elif office.partners_only and (agency := agencies.get(holding.agency or "")) and not agency.partner:
        words = f"Only safeguarding partners have a `{holding.office}`. Set `partner: true` there, or take this away."
        written.complain((*path, "agency"), words)


def _check_one_at_a_time(holdings: Mapping[int, Holding], written: Written) -> None:
    """Two holders on one day would make it a matter of chance who is told."""
    for (_, earlier), (index, later) in combinations(holdings.items(), 2):
        if (earlier.office, earlier.agency) != (later.office, later.agency):
            continue
        together = max(earlier.since, later.since)
        if earlier.covers(together) and later.covers(together):
            words = f"Two people would hold `{later.office}` on {together}. Say with `until` when the first one ended."
            written.complain(("holdings", index), words)
