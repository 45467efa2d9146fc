"""The coarse values by which children's deaths are counted: bands of age and of time, groups of places, years."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple

from models.child_death_commands import Category, Ethnic, Modifiable, Place, age
from models.clocks import add_months
from models.command import Choice
from models.referral import OF_AGE, Sex


class AgeBand(Choice):
    """The age at death, in the bands in which figures are printed."""

    NEONATAL = "0-27d", "0 to 27 days"
    INFANT = "28-364d", "28 to 364 days"
    UNDER_FIVE = "1-4", "1 to 4 years"
    UNDER_TEN = "5-9", "5 to 9 years"
    UNDER_FIFTEEN = "10-14", "10 to 14 years"
    UNDER_EIGHTEEN = "15-17", "15 to 17 years"


class PlaceGroup(Choice):
    """Where children died, in groups that do not point at one house or ward."""

    HOSPITAL = "hospital", "Hospital"
    HOME = "home", "Home of normal residence"
    OTHER_HOME = "other_home", "Another home, with foster and residential care"
    PUBLIC = "public", "Public place or school"
    HOSPICE = "hospice", "Hospice"
    OTHER = "other", "Elsewhere, or abroad"
    NOT_KNOWN = "not_known", "Not known"


class TimeTaken(Choice):
    """From notification to the panel's completed review."""

    SHORT = "short", "Under 6 months"
    MIDDLE = "middle", "6 to under 12 months"
    LONG = "long", "12 months or more"


_GROUPS: Final[Mapping[Place, PlaceGroup]] = {
    Place.EMERGENCY: PlaceGroup.HOSPITAL,
    Place.WARD: PlaceGroup.HOSPITAL,
    Place.NEONATAL: PlaceGroup.HOSPITAL,
    Place.INTENSIVE: PlaceGroup.HOSPITAL,
    Place.HOSPITAL: PlaceGroup.HOSPITAL,
    Place.MENTAL_HEALTH: PlaceGroup.HOSPITAL,
    Place.HOME: PlaceGroup.HOME,
    Place.PRIVATE: PlaceGroup.OTHER_HOME,
    Place.FOSTER: PlaceGroup.OTHER_HOME,
    Place.RESIDENTIAL: PlaceGroup.OTHER_HOME,
    Place.PUBLIC: PlaceGroup.PUBLIC,
    Place.SCHOOL: PlaceGroup.PUBLIC,
    Place.HOSPICE: PlaceGroup.HOSPICE,
    Place.ABROAD: PlaceGroup.OTHER,
    Place.OTHER: PlaceGroup.OTHER,
    Place.NOT_KNOWN: PlaceGroup.NOT_KNOWN,
}
_LAST_NEONATAL_DAY: Final = 27
_YEARS_BELOW: Final = (
    (1, AgeBand.INFANT),
    (5, AgeBand.UNDER_FIVE),
    (10, AgeBand.UNDER_TEN),
    (15, AgeBand.UNDER_FIFTEEN),
)
_HALF_A_YEAR: Final = 6
_A_YEAR: Final = 12


def place_group(place: Place) -> PlaceGroup:
    return _GROUPS[place]


def age_band(born: date, died: date) -> AgeBand:
    """The band of the age at death. A year of age begins on the birthday, however many days the year before had.

    So who died on the eve of a first birthday is in the band of infants also after 365 days, as it can be over a
    29 February. Raises ValueError for a death before birth or at 18 and over, which no review counts.
    """
    years, days = age(born, died), (died - born).days
    if days < 0 or years >= OF_AGE:
        raise ValueError("Deaths are counted from birth until the eighteenth birthday.")
    if days <= _LAST_NEONATAL_DAY:
        return AgeBand.NEONATAL
    return next((band for below, band in _YEARS_BELOW if years < below), AgeBand.UNDER_EIGHTEEN)


def months_between(start: date, end: date) -> int:
    """Whole calendar months from one day to another, by the rule by which deadlines in months are counted.

    A month is over on the same day of the next month, or on its last day where that day does not exist: 31 January to
    28 February is one month, so that a review done on the last day of its time was in time here too. Raises ValueError
    if the end comes first.
    """
    if end < start:
        raise ValueError("A review cannot be complete before the death was notified.")
    months = (end.year - start.year) * 12 + end.month - start.month
    return months if add_months(start, months) <= end else months - 1


def time_taken(months: int) -> TimeTaken:
    """The band of so many whole months. Each number is in one band."""
    if months < _HALF_A_YEAR:
        return TimeTaken.SHORT
    return TimeTaken.MIDDLE if months < _A_YEAR else TimeTaken.LONG


class Counted(NamedTuple):
    """The coarse values of one death. `notified` and `reviewed` are the first days of their months.

    `reviewed` is never before `notified`. None: the review is open, or nothing was recorded.
    """

    notified: date
    reviewed: date | None
    months: int | None
    age_band: AgeBand
    sex: Sex
    ethnic_group: Ethnic
    place: PlaceGroup
    area: str
    category: Category | None
    modifiable: Modifiable | None


class Begins(Choice):
    """When a year begins, by the number of the month."""

    JANUARY = "1", "1 January"
    APRIL = "4", "1 April"


@dataclass(frozen=True, kw_only=True)
class Years:
    """The years of the tables, each named by the year in which it begins.

    `together`: as one period, otherwise each by itself with all of them at the end. `since`, `until`: the first and
    the last month for which there are figures at all.
    """

    first: int
    last: int
    begins: Begins = Begins.APRIL
    together: bool = False
    since: date | None = None
    until: date | None = None

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError("The last year is before the first.")

    def of(self, day: date) -> int:
        return day.year if day.month >= int(self.begins) else day.year - 1

    def start(self, year: int) -> date:
        return date(year, int(self.begins), 1)

    def words(self, year: int) -> str:
        return str(year) if self.begins is Begins.JANUARY else f"{year}/{(year + 1) % 100:02}"

    def recorded(self) -> range:
        """The years of which figures exist, at least of some months."""
        first = max(self.first, self.of(self.since)) if self.since else self.first
        last = min(self.last, self.of(self.until)) if self.until else self.last
        return range(first, last + 1)

    @property
    def span(self) -> str:
        return self.words(self.first) + (f" to {self.words(self.last)}" if self.first != self.last else "")

    @property
    def several(self) -> bool:
        """Whether there is a column for each year."""
        return self.first != self.last and not self.together
