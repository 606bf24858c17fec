"""Action objects: what a developer does to evaluate something, one readable call each."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any

from humanloop_emulator.json_types import JsonObject
from tests.builders.files import spec
from tests.conftest import Api


class Lab:
    """Makes Files, Logs, judgments and Evaluations through the API."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self._numbers = count(1)

    def prompt(self, path: str = "qa/answer", model: str = "model-1") -> JsonObject:
        """Return a Prompt version: the same path and model are the same version."""
        return self.api.post("/prompts", {"path": path, "model": model, "template": "{{question}}"})

    def flow(self, path: str = "qa/pipeline", **attributes: Any) -> JsonObject:
        return self.api.post("/flows", {"path": path, "attributes": attributes or {"step": 1}})

    def dataset(self, size: int = 3, path: str = "qa/questions") -> JsonObject:
        """Return a Dataset version whose datapoints are shown."""
        points = [{"inputs": {"question": f"{path} {n}"}, "target": {"output": str(n)}} for n in range(size)]
        return self.api.post("/datasets?include_datapoints=true", {"path": path, "datapoints": points})

    def evaluator(self, returns: str = "boolean", path: str | None = None, **fields: Any) -> JsonObject:
        """Return an Evaluator, external unless its spec says otherwise, at a path of its own by default."""
        path = path or f"checks/{returns}-{next(self._numbers)}"
        return self.api.post("/evaluators", {"path": path, "spec": spec(**{"return_type": returns, **fields})})

    def log(self, version: JsonObject, datapoint: JsonObject | None = None, **fields: Any) -> str:
        """Log a run of a version and return the Log's id."""
        body = {"path": version["path"], "output": "an answer"} | fields
        if datapoint is not None:
            body["source_datapoint_id"] = datapoint["id"]
        made: str = self.api.post(f"/{version['type']}s/log?version_id={version['version_id']}", body)["id"]
        return made

    def logs(self, version: JsonObject, number: int) -> list[str]:
        return [self.log(version) for _ in range(number)]

    def logs_of(self, version: JsonObject, dataset: JsonObject) -> list[str]:
        """Log the version once for each datapoint."""
        return [self.log(version, datapoint) for datapoint in dataset["datapoints"]]

    def judgment(self, evaluator: JsonObject, log: str, **fields: Any) -> JsonObject:
        """Return the body of a judgment by an Evaluator, for its default version."""
        return {"path": evaluator["path"], "parent_id": log} | fields

    def judge(self, evaluator: JsonObject, log: str, judgment: Any) -> JsonObject:
        """Judge a Log with this very version of an Evaluator."""
        path = f"/evaluators/log?version_id={evaluator['version_id']}"
        return self.api.post(path, self.judgment(evaluator, log, judgment=judgment))

    def fail(self, evaluator: JsonObject, log: str, error: str = "It broke.") -> JsonObject:
        """Report that an Evaluator could not judge a Log."""
        return self.api.post("/evaluators/log", self.judgment(evaluator, log, error=error))

    def evaluation(self, file: JsonObject | None, *evaluators: JsonObject, name: str | None = None) -> "Evaluation":
        """Create an Evaluation of a File, or of none yet, with these versions of Evaluators."""
        body: JsonObject = {"evaluators": [{"version_id": evaluator["version_id"]} for evaluator in evaluators]}
        if file is not None:
            body["file"] = {"id": file["id"]}
        if name is not None:
            body["name"] = name
        return Evaluation(self.api, self.api.post("/evaluations", body)["id"])


class Evaluation:
    """An Evaluation that exists."""

    def __init__(self, api: Api, uid: str) -> None:
        self.api, self.id, self.path = api, uid, f"/evaluations/{uid}"

    def get(self) -> JsonObject:
        return self.api.get(self.path)

    def add(self, *evaluators: JsonObject) -> JsonObject:
        references = [{"version_id": evaluator["version_id"]} for evaluator in evaluators]
        return self.api.post(f"{self.path}/evaluators", {"evaluators": references})

    def create_run(self, dataset: JsonObject | None = None, version: JsonObject | None = None, **fields: Any) -> "Run":
        """Create a Run of versions as the API shows them, or of none."""
        body = {**fields}
        for name, reference in (("dataset", dataset), ("version", version)):
            if reference is not None:
                body[name] = {"version_id": reference["version_id"]}
        return Run(self, self.api.post(f"{self.path}/runs", body)["id"])

    def share(self, run: "Run") -> "Run":
        """Add a Run of another Evaluation to this one."""
        return Run(self, self.api.post(f"{self.path}/runs/{run.id}")["id"])

    def runs(self) -> list[JsonObject]:
        runs: list[JsonObject] = self.api.get(f"{self.path}/runs")["runs"]
        return runs

    def stats(self, **options: Any) -> JsonObject:
        return self.api.get(f"{self.path}/stats", **options)

    def logs(self, query: str = "size=1000") -> JsonObject:
        return self.api.get(f"{self.path}/logs?{query}")

    def log_ids(self, query: str = "size=1000") -> list[str]:
        return [record["log"]["id"] for record in self.logs(query)["records"]]

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """Prove that what happens inside stores nothing: neither Runs, links, counts nor judgments differ."""
        before = self._state()
        yield
        assert self._state() == before

    def _state(self) -> tuple[Any, ...]:
        return self.get(), self.runs(), self.stats(), self.logs()


class Run:
    """A Run as it stands in one Evaluation."""

    def __init__(self, evaluation: Evaluation, uid: str) -> None:
        self.api, self.evaluation, self.id = evaluation.api, evaluation, uid
        self.path = f"{evaluation.path}/runs/{uid}"

    def get(self) -> JsonObject:
        return next(run for run in self.evaluation.runs() if run["id"] == self.id)

    def status(self) -> str:
        """Return the status of the list of Runs, with which the stats must agree."""
        status: str = self.get()["status"]
        assert self.stats()["status"] == status
        return status

    def status_by_stats(self) -> str:
        """Return the status of the stats, with which the list of Runs must agree."""
        status: str = self.stats()["status"]
        assert self.get()["status"] == status
        return status

    def patch(self, **fields: Any) -> JsonObject:
        return self.api.patch(self.path, fields)

    def remove(self) -> None:
        self.api.delete(self.path)

    def add(self, log_ids: Sequence[str]) -> JsonObject:
        """Call Add Logs to Run."""
        return self.api.post(f"{self.path}/logs", {"log_ids": list(log_ids)})

    def refuse(self, log_ids: Sequence[str], status: int) -> Any:
        """Call Add Logs to Run, which must fail and store nothing; return the `detail`."""
        with self.evaluation.unchanged():
            return self.api.detail("POST", f"{self.path}/logs", {"log_ids": list(log_ids)}, status=status)

    def stats(self) -> JsonObject:
        return next(item for item in self.evaluation.stats()["run_stats"] if item["run_id"] == self.id)

    def stats_of(self, evaluator: JsonObject) -> JsonObject:
        """Return what one Evaluator version found in this Run."""
        items = self.stats()["evaluator_stats"]
        return next(item for item in items if item["evaluator_version_id"] == evaluator["version_id"])

    def log_ids(self) -> list[str]:
        return self.evaluation.log_ids(f"size=10000&run_id={self.id}")
