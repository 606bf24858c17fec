"""Spans become Logs: those of the official decorators by their own rules, all others by what they have in common."""

from typing import Any

from ..workspace import Workspace
from . import decorators, spans
from .otlp import read_spans
from .traces import settle


def record_all(ws: Workspace, document: Any) -> list[str]:
    """Record the spans of an OTLP document and return the ids of their Logs, in the order of the spans."""
    records: list[str | None] = []
    traces: dict[str, None] = {}  # in the order in which they came
    for span in read_spans(document):
        if decorators.made(span):
            records.append(decorators.record(ws, span))
        else:
            records.append(spans.record(ws, span))
            traces[span.trace_id] = None
    for trace_id in traces:
        settle(ws, trace_id)
    return [uid for uid in records if uid is not None]
