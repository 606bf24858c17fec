"""How Evaluations and Runs that were made without a File come to one: that of the first Log or Run that they get [A].

Each hands it on to the other, for a Run may stand in several Evaluations.
"""

from ...store.models import Run
from ...store.statement import Row, sql
from ..workspace import Workspace
from .evaluations import check_name, touch

RUNS_WITHOUT_FILE = sql("""
    SELECT r.id FROM run r JOIN evaluation_run e ON e.run_id = r.id
    WHERE e.evaluation_id = :evaluation AND r.file_id IS NULL
""")


EVALUATIONS_WITHOUT_FILE = sql("""
    SELECT e.id, e.name FROM evaluation e JOIN evaluation_run r ON r.evaluation_id = e.id
    WHERE r.run_id = :run AND e.file_id IS NULL
""")


def of_run(ws: Workspace, run: Row, file: int) -> None:
    """Give a Run without a File this one, and with it the Evaluations it stands in that have none."""
    ws.db.update(Run, run.id, file=file)
    for evaluation in ws.db.all(EVALUATIONS_WITHOUT_FILE, run=run.id):
        of_evaluation(ws, evaluation, file)


def of_evaluation(ws: Workspace, evaluation: Row, file: int) -> None:
    """Give an Evaluation without a File this one, and with it its Runs that have none. A taken name: Conflict."""
    check_name(ws, file, evaluation.name)
    touch(ws, evaluation.id, file=file)
    for run in ws.db.all(RUNS_WITHOUT_FILE, evaluation=evaluation.id):
        of_run(ws, run, file)
