"""What the engine keeps is encrypted before it leaves the process, with the name of its key beside it."""

import os
from collections.abc import Sequence
from pathlib import Path

from temporalio.api.common.v1 import Payload
from temporalio.contrib.pydantic import PydanticJSONPlainPayloadConverter, ToJsonOptions
from temporalio.converter import (
    CompositePayloadConverter,
    DataConverter,
    DefaultFailureConverterWithEncodedAttributes,
    DefaultPayloadConverter,
    JSONPlainPayloadConverter,
    PayloadCodec,
)

from records.keys import ENGINE, Keys, Ring

ENCODING = b"binary/encrypted"
NONCE = 12


class EngineCodec(PayloadCodec):
    """AES-256-GCM with a ring of keys: the last writes, any reads."""

    def __init__(self, keys: Keys, file: Path | None = None) -> None:
        """`file`: where newer keys are found (records.keys.Ring)."""
        self._ring = Ring(keys, ENGINE, file)

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [self._encode(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [self._decode(payload) for payload in payloads]

    def _encode(self, payload: Payload) -> Payload:
        (name, key), nonce = self._ring.newest(), os.urandom(NONCE)
        data = nonce + key.encrypt(nonce, payload.SerializeToString(), ENCODING)
        return Payload(metadata={"encoding": ENCODING, "key": name.encode()}, data=data)

    def _decode(self, payload: Payload) -> Payload:
        if payload.metadata.get("encoding") != ENCODING:
            return payload
        key = self._ring.of(payload.metadata["key"].decode())
        return Payload.FromString(key.decrypt(payload.data[:NONCE], payload.data[NONCE:], ENCODING))


JSON = PydanticJSONPlainPayloadConverter(ToJsonOptions(exclude_unset=True))
ENCODINGS = tuple(
    JSON if isinstance(one, JSONPlainPayloadConverter) else one
    for one in DefaultPayloadConverter.default_encoding_payload_converters
)


class Messages(CompositePayloadConverter):
    """The models as JSON, without what has its default.

    The engine's client makes a converter for each case that it caches. These all share their parts, which would else be
    made anew for each: a reader for every model costs more time and memory than the case itself.
    """

    def __init__(self) -> None:
        super().__init__(*ENCODINGS)


def converter(keys: Keys, file: Path | None = None) -> DataConverter:
    """The one converter of every client, worker, replayer and test. Failures are encrypted as well.

    `file`: where newer keys are found.
    """
    return DataConverter(
        payload_converter_class=Messages,
        payload_codec=EngineCodec(keys, file),
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )
