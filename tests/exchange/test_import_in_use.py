"""Imports into workspaces that are in use, and while a server runs."""

from pathlib import Path

from flask import Flask

from tests.builders.evaluations import Evaluation, Lab
from tests.builders.trees import documents, export_to, files_of, import_from, named, page
from tests.conftest import Api, make_app
from tests.databases import database_at


def test_an_import_into_a_workspace_in_use_adds_to_it(app: Flask, api: Api, official: Path) -> None:
    mine = api.post("/flows", {"path": "mine/flow", "attributes": {}})
    log = api.post("/flows/log", {"path": "mine/flow", "output": "x"})["id"]
    import_from(app, official)
    assert api.get(f"/flows/{mine['id']}")["version_id"] == mine["version_id"]
    assert api.get(f"/logs/{log}")["output"] == "x"
    assert len(page(api, "/files")) == len(files_of(official)) + 1


def test_a_workspace_in_use_keeps_its_environments_and_directories(app: Flask, api: Api, tree: Path) -> None:
    official = "production", "live"
    for path in tree.rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes().replace(*(f'"{name}"'.encode() for name in official)))
    _, prompt = named(tree, "prompt")
    first = api.post("/prompts", {"path": "home/mine", "model": "gpt-4o"})
    [production] = first["environments"]
    api.post("/prompts", {"path": "home/mine", "model": "gpt-4o-mini"})
    directory = f"/directories/{first['directory_id']}"
    before = {name: value for name, value in api.get(directory).items() if name not in ("files", "subdirectories")}
    report = import_from(app, tree)
    environments = {item["name"]: item for item in api.get(f"/prompts/{prompt['id']}/environments")}
    assert [name for name, item in environments.items() if item["tag"] == "default"] == ["production"]
    assert environments["production"]["id"] == production["id"]
    assert environments["live"]["file"]["version_id"] == prompt["version_id"]
    path = f"/prompts/{first['id']}/environments/{production['id']}"
    api.post(path, query_string={"version_id": first["version_id"]})
    assert api.get(directory).items() >= before.items()
    for what in ("environments", "directories", "default environments"):
        assert any(finding.startswith(what) for finding in report.findings), what


def test_deployments_and_monitors_find_environments_by_name(app: Flask, api: Api, official: Path) -> None:
    api.post("/flows", {"path": "mine", "attributes": {}})
    import_from(app, official)
    for folder, file in files_of(official):
        (told,) = documents(folder, "deployments.json")
        shown = api.get(f"/{file['type']}s/{file['id']}/environments")
        deployed = {item["name"]: item["file"]["version_id"] for item in shown if item["file"]}
        assert deployed == {item["environment_name"]: item["version_id"] for item in told}
        monitors = api.get(f"/{file['type']}s/{file['id']}").get("evaluators") or []
        assert len(monitors) == len(file.get("evaluators") or [])


def test_a_server_that_runs_meanwhile_shows_what_was_imported(official: Path, tmp_path: Path) -> None:
    serving, importing = (make_app(db=database_at(tmp_path / "db")) for _ in range(2))
    api = Api(serving)
    _, flow = named(official, "flow")
    mine = api.post("/prompts", {"path": "home/mine", "model": "gpt-4o"})
    import_from(importing, official)
    shown = api.get(f"/flows/{flow['id']}")
    assert [shown[name] for name in ("version_id", "attributes")] == [
        flow[name] for name in ("version_id", "attributes")
    ]
    assert shown["directory_id"] == mine["directory_id"]
    for app in (serving, importing):
        app.extensions["emulator"].db.close()


def test_a_path_that_another_file_has_is_left_to_it(app: Flask, api: Api, official: Path) -> None:
    _, flow = named(official, "flow")
    mine = api.post("/flows", {"path": flow["path"], "attributes": {}})
    report = import_from(app, official)
    assert any(flow["id"] in finding for finding in report.findings)
    assert api.post("/files/retrieve-by-path", {"path": flow["path"]})["id"] == mine["id"]


def test_a_trace_that_shows_incomplete_is_judged_by_an_evaluator_that_is_added_later(tmp_path: Path) -> None:
    lab = Lab(Api(make_app()))
    flow = lab.flow()
    evaluation = lab.evaluation(flow)
    lab.log(flow, run_id=evaluation.create_run().id, log_status="incomplete")
    there = Api(make_app(jobs="immediate"))
    import_from(there.app, export_to(lab.api.app, tmp_path / "tree"))
    judge = Lab(there).evaluator("number", evaluator_type="python", code="def one(log):\n    return 1")
    imported = Evaluation(there, evaluation.id)
    imported.add(judge)
    [stats] = imported.stats()["run_stats"]
    assert [item["mean"] for item in stats["evaluator_stats"]] == [1]
