"""The whole OpenAPI document under fuzzing: no server error, and no status, type or shape that is not documented.

`SCHEMATHESIS_EXAMPLES=100 pytest tests/contract/test_schemathesis.py` looks longer.
"""

import os
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings, strategies
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from humanloop_emulator.services.telemetry.recording import PROTOBUF
from tests.builders.workspace import Workspace
from tests.conftest import Api, make_app

from .known_ids import KnownIds

EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "5"))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
KEY = {"X-API-KEY": "fuzzing"}
APP = make_app()
schemathesis.openapi.media_type(PROTOBUF, strategies.binary())
schema = schemathesis.openapi.from_wsgi("/openapi.json", APP)


@pytest.fixture(scope="module")
def known() -> KnownIds:
    return KnownIds(Workspace(Api(APP), "home"))


@schema.parametrize()
@settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
def test_every_request_is_answered_as_documented(case: Any, known: KnownIds) -> None:
    if case.method != "DELETE":  # the others need what the workspace holds
        known.fill(case)
    case.headers = {**(case.headers or {}), **KEY}
    case.call_and_validate(checks=CHECKS)
