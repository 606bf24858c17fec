"""Calls of Prompts: find or create the Version, call the model, log and return every sample.

No transaction is open while the model works. The Version is stored before, the Logs after: also if the model fails, and
if the client of a stream disconnects, in which case the rest of the answer is read first.
"""

from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain

from ..errors import DomainError, Interrupted
from ..json_types import JsonObject
from ..kinds import KINDS, PROMPT
from ..kinds.base import Content, FileKind
from ..services.files import links
from ..services.files.versions import content_of, uid_of
from ..services.logs import logs
from ..services.logs.documents import read_log
from ..services.workspace import Workspace
from .completions import Completion, Outcome, build_request
from .engines import Engines
from .providers.base import Chunk, ModelError, chat_message

ANSWERED = (
    *("start_time", "end_time", "messages", "tool_choice", "prompt", "inputs", "source", "metadata"),
    *("source_datapoint_id", "trace_parent_id", "user", "environment", "save", "id", "trace_id", "log_status"),
)
LOGGED = (
    *("messages", "tool_choice", "inputs", "source", "metadata", "start_time", "end_time", "source_datapoint_id"),
    *("trace_parent_id", "user", "environment", "save", "log_id", "log_status", "batch_id", "batches"),
)
"""What a caller may say of the Log."""

NO_OUTCOME: dict[str, None] = dict.fromkeys(Outcome.__annotations__)


@dataclass(frozen=True)
class CallTarget:
    """What is called: a Version with its File, and the id of the Log that the call will create."""

    kind: FileKind
    file: logs.LoggedFile
    version: int
    version_uid: str
    content: Content
    log_uid: str


def prepare(ws: Workspace, kind: FileKind, query: JsonObject, body: JsonObject) -> CallTarget:
    """Find or create the Version to call, and raise whatever its Log would be refused for.

    The rules are those of logging (`logs.create`). Runs in the caller's transaction.
    """
    file, version = logs.locate(ws, kind, body, query)
    logs.check(ws, body)
    uid = logs.new_id(ws, body.get("log_id"))
    return CallTarget(kind, file, version, uid_of(ws, version), content_of(ws, version), uid)


def new_target(ws: Workspace, version: links.Target, log_uid: str | None = None) -> CallTarget:
    """Return the target of a call of a known Version, by default with a new id for its Log."""
    kind, log_uid = KINDS[version.kind], log_uid or ws.ids.new("log")
    return CallTarget(kind, version, version.version_id, version.version_uid, version.content, log_uid)


def log_body(body: JsonObject, fields: JsonObject) -> JsonObject:
    """Return the body of a call's Log: the fields of its outcome, and those of the caller, which take precedence."""
    return {**fields, **{name: body[name] for name in LOGGED if body.get(name) is not None}}


@dataclass
class Sample:
    """One of the answers to a call, with the id of its Log."""

    uid: str
    completion: Completion

    @property
    def index(self) -> int:
        """Return the position of the sample among those of the call."""
        return self.completion.request.index


SampleChunk = tuple[Sample, Chunk]


def call_prompt(
    ws: Workspace, engines: Engines, query: JsonObject, body: JsonObject
) -> JsonObject | Generator[JsonObject]:
    """Call a Prompt; return the answer or, with `stream`, the events of all samples as they arrive."""
    call = PromptCall(ws, engines, query, body)
    return call.events() if body["stream"] else call.answer()


class PromptCall:
    """A call of a Prompt in progress."""

    def __init__(self, ws: Workspace, engines: Engines, query: JsonObject, body: JsonObject) -> None:
        """Find or create the Version and fill in its template; errors in the request are raised here."""
        self._ws, self._body = ws, body
        with ws.writing():
            self._target = prepare(ws, PROMPT, query, body)
            request = build_request(
                ws,
                self._target.content,
                inputs=body.get("inputs"),
                messages=body.get("messages"),
                tool_choice=body.get("tool_choice"),
                keys=body.get("provider_api_keys"),
                suffix=body.get("suffix"),
                logprobs=body.get("logprobs"),
            )
        uids = [self._target.log_uid, *(ws.ids.new("log") for _ in range(1, body["num_samples"]))]
        self._samples = [Sample(uid, Completion(replace(request, index=index))) for index, uid in enumerate(uids)]
        self._chunks = self._ask(engines)

    def _ask(self, engines: Engines) -> Iterator[SampleChunk]:
        """Yield the chunks of all samples, one of each in turn; the first failure ends all of them."""
        going = {sample.index: sample.completion.run(engines.models, self._ws.clock) for sample in self._samples}
        try:
            while going:
                for index, chunks in list(going.items()):
                    chunk = next(chunks, None)
                    if chunk is None:
                        del going[index]
                    else:
                        yield self._samples[index], chunk
        finally:
            for chunks in going.values():
                chunks.close()

    def _finish(self) -> None:
        """Read the rest of the answers, and store the Logs of all samples that began."""
        with suppress(ModelError):
            for _ in self._chunks:
                pass
        with self._ws.writing():
            for sample in self._samples:
                if sample.completion.start_time:
                    fields = log_body(self._body, sample.completion.log_fields())
                    logs.store(self._ws, PROMPT, self._target.file, self._target.version, fields, sample.uid)

    def answer(self) -> JsonObject:
        """Return the answer once the model has finished; its error is raised."""
        self._finish()
        for sample in self._samples:
            if sample.completion.failure:
                raise sample.completion.failure
        with self._ws.reading():
            log = read_log(self._ws, self._target.log_uid)
        answer = {name: log[name] for name in ANSWERED}
        if not self._body["return_inputs"]:
            answer["inputs"] = {}
        return {
            **answer,
            "log_id": log["id"],
            "logs": [{**sample.completion.outcome(), "index": sample.index} for sample in self._samples],
        }

    def events(self) -> Generator[JsonObject]:
        """Return the events of the samples.

        An error before the first event is raised, so that it is answered with its status; a later one is an event with
        `error`.
        """
        try:
            first = next(self._chunks)
        except ModelError:
            self._finish()
            raise
        return self._stream(first)

    def _stream(self, first: SampleChunk) -> Generator[JsonObject]:
        try:
            for sample, chunk in chain([first], self._chunks):
                yield self._event(sample, chunk)
        except ModelError:
            pass
        finally:
            refusal = self._try_to_finish()
        for sample in self._samples:
            if sample.completion.failure or refusal:
                yield self._event(sample, Chunk()) | ({"error": refusal} if refusal else {})

    def _try_to_finish(self) -> str | None:
        """Finish; return the reason if nothing could be stored, such as a trace completed in the meantime."""
        try:
            self._finish()
        except DomainError as error:
            return str(error.detail["description"])
        except Interrupted as error:
            return str(error.detail)
        return None

    def _event(self, sample: Sample, chunk: Chunk) -> JsonObject:
        return {
            **stream_chunk(chunk, sample.completion),
            "index": sample.index,
            "id": sample.uid,
            "prompt_id": self._target.file.uid,
            "version_id": self._target.version_uid,
        }


def stream_chunk(chunk: Chunk, completion: Completion) -> JsonObject:
    """Return a chunk as it is streamed: its text, which is never null [C], and with the last one the whole outcome."""
    return {
        **(completion.outcome() if chunk.finish_reason else NO_OUTCOME),
        "output": chunk.text,
        "error": completion.error,
        "output_message": chat_message("assistant", None, tool_calls=list(chunk.tool_calls))
        if chunk.tool_calls
        else None,
    }
