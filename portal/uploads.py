"""Files that come with a form: kept while what a browser sends is read, never whole in memory, and never in clear.

Such a form is multipart. Its own inputs come as those of any other form; the input of a file is named after its
question (`_file:evidence`), and what came with it is kept at once: its id is the answer to the question from then on,
so that a problem elsewhere in the form, or a session that has ended, loses nothing.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Final, NamedTuple

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Scope

from models.facts import Problem
from models.files import asks_files
from models.lifecycles import COMMANDS
from portal.guarding import LARGEST, TooLarge
from records.file_types import FileRefused

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

FILE: Final = "_file:"
MOST_INPUTS = 5000
_FORM = re.compile(r"/cases/[^/]+/([a-z_]+)")
_API = re.compile(r"/api/v1/cases/[^/]+/files")

Pairs = list[tuple[str, str]]
Keep = Callable[[Pairs, str, AsyncIterator[bytes]], Awaitable[str]]
"""From the inputs that came before it, the name of a file, and its bytes: its id; empty if it is not to be kept."""


class Received(NamedTuple):
    """Every input of a form, with the ids of files as answers; and what is wrong with those that were not kept."""

    pairs: Pairs
    problems: list[Problem]


def takes_files(scope: Scope) -> bool:
    """Whether more may be sent here than to other addresses: a command that asks for a file, or a file itself."""
    if scope["method"] != "POST":
        return False
    form = _FORM.fullmatch(scope["path"])
    asks = form and any(form[1] in of and asks_files(of[form[1]]) for of in COMMANDS.values())
    return bool(asks or _API.fullmatch(scope["path"]))


def is_multipart(request: Request) -> bool:
    return request.headers.get("content-type", "").lower().startswith("multipart/form-data")


async def received(request: Request, keep: Keep) -> Received:
    """Read a multipart form to its end, keeping its files as they come. Raises guarding.TooLarge."""
    pairs: Pairs = []
    request.state.received = pairs  # for whoever has to say why it went no further
    kept: Pairs = []
    problems: list[Problem] = []
    length = 0
    events = _events(request)
    async for part in events:
        assert isinstance(part, _Part), "a part begins with its head"
        content = _content(events)
        if part.file is None:
            value = bytearray()
            async for data in content:
                length += len(data)
                if length > LARGEST:
                    raise TooLarge
                value += data
            pairs.append((part.name, value.decode(errors="replace")))
        elif part.file:  # else no file was chosen
            question = part.name.removeprefix(FILE)
            try:
                if id_ := await keep(pairs, part.file, content):
                    kept.append((question, id_))
            except FileRefused as refusal:
                problems.append(Problem(field=question, words=refusal.words))
        async for _ in content:
            pass
        if len(pairs) + len(kept) > MOST_INPUTS:
            raise TooLarge
    answered = {question for question, _ in kept}
    pairs[:] = [pair for pair in pairs if pair[0] not in answered] + kept
    return Received(pairs, problems)


# How it is parsed: what the parser says of each chunk is queued, and handed on in order


class _Part(NamedTuple):
    """The head of a part; `file` is the name of the file that follows, none for any other input."""

    name: str
    file: str | None


class _End:
    """The end of a part."""


Event = _Part | bytes | _End


class _Listener:
    """What the parser calls."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._field, self._value, self._said = b"", b"", b""
        self.callbacks: MultipartCallbacks = {
            "on_header_field": self._on_field,
            "on_header_value": self._on_value,
            "on_header_end": self._on_header,
            "on_headers_finished": self._on_head,
            "on_part_data": lambda data, start, end: self.events.append(data[start:end]),
            "on_part_end": lambda: self.events.append(_End()),
        }

    def _on_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header(self) -> None:
        if self._field.lower() == b"content-disposition":
            self._said = self._value
        self._field = self._value = b""

    def _on_head(self) -> None:
        _, options = parse_options_header(self._said)
        self._said = b""
        file = options.get(b"filename")
        name = options.get(b"name", b"").decode(errors="replace")
        self.events.append(_Part(name, None if file is None else file.decode(errors="replace")))


async def _content(events: AsyncIterator[Event]) -> AsyncIterator[bytes]:
    """What a part holds; what ends before its part does was cut off on its way."""
    async for event in events:
        if isinstance(event, _End):
            return
        assert isinstance(event, bytes)
        yield event
    raise HTTPException(400)


async def _events(request: Request) -> AsyncIterator[Event]:
    _, options = parse_options_header(request.headers["content-type"])
    listener = _Listener()
    try:
        parser = MultipartParser(options.get(b"boundary", b""), listener.callbacks)
        async for chunk in request.stream():
            parser.write(chunk)
            for event in listener.events:
                yield event
            listener.events.clear()
        parser.finalize()
    except FormParserError:
        raise HTTPException(400) from None
