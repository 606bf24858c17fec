"""The Evaluators of an Evaluation: Versions, each of which judges all Logs of the Evaluation's Runs."""

from typing import NamedTuple

from ...errors import NotFound
from ...json_types import JsonObject
from ...kinds import JUDGES
from ...store.models import EvaluationEvaluator
from ...store.statement import sql
from ..files import documents, versions
from ..workspace import Workspace


class EvaluatorRow(NamedTuple):
    """An Evaluator Version, with its File."""

    id: int
    uid: str
    file_uid: str
    path: str
    content: str  # JSON
    return_type: str


class _Shown(NamedTuple):
    evaluation_id: int
    evaluator_version_id: int
    orchestrated: bool
    added_at: str


ALL = sql(
    """
    SELECT v.id, v.uid, f.uid AS file_uid, f.path, v.content,
           text_at(v.content, spec.return_type) AS return_type
    FROM evaluation_evaluator e JOIN version v ON v.id = e.evaluator_version_id JOIN file f ON f.id = v.file_id
    WHERE e.evaluation_id = :evaluation ORDER BY e.id
    """,
    EvaluatorRow,
)

SHOWN = sql(
    """
    SELECT evaluation_id, evaluator_version_id, orchestrated, added_at FROM evaluation_evaluator
    WHERE evaluation_id IN (SELECT value FROM integers(:evaluations)) ORDER BY id
    """,
    _Shown,
)

REMOVE = sql("""
    DELETE FROM evaluation_evaluator WHERE evaluation_id = :evaluation AND evaluator_version_id IN (
        SELECT id FROM version WHERE organisation_id = :organisation AND uid = :uid)
""")


def of_evaluation(ws: Workspace, evaluation: int) -> list[EvaluatorRow]:
    """Return the Evaluators of an Evaluation, in the order in which they were added."""
    return ws.db.all(ALL, evaluation=evaluation)


def render(ws: Workspace, evaluations: list[int]) -> dict[int, list[JsonObject]]:
    """Return the documents of the Evaluators of each Evaluation, by its key."""
    rows = ws.db.all(SHOWN, evaluations=evaluations)
    versions = documents.versions(ws, [row.evaluator_version_id for row in rows])
    rendered: dict[int, list[JsonObject]] = {key: [] for key in evaluations}
    for row in rows:
        rendered[row.evaluation_id].append(
            {
                "version": versions[row.evaluator_version_id],
                "orchestrated": bool(row.orchestrated),
                "added_at": row.added_at,
            }
        )
    return rendered


def add(ws: Workspace, evaluation: int, wanted: list[JsonObject]) -> None:
    """Add the Evaluators that a request refers to; one that is there already is not added again [A]."""
    present = {evaluator.id for evaluator in of_evaluation(ws, evaluation)}
    for position, reference in enumerate(wanted):
        version = versions.referenced(ws, reference, JUDGES, ("body", "evaluators", position))
        if version.id not in present:
            present.add(version.id)
            ws.db.insert(
                EvaluationEvaluator,
                evaluation=evaluation,
                evaluator_version=version.id,
                orchestrated=reference.get("orchestrated") is not False,
                added_at=ws.now(),
            )


def remove(ws: Workspace, evaluation: int, uid: str) -> None:
    """Remove an Evaluator Version. One that is not in the Evaluation: NotFound."""
    if not ws.db.run(REMOVE, evaluation=evaluation, organisation=ws.organisation, uid=uid):
        raise NotFound.of("Evaluator", uid, loc=("path", "evaluator_version_id"))
