"""References to Versions in requests: `{version_id}`, `{id, environment?}` or `{path, environment?}` [D]."""

from ...errors import Invalid, Location, NotFound
from ...json_types import JsonObject
from ...kinds import KINDS
from ...store.statement import Row
from ..workspace import Workspace
from .files import get_any_file, get_file_at
from .versions import resolve, version_in


def find(ws: Workspace, reference: JsonObject, kinds: frozenset[str], loc: Location) -> Row:
    """Return the Version behind a reference, with its File; it must be of one of the kinds.

    Nothing there: NotFound. Another kind: Invalid.
    """
    uid = reference.get("version_id")
    if uid is not None:
        row = ws.db.first(version_in(), organisation=ws.organisation, uid=uid, key=None)
    else:
        file = (
            get_any_file(ws, reference["id"], loc=loc)
            if reference.get("id") is not None
            else get_file_at(ws, reference["path"], loc=loc)
        )
        key = resolve(ws, file, {"environment": reference.get("environment")}, loc=loc) if file.shown_version else None
        row = ws.db.first(version_in(), organisation=ws.organisation, uid=None, key=key)
    if row is None:
        named = next(reference[name] for name in ("version_id", "id", "path") if reference.get(name) is not None)
        raise NotFound.of("Version", named, loc=loc)
    if row.kind not in kinds:
        wanted = " or ".join(kind for kind in KINDS if kind in kinds)
        raise Invalid("Wrong type of file.", f"`{row.path}` is of type {row.kind}, not {wanted}.", loc=loc)
    return row
