"""The contract: every route and model of the real API, read from the project's copy in `wire-contract.json`."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

PREFIX = "/v5"
CONTRACT: dict[str, Any] = json.loads((Path(__file__).parent / "wire-contract.json").read_text())
MODELS: dict[str, dict[str, Any]] = CONTRACT["models"]


@dataclass(frozen=True)
class Route:
    """One route: `POST /prompts/log`."""

    name: str
    facts: dict[str, Any]

    @property
    def method(self) -> str:
        return self.name.split(" ")[0]

    @property
    def path(self) -> str:
        """The path below `/v5`, with `{parameters}`."""
        return self.name.split(" ")[1]

    @property
    def response(self) -> str | None:
        """The name of the answer's model; None where there is no JSON."""
        found: str | None = self.facts["response"]
        return found

    @cached_property
    def query(self) -> dict[str, bool]:
        """The query parameters, each with whether it is required."""
        return required(self.facts["query"])

    @cached_property
    def body(self) -> dict[str, bool]:
        """The fields of the body, each with whether it is required."""
        return required(self.facts["body"])

    def __str__(self) -> str:
        return self.name


def required(fields: dict[str, str]) -> dict[str, bool]:
    """Tell which fields are required: their type ends in an exclamation mark."""
    return {name: spelling.endswith("!") for name, spelling in fields.items()}


ROUTES = [Route(name, facts) for name, facts in CONTRACT["routes"].items()]
