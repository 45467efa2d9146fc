"""Who has died, drawn by chance with a seed: so many deaths of children over ten years, with the shares of England.

The shares are rounded from what is published nationally on child deaths, and are no more than realistic: two thirds
under one year of age, perinatal events and anomalies the most frequent categories, few in ten with modifiable factors.
Nobody is real: names are syllables put together, addresses and numbers are made.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from itertools import product
from math import exp
from random import Random
from statistics import NormalDist
from typing import Final, NamedTuple, TypeVar

from models.child_death_commands import Category, Ethnic, Modifiable, Place
from models.death_bands import AgeBand
from models.nhs_number import can_be_nhs_number
from models.referral import Sex
from models.time import at

YEARS, EVERY, OPEN = 10, 35_000, 1_200
"""England: so many years, so many deaths in them, and so many reviews open at once."""
LEAST, A_YEAR = 60, 365
"""Days: no review ends sooner than this; and one year."""
SEED = 20_181

_AGES: Final[Mapping[AgeBand, float]] = {
    AgeBand.NEONATAL: 0.42, AgeBand.INFANT: 0.23, AgeBand.UNDER_FIVE: 0.11, AgeBand.UNDER_TEN: 0.07,
    AgeBand.UNDER_FIFTEEN: 0.08, AgeBand.UNDER_EIGHTEEN: 0.09,
}  # fmt: skip
_DAYS: Final[Mapping[AgeBand, tuple[int, int]]] = {
    AgeBand.NEONATAL: (0, 27), AgeBand.INFANT: (28, 363), AgeBand.UNDER_FIVE: (367, 1825),
    AgeBand.UNDER_TEN: (1828, 3650), AgeBand.UNDER_FIFTEEN: (3655, 5475), AgeBand.UNDER_EIGHTEEN: (5480, 6570),
}  # fmt: skip
"""Of each band ages in days that are in it whatever leap days lie between."""
_SEXES: Final[Mapping[Sex, float]] = {Sex.MALE: 0.56, Sex.FEMALE: 0.435, Sex.NOT_KNOWN: 0.005}
_ETHNIC: Final[Mapping[Ethnic, float]] = {
    Ethnic.WHITE: 0.56, Ethnic.ASIAN: 0.15, Ethnic.BLACK: 0.085, Ethnic.MIXED: 0.065, Ethnic.OTHER: 0.04,
    Ethnic.NOT_KNOWN: 0.1,
}  # fmt: skip
_PLACES: Final[Mapping[Place, float]] = {
    Place.NEONATAL: 0.37, Place.INTENSIVE: 0.18, Place.EMERGENCY: 0.12, Place.WARD: 0.06, Place.HOSPITAL: 0.04,
    Place.HOME: 0.12, Place.HOSPICE: 0.04, Place.PUBLIC: 0.03, Place.PRIVATE: 0.01, Place.FOSTER: 0.003,
    Place.SCHOOL: 0.002, Place.MENTAL_HEALTH: 0.002, Place.ABROAD: 0.01, Place.OTHER: 0.008, Place.NOT_KNOWN: 0.005,
}  # fmt: skip
_OF_BABIES: Final[Mapping[Category, float]] = {
    Category.PERINATAL: 0.62, Category.GENETIC: 0.25, Category.INFECTION: 0.05, Category.ACUTE: 0.04,
    Category.UNEXPLAINED: 0.03, Category.INFLICTED: 0.01,
}  # fmt: skip
_OF_INFANTS: Final[Mapping[Category, float]] = {
    Category.GENETIC: 0.33, Category.UNEXPLAINED: 0.17, Category.PERINATAL: 0.14, Category.INFECTION: 0.1,
    Category.ACUTE: 0.09, Category.CHRONIC: 0.09, Category.MALIGNANCY: 0.03, Category.TRAUMA: 0.03,
    Category.INFLICTED: 0.02,
}  # fmt: skip
_OF_OLDER: Final[Mapping[Category, float]] = {
    Category.MALIGNANCY: 0.2, Category.GENETIC: 0.17, Category.CHRONIC: 0.14, Category.ACUTE: 0.13,
    Category.TRAUMA: 0.13, Category.SELF_HARM: 0.1, Category.INFECTION: 0.07, Category.INFLICTED: 0.03,
    Category.UNEXPLAINED: 0.03,
}  # fmt: skip
_CHANGEABLE: Final[Mapping[Category, float]] = {
    Category.INFLICTED: 0.8, Category.SELF_HARM: 0.55, Category.TRAUMA: 0.55, Category.MALIGNANCY: 0.03,
    Category.ACUTE: 0.25, Category.CHRONIC: 0.15, Category.GENETIC: 0.06, Category.PERINATAL: 0.37,
    Category.INFECTION: 0.3, Category.UNEXPLAINED: 0.75,
}  # fmt: skip
_TOO_LITTLE: Final = 0.03
_SUDDEN: Final = {Category.INFLICTED, Category.SELF_HARM, Category.TRAUMA, Category.UNEXPLAINED}
_FIRST: Final = [one + other for one, other in product(
    ("Quil", "Nor", "Tav", "Bren", "Ely", "Osk", "Fen", "Mar", "Zel", "Ivo"),
    ("lon", "wen", "eth", "dric", "sa", "tine", "or", "ula", "mond", "eline"),
)]  # fmt: skip
_LAST: Final = [one + other + third for one, other, third in product(
    ("Zar", "Tac", "Hol", "Pen", "Wex", "Dun", "Gar", "Lor", "Ush", "Bram", "Cald", "Vey"),
    ("ba", "e", "ni", "tho", "ru", "ka"), ("ne", "worth", "mere", "dale", "sby", "low", "rick"),
)]  # fmt: skip
T = TypeVar("T")


class Death(NamedTuple):
    """One death. `took`: days from the notification to the panel's review. `open`: it has not been held by the end."""

    notified: date
    died: date
    born: date
    age: AgeBand
    sex: Sex
    ethnic_group: Ethnic
    place: Place
    category: Category
    modifiable: Modifiable
    took: int
    open: bool
    name: str
    nhs_number: str
    address: str

    @property
    def sudden(self) -> bool:
        """Then the agencies meet at once, and an inquest is waited for."""
        return self.category in _SUDDEN


def drawn(size: int, end: date, seed: int = SEED) -> list[Death]:
    """So many deaths, notified in the ten years before this day, in the order of their notifications."""
    dice = Random(seed)  # noqa: S311 -- the same again for the same seed
    deaths = sorted(_death(dice, end) for _ in range(size))
    return _bounded(deaths, end, round(size * OPEN / EVERY))


def _death(dice: Random, end: date) -> Death:
    notified = end - timedelta(days=dice.randint(1, YEARS * A_YEAR))
    died = notified - timedelta(days=_one(dice, {0: 0.35, 1: 0.35, 2: 0.17, 3: 0.07, 4: 0.04, 5: 0.02}))
    age = _one(dice, _AGES)
    category = _one(
        dice, _OF_BABIES if age is AgeBand.NEONATAL else _OF_INFANTS if age is AgeBand.INFANT else _OF_OLDER
    )
    few, changeable = _TOO_LITTLE, _CHANGEABLE[category] * (1 - _TOO_LITTLE)
    modifiable = _one(dice, {
        Modifiable.YES: changeable, Modifiable.TOO_LITTLE: few, Modifiable.NO: 1 - changeable - few,
    })  # fmt: skip
    return Death(
        notified=notified, died=died, born=died - timedelta(days=dice.randint(*_DAYS[age])), age=age,
        sex=_one(dice, _SEXES), ethnic_group=_one(dice, _ETHNIC), place=_one(dice, _PLACES), category=category,
        modifiable=modifiable, took=_took(dice, notified, end, sudden=category in _SUDDEN), open=False,
        name=f"{dice.choice(_FIRST)} {dice.choice(_FIRST)} {dice.choice(_LAST)}", nhs_number=_nhs_number(dice),
        address=f"{dice.randint(1, 180)} {dice.choice(_LAST)} Road, {dice.choice(_LAST)}",
    )  # fmt: skip


def _took(dice: Random, notified: date, end: date, *, sudden: bool) -> int:
    """Of reviews begun ten years ago three in ten took less than a year, of today's seven. Inquests make a tail."""
    ago = (end - notified).days / (YEARS * A_YEAR)
    spread = 0.5
    middle = A_YEAR * exp(-spread * NormalDist().inv_cdf(0.7 - 0.4 * ago)) * (1.4 if sudden else 0.95)
    return max(LEAST, round(dice.lognormvariate(0, spread) * middle))


def _bounded(deaths: Sequence[Death], end: date, most: int) -> list[Death]:
    """As many open as England has. By the times that are drawn it would be more than twice as many.

    So of those that would be open the ones that have longest to go are; the others were reviewed just before the end.
    """

    def left(one: Death) -> tuple[bool, int]:
        waited = (end - one.notified).days
        return waited <= LEAST, one.took - waited

    would = sorted((n for n, one in enumerate(deaths) if left(one) > (False, 0)), key=lambda n: left(deaths[n]))
    still = set(would[-most:]) if most else set[int]()
    ended = {n: max(LEAST, (end - deaths[n].notified).days * 4 // 5) for n in would if n not in still}
    return [one._replace(open=n in still, took=ended.get(n, one.took)) for n, one in enumerate(deaths)]


def _one(dice: Random, shares: Mapping[T, float]) -> T:
    return dice.choices(list(shares), list(shares.values()))[0]


def _nhs_number(dice: Random) -> str:
    while True:
        nine = f"{dice.randint(400_000_000, 499_999_999)}"
        for last in range(10):
            if can_be_nhs_number(f"{nine}{last}"):
                return f"{nine}{last}"


class Alike(NamedTuple):
    """Deaths whose reviews have one course: told of when, how long they took, and whether they were sudden."""

    notified: datetime
    took: int
    sudden: bool
    open: bool
    deaths: list[Death]


def alike(deaths: Sequence[Death], most: int) -> Iterator[Alike]:
    """Cut into about so many groups; the one in the middle of each gives its days to all."""
    each = max(1, len(deaths) // most)
    ordered = sorted(deaths, key=lambda one: (one.open, one.sudden, one.took // 90 if not one.open else 0, one))
    begin = 0
    for last, one in enumerate(ordered):
        following = ordered[last + 1] if last + 1 < len(ordered) else None
        apart = following is None or (following.open, following.sudden) != (one.open, one.sudden)
        if apart or last + 1 - begin >= (max(1, each // 4) if one.open else each):
            group = ordered[begin : last + 1]
            middle = group[len(group) // 2]
            yield Alike(at(middle.notified, time(10)), middle.took, middle.sudden, middle.open, group)
            begin = last + 1
