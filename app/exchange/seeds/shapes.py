"""What a document of a seed may hold, besides what the API's own requests hold.

A version holds what `POST /prompts` takes, a log what `POST /prompts/log` takes, and so on for each type: those keys
are loaded with the schemas of the requests. Here are the keys that connect them: paths, names of versions, `log_id`,
and the `key` of a run.
"""

from ...schemas.base import Request
from ...schemas.choices import AnyOf
from ...schemas.fields import AnyValue, Bool, Dict, Enum, List, Nested, Str, StrDict, Time
from ...schemas.files import FileNotes, FileType
from ...schemas.older import EVALUATION_STATUSES


class SeedDocument(Request):
    """A document that holds several things; one with a `type` is a single File."""

    examples = Bool()
    environments = List(AnyValue())
    directories = List(Str())
    files = List(AnyValue())
    evaluations = List(AnyValue())


class Environment(Request):
    """An environment; unless its tag is `default`, one beside the default one."""

    name = Str(required=True)
    tag = Enum("default", "other", load_default="other")


class Reference(Request):
    """A version of the File at a path: by name, by environment, or the default version."""

    path = Str(required=True)
    version = Str()
    environment = Str()


class Monitor(Reference):
    """An evaluator that monitors a File: one version, or whatever is deployed to an environment."""

    state = Enum("active", "inactive", load_default="active")


class File(FileNotes, Request):
    """A File. Its content is under `versions`, or beside these keys if it has only one version."""

    type = FileType(required=True)
    path = Str(required=True)
    created_at = Time()
    versions = List(AnyValue())
    environment_variables = StrDict()
    monitors = List(AnyOf(Str(), Monitor), load_default=list)
    logs = AnyOf(Str(), List(AnyValue()), load_default=list)


class Version(Request):
    """A version under `versions`; its content is beside these keys."""

    name = Str()
    description = Str()
    created_at = Time()
    deployed_to = List(Str(), load_default=list)


class Log(Request):
    """A log; the keys that the API takes are beside these."""

    path = Str()
    version = Str()
    created_at = Time()
    dataset = AnyOf(Str(), Reference)
    judgments = Dict(load_default=dict)
    children = List(AnyValue(), load_default=list)


class Judgment(Request):
    """A judgment that says more than its value; the keys that the API takes are beside these."""

    version = Str()


class Evaluator(Reference):
    """An evaluator of an evaluation."""

    orchestrated = Bool(load_default=True)


class Run(Request):
    """A run; `key` names it, so that another evaluation can share it with `run`."""

    key = Str()
    run = Str()
    version = Str()
    dataset = AnyOf(Str(), Reference)
    orchestrated = Bool(load_default=False)
    use_existing_logs = Bool(load_default=False)
    logs = AnyOf(Str(), List(AnyValue()), load_default=list)
    control = Bool()
    status = Enum(*EVALUATION_STATUSES)
    created_at = Time()


class Evaluation(Request):
    """An evaluation of the File at a path."""

    file = Str(required=True)
    name = Str()
    created_at = Time()
    evaluators = List(AnyOf(Str(), Evaluator), load_default=list)
    runs = List(Nested(Run), load_default=list)
