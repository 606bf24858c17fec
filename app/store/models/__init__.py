"""The tables. Integer keys inside, text ids (`uid`) at the edge; times and JSON documents are text as sent."""

from .base import Table
from .datasets import Datapoint, DatasetMember
from .evaluations import Evaluation, EvaluationEvaluator, EvaluationRun, Run, RunLog
from .files import Deployment, Directory, EnvironmentVariable, File, Monitor, Version
from .logs import Log, Verdict
from .organisations import Environment, Organisation, User
from .runtime import Assignment, ModelRule
from .telemetry import Span
from .timeline import Timeline

TABLES: list[type[Table]] = [
    Organisation,
    User,
    Environment,
    Directory,
    File,
    Version,
    Deployment,
    Monitor,
    EnvironmentVariable,
    Datapoint,
    DatasetMember,
    Log,
    Verdict,
    Evaluation,
    EvaluationEvaluator,
    Run,
    EvaluationRun,
    RunLog,
    Assignment,
    ModelRule,
    Span,
    Timeline,
]

__all__ = [
    "TABLES",
    "Assignment",
    "Datapoint",
    "DatasetMember",
    "Deployment",
    "Directory",
    "Environment",
    "EnvironmentVariable",
    "Evaluation",
    "EvaluationEvaluator",
    "EvaluationRun",
    "File",
    "Log",
    "ModelRule",
    "Monitor",
    "Organisation",
    "Run",
    "RunLog",
    "Span",
    "Table",
    "Timeline",
    "User",
    "Verdict",
    "Version",
]
