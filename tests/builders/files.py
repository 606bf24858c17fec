"""The actions in which the tests of the API are told; what a test leaves unsaid is filled in."""

import secrets
from functools import cache
from typing import Any

from flask import Flask

from humanloop_emulator.json_types import JsonObject
from tests.conftest import Api, make_app
from tests.databases import lasting

PREFIXES = {
    "prompt": ("pr_", "prv_"),
    "tool": ("tl_", "tv_"),
    "dataset": ("ds_", "dsv_"),
    "evaluator": ("ev_", "evv_"),
    "flow": ("fl_", "flv_"),
    "agent": ("ag_", "agv_"),
}
KINDS = tuple(PREFIXES)
LOGGED = tuple(kind for kind in KINDS if kind != "dataset")
TRACED = ("flow", "agent")


def content(kind: str, number: int = 1) -> JsonObject:
    """Return version content of a kind; each number is another version, and stands in `attributes` of every kind."""
    attributes = {"number": number}
    return {
        "prompt": {"model": "gpt-4o", "template": "Answer {{ question }}", "attributes": attributes},
        "tool": {"function": function("search"), "attributes": attributes},
        "dataset": {"datapoints": [{"inputs": {"number": str(number)}}], "attributes": attributes},
        "evaluator": {"spec": spec(attributes=attributes)},
        "flow": {"attributes": attributes},
        "agent": {"model": "gpt-4o", "template": "Help {{ user }}", "attributes": attributes},
    }[kind]


def function(name: str, *parameters: str) -> JsonObject:
    """Return a function whose parameters are texts."""
    schema = {"type": "object", "properties": {parameter: {"type": "string"} for parameter in parameters}}
    return {"name": name, "description": f"It does {name}.", "strict": None, "parameters": schema}


def spec(return_type: str = "boolean", **fields: Any) -> JsonObject:
    """Return the spec of an external Evaluator."""
    return {"arguments_type": "target_free", "return_type": return_type, "evaluator_type": "external", **fields}


@cache
def _shared_app() -> Flask:
    with lasting():
        return make_app(organisation_per_key=True)


def fresh_api() -> Api:
    """Return a client of an organisation of its own: as good as an empty server, for each example of hypothesis."""
    return Api(_shared_app(), key=secrets.token_hex(8))


class Files:
    """The routes that all kinds share, for the Files of one kind."""

    def __init__(self, api: Api, kind: str) -> None:
        self.api = api
        self.kind = kind
        self.root = f"/{kind}s"

    def upsert(self, path: str = "samples/first", number: int = 1, **fields: Any) -> JsonObject:
        """Store a version; keep to the address by id with `id=`."""
        address = {} if "id" in fields else {"path": path}
        return self.api.post(self.root, {**address, **content(self.kind, number), **fields})

    def refused(self, path: str | None, number: int = 1, *, status: int, **fields: Any) -> JsonObject:
        """Try to store a version and return the `detail` of the error."""
        body = {**content(self.kind, number), **({} if path is None else {"path": path}), **fields}
        return self.api.detail("POST", self.root, body, status=status)

    def get(self, uid: str, **query: str) -> JsonObject:
        return self.api.get(f"{self.root}/{uid}", query_string=query)

    def page(self, **query: Any) -> JsonObject:
        return self.api.get(self.root, query_string=query)

    def names(self, **query: Any) -> list[str]:
        """Return the names on a page of the list."""
        return [record["name"] for record in self.page(**query)["records"]]

    def move(self, uid: str, **body: str) -> JsonObject:
        return self.api.patch(f"{self.root}/{uid}", body)

    def delete(self, uid: str) -> None:
        self.api.delete(f"{self.root}/{uid}")

    def versions(self, uid: str) -> list[str]:
        """Return the ids of the versions as they are listed."""
        return [record["version_id"] for record in self.api.get(f"{self.root}/{uid}/versions")["records"]]

    def version_url(self, file: JsonObject) -> str:
        """Return the route of the version that a File is shown at."""
        return f"{self.root}/{file['id']}/versions/{file['version_id']}"

    def environments(self, uid: str) -> dict[str, JsonObject]:
        """Return the environments by name, each with the version deployed there as `file`."""
        return {item["name"]: item for item in self.api.get(f"{self.root}/{uid}/environments")}

    def environment_url(self, uid: str, name: str) -> str:
        """Return the route of a deployment."""
        return f"{self.root}/{uid}/environments/{self.environments(uid)[name]['id']}"

    def deploy(self, file: JsonObject, environment: str) -> JsonObject:
        """Deploy the version that a File is shown at."""
        url = self.environment_url(file["id"], environment)
        return self.api.post(url, query_string={"version_id": file["version_id"]})

    def undeploy(self, uid: str, environment: str) -> None:
        self.api.delete(self.environment_url(uid, environment))


class Logs:
    """The routes of Logs."""

    def __init__(self, api: Api) -> None:
        self.api = api

    def create(
        self, kind: str = "prompt", path: str = "logged", query: JsonObject | None = None, **fields: Any
    ) -> JsonObject:
        """Log a run of the File at a path, made with its first content when it is new; return the ids."""
        body = {"path": path, **log_content(kind), **fields}
        return self.api.post(f"/{kind}s/log", body, query_string=query or {})

    def refused(
        self, kind: str = "prompt", query: JsonObject | None = None, *, status: int, **fields: Any
    ) -> JsonObject:
        """Try to log and return the `detail` of the error; nothing but the given fields is sent."""
        return self.api.detail("POST", f"/{kind}s/log", fields, status=status, query_string=query or {})

    def judge(self, parent_id: str, path: str = "judge", return_type: str = "boolean", **fields: Any) -> JsonObject:
        """Log what an external Evaluator says of a Log."""
        return self.create("evaluator", path, parent_id=parent_id, spec=spec(return_type), **fields)

    def get(self, uid: str) -> JsonObject:
        return self.api.get(f"/logs/{uid}")

    def page(self, file_id: str, **query: Any) -> JsonObject:
        return self.api.get("/logs", query_string={"file_id": file_id, **query})

    def ids(self, file_id: str, **query: Any) -> list[str]:
        """Return the ids on a page of the list."""
        return [record["id"] for record in self.page(file_id, **query)["records"]]

    def delete(self, *uids: str) -> None:
        self.api.delete("/logs", query_string={"id": list(uids)})

    def update(self, kind: str, created: JsonObject, **body: Any) -> JsonObject:
        """Change a Log, given as it was answered when it was made."""
        return self.api.patch(update_url(kind, created), body)


def log_content(kind: str, number: int = 1) -> JsonObject:
    """Return version content as the body of a Log carries it."""
    return content(kind, number) if kind == "evaluator" else {kind: content(kind, number)}


def update_url(kind: str, created: JsonObject) -> str:
    """Return the route by which a Log is changed."""
    if kind == "flow":
        return f"/flows/logs/{created['id']}"
    return f"/{kind}s/{created[f'{kind}_id']}/log/{created['id']}"
