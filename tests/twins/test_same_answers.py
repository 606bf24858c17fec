"""The same requests are answered byte for byte the same on both databases, whatever they are and in any order."""

from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    multiple,
    rule,
    run_state_machine_as_test,
)

from humanloop_emulator.json_types import JsonObject
from tests.builders.contents import JUDGMENTS, SPECS
from tests.builders.files import KINDS, LOGGED, content, function
from tests.databases import new_database
from tests.twins.apps import Session, Twins
from tests.twins.values import names, numbers, objects, paths, rarely, some, texts, times, values

pages = {"page": rarely(numbers, st.integers(1, 3)), "size": st.integers(0, 3)}
fractions = st.sampled_from([0, 1, 0.5, 0.1 + 0.2, 1.5])
counts = rarely(numbers, st.integers(0, 2**40))
contents: dict[str, st.SearchStrategy[JsonObject]] = {
    "prompt": st.fixed_dictionaries(
        {"model": texts}, optional={"template": texts, "temperature": fractions, "seed": counts, "attributes": objects}
    ),
    "tool": some(function=st.just(function("f")), setup_values=objects, attributes=objects, source_code=texts),
    "dataset": st.fixed_dictionaries(
        {
            "datapoints": st.lists(
                some(inputs=st.dictionaries(texts, texts, min_size=1, max_size=2), target=objects), max_size=3
            )
        },
        optional={"action": st.sampled_from(["set", "add", "remove"]), "attributes": objects},
    ),
    "evaluator": st.fixed_dictionaries({"spec": st.sampled_from(list(SPECS.values()))}),
    "flow": some(attributes=objects),
    "agent": st.fixed_dictionaries(
        {"model": st.just("m")},
        optional={"template": texts, "max_iterations": st.integers(1, 9), "attributes": objects},
    ),
}
logged = {
    "inputs": objects,
    "output": texts,
    "error": texts,
    "metadata": objects,
    "start_time": times,
    "end_time": times,
    "created_at": times,
    "provider_latency": fractions,
    "prompt_tokens": counts,
    "source": texts,
    "user": texts,
    "log_id": rarely(texts, names),
    "save": st.booleans(),
    "messages": st.lists(st.fixed_dictionaries({"role": st.just("user"), "content": texts}), max_size=1),
}


class File(NamedTuple):
    kind: str
    id: str
    version: str


class Log(NamedTuple):
    kind: str
    id: str
    file: str


class Run(NamedTuple):
    evaluation: str
    id: str


TWINS: list[Twins] = []


class SameAnswers(RuleBasedStateMachine):
    """Any sequence of requests; what they make is used by those that follow."""

    files: Bundle[File] = Bundle("files")
    logs: Bundle[Log] = Bundle("logs")
    evaluations: Bundle[str] = Bundle("evaluations")
    runs: Bundle[Run] = Bundle("runs")
    points: Bundle[str] = Bundle("points")

    def __init__(self) -> None:
        super().__init__()
        self.ask: Session = TWINS[-1].session()

    @initialize(target=files)
    def furnish_files(self) -> Any:
        return multiple(*(self.make(kind, {"path": f"first/{kind}", **content(kind)}) for kind in KINDS))

    @initialize(target=files)
    def furnish_judges(self) -> Any:
        return multiple(*(self.make("evaluator", {"path": f"judge/{name}", "spec": SPECS[name]}) for name in SPECS))

    def make(self, kind: str, body: JsonObject) -> File:
        made = self.ask("POST", f"/{kind}s", body)
        return File(kind, made["id"], made["version_id"])

    # Files

    @rule(target=files, data=st.data(), kind=st.sampled_from(KINDS), path=paths, called=some(version_name=names))
    def upsert(self, data: st.DataObject, kind: str, path: str, called: JsonObject) -> Any:
        made = self.ask("POST", f"/{kind}s", {"path": path, **called, **data.draw(contents[kind])})
        return File(kind, made["id"], made["version_id"]) if made else multiple()

    @rule(target=files, data=st.data(), file=files)
    def add_version(self, data: st.DataObject, file: File) -> Any:
        made = self.ask("POST", f"/{file.kind}s", {"id": file.id, **data.draw(contents[file.kind])})
        return File(file.kind, file.id, made["version_id"]) if made else multiple()

    @rule(file=files, body=some(path=paths, name=names))
    def move(self, file: File, body: JsonObject) -> None:
        self.ask("PATCH", f"/{file.kind}s/{file.id}", body)

    @rule(file=files, body=some(name=texts, description=texts))
    def name_version(self, file: File, body: JsonObject) -> None:
        self.ask("PATCH", f"/{file.kind}s/{file.id}/versions/{file.version}", body)

    @rule(file=files, place=st.integers(0, 2))
    def deploy(self, file: File, place: int) -> None:
        environments = self.ask("GET", f"/{file.kind}s/{file.id}/environments")
        if environments:
            path = f"/{file.kind}s/{file.id}/environments/{environments[place]['id']}"
            self.ask("POST", path, query={"version_id": file.version})

    @rule(file=files, judge=files)
    def monitor(self, file: File, judge: File) -> None:
        body = {"activate": [{"evaluator_version_id": judge.version}]}
        self.ask("POST", f"/{file.kind}s/{file.id}/evaluators", body)

    @rule(file=consumes(files), whole=st.booleans())
    def delete_file(self, file: File, whole: bool) -> None:
        self.ask("DELETE", f"/{file.kind}s/{file.id}" + ("" if whole else f"/versions/{file.version}"))

    @rule(file=files)
    def read_file(self, file: File) -> None:
        self.ask("GET", f"/{file.kind}s/{file.id}", query={"version_id": file.version})
        self.ask("GET", f"/{file.kind}s/{file.id}/versions", query={"evaluator_aggregates": True})

    @rule(target=points, file=files.filter(lambda file: file.kind == "dataset"), query=some(**pages))
    def read_datapoints(self, file: File, query: JsonObject) -> Any:
        page = self.ask("GET", f"/datasets/{file.id}/datapoints", query={"version_id": file.version, **query})
        return multiple(*(point["id"] for point in (page["records"] if page else ())))

    @rule(
        query=some(
            **pages,
            name=texts,
            path=paths,
            type=st.sampled_from(KINDS),
            sort_by=st.sampled_from(["created_at", "updated_at", "name"]),
            order=st.sampled_from(["asc", "desc"]),
            environment=st.sampled_from(["production", "staging", "Production"]),
            template=st.booleans(),
            user_filter=texts,
        ),
        kind=st.sampled_from(["file", *KINDS]),
    )
    def list_files(self, query: JsonObject, kind: str) -> None:
        self.ask("GET", f"/{kind}s", query=query)

    @rule(path=paths)
    def look_up(self, path: str) -> None:
        self.ask("POST", "/files/retrieve-by-path", {"path": path})

    @rule(path=paths, body=some(path=paths, name=names))
    def move_directory(self, path: str, body: JsonObject) -> None:
        made = self.ask("POST", "/directories", {"path": path})
        if made:
            self.ask("PATCH", f"/directories/{made['id']}", body)
            self.ask("GET", f"/directories/{made['id']}")
            self.ask("GET", "/directories")

    # Logs

    @rule(
        target=logs,
        file=files.filter(lambda file: file.kind in LOGGED),
        fields=some(**logged),
        parent=st.none() | logs,
        run=st.none() | runs,
        point=st.none() | points,
    )
    def log(self, file: File, fields: JsonObject, parent: Log | None, run: Run | None, point: str | None) -> Any:
        body = {"id": file.id, **fields, "source_datapoint_id": point}
        body |= {"trace_parent_id": parent and parent.id, "run_id": run and run.id}
        made = self.ask("POST", f"/{file.kind}s/log", body, {"version_id": file.version})
        return Log(file.kind, made["id"], file.id) if made else multiple()

    @rule(target=logs, log=logs, kind=st.sampled_from(list(JUDGMENTS)), other=rarely(values, st.none()))
    def judge(self, log: Log, kind: str, other: Any) -> Any:
        body = {"path": f"judge/{kind}", "parent_id": log.id, "judgment": JUDGMENTS[kind] if other is None else other}
        made = self.ask("POST", "/evaluators/log", body)
        return Log("evaluator", made["id"], made["id"]) if made else multiple()

    @rule(
        log=logs, fields=some(**{name: logged[name] for name in ("output", "inputs", "metadata", "error", "end_time")})
    )
    def change_log(self, log: Log, fields: JsonObject) -> None:
        path = f"/flows/logs/{log.id}" if log.kind == "flow" else f"/{log.kind}s/{log.file}/log/{log.id}"
        self.ask("PATCH", path, fields)

    @rule(chosen=st.lists(consumes(logs), min_size=1, max_size=2))
    def delete_logs(self, chosen: list[Log]) -> None:
        self.ask("DELETE", "/logs", query={"id": [log.id for log in chosen]})

    @rule(log=logs)
    def read_log(self, log: Log) -> None:
        self.ask("GET", f"/logs/{log.id}")

    @rule(
        file=files,
        query=some(
            **pages,
            search=texts,
            metadata_search=texts,
            id=texts,
            start_date=times,
            end_date=times,
            include_parent=st.booleans(),
            in_trace_filter=st.booleans(),
            include_trace_children=st.booleans(),
        ),
    )
    def list_logs(self, file: File, query: JsonObject) -> None:
        self.ask("GET", "/logs", query={"file_id": file.id, **query})

    # Evaluations

    @rule(target=evaluations, file=files, judges=st.lists(files, max_size=2), name=some(name=texts))
    def evaluate(self, file: File, judges: list[File], name: JsonObject) -> Any:
        references = [{"version_id": judge.version} for judge in judges if judge.kind == "evaluator"]
        made = self.ask("POST", "/evaluations", {"file": {"id": file.id}, "evaluators": references, **name})
        return made["id"] if made else multiple()

    @rule(target=runs, evaluation=evaluations, dataset=st.none() | files, version=st.none() | files)
    def start_run(self, evaluation: str, dataset: File | None, version: File | None) -> Any:
        body: JsonObject = {"orchestrated": False}
        for name, file in (("dataset", dataset), ("version", version)):
            if file is not None:
                body[name] = {"version_id": file.version}
        made = self.ask("POST", f"/evaluations/{evaluation}/runs", body)
        return Run(evaluation, made["id"]) if made else multiple()

    @rule(run=runs, chosen=st.lists(logs, max_size=3))
    def add_logs(self, run: Run, chosen: list[Log]) -> None:
        self.ask("POST", f"/evaluations/{run.evaluation}/runs/{run.id}/logs", {"log_ids": [log.id for log in chosen]})

    @rule(run=runs, other=evaluations)
    def share_run(self, run: Run, other: str) -> None:
        self.ask("POST", f"/evaluations/{other}/runs/{run.id}")

    @rule(run=runs, body=some(control=st.booleans(), status=st.sampled_from(["cancelled", "running", "completed"])))
    def change_run(self, run: Run, body: JsonObject) -> None:
        self.ask("PATCH", f"/evaluations/{run.evaluation}/runs/{run.id}", body)

    @rule(run=consumes(runs))
    def remove_run(self, run: Run) -> None:
        self.ask("DELETE", f"/evaluations/{run.evaluation}/runs/{run.id}")

    @rule(evaluation=evaluations, judge=files, adding=st.booleans())
    def change_evaluators(self, evaluation: str, judge: File, adding: bool) -> None:
        path = f"/evaluations/{evaluation}/evaluators"
        if adding:
            self.ask("POST", path, {"evaluators": [{"version_id": judge.version}]})
        else:
            self.ask("DELETE", f"{path}/{judge.version}")

    @rule(evaluation=evaluations, query=some(**pages))
    def read_evaluation(self, evaluation: str, query: JsonObject) -> None:
        for part in ("", "/runs", "/stats", "/logs"):
            self.ask("GET", f"/evaluations/{evaluation}{part}", query=query if part == "/logs" else None)
        for part in ("stats", "logs"):
            self.ask("GET", f"/evaluations/{evaluation}/{part}", accept="text/csv")

    @rule(file=files, query=some(**pages, name=texts))
    def list_evaluations(self, file: File, query: JsonObject) -> None:
        self.ask("GET", "/evaluations", query={"file_id": file.id, **query})

    @rule(evaluation=consumes(evaluations))
    def delete_evaluation(self, evaluation: str) -> None:
        self.ask("DELETE", f"/evaluations/{evaluation}")


@pytest.mark.postgresql_only("it compares SQLite with another database")
def test_both_databases_answer_the_same() -> None:
    TWINS.append(Twins(":memory:", new_database()))
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        SameAnswers,
        settings=settings(max_examples=20, stateful_step_count=25, suppress_health_check=list(HealthCheck)),
    )
