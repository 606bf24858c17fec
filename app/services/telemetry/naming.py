"""Which Files the spans of others belong to: the ones they name, else ones made up from what sent them.

The AI SDK's metadata have names of Humanloop's own [D]; the same names work as association properties of OpenLLMetry.
Any other span, and any resource, can have the dotted ones [A].
"""

from typing import Any

from .attributes import Tree
from .otlp import Span, at
from .trees import Flow, Held

METADATA = "ai.telemetry.metadata"
PLACES = (METADATA, "traceloop.association.properties")
PREFIX = "humanloop"
NAMELESS = "OpenTelemetry"  # the directory of what does not say which service it is
UNKNOWN = "unknown_service"  # how the SDKs of OpenTelemetry begin the name of a service without one


def own_path(span: Span) -> str | None:
    """Return the path that a span has for what it is itself, whatever that is."""
    own = span.at("humanloop.file.path")
    return str(own) if own else None


def prompt_path(span: Span) -> str | None:
    """Return the path that a span names for answers of models."""
    return own_path(span) or _named(span, "PromptPath", "humanloop.prompt.path")


def named_flow(span: Span) -> Flow | Held | None:
    """Return what a span says that its trace is: a Log that is there already, or a Flow."""
    log, path = _named(span, "TraceId", "humanloop.trace.id"), _named(span, "FlowPath", "humanloop.flow.path")
    if log:
        return Held(log)
    return Flow(path) if path else None


def _named(span: Span, word: str, dotted: str) -> str | None:
    value = span.at(*(f"{place}.{PREFIX}{word}" for place in PLACES), dotted) or at(span.resource, dotted)
    return str(value) if value else None


def made_up(span: Span, name: Any) -> str:
    """Return the path of a File that nobody named: below the service, with the name of what the span is."""
    service = str(at(span.resource, "service.name") or "")
    directory = NAMELESS if service.startswith(UNKNOWN) else service
    return f"{_segment(directory) or NAMELESS}/{_segment(str(name or '')) or _segment(span.name) or 'unnamed'}"


def _segment(name: str) -> str:
    return " ".join(name.replace("/", " ").replace("\0", " ").split())


def metadata_of(span: Span) -> Tree | None:
    """Return the metadata of the AI SDK that are not meant for us."""
    found = span.tree(METADATA)
    return {name: value for name, value in found.items() if not name.startswith(PREFIX)} or None
