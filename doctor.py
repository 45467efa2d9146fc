"""What is misconfigured, why it matters, and how to mend it: `reviews doctor`.

Each check looks at one thing and gives findings; none changes anything. A finding is grave when something that is owed
could be forgotten, seen by the wrong eyes, or lost. The rest is worth a look.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import func, select, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from first_start import SHIPPED
from models import shelf, watch
from models.base import Message
from models.directory import ChannelName, Directory, Holding
from models.files import FileState
from models.policy import Policy
from models.tables import AccountRow, FileRow, HeadRow, LinkRow, MailRow
from models.time import day_of
from notifier.ways import channels, leading_to
from policy.checks import uncompared
from policy.problems import together
from policy.reading import check_against, read_directory_file
from records.database import Database
from records.directory import invented
from records.faults import UNREADABLE
from records.holding import waiting
from records.keys import Keys, KeysMissing, KeysUnsafe, read_keys
from records.migrating import newest, standing
from records.opening import Installation, open_installation
from records.policies import in_force
from records.production import obstacles
from records.scanning import Clamd
from records.sealing import CannotUnseal
from records.seals import Seals
from records.settings import TASK_QUEUE, Settings, SignIn
from records.typed import typed
from records.watching import Watching
from terminal.common import counted

MEGABYTE = 1024 * 1024
LITTLE, TOO_LITTLE = 2_000 * MEGABYTE, 200 * MEGABYTE
SHORT = timedelta(seconds=5)
SILENT = timedelta(seconds=90)
"""A worker that waits for work asks again after at most a minute."""
LATE = timedelta(minutes=5)
MOST_NAMED = 10
LOOPBACK = {"127.0.0.1", "::1", "localhost"}


class Finding(Message):
    what: str
    why: str
    do: str
    grave: bool = False


class Known(NamedTuple):
    """What the checks of the inside look at."""

    there: Installation
    now: datetime
    policy: Policy | None
    calendar: str
    directory: Directory | None


Look = Callable[[Known], AsyncIterator[Finding]]
SPOILT = (*UNREADABLE, CannotUnseal)
"""What goes wrong where somebody has changed what was recorded."""


async def examine(settings: Settings) -> list[Finding]:
    """Everything that is found, the grave first. What cannot be looked at is a finding itself."""
    found = [*_folder(settings), *_clock(), *_doors(settings)]
    if not settings.data_dir.is_dir():
        return found
    keys = _keys(settings)
    if isinstance(keys, Finding):
        found.append(keys)
    elif tables := await _tables(settings):
        found.append(tables)
    else:
        found += [one async for one in _inside(settings)]
    return sorted(found, key=lambda one: not one.grave)


def report(found: list[Finding]) -> str:
    """The findings as people read them."""
    if not found:
        return "Nothing is wrong."
    grave = sum(one.grave for one in found)
    lines = []
    for one in found:
        lines += [
            f"{'GRAVE' if one.grave else 'Look'}   {one.what}",
            f"        Why it matters: {one.why}",
            f"        What to do: {one.do}",
            "",
        ]
    return "\n".join([*lines, f"{grave} grave, {len(found) - grave} worth a look."])


# Outside: the folder, the keys, this machine


def _folder(settings: Settings) -> Iterable[Finding]:
    folder = settings.data_dir
    if not folder.is_dir():
        yield Finding(
            what=f"There is no folder {folder}.",
            why="Records, keys, seals and the engine's store live there.",
            do=f"Start the service once: {typed('serve')} --data-dir {folder}",
            grave=True,
        )
        return
    if folder.stat().st_mode & 0o077:
        yield Finding(
            what=f"Others on this machine may look into {folder}.",
            why="It holds the records of children, and the keys to them.",
            do=f"chmod 700 {folder}",
            grave=True,
        )
    if not os.access(folder, os.W_OK):
        yield Finding(
            what=f"{folder} cannot be written to.",
            why="Nothing can be recorded.",
            do="Give the folder to the user under whom the service runs.",
            grave=True,
        )
    files = settings.files
    if files.exists() and not (files.is_dir() and os.access(files, os.W_OK | os.X_OK)):
        yield Finding(
            what=f"{files} cannot be written to.",
            why="No evidence can be kept, so nothing that needs it can be closed.",
            do="Give the folder to the user under whom the service runs.",
            grave=True,
        )
    if files.is_dir() and files.stat().st_mode & 0o077:
        yield Finding(
            what=f"Others on this machine may look into {files}.",
            why="The evidence there is sealed, but how much there is and when it came is not.",
            do=f"chmod 700 {files}",
        )
    yield from _space(folder)
    if files.is_dir() and files.stat().st_dev != folder.stat().st_dev:
        yield from _space(files)


def _space(folder: Path) -> Iterable[Finding]:
    free = shutil.disk_usage(folder).free
    if free < LITTLE:
        yield Finding(
            what=f"Only {free // MEGABYTE} MB are free on the disk of {folder}.",
            why="On a full disk nothing can be recorded, no evidence can be kept, and no reminder is sent.",
            do="Make room, or move the folder to a larger disk.",
            grave=free < TOO_LITTLE,
        )


def _keys(settings: Settings) -> Keys | Finding:
    why = "The key file opens everything personal, signs what is asked and seals the audit chains."
    try:
        return read_keys(settings.keys)
    except KeysMissing as problem:
        words = f"{settings.keys} {'cannot be read as a key file' if settings.keys.exists() else 'is missing'}."
        return Finding(what=words, why=why, do=str(problem), grave=True)
    except KeysUnsafe as problem:
        words = f"Others may have read {settings.keys}."
        return Finding(what=words, why=why, do=f"chmod 600 {settings.keys} ({problem})", grave=True)
    except (OSError, ValueError, KeyError, TypeError):
        words = f"{settings.keys} cannot be read as a key file."
        return Finding(what=words, why=why, do="Put it back from your backup; never make a new one.", grave=True)


def _clock() -> Iterable[Finding]:
    try:
        ZoneInfo("Europe/London")
    except ZoneInfoNotFoundError:
        yield Finding(
            what="This machine does not know the time of London.",
            why="Every deadline ends at the end of a day in London.",
            do="Make the environment anew: make clean run",
            grave=True,
        )


def _doors(settings: Settings) -> Iterable[Finding]:
    for one in obstacles(settings):
        yield Finding(**one.model_dump(), grave=True)
    outside = settings.host not in LOOPBACK or settings.base_url.startswith("https://")
    if outside and settings.insecure_cookies and not settings.production:
        yield Finding(
            what="Sign-in cookies may travel unencrypted.",
            why="Whoever reads the network could act as the person who signed in.",
            do="Serve it over https, and set REVIEWS_INSECURE_COOKIES=false.",
            grave=True,
        )
    if not settings.base_url and (settings.host not in LOOPBACK or channels(settings)):
        yield Finding(
            what="The address under which people reach the portal is not set.",
            why="Links in messages and mail lead to this machine only.",
            do="Set REVIEWS_BASE_URL to the address that people type, with https://.",
        )
    if settings.smtp_host and not settings.smtp_starttls and settings.smtp_host not in LOOPBACK:
        yield Finding(
            what=f"What goes to the mail server {settings.smtp_host} travels in clear.",
            why="Whoever reads the network reads messages, the links in them, and the password.",
            do="Take REVIEWS_SMTP_STARTTLS away, or set it to true.",
            grave=True,
        )
    if settings.demonstration and not settings.production:
        yield Finding(
            what="Demonstration is switched on.",
            why="Anybody may sign in as anybody, and everybody's messages are shown.",
            do="Start it without --demonstration before a real case is entered.",
            grave=outside,
        )


async def _tables(settings: Settings) -> Finding | None:
    """Why the database cannot be looked into; nothing if it can."""
    why = "Every page and every reminder comes from the database."
    try:
        database = Database(settings.database)
    except ArgumentError:
        words = "REVIEWS_DATABASE_URL is not the address of a database."
        return Finding(what=words, why=why, do="Set it right, or take it away for SQLite.", grave=True)
    try:
        async with asyncio.timeout(SHORT.total_seconds()), database.reading() as session:
            await session.execute(text("SELECT 1"))
        stands, wanted = await standing(database), newest()
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        words = f"The database cannot be opened ({type(error).__name__})."
        return Finding(what=words, why=why, do="See that it runs, and look at REVIEWS_DATABASE_URL.", grave=True)
    finally:
        await database.close()
    if stands == wanted:
        return None
    if stands > wanted:
        words = f"The tables are newer ({stands}) than this program ({wanted})."
        return Finding(what=words, why=why, do="Install the newer program again, or put your backup back.", grave=True)
    words = f"The tables stand at {stands or 'nothing'}, this program needs {wanted}."
    return Finding(
        what=words, why=why, do=f"Make a backup, then start `{typed('serve')}`: it brings them up to date.", grave=True
    )


# Inside: policy, people, engine, mail, audit


async def _inside(settings: Settings) -> AsyncIterator[Finding]:
    there = await open_installation(settings)
    known = Known(there, datetime.now(UTC), None, "", None)
    looks: list[Look] = [_accounts, _engine, _watched, _mail, _held, _channels, _files, _audit, _times]
    try:
        try:
            async with there.database.reading() as session:
                names, directory = await in_force(session), await there.recorder.directory.read(session)
            policy, calendar = (shelf.policy(names[0]), names[1]) if names else (None, "")
            known, looks = (
                known._replace(policy=policy, calendar=calendar, directory=directory),
                [_rules_in_place, *looks],
            )
        except SPOILT:
            yield _broken("What is in force, or the directory, cannot be read.")
        for look in looks:
            try:
                async for one in look(known):
                    yield one
            except SPOILT:
                yield _broken(f"Not all could be looked at: something cannot be read ({look.__name__.strip('_')}).")
    finally:
        await there.close()


async def _rules_in_place(known: Known) -> AsyncIterator[Finding]:
    for check in (_rules, _offices, _invented):
        for one in check(known):
            yield one


def _rules(known: Known) -> Iterable[Finding]:
    if known.policy is None:
        yield Finding(
            what="No policy is in force.",
            why="Without it no case can be opened: it holds every deadline and ladder.",
            do=f"Start `{typed('serve')}`, which puts the shipped one in force, or: "
            f"{typed('policy adopt FILE --apply')}",
            grave=True,
        )
        return
    today = day_of(known.now)
    days = shelf.days(known.calendar)
    if words := days.warning(today):
        what, _, do = words.partition(" Deadlines beyond")
        yield Finding(
            what=what,
            why="Deadlines beyond its end cannot be counted, and cases that need them stand still.",
            do=f"{do.partition('. ')[2]} Then: {typed('policy adopt FILE --apply --open-cases')}",
            grave=days.calendar.horizon < today + timedelta(days=90),
        )
    if unread := uncompared(known.policy.sources):
        names = "; ".join(known.policy.sources[name].citation for name in unread)
        yield Finding(
            what=f"Nobody has compared {len(unread)} of {len(known.policy.sources)} sources with their text: {names}.",
            why="A wrong figure makes every deadline that rests on it wrong.",
            do="Compare, fill in `checked_by` and `checked_on` in the policy file, and adopt it.",
        )


def _offices(known: Known) -> Iterable[Finding]:
    if known.directory is None:
        yield Finding(
            what="There is no directory.",
            why="Nobody can be told anything.",
            do=typed("directory import FILE --as YOUR-ADDRESS"),
            grave=True,
        )
        return
    if known.policy is None:
        return
    do = f"Enter a holder in the directory file, then: {typed('directory import FILE --as YOUR-ADDRESS')}"
    for one in together(check_against(known.policy, known.directory, day_of(known.now))):
        yield Finding(
            what=one.words,
            why="A ladder that ends in silence lets what is owed be forgotten."
            if one.grave
            else "Its messages go on at once to whoever comes next, and nobody of that office hears of it.",
            do=do,
            grave=one.grave,
        )
    alone = [one for one in known.directory.holdings if not one.deputy and one.covers(day_of(known.now))]
    if alone:
        offices = "; ".join(_named(one, known.policy, known.directory) for one in alone)
        yield Finding(
            what=f"{counted(len(alone), 'office has', 'offices have')} no deputy: {offices}.",
            why="While the holder is on leave nobody is told.",
            do=do.replace("holder", "deputy"),
        )


def _named(one: Holding, policy: Policy, directory: Directory) -> str:
    """An office, and the agency of which it is, as people call them."""
    return f"{policy.titled(one.office)}{' in ' + directory.called(one.agency) if one.agency else ''}"


def _invented(known: Known) -> Iterable[Finding]:
    """Agencies and people of the example that is shipped, in a folder that is not a demonstration."""
    if known.directory is None or known.there.settings.demonstration:
        return
    there = known.directory
    example = read_directory_file(SHIPPED / "directory.example.yaml")
    people = {one.name for one in example.people.values()}
    nobody = set(invented(there))
    named = [one.name for one in there.agencies.values() if one in example.agencies.values()]
    named += [one.name for id_, one in there.people.items() if id_ in nobody or one.name in people]
    if named:
        yield Finding(
            what=f"Not ready for real cases: invented, or with an address at example.org: {_some(named)}.",
            why="No message reaches them, so nobody is told what is owed.",
            do="Put your own agencies and people into a directory file, then: "
            f"{typed('directory import FILE --as YOUR-ADDRESS')}",
        )


async def _accounts(known: Known) -> AsyncIterator[Finding]:
    """People who hold an office and cannot sign in. With an identity provider it is that which knows them."""
    settings = known.there.settings
    if known.directory is None or settings.demonstration or settings.sign_in is SignIn.OIDC:
        return
    async with known.there.database.reading() as session:
        signed_up = set(await session.scalars(select(AccountRow.person)))
    holders = _holders(known.directory, day_of(known.now))
    without = sorted(known.directory.people[who].name for who in holders - signed_up)
    if without:
        nobody = not signed_up
        yield Finding(
            what="Nobody can sign in yet."
            if nobody
            else f"{len(without)} of {len(holders)} people who hold an office cannot sign in: {', '.join(without)}.",
            why="They are told what they owe, and cannot answer.",
            do=f"Open the administrator's link that `{typed('serve')}` prints."
            if nobody
            else "Sign in as administrator, open People, and invite them.",
        )


def _holders(directory: Directory, on: date) -> set[str]:
    """Who holds an office on that day, or deputises."""
    named = {who for one in directory.holdings if one.covers(on) for who in (one.person, one.deputy) if who}
    return named & directory.people.keys()


def _some(names: Sequence[str]) -> str:
    """The first of them, and how many more there are."""
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f"{', '.join(names[:MOST_NAMED])}{more}"


async def _engine(known: Known) -> AsyncIterator[Finding]:
    from temporalio.api.enums.v1 import TaskQueueType  # noqa: PLC0415 -- slow, and not needed by the checks before
    from temporalio.api.taskqueue.v1 import TaskQueue  # noqa: PLC0415
    from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest  # noqa: PLC0415
    from temporalio.service import RPCError  # noqa: PLC0415

    settings = known.there.settings
    asked = DescribeTaskQueueRequest(
        namespace=settings.namespace,
        task_queue=TaskQueue(name=TASK_QUEUE),
        task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    )
    try:
        async with asyncio.timeout(SHORT.total_seconds()):
            client = await known.there.connect(0)
            queue = await client.workflow_service.describe_task_queue(asked)
    except (RuntimeError, RPCError, TimeoutError):
        yield Finding(
            what=f"The engine does not answer at {settings.engine}.",
            why="No command is taken and no reminder is sent until it does. What was asked for is kept.",
            do=f"Start it: {typed('serve')} --data-dir {settings.data_dir} "
            f"(its log: {settings.data_dir}/logs/engine.log)",
            grave=True,
        )
        return
    seen = [one.last_access_time.ToDatetime(tzinfo=UTC) for one in queue.pollers]
    if not any(datetime.now(UTC) - one < SILENT for one in seen):
        yield Finding(
            what="No worker asks the engine for work.",
            why="No command is taken and no reminder is sent until one does. What was asked for is kept.",
            do=f"Look at {settings.data_dir}/logs/worker.log; `{typed('serve')}` starts one.",
            grave=True,
        )


async def _watched(known: Known) -> AsyncIterator[Finding]:
    """What the self-check finds: by the record now, and of the engine what the watch of a worker last found."""
    there = known.there
    watching = Watching(there.database, there.auditor, there.recorder.directory, there.settings)
    check = await watching.last()
    found: list[watch.Finding] = watch.judge(await watching.recorded(known.now))
    match watch.standing(check, known.now):
        case watch.Standing.SILENT:
            assert check
            yield Finding(
                what=f"The self-check is silent since {check.at:%Y-%m-%d %H:%M} UTC.",
                why="Nobody knows whether every open case is watched.",
                do=f"See that a worker runs: {there.settings.data_dir}/logs/worker.log; `{typed('serve')}` starts one.",
                grave=True,
            )
        case watch.Standing.FOUND:
            assert check
            found += [one for one in check.found if one.matter in watch.OF_THE_ENGINE]
        case _:
            pass
    for one in found:
        cases = f" ({', '.join(one.cases)}{f' and {one.more} more' if one.more else ''})" if one.cases else ""
        yield Finding(what=f"{one.what[:-1]}{cases}.", why=one.why, do=one.do, grave=True)


async def _mail(known: Known) -> AsyncIterator[Finding]:
    settings = known.there.settings
    async with known.there.database.reading() as session:
        queued = (await session.scalars(select(MailRow.written).where(MailRow.state == "queued"))).all()
    late = [one for one in queued if one < known.now - LATE]
    if not settings.smtp_host:
        letters = f" {counted(len(queued), 'letter waits', 'letters wait')}." if queued else ""
        yield Finding(
            what=f"No mail server is set up.{letters}",
            why="Referrers get the link to their referral only if the business unit reads it to them.",
            do="Set REVIEWS_SMTP_HOST, _PORT, _USER, _PASSWORD and _FROM; until then look at the mail page each day.",
        )
    elif late:
        yield Finding(
            what=f"{counted(len(late), 'letter has', 'letters have')} waited for more than five minutes.",
            why="Referrers do not get the link to their referral.",
            do="Mend what stands here about the mail server; they are sent by themselves, and none twice.",
            grave=True,
        )


LOST_WAYS = {
    ChannelName.SLACK: "Nobody is told anything in Slack until it is mended.",
    ChannelName.MAIL: "Nobody is told anything by e-mail, and referrers do not get the link to their referral.",
    ChannelName.NOTIFY: "Nobody is told anything by GOV.UK Notify until it is mended.",
}


async def _held(known: Known) -> AsyncIterator[Finding]:
    """What waits since a backup was put back."""
    async with known.there.database.reading() as session:
        count = await waiting(session)
    if count:
        yield Finding(
            what=f"{counted(count, 'message is', 'messages are')} held since a backup was put back.",
            why="They may have been sent before, so nobody hears of them until a person has looked.",
            do=f"As business manager open /messages, or: {typed('held')}",
            grave=True,
        )


async def _channels(known: Known) -> AsyncIterator[Finding]:
    """What is wrong with each way by which messages leave; nothing is sent to find out."""
    there = channels(known.there.settings)
    if not there:
        yield Finding(
            what="No channel is set up: messages are in the inbox alone.",
            why="Whoever does not open the portal does not hear of what they owe.",
            do="Set up Slack, e-mail or GOV.UK Notify, as docs/channels.md says.",
        )
        return
    people = known.directory.people if known.directory else {}
    for channel, found in zip(there, await asyncio.gather(*(one.check(people) for one in there)), strict=True):
        for one in found:
            why = one.why or LOST_WAYS[ChannelName(channel.name)]
            yield Finding(what=one.what, why=why, do=one.do, grave=not one.why)
    if known.there.settings.slack_token.get_secret_value():
        from notifier.slack import check_around  # noqa: PLC0415 -- half a second, for those who have Slack

        for one in await check_around(known.there.settings):
            yield Finding(what=one.what, why=one.why, do=one.do)
    holders = _holders(known.directory, day_of(known.now)) if known.directory else set()
    if nobody := sorted(who for who in holders if not leading_to(people[who], there)):
        yield Finding(
            what=f"No channel leads to {counted(len(nobody), 'person', 'people')} who "
            f"{'holds' if len(nobody) == 1 else 'hold'} an office: {_some(nobody)}.",
            why="They hear of what they owe only when they open the portal.",
            do="Give them a `slack_id`, or a channel that is set up, in the directory file, then: "
            f"{typed('directory import FILE --as YOUR-ADDRESS')}",
        )


async def _files(known: Known) -> AsyncIterator[Finding]:
    """Whether the virus scanner answers; what waits for it, or was refused after it was kept; and what is lost."""
    settings = known.there.settings
    if settings.clamd and not await Clamd(settings.clamd, SHORT.total_seconds()).answers():
        yield Finding(
            what=f"The virus scanner does not answer at {settings.clamd}.",
            why="Files that people give are kept, and nobody can open them until it has looked at them.",
            do="See that clamd runs, and look at REVIEWS_CLAMD.",
            grave=True,
        )
    async with known.there.database.reading() as session:
        rows = (await session.execute(select(FileRow.id, FileRow.case, FileRow.state, FileRow.kept))).all()
    late = [row for row in rows if row.state == FileState.WAITING and row.kept < known.now - LATE]
    if late:
        yield Finding(
            what=f"{counted(len(late), 'file waits', 'files wait')} for the virus scanner for more than five minutes.",
            why="Nobody can open them, so nobody can accept them as evidence.",
            do="See that a worker runs and that clamd answers; a file that clamd calls too large needs a higher "
            "StreamMaxLength there.",
        )
    if refused := sorted({row.case for row in rows if row.state == FileState.REFUSED}):
        yield Finding(
            what=f"The virus scanner found something in a file that was kept before it looked: {_some(refused)}.",
            why="Nobody can open it any more, and whoever gave it may have it on their machine.",
            do="Tell whoever gave it, and ask for another.",
        )
    readable = not settings.files.exists() or os.access(settings.files, os.R_OK | os.X_OK)
    lying = {path.name for path in settings.files.iterdir()} if settings.files.is_dir() and readable else set()
    if lost := sorted(row.id for row in rows if readable and row.id not in lying):
        yield Finding(
            what=f"{counted(len(lost), 'file of evidence is', 'files of evidence are')} not in their place: "
            f"{_some(lost)}.",
            why="What was accepted on them can be shown to nobody.",
            do=f"Put {settings.files} back from your backup.",
            grave=True,
        )


async def _audit(known: Known) -> AsyncIterator[Finding]:
    """The seals alone: quick however many cases there are. `reviews audit verify` looks at every link."""
    seals = known.there.settings.seals
    sealed: dict[str, tuple[int, str]] = {}
    for line in Seals(seals, known.there.keys.audit.get_secret_value()).lines():
        sealed |= line.heads
        if not line.good:
            yield _broken(f"Line {line.number} of {seals.name} was altered, or one before it is missing.")
            return
    async with known.there.database.reading() as session:
        heads = {row.chain: (row.number, row.mac) for row in (await session.scalars(select(HeadRow))).all()}
    cut = [chain for chain, (number, mac) in sealed.items() if not _continues(heads.get(chain), number, mac)]
    if cut:
        yield _broken(
            f"{counted(len(cut), 'chain ends', 'chains end')} before the point last sealed: {', '.join(cut[:5])}."
        )


def _continues(head: tuple[int, str] | None, number: int, mac: str) -> bool:
    return head is not None and (head[0] > number or head == (number, mac))


def _broken(what: str) -> Finding:
    return Finding(
        what=what,
        why="Somebody or something has changed what was recorded.",
        do=f"Keep everything as it is, tell the independent chair, and run: {typed('audit verify')}",
        grave=True,
    )


async def _times(known: Known) -> AsyncIterator[Finding]:
    async with known.there.database.reading() as session:
        last = await session.scalar(select(func.max(LinkRow.at)))
        theirs = None if known.there.database.sqlite else await session.scalar(select(func.now()))
    do = "Let this machine keep time by a time server (timedatectl set-ntp true)."
    if last is not None and last > datetime.now(UTC) + SHORT:
        yield Finding(
            what=f"The clock of this machine is behind what was recorded at {last:%Y-%m-%d %H:%M} UTC.",
            why="Deadlines count from recorded times, and would come late.",
            do=do,
            grave=True,
        )
    if theirs is not None and abs(theirs - datetime.now(UTC)) > SHORT:
        yield Finding(
            what="The clocks of this machine and of the database differ by more than five seconds.",
            why="Times in one record would contradict each other.",
            do=do,
        )
