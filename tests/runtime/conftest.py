"""Fixtures of a server that judges Logs and fills Runs before a request is answered."""

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.builders.evaluations import Lab
from tests.builders.models import Models
from tests.conftest import Api, make_app


@pytest.fixture
def app() -> Iterator[Flask]:
    app = make_app(jobs="immediate", python_timeout=1.0)
    yield app
    app.extensions["emulator"].db.close()


@pytest.fixture
def lab(api: Api) -> Lab:
    return Lab(api)


@pytest.fixture
def models(app: Flask) -> Models:
    return Models(app)
