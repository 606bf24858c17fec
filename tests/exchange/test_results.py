"""`export --results`: CSV of Evaluations and JSON lines of Logs; and a stranger's walk to them."""

import csv
import time
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner
from flask import Flask

from humanloop_emulator.commands.cli import main
from humanloop_emulator.exchange import results
from humanloop_emulator.exchange.results import export_results
from tests.builders.evaluations import Lab
from tests.builders.trees import contents, documents, import_from, named, page, workspace_of
from tests.conftest import Api

CSV = {"Accept": "text/csv"}


def test_each_evaluation_and_each_file_with_logs_has_its_files(
    app: Flask, api: Api, official: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_from(app, official)
    monkeypatch.setattr(results, "PAGE", 2)
    counts = export_results(workspace_of(app), tmp_path)
    written = contents(tmp_path)
    evaluations = [documents(path, "evaluation.json")[0] for path in official.glob("files/*/evaluations/*")]
    files = {file["id"]: file for file in page(api, "/files")}
    for shown in evaluations:
        path = files[shown["file_id"]]["path"]
        for part, ending in (("logs", ".csv"), ("stats", ".stats.csv")):
            text = api.request("GET", f"/evaluations/{shown['id']}/{part}", headers=CSV).data
            assert written.pop(f"evaluations/{path}/{shown['name'] or shown['id']}{ending}") == text
    logged = [file for file in files.values() if page(api, "/logs", file_id=file["id"])]
    for file in logged:
        lines = [orjson.loads(line) for line in written.pop(f"logs/{file['path']}.jsonl").splitlines()]
        assert lines == page(api, "/logs", file_id=file["id"])[::-1]
    assert written == {}
    assert counts == {"evaluations": len(evaluations), "files of logs": len(logged)}


def test_names_of_evaluations_are_names_of_files(app: Flask, api: Api, tmp_path: Path) -> None:
    lab = Lab(api)
    prompt = lab.prompt("a/b")
    ids = {name: lab.evaluation(prompt, name=name).id for name in ("../up", "Same", "same", "x", "x.stats")}
    lone = lab.evaluation(None).id
    export_results(workspace_of(app), tmp_path / "out")
    names = {
        "%2E.%2Fup",
        *(f"{name}~{ids[name]}" for name in ("Same", "same", "x.stats")),
        "x",
    }
    found = contents(tmp_path / "out")
    tables = {name for name in found if not name.endswith(".stats.csv")}
    assert tables == {f"evaluations/a/b/{name}.csv" for name in names} | {f"evaluations/{lone}.csv"}
    assert len(found) == 2 * len(tables)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_strangers_walk_from_a_default_export_to_a_result_in_csv(
    bare: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    begun = time.monotonic()
    imported = CliRunner().invoke(main, ["import", str(bare)])
    assert imported.exit_code == 0, imported.output
    command = imported.stdout.rpartition("`humanloop-emulator ")[2].rstrip("`.\n")
    assert command == "export --results results"
    exported = CliRunner().invoke(main, command.split())
    assert exported.exit_code == 0, exported.output
    record_property("seconds", round(time.monotonic() - begun, 2))
    evaluation = next(named(bare, "prompt")[0].glob("evaluations/*"))
    (stats,), (shown,) = documents(evaluation, "stats.json"), documents(evaluation, "evaluation.json")
    with Path(f"results/evaluations/home/prompt/{shown['name'] or shown['id']}.stats.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["stored"] == "true"]
    (run,) = [run for run in stats["run_stats"] if run["num_logs"]]
    assert {row["run_id"] for row in rows} == {run["run_id"]}
    assert [int(row["num_judgments"]) for row in rows] == [item["num_judgments"] for item in run["evaluator_stats"]]
    assert [row["num_true"] for row in rows] == [str(item.get("num_true", "")) for item in run["evaluator_stats"]]
