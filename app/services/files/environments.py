"""The environments of an organisation: found by id, by name, or as the default one, and defined."""

from typing import NamedTuple

from ...errors import Conflict, Location, NotFound
from ...store.models import Environment
from ...store.statement import sql
from ..workspace import Workspace
from .directories import check_name


class EnvironmentRow(NamedTuple):
    """An environment."""

    id: int
    uid: str
    tag: str


ENVIRONMENTS = "SELECT id, uid, tag FROM environment WHERE organisation_id = :organisation "
BY_UID = sql(ENVIRONMENTS + "AND uid = :uid", EnvironmentRow)
BY_NAME = sql(ENVIRONMENTS + "AND name = :name", EnvironmentRow)
DEFAULT = sql(ENVIRONMENTS + "AND tag = 'default'", EnvironmentRow)

SET_TAG = sql("""
    UPDATE environment SET tag = CASE WHEN name = :name THEN :tag WHEN :tag = 'default' THEN 'other' ELSE tag END
    WHERE organisation_id = :organisation
""")


def get_environment(ws: Workspace, uid: str, *, loc: Location = ("path", "environment_id")) -> EnvironmentRow:
    """Return the environment with this id, or raise NotFound."""
    row = ws.db.first(BY_UID, organisation=ws.organisation, uid=uid)
    if row is None:
        raise NotFound.of("Environment", uid, loc=loc)
    return row


def environment_named(ws: Workspace, name: str, *, loc: Location = ("query", "environment")) -> EnvironmentRow:
    """Return the environment with this name, case-sensitive, or else with this id, which one client sends [C].

    NotFound has the text that clients look for [C].
    """
    row = ws.db.first(BY_NAME, organisation=ws.organisation, name=name)
    row = row or ws.db.first(BY_UID, organisation=ws.organisation, uid=name)
    if row is None:
        raise NotFound("Environment not found.", f"Environment `{name}` does not exist", loc=loc)
    return row


def default_environment(ws: Workspace) -> EnvironmentRow:
    """Return the environment with the tag `default`, which every organisation has once."""
    return ws.db.one(DEFAULT, organisation=ws.organisation)


def define(ws: Workspace, name: str, tag: str) -> None:
    """Create an environment, or change the tag of the one with this name; a new default replaces the old one [A].

    Taking the tag from the default environment, which would leave none: Conflict.
    """
    check_name(name)
    row = ws.db.first(BY_NAME, organisation=ws.organisation, name=name)
    if row is None:
        uid = ws.ids.new("env")
        ws.db.insert(Environment, organisation=ws.organisation, uid=uid, name=name, tag="other", created_at=ws.now())
    elif row.tag == "default" != tag:
        raise Conflict(
            "There must be a default environment.",
            f"Environment `{name}` is the default one: make another the default instead.",
        )
    ws.db.run(SET_TAG, organisation=ws.organisation, name=name, tag=tag)
