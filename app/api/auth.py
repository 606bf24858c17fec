"""API keys: which organisation a request works in, and whether it wants to be read strictly."""

import hashlib
from collections.abc import Mapping

from flask import current_app, request

from ..errors import Unauthorized
from ..services.workspace import Workspace

HEADER = "X-API-KEY"
STRICT_HEADER = "X-Emulator-Strict"
LINKS_LEAD_TO = "LINKS_LEAD_TO"
"""The base of links in answers, where the host that a client believes to call serves no pages."""

DEFAULT_ORGANISATION = "default"


def authenticate() -> Workspace:
    """Return the workspace of the organisation that the request's key opens, or raise Unauthorized."""
    emulator = current_app.extensions["emulator"]
    settings = emulator.settings
    key = request.headers.get(HEADER, "")
    organisation = organisation_of(key, emulator.keys, own=settings.organisation_per_key)

    def base_url() -> str:
        return settings.public_url or current_app.config.get(LINKS_LEAD_TO) or request.host_url.rstrip("/")

    ws: Workspace = emulator.workspace(organisation, base_url, emulator.transitions)
    return ws


def wants_strictness() -> bool:
    """Tell whether the request is to be read strictly: the server reads all so, or the request asks for it."""
    settings = current_app.extensions["emulator"].settings
    return settings.strict or request.headers.get(STRICT_HEADER, "").lower() in ("1", "true", "yes")


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
