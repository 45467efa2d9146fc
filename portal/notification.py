"""The serious incident notification, question by question in the order of the national service, to be copied through.

The service is a form of the Department for Education that ends a session after twenty minutes without a word. Its exact
questions are not published; the order follows the guide for local authorities, and what the referral does not say is
shown as still to be found.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from models.command import Known
from models.referral import Event, Sex
from portal.pages import day

UNKNOWN = "Not in the referral"


class Field(NamedTuple):
    """One answer to copy. `known`: the referral says it."""

    name: str
    answer: str
    known: bool


class Sender(NamedTuple):
    """Who copies it through, for which local authority."""

    authority: str
    name: str
    role: str
    email: str


class Section(NamedTuple):
    title: str
    fields: list[Field]


def fields(
    said: Mapping[str, Any], children: Sequence[Mapping[str, Any]], sender: Sender, due: datetime | None, aware: date
) -> list[Section]:
    """`said`: the answers of the referral. `due`: when the rapid review has to be with the national panel.

    `aware`: when the local authority was, which may be another day than the one that the referral says.
    """

    def of(title: str, *named: tuple[str, str]) -> Section:
        return Section(title, [_field(name, answer) for name, answer in named])

    event = str(said.get("event", ""))
    return [
        of(
            "The notification",
            ("Notifying local authority", sender.authority),
            ("Your name", sender.name),
            ("Your role", sender.role),
            ("Your phone", ""),
            ("Your e-mail address", sender.email),
        ),
        of(
            "The incident",
            ("Date of the incident", _day(said.get("incident_on"))),
            ("Time of the incident", ""),
            ("Date on which the local authority became aware", day(aware)),
            ("Type of event", Event(event).words if event else ""),
            ("Place of the incident", str(said.get("place", ""))),
        ),
        *(
            Section(f"Child {number}" if len(children) > 1 else "The child", list(_child(child)))
            for number, child in enumerate(children, 1)
        ),
        of(
            "The household",
            ("Other children in the household", _known(said.get("others"))),
            ("Who cares for them", str(said.get("carers", ""))),
            ("Are they safe", _known(said.get("siblings_safe"))),
        ),
        of(
            "What happened",
            ("Kind of harm", str(said.get("harm", ""))),
            ("Abuse or neglect known or suspected", _known(said.get("abuse_or_neglect"))),
            ("Relationship of an alleged perpetrator to the child", ""),
            ("What happened", str(said.get("narrative", ""))),
            ("Agencies involved", str(said.get("agencies_involved", ""))),
            ("Immediate action taken", str(said.get("safety_action", ""))),
            ("Police investigation", ""),
            ("Has the coroner been told", _known(said.get("coroner"))),
            ("Media interest", ""),
        ),
        of(
            "The rapid review",
            ("Are the criteria for a rapid review met", "Yes" if due else ""),
            (
                "Rapid review due with the national panel",
                _day(due.isoformat()) if due else "15 working days after this notification",
            ),
        ),
    ]


def _child(child: Mapping[str, Any]) -> Iterator[Field]:
    born, expected = child.get("born"), child.get("expected")
    yield _field("Name", str(child.get("name", "")))
    yield _field("Expected date of birth" if expected and not born else "Date of birth", _day(born or expected))
    yield _field("Sex", Sex(child["sex"]).words if child.get("sex") and child["sex"] != Sex.NOT_KNOWN else "")
    yield _field("Ethnic group", str(child.get("ethnic_group", "")))
    yield _field("Disability", str(child.get("disability", "")))
    yield _field("Religion", "")
    yield _field("Home address", str(child.get("address", "")))
    yield _field("Legal status", str(child.get("legal_status", "")))
    yield _field("Education setting", "")
    if child.get("died"):
        yield _field("Date of death", _day(child["died"]))


def _field(name: str, answer: str) -> Field:
    return Field(name, answer or UNKNOWN, bool(answer))


def _day(value: Any) -> str:  # noqa: ANN401 -- a date as plain data holds it, or nothing
    return day(str(value)) if value else ""


def _known(value: Any) -> str:  # noqa: ANN401 -- the same of a choice
    return Known(value).words if value else ""
