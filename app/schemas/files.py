"""What all kinds of File have in common: addresses, versions, deployments, monitoring."""

from .base import Choice, Query, Request, Response
from .choices import AnyOf
from .fields import AnyValue, Bool, Dict, Enum, Float, Int, List, Nested, Str, Time, many, non_empty
from .older import CommitFields, CommitMessage, VersionStatusFilter, older
from .paging import page_number, page_size


class FileType(Enum):
    """The type of a File; `kinds` says which there are."""


class FileAddress:
    """Where an upsert or a log goes: a File's id or its path."""

    path = Str()
    id = Str()


class VersionNames(CommitMessage):
    """What a version is called."""

    version_name = Str(validate=non_empty())
    version_description = Str()


class FileNotes:
    """What is said about a File."""

    description = Str()
    tags = List(Str())
    readme = Str()


class FileRename(Request):
    """A File's new path or name."""

    path = Str()
    name = Str(validate=non_empty())


class FileMove(FileRename):
    """A File's new path, name, or directory."""

    directory_id = Str()


class UpdateVersionRequest(Request):
    """A version's new name or description."""

    name = Str(validate=non_empty())
    description = Str()


class MonitoringEvaluatorVersionRequest(Request):
    """An Evaluator version that monitors a File."""

    evaluator_version_id = Str(required=True)


class MonitoringEvaluatorEnvironmentRequest(Request):
    """An Evaluator that monitors a File, at the version in an environment."""

    evaluator_id = Str(required=True)
    environment_id = Str(required=True)


class EvaluatorActivationDeactivationRequest(Request):
    """The Evaluators that start or stop monitoring a File."""

    activate = List(AnyOf(MonitoringEvaluatorVersionRequest, MonitoringEvaluatorEnvironmentRequest))
    deactivate = List(AnyOf(MonitoringEvaluatorVersionRequest, MonitoringEvaluatorEnvironmentRequest))


class RetrieveByPathRequest(Request):
    """The path of the wanted File."""

    path = Str(required=True)


class VersionQuery(Query):
    """Which version of a File: one by id, or the one in an environment."""

    version_id = Str()
    environment = Str()


class DeploymentQuery(Query):
    """Which version to deploy."""

    version_id = Str(required=True)


class CommitRequest(Request):
    """The description of a version."""

    commit_message = older(Str(required=True), means="description")


class VersionListQuery(VersionStatusFilter, Query):
    """Whether versions come with the results of their evaluators."""

    evaluator_aggregates = Bool()


class SortFields:
    """The order of a list, and which page of it."""

    page = page_number()
    size = page_size()
    name = Str()
    sort_by = Enum("created_at", "updated_at", "name", load_default="created_at")
    order = Enum("asc", "desc", load_default="desc")


class FileListQuery(SortFields, Query):
    """Which Files of one kind."""

    user_filter = Str()


class AnyFileListQuery(SortFields, Query):
    """Which Files of all kinds."""

    path = Str()
    template = Bool()
    type = List(FileType())
    environment = Str()
    include_raw_file_content = Bool()


class RetrieveByPathQuery(Query):
    """The version at which a File is wanted, and whether with its text."""

    environment = Str()
    include_raw_file_content = Bool()


class EnvironmentResponse(Response):
    """An environment."""

    id = Str()
    created_at = Time()
    name = Str()
    tag = Enum("default", "other")


class InputResponse(Response):
    """A variable that a version expects."""

    name = Str()


class EvaluatorAggregate(Response):
    """The mean judgment of one Evaluator version on a version's Logs."""

    value = Float()
    evaluator_id = Str()
    evaluator_version_id = Str()
    created_at = Time()
    updated_at = Time()


class FileResponse(Choice):
    """A File at one version, of any kind; the members are those of `kinds`."""


class RunVersionResponse(Choice):
    """A version that can be evaluated: of any kind that has Logs; the members are those of `kinds`."""


class FileEnvironmentResponse(EnvironmentResponse):
    """An environment, with the version of a File that is deployed there."""

    file = Nested(FileResponse, allow_none=True)


class VersionDeploymentResponse(Response):
    """A version referred to by its environment."""

    file = Nested(FileResponse)
    environment = Nested(EnvironmentResponse)
    type = Enum("environment")


class VersionIdResponse(Response):
    """A version referred to by its id."""

    version = Nested(FileResponse)
    type = Enum("version")


class VersionReferenceResponse(Choice):
    """A version, and how it is referred to."""

    members = (VersionDeploymentResponse, VersionIdResponse)


class MonitoringEvaluatorResponse(Response):
    """An Evaluator that monitors a File."""

    version_reference = Nested(VersionReferenceResponse)
    version = Nested("EvaluatorResponse", allow_none=True)
    state = Enum("active", "inactive")
    created_at = Time()
    updated_at = Time()


class FileFields(CommitFields):
    """What every File has at one version; `type` is each kind's own."""

    path = Str()
    id = Str()
    directory_id = Str(allow_none=True)
    name = Str()
    description = Str(allow_none=True)
    readme = Str(allow_none=True)
    tags = List(Str(), allow_none=True)
    version_id = Str()
    version_name = Str(allow_none=True)
    version_description = Str(allow_none=True)
    environments = many(EnvironmentResponse, allow_none=True)
    created_at = Time()
    updated_at = Time()
    created_by = AnyValue(allow_none=True)
    last_used_at = Time()


class SchemaField:
    """The schema of a File's inputs, for the kinds that have it."""

    schema = Dict(allow_none=True)


class MonitoredFields:
    """What a File with Logs has besides: its use, and the Evaluators that monitor it."""

    version_logs_count = Int()
    evaluators = many(MonitoringEvaluatorResponse, allow_none=True)
    evaluator_aggregates = many(EvaluatorAggregate, allow_none=True)


class InputFields:
    """What the kinds with variables have besides."""

    total_logs_count = Int()
    inputs = many(InputResponse)
