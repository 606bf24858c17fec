"""Evaluators as graders for OpenAI's evals."""

from collections.abc import Callable

from ...json_types import JsonObject
from ...runtime.providers.base import text_of
from .chat import identifier, messages_of, rewritten
from .judges import JUDGED_BY, call_of, entry_of, negative_options, options
from .output import Output

PYTHON = """{code}


def grade(sample, item):
    inputs = {{name: value for name, value in item.items() if name not in ("target", "messages", "datapoint_id")}}
    testcase = {{"inputs": inputs, "messages": item.get("messages") or [], "target": item.get("target") or {{}}}}
    log = {{
        "output": sample.get("output_text"),
        "output_message": {{"role": "assistant", "content": sample.get("output_text")}},
        "inputs": inputs,
        "messages": testcase["messages"],
        "error": None,
    }}
    judgment = {call}
    return {score}
"""
SCORES = {
    "boolean": "float(bool(judgment))",
    "number": "float(judgment or 0)",
    "select": "float(judgment not in {negative})",
    "multi_select": "float(not set(judgment) & set({negative}))",
}
ROLES = ("system", "developer", "user", "assistant")


def grader_of(evaluator: JsonObject, output: Output) -> JsonObject | None:
    """Return the grader for an Evaluator; None if there is none for its type."""
    spec, path = evaluator["spec"], evaluator["path"]
    make = MAKERS.get(spec["evaluator_type"])
    if make is None:
        output.note(f"{path} is left out: it is judged by {JUDGED_BY[spec['evaluator_type']]}.")
        return None
    return make(evaluator, output)


def _python(evaluator: JsonObject, output: Output) -> JsonObject | None:
    spec, path = evaluator["spec"], evaluator["path"]
    entry, score = entry_of(evaluator), SCORES.get(spec["return_type"])
    if entry is None or score is None:
        reason = "its code defines no function" if entry is None else "a grader returns a number, not text"
        output.note(f"{path} is left out: {reason}.")
        return None
    if spec["return_type"] == "number":
        output.note(f"{path} returns a number: set a `pass_threshold` of your own.")
    source = PYTHON.format(
        code=entry.code.strip("\n"),
        call=call_of(evaluator, entry),
        score=score.format(negative=negative_options(spec)),
    )
    threshold = {} if spec["return_type"] == "number" else {"pass_threshold": 1}
    return {"type": "python", "name": path, "source": source, **threshold}


def _model(evaluator: JsonObject, output: Output) -> JsonObject | None:
    """Return a grader that picks a label, or returns a number."""
    spec, path = evaluator["spec"], evaluator["path"]
    prompt = spec.get("prompt")
    messages = messages_of(prompt) if prompt else []
    if not prompt or not messages or spec["return_type"] in ("multi_select", "text"):
        reason = "it has no prompt" if not messages else "a grader returns one label or a number"
        output.note(f"{path} is left out: {reason}.")
        return None
    if (prompt.get("provider") or "openai") != "openai":
        output.note(f"{path} asks {prompt['model']} of {prompt['provider']}: graders only use OpenAI's models.")
    if prompt.get("template_language") == "jinja":
        output.note(f"{path} uses Jinja: graders only replace variables.")
    told = rewritten(messages, lambda name: _variable(name, path, output))
    grader = {
        "name": path,
        "model": prompt["model"],
        "input": [{"role": role_of(message), "content": text_of(message)} for message in told],
    }
    if spec["return_type"] == "number":
        limits = spec.get("number_limits") or {}
        least, most = limits.get("min"), limits.get("max")
        span = {"range": [least, most]} if least is not None and most is not None else {}
        if not span:
            output.note(f"{path} lacks a lower or an upper limit: set the `range` of its numbers.")
        return {"type": "score_model", **grader, **span}
    labels = ["True", "False"] if spec["return_type"] == "boolean" else options(spec)
    bad = ["False"] if spec["return_type"] == "boolean" else negative_options(spec)
    passing = [label for label in labels if label not in bad]
    return {"type": "label_model", **grader, "labels": labels, "passing_labels": passing}


def role_of(message: JsonObject) -> str:
    """Return the role of a message; one that evals do not know becomes that of the user."""
    return message["role"] if message["role"] in ROLES else "user"


def _variable(name: str, path: str, output: Output) -> str:
    """Return a grader's variable for one of a judge."""
    steps = name.split(".")
    if name == "log.output":
        return "{{sample.output_text}}"
    if steps[:2] in (["log", "inputs"], ["testcase", "inputs"]) and len(steps) > 2:
        return "{{item." + identifier(".".join(steps[2:])) + "}}"
    if steps[0] == "testcase" and steps[1:2] in (["target"], ["messages"]):
        return "{{item." + ".".join(steps[1:]) + "}}"
    output.note(f"{path} uses `{name}`, which graders do not have: it is left empty.")
    return ""


MAKERS: dict[str, Callable[[JsonObject, Output], JsonObject | None]] = {"python": _python, "llm": _model}
