"""The Evaluators that watch Files, as answers show them."""

from typing import Any

from ...store.models import Deployment, Environment, File, Monitor
from ...store.statement import Row, integers, kept
from ..workspace import Workspace
from . import bare_documents


@kept
def monitors() -> Any:
    """Select the monitoring Evaluators of Files, each with the Versions it may stand for."""
    on = (Deployment.file == Monitor.evaluator) & (Deployment.environment == Monitor.environment)
    return (
        Monitor.select(
            Monitor.file,
            Monitor.evaluator_version,
            Monitor.state,
            Monitor.created_at.alias("watched_at"),
            Monitor.updated_at,
            Environment.uid,
            Environment.name,
            Environment.tag,
            Environment.created_at,
            Deployment.version.alias("deployed"),
            File.shown_version,
        )
        .left_outer_join(Environment)
        .switch(Monitor)
        .left_outer_join(File, on=(File.id == Monitor.evaluator))
        .switch(Monitor)
        .left_outer_join(Deployment, on=on)
        .where(Monitor.file.in_(integers("files")))
        .order_by(Monitor.id)
    )


def shown(ws: Workspace, files: list[int]) -> dict[int, list[dict[str, Any]]]:
    """Return the monitoring Evaluators of Files, rendered; the Evaluators inside show no monitors of their own."""
    if not files:
        return {}
    rows = ws.db.all(monitors(), files=files)
    evaluators = bare_documents.versions(ws, [key for row in rows if (key := _watching(row))])
    found: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row.file_id, []).append(_document(row, evaluators.get(_watching(row))))
    return found


def _watching(row: Row) -> Any:
    return row.evaluator_version_id or row.deployed or row.shown_version


def _document(row: Row, evaluator: Any) -> dict[str, Any]:
    if row.evaluator_version_id:
        reference = {"version": evaluator, "type": "version"}
    else:
        environment = bare_documents.environment_document(row)
        reference = {"file": evaluator, "environment": environment, "type": "environment"}
    return {
        "version_reference": reference,
        "version": evaluator,
        "state": row.state,
        "created_at": row.watched_at,
        "updated_at": row.updated_at,
    }
