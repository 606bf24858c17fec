"""What happens while an Agent works, and how a stream tells it."""

from typing import Any, NamedTuple

from ...services.workspace import Workspace
from ..calls import Place, piece
from ..completions import Completion
from ..providers.base import Chunk
from .logs import Made, Trace, draft


class Event(NamedTuple):
    """One of the events of the API; a payload that is a Log is rendered when the event is sent."""

    type: str
    message: str
    payload: dict[str, Any] | Made | None = None


def render(ws: Workspace, event: Event, uid: str, trace: Trace) -> dict[str, Any]:
    """Return the wire form of an event; `uid` is the Agent's Log."""
    payload = event.payload
    if isinstance(payload, Made):
        payload = draft(ws, payload, uid, trace)
    return {
        "log_id": uid,
        "message": event.message,
        "payload": payload,
        "type": event.type,
        "created_at": ws.now(),
    }


def chunk_of(place: Place, chunk: Chunk | None, completion: Completion) -> dict[str, Any]:
    """Return a piece of an Agent's answer; without a chunk, the whole of it."""
    ids = {"id": place.uid, "agent_id": place.file.uid, "version_id": place.version_uid}
    return {**(piece(chunk, completion) if chunk else completion.outcome()), **ids}


def piece_of_prompt(place: Place, chunk: Chunk, completion: Completion) -> dict[str, Any]:
    """Return a piece of the answer of a Prompt that is called by an Agent."""
    ids = {"index": 0, "id": place.uid, "prompt_id": place.file.uid, "version_id": place.version_uid}
    return {**piece(chunk, completion), **ids}
