"""Seeds: what a folder may hold, what of it is left unsaid, and in which order it is stored."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from humanloop_emulator.exchange.seeds import seed as store
from humanloop_emulator.services.evaluations.assignments import outstanding
from humanloop_emulator.services.workspace import Jobs, open_workspace
from tests.builders.seeds import CAPITAL, CORRECT, COUNTRIES, CSV, SPEC, write
from tests.conftest import Api, make_app

Seed = Callable[..., Api]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "seed"
    path.mkdir()
    return path


@pytest.fixture
def seed(folder: Path) -> Iterator[Seed]:
    """Return a function that writes files, by path, and starts an application with them."""
    apps = []

    def start(files: dict[str, str], **settings: Any) -> Api:
        write(folder, files)
        apps.append(make_app(seed=str(folder), **settings))
        return Api(apps[-1])

    yield start
    for app in apps:
        app.extensions["emulator"].db.close()


def at(api: Api, path: str) -> Any:
    return api.post("/files/retrieve-by-path", {"path": path})


def logs_of(api: Api, path: str, query: str = "") -> list[Any]:
    records: list[Any] = api.get(f"/logs?size=100&file_id={at(api, path)['id']}{query}")["records"]
    return records[::-1]


def environments(file: Any) -> list[str]:
    return [environment["name"] for environment in file["environments"]]


# What a folder may hold.


def test_one_file_is_one_document_at_its_place_in_the_folder(seed: Seed) -> None:
    api = seed({"geography/Capital.yaml": CAPITAL})
    prompt = at(api, "geography/Capital")
    assert (prompt["model"], prompt["template"]) == ("gpt-4o", "Capital of {{country}}?")
    assert environments(prompt) == ["production"]


def test_document_may_say_another_path(seed: Seed) -> None:
    assert at(seed({"10.yaml": CAPITAL + "path: geography/Capital\n"}), "geography/Capital")["model"] == "gpt-4o"


def test_json_is_read_as_yaml_is(seed: Seed) -> None:
    body = {"files": [{"type": "flow", "path": "a/Flow", "attributes": {"text": "tab\there"}}]}
    assert at(seed({"all.json": json.dumps(body, indent="\t")}), "a/Flow")["attributes"] == {"text": "tab\there"}


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("prompt", {"model": "gpt-4o", "template": [{"role": "user", "content": "Hi {{name}}"}]}),
        ("tool", {"function": {"name": "f", "description": "It does."}, "source_code": "def f(): ..."}),
        ("flow", {"attributes": {"step": 1}}),
        ("agent", {"model": "gpt-4o", "max_iterations": 7}),
        ("evaluator", {"spec": {"evaluator_type": "human", "arguments_type": "target_free", "return_type": "text"}}),
        ("dataset", {"datapoints": [{"inputs": {"a": "1"}, "target": {"output": "2"}}]}),
    ],
)
def test_every_kind_equals_what_the_api_makes_of_it(seed: Seed, api: Api, kind: str, content: dict[str, Any]) -> None:
    file = {"type": kind, "path": "folder/Name", "name": "first", "created_at": "2025-03-03T09:00:00", **content}
    seeded = at(seed({"all.json": json.dumps({"files": [file]})}), "folder/Name")
    made = api.post(f"/{kind}s", {"path": "folder/Name", "version_name": "first", **content})
    assert seeded["created_at"] == "2025-03-03T09:00:00.000000Z"
    own = ("id", "version_id", "directory_id", "created_by", "committed_by", "committed_at", "environments")
    own = (*own, "created_at", "updated_at", "last_used_at")
    assert {key: seeded[key] for key in seeded if key not in own} == {key: made[key] for key in made if key not in own}


def test_versions_have_names_dates_and_places(seed: Seed) -> None:
    text = """
        type: prompt
        description: Names capitals.
        tags: [geography]
        versions:
          - {name: one, description: The first., model: m-1, created_at: 2025-03-03T09:00}
          - {name: two, model: m-2, deployed_to: [production, canary], created_at: 2025-03-04T09:00}
          - {name: three, model: m-3, deployed_to: [staging], created_at: 2025-03-05T09:00}
    """
    api = seed({"Capital.yaml": text, "environments.yaml": "environments: [canary]"})
    prompt = at(api, "Capital")
    assert (prompt["version_name"], prompt["description"], prompt["tags"]) == ("two", "Names capitals.", ["geography"])
    versions = api.get(f"/prompts/{prompt['id']}/versions")["records"]
    assert [(v["version_name"], v["version_description"], environments(v), v["created_at"][:10]) for v in versions] == [
        ("three", None, ["staging"], "2025-03-05"),
        ("two", None, ["production", "canary"], "2025-03-04"),
        ("one", "The first.", [], "2025-03-03"),
    ]


def test_prompt_and_agent_texts_are_files_of_one_version(seed: Seed) -> None:
    text = "---\nmodel: gpt-4o\ntemperature: 0.5\n---\n<user>\nHi {{name}}\n</user>\n"
    api = seed({"chat/Hello.prompt": text, "chat/Guide.agent": text})
    prompt, agent = at(api, "chat/Hello"), at(api, "chat/Guide")
    assert (prompt["type"], agent["type"]) == ("prompt", "agent")
    assert api.get(f"/prompts/{prompt['id']}/serialize") == api.get(f"/agents/{agent['id']}/serialize").replace(
        "max_iterations: 5\ntools: []\n", ""
    )
    assert (prompt["temperature"], prompt["inputs"]) == (0.5, [{"name": "name"}])


def test_document_may_add_to_a_file_of_a_text(seed: Seed) -> None:
    api = seed(
        {"Hello.prompt": "---\nmodel: m\n---\nHi\n", "logs.yaml": "files: [{type: prompt, path: Hello, logs: [{}]}]"}
    )
    assert [log["prompt"]["model"] for log in logs_of(api, "Hello")] == ["m"]


def test_datapoints_stand_in_the_document_or_beside_it(seed: Seed) -> None:
    versions = (
        "[{name: a, datapoints: x.csv}, {name: b, datapoints: x.jsonl}, {name: c, datapoints: [{inputs: {n: 1}}]}]"
    )
    rows = '{"inputs": {"country": "France"}, "target": {"output": "Paris"}}\n\n{"inputs": {"country": "Chad"}}\n'
    api = seed({"d/Set.yaml": f"type: dataset\nversions: {versions}\n", "d/x.csv": CSV, "d/x.jsonl": rows})
    records = api.get(f"/datasets/{at(api, 'd/Set')['id']}/versions")["records"]
    assert [(record["version_name"], record["datapoints_count"]) for record in records] == [
        ("c", 1),
        ("b", 2),
        ("a", 2),
    ]


def test_directories_and_environments(seed: Seed) -> None:
    api = seed(
        {
            "all.yaml": "directories: [a/b, c]\nenvironments: [canary, {name: live, tag: default}]",
            "Flow.yaml": "type: flow\nattributes: {}\ndeployed_to: [production]",
        }
    )
    assert [directory["path"] for directory in api.get("/directories")] == ["", "a", "a/b", "c"]
    shown = api.get(f"/flows/{at(api, 'Flow')['id']}/environments")
    assert {item["name"]: (item["tag"], bool(item["file"])) for item in shown} == {
        "production": ("other", True),
        "staging": ("other", False),
        "development": ("other", False),
        "canary": ("other", False),
        "live": ("default", True),
    }


def test_links_variables_and_monitors_are_named_by_path(seed: Seed) -> None:
    tool = "type: tool\nname: v1\nfunction: {name: look_up, description: It looks.}\nenvironment_variables: {KEY: x}\n"
    agent = """
        type: agent
        model: m
        tools:
          - {type: file, link: {path: z/Look up}}
          - {type: file, link: {path: z/Look up, version: v1}, on_agent_call: stop}
          - {type: file, link: {path: Capital, environment: production}}
    """
    monitors = "monitors: [z/Correct, {path: z/Correct, environment: production, state: inactive}]\n"
    api = seed(
        {
            "Agent.yaml": agent,
            "Capital.yaml": CAPITAL + "linked_tools: [z/Look up]\n" + monitors,
            "z/Look up.yaml": tool,
            "z/Correct.yaml": CORRECT,
        }
    )
    tool_id = at(api, "z/Look up")["id"]
    assert [item["name"] for item in at(api, "Capital")["linked_tools"]] == ["look_up"]
    assert [item["file"]["path"] for item in at(api, "Agent")["tools"]] == ["z/Look up", "z/Look up", "Capital"]
    assert api.get(f"/tools/{tool_id}/environment-variables") == [{"name": "KEY", "value": "x"}]
    watching = at(api, "Capital")["evaluators"]
    assert [(item["version"]["path"], item["version_reference"]["type"], item["state"]) for item in watching] == [
        ("z/Correct", "version", "active"),
        ("z/Correct", "environment", "inactive"),
    ]


# Logs.


def test_log_takes_what_it_leaves_unsaid_from_where_it_stands(seed: Seed) -> None:
    logs = """
logs:
  - {log_id: log_1, inputs: {country: France}, output: Paris, created_at: 2025-03-03T09:00, judgments: {Correct: true}}
  - {log_id: log_2, dataset: Countries, inputs: {country: Peru}, judgments: {Correct: {error: It broke.}}}
"""
    api = seed(
        {"Capital.yaml": CAPITAL + logs, "Correct.yaml": CORRECT, "Countries.yaml": COUNTRIES, "countries.csv": CSV}
    )
    first, second = (api.get(f"/logs/{uid}") for uid in ("log_1", "log_2"))
    [judgment] = first["evaluator_logs"]
    assert (first["output"], first["source_datapoint_id"], judgment["judgment"]) == ("Paris", None, True)
    assert first["created_at"] == judgment["created_at"] == "2025-03-03T09:00:00.000000Z"
    assert second["source_datapoint_id"].startswith("dp_")
    assert [log["error"] for log in second["evaluator_logs"]] == ["It broke."]


def test_times_are_numbers_or_texts_in_every_file(seed: Seed) -> None:
    flow = "type: flow\nattributes: {}\nlogs: "
    api = seed(
        {
            "A.yaml": flow + "[{created_at: 1732000000.5}, {created_at: '1732000000500'}]",
            "B.yaml": flow + "b.jsonl",
            "b.jsonl": '{"created_at": 1732000000500}\n{"created_at": "2024-11-19 07:06:40.5"}\n',
        }
    )
    times = {log["created_at"] for path in ("A", "B") for log in logs_of(api, path)}
    assert times == {"2024-11-19T07:06:40.500000Z"}


def test_log_names_its_version(seed: Seed) -> None:
    versions = "versions: [{name: a, model: m-1}, {name: b, model: m-2, deployed_to: [production]}]\n"
    api = seed({"P.yaml": f"type: prompt\n{versions}logs: [{{version: a}}, {{}}]"})
    assert [log["prompt"]["version_name"] for log in logs_of(api, "P")] == ["a", "b"]


def test_children_make_a_trace(seed: Seed) -> None:
    flow = """
        type: flow
        attributes: {}
        logs:
          - log_id: log_top
            start_time: 2025-03-03T09:00:00
            created_at: 2025-03-03T09:00:00
            judgments: {Correct: false}
            children:
              - path: Capital
                end_time: 2025-03-03T09:00:05
                children: [{path: Capital, output: deep, judgments: {Correct: true}}]
              - {path: Capital, output: last}
          - {log_id: log_open, log_status: incomplete, children: [{path: Capital}]}
          - {log_id: log_alone}
    """
    api = seed({"Flow.yaml": flow, "Capital.yaml": CAPITAL, "Correct.yaml": CORRECT})
    top = api.get("/logs/log_top")
    assert (top["log_status"], top["end_time"]) == ("complete", "2025-03-03T09:00:05.000000Z")
    one, last = top["trace_children"]
    [deep] = one["trace_children"]
    assert (last["output"], deep["output"], deep["created_at"]) == ("last", "deep", "2025-03-03T09:00:00.000000Z")
    assert [[log["judgment"] for log in at["evaluator_logs"]] for at in (top, deep)] == [[False], [True]]
    assert [api.get(f"/logs/{uid}")["log_status"] for uid in ("log_open", "log_alone")] == ["incomplete", "complete"]


# Evaluations.

EVALUATED = {
    "Capital.yaml": "type: prompt\nversions: [{name: a, model: m-1}, {name: b, model: m-2}]\nlogs: capital.jsonl\n",
    "Correct.yaml": CORRECT,
    "Countries.yaml": COUNTRIES,
    "countries.csv": CSV,
    "capital.jsonl": '{"log_id": "log_1", "version": "a", "inputs": {}, "judgments": {"Correct": true}}\n',
}
RUN = {"run.jsonl": '{"inputs": {"country": "France"}, "output": "Paris", "judgments": {"Correct": true}}\n'}


def test_evaluations_have_runs_logs_and_judgments(seed: Seed) -> None:
    evaluations = """
        evaluations:
          - name: First
            file: Capital
            created_at: 2025-03-10T09:00
            evaluators: [Correct]
            runs:
              - {key: short, version: a, dataset: Countries, logs: [log_1]}
              - version: b
                dataset: Countries
                control: true
                created_at: 2025-03-10T09:05
                logs:
                  - {inputs: {country: France}, judgments: {Correct: true}}
                  - {inputs: {country: Peru}, judgments: {Correct: null}}
          - name: Second
            file: Capital
            evaluators: [{path: Correct, orchestrated: false}]
            runs: [{run: short}, {version: b, dataset: Countries, logs: run.jsonl, status: cancelled}]
    """
    api = seed({**EVALUATED, **RUN, "evaluations.yaml": evaluations})
    second, first = api.get(f"/evaluations?file_id={at(api, 'Capital')['id']}")["records"]
    assert (first["name"], first["created_at"][:10]) == ("First", "2025-03-10")
    assert [evaluation["evaluators"][0]["orchestrated"] for evaluation in (first, second)] == [True, False]

    def runs_of(evaluation: Any) -> list[Any]:
        runs = api.get(f"/evaluations/{evaluation['id']}/runs")["runs"]
        return sorted(runs, key=lambda run: (run["version"]["version_name"], run["status"]))

    assert [
        [(run["version"]["version_name"], run["status"], run["control"]) for run in runs_of(evaluation)]
        for evaluation in (first, second)
    ] == [
        [("a", "running", False), ("b", "completed", True)],
        [("a", "running", True), ("b", "cancelled", False)],
    ]
    assert runs_of(first)[0]["id"] == runs_of(second)[0]["id"]
    stats = {run["run_id"]: run for run in api.get(f"/evaluations/{first['id']}/stats")["run_stats"]}
    [found] = stats[runs_of(first)[1]["id"]]["evaluator_stats"]
    assert (found["num_true"], found["num_false"], found["num_nulls"]) == (1, 0, 1)
    linked = api.get(f"/evaluations/{first['id']}/logs?run_id={runs_of(first)[1]['id']}")["records"]
    assert [record["datapoint"]["target"] for record in linked] == [{"output": "Paris"}, {"output": "Lima"}]


def test_logs_of_one_run_do_not_fill_another(seed: Seed) -> None:
    runs = "runs: [{version: a, dataset: Countries}, {version: a, dataset: Countries, logs: run.jsonl}]"
    api = seed({**EVALUATED, **RUN, "e.yaml": f"evaluations: [{{file: Capital, evaluators: [Correct], {runs}}}]"})
    [evaluation] = api.get(f"/evaluations?file_id={at(api, 'Capital')['id']}")["records"]
    stats = api.get(f"/evaluations/{evaluation['id']}/stats")["run_stats"]
    assert [run["num_logs"] for run in stats] == [1, 0]


def test_judgments_in_a_run_are_of_the_evaluation_s_version(seed: Seed) -> None:
    number = SPEC.replace("boolean", "number")
    versions = f"versions: [{{name: old, spec: {number}}}, {{name: new, spec: {SPEC}, deployed_to: [production]}}]"
    run = "{version: a, logs: [{judgments: {Judge: 0.5}}]}"
    evaluation = f"evaluations: [{{file: Capital, evaluators: [{{path: Judge, version: old}}], runs: [{run}]}}]"
    api = seed({**EVALUATED, "Judge.yaml": f"type: evaluator\n{versions}", "e.yaml": evaluation})
    [found] = api.get(f"/evaluations?file_id={at(api, 'Capital')['id']}")["records"]
    assert api.get(f"/evaluations/{found['id']}/stats")["run_stats"][0]["evaluator_stats"][0]["mean"] == 0.5


def test_existing_logs_join_a_run(seed: Seed) -> None:
    logged = '{"version": "a", "dataset": "Countries", "inputs": {"country": "France"}}'
    run = "{version: a, dataset: Countries, use_existing_logs: true}"
    evaluation = f"evaluations: [{{file: Capital, evaluators: [Correct], runs: [{run}]}}]"
    api = seed({**EVALUATED, "capital.jsonl": logged, "e.yaml": evaluation})
    [evaluation] = api.get(f"/evaluations?file_id={at(api, 'Capital')['id']}")["records"]
    assert api.get(f"/evaluations/{evaluation['id']}/logs")["total"] == 1


class Eager(Jobs):
    """Runs every Evaluator that it can, and fails the test when it is asked to."""

    judged = ("python", "llm")

    def judge(self, organisation: int, logs: list[int]) -> None:
        pytest.fail("A job was started.")

    def fill(self, organisation: int, run: int, after: int = -1) -> None:
        pytest.fail("A job was started.")


def test_seeding_starts_no_job_and_leaves_nothing_to_judge(app: Flask, folder: Path) -> None:
    code = SPEC.replace("external", "python, code: 'def f(log): return 1'")
    monitored = "files: [{type: prompt, path: Capital, monitors: [Correct], logs: [{version: a}]}]"
    run = "{version: a, dataset: Countries, orchestrated: true, logs: [log_1, {inputs: {country: France}}]}"
    evaluations = f"evaluations: [{{file: Capital, evaluators: [Correct], runs: [{run}]}}]"
    write(folder, {**EVALUATED, "Correct.yaml": f"type: evaluator\nspec: {code}\n"})
    write(folder, {"evaluations.yaml": evaluations, "monitored.yaml": monitored})
    emulator = app.extensions["emulator"]
    store(open_workspace(emulator.db, "default", emulator.clock, emulator.ids, jobs=Eager()), folder)
    assert [len(log["evaluator_logs"]) for log in logs_of(Api(app), "Capital")] == [1, 0, 0]
    assert outstanding(emulator.db) == {}


# Order.


def test_documents_are_read_in_lexical_order(seed: Seed) -> None:
    log = "files: [{type: flow, path: F, logs: [{output: '%s'}]}]"
    names = ("a/z.yaml", "b.yaml", "a/b.yaml", "a.yaml")
    api = seed({"0.yaml": "type: flow\npath: F\nattributes: {}\n", **{name: log % name for name in names}})
    assert [log["output"] for log in logs_of(api, "F")] == ["a.yaml", "a/b.yaml", "a/z.yaml", "b.yaml"]


def test_what_is_no_seed_is_left_alone(seed: Seed) -> None:
    api = seed({"README.md": "# Seed", ".git/config.yaml": "][", "notes.txt": "x", ".hidden.jsonl": "{"})
    assert api.get("/files")["total"] == 0
