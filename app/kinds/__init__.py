"""The six File kinds, by type and by collection."""

from .agent import AGENT
from .base import FileKind
from .dataset import DATASET
from .evaluator import EVALUATOR
from .flow import FLOW
from .prompt import PROMPT
from .tool import TOOL

KINDS: dict[str, FileKind] = {kind.type: kind for kind in (PROMPT, TOOL, DATASET, EVALUATOR, FLOW, AGENT)}

__all__ = ["AGENT", "DATASET", "EVALUATOR", "FLOW", "KINDS", "PROMPT", "TOOL", "FileKind"]
