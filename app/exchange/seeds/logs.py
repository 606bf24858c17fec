"""Logs of a seed, with the Logs below them in their trace, and the judgments on them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import orjson

from ...json_types import Json, JsonObject
from ...kinds import DATASETS, JUDGES
from ...kinds.base import COMPLETE, INCOMPLETE, LogKind
from ...schemas import problems
from ...services.files import datapoints
from ...services.logs import logs, updates
from ...services.workspace import Workspace
from . import shapes
from .locations import SourceLocation
from .names import Names, at


@dataclass(frozen=True)
class Context:
    """What a Log takes from where it is written, unless it says otherwise itself."""

    path: str | None = None
    version: str | None = None  # of the File at that path, by name
    created_at: str | None = None
    trace_parent: str | None = None
    dataset: int | None = None  # the key of a version
    judges: Mapping[str, int] = field(default_factory=dict)  # keys of evaluators' versions, by path


class Logs:
    """Stores Logs."""

    def __init__(self, ws: Workspace, names: Names) -> None:
        self._ws = ws
        self._names = names
        self._points: dict[int, dict[frozenset[tuple[str, str]], str]] = {}

    def store(self, value: Json, location: SourceLocation, context: Context) -> str:
        """Store a Log with all that belongs to it, and return its id.

        A Log with children is complete once they are stored, unless it says otherwise.
        """
        own, rest = location.split(shapes.Log, value)
        path = own.get("path", context.path)
        if path is None:
            raise location.error(problems.REQUIRED, "path")
        version = own.get("version") or (context.version if path == context.path else None)
        kind, file, key = self._names.target(path, version, location)
        log = kind.log
        if log is None:
            raise location.error(f"{path} is of type {kind.type}, which has no logs", "path")
        context = replace(context, created_at=own.get("created_at", context.created_at))
        body = self._body(log, own, rest, location, context)
        ws = at(self._ws, context.created_at)
        status = body.get("log_status") or COMPLETE
        if log.traces:
            body["log_status"] = INCOMPLETE if own["children"] else status
        with location.blamed():
            uid: str = logs.store(ws, kind, file, key, body)["id"]
        below = Context(created_at=context.created_at, trace_parent=uid, judges=context.judges)
        for position, child in enumerate(own["children"]):
            self.store(child, location.at("children", position), below)
        if own["children"] and log.traces and status == COMPLETE:
            updates.update(ws, kind, None, uid, {"log_status": COMPLETE})
        for judge, judgment in own["judgments"].items():
            self._judge(uid, judge, judgment, location.at("judgments", judge), context)
        return uid

    def _body(
        self, log: LogKind, own: JsonObject, rest: JsonObject, location: SourceLocation, context: Context
    ) -> JsonObject:
        """Return the body of a log request."""
        if log.content_key in rest:
            raise location.error("a log names a `version`; content belongs in the file", log.content_key)
        body: JsonObject = location.load(log.request, rest)
        if context.created_at:
            body["created_at"] = context.created_at
        if context.trace_parent:
            body["trace_parent_id"] = context.trace_parent
        dataset = context.dataset
        if "dataset" in own:
            dataset = self._names.find(own["dataset"], DATASETS, location.at("dataset")).id
        if dataset is not None and "source_datapoint_id" not in body:
            body["source_datapoint_id"] = self._datapoint(dataset, body.get("inputs") or {}, location)
        return body

    def _datapoint(self, dataset: int, inputs: Mapping[str, Json], location: SourceLocation) -> str:
        """Return the id of the datapoint with these inputs: the first, if several have them."""
        if dataset not in self._points:
            points: dict[frozenset[tuple[str, str]], str] = {}
            shown = datapoints.of_versions(self._ws, [dataset])[dataset]["datapoints"]
            for point in orjson.loads(orjson.dumps(shown)):
                points.setdefault(_comparable(point["inputs"] or {}), point["id"])
            self._points[dataset] = points
        uid = self._points[dataset].get(_comparable(inputs))
        if uid is None:
            raise location.error("the dataset has no datapoint with these inputs", "inputs")
        return uid

    def _judge(self, log: str, path: str, value: Json, location: SourceLocation, context: Context) -> None:
        """Store a judgment: its value, or an object that says more. Its date is that of its Log unless it has one."""
        own, rest = location.split(shapes.Judgment, value) if isinstance(value, Mapping) else ({}, {"judgment": value})
        kind, file, key = self._names.target(path, own.get("version"), location)
        if kind.type not in JUDGES or kind.log is None:
            raise location.error(f"{path} is of type {kind.type}, not evaluator")
        if "version" not in own:
            key = context.judges.get(path, key)
        body = location.load(kind.log.request, {"created_at": context.created_at, "parent_id": log, **rest})
        with location.blamed():
            logs.store(at(self._ws, body.get("created_at")), kind, file, key, body)


def _comparable(inputs: Mapping[str, Json]) -> frozenset[tuple[str, str]]:
    return frozenset((name, str(value)) for name, value in inputs.items())
