"""Loading while the folder is still being prepared: a process that its supervisor started early waits here.

The gate is a pipe. It opens when the supervisor closes its end, or is gone. A process that was started without a gate
goes straight on.
"""

import os
from contextlib import suppress

NAME = "REVIEWS_GATE"


class Gate:
    """The supervisor's side. Open until it is shut."""

    def __init__(self) -> None:
        self.descriptors: tuple[int, ...] = ()
        self._ours = -1

    @property
    def environment(self) -> dict[str, str]:
        return {NAME: str(self.descriptors[0])} if self.descriptors else {}

    def shut(self) -> None:
        theirs, self._ours = os.pipe()
        self.descriptors = (theirs,)

    def open(self) -> None:
        for one in (*self.descriptors, self._ours) if self.descriptors else ():
            os.close(one)
        self.descriptors = ()


def wait_at_gate() -> None:
    """Return when the supervisor has prepared the folder."""
    theirs = os.environ.pop(NAME, "")
    if theirs:
        with suppress(OSError):
            os.read(int(theirs), 1)
            os.close(int(theirs))
