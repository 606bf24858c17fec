"""The rules of the scripted models: list, add and remove them."""

from flask import Blueprint, Response, current_app, request
from marshmallow import ValidationError

from ...api.operations import PARSER
from ...errors import SchemaError
from ...runtime.providers import rule_store
from ...schemas.fields import instance_of
from ...schemas.model_rules import ModelRule
from ...schemas.problems import flatten
from ...store.database import Database
from ..shared import answer

LARGEST = 2**63 - 1  # possible key

blueprint = Blueprint("models", __name__)


@blueprint.get("/models")
def show() -> Response:
    """Answer the rules in the order in which they are tried."""
    return answer(rule_store.show(_db()))


@blueprint.post("/models")
def add() -> Response:
    """Add a rule, or a list that keeps its order, before all others; answer what is stored, in the same form."""
    body = PARSER.load_json(request, instance_of(ModelRule))
    several = isinstance(body, list)
    try:
        with _db().writing():
            keys = rule_store.add(_db(), body if several else [body])
            stored = [document for document in rule_store.show(_db()) if document["id"] in keys]
    except ValidationError as error:
        messages = error.messages if several else error.messages[0]
        raise SchemaError(flatten(messages, "body")) from None
    return answer(stored if several else stored[0])


@blueprint.delete("/models")
def reset() -> Response:
    """Remove the rules that were added; those of the folder stay, and their counts start again."""
    rule_store.reset(_db())
    return Response(status=204)


@blueprint.delete(f"/models/<int(max={LARGEST}):key>")
def delete(key: int) -> Response:
    """Remove one rule."""
    rule_store.delete(_db(), key)
    return Response(status=204)


def _db() -> Database:
    db: Database = current_app.extensions["emulator"].db
    return db
