"""What is exported and imported again answers as before, byte for byte, and is exported again as before."""

import re
from pathlib import Path

import pytest
from flask import Flask

from tests.builders.files import Files, Logs
from tests.builders.trees import answers, contents, documents, export_to, import_from
from tests.builders.workspace import Workspace
from tests.conftest import Api, make_app
from tests.contract.contract import ROUTES
from tests.databases import new_database


@pytest.fixture
def workspace(app: Flask, api: Api) -> Workspace:
    """Return a workspace with something of everything, and with what documents do not tell."""
    workspace = Workspace(api, "home")
    prompts, logs = Files(api, "prompt"), Logs(api)
    for number in (1, 2):
        prompts.upsert("lone/prompt", number)
    first = logs.create("prompt", "gone/prompt")
    logs.create("prompt", "gone/prompt", trace_parent_id=logs.create("flow", "traced")["id"])
    logs.create(
        "prompt", "lone/prompt", log_id="z\n1", prompt={"model": "gpt-4o", "temperature": 0.5}, output="\0\t\\N"
    )
    logs.create("prompt", "lone/prompt", log_id="early", created_at="2020-01-01T00:00:00Z", inputs={"ä": "\u2028"})
    logs.judge(first["id"], "gone/judge", judgment=True)
    logs.judge(logs.create("prompt", "lone/prompt")["id"], "gone/judge", judgment=False)
    evaluation = api.post("/evaluations", {"evaluators": [{"path": "gone/judge"}]})
    api.post(f"/evaluations/{evaluation['id']}/runs")
    workspace.ids["unattached"] = evaluation["id"]
    _delete_some(api, workspace)
    return workspace


def _delete_some(api: Api, workspace: Workspace) -> None:
    """Delete Files and Versions that Logs and Runs still show, cancel a Run, complete another."""
    api.delete(f"/prompts/{_file(api, 'prompt', 'gone/prompt')}")
    api.delete(f"/evaluators/{_file(api, 'evaluator', 'gone/judge')}")
    lone = _file(api, "prompt", "lone/prompt")
    versions = Files(api, "prompt").versions(lone)
    api.delete(f"/prompts/{lone}/versions/{versions[0]}")
    root = f"/evaluations/{workspace['flow.evaluation']}/runs"
    over = {"dataset": {"version_id": workspace["dataset.spare"]}, "version": {"version_id": workspace["flow.spare"]}}
    api.post(root, over | {"orchestrated": False})
    api.delete(f"/datasets/{workspace['dataset']}/versions/{workspace['dataset.spare']}")
    api.patch(f"{root}/{workspace['flow.run']}", {"status": "cancelled"})
    api.patch(f"{root}/{workspace['flow.other_run']}", {"status": "completed", "control": True})
    shared = api.post("/evaluations", {"file": {"id": workspace["flow"]}, "name": "shared", "evaluators": []})
    api.post(f"/evaluations/{shared['id']}/runs/{workspace['flow.run']}")
    api.delete("/logs", query_string={"id": "early"})


def _file(api: Api, kind: str, path: str) -> str:
    uid: str = api.post("/files/retrieve-by-path", {"path": path})["id"]
    return uid


def test_a_workspace_of_all_kinds_answers_byte_for_byte_the_same(
    app: Flask, api: Api, workspace: Workspace, tmp_path: Path
) -> None:
    before = answers(api, workspace["unattached"])
    asked = {path.split(" {")[0] for path in before}
    for route in ROUTES:
        if route.method == "GET":
            pattern = re.compile(re.sub(r"\{[a-z_]+\}", "[^/]+", route.path))
            assert any(pattern.fullmatch(path) for path in asked), f"{route} is not compared"
    folder = export_to(app, tmp_path / "tree")
    copy = make_app()
    report = import_from(copy, folder)
    assert answers(Api(copy), workspace["unattached"]) == before
    assert (report.problems, report.findings) == ([], [])


def test_what_is_imported_is_exported_as_it_came(app: Flask, workspace: Workspace, tmp_path: Path) -> None:
    folder = export_to(app, tmp_path / "tree")
    copy = make_app()
    import_from(copy, folder)
    again = export_to(copy, tmp_path / "again")
    assert contents(again) == contents(folder)
    assert documents(folder, "deleted/files/*/logs/*.jsonl")


def test_what_goes_to_the_other_database_and_back_is_exported_as_it_came(
    app: Flask, workspace: Workspace, tmp_path: Path
) -> None:
    before = export_to(app, tmp_path / "0")
    for number, target in enumerate((":memory:", new_database()), 1):
        copy = make_app(db=target)
        assert import_from(copy, tmp_path / f"{number - 1}").problems == []
        assert contents(export_to(copy, tmp_path / f"{number}")) == contents(before)


def test_what_older_clients_give_to_an_evaluation_is_kept(app: Flask, api: Api, tmp_path: Path) -> None:
    prompt = Files(api, "prompt").upsert("old")
    dataset = Files(api, "dataset").upsert("points")
    evaluatee = {"version_id": prompt["version_id"], "batch_id": "monday", "orchestrated": False}
    body = {"file": {"id": prompt["id"]}, "evaluators": [], "dataset": {"version_id": dataset["version_id"]}}
    uid = api.post("/evaluations", body | {"evaluatees": [evaluatee]})["id"]
    folder = export_to(app, tmp_path / "tree")
    copy = make_app()
    import_from(copy, folder)
    older = {"headers": {"X-Fern-Language": "Python", "X-Fern-SDK-Version": "0.8.8"}}
    before, after = (client.get(f"/evaluations/{uid}", **older) for client in (api, Api(copy)))
    assert after == before
    assert (after["dataset"]["version_id"], after["evaluatees"][0]["batch_id"]) == (dataset["version_id"], "monday")
    assert contents(export_to(copy, tmp_path / "again")) == contents(folder)


def test_an_imported_workspace_works_as_the_first_one(
    app: Flask, api: Api, workspace: Workspace, tmp_path: Path
) -> None:
    folder = export_to(app, tmp_path / "tree")
    copy = make_app()
    import_from(copy, folder)
    for client in (api, Api(copy)):
        workspace.api = client
        made = workspace.log("prompt", log_id="new", trace_parent_id=None)
        assert workspace.judge(made, "number")
        shown = client.get(f"/logs/{made}")
        assert shown["prompt"]["version_id"] == workspace["prompt.version"]
        assert [log["judgment"] for log in shown["evaluator_logs"]] == [
            log["judgment"] for log in api.get(f"/logs/{made}")["evaluator_logs"]
        ]
