"""What other people's words in a list of past deaths mean: names of columns, places, categories, stages, and days.

The shipped mapping is policy/past_deaths.yaml. A partnership's own file says only what is different; its words win.
"""

from enum import StrEnum

from models.child_death_commands import Category, Ethnic, Modifiable, Place, WaitsFor
from models.directory import Slug
from models.policy import Name, Text
from models.referral import Sex
from models.sheet_mapping import SheetMapping, joined, more


class Column(StrEnum):
    """What a column of a list of deaths is about: the child, the review, and where an open review stands."""

    REFERENCE = "reference"
    NHS_NUMBER = "nhs_number"
    NAME = "name"
    BORN = "born"
    DIED = "died"
    NOTIFIED = "notified"
    SEX = "sex"
    ETHNIC_GROUP = "ethnic_group"
    PLACE = "place"
    AREA = "area"
    STAGE = "stage"
    MEETING = "meeting"
    ANALYSIS = "analysis"
    PANEL = "panel"
    CATEGORY = "category"
    MODIFIABLE = "modifiable"
    WAITS_FOR = "waits_for"
    WAITS_SINCE = "waits_since"
    FORMS_OWED = "forms_owed"


SEVERAL = frozenset({Column.NAME})
"""A first name and a surname may stand in columns of their own."""


class Stage(StrEnum):
    """How far a review is. WAITING: for something outside; what else is behind it, its days say."""

    COMPLETED = "completed"
    NOTIFIED = "notified"
    FIRST_STEPS = "first_steps"
    FORMS_ASKED = "forms_asked"
    MEETING_HELD = "meeting_held"
    ANALYSIS_DRAFTED = "analysis_drafted"
    LISTED = "listed"
    WAITING = "waiting"


class PastDeathsMapping(SheetMapping):
    """What words in a list of deaths mean. What is left out of a file of one's own is as in the shipped one."""

    columns: dict[Column, tuple[Text, ...]] = {}
    sexes: dict[Sex, tuple[Text, ...]] = {}
    ethnic_groups: dict[Ethnic, tuple[Text, ...]] = {}
    places: dict[Place, tuple[Text, ...]] = {}
    areas: dict[Name, tuple[Text, ...]] = {}
    """For each area of the policy its words."""
    categories: dict[Category, tuple[Text, ...]] = {}
    modifiable: dict[Modifiable, tuple[Text, ...]] = {}
    stages: dict[Stage, tuple[Text, ...]] = {}
    waits: dict[WaitsFor, tuple[Text, ...]] = {}
    agencies: dict[Slug, tuple[Text, ...]] = {}

    def over(self, shipped: "PastDeathsMapping") -> "PastDeathsMapping":
        """This mapping, and beneath it the shipped one wherever this says nothing."""
        return PastDeathsMapping(
            columns=joined(self.columns, self.beneath(shipped.columns)),
            ignored_columns=more(self.ignored_columns, shipped.ignored_columns),
            ignored_sheets=more(self.ignored_sheets, shipped.ignored_sheets),
            passed_over=more(self.passed_over, shipped.passed_over),
            blank=more(self.blank, shipped.blank),
            dates=self.dates.over(shipped.dates),
            sexes=joined(self.sexes, shipped.sexes),
            ethnic_groups=joined(self.ethnic_groups, shipped.ethnic_groups),
            places=joined(self.places, shipped.places),
            areas=joined(self.areas, shipped.areas),
            categories=joined(self.categories, shipped.categories),
            modifiable=joined(self.modifiable, shipped.modifiable),
            stages=joined(self.stages, shipped.stages),
            waits=joined(self.waits, shipped.waits),
            agencies=joined(self.agencies, shipped.agencies),
        )
