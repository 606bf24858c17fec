"""The one protocol between judges, tools and whatever runs their Python code."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True)
class Limits:
    """What one run may use. Monty imports no packages."""

    seconds: float = 5.0
    memory_mb: int = 256
    recursion: int = 500
    output_kb: int = 256  # of stdout, and of the value as JSON
    packages: str = ""  # a folder that CPython may import from too


@dataclass(frozen=True)
class Outcome:
    """What one run came to: a value of JSON types, or an error; `stdout` is null where nothing was printed.

    `doubtful` says of an error that another interpreter may know better.
    """

    value: Any = None
    stdout: str | None = None
    error: str | None = None
    doubtful: bool = field(default=False, compare=False)


class Sandbox(Protocol):
    """Runs the entry point of some code: the last function defined in it [D]."""

    def run(
        self,
        code: str,
        arguments: Sequence[Any] = (),
        keywords: Mapping[str, Any] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Outcome:
        """Call the last function with JSON values; positional ones that it does not take are left out [C].

        `environment` is what it finds in `os.environ`. Never raises for anything that the code does.
        """
        ...
