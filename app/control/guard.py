"""Who may use the emulator's own routes, which see and change what belongs to all organisations.

If no API keys are listed, everybody may, as everybody may use the API. If some are, none of them opens these routes:
that takes the admin key. Pages of other sites never may, since a browser sends their requests to this machine too.
"""

import hmac
from urllib.parse import urlsplit

from flask import current_app, request

from ..errors import Forbidden, Unauthorized
from ..waiting import may_wait

HEADER = "X-Emulator-Key"
OPEN = {"health.health"}


def guard() -> None:
    """Raise Unauthorized without the admin key where one is needed, Forbidden for a page of another site."""
    if request.endpoint in OPEN:
        return
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.host:
        raise Forbidden
    emulator = current_app.extensions["emulator"]
    wanted = emulator.settings.admin_key
    if wanted or emulator.keys:
        given = request.headers.get(HEADER, "")
        if not wanted or not hmac.compare_digest(given.encode(), wanted.encode()):
            raise Unauthorized
    if request.method != "GET":
        may_wait()
