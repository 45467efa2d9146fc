"""What the mapping of a sheet must also be, beyond its shape: no word means two things, whoever is named is there."""

from collections.abc import Collection, Iterable
from datetime import date, datetime

from models.child_death_commands import NOT_OURS
from models.directory import Directory
from models.sheet_mapping import spoken
from policy.problems import Path, key_of
from policy.shapes import did_you_mean, fit
from policy.written import Written

_OF_TRACKERS = (
    "columns", "statuses", "colours", "kinds", "review_statuses", "reviews", "agencies", "people",
)  # fmt: skip
_OF_DEATHS = (
    "columns", "sexes", "ethnic_groups", "places", "areas", "categories", "modifiable", "stages", "waits", "agencies",
)  # fmt: skip
_TRIED = datetime(2023, 11, 24)  # noqa: DTZ001 -- a day that no other order of its numbers can be


def cross_check_tracker(written: Written, directory: Directory | None) -> None:
    """Complain of every word with two meanings, every way to write days that names none, and whoever is not there."""
    _check_sheet(_OF_TRACKERS, written)
    if directory:
        _check_there("agencies", directory.agencies, written)
        _check_there("people", directory.people, written)


def cross_check_past_deaths(written: Written, directory: Directory | None = None, areas: Collection[str] = ()) -> None:
    """The same of the mapping of a list of deaths; its areas are those of the policy, or none of them."""
    _check_sheet(_OF_DEATHS, written)
    if directory:
        _check_there("agencies", directory.agencies, written)
    if areas:
        _check_there("areas", (*areas, *NOT_OURS), written, "policy")


def _check_sheet(groups: Iterable[str], written: Written) -> None:
    for key in groups:
        _check_one_meaning(key, written)
    for index in range(len(written.items("dates", "formats"))):
        _check_format(("dates", "formats", index), written)
    earliest, latest = (fit(date, written.at("dates", key)) for key in ("earliest", "latest"))
    if earliest and latest and latest < earliest:
        written.complain(("dates", "latest"), "This is before `earliest`. Check both days.")


def _check_one_meaning(group: str, written: Written) -> None:
    first: dict[str, Path] = {}
    for meaning in written.entries(group):
        for index, word in enumerate(written.items(group, meaning)):
            here = (group, meaning, index)
            begins = "*" if group == "columns" and str(word).endswith("*") else ""
            there = first.setdefault(f"{spoken(str(word))}{begins}", here)
            if there != here:
                words = (
                    f"This stands under `{key_of(there)}` already (line {written.line(there)}). Keep one of the two."
                )
                written.complain(here, words)


def _check_there(group: str, known: Iterable[str], written: Written, where: str = "directory") -> None:
    there = set(known)
    for name in written.entries(group):
        if name not in there:
            written.complain((group, name), f"The {where} has no `{name}`. {did_you_mean(name, there)}")


def _check_format(path: Path, written: Written) -> None:
    form = written.text(*path)
    try:
        read = datetime.strptime(_TRIED.strftime(form), form)  # noqa: DTZ007 -- a day, without an hour
    except ValueError:
        read = None
    if read is None or read.date() != _TRIED.date():
        words = "This does not name day, month and year. Write it with %d, %m or %B or %b, and %Y or %y."
        written.complain(path, words)
