"""Which providers the settings send calls to; one that is added gets a module beside this one, and a place in SOURCES.

Whoever starts asks this too, so it imports little.
"""

import time
from collections.abc import Callable

from ...settings import Settings
from . import openai
from .base import Pause, Provider

Source = Callable[[Settings, Pause], dict[str, Provider]]

SOURCES: list[Source] = [openai.providers]
"""Each returns, by name, the providers that it answers for: none, unless the settings say where to ask."""


def remote_providers(settings: Settings, pause: Pause = time.sleep) -> dict[str, Provider]:
    """Return the providers whose calls leave this process; of several sources for one, the first answers."""
    found: dict[str, Provider] = {}
    for source in SOURCES:
        found = source(settings, pause) | found
    return found
