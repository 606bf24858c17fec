"""Bulk work against its floor: the one SQL statement without which it cannot be done."""

import sqlite3
import tempfile
from pathlib import Path
from typing import Any

import orjson
from flask import Flask

from .measure import Result, compare
from .server import call, emulator, request

SPEC = {"arguments_type": "target_free", "return_type": "number", "evaluator_type": "external"}


def run(count: int) -> list[Result]:
    """Measure linking Logs to a Run and the stats of them under three Evaluators."""
    with tempfile.TemporaryDirectory() as directory:
        app = emulator(str(Path(directory) / "bench.db"))
        evaluation, logs, evaluators = _fill(app, count)
        results = [_linking(app, evaluation, logs), _stats(app, evaluation, logs, evaluators)]
        app.extensions["emulator"].db.close()
    return results


def _fill(app: Flask, count: int) -> tuple[str, list[str], list[str]]:
    """Make Logs and verdicts as the API would, by the thousand."""
    prompt = call(app, "POST", "/prompts", {"path": "bench/prompt", "model": "gpt-4o"})
    evaluators = [call(app, "POST", "/evaluators", {"path": f"bench/e{n}", "spec": SPEC}) for n in range(3)]
    references = [{"version_id": evaluator["version_id"]} for evaluator in evaluators]
    evaluation = call(app, "POST", "/evaluations", {"file": {"id": prompt["id"]}, "evaluators": references})
    first = call(app, "POST", "/prompts/log", {"path": "bench/prompt", "output": "x"})["id"]
    for evaluator in evaluators:
        call(app, "POST", "/evaluators/log", {"id": evaluator["id"], "parent_id": first, "judgment": 0})
    connection: sqlite3.Connection = app.extensions["emulator"].db.connection
    connection.execute("BEGIN")
    copied = "organisation_id, file_id, version_id, created_at, document"
    connection.execute(
        f"WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) "
        f"INSERT INTO log (uid, {copied}) SELECT printf('log_%021d', i), {copied} FROM log, n WHERE uid = ?",
        [first],
    )
    connection.execute(
        "INSERT INTO verdict SELECT l.id, v.evaluator_version_id, v.evaluator_log_id, v.outcome, "
        "(l.id * 7919 % 1000) / 10.0, NULL FROM log l, verdict v WHERE l.uid LIKE 'log_00000%' "
        "AND v.log_id = (SELECT id FROM log WHERE uid = ?)",
        [first],
    )
    connection.execute("COMMIT")
    logs = [row[0] for row in connection.execute("SELECT uid FROM log WHERE parent_id IS NULL ORDER BY id")]
    return evaluation["id"], logs, [evaluator["version_id"] for evaluator in evaluators]


def _linking(app: Flask, evaluation: str, logs: list[str]) -> Result:
    connection: sqlite3.Connection = app.extensions["emulator"].db.connection
    runs: list[str] = [call(app, "POST", f"/evaluations/{evaluation}/runs", {})["id"] for _ in range(20)]
    connection.execute("CREATE TABLE floor (run, position, log, datapoint, PRIMARY KEY (run, position)) WITHOUT ROWID")
    connection.execute("CREATE UNIQUE INDEX floor_log ON floor (log, run)")
    text = orjson.dumps(logs).decode()

    def ours() -> None:
        request(app, "POST", f"/evaluations/{evaluation}/runs/{runs.pop()}/logs", {"log_ids": logs})()

    def floor(run: list[int] = [0]) -> None:  # noqa: B006
        run[0] += 1
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(
            "INSERT INTO floor SELECT ?, j.key, l.id, l.datapoint_id FROM json_each(?) j "
            "CROSS JOIN log l ON l.organisation_id = 1 AND l.uid = j.value WHERE l.file_id = 1",
            [run[0], text],
        )
        connection.execute("COMMIT")

    result = compare(f"link {len(logs):,} logs", ours, floor, aim=3)
    connection.execute("DROP TABLE floor")
    for run in runs:
        call(app, "DELETE", f"/evaluations/{evaluation}/runs/{run}")
    left: list[dict[str, Any]] = call(app, "GET", f"/evaluations/{evaluation}/runs")["runs"]
    for run in left[1:]:
        call(app, "DELETE", f"/evaluations/{evaluation}/runs/{run['id']}")
    return result


def _stats(app: Flask, evaluation: str, logs: list[str], evaluators: list[str]) -> Result:
    db = app.extensions["emulator"].db
    stats = request(app, "GET", f"/evaluations/{evaluation}/stats")
    db.connection.execute("CREATE TABLE floor (evaluator, value)")
    db.connection.execute(
        "INSERT INTO floor SELECT v.evaluator_version_id, v.number FROM verdict v "
        "JOIN version e ON e.id = v.evaluator_version_id"
    )
    db.connection.execute("CREATE INDEX floor_value ON floor (evaluator, value)")

    def ours() -> None:
        db.tallies.clear()  # as after any change of the run
        db.finished.clear()
        stats()

    def floor() -> None:
        for row in db.connection.execute("SELECT DISTINCT evaluator FROM floor").fetchall():
            numbers = [
                n for (n,) in db.connection.execute("SELECT value FROM floor WHERE evaluator = ? ORDER BY 1", row)
            ]
            mean = sum(numbers) / len(numbers)
            sum((number - mean) ** 2 for number in numbers)

    return compare(f"stats of {len(logs):,} logs x {len(evaluators)}", ours, floor, aim=3)
