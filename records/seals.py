"""Seals: what every chain's head was, minute by minute, in a file outside the database.

A line holds the heads that have grown since the line before, and an HMAC that chains it to that line. So somebody who
can write to the database alone can neither remove a case nor cut off the end of a chain without being found out.
"""

import hashlib
import hmac
import json
import os
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from records.chains import START
from records.sealing import canonical

Head = tuple[int, str]
"""(number, mac) of a chain's last link."""


class Sealed(NamedTuple):
    """One line of the file: the heads that it seals; none of them, if the line is not what was written."""

    number: int
    heads: dict[str, Head]
    good: bool
    mac: str = ""

    @property
    def name(self) -> str:
        return f"{self.number}/{self.mac}"


class Seals:
    def __init__(self, path: Path, key: bytes) -> None:
        self._path, self._key = path, key
        self._read_up_to, self._number, self._mac = 0, 0, START
        self._heads: dict[str, Head] = {}

    def append(self, heads: Mapping[str, Head], at: datetime) -> bool:
        """Seal the heads that have grown since the last line. Returns whether there were any."""
        self._catch_up()
        grown = {chain: head for chain, head in heads.items() if self._heads.get(chain) != head}
        if not grown:
            return False
        body = {"number": self._number + 1, "at": at.isoformat(), "heads": grown, "previous": self._mac}
        line = json.dumps({**body, "mac": self._mac_of(body)}) + "\n"
        with os.fdopen(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        return True

    def lines(self) -> Iterator[Sealed]:
        """Every line, checked against the one before; the first that is wrong is the last that is given."""
        previous = START
        for number, line in enumerate(self._raw(0), start=1):
            seal = _parsed(line)
            body = {name: seal.get(name) for name in ("number", "at", "heads", "previous")}
            mac = self._mac_of(body)
            if (seal.get("mac"), body["previous"], body["number"]) != (mac, previous, number):
                yield Sealed(number, {}, good=False)
                return
            previous = mac
            heads = {chain: (head[0], head[1]) for chain, head in seal["heads"].items()}
            yield Sealed(number, heads, good=True, mac=mac)

    @property
    def heads(self) -> Mapping[str, Head]:
        """How far each chain is sealed."""
        self._catch_up()
        return self._heads

    @property
    def end(self) -> str:
        """The name of the last seal, empty before the first."""
        self._catch_up()
        return f"{self._number}/{self._mac}" if self._number else ""

    def holds(self, name: str) -> bool:
        """Whether this seal is in the file, or none is asked for."""
        return name in {"", self.end} or any(line.good and line.name == name for line in self.lines())

    def _catch_up(self) -> None:
        """Read what the file holds beyond what we have read of it: it only grows."""
        if self._path.exists() and self._path.stat().st_size < self._read_up_to:
            self._read_up_to, self._number, self._mac, self._heads = 0, 0, START, {}
        for line in self._raw(self._read_up_to):
            self._read_up_to += len(line)
            seal = _parsed(line)
            self._number, self._mac = int(seal.get("number", 0)), str(seal.get("mac", ""))
            self._heads |= {chain: (head[0], head[1]) for chain, head in seal.get("heads", {}).items()}

    def _raw(self, start: int) -> Iterator[bytes]:
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            file.seek(start)
            yield from file

    def _mac_of(self, body: Mapping[str, Any]) -> str:
        return hmac.new(self._key, canonical(body), hashlib.sha256).hexdigest()


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
