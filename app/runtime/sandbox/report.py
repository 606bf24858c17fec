"""How outcomes are described: the value or the error, in the same words whatever ran the code."""

from collections.abc import Sequence

from ...json_types import Json, read_json
from ...settings import flag, variable
from .base import Limits

FRAMES = 5
LINE = 200
MESSAGE = 4096

AUTO = f"{flag('python_runtime')} auto ({variable('python_runtime')}=auto)"
ADVICE = f"{flag('python_runtime')} process ({variable('python_runtime')}=process)"

Frame = tuple[int, str | None]
"""The number of a line, and the function that it is in; None at the top level."""


class Refused(Exception):
    """The result of the code cannot be accepted; the text says why."""


def failure(code: str, kind: str, message: str, frames: Sequence[Frame]) -> str:
    """Describe an exception: its type and message, then the lines of the code that led to it, innermost first."""
    text = f"{kind}: {message[:MESSAGE]}" if message else kind
    lines = code.split("\n")
    for line, name in frames[: -FRAMES - 1 : -1]:
        text += f"\n  line {line}, in {name or 'the code'}: {''.join(lines[line - 1 : line]).strip()[:LINE]}"
    return text


def timed_out(limits: Limits) -> str:
    """Describe code that takes too long."""
    return f"TimeoutError: the code did not finish within {limits.seconds:g} s ({flag('python_timeout')})"


def out_of_memory(limits: Limits) -> str:
    """Describe code that needs too much memory."""
    return f"MemoryError: the code needs more than {limits.memory_mb} MiB ({flag('python_memory_mb')})"


def printed_too_much(limits: Limits) -> str:
    """Describe code that prints too much."""
    return f"The code printed more than {limits.output_kb} KiB."


def returned_too_much(limits: Limits) -> str:
    """Describe a value that is too long."""
    return f"The code returned more than {limits.output_kb} KiB."


def not_json(message: str) -> str:
    """Describe a value that JSON cannot hold."""
    return f"The code must return JSON types (text, number, boolean, list, dict or None): {message[:MESSAGE]}"


def value(text: str | bytes, limits: Limits) -> Json:
    """Read the value that the code returned, or raise Refused."""
    if len(text if isinstance(text, bytes) else text.encode()) > limits.output_kb * 1024:
        raise Refused(returned_too_much(limits))
    try:
        return read_json(text)
    except ValueError as error:
        raise Refused(not_json(str(error))) from None
