"""What a scenario must also be, beyond its shape: time runs forward, and everybody and everything named is there."""

from collections.abc import Mapping
from datetime import datetime

from models import shelf
from models.directory import Directory
from models.lifecycles import COMMANDS, LIFECYCLES
from models.policy import Office, Policy, Scope, Span
from models.rehearsal import ANYBODY, KINDS, REVIEW, Scenario, Stage
from policy.problems import Path
from policy.shapes import did_you_mean, fit, shaped
from policy.written import Written


def cross_check_scenario(written: Written, policy: Policy | None, directory: Directory | None) -> None:
    """Complain of everything that makes no sense; with a policy, also of offices that it does not know."""
    starts = fit(datetime, written.at("starts"))
    if starts and starts.tzinfo is None:
        words = "This time has no zone. Write it as 2026-03-02T09:00:00+00:00."
        written.complain(("starts",), words)
    _check_forward(("lasts",), written, least=1)
    for index in range(len(written.items("outages"))):
        _check_forward(("outages", index, "after"), written)
        _check_forward(("outages", index, "lasts"), written, least=1)
    for index in range(len(written.items("leaves"))):
        _check_forward(("leaves", index, "after"), written)
        person = written.text("leaves", index, "person")
        if person and directory is not None and person not in directory.people:
            words = f"The directory knows nobody of this id. {did_you_mean(person, directory.people)}"
            written.complain(("leaves", index, "person"), words)
    for index in range(len(written.items("acts"))):
        path: Path = ("acts", index)
        _check_forward((*path, "after"), written)
        _check_what(path, written)
        if policy is not None:
            _check_who((*path, "who"), policy.offices, directory, written)
    if policy is not None and directory is not None and not written.problems:
        scenario = shaped(Scenario, written.root)
        for number, words in Stage(scenario, *shelf.put(policy), directory).unheld().items():
            written.complain(("acts", number, "who"), f"{words[0].upper()}{words[1:]}.")


def _check_forward(path: Path, written: Written, least: int = 0) -> None:
    span = fit(Span, written.at(*path))
    if span and span.n < least:
        words = "Nothing can happen before the start. Take the minus away."
        written.complain(path, words if span.n < 0 else "This must be more than nothing, such as `60 days`.")


def _check_what(path: Path, written: Written) -> None:
    on, do = written.text(*path, "on") or REVIEW, written.text(*path, "do")
    if on not in KINDS:
        written.complain((*path, "on"), f"There is no `{on}`. Write one of: {', '.join(KINDS)}.")
        return
    known = COMMANDS[KINDS[on]]
    if do and do not in known:
        name = LIFECYCLES[KINDS[on]].name.replace("_", " ")
        written.complain((*path, "do"), f"A {name} takes no command `{do}`. {did_you_mean(do, known)}")


def _check_who(path: Path, offices: Mapping[str, Office], directory: Directory | None, written: Written) -> None:
    who = written.text(*path)
    name, _, agency = who.partition("/")
    if not who or who in ANYBODY:
        return
    office = offices.get(name)
    if office is None:
        words = f"The policy has no office `{name}`. {did_you_mean(name, (*offices, *ANYBODY))}"
    elif office.scope is Scope.PARTNERSHIP and agency:
        words = f"`{name}` is held once in the partnership. Write `{name}` alone."
    elif office.scope is Scope.AGENCY and not agency:
        words = f"`{name}` is an office of each agency. Say of which one: `{name}/AGENCY`."
    elif agency and directory is not None and agency not in directory.agencies:
        words = f"The directory has no agency `{agency}`. {did_you_mean(agency, directory.agencies)}"
    else:
        return
    written.complain(path, words)
