"""The demo that comes with the project: a whole workspace."""

import runpy
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Api, make_app

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
GENERATED = (".csv", ".jsonl")
KINDS = ("prompt", "tool", "dataset", "evaluator", "flow", "agent")


@pytest.fixture(scope="module")
def demo() -> Iterator[Api]:
    app = make_app(seed=str(FIXTURES / "demo"))
    yield Api(app)
    app.extensions["emulator"].db.close()


@pytest.fixture(scope="module")
def files(demo: Api) -> list[Any]:
    records: list[Any] = demo.get("/files?size=100")["records"]
    return records


def evaluations_of(demo: Api, files: list[Any]) -> list[Any]:
    return [
        record
        for file in files
        if file["type"] != "dataset"
        for record in demo.get(f"/evaluations?file_id={file['id']}")["records"]
    ]


def test_workspace_without_a_seed_is_empty_but_for_environments() -> None:
    app = make_app(seed="none")
    api = Api(app)
    assert api.get("/files")["total"] == 0
    flow = api.post("/flows", {"path": "F", "attributes": {}})
    shown = api.get(f"/flows/{flow['id']}/environments")
    assert [(item["name"], item["tag"]) for item in shown] == [
        ("production", "default"),
        ("staging", "other"),
        ("development", "other"),
    ]
    app.extensions["emulator"].db.close()


def test_demo_has_files_of_every_kind(files: list[Any]) -> None:
    assert Counter(file["type"] for file in files) == {
        "prompt": 3,
        "tool": 2,
        "dataset": 2,
        "evaluator": 7 + 8,  # those of the demo, and the examples
        "flow": 1,
        "agent": 1,
    }
    specs = [file["spec"] for file in files if file["type"] == "evaluator"]
    assert {spec["return_type"] for spec in specs} == {"boolean", "number", "select", "multi_select", "text"}
    assert {spec["evaluator_type"] for spec in specs} == {"python", "llm", "human", "external"}


def test_demo_prompts_have_several_versions(demo: Api, files: list[Any]) -> None:
    versions = {
        file["path"]: len(demo.get(f"/prompts/{file['id']}/versions")["records"])
        for file in files
        if file["type"] == "prompt"
    }
    assert versions == {"Atlas/Capital": 3, "Atlas/Support/Reply": 2, "Atlas/Support/Ticket summary": 1}


def test_demo_has_about_two_thousand_logs(files: list[Any]) -> None:
    logged = [file for file in files if file["type"] not in ("dataset", "evaluator")]
    counts = [file.get("total_logs_count", file.get("version_logs_count")) for file in logged]
    assert 1_800 < sum(counts) < 2_200


def test_demo_logs_are_of_the_spring_of_2025(demo: Api, files: list[Any]) -> None:
    for file in files:
        if file["type"] != "dataset":
            for order in ("start_date=2025-04-20T00:00:00", "end_date=2025-03-01T00:00:00"):
                assert demo.get(f"/logs?file_id={file['id']}&{order}")["total"] == 0


def test_demo_evaluations_are_completed_and_compare_runs(demo: Api, files: list[Any]) -> None:
    evaluations = evaluations_of(demo, files)
    assert len(evaluations) == 3
    for evaluation in evaluations:
        runs = demo.get(f"/evaluations/{evaluation['id']}/runs")["runs"]
        stats = demo.get(f"/evaluations/{evaluation['id']}/stats")
        assert stats["status"] == "completed"
        assert len(runs) >= 2
        assert [run["control"] for run in runs].count(True) == 1
        for run, counted in zip(runs, stats["run_stats"], strict=True):
            assert counted["num_logs"] == run["dataset"]["datapoints_count"]
            assert all(found["total_logs"] == counted["num_logs"] for found in counted["evaluator_stats"])


def test_demo_prompts_get_better(demo: Api, files: list[Any]) -> None:
    [evaluation] = [found for found in evaluations_of(demo, files) if found["name"] == "Three prompts around the world"]
    stats = demo.get(f"/evaluations/{evaluation['id']}/stats")["run_stats"]
    careful, polite, terse = (
        next(found["num_true"] for found in run["evaluator_stats"] if "num_true" in found) for run in stats
    )
    assert terse < polite < careful < 245


def test_demo_flow_has_whole_traces(demo: Api, files: list[Any]) -> None:
    [flow] = [file for file in files if file["type"] == "flow"]
    page = demo.get(f"/logs?file_id={flow['id']}&size=200&include_trace_children=true")
    assert page["total"] > 100
    assert {log["log_status"] for log in page["records"]} == {"complete"}
    assert {tuple(child.get("tool", child.get("prompt"))["path"] for child in log["trace_children"])
            for log in page["records"]} == {
        ("Atlas/Tools/Look up country", "Atlas/Support/Reply"),
        ("Atlas/Support/Reply",),
    }  # fmt: skip


def test_every_list_of_the_demo_answers(demo: Api, files: list[Any]) -> None:
    for kind in KINDS:
        assert demo.get(f"/{kind}s?size=50")["total"] == sum(file["type"] == kind for file in files)
    for directory in demo.get("/directories"):
        demo.get(f"/directories/{directory['id']}")
    for file in files:
        root = f"/{file['type']}s/{file['id']}"
        demo.get(f"{root}/versions")
        demo.get(f"{root}/environments")
        if file["type"] == "dataset":
            assert demo.get(f"{root}/datapoints?size=300")["total"] == file["datapoints_count"]
        else:
            demo.get(f"{root}/versions?evaluator_aggregates=true")
            demo.get(f"/logs?file_id={file['id']}&size=20")
    for evaluation in evaluations_of(demo, files):
        demo.get(f"/evaluations/{evaluation['id']}/logs?size=20")


def test_script_writes_what_is_there(tmp_path: Path) -> None:
    shutil.copytree(FIXTURES / "demo", tmp_path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.csv", "*.jsonl"))
    runpy.run_path(str(FIXTURES / "make_demo.py"))["write"](tmp_path)
    written, committed = (
        {file.relative_to(root): file.read_bytes() for file in root.rglob("*") if file.suffix in GENERATED}
        for root in (tmp_path, FIXTURES / "demo")
    )
    assert written == committed
    assert sum(map(len, committed.values())) < 3_000_000
