"""The servers of tests/server, for checks that need one, and what is built from a clone."""

from tests.packaging.distributions import source
from tests.server.conftest import make_server

__all__ = ["make_server", "source"]
