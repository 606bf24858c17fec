"""The environments of an organisation: found by id, by name, or as the default one, and defined."""

from typing import Any

from ...errors import Conflict, Location, NotFound
from ...store.models import Environment
from ...store.statement import Row, kept, sql
from ...store.statement import arg as given
from ..workspace import Workspace
from .paths import check_name


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
    row = ws.db.first(_environment("uid"), organisation=ws.organisation, value=uid)
    if row is None:
        raise NotFound.of("Environment", uid, loc=loc)
    return row


def environment_named(ws: Workspace, name: str, *, loc: Location = ("query", "environment")) -> Row:
    """Return the environment with this name, case-sensitive, or else with this id, which one client sends [C].

    NotFound has the text that clients look for [C].
    """
    row = ws.db.first(_environment("name"), organisation=ws.organisation, value=name)
    row = row or ws.db.first(_environment("uid"), organisation=ws.organisation, value=name)
    if row is None:
        raise NotFound("Environment not found.", f"Environment `{name}` does not exist", loc=loc)
    return row


def default_environment(ws: Workspace) -> Row:
    """Return the environment with the tag `default`, which every organisation has once."""
    return ws.db.one(_environment("tag"), organisation=ws.organisation, value="default")


SET_TAG = sql("""
    UPDATE environment SET tag = CASE WHEN name = :name THEN :tag WHEN :tag = 'default' THEN 'other' ELSE tag END
    WHERE organisation_id = :organisation
""")


def define(ws: Workspace, name: str, tag: str) -> None:
    """Make an environment, or give the one with this name its tag; a new default one takes the place of the old [A].

    To take the tag from the default one, and leave none: Conflict.
    """
    check_name(name)
    row = ws.db.first(_environment("name"), organisation=ws.organisation, value=name)
    if row is None:
        uid = ws.ids.new("env")
        ws.db.insert(Environment, organisation=ws.organisation, uid=uid, name=name, tag="other", created_at=ws.now())
    elif row.tag == "default" != tag:
        raise Conflict("There must be a default environment.", f"Environment `{name}` is the default one.")
    ws.db.run(SET_TAG, organisation=ws.organisation, name=name, tag=tag)
