"""What judges and tools know of whatever runs their Python code."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ...json_types import Json


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

    value: Json = None
    stdout: str | None = None
    error: str | None = None
    doubtful: bool = field(default=False, compare=False)


@dataclass(frozen=True)
class Call:
    """One call of some code's last function, with JSON values; `environment` is what it finds in `os.environ`."""

    code: str
    arguments: Sequence[Json] = ()
    keywords: Mapping[str, Json] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)


class Sandbox(ABC):
    """Runs the entry point of some code: the last function defined in it [D]."""

    def run(
        self,
        code: str,
        arguments: Sequence[Json] = (),
        keywords: Mapping[str, Json] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Outcome:
        """Call the last function of the code; positional arguments that it does not take are left out [C].

        Never raises for anything that the code does.
        """
        return self.perform(Call(code, arguments, keywords or {}, environment or {}))

    @abstractmethod
    def perform(self, call: Call) -> Outcome:
        """Make one call."""
