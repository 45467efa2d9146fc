"""Seeing inside a process: each of its acts is measured and traced by one call, where the settings ask for it.

What an act says of itself is a word of ours or the reference of a case, never what a person typed. Where nothing is
asked for, nothing is loaded. It belongs to the process and not to an installation, as its log does.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from time import monotonic
from typing import TYPE_CHECKING

from models.command import REFERENCE
from models.lifecycles import COMMANDS
from records.logs import Event, log_libraries, log_lines
from records.settings import Settings

if TYPE_CHECKING:
    from temporalio.client import Client

    from records.metrics import Metrics
    from records.traces import Traces

TOLD = "told"
"""The kind of a write without a command: rungs spoke, or a case looked for what it had missed."""
LISTED: Mapping[str, frozenset[str]] = {
    "kind": frozenset({TOLD, *(kind for commands in COMMANDS.values() for kind in commands)}),
    "method": frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}),
}
"""What may be said where somebody outside chooses the word; anything else is `other`."""


class CannotListen(RuntimeError):
    """Metrics cannot be shown where the settings ask for it."""


class _Looking:
    metrics: "Metrics | None" = None
    traces: "Traces | None" = None


_looking = _Looking()


def begin(process: str, settings: Settings) -> None:
    """Write the log as lines of JSON, and look at what the settings ask for. `process`: portal or worker.

    Raises CannotListen.
    """
    log_lines(_trace)
    log_libraries()
    name = f"{process}_metrics"
    if at := str(getattr(settings, name)):
        from records.metrics import Metrics  # noqa: PLC0415 -- see above

        with _listening(at, name):
            _looking.metrics = Metrics(at)
    engine_at = settings.engine_metrics if process == "worker" else ""
    with _listening(engine_at, "engine_metrics"):
        _engine_library(engine_at)
    if settings.traces:
        from records.traces import Traces  # noqa: PLC0415 -- see above

        _looking.traces = Traces(settings.traces, process)


@contextmanager
def _listening(at: str, setting: str) -> Iterator[None]:
    """Say in words that nothing can listen there. Raises CannotListen."""
    try:
        yield
    except (OSError, ValueError):  # of Python, and of the engine's library
        message = f"{at} is in use, or is not an address of this machine. Look at REVIEWS_{setting.upper()}."
        raise CannotListen(message) from None


def end() -> None:
    """Hand over the traces that are still here."""
    if _looking.traces:
        _looking.traces.end()


def _engine_library(metrics_at: str) -> None:
    """Let the engine's library log as we do, and show its own metrics. Raises ValueError if it cannot."""
    # Loads slowly, and whoever only wants the words of a wrong setting needs none of it.
    import logging  # noqa: PLC0415

    from temporalio.runtime import (  # noqa: PLC0415
        LogForwardingConfig,
        LoggingConfig,
        PrometheusConfig,
        Runtime,
        TelemetryConfig,
        TelemetryFilter,
    )

    quiet = TelemetryFilter(core_level="WARN", other_level="ERROR")
    ours = LogForwardingConfig(logger=logging.getLogger("engine"), append_log_fields_to_message=False)
    metrics = PrometheusConfig(metrics_at, counters_total_suffix=True, unit_suffix=True, durations_as_seconds=True)
    telemetry = TelemetryConfig(
        logging=LoggingConfig(filter=quiet, forwarding=ours), metrics=metrics if metrics_at else None
    )
    Runtime.set_default(Runtime(telemetry=telemetry))


def counts_are_shown() -> bool:
    return _looking.metrics is not None


def show(counts: Mapping[str, Mapping[str, float]]) -> None:
    """Show these counts from now on (records/counting.py)."""
    if _looking.metrics:
        _looking.metrics.counts = counts


def traced(client: "Client") -> "Client":
    """The same client, which carries traces to the workflows and activities that it starts and runs."""
    return _looking.traces.carrying(client) if _looking.traces else client


def here() -> str | None:
    """Where we are in a trace, as the W3C writes it (traceparent); none outside of one."""
    return _looking.traces.here() if _looking.traces else None


def _trace(_: object, __: str, event: Event) -> Event:
    """The trace to which a line of the log belongs."""
    return {**event, "trace": place.split("-")[1]} if (place := here()) else event


@contextmanager
def act(name: str, after: Iterable[str | None] = (), **said: str) -> Iterator[dict[str, str]]:
    """Measure and trace what happens inside. What is added to the answer is said of it as well.

    `after`: where in other traces this has its cause. Whatever is raised is said by its class.
    """
    metrics, traces, began = _looking.metrics, _looking.traces, monotonic()
    if not metrics and not traces:
        yield said
        return
    with traces.span(name, after) if traces else nullcontext() as span:
        try:
            yield said
        except BaseException as error:
            said.setdefault("outcome", type(error).__name__)
            raise
        finally:
            plain = _plain(said)
            if traces and span:
                traces.say(span, name, plain)
            if metrics:
                metrics.acts[name].measure(plain, monotonic() - began)


def _plain(said: Mapping[str, str]) -> dict[str, str]:
    """What may be said of an act."""
    kept = {"outcome": "done"} | {
        name: value if value in LISTED.get(name, (value,)) else "other" for name, value in said.items()
    }
    if not re.fullmatch(REFERENCE, kept.get("case", "")):
        kept.pop("case", None)
    return kept
