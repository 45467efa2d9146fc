"""How a person gives a command of ours in the shell from which the service was started."""

import shlex
import shutil
import sys
from pathlib import Path


def typed(command: str = "") -> str:
    """The command as it can be typed there: `reviews` alone only where a shell finds this very installation by it."""
    ours = Path(sys.executable).with_name("reviews")
    found = shutil.which("reviews")
    if not ours.exists() or (found and Path(found).samefile(ours)):
        return f"reviews {command}".strip()
    here = str(ours.relative_to(Path.cwd()) if ours.is_relative_to(Path.cwd()) else ours)
    return f"{shlex.quote(here if '/' in here else f'./{here}')} {command}".strip()
