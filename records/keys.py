"""The keys: one file outside the database, for its owner alone. Without it nothing personal can be read again."""

import json
import os
import secrets
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import BaseModel, ConfigDict, SecretBytes

RESTORE = "Put it back from your backup: nothing personal can be read without it."


class KeysMissing(RuntimeError):
    """There are records, but not the key file that opens them."""


class KeysUnsafe(RuntimeError):
    """Others than the owner may read the key file."""


class Keys(BaseModel):
    """`sealing` and `engine` are key rings (id -> 32 bytes, the last writes); the others are single secrets."""

    model_config = ConfigDict(frozen=True)
    sealing: dict[str, SecretBytes]
    engine: dict[str, SecretBytes]
    audit: SecretBytes
    door: SecretBytes
    look_up: SecretBytes

    def save(self, path: Path) -> None:
        """Write to a new file that only its owner may read. Raises FileExistsError rather than lose a key."""
        body = {
            name: {key: one.get_secret_value().hex() for key, one in ring.items()}
            for name, ring in (("sealing", self.sealing), ("engine", self.engine))
        }
        single = {name: getattr(self, name).get_secret_value().hex() for name in ("audit", "door", "look_up")}
        fresh = path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump({**body, **single}, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(fresh, path)  # whole or not at all, and never over another
        finally:
            fresh.unlink()


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
