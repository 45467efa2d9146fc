"""How long each activity may take and how it is tried again. One place, so that it can be read."""

from datetime import timedelta

from temporalio.common import RetryPolicy

WRITE_TIMEOUT = timedelta(seconds=20)
WRITE_RETRY = RetryPolicy(
    initial_interval=timedelta(milliseconds=200),
    backoff_coefficient=2,
    maximum_interval=timedelta(seconds=15),
    maximum_attempts=0,
)
"""Without end: a write that failed for good would close the case."""

START_TIMEOUT = timedelta(seconds=10)
START_RETRY = RetryPolicy(initial_interval=timedelta(milliseconds=200), maximum_attempts=3)
"""A few tries: whatever does not run is started by the reconciler."""

FORWARD_TIMEOUT = timedelta(seconds=25)
FORWARD_RETRY = RetryPolicy(
    initial_interval=timedelta(seconds=1),
    backoff_coefficient=2,
    maximum_interval=timedelta(seconds=30),
    maximum_attempts=6,
)
"""For when record or process fail; what a channel answers is no failure, and waits in the record."""
FORWARD_PAUSE = timedelta(minutes=1)
"""After so long what failed as often is tried again; the other messages of its person go on in the meantime."""
