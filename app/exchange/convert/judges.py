"""What all conversions of Evaluators need: the function in the code, the call of it, and the options."""

from ...json_types import JsonObject
from ...runtime.sandbox.entry import CodeError, Entry, find

JUDGED_BY = {"human": "people", "external": "your own code"}


def entry_of(evaluator: JsonObject) -> Entry | None:
    """Return the function of a Python evaluator, or None if its code defines none."""
    try:
        return find(evaluator["spec"]["code"])
    except CodeError:
        return None


def call_of(evaluator: JsonObject, entry: Entry) -> str:
    """Return the call of the function in Python, with `log` and, if the function takes it, `testcase`."""
    wanted = ["log", "testcase"] if evaluator["spec"]["arguments_type"] == "target_required" else ["log"]
    return f"{entry.name}({', '.join(entry.accepted(wanted))})"


def negative_options(spec: JsonObject) -> list[str]:
    """Return the names of the negative options."""
    return [option["name"] for option in spec.get("options") or [] if option.get("valence") == "negative"]


def options(spec: JsonObject) -> list[str]:
    """Return the names of all options."""
    return [option["name"] for option in spec.get("options") or []]
