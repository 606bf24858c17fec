"""The servers of tests/server, for checks that need one."""

from tests.server.conftest import make_server

__all__ = ["make_server"]
