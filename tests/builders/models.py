"""What the tests of the runtime have in common: Evaluators that the server runs, and answers of models."""

from typing import Any

from flask import Flask

from humanloop_emulator.json_types import JsonObject

EXACT = """
def exact(log, testcase):
    return log["output"] == testcase["target"]["output"]
"""
LENGTH = """
def length(log):
    return len(log["output"] or "")
"""
AGREES = """
def agrees(log):
    return True
"""


def python(code: str, returns: str = "boolean", *, compares: bool = False, **spec: Any) -> JsonObject:
    """Return the spec of an Evaluator with Python code."""
    arguments = "target_required" if compares else "target_free"
    return {
        "evaluator_type": "python",
        "arguments_type": arguments,
        "return_type": returns,
        "code": code,
    } | spec


def llm(
    template: str, returns: str = "boolean", *, compares: bool = False, prompt: JsonObject | None = None, **spec: Any
) -> JsonObject:
    """Return the spec of an Evaluator that asks the model `judge`, unless its prompt says otherwise."""
    return {
        "evaluator_type": "llm",
        "arguments_type": "target_required" if compares else "target_free",
        "return_type": returns,
        "prompt": {"model": "judge", "template": [{"role": "user", "content": template}], **(prompt or {})},
    } | spec


class Models:
    """The scripted models of an application."""

    def __init__(self, app: Flask) -> None:
        self._http = app.test_client()

    def answer(self, reply: str | None = None, *, match: JsonObject | None = None, **rule: Any) -> None:
        """Add a rule; the newest one that matches answers."""
        content = rule if reply is None else {"reply": reply, **rule}
        response = self._http.post("/_emulator/models", json={"match": match or {}, **content})
        assert response.status_code < 300, response.text
