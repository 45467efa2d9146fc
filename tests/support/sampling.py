"""Of many cases that are alike `make test` tries some, and `make proof` the others."""

from collections.abc import Iterable
from typing import Any

import pytest


def sampled(cases: Iterable[Any], each: int) -> list[Any]:
    """Parameters of a test (tuples for several): one of so many is tried by `make test`, the others by `make proof`."""
    return [_proof(one) if number % each else one for number, one in enumerate(cases)]


def _proof(one: Any) -> Any:  # noqa: ANN401 -- a value of any type, or what pytest.param made of some
    if isinstance(one, type(pytest.param())):
        return pytest.param(*one.values, id=one.id, marks=[*one.marks, pytest.mark.proof])
    return pytest.param(*(one if isinstance(one, tuple) else (one,)), marks=pytest.mark.proof)
