"""The scripted models, as tests set them up."""

from collections.abc import Mapping

from marshmallow import ValidationError

from ..json_types import Json, JsonObject
from ..runtime.providers import rule_store
from ..schemas.problems import flatten
from ..store.database import Database


class Models:
    """The rules by which scripted models answer; the newest is tried first."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, rule: Mapping[str, Json] | None = None, /, **fields: Json) -> int:
        """Add a rule, `add(match={"message": "France"}, reply="Paris")`, and return its id. Raises ValueError."""
        try:
            return rule_store.add(self._db, [{**(rule or {}), **fields}])[0]
        except ValidationError as error:
            problems = flatten(error.messages[0], "rule")
            raise ValueError("; ".join(f"{'.'.join(map(str, p['loc']))}: {p['msg']}" for p in problems)) from None

    def list(self) -> list[JsonObject]:
        """Return the rules in the order in which they are tried, each with how often it was used."""
        return rule_store.show(self._db)

    def clear(self) -> None:
        """Remove the rules that were added, and forget the uses of those that come from a folder."""
        rule_store.reset(self._db)
