"""The one interface between judges, tools and whatever runs their Python code."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ...json_types import Json


@dataclass(frozen=True)
class Limits:
    """What one call may use. Monty imports no packages."""

    seconds: float = 5.0
    memory_mb: int = 256
    recursion: int = 500
    output_kb: int = 256  # of stdout, and of the value as JSON
    packages: str = ""  # a folder that CPython may import from as well


@dataclass(frozen=True)
class Outcome:
    """The result of one call: a value of JSON types, or an error; `stdout` is null if nothing was printed.

    An error is `doubtful` if another interpreter might not raise it.
    """

    value: Json = None
    stdout: str | None = None
    error: str | None = None
    doubtful: bool = field(default=False, compare=False)


@dataclass(frozen=True)
class Call:
    """A call of the last function in some code, with JSON values; `environment` is its `os.environ`."""

    code: str
    arguments: Sequence[Json] = ()
    keywords: Mapping[str, Json] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)


class Sandbox(ABC):
    """Calls the entry point of some code, which is the last function defined in it [D]."""

    def run(
        self,
        code: str,
        arguments: Sequence[Json] = (),
        keywords: Mapping[str, Json] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Outcome:
        """Call the last function of the code; surplus positional arguments are left out [C].

        Whatever the code does, nothing is raised.
        """
        return self.perform(Call(code, arguments, keywords or {}, environment or {}))

    @abstractmethod
    def perform(self, call: Call) -> Outcome:
        """Make one call."""
