"""Evaluators as asserts of promptfoo: Python files, and rubrics for a model."""

import json
from collections.abc import Callable

from ...client import Document
from .chat import identifier, messages_of, rewritten
from .judges import HUMAN, call_of, entry_of, negative_options
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
    "boolean": "`pass` is whether your verdict is true, `score` 1 if it is and else 0",
    "number": "`pass` is true, `score` the number",
    "select": "`pass` is false if you chose one of {negative}, `score` 1 if it is true and else 0",
    "multi_select": "`pass` is false if you chose any of {negative}, `score` 1 if it is true and else 0",
    "text": "`pass` is true, `score` 1",
}


Looks = dict[str, str]  # what judges look at in a datapoint, by the name that the variable of a test has for it


def assert_of(evaluator: Document, folder: str, looks: Looks, output: Output) -> Document | None:
    """Return the assert of an Evaluator, whose code is written beside; None where promptfoo has no such check.

    `looks` is told what the tests must have as variables of their own: rubrics see objects as texts.
    """
    spec, path = evaluator["spec"], evaluator["path"]
    make = MAKERS.get(spec["evaluator_type"])
    if make is None:
        output.note(f"{path} is left out: {HUMAN[spec['evaluator_type']]}.")
        return None
    if spec["return_type"] == "number":
        output.note(f"{path} gives a number: every answer passes; set a `threshold` of your own.")
    return make(evaluator, folder, looks, output)


def _python(evaluator: Document, folder: str, looks: Looks, output: Output) -> Document | None:
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


def _rubric(evaluator: Document, folder: str, looks: Looks, output: Output) -> Document | None:
    spec, path = evaluator["spec"], evaluator["path"]
    prompt = spec.get("prompt")
    messages = messages_of(prompt) if prompt else []
    if not prompt or not messages:
        output.note(f"{path} is left out: it has no prompt.")
        return None
    if prompt.get("template_language") == "jinja":
        output.note(f"{path} is written for Jinja: say `output` there instead of `log.output`.")
    else:
        messages = rewritten(messages, lambda name: _variable(name, path, looks, output), escaped)
    verdict = VERDICTS[spec["return_type"]].format(negative=", ".join(negative_options(spec)) or "the bad ones")
    form = f'Give your verdict as JSON alone: {{"reason": "…", "pass": true, "score": 1}}. There {verdict}.'
    return {
        "type": "llm-rubric",
        "metric": path,
        "value": f"What {path} asks.",
        "rubricPrompt": json.dumps([*messages, {"role": "user", "content": form}], ensure_ascii=False),
        "provider": provider_of(prompt, output),
    }


def _variable(name: str, path: str, looks: Looks, output: Output) -> str:
    """Return what promptfoo has for a variable of a judge."""
    steps = name.split(".")
    if name == "log.output":
        return "{{output}}"
    if steps[:2] in (["log", "inputs"], ["testcase", "inputs"]) and len(steps) > 2:
        return "{{" + identifier(".".join(steps[2:])) + "}}"
    if steps[0] == "testcase":
        looks[identifier(name)] = name
        return "{{" + identifier(name) + "}}"
    output.note(f"{path} looks at `{name}`, which promptfoo does not have: nothing takes its place.")
    return ""


MAKERS: dict[str, Callable[[Document, str, Looks, Output], Document | None]] = {"python": _python, "llm": _rubric}
