"""The client, and what the steps share: methods that were renamed, answers that come as dicts or models."""

import inspect
import sys
import time
from collections.abc import Callable
from typing import Any

from humanloop import Humanloop

BASE_URL, KEY, OUTCOMES = sys.argv[1:]
MODEL = "gpt-4o"
QUESTION = [{"role": "user", "content": "What is the capital of {{country}}?"}]
NUMBERS = [{"inputs": {"number": str(n)}, "target": {"square": str(n * n)}} for n in range(3)]
JUDGING = {"arguments_type": "target_required", "return_type": "boolean"}
SQUARED = "def squared(log, testcase):\n    return log['output'] == testcase['target']['square']\n"
SHOUT = {
    "name": "shout",
    "description": "Say it louder.",
    "parameters": {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]},
}

client = Humanloop(api_key=KEY, base_url=BASE_URL)


class Absent(Exception):
    """This version of the SDK has no method for it."""


def offered(part: str, *names: str) -> Callable[..., Any]:
    """Return the first of these methods that this version has."""
    for name in names:
        found = getattr(getattr(client, part, None), name, None)
        if found:
            return found
    raise Absent


def parameter_of_log(part: Any, *names: str) -> str:
    """Return the name that this version gives to a parameter of `log`, which some versions wrap."""
    known = inspect.signature(type(part).log).parameters
    return next(name for name in names if name in known)


def plain(answer: Any) -> Any:
    """Return an answer as dicts, lists and values: where some versions make models, others leave the dict they got.

    It does not ask the models to do so: 28 of those of 0.8.0 cannot, as their forward references lead nowhere.
    """
    if isinstance(answer, list):
        return [plain(item) for item in answer]
    if hasattr(answer, "__pydantic_extra__"):
        answer = {**vars(answer), **(answer.__pydantic_extra__ or {})}
    return {name: plain(value) for name, value in answer.items()} if isinstance(answer, dict) else answer


def check(seen: Any, expected: Any) -> None:
    """Fail unless they are equal."""
    if seen != expected:
        raise AssertionError(f"{seen!r} instead of {expected!r}")


def listed(part: str) -> list[Any]:
    """Return all Files of a kind; one list of 0.8.0 gives a page where all others go through the pages."""
    answer = getattr(client, part).list(size=50)
    return answer.records if hasattr(answer, "records") else list(answer)


def find(part: str, path: str) -> Any:
    """Return the File at a path: the older versions cannot ask for it."""
    return next(file for file in map(plain, listed(part)) if file["path"] == path)


def wait(read: Callable[[], Any]) -> Any:
    """Read until there is something: judges work behind the request."""
    while not (seen := read()) or None in seen:
        time.sleep(0.05)
    return seen
