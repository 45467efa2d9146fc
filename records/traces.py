"""Traces: from a request over the workflow of the case to the write, and on to the messages that follow from it.

Whatever a library notes of a span beside what we say ourselves stays here: only what is on the list leaves.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from re import fullmatch
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context, attach
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from temporalio.client import Client
from temporalio.contrib.opentelemetry import TracingInterceptor, TracingWorkflowInboundInterceptor
from temporalio.worker import (
    ExecuteWorkflowInput,
    HandleSignalInput,
    HandleUpdateInput,
    WorkflowInterceptorClassInput,
)

from models.command import REFERENCE

LEAVES = frozenset({"case", "channel", "kind", "method", "outcome", "route", "status"})
"""What is said of a span. The library of the engine says more: of that the reference of a case is kept."""
NAMED = ("kind", "method", "route", "channel")
"""What stands in the name of a span as well."""
OF_THE_ENGINE = "temporalWorkflowID"
PATIENCE = 2.0
"""Seconds that the collector has for one answer."""
_W3C, _NAME = TraceContextTextMapPropagator(), "traceparent"


class Traces:
    """Sends the spans of one process to a collector. What the collector does not take is lost, and nothing waits."""

    def __init__(self, endpoint: str, process: str) -> None:
        self._provider = TracerProvider(resource=Resource({"service.name": f"reviews-{process}"}))
        self._provider.add_span_processor(
            BatchSpanProcessor(Leaving(OTLPSpanExporter(endpoint=endpoint, timeout=PATIENCE)))
        )
        self._tracer = self._provider.get_tracer("reviews")

    def carrying(self, client: Client) -> Client:
        config = client.config()
        config["interceptors"] = [*config["interceptors"], Tracing(self._tracer)]
        return Client(**config)

    @contextmanager
    def span(self, name: str, after: Iterable[str | None]) -> Iterator[trace.Span]:
        causes = [_W3C.extract({_NAME: one}, Context()) for one in dict.fromkeys(after) if one]
        places = [trace.get_current_span(one).get_span_context() for one in causes]
        links = [trace.Link(one) for one in places if one.is_valid]
        with self._tracer.start_as_current_span(
            name, links=links, record_exception=False, set_status_on_exception=False
        ) as span:
            yield span

    @staticmethod
    def say(span: trace.Span, name: str, said: Mapping[str, str]) -> None:
        span.set_attributes(said)
        span.update_name(" ".join([name, *(said[one] for one in NAMED if one in said)]))

    @staticmethod
    def here() -> str | None:
        carrier: dict[str, str] = {}
        _W3C.inject(carrier)
        return carrier.get(_NAME)

    def end(self) -> None:
        self._provider.shutdown()


class Tracing(TracingInterceptor):
    """What an update does in a workflow belongs to the trace of whoever asked for it.

    The library adds it to the trace of whoever started the workflow, which would go on for years.
    """

    def workflow_interceptor_class(
        self,
        input: WorkflowInterceptorClassInput,  # noqa: A002 -- the library's name
    ) -> type[TracingWorkflowInboundInterceptor]:
        super().workflow_interceptor_class(input)
        return _OfUpdates


class _OfUpdates(TracingWorkflowInboundInterceptor):
    async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:  # noqa: A002, ANN401 -- as the library has it
        return await self.next.execute_workflow(input)

    async def handle_signal(self, input: HandleSignalInput) -> None:  # noqa: A002 -- the library's name
        await self.next.handle_signal(input)

    def handle_update_validator(self, input: HandleUpdateInput) -> None:  # noqa: A002 -- the library's name
        self.next.handle_update_validator(input)

    async def handle_update_handler(self, input: HandleUpdateInput) -> Any:  # noqa: A002, ANN401 -- as the library has it
        header = input.headers.get(self.header_key)
        (carrier,) = self.payload_converter.from_payloads([header]) if header else ({},)
        attach(self.text_map_propagator.extract(carrier))  # for good: the task of an update ends with it
        return await self.next.handle_update_handler(input)


class Leaving(SpanExporter):
    """Lets nothing leave but what is on the list: no error's words, no ids of people, no host."""

    def __init__(self, to: SpanExporter) -> None:
        self._to = to

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return self._to.export([_listed(one) for one in spans])

    def shutdown(self) -> None:
        self._to.shutdown()


def _listed(span: ReadableSpan) -> ReadableSpan:
    said = span.attributes or {}
    kept = {name: value for name, value in said.items() if name in LEAVES}
    if fullmatch(REFERENCE, case := str(said.get(OF_THE_ENGINE, ""))):
        kept["case"] = case
    return ReadableSpan(
        name=span.name, context=span.context, parent=span.parent, resource=span.resource, attributes=kept,
        links=span.links, kind=span.kind, instrumentation_scope=span.instrumentation_scope,
        status=trace.Status(span.status.status_code), start_time=span.start_time, end_time=span.end_time,
    )  # fmt: skip
