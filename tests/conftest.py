"""Fixtures: an application in memory, and a client that holds every answer to its documented schema."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from functools import cache
from typing import Any

import hypothesis
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from humanloop_emulator import create_app
from humanloop_emulator.api.operations import Operation
from humanloop_emulator.bundled import NO_SEED
from humanloop_emulator.control.faults.rules import Faults
from humanloop_emulator.schemas.errors import (
    DomainErrorResponse,
    HttpValidationError,
    MessageErrorResponse,
    ModelErrorResponse,
)
from humanloop_emulator.settings import Settings
from tests.databases import lasting, new_database, on_postgresql, temporary
from tests.exact import problems_in

ERRORS = {"list": HttpValidationError, "dict": DomainErrorResponse, "str": MessageErrorResponse}

OTHERS = {"sqlite": ("postgresql_only", "PostgreSQL"), "postgresql": ("sqlite_only", "SQLite")}
DATABASES = ExitStack()


# Property tests try the same examples each time, however slow the machine; HYPOTHESIS_PROFILE=searching tries new ones.
hypothesis.settings.register_profile("steady", deadline=None, derandomize=True)
hypothesis.settings.register_profile("searching", deadline=None, print_blob=True)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))


class Api:
    """Calls the API as one key, and checks each answer against the schema that its operation declares."""

    def __init__(self, app: Flask, key: str = "test-key") -> None:
        self.app = app
        self.http: FlaskClient = app.test_client()
        self.headers = {"X-API-KEY": key}

    def request(self, method: str, path: str, **options: Any) -> TestResponse:
        """Send a request below `/v5` and return the checked response."""
        headers = {**self.headers, **options.pop("headers", {})}
        response = self.http.open(f"/v5{path}", method=method, headers=headers, **options)
        self._check(response, method)
        return response

    def __call__(self, method: str, path: str, body: Any = None, *, status: int | None = None, **options: Any) -> Any:
        """Send a request, expect success (or exactly `status`), and return the JSON of the answer."""
        if body is not None:
            options["json"] = body
        response = self.request(method, path, **options)
        expected = (status,) if status else (200, 201, 204)
        assert response.status_code in expected, f"{method} {path}: {response.status_code} {response.text}"
        return response.get_json() if response.is_json and response.data else response.text

    def get(self, path: str, **options: Any) -> Any:
        return self("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> Any:
        return self("POST", path, body if body is not None else {}, **options)

    def patch(self, path: str, body: Any = None, **options: Any) -> Any:
        return self("PATCH", path, body if body is not None else {}, **options)

    def delete(self, path: str, **options: Any) -> Any:
        return self("DELETE", path, **options)

    def detail(self, method: str, path: str, body: Any = None, *, status: int, **options: Any) -> Any:
        """Send a request that must fail with this status, and return its `detail`."""
        return self(method, path, body, status=status, **options)["detail"]

    def _check(self, response: TestResponse, method: str) -> None:
        if response.status_code >= 400:
            detail = response.get_json()["detail"]
            schema = ModelErrorResponse if "origin" in detail else ERRORS[type(detail).__name__]
            assert not problems_in(response.get_json(), schema)
            return
        endpoint, _ = self.app.url_map.bind("").match(response.request.path, method)
        declared = self.app.view_functions[endpoint]
        if isinstance(declared, Operation):
            assert response.status_code == declared.status
            schema = declared.response
            if schema is not None and response.is_json:
                problems = problems_in(response.get_json(), schema)
                assert not problems, f"{response.request.path}: {problems}"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database", choices=("sqlite", "postgresql"), default="sqlite", help="What the applications of tests work on."
    )


def pytest_configure(config: pytest.Config) -> None:
    """Start a server of PostgreSQL where it is asked for: one for each process that runs tests."""
    controls_others = getattr(config.option, "numprocesses", None) and not hasattr(config, "workerinput")
    if config.getoption("--database") == "postgresql" and not controls_others:
        DATABASES.enter_context(on_postgresql())


def pytest_unconfigure() -> None:
    DATABASES.close()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip what is about the other database alone."""
    other, name = OTHERS[config.getoption("--database")]
    for item in items:
        for marker in item.iter_markers(other):
            item.add_marker(pytest.mark.skip(f"{name} only: {marker.args[0]}"))


@pytest.fixture(autouse=True)
def _databases_of_the_test() -> Iterator[None]:
    with temporary():
        yield


def make_app(**settings: Any) -> Flask:
    """Return an application on an empty database; without `jobs` it judges nothing by itself."""
    app: Flask = create_app(Settings(**{"db": new_database(), "jobs": "off", "seed": NO_SEED, **settings}))
    return app


def renewed_app(**settings: Any) -> Flask:
    """Return the application with these settings as it started: it is made once, for to reset it takes 1 ms, not 50."""
    app = _kept_app(**settings)
    app.extensions["emulator"].reset()
    return app


@cache
def _kept_app(**settings: Any) -> Flask:
    with lasting():
        return make_app(**settings)


@pytest.fixture
def app() -> Flask:
    return renewed_app()


@pytest.fixture
def api(app: Flask) -> Api:
    return Api(app)


@pytest.fixture
def faults(app: Flask) -> Faults:
    found: Faults = app.extensions["emulator"].faults
    return found
