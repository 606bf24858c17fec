"""Evaluations of a seed, with their Runs and the Logs of those."""

from ...json_types import Json, JsonObject
from ...kinds import DATASETS, JUDGES
from ...services.evaluations import evaluation_runs, evaluations, run_logs
from ...services.files.versions import Referenced
from ...services.workspace import Workspace
from . import shapes
from .locations import SourceLocation
from .logs import Context, Logs
from .names import Names, at
from .reader import Folder

Item = tuple[Json, SourceLocation]
Judges = list[tuple[Referenced, bool]]
"""The version of each Evaluator, and whether the server runs it."""


class Evaluations:
    """Stores the Evaluations of a seed, the Logs of all Runs first, so that no Log joins a Run by itself."""

    def __init__(self, ws: Workspace, folder: Folder, names: Names, logs: Logs) -> None:
        self._ws = ws
        self._folder = folder
        self._names = names
        self._logs = logs
        self._runs: dict[str, str] = {}  # ids by key

    def store(self, items: list[Item]) -> None:
        """Store these Evaluations in their order."""
        loaded = [(location.load(shapes.Evaluation, value), location) for value, location in items]
        judged = [self._judges(evaluation, location) for evaluation, location in loaded]
        logged = [self._store_logs(*item, judges) for item, judges in zip(loaded, judged, strict=True)]
        for item, judges, logs in zip(loaded, judged, logged, strict=True):
            self._store(*item, judges, logs)

    def _judges(self, evaluation: JsonObject, location: SourceLocation) -> Judges:
        """Look up the Evaluators of an Evaluation."""
        found = []
        for position, value in enumerate(evaluation["evaluators"]):
            row = self._names.find(value, JUDGES, location.at("evaluators", position))
            found.append((row, True if isinstance(value, str) else value["orchestrated"]))
        return found

    def _store_logs(self, evaluation: JsonObject, location: SourceLocation, judges: Judges) -> list[list[str]]:
        """Store the Logs of each Run, and return their ids; a string is the id of a Log that is stored already."""
        keys = {row.path: row.id for row, _ in judges}
        logged = []
        for position, run in enumerate(evaluation["runs"]):
            loc = location.at("runs", position)
            dataset = self._names.find(run["dataset"], DATASETS, loc.at("dataset")).id if "dataset" in run else None
            context = Context(evaluation["file"], run.get("version"), run.get("created_at"), None, dataset, keys)
            rows = self._folder.rows(run["logs"], loc.at("logs"))
            logged.append([row if isinstance(row, str) else self._logs.store(row, here, context) for row, here in rows])
        return logged

    def _store(self, evaluation: JsonObject, location: SourceLocation, judges: Judges, logged: list[list[str]]) -> None:
        file = self._names.file(evaluation["file"], location.at("file"))
        evaluators = [{"version_id": row.uid, "orchestrated": orchestrated} for row, orchestrated in judges]
        body = {"file": {"id": file.uid}, "name": evaluation.get("name"), "evaluators": evaluators}
        with location.blamed():
            uid = evaluations.create(at(self._ws, evaluation.get("created_at")), body)["id"]
        for position, run in enumerate(evaluation["runs"]):
            loc = location.at("runs", position)
            with loc.blamed():
                self._store_run(at(self._ws, run.get("created_at")), uid, file.path, run, loc, logged[position])

    def _store_run(
        self, ws: Workspace, evaluation: str, path: str, run: JsonObject, location: SourceLocation, logs: list[str]
    ) -> None:
        if "run" in run:
            if run["run"] not in self._runs:
                raise location.error(f"no run above has the key {run['run']}", "run")
            stored = evaluation_runs.add_existing(ws, evaluation, self._runs[run["run"]])
        else:
            body = {name: run[name] for name in ("orchestrated", "use_existing_logs")}
            if "dataset" in run:
                body["dataset"] = self._names.reference(run["dataset"], location.at("dataset"))
            if "version" in run:
                version = {"path": path, "version": run["version"]}
                body["version"] = self._names.reference(version, location.at("version"))
            stored = evaluation_runs.create(ws, evaluation, body)
        if "key" in run:
            self._runs[run["key"]] = stored["id"]
        if logs:
            stored = run_logs.add_logs(ws, evaluation, stored["id"], {"log_ids": logs})
        changes = {name: run[name] for name in ("control", "status") if run.get(name) not in (None, stored[name])}
        if changes:
            evaluation_runs.update(ws, evaluation, stored["id"], changes)
