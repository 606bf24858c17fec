"""How an Evaluator judges one Log: by Python code in the sandbox, or by the last line of a model's answer."""

import re

from ..errors import DomainError, Invalid
from ..json_types import Json, JsonObject
from ..kinds import ASKING
from ..services.logs.judgments import check
from ..services.workspace import Workspace
from .completions import build_request, complete
from .engines import Engines
from .providers.base import text_of
from .providers.openai_requests import body_of

Fields = JsonObject  # of an Evaluator Log

WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
TRIMMED = " \t*_`\"'.!:()[]"


def judge(ws: Workspace, engines: Engines, spec: JsonObject, log: JsonObject, testcase: Json) -> Fields:
    """Return the fields of the Evaluator Log: a judgment that fits the spec, or an error that explains."""
    if spec["arguments_type"] == "target_required" and testcase is None:
        return _failed("The evaluator requires a target, but the log has no datapoint.")
    fields = JUDGES[spec["evaluator_type"]](ws, engines, spec, log, testcase)
    try:
        check(spec, fields.get("judgment"))
    except Invalid as invalid:
        return {**fields, **_failed(f"Invalid judgment {fields['judgment']!r}: {invalid.detail['description']}")}
    return fields


def _failed(error: str) -> Fields:
    return {"judgment": None, "error": error}


def _run_code(ws: Workspace, engines: Engines, spec: JsonObject, log: JsonObject, testcase: Json) -> Fields:
    """Call the code with the Log and, if it requires a target, the datapoint; what it prints is the stdout [C]."""
    arguments = [log, testcase] if spec["arguments_type"] == "target_required" else [log]
    outcome = engines.sandbox.run(spec["code"], arguments)
    verdict = _failed(outcome.error) if outcome.error is not None else {"judgment": outcome.value}
    return {**verdict, "stdout": outcome.stdout}


def _ask_model(ws: Workspace, engines: Engines, spec: JsonObject, log: JsonObject, testcase: Json) -> Fields:
    """Call the Evaluator's model; its template may use `log`, `testcase` and `log_prompt` [D].

    An Evaluator Log has no `messages`, so the filled template is stored in `provider_request`, whatever the provider
    [A].
    """
    prompt = spec.get("prompt")
    if prompt is None:
        return _failed("The evaluator has no prompt.")
    if spec["arguments_type"] == "target_required" and not testcase.get("target"):
        return _failed("The evaluator requires a target, but the datapoint has none.")
    inputs = {"log": log, "testcase": testcase, "log_prompt": prompt_text(log)}
    try:
        with ws.reading():
            request = build_request(ws, prompt, inputs=inputs)
    except DomainError as error:
        return _failed(error.detail["description"])
    completion = complete(engines.models, ws.clock, request)
    fields = {
        "output": completion.output,
        "output_message": completion.message,
        "provider_latency": completion.latency,
        "provider_request": completion.provider_request or body_of(request),
        "provider_response": completion.provider_response,
    }
    if completion.error is not None:
        return {**fields, **_failed(completion.error)}
    try:
        return {**fields, "judgment": read_verdict(spec, completion.text)}
    except ValueError as error:
        return {**fields, **_failed(str(error))}


JUDGES = {"python": _run_code, "llm": _ask_model}


def prompt_text(log: JsonObject) -> str | None:
    """Return the template of the Prompt or Agent behind a Log as one text: the value of `{{log_prompt}}` [A]."""
    template = next((log[kind]["template"] for kind in ASKING if log.get(kind)), None)
    if isinstance(template, list):
        return "\n".join(f"{message['role']}: {text_of(message)}" for message in template)
    return template


def read_verdict(spec: JsonObject, output: str) -> Json:
    """Return the judgment in the last line of a model's answer [D]; raise ValueError if there is none.

    Case and surrounding punctuation are ignored; several options are separated by commas [A].
    """
    lines = [line.strip(TRIMMED) for line in output.splitlines() if line.strip(TRIMMED)]
    if not lines:
        raise ValueError("The model's answer is empty.")
    return READERS[spec["return_type"]](lines[-1], spec)


def _boolean(line: str, spec: JsonObject) -> bool:
    words = re.findall(r"\w+", line.lower())
    found = {WORDS[word] for word in words if word in WORDS}
    if len(found) != 1:
        raise ValueError(f"The last line of the answer must be true or false: {line!r}.")
    return found.pop()


def _number(line: str, spec: JsonObject) -> float:
    numbers = NUMBER.findall(line)
    if not numbers:
        raise ValueError(f"The last line of the answer contains no number: {line!r}.")
    value = float(numbers[-1])
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def _multi_select(line: str, spec: JsonObject) -> list[str]:
    return list(dict.fromkeys(_option(part.strip(TRIMMED), spec) for part in line.split(",") if part.strip(TRIMMED)))


def _option(text: str, spec: JsonObject) -> str:
    names: dict[str, str] = {option["name"].casefold(): option["name"] for option in spec.get("options") or []}
    if text.casefold() in names:
        return names[text.casefold()]
    within = [name for folded, name in names.items() if re.search(rf"\b{re.escape(folded)}\b", text.casefold())]
    if len(within) != 1:
        raise ValueError(f"The last line of the answer must name one of the options {list(names.values())}: {text!r}.")
    return within[0]


def _text(line: str, spec: JsonObject) -> str:
    return line


READERS = {
    "boolean": _boolean,
    "number": _number,
    "select": _option,
    "multi_select": _multi_select,
    "text": _text,
}
