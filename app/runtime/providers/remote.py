"""The providers that the settings forward calls to; a new one is a module beside this one and an entry in SOURCES.

This is imported at every start, so it imports little itself.
"""

import time
from collections.abc import Callable

from ...settings import Settings
from . import openai
from .base import Pause, Provider

Source = Callable[[Settings, Pause], dict[str, Provider]]

SOURCES: list[Source] = [openai.providers]
"""Each returns the providers that it serves, by name: none, unless the settings name its API."""


def remote_providers(settings: Settings, pause: Pause = time.sleep) -> dict[str, Provider]:
    """Return the providers whose calls leave this process; if several sources serve one, the first is used."""
    found: dict[str, Provider] = {}
    for source in SOURCES:
        found = source(settings, pause) | found
    return found
