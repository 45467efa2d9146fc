"""Ports for the servers that tests start: no two tests that run at once are given the same one.

A port that is let go and bound again later could be anybody's by then, also a client's: so they are counted, each test
process in a part of its own, below the ports that Linux gives to clients (ip_local_port_range begins at 32768).
"""

import os
import socket
from contextlib import suppress
from itertools import count
from typing import Final

FIRST, EACH = 12_000, 1_000
_MINE: Final = FIRST + EACH * int("".join(filter(str.isdigit, os.environ.get("PYTEST_XDIST_WORKER", ""))) or 19)
_given = count(os.getpid())


def free_port() -> int:
    """A port at which nobody listens, and that this process has not given before (or not for a long time)."""
    for number in _given:
        port = _MINE + number % EACH
        with suppress(OSError), socket.socket() as one:
            one.bind(("127.0.0.1", port))
            return port
    raise AssertionError
