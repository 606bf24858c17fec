"""The engines of an application, its models and its sandbox, each made when it is first needed.

They know nothing of jobs, which are built on top of them; `runtime` holds both.
"""

import sys
import threading
from functools import cached_property

from ..settings import Settings
from ..store.database import Database
from .providers.models import Models
from .sandbox import make, require
from .sandbox.base import Limits, Sandbox


class Engines:
    """Runs models and code for the users of one database."""

    def __init__(self, settings: Settings, db: Database) -> None:
        """Raise SettingsError if this system cannot run users' code as the settings ask."""
        self.settings = settings
        self.db = db
        self.calls = threading.Semaphore(sys.maxsize)
        """Held by each call that waits for models or users' code."""
        require(settings.python_runtime)

    def limit_calls(self, number: int) -> None:
        """Let at most this many calls be in progress at a time, for each of them holds a thread of the server."""
        self.calls = threading.BoundedSemaphore(number)

    @cached_property
    def models(self) -> Models:
        """Return the models that Prompts, Agents and LLM evaluators call."""
        return Models(self.settings, self.db)

    @cached_property
    def sandbox(self) -> Sandbox:
        """Return the sandbox that runs the Python code of Evaluators and Tools."""
        return make(
            self.settings.python_runtime,
            Limits(
                seconds=self.settings.python_timeout,
                memory_mb=self.settings.python_memory_mb,
                packages=self.settings.python_packages,
            ),
        )
