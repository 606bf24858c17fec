"""Fixtures of the API tests."""

import pytest

from tests.api.builders import Lab
from tests.conftest import Api


@pytest.fixture
def lab(api: Api) -> Lab:
    return Lab(api)
