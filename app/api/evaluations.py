"""Evaluations, their Evaluators, Runs, Logs and stats."""

from collections.abc import Iterator
from urllib.parse import quote

from flask import Response, after_this_request, request

from ..json_types import JsonObject
from ..schemas.evaluations import (
    AddEvaluatorsRequest,
    AddLogsToRunRequest,
    CreateEvaluationRequest,
    CreateRunRequest,
    EvaluationListQuery,
    EvaluationLogListQuery,
    EvaluationResponse,
    EvaluationRunResponse,
    EvaluationRunsResponse,
    EvaluationStats,
    PaginatedDataEvaluationLogResponse,
    PaginatedEvaluationResponse,
    UpdateRunRequest,
)
from ..services.evaluations import evaluatees, evaluation_runs, evaluations, run_logs
from ..services.evaluations import stats as evaluation_stats
from ..services.logs import evaluation_logs
from ..services.workspace import Workspace
from .blueprint import Blueprint
from .evaluatees import add_evaluatee_routes, before_runs, shown

blueprint = Blueprint("evaluations", description="Evaluations: runs, links between logs and runs, judgments, stats.")
STORED_STATS = "X-Emulator-Stored-Stats"  # names the Runs whose stats come from an export without Logs
MOST_NAMED = 100  # Runs in the header, which must not become too long
ONE = "/evaluations/<id>"
RUN = ONE + "/runs/<run_id>"


def stats_as_csv(ws: Workspace, id: str) -> Iterator[str]:
    """Yield the answer of `get_stats` as a table."""
    return evaluation_stats.stats_as_csv(ws, id)


def logs_as_csv(ws: Workspace, query: JsonObject, id: str) -> Iterator[str]:
    """Yield the answer of `get_logs` as a table, all pages of it."""
    return evaluation_logs.logs_as_csv(ws, id, query)


@blueprint.operation(
    "GET", "/evaluations", query=EvaluationListQuery, response=PaginatedEvaluationResponse, operation_id="list"
)
def list_evaluations(ws: Workspace, query: JsonObject) -> JsonObject:
    """List the Evaluations of a File, newest first."""
    page = evaluations.list_evaluations(ws, query)
    return page | {"records": [shown(ws, record) for record in page["records"]]}


@blueprint.operation(
    "POST",
    "/evaluations",
    body=CreateEvaluationRequest,
    response=EvaluationResponse,
    status=201,
    errors=(404, 409),
)
def create(ws: Workspace, body: JsonObject) -> JsonObject:
    """Create an Evaluation."""
    return shown(ws, evaluatees.create(ws, body))


@blueprint.operation("POST", ONE + "/evaluators", body=AddEvaluatorsRequest, response=EvaluationResponse)
def add_evaluators(ws: Workspace, body: JsonObject, id: str) -> JsonObject:
    """Add Evaluators; they judge existing Runs too."""
    return evaluations.add_evaluators(ws, id, body)


@blueprint.operation("DELETE", ONE + "/evaluators/<evaluator_version_id>", response=EvaluationResponse)
def remove_evaluator(ws: Workspace, id: str, evaluator_version_id: str) -> JsonObject:
    """Remove an Evaluator and its judgments from the Evaluation."""
    return evaluations.remove_evaluator(ws, id, evaluator_version_id)


@blueprint.operation("GET", ONE, response=EvaluationResponse)
def get(ws: Workspace, id: str) -> JsonObject:
    """Get an Evaluation."""
    return shown(ws, evaluations.get(ws, id))


@blueprint.operation("DELETE", ONE, status=204)
def delete(ws: Workspace, id: str) -> None:
    """Delete an Evaluation; its Runs, Logs and versions stay."""
    evaluations.delete(ws, id)


@blueprint.operation("GET", ONE + "/runs", response=EvaluationRunsResponse)
def list_runs_for_evaluation(ws: Workspace, id: str) -> JsonObject:
    """List the Runs of the Evaluation, newest first."""
    return evaluation_runs.list_runs(ws, id)


@blueprint.operation("POST", ONE + "/runs", body=CreateRunRequest, response=EvaluationRunResponse, errors=(404, 409))
def create_run(ws: Workspace, body: JsonObject, id: str) -> JsonObject:
    """Create a Run, of a version over a Dataset or of Logs that are added later."""
    return evaluation_runs.create(ws, id, body)


@blueprint.operation("POST", RUN, response=EvaluationRunResponse, errors=(404, 409))
def add_existing_run(ws: Workspace, id: str, run_id: str) -> JsonObject:
    """Add a Run from another Evaluation of the same File."""
    return evaluation_runs.add_existing(ws, id, run_id)


@blueprint.operation("DELETE", RUN, status=204)
def remove_run(ws: Workspace, id: str, run_id: str) -> None:
    """Remove a Run from the Evaluation; it stays in others."""
    evaluation_runs.remove(ws, id, run_id)


@blueprint.operation("PATCH", RUN, body=UpdateRunRequest, response=EvaluationRunResponse, errors=(404, 409))
def update_evaluation_run(ws: Workspace, body: JsonObject, id: str, run_id: str) -> JsonObject:
    """Make a Run the control, cancel it or complete it."""
    return evaluation_runs.update(ws, id, run_id, body)


@blueprint.operation("POST", RUN + "/logs", body=AddLogsToRunRequest, response=EvaluationRunResponse, errors=(404, 409))
def add_logs_to_run(ws: Workspace, body: JsonObject, id: str, run_id: str) -> JsonObject:
    """Add Logs to the Run, either all of them or none."""
    return run_logs.add_logs(ws, id, run_id, body)


@blueprint.operation("GET", ONE + "/stats", response=EvaluationStats, csv=stats_as_csv)
def get_stats(ws: Workspace, id: str) -> JsonObject:
    """Get the stats of all Runs, the progress and a report."""
    stats = evaluation_stats.get_stats(ws, id, silent=request.headers.get("X-Fern-Language") == "JavaScript")
    if stored := evaluation_stats.runs_with_stored_stats(ws, id):
        text = ", ".join(map(quote, stored[:MOST_NAMED])) + (", ..." if len(stored) > MOST_NAMED else "")
        after_this_request(lambda response: _mark(response, text))
    return evaluatees.with_version_stats(ws, id, stats) if before_runs() else stats


def _mark(response: Response, text: str) -> Response:
    response.headers[STORED_STATS] = text
    return response


@blueprint.operation(
    "GET", ONE + "/logs", query=EvaluationLogListQuery, response=PaginatedDataEvaluationLogResponse, csv=logs_as_csv
)
def get_logs(ws: Workspace, query: JsonObject, id: str) -> JsonObject:
    """List the Logs of the Runs with their datapoints and judgments; CSV has all pages in one."""
    return evaluation_logs.list_logs(ws, id, query, evaluated_version=before_runs())


add_evaluatee_routes(blueprint)
