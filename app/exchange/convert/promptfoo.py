"""promptfoo: a folder for each prompt, with the configuration, the prompts, the tests and the asserts."""

import json

import yaml

from ...json_types import Json, JsonObject
from ...templating.templates import lookup
from .chat import identifier, messages_of, note_names, rewritten
from .output import Output, json_lines, json_text
from .promptfoo_asserts import Looks, assert_of
from .promptfoo_parts import escaped, provider_of
from .source import Dataset, Source, Subject

SCHEMA = "# yaml-language-server: $schema=https://promptfoo.dev/config-schema.json\n"


def convert(source: Source, output: Output) -> None:
    """Write a folder for each prompt and agent; datasets and evaluators without one are left out."""
    for subject in source.subjects:
        _subject(subject, output)
    used = {subject.dataset.path for subject in source.subjects if subject.dataset}
    for dataset in source.datasets:
        if dataset.path not in used:
            output.note(f"{dataset.path} was not used by any converted prompt: name both to combine them.")


def _subject(subject: Subject, output: Output) -> None:
    folder = output.folder(subject.path)
    if subject.works:
        output.note(f"{subject.path} is an agent: it is called once, and nothing runs the tools that it calls.")
    prompts, providers = [], []
    for label, version in subject.versions.items():
        messages = messages_of(version)
        if not messages:
            output.note(f"{subject.path}, version {label}, has no template and is left out.")
            continue
        file = output.file(f"{folder}/prompts", label, ".json")
        output.files[f"{folder}/prompts/{file}"] = json_text(_nunjucks(subject, label, version, messages, output))
        prompts.append({"id": f"file://prompts/{file}", "label": label})
        providers.append({**provider_of(version, output), "label": f"{version['model']} ({label})", "prompts": [label]})
    if not prompts:
        return
    looks: Looks = {}
    asserts = [made for item in subject.evaluators if (made := assert_of(item, folder, looks, output))]
    config: JsonObject = {
        "description": f"{subject.path}, from Humanloop",
        "prompts": prompts,
        "providers": providers,
        **({"defaultTest": {"assert": asserts}} if asserts else {}),
    }
    if subject.dataset:
        output.files[f"{folder}/tests.jsonl"] = json_lines(_tests(subject.dataset, looks, output))
        config["tests"] = "file://tests.jsonl"
    else:
        output.note(f"{subject.path} was not evaluated on a dataset: write tests, or name a dataset.")
    text = yaml.safe_dump(config, sort_keys=False, allow_unicode=True, width=120)
    output.files[f"{folder}/promptfooconfig.yaml"] = SCHEMA + text


def _nunjucks(
    subject: Subject, label: str, version: JsonObject, messages: list[JsonObject], output: Output
) -> list[JsonObject]:
    """Return the messages for Nunjucks; Jinja stays as it is, since most of it is the same."""
    if version["template_language"] == "jinja":
        output.note(f"{subject.path}, version {label}, uses Jinja: Nunjucks differs in some filters and tests.")
        return messages
    note_names(subject, version, output)
    return rewritten(messages, lambda name: "{{" + identifier(name) + "}}", escaped)


def _tests(dataset: Dataset, looks: Looks, output: Output) -> list[JsonObject]:
    """Return a test for each datapoint; its variables are the inputs, what rubrics use, and all of it for Python."""
    tests = []
    for point in dataset.datapoints:
        inputs = {identifier(name): value for name, value in (point["inputs"] or {}).items()}
        if point["messages"]:
            output.note(f"{dataset.path} has messages: they are in `testcase.messages`, but no prompt uses them.")
        if "testcase" in inputs:
            output.note(f"{dataset.path} has an input `testcase`, a name that asserts need: the input is left out.")
        testcase = {name: point[name] for name in ("inputs", "messages", "target") if point[name] is not None}
        seen = {name: _text(lookup(path, {"testcase": testcase})) for name, path in looks.items()}
        tests.append({"vars": {**inputs, **seen, "testcase": testcase}, "metadata": {"datapoint": point["id"]}})
    return tests


def _text(value: Json) -> str:
    """Return a value as Humanloop's templates write it; a missing one is empty."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
