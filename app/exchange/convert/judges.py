"""Evaluators as code and questions that others can use: what calls the code, and how a verdict counts."""

from ...client import Document
from ...runtime.sandbox.entry import CodeError, Entry, find

HUMAN = {"human": "people judge", "external": "your own code judges"}


def entry_of(evaluator: Document) -> Entry | None:
    """Return the function of a Python evaluator, or None where the code has none."""
    try:
        return find(evaluator["spec"]["code"])
    except CodeError:
        return None


def call_of(evaluator: Document, entry: Entry) -> str:
    """Return the call of the function in Python, with `log` and, where it is taken, `testcase`."""
    wanted = ["log", "testcase"] if evaluator["spec"]["arguments_type"] == "target_required" else ["log"]
    return f"{entry.name}({', '.join(entry.taken(wanted))})"


def negative_options(spec: Document) -> list[str]:
    """Return the options that are bad."""
    return [option["name"] for option in spec.get("options") or [] if option.get("valence") == "negative"]


def options(spec: Document) -> list[str]:
    """Return the names of all options."""
    return [option["name"] for option in spec.get("options") or []]
