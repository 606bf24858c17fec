"""Evaluators as graders of OpenAI's evals."""

from collections.abc import Callable

from ...client import Document
from ...runtime.providers.base import text_of
from .chat import identifier, messages_of, rewritten
from .judges import HUMAN, call_of, entry_of, negative_options, options
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


def grader_of(evaluator: Document, output: Output) -> Document | None:
    """Return the grader of an Evaluator; None where there is none of its kind."""
    spec, path = evaluator["spec"], evaluator["path"]
    make = MAKERS.get(spec["evaluator_type"])
    if make is None:
        output.note(f"{path} is left out: {HUMAN[spec['evaluator_type']]}.")
        return None
    return make(evaluator, output)


def _python(evaluator: Document, output: Output) -> Document | None:
    spec, path = evaluator["spec"], evaluator["path"]
    entry, score = entry_of(evaluator), SCORES.get(spec["return_type"])
    if entry is None or score is None:
        reason = "its code defines no function" if entry is None else "a grader gives a number, not a text"
        output.note(f"{path} is left out: {reason}.")
        return None
    if spec["return_type"] == "number":
        output.note(f"{path} gives a number: set a `pass_threshold` of your own.")
    source = PYTHON.format(
        code=entry.code.strip("\n"),
        call=call_of(evaluator, entry),
        score=score.format(negative=negative_options(spec)),
    )
    threshold = {} if spec["return_type"] == "number" else {"pass_threshold": 1}
    return {"type": "python", "name": path, "source": source, **threshold}


def _model(evaluator: Document, output: Output) -> Document | None:
    """Return a grader that chooses a label, or gives a number."""
    spec, path = evaluator["spec"], evaluator["path"]
    prompt = spec.get("prompt")
    messages = messages_of(prompt) if prompt else []
    if not prompt or not messages or spec["return_type"] in ("multi_select", "text"):
        reason = "it has no prompt" if not messages else "a grader gives one label or a number"
        output.note(f"{path} is left out: {reason}.")
        return None
    if (prompt.get("provider") or "openai") != "openai":
        output.note(f"{path} asks {prompt['model']} of {prompt['provider']}: graders are models of OpenAI.")
    if prompt.get("template_language") == "jinja":
        output.note(f"{path} is written for Jinja: graders replace variables alone.")
    told = rewritten(messages, lambda name: _variable(name, path, output))
    grader = {
        "name": path,
        "model": prompt["model"],
        "input": [
            {"role": message["role"] if message["role"] in ROLES else "user", "content": text_of(message)}
            for message in told
        ],
    }
    if spec["return_type"] == "number":
        limits = spec.get("number_limits") or {}
        least, most = limits.get("min"), limits.get("max")
        span = {"range": [least, most]} if least is not None and most is not None else {}
        if not span:
            output.note(f"{path} has no limits on both sides: say which `range` its numbers have.")
        return {"type": "score_model", **grader, **span}
    labels = ["True", "False"] if spec["return_type"] == "boolean" else options(spec)
    bad = ["False"] if spec["return_type"] == "boolean" else negative_options(spec)
    passing = [label for label in labels if label not in bad]
    return {"type": "label_model", **grader, "labels": labels, "passing_labels": passing}


def role_of(message: Document) -> str:
    """Return the role of a message, of those that evals know."""
    return message["role"] if message["role"] in ROLES else "user"


def _variable(name: str, path: str, output: Output) -> str:
    """Return what graders have for a variable of a judge."""
    steps = name.split(".")
    if name == "log.output":
        return "{{sample.output_text}}"
    if steps[:2] in (["log", "inputs"], ["testcase", "inputs"]) and len(steps) > 2:
        return "{{item." + identifier(".".join(steps[2:])) + "}}"
    if steps[0] == "testcase" and steps[1:2] in (["target"], ["messages"]):
        return "{{item." + ".".join(steps[1:]) + "}}"
    output.note(f"{path} looks at `{name}`, which graders do not have: nothing takes its place.")
    return ""


MAKERS: dict[str, Callable[[Document, Output], Document | None]] = {"python": _python, "llm": _model}
