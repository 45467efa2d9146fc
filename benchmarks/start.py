"""From `reviews serve` to the first page, on an empty folder and on one that is there: the median of five each."""

import statistics
import tempfile
from pathlib import Path

from tests.support.running import Running

TIMES = 5
ALLOWED = 4.0


def first_page(folder: Path) -> float:
    """Seconds from the command to the answer of the first page."""
    with Running(folder) as running:
        found = running.first_page()
        running.ready()
    return found


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        first_page(Path(home) / "warm")  # whatever has to be compiled once is compiled now
        empty = [first_page(Path(home) / f"empty-{n}") for n in range(TIMES)]
        again = [first_page(Path(home) / "warm") for n in range(TIMES)]
    print(f"From `reviews serve` to the first page, of {TIMES} starts; at most {ALLOWED:g} s are allowed.")
    for words, times in (("An empty folder", empty), ("A folder that is there", again)):
        print(f"  {words}: median {statistics.median(times):.2f} s, longest {max(times):.2f} s")


if __name__ == "__main__":
    main()
