"""Requests to OpenAI's chat API: the body for each version, with the variables left in it."""

from .chat import messages_of, parameters_of, tools_of
from .output import Output, json_text
from .source import Source


def convert(source: Source, output: Output) -> None:
    """Write a folder for each prompt and agent, with a file for each version."""
    for subject in source.subjects:
        folder = output.folder(subject.path)
        if subject.works:
            output.note(f"{subject.path} is an agent: run its tools yourself, and send their results back.")
        for label, version in subject.versions.items():
            about = f"{subject.path}, version {label},"
            messages = messages_of(version)
            if not messages:
                output.note(f"{about} has no template: its messages come from the caller.")
            if version["template_language"] == "jinja":
                output.note(f"{about} uses Jinja: render it with Jinja.")
            if version["provider"] not in (None, "openai"):
                output.note(f"{about} runs on {version['provider']}: call an API in this format that serves its model.")
            tools = tools_of(version)
            body = {"model": version["model"], "messages": messages, **parameters_of(version)}
            name = output.file(folder, label, ".json")
            output.files[f"{folder}/{name}"] = json_text(body | ({"tools": tools} if tools else {}))
