"""What is stored as a whole: how much there is, back to the seed, snapshots."""

from dataclasses import asdict

import orjson
from flask import Blueprint, Response, current_app, request

from ...errors import Invalid
from ..shared import answer
from .state import State

blueprint = Blueprint("state", __name__)


def _state() -> State:
    state: State = current_app.extensions["emulator"].state
    return state


@blueprint.get("/state")
def show_state() -> Response:
    """Answer how many files, versions, logs, … each organisation has."""
    return answer({"organisations": _state().counts()})


@blueprint.post("/reset")
def reset() -> Response:
    """Go back to how the server started: all is as in the seed."""
    current_app.extensions["emulator"].reset()
    return Response(status=204)


@blueprint.get("/snapshots")
def list_snapshots() -> Response:
    """Answer the snapshots in the order of their names."""
    return answer({"snapshots": [asdict(snapshot) for snapshot in _state().snapshots.list()]})


@blueprint.post("/snapshots")
def save_snapshot() -> Response:
    """Save the present state under the body's `name`; a snapshot with that name is replaced."""
    return answer(asdict(_state().save(_name())), 201)


@blueprint.post("/snapshots/<name>/load")
def load_snapshot(name: str) -> Response:
    """Go back to a snapshot."""
    _state().load(name)
    return Response(status=204)


@blueprint.delete("/snapshots/<name>")
def delete_snapshot(name: str) -> Response:
    """Delete a snapshot."""
    _state().snapshots.delete(name)
    return Response(status=204)


def _name() -> str:
    try:
        body = orjson.loads(request.get_data())
    except orjson.JSONDecodeError:
        body = None
    name = body.get("name") if isinstance(body, dict) else None
    if not isinstance(name, str):
        raise Invalid("The name is missing.", 'The body must be JSON with a name: {"name": "before"}.')
    return name
