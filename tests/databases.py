"""Where the applications of tests store: in SQLite, or in a server of PostgreSQL where `--database postgresql` says so.

Both functions return what `--db` takes. `new_database` is for one application: in memory with SQLite. `database_at` is
for several applications or processes, which name it by a path: that of the file with SQLite.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.nodes import Node
    from tests.postgresql import Server

_servers: list["Server"] = []


@contextmanager
def on_postgresql() -> Iterator[None]:
    """Store in a server of PostgreSQL that runs as long as this."""
    from tests.postgresql import running  # psycopg takes 100 ms, which processes that tests start do not wait for

    with running() as server:
        _servers.append(server)
        yield
        _servers.remove(server)


def new_database() -> str:
    """Return a database that nobody else has, and with nothing stored in it."""
    return _servers[-1].new_url() if _servers else ":memory:"


def bare_database() -> str:
    """Return the same without tables, as nobody has ever started on it."""
    return _servers[-1].bare_url() if _servers else ":memory:"


def node() -> "Node":
    """Return the server that the databases are on."""
    return _servers[-1].node


def database_at(path: Path) -> str:
    """Return the database that belongs to this path, with nothing stored in it when it is first asked for."""
    return _servers[-1].url_at(path) if _servers else str(path)


@contextmanager
def temporary() -> Iterator[None]:
    """Give back what is made within, when it ends."""
    if not _servers:
        yield
        return
    with _servers[-1].temporary():
        yield


@contextmanager
def lasting() -> Iterator[None]:
    """Keep what is made within, although the test that needs it first ends."""
    if not _servers:
        yield
        return
    with _servers[-1].lasting():
        yield
