"""The doors of a house on the real engine, in which a recommendation stands at every place of the table."""

import asyncio
import hashlib
import hmac
import html
import json
import re
import time
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import quote, urlencode
from uuid import uuid4

import httpx2
from sqlalchemy import func, select
from typer.testing import CliRunner

from cli import app as terminal
from models.batch import Batch
from models.tables import FactRow
from portal.app import create_app
from portal.visiting import SESSION
from records.accounts import Accounts
from tests.gate.expected import OPEN_CASES
from tests.gate.people import PEOPLE, everybody
from tests.gate.situations import USUAL, Story, command_of, ready
from tests.support.house import triage
from tests.support.real import Real

MANAGER, AUTHORITY = "p-018", "p-001"
PASSWORD, SECRET = "a long word for a test", "a secret of Slack"
PLACES: Final = ("made", "rejected", "pursued", "given", "proven", "closed", "disputed", "time_asked", "suspended")
ITEMS: Final = {place: f"r{number}" for number, place in enumerate(PLACES, start=1)}


class Heard(NamedTuple):
    """What somebody hears at a door: whether it was done, and the words. `turned_away`: before anything was read."""

    done: bool
    words: str
    turned_away: bool = False


def plain(answers: Mapping[str, Any], item: str) -> dict[str, Any]:
    """As they are sent, about this recommendation and not the first."""
    said = json.dumps(dict(answers), default=lambda one: one.isoformat())
    return dict(json.loads(re.sub(r'"((?:deliver/)?)r1(\.a1)?"', rf'"\g<1>{item}\g<2>"', said)))


class Site:
    """One case, with all of its doors."""

    def __init__(self, made: Real) -> None:
        self.house = made
        there = made.there
        self.app = create_app(there, made.client, lambda: made.now, attempts=100_000)
        self.accounts = Accounts(there.database, there.vault, there.auditor)
        self.ref = ""
        self.tokens: dict[str, str] = {}
        self.answers = {
            line: (command_of(line), plain(said, ITEMS[place])) for line, (place, said) in ready(made.now).items()
        }

    async def seat(self, *, before: bool) -> None:
        await self.directory(everybody(before=before))

    async def directory(self, found: Any) -> None:  # noqa: ANN401 -- a directory
        there = self.house.there
        async with there.database.writing() as session:
            await there.recorder.directory.replace(session, found, MANAGER, self.house.now)

    async def build(self) -> None:
        """A rapid review with a recommendation at every place, by those who held what it needs on that day."""
        await self.seat(before=True)
        act, now = self.house.act, self.house.now
        referral = (await self.house.refer()).case
        await act(MANAGER, referral, "triage", **triage())
        self.ref = await self.house.child_of(referral)
        sent = {"sent_at": now.isoformat(), "sent_by": "The director", "reference": "N-1"}
        await act(AUTHORITY, self.ref, "record_notification", **sent)
        await act(MANAGER, self.ref, "request_information", agencies=["harrowshire-icb"])
        for place, item in ITEMS.items():
            await self.bring(place, item)
        await self.seat(before=False)

    async def bring(self, place: str, item: str) -> None:
        for person, kind, answers in steps_to(place, self.house.now):
            await self.house.act(person, self.ref, kind, **plain(answers, item))

    async def another(self, place: str) -> str:
        """One recommendation more at this place. Returns its name."""
        item = f"r{len((await self.house.case(self.ref)).recommendations) + 1}"
        await self.seat(before=True)
        await self.bring(place, item)
        await self.seat(before=False)
        return item

    async def told(self, owed: str) -> str:
        """The notice that says this is owed. At night nobody is told: what is told in the morning is told now."""
        while True:
            found = [one for one in await self.house.notices(self.ref) if one.obligation == owed and one.kind == "owed"]
            if found:
                return found[0].key
            case = await self.house.case(self.ref)
            assert case.wakes, f"{owed} is never told"
            due = tuple(case.due(case.wakes))
            await self.house.there.recorder.write(Batch(case=self.ref, known=case.known, now=case.wakes, due=due))

    async def known(self) -> int:
        """How many facts there are, of every case, but for what the engine itself has told."""
        count = select(func.count()).select_from(FactRow).where(FactRow.kind != "told")
        async with self.house.there.database.reading() as session:
            return await session.scalar(count) or 0

    async def token(self, person: str) -> str:
        if person not in self.tokens:
            async with self.house.there.database.writing() as session:
                self.tokens[person] = await self.accounts.begin(session, person, self.house.now)
        return self.tokens[person]

    async def client(self, person: str) -> httpx2.AsyncClient:
        token = await self.token(person)
        client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=self.app), base_url="http://reviews.test",
            headers={"authorization": f"Bearer {token}"},
        )  # fmt: skip
        client.cookies.set(SESSION, token)
        return client

    # The doors

    def at(self, kind: str) -> str:
        """The address below which portal and JSON interface take this command."""
        return f"/open/{kind}" if kind in OPEN_CASES else f"/cases/{self.ref}/{kind}"

    async def by_json(self, person: str, kind: str, answers: Mapping[str, Any]) -> Heard:
        async with await self.client(person) as client:
            answer = await client.post(f"/api/v1{self.at(kind)}", json=dict(answers))
        said = answer.json()
        words = [said.get("title", ""), *(one["words"] for one in said.get("problems", ()))]
        return Heard(answer.status_code == 200, "; ".join(words))

    async def by_page(self, person: str, kind: str, answers: Mapping[str, Any]) -> Heard:
        token = await self.token(person)
        async with self.house.there.database.reading() as reading:
            session = await self.accounts.session(reading, token, self.house.now)
        assert session
        about = next(
            (answers[name] for name in ("item", "obligation", "mark", "policy", "calendar") if name in answers), ""
        )
        typed = {"_csrf": session.form_token, "_request": f"w-{uuid4().hex}", **typed_in(answers)}
        query = (
            f"?about={quote(str(about), safe='/')}"
            if about and kind not in {"recommend", "enter_recommendation"}
            else ""
        )
        async with await self.client(person) as client:
            answer = await client.post(f"{self.at(kind)}{query}", data=typed)
        text = html.unescape(re.sub(r"<[^>]+>", " ", answer.text))
        return Heard(answer.status_code == 303, text, answer.status_code in {403, 404})

    async def by_terminal(self, person: str, kind: str, answers: Mapping[str, Any], folder: Path) -> Heard:
        await self.signed_up(person)
        file = folder / "answers.json"
        file.write_text(json.dumps(dict(answers)))
        settings = self.house.there.settings
        given = ["open", kind] if kind in OPEN_CASES else ["answer", self.ref, kind]
        command = [*given, str(file), "--data-dir", str(settings.data_dir), "--as", f"{person}@example.org"]
        environment = {"REVIEWS_PASSWORD": PASSWORD, "REVIEWS_ENGINE": settings.engine}
        said = await asyncio.to_thread(CliRunner().invoke, terminal, command, env=environment)
        return Heard(said.exit_code == 0, said.output)

    async def signed_up(self, person: str) -> None:
        now = self.house.now
        self.tokens.pop(person, None)  # a new password ends every session
        await self.accounts.set_password(await self.accounts.only_link("invitation", person, now), PASSWORD, now)

    async def by_chat(self, slack_id: str, kind: str, notice: str, chosen: Mapping[str, Any]) -> Heard:
        """A dialog as Slack signs and sends it."""
        view = {
            "id": f"V{uuid4().hex[:8]}", "type": "modal", "callback_id": kind,
            "private_metadata": json.dumps({"notice": notice}), "state": {"values": dict(chosen)},
        }  # fmt: skip
        return await self.signed(
            {"type": "view_submission", "user": {"id": slack_id}, "team": {"id": "T1"}, "view": view}
        )

    async def signed(self, payload: Mapping[str, Any]) -> Heard:
        body, at = urlencode({"payload": json.dumps(payload)}), str(int(time.time()))
        signature = hmac.new(SECRET.encode(), f"v0:{at}:{body}".encode(), hashlib.sha256).hexdigest()
        headers = {
            "content-type": "application/x-www-form-urlencoded", "x-slack-request-timestamp": at,
            "x-slack-signature": f"v0={signature}",
        }  # fmt: skip
        async with httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=self.app), base_url="http://reviews.test"
        ) as client:
            answer = await client.post("/slack/events", content=body, headers=headers)
        return Heard("Recorded." in answer.text, answer.text)


def steps_to(place: str, now: datetime) -> list[tuple[str, str, dict[str, Any]]]:
    """Who gives which command, with which answers, until a recommendation is there."""
    story, found = Story(USUAL, now), list[tuple[str, str, dict[str, Any]]]()
    core = story.play.act

    def act(person: str, kind: str, /, **answers: Any) -> Any:  # noqa: ANN401 -- a fact
        found.append((person, kind, answers))
        return core(person, kind, **answers)

    story.play.act = act  # type: ignore[method-assign]
    getattr(story, place)()
    return found


def typed_in(answers: Mapping[str, Any], path: str = "") -> dict[str, Any]:
    """The answers as the inputs of a form."""
    found: dict[str, Any] = {}
    for name, said in answers.items():
        if isinstance(said, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", said):
            day = date.fromisoformat(said)
            found |= {f"{path}{name}-{part}": str(getattr(day, part)) for part in ("day", "month", "year")}
        elif isinstance(said, list) and said and isinstance(said[0], dict):
            for number, row in enumerate(said):
                found |= typed_in(row, f"{path}{name}.{number}.")
        elif isinstance(said, bool):
            found[f"{path}{name}"] = "yes" if said else "no"
        else:
            found[f"{path}{name}"] = said
    return found


def refused_at(line: str, expected: Any) -> list[str]:  # noqa: ANN401 -- the table
    """Everybody of the usual case whom the table does not let give this."""
    usual = set(USUAL)
    return [
        who for who, one in PEOPLE.items()
        if one.person.startswith("p-") and who not in expected[line].may and (not one.relation or one.person in usual)
    ]  # fmt: skip
