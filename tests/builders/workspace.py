"""A workspace with something of everything, made through HTTP, and the dump of all that it shows."""

from typing import Any

from humanloop_emulator.json_types import JsonObject
from tests.builders import contents
from tests.builders.files import KINDS, LOGGED
from tests.conftest import Api

EVALUATED = LOGGED
EVALUATORS = tuple(contents.SPECS)
ALL = {"size": 1000}


class Workspace:
    """One organisation's workspace; `ids` names everything in it.

    `prompt` is a File, `prompt.version` its deployed Version, `prompt.spare` another one, `prompt.path` its path,
    `prompt.log` a Log in the trace below `flow.log`, `prompt.evaluation` its Evaluation, `prompt.run` the Run there.
    """

    def __init__(self, api: Api, home: str) -> None:
        self.api = api
        self.home = home
        self.ids: dict[str, str] = {"directory.path": home}
        self._make_files()
        self._make_logs()
        for kind in EVALUATED:
            self._evaluate(kind)

    def __getitem__(self, name: str) -> str:
        return self.ids[name]

    def _make_files(self) -> None:
        for name, spec in contents.SPECS.items():
            self._make(name, "evaluator", {"spec": spec}, {"spec": spec | {"attributes": {"spare": 1}}})
        for part in ("", ".path", ".version", ".spare"):
            self.ids["evaluator" + part] = self["boolean" + part]
        self._make("tool", "tool", contents.TOOL, contents.TOOL | {"source_code": None})
        prompt = contents.prompt(self["tool"])
        self._make("prompt", "prompt", prompt, prompt | {"template": "Just {{text}}.", "endpoint": "complete"})
        agent = contents.agent(self["tool"], self["prompt"])
        self._make("agent", "agent", agent, agent | {"max_iterations": 1})
        self._make("flow", "flow", contents.FLOW, {"attributes": {"spare": True}})
        points = contents.datapoints(self.home)
        dataset = {"attributes": {"team": "atlas"}, "datapoints": points}
        self._make("dataset", "dataset", dataset, dataset | {"datapoints": points[:1]})
        shown = self.api.get(f"/datasets/{self['dataset']}/datapoints")["records"]
        self.ids["datapoint"] = shown[0]["id"]
        self.ids["directory"] = self.api.get(f"/prompts/{self['prompt']}")["directory_id"]
        self.ids["empty"] = self.api.post("/directories", {"path": f"{self.home}/empty"})["id"]
        for environment in self.api.get(f"/prompts/{self['prompt']}/environments"):
            self.ids[environment["name"]] = environment["id"]
        variables = [{"name": f"{self.home}-key", "value": "1"}, {"name": "other", "value": "2"}]
        self.api.post(f"/tools/{self['tool']}/environment-variables", variables)
        self.ids["variable"] = variables[0]["name"]
        watching = [
            {"evaluator_version_id": self["boolean.version"]},
            {"evaluator_id": self["number"], "environment_id": self["production"]},
        ]
        for kind in EVALUATED:
            self.api.post(f"/{kind}s/{self[kind]}/evaluators", {"activate": watching})

    def _make(self, name: str, kind: str, content: JsonObject, other: JsonObject) -> None:
        """Store a File with two Versions; the first is deployed by default, and to staging too."""
        path = f"{self.home}/{name}"
        names = {"version_name": "first", "version_description": "The first one."}
        made = self.api.post(f"/{kind}s", {"path": path} | content | names)
        spare = self.api.post(f"/{kind}s", {"path": path} | other)
        self.ids |= {
            name: made["id"],
            f"{name}.path": path,
            f"{name}.version": made["version_id"],
            f"{name}.spare": spare["version_id"],
        }
        staging = next(e["id"] for e in self.api.get(f"/{kind}s/{made['id']}/environments") if e["name"] == "staging")
        self.api.post(f"/{kind}s/{made['id']}/environments/{staging}", query_string={"version_id": made["version_id"]})

    def log(self, kind: str, **fields: Any) -> str:
        """Log a run of the File of a kind and return the id."""
        made: str = self.api.post(f"/{kind}s/log", contents.log(kind) | {"path": self[f"{kind}.path"]} | fields)["id"]
        return made

    def judge(self, log: str, name: str, **fields: Any) -> str:
        """Let an Evaluator judge a Log and return the id of the Evaluator Log."""
        verdict = {"judgment": contents.JUDGMENTS[name]} if "error" not in fields else {}
        address = {"path": self[f"{name}.path"], "parent_id": log}
        return self.log("evaluator", **address, **verdict, **fields)

    def _make_logs(self) -> None:
        """Log a trace: a flow with a prompt, a tool and an agent below it, which holds a tool; and one that waits."""
        top = self.ids["flow.log"] = self.log("flow", log_id=f"{self.home}-trace")
        for kind in ("prompt", "tool", "agent"):
            status = {"log_status": "incomplete"} if kind == "agent" else {}
            self.ids[f"{kind}.log"] = self.log(kind, trace_parent_id=top, **status)
        self.ids["deep.log"] = self.log("tool", trace_parent_id=self["agent.log"])
        asking = {"role": "assistant", "tool_calls": [contents.CALL]}
        self.ids["agent.waiting"] = self.log("agent", log_status="incomplete", output_message=asking)
        self.ids["evaluator.log"] = self.judge(self["prompt.log"], "boolean", trace_parent_id=top)

    def _evaluate(self, kind: str) -> None:
        """Evaluate the File of a kind: a Run over the dataset with one Log, judged by all, and one without Logs."""
        evaluators = [{"version_id": self[f"{name}.version"], "orchestrated": False} for name in EVALUATORS]
        request = {"file": {"id": self[kind]}, "name": f"{self.home} {kind}", "evaluators": evaluators}
        evaluation = self.ids[f"{kind}.evaluation"] = self.api.post("/evaluations", request)["id"]
        over = {"dataset": {"version_id": self["dataset.version"]}, "version": {"version_id": self[f"{kind}.version"]}}
        root = f"/evaluations/{evaluation}/runs"
        run = self.ids[f"{kind}.run"] = self.api.post(root, over | {"orchestrated": False})["id"]
        self.ids[f"{kind}.other_run"] = self.api.post(root)["id"]
        judging = {"parent_id": self["flow.log"], "judgment": False} if kind == "evaluator" else {}
        log = self.log(kind, log_id=f"{self.home}-{kind}", source_datapoint_id=self["datapoint"], **judging)
        self.ids[f"{kind}.evaluated"] = log
        self.api.post(f"{root}/{run}/logs", {"log_ids": [log]})
        for name in EVALUATORS:
            self.judge(log, name)

    def dump(self) -> JsonObject:
        """Return the answer of every route that reads, for everything in the workspace."""
        shown: JsonObject = {}

        def read(path: str, **query: Any) -> Any:
            shown[path] = self.api.get(path, query_string=query)
            return shown[path]

        for directory in read("/directories"):
            read(f"/directories/{directory['id']}")
        read("/files", include_raw_file_content=True, **ALL)
        for kind in KINDS:
            for file in read(f"/{kind}s", **ALL)["records"]:
                self._read_file(read, kind, f"/{kind}s/{file['id']}", file["id"])
        return shown

    def _read_file(self, read: Any, kind: str, path: str, file: str) -> None:
        read(path)
        read(path + "/environments")
        if kind == "dataset":
            read(path + "/versions", include_datapoints="latest_saved")
            read(path + "/datapoints")
            return
        read(path + "/versions", evaluator_aggregates=True)
        if kind in ("prompt", "agent"):
            read(path + "/serialize")
        if kind == "tool":
            read(path + "/environment-variables")
        logs = self.api.get("/logs", query_string=ALL | {"file_id": file, "include_trace_children": True})
        for log in logs["records"]:
            read(f"/logs/{log['id']}")
        evaluations = self.api.get("/evaluations", query_string=ALL | {"file_id": file})
        for evaluation in evaluations["records"]:
            for part in ("", "/runs", "/stats", "/logs"):
                read(f"/evaluations/{evaluation['id']}{part}")
