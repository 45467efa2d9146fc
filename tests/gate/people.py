"""Everybody who could ask for something about one recommendation: what they hold, and what they are to it.

The recommendation is of the police. Each person holds exactly the offices that stand here, so that what is expected of
them can be written down by reading the policy (tests/gate/expected.py).
"""

from datetime import date
from typing import Final, Literal, NamedTuple

from models.directory import Directory, Holding, Person
from models.rights import Actor, Held
from tests.support.core import DIRECTORY

OWN, OTHER, THIRD = "harrowshire-police", "harrowshire-icb", "harrowshire-schools"
"""The agency that owns the recommendation, one that was asked in the same case, and one that has no part in it."""

Relation = Literal["", "owner", "deputy", "sponsor", "owned", "gave", "described"]


class Somebody(NamedTuple):
    """`relation`: what they are, or were, to the recommendation, whatever they hold today.

    "owned": they owned it when the evidence was given, and somebody else does by now.
    """

    person: str
    offices: tuple[Held, ...]
    relation: Relation = ""

    @property
    def actor(self) -> Actor:
        return Actor(person=self.person, offices=self.offices)


_WRITTEN: Final[dict[str, tuple[str, Relation]]] = {
    # Each office of the partnership.
    "manager": ("business_manager", ""),
    "sub-group chair": ("subgroup_chair", ""),
    "independent chair": ("independent_chair", ""),
    "partner chair": ("safeguarding_partner_chair", ""),
    "authority": ("local_authority_lead", ""),
    "administrator": ("administrator", ""),
    "reviewer": ("reviewer", ""),
    "coordinator": ("child_death_coordinator", ""),
    "designated doctor": ("designated_doctor", ""),
    "panel chair": ("panel_chair", ""),
    # The agency that owns it.
    "owner": (f"recommendation_owner@{OWN}", "owner"),
    "deputy": (f"recommendation_owner@{OWN}", "deputy"),
    "sponsor": (f"recommendation_owner@{OWN}", "sponsor"),
    "colleague": (f"recommendation_owner@{OWN}", ""),
    "contact": (f"agency_contact@{OWN}", ""),
    "lead": (f"agency_lead@{OWN}", ""),
    "partner": (f"safeguarding_partner@{OWN}", ""),
    # Other agencies.
    "contact of another": (f"agency_contact@{OTHER}", ""),
    "lead of another": (f"agency_lead@{OTHER}", ""),
    "partner of another": (f"safeguarding_partner@{OTHER}", ""),
    "contact of a third": (f"agency_contact@{THIRD}", ""),
    "lead of a third": (f"agency_lead@{THIRD}", ""),
    "colleague of a third": (f"recommendation_owner@{THIRD}", ""),
    # Two hats.
    "contact and sub-group chair": (f"agency_contact@{OWN} subgroup_chair", ""),
    "lead and independent chair": (f"agency_lead@{OWN} independent_chair", ""),
    "colleague and manager": (f"recommendation_owner@{OWN} business_manager", ""),
    "owner and sub-group chair": (f"recommendation_owner@{OWN} subgroup_chair", "owner"),
    "manager and independent chair": ("business_manager independent_chair", ""),
    "lead of another and sub-group chair": (f"agency_lead@{OTHER} subgroup_chair", ""),
    # Another office since.
    "owner who left": ("", "owner"),
    "owner who left, now independent chair": ("independent_chair", "owner"),
    "deputy who left, now sub-group chair": ("subgroup_chair", "deputy"),
    "sponsor who left, now independent chair": ("independent_chair", "sponsor"),
    "owned it then, now sub-group chair": ("subgroup_chair", "owned"),
    "owned it then, now independent chair": ("independent_chair", "owned"),
    "gave it, still manager": ("business_manager", "gave"),
    "gave it, now sub-group chair": ("subgroup_chair", "gave"),
    "gave it, now independent chair": ("independent_chair", "gave"),
    "described it, now sub-group chair": ("subgroup_chair", "described"),
    # No office at all.
    "nobody": ("", ""),
    "referrer": ("", ""),
}


def _held(written: str) -> Held:
    office, _, agency = written.partition("@")
    return Held(office=office, agency=agency)


PEOPLE: Final[dict[str, Somebody]] = {
    who: Somebody(
        "referrer" if who == "referrer" else f"p-{number}", tuple(_held(one) for one in hats.split()), relation
    )
    for number, (who, (hats, relation)) in enumerate(_WRITTEN.items(), start=401)
}

SINCE = date(2025, 1, 1)
SEATED = Held(office="recommendation_owner", agency=OWN)
"""What everybody held who was named for the recommendation, on the day on which they were."""
UNIT = Held(office="business_manager")
"""What somebody held who gave or described evidence without being of the agency."""


def then(somebody: Somebody) -> tuple[Held, ...]:
    """What they held on the day on which they were named, or had the evidence in hand."""
    if somebody.relation in {"gave", "described"}:
        return (UNIT,)
    return (SEATED,) if somebody.relation else somebody.offices


def directory_of(*seated: tuple[str, tuple[Held, ...]]) -> Directory:
    """The example directory, in which everybody here is known, and each of those given deputises in their offices."""
    people = {
        one.person: Person(
            name=f"Somebody {one.person}", email=f"{one.person}@example.org", slack_id=slack_id(one.person)
        )
        for one in PEOPLE.values()
        if one.person.startswith("p-")
    }
    holdings = list(DIRECTORY.holdings)
    for person, offices in seated:
        for held in offices:
            place = next((n for n, one in enumerate(holdings) if (one.office, one.agency or "") == tuple_of(held)), -1)
            if held.office in {"recommendation_owner", "reviewer"} or place < 0:
                holdings.append(Holding(office=held.office, agency=held.agency or None, person=person, since=SINCE))
            else:
                holdings[place] = holdings[place].model_copy(update={"deputy": person})
    return DIRECTORY.model_copy(update={"people": {**DIRECTORY.people, **people}, "holdings": tuple(holdings)})


def slack_id(person: str) -> str:
    return f"U{person.removeprefix('p-')}"


def tuple_of(held: Held) -> tuple[str, str]:
    return held.office, held.agency


def everybody(*, before: bool) -> Directory:
    """The example directory in which everybody of the table holds what they hold, or held before, beside the others."""
    known = directory_of()
    seats = [
        Holding(office=held.office, agency=held.agency or None, person=one.person, since=SINCE)
        for one in PEOPLE.values()
        for held in (then(one) if before else one.offices)
    ]
    return known.model_copy(update={"holdings": (*known.holdings, *seats)})
