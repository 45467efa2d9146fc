"""What stands in the record now, counted for whoever watches from outside: one cheap round, and no case is loaded."""

import shutil
from datetime import datetime

from sqlalchemy import func, select, text

from models.delivery import State
from models.files import FileState
from models.tables import BoardRow, CommandRow, FileRow, MailRow, NoticeRow, ObligationRow
from models.watch import Matter
from records.database import Database
from records.outbox import ASTRAY
from records.settings import Settings
from records.watching import OWED, last

_SIZE = {
    True: "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
    False: "SELECT pg_database_size(current_database())",
}
"""Of SQLite, and of PostgreSQL."""
_MAY_GO = func.coalesce(NoticeRow.look_at, NoticeRow.written)
_WAITS = select(func.count()).select_from(NoticeRow).where(NoticeRow.state == State.QUEUED)
_OLDEST = select(func.min(_MAY_GO)).where(NoticeRow.state == State.QUEUED)
_EACH = select(
    _WAITS.scalar_subquery().label("notices_queued"),
    *(
        select(func.count()).select_from(table).where(column == state).scalar_subquery().label(name)
        for name, table, column, state in (
            ("commands_unsettled", CommandRow, CommandRow.state, "asked"),
            ("mail_waiting", MailRow, MailRow.state, "queued"),
            ("files_unscanned", FileRow, FileRow.state, FileState.WAITING),
        )
    ),
    select(func.count()).select_from(ASTRAY.subquery()).scalar_subquery().label("messages_astray"),
)
_OPEN_CASES = select(BoardRow.kind, func.count()).where(BoardRow.closed.is_(None)).group_by(BoardRow.kind)
_OVERDUE = select(ObligationRow.level, func.count()).where(OWED).group_by(ObligationRow.level)


async def counted(database: Database, settings: Settings, now: datetime) -> dict[str, dict[str, float]]:
    """Every count of records/metrics.py, by the value of its label; of those without one by an empty word."""
    async with database.reading() as session:
        each = (await session.execute(_EACH)).mappings().one()
        oldest = await session.scalar(_OLDEST.where(now >= _MAY_GO))
        open_cases = (await session.execute(_OPEN_CASES)).all()
        overdue = (await session.execute(_OVERDUE.where(ObligationRow.due < now))).all()
        size = await session.scalar(text(_SIZE[database.sqlite]))
        check = await last(session)
    found = {one.matter: one.count for one in check.found} if check else {}
    once = {
        **each,
        "notices_late_seconds": (now - oldest).total_seconds() if oldest else 0,
        "database_bytes": size or 0,
        "disk_free_bytes": shutil.disk_usage(settings.data_dir).free,
        "counted_timestamp_seconds": now.timestamp(),
    }
    if check:
        once["self_check_timestamp_seconds"] = check.at.timestamp()
    if settings.seals.exists():
        once["seal_timestamp_seconds"] = settings.seals.stat().st_mtime
    return {
        **{name: {"": float(value)} for name, value in once.items()},
        "open_cases": {kind: float(count) for kind, count in open_cases},
        "obligations_overdue": {str(level): float(count) for level, count in overdue},
        "self_check_findings": {str(one): float(found.get(one, 0)) for one in Matter},
    }
