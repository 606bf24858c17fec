"""The six File kinds, by type."""

from ..schemas.files import FileResponse, FileType, RunVersionResponse
from ..schemas.logs import LogResponse
from .agent import AGENT
from .base import FileKind
from .dataset import DATASET
from .evaluator import EVALUATOR
from .flow import FLOW
from .prompt import PROMPT
from .tool import TOOL

KINDS: dict[str, FileKind] = {kind.type: kind for kind in (PROMPT, TOOL, DATASET, EVALUATOR, FLOW, AGENT)}

LOGGED = frozenset(kind.type for kind in KINDS.values() if kind.log)  # have Logs, so they can be evaluated
TRACES = frozenset(kind.type for kind in KINDS.values() if kind.log and kind.log.traces)  # their Logs hold a trace
ASKING = frozenset(kind.type for kind in KINDS.values() if kind.asks)  # ask a language model
DATASETS = frozenset(kind.type for kind in KINDS.values() if kind.datapoints)
JUDGES = frozenset(kind.type for kind in KINDS.values() if kind.log and kind.log.judges)  # judge the Logs of others

FileType.choices = tuple(KINDS)
FileResponse.members = tuple(kind.response for kind in KINDS.values())
RunVersionResponse.members = tuple(kind.response for kind in KINDS.values() if kind.log)
LogResponse.members = tuple(kind.log.response for kind in KINDS.values() if kind.log)

__all__ = [
    "AGENT",
    "ASKING",
    "DATASET",
    "DATASETS",
    "EVALUATOR",
    "FLOW",
    "JUDGES",
    "KINDS",
    "LOGGED",
    "PROMPT",
    "TOOL",
    "TRACES",
    "FileKind",
]
