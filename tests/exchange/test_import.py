"""An imported tree answers as the service did that wrote it, and goes on from there."""

import os
import random
import shutil
from pathlib import Path
from typing import Any

import orjson
import pytest
from flask import Flask

from humanloop_emulator.json_types import Json
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


MOMENT = "2024-05-01T10:00:00"
LIVE = {"id": "env_live", "name": "live", "tag": "default"}
FLOW = {
    "id": "fl_old",
    "path": "top",
    "type": "flow",
    "version_id": "flv_old",
    "attributes": {"a": 1},
    "tags": None,
    "created_at": MOMENT,
    "created_by": None,
    "environments": [LIVE | {"created_at": MOMENT}],
}


def write(path: Path, *records: Json) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\n".join(map(orjson.dumps, records)))


def test_a_tree_may_say_little(app: Flask, api: Api, tmp_path: Path) -> None:
    home = tmp_path / "files" / "fl_old"
    log = {"id": "log_old", "created_at": MOMENT + "+02:00", "flow": FLOW, "output": "x", "log_status": "complete"}
    newer = FLOW | {"version_id": "flv_new", "created_at": "2024-05-02T10:00:00.5Z", "environments": []}
    write(home / "file.json", FLOW)
    write(home / "versions" / "flv_old.json", FLOW)
    write(home / "versions" / "flv_new.json", newer)
    deployed = {f"environment_{name}": value for name, value in LIVE.items()}
    write(home / "deployments.json", [{"version_id": "flv_old", **deployed}])
    write(home / "logs" / "0.jsonl", log)
    write(home / ".done")
    report = import_from(app, tmp_path)
    assert (report.problems, report.findings) == ([], [])
    shown = api.get("/flows/fl_old")
    assert (shown["version_id"], shown["created_at"], shown["tags"]) == ("flv_old", MOMENT + ".000000Z", None)
    assert [version["version_id"] for version in page(api, "/flows/fl_old/versions")] == ["flv_new", "flv_old"]
    default = [item for item in api.get("/flows/fl_old/environments") if item["tag"] == "default"]
    assert [(item["id"], item["file"]["version_id"]) for item in default] == [("env_live", "flv_old")]
    old = api.get("/logs/log_old")
    assert (old["created_at"], old["inputs"], old["source"]) == ("2024-05-01T08:00:00.000000Z", None, None)
    assert api.post("/flows", {"path": "top", "attributes": {"a": 1}})["version_id"] == "flv_old"
    assert api.post("/flows", {"path": "fresh", "attributes": {}})["environments"][0]["id"] == "env_live"


def test_lines_that_cannot_be_used_are_reported_with_their_place(app: Flask, tree: Path) -> None:
    folder, prompt = named(tree, "prompt")
    name = f"files/{folder.name}/logs/1.jsonl"
    lines = (tree / name).read_bytes().splitlines()
    (tree / name).write_bytes(b"\n".join([b'{"id": ', b"[1]", b'{"id": "log_x"}', b"", *lines]))
    report = import_from(app, tree)
    assert [(problem.path, problem.line) for problem in report.problems] == [(name, 1), (name, 2), (name, 3)]
    assert "not JSON" in str(report.problems[0].text)
    assert [record["id"] for record in page(Api(app), "/logs", file_id=prompt["id"])] == [
        orjson.loads(line)["id"] for line in lines
    ]


def test_a_record_that_is_nested_too_deeply_is_reported(app: Flask, tree: Path) -> None:
    folder, _ = named(tree, "prompt")
    for levels in (220, 221, 300, 5000):
        (folder / "versions" / f"prv_{levels}").write_text("[" * levels + "]" * levels)
    report = import_from(app, tree)
    told = [problem.text for problem in report.problems]
    assert told[:3] == ["a version is not an object", *["value is nested deeper than 220 levels"] * 2]
    assert str(told[3]).startswith("not JSON: ")


def test_names_that_are_no_text_are_reported(app: Flask, tree: Path) -> None:
    folder, prompt = named(tree, "prompt")
    (tree / "files" / os.fsdecode(b"pr_\xff")).mkdir()
    (folder / "versions" / os.fsdecode(b"prv_\xff")).write_text("{}")
    report = import_from(app, tree)
    home = f"files/{folder.name}/versions"
    told = {(problem.path, problem.text) for problem in report.problems}
    assert told == {(f"{home}/prv_\\udcff", "its name is not UTF-8"), ("files/pr_\\udcff", "its name is not UTF-8")}
    assert Api(app).get(f"/prompts/{prompt['id']}") == prompt


def test_datapoints_that_cannot_be_used_leave_no_gap(app: Flask, tree: Path) -> None:
    folder, dataset = named(tree, "dataset")
    path = folder / "datapoints" / dataset["version_id"] / "1.jsonl"
    lines = path.read_bytes().splitlines()
    path.write_bytes(b"\n".join([b"{}", *lines[1:]]))
    import_from(app, tree)
    shown = Api(app).get(f"/datasets/{dataset['id']}/datapoints")
    assert (shown["total"], shown["records"]) == (len(lines) - 1, [orjson.loads(line) for line in lines[1:]])


def test_an_export_of_a_file_that_did_not_end_is_reported(app: Flask, tree: Path) -> None:
    folder, _ = named(tree, "flow")
    (folder / ".done").unlink()
    (problem,) = import_from(app, tree).problems
    assert problem.path == f"files/{folder.name}"


def test_unknown_fields_are_kept_and_missing_ones_are_null(app: Flask, tree: Path) -> None:
    folder, prompt = named(tree, "prompt")

    def change(version: Json) -> None:
        version["invented"] = {"deep": [1]}
        del version["stop"], version["attributes"]

    for path in (folder / "file.json", folder / "versions" / prompt["version_id"]):
        edit(path, change)
    import_from(app, tree)
    shown = app.test_client().get(f"/v5/prompts/{prompt['id']}", headers={"X-API-KEY": "key"}).get_json()
    assert (shown["invented"], shown["stop"]) == ({"deep": [1]}, None)
    assert shown["template"] == prompt["template"]


def test_content_that_no_upsert_would_take_is_shown_as_it_was(app: Flask, tree: Path) -> None:
    folder, prompt = named(tree, "prompt")
    for path in (folder / "file.json", folder / "versions" / prompt["version_id"]):
        edit(path, lambda version: version.update(temperature="warm"))
    report = import_from(app, tree)
    assert {problem.path for problem in report.problems} >= {f"files/{folder.name}/file.json"}
    shown = app.test_client().get(f"/v5/prompts/{prompt['id']}", headers={"X-API-KEY": "key"}).get_json()
    assert shown["temperature"] == "warm"


def test_a_file_that_is_missing_is_known_from_what_mentions_it(app: Flask, tree: Path) -> None:
    folder, tool = named(tree, "tool")
    traced = next(log for log in documents(folder, "logs/*.jsonl") if log["trace_parent_id"])
    shutil.rmtree(folder)
    report = import_from(app, tree)
    api = Api(app)
    assert tool["id"] in " ".join(report.findings)
    api.get(f"/tools/{tool['id']}", status=404)
    assert api.get(f"/logs/{traced['id']}")["tool"]["version_id"] == traced["tool"]["version_id"]


def test_references_that_lead_nowhere_are_reported(app: Flask, tree: Path) -> None:
    shutil.rmtree(named(tree, "flow")[0])
    shutil.rmtree(named(tree, "dataset")[0] / "datapoints")
    for path in tree.glob("files/*/evaluations"):
        shutil.rmtree(path)
    for path in tree.glob("files/*/logs/*.jsonl"):
        lines = [orjson.loads(line) for line in path.read_bytes().splitlines()]
        path.write_bytes(b"\n".join(orjson.dumps(line | {"trace_children": None}) for line in lines))
    report = import_from(app, tree)
    text = "\n".join(report.findings)
    assert "traces go through" in text
    assert "datapoints that logs name" in text
    for _, file in files_of(tree):
        Api(app).get(f"/{file['type']}s/{file['id']}")


def test_logs_that_are_nested_in_a_circle_stand_alone(app: Flask, tree: Path) -> None:
    folder, flow = named(tree, "flow")
    pages = folder / "logs" / "1.jsonl"
    records = [orjson.loads(line) | {"trace_children": []} for line in pages.read_bytes().splitlines()]
    for record, other in zip(records, (*records[1:], records[0]), strict=True):
        record["trace_parent_id"] = other["id"]
    pages.write_bytes(b"\n".join(orjson.dumps(record) for record in records))
    assert len(records) > 1
    import_from(app, tree)
    api = Api(app)
    shown = page(api, "/logs", file_id=flow["id"], include_trace_children=True)
    assert {record["id"] for record in shown} == {record["id"] for record in records}
    api.post("/flows/log", {"id": flow["id"], "trace_parent_id": records[0]["id"]})


@pytest.mark.parametrize("status", ["pending", "running", "completed", "cancelled"])
def test_the_status_of_a_run_is_kept_until_something_happens_to_it(app: Flask, tree: Path, status: str) -> None:
    folder, prompt = named(tree, "prompt")
    path = next(path for path in folder.glob("evaluations/*/runs/*") if orjson.loads(path.read_bytes())["dataset"])
    edit(path, lambda run: run.update(status=status))
    import_from(app, tree)
    api = Api(app)
    root = f"/evaluations/{path.parent.parent.name}/runs"

    def current() -> str:
        return str(next(run["status"] for run in api.get(root)["runs"] if run["id"] == path.name))

    assert current() == status
    log = api.post("/prompts/log", {"path": prompt["path"]})["id"]
    api("POST", f"{root}/{path.name}/logs", {"log_ids": [log]}, status=409 if status == "cancelled" else 200)
    assert current() == ("running" if status == "pending" else status)


ODD: list[Json] = [None, 1, -1, True, [], {}, "x", "", [1], {"a": 1}, [{}], "../x", "2024", "a\0b", 10**17]


def places_in(record: Json) -> list[tuple[Json, Any]]:
    """Return every place of a value in a record: what holds it, and its key or index there."""
    found, left = [], [record]
    for holder in left:
        keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        found += [(holder, key) for key in keys]
        left += [holder[key] for key in keys if isinstance(holder[key], dict | list)]
    return found


@pytest.mark.parametrize("seed", range(5))
def test_odd_values_stop_neither_the_import_nor_the_server(app: Flask, tree: Path, seed: int) -> None:
    chance = random.Random(seed)
    paths = sorted(path for path in tree.rglob("*") if path.is_file() and path.stat().st_size)
    for path in chance.choices(paths, k=40):
        records = [orjson.loads(line) for line in path.read_bytes().splitlines()]
        holder, key = chance.choice(places_in(records)[:80])
        holder[key] = chance.choice(ODD)
        write(path, *records)
    assert import_from(app, tree).problems
    client, headers = app.test_client(), {"X-API-KEY": "key"}

    def read(path: str) -> Json:
        response = client.get(f"/v5{path}", headers=headers)
        assert response.status_code in (200, 404, 422), response.text
        return response.get_json().get("records", [])

    for file in read("/files?size=1000"):
        for part in ("", "/versions", "/environments", "/datapoints", "/serialize"):
            response = client.get(f"/v5/{file['type']}s/{file['id']}{part}", headers=headers)
            assert response.status_code in (200, 404), response.text
        read(f"/logs?file_id={file['id']}&include_trace_children=true&include_parent=true&size=1000")
        for evaluation in read(f"/evaluations?file_id={file['id']}"):
            for part in ("/runs", "/stats", "/logs"):
                read(f"/evaluations/{evaluation['id']}{part}")


def test_a_tree_of_an_older_service_is_answered_with_both_names(app: Flask, official: Path) -> None:
    folder, file = named(official, "flow")
    (page_of_logs,) = folder.glob("logs/1.jsonl")
    lines = [orjson.loads(line) for line in page_of_logs.read_bytes().splitlines()]
    for log in lines:
        del log["log_status"]
        log["trace_status"] = "complete"
    page_of_logs.write_bytes(b"\n".join(map(orjson.dumps, lines)) + b"\n")
    for path in (folder / "file.json", *folder.glob("versions/*")):
        edit(path, lambda record: record.update(version_description=None, commit_message="Reviewed.", status="deleted"))
    import_from(app, official)
    api = Api(app)
    shown = api.get(f"/flows/{file['id']}")
    assert (shown["version_description"], shown["commit_message"], shown["status"]) == ("Reviewed.",) * 2 + (
        "committed",
    )
    records = page(api, "/logs", file_id=file["id"])
    assert {(log["log_status"], log["trace_status"]) for log in records} == {("complete", "complete")}
