"""The answer of an OpenAI-compatible API, put together from its events."""

import orjson

from ...json_types import Json, JsonObject
from .base import Chunk, ModelRequest, Usage, count, count_calls, count_prompt, tool_call, usage
from .openai_errors import broken, malformed, refusal

DATA, DONE = b"data:", b"[DONE]"
NAMED = ("id", "object", "created", "model", "system_fingerprint")  # fields of the answer that are in each event


class Answer:
    """What has arrived of an answer so far."""

    def __init__(self, request: ModelRequest, body: JsonObject, key: str) -> None:
        self._request = request
        self._body = body
        self._key = key
        self._head: JsonObject = {}
        self._text = ""
        self._calls: dict[int, dict[str, str]] = {}
        self._logprobs: dict[str, list[Json]] = {}
        self._reason: str | None = None
        self._usage: JsonObject = {}
        self.done = False

    def read(self, line: bytes) -> str:
        """Read one line of a stream and return the text that it adds; lines that are not data are ignored."""
        data = line.removeprefix(DATA).strip()
        if not line.startswith(DATA) or not data:
            return ""
        if data == DONE:
            self.done = True
            return ""
        return self.take(data)

    def take(self, data: bytes) -> str:
        """Read one event, or the whole answer of an API that does not stream, and return the text that it adds."""
        try:
            event = orjson.loads(data)
            if event.get("error"):
                raise self._refusal(event["error"], data)
            return self._add(event)
        except (ValueError, TypeError, KeyError, AttributeError):
            raise malformed(self._request) from None

    def end(self) -> Chunk:
        """Return the last chunk, with tool calls, usage and the whole response; raise if the answer was cut off."""
        if not (self.done or self._reason):
            raise broken(self._request)
        calls = [
            {"id": call["id"] or made["id"], "type": "function", "function": made["function"]}
            for position, call in enumerate(self._calls.values())
            for made in [tool_call(self._request, position, call["name"], call["arguments"])]
        ]
        reason = self._reason or ("tool_calls" if calls else "stop")
        return Chunk(
            tool_calls=calls,
            finish_reason=reason,
            usage=self._cost(calls),
            provider_request=self._body,
            provider_response=self._response(calls, reason),
        )

    def _refusal(self, error: Json, data: bytes) -> Exception:
        code = error.get("code") if isinstance(error, dict) else None
        status = code if isinstance(code, int) and 400 <= code < 600 else 503
        return refusal(self._request, status, {}, data, self._key)

    def _add(self, event: JsonObject) -> str:
        self._head |= {name: event[name] for name in NAMED if event.get(name) is not None}
        self._usage = dict(event.get("usage") or self._usage)
        added = ""
        for choice in event.get("choices") or []:
            delta = choice.get("delta") or choice.get("message") or {}
            added += choice.get("text") or delta.get("content") or delta.get("refusal") or ""
            for position, call in enumerate(delta.get("tool_calls") or []):
                self._add_call(call.get("index", position), call)
            for name, values in (choice.get("logprobs") or {}).items():
                self._logprobs.setdefault(name, []).extend(values or [])
            self._reason = choice.get("finish_reason") or self._reason
        self._text += added
        return added

    def _add_call(self, index: int, call: JsonObject) -> None:
        whole = self._calls.setdefault(index, {"id": "", "name": "", "arguments": ""})
        function = call.get("function") or {}
        whole["id"] = call.get("id") or whole["id"]
        whole["name"] += function.get("name") or ""
        whole["arguments"] += function.get("arguments") or ""

    def _cost(self, calls: list[JsonObject]) -> Usage:
        """Return the usage that the API counted, or our own counts if it did not."""
        prompt, output = _whole(self._usage, "prompt_tokens"), _whole(self._usage, "completion_tokens")
        return usage(
            self._request.model,
            count_prompt(self._request) if prompt is None else prompt,
            count(self._text) + count_calls(calls) if output is None else output,
            _whole(self._usage.get("completion_tokens_details"), "reasoning_tokens"),
        )

    def _response(self, calls: list[JsonObject], reason: str) -> JsonObject:
        """Return the response that the API would have sent without streaming."""
        said: JsonObject = {"text": self._text}
        if self._request.text is None:
            message = {"role": "assistant", "content": self._text or None, **({"tool_calls": calls} if calls else {})}
            said = {"message": message}
        choice = {"index": 0, **said, "logprobs": self._logprobs or None, "finish_reason": reason}
        return {**self._head, "choices": [choice], "usage": self._usage or None}


def _whole(counts: Json, name: str) -> int | None:
    number = counts.get(name) if isinstance(counts, dict) else None
    return number if isinstance(number, int) else None
