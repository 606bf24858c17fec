"""What may stand in a document of a seed, besides what the API's own requests hold.

A version holds what `POST /prompts` takes, a log what `POST /prompts/log` takes, and so on for each type: those keys
are loaded with the requests' schemas. Here are the keys that join them: by path, by the name of a version, by
`log_id`, and by the `key` of a run.
"""

from ...schemas.base import Request
from ...schemas.choices import AnyOf
from ...schemas.evaluations import STATUSES
from ...schemas.fields import Any, Bool, Dict, Enum, List, Nested, Str, StrDict, Time
from ...schemas.files import FileNotes, FileType


class Document(Request):
    """A document that holds several things; one with a `type` is a single File."""

    examples = Bool()
    environments = List(Any())
    directories = List(Str())
    files = List(Any())
    evaluations = List(Any())


class Environment(Request):
    """An environment; by default one besides the default one."""

    name = Str(required=True)
    tag = Enum("default", "other", load_default="other")


class Reference(Request):
    """A version of the File at a path: by name, in an environment, or the one that is shown."""

    path = Str(required=True)
    version = Str()
    environment = Str()


class Monitor(Reference):
    """An evaluator that watches a File: a version, or what an environment has."""

    state = Enum("active", "inactive", load_default="active")


class File(FileNotes, Request):
    """A File. Its content stands under `versions`, or beside these keys if it has but one version."""

    type = FileType(required=True)
    path = Str(required=True)
    created_at = Time()
    versions = List(Any())
    environment_variables = StrDict()
    monitors = List(AnyOf(Str(), Monitor), load_default=list)
    logs = AnyOf(Str(), List(Any()), load_default=list)


class Version(Request):
    """A version under `versions`; beside these keys stands its content."""

    name = Str()
    description = Str()
    created_at = Time()
    deployed_to = List(Str(), load_default=list)


class Log(Request):
    """A log; beside these keys stands what the API takes."""

    path = Str()
    version = Str()
    created_at = Time()
    dataset = AnyOf(Str(), Reference)
    judgments = Dict(load_default=dict)
    children = List(Any(), load_default=list)


class Judgment(Request):
    """A judgment that says more than its value; beside these keys stands what the API takes."""

    version = Str()


class Evaluator(Reference):
    """An evaluator of an evaluation."""

    orchestrated = Bool(load_default=True)


class Run(Request):
    """A run; `key` names it, so that another evaluation can share it by `run`."""

    key = Str()
    run = Str()
    version = Str()
    dataset = AnyOf(Str(), Reference)
    orchestrated = Bool(load_default=False)
    use_existing_logs = Bool(load_default=False)
    logs = AnyOf(Str(), List(Any()), load_default=list)
    control = Bool()
    status = Enum(*STATUSES)
    created_at = Time()


class Evaluation(Request):
    """An evaluation of the File at a path."""

    file = Str(required=True)
    name = Str()
    created_at = Time()
    evaluators = List(AnyOf(Str(), Evaluator), load_default=list)
    runs = List(Nested(Run), load_default=list)
