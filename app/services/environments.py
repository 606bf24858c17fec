"""The environments of an organisation: found by id, by name, or as the default one."""

from typing import Any

from ..db import Row, kept
from ..db import arg as given
from ..errors import Location, NotFound
from ..models import Environment
from .workspace import Workspace


@kept
def _environment(by: str) -> Any:
    where = {
        "uid": lambda: Environment.uid == given("value"),
        "name": lambda: Environment.name == given("value"),
        "tag": lambda: Environment.tag == given("value"),
    }[by]
    return Environment.select().where(Environment.organisation == given("organisation"), where())


def get_environment(ws: Workspace, uid: str, *, loc: Location = ("path", "environment_id")) -> Row:
    """Return the environment with this id, or raise NotFound."""
    row = ws.db.one(_environment("uid"), organisation=ws.organisation, value=uid)
    if row is None:
        raise NotFound.of("Environment", uid, loc=loc)
    return row


def environment_named(ws: Workspace, name: str, *, loc: Location = ("query", "environment")) -> Row:
    """Return the environment with this name, case-sensitive; NotFound has the text that clients look for [C]."""
    row = ws.db.one(_environment("name"), organisation=ws.organisation, value=name)
    if row is None:
        raise NotFound("Environment not found.", f"Environment `{name}` does not exist", loc=loc)
    return row


def default_environment(ws: Workspace) -> Row:
    """Return the environment with the tag `default`, which every organisation has once."""
    return ws.db.the(_environment("tag"), organisation=ws.organisation, value="default")
