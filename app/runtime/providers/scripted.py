"""Scripted models, which answer by rules: whether a rule matches a request, and what it answers.

The rules are in the database, so that all processes use the same ones. Regular expressions are searched for in the
first 20,000 characters of a text. That bounds harmless ones, but one that backtracks without end still blocks its
request: only those who run the server may set rules.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import NamedTuple

import orjson

from ...errors import Invalid
from ...json_types import Json, JsonObject, plain_text
from ...store.database import Database
from ...store.statement import sql
from ...templating.templates import populate
from .base import (
    Chunk,
    ModelError,
    ModelRequest,
    Pause,
    Usage,
    count,
    count_calls,
    count_prompt,
    split,
    stable_number,
    text_of,
    tool_call,
    usage,
)

SEARCHED = 20_000  # characters of a text
ORIGIN = "scripted"

Document = JsonObject
Values = JsonObject


class RuleRow(NamedTuple):
    """A rule as it is stored; `source` is the file it comes from, null if it was set at run time."""

    id: int
    source: str | None
    rule: str  # JSON
    uses: int


RULES = sql(
    """
    SELECT id, source, rule, uses FROM model_rule
    ORDER BY source IS NOT NULL, CASE WHEN source IS NULL THEN -id ELSE id END
    """,
    RuleRow,
)

USE = sql("""
    UPDATE model_rule SET uses = uses + 1
    WHERE id = :id AND rule = :rule AND uses < coalesce(:times, uses + 1)
""")
"""Count a use. The text is compared because the id may have been given to a newer rule."""


class Rule:
    """A valid rule, compiled to be matched with requests."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._match = document["match"]
        self._message = _pattern(self._match, "message")
        self._system = _pattern(self._match, "system")
        self._inputs = {name: re.compile(text) for name, text in self._match.get("inputs", {}).items()}
        self._rows = {_folded(key): text for key, text in document.get("table", {}).get("rows", {}).items()}

    def match(self, request: ModelRequest) -> "Match | None":
        """Return the match with a request, or None if the rule does not apply to it."""
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
            except Invalid:  # the key names a missing input
                return None
            return Match(self, request, values, row) if row is not None else None
        if "replies" in rule:
            return Match(self, request, values, rule["replies"][stable_number(request, "reply") % len(rule["replies"])])
        return Match(self, request, values, rule.get("reply", ""))


@dataclass(frozen=True)
class Match:
    """A rule with a request that it applies to."""

    rule: Rule
    request: ModelRequest
    values: Values
    template: str

    def text(self) -> str:
        """Return the reply; raise ModelError if it names an input that the request lacks."""
        return str(self._filled(self.template))

    def tool_calls(self) -> list[JsonObject]:
        """Return the tool calls; those without an id in the rule get a derived one."""
        calls = []
        for position, call in enumerate(self.rule.document.get("tool_calls", [])):
            arguments = self._filled(call.get("arguments", {}))
            made = tool_call(self.request, position, call["name"], plain_text(arguments))
            calls.append({**made, "id": call.get("id", made["id"])})
        return calls

    def _filled(self, template: Json) -> Json:
        try:
            return _filled(template, self.values)
        except Invalid as error:
            message = f"The reply of a rule cannot be filled in: {error.detail['description']}"
            raise ModelError(message, type="invalid_rule", code=None, origin=ORIGIN, status=400) from None


class Scripted:
    """The models that rules define; `pause` waits for some seconds before each chunk of a rule with a delay."""

    def __init__(self, db: Database, pause: Pause) -> None:
        self._db = db
        self._pause = pause

    def find(self, request: ModelRequest) -> Match | None:
        """Return the match of the first rule that applies and is not used up, and count the use."""
        with self._db.reading():
            rows = self._db.all(RULES)
        for row in rows:
            rule = _compiled(row.rule)
            match = rule.match(request)
            if match and _use(self._db, row, rule):
                return match
        return None

    def answer(self, match: Match) -> Iterator[Chunk]:
        """Yield the chunks of the answer; raise the error that the rule asks for, if any."""
        rule = match.rule.document
        text = match.text()
        chunks = [Chunk(piece) for piece in split(text, rule.get("chunks", "words"))]
        error = rule.get("error")
        chunks = chunks[: error["after_chunks"]] if error else [*chunks, _ending(match, text)]
        for chunk in chunks:
            self._wait(rule)
            yield chunk
        if error:
            self._wait(rule)
            raise _failure(error)

    def _wait(self, rule: Document) -> None:
        if rule.get("delay"):
            self._pause(rule["delay"])


def _ending(match: Match, text: str) -> Chunk:
    calls = match.tool_calls()
    reason = match.rule.document.get("finish_reason") or ("tool_calls" if calls else "stop")
    return Chunk(tool_calls=calls, finish_reason=reason, usage=_usage(match, count(text) + count_calls(calls)))


def _usage(match: Match, output: int) -> Usage:
    said = match.rule.document.get("tokens", {})
    prompt = said["prompt"] if "prompt" in said else count_prompt(match.request)
    return usage(match.request.model, prompt, said.get("output", output), said.get("reasoning"))


def _failure(error: Document) -> ModelError:
    return ModelError(
        error["message"], type=error["type"], code=error.get("code"), origin=ORIGIN, status=error["status"]
    )


def _use(db: Database, row: RuleRow, rule: Rule) -> bool:
    """Count a use of a rule; return False if it is used up or has been deleted."""
    with db.writing():
        return db.run(USE, id=row.id, rule=row.rule, times=rule.document.get("times")) == 1


@lru_cache(maxsize=4096)
def _compiled(text: str) -> Rule:
    """Compile the rule that is stored as this text."""
    return Rule(orjson.loads(text))


def _filled(template: Json, values: Values) -> Json:
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


def _as_text(value: Json) -> str | None:
    return value if value is None or isinstance(value, str) else orjson.dumps(value, default=str).decode()


def _folded(key: str) -> str:
    return key.strip().casefold()
