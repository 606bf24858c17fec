"""What an import does with what is odd: it is reported, left out, or kept as it was."""

import os
import random
import shutil
from pathlib import Path
from typing import Any

import orjson
import pytest
from flask import Flask

from humanloop_emulator.json_types import Json
from tests.builders.trees import documents, edit, files_of, import_from, named, page
from tests.conftest import Api

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
