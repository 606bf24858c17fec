"""What to run again: which Evaluation, over which Dataset, with which Version; and the Run that does it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..client import Api, Refused
from ..exchange.tree.file_records import sent_content
from ..json_types import Json, JsonObject
from ..kinds import DATASET, KINDS
from ..runtime.jobs.filling import MAKERS
from .datapoints import datapoint_of


class Impossible(Exception):
    """It cannot be run again as asked; the text says why."""


@dataclass(frozen=True)
class Wanted:
    """What was asked for: an Evaluation, or a File and a Dataset; and what is to be different."""

    evaluation: str | None = None  # its id or, with `file`, its name
    file: str | None = None  # a path
    dataset: str | None = None  # a path
    evaluators: tuple[str, ...] = ()  # paths
    version: Mapping[str, str] = field(default_factory=dict)  # which to run: {version_id} or {environment}
    changes: Mapping[str, str] = field(default_factory=dict)  # to that Version: another model, another provider
    name: str | None = None  # of a new Evaluation


@dataclass(frozen=True)
class Replay:
    """A Run that was created, and the control that it is compared with; `made` lists the new Runs."""

    evaluation: JsonObject
    dataset: JsonObject
    version: JsonObject
    run: JsonObject
    control: JsonObject | None
    made: tuple[JsonObject, ...]


def begin(api: Api, wanted: Wanted) -> Replay:
    """Create the Run, and whatever it needs and does not exist yet: the Version, the Dataset, the Evaluation.

    Raises Impossible, and Refused for what the API does not accept.
    """
    return _of_evaluation(api, wanted) if wanted.evaluation else _of_file(api, wanted)


def _of_evaluation(api: Api, wanted: Wanted) -> Replay:
    """Run what the control ran, over its Dataset or one made from its Logs."""
    evaluation = _evaluation(api, str(wanted.evaluation), wanted.file)
    control = _control(api, evaluation)
    if control is None and wanted.dataset is None:
        raise Impossible(f"The Evaluation {evaluation['id']} has no Run: name a dataset.")
    base = _base(api, wanted, (control and control["version"]) or _file_of(api, evaluation))
    if wanted.dataset is not None:
        dataset = _file_at(api, wanted.dataset, DATASET.type)
    else:
        assert control is not None
        dataset = control["dataset"] or _dataset_of_logs(api, evaluation, control)
    evaluation = _with_evaluators(api, evaluation, wanted.evaluators)
    version = _changed(api, base, wanted.changes)
    run = _run(api, evaluation, dataset, version)
    return Replay(evaluation, dataset, version, run, control, (run,))


def _of_file(api: Api, wanted: Wanted) -> Replay:
    """Run a File over a Dataset; the control is its default Version, with the Logs that exist already."""
    file = _file_at(api, str(wanted.file))
    dataset = _file_at(api, str(wanted.dataset), DATASET.type)
    base = _base(api, wanted, file)
    evaluation = _own_evaluation(api, wanted, file, dataset)
    version = _changed(api, base, wanted.changes)
    control = _control(api, evaluation)
    made = []
    if control is None and file["version_id"] != version["version_id"]:
        control = _run(api, evaluation, dataset, file, use_existing_logs=True)
        made.append(control)
    run = _run(api, evaluation, dataset, version)
    return Replay(evaluation, dataset, version, run, control, (*made, run))


def _run(api: Api, evaluation: JsonObject, dataset: JsonObject, version: JsonObject, **options: Json) -> JsonObject:
    body = {
        "dataset": {"version_id": dataset["version_id"]},
        "version": {"version_id": version["version_id"]},
        "orchestrated": True,
        **options,
    }
    return api("POST", f"/evaluations/{evaluation['id']}/runs", body)


def _control(api: Api, evaluation: JsonObject) -> JsonObject | None:
    runs = api("GET", f"/evaluations/{evaluation['id']}/runs")["runs"]
    return next((run for run in runs if run["control"]), None)


def _evaluation(api: Api, name: str, path: str | None) -> JsonObject:
    """Return the Evaluation with this id, or the one of a File with this name."""
    if path is not None:
        file = _file_at(api, path)
        for evaluation in api.pages("/evaluations", file_id=file["id"]):
            if name in (evaluation["id"], evaluation["name"]):
                return evaluation
        raise Impossible(f"`{path}` has no Evaluation `{name}`.")
    try:
        return api("GET", f"/evaluations/{name}")
    except Refused as error:
        if error.status == 404:
            raise Impossible(f"There is no Evaluation with the ID `{name}`; to name one, give its file too.") from None
        raise


def _own_evaluation(api: Api, wanted: Wanted, file: JsonObject, dataset: JsonObject) -> JsonObject:
    """Return the File's Evaluation for replays over the Dataset; a new one takes the Evaluators of the newest."""
    name = wanted.name or f"Replay over {dataset['path']}"
    others = list(api.pages("/evaluations", file_id=file["id"]))
    for evaluation in others:
        if evaluation["name"] == name:
            return _with_evaluators(api, evaluation, wanted.evaluators)
    evaluators: list[JsonObject] = [{"path": path} for path in wanted.evaluators]
    if not evaluators and others:
        evaluators = [
            {"version_id": item["version"]["version_id"], "orchestrated": item["orchestrated"]}
            for item in others[0]["evaluators"]
        ]
    return api("POST", "/evaluations", {"file": {"id": file["id"]}, "name": name, "evaluators": evaluators})


def _with_evaluators(api: Api, evaluation: JsonObject, paths: tuple[str, ...]) -> JsonObject:
    if not paths:
        return evaluation
    body = {"evaluators": [{"path": path} for path in paths]}
    return api("POST", f"/evaluations/{evaluation['id']}/evaluators", body)


def _file_at(api: Api, path: str, kind: str | None = None) -> JsonObject:
    try:
        file = api("POST", "/files/retrieve-by-path", {"path": path})
    except Refused as error:
        if error.status == 404:
            raise Impossible(f"There is no file at `{path}`.") from None
        raise
    if kind and file["type"] != kind:
        raise Impossible(f"`{path}` is of type {file['type']}, not {kind}.")
    return file


def _file_of(api: Api, evaluation: JsonObject) -> JsonObject:
    for file in api.pages("/files"):
        if file["id"] == evaluation["file_id"]:
            return file
    raise Impossible(f"The Evaluation {evaluation['id']} has no file yet.")


def _base(api: Api, wanted: Wanted, shown: JsonObject) -> JsonObject:
    """Return the Version that was asked for, else the one shown; Impossible if the server cannot run or change it."""
    kind = KINDS[shown["type"]]
    if kind.type not in MAKERS:
        if kind.log and kind.log.traces:
            text = "runs in your own code: create a Run, and log to it from there"
            raise Impossible(f"`{shown['path']}` is of type {kind.type}, which {text}.")
        raise Impossible(f"`{shown['path']}` cannot be run again: its type is {kind.type}.")
    for name in wanted.changes:
        if name not in kind.content_fields:
            raise Impossible(f"`{shown['path']}` is of type {kind.type}, which has no {name}.")
    if not wanted.version:
        return shown
    return api("GET", f"/{kind.collection}/{shown['id']}", None, **wanted.version)


def _changed(api: Api, base: JsonObject, changes: Mapping[str, str]) -> JsonObject:
    """Return the Version with the changes; a new one is stored, but not deployed."""
    if not changes:
        return base
    kind = KINDS[base["type"]]
    content = {name: value for name, value in sent_content(kind, base).items() if value is not None}
    return api("POST", f"/{kind.collection}", {"id": base["id"], **content, **changes})


def _dataset_of_logs(api: Api, evaluation: JsonObject, run: JsonObject) -> JsonObject:
    """Make a Dataset from what the Logs of a Run were given; the same Logs make the same Version."""
    records = api.pages(f"/evaluations/{evaluation['id']}/logs", run_id=run["id"])
    datapoints = [datapoint_of(record) for record in records]
    if not datapoints:
        raise Impossible(f"The Run {run['id']} has neither a dataset nor Logs.")
    return api("POST", "/datasets", {"path": f"Replays/{run['id']}", "datapoints": datapoints})
