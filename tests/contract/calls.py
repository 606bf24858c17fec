"""A call that succeeds for every served route, naming everything that the route can name."""

import io
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from werkzeug.test import TestResponse

from humanloop_emulator.json_types import JsonObject
from tests.builders import contents
from tests.builders.files import KINDS, LOGGED
from tests.builders.workspace import EVALUATED, Workspace
from tests.conftest import Api

SERIALIZED = ("prompt", "agent")
TEXT = "---\nmodel: gpt-4o\n---\n<system>\n  Hello {{name}}\n</system>\n"
TRACED = ("flow", "agent")


@dataclass(frozen=True)
class Call:
    """One request: path parameters, query, and a JSON body or the text of a file to upload."""

    route: str
    path: JsonObject = field(default_factory=dict)
    query: JsonObject = field(default_factory=dict)
    body: Any = None
    upload: str = ""

    def send(self, api: Api) -> TestResponse:
        """Send the request as the key of this client."""
        method, template = self.route.split(" ")
        options: JsonObject = {"query_string": self.query}
        if self.upload:
            options["data"] = {"file": (io.BytesIO(self.upload.encode()), "points.csv")}
        elif self.body is not None:
            options["json"] = self.body
        return api.request(method, template.format(**self.path), **options)

    def swapped(self, swap: dict[str, str]) -> "Call":
        """Return the call with every id in it replaced."""
        return replace(self, path=_swap(self.path, swap), query=_swap(self.query, swap), body=_swap(self.body, swap))

    def names(self) -> list[str]:
        """Return every text in the call: those that are ids are among them."""
        return list(dict.fromkeys(_texts([self.path, self.query, self.body])))


def _swap(value: Any, swap: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _swap(item, swap) for key, item in value.items()}
    if isinstance(value, list):
        return [_swap(item, swap) for item in value]
    return swap.get(value, value) if isinstance(value, str) else value


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)
    elif isinstance(value, str):
        yield value


def all_calls(ws: Workspace) -> list[Call]:
    """Return the calls of all served routes with the ids of one workspace."""
    calls = [*_files(ws), *_directories(ws), *_logs(ws), *_evaluations(ws)]
    for kind in KINDS:
        calls += _kind(ws, kind)
    return calls


def _content(ws: Workspace, kind: str) -> JsonObject:
    return {
        "tool": contents.TOOL,
        "prompt": contents.prompt(ws["tool"]),
        "agent": contents.agent(ws["tool"], ws["prompt"]),
        "flow": contents.FLOW,
        "dataset": {"datapoints": contents.datapoints(ws.home)[:2]},
        "evaluator": {"spec": contents.SPECS["boolean"]},
    }[kind]


def _kind(ws: Workspace, kind: str) -> Iterator[Call]:
    root, one = f"/{kind}s", f"/{kind}s/{{id}}"
    me: JsonObject = {"id": ws[kind]}
    version: JsonObject = {"version_id": ws[f"{kind}.version"]}
    spare = me | {"version_id": ws[f"{kind}.spare"]}
    production = me | {"environment_id": ws["production"]}
    yield Call(f"GET {root}")
    yield Call(f"POST {root}", body=me | _content(ws, kind))
    yield Call(f"GET {one}", me, version)
    yield Call(f"PATCH {one}", me, body={"name": f"renamed-{kind}"})
    yield Call(f"DELETE {one}", me)
    yield Call(f"GET {one}/versions", me)
    yield Call(f"PATCH {one}/versions/{{version_id}}", spare, body={"name": "named", "description": "A version."})
    yield Call(f"POST {one}/versions/{{version_id}}/commit", spare, body={"commit_message": "A version."})
    yield Call(f"DELETE {one}/versions/{{version_id}}", spare)
    yield Call(f"GET {one}/environments", me)
    yield Call(f"POST {one}/environments/{{environment_id}}", production, {"version_id": ws[f"{kind}.spare"]})
    yield Call(f"DELETE {one}/environments/{{environment_id}}", production)
    if kind in LOGGED:
        yield from _log(ws, kind)
        for action in ("activate", "deactivate"):
            pinned = {"evaluator_version_id": ws["boolean.version"]}
            deployed = {"evaluator_id": ws["number"], "environment_id": ws["production"]}
            yield Call(f"POST {one}/evaluators", me, body={action: [pinned, deployed]})
    if kind in SERIALIZED:
        yield Call(f"GET {one}/serialize", me, version)
        yield Call(f"POST {root}/deserialize", body={kind: TEXT})
    if kind in TRACED:
        yield Call(f"PATCH {one}", me, body={"directory_id": ws["empty"]})
    yield from {"prompt": _prompt, "agent": _agent, "tool": _tool, "dataset": _dataset}.get(kind, _nothing)(ws, me)


def _nothing(ws: Workspace, me: JsonObject) -> Iterator[Call]:
    yield from ()


def _place(ws: Workspace) -> JsonObject:
    """Return where a Log belongs."""
    return {"source_datapoint_id": ws["datapoint"], "trace_parent_id": ws["flow.log"]}


def _prompt(ws: Workspace, me: JsonObject) -> Iterator[Call]:
    filling = {"subject": "maps", "question": "Why?"}
    yield Call("POST /prompts/{id}/populate", me, {"version_id": ws["prompt.version"]}, body=filling)
    called = me | _place(ws) | {"inputs": filling}
    yield Call("POST /prompts/call", query={"version_id": ws["prompt.version"]}, body=called)


def _agent(ws: Workspace, me: JsonObject) -> Iterator[Call]:
    for further in ({"version_id": ws["tool.version"]}, {"environment_id": ws["production"]}):
        link = {"type": "file", "link": {"file_id": ws["tool"]} | further}
        yield Call("POST /agents", body=me | {"model": "gpt-4o", "tools": [link]})
    filling = {"inputs": {"subject": "maps", "question": "Why?"}, "include_trace_children": True}
    yield Call("POST /agents/call", query={"version_id": ws["agent.version"]}, body=me | _place(ws) | filling)
    answer = {"role": "tool", "content": "A flag.", "tool_call_id": contents.CALL["id"]}
    yield Call("POST /agents/continue", body={"log_id": ws["agent.waiting"], "messages": [answer]})


def _tool(ws: Workspace, me: JsonObject) -> Iterator[Call]:
    rule = "/tools/{id}/environment-variables"
    yield Call(f"GET {rule}", me)
    yield Call(f"POST {rule}", me, body=[{"name": "new", "value": "3"}])
    yield Call(f"DELETE {rule}/{{name}}", me | {"name": ws["variable"]})
    term = {"inputs": {"term": "Chad"}}
    yield Call("POST /tools/call", query={"version_id": ws["tool.version"]}, body=me | _place(ws) | term)


def _dataset(ws: Workspace, me: JsonObject) -> Iterator[Call]:
    version = {"version_id": ws["dataset.version"]}
    yield Call("POST /datasets", query=version, body=me | {"action": "add", "datapoints": []})
    yield Call("GET /datasets/{id}/datapoints", me, version)
    yield Call("POST /datasets/{id}/datapoints/csv", me, version, upload="question,target\nWhy?,Because\n")


def _log(ws: Workspace, kind: str) -> Iterator[Call]:
    root = f"/{kind}s"
    needed: JsonObject = {"judgment": True, "parent_id": ws["prompt.log"]} if kind == "evaluator" else {}
    for address in ({"id": ws[kind]}, {"path": ws[f"{kind}.path"]}):
        yield Call(f"POST {root}/log", query={"version_id": ws[f"{kind}.version"]}, body=address | needed)
    yield Call(f"POST {root}/log", body={"id": ws[kind]} | _place(ws) | needed)
    if kind in ("prompt", "flow", "agent"):
        yield Call(f"POST {root}/log", body={"id": ws[kind], "run_id": ws[f"{kind}.other_run"]})
    if kind in SERIALIZED:
        yield Call(f"POST {root}/log", body={"id": ws[kind], kind: _content(ws, kind)})
    log: JsonObject = {"log_id": ws[f"{kind}.log"]}
    if kind == "flow":
        yield Call(f"PATCH {root}/logs/{{log_id}}", log, body={"output": "new"})
        yield Call(f"PATCH {root}/log/{{trace_id}}", {"trace_id": log["log_id"]}, body={"status": "incomplete"})
    elif kind != "evaluator":
        yield Call(f"PATCH {root}/{{id}}/log/{{log_id}}", log | {"id": ws[kind]}, body={"output": "new"})


def _logs(ws: Workspace) -> Iterator[Call]:
    filters = {"include_parent": True, "include_trace_children": True}
    for kind in LOGGED:
        yield Call("GET /logs", query={"file_id": ws[kind]} | filters)
        yield Call("GET /logs/{id}", {"id": ws[f"{kind}.log"]})
    yield Call("POST /import/otel/v1/traces", body=_span(ws["flow.log"]))
    yield Call("DELETE /logs", query={"id": [ws["deep.log"], ws["tool.evaluated"]]})


def _span(log: str) -> JsonObject:
    """Return the span of a decorated flow whose Log goes on."""
    said = {"humanloop.file.type": "flow", "humanloop.log.id": log, "humanloop.log.output": "new"}
    attributes = [{"key": key, "value": {"stringValue": value}} for key, value in said.items()]
    return {"resourceSpans": [{"scopeSpans": [{"spans": [{"name": "humanloop.flow", "attributes": attributes}]}]}]}


def _files(ws: Workspace) -> Iterator[Call]:
    yield Call("GET /files", query={"path": ws["directory.path"], "include_raw_file_content": True})
    for kind in KINDS:
        yield Call("POST /files/retrieve-by-path", body={"path": ws[f"{kind}.path"]})


def _directories(ws: Workspace) -> Iterator[Call]:
    me: JsonObject = {"id": ws["empty"]}
    yield Call("GET /directories")
    yield Call("POST /directories", body={"name": "new", "parent_id": ws["directory"]})
    yield Call("GET /directories/{id}", {"id": ws["directory"]})
    yield Call("PATCH /directories/{id}", me, body={"name": "renamed", "parent_id": ws["directory"]})
    yield Call("DELETE /directories/{id}", me)


def _evaluations(ws: Workspace) -> Iterator[Call]:
    one, run = "/evaluations/{id}", "/evaluations/{id}/runs/{run_id}"
    version = {"version_id": ws["boolean.version"]}
    for file in ({"id": ws["flow"]}, {"path": ws["flow.path"]}):
        for evaluator in (version, {"id": ws["number"]}, {"path": ws["text.path"]}):
            yield Call("POST /evaluations", body={"file": file, "evaluators": [evaluator]})
    for kind in EVALUATED:
        me: JsonObject = {"id": ws[f"{kind}.evaluation"]}
        mine = me | {"run_id": ws[f"{kind}.run"]}
        yield Call("GET /evaluations", query={"file_id": ws[kind]})
        yield Call(f"GET {one}", me)
        yield Call(f"GET {one}/runs", me)
        yield Call(f"GET {one}/stats", me)
        yield Call(f"GET {one}/logs", me, {"run_id": [ws[f"{kind}.run"]]})
        yield Call(f"PATCH {run}", mine, body={"control": True})
        yield Call(f"POST {run}", mine)
        yield Call(f"POST {run}/logs", mine, body={"log_ids": [ws[f"{kind}.evaluated"]]})
        for dataset, name in ((version_of(ws, "dataset"), kind), ({"id": ws["dataset"]}, kind)):
            yield Call(f"POST {one}/runs", me, body={"dataset": dataset, "version": version_of(ws, name)})
        by_path = {"dataset": {"path": ws["dataset.path"]}, "version": {"path": ws[f"{kind}.path"]}}
        yield Call(f"POST {one}/runs", me, body=by_path | {"use_existing_logs": True})
    me = {"id": ws["flow.evaluation"]}
    yield from _evaluatees(ws, me)
    for evaluator in (version, {"id": ws["number"]}, {"path": ws["text.path"]}):
        yield Call(f"POST {one}/evaluators", me, body={"evaluators": [evaluator]})
    yield Call(
        f"DELETE {one}/evaluators/{{evaluator_version_id}}", me | {"evaluator_version_id": version["version_id"]}
    )
    yield Call(f"DELETE {run}", me | {"run_id": ws["flow.other_run"]})
    yield Call(f"DELETE {one}", me)


def _evaluatees(ws: Workspace, me: JsonObject) -> Iterator[Call]:
    """Yield the calls of clients from before there were Runs."""
    older: JsonObject = {"dataset": version_of(ws, "dataset"), "evaluatees": [version_of(ws, "flow")]}
    yield Call("PATCH /evaluations/{id}", me, body=older | {"evaluators": [version_of(ws, "boolean")]})
    yield Call("PATCH /evaluations/{id}/status", me, body={"status": "completed"})
    yield Call("POST /evaluations/{id}/pin-evaluatee", me, body=version_of(ws, "flow"))
    yield Call("POST /evaluations", body=older | {"file": {"id": ws["flow"]}, "evaluators": []})
    joined = {"evaluation_id": me["id"], "batch_id": f"batch of {ws.home}"}
    yield Call("POST /flows/log", body={"id": ws["flow"]} | joined)


def version_of(ws: Workspace, kind: str) -> JsonObject:
    """Name the deployed Version of the File of a kind."""
    return {"version_id": ws[f"{kind}.version"]}
