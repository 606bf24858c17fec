"""A workspace for converters: every kind of evaluator, every form of template, all sorts of names."""

import json
from collections.abc import Callable
from pathlib import Path

from click.testing import CliRunner, Result

from humanloop_emulator.commands.cli import main
from humanloop_emulator.json_types import JsonObject
from tests.builders.files import spec
from tests.builders.models import llm, python
from tests.conftest import Api

Convert = Callable[..., Path]

EXACT = """PREFIXES = ("It is ",)


def stripped(text):
    for prefix in PREFIXES:
        text = text.removeprefix(prefix)
    return text


def exact(log, testcase):
    return stripped(log["output"]) == testcase["target"]["capital"]
"""
LENGTH = "def length(log):\n    return len(log['output'])"
LANGUAGE = "def language(log):\n    return 'English' if log['output'].isascii() else 'other'"
TEMPLATE = [
    {"role": "system", "content": 'You know {{place.kind}}s. Never say {% "no" %} or {{ a b }}.'},
    {"role": "user", "content": "What is the capital of {{ country }}?"},
]
CAPITAL = {
    "type": "function",
    "function": {
        "name": "look_up",
        "description": "Finds a capital.",
        "parameters": {"type": "object", "properties": {"country": {"type": "string"}}},
    },
}
QUOTES = 'France "la belle"\nof {{ today }}'


GPT = {"model": "gpt-4o"}
RIGHT = "Asked: {{log.inputs.country}} {{testcase.inputs.country}}. Is {{log.output}} {{testcase.target.capital}}?"
GRADE = "Grade {{log.output}}. {{log_prompt}}"
TONE = "Tone of {{log.output}}, as {{testcase.target.tones[0].name}}?"
LANGUAGES = [{"name": "English"}, {"name": "other", "valence": "negative"}]
OPTIONS = [{"name": "warm", "valence": "positive"}, {"name": "cold", "valence": "negative"}]
EVALUATORS = {
    "checks/Exact": python(EXACT, compares=True),
    "checks/Length": python(LENGTH, "number"),
    "checks/Language": python(LANGUAGE, "select", options=LANGUAGES),
    "checks/Right": llm(RIGHT, compares=True, prompt=GPT),
    "checks/Grade": llm(GRADE, "number", prompt={**GPT, "temperature": 0}, number_limits={"min": 1, "max": 5}),
    "checks/Tone": llm(TONE, "select", prompt=GPT, options=OPTIONS),
    "people/Comment": spec("text", evaluator_type="human", instructions="What should be better?"),
    "people/Problems with a long name, and: signs": spec("multi_select", evaluator_type="human", options=OPTIONS),
    "code/Cost": spec("number", number_limits={"min": 0}),
}


def fill(api: Api) -> None:
    """Make prompts, an agent, datasets, evaluators, an Evaluation, a flow."""
    evaluators = [
        api.post("/evaluators", {"path": path, "spec": content})["version_id"] for path, content in EVALUATORS.items()
    ]
    points = [
        {"inputs": {"country": QUOTES, "place.kind": "capital"}, "target": {"capital": "Paris"}},
        {"inputs": {"country": "Japan", "place.kind": "city"}, "target": {"capital": "Tokyo"}},
    ]
    dataset = api.post("/datasets", {"path": "geography/Countries", "datapoints": points})
    tool = api.post("/tools", {"path": "geography/Look up", "function": CAPITAL["function"]})
    small = {"path": "geography/Capital", "model": "gpt-4o", "template": TEMPLATE, "version_name": "small"}
    prompt = api.post("/prompts", {**small, "temperature": 0.2, "max_tokens": 50, "linked_tools": [tool["id"]]})
    api.post("/prompts", {**small, "version_name": "Big/new", "model": "claude-sonnet-4-5", "provider": "anthropic"})
    body = {"file": {"id": prompt["id"]}, "evaluators": [{"version_id": uid} for uid in evaluators]}
    evaluation = api.post("/evaluations", body)
    references = {"dataset": {"version_id": dataset["version_id"]}, "version": {"version_id": prompt["version_id"]}}
    api.post(f"/evaluations/{evaluation['id']}/runs", references | {"orchestrated": False})
    image = [{"type": "text", "text": "Where is {{this}}?"}, {"type": "image_url", "image_url": {"url": "{{url}}"}}]
    api.post(
        "/prompts", {"path": "geography/Look", "model": "gpt-4o", "template": [{"role": "user", "content": image}]}
    )
    api.post("/prompts", {"path": "../up", "model": "m", "provider": "cohere", "template": "Complete {{this}}"})
    api.post("/prompts", {"path": "geography/Bare", "model": "gpt-4o"})
    jinja = {"template": "{% for x in xs %}{{ x | upper }}{% endfor %}", "template_language": "jinja"}
    api.post("/prompts", {"path": "geography/Loop", "model": "gpt-4o", **jinja})
    inline = {"type": "inline", "json_schema": CAPITAL["function"], "on_agent_call": "continue"}
    api.post("/agents", {"path": "geography/Guide", "model": "gpt-4o", "template": "Show {{this}}.", "tools": [inline]})
    talk = [{"inputs": {"country": "Chad"}, "messages": [{"role": "user", "content": "Hello"}]}]
    api.post("/datasets", {"path": "geography/Talks", "datapoints": talk})
    api.post("/flows", {"path": "geography/Flow", "attributes": {}})


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["convert", *words])


def lines(path: Path) -> list[JsonObject]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def notes(folder: Path) -> list[str]:
    return (folder / "notes.txt").read_text().splitlines()
