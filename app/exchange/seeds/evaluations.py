"""Evaluations of a seed, with their Runs and the Logs of these."""

from typing import Any

from ...kinds import DATASETS, JUDGES
from ...services.evaluations import evaluation_runs, evaluations, run_logs
from ...services.workspace import Workspace
from . import shapes
from .logs import Context, Logs
from .names import Names, at
from .places import Place
from .reader import Folder

Item = tuple[dict[str, Any], Place]


class Evaluations:
    """Stores the Evaluations of a seed, the Logs of all Runs first: Logs join no Run by themselves then."""

    def __init__(self, ws: Workspace, folder: Folder, names: Names, logs: Logs) -> None:
        self._ws = ws
        self._folder = folder
        self._names = names
        self._logs = logs
        self._runs: dict[str, str] = {}  # ids by key

    def store(self, items: list[Item]) -> None:
        """Store these Evaluations in their order."""
        loaded = [(place.load(shapes.Evaluation, value), place) for value, place in items]
        logged = [self._store_logs(evaluation, place) for evaluation, place in loaded]
        for (evaluation, place), logs in zip(loaded, logged, strict=True):
            self._store(evaluation, place, logs)

    def _judges(self, evaluation: dict[str, Any], place: Place) -> list[tuple[Any, bool]]:
        """Return the row of each Evaluator's version, and whether the server runs it."""
        found = []
        for position, value in enumerate(evaluation["evaluators"]):
            row = self._names.find(value, JUDGES, place.at("evaluators", position))
            found.append((row, True if isinstance(value, str) else value["orchestrated"]))
        return found

    def _store_logs(self, evaluation: dict[str, Any], place: Place) -> list[list[str]]:
        """Store the Logs of each Run, and return their ids; a text is the id of one that is stored already."""
        judges = {row.path: row.id for row, _ in self._judges(evaluation, place)}
        logged = []
        for position, run in enumerate(evaluation["runs"]):
            loc = place.at("runs", position)
            dataset = self._names.find(run["dataset"], DATASETS, loc.at("dataset")).id if "dataset" in run else None
            context = Context(evaluation["file"], run.get("version"), run.get("created_at"), None, dataset, judges)
            rows = self._folder.rows(run["logs"], loc.at("logs"))
            logged.append([row if isinstance(row, str) else self._logs.store(row, here, context) for row, here in rows])
        return logged

    def _store(self, evaluation: dict[str, Any], place: Place, logged: list[list[str]]) -> None:
        file = self._names.file(evaluation["file"], place.at("file"))
        judges = [
            {"version_id": row.uid, "orchestrated": orchestrated}
            for row, orchestrated in self._judges(evaluation, place)
        ]
        body = {"file": {"id": file.uid}, "name": evaluation.get("name"), "evaluators": judges}
        with place.blamed():
            uid = evaluations.create(at(self._ws, evaluation.get("created_at")), body)["id"]
        for position, run in enumerate(evaluation["runs"]):
            loc = place.at("runs", position)
            with loc.blamed():
                self._store_run(at(self._ws, run.get("created_at")), uid, file.path, run, loc, logged[position])

    def _store_run(
        self, ws: Workspace, evaluation: str, path: str, run: dict[str, Any], place: Place, logs: list[str]
    ) -> None:
        if "run" in run:
            if run["run"] not in self._runs:
                raise place.error(f"no run above has the key {run['run']}", "run")
            stored = evaluation_runs.add_existing(ws, evaluation, self._runs[run["run"]])
        else:
            body = {name: run[name] for name in ("orchestrated", "use_existing_logs")}
            if "dataset" in run:
                body["dataset"] = self._names.reference(run["dataset"], place.at("dataset"))
            if "version" in run:
                body["version"] = self._names.reference({"path": path, "version": run["version"]}, place.at("version"))
            stored = evaluation_runs.create(ws, evaluation, body)
        if "key" in run:
            self._runs[run["key"]] = stored["id"]
        if logs:
            stored = run_logs.add_logs(ws, evaluation, stored["id"], {"log_ids": logs})
        changes = {name: run[name] for name in ("control", "status") if run.get(name) not in (None, stored[name])}
        if changes:
            evaluation_runs.update(ws, evaluation, stored["id"], changes)
