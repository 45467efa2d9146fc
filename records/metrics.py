"""What can be scraped: how long each kind of act took, by what came of it, and what stands in the record now.

docs/monitoring.md says what each is for. Labels are words of ours: never a case, a person or an agency.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from prometheus_client import REGISTRY, Histogram, disable_created_metrics, start_http_server
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
"""Seconds. A page is expected within a quarter of one; a person waits ten for a command."""
ACTS: Mapping[str, tuple[str, Sequence[str]]] = {
    "request": ("Requests to the portal.", ("method", "route", "status")),
    "command": ("Commands that were asked for.", ("kind", "outcome")),
    "write": ("Transactions of cases: what a command or a reminder changed.", ("kind", "outcome")),
    "message": ("Messages handed to a channel.", ("channel", "outcome")),
}
COUNTS: Mapping[str, tuple[str, str]] = {
    "counted_timestamp_seconds": ("When the worker last counted what follows.", ""),
    "open_cases": ("Open cases.", "kind"),
    "obligations_overdue": ("What is owed and overdue, by the next step of its ladder.", "rung"),
    "commands_unsettled": ("Commands that were asked for and are neither done nor refused.", ""),
    "notices_queued": ("Notices that are in no message yet.", ""),
    "notices_late_seconds": ("How long the oldest notice that may go now has waited.", ""),
    "messages_astray": ("Messages of which nobody knows, or that went nowhere.", ""),
    "mail_waiting": ("Mail to referrers and new users that has not left.", ""),
    "files_unscanned": ("Files that wait for the virus scanner.", ""),
    "self_check_timestamp_seconds": ("When the self-check last looked.", ""),
    "self_check_findings": ("What the last self-check found.", "matter"),
    "seal_timestamp_seconds": ("When the ends of the audit chains were last sealed.", ""),
    "database_bytes": ("Size of the database.", ""),
    "disk_free_bytes": ("Room on the disk of the folder.", ""),
}
"""What is counted, and by which label."""


class Measured(NamedTuple):
    """One kind of act, and what is said of it."""

    histogram: Histogram
    labels: Sequence[str]

    def measure(self, said: Mapping[str, str], seconds: float) -> None:
        self.histogram.labels(*(said.get(label, "") for label in self.labels)).observe(seconds)


class Metrics(Collector):
    """Shows the metrics of this process to whoever asks at this address. Raises OSError."""

    def __init__(self, at: str) -> None:
        self.acts = {
            name: Measured(Histogram(f"reviews_{name}_seconds", words, labels, buckets=BUCKETS), labels)
            for name, (words, labels) in ACTS.items()
        }
        # A second series for each act, of which nobody asks anything.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.counts: Mapping[str, Mapping[str, float]] = {}
        REGISTRY.register(self)
        host, _, port = at.rpartition(":")
        start_http_server(int(port), host.strip("[]"))

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """What was counted last, all of one round."""
        for name, values in self.counts.items():
            words, label = COUNTS[name]
            family = GaugeMetricFamily(f"reviews_{name}", words, labels=[label] if label else [])
            for value, number in values.items():
                family.add_metric([value] if label else [], number)
            yield family
