"""Puts what exists into generated requests, so that they are refused for other reasons than unknown ids."""

from typing import Any

from tests.builders.workspace import Workspace

MOMENT = "2024-05-01T10:00:00Z"
TIMES = {"created_at", "start_time", "end_time", "start_date", "end_date"}
OWNERS = {"evaluations": "flow", "logs": "flow", "files": "flow", "directories": "directory"}
"""Whose ids the requests to a collection hold; others hold those of their own kind."""
NESTED_OWNERS = {"evaluators": "boolean", "dataset": "dataset", "version": "prompt", "link": "tool"}
PATH_IDS = {"evaluations": "flow.evaluation", "logs": "flow.log"}
NAMES = {
    "id": "{}",
    "file_id": "{}",
    "path": "{}.path",
    "version_id": "{}.version",
    "run_id": "{}.run",
    "environment_id": "production",
    "directory_id": "empty",
    "parent_id": "prompt.log",
    "source_datapoint_id": "datapoint",
    "trace_parent_id": "flow.log",
    "log_ids": "{}.evaluated",
    "evaluator_version_id": "boolean.version",
    "evaluator_id": "number",
    "linked_tools": "tool",
}


class KnownIds:
    """Fills generated cases with the ids of one workspace, wherever they hold an ASCII text; other texts stay."""

    def __init__(self, workspace: Workspace) -> None:
        self.ids = workspace.ids

    def fill(self, case: Any) -> None:
        """Change a case of Schemathesis in place; at most one of the two ways to pick a version is left in it."""
        collection = case.path.split("/")[2]
        owner = OWNERS.get(collection, collection.removesuffix("s"))
        case.path_parameters = self.filled(case.path_parameters, owner) or {}
        if "log_id" in case.path_parameters:
            case.path_parameters["log_id"] = self.ids[f"{owner}.log"]
        if "id" in case.path_parameters and collection in PATH_IDS:
            case.path_parameters["id"] = self.ids[PATH_IDS[collection]]
        case.query = self.filled(case.query, owner)
        if isinstance(case.query, dict) and "version_id" in case.query:
            case.query.pop("environment", None)
        case.body = self.filled(case.body, owner)
        if case.path.endswith("/log") and isinstance(case.body, dict) and "path" not in case.body:
            case.body["id"] = self.ids[owner]

    def filled(self, value: Any, owner: str, key: str = "") -> Any:
        """Return a part of a request with the ids of the owner's File, or of a nested one's."""
        if isinstance(value, dict):
            owner = NESTED_OWNERS.get(key, owner)
            return {name: self.filled(item, owner, name) for name, item in value.items()}
        if isinstance(value, list):
            return [self.filled(item, owner, key) for item in value]
        if not isinstance(value, str) or not value.isascii():
            return value
        if key in TIMES:
            return value or MOMENT
        if key == "environment":
            return "production"
        return self.ids.get(NAMES.get(key, "").format(owner), value)
