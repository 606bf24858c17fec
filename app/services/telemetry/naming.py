"""Which Files the spans of others belong to: those that they name, else ones derived from who sent them.

The AI SDK's metadata have names of Humanloop's own [D]; the same names work as association properties of OpenLLMetry.
Any other span, and any resource, can have the dotted ones [A].
"""

from ...json_types import Json, JsonObject
from .otlp import Span, at
from .trees import FlowPath, Holder, LogId

METADATA = "ai.telemetry.metadata"
PLACES = (METADATA, "traceloop.association.properties")
PREFIX = "humanloop"
NAMELESS = "OpenTelemetry"  # the directory of services without a name
UNKNOWN = "unknown_service"  # how the SDKs of OpenTelemetry call a service without a name


def file_path(span: Span) -> str | None:
    """Return the path that a span names for the File that it is itself a Log of."""
    own = span.at("humanloop.file.path")
    return str(own) if own else None


def prompt_path(span: Span) -> str | None:
    """Return the path that a span names for answers of models."""
    return file_path(span) or _named(span, "PromptPath", "humanloop.prompt.path")


def named_flow(span: Span) -> Holder | None:
    """Return what a span names as the holder of its trace: a Log that is there already, or a Flow."""
    log, path = _named(span, "TraceId", "humanloop.trace.id"), _named(span, "FlowPath", "humanloop.flow.path")
    if log:
        return LogId(log)
    return FlowPath(path) if path else None


def _named(span: Span, word: str, dotted: str) -> str | None:
    value = span.at(*(f"{place}.{PREFIX}{word}" for place in PLACES), dotted) or at(span.resource, dotted)
    return str(value) if value else None


def default_path(span: Span, name: Json) -> str:
    """Return the path of a File that a span does not name: below the service, with the name of what it did."""
    service = str(at(span.resource, "service.name") or "")
    directory = NAMELESS if service.startswith(UNKNOWN) else service
    return f"{_segment(directory) or NAMELESS}/{_segment(str(name or '')) or _segment(span.name) or 'unnamed'}"


def _segment(name: str) -> str:
    return " ".join(name.replace("/", " ").replace("\0", " ").split())


def metadata_of(span: Span) -> JsonObject | None:
    """Return the metadata of the AI SDK, without those that are meant for us."""
    found = span.tree(METADATA)
    return {name: value for name, value in found.items() if not name.startswith(PREFIX)} or None
