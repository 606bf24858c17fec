"""Where faults and the journal meet the requests: around the application, before Flask sees anything.

A request costs one look at three things while there is no rule, no journal and no fault asked for. Requests below
`/_emulator` are left alone, so rules can always be removed again.
"""

from collections.abc import Iterable
from functools import partial
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask
from werkzeug.datastructures import EnvironHeaders
from werkzeug.exceptions import HTTPException
from werkzeug.wsgi import get_path_info

from ..api.operations import KEY_HEADER, organisation_of
from ..clock import wire_time
from ..errors import Unauthorized
from ..waiting import may_wait
from .calls import Call
from .faults.breaking import Breaker, refuse
from .faults.rules import HEADER, NO_FAULT, Faults, InvalidRule, one_shot
from .journal.journal import Journal

PREFIX = "/_emulator"


def _variable(header: str) -> str:
    return "HTTP_" + header.upper().replace("-", "_")


FAULT_VARIABLE, KEY_VARIABLE = _variable(HEADER), _variable(KEY_HEADER)


class Tap:
    """The WSGI application as its callers see it."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._emulator = app.extensions["emulator"]
        self._faults: Faults = self._emulator.faults
        self._journal: Journal = self._emulator.journal
        self._inner: WSGIApplication = app.wsgi_app
        self._breaker = Breaker(app, app.wsgi_app, self._emulator.clock)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Serve a request."""
        if not (self._faults.rules or self._journal.size or FAULT_VARIABLE in environ):
            return self._inner(environ, start_response)
        if environ["PATH_INFO"].startswith(PREFIX):
            return self._inner(environ, start_response)
        may_wait()
        call = self._identify(environ)
        fault, serve = NO_FAULT, self._inner
        try:
            fault = one_shot(environ[FAULT_VARIABLE]) if FAULT_VARIABLE in environ else self._faults.meet(call)
        except InvalidRule as error:
            serve = partial(refuse, self._app, error)
        if fault is not NO_FAULT:
            serve = partial(self._breaker.serve, fault)
        if not self._journal.size:
            return serve(environ, start_response)
        time = wire_time(self._emulator.clock.read())
        entry = self._journal.begin(call, time, environ["QUERY_STRING"], dict(EnvironHeaders(environ)))
        entry.fault = fault.document() or None
        return entry.serve(serve, environ, start_response)

    def _identify(self, environ: WSGIEnvironment) -> Call:
        emulator = self._emulator
        try:
            operation, _ = self._app.url_map.bind_to_environ(environ).match()
        except HTTPException:
            operation = None
        try:
            key = environ.get(KEY_VARIABLE, "")
            organisation = organisation_of(key, emulator.keys, own=emulator.settings.organisation_per_key)
        except Unauthorized:
            organisation = None
        return Call(environ["REQUEST_METHOD"], get_path_info(environ), operation, organisation)
