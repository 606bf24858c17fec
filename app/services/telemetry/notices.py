"""Warnings in the server's log of what could not be recorded: each reason once, with its first case."""

import logging

logger = logging.getLogger(__name__)

MOST = 200  # reasons; they may quote clients, so their number has a limit
LONGEST = 500  # characters of one

_reported: set[str] = set()


def warn_once(reason: str, case: str = "") -> None:
    """Warn of a reason, unless this process has warned of it already; `case` is an example of what it concerns."""
    reason, case = " ".join(reason.split())[:LONGEST], case[:LONGEST]
    if reason in _reported or len(_reported) >= MOST:
        return
    _reported.add(reason)
    logger.warning("Telemetry: %s%s. This is reported once.", reason, f" (first: {case!r})" if case else "")
    if len(_reported) == MOST:
        logger.warning("Telemetry: %d problems were reported; others are not until the server restarts.", MOST)


def forget() -> None:
    """Warn of everything again."""
    _reported.clear()
