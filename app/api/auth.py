"""API keys: which organisation a request works in, and whether it wants to be read strictly."""

import hashlib
from collections.abc import Mapping

from flask import current_app, g, request

from ..errors import Unauthorized
from ..schemas.base import strict
from ..services.workspace import open_workspace

HEADER = "X-API-KEY"
STRICT_HEADER = "X-Emulator-Strict"
DEFAULT_ORGANISATION = "default"


def authenticate() -> None:
    """Open the workspace of the key's organisation, or raise Unauthorized."""
    emulator = current_app.extensions["emulator"]
    organisation = organisation_of(
        request.headers.get(HEADER, ""), emulator.keys, own=emulator.settings.organisation_per_key
    )
    base_url = emulator.settings.public_url or request.host_url.rstrip("/")
    g.workspace = open_workspace(emulator.db, organisation, emulator.clock, emulator.ids, base_url)
    strict.set(emulator.settings.strict or request.headers.get(STRICT_HEADER, "").lower() in ("1", "true", "yes"))


def organisation_of(key: str, listed: Mapping[str, str], *, own: bool) -> str:
    """Return the name of the organisation that a key opens, or raise Unauthorized.

    A listed key opens the one it is listed with. Another opens the default one when none is listed; with `own` it
    opens one of its own, named by a digest: the key itself is not stored.
    """
    if key in listed:
        return listed[key]
    if not key or (listed and not own):
        raise Unauthorized
    if own:
        return "key-" + hashlib.sha256(key.encode()).hexdigest()[:32]
    return DEFAULT_ORGANISATION
