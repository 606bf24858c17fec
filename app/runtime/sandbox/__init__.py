"""Where users' Python code runs: evaluators and tools."""

from functools import cached_property
from importlib import import_module

from ...settings import SettingsError, flag, variable
from .base import Call, Limits, Outcome, Sandbox

RUNTIMES = {
    "auto": ("auto", "Auto"),
    "monty": ("monty", "Monty"),
    "confined": ("process", "Confined"),
    "process": ("process", "Process"),
}
"""The module of this package and the class in it, for each value of the setting."""


def make(runtime: str, limits: Limits) -> Sandbox:
    """Return the sandbox of this name; `off` runs no code."""
    return OnFirstUse(runtime, limits) if runtime in RUNTIMES else Off()


def require(runtime: str) -> None:
    """Raise SettingsError if this system lacks what the runtime needs."""
    if runtime == "confined":
        from .confinement import missing  # only here: it loads ctypes

        if lacking := missing():
            name = f"{flag('python_runtime')} ({variable('python_runtime')})"
            raise SettingsError(f"{name} cannot be 'confined' here: {lacking}.")


class OnFirstUse(Sandbox):
    """Imports a runtime when it is first used: most servers never run code."""

    def __init__(self, runtime: str, limits: Limits) -> None:
        self._runtime = runtime
        self._limits = limits

    @cached_property
    def _sandbox(self) -> Sandbox:
        module, name = RUNTIMES[self._runtime]
        sandbox: Sandbox = getattr(import_module(f".{module}", __name__), name)(self._limits)
        return sandbox

    def perform(self, call: Call) -> Outcome:
        """Run the code in the chosen runtime."""
        return self._sandbox.perform(call)


class Off(Sandbox):
    """Runs nothing; every outcome is an error that names the setting."""

    def perform(self, call: Call) -> Outcome:
        """Return the error that Python code is switched off."""
        name = f"{flag('python_runtime')} ({variable('python_runtime')})"
        return Outcome(error=f"Python code does not run here: {name} is off. With auto, it runs in a sandbox.")
