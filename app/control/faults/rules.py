"""Faults: rules that delay requests, answer them with errors or break off their answers, to test the callers.

Rules are tried in the order in which they were added. A rule that matches a request may still spare it (`after`,
`times`, `probability`). When a rule that only delays fires, the next rules are tried too, and delays add up; any other
rule that fires ends the search. All randomness comes from the seed of the rule: the same requests meet the same faults
in every run.
"""

import itertools
import math
import random
import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from fnmatch import fnmatchcase
from http import HTTPStatus
from typing import Any

from marshmallow import ValidationError

from ...errors import ApiError, Conflict, NotFound, SchemaError, Unauthorized
from ...schemas.problems import flatten
from ..calls import Call, Selection
from .schema import ENDINGS, MOST_SECONDS, FaultEffect, FaultRule

HEADER = "X-Emulator-Fault"
EFFECT, RULE = FaultEffect(), FaultRule()
VALUE = "value_error"
INJECTED = "A fault rule gave this answer."
RETRY_AFTER = {429: 1}  # seconds to ask for where the rule does not say


class ConnectionCut(ConnectionResetError):
    """Raised for a caller in this process, where one behind a socket would see the connection closed."""


class TimedOut(TimeoutError):
    """Raised for a caller in this process that does not wait as long as the delay takes."""


class InvalidRule(SchemaError, ValueError):
    """422: not a valid rule."""

    def __str__(self) -> str:
        return "; ".join(f"{'.'.join(map(str, problem['loc'][1:]))}: {problem['msg']}" for problem in self.detail)


@dataclass(frozen=True)
class Fault:
    """What happens to one request: a delay in seconds, and at most one of the others.

    `truncate` and `chunks` say how much of the answer is sent: bytes of any answer, or chunks of a stream of events.
    """

    delay: float = 0.0
    status: int | None = None
    retry_after: int | None = None
    cut: bool = False
    truncate: int | None = None
    chunks: int | None = None

    @property
    def ends(self) -> bool:
        """Whether it decides the answer."""
        effects = (getattr(self, name) for name in ENDINGS)
        return any(effect is not None and effect is not False for effect in effects)  # to send 0 bytes is one

    def document(self) -> dict[str, object]:
        """Return the effects that it has, and only those."""
        return {name: value for name, value in asdict(self).items() if value != getattr(NO_FAULT, name)}


NO_FAULT = Fault()


class Rule:
    """One rule; `matched` counts the requests that it selects, `fired` those it took effect on."""

    def __init__(self, number: int, given: dict[str, Any]) -> None:
        self.id = number
        self.given = given
        self.matched = 0
        self.fired = 0
        self._selection = Selection(*(given.get(name) for name in ("method", "path", "operation", "organisation")))
        self._random = random.Random(given.get("seed", 0))

    def fires(self, call: Call) -> bool:
        """Count a request if it matches, and tell whether the fault applies to it."""
        if self._selection.misses(call):
            return False
        self.matched += 1
        if self.matched <= self.given.get("after", 0) or self.fired >= self.given.get("times", math.inf):
            return False
        if self._random.random() >= self.given.get("probability", 1.0):
            return False
        self.fired += 1
        return True

    def fault(self) -> Fault:
        """Return the fault of one request, with its delay drawn."""
        effect = {name: value for name, value in self.given.items() if name in EFFECT.fields}
        return Fault(**effect | {"delay": self._delay(effect.get("delay", 0.0))})

    def document(self) -> dict[str, object]:
        """Return the rule as it was given, with its id and its counts."""
        return {"id": self.id, **self.given, "matched": self.matched, "fired": self.fired}

    def _delay(self, given: float | Mapping[str, list[float]]) -> float:
        if not isinstance(given, Mapping):
            return given
        if "uniform" in given:
            return self._random.uniform(*given["uniform"])
        return min(self._random.lognormvariate(*given["lognormal"]), MOST_SECONDS)


class Faults:
    """The rules of one process; `operations` are the names that a rule may select."""

    def __init__(self, operations: Collection[str]) -> None:
        self._operations = operations
        self.rules: tuple[Rule, ...] = ()
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def add(
        self,
        *,
        method: str | None = None,
        path: str | None = None,
        operation: str | None = None,
        organisation: str | None = None,
        status: int | None = None,
        retry_after: int | None = None,
        delay: float | Mapping[str, Sequence[float]] | None = None,
        cut: bool = False,
        truncate: int | None = None,
        chunks: int | None = None,
        probability: float = 1.0,
        seed: int = 0,
        after: int = 0,
        times: int | None = None,
    ) -> Rule:
        """Add a rule. Raises InvalidRule, a ValueError.

        The first four select requests (`Selection`). `delay` is in seconds, or {"uniform": [a, b]}, or
        {"lognormal": [mu, sigma]}. The rule spares the first `after` requests, fires at most `times` times, and each
        time only with the `probability`, drawn from the `seed`.
        """
        given = {name: value for name, value in locals().items() if name in RULE.fields}
        return self.load({name: value for name, value in given.items() if value is not None})

    def load(self, document: object) -> Rule:
        """Add a rule that is given as JSON."""
        given = _load(RULE, document, "body")
        operation = given.get("operation")
        if operation and not any(fnmatchcase(name, operation) for name in self._operations):
            raise InvalidRule([{"loc": ["body", "operation"], "msg": "there is no such operation", "type": VALUE}])
        with self._lock:
            rule = Rule(next(self._numbers), given)
            self.rules = (*self.rules, rule)
        return rule

    def remove(self, number: int) -> None:
        """Remove a rule. Raises NotFound."""
        with self._lock:
            left = tuple(rule for rule in self.rules if rule.id != number)
            if len(left) == len(self.rules):
                raise NotFound.of("Fault rule", str(number))
            self.rules = left

    def clear(self) -> None:
        """Remove all rules."""
        with self._lock:
            self.rules = ()

    def meet(self, call: Call) -> Fault:
        """Return the fault for a request that comes now."""
        delay = 0.0
        with self._lock:
            for rule in self.rules:
                if rule.fires(call):
                    fault = rule.fault()
                    delay += fault.delay
                    if fault.ends:
                        return replace(fault, delay=delay)
        return Fault(delay) if delay else NO_FAULT

    def list(self) -> Sequence[Rule]:
        """Return the rules in the order in which they are tried."""
        return self.rules


def one_shot(header: str) -> Fault:
    """Read the fault of a single request: `status=429; retry_after=2`, `delay=0.2`, `cut`. Raises InvalidRule."""
    parts = (part.partition("=") for part in header.replace(",", ";").split(";") if part.strip())
    given = {name.strip(): value.strip() if equals else "true" for name, equals, value in parts}
    loaded = _load(EFFECT, given, "header")
    return Fault(**loaded)


def error_of(status: int) -> ApiError:
    """Return the API's error with this status, in the API's own shape."""
    if status == 404:
        return NotFound("Not found.", INJECTED, loc=("path", "id"))
    if status == 409:
        return Conflict("Conflict.", INJECTED)
    if status == 422:
        return SchemaError([{"loc": ["body"], "msg": INJECTED, "type": VALUE}])
    error = Unauthorized() if status == 401 else ApiError()
    if status not in (401, 500):
        error.status = status
        error.detail = HTTPStatus(status).phrase if status in list(HTTPStatus) else "Error"
    return error


def _load(schema: FaultEffect, document: Any, place: str) -> dict[str, Any]:
    try:
        loaded: dict[str, Any] = schema.load(document)
    except ValidationError as error:
        raise InvalidRule(flatten(error.messages, place)) from None
    return loaded
