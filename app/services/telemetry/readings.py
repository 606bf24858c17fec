"""What the span of somebody else's instrumentation means to us."""

from dataclasses import dataclass, field

from ...kinds.base import FileKind
from .attributes import Tree


@dataclass(frozen=True)
class Reading:
    """What a span says of itself, and of the Flow that it names."""

    kind: FileKind | None = None  # of the File whose Log it is
    fields: Tree = field(default_factory=dict)  # of that Log, as a client would send them
    told: Tree | None = None  # fields of the Flow's Log: the span is all that the Flow did, or one part of it
    reason: str = ""  # why it is no Log, where a Log might be expected
