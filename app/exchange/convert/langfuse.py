"""Langfuse: the requests to its public API that create prompts, datasets, score configs and evaluators."""

import re
from collections.abc import Iterator

from ...json_types import JsonObject
from ...runtime.providers.base import text_of
from .chat import MESSAGE, parameters_of, tools_of
from .langfuse_evaluators import evaluator_bodies
from .output import Output, json_lines
from .source import Dataset, Source, Subject

FILE = "requests.jsonl"


def convert(source: Source, output: Output) -> None:
    """Write a file with one request per line: `{"method", "path", "body"}`."""
    requests = [
        *(request for subject in source.subjects for request in _prompt(subject, output)),
        *(request for dataset in source.datasets for request in _dataset(dataset)),
        *(_post(path, body) for evaluator in source.evaluators for path, body in evaluator_bodies(evaluator, output)),
    ]
    output.files[FILE] = json_lines(requests)


def _post(path: str, body: JsonObject) -> JsonObject:
    return {"method": "POST", "path": f"/api/public/{path}", "body": body}


def _prompt(subject: Subject, output: Output) -> Iterator[JsonObject]:
    """Yield a request for each Version: Langfuse numbers versions in the order in which they come."""
    if subject.works:
        output.note(f"{subject.path} is an agent: Langfuse stores it as a prompt with tools, but does not run it.")
    for label, version in subject.versions.items():
        template = version["template"]
        if not template:
            output.note(f"{subject.path}, version {label}, has no template and is left out.")
            continue
        if version["template_language"] == "jinja":
            output.note(f"{subject.path}, version {label}, uses Jinja: Langfuse only replaces plain variables.")
        config = {
            "model": version["model"],
            "provider": version["provider"],
            **parameters_of(version),
            **({"tools": tools} if (tools := tools_of(version)) else {}),
        }
        labels = [_label(environment["name"]) for environment in version["environments"]]
        text = isinstance(template, str)
        yield _post(
            "v2/prompts",
            {
                "type": "text" if text else "chat",
                "name": subject.path,
                "prompt": template if text else [_message(subject, message, output) for message in template],
                "config": config,
                "labels": labels,
                "commitMessage": version["version_description"] or label,
            },
        )


def _label(environment: str) -> str:
    """Return an environment as a label: lowercase letters, digits and a few symbols."""
    return re.sub(r"[^a-z0-9_.-]", "-", environment.lower())


def _message(subject: Subject, message: JsonObject, output: Output) -> JsonObject:
    """Return a message whose content is text, the only form that Langfuse accepts."""
    shown = {name: message[name] for name in MESSAGE if message.get(name) is not None}
    if isinstance(message.get("content"), list):
        output.note(f"{subject.path} has images, which Langfuse prompts cannot hold: only the text is kept.")
    return {**shown, "content": text_of(message)}


def _dataset(dataset: Dataset) -> Iterator[JsonObject]:
    document = dataset.document
    described = {"description": document["description"]} if document["description"] else {}
    origin = {"humanloop_id": document["id"], "humanloop_version_id": document["version_id"]}
    yield _post("v2/datasets", {"name": dataset.path, **described, "metadata": origin})
    for point in dataset.datapoints:
        messages = {"messages": point["messages"]} if point["messages"] else {}
        yield _post(
            "dataset-items",
            {
                "datasetName": dataset.path,
                "id": f"{document['id']}:{point['id']}",  # a datapoint may be in several datasets, an item may not
                "input": {**(point["inputs"] or {}), **messages},
                **({"expectedOutput": point["target"]} if point["target"] is not None else {}),
            },
        )
