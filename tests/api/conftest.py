"""Fixtures of the API tests."""

import pytest

from tests.builders.evaluations import Lab
from tests.builders.files import fresh_api
from tests.conftest import Api


@pytest.fixture
def api() -> Api:
    """Return a client of an organisation of its own: as good as an empty server, and made in no time."""
    return fresh_api()


@pytest.fixture
def lab(api: Api) -> Lab:
    return Lab(api)
