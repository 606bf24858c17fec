"""The rows of Runs are what their type says."""

from flask import Flask

from humanloop_emulator.services.evaluations import members
from humanloop_emulator.store.statement import Statement


def columns_of(app: Flask, statement: Statement) -> tuple[str, ...]:
    db = app.extensions["emulator"].db
    compiled = statement.on(db.dialect)
    values = {"evaluation": 0, "organisation": 0, "uid": "", "version": 0}
    return tuple(column[0] for column in db.connection.execute(compiled.sql, compiled.bind(values)).description)


def test_each_query_has_the_columns_of_a_member_in_their_order(app: Flask) -> None:
    for statement in (members.ALL, members.ONE, members.OF_VERSION):
        assert columns_of(app, statement) == members.Member._fields
