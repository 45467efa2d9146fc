"""Where something went wrong, without what was in hand there: file, line and function, never a value."""

import traceback
from pathlib import Path

DEEP = 3


def where(error: BaseException) -> list[str]:
    """The innermost places, the deepest last."""
    frames = traceback.extract_tb(error.__traceback__)[-DEEP:]
    return [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]


UNREADABLE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What goes wrong with a cell in which somebody has put what is no value of its kind."""
