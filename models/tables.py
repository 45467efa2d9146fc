"""What the database holds. Columns named `sealed` are encrypted; nothing else may say anything about a person.

Never imported by workflows.
"""

from datetime import UTC, date, datetime
from typing import Any, Final

from sqlalchemy import (
    JSON,
    Boolean,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    TypeDecorator,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Moment(TypeDecorator[datetime]):
    """An aware moment, kept in UTC on every database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value if value is None or value.tzinfo else value.replace(tzinfo=UTC)


class Table(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {
        datetime: Moment,
        dict[str, Any]: JSON,
        list[Any]: JSON,
        bytes: LargeBinary,
        bool: Boolean,
        date: Date,
    }


Key = String(200)
Short = String(80)


class CaseRow(Table):
    """The present state of a case; `state` is the fold of its facts, `known` the number of the last."""

    __tablename__ = "cases"
    ref: Mapped[str] = mapped_column(Short, primary_key=True)
    kind: Mapped[str] = mapped_column(Short)
    known: Mapped[int] = mapped_column(Integer)
    state: Mapped[dict[str, Any]]
    opened: Mapped[datetime] = mapped_column(index=True)
    closed: Mapped[datetime | None] = mapped_column(index=True)
    parent: Mapped[str | None] = mapped_column(Short, index=True)
    """The case from which this one came."""


class FactRow(Table):
    __tablename__ = "facts"
    case: Mapped[str] = mapped_column(Short, ForeignKey("cases.ref"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    kind: Mapped[str] = mapped_column(Short)
    request: Mapped[str | None] = mapped_column(Key, unique=True)
    actor: Mapped[str] = mapped_column(Short)
    office: Mapped[str] = mapped_column(Short)
    agency: Mapped[str] = mapped_column(Short)
    occurred: Mapped[datetime]
    recorded: Mapped[datetime]
    data: Mapped[dict[str, Any]]
    text: Mapped[str] = mapped_column(Key)


class TextRow(Table):
    """The private answers of one command, never changed. `digest` is keyed, and signed by the door."""

    __tablename__ = "texts"
    id: Mapped[str] = mapped_column(Key, primary_key=True)
    digest: Mapped[str] = mapped_column(Key)
    author: Mapped[str] = mapped_column(Short)
    written: Mapped[datetime]
    sealed: Mapped[bytes]


class CommandRow(Table):
    """What was asked, before it was sent: `asked`, `done`, or `refused`."""

    __tablename__ = "commands"
    request: Mapped[str] = mapped_column(Key, primary_key=True)
    case: Mapped[str] = mapped_column(Short, index=True)
    kind: Mapped[str] = mapped_column(Short)
    digest: Mapped[str] = mapped_column(Key)
    signed: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(Short, index=True)
    asked: Mapped[datetime]
    problems: Mapped[list[Any]]


class ObligationRow(Table):
    """One line for each obligation, for boards and deadlines; made from the state, never read back into it."""

    __tablename__ = "obligations"
    case: Mapped[str] = mapped_column(Short, ForeignKey("cases.ref"), primary_key=True)
    key: Mapped[str] = mapped_column(Key, primary_key=True)
    block: Mapped[str] = mapped_column(Short)
    agency: Mapped[str] = mapped_column(Short)
    owed_by: Mapped[str] = mapped_column(Short)
    due: Mapped[datetime | None]
    speaks: Mapped[datetime | None] = mapped_column(index=True)
    level: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(Short, index=True)
    """open, paused, promised, disputed, met or withdrawn."""


class BoardRow(Table):
    """One line for each case, for the board; made from the state, never read back into it (models.board.Boarded)."""

    __tablename__ = "board"
    case: Mapped[str] = mapped_column(Short, ForeignKey("cases.ref"), primary_key=True)
    kind: Mapped[str] = mapped_column(Short)
    policy: Mapped[str] = mapped_column(Key)
    opened: Mapped[datetime]
    closed: Mapped[datetime | None] = mapped_column(index=True)
    guard: Mapped[dict[str, Any]]
    decided: Mapped[list[Any]]
    shown: Mapped[list[Any]]
    shares: Mapped[dict[str, Any]]


class RecommendationRow(Table):
    """One line for each recommendation, for the tracker; made from the state, never read back into it.

    What each column says stands at models.tracking.Tracked. `said_at`, `said_kind`: when something was said of it last,
    and by what. It is short, for filters and counts read every line; what is long stands in RecommendationWordsRow.
    """

    __tablename__ = "recommendations"
    case: Mapped[str] = mapped_column(Short, ForeignKey("cases.ref"), primary_key=True)
    item: Mapped[str] = mapped_column(Short, primary_key=True)
    kind: Mapped[str] = mapped_column(Short)
    year: Mapped[int] = mapped_column(Integer)
    source: Mapped[str] = mapped_column(Short)
    agency: Mapped[str] = mapped_column(Short)
    owner: Mapped[str] = mapped_column(Short)
    deputy: Mapped[str] = mapped_column(Short)
    sponsor: Mapped[str] = mapped_column(Short)
    standing: Mapped[str] = mapped_column(Short)
    fact: Mapped[int] = mapped_column(Integer)
    made: Mapped[datetime]
    first_due: Mapped[date]
    due: Mapped[datetime | None]
    next_due: Mapped[datetime | None]
    overdue_from: Mapped[datetime | None]
    level: Mapped[int] = mapped_column(Integer)
    reached: Mapped[str] = mapped_column(Short)
    delivery: Mapped[str] = mapped_column(Short)
    delivery_amber: Mapped[datetime | None]
    delivery_red: Mapped[datetime | None]
    delivery_hand: Mapped[str] = mapped_column(Short)
    delivery_until: Mapped[date | None]
    impact: Mapped[str] = mapped_column(Short)
    impact_amber: Mapped[datetime | None]
    impact_red: Mapped[datetime | None]
    impact_hand: Mapped[str] = mapped_column(Short)
    impact_until: Mapped[date | None]
    closed: Mapped[datetime | None]
    days: Mapped[int | None] = mapped_column(Integer)
    retested: Mapped[str] = mapped_column(Short)
    round: Mapped[int] = mapped_column(Integer)
    extensions: Mapped[int] = mapped_column(Integer)
    restricted: Mapped[bool]
    particular: Mapped[bool] = mapped_column(index=True)
    reviewer: Mapped[str] = mapped_column(Short)
    said_at: Mapped[datetime | None]
    said_kind: Mapped[str] = mapped_column(Short, default="")
    themes: Mapped[list[Any]]
    locked_out: Mapped[list[Any]]
    let_in: Mapped[dict[str, Any]]
    # Orders of the tracker, as far as they hang on no clock: then a page is read off, and nothing is sorted.
    __table_args__ = tuple(
        Index(f"ix_recommendations_{column}", column, "case", "fact")
        for column in ("agency", "due", "overdue_from", "said_at")
    )


class RecommendationWordsRow(Table):
    """What only a page that shows a recommendation reads of it: one row beside each line, under the same key.

    `turns`: its colours with their words (models.tracking.Tracked). `sealed`: its text, measures and actions. `said`:
    what was said of it last.
    """

    __tablename__ = "recommendation_words"
    case: Mapped[str] = mapped_column(Short, ForeignKey("cases.ref"), primary_key=True)
    item: Mapped[str] = mapped_column(Short, primary_key=True)
    turns: Mapped[dict[str, Any]]
    sealed: Mapped[bytes | None]
    said: Mapped[bytes | None]


class HeldRow(Table):
    """Who was last known to hold an office, so that it is noticed when it changes hands."""

    __tablename__ = "held_offices"
    office: Mapped[str] = mapped_column(Short, primary_key=True)
    agency: Mapped[str] = mapped_column(Short, primary_key=True)
    person: Mapped[str] = mapped_column(Short)


class SelfCheckRow(Table):
    """The last self-check, in one row: when it was made, and what it found (see models.watch)."""

    __tablename__ = "self_check"
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    at: Mapped[datetime]
    found: Mapped[list[Any]]


class NoticeRow(Table):
    """The outbox. Written in the transaction of its fact; a notice of no case has an empty one, and number 0."""

    __tablename__ = "notices"
    key: Mapped[str] = mapped_column(Key, primary_key=True)
    case: Mapped[str] = mapped_column(Short, index=True)
    fact: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(Short)
    obligation: Mapped[str] = mapped_column(Key)
    office: Mapped[str] = mapped_column(Short)
    agency: Mapped[str] = mapped_column(Short)
    person: Mapped[str] = mapped_column(Short, index=True)
    rung: Mapped[int] = mapped_column(Integer)
    round: Mapped[int] = mapped_column(Integer)
    rung_at: Mapped[datetime]
    wake_at: Mapped[datetime]
    due: Mapped[datetime | None]
    data: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(Short, index=True)
    """queued, bundled (see BundleRow), delivered (to whom no channel leads: readable in the inbox), or superseded."""
    urgent: Mapped[bool]
    written: Mapped[datetime]
    seen: Mapped[datetime | None]
    look_at: Mapped[datetime | None]
    """When a message that waits for a calmer moment is looked at again; none: nobody has looked at it yet."""
    bundle: Mapped[str | None] = mapped_column(Key, index=True)
    thread: Mapped[str | None] = mapped_column(Key, index=True)
    """The message in the thread of its case, in the business unit's channel, that says that it was sent."""
    trace: Mapped[str | None] = mapped_column(Short)
    """Where in a trace it was written, so that the trace of its message leads back there; none without traces."""


class BundleRow(Table):
    """What goes out to one person as one message. Which notices are in it is settled before it is first sent."""

    __tablename__ = "bundles"
    key: Mapped[str] = mapped_column(Key, primary_key=True)
    person: Mapped[str] = mapped_column(Short, index=True)
    """To whom it goes; `unit`: into the business unit's own channel."""
    case: Mapped[str] = mapped_column(Short, index=True)
    """The case to whose thread it belongs; empty for everything else."""
    made: Mapped[datetime]
    urgent: Mapped[bool]
    state: Mapped[str] = mapped_column(Short)
    """Of the last attempt: models.delivery.State says what each means."""
    open: Mapped[bool] = mapped_column(index=True)
    """Whether anything is still to be done to get it there."""
    look_at: Mapped[datetime | None]
    """When that is; none: at once."""
    live: Mapped[bool]
    """Whether what it says may still change: it asks for something, and stands where it can be changed."""
    stale: Mapped[bool] = mapped_column(index=True)
    """Whether something has happened to it, or in one of its cases, since it was last looked at."""
    shown: Mapped[str] = mapped_column(Short)
    """A digest of what it said when it was last written."""
    unit_told: Mapped[datetime | None]
    """Since when it stands on the business unit's page as not having reached anybody."""


class AttemptRow(Table):
    """One try to send a bundle by one channel. Written before the request leaves, settled by its answer."""

    __tablename__ = "attempts"
    bundle: Mapped[str] = mapped_column(Key, ForeignKey("bundles.key"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    channel: Mapped[str] = mapped_column(Short)
    state: Mapped[str] = mapped_column(Short)
    began: Mapped[datetime]
    settled: Mapped[datetime | None]
    again: Mapped[datetime | None]
    """When it may be tried, or looked for, again."""
    place: Mapped[dict[str, Any]]
    """Where the channel put it: by this it is changed in place."""
    error: Mapped[str] = mapped_column(Short)
    """The class of what went wrong, in the channel's own word; never its text."""


class LinkRow(Table):
    """One link of an audit chain: an HMAC over the one before, with commitments in place of values.

    `salts`: in hex, by the names of the values. Lawful destruction takes one out with its value; the chain stays whole.
    """

    __tablename__ = "audit_links"
    chain: Mapped[str] = mapped_column(Short, primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(Short)
    kind: Mapped[str] = mapped_column(Short)
    commitments: Mapped[dict[str, Any]]
    salts: Mapped[dict[str, Any]]
    previous: Mapped[str] = mapped_column(Short)
    mac: Mapped[str] = mapped_column(Short)


class HeadRow(Table):
    __tablename__ = "audit_heads"
    chain: Mapped[str] = mapped_column(Short, primary_key=True)
    number: Mapped[int] = mapped_column(Integer)
    mac: Mapped[str] = mapped_column(Short)


class ReadRow(Table):
    """Who opened what. Each is a link of the chain `reads` as well."""

    __tablename__ = "reads"
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    person: Mapped[str] = mapped_column(Short, index=True)
    case: Mapped[str] = mapped_column(Short, index=True)
    what: Mapped[str] = mapped_column(Short)
    at: Mapped[datetime]


class PolicyRow(Table):
    """Every policy and calendar that a case may follow, by the hash of its content."""

    __tablename__ = "policies"
    digest: Mapped[str] = mapped_column(Short, primary_key=True)
    what: Mapped[str] = mapped_column(Short)
    body: Mapped[dict[str, Any]]
    adopted: Mapped[datetime]


class SettingRow(Table):
    """A few single values: the policy in force, the version of the directory, the next number of each series."""

    __tablename__ = "settings"
    name: Mapped[str] = mapped_column(Short, primary_key=True)
    value: Mapped[str] = mapped_column(Key)


class AgencyRow(Table):
    __tablename__ = "agencies"
    id: Mapped[str] = mapped_column(Short, primary_key=True)
    body: Mapped[dict[str, Any]]


class PersonRow(Table):
    """`sealed` holds the person: name, address, Slack id, channels, leave."""

    __tablename__ = "people"
    id: Mapped[str] = mapped_column(Short, primary_key=True)
    email_key: Mapped[str] = mapped_column(Key, unique=True)
    """HMAC of the e-mail address: signing in finds the person without a name in clear."""
    sealed: Mapped[bytes]


class HoldingRow(Table):
    __tablename__ = "holdings"
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    body: Mapped[dict[str, Any]]


class AccountRow(Table):
    __tablename__ = "accounts"
    person: Mapped[str] = mapped_column(Short, primary_key=True)
    password: Mapped[str] = mapped_column(Key)
    """argon2id, with its parameters."""
    failed: Mapped[int] = mapped_column(Integer, default=0)
    locked_until: Mapped[datetime | None]
    second_factor: Mapped[bytes | None]
    """Sealed: the secret that an app on their phone knows. None: it has not been set up."""
    last_step: Mapped[int | None]
    """The half minute of the code that was used last: no code works twice."""


class SessionRow(Table):
    __tablename__ = "sessions"
    id: Mapped[str] = mapped_column(Key, primary_key=True)
    """SHA-256 of the cookie's value."""
    person: Mapped[str] = mapped_column(Short, index=True)
    form_token: Mapped[str] = mapped_column(Key)
    """A keyed digest of the row: a session that somebody has written into the database is none."""
    began: Mapped[datetime]
    seen: Mapped[datetime]
    ended: Mapped[datetime | None]


class OneTimeRow(Table):
    """A link that is used up by a button, never by being opened. `id` is the SHA-256 of its token."""

    __tablename__ = "one_time_links"
    id: Mapped[str] = mapped_column(Key, primary_key=True)
    purpose: Mapped[str] = mapped_column(Short)
    subject: Mapped[str] = mapped_column(Key)
    until: Mapped[datetime | None]
    used: Mapped[datetime | None]
    mac: Mapped[str] = mapped_column(Short)
    """A keyed digest of what it is for: a link that somebody has written into the database is none."""


class DraftRow(Table):
    """A form that somebody has begun, saved field by field. `owner` is a person, or a hash of the referrer's link."""

    __tablename__ = "drafts"
    id: Mapped[str] = mapped_column(Key, primary_key=True)
    owner: Mapped[str] = mapped_column(Key, index=True)
    case: Mapped[str] = mapped_column(Short)
    kind: Mapped[str] = mapped_column(Short)
    saved: Mapped[datetime]
    done: Mapped[str] = mapped_column(Short, default="")
    """The reference that it became, once it was sent."""
    sealed: Mapped[bytes]


class ChildRow(Table):
    """Who a child is. Everything about them is sealed; cases know only the number.

    `nhs_key`: a keyed digest of the NHS number, by which the same number is found again; empty without a number.
    """

    __tablename__ = "children"
    case: Mapped[str] = mapped_column(Short, ForeignKey("cases.ref"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    sealed: Mapped[bytes]
    nhs_key: Mapped[str | None] = mapped_column(Short, index=True)


class CountedRow(Table):
    """The coarse values of one death, of which figures are made. No reference of its case stands in it in clear.

    `id`: a keyed digest of that reference; `sealed`: the reference itself. `counts`: whether the death is ours and no
    other notification's as well. Months are named by their first day.
    """

    __tablename__ = "counted_deaths"
    id: Mapped[str] = mapped_column(Short, primary_key=True)
    sealed: Mapped[bytes]
    notified: Mapped[date]
    reviewed: Mapped[date | None]
    months: Mapped[int | None] = mapped_column(Integer)
    age_band: Mapped[str] = mapped_column(Short)
    sex: Mapped[str] = mapped_column(Short)
    ethnic_group: Mapped[str] = mapped_column(Short)
    place: Mapped[str] = mapped_column(Short)
    area: Mapped[str] = mapped_column(Short)
    category: Mapped[str | None] = mapped_column(Short)
    modifiable: Mapped[str | None] = mapped_column(Short)
    counts: Mapped[bool]


NAMING: Final = text("kind IN ('duplicate_decided', 'triaged')")
"""Facts by which a case says that it is, or belongs to, another. In these words, so that their index is found."""
Index("ix_facts_naming", FactRow.case, sqlite_where=NAMING, postgresql_where=NAMING)
Index("ix_facts_recorded", FactRow.recorded)


class MailRow(Table):
    """Mail that leaves the house. `sealed` holds address, subject and words."""

    __tablename__ = "mail"
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    written: Mapped[datetime]
    state: Mapped[str] = mapped_column(Short, index=True)
    """queued, sending, sent, unknown, failed, or passed_on by other means."""
    sealed: Mapped[bytes]


class FileRow(Table):
    """A file of which the bytes lie outside the database, under its id. `sealed` holds its name, key and digest.

    The id is a commitment to the bytes, salted: what names the file commits itself to them (records/files.py).
    """

    __tablename__ = "files"
    id: Mapped[str] = mapped_column(Short, primary_key=True)
    case: Mapped[str] = mapped_column(Short, index=True)
    owner: Mapped[str] = mapped_column(Short, index=True)
    kept: Mapped[datetime]
    size: Mapped[int] = mapped_column(Integer)
    media: Mapped[str] = mapped_column(Short)
    state: Mapped[str] = mapped_column(Short, index=True)
    """waiting, clean, not_scanned or refused."""
    digest: Mapped[str] = mapped_column(Short)
    """Keyed, of the bytes: the same bytes are known again."""
    sealed: Mapped[bytes]
