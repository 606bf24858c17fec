"""OpenAI's evals: the bodies of requests to the Evals API, and datasets as JSONL for it and for `evals`."""

import json

from ...errors import Invalid
from ...json_types import JsonObject
from ...templating.templates import populate
from .chat import identifier, messages_of, note_names, parameters_of, rewritten, tools_of
from .openai_graders import grader_of, role_of
from .output import Output, json_lines, json_text
from .source import Dataset, Source, Subject

SAMPLING = {"max_tokens": "max_completion_tokens"}  # other names than Humanloop's
TAKEN = ("temperature", "max_tokens", "top_p", "seed", "response_format", "reasoning_effort")


def convert(source: Source, output: Output) -> None:
    """Write a folder for each prompt, and one for each dataset that no prompt uses."""
    for subject in source.subjects:
        _subject(subject, output)
    used = {subject.dataset.path for subject in source.subjects if subject.dataset}
    for dataset in source.datasets:
        if dataset.path not in used:
            output.files[f"{output.folder(dataset.path)}/items.jsonl"] = json_lines(_items(dataset))


def _subject(subject: Subject, output: Output) -> None:
    folder, dataset = output.folder(subject.path), subject.dataset
    if subject.works:
        output.note(f"{subject.path} is an agent: it is called once, and nothing runs the tools that it calls.")
    if dataset:
        output.files[f"{folder}/items.jsonl"] = json_lines(_items(dataset))
    else:
        output.note(f"{subject.path} was not evaluated on a dataset, but a run needs items.")
    graders = [made for evaluator in subject.evaluators if (made := grader_of(evaluator, output))]
    output.files[f"{folder}/eval.json"] = json_text(
        {
            "name": subject.path,
            "data_source_config": {
                "type": "custom",
                "item_schema": _schema(subject, dataset),
                "include_sample_schema": True,
            },
            "testing_criteria": graders,
        }
    )
    for label, version in subject.versions.items():
        messages = messages_of(version)
        if not messages:
            output.note(f"{subject.path}, version {label}, has no template and is left out.")
            continue
        name = output.file(folder, f"run {label}", ".json")
        output.files[f"{folder}/{name}"] = json_text(_run(subject, label, version, messages, output))
        if dataset:
            samples = list(_samples(subject, label, version, dataset, output))
            name = output.file(folder, f"samples {label}", ".jsonl")
            output.files[f"{folder}/{name}"] = json_lines(samples)


def _items(dataset: Dataset) -> list[JsonObject]:
    """Return the datapoints as the lines of an uploaded file: inputs by their names, then target and messages."""
    return [{"item": item_of(point)} for point in dataset.datapoints]


def item_of(point: JsonObject) -> JsonObject:
    """Return a datapoint as the `item` that the templates of evals see."""
    inputs = {identifier(name): value for name, value in (point["inputs"] or {}).items()}
    more = {name: point[name] for name in ("target", "messages") if point[name]}
    return {**inputs, **more, "datapoint_id": point["id"]}


def _schema(subject: Subject, dataset: Dataset | None) -> JsonObject:
    items = [item_of(point) for point in dataset.datapoints] if dataset else []
    names = dict.fromkeys(name for item in items for name in item)
    for version in subject.versions.values():
        names |= dict.fromkeys(identifier(variable["name"]) for variable in version["inputs"])
    types = {"target": "object", "messages": "array"}
    return {
        "type": "object",
        "properties": {name: {"type": types.get(name, "string")} for name in names},
        "required": [name for name in names if all(name in item for item in items)] if items else [],
    }


def _run(subject: Subject, label: str, version: JsonObject, messages: list[JsonObject], output: Output) -> JsonObject:
    """Return the body of the request for a run; the id of the file is known once it is uploaded."""
    if version["provider"] not in (None, "openai"):
        output.note(
            f"{subject.path}, version {label}, runs on {version['provider']}: OpenAI's evals only run OpenAI's models."
        )
    if version["template_language"] == "jinja":
        output.note(f"{subject.path}, version {label}, uses Jinja: OpenAI's evals only replace variables.")
    note_names(subject, version, output)
    parameters = parameters_of(version)
    for name in parameters:
        if name not in TAKEN:
            output.note(f"{subject.path}, version {label}: a run has no parameter `{name}`.")
    sampling = {SAMPLING.get(name, name): value for name, value in parameters.items() if name in TAKEN}
    if tools := tools_of(version):
        sampling["tools"] = tools
    told = rewritten(messages, lambda name: "{{item." + identifier(name) + "}}")
    return {
        "name": f"{subject.path}, {label}",
        "data_source": {
            "type": "completions",
            "source": {"type": "file_id", "id": "the id of items.jsonl once it is uploaded"},
            "model": version["model"],
            "input_messages": {
                "type": "template",
                "template": [_input(message) for message in told],
            },
            **({"sampling_params": sampling} if sampling else {}),
        },
    }


def _input(message: JsonObject) -> JsonObject:
    """Return a message for the template of a run, where the parts of a content have other names."""
    content = message.get("content") or ""
    if not isinstance(content, str):
        content = [
            {"type": "input_image", "image_url": part["image_url"]["url"]}
            if part["type"] == "image_url"
            else {"type": "input_text", "text": part["text"]}
            for part in content
        ]
    return {"role": role_of(message), "content": content}


def _samples(subject: Subject, label: str, version: JsonObject, dataset: Dataset, output: Output) -> list[JsonObject]:
    """Return the datapoints as samples for the `evals` package: the filled-in messages, and the ideal answer."""
    samples = []
    for point in dataset.datapoints:
        target = list((point["target"] or {}).values())
        try:
            filled = populate(messages_of(version), version["template_language"], point["inputs"])
        except Invalid as error:
            text = error.detail["description"]
            output.note(f"{dataset.path}: a datapoint cannot fill in {subject.path}, version {label}: {text}")
            continue
        ideal = target[0] if len(target) == 1 else json.dumps(point["target"], ensure_ascii=False)
        sample = {"input": [*(filled or []), *(point["messages"] or [])]}
        samples.append(
            {**sample, "ideal": ideal if isinstance(ideal, str) else json.dumps(ideal)} if target else sample
        )
    return samples
