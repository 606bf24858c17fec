"""An imported tree answers as the service did that wrote it, and goes on from there."""

from pathlib import Path

import orjson
import pytest
from flask import Flask

from tests.builders import contents as samples
from tests.builders.files import KINDS
from tests.builders.trees import answers, documents, edit, files_of, import_from, named, page
from tests.conftest import Api


@pytest.fixture
def imported(app: Flask, official: Path) -> Api:
    report = import_from(app, official)
    assert (report.problems, report.findings) == ([], [])
    return Api(app)


def test_every_file_version_and_deployment_is_answered_as_it_was(imported: Api, official: Path) -> None:
    assert {file["type"] for _, file in files_of(official)} == set(KINDS)
    for folder, file in files_of(official):
        path = f"/{file['type']}s/{file['id']}"
        assert imported.get(path) == file
        versions = {record["version_id"]: record for record in imported.get(path + "/versions")["records"]}
        assert versions == {record["version_id"]: record for record in documents(folder, "versions/*")}
        assert [imported.get(path, query_string={"version_id": uid}) for uid in versions] == list(versions.values())
        deployed = {
            item["id"]: item["file"]["version_id"] for item in imported.get(path + "/environments") if item["file"]
        }
        (deployments,) = documents(folder, "deployments.json")
        assert deployed == {item["environment_id"]: item["version_id"] for item in deployments}
        assert imported.post("/files/retrieve-by-path", {"path": file["path"]}) == file


def test_every_datapoint_is_answered_as_it_was(imported: Api, official: Path) -> None:
    folder, file = named(official, "dataset")
    versions = sorted(path.name for path in folder.glob("datapoints/*"))
    assert len(versions) == 2
    for version in versions:
        records = page(imported, f"/datasets/{file['id']}/datapoints", version_id=version)
        assert records == documents(folder, f"datapoints/{version}/*.jsonl")


def test_every_log_is_answered_as_it_was(imported: Api, official: Path) -> None:
    for folder, file in files_of(official):
        if file["type"] != "dataset":
            records = page(imported, "/logs", file_id=file["id"], include_trace_children=True)
            assert records == documents(folder, "logs/*.jsonl")
            assert records


def test_every_evaluation_is_answered_as_it_was(imported: Api, official: Path) -> None:
    folders = list(official.glob("files/*/evaluations/*"))
    assert len(folders) == 5
    for folder in folders:
        (told,) = documents(folder, "evaluation.json")
        path = f"/evaluations/{folder.name}"
        assert imported.get(path) == told
        assert page(imported, "/evaluations", file_id=told["file_id"]) == [told]
        assert [imported.get(path + "/stats")] == documents(folder, "stats.json")
        runs = {run["id"]: run for run in imported.get(path + "/runs")["runs"]}
        assert runs == {run["id"]: run for run in documents(folder, "runs/*")}
        assert page(imported, path + "/logs") == documents(folder, "logs/*.jsonl")


def test_the_same_content_is_the_imported_version(imported: Api, official: Path) -> None:
    tool, prompt = named(official, "tool")[1], named(official, "prompt")[1]
    contents = {
        "tool": samples.TOOL,
        "prompt": samples.prompt(tool["id"]),
        "agent": samples.agent(tool["id"], prompt["id"]),
        "flow": samples.FLOW,
        "dataset": {"attributes": {"team": "atlas"}, "datapoints": samples.datapoints("home")},
    }
    for kind, content in contents.items():
        _, file = named(official, kind)
        assert imported.post(f"/{kind}s", {"path": file["path"], **content})["version_id"] == file["version_id"]
    for name, spec in samples.SPECS.items():
        _, file = named(official, name)
        assert imported.post("/evaluators", {"id": file["id"], "spec": spec})["version_id"] == file["version_id"]


def test_datapoints_are_added_to_and_taken_from_an_imported_dataset(imported: Api, official: Path) -> None:
    _, dataset = named(official, "dataset")
    address = {"path": dataset["path"]}
    version = {"query_string": {"version_id": dataset["version_id"]}}
    points = samples.datapoints("home")
    same = imported.post("/datasets", address | {"action": "add", "datapoints": points[:1]}, **version)
    assert same["version_id"] == dataset["version_id"]
    fewer = imported.post("/datasets", address | {"action": "remove", "datapoints": points[:1]}, **version)
    assert fewer["datapoints_count"] == dataset["datapoints_count"] - 1


def test_logs_join_imported_runs_and_are_judged(imported: Api, official: Path) -> None:
    folder, prompt = named(official, "prompt")
    (evaluation,) = documents(folder, "evaluations/*/evaluation.json")
    run = next(run for run in documents(folder, "evaluations/*/runs/*") if run["dataset"] is None)
    path = f"/evaluations/{evaluation['id']}"
    log = imported.post("/prompts/log", {"path": prompt["path"], "output": "new"})
    assert log["version_id"] == prompt["version_id"]
    imported.post(f"{path}/runs/{run['id']}/logs", {"log_ids": [log["id"]]})
    boolean = next(item["version"] for item in evaluation["evaluators"] if item["version"]["name"] == "boolean")
    judgment = {"id": boolean["id"], "parent_id": log["id"], "judgment": True}
    imported.post("/evaluators/log", judgment, query_string={"version_id": boolean["version_id"]})
    stats = next(item for item in imported.get(path + "/stats")["run_stats"] if item["run_id"] == run["id"])
    counted = next(s for s in stats["evaluator_stats"] if s["evaluator_version_id"] == boolean["version_id"])
    assert (stats["num_logs"], counted["num_true"]) == (1, 1)


def test_old_environment_ids_deploy(imported: Api, official: Path) -> None:
    folder, prompt = named(official, "prompt")
    spare = next(v for v in documents(folder, "versions/*") if v["version_id"] != prompt["version_id"])
    (deployments,) = documents(folder, "deployments.json")
    production = next(item for item in deployments if item["environment_name"] == "production")
    path = f"/prompts/{prompt['id']}"
    query = {"version_id": spare["version_id"]}
    imported.post(f"{path}/environments/{production['environment_id']}", query_string=query)
    assert imported.get(path)["version_id"] == spare["version_id"]


def test_a_second_import_adds_nothing(app: Flask, imported: Api, official: Path) -> None:
    before = answers(imported)
    report = import_from(app, official)
    assert not any(report.new.values())
    assert answers(imported) == before


def test_a_later_export_brings_later_judgments(app: Flask, tree: Path) -> None:
    folder, judge = named(tree, "boolean")
    evaluation = next(named(tree, "prompt")[0].glob("evaluations/*")).name
    import_from(app, tree)
    api = Api(app)

    def counts() -> list[tuple[int, int]]:
        runs = api.get(f"/evaluations/{evaluation}/stats")["run_stats"]
        found = [item for run in runs for item in run["evaluator_stats"]]
        return [(i["num_true"], i["num_false"]) for i in found if i["evaluator_version_id"] == judge["version_id"]]

    before = counts()
    judged = documents(named(tree, "prompt")[0], "evaluations/*/logs/*.jsonl")[0]["log"]["id"]
    judgment = next(log for log in documents(folder, "logs/*.jsonl") if log["parent_id"] == judged)
    changed = {"id": "log_later", "created_at": "2030-01-01T00:00:00Z", "judgment": not judgment["judgment"]}
    with (folder / "logs" / "1.jsonl").open("ab") as stream:
        stream.write(orjson.dumps(judgment | changed) + b"\n")
    assert import_from(app, tree).new["logs"] == 1
    assert counts() == [(no, yes) for yes, no in before]


def test_a_second_import_leaves_what_was_changed_since(app: Flask, imported: Api, official: Path) -> None:
    _, prompt = named(official, "prompt")
    imported.patch(f"/prompts/{prompt['id']}", {"name": "renamed"})
    log = page(imported, "/logs", file_id=prompt["id"])[0]
    imported.patch(f"/prompts/{prompt['id']}/log/{log['id']}", {"output": "changed"})
    imported.post("/prompts/log", {"id": prompt["id"], "output": "new"})
    before = answers(imported)
    import_from(app, official)
    assert answers(imported) == before


def test_nothing_of_an_import_is_left_to_be_done(app: Flask, imported: Api) -> None:
    db = app.extensions["emulator"].db
    assert db.connection.execute("SELECT count(*) FROM assignment").fetchone() == (0,)


def test_a_tree_of_an_older_service_is_answered_with_both_names(app: Flask, tree: Path) -> None:
    folder, file = named(tree, "flow")
    (page_of_logs,) = folder.glob("logs/1.jsonl")
    lines = [orjson.loads(line) for line in page_of_logs.read_bytes().splitlines()]
    for log in lines:
        del log["log_status"]
        log["trace_status"] = "complete"
    page_of_logs.write_bytes(b"\n".join(map(orjson.dumps, lines)) + b"\n")
    for path in (folder / "file.json", *folder.glob("versions/*")):
        edit(path, lambda record: record.update(version_description=None, commit_message="Reviewed.", status="deleted"))
    import_from(app, tree)
    api = Api(app)
    shown = api.get(f"/flows/{file['id']}")
    assert (shown["version_description"], shown["commit_message"], shown["status"]) == ("Reviewed.",) * 2 + (
        "committed",
    )
    records = page(api, "/logs", file_id=file["id"])
    assert {(log["log_status"], log["trace_status"]) for log in records} == {("complete", "complete")}
