"""What could not be recorded is said once in the server's log: a reason, with the first case of it."""

import logging

logger = logging.getLogger(__name__)

MOST = 200  # reasons; they hold texts of clients, so they are not kept without end
LONGEST = 500  # characters of one

_said: set[str] = set()


def say_once(reason: str, case: str = "") -> None:
    """Warn of a reason if it was not said since the process began; `case` is the first thing that it befell."""
    reason, case = " ".join(reason.split())[:LONGEST], case[:LONGEST]
    if reason in _said or len(_said) >= MOST:
        return
    _said.add(reason)
    logger.warning("Telemetry: %s%s. This is not said again.", reason, f" (first: {case!r})" if case else "")
    if len(_said) == MOST:
        logger.warning("Telemetry: these were %d reasons; no others are said until the server starts again.", MOST)


def forget() -> None:
    """Say everything again."""
    _said.clear()
