"""`convert`: what other tools get, held to their forms as we checked them with their packages (docs/leaving.md)."""

import json
import re
from pathlib import Path

import pytest
import yaml

from humanloop_emulator.exchange.convert import langfuse
from humanloop_emulator.exchange.convert.output import Output
from humanloop_emulator.exchange.convert.source import Dataset, Source
from humanloop_emulator.json_types import JsonObject
from tests.builders import conversions
from tests.builders.conversions import Convert, lines, notes, run
from tests.conftest import Api, make_app
from tests.databases import database_at


def defined(path: Path) -> JsonObject:
    """Run a Python file that was written, and return what it defines."""
    names: JsonObject = {}
    exec(compile(path.read_text(), str(path), "exec"), names)
    return names


class TestPromptfoo:
    @pytest.fixture
    def folder(self, convert: Convert) -> Path:
        return convert("promptfoo", "--all-versions") / "geography/Capital"

    @pytest.fixture
    def config(self, folder: Path) -> JsonObject:
        return yaml.safe_load((folder / "promptfooconfig.yaml").read_text())

    def test_each_version_is_a_prompt_with_its_model(self, folder: Path, config: JsonObject) -> None:
        assert config["prompts"] == [
            {"id": "file://prompts/small.json", "label": "small"},
            {"id": "file://prompts/Big_new.json", "label": "Big/new"},
        ]
        small, big = config["providers"]
        assert (small["id"], small["prompts"]) == ("openai:chat:gpt-4o", ["small"])
        assert (big["id"], big["prompts"]) == ("anthropic:messages:claude-sonnet-4-5", ["Big/new"])
        assert "config" not in big  # defaults are not said
        assert {**small["config"], "tools": None} == {"temperature": 0.2, "max_tokens": 50, "tools": None}
        [tool] = small["config"]["tools"]
        assert (tool["type"], tool["function"]["name"]) == ("function", "look_up")

    def test_templates_are_what_nunjucks_reads(self, folder: Path) -> None:
        system, user = json.loads((folder / "prompts/small.json").read_text())
        raw = '{% raw %}s. Never say {% "no" %} or {{ a b }}.{% endraw %}'
        assert system == {"role": "system", "content": "You know {{place_kind}}" + raw}
        assert user == {"role": "user", "content": "What is the capital of {{country}}?"}

    def test_datapoints_are_tests(self, folder: Path, config: JsonObject) -> None:
        assert config["tests"] == "file://tests.jsonl"
        first, _ = lines(folder / "tests.jsonl")
        assert first["vars"] == {
            "country": conversions.QUOTES,
            "place_kind": "capital",
            "testcase_target_capital": "Paris",
            "testcase_target_tones_0__name": "",
            "testcase": {
                "inputs": {"country": conversions.QUOTES, "place.kind": "capital"},
                "target": {"capital": "Paris"},
            },
        }
        assert first["metadata"]["datapoint"].startswith("dp_")

    def test_python_evaluators_are_files_that_judge(self, folder: Path, config: JsonObject) -> None:
        checks = config["defaultTest"]["assert"]
        python = {item["metric"]: item["value"].removeprefix("file://") for item in checks if item["type"] == "python"}
        assert list(python) == ["checks/Exact", "checks/Length", "checks/Language"]
        context = {"vars": lines(folder / "tests.jsonl")[0]["vars"]}
        judge = {metric: defined(folder / file)["get_assert"] for metric, file in python.items()}
        right = judge["checks/Exact"]("It is Paris", context)
        assert right == {"pass": True, "score": 1.0, "reason": "exact: True"}
        assert judge["checks/Exact"]("Rome", context)["pass"] is False
        assert judge["checks/Length"]("Rome", context) == {"pass": True, "score": 4.0, "reason": "length: 4"}
        assert judge["checks/Language"]("Zürich", context) == {"pass": False, "score": 0.0, "reason": "language: other"}
        assert judge["checks/Language"]("Rome", {"vars": {}})["score"] == 1.0

    def test_llm_evaluators_are_rubrics(self, config: JsonObject) -> None:
        rubrics = {item["metric"]: item for item in config["defaultTest"]["assert"] if item["type"] == "llm-rubric"}
        assert list(rubrics) == ["checks/Right", "checks/Grade", "checks/Tone"]
        asked, form = json.loads(rubrics["checks/Right"]["rubricPrompt"])
        text = "Asked: {{country}} {{country}}. Is {{output}} {{testcase_target_capital}}?"
        assert asked == {"role": "user", "content": text}
        assert '{"reason": "…", "pass": true, "score": 1}' in form["content"]
        asked = json.loads(rubrics["checks/Tone"]["rubricPrompt"])[0]
        assert asked["content"] == "Tone of {{output}}, as {{testcase_target_tones_0__name}}?"
        assert "false if you chose one of cold" in json.loads(rubrics["checks/Tone"]["rubricPrompt"])[-1]["content"]
        assert rubrics["checks/Grade"]["provider"] == {"id": "openai:chat:gpt-4o", "config": {"temperature": 0}}

    def test_rubrics_look_at_texts_alone(self, folder: Path, config: JsonObject) -> None:
        """promptfoo shows objects to rubrics as texts: `{{testcase.target.capital}}` would be empty."""
        rubrics = [item["rubricPrompt"] for item in config["defaultTest"]["assert"] if "rubricPrompt" in item]
        named = {name for rubric in rubrics for name in re.findall(r"\{\{(.*?)\}\}", rubric)} - {"output"}
        assert len(named) == 3
        for test in lines(folder / "tests.jsonl"):
            assert named <= {name for name, value in test["vars"].items() if isinstance(value, str)}

    def test_what_has_no_place_is_told(self, folder: Path) -> None:
        told = notes(folder.parents[1])
        for note in (
            "people/Comment is left out: it is judged by people.",
            "code/Cost is left out: it is judged by your own code.",
            "checks/Length returns a number: every answer passes until you set a `threshold`.",
            "checks/Grade uses `log_prompt`, which promptfoo does not have: it is left empty.",
            "geography/Capital: the variable `place.kind` is renamed to `place_kind`.",
            "geography/Guide is an agent: it is called once, and nothing runs the tools that it calls.",
            "geography/Talks was not used by any converted prompt: name both to combine them.",
            "Not converted: 1 flow, 1 tool.",
        ):
            assert note in told
        assert any(note.startswith("geography/Bare, version prv_") and "no template" in note for note in told)
        assert any(note.startswith("geography/Loop, version prv_") and "Jinja" in note for note in told)

    def test_a_dataset_and_evaluators_can_be_named(self, convert: Convert) -> None:
        names = ("--dataset", "geography/Talks", "--evaluator", "checks/Length")
        folder = convert("promptfoo", "--file", "geography/Capital", *names)
        config = yaml.safe_load((folder / "geography/Capital/promptfooconfig.yaml").read_text())
        assert [item["metric"] for item in config["defaultTest"]["assert"]] == ["checks/Length"]
        [test] = lines(folder / "geography/Capital/tests.jsonl")
        assert test["vars"]["country"] == "Chad"
        assert test["vars"]["testcase"]["messages"][0]["content"] == "Hello"
        assert any("geography/Talks has messages" in note for note in notes(folder))

    def test_a_jinja_template_and_images_stay_as_they_are(self, convert: Convert) -> None:
        folder = convert("promptfoo", "--file", "geography")
        [loop] = (folder / "geography/Loop/prompts").iterdir()
        assert json.loads(loop.read_text())[0]["content"] == "{% for x in xs %}{{ x | upper }}{% endfor %}"
        [look] = (folder / "geography/Look/prompts").iterdir()
        text, image = json.loads(look.read_text())[0]["content"]
        assert (text["text"], image["image_url"]["url"]) == ("Where is {{this}}?", "{{url}}")


class TestOpenAiEvals:
    @pytest.fixture
    def folder(self, convert: Convert) -> Path:
        return convert("openai-evals", "--all-versions") / "geography/Capital"

    def test_datapoints_are_items_and_samples(self, folder: Path) -> None:
        item = lines(folder / "items.jsonl")[1]["item"]
        assert item.pop("datapoint_id").startswith("dp_")
        assert item == {"country": "Japan", "place_kind": "city", "target": {"capital": "Tokyo"}}
        sample = lines(folder / "samples small.jsonl")[1]
        assert sample["input"][1] == {"role": "user", "content": "What is the capital of Japan?"}
        assert sample["ideal"] == "Tokyo"

    def test_the_eval_says_what_items_hold_and_how_answers_are_graded(self, folder: Path) -> None:
        evaluation = json.loads((folder / "eval.json").read_text())
        config = evaluation["data_source_config"]
        assert (evaluation["name"], config["type"]) == ("geography/Capital", "custom")
        assert config["include_sample_schema"] is True
        kinds = {name: field["type"] for name, field in config["item_schema"]["properties"].items()}
        assert kinds == {"country": "string", "place_kind": "string", "target": "object", "datapoint_id": "string"}
        assert set(config["item_schema"]["required"]) == set(kinds)
        graders = {item["name"]: item for item in evaluation["testing_criteria"]}
        assert {name: grader["type"] for name, grader in graders.items()} == {
            "checks/Exact": "python",
            "checks/Length": "python",
            "checks/Language": "python",
            "checks/Right": "label_model",
            "checks/Grade": "score_model",
            "checks/Tone": "label_model",
        }
        right = graders["checks/Right"]
        text = "Asked: {{item.country}} {{item.country}}. Is {{sample.output_text}} {{item.target.capital}}?"
        assert right["input"] == [{"role": "user", "content": text}]
        assert (right["labels"], right["passing_labels"]) == (["True", "False"], ["True"])
        assert graders["checks/Tone"]["passing_labels"] == ["warm"]
        text = "Tone of {{sample.output_text}}, as {{item.target.tones[0].name}}?"
        assert graders["checks/Tone"]["input"] == [{"role": "user", "content": text}]
        assert graders["checks/Grade"]["range"] == [1, 5]
        assert graders["checks/Exact"]["pass_threshold"] == 1 and "pass_threshold" not in graders["checks/Length"]

    def test_python_graders_judge(self, folder: Path) -> None:
        [item, _] = [line["item"] for line in lines(folder / "items.jsonl")]
        graders = json.loads((folder / "eval.json").read_text())["testing_criteria"]
        found: JsonObject = {}
        for grader in graders[:3]:
            names: JsonObject = {}
            exec(grader["source"], names)
            found[grader["name"]] = [names["grade"]({"output_text": said}, item) for said in ("It is Paris", "Orléans")]
        assert found == {"checks/Exact": [1.0, 0.0], "checks/Length": [11.0, 7.0], "checks/Language": [1.0, 0.0]}

    def test_each_version_is_a_run(self, folder: Path) -> None:
        run = json.loads((folder / "run small.json").read_text())
        source = run["data_source"]
        assert (source["type"], source["source"]["type"], source["model"]) == ("completions", "file_id", "gpt-4o")
        template = source["input_messages"]["template"]
        assert template[1] == {"role": "user", "content": "What is the capital of {{item.country}}?"}
        assert source["sampling_params"]["max_completion_tokens"] == 50
        assert source["sampling_params"]["tools"][0]["function"]["name"] == "look_up"
        other = "geography/Capital, version Big/new, runs on anthropic: OpenAI's evals only run OpenAI's models."
        assert other in notes(folder.parents[1])

    def test_images_have_their_own_names_there(self, folder: Path) -> None:
        [run] = (folder.parent / "Look").glob("run *.json")
        [message] = json.loads(run.read_text())["data_source"]["input_messages"]["template"]
        text, image = message["content"]
        assert text == {"type": "input_text", "text": "Where is {{item.this}}?"}
        assert image == {"type": "input_image", "image_url": "{{item.url}}"}

    def test_a_dataset_alone_is_its_items(self, convert: Convert) -> None:
        folder = convert("openai-evals", "--file", "geography/Talks")
        [line] = lines(folder / "geography/Talks/items.jsonl")
        assert (line["item"]["country"], line["item"]["messages"][0]["content"]) == ("Chad", "Hello")


class TestLangfuse:
    @pytest.fixture
    def requests(self, convert: Convert) -> list[JsonObject]:
        found = lines(convert("langfuse", "--all-versions") / "requests.jsonl")
        assert {request["method"] for request in found} == {"POST"}
        return found

    def bodies(self, requests: list[JsonObject], path: str) -> list[JsonObject]:
        return [request["body"] for request in requests if request["path"] == f"/api/public/{path}"]

    def test_versions_are_prompts_in_their_order(self, requests: list[JsonObject]) -> None:
        made = [body for body in self.bodies(requests, "v2/prompts") if body["name"] == "geography/Capital"]
        small, big = made
        assert (small["type"], small["labels"], small["commitMessage"]) == ("chat", ["production"], "small")
        assert small["prompt"][1] == {"role": "user", "content": "What is the capital of {{ country }}?"}
        assert small["config"]["model"] == "gpt-4o" and small["config"]["temperature"] == 0.2
        assert small["config"]["tools"][0]["function"]["name"] == "look_up"
        assert (big["labels"], big["config"]) == ([], {"model": "claude-sonnet-4-5", "provider": "anthropic"})
        [text] = [body for body in self.bodies(requests, "v2/prompts") if body["name"] == "../up"]
        assert (text["type"], text["prompt"]) == ("text", "Complete {{this}}")

    def test_datasets_come_before_their_items(self, requests: list[JsonObject]) -> None:
        [dataset, _] = self.bodies(requests, "v2/datasets")
        assert dataset["name"] == "geography/Countries" and dataset["metadata"]["humanloop_id"].startswith("ds_")
        items = self.bodies(requests, "dataset-items")
        assert [item["datasetName"] for item in items] == ["geography/Countries"] * 2 + ["geography/Talks"]
        assert items[1]["input"] == {"country": "Japan", "place.kind": "city"}
        assert items[1]["expectedOutput"] == {"capital": "Tokyo"}
        assert items[2]["input"]["messages"][0]["content"] == "Hello" and "expectedOutput" not in items[2]
        assert len({item["id"] for item in items}) == 3
        order = [request["path"] for request in requests]
        assert order.index("/api/public/v2/datasets") < order.index("/api/public/dataset-items")

    def test_a_datapoint_of_two_datasets_is_two_items(self) -> None:
        output, point = Output(), {"id": "dp_1", "inputs": {"a": "b"}, "messages": None, "target": None}
        documents = [{"id": uid, "version_id": "dsv", "path": uid, "description": ""} for uid in ("ds_1", "ds_2")]
        langfuse.convert(Source(datasets=[Dataset(document, [point]) for document in documents]), output)
        ids = [json.loads(line)["body"].get("id") for line in output.files["requests.jsonl"].splitlines()]
        assert ids == [None, "ds_1:dp_1", None, "ds_2:dp_1"]

    def test_evaluators_are_score_configs(self, requests: list[JsonObject]) -> None:
        configs = {body["description"].partition(";")[0]: body for body in self.bodies(requests, "score-configs")}
        assert configs.keys() == conversions.EVALUATORS.keys()
        assert {body["dataType"] for body in configs.values()} == {"BOOLEAN", "NUMERIC", "CATEGORICAL", "TEXT"}
        grade = configs["checks/Grade"]
        assert (grade["minValue"], grade["maxValue"], "categories" in grade) == (1, 5, False)
        assert configs["checks/Tone"]["categories"] == [{"value": 0, "label": "warm"}, {"value": 1, "label": "cold"}]
        long = configs["people/Problems with a long name, and: signs"]["name"]
        assert long == "Problems with a long name_ and_ sig"  # 35 characters, and no others than Langfuse takes

    def test_llm_evaluators_judge_there_too(self, requests: list[JsonObject]) -> None:
        grade, right, tone = self.bodies(requests, "v2/evaluators")
        assert (right["type"], right["name"]) == ("llm_as_judge", "checks/Right")
        text = "Asked: {{input_country}} {{input_country}}. Is {{output}} {{expected_capital}}?"
        assert right["prompt"] == [{"role": "user", "content": text}]
        assert right["modelConfig"] == {"provider": "openai", "model": "gpt-4o"}
        assert right["variableMapping"] == [
            {"variable": "input_country", "source": "input", "jsonPath": "$['country']"},
            {"variable": "output", "source": "output"},
            {"variable": "expected_capital", "source": "expected_output", "jsonPath": "$['capital']"},
        ]
        assert right["outputDefinition"] == {"dataType": "BOOLEAN"}
        assert grade["outputDefinition"] == {"dataType": "NUMERIC", "minValue": 1, "maxValue": 5}
        assert tone["variableMapping"][1] == {
            "variable": "expected_tones_0_name",
            "source": "expected_output",
            "jsonPath": "$['tones'][0]['name']",
        }
        assert tone["outputDefinition"] == {
            "dataType": "CATEGORICAL",
            "categories": ["warm", "cold"],
            "shouldAllowMultipleMatches": False,
        }


class TestOpenAiChat:
    def test_each_version_is_a_request(self, convert: Convert) -> None:
        folder = convert("openai-chat", "--all-versions")
        body = json.loads((folder / "geography/Capital/small.json").read_text())
        assert body.pop("messages")[1] == {"role": "user", "content": "What is the capital of {{ country }}?"}
        assert body.pop("tools")[0]["function"]["name"] == "look_up"
        assert body == {"model": "gpt-4o", "temperature": 0.2, "max_tokens": 50}
        [guide] = (folder / "geography/Guide").iterdir()
        assert json.loads(guide.read_text())["tools"][0]["function"]["name"] == "look_up"
        assert any("Big/new, runs on anthropic" in note for note in notes(folder))


def test_versions_of_an_environment(convert: Convert) -> None:
    folder = convert("langfuse", "--environment", "production", "--file", "geography/Capital")
    [body] = [line["body"] for line in lines(folder / "requests.jsonl") if line["path"].endswith("prompts")]
    assert body["commitMessage"] == "small"


def test_examples_come_along_where_they_are_used_or_named(tmp_path: Path) -> None:
    db = database_at(tmp_path / "emulator.db")
    app = make_app(db=db, seed="default")
    api = Api(app)
    prompt = api.post("/prompts", {"path": "a", "model": "m", "template": "{{x}}"})
    used = "Example Evaluators/Code/Exact match"
    api.post("/evaluations", {"file": {"id": prompt["id"]}, "evaluators": [{"path": used}]})
    app.extensions["emulator"].runtime.close()
    told = run("langfuse", "--db", db).stdout
    assert used in told and told.count("Example Evaluators/") == 1
    assert run("langfuse", "--file", "Example Evaluators", "--db", db).stdout.count("/score-configs") > 5


def test_a_single_file_is_printed(db: str) -> None:
    done = run("langfuse", "--file", "geography/Countries", "--db", db)
    assert done.exit_code == 0 and done.stderr == ""
    first = json.loads(done.stdout.splitlines()[0])
    assert first["path"] == "/api/public/v2/datasets"


def test_a_summary_for_scripts(db: str, tmp_path: Path) -> None:
    done = run("langfuse", "--db", db, "-o", str(tmp_path / "out"), "--json")
    told = json.loads(done.stdout)
    assert (told["folder"], told["files"]) == (str(tmp_path / "out"), ["requests.jsonl"])
    assert "Not converted: 1 flow, 1 tool." in told["notes"] and done.stderr == ""


@pytest.mark.parametrize(
    ("words", "code", "complaint"),
    [
        (["promptfoo", "--file", "nothing"], 1, "There is nothing at `nothing`."),
        (["promptfoo", "--file", "geog"], 1, "There is nothing at `geog`."),
        (["promptfoo", "--dataset", "geography/Capital"], 1, "`geography/Capital` is of type prompt, not dataset."),
        (["promptfoo", "--evaluator", "checks/None"], 1, "There is no evaluator at `checks/None`."),
        (["promptfoo", "--environment", "moon"], 1, "Environment `moon` does not exist"),
        (["promptfoo", "--environment", "staging", "--file", "geography/Capital"], 1, "There is nothing to convert."),
        (["promptfoo"], 2, "files: name a folder with --output."),
        (["langfuse", "--json"], 2, "it needs --output"),
        (["langfuse", "--environment", "staging", "--all-versions"], 2, "--all-versions"),
        (["opik"], 2, "opik"),
        (["langfuse", "-o", "."], 1, "is not empty."),
    ],
)
def test_what_cannot_be_converted(
    db: Path, words: list[str], code: int, complaint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").touch()
    monkeypatch.chdir(tmp_path)
    done = run(*words, "--db", db)
    assert (done.exit_code, done.stdout) == (code, "")
    assert complaint in done.stderr.splitlines()[-1]
    assert [path.name for path in tmp_path.iterdir()] == ["here"]


def test_paths_never_lead_out_of_the_folder(tmp_path: Path) -> None:
    output = Output()
    names = [output.folder(path) for path in ("../../etc/passwd", "a/b", "A/B", "a/..", "c:\\d", ".hidden", "…")]
    assert names == ["_/_/etc/passwd", "a/b", "A/B 2", "a/_", "c__d", "hidden", "_"]
    output.files = {f"{name}/x": "1" for name in names}
    output.write(tmp_path / "out")
    assert len([path for path in (tmp_path / "out").rglob("*") if path.is_file()]) == len(names)
    assert list(tmp_path.iterdir()) == [tmp_path / "out"]
