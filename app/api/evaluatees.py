"""Evaluatees, which clients up to 0.8.8 know in place of Runs: routes of their own, and fields of other answers [C]."""

import re

from flask import request

from ..json_types import JsonObject
from ..schemas.evaluatees import PinEvaluateeRequest, UpdateEvaluationRequest, UpdateEvaluationStatusRequest
from ..schemas.evaluations import EvaluationResponse
from ..services.evaluations import evaluatees
from ..services.workspace import Workspace
from .blueprint import Blueprint

ONE = "/evaluations/<id>"
BEFORE_RUNS = re.compile(r"0\.8\.[0-8](b\d+)?")


def before_runs() -> bool:
    """Tell whether the client is older than Runs; the official ones send their version with each request."""
    headers = request.headers
    version = headers.get("X-Fern-SDK-Version", "")
    return headers.get("X-Fern-Language") == "Python" and BEFORE_RUNS.fullmatch(version) is not None


def shown(ws: Workspace, document: JsonObject) -> JsonObject:
    """Return an Evaluation as the client knows it."""
    return evaluatees.with_evaluatees(ws, document) if before_runs() else document


def add_evaluatee_routes(blueprint: Blueprint) -> None:
    """Add the routes that only such clients call."""

    @blueprint.operation(
        "PATCH", ONE, body=UpdateEvaluationRequest, response=EvaluationResponse, errors=(404, 409), older=True
    )
    def update_setup(ws: Workspace, body: JsonObject, id: str) -> JsonObject:
        """Change the Dataset, the evaluatees, the Evaluators or the name of an Evaluation."""
        return evaluatees.with_evaluatees(ws, evaluatees.update(ws, id, body))

    @blueprint.operation(
        "PATCH",
        ONE + "/status",
        body=UpdateEvaluationStatusRequest,
        response=EvaluationResponse,
        errors=(404, 409),
        older=True,
    )
    def update_status(ws: Workspace, body: JsonObject, id: str) -> JsonObject:
        """Cancel or complete all Runs of an Evaluation."""
        return evaluatees.with_evaluatees(ws, evaluatees.set_status(ws, id, body["status"]))

    @blueprint.operation(
        "POST",
        ONE + "/pin-evaluatee",
        body=PinEvaluateeRequest,
        response=EvaluationResponse,
        errors=(404, 409),
        older=True,
    )
    def pin_evaluatee(ws: Workspace, body: JsonObject, id: str) -> JsonObject:
        """Make an evaluatee the control."""
        return evaluatees.with_evaluatees(ws, evaluatees.pin(ws, id, body))
