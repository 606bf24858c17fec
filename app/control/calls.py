"""Requests as fault rules and the journal see them: what both of them select requests by."""

import re
from dataclasses import dataclass


@dataclass
class Call:
    """A request; `operation` is None where no route matches, `organisation` where the key opens none."""

    method: str
    path: str
    operation: str | None
    organisation: str | None


class Selection:
    """Some requests, by patterns: `*` stands for any text, slashes included; the path may omit its `/v5`."""

    def __init__(
        self,
        method: str | None = None,
        path: str | None = None,
        operation: str | None = None,
        organisation: str | None = None,
    ) -> None:
        given = {"method": method and method.upper(), "operation": operation, "organisation": organisation}
        self._patterns = {name: _pattern(text) for name, text in given.items() if text is not None}
        if path is not None:
            self._patterns["path"] = _pattern("/" + path.lstrip("/"), before="(?:/v5)?")

    def misses(self, call: Call) -> list[str]:
        """Return the names of what does not match; nothing for a request that is selected."""
        return [name for name, pattern in self._patterns.items() if not pattern.fullmatch(getattr(call, name) or "")]


def _pattern(text: str, before: str = "") -> re.Pattern[str]:
    return re.compile(before + ".*".join(map(re.escape, text.split("*"))), re.DOTALL)
