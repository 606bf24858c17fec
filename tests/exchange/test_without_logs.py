"""The official export writes no Logs unless it is told to: the stats of its Evaluations are all that is left."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playhouse.migrations import Runner

from humanloop_emulator.json_types import Json
from humanloop_emulator.store import schema
from humanloop_emulator.store.database import Database
from tests.builders.trees import contents, documents, edit, export_to, import_from, named
from tests.conftest import Api, make_app
from tests.databases import database_at

HEADER = "X-Emulator-Stored-Stats"


@pytest.fixture
def ended(bare: Path) -> Path:
    """Return such a tree where the Run that had Logs is completed."""
    set_status(bare, "completed")
    return bare


def set_status(tree: Path, status: str) -> None:
    evaluation = evaluation_of(tree)
    run = judged_run(evaluation)["run_id"]
    edit(evaluation / "runs" / run, lambda shown: shown.update(status=status))
    edit(evaluation / "stats.json", lambda stats: of_run(stats, run).update(status=status))


def evaluation_of(tree: Path, name: str = "prompt") -> Path:
    return next(named(tree, name)[0].glob("evaluations/*"))


def stats_of(api: Api, evaluation: Path) -> Json:
    return api.get(f"/evaluations/{evaluation.name}/stats")


def judged_run(evaluation: Path) -> Json:
    """Return the stats that the tree tells of the Run that has Logs."""
    (told,) = documents(evaluation, "stats.json")
    return next(item for item in told["run_stats"] if item["num_logs"])


def of_run(stats: Json, run: str) -> Json:
    return next(item for item in stats["run_stats"] if item["run_id"] == run)


def test_stats_are_answered_as_the_tree_tells_them(app: Flask, api: Api, bare: Path) -> None:
    report = import_from(app, bare)
    evaluations = sorted(bare.glob("files/*/evaluations/*"))
    assert (report.problems, report.findings, len(evaluations)) == ([], [], 5)
    for evaluation in evaluations:
        assert documents(evaluation, "stats.json") == [stats_of(api, evaluation)]
        for run in api.get(f"/evaluations/{evaluation.name}/runs")["runs"]:
            (told,) = documents(evaluation, f"runs/{run['id']}")
            assert [run[name] for name in ("status", "control")] == [told[name] for name in ("status", "control")]
        assert api.get(f"/evaluations/{evaluation.name}/logs")["total"] == 0
    assert report.new["stored stats"] == sum(item.runs_without_logs for item in report.evaluations) > 4


def test_stored_stats_are_marked(app: Flask, api: Api, bare: Path) -> None:
    import_from(app, bare)
    evaluation = evaluation_of(bare)
    path = f"/evaluations/{evaluation.name}/stats"
    assert api.request("GET", path).headers[HEADER] == judged_run(evaluation)["run_id"]
    page = app.test_client().get(api.get(f"/evaluations/{evaluation.name}")["url"])
    assert f"without the logs: {judged_run(evaluation)['run_id']}" in page.text


def test_stats_that_are_counted_are_not_marked(app: Flask, api: Api, tree: Path) -> None:
    import_from(app, tree)
    assert HEADER not in api.request("GET", f"/evaluations/{evaluation_of(tree).name}/stats").headers


def test_a_log_of_its_own_ends_the_stored_stats_of_a_run(app: Flask, api: Api, ended: Path) -> None:
    import_from(app, ended)
    evaluation, told = evaluation_of(ended), judged_run(evaluation_of(ended))
    run = told["run_id"]
    assert of_run(stats_of(api, evaluation), run) == told
    assert any(item["total_logs"] for item in told["evaluator_stats"])
    body = {"path": named(ended, "prompt")[1]["path"], "output": "new"}
    logs = [api.post("/prompts/log", body)["id"] for _ in range(told["num_logs"] + 1)]
    api.post(f"/evaluations/{evaluation.name}/runs/{run}/logs", {"log_ids": logs})
    counted = of_run(stats_of(api, evaluation), run)
    assert counted["num_logs"] == len(logs)
    assert {item["total_logs"] for item in counted["evaluator_stats"]} == {0}
    assert HEADER not in api.request("GET", f"/evaluations/{evaluation.name}/stats").headers
    assert counted["status"] == told["status"] == "completed"


def test_an_evaluator_that_the_stats_do_not_name_has_none(app: Flask, api: Api, ended: Path) -> None:
    import_from(app, ended)
    evaluation, told = evaluation_of(ended), judged_run(evaluation_of(ended))
    spec = {"arguments_type": "target_free", "return_type": "number", "evaluator_type": "external"}
    judge = api.post("/evaluators", {"path": "later", "spec": spec})
    path = f"/evaluations/{evaluation.name}/evaluators"
    api.post(path, {"evaluators": [{"version_id": judge["version_id"]}]})
    stats = of_run(stats_of(api, evaluation), told["run_id"])
    assert stats["evaluator_stats"][:-1] == told["evaluator_stats"]
    assert (stats["evaluator_stats"][-1]["total_logs"], stats["evaluator_stats"][-1]["mean"]) == (0, None)
    assert (stats["num_logs"], stats["status"]) == (told["num_logs"], "completed")
    for item in [*told["evaluator_stats"]]:
        api.delete(f"{path}/{item['evaluator_version_id']}")
    left = of_run(stats_of(api, evaluation), told["run_id"])["evaluator_stats"]
    assert [item["evaluator_version_id"] for item in left] == [judge["version_id"]]


def test_a_run_has_its_stored_stats_in_every_evaluation(app: Flask, api: Api, ended: Path) -> None:
    import_from(app, ended)
    evaluation, told = evaluation_of(ended), judged_run(evaluation_of(ended))
    first, second, *_ = told["evaluator_stats"]
    judges = [{"version_id": item["evaluator_version_id"]} for item in (second, first)]
    body = {"file": {"id": named(ended, "prompt")[1]["id"]}, "name": "again", "evaluators": judges}
    other = api.post("/evaluations", body)["id"]
    api.post(f"/evaluations/{other}/runs/{told['run_id']}")
    api.delete(f"/evaluations/{evaluation.name}")
    (shown,) = api.get(f"/evaluations/{other}/stats")["run_stats"]
    assert shown == told | {"evaluator_stats": [second, first]}


def test_a_run_that_had_not_ended_says_how_far_it_had_come(app: Flask, api: Api, bare: Path) -> None:
    evaluation, told = evaluation_of(bare), judged_run(evaluation_of(bare))
    import_from(app, bare)
    stats = stats_of(api, evaluation)
    assert of_run(stats, told["run_id"])["status"] == told["status"] == "running"
    judgments = sum(item["total_logs"] for item in told["evaluator_stats"])
    assert stats["progress"].startswith(f"Logs: {told['num_logs']}/")
    assert f"Judgments: {judgments}/" in stats["progress"]


def test_what_was_stored_is_exported_again(app: Flask, bare: Path, tmp_path: Path) -> None:
    import_from(app, bare)
    again = export_to(app, tmp_path / "again")
    for path in bare.glob("files/*/evaluations/*/stats.json"):
        assert documents(again, str(path.relative_to(bare))) == documents(bare, str(path.relative_to(bare)))
    copy = make_app()
    import_from(copy, again)
    assert contents(export_to(copy, tmp_path / "third")) == contents(again)


def test_a_later_export_with_logs_replaces_the_stored_stats(app: Flask, api: Api, official: Path, bare: Path) -> None:
    import_from(app, bare)
    assert not any(import_from(app, bare).new.values())
    evaluation = evaluation_of(official)
    assert import_from(app, official).new["stored stats"] == 0
    assert HEADER not in api.request("GET", f"/evaluations/{evaluation.name}/stats").headers
    assert documents(evaluation, "stats.json") == [stats_of(api, evaluation)]


def test_logs_that_are_there_are_never_hidden_by_an_export_without_them(
    app: Flask, api: Api, official: Path, bare: Path
) -> None:
    import_from(app, official)

    def add_logs(stats: Json) -> None:
        for item in stats["run_stats"]:
            item["num_logs"] += 7000 * bool(item["num_logs"])

    edit(evaluation_of(bare) / "stats.json", add_logs)
    assert import_from(app, bare).new["stored stats"] == 0
    assert documents(evaluation_of(official), "stats.json") == [stats_of(api, evaluation_of(official))]


def test_a_run_with_fewer_logs_than_its_stats_tell_is_reported(app: Flask, tree: Path) -> None:
    run = judged_run(evaluation_of(tree))["run_id"]

    def change(stats: Json) -> None:
        next(item for item in stats["run_stats"] if item["run_id"] == run).update(num_logs=7000)

    edit(evaluation_of(tree) / "stats.json", change)
    assert import_from(app, tree).findings == [f"runs with fewer logs than the stats in the tree count: 1 ({run})"]


@pytest.mark.parametrize(
    ("field", "value"),
    [("total_logs", "many"), ("num_judgments", -1), ("num_errors", True), ("num_true", 1.5), ("mean", [])],
)
def test_numbers_that_are_none_are_left_out_and_told(app: Flask, api: Api, bare: Path, field: str, value: Any) -> None:
    evaluation, told = evaluation_of(bare), judged_run(evaluation_of(bare))

    def change(stats: Json) -> None:
        of_run(stats, told["run_id"])["evaluator_stats"][0][field] = value

    edit(evaluation / "stats.json", change)
    (problem,) = import_from(app, bare).problems
    assert f"`{field}` is not a" in str(problem.text)
    assert of_run(stats_of(api, evaluation), told["run_id"])["num_logs"] == 0


def test_stats_of_another_return_type_do_not_change_the_shape(app: Flask, api: Api, bare: Path) -> None:
    evaluation, told = evaluation_of(bare), judged_run(evaluation_of(bare))

    def change(stats: Json) -> None:
        for item in of_run(stats, told["run_id"])["evaluator_stats"]:
            item |= {"num_true": 1, "mean": 0.5, "num_judgments_per_option": {"a": 1}, "invented": 1}

    edit(evaluation / "stats.json", change)
    assert import_from(app, bare).problems == []
    shown = of_run(stats_of(api, evaluation), told["run_id"])["evaluator_stats"]
    assert [sorted(item) for item in shown] == [sorted(item) for item in told["evaluator_stats"]]


def test_a_database_from_before_is_brought_up_to_date(bare: Path, tmp_path: Path) -> None:
    path, migrations = tmp_path / "old.db", tmp_path / "migrations"
    shutil.copytree(schema.DIRECTORY, migrations, ignore=shutil.ignore_patterns("000[4-9]*"))
    database = Database(str(path))
    with database.migrating():
        Runner(database.dialect.peewee, str(migrations)).up()
    database.close()
    app = make_app(db=database_at(path))
    import_from(app, bare)
    told = judged_run(evaluation_of(bare))
    assert of_run(stats_of(Api(app), evaluation_of(bare)), told["run_id"]) == told
    app.extensions["emulator"].db.close()
