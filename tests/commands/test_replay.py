"""`replay`: an evaluation again, on another model or version, beside its control."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from humanloop_emulator.client import Api as Client
from humanloop_emulator.client import of_application
from humanloop_emulator.commands.cli import main
from humanloop_emulator.json_types import JsonObject
from humanloop_emulator.replay.outcome import Stuck, wait
from humanloop_emulator.replay.plan import Wanted, begin
from tests.builders.evaluations import Lab
from tests.builders.models import EXACT, Models, python
from tests.builders.processes import ServerProcess
from tests.conftest import Api, make_app
from tests.databases import database_at
from tests.runtime.providers.stub_api import StubApi, stream, text

HUMAN = {"evaluator_type": "human", "arguments_type": "target_free", "return_type": "boolean"}


class Workspace:
    """A database in use, and the command on it."""

    def __init__(self, db: str) -> None:
        self.db = db
        self.app = make_app(db=db, jobs="immediate")
        self.api = Api(self.app)
        self.lab = Lab(self.api)
        Models(self.app).answer("{{1}}", match={"model": "model-2", "message": r"questions (\d+)"})
        Models(self.app).answer("seven", match={"model": "model-1"})

    def run(self, *words: str, to: tuple[str, ...] | None = None) -> Result:
        return CliRunner().invoke(main, ["replay", "--patience", "20", *words, *(to or ("--db", self.db))])

    def __call__(self, *words: str, **options: Any) -> JsonObject:
        """Replay, which succeeds, and return its JSON."""
        done = self.run(*words, "--json", **options)
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    def evaluator(self, spec: JsonObject, path: str) -> JsonObject:
        return self.api.post("/evaluators", {"path": path, "spec": spec})

    def evaluation(self, version: JsonObject, *evaluators: JsonObject, name: str = "All") -> str:
        body = {"file": {"id": version["id"]}, "name": name}
        references = [{"version_id": item["version_id"]} for item in evaluators]
        return self.api.post("/evaluations", body | {"evaluators": references})["id"]

    def add_run(self, evaluation: str, **body: JsonObject) -> str:
        references = {name: {"version_id": item["version_id"]} for name, item in body.items()}
        return self.api.post(f"/evaluations/{evaluation}/runs", references)["id"]

    def runs(self, evaluation: str) -> list[JsonObject]:
        return self.api.get(f"/evaluations/{evaluation}/runs")["runs"]

    def answers(self, evaluation: str, run: str) -> list[str]:
        records = self.api.get(f"/evaluations/{evaluation}/logs?run_id={run}&size=100")["records"]
        return [record["log"]["output"] for record in records]


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    workspace = Workspace(database_at(tmp_path / "emulator.db"))
    yield workspace
    workspace.app.extensions["emulator"].runtime.close()


def test_another_model_answers_the_dataset_of_the_control(workspace: Workspace) -> None:
    prompt, dataset = workspace.lab.prompt(), workspace.lab.dataset(30)
    exact = workspace.evaluator(python(EXACT, compares=True), "checks/Exact")
    evaluation = workspace.evaluation(prompt, exact)
    control = workspace.add_run(evaluation, dataset=dataset, version=prompt)
    replay = workspace("--evaluation", evaluation, "--model", "model-2", "--provider", "anthropic")
    assert replay["control_run_id"] == control
    assert replay["status"] == "completed" and replay["errors"] == []
    assert replay["scores"] == [{"evaluator": "checks/Exact", "control": 0.0, "replay": 1.0}]
    assert (replay["logs"], replay["compared"], replay["different"]) == (30, 30, 30)
    assert workspace.answers(evaluation, replay["run_id"]) == [str(number) for number in range(30)]
    [made, first] = workspace.runs(evaluation)
    assert (made["id"], first["id"]) == (replay["run_id"], control)
    assert made["dataset"]["version_id"] == dataset["version_id"]
    version = made["version"]
    assert (version["model"], version["provider"], version["template"]) == ("model-2", "anthropic", "{{question}}")
    assert version["version_id"] == replay["version_id"] and version["environments"] == []


def test_the_report_is_told_to_people_with_what_changed(workspace: Workspace) -> None:
    prompt, dataset = workspace.lab.prompt(), workspace.lab.dataset(2)
    exact = workspace.evaluator(python(EXACT, compares=True), "checks/Exact")
    evaluation = workspace.evaluation(prompt, exact, name="Before the move")
    workspace.add_run(evaluation, dataset=dataset, version=prompt)
    done = workspace.run("--file", prompt["path"], "--evaluation", "Before the move", "--model", "model-2")
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[0] == f"Evaluation report for {prompt['path']}"
    assert ["checks/Exact", "0.00", "1.00"] in [line.split() for line in lines]
    assert "2 of 2 outputs differ from the control's." in lines
    assert "checks/Exact: 0.00 -> 1.00 (+1.00)" in lines
    assert f"/evaluations/{evaluation}/stats" in lines[-1]


def test_logs_without_a_dataset_become_one(workspace: Workspace) -> None:
    template = [{"role": "system", "content": "About {{thing}}."}]
    prompt = workspace.api.post("/prompts", {"path": "qa/chat", "model": "model-1", "template": template})
    question = {"role": "user", "content": "questions 5"}
    fields = {"inputs": {"thing": "numbers"}, "output": "five"}
    added = workspace.lab.log(prompt, messages=[question], **fields)
    whole = {"role": "system", "content": "About letters."}  # as a caller logs it who called the model itself
    fields = {"inputs": {"thing": "letters", "limits": {"max": 3}}, "output": "seven"}
    alone = workspace.lab.log(prompt, messages=[whole, question], **fields)
    evaluation = workspace.evaluation(prompt)
    run = workspace.api.post(f"/evaluations/{evaluation}/runs", {})["id"]
    workspace.api.post(f"/evaluations/{evaluation}/runs/{run}/logs", {"log_ids": [added, alone]})

    replay = workspace("--evaluation", evaluation)
    assert (replay["logs"], replay["compared"], replay["different"]) == (2, 2, 1)
    dataset = workspace.runs(evaluation)[0]["dataset"]
    assert dataset["path"] == f"Replays/{run}"
    points = workspace.api.get(f"/datasets/{dataset['id']}/datapoints")["records"]
    assert [point["inputs"] for point in points] == [
        {"thing": "numbers"},
        {"thing": "letters", "limits": '{"max": 3}'},
    ]
    assert [point["target"] for point in points] == [{"output": "five"}, {"output": "seven"}]
    assert [[message["content"] for message in point["messages"]] for point in points] == [["questions 5"]] * 2
    assert workspace("--evaluation", evaluation)["dataset_version_id"] == dataset["version_id"]


def test_a_file_and_a_dataset_make_an_evaluation_with_a_control(workspace: Workspace) -> None:
    prompt, dataset = workspace.lab.prompt(), workspace.lab.dataset(2)
    exact = workspace.evaluator(python(EXACT, compares=True), "checks/Exact")
    workspace.evaluation(prompt, exact)
    real = workspace.lab.log(prompt, dataset["datapoints"][0], output="0")
    words = ("--file", prompt["path"], "--dataset", dataset["path"], "--model", "model-2")
    first = workspace(*words)
    assert first["scores"] == [{"evaluator": "checks/Exact", "control": 0.5, "replay": 1.0}]
    evaluation = first["evaluation_id"]
    assert workspace.api.get(f"/evaluations/{evaluation}")["name"] == f"Replay over {dataset['path']}"
    records = workspace.api.get(f"/evaluations/{evaluation}/logs?run_id={first['control_run_id']}")["records"]
    assert first["status"] == "completed"
    assert records[0]["log"]["id"] == real  # the answer that was there is not paid for twice
    assert [record["log"]["output"] for record in records] == ["0", "seven"]

    again = workspace(*words)
    assert (again["evaluation_id"], again["control_run_id"]) == (evaluation, first["control_run_id"])
    assert len(workspace.runs(evaluation)) == 3


def test_a_version_or_an_environment_is_run(workspace: Workspace) -> None:
    prompt, other, dataset = workspace.lab.prompt(), workspace.lab.prompt(model="model-2"), workspace.lab.dataset(2)
    environments = workspace.api.get(f"/prompts/{prompt['id']}/environments")
    staging = next(item["id"] for item in environments if item["name"] == "staging")
    workspace.api.post(f"/prompts/{prompt['id']}/environments/{staging}?version_id={other['version_id']}")
    words = ("--file", prompt["path"], "--dataset", dataset["path"], "--name", "Releases")
    for choice in (("--version-id", other["version_id"]), ("--environment", "staging")):
        replay = workspace(*words, *choice)
        assert replay["version_id"] == other["version_id"]
        assert workspace.answers(replay["evaluation_id"], replay["run_id"]) == ["0", "1"]
    assert [run["version"]["model"] for run in workspace.runs(replay["evaluation_id"])] == ["model-2"] * 2 + ["model-1"]


def test_people_are_not_waited_for(workspace: Workspace) -> None:
    prompt, dataset = workspace.lab.prompt(), workspace.lab.dataset(2)
    human = workspace.evaluator(HUMAN, "people/Rating")
    workspace.evaluator(python(EXACT, compares=True), "checks/Exact")
    evaluation = workspace.evaluation(prompt, human)
    replay = workspace("--evaluation", evaluation, "--dataset", dataset["path"], "--evaluator", "checks/Exact")
    assert (replay["status"], replay["waiting"]) == ("running", ["people/Rating"])
    assert replay["control_run_id"] is None
    assert [score["replay"] for score in replay["scores"]] == [None, 0.0]
    assert "Judgments are missing from: people/Rating." in workspace.run("--evaluation", evaluation).stdout


def test_a_real_model_is_asked_where_one_is_named(workspace: Workspace) -> None:
    prompt, dataset = workspace.lab.prompt(), workspace.lab.dataset(2)
    words = ("--file", prompt["path"], "--dataset", dataset["path"], "--model", "gpt-real")
    with StubApi() as stub:
        stub.replies.append(stream(*text("from afar")))
        replay = workspace(*words, "--openai-base-url", stub.url, "--openai-api-key", "sk-secret")
        assert [(body["model"], headers["authorization"]) for _, headers, body in stub.requests] == [
            ("gpt-real", "Bearer sk-secret")
        ] * 2
    assert workspace.answers(replay["evaluation_id"], replay["run_id"]) == ["from afar"] * 2


def test_failing_models_are_told_and_fail_the_command(workspace: Workspace) -> None:
    prompt, dataset = workspace.lab.prompt(), workspace.lab.dataset(2)
    Models(workspace.app).answer(match={"model": "model-3"}, error={"message": "Overloaded", "status": 503})
    done = workspace.run("--file", prompt["path"], "--dataset", dataset["path"], "--model", "model-3")
    assert done.exit_code == 1
    assert done.stderr.splitlines()[0] == "2 errors:"
    assert "Overloaded" in done.stderr
    assert done.stdout.startswith("Evaluation report for")


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--evaluation", "evr_0"], "There is no Evaluation with the ID `evr_0`; to name one, give its file too."),
        (["--evaluation", "None", "--file", "qa/answer"], "`qa/answer` has no Evaluation `None`."),
        (["--evaluation", "All", "--file", "qa/answer"], "has no Run: name a dataset."),
        (["--file", "qa/answer", "--dataset", "qa/answer"], "`qa/answer` is of type prompt, not dataset."),
        (["--file", "qa/nothing", "--dataset", "qa/questions"], "There is no file at `qa/nothing`."),
        (["--file", "qa/questions", "--dataset", "qa/questions"], "cannot be run again: its type is dataset."),
        (["--file", "qa/pipeline", "--dataset", "qa/questions"], "is of type flow, which runs in your own code"),
        (["--file", "qa/tool", "--dataset", "qa/questions", "--model", "m"], "is of type tool, which has no model."),
        (["--file", "qa/answer", "--dataset", "qa/questions", "--version-id", "prv_0"], "prv_0"),
        (["--file", "qa/answer", "--dataset", "qa/questions", "--evaluator", "checks/None"], "checks/None"),
    ],
)
def test_what_cannot_be_replayed_is_one_line(workspace: Workspace, words: list[str], complaint: str) -> None:
    prompt = workspace.lab.prompt()
    workspace.lab.dataset()
    workspace.lab.flow()
    workspace.api.post("/tools", {"path": "qa/tool", "source_code": "def f(question):\n    return question"})
    workspace.evaluation(prompt)
    done = workspace.run(*words)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("Error: ") and complaint in done.stderr and done.stderr.count("\n") == 1
    assert workspace.api.get(f"/evaluations?file_id={prompt['id']}")["total"] == 1


@pytest.mark.parametrize(
    "words",
    [
        ["--file", "qa/answer"],
        ["--dataset", "qa/questions", "--model", "m"],
        ["--evaluation", "e", "--version-id", "v", "--environment", "production"],
        ["--evaluation", "e", "--name", "n"],
        ["--evaluation", "e", "--db", "none.db"],
        ["--evaluation", "e", "--models", "no-such-folder"],
        ["--evaluation", "e", "--openai-base-url", "ftp://models"],
    ],
)
def test_wrong_usage(workspace: Workspace, words: list[str], tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["replay", "--db", workspace.db, *words])
    assert (done.exit_code, done.stdout) == (2, ""), done.output
    assert not (tmp_path / "none.db").exists()


@pytest.mark.parametrize("words", [["--organisation", "nobody"], ["--server", "http://127.0.0.1:9"]])
def test_what_cannot_be_reached_is_a_failure(workspace: Workspace, words: list[str]) -> None:
    done = CliRunner().invoke(main, ["replay", "--db", workspace.db, "--evaluation", "e", *words])
    assert (done.exit_code, done.stdout, len(done.stderr.splitlines())) == (1, "", 1), done.output


def test_nothing_happens_for_too_long() -> None:
    app = make_app(jobs="off")
    lab = Lab(Api(app))
    lab.prompt(), lab.dataset()
    with of_application(app, "default") as http:
        replay = begin(Client(http), Wanted(file="qa/answer", dataset="qa/questions"))
        with pytest.raises(Stuck, match=r"There was no progress for 0 seconds\. Logs: 0/3"):
            wait(Client(http), replay, 0)


def test_an_organisation_is_replayed_alone(workspace: Workspace) -> None:
    lab = Lab(Api(make_app(db=workspace.db, api_keys="key=team-b"), "key"))
    prompt, dataset = lab.prompt("b/answer"), lab.dataset(1)
    workspace.lab.prompt()
    words = ("--file", prompt["path"], "--dataset", dataset["path"])
    assert "There is no file" in workspace.run(*words).stderr
    assert workspace(*words, "--organisation", "team-b")["logs"] == 1


def test_a_server_does_it_and_is_converted(workspace: Workspace, tmp_path: Path) -> None:
    prompt, dataset = workspace.lab.prompt(), workspace.lab.dataset(3)
    server = ServerProcess(workspace.db, tmp_path / "errors.txt", "--api-keys", "secret=default")
    server.start()
    try:
        words = ("--file", prompt["path"], "--dataset", dataset["path"], "--model", "model-2")
        replay = workspace(*words, to=("--server", server.url, "--api-key", "secret"))
        assert (replay["status"], replay["different"]) == ("completed", 3)
        words = ("convert", "langfuse", "--file", dataset["path"], "--server", server.url, "--api-key", "secret")
        assert len(CliRunner().invoke(main, words).stdout.splitlines()) == 4
        words = ("--file", prompt["path"], "--dataset", dataset["path"])
        refused = workspace.run(*words, to=("--server", f"{server.url}/v5", "--api-key", "other"))
        assert refused.exit_code == 1 and "does not accept the API key" in refused.stderr
    finally:
        server.close()
