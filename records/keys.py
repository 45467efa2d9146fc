"""The keys: one file outside the database, for its owner alone. Without it nothing personal can be read again."""

import json
import os
import secrets
import time
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import BaseModel, ConfigDict, SecretBytes

RESTORE = "Put it back from your backup: nothing personal can be read without it."


MOVED = "records.moved.sqlite"
"""What the file of the records is called once they are in another database."""
SEALING, ENGINE = "sealing", "engine"
RINGS = (SEALING, ENGINE)
LOOKS_EVERY = 1.0
"""Seconds after which a process looks whether the key file has changed."""


class CannotOpen(RuntimeError):
    """An installation is not opened; the words say why, and what to do."""


class KeysMissing(CannotOpen):
    """There are records, but not the key file that opens them."""


class KeysUnsafe(CannotOpen):
    """Others than the owner may read the key file."""


class RecordsMoved(CannotOpen):
    """The records are in another database by now, and the settings do not name it."""


class Keys(BaseModel):
    """`sealing` and `engine` are key rings (id -> 32 bytes, the last writes); the others are single secrets."""

    model_config = ConfigDict(frozen=True)
    sealing: dict[str, SecretBytes]
    engine: dict[str, SecretBytes]
    audit: SecretBytes
    door: SecretBytes
    look_up: SecretBytes

    def save(self, path: Path, *, instead: bool = False) -> None:
        """Write to a file that only its owner may read. Raises FileExistsError rather than lose a key.

        `instead`: it takes the place of the one that is there, in one step.
        """
        body = {
            name: {key: one.get_secret_value().hex() for key, one in ring.items()}
            for name, ring in ((SEALING, self.sealing), (ENGINE, self.engine))
        }
        single = {name: getattr(self, name).get_secret_value().hex() for name in ("audit", "door", "look_up")}
        fresh = path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump({**body, **single}, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        if instead:
            fresh.replace(path)
            return
        try:
            os.link(fresh, path)  # whole or not at all, and never over another
        finally:
            fresh.unlink()

    def with_new(self) -> "Keys":
        """With a new key at the end of each ring: from then on it writes, and the others still read."""
        return self.model_copy(update={name: _one_more(getattr(self, name)) for name in RINGS})

    def newest_alone(self) -> "Keys":
        """Without the older keys of each ring: what they have written cannot be read any more."""
        return self.model_copy(update={name: dict(list(getattr(self, name).items())[-1:]) for name in RINGS})


class Ring:
    """One ring of keys as the file has it now, so that keys are changed while everything runs.

    `file`: where to look for newer ones; none: these keys stay as they are.
    """

    def __init__(self, keys: Keys, name: str, file: Path | None = None) -> None:
        self._name, self._file, self._looks, self._seen = name, file, 0.0, 0
        self._take(keys)

    def newest(self) -> tuple[str, AESGCM]:
        """The name and the key with which to write."""
        if self._file and time.monotonic() >= self._looks:
            self._look(self._file)
        return self._newest, self._ring[self._newest]

    def of(self, name: str) -> AESGCM:
        """Raises LookupError if no key has this name."""
        if name not in self._ring and self._file:
            self._look(self._file)
        return self._ring[name]

    def _look(self, file: Path) -> None:
        self._looks = time.monotonic() + LOOKS_EVERY
        try:
            seen = file.stat().st_mtime_ns
            if seen != self._seen:
                self._take(read_keys(file))
                self._seen = seen
        except (OSError, CannotOpen):
            return  # what is known goes on; whoever starts anew is told

    def _take(self, keys: Keys) -> None:
        held: dict[str, SecretBytes] = getattr(keys, self._name)
        self._ring = {name: AESGCM(key.get_secret_value()) for name, key in held.items()}
        self._newest = list(held)[-1]


def _one_more(ring: dict[str, SecretBytes]) -> dict[str, SecretBytes]:
    number = max(int(name[1:]) for name in ring) + 1
    return {**ring, f"k{number}": SecretBytes(AESGCM.generate_key(256))}


def new_keys() -> Keys:
    def ring() -> dict[str, SecretBytes]:
        return {"k1": SecretBytes(AESGCM.generate_key(256))}

    def single() -> SecretBytes:
        return SecretBytes(secrets.token_bytes(32))

    return Keys(sealing=ring(), engine=ring(), audit=single(), door=single(), look_up=single())


def read_keys(path: Path) -> Keys:
    """Raises KeysMissing or KeysUnsafe, each with words on how to mend it."""
    if not path.exists():
        message = f"The key file {path.name} is missing. {RESTORE}"
        raise KeysMissing(message)
    if path.stat().st_mode & 0o077:
        message = f"Others may read the key file {path.name}. Run: chmod 600 {path.name}"
        raise KeysUnsafe(message)
    try:
        raw = json.loads(path.read_text())
        rings = {
            name: {key: SecretBytes(bytes.fromhex(one)) for key, one in raw[name].items()}
            for name in ("sealing", "engine")
        }
        single = {name: SecretBytes(bytes.fromhex(raw[name])) for name in ("audit", "door", "look_up")}
        return Keys(sealing=rings["sealing"], engine=rings["engine"], **single)
    except (ValueError, LookupError, TypeError, AttributeError):
        message = f"The key file {path.name} is damaged. {RESTORE}"
        raise KeysMissing(message) from None


def make_keys(path: Path, records: Path) -> Keys:
    """The keys of an installation; new ones only where there are no records yet. Raises KeysMissing or KeysUnsafe."""
    if not path.exists() and not records.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        new_keys().save(path)
    return read_keys(path)
