"""Faults: rules that delay a request, answer it with an error, or break its answer, to test those who call the API.

Rules are looked at in the order in which they were added. A rule that matches a request may let it pass (`after`,
`times`, `probability`); if it fires, a delay alone goes on to the next rule, and anything else ends the search. All
chance comes from the seed of the rule, so that the same requests meet the same faults again.
"""

import random
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from marshmallow import ValidationError

from .errors import ApiError, Location, NotFound, SchemaError
from .fault_rules import FaultRule
from .paths import path_pattern
from .schemas.problems import flatten

RULE = FaultRule()
RETRY_AFTER = 1  # seconds, unless the rule says more: what 429 asks of a client


class InvalidRule(SchemaError, ValueError):
    """422: a rule that cannot be kept; nothing was changed."""

    def __str__(self) -> str:
        return "; ".join(f"{'.'.join(map(str, problem['loc'][1:]))}: {problem['msg']}" for problem in self.detail)


class InjectedError(ApiError):
    """The error that a rule asks for, in the shape that the API gives to its status."""


@dataclass(frozen=True)
class Call:
    """A request as rules see it; `operation` is None where no route matches, `organisation` where no key does."""

    method: str
    path: str
    operation: str | None
    organisation: str | None


@dataclass(frozen=True)
class Fault:
    """What is done to one request: a delay in seconds, and at most one of the others."""

    delay: float = 0.0
    status: int | None = None
    retry_after: int | None = None
    cut: bool = False
    truncate: int | None = None
    chunks: int | None = None

    @property
    def ends(self) -> bool:
        """Whether it decides the answer, so that no other rule is asked."""
        return self.cut or any(effect is not None for effect in (self.status, self.truncate, self.chunks))


NO_FAULT = Fault()


@dataclass
class Rule:
    """One rule, how often requests matched it, and how often it fired."""

    id: int
    method: str | None = None
    path: str | None = None
    operation: str | None = None
    organisation: str | None = None
    delay: float | Mapping[str, list[float]] = 0.0
    status: int | None = None
    retry_after: int | None = None
    cut: bool = False
    truncate: int | None = None
    chunks: int | None = None
    probability: float = 1.0
    seed: int = 0
    after: int = 0
    times: int | None = None
    matched: int = 0
    fired: int = 0
'''
''' if False else '''
