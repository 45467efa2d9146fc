"""The log: one line of JSON for each event, with its time and level, and the trace to which it belongs.

Our own events carry references and classes of errors, never words. Of what libraries say the first line is kept, and
of an error its class and place, for the rest may repeat what was in hand.
"""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import Processor

from records.faults import where

Event = MutableMapping[str, Any]


STAMPS: list[Processor] = [
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
]


def log_lines(*stamps: Processor) -> None:
    """Write our own events so from now on, to the standard error. `stamps`: what else is said of each."""
    structlog.configure(
        processors=[*STAMPS, *stamps, structlog.processors.JSONRenderer()],
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )


def _wordless(_: object, __: str, event: Event) -> Event:
    """Nothing of what a library adds to its first line."""
    (_, error, _) = event.pop("exc_info", None) or (None, None, None)
    kept = {**event, "event": str(event["event"]).partition("\n")[0]}
    return {**kept, "error": type(error).__name__, "where": where(error)} if error else kept


LIBRARIES = ProcessorFormatter(
    foreign_pre_chain=[structlog.stdlib.add_logger_name, *STAMPS, _wordless],
    processors=[ProcessorFormatter.remove_processors_meta, structlog.processors.JSONRenderer()],
)


def log_libraries() -> None:
    """Write what libraries log in the same way."""
    handler = logging.StreamHandler()
    handler.setFormatter(LIBRARIES)
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.captureWarnings(capture=True)
