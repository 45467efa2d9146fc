"""What the words in one cell of a tracker mean, or what is to be said of them."""

import re
from collections.abc import Mapping
from datetime import date

from rapidfuzz import fuzz, process

from models.directory import Directory
from models.sheet_dates import NotADay
from models.sheet_heads import Spot
from models.sheet_mapping import meanings, spoken
from models.sheet_words import SheetWords, line, of_dates
from models.tracker_mapping import Meaning, ReviewKind, ReviewStatus, TrackerMapping

_BETWEEN_PEOPLE = re.compile(r"\s*(?:[/&;+,\n]|\band\b)\s*")
_BETWEEN_DAYS = re.compile(r"\s*[;\n]\s*|\s+then\s+|,\s+(?=\d{1,2}[/.-])")
_BETWEEN_THEMES = re.compile(r"\s*[;,\n]\s*")
_MADE_A_DATE = re.compile(r"\d{1,2}/\d{1,2}/\d{2,4}|\d{1,2}-[A-Za-z]{3}(-\d{2,4})?")
_NEAR = 75
_TWO = 2

MADE_A_DATE = "This number was made a date when it was typed. Format the column as text, and type it again."
ONE_PERSON = "More than one person stands here; one has to be the owner. Or say in the mapping file what the two are."
IS_IT = "Nobody of the directory is called so. Is it `{}`?"
NOBODY = (
    "Nobody of the directory is called so. Write the name or e-mail address of somebody who is there, or say in the "
    "mapping file that this is nobody any more."
)
THREE_PEOPLE = "More than two people stand here. Keep the owner, and a deputy in a column of its own."


class Words(SheetWords):
    """The words of a mapping and the names of a directory. What is not understood becomes a problem."""

    def __init__(self, mapping: TrackerMapping, directory: Directory) -> None:
        super().__init__(mapping)
        self._mapping = mapping
        self._nobody = {spoken(one) for one in mapping.nobody}
        self._no_evidence = {_closed_up(one) for one in mapping.no_evidence}
        self._statuses, self._colours = meanings(mapping.statuses), meanings(mapping.colours)
        self._kinds, self._themes = meanings(mapping.kinds), meanings(mapping.themes)
        self._no_theme = {spoken(one) for one in mapping.no_theme}
        self._review_statuses = meanings(mapping.review_statuses)
        self._agencies = _agencies(directory) | meanings(mapping.agencies)
        by_mapping: dict[str, str] = meanings(mapping.people)
        self._people = {**_people(directory), **by_mapping}
        self._agency_ids = sorted(directory.agencies)

    def number(self, spot: Spot) -> str:
        """The number of a recommendation or a paragraph, which a spreadsheet may have made a date of."""
        if isinstance(spot.value, date) or _MADE_A_DATE.fullmatch(spot.text):
            self.complain(spot, MADE_A_DATE)
            return ""
        return self.text(spot)

    def themes(self, spot: Spot) -> list[str]:
        """The themes of the policy that a cell names; what is not understood becomes a problem."""
        text = self.text(spot)
        parts = [text] if spoken(text) in self._themes else _BETWEEN_THEMES.split(text)
        several = [one for one in parts if one and spoken(one) not in self._no_theme]
        found = [self._themes.get(spoken(one)) for one in several]
        for said, theme in zip(several, found, strict=True):
            if theme is None:
                self.complain(spot, self.unknown(self._themes), line(("themes", "MEANING"), said), said)
        return list(dict.fromkeys(theme for theme in found if theme))

    def evidence(self, spot: Spot) -> str:
        """What is named as evidence; empty for words such as "see email", which the mapping lists."""
        text = self.text(spot)
        return "" if _closed_up(text) in self._no_evidence else text

    def days(self, spot: Spot) -> list[date]:
        """All days of a cell, which may hold one after the other."""
        if not isinstance(spot.value, str) or self.is_blank(spot):
            found = self.day(spot)
            return [found] if found else []
        read = []
        for one in filter(None, _BETWEEN_DAYS.split(spot.value)):
            try:
                read.append(self._days.read(one))
            except NotADay as wrong:
                self.complain(spot, wrong.words, of_dates(wrong.mend, one), one)
        return [one for one in read if one]

    def status(self, spot: Spot) -> Meaning | None:
        return self.one_of(spot, self._statuses, "statuses")

    def colour(self, spot: Spot) -> Meaning | None:
        return self.one_of(spot, self._colours, "colours")

    def review_status(self, spot: Spot) -> ReviewStatus | None:
        return self.one_of(spot, self._review_statuses, "review_statuses")

    def kind(self, spot: Spot) -> ReviewKind | None:
        return self.one_of(spot, self._kinds, "kinds")

    def kind_in(self, name: str) -> ReviewKind | None:
        """The kind of a review whose name says it, as in "SCR Child B"; None where it says none, or two."""
        padded = f" {spoken(name)} "
        found = {kind for words, kind in self._kinds.items() if f" {words} " in padded}
        return found.pop() if len(found) == 1 else None

    def agency(self, spot: Spot) -> str | None:
        text = self.text(spot)
        if not text or (found := self._agencies.get(spoken(text))):
            return found if text else None
        near = _nearest(text, self._agencies)
        words = "No agency of the directory is called so. " + (
            f"Is it `{near}`?" if near else f"Write one of them; they are: {', '.join(self._agency_ids)}."
        )
        self.complain(spot, words, line(("agencies", near or "AGENCY"), text))
        return None

    def person(self, spot: Spot) -> str | None:
        """The id of somebody of the directory; None for nobody, or for what becomes a problem."""
        return self._known(spot, self.text(spot))

    def people(self, spot: Spot) -> tuple[str | None, str | None]:
        """The owner, and the deputy where the mapping says that a second person is one."""
        text = self.text(spot)
        several = [one for one in _BETWEEN_PEOPLE.split(text) if one]
        if len(several) < _TWO or spoken(text) in self._people or spoken(text) in self._nobody:
            return self._known(spot, text), None
        before = len(self.problems)
        found = [self._known(spot, one) for one in several]
        if len(self.problems) > before:
            return None, None
        if len(found) > _TWO:
            self.complain(spot, THREE_PEOPLE)
        elif self._mapping.two_owners is None:
            self.complain(spot, ONE_PERSON, "two_owners: owner_and_deputy")
        else:
            return found[0], found[1]
        return None, None

    def _known(self, spot: Spot, name: str) -> str | None:
        said = spoken(name)
        if not name or said in self._nobody:
            return None
        if found := self._people.get(said):
            return found
        if said in self._people:
            self.complain(spot, "Several people of the directory have this name. Write the e-mail address.", "", name)
            return None
        near = _nearest(name, {word: person for word, person in self._people.items() if person})
        if near:
            self.complain(spot, IS_IT.format(near), line(("people", near), name), name)
        else:
            self.complain(spot, NOBODY, line(("nobody",), name), name)
        return None


def _closed_up(words: str) -> str:
    """As words are compared, and "e-mail" is "email"."""
    return spoken(words).replace(" ", "")


def _agencies(directory: Directory) -> dict[str, str]:
    return {spoken(word): id_ for id_, agency in directory.agencies.items() for word in (id_, agency.name)}


def _people(directory: Directory) -> dict[str, str | None]:
    """Who is called how: by name, by "Surname, First name", by e-mail address. None for a name that two people have."""
    found: dict[str, str | None] = {}
    for id_, person in directory.people.items():
        first, _, last = person.name.rpartition(" ")
        for word in {spoken(person.name), spoken(f"{last} {first}"), spoken(person.email), spoken(id_)}:
            found[word] = None if word in found else id_
    return found


def _nearest(text: str, known: Mapping[str, str]) -> str:
    """What is probably meant; it is only ever proposed."""
    best = process.extractOne(spoken(text), list(known), scorer=fuzz.token_set_ratio, score_cutoff=_NEAR)
    return known[best[0]] if best else ""
