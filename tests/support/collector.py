"""Somebody who collects traces: a server to which the official exporter speaks, read by the official decoder."""

import gzip
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


class Span(NamedTuple):
    process: str
    name: str
    trace: str
    id: str
    parent: str
    said: Mapping[str, str]
    links: tuple[str, ...]
    """The ids of the spans in which it has its cause."""


class Collector:
    def __init__(self, port: int) -> None:
        self.endpoint = f"http://127.0.0.1:{port}/v1/traces"
        self.bodies: list[bytes] = []

    @property
    def spans(self) -> list[Span]:
        return [one for body in self.bodies for one in _read(body)]


def _read(body: bytes) -> Iterator[Span]:
    for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
        (process,) = (one.value.string_value for one in resource.resource.attributes)
        for span in (span for scope in resource.scope_spans for span in scope.spans):
            assert not span.events
            assert not span.status.message
            yield Span(
                process, span.name, span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex(),
                {one.key: one.value.string_value for one in span.attributes},
                tuple(one.span_id.hex() for one in span.links),
            )  # fmt: skip


@contextmanager
def collector(port: int) -> Iterator[Collector]:
    made = Collector(port)

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            made.bodies.append(gzip.decompress(body) if self.headers.get("content-encoding") == "gzip" else body)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Taking)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
