"""Code in a sandbox, which must work or must fail."""

from textwrap import dedent
from typing import Any

from humanloop_emulator.runtime.sandbox.base import Limits, Sandbox

LOG = {
    "output": "The capital of France is Paris.",
    "inputs": {"country": "France"},
    "messages": [{"role": "user", "content": "Which is the capital?"}],
    "trace_children": [{"output": "child", "trace_children": []}],
}


SMALL = Limits(seconds=0.3, memory_mb=64, recursion=100, output_kb=16)


def value(sandbox: Sandbox, code: str, *arguments: Any, **options: Any) -> Any:
    """Run code that must work, and return its value."""
    outcome = sandbox.run(dedent(code), arguments, **options)
    assert outcome.error is None, outcome.error
    return outcome.value


def error(sandbox: Sandbox, code: str, *arguments: Any) -> str:
    """Run code that must fail, and return what is said of it."""
    outcome = sandbox.run(dedent(code), arguments)
    assert outcome.value is None
    assert outcome.error is not None
    told: str = outcome.error
    return told
