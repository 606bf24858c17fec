"""What makes one File kind differ from another, as data. Nothing else in the project asks for the name of a kind."""

from collections.abc import Callable
from dataclasses import dataclass

from marshmallow import Schema

from ..json_types import JsonObject, Rendered
from ..schemas.files import FileRename
from ..schemas.logs import LogResponse

Content = JsonObject
SchemaClass = type[Schema]


@dataclass(frozen=True)
class Linked:
    """Another File as a link finds it: the ids, content and wire form of the Version it resolves to."""

    file_id: str
    version_id: str
    name: str
    content: Content
    document: Rendered


COMPLETE, INCOMPLETE = "complete", "incomplete"  # the statuses of Logs that hold a trace

ShowLink = Callable[[JsonObject, Linked | None], JsonObject | None]
"""Shows an item that may link to a File, which is None if it does not; returns None for one that is not shown."""

COMMON_LOG_FIELDS = (
    "provider_latency",
    "stdout",
    "provider_request",
    "provider_response",
    "source",
    "source_datapoint_id",
    "trace_parent_id",
    "user",
    "environment",
    "save",
    "log_id",
)
MODEL_LOG_FIELDS = (
    "output_message",
    "prompt_tokens",
    "reasoning_tokens",
    "output_tokens",
    "prompt_cost",
    "output_cost",
    "finish_reason",
    "messages",
    "tool_choice",
)


@dataclass(frozen=True)
class LogKind:
    """How a kind logs: which body fields its Logs store and show, and how a new one is answered."""

    request: SchemaClass
    created: SchemaClass
    update: SchemaClass | None
    response: SchemaClass  # the whole Log
    content_key: str  # the body field that holds version content: "prompt", "spec", …
    fields: tuple[str, ...]  # what is stored and shown besides what all Logs have
    file_key: str = ""  # the answer's field for the File's id: "prompt_id"
    session: bool = False  # the answer has a session_id, which is always null
    traces: bool = False  # complete or incomplete, and may hold a trace
    judges: bool = False  # has a parent Log and a judgment on it
    empty: Content | None = None  # the version of a File that a Log makes without saying what is in it [O]
    update_rule: str = ""  # the route that changes a Log, where it is not `/prompts/<id>/log/<log_id>`
    update_name: str = "update_log"  # the name of this operation
    updated: SchemaClass = LogResponse  # what it answers


@dataclass(frozen=True)
class TextKind:
    """The text of a kind's Versions: that of `.prompt` and `.agent` files."""

    request: SchemaClass  # a text to read
    content: SchemaClass  # what was read


@dataclass(frozen=True, eq=False)
class FileKind:
    """All that makes one File type differ from another."""

    type: str  # "prompt"; its collection is the plural
    id_prefix: str  # "pr": Files pr_…
    version_prefix: str  # "prv": Versions prv_…
    request: SchemaClass
    response: SchemaClass
    listing: SchemaClass  # the answer to a list of Versions
    content_fields: tuple[str, ...]  # their canonical JSON decides "same version"
    describe: Callable[[Content], JsonObject]  # the part of a Version's wire form that never changes
    datapoints: bool = False  # a Version holds datapoints
    counts: tuple[str, ...] = ("version_logs_count", "total_logs_count")
    content: SchemaClass | None = None  # loads version content, with the API's defaults
    move: SchemaClass = FileRename
    monitorable: bool = True
    on_request: tuple[str, ...] = ("evaluator_aggregates",)  # fields that are null unless they are asked for
    links: Callable[[Content], list[JsonObject]] | None = None  # content items whose "link" names another File
    link_kinds: frozenset[str] = frozenset()  # what those Files may be
    link_field: str = ""  # the field that shows those items
    show_link: ShowLink | None = None
    text: TextKind | None = None
    asks: bool = False  # a Version says what a language model is asked
    works: bool = False  # the model is asked again with what its tools answered, until it has an output
    log: LogKind | None = None

    @property
    def collection(self) -> str:
        """Return the plural that stands in paths: `prompts`."""
        return self.type + "s"

    @property
    def title(self) -> str:
        """Return the name in messages: `Prompt`."""
        return self.type.capitalize()
