"""The results of an Evaluation as CSV: what the JSON answers tell, in tables."""

import csv
import io
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from humanloop_emulator.api import operations
from humanloop_emulator.json_types import JsonObject
from humanloop_emulator.services import csv_text
from humanloop_emulator.services.logs import evaluation_logs
from tests.builders.evaluations import Evaluation, Lab
from tests.conftest import Api

CSV = {"headers": {"Accept": "text/csv"}}


def table(api: Api, path: str, **query: Any) -> list[dict[str, str]]:
    """Return the rows of a table, by the names in its first one."""
    response = api.request("GET", path, query_string=query, **CSV)
    assert (response.status_code, response.content_type) == (200, "text/csv; charset=utf-8")
    assert response.content_length == len(response.data)
    return list(csv.DictReader(io.StringIO(response.data.decode(), newline="")))


@pytest.fixture
def dataset(lab: Lab) -> JsonObject:
    return lab.dataset(2)


@pytest.fixture
def judges(lab: Lab) -> list[JsonObject]:
    return [lab.evaluator("boolean", "checks/exact"), lab.evaluator("text", "checks/note")]


@pytest.fixture
def evaluation(lab: Lab, dataset: JsonObject, judges: list[JsonObject]) -> Evaluation:
    """Return an Evaluation of two Runs: one over a dataset, and one of a Log without a datapoint."""
    prompt = lab.prompt()
    evaluation = lab.evaluation(prompt, *judges)
    first = evaluation.create_run(dataset, prompt, orchestrated=False)
    logs = [lab.log(prompt, point, inputs=point["inputs"] | {"more": [1]}) for point in dataset["datapoints"]]
    first.add(logs)
    lab.judge(judges[0], logs[0], False)
    lab.judge(judges[0], logs[0], True)
    lab.judge(judges[1], logs[0], 'a, "b"\nc')
    lab.fail(judges[0], logs[1], "It broke.")
    evaluation.create_run().add([lab.log(prompt, output=None, output_message={"role": "assistant", "content": "ä"})])
    return evaluation


def test_a_row_for_each_log(lab: Lab, evaluation: Evaluation, dataset: JsonObject) -> None:
    rows = table(lab.api, f"{evaluation.path}/logs")
    shown = evaluation.logs()["records"]
    assert [row["log_id"] for row in rows] == [record["log"]["id"] for record in shown]
    assert [row["run_id"] for row in rows] == [record["run_id"] for record in shown]
    assert [row["datapoint_id"] for row in rows] == [*(point["id"] for point in dataset["datapoints"]), ""]
    assert {row["version_id"] for row in rows} == {shown[0]["log"]["prompt"]["version_id"]}
    assert [row["inputs.question"] for row in rows] == ["qa/questions 0", "qa/questions 1", ""]
    assert [row["inputs.more"] for row in rows] == ["[1]", "[1]", ""]
    assert [row["target.output"] for row in rows] == ["0", "1", ""]
    assert [row["output"] for row in rows] == ["an answer", "an answer", "ä"]
    assert [row["judgment.checks/exact"] for row in rows] == ["true", "", ""]
    assert [row["judgment.checks/note"] for row in rows] == ['a, "b"\nc', "", ""]
    assert [row["judgment_errors"] for row in rows] == ["", '{"checks/exact":"It broke."}', ""]


def test_columns_stand_in_one_order(lab: Lab, evaluation: Evaluation) -> None:
    text = lab.api.get(f"{evaluation.path}/logs", **CSV)
    assert text.split("\r\n")[0] == (
        "run_id,version_id,version_name,datapoint_id,log_id,created_at,inputs.more,inputs.question,messages,output,error,"
        "target.output,judgment.checks/exact,judgment.checks/note,judgment_errors"
    )
    assert text == lab.api.get(f"{evaluation.path}/logs", **CSV)


def test_the_table_has_all_logs_of_the_runs_that_are_named(
    lab: Lab, evaluation: Evaluation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluation_logs, "PAGE", 2)
    run = evaluation.create_run()
    logs = lab.logs(lab.prompt(), 5)
    run.add(logs)
    lab.api.delete("/logs", query_string={"id": logs.pop(1)})
    assert [row["log_id"] for row in table(lab.api, f"{evaluation.path}/logs", run_id=run.id)] == logs
    assert len(table(lab.api, f"{evaluation.path}/logs", page=7, size=1)) == 7
    lab.api.detail("GET", f"{evaluation.path}/logs", status=404, query_string={"run_id": "rn_nope"}, **CSV)
    lab.api.detail("GET", "/evaluations/evr_nope/logs", status=404, **CSV)
    assert table(lab.api, f"{lab.evaluation(lab.prompt()).path}/logs") == []


def test_a_long_table_waits_in_a_file(lab: Lab, evaluation: Evaluation, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = lab.api.get(f"{evaluation.path}/logs", **CSV)
    made: list[Any] = []
    make = operations.SpooledTemporaryFile
    monkeypatch.setattr(operations, "SpooledTemporaryFile", lambda size: made.append(make(size)) or made[-1])
    monkeypatch.setattr(operations, "PIECE", 100)
    response = lab.api.request("GET", f"{evaluation.path}/logs", **CSV)
    assert made[0]._rolled
    assert response.text == whole
    assert len(list(response.iter_encoded())) >= 1
    response.close()
    assert made[0].closed


def test_two_versions_of_an_evaluator_have_a_column_each(lab: Lab) -> None:
    judges = [lab.evaluator(returns, "checks/same") for returns in ("boolean", "text")]
    prompt = lab.prompt()
    evaluation = lab.evaluation(prompt, *judges)
    log = lab.log(prompt)
    evaluation.create_run().add([log])
    lab.judge(judges[1], log, "fine")
    (row,) = table(lab.api, f"{evaluation.path}/logs")
    assert [row[f"judgment.checks/same ({judge['version_id']})"] for judge in judges] == ["", "fine"]


def test_many_inputs_share_one_column(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation_logs, "MOST_COLUMNS", 1)
    prompt = lab.prompt()
    evaluation = lab.evaluation(prompt)
    evaluation.create_run().add([lab.log(prompt, inputs={"a": "1", "b": {"c": 2}})])
    (row,) = table(lab.api, f"{evaluation.path}/logs")
    assert row["inputs"] == '{"a":"1","b":{"c":2}}'
    few = lab.evaluation(prompt)
    few.create_run().add([lab.log(prompt, inputs={"a": "1"})])
    (row,) = table(lab.api, f"{few.path}/logs")
    assert row["inputs.a"] == "1"


def test_a_row_for_each_run_and_evaluator(lab: Lab, evaluation: Evaluation, judges: list[JsonObject]) -> None:
    rows = table(lab.api, f"{evaluation.path}/stats")
    stats = evaluation.stats()["run_stats"]
    assert [row["run_id"] for row in rows] == [run["run_id"] for run in stats for _ in judges]
    assert [row["evaluator"] for row in rows] == ["checks/exact", "checks/note"] * 2
    first = rows[2]
    assert [first[name] for name in ("num_logs", "num_judgments", "num_errors", "num_true", "mean", "p50")] == [
        *("2", "1", "1", "1", "", "")
    ]
    assert [first[name] for name in ("status", "control", "stored")] == ["running", "true", "false"]


def test_numbers_and_options_are_told(lab: Lab) -> None:
    number = lab.evaluator("number", "n")
    choice = lab.evaluator("select", "s", options=[{"name": "good"}, {"name": "bad"}])
    prompt = lab.prompt()
    evaluation = lab.evaluation(prompt, number, choice)
    log = lab.log(prompt)
    evaluation.create_run().add([log])
    lab.judge(number, log, -0.5)
    lab.judge(choice, log, "bad")
    numbers, options = table(lab.api, f"{evaluation.path}/stats")
    assert (numbers["mean"], numbers["p99.9"], numbers["std"]) == ("-0.5", "-0.5", "")
    assert options["num_judgments_per_option"] == '{"good":0,"bad":1}'
    (row,) = table(lab.api, f"{evaluation.path}/logs")
    assert (row["judgment.n"], row["judgment.s"]) == ("-0.5", "bad")


@pytest.mark.parametrize(
    ("accept", "csv_"),
    [
        (None, False),
        ("*/*", False),
        ("application/json", False),
        ("application/json, text/csv;q=0.9", False),
        ("text/*", True),
        ("text/csv", True),
        ("text/csv, application/json;q=0.5", True),
        ("text/html", False),
    ],
)
def test_a_client_has_to_prefer_it(lab: Lab, evaluation: Evaluation, accept: str | None, csv_: bool) -> None:
    for part in ("logs", "stats"):
        response = lab.api.request("GET", f"{evaluation.path}/{part}", headers={"Accept": accept} if accept else {})
        assert response.is_json != csv_
        assert response.headers["Vary"] == "Accept"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+1 (555) 01", "'+1 (555) 01"),
        ("- a point", "'- a point"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\tx", "'\tx"),
        ("\n=1", "'\n=1"),
        ("'=x", "''=x"),
        ("'quoted'", "'quoted'"),
        ("-5.2e-3", "-5.2e-3"),
        ("+.5", "+.5"),
        (-7, "-7"),
        (True, "true"),
        (None, ""),
        ("", ""),
        ({"a": None}, '{"a":null}'),
    ],
)
def test_nothing_is_a_formula(value: Any, shown: str) -> None:
    assert csv_text.cell(value) == shown


@given(st.lists(st.lists(st.text(st.characters(codec="utf-8")), min_size=2, max_size=2), min_size=1))
@settings(max_examples=60)
def test_every_text_is_read_back(rows: list[list[str]]) -> None:
    text = "".join(csv_text.written(["a", "b"], rows))
    names, *read = csv.reader(io.StringIO(text, newline=""), strict=True)
    assert names == ["a", "b"]
    assert [[re.sub(r"^'('*[=+\-@\t\r\n])", r"\1", cell) for cell in row] for row in read] == rows
