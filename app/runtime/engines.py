"""The engines of one application, each made when it is first needed: its models, and its sandbox.

They know nothing of jobs; `jobs` stand on top of them, and `runtime` holds both.
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
    """What runs models and code for the users of one database."""

    def __init__(self, settings: Settings, db: Database) -> None:
        """Raise what keeps the code of users from being run as the settings want it."""
        self.settings = settings
        self.db = db
        self.calls = threading.Semaphore(sys.maxsize)
        """Held by each call that waits for models or code of users."""
        require(settings.python_runtime)

    def limit_calls(self, number: int) -> None:
        """Let no more than so many calls go on at a time, for each holds a thread of the server."""
        self.calls = threading.BoundedSemaphore(number)

    @cached_property
    def models(self) -> Models:
        """Return the models that Prompts, Agents and LLM evaluators ask."""
        return Models(self.settings, self.db)

    @cached_property
    def sandbox(self) -> Sandbox:
        """Return what runs the Python code of Evaluators and Tools."""
        return make(
            self.settings.python_runtime,
            Limits(
                seconds=self.settings.python_timeout,
                memory_mb=self.settings.python_memory_mb,
                packages=self.settings.python_packages,
            ),
        )
