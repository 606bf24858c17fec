"""The rows that a tree is split into: a class for each staged table, a field for each column.

They resemble the tables of the store, but refer to each other by the ids of the API; the merge looks up the keys. Times
and JSON documents are text. `place` is a position in a list of the tree. `listed` ranks the kinds of documents that a
row may come from: if there are several, the highest is believed.
"""

from typing import NamedTuple

from ...store.staging import Count

UNDATED, MENTIONED, LISTED, SHOWN = -1, 0, 1, 2


class Account(NamedTuple):
    """A user."""

    uid: str
    email_address: str
    full_name: str | None


class Environment(NamedTuple):
    """An environment, known by its id or by its name."""

    uid: str
    name: str
    tag: str
    created_at: str | None
    listed: int
    place: int | None


class Directory(NamedTuple):
    """A directory, known by its path."""

    path: str
    uid: str
    description: str | None
    readme: str | None
    tags: str
    created_at: str | None
    updated_at: str | None
    listed: int


class File(NamedTuple):
    """A File without its Versions; `directory` is the path of its directory."""

    uid: str
    kind: str
    directory: str
    directory_uid: str | None
    name: str
    path: str
    description: str | None
    readme: str | None
    tags: str
    updated_at: str
    last_used_at: str
    deleted_at: str | None
    listed: int


class FileOrder(NamedTuple):
    """The place of a File among all of them, in the order of their creation."""

    uid: str
    place: int


class Version(NamedTuple):
    """A Version; `derived_uid` is the id that its content derives, where it has another one."""

    uid: str
    file_uid: str
    derived_uid: str | None
    name: str | None
    description: str | None
    content: str
    document: str
    created_at: str
    updated_at: str
    created_by: str | None
    deleted_at: str | None
    datapoints_count: int
    listed: int
    place: int | None


class Deployment(NamedTuple):
    """Which Version of a File an environment runs."""

    file_uid: str
    environment_uid: str
    version_uid: str
    listed: int


class Monitor(NamedTuple):
    """What monitors a File: an Evaluator Version, or the one of an Evaluator that is deployed to an environment."""

    file_uid: str
    place: int
    evaluator_version_uid: str | None
    evaluator_uid: str | None
    environment_uid: str | None
    state: str
    created_at: str
    updated_at: str
    listed: int


class Variable(NamedTuple):
    """A variable of a Tool's runtime."""

    file_uid: str
    place: int
    name: str
    value: str


class Datapoint(NamedTuple):
    """A datapoint; `derived_uid` is the id that its content derives, where it has another one."""

    uid: str
    derived_uid: str | None
    document: str


class Member(NamedTuple):
    """A datapoint in a Dataset Version."""

    version_uid: str
    position: int
    datapoint_uid: str


class Log(NamedTuple):
    """A Log; `rank` orders Logs with the same time, if lists of the tree do."""

    id: Count | None
    uid: str
    version_uid: str | None
    created_at: str
    start_time: str | None
    end_time: str | None
    status: str | None
    inputs: str | None
    output: str | None
    error: str | None
    metadata: str | None
    document: str
    datapoint_uid: str | None
    parent_uid: str | None
    trace_parent_uid: str | None
    rank: int | None


class LogOrder(NamedTuple):
    """The place of a Log among all of them, in the order of their creation."""

    uid: str
    place: int


class Evaluation(NamedTuple):
    """An Evaluation without its Evaluators and Runs."""

    uid: str
    file_uid: str | None
    name: str | None
    created_at: str
    updated_at: str
    created_by: str | None
    place: int | None
    dataset_version_uid: str | None


class Evaluator(NamedTuple):
    """An Evaluator Version of an Evaluation."""

    evaluation_uid: str
    place: int
    version_uid: str | None
    orchestrated: bool
    added_at: str


class Run(NamedTuple):
    """A Run; `decided` is a status that was set by hand."""

    uid: str
    dataset_version_uid: str | None
    version_uid: str | None
    orchestrated: bool
    created_at: str
    created_by: str | None
    decided: str | None


class EvaluationRun(NamedTuple):
    """A Run as it stands in an Evaluation."""

    evaluation_uid: str
    run_uid: str
    added_at: str
    control: bool
    status: str
    place: int | None


class RunBatch(NamedTuple):
    """The name that an older client gave to the Logs of a Run."""

    run_uid: str
    batch: str


class RunStats(NamedTuple):
    """The stats of one Evaluator in a Run, as JSON; a row without an Evaluator has the number of Logs."""

    run_uid: str
    evaluator_version_uid: str
    logs: int
    document: str | None


class RunLog(NamedTuple):
    """A Log of a Run."""

    id: Count | None
    run_uid: str
    log_uid: str
    datapoint_uid: str | None


class Sequence(NamedTuple):
    """Two Logs with the same time, in the order in which a list of the tree shows them."""

    newer: str
    older: str


class Latest(NamedTuple):
    """The last Log so far of a list that is read bit by bit."""

    list: str
    log: str
    time: str


MERGED = {
    Account: ("uid",),
    Environment: ("uid",),
    Directory: ("path",),
    File: ("uid",),
    FileOrder: ("uid",),
    Version: ("uid",),
    Deployment: ("file_uid", "environment_uid"),
    Monitor: ("file_uid", "place"),
    Variable: ("file_uid", "name"),
    Datapoint: ("uid",),
    Member: ("version_uid", "datapoint_uid"),
    Log: ("uid",),
    LogOrder: ("uid",),
    Evaluation: ("uid",),
    Evaluator: ("evaluation_uid", "version_uid"),
    Run: ("uid",),
    EvaluationRun: ("evaluation_uid", "run_uid"),
    RunBatch: ("run_uid",),
    RunStats: ("run_uid", "evaluator_version_uid"),
    RunLog: ("run_uid", "log_uid"),
}
"""The rows that are merged, and their keys."""

NOTED = {Sequence: ("newer", "older"), Latest: ("list",)}
"""The rows that only the reader needs, and their keys."""
