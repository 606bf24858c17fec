"""The fault rules: list, add and remove them."""

from flask import Blueprint, Response, current_app, request

from ...api.operations import PARSER
from ..shared import answer, require_one_process
from .rules import RULE, Faults

blueprint = Blueprint("faults", __name__)


def _faults() -> Faults:
    require_one_process()
    faults: Faults = current_app.extensions["emulator"].faults
    return faults


@blueprint.get("/faults")
def list_faults() -> Response:
    """Answer the rules in the order in which they are tried, with how often they matched and fired."""
    return answer({"faults": [rule.document() for rule in _faults().list()]})


@blueprint.post("/faults")
def add_fault() -> Response:
    """Add a rule after the others."""
    return answer(_faults().load(PARSER.load_json(request, RULE)).document(), 201)


@blueprint.delete("/faults")
def clear_faults() -> Response:
    """Remove all rules."""
    _faults().clear()
    return Response(status=204)


@blueprint.delete("/faults/<int:number>")
def remove_fault(number: int) -> Response:
    """Remove one rule."""
    _faults().remove(number)
    return Response(status=204)
