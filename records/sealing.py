"""Encryption of columns, and the keyed digests that stand for a value without saying it.

AES-256-GCM. A sealed value is: length of the key's id, the id, a nonce of 12 bytes, cipher text with tag. It is bound
to the place where it stands (table, column, row), so that it cannot be moved to another.
"""

import hashlib
import hmac
import json
import os
import unicodedata
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag

from records.keys import SEALING, Keys, Ring

NONCE = 12


class CannotUnseal(RuntimeError):
    """A sealed value was altered or moved, or its key is not in the key file."""


class Vault:
    """Seals and unseals, with the keys of one installation."""

    def __init__(self, keys: Keys, file: Path | None = None) -> None:
        """`file`: where newer keys are found (records.keys.Ring)."""
        self._ring = Ring(keys, SEALING, file)
        self._door = keys.door.get_secret_value()
        self._look_up = keys.look_up.get_secret_value()

    def seal(self, value: Any, place: str) -> bytes:  # noqa: ANN401 -- any JSON value
        """`place` is table, column and row, as in `texts.sealed/R-1`."""
        (newest, key), nonce = self._ring.newest(), os.urandom(NONCE)
        name = newest.encode()
        body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        return bytes([len(name)]) + name + nonce + key.encrypt(nonce, body, place.encode())

    def unseal(self, sealed: bytes, place: str) -> Any:  # noqa: ANN401 -- any JSON value
        try:
            start = 1 + sealed[0]
            name, nonce = sealed[1:start].decode(), sealed[start : start + NONCE]
            return json.loads(self._ring.of(name).decrypt(nonce, sealed[start + NONCE :], place.encode()))
        except (InvalidTag, LookupError, TypeError, ValueError):
            message = f"cannot unseal {place.split('/', maxsplit=1)[0]}"
            raise CannotUnseal(message) from None

    def sign(self, body: Any) -> str:  # noqa: ANN401 -- any JSON value
        """The door's signature over a command."""
        return hmac.new(self._door, canonical(body), hashlib.sha256).hexdigest()

    def signed(self, body: Any, signature: str) -> bool:  # noqa: ANN401 -- any JSON value
        return hmac.compare_digest(self.sign(body), signature)

    def look_up(self, text: str) -> str:
        """A keyed digest by which an exact value is found again; letters only differ in case or form count as equal."""
        plain = unicodedata.normalize("NFKC", text).casefold().strip()
        return hmac.new(self._look_up, plain.encode(), hashlib.sha256).hexdigest()


def key_of(sealed: bytes) -> str:
    """The name of the key with which this was sealed."""
    return sealed[1 : 1 + sealed[0]].decode()


def canonical(body: Any) -> bytes:  # noqa: ANN401 -- any JSON value
    return _ENCODER.encode(body).encode()


_ENCODER = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)


def fingerprint(token: str) -> str:
    """How a secret token is kept: enough to know it again, of no use to a thief."""
    return hashlib.sha256(token.encode()).hexdigest()
