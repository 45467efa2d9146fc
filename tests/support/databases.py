"""Fixtures of whatever touches the database: SQLite always, PostgreSQL in `make proof`."""

from collections.abc import Callable

import pytest

from tests.support.postgres import Postgres, shared


@pytest.fixture(scope="session")
def postgres() -> Postgres:
    return shared()


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=[pytest.mark.proof, pytest.mark.xdist_group("postgresql")])]
)
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database; empty for the SQLite file in the folder of the test."""
    if request.param == "sqlite":
        return ""
    server: Postgres = request.getfixturevalue("postgres")
    return server.fresh()


@pytest.fixture
def empty_database(request: pytest.FixtureRequest, database_url: str) -> Callable[[], str]:
    """Gives the URL of one more empty database of the same kind."""
    if not database_url:
        return lambda: ""
    server: Postgres = request.getfixturevalue("postgres")
    return server.fresh
