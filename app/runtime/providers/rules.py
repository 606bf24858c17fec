"""Rules of the scripted models: whether one matches a request, and what it says then.

Regular expressions are searched in the first 20,000 characters of a text. That bounds the harmless ones; one that
backtracks without end still holds its request, so rules are for those who run the server.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

import orjson
from marshmallow import ValidationError

from ...errors import Invalid
from ...schemas.fields import instance_of
from ...schemas.model_rules import ModelRule
from ...templating.templates import populate, variables
from .base import ModelError, ModelRequest, text_of
from .texts import draw, tool_call

SEARCHED = 20_000  # characters of a text
ORIGIN = "scripted"

Document = dict[str, Any]
Values = dict[str, Any]


def check(documents: Any) -> list[Document]:
    """Return rules as they are stored; raise ValidationError with all that is wrong with which of them."""
    checked: list[Document] = instance_of(ModelRule).load(documents, many=True)
    unknown = {position: problems for position, rule in enumerate(checked) if (problems := _unknown_names(rule))}
    if unknown:
        raise ValidationError(unknown)
    return checked


@lru_cache(maxsize=4096)
def compiled(text: str) -> "Rule":
    """Return the rule that is stored as this text."""
    return Rule(orjson.loads(text))


class Rule:
    """A checked rule, ready to be compared with requests."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._match = document["match"]
        self._message = _pattern(self._match, "message")
        self._system = _pattern(self._match, "system")
        self._inputs = {name: re.compile(text) for name, text in self._match.get("inputs", {}).items()}
        self._rows = {_folded(key): text for key, text in document.get("table", {}).get("rows", {}).items()}

    def match(self, request: ModelRequest) -> "Match | None":
        """Return the answer to a request, or None when the rule is not for it."""
        if not self._is_for(request):
            return None
        values: Values = {}
        for pattern, text in self._searches(request):
            found = pattern.search(text[:SEARCHED]) if text is not None else None
            if found is None:
                return None
            values |= _named(found)
            if pattern is self._message:
                values |= _numbered(found)
        values |= {"message": request.last, "inputs": request.inputs}
        return self._answer(request, values)

    def _is_for(self, request: ModelRequest) -> bool:
        role = request.messages[-1]["role"] if request.messages else None
        return (
            fnmatchcase(request.provider, self._match.get("provider", "*"))
            and fnmatchcase(request.model, self._match.get("model", "*"))
            and self._match.get("role", role) == role
            and (
                "tool" not in self._match
                or any(fnmatchcase(tool["name"], self._match["tool"]) for tool in request.tools)
            )
        )

    def _searches(self, request: ModelRequest) -> Iterator[tuple[re.Pattern[str], str | None]]:
        for name, pattern in self._inputs.items():
            yield pattern, _as_text(request.inputs.get(name))
        if self._system:
            system = [text_of(message) for message in request.messages if message["role"] in ("system", "developer")]
            yield self._system, "\n".join(system)
        if self._message:
            yield self._message, request.last

    def _answer(self, request: ModelRequest, values: Values) -> "Match | None":
        rule = self.document
        if "table" in rule:
            try:
                row = self._rows.get(_folded(_fill(rule["table"]["key"], values)))
            except Invalid:  # an input that the key names is missing
                return None
            return Match(self, request, values, row) if row is not None else None
        if "replies" in rule:
            return Match(self, request, values, rule["replies"][draw(request, "reply") % len(rule["replies"])])
        return Match(self, request, values, rule.get("reply", ""))


@dataclass(frozen=True)
class Match:
    """A rule and a request that it is for."""

    rule: Rule
    request: ModelRequest
    values: Values
    template: str

    def text(self) -> str:
        """Return the reply; raise ModelError when it names an input that the request lacks."""
        return self._filled(self.template)

    def tool_calls(self) -> list[dict[str, Any]]:
        """Return the calls of tools, with ids of their own where the rule gives none."""
        calls = []
        for position, call in enumerate(self.rule.document.get("tool_calls", [])):
            arguments = self._filled(call.get("arguments", {}))
            text = arguments if isinstance(arguments, str) else orjson.dumps(arguments).decode()
            made = tool_call(self.request, position, call["name"], text)
            calls.append({**made, "id": call.get("id", made["id"])})
        return calls

    def _filled(self, template: Any) -> Any:
        try:
            return _filled(template, self.values)
        except Invalid as error:
            message = f"The reply of a rule cannot be filled: {error.detail['description']}"
            raise ModelError(message, type="invalid_rule", code=None, origin=ORIGIN, status=400) from None


def _filled(template: Any, values: Values) -> Any:
    if isinstance(template, str):
        return _fill(template, values)
    if isinstance(template, Mapping):
        return {key: _filled(value, values) for key, value in template.items()}
    return [_filled(item, values) for item in template] if isinstance(template, list) else template


def _fill(template: str, values: Values) -> str:
    return str(populate(template, "default", values))


def _pattern(match: Document, name: str) -> re.Pattern[str] | None:
    return re.compile(match[name]) if name in match else None


def _named(found: re.Match[str]) -> Values:
    return {name: text or "" for name, text in found.groupdict().items()}


def _numbered(found: re.Match[str]) -> Values:
    return {str(number): text or "" for number, text in enumerate([found[0], *found.groups()])}


def _as_text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else orjson.dumps(value, default=str).decode()


def _folded(key: str) -> str:
    return key.strip().casefold()


def _unknown_names(rule: Document) -> dict[str, list[str]]:
    """Return what templates of a rule name that no request has."""
    match = rule["match"]
    patterns = [re.compile(match[name]) for name in ("message", "system") if name in match]
    patterns += map(re.compile, match.get("inputs", {}).values())
    numbers = re.compile(match["message"]).groups if "message" in match else -1
    known = {"message", "inputs", *map(str, range(numbers + 1)), *(name for p in patterns for name in p.groupindex)}
    problems = {}
    for field, texts in _templates(rule).items():
        names = [name for text in texts for name in variables(text, "default")]
        unknown = [name for name in names if name not in known and not name.startswith("inputs.")]
        if unknown:
            problems[field] = [f"nothing is called {{{{{unknown[0]}}}}}: known are {', '.join(sorted(known))}"]
    return problems


def _templates(rule: Document) -> dict[str, list[str]]:
    table = rule.get("table", {"key": "", "rows": {}})
    return {
        "reply": [rule.get("reply", "")],
        "replies": rule.get("replies", []),
        "table": [table["key"], *table["rows"].values()],
        "tool_calls": [text for call in rule.get("tool_calls", []) for text in _texts(call.get("arguments"))],
    }


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(item)
