"""Evaluators in Langfuse: score configs, which describe their judgments, and LLM-as-a-judge evaluators."""

import re
from collections.abc import Iterator

from ...json_types import JsonObject
from ...runtime.providers.base import text_of
from .chat import identifier, messages_of, rewritten
from .judges import options
from .output import Output

LONGEST_NAME = 35  # of a score config
TYPES = {
    "boolean": "BOOLEAN",
    "number": "NUMERIC",
    "select": "CATEGORICAL",
    "multi_select": "CATEGORICAL",
    "text": "TEXT",
}
ROLES = ("system", "user", "assistant")
SOURCES = {  # for what a judge uses: the name of the variable, and where Langfuse has its value
    ("log", "inputs"): ("input", "input"),
    ("testcase", "inputs"): ("input", "input"),
    ("testcase", "target"): ("expected", "expected_output"),
}


def evaluator_bodies(evaluator: JsonObject, output: Output) -> Iterator[tuple[str, JsonObject]]:
    """Yield path and body of each request for an Evaluator: a score config and, if it asks a model, a judge."""
    yield "score-configs", _score(evaluator, output)
    kind, path = evaluator["spec"]["evaluator_type"], evaluator["path"]
    if kind == "python":
        output.note(f"{path} becomes a score config only: call its code from `run_experiment`.")
    if kind == "llm" and (judge := _judge(evaluator, output)):
        yield "v2/evaluators", judge


def _score(evaluator: JsonObject, output: Output) -> JsonObject:
    """Return the score config that describes the judgments of an Evaluator."""
    spec, path = evaluator["spec"], evaluator["path"]
    if spec["return_type"] == "multi_select":
        output.note(f"{path} may select several options, but a Langfuse score holds only one.")
    categories = [{"value": number, "label": name} for number, name in enumerate(options(spec))]
    return {
        "name": re.sub(r"[^\w .()-]", "_", path.rpartition("/")[2], flags=re.ASCII)[:LONGEST_NAME],
        "dataType": TYPES[spec["return_type"]],
        "description": "; ".join(filter(None, (path, spec.get("instructions")))),
        **_limits(spec),
        **({"categories": categories} if TYPES[spec["return_type"]] == "CATEGORICAL" else {}),
    }


def _limits(spec: JsonObject) -> JsonObject:
    limits = spec.get("number_limits") or {}
    if spec["return_type"] != "number":
        return {}
    return {f"{name}Value": limits[name] for name in ("min", "max") if limits.get(name) is not None}


def _judge(evaluator: JsonObject, output: Output) -> JsonObject | None:
    """Return the Evaluator as a Langfuse LLM-as-a-judge; None if Langfuse has none like it."""
    spec, path, prompt = evaluator["spec"], evaluator["path"], evaluator["spec"].get("prompt")
    messages = messages_of(prompt) if prompt else []
    if not messages or spec["return_type"] == "text":
        reason = "judges return no text" if messages else "it has no prompt"
        output.note(f"{path} becomes a score config only: {reason}.")
        return None
    mapping: dict[str, JsonObject] = {}
    told = rewritten(messages, lambda name: _variable(name, path, mapping, output))
    several = {"shouldAllowMultipleMatches": spec["return_type"] == "multi_select"}
    categories = {"categories": options(spec), **several} if TYPES[spec["return_type"]] == "CATEGORICAL" else {}
    return {
        "type": "llm_as_judge",
        "name": path,
        "prompt": [{"role": _role(message), "content": text_of(message)} for message in told],
        "modelConfig": {"provider": prompt.get("provider") or "openai", "model": prompt["model"]},
        "variableMapping": list(mapping.values()),
        "outputDefinition": {"dataType": TYPES[spec["return_type"]], **_limits(spec), **categories},
    }


def _role(message: JsonObject) -> str:
    return message["role"] if message["role"] in ROLES else "system"


def _variable(name: str, path: str, mapping: dict[str, JsonObject], output: Output) -> str:
    """Return Langfuse's variable for one of a judge, and record in `mapping` where its value is."""
    steps = re.findall(r"[^.\[\]]+", name)
    source = SOURCES.get((steps[0], steps[1])) if len(steps) > 1 else None
    if name == "log.output":
        mapping["output"] = {"variable": "output", "source": "output"}
        return "{{output}}"
    if source is None:
        output.note(f"{path} uses `{name}`, which Langfuse does not have: it is left empty.")
        return ""
    variable = identifier("_".join([source[0], *steps[2:]]))
    keys = (f"[{step}]" if step.isdecimal() else f"['{step}']" for step in steps[2:])
    at = {"jsonPath": "".join(["$", *keys])} if steps[2:] else {}
    mapping[variable] = {"variable": variable, "source": source[1], **at}
    return "{{" + variable + "}}"
