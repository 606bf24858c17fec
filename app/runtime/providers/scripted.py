"""Models that answer as rules say; the rules stand in the database, so that all processes use the same."""

from collections.abc import Iterator

from ...store.database import Database
from . import rule_store
from .base import Chunk, ModelError, ModelRequest, Pause, Usage
from .rules import ORIGIN, Document, Match
from .texts import pieces
from .tokens import count, count_calls, count_prompt, usage


class Scripted:
    """The models of the rules; `pause` waits for some seconds before each piece of a rule with a delay."""

    def __init__(self, db: Database, pause: Pause) -> None:
        self._db = db
        self._pause = pause

    def find(self, request: ModelRequest) -> Match | None:
        """Return the answer of the first rule that matches and may still be used, and count the use."""
        for row, rule in rule_store.rules(self._db):
            match = rule.match(request)
            if match and rule_store.use(self._db, row, rule):
                return match
        return None

    def answer(self, match: Match) -> Iterator[Chunk]:
        """Yield the pieces of the answer, or raise the error that the rule asks for."""
        rule = match.rule.document
        text = match.text()
        chunks = [Chunk(piece) for piece in pieces(text, rule.get("chunks", "words"))]
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
