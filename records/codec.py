"""What the engine keeps is encrypted before it leaves the process, with the name of its key beside it."""

import os
from collections.abc import Sequence
from dataclasses import replace

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from temporalio.api.common.v1 import Payload
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import DataConverter, DefaultFailureConverterWithEncodedAttributes, PayloadCodec

from records.keys import Keys

ENCODING = b"binary/encrypted"
NONCE = 12


class EngineCodec(PayloadCodec):
    """AES-256-GCM with a ring of keys: the last writes, any reads."""

    def __init__(self, keys: Keys) -> None:
        self._ring = {name: AESGCM(key.get_secret_value()) for name, key in keys.engine.items()}
        self._newest = list(keys.engine)[-1]

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [self._encode(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [self._decode(payload) for payload in payloads]

    def _encode(self, payload: Payload) -> Payload:
        nonce = os.urandom(NONCE)
        data = nonce + self._ring[self._newest].encrypt(nonce, payload.SerializeToString(), ENCODING)
        return Payload(metadata={"encoding": ENCODING, "key": self._newest.encode()}, data=data)

    def _decode(self, payload: Payload) -> Payload:
        if payload.metadata.get("encoding") != ENCODING:
            return payload
        key = self._ring[payload.metadata["key"].decode()]
        return Payload.FromString(key.decrypt(payload.data[:NONCE], payload.data[NONCE:], ENCODING))


def converter(keys: Keys) -> DataConverter:
    """The one converter of every client, worker, replayer and test. Failures are encrypted as well."""
    return replace(
        pydantic_data_converter,
        payload_codec=EngineCodec(keys),
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )
