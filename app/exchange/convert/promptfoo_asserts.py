"""Evaluators as promptfoo asserts: Python files, and rubrics for a model."""

import json
from collections.abc import Callable

from ...json_types import JsonObject
from .chat import identifier, messages_of, rewritten
from .judges import JUDGED_BY, call_of, entry_of, negative_options
from .output import Output
from .promptfoo_parts import escaped, provider_of

PYTHON = '''"""The evaluator {path}. promptfoo calls `get_assert`, at the end."""

{code}


def get_assert(output, context):
    testcase = context["vars"].get("testcase") or {{}}
    log = {{
        "output": output,
        "output_message": {{"role": "assistant", "content": output}},
        "inputs": testcase.get("inputs") or {{}},
        "messages": testcase.get("messages") or [],
        "error": None,
    }}
    judgment = {call}
    return {{"pass": {passes}, "score": {score}, "reason": f"{name}: {{judgment}}"}}
'''
PASSES = {  # by return type: whether a judgment passes, and its score; a number has no threshold in Humanloop
    "boolean": ("bool(judgment)", "float(bool(judgment))"),
    "number": ("judgment is not None", "float(judgment or 0)"),
    "select": ("judgment not in {negative}", "float(judgment not in {negative})"),
    "multi_select": ("not set(judgment) & set({negative})", "float(not set(judgment) & set({negative}))"),
    "text": ("True", "1.0"),
}
VERDICTS = {
    "boolean": "`pass` is your verdict, and `score` is 1 if it is true and 0 if it is false",
    "number": "`pass` is true, and `score` is your number",
    "select": "`pass` is false if you chose one of {negative}, and `score` is 1 if `pass` is true and 0 if not",
    "multi_select": "`pass` is false if you chose any of {negative}, and `score` is 1 if `pass` is true and 0 if not",
    "text": "`pass` is true, and `score` is 1",
}


Looks = dict[str, str]
"""What rubrics use of a datapoint: its path there, by the name of the variable in a test."""


def assert_of(evaluator: JsonObject, folder: str, looks: Looks, output: Output) -> JsonObject | None:
    """Return the assert for an Evaluator, whose code goes to a file of its own; None if promptfoo has none like it.

    `looks` collects what the tests must have as variables of their own, because rubrics see objects as text.
    """
    spec, path = evaluator["spec"], evaluator["path"]
    make = MAKERS.get(spec["evaluator_type"])
    if make is None:
        output.note(f"{path} is left out: it is judged by {JUDGED_BY[spec['evaluator_type']]}.")
        return None
    if spec["return_type"] == "number":
        output.note(f"{path} returns a number: every answer passes until you set a `threshold`.")
    return make(evaluator, folder, looks, output)


def _python(evaluator: JsonObject, folder: str, looks: Looks, output: Output) -> JsonObject | None:
    spec, path = evaluator["spec"], evaluator["path"]
    entry = entry_of(evaluator)
    if entry is None:
        output.note(f"{path} is left out: its code defines no function.")
        return None
    name = path.rpartition("/")[2]
    passes, score = (text.format(negative=negative_options(spec)) for text in PASSES[spec["return_type"]])
    file = output.file(f"{folder}/evaluators", name, ".py")
    output.files[f"{folder}/evaluators/{file}"] = PYTHON.format(
        path=_plain(path),
        code=entry.code.strip("\n"),
        call=call_of(evaluator, entry),
        passes=passes,
        score=score,
        name=entry.name,
    )
    return {"type": "python", "value": f"file://evaluators/{file}", "metric": path}


def _plain(text: str) -> str:
    return text.replace("\\", "/").replace('"', "'")


def _rubric(evaluator: JsonObject, folder: str, looks: Looks, output: Output) -> JsonObject | None:
    spec, path = evaluator["spec"], evaluator["path"]
    prompt = spec.get("prompt")
    messages = messages_of(prompt) if prompt else []
    if not prompt or not messages:
        output.note(f"{path} is left out: it has no prompt.")
        return None
    if prompt.get("template_language") == "jinja":
        output.note(f"{path} uses Jinja: write `output` there instead of `log.output`.")
    else:
        messages = rewritten(messages, lambda name: _variable(name, path, looks, output), escaped)
    verdict = VERDICTS[spec["return_type"]].format(negative=", ".join(negative_options(spec)) or "the negative options")
    form = f'Answer with JSON only: {{"reason": "…", "pass": true, "score": 1}}. In it, {verdict}.'
    return {
        "type": "llm-rubric",
        "metric": path,
        "value": f"What {path} asks.",
        "rubricPrompt": json.dumps([*messages, {"role": "user", "content": form}], ensure_ascii=False),
        "provider": provider_of(prompt, output),
    }


def _variable(name: str, path: str, looks: Looks, output: Output) -> str:
    """Return promptfoo's variable for one of a judge."""
    steps = name.split(".")
    if name == "log.output":
        return "{{output}}"
    if steps[:2] in (["log", "inputs"], ["testcase", "inputs"]) and len(steps) > 2:
        return "{{" + identifier(".".join(steps[2:])) + "}}"
    if steps[0] == "testcase":
        looks[identifier(name)] = name
        return "{{" + identifier(name) + "}}"
    output.note(f"{path} uses `{name}`, which promptfoo does not have: it is left empty.")
    return ""


MAKERS: dict[str, Callable[[JsonObject, str, Looks, Output], JsonObject | None]] = {"python": _python, "llm": _rubric}
